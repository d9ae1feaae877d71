#include "screen/lexer.h"

#include <ctype.h>

bool token_is_mark(struct token t, char mark)
{
    return t.type == TOKEN_MARK && t.text.data[0] == mark;
}

struct span lexer_skip(struct lexer *l, size_t n)
{
    struct span passed = span_take(&l->rest, n);

    for (size_t i = 0; i < passed.len; i++) {
        if (passed.data[i] == '\n') {
            l->line++;
            l->column = 1;
        } else if (l->is_bytes || (passed.data[i] & 0xC0) != 0x80) {
            l->column++; /* bytes that go on a character do not count */
        }
    }
    return passed;
}

static size_t comment_length(struct span s)
{
    const char *end;

    if (!span_starts_with(s, "--"))
        return 0;
    end = memchr(s.data, '\n', s.len);
    return end ? (size_t)(end - s.data) : s.len;
}

static void skip_blanks(struct lexer *l)
{
    while (l->rest.len > 0) {
        size_t n = comment_length(l->rest);

        if (n == 0 && (isspace((unsigned char)l->rest.data[0])))
            n = 1;
        if (n == 0)
            return;
        lexer_skip(l, n);
    }
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* How many of '.', '/' or any number of '-' stand before a character of the same name. */
static size_t joint_length(struct span s)
{
    size_t n = 0;

    while (n < s.len && s.data[n] == '-')
        n++;
    if (n == 0 && s.len > 0 && (s.data[0] == '.' || s.data[0] == '/'))
        n = 1;
    return n < s.len && is_word(s.data[n]) ? n : 0;
}

/* Names may hold '-' as keywords do, "a--b" too, but not begin or end with it: "--" begins a
 * comment there. */
static size_t name_length(struct span s)
{
    size_t n = s.data[0] == '.' || s.data[0] == '/' ? 1 : 0;
    size_t joint;

    if (n >= s.len || !is_word(s.data[n]))
        return 0;
    do {
        while (n < s.len && is_word(s.data[n]))
            n++;
        joint = joint_length(span_from(s.data + n, s.len - n));
        n += joint;
    } while (joint > 0);
    return n;
}

static size_t number_length(struct span s)
{
    size_t n = s.data[0] == '-' ? 1 : 0;
    size_t digits = n;

    while (n < s.len && isdigit((unsigned char)s.data[n]))
        n++;
    if (n == digits)
        return 0;
    if (n + 1 < s.len && s.data[n] == '.' && isdigit((unsigned char)s.data[n + 1])) {
        for (n++; n < s.len && isdigit((unsigned char)s.data[n]);)
            n++;
    }
    if (n < s.len && is_word(s.data[n]))
        return 0; /* 3d is a name, and 80-columns */
    return joint_length(span_from(s.data + n, s.len - n)) ? 0 : n;
}

static void read_string(struct lexer *l, struct token *t)
{
    char quote = l->rest.data[0];
    size_t n = 1;

    while (n < l->rest.len && l->rest.data[n] != quote && l->rest.data[n] != '\n') {
        if (l->rest.data[n] == '\\' && n + 1 < l->rest.len && l->rest.data[n + 1] != '\n')
            n++;
        n++;
    }
    if (n == l->rest.len || l->rest.data[n] != quote) {
        t->type = TOKEN_BAD;
        t->problem = "the text is not closed, expected a quote before the end of the line";
        lexer_skip(l, n);
        return;
    }
    t->type = TOKEN_STRING;
    t->text = span_from(l->rest.data + 1, n - 1);
    lexer_skip(l, n + 1);
}

static void read_plain(struct lexer *l, struct token *t)
{
    size_t n;

    if ((n = number_length(l->rest)) > 0)
        t->type = TOKEN_NUMBER;
    else if ((n = name_length(l->rest)) > 0)
        t->type = TOKEN_NAME;
    else if (memchr(":;(),=-", l->rest.data[0], 7)) {
        n = 1;
        t->type = TOKEN_MARK;
    } else if (span_starts_with(l->rest, "<%")) {
        n = 2;
        t->type = TOKEN_BAD;
        t->problem = "a macro begins inside a macro, expected '%>' before it";
    } else {
        n = 1;
        t->type = TOKEN_BAD;
        t->problem = "this character has no meaning in a macro";
    }
    t->text = lexer_skip(l, n);
}

struct token lexer_next(struct lexer *l)
{
    struct token t = {.type = TOKEN_END};

    skip_blanks(l);
    t.line = l->line;
    t.column = l->column;
    if (l->rest.len == 0)
        return t;
    if (span_starts_with(l->rest, "%>")) {
        t.type = TOKEN_CLOSE;
        t.text = lexer_skip(l, 2);
    } else if (l->rest.data[0] == '"' || l->rest.data[0] == '\'') {
        read_string(l, &t);
    } else {
        read_plain(l, &t);
    }
    return t;
}

struct token lexer_peek(const struct lexer *l)
{
    struct lexer copy = *l;

    return lexer_next(&copy);
}
