/* heading.h -- what stands above the columns of a table: the line before an `each:`, so that
 * its rows can be read as sentences. Part of screen/: screen.c links it in. */
#ifndef PERIGEE_SCREEN_HEADING_H
#define PERIGEE_SCREEN_HEADING_H

#include "base/arena.h"
#include "screen/op.h"

/* `ops` from an OP_EACH on, up to its end, `count` of them; `above` is the text before it, or
 * NULL. If they are a table (each row is a line of two fields or more and no words) they are
 * marked: in_table, and as `standard` what each field is called. */
void heading_mark(struct op *ops, unsigned count, struct text *above, struct arena *arena);

#endif
