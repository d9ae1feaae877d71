/* board_path.h -- which file of a board somebody means on the command line. Blocks, briefly. */
#ifndef PERIGEE_CLI_BOARD_PATH_H
#define PERIGEE_CLI_BOARD_PATH_H

#include <limits.h>

#include "base/err.h"

/* `out` gets the path in the board, "screens/menu.txt"; there need be no such file any more.
 * `name` is that, or a path from the current folder or from the root. -1 and `e`: it is no
 * file that a board has, or elsewhere. */
int board_path(const char *board, const char *name, char out[PATH_MAX], struct err *e);

#endif
