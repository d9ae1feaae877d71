#include "screen/extent.h"

#include <string.h>

#include "term/cursor.h"

enum { ENDLESS = 30000 };

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

static unsigned art_columns(const struct op *op)
{
    const struct art *art = op->code == OP_TEXT ? text_art(op->text) : NULL;

    return art ? art->width : 0;
}

unsigned extent_columns(const struct op *ops, unsigned count)
{
    struct cursor at = cursor_begin(ENDLESS, ENDLESS, false);
    unsigned most = 0;
    uint16_t if_column = 0;

    for (unsigned i = 0; i < count; i++) {
        unsigned columns = art_columns(&ops[i]);

        if (columns == 0 && ops[i].code == OP_TEXT)
            columns = follow_text(&at, ops[i].text);
        else if (ops[i].code == OP_IF || ops[i].code == OP_IF_FIELD)
            if_column = at.column;
        else if (ops[i].code == OP_JUMP)
            at.column = if_column;
        else
            columns = at.column = (uint16_t)(at.column + ops[i].width);
        most = columns > most ? columns : most;
    }
    return most;
}
