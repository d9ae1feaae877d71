/* Whatever a peer says, in whatever pieces and at whatever times, a sender asks only for what
 * is in its files, writes within its bound, and ends.
 *
 * Input: a byte that chooses the protocol and the options; then, for each step, a byte n: up to
 * 127, so many bytes of the peer follow; from 128 on, time passes. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "proto/sender.h"

enum { FILES = 3, FILE_BYTES = 70000, OUT_MOST = 1 << 18, EVENTS_MOST = 20000 };

struct run {
    struct sender *sender;
    struct buf out;
    int64_t now;
    unsigned offered;
    bool is_xmodem;
    bool is_over;
    bool is_slow;  /* the owner: a file is looked for a while */
    bool is_asked; /* for a file */
    int64_t size;  /* of the file under way */
};

static char bytes[FILE_BYTES];

static void offer(struct run *r)
{
    struct transfer_file f = {.name = SPAN_LIT("a file.txt"), .modified = 1};

    if (r->offered == (r->is_xmodem ? 1 : FILES)) {
        sender_finish(r->sender, r->now);
        return;
    }
    r->offered++;
    r->size = f.size = r->offered == 2 ? 0 : FILE_BYTES - r->offered;
    sender_offer(r->sender, &f, r->now);
}

static void take(struct run *r, const struct transfer_event *ev)
{
    assert(!r->is_over);
    switch (ev->type) {
    case TRANSFER_WANT_FILE:
        r->is_asked = r->is_slow;
        if (!r->is_slow)
            offer(r);
        break;
    case TRANSFER_WANT_CRC:
        assert(ev->size >= 0 && ev->size <= r->size);
        sender_give_crc(r->sender, 1, r->now);
        break;
    case TRANSFER_BEGUN:
        assert(ev->offset >= 0 && ev->offset <= r->size);
        break;
    case TRANSFER_WANT_DATA:
        assert(ev->size > 0 && ev->offset >= 0 && ev->offset + ev->size <= r->size);
        sender_give(r->sender, ev->offset,
                    span_from(bytes + ev->offset, (size_t)(ev->size + 1) / 2), r->now);
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
    unsigned events = 0;

    while (sender_next(r->sender, &in, r->now, &ev)) {
        take(r, &ev);
        assert(r->out.len <= OUT_MOST);
        buf_reset(&r->out);
        assert(++events < EVENTS_MOST);
    }
    buf_reset(&r->out);
}

static void offer_late(struct run *r)
{
    while (r->is_asked) {
        r->is_asked = false;
        offer(r);
        pull(r, SPAN_LIT(""));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = span_from(data, size);
    uint8_t kind = size ? (uint8_t)span_take(&in, 1).data[0] : 0;
    struct run r = {.out = {.max = OUT_MOST}, .is_xmodem = kind % 4 == TRANSFER_XMODEM};
    struct transfer_options options = {.protocol = kind % 4,
                                       .out = &r.out,
                                       .is_telnet = kind & 4,
                                       .is_large = kind & 8,
                                       .escapes_all = kind & 16,
                                       .is_clean = kind & 32,
                                       .patience_ms = 60000};

    r.is_slow = kind & 64;
    r.sender = sender_new(&options, 0);
    while (in.len > 0) {
        uint8_t n = (uint8_t)span_take(&in, 1).data[0];

        r.now += n < 128 ? 1 : (n - 127) * 200;
        if (n >= 128)
            sender_timeout(r.sender, r.now);
        pull(&r, n < 128 ? span_take(&in, n) : SPAN_LIT(""));
        offer_late(&r);
    }
    for (unsigned i = 0; !r.is_over; i++) { /* a peer that says nothing more */
        assert(i < 1000 && sender_deadline(r.sender) != TRANSFER_NEVER);
        r.now = sender_deadline(r.sender);
        sender_timeout(r.sender, r.now);
        pull(&r, SPAN_LIT(""));
        offer_late(&r);
    }
    sender_free(r.sender);
    buf_clear(&r.out);
    return 0;
}
