/* links.h -- what a board's screens name outside of themselves: the handlers that they call and
 * the screens that they lead to. */
#ifndef PERIGEE_SERVER_LINKS_H
#define PERIGEE_SERVER_LINKS_H

#include "screen/library.h"

enum link_kind { LINK_HANDLER, LINK_SCREEN, LINK_INCLUDE };

struct link {
    enum link_kind kind;
    const char *name; /* "login.name", or a keyword or one of the words back, root ... */
    const struct screen *from;
    const struct op *op; /* with file, line and column */
};

/* Call `see` with each, an included file's once for each screen that has it. */
void links_each(const struct library *l, void (*see)(void *arg, const struct link *link),
                void *arg);

#endif
