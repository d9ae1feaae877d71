/* Escapes undone many bytes at a time, beside the same byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "proto/undo.h"
#include "tests/unit/flush.h"

enum { ZDLE = 0x18, IAC = 0xFF, LONGEST = 3000, ROUNDS = 4000 };

static unsigned seed;

static unsigned roll(void)
{
    seed = seed * 1103515245u + 12345u;
    return seed >> 16;
}

/* `common` in a hundred bytes are one of those that matter. */
static size_t make(uint8_t *to, size_t len, unsigned common)
{
    static const uint8_t special[] = {ZDLE, ZDLE, IAC,  IAC, 0x11, 0x13, 0x91, 0x93,
                                      'M',  0x50, 0xDA, 'h', 'k',  'l',  '\r', 0x98};

    for (size_t i = 0; i < len; i++) {
        to[i] = (uint8_t)roll();
        if (roll() % 100 < common)
            to[i] = special[roll() % sizeof(special)];
        if (i > 0 && to[i - 1] == IAC && roll() % 4)
            to[i] = IAC;
        if (i > 0 && to[i - 1] == ZDLE && roll() % 4)
            to[i] = 0x40 | (to[i] & 0x9F);
    }
    return len;
}

/* One item of what stands in front of `in`; 0: it is not for undoing. */
static size_t one_zdle(const uint8_t *in, size_t len, uint8_t *out)
{
    *out = in[0];
    if ((in[0] & 0x7D) == 0x11)
        return 0;
    if (in[0] != ZDLE)
        return 1;
    if (len < 2 || (in[1] & 0x60) != 0x40)
        return 0;
    *out = in[1] ^ 0x40;
    return 2;
}

static size_t one_iac(const uint8_t *in, size_t len, uint8_t *out)
{
    *out = in[0];
    if (in[0] != IAC)
        return 1;
    return len >= 2 && in[1] == IAC ? 2 : 0;
}

typedef size_t one(const uint8_t *in, size_t len, uint8_t *out);

/* What was taken is what the slow way makes of it, and where it stopped is told. */
static void check(struct span before, struct span after, const uint8_t *got, size_t n,
                  one *next)
{
    const uint8_t *in = (const uint8_t *)before.data;
    size_t taken = before.len - after.len;
    size_t made = 0;

    for (size_t at = 0; at < taken;) {
        uint8_t byte;
        size_t used = next(in + at, before.len - at, &byte);

        assert_true(used > 0 && made < n);
        assert_int_equal(got[made++], byte);
        at += used;
        assert_true(at <= taken);
    }
    assert_int_equal(made, n);
}

static void undo_all(bool wide)
{
    static uint8_t bytes[LONGEST];
    uint8_t *got = mem_alloc(LONGEST + UNDO_BLOCK);

    undo_allow_wide(wide);
    seed = 7;
    for (unsigned i = 0; i < ROUNDS; i++) {
        size_t len = make(bytes, roll() % LONGEST, i % 4 == 0 ? 30 : i % 4);
        size_t room = i % 3 == 0 ? roll() % LONGEST : LONGEST;
        struct span in = flush_copy(span_from(bytes, len));
        struct span rest = in;
        size_t n;

        memset(got + room, 0xA5, LONGEST + UNDO_BLOCK - room);
        n = undo_zdle(&rest, got, room);
        assert_true(n <= room);
        check(in, rest, got, n, one_zdle);
        for (size_t at = room + UNDO_BLOCK; at < LONGEST + UNDO_BLOCK; at++)
            assert_int_equal(got[at], 0xA5);
        rest = in;
        n = undo_iac(&rest, got);
        check(in, rest, got, n, one_iac);
    }
    undo_allow_wide(true);
    mem_free(got);
}

static void escapes_are_undone_on_every_processor(void **state)
{
    (void)state;
    undo_all(false);
}

static void escapes_are_undone_on_this_processor(void **state)
{
    (void)state;
    undo_all(true);
}

/* It would be of no use if it stopped early: nearly all of clean data is taken. */
static void what_is_clean_is_taken(void **state)
{
    uint8_t bytes[2000], got[2000 + UNDO_BLOCK];

    (void)state;
    for (int wide = 0; wide < 2; wide++) {
        struct span in = span_from(bytes, sizeof(bytes));

        memset(bytes, 'a', sizeof(bytes));
        bytes[63] = bytes[700] = ZDLE;
        bytes[64] = bytes[701] = 'M';
        undo_allow_wide(wide);
        assert_true(undo_zdle(&in, got, sizeof(bytes)) > 1800);
        bytes[63] = bytes[64] = bytes[700] = bytes[701] = IAC;
        in = span_from(bytes, sizeof(bytes));
        assert_true(undo_iac(&in, got) > 1800);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_are_undone_on_every_processor),
        cmocka_unit_test(escapes_are_undone_on_this_processor),
        cmocka_unit_test(what_is_clean_is_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
