#include "proto/receiver.h"

#include "base/mem.h"
#include "proto/ymodem_receive.h"
#include "proto/zmodem_receive.h"

/* One of the two is there. */
struct receiver {
    struct zmodem_receive *z;
    struct ymodem_receive *y;
    bool is_unchecked; /* YMODEM has no CRC of a file, which is to be told */
};

struct receiver *receiver_new(const struct transfer_options *options, int64_t now)
{
    struct receiver *r = mem_zalloc(sizeof(*r));

    if (options->protocol == TRANSFER_ZMODEM)
        r->z = zmodem_receive_new(options, now);
    else
        r->y = ymodem_receive_new(options, now);
    return r;
}

void receiver_free(struct receiver *r)
{
    if (!r)
        return;
    zmodem_receive_free(r->z);
    ymodem_receive_free(r->y);
    mem_free(r);
}

bool receiver_next(struct receiver *r, struct span *in, int64_t now, struct transfer_event *ev)
{
    if (r->z)
        return zmodem_receive_next(r->z, in, now, ev);
    if (r->is_unchecked) {
        r->is_unchecked = false;
        *ev = (struct transfer_event){.type = TRANSFER_CHECKED};
        return true;
    }
    return ymodem_receive_next(r->y, in, now, ev);
}

int64_t receiver_deadline(const struct receiver *r)
{
    return r->z ? zmodem_receive_deadline(r->z) : ymodem_receive_deadline(r->y);
}

void receiver_timeout(struct receiver *r, int64_t now)
{
    if (r->z)
        zmodem_receive_timeout(r->z, now);
    else
        ymodem_receive_timeout(r->y, now);
}

void receiver_accept(struct receiver *r, int64_t offset, int64_t now)
{
    if (r->z)
        zmodem_receive_accept(r->z, offset, now);
    else
        ymodem_receive_accept(r->y, now);
}

void receiver_check(struct receiver *r, int64_t bytes, int64_t now)
{
    if (r->z)
        zmodem_receive_check(r->z, bytes, now);
    else
        r->is_unchecked = true;
}

void receiver_skip(struct receiver *r, const char *why, int64_t now)
{
    if (r->z)
        zmodem_receive_skip(r->z, now);
    else
        ymodem_receive_abort(r->y, why);
}

void receiver_stored(struct receiver *r, bool ok, int64_t now)
{
    if (r->z)
        zmodem_receive_stored(r->z, ok, now);
    else
        ymodem_receive_stored(r->y, ok, now);
}

void receiver_abort(struct receiver *r, const char *why)
{
    if (r->z)
        zmodem_receive_abort(r->z, why);
    else
        ymodem_receive_abort(r->y, why);
}
