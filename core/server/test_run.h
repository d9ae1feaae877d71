/* test_run.h -- `perigee test`: the tests of a board (lua/tests/), each with a fresh copy of it
 * on the test stand. Blocks. */
#ifndef PERIGEE_SERVER_TEST_RUN_H
#define PERIGEE_SERVER_TEST_RUN_H

#include "base/buf.h"
#include "base/err.h"
#include "bridge/tests.h"

struct test_run {
    const char *board;
    const char *database; /* that the tests begin with a copy of; NULL: an empty one */
    const char *only;     /* tests whose name has this; NULL: all */
    bool updates;         /* snapshots are written, not compared */
    bool is_plain;        /* windows are shown without colours */
    int64_t seed;         /* of who wanders; 0: another one each time */
    void (*print)(void *arg, struct span line);
    void (*progress)(void *arg, const char *what); /* of what takes long */
    void *arg;
    struct tests_totals totals;
    struct buf screens;  /* keywords that no test has visited, a line each */
    struct buf handlers; /* and handlers */
};

/* All files of lua/tests/ itself (NULL, 0), or these, as paths below the board. 0; 1: SIGINT or
 * SIGTERM ended it; -1 and `e`: it could not be run. */
int test_run(struct test_run *run, const char *const *files, unsigned count, struct err *e);
void test_run_clear(struct test_run *run);

#endif
