/* traces.h -- what an account leaves behind when it is deleted, or merged into another. Blocks.
 *
 * Nothing here lists tables: each column that REFERENCES users is found in the schema, of the
 * board's own tables as well, so that none is forgotten. What they say of themselves is the
 * rule:
 *   ON DELETE SET NULL   what somebody has made (a file, a room). It stays, and is nobody's.
 *                        With a column `nick_name` beside it, the row is what was said under
 *                        that name: it goes with all traces, or is said by "somebody".
 *   anything else        what is the account's own, and goes with it.
 * Call these within a transaction: they are several statements. */
#ifndef PERIGEE_STORE_TRACES_H
#define PERIGEE_STORE_TRACES_H

#include "store/accounts.h"

enum account_end {
    ACCOUNT_ERASED,    /* with all that was said under its name */
    ACCOUNT_ANONYMISED /* that stays, and no name leads to anybody */
};

/* 0 done, 1 not, and `e` says why: nobody else that is not locked has the level `sysop`. */
int account_delete(struct db *db, const struct account *a, enum account_end how, int sysop,
                   struct err *e);

/* All that belongs to `from` is `into`'s, calls and totals are added up, and `from` is gone.
 * Where both have the same (a choice, a right in a room) it is `into`'s that stays, a right for
 * the longer time, a draft the later one. As account_delete. */
int account_merge(struct db *db, const struct account *from, const struct account *into,
                  int sysop, struct err *e);

#endif
