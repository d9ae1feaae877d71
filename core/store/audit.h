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

/* The same in the database of the data folder, by who runs this program, whether a server has
 * it open or not. A board that was never served, or whose database another version has to
 * bring up to date, has nowhere to write it down: that is no error. */
void audit_note(const char *data, const char *what, struct span subject, struct span detail);

#endif
