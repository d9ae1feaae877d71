/* Names that people would take for one another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alike.h"
#include "base/mem.h"

static void what_is_taken_for_the_same_has_one_key(void **state)
{
    static const char *const pairs[][2] = {
        {"Lobby", "lOBBY"},
        {"@AZ[ 0~", "@az[ 0~"},
        {"Caf\xc3\xa9", "CAF\xc3\x89"},
        {"Caf\xc3\xa9", "Cafe\xcc\x81"},
        {"Art", "\xef\xbc\xa1\xef\xbd\x92\xef\xbd\x94"},
        {"STRASSE", "stra\xc3\x9f"
                    "e"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        char *one = alike_key(span_of(pairs[i][0]));
        char *other = alike_key(span_of(pairs[i][1]));

        assert_string_equal(one, other);
        mem_free(one);
        mem_free(other);
    }
    assert_null(alike_key(SPAN_LIT("\xff")));
}

static void what_looks_the_same_has_one_look(void **state)
{
    static const char *const pairs[][2] = {
        {"Lobby", "L0BBY"},
        {"Illness", "l1lness"},
        {"modern", "rnodern"},
        {"coco", "\xd1\x81\xd0\xbe\xd1\x81\xd0\xbe"},
        {"A-B", "a\xe2\x80\x93"
                "b"},
        {"BAT", "\xd0\x92\xd0\x90\xd0\xa2"},
    };
    char *art = alike_look(SPAN_LIT("art"));
    char *cyrillic = alike_look(SPAN_LIT("\xd0\x90\xd1\x80\xd1\x82"));

    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        char *one = alike_look(span_of(pairs[i][0]));
        char *other = alike_look(span_of(pairs[i][1]));

        assert_string_equal(one, other);
        mem_free(one);
        mem_free(other);
    }
    assert_string_not_equal(art, cyrillic); /* which looks like "apt" */
    mem_free(art);
    mem_free(cyrillic);
    assert_null(alike_look(SPAN_LIT("\xff")));
}

static void usual_forms_are_known(void **state)
{
    (void)state;
    assert_true(alike_is_usual(SPAN_LIT("")));
    assert_true(alike_is_usual(SPAN_LIT("luna")));
    assert_true(alike_is_usual(SPAN_LIT("\xc3\xa9t\xc3\xa9")));
    assert_false(alike_is_usual(SPAN_LIT("e\xcc\x81t\xc3\xa9")));
    assert_false(alike_is_usual(SPAN_LIT("\xef\xbd\x8cuna")));
}

static void what_is_not_seen_is_found(void **state)
{
    static const char *const unseen[] = {
        "a\tb",
        "a\177",
        "a\xc2\x85", /* controls */
        "a\xc2\xa0", /* a space that does not break */
        "\xe3\x80\x80"
        "a",             /* a wide one */
        "a\xc2\xad",     /* a soft hyphen */
        "a\xe2\x80\x8b", /* no width */
        "a\xe2\x80\xae", /* from right to left */
        "\xe3\x85\xa4",  /* a Hangul filler */
        "\xe2\xa0\x80",  /* a braille blank */
        "\xee\x80\x80",  /* nobody's */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++)
        assert_false(alike_is_seen(span_of(unseen[i])));
    assert_true(alike_is_seen(SPAN_LIT("luna  7!")));
    assert_true(alike_is_seen(SPAN_LIT("\xc3\xa9t\xc3\xa9 \xe6\x9c\x88 \xf0\x9f\x8c\x99")));
}

static void scripts_are_not_mixed(void **state)
{
    static const char *const mixed[] = {
        "lun\xd0\xb0",      /* Latin and Cyrillic */
        "\xce\x91rt",       /* Greek and Latin */
        "\xd0\x90\xce\x91", /* Cyrillic and Greek */
    };
    static const char *const plain[] = {
        "", "luna 7!", "\xd0\x9b\xd1\x83\xd0\xbd\xd0\xb0 7",
        "\xe6\x9c\x88\xe3\x81\xae luna", /* Han, Hiragana, Latin */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(mixed) / sizeof(mixed[0]); i++)
        assert_true(alike_is_mixed(span_of(mixed[i])));
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
        assert_false(alike_is_mixed(span_of(plain[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_taken_for_the_same_has_one_key),
        cmocka_unit_test(what_looks_the_same_has_one_look),
        cmocka_unit_test(usual_forms_are_known),
        cmocka_unit_test(what_is_not_seen_is_found),
        cmocka_unit_test(scripts_are_not_mixed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
