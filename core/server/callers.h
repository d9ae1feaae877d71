/* callers.h -- what a sysop does to callers from the machine's command line: `perigee who`,
 * `say` and `kick`. What is done stands in the audit table. */
#ifndef PERIGEE_SERVER_CALLERS_H
#define PERIGEE_SERVER_CALLERS_H

#include "base/buf.h"
#include "base/err.h"
#include "client/clients.h"
#include "store/store.h"

/* A line for each caller: node, handle, level, where, idle, address, terminal, generation. */
void callers_who(struct clients *all, struct buf *out);

/* Shown to everybody. `who` is the system's user who says it. -1 and `e`: it is too long. */
int callers_say(struct clients *all, struct store *store, uid_t who, struct span text,
                struct buf *out, struct err *e);

/* "ID [REASON]". -1 and `e`: there is no such caller, or the reason is too long. */
int callers_kick(struct clients *all, struct store *store, uid_t who, struct span words,
                 struct buf *out, struct err *e);

/* `who` has done `what`, to be written down. */
void callers_note(struct store *store, uid_t who, const char *what, struct span subject,
                  struct span detail);

#endif
