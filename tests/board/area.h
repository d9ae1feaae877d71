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

enum { PATH_BYTES = 600 };

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

void assert_text(const char *path, const char *expected);

/* `perigee files` with these words: its exit status; what it says has `expected`. */
void run_files(const char *words, int status, const char *expected);

#endif
