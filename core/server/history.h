/* history.h -- the last 20 good versions of each file of the board, in the data folder:
 * DATA/history/screens/menu.txt/20261123T065512.123456. Files are written on a worker's
 * thread; reading blocks and is for the start. */
#ifndef PERIGEE_SERVER_HISTORY_H
#define PERIGEE_SERVER_HISTORY_H

#include "base/buf.h"
#include "base/worker.h"

enum { HISTORY_KEPT = 20 };

struct history;

/* `folder` (DATA/history) is made when first needed. `worker` is borrowed. */
struct history *history_new(const char *folder, struct worker *worker);
void history_free(struct history *h); /* NULL is allowed */

/* `text` is a good version of `path` ("screens/menu.txt"). Kept unless the newest kept version
 * is the same; the oldest beyond HISTORY_KEPT are removed. Written whole (temporary name, then
 * rename). Failures are logged once an hour. */
void history_add(struct history *h, const char *path, struct span text);

/* Append the newest kept version of `path` to `out`. False: there is none. */
bool history_newest(struct history *h, const char *path, struct buf *out);

#endif
