/* watch.h -- which files under some folders have been saved, by inotify: in place, renamed
 * over, deleted and written again; new folders included.
 *
 * Saves are gathered: 40 ms after the last event, at most 150 ms after the first, `changed` is
 * called on the loop with all paths at once, none forgotten. A path that is gone is in it too;
 * where folders went or were renamed, or the kernel lost events, `all` is set. Links to folders
 * are followed, 8 deep; what a link to a file points to is not watched. Knows nothing of what
 * is in the files, and reads none. Editors' own files (hidden ones, "x~", "#x#", "4913",
 * "*.swp", "*.tmp") are not reported. */
#ifndef PERIGEE_SERVER_WATCH_H
#define PERIGEE_SERVER_WATCH_H

#include <stdbool.h>

#include "base/err.h"

struct ev_loop;
struct watch;

/* A set of paths relative to the watched root, as "screens/menu.txt". */
struct watch_paths {
    const char **paths; /* sorted, each once */
    unsigned count;
    bool all; /* too much happened to tell what: look at everything */
};

/* Watch `root`/`folders`[0..count) (copied; names, not paths) and all below. `root` itself has
 * to be there and to stay; a folder that is missing is waited for. `changed` may free the
 * watch. NULL and `e`. */
struct watch *watch_new(struct ev_loop *loop, const char *root, const char *const *folders,
                        unsigned count, void (*changed)(void *arg, const struct watch_paths *p),
                        void *arg, struct err *e);
void watch_free(struct watch *w); /* NULL is allowed */

#endif
