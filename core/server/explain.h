/* explain.h -- why a caller sees a screen or does not, and each of its items: rule by rule,
 * with the file and line that each stands in. Works on a board without a server (headless.h):
 * its handlers run, on a copy of the data. Blocks. */
#ifndef PERIGEE_SERVER_EXPLAIN_H
#define PERIGEE_SERVER_EXPLAIN_H

#include "server/headless.h"

enum explained { EXPLAINED_FAILED = -1, EXPLAINED_NO, EXPLAINED_YES, EXPLAINED_UNKNOWN };

/* Appended to `out`: the verdict, and a line for each rule, two columns to the right. The visit
 * says whom it is for, on which terminal; its `passed` is taken here. EXPLAINED_UNKNOWN: there
 * is no screen of that keyword, nor an area if it is "files/AREA"; `out` has nothing, `e` what
 * areas there are, or nothing.
 * EXPLAINED_FAILED: `e` says why. */
enum explained explain(struct headless *h, const struct visit *visit, struct buf *out,
                       struct err *e);

#endif
