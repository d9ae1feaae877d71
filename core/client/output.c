/* output.c -- what goes to the caller: into the queue, and out of it once a turn. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "client/internal.h"
#include "term/ansi.h"

enum { IOV_COUNT = 32, JOINED_MOST = 4096, WATCHED_BAUD = 8000000 };

enum look client_look(const struct client *c)
{
    enum charset charset = (enum charset)c->charset;

    return c->linear ? look_linear(charset) : look_of(charset, c->ansi);
}

bool output_flows(const struct client *c)
{
    return (c->linear || c->width < NARROW) && !c->form;
}

void output_mark_dirty(struct client *c)
{
    if (c->is_dirty)
        return;
    c->is_dirty = true;
    c->next_dirty = c->all->dirty;
    c->all->dirty = c;
}

/* What clears the screen waits for the first text, which has it before it. */
static void clear_now(struct client *c)
{
    if (c->is_clearing) {
        outq_add(&c->out, look_clearing(client_look(c)));
        c->flow = (struct flow){0};
    }
    c->is_clearing = false;
}

void output_bytes(struct client *c, struct span wire)
{
    if (c->state >= CLIENT_SHUT || wire.len == 0 || repaint_takes(c, wire))
        return;
    clear_now(c);
    outq_add(&c->out, wire);
    output_mark_dirty(c);
}

void output_replies(struct client *c)
{
    if (c->all->replies.len > 0 && c->state < CLIENT_SHUT) { /* no part of a painting */
        outq_add(&c->out, buf_span(&c->all->replies));
        output_mark_dirty(c);
    }
    buf_reset(&c->all->replies);
}

/* What was wrapped, or is read: until the next call. */
static struct span flow(struct client *c, struct span wire)
{
    struct buf *flown = &c->all->flown;

    buf_reset(flown);
    flow_add(&c->flow, flown, wire, (enum charset)c->charset, c->width, c->linear);
    return buf_span(flown);
}

static void output_flowing(struct client *c, struct span wire)
{
    output_bytes(c, flow(c, wire));
}

void output_beside(struct client *c, struct span wire)
{
    if (c->state >= CLIENT_SHUT || wire.len == 0)
        return;
    form_before(c);
    if (output_flows(c)) {
        output_flowing(c, wire);
        return;
    }
    output_bytes(c, wire);
    form_follow(c, wire);
}

/* In a narrow window text is wrapped on its way; this is not, and begins a line. */
void output_made(struct client *c, struct span wire)
{
    if (!output_flows(c) || c->linear) {
        output_beside(c, wire);
        return;
    }
    output_bytes(c, wire);
    c->flow = (struct flow){0};
}

void output_beside_blob(struct client *c, struct blob *wire)
{
    if (c->form || output_flows(c)) {
        output_made(c, blob_span(wire));
        return;
    }
    if (c->state >= CLIENT_SHUT || wire->len == 0 || repaint_takes(c, blob_span(wire)))
        return;
    clear_now(c);
    outq_add_blob(&c->out, wire, 0, wire->len);
    output_mark_dirty(c);
}

/* Bytes that go on the line in which the prompt may come to stand. */
static void track_line(struct client *c, struct span wire)
{
    const char *end = wire.len ? memrchr(wire.data, '\n', wire.len) : NULL;

    if (end) {
        span_take(&wire, (size_t)(end - wire.data) + 1);
        buf_reset(&c->line);
    }
    if (!buf_add(&c->line, wire))
        buf_reset(&c->line);
}

/* Where a text begins: Enter has ended the line in which a field stood. */
static uint32_t begin_text(struct client *c, const struct text_wire *w)
{
    if (!c->after_field)
        return w->begin;
    if (!w->begins_with_line_end && w->side == w->begin)
        output_beside(c, SPAN_LIT("\r\n"));
    return w->side;
}

/* Drawings have been made for the window. */
static void flow_wire(struct client *c, const struct text_wire *w, uint32_t from)
{
    struct span text = span_from(w->blob->data + from, w->blob->len - from);

    clear_now(c);
    if (!w->is_art)
        text = flow(c, text);
    else
        c->flow = (struct flow){0};
    output_bytes(c, text);
    if (w->has_line_end) {
        buf_reset(&c->line);
        buf_add_text(&c->line, w->color);
    }
    track_line(c, text);
}

void output_wire(struct client *c, const struct text_wire *w, bool from_line)
{
    uint32_t from;

    if (c->state >= CLIENT_SHUT)
        return;
    from = from_line ? w->line : begin_text(c, w);
    c->after_field = false;
    if (output_flows(c)) {
        flow_wire(c, w, from);
        return;
    }
    form_before(c);
    form_follow(c, text_wire_span(w));
    if (from_line) {
        clear_now(c);
        output_bytes(c, span_of(w->color));
    } else if (c->is_clearing) {
        from = 0;
        c->is_clearing = false;
    }
    if (!repaint_takes(c, span_from(w->blob->data + from, w->blob->len - from)))
        outq_add_blob(&c->out, w->blob, from, w->blob->len - from);
    output_mark_dirty(c);
    if (c->form)
        return; /* its fields have places: no line is shown again */
    if (w->has_line_end) {
        buf_reset(&c->line);
        buf_add_text(&c->line, w->color);
    }
    if (!buf_add(&c->line, span_from(w->blob->data + w->line, w->blob->len - w->line)))
        buf_reset(&c->line);
}

void output_line_end(struct client *c)
{
    if (!c->after_field)
        return;
    c->after_field = false;
    output_beside(c, SPAN_LIT("\r\n"));
    buf_reset(&c->line);
}

void output_fresh_line(struct client *c)
{
    c->after_field = c->after_field || c->line.len > 0;
    output_line_end(c);
}

void output_line(struct client *c, struct span wire)
{
    if (c->state >= CLIENT_SHUT || wire.len == 0)
        return;
    output_line_end(c);
    if (output_flows(c)) {
        wire = flow(c, wire);
        output_bytes(c, wire);
    } else {
        output_beside(c, wire);
    }
    if (!form_is_painting(c))
        track_line(c, wire);
}

/* For who has it read: without drawings. */
static void undraw(struct buf *out, struct span utf8)
{
    struct buf flat;

    buf_init(&flat, BUF_LARGE);
    ansi_flatten(&flat, utf8);
    flow_undraw(out, buf_span(&flat));
    buf_clear(&flat);
}

static void output_text(struct client *c, struct span utf8)
{
    struct buf plain;
    struct buf wire;

    buf_init(&plain, BUF_LARGE);
    buf_init(&wire, BUF_LARGE);
    if (c->linear) {
        undraw(&plain, utf8);
        utf8 = buf_span(&plain);
    }
    text_encode(&wire, utf8, client_look(c));
    output_line(c, buf_span(&wire));
    buf_clear(&plain);
    buf_clear(&wire);
}

static void add_line_ends(struct buf *out, struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.data[i] == '\n' && (i == 0 || s.data[i - 1] != '\r'))
            buf_add_byte(out, '\r');
        if (s.data[i] != 0x18) /* the beginning of a ZModem header: never in text */
            buf_add_byte(out, s.data[i]);
    }
}

void output_piped(struct client *c, struct span utf8)
{
    unsigned colors = 0x07;
    struct buf lines;
    struct buf piped;

    buf_init(&lines, BUF_LARGE);
    buf_init(&piped, BUF_LARGE);
    add_line_ends(&lines, utf8);
    ansi_pipe(&piped, buf_span(&lines), c->ansi, &colors);
    if (c->ansi && colors != 0x07)
        buf_add_text(&piped, "\033[0m");
    output_text(c, buf_span(&piped));
    buf_clear(&lines);
    buf_clear(&piped);
}

void output_free_line(struct client *c)
{
    buf_clear(&c->line);
}

/* --- the public ones --- */

bool client_is_full(const struct client *c)
{
    return c->out.bytes >= (size_t)c->all->config.settings->output_kb * 1024;
}

bool client_send(struct client *c, struct span text)
{
    if (!client_is_open(c))
        return true;
    if (client_is_full(c))
        return false;
    prompt_keep_line(c);
    output_piped(c, text);
    return true;
}

void client_clear_screen(struct client *c)
{
    if (!client_is_open(c))
        return;
    prompt_keep_line(c);
    c->after_field = false;
    buf_reset(&c->line);
    form_cleared(c);
    repaint_forget(c);
    terminal_set_header(c, 0);
    c->is_clearing = c->is_wiped = true;
    output_mark_dirty(c);
}

/* --- writing --- */

static void after_write(struct client *c)
{
    size_t low = (size_t)c->all->config.settings->output_kb * 256; /* a quarter */

    if (c->out.bytes <= low && c->is_drain_waited) {
        struct answer answer = {.kind = ANSWER_DRAINED};

        c->is_drain_waited = false;
        c->all->config.hooks.answer(c->all->config.hooks.arg, c, &answer);
    } else if (c->out.bytes <= low && c->mode == MODE_BUSY && !c->is_calling && c->screen &&
               c->state == CLIENT_OPEN && !c->is_showing && !c->has_yielded) {
        show_run(c);
    }
    if (c->transfer && c->out.bytes <= TRANSFER_QUEUE / 2)
        client_mark_ready(c);
    if (c->out.bytes <= low) {
        process_drained(c);
        dial_drained(c);
    }
    if (c->out.bytes <= low && c->member && c->member->missed > 0)
        chat_show_held(c); /* it reads again: how many lines it has missed */
    if (c->out.bytes <= low && (c->typed.len > 0 || c->input.len > 0))
        client_mark_ready(c);
}

/* --- at the pace of a modem: ten bits a byte --- */

/* Of who is looked at: what is played for that costs, and not the others. */
static long line_baud(const struct client *c)
{
    long baud = client_baud(c);

    return c->is_watched && (baud == 0 || baud > WATCHED_BAUD) ? WATCHED_BAUD : baud;
}

static bool is_paced(const struct client *c)
{
    return line_baud(c) > 0 && !c->transfer && !c->skips_pace && c->state == CLIENT_OPEN;
}

static double byte_seconds(const struct client *c)
{
    return 10 / (double)line_baud(c);
}

/* What is written for at once, at least a byte. */
static double pace_seconds(const struct client *c)
{
    double one = byte_seconds(c);

    return one > PACE_MS / 1000.0 ? one : PACE_MS / 1000.0;
}

/* Time that has not been used is lost. */
static double paced_from(const struct client *c)
{
    double least = clients_now(c->all) - pace_seconds(c);

    return c->paced_at > least ? c->paced_at : least;
}

static size_t pace_room(const struct client *c)
{
    if (!is_paced(c))
        return SIZE_MAX;
    return (size_t)((clients_now(c->all) - paced_from(c)) / byte_seconds(c) + 0.001);
}

double output_paced_at(const struct client *c)
{
    bool waits = is_paced(c) && !outq_is_empty(&c->out) && !ev_is_active(&c->writer);

    return waits ? c->paced_at + pace_seconds(c) : 0;
}

void output_skip_pace(struct client *c)
{
    if (!is_paced(c) || outq_is_empty(&c->out))
        return;
    c->skips_pace = true;
    output_mark_dirty(c);
}

static size_t cut_iov(struct iovec *iov, size_t count, size_t room)
{
    for (size_t i = 0; i < count; i++) {
        if (iov[i].iov_len >= room) {
            iov[i].iov_len = room;
            return i + 1;
        }
        room -= iov[i].iov_len;
    }
    return count;
}

/* Short pieces in one; its length, or 0 where they are too long to be worth it. */
static size_t join_iov(const struct iovec *iov, size_t count, char to[JOINED_MOST])
{
    size_t len = 0;

    for (size_t i = 0; i < count; i++) {
        if (iov[i].iov_len > JOINED_MOST - len)
            return 0;
        memcpy(to + len, iov[i].iov_base, iov[i].iov_len);
        len += iov[i].iov_len;
    }
    return len;
}

/* One piece goes out by the cheaper call: it is most often one key's echo. */
static ssize_t write_once(const struct client *c, size_t room)
{
    struct iovec iov[IOV_COUNT];
    struct msghdr m = {.msg_iov = iov};
    char joined[JOINED_MOST];
    size_t len;

    m.msg_iovlen = (size_t)outq_iov(&c->out, iov, IOV_COUNT);
    if (room < SIZE_MAX)
        m.msg_iovlen = cut_iov(iov, m.msg_iovlen, room);
    if (m.msg_iovlen == 1)
        return send(c->writer.fd, iov[0].iov_base, iov[0].iov_len, MSG_NOSIGNAL);
    len = join_iov(iov, m.msg_iovlen, joined);
    if (len > 0)
        return send(c->writer.fd, joined, len, MSG_NOSIGNAL);
    return sendmsg(c->writer.fd, &m, MSG_NOSIGNAL);
}

enum written { WRITTEN_ALL, WRITTEN_PACED, WRITTEN_FULL, WRITTEN_BROKEN };

/* Write what the pace allows and the socket takes; what has ended it. */
static enum written write_some(struct client *c)
{
    while (!outq_is_empty(&c->out)) {
        size_t room = pace_room(c);
        ssize_t n;

        if (room == 0)
            return WRITTEN_PACED;
        n = write_once(c, room);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK ? WRITTEN_FULL : WRITTEN_BROKEN;
        c->last_write = clients_now(c->all);
        if (is_paced(c))
            c->paced_at = paced_from(c) + (double)n * byte_seconds(c);
        if (c->is_watched)
            shoulder_show(c, (size_t)n);
        outq_consume(&c->out, (size_t)n);
    }
    return WRITTEN_ALL;
}

bool output_is_idle(const struct client *c)
{
    return !c->is_dirty && outq_is_empty(&c->out) && c->state == CLIENT_OPEN;
}

void output_write_now(struct client *c)
{
    if (c->all->dirty != c)
        return;
    clear_now(c);
    if (write_some(c) != WRITTEN_ALL || c->all->dirty != c) /* who looks on has more, too */
        return;
    c->all->dirty = c->next_dirty;
    c->is_dirty = false;
}

void output_flush(struct client *c)
{
    enum written written;

    if (c->state >= CLIENT_SHUT)
        return;
    clear_now(c);
    if (!ev_is_active(&c->writer)) /* nothing has waited until now */
        c->last_write = clients_now(c->all);
    written = write_some(c);
    if (written == WRITTEN_BROKEN) {
        client_drop(c);
        return;
    }
    if (written == WRITTEN_FULL)
        ev_io_start(c->all->config.loop, &c->writer);
    else if (ev_is_active(&c->writer))
        ev_io_stop(c->all->config.loop, &c->writer);
    if (written != WRITTEN_ALL) {
        client_rearm(c);
    } else {
        c->skips_pace = false;
        if (c->state == CLIENT_DRAINING)
            client_drain(c);
    }
    after_write(c);
}
