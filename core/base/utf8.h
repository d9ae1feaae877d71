/* utf8.h -- UTF-8 (RFC 3629): one code point at a time, nothing overlong, no surrogates. */
#ifndef PERIGEE_BASE_UTF8_H
#define PERIGEE_BASE_UTF8_H

#include <stdint.h>

#include "base/buf.h"

#define UTF8_BAD 0xFFFDu

/* Take one code point from the front of a non-empty `s`. A byte that begins nothing valid is
 * taken alone and comes back as UTF8_BAD with *ok false; `ok` may be NULL. */
uint32_t utf8_next(struct span *s, bool *ok);

/* How many bytes the sequence that `first` begins should have: 1 to 4, 0 for none. */
unsigned utf8_length(unsigned char first);

bool utf8_add(struct buf *b, uint32_t cp); /* as buf_add */
bool utf8_is_valid(struct span s);

/* Columns that `cp` takes on a terminal: 0 for combining marks and controls, 1, or 2. */
unsigned utf8_width(uint32_t cp);
unsigned utf8_columns(struct span s);

/* How many bytes of `s` fit into `columns`. */
size_t utf8_fit(struct span s, unsigned columns);

/* Take a line of at most `columns` from the front of a non-empty `s`: up to a line end, which
 * is taken too, or to the last blank that fits, or what fits of a long word. */
struct span utf8_take_line(struct span *s, unsigned columns);

#endif
