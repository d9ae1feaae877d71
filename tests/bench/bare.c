/* bare.c -- the least a libev server can do, for ratios beside the engine: a watcher for each
 * caller and nothing else. A key comes back as it is; 'B' is answered with one constant
 * screen, which --greet sends at the beginning of a call too. With --fan what a caller types up
 * to a CR goes to all of them. No queue: a caller who does not read is dropped. SIGTERM ends
 * it. */
#include <arpa/inet.h>
#include <ev.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SCREEN_MOST = 65536, SCREEN_STANDARD = 2048, LINE = 64 };

static const char usage[] =
    "usage: bare --listen HOST:PORT [--screen-bytes N] [--greet] [--fan]\n";
static const char end_mark[] = "~end~";
static char screen[SCREEN_MOST];
static size_t screen_len = SCREEN_STANDARD;
static bool greet;
static bool fan;

struct caller {
    ev_io io;
    struct caller *prev, *next; /* of all */
    char line[128];
    size_t len;
};

static struct caller *callers;

static void end_caller(struct ev_loop *loop, struct caller *c)
{
    ev_io_stop(loop, &c->io);
    close(c->io.fd);
    *(c->prev ? &c->prev->next : &callers) = c->next;
    if (c->next)
        c->next->prev = c->prev;
    free(c);
}

static bool put(int fd, const char *data, size_t len)
{
    return send(fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)len;
}

static bool answer(int fd, const char *keys, size_t len)
{
    while (len > 0) {
        const char *ask = memchr(keys, 'B', len);
        size_t run = ask ? (size_t)(ask - keys) : len;

        if (run > 0 && !put(fd, keys, run))
            return false;
        if (ask && !put(fd, screen, screen_len))
            return false;
        keys += run + (ask ? 1 : 0);
        len -= run + (ask ? 1 : 0);
    }
    return true;
}

static void fan_out(const struct caller *c)
{
    char line[160];
    int len = snprintf(line, sizeof(line), "<x> %.*s\r\n", (int)c->len, c->line);

    for (const struct caller *to = callers; to; to = to->next)
        put(to->io.fd, line, (size_t)len);
}

static void take_line(struct caller *c, const char *keys, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (keys[i] == '\r') {
            fan_out(c);
            c->len = 0;
        } else if (c->len < sizeof(c->line)) {
            c->line[c->len++] = keys[i];
        }
    }
}

static void on_keys(struct ev_loop *loop, ev_io *w, int events)
{
    char keys[512];
    ssize_t n = recv(w->fd, keys, sizeof(keys), MSG_DONTWAIT);

    (void)events;
    if (n > 0 && fan)
        take_line((struct caller *)w, keys, (size_t)n);
    else if (n <= 0 || !answer(w->fd, keys, (size_t)n))
        end_caller(loop, (struct caller *)w);
}

static void on_call(struct ev_loop *loop, ev_io *w, int events)
{
    int on = 1;
    int fd;

    (void)events;
    while ((fd = accept4(w->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct caller *c = malloc(sizeof(*c));

        if (!c)
            abort();
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        c->len = 0;
        c->prev = NULL;
        c->next = callers;
        if (callers)
            callers->prev = c;
        callers = c;
        ev_io_init(&c->io, on_keys, fd, EV_READ);
        ev_io_start(loop, &c->io);
        if (greet && !put(fd, screen, screen_len))
            end_caller(loop, c);
    }
}

static void on_term(struct ev_loop *loop, ev_signal *w, int events)
{
    (void)w;
    (void)events;
    ev_break(loop, EVBREAK_ALL);
}

static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void draw_screen(void)
{
    memset(screen, 'x', screen_len);
    for (size_t i = LINE; i + sizeof(end_mark) < screen_len; i += LINE)
        memcpy(screen + i - 2, "\r\n", 2);
    memcpy(screen + screen_len - (sizeof(end_mark) - 1), end_mark, sizeof(end_mark) - 1);
}

static int fail(const char *what)
{
    fprintf(stderr, "bare: ");
    perror(what);
    return -1;
}

static int listen_on(const char *where)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    const char *colon = strrchr(where, ':');
    socklen_t len = sizeof(a);
    char host[64];
    int on = 1;
    int fd;

    snprintf(host, sizeof(host), "%.*s", colon ? (int)(colon - where) : 0, where);
    if (inet_pton(AF_INET, host, &a.sin_addr) != 1) {
        fprintf(stderr, "bare: --listen %s: expected an IPv4 HOST:PORT\n", where);
        return -1;
    }
    a.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
        bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, SOMAXCONN) < 0 ||
        getsockname(fd, (struct sockaddr *)&a, &len) < 0)
        return fail(where);
    fprintf(stderr, "listening telnet %s:%u\n", host, ntohs(a.sin_port));
    return fd;
}

static const char *read_options(int argc, char **argv)
{
    static const struct option options[] = {{"listen", required_argument, NULL, 'l'},
                                            {"screen-bytes", required_argument, NULL, 'b'},
                                            {"greet", no_argument, NULL, 'g'},
                                            {"fan", no_argument, NULL, 'f'},
                                            {NULL, 0, NULL, 0}};
    const char *where = NULL;
    int c;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'l')
            where = optarg;
        else if (c == 'b')
            screen_len = strtoul(optarg, NULL, 10);
        else if (c == 'g')
            greet = true;
        else if (c == 'f')
            fan = true;
        else
            return NULL;
    }
    return screen_len < sizeof(end_mark) || screen_len > SCREEN_MOST ? NULL : where;
}

int main(int argc, char **argv)
{
    const char *where = read_options(argc, argv);
    struct ev_loop *loop;
    ev_signal term;
    ev_io listener;
    int fd;

    if (!where) {
        fputs(usage, stderr);
        return 2;
    }
    raise_file_limit();
    draw_screen();
    fd = listen_on(where);
    loop = ev_default_loop(0);
    if (fd < 0 || !loop)
        return 3;
    ev_signal_init(&term, on_term, SIGTERM);
    ev_signal_start(loop, &term);
    ev_io_init(&listener, on_call, fd, EV_READ);
    ev_io_start(loop, &listener);
    ev_run(loop, 0);
    return 0;
}
