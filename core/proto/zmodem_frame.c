#include "proto/zmodem_frame.h"

#include <assert.h>
#include <string.h>

#include "base/lane.h"
#include "proto/crc.h"
#include "proto/undo.h"

enum { ZRUB0 = 'l', ZRUB1 = 'm' }; /* how some programs escape DEL and IAC */
enum { ZPAD = '*', ZDLE = 0x18, CAN = 0x18, XON = 0x11, IAC = 0xFF };
enum { STYLE_16 = 'A', STYLE_HEX = 'B', STYLE_32 = 'C' };
enum { CANS = 5, HEADER = 5, NO_DIGIT = 0xFF };

static uint16_t crc16(const void *data, size_t len)
{
    return crc_16(span_from(data, len));
}

static uint32_t crc32(const void *data, size_t len)
{
    return crc_32(0, span_from(data, len));
}

/* --- writing --- */

/* What is escaped to everybody: ZDLE, flow control, and CR, which telnet may change. */
static bool needs_escape(const struct zframe_writer *w, uint8_t c)
{
    uint8_t low = c & 0x7F;

    return c == ZDLE || (low >= 0x10 && low <= 0x13 && low != 0x12) || low == '\r' ||
           (w->escapes_all && (c & 0x60) == 0);
}

static uint8_t *put(const struct zframe_writer *w, uint8_t *to, uint8_t c)
{
    if (needs_escape(w, c)) {
        *to++ = ZDLE;
        c ^= 0x40;
    }
    *to++ = c;
    if (c == IAC && w->doubles_iac)
        *to++ = IAC;
    return to;
}

static unsigned find_marked(lane v)
{
    lane low = v & 0x7F;

    return lane_bits((lane)((low & 0x7E) == 0x10) | (lane)(low == 0x13) | (lane)(low == '\r') |
                     (lane)(v == ZDLE) | (lane)(v == IAC));
}

/* A lane, and as many bytes behind it can be read: what stands for itself is moved by whole
 * lanes, of which the last is right. */
static uint8_t *put_lane(const struct zframe_writer *w, uint8_t *to, const uint8_t *from)
{
    unsigned bits = find_marked(lane_of(from));
    unsigned done = 0;

    memcpy(to, from, LANE);
    for (; bits; bits &= bits - 1) {
        unsigned at = (unsigned)__builtin_ctz(bits);
        bool is_iac = from[at] == IAC;

        to += at - done;
        to[0] = is_iac ? IAC : ZDLE;
        to[1] = is_iac ? IAC : from[at] ^ 0x40;
        to += is_iac && !w->doubles_iac ? 1 : 2;
        done = at + 1;
        memcpy(to, from + done, LANE);
    }
    return to + LANE - done;
}

static uint8_t *put_all(const struct zframe_writer *w, uint8_t *to, const uint8_t *from,
                        size_t len)
{
    for (; len >= 2 * LANE && !w->escapes_all; len -= LANE, from += LANE)
        to = put_lane(w, to, from);
    for (; len > 0; len--)
        to = put(w, to, *from++);
    return to;
}

/* CRC-16 most significant byte first, CRC-32 least. */
static unsigned add_crc(uint8_t *to, bool is_32, uint32_t crc)
{
    unsigned len = is_32 ? 4 : 2;

    for (unsigned i = 0; i < len; i++)
        to[i] = (uint8_t)(crc >> (is_32 ? i * 8 : 8 - i * 8));
    return len;
}

static void header_bytes(uint8_t *to, enum zframe_type type, uint32_t position)
{
    to[0] = (uint8_t)type;
    for (unsigned i = 0; i < 4; i++)
        to[1 + i] = (uint8_t)(position >> i * 8);
}

/* CR LF behind it: CR 0x8A, as the original has it, is CR NUL 0x8A in telnet's NVT. */
void zframe_hex(struct zframe_writer *w, enum zframe_type type, uint32_t position)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t bytes[HEADER + 2];

    header_bytes(bytes, type, position);
    add_crc(bytes + HEADER, false, crc16(bytes, HEADER));
    buf_add(w->out, SPAN_LIT("**\030B"));
    for (unsigned i = 0; i < sizeof(bytes); i++) {
        buf_add_byte(w->out, digits[bytes[i] >> 4]);
        buf_add_byte(w->out, digits[bytes[i] & 15]);
    }
    buf_add(w->out, type == ZACK || type == ZFIN ? SPAN_LIT("\r\n") : SPAN_LIT("\r\n\021"));
    w->data_is_32 = false;
}

void zframe_bin(struct zframe_writer *w, enum zframe_type type, uint32_t position)
{
    uint8_t bytes[HEADER + 4];
    uint8_t coded[2 * sizeof(bytes)];
    unsigned len;

    header_bytes(bytes, type, position);
    len = HEADER + add_crc(bytes + HEADER, w->is_32,
                           w->is_32 ? crc32(bytes, HEADER) : crc16(bytes, HEADER));
    buf_add(w->out, w->is_32 ? SPAN_LIT("*\030C") : SPAN_LIT("*\030A"));
    buf_add(w->out, span_from(coded, (size_t)(put_all(w, coded, bytes, len) - coded)));
    w->data_is_32 = w->is_32;
}

static uint32_t data_crc(bool is_32, struct span data, uint8_t end)
{
    uint8_t copy[ZSUBPACKET_MAX + 1];

    if (is_32)
        return crc_32(crc_32(0, data), span_from(&end, 1));
    if (data.len > 0)
        memcpy(copy, data.data, data.len);
    copy[data.len] = end;
    return crc16(copy, data.len + 1);
}

void zframe_data(struct zframe_writer *w, struct span data, enum zframe_end end)
{
    uint8_t crc[4];
    unsigned crc_len = add_crc(crc, w->data_is_32, data_crc(w->data_is_32, data, (uint8_t)end));
    uint8_t *begin = (uint8_t *)buf_room(w->out, 2 * data.len + LANE + 12);
    uint8_t *to = begin;

    assert(data.len <= ZSUBPACKET_MAX && begin); /* the owner takes it before there is more */
    to = put_all(w, to, (const uint8_t *)data.data, data.len);
    *to++ = ZDLE;
    *to++ = (uint8_t)end;
    to = put_all(w, to, crc, crc_len);
    if (end == ZCRCW)
        *to++ = XON;
    buf_added(w->out, (size_t)(to - begin));
}

void zframe_abort(struct zframe_writer *w)
{
    buf_add(w->out, SPAN_LIT("\030\030\030\030\030\030\030\030\b\b\b\b\b\b\b\b\b\b"));
}

/* --- reading --- */

enum { HUNT, PADS, STYLE, HEX, BIN, TAIL, DATA, CHECK };

void zframe_reader_init(struct zframe_reader *r)
{
    *r = (struct zframe_reader){.state = HUNT};
}

void zframe_expect_data(struct zframe_reader *r)
{
    r->state = r->style == STYLE_HEX ? TAIL : DATA;
    r->count = 0;
    r->len = 0;
    r->is_escaped = false;
}

void zframe_hunt(struct zframe_reader *r)
{
    r->state = HUNT;
    r->garbage = 0;
}

static bool bad(struct zframe_reader *r, struct zframe_event *ev)
{
    zframe_hunt(r);
    ev->type = ZFRAME_BAD;
    return true;
}

/* The header is here. Over the data and its CRC the remainder is that of nothing. */
static bool end_header(struct zframe_reader *r, struct zframe_event *ev)
{
    const uint8_t *b = r->bytes;

    r->is_32 = r->style == STYLE_32;
    if (r->is_32) {
        uint8_t crc[4];

        add_crc(crc, true, crc32(b, HEADER));
        if (memcmp(crc, b + HEADER, 4) != 0)
            return bad(r, ev);
    } else if (crc16(b, HEADER + 2) != 0) {
        return bad(r, ev);
    }
    r->state = HUNT;
    r->count = 0; /* now of its line end */
    r->garbage = 0;
    *ev = (struct zframe_event){.type = ZFRAME_HEADER, .frame = (enum zframe_type)b[0]};
    ev->position = b[1] | (uint32_t)b[2] << 8 | (uint32_t)b[3] << 16 | (uint32_t)b[4] << 24;
    return true;
}

static bool end_data(struct zframe_reader *r, struct zframe_event *ev)
{
    uint8_t crc[4];
    unsigned len;

    r->data[r->len] = r->end;
    len = add_crc(crc, r->is_32,
                  r->is_32 ? crc32(r->data, r->len + 1) : crc16(r->data, r->len + 1));
    if (memcmp(crc, r->bytes, len) != 0)
        return bad(r, ev);
    *ev = (struct zframe_event){.type = ZFRAME_DATA, .end = (enum zframe_end)r->end};
    ev->data = span_from(r->data, r->len);
    r->state = r->end == ZCRCE || r->end == ZCRCW ? HUNT : DATA;
    r->len = 0;
    r->count = 0;
    r->garbage = 0;
    return true;
}

static bool is_flow_control(uint8_t c)
{
    return (c & 0x7D) == XON;
}

/* ZDLE undone. False: nothing has come out, which is an error where *ok is false. */
static bool undo(struct zframe_reader *r, uint8_t c, uint8_t *byte, bool *ok)
{
    bool was_escaped = r->is_escaped;

    *ok = true;
    if (is_flow_control(c))
        return false;
    r->is_escaped = c == ZDLE;
    if (c == ZDLE)
        return false; /* two are no data: they may become five */
    if (!was_escaped) {
        *byte = c;
        return !r->drops_controls || (c & 0x60) != 0;
    }
    *byte = c == ZRUB0 ? 0x7F : c == ZRUB1 ? 0xFF : c ^ 0x40;
    *ok = r->cans < 2 && ((c & 0x60) == 0x40 || c == ZRUB0 || c == ZRUB1);
    return *ok;
}

static bool take_header_byte(struct zframe_reader *r, uint8_t byte, struct zframe_event *ev)
{
    r->bytes[r->count++] = byte;
    return r->count == HEADER + (r->style == STYLE_32 ? 4 : 2) && end_header(r, ev);
}

static bool take_hex(struct zframe_reader *r, uint8_t c, struct zframe_event *ev)
{
    uint8_t digit;

    c &= 0x7F;
    if (is_flow_control(c))
        return false;
    if (c >= '0' && c <= '9')
        digit = c - '0';
    else if (c >= 'a' && c <= 'f')
        digit = c - 'a' + 10;
    else
        return bad(r, ev);
    if (r->digit == NO_DIGIT) {
        r->digit = digit;
        return false;
    }
    digit = (uint8_t)(r->digit << 4 | digit);
    r->digit = NO_DIGIT;
    return take_header_byte(r, digit, ev);
}

static bool take_bin(struct zframe_reader *r, uint8_t c, struct zframe_event *ev)
{
    uint8_t byte;
    bool ok;

    if (undo(r, c, &byte, &ok))
        return take_header_byte(r, byte, ev);
    return !ok && bad(r, ev);
}

static bool take_data(struct zframe_reader *r, uint8_t c, struct zframe_event *ev)
{
    uint8_t byte;
    bool ok;

    if (r->is_escaped && r->cans < 2 && c >= ZCRCE && c <= ZCRCW) {
        r->end = c;
        r->is_escaped = false;
        r->count = 0;
        r->state = CHECK;
        return false;
    }
    if (!undo(r, c, &byte, &ok))
        return !ok && bad(r, ev);
    if (r->len == ZSUBPACKET_MAX)
        return bad(r, ev);
    r->data[r->len++] = byte;
    return false;
}

static bool take_check(struct zframe_reader *r, uint8_t c, struct zframe_event *ev)
{
    uint8_t byte;
    bool ok;

    if (!undo(r, c, &byte, &ok))
        return !ok && bad(r, ev);
    r->bytes[r->count++] = byte;
    return r->count == (r->is_32 ? 4 : 2) && end_data(r, ev);
}

/* What may stand behind a hex header: some of CR, NUL, LF and XON, in this order. */
static bool is_of_tail(struct zframe_reader *r, uint8_t c)
{
    static const uint8_t tail[] = {'\r', 0, '\n', XON};

    while (r->count < sizeof(tail)) {
        if ((c & 0x7F) == tail[r->count++])
            return true;
    }
    return false;
}

void zframe_skip_tail(struct zframe_reader *r, struct span *in)
{
    while (in->len > 0 && r->style == STYLE_HEX) {
        uint8_t before = r->count;

        if (!is_of_tail(r, (uint8_t)in->data[0])) {
            r->count = before;
            return;
        }
        span_take(in, 1);
    }
}

static void hunt(struct zframe_reader *r, uint8_t c)
{
    uint8_t low = c & 0x7F;

    if (low == ZPAD)
        r->state = PADS;
    else if (low != '\r' && low != '\n' && low != XON)
        r->garbage++;
}

static void take_style(struct zframe_reader *r, uint8_t c)
{
    c &= 0x7F;
    if (c == STYLE_HEX)
        r->state = HEX;
    else if (c == STYLE_16 || c == STYLE_32)
        r->state = BIN;
    else
        r->state = HUNT;
    r->style = c;
    r->count = 0;
    r->digit = NO_DIGIT;
    r->is_escaped = false;
}

static bool take(struct zframe_reader *r, uint8_t c, struct zframe_event *ev)
{
    switch (r->state) {
    case PADS:
        if (c == ZDLE)
            r->state = STYLE;
        else if ((c & 0x7F) != ZPAD && !is_flow_control(c))
            r->state = HUNT;
        return false;
    case STYLE:
        if (!is_flow_control(c))
            take_style(r, c);
        return false;
    case HEX:
        return take_hex(r, c, ev);
    case BIN:
        return take_bin(r, c, ev);
    case TAIL:
        if (is_of_tail(r, c))
            return false;
        r->state = DATA;
        return take_data(r, c, ev);
    case DATA:
        return take_data(r, c, ev);
    case CHECK:
        return take_check(r, c, ev);
    default:
        hunt(r, c);
        return false;
    }
}

/* What is most of a subpacket: bytes that stand for themselves, and those that are escaped. */
static void take_plain(struct zframe_reader *r, struct span *in)
{
    size_t n = undo_zdle(in, r->data + r->len, ZSUBPACKET_MAX - r->len);

    r->len += (uint32_t)n;
    if (n > 0)
        r->cans = 0;
}

bool zframe_next(struct zframe_reader *r, struct span *in, struct zframe_event *ev)
{
    while (in->len > 0) {
        bool has_event;
        uint8_t c;

        if (r->state == DATA && !r->is_escaped && !r->drops_controls)
            take_plain(r, in);
        if (in->len == 0)
            break;
        c = (uint8_t)span_take(in, 1).data[0];
        if (c == CAN && ++r->cans == CANS) {
            r->cans = 0;
            r->state = HUNT;
            ev->type = ZFRAME_CANCEL;
            return true;
        }
        has_event = take(r, c, ev);
        if (c != CAN)
            r->cans = 0;
        if (has_event)
            return true;
    }
    return false;
}
