#include "screen/extent.h"

#include <string.h>

#include "term/cursor.h"

enum { ENDLESS = 30000, IFS_MAX = 32 };

/* To the end of each line of a text, since the cursor may go back in the next. */
static unsigned follow_text(struct cursor *at, struct text *t)
{
    struct span rest = text_utf8(t);
    unsigned most = 0;

    while (rest.len > 0) {
        const char *end = memchr(rest.data, '\r', rest.len);
        struct span line = span_take(&rest, end ? (size_t)(end - rest.data) : rest.len);

        cursor_follow(at, line, CHARSET_UTF8);
        most = at->column > most ? at->column : most;
        if (end)
            cursor_follow(at, span_take(&rest, 1), CHARSET_UTF8);
    }
    return most;
}

/* A drawing wraps at its own width. */
static unsigned follow_art(struct cursor *at, const struct op *op)
{
    const struct art *art = text_art(op->text);
    struct cursor drawn = cursor_begin(art->width, ENDLESS, true);

    drawn.column = at->column < art->width ? at->column : 0;
    cursor_follow(&drawn, text_utf8(op->text), CHARSET_UTF8);
    at->row += drawn.row;
    at->column = drawn.column;
    return art->width;
}

/* The open if:, the innermost last, and the columns in which they begin. */
struct ifs {
    struct {
        uint32_t target; /* of the if: what stands behind its else */
        uint16_t column;
    } open[IFS_MAX];
    unsigned count;
};

/* Those that had no else end before an operation. */
static void end_ifs(struct ifs *ifs, uint32_t before)
{
    while (ifs->count > 0 && ifs->open[ifs->count - 1].target <= before)
        ifs->count--;
}

static void begin_if(struct ifs *ifs, const struct op *op, uint32_t index, uint16_t column)
{
    end_ifs(ifs, index);
    if (ifs->count == IFS_MAX)
        return; /* linking has complained */
    ifs->open[ifs->count].target = op->target;
    ifs->open[ifs->count++].column = column;
}

static void go_to_else(struct ifs *ifs, uint32_t next, struct cursor *at)
{
    end_ifs(ifs, next - 1);
    if (ifs->count > 0 && ifs->open[ifs->count - 1].target == next)
        at->column = ifs->open[--ifs->count].column;
}

static unsigned follow_op(struct cursor *at, const struct op *op, uint32_t index,
                          struct ifs *ifs)
{
    switch (op->code) {
    case OP_TEXT:
        return text_art(op->text) ? follow_art(at, op) : follow_text(at, op->text);
    case OP_IF:
    case OP_IF_FIELD:
        begin_if(ifs, op, index, at->column);
        return 0;
    case OP_JUMP:
        go_to_else(ifs, index + 1, at);
        return 0;
    default:
        at->column = (uint16_t)(at->column + op->width);
        return at->column;
    }
}

struct extent extent_of(const struct op *ops, unsigned count)
{
    struct cursor at = cursor_begin(ENDLESS, ENDLESS, false);
    struct extent e = {0, 0};
    struct ifs ifs = {.count = 0};

    for (unsigned i = 0; i < count; i++) {
        unsigned columns = follow_op(&at, &ops[i], i, &ifs);

        e.columns = columns > e.columns ? columns : e.columns;
        if ((unsigned)at.row + 1 > e.rows)
            e.rows = (unsigned)at.row + 1;
    }
    return e;
}
