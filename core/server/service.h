/* service.h -- what a service manager (systemd) has for its services, and they for it: sockets
 * that it has opened, sd_listen_fds(3), and words about how the service is, sd_notify(3). */
#ifndef PERIGEE_SERVER_SERVICE_H
#define PERIGEE_SERVER_SERVICE_H

#include <stdbool.h>

enum { SERVICE_SOCKETS_MAX = 32, SERVICE_NAME = 64 };

struct service_socket {
    int fd;
    char name[SERVICE_NAME]; /* FileDescriptorName= of its unit; "": it has none */
    bool is_proxied;         /* its name has "proxy" in it */
};

/* The sockets that were passed to this process; how many. At the start, once: it takes them,
 * and what the environment says, from the programs that are started later. */
unsigned service_take(struct service_socket out[SERVICE_SOCKETS_MAX]);

/* "READY=1", "STOPPING=1". Nothing where nobody wants to know. */
void service_tell(const char *state);
void service_tell_reloading(void); /* READY=1 ends it */

#endif
