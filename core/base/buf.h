/* buf.h -- bytes that are owned and have a maximum from their birth. */
#ifndef PERIGEE_BASE_BUF_H
#define PERIGEE_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

#define BUF_LARGE (1u << 30) /* for what is bounded by what it is made from */

struct buf {
    char *data;
    uint32_t len;
    uint32_t cap;
    uint32_t max; /* `len` never passes it */
};

void buf_init(struct buf *b, uint32_t max);
void buf_clear(struct buf *b); /* gives the memory back; `max` stays */
void buf_reset(struct buf *b); /* empty, memory kept */

/* All or nothing: false, and nothing is added, where `max` would be passed. */
bool buf_add(struct buf *b, struct span s);
bool buf_add_blanks(struct buf *b, size_t n);
bool buf_add_byte(struct buf *b, char c);
bool buf_add_text(struct buf *b, const char *text);
bool buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool buf_vprintf(struct buf *b, const char *format, va_list args);

/* Where `n` more bytes can be written, which buf_added then counts, all or fewer. NULL: `max`
 * would be passed. */
char *buf_room(struct buf *b, size_t n);
void buf_added(struct buf *b, size_t n);

void buf_consume(struct buf *b, size_t n); /* drop `n` bytes from the front */
void buf_cut(struct buf *b, size_t len);   /* keep the first `len` bytes */
struct span buf_span(const struct buf *b); /* borrowed until the next change */

/* The text with a NUL behind it (which does not count). Borrowed until the next change. */
const char *buf_text(struct buf *b);

#endif
