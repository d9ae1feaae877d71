#include "screen/text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "term/ansi.h"
#include "term/flow.h"

enum { WIDTH_STEP = 4 };

/* A drawing on terminals of another width than its own. */
struct fitted {
    struct fitted *next;
    enum look look;
    unsigned columns;
    struct text_wire wire;
};

struct text {
    struct text_wire wires[LOOK_COUNT];
    struct fitted *fitted;
    struct art art; /* width 0: no drawing */
    bool ends_art;
    uint32_t len;
    char utf8[];
};

enum look look_of(enum charset charset, bool ansi)
{
    static const enum look plain[] = {LOOK_PLAIN_ASCII, LOOK_PLAIN_CP437, LOOK_PLAIN_UTF8};
    static const enum look with_ansi[] = {LOOK_ANSI_ASCII, LOOK_ANSI_CP437, LOOK_ANSI_UTF8};

    return ansi ? with_ansi[charset] : plain[charset];
}

enum look look_linear(enum charset charset)
{
    static const enum look linear[] = {LOOK_LINEAR_ASCII, LOOK_LINEAR_CP437, LOOK_LINEAR_UTF8};

    return linear[charset];
}

static bool is_linear(enum look look)
{
    return look >= LOOK_LINEAR_ASCII && look <= LOOK_LINEAR_CP437;
}

enum charset look_charset(enum look look)
{
    static const enum charset charsets[] = {CHARSET_ASCII, CHARSET_UTF8, CHARSET_CP437};

    return charsets[look % 3];
}

bool look_has_ansi(enum look look)
{
    return look >= LOOK_ANSI_ASCII;
}

struct span look_clearing(enum look look)
{
    return look_has_ansi(look) ? SPAN_LIT("\033[0m\033[2J\033[H") : SPAN_LIT("\r\n");
}

struct text *text_new(struct span utf8)
{
    struct text *t = mem_zalloc(sizeof(*t) + utf8.len);

    t->len = (uint32_t)utf8.len;
    if (utf8.len)
        memcpy(t->utf8, utf8.data, utf8.len);
    return t;
}

struct text *text_new_art(struct span utf8, const struct art *at)
{
    struct text *t = text_new(utf8);

    t->art = *at;
    return t;
}

void text_end_art(struct text *t)
{
    t->ends_art = true;
}

const struct art *text_art(const struct text *t)
{
    return t->art.width > 0 ? &t->art : NULL;
}

void text_free(struct text *t)
{
    if (!t)
        return;
    while (t->fitted) {
        struct fitted *f = t->fitted;

        t->fitted = f->next;
        blob_unref(f->wire.blob);
        mem_free(f);
    }
    for (int i = 0; i < LOOK_COUNT; i++)
        blob_unref(t->wires[i].blob);
    mem_free(t);
}

struct span text_utf8(const struct text *t)
{
    return span_from(t->utf8, t->len);
}

/* IAC occurs in CP437 alone: as U+00A0. */
static bool add_doubled(struct buf *wire, struct span s)
{
    const char *iac;

    while (s.len > 0 && (iac = memchr(s.data, 0xFF, s.len))) {
        if (!buf_add(wire, span_take(&s, (size_t)(iac - s.data) + 1)) ||
            !buf_add_byte(wire, (char)0xFF))
            return false;
    }
    return buf_add(wire, s);
}

static bool encode(struct buf *wire, struct span utf8, enum look look, bool is_art)
{
    struct buf flat;
    struct buf coded;
    bool ok;

    buf_init(&flat, BUF_LARGE);
    buf_init(&coded, BUF_LARGE);
    if (!look_has_ansi(look)) {
        ansi_flatten(&flat, utf8);
        utf8 = buf_span(&flat);
    }
    if (is_art)
        charset_encode_art(&coded, utf8, look_charset(look));
    else
        charset_encode(&coded, utf8, look_charset(look));
    if (look_charset(look) == CHARSET_CP437)
        ok = add_doubled(wire, buf_span(&coded));
    else
        ok = buf_add(wire, buf_span(&coded));
    buf_clear(&flat);
    buf_clear(&coded);
    return ok;
}

bool text_encode(struct buf *wire, struct span utf8, enum look look)
{
    return encode(wire, utf8, look, false);
}

/* The length of the CSI sequence at the front of `s`, and its final byte; 0: none is there. */
static size_t csi_length(struct span s, char *final)
{
    if (s.len < 3 || s.data[0] != '\033' || s.data[1] != '[')
        return 0;
    for (size_t i = 2; i < s.len; i++) {
        if (s.data[i] >= 0x40 && s.data[i] <= 0x7E) {
            *final = s.data[i];
            return i + 1;
        }
        if (s.data[i] < 0x20 || s.data[i] > 0x3F)
            return 0; /* broken off */
    }
    return 0;
}

/* Colours may come before it; a cursor that is put elsewhere has left the line as well. */
static bool begins_with_line_end(struct span s)
{
    char final = 'm';

    while (final == 'm') {
        final = 0;
        span_take(&s, csi_length(s, &final));
    }
    return final == 'H' || final == 'f' ||
           (final == 0 && s.len > 0 && (s.data[0] == '\r' || s.data[0] == '\n'));
}

/* Find the last line of the wire, so that a prompt can be shown again: it begins behind the
 * last line end, or at the last sequence that puts the cursor to a place. */
static void find_last_line(struct text_wire *w)
{
    struct span all = text_wire_span(w);
    struct span color = {"", 0};
    struct span line_color = color;

    for (size_t i = 0; i < all.len;) {
        char final = 0;
        size_t n = csi_length(span_from(all.data + i, all.len - i), &final);

        if (final == 'm')
            color = span_from(all.data + i, n);
        if (all.data[i] == '\n' || final == 'H' || final == 'f') {
            w->has_line_end = true;
            w->line = w->begin + (uint32_t)(final ? i : i + 1);
            line_color = color;
        }
        i += n ? n : 1;
    }
    if (line_color.len < sizeof(w->color))
        snprintf(w->color, sizeof(w->color), "%.*s", SPAN_ARG(line_color));
    w->begins_with_line_end = begins_with_line_end(all);
}

/* Blanks and upright lines, in what look they are. */
static bool is_of_side(uint32_t cp, enum charset charset)
{
    if (charset == CHARSET_CP437)
        cp = charset_from_cp437((unsigned char)cp);
    return cp == ' ' || cp == '|' || (cp >= 0x2500 && cp < 0x2580);
}

/* What stands behind a field in its line: in a dialogue Enter has ended that line. */
static uint32_t find_side(const struct text_wire *w, enum look look)
{
    struct span rest = text_wire_span(w);
    bool is_utf8 = look_charset(look) == CHARSET_UTF8;

    while (rest.len > 0 && rest.data[0] != '\r') {
        uint32_t cp =
            is_utf8 ? utf8_next(&rest, NULL) : (unsigned char)span_take(&rest, 1).data[0];

        if (!is_of_side(cp, look_charset(look)))
            return w->begin;
    }
    return rest.len > 0 ? w->blob->len - (uint32_t)rest.len : w->begin;
}

struct span text_wire_span(const struct text_wire *w)
{
    return span_from(w->blob->data + w->begin, w->blob->len - w->begin);
}

static void undraw(struct buf *out, struct span utf8)
{
    struct buf flat;

    buf_init(&flat, BUF_LARGE);
    ansi_flatten(&flat, utf8);
    flow_undraw(out, buf_span(&flat));
    buf_clear(&flat);
}

static void make_wire(struct text *t, enum look look, unsigned columns, struct text_wire *w)
{
    struct span utf8 = text_utf8(t);
    struct art art = t->art;
    struct buf fitted;
    struct buf linear;
    struct buf wire;

    buf_init(&fitted, BUF_LARGE);
    buf_init(&linear, BUF_LARGE);
    buf_init(&wire, BUF_LARGE);
    if (art.width > 0) {
        art.is_ice =
            art.is_ice && look_charset(look) == CHARSET_UTF8; /* others may not know it */
        art_fit(&art, &fitted, utf8, columns);
        if (!t->ends_art)
            art_settle(&art, &fitted, columns);
        utf8 = buf_span(&fitted);
    }
    if (is_linear(look)) {
        undraw(&linear, utf8);
        utf8 = buf_span(&linear);
    }
    w->is_art = art.width > 0 && !is_linear(look);
    buf_add(&wire, look_clearing(look));
    w->begin = w->line = wire.len;
    encode(&wire, utf8, look, art.width > 0);
    w->blob = blob_new(buf_span(&wire));
    buf_clear(&fitted);
    buf_clear(&linear);
    buf_clear(&wire);
    w->side = look_has_ansi(look) ? w->begin : find_side(w, look);
    find_last_line(w);
}

/* All that are wider are alike, and so are those that differ by a few columns. One without ANSI
 * has line ends at its own width too: how it wraps is not known. */
static unsigned kind_of_width(const struct text *t, enum look look, unsigned columns)
{
    if (columns > t->art.width || (columns == t->art.width && !look_has_ansi(look)))
        return t->art.width + 1u;
    return columns == t->art.width ? columns : columns / WIDTH_STEP * WIDTH_STEP;
}

static const struct text_wire *fitted_wire(struct text *t, enum look look, unsigned columns)
{
    struct fitted *f = t->fitted;

    while (f && (f->look != look || f->columns != columns))
        f = f->next;
    if (f)
        return &f->wire;
    f = mem_zalloc(sizeof(*f));
    f->look = look;
    f->columns = columns;
    f->next = t->fitted;
    t->fitted = f;
    make_wire(t, look, columns, &f->wire);
    return &f->wire;
}

const struct text_wire *text_wire(struct text *t, enum look look, unsigned columns)
{
    struct text_wire *w = &t->wires[look];

    if (t->art.width > 0) {
        columns = kind_of_width(t, look, columns);
        if (columns != t->art.width)
            return fitted_wire(t, look, columns);
    }
    if (!w->blob)
        make_wire(t, look, columns, w);
    return w;
}
