/* stage.h -- for board tests that write a board of their own: one board and its callers, who
 * are all ended after each test, however it ends. */
#ifndef PERIGEE_TESTS_STAGE_H
#define PERIGEE_TESTS_STAGE_H

#include "tests/board/board.h"

extern struct board *board; /* of the running test: empty, not started */

int stage_set_up(void **state);
int stage_set_up_starter(void **state); /* the board is a copy of the starter board */
int stage_tear_down(void **state);      /* not 0: the server did not end as it should */

struct caller *dial(void); /* an xterm */
struct caller *dial_as(enum caller_kind kind);
void hang_up(struct caller *c); /* before the test's end */

/* What is started from now on, until LD_PRELOAD is unset, has this library of this folder. */
void preload(const char *library);

/* ... full_disk.so, and finds no room on the disk for files
 * that have `name` in their paths, after so many bytes of all of them. */
void preload_full_disk(const char *name, const char *room);

#endif
