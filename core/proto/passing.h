/* passing.h -- ZModem that passes through: which of one direction's bytes belong to a transfer
 * between two others, so that nobody translates them or takes them for keys.
 *
 * A transfer begins with a header, '*', ZDLE and its style; each side sends one before any
 * data. It is over with the side's ZFIN, which is a hexadecimal header and ends with a line's
 * end, or with five CAN, which are in no data. Sans-I/O; nothing fails. */
#ifndef PERIGEE_PROTO_PASSING_H
#define PERIGEE_PROTO_PASSING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

struct passing {
    bool is_on; /* the last byte was a transfer's */
    uint8_t state;
    uint8_t cans;
};

/* Cut the longest run off the front of `in` that is a transfer's (*is_on) or is none's. */
struct span passing_take(struct passing *p, struct span *in, bool *is_on);

#endif
