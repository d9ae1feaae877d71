/* Every screen of the starter board, and hard cases, at three sizes and in both character sets,
 * as libvterm shows them: both show the same, cell by cell, forms stand where they were drawn,
 * and nothing scrolls that should not. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "term/charset.h"
#include "tests/board/stage.h"
#include "tests/board/window.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up, stage_tear_down)
#define STARTER_TEST(f)                                                                        \
    cmocka_unit_test_setup_teardown(f, stage_set_up_starter, stage_tear_down)

static const struct size {
    unsigned columns;
    unsigned rows;
} sizes[] = {{80, 25}, {132, 50}, {40, 24}};

/* A screen, how it is reached from the menu, and where its cursor waits. */
static const struct place {
    const char *keys;
    const char *prompt;
    bool is_form;
    bool is_long; /* at 40 columns it is higher than the window */
} places[] = {
    {"", "which key?", false, false},
    {"w", "menu", false, false},
    {"c", "menu", false, false},
    {"l", "menu", false, false},
    {"o", ">", false, false},
    {"p", "Whom?", true, true},
    {"y", "menu", false, false},
    {"yn", "New nick name:", true, true},
    {"yp", "Password now:", true, true},
    {"yt", "profile", false, true},
    {"h", "go back.", false, true},
    {"g", "menu", false, false},
};

static struct caller *dial_sized(enum caller_kind kind, struct size size)
{
    struct caller *c = dial_as(kind);

    c->columns = size.columns;
    c->rows = size.rows;
    return c;
}

/* --- two windows --- */

/* The first as on a terminal of CP437: itself, or what looks like it. */
static bool is_same_glyph(uint32_t cp437, uint32_t glyph)
{
    return cp437 == glyph || cp437 == charset_from_cp437(charset_to_cp437(glyph));
}

/* Times and counts differ from call to call. */
static uint32_t masked(uint32_t glyph)
{
    return glyph >= '0' && glyph <= '9' ? '0' : glyph;
}

static void check_same_cell(struct window *a, struct window *b, unsigned row, unsigned column)
{
    uint32_t glyphs[2] = {masked(window_glyph(a, row, column)),
                          masked(window_glyph(b, row, column))};
    unsigned fg[2];
    unsigned bg[2];

    window_colors(a, row, column, &fg[0], &bg[0]);
    window_colors(b, row, column, &fg[1], &bg[1]);
    if (glyphs[1] == UINT32_MAX)
        return; /* the second half of a wide one */
    if (!is_same_glyph(glyphs[0], glyphs[1]) || bg[0] != bg[1] ||
        (glyphs[0] != ' ' && fg[0] != fg[1]))
        fail_msg("row %u, column %u: U+%04X in %u on %u and U+%04X in %u on %u:\n%s\n%s", row,
                 column, glyphs[0], fg[0], bg[0], glyphs[1], fg[1], bg[1], window_row(a, row),
                 window_row(b, row));
}

/* How long ago something was, and what the terminal's screen says of it. */
static bool is_of_the_call(const char *row)
{
    return strstr(row, "ago") || strstr(row, "xterm") || strstr(row, "UTF-8,");
}

static void check_same(struct caller *a, struct caller *b)
{
    struct window *windows[2] = {window_of(a), window_of(b)};

    for (unsigned row = 0; row < a->rows; row++) {
        if (is_of_the_call(window_row(windows[0], row)) ||
            is_of_the_call(window_row(windows[1], row)))
            continue;
        for (unsigned column = 0; column < a->columns; column++)
            check_same_cell(windows[0], windows[1], row, column);
    }
    window_free(windows[0]);
    window_free(windows[1]);
}

static void check_first_row(struct caller *c, const char *has)
{
    struct window *w = window_of(c);

    if (!strstr(window_row(w, 0), has))
        fail_msg("'%s' is not in the first row: '%s'", has, window_row(w, 0));
    window_free(w);
}

/* All rows of its box are as wide as the first. */
static void check_box(struct caller *c)
{
    struct window *w = window_of(c);
    unsigned width = 0;
    unsigned rows = 0;

    for (unsigned row = 0; row < c->rows; row++) {
        const char *text = window_row(w, row);
        bool begins = strstr(text, "┌") != NULL;
        bool ends = strstr(text, "└") != NULL;

        if (begins)
            width = utf8_columns(span_of(text));
        if (width == 0)
            continue;
        rows++;
        assert_int_equal(utf8_columns(span_of(text)), width);
        if (ends)
            break;
        assert_true(begins || strcmp(text + strlen(text) - strlen("│"), "│") == 0);
    }
    window_free(w);
    assert_true(rows >= 3);
}

/* --- the starter board --- */

static struct caller *come_to(enum caller_kind kind, struct size size, const struct place *p)
{
    struct caller *c = dial_sized(kind, size);

    window_expect_prompt(c, "Handle:");
    caller_send(c, "luna\r");
    window_expect_prompt(c, "Password:");
    caller_send(c, "moonmoon\r");
    window_expect_prompt(c, "which key?");
    caller_send(c, p->keys);
    window_expect_prompt(c, p->prompt);
    return c;
}

/* One after the other: it is the same account, and nobody else is on line. */
static void check_place(const struct place *p, struct size size, size_t *log)
{
    struct caller *a = come_to(CALLER_SYNCTERM, size, p);
    struct caller *b;
    bool fits = size.columns >= 80 || !p->is_long;

    caller_reset(a);
    board_expect_log(board, log, "event=end");
    b = come_to(CALLER_XTERM, size, p);
    check_same(a, b);
    if (fits)
        check_first_row(b, "▄██");
    if (p->is_form && size.columns >= 80)
        check_box(b);
    hang_up(a);
    caller_reset(b);
    board_expect_log(board, log, "event=end");
    hang_up(b);
}

static void the_starter_board_is_the_same_everywhere(void **state)
{
    const char *const add[] = {"user", "add", "luna", "--password-stdin", "--data", NULL, NULL};
    const char *args[COUNT(add)];
    char data[400];
    size_t log = 0;

    (void)state;
    memcpy(args, add, sizeof(add));
    snprintf(data, sizeof(data), "%s/data", board->folder);
    args[5] = data;
    assert_int_equal(board_run(args, "moonmoon\n", NULL), 0);
    board_start(board, NULL);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        for (size_t k = 0; k < COUNT(places); k++)
            check_place(&places[k], sizes[i], &log);
    }
}

static void the_front_door_is_the_same_everywhere(void **state)
{
    (void)state;
    board_start(board, NULL);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct caller *a = dial_sized(CALLER_SYNCTERM, sizes[i]);
        struct caller *b = dial_sized(CALLER_XTERM, sizes[i]);

        window_expect_prompt(a, "Handle:");
        window_expect_prompt(b, "Handle:");
        check_same(a, b);
        check_first_row(b, "·");
        caller_send(a, "new\r");
        caller_send(b, "new\r");
        caller_expect(a, "A new caller");
        caller_expect(b, "A new caller");
        window_expect_prompt(a, "Handle:");
        window_expect_prompt(b, "Handle:");
        check_same(a, b);
        if (sizes[i].columns >= 80)
            check_box(b);
        hang_up(a);
        hang_up(b);
    }
}

/* --- hard cases --- */

static void check_everywhere(const char *prompt)
{
    board_start(board, NULL);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct caller *a = dial_sized(CALLER_SYNCTERM, sizes[i]);
        struct caller *b = dial_sized(CALLER_XTERM, sizes[i]);

        window_expect_prompt(a, prompt);
        window_expect_prompt(b, prompt);
        check_same(a, b);
        hang_up(a);
        hang_up(b);
    }
}

/* But for those that a terminal obeys. */
static void every_glyph_of_cp437(void **state)
{
    char text[2000];
    size_t n = 0;

    (void)state;
    for (unsigned byte = 1; byte < 256; byte++) {
        bool is_obeyed =
            (byte >= 7 && byte <= 15) || byte == 0x18 || byte == 0x1A || byte == 0x1B;

        text[n++] = (char)(is_obeyed ? '.' : byte);
        if (byte % 32 == 31)
            n += (size_t)sprintf(text + n, "|\r\n\033[%um", 31 + byte / 32 % 6);
    }
    n += (size_t)sprintf(text + n, "\r\nThe end:");
    board_write_bytes(board, "screens/root.ans", text, n);
    check_everywhere("The end:");
}

static void drawn_boxes_with_values_and_wide_characters(void **state)
{
    (void)state;
    board_write(board, "lua/handlers/t.lua",
                "return { name = function() return 'Zoë' end, long = function()\n"
                "  return 'a value that is too long for its place' end,\n"
                "  none = function() end, field = function() end }\n");
    board_write(board, "screens/root.txt",
                "|15╔═══════════════════╗|07\n"
                "|15║|11 <% get:t.name:fit%>|15║|07\n"
                "|15║|12 <% get:t.long:fit%>|15║|07\n"
                "|15║|14 <% get:t.none:fit%>|15║|07\n"
                "|15╚═══════════════════╝|07\n"
                "|17café |20naïve|16 straße £5 ½ ° ÷ ±\n"
                "日本|\n"
                "<% ansi:color(2, 0) %>green<% ansi:normal %> plain\n"
                "<% get:t.long:-12 %>|<% get:t.name:12 %>|\n"
                "The end:");
    check_everywhere("The end:");
}

static void moves_to_places(void **state)
{
    (void)state;
    board_write(board, "screens/root.txt",
                "first\n\n\n\n\n<% ansi:move(10, 3) %>|14third|07<% ansi:save %>"
                "<% ansi:move(20, 2) %>second<% ansi:down(3); ansi:left(6) %>fifth"
                "<% ansi:restore %>, more<% ansi:home %>F"
                "<% ansi:move(1, 7) %>The end:");
    check_everywhere("The end:");
}

static void a_form_in_the_last_rows(void **state)
{
    char text[600] = "";

    (void)state;
    for (unsigned row = 0; row < 20; row++)
        sprintf(text + strlen(text), "row %u\n", row);
    strcat(text, "┌──────────────────────────────────┐\n"
                 "│ Text <% set:t.field(max=9):fit%>│\n"
                 "└──────────────────────────────────┘");
    board_write(board, "lua/handlers/t.lua", "return { field = function() end }\n");
    board_write(board, "screens/root.txt", text);
    check_everywhere("Text");
}

static void items_in_columns(void **state)
{
    (void)state;
    board_write(board, "screens/root.txt",
                "<% item:root(\"A\", \"Änderung\"):16 %>│<% item:root(\"B\", \"日本\"):16 %>│\n"
                "<% item:root(\"C\", \"c\"):16 %>│<% item:root(\"D\", \"d\", level=9, "
                "dim=true):16 %>│\n"
                "Which?");
    check_everywhere("Which?");
}

/* --- what others have written --- */

/* In a value and in a message, to a caller who has typed half a line: it is what is left of it
 * that stands there, and nothing else has changed. */
static void check_harmless(const char *lua, const char *left)
{
    static const enum caller_kind kinds[] = {CALLER_SYNCTERM, CALLER_XTERM};
    char handlers[1000];
    char told[200];
    char shown[200];

    snprintf(handlers, sizeof(handlers),
             "local danger = %s\n"
             "return { value = function() return 'a' .. danger .. 'b' end,\n"
             "  line = function() return 'remain' end,\n"
             "  tick = function(client) client:tell('c' .. danger .. 'd') end }\n",
             lua);
    board_write(board, "lua/handlers/t.lua", handlers);
    board_write(board, "lua/handlers/slash.lua",
                "local clients = require 'bbs.clients'\n"
                "return { now = function(client) return nil, 'c' .. "
                "require('danger') .. 'd' end }\n");
    snprintf(handlers, sizeof(handlers), "return %s\n", lua);
    board_write(board, "lua/danger.lua", handlers);
    board_write(board, "screens/root.txt",
                "|14[<% get:t.value %>]|07 end\nName? <% set:t.line %>");
    board_start(board, NULL);
    snprintf(shown, sizeof(shown), "[a%sb] end", left);
    snprintf(told, sizeof(told), "c%sd", left);
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct caller *c = dial_as(kinds[i]);
        struct window *w;

        window_expect_prompt(c, "Name?");
        window_expect_colors(c, "end", 7, 0);
        caller_send(c, "/now\r");
        caller_expect(c, told);
        window_expect_prompt(c, "Name?");
        caller_send(c, "ok");
        window_expect_prompt(c, "Name? ok");
        w = window_of(c);
        assert_string_equal(window_row(w, 0), shown);
        for (unsigned row = 4; row < c->rows; row++)
            assert_string_equal(window_row(w, row), "");
        window_free(w);
        window_expect_colors(c, "[a", 11, 0);
        hang_up(c);
    }
}

#define HARMLESS(name, lua, left)                                                              \
    static void name(void **state)                                                             \
    {                                                                                          \
        (void)state;                                                                           \
        check_harmless(lua, left);                                                             \
    }

HARMLESS(control_characters_are_left_out,
         "(function() local s = '' for i = 0, 31 do if i ~= 9 and i ~= 10 and i ~= 27 then\n"
         "  s = s .. string.char(i) end end return s .. '\\127' end)()",
         "")
HARMLESS(
    c1_controls_are_left_out,
    "(function() local s = '' for i = 0x80, 0x8F do s = s .. utf8.char(i) end\n"
    "  return s .. '\\u{9B}2J\\u{9B}31m\\u{9D}0;title\\u{9C}\\u{90}x\\u{9C}\\u{85}' end)()",
    "")
HARMLESS(sequences_that_move_are_left_out,
         "'\\27[2J\\27[5;5H\\27[10A\\27[3D\\27[s\\27[u\\27D\\27M\\27E\\27[1;3r'", "")
HARMLESS(sequences_that_colour_are_left_out, "'\\27[31;44m\\27[7m\\27[5m\\27[?25l\\27(0\\14'",
         "")
HARMLESS(titles_and_clipboards_are_left_out,
         "'\\27]0;title\\7\\27]52;c;AAAA\\27\\\\\\27]4;1;rgb:ff/00/00\\7'", "")
HARMLESS(questions_to_the_terminal_are_left_out,
         "'\\27[6n\\27[c\\27[21t\\27P$qm\\27\\\\\\27_G\\27\\\\\\5'", "")
HARMLESS(keyboards_and_music_are_left_out,
         "'\\27[0;59;\"rm\";13p\\27[MFCEG\\14\\27[|cde\\14\\27[0;1*r'", "m\";13pFCEGcde")
HARMLESS(transfers_do_not_begin, "'**\\24B00000000000000\\13\\138\\17'", "**B00000000000000")
HARMLESS(texts_that_turn_the_direction_are_left_out,
         "'\\u{202E}\\u{2066}\\u{2069}\\u{200F}\\u{061C}'", "")
HARMLESS(characters_of_no_width_are_left_out, "'\\u{200B}\\u{200D}\\u{2060}\\u{FEFF}'", "")

int main(void)
{
    const struct CMUnitTest tests[] = {
        STARTER_TEST(the_starter_board_is_the_same_everywhere),
        STARTER_TEST(the_front_door_is_the_same_everywhere),
        TEST(every_glyph_of_cp437),
        TEST(drawn_boxes_with_values_and_wide_characters),
        TEST(moves_to_places),
        TEST(a_form_in_the_last_rows),
        TEST(items_in_columns),
        TEST(control_characters_are_left_out),
        TEST(c1_controls_are_left_out),
        TEST(sequences_that_move_are_left_out),
        TEST(sequences_that_colour_are_left_out),
        TEST(titles_and_clipboards_are_left_out),
        TEST(questions_to_the_terminal_are_left_out),
        TEST(keyboards_and_music_are_left_out),
        TEST(transfers_do_not_begin),
        TEST(texts_that_turn_the_direction_are_left_out),
        TEST(characters_of_no_width_are_left_out),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
