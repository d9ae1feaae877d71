/* However the bytes of a peer are cut, the same events and the same replies must come out,
 * whether the peer has called us or is called.
 *
 * Input: a byte that chooses how much room `out` has; a byte 8 * asks + n; n cut points (a
 * byte each, the distance from the one before); then what the peer sends, twice, with the
 * asks in between. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/mem.h"
#include "proto/telnet.h"

struct run {
    struct telnet *telnet;
    struct buf replies;
    struct buf events;
    enum telnet_event_type last;
};

static void begin(struct run *r, uint32_t room, bool is_outward)
{
    *r = (struct run){.replies = {.max = room}, .events = {.max = BUF_LARGE}};
    r->telnet = is_outward ? telnet_new_outward(&r->replies) : telnet_new(&r->replies);
    r->last = TELNET_OPTION;
    telnet_start(r->telnet);
}

static void clear(struct run *r)
{
    telnet_free(r->telnet);
    buf_clear(&r->replies);
    buf_clear(&r->events);
}

static void check_event(const struct run *r, const struct telnet_event *ev)
{
    if (ev->type == TELNET_DATA)
        assert(ev->data.len > 0);
    if (ev->type == TELNET_TERMINAL)
        assert(ev->data.len > 0 && ev->data.len <= 40);
    if (ev->type == TELNET_WINDOW)
        assert(ev->width >= 20 && ev->width <= 255 && ev->height >= 10 && ev->height <= 100);
    if (ev->type == TELNET_OPTION)
        assert(ev->on == telnet_is_on(r->telnet, ev->side, (uint8_t)ev->number));
    assert(r->last != TELNET_BAD || ev->type == TELNET_BAD);
}

/* What is due. */
static void answer(const struct run *r, const struct telnet_event *ev)
{
    if (ev->type == TELNET_TTYPE_WANTED)
        telnet_send_terminal(r->telnet, SPAN_LIT("xterm"));
    if (ev->type == TELNET_OPTION && ev->number == TELNET_NAWS && ev->side == TELNET_US)
        telnet_send_window(r->telnet, 255, 25);
}

/* Neighbouring DATA is one, and so are BADs. */
static void add_event(struct run *r, const struct telnet_event *ev)
{
    bool again = ev->type == r->last && (ev->type == TELNET_DATA || ev->type == TELNET_BAD);

    check_event(r, ev);
    answer(r, ev);
    r->last = ev->type;
    if (!again)
        buf_printf(&r->events, "\n%d %u %u %u %d %d ", ev->type, (unsigned)ev->number,
                   ev->width, ev->height, ev->side, ev->on);
    buf_add(&r->events, ev->data);
}

/* In memory of its own, so that the sanitizer sees a byte too far. */
static void feed(struct run *r, struct span piece)
{
    char *exact = mem_alloc(piece.len);
    struct span in = {exact, piece.len};
    struct telnet_event ev;

    if (piece.len)
        memcpy(exact, piece.data, piece.len);
    while (telnet_next(r->telnet, &in, &ev))
        add_event(r, &ev);
    assert(in.len == 0);
    mem_free(exact);
}

/* Enough to reach every state of the Q method. */
static void ask(struct run *r, unsigned asks)
{
    if (asks & 1)
        telnet_ask(r->telnet, TELNET_US, TELNET_ECHO, false);
    if (asks & 2)
        telnet_ask(r->telnet, TELNET_HIM, TELNET_SGA, false);
    if (asks & 4)
        telnet_ask(r->telnet, TELNET_HIM, TELNET_BINARY, false);
    if (asks & 8)
        telnet_ask(r->telnet, TELNET_HIM, TELNET_TTYPE, false);
    if (asks & 16)
        telnet_start(r->telnet);
}

static void compare(const struct run *a, const struct run *b)
{
    assert(span_equals(buf_span(&a->events), buf_span(&b->events)));
    assert(span_equals(buf_span(&a->replies), buf_span(&b->replies)));
    assert(telnet_has_answered(a->telnet) == telnet_has_answered(b->telnet));
}

static void feed_cut(struct run *r, struct span cuts, struct span input)
{
    for (size_t i = 0; i < cuts.len; i++)
        feed(r, span_take(&input, (uint8_t)cuts.data[i]));
    feed(r, input);
}

static void feed_single(struct run *r, struct span input)
{
    while (input.len > 0)
        feed(r, span_take(&input, 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_outward, uint32_t room, unsigned asks, struct span cuts,
                  struct span input)
{
    struct run whole, cut, single;

    begin(&whole, room, is_outward);
    begin(&cut, room, is_outward);
    begin(&single, room, is_outward);
    for (int round = 0; round < 2; round++) {
        feed(&whole, input);
        feed_cut(&cut, cuts, input);
        feed_single(&single, input);
        compare(&whole, &cut);
        compare(&whole, &single);
        ask(&whole, asks);
        ask(&cut, asks);
        ask(&single, asks);
    }
    clear(&whole);
    clear(&cut);
    clear(&single);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = span_from(data, size), cuts;
    uint32_t room;
    unsigned asks;

    if (size < 2)
        return 0;
    room = (uint8_t)*span_take(&input, 1).data;
    room = room == 255 ? BUF_LARGE : room;
    asks = (uint8_t)*span_take(&input, 1).data;
    cuts = span_take(&input, asks % 8);
    check(false, room, asks / 8, cuts, input);
    check(true, room, asks / 8, cuts, input);
    return 0;
}
