/* repaint.h -- a screen that its tick shows anew is drawn over what stands there: only the rows
 * that have changed are sent, and nothing is cleared, so that nothing flickers. Part of
 * client/: show.c begins it, output.c gives it what is sent, prompt.c ends it.
 *
 * While the screen is painted all that would be sent is gathered, and when the caller is asked
 * something it is compared with the painting before. The first time, and where anything else
 * has been sent since, all rows are drawn. Where rows can't be drawn by themselves (there are
 * more than the window has, or sequences move the cursor) it is sent as it always is, behind a
 * clear. */
#ifndef PERIGEE_CLIENT_REPAINT_H
#define PERIGEE_CLIENT_REPAINT_H

#include <stdbool.h>

#include "base/span.h"

struct client;

bool repaint_begin(struct client *c); /* false: it can't; the screen is to be cleared */
bool repaint_takes(struct client *c, struct span wire); /* true: it is not to be sent now */
void repaint_end(struct client *c);                     /* what is gathered is sent */
void repaint_forget(struct client *c); /* what stands there is not known, or cleared */

#endif
