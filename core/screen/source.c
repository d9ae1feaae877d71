#include "screen/source.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "screen/lexer.h"
#include "term/ansi.h"

enum {
    ERRORS_MAX = 50,
    ARGS_MAX = 16,
    FIELD_MAX = 250,
    OPS_MAX = 20000, /* as many as a whole screen may have */
    SHOWN_MAX = 40,  /* of a word in a message */
    FIT_MAX = 255,   /* columns */
};

struct source_compiler {
    struct source *source;
    struct buf text;
    bool too_long;
    struct lexer lexer;
    struct buf run;         /* text since the last operation, as text.h takes it */
    unsigned colors;        /* the pipe codes' state */
    struct art art;         /* SOURCE_ANS: where the drawing's cursor is */
    unsigned fit;           /* the operation whose width is the macro's own, plus 1; 0: none */
    bool line_is_blank;     /* nothing but blanks has been on this line yet */
    const char *silent_end; /* where the line ends that is not sent; NULL: this one is */
    struct buf *errors;
    unsigned error_count;
};

static const char *const endings[] = {".ans", ".txt", ".asc"};
static const char *const return_words[] = {"back",   "refresh", "repeat", "remain",
                                           "hangup", "root",    NULL};
static const char *const key_names[] = {
    "enter", "escape", "space", "tab", "backspace", "up",        "down",
    "left",  "right",  "home",  "end", "page_up",   "page_down", "insert",
    "f1",    "f2",     "f3",    "f4",  "f5",        "f6",        "f7",
    "f8",    "f9",     "f10",   "f11", "f12",       "delete",    NULL};

bool source_find_kind(struct span name, enum source_kind *out)
{
    for (int i = 0; i < SOURCE_KINDS; i++) {
        if (name.len > 4 && memcmp(name.data + name.len - 4, endings[i], 4) == 0) {
            *out = (enum source_kind)i;
            return true;
        }
    }
    return false;
}

bool source_is_keyword(struct span s)
{
    bool word = false;

    for (size_t i = 0; i < s.len; i++) {
        char c = s.data[i];

        if (islower((unsigned char)c) || isdigit((unsigned char)c) || c == '_' || c == '-')
            word = true;
        else if (c == '/' && word)
            word = false;
        else
            return false;
    }
    return word && s.len <= 128;
}

static bool is_one_of(struct span s, const char *const *words)
{
    for (; *words; words++) {
        if (span_is(s, *words))
            return true;
    }
    return false;
}

bool source_is_return_word(struct span s)
{
    return is_one_of(s, return_words);
}

/* --- findings and operations --- */

__attribute__((format(printf, 4, 5))) static void
complain(struct source_compiler *c, uint32_t line, uint32_t column, const char *format, ...)
{
    va_list args;

    c->source->is_broken = true;
    if (++c->error_count > ERRORS_MAX)
        return;
    buf_printf(c->errors, "%s:%u:%u: ", c->source->file, line, column);
    va_start(args, format);
    buf_vprintf(c->errors, format, args);
    va_end(args);
    buf_add_byte(c->errors, '\n');
}

/* A word of the file as messages show it: not long, and nothing that a terminal acts on. */
struct shown {
    char text[SHOWN_MAX + sizeof("...")];
};

static struct shown shown(struct span s)
{
    struct shown out;
    size_t n = s.len < SHOWN_MAX ? s.len : SHOWN_MAX;

    for (size_t i = 0; i < n; i++)
        out.text[i] = (char)(s.data[i] >= ' ' && s.data[i] <= '~' ? s.data[i] : '?');
    snprintf(out.text + n, sizeof(out.text) - n, "%s", n < s.len ? "..." : "");
    return out;
}

static struct op *add_op(struct source_compiler *c, enum op_code code, struct token at)
{
    struct source *s = c->source;
    struct op *op;

    if (s->count == s->capacity) {
        s->capacity = s->capacity ? s->capacity * 2 : 8;
        s->ops = mem_realloc(s->ops, s->capacity * sizeof(*s->ops));
    }
    op = &s->ops[s->count++];
    *op = (struct op){.code = code, .line = at.line, .column = at.column, .file = s->file};
    return op;
}

/* How much of `s` is one operation. Of a large text a piece is, up to a line's end, or of a
 * drawing, which has none, to the beginning of a sequence or of a character. */
static size_t piece_length(struct span s)
{
    static const char ends[] = {'\n', '\033'};
    size_t n = TEXT_PIECE;

    if (s.len <= TEXT_PIECE)
        return s.len;
    for (unsigned i = 0; i < sizeof(ends); i++) {
        const char *end = memrchr(s.data + 1, ends[i], TEXT_PIECE - 1);

        if (end)
            return (size_t)(end - s.data) + (*end == '\n');
    }
    while ((s.data[n] & 0xC0) == 0x80)
        n--;
    return n;
}

/* The text gathered so far becomes an operation of its own, or several. */
static void flush_run(struct source_compiler *c)
{
    struct token at = {.line = c->lexer.line, .column = c->lexer.column};
    struct span rest = buf_span(&c->run);

    while (rest.len > 0) {
        struct span piece = span_take(&rest, piece_length(rest));

        if (c->source->kind == SOURCE_ANS) {
            add_op(c, OP_TEXT, at)->text = text_new_art(piece, &c->art);
            art_fit(&c->art, NULL, piece, c->art.width);
            c->art.is_unresolved = false; /* something else follows */
        } else {
            add_op(c, OP_TEXT, at)->text = text_new(piece);
        }
    }
    buf_reset(&c->run);
}

/* --- text --- */

static void add_with_line_ends(struct buf *out, struct span s)
{
    while (s.len > 0) {
        const char *end = memchr(s.data, '\n', s.len);
        struct span line = span_take(&s, end ? (size_t)(end - s.data) : s.len);

        buf_add(out, line);
        if (end) {
            buf_add(out, line.len > 0 && end[-1] == '\r' ? SPAN_LIT("\n") : SPAN_LIT("\r\n"));
            span_take(&s, 1);
        }
    }
}

static void check_utf8(struct source_compiler *c, struct lexer place)
{
    while (place.rest.len > 0) {
        struct span after = place.rest;
        bool ok;

        utf8_next(&after, &ok);
        if (!ok) {
            complain(c, place.line, place.column,
                     "byte 0x%02X is not UTF-8, expected a file that is saved as UTF-8",
                     (unsigned char)place.rest.data[0]);
            return;
        }
        lexer_skip(&place, place.rest.len - after.len);
    }
}

static void add_whole_text(struct source_compiler *c, struct span s, const struct lexer *place)
{
    struct buf lines;

    if (s.len == 0)
        return;
    buf_init(&lines, BUF_LARGE);
    add_with_line_ends(&lines, s);
    if (c->source->kind == SOURCE_ANS) {
        charset_decode_art(&c->run, buf_span(&lines));
    } else {
        check_utf8(c, (struct lexer){s, place->line, place->column, false});
        if (c->source->kind == SOURCE_TXT)
            ansi_pipe(&c->run, buf_span(&lines), true, &c->colors);
        else
            buf_add(&c->run, buf_span(&lines));
    }
    buf_clear(&lines);
}

static void note_cut(struct source_compiler *c, const struct lexer *place)
{
    if (c->source->cut_line > 0)
        return;
    c->source->cut_line = place->line;
    c->source->cut_column = place->column;
}

/* What stands at c->lexer, less escape sequences that are cut off. */
static void add_text(struct source_compiler *c, struct span s)
{
    struct lexer place = c->lexer;

    while (s.len > 0) {
        size_t len = 0;
        size_t at = ansi_find_cut(s, &len);

        add_whole_text(c, span_take(&s, at), &place);
        if (s.len == 0)
            return;
        lexer_skip(&place, at);
        note_cut(c, &place);
        lexer_skip(&place, len);
        span_take(&s, len);
    }
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool at_block(struct span rest)
{
    return span_starts_with(rest, "<%") &&
           (!span_starts_with(rest, "<%%") || span_starts_with(rest, "<%%>"));
}

/* Is the line, of which `piece` is a part, blank up to the end of it? */
static bool is_blank_after(bool before, struct span piece)
{
    size_t n = piece.len;

    while (n > 0 && is_blank(piece.data[n - 1]))
        n--;
    return n == 0 ? before : piece.data[n - 1] == '\n';
}

/* Plain text up to the next block: "<%%" prints "<%". */
static void read_text(struct source_compiler *c)
{
    struct span rest = c->lexer.rest;
    const char *mark = memmem(rest.data, rest.len, "<%", 2);
    struct span piece = span_from(rest.data, mark ? (size_t)(mark - rest.data) : rest.len);
    bool is_escaped = mark && !at_block(span_from(mark, rest.len - piece.len));

    c->line_is_blank = !is_escaped && is_blank_after(c->line_is_blank, piece);
    piece.len += is_escaped ? 2 : 0;
    add_text(c, piece);
    lexer_skip(&c->lexer, piece.len + is_escaped);
}

/* --- lines that are not sent: all that stands on them is blocks that print nothing --- */

/* Move behind the block whose "<%" has been read. False: it prints, or does not end. */
static bool skip_silent_block(struct lexer *l)
{
    static const char *const printing[] = {"get", "set", "key", "item", "include", NULL};
    bool begins = true;

    for (;;) {
        struct token t = lexer_next(l);

        if (t.type == TOKEN_CLOSE)
            return true;
        if (t.type == TOKEN_END || (begins && is_one_of(t.text, printing)))
            return false;
        begins = token_is_mark(t, ';');
    }
}

/* Look ahead from the first block of a line, over all that stand on it: where the line ends if
 * it is not sent, or NULL. Once for each line, so that the file is looked at twice at most. */
static const char *find_silent_end(const struct source_compiler *c)
{
    struct lexer l = c->lexer;

    while (at_block(l.rest)) {
        lexer_skip(&l, 2);
        if (!skip_silent_block(&l))
            return NULL;
        while (l.rest.len > 0 && is_blank(l.rest.data[0]))
            lexer_skip(&l, 1);
    }
    if (l.rest.len > 0 && l.rest.data[0] != '\n')
        return NULL;
    return l.rest.data + (l.rest.len > 0);
}

/* The blanks before the first block are still in the run; they go too. */
static void begin_silent_line(struct source_compiler *c)
{
    c->silent_end = find_silent_end(c);
    if (!c->silent_end)
        return;
    while (c->run.len > 0 && is_blank(c->run.data[c->run.len - 1]))
        buf_cut(&c->run, c->run.len - 1);
}

/* What stands between the blocks of such a line, or behind the last. */
static void skip_silent_text(struct source_compiler *c)
{
    while (c->lexer.rest.data < c->silent_end && !at_block(c->lexer.rest))
        lexer_skip(&c->lexer, 1);
    if (c->lexer.rest.data < c->silent_end)
        return;
    c->silent_end = NULL;
    c->line_is_blank = true;
}

/* --- macros --- */

struct statement {
    struct token kind;
    struct token name;
    struct op_arg args[ARGS_MAX];
    unsigned arg_count;
    struct token arg_at[ARGS_MAX];
    struct token format;
    bool has_format;
};

static bool ends_statement(struct token t)
{
    return t.type == TOKEN_CLOSE || t.type == TOKEN_END || token_is_mark(t, ';');
}

/* The next token; one that ends the statement stays, also where it comes too early. */
static struct token take(struct source_compiler *c)
{
    struct token t = lexer_peek(&c->lexer);

    if (!ends_statement(t))
        lexer_next(&c->lexer);
    return t;
}

static void skip_statement(struct source_compiler *c)
{
    while (!ends_statement(take(c)))
        ;
}

/* That the file ends inside a block is said once, where the block begins. */
static bool wrong(struct source_compiler *c, struct token t, const char *expected)
{
    if (t.type == TOKEN_BAD)
        complain(c, t.line, t.column, "%s", t.problem);
    else if (t.type != TOKEN_END)
        complain(c, t.line, t.column, "found '%s', expected %s", shown(t.text).text, expected);
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
        check_utf8(c, (struct lexer){t.text, t.line, t.column + 1, false});
        buf_add(&utf8, buf_span(&out));
    }
    v.text = arena_copy(&c->source->arena, buf_span(&utf8));
    buf_clear(&out);
    buf_clear(&utf8);
    return v;
}

static struct value number_value(struct span text)
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

static bool is_field(struct span name)
{
    return name.data[0] == '.' && is_ident(span_from(name.data + 1, name.len - 1));
}

static bool read_arg_value(struct source_compiler *c, struct token t, struct op_arg *arg)
{
    if (t.type == TOKEN_NUMBER) {
        arg->value = number_value(t.text);
    } else if (t.type == TOKEN_STRING) {
        arg->value = string_value(c, t);
    } else if (t.type == TOKEN_NAME && (span_is(t.text, "true") || span_is(t.text, "false"))) {
        arg->value = (struct value){.type = VALUE_BOOLEAN, .boolean = t.text.data[0] == 't'};
    } else if (t.type == TOKEN_NAME && (t.text.data[0] != '.' || is_field(t.text))) {
        arg->is_field = t.text.data[0] == '.';
        span_take(&t.text, arg->is_field);
        arg->value.type = VALUE_TEXT;
        arg->value.text = arena_copy(&c->source->arena, t.text);
    } else {
        return wrong(c, t, "a number, a \"text\", true, false, a name or a row's .field");
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
            return wrong(c, t, "one word before '='");
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
            complain(c, s->kind.line, s->kind.column, "more than %d arguments", ARGS_MAX);
            return false;
        }
        if (!read_arg(c, s))
            return false;
        t = take(c);
    } while (token_is_mark(t, ','));
    return token_is_mark(t, ')') || wrong(c, t, "',' or ')'");
}

static bool read_statement(struct source_compiler *c, struct statement *s)
{
    struct token t = take(c);

    if (!token_is_mark(t, ':'))
        return wrong(c, t, "':' and a name");
    s->name = take(c);
    if (s->name.type != TOKEN_NAME && s->name.type != TOKEN_NUMBER)
        return wrong(c, s->name, "a name");
    if (!read_args(c, s))
        return false;
    if (token_is_mark(lexer_peek(&c->lexer), ':')) {
        take(c);
        s->has_format = true;
        s->format = take(c);
    }
    return true;
}

/* The operation of a statement, with its name and arguments in the arena. */
static struct op *add_macro(struct source_compiler *c, enum op_code code,
                            const struct statement *s)
{
    size_t size = s->arg_count * sizeof(struct op_arg);
    struct op_arg *args = arena_alloc(&c->source->arena, size ? size : 1);
    struct op *op;

    memcpy(args, s->args, size);
    op = add_op(c, code, s->kind);
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

    if (is_name && (is_handler(s->name.text) || (or_field && is_field(s->name.text))))
        return true;
    complain(c, s->name.line, s->name.column,
             "'%s' is no handler, expected a name like users.online%s",
             shown(s->name.text).text, or_field ? " or a row's .field" : "");
    return false;
}

static bool need_keyword(struct source_compiler *c, struct span s, struct token at)
{
    if (source_is_keyword(s))
        return true;
    complain(c, at.line, at.column,
             "'%s' is no keyword, expected lower case letters, digits, '_' and '-', joined "
             "by '/'",
             shown(s).text);
    return false;
}

static bool need_no_args(struct source_compiler *c, const struct statement *s)
{
    if (s->arg_count == 0)
        return true;
    complain(c, s->arg_at[0].line, s->arg_at[0].column, "'%s' takes no arguments",
             shown(s->name.text).text);
    return false;
}

/* As wide as the macro itself: known when it has been read. */
static bool begin_fit(struct source_compiler *c, const struct statement *s, struct op *op)
{
    if (c->fit > 0) {
        complain(c, s->format.line, s->format.column,
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
        complain(c, begin.line, begin.column,
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
        n = (long)number_value(f).integer;
    if (n == 0 || n < -255 || n > 255)
        return wrong(c, s->format,
                     "a format: a number of columns (1 to 255), -number, fit or raw");
    op->format = n < 0 ? FORMAT_LEFT : FORMAT_RIGHT;
    op->width = (uint16_t)labs(n);
    return true;
}

/* The format of what stands in a place of its own: how wide that is. */
static void read_width(struct source_compiler *c, const struct statement *s, struct op *op)
{
    if (s->has_format && s->format.type == TOKEN_NAME && span_is(s->format.text, "raw"))
        wrong(c, s->format, "a format: a number of columns, or fit");
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
            wrong(c, s->arg_at[i], "a number or a name");
            return;
        }
        args[i] = (struct ansi_arg){.is_number = a->value.type == VALUE_INTEGER};
        if (args[i].is_number)
            args[i].number = (long)a->value.integer;
        else
            args[i].word = a->value.type == VALUE_TEXT ? a->value.text : SPAN_LIT("");
    }
    if (ansi_macro(&c->run, s->name.text, args, s->arg_count, &why) < 0)
        complain(c, s->name.line, s->name.column, "%s", why.text);
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
        return v->type == VALUE_BOOLEAN || wrong(c, at, "true or false for this option");
    }
    if (strcmp(arg->name, "max") == 0) {
        op->edit.max = (uint16_t)v->integer;
        return (v->type == VALUE_INTEGER && v->integer >= 1 && v->integer <= 1000) ||
               wrong(c, at, "max=1 to max=1000");
    }
    if (strcmp(arg->name, "history") == 0) {
        op->history = (uint8_t)v->integer;
        return (v->type == VALUE_INTEGER && v->integer >= 1 && v->integer <= RECALL_MAX) ||
               wrong(c, at, "history=1 to history=50");
    }
    if (strcmp(arg->name, "mask") == 0) {
        if (v->type == VALUE_TEXT)
            op->edit.mask = one.len == 0 ? 1 : utf8_next(&one, NULL);
        return (op->edit.mask == 1 || (op->edit.mask >= ' ' && one.len == 0)) ||
               wrong(c, at, "mask=\"*\", one character, or \"\" to show nothing");
    }
    if (strcmp(arg->name, "default") == 0) {
        op->standard = v->type == VALUE_TEXT ? v->text.data : NULL;
        return v->type == VALUE_TEXT || wrong(c, at, "default=\"text\"");
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
        wrong(c, s->name, "seconds behind it, tick:h(5), from 1 to 86400");
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
    return is_one_of(s, key_names) || (cp > ' ' && cp != 0x7F && rest.len == 0);
}

static void need_keys(struct source_compiler *c, const struct statement *s)
{
    for (unsigned i = 0; i < s->arg_count; i++) {
        if (!is_plain(&s->args[i], VALUE_TEXT) || !is_key(s->args[i].value.text))
            wrong(c, s->arg_at[i],
                  "a key: one character, or enter, escape, space, up, page_down, f1 ...");
    }
}

static void compile_go(struct source_compiler *c, const struct statement *s)
{
    if (!need_keyword(c, s->name.text, s->name))
        return;
    if (s->arg_count == 0)
        wrong(c, s->name, "a key behind it, as in go:menu(\"M\")");
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
               wrong(c, at, "level=0 to level=255");
    }
    op->is_dim = v->type == VALUE_BOOLEAN && v->boolean;
    return (strcmp(arg->name, "dim") == 0 && v->type == VALUE_BOOLEAN) ||
           wrong(c, at, "level=N or dim=true");
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
        wrong(c, s->name,
              "a key and a text behind it, as in item:files(\"F\", \"File areas\")");
        return;
    }
    keys.arg_count--;
    need_keys(c, &keys);
    op = add_macro(c, OP_ITEM, &keys);
    op->standard = s->args[keys.arg_count].value.text.data;
    for (unsigned i = keys.arg_count + 1; i < s->arg_count; i++) {
        if (!s->args[i].name)
            wrong(c, s->arg_at[i], "level=N or dim=true behind the text");
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
        add_op(c, OP_IF, s->kind)->name = ""; /* its `end` belongs to it */
}

static void compile_each(struct source_compiler *c, const struct statement *s)
{
    if (need_handler(c, s, true))
        add_macro(c, OP_EACH, s);
    else
        add_op(c, OP_EACH, s->kind)->name = "";
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
            wrong(c, s->name, "a number behind it: level(0 to 255), timeout(0 to 86400)");
    } else if (span_is(s->name.text, "header")) {
        if (number && arg->value.integer >= 1 && arg->value.integer <= 20)
            add_macro(c, OP_PAGE, s);
        else
            wrong(c, s->name, "rows behind it, as in page:header(3), from 1 to 20");
    } else if (span_is(s->name.text, "escape")) {
        if (!arg || !is_plain(arg, VALUE_TEXT))
            wrong(c, s->name, "a keyword behind it, as in page:escape(menu)");
        else if (need_keyword(c, arg->value.text, s->arg_at[0]))
            add_macro(c, OP_PAGE, s);
    } else if (span_is(s->name.text, "title")) {
        if (arg && is_plain(arg, VALUE_TEXT))
            add_macro(c, OP_PAGE, s);
        else
            wrong(c, s->name, "a text behind it, as in page:title(\"The main menu\")");
    } else {
        wrong(c, s->name,
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

    return is_one_of(span_of(kind), takers);
}

static void compile_kind(struct source_compiler *c, struct statement *s)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!span_is(s->kind.text, kinds[i].kind))
            continue;
        if (!read_statement(c, s)) {
            c->source->is_vague = true;
            skip_statement(c);
            return;
        }
        if (kinds[i].compile != compile_ansi)
            flush_run(c);
        kinds[i].compile(c, s);
        if (s->has_format && !takes_format(kinds[i].kind))
            wrong(c, s->format, "no format: only get:, set: and item: take one");
        return;
    }
    wrong(
        c, s->kind,
        "one of ansi get set key post go item if else end each include enter leave tick page");
    c->source->is_vague = true;
    skip_statement(c);
}

/* One statement; its kind has been read. */
static void compile_statement(struct source_compiler *c, struct token kind)
{
    struct statement s = {.kind = kind};

    if (kind.type == TOKEN_NAME && (span_is(kind.text, "else") || span_is(kind.text, "end"))) {
        flush_run(c);
        add_op(c, kind.text.data[1] == 'l' ? OP_ELSE : OP_END, kind);
    } else if (kind.type == TOKEN_NAME) {
        compile_kind(c, &s);
    } else {
        wrong(c, kind, "a macro like get:users.online");
        skip_statement(c);
    }
}

static bool is_full(struct source_compiler *c)
{
    return c->too_long || c->source->count > OPS_MAX;
}

static void compile_block(struct source_compiler *c)
{
    struct lexer begin = c->lexer;

    if (c->line_is_blank)
        begin_silent_line(c);
    c->line_is_blank = false;
    lexer_skip(&c->lexer, 2);
    while (!is_full(c)) {
        struct token t = lexer_next(&c->lexer);

        if (t.type == TOKEN_CLOSE) {
            if (c->fit > 0)
                end_fit(c, begin);
            return;
        }
        if (t.type == TOKEN_END) {
            c->fit = 0;
            complain(c, begin.line, begin.column,
                     "the macro is not closed, expected '%%>', not in a text or a comment");
            c->source->is_vague = true;
            return;
        }
        if (token_is_mark(t, ';'))
            continue;
        compile_statement(c, t);
        t = lexer_peek(&c->lexer);
        if (!ends_statement(t)) {
            wrong(c, t, "';' or '%>'");
            skip_statement(c);
        }
    }
}

/* --- the file --- */

struct source_compiler *source_compiler_new(const char *file, enum source_kind kind)
{
    struct source_compiler *c = mem_zalloc(sizeof(*c));

    c->source = mem_zalloc(sizeof(*c->source));
    c->source->refs = 1;
    c->source->kind = kind;
    c->source->file = arena_text(&c->source->arena, span_of(file));
    c->colors = 0x07;
    c->line_is_blank = true;
    buf_init(&c->text, SOURCE_MAX);
    buf_init(&c->run, BUF_LARGE);
    return c;
}

void source_compiler_free(struct source_compiler *c)
{
    if (!c)
        return;
    source_unref(c->source);
    buf_clear(&c->text);
    buf_clear(&c->run);
    mem_free(c);
}

void source_compiler_feed(struct source_compiler *c, struct span piece)
{
    if (!buf_add(&c->text, piece))
        c->too_long = true;
}

/* What an art editor saved behind the art (Ctrl-Z, then the SAUCE record) is not sent. */
static struct span without_sauce(struct source_compiler *c)
{
    struct span all = buf_span(&c->text);
    const char *end = all.len ? memchr(all.data, 0x1A, all.len) : NULL;

    if (end && c->source->kind != SOURCE_TXT)
        all.len = (size_t)(end - all.data);
    if (c->source->kind != SOURCE_ANS && span_starts_with(all, "\xEF\xBB\xBF"))
        span_take(&all, 3);
    return all;
}

/* What is drawn last leaves the cursor where it is: no line scrolls away. */
static void end_art(struct source *s)
{
    for (unsigned i = s->count; i > 0 && s->kind == SOURCE_ANS; i--) {
        enum op_code code = s->ops[i - 1].code;

        if (code == OP_TEXT)
            text_end_art(s->ops[i - 1].text);
        if (code != OP_GO && code < OP_POST)
            break;
    }
}

/* The last line end of a text file ends its last line; it does not begin another. */
static void drop_last_line_end(struct source *s)
{
    struct span all;
    struct text *shorter;
    unsigned last = s->count;

    while (last > 0 && (s->ops[last - 1].code == OP_GO || s->ops[last - 1].code >= OP_POST))
        last--;
    if (s->kind == SOURCE_ANS || last == 0 || s->ops[last - 1].code != OP_TEXT)
        return;
    all = text_utf8(s->ops[last - 1].text);
    if (all.len < 2 || memcmp(all.data + all.len - 2, "\r\n", 2) != 0)
        return;
    shorter = all.len > 2 ? text_new(span_from(all.data, all.len - 2)) : NULL;
    text_free(s->ops[last - 1].text);
    s->ops[last - 1].text = shorter;
    if (shorter)
        return;
    memmove(&s->ops[last - 1], &s->ops[last], (s->count - last) * sizeof(*s->ops));
    s->count--;
}

struct source *source_compiler_finish(struct source_compiler *c, struct buf *errors)
{
    struct source *result = c->source;

    c->errors = errors;
    c->art = art_begin(buf_span(&c->text));
    c->lexer = (struct lexer){without_sauce(c), 1, 1, result->kind == SOURCE_ANS};
    while (c->lexer.rest.len > 0 && !is_full(c)) {
        if (at_block(c->lexer.rest))
            compile_block(c);
        else if (c->silent_end)
            skip_silent_text(c);
        else
            read_text(c);
    }
    if (c->too_long)
        complain(c, 1, 1, "the file is too long, expected at most %d MiB", SOURCE_MAX >> 20);
    else if (is_full(c))
        complain(c, c->lexer.line, c->lexer.column, "the file has more than %d parts", OPS_MAX);
    result->is_vague |= is_full(c);
    flush_run(c);
    drop_last_line_end(result);
    end_art(result);
    if (c->error_count > ERRORS_MAX)
        buf_printf(errors, "%s: and %u more\n", result->file, c->error_count - ERRORS_MAX);
    c->source = NULL;
    return result;
}

struct source *source_compile(const char *file, enum source_kind kind, struct span text,
                              struct buf *errors)
{
    struct source_compiler *c = source_compiler_new(file, kind);
    struct source *s;

    source_compiler_feed(c, text);
    s = source_compiler_finish(c, errors);
    source_compiler_free(c);
    return s;
}

struct source *source_ref(struct source *s)
{
    s->refs++;
    return s;
}

void source_unref(struct source *s)
{
    if (!s || --s->refs > 0)
        return;
    for (unsigned i = 0; i < s->count; i++)
        text_free(s->ops[i].text);
    mem_free(s->ops);
    arena_clear(&s->arena);
    blob_unref(s->text);
    mem_free(s);
}
