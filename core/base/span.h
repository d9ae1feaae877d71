/* span.h -- a borrowed run of bytes. Never kept across the next call on its owner. */
#ifndef PERIGEE_BASE_SPAN_H
#define PERIGEE_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
    const char *data;
    size_t len;
};

/* For printf: printf("%.*s", SPAN_ARG(s)). */
#define SPAN_ARG(s) (int)(s).len, (s).data
#define SPAN_LIT(text) ((struct span){text, sizeof(text) - 1})

static inline struct span span_of(const char *text)
{
    return (struct span){text, strlen(text)};
}

static inline struct span span_from(const void *data, size_t len)
{
    return (struct span){data, len};
}

static inline bool span_is(struct span s, const char *text)
{
    return s.len == strlen(text) && memcmp(s.data, text, s.len) == 0;
}

/* `words` ends with NULL. */
static inline bool span_is_one_of(struct span s, const char *const *words)
{
    for (; *words; words++) {
        if (span_is(s, *words))
            return true;
    }
    return false;
}

static inline bool span_equals(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool span_starts_with(struct span s, const char *prefix)
{
    size_t n = strlen(prefix);

    return s.len >= n && memcmp(s.data, prefix, n) == 0;
}

/* Cut `n` bytes (at most all) off the front of `s` and return them. */
static inline struct span span_take(struct span *s, size_t n)
{
    struct span front = {s->data, n < s->len ? n : s->len};

    if (front.len > 0)
        s->data += front.len;
    s->len -= front.len;
    return front;
}

/* Cut the first line off the front of `s`, and its LF, which is not returned. */
static inline struct span span_take_line(struct span *s)
{
    const char *end = s->len > 0 ? memchr(s->data, '\n', s->len) : NULL;
    struct span line = span_take(s, end ? (size_t)(end - s->data) : s->len);

    span_take(s, 1);
    return line;
}

/* Is one of the lines this one? */
static inline bool span_has_line(struct span lines, struct span line)
{
    while (lines.len > 0) {
        if (span_equals(span_take_line(&lines), line))
            return true;
    }
    return false;
}

#endif
