/* monitor.h -- looks at the machine and at the server, for whoever asks: handlers, `status` and
 * `top`. Nobody asks, nothing is done; all who ask within a second are told the same.
 *
 * /proc and the disks are read on a thread of the monitor's own: with thousands of processes,
 * or a disk that hangs, only who asks waits. All calls are the loop thread's. */
#ifndef PERIGEE_SERVER_MONITOR_H
#define PERIGEE_SERVER_MONITOR_H

#include "base/figures.h"
#include "base/machine.h"
#include "server/listener.h"
#include "server/board.h"

struct monitor;

struct monitor_config {
    const char *data; /* the folder whose disk matters */
    struct board *board;
    struct clients *clients;
    struct bridge *bridge;
    struct store *store;
    struct listeners *listeners; /* NULL: there are none */
    /* On any thread: call monitor_reap on the loop's. NULL: the machine is looked at on the
     * loop's, which waits for it (where there is no server). */
    void (*notify)(void *arg);
    void (*ready)(void *arg); /* a look at the machine has ended; may be NULL */
    void *arg;
};

struct monitor *monitor_new(const struct monitor_config *config,
                            struct err *e); /* NULL and e */
void monitor_free(struct monitor *m);       /* NULL is allowed */
void monitor_reap(struct monitor *m);

/* Within the last second; NULL: it is being looked at, and `ready` is called. */
const struct machine *monitor_machine(struct monitor *m);
const struct machine *monitor_last_machine(const struct monitor *m); /* whenever that was */
const struct figures *monitor_figures(struct monitor *m); /* within the last second */

#endif
