/* scratch.h -- a data folder that lives as long as a command: a copy of a board's database, or
 * a new one, in a temporary folder of its own (mode 0700, below TMPDIR). Blocks. */
#ifndef PERIGEE_SERVER_SCRATCH_H
#define PERIGEE_SERVER_SCRATCH_H

#include "server/board.h"
#include "store/accounts.h"

enum { SCRATCH_PATH = 1024 };

struct scratch {
    char folder[SCRATCH_PATH]; /* empty: there is none */
    char database[SCRATCH_PATH + 16];
};

/* `from` is copied; NULL: a new one is made, with the account `sysop`. The board's schema is
 * run; what is wrong with it is among the board's errors. `go_on` as for db_copy. -1 and `e`:
 * then too scratch_remove is to follow. */
int scratch_make(struct scratch *s, const char *from, struct board *board,
                 bool (*go_on)(void *arg), void *arg, struct err *e);
void scratch_remove(struct scratch *s);

/* 1 found, 0 there is none, -1 and `e`. It counts as a login. */
int scratch_find(const struct scratch *s, const char *handle, struct account *out,
                 struct err *e);

/* The account `example`, made with `level` where it is missing. 0; -1 and `e`. */
int scratch_example(const struct scratch *s, int level, struct account *out, struct err *e);

#endif
