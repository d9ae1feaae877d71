#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "term/charset.h"
#include "tests/unit/flush.h"

static void assert_encodes(const char *text, enum charset to, const char *expected)
{
    struct buf out;

    buf_init(&out, 1000);
    assert_true(charset_encode(&out, flush_copy(span_of(text)), to));
    assert_string_equal(buf_text(&out), expected);
    buf_clear(&out);
}

static void sets_have_names(void **state)
{
    static const struct {
        const char *name;
        enum charset charset;
    } known[] = {
        {"UTF-8", CHARSET_UTF8},     {"utf8", CHARSET_UTF8},
        {"Utf_8", CHARSET_UTF8},     {"CP437", CHARSET_CP437},
        {"cp-437", CHARSET_CP437},   {"IBM437", CHARSET_CP437},
        {"437", CHARSET_CP437},      {"ASCII", CHARSET_ASCII},
        {"US-ASCII", CHARSET_ASCII}, {"ANSI_X3.4-1968", CHARSET_ASCII},
    };
    static const char *const unknown[] = {"",
                                          "-",
                                          "utf",
                                          "utf-88",
                                          "latin1",
                                          "cp850",
                                          "a very long name of a character set",
                                          "utf-8 or so"};
    enum charset c;

    (void)state;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        assert_true(charset_find(flush_copy(span_of(known[i].name)), &c));
        assert_int_equal(c, known[i].charset);
    }
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
        assert_false(charset_find(flush_copy(span_of(unknown[i])), &c));
    for (int i = 0; i < CHARSET_COUNT; i++) {
        assert_true(charset_find(span_of(charset_name((enum charset)i)), &c));
        assert_int_equal(c, i);
    }
    assert_string_equal(charset_name(CHARSET_UTF8), "utf-8");
}

static void every_byte_comes_back(void **state)
{
    (void)state;
    for (int i = 0; i < 256; i++)
        assert_int_equal(charset_to_cp437(charset_from_cp437((unsigned char)i)), i);
    for (int i = 0; i < 128; i++) {
        assert_int_equal(charset_from_cp437((unsigned char)i), i);
        assert_int_equal(charset_to_ascii((uint32_t)i), i);
    }
}

/* The table of the Unicode consortium, as UTF-8. */
static void cp437_is_cp437(void **state)
{
    static const char expected[] =
        "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤"
        "╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00A0";
    char bytes[128];
    struct buf out;

    (void)state;
    for (int i = 0; i < 128; i++)
        bytes[i] = (char)(128 + i);
    buf_init(&out, 1000);
    assert_true(charset_decode_cp437(&out, flush_copy(span_from(bytes, sizeof(bytes)))));
    assert_string_equal(buf_text(&out), expected);
    buf_reset(&out);
    assert_true(charset_encode(&out, span_of(expected), CHARSET_CP437));
    assert_memory_equal(buf_text(&out), bytes, sizeof(bytes));
    buf_clear(&out);
}

static void control_characters_stay(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 100);
    assert_true(charset_decode_cp437(&out, SPAN_LIT("\x1B[1m\r\n\x07\x7F\x82")));
    assert_string_equal(buf_text(&out), "\x1B[1m\r\n\x07\x7F\u00E9");
    buf_clear(&out);
    assert_encodes("\x1B[1m\r\n\x07\x7F", CHARSET_CP437, "\x1B[1m\r\n\x07\x7F");
    assert_encodes("\x1B[1m\r\n\x07\x7F", CHARSET_ASCII, "\x1B[1m\r\n\x07\x7F");
}

/* In drawings they are glyphs; those that a terminal could act on are look-alikes in CP437. */
static void control_characters_are_glyphs_in_art(void **state)
{
    static const char glyphs[] = " ☺☻♥♦♣♠•◘♂♀♫☼►◄↕‼¶§▬↨↑↓∟↔▲▼⌂";
    char bytes[] = "\0\1\2\3\4\5\6\7\10\13\14\16\17\20\21\22\23\24\25\26\27\30\31\34\35\36"
                   "\37\177";
    struct buf utf8;
    struct buf back;

    (void)state;
    buf_init(&utf8, 200);
    buf_init(&back, 200);
    assert_true(charset_decode_art(&utf8, flush_copy(span_from(bytes, sizeof(bytes) - 1))));
    assert_string_equal(buf_text(&utf8), glyphs);
    assert_true(charset_encode_art(&back, buf_span(&utf8), CHARSET_CP437));
    assert_string_equal(buf_text(&back),
                        " \1\2\3\4*\6\xF9*oo**\20<\22!\24\25\26\27^\31\34\35\36\37\177");
    buf_reset(&back);
    assert_true(charset_encode_art(&back, buf_span(&utf8), CHARSET_UTF8));
    assert_string_equal(buf_text(&back), glyphs);
    buf_reset(&utf8);
    assert_true(charset_decode_art(&utf8, SPAN_LIT("\x1B[1m\t\r\n\x82\x1A")));
    assert_string_equal(buf_text(&utf8), "\x1B[1m\t\r\n\u00E9\x1A");
    buf_clear(&utf8);
    buf_clear(&back);
}

static void ascii_gets_look_alikes(void **state)
{
    static const struct {
        const char *text;
        const char *ascii;
    } rows[] = {
        {"Hello, World", "Hello, World"},
        {"\u00E9\u00C9\u00FC\u00D1\u00E7\u0159\u0142\u00D8\u1EBF", "eEuNcrlOe"},
        {"\u201Cq\u201D \u2018q\u2019 \u2013 \u2014 \u2026 \u00AB\u2039", "\"q\" 'q' - - . <<"},
        {"\u2554\u2550\u2566\u2557 \u2551 \u250C\u2500\u252C\u2510 \u2502", "+=++ | +-++ |"},
        {"\u2501\u2503\u256D\u254B\u254C\u2571\u2572\u2573", "-|++-/\\X"},
        {"\u2588\u2593\u2592\u2591\u2584\u2580\u258C\u2590", "##:.=\"||"},
        {"\u2022\u00B7\u25A0\u25CF\u2605", "*.#**"},
        {"\u2190\u2191\u2192\u2193\u25BA\u25C4\u25B2\u25BC", "<^>v><^v"},
        {"\u20AC\u00A3\u00A5\u00A2", "ELYc"},
        {"\uFF28\uFF49\uFF01\uFF5E\uFF5F", "H i ! ~ ??"},
        {"\u0416\u0443\u043A \u03B1\u03A9", "Juk aW"},
        {"\u6F22\u5B57\U0001F600", "??????"},
        {"e\u0301\u200Bx\xC2\x85", "ex"}, /* what takes no column goes */
        {"\u00A0", " "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_encodes(rows[i].text, CHARSET_ASCII, rows[i].ascii);
}

static void cp437_gets_look_alikes(void **state)
{
    (void)state;
    assert_encodes("\u00E9\u00C0\u0159", CHARSET_CP437,
                   "\x82"
                   "Ar");
    assert_encodes("\u2501\u2503\u250F\u256D\u2574", CHARSET_CP437, "\xC4\xB3\xDA\xDA\xC4");
    assert_encodes("\u2022\u20AC\u201C\u2013\u2713", CHARSET_CP437, "\xF9\xEE\"-\xFB");
    assert_encodes("\u6F22e\u0301", CHARSET_CP437, "??e"); /* in as many columns */
}

static void no_look_alike_is_a_control(void **state)
{
    (void)state;
    for (uint32_t cp = 0x80; cp < 0x30000; cp++) {
        unsigned char ascii = charset_to_ascii(cp);
        unsigned char cp437 = charset_to_cp437(cp);

        assert_true(ascii == 0 || (ascii >= ' ' && ascii < 0x7F));
        assert_true(cp437 == 0 || (cp437 >= ' ' && cp437 != 0x7F));
        assert_true((ascii == 0) == (cp437 == 0));
        assert_true(ascii != 0 || utf8_width(cp) == 0);
        assert_true(ascii != '`' || cp == 0xFF40); /* the filler of the tables */
    }
}

static void utf8_passes_if_it_is_valid(void **state)
{
    (void)state;
    assert_encodes("a\u00E9\u6F22\U0001F600z", CHARSET_UTF8, "a\u00E9\u6F22\U0001F600z");
    assert_encodes("a\xFFz", CHARSET_UTF8, "a?z");
    assert_encodes("\xE2\x82", CHARSET_UTF8, "??");
    assert_encodes("\xC3(\xED\xA0\x80", CHARSET_CP437, "?(???");
    assert_encodes("\xF0\x9F\x98", CHARSET_ASCII, "???");
    assert_encodes("", CHARSET_ASCII, "");
}

static void what_does_not_fit_leaves_nothing(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 5);
    buf_add_text(&out, "ab");
    assert_false(charset_encode(&out, SPAN_LIT("c\u00E9d\u00E9"), CHARSET_ASCII));
    assert_string_equal(buf_text(&out), "ab");
    assert_false(charset_encode(&out, SPAN_LIT("c\u00E9d"), CHARSET_UTF8));
    assert_string_equal(buf_text(&out), "ab");
    assert_false(charset_decode_cp437(&out, SPAN_LIT("\x82\x82")));
    assert_string_equal(buf_text(&out), "ab");
    assert_true(charset_encode(&out, SPAN_LIT("c\u00E9d"), CHARSET_ASCII));
    assert_string_equal(buf_text(&out), "abced");
    buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_have_names),
        cmocka_unit_test(every_byte_comes_back),
        cmocka_unit_test(cp437_is_cp437),
        cmocka_unit_test(control_characters_stay),
        cmocka_unit_test(control_characters_are_glyphs_in_art),
        cmocka_unit_test(ascii_gets_look_alikes),
        cmocka_unit_test(cp437_gets_look_alikes),
        cmocka_unit_test(no_look_alike_is_a_control),
        cmocka_unit_test(utf8_passes_if_it_is_valid),
        cmocka_unit_test(what_does_not_fit_leaves_nothing),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
