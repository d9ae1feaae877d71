#include "client/lightbar.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "client/internal.h"

#define BAR_PEN "\033[0;1;37;44m"
#define DIM_PEN "\033[0;1;30m"

struct spot {
    int32_t row;
    uint16_t pc;
    uint8_t column;
    uint8_t pen; /* which of the pens */
};

/* Small: who waits at a menu has one. */
struct lightbar {
    struct spot *places;
    struct pen *pens; /* that the items are written in: most often one */
    uint8_t count;
    uint8_t pen_count;
};

void lightbar_end(struct client *c)
{
    if (!c->bar)
        return;
    mem_free(c->bar->places);
    mem_free(c->bar->pens);
    mem_free(c->bar);
    c->bar = NULL;
}

/* --- what an item looks like --- */

static struct span shown_key(const struct op *op)
{
    static const struct {
        const char *key;
        const char *text;
    } words[] = {{"escape", "Esc"},   {"enter", "Enter"},    {"space", "Space"},
                 {"page_up", "PgUp"}, {"page_down", "PgDn"}, {"backspace", "Backspace"},
                 {"tab", "Tab"}};
    struct span key = op->args[0].value.text;

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (span_is(key, words[i].key))
            return span_of(words[i].text);
    }
    return key;
}

/* "K  text" in the columns of the format; `key_len` is what of it is the key. */
static void add_plain(struct buf *out, const struct op *op, struct span key, unsigned room,
                      size_t *key_len)
{
    unsigned columns = op->width && op->width < room ? op->width : room;
    struct buf all;
    struct span fit;

    buf_init(&all, BUF_LARGE);
    buf_add(&all, key);
    buf_add_text(&all, "  ");
    buf_add_text(&all, op->standard);
    fit = buf_span(&all);
    fit.len = utf8_fit(fit, columns);
    *key_len = key.len < fit.len ? key.len : fit.len;
    buf_add(out, fit);
    for (unsigned i = utf8_columns(fit); i < columns && op->width; i++)
        buf_add_byte(out, ' ');
    buf_clear(&all);
}

enum item_state { ITEM_OPEN, ITEM_BAR, ITEM_DIM };

/* As it goes to the wire; without a pen it is text alone. */
static void add_item(const struct client *c, struct buf *wire, const struct op *op,
                     const struct pen *pen, unsigned room, enum item_state state)
{
    bool is_dim = state == ITEM_DIM;
    struct buf plain;
    struct buf out;
    size_t key_len;

    buf_init(&plain, BUF_LARGE);
    buf_init(&out, BUF_LARGE);
    add_plain(&plain, op, is_dim ? SPAN_LIT("-") : shown_key(op), room, &key_len);
    if (pen && state == ITEM_OPEN) {
        struct pen bright = *pen;

        bright.attributes |= PEN_BOLD;
        pen_add(&bright, &out);
    } else if (pen) {
        buf_add_text(&out, is_dim ? DIM_PEN : BAR_PEN);
    }
    buf_add(&out, span_from(plain.data, key_len));
    if (pen && state == ITEM_OPEN)
        pen_add(pen, &out);
    buf_add(&out, span_from(plain.data + key_len, plain.len - key_len));
    if (pen && state != ITEM_OPEN)
        pen_add(pen, &out);
    text_encode(wire, buf_span(&out), client_look(c));
    buf_clear(&plain);
    buf_clear(&out);
}

/* --- as the screen is painted --- */

static uint8_t pen_number(struct lightbar *bar, const struct pen *pen)
{
    for (unsigned i = 0; i < bar->pen_count; i++) {
        const struct pen *p = &bar->pens[i];

        if (p->fg == pen->fg && p->bg == pen->bg && p->attributes == pen->attributes)
            return (uint8_t)i;
    }
    bar->pens = mem_realloc(bar->pens, (bar->pen_count + 1u) * sizeof(*bar->pens));
    bar->pens[bar->pen_count] = *pen;
    return bar->pen_count++;
}

static void add_place(struct client *c, const struct cursor *at)
{
    struct lightbar *bar = c->bar;

    if (!bar)
        bar = c->bar = mem_zalloc(sizeof(*bar));
    bar->places = mem_realloc(bar->places, (bar->count + 1u) * sizeof(*bar->places));
    bar->places[bar->count++] = (struct spot){.row = at->row,
                                              .pc = (uint16_t)c->pc,
                                              .column = (uint8_t)at->column,
                                              .pen = pen_number(bar, &at->pen)};
}

/* For whom an item is: its own level, and that of the screen which it leads to. */
static bool is_for(const struct client *c, const struct op *op)
{
    const struct screen *s = client_find_screen(c, span_of(op->name));

    return c->level >= op->least && (!s || c->level >= s->level);
}

/* The last column stays free: what is written there would wrap on some terminals. */
static unsigned room_at(const struct client *c, unsigned column)
{
    return column + 1 < c->width ? c->width - column - 1 : 1;
}

static void send_utf8(struct client *c, struct span utf8)
{
    struct buf wire;

    buf_init(&wire, BUF_LARGE);
    text_encode(&wire, utf8, client_look(c));
    output_line(c, buf_span(&wire));
    buf_clear(&wire);
}

static void send_blanks(struct client *c, unsigned n)
{
    struct buf out;

    buf_init(&out, BUF_LARGE);
    while (n-- > 0)
        buf_add_byte(&out, ' ');
    output_line(c, buf_span(&out));
    buf_clear(&out);
}

const struct op *lightbar_at(const struct client *c, unsigned number)
{
    for (unsigned i = 0; number > 0 && i < c->screen->count; i++) {
        const struct op *op = &c->screen->ops[i];

        if (op->code == OP_ITEM && (c->live >> op->index & 1) && --number == 0)
            return op;
    }
    return NULL;
}

unsigned lightbar_count(const struct client *c)
{
    unsigned n = 0;

    while (lightbar_at(c, n + 1))
        n++;
    return n;
}

/* "3. File areas (F)", on a line of its own. */
static void add_numbered(struct client *c, const struct op *op, bool is_open)
{
    struct span key = shown_key(op);
    struct buf line;

    buf_init(&line, BUF_LARGE);
    if (c->flow.column > 0)
        buf_add_text(&line, "\r\n");
    if (is_open)
        buf_printf(&line, "%u. %s (%.*s)", lightbar_count(c), op->standard, SPAN_ARG(key));
    else
        buf_printf(&line, "%s (not open to you)", op->standard);
    send_utf8(c, buf_span(&line));
    buf_clear(&line);
}

static void add_painted(struct client *c, const struct op *op, bool is_open)
{
    const struct cursor *at = form_cursor(c);
    struct pen pen = {0};
    unsigned room = c->width;
    struct buf wire;

    if (at) {
        pen = at->pen;
        room = room_at(c, at->column);
    }
    if (at && is_open)
        add_place(c, at);
    buf_init(&wire, BUF_LARGE);
    add_item(c, &wire, op, at ? &pen : NULL, room, is_open ? ITEM_OPEN : ITEM_DIM);
    output_line(c, buf_span(&wire));
    buf_clear(&wire);
}

void lightbar_add(struct client *c, const struct op *op)
{
    bool is_open = is_for(c, op);

    form_before(c);
    if (is_open)
        c->live |= (uint64_t)1 << op->index;
    if (!is_open && !op->is_dim)
        send_blanks(c, op->width);
    else if (c->linear)
        add_numbered(c, op, is_open);
    else
        add_painted(c, op, is_open);
}

/* --- the bar --- */

static const struct op *op_of(const struct client *c, const struct spot *place)
{
    return &c->screen->ops[place->pc];
}

/* The one that the bar is on; what has scrolled away can't be. */
static const struct spot *selected(const struct client *c)
{
    const struct spot *first = NULL;

    for (unsigned i = 0; c->bar && i < c->bar->count; i++) {
        const struct spot *p = &c->bar->places[i];

        if (!form_sees(c, p->row))
            continue;
        if (op_of(c, p)->index == c->bar_index)
            return p;
        if (!first)
            first = p;
    }
    return first;
}

static void draw(struct client *c, const struct spot *place, enum item_state state)
{
    struct buf wire;

    buf_init(&wire, BUF_LARGE);
    add_item(c, &wire, op_of(c, place), &c->bar->pens[place->pen], room_at(c, place->column),
             state);
    form_draw(c, place->row, place->column, buf_span(&wire));
    buf_clear(&wire);
}

void lightbar_draw(struct client *c)
{
    const struct spot *place = selected(c);

    if (!place)
        return;
    c->bar_index = (uint8_t)op_of(c, place)->index;
    draw(c, place, ITEM_BAR);
}

const struct op *lightbar_chosen(const struct client *c)
{
    const struct spot *place = selected(c);

    return place ? op_of(c, place) : NULL;
}

unsigned lightbar_find(const struct client *c, const char *keyword)
{
    for (unsigned i = 0; i < c->screen->count; i++) {
        const struct op *op = &c->screen->ops[i];

        if (op->code == OP_ITEM && strcmp(op->name, keyword) == 0)
            return op->index;
    }
    return LIGHTBAR_FIRST;
}

/* --- where it goes --- */

/* The nearest row above (step -1) or below, and in it the nearest column; round the edge. */
static const struct spot *in_other_row(const struct client *c, const struct spot *from,
                                       int step)
{
    const struct spot *best = NULL;
    long best_away = 0;

    for (unsigned i = 0; i < c->bar->count; i++) {
        const struct spot *p = &c->bar->places[i];
        long rows = (long)(p->row - from->row) * step;
        long away;

        if (!form_sees(c, p->row) || rows == 0)
            continue;
        rows = rows < 0 ? rows + 100000 : rows; /* round the edge: after all others */
        away = rows * 1000 + labs((long)p->column - from->column);
        if (!best || away < best_away) {
            best = p;
            best_away = away;
        }
    }
    return best ? best : from;
}

/* The one before (step -1) or after it in the file; round the end. */
static const struct spot *next_in_file(const struct client *c, const struct spot *from,
                                       int step)
{
    const struct lightbar *bar = c->bar;
    int count = bar->count;
    int at = (int)(from - bar->places);

    do {
        at = (at + step + count) % count;
    } while (!form_sees(c, bar->places[at].row));
    return &bar->places[at];
}

/* From the end of the file on, so that a step leads to the first, or the last. */
static const struct spot *at_end(const struct client *c, int step)
{
    return next_in_file(c, &c->bar->places[step > 0 ? c->bar->count - 1 : 0], step);
}

static const struct spot *place_for(const struct client *c, const struct spot *from,
                                    enum key_code code)
{
    switch (code) {
    case KEY_UP:
        return in_other_row(c, from, -1);
    case KEY_DOWN:
        return in_other_row(c, from, 1);
    case KEY_LEFT:
    case KEY_BACKTAB:
        return next_in_file(c, from, -1);
    case KEY_RIGHT:
    case KEY_TAB:
        return next_in_file(c, from, 1);
    case KEY_HOME:
    case KEY_PAGE_UP:
        return at_end(c, 1);
    case KEY_END:
    case KEY_PAGE_DOWN:
        return at_end(c, -1);
    default:
        return NULL;
    }
}

bool lightbar_key(struct client *c, const struct key *key)
{
    const struct spot *from = selected(c);
    const struct spot *to = from ? place_for(c, from, key->code) : NULL;

    if (!to)
        return false;
    if (to != from) {
        draw(c, from, ITEM_OPEN);
        c->bar_index = (uint8_t)op_of(c, to)->index;
        draw(c, to, ITEM_BAR);
        form_show_prompt(c);
    }
    return true;
}
