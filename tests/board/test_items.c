/* A screen's items: a bar that the arrows move on terminals that can, keys on all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/board/stage.h"
#include "tests/board/window.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up, stage_tear_down)

enum { WHITE = 15, BLUE = 4, GRAY = 7, DARK_GRAY = 8 };

static const char menu[] = "Menu of the house\n"
                           "\n"
                           "  <% item:files(\"F\", \"File areas\"):16 %>  "
                           "<% item:wall(\"W\", \"Wall\"):16 %>|\n"
                           "  <% item:games(\"g\", \"Games\"):16 %>  "
                           "<% item:desk(\"D\", \"Desk\", level=50):16 %>|\n"
                           "  <% item:leave(\"escape\", \"Q\", \"Leave\") %>\n"
                           "  <% item:vip(\"V\", \"The vault\", level=50, dim=true) %>\n"
                           "\n"
                           "Which? <% enter:t.enter %>";

static void write_board(void)
{
    static const char *const leaves[] = {"files", "wall", "games", "desk", "leave", "vip"};

    board_write(board, "screens/root.txt", menu);
    for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
        char path[40];
        char text[80];

        snprintf(path, sizeof(path), "screens/%s.txt", leaves[i]);
        snprintf(text, sizeof(text), "This is %s.\nA key: ", leaves[i]);
        board_write(board, path, text);
    }
    board_write(board, "lua/handlers/t.lua",
                "local t = {}\n"
                "function t.enter(client) client.data.n = (client.data.n or 0) + 1 end\n"
                "function t.text(client, text) client.data.text = text end\n"
                "function t.post(client) if client.data.text ~= 'ok' then return 'remain', "
                "'Say ok' end end\n"
                "return t\n");
    board_write(board, "lua/handlers/slash.lua",
                "local slash = {}\n"
                "function slash.say(client, text) client:tell('<' .. text .. '>') end\n"
                "function slash.out(client, text) client:send('OUT ' .. text .. '\\n') end\n"
                "return slash\n");
}

static struct caller *show(enum caller_kind kind)
{
    write_board();
    board_start(board, NULL);
    return dial_as(kind);
}

/* The bar is on this item. */
static void expect_bar(struct caller *c, const char *text)
{
    window_expect_colors(c, text, WHITE, BLUE);
    window_expect_prompt(c, "Which?");
}

static void press(struct caller *c, const char *keys, const char *item)
{
    caller_send(c, keys);
    expect_bar(c, item);
}

static void arrows_move_the_bar(void **state)
{
    static const enum caller_kind kinds[] = {CALLER_XTERM, CALLER_SYNCTERM};

    (void)state;
    write_board();
    board_start(board, NULL);
    for (unsigned i = 0; i < 2; i++) {
        struct caller *c = dial_as(kinds[i]);

        expect_bar(c, "F  File areas");
        window_expect_colors(c, "Wall", 16, 16);
        press(c, "\033[B", "g  Games");
        window_expect_colors(c, "File", 16, 16);
        press(c, "\033[B", "Esc  Leave");
        press(c, "\033[B", "F  File areas"); /* round the edge */
        press(c, "\033[C", "W  Wall");
        press(c, "\033[B", "g  Games");
        press(c, "\033[A", "F  File areas");
        press(c, "\033[D", "Esc  Leave");
        press(c, "\t", "F  File areas");
        press(c, "\033[Z", "Esc  Leave");
        press(c, "\033[1~", "F  File areas");
        press(c, "\033[4~", "Esc  Leave");
        hang_up(c);
    }
}

static void enter_follows_and_the_bar_is_there_again(void **state)
{
    struct caller *c = show(CALLER_XTERM);

    (void)state;
    expect_bar(c, "F  File areas");
    press(c, "\033[C", "W  Wall");
    caller_send(c, "\r");
    caller_expect(c, "This is wall.");
    caller_send(c, "x");
    caller_expect(c, "Menu of the house");
    expect_bar(c, "W  Wall");
    caller_send(c, "G");
    caller_expect(c, "This is games.");
    caller_send(c, "x");
    caller_expect(c, "Menu of the house");
    expect_bar(c, "g  Games");
    caller_send(c, "\033");
    caller_expect(c, "This is leave.");
}

static void items_for_others_are_hidden_or_dim(void **state)
{
    struct caller *c = show(CALLER_XTERM);
    struct window *w;

    (void)state;
    expect_bar(c, "F  File areas");
    window_expect_colors(c, "-  The vault", DARK_GRAY, 16);
    w = window_of(c);
    assert_string_equal(window_row(w, 2), "  F  File areas     W  Wall         |");
    assert_string_equal(window_row(w, 3), "  g  Games                          |");
    window_free(w);
    caller_send(c, "DVW");
    caller_expect(c, "This is wall.");
    assert_false(caller_has(c, "This is desk"));
}

static void expect_no_row_with(struct caller *c, const char *text)
{
    struct window *w = window_of(c);

    for (unsigned row = 0; row < c->rows; row++)
        assert_null(strstr(window_row(w, row), text));
    window_free(w);
}

static void a_notice_and_a_command_leave_the_bar_as_it_is(void **state)
{
    struct caller *c = show(CALLER_XTERM);

    (void)state;
    expect_bar(c, "F  File areas");
    press(c, "\033[C", "W  Wall");
    caller_send(c, "/say hello\r");
    caller_expect(c, "<hello>");
    expect_bar(c, "W  Wall");
    expect_no_row_with(c, "/say");
    press(c, "\033[B", "g  Games");
    caller_send(c, "/out there\r");
    caller_expect(c, "OUT there");
    expect_bar(c, "g  Games");
    press(c, "\033[A", "F  File areas");
    caller_resize(c, 60, 20);
    caller_expect(c, "Menu of the house");
    expect_bar(c, "F  File areas");
    press(c, "\033[B", "g  Games");
}

static void a_form_may_have_items(void **state)
{
    struct caller *c;

    (void)state;
    write_board();
    board_write(board, "screens/root.txt",
                "Text: <% set:t.text:fit  %>|\n<% item:wall(\"W\", \"Wall\") %>\n"
                "<% item:files(\"F\", \"Files\") %>\n<% post:t.post %>Which? ");
    board_start(board, NULL);
    c = dial_as(CALLER_XTERM);
    window_expect_prompt(c, "Text:");
    caller_send(c, "no\r");
    caller_expect(c, "Say ok");
    window_expect_prompt(c, "Text:");
    caller_send(c, "ok\r");
    expect_bar(c, "W  Wall");
    press(c, "\033[B", "F  Files");
    caller_send(c, "w");
    caller_expect(c, "This is wall.");
}

static void without_ansi_items_are_text_with_keys(void **state)
{
    struct caller *c = show(CALLER_DUMB);

    (void)state;
    caller_expect(c, "  F  File areas     W  Wall         |");
    caller_expect(c, "  g  Games                          |");
    caller_expect(c, "  Esc  Leave");
    caller_expect(c, "  -  The vault");
    caller_expect(c, "Which? ");
    caller_send(c, "d");
    caller_send(c, "w");
    caller_expect(c, "This is wall.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(arrows_move_the_bar),
        TEST(enter_follows_and_the_bar_is_there_again),
        TEST(items_for_others_are_hidden_or_dim),
        TEST(a_notice_and_a_command_leave_the_bar_as_it_is),
        TEST(a_form_may_have_items),
        TEST(without_ansi_items_are_text_with_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
