/* What is a transfer's of the bytes that pass, and what is not: the runs, '<' and '>' round
 * those of a transfer, however the bytes are cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "proto/passing.h"
#include "tests/unit/flush.h"

struct run {
    struct passing passing;
    struct buf out;
    bool is_open;
    const char *expected;
};

static void begin(void *arg)
{
    struct run *r = arg;

    r->passing = (struct passing){0};
    r->is_open = false;
    buf_reset(&r->out);
}

static void feed(void *arg, struct span piece)
{
    struct run *r = arg;

    while (piece.len > 0) {
        bool is_on;
        struct span run = passing_take(&r->passing, &piece, &is_on);

        assert_true(run.len > 0);
        if (is_on != r->is_open)
            buf_add_byte(&r->out, is_on ? '<' : '>');
        r->is_open = is_on;
        buf_add(&r->out, run);
    }
}

static void end(void *arg)
{
    struct run *r = arg;

    if (r->is_open)
        buf_add_byte(&r->out, '>');
    assert_string_equal(buf_text(&r->out), r->expected);
}

static void check(const char *in, const char *expected)
{
    struct run r = {.out = {.max = BUF_LARGE}, .expected = expected};

    flush_each_split(span_of(in), begin, feed, end, &r);
    buf_clear(&r.out);
}

#define HEX "\r\212\021"

static void text_is_no_transfer(void **state)
{
    (void)state;
    check("hello ** world * \030 * \030\030\030\030\030\030 A *\030D **\030",
          "hello ** world * \030 * "
          "\030\030\030\030\030\030 A *\030D **\030");
}

static void it_begins_with_a_header(void **state)
{
    (void)state;
    check("rz\r**\030B00000000000000" HEX "data", "rz\r**\030B<00000000000000" HEX "data>");
    check("x*\030A\1\2\3", "x*\030A<\1\2\3>");
    check("x***\030C\1\2\3", "x***\030C<\1\2\3>");
}

/* The line's end of the last header is its. */
static void it_is_over_with_zfin(void **state)
{
    (void)state;
    check("**\030B0100000023be50" HEX "*\030Cdata**\030B0800000000022d\r\212OO \374 ",
          "**\030B<0100000023be50" HEX "*\030Cdata**\030B0800000000022d\r\212>OO \374 ");
    check("**\030B0100000023be50\r\n**\030B0800000000022d\r\nOO",
          "**\030B<0100000023be50\r\n**\030B0800000000022d\r\n>OO");
    check("**\030B0800000000022d\r\nOO", "**\030B<0800000000022d\r\n>OO");
}

static void five_cans_end_it(void **state)
{
    (void)state;
    check("*\030Cab\030\030\030\030cd\030\030\030\030\030ef",
          "*\030C<ab\030\030\030\030cd\030\030\030\030\030>ef");
    check("**\030B08\030\030\030\030\030ef", "**\030B<08\030\030\030\030\030>ef");
    check("*\030C\030\030\030\030\030**\030B01x", "*\030C<\030\030\030\030\030>**\030B<01x>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_no_transfer),
        cmocka_unit_test(it_begins_with_a_header),
        cmocka_unit_test(it_is_over_with_zfin),
        cmocka_unit_test(five_cans_end_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
