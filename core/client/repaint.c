#include "client/repaint.h"

#include "base/mem.h"
#include "client/internal.h"
#include "term/cursor.h"

enum { GATHERED_MAX = 65536 };

struct repaint {
    bool is_gathering;
    struct buf gathered;
    uint64_t *rows; /* of each line of the painting before; NULL: it is not known */
    unsigned count;
    int32_t last; /* the row in which it ended */
    uint16_t width;
    uint16_t height; /* of the window then */
};

/* What is drawn over the painting before. */
struct drawing {
    struct repaint *r;
    struct cursor cursor;
    struct buf out;
    uint64_t *rows;
    unsigned count;
};

static void forget_rows(struct repaint *r)
{
    mem_free(r->rows);
    r->rows = NULL;
    r->count = 0;
}

void repaint_forget(struct client *c)
{
    if (!c->repaint)
        return;
    forget_rows(c->repaint);
    buf_clear(&c->repaint->gathered);
    mem_free(c->repaint);
    c->repaint = NULL;
}

bool repaint_begin(struct client *c)
{
    if (!c->ansi || c->form || c->is_clearing || c->transfer || c->header > 0 ||
        c->screen->header > 0 || c->state != CLIENT_OPEN)
        return false;
    if (!c->repaint) {
        c->repaint = mem_zalloc(sizeof(*c->repaint));
        buf_init(&c->repaint->gathered, GATHERED_MAX);
    }
    if (c->repaint->width != c->width || c->repaint->height != c->height)
        forget_rows(c->repaint);
    c->repaint->is_gathering = true;
    buf_reset(&c->repaint->gathered);
    c->after_field = false;
    buf_reset(&c->line);
    c->flow = (struct flow){0};
    return true;
}

/* As if it had never been gathered. */
static void give_up(struct client *c)
{
    struct buf gathered = c->repaint->gathered;

    buf_init(&c->repaint->gathered, 0);
    repaint_forget(c);
    c->is_clearing = true;
    output_bytes(c, buf_span(&gathered));
    buf_clear(&gathered);
}

bool repaint_takes(struct client *c, struct span wire)
{
    struct repaint *r = c->repaint;

    if (!r)
        return false;
    if (!r->is_gathering) {
        forget_rows(r);
        return false;
    }
    if (c->state == CLIENT_OPEN && !c->transfer && buf_add(&r->gathered, wire))
        return true;
    give_up(c);
    return false;
}

/* --- comparing --- */

/* Nothing but colours, text and line ends. */
static bool is_drawable(struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.data[i] >= '\a' && s.data[i] <= '\f' && s.data[i] != '\n')
            return false;
        if (s.data[i] == '\r' && (i + 1 == s.len || s.data[i + 1] != '\n'))
            return false; /* it would be drawn over its own line */
        if (s.data[i] != '\033')
            continue;
        if (++i == s.len || s.data[i] != '[')
            return false;
        do
            i++;
        while (i < s.len && ((s.data[i] >= '0' && s.data[i] <= '9') || s.data[i] == ';'));
        if (i == s.len || s.data[i] != 'm')
            return false;
    }
    return true;
}

static uint64_t add_hash(uint64_t hash, uint32_t n)
{
    return (hash ^ n) * 0x100000001B3; /* FNV-1a */
}

/* Of a line as it is shown: where, in which colours, what, and down to which row. */
static uint64_t hash_line(const struct cursor *begin, struct span line, int32_t end)
{
    uint64_t hash = add_hash(0xCBF29CE484222325, (uint32_t)begin->row);

    hash = add_hash(hash, begin->pen.fg);
    hash = add_hash(hash, begin->pen.bg);
    hash = add_hash(hash, begin->pen.attributes);
    hash = add_hash(hash, (uint32_t)end);
    for (size_t i = 0; i < line.len; i++)
        hash = add_hash(hash, (unsigned char)line.data[i]);
    return hash;
}

static void go_to(struct drawing *d, const struct cursor *at, unsigned column)
{
    buf_printf(&d->out, "\033[%d;%uH", (int)at->row + 1, column + 1);
    pen_add(&at->pen, &d->out);
}

static void draw_line(struct client *c, struct drawing *d, struct span line)
{
    const struct repaint *r = d->r;
    struct cursor begin = d->cursor;
    unsigned i = d->count++;

    cursor_follow(&d->cursor, line, (enum charset)c->charset);
    d->rows[i] = hash_line(&begin, line, d->cursor.row);
    if (i < r->count && r->rows[i] == d->rows[i])
        return;
    go_to(d, &begin, 0);
    buf_add(&d->out, line);
    if (!d->cursor.is_full) /* else the last character would be erased */
        buf_add_text(&d->out, "\033[0m\033[K");
}

/* Below the last row: what the painting before had there, or anybody. */
static void draw_rest(struct drawing *d)
{
    const struct repaint *r = d->r;
    bool is_empty = r->rows && r->last <= d->cursor.row;

    if (is_empty || d->cursor.row + 1 >= d->cursor.height)
        return;
    buf_printf(&d->out, "\033[%d;1H\033[0m\033[J", (int)d->cursor.row + 2);
}

static unsigned count_lines(struct span s)
{
    unsigned n = 1;

    for (size_t i = 0; i < s.len; i++)
        n += s.data[i] == '\n';
    return n;
}

/* Up to its end, which is CR LF or LF. */
static struct span take_line(struct span *text)
{
    const char *end = text->len ? memchr(text->data, '\n', text->len) : NULL;

    if (end && end > text->data && end[-1] == '\r')
        end--;
    return span_take(text, end ? (size_t)(end - text->data) : text->len);
}

static void draw_lines(struct client *c, struct drawing *d)
{
    struct span text = buf_span(&d->r->gathered);

    for (;;) {
        draw_line(c, d, take_line(&text));
        if (text.len == 0)
            return;
        cursor_follow(&d->cursor, span_take(&text, text.data[0] == '\r' ? 2 : 1),
                      (enum charset)c->charset);
    }
}

static void send_drawing(struct client *c, struct drawing *d)
{
    struct repaint *r = d->r;

    draw_rest(d);
    if (d->out.len > 0)
        go_to(d, &d->cursor, d->cursor.column);
    output_bytes(c, buf_span(&d->out));
    forget_rows(r);
    r->rows = d->rows;
    r->count = d->count;
    r->last = d->cursor.row;
    r->width = c->width;
    r->height = c->height;
}

void repaint_end(struct client *c)
{
    struct repaint *r = c->repaint;
    struct drawing d = {.r = r};
    bool at_once = c->term_name && strcmp(c->term_name, "syncterm") == 0;

    if (!r || !r->is_gathering)
        return;
    if (!is_drawable(buf_span(&r->gathered))) {
        give_up(c);
        return;
    }
    r->is_gathering = false;
    d.cursor = cursor_begin(c->width, c->height, at_once);
    d.rows = mem_alloc(count_lines(buf_span(&r->gathered)) * sizeof(*d.rows));
    buf_init(&d.out, BUF_LARGE);
    draw_lines(c, &d);
    if (d.cursor.top > 0) {
        mem_free(d.rows);
        give_up(c); /* it has scrolled */
    } else {
        send_drawing(c, &d);
        buf_clear(&r->gathered);
    }
    buf_clear(&d.out);
}
