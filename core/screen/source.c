#include "screen/source.h"

#include <ctype.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "screen/compiler.h"
#include "term/ansi.h"

enum { ERRORS_MAX = 50 };

static const char *const endings[] = {".ans", ".txt", ".asc"};
static const char *const return_words[] = {"back",   "refresh", "repeat", "remain",
                                           "hangup", "root",    NULL};

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

bool source_is_return_word(struct span s)
{
    return span_is_one_of(s, return_words);
}

/* --- findings and operations --- */

void source_complain(struct source_compiler *c, uint32_t line, uint32_t column,
                     const char *format, ...)
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

struct shown source_shown(struct span s)
{
    struct shown out;
    size_t n = s.len < SHOWN_MAX ? s.len : SHOWN_MAX;

    for (size_t i = 0; i < n; i++)
        out.text[i] = (char)(s.data[i] >= ' ' && s.data[i] <= '~' ? s.data[i] : '?');
    snprintf(out.text + n, sizeof(out.text) - n, "%s", n < s.len ? "..." : "");
    return out;
}

struct op *source_add_op(struct source_compiler *c, enum op_code code, struct token at)
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
void source_flush_run(struct source_compiler *c)
{
    struct token at = {.line = c->lexer.line, .column = c->lexer.column};
    struct span rest = buf_span(&c->run);

    while (rest.len > 0) {
        struct span piece = span_take(&rest, piece_length(rest));

        if (c->source->kind == SOURCE_ANS) {
            source_add_op(c, OP_TEXT, at)->text = text_new_art(piece, &c->art);
            art_fit(&c->art, NULL, piece, c->art.width);
            c->art.is_unresolved = false; /* something else follows */
        } else {
            source_add_op(c, OP_TEXT, at)->text = text_new(piece);
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

void source_check_utf8(struct source_compiler *c, struct lexer place)
{
    while (place.rest.len > 0) {
        struct span after = place.rest;
        bool ok;

        utf8_next(&after, &ok);
        if (!ok) {
            source_complain(c, place.line, place.column,
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
        source_check_utf8(c, (struct lexer){s, place->line, place->column, false});
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
        if (t.type == TOKEN_END || (begins && span_is_one_of(t.text, printing)))
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

static void read_block(struct source_compiler *c)
{
    if (c->line_is_blank)
        begin_silent_line(c);
    c->line_is_blank = false;
    macro_compile_block(c);
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

/* --- the file --- */

bool source_is_full(const struct source_compiler *c)
{
    return c->too_long || c->source->count > OPS_MAX;
}

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
    while (c->lexer.rest.len > 0 && !source_is_full(c)) {
        if (at_block(c->lexer.rest))
            read_block(c);
        else if (c->silent_end)
            skip_silent_text(c);
        else
            read_text(c);
    }
    if (c->too_long)
        source_complain(c, 1, 1, "the file is too long, expected at most %d MiB",
                        SOURCE_MAX >> 20);
    else if (source_is_full(c))
        source_complain(c, c->lexer.line, c->lexer.column, "the file has more than %d parts",
                        OPS_MAX);
    result->is_vague |= source_is_full(c);
    source_flush_run(c);
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
