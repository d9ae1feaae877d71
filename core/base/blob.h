/* blob.h -- immutable, counted bytes: screen text and broadcast lines that many output
 * queues point to. Made and used on the loop thread only. */
#ifndef PERIGEE_BASE_BLOB_H
#define PERIGEE_BASE_BLOB_H

#include <stdint.h>

#include "base/span.h"

struct blob {
    uint32_t refs;
    uint32_t len;
    char data[];
};

struct blob *blob_new(struct span s); /* copies; one reference, the caller's */
struct blob *blob_ref(struct blob *b);
void blob_unref(struct blob *b); /* NULL is allowed */

static inline struct span blob_span(const struct blob *b)
{
    return (struct span){b->data, b->len};
}

#endif
