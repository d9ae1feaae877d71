/* Bytes are typed (through keys.c, as callers do), and the line, what was echoed and how it
 * ended are looked at. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "term/edit.h"
#include "tests/unit/flush.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ERASE "\b \b"

struct line {
    struct keys keys;
    struct edit edit;
    struct edit_options options;
    struct buf echo;
    enum edit_result result;
    const char *text;
    const char *shown;
    enum edit_result expected;
};

static void begin(void *arg)
{
    struct line *l = arg;

    keys_init(&l->keys);
    edit_clear(&l->edit);
    edit_init(&l->edit, &l->options);
    buf_reset(&l->echo);
    l->result = EDIT_MORE;
}

static void feed(void *arg, struct span piece)
{
    struct line *l = arg;
    struct key key;

    while (l->result == EDIT_MORE && keys_next(&l->keys, &piece, CHARSET_UTF8, &key))
        l->result = edit_key(&l->edit, &key, &l->echo);
}

static void end(void *arg)
{
    struct line *l = arg;

    assert_string_equal(buf_text(&l->edit.text), l->text);
    assert_string_equal(buf_text(&l->echo), l->shown);
    assert_int_equal(l->result, l->expected);
}

static void assert_line(struct edit_options options, const char *typed, const char *text,
                        const char *shown, enum edit_result expected)
{
    struct line l = {.options = options, .text = text, .shown = shown, .expected = expected};

    edit_init(&l.edit, &options);
    buf_init(&l.echo, 8u * options.max + 100);
    flush_each_split(span_of(typed), begin, feed, end, &l);
    edit_clear(&l.edit);
    buf_clear(&l.echo);
}

static const struct edit_options plain = {.max = 20};

static void a_line_is_typed(void **state)
{
    (void)state;
    assert_line(plain, "Hi there\r", "Hi there", "Hi there", EDIT_DONE);
    assert_line(plain, "Hi", "Hi", "Hi", EDIT_MORE);
    assert_line(plain, "\r", "", "", EDIT_DONE);
    assert_line(plain, "\u00E9\u6F22\r", "\u00E9\u6F22", "\u00E9\u6F22", EDIT_DONE);
    assert_line(plain, "ab\033\033", "ab", "ab", EDIT_CANCEL);
}

static void other_keys_are_the_owners(void **state)
{
    static const char *const others[] = {"\t",      "\033[A",  "\033[B",    "\033[C",
                                         "\033[H",  "\x03",    "\033OP",    "\033[Z",
                                         "\033[2~", "\033[6~", "\033[1;1R", "\033[0n"};

    (void)state;
    for (size_t i = 0; i < COUNT(others); i++)
        assert_line(plain, others[i], "", "", EDIT_OTHER);
}

static void backspace_takes_a_character(void **state)
{
    (void)state;
    assert_line(plain, "ab\b", "a", "ab" ERASE, EDIT_MORE);
    assert_line(plain,
                "ab\x7F\x7F\x7F"
                "c",
                "c", "ab" ERASE ERASE "c", EDIT_MORE);
    assert_line(plain, "ab\033[3~", "a", "ab" ERASE, EDIT_MORE);
    assert_line(plain, "a\u00E9\b", "a", "a\u00E9" ERASE, EDIT_MORE);
    assert_line(plain, "a\u6F22\b", "a", "a\u6F22" ERASE ERASE, EDIT_MORE);
    assert_line(plain, "ae\u0301\u0323\b", "a", "ae\u0301\u0323" ERASE, EDIT_MORE);
    assert_line(plain, "\u0301\b", "", "\u0301", EDIT_MORE); /* nothing that it stands on */
    assert_line(plain, "\U0001F600\b", "", "\U0001F600" ERASE ERASE, EDIT_MORE);
    assert_line(plain, "\b\b", "", "", EDIT_MORE);
}

static void control_u_takes_all(void **state)
{
    (void)state;
    assert_line(plain,
                "ab\u6F22\x15"
                "c",
                "c", "ab\u6F22" ERASE ERASE ERASE ERASE "c", EDIT_MORE);
    assert_line(plain, "\x15", "", "", EDIT_MORE);
}

static void control_w_takes_a_word(void **state)
{
    (void)state;
    assert_line(plain, "ab cd\x17", "ab ", "ab cd" ERASE ERASE, EDIT_MORE);
    assert_line(plain, "ab cd  \x17", "ab ", "ab cd  " ERASE ERASE ERASE ERASE, EDIT_MORE);
    assert_line(plain, "ab cd\x17\x17\x17", "", "ab cd" ERASE ERASE ERASE ERASE ERASE,
                EDIT_MORE);
    assert_line(plain, "a \u6F22\x17", "a ", "a \u6F22" ERASE ERASE, EDIT_MORE);
}

static void a_full_line_rings(void **state)
{
    static const struct edit_options three = {.max = 3};

    (void)state;
    assert_line(three, "abc", "abc", "abc", EDIT_MORE);
    assert_line(three, "abcde", "abc", "abc\a\a", EDIT_MORE);
    assert_line(three, "\u6F22\U0001F600\u00E9x", "\u6F22\U0001F600\u00E9",
                "\u6F22\U0001F600\u00E9\a", EDIT_MORE);
    assert_line(three, "abcd\be\r", "abe", "abc\a" ERASE "e", EDIT_DONE);
    assert_line((struct edit_options){.max = 1}, "ab", "a", "a\a", EDIT_MORE);
}

static void a_thousand_characters_are_erased(void **state)
{
    const struct edit_options most = {.max = 1000};
    const struct key wide = {.code = KEY_CHAR, .ch = 0x1F600};
    const struct key all = {.code = KEY_CTRL, .ch = 'U'};
    struct edit e;
    struct buf echo;

    (void)state;
    edit_init(&e, &most);
    buf_init(&echo, 8 * 1000);
    for (int i = 0; i < 1001; i++)
        edit_key(&e, &wide, &echo);
    assert_int_equal(e.text.len, 4000);
    assert_int_equal(echo.len, 4001);
    buf_reset(&echo);
    assert_int_equal(edit_key(&e, &all, &echo), EDIT_MORE);
    assert_int_equal(echo.len, 6000);
    assert_int_equal(e.text.len, 0);
    edit_clear(&e);
    buf_clear(&echo);
}

static void options_filter(void **state)
{
    static const struct edit_options upper = {.max = 9, .upper = true};
    static const struct edit_options digits = {.max = 9, .digits = true};
    static const struct edit_options hotkey = {.max = 2, .hotkey = true};

    (void)state;
    assert_line(upper,
                "aB\u00E9\u6F22"
                "1",
                "AB\u00C9\u6F22"
                "1",
                "AB\u00C9\u6F22"
                "1",
                EDIT_MORE);
    assert_line(digits, "1a2 \u00E9-3", "123", "1\a2\a\a\a3", EDIT_MORE);
    assert_line(digits, "0/9:", "09", "0\a9\a", EDIT_MORE);
    assert_line(hotkey, "a", "a", "a", EDIT_MORE);
    assert_line(hotkey, "ab", "ab", "ab", EDIT_DONE);
    assert_line(hotkey, "a\bbcd", "bc", "a" ERASE "bc", EDIT_DONE);
    assert_line(hotkey, "a\r", "a", "a", EDIT_DONE);
}

static void a_command_has_its_own_limit(void **state)
{
    const struct edit_options name = {.max = 4, .command_max = 8};
    const struct edit_options number = {.max = 4, .command_max = 8, .digits = true};

    (void)state;
    assert_line(name, "/msg a b\r", "/msg a b", "/msg a b", EDIT_DONE);
    assert_line(name, "/msg a bc\r", "/msg a b", "/msg a b\a", EDIT_DONE);
    assert_line(name, "//abc\r", "//ab", "//ab\a", EDIT_DONE);
    assert_line(name, "a/bcd\r", "a/bc", "a/bc\a", EDIT_DONE);
    assert_line(number, "/ab\b\b\b1a\r", "1", "/ab" ERASE ERASE ERASE "1\a", EDIT_DONE);
    assert_line((struct edit_options){.max = 4}, "/abcd\r", "/abc", "/abc\a", EDIT_DONE);
}

static void assert_fits(struct edit_options options, const char *text, bool fits)
{
    struct edit e;

    edit_init(&e, &options);
    buf_add_text(&e.text, text);
    assert_int_equal(edit_fits(&e), fits);
    edit_clear(&e);
}

static void only_commands_do_not_fit(void **state)
{
    const struct edit_options name = {.max = 4, .command_max = 8};
    const struct edit_options number = {.max = 4, .command_max = 8, .digits = true};

    (void)state;
    assert_fits(name, "", true);
    assert_fits(name, "abcd", true);
    assert_fits(name, "//ab", true);
    assert_fits(name, "/abc", true);
    assert_fits(name, "/abcd", false);
    assert_fits(number, "", true);
    assert_fits(number, "12", true);
    assert_fits(number, "/1", false);
}

static void a_mask_shows_each_character(void **state)
{
    static const struct edit_options stars = {.max = 9, .mask = '*'};
    static const struct edit_options wide = {.max = 9, .mask = 0x6F22};
    static const struct edit_options nothing = {.max = 3, .mask = 1};

    (void)state;
    assert_line(stars, "a\u6F22\u00E9\b\b\r", "a", "***" ERASE ERASE, EDIT_DONE);
    assert_line(stars, "ae\u0301\b", "a", "***" ERASE ERASE, EDIT_MORE);
    assert_line(stars, "ab cd\x17\x15", "", "*****" ERASE ERASE ERASE ERASE ERASE, EDIT_MORE);
    assert_line(wide, "ab\b", "a", "\u6F22\u6F22" ERASE ERASE, EDIT_MORE);
    assert_line(nothing, "ab\bcde", "acd", "\a", EDIT_MORE);
}

static void a_paste_is_one_line(void **state)
{
    static const struct edit_options digits = {.max = 9, .digits = true};
    static const struct edit_options five = {.max = 5};

    (void)state;
    assert_line(plain, "\033[200~a b\r\nc\td\033[201~\r", "a b c d", "a b c d", EDIT_DONE);
    assert_line(plain, "\033[200~a\033[Ab\x15\033[201~", "ab", "ab", EDIT_MORE);
    assert_line(five, "\033[200~abcdefgh\n\033[201~xy", "abcde", "abcde\a\a\a", EDIT_MORE);
    assert_line(digits, "\033[200~1a2b\033[201~\033[200~c3\033[201~", "123",
                "1\a2\a"
                "3",
                EDIT_MORE);
}

static void a_line_is_shown_again(void **state)
{
    static const struct {
        uint32_t mask;
        const char *shown;
    } rows[] = {{0, "a\u6F22"}, {'*', "**"}, {1, ""}, {0x25CF, "\u25CF\u25CF"}};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct edit_options options = {.max = 5, .mask = rows[i].mask};
        struct edit e;
        struct buf echo;

        edit_init(&e, &options);
        buf_init(&echo, 40);
        edit_show(&e, &echo);
        assert_int_equal(echo.len, 0);
        buf_add_text(&e.text, "a\u6F22"); /* a default */
        edit_show(&e, &echo);
        assert_string_equal(buf_text(&echo), rows[i].shown);
        edit_clear(&e);
        buf_clear(&echo);
    }
}

static bool contains(const char *data, size_t len, const char *word)
{
    return memmem(data, len, word, strlen(word)) != NULL;
}

static void a_password_leaves_nothing_behind(void **state)
{
    static const struct edit_options masked = {.max = 100, .mask = '*'};
    const struct key all = {.code = KEY_CTRL, .ch = 'U'};
    struct edit e;
    struct buf echo;
    const char *data;

    (void)state;
    edit_init(&e, &masked);
    buf_init(&echo, 2000);
    data = e.text.data;
    for (int i = 0; i < 100; i++)
        edit_key(&e, &(struct key){.code = KEY_CHAR, .ch = (uint32_t)("secret"[i % 6])}, &echo);
    assert_int_equal(e.text.len, 100);
    assert_ptr_equal(e.text.data, data); /* it has not moved: no copy was left elsewhere */
    assert_true(contains(e.text.data, e.text.cap, "secret"));
    edit_key(&e, &all, &echo);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(e.text.data[i], 0);
    edit_clear(&e);
    assert_null(e.text.data);
    edit_clear(&e);
    buf_clear(&echo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_typed),
        cmocka_unit_test(other_keys_are_the_owners),
        cmocka_unit_test(backspace_takes_a_character),
        cmocka_unit_test(control_u_takes_all),
        cmocka_unit_test(control_w_takes_a_word),
        cmocka_unit_test(a_full_line_rings),
        cmocka_unit_test(a_thousand_characters_are_erased),
        cmocka_unit_test(options_filter),
        cmocka_unit_test(a_command_has_its_own_limit),
        cmocka_unit_test(only_commands_do_not_fit),
        cmocka_unit_test(a_mask_shows_each_character),
        cmocka_unit_test(a_paste_is_one_line),
        cmocka_unit_test(a_line_is_shown_again),
        cmocka_unit_test(a_password_leaves_nothing_behind),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
