/* difference.h -- what has changed between two texts, by the system's `diff -u`. Blocks. */
#ifndef PERIGEE_SERVER_DIFFERENCE_H
#define PERIGEE_SERVER_DIFFERENCE_H

#include "base/buf.h"
#include "base/err.h"

struct difference {
    const char *old_name;
    const char *new_name;
    struct span old_text;
    struct span new_text;
};

/* Appended to `out`; nothing: they are the same. -1 and `e`: there is no diff. */
int difference_add(const struct difference *d, struct buf *out, struct err *e);

/* Append such a difference of the file `path` as a terminal is to show it: in colours unless
 * NO_COLOR is set, and with control characters that can be seen. */
void difference_draw(struct span text, const char *path, struct buf *out);

#endif
