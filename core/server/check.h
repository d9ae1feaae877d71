/* check.h -- a board looked at without serving it: its settings, every screen and handler.
 * Blocks.
 */
#ifndef PERIGEE_SERVER_CHECK_H
#define PERIGEE_SERVER_CHECK_H

#include "base/buf.h"
#include "base/err.h"
#include "base/settings.h"

struct file_draft;

/* What is wrong with the board in `folder`, or would be if it had the draft (NULL: none):
 * appended to `report`, a line each. How many findings there are; lines that begin with "hint:
 * " are hints, and not counted. -1 and `e`: it could not be looked at. */
int board_check(const char *folder, const struct file_draft *draft, struct buf *report,
                struct err *e);

/* Its settings alone; `out` is the caller's to clear. -1 and `e`: they are wrong, `out` has the
 * defaults. */
int board_settings(const char *folder, struct settings *out, struct err *e);

#endif
