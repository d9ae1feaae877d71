#include "client/lent.h"

#include "base/utf8.h"
#include "client/internal.h"

bool lent_is_held_up(const struct client *c)
{
    return c->out.bytes >= (size_t)c->all->config.settings->output_kb * 512;
}

/* --- from one character set to another --- */

/* How many bytes at the end of `s` begin a character of UTF-8 that is not whole. */
static unsigned half_length(struct span s)
{
    for (unsigned n = 1; n < 4 && n <= s.len; n++) {
        unsigned char byte = (unsigned char)s.data[s.len - n];

        if ((byte & 0xC0) != 0x80)
            return utf8_length(byte) > n ? n : 0;
    }
    return 0;
}

/* Append whole characters, those behind what was left of the last piece; keep the rest. */
static void add_whole(struct buf *out, struct half *half, struct span s)
{
    unsigned left;

    buf_add(out, span_from(half->bytes, half->len));
    buf_add(out, s);
    left = half_length(buf_span(out));
    memcpy(half->bytes, out->data + out->len - left, left);
    half->len = left;
    buf_cut(out, out->len - left);
}

void lent_convert(struct buf *out, struct half *half, struct span s, enum charset from,
                  enum charset to)
{
    struct buf utf8;

    if (from == to || from == CHARSET_ASCII) {
        buf_add(out, s);
        return;
    }
    buf_init(&utf8, BUF_LARGE);
    if (from == CHARSET_UTF8)
        add_whole(&utf8, half, s);
    else
        charset_decode_cp437(&utf8, s);
    if (to == CHARSET_UTF8)
        buf_add(out, buf_span(&utf8));
    else
        charset_encode(out, buf_span(&utf8), to);
    buf_clear(&utf8);
}

/* --- giving it away, and back --- */

void lent_begin(struct client *c)
{
    client_clear_screen(c);
    terminal_end(c);
    output_mark_dirty(c);
}

/* What somebody else may have left behind: another screen, a window of its own, modes of the
 * mouse and the keys. Terminals of the PC's kind know the second line only. */
static void reset_terminal(struct client *c)
{
    if (!c->ansi)
        return;
    if (c->charset == CHARSET_UTF8)
        output_bytes(c, SPAN_LIT("\033[?1049l\033[?1l\033>\033[?1000l\033[?1002l\033[?1003l"
                                 "\033[?1006l\033[?2004l\033(B\033[4l"));
    output_bytes(c, SPAN_LIT("\033[r\033[?7h\033[?25h\033[0m"));
}

void lent_end(struct client *c)
{
    if (c->state > CLIENT_OPEN)
        return;
    reset_terminal(c);
    terminal_begin(c);
    client_clear_screen(c);
    c->is_left = true;
}
