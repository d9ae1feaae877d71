/* reload.canary = "sysop": what is saved is for sysops' calls alone, until it is promoted or
 * undone; with two callers and a sysop on line, and across restarts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/board/cast.h"
#include "tests/board/window.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up_starter, stage_tear_down)
#define SETTINGS "lua/settings.lua"
#define CANARY "return { reload = { canary = \"sysop\", redraw = \"none\" } }\n"
#define WALL "screens/wall.txt"
#define HANDLERS "lua/handlers/wall.lua"
#define WORDS "lua/words.lua"
#define SCREEN(word) "SCREEN " word " <% get:wall.words %>. <% key:wall.key %>\n"
#define WORDS_OF(word) "return { word = \"library " word "\" }\n"

/* What it requires it requires when it is called: the same file is in both generations. */
#define LUA_OF(word)                                                                           \
    "local wall = {}\n"                                                                        \
    "function wall.words() return 'handler " word " ' .. require 'words'.word end\n"           \
    "function wall.key() return 'menu' end\n"                                                  \
    "return wall\n"

/* `perigee WORDS...` on the board: its status; what it says is in `said` until the next. */
static char said[8192];

static int run(const char *command, const char *word)
{
    const char *const args[] = {command, "--board", board->folder, word, NULL};
    char *out;
    int status = board_run(args, NULL, &out);

    snprintf(said, sizeof(said), "%s", out);
    free(out);
    return status;
}

static void expect_said(const char *text)
{
    if (!strstr(said, text))
        fail_msg("expected '%s' in: %s", text, said);
}

/* A version of the wall is kept a moment after it is loaded. */
static void await_history(const char *text)
{
    for (int tries = 0; tries < 400; tries++) {
        if (run("history", WALL) == 0 && strstr(said, text))
            return;
        usleep(20000);
    }
    fail_msg("expected '%s' in: %s", text, said);
}

static void write_board(const char *settings)
{
    board_write(board, SETTINGS, settings);
    board_write(board, WALL, SCREEN("one"));
    board_write(board, HANDLERS, LUA_OF("one"));
    board_write(board, WORDS, WORDS_OF("one"));
    board_remove(board, "screens/wall.40.txt");
    make_sysop();
}

static void begin(void)
{
    write_board(CANARY);
    board_start(board, NULL);
}

/* Save it, and wait until it is on trial. */
static void try_out(size_t *from, const char *path, const char *text)
{
    board_write(board, path, text);
    board_expect_log(board, from, "trial=yes");
    board_expect_log(board, from, "reload event=trial generation=");
}

static void see_wall(struct caller *c, const char *text)
{
    caller_send(c, "o");
    caller_expect(c, "SCREEN");
    caller_expect(c, ".");
    if (!window_has(c, text))
        fail_msg("expected '%s'", text);
    caller_send(c, "x");
    caller_expect(c, "which key?");
}

/* --- trying --- */

static void a_save_is_for_sysops_until_it_is_promoted(void **state)
{
    struct caller *luna, *stella, *moon;
    size_t from = 0;

    (void)state;
    begin();
    luna = newcomer("luna");
    stella = newcomer("stella");
    moon = sysop();
    try_out(&from, WORDS, WORDS_OF("two")); /* before anybody has called for it */
    caller_expect(moon, "Generation 2 is a trial, for sysops only: perigee promote");
    see_wall(moon, "SCREEN one handler one library two.");
    see_wall(luna, "SCREEN one handler one library one.");
    try_out(&from, HANDLERS, LUA_OF("two"));
    see_wall(moon, "SCREEN one handler two library two.");
    try_out(&from, WALL, SCREEN("two"));
    see_wall(moon, "SCREEN two handler two library two.");
    see_wall(luna, "SCREEN one handler one library one.");
    see_wall(stella, "SCREEN one handler one library one.");
    assert_int_equal(run("who", NULL), 0);
    expect_said("         4  on trial\n");
    expect_said("         1\n");
    assert_int_equal(run("status", NULL), 0);
    expect_said("board       generation 1,");
    expect_said(
        "on trial    generation 4, for sysops\nscreens of  1 with generation 4, 2 with 1\n");
    assert_int_equal(run("status", "--json"), 0);
    expect_said(
        "\"generation\":1,\"trial\":4,\"generations\":[{\"generation\":4,\"callers\":1},"
        "{\"generation\":1,\"callers\":2}],");
    await_history("  on trial\n      2  20");
    expect_said("  in use by all but sysops\n");
    assert_int_equal(run("promote", NULL), 0);
    expect_said("generation 4 is for everybody now\n");
    caller_expect(moon, "Generation 4 is promoted: all have it now.");
    see_wall(luna, "SCREEN two handler two library two.");
    see_wall(stella, "SCREEN two handler two library two.");
    see_wall(moon, "SCREEN two handler two library two.");
    assert_false(caller_has(luna, "Generation"));
    assert_int_equal(run("promote", NULL), 1);
    expect_said("perigee: promote: nothing is on trial: everybody has generation 4");
    assert_false(board_log_has(board, " error "));
}

/* Callers who come meanwhile have what was promoted, from their first screen on; a sysop who
 * comes is told. */
/* `perigee explain KEYWORD --as HANDLE`. */
static int explain(const char *keyword, const char *handle)
{
    const char *const args[] = {"explain", keyword,       "--as", handle,
                                "--board", board->folder, NULL};
    char *out;
    int status = board_run(args, NULL, &out);

    snprintf(said, sizeof(said), "%s", out);
    free(out);
    return status;
}

static void explain_tells_of_it(void)
{
    size_t from = 0;

    try_out(&from, "screens/neu.txt", "<% page:level(1); key:wall.key %>NEW\n");
    try_out(&from, HANDLERS, LUA_OF("two"));
    assert_int_equal(explain("neu", "luna"), 1);
    expect_said("luna (level 10) does not see screens/neu.txt: it is on trial for sysops");
    expect_said(
        "screens/neu.txt: it is new and on trial (reload.canary): sysops alone have it");
    assert_int_equal(explain("neu", "moon"), 0);
    assert_int_equal(explain("wall", "luna"), 0);
    expect_said(WALL
                ": it is on trial (reload.canary): level 10 has it as it was promoted last");
    expect_said("lua/: on trial: 1; level 10 has them as they were promoted last");
}

static void who_comes_meanwhile_is_served_as_all_are(void **state)
{
    size_t from = 0;
    struct caller *moon;

    (void)state;
    begin();
    try_out(&from, WALL, SCREEN("two"));
    see_wall(newcomer("luna"), "SCREEN one");
    moon = sysop();
    caller_expect(moon, "Generation 2 is a trial, for sysops only");
    see_wall(moon, "SCREEN two");
    explain_tells_of_it();
}

static void a_mistake_on_trial_is_told_and_the_last_good_one_stays(void **state)
{
    struct caller *luna, *moon;
    size_t from = 0;

    (void)state;
    begin();
    luna = newcomer("luna");
    moon = sysop();
    try_out(&from, HANDLERS, LUA_OF("two"));
    board_write(board, HANDLERS, "local wall = = 1\n");
    board_expect_log(board, &from, "reload event=refused " HANDLERS ":1: unexpected symbol");
    caller_expect(moon, HANDLERS ":1: unexpected symbol");
    see_wall(moon, "handler two");
    see_wall(luna, "handler one");
    assert_int_equal(run("promote", NULL), 1);
    expect_said("the board has mistakes, mend or undo them first\n" HANDLERS ":1: unexpected");
    see_wall(luna, "handler one");
    board_write(board, HANDLERS, LUA_OF("three"));
    board_expect_log(board, &from, "reload event=trial generation=3");
    assert_int_equal(run("promote", NULL), 0);
    see_wall(luna, "handler three");
}

/* Timers and who listens to callers that come are everybody's. */
static void what_no_caller_runs_is_promoted_as_well(void **state)
{
    static const char greet[] =
        "local clients, log = require 'bbs.clients', require 'bbs.log'\n"
        "clients.listen('greet', function(event) log.info('greet %s') end)\n"
        "require('bbs.time').every(0.1, function()\n"
        "  local kept = require 'bbs.keep' 'greet'\n"
        "  if kept.said ~= '%s' then kept.said = '%s' log.info('timer %s') end\n"
        "end)\n"
        "return {}\n";
    char text[1000];
    size_t from = 0;

    (void)state;
    snprintf(text, sizeof(text), greet, "one", "one", "one", "one");
    board_write(board, "lua/handlers/greet.lua", text);
    begin();
    board_expect_log(board, &from, "timer one");
    snprintf(text, sizeof(text), greet, "two", "two", "two", "two");
    try_out(&from, "lua/handlers/greet.lua", text);
    sysop();
    board_expect_log(board, &from, "greet one");
    assert_false(board_log_has(board, "timer two"));
    assert_int_equal(run("promote", NULL), 0);
    board_expect_log(board, &from, "timer two");
    newcomer("luna");
    board_expect_log(board, &from, "greet two");
}

/* --- undoing --- */

static void a_trial_is_undone_as_a_whole_and_its_files_are_kept(void **state)
{
    struct caller *luna, *moon;
    size_t from = 0;
    char *text;

    (void)state;
    begin();
    luna = newcomer("luna");
    moon = sysop();
    try_out(&from, WALL, SCREEN("two"));
    try_out(&from, WORDS, WORDS_OF("two"));
    try_out(&from, "screens/neu.txt", "NEW\n");
    board_remove(board, HANDLERS);
    board_expect_log(board, &from, "gone=1 trial=yes");
    assert_int_equal(run("undo", "--trial"), 0);
    expect_said(HANDLERS "\n" WORDS "\n" WALL
                         "\nscreens/neu.txt\nThese are as everybody has them.");
    board_expect_log(board, &from, "reload event=trial-over generation=1");
    caller_expect(moon, "Nothing is on trial any more: all have generation 1.");
    see_wall(moon, "SCREEN one handler one library one.");
    see_wall(luna, "SCREEN one handler one library one.");
    assert_null(board_read(board, "screens/neu.txt"));
    assert_int_equal(run("undo", "screens/neu.txt"), 0);
    board_expect_log(board, &from, "reload event=trial generation=");
    text = board_read(board, "screens/neu.txt");
    assert_string_equal(text, "NEW\n");
    free(text);
    board_remove(board, "screens/neu.txt");
    board_expect_log(board, &from, "reload event=trial-over generation=1");
    assert_int_equal(run("undo", WALL), 0);
    board_expect_log(board, &from, "reload event=trial generation=");
    see_wall(moon, "SCREEN two handler one");
    board_write(board, WALL, SCREEN("one")); /* by an editor: that is an undo as well */
    board_expect_log(board, &from, "reload event=trial-over generation=1");
    assert_int_equal(run("undo", "--trial"), 1);
    expect_said("nothing is on trial: the board's files are as everybody has them");
}

static void a_sysop_does_it_on_line(void **state)
{
    struct caller *luna, *moon;
    size_t from = 0;

    (void)state;
    begin();
    luna = newcomer("luna");
    moon = sysop();
    try_out(&from, WALL, SCREEN("two"));
    caller_send(moon, "x");
    caller_expect(moon, "The sysop's desk");
    caller_send(moon, "w");
    caller_expect(moon, "back to the desk");
    caller_send(moon, "t");
    caller_expect(moon, "Sysops try generation 2, all others have 1.");
    caller_expect(moon, WALL);
    caller_send(moon, "p");
    caller_expect(moon, "All have generation 2 now.");
    board_expect_log(board, &from, "audit: moon (127.0.0.1): promote generation 2 1 files");
    see_wall(luna, "SCREEN two");
    try_out(&from, WALL, SCREEN("three"));
    caller_send(moon, "q");
    caller_expect(moon, "back to the desk");
    caller_send(moon, "t");
    caller_expect(moon, "Sysops try generation 3, all others have 2.");
    caller_send(moon, "u");
    caller_expect(moon, "Write all these files back");
    caller_send(moon, "y");
    caller_expect(moon, "Written back: 1. What they had is kept.");
    board_expect_log(board, &from, "audit: moon (127.0.0.1): undo trial generation 3 1 files");
    board_expect_log(board, &from, "reload event=trial-over generation=2");
    caller_send(moon, "p");
    caller_expect(moon, "All have generation 2: nothing is on trial.");
    caller_expect(moon, "Nothing is on trial.");
    caller_send(moon, "q");
    caller_expect(moon, "back to the desk");
    caller_send(moon, "q");
    caller_expect(moon, "The sysop's desk");
    caller_send(moon, "c");
    caller_expect(moon, "Gen.");
}

/* --- restarts --- */

static void restart(void)
{
    board_kill(board, SIGKILL);
    board_start(board, NULL);
}

static void what_is_held_back_survives_restarts(void **state)
{
    size_t from = 0;

    (void)state;
    begin();
    newcomer("luna");
    try_out(&from, WALL, SCREEN("two"));
    board_kill(board, SIGKILL);
    board_write(board, WORDS, WORDS_OF("two")); /* saved while no server runs */
    board_start(board, NULL);
    see_wall(come_back("luna"), "SCREEN one handler one library one.");
    see_wall(sysop(), "SCREEN two handler one library two.");
    assert_int_equal(run("promote", NULL), 0);
    restart();
    see_wall(come_back("luna"), "SCREEN two handler one library two.");
    assert_int_equal(run("promote", NULL), 1);
    expect_said("nothing is on trial");
    board_kill(board, SIGKILL);
    board_write(board, WALL, "<% if:wrong\n");
    board_start(board, NULL);
    see_wall(come_back("luna"), "SCREEN two handler one library two.");
    see_wall(sysop(), "SCREEN two handler one library two.");
    assert_int_equal(run("undo", "--trial"), 0); /* without a server, too */
    board_kill(board, SIGKILL);
    board_write(board, WALL, SCREEN("three"));
    assert_int_equal(run("promote", NULL), 1);
    expect_said("no server runs on");
    assert_int_equal(run("undo", "--trial"), 0);
    board_start(board, NULL);
    see_wall(sysop(), "SCREEN two handler one library two.");
}

static void a_cut_file_of_what_all_have_promotes_nothing(void **state)
{
    const char *const args[] = {"serve",    "--board",     board->folder,
                                "--listen", "127.0.0.1:0", NULL};
    char *text;
    char *out;

    (void)state;
    begin();
    assert_int_equal(board_stop(board), 0);
    text = board_read(board, "data/promoted");
    assert_non_null(text);
    text[strlen(text) / 2] = '\0';
    board_write(board, "data/promoted", text);
    free(text);
    assert_int_equal(board_run(args, NULL, &out), 3);
    assert_non_null(strstr(out, "data/promoted: it is cut or no file of Perigee's"));
    free(out);
    board_write(board, "data/promoted", "something else\n");
    assert_int_equal(board_run(args, NULL, &out), 3);
    free(out);
    board_remove(board, "data/promoted");
    board_start(board, NULL);
    see_wall(sysop(), "SCREEN one");
}

/* The file of what all have has a line for each. */
static void a_line_end_in_a_name_does_not_stop_the_server(void **state)
{
    size_t from = 0;

    (void)state;
    write_board(CANARY);
    board_write(board, "lua/two\nlines.lua", "return 1\n");
    board_start(board, NULL);
    board_expect_log(board, &from, "lua/two:1:1: a control character follows in the file's");
    restart();
    see_wall(sysop(), "SCREEN one");
}

/* --- the setting --- */

static void the_setting_is_set_and_taken_away(void **state)
{
    struct caller *luna, *moon;
    size_t from = 0;

    (void)state;
    write_board("return {}\n");
    board_start(board, NULL);
    luna = newcomer("luna");
    moon = sysop();
    assert_int_equal(run("promote", NULL), 1);
    expect_said(
        "reload.canary is not \"sysop\" in lua/settings.lua: each save is for everybody");
    assert_int_equal(run("undo", "--trial"), 1);
    expect_said("nothing is on trial: no server has kept what all callers have in");
    board_write(board, WALL, SCREEN("two"));
    board_expect_log(board, &from, "reload event=screens generation=2");
    see_wall(luna, "SCREEN two");
    board_write(board, SETTINGS, CANARY);
    board_expect_log(board, &from, "settings event=loaded");
    try_out(&from, WALL, SCREEN("three"));
    see_wall(luna, "SCREEN two");
    see_wall(moon, "SCREEN three");
    board_write(board, SETTINGS, "return {}\n");
    board_expect_log(
        board, &from,
        "reload event=promoted generation=3 why=\"reload.canary is not set any more\"");
    caller_expect(moon, "reload.canary is not set any more: all have generation 3 now.");
    see_wall(luna, "SCREEN three");
    assert_null(board_read(board, "data/promoted"));
    board_write(board, WALL, SCREEN("four"));
    board_expect_log(board, &from, "reload event=screens generation=4");
    see_wall(luna, "SCREEN four");
    board_write(board, SETTINGS, "return { reload = { canary = \"all\" } }\n");
    board_expect_log(board, &from, SETTINGS ":1: reload.canary is \"all\", expected one of");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_save_is_for_sysops_until_it_is_promoted),
        TEST(who_comes_meanwhile_is_served_as_all_are),
        TEST(a_mistake_on_trial_is_told_and_the_last_good_one_stays),
        TEST(what_no_caller_runs_is_promoted_as_well),
        TEST(a_trial_is_undone_as_a_whole_and_its_files_are_kept),
        TEST(a_sysop_does_it_on_line),
        TEST(what_is_held_back_survives_restarts),
        TEST(a_cut_file_of_what_all_have_promotes_nothing),
        TEST(a_line_end_in_a_name_does_not_stop_the_server),
        TEST(the_setting_is_set_and_taken_away),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
