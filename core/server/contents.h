/* contents.h -- all that is below a folder, for what copies boards and compares them. Blocks.
 */
#ifndef PERIGEE_SERVER_CONTENTS_H
#define PERIGEE_SERVER_CONTENTS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct contents_file {
    char *path; /* below the root: "screens/menu.txt" */
    int64_t size;
    int64_t mtime; /* Unix seconds */
    unsigned mode; /* the permissions alone */
    bool is_folder;
};

struct contents {
    struct contents_file
        *files; /* by path, after contents_sort; a folder stands before what it has */
    unsigned count;
};

struct contents_rules {
    bool follows_links; /* a link is what it leads to; else it is left out */
    bool (*skips)(void *arg, const char *path, bool is_folder); /* NULL: nothing */
    /* A link, a socket and the like; `is_error`: something could not be looked at. */
    void (*left_out)(void *arg, const char *path, const char *why, bool is_error);
    void *arg;
};

/* Add `root`/`folder` (the root itself where it is "") and all below it. What is not there is
 * no error; sockets and the like are left out. */
void contents_add(struct contents *t, const char *root, const char *folder,
                  const struct contents_rules *rules);
void contents_sort(struct contents *t);
const struct contents_file *contents_find(const struct contents *t,
                                          const char *path); /* NULL: it has none */
void contents_clear(struct contents *t);

/* "FOLDER/NAME". -1: errno, it is too long. */
int path_join(char out[PATH_MAX], const char *folder, const char *name);

/* The folders that `path` needs below `root`, which is there. -1 and `e`. */
int path_make_folders(const char *root, const char *path, struct err *e);

/* A new file with what is in `from`, its permissions (its owner may write) and its time. -1 and
 * `e`. */
int path_copy(const char *from, const char *to, struct err *e);

/* All of a tree whose root is `from`, to `to`, which has nothing of it yet. `go_on` (NULL is
 * allowed) is asked between files; false: that is an error. -1 and `e`. */
int contents_copy(const struct contents *t, const char *from, const char *to,
                  bool (*go_on)(void *arg), void *arg, struct err *e);

/* What a file holds. -1 and `e`. */
int path_read(const char *path, struct buf *out, struct err *e);

#endif
