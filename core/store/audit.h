/* audit.h -- what sysops have done, which is read and added to and never changed: of what is
 * done at the machine's command line. Handlers add by bbs.audit. Blocks. */
#ifndef PERIGEE_STORE_AUDIT_H
#define PERIGEE_STORE_AUDIT_H

#include <sys/types.h>

#include "store/db.h"

/* The system's user `who` has done `what` (a short verb phrase) to `subject`, at this machine.
 * Looks up the user's name, which may take its time. -1 and `e`. */
int audit_add(struct db *db, uid_t who, const char *what, struct span subject,
              struct span detail, struct err *e);

#endif
