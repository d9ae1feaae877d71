/* show_send.c -- values and rows of a screen, on their way to the terminal. */
#include "base/utf8.h"
#include "client/show_internal.h"
#include "term/ansi.h"

enum { GATHER_BYTES = 4096 }; /* rows that are sent in one piece */

struct value show_field_value(const struct client *c, unsigned level, unsigned column)
{
    const struct show *s = c->show;

    return rows_at(s->each[level - 1].rows, s->each[level - 1].row, column);
}

/* --- sending --- */

/* `s` in the columns of the format: cut, or filled up. */
static void add_padded(struct buf *out, const struct op *op, struct span s, unsigned columns)
{
    size_t fill = op->width > columns ? op->width - columns : 0;

    if (op->format == FORMAT_RIGHT)
        buf_add_blanks(out, fill);
    buf_add(out, s);
    if (op->format == FORMAT_LEFT)
        buf_add_blanks(out, fill);
}

static bool is_plain(struct span s)
{
    bool is_other = false;

    for (size_t i = 0; i < s.len; i++)
        is_other |= (unsigned char)(s.data[i] - 0x20) > 0x7E - 0x20;
    return !is_other;
}

/* What a handler returned is text: it can't move anybody's cursor. */
static void add_text(const struct client *c, struct buf *wire, const struct op *op,
                     struct span s)
{
    struct buf clean;
    struct buf padded;

    buf_init(&clean, BUF_LARGE);
    buf_init(&padded, BUF_LARGE);
    ansi_strip(&clean, s, op->format == FORMAT_NONE);
    s = buf_span(&clean);
    if (op->format != FORMAT_NONE)
        s.len = utf8_fit(s, op->width);
    add_padded(&padded, op, s, utf8_columns(s));
    buf_reset(&clean);
    for (size_t i = 0; i < padded.len; i++) {
        if (padded.data[i] == '\n')
            buf_add_byte(&clean, '\r');
        buf_add_byte(&clean, padded.data[i]);
    }
    text_encode(wire, buf_span(&clean), client_look(c));
    buf_clear(&clean);
    buf_clear(&padded);
}

/* There are no columns for those who have the screen read to them. */
static void add_unformatted(const struct client *c, struct buf *wire, const struct op *op,
                            struct span s)
{
    struct op unformatted = *op;

    unformatted.format = FORMAT_NONE;
    add_text(c, wire, &unformatted, s);
}

/* A value as its format wants it, for the wire. Most are printable ASCII: nothing to take out,
 * nothing to translate. */
static void add_value(const struct client *c, struct buf *wire, const struct op *op,
                      struct span s)
{
    if (c->linear) {
        add_unformatted(c, wire, op, s);
        return;
    }
    if (!is_plain(s)) {
        add_text(c, wire, op, s);
        return;
    }
    if (op->format != FORMAT_NONE && s.len > op->width)
        s.len = op->width;
    add_padded(wire, op, s, (unsigned)s.len);
}

static void send_text(struct client *c, const struct op *op, struct span s)
{
    struct buf *wire = &c->all->wire;

    buf_reset(wire);
    add_value(c, wire, op, s);
    output_line(c, buf_span(wire));
}

/* A value in a row that is read: "Handle luna, Calls 5". */
static void send_called(struct client *c, const struct op *op, struct span s)
{
    struct buf called;

    buf_init(&called, BUF_LARGE);
    if (s.len > 0) {
        buf_add_text(&called, c->show->row_begun ? ", " : "");
        buf_add_text(&called, op->standard);
        buf_add_byte(&called, ' ');
        buf_add(&called, s);
        c->show->row_begun = true;
    }
    send_text(c, op, buf_span(&called));
    buf_clear(&called);
}

/* ... unless `:raw` was asked for. */
void show_send_value(struct client *c, const struct op *op, struct span s)
{
    if (op->format == FORMAT_RAW)
        output_piped(c, s);
    else if (c->linear && op->in_table)
        send_called(c, op, s);
    else
        send_text(c, op, s);
}

void show_end_row(struct client *c)
{
    if (c->show->row_begun)
        output_line(c, SPAN_LIT(".\r\n"));
    c->show->row_begun = false;
}

void show_send_field(struct client *c, const struct op *op)
{
    char digits[VALUE_DIGITS];

    show_send_value(c, op, value_text(show_field_value(c, op->level, op->index), digits));
}

static void add_flat_row(const struct client *c, struct buf *wire, const struct op *each,
                         const struct value *row)
{
    enum look look = client_look(c);
    char digits[VALUE_DIGITS];

    for (const struct op *op = each + 1; op->code != OP_NEXT; op++) {
        if (op->code == OP_TEXT)
            buf_add(wire, text_wire_span(text_wire(op->text, look, c->width)));
        else
            add_value(c, wire, op, value_text(row[op->index], digits));
    }
}

/* All rows but the last of a list in which nobody is called or asked, gathered. The last goes
 * the way of all others: the prompt may come to stand behind it. */
void show_send_flat_rows(struct client *c, const struct op *each)
{
    struct rows *rows = c->show->each[each->level].rows;
    unsigned *row = &c->show->each[each->level].row;
    struct buf *wire = &c->all->wire;

    while (*row + 1 < rows->count && !c->after_field && !client_is_full(c)) {
        buf_reset(wire);
        while (*row + 1 < rows->count && wire->len < GATHER_BYTES)
            add_flat_row(c, wire, each, rows_row(rows, (*row)++));
        output_beside(c, buf_span(wire));
    }
}
