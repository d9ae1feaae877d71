/* compiler.h -- what the compiler of screens is made of: source.c has the file and its text,
 * macro.c what stands in blocks, statement.c how that is written. Part of screen/. */
#ifndef PERIGEE_SCREEN_COMPILER_H
#define PERIGEE_SCREEN_COMPILER_H

#include "screen/lexer.h"
#include "screen/source.h"

enum {
    ARGS_MAX = 16,
    OPS_MAX = 20000, /* as many as a whole screen may have */
    SHOWN_MAX = 40,  /* of a word in a message */
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

/* --- source.c --- */

/* A mistake, said as FILE:LINE:COLUMN; those behind the first 50 are counted. */
__attribute__((format(printf, 4, 5))) void source_complain(struct source_compiler *c,
                                                           uint32_t line, uint32_t column,
                                                           const char *format, ...);

/* A word of the file as messages show it: not long, and nothing that a terminal acts on. */
struct shown {
    char text[SHOWN_MAX + sizeof("...")];
};

struct shown source_shown(struct span s);
struct op *source_add_op(struct source_compiler *c, enum op_code code, struct token at);
void source_flush_run(struct source_compiler *c); /* the text gathered so far is an operation */
void source_check_utf8(struct source_compiler *c, struct lexer place); /* complains */
bool source_is_full(const struct source_compiler *c); /* nothing more is compiled */

/* --- statement.c --- */

/* kind:name(arguments):format, as it is written. */
struct statement {
    struct token kind;
    struct token name;
    struct op_arg args[ARGS_MAX];
    unsigned arg_count;
    struct token arg_at[ARGS_MAX];
    struct token format;
    bool has_format;
};

/* Behind its kind, which has been read. False: it is not well written, and that was said. */
bool statement_read(struct source_compiler *c, struct statement *s);
bool statement_ends(struct token t); /* ';', the block's end or the file's */
void statement_skip(struct source_compiler *c);
/* Complains of a token; false. */
bool statement_wrong(struct source_compiler *c, struct token t, const char *expected);
struct value statement_number(struct span text);
bool statement_is_field(struct span name); /* a row's .field */

/* --- macro.c --- */

/* The block that begins here, with its "<%". */
void macro_compile_block(struct source_compiler *c);

#endif
