/* peer.h -- a program of the system's (rz, sz ...) at a caller's end of the line, as a terminal
 * starts one: its input and output are what is in telnet. */
#ifndef PERIGEE_TESTS_PEER_H
#define PERIGEE_TESTS_PEER_H

#include "tests/board/board.h"

/* What becomes of CR outside of binary mode: CR NUL both ways, as RFC 854 has it; or NUL stays
 * where it came, and a CR is sent alone, as some terminals do. */
enum peer_nvt { PEER_BINARY, PEER_NVT, PEER_WRONG_NVT };

struct peer_options {
    const char *folder;  /* that it works in */
    size_t piece;        /* bytes that are carried at once at most; 0: any */
    size_t cut_after;    /* bytes on the line; then the line is dropped; 0: never */
    const char *cut_at;  /* the same when the program says this, which is not passed on */
    const char *said[2]; /* what it says, and what it is to have said, of the same length */
    const char *never;   /* what the server may not say */
    enum peer_nvt nvt;   /* telnet's binary mode is refused */
    unsigned seed;       /* of the line's faults */
    unsigned fault;      /* one in so many bytes is changed, lost or there twice; 0: none */
    unsigned faults;     /* at most */
    void (*after)(void); /* called once when `after_bytes` are carried; NULL: nothing */
    size_t after_bytes;
};

/* The end of what a person is told who starts the program by hand: it has not read that. */
#define PEER_BY_HAND "Ctrl-X does."

/* Begin when `trigger` has come over the line, and carry everything until the program has
 * ended. Its exit status, or 128 and its signal; -1: the line was cut. */
int peer_run(struct caller *c, const char *trigger, char *const argv[],
             const struct peer_options *options);

#endif
