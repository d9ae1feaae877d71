/* backup.h -- a board with its data in one file, consistent while it is being served: see
 * manifest.h for what is in it. Blocks. */
#ifndef PERIGEE_SERVER_BACKUP_H
#define PERIGEE_SERVER_BACKUP_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct backup_counts {
    uint64_t files;
    uint64_t bytes;
    uint64_t all_files; /* that were found */
    uint64_t all_bytes;
    uint64_t packed; /* bytes that the backup has so far */
};

struct backup {
    const char *board;
    const char *data;
    const char *file; /* "-": standard output */
    bool replaces;    /* a file of that name that is there */
    /* Asked often; false: stop. */
    bool (*go_on)(void *arg, const struct backup_counts *so_far);
    /* What is not in it, or not as it was at one moment. */
    void (*tell)(void *arg, const char *path, const char *what);
    void *arg;
};

/* -1 and `e`: then there is nothing of it, and what was there before is. */
int backup_make(const struct backup *b, struct backup_counts *counts, struct err *e);

#endif
