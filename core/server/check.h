/* check.h -- every screen and handler of a board looked at, without serving it. Blocks. */
#ifndef PERIGEE_SERVER_CHECK_H
#define PERIGEE_SERVER_CHECK_H

#include "base/buf.h"
#include "base/err.h"

/* What is wrong with the board in `folder`: appended to `report`, a line each. How many
 * findings there are; lines that begin with "hint: " are hints, and not counted. -1 and `e`: it
 * could not be looked at. */
int board_check(const char *folder, struct buf *report, struct err *e);

#endif
