/* dump_ops.h -- operations as readable lines, for the tests of core/screen/ and its fuzzer.
 *
 *     2: get stats.top(10, by="calls") right 20
 *     3: if .is_new#1 -> 7 [1]
 *
 * `#` is a column or the bit of a go:, `@` the level of a row, `[1]` how many `each` are round
 * it. Of operations that are not linked yet (`linked` false) there is neither, nor a number. */
#ifndef PERIGEE_TESTS_DUMP_OPS_H
#define PERIGEE_TESTS_DUMP_OPS_H

#include <inttypes.h>

#include "base/utf8.h"
#include "screen/op.h"

static void dump_quoted(struct buf *out, struct span s)
{
    static const struct {
        char c;
        const char *shown;
    } escapes[] = {
        {'\r', "\\r"}, {'\n', "\\n"}, {'\033', "\\e"}, {'"', "\\\""}, {'\\', "\\\\"}};

    buf_add_byte(out, '"');
    for (size_t i = 0; i < s.len; i++) {
        const char *shown = NULL;

        for (unsigned e = 0; e < sizeof(escapes) / sizeof(escapes[0]); e++) {
            if (s.data[i] == escapes[e].c)
                shown = escapes[e].shown;
        }
        if (shown)
            buf_add_text(out, shown);
        else if ((unsigned char)s.data[i] < ' ')
            buf_printf(out, "\\x%02X", (unsigned)s.data[i]);
        else
            buf_add_byte(out, s.data[i]);
    }
    buf_add_byte(out, '"');
}

static void dump_arg(struct buf *out, const struct op_arg *a, bool linked)
{
    char digits[VALUE_DIGITS];

    if (a->name)
        buf_printf(out, "%s=", a->name);
    if (a->is_field && linked)
        buf_printf(out, ".%.*s@%u#%u", SPAN_ARG(a->value.text), a->level, a->column);
    else if (a->is_field)
        buf_printf(out, ".%.*s", SPAN_ARG(a->value.text));
    else if (a->value.type == VALUE_TEXT)
        dump_quoted(out, a->value.text);
    else if (a->value.type == VALUE_BOOLEAN)
        buf_add_text(out, a->value.boolean ? "true" : "false");
    else
        buf_add(out, value_text(a->value, digits));
}

static void dump_args(struct buf *out, const struct op *op, bool linked)
{
    for (unsigned i = 0; i < op->arg_count; i++) {
        buf_add_text(out, i ? ", " : "(");
        dump_arg(out, &op->args[i], linked);
    }
    if (op->arg_count)
        buf_add_byte(out, ')');
}

static void dump_edit(struct buf *out, const struct op *op)
{
    buf_printf(out, " max %u", op->edit.max);
    if (op->edit.mask > 1) {
        buf_add_text(out, " mask ");
        utf8_add(out, op->edit.mask);
    }
    buf_printf(out, "%s%s%s%s", op->edit.mask == 1 ? " hidden" : "",
               op->edit.upper ? " upper" : "", op->edit.digits ? " digits" : "",
               op->edit.hotkey ? " hotkey" : "");
    if (op->standard) {
        buf_add_text(out, " default ");
        dump_quoted(out, span_of(op->standard));
    }
}

/* {name, items{id}} */
static void dump_columns(struct buf *out, const struct op_columns *c)
{
    for (unsigned i = 0; i < c->count; i++) {
        buf_printf(out, "%s%s", i ? ", " : "{", c->names[i]);
        if (c->inner[i])
            dump_columns(out, c->inner[i]);
    }
    buf_add_text(out, c->count ? "}" : "{}");
}

static void dump_linked(struct buf *out, const struct op *op)
{
    bool jumps = op->code == OP_IF || op->code == OP_IF_FIELD || op->code == OP_JUMP ||
                 op->code == OP_EACH || op->code == OP_NEXT;

    if (jumps)
        buf_printf(out, " -> %u", op->target);
    if (op->code == OP_EACH) {
        buf_add_byte(out, ' ');
        dump_columns(out, op->columns);
    }
    if (op->level)
        buf_printf(out, " [%u]", op->level);
}

static void dump_item(struct buf *out, const struct op *op)
{
    buf_add_byte(out, ' ');
    dump_quoted(out, span_of(op->standard));
    if (op->least)
        buf_printf(out, " level %u", op->least);
    if (op->is_dim)
        buf_add_text(out, " dim");
}

static void dump_op(struct buf *out, const struct op *op, bool linked)
{
    static const char *const names[OP_COUNT] = {
        "text", "get",  "get",  "set", "key",     "go",   "item",  "if",    "if",   "jump",
        "each", "next", "else", "end", "include", "post", "enter", "leave", "tick", "page"};
    bool has_index = op->code == OP_FIELD || op->code == OP_IF_FIELD || op->code == OP_GO ||
                     op->code == OP_ITEM || (op->code == OP_EACH && op->name[0] == '.');

    buf_add_text(out, names[op->code]);
    if (op->name)
        buf_printf(out, " %s", op->name);
    if (op->name && has_index && linked)
        buf_printf(out, "#%u", op->index);
    dump_args(out, op, linked);
    if (op->code == OP_TEXT) {
        buf_add_byte(out, ' ');
        dump_quoted(out, text_utf8(op->text));
    }
    if (op->code == OP_SET)
        dump_edit(out, op);
    if (op->code == OP_ITEM)
        dump_item(out, op);
    if (op->format == FORMAT_RAW)
        buf_add_text(out, " raw");
    else if (op->format != FORMAT_NONE)
        buf_printf(out, " %s %u", op->format == FORMAT_LEFT ? "left" : "right", op->width);
    if (linked)
        dump_linked(out, op);
    buf_add_byte(out, '\n');
}

static void dump_ops(struct buf *out, const struct op *ops, unsigned count, bool linked)
{
    for (unsigned i = 0; i < count; i++) {
        if (linked)
            buf_printf(out, "%u: ", i);
        dump_op(out, &ops[i], linked);
    }
}

#endif
