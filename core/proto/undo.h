/* undo.h -- escapes undone, many bytes at a time: ZMODEM's ZDLE and telnet's IAC IAC. What is
 * anything else than data stays in front of the input, for who reads byte by byte. */
#ifndef PERIGEE_PROTO_UNDO_H
#define PERIGEE_PROTO_UNDO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum { UNDO_BLOCK = 64 };

/* Take from the front of `in` bytes that stand for themselves, and those behind ZDLE; up to
 * flow control, the end of a subpacket, and the last bytes of `in`. Returns how many are now in
 * `to`, at most `room`; what `to` holds behind `room`, UNDO_BLOCK bytes, may be overwritten. */
size_t undo_zdle(struct span *in, uint8_t *to, size_t room);

/* The same of IAC IAC, up to an IAC that is not doubled and the last bytes of `in`. `to` has
 * room for `in` as it is. */
size_t undo_iac(struct span *in, uint8_t *to);

/* For tests: without what only some processors have (false), or with it if this one has. */
void undo_allow_wide(bool allowed);

#endif
