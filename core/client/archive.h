/* archive.h -- what is in a zip, tar, 7z, lha, rar ...: by libarchive, bounded in time. What
 * callers upload is hostile. On a worker's threads: everything here blocks. Part of client/. */
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

#endif
