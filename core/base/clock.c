#include "base/clock.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

static const int64_t SECOND = 1000000000;

static _Atomic int64_t all_moved; /* ns */
static _Atomic int64_t day_moved; /* the time of day, by so much more */
static int (*system_clock)(clockid_t, struct timespec *);

__attribute__((constructor)) static void find_system_clock(void)
{
    *(void **)&system_clock = dlsym(RTLD_NEXT, "clock_gettime");
}

/* Before the constructor has run, a sanitizer may ask already. */
static int ask_system(clockid_t id, struct timespec *t)
{
    return system_clock ? system_clock(id, t) : (int)syscall(SYS_clock_gettime, id, t);
}

static int64_t moved(clockid_t id)
{
    int64_t all = atomic_load_explicit(&all_moved, memory_order_relaxed);

    switch (id) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
        return all + atomic_load_explicit(&day_moved, memory_order_relaxed);
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
        return all;
    default:
        return 0; /* of processors, threads */
    }
}

int clock_gettime(clockid_t id, struct timespec *t)
{
    int rc = ask_system(id, t);
    int64_t by = rc == 0 ? moved(id) : 0;

    if (by != 0) {
        int64_t ns = t->tv_sec * SECOND + t->tv_nsec + by;

        t->tv_sec = ns / SECOND;
        t->tv_nsec = ns % SECOND;
    }
    return rc;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone)
{
    struct timespec now;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    *t = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *t)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME_COARSE, &now); /* the cheap one, as the C library's is */
    if (t)
        *t = now.tv_sec;
    return now.tv_sec;
}

struct timespec clock_unmoved(void)
{
    struct timespec now;

    ask_system(CLOCK_MONOTONIC, &now);
    return now;
}

void clock_move(double seconds)
{
    atomic_fetch_add(&all_moved, (int64_t)(seconds * (double)SECOND));
}

void clock_set(int64_t unix_time)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME_COARSE, &now); /* the one that lags, by some milliseconds */
    atomic_fetch_add(&day_moved, unix_time * SECOND - (now.tv_sec * SECOND + now.tv_nsec));
}
