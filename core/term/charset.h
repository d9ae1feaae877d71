/* charset.h -- the character sets that callers' terminals speak, and the way between them.
 * Inside the engine text is UTF-8. No I/O, no state: tables. */
#ifndef PERIGEE_TERM_CHARSET_H
#define PERIGEE_TERM_CHARSET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum charset { CHARSET_ASCII, CHARSET_CP437, CHARSET_UTF8, CHARSET_COUNT };

const char *charset_name(enum charset c); /* "ascii", "cp437", "utf-8" */

/* By name, any letter case: "UTF-8", "utf8", "CP437", "IBM437", "US-ASCII". False: unknown. */
bool charset_find(struct span name, enum charset *out);

/* The code point of a byte of CP437. Bytes below 0x20 and 0x7F come back as they are. */
uint32_t charset_from_cp437(unsigned char byte);

/* The byte for a code point: exact, or the nearest look-alike ('–' as '-', 'é' without its
 * accent in ASCII, '║' as '|', '█' as '#'); '?' where there is none, 0 for what takes no
 * column. */
unsigned char charset_to_cp437(uint32_t cp);
unsigned char charset_to_ascii(uint32_t cp);

/* Append `text` (UTF-8; what is invalid becomes '?') in character set `to`, in as many columns.
 * As buf_add. */
bool charset_encode(struct buf *out, struct span text, enum charset to);

/* Append `bytes` (CP437) as UTF-8. Control characters stay. As buf_add. */
bool charset_decode_cp437(struct buf *out, struct span bytes);

/* Bytes of which nobody says: UTF-8 where they are valid, else CP437. As buf_add. */
bool charset_decode_unknown(struct buf *out, struct span bytes);

/* The same as decode_cp437 for drawings, in which control codes are glyphs ('♥', '►'), but for
 * TAB, LF, CR, SUB and ESC. */
bool charset_decode_art(struct buf *out, struct span bytes);

/* As charset_encode, for a drawing: what was a control code is one again where that shows the
 * glyph and does nothing else, on any terminal of CP437; where it might ring, shift the
 * character set, answer back or begin a transfer, it is a look-alike. */
bool charset_encode_art(struct buf *out, struct span text, enum charset to);

#endif
