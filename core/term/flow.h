/* flow.h -- text that flows: wrapped between words where the window is narrower than what it
 * was written for, and for callers who have it read to them without what only drawing needs:
 * one blank for many, no more than one empty line. Sans-I/O; bytes of the wire in and out. */
#ifndef PERIGEE_TERM_FLOW_H
#define PERIGEE_TERM_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "term/charset.h"

/* Where the text has come to. Zero: at the beginning of a line. */
struct flow {
    uint16_t column;
    uint16_t blanks;   /* of the line, not sent yet */
    uint8_t line_ends; /* at the end of what was sent, two at most */
    bool after_blank;  /* what was sent last is one */
};

/* Append `wire` as it goes to a window of `width` columns. A word that is split between two
 * calls may be broken there; escape sequences pass. */
void flow_add(struct flow *f, struct buf *out, struct span wire, enum charset charset,
              unsigned width, bool linear);

/* Append `utf8`, which has no escape sequences, without drawings: boxes, blocks and shades,
 * rows of one sign, and lines that are nothing but signs. Blanks stand in their place. */
void flow_undraw(struct buf *out, struct span utf8);

#endif
