#include "server/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "base/log.h"
#include "base/mem.h"
#include "client/timer.h"
#include "server/proxied.h"

enum {
    LISTENERS_MAX = 32,
    ACCEPTS = 64, /* from one listener in a turn of the loop */
    SPARE_FILES = 64,
    KEEP_IDLE = 60,
    KEEP_INTERVAL = 20,
    KEEP_COUNT = 3,
    USER_TIMEOUT_MS = 120000,
};

struct listener {
    ev_io watcher;
    struct listeners *all;
    bool is_proxied;
};

struct listeners {
    struct listener items[LISTENERS_MAX];
    unsigned count;
    struct ev_loop *loop;
    struct clients *clients;
    struct gate *gate;
    struct proxied *proxied; /* NULL: nobody listens to a proxy */
    const struct settings *settings;
    unsigned long files_max;
    int spare; /* a file kept open, to be given up where there are no more */
};

struct listeners *listeners_new(void)
{
    struct listeners *l = mem_zalloc(sizeof(*l));

    l->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return l;
}

void listeners_free(struct listeners *l)
{
    if (!l)
        return;
    listeners_stop(l);
    if (l->spare >= 0)
        close(l->spare);
    mem_free(l);
}

/* --- binding --- */

static int bind_one(const struct addrinfo *a)
{
    int on = 1;
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (a->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    on = errno;
    close(fd);
    errno = on;
    return -1;
}

static const char *remedy(int error)
{
    if (error == EADDRINUSE)
        return ": another program has it; name another with --listen";
    if (error == EACCES)
        return ": ports below 1024 need a privilege; name another with --listen";
    if (error == EADDRNOTAVAIL)
        return ": it is no address of this machine; name one that is with --listen";
    return "";
}

static void add_socket(struct listeners *l, int fd, bool is_proxied)
{
    struct listener *item = &l->items[l->count++];

    item->all = l;
    item->is_proxied = is_proxied;
    ev_io_init(&item->watcher, NULL, fd, EV_READ);
}

int listeners_add(struct listeners *l, const char *host_port, struct err *e)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *list;
    struct listen_at at;
    int rc;

    if (address_read(host_port, &at, e) < 0)
        return -1;
    rc = getaddrinfo(strcmp(at.host, "*") == 0 ? NULL : at.host, at.port, &hints, &list);
    if (rc != 0)
        return err_set(e, "listen %s: %s", host_port, gai_strerror(rc));
    rc = 0;
    for (struct addrinfo *a = list; a && rc == 0; a = a->ai_next) {
        int fd;

        errno = EMFILE;
        fd = l->count < LISTENERS_MAX ? bind_one(a) : -1;
        if (fd < 0)
            rc = err_set(e, "listen %s: %s%s", host_port, strerror(errno), remedy(errno));
        else
            add_socket(l, fd, at.is_proxied);
    }
    freeaddrinfo(list);
    return rc;
}

/* TCP, and listening? */
static bool is_listener(int fd)
{
    struct sockaddr_storage a = {0};
    socklen_t len = sizeof(a);
    int type = 0;
    int listens = 0;

    if (getsockname(fd, (struct sockaddr *)&a, &len) < 0 ||
        (a.ss_family != AF_INET && a.ss_family != AF_INET6))
        return false;
    len = sizeof(type);
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0 || type != SOCK_STREAM)
        return false;
    len = sizeof(listens);
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) == 0 && listens;
}

int listeners_adopt(struct listeners *l, int fd, bool is_proxied, struct err *e)
{
    if (!is_listener(fd))
        return err_set(e,
                       "LISTEN_FDS: file %d is no TCP socket that listens, expected "
                       "ListenStream=PORT or ADDRESS:PORT, and Accept=no, in its unit",
                       fd);
    if (l->count == LISTENERS_MAX)
        return err_set(e, "LISTEN_FDS: more than %d sockets", LISTENERS_MAX);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    add_socket(l, fd, is_proxied);
    return 0;
}

/* --- accepting --- */

static void set_up(int fd)
{
    static const struct {
        int level;
        int option;
        int value;
    } options[] = {
        {IPPROTO_TCP, TCP_NODELAY, 1},
        {SOL_SOCKET, SO_KEEPALIVE, 1},
        {IPPROTO_TCP, TCP_KEEPIDLE, KEEP_IDLE},
        {IPPROTO_TCP, TCP_KEEPINTVL, KEEP_INTERVAL},
        {IPPROTO_TCP, TCP_KEEPCNT, KEEP_COUNT},
        {IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS},
    };

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        setsockopt(fd, options[i].level, options[i].option, &options[i].value, sizeof(int));
}

static void refuse(struct listeners *l, int fd, const char *why, const char *text)
{
    uint64_t count;

    if (*text && write(fd, text, strlen(text)) < 0)
        why = "gone"; /* it had left already */
    close(fd);
    if (gate_tell_refusal(l->gate, &count))
        log_info("gate event=refused why=%s refusals=%llu", why, (unsigned long long)count);
}

static bool is_crowded(const struct listeners *l)
{
    unsigned long room = l->files_max > SPARE_FILES ? l->files_max - SPARE_FILES : 1;
    unsigned long used = clients_count(l->clients);

    if (l->proxied)
        used += proxied_count(l->proxied);
    return clients_visitors(l->clients) >= (unsigned long)l->settings->max_visitors ||
           used >= room;
}

struct client *listeners_admit(struct listeners *l, int fd, const struct sockaddr *a)
{
    static const char *const why[] = {"", "calls", "callers", "banned"};
    static const char *const said[] = {"",
                                       "You are calling too often. Please wait a minute.\r\n",
                                       "There are too many callers from your address.\r\n", ""};
    enum gate_answer answer = gate_enter(l->gate, a, timer_now());

    if (answer != GATE_OPEN) {
        refuse(l, fd, why[answer], said[answer]);
        return NULL;
    }
    if (is_crowded(l) && !clients_shed_visitor(l->clients)) {
        gate_leave(l->gate, a, timer_now());
        refuse(l, fd, "full", "All lines are busy. Please call again later.\r\n");
        return NULL;
    }
    set_up(fd);
    return clients_accept(l->clients, fd, a);
}

static void admit_proxied(void *arg, int fd, const struct sockaddr *a)
{
    listeners_admit(arg, fd, a);
}

/* No file is left for a connection: with the spare one it is taken, and closed at once. */
static void drop_one(struct listeners *l, int listener)
{
    int fd;

    clients_shed_visitor(l->clients);
    if (l->spare >= 0)
        close(l->spare);
    fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        refuse(l, fd, "files", "");
    l->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void on_connection(struct ev_loop *loop, ev_io *w, int events)
{
    struct listener *item = w->data;

    (void)loop;
    (void)events;
    for (int i = 0; i < ACCEPTS; i++) {
        struct sockaddr_storage a;
        socklen_t len = sizeof(a);
        int fd = accept4(w->fd, (struct sockaddr *)&a, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0)
            address_unmap(&a); /* systemd's sockets may be of both kinds */
        if (fd >= 0 && item->is_proxied) {
            proxied_add(item->all->proxied, fd, (struct sockaddr *)&a);
        } else if (fd >= 0) {
            listeners_admit(item->all, fd, (struct sockaddr *)&a);
        } else if (errno == EMFILE || errno == ENFILE) {
            drop_one(item->all, w->fd);
            return;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return;
        }
    }
}

static bool add_name(const struct listener *item, char *out, size_t size)
{
    int fd = item->watcher.fd;
    struct sockaddr_storage a = {0};
    socklen_t len = sizeof(a);
    char host[NI_MAXHOST];
    char port[NI_MAXSERV];

    if (getsockname(fd, (struct sockaddr *)&a, &len) < 0 ||
        getnameinfo((struct sockaddr *)&a, len, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return false;
    snprintf(out, size, a.ss_family == AF_INET6 ? "[%s]:%s%s" : "%s:%s%s", host, port,
             item->is_proxied ? " proxy" : "");
    return true;
}

static void tell_address(const struct listener *item)
{
    char name[LISTENER_NAME_MAX];

    if (add_name(item, name, sizeof(name)))
        log_note("listening telnet %s", name);
}

unsigned listeners_names(const struct listeners *l, struct figures *out)
{
    unsigned n = 0;

    for (unsigned i = 0; i < l->count && n < FIGURES_LISTENERS; i++)
        n += add_name(&l->items[i], out->listeners[n], LISTENER_NAME_MAX);
    return n;
}

void listeners_start(struct listeners *l, struct ev_loop *loop, struct clients *clients,
                     struct gate *gate, const struct settings *settings)
{
    struct rlimit files;

    l->loop = loop;
    l->clients = clients;
    l->gate = gate;
    l->settings = settings;
    l->files_max = getrlimit(RLIMIT_NOFILE, &files) == 0 ? files.rlim_cur : 1024;
    for (unsigned i = 0; i < l->count; i++) {
        struct listener *item = &l->items[i];

        if (item->is_proxied && !l->proxied)
            l->proxied = proxied_new(loop, settings, admit_proxied, l);
        ev_io_init(&item->watcher, on_connection, item->watcher.fd, EV_READ);
        item->watcher.data = item;
        ev_io_start(loop, &item->watcher);
        tell_address(item);
    }
}

void listeners_stop(struct listeners *l)
{
    for (unsigned i = 0; i < l->count; i++) {
        if (l->loop)
            ev_io_stop(l->loop, &l->items[i].watcher);
        close(l->items[i].watcher.fd);
    }
    l->count = 0;
    proxied_free(l->proxied);
    l->proxied = NULL;
}
