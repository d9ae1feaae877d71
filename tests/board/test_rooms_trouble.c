/* Rooms in trouble: policies and bots that run for ever, floods, absurd commands, operators
 * whose accounts are gone, a clock that is set back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/board/stage.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up_starter, stage_tear_down)
#define PROMPT "[Lobby] "

static struct caller *go_in(struct caller *c)
{
    caller_send(c, "r");
    caller_expect(c, "Which room?");
    caller_send(c, "1");
    caller_expect(c, PROMPT);
    return c;
}

static struct caller *newcomer(const char *handle)
{
    struct caller *c = dial();

    caller_sign_up(c, handle, "sunshine7");
    return go_in(c);
}

static void command(struct caller *c, const char *line, const char *answer)
{
    caller_send(c, line);
    caller_send(c, "\r");
    caller_expect(c, answer);
}

/* --- what a board adds --- */

/* It is stopped each time, rests after the third, and keeps nobody from talking; once it is
 * mended it is asked again. */
static void an_endless_policy_stops_nobody(void **state)
{
    struct caller *luna, *sol;
    size_t from = 0;
    char line[40], said[40];

    (void)state;
    board_write(board, "lua/handlers/policy.lua",
                "local rooms = require 'bbs.rooms'\n"
                "rooms.on_line(function(room, client, text)\n"
                "  if text:find 'forever' then while true do end end\n"
                "  return text .. '!'\n"
                "end)\n"
                "return {}\n");
    board_start(board, NULL);
    luna = newcomer("luna");
    sol = newcomer("sol");
    for (int i = 0; i < 4; i++) {
        snprintf(line, sizeof(line), "forever %d", i);
        snprintf(said, sizeof(said), "<luna> forever %d", i);
        command(luna, line, said);
        caller_expect(sol, said);
    }
    for (int i = 0; i < 3; i++)
        board_expect_log(board, &from, "handler=rooms.on_line:policy");
    command(sol, "still here", "<sol> still here");
    caller_expect(luna, "<sol> still here");
    board_write(board, "lua/handlers/policy.lua",
                "local rooms = require 'bbs.rooms'\n"
                "rooms.on_line(function(room, client, text) return text .. '?' end)\n"
                "return {}\n");
    board_expect_log(board, &from, "generation=2");
    command(sol, "am I", "<sol> am I?");
    assert_false(caller_has(sol, "still here!"));
    assert_false(caller_has(luna, "went wrong"));
}

/* Nor is anybody kept waiting by a bot that waits, or one that never ends. */
static void bots_run_by_themselves(void **state)
{
    struct caller *luna, *sol;
    char line[40];

    (void)state;
    board_write(board, "lua/handlers/bots.lua",
                "local rooms = require 'bbs.rooms'\n"
                "local time = require 'bbs.time'\n"
                "local gone\n"
                "rooms.listen('endless', function() while true do end end)\n"
                "rooms.listen('sleepy', function(room, line)\n"
                "  while line.text == 'wait' and not gone do time.sleep(0.01) end\n"
                "  if line.text == 'go' then gone = true end\n"
                "  if line.text == 'wait' then room:announce('bot', 'I go') end\n"
                "end)\n"
                "return {}\n");
    board_start(board, NULL);
    luna = newcomer("luna");
    sol = newcomer("sol");
    command(luna, "wait", "<luna> wait");
    for (int i = 0; i < 4; i++) {
        snprintf(line, sizeof(line), "line %d", i);
        command(luna, line, line);
        caller_expect(luna, PROMPT);
    }
    command(sol, "go", "<sol> go");
    caller_expect(luna, "<bot> I go");
    assert_false(caller_has(luna, "went wrong"));
}

/* Who speaks waits, and nobody else; who leaves meanwhile has said nothing. */
static void a_policy_may_wait(void **state)
{
    struct caller *luna, *sol, *rio;

    (void)state;
    board_write(board, "lua/handlers/policy.lua",
                "local rooms = require 'bbs.rooms'\n"
                "local time = require 'bbs.time'\n"
                "local log = require 'bbs.log'\n"
                "local gone\n"
                "rooms.on_line(function(room, client, text)\n"
                "  if text == 'wait' then\n"
                "    log.info(client.nick_name .. ' waits')\n"
                "    while not gone do time.sleep(0.01) end\n"
                "    return 'waited'\n"
                "  end\n"
                "  if text == 'go' then gone = true end\n"
                "  if text == 'hold' then gone = false end\n"
                "  return text\n"
                "end)\n"
                "return {}\n");
    board_start(board, NULL);
    luna = newcomer("luna");
    sol = newcomer("sol");
    rio = newcomer("rio");
    caller_send(luna, "wait\r");
    board_expect_log(board, NULL, "luna waits");
    caller_send(rio, "wait\r");
    board_expect_log(board, NULL, "rio waits");
    hang_up(rio);
    caller_expect(sol, "rio has left");
    command(sol, "meanwhile", "<sol> meanwhile");
    command(sol, "go", "<sol> go");
    caller_expect(sol, "<luna> waited");
    command(luna, "hold", "<luna> hold");
    assert_false(caller_has(luna, "<rio>"));
    caller_send(sol, "wait\r"); /* and the server ends */
    board_expect_log(board, NULL, "sol waits");
}

static unsigned times_in_log(const char *text)
{
    unsigned n = 0;

    for (const char *at = board->log; (at = strstr(at, text)); at++)
        n++;
    return n;
}

/* Nor does it cost more and more to come and go where a listener never ends. */
static void an_endless_listener_rests(void **state)
{
    char handle[20];

    (void)state;
    board_write(board, "lua/handlers/endless.lua",
                "local clients = require 'bbs.clients'\n"
                "local log = require 'bbs.log'\n"
                "clients.listen('endless', function() while true do end end)\n"
                "clients.listen('last', function(event, client)\n"
                "  log.info(event .. ' ' .. client.nick_name)\n"
                "end)\n"
                "return {}\n");
    board_start(board, NULL);
    for (int i = 0; i < 5; i++) {
        snprintf(handle, sizeof(handle), "caller%d", i);
        newcomer(handle);
    }
    board_expect_log(board, NULL, "enter caller4");
    assert_int_equal(times_in_log("handler=clients.listen:endless"), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_endless_policy_stops_nobody),
        TEST(bots_run_by_themselves),
        TEST(a_policy_may_wait),
        TEST(an_endless_listener_rests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
