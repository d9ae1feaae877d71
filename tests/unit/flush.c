#include "tests/unit/flush.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define READABLE ((size_t)1 << 20)

struct span flush_copy(struct span s)
{
    static char *base;
    char *to;

    assert(s.len <= READABLE);
    if (!base) {
        base = mmap(NULL, READABLE + (size_t)getpagesize(), PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        assert(base != MAP_FAILED);
        assert(mprotect(base + READABLE, (size_t)getpagesize(), PROT_NONE) == 0);
    }
    to = base + READABLE - s.len;
    if (s.len)
        memcpy(to, s.data, s.len);
    return span_from(to, s.len);
}

static void feed_in_pieces(struct span s, size_t (*next)(size_t left, size_t arg), size_t n,
                           void (*feed)(void *arg, struct span piece), void *arg)
{
    while (s.len > 0)
        feed(arg, flush_copy(span_take(&s, next(s.len, n))));
}

static size_t fixed(size_t left, size_t n)
{
    return n < left ? n : left;
}

static size_t some(size_t left, size_t n)
{
    return 1 + (size_t)rand() % (left < n ? left : n);
}

void flush_each_split(struct span s, void (*begin)(void *arg),
                      void (*feed)(void *arg, struct span piece), void (*end)(void *arg),
                      void *arg)
{
    srand(1);
    for (size_t run = 0; run < s.len + 202; run++) {
        if (begin)
            begin(arg);
        if (run == 0)
            feed_in_pieces(s, fixed, s.len, feed, arg);
        else if (run == 1)
            feed_in_pieces(s, fixed, 1, feed, arg);
        else if (run < s.len + 2) {
            struct span rest = s;

            feed(arg, flush_copy(span_take(&rest, run - 1)));
            feed_in_pieces(rest, fixed, rest.len, feed, arg);
        } else
            feed_in_pieces(s, some, 7, feed, arg);
        if (end)
            end(arg);
    }
}
