/* client.c -- one caller from the first byte to the last: its state, its deadlines, its end in
 * two steps. */
#include "client/client.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/log.h"
#include "base/utf8.h"
#include "client/internal.h"

/* --- what it is --- */

unsigned client_id(const struct client *c)
{
    return c->id;
}

int64_t client_user(const struct client *c)
{
    return c->user;
}

const char *client_user_id(const struct client *c)
{
    return c->handle ? c->handle : "GUEST";
}

const char *client_nick_name(const struct client *c)
{
    return c->nick_name ? c->nick_name : "";
}

unsigned client_level(const struct client *c)
{
    return c->level;
}

const char *client_keyword(const struct client *c)
{
    return c->screen ? c->screen->keyword : "root";
}

const char *client_title(const struct client *c)
{
    return c->screen && c->screen->title ? c->screen->title : client_keyword(c);
}

const struct screen *client_screen(const struct client *c)
{
    return c->screen;
}

bool client_field_is_open(const struct client *c, const struct op *op)
{
    if (c->form)
        return form_is_open(c, (uint32_t)(op - c->screen->ops));
    return c->screen && (op - c->screen->ops) >= (ptrdiff_t)c->pc;
}

bool client_post_is_open(const struct client *c)
{
    return !c->post_done;
}

const char *client_status(const struct client *c)
{
    return c->status ? c->status : "";
}

void client_set_status(struct client *c, struct span status)
{
    mem_free(c->status);
    c->status = status.len ? mem_strndup(status.data, utf8_fit(status, 60)) : NULL;
}

unsigned client_page_index(const struct client *c)
{
    return c->page_index;
}

unsigned client_page_count(const struct client *c)
{
    return c->page_count;
}

void client_set_page_index(struct client *c, unsigned page)
{
    c->page_index = page > 0 ? page : 1;
}

const char *client_address(const struct client *c)
{
    static char text[INET6_ADDRSTRLEN];
    const struct sockaddr_in *four = (const struct sockaddr_in *)&c->address;
    bool is_four = c->address.sin6_family == AF_INET;

    inet_ntop(c->address.sin6_family,
              is_four ? (const void *)&four->sin_addr : &c->address.sin6_addr, text,
              sizeof(text));
    return text;
}

const struct sockaddr *client_sockaddr(const struct client *c)
{
    return (const struct sockaddr *)&c->address;
}

double client_since(const struct client *c)
{
    return (double)time(NULL) - floor(clients_now(c->all) - c->since);
}

double client_idle(const struct client *c)
{
    return clients_now(c->all) - c->last_input;
}

unsigned client_width(const struct client *c)
{
    return c->width;
}

unsigned client_height(const struct client *c)
{
    return c->height;
}

bool client_has_ansi(const struct client *c)
{
    return c->ansi;
}

enum charset client_charset(const struct client *c)
{
    return (enum charset)c->charset;
}

const char *client_term_name(const struct client *c)
{
    return c->term_name ? c->term_name : "";
}

bool client_is_open(const struct client *c)
{
    return c->state <= CLIENT_OPEN;
}

bool client_is_waiting(const struct client *c)
{
    return c->state == CLIENT_OPEN && c->mode != MODE_BUSY && !c->is_dirty &&
           outq_is_empty(&c->out);
}

static bool has_unread(const struct client *c)
{
    int waiting = 0;

    ioctl(c->reader.fd, FIONREAD, &waiting);
    return waiting > 0 || c->input.len + c->typed.len + c->early.len > 0 ||
           keys_is_waiting(&c->keys) || c->imposed;
}

bool client_is_settled(const struct client *c)
{
    bool is_lent = c->transfer || c->process || c->dial;

    return c->state == CLIENT_OPEN && (c->mode != MODE_BUSY || is_lent) && !c->is_dirty &&
           outq_is_empty(&c->out) && !has_unread(c);
}

bool client_is_sysop(const struct client *c)
{
    return c->user != 0 && c->level >= c->all->config.settings->level_sysop;
}

bool client_is_hidden(const struct client *c)
{
    return c->is_hidden;
}

bool client_is_seen(const struct client *c, const struct client *viewer)
{
    return c->user != 0 && client_is_open(c) &&
           (!c->is_hidden || (viewer && (viewer == c || client_is_sysop(viewer))));
}

unsigned client_missed(const struct client *c)
{
    return c->missed;
}

unsigned client_generation(const struct client *c)
{
    return c->generation;
}

struct clients *client_all(const struct client *c)
{
    return c->all;
}

void *client_box(const struct client *c)
{
    return c->box;
}

void client_set_box(struct client *c, void *box)
{
    c->box = box;
}

/* --- deadlines: one timer, set to the nearest; each is looked at when it fires --- */

static double earliest(double a, double b)
{
    return a > 0 && (b <= 0 || a < b) ? a : b;
}

/* A minute before the end, where there is one. */
static bool warns_idle(const struct client *c)
{
    return c->all->config.settings->idle_seconds > 60;
}

static double idle_at(const struct client *c)
{
    const struct settings *s = c->all->config.settings;

    if (c->transfer)
        return 0; /* it has limits of its own */
    if (c->is_visitor)
        return c->since + (double)s->visitor_seconds;
    if (client_is_sysop(c))
        return 0;
    return c->last_input + (double)s->idle_seconds - (c->warned || !warns_idle(c) ? 0 : 60);
}

static double call_ends_at(const struct client *c)
{
    return client_is_sysop(c) || c->transfer
               ? 0
               : c->since + (double)c->all->config.settings->call_minutes * 60;
}

double client_call_left(const struct client *c)
{
    double end = call_ends_at(c);

    return end > 0 ? fmax(0, end - clients_now(c->all)) : HUGE_VAL;
}

static double stalled_at(const struct client *c)
{
    if (outq_is_empty(&c->out) || c->is_dirty)
        return 0; /* it has not been tried yet */
    return c->last_write + (double)c->all->config.settings->stalled_seconds;
}

static double page_timeout_at(const struct client *c)
{
    if (!c->screen || !c->screen->timeout || c->mode == MODE_BUSY || c->is_calling)
        return 0;
    return c->last_input + c->screen->timeout;
}

static double escape_at(const struct client *c)
{
    if (keys_is_waiting(&c->keys))
        return c->last_read + ESCAPE_MS / 1000.0;
    return c->keys.in_paste ? c->last_read + PASTE_MS / 1000.0 : 0;
}

static double tick_at(const struct client *c)
{
    if (prompt_is_drawn(c))
        return 0; /* what it sends would stand in the middle of it */
    return c->mode == MODE_KEY || c->mode == MODE_LINE ? c->next_tick : 0;
}

static double redraw_at(const struct client *c)
{
    return c->resized_at > 0 ? c->resized_at + RESIZED_MS / 1000.0 : 0;
}

static double deadline(const struct client *c)
{
    double at = stalled_at(c);

    if (c->state >= CLIENT_DRAINING)
        return earliest(at, c->close_at);
    if (c->state == CLIENT_DETECTING)
        at = earliest(at, c->since + FIRST_SCREEN_MS / 1000.0);
    at = earliest(at, escape_at(c));
    at = earliest(at, c->paused_until);
    at = earliest(at, idle_at(c));
    at = earliest(at, call_ends_at(c));
    at = earliest(at, page_timeout_at(c));
    at = earliest(at, c->ask_until);
    at = earliest(at, redraw_at(c));
    at = earliest(at, transfer_due_at(c));
    at = earliest(at, output_paced_at(c));
    return earliest(at, tick_at(c));
}

void client_rearm(struct client *c)
{
    double at = c->state == CLIENT_GONE ? 0 : deadline(c);

    if (at <= 0 || (c->armed > 0 && c->armed <= at))
        return; /* it will be looked at soon enough */
    ev_timer_stop(c->all->config.loop, &c->timer);
    ev_timer_set(&c->timer, at > clients_now(c->all) ? at - clients_now(c->all) : 0, 0);
    ev_timer_start(c->all->config.loop, &c->timer);
    c->armed = at;
}

static void end_idle(struct client *c)
{
    if (c->is_visitor) {
        client_drain(c);
    } else if (!c->warned && warns_idle(c)) {
        c->warned = true;
        client_tell(c, SPAN_LIT("Are you still there? Press a key within a minute."));
    } else {
        client_hang_up(c, SPAN_LIT("You have been idle for too long."));
    }
}

static void end_asking(struct client *c)
{
    struct answer answer = {.kind = ANSWER_TIMEOUT};

    c->ask_until = 0;
    prompt_end(c);
    c->all->config.hooks.answer(c->all->config.hooks.arg, c, &answer);
}

static bool is_due(double at, double now)
{
    return at > 0 && at <= now + 0.001;
}

/* Look at one deadline that is due; true: it was, and may have changed others. */
static bool meet_deadline(struct client *c, double now)
{
    if (is_due(stalled_at(c), now)) {
        log_info("call event=stalled node=%u address=%s waiting=%zu", c->id, client_address(c),
                 (size_t)c->out.bytes);
        client_drop(c);
    } else if (c->state >= CLIENT_DRAINING) {
        client_drop(c);
    } else if (c->state == CLIENT_DETECTING && is_due(c->since + 0.5, now)) {
        detect_finish(c);
    } else if (is_due(escape_at(c), now)) {
        pump_escape(c);
    } else if (is_due(c->paused_until, now)) {
        c->paused_until = 0;
        client_mark_ready(c);
    } else if (is_due(c->ask_until, now)) {
        end_asking(c);
    } else if (is_due(call_ends_at(c), now)) {
        client_hang_up(c, SPAN_LIT("Your time for this call is over."));
    } else if (is_due(idle_at(c), now)) {
        end_idle(c);
    } else if (is_due(page_timeout_at(c), now)) {
        c->last_input = now;
        show_timeout(c);
    } else if (is_due(transfer_due_at(c), now)) {
        transfer_timeout(c);
    } else if (is_due(output_paced_at(c), now)) {
        output_flush(c);
    } else if (is_due(redraw_at(c), now)) {
        show_resized(c);
    } else if (is_due(tick_at(c), now)) {
        show_tick(c);
    } else {
        return false;
    }
    return true;
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
    struct client *c = w->data;

    (void)loop;
    (void)events;
    c->armed = 0;
    if (c->state != CLIENT_GONE && is_due(deadline(c), clients_now(c->all)))
        meet_deadline(c, clients_now(c->all));
    client_rearm(c);
}

/* --- beginning --- */

static void set_address(struct client *c, const struct sockaddr *a)
{
    const struct sockaddr_in *four = (const struct sockaddr_in *)a;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)a;

    if (a->sa_family == AF_INET)
        memcpy(&c->address, four, sizeof(*four));
    else
        c->address = *six;
}

static void on_writable(struct ev_loop *loop, ev_io *w, int events)
{
    (void)loop;
    (void)events;
    output_flush(w->data);
}

struct client *clients_accept(struct clients *all, int fd, const struct sockaddr *address)
{
    struct client *c = mem_zalloc(sizeof(*c));

    c->all = all;
    c->since = c->last_input = c->last_write = clients_now(all);
    c->is_visitor = c->is_first_screen = true;
    c->page_index = 1;
    set_address(c, address);
    c->telnet = telnet_new(&all->replies);
    keys_init(&c->keys);
    outq_init(&c->out);
    buf_init(&c->input, 2 * READ_MOST);
    buf_init(&c->typed, 2 * READ_MOST);
    buf_init(&c->early, INPUT_MAX);
    buf_init(&c->line, LINE_MAX_BYTES);
    buf_init(&c->tells, TELLS_MAX);
    ev_io_init(&c->reader, pump_readable, fd, EV_READ);
    ev_io_init(&c->writer, on_writable, fd, EV_WRITE);
    ev_timer_init(&c->timer, on_timer, 0, 0);
    c->reader.data = c->writer.data = c->timer.data = c;
    ev_io_start(all->config.loop, &c->reader);
    c->prev = all->last;
    *(all->last ? &all->last->next : &all->list) = c;
    all->last = c;
    all->count++;
    detect_begin(c);
    output_replies(c);
    output_flush(c);
    client_rearm(c);
    return c;
}

static uint32_t take_id(struct clients *all, struct client *c)
{
    unsigned i = all->first_free;

    while (i < all->id_count && all->ids[i])
        i++;
    if (i == all->id_capacity) {
        all->id_capacity = all->id_capacity ? all->id_capacity * 2 : 64;
        all->ids = mem_realloc(all->ids, all->id_capacity * sizeof(struct client *));
    }
    if (i == all->id_count)
        all->id_count++;
    all->ids[i] = c;
    all->first_free = i + 1;
    return i + 1;
}

static void give_id_back(struct client *c)
{
    struct clients *all = c->all;

    all->ids[c->id - 1] = NULL;
    if (c->id - 1 < all->first_free)
        all->first_free = c->id - 1;
    while (all->id_count > 0 && !all->ids[all->id_count - 1])
        all->id_count--;
    c->id = 0;
}

/* A visitor becomes a caller with the first key, where there is room for one more. */
static void begin_call(struct client *c)
{
    struct clients *all = c->all;

    c->is_visitor = false;
    all->callers++;
    clients_count_call(all);
    if (all->callers > all->most)
        all->most = all->callers;
    c->id = take_id(all, c);
    log_info("call event=begin node=%u address=%s terminal=%s", c->id, client_address(c),
             log_quote(span_of(client_term_name(c))));
    if (all->callers > (unsigned long)all->config.settings->max_callers)
        client_hang_up(c, SPAN_LIT("All lines are busy. Please call again later."));
}

void client_pause(struct client *c, double seconds)
{
    if (!client_is_open(c))
        return;
    c->has_yielded = true;
    c->paused_until = clients_now(c->all) + seconds;
    client_rearm(c);
}

void client_wake(struct client *c)
{
    static const double between = 0.5;

    if (c->state != CLIENT_OPEN)
        return;
    if (c->next_tick > c->last_tick + between)
        c->next_tick = c->last_tick + between;
    c->is_woken = true;
    client_mark_ready(c); /* another handler may be running now */
    client_rearm(c);
}

void client_typed(struct client *c)
{
    c->last_input = clients_now(c->all);
    c->warned = false;
    if (c->is_visitor)
        begin_call(c);
}

/* --- the end --- */

static void stop_watchers(struct client *c)
{
    ev_io_stop(c->all->config.loop, &c->reader);
    ev_io_stop(c->all->config.loop, &c->writer);
    ev_timer_stop(c->all->config.loop, &c->timer);
    c->armed = 0;
}

/* Everything that belongs to the call, as opposed to the connection. */
static void end_call(struct client *c)
{
    if (c->is_ended)
        return;
    c->is_ended = true;
    show_leave(c);
    account_call_ends(c);
    c->all->config.hooks.gone(c->all->config.hooks.arg, c);
    process_caller_leaves(c);
    shoulder_forget(c);
    dial_detach(c, "the caller has left");
    chat_end(c);
    prompt_end(c);
    prompt_drop_aside(c);
    if (!c->is_visitor) {
        log_info("call event=end node=%u address=%s user=%s seconds=%.0f missed=%u", c->id,
                 client_address(c), log_quote(span_of(client_user_id(c))),
                 clients_now(c->all) - c->since, c->missed);
        c->all->callers--;
        give_id_back(c);
    }
}

static void shut(struct client *c)
{
    c->state = CLIENT_SHUT;
    shutdown(c->reader.fd, SHUT_WR);
    c->close_at = clients_now(c->all) + 2;
    ev_io_start(c->all->config.loop, &c->reader); /* until the peer closes too */
    client_rearm(c);
}

void client_drain(struct client *c)
{
    if (c->state < CLIENT_DRAINING) {
        repaint_end(c);
        terminal_end(c);
        c->state = CLIENT_DRAINING;
        c->close_at = clients_now(c->all) + LINGER_SECONDS;
        end_call(c);
        if (c->state == CLIENT_GONE)
            return;
        output_mark_dirty(c);
    }
    if (c->state == CLIENT_DRAINING && outq_is_empty(&c->out))
        shut(c);
    client_rearm(c);
}

void client_drop(struct client *c)
{
    struct clients *all = c->all;

    if (c->state == CLIENT_GONE)
        return;
    c->state = CLIENT_GONE;
    end_call(c);
    stop_watchers(c);
    close(c->reader.fd);
    outq_clear(&c->out);
    all->count--;
    if (all->config.left)
        all->config.left(all->config.arg, client_sockaddr(c));
    output_mark_dirty(c); /* freed when this turn ends */
}

void client_hang_up(struct client *c, struct span reason)
{
    if (c->state >= CLIENT_DRAINING)
        return;
    transfer_stop(c, "the call ends");
    process_detach(c);
    dial_detach(c, "the call ends");
    if (prompt_is_drawn(c))
        client_clear_screen(c);
    form_before(c);
    form_end(c);
    if (reason.len)
        prompt_notice(c, reason);
    client_drain(c);
}

void client_hold(struct client *c)
{
    c->holds++;
}

void client_release(struct client *c)
{
    c->holds--;
    if (c->holds == 0 && c->state == CLIENT_GONE)
        output_mark_dirty(c);
}

static void unlink_client(struct client *c)
{
    *(c->prev ? &c->prev->next : &c->all->list) = c->next;
    *(c->next ? &c->next->prev : &c->all->last) = c->prev;
}

/* The second step: nothing refers to it any more. */
void client_free(struct client *c)
{
    c->all->config.hooks.forget(c->all->config.hooks.arg, c);
    unlink_client(c);
    transfer_stop(c, "the caller has left");
    transfer_forget(c);
    chat_leave(c);
    show_end(c);
    if (c->paste)
        buf_clear(c->paste);
    mem_free(c->paste);
    recall_free(c);
    telnet_free(c->telnet);
    buf_clear(&c->input);
    buf_clear(&c->typed);
    buf_clear(&c->early);
    buf_clear(&c->line);
    buf_clear(&c->tells);
    if (c->detect)
        buf_clear(&c->detect->early);
    mem_free(c->detect);
    mem_free(c->imposed);
    mem_free(c->begun);
    mem_free(c->term_name);
    mem_free(c->handle);
    mem_free(c->nick_name);
    mem_free(c->status);
    mem_free(c);
}
