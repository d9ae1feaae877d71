#include "server/control.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"

enum { REQUEST_MAX = 4096, ANSWER_MAX = 8 << 20, ASKERS_MAX = 16, ASKER_SECONDS = 10 };

struct asker {
    struct control *control;
    struct asker *next;
    ev_io io;
    ev_timer timer;
    struct buf request;
    struct buf answer;
    bool is_waiting; /* for control_retry */
};

struct control {
    struct ev_loop *loop;
    ev_io io;
    control_answer *answer;
    void *arg;
    struct asker *askers;
    unsigned count;
    int folder; /* of the socket: paths of sockets are short, those of folders need not be */
};

static void free_asker(struct asker *a)
{
    struct control *c = a->control;
    struct asker **at = &c->askers;

    while (*at != a)
        at = &(*at)->next;
    *at = a->next;
    c->count--;
    ev_io_stop(c->loop, &a->io);
    ev_timer_stop(c->loop, &a->timer);
    close(a->io.fd);
    buf_clear(&a->request);
    buf_clear(&a->answer);
    mem_free(a);
}

static void on_late(struct ev_loop *loop, ev_timer *w, int events)
{
    (void)loop;
    (void)events;
    free_asker(w->data);
}

static void on_writable(struct ev_loop *loop, ev_io *w, int events)
{
    struct asker *a = w->data;
    ssize_t n = send(w->fd, a->answer.data, a->answer.len, MSG_NOSIGNAL);

    (void)loop;
    (void)events;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n < 0 || (size_t)n == a->answer.len)
        free_asker(a);
    else
        buf_consume(&a->answer, (size_t)n);
}

/* By the system's word. */
static uid_t user_of(const struct asker *a)
{
    struct ucred peer = {.uid = (uid_t)-1};
    socklen_t len = sizeof(peer);

    getsockopt(a->io.fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
    return peer.uid;
}

/* Its first line, which is there. */
static void reply(struct asker *a)
{
    struct control *c = a->control;
    const char *end = memchr(a->request.data, '\n', a->request.len);
    struct span request = span_from(a->request.data, (size_t)(end - a->request.data));
    struct buf text;
    struct err e;
    int rc;

    buf_init(&text, ANSWER_MAX);
    rc = c->answer(c->arg, user_of(a), request, &text, &e);
    a->is_waiting = rc > 0;
    if (rc < 0) {
        buf_printf(&a->answer, "error: %s\n", e.text);
    } else if (rc == 0) {
        buf_add_text(&a->answer, "ok\n");
        buf_add(&a->answer, buf_span(&text));
    }
    buf_clear(&text);
    ev_io_stop(c->loop, &a->io); /* nothing more is read, whoever goes away meanwhile */
    if (rc > 0)
        return;
    ev_io_init(&a->io, on_writable, a->io.fd, EV_WRITE);
    ev_io_start(c->loop, &a->io);
}

static void on_readable(struct ev_loop *loop, ev_io *w, int events)
{
    struct asker *a = w->data;
    char piece[512];
    ssize_t n = recv(w->fd, piece, sizeof(piece), 0);

    (void)loop;
    (void)events;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0 || !buf_add(&a->request, span_from(piece, (size_t)n))) {
        free_asker(a);
        return;
    }
    if (memchr(a->request.data, '\n', a->request.len))
        reply(a);
}

void control_retry(struct control *c)
{
    for (struct asker *a = c->askers; a; a = a->next) {
        if (a->is_waiting)
            reply(a);
    }
}

static void on_asker(struct ev_loop *loop, ev_io *w, int events)
{
    struct control *c = w->data;
    int fd = accept4(w->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct asker *a;

    (void)events;
    if (fd < 0)
        return;
    if (c->count == ASKERS_MAX) {
        close(fd);
        return;
    }
    a = mem_zalloc(sizeof(*a));
    a->control = c;
    a->next = c->askers;
    c->askers = a;
    c->count++;
    buf_init(&a->request, REQUEST_MAX);
    buf_init(&a->answer, ANSWER_MAX + 64);
    ev_io_init(&a->io, on_readable, fd, EV_READ);
    ev_timer_init(&a->timer, on_late, ASKER_SECONDS, 0);
    a->io.data = a->timer.data = a;
    ev_io_start(loop, &a->io);
    ev_timer_start(loop, &a->timer);
}

/* The socket's path by way of the open folder, which is short whatever the folder is called. */
static void set_address(const struct control *c, struct sockaddr_un *a)
{
    *a = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(a->sun_path, sizeof(a->sun_path), "/proc/self/fd/%d/control.sock", c->folder);
}

static int listen_on(struct control *c, const char *data, struct err *e)
{
    struct sockaddr_un a;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    set_address(c, &a);
    unlinkat(c->folder, "control.sock", 0); /* the lock says that no other server runs */
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
        fchmodat(c->folder, "control.sock", 0600, 0) < 0 || listen(fd, 16) < 0) {
        err_set(e, "%s/control.sock: %s", data, strerror(errno));
        if (fd >= 0)
            close(fd);
        return -1;
    }
    ev_io_init(&c->io, on_asker, fd, EV_READ);
    c->io.data = c;
    ev_io_start(c->loop, &c->io);
    return 0;
}

struct control *control_new(struct ev_loop *loop, const char *data, control_answer *answer,
                            void *arg, struct err *e)
{
    struct control *c = mem_zalloc(sizeof(*c));

    c->loop = loop;
    c->answer = answer;
    c->arg = arg;
    c->folder = open(data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (c->folder < 0)
        err_set(e, "%s: %s", data, strerror(errno));
    else if (listen_on(c, data, e) == 0)
        return c;
    if (c->folder >= 0)
        close(c->folder);
    mem_free(c);
    return NULL;
}

void control_free(struct control *c)
{
    if (!c)
        return;
    while (c->askers)
        free_asker(c->askers);
    ev_io_stop(c->loop, &c->io);
    close(c->io.fd);
    unlinkat(c->folder, "control.sock", 0);
    close(c->folder);
    mem_free(c);
}
