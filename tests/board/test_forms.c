/* Forms as callers see them: a screen with fields is painted whole, and filled in where its
 * macros stand. What is on the window is asked of libvterm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/board/stage.h"
#include "tests/board/window.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up, stage_tear_down)

/* 40 columns between the sides; a macro that fits is as wide as it is written. */
static const char box[] = "\n"
                          "  ╔═ Who? ═════════════════════════════╗\n"
                          "  ║ Name <% set:f.name(max=60):fit  %> ║\n"
                          "  ║ Pass |14<% set:f.pass(mask=\"*\"):fit%>|07 ║\n"
                          "  ║ Town <% set:f.town:fit          %> ║\n"
                          "  ╚════════════════════════════════════╝\n"
                          "<% post:f.done %>\n";

static const char box_lua[] =
    "local f = {}\n"
    "local log = require 'bbs.log'\n"
    "function f.name(client, text)\n"
    "  log.info('name=' .. text)\n"
    "  if text == 'bad' then return 'repeat', 'That is a bad name' end\n"
    "  if text == 'send' then client:send('sent by the handler\\n') end\n"
    "  if text == 'clear' then client:clear() client:send('all gone') client:read_key() end\n"
    "  if text == 'ask' then f.asked = client:read_line { prompt = 'How old? ' } end\n"
    "end\n"
    "function f.pass(client, text)\n"
    "  if #text < 3 then return 'repeat', 'Three at least' end\n"
    "end\n"
    "function f.town(client, text) client.data.town = text end\n"
    "function f.done(client)\n"
    "  if client.data.town == 'again' then return 'remain', 'Once more' end\n"
    "  return 'done'\n"
    "end\n"
    "return f\n";

static struct caller *show(enum caller_kind kind, const char *form)
{
    board_write(board, "screens/root.txt", form);
    board_write(board, "screens/done.txt", "DONE <% get:t.name %>\n<% key:t.key %>\n");
    board_write(board, "lua/handlers/f.lua", box_lua);
    board_write(board, "lua/handlers/t.lua",
                "local t = {}\nfunction t.name(client) return client.data.town end\n"
                "function t.key() return 'root' end\n"
                "function t.slow(client) require 'bbs.time'.sleep(0.1) return 'slow' end\n"
                "function t.rows(client) t.slow(client) return { { n = 1 }, { n = 2 } } end\n"
                "function t.wait(client) require 'bbs.time'.sleep(0.5)\n"
                "  return 'repeat', 'waited' end\n"
                "function t.ansi(client, text)\n"
                "  if text == 'off' then client:set_terminal { ansi = false } end end\n"
                "function t.up() return 'above' end\n"
                "function t.lines() local s = {}\n"
                "  for i = 1, 40 do s[i] = 'line ' .. i end return table.concat(s, '\\n') end\n"
                "return t\n");
    board_write(board, "lua/handlers/slash.lua",
                "local known = {}\nlocal slash = {}\n"
                "function slash.long(client)\n"
                "  for i = 1, 40 do client:send('long ' .. i .. '\\n') end\nend\n"
                "function slash.plain(client) client:set_terminal { ansi = false } end\n"
                "function slash.know(client) known[#known + 1] = client end\n"
                "function slash.tell(client, text)\n"
                "  known[#known + 1] = client\n"
                "  for _, c in ipairs(known) do c:tell('<' .. text .. '>') end\nend\n"
                "return slash\n");
    board_start(board, NULL);
    return dial_as(kind);
}

static void expect_rows(struct caller *c, unsigned first, const char *const *rows, size_t count)
{
    struct window *w = window_of(c);

    for (size_t i = 0; i < count; i++)
        assert_string_equal(window_row(w, first + (unsigned)i), rows[i]);
    window_free(w);
}

static void expect_row(struct caller *c, unsigned row, const char *text)
{
    expect_rows(c, row, &text, 1);
}

static bool has_row(struct caller *c, const char *text)
{
    struct window *w = window_of(c);
    bool has = false;

    for (unsigned row = 0; row < c->rows && !has; row++)
        has = strcmp(window_row(w, row), text) == 0;
    window_free(w);
    return has;
}

static void expect_cursor(struct caller *c, unsigned row, unsigned column)
{
    struct window *w = window_of(c);
    unsigned at[2];

    window_cursor(w, &at[0], &at[1]);
    window_free(w);
    assert_int_equal(at[0], row);
    assert_int_equal(at[1], column);
}

static void fill(struct caller *c, const char *label, const char *keys)
{
    window_expect_prompt(c, label);
    caller_send(c, keys);
}

static const char *const empty_box[] = {"",
                                        "  ╔═ Who? ═════════════════════════════╗",
                                        "  ║ Name                               ║",
                                        "  ║ Pass                               ║",
                                        "  ║ Town                               ║",
                                        "  ╚════════════════════════════════════╝",
                                        ""};

static void a_form_is_painted_whole(void **state)
{
    static const enum caller_kind kinds[] = {CALLER_XTERM, CALLER_SYNCTERM};

    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct caller *c = i ? dial_as(kinds[i]) : show(kinds[i], box);

        window_expect_prompt(c, "║ Name");
        expect_rows(c, 0, empty_box, COUNT(empty_box));
        expect_cursor(c, 2, 9);
        caller_send(c, "luna\r");
        window_expect_prompt(c, "║ Pass");
        expect_cursor(c, 3, 9);
        fill(c, "║ Pass", "moon\r");
        window_expect_prompt(c, "║ Town");
        expect_row(c, 2, "  ║ Name luna                          ║");
        expect_row(c, 3, "  ║ Pass ****                          ║");
        caller_send(c, "Kiel\r");
        caller_expect(c, "DONE Kiel");
    }
}

static void a_field_has_the_colours_of_its_place(void **state)
{
    struct caller *c = show(CALLER_XTERM, box);
    struct window *w;
    unsigned fg;
    unsigned bg;

    (void)state;
    fill(c, "║ Name", "luna\r");
    fill(c, "║ Pass", "moon\r");
    fill(c, "║ Town", "Kiel");
    caller_expect(c, "Kiel");
    w = window_of(c);
    window_colors(w, 2, 9, &fg, &bg);
    assert_int_equal(fg, 16);
    window_colors(w, 3, 12, &fg, &bg);
    assert_int_equal(fg, 11);
    window_colors(w, 4, 9, &fg, &bg);
    assert_int_equal(fg, 7);
    window_free(w);
}

static void a_long_value_scrolls_in_its_place(void **state)
{
    struct caller *c = show(CALLER_XTERM, box);
    size_t from = 0;

    (void)state;
    fill(c, "║ Name", "abcdefghijklmnopqrstuvwxyz0123456789");
    window_expect_prompt(c, "23456789");
    expect_row(c, 3, empty_box[3]);
    caller_send(c, "\033[H"); /* Home */
    window_expect_prompt(c, "║ Name");
    expect_row(c, 2, "  ║ Name abcdefghijklmnopqrstuvwxyz012 ║");
    caller_send(c, "\r");
    board_expect_log(board, &from, "name=abcdefghijklmnopqrstuvwxyz0123456789");
    window_expect_prompt(c, "║ Pass");
    expect_rows(c, 3, empty_box + 3, 3);
}

static void notices_stand_below_the_painting(void **state)
{
    struct caller *c = show(CALLER_XTERM, box);

    (void)state;
    fill(c, "║ Name", "bad\r");
    caller_expect(c, "That is a bad name");
    window_expect_prompt(c, "║ Name");
    expect_rows(c, 0, empty_box, 6);
    expect_row(c, 6, "That is a bad name");
    fill(c, "║ Name", "luna\r");
    window_expect_prompt(c, "║ Pass");
    expect_row(c, 6, "");
    caller_send(c, "12\r");
    caller_expect(c, "Three at least");
    fill(c, "║ Pass", "123\r");
    fill(c, "║ Town", "again\r");
    caller_expect(c, "Once more");
    window_expect_prompt(c, "║ Name");
    expect_rows(c, 0, empty_box, 6);
    expect_row(c, 6, "Once more");
}

/* What others say comes at any time; what is being typed stays, and the cursor in it. */
static void what_is_told_harms_nothing_that_is_typed(void **state)
{
    struct caller *c = show(CALLER_XTERM, box);
    struct caller *other;

    (void)state;
    fill(c, "║ Name", "/tell one\r");
    caller_expect(c, "<one>");
    window_expect_prompt(c, "║ Name");
    expect_rows(c, 0, empty_box, 6);
    caller_send(c, "lun");
    window_expect_prompt(c, "lun");
    other = dial();
    fill(other, "║ Name", "/tell two\r");
    caller_expect(c, "<two>");
    window_expect_prompt(c, "║ Name lun");
    expect_row(c, 6, "<one>");
    expect_row(c, 7, "<two>");
    expect_row(c, 2, "  ║ Name lun                           ║");
}

static void keys_go_from_field_to_field(void **state)
{
    struct caller *c = show(CALLER_XTERM, box);
    size_t from = 0;

    (void)state;
    fill(c, "║ Name", "luna\t");
    board_expect_log(board, &from, "name=luna");
    fill(c, "║ Pass", "moon\033[B"); /* down */
    fill(c, "║ Town", "Ki\033[Z");   /* Shift-Tab: what is typed stays */
    fill(c, "║ Pass", "\033[A");     /* up */
    fill(c, "║ Name luna", "\033[A");
    caller_expect(c, "\a"); /* there is none above */
    fill(c, "║ Name luna", "\b\b\bou\t");
    board_expect_log(board, &from, "name=lou");
    fill(c, "║ Pass", "\033[B");
    fill(c, "║ Town Ki", "\t");
    caller_expect(c, "\a"); /* the last one ends with Enter */
    fill(c, "║ Town Ki", "el\033[A");
    fill(c, "║ Pass", "\r");
    caller_expect(c, "Three at least"); /* Enter alone is an answer as well */
    fill(c, "║ Pass", "moon\r");
    fill(c, "║ Town Kiel", "\r");
    caller_expect(c, "DONE Kiel");
    assert_null(strstr(board->log + from, "name="));
}

static void what_a_handler_sends_stands_below(void **state)
{
    struct caller *c = show(CALLER_XTERM, box);

    (void)state;
    fill(c, "║ Name", "send\r");
    caller_expect(c, "sent by the handler");
    window_expect_prompt(c, "║ Pass");
    expect_row(c, 2, "  ║ Name send                          ║");
    expect_rows(c, 3, empty_box + 3, 3);
    expect_row(c, 6, "sent by the handler");
    fill(c, "║ Pass", "12\r");
    caller_expect(c, "Three at least");
    window_expect_prompt(c, "║ Pass");
    expect_row(c, 6, "sent by the handler");
    expect_row(c, 7, "Three at least");
}

static void a_handler_may_ask_below(void **state)
{
    struct caller *c = show(CALLER_XTERM, box);

    (void)state;
    fill(c, "║ Name", "ask\r");
    fill(c, "How old?", "42\r");
    window_expect_prompt(c, "║ Pass");
    expect_row(c, 2, "  ║ Name ask                           ║");
    expect_rows(c, 3, empty_box + 3, 3);
    expect_row(c, 6, "How old? 42");
}

static void a_lost_painting_is_painted_anew(void **state)
{
    struct caller *c = show(CALLER_XTERM, box);

    (void)state;
    fill(c, "║ Name", "clear\r");
    caller_expect(c, "all gone");
    caller_send(c, "x");
    window_expect_prompt(c, "║ Pass");
    expect_row(c, 0, "");
    expect_row(c, 2, "  ║ Name clear                         ║");
    expect_rows(c, 3, empty_box + 3, 3);
}

static void fields_without_anything_between_share_a_place(void **state)
{
    struct caller *c = show(CALLER_XTERM, "A<% set:f.name %><% set:f.town %>Z\n");

    (void)state;
    window_expect_prompt(c, "A");
    expect_row(c, 0, "AZ");
}

static void write_lines(char *out, size_t size, const char *first, int lines, const char *then)
{
    size_t n = (size_t)snprintf(out, size, "%s", first);

    for (int i = 1; i <= lines; i++)
        n += (size_t)snprintf(out + n, size - n, "%d\n", i);
    snprintf(out + n, size - n, "%s", then);
}

static void a_form_that_has_scrolled_works(void **state)
{
    struct caller *c;
    char text[1024];

    (void)state;
    write_lines(text, sizeof(text), "<% page:keep %>\n", 16, box);
    board_write(board, "screens/form.txt", text);
    c = show(CALLER_XTERM, "<% go:form('F') %>\n0\n1\n2\n3\n4\n5\n6\n7\n8\nROOT\n");
    caller_expect(c, "ROOT");
    caller_send(c, "f");
    fill(c, "║ Name", "bad\r");
    caller_expect(c, "That is a bad name");
    fill(c, "║ Name", "luna\r");
    fill(c, "║ Pass", "moon\r");
    window_expect_prompt(c, "║ Town");
    assert_true(has_row(c, "  ║ Name luna                          ║"));
    assert_true(has_row(c, "  ║ Pass ****                          ║"));
    assert_true(has_row(c, empty_box[5]));
    assert_true(has_row(c, "16"));
}

/* Taller than the window: it is painted and asked a part at a time. */
static void a_tall_form_is_asked_in_parts(void **state)
{
    struct caller *c;
    char text[1024];

    (void)state;
    write_lines(text, sizeof(text), "", 20, "");
    board_write(board, "screens/parts/more.txt", text);
    write_lines(text, sizeof(text), "one <% set:f.name:fit %>|\n", 12,
                "<% include:parts/more %>\ntwo <% set:f.town:fit %>|\n<% post:f.done %>\n");
    c = show(CALLER_XTERM, text);
    window_expect_prompt(c, "one");
    expect_cursor(c, 0, 4);
    expect_row(c, 0, "one                     |");
    expect_row(c, 12, "12");
    caller_send(c, "luna\r");
    window_expect_prompt(c, "two");
    expect_row(c, 22, "20");
    expect_row(c, 23, "two                     |");
    caller_send(c, "Kiel\r");
    caller_expect(c, "DONE Kiel");
}

/* What can't be known before it is shown: the field is asked below. */
static void a_field_that_has_scrolled_away_is_asked_below(void **state)
{
    struct caller *c = show(CALLER_XTERM, "one <% set:f.town:fit %>|\n<% get:t.lines %>\n"
                                          "<% post:f.done %>\n");

    (void)state;
    caller_expect(c, "line 40");
    caller_expect(c, "line 40"); /* it was painted again, for nothing */
    caller_send(c, "Kiel\r");
    caller_expect(c, "DONE Kiel");
}

/* What a command sends may scroll the field away, and painting may have to wait. */
static void a_command_may_scroll_a_form_away(void **state)
{
    struct caller *c = show(CALLER_XTERM, "Who? <% get:t.slow %>\n"
                                          "<% each:t.rows %>row <% get:.n %>\n<% end %>\n"
                                          "one <% set:f.name:fit %>|\n"
                                          "two <% set:f.town:fit %>|\n<% post:f.done %>\n");

    (void)state;
    fill(c, "one", "/long\r");
    caller_expect(c, "long 40");
    caller_expect(c, "row 2");
    window_expect_prompt(c, "one");
    expect_cursor(c, 3, 4);
    caller_send(c, "luna\r");
    fill(c, "two", "Kiel\r");
    caller_expect(c, "DONE Kiel");
}

/* Two rows are scrolled for what is told: it is painted again, not within another's handler. */
static void what_is_told_may_scroll_a_form_away(void **state)
{
    struct caller *c;
    struct caller *other;
    char text[1024];

    (void)state;
    write_lines(text, sizeof(text), "one <% set:f.town:fit %>|<% get:t.slow %>\n", 23,
                "<% post:f.done %>\n");
    c = show(CALLER_XTERM, text);
    other = dial();
    fill(c, "one", "/know\r");
    fill(other, "one", "/tell hello\r");
    caller_expect(c, "<hello>");
    caller_expect(c, "slow");
    caller_expect(c, "<hello>");
    caller_send(c, "abc\025Kiel\r");
    caller_expect(c, "DONE Kiel");
}

static void what_is_typed_stands_there_once(void **state)
{
    struct caller *c;
    struct caller *other;
    char text[1024];

    (void)state;
    write_lines(text, sizeof(text), "one <% set:f.town:fit %>|\n", 23, "<% post:f.done %>\n");
    c = show(CALLER_XTERM, text);
    other = dial();
    fill(c, "one", "/know\r");
    window_expect_prompt(c, "one");
    caller_send(c, "abc");
    caller_expect(c, "abc");
    fill(other, "one", "/tell hello\r");
    caller_expect(c, "<hello>");
    window_expect_prompt(c, "abc");
    caller_send(c, "d");
    window_expect_prompt(c, "abcd");
    assert_false(has_row(c, "abcabcd"));
    assert_true(has_row(c, "abcd"));
}

static void a_screen_that_is_refused_leaves_the_form(void **state)
{
    static const char *const rows[] = {"Name moon", "Key", "last line",
                                       "'above' is not open to you."};
    struct caller *c;

    (void)state;
    board_write(board, "screens/above.txt", "<% page:level(200) %>above");
    c = show(CALLER_XTERM, "<% page:escape(above) %>\nName <% set:t.up %>\n"
                           "Key <% key:t.key %>\nlast line\n");
    fill(c, "Name", "moon\r");
    caller_expect(c, "not open");
    window_expect_prompt(c, "Name moon");
    expect_rows(c, 0, rows, COUNT(rows));
    caller_send(c, "light\033");
    caller_expect(c, "not open");
    window_expect_prompt(c, "Name moon");
    expect_rows(c, 0, rows, COUNT(rows));
}

static void escape_takes_away_what_was_typed(void **state)
{
    struct caller *c = show(CALLER_XTERM, box);

    (void)state;
    fill(c, "║ Name", "luna\r");
    fill(c, "║ Pass", "moon\r");
    fill(c, "║ Town", "Kiel");
    window_expect_prompt(c, "║ Town Kiel");
    caller_send(c, "\033");
    window_expect_prompt(c, "║ Name");
    expect_rows(c, 0, empty_box, COUNT(empty_box));
}

static void a_refused_command_does_not_lead_back(void **state)
{
    struct caller *c = show(CALLER_XTERM, "A <% set:f.name(max=3):fit %>|\n"
                                          "B <% set:f.name(max=3):fit %>|\n"
                                          "C <% set:f.town:fit %>|\n<% post:f.done %>\n");

    (void)state;
    fill(c, "A", "a\r");
    fill(c, "B", "b\r");
    fill(c, "C", "\033[A");
    fill(c, "B b", "\025/moon\033[A");
    caller_expect(c, "There is no such command");
    fill(c, "B /moon", "\025bb\r");
    fill(c, "C", "Kiel\r");
    caller_expect(c, "DONE Kiel");
}

static void another_window_while_a_handler_runs(void **state)
{
    struct caller *c = show(CALLER_XTERM, "1\n2\n3\n4\nA <% set:t.wait:fit %>|\n"
                                          "6\n7\n8\n9\nB <% set:f.town:fit %>|\n");

    (void)state;
    fill(c, "A", "x\r");
    caller_read_for_now(c);
    caller_resize(c, 100, 11);
    caller_expect(c, "waited");
    caller_expect(c, "waited"); /* below the form, which has been painted anew */
    window_expect_prompt(c, "A");
    expect_cursor(c, 4, 2);
}

/* In a handler, and by a command: what comes then has no escape sequences. */
static void who_wants_no_ansi_any_more_has_a_dialogue(void **state)
{
    static const char *const keys[] = {"off\r", "/plain\r"};
    struct caller *c = show(CALLER_XTERM, "A <% set:t.ansi:20 %>|\nB <% set:f.town:20 %>|\n");

    (void)state;
    for (size_t i = 0; i < COUNT(keys); i++) {
        size_t from;

        c = dial();
        fill(c, "A", keys[i]);
        caller_expect(c, keys[i][0] == '/' ? "\nA " : "off");
        from = c->shown_len;
        caller_send(c, "moon\r");
        caller_expect(c, "B ");
        caller_send(c, "Kiel\r");
        caller_expect(c, "Kiel");
        assert_null(memchr(c->shown + from, '\033', c->shown_len - from));
    }
}

static void another_window_loses_nothing(void **state)
{
    struct caller *c = show(CALLER_XTERM, box);

    (void)state;
    fill(c, "║ Name", "luna\r");
    fill(c, "║ Pass", "moon\r");
    fill(c, "║ Town", "Ki");
    window_expect_prompt(c, "║ Town Ki");
    caller_resize(c, 100, 30);
    caller_expect(c, "Who?");
    window_expect_prompt(c, "║ Town Ki");
    expect_rows(c, 0, empty_box, 2);
    expect_row(c, 2, "  ║ Name luna                          ║");
    caller_send(c, "el\033[Z");
    fill(c, "║ Pass", "\t");
    fill(c, "║ Town Kiel", "\r");
    caller_expect(c, "DONE Kiel");
    caller_resize(c, 60, 20);
    caller_expect(c, "DONE Kiel"); /* a screen at rest is shown again as well */
}

static void a_form_is_a_dialogue_without_ansi(void **state)
{
    struct caller *c = show(CALLER_DUMB, box);

    (void)state;
    caller_expect(c, "+= Who? =============================+\n  | Name ");
    caller_send(c, "luna\r");
    caller_expect(c, "luna\n  | Pass ");
    caller_send(c, "moon\r");
    caller_expect(c, "****\n  | Town ");
    caller_send(c, "Kiel\r");
    caller_expect(c, "Kiel\n  +====================================+");
    caller_expect(c, "DONE Kiel");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_form_is_painted_whole),
        TEST(a_field_has_the_colours_of_its_place),
        TEST(a_long_value_scrolls_in_its_place),
        TEST(notices_stand_below_the_painting),
        TEST(what_is_told_harms_nothing_that_is_typed),
        TEST(keys_go_from_field_to_field),
        TEST(what_a_handler_sends_stands_below),
        TEST(a_handler_may_ask_below),
        TEST(a_lost_painting_is_painted_anew),
        TEST(fields_without_anything_between_share_a_place),
        TEST(a_form_that_has_scrolled_works),
        TEST(a_tall_form_is_asked_in_parts),
        TEST(a_field_that_has_scrolled_away_is_asked_below),
        TEST(a_command_may_scroll_a_form_away),
        TEST(what_is_told_may_scroll_a_form_away),
        TEST(what_is_typed_stands_there_once),
        TEST(a_screen_that_is_refused_leaves_the_form),
        TEST(escape_takes_away_what_was_typed),
        TEST(a_refused_command_does_not_lead_back),
        TEST(another_window_while_a_handler_runs),
        TEST(who_wants_no_ansi_any_more_has_a_dialogue),
        TEST(another_window_loses_nothing),
        TEST(a_form_is_a_dialogue_without_ansi),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
