/* area.h -- for tests of the file areas: callers of the starter board who go there, and files
 * that are dropped in, or sent by sz. */
#ifndef PERIGEE_TESTS_AREA_H
#define PERIGEE_TESTS_AREA_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/board/peer.h"
#include "tests/board/stage.h"

#define RQINIT "**\030B00"
#define RINIT "**\030B01"

enum { PATH_BYTES = 600, ARCHIVE_BYTES = 4000 };

struct archive;

struct caller *sign_up(const char *handle);
struct caller *area_begin(void); /* start the board; luna's first call */

/* From the menu, by the number in the list of areas. */
void go_to_area(struct caller *c, const char *number, const char *title);

/* A file in the caller's folder, got/; in_got is the peer that works there. */
struct peer_options in_got(void);
void write_own(const char *name, const char *text);

/* Send from got/ in the area that the caller looks at. Its exit status, as peer_run. */
int upload(struct caller *c, char *const argv[], const struct peer_options *more);

/* Wait until the log says that the file in the area is new. */
void expect_new(const char *area, const char *name);

/* A file of libarchive's that is being written. */
void add_to_archive(struct archive *a, const char *name, const char *text);

/* A zip with a description in CP437, at `path` in the board's folder. */
void write_zip(const char *path, const char *description);

/* A file in an area's folder, a zip with that description if it is called so; waits
 * until it is new. */
void drop_in(const char *area, const char *name, const char *text);

void assert_text(const char *path, const char *expected);

/* `perigee files` with these words: its exit status; what it says has `expected`. */
void run_files(const char *words, int status, const char *expected);

#endif
