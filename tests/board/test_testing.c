/* perigee test: a board's own tests pass where all is well, and where it is not they fail with
 * a message that says where; nothing that they do reaches the board. */
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/board/command.h"
#include "tests/board/stage.h"

static char data[300];
static char temp[300];
static void write_board(void)
{
    board_write(board, "screens/root.txt", "Your handle\n<% go:menu(\"M\") %><% set:f.name %>");
    board_write(board, "screens/menu.txt",
                "|14The menu|07\n\n  <% get:f.rules %>\n<% key:f.key %>");
    board_write(board, "screens/cellar.txt", "nobody comes here\n<% get:f.unused %>");
    board_write(board, "lua/handlers/f.lua",
                "local time = require 'bbs.time'\n"
                "local f = {}\n"
                "function f.name(client, text)\n"
                "  if text == 'bad' then error 'no good' end\n"
                "  if text == 'slow' then time.sleep(500) return 'menu' end\n"
                "  if text == 'bye' then return 'hangup' end\n"
                "  return 'menu'\n"
                "end\n"
                "function f.rules() return 'House rules' end\n"
                "function f.key(client, key) return 'root' end\n"
                "function f.unused() end\n"
                "return f\n");
}

static int set_up(void **state)
{
    stage_set_up(state);
    snprintf(data, sizeof(data), "%s/data", board->folder);
    snprintf(temp, sizeof(temp), "%s/temp", board->folder);
    mkdir(temp, 0700);
    setenv("TMPDIR", temp, 1);
    write_board();
    return 0;
}

/* Nothing is left of what was tested. */
static int tear_down(void **state)
{
    DIR *d = opendir(temp);
    unsigned left = 0;

    for (struct dirent *e = readdir(d); e; e = readdir(d))
        left += e->d_name[0] != '.';
    closedir(d);
    unsetenv("TMPDIR");
    free(said);
    said = NULL;
    return stage_tear_down(state) || left > 0 || access(data, F_OK) == 0;
}

#define RUN(status, ...)                                                                       \
    run_command(status,                                                                        \
                (const char *const[]){"test", "--board", board->folder, __VA_ARGS__, NULL},    \
                NULL)

static void write_test(const char *body)
{
    char text[4096];

    snprintf(text, sizeof(text), "test('it', function(t)\n%s\nend)\n", body);
    board_write(board, "lua/tests/it.lua", text);
}

/* One that fails, in this line of lua/tests/it.lua. */
static void expect_failure(const char *body, unsigned line, const char *why)
{
    char where[64];

    write_test(body);
    RUN(1, "it");
    snprintf(where, sizeof(where), "lua/tests/it.lua:%u: ", line);
    expect_said("  FAIL  it  (");
    expect_said(where);
    expect_said(why);
    expect_said("0 passed, 1 failed\n");
}

/* --- what passes --- */

static void callers_type_and_see(void **state)
{
    (void)state;
    write_test("local one = t:dial { size = '80x25', charset = 'cp437' }\n"
               "one:expect 'Your handle'\n"
               "one:type 'newcomer\\r'\n"
               "one:see(3, 'House rules')\n"
               "one:at 'menu'\n"
               "one:see_not 'handle'\n"
               "local other = t:dial { charset = 'utf-8', ansi = false, size = '40x25' }\n"
               "other:expect 'Your handle'\n"
               "one:key 'x'\n"
               "one:at 'root'\n"
               "assert(one:row(1) == 'Your handle', one:row(1))\n"
               "one:type 'bye\\r'\n"
               "one:expect_end()\n"
               "t:user('luna g', { level = 30 })\n"
               "local luna = t:dial { as = 'luna g' }\n"
               "luna:at 'menu'\n"
               "assert(luna.level == 30)");
    RUN(0, "--only", "it");
    expect_said("lua/tests/it.lua\n  ok    it  (");
    expect_said("1 passed, 0 failed\n");
}

static void minutes_take_no_time(void **state)
{
    (void)state;
    write_test("local one = t:dial()\n"
               "one:type 'slow\\r'\n"
               "one:see 'Your handle'\n"
               "t:pass(450)\n"
               "one:see 'Your handle'\n"
               "t:pass(51)\n"
               "one:at 'menu'\n"
               "t:clock '2031-12-24 18:00'\n");
    RUN(0, "it");
}

static void a_file_of_the_board_is_changed_for_a_test(void **state)
{
    (void)state;
    write_test(
        "local one = t:dial()\n"
        "t:write('screens/menu.txt', 'Another menu\\n<% get:f.rules %><% key:f.key %>')\n"
        "t:write('lua/handlers/f.lua', [[local f = {}\n"
        "function f.name() return 'menu' end\n"
        "function f.rules() return 'No rules' end\n"
        "function f.key() end\n"
        "function f.unused() end\n"
        "return f]])\n"
        "one:type 'x\\r'\n"
        "one:see(1, 'Another menu')\n"
        "one:see(2, 'No rules')");
    RUN(0, "it");
    expect_failure("t:allow 'refused'\nt:write('screens/menu.txt', '<% get: %>')", 3,
                   "menu.txt:1");
    expect_failure("t:write('data/x', '')", 2, "a path below screens/, lua/ or doors/");
    expect_failure("t:write('lua/../../x', '')", 2, "a path below screens/, lua/ or doors/");
}

static void a_restart_ends_the_calls_and_keeps_the_accounts(void **state)
{
    (void)state;
    write_test("t:user('luna', { level = 30 })\n"
               "local one = t:dial { as = 'luna' }\n"
               "t:restart()\n"
               "assert(one.is_over)\n"
               "t:dial { as = 'luna' }:at 'menu'");
    RUN(0, "it");
}

static void what_was_never_visited_is_told(void **state)
{
    (void)state;
    write_test("t:dial():type 'x\\r'");
    RUN(0, "it");
    assert_null(strstr(said, "never visited"));
    RUN(0, "--seed", "1");
    expect_said("1 screen never visited: cellar\n");
    expect_said("handlers never visited: f.key f.unused\n");
    RUN(1, "--all", "it");
    RUN(1, "--all", "--tap", "it");
    expect_said("ok 1 - it");
    expect_said("not ok 2 - every screen and handler is visited\n1..2\n");
}

static void tests_share_what_is_in_folders_below(void **state)
{
    (void)state;
    board_write(board, "lua/tests/lib/people.lua",
                "local people = {}\n"
                "function people.at_menu(t)\n"
                "  local one = t:dial()\n"
                "  one:type 'x\\r'\n"
                "  one:see(1, 'The moon')\n"
                "end\n"
                "return people\n");
    write_test("local people = require 'tests.lib.people'\n"
               "t:patience(0.2)\n"
               "people.at_menu(t)");
    RUN(1, "it");
    expect_said("lua/tests/lib/people.lua:5: row 1 has no \"The moon\": it is \"The menu\"");
    expect_said("(called from lua/tests/it.lua:4)");
}

/* --- what fails, and where --- */

static void what_does_not_come_is_said_with_the_window(void **state)
{
    (void)state;
    expect_failure("t:patience(0.2)\nlocal one = t:dial()\none:expect 'House rules'", 4,
                   "\"House rules\" does not come: it is at the screen 'root'");
    expect_said("what a guest sees (it is at the screen 'root'):");
    expect_said("\u2502Your handle\n");
}

static void where_a_text_stands_instead_is_said(void **state)
{
    (void)state;
    expect_failure("t:patience(0.2)\nlocal one = t:dial()\none:see(2, 'Your handle')", 4,
                   "row 2 has no \"Your handle\": it is \"\"; row 1 has it");
    expect_failure("t:dial():see(26, 'x')", 2, "there is no row 26, expected 1 to 25");
}

/* The caller who was asked comes first; of many there is no picture. */
static void of_many_callers_some_are_drawn(void **state)
{
    (void)state;
    expect_failure("local all = {}\n"
                   "for i = 1, 6 do all[i] = t:dial { as = t:user('c' .. i) } end\n"
                   "all[2]:see_not 'The menu'",
                   4, "row 1 has \"The menu\"");
    expect_said("  what c2 sees (it is at the screen 'menu'):");
    expect_said("  what c6 sees (it is at the screen 'menu'):");
    expect_said("  and 3 callers more\n");
    assert_null(strstr(said, "what c4 sees"));
}

static void what_has_failed_is_listed_at_the_end(void **state)
{
    (void)state;
    board_write(board, "lua/tests/it.lua",
                "test('good', function(t) end)\n"
                "test('100 %d', function(t) error 'one' end)\n"
                "test('bad', function(t) error 'two' end)\n");
    RUN(1, "it");
    expect_said("These have failed:\n  lua/tests/it.lua: 100 %d\n  lua/tests/it.lua: bad\n");
    expect_said("1 passed, 2 failed");
}

static void wandering_refuses_what_it_does_not_know(void **state)
{
    (void)state;
    expect_failure("t:wander { cals = 5 }", 2, "wander{ cals = }: calls, as, at_once or seed");
    expect_failure("t:wander { calls = 'x' }", 2, "wander: calls: a number expected");
    expect_failure("t:wander { as = {} }", 2, "wander: as: one handle at least");
}

static void an_error_of_a_handler_fails_the_test(void **state)
{
    (void)state;
    write_test("t:dial():type 'bad\\r'");
    RUN(1, "it");
    expect_said("the server logged:");
    expect_said("lua/handlers/f.lua:4: no good");
    write_test("t:allow 'no good'\nt:dial():type 'bad\\r'");
    RUN(0, "it");
}

static void a_broken_screen_fails_the_test(void **state)
{
    (void)state;
    board_write(board, "screens/menu.txt", "<% get: %>");
    write_test("t:dial()");
    RUN(1, "it");
    expect_said("screens/menu.txt:1:9:");
}

static void a_changed_picture_fails_the_test(void **state)
{
    char *kept;

    (void)state;
    expect_failure("t:dial { as = t:user 'luna' }:snapshot 'menu'", 2,
                   "there is no lua/tests/snapshots/it/menu.txt yet: perigee test --update");
    RUN(0, "it", "--update");
    RUN(0, "it");
    kept = board_read(board, "lua/tests/snapshots/it/menu.txt");
    assert_string_equal(kept, "|14The menu\n\n  House rules\n");
    free(kept);
    board_write(board, "screens/menu.txt", "|14The menu|07\n\n  <% get:f.rules %>!\n");
    RUN(1, "it");
    expect_said("lua/tests/it.lua:2: the window is not as in lua/tests/snapshots/it/menu.txt");
    expect_said("row 3\n          was    House rules\n          is     House rules!\n");
    expect_said("\n                            ^\n");
    board_write(board, "screens/menu.txt", "|15The menu|07\n\n  <% get:f.rules %>\n");
    RUN(1, "it");
    expect_said("row 1\n          was  |14The menu\n          is   |15The menu\n");
}

static void what_changes_is_hidden_from_snapshots(void **state)
{
    (void)state;
    board_write(board, "screens/menu.txt", "It is <% get:f.now %>.\n");
    board_write(board, "lua/handlers/f.lua",
                "local f = {}\n"
                "function f.now() return os.date '%H:%M:%S' end\n"
                "function f.name() end\nreturn f\n");
    write_test(
        "t:dial { as = t:user 'luna' }:snapshot('menu', { hide = { '%d%d:%d%d:%d%d' } })");
    RUN(0, "it", "--update");
    RUN(0, "it");
}

/* --- who wanders --- */

static void who_wanders_finds_a_broken_handler(void **state)
{
    (void)state;
    board_write(board, "lua/handlers/f.lua",
                "local f = {}\n"
                "function f.name(client, text)\n"
                "  if #text > 200 then return nil .. text end\n"
                "  return 'menu'\n"
                "end\n"
                "function f.rules() return 'House rules' end\n"
                "function f.key() return 'root' end\n"
                "return f\n");
    write_test("t:wander { calls = 400 }");
    RUN(1, "it", "--seed", "5");
    expect_said("lua/tests/it.lua:2: wander{ seed = 5 }: ");
    expect_said("xxxxxxxxxxxxxxxxxxxx enter\n");
    expect_said("lua/handlers/f.lua:3: attempt to concatenate a nil value");
    write_board();
    write_test("t:allow 'no good'\nt:wander { calls = 30 }");
    RUN(0, "it");
}

/* As for who calls over the network. */
static void limits_by_address_hold_for_tests_too(void **state)
{
    (void)state;
    write_test("for i = 1, 12 do t:dial { address = '127.0.0.9' } end -- which is allowed\n"
               "for i = 1, 10 do t:dial { address = '192.0.2.1' } end\n"
               "local one = t:dial { address = '192.0.2.1' }\n"
               "one:see 'There are too many callers from your address.'\n"
               "one:expect_end()\n"
               "t:dial { address = '192.0.2.2' }:see 'Your handle'");
    RUN(0, "it");
}

static void a_file_can_begin_with_an_empty_store(void **state)
{
    char used[300];

    (void)state;
    snprintf(used, sizeof(used), "%s/used", board->folder);
    mkdir(used, 0700);
    run_command(0,
                (const char *const[]){"user", "add", "luna", "--password-stdin", "--board",
                                      board->folder, "--data", used, NULL},
                "moonlight 7\n");
    write_test("t:dial { as = 'luna' }:at 'menu'");
    RUN(0, "--data", used, "it");
    board_write(board, "lua/tests/it.lua",
                "empty_store()\n"
                "test('it', function(t) t:dial { as = 'luna' } end)\n");
    RUN(1, "--data", used, "it");
    expect_said("lua/tests/it.lua:2: there is no account 'luna'");
    board_write(board, "lua/tests/it.lua", "test('it', function(t) end)\nempty_store()\n");
    RUN(1, "--data", used, "it");
    expect_said("lua/tests/it.lua:2: empty_store() stands before the tests of a file");
}

static void other_systems_are_not_called(void **state)
{
    (void)state;
    board_write(
        board, "lua/settings.lua",
        "return { dial = { hosts = { 'telnet://192.0.2.1', 'telnet://127.0.0.1:9' } } }");
    board_write(board, "lua/handlers/f.lua",
                "local f = {}\n"
                "function f.name(client, text)\n"
                "  local result, why = client:dial { host = text }\n"
                "  return 'repeat', why or result.reason or '?'\n"
                "end\n"
                "function f.rules() end\nfunction f.key() end\nfunction f.unused() end\n"
                "return f\n");
    write_test("local luna = t:dial { as = t:user 'luna', at = 'root' }\n"
               "luna:type '192.0.2.1\\r'\n"
               "luna:see 'tests call no system but this one'\n"
               "luna:type '127.0.0.1\\r'\n"
               "luna:see 'refuses the call'\n");
    RUN(0, "it");
}

/* --- tests with errors in them --- */

static void mistakes_in_tests_are_said(void **state)
{
    (void)state;
    expect_failure("local x = nil\nx.y()", 3, "attempt to index a nil value (local 'x')");
    expect_failure("t:dial { siez = '80x25' }", 2, "dial{ siez = }: size, charset, ansi");
    expect_failure("t:dial { size = '8x25' }", 2, "size \"8x25\": COLUMNSxROWS expected");
    expect_failure("t:dial { charset = 'latin1' }", 2, "charset \"latin1\": cp437, utf-8 or");
    expect_failure("t:dial { as = 'nobody' }", 2, "there is no account 'nobody': t:user(");
    board_write(board, "screens/vault.txt", "<% page:level(50) %>gold");
    expect_failure("t:dial { at = 'nowhere' }", 2, "dial: there is no screen 'nowhere'");
    expect_failure("t:dial { as = t:user 'luna', at = 'vault' }", 2,
                   "dial: 'vault' is for level 50 and above, and luna has 10");
    expect_failure("t:dial():key 'enterr'", 2, "there is no key 'enterr'");
    expect_failure("t:file('../x', '')", 2, "a path below the data folder's files/ expected");
    expect_failure("global = 1", 2, "'global' would be a global, expected 'local global'");
    expect_failure("os.execute 'true'", 2, "attempt to call a nil value (field 'execute')");
    expect_failure("while true do end", 2, "an endless loop?");
    expect_failure("test('inner', function() end)", 2, "not within a test");
    expect_failure("t:user('luna', { levl = 3 })", 2,
                   "user{ levl = }: nick, password or level");
    expect_failure("t:user(('x'):rep(30))", 2, "the handle 'xxxxxxxx");
}

/* Not even by who catches all errors. */
static void an_endless_loop_ends(void **state)
{
    (void)state;
    write_test("local s = 'x' while true do s = s .. s end");
    RUN(1, "it");
    expect_said("not enough memory");
    write_test("while true do pcall(function() while true do end end) end");
    RUN(3, "it");
    expect_said(
        "lua/tests/it.lua:2: it runs on and on, and waits for nothing: an endless loop?");
    expect_failure("local f = coroutine.wrap(function() while true do end end) f()", 2,
                   "endless");
}

static void files_that_do_not_load_are_said(void **state)
{
    (void)state;
    RUN(3, "--only", "x");
    expect_said("has no tests: a file lua/tests/NAME.lua has some");
    board_write(board, "lua/tests/it.lua", "test('it', function(t)\n");
    RUN(1, "it");
    expect_said("  FAIL  the file\n        lua/tests/it.lua:2: 'end' expected");
    RUN(2, "missing");
    expect_said("lua/tests/missing.lua: No such file or directory");
    RUN(2, "--seed", "x");
    expect_said("--seed x: a number from 1 expected");
    write_test("");
    RUN(1, "--only", "nothing of the kind");
    expect_said("no test has run: no name has what --only says");
}

/* The server never loads them. */
static void tests_are_no_part_of_the_board(void **state)
{
    const char *const check[] = {"check", "--board", board->folder, NULL};

    (void)state;
    board_remove(board, "screens/cellar.txt");
    board_write(board, "lua/tests/it.lua", "error 'loaded'");
    free(said);
    if (board_run(check, NULL, &said) != 0)
        fail_msg("%s", said);
}

/* Who waits at a terminal sees how far it is; and not, when it is over. */
static void wandering_tells_how_far_it_is(void **state)
{
    const char *const args[] = {"test", "--board", board->folder, NULL};
    char shown[20000] = "";
    size_t len = 0;
    ssize_t n;
    int terminal, status;
    pid_t pid;

    (void)state;
    write_test("t:wander { calls = 12 }");
    pid = board_spawn_in_terminal(args, &terminal);
    while ((n = read(terminal, shown + len, sizeof(shown) - 1 - len)) > 0)
        len += (size_t)n;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(terminal);
    assert_non_null(strstr(shown, "\rwandering: call 1 of 12\033[K"));
    assert_non_null(strstr(shown, "\rwandering: call 12 of 12\033[K\r\033[K"));
}

static void ctrl_c_ends_it_and_leaves_nothing(void **state)
{
    const char *const args[] = {"test", "--board", board->folder, NULL};
    char piece[512] = "";
    int to, from, status;
    pid_t pid;

    (void)state;
    write_test("t:wander { calls = 1000000 }");
    pid = board_spawn(args, &to, &from);
    while (!strstr(piece, "it.lua"))
        assert_true(read(from, piece, sizeof(piece) - 1) > 0);
    kill(pid, SIGINT);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(to);
    close(from);
    assert_int_equal(WEXITSTATUS(status), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(callers_type_and_see, set_up, tear_down),
        cmocka_unit_test_setup_teardown(minutes_take_no_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_of_the_board_is_changed_for_a_test, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(limits_by_address_hold_for_tests_too, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_restart_ends_the_calls_and_keeps_the_accounts, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_was_never_visited_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tests_share_what_is_in_folders_below, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_does_not_come_is_said_with_the_window, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(where_a_text_stands_instead_is_said, set_up, tear_down),
        cmocka_unit_test_setup_teardown(of_many_callers_some_are_drawn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_has_failed_is_listed_at_the_end, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(wandering_refuses_what_it_does_not_know, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_error_of_a_handler_fails_the_test, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_broken_screen_fails_the_test, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_changed_picture_fails_the_test, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_changes_is_hidden_from_snapshots, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(who_wanders_finds_a_broken_handler, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_can_begin_with_an_empty_store, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(other_systems_are_not_called, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mistakes_in_tests_are_said, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_endless_loop_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(files_that_do_not_load_are_said, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tests_are_no_part_of_the_board, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wandering_tells_how_far_it_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ctrl_c_ends_it_and_leaves_nothing, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
