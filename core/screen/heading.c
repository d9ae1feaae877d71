#include "screen/heading.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "term/ansi.h"
#include "term/flow.h"

/* The words above a column: from blank to blank, one blank is inside. */
struct heading {
    struct span text;
    unsigned begin; /* columns */
    unsigned end;
};

static void flatten(struct buf *out, struct text *t)
{
    ansi_flatten(out, text_utf8(t));
}

static bool is_value(const struct op *op)
{
    return op->code == OP_FIELD || op->code == OP_GET;
}

static bool has_words(struct text *t)
{
    struct buf flat;
    bool has = false;

    buf_init(&flat, BUF_LARGE);
    flatten(&flat, t);
    for (uint32_t i = 0; i < flat.len; i++)
        has |= isalnum((unsigned char)flat.data[i]) != 0;
    buf_clear(&flat);
    return has;
}

static bool is_table(struct op *ops, unsigned count)
{
    unsigned values = 0;

    for (unsigned i = 1; i < count; i++) {
        if (is_value(&ops[i]))
            values++;
        else if (ops[i].code != OP_TEXT || has_words(ops[i].text))
            return false;
    }
    return values >= 2;
}

/* The last line that is not blank. */
static struct span last_line(struct span text)
{
    struct span line = {"", 0};

    while (text.len > 0) {
        const char *end = memchr(text.data, '\n', text.len);
        struct span one = span_take(&text, end ? (size_t)(end - text.data) + 1 : text.len);

        while (one.len > 0 && isspace((unsigned char)one.data[one.len - 1]))
            one.len--;
        if (one.len > 0)
            line = one;
    }
    return line;
}

static bool begins_gap(struct span s)
{
    return s.len < 2 ? s.len == 0 || s.data[0] == ' ' : s.data[0] == ' ' && s.data[1] == ' ';
}

/* The next heading of the line, whose first column is `column`. False: there is none. */
static bool next_heading(struct span *line, unsigned *column, struct heading *h)
{
    while (line->len > 0 && line->data[0] == ' ') {
        span_take(line, 1);
        ++*column;
    }
    h->text = *line;
    h->begin = *column;
    while (!begins_gap(*line))
        *column += utf8_width(utf8_next(line, NULL));
    h->text.len -= line->len;
    h->end = *column;
    return h->text.len > 0;
}

/* The heading above these columns, the first that there is. */
static struct span find_heading(struct span line, unsigned begin, unsigned end)
{
    struct heading h;
    unsigned column = 0;

    while (next_heading(&line, &column, &h)) {
        if (h.begin < end && begin < h.end)
            return h.text;
    }
    return SPAN_LIT("");
}

static const char *name_of(const struct op *op, struct arena *arena)
{
    const char *dot = strrchr(op->name, '.');
    struct span s = span_of(dot ? dot + 1 : op->name);
    char *name = arena_alloc(arena, s.len + 1);

    for (size_t i = 0; i < s.len; i++)
        name[i] = (char)(s.data[i] == '_' ? ' ' : s.data[i]);
    return name;
}

static unsigned text_columns(struct text *t)
{
    struct buf flat;
    unsigned columns;

    buf_init(&flat, BUF_LARGE);
    flatten(&flat, t);
    columns = utf8_columns(buf_span(&flat));
    buf_clear(&flat);
    return columns;
}

void heading_mark(struct op *ops, unsigned count, struct text *above, struct arena *arena)
{
    struct buf flat;
    struct span line = {"", 0};
    unsigned column = 0;

    if (!is_table(ops, count))
        return;
    buf_init(&flat, BUF_LARGE);
    if (above)
        flatten(&flat, above);
    line = last_line(buf_span(&flat));
    for (unsigned i = 1; i < count; i++) {
        struct op *op = &ops[i];
        unsigned width = op->code == OP_TEXT ? text_columns(op->text) : op->width;
        struct span found =
            find_heading(line, column, column + (is_value(op) && width == 0 ? 1 : width));

        op->in_table = true;
        if (is_value(op))
            op->standard = found.len ? arena_text(arena, found) : name_of(op, arena);
        column += width;
    }
    buf_clear(&flat);
}
