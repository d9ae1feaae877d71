/* clients.h -- all callers of a server and what they share. */
#ifndef PERIGEE_CLIENT_CLIENTS_H
#define PERIGEE_CLIENT_CLIENTS_H

#include <stdint.h>
#include <sys/socket.h>

#include "base/settings.h"
#include "client/client.h"
#include "client/hooks.h"
#include "screen/library.h"
#include "base/worker.h"
#include "store/store.h"

struct ev_loop;
struct clients;

/* What sysops are told of a generation that only they have. */
#define CLIENTS_TRIAL_NOTICE                                                                   \
    "Generation %u is a trial, for sysops only: perigee promote gives it to all."

struct clients_config {
    struct ev_loop *loop;
    struct library *library;
    struct store *store;
    struct worker *disks;            /* reads and writes the files of transfers */
    struct worker *readers;          /* looks through whole files: digests, archives */
    struct worker *names;            /* looks up other systems; NULL: none is called */
    const char *files;               /* the data folder's files/ */
    const char *doors;               /* its doors/; NULL: none are run */
    const char *board;               /* the board's folder */
    const struct settings *settings; /* read anew at each use */
    struct client_hooks hooks;
    bool runs_programs; /* for callers who may: a server does, nobody else */
    bool stays_here;    /* no system but this machine is called: the board is being tested */
    void (*left)(void *arg, const struct sockaddr *address); /* a connection has ended */
    /* A terminal is known, and its call begins: client_enter a screen, or nothing for the
     * screen `root`. NULL is allowed. */
    void (*begin)(void *arg, struct client *c);
    /* Somebody comes to a screen. NULL is allowed. */
    void (*shows)(void *arg, const struct screen *s);
    /* A macro has been passed on a screen's way: an item: or go: (`out` is NULL), or an if: or
     * each: that has its answer. For who explains a screen; NULL is allowed. */
    void (*passed)(void *arg, const struct op *op, const struct outcome *out);
    void *arg;
};

struct worker *clients_disks(const struct clients *all);
struct worker *clients_readers(const struct clients *all);
const char *clients_files(const struct clients *all); /* the data folder's files/ */
const char *clients_doors(const struct clients *all); /* its doors/; NULL: none are run */
const char *clients_board(const struct clients *all); /* the board's folder */

/* A new name of a folder for one run of a door, whose parent is there. -1 and `e`: it can't be
 * made. */
int clients_name_drop(struct clients *all, unsigned node, char *out, size_t room,
                      struct err *e);

struct clients *clients_new(const struct clients_config *config);
void clients_free(struct clients *all); /* ends all calls at once; NULL is allowed */

/* A new connection; `fd` is non-blocking and now theirs. */
struct client *clients_accept(struct clients *all, int fd, const struct sockaddr *address);

/* End the connection of the longest waiting visitor. False: there is none. */
bool clients_shed_visitor(struct clients *all);

/* The calls from an address that is the `same` as `from` end, visitors' too. */
void clients_hang_up_from(struct clients *all, const struct sockaddr *from,
                          bool (*same)(const struct sockaddr *a, const struct sockaddr *b),
                          const char *reason);

/* Tell everybody, finish their output, end their calls; clients_count comes to 0. */
void clients_close_all(struct clients *all, const char *reason);

unsigned clients_count(const struct clients *all);   /* connections, visitors too */
unsigned clients_callers(const struct clients *all); /* those that have typed something */
unsigned clients_visitors(const struct clients *all);
unsigned clients_most(const struct clients *all);        /* callers at once, at most so far */
uint64_t clients_calls(const struct clients *all);       /* since the start */
unsigned clients_calls_today(const struct clients *all); /* since midnight, or the start */

/* What is under way for all of them; looks at each. */
struct clients_work {
    unsigned queues; /* clients to whom output waits to be written */
    uint64_t queued; /* its bytes */
    unsigned transfers;
};

struct clients_work clients_work(const struct clients *all);

struct client *clients_at(struct clients *all, unsigned id); /* by node number, or NULL */
unsigned clients_last_id(const struct clients *all);         /* no node number is larger */

/* Screens have been swapped: those who may see it at once do. `trial`: the generation that
 * sysops have; 0: the same. */
void clients_redraw(struct clients *all, unsigned generation, unsigned trial);
/* That a screen of theirs which begins now is of; NULL: of who is no sysop. */
unsigned clients_trial(const struct clients *all); /* 0: none is on trial */
unsigned clients_generation(const struct clients *all, const struct client *c);

/* The record of an account has changed: bring those who are logged in to it up to date, and
 * end the calls of one that is locked or deleted. */
void clients_user_changed(struct clients *all, int64_t user);

void clients_tell_sysops(struct clients *all, struct span text);

/* The time between two waits of the loop, in microseconds: a histogram with two buckets an
 * octave. */
struct lag {
    uint64_t counts[64];
    uint64_t turns;
    uint64_t most;
};

void lag_add(struct lag *lag, uint64_t us);
uint64_t lag_percentile(const struct lag *lag, double p); /* an upper bound */
/* The turns between an earlier copy and now; the most of them is not known, but of all. */
struct lag lag_since(const struct lag *now, const struct lag *before);
const struct lag *clients_lag(const struct clients *all);

#endif
