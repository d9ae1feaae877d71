/* dial.h -- a caller is connected to another system, by telnet or rlogin, and comes back: what
 * that sends goes to the caller's terminal, what is typed to it, both held up where the other
 * end does not read. Only systems that the setting dial.hosts names can be reached.
 *
 * Ctrl-] hangs up, at any time but while the caller's terminal itself has a ZModem transfer:
 * that ends by five Ctrl-X. Nothing here waits. */
#ifndef PERIGEE_CLIENT_DIAL_H
#define PERIGEE_CLIENT_DIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

struct client;

/* All borrowed. */
struct dial_options {
    struct span host;     /* its name in the setting, or its host's */
    const char *protocol; /* "telnet", "rlogin"; NULL: as the setting says */
    const char *port;     /* the same */
    /* What a server of rlogin is told; NULL: the caller's handle, twice, and "TERMINAL/SPEED".
     */
    const char *client_user;
    const char *server_user;
    const char *terminal;
};

/* How it was; lasts as long as the answer. */
struct dial_ending {
    bool was_there; /* else `why` says why there was no connection */
    bool is_good;   /* one of the two has hung up */
    const char *why;
    double seconds;
    uint64_t sent; /* bytes, to the other system */
    uint64_t received;
};

/* The caller's terminal is the other system's until that is over: the handler waits for
 * ANSWER_DIAL. -1 and `e`: it can't be. */
int client_dial(struct client *c, const struct dial_options *options, struct err *e);
int client_may_dial(const struct client *c, struct err *e); /* at all; -1 and `e`: why not */
const char *client_calling(const struct client *c);         /* its name; NULL: none */

#endif
