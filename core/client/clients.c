/* clients.c -- all callers together: the turns of the loop that serve them, who is on line, and
 * how long a turn takes. */
#include "client/clients.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "client/drop.h"
#include "client/internal.h"
#include "client/timer.h"

static const double TURN_SECONDS = 0.005;
static const double STALL_SECONDS = 0.1; /* a turn of the loop that the log is told of */

double clients_now(const struct clients *all)
{
    (void)all;
    return timer_now();
}

struct worker *clients_readers(const struct clients *all)
{
    return all->config.readers;
}

struct worker *clients_disks(const struct clients *all)
{
    return all->config.disks;
}

const char *clients_files(const struct clients *all)
{
    return all->config.files;
}

const char *clients_doors(const struct clients *all)
{
    return all->config.doors;
}

const char *clients_board(const struct clients *all)
{
    return all->config.board;
}

int clients_name_drop(struct clients *all, unsigned node, char *out, size_t room, struct err *e)
{
    if (!all->config.doors)
        return err_set(e, "no doors are run here: only a server does that");
    if (!all->drops && drop_make_parent(all->config.doors, &all->drops, e) < 0)
        return -1;
    snprintf(out, room, "%s/%u-%u", all->drops, node, ++all->drop_count);
    return 0;
}

bool clients_turn_is_long(const struct clients *all)
{
    return timer_now() - all->turn_began > TURN_SECONDS;
}

void client_mark_ready(struct client *c)
{
    if (c->is_ready)
        return;
    c->is_ready = true;
    c->next_ready = NULL;
    *c->all->ready_last = c;
    c->all->ready_last = &c->next_ready;
    ev_idle_start(c->all->config.loop, &c->all->no_wait);
}

/* Write what has gathered, free who has gone. What that brings about has the next turn: a
 * handler that sends without end, to one who reads without end, leaves room for the others. */
static void flush_dirty(struct clients *all)
{
    struct client *c = all->dirty;

    all->dirty = NULL;
    while (c) {
        struct client *next = c->next_dirty;

        c->is_dirty = false;
        if (c->state != CLIENT_GONE)
            output_flush(c);
        else if (c->holds == 0 && !c->is_ready)
            client_free(c);
        c = next;
    }
}

static void note_turn(struct clients *all, double seconds)
{
    lag_add(&all->lag, (uint64_t)(seconds * 1e6));
    if (seconds < STALL_SECONDS || clients_now(all) - all->stall_told < 1)
        return;
    all->stall_told = clients_now(all);
    log_warn("loop event=stall ms=%.0f callers=%u", seconds * 1e3, all->callers);
}

static void before_wait(struct ev_loop *loop, ev_prepare *w, int events)
{
    struct clients *all = w->data;
    double end;

    (void)events;
    chat_deliver(all);
    flush_dirty(all);
    chat_await(all);
    if (all->dirty)
        ev_idle_start(loop, &all->no_wait);
    end = timer_now();
    if (all->turn_began > 0 && end > all->turn_began)
        note_turn(all, end - all->turn_began);
}

/* After it: those whose input was held back go on, in the order in which they were. */
static void after_wait(struct ev_loop *loop, ev_check *w, int events)
{
    struct clients *all = w->data;
    struct client *c = all->ready;

    (void)events;
    all->turn_began = timer_now();
    all->ready = NULL;
    all->ready_last = &all->ready;
    all->turn_bytes = 0;
    ev_idle_stop(loop, &all->no_wait);
    while (c) {
        struct client *next = c->next_ready;

        c->is_ready = false;
        if (c->has_yielded && c->paused_until <= 0)
            show_go_on(c);
        if (c->state == CLIENT_GONE)
            output_mark_dirty(c);
        else
            pump_run(c);
        pump_read_on(c);
        c = next;
    }
}

static void on_idle(struct ev_loop *loop, ev_idle *w, int events)
{
    (void)loop;
    (void)w;
    (void)events;
}

struct clients *clients_new(const struct clients_config *config)
{
    struct clients *all = mem_zalloc(sizeof(*all));

    all->config = *config;
    all->rooms = rooms_new((unsigned)config->settings->room_history);
    buf_init(&all->replies, 4096);
    buf_init(&all->gathered, 2 * READ_MOST);
    buf_init(&all->echo, BUF_LARGE);
    buf_init(&all->wire, BUF_LARGE);
    buf_init(&all->flown, BUF_LARGE);
    all->ready_last = &all->ready;
    ev_prepare_init(&all->before_wait, before_wait);
    ev_check_init(&all->after_wait, after_wait);
    ev_idle_init(&all->no_wait, on_idle);
    all->before_wait.data = all->after_wait.data = all;
    ev_set_priority(&all->before_wait, EV_MINPRI);
    ev_set_priority(&all->after_wait, EV_MAXPRI);
    ev_prepare_start(config->loop, &all->before_wait);
    ev_check_start(config->loop, &all->after_wait);
    return all;
}

void clients_free(struct clients *all)
{
    struct client *next;

    if (!all)
        return;
    for (struct client *c = all->list; c; c = next) {
        next = c->next;
        client_drop(c);
        c->holds = 0;
        c->is_ready = false;
        output_mark_dirty(c);
    }
    while (all->dirty)
        flush_dirty(all);
    process_end_all(all);
    drop_end(all->config.doors, all->drops);
    mem_free(all->drops);
    rooms_free(all->rooms);
    ev_timer_stop(all->config.loop, &all->rooms_timer);
    ev_prepare_stop(all->config.loop, &all->before_wait);
    ev_check_stop(all->config.loop, &all->after_wait);
    ev_idle_stop(all->config.loop, &all->no_wait);
    buf_clear(&all->replies);
    buf_clear(&all->gathered);
    buf_clear(&all->echo);
    buf_clear(&all->wire);
    buf_clear(&all->flown);
    mem_free(all->ids);
    mem_free(all);
}

bool clients_shed_visitor(struct clients *all)
{
    for (struct client *c = all->list; c; c = c->next) {
        if (c->is_visitor && c->state <= CLIENT_OPEN) {
            client_drop(c);
            return true;
        }
    }
    return false;
}

void clients_hang_up_from(struct clients *all, const struct sockaddr *from,
                          bool (*same)(const struct sockaddr *a, const struct sockaddr *b),
                          const char *reason)
{
    struct client *next;

    for (struct client *c = all->list; c; c = next) {
        next = c->next;
        if (same(client_sockaddr(c), from))
            client_hang_up(c, span_of(reason));
    }
}

void clients_close_all(struct clients *all, const char *reason)
{
    struct client *next;

    for (struct client *c = all->list; c; c = next) {
        next = c->next;
        client_hang_up(c, span_of(reason));
    }
}

unsigned clients_count(const struct clients *all)
{
    return all->count;
}

unsigned clients_callers(const struct clients *all)
{
    return all->callers;
}

unsigned clients_visitors(const struct clients *all)
{
    return all->count > all->callers ? all->count - all->callers : 0;
}

unsigned clients_most(const struct clients *all)
{
    return all->most;
}

uint64_t clients_calls(const struct clients *all)
{
    return all->calls;
}

/* The days of the calendar where the server stands. */
static long today(void)
{
    time_t now = time(NULL);
    struct tm tm;

    localtime_r(&now, &tm);
    return tm.tm_year * 366L + tm.tm_yday;
}

void clients_count_call(struct clients *all)
{
    all->calls++;
    if (all->day != today())
        all->calls_today = 0;
    all->day = today();
    all->calls_today++;
}

unsigned clients_calls_today(const struct clients *all)
{
    return all->day == today() ? all->calls_today : 0;
}

struct clients_work clients_work(const struct clients *all)
{
    struct clients_work w = {0};

    for (const struct client *c = all->list; c; c = c->next) {
        w.queues += !outq_is_empty(&c->out);
        w.queued += c->out.bytes;
        w.transfers += c->transfer != NULL;
    }
    return w;
}

struct client *clients_at(struct clients *all, unsigned id)
{
    return id >= 1 && id <= all->id_count ? all->ids[id - 1] : NULL;
}

unsigned clients_last_id(const struct clients *all)
{
    return all->id_count;
}

void clients_tell_sysops(struct clients *all, struct span text)
{
    for (unsigned i = 0; i < all->id_count; i++) {
        if (all->ids[i] && client_is_sysop(all->ids[i]))
            client_tell(all->ids[i], text);
    }
}

static bool may_redraw(const struct client *c)
{
    const char *who = c->all->config.settings->reload_redraw;

    if (c->linear || c->state != CLIENT_OPEN || c->mode == MODE_BUSY ||
        c->asker != ASKER_SCREEN || c->mode == MODE_SLASH ||
        (c->edit && c->edit->text.len > 0) || form_is_touched(c))
        return false;
    return strcmp(who, "all") == 0 || (strcmp(who, "sysop") == 0 && client_is_sysop(c));
}

unsigned clients_trial(const struct clients *all)
{
    return all->trial;
}

unsigned clients_generation(const struct clients *all, const struct client *c)
{
    return all->trial && c && client_is_sysop(c) ? all->trial : all->generation;
}

void clients_redraw(struct clients *all, unsigned generation, unsigned trial)
{
    all->generation = generation;
    all->trial = trial;
    for (struct client *c = all->list; c; c = c->next) {
        if (!c->screen || !may_redraw(c))
            continue;
        if (client_find_screen(c, span_of(c->screen->keyword)) != c->screen)
            show_refresh(c);
    }
}

/* --- loop lag --- */

static unsigned lag_bucket(uint64_t us)
{
    unsigned octave;

    if (us < 2)
        return (unsigned)us;
    octave = 63 - (unsigned)__builtin_clzll(us);
    octave = octave < 31 ? octave : 31;
    return octave * 2 + (us >> (octave - 1) & 1);
}

void lag_add(struct lag *lag, uint64_t us)
{
    lag->counts[lag_bucket(us)]++;
    lag->turns++;
    if (us > lag->most)
        lag->most = us;
}

uint64_t lag_percentile(const struct lag *lag, double p)
{
    uint64_t wanted = (uint64_t)ceil((double)lag->turns * p);
    uint64_t seen = 0;

    for (unsigned i = 0; i < 64; i++) {
        seen += lag->counts[i];
        if (seen >= wanted && seen > 0) {
            uint64_t end =
                i < 2 ? i : ((2ull + (i & 1)) << (i / 2 - 1)) + (1ull << (i / 2 - 1)) - 1;

            return end < lag->most ? end : lag->most;
        }
    }
    return 0;
}

struct lag lag_since(const struct lag *now, const struct lag *before)
{
    struct lag since = {.turns = now->turns - before->turns, .most = now->most};

    for (unsigned i = 0; i < 64; i++)
        since.counts[i] = now->counts[i] - before->counts[i];
    return since;
}

const struct lag *clients_lag(const struct clients *all)
{
    return &all->lag;
}
