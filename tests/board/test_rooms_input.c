/* Rooms and what is hard for them: names that look alike, very many rooms, many who come at
 * once, operators that leave, what is left of somebody else's call; and the settings of rooms.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/board/cast.h"
#include "tests/board/window.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up_starter, stage_tear_down)

/* --- names --- */

static void names_that_look_alike_are_one_or_refused(void **state)
{
    struct caller *luna;

    (void)state;
    board_start(board, NULL);
    luna = in_lobby("luna");
    command(luna, "/join ART", "[Art] ");
    command(luna, "/join Caf\xc3\xa9", "[Caf\xc3\xa9] ");
    command(luna, "/join \xef\xbc\xa1rt", "[Art] ");      /* a full-width A */
    command(luna, "/join CAF\xc3\x89", "[Caf\xc3\xa9] "); /* upper case */
    command(luna, "/join ART", "[Art] ");
    command(luna, "/join Cafe\xcc\x81", "[Caf\xc3\xa9] ");           /* letter and accent */
    command(luna, "/join \xd0\x90rt", "It looks like the room Art"); /* a Cyrillic A */
    command(luna, "/join \xd0\x90nts", "has letters of one script");
    command(luna, "/join L0bby", "It looks like the room Lobby");
    command(luna, "/join Art\xe2\x80\x8b", "has 1 to 30 characters that can be seen");
    command(luna, "/join \xd0\x90\xd1\x80\xd1\x82", "[\xd0\x90\xd1\x80\xd1\x82] ");
    command(luna, "/leave", "Which room?");
    caller_send(luna, "q");
    caller_expect(luna, "which key?");
    command(luna, "/nick", "New nick name:");
    command(luna, "l\xd1\x83na", "A nick name has letters of one script");
    command(luna, "\xef\xbd\x8cuna", "A nick name has letters in their usual form");
}

/* --- very many --- */

static const char many_lua[] =
    "local db = require 'bbs.db'\n"
    "local many = {}\n"
    "function many.make(client, n)\n"
    "  local list = {}\n"
    "  for i = 1, tonumber(n) do\n"
    "    list[#list + 1] = { 'INSERT INTO rooms (name, made_at) VALUES (?, 1)',\n"
    "      'r' .. i }\n"
    "    if #list == 500 or i == tonumber(n) then\n"
    "      db.batch(list)\n"
    "      list = {}\n"
    "    end\n"
    "  end\n"
    "  return 'menu'\n"
    "end\n"
    "return many\n";

static void ten_thousand_rooms_are_no_trouble(void **state)
{
    struct caller *luna;

    (void)state;
    board_write(board, "lua/handlers/many.lua", many_lua);
    board_write(board, "screens/many.txt", "How many? <% set:many.make %>");
    board_write(board, "screens/menu.txt",
                "<% go:many(\"M\"); go:chat(\"R\") %><% get:menu.notice %> which key?");
    board_start(board, NULL);
    luna = dial();
    caller_sign_up(luna, "luna", "sunshine7");
    caller_send(luna, "m");
    caller_expect(luna, "How many?");
    command(luna, "9997", "which key?");
    caller_send(luna, "r");
    caller_expect(luna, "page 1 of 834");
    caller_expect(luna, "Which room?");
    caller_send(luna, "\033[4~"); /* End */
    caller_expect(luna, "page 834 of 834");
    caller_expect(luna, "Which room?");
    caller_send(luna, "5");
    caller_expect(luna, "Number:");
    caller_send(luna, "\b9000\r");
    caller_expect(luna, "[r");
    command(luna, "/join r77", "[r77] ");
    command(luna, "/join R9997", "[r9997] ");
    command(luna, "/join one more", "There are 10000 rooms already");
    command(luna, "/rooms", "r9997"); /* whoever is in one: the first */
    caller_send(luna, "\033[4~");
    caller_expect(luna, "and 9800 more: R in the main menu lists them");
    caller_send(luna, "q");
    caller_expect(luna, "[r9997] ");
    assert_false(board_log_has(board, "handler event=failed"));
}

/* In a large room who comes is told together, and soon, though nobody says anything; what is a
 * long list then is shown in a window of its own. */
static void who_comes_is_told_together_and_soon(void **state)
{
    enum { COMING = 24 };
    struct caller *luna, *c;
    char handle[24], last[40];
    double until;

    (void)state;
    board_start(board, NULL);
    luna = in_lobby("luna");
    for (int i = 0; i < COMING; i++) {
        snprintf(handle, sizeof(handle), "a caller like me %d", i);
        c = in_lobby(handle);
    }
    snprintf(last, sizeof(last), "me %d has come", COMING - 1);
    until = caller_patience();
    while (!caller_has(luna, last) && !caller_has(luna, " more")) /* by its name, or counted */
        caller_wait(luna, until, last);
    luna->from = luna->len;
    command(luna, "/who", "a caller like me 0");
    caller_expect(luna, "Space B"); /* a pager */
    caller_send(luna, "\033[4~");
    snprintf(last, sizeof(last), "a caller like me %d", COMING - 1);
    caller_expect(luna, last);
    caller_send(luna, "q");
    caller_expect(luna, PROMPT);
    hang_up(c); /* whose line drops */
    snprintf(last, sizeof(last), "me %d has left", COMING - 1);
    caller_expect(luna, last);
}

/* --- operators --- */

static void an_operator_who_leaves_is_one_again(void **state)
{
    struct caller *luna, *sol, *moon;
    size_t from;

    (void)state;
    make_sysop();
    board_start(board, NULL);
    luna = in_lobby("luna");
    sol = in_lobby("sol");
    command(luna, "/join Den", "[Den] ");
    command(sol, "/join Den", "[Den] ");
    command(luna, "/leave", "Which room?"); /* the last operator */
    command(sol, "/topic mine", "Only an operator of Den can change the topic");
    command(luna, "/join den", "[Den] ");
    command(luna, "/topic hers", "The topic is now: hers");
    command(luna, "/kick luna", "That is you");
    command(luna, "/ban luna", "That is you");
    hang_up(luna);
    caller_expect(sol, "luna has left");
    moon = sysop();
    command(moon, "/join Den", "[Den] ");
    command(moon, "/op sol", "sol is an operator");
    command(sol, "/topic mine", "The topic is now: mine");
    command(sol, "/close", "Which room?");
    caller_expect(moon, "sol has closed Den");
    command(sol, "/join Lobby", PROMPT);
    command(sol, "/close", "Only an operator of Lobby can");
    command(moon, "/join Lobby", PROMPT);
    command(moon, "/close", "Lobby is one of the board's own rooms");
    command(moon, "/join Den", "[Den] "); /* another one */
    command(moon, "/topic", "The topic is: ");
    from = moon->from;
    caller_expect(moon, "[Den] ");
    assert_null(strstr(moon->seen + from, "mine"));
}

static void a_second_call_of_who_is_banned_is_put_out_too(void **state)
{
    struct caller *sol, *again, *moon;

    (void)state;
    make_sysop();
    board_write(board, "screens/ghost.txt", "You are here already. <% go:menu(\"B\") %>");
    board_start(board, NULL);
    sol = in_lobby("sol");
    again = dial();
    caller_expect(again, "Handle:");
    command(again, "sol", "Password:");
    command(again, "sunshine7", "already");
    caller_send(again, "b");
    go_in(again);
    moon = go_in(sysop());
    command(moon, "/ban sol 5 rude", "sol was banned by moon for 5 min: rude");
    caller_expect(sol, "moon has banned you from Lobby for 5 min: rude");
    command(sol, "still here", "You are in no room");
    caller_expect(again, "moon has banned you from Lobby for 5 min: rude");
    command(again, "still here", "You are in no room");
    command(again, "/join Lobby", "You are banned from Lobby for 5 min more: rude");
    command(sol, "/join Lobby", "You are banned from Lobby for 5 min more: rude");
}

/* --- what is left of before --- */

static void choices_are_those_of_who_is_logged_in(void **state)
{
    struct caller *luna, *c;

    (void)state;
    board_start(board, NULL);
    luna = in_lobby("luna");
    c = in_lobby("sol");
    command(c, "/time", "Lines have the time before them.");
    command(c, "/colors", "All names have the same colour.");
    command(c, "/bell", "No bell any more.");
    command(luna, "good evening", "<luna> good evening");
    caller_expect(c, ":");
    window_expect_colors(c, "luna> good evening", 15, 16);
    hang_up(c);
    c = in_lobby("rio");
    command(c, "/time", "Lines have the time before them.");
    command(c, "/colors", "All names have the same colour.");
    hang_up(c);
    c = go_in(come_back("sol"));
    command(c, "/time", "No times any more.");
    command(c, "/colors", "Each name has a colour of its own.");
    command(c, "/bell", "A bell rings at your name.");
}

/* Who logs out and comes back on the same line as somebody else has that one's own. */
static void nothing_is_left_of_who_was_on_this_line_before(void **state)
{
    struct caller *luna, *c;

    (void)state;
    board_write(board, "screens/menu.txt",
                "<% go:chat(\"R\"); go:root(\"X\"); go:nick(\"N\") %><% get:menu.notice %>"
                " which key?");
    board_start(board, NULL);
    luna = in_lobby("luna");
    hang_up(in_lobby("rio"));
    c = in_lobby("sol");
    command(c, "/time", "Lines have the time before them.");
    command(c, "/colors", "All names have the same colour.");
    command(c, "/bell", "No bell any more.");
    command(c, "/ignore luna", "You see nothing of luna.");
    command(c, "/away at sea", "Who pages you is told: at sea");
    command(luna, "/msg sol psst", "does not take your pages");
    command(c, "/unignore luna", "You see again what comes of luna.");
    command(luna, "/msg sol psst", "Sent to sol, who is away: at sea.");
    command(c, "/ignore luna", "You see nothing of luna.");
    command(c, "/leave", "Which room?");
    caller_send(c, "q");
    caller_expect(c, "which key?");
    caller_send(c, "x");
    caller_expect(c, "Handle:");
    command(c, "rio", "Password:");
    command(c, "sunshine7", "which key?");
    go_in(c);
    command(c, "/reply who?", "Nobody has paged you yet.");
    command(luna, "rio: hello", "<luna> rio: hello");
    caller_expect(c, "<luna> rio: hello");
    caller_expect(c, "\a");
    command(luna, "/msg rio psst", "Sent to rio.");
    command(c, "/time", "Lines have the time before them.");
    command(c, "/bell", "No bell any more.");
}

static void many_pages_wait_in_a_window_of_their_own(void **state)
{
    struct caller *luna, *sol;

    (void)state;
    board_start(board, NULL);
    luna = in_lobby("luna");
    hang_up(luna);
    board_expect_log(board, NULL, "call event=end");
    sol = in_lobby("sol");
    for (int i = 0; i < 5; i++)
        command(sol, "/msg luna call |04 me", "is shown it at the next call.");
    luna = dial();
    caller_expect(luna, "Handle:");
    command(luna, "luna", "Password:");
    command(luna, "sunshine7", "100%"); /* a pager */
    caller_expect(luna, "leave");
    assert_true(caller_has(luna, "ago: call |04 me"));
    caller_send(luna, "q");
    caller_expect(luna, "which key?");
}

static void tab_tells_strangers_nothing(void **state)
{
    struct caller *guest, *luna;

    (void)state;
    board_start(board, NULL);
    luna = in_lobby("luna");
    command(luna, "/nick", "New nick name:");
    command(luna, "\xc3\x89t\xc3\xa9 lune", "From now on you are");
    guest = dial();
    caller_expect(guest, "Handle:");
    caller_send(guest, "/msg l\t");
    caller_expect(guest, "/msg l");
    caller_send(guest, "\t\025");
    command(guest, "/who", "Log in first.");
    assert_false(caller_has(guest, "luna"));
    command(luna, "/join Lobby", PROMPT);
    caller_send(luna, "\xc3\x89\t");
    caller_expect(luna, "\xc3\x89t\xc3\xa9 lune ");
}

/* --- settings --- */

static void so_many_lines_are_kept_as_the_setting_says(void **state)
{
    struct caller *luna;
    char line[20];

    (void)state;
    board_write(board, "lua/settings.lua", "return { rooms = { history = 10, own = 1 } }\n");
    board_start(board, NULL);
    luna = in_lobby("luna");
    for (int i = 0; i < 12; i++) {
        snprintf(line, sizeof(line), "/me says %d.", i);
        command(luna, line, line + 4);
        if (i % 4 == 3)
            caller_expect(luna, PROMPT);
    }
    command(luna, "/join One", "[One] ");
    command(luna, "/join Two", "as many rooms as you may, 1: /close one of them");
}

static void no_line_is_kept_where_the_setting_is_none(void **state)
{
    struct caller *luna, *sol;

    (void)state;
    board_start(board, NULL);
    luna = in_lobby("luna");
    command(luna, "said before", "<luna> said before");
    caller_expect(luna, PROMPT);
    board_kill(board, SIGTERM);
    board_write(board, "lua/settings.lua", "return { rooms = { history = 0 } }\n");
    board_start(board, NULL);
    luna = go_in(come_back("luna"));
    sol = in_lobby("sol");
    command(luna, "said now", "<luna> said now");
    caller_expect(sol, "<luna> said now");
    command(luna, "/history", "Nothing has been said yet.");
    hang_up(sol);
    sol = go_in(come_back("sol"));
    command(sol, "/who", "2 on line");
    assert_false(caller_has(sol, "said now"));
    board_kill(board, SIGTERM);
    board_remove(board, "lua/settings.lua");
    board_start(board, NULL);
    luna = go_in(come_back("luna"));
    command(luna, "/history", "luna has come"); /* this time */
    caller_expect(luna, "leave");
    assert_false(caller_has(luna, "<luna>"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_that_look_alike_are_one_or_refused),
        TEST(ten_thousand_rooms_are_no_trouble),
        TEST(who_comes_is_told_together_and_soon),
        TEST(an_operator_who_leaves_is_one_again),
        TEST(a_second_call_of_who_is_banned_is_put_out_too),
        TEST(choices_are_those_of_who_is_logged_in),
        TEST(nothing_is_left_of_who_was_on_this_line_before),
        TEST(many_pages_wait_in_a_window_of_their_own),
        TEST(tab_tells_strangers_nothing),
        TEST(so_many_lines_are_kept_as_the_setting_says),
        TEST(no_line_is_kept_where_the_setting_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
