/* trial.h -- a board whose saves are for sysops' calls alone until they are promoted
 * (reload.canary = "sysop"). What everybody has is kept in the data folder, so that nothing is
 * promoted by a restart; what the board's folder has besides is on trial. */
#ifndef PERIGEE_SERVER_TRIAL_H
#define PERIGEE_SERVER_TRIAL_H

#include "server/board.h"

bool trial_is_wanted(const struct board *b); /* by the settings, and there is a server */

/* What everybody has, from the data folder. 0; 1: nothing is kept there; -1 and `e`. */
int trial_load(struct board *b, struct texts *out, struct err *e);

/* The board has been started, or the setting has changed: `was` it wanted before? */
int trial_set_up(struct board *b, bool was, struct err *e);

/* Something was swapped: is anything on trial now? Sysops on line are told. */
void trial_settle(struct board *b);

/* What is on trial is for everybody. Blocks, as it is written down first. -1 and `e`: it is
 * not, and why. */
int trial_promote(struct board *b, struct err *e);

/* The board's files are written back as everybody has them, whether a server runs or not; it
 * sees that as a save. `promoted` is the file in the data folder; `out` as editing_undo_all's.
 * On any thread. -1 and `e`. */
int trial_undo(const char *board, const char *promoted, const struct history *history,
               struct buf *out, struct err *e);

/* A line for each file that is on trial. */
void trial_list(const struct board *b, struct buf *out);

#endif
