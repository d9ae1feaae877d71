/* bans.h -- the addresses that sysops have banned. Blocks. */
#ifndef PERIGEE_STORE_BANS_H
#define PERIGEE_STORE_BANS_H

#include "store/db.h"

/* Call `see` with each address that is banned at `now` (Unix seconds), and for how many seconds
 * still. -1 and `e`. */
int bans_each(struct db *db, int64_t now,
              void (*see)(void *arg, const char *address, double seconds), void *arg,
              struct err *e);

#endif
