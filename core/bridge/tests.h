/* tests.h -- the Lua of a board's own tests (lua/tests/): a state of its own, in the process of
 * `perigee test`; the board that is tested runs elsewhere. What tests do is done by whoever
 * runs this, by one function: see server/test_run.c. */
#ifndef PERIGEE_BRIDGE_TESTS_H
#define PERIGEE_BRIDGE_TESTS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/value.h"

enum { TESTS_VALUES = 8 };

struct tests_answer {
    struct value values[TESTS_VALUES];
    unsigned count;
    struct buf text; /* where texts of the values may be */
};

struct tests_config {
    /* Do `what` with these arguments. -1 and `e`: an error in the line of the test. */
    int (*act)(void *arg, const char *what, const struct value *args, unsigned count,
               struct tests_answer *out, struct err *e);
    /* The text of "lua/tests/NAME.lua" for `path`. False: there is none. */
    bool (*read)(void *arg, const char *path, struct buf *text);
    bool (*goes_on)(void *arg); /* asked now and then: false ends it all */
    void *arg;
    const char *only; /* tests whose name has this; NULL: all */
    bool updates;     /* snapshots are written, not compared */
    int64_t seed;     /* of what is random; 0: any */
    const char *user; /* of the system, whom programs of a tested board can run as */
};

struct tests_totals {
    unsigned passed;
    unsigned failed;
};

/* Run the tests of these files ("lua/tests/login.lua"), in their order. What there is to say is
 * said through act("print"). -1 and `e`: it was ended. */
int tests_run(const struct tests_config *config, const char *const *files, unsigned count,
              struct tests_totals *out, struct err *e);

#endif
