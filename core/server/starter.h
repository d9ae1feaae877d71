/* starter.h -- the starter board: the one that comes with the program, and that new boards are
 * copies of. A board keeps the originals of what it was copied from in .starter/, so that
 * `upgrade` can tell what its sysop has changed. Blocks. */
#ifndef PERIGEE_SERVER_STARTER_H
#define PERIGEE_SERVER_STARTER_H

#include "server/contents.h"

#define STARTER_FOLDER ".starter"
#define STARTER_VERSION ".starter/VERSION" /* of the perigee that they came with */

/* Where it is: installed beside the program (bin/perigee, share/perigee), in the repository
 * that the program was built in, or below the prefix that it was built for. False: nowhere. */
bool starter_find(char out[PATH_MAX]);
int starter_must_find(char out[PATH_MAX], struct err *e); /* -1 and `e` */

/* The manual that belongs to it. False: it is not there. */
bool starter_find_manual(const char *starter, char out[PATH_MAX]);

/* What a board has of it: screens/, lua/ and doors/ below `root`, without hidden files. -1 and
 * `e`: something of it can't be read. */
int starter_look(const char *root, struct contents *out, struct err *e);

/* The originals, with their version, to `root`/.starter. `go_on` (NULL is allowed) is asked
 * between files. -1 and `e`. */
int starter_keep(const char *starter, const struct contents *files, const char *root,
                 bool (*go_on)(void *arg), void *arg, struct err *e);

/* A new board in `folder`, which is missing or empty. -1 and `e`: nothing of it is left. */
int starter_copy(const char *folder, bool (*go_on)(void *arg), void *arg, unsigned *count,
                 struct err *e);

#endif
