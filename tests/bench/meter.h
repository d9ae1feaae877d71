/* meter.h -- what another process has used: its CPU time, all threads together, and the memory
 * that is its own. */
#ifndef PERIGEE_TESTS_BENCH_METER_H
#define PERIGEE_TESTS_BENCH_METER_H

#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

static inline double meter_seconds(clockid_t clock)
{
    struct timespec t;

    if (clock_gettime(clock, &t) < 0)
        return 0;
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The kernel's clock of a process counts nanoseconds; /proc/PID/stat would count ticks of
 * 10 ms. 0 for pid 0 and for one that has ended. */
static inline double meter_cpu_seconds(pid_t pid)
{
    clockid_t clock;

    if (pid == 0 || clock_getcpuclockid(pid, &clock) != 0)
        return 0;
    return meter_seconds(clock);
}

/* Anonymous memory in KiB, from /proc/PID/smaps_rollup; 0 where that can't be read. */
static inline long meter_anon_kib(pid_t pid)
{
    char line[128];
    long kib = 0;
    FILE *f;

    snprintf(line, sizeof(line), "/proc/%ld/smaps_rollup", (long)pid);
    f = pid ? fopen(line, "r") : NULL;
    while (f && fgets(line, sizeof(line), f)) {
        if (sscanf(line, "Pss_Anon: %ld", &kib) == 1)
            break;
    }
    if (f)
        fclose(f);
    return kib;
}

#endif
