/* source.h -- one file of a screen, compiled by itself: text and macros (design section 3).
 *
 * The file comes in pieces, in any split. What is wrong is reported, all of it, each as
 * `FILE:LINE:COLUMN: what, and what was expected`. What a file can't know alone (included
 * screens, whether blocks are closed across them) is for link.h. */
#ifndef PERIGEE_SCREEN_SOURCE_H
#define PERIGEE_SCREEN_SOURCE_H

#include "base/blob.h"
#include "base/buf.h"
#include "screen/op.h"

enum source_kind { SOURCE_ANS, SOURCE_TXT, SOURCE_ASC, SOURCE_KINDS };

enum { SOURCE_MAX = 8 << 20 }; /* bytes of a file */

/* By a file name's end: ".ans", ".txt", ".asc". False: no screen. */
bool source_find_kind(struct span name, enum source_kind *out);

/* A keyword: [a-z0-9_-]+ joined by '/'. */
bool source_is_keyword(struct span s);

/* A word that handlers return and `go:` takes instead of a keyword: back, root, refresh ... */
bool source_is_return_word(struct span s);

struct source {
    unsigned refs;
    enum source_kind kind;
    struct op *ops;
    unsigned count;
    unsigned capacity;
    struct arena arena; /* names and arguments */
    const char *file;
    struct blob *text; /* what it was compiled from, where somebody wants to know; or NULL */
    bool is_broken;    /* it has findings: the operations are those that could be read */
    bool is_vague;     /* and some that begin or end a block may be missing */
    uint32_t
        cut_line; /* where the first escape sequence is cut off, which is left out; 0: none */
    uint32_t cut_column;
};

struct source_compiler;

/* `file` is what messages call it. */
struct source_compiler *source_compiler_new(const char *file, enum source_kind kind);
void source_compiler_free(struct source_compiler *c); /* NULL is allowed */
void source_compiler_feed(struct source_compiler *c, struct span piece);

/* The compiled file (one reference); `errors` has a line for each finding, if it is broken. */
struct source *source_compiler_finish(struct source_compiler *c, struct buf *errors);

struct source *source_compile(const char *file, enum source_kind kind, struct span text,
                              struct buf *errors); /* all at once */
struct source *source_ref(struct source *s);
void source_unref(struct source *s); /* NULL is allowed */

#endif
