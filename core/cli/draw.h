/* draw.h -- a picture for somebody to look at: as rows of text with colours, for a terminal or
 * a pipe, and as a PNG image with the glyphs and colours of a VGA card. */
#ifndef PERIGEE_CLI_DRAW_H
#define PERIGEE_CLI_DRAW_H

#include "base/buf.h"
#include "base/err.h"
#include "server/picture.h"

struct draw_limits {
    unsigned columns; /* no more than these; 0: all */
    unsigned rows;
    bool no_colors;
};

/* Append the rows down to the last that is not blank, in UTF-8, each with LF. False: something
 * was left out because of the limits. */
bool draw_text(const struct picture *p, const struct draw_limits *limits, struct buf *out);

/* Write `file`, 8 by 16 pixels a cell. ansilove draws it, from a file in `folder`. -1 and `e`.
 */
int draw_png(const struct picture *p, const char *file, const char *folder, struct err *e);

#endif
