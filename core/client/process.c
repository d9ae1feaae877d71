/* process.c -- a program from its start to its end: its terminal's two directions, its keeper's
 * reports, its time. */
#include "client/process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "client/cgroup.h"
#include "client/internal.h"
#include "client/process_internal.h"

enum { SAID_MAX = 1024, WARN_SECONDS = 60 };

/* --- lifetime --- */

static struct ev_loop *loop_of(const struct process *p)
{
    return p->all->config.loop;
}

static void close_terminal(struct process *p)
{
    ev_io_stop(loop_of(p), &p->reader);
    ev_io_stop(loop_of(p), &p->writer);
    if (p->terminal >= 0)
        close(p->terminal);
    p->terminal = -1;
    buf_clear(&p->in);
}

static void stop_watchers(struct process *p)
{
    close_terminal(p);
    ev_io_stop(loop_of(p), &p->reports);
    ev_io_stop(loop_of(p), &p->ended);
    ev_timer_stop(loop_of(p), &p->timer);
    ev_timer_stop(loop_of(p), &p->looks);
    if (p->link >= 0)
        close(p->link);
    if (p->keeper_fd >= 0)
        close(p->keeper_fd);
    p->link = p->keeper_fd = -1;
}

static void unref(struct process *p)
{
    if (--p->refs > 0)
        return;
    buf_clear(&p->in);
    buf_clear(&p->out);
    buf_clear(&p->said);
    mem_free(p->user);
    mem_free(p->as);
    mem_free(p->what);
    mem_free(p);
}

static void unlink_process(struct process *p)
{
    struct process **at = &p->all->processes;

    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
}

/* Whoever listens may release it. */
static void tell_change(struct process *p)
{
    p->refs++;
    if (p->is_attached)
        client_mark_ready(p->c);
    if (p->changed)
        p->changed(p->arg);
    unref(p);
}

static void log_end(const struct process *p)
{
    const struct process_ending *e = &p->ending;

    log_info("command event=end node=%u user=%s pid=%d seconds=%.1f code=%d signal=%d why=%s",
             p->node, p->user, p->pid, clients_now(p->all) - p->began, e->code, e->signal,
             log_quote(span_of(e->why ? e->why : "")));
}

/* Its keeper is gone, with all that was below it, and what it has printed has been read. */
static void finish(struct process *p)
{
    if (p->is_over || p->is_kept || p->terminal >= 0)
        return;
    p->is_over = true;
    p->is_starting = false;
    if (!p->is_attached)
        p->c = NULL;
    if (*p->failure == '\0')
        log_end(p);
    stop_watchers(p);
    unlink_process(p);
    tell_change(p);
    unref(p);
}

/* --- what it prints --- */

static bool wants_output(const struct process *p)
{
    if (p->is_attached)
        return !process_is_held_up(p);
    return !p->is_held || !process_is_full(p);
}

static void take_output(struct process *p, struct span bytes)
{
    if (p->is_attached)
        process_show(p, bytes);
    else if (p->is_held)
        buf_add(&p->out, bytes);
    if (!p->is_attached && process_is_full(p))
        tell_change(p);
}

/* After its keeper's end nothing more will come: all that could write is gone. */
static void on_readable(struct ev_loop *loop, ev_io *w, int events)
{
    struct process *p = w->data;
    char piece[PROCESS_PIECE];
    ssize_t n;

    (void)events;
    if (!wants_output(p)) {
        ev_io_stop(loop, &p->reader);
        return;
    }
    n = read(p->terminal, piece, sizeof(piece));
    if (n > 0) {
        take_output(p, span_from(piece, (size_t)n));
        return;
    }
    if (n < 0 && (errno == EINTR || (errno == EAGAIN && p->is_kept)))
        return;
    if (p->has_socket && n == 0)
        process_stop(p, "it has closed its socket"); /* nobody can talk to it any more */
    close_terminal(p);
    finish(p);
}

void process_read_on(struct process *p)
{
    if (p->terminal < 0 || !wants_output(p))
        return;
    ev_io_start(loop_of(p), &p->reader);
    if (!p->is_kept)
        ev_feed_event(loop_of(p), &p->reader, EV_READ);
}

/* --- what it reads --- */

static void write_in(struct process *p)
{
    while (p->terminal >= 0 && p->in.len > 0) {
        ssize_t n = write(p->terminal, p->in.data, p->in.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            ev_io_start(loop_of(p), &p->writer);
            return;
        }
        if (n < 0)
            buf_clear(&p->in); /* nobody will read it */
        else
            buf_consume(&p->in, (size_t)n);
        p->looked = 0;
    }
    ev_io_stop(loop_of(p), &p->writer);
}

static void on_writable(struct ev_loop *loop, ev_io *w, int events)
{
    struct process *p = w->data;

    (void)loop;
    (void)events;
    write_in(p);
    if (p->is_attached && p->in.len < PROCESS_KEYS_MAX / 2)
        client_mark_ready(p->c); /* there may be keys that wait */
}

bool process_send(struct process *p, struct span text)
{
    if (p->is_over || p->terminal < 0)
        return true;
    if (!buf_add(&p->in, text))
        return false;
    write_in(p);
    return true;
}

/* --- what its keeper says --- */

static void begun(struct process *p, long pid)
{
    p->is_starting = false;
    p->pid = (int)pid;
    log_info("command event=start node=%u user=%s as=%s pid=%d program=%s", p->node, p->user,
             p->as, p->pid, p->what);
}

static void failed(struct process *p, struct span why)
{
    p->is_starting = false;
    snprintf(p->failure, sizeof(p->failure), "%.*s", SPAN_ARG(why));
    log_warn("command event=failed node=%u user=%s as=%s program=%s why=%s", p->node, p->user,
             p->as, p->what, log_quote(why));
}

/* A line, which ends with NUL. */
static void take_report(struct process *p, const char *line)
{
    const char *rest = strchr(line, ' ');
    long number = rest ? strtol(rest, NULL, 10) : 0;

    if (strncmp(line, "started ", 8) == 0)
        begun(p, number);
    else if (strncmp(line, "failed ", 7) == 0)
        failed(p, span_of(line + 7));
    else if (strncmp(line, "code ", 5) == 0)
        p->ending.code = (int)number;
    else if (strncmp(line, "signal ", 7) == 0)
        p->ending.signal = (int)number;
}

/* False: nothing more is there now. */
static bool hear(struct process *p)
{
    char piece[SAID_MAX / 2];
    ssize_t n = recv(p->link, piece, sizeof(piece), MSG_DONTWAIT);
    char *end;

    if (n <= 0) {
        if (n == 0 || errno != EAGAIN)
            ev_io_stop(loop_of(p), &p->reports);
        return n < 0 && errno == EINTR;
    }
    buf_add(&p->said, span_from(piece, (size_t)n));
    while (p->said.len > 0 && (end = memchr(p->said.data, '\n', p->said.len))) {
        *end = '\0';
        take_report(p, p->said.data);
        buf_consume(&p->said, (size_t)(end - p->said.data) + 1);
    }
    return true;
}

static void on_report(struct ev_loop *loop, ev_io *w, int events)
{
    struct process *p = w->data;

    (void)loop;
    (void)events;
    if (hear(p) && *p->failure == '\0')
        tell_change(p); /* who waits for a failure waits for the end */
}

static void on_keeper_ended(struct ev_loop *loop, ev_io *w, int events)
{
    struct process *p = w->data;
    int status;

    (void)events;
    if (waitpid(p->keeper, &status, WNOHANG) != p->keeper)
        return;
    ev_io_stop(loop, w);
    while (hear(p))
        ;
    if (p->is_starting)
        failed(p, SPAN_LIT("its keeper has ended"));
    p->is_kept = false;
    if (*p->failure)
        close_terminal(p);
    if (p->terminal >= 0)
        process_read_on(p);
    else
        finish(p);
}

/* --- the end --- */

void process_stop(struct process *p, const char *why)
{
    if (p->is_over || p->is_stopping)
        return;
    p->is_stopping = true;
    p->ending.why = why;
    if (p->link >= 0)
        send(p->link, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* A door's caller hears of it a minute before: more would tear what it has drawn. */
static void warn(struct process *p)
{
    p->warns = false;
    if (p->is_attached)
        output_bytes(p->c, SPAN_LIT("\a"));
}

static void on_time(struct ev_loop *loop, ev_timer *w, int events)
{
    struct process *p = w->data;

    (void)loop;
    (void)events;
    if (p->warns && !p->is_stopping) {
        warn(p);
        return;
    }
    process_stop(p, PROCESS_TIME_OVER);
    finish(p);
}

/* The caller goes. Without its terminal it is told so by the system, too. Lua may be running:
 * who waits for it hears of it in the next turn. */
static void abandon(struct process *p)
{
    process_stop(p, "the caller has left");
    p->c = NULL;
    p->is_attached = false;
    close_terminal(p);
    if (!p->is_kept)
        ev_feed_event(loop_of(p), &p->timer, EV_TIMER);
}

void process_caller_leaves(struct client *c)
{
    process_detach(c);
    for (struct process *p = c->all->processes; p; p = p->next) {
        if (p->c == c)
            abandon(p);
    }
}

void process_end_all(struct clients *all)
{
    while (all->processes) {
        struct process *p = all->processes;

        unlink_process(p);
        p->is_over = true;
        stop_watchers(p); /* its keeper sees that, and ends it */
        unref(p);
    }
    cgroup_end();
}

/* --- the beginning --- */

static void log_names(struct process *p, const struct process_options *options)
{
    struct buf what;

    buf_init(&what, 256);
    for (const char *const *word = options->argv; *word; word++) {
        if (what.len > 0)
            buf_add_byte(&what, ' ');
        buf_add_text(&what, *word);
    }
    p->what = mem_strdup(log_quote(buf_span(&what)));
    p->user = mem_strdup(log_quote(span_of(client_user_id(p->c))));
    p->node = client_id(p->c);
    buf_clear(&what);
}

static void watch(struct process *p, double seconds)
{
    ev_io_init(&p->reader, on_readable, p->terminal, EV_READ);
    ev_io_init(&p->writer, on_writable, p->terminal, EV_WRITE);
    ev_io_init(&p->reports, on_report, p->link, EV_READ);
    ev_io_init(&p->ended, on_keeper_ended, p->keeper_fd, EV_READ);
    p->warns = p->is_door && seconds > WARN_SECONDS;
    ev_timer_init(&p->timer, on_time, p->warns ? seconds - WARN_SECONDS : seconds,
                  p->warns ? WARN_SECONDS : 0);
    ev_timer_init(&p->looks, process_look, 1, 1);
    p->reader.data = p->writer.data = p->reports.data = p->ended.data = p->timer.data = p;
    p->looks.data = p;
    ev_io_start(loop_of(p), &p->reader);
    ev_io_start(loop_of(p), &p->reports);
    ev_io_start(loop_of(p), &p->ended);
    ev_timer_start(loop_of(p), &p->timer);
}

static unsigned count_of(const struct client *c)
{
    unsigned n = 0;

    for (const struct process *p = c->all->processes; p; p = p->next)
        n += p->c == c;
    return n;
}

static struct process *make(struct client *c, const struct process_options *options)
{
    const struct settings *s = c->all->config.settings;
    struct process *p = mem_zalloc(sizeof(*p));

    p->all = c->all;
    p->c = c;
    p->refs = 2;
    p->is_held = p->is_starting = true;
    p->terminal = p->link = p->keeper_fd = -1;
    p->ending.code = -1;
    p->charset = options->charset;
    p->is_door = options->door != NULL;
    p->has_socket = p->is_door && options->door->has_socket;
    p->began = clients_now(c->all);
    buf_init(&p->in, PROCESS_IN_MAX);
    buf_init(&p->out, (uint32_t)s->output_kb * 1024 + PROCESS_PIECE);
    buf_init(&p->said, SAID_MAX);
    log_names(p, options);
    p->next = c->all->processes;
    c->all->processes = p;
    return p;
}

/* It has not come so far that it could end by itself. */
static void unmake(struct process *p)
{
    int status;

    if (p->is_kept) {
        kill(p->keeper, SIGKILL);
        waitpid(p->keeper, &status, 0);
    }
    unlink_process(p);
    stop_watchers(p);
    p->refs = 1;
    unref(p);
}

/* A door's time is its own; of other programs the setting bounds it. */
static double seconds_of(const struct client *c, const struct process_options *options)
{
    double most = (double)c->all->config.settings->command_seconds;
    bool is_less = options->seconds > 0 && options->seconds < most;

    return options->door || is_less ? options->seconds : most;
}

static int may_run(const struct client *c, const struct process_options *options, struct err *e)
{
    if (!options->door)
        return process_may_run(c, e);
    if (!c->all->config.runs_programs)
        return err_set(e, "no doors are run here: only a server does that");
    if (!client_is_open(c))
        return err_set(e, "the caller has left");
    return process_check_door(c, options->door, e);
}

struct process *process_new(struct client *c, const struct process_options *options,
                            struct err *e)
{
    struct process *p;

    if (may_run(c, options, e) < 0)
        return NULL;
    if (count_of(c) >= PROCESS_OF_CALLER) {
        err_set(e, "the caller has %d programs already", PROCESS_OF_CALLER);
        return NULL;
    }
    p = make(c, options);
    if (process_start(p, options, e) < 0) {
        log_warn("command event=refused node=%u user=%s program=%s why=%s", p->node, p->user,
                 p->what, log_quote(span_of(e->text)));
        unmake(p);
        return NULL;
    }
    watch(p, seconds_of(c, options));
    return p;
}

void process_release(struct process *p)
{
    p->is_held = false;
    p->changed = NULL;
    if (!p->is_over)
        process_read_on(p);
    unref(p);
}

void process_listen(struct process *p, void (*changed)(void *arg), void *arg)
{
    p->changed = changed;
    p->arg = arg;
}

bool process_is_starting(const struct process *p)
{
    return p->is_starting;
}

const char *process_failure(const struct process *p)
{
    return *p->failure ? p->failure : NULL;
}

bool process_is_over(const struct process *p)
{
    return p->is_over;
}

bool process_is_full(const struct process *p)
{
    return p->out.len + PROCESS_PIECE > p->out.max;
}

struct span process_output(const struct process *p)
{
    return buf_span(&p->out);
}

void process_drop_output(struct process *p)
{
    buf_clear(&p->out);
    if (!p->is_over)
        process_read_on(p);
}

struct process_ending process_ending(const struct process *p)
{
    return p->ending;
}
