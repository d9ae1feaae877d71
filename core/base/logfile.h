/* logfile.h -- the log in a file, `log` in the data folder, beside standard error: written by a
 * thread of its own, so that no disk holds up who logs. When it has its size it becomes
 * `log.1`, which replaces the one before, and a new one is begun. One in a process. */
#ifndef PERIGEE_BASE_LOGFILE_H
#define PERIGEE_BASE_LOGFILE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/* `most` bytes in all, half of them in each of the two files. Where standard error is that file
 * already, nothing is written twice. -1 and `e`. */
int logfile_open(const char *path, long most, struct err *e);
void logfile_set_most(long most);
void logfile_close(void); /* what waits is written first; nothing where it is not open */

/* A line, with its end. From any thread; what is too much to wait is dropped, and counted in a
 * line of its own. */
void logfile_add(struct span line);

/* --- reading; blocks, on any thread --- */

struct logfile_wanted {
    const char *path;
    const char *text;  /* that a line has, in any letter case; "": all lines */
    const char *level; /* "error": those alone; "warn": and the warnings; else all */
    unsigned skip;     /* of the newest that fit */
    unsigned count;    /* at most 256 */
};

/* Append those lines, the oldest of them first, each with its end; how many fit in all. A file
 * that is not there is empty. */
unsigned logfile_find(const struct logfile_wanted *wanted, struct buf *out);

#endif
