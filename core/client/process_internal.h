/* process_internal.h -- what the files about processes share with nobody else. */
#ifndef PERIGEE_CLIENT_PROCESS_INTERNAL_H
#define PERIGEE_CLIENT_PROCESS_INTERNAL_H

#include <ev.h>
#include <sys/types.h>
#include <termios.h>

#include "base/buf.h"
#include "client/lent.h"
#include "client/process.h"

enum {
    PROCESS_IN_MAX = 65536,  /* bytes that wait for a program to read them */
    PROCESS_KEYS_MAX = 4096, /* of which so many may be typed */
    PROCESS_PIECE = 4096,    /* that are read of its terminal in one turn */
    PROCESS_SPEC_MAX = 65536,
    PROCESS_SPEC_WORDS = 400,
    PROCESS_OF_CALLER = 8,
};

/* What a keeper is told first: each word ends with NUL; these, the rest of them, and then the
 * program's own words and its environment. Numbers are text. */
enum process_word {
    WORD_UID, /* "": it runs as who the server does */
    WORD_GID,
    WORD_FOLDER,
    WORD_BELOW, /* it; "": there */
    WORD_CPU_SECONDS,
    WORD_MEMORY_MB,
    WORD_PROCESSES,
    WORD_FILE_MB,
    WORD_GROUP, /* the folder for its control group; "": there is none */
    WORD_START, /* the folder that it begins in, entered as who the server is; "": see KEEP */
    WORD_KEEP,  /* a door's folder that stays; "": it is no door */
    WORD_DROP,  /* its folder of this run alone; "": none */
    WORD_DROP_FILE,
    WORD_DROP_TEXT,
    WORD_SOCKET, /* not "": the terminal is a socket */
    WORD_ARGC,
    WORDS,
};

struct process {
    struct clients *all;  /* until it is over */
    struct client *c;     /* NULL: the caller is gone */
    struct process *next; /* of all->processes */
    unsigned refs;        /* the loop's, until it is over; the bridge's */
    bool is_held;         /* somebody may want its output */
    bool is_starting;
    bool is_kept; /* its keeper is there */
    bool is_stopping;
    bool is_over;
    bool is_attached;
    bool is_door;
    bool has_socket; /* `terminal` is one */
    bool warns;      /* the timer is a minute before the end */
    pid_t keeper;
    int pid;       /* the program's, for the log */
    int terminal;  /* the master's side; -1: closed */
    int link;      /* to the keeper */
    int keeper_fd; /* a pidfd */
    ev_io reader;  /* of the terminal */
    ev_io writer;
    ev_io reports;   /* of the keeper */
    ev_io ended;     /* the keeper has */
    ev_timer timer;  /* its time is over */
    ev_timer looks;  /* each second, whether it reads what is typed */
    unsigned looked; /* so often in vain */
    struct buf in;
    struct buf out;
    struct buf said;      /* by the keeper */
    struct termios first; /* how the terminal was made */
    enum charset charset;
    struct half out_half;
    struct half key_half;
    bool after_cr;
    double began;
    struct process_ending ending;
    char failure[200];
    char *user; /* for the log: who, as whom, what; these are there when the caller is gone */
    char *as;
    char *what;
    unsigned node;
    void (*changed)(void *arg);
    void *arg;
};

/* process.c */
void process_read_on(struct process *p); /* it may be read again */

/* process_start.c */
int process_start(struct process *p, const struct process_options *options, struct err *e);

/* process_line.c -- of the client's other parts: what it prints, to the attached caller. */
bool process_is_held_up(const struct process *p); /* the caller is not reading */
void process_show(struct process *p, struct span bytes);
void process_look(struct ev_loop *loop, ev_timer *w, int events);

#endif
