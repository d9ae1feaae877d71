/* upgrade.h -- what a newer starter board brings, put into a board whose sysop has changed it:
 * the board's file, the original that it was made from (.starter/, see starter.h) and the new
 * one are compared. Planned first, which changes nothing; then done, all or nothing. Blocks. */
#ifndef PERIGEE_SERVER_UPGRADE_H
#define PERIGEE_SERVER_UPGRADE_H

#include <limits.h>

#include "base/buf.h"
#include "base/err.h"

enum upgrade_act {
    UPGRADE_KEEP, /* it stays as it is; the starter board has not changed it, or dropped it */
    UPGRADE_ADD,  /* it is new */
    UPGRADE_REPLACE,  /* the sysop has not changed it */
    UPGRADE_MERGE,    /* both have changed it, in different places */
    UPGRADE_CONFLICT, /* in the same: it stays, the new one is put beside, as FILE.new */
    UPGRADE_REMOVE,   /* the starter board has it no more, and the sysop has not changed it */
};

struct upgrade_file {
    char *path; /* "screens/menu.txt" */
    enum upgrade_act act;
    const char *why; /* in words, to the sysop */
    bool is_there;   /* in the board */
    unsigned mode;   /* of what is to be */
    struct buf now;
    struct buf then; /* of a conflict: what goes to FILE.new */
};

struct upgrade {
    const char *board;
    char starter[PATH_MAX];
    char from[32]; /* version of the originals */
    struct upgrade_file *files;
    unsigned count;
    unsigned changes; /* of them, that are not kept */
};

/* -1 and `e`: also where the board has no originals. upgrade_clear is to follow. */
int upgrade_plan(struct upgrade *u, const char *board, struct err *e);
void upgrade_clear(struct upgrade *u);

/* The difference that one of the files makes, as text. -1 and `e`. */
int upgrade_diff(const struct upgrade_file *f, struct buf *out, struct err *e);

/* Do it, unless the board that comes out has mistakes: 1, and `report` has them. What is
 * replaced or removed is kept in `data`/history. -1 and `e`: nothing was changed. */
int upgrade_do(const struct upgrade *u, const char *data, struct buf *report, struct err *e);

/* A board that was not made by `init`: begin from this perigee's starter board. */
int upgrade_adopt(const char *board, struct err *e);

#endif
