#include "term/cursor.h"

#include "base/utf8.h"
#include "term/ansi.h"

enum { NUMBERS_MAX = 16, TAB = 8 };

struct cursor cursor_begin(unsigned width, unsigned height, bool wraps_at_once)
{
    return (struct cursor){.width = (uint16_t)width,
                           .height = (uint16_t)height,
                           .wraps_at_once = wraps_at_once,
                           .lowest = -1,
                           .watch_row = -1};
}

bool cursor_sees(const struct cursor *at, int32_t row)
{
    return row >= at->top && row < at->top + at->height;
}

/* --- moving --- */

static void go_down(struct cursor *at)
{
    at->row++;
    if (at->row - at->top >= at->height)
        at->top = at->row - at->height + 1;
}

static void go_to_column(struct cursor *at, long column)
{
    at->column = (uint16_t)(column < 0 ? 0 : column >= at->width ? at->width - 1 : column);
    at->is_full = false;
}

/* A row of the window, from 0. */
static void go_to_row(struct cursor *at, long row)
{
    at->row = at->top + (int32_t)(row < 0 ? 0 : row >= at->height ? at->height - 1 : row);
    at->is_full = false;
}

static void wrap(struct cursor *at)
{
    at->is_full = false;
    at->column = 0;
    go_down(at);
}

static void note_shown(struct cursor *at)
{
    if (at->row > at->lowest)
        at->lowest = at->row;
    if (at->row == at->watch_row && at->column > at->watch_column && at->watch_end == 0)
        at->watch_end = at->column;
}

static void show(struct cursor *at, uint32_t cp, unsigned columns)
{
    if (at->is_full || at->column + columns > at->width)
        wrap(at);
    if (cp != ' ')
        note_shown(at);
    at->column = (uint16_t)(at->column + columns);
    if (at->column < at->width)
        return;
    at->column = at->width - 1u;
    at->is_full = true;
    if (at->wraps_at_once)
        wrap(at);
}

static void control(struct cursor *at, char byte)
{
    if (byte == '\r')
        go_to_column(at, 0);
    else if (byte == '\n')
        go_down(at);
    else if (byte == '\b')
        go_to_column(at, (long)at->column - 1);
    else if (byte == '\t' && !at->is_full)
        go_to_column(at, at->column / TAB * TAB + TAB);
}

/* --- colours --- */

/* Behind 38 or 48: "5;N" or "2;R;G;B". How many numbers it was. */
static unsigned take_color(const uint16_t *n, unsigned count, uint32_t *color)
{
    if (count >= 2 && n[0] == 5) {
        *color = (n[1] & 0xFFu) + 1;
        return 2;
    }
    if (count >= 4 && n[0] == 2) {
        *color =
            (uint32_t)PEN_RGB | (n[1] & 0xFFu) << 16 | (n[2] & 0xFFu) << 8 | (n[3] & 0xFFu);
        return 4;
    }
    return count;
}

static void take_attribute(struct pen *pen, unsigned n)
{
    if (n == 0)
        *pen = (struct pen){0};
    else if (n <= 7)
        pen->attributes |= (uint8_t)(n == 6 ? PEN_BLINK : 1u << n);
    else if (n == 22)
        pen->attributes &= (uint8_t) ~(PEN_BOLD | PEN_DIM);
    else if (n >= 23 && n <= 27)
        pen->attributes &= (uint8_t) ~(1u << (n - 20));
    else if (n >= 30 && n <= 39)
        pen->fg = n == 39 ? 0 : n - 30 + 1;
    else if (n >= 40 && n <= 49)
        pen->bg = n == 49 ? 0 : n - 40 + 1;
    else if (n >= 90 && n <= 97)
        pen->fg = n - 90 + 8 + 1;
    else if (n >= 100 && n <= 107)
        pen->bg = n - 100 + 8 + 1;
}

static void change_pen(struct pen *pen, const uint16_t *n, unsigned count)
{
    if (count == 0)
        *pen = (struct pen){0};
    for (unsigned i = 0; i < count; i++) {
        if (n[i] == 38)
            i += take_color(n + i + 1, count - i - 1, &pen->fg);
        else if (n[i] == 48)
            i += take_color(n + i + 1, count - i - 1, &pen->bg);
        else
            take_attribute(pen, n[i]);
    }
}

static void add_color(struct buf *out, uint32_t color, unsigned base)
{
    if (color & PEN_RGB)
        buf_printf(out, ";%u;2;%u;%u;%u", base + 8, color >> 16 & 0xFF, color >> 8 & 0xFF,
                   color & 0xFF);
    else if (color > 16)
        buf_printf(out, ";%u;5;%u", base + 8, color - 1);
    else if (color > 8)
        buf_printf(out, ";%u", base + 60 + color - 9);
    else if (color > 0)
        buf_printf(out, ";%u", base + color - 1);
}

void pen_add(const struct pen *pen, struct buf *out)
{
    buf_add_text(out, "\033[0");
    for (unsigned n = 1; n <= 7; n++) {
        if (pen->attributes >> n & 1)
            buf_printf(out, ";%u", n);
    }
    add_color(out, pen->fg, 30);
    add_color(out, pen->bg, 40);
    buf_add_byte(out, 'm');
}

/* --- sequences --- */

static void save(struct cursor *at)
{
    at->saved.row = at->row - at->top;
    at->saved.column = at->column;
}

static void restore(struct cursor *at)
{
    go_to_row(at, at->saved.row);
    go_to_column(at, at->saved.column);
}

static void take_csi(struct cursor *at, struct span params, char final)
{
    uint16_t n[NUMBERS_MAX] = {0};
    unsigned count = params.len ? ansi_numbers(params, n, NUMBERS_MAX) : 0;
    long step = n[0] > 0 ? n[0] : 1;
    long row = at->row - at->top;

    if (params.len > 0 && count == 0)
        return; /* private ones move nothing */
    switch (final) {
    case 'A':
        go_to_row(at, row - step);
        break;
    case 'B':
        go_to_row(at, row + step);
        break;
    case 'C':
        go_to_column(at, at->column + step);
        break;
    case 'D':
        go_to_column(at, at->column - step);
        break;
    case 'G':
        go_to_column(at, step - 1);
        break;
    case 'H':
    case 'f':
        go_to_row(at, step - 1);
        go_to_column(at, (n[1] > 0 ? n[1] : 1) - 1L);
        break;
    case 'd':
        go_to_row(at, step - 1);
        break;
    case 'J':
        if (n[0] == 2)
            at->lowest = at->top - 1;
        break;
    case 'm':
        change_pen(&at->pen, n, count);
        break;
    case 's':
        save(at);
        break;
    case 'u':
        restore(at);
        break;
    default:
        break;
    }
}

/* The sequence at the front of `rest`; an ESC that begins none is taken alone. */
static void take_sequence(struct cursor *at, struct span *rest)
{
    size_t n = 2;

    if (rest->len < 2 || rest->data[1] != '[') {
        span_take(rest, rest->len < 2 ? 1 : 2);
        return;
    }
    while (n < rest->len && rest->data[n] >= ' ' && rest->data[n] <= '?')
        n++;
    if (n == rest->len) {
        span_take(rest, n);
        return;
    }
    take_csi(at, span_from(rest->data + 2, n - 2), rest->data[n]);
    span_take(rest, n + 1);
}

/* CP437 has glyphs where others have control codes; these alone stay what they are. */
static bool is_control(unsigned char byte)
{
    return byte == 0 || (byte >= '\a' && byte <= '\r' && byte != '\v') || byte == 0x0E ||
           byte == 0x0F || byte == 0x1A;
}

/* A byte of CP437: each is a column. */
static void take_byte(struct cursor *at, struct span *rest)
{
    unsigned char byte = (unsigned char)span_take(rest, 1).data[0];

    if (byte == 0xFF && rest->len > 0 && (unsigned char)rest->data[0] == 0xFF)
        span_take(rest, 1); /* as telnet doubles it */
    if (is_control(byte))
        control(at, (char)byte);
    else
        show(at, byte == 0xFF ? ' ' : byte, 1);
}

static void take_character(struct cursor *at, struct span *rest)
{
    uint32_t cp = utf8_next(rest, NULL);
    unsigned columns = utf8_width(cp);

    if (cp < ' ')
        control(at, (char)cp);
    else if (columns > 0)
        show(at, cp == 0xA0 ? ' ' : cp, columns);
}

void cursor_follow(struct cursor *at, struct span wire, enum charset charset)
{
    while (wire.len > 0) {
        if (wire.data[0] == '\033')
            take_sequence(at, &wire);
        else if (charset == CHARSET_UTF8)
            take_character(at, &wire);
        else
            take_byte(at, &wire);
    }
}

void cursor_move(struct buf *out, int32_t from, int32_t row, unsigned column)
{
    if (row < from)
        buf_printf(out, "\033[%dA", from - row);
    else if (row > from)
        buf_printf(out, "\033[%dB", row - from);
    buf_add_byte(out, '\r');
    if (column > 0)
        buf_printf(out, "\033[%uC", column);
}
