/* art.h -- ANSI art as editors save it: rows that are full go on in the next without a line
 * end, since the terminal that they are drawn for wraps at once behind its last column. The
 * cursor is followed as there, so that the same rows show on a terminal of any width, whether
 * it wraps at once (SyncTERM) or with the next character (xterm). No I/O. */
#ifndef PERIGEE_TERM_ART_H
#define PERIGEE_TERM_ART_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

/* Where the cursor is in a drawing of `width` columns; all else zero at its beginning. */
struct art {
    uint16_t width;
    uint16_t column;    /* from 0 */
    bool is_unresolved; /* the row above is full, and has not been left on the terminal */
    bool is_ice;        /* blinking is to show as a bright background */
    uint8_t font;       /* it was drawn with, by SyncTERM's number; 0: an IBM PC's */
    struct {
        bool bold;
        bool blink;
        uint8_t fg; /* 0 to 7, the colours of ECMA-48; 9: the terminal's own */
        uint8_t bg;
    } pen; /* kept where is_ice */
};

enum { ART_WIDTH = 80, ART_WIDTH_MOST = 1000 };

/* The beginning of a drawing, as its SAUCE record says (the last 128 bytes of `file`): its
 * columns, ART_WIDTH where there is none or it says nothing useful, whether it was drawn with
 * iCE colours, and the font. */
struct art art_begin(struct span file);

/* Append `utf8`, a part of the drawing, for a terminal of `columns`, and follow the cursor. On
 * a wider terminal full rows end with CR LF; on a narrower one rows are cut. `out` may be NULL:
 * the cursor is followed only. */
void art_fit(struct art *a, struct buf *out, struct span utf8, unsigned columns);

/* Something of so many columns follows that is not a part of it. */
void art_skip(struct art *a, unsigned columns);

/* Something that is not drawn follows: the cursor is to be where the drawing has it. */
void art_settle(struct art *a, struct buf *out, unsigned columns);

#endif
