/* lent.h -- the caller's terminal while something else has it: a program, another system. What
 * that shows goes to it as it is, in the terminal's character set. */
#ifndef PERIGEE_CLIENT_LENT_H
#define PERIGEE_CLIENT_LENT_H

#include "base/buf.h"
#include "term/charset.h"

struct client;

/* The beginning of a character whose end has not come yet. */
struct half {
    char bytes[4];
    unsigned len;
};

/* Its screen is cleared, with what comes next, and nothing is left of what we have set. */
void lent_begin(struct client *c);

/* It is ours again, and the screen is shown again when its handler has ended. */
void lent_end(struct client *c);

/* Append `s` in another character set; what begins a character waits in `half` for the rest. */
void lent_convert(struct buf *out, struct half *half, struct span s, enum charset from,
                  enum charset to);

/* So much waits to be written that no more is to be shown now: half of what may, so that keys
 * are still taken. */
bool lent_is_held_up(const struct client *c);

#endif
