/* draw.h -- a picture for somebody to look at, as rows of text with colours: for a terminal or
 * a pipe. */
#ifndef PERIGEE_TERM_DRAW_H
#define PERIGEE_TERM_DRAW_H

#include "base/buf.h"
#include "term/picture.h"

struct draw_limits {
    unsigned columns; /* no more than these; 0: all */
    unsigned rows;
    bool no_colors;
};

/* Append the rows down to the last that is not blank, in UTF-8, each with LF. False: something
 * was left out because of the limits. */
bool draw_text(const struct picture *p, const struct draw_limits *limits, struct buf *out);

/* Append one row, from 0, without a line end. */
void draw_row(const struct picture *p, unsigned row, const struct draw_limits *limits,
              struct buf *out);

/* Append all rows but blank ones at the end, each with LF: colours are pipe codes, as boards
 * have them, where they change; blanks at a row's end are left out. Colours beyond the 16 are
 * the nearest that pipe codes have a number for. */
void draw_pipes(const struct picture *p, struct buf *out);

#endif
