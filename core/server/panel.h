/* panel.h -- what `perigee top` shows: how the machine and the server are doing, with bars and
 * graphs, and the last events of the log in the rows that are left. Numbers in, UTF-8 lines
 * out; none is wider than the terminal. */
#ifndef PERIGEE_SERVER_PANEL_H
#define PERIGEE_SERVER_PANEL_H

#include "base/buf.h"
#include "base/figures.h"
#include "base/machine.h"

void panel_add(struct buf *out, const struct machine *m, const struct figures *f,
               struct span log, unsigned columns, unsigned rows);

/* "3 d 2 h 5 min 12 s" */
void panel_add_seconds(struct buf *out, double seconds);

#endif
