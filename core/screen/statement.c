/* statement.c -- how a macro is written: kind:name(arguments):format. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screen/compiler.h"

bool statement_ends(struct token t)
{
    return t.type == TOKEN_CLOSE || t.type == TOKEN_END || token_is_mark(t, ';');
}

/* The next token; one that ends the statement stays, also where it comes too early. */
static struct token take(struct source_compiler *c)
{
    struct token t = lexer_peek(&c->lexer);

    if (!statement_ends(t))
        lexer_next(&c->lexer);
    return t;
}

void statement_skip(struct source_compiler *c)
{
    while (!statement_ends(take(c)))
        ;
}

/* That the file ends inside a block is said once, where the block begins. */
bool statement_wrong(struct source_compiler *c, struct token t, const char *expected)
{
    if (t.type == TOKEN_BAD)
        source_complain(c, t.line, t.column, "%s", t.problem);
    else if (t.type != TOKEN_END)
        source_complain(c, t.line, t.column, "found '%s', expected %s",
                        source_shown(t.text).text, expected);
    return false;
}

/* What stands between the quotes of `t`, escapes undone, as UTF-8. */
static struct value string_value(struct source_compiler *c, struct token t)
{
    struct buf out;
    struct buf utf8;
    struct value v = {.type = VALUE_TEXT};

    buf_init(&out, BUF_LARGE);
    buf_init(&utf8, BUF_LARGE);
    for (size_t i = 0; i < t.text.len; i++) {
        char ch = t.text.data[i];

        if (ch == '\\' && i + 1 < t.text.len) {
            ch = t.text.data[++i];
            ch = ch == 'n' ? '\n' : ch == 't' ? '\t' : ch;
        }
        buf_add_byte(&out, ch);
    }
    if (c->source->kind == SOURCE_ANS) {
        charset_decode_cp437(&utf8, buf_span(&out));
    } else {
        source_check_utf8(c, (struct lexer){t.text, t.line, t.column + 1, false});
        buf_add(&utf8, buf_span(&out));
    }
    v.text = arena_copy(&c->source->arena, buf_span(&utf8));
    buf_clear(&out);
    buf_clear(&utf8);
    return v;
}

struct value statement_number(struct span text)
{
    char digits[32];

    snprintf(digits, sizeof(digits), "%.*s", SPAN_ARG(text));
    if (strchr(digits, '.'))
        return (struct value){.type = VALUE_NUMBER, .number = strtod(digits, NULL)};
    return (struct value){.type = VALUE_INTEGER, .integer = strtoll(digits, NULL, 10)};
}

static bool is_ident(struct span s)
{
    return !memchr(s.data, '.', s.len) && !memchr(s.data, '/', s.len) &&
           !memchr(s.data, '-', s.len);
}

bool statement_is_field(struct span name)
{
    return name.data[0] == '.' && is_ident(span_from(name.data + 1, name.len - 1));
}

static bool read_arg_value(struct source_compiler *c, struct token t, struct op_arg *arg)
{
    if (t.type == TOKEN_NUMBER) {
        arg->value = statement_number(t.text);
    } else if (t.type == TOKEN_STRING) {
        arg->value = string_value(c, t);
    } else if (t.type == TOKEN_NAME && (span_is(t.text, "true") || span_is(t.text, "false"))) {
        arg->value = (struct value){.type = VALUE_BOOLEAN, .boolean = t.text.data[0] == 't'};
    } else if (t.type == TOKEN_NAME && (t.text.data[0] != '.' || statement_is_field(t.text))) {
        arg->is_field = t.text.data[0] == '.';
        span_take(&t.text, arg->is_field);
        arg->value.type = VALUE_TEXT;
        arg->value.text = arena_copy(&c->source->arena, t.text);
    } else {
        return statement_wrong(c, t,
                               "a number, a \"text\", true, false, a name or a row's .field");
    }
    return true;
}

static bool read_arg(struct source_compiler *c, struct statement *s)
{
    struct token t = take(c);
    struct op_arg *arg = &s->args[s->arg_count];

    *arg = (struct op_arg){0};
    s->arg_at[s->arg_count] = t;
    if (t.type == TOKEN_NAME && token_is_mark(lexer_peek(&c->lexer), '=')) {
        if (!is_ident(t.text))
            return statement_wrong(c, t, "one word before '='");
        arg->name = arena_text(&c->source->arena, t.text);
        take(c);
        t = take(c);
    }
    s->arg_count++;
    return read_arg_value(c, t, arg);
}

static bool read_args(struct source_compiler *c, struct statement *s)
{
    struct token t;

    if (!token_is_mark(lexer_peek(&c->lexer), '('))
        return true;
    take(c);
    if (token_is_mark(lexer_peek(&c->lexer), ')')) {
        take(c);
        return true;
    }
    do {
        if (s->arg_count == ARGS_MAX) {
            source_complain(c, s->kind.line, s->kind.column, "more than %d arguments",
                            ARGS_MAX);
            return false;
        }
        if (!read_arg(c, s))
            return false;
        t = take(c);
    } while (token_is_mark(t, ','));
    return token_is_mark(t, ')') || statement_wrong(c, t, "',' or ')'");
}

bool statement_read(struct source_compiler *c, struct statement *s)
{
    struct token t = take(c);

    if (!token_is_mark(t, ':'))
        return statement_wrong(c, t, "':' and a name");
    s->name = take(c);
    if (s->name.type != TOKEN_NAME && s->name.type != TOKEN_NUMBER)
        return statement_wrong(c, s->name, "a name");
    if (!read_args(c, s))
        return false;
    if (token_is_mark(lexer_peek(&c->lexer), ':')) {
        take(c);
        s->has_format = true;
        s->format = take(c);
    }
    return true;
}
