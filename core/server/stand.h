/* stand.h -- a board on the test stand: a copy of its files and of its database in a temporary
 * folder, served by a process of its own, and callers whose terminals are pictures. Nothing of
 * it reaches the board itself. One at a time in a process. Blocks.
 *
 * What goes wrong here is an `e`; what the server logs as an error is kept for stand_errors. */
#ifndef PERIGEE_SERVER_STAND_H
#define PERIGEE_SERVER_STAND_H

#include "base/buf.h"
#include "base/err.h"
#include "server/terminal.h"
#include "store/accounts.h"

struct stand;

/* `database` (NULL: a new one) is copied now, once; the board's files are at each start. */
struct stand *stand_new(const char *board, const char *database, struct err *e);
void stand_free(struct stand *s); /* stops it, and removes the folder; NULL is allowed */

/* Serve a fresh copy; `is_empty`: with a new database. -1 and `e`: also where a server runs, or
 * it does not come up. */
int stand_start(struct stand *s, bool is_empty, struct err *e);
/* End the server, and begin it again on the data that is there. Callers' lines end. */
int stand_restart(struct stand *s, struct err *e);
void stand_stop(struct stand *s); /* hard: what it has is thrown away */

/* The folders of the copy that is served; good until the next start. */
const char *stand_board(const struct stand *s);
const char *stand_data(const struct stand *s);

/* Make the account, or give the one of that handle what is not NULL (`password`) and not 0
 * (`level`). -1 and `e`. */
int stand_account(struct stand *s, const char *handle, const char *nick, const char *password,
                  int level, struct err *e);

struct stand_call {
    struct terminal_kind terminal;
    const char *address; /* of IPv4 */
    const char *handle;  /* NULL: somebody who is not known yet */
    const char *keyword; /* of the screen that it begins at; NULL: root */
};

/* The caller's number, from 0. -1 and `e`. */
int stand_dial(struct stand *s, const struct stand_call *call, struct err *e);

struct stand_state {
    bool is_over;    /* the call is */
    bool is_settled; /* all that was typed has been done, and all is shown that came of it */
    unsigned node;   /* 0: it has typed nothing yet */
    unsigned level;
    char keyword[256];
};

/* Type text (UTF-8), control characters as they are. */
void stand_type(struct stand *s, unsigned caller, struct span text);
/* Wait until it is settled, at most so long. -1 and `e`: the server has died. */
int stand_settle(struct stand *s, unsigned caller, double seconds, struct stand_state *out,
                 struct err *e);
/* Wait for whatever comes for any caller, at most so long. */
void stand_wait(struct stand *s, double seconds);
void stand_hang_up(struct stand *s, unsigned caller);
void stand_release(struct stand *s,
                   unsigned caller); /* its number may be somebody else's now */
const struct picture *stand_picture(const struct stand *s, unsigned caller); /* borrowed */

/* See tested.h. `answer` gets the text behind "ok ". -1 and `e`. */
int stand_ask(struct stand *s, const char *request, struct buf *answer, struct err *e);

/* Lines of errors that the server has logged since the last call are moved to `out`. */
void stand_errors(struct stand *s, struct buf *out);

#endif
