/* machine.h -- what Linux says of the machine in /proc, as numbers: the texts of its files go
 * in, figures come out. No I/O, no clock: server/monitor.h reads the files and takes the time.
 *
 * By hand, as libproc2 (procps) opens /proc itself, so that no test can give it a text, and
 * tells nothing of the network; these are six short texts of words and numbers, whose formats
 * proc(5) fixes.
 *
 * What is missing, cut off or makes no sense is false, and leaves `out` as it was; what is
 * larger than a number holds is the largest. */
#ifndef PERIGEE_BASE_MACHINE_H
#define PERIGEE_BASE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum { MACHINE_DISKS = 2, MACHINE_BUSIEST = 5, PROCESS_NAME_MAX = 32, DISK_PATH_MAX = 256 };

struct machine_ticks {
    uint64_t busy; /* of all cores, in clock ticks since the start */
    uint64_t all;
};

struct machine_memory {
    uint64_t total; /* bytes */
    uint64_t available;
    uint64_t swap_total;
    uint64_t swap_free;
};

struct machine_net {
    uint64_t received; /* bytes since the start, of all interfaces but loopback */
    uint64_t sent;
};

struct machine_process {
    int32_t pid;
    char name[PROCESS_NAME_MAX];
    uint64_t ticks;  /* that it has run */
    uint64_t start;  /* in ticks after the machine's: with the pid it is this process */
    uint64_t memory; /* resident bytes */
    double cpu;      /* per cent of one core since the look before */
};

struct machine_disk {
    char path[DISK_PATH_MAX];
    uint64_t total; /* bytes */
    uint64_t free;  /* for us */
};

/* A look at all of it. Rates are those since the look before. */
struct machine {
    double seconds; /* since the look before; 0: there was none, and no rates */
    double uptime;  /* of the machine */
    double load[3]; /* of 1, 5 and 15 minutes */
    unsigned cores;
    double cpu; /* per cent of all cores */
    struct machine_memory memory;
    double received; /* bytes a second */
    double sent;
    struct machine_disk disks[MACHINE_DISKS];
    unsigned disk_count;
    struct machine_process busiest[MACHINE_BUSIEST]; /* the busiest first */
    unsigned busiest_count;
    unsigned process_count; /* in all */
};

bool machine_take_stat(struct span text, struct machine_ticks *out);    /* /proc/stat */
bool machine_take_memory(struct span text, struct machine_memory *out); /* /proc/meminfo */
bool machine_take_load(struct span text, double out[3]);                /* /proc/loadavg */
bool machine_take_uptime(struct span text, double *out);                /* /proc/uptime */
bool machine_take_net(struct span text, struct machine_net *out);       /* /proc/net/dev */
bool machine_take_process(struct span text, unsigned page_bytes,
                          struct machine_process *out); /* /proc/PID/stat */

/* Per cent of all cores between two looks; 0 where no time has passed. */
double machine_cpu(const struct machine_ticks *before, const struct machine_ticks *now);

/* Put `p` among the busiest, if it is one of them and has done anything. */
void machine_note_process(struct machine *m, const struct machine_process *p);

#endif
