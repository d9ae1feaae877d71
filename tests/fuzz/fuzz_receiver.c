/* Whatever a peer says, in whatever pieces and at whatever times, a receiver stores what comes
 * in the order of its places, answers within its bound, and ends.
 *
 * Input: a byte that chooses the protocol and the options; then, for each step, a byte n: up to
 * 127, so many bytes of the peer follow; from 128 on, time passes. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "proto/receiver.h"

enum { OUT_MOST = 1 << 16, RESUME = 5 };

struct run {
    struct receiver *receiver;
    struct buf out;
    int64_t now;
    unsigned offers;
    int64_t at; /* in the file under way; -1: there is none */
    bool is_over;
};

static void decide(struct run *r, const struct transfer_event *ev)
{
    assert(ev->file.name.len <= 8192);
    r->at = 0;
    switch (r->offers++ % 3) {
    case 0:
        receiver_accept(r->receiver, 0, r->now);
        break;
    case 1:
        r->at = -1;
        receiver_skip(r->receiver, "not wanted", r->now);
        break;
    default:
        receiver_check(r->receiver, RESUME, r->now);
    }
}

static void take(struct run *r, const struct transfer_event *ev)
{
    assert(!r->is_over);
    switch (ev->type) {
    case TRANSFER_OFFER:
        decide(r, ev);
        break;
    case TRANSFER_CHECKED:
        r->at = ev->has_crc ? RESUME : 0;
        receiver_accept(r->receiver, r->at, r->now);
        break;
    case TRANSFER_DATA:
        assert(ev->data.len > 0 && ev->data.len <= 8192 && ev->offset == r->at);
        r->at += (int64_t)ev->data.len;
        break;
    case TRANSFER_RECEIVED:
        assert(ev->offset == r->at);
        receiver_stored(r->receiver, r->at % 2 == 0, r->now);
        r->at = -1;
        break;
    case TRANSFER_DONE:
    case TRANSFER_FAILED:
        r->is_over = true;
        break;
    default:
        break;
    }
}

static void pull(struct run *r, struct span in)
{
    struct transfer_event ev;

    while (receiver_next(r->receiver, &in, r->now, &ev))
        take(r, &ev);
    assert(r->out.len <= OUT_MOST);
    buf_reset(&r->out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = span_from(data, size);
    uint8_t kind = size ? (uint8_t)span_take(&in, 1).data[0] : 0;
    struct run r = {.out = {.max = OUT_MOST}, .at = -1};
    struct transfer_options options = {.protocol = kind % 4,
                                       .out = &r.out,
                                       .is_telnet = kind & 4,
                                       .escapes_all = kind & 16,
                                       .is_clean = kind & 32,
                                       .patience_ms = 60000,
                                       .free_bytes = 1000000};

    r.receiver = receiver_new(&options, 0);
    while (in.len > 0) {
        uint8_t n = (uint8_t)span_take(&in, 1).data[0];

        r.now += n < 128 ? 1 : (n - 127) * 200;
        if (n >= 128)
            receiver_timeout(r.receiver, r.now);
        pull(&r, n < 128 ? span_take(&in, n) : SPAN_LIT(""));
    }
    for (unsigned i = 0; !r.is_over; i++) { /* a peer that says nothing more */
        assert(i < 1000 && receiver_deadline(r.receiver) != TRANSFER_NEVER);
        r.now = receiver_deadline(r.receiver);
        receiver_timeout(r.receiver, r.now);
        pull(&r, SPAN_LIT(""));
    }
    receiver_free(r.receiver);
    buf_clear(&r.out);
    return 0;
}
