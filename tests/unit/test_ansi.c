#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "term/ansi.h"
#include "tests/unit/flush.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* "12 red" as arguments. */
static unsigned parse_args(const char *text, struct ansi_arg *args)
{
    unsigned count = 0;

    while (*text) {
        size_t n = strcspn(text, " ");
        char *end;

        args[count].word = span_from(text, n);
        args[count].number = strtol(text, &end, 10);
        args[count].is_number = end == text + n;
        count++;
        text += n + (text[n] == ' ');
    }
    return count;
}

static void assert_macro(const char *name, const char *text, const char *expected)
{
    struct ansi_arg args[8];
    unsigned count = parse_args(text, args);
    struct buf out;
    struct err why = {""};

    buf_init(&out, 100);
    buf_add_byte(&out, '>');
    if (expected) {
        assert_int_equal(ansi_macro(&out, flush_copy(span_of(name)), args, count, &why), 0);
        assert_string_equal(buf_text(&out) + 1, expected);
    } else {
        assert_int_equal(ansi_macro(&out, flush_copy(span_of(name)), args, count, &why), -1);
        assert_string_equal(buf_text(&out), ">");
        assert_string_not_equal(why.text, "");
    }
    buf_clear(&out);
}

static void assert_why(const char *name, const char *text, const char *expected)
{
    struct ansi_arg args[8];
    unsigned count = parse_args(text, args);
    struct buf out;
    struct err why = {""};

    buf_init(&out, 100);
    assert_int_equal(ansi_macro(&out, span_of(name), args, count, &why), -1);
    assert_string_equal(why.text, expected);
    assert_int_equal(out.len, 0);
    buf_clear(&out);
}

static void macros_are_sequences(void **state)
{
    static const char *const rows[][3] = {
        {"move", "12 14", "\033[14;12H"},
        {"Move", "1 1", "\033[1;1H"},
        {"MOVE", "255 255", "\033[255;255H"},
        {"up", "3", "\033[3A"},
        {"down", "", "\033[1B"},
        {"left", "255", "\033[255D"},
        {"right", "1", "\033[1C"},
        {"home", "", "\033[H"},
        {"clear", "", "\033[2J\033[H"},
        {"clear_line", "", "\033[K"},
        {"Clear_Below", "", "\033[J"},
        {"color", "7 0", "\033[0;37;40m"},
        {"color", "15 1", "\033[0;1;37;44m"},
        {"color", "YELLOW blue", "\033[0;1;33;44m"},
        {"color", "brown red", "\033[0;33;41m"},
        {"color", "0 12", "\033[0;30;41m"}, /* no bright backgrounds */
        {"bold", "", "\033[1m"},
        {"blink", "", "\033[5m"},
        {"reverse", "", "\033[7m"},
        {"normal", "", "\033[0m"},
        {"save", "", "\033[s"},
        {"restore", "", "\033[u"},
        {"hide", "", "\033[?25l"},
        {"show", "", "\033[?25h"},
        {"bell", "", "\a"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_macro(rows[i][0], rows[i][1], rows[i][2]);
}

static void colors_have_names_in_dos_order(void **state)
{
    static const char *const names[] = {
        "black",      "blue",           "green",        "cyan",
        "red",        "magenta",        "brown",        "gray",
        "dark_gray",  "bright_blue",    "bright_green", "bright_cyan",
        "bright_red", "bright_magenta", "yellow",       "white",
    };
    static const int sgr[] = {0, 4, 2, 6, 1, 5, 3, 7};
    char args[40];
    char expected[40];

    (void)state;
    for (int i = 0; i < 16; i++) {
        snprintf(args, sizeof(args), "%s %d", names[i], i);
        snprintf(expected, sizeof(expected), "\033[0;%s3%d;4%dm", i > 7 ? "1;" : "", sgr[i % 8],
                 sgr[i % 8]);
        assert_macro("color", args, expected);
    }
}

static void wrong_macros_are_explained(void **state)
{
    static const char *const wrong[][2] = {
        {"", ""},
        {"mov", ""},
        {"moves", "1 1"},
        {"move", ""},
        {"move", "1"},
        {"move", "1 2 3"},
        {"move", "0 1"},
        {"move", "1 256"},
        {"move", "-1 1"},
        {"move", "a 1"},
        {"up", "0"},
        {"up", "256"},
        {"up", "1 1"},
        {"up", "red"},
        {"home", "1"},
        {"color", "1"},
        {"color", "16 0"},
        {"color", "0 -1"},
        {"color", "0 pink"},
        {"color", "1 2 3"},
        {"color", "4294967296 0"},
        {"move", "4294967297 1"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_macro(wrong[i][0], wrong[i][1], NULL);
    assert_why("foo", "",
               "unknown ansi macro 'foo', expected one of: move, up, down, left, right, home, "
               "clear, clear_line, clear_below, color, bold, blink, reverse, normal, save, "
               "restore, hide, show, bell");
    assert_why("move", "0 1", "move takes 2 numbers from 1 to 255");
    assert_why("Up", "0", "up takes 1 number from 1 to 255");
    assert_why("home", "1", "home takes no arguments");
    assert_why(
        "color", "pink 1",
        "color takes 2 colors, each a number from 0 to 15 or one of: black, blue, green, "
        "cyan, red, magenta, brown, gray, dark_gray, bright_blue, bright_green, "
        "bright_cyan, bright_red, bright_magenta, yellow, white");
}

static void a_long_name_is_cut(void **state)
{
    char name[2000];
    struct buf out;
    struct err why;

    (void)state;
    memset(name, 'x', sizeof(name));
    buf_init(&out, 10);
    assert_int_equal(ansi_macro(&out, span_from(name, sizeof(name)), NULL, 0, &why), -1);
    assert_non_null(strstr(why.text, ", bell"));
    buf_clear(&out);
}

static void a_macro_fits_or_is_not_there(void **state)
{
    struct ansi_arg args[2] = {{true, 10, {"", 0}}, {true, 11, {"", 0}}};
    struct err why;

    (void)state;
    for (uint32_t max = 0; max < 9; max++) {
        struct buf out;

        buf_init(&out, max);
        assert_int_equal(ansi_macro(&out, SPAN_LIT("move"), args, 2, &why), max < 8 ? -1 : 0);
        assert_int_equal(out.len, max < 8 ? 0 : 8);
        buf_clear(&out);
    }
}

static void assert_pipe(const char *text, bool ansi, unsigned colors, const char *expected,
                        unsigned expected_colors)
{
    struct buf out;

    buf_init(&out, 200);
    assert_true(ansi_pipe(&out, flush_copy(span_of(text)), ansi, &colors));
    assert_string_equal(buf_text(&out), expected);
    assert_int_equal(colors, expected_colors);
    buf_clear(&out);
}

static void pipe_codes_are_whole_states(void **state)
{
    (void)state;
    assert_pipe("a|12b", true, 0x07, "a\033[0;1;31;40mb", 0x0C);
    assert_pipe("|17|15x", true, 0x07, "\033[0;37;44m\033[0;1;37;44mx", 0x1F);
    assert_pipe("|07", true, 0x4F, "\033[0;37;41m", 0x47);
    assert_pipe("|23|00", true, 0x0F, "\033[0;1;37;47m\033[0;30;47m", 0x70);
    assert_pipe("|09|19|16", true, 0x07, "\033[0;1;34;40m\033[0;1;34;46m\033[0;1;34;40m", 0x09);
    assert_pipe("|12a|17b", false, 0x07, "ab", 0x1C);
}

static void other_bars_stay(void **state)
{
    static const char *const rows[][2] = {
        {"a||b", "a|b"},
        {"||04", "|04"},
        {"|||04x", "|\033[0;31;40mx"},
        {"|24|31|99", "|24|31|99"},
        {"|", "|"},
        {"|1", "|1"},
        {"|1a|a1|-1", "|1a|a1|-1"},
        {"x|", "x|"},
        {"||", "|"},
        {"|||", "||"},
        {"|1/|1:|0/|0:|/1|:1", "|1/|1:|0/|0:|/1|:1"},
        {"\033[1m\x07\u00E9", "\033[1m\x07\u00E9"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        unsigned after = strstr(rows[i][1], "31;40m") ? 0x04 : 0x07;

        assert_pipe(rows[i][0], true, 0x07, rows[i][1], after);
    }
}

static void pipe_codes_fit_or_change_nothing(void **state)
{
    unsigned colors = 0x07;
    struct buf out;

    (void)state;
    buf_init(&out, 20);
    buf_add_text(&out, ">");
    assert_false(ansi_pipe(&out, SPAN_LIT("|01aaa|02bbb"), true, &colors));
    assert_string_equal(buf_text(&out), ">");
    assert_int_equal(colors, 0x07);
    buf_clear(&out);
}

static void assert_strip(const char *text, bool lines, const char *expected)
{
    struct buf out;

    buf_init(&out, 2000);
    assert_true(ansi_strip(&out, flush_copy(span_of(text)), lines));
    assert_string_equal(buf_text(&out), expected);
    buf_clear(&out);
}

static void strip_takes_sequences_whole(void **state)
{
    static const char *const rows[][2] = {
        {"plain \u00E9\u6F22", "plain \u00E9\u6F22"},
        {"a\033[1;31mb\033[0mc", "abc"},
        {"a\033[?25lb\033[=2;7hc\033[0;1 Dd\033[!pe\033[>0qf", "abcdef"},
        {"a\033]0;title\ab\033]52;c;eA==\033\\c", "abc"},
        {"a\033Pq$x\033\\b\033_SyncTERM:VER\033\\c\033^pm\033\\d\033Xsos\033\\e", "abcde"},
        {"a\033(Bb\0337c\033cd\033 Ge\033#8f", "abcdef"},
        {"a\xC2\x9B"
         "31mb\x9B"
         "1mc",
         "abc"},
        {"a\xC2\x9D"
         "0;t\xC2\x9C"
         "b\x9Dx\x9C"
         "c\x90"
         "d\ae",
         "abce"},
        {"a\033\033[1mb", "ab"},
        {"a\033[2@b\033[3~c\033~d\0330e\033@f", "abcdef"},
        {"a\033]0;C:\\dir\ab", "ab"},
        {"a\033[1\033[2mb", "ab"},
        {"a\033]x\033[1mb", "ab"},
        {"a\033]x\x18"
         "b\033]y\x1A"
         "c",
         "abc"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_strip(rows[i][0], false, rows[i][1]);
}

static void strip_is_safe_without_an_end(void **state)
{
    static const char *const rows[][2] = {
        {"a\033", "a"},
        {"a\033[", "a"},
        {"a\033[31", "a"},
        {"a\033[31;\nb", "a\nb"},
        {"a\033]0;x", "a"},
        {"a\033]0;x\nb", "a\nb"},
        {"a\033Px\033", "a"},
        {"a\033(", "a"},
        {"a\x9B", "a"},
        {"a\xC2\x9B", "a"},
        {"a\x90x\nb", "a\nb"},
        {"a\xC2", "a?"},
        {"a\033[\u00E9", "a\u00E9"},
        {"a\033\u00E9", "a\u00E9"},
        {"a\033\nb", "a\nb"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_strip(rows[i][0], true, rows[i][1]);
}

static void strip_drops_what_is_not_seen(void **state)
{
    static const uint32_t hidden[] = {0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x202A, 0x202B,
                                      0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069,
                                      0xFEFF, 0x061C, 0x2028, 0x2029, 0xE0041};
    struct buf text;

    (void)state;
    buf_init(&text, 10);
    for (size_t i = 0; i < COUNT(hidden); i++) {
        buf_reset(&text);
        buf_add_byte(&text, 'a');
        utf8_add(&text, hidden[i]);
        buf_add_byte(&text, 'b');
        assert_strip(buf_text(&text), true, "ab");
    }
    buf_clear(&text);
    assert_strip("e\u0301\u2010\u2030\uFE0F", false, "e\u0301\u2010\u2030\uFE0F");
}

static void strip_keeps_lines_if_asked(void **state)
{
    (void)state;
    assert_strip("a\tb\r\nc\nd\re", true, "a b\nc\nde");
    assert_strip("a\tb\r\nc\nd\re", false, "a bcde");
}

static bool is_safe(struct span s)
{
    while (s.len > 0) {
        bool ok;
        uint32_t cp = utf8_next(&s, &ok);

        if (!ok || (cp < ' ' && cp != '\n') || (cp >= 0x7F && cp <= 0x9F))
            return false;
    }
    return true;
}

static void strip_lets_no_control_through(void **state)
{
    static const unsigned char likely[] =
        "\033[]P_\\;19mHM\x9B\x9C\x9D\x90\xC2\x07\n\r\x18\x7F\xE2\x80";
    struct buf out;
    char text[40];

    (void)state;
    buf_init(&out, 1000);
    srand(7);
    for (int run = 0; run < 200000; run++) {
        size_t len = (size_t)rand() % sizeof(text);

        for (size_t i = 0; i < len; i++)
            text[i] =
                (char)(rand() % 4 ? likely[(size_t)rand() % (sizeof(likely) - 1)] : rand());
        buf_reset(&out);
        assert_true(ansi_strip(&out, flush_copy(span_from(text, len)), true));
        assert_true(is_safe(buf_span(&out)));
        buf_reset(&out);
        assert_true(ansi_strip(&out, span_from(text, len), false));
        assert_true(is_safe(buf_span(&out)) && !memchr(buf_text(&out), '\n', out.len));
    }
    buf_clear(&out);
}

/* A stray introducer does not make the time grow with the square of the length. */
static void strip_reads_each_byte_a_few_times(void **state)
{
    size_t len = (size_t)1 << 20;
    char *text = malloc(len);
    struct buf out;

    (void)state;
    for (size_t i = 0; i < len; i += 2)
        memcpy(text + i, "\033]", 2);
    buf_init(&out, (uint32_t)len);
    assert_true(ansi_strip(&out, span_from(text, len), true));
    assert_int_equal(out.len, 0);
    buf_clear(&out);
    free(text);
}

static void filters_fit_or_add_nothing(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 4);
    buf_add_text(&out, "ab");
    assert_false(ansi_strip(&out, SPAN_LIT("c\033[1md\u00E9"), true));
    assert_string_equal(buf_text(&out), "ab");
    assert_false(ansi_flatten(&out, SPAN_LIT("c\033[2Cx")));
    assert_string_equal(buf_text(&out), "ab");
    assert_true(ansi_strip(&out, SPAN_LIT("c\033[1md\033["), true));
    assert_string_equal(buf_text(&out), "abcd");
    buf_clear(&out);
}

static void assert_flat(const char *text, const char *expected)
{
    struct buf out;

    buf_init(&out, 100000);
    assert_true(ansi_flatten(&out, flush_copy(span_of(text))));
    assert_string_equal(buf_text(&out), expected);
    buf_clear(&out);
}

static void flatten_keeps_places(void **state)
{
    static const char *const rows[][2] = {
        {"\033[1;31mred\033[0m\r\nline\a\r\n", "red\r\nline\a\r\n"},
        {"a\033[3Cb", "a   b"},
        {"a\033[Cb", "a b"},
        {"ab\033[1;6Hc", "ab   c"},
        {"ab\033[6Gc", "ab   c"},
        {"ab\033[3;4Hc", "ab\r\n   c"},
        {"ab\033[Bc", "ab\r\n  c"},
        {"ab\033[2Ec", "ab\r\nc"},
        {"ab\033[5dc", "ab\r\n  c"},
        {"one\r\n\033[2;5Hx", "one\r\n    x"}, /* the row it is in */
        {"ab\033[Hc", "abc"},                  /* an earlier column */
        {"ab\033[2Dc", "abc"},
        {"a\r\nb\033[Ac", "a\r\nb\r\n c"}, /* an earlier row */
        {"ab\033[s\033[Hx\033[uc", "abxc"},
        {"ab\033[s\r\n\033[uc", "ab\r\n\r\n  c"},
        {"\033[2J\033[Ha", "a"},
        {"ab\033[2Jc", "ab\r\nc"},
        {"ab\033[Kc\033[Jd", "abcd"},
        {"\033[20C\033[20Dx", "x"},   /* nothing shown, nothing sent */
        {"x\033[10;5H", "x\r\n    "}, /* a place for what comes next */
        {"a\tb", "a       b"},
        {"\u6F22\033[1;5Hb", "\u6F22  b"},
        {"e\u0301\033[1;3Hb", "e\u0301 b"},
        {"a\033[?3Cb\033[1$Cc", "abc"},
        {"a\033[0Cb\033[0;0Hc", "a bc"},
        {"a\033]0;t\ab\x9B"
         "1mc\bd\x01",
         "abcd"},
        {"a\u202Eb\u200B\xFF", "ab?"},
        {"abc\rx", "abc\rx"},
        {"a\033[5C\033[2Db", "a   b"},
        {"a\033[5C\bb", "a    b"},
        {"ab\r\ncd\033[Fx", "ab\r\ncd\r\nx"},
        {"\r\nab\033[2J\033[2;3Hx", "\r\nab\r\n\r\n  x"},
        {"a\033[3;1H\rb", "a\r\n\rb"},
        {"a\r\033[1;5Hb", "a\r    b"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_flat(rows[i][0], rows[i][1]);
}

static void flatten_does_not_run_away(void **state)
{
    struct buf text;
    struct buf out;

    (void)state;
    buf_init(&text, 100000);
    buf_init(&out, 100000);
    for (int i = 0; i < 100; i++)
        buf_add_text(&text, "\033[99999999999999999999C\t");
    assert_true(ansi_flatten(&out, buf_span(&text)));
    assert_int_equal(out.len, 254);
    buf_reset(&out);
    buf_reset(&text);
    for (int i = 0; i < 300; i++)
        buf_add_text(&text, "x");
    buf_add_text(&text, "\033[5Cy\033[400;400Hz");
    assert_true(ansi_flatten(&out, buf_span(&text)));
    assert_int_equal(out.len, 301 + 2 + 254 + 1);
    buf_clear(&out);
    buf_clear(&text);
}

static void parameters_are_numbers(void **state)
{
    static const struct {
        const char *text;
        unsigned count;
        uint16_t first, second;
    } rows[] = {
        {"", 0, 9, 9},      {"1", 1, 1, 9},           {"12;40", 2, 12, 40},
        {";", 2, 0, 0},     {";5", 2, 0, 5},          {"5;", 2, 5, 0},
        {"1;2;3", 2, 1, 2}, {"65536;1", 2, 65535, 1}, {"99999999999", 1, 65535, 9},
        {"0007", 1, 7, 9},
    };
    static const char *const bad[] = {"?1", "1;?", "a", "1 ", "1:2", "-1", "1;2;x"};
    uint16_t n[2];

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        n[0] = n[1] = 9;
        assert_int_equal(ansi_numbers(flush_copy(span_of(rows[i].text)), n, 2), rows[i].count);
        assert_int_equal(n[0], rows[i].first);
        assert_int_equal(n[1], rows[i].second);
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(ansi_numbers(flush_copy(span_of(bad[i])), n, 2), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(macros_are_sequences),
        cmocka_unit_test(colors_have_names_in_dos_order),
        cmocka_unit_test(wrong_macros_are_explained),
        cmocka_unit_test(a_long_name_is_cut),
        cmocka_unit_test(a_macro_fits_or_is_not_there),
        cmocka_unit_test(pipe_codes_are_whole_states),
        cmocka_unit_test(other_bars_stay),
        cmocka_unit_test(pipe_codes_fit_or_change_nothing),
        cmocka_unit_test(strip_takes_sequences_whole),
        cmocka_unit_test(strip_is_safe_without_an_end),
        cmocka_unit_test(strip_drops_what_is_not_seen),
        cmocka_unit_test(strip_keeps_lines_if_asked),
        cmocka_unit_test(strip_lets_no_control_through),
        cmocka_unit_test(strip_reads_each_byte_a_few_times),
        cmocka_unit_test(filters_fit_or_add_nothing),
        cmocka_unit_test(flatten_keeps_places),
        cmocka_unit_test(flatten_does_not_run_away),
        cmocka_unit_test(parameters_are_numbers),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
