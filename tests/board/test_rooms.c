/* Rooms of the starter board: what is said, what is being typed meanwhile, commands, operators,
 * pages, restarts. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/board/cast.h"
#include "tests/board/window.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up_starter, stage_tear_down)

/* --- lines --- */

static void what_is_said_is_seen_by_all(void **state)
{
    struct caller *luna, *sol;

    (void)state;
    board_start(board, NULL);
    luna = in_lobby("luna");
    sol = in_lobby("sol");
    caller_expect(luna, "-- sol has come");
    say(luna, "/who");
    caller_expect(luna, "2 on line: luna, sol");
    say(luna, "hello there");
    caller_expect(sol, "<luna> hello there");
    caller_expect(luna, "<luna> hello there");
    say(sol, "/me waves");
    caller_expect(luna, "* sol waves");
    caller_expect(sol, "* sol waves");
    say(luna, "//it is text");
    caller_expect(sol, "<luna> /it is text");
    caller_send(sol, "\033");
    caller_expect(sol, "Which room?");
    caller_expect(luna, "-- sol has left");
    caller_send(sol, "q");
    caller_expect(sol, "which key?");
    caller_send(sol, "w");
    caller_expect(sol, "in Lobby");
    caller_send(sol, "q");
    caller_expect(sol, "which key?");
    caller_send(sol, "r");
    caller_expect(sol, "Which room?");
    hang_up(luna);
    caller_send(sol, "1");
    caller_expect(sol, "<luna> hello there"); /* what was said before */
    caller_expect(sol, "-- luna has left");
}

/* The line that is typed stays whole, and where it is, however many lines come. */
static void what_is_typed_stays_whole(void **state)
{
    struct caller *luna, *sol;
    struct window *w;
    char line[100];

    (void)state;
    board_write(board, "lua/handlers/storm.lua",
                "local rooms = require 'bbs.rooms'\n"
                "local storm = {}\n"
                "function storm.bot(client, n)\n"
                "  local room = rooms.find 'Lobby'\n"
                "  for i = 1, tonumber(n) do room:announce('bot', 'line ' .. i) end\n"
                "  return 'menu'\n"
                "end\n"
                "return storm\n");
    board_write(board, "screens/storm.txt", "How many? <% set:storm.bot %>");
    board_write(board, "screens/menu.txt",
                "<% go:storm(\"S\"); go:chat(\"R\") %><% get:menu.notice %> which key?");
    board_start(board, NULL);
    luna = in_lobby("luna");
    sol = dial();
    caller_sign_up(sol, "sol", "sunshine7");
    caller_send(luna, "half a thoughtX\010");
    caller_expect(luna, "half a thought");
    caller_send(sol, "s");
    caller_expect(sol, "How many? ");
    caller_send(sol, "120\r");
    for (unsigned i = 1; i <= 120; i++) {
        snprintf(line, sizeof(line), "<bot> line %u", i);
        caller_expect(luna, line);
    }
    caller_expect(luna, PROMPT "half a thought");
    w = window_of(luna);
    assert_string_equal(window_row(w, 22), "<bot> line 120");
    assert_string_equal(window_row(w, 23), PROMPT "half a thought");
    window_free(w);
    say(luna, ", and the rest");
    caller_expect(luna, "<luna> half a thought, and the rest");
}

enum { TYPISTS = 24, STORM = 60 };

/* Each types and mends a line of its own while lines come, and has it whole at the end of each
 * of them; every row above is a whole line. */
static void a_storm_tears_nobodys_line(void **state)
{
    struct caller *typists[TYPISTS];
    struct caller *speaker;
    char text[60];

    (void)state;
    board_write(board, "lua/handlers/storm.lua",
                "local rooms = require 'bbs.rooms'\n"
                "local storm = {}\n"
                "function storm.bot(client, n)\n"
                "  local room = rooms.find 'Lobby'\n"
                "  for i = 1, tonumber(n) do\n"
                "    room:announce('bot', ('line %d, and '):format(i) .. ('x'):rep(i))\n"
                "  end\n"
                "  return 'menu'\n"
                "end\n"
                "return storm\n");
    board_write(board, "screens/storm.txt", "How many? <% set:storm.bot %>");
    board_write(board, "screens/menu.txt",
                "<% go:storm(\"S\"); go:chat(\"R\") %><% get:menu.notice %> which key?");
    board_start(board, NULL);
    for (unsigned i = 0; i < TYPISTS; i++) {
        snprintf(text, sizeof(text), "typist%u", i);
        typists[i] = in_lobby(text);
    }
    speaker = dial();
    caller_sign_up(speaker, "speaker", "sunshine7");
    caller_send(speaker, "s");
    caller_expect(speaker, "How many? ");
    caller_send(speaker, "60\r");
    for (unsigned k = 0; k < 10; k++) {
        for (unsigned i = 0; i < TYPISTS; i++) {
            snprintf(text, sizeof(text), "%c%uq\010\033[D\033[C", 'a' + (int)k, i % 10);
            caller_send(typists[i], text);
        }
    }
    for (unsigned i = 0; i < TYPISTS; i++) {
        char typed[60] = PROMPT;
        struct window *w;

        snprintf(text, sizeof(text), "<bot> line %u, and ", STORM);
        caller_expect(typists[i], text);
        for (unsigned k = 0; k < 10; k++)
            snprintf(typed + strlen(typed), sizeof(typed) - strlen(typed), "%c%u", 'a' + (int)k,
                     i % 10);
        window_expect_prompt(typists[i], typed);
        w = window_of(typists[i]);
        for (unsigned row = 3; row < 23; row++) { /* below the header */
            const char *s = window_row(w, row);

            if (strncmp(s, "<bot> line ", 11) != 0 && strspn(s + 2, "x") + 2 != strlen(s))
                fail_msg("row %u of typist %u is torn: %s", row, i, s);
        }
        window_free(w);
    }
}

static void terminals_without_ansi_chat_too(void **state)
{
    static const enum caller_kind kinds[] = {CALLER_DUMB, CALLER_RAW, CALLER_SYNCTERM,
                                             CALLER_READER};
    struct caller *luna, *other;
    char handle[20];

    (void)state;
    board_start(board, NULL);
    luna = in_lobby("luna");
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        other = dial_as(kinds[i]);
        snprintf(handle, sizeof(handle), "other%u", i);
        caller_sign_up(other, handle, "sunshine7");
        go_in(other);
        say(luna, "hello you");
        caller_expect(other, "<luna> hello you");
        say(other, "hello back");
        caller_expect(luna, "> hello back");
        hang_up(other);
    }
}

/* --- commands --- */

static void commands_are_completed_and_mended(void **state)
{
    struct caller *luna, *sol;

    (void)state;
    board_start(board, NULL);
    luna = in_lobby("luna");
    sol = in_lobby("solaris");
    say(luna, "/jion Art");
    caller_expect(luna, "There is no such command. Did you mean /join?");
    caller_send(luna, "\025/m\t");
    caller_expect(luna, "/me  /msg  /mute");
    caller_send(luna, "sg s\t");
    caller_expect(luna, "/msg solaris ");
    caller_send(luna, "psst\r");
    caller_expect(sol, "<luna> psst");
    caller_expect(luna, "Sent to solaris.");
    say(sol, "/reply what?");
    caller_expect(luna, "<solaris> what?");
    say(sol, "/help");
    caller_expect(sol, "/kick HANDLE");
    caller_send(sol, "q");
    caller_expect(sol, PROMPT);
    say(sol, "/rooms");
    caller_expect(sol, "Lobby");
    caller_expect(sol, "Tech");
    say(sol, "/topic");
    caller_expect(sol, "The topic is: Come in, and");
    say(luna, "who is solaris? a star");
    caller_expect(sol, "\a"); /* at the own name */
    assert_false(caller_has(sol, "/jion"));
}

static void each_command_refuses_what_is_absurd(void **state)
{
    static const struct {
        const char *line;
        const char *answer;
    } refused[] = {
        {"/msg", "Type /msg HANDLE text"},
        {"/msg nobody hello", "There is nobody called nobody."},
        {"/msg luna me", "That is you."},
        {"/reply x", "Nobody has paged you yet."},
        {"/ignore", "Type the handle, too"},
        {"/ignore luna", "That is you."},
        {"/join", "Type /join ROOM"},
        {"/join a name of more than thirty letters", "a room's name has 1 to 30 characters"},
        {"/kick sol", "Only an operator of Lobby can"},
        {"/ban sol 5", "Only an operator of Lobby can"},
        {"/op sol", "Only an operator of Lobby can"},
        {"/mute sol", "Only an operator of Lobby can"},
        {"/topic Mine", "Only an operator of Lobby can change the topic"},
        {"/invite nobody", "There is nobody called nobody"},
    };
    struct caller *luna;

    (void)state;
    board_start(board, NULL);
    luna = in_lobby("luna");
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        say(luna, refused[i].line);
        caller_expect(luna, refused[i].answer);
        caller_expect(luna, PROMPT);
    }
    say(luna, "/leave");
    caller_expect(luna, "Which room?");
}

static void operators_keep_order(void **state)
{
    struct caller *moon, *luna, *sol;

    (void)state;
    make_sysop();
    board_start(board, NULL);
    luna = in_lobby("luna");
    sol = in_lobby("sol");
    moon = go_in(sysop());
    say(moon, "/kick moon");
    caller_expect(moon, "That is you");
    say(moon, "/kick luna too loud");
    caller_expect(luna, "moon has put you out of Lobby: too loud");
    caller_expect(sol, "-- luna was put out by moon: too loud");
    say(luna, "anybody?");
    caller_expect(luna, "You are in no room");
    say(luna, "/join Lobby");
    caller_expect(luna, "Esc leads back.");
    say(moon, "/mute luna 5");
    caller_expect(luna, "luna may not speak for 5 min");
    say(luna, "hello?");
    caller_expect(luna, "You may not speak in Lobby for 5 min more");
    say(moon, "/unmute luna");
    caller_expect(moon, "luna may speak again.");
    say(luna, "at last");
    caller_expect(sol, "<luna> at last");
    say(moon, "/op luna");
    caller_expect(luna, "luna is an operator");
    say(luna, "/ban sol 10 spam");
    caller_expect(sol, "luna has banned you from Lobby for 10 min: spam");
    say(sol, "/join Lobby");
    caller_expect(sol, "You are banned from Lobby for 10 min more: spam");
    say(luna, "/ban moon");
    caller_expect(luna, "moon is a sysop");
    say(luna, "/unban sol");
    caller_expect(luna, "sol may come again.");
    say(sol, "/join Lobby");
    caller_expect(sol, "Esc leads back.");
}

static void private_rooms_are_for_who_is_invited(void **state)
{
    struct caller *luna, *sol;

    (void)state;
    board_write(board, "lua/handlers/own.lua",
                "local rooms = require 'bbs.rooms'\n"
                "local own = {}\n"
                "function own.make(client)\n"
                "  local room = rooms.open('Den', { by = client, private = true })\n"
                "  room:join(client)\n"
                "  return 'chat/room'\n"
                "end\n"
                "return own\n");
    board_write(board, "screens/den.txt", "Ready? <% key:own.make %>");
    board_write(board, "screens/menu.txt",
                "<% go:den(\"D\"); go:chat(\"R\") %><% get:menu.notice %> which key?");
    board_start(board, NULL);
    luna = dial();
    caller_sign_up(luna, "luna", "sunshine7");
    caller_send(luna, "d");
    caller_expect(luna, "Ready? ");
    caller_send(luna, "x");
    caller_expect(luna, "[Den] ");
    sol = in_lobby("sol");
    assert_false(caller_has(sol, "Den"));
    say(sol, "/join den");
    caller_expect(sol, "Den is private: somebody in it has to /invite you");
    say(luna, "/invite sol");
    caller_expect(sol, "luna invites you to the room Den: /join Den");
    say(sol, "/join den");
    caller_expect(sol, "[Den] ");
    caller_expect(luna, "-- sol has come");
}

/* --- pages, and who does not want to see them --- */

static void ignored_callers_are_not_seen(void **state)
{
    struct caller *luna, *sol;

    (void)state;
    board_start(board, NULL);
    luna = in_lobby("luna");
    sol = in_lobby("sol");
    say(luna, "/ignore sol");
    caller_expect(luna, "You see nothing of sol.");
    say(sol, "can you hear me");
    caller_expect(sol, "<sol> can you hear me");
    say(sol, "/msg luna please");
    caller_expect(sol, "luna does not take your pages.");
    say(luna, "peace");
    caller_expect(luna, "<luna> peace");
    assert_false(caller_has(luna, "can you hear me"));
    assert_false(caller_has(luna, "please"));
    say(luna, "/unignore sol");
    caller_expect(luna, "You see again what comes of sol.");
    say(sol, "and now");
    caller_expect(luna, "<sol> and now");
}

static void pages_wait_for_who_is_not_there(void **state)
{
    struct caller *luna, *sol;

    (void)state;
    board_start(board, NULL);
    luna = in_lobby("luna");
    hang_up(luna);
    board_expect_log(board, NULL, "call event=end");
    sol = in_lobby("sol");
    say(sol, "/msg luna call me");
    caller_expect(sol, "luna is not on line, and is shown it at the next call.");
    luna = dial();
    caller_log_in(luna, "luna", "sunshine7");
    caller_expect(luna, "sol, ");
    caller_expect(luna, "ago: call me");
    go_in(luna);
    say(luna, "/away having tea");
    caller_expect(luna, "Who pages you is told: having tea");
    say(sol, "/msg luna hello");
    caller_expect(sol, "Sent to luna, who is away: having tea.");
}

/* --- what lasts --- */

static void rooms_are_there_after_a_restart(void **state)
{
    struct caller *moon, *luna;

    (void)state;
    make_sysop();
    board_start(board, NULL);
    moon = go_in(sysop());
    say(moon, "/topic A new one");
    caller_expect(moon, "The topic is now: A new one");
    luna = in_lobby("luna");
    say(luna, "for the record");
    caller_expect(moon, "<luna> for the record");
    say(moon, "/ban luna 60");
    caller_expect(luna, "moon has banned you from Lobby");
    say(moon, "it is done");
    caller_expect(moon, "<moon> it is done");
    say(moon, "/topic A newer one");
    caller_expect(moon, "The topic is now: A newer one"); /* kept, and all before it */
    board_kill(board, SIGKILL);
    board_start(board, NULL);
    moon = go_in(sysop());
    caller_expect(moon, "<luna> for the record");
    caller_expect(moon, "<moon> it is done");
    say(moon, "/topic");
    caller_expect(moon, "The topic is: A newer one");
    luna = dial();
    caller_log_in(luna, "luna", "sunshine7");
    caller_send(luna, "r");
    caller_expect(luna, "Which room?");
    caller_send(luna, "1");
    caller_expect(luna, "You are banned from Lobby for 60 min more");
}

static void what_was_said_can_be_read_back(void **state)
{
    struct caller *luna, *sol;

    (void)state;
    board_start(board, NULL);
    luna = in_lobby("luna");
    sol = in_lobby("sol");
    say(luna, "the first");
    caller_expect(sol, "<luna> the first");
    caller_send(sol, "being typed");
    caller_expect(sol, "being typed");
    caller_send(sol, "\033[5~"); /* Page Up */
    caller_expect(sol, " <luna> the first");
    say(luna, "meanwhile");
    caller_expect(luna, "<luna> meanwhile");
    caller_send(sol, "q");
    caller_expect(sol, "<luna> the first"); /* the screen is as it was */
    caller_expect(sol, "<luna> meanwhile");
    caller_expect(sol, PROMPT "being typed");
    say(luna, "/time");
    caller_expect(luna, "Lines have the time before them.");
    say(luna, "with a time");
    caller_expect(luna, ":");
    caller_expect(luna, " <luna> with a time");
}

static void a_flood_is_held_back(void **state)
{
    struct caller *luna, *sol;

    (void)state;
    board_start(board, NULL);
    luna = in_lobby("luna");
    sol = in_lobby("sol");
    caller_send(luna, "1\r2\r3\r4\r5\r6\r7\r8\r");
    caller_expect(sol, "<luna> 6");
    caller_expect(luna, "Not so fast: your line was not said.");
    assert_false(caller_has(sol, "<luna> 8"));
}

/* A board vetoes and changes lines, and has a bot; what fails stops nobody. */
static void boards_have_policies_and_bots(void **state)
{
    struct caller *luna, *sol;

    (void)state;
    board_write(board, "lua/handlers/policy.lua",
                "local rooms = require 'bbs.rooms'\n"
                "rooms.on_line(function(room, client, text)\n"
                "  if text:find 'secret' then return nil, 'Not here' end\n"
                "  if text == 'fail' then error 'broken' end\n"
                "  if text == 'forever' then while true do end end\n"
                "  return (text:gsub('darn', '****'))\n"
                "end)\n"
                "rooms.listen('echo', function(room, line)\n"
                "  if line.text == '!time' then room:announce('bot', 'late') end\n"
                "end)\n"
                "return {}\n");
    board_start(board, NULL);
    luna = in_lobby("luna");
    sol = in_lobby("sol");
    say(luna, "a secret");
    caller_expect(luna, "Not here");
    say(luna, "darn it");
    caller_expect(sol, "<luna> **** it");
    say(luna, "!time");
    caller_expect(sol, "<luna> !time");
    caller_expect(sol, "<bot> late");
    say(luna, "fail");
    caller_expect(sol, "<luna> fail");
    say(luna, "forever");
    caller_expect(sol, "<luna> forever");
    say(sol, "still here");
    caller_expect(luna, "<sol> still here");
    assert_false(caller_has(sol, "secret"));
}

/* The starter board's own, in lua/handlers/clock.lua. */
static void the_clock_answers(void **state)
{
    struct caller *luna;

    (void)state;
    board_start(board, NULL);
    luna = in_lobby("luna");
    say(luna, "!time");
    caller_expect(luna, "<luna> !time");
    caller_expect(luna, "<clock> It is ");
    say(luna, "!roll 0");
    caller_expect(luna, "<clock> My dice have 2 to 1000 sides.");
    say(luna, "!roll 20");
    caller_expect(luna, "<clock> The die with 20 sides shows ");
}

static void a_caller_makes_few_rooms(void **state)
{
    struct caller *luna;
    char line[40];

    (void)state;
    board_start(board, NULL);
    luna = in_lobby("luna");
    for (unsigned i = 1; i <= 5; i++) {
        snprintf(line, sizeof(line), "/join Own%u", i);
        say(luna, line);
        snprintf(line, sizeof(line), "[Own%u] ", i);
        caller_expect(luna, line);
    }
    say(luna, "/topic My own"); /* who made it is its operator */
    caller_expect(luna, "The topic is now: My own");
    say(luna, "/join Own6");
    caller_expect(luna, "as many rooms as you may, 5");
    say(luna, "/join Own1");
    caller_expect(luna, "[Own1] ");
}

/* The board's own rooms are nobody's, and a number is given to one account alone. */
static void rights_come_from_nothing_else(void **state)
{
    char folder[400];
    const char *const gone[] = {"user", "delete",  "sol",         "--yes", "--data",
                                folder, "--board", board->folder, NULL};
    struct caller *luna, *sol, *moon;

    (void)state;
    make_sysop();
    board_start(board, NULL);
    luna = dial();
    caller_sign_up(luna, "luna", "sunshine7");
    say(luna, "/join Lobby");
    caller_expect(luna, PROMPT);
    say(luna, "/topic Mine");
    caller_expect(luna, "Only an operator of Lobby can change the topic");
    sol = in_lobby("sol");
    moon = go_in(sysop());
    say(moon, "/op sol");
    caller_expect(sol, "sol is an operator");
    snprintf(folder, sizeof(folder), "%s/data", board->folder);
    assert_int_equal(board_run(gone, NULL, NULL), 0);
    caller_expect_end(sol);
    sol = in_lobby("evil");
    say(sol, "/topic Mine");
    caller_expect(sol, "Only an operator of Lobby can change the topic");
}

static void blanks_do_no_harm(void **state)
{
    static const char *const lines[] = {
        "/msg  sol hi", "/kick  x",    "/ban   sol",    "/mute  ", "/op  sol sol", "/invite  ",
        "/me  ",        "/join  Art ", "/msg %s|04 %d", "/away  ", "/nick  x"};
    struct caller *luna, *sol;

    (void)state;
    board_start(board, NULL);
    sol = in_lobby("sol dust");
    luna = in_lobby("luna");
    hang_up(sol);
    board_expect_log(board, NULL, "call event=end");
    say(luna, "/msg sol dust for you alone");
    caller_expect(luna, "sol dust is not on line");
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        say(luna, lines[i]);
    caller_expect(luna, "New nick name");
    assert_false(board_log_has(board, "incident"));
}

/* Whoever comes while something is said is shown it once. */
static void nothing_is_shown_twice(void **state)
{
    struct caller *sol;
    const char *at;

    (void)state;
    board_write(board, "lua/handlers/twice.lua",
                "local rooms = require 'bbs.rooms'\n"
                "local twice = {}\n"
                "function twice.come(client)\n"
                "  local room = rooms.find 'Lobby'\n"
                "  room:join(client)\n"
                "  room:leave(client)\n" /* said, and not delivered before ... */
                "  room:join(client)\n"  /* ... it is a member again */
                "  return 'chat/room'\n"
                "end\n"
                "return twice\n");
    board_write(board, "screens/twice.txt", "Ready? <% key:twice.come %>");
    board_write(board, "screens/menu.txt",
                "<% go:twice(\"T\"); go:chat(\"R\") %><% get:menu.notice %> which key?");
    board_start(board, NULL);
    in_lobby("luna");
    sol = dial();
    caller_sign_up(sol, "sol", "sunshine7");
    caller_send(sol, "t");
    caller_expect(sol, "Ready? ");
    caller_send(sol, "x");
    caller_expect(sol, PROMPT);
    say(sol, "I am here");
    caller_expect(sol, "<sol> I am here");
    at = strstr(sol->seen, "-- sol has left");
    assert_non_null(at);
    assert_null(strstr(at + 1, "-- sol has left"));
}

/* Narrower than text is written for: nothing is torn there, either. */
static void a_narrow_window_has_whole_lines(void **state)
{
    struct caller *luna, *sol;
    struct window *w;

    (void)state;
    board_start(board, NULL);
    luna = dial();
    caller_resize(luna, 60, 24);
    caller_sign_up(luna, "luna", "sunshine7");
    go_in(luna);
    sol = in_lobby("sol");
    caller_expect(luna, "-- sol has come");
    caller_send(luna, "half");
    caller_expect(luna, "half");
    say(sol, "a line of so many words that it does not fit into the row, and goes on");
    caller_expect(luna, "and goes");
    say(luna, " and whole");
    caller_expect(luna, "<luna> half and whole");
    window_expect_prompt(luna, "[Lobby]");
    w = window_of(luna);
    for (unsigned row = 0; row < 24; row++) {
        const char *s = window_row(w, row);

        if (strstr(s, "half"))
            assert_string_equal(s, "<luna> half and whole");
        if (strstr(s, "<sol>"))
            assert_string_equal(s,
                                "<sol> a line of so many words that it does not fit into the");
    }
    window_free(w);
}

/* What is drawn at the top stays there, and what is typed at the bottom, after a resize, too.
 */
static void a_header_stays_while_lines_scroll(void **state)
{
    struct caller *luna, *sol;
    struct window *w;

    (void)state;
    board_start(board, NULL);
    luna = in_lobby("luna");
    sol = in_lobby("sol");
    for (int i = 0; i < 30; i++) {
        say(luna, "/topic");
        caller_expect(luna, "The topic is: ");
    }
    caller_send(luna, "half a line");
    caller_expect(luna, "half a line");
    say(sol, "/me waves");
    caller_expect(luna, "* sol waves");
    window_expect_prompt(luna, "[Lobby] half a line");
    w = window_of(luna);
    assert_non_null(strstr(window_row(w, 0), "Lobby"));
    assert_non_null(strstr(window_row(w, 1), "/help lists the commands"));
    assert_string_equal(window_row(w, 23), "[Lobby] half a line");
    window_free(w);
    caller_resize(luna, 80, 18);
    caller_expect(luna, "/help lists the commands");
    window_expect_prompt(luna, "[Lobby] half a line");
    w = window_of(luna);
    assert_non_null(strstr(window_row(w, 1), "/help lists the commands"));
    window_free(w);
    say(luna, " and more");
    caller_expect(sol, "<luna> half a line and more");
    caller_send(luna, "\033"); /* the next screen has the whole window */
    caller_expect(luna, "Which room?");
    caller_send(luna, "q");
    window_expect_prompt(luna, "which key?");
}

static void a_new_topic_is_in_every_header(void **state)
{
    struct caller *moon, *luna, *plain;
    struct window *w;
    size_t from;

    (void)state;
    make_sysop();
    board_start(board, NULL);
    moon = go_in(sysop());
    luna = in_lobby("luna");
    plain = dial_as(CALLER_RAW);
    caller_sign_up(plain, "plain", "sunshine7");
    go_in(plain);
    command(moon, "/topic Foxes at night", "The topic is now: Foxes at night");
    caller_expect(luna, "The topic is now: Foxes at night");
    caller_expect(luna, "/help lists");
    caller_expect(luna, "The topic is now: Foxes at night");
    caller_expect(luna, PROMPT);
    w = window_of(luna);
    assert_non_null(strstr(window_row(w, 0), "Foxes at night"));
    window_free(w);
    caller_expect(plain, "The topic is now: Foxes at night");
    from = plain->from;
    say(luna, "seen");
    caller_expect(plain, "<luna> seen");
    assert_null(strstr(plain->seen + from, "/help")); /* where it scrolls, not again */
}

/* A sysop who is in a room sees the room's new screen, and what was said there. */
static void a_saved_screen_has_what_was_said(void **state)
{
    struct caller *moon;

    (void)state;
    make_sysop();
    board_start(board, NULL);
    moon = go_in(sysop());
    say(moon, "to be seen again");
    caller_expect(moon, "<moon> to be seen again");
    caller_expect(moon, PROMPT);
    board_write(board, "screens/chat/room.txt",
                "<% page:header(1); enter:chat.enter; leave:chat.leave %>A new header\n"
                "[<% get:chat.name %>] <% set:chat.say %>");
    caller_expect(moon, "A new header");
    caller_expect(moon, "<moon> to be seen again");
    caller_expect(moon, PROMPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_said_is_seen_by_all),
        TEST(what_is_typed_stays_whole),
        TEST(a_storm_tears_nobodys_line),
        TEST(terminals_without_ansi_chat_too),
        TEST(commands_are_completed_and_mended),
        TEST(each_command_refuses_what_is_absurd),
        TEST(operators_keep_order),
        TEST(private_rooms_are_for_who_is_invited),
        TEST(ignored_callers_are_not_seen),
        TEST(pages_wait_for_who_is_not_there),
        TEST(rooms_are_there_after_a_restart),
        TEST(what_was_said_can_be_read_back),
        TEST(a_flood_is_held_back),
        TEST(boards_have_policies_and_bots),
        TEST(the_clock_answers),
        TEST(rights_come_from_nothing_else),
        TEST(blanks_do_no_harm),
        TEST(nothing_is_shown_twice),
        TEST(a_narrow_window_has_whole_lines),
        TEST(a_caller_makes_few_rooms),
        TEST(a_header_stays_while_lines_scroll),
        TEST(a_new_topic_is_in_every_header),
        TEST(a_saved_screen_has_what_was_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
