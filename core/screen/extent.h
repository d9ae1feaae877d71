/* extent.h -- how much room a screen takes up: what it would be cut by in a smaller window.
 * Part of screen/: screen.c asks for it once. */
#ifndef PERIGEE_SCREEN_EXTENT_H
#define PERIGEE_SCREEN_EXTENT_H

#include "screen/op.h"

struct extent {
    unsigned columns;
    unsigned rows; /* a list counts as one row */
};

/* Values without a format, and fields without, take up none; of an if: both sides count. */
struct extent extent_of(const struct op *ops, unsigned count);

#endif
