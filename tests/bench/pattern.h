/* pattern.h -- a text looked for in a stream that comes in pieces (Knuth, Morris, Pratt): the
 * only state of a search is a number, so each of 20,000 callers affords its own. */
#ifndef PERIGEE_TESTS_BENCH_PATTERN_H
#define PERIGEE_TESTS_BENCH_PATTERN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/span.h"

enum { PATTERN_MOST = 64 };

struct pattern {
    unsigned len;
    char text[PATTERN_MOST];
    uint8_t back[PATTERN_MOST]; /* where to go on after a mismatch behind so many bytes */
};

/* False: empty or too long. */
static inline bool pattern_init(struct pattern *p, struct span text)
{
    unsigned k = 0;

    *p = (struct pattern){.len = (unsigned)text.len};
    if (text.len == 0 || text.len > PATTERN_MOST)
        return false;
    memcpy(p->text, text.data, text.len);
    for (unsigned i = 1; i < p->len; i++) {
        while (k > 0 && p->text[i] != p->text[k])
            k = p->back[k - 1];
        k += p->text[i] == p->text[k];
        p->back[i] = (uint8_t)k;
    }
    return true;
}

/* Look on in the front of `s`, cutting off what was looked at: true when the text is complete,
 * and `s` begins behind it. *at is the search's state, 0 at its beginning. */
static inline bool pattern_find(const struct pattern *p, uint8_t *at, struct span *s)
{
    while (s->len > 0) {
        const char *first = *at > 0 ? s->data : memchr(s->data, p->text[0], s->len);

        if (!first)
            break;
        span_take(s, (size_t)(first - s->data));
        while (*at > 0 && *s->data != p->text[*at])
            *at = p->back[*at - 1];
        *at += *s->data == p->text[*at];
        span_take(s, 1);
        if (*at == p->len) {
            *at = 0;
            return true;
        }
    }
    s->len = 0;
    return false;
}

#endif
