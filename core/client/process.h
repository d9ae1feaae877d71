/* process.h -- programs that callers run: one process of the system's, with all that it starts,
 * on a pseudo terminal of its own. Its handler reads what it prints and writes what it reads,
 * or attaches it to the caller's terminal.
 *
 * Each runs below a keeper (process_inside.c), this program once more: what a program leaves
 * behind comes to its keeper, however it runs away, and ends with it. A program that runs as
 * the server's own user could kill its keeper, and what it has started outside of its session
 * then stays; as a user of its own (the server is root's) it can't.
 *
 * Nothing here waits. What a program prints is not read while nobody takes it: it is held up,
 * and what is kept of it is bounded. It ends when its caller goes, when its time is over, and
 * with the server. */
#ifndef PERIGEE_CLIENT_PROCESS_H
#define PERIGEE_CLIENT_PROCESS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/span.h"
#include "term/charset.h"

struct client;
struct process;

/* What a door has that no other program has: it is the settings' own, so that whoever asks has
 * made sure that its caller may; it has its own time, user and folders. All borrowed. */
struct process_door {
    const char *user;      /* "self": who the server is, or nobody where that is root */
    const char *setting;   /* which names the user, for messages */
    const char *folder;    /* where it begins, entered as who the server is; "": its `keep` */
    const char *keep;      /* a folder of its own that stays, made if need be: PROCESS_KEEP */
    const char *drop;      /* a folder of this run alone, made and removed again; "": none */
    const char *drop_file; /* written there before it starts, as its user */
    const char *drop_text;
    bool has_socket; /* no terminal: its caller is PROCESS_SOCKET */
};

#define PROCESS_KEEP "/proc/self/fd/5" /* the folder that stays, for the program */
#define PROCESS_SELF "self"

enum { PROCESS_SOCKET = 4 }; /* a descriptor */

/* All borrowed. */
struct process_options {
    const char *const *argv; /* ends with NULL, as `env` does: "NAME=value" */
    const char *const *env;
    const char *folder;              /* below the setting's, "": that; of a door whole, or "" */
    double seconds;                  /* at most; 0: the setting's */
    enum charset charset;            /* that it writes */
    const struct process_door *door; /* NULL: it is none */
};

/* May the caller run programs now? -1 and `e`: why not. */
int process_may_run(const struct client *c, struct err *e);

/* Do the settings let this door's user run it? -1 and `e`: why not, and what has to be set. */
int process_check_door(const struct client *c, const struct process_door *door, struct err *e);

/* Start one for the caller, who has to be there still. The result is held by whoever asked,
 * until process_release. NULL and `e`: it can't be. */
struct process *process_new(struct client *c, const struct process_options *options,
                            struct err *e);
void process_release(struct process *p); /* what it prints from now on nobody wants */

/* Something has changed that one may wait for: it has started, or not; it is over; there is as
 * much output as is kept. `changed` may run Lua. One listener; NULL: none. */
void process_listen(struct process *p, void (*changed)(void *arg), void *arg);

bool process_is_starting(const struct process *p);
const char *process_failure(const struct process *p); /* to start; NULL: it has */
bool process_is_over(const struct process *p);        /* all has been read that it printed */
bool process_is_full(const struct process *p);        /* more is kept when this is taken */
struct span process_output(const struct process *p);  /* UTF-8 or not; until the next call */
void process_drop_output(struct process *p);

#define PROCESS_TIME_OVER "its time was over"

/* How it has ended, when it is over. */
struct process_ending {
    int code;        /* that it gave; -1: a signal has ended it */
    int signal;      /* or 0: nobody knows */
    const char *why; /* it was stopped; NULL: it has ended by itself */
};
struct process_ending process_ending(const struct process *p);

/* As if somebody had typed it. False: too much waits already; nothing was taken. */
bool process_send(struct process *p, struct span text);

/* End it and all that it has started: told to at first, killed a second later. */
void process_stop(struct process *p, const char *why);

/* The caller's terminal is the process's until that is over: the handler waits for
 * ANSWER_PROCESS. -1 and `e`: it can't be. */
int client_attach(struct client *c, struct process *p, struct err *e);
bool client_has_process(const struct client *c); /* is one attached? */

#define PROCESS_COMMAND "keep-a-program" /* a command that no help lists */

/* The keeper: its other end is standard input, the terminal standard output. The exit status.
 */
int process_inside(void);

#endif
