/* proxied.h -- connections from a proxy, until it has said whose they are (see proto/proxy.h).
 * A header that is wrong, missing, or not there after five seconds ends the connection, and so
 * does a peer that is not in the setting proxy.from; the log is told of one each ten seconds.
 */
#ifndef PERIGEE_SERVER_PROXIED_H
#define PERIGEE_SERVER_PROXIED_H

#include <sys/socket.h>

#include "base/settings.h"

struct ev_loop;
struct proxied;

/* `settings` is read at each connection. `admit` takes the socket and the caller's address. */
struct proxied *proxied_new(struct ev_loop *loop, const struct settings *settings,
                            void (*admit)(void *arg, int fd, const struct sockaddr *a),
                            void *arg);
void proxied_free(struct proxied *all); /* ends those that wait; NULL is allowed */

/* A connection from the proxy at `peer`; `fd` is non-blocking and now theirs. */
void proxied_add(struct proxied *all, int fd, const struct sockaddr *peer);
unsigned proxied_count(const struct proxied *all); /* that wait */

#endif
