/* editing.h -- a board's files for sysops who edit them on line: listed, read, looked through
 * for mistakes before they are saved, saved. Screens and Lua alone: settings say what callers
 * may do to the machine, and are edited there. What is saved is loaded by who watches the
 * board. Blocks: on a worker's thread. */
#ifndef PERIGEE_SERVER_EDITING_H
#define PERIGEE_SERVER_EDITING_H

#include "bridge/bridge.h"
#include "server/history.h"
#include "server/texts.h"

/* For bridge_config.edit. */
int editing_do(const char *board, const char *data, const struct history *history,
               struct board_edit *edit, struct err *e);

/* Screens and Lua are written back as they are in `texts`, and what is not there is removed;
 * all that was is kept as versions. `out`: the path of each that was not so, a line each. -1
 * and `e`: the rest is as it was. */
int editing_undo_all(const char *board, const struct history *history,
                     const struct texts *texts, struct buf *out, struct err *e);

#endif
