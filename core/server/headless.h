/* headless.h -- a board that runs without a server: its screens, handlers and settings on a
 * loop of their own, and one caller at a time, whose terminal is a picture. Nothing listens,
 * and nothing that handlers do reaches the board's data, unless that is asked for: they work on
 * a copy of its database in a temporary folder, which is removed again, after SIGINT, SIGTERM
 * and SIGHUP too.
 *
 * One at a time in a process. Blocks. */
#ifndef PERIGEE_SERVER_HEADLESS_H
#define PERIGEE_SERVER_HEADLESS_H

#include "server/board.h"
#include "server/terminal.h"
#include "store/accounts.h"

struct headless;

struct headless_config {
    const char *board;    /* folder */
    const char *database; /* what is copied; NULL: a new one, with the account `sysop` */
    const char *data; /* the board's own data folder, which is worked on itself; NULL: none */
    const char *versions; /* of its files, kept when they were good, which take the place of
                           * those that are not; NULL: nothing does */
    const char *promoted; /* the file with what everybody has while something is on trial, which
                           * does not change what is loaded; NULL: none */
    bool watches;         /* for saves: see headless_wait */
};

/* NULL and `e`. What is wrong with the board's files is in headless_board()->errors. */
struct headless *headless_new(const struct headless_config *config, struct err *e);
void headless_free(struct headless *h); /* NULL is allowed */

struct board *headless_board(struct headless *h);
const char *headless_promoted(const struct headless *h); /* of the configuration */
const char *headless_folder(const struct headless *h);   /* the temporary one */
int headless_signal(const struct headless *h);           /* the one that ended it; 0: none */

/* 1 found, 0 there is none, -1 and `e`. */
int headless_find(struct headless *h, const char *handle, struct account *out, struct err *e);

/* The account `example`, made where it is missing, with the level that new accounts have. */
int headless_example(struct headless *h, struct account *out, struct err *e);

struct visit {
    const char *keyword;
    const struct account *account; /* NULL: a guest, who has just come if it is `root` */
    struct terminal_kind terminal;
    bool is_linear; /* it is read to the caller */
    /* As that of clients_config; NULL is allowed. */
    void (*passed)(void *arg, const struct op *op, const struct outcome *out);
    void *arg;
};

enum visit_end {
    VISIT_WAITS,   /* the caller is asked for a key or a line */
    VISIT_HUNG_UP, /* the call is over */
    VISIT_LATE,    /* neither after VISIT_SECONDS: a handler does not end */
    VISIT_STOPPED, /* by a signal */
};

enum { VISIT_SECONDS = 10 };

struct visited {
    enum visit_end end;
    const char *keyword;     /* of the screen that was reached; borrowed */
    struct picture *picture; /* the receiver's */
};

/* A call that begins at a screen, until the caller is asked something. -1 and `e`. */
int headless_visit(struct headless *h, const struct visit *visit, struct visited *out,
                   struct err *e);

/* Do a command of one of the engine's modules (see bridge_command_new); `print` gets its lines.
 * 0; 1 and `e`: it was refused; -1 and `e`. */
struct headless_words {
    const char *module;
    const char *const *list;
    unsigned count;
    void (*print)(void *arg, struct span line);
    void *arg;
};

int headless_command(struct headless *h, const struct headless_words *words, struct err *e);

/* Wait until something of the board has been saved, and is in use or known to be wrong. False:
 * a signal came, or a 'q' from `keys` (a descriptor). */
bool headless_wait(struct headless *h, int keys);

#endif
