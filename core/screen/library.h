/* library.h -- all screens of a board, by keyword. Fed with files as they are saved; what does
 * not compile or link is reported and the last good one stays.
 *
 * There may be a second set of them on trial, beside the one that is for everybody: it begins
 * as the same, is fed by itself, and takes the place of the other or ends. */
#ifndef PERIGEE_SCREEN_LIBRARY_H
#define PERIGEE_SCREEN_LIBRARY_H

#include "screen/screen.h"

struct library;

struct library *library_new(void);
void library_free(struct library *l); /* NULL is allowed */

/* The set on trial: borrowed from `l`, which is the one for everybody. Where none has begun it
 * reads as that one, and nothing may be set in it. */
struct library *library_trial(struct library *l);
void library_begin_trial(struct library *l);                 /* nothing, where one has begun */
void library_end_trial(struct library *l, bool is_promoted); /* the same where none has */

/* For perigee check: what is broken is taken all the same, so that it shows what else is wrong
 * with it and is not missed elsewhere. Nothing of it may be shown to callers. */
void library_take_broken(struct library *l);

/* For whom a screen is looked for: terminals that know ANSI, that don't, and callers who have
 * it read to them (see term/linear.h). */
enum audience { FOR_ANSI, FOR_PLAIN, FOR_LINEAR };

enum { NARROW = 80 }; /* columns: windows that have fewer */

/* A screen's name is its keyword, or "KEYWORD.40": for narrow windows, where there is one. */
bool library_is_name(struct span name);
struct span library_keyword(struct span name); /* borrowed from it */

/* Compile the file of a name. -1: `errors` says why, and what was there stays. `name` is
 * one (library_is_name); `file` is what messages call the file. */
int library_set(struct library *l, const char *name, enum source_kind kind, const char *file,
                struct span text, struct buf *errors);
void library_remove(struct library *l, const char *name, enum source_kind kind);

/* Link what has changed; each screen is swapped in one step. How many were; those that do not
 * link are reported and stay as they were. */
unsigned library_link(struct library *l, struct buf *errors);

/* The screen of a keyword in the file that suits best; NULL: none. Borrowed: screen_ref it to
 * keep it. */
struct screen *library_find(const struct library *l, struct span keyword, enum audience who,
                            unsigned columns);
bool library_has(const struct library *l, struct span name); /* in any of its files */

/* Call `see` with each linked screen. */
void library_each(const struct library *l,
                  void (*see)(void *arg, const struct screen *s, enum source_kind kind),
                  void *arg);

/* Is the file of a name, as it was set last, what is shown of it? Not where that does not link.
 */
bool library_is_linked(const struct library *l, const char *name, enum source_kind kind);

/* The text that a file of the set was compiled from; no data: there is none. */
struct span library_text(const struct library *l, const char *name, enum source_kind kind);

/* Call `see` with the path and the text of each compiled file: the text that is shown, where
 * what was set last does not link. */
void library_each_text(const struct library *l,
                       void (*see)(void *arg, const char *file, struct span text), void *arg);

/* Call `see` with the path of each compiled file. */
void library_each_file(const struct library *l, void (*see)(void *arg, const char *file),
                       void *arg);
unsigned library_count(const struct library *l); /* keywords that have a screen */

#endif
