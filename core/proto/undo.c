#include "proto/undo.h"

#include <string.h>

#include "base/lane.h"

enum { ZDLE = 0x18, XON = 0x11, IAC = 0xFF };
enum { BEHIND = 2 * UNDO_BLOCK + 2 }; /* may be read from where a block begins */

/* A block of what begins at `from`, of which BEHIND bytes can be read, and *to written to as
 * well. Returns how many bytes were taken; less than most of a block is the end. */
typedef size_t take_block(uint8_t **to, const uint8_t *from);

/* --- on every processor --- */

/* A bit for each of a block's bytes that do not stand for themselves. */
static uint64_t find_zdle(const uint8_t *block)
{
    uint64_t bits = 0;

    for (unsigned i = 0; i < UNDO_BLOCK / LANE; i++) {
        lane v = lane_of(block + (size_t)i * LANE);

        bits |= (uint64_t)lane_bits((lane)((v & 0x7D) == XON) | (lane)(v == ZDLE)) << i * LANE;
    }
    return bits;
}

static uint64_t find_iac(const uint8_t *block)
{
    uint64_t bits = 0;

    for (unsigned i = 0; i < UNDO_BLOCK / LANE; i++)
        bits |= (uint64_t)lane_bits(lane_of(block + (size_t)i * LANE) == IAC) << i * LANE;
    return bits;
}

static bool is_escape(const uint8_t *p)
{
    return p[0] == ZDLE && (p[1] & 0x60) == 0x40;
}

static size_t end_block(uint8_t **to, const uint8_t *from, size_t done)
{
    size_t rest = done < UNDO_BLOCK ? UNDO_BLOCK - done : 0;

    memcpy(*to, from + done, UNDO_BLOCK);
    *to += rest;
    return done + rest;
}

static size_t take_zdle(uint8_t **to, const uint8_t *from)
{
    size_t done = 0;

    for (uint64_t bits = find_zdle(from); bits; bits &= bits - 1) {
        size_t at = (size_t)__builtin_ctzll(bits);

        memcpy(*to, from + done, UNDO_BLOCK);
        *to += at - done;
        if (!is_escape(from + at))
            return at;
        *(*to)++ = from[at + 1] ^ 0x40;
        done = at + 2;
    }
    return end_block(to, from, done);
}

static size_t take_iac(uint8_t **to, const uint8_t *from)
{
    size_t done = 0;

    for (uint64_t bits = find_iac(from); bits; bits &= bits - 1) {
        size_t at = (size_t)__builtin_ctzll(bits);

        if (at < done)
            continue; /* the second of two */
        memcpy(*to, from + done, UNDO_BLOCK);
        *to += at - done;
        if (from[at + 1] != IAC)
            return at;
        *(*to)++ = IAC;
        done = at + 2;
    }
    return end_block(to, from, done);
}

/* --- on those that can press a block together --- */

#ifdef __x86_64__
#include <immintrin.h>

#define WIDE __attribute__((target("avx512f,avx512bw,avx512vbmi2,popcnt")))

/* The bytes of `v` that `kept` has; `taken` are done with. */
WIDE static inline size_t press(uint8_t **to, __m512i v, uint64_t kept, size_t taken)
{
    if (taken < UNDO_BLOCK)
        kept &= ~(1ull << taken);
    _mm512_storeu_si512(*to, _mm512_maskz_compress_epi8(kept, v));
    *to += __builtin_popcountll(kept);
    return taken;
}

WIDE static size_t take_zdle_wide(uint8_t **to, const uint8_t *from)
{
    __m512i v = _mm512_loadu_si512(from);
    __m512i kind = _mm512_and_si512(v, _mm512_set1_epi8(0x60));
    uint64_t zdle = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(ZDLE));
    uint64_t flow = _mm512_cmpeq_epi8_mask(_mm512_and_si512(v, _mm512_set1_epi8(0x7D)),
                                           _mm512_set1_epi8(XON));
    uint64_t can_follow = _mm512_cmpeq_epi8_mask(kind, _mm512_set1_epi8(0x40));

    if (flow | (zdle << 1 & ~can_follow))
        return take_zdle(to, from);
    v = _mm512_xor_si512(v, _mm512_maskz_set1_epi8(zdle << 1, 0x40));
    return press(to, v, ~zdle, zdle >> 63 ? UNDO_BLOCK - 1 : UNDO_BLOCK);
}

WIDE static size_t take_iac_wide(uint8_t **to, const uint8_t *from)
{
    __m512i v = _mm512_loadu_si512(from);
    uint64_t iac = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8((char)IAC));
    uint64_t second = iac & iac << 1;

    if ((iac & ~second) << 1 != second)
        return take_iac(to, from); /* more than two in a row, or one alone */
    return press(to, v, ~second, (iac & ~second) >> 63 ? UNDO_BLOCK - 1 : UNDO_BLOCK);
}

static bool has_wide(void)
{
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi2");
}
#else
#define take_zdle_wide take_zdle
#define take_iac_wide take_iac

static bool has_wide(void)
{
    return false;
}
#endif

static bool is_narrow;

void undo_allow_wide(bool allowed)
{
    is_narrow = !allowed;
}

static size_t take_blocks(take_block *take, struct span *in, uint8_t *to, size_t room)
{
    uint8_t *begin = to;
    size_t n = UNDO_BLOCK;

    while (n >= UNDO_BLOCK - 1 && in->len >= BEHIND &&
           room - (size_t)(to - begin) >= UNDO_BLOCK) {
        n = take(&to, (const uint8_t *)in->data);
        span_take(in, n);
    }
    return (size_t)(to - begin);
}

size_t undo_zdle(struct span *in, uint8_t *to, size_t room)
{
    return take_blocks(!is_narrow && has_wide() ? take_zdle_wide : take_zdle, in, to, room);
}

size_t undo_iac(struct span *in, uint8_t *to)
{
    return take_blocks(!is_narrow && has_wide() ? take_iac_wide : take_iac, in, to, in->len);
}
