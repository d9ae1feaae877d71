/* drop.h -- the folders that doors' drop files are in, one for each run of a door. They stand
 * below one that the server makes for itself in the system's folder for temporary files
 * (TMPDIR, or /tmp), where the doors' user can come to: into the data folder it can't. A link
 * in the data folder's doors/ says where that is, so that the next start removes what a crash
 * has left. */
#ifndef PERIGEE_CLIENT_DROP_H
#define PERIGEE_CLIENT_DROP_H

#include "base/err.h"

#define DROP_LINK ".drop" /* in doors/; no door is called so */

/* Make the folder that they stand in, which is *parent then (mem_free). -1 and `e`. */
int drop_make_parent(const char *doors, char **parent, struct err *e);

/* Nothing runs any more: remove it where nothing is left in it. */
void drop_end(const char *doors, const char *parent);

/* At the start: remove what is left of the time before. */
void drop_clean(const char *doors);

/* Remove a folder with all that is in it, whatever a program has made of it; what is not there
 * is no error. */
void drop_remove(const char *folder);
void drop_remove_parent(const char *folder); /* what it stands in, where it was the last */

#endif
