/* extent.h -- how many columns a screen takes up: what it would be cut by in a narrower window.
 * Part of screen/: screen.c asks for it once. */
#ifndef PERIGEE_SCREEN_EXTENT_H
#define PERIGEE_SCREEN_EXTENT_H

#include "screen/op.h"

/* Values without a format, and fields without, take up none; of an if: both sides count. */
unsigned extent_columns(const struct op *ops, unsigned count);

#endif
