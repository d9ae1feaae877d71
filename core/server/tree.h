/* tree.h -- whole folders: copied, removed. Blocks. */
#ifndef PERIGEE_SERVER_TREE_H
#define PERIGEE_SERVER_TREE_H

#include <sys/types.h>

#include "base/err.h"

/* Folders and regular files, with their modes; other things are left out. A `from` that is not
 * there is nothing to copy. -1 and `e`. */
int tree_copy(const char *from, const char *to, struct err *e);
/* What a server has of a board: screens/, lua/ but for its tests, doors/. `to` is there. */
int tree_copy_board(const char *board, const char *to, struct err *e);
int tree_copy_file(const char *from, const char *to, mode_t mode, struct err *e);
void tree_remove(const char *folder);

#endif
