/* lexer.h -- the words inside a macro block. Borrows the text; no state but its place. */
#ifndef PERIGEE_SCREEN_LEXER_H
#define PERIGEE_SCREEN_LEXER_H

#include <stdint.h>

#include "base/span.h"

enum token_type {
    TOKEN_CLOSE, /* %> */
    TOKEN_NAME,  /* idents joined by . or /, or one behind a '.' */
    TOKEN_NUMBER,
    TOKEN_STRING, /* `text` is what stands between the quotes, escapes not undone */
    TOKEN_MARK,   /* one of : ; ( ) , = - */
    TOKEN_END,    /* the file ends inside the block */
    TOKEN_BAD,    /* `problem` says why */
};

struct token {
    enum token_type type;
    struct span text;
    const char *problem;
    uint32_t line;
    uint32_t column; /* from 1, in characters */
};

struct lexer {
    struct span rest;
    uint32_t line;
    uint32_t column;
    bool is_bytes; /* a byte is a character (CP437), not UTF-8 */
};

struct token lexer_next(struct lexer *l);
struct token lexer_peek(const struct lexer *l);

/* Move over `n` bytes of anything, counting lines and columns. */
struct span lexer_skip(struct lexer *l, size_t n);

bool token_is_mark(struct token t, char mark);

#endif
