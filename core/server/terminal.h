/* terminal.h -- a caller's terminal, at the other end of a caller's line: answers what the
 * server asks of it (RFC 854, 1073, 1091, 2066, the cursor report) as such a terminal does, and
 * keeps the picture of its window. Sans I/O: bytes in, answers appended to `out`. */
#ifndef PERIGEE_SERVER_TERMINAL_H
#define PERIGEE_SERVER_TERMINAL_H

#include "base/buf.h"
#include "term/picture.h"

struct terminal_kind {
    unsigned columns; /* 20 to 255 */
    unsigned rows;    /* 10 to 100 */
    enum charset charset;
    bool ansi;
};

struct terminal;

struct terminal *terminal_new(const struct terminal_kind *kind,
                              struct buf *out); /* `out` is borrowed, outlives the result */
struct picture *terminal_release(struct terminal *t); /* free it; its picture is handed over */

const struct picture *terminal_picture(const struct terminal *t); /* borrowed */

void terminal_take(struct terminal *t, struct span bytes); /* from the server, in any split */

#endif
