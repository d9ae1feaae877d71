/* lane.h -- sixteen bytes at a time, on every processor: the compiler's vectors. */
#ifndef PERIGEE_BASE_LANE_H
#define PERIGEE_BASE_LANE_H

#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { LANE = 16 };
typedef uint8_t lane __attribute__((vector_size(LANE)));

static inline lane lane_of(const void *p)
{
    lane v;

    memcpy(&v, p, LANE);
    return v;
}

/* A bit for each byte that is marked (0xFF; others are 0), from the first on. */
static inline unsigned lane_bits(lane marks)
{
#ifdef __SSE2__
    return (unsigned)_mm_movemask_epi8((__m128i)marks);
#else
    unsigned bits = 0;

    for (unsigned i = 0; i < LANE; i++)
        bits |= (marks[i] & 1u) << i;
    return bits;
#endif
}

#endif
