#include "server/service.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_SOCKET = 3 }; /* SD_LISTEN_FDS_START */

static struct sockaddr_un listener; /* of NOTIFY_SOCKET */
static socklen_t listener_len;      /* 0: nobody */

/* "/run/x", or "@x" in the abstract namespace. */
static void take_listener(void)
{
    const char *path = getenv("NOTIFY_SOCKET");
    size_t n = path ? strlen(path) : 0;

    if (n < 2 || n >= sizeof(listener.sun_path) || (path[0] != '/' && path[0] != '@'))
        return;
    listener.sun_family = AF_UNIX;
    memcpy(listener.sun_path, path, n);
    if (path[0] == '@')
        listener.sun_path[0] = '\0';
    listener_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
}

/* A number that the environment has. -1: it has none. */
static long number_of(const char *variable)
{
    const char *text = getenv(variable);
    char *end;
    long n = text ? strtol(text, &end, 10) : -1;

    return n >= 0 && *text && !*end ? n : -1;
}

static void take_name(const char **names, struct service_socket *s)
{
    size_t n = *names ? strcspn(*names, ":") : 0;

    if (!*names)
        return;
    snprintf(s->name, sizeof(s->name), "%.*s", (int)n, *names);
    s->is_proxied = strstr(s->name, "proxy") != NULL;
    *names = (*names)[n] == ':' ? *names + n + 1 : NULL;
}

static unsigned take_sockets(struct service_socket *out)
{
    const char *names = getenv("LISTEN_FDNAMES");
    long count = number_of("LISTEN_FDS");

    if (number_of("LISTEN_PID") != (long)getpid() || count < 0)
        return 0;
    if (count > SERVICE_SOCKETS_MAX)
        count = SERVICE_SOCKETS_MAX;
    for (int i = 0; i < count; i++) {
        out[i] = (struct service_socket){.fd = FIRST_SOCKET + i};
        fcntl(out[i].fd, F_SETFD, FD_CLOEXEC);
        take_name(&names, &out[i]);
    }
    return (unsigned)count;
}

unsigned service_take(struct service_socket out[SERVICE_SOCKETS_MAX])
{
    static const char *const variables[] = {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES",
                                            "LISTEN_PIDFDID", "NOTIFY_SOCKET"};
    unsigned count = take_sockets(out);

    take_listener();
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
        unsetenv(variables[i]);
    return count;
}

void service_tell(const char *state)
{
    int fd;

    if (listener_len == 0)
        return;
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    /* It may not hold us up, and where it is gone there is nobody to complain to. */
    (void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT,
                  (struct sockaddr *)&listener, listener_len);
    close(fd);
}

/* With the time, by which it knows that it has not missed the end of one before. */
void service_tell_reloading(void)
{
    char text[80];
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
             (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    service_tell(text);
}
