#include "client/chat.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "client/internal.h"
#include "client/timer.h"

enum { LINES_MOST = 100, FEW = 20, AGAIN = 15 };

struct rooms *chat_rooms(const struct clients *all)
{
    return all->rooms;
}

struct member *chat_member(const struct client *c)
{
    return c->member;
}

static void note_move(struct client *c, const char *what)
{
    struct member *m = c->member;
    struct buf text;

    if (!m || room_seen(m->room) > FEW)
        return;
    buf_init(&text, 1000);
    buf_printf(&text, "%s has %s", client_nick_name(c), what);
    room_add(m->room,
             line_new(LINE_NOTE, (int64_t)time(NULL), 0, SPAN_LIT(""), buf_span(&text)), false);
    buf_clear(&text);
}

void chat_end(struct client *c)
{
    if (!c->is_hidden)
        note_move(c, "left"); /* nobody has said so: it was on another screen */
    chat_leave(c);
}

void chat_hide(struct client *c, bool is_hidden)
{
    if (!c->member)
        return;
    member_hide(c->member, is_hidden);
    note_move(c, is_hidden ? "left" : "come");
}

void chat_leave(struct client *c)
{
    struct member *m = c->member;

    c->member = NULL;
    if (m)
        room_leave(m);
}

static void hold_last(struct member *m, unsigned lines)
{
    struct line *last[ROOM_HISTORY_MOST];
    unsigned fresh = member_fresh(m); /* those come by themselves */
    unsigned count = room_last(m->room, lines + fresh, last) - fresh;

    for (unsigned i = 0; i < count; i++)
        member_hold(m, last[i]);
}

void chat_show_again(struct client *c)
{
    struct member *m = c->member;
    unsigned waiting = m ? m->held_count : 0;

    if (!m)
        return;
    member_drop_held(m); /* they are among the last ones */
    hold_last(m, waiting > AGAIN ? waiting : AGAIN);
}

struct member *chat_join(struct client *c, struct room *r, unsigned lines)
{
    struct member *before = c->member;

    c->member = room_join(r, c);
    member_hide(c->member, c->is_hidden);
    if (before) {
        c->member->has_time = before->has_time;
        c->member->is_quiet = before->is_quiet;
        c->member->is_plain = before->is_plain;
        c->member->ignored = before->ignored;
        c->member->ignored_count = before->ignored_count;
        before->ignored = NULL;
        room_leave(before);
    }
    hold_last(c->member, lines < LINES_MOST ? lines : LINES_MOST);
    return c->member;
}

void chat_add(struct clients *all, struct room *r, struct line *l)
{
    (void)all;
    room_add(r, l, false);
}

/* --- showing --- */

static bool can_be_shown(const struct client *c)
{
    return c->state == CLIENT_OPEN && c->mode != MODE_BUSY && !c->transfer && !c->is_stale &&
           !form_has_prompt(c) && !prompt_is_drawn(c);
}

static struct line_view view_of(const struct client *c)
{
    return (struct line_view){.look = (uint8_t)client_look(c),
                              .width = (uint8_t)(c->width < 255 ? c->width : 255),
                              .has_time = c->member->has_time,
                              .is_plain = c->member->is_plain};
}

static bool is_all_ignored(const struct client *c, const struct batch *b)
{
    for (unsigned i = 0; i < b->count; i++) {
        if (!member_ignores(c->member, b->lines[i]->user))
            return false;
    }
    return c->member->missed == 0;
}

/* Is any of them to be shown otherwise than to the rest? */
static bool is_personal(const struct client *c, struct batch *b)
{
    for (unsigned i = 0; c->member->ignored_count > 0 && i < b->count; i++) {
        if (member_ignores(c->member, b->lines[i]->user))
            return true;
    }
    return batch_calls(b, c->user, span_of(client_nick_name(c)));
}

static void send_personal(struct client *c, const struct batch *b)
{
    struct span name = span_of(client_nick_name(c));
    struct line_view v = view_of(c);
    bool is_called = false;
    struct buf wire;

    buf_init(&wire, BUF_LARGE);
    for (unsigned i = 0; i < b->count; i++) {
        bool calls = line_calls(b->lines[i], c->user, name);

        if (member_ignores(c->member, b->lines[i]->user))
            continue;
        is_called = is_called || calls;
        line_add(b->lines[i], &v, calls ? name : SPAN_LIT(""), &wire);
    }
    if (is_called && !c->member->is_quiet)
        buf_add_byte(&wire, '\a');
    output_made(c, buf_span(&wire));
    buf_clear(&wire);
}

static void tell_missed(struct client *c)
{
    struct line_view v = view_of(c);
    struct buf text;
    struct line *l;

    if (c->member->missed == 0)
        return;
    buf_init(&text, 100);
    buf_printf(&text, "%u line%s more than your line takes: /history has them",
               c->member->missed, c->member->missed == 1 ? "" : "s");
    l = line_new(LINE_NOTE, 0, 0, SPAN_LIT(""), buf_span(&text));
    buf_reset(&text);
    v.has_time = false;
    line_add(l, &v, SPAN_LIT(""), &text);
    line_unref(l);
    output_made(c, buf_span(&text));
    buf_clear(&text);
    c->member->missed = 0;
}

/* Above the prompt, which is there again behind them. */
static void show_lines(struct client *c, struct batch *b)
{
    struct line_view v = view_of(c);

    if (is_all_ignored(c, b))
        return;
    prompt_erase(c);
    tell_missed(c);
    if (is_personal(c, b)) {
        send_personal(c, b);
    } else {
        struct blob *wire = batch_wire(b, &v);

        output_beside_blob(c, wire);
        blob_unref(wire);
    }
    prompt_show_again(c);
}

void chat_show_held(struct client *c)
{
    struct member *m = c->member;
    struct line **held;
    struct batch batch;
    unsigned count;

    if (!m || (m->held_count == 0 && m->missed == 0) || !can_be_shown(c))
        return;
    held = m->held;
    count = m->held_count;
    m->held = NULL;
    m->held_count = 0;
    batch_init(&batch, held, count);
    show_lines(c, &batch);
    batch_clear(&batch);
    for (unsigned i = 0; i < count; i++)
        line_unref(held[i]);
    mem_free(held);
}

static void deliver(struct member *m, struct batch *b)
{
    struct client *c = m->who;
    unsigned missed = m->missed;

    if (!client_is_open(c))
        return;
    if (client_is_full(c)) {
        m->missed += b->count;
        c->missed += b->count;
        return;
    }
    if (can_be_shown(c) && m->held_count == 0) {
        bool was_idle = output_is_idle(c);

        show_lines(c, b);
        if (was_idle)
            output_write_now(c);
        return;
    }
    for (unsigned i = 0; i < b->count; i++)
        member_hold(m, b->lines[i]);
    c->missed += m->missed - missed;
    chat_show_held(c);
}

static void on_due(struct ev_loop *loop, ev_timer *w, int events)
{
    (void)loop;
    (void)w;
    (void)events; /* the turn has begun: chat_deliver is called at its end */
}

void chat_deliver(struct clients *all)
{
    rooms_deliver(all->rooms, timer_now(), deliver);
}

void chat_await(struct clients *all)
{
    double at = rooms_due_at(all->rooms);
    double now = all->turn_began; /* the loop's time is of then */

    ev_timer_stop(all->config.loop, &all->rooms_timer);
    if (isinf(at))
        return;
    ev_timer_init(&all->rooms_timer, on_due, at > now ? at - now : 0, 0);
    ev_timer_start(all->config.loop, &all->rooms_timer);
}

bool chat_erases_line(struct client *c)
{
    if (!c->member || !c->ansi || c->linear || form_has_prompt(c) || !prompt_echoes(c) ||
        !c->edit || c->edit->options.width == 0)
        return false; /* a line that went over the edge can't be taken back */
    output_made(c, SPAN_LIT("\r\033[0m\033[K"));
    c->after_field = false;
    return true;
}
