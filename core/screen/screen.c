#include "screen/screen.h"

#include <assert.h>

#include "base/mem.h"
#include "screen/extent.h"
#include "screen/heading.h"

enum { ERRORS_MAX = 50, SOURCES_MAX = 1000, COLUMNS_MAX = 250, BLOCKS_MAX = 32 };

struct open_block {
    unsigned op;    /* whose target is the end: OP_IF, OP_EACH, or the OP_JUMP of an else */
    unsigned begin; /* the OP_IF or OP_EACH */
    bool is_each;
    bool has_else;
};

struct linker {
    struct screen *screen;
    const struct screen_sources *sources;
    struct buf *errors;
    unsigned error_count;
    unsigned steps; /* operations looked at, also those that leave nothing */
    bool is_full;
    bool is_vague; /* a source is: which block an `end` belongs to can't be said */
    unsigned capacity;
    struct open_block blocks[BLOCKS_MAX];
    unsigned depth;
    unsigned too_deep; /* open blocks that found no room there */
    unsigned field;    /* where the first field stands, or the outermost block round it */
    bool has_field;
    unsigned each_depth;
    struct op_columns *columns[SCREEN_EACH_DEPTH];
    const struct source *including[SCREEN_INCLUDE_DEPTH];
    unsigned include_depth;
};

__attribute__((format(printf, 3, 4))) static void
complain(struct linker *l, const struct op *op, const char *format, ...)
{
    va_list args;

    l->screen->is_broken = true;
    if (++l->error_count > ERRORS_MAX)
        return;
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

static uint16_t column_of(struct linker *l, const struct op *op, struct op_columns *c,
                          const char *name)
{
    for (unsigned i = 0; i < c->count; i++) {
        if (strcmp(c->names[i], name) == 0)
            return (uint16_t)i;
    }
    if (c->count == COLUMNS_MAX) {
        complain(l, op, "the rows of an each: have more than %d fields", COLUMNS_MAX);
        return 0;
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
    return column_of(l, op, l->columns[l->each_depth - 1], name);
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

/* The block of the operation that was added last. */
static void open_block(struct linker *l, bool is_each)
{
    unsigned begin = l->screen->count - 1;

    l->blocks[l->depth++] = (struct open_block){begin, begin, is_each, false};
}

/* A block that is refused has its `end` all the same. */
static bool has_room(struct linker *l, const struct op *op)
{
    bool is_each = op->code == OP_EACH;

    if (l->too_deep == 0 && is_each && l->each_depth == SCREEN_EACH_DEPTH)
        complain(l, op, "each: stands more than %d deep", SCREEN_EACH_DEPTH);
    else if (l->too_deep == 0 && l->depth == BLOCKS_MAX)
        complain(l, op, "if: and each: stand more than %d deep", BLOCKS_MAX);
    else if (l->too_deep == 0)
        return true;
    l->too_deep++;
    return false;
}

static void link_if(struct linker *l, const struct op *op)
{
    struct op *made;

    if (!has_room(l, op))
        return;
    made = add(l, op);
    link_args(l, made);
    if (made->code == OP_IF_FIELD)
        made->index = field_column(l, op, op->name + 1);
    open_block(l, false);
}

/* What is listed twice in a row has one set of columns. */
static struct op_columns *inner_columns(struct linker *l, uint16_t column)
{
    struct op_columns **inner = &l->columns[l->each_depth - 1]->inner[column];

    if (!*inner)
        *inner = arena_alloc(&l->screen->arena, sizeof(**inner));
    return *inner;
}

static void link_each(struct linker *l, const struct op *op)
{
    struct op *made;

    if (!has_room(l, op))
        return;
    made = add(l, op);
    link_args(l, made);
    if (op->name[0] == '.')
        made->index = field_column(l, op, op->name + 1);
    if (op->name[0] == '.' && l->each_depth > 0)
        made->columns = inner_columns(l, made->index);
    else
        made->columns = arena_alloc(&l->screen->arena, sizeof(*made->columns));
    open_block(l, true);
    l->columns[l->each_depth++] = made->columns;
}

static void link_else(struct linker *l, const struct op *op)
{
    struct open_block *b = l->depth ? &l->blocks[l->depth - 1] : NULL;
    struct op jump = *op;

    if (l->too_deep > 0)
        return;
    if (!b || b->is_each || b->has_else) {
        if (!l->is_vague)
            complain(l, op,
                     b && b->has_else ? "a second 'else', expected 'end'"
                                      : "'else' without an open if:");
        return;
    }
    jump.code = OP_JUMP;
    add(l, &jump);
    l->screen->own_ops[b->op].target = l->screen->count;
    b->op = l->screen->count - 1;
    b->has_else = true;
}

/* Is all between this each: and its end, which is to come, sent as it stands? */
static bool is_flat(const struct screen *s, unsigned each)
{
    bool has_line_end = false;

    for (unsigned i = each + 1; i < s->count; i++) {
        const struct op *op = &s->own_ops[i];

        if (op->code == OP_TEXT)
            has_line_end |= text_wire(op->text, LOOK_ANSI_UTF8, 80)->has_line_end;
        else if (op->code != OP_FIELD || op->format == FORMAT_RAW)
            return false;
    }
    return has_line_end;
}

/* The each: at `each` is about to end. */
static void mark_table(struct linker *l, unsigned each)
{
    struct op *ops = l->screen->own_ops;
    bool has_text = each > 0 && ops[each - 1].code == OP_TEXT;

    heading_mark(ops + each, l->screen->count - each, has_text ? ops[each - 1].text : NULL,
                 &l->screen->arena);
}

static void link_end(struct linker *l, const struct op *op)
{
    struct open_block b;
    struct op next = *op;

    if (l->too_deep > 0) {
        l->too_deep--;
        return;
    }
    if (l->depth == 0) {
        if (!l->is_vague)
            complain(l, op, "'end' without an open if: or each:");
        return;
    }
    b = l->blocks[--l->depth];
    if (b.is_each) {
        l->each_depth--;
        l->screen->own_ops[b.op].is_flat = is_flat(l->screen, b.op);
        mark_table(l, b.op);
        next.code = OP_NEXT;
        next.target = b.op + 1;
        next.in_table = l->screen->own_ops[l->screen->count - 1].in_table;
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
    else if (strcmp(op->name, "title") == 0)
        s->title = op->args[0].value.text.data;
    else if (strcmp(op->name, "header") == 0)
        s->header = (unsigned)op->args[0].value.integer;
    else if (strcmp(op->name, "level") == 0)
        s->level = (unsigned)op->args[0].value.integer;
    else
        s->timeout = (unsigned)op->args[0].value.integer;
}

static bool is_outside_each(struct linker *l, const struct op *op)
{
    static const char *const kinds[OP_COUNT] = {
        [OP_SET] = "set:",   [OP_KEY] = "key:",     [OP_GO] = "go:",
        [OP_POST] = "post:", [OP_ENTER] = "enter:", [OP_LEAVE] = "leave:",
        [OP_TICK] = "tick:", [OP_PAGE] = "page:",   [OP_ITEM] = "item:",
    };

    if (l->each_depth == 0)
        return true;
    complain(l, op, "%s cannot stand inside each: ... end, which repeats it", kinds[op->code]);
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
        complain(l, op, "the screen has more than %d go: and item:", SCREEN_GO_MAX);
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
    if (!l->has_field)
        l->field = l->depth ? l->blocks[0].begin : l->screen->count;
    l->has_field = true;
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
    case OP_ITEM:
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
        if (is_outside_each(l, op))
            link_page(l, op);
        break;
    default:
        made = add(l, op);
        link_args(l, made);
        if (op->code == OP_FIELD)
            made->index = field_column(l, op, op->name + 1);
    }
}

/* More than a screen may be made of? Said once, at the include that leads there. */
static bool is_full(struct linker *l, const struct op *op)
{
    if (l->is_full)
        return true;
    l->is_full = ++l->steps > SCREEN_OPS || l->screen->source_count > SOURCES_MAX;
    if (l->screen->source_count > SOURCES_MAX)
        complain(l, op, "the screen includes more than %d files", SOURCES_MAX);
    else if (l->is_full)
        complain(l, op, "the screen has more than %d parts", SCREEN_OPS);
    return l->is_full;
}

static void link_source(struct linker *l, struct source *source, const struct op *from)
{
    struct screen *s = l->screen;

    s->sources = mem_realloc(s->sources, (s->source_count + 1) * sizeof(struct source *));
    s->sources[s->source_count++] = source_ref(source);
    l->including[l->include_depth++] = source;
    l->is_vague |= source->is_vague;
    s->is_broken |= source->is_broken;
    for (unsigned i = 0; i < source->count; i++) {
        if (is_full(l, from ? from : &source->ops[i]))
            break;
        link_op(l, source, &source->ops[i]);
    }
    l->include_depth--;
}

/* Where the last block before `at`, which is in none, has ended: what stands before that is
 * sent in some cases only. */
static unsigned last_block_end(const struct screen *s, unsigned at)
{
    unsigned end = 0;

    for (unsigned i = 0; i < at; i++) {
        const struct op *op = &s->ops[i];
        bool has_target = op->code == OP_IF || op->code == OP_IF_FIELD || op->code == OP_JUMP ||
                          op->code == OP_EACH;

        if (has_target && op->target > end)
            end = op->target;
    }
    return end;
}

/* "remain" begins at the line of the first field: at the text in which that line begins, but
 * not inside a block. */
static unsigned find_first_field(const struct screen *s, unsigned field)
{
    unsigned block_end = last_block_end(s, field);
    unsigned first = field;

    for (unsigned i = field; i > block_end; i--) {
        const struct op *op = &s->ops[i - 1];

        first = i - 1;
        if (op->code == OP_TEXT && text_wire(op->text, LOOK_ANSI_UTF8, 80)->has_line_end)
            break;
    }
    return first;
}

/* Else the first field is where the screen ends: there is nothing to paint around it. */
static bool is_form(const struct screen *s)
{
    bool has_field = false;

    for (unsigned i = 0; i < s->count; i++) {
        const struct op *op = &s->ops[i];

        if (op->code == OP_ITEM || (op->code == OP_SET && op->width > 0))
            return true;
        if (has_field && op->code != OP_GO)
            return true;
        has_field |= op->code == OP_SET;
    }
    return false;
}

/* As its first drawing wants it that wants anything. */
static void find_art(struct screen *s)
{
    for (unsigned i = 0; i < s->count; i++) {
        const struct art *art = s->ops[i].code == OP_TEXT ? text_art(s->ops[i].text) : NULL;

        if (!art)
            continue;
        s->is_ice |= art->is_ice;
        s->font = s->font ? s->font : art->font;
    }
}

/* What is wrong only once all has been read. */
static void finish(struct linker *l)
{
    for (unsigned i = 0; i < l->depth && !l->is_full && !l->is_vague; i++) {
        const struct open_block *b = &l->blocks[i];

        complain(l, &l->screen->ops[b->begin], "this %s is not closed, expected 'end'",
                 b->is_each ? "each:" : "if:");
    }
    if (l->error_count > ERRORS_MAX)
        buf_printf(l->errors, "%s: and %u more\n", l->screen->sources[0]->file,
                   l->error_count - ERRORS_MAX);
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
    finish(&l);
    s->is_form = is_form(s);
    s->columns = extent_of(s->ops, s->count).columns;
    s->rows = extent_of(s->ops, s->count).rows;
    find_art(s);
    s->first_field = l.has_field ? find_first_field(s, l.field) : s->count;
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
