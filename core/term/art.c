#include "term/art.h"

#include <string.h>

#include "base/utf8.h"
#include "term/ansi.h"

/* Offsets in the record, SAUCE 00. */
enum { SAUCE_LEN = 128, SAUCE_TYPE = 94, SAUCE_COLUMNS = 96, SAUCE_FLAGS = 105 };
enum { SAUCE_FONT = 106, FONT_LEN = 22 };
enum { TYPE_CHARACTER = 1, FLAG_ICE = 1, TAB = 8, OWN_COLOR = 9 };

/* The fonts of art that a terminal of an IBM PC's can be told to take, and their numbers. */
static uint8_t find_font(const char *sauce)
{
    static const struct {
        const char *name;
        uint8_t number;
    } fonts[] = {
        {"Amiga Topaz 1+", 40},     {"Amiga Topaz 2+", 40},    {"Amiga Topaz 1", 42},
        {"Amiga Topaz 2", 42},      {"Amiga P0T-NOoDLE", 37},  {"Amiga mOsOul", 38},
        {"Amiga MicroKnight+", 39}, {"Amiga MicroKnight", 41},
    };

    for (size_t i = 0; i < sizeof(fonts) / sizeof(fonts[0]); i++) {
        if (strncmp(sauce + SAUCE_FONT, fonts[i].name, FONT_LEN) == 0)
            return fonts[i].number;
    }
    return 0;
}

struct art art_begin(struct span file)
{
    struct art a = {.width = ART_WIDTH, .pen = {.fg = OWN_COLOR, .bg = OWN_COLOR}};
    const unsigned char *sauce;
    unsigned columns;

    if (file.len < SAUCE_LEN)
        return a;
    sauce = (const unsigned char *)file.data + file.len - SAUCE_LEN;
    if (memcmp(sauce, "SAUCE", 5) != 0 || sauce[SAUCE_TYPE] != TYPE_CHARACTER)
        return a;
    columns = sauce[SAUCE_COLUMNS] | (unsigned)sauce[SAUCE_COLUMNS + 1] << 8;
    if (columns > 0 && columns <= ART_WIDTH_MOST)
        a.width = (uint16_t)columns;
    a.is_ice = sauce[SAUCE_FLAGS] & FLAG_ICE;
    a.font = find_font((const char *)sauce);
    return a;
}

static void add(struct buf *out, struct span s)
{
    if (out)
        buf_add(out, s);
}

/* The last column that is written on this terminal, from 0. A row that is cut ends before the
 * terminal's last column, so that nothing wraps there. */
static unsigned last_column(const struct art *a, unsigned columns)
{
    if (columns >= a->width)
        return a->width - 1u;
    return columns >= 2 ? columns - 2 : 0;
}

/* Leave a full row. A terminal of the drawing's own width does so by itself when it is shown
 * more; other things have to be shown that it is to do so. */
static void resolve(struct art *a, struct buf *out, unsigned columns, bool by_itself)
{
    if (!a->is_unresolved)
        return;
    a->is_unresolved = false;
    if (columns != a->width)
        add(out, SPAN_LIT("\r\n"));
    else if (!by_itself)
        add(out, SPAN_LIT(" \b"));
}

void art_settle(struct art *a, struct buf *out, unsigned columns)
{
    resolve(a, out, columns, false);
}

static void draw(struct art *a, struct buf *out, struct span character, unsigned columns)
{
    resolve(a, out, columns, true);
    if (a->column <= last_column(a, columns))
        add(out, character);
    if (++a->column < a->width)
        return;
    a->column = 0;
    a->is_unresolved = true;
}

void art_skip(struct art *a, unsigned columns)
{
    for (; columns > 0; columns--)
        draw(a, NULL, SPAN_LIT(" "), a->width);
}

static unsigned shown_at(const struct art *a, unsigned column, unsigned columns)
{
    unsigned last = last_column(a, columns);

    /* behind what is cut: where the cursor has stopped */
    return column <= last ? column : columns < a->width ? last + 1 : last;
}

/* To another column of the same row, by as much as this terminal has to go. */
static void go_to_column(struct art *a, struct buf *out, unsigned column, unsigned columns)
{
    unsigned from = shown_at(a, a->column, columns);
    unsigned to = shown_at(a, column, columns);

    a->column = (uint16_t)column;
    if (out && to > from)
        buf_printf(out, "\033[%uC", to - from);
    else if (out && to < from)
        buf_printf(out, "\033[%uD", from - to);
}

static void go_to_place(struct art *a, struct buf *out, unsigned row, unsigned column,
                        unsigned columns)
{
    if (column >= a->width)
        column = a->width - 1u;
    a->column = (uint16_t)column;
    a->is_unresolved = false; /* wherever the cursor was */
    if (out)
        buf_printf(out, "\033[%u;%uH", row, shown_at(a, column, columns) + 1);
}

/* A control sequence that moves the cursor sideways. False: another one. */
static bool move(struct art *a, struct buf *out, struct span params, char final,
                 unsigned columns)
{
    uint16_t n[2] = {0, 0};
    unsigned count = params.len ? ansi_numbers(params, n, 2) : 0;
    unsigned step = count > 0 && n[0] > 0 ? n[0] : 1;
    unsigned right = a->width - 1u - a->column;

    if (params.len > 0 && count == 0)
        return false;
    switch (final) {
    case 'C':
        go_to_column(a, out, a->column + (step < right ? step : right), columns);
        return true;
    case 'D':
        go_to_column(a, out, step < a->column ? a->column - step : 0, columns);
        return true;
    case 'H':
    case 'f':
        go_to_place(a, out, step, count > 1 && n[1] > 0 ? n[1] - 1u : 0, columns);
        return true;
    case 'J':
        if (n[0] != 2)
            return false;
        add(out, SPAN_LIT("\033[2J")); /* and home, which some terminals do by themselves */
        go_to_place(a, out, 1, 0, columns);
        return true;
    default:
        return false;
    }
}

/* --- iCE colours --- */

static void take_attribute(struct art *a, unsigned n)
{
    if (n == 0) {
        a->pen.bold = a->pen.blink = false;
        a->pen.fg = a->pen.bg = OWN_COLOR;
    } else if (n == 1 || n == 22) {
        a->pen.bold = n == 1;
    } else if (n == 5 || n == 6 || n == 25) {
        a->pen.blink = n != 25;
    } else if (n >= 30 && n <= 39) {
        a->pen.fg = (uint8_t)(n - 30);
    } else if (n >= 40 && n <= 49) {
        a->pen.bg = (uint8_t)(n - 40);
    }
}

/* The pen as a whole: a bright background where it blinks, of black if it had none. */
static void add_pen(const struct art *a, struct buf *out)
{
    unsigned bg = a->pen.blink && a->pen.bg == OWN_COLOR ? 0 : a->pen.bg;

    buf_add_text(out, a->pen.bold ? "\033[0;1" : "\033[0");
    if (a->pen.fg != OWN_COLOR)
        buf_printf(out, ";3%u", a->pen.fg);
    if (bg != OWN_COLOR)
        buf_printf(out, a->pen.blink ? ";10%u" : ";4%u", bg);
    buf_add_byte(out, 'm');
}

/* False: it is to pass as it is. */
static bool change_pen(struct art *a, struct buf *out, struct span params)
{
    uint16_t n[16] = {0};
    unsigned count = params.len ? ansi_numbers(params, n, 16) : 1;

    if (!a->is_ice || count == 0)
        return false;
    for (unsigned i = 0; i < count; i++) {
        if (n[i] == 38 || n[i] == 48)
            return false; /* of 256 colours: those that follow are no attributes */
    }
    for (unsigned i = 0; i < count; i++)
        take_attribute(a, n[i]);
    if (out)
        add_pen(a, out);
    return true;
}

/* --- what drawings are made of --- */

/* Behind an ESC: the whole sequence, which is passed on unless it moves. */
static void sequence(struct art *a, struct buf *out, struct span *rest, unsigned columns)
{
    struct span all;
    struct span params;
    size_t n = 2;
    char final;

    while (n < rest->len && rest->data[n] >= ' ' && rest->data[n] <= '?')
        n++;
    if (rest->len < 3 || rest->data[1] != '[' || n >= rest->len) {
        add(out, span_take(rest, 1));
        return;
    }
    final = rest->data[n];
    params = span_from(rest->data + 2, n - 2);
    all = span_take(rest, n + 1);
    if (final != 'm' && final != 'H' && final != 'f')
        resolve(a, out, columns, false);
    if (!move(a, out, params, final, columns) && !(final == 'm' && change_pen(a, out, params)))
        add(out, all);
}

static void control(struct art *a, struct buf *out, struct span *rest, unsigned columns)
{
    struct span byte = *rest;

    if (byte.data[0] == '\033') {
        sequence(a, out, rest, columns);
        return;
    }
    byte = span_take(rest, 1);
    if (byte.data[0] == '\a') {
        add(out, byte);
        return;
    }
    resolve(a, out, columns, false);
    if (byte.data[0] == '\t') {
        unsigned to = a->column / TAB * TAB + TAB;

        go_to_column(a, out, to < a->width ? to : a->width - 1u, columns);
    } else if (byte.data[0] == '\b') {
        go_to_column(a, out, a->column ? a->column - 1u : 0, columns);
    } else {
        if (byte.data[0] == '\r')
            a->column = 0;
        add(out, byte);
    }
}

void art_fit(struct art *a, struct buf *out, struct span utf8, unsigned columns)
{
    while (utf8.len > 0) {
        struct span before = utf8;

        if ((unsigned char)utf8.data[0] < ' ') {
            control(a, out, &utf8, columns);
            continue;
        }
        utf8_next(&utf8, NULL);
        draw(a, out, span_from(before.data, before.len - utf8.len), columns);
    }
}
