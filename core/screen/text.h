/* text.h -- a run of a screen's text between two macros, made once for each kind of terminal
 * and shared by all who see it. */
#ifndef PERIGEE_SCREEN_TEXT_H
#define PERIGEE_SCREEN_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/blob.h"
#include "base/span.h"
#include "term/art.h"
#include "term/charset.h"

/* What a terminal is sent: the ways in which text is made. */
enum look {
    LOOK_PLAIN_ASCII,
    LOOK_PLAIN_UTF8,
    LOOK_PLAIN_CP437,
    LOOK_LINEAR_ASCII, /* to be read to somebody: nothing that is drawn */
    LOOK_LINEAR_UTF8,
    LOOK_LINEAR_CP437,
    LOOK_ANSI_ASCII,
    LOOK_ANSI_UTF8,
    LOOK_ANSI_CP437,
    LOOK_COUNT
};

enum look look_of(enum charset charset, bool ansi);
enum look look_linear(enum charset charset);
enum charset look_charset(enum look look);
bool look_has_ansi(enum look look);

/* One look of a text: bytes for the wire, IAC doubled. What clears the screen stands before
 * them, so that a screen goes out in one piece, cleared or not. */
struct text_wire {
    struct blob *blob;
    uint32_t begin;    /* where the text does */
    uint32_t line;     /* where its last line begins */
    bool has_line_end; /* false: `line` is `begin` and what stood before goes on */
    bool begins_with_line_end;
    bool is_art; /* it has been made for this width */
    /* Without ANSI: where its first line ends, if all of it is the side of a box; else `begin`.
     */
    uint32_t side;
    char color[24]; /* the last colour sequence before `line`; "" for none */
};

/* What clears a screen of this look. */
struct span look_clearing(enum look look);

struct text;

/* Larger texts are cut, so that one is made and sent in little time. */
enum { TEXT_PIECE = 65536 };

struct text *text_new(struct span utf8); /* copies; UTF-8 with ANSI sequences, lines CR LF */

/* A part of a drawing, which begins where `at` says: made for each width of terminals. */
struct text *text_new_art(struct span utf8, const struct art *at);
void text_end_art(struct text *t); /* nothing follows it on its screen */

const struct art *text_art(const struct text *t); /* NULL: no drawing */
void text_free(struct text *t);                   /* NULL is allowed */

struct span text_utf8(const struct text *t); /* what it was made from; borrowed */

/* Made at the first call, for terminals of `columns`. Owned by `t`. */
const struct text_wire *text_wire(struct text *t, enum look look, unsigned columns);
struct span text_wire_span(const struct text_wire *w); /* the text alone */

/* Append `utf8` as a terminal of this look is sent it: as a text's wire is made. */
bool text_encode(struct buf *wire, struct span utf8, enum look look);

#endif
