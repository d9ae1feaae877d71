/* library.h -- all screens of a board, by keyword. Fed with files as they are saved; what does
 * not compile or link is reported and the last good one stays. */
#ifndef PERIGEE_SCREEN_LIBRARY_H
#define PERIGEE_SCREEN_LIBRARY_H

#include "screen/screen.h"

struct library;

struct library *library_new(void);
void library_free(struct library *l); /* NULL is allowed */

/* For perigee check: what is broken is taken all the same, so that it shows what else is wrong
 * with it and is not missed elsewhere. Nothing of it may be shown to callers. */
void library_take_broken(struct library *l);

/* Compile the file of a keyword. -1: `errors` says why, and what was there stays. `keyword` is
 * a keyword (source_is_keyword); `file` is what messages call the file. */
int library_set(struct library *l, const char *keyword, enum source_kind kind, const char *file,
                struct span text, struct buf *errors);
void library_remove(struct library *l, const char *keyword, enum source_kind kind);

/* Link what has changed; each screen is swapped in one step. How many were; those that do not
 * link are reported and stay as they were. */
unsigned library_link(struct library *l, struct buf *errors);

/* The screen of a keyword for a terminal with or without ANSI, in any of its files; NULL: none.
 * Borrowed: screen_ref it to keep it. */
struct screen *library_find(const struct library *l, struct span keyword, bool ansi);
bool library_has(const struct library *l, struct span keyword);

/* Call `see` with each linked screen. */
void library_each(const struct library *l,
                  void (*see)(void *arg, const struct screen *s, enum source_kind kind),
                  void *arg);

/* Call `see` with the path of each compiled file. */
void library_each_file(const struct library *l, void (*see)(void *arg, const char *file),
                       void *arg);
unsigned library_count(const struct library *l); /* keywords that have a screen */

#endif
