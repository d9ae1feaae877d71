/* outq.h -- what is still to be written to one caller: references to shared blobs, and small
 * private pieces gathered between them. Knows no socket; the owner writes what outq_iov says.
 * It holds no memory while it is empty. The owner keeps it bounded, by its marks. */
#ifndef PERIGEE_BASE_OUTQ_H
#define PERIGEE_BASE_OUTQ_H

#include <stdint.h>
#include <sys/uio.h>

#include "base/blob.h"
#include "base/span.h"

struct outq_chunk;

enum { OUTQ_SMALL = 22 };

struct outq {
    struct outq_chunk *chunks;
    uint32_t head;
    uint32_t count;
    uint32_t capacity;
    uint32_t bytes; /* waiting in all */
    uint8_t small_offset;
    uint8_t small_len;
    char
        small[OUTQ_SMALL]; /* the first few bytes: most often all there is, the echo of a key */
};

void outq_init(struct outq *q);
void outq_clear(struct outq *q); /* drops all */

void outq_add(struct outq *q, struct span s); /* copies */
/* Refers to it; copies what is short and fits behind a private piece. */
void outq_add_blob(struct outq *q, struct blob *b, uint32_t offset, uint32_t len);

/* Fill `iov` with what is to be written first; how many entries. Good until the next call. */
int outq_iov(const struct outq *q, struct iovec *iov, int max);
void outq_consume(struct outq *q, size_t n); /* `n` bytes have been written */

static inline bool outq_is_empty(const struct outq *q)
{
    return q->bytes == 0;
}

#endif
