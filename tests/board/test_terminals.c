/* The same screens on different terminals, as a terminal shows them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/board/stage.h"
#include "tests/board/window.h"

enum { ART_ROWS = 20, LARGE_ROWS = 1500 };

static const struct {
    unsigned columns;
    unsigned rows;
} sizes[] = {{80, 25}, {132, 50}, {40, 24}};

/* What is drawn at a place: CP437. Each row is full and differs from the others; the last ends
 * with "E2", and where it is cut at 39 columns with "E1". */
static unsigned char glyph(unsigned row, unsigned column)
{
    static const unsigned char glyphs[] = {0xB0, 0xB1, 0xB2, 0xDB, 0xC4, 0xBA, 'a', 'Z', '7'};

    if (row == ART_ROWS - 1 && (column == 37 || column == 78))
        return 'E';
    if (row == ART_ROWS - 1 && (column == 38 || column == 79))
        return column == 38 ? '1' : '2';
    return glyphs[(row * 7 + column * 5 + column / 9) % sizeof(glyphs)];
}

static const char *utf8_of(unsigned char byte)
{
    static const char *const high[] = {"\u2591", "\u2592", "\u2593"};
    static char one[2];

    one[0] = (char)byte;
    return byte == 0xDB   ? "\u2588"
           : byte == 0xC4 ? "\u2500"
           : byte == 0xBA ? "\u2551"
           : byte >= 0xB0 ? high[byte - 0xB0]
                          : one;
}

/* As an editor saves it: no line ends, colours between, a SAUCE record behind. The last
 * ART_ROWS are always the same. */
static void write_art(unsigned rows)
{
    static char text[LARGE_ROWS * 80 * 2 + 300];
    char sauce[128] = "SAUCE00";
    size_t n = 0;

    for (unsigned all = 0; all < rows; all++) {
        unsigned row = rows - all <= ART_ROWS ? all + ART_ROWS - rows : all % (ART_ROWS - 1);

        for (unsigned column = 0; column < 80; column++) {
            if (column % 16 == 0)
                n += (size_t)sprintf(text + n, "\033[3%um", 1 + (row + column / 16) % 7);
            text[n++] = (char)glyph(row, column);
        }
    }
    text[n++] = 0x1A;
    sauce[94] = sauce[95] = 1;
    sauce[96] = 80;
    memcpy(text + n, sauce, sizeof(sauce));
    board_write_bytes(board, "screens/root.ans", text, n + sizeof(sauce));
}

static void check_art(struct caller *c, unsigned top)
{
    struct window *w = window_of(c);
    unsigned columns = c->columns < 80 ? c->columns - 1 : 80;

    for (unsigned row = 0; row < ART_ROWS; row++) {
        char expected[WINDOW_ROW] = "";

        for (unsigned column = 0; column < columns; column++) {
            unsigned fg;
            unsigned bg;

            strcat(expected, utf8_of(glyph(row, column)));
            window_colors(w, top + row, column, &fg, &bg);
            assert_int_equal(fg, 1 + (row + column / 16) % 7);
        }
        assert_string_equal(window_row(w, top + row), expected);
    }
    if (top + ART_ROWS < c->rows)
        assert_string_equal(window_row(w, top + ART_ROWS), "");
    window_free(w);
}

static void expect_art(unsigned rows)
{
    static const enum caller_kind kinds[] = {CALLER_XTERM, CALLER_SYNCTERM};

    write_art(rows);
    board_start(board, NULL);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (int k = 0; k < 2; k++) {
            struct caller *c = dial_as(kinds[k]);

            c->columns = sizes[i].columns;
            c->rows = sizes[i].rows;
            caller_expect(c, c->columns < 80 ? "E1" : "E2");
            check_art(c, rows > c->rows ? c->rows - ART_ROWS : 0);
            hang_up(c);
        }
    }
}

static void art_without_line_ends_is_right_at_any_width(void **state)
{
    (void)state;
    expect_art(ART_ROWS);
}

/* It is made and sent in pieces. */
static void large_art_is_right_too(void **state)
{
    (void)state;
    expect_art(LARGE_ROWS);
}

/* As an editor saves it: two cells that blink, or are bright where iCE colours are on. */
static void write_ice_art(const char *path)
{
    char text[256] = "\033[5;44mXY\033[0m\x1A";
    char *sauce = text + strlen(text);

    memcpy(sauce, "SAUCE00", 7);
    sauce[94] = sauce[95] = 1;
    sauce[96] = 80;
    sauce[105] = 1;
    memcpy(sauce + 106, "Amiga Topaz 1+", 14);
    board_write_bytes(board, path, text, (size_t)(sauce - text) + 128);
}

static void ice_colours_and_fonts_are_asked_of_who_has_them(void **state)
{
    struct caller *c;

    (void)state;
    write_ice_art("screens/art.ans");
    board_write(board, "screens/root.txt", "Plain. <% go:art(\"A\") %>");
    board_start(board, NULL);
    c = dial_as(CALLER_SYNCTERM);
    caller_expect(c, "Plain.");
    assert_null(strstr(c->shown, "\033[?33"));
    caller_send(c, "a");
    caller_expect(c, "XY");
    assert_non_null(strstr(c->shown, "\033[?33h\033[0;40 D"));
    assert_null(strstr(c->shown, "\033[?33l"));
    caller_send(c, " ");
    caller_expect(c, "Plain.");
    assert_non_null(strstr(c->shown, "\033[?33l\033[0;0 D"));
    c = dial();
    caller_expect(c, "Plain.");
    caller_send(c, "a");
    caller_expect(c, "XY");
    assert_null(strstr(c->shown, "\033[?33"));
    assert_null(strstr(c->shown, " D"));
    window_expect_colors(c, "XY", 16, 12); /* bright blue */
}

static void pastes_are_marked_and_never_run(void **state)
{
    struct caller *c;

    (void)state;
    board_write(board, "screens/root.txt",
                "<% go:left(\"q\") %>Key? <% if:t.no %><% key:t.key %><% end %>");
    board_write(board, "screens/left.txt", "You have left. Line? <% set:t.line %>");
    board_write(board, "screens/got.txt", "Got it.");
    board_write(board, "lua/handlers/t.lua",
                "return { no = function() end, key = function() end,\n"
                "  line = function(client, text) return 'remain', '<' .. text .. '>' end }\n");
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "Key? ");
    assert_non_null(strstr(c->shown, "\033[?2004h"));
    caller_send(c, "\033[200~qqq\r\033[201~");
    caller_send(c, "q");
    caller_expect(c, "You have left. Line? ");
    caller_send(c, "\033[200~one\rtwo\033[201~\r");
    caller_expect(c, "<one two>");
    board_stop(board);
    caller_expect_end(c);
    assert_non_null(strstr(c->shown, "\033[?2004l"));
    board_start(board, NULL);
    c = dial_as(CALLER_SYNCTERM);
    caller_expect(c, "Key? ");
    assert_null(strstr(c->shown, "2004"));
}

/* Its end comes while the handler is busy: it has the paste when it asks again. */
static void a_paste_without_an_end_is_not_waited_for(void **state)
{
    struct caller *c;

    (void)state;
    board_write(board, "screens/root.txt", "Key? <% key:t.key %>");
    board_write(board, "lua/handlers/t.lua",
                "local time = require 'bbs.time'\n"
                "local function key(client)\n"
                "  client:read_key { paste = true, timeout = 0.5 }\n"
                "  time.sleep(2.5)\n"
                "  client:send('Again? ')\n"
                "  local name, text = client:read_key { paste = true }\n"
                "  client:send(name .. ' ' .. tostring(text) .. '. ')\n"
                "  client:send('Then? ' .. client:read_key { paste = true })\n"
                "end\n"
                "return { key = key }\n");
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "Key? ");
    caller_send(c, "x\033[200~moon");
    caller_expect(c, "Again? ");
    caller_expect(c, "paste moon. ");
    caller_send(c, "y");
    caller_expect(c, "Then? y");
}

/* 1,000 bytes a second: a key is there long before 30 seconds' worth. */
static void expect_pace(const char *enter, const char *settings)
{
    static char text[30000];
    struct caller *c;

    memset(text, 'x', sizeof(text) - 100);
    strcpy(text + sizeof(text) - 100, " the end");
    board_write(board, "screens/root.txt", "A key: <% enter:t.enter; go:long(\"l\") %>");
    board_write(board, "screens/long.txt", text);
    board_write(board, "lua/handlers/t.lua", enter);
    board_write(board, "lua/settings.lua", settings);
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "A key: ");
    caller_send(c, "l");
    caller_expect(c, "xxxxxxxx");
    assert_false(caller_has(c, "the end"));
    caller_send(c, "?");
    caller_expect(c, "the end");
    hang_up(c);
}

static void a_key_skips_the_pace_of_a_modem(void **state)
{
    (void)state;
    expect_pace("return { enter = function() end }",
                "return { terminal = { baud = 10000 } }\n");
}

static void a_caller_has_a_pace_of_ones_own(void **state)
{
    (void)state;
    expect_pace("return { enter = function(client) client:set_terminal { baud = 10000 } end }",
                "return {}\n");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up, stage_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(art_without_line_ends_is_right_at_any_width),
        TEST(large_art_is_right_too),
        TEST(ice_colours_and_fonts_are_asked_of_who_has_them),
        TEST(pastes_are_marked_and_never_run),
        TEST(a_paste_without_an_end_is_not_waited_for),
        TEST(a_key_skips_the_pace_of_a_modem),
        TEST(a_caller_has_a_pace_of_ones_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
