/* Bytes in, names of keys out: at every cut, and flush against unreadable memory. What is held
 * back at the end is ended by keys_timeout, which shows as '|' and the key that it makes. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "term/keys.h"
#include "tests/unit/flush.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct run {
    struct keys keys;
    struct buf names;
    enum charset charset;
    bool del_is_delete;
    const char *expected;
    struct span bytes;
};

static void add_name(struct buf *names, const struct key *key)
{
    char name[KEY_NAME_SIZE];

    if (names->len > 0)
        buf_add_byte(names, ' ');
    buf_add_text(names, key_name(key, name));
    if (key->code == KEY_CURSOR_REPORT)
        buf_printf(names, ":%u:%u", key->row, key->column);
    if (key->code == KEY_REPLY)
        buf_printf(names, ":%c:%u:%u", (int)key->ch, key->row, key->column);
}

static void begin(void *arg)
{
    struct run *r = arg;

    keys_init(&r->keys);
    r->keys.del_is_delete = r->del_is_delete;
    buf_reset(&r->names);
}

static void feed(void *arg, struct span piece)
{
    struct run *r = arg;
    struct key key;

    while (keys_next(&r->keys, &piece, r->charset, &key))
        add_name(&r->names, &key);
    assert_int_equal(piece.len, 0);
}

static void end(void *arg)
{
    struct run *r = arg;
    struct key key;

    if (keys_is_waiting(&r->keys)) {
        buf_add_text(&r->names, r->names.len ? " |" : "|");
        if (keys_timeout(&r->keys, &key))
            add_name(&r->names, &key);
    }
    assert_false(keys_is_waiting(&r->keys));
    assert_false(keys_timeout(&r->keys, &key));
    if (strcmp(buf_text(&r->names), r->expected) != 0)
        print_error("for %zu bytes '%.*s':\n", r->bytes.len, SPAN_ARG(r->bytes));
    assert_string_equal(buf_text(&r->names), r->expected);
}

static void check(struct span bytes, enum charset charset, bool del, const char *expected)
{
    struct run r = {
        .charset = charset, .del_is_delete = del, .expected = expected, .bytes = bytes};

    buf_init(&r.names, 100000);
    flush_each_split(bytes, begin, feed, end, &r);
    buf_clear(&r.names);
}

static void assert_keys(const char *bytes, const char *expected)
{
    check(span_of(bytes), CHARSET_UTF8, false, expected);
}

static void characters_are_keys(void **state)
{
    static const char *const rows[][2] = {
        {"Hi!", "H i !"},
        {"a b~", "a space b ~"},
        {"\u00E9\u6F22\U0001F600x", "\u00E9 \u6F22 \U0001F600 x"},
        {"\u00A0", "\u00A0"},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_keys(rows[i][0], rows[i][1]);
}

static void a_line_end_is_one_enter(void **state)
{
    const struct {
        struct span bytes;
        const char *expected;
    } rows[] = {
        {SPAN_LIT("a\rb"), "a enter b"},
        {SPAN_LIT("a\nb"), "a enter b"},
        {SPAN_LIT("a\r\nb"), "a enter b"},
        {SPAN_LIT("a\r\0b"), "a enter b"},
        {SPAN_LIT("\r\r\n\n"), "enter enter enter"},
        {SPAN_LIT("\r\0\0"), "enter ctrl_@"},
        {SPAN_LIT("\ra\n"), "enter a enter"},
        {SPAN_LIT("\r\t\n"), "enter tab enter"},
        {SPAN_LIT("\r\033[A\n"), "enter up enter"},
        {SPAN_LIT("\r\xC3\xA9\n"), "enter \u00E9 enter"},
        {SPAN_LIT("\r\n\n"), "enter enter"},
        {SPAN_LIT("\n\r\n"), "enter enter"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        check(rows[i].bytes, CHARSET_UTF8, false, rows[i].expected);
}

static void control_characters_are_keys(void **state)
{
    (void)state;
    assert_keys("\x01\x03\x08\x09\x18\x1A", "ctrl_a ctrl_c backspace tab ctrl_x ctrl_z");
    assert_keys("\x1C\x1D\x1E\x1F", "ctrl_\\ ctrl_] ctrl_^ ctrl__");
    check(SPAN_LIT("\0"), CHARSET_UTF8, false, "ctrl_@");
    check(SPAN_LIT("\x7F"), CHARSET_UTF8, false, "backspace");
    check(SPAN_LIT("\x7F\x08"), CHARSET_CP437, true, "delete backspace");
}

/* protocols.md D.3, row by row; and what terminals send beside it. */
static void sequences_are_keys(void **state)
{
    static const char *const rows[][2] = {
        {"\033[A\033[B\033[C\033[D", "up down right left"},
        {"\033OA\033OB\033OC\033OD", "up down right left"},
        {"\033A\033B\033C\033D", "up down right left"}, /* VT52 */
        {"\033[H\033[K", "home end"},                   /* SyncTERM */
        {"\033[1~\033[4~", "home end"},
        {"\033[H\033[F\033OH\033OF", "home end home end"},
        {"\033[7~\033[8~", "home end"},
        {"\033[V\033[U\033[5~\033[6~", "page_up page_down page_up page_down"},
        {"\033[I\033[G", "page_up page_down"}, /* SCO */
        {"\033[@\033[2~\033@\033[L", "insert insert insert insert"},
        {"\033[3~", "delete"},
        {"\033[11~\033[12~\033[13~\033[14~", "f1 f2 f3 f4"},
        {"\033OP\033OQ\033OR\033OS", "f1 f2 f3 f4"},
        {"\033[[A\033[[B\033[[C\033[[D\033[[E", "f1 f2 f3 f4 f5"},
        {"\033[N\033[O\033[P\033[Q\033[R\033[S\033[T\033[W\033[X",
         "f2 f3 f4 f5 f6 f7 f8 f11 f12"},
        {"\033[15~\033[17~\033[18~\033[19~\033[20~\033[21~\033[23~\033[24~",
         "f5 f6 f7 f8 f9 f10 f11 f12"},
        {"\033Ot", "f5"},
        {"\033[Z", "backtab"},
        {"\033OM", "enter"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_keys(rows[i][0], rows[i][1]);
        check(span_of(rows[i][0]), CHARSET_CP437, true, rows[i][1]);
    }
}

static void modifiers_make_no_difference(void **state)
{
    static const char *const rows[][2] = {
        {"\033[1;5A\033[1;2D\033[1;3H\033[1;5F", "up left home end"},
        {"\033[5;5~\033[3;2~\033[24;3~", "page_up delete f12"},
        {"\033[1;2P\033[1;5S", "f1 f4"},
        {"\033O5A\033O1;5B\033O2P", "up down f1"},
        {"\033[1;5M\033[2;5A\033[1;2;3A\033[5A\033[200;5~x", "x"},
        {"\033[27;5;13~\033[97;5ux", "x"}, /* modifyOtherKeys */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_keys(rows[i][0], rows[i][1]);
}

static void a_lone_esc_is_a_key(void **state)
{
    static const char *const rows[][2] = {
        {"\033", "| escape"},
        {"\033\033", "escape | escape"},
        {"\033x", "escape x"}, /* Alt-x */
        {"\033\r", "escape enter"},
        {"\033\xC3\xA9", "escape \u00E9"},
        {"\033\033[A", "escape up"},
        {"\0331", "escape 1"},
        {"a\033b\033", "a escape b | escape"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_keys(rows[i][0], rows[i][1]);
}

static void broken_sequences_are_dropped(void **state)
{
    static const char *const rows[][2] = {
        {"a\033[", "a |"},
        {"a\033[1;", "a |"},
        {"a\033O", "a |"},
        {"a\033[[", "a |"},
        {"a\033]0;x", "a |"},
        {"a\033]0;x\033", "a |"},
        {"\033[1\033[A", "up"},
        {"\033[1\rx", "enter x"},
        {"\033[1\xC3\xA9", "\u00E9"},
        {"\033[1\x7Fx", "backspace x"},
        {"\033O\033OP", "f1"},
        {"\033[[\033[Ax", "up x"},
        {"\033[99~x\033[yy", "x reply:y:0:0 y"},
        {"\033[b\033[Jx\033Oqy", "x y"},
        {"\033[?25h\033[!pz", "z"},
        {"\033O?Ax", "x"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_keys(rows[i][0], rows[i][1]);
}

static void replies_are_not_typed(void **state)
{
    static const char *const rows[][2] = {
        {"\033[25;80R", "cursor_report:25:80"},
        {"\033[1;2Rx", "cursor_report:1:2 x"},
        {"\033[99999;0R", "cursor_report:65535:0"},
        {"\033[?25;80R", "reply:R:25:80"},
        {"\033[5R", "reply:R:5:0"},
        {"\033[=67;84;101;114;109;1;332c", "reply:c:67:84"},
        {"\033[?1;2c\033[>0;276;0c\033[<0;2;7c", "reply:c:1:2 reply:c:0:276 reply:c:0:2"},
        {"\033[0n\033[=2;7;25;80n", "reply:n:0:0 reply:n:2:7"},
        {"\033[8;25;80t", "reply:t:8:25"},
        {"\033[1$c", "reply:c:1:0"},
        {"\033[1;:5n", "reply:n:0:0"},
        {"\033[?2026;2$y", "reply:y:2026:2"},
        {"a\033P1$r0m\033\\b\033]11;rgb:0/0/0\033\\c\033]0;t\ad", "a b c d"},
        {"a\033_SyncTERM:VER;1.3\033\\b\033^pm\033\\c\033Xsos\033\\d", "a b c d"},
        {"a\033]0;x\x18"
         "b",
         "a b"},
        {"a\033]0;x\033[Ab", "a up b"}, /* any ESC ends it */
        {"a\033]0;x\033\033[Ab", "a escape up b"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_keys(rows[i][0], rows[i][1]);
}

static void the_mouse_is_swallowed(void **state)
{
    const struct {
        struct span bytes;
        const char *expected;
    } rows[] = {
        {SPAN_LIT("\033[M !!x"), "x"},
        {SPAN_LIT("\033[M\x03\r\033x"), "x"}, /* whatever the three bytes are */
        {SPAN_LIT("\033[M\xFF\0\x80x"), "x"},
        {SPAN_LIT("\033[<0;10;20Mx\033[<0;10;20my"), "x y"},
        {SPAN_LIT("\033[32;10;20Mxyz"), "x y z"},
        {SPAN_LIT("\033[M"), "| f1"}, /* of the SCO console */
        {SPAN_LIT("\033[M !"), "|"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        check(rows[i].bytes, CHARSET_UTF8, false, rows[i].expected);
}

static void a_paste_runs_no_keys(void **state)
{
    const struct {
        struct span bytes;
        const char *expected;
    } rows[] = {
        {SPAN_LIT("\033[200~a b\033[201~c"), "paste_begin a space b paste_end c"},
        {SPAN_LIT("\033[200~a\r\nb\tc\n\033[201~"),
         "paste_begin a enter b tab c enter paste_end"},
        {SPAN_LIT("\033[200~\x03\x08\x7F\x15\0x\033[201~\x03"),
         "paste_begin x paste_end ctrl_c"},
        {SPAN_LIT("\033[200~\033[A\033OP\033[1;5Bx\033Ay\033z\033[201~"),
         "paste_begin x A y z paste_end"},
        {SPAN_LIT("\033[200~\033[M\033[201~x"), "paste_begin paste_end x"},
        {SPAN_LIT("\033[200~\033]0;x\033[201~y"), "paste_begin paste_end y"},
        {SPAN_LIT("\033[200~\033[25;80R\033[0nx\033[201~"), "paste_begin x paste_end"},
        {SPAN_LIT("\033[200~\033\033[201~"), "paste_begin paste_end"},
        {SPAN_LIT("\033[200~\033[12\033[201~"), "paste_begin paste_end"},
        {SPAN_LIT("\033[200~\xC3\033[201~"), "paste_begin ? paste_end"},
        {SPAN_LIT("\033[200~a\033[200~b\033[201~\033[201~c"), "paste_begin a b paste_end c"},
        {SPAN_LIT("\033[201~x"), "x"},
        {SPAN_LIT("\033[200~a\033"), "paste_begin a |"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        check(rows[i].bytes, CHARSET_UTF8, false, rows[i].expected);
}

static void bad_utf8_is_seen(void **state)
{
    static const char *const rows[][2] = {
        {"\xFFx", "? x"},
        {"\x80\xBFx", "? ? x"},
        {"\xC3x", "? x"},
        {"\xE2\x82x", "? x"},
        {"\xE2\x82\xC3\xA9", "? \u00E9"},
        {"\xF0\x9F\x98\r", "? enter"},
        {"\xE0\x80\x80x", "? x"},     /* overlong */
        {"\xED\xA0\x80x", "? x"},     /* a surrogate */
        {"\xF4\xBF\xBF\xBFx", "? x"}, /* too far */
        {"\xC2\x9B"
         "Ax",
         "? A x"}, /* C1 */
        {"\xC2\x80\xC2\x9F", "? ?"},
        {"\xEF\xBF\xBD", "\uFFFD"},
        {"\xC3", ""}, /* waits for the rest, whatever the time */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_keys(rows[i][0], rows[i][1]);
}

static void other_charsets_have_other_bytes(void **state)
{
    (void)state;
    check(SPAN_LIT("\x82\xE1\xFF"
                   "a\x9B"
                   "A"),
          CHARSET_CP437, true, "\u00E9 \u00DF \u00A0 a \u00A2 A");
    check(SPAN_LIT("a\x82\xC3\xA9\xFF"
                   "b"),
          CHARSET_ASCII, false, "a b");
    check(SPAN_LIT("a\x80\033[A\r\xFF\n"), CHARSET_ASCII, false, "a up enter enter");
}

/* `lead`, `n` times `fill`, then `tail`. */
static void assert_long(const char *lead, size_t n, char fill, const char *tail,
                        const char *expected)
{
    struct buf bytes;

    buf_init(&bytes, 1000);
    buf_add_text(&bytes, lead);
    while (n-- > 0)
        buf_add_byte(&bytes, fill);
    buf_add_text(&bytes, tail);
    check(buf_span(&bytes), CHARSET_UTF8, false, expected);
    buf_clear(&bytes);
}

static void long_sequences_become_text(void **state)
{
    (void)state;
    assert_long("\033]0123456789\a\033]", 256, '0', "\ax", "x"); /* counted anew */
    assert_long("\033[", 30, '0', "Ax", "x");                    /* 32 bytes behind the ESC */
    assert_long("\033[", 31, '0', "Ax", "A x");                  /* one more */
    assert_long("\033[", 33, '0', "Ax", "0 0 A x");
    assert_long("\033[", 14, ';', "5;6;5Ax", "x"); /* more than 16 numbers */
    assert_long("\033[=", 28, ';', "cx", "reply:c:0:0 x");
    assert_long("\033]", 256, '0', "\033\\x", "x");
    assert_long("\033]", 256, '0', "\ax", "x");
    assert_long("\033]", 257, '0', "x", "0 x");
    assert_long("\033]", 256, '0', "x", "x");
    assert_long("\033]", 255, '0', "x\033\\y", "y");
    assert_long(
        "\033P", 300, 'q', "\033\\", /* 44 of them, then Alt-\ */
        "q q q q q q q q q q q q q q q q q q q q q q q q q q q q q q q q q q q q q q q q "
        "q q q q escape \\");
}

static void time_ends_what_is_held_back(void **state)
{
    struct keys k;
    struct key key;
    struct span in = SPAN_LIT("\033");

    (void)state;
    keys_init(&k);
    assert_false(keys_is_waiting(&k));
    assert_false(keys_timeout(&k, &key));
    assert_false(keys_next(&k, &in, CHARSET_UTF8, &key));
    assert_true(keys_is_waiting(&k));
    assert_true(keys_timeout(&k, &key));
    assert_int_equal(key.code, KEY_ESCAPE);
    in = SPAN_LIT("[A"); /* now it is text */
    assert_true(keys_next(&k, &in, CHARSET_UTF8, &key));
    assert_int_equal(key.code, KEY_CHAR);
    assert_int_equal(key.ch, '[');
    in = SPAN_LIT("\033[1;");
    assert_false(keys_next(&k, &in, CHARSET_UTF8, &key));
    assert_false(keys_timeout(&k, &key));
    in = SPAN_LIT("5A");
    assert_true(keys_next(&k, &in, CHARSET_UTF8, &key));
    assert_int_equal(key.ch, '5');
}

static void the_state_is_small(void **state)
{
    (void)state;
    assert_true(sizeof(struct keys) <= 48);
}

static void every_key_has_a_name(void **state)
{
    char name[KEY_NAME_SIZE];

    (void)state;
    for (int code = KEY_NONE; code <= KEY_REPLY; code++) {
        struct key key = {.code = (enum key_code)code, .ch = 'A'};

        assert_ptr_equal(key_name(&key, name), name);
        assert_in_range(strlen(name), 1, KEY_NAME_SIZE - 1);
    }
    assert_string_equal(key_name(&(struct key){.code = KEY_F12}, name), "f12");
    assert_string_equal(key_name(&(struct key){.code = KEY_CHAR, .ch = 0x10FFFF}, name),
                        "\xF4\x8F\xBF\xBF");
}

/* Whatever comes: no control character as KEY_CHAR, the same keys however it is cut. */
static void noise_is_read_the_same_at_every_cut(void **state)
{
    static const char likely[] = "\033\033[[O]P\\;019~MRcA<?\a\r\n\x9B\xC3\xA9\xE2\x82\xAC\x7F";
    char bytes[60];
    struct run r = {.charset = CHARSET_UTF8};

    (void)state;
    buf_init(&r.names, 10000);
    for (int seed = 0; seed < 500; seed++) {
        struct buf whole;
        size_t len;

        srand((unsigned)seed);
        len = 1 + (size_t)rand() % sizeof(bytes);
        for (size_t i = 0; i < len; i++)
            bytes[i] = likely[(size_t)rand() % (sizeof(likely) - 1)];
        begin(&r);
        feed(&r, flush_copy(span_from(bytes, len)));
        buf_init(&whole, 10000);
        buf_add(&whole, buf_span(&r.names));
        for (size_t i = 0; i < whole.len; i++)
            assert_true((unsigned char)whole.data[i] >= ' ');
        r.expected = buf_text(&whole);
        begin(&r);
        for (size_t i = 0; i < len; i++)
            feed(&r, flush_copy(span_from(bytes + i, 1)));
        assert_string_equal(buf_text(&r.names), r.expected);
        buf_clear(&whole);
    }
    buf_clear(&r.names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_are_keys),
        cmocka_unit_test(a_line_end_is_one_enter),
        cmocka_unit_test(control_characters_are_keys),
        cmocka_unit_test(sequences_are_keys),
        cmocka_unit_test(modifiers_make_no_difference),
        cmocka_unit_test(a_lone_esc_is_a_key),
        cmocka_unit_test(broken_sequences_are_dropped),
        cmocka_unit_test(replies_are_not_typed),
        cmocka_unit_test(the_mouse_is_swallowed),
        cmocka_unit_test(a_paste_runs_no_keys),
        cmocka_unit_test(bad_utf8_is_seen),
        cmocka_unit_test(other_charsets_have_other_bytes),
        cmocka_unit_test(long_sequences_become_text),
        cmocka_unit_test(time_ends_what_is_held_back),
        cmocka_unit_test(the_state_is_small),
        cmocka_unit_test(every_key_has_a_name),
        cmocka_unit_test(noise_is_read_the_same_at_every_cut),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
