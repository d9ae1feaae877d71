/* rehearsal.h -- a backup tried out: made into a board in a temporary folder (below TMPDIR),
 * and looked at as a server that starts on it would. Blocks. */
#ifndef PERIGEE_SERVER_REHEARSAL_H
#define PERIGEE_SERVER_REHEARSAL_H

#include "server/restore.h"
#include "server/staging.h"

struct rehearsal {
    struct staging scratch;
    char board[PATH_MAX];
    char data[PATH_MAX];
    struct restored found;
};

/* Unpack it, compare it with what it says of itself, look through its database. `go_on` as of
 * struct restore. rehearsal_end is to follow in any case. */
enum restore_answer rehearsal_begin(struct rehearsal *r, const char *file,
                                    bool (*go_on)(void *arg, uint64_t bytes,
                                                  uint64_t all_bytes),
                                    void *arg, struct err *e);
void rehearsal_end(struct rehearsal *r);

/* Open the database as a server does, and check the board: how many findings, which are in
 * `report`. -1 and `e`: a server would not start. */
int rehearsal_check(struct rehearsal *r, struct buf *report, struct err *e);

bool rehearsal_has_tests(const struct rehearsal *r); /* the board has lua/tests/ */

/* Run the board's own tests, by `perigee test` in a process of its own: its exit status, and
 * what it says. -1 and `e`. */
int rehearsal_test(struct rehearsal *r, struct buf *out, struct err *e);

#endif
