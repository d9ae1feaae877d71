/* runs.h -- when handlers of the schedule were last called, so that a restart forgets none.
 * Blocks. */
#ifndef PERIGEE_STORE_RUNS_H
#define PERIGEE_STORE_RUNS_H

#include "store/db.h"

/* Times are Unix seconds; 0: never. */
struct schedule_run {
    int64_t due; /* of its times of day, the last that is done with */
    int64_t started;
    int64_t ended;    /* before `started`: it runs, or the server ended before it did */
    int64_t incident; /* that it ended in; 0: none */
};

/* Call `see` with each. -1 and `e`. */
int runs_each(struct db *db,
              void (*see)(void *arg, const char *handler, const struct schedule_run *run),
              void *arg, struct err *e);

int runs_put(struct db *db, const char *handler, const struct schedule_run *run, struct err *e);

#endif
