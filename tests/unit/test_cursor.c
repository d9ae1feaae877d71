/* Where the cursor stands after what was sent: cases by hand, and random pieces beside
 * libvterm, a terminal that nobody here wrote. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <vterm.h>

#include "base/utf8.h"
#include "term/cursor.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct cursor after(const char *text, enum charset charset, bool at_once)
{
    struct cursor at = cursor_begin(10, 4, at_once);

    cursor_follow(&at, span_of(text), charset);
    return at;
}

static void text_moves_it(void **state)
{
    static const struct {
        const char *text;
        int32_t row;
        unsigned column;
    } cases[] = {
        {"", 0, 0},
        {"abc", 0, 3},
        {"abc\r", 0, 0},
        {"abc\r\nd", 1, 1},
        {"abc\b\b", 0, 1},
        {"a\t", 0, 8},
        {"123456789", 0, 9},
        {"1234567890", 0, 9},
        {"1234567890a", 1, 1},
        {"1234567890\r\na", 1, 1},
        {"e\xCC\x81", 0, 1},    /* a combining mark */
        {"\xE6\xBC\xA2", 0, 2}, /* a wide one */
        {"123456789\xE6\xBC\xA2", 1, 2},
        {"\033[3;5H", 2, 4},
        {"\033[99;99H", 3, 9},
        {"\033[3;5Hx\033[2A\033[3D", 0, 2},
        {"\033[2C\033[B", 1, 2},
        {"ab\033[1;33;44mcd", 0, 4},
        {"ab\033[scd\033[ue", 0, 3},
        {"ab\033[?25lc", 0, 3},
        {"ab\033[", 0, 2}, /* broken off */
        {"1\r\n2\r\n3\r\n4\r\n5", 4, 1},
        {"1\r\n2\r\n3\r\n4\r\n5\033[H", 1, 0}, /* the first row has scrolled away */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cursor at = after(cases[i].text, CHARSET_UTF8, false);

        if (at.row != cases[i].row || at.column != cases[i].column)
            fail_msg("\"%s\": %d, %u", cases[i].text, at.row, at.column);
    }
}

static void some_wrap_at_once(void **state)
{
    struct cursor at = after("1234567890", CHARSET_CP437, true);

    (void)state;
    assert_int_equal(at.row, 1);
    assert_int_equal(at.column, 0);
}

/* A byte is a column, control codes that are glyphs and telnet's doubled 255 as well. */
static void bytes_of_cp437_are_columns(void **state)
{
    (void)state;
    assert_int_equal(after("\xB0\xB1\x03\x10\xFF\xFF", CHARSET_CP437, true).column, 5);
}

static void the_pen_is_followed(void **state)
{
    static const char *const cases[][2] = {
        {"", "\033[0m"},
        {"\033[1;33;44m", "\033[0;1;33;44m"},
        {"\033[1;33;44m\033[22;39m", "\033[0;44m"},
        {"\033[5;7m\033[25m", "\033[0;7m"},
        {"\033[96;103m", "\033[0;96;103m"},
        {"\033[38;5;200;48;2;1;2;3m", "\033[0;38;5;200;48;2;1;2;3m"},
        {"\033[38;5m", "\033[0m"}, /* broken off */
        {"\033[1m\033[m", "\033[0m"},
        {"\033[1;999m", "\033[0;1m"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cursor at = after(cases[i][0], CHARSET_UTF8, false);
        struct buf out;

        buf_init(&out, BUF_LARGE);
        pen_add(&at.pen, &out);
        assert_string_equal(buf_text(&out), cases[i][1]);
        buf_clear(&out);
    }
}

static void what_is_shown_is_noted(void **state)
{
    struct cursor at = cursor_begin(20, 10, false);

    (void)state;
    assert_int_equal(at.lowest, -1);
    cursor_follow(&at, span_of("a\r\n\r\n  \r\n"), CHARSET_UTF8);
    assert_int_equal(at.lowest, 0);
    at.watch_row = at.row;
    at.watch_column = 3;
    cursor_follow(&at, span_of("ab      c"), CHARSET_UTF8);
    assert_int_equal(at.lowest, 3);
    assert_int_equal(at.watch_end, 8);
}

static void rows_are_seen_while_in_the_window(void **state)
{
    struct cursor at = after("1\r\n2\r\n3\r\n4\r\n5", CHARSET_UTF8, false);

    (void)state;
    assert_false(cursor_sees(&at, 0));
    assert_true(cursor_sees(&at, 1));
    assert_true(cursor_sees(&at, 4));
    assert_false(cursor_sees(&at, 5));
}

/* --- beside libvterm --- */

enum { WIDTH = 20, HEIGHT = 6, PIECES = 40, ROUNDS = 3000 };

/* No wide characters: libvterm stands elsewhere behind one that ends a row. */
static void add_piece(struct buf *out)
{
    static const char *const pieces[] = {
        "word",       "a long row of words",
        "\r\n",       "\r\n",
        "\b",         "\t",
        " ",          "\xE2\x94\x80",

        "e\xCC\x81",  "\r",
        "\033[1;31m", "\033[0m",
        "\033[H",     "\033[2J\033[H",
        "\033[K",
    };
    static const char finals[] = "ABCDGH";

    if (rand() % 4)
        buf_add_text(out, pieces[(size_t)rand() % COUNT(pieces)]);
    else if (rand() % 2)
        buf_printf(out, "\033[%d%c", rand() % 9, finals[rand() % 6]);
    else
        buf_printf(out, "\033[%d;%dH", rand() % 9, rand() % 25);
}

static void check_round(unsigned seed)
{
    struct cursor at = cursor_begin(WIDTH, HEIGHT, false);
    VTerm *vterm = vterm_new(HEIGHT, WIDTH);
    struct buf text;
    VTermPos pos;

    srand(seed);
    buf_init(&text, BUF_LARGE);
    vterm_set_utf8(vterm, 1);
    vterm_screen_reset(vterm_obtain_screen(vterm), 1);
    for (int i = 0; i < PIECES; i++) {
        buf_reset(&text);
        add_piece(&text);
        cursor_follow(&at, buf_span(&text), CHARSET_UTF8);
        vterm_input_write(vterm, text.data, text.len);
        vterm_state_get_cursorpos(vterm_obtain_state(vterm), &pos);
        if (pos.row != at.row - at.top || pos.col != at.column)
            fail_msg("seed %u, piece %d, \"%s\": %d,%d and not %d,%u", seed, i, buf_text(&text),
                     pos.row, pos.col, at.row - at.top, at.column);
    }
    buf_clear(&text);
    vterm_free(vterm);
}

static void it_stands_where_a_terminal_has_it(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= ROUNDS; seed++)
        check_round(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_moves_it),
        cmocka_unit_test(some_wrap_at_once),
        cmocka_unit_test(bytes_of_cp437_are_columns),
        cmocka_unit_test(the_pen_is_followed),
        cmocka_unit_test(what_is_shown_is_noted),
        cmocka_unit_test(rows_are_seen_while_in_the_window),
        cmocka_unit_test(it_stands_where_a_terminal_has_it),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
