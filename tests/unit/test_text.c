/* A screen's text as each kind of terminal is sent it, and where its last line begins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "screen/text.h"
#include "tests/unit/flush.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void check_wire(struct text *t, enum look look, const char *expected)
{
    const struct text_wire *w = text_wire(t, look, 80);
    const struct blob *blob = w->blob;
    struct buf encoded;

    assert_true(span_is(text_wire_span(w), expected));
    assert_int_equal(w->begin, look_clearing(look).len);
    assert_memory_equal(w->blob->data, look_clearing(look).data, w->begin);
    assert_ptr_equal(text_wire(t, look, 80)->blob, blob); /* made once */
    buf_init(&encoded, BUF_LARGE);
    assert_true(text_encode(&encoded, flush_copy(text_utf8(t)), look));
    assert_int_equal(encoded.len, w->blob->len - w->begin);
    assert_memory_equal(buf_text(&encoded), expected, encoded.len);
    buf_clear(&encoded);
}

static void test_looks(void **state)
{
    static const enum charset charsets[] = {CHARSET_ASCII, CHARSET_CP437, CHARSET_UTF8};

    (void)state;
    for (size_t i = 0; i < COUNT(charsets); i++) {
        for (int ansi = 0; ansi < 2; ansi++) {
            enum look look = look_of(charsets[i], ansi);

            assert_int_equal(look_charset(look), charsets[i]);
            assert_int_equal(look_has_ansi(look), ansi);
        }
    }
    assert_int_equal(look_of(CHARSET_UTF8, true), LOOK_ANSI_UTF8);
}

static void test_each_look_of_a_text(void **state)
{
    struct text *t = text_new(flush_copy(span_of("\033[1m┌é\033[5;3H\r\nx\u00A0y")));

    (void)state;
    check_wire(t, LOOK_ANSI_UTF8, "\033[1m┌é\033[5;3H\r\nx\u00A0y");
    check_wire(t, LOOK_ANSI_CP437, "\033[1m\xDA\x82\033[5;3H\r\nx\xFF\xFFy"); /* IAC doubled */
    check_wire(t, LOOK_ANSI_ASCII, "\033[1m+e\033[5;3H\r\nx y");
    check_wire(t, LOOK_PLAIN_UTF8, "┌é\r\n\r\nx\u00A0y");
    check_wire(t, LOOK_PLAIN_CP437, "\xDA\x82\r\n\r\nx\xFF\xFFy");
    check_wire(t, LOOK_PLAIN_ASCII, "+e\r\n\r\nx y");
    text_free(t);
}

static void test_doubled_iac_at_the_ends(void **state)
{
    struct text *t = text_new(span_of("\u00A0\u00A0a\u00A0"));
    struct text *empty = text_new(SPAN_LIT(""));

    (void)state;
    check_wire(t, LOOK_ANSI_CP437,
               "\xFF\xFF\xFF\xFF"
               "a\xFF\xFF");
    text_free(t);
    for (int look = 0; look < LOOK_COUNT; look++)
        check_wire(empty, (enum look)look, "");
    text_free(empty);
    text_free(NULL);
}

static void test_no_room_is_told(void **state)
{
    struct buf small;

    (void)state;
    buf_init(&small, 3);
    assert_false(text_encode(&small, SPAN_LIT("abcd"), LOOK_ANSI_UTF8));
    assert_false(text_encode(&small, span_of("\u00A0\u00A0"), LOOK_ANSI_CP437));
    buf_reset(&small);
    assert_true(text_encode(&small, SPAN_LIT("abc"), LOOK_ANSI_UTF8));
    buf_clear(&small);
}

static void check_last_line(const char *text, enum look look, const char *line,
                            const char *color)
{
    struct text *t = text_new(span_of(text));
    const struct text_wire *w = text_wire(t, look, 80);

    assert_int_equal(w->has_line_end, line != NULL);
    assert_in_range(w->line, w->begin, w->blob->len);
    if (line) {
        assert_int_equal(w->blob->len - w->line, strlen(line));
        assert_memory_equal(w->blob->data + w->line, line, strlen(line));
    } else {
        assert_int_equal(w->line, w->begin);
    }
    assert_string_equal(w->color, color);
    text_free(t);
}

static void test_the_last_line(void **state)
{
    (void)state;
    check_last_line("", LOOK_ANSI_UTF8, NULL, "");
    check_last_line("Name: ", LOOK_ANSI_UTF8, NULL, "");
    check_last_line("\033[1mName: ", LOOK_ANSI_UTF8, NULL, ""); /* the colour is in the line */
    check_last_line("a\r\nName: ", LOOK_ANSI_UTF8, "Name: ", "");
    check_last_line("a\r\n", LOOK_ANSI_UTF8, "", "");
    check_last_line("\033[1ma\033[0;31mb\r\nc\033[32md", LOOK_ANSI_UTF8, "c\033[32md",
                    "\033[0;31m");
    check_last_line("\033[31ma\r\nb\033[5;1Hc", LOOK_ANSI_UTF8, "\033[5;1Hc", "\033[31m");
    check_last_line("a\r\nb\033[5;1fc", LOOK_ANSI_UTF8, "\033[5;1fc", "");
    check_last_line("a\033[5;1fb\r\nc", LOOK_ANSI_UTF8, "c", "");
    check_last_line("a\033[Hb", LOOK_PLAIN_UTF8, NULL, ""); /* plain has no sequences */
    check_last_line("\033[31ma\r\nb", LOOK_PLAIN_CP437, "b", "");
    check_last_line("a\r\n\u00A0b", LOOK_ANSI_CP437,
                    "\xFF\xFF"
                    "b",
                    "");
    /* A colour that is too long to keep is left out. */
    check_last_line("\033[0;0;0;0;0;0;0;0;0;0;0m\r\n", LOOK_ANSI_UTF8, "", "");
    check_last_line("\033[0;0;0;0;0;0;0;0;0;01m\r\n", LOOK_ANSI_UTF8, "",
                    "\033[0;0;0;0;0;0;0;0;0;01m");
    /* Sequences that are broken off, and those cut off. */
    check_last_line("\033[31\r\nHello", LOOK_ANSI_UTF8, "Hello", "");
    check_last_line("a\r\n\033[", LOOK_ANSI_UTF8, "\033[", "");
    check_last_line("a\r\n\033[5;5", LOOK_ANSI_UTF8, "\033[5;5", "");
    check_last_line("a\r\n\033", LOOK_ANSI_UTF8, "\033", "");
}

static void test_a_text_that_begins_with_a_line_end(void **state)
{
    static const struct {
        const char *text;
        bool begins;
    } samples[] = {
        {"", false},           {"a\r\n", false},
        {"\r\na", true},       {"\n", true},
        {"\033[0m\r\n", true}, {"\033[0;1m\033[31m\r\na", true},
        {"\033[0m", false},    {"\033[0ma\r\n", false},
        {"\033[5;1H", true},   {"\033[1m\033[5;1fa", true},
        {"\033[K\r\n", false}, {"\033[", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(samples); i++) {
        struct text *t = text_new(span_of(samples[i].text));

        assert_int_equal(text_wire(t, LOOK_ANSI_UTF8, 80)->begins_with_line_end,
                         samples[i].begins);
        text_free(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_looks),
        cmocka_unit_test(test_each_look_of_a_text),
        cmocka_unit_test(test_doubled_iac_at_the_ends),
        cmocka_unit_test(test_no_room_is_told),
        cmocka_unit_test(test_the_last_line),
        cmocka_unit_test(test_a_text_that_begins_with_a_line_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
