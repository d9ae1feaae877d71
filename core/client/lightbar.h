/* lightbar.h -- the items of a screen (design section 3, `item:`): shown where their macros
 * stand, chosen by their keys, and on a painted form by a bar that the arrows move and Enter
 * follows. Part of client/: show.c and form.c use it.
 *
 * Where there is no form the items are text with keys, and the functions about the bar do
 * nothing. */
#ifndef PERIGEE_CLIENT_LIGHTBAR_H
#define PERIGEE_CLIENT_LIGHTBAR_H

#include <stdbool.h>

#include "screen/op.h"
#include "term/keys.h"

struct client;

enum { LIGHTBAR_FIRST = 255 }; /* as c->bar_index: no item of this number, so the first */

void lightbar_end(struct client *c); /* its screen is shown from the beginning, or no more */

/* Paint an item here, or what keeps its place; it counts from now on. Of one that is for others
 * nothing can be chosen. */
void lightbar_add(struct client *c, const struct op *op);

void lightbar_draw(struct client *c); /* the bar; the cursor is away afterwards */

/* Arrows, Tab, Shift-Tab, Home and End move the bar. False: not a key of its. */
bool lightbar_key(struct client *c, const struct key *key);

/* Where it is read the items are a list with numbers, from 1. How many there are so far; the
 * one of a number, or NULL. */
unsigned lightbar_count(const struct client *c);
const struct op *lightbar_at(const struct client *c, unsigned number);

const struct op *lightbar_chosen(const struct client *c); /* what the bar is on, or NULL */

/* The number of the item of `c`'s screen that leads to `keyword`, or LIGHTBAR_FIRST. */
unsigned lightbar_find(const struct client *c, const char *keyword);

#endif
