/* place.h -- files that handlers name: where they may be, and opening them there. A path is
 * relative to the data folder's files/, or absolute below one of settings.files.roots; nothing
 * leads out of there, no "..", no link. */
#ifndef PERIGEE_CLIENT_PLACE_H
#define PERIGEE_CLIENT_PLACE_H

#include <sys/stat.h>

#include "base/err.h"
#include "base/settings.h"
#include "base/span.h"

struct place {
    char *root; /* a folder; what may be a link is up to here */
    char *path; /* below it: names with '/' between them */
};

/* -1 and `e`: it is nowhere that may be. `files` is the data folder's files/. Does not look at
 * the disk. */
int place_find(struct place *p, const struct settings *s, const char *files, struct span name,
               struct err *e);
void place_clear(struct place *p);
void place_copy(struct place *to, const struct place *from); /* `to` is empty */

/* May a file be called so? No '/', no control characters, at most 255 bytes. */
bool place_is_name(struct span s);

/* Names with '/' between them? */
bool place_is_path(struct span path);

/* Its last name. */
const char *place_name(const struct place *p);

/* A regular file, as open(2) with these flags; never waits for who writes a FIFO. -1 and `e`.
 * Blocks. */
int place_open(const struct place *p, int flags, struct err *e);

/* What it is now, a link too. -1 and `e`. Blocks. */
int place_stat(const struct place *p, struct stat *st, struct err *e);

/* Give it another place, where nothing is yet; it is there when it is whole, also on another
 * disk. -1 and `e`. Blocks. */
int place_rename(const struct place *from, const struct place *to, struct err *e);
int place_remove(const struct place *p, struct err *e); /* the same, of a file */

/* A regular file gets this text, whole or not at all: it is written beside it and renamed over
 * it, with its owner and mode. `is_new`: where nothing is yet. When it returns the disk has it.
 * -1 and `e`. Blocks. */
int place_write(const struct place *p, struct span text, bool is_new, struct err *e);

/* A folder; `makes`: where its last name is missing, it is made. -1 and `e`. Blocks. */
int place_open_folder(const struct place *p, bool makes, struct err *e);

#endif
