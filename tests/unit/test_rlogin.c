/* RFC 1282, the side of the one who calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/rlogin.h"

static void assert_bytes(struct buf *b, const char *bytes, size_t len)
{
    assert_int_equal(b->len, len);
    assert_memory_equal(b->data, bytes, len);
    buf_clear(b);
}

static void it_begins_with_four_strings(void **state)
{
    struct buf out = {.max = 100};

    (void)state;
    assert_true(rlogin_start(&out, "luna", "moon", "xterm/38400"));
    assert_bytes(&out, "\0luna\0moon\0xterm/38400\0", 23);
    out.max = 20;
    assert_false(rlogin_start(&out, "luna", "moon", "xterm/38400"));
    assert_int_equal(out.len, 0);
    buf_clear(&out);
}

static void only_the_first_zero_is_no_text(void **state)
{
    struct rlogin r = {0};
    struct span s;

    (void)state;
    s = rlogin_take(&r, SPAN_LIT(""));
    assert_int_equal(s.len, 0);
    s = rlogin_take(&r, span_from("\0a\0", 3));
    assert_int_equal(s.len, 2);
    assert_memory_equal(s.data, "a\0", 2);
    s = rlogin_take(&r, span_from("\0", 1));
    assert_int_equal(s.len, 1);
}

static void a_refusal_is_shown(void **state)
{
    struct rlogin r = {0};

    (void)state;
    assert_true(span_is(rlogin_take(&r, SPAN_LIT("Permission denied")), "Permission denied"));
}

static void the_window_is_told_to_who_asks(void **state)
{
    struct rlogin r = {0};
    struct buf out = {.max = 100};

    (void)state;
    assert_true(rlogin_send_window(&r, &out, 80, 24));
    assert_int_equal(out.len, 0);
    assert_false(rlogin_control(&r, 0x10));
    assert_true(rlogin_control(&r, 0x80));
    assert_false(rlogin_control(&r, 0x20));
    assert_true(rlogin_send_window(&r, &out, 300, 24));
    assert_bytes(&out, "\377\377ss\0\30\1\54\0\0\0\0", 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_begins_with_four_strings),
        cmocka_unit_test(only_the_first_zero_is_no_text),
        cmocka_unit_test(a_refusal_is_shown),
        cmocka_unit_test(the_window_is_told_to_who_asks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
