/* archive.h -- what is in a zip, tar, 7z, lha, rar ...: by libarchive. What callers upload is
 * hostile, so that runs in a process of its own, this program once more, with bounds of time
 * and memory. On a worker's threads: everything here blocks. Part of client/. */
#ifndef PERIGEE_CLIENT_ARCHIVE_H
#define PERIGEE_CLIENT_ARCHIVE_H

#include "base/buf.h"
#include "client/folder.h"

/* Is the file an archive, going by its name? */
bool archive_is_name(struct span name);

/* The names and sizes in it, UTF-8 without control characters; sizes of -1 are not told. -1 and
 * `e`: it is none, or broken; `out` has what was found before. */
int archive_read(int fd, struct file_list *out, struct err *e);

/* The text of its FILE_ID.DIZ, UTF-8; empty: there is none. -1 and `e`. */
int archive_description(int fd, struct buf *out, struct err *e);

/* --- that process: archive_inside.c --- */

#define ARCHIVE_COMMAND "look-into-archive" /* a command that no help lists */
#define ARCHIVE_LIST "list"
#define ARCHIVE_DESCRIBE "describe"

enum { ARCHIVE_SECONDS = 5, ARCHIVE_SAYS_ENTRY = '+', ARCHIVE_SAYS_NO = '\033' };

/* What is on standard input, to standard output: of each entry ARCHIVE_SAYS_ENTRY and "SIZE
 * TIME NAME", or the text of the description; ARCHIVE_SAYS_NO and why. The exit status. */
int archive_inside(const char *what);

#endif
