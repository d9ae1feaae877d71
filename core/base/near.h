/* near.h -- which of some words somebody may have meant. */
#ifndef PERIGEE_BASE_NEAR_H
#define PERIGEE_BASE_NEAR_H

#include "base/span.h"

enum { NEAR_NEVER = 1000 };

/* How many letters have to be changed, added or left out to make `b` of `a` (Levenshtein);
 * NEAR_NEVER where one of them has more than 63. */
unsigned near_distance(struct span a, struct span b);

#endif
