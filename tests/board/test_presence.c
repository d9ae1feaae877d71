/* Presence on the starter board: who is on line, where, and from where; friends; sysops whom
 * nobody sees; callers who are not to be disturbed; boards that listen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/board/cast.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up_starter, stage_tear_down)

/* A command at a prompt for keys, and what is said to it. */
static void go_away(struct caller *c)
{
    size_t from = 0;

    hang_up(c);
    board_expect_log(board, &from, "call event=end");
}

/* --- who is on line --- */

static void who_has_titles_and_places(void **state)
{
    struct caller *luna, *sol;

    (void)state;
    board_start(board, NULL);
    luna = newcomer("luna");
    caller_send(luna, "y");
    caller_expect(luna, "nobody is told");
    caller_send(luna, "f");
    caller_expect(luna, "From:");
    say(luna, "Mare Imbrium");
    caller_expect(luna, "You call from Mare Imbrium.");
    sol = newcomer("sol");
    caller_send(sol, "w");
    caller_expect(sol, "Since");
    caller_expect(sol, "The profile");
    caller_expect(sol, "Mare Imbrium");
    caller_expect(sol, "Who is on line");
    caller_send(luna, "f");
    caller_expect(luna, "From:");
    say(luna, "-");
    caller_expect(luna, "Nobody is told");
    caller_send(sol, "q");
    caller_expect(sol, "which key?");
    caller_send(sol, "w");
    caller_expect(sol, "Since");
    caller_expect(sol, "page 1 of 1");
    assert_null(strstr(strstr(sol->seen + sol->from - 300, "Since"), "Mare Imbrium"));
}

/* Without polling: the board's tick comes in an hour. */
static void who_changes_at_once(void **state)
{
    struct caller *luna, *sol;

    (void)state;
    board_write(board, "screens/who.txt",
                "<% enter:who.enter; leave:who.leave; tick:who.tick(3600) %>"
                "<% each:who.list %><% get:.nick_name %> <% end %><% get:list.place %>"
                "<% key:list.turn %>");
    board_start(board, NULL);
    luna = newcomer("luna");
    caller_send(luna, "w");
    caller_expect(luna, "page 1 of 1");
    sol = newcomer("sol");
    caller_expect(luna, "sol ");
    caller_expect(luna, "page 1 of 1");
    hang_up(sol);
    caller_expect(luna, "luna");
    caller_expect(luna, "page 1 of 1");
}

static void boards_listen(void **state)
{
    struct caller *luna;
    size_t from = 0;

    (void)state;
    /* A listener that fails, and one that never ends, are their own trouble. */
    board_write(board, "lua/handlers/door.lua",
                "local clients = require 'bbs.clients'\n"
                "local db = require 'bbs.db'\n"
                "local log = require 'bbs.log'\n"
                "clients.listen('a door', function(event, client)\n"
                "  local n = db.row('SELECT 2 AS n').n\n"
                "  local names = {}\n"
                "  for other in clients.each() do names[#names + 1] = other.nick_name end\n"
                "  log.info(event .. ' of ' .. client.user_id .. n .. ' among '\n"
                "    .. table.concat(names, ','))\n"
                "end)\n"
                "clients.listen('b fails', function() error 'oh' end)\n"
                "clients.listen('c loops', function() while true do end end)\n"
                "clients.listen('d door', function(event) log.info('second ' .. event) end)\n"
                "return {}\n");
    board_start(board, NULL);
    luna = newcomer("luna");
    board_expect_log(board, &from, "handler=clients.listen:b fails");
    board_expect_log(board, NULL, "enter of luna2 among luna");
    board_expect_log(board, NULL, "second enter");
    caller_send(luna, "w");
    caller_expect(luna, "page 1 of 1");
    hang_up(luna);
    board_expect_log(board, NULL, "leave of luna2 among ");
    board_expect_log(board, NULL, "second leave");
}

/* --- friends --- */

static void friends_are_told_of(void **state)
{
    struct caller *luna, *sol, *rio;
    size_t before;

    (void)state;
    board_start(board, NULL);
    sol = newcomer("sol");
    luna = newcomer("luna");
    command(luna, "/friend", "Type /friend HANDLE");
    command(luna, "/friend nobody", "There is nobody called nobody.");
    command(luna, "/friend luna", "That is you.");
    command(luna, "/friend sol", "You are told when sol comes.");
    command(luna, "/friends", "On line: sol");
    go_away(sol);
    command(luna, "/friends", "Not on line: sol");
    sol = come_back("sol");
    caller_expect(luna, "Your friend sol is on line now.");
    command(sol, "/friends", "Type /friend HANDLE");
    command(luna, "/unfriend sol", "You are not told of sol any more.");
    command(luna, "/unfriend sol", "sol is not among your friends.");
    caller_send(luna, "w");
    caller_expect(luna, "page 1 of 1"); /* no notice stands there any more */
    before = luna->from;
    rio = newcomer("rio");
    command(luna, "/friend rio", "You are told when rio comes.");
    go_away(rio);
    go_away(sol);
    sol = come_back("sol");
    come_back("rio");
    caller_expect(luna, "Your friend rio is on line now."); /* sol would have come before */
    assert_null(strstr(luna->seen + before, "Your friend sol"));
}

/* --- who is not seen --- */

static void sysops_can_be_invisible(void **state)
{
    struct caller *moon, *luna;

    (void)state;
    make_sysop();
    board_start(board, NULL);
    luna = newcomer("luna");
    command(luna, "/friend moon", "You are told when moon comes.");
    command(luna, "/invisible", "Only a sysop can");
    moon = sysop();
    caller_expect(luna, "Your friend moon is on line now.");
    caller_send(moon, "r");
    caller_expect(moon, "Which room?");
    caller_send(moon, "1");
    caller_expect(moon, "[Lobby] ");
    caller_send(luna, "r");
    caller_expect(luna, "Which room?");
    caller_send(luna, "1");
    caller_expect(luna, "Here: moon, luna");
    command(moon, "/invisible", "Only sysops see you now");
    caller_expect(luna, "-- moon has left");
    command(luna, "/who", "1 on line: luna");
    command(moon, "/who", "2 on line: luna, moon");
    command(luna, "/friends", "Not on line: moon");
    command(luna, "/msg moon psst", "moon is not on line, and is shown it at the next call.");
    caller_expect(moon, "<luna> psst");
    go_away(moon);
    moon = sysop(); /* it lasts */
    command(moon, "/who", "2 on line: luna, moon");
    command(luna, "/who", "1 on line: luna");
    command(moon, "/invisible", "Everybody sees you.");
    caller_expect(luna, "Your friend moon is on line now.");
    command(luna, "/who", "2 on line: luna, moon");
}

static void who_is_not_to_be_disturbed_is_paged_later(void **state)
{
    struct caller *luna, *sol, *moon;

    (void)state;
    make_sysop();
    board_start(board, NULL);
    luna = newcomer("luna");
    sol = newcomer("sol");
    moon = sysop();
    command(luna, "/dnd", "Pages wait for you now");
    command(sol, "/msg luna one", "luna is not to be disturbed, and is shown it later.");
    command(sol, "/msg luna two", "luna is not to be disturbed, and is shown it later.");
    command(moon, "/msg luna it burns", "Sent to luna.");
    caller_expect(luna, "<moon> it burns");
    go_away(luna);
    luna = come_back("luna");
    caller_expect(luna, "Pages wait for you until you type /dnd.");
    for (int i = 0; i < 40; i++) /* more than notices hold */
        command(
            sol,
            "/msg luna a long one, and longer yet, so that all of them together are more than "
            "is told above a prompt: they are read in a window, and none of them is lost",
            "shown it later.");
    command(luna, "/dnd", "ago: one");
    caller_expect(luna, "ago: two");
    caller_send(luna, "\033[4~");
    caller_expect(luna, "100%");
    caller_send(luna, "q");
    caller_expect(luna, "which key?");
    assert_null(strstr(luna->seen, "it burns"));
    command(sol, "/msg luna three", "Sent to luna.");
    caller_expect(luna, "<sol> three");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_has_titles_and_places),
        TEST(who_changes_at_once),
        TEST(boards_listen),
        TEST(friends_are_told_of),
        TEST(sysops_can_be_invisible),
        TEST(who_is_not_to_be_disturbed_is_paged_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
