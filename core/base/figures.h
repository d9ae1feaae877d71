/* figures.h -- how the server is doing, as plain numbers: server/monitor.h gathers them,
 * handlers and the `perigee` commands show them. */
#ifndef PERIGEE_BASE_FIGURES_H
#define PERIGEE_BASE_FIGURES_H

#include <stddef.h>
#include <stdint.h>

enum { FIGURES_LISTENERS = 32, LISTENER_NAME_MAX = 64, COURSE_SECONDS = 60 };

/* Something in the last minute, a value a second, the newest last; below 0: nobody looked. */
struct course {
    float values[COURSE_SECONDS];
};

/* Rates and the loop's lag are those since the look before. */
struct figures {
    double uptime;  /* of the server */
    double seconds; /* since the look before, or the start */
    unsigned generation;
    unsigned callers;
    unsigned visitors;
    unsigned most; /* callers at once, since the start */
    uint64_t calls;
    unsigned calls_today; /* since midnight, or the start */
    uint64_t lag_p50;     /* microseconds */
    uint64_t lag_p99;
    uint64_t turns;  /* of the loop */
    unsigned queues; /* clients to whom output waits to be written */
    uint64_t queued; /* its bytes */
    size_t lua_bytes;
    size_t heap_bytes;
    unsigned handlers; /* that run or wait */
    double reads;      /* of the store, a second */
    double writes;
    double commits;
    unsigned store_waiting;
    unsigned transfers;
    unsigned errors; /* in the last hour */
    char listeners[FIGURES_LISTENERS][LISTENER_NAME_MAX];
    unsigned listener_count;
    struct course cpu; /* per cent of all cores */
    struct course caller_course;
    struct course lag; /* p99 */
};

#endif
