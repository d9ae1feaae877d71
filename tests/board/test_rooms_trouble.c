/* Rooms in trouble: policies and bots that run for ever, floods, absurd commands, operators
 * whose accounts are gone, a clock that is set back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/board/cast.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up_starter, stage_tear_down)

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
    luna = in_lobby("luna");
    sol = in_lobby("sol");
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
    luna = in_lobby("luna");
    sol = in_lobby("sol");
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

/* Two that answer one another for ever leave time to the rest, where nothing is kept either: no
 * line waits for the store there. */
static void a_bot_that_answers_itself_starves_nobody(void **state)
{
    struct caller *luna, *sol;

    (void)state;
    board_write(board, "lua/settings.lua", "return { rooms = { history = 0 } }\n");
    board_write(board, "lua/handlers/echo.lua",
                "local clients = require 'bbs.clients'\n"
                "local rooms = require 'bbs.rooms'\n"
                "local stopped\n"
                "rooms.listen('echo', function(room, line)\n"
                "  if line.text == 'stop' then stopped = true end\n"
                "  if not stopped then room:say(clients.find 'luna', 'again') end\n"
                "end)\n"
                "return {}\n");
    board_start(board, NULL);
    luna = in_lobby("luna");
    sol = in_lobby("sol");
    command(luna, "/join Den", "[Den] "); /* its operator: no limit holds */
    caller_send(luna, "go\r");
    caller_expect(luna, "<luna> again");
    command(sol, "hello", "<sol> hello");
    command(sol, "/topic", "The topic is:");
    caller_send(luna, "stop\r");
    caller_expect(luna, "<luna> stop");
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
    luna = in_lobby("luna");
    sol = in_lobby("sol");
    rio = in_lobby("rio");
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
        in_lobby(handle);
    }
    board_expect_log(board, NULL, "enter caller4");
    assert_int_equal(times_in_log("handler=clients.listen:endless"), 3);
}

/* --- floods --- */

static unsigned times_seen(const struct caller *c, const char *text)
{
    unsigned n = 0;

    for (const char *at = c->seen; (at = strstr(at, text)); at++)
        n++;
    return n;
}

/* Who goes in and out is told of together. */
static void coming_and_going_floods_nobody(void **state)
{
    enum { TIMES = 15 };
    struct caller *luna, *sol;

    (void)state;
    board_start(board, NULL);
    luna = in_lobby("luna");
    sol = in_lobby("sol");
    for (int i = 0; i < TIMES; i++) {
        command(sol, "/join Art", "[Art] ");
        command(sol, "/join Lobby", PROMPT);
    }
    command(sol, "there", "<sol> there");
    caller_expect(luna, "<sol> there");
    assert_true(times_seen(luna, "sol has left") > 1);
    caller_expect(luna, " more"); /* within seconds, though nobody says anything */
    assert_true(times_seen(luna, "-- sol has") < TIMES);
}

static void pages_and_invitations_are_not_sent_by_the_dozen(void **state)
{
    struct caller *luna, *sol;
    char line[40], said[40];

    (void)state;
    board_start(board, NULL);
    luna = in_lobby("luna");
    sol = in_lobby("sol");
    for (int i = 0; i < 12; i++) {
        snprintf(line, sizeof(line), "/msg luna page %d.\r", i);
        caller_send(sol, line);
    }
    caller_expect(sol, "Not so fast: it was not sent.");
    command(sol, "/invite luna", "Not so fast: it was not sent");
    caller_send(sol, "/msg nobody\rthere\r");
    caller_expect(luna, "<sol> there");
    for (int i = 0; i < 6; i++) {
        snprintf(said, sizeof(said), "<sol> page %d.", i);
        assert_true(caller_has(luna, said));
    }
    assert_false(caller_has(luna, "page 11."));
    assert_false(caller_has(luna, "invites you"));
}

/* --- commands --- */

static void absurd_commands_have_a_clear_answer(void **state)
{
    static const struct {
        const char *line;
        const char *answer;
    } said[] = {
        {"/ban sol 99999999999999999999999 big", "Minutes are a number from 1 to 527040"},
        {"/ban sol 527041", "Minutes are a number from 1 to 527040"},
        {"/ban sol 0", "Minutes are a number from 1 to 527040"},
        {"/ban sol -5", "Minutes are a number from 1 to 527040"},
        {"/ban sol 1e9 x", "Minutes are a number from 1 to 527040"},
        {"/ban sol 0x10", "Minutes are a number from 1 to 527040"},
        {"/ban sol .5", "Minutes are a number from 1 to 527040"},
        {"/mute sol -1", "Minutes are a number from 1 to 527040"},
        {"/mute sol nan", "Type /mute HANDLE [minutes]"},
        {"/mute sol too loud", "Type /mute HANDLE [minutes]"},
        {"/unban sol", "sol is not banned"},
        {"/unmute sol", "sol is not muted"},
        {"/ban", "Type the handle, too"},
        {"/ban luna", "That is you"},
        {"/mute luna 5", "That is you"},
        {"/op luna", "That is you"},
        {"/kick |04sol", "There is nobody called |04sol"},
        {"/kick \xc3", "There is nobody called ?"},
        {"/kick sol", "sol is not in Den"},
        {"/invite", "Type the handle, too"},
        {"/topic |04red %s \xc3", "The topic is now: |04red %s ?"},
        {"/join \t", "Type /join ROOM"},
        {"/join a  b", "single spaces, and none at its ends"},
        {"/join den\xc2\xa0", "characters that can be seen"},
        {"/join d\xc2\xad"
         "en",
         "characters that can be seen"},
        {"/join ../../etc/x", "[../../etc/x] "}, /* a name as any other */
        {"/join |04den", "[|04den] "},
        {"/join den", "[Den] "},
        {"/ban sol 527040 |04 %s", "sol was banned by luna for 8784 h: |04 %s"},
        {"/unban sol", "sol may come again."},
        {"/ban sol nan", "sol was banned by luna: nan"}, /* a reason */
    };
    struct caller *luna;
    char name[200];

    (void)state;
    board_start(board, NULL);
    hang_up(in_lobby("sol"));
    luna = in_lobby("luna");
    command(luna, "/join Den", "[Den] ");
    for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
        command(luna, said[i].line, said[i].answer);
    memset(name, 'x', sizeof(name));
    memcpy(name, "/kick ", 6);
    name[sizeof(name) - 1] = '\0';
    command(luna, name, "There is nobody called");
    memcpy(name, "/join ", 6);
    command(luna, name, "a room's name has 1 to 30 characters");
    assert_false(board_log_has(board, "handler event=failed"));
}

/* Where nothing can be shown in a window of its own: the first, whole, and how many more. */
static void a_long_list_is_short_where_something_is_asked(void **state)
{
    struct caller *luna;

    (void)state;
    board_write(board, "lua/handlers/ask.lua",
                "local db = require 'bbs.db'\n"
                "local ask = {}\n"
                "function ask.line(client)\n"
                "  for i = 1, 300 do\n"
                "    db.run('INSERT INTO rooms (name, topic, made_at) VALUES (?, ?, 1)',\n"
                "      ('|04room %03d'):format(i), ('\xc3\xa9'):rep(200))\n"
                "  end\n"
                "  client:send('Your line: ' .. client:read_line())\n"
                "  return 'menu'\n"
                "end\n"
                "return ask\n");
    board_write(board, "screens/ask.txt", "Ready? <% key:ask.line %>");
    board_write(board, "screens/menu.txt",
                "<% go:ask(\"A\") %><% get:menu.notice %> which key?");
    board_start(board, NULL);
    luna = dial();
    caller_sign_up(luna, "luna", "sunshine7");
    caller_send(luna, "a");
    caller_expect(luna, "Ready?");
    caller_send(luna, "x/rooms\r");
    caller_expect(luna, "|04room 001            0");
    caller_expect(luna, "|04room 020            0  \xc3\xa9");
    caller_expect(luna, "and 283 more");
    command(luna, "/help", "/msg HANDLE text");
    caller_expect(luna, "more");
    command(luna, "mine", "Your line: mine");
    assert_false(caller_has(luna, "|04room 021"));
}

/* --- operators --- */

/* Whose operators' accounts are gone is nobody's: a sysop gives it to somebody else. */
static void a_room_of_deleted_operators_is_a_sysops(void **state)
{
    char folder[400];
    const char *const gone[] = {"user", "delete",  "luna",        "--yes", "--data",
                                folder, "--board", board->folder, NULL};
    const char *const add[] = {
        "user",   "add",  "moon",    "--level",     "100", "--password-stdin",
        "--data", folder, "--board", board->folder, NULL};
    struct caller *luna, *sol, *moon;

    (void)state;
    snprintf(folder, sizeof(folder), "%s/data", board->folder);
    assert_int_equal(board_run(add, "moonmoon9\n", NULL), 0);
    board_start(board, NULL);
    luna = in_lobby("luna");
    sol = in_lobby("sol");
    command(luna, "/join Den", "[Den] ");
    command(luna, "/topic Hers", "The topic is now: Hers");
    command(sol, "/join Den", "[Den] ");
    assert_int_equal(board_run(gone, NULL, NULL), 0);
    caller_expect_end(luna);
    hang_up(luna);
    luna = dial();
    caller_sign_up(luna, "luna", "moonshine7"); /* somebody else of that name */
    command(luna, "/join Den", "[Den] ");
    command(luna, "/topic Mine", "Only an operator of Den can change the topic");
    command(sol, "/close", "Only an operator of Den can");
    moon = dial();
    caller_log_in(moon, "moon", "moonmoon9");
    command(moon, "/join Den", "[Den] ");
    command(moon, "/op sol", "sol is an operator");
    command(sol, "/topic Sol's", "The topic is now: Sol's");
}

/* A bot that says much waits when very much is to be stored, and nothing is lost or in another
 * order. One that catches all errors ends with its caller. */
static void much_is_stored_in_order(void **state)
{
    struct caller *luna, *sol;
    size_t from = 0;

    (void)state;
    board_write(board, "lua/settings.lua", "return { rooms = { history = 5000 } }\n");
    board_write(board, "screens/loop.txt", "It loops. <% set:much.loop %>");
    board_write(board, "screens/menu.txt",
                "<% go:loop(\"Z\"); go:chat(\"R\") %><% get:menu.notice %> which key?");
    board_write(board, "lua/handlers/much.lua",
                "local db = require 'bbs.db'\n"
                "local rooms = require 'bbs.rooms'\n"
                "local much = {}\n"
                "rooms.listen('much', function(room, line)\n"
                "  if line.text ~= 'much' then return end\n"
                "  for i = 1, 2000 do room:announce('bot', 'n' .. i) end\n"
                "  db.run 'UPDATE rooms SET topic = topic' -- behind all that waits\n"
                "  local n, wrong = 0, 0\n"
                "  for _, row in ipairs(db.rows \"SELECT text FROM room_lines WHERE "
                "nick_name = 'bot' ORDER BY id\") do\n"
                "    n = n + 1\n"
                "    if row.text ~= 'n' .. n then wrong = wrong + 1 end\n"
                "  end\n"
                "  room:announce('counter', n .. ' kept, wrong: ' .. wrong)\n"
                "end)\n"
                "function much.loop()\n"
                "  local room = rooms.find 'Lobby'\n"
                "  while true do pcall(function() room:announce('loop', 'x') end) end\n"
                "end\n"
                "return much\n");
    board_start(board, NULL);
    luna = in_lobby("luna");
    command(luna, "much", "<counter> 2000 kept, wrong: 0");
    sol = newcomer("sol");
    caller_send(sol, "zit loops\r");
    caller_expect(luna, "<loop> x");
    hang_up(sol);
    board_expect_log(board, &from, "ran for too long");
}

/* A trigger of the board's own on the lines is stopped as its other statements are: the store
 * goes on. What a bot says need be no text. */
static void an_endless_trigger_holds_up_no_store(void **state)
{
    struct caller *luna;

    (void)state;
    board_write(board, "lua/handlers/bad.lua",
                "local db = require 'bbs.db'\n"
                "local rooms = require 'bbs.rooms'\n"
                "rooms.listen('bad', function(room, line)\n"
                "  if line.text == 'number' then room:announce('bot', 42) end\n"
                "  if line.text ~= 'trap' then return end\n"
                "  db.run [[CREATE TRIGGER trap AFTER INSERT ON room_lines BEGIN\n"
                "    DELETE FROM ignored WHERE user = (WITH RECURSIVE n(x) AS\n"
                "      (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n); END]]\n"
                "  room:announce('bot', 'it is set')\n"
                "end)\n"
                "return {}\n");
    board_start(board, NULL);
    luna = in_lobby("luna");
    command(luna, "number", "<bot> 42");
    command(luna, "trap", "<bot> it is set");
    board_expect_log(board, NULL, "a line is not kept: the SQL ran for more than");
    command(luna, "/join Den", "[Den] "); /* a write */
    assert_false(board_log_has(board, "string expected"));
}

/* Everybody is told once, not at each line; who is there goes on talking. */
static void it_is_told_that_lines_are_not_kept(void **state)
{
    static const char told[] = "-- What is said here now is not kept: the sysop has been told";
    struct caller *luna, *sol, *stella;
    char line[40];

    (void)state;
    preload_full_disk("perigee.db-wal", "300000");
    board_start(board, NULL);
    unsetenv("LD_PRELOAD");
    luna = in_lobby("luna");
    sol = in_lobby("sol");
    stella = in_lobby("stella");
    command(luna, "/join Den", "[Den] "); /* its operator: no limit holds */
    command(sol, "/join Den", "[Den] ");
    for (int i = 0; i < 5000 && !caller_has(luna, told); i++) {
        snprintf(line, sizeof(line), "line %d;", i);
        command(luna, line, line);
    }
    caller_expect(sol, told);
    command(stella, "here, too", told); /* each room by itself */
    board_expect_log(board, NULL, "room=\"Den\" a line is not kept: ");
    for (int i = 0; i < 20; i++) {
        snprintf(line, sizeof(line), "more %d;", i);
        command(luna, line, line);
        caller_expect(sol, line);
    }
    assert_null(strstr(strstr(sol->seen, told) + 1, told));
    assert_false(caller_has(luna, "went wrong"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_endless_policy_stops_nobody),
        TEST(bots_run_by_themselves),
        TEST(a_bot_that_answers_itself_starves_nobody),
        TEST(a_policy_may_wait),
        TEST(an_endless_listener_rests),
        TEST(coming_and_going_floods_nobody),
        TEST(pages_and_invitations_are_not_sent_by_the_dozen),
        TEST(absurd_commands_have_a_clear_answer),
        TEST(a_long_list_is_short_where_something_is_asked),
        TEST(a_room_of_deleted_operators_is_a_sysops),
        TEST(much_is_stored_in_order),
        TEST(an_endless_trigger_holds_up_no_store),
        TEST(it_is_told_that_lines_are_not_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
