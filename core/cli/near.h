/* near.h -- which of a board's keywords somebody may have meant. */
#ifndef PERIGEE_CLI_NEAR_H
#define PERIGEE_CLI_NEAR_H

#include "base/buf.h"
#include "screen/library.h"

/* Append the few that are nearest to `wanted`, or where none is, the first of all: "menu, who,
 * wall". Nothing where there is no screen. */
void near_keywords(const struct library *l, struct span wanted, struct buf *out);

#endif
