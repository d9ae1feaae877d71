/* editing.h -- a board's files for sysops who edit them on line: listed, read, looked through
 * for mistakes before they are saved, saved. Screens and Lua alone: settings say what callers
 * may do to the machine, and are edited there. What is saved is loaded by who watches the
 * board. Blocks: on a worker's thread. */
#ifndef PERIGEE_SERVER_EDITING_H
#define PERIGEE_SERVER_EDITING_H

#include "bridge/bridge.h"
#include "server/history.h"

/* For bridge_config.edit. */
int editing_do(const char *board, const char *data, const struct history *history,
               struct board_edit *edit, struct err *e);

#endif
