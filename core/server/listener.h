/* listener.h -- sockets that callers connect to: IPv4 and IPv6, any number, drained in bounded
 * steps, with the gate in front. */
#ifndef PERIGEE_SERVER_LISTENER_H
#define PERIGEE_SERVER_LISTENER_H

#include "base/err.h"
#include "base/figures.h"
#include "client/clients.h"
#include "server/gate.h"

struct ev_loop;
struct listeners;

struct listeners *listeners_new(void);
void listeners_free(struct listeners *l); /* NULL is allowed */

/* Bind and listen on HOST:PORT ("127.0.0.1:2323", "[::1]:0", "localhost:2323", "*:23"), or
 * HOST:PORT proxy, where a proxy says who calls. -1 and `e`. */
int listeners_add(struct listeners *l, const char *host_port, struct err *e);

/* A listening socket that somebody else has opened; it is ours from now on. -1 and `e`: it is
 * none. */
int listeners_adopt(struct listeners *l, int fd, bool is_proxied, struct err *e);

/* Accept from now on; logs "listening telnet HOST:PORT" for each. */
void listeners_start(struct listeners *l, struct ev_loop *loop, struct clients *clients,
                     struct gate *gate, const struct settings *settings);
void listeners_stop(struct listeners *l);

/* A connection, as if it had come here; `fd` is taken. NULL: it is refused. */
struct client *listeners_admit(struct listeners *l, int fd, const struct sockaddr *a);

/* HOST:PORT of each, into `out->listeners`; how many. */
unsigned listeners_names(const struct listeners *l, struct figures *out);

#endif
