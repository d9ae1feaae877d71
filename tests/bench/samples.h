/* samples.h -- times in nanoseconds, kept one by one, for exact percentiles. Times over 4.2 s
 * count as 4.2 s. */
#ifndef PERIGEE_TESTS_BENCH_SAMPLES_H
#define PERIGEE_TESTS_BENCH_SAMPLES_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct samples {
    uint32_t *ns;
    size_t count;
    size_t capacity;
};

static inline void samples_clear(struct samples *s)
{
    free(s->ns);
    *s = (struct samples){0};
}

static inline void samples_add(struct samples *s, int64_t ns)
{
    if (s->count == s->capacity) {
        s->capacity = s->capacity ? s->capacity * 2 : 65536;
        s->ns = realloc(s->ns, s->capacity * sizeof(*s->ns));
        if (!s->ns)
            abort();
    }
    s->ns[s->count++] = ns > UINT32_MAX ? UINT32_MAX : (uint32_t)ns;
}

static inline int samples_compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static inline void samples_sort(struct samples *s)
{
    if (s->count > 0)
        qsort(s->ns, s->count, sizeof(*s->ns), samples_compare);
}

/* Microseconds that `share` (0 to 1) of the sorted samples do not pass; 0 where there are none.
 */
static inline double samples_us(const struct samples *s, double share)
{
    if (s->count == 0)
        return 0;
    return s->ns[(size_t)(share * (double)(s->count - 1) + 0.5)] / 1e3;
}

#endif
