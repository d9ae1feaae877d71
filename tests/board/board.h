/* board.h -- for the board tests: a real server on a board of the test's own, in a folder that
 * is removed again, and callers with real sockets. Waits for text, never for time: each wait
 * is bounded by 20 s, after which the test fails and prints what there was instead. */
#ifndef PERIGEE_TESTS_BOARD_H
#define PERIGEE_TESTS_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* --- the server --- */

struct board {
    char folder[256]; /* the board; data is in folder/data */
    pid_t pid;
    int port;
    char *log; /* what the server has logged so far, by board_read_log */
    size_t log_len;
    int log_fd;
};

/* A new folder with an empty board: screens/, lua/handlers/. `starter`: a copy of the
 * repository's own screens/, lua/ and doors/ instead. */
struct board *board_new(bool starter);
void board_free(struct board *b); /* ends the server, by its pid, and removes the folder */

/* Write a file below the board's folder ("screens/root.txt"), making folders. */
void board_write(struct board *b, const char *path, const char *text);
void board_write_bytes(struct board *b, const char *path, const void *bytes, size_t len);
void board_remove(struct board *b, const char *path);
char *board_read(struct board *b,
                 const char *path); /* whole; freed by the caller; NULL: none */

/* Start `perigee serve` on a free port of 127.0.0.1 with more arguments (may be NULL: none;
 * else NULL-terminated), and wait until it listens. */
void board_start(struct board *b, const char *const *more);
void board_kill(struct board *b, int signal); /* and wait for its end; returns nothing */
int board_stop(struct board *b);              /* SIGTERM; the exit status */

/* Wait until the log, from `*from` on (NULL: from its beginning), has `text`; moves *from
 * behind it. */
void board_expect_log(struct board *b, size_t *from, const char *text);
bool board_log_has(struct board *b, const char *text); /* now */
const char *board_log_end(struct board *b); /* its last lines; valid until read again */

/* The password that the first start printed for the account sysop. Freed by the caller. */
char *board_sysop_password(struct board *b);

/* Run `perigee ARGS...` (NULL-terminated) with --board (where the command takes it) left to the
 * caller; the exit status; output and errors together in *out (freed by the caller; may be
 * NULL). `input` goes to its standard input (NULL: none). */
int board_run(const char *const *args, const char *input, char **out);

/* The same, while it runs: *to is its standard input, *from all that it says. */
pid_t board_spawn(const char *const *args, int *to, int *from);

/* The same in a terminal of its own, 80 by 24; *terminal is its other end. */
pid_t board_spawn_in_terminal(const char *const *args, int *terminal);

/* --- callers --- */

enum caller_kind {
    CALLER_XTERM, /* telnet, terminal type xterm, answers cursor reports as a UTF-8 terminal */
    CALLER_SYNCTERM, /* telnet, syncterm, CP437 */
    CALLER_DUMB,     /* telnet, terminal type dumb */
    CALLER_READER,   /* telnet, says by MTTS that it is a screen reader's; else an xterm */
    CALLER_RAW,      /* no telnet, answers nothing: netcat */
};

struct caller {
    int fd;
    enum caller_kind kind;
    char *seen; /* everything received, telnet and escape sequences taken out */
    size_t len;
    size_t cap;
    size_t from; /* where the next expect begins to look */
    char *wire;  /* everything received, as it came */
    size_t wire_len;
    char *shown; /* what the terminal is to show: telnet taken out, sequences not */
    size_t shown_len;
    size_t shown_cap;
    unsigned columns; /* of its window, 80 by 24 until changed: at once after dialling */
    unsigned rows;
    bool closed;             /* the server has closed */
    bool refuses_binary;     /* telnet's mode of that name */
    struct machine *machine; /* the harness's own */
};

struct caller *caller_dial(struct board *b, enum caller_kind kind);
struct caller *caller_dial_from(struct board *b, enum caller_kind kind, const char *address);
void caller_free(struct caller *c); /* closes; NULL is allowed */

/* Telnet's WILL, WONT, DO or DONT that has come some other way than by expecting. */
void caller_take_option(struct caller *c, unsigned char verb, unsigned char option);
bool caller_is_binary(const struct caller *c);        /* both ways */
void caller_send(struct caller *c, const char *keys); /* "\r" is Enter */
void caller_send_bytes(struct caller *c, const void *bytes, size_t len);
void caller_expect(struct caller *c, const char *text); /* waits; looks behind the last match */
void caller_expect_end(struct caller *c);               /* waits until the server has closed */

/* For waiting until something else: take what comes next, or fail for want of `text` after
 * `until`, which caller_patience gives. */
double caller_patience(void);
void caller_wait(struct caller *c, double until, const char *text);

void caller_read_for_now(struct caller *c);          /* takes what is there, without waiting */
bool caller_has(struct caller *c, const char *text); /* anywhere in what was seen so far */
void caller_reset(struct caller *c);                 /* TCP reset */

/* On the starter board: make an account and come to the menu; log in to one. */
void caller_sign_up(struct caller *c, const char *handle, const char *password);
void caller_log_in(struct caller *c, const char *handle, const char *password);

/* Its window has another size from now on. */
void caller_resize(struct caller *c, unsigned columns, unsigned rows);

double now_seconds(void); /* monotonic */

#endif
