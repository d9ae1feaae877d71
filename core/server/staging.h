/* staging.h -- a folder that is filled where nobody looks, inside the one that it is to become,
 * and put in its place when it is whole: what fails, or is stopped, leaves nothing behind.
 * Blocks. */
#ifndef PERIGEE_SERVER_STAGING_H
#define PERIGEE_SERVER_STAGING_H

#include <limits.h>
#include <stdbool.h>

#include "base/err.h"

struct staging {
    char target[PATH_MAX];
    char folder[PATH_MAX]; /* to be filled; empty: there is none */
    bool made_target;
};

/* `target` is missing (it is made, with `mode`) or empty. -1 and `e`. */
int staging_begin(struct staging *s, const char *target, unsigned mode, struct err *e);

/* The same inside a folder that has other things, for what is only to be there for a while. */
int staging_begin_inside(struct staging *s, const char *folder, struct err *e);

/* All that is in it goes to the target, and what is left of it away. -1 and `e`. */
int staging_finish(struct staging *s, struct err *e);

/* It was finished, and is not wanted after all. */
void staging_undo(const struct staging *s);

/* Take it away again, unless it was finished; also where it has not begun. */
void staging_drop(struct staging *s);

#endif
