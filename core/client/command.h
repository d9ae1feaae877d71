/* command.h -- what a caller types behind "/": the nearest command to one that is none, and
 * what Tab makes of the beginning of a command or a name. Part of client/. */
#ifndef PERIGEE_CLIENT_COMMAND_H
#define PERIGEE_CLIENT_COMMAND_H

#include "base/buf.h"
#include "client/client.h"

/* Append what to say of a line that is no command. */
void command_refuse(struct client *c, struct span line, struct buf *out);

/* What Tab adds to the line `text`, at its end: appended to `add`. More than one thing could
 * stand there, and nothing more is common to them: they are appended to `others`. */
void command_complete(struct client *c, struct span text, struct buf *add, struct buf *others);

#endif
