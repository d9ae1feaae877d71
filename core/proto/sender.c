#include "proto/sender.h"

#include "base/mem.h"
#include "proto/ymodem_send.h"
#include "proto/zmodem_send.h"

enum { FALL_BACK_MS = 3000, NAK = 0x15 };

/* One of the two is there. */
struct sender {
    struct transfer_options options;
    struct zmodem_send *z;
    struct ymodem_send *y;
    bool has_begun;       /* ZMODEM: the peer has answered in it */
    uint8_t letter;       /* of YMODEM, which is all that has come since; 0: none */
    int64_t letter_since; /* ms */
};

struct sender *sender_new(const struct transfer_options *options, int64_t now)
{
    struct sender *s = mem_zalloc(sizeof(*s));

    s->options = *options;
    if (options->protocol == TRANSFER_ZMODEM)
        s->z = zmodem_send_new(options, now);
    else
        s->y = ymodem_send_new(options, now);
    return s;
}

void sender_free(struct sender *s)
{
    if (!s)
        return;
    zmodem_send_free(s->z);
    ymodem_send_free(s->y);
    mem_free(s);
}

enum transfer_protocol sender_protocol(const struct sender *s)
{
    return s->options.protocol;
}

/* The letters of YMODEM alone, for a while: somebody has begun that at the other side. */
static void look_for_letters(struct sender *s, struct span in, int64_t now)
{
    for (size_t i = 0; i < in.len; i++) {
        uint8_t c = (uint8_t)in.data[i];

        if (c != 'C' && c != 'G' && c != NAK) {
            s->letter = 0;
        } else if (s->letter != c) {
            s->letter = c;
            s->letter_since = now;
        }
    }
}

static void fall_back(struct sender *s, int64_t now)
{
    zmodem_send_free(s->z);
    s->z = NULL;
    s->options.protocol = s->letter == 'G' ? TRANSFER_YMODEM_G : TRANSFER_YMODEM;
    s->y = ymodem_send_new(&s->options, now);
}

bool sender_next(struct sender *s, struct span *in, int64_t now, struct transfer_event *ev)
{
    if (s->z && !s->has_begun && in->len > 0) {
        look_for_letters(s, *in, now);
        if (s->letter && now >= s->letter_since + FALL_BACK_MS && s->options.is_clean)
            fall_back(s, now);
    }
    if (s->y)
        return ymodem_send_next(s->y, in, now, ev);
    if (!zmodem_send_next(s->z, in, now, ev))
        return false;
    s->has_begun = true;
    return true;
}

int64_t sender_deadline(const struct sender *s)
{
    return s->z ? zmodem_send_deadline(s->z) : ymodem_send_deadline(s->y);
}

void sender_timeout(struct sender *s, int64_t now)
{
    if (s->z)
        zmodem_send_timeout(s->z, now);
    else
        ymodem_send_timeout(s->y, now);
}

void sender_offer(struct sender *s, const struct transfer_file *file, int64_t now)
{
    if (s->z)
        zmodem_send_offer(s->z, file, now);
    else
        ymodem_send_offer(s->y, file, now);
}

void sender_finish(struct sender *s, int64_t now)
{
    if (s->z)
        zmodem_send_finish(s->z, now);
    else
        ymodem_send_finish(s->y, now);
}

void sender_give_crc(struct sender *s, uint32_t crc, int64_t now)
{
    if (s->z)
        zmodem_send_give_crc(s->z, crc, now);
}

void sender_give(struct sender *s, int64_t offset, struct span data, int64_t now)
{
    if (s->z)
        zmodem_send_give(s->z, offset, data, now);
    else
        ymodem_send_give(s->y, offset, data, now);
}

void sender_abort(struct sender *s, const char *why)
{
    if (s->z)
        zmodem_send_abort(s->z, why);
    else
        ymodem_send_abort(s->y, why);
}
