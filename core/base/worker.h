/* worker.h -- work that must not be done on the loop thread: hashing, queries, files.
 *
 * A worker is one or more threads with one queue. A job is put in on the loop thread, run on
 * one of the worker's, and comes back: `notify` (called on the worker's thread) should wake the
 * loop, which then calls worker_reap, which calls each job's `done`. */
#ifndef PERIGEE_BASE_WORKER_H
#define PERIGEE_BASE_WORKER_H

#include "base/err.h"

/* The first member of what a user of a worker defines. */
struct job {
    void (*run)(struct job *job, void *context); /* on a worker's thread */
    void (*done)(struct job *job);               /* on the loop's; frees the job */
    struct job *next;
};

struct worker_config {
    const char *name; /* of the threads, at most 15 characters */
    unsigned threads;
    int nice;      /* of the threads, 0 to 19 */
    void *context; /* given to each `run` */
    /* Where it is set: takes all the jobs that wait at once, in order, instead of `run`. */
    void (*run_batch)(struct job *first, void *context);
    unsigned later_ms; /* how long those of worker_add_later may wait */
    void (*notify)(void *arg);
    void *notify_arg;
};

struct worker;

struct worker *worker_new(const struct worker_config *config, struct err *e); /* NULL: e */
void worker_free(struct worker *w); /* finishes what is queued, reaps it; NULL is allowed */

/* The same for work that may take long: what is under way is left to itself, and to the end of
 * the program. Its jobs are not reaped, those that have not begun are. */
void worker_leave(struct worker *w); /* NULL is allowed */

void worker_add(struct worker *w, struct job *job);

/* It can wait: until one is added that can't, or `later_ms` have passed since work was taken
 * the last time. Where little is to be done it is therefore done at once. With `run_batch`
 * and one thread alone. */
void worker_add_later(struct worker *w, struct job *job);
void worker_reap(struct worker *w);
unsigned worker_waiting(struct worker *w); /* jobs not yet begun */

#endif
