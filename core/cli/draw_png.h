/* draw_png.h -- a picture as a PNG image with the glyphs and colours of a VGA card. */
#ifndef PERIGEE_CLI_DRAW_PNG_H
#define PERIGEE_CLI_DRAW_PNG_H

#include "base/err.h"
#include "term/picture.h"

/* Write `file`, 8 by 16 pixels a cell. ansilove draws it, from a file in `folder`. -1 and `e`.
 */
int draw_png(const struct picture *p, const char *file, const char *folder, struct err *e);

#endif
