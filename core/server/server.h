/* server.h -- the board as a running program: the event loop, listeners, signals, the start
 * and the orderly stop. */
#ifndef PERIGEE_SERVER_SERVER_H
#define PERIGEE_SERVER_SERVER_H

#include "base/err.h"

enum { SERVER_LISTEN_MAX = 16 };

struct server_config {
    const char *board;                     /* folder */
    const char *data;                      /* folder, or NULL: BOARD/data */
    const char *listen[SERVER_LISTEN_MAX]; /* HOST:PORT; none: what the settings say */
    unsigned listen_count;
    const char *log_level; /* or NULL: what the settings say */
    int channel;           /* it is being tested: see tested.h; 0: it is not */
};

/* Serve until SIGTERM, SIGINT or `perigee stop`. 0; -1 and `e` if it could not start: then
 * nothing was changed that was there before. */
int server_run(const struct server_config *config, struct err *e);

#endif
