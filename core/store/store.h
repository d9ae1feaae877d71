/* store.h -- the database behind two threads: one that writes, one that reads. The loop thread
 * never touches it.
 *
 * What waits to be written at the same time is committed together, each in a savepoint of its
 * own; `finished` of a write is called after the commit is on the disk, so what it acknowledges
 * survives a kill and a power loss. A read begun after that sees it. Writes are done in the
 * order in which they were added, those that can wait, too: for 100 ms at most. */
#ifndef PERIGEE_STORE_STORE_H
#define PERIGEE_STORE_STORE_H

#include <stdint.h>

#include "base/worker.h"
#include "store/db.h"

struct store;

/* The first member of what a user of the store defines. */
struct store_work {
    struct job job; /* the store's own */
    /* On the store's thread: -1 and `error`, and what it wrote is undone. It may run again
     * after STORE_TRY_AS_WRITER. */
    int (*work)(struct store_work *w, struct db *db);
    void (*finished)(struct store_work *w); /* on the loop's thread; frees the work */
    struct store *store;
    int result;
    bool writes;
    bool can_wait; /* a write that nobody waits for: see worker_add_later */
    bool is_out;   /* it broke its batch: the others are done again without it */
    bool guarded;  /* a handler's: see db_guard */
    struct err error;
};

enum { STORE_TRY_AS_WRITER = 1 }; /* `work` returns it where a reader cannot do it */

struct store_config {
    const char *path;
    struct db_limits limits;
    void (*notify)(void *arg); /* on any thread: call store_reap on the loop's */
    void *notify_arg;
    /* On the loop's thread, after a commit: this account's record has changed. */
    void (*user_changed)(void *arg, int64_t id);
    void *user_changed_arg;
};

struct store *store_open(const struct store_config *config, struct err *e); /* NULL and `e` */
void store_close(struct store *s); /* does what is queued first; NULL is allowed */
void store_reap(struct store *s);
void store_set_limits(struct store *s, const struct db_limits *limits);

void store_add(struct store *s, struct store_work *w);

struct store_figures {
    unsigned waiting;
    uint64_t reads;
    uint64_t writes;
    uint64_t commits;
};

void store_figures(struct store *s, struct store_figures *out);

#endif
