/* history.h -- the last 20 good versions of each file of the board, in the data folder:
 * DATA/history/screens/menu.txt/20261123T065512.123456. Files are written on a worker's
 * thread, or by a command while a server runs or none does; reading blocks, and is for when a
 * version is broken. */
#ifndef PERIGEE_SERVER_HISTORY_H
#define PERIGEE_SERVER_HISTORY_H

#include "base/buf.h"
#include "base/worker.h"

enum { HISTORY_KEPT = 20 };

#define HISTORY_PART "part" /* the name of a version that is not whole yet */

struct history;

/* `folder` (DATA/history) is made when first needed. `worker` has one thread; it is borrowed,
 * and freed before the history: its jobs end there. */
struct history *history_new(const char *folder, struct worker *worker);
void history_free(struct history *h); /* NULL is allowed */

/* `text` is a good version of `path` ("screens/menu.txt"). Kept unless the newest kept version
 * is the same; the oldest beyond HISTORY_KEPT are removed. Written whole (temporary name, then
 * rename). Named by the time of the call, or just after the newest kept one where the clock was
 * set back. Failures are logged once an hour. */
void history_add(struct history *h, const char *path, struct span text);

/* The same on this thread, when it returns the disk has it; also where a server runs. -1, `e`.
 */
int history_keep(const struct history *h, const char *path, struct span text, struct err *e);

/* Append a kept version of `path` to `out`, `age` 0 the newest. False: there are not so many.
 */
bool history_read(struct history *h, const char *path, unsigned age, struct buf *out);

/* A line for each kept version, the newest first: its name, when it was kept (Unix seconds) and
 * its size in bytes. On any thread, as the next. */
void history_list(const struct history *h, const char *path, struct buf *out);

/* A line for each file that has kept versions, by path: how many, when the newest was kept
 * (Unix seconds), and its path. On any thread, as the next. */
void history_list_files(const struct history *h, struct buf *out);

/* Append the version of that name. False: it is not there, any more or at all. */
bool history_read_named(const struct history *h, const char *path, const char *name,
                        struct buf *out);

#endif
