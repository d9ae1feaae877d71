/* Bytes are typed (through keys.c, as callers do), and the line, what was echoed and how it
 * ended are looked at. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "term/edit.h"
#include "tests/unit/flush.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ERASE "\b \b"
#define ERASE2 "\b\b  \b\b" /* two columns at once */

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
    static const char *const others[] = {"\t",     "\033[A",  "\033[B",    "\x03",   "\033OP",
                                         "\033[Z", "\033[6~", "\033[1;1R", "\033[0n"};

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
    assert_line(plain, "ab\033[3~", "ab", "ab", EDIT_MORE); /* nothing stands there */
    assert_line(plain, "a\u00E9\b", "a", "a\u00E9" ERASE, EDIT_MORE);
    assert_line(plain, "a\u6F22\b", "a", "a\u6F22" ERASE2, EDIT_MORE);
    assert_line(plain, "ae\u0301\u0323\b", "a", "ae\u0301\u0323" ERASE, EDIT_MORE);
    assert_line(plain, "\u0301\b", "", "\u0301", EDIT_MORE); /* nothing that it stands on */
    assert_line(plain, "\U0001F600\b", "", "\U0001F600" ERASE2, EDIT_MORE);
    assert_line(plain, "\b\b", "", "", EDIT_MORE);
}

static void control_u_takes_all(void **state)
{
    (void)state;
    assert_line(plain,
                "ab\u6F22\x15"
                "c",
                "c", "ab\u6F22\b\b\b\b    \b\b\b\bc", EDIT_MORE);
    assert_line(plain, "\x15", "", "", EDIT_MORE);
}

static void control_w_takes_a_word(void **state)
{
    (void)state;
    assert_line(plain, "ab cd\x17", "ab ", "ab cd" ERASE2, EDIT_MORE);
    assert_line(plain, "ab cd  \x17", "ab ", "ab cd  \b\b\b\b    \b\b\b\b", EDIT_MORE);
    assert_line(plain, "ab cd\x17\x17\x17", "", "ab cd" ERASE2 "\b\b\b   \b\b\b", EDIT_MORE);
    assert_line(plain, "a \u6F22\x17", "a ", "a \u6F22" ERASE2, EDIT_MORE);
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
    assert_line(stars, "ae\u0301\b", "a", "***" ERASE2, EDIT_MORE);
    assert_line(stars, "ab cd\x17\x15", "", "*****" ERASE2 "\b\b\b   \b\b\b", EDIT_MORE);
    assert_line(wide, "ab\b", "a", "\u6F22\u6F22" ERASE2, EDIT_MORE);
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
        edit_key(&e, &(struct key){.code = KEY_CHAR, .ch = 'a'}, &echo);
        edit_key(&e, &(struct key){.code = KEY_CHAR, .ch = 0x6F22}, &echo);
        buf_reset(&echo);
        edit_show(&e, &echo);
        assert_string_equal(buf_text(&echo), rows[i].shown);
        edit_clear(&e);
        buf_clear(&echo);
    }
}

#define LEFT "\033[D"
#define RIGHT "\033[C"
#define HOME "\033[H"
#define END "\033[F"
#define DELETE "\033[3~"
#define INSERT "\033[2~"

static void a_line_is_mended(void **state)
{
    (void)state;
    assert_line(plain, "abd" LEFT "c\r", "abcd", "abd\bcd\b", EDIT_DONE);
    assert_line(plain, "bc" HOME "a" END "d\r", "abcd", "bc\b\babc\b\bbcd", EDIT_DONE);
    assert_line(plain, "ab" LEFT LEFT LEFT RIGHT "x", "axb", "ab\b\baxb\b", EDIT_MORE);
    assert_line(plain, "abc" LEFT LEFT "\b", "bc", "abc\b\b\bbc \b\b\b", EDIT_MORE);
    assert_line(plain, "abc" HOME DELETE, "bc", "abc\b\b\bbc \b\b\b", EDIT_MORE);
    assert_line(plain, "abc" LEFT DELETE DELETE, "ab", "abc\b \b", EDIT_MORE);
    assert_line(plain, "ab cd" LEFT "\x17", "ab d", "ab cd\b\bd \b\b", EDIT_MORE);
    assert_line(plain, "abcd" LEFT LEFT "\x0B", "ab", "abcd\b\b  \b\b", EDIT_MORE);
    assert_line(plain, "abc" LEFT "\x15", "", "abc\b\b\b   \b\b\b", EDIT_MORE);
    assert_line(plain, "abc\x01x\x05y", "xabcy", "abc\b\b\bxabc\b\b\babcy", EDIT_MORE);
    assert_line(plain, "a\u6F22" LEFT "b", "ab\u6F22", "a\u6F22\b\bb\u6F22\b\b", EDIT_MORE);
    assert_line(plain, "e\u0301x" HOME RIGHT "\b", "x", "e\u0301x\b\be\u0301\bx \b\b",
                EDIT_MORE);
    assert_line(plain, LEFT RIGHT HOME END DELETE, "", "", EDIT_MORE);
}

static void insert_types_over(void **state)
{
    static const struct edit_options digits = {.max = 3, .digits = true};

    (void)state;
    assert_line(plain, "abc" HOME INSERT "xy\r", "xyc", "abc\b\b\bbc \b\b\bxbc\b\bc \b\byc\b",
                EDIT_DONE);
    assert_line(plain, "ab" INSERT "cd", "abcd", "abcd", EDIT_MORE);
    assert_line(plain, "ab" HOME INSERT "x" INSERT "y", "xyb", "ab\b\bb \b\bxb\byb\b",
                EDIT_MORE);
    assert_line(digits, "123" HOME INSERT "9x", "923", "123\b\b\b23 \b\b\b923\b\b\a",
                EDIT_MORE);
}

/* Without its "/" a command is a field's text, and has to be one. */
static void a_command_becomes_text(void **state)
{
    const struct edit_options name = {.max = 4, .command_max = 8};
    const struct edit_options number = {.max = 4, .command_max = 8, .digits = true};

    (void)state;
    assert_line(name, "/abc" HOME DELETE "\r", "abc", "/abc\b\b\b\babc \b\b\b\b", EDIT_DONE);
    assert_line(name, "/abcdef" HOME DELETE "\r", "abcd",
                "/abcdef\b\b\b\b\b\b\babcd   \b\b\b\a", EDIT_DONE);
    assert_line(number, "/a1" HOME DELETE "\r", "1", "/a1\b\b\b1  \b\b\a", EDIT_DONE);
    assert_line(number, "12" HOME "/m" END "s", "/m12s", "12\b\b/12\b\bm12\b\b12s", EDIT_MORE);
    assert_line(number, "/12" HOME INSERT "5", "512", "/12\b\b\b12 \b\b\b512\b\b", EDIT_MORE);
}

/* --- random keys against a model: a plain list of characters, and a row of a screen --- */

enum { ROW = 40, PLACE = 12, MODEL_MAX = 30 };

struct model {
    uint32_t text[MODEL_MAX + 1];
    unsigned len;
    unsigned cursor;
};

static void model_insert(struct model *m, uint32_t ch)
{
    if (m->len == MODEL_MAX)
        return;
    memmove(m->text + m->cursor + 1, m->text + m->cursor,
            (m->len - m->cursor) * sizeof(m->text[0]));
    m->text[m->cursor++] = ch;
    m->len++;
}

static void model_cut(struct model *m, unsigned from, unsigned to)
{
    memmove(m->text + from, m->text + to, (m->len - to) * sizeof(m->text[0]));
    m->len -= to - from;
    m->cursor = from;
}

static unsigned model_word(const struct model *m)
{
    unsigned at = m->cursor;

    while (at > 0 && m->text[at - 1] == ' ')
        at--;
    while (at > 0 && m->text[at - 1] != ' ')
        at--;
    return at;
}

static void model_key(struct model *m, const struct key *key)
{
    switch (key->code) {
    case KEY_CHAR:
        model_insert(m, key->ch);
        break;
    case KEY_LEFT:
        m->cursor -= m->cursor > 0;
        break;
    case KEY_RIGHT:
        m->cursor += m->cursor < m->len;
        break;
    case KEY_HOME:
        m->cursor = 0;
        break;
    case KEY_END:
        m->cursor = m->len;
        break;
    case KEY_BACKSPACE:
        if (m->cursor > 0)
            model_cut(m, m->cursor - 1, m->cursor);
        break;
    case KEY_DELETE:
        if (m->cursor < m->len)
            model_cut(m, m->cursor, m->cursor + 1);
        break;
    default: /* Ctrl-K, Ctrl-U, Ctrl-W */
        if (key->ch == 'K')
            model_cut(m, m->cursor, m->len);
        else
            model_cut(m, key->ch == 'U' ? 0 : model_word(m),
                      key->ch == 'U' ? m->len : m->cursor);
    }
}

/* A row of a terminal: a wide character takes two cells, the second is 0. */
struct row {
    uint32_t cells[ROW];
    unsigned column;
    unsigned rightmost;
};

static void row_take(struct row *r, struct span echo)
{
    while (echo.len > 0) {
        uint32_t cp = utf8_next(&echo, NULL);

        if (cp == '\b') {
            assert_true(r->column > 0);
            r->column--;
        } else if (cp != '\a') {
            assert_true(r->column + utf8_width(cp) < ROW);
            r->cells[r->column++] = cp;
            if (utf8_width(cp) == 2)
                r->cells[r->column++] = 0;
        }
        if (r->column > r->rightmost)
            r->rightmost = r->column;
    }
}

/* What is shown is a piece of the text with the cursor where it is in it, and blanks. */
static void check_row(const struct row *r, const struct model *m)
{
    unsigned first = m->cursor;
    unsigned column = r->column;
    unsigned at = 0;

    while (column > 0) {
        assert_true(first > 0);
        column -= utf8_width(m->text[--first]);
    }
    for (unsigned i = first; i < m->len && at + utf8_width(m->text[i]) <= PLACE; i++) {
        assert_int_equal(r->cells[at], m->text[i]);
        at += utf8_width(m->text[i]);
    }
    for (; at < ROW; at++)
        assert_int_equal(r->cells[at], ' ');
    assert_true(r->rightmost <= PLACE);
}

static struct key random_key(void)
{
    static const enum key_code codes[] = {KEY_LEFT,      KEY_RIGHT,  KEY_HOME, KEY_END,
                                          KEY_BACKSPACE, KEY_DELETE, KEY_CTRL};
    static const uint32_t letters[] = {'a', 'b', ' ', 0xE9, 0x6F22, 0x1F600};
    struct key key = {.code = KEY_CHAR};

    if (rand() % 3 != 0) {
        key.ch = letters[(unsigned)rand() % COUNT(letters)];
        return key;
    }
    key.code = codes[(unsigned)rand() % COUNT(codes)];
    if (key.code == KEY_CTRL)
        key.ch = (uint32_t)("KWWU"[rand() % 4]);
    return key;
}

static void random_keys_show_what_the_text_is(void **state)
{
    const struct edit_options options = {.max = MODEL_MAX, .width = PLACE};
    struct buf echo;

    (void)state;
    srand(2026);
    buf_init(&echo, BUF_LARGE);
    for (int turn = 0; turn < 300; turn++) {
        struct model m = {.len = 0};
        struct row r = {.column = 0};
        struct edit e;

        for (unsigned i = 0; i < ROW; i++)
            r.cells[i] = ' ';
        edit_init(&e, &options);
        for (int i = 0; i < 200; i++) {
            struct key key = random_key();
            struct span text;

            buf_reset(&echo);
            edit_key(&e, &key, &echo);
            row_take(&r, buf_span(&echo));
            model_key(&m, &key);
            text = buf_span(&e.text);
            for (unsigned k = 0; k < m.len; k++)
                assert_int_equal(utf8_next(&text, NULL), m.text[k]);
            assert_int_equal(text.len, 0);
            check_row(&r, &m);
        }
        edit_clear(&e);
    }
    buf_clear(&echo);
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
        cmocka_unit_test(a_line_is_mended),
        cmocka_unit_test(insert_types_over),
        cmocka_unit_test(a_command_becomes_text),
        cmocka_unit_test(random_keys_show_what_the_text_is),
        cmocka_unit_test(a_password_leaves_nothing_behind),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
