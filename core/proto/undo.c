#include "proto/undo.h"

#include <string.h>

#include "base/lane.h"

enum { ZDLE = 0x18, XON = 0x11, IAC = 0xFF };
enum { BEHIND = 2 * UNDO_BLOCK + 2 }; /* may be read from where a block begins */

#define INLINE static inline __attribute__((always_inline))

/* A block of what begins at `from`, of which BEHIND bytes can be read, and *to written to as
 * well. Returns how many bytes were taken; less than most of a block is the end. */
typedef size_t take_block(uint8_t **to, const uint8_t *from);

/* Block by block. Made anew, with the block's code inside, for each `take`. */
INLINE size_t take_blocks(take_block *take, struct span *in, uint8_t *begin, size_t room)
{
    const uint8_t *from = (const uint8_t *)in->data;
    uint8_t *to = begin;
    size_t left = in->len;
    size_t n = UNDO_BLOCK;

    while (n >= UNDO_BLOCK - 1 && left >= BEHIND && room - (size_t)(to - begin) >= UNDO_BLOCK) {
        n = take(&to, from);
        from += n;
        left -= n;
    }
    span_take(in, in->len - left);
    return (size_t)(to - begin);
}

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

static inline size_t take_zdle(uint8_t **to, const uint8_t *from)
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

static inline size_t take_iac(uint8_t **to, const uint8_t *from)
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

/* A block, whose first byte may stand behind an escape of the block before. */
struct wide {
    __m512i v;       /* as it is to be written */
    uint64_t kept;   /* a bit for each byte of it that is */
    uint64_t escape; /* for each that is the first of two */
    bool is_strange; /* something else is in it */
};

typedef struct wide read_wide(__m512i v, uint64_t carry);

WIDE INLINE struct wide read_zdle(__m512i v, uint64_t carry)
{
    __m512i kind = _mm512_and_si512(v, _mm512_set1_epi8(0x60));
    uint64_t zdle = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(ZDLE));
    uint64_t flow = _mm512_cmpeq_epi8_mask(_mm512_and_si512(v, _mm512_set1_epi8(0x7D)),
                                           _mm512_set1_epi8(XON));
    uint64_t can_follow = _mm512_cmpeq_epi8_mask(kind, _mm512_set1_epi8(0x40));
    uint64_t second = zdle << 1 | carry;

    return (struct wide){
        .v = _mm512_xor_si512(v, _mm512_maskz_set1_epi8(second, 0x40)),
        .kept = ~zdle,
        .escape = zdle,
        .is_strange = (flow | (second & ~can_follow)) != 0,
    };
}

WIDE INLINE struct wide read_iac(__m512i v, uint64_t carry)
{
    uint64_t iac = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8((char)IAC));
    uint64_t second = iac & (iac << 1 | carry);
    uint64_t first = iac & ~second;

    return (struct wide){
        .v = v,
        .kept = ~second,
        .escape = first,
        .is_strange = (first << 1 | carry) != second, /* more than two in a row, or one alone */
    };
}

/* Block by block, where the next can be read before this one is done with. `skips`: the first
 * of two is not written, and the second is changed; else it is the other way round. */
WIDE INLINE size_t take_wide(read_wide *read, take_block *narrow, bool skips, struct span *in,
                             uint8_t *begin, size_t room)
{
    const uint8_t *from = (const uint8_t *)in->data;
    const uint8_t *last = from + in->len;
    uint8_t *to = begin;
    uint64_t carry = 0;

    while (last - from >= BEHIND && room - (size_t)(to - begin) >= UNDO_BLOCK) {
        struct wide w = read(_mm512_loadu_si512(from), carry);
        size_t n;

        if (!w.is_strange) {
            _mm512_storeu_si512(to, _mm512_maskz_compress_epi8(w.kept, w.v));
            to += __builtin_popcountll(w.kept);
            from += UNDO_BLOCK;
            carry = w.escape >> 63;
            continue;
        }
        from -= carry;
        to -= skips ? 0 : carry;
        carry = 0;
        n = narrow(&to, from);
        from += n;
        if (n < UNDO_BLOCK - 1)
            break;
    }
    from -= carry;
    to -= skips ? 0 : carry;
    span_take(in, in->len - (size_t)(last - from));
    return (size_t)(to - begin);
}

WIDE static size_t zdle_wide(struct span *in, uint8_t *to, size_t room)
{
    return take_wide(read_zdle, take_zdle, true, in, to, room);
}

WIDE static size_t iac_wide(struct span *in, uint8_t *to)
{
    return take_wide(read_iac, take_iac, false, in, to, in->len);
}

static bool has_wide(void)
{
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi2");
}
#else
static size_t zdle_wide(struct span *in, uint8_t *to, size_t room)
{
    return take_blocks(take_zdle, in, to, room);
}

static size_t iac_wide(struct span *in, uint8_t *to)
{
    return take_blocks(take_iac, in, to, in->len);
}

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

size_t undo_zdle(struct span *in, uint8_t *to, size_t room)
{
    if (!is_narrow && has_wide())
        return zdle_wide(in, to, room);
    return take_blocks(take_zdle, in, to, room);
}

size_t undo_iac(struct span *in, uint8_t *to)
{
    if (!is_narrow && has_wide())
        return iac_wide(in, to);
    return take_blocks(take_iac, in, to, in->len);
}
