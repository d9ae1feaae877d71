#include "base/buf.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

void buf_init(struct buf *b, uint32_t max)
{
    *b = (struct buf){.max = max};
}

void buf_clear(struct buf *b)
{
    mem_free(b->data);
    buf_init(b, b->max);
}

void buf_reset(struct buf *b)
{
    b->len = 0;
}

/* Room for `n` more bytes and a NUL. */
static bool reserve(struct buf *b, size_t n)
{
    size_t need = (size_t)b->len + n;
    size_t cap = b->cap ? b->cap : 32;

    if (need > b->max)
        return false;
    if (need < b->cap)
        return true;
    while (cap <= need)
        cap *= 2;
    b->data = mem_realloc(b->data, cap);
    b->cap = (uint32_t)cap;
    return true;
}

bool buf_add(struct buf *b, struct span s)
{
    if (s.len == 0)
        return true;
    if (!reserve(b, s.len))
        return false;
    memcpy(b->data + b->len, s.data, s.len);
    b->len += (uint32_t)s.len;
    return true;
}

bool buf_add_blanks(struct buf *b, size_t n)
{
    if (!reserve(b, n))
        return false;
    memset(b->data + b->len, ' ', n);
    b->len += (uint32_t)n;
    return true;
}

char *buf_room(struct buf *b, size_t n)
{
    return reserve(b, n) ? b->data + b->len : NULL;
}

void buf_added(struct buf *b, size_t n)
{
    assert(n < b->cap - b->len);
    b->len += (uint32_t)n;
}

bool buf_add_byte(struct buf *b, char c)
{
    return buf_add(b, span_from(&c, 1));
}

bool buf_add_text(struct buf *b, const char *text)
{
    return buf_add(b, span_of(text));
}

bool buf_vprintf(struct buf *b, const char *format, va_list args)
{
    va_list again;
    int n;

    va_copy(again, args);
    n = vsnprintf(NULL, 0, format, again);
    va_end(again);
    assert(n >= 0);
    if (!reserve(b, (size_t)n))
        return false;
    vsnprintf(b->data + b->len, (size_t)n + 1, format, args);
    b->len += (uint32_t)n;
    return true;
}

bool buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    bool ok;

    va_start(args, format);
    ok = buf_vprintf(b, format, args);
    va_end(args);
    return ok;
}

void buf_consume(struct buf *b, size_t n)
{
    assert(n <= b->len);
    if (n == 0)
        return;
    memmove(b->data, b->data + n, b->len - n);
    b->len -= (uint32_t)n;
}

void buf_cut(struct buf *b, size_t len)
{
    assert(len <= b->len);
    b->len = (uint32_t)len;
}

struct span buf_span(const struct buf *b)
{
    return (struct span){b->data, b->len};
}

const char *buf_text(struct buf *b)
{
    if (!b->data)
        return "";
    b->data[b->len] = '\0'; /* reserve() keeps a byte for it */
    return b->data;
}
