/* audit.h -- what sysops have done, which is read and added to and never changed: of what is
 * done at the machine's command line. Handlers add by bbs.audit. Blocks. */
#ifndef PERIGEE_STORE_AUDIT_H
#define PERIGEE_STORE_AUDIT_H

#include "store/db.h"

/* `who` has done `what` (a short verb phrase) to `subject`, at this machine. -1 and `e`. */
int audit_add(struct db *db, const char *who, const char *what, struct span subject,
              struct span detail, struct err *e);

#endif
