/* dial.c -- a call to another system from its beginning to its end: who may, looking its name
 * up, trying its addresses, its socket. */
#include "client/dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "client/dial_internal.h"
#include "client/internal.h"

/* A name, looked up on a worker's thread. */
struct lookup {
    struct job job;
    struct dial *dial;      /* NULL: nobody wants to know any more */
    atomic_bool is_dropped; /* the same, for the worker's thread */
    char host[ADDRESS_HOST];
    char port[REMOTE_PORT];
    int error;
    struct addrinfo *found;
};

static struct ev_loop *loop_of(const struct dial *d)
{
    return d->c->all->config.loop;
}

static const struct settings *settings_of(const struct client *c)
{
    return c->all->config.settings;
}

/* --- the end --- */

static void stop_calling(struct dial *d)
{
    ev_io_stop(loop_of(d), &d->reader);
    ev_io_stop(loop_of(d), &d->writer);
    ev_timer_stop(loop_of(d), &d->timer);
    if (d->fd >= 0)
        close(d->fd);
    d->fd = -1;
    if (d->lookup) {
        d->lookup->dial = NULL;
        atomic_store(&d->lookup->is_dropped, true);
    }
    d->lookup = NULL;
}

static void log_end(const struct dial *d)
{
    const struct client *c = d->c;
    const struct dial_ending *e = &d->ending;

    log_info(
        "dial event=%s node=%u user=%s name=%s seconds=%.1f sent=%llu received=%llu why=%s",
        e->was_there ? "end" : "failed", c->id, log_quote(span_of(client_user_id(c))),
        log_quote(span_of(d->remote.name)), e->seconds, (unsigned long long)e->sent,
        (unsigned long long)e->received, log_quote(span_of(e->why)));
}

void dial_end(struct dial *d, bool is_good, const char *why)
{
    if (d->is_over)
        return;
    snprintf(d->why, sizeof(d->why), "%s", why);
    d->is_over = true;
    d->ending.was_there = d->is_there;
    d->ending.is_good = is_good;
    d->ending.why = d->why;
    d->ending.seconds = d->is_there ? clients_now(d->c->all) - d->began : 0;
    stop_calling(d);
    log_end(d);
    client_mark_ready(d->c);
}

static void free_dial(struct dial *d)
{
    if (d->addresses)
        freeaddrinfo(d->addresses);
    telnet_free(d->telnet);
    buf_clear(&d->out);
    mem_free(d->terminal);
    mem_free(d);
}

void dial_detach(struct client *c, const char *why)
{
    struct dial *d = c->dial;

    if (!d)
        return;
    dial_end(d, false, why);
    c->dial = NULL;
    free_dial(d);
    lent_end(c);
}

/* The handler may dial again. */
void dial_tell_end(struct client *c)
{
    struct dial *d = c->dial;
    struct answer answer = {.kind = ANSWER_DIAL, .dial = &d->ending};

    c->dial = NULL;
    lent_end(c);
    client_typed(c);
    c->all->config.hooks.answer(c->all->config.hooks.arg, c, &answer);
    free_dial(d);
}

/* --- its socket, once it is connected --- */

static void lost(struct dial *d)
{
    char why[200];

    snprintf(why, sizeof(why), "the connection was lost: %s", strerror(errno));
    dial_end(d, false, why);
}

/* What waits is written in time, or the other system is given up. */
static void expect_reading(struct dial *d)
{
    d->timer.repeat = (double)settings_of(d->c)->stalled_seconds;
    ev_timer_again(loop_of(d), &d->timer);
    ev_io_start(loop_of(d), &d->writer);
}

void dial_flush(struct dial *d)
{
    if (!d->is_there || d->fd < 0)
        return;
    while (d->out.len > 0) {
        ssize_t n = send(d->fd, d->out.data, d->out.len, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            if (!ev_is_active(&d->writer))
                expect_reading(d);
            return;
        }
        if (n < 0) {
            buf_clear(&d->out); /* what it has said before it hung up is still read */
            break;
        }
        d->ending.sent += (size_t)n;
        buf_consume(&d->out, (size_t)n);
        if (ev_is_active(&d->writer))
            ev_timer_again(loop_of(d), &d->timer);
    }
    ev_io_stop(loop_of(d), &d->writer);
    ev_timer_stop(loop_of(d), &d->timer);
    if (d->out.cap > 0 && d->out.len == 0)
        buf_clear(&d->out);
}

static void on_writable(struct ev_loop *loop, ev_io *w, int events)
{
    struct dial *d = w->data;

    (void)loop;
    (void)events;
    dial_flush(d);
    if (d->out.len < DIAL_KEYS_MAX / 2)
        client_mark_ready(d->c); /* there may be keys that wait */
}

/* A quarter of what the caller may still have waiting: translated and escaped it is at most
 * three times as long. */
static size_t read_size(const struct dial *d)
{
    size_t most = (size_t)settings_of(d->c)->output_kb * 1024;
    size_t n = (most - d->c->out.bytes) / 4;

    return n < DIAL_READ ? n : DIAL_READ;
}

/* Rlogin's urgent byte stands alone at the mark; telnet's is in its place among the others. */
static bool is_at_control(const struct dial *d)
{
    return !d->telnet && sockatmark(d->fd) == 1;
}

static void on_readable(struct ev_loop *loop, ev_io *w, int events)
{
    struct dial *d = w->data;
    char piece[DIAL_READ];
    bool is_control = is_at_control(d);
    ssize_t n;

    (void)events;
    if (lent_is_held_up(d->c)) {
        ev_io_stop(loop, &d->reader);
        return;
    }
    n = recv(d->fd, piece, is_control ? 1 : read_size(d), 0);
    if (n < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK))
        return;
    if (n < 0) {
        lost(d);
    } else if (n == 0) {
        dial_end(d, true, "the other side hung up");
    } else if (is_control) {
        dial_take_control(d, (unsigned char)piece[0]);
    } else {
        d->ending.received += (size_t)n;
        dial_take_theirs(d, span_from(piece, (size_t)n));
    }
}

void dial_read_on(struct dial *d)
{
    if (d->is_there && d->fd >= 0 && !lent_is_held_up(d->c))
        ev_io_start(loop_of(d), &d->reader);
}

static void on_stalled(struct dial *d)
{
    char why[100];

    snprintf(why, sizeof(why), "the other side has read nothing for %ld seconds",
             settings_of(d->c)->stalled_seconds);
    dial_end(d, false, why);
}

/* --- connecting --- */

static void try_next(struct dial *d);

static void say_failure(struct dial *d, int error)
{
    const struct remote *r = &d->remote;
    char why[300];

    if (error == ETIMEDOUT)
        snprintf(why, sizeof(why), "nobody answers at %s port %s", r->host, r->port);
    else if (error == ECONNREFUSED)
        snprintf(why, sizeof(why), "%s port %s refuses the call", r->host, r->port);
    else
        snprintf(why, sizeof(why), "%s can't be reached: %s", r->host, strerror(error));
    dial_end(d, false, why);
}

/* The next address has its turn; of the last the caller is told. */
static void failed(struct dial *d, int error)
{
    ev_io_stop(loop_of(d), &d->writer);
    ev_timer_stop(loop_of(d), &d->timer);
    if (d->fd >= 0)
        close(d->fd);
    d->fd = -1;
    if (d->at)
        try_next(d);
    else
        say_failure(d, error);
}

static void begin(struct dial *d)
{
    struct client *c = d->c;

    d->is_there = true;
    d->began = clients_now(c->all);
    log_info("dial event=start node=%u user=%s name=%s protocol=%s host=%s port=%s", c->id,
             log_quote(span_of(client_user_id(c))), log_quote(span_of(d->remote.name)),
             remote_protocol(&d->remote), d->remote.host, d->remote.port);
    ev_timer_stop(loop_of(d), &d->timer);
    ev_set_cb(&d->writer, on_writable);
    ev_io_start(loop_of(d), &d->reader);
    dial_flush(d);
    client_mark_ready(c); /* what was typed before */
}

static void on_connected(struct ev_loop *loop, ev_io *w, int events)
{
    struct dial *d = w->data;
    int error = 0;
    socklen_t len = sizeof(error);

    (void)events;
    ev_io_stop(loop, w);
    getsockopt(d->fd, SOL_SOCKET, SO_ERROR, &error, &len);
    if (error)
        failed(d, error);
    else
        begin(d);
}

static void on_time(struct ev_loop *loop, ev_timer *w, int events)
{
    struct dial *d = w->data;

    (void)loop;
    (void)events;
    if (d->is_there)
        on_stalled(d);
    else if (d->lookup)
        dial_end(d, false, "its name can't be looked up now: no answer");
    else
        failed(d, ETIMEDOUT);
}

static void set_time(struct dial *d)
{
    d->timer.repeat = (double)settings_of(d->c)->dial_seconds;
    ev_timer_again(loop_of(d), &d->timer);
}

/* Urgent data stays where it is in the stream. */
static int open_socket(const struct addrinfo *a)
{
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

static void try_next(struct dial *d)
{
    const struct addrinfo *a = d->at;

    d->at = a->ai_next;
    d->fd = open_socket(a);
    if (d->fd < 0 || (connect(d->fd, a->ai_addr, a->ai_addrlen) < 0 && errno != EINPROGRESS)) {
        failed(d, errno);
        return;
    }
    ev_io_init(&d->reader, on_readable, d->fd, EV_READ);
    ev_io_init(&d->writer, on_connected, d->fd, EV_WRITE);
    d->reader.data = d->writer.data = d;
    ev_io_start(loop_of(d), &d->writer);
    set_time(d);
}

/* --- its name --- */

static void look_up(struct job *job, void *context)
{
    static const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                          .ai_flags = AI_NUMERICSERV};
    struct lookup *l = (struct lookup *)job;

    (void)context;
    if (atomic_load(&l->is_dropped))
        return; /* it has waited for others, and takes no more of their time */
    l->error = getaddrinfo(l->host, l->port, &hints, &l->found);
}

static bool is_elsewhere(const struct addrinfo *a)
{
    static const struct network here[] = {
        {.family = AF_INET, .bytes = {127}, .bits = 8},
        {.family = AF_INET6, .bytes = {[15] = 1}, .bits = 128},
    };

    for (; a; a = a->ai_next) {
        if (!network_has(&here[0], a->ai_addr) && !network_has(&here[1], a->ai_addr))
            return true;
    }
    return false;
}

static void take_addresses(struct dial *d, struct lookup *l)
{
    char why[300];

    d->lookup = NULL;
    d->addresses = d->at = l->found;
    l->found = NULL;
    if (l->error == 0 && !(d->c->all->config.stays_here && is_elsewhere(d->at))) {
        try_next(d);
        return;
    }
    if (l->error == 0)
        snprintf(why, sizeof(why), "tests call no system but this one");
    else if (l->error == EAI_NONAME || l->error == EAI_NODATA)
        snprintf(why, sizeof(why), "there is no host %s", l->host);
    else
        snprintf(why, sizeof(why), "the name %s can't be looked up now: %s", l->host,
                 gai_strerror(l->error));
    dial_end(d, false, why);
}

static void looked_up(struct job *job)
{
    struct lookup *l = (struct lookup *)job;

    if (l->dial)
        take_addresses(l->dial, l);
    if (l->found)
        freeaddrinfo(l->found);
    mem_free(l);
}

static void begin_lookup(struct dial *d)
{
    struct lookup *l = mem_zalloc(sizeof(*l));

    l->job.run = look_up;
    l->job.done = looked_up;
    l->dial = d;
    snprintf(l->host, sizeof(l->host), "%s", d->remote.host);
    snprintf(l->port, sizeof(l->port), "%s", d->remote.port);
    d->lookup = l;
    worker_add(d->c->all->config.names, &l->job);
}

/* --- the beginning --- */

int client_may_dial(const struct client *c, struct err *e)
{
    const struct settings *s = settings_of(c);

    if (!c->all->config.names)
        return err_set(e, "no other systems are called from here: only a server does that");
    if (s->dial_hosts.count == 0)
        return err_set(e, "no other systems are called: the setting dial.hosts names none");
    if (!client_is_open(c))
        return err_set(e, "the caller has left");
    if (c->user == 0 || c->level < s->dial_level)
        return err_set(e, "other systems are for level %ld and above", s->dial_level);
    return 0;
}

static bool is_meant(const struct remote *r, const struct dial_options *o)
{
    return remote_is(r, o->host) &&
           (!o->protocol || strcasecmp(o->protocol, remote_protocol(r)) == 0) &&
           (!o->port || strcmp(o->port, r->port) == 0);
}

static int find_remote(const struct client *c, const struct dial_options *o, struct remote *r,
                       struct err *e)
{
    const struct setting_list *hosts = &settings_of(c)->dial_hosts;
    struct err ignored;

    for (unsigned i = 0; i < hosts->count; i++) {
        if (remote_parse(hosts->items[i], r, &ignored) == 0 && is_meant(r, o))
            return 0;
    }
    return err_set(e, "the setting dial.hosts does not name %.*s%s%s%s%s", SPAN_ARG(o->host),
                   o->protocol ? " by " : "", o->protocol ? o->protocol : "",
                   o->port ? " on port " : "", o->port ? o->port : "");
}

static const char *terminal_name(const struct client *c)
{
    const char *name = client_term_name(c);

    return *name ? name : c->ansi ? "ansi" : "dumb";
}

/* What rlogin is told first stands before all that may be typed meanwhile. */
static void start_rlogin(struct dial *d, const struct dial_options *o)
{
    const char *handle = client_user_id(d->c);

    rlogin_start(&d->out, o->client_user ? o->client_user : handle,
                 o->server_user ? o->server_user : handle, d->terminal);
}

static char *make_terminal(const struct client *c, bool is_rlogin)
{
    char name[80];

    snprintf(name, sizeof(name), "%.60s%s", terminal_name(c), is_rlogin ? "/38400" : "");
    return mem_strdup(name);
}

static struct dial *make(struct client *c, const struct remote *r, const struct dial_options *o)
{
    struct dial *d = mem_zalloc(sizeof(*d));

    d->c = c;
    d->remote = *r;
    d->fd = -1;
    d->charset = (enum charset)c->charset;
    charset_find(span_of(r->charset), &d->charset);
    d->terminal = o->terminal ? mem_strdup(o->terminal) : make_terminal(c, r->is_rlogin);
    buf_init(&d->out, 4 * DIAL_KEYS_MAX);
    d->telnet = r->is_rlogin ? NULL : telnet_new_outward(&d->out);
    if (r->is_rlogin)
        start_rlogin(d, o);
    ev_timer_init(&d->timer, on_time, 0, 0);
    d->timer.data = d;
    return d;
}

static void say_hello(struct dial *d)
{
    char text[200];
    struct buf wire;

    snprintf(text, sizeof(text), "Calling %s. Ctrl-] hangs up.\r\n\r\n", d->remote.name);
    buf_init(&wire, BUF_LARGE);
    text_encode(&wire, span_of(text), client_look(d->c));
    output_bytes(d->c, buf_span(&wire));
    buf_clear(&wire);
}

int client_dial(struct client *c, const struct dial_options *options, struct err *e)
{
    struct remote remote;

    if (client_may_dial(c, e) < 0 || find_remote(c, options, &remote, e) < 0)
        return -1;
    lent_begin(c);
    c->dial = make(c, &remote, options);
    say_hello(c->dial);
    set_time(c->dial);
    begin_lookup(c->dial);
    return 0;
}

const char *client_calling(const struct client *c)
{
    return c->dial ? c->dial->remote.name : NULL;
}
