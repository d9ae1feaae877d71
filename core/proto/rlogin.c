#include "proto/rlogin.h"

enum { WINDOW_WANTED = 0x80 };

bool rlogin_start(struct buf *out, const char *here, const char *there, const char *terminal)
{
    uint32_t before = out->len;

    if (buf_add_byte(out, '\0') && buf_add_text(out, here) && buf_add_byte(out, '\0') &&
        buf_add_text(out, there) && buf_add_byte(out, '\0') && buf_add_text(out, terminal) &&
        buf_add_byte(out, '\0'))
        return true;
    buf_cut(out, before);
    return false;
}

struct span rlogin_take(struct rlogin *r, struct span in)
{
    if (!r->has_begun && in.len > 0) {
        r->has_begun = true;
        span_take(&in, *in.data == '\0');
    }
    return in;
}

bool rlogin_control(struct rlogin *r, uint8_t byte)
{
    r->wants_window = r->wants_window || byte == WINDOW_WANTED;
    return byte == WINDOW_WANTED;
}

/* Behind the mark and its name: rows, columns, and the size in dots, which nobody knows. */
bool rlogin_send_window(const struct rlogin *r, struct buf *out, unsigned width,
                        unsigned height)
{
    const uint8_t message[] = {0xFF,
                               0xFF,
                               's',
                               's',
                               (uint8_t)(height >> 8),
                               (uint8_t)height,
                               (uint8_t)(width >> 8),
                               (uint8_t)width,
                               0,
                               0,
                               0,
                               0};

    return !r->wants_window || buf_add(out, span_from(message, sizeof(message)));
}
