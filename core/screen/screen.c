#include "screen/screen.h"

#include <assert.h>

#include "base/mem.h"

struct open_block {
    unsigned op; /* OP_IF, OP_IF_FIELD, OP_EACH, or the OP_JUMP of an else */
    bool is_each;
    bool has_else;
};

struct linker {
    struct screen *screen;
    const struct screen_sources *sources;
    struct buf *errors;
    bool failed;
    unsigned capacity;
    struct open_block blocks[32];
    unsigned depth;
    unsigned each_depth;
    struct op_columns *columns[SCREEN_EACH_DEPTH];
    const struct source *including[SCREEN_INCLUDE_DEPTH];
    unsigned include_depth;
};

__attribute__((format(printf, 3, 4))) static void
complain(struct linker *l, const struct op *op, const char *format, ...)
{
    va_list args;

    l->failed = true;
    buf_printf(l->errors, "%s:%u:%u: ", op->file, op->line, op->column);
    va_start(args, format);
    buf_vprintf(l->errors, format, args);
    va_end(args);
    buf_add_byte(l->errors, '\n');
}

static struct op *add(struct linker *l, const struct op *op)
{
    struct screen *s = l->screen;

    if (s->count == l->capacity) {
        l->capacity = l->capacity ? l->capacity * 2 : 16;
        s->own_ops = mem_realloc(s->own_ops, l->capacity * sizeof(*s->own_ops));
    }
    s->own_ops[s->count] = *op;
    s->own_ops[s->count].level = (uint16_t)l->each_depth;
    return &s->own_ops[s->count++];
}

/* --- rows: which columns an `each` needs --- */

static uint16_t column_of(struct linker *l, struct op_columns *c, const char *name)
{
    for (unsigned i = 0; i < c->count; i++) {
        if (strcmp(c->names[i], name) == 0)
            return (uint16_t)i;
    }
    if (c->count % 8 == 0) {
        const char **names = arena_alloc(&l->screen->arena, (c->count + 8) * sizeof(*names));
        struct op_columns **inner =
            arena_alloc(&l->screen->arena, (c->count + 8) * sizeof(struct op_columns *));

        for (unsigned i = 0; i < c->count; i++) {
            names[i] = c->names[i];
            inner[i] = c->inner[i];
        }
        c->names = names;
        c->inner = inner;
    }
    c->names[c->count] = name;
    return (uint16_t)c->count++;
}

/* The column of `.name` in the row of the innermost `each`. */
static uint16_t field_column(struct linker *l, const struct op *op, const char *name)
{
    if (l->each_depth == 0) {
        complain(l, op, "'.%s' is a row's field, expected inside each: ... end", name);
        return 0;
    }
    return column_of(l, l->columns[l->each_depth - 1], name);
}

static void link_args(struct linker *l, struct op *op)
{
    struct op_arg *args;

    if (op->arg_count == 0)
        return;
    args = arena_alloc(&l->screen->arena, op->arg_count * sizeof(*args));
    memcpy(args, op->args, op->arg_count * sizeof(*args));
    for (unsigned i = 0; i < op->arg_count; i++) {
        if (args[i].is_field) {
            args[i].column = field_column(l, op, args[i].value.text.data);
            args[i].level = (uint16_t)l->each_depth;
        }
    }
    op->args = args;
}

/* --- blocks --- */

static void open_block(struct linker *l, const struct op *op, bool is_each)
{
    if (l->depth == sizeof(l->blocks) / sizeof(l->blocks[0])) {
        complain(l, op, "blocks stand %u deep, expected at most %u", l->depth + 1, l->depth);
        return;
    }
    l->blocks[l->depth++] = (struct open_block){l->screen->count - 1, is_each, false};
}

static void link_if(struct linker *l, const struct op *op)
{
    struct op *made = add(l, op);

    link_args(l, made);
    if (made->code == OP_IF_FIELD)
        made->index = field_column(l, op, op->name + 1);
    open_block(l, op, false);
}

static void link_each(struct linker *l, const struct op *op)
{
    struct op *made = add(l, op);
    struct op_columns *columns = arena_alloc(&l->screen->arena, sizeof(*columns));

    link_args(l, made);
    made->columns = columns;
    if (op->name[0] == '.') {
        made->index = field_column(l, op, op->name + 1);
        if (l->each_depth > 0)
            l->columns[l->each_depth - 1]->inner[made->index] = columns;
    }
    if (l->each_depth == SCREEN_EACH_DEPTH) {
        complain(l, op, "each: stands more than %d deep", SCREEN_EACH_DEPTH);
        return;
    }
    open_block(l, op, true);
    l->columns[l->each_depth++] = columns;
}

static void link_else(struct linker *l, const struct op *op)
{
    struct open_block *b = l->depth ? &l->blocks[l->depth - 1] : NULL;
    struct op jump = *op;

    if (!b || b->is_each || b->has_else) {
        complain(l, op, "'else' without an open if:");
        return;
    }
    jump.code = OP_JUMP;
    add(l, &jump);
    l->screen->own_ops[b->op].target = l->screen->count;
    b->op = l->screen->count - 1;
    b->has_else = true;
}

static void link_end(struct linker *l, const struct op *op)
{
    struct open_block b;
    struct op next = *op;

    if (l->depth == 0) {
        complain(l, op, "'end' without an open if: or each:");
        return;
    }
    b = l->blocks[--l->depth];
    if (b.is_each) {
        l->each_depth--;
        next.code = OP_NEXT;
        next.target = b.op + 1;
        add(l, &next);
    }
    l->screen->own_ops[b.op].target = l->screen->count;
}

/* --- what is about the screen as a whole --- */

static void link_call(struct linker *l, const struct op *op)
{
    static const enum screen_occasion occasions[] = {
        [OP_POST] = OCCASION_POST,
        [OP_ENTER] = OCCASION_ENTER,
        [OP_LEAVE] = OCCASION_LEAVE,
        [OP_TICK] = OCCASION_TICK,
    };
    struct screen_call *call = &l->screen->calls[occasions[op->code]];

    *call = (struct screen_call){op, op->name, op->args, op->arg_count};
    if (op->code == OP_TICK)
        l->screen->tick_seconds = (unsigned)op->args[0].value.integer;
    for (unsigned i = 0; i < op->arg_count; i++) {
        if (op->args[i].is_field)
            complain(l, op, "'.%s' is a row's field, expected inside each: ... end",
                     op->args[i].value.text.data);
    }
}

static void link_page(struct linker *l, const struct op *op)
{
    struct screen *s = l->screen;

    if (strcmp(op->name, "keep") == 0)
        s->keep = true;
    else if (strcmp(op->name, "escape") == 0)
        s->escape = op->args[0].value.text.data;
    else if (strcmp(op->name, "level") == 0)
        s->level = (unsigned)op->args[0].value.integer;
    else
        s->timeout = (unsigned)op->args[0].value.integer;
}

static bool is_outside_each(struct linker *l, const struct op *op)
{
    if (l->each_depth == 0)
        return true;
    complain(l, op, "%s cannot stand inside each: ... end, which repeats it", op->name);
    return false;
}

/* --- in the order of the files --- */

static void link_source(struct linker *l, struct source *source, const struct op *from);

static void link_include(struct linker *l, struct source *within, const struct op *op)
{
    struct source *s = l->sources->find(l->sources->arg, op->name, within->kind);

    if (!s) {
        complain(l, op, "there is no screen '%s' to include", op->name);
        return;
    }
    for (unsigned i = 0; i < l->include_depth; i++) {
        if (l->including[i] == s) {
            complain(l, op, "'%s' includes itself, expected no circle", op->name);
            return;
        }
    }
    if (l->include_depth == SCREEN_INCLUDE_DEPTH)
        complain(l, op, "screens include one another more than %d deep", SCREEN_INCLUDE_DEPTH);
    else
        link_source(l, s, op);
}

static void link_go(struct linker *l, const struct op *op)
{
    struct op *made;

    if (!is_outside_each(l, op))
        return;
    if (l->screen->gos == SCREEN_GO_MAX) {
        complain(l, op, "more than %d go: on one screen", SCREEN_GO_MAX);
        return;
    }
    made = add(l, op);
    made->index = (uint16_t)l->screen->gos++;
}

static void link_field(struct linker *l, const struct op *op)
{
    struct op *made;

    if (!is_outside_each(l, op))
        return;
    made = add(l, op);
    link_args(l, made);
    if (op->code == OP_SET)
        l->screen->fields++;
    else
        l->screen->keys++;
}

static void link_op(struct linker *l, struct source *source, const struct op *op)
{
    struct op *made;

    switch (op->code) {
    case OP_SET:
    case OP_KEY:
        link_field(l, op);
        break;
    case OP_GO:
        link_go(l, op);
        break;
    case OP_IF:
    case OP_IF_FIELD:
        link_if(l, op);
        break;
    case OP_EACH:
        link_each(l, op);
        break;
    case OP_ELSE:
        link_else(l, op);
        break;
    case OP_END:
        link_end(l, op);
        break;
    case OP_INCLUDE:
        link_include(l, source, op);
        break;
    case OP_POST:
    case OP_ENTER:
    case OP_LEAVE:
    case OP_TICK:
        if (is_outside_each(l, op))
            link_call(l, op);
        break;
    case OP_PAGE:
        link_page(l, op);
        break;
    default:
        made = add(l, op);
        link_args(l, made);
        if (op->code == OP_FIELD)
            made->index = field_column(l, op, op->name + 1);
    }
}

static void link_source(struct linker *l, struct source *source, const struct op *from)
{
    struct screen *s = l->screen;

    s->sources = mem_realloc(s->sources, (s->source_count + 1) * sizeof(struct source *));
    s->sources[s->source_count++] = source_ref(source);
    l->including[l->include_depth++] = source;
    for (unsigned i = 0; i < source->count; i++) {
        if (s->count > SCREEN_OPS || s->source_count > 1000) {
            complain(l, from ? from : &source->ops[i], "the screen has more than %d parts",
                     SCREEN_OPS);
            break;
        }
        link_op(l, source, &source->ops[i]);
    }
    l->include_depth--;
}

/* "remain" begins at the line of the first field: its text is cut in two there. */
static void find_first_field(struct screen *s)
{
    unsigned i = 0;

    while (i < s->count && s->ops[i].code != OP_SET && s->ops[i].code != OP_KEY)
        i++;
    s->first_field = i;
    if (i == s->count)
        return;
    while (i > 0) {
        const struct op *op = &s->ops[--i];

        if (op->code == OP_TEXT) {
            s->first_field = i;
            if (memchr(text_utf8(op->text).data, '\n', text_utf8(op->text).len))
                return;
        } else if (op->code == OP_GET || op->code == OP_FIELD) {
            s->first_field = i;
        } else if (op->code != OP_GO) {
            return; /* not into a block */
        }
    }
}

struct screen *screen_link(const char *keyword, struct source *source,
                           const struct screen_sources *sources, struct buf *errors)
{
    struct screen *s = mem_zalloc(sizeof(*s));
    struct linker l = {.screen = s, .sources = sources, .errors = errors};

    s->refs = 1;
    s->keyword = keyword;
    link_source(&l, source, NULL);
    s->ops = s->own_ops;
    for (unsigned i = 0; i < l.depth; i++) {
        const struct op *op = &s->ops[l.blocks[i].op];

        complain(&l, op, "this %s is not closed, expected 'end'",
                 l.blocks[i].is_each ? "each:" : "if:");
    }
    find_first_field(s);
    if (l.failed) {
        screen_unref(s);
        return NULL;
    }
    return s;
}

struct screen *screen_ref(struct screen *s)
{
    s->refs++;
    return s;
}

void screen_unref(struct screen *s)
{
    if (!s || --s->refs > 0)
        return;
    for (unsigned i = 0; i < s->source_count; i++)
        source_unref(s->sources[i]);
    mem_free(s->sources);
    mem_free(s->own_ops);
    arena_clear(&s->arena);
    mem_free(s);
}
