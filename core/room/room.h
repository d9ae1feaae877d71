/* room.h -- rooms, who is in them and what was said last. A line is added once; who delivers it
 * asks for the rooms that are due, and is given each member and the lines that are new, in the
 * order in which they were said, for everybody the same.
 *
 * Lines are brought in rounds, an eighth of a large room (250 members at most) at a time. In a
 * quiet room all is due at once. The busier and larger it is, the longer a round takes, up to
 * 36 ms, over which its parts are spread: each member is brought what has gathered since their
 * last turn.
 * Does not write to anybody, know a terminal or read a clock: time is an argument. */
#ifndef PERIGEE_ROOM_ROOM_H
#define PERIGEE_ROOM_ROOM_H

#include "base/err.h"
#include "base/span.h"
#include "room/line.h"

enum {
    ROOMS_MOST = 10000,
    ROOM_NAME_MAX = 30,       /* characters, in at most four times as many bytes */
    ROOM_HISTORY_MOST = 5000, /* lines that can be kept */
    ROOM_FRESH_MOST = 1000,   /* lines that are gathered at most in a round */
    MEMBER_HELD_MOST = 200,   /* that wait for somebody who can't be shown them now */
};

struct rooms;
struct room;

/* Somebody in a room. `who` and what follows are the owner's. */
struct member {
    struct room *room;
    void *who;
    struct member *prev;
    struct member *next;
    uint64_t has;    /* so many of the room's lines */
    uint32_t missed; /* lines, since they were last told */
    uint32_t held_count;
    struct line **held; /* referred to; NULL: none */
    int64_t *ignored;   /* accounts */
    uint32_t ignored_count;
    bool has_time;
    bool is_plain;  /* names in one colour */
    bool is_quiet;  /* no bell at the own name */
    bool is_hidden; /* set by member_hide */
};

struct rooms *rooms_new(unsigned history); /* so many lines of each are kept in memory */
void rooms_free(struct rooms *all);        /* nobody is in them any more */
unsigned rooms_count(const struct rooms *all);

/* By its name, or one that is alike (see alike.h), made where there is none. NULL and `e`: it
 * is no name, or there are ROOMS_MOST. */
struct room *room_open(struct rooms *all, struct span name, struct err *e);
struct room *room_find(struct rooms *all, struct span name); /* NULL: there is none */
void room_forget(struct room *r);                            /* where nobody is in it */
const char *room_name(const struct room *r);
const char *room_key(const struct room *r); /* of alike.h */
unsigned room_count(const struct room *r);
unsigned room_seen(const struct room *r); /* members who are not hidden */
struct room *room_next(const struct rooms *all, const struct room *r); /* NULL: the first */
struct member *room_first(const struct room *r);

struct member *room_join(struct room *r, void *who);
void room_leave(struct member *m);                  /* frees it */
void member_hide(struct member *m, bool is_hidden); /* it is not one that is counted as seen */

/* A line that was said: `l` is handed over. `is_old`: it is not delivered any more. */
void room_add(struct room *r, struct line *l, bool is_old);

/* The last `n` lines, the oldest first; how many there are. Borrowed until the next room_add.
 */
unsigned room_last(struct room *r, unsigned n, struct line **out);
/* What the account `user` has said, and is remembered, is `into`'s (0: nobody's) and said under
 * the name `other`; "": it is gone. Notes about `nick` go, where into is 0. */
void room_rename(struct room *r, int64_t user, struct span nick, int64_t into,
                 struct span other);

/* That its lines are not kept: true once in so many seconds. */
bool room_is_to_be_told(struct room *r, double now, double seconds);

unsigned member_fresh(const struct member *m); /* of them, they are still to be brought */

/* When rooms_deliver is to be called next, in seconds; INFINITY: there is nothing new. */
double rooms_due_at(const struct rooms *all);

/* What is due at `now`, to each member whose turn it is. Members may leave meanwhile, and lines
 * be added: those are for the next time. */
void rooms_deliver(struct rooms *all, double now,
                   void (*deliver)(struct member *m, struct batch *lines));

/* Keep a line for later; it is counted as missed where too many wait. */
void member_hold(struct member *m, struct line *l);
void member_drop_held(struct member *m);
bool member_ignores(const struct member *m, int64_t user);

#endif
