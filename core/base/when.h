/* when.h -- times at which something is to be done, as a sysop writes them: "03:30" each day,
 * "mon 04:00", "sat sun 12:15", "every 15m". Times of day are local, by the zone of the process
 * (TZ). No clock: the time is an argument. */
#ifndef PERIGEE_BASE_WHEN_H
#define PERIGEE_BASE_WHEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum { WHEN_MOST = 366 * 86400 }; /* seconds: as long as an "every" may be */

struct when {
    bool is_every;
    long seconds;    /* of an "every" */
    unsigned days;   /* of the week, bit 0 is Sunday */
    unsigned minute; /* of the day */
};

/* -1 and `e`: what was expected. */
int when_parse(const char *text, struct when *w, struct err *e);

/* The first time of the `count` times of day that is later than `after`, in Unix seconds. Once
 * for each day that the calendar has: one hour that comes twice, or never, changes nothing
 * about that. */
int64_t when_next(const struct when *times, unsigned count, int64_t after);

/* The last one that is later than `after` and not later than `now`; 0: there is none. */
int64_t when_missed(const struct when *times, unsigned count, int64_t after, int64_t now);

#endif
