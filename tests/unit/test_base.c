/* buf.c, utf8.c and blob.c. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/blob.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/value.h"
#include "tests/unit/flush.h"

static void a_buffer_keeps_its_maximum(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 5);
    assert_true(buf_add(&b, SPAN_LIT("abc")));
    assert_false(buf_add(&b, SPAN_LIT("def"))); /* all or nothing */
    assert_string_equal(buf_text(&b), "abc");
    assert_true(buf_add_text(&b, "de"));
    assert_false(buf_add_byte(&b, 'f'));
    assert_true(buf_add(&b, (struct span){NULL, 0}));
    assert_string_equal(buf_text(&b), "abcde");
    buf_clear(&b);
    assert_null(b.data);
    assert_int_equal(b.max, 5);
}

static void a_buffer_grows_byte_by_byte(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 10000);
    for (int i = 0; i < 10000; i++)
        assert_true(buf_add_byte(&b, (char)('a' + i % 26)));
    assert_false(buf_add_byte(&b, 'x'));
    assert_int_equal(b.len, 10000);
    assert_int_equal(b.data[9999], 'a' + 9999 % 26);
    assert_int_equal(strlen(buf_text(&b)), 10000);
    buf_clear(&b);
}

static void a_buffer_prints(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 10);
    assert_true(buf_printf(&b, "%d-%s", 12, "ab"));
    assert_false(buf_printf(&b, "%d", 123456));
    assert_string_equal(buf_text(&b), "12-ab");
    assert_true(buf_printf(&b, "%05d", 7)); /* to the brim */
    assert_string_equal(buf_text(&b), "12-ab00007");
    buf_clear(&b);
}

static void a_buffer_is_cut_at_both_ends(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 10);
    assert_string_equal(buf_text(&b), "");
    buf_consume(&b, 0);
    buf_cut(&b, 0);
    buf_add_text(&b, "abcdef");
    buf_consume(&b, 2);
    assert_string_equal(buf_text(&b), "cdef");
    buf_cut(&b, 3);
    assert_true(span_is(buf_span(&b), "cde"));
    buf_consume(&b, 3);
    assert_int_equal(b.len, 0);
    buf_add_text(&b, "z");
    buf_reset(&b);
    assert_string_equal(buf_text(&b), "");
    assert_non_null(b.data);
    buf_clear(&b);
}

static void every_code_point_survives(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 4);
    for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
        struct span s;
        bool ok = false;

        if (cp >= 0xD800 && cp <= 0xDFFF)
            continue;
        buf_reset(&b);
        assert_true(utf8_add(&b, cp));
        s = buf_span(&b);
        assert_int_equal(utf8_length((unsigned char)s.data[0]), s.len);
        assert_int_equal(utf8_next(&s, &ok), cp);
        assert_true(ok);
        assert_int_equal(s.len, 0);
    }
    buf_clear(&b);
}

static void bad_utf8_is_taken_byte_by_byte(void **state)
{
    static const char *const bad[] = {
        "\x80",             /* a continuation alone */
        "\xC0\x80",         /* overlong */
        "\xC1\xBF",         /* overlong */
        "\xE0\x9F\xBF",     /* overlong */
        "\xF0\x8F\xBF\xBF", /* overlong */
        "\xED\xA0\x80",     /* a surrogate */
        "\xED\xBF\xBF",     /* a surrogate */
        "\xF4\x90\x80\x80", /* beyond U+10FFFF */
        "\xF5\x80\x80\x80",
        "\xFE",
        "\xFF",
        "\xC3",         /* cut short */
        "\xE2\x82",     /* cut short */
        "\xF0\x9F\x98", /* cut short */
        "\xE2\x28\xA1", /* no continuation */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct span s = flush_copy(span_of(bad[i]));
        size_t len = s.len;
        bool ok = true;

        assert_false(utf8_is_valid(s));
        assert_int_equal(utf8_next(&s, &ok), UTF8_BAD);
        assert_false(ok);
        assert_int_equal(s.len, len - 1);
    }
}

static void the_replacement_character_is_valid(void **state)
{
    struct span s = SPAN_LIT("\xEF\xBF\xBD"
                             "x");
    bool ok = false;

    (void)state;
    assert_true(utf8_is_valid(s));
    assert_int_equal(utf8_next(&s, &ok), UTF8_BAD);
    assert_true(ok);
    assert_int_equal(s.len, 1);
    assert_true(utf8_is_valid((struct span){NULL, 0}));
}

static void widths_are_columns(void **state)
{
    (void)state;
    assert_int_equal(utf8_width('a'), 1);
    assert_int_equal(utf8_width('\n'), 0);
    assert_int_equal(utf8_width(0), 0);
    assert_int_equal(utf8_width(0x7F), 0);
    assert_int_equal(utf8_width(0x9B), 0);
    assert_int_equal(utf8_width(0xE9), 1);
    assert_int_equal(utf8_width(0x301), 0);
    assert_int_equal(utf8_width(0x6F22), 2);
    assert_int_equal(utf8_width(0x2500), 1);
    assert_int_equal(utf8_columns(SPAN_LIT("a\u6F22e\u0301\xFF")), 1 + 2 + 1 + 1);
    assert_int_equal(utf8_columns((struct span){NULL, 0}), 0);
}

static void a_text_is_fitted(void **state)
{
    struct span s = SPAN_LIT("a\u6F22e\u0301z");

    (void)state;
    assert_int_equal(utf8_fit(s, 0), 0);
    assert_int_equal(utf8_fit(s, 1), 1);
    assert_int_equal(utf8_fit(s, 2), 1); /* half of a wide one is none */
    assert_int_equal(utf8_fit(s, 3), 4);
    assert_int_equal(utf8_fit(s, 4), 7); /* with its accent */
    assert_int_equal(utf8_fit(s, 5), 8);
    assert_int_equal(utf8_fit(s, 99), 8);
}

static void a_text_is_broken_between_words(void **state)
{
    static const struct {
        const char *text;
        unsigned columns;
        const char *lines;
    } rows[] = {
        {"a bb ccc", 4, "a bb|ccc|"},
        {"a bb ccc", 3, "a|bb|ccc|"},
        {"a\n\nb\n", 9, "a||b|"},
        {"abcdef gh", 4, "abcd|ef|gh|"},
        {"\u6F22\u6F22", 3, "\u6F22|\u6F22|"},
        {"\u6F22\u6F22", 1, "\u6F22|\u6F22|"},
        {"ab", 0, "a|b|"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct span rest = span_of(rows[i].text);
        struct buf out;

        buf_init(&out, 100);
        while (rest.len > 0) {
            buf_add(&out, utf8_take_line(&rest, rows[i].columns));
            buf_add_byte(&out, '|');
        }
        assert_string_equal(buf_text(&out), rows[i].lines);
        buf_clear(&out);
    }
}

static void a_value_is_printed(void **state)
{
    static const struct {
        struct value value;
        const char *text;
    } rows[] = {
        {{.type = VALUE_INTEGER, .integer = 0}, "0"},
        {{.type = VALUE_INTEGER, .integer = -7}, "-7"},
        {{.type = VALUE_INTEGER, .integer = INT64_MAX}, "9223372036854775807"},
        {{.type = VALUE_INTEGER, .integer = INT64_MIN}, "-9223372036854775808"},
        {{.type = VALUE_NUMBER, .number = 1.5}, "1.5"},
        {{.type = VALUE_NUMBER, .number = -1.2345678901234e-100}, "-1.2345678901234e-100"},
        {{.type = VALUE_BOOLEAN, .boolean = true}, "true"},
        {{.type = VALUE_BOOLEAN, .boolean = false}, ""},
        {{.type = VALUE_NIL}, ""},
        {{.type = VALUE_TEXT, .text = {"moon", 4}}, "moon"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char digits[VALUE_DIGITS];

        assert_true(span_is(value_text(rows[i].value, digits), rows[i].text));
    }
}

static void a_blob_is_counted(void **state)
{
    struct blob *b = blob_new(SPAN_LIT("abc"));

    (void)state;
    assert_true(span_is(blob_span(b), "abc"));
    assert_ptr_equal(blob_ref(b), b);
    assert_int_equal(b->refs, 2);
    blob_unref(b);
    assert_int_equal(b->refs, 1);
    assert_true(span_is(blob_span(b), "abc"));
    blob_unref(b); /* the sanitizer sees whether it goes */
    blob_unref(NULL);
    b = blob_new((struct span){NULL, 0});
    assert_int_equal(blob_span(b).len, 0);
    blob_unref(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_keeps_its_maximum),
        cmocka_unit_test(a_buffer_grows_byte_by_byte),
        cmocka_unit_test(a_buffer_prints),
        cmocka_unit_test(a_buffer_is_cut_at_both_ends),
        cmocka_unit_test(every_code_point_survives),
        cmocka_unit_test(bad_utf8_is_taken_byte_by_byte),
        cmocka_unit_test(the_replacement_character_is_valid),
        cmocka_unit_test(widths_are_columns),
        cmocka_unit_test(a_text_is_fitted),
        cmocka_unit_test(a_text_is_broken_between_words),
        cmocka_unit_test(a_value_is_printed),
        cmocka_unit_test(a_blob_is_counted),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
