/* macro.c -- what each macro is compiled to, and what it needs. */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "screen/compiler.h"
#include "term/ansi.h"

enum {
    FIELD_MAX = 250,
    FIT_MAX = 255, /* columns */
};

static const char *const key_names[] = {
    "enter", "escape", "space", "tab", "backspace", "up",        "down",
    "left",  "right",  "home",  "end", "page_up",   "page_down", "insert",
    "f1",    "f2",     "f3",    "f4",  "f5",        "f6",        "f7",
    "f8",    "f9",     "f10",   "f11", "f12",       "delete",    NULL};

/* The operation of a statement, with its name and arguments in the arena. */
static struct op *add_macro(struct source_compiler *c, enum op_code code,
                            const struct statement *s)
{
    size_t size = s->arg_count * sizeof(struct op_arg);
    struct op_arg *args = arena_alloc(&c->source->arena, size ? size : 1);
    struct op *op;

    memcpy(args, s->args, size);
    op = source_add_op(c, code, s->kind);
    op->name = arena_text(&c->source->arena, s->name.text);
    op->args = args;
    op->arg_count = (uint16_t)s->arg_count;
    return op;
}

static bool is_handler(struct span name)
{
    return name.data[0] != '.' && memchr(name.data, '.', name.len) &&
           !memchr(name.data, '/', name.len) && !memchr(name.data, '-', name.len);
}

static bool need_handler(struct source_compiler *c, const struct statement *s, bool or_field)
{
    bool is_name = s->name.type == TOKEN_NAME; /* 1.5 is none */

    if (is_name && (is_handler(s->name.text) || (or_field && statement_is_field(s->name.text))))
        return true;
    source_complain(c, s->name.line, s->name.column,
                    "'%s' is no handler, expected a name like users.online%s",
                    source_shown(s->name.text).text, or_field ? " or a row's .field" : "");
    return false;
}

static bool need_keyword(struct source_compiler *c, struct span s, struct token at)
{
    if (source_is_keyword(s))
        return true;
    source_complain(
        c, at.line, at.column,
        "'%s' is no keyword, expected lower case letters, digits, '_' and '-', joined "
        "by '/'",
        source_shown(s).text);
    return false;
}

static bool need_no_args(struct source_compiler *c, const struct statement *s)
{
    if (s->arg_count == 0)
        return true;
    source_complain(c, s->arg_at[0].line, s->arg_at[0].column, "'%s' takes no arguments",
                    source_shown(s->name.text).text);
    return false;
}

/* As wide as the macro itself: known when it has been read. */
static bool begin_fit(struct source_compiler *c, const struct statement *s, struct op *op)
{
    if (c->fit > 0) {
        source_complain(c, s->format.line, s->format.column,
                        "a second 'fit', expected one in a macro");
        return false;
    }
    op->format = FORMAT_LEFT;
    c->fit = c->source->count;
    return true;
}

static void end_fit(struct source_compiler *c, struct lexer begin)
{
    struct span macro = span_from(begin.rest.data, begin.rest.len - c->lexer.rest.len);
    bool is_ans = c->source->kind == SOURCE_ANS;
    size_t columns = is_ans ? macro.len : utf8_columns(macro);
    struct op *op = &c->source->ops[c->fit - 1];

    c->fit = 0;
    if (memchr(macro.data, '\n', macro.len) || columns > FIT_MAX) {
        source_complain(c, begin.line, begin.column,
                        "'fit' in a macro of several lines or more than %d columns", FIT_MAX);
        return;
    }
    op->width = (uint16_t)columns;
    if (is_ans)
        art_skip(&c->art, op->width);
}

static bool read_format(struct source_compiler *c, const struct statement *s, struct op *op)
{
    struct span f = s->format.text;
    long n = 0;

    if (!s->has_format)
        return true;
    if (s->format.type == TOKEN_NAME && span_is(f, "raw")) {
        op->format = FORMAT_RAW;
        return true;
    }
    if (s->format.type == TOKEN_NAME && span_is(f, "fit"))
        return begin_fit(c, s, op);
    if (s->format.type == TOKEN_NUMBER && !memchr(f.data, '.', f.len))
        n = (long)statement_number(f).integer;
    if (n == 0 || n < -255 || n > 255)
        return statement_wrong(c, s->format,
                               "a format: a number of columns (1 to 255), -number, fit or raw");
    op->format = n < 0 ? FORMAT_LEFT : FORMAT_RIGHT;
    op->width = (uint16_t)labs(n);
    return true;
}

/* The format of what stands in a place of its own: how wide that is. */
static void read_width(struct source_compiler *c, const struct statement *s, struct op *op)
{
    if (s->has_format && s->format.type == TOKEN_NAME && span_is(s->format.text, "raw"))
        statement_wrong(c, s->format, "a format: a number of columns, or fit");
    else if (read_format(c, s, op) && c->source->kind == SOURCE_ANS)
        art_skip(&c->art, op->width);
}

/* An argument of `ansi:`, `go:` or `page:` has its place, no name, and is known now. */
static bool is_plain(const struct op_arg *arg, enum value_type type)
{
    return !arg->name && !arg->is_field && arg->value.type == type;
}

static void compile_ansi(struct source_compiler *c, const struct statement *s)
{
    struct ansi_arg args[ARGS_MAX];
    struct err why;

    for (unsigned i = 0; i < s->arg_count; i++) {
        const struct op_arg *a = &s->args[i];

        if (a->name || a->is_field) {
            statement_wrong(c, s->arg_at[i], "a number or a name");
            return;
        }
        args[i] = (struct ansi_arg){.is_number = a->value.type == VALUE_INTEGER};
        if (args[i].is_number)
            args[i].number = (long)a->value.integer;
        else
            args[i].word = a->value.type == VALUE_TEXT ? a->value.text : SPAN_LIT("");
    }
    if (ansi_macro(&c->run, s->name.text, args, s->arg_count, &why) < 0)
        source_complain(c, s->name.line, s->name.column, "%s", why.text);
    else if (s->name.text.len == 6 && strncasecmp(s->name.text.data, "normal", 6) == 0)
        c->colors = 0x07;
}

static void compile_get(struct source_compiler *c, const struct statement *s)
{
    struct op *op;

    if (!need_handler(c, s, true))
        return;
    op = add_macro(c, s->name.text.data[0] == '.' ? OP_FIELD : OP_GET, s);
    if (read_format(c, s, op) && c->source->kind == SOURCE_ANS)
        art_skip(&c->art, op->width);
}

static bool *find_flag(struct op *op, struct span name)
{
    return span_is(name, "upper")    ? &op->edit.upper
           : span_is(name, "digits") ? &op->edit.digits
           : span_is(name, "hotkey") ? &op->edit.hotkey
                                     : NULL;
}

/* One option of a field; others are the handler's own. */
static bool read_field_option(struct source_compiler *c, const struct op_arg *arg,
                              struct token at, struct op *op)
{
    const struct value *v = &arg->value;
    struct span one = v->type == VALUE_TEXT ? v->text : SPAN_LIT("");
    bool *flag = find_flag(op, arg->name ? span_of(arg->name) : one);

    if (!arg->name) { /* "upper" alone is "upper=true" */
        if (flag)
            *flag = true;
        return true;
    }
    if (flag) {
        *flag = v->type == VALUE_BOOLEAN && v->boolean;
        return v->type == VALUE_BOOLEAN ||
               statement_wrong(c, at, "true or false for this option");
    }
    if (strcmp(arg->name, "max") == 0) {
        op->edit.max = (uint16_t)v->integer;
        return (v->type == VALUE_INTEGER && v->integer >= 1 && v->integer <= 1000) ||
               statement_wrong(c, at, "max=1 to max=1000");
    }
    if (strcmp(arg->name, "history") == 0) {
        op->history = (uint8_t)v->integer;
        return (v->type == VALUE_INTEGER && v->integer >= 1 && v->integer <= RECALL_MAX) ||
               statement_wrong(c, at, "history=1 to history=50");
    }
    if (strcmp(arg->name, "mask") == 0) {
        if (v->type == VALUE_TEXT)
            op->edit.mask = one.len == 0 ? 1 : utf8_next(&one, NULL);
        return (op->edit.mask == 1 || (op->edit.mask >= ' ' && one.len == 0)) ||
               statement_wrong(c, at, "mask=\"*\", one character, or \"\" to show nothing");
    }
    if (strcmp(arg->name, "default") == 0) {
        op->standard = v->type == VALUE_TEXT ? v->text.data : NULL;
        return v->type == VALUE_TEXT || statement_wrong(c, at, "default=\"text\"");
    }
    return true;
}

static void compile_set(struct source_compiler *c, const struct statement *s)
{
    struct op *op;

    if (!need_handler(c, s, false))
        return;
    op = add_macro(c, OP_SET, s);
    for (unsigned i = 0; i < s->arg_count; i++)
        read_field_option(c, &s->args[i], s->arg_at[i], op);
    if (op->edit.max == 0)
        op->edit.max = op->edit.hotkey ? 1 : FIELD_MAX;
    read_width(c, s, op);
    op->format = op->width || c->fit ? FORMAT_LEFT : FORMAT_NONE;
}

static void compile_key(struct source_compiler *c, const struct statement *s)
{
    if (need_handler(c, s, false))
        add_macro(c, OP_KEY, s);
}

static void compile_call(struct source_compiler *c, const struct statement *s)
{
    static const struct {
        const char *kind;
        enum op_code code;
    } calls[] = {{"post", OP_POST}, {"enter", OP_ENTER}, {"leave", OP_LEAVE}};

    for (unsigned i = 0; i < 3; i++) {
        if (span_is(s->kind.text, calls[i].kind) && need_handler(c, s, false))
            add_macro(c, calls[i].code, s);
    }
}

static void compile_tick(struct source_compiler *c, const struct statement *s)
{
    if (!need_handler(c, s, false))
        return;
    if (s->arg_count < 1 || !is_plain(&s->args[0], VALUE_INTEGER) ||
        s->args[0].value.integer < 1 || s->args[0].value.integer > 86400)
        statement_wrong(c, s->name, "seconds behind it, tick:h(5), from 1 to 86400");
    else
        add_macro(c, OP_TICK, s);
}

static bool is_key(struct span s)
{
    struct span rest = s;
    uint32_t cp;

    if (s.len == 0)
        return false;
    cp = utf8_next(&rest, NULL);
    return span_is_one_of(s, key_names) || (cp > ' ' && cp != 0x7F && rest.len == 0);
}

static void need_keys(struct source_compiler *c, const struct statement *s)
{
    for (unsigned i = 0; i < s->arg_count; i++) {
        if (!is_plain(&s->args[i], VALUE_TEXT) || !is_key(s->args[i].value.text))
            statement_wrong(
                c, s->arg_at[i],
                "a key: one character, or enter, escape, space, up, page_down, f1 ...");
    }
}

static void compile_go(struct source_compiler *c, const struct statement *s)
{
    if (!need_keyword(c, s->name.text, s->name))
        return;
    if (s->arg_count == 0)
        statement_wrong(c, s->name, "a key behind it, as in go:menu(\"M\")");
    need_keys(c, s);
    add_macro(c, OP_GO, s);
}

/* level=N, dim=true */
static bool read_item_option(struct source_compiler *c, const struct op_arg *arg,
                             struct token at, struct op *op)
{
    const struct value *v = &arg->value;

    if (strcmp(arg->name, "level") == 0) {
        op->least = (uint8_t)v->integer;
        return (v->type == VALUE_INTEGER && v->integer >= 0 && v->integer <= 255) ||
               statement_wrong(c, at, "level=0 to level=255");
    }
    op->is_dim = v->type == VALUE_BOOLEAN && v->boolean;
    return (strcmp(arg->name, "dim") == 0 && v->type == VALUE_BOOLEAN) ||
           statement_wrong(c, at, "level=N or dim=true");
}

/* Its keys, then its text, then its options. */
static void compile_item(struct source_compiler *c, const struct statement *s)
{
    struct statement keys = *s;
    struct op *op;

    if (!need_keyword(c, s->name.text, s->name))
        return;
    keys.arg_count = 0;
    while (keys.arg_count < s->arg_count && is_plain(&s->args[keys.arg_count], VALUE_TEXT))
        keys.arg_count++;
    if (keys.arg_count < 2) {
        statement_wrong(c, s->name,
                        "a key and a text behind it, as in item:files(\"F\", \"File areas\")");
        return;
    }
    keys.arg_count--;
    need_keys(c, &keys);
    op = add_macro(c, OP_ITEM, &keys);
    op->standard = s->args[keys.arg_count].value.text.data;
    for (unsigned i = keys.arg_count + 1; i < s->arg_count; i++) {
        if (!s->args[i].name)
            statement_wrong(c, s->arg_at[i], "level=N or dim=true behind the text");
        else if (!read_item_option(c, &s->args[i], s->arg_at[i], op))
            break;
    }
    read_width(c, s, op);
}

static void compile_if(struct source_compiler *c, const struct statement *s)
{
    if (need_handler(c, s, true))
        add_macro(c, s->name.text.data[0] == '.' ? OP_IF_FIELD : OP_IF, s);
    else
        source_add_op(c, OP_IF, s->kind)->name = ""; /* its `end` belongs to it */
}

static void compile_each(struct source_compiler *c, const struct statement *s)
{
    if (need_handler(c, s, true))
        add_macro(c, OP_EACH, s);
    else
        source_add_op(c, OP_EACH, s->kind)->name = "";
}

static void compile_include(struct source_compiler *c, const struct statement *s)
{
    if (need_keyword(c, s->name.text, s->name) && need_no_args(c, s))
        add_macro(c, OP_INCLUDE, s);
}

static void compile_page(struct source_compiler *c, const struct statement *s)
{
    const struct op_arg *arg = s->arg_count == 1 ? &s->args[0] : NULL;
    bool number = arg && is_plain(arg, VALUE_INTEGER) && arg->value.integer >= 0;

    if (span_is(s->name.text, "keep")) {
        if (need_no_args(c, s))
            add_macro(c, OP_PAGE, s);
    } else if (span_is(s->name.text, "level") || span_is(s->name.text, "timeout")) {
        if (number && arg->value.integer <= (s->name.text.data[0] == 'l' ? 255 : 86400))
            add_macro(c, OP_PAGE, s);
        else
            statement_wrong(c, s->name,
                            "a number behind it: level(0 to 255), timeout(0 to 86400)");
    } else if (span_is(s->name.text, "header")) {
        if (number && arg->value.integer >= 1 && arg->value.integer <= 20)
            add_macro(c, OP_PAGE, s);
        else
            statement_wrong(c, s->name, "rows behind it, as in page:header(3), from 1 to 20");
    } else if (span_is(s->name.text, "escape")) {
        if (!arg || !is_plain(arg, VALUE_TEXT))
            statement_wrong(c, s->name, "a keyword behind it, as in page:escape(menu)");
        else if (need_keyword(c, arg->value.text, s->arg_at[0]))
            add_macro(c, OP_PAGE, s);
    } else if (span_is(s->name.text, "title")) {
        if (arg && is_plain(arg, VALUE_TEXT))
            add_macro(c, OP_PAGE, s);
        else
            statement_wrong(c, s->name,
                            "a text behind it, as in page:title(\"The main menu\")");
    } else {
        statement_wrong(
            c, s->name,
            "one of level(N), keep, escape(KEYWORD), timeout(SECONDS), title(TEXT), "
            "header(ROWS)");
    }
}

static const struct {
    const char *kind;
    void (*compile)(struct source_compiler *c, const struct statement *s);
} kinds[] = {
    {"ansi", compile_ansi},       {"get", compile_get},    {"set", compile_set},
    {"key", compile_key},         {"post", compile_call},  {"go", compile_go},
    {"item", compile_item},       {"if", compile_if},      {"each", compile_each},
    {"include", compile_include}, {"enter", compile_call}, {"leave", compile_call},
    {"tick", compile_tick},       {"page", compile_page},
};

static bool takes_format(const char *kind)
{
    static const char *const takers[] = {"get", "set", "item", NULL};

    return span_is_one_of(span_of(kind), takers);
}

static void compile_kind(struct source_compiler *c, struct statement *s)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!span_is(s->kind.text, kinds[i].kind))
            continue;
        if (!statement_read(c, s)) {
            c->source->is_vague = true;
            statement_skip(c);
            return;
        }
        if (kinds[i].compile != compile_ansi)
            source_flush_run(c);
        kinds[i].compile(c, s);
        if (s->has_format && !takes_format(kinds[i].kind))
            statement_wrong(c, s->format, "no format: only get:, set: and item: take one");
        return;
    }
    statement_wrong(
        c, s->kind,
        "one of ansi get set key post go item if else end each include enter leave tick page");
    c->source->is_vague = true;
    statement_skip(c);
}

/* One statement; its kind has been read. */
static void compile_statement(struct source_compiler *c, struct token kind)
{
    struct statement s = {.kind = kind};

    if (kind.type == TOKEN_NAME && (span_is(kind.text, "else") || span_is(kind.text, "end"))) {
        source_flush_run(c);
        source_add_op(c, kind.text.data[1] == 'l' ? OP_ELSE : OP_END, kind);
    } else if (kind.type == TOKEN_NAME) {
        compile_kind(c, &s);
    } else {
        statement_wrong(c, kind, "a macro like get:users.online");
        statement_skip(c);
    }
}

void macro_compile_block(struct source_compiler *c)
{
    struct lexer begin = c->lexer;

    lexer_skip(&c->lexer, 2);
    while (!source_is_full(c)) {
        struct token t = lexer_next(&c->lexer);

        if (t.type == TOKEN_CLOSE) {
            if (c->fit > 0)
                end_fit(c, begin);
            return;
        }
        if (t.type == TOKEN_END) {
            c->fit = 0;
            source_complain(
                c, begin.line, begin.column,
                "the macro is not closed, expected '%%>', not in a text or a comment");
            c->source->is_vague = true;
            return;
        }
        if (token_is_mark(t, ';'))
            continue;
        compile_statement(c, t);
        t = lexer_peek(&c->lexer);
        if (!statement_ends(t)) {
            statement_wrong(c, t, "';' or '%>'");
            statement_skip(c);
        }
    }
}
