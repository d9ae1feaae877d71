/* However a screen's file is cut, it compiles to the same operations, or to the same findings;
 * what it links to can be run from end to end; each look of each of its texts can be made.
 *
 * Input: a byte n (its low four bits); n cut points (a byte each, the distance from the one
 * before); then the file, which is tried as .txt and as .ans under the keyword "x". */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/utf8.h"
#include "screen/library.h"
#include "tests/unit/dump_ops.h"

enum { CUTS_MAX = 15 };

struct input {
    struct span file;
    unsigned cuts;
    uint8_t cut[CUTS_MAX];
};

static struct input read_input(struct span all)
{
    struct input in = {.cuts = 0};

    if (all.len > 0)
        in.cuts = (uint8_t)span_take(&all, 1).data[0] & 15u;
    for (unsigned i = 0; i < in.cuts; i++)
        in.cut[i] = all.len > 0 ? (uint8_t)span_take(&all, 1).data[0] : 0;
    in.file = all;
    return in;
}

/* The operations, or what was found. */
static void finish(struct source_compiler *c, struct buf *out)
{
    struct source *s = source_compiler_finish(c, out);

    assert(s->is_broken == (out->len > 0));
    if (!s->is_broken)
        dump_ops(out, s->ops, s->count, false);
    source_unref(s);
    source_compiler_free(c);
}

static void check_cuts(const struct input *in, enum source_kind kind)
{
    struct source_compiler *whole = source_compiler_new("x", kind);
    struct source_compiler *cut = source_compiler_new("x", kind);
    struct span rest = in->file;
    struct buf a;
    struct buf b;

    buf_init(&a, BUF_LARGE);
    buf_init(&b, BUF_LARGE);
    source_compiler_feed(whole, in->file);
    for (unsigned i = 0; i < in->cuts; i++)
        source_compiler_feed(cut, span_take(&rest, in->cut[i]));
    source_compiler_feed(cut, rest);
    finish(whole, &a);
    finish(cut, &b);
    assert(span_equals(buf_span(&a), buf_span(&b)));
    buf_clear(&a);
    buf_clear(&b);
}

static void check_text(struct text *t)
{
    assert(utf8_is_valid(text_utf8(t)));
    for (int look = 0; look < LOOK_COUNT * 3; look++) {
        static const unsigned columns[] = {80, 40, 132};
        const struct text_wire *w =
            text_wire(t, (enum look)(look % LOOK_COUNT), columns[look / LOOK_COUNT]);

        assert(w->line <= w->blob->len && (w->line == w->begin || w->has_line_end));
        assert(strlen(w->color) < sizeof(w->color));
    }
}

static void check_column(const struct op_columns *c, unsigned column, const char *name)
{
    assert(column < c->count && strcmp(c->names[column], name) == 0);
}

static void check_op(const struct screen *s, unsigned at, const struct op_columns **columns)
{
    const struct op *op = &s->ops[at];

    for (unsigned i = 0; i < op->arg_count; i++) {
        if (op->args[i].is_field && op->code != OP_GO)
            check_column(columns[op->args[i].level], op->args[i].column,
                         op->args[i].value.text.data);
    }
    if (op->code == OP_FIELD || op->code == OP_IF_FIELD)
        check_column(columns[op->level], op->index, op->name + 1);
    if (op->code == OP_EACH && op->name[0] == '.') {
        check_column(columns[op->level], op->index, op->name + 1);
        assert(columns[op->level]->inner[op->index] == op->columns);
    }
    if (op->code == OP_IF || op->code == OP_IF_FIELD || op->code == OP_JUMP ||
        op->code == OP_EACH)
        assert(op->target > at && op->target <= s->count);
    if (op->code == OP_EACH) {
        assert(op->level < SCREEN_EACH_DEPTH && s->ops[op->target - 1].code == OP_NEXT);
        assert(s->ops[op->target - 1].target == at + 1);
        assert(s->ops[op->target - 1].level == op->level);
        columns[op->level + 1] = op->columns;
    }
    if (op->code == OP_TEXT)
        check_text(op->text);
    assert(op->code < OP_ELSE);
}

static void check_screen(void *arg, const struct screen *s, enum source_kind kind)
{
    const struct op_columns *columns[SCREEN_EACH_DEPTH + 1] = {NULL};

    (void)arg;
    (void)kind;
    assert(s->first_field <= s->count && s->gos <= SCREEN_GO_MAX);
    assert(s->fields + s->keys > 0 || s->first_field == s->count);
    for (unsigned i = 0; i < s->count; i++)
        check_op(s, i, columns);
}

/* The file is there as "x", which may include itself and "z"; "y" includes it in a block. */
static void check_links(const struct input *in)
{
    struct library *l = library_new();
    struct buf errors;
    int set = 0;

    buf_init(&errors, BUF_LARGE);
    library_set(l, "z", SOURCE_TXT, "z.txt", SPAN_LIT("<% if:a.b %>z<% end; set:a.b %>\n"),
                &errors);
    set += library_set(l, "x", SOURCE_TXT, "x.txt", in->file, &errors) == 0;
    set += library_set(l, "x", SOURCE_ANS, "x.ans", in->file, &errors) == 0;
    library_set(l, "y", SOURCE_TXT, "y.txt",
                SPAN_LIT("<% each:a.b; if:.c %>\n<% include:x %>\n<% end; end; include:x %>"),
                &errors);
    buf_reset(&errors);
    assert(library_link(l, &errors) >= 1u + (errors.len == 0 && set == 2));
    library_each(l, check_screen, NULL);
    assert(library_link(l, &errors) == 0);
    buf_clear(&errors);
    library_free(l);
}

/* What is broken is linked too, where mistakes are looked for. */
static void check_broken(const struct input *in)
{
    struct library *l = library_new();
    struct buf errors;

    buf_init(&errors, BUF_LARGE);
    library_take_broken(l);
    library_set(l, "x", SOURCE_TXT, "x.txt", in->file, &errors);
    library_set(l, "y", SOURCE_TXT, "y.txt", SPAN_LIT("<% if:a.b; include:x; end %>"), &errors);
    assert(library_link(l, &errors) == 2);
    assert(library_has(l, SPAN_LIT("x")) && library_has(l, SPAN_LIT("y")));
    buf_clear(&errors);
    library_free(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = read_input(span_from(data, size));

    check_cuts(&in, SOURCE_TXT);
    check_cuts(&in, SOURCE_ANS);
    check_links(&in);
    check_broken(&in);
    return 0;
}
