/* cursor.h -- where a terminal's cursor stands, and in which colours it writes, after what it
 * has been sent: text, line ends, wrapping, and the sequences that move. Rows are counted on as
 * the screen scrolls, so that a place keeps its number; what is a row of the window now is
 * known too. No I/O.
 *
 * Sequences are looked at whole: one that is split between two calls is not seen. */
#ifndef PERIGEE_TERM_CURSOR_H
#define PERIGEE_TERM_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "term/charset.h"

enum {
    PEN_BOLD = 1 << 1, /* bit N is attribute N of ECMA-48 section 8.3.117 */
    PEN_DIM = 1 << 2,
    PEN_ITALIC = 1 << 3,
    PEN_UNDERLINE = 1 << 4,
    PEN_BLINK = 1 << 5,
    PEN_REVERSE = 1 << 7,
};

/* Colours: 0 the terminal's own, else 1 + the number of 256, or PEN_RGB and 24 bits. */
enum { PEN_RGB = 1 << 24 };

struct pen {
    uint32_t fg;
    uint32_t bg;
    uint8_t attributes;
};

struct cursor {
    int32_t row;    /* from 0, on and on */
    int32_t top;    /* the row at the top of the window */
    int32_t lowest; /* in which something has been shown; -1: none */
    uint16_t column;
    uint16_t width;
    uint16_t height;
    bool wraps_at_once; /* behind the last column, as SyncTERM; else with the next character */
    bool is_full;       /* the last column has been written, and the next row not begun */
    struct pen pen;
    struct {
        int32_t row; /* of the window */
        uint16_t column;
    } saved;
    /* The first column behind `watch_column` in `watch_row` that shows anything is put into
     * `watch_end`; 0: none yet. */
    int32_t watch_row;
    uint16_t watch_column;
    uint16_t watch_end;
};

/* At the top left of a cleared window. */
struct cursor cursor_begin(unsigned width, unsigned height, bool wraps_at_once);

/* Bytes as they go to a terminal of `charset`, telnet's IAC doubled or not. */
void cursor_follow(struct cursor *at, struct span wire, enum charset charset);

/* Is this row in the window? */
bool cursor_sees(const struct cursor *at, int32_t row);

/* Append what moves from row `from` to a place. No row may be outside of the window. */
void cursor_move(struct buf *out, int32_t from, int32_t row, unsigned column);

/* Append the sequence that makes the pen what it is, whatever it was. */
void pen_add(const struct pen *pen, struct buf *out);

#endif
