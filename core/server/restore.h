/* restore.h -- a backup made into a board again: unpacked where nobody looks, compared with
 * what it says of itself, its database looked through, and only then put in place. The file may
 * be cut, damaged, foreign or hostile: nothing of it leaves the folder that it is for. Blocks.
 */
#ifndef PERIGEE_SERVER_RESTORE_H
#define PERIGEE_SERVER_RESTORE_H

#include <limits.h>

#include "server/manifest.h"

struct restore {
    const char *file; /* "-": standard input */
    const char *folder;
    const char *data; /* where the data folder is to be; NULL: data in `folder` */
    bool (*go_on)(void *arg, uint64_t bytes, uint64_t all_bytes); /* false: stop */
    void *arg;
};

/* What was found in it. */
struct restored {
    struct manifest manifest;
    uint64_t files;
    uint64_t bytes;
    int64_t accounts;
    char nobody[64]; /* a user whom it names, and who is not on this machine; or empty */
};

enum restore_answer {
    RESTORE_FAILED = -1, /* `e`: something else than the backup is in the way */
    RESTORE_DONE,
    RESTORE_BAD, /* `e`: the backup can't be relied on */
};

/* Unless it is done nothing of it is left. `folder` and `data` are missing or empty. */
enum restore_answer restore_make(const struct restore *r, struct restored *out, struct err *e);

/* The same, for a folder that is there and will be removed again: nothing is put in place, and
 * nobody is told in the audit table. */
enum restore_answer restore_unpack(const struct restore *r, struct restored *out,
                                   struct err *e);

#endif
