/* name.h -- what files that callers send are called: a name without a path, that no system
 * takes for anything else and no terminal for a sequence. */
#ifndef PERIGEE_CLIENT_NAME_H
#define PERIGEE_CLIENT_NAME_H

#include <stdbool.h>

#include "base/span.h"

enum { NAME_MAX_BYTES = 128 };

/* The name that is left of what the peer says: UTF-8, or CP437 where it is not that. False:
 * nothing is. */
bool name_make_safe(struct span said, char name[NAME_MAX_BYTES + 1]);

#endif
