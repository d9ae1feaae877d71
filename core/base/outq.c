#include "base/outq.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

enum { PRIVATE_MIN = 128, PRIVATE_MAX = 16384, COPY_MAX = 512 };

struct outq_chunk {
    struct blob *blob;
    uint32_t offset;
    uint32_t len;
    uint32_t room; /* bytes that may still be added behind: a private chunk's */
};

void outq_init(struct outq *q)
{
    *q = (struct outq){0};
}

void outq_clear(struct outq *q)
{
    for (uint32_t i = 0; i < q->count; i++)
        blob_unref(q->chunks[q->head + i].blob);
    mem_free(q->chunks);
    outq_init(q);
}

static struct outq_chunk *add_chunk(struct outq *q)
{
    if (q->head + q->count == q->capacity) {
        if (q->head > 0) {
            assert(q->chunks);
            memmove(q->chunks, q->chunks + q->head, q->count * sizeof(*q->chunks));
            q->head = 0;
        }
        if (q->count == q->capacity) {
            q->capacity = q->capacity ? q->capacity * 2 : 4;
            q->chunks = mem_realloc(q->chunks, q->capacity * sizeof(*q->chunks));
        }
    }
    return &q->chunks[q->head + q->count++];
}

static void add_private(struct outq *q, struct span s)
{
    size_t size = q->bytes < PRIVATE_MIN ? PRIVATE_MIN : q->bytes;
    struct blob *b;

    if (size > PRIVATE_MAX)
        size = PRIVATE_MAX;
    if (size < s.len)
        size = s.len;
    b = mem_alloc(sizeof(*b) + size);
    *b = (struct blob){.refs = 1, .len = (uint32_t)size};
    memcpy(b->data, s.data, s.len);
    *add_chunk(q) = (struct outq_chunk){b, 0, (uint32_t)s.len, (uint32_t)(size - s.len)};
}

static bool add_small(struct outq *q, struct span s)
{
    size_t end = (size_t)q->small_offset + q->small_len;

    if (s.len > OUTQ_SMALL - end)
        return false;
    memcpy(q->small + end, s.data, s.len);
    q->small_len = (uint8_t)(q->small_len + s.len);
    q->bytes += (uint32_t)s.len;
    return true;
}

static bool add_to_last(struct outq *q, struct span s)
{
    struct outq_chunk *last = q->count ? &q->chunks[q->head + q->count - 1] : NULL;

    if (!last || last->room < s.len)
        return false;
    memcpy(last->blob->data + last->offset + last->len, s.data, s.len);
    last->len += (uint32_t)s.len;
    last->room -= (uint32_t)s.len;
    q->bytes += (uint32_t)s.len;
    return true;
}

void outq_add(struct outq *q, struct span s)
{
    if (s.len == 0 || add_to_last(q, s) || (q->count == 0 && add_small(q, s)))
        return;
    add_private(q, s);
    q->bytes += (uint32_t)s.len;
}

void outq_add_blob(struct outq *q, struct blob *b, uint32_t offset, uint32_t len)
{
    assert(offset <= b->len && len <= b->len - offset);
    if (len == 0 || (len <= COPY_MAX && add_to_last(q, span_from(b->data + offset, len))))
        return;
    *add_chunk(q) = (struct outq_chunk){blob_ref(b), offset, len, 0};
    q->bytes += len;
}

int outq_iov(const struct outq *q, struct iovec *iov, int max)
{
    int n = 0;

    if (q->small_len > 0 && max > 0)
        iov[n++] = (struct iovec){(char *)(uintptr_t)q->small + q->small_offset, q->small_len};
    for (uint32_t i = 0; n < max && i < q->count; i++) {
        const struct outq_chunk *c = &q->chunks[q->head + i];

        iov[n++] = (struct iovec){c->blob->data + c->offset, c->len};
    }
    return n;
}

static size_t consume_small(struct outq *q, size_t n)
{
    size_t taken = n < q->small_len ? n : q->small_len;

    q->small_len = (uint8_t)(q->small_len - taken);
    q->small_offset = (uint8_t)(q->small_len ? q->small_offset + taken : 0);
    return n - taken;
}

static void consume_chunks(struct outq *q, size_t n)
{
    while (n > 0) {
        struct outq_chunk *c = &q->chunks[q->head];

        if (n < c->len) {
            c->offset += (uint32_t)n;
            c->len -= (uint32_t)n;
            return;
        }
        n -= c->len;
        blob_unref(c->blob);
        q->head++;
        q->count--;
    }
}

void outq_consume(struct outq *q, size_t n)
{
    assert(n <= q->bytes);
    q->bytes -= (uint32_t)n;
    consume_chunks(q, consume_small(q, n));
    if (q->count == 0 && q->chunks) {
        mem_free(q->chunks);
        q->chunks = NULL;
        q->head = q->capacity = 0;
    }
}
