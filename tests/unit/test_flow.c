/* Text that flows: words are wrapped, and for who has it read nothing is left of drawings. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "term/flow.h"
#include "tests/unit/flush.h"

static void check(const char *const *pieces, unsigned width, bool linear, enum charset charset,
                  const char *expected)
{
    struct flow f = {0};
    struct buf out;

    buf_init(&out, BUF_LARGE);
    for (; *pieces; pieces++)
        flow_add(&f, &out, flush_copy(span_of(*pieces)), charset, width, linear);
    assert_string_equal(buf_text(&out), expected);
    buf_clear(&out);
}

static void check_one(const char *text, unsigned width, bool linear, const char *expected)
{
    check((const char *[]){text, NULL}, width, linear, CHARSET_UTF8, expected);
}

static void test_words_go_to_the_next_line(void **state)
{
    (void)state;
    check_one("one two three", 80, false, "one two three");
    check_one("one two three", 8, false, "one two\r\nthree");
    check_one("one two  three", 8, false, "one two\r\nthree");
    check_one("  one two\r\n  three", 8, false, "  one\r\ntwo\r\n  three");
    check_one("a\r\n\r\n\r\nb ", 8, false, "a\r\n\r\n\r\nb ");
    check_one("ähm öhm ühm", 8, false, "ähm öhm\r\nühm");
    check_one("日本 語学 x", 8, false, "日本\r\n語学 x");
    check_one("incomprehensibilities ok", 8, false, "incomprehensibilities\r\nok");
}

static void test_sequences_take_no_room(void **state)
{
    (void)state;
    check_one("\033[1mone\033[0m \033[1;33mtwo\033[0m three", 8, false,
              "\033[1mone\033[0m \033[1;33mtwo\033[0m\r\nthree");
    check_one("o\033[1mne two t\033[0mhree", 8, false, "o\033[1mne two\r\nt\033[0mhree");
    check_one("one\033[1m     \033[0mtwo", 8, false, "one\033[1m\033[0m\r\ntwo");
    check_one("one    \033[2;1H  two", 8, false, "one    \033[2;1H  two");
    check_one("four     \033[2;1H  two", 8, false, "four\033[2;1H  two");
    check_one("one\033[0m\033[2;1Htwo three", 8, false, "one\033[0m\033[2;1Htwo\r\nthree");
    check_one("\033[2;5Hone", 8, false, "\033[2;5Hone");
    check_one("\033[2;6Hlonger", 8, false, "\033[2;6H\r\nlonger");
}

static void test_pieces_go_on_where_the_last_one_ended(void **state)
{
    (void)state;
    check((const char *[]){"Name: ", "somebody", NULL}, 11, false, CHARSET_UTF8,
          "Name: \r\nsomebody");
    check((const char *[]){"Name: ", "nova", " ", "x", NULL}, 11, false, CHARSET_UTF8,
          "Name: nova\r\nx");
    check((const char *[]){"\x80\x80\x80 ", "\xFF\xFF\xFF\xFF", NULL}, 7, false, CHARSET_CP437,
          "\x80\x80\x80 \xFF\xFF\xFF\xFF");
}

static void test_blanks_and_lines_are_few_where_it_is_read(void **state)
{
    (void)state;
    check_one("   a   b  \r\n\r\n\r\n\r\n  c", 80, true, "a b\r\n\r\nc");
    check((const char *[]){"a\r\n", "  \r\n", "\r\n", " b ", " c", NULL}, 80, true,
          CHARSET_UTF8, "a\r\n\r\nb c");
}

static void check_undrawn(const char *text, const char *expected)
{
    struct buf out;

    buf_init(&out, BUF_LARGE);
    flow_undraw(&out, flush_copy(span_of(text)));
    assert_string_equal(buf_text(&out), expected);
    buf_clear(&out);
}

static void test_drawings_are_left_out(void **state)
{
    (void)state;
    check_undrawn("Name: ", "Name: ");
    check_undrawn("║ Name: ", "  Name: ");
    check_undrawn("─── Menu ───", "    Menu    ");
    check_undrawn("--- Menu ===", "  Menu  ");
    check_undrawn("so... and -- so", "so... and -- so");
    check_undrawn("a\n+----+ /\\\n| b  |\n:-)\n*", "a\r\n\r\n  b   \r\n\r\n*");
    check_undrawn("a\n░▒▓█ ∙ ·\nschön\nжизнь\nb", "a\r\n\r\nschön\r\nжизнь\r\nb");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_go_to_the_next_line),
        cmocka_unit_test(test_sequences_take_no_room),
        cmocka_unit_test(test_pieces_go_on_where_the_last_one_ended),
        cmocka_unit_test(test_blanks_and_lines_are_few_where_it_is_read),
        cmocka_unit_test(test_drawings_are_left_out),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
