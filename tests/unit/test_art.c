/* Drawings on terminals of other widths, which wrap at once or with the next character: the
 * rows are those that the terminal they were drawn for shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "term/ansi.h"
#include "term/art.h"
#include "tests/unit/flush.h"

enum { ROWS = 400, COLUMNS = 200 };

/* A terminal of endless height. */
struct screen {
    unsigned width;
    bool wraps_at_once;
    bool is_pending; /* the last column is written, and it wraps with the next character */
    unsigned row;
    unsigned column;
    char cells[ROWS][COLUMNS];
};

static void put(struct screen *s, char c)
{
    if (s->is_pending) {
        s->is_pending = false;
        s->row++;
        s->column = 0;
    }
    assert_true(s->row < ROWS);
    s->cells[s->row][s->column] = c;
    if (++s->column < s->width)
        return;
    s->column = s->wraps_at_once ? 0 : s->width - 1;
    s->row += s->wraps_at_once;
    s->is_pending = !s->wraps_at_once;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static void move(struct screen *s, struct span params, char final)
{
    uint16_t n[2] = {0, 0};
    unsigned count = params.len ? ansi_numbers(params, n, 2) : 0;
    unsigned step = count > 0 && n[0] > 0 ? n[0] : 1;

    if (final == 'm')
        return;
    s->is_pending = false;
    if (final == 'C')
        s->column = least(s->column + step, s->width - 1);
    else if (final == 'D')
        s->column -= least(step, s->column);
    else if (final == 'B')
        s->row += step;
    else if (final == 'H') {
        s->row = step - 1;
        s->column = least(count > 1 && n[1] > 0 ? n[1] - 1u : 0, s->width - 1);
    }
}

static void show(struct screen *s, struct span wire)
{
    for (size_t i = 0; i < wire.len; i++) {
        char c = wire.data[i];
        size_t from = i + 2;

        if (c == '\033') {
            for (i = from; wire.data[i] < '@'; i++)
                ;
            move(s, span_from(wire.data + from, i - from), wire.data[i]);
        } else if (c == '\r' || c == '\b' || c == '\t') {
            s->is_pending = false;
            s->column = c == '\r'   ? 0
                        : c == '\t' ? least(s->column / 8 * 8 + 8, s->width - 1)
                                    : s->column - least(1, s->column);
        } else if (c == '\n') {
            s->is_pending = false;
            s->row++;
        } else {
            put(s, c);
        }
    }
}

static struct screen *screen_of(unsigned width, bool wraps_at_once)
{
    struct screen *s = calloc(1, sizeof(*s));

    s->width = width;
    s->wraps_at_once = wraps_at_once;
    memset(s->cells, ' ', sizeof(s->cells));
    return s;
}

static void check_rows(const struct screen *drawn, const struct screen *shown,
                       struct span drawing)
{
    unsigned columns = shown->width < drawn->width ? shown->width - 1 : drawn->width;

    for (unsigned row = 0; row < ROWS; row++) {
        if (memcmp(drawn->cells[row], shown->cells[row], columns) == 0)
            continue;
        fail_msg("row %u on %u columns, wrapping %s:\n|%.*s|\n|%.*s|\nof %.*s", row,
                 shown->width, shown->wraps_at_once ? "at once" : "later", (int)columns,
                 drawn->cells[row], (int)columns, shown->cells[row], SPAN_ARG(drawing));
    }
}

/* The drawing in pieces of some length, as macros may cut it; they print nothing. */
static void check_drawing(struct span drawing, unsigned width, size_t piece)
{
    static const unsigned widths[] = {20, 40, 79, 80, 81, 132};
    struct screen *drawn = screen_of(width, true);

    show(drawn, drawing);
    for (size_t i = 0; i < 2 * sizeof(widths) / sizeof(widths[0]); i++) {
        struct screen *shown = screen_of(widths[i / 2], i % 2);
        struct art art = {.width = (uint16_t)width};
        struct span rest = drawing;
        struct buf out;

        buf_init(&out, BUF_LARGE);
        while (rest.len > 0) {
            size_t n = piece;

            while (n < rest.len && memchr("\033[0123456789;", rest.data[n - 1], 13))
                n++; /* no sequence is cut */
            while (n < rest.len && memchr("0123456789;[", rest.data[n], 12))
                n++;
            art_fit(&art, &out, flush_copy(span_take(&rest, n)), shown->width);
        }
        show(shown, buf_span(&out));
        check_rows(drawn, shown, drawing);
        if (width == shown->width && !strchr(buf_text(&out), '\b'))
            assert_int_equal(shown->row,
                             drawn->row - (drawn->column == 0 && art.is_unresolved &&
                                           !shown->wraps_at_once));
        buf_clear(&out);
        free(shown);
    }
    free(drawn);
}

static const char *const parts[] = {
    "ab",      "0123456789", " ",       "\r\n", "\033[1;33m", "\033[0m", "\033[C",
    "\033[7C", "\033[200C",  "\033[3D", "\t",   "x\b",        "\033[B",
};

static void random_drawings_keep_their_rows(void **state)
{
    (void)state;
    srand(7);
    for (int round = 0; round < 2000; round++) {
        struct buf drawing;
        unsigned width = round % 3 ? 80 : 60;

        buf_init(&drawing, BUF_LARGE);
        for (int i = rand() % 60; i >= 0; i--) {
            int which = rand() % 16;

            if (which < 13)
                buf_add_text(&drawing, parts[which]);
            else
                for (unsigned n = width; n > 0; n--)
                    buf_add_byte(&drawing, (char)('A' + which));
        }
        check_drawing(buf_span(&drawing), width, 1 + (size_t)(rand() % 100));
        buf_clear(&drawing);
    }
}

static struct buf fit(const char *drawing, unsigned columns)
{
    struct art art = {.width = 10};
    struct buf out;

    buf_init(&out, BUF_LARGE);
    art_fit(&art, &out, span_of(drawing), columns);
    return out;
}

static void check_fit(const char *drawing, unsigned columns, const char *expected)
{
    struct buf out = fit(drawing, columns);

    assert_string_equal(buf_text(&out), expected);
    buf_clear(&out);
}

static void full_rows_end_as_the_terminal_needs_it(void **state)
{
    (void)state;
    check_fit("0123456789ab", 10, "0123456789ab");
    check_fit("0123456789ab", 20, "0123456789\r\nab");
    check_fit("0123456789ab", 6, "01234\r\nab");
    check_fit("0123456789\033[1mab", 20, "0123456789\033[1m\r\nab");
    check_fit("0123456789\r\nab", 10, "0123456789 \b\r\nab"); /* an empty row */
    check_fit("0123456789\r\nab", 20, "0123456789\r\n\r\nab");
    check_fit("0123456789", 10, "0123456789"); /* nothing scrolls at the end */
    check_fit("0123456789", 20, "0123456789");
    check_fit("01\033[5Cx", 6, "01\033[3C");
    check_fit("01\033[50Cx", 20, "01\033[7Cx");
    check_fit("\033[2;9Hx", 6, "\033[2;6H");
    check_fit("\033[2Jx", 10, "\033[2J\033[1;1Hx");
    check_fit("\033[", 10, "\033[");
    check_fit("\033", 10, "\033");
    check_fit("\033[1;", 10, "\033[1;");
    check_fit("abc", 0, "a");
    check_fit("abc", 1, "a");
}

static unsigned width_of(struct span file)
{
    return art_begin(file).width;
}

static void sauce_tells_the_width(void **state)
{
    char file[200];
    struct span all = {file, sizeof(file)};

    (void)state;
    memset(file, 'x', sizeof(file));
    assert_int_equal(width_of(all), 80);
    memset(file + 72, 0, 128);
    memcpy(file + 72, "SAUCE00", 7);
    file[72 + 94] = 1;
    file[72 + 96] = (char)132;
    assert_int_equal(width_of(all), 132);
    assert_false(art_begin(all).is_ice);
    file[72 + 105] = 0x13;
    assert_true(art_begin(all).is_ice);
    file[72 + 97] = 1;
    assert_int_equal(width_of(all), 388);
    file[72 + 97] = 100; /* too wide to be true */
    assert_int_equal(width_of(all), 80);
    file[72 + 96] = file[72 + 97] = 0;
    assert_int_equal(width_of(all), 80);
    file[72 + 96] = 40;
    file[72 + 94] = 5; /* another kind of data */
    assert_int_equal(width_of(all), 80);
    assert_int_equal(width_of(span_from(file, 127)), 80);
    assert_int_equal(width_of((struct span){NULL, 0}), 80);
}

/* Blinking becomes a bright background, wherever in the drawing it is turned on. */
static void ice_colors_are_bright_backgrounds(void **state)
{
    static const struct {
        const char *drawing;
        const char *expected;
    } rows[] = {
        {"\033[5;44mx", "\033[0;104mx"},
        {"\033[1;33;44mx\033[5my\033[25mz",
         "\033[0;1;33;44mx\033[0;1;33;104my\033[0;1;33;44mz"},
        {"\033[5mx\033[41my\033[0mz\033[mz", "\033[0;100mx\033[0;101my\033[0mz\033[0mz"},
        {"\033[38;5;200mx", "\033[38;5;200mx"},
        {"\033[?7lx\033[2Cx", "\033[?7lx\033[2Cx"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct art art = art_begin((struct span){NULL, 0});
        struct buf out;

        art.is_ice = true;
        buf_init(&out, BUF_LARGE);
        art_fit(&art, &out, span_of(rows[i].drawing), 80);
        assert_string_equal(buf_text(&out), rows[i].expected);
        buf_clear(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_rows_end_as_the_terminal_needs_it),
        cmocka_unit_test(random_drawings_keep_their_rows),
        cmocka_unit_test(sauce_tells_the_width),
        cmocka_unit_test(ice_colors_are_bright_backgrounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
