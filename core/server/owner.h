/* owner.h -- whose a file is, by the names of users and groups: what numbers they have is each
 * machine's own affair. Looking one up may take its time, so the last one is remembered.
 * Blocks.
 */
#ifndef PERIGEE_SERVER_OWNER_H
#define PERIGEE_SERVER_OWNER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

enum { OWNER_NAME = 64 };

/* All zero to begin with. */
struct owner {
    bool is_known; /* the others belong together */
    uid_t uid;
    gid_t gid;
    char user[OWNER_NAME]; /* empty: there is no such user here, or the name is too long */
    char group[OWNER_NAME];
};

void owner_find_names(struct owner *o, uid_t uid, gid_t gid);

/* Numbers, of this machine. False: there is no such user. A group that is not here is the
 * user's own. */
bool owner_find(struct owner *o, const char *user, const char *group);

/* What root writes into another user's folder, that user could not read or write any more: -1
 * and `e` where it is so. */
int owner_check_root(const char *folder, struct err *e);

#endif
