/* status.h -- how the server is doing, as text and as JSON. */
#ifndef PERIGEE_SERVER_STATUS_H
#define PERIGEE_SERVER_STATUS_H

#include "base/figures.h"
#include "base/machine.h"
#include "server/board.h"

struct status_sources {
    struct board *board;
    struct clients *clients;
    struct bridge *bridge;
    struct store *store;
    struct gate *gate;
    const struct machine *machine;
    const struct figures *figures;
    double started; /* loop time */
    double now;
};

void status_text(const struct status_sources *s, struct buf *out);
void status_json(const struct status_sources *s, struct buf *out);

#endif
