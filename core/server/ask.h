/* ask.h -- the other end of the control socket: ask a running server. Blocks, at most 10 s.
 * One line is sent; the answer's first line is "ok" or "error: WHY", the rest is text. */
#ifndef PERIGEE_SERVER_ASK_H
#define PERIGEE_SERVER_ASK_H

#include "base/buf.h"
#include "base/err.h"

/* 0: `answer` has the text behind the "ok" line; 1: no server runs on this data folder; 2 and
 * `e`: it said no, and why; -1 and `e`: it answered too much or not at all, or may not be
 * reached by us.
 * `request` is a line without its end, of at most 4094 bytes. */
int ask_server(const char *data, const char *request, struct buf *answer, struct err *e);

#endif
