/* A board is edited while callers are on it: what is saved is seen, what is wrong is told with
 * its file and line, and changes nothing. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/board/board.h"

#define ROOT "FIRST\nasks> <% set:t.take %>\n"
#define TAKE(answer)                                                                           \
    "local t = {}\n"                                                                           \
    "function t.take() return \"repeat\", \"" answer "\" end\n"                                \
    "return t\n"
#define ALL "return { reload = { redraw = \"all\" } }\n"

static struct board *board;
static struct caller *caller;

static int set_up(void **state)
{
    (void)state;
    board = board_new(false);
    board_write(board, "lua/settings.lua", ALL);
    board_write(board, "screens/root.txt", ROOT);
    board_write(board, "lua/handlers/t.lua", TAKE("one"));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    caller_free(caller);
    caller = NULL;
    board_free(board);
    return 0;
}

static void start(void)
{
    board_start(board, NULL);
    caller = caller_dial(board, CALLER_XTERM);
    caller_expect(caller, "asks> ");
}

/* Another program than the shell would need: the file is written beside and renamed over. */
static void rename_over(const char *path, const char *text)
{
    char from[600];
    char to[600];

    board_write(board, "screens/.new", text);
    snprintf(from, sizeof(from), "%s/screens/.new", board->folder);
    snprintf(to, sizeof(to), "%s/%s", board->folder, path);
    assert_int_equal(rename(from, to), 0);
}

static void a_screen_is_seen_however_it_is_saved(void **state)
{
    (void)state;
    start();
    board_write(board, "screens/root.txt", "IN PLACE\nasks> <% set:t.take %>\n");
    caller_expect(caller, "IN PLACE");
    rename_over("screens/root.txt", "RENAMED\nasks> <% set:t.take %>\n");
    caller_expect(caller, "RENAMED");
    board_remove(board, "screens/root.txt");
    board_write(board, "screens/root.txt", "WRITTEN AGAIN\nasks> <% set:t.take %>\n");
    caller_expect(caller, "WRITTEN AGAIN");
}

static void who_has_typed_is_not_redrawn(void **state)
{
    size_t from = 0;

    (void)state;
    start();
    caller_send(caller, "half");
    caller_expect(caller, "half");
    board_write(board, "screens/root.txt", "SECOND\nasks> <% set:t.take %>\n");
    board_expect_log(board, &from, "event=screens");
    caller_send(caller, " a line\r");
    caller_expect(caller, "one");
    assert_false(caller_has(caller, "SECOND"));
}

static void a_broken_screen_changes_nothing(void **state)
{
    size_t from = 0;
    struct caller *other;

    (void)state;
    start();
    board_write(board, "screens/root.txt", "BROKEN\n<% nope:t.take %>\n");
    board_expect_log(board, &from, "screens/root.txt:2:4: found 'nope', expected one of");
    other = caller_dial(board, CALLER_XTERM);
    caller_expect(other, "FIRST");
    caller_free(other);
    board_write(board, "screens/root.txt", "MENDED\nasks> <% set:t.take %>\n");
    caller_expect(caller, "MENDED");
}

static void a_new_folder_is_watched(void **state)
{
    size_t from = 0;

    (void)state;
    start();
    board_write(board, "screens/deep/er/page.txt", "DEEP\n");
    board_expect_log(board, &from, "event=screens");
    board_write(board, "lua/handlers/t.lua",
                "local t = {}\nfunction t.take() return \"deep/er/page\" end\nreturn t\n");
    board_expect_log(board, &from, "event=lua");
    caller_send(caller, "x\r");
    caller_expect(caller, "DEEP");
}

static void a_broken_handler_changes_nothing(void **state)
{
    size_t from = 0;

    (void)state;
    start();
    board_write(board, "lua/handlers/t.lua", "local t = {}\nfunction t.take( return t\n");
    board_expect_log(board, &from, "lua/handlers/t.lua:2:");
    caller_send(caller, "x\r");
    caller_expect(caller, "one");
    board_write(board, "lua/handlers/t.lua", "local t = {}\nerror 'while loading'\nreturn t\n");
    board_expect_log(board, &from, "lua/handlers/t.lua:2: while loading");
    caller_send(caller, "x\r");
    caller_expect(caller, "one");
    board_write(board, "lua/handlers/t.lua", TAKE("two"));
    board_expect_log(board, &from, "event=lua");
    caller_send(caller, "x\r");
    caller_expect(caller, "two");
}

static void a_library_takes_its_users_with_it(void **state)
{
    size_t from = 0;

    (void)state;
    board_write(board, "lua/words.lua", "return { answer = \"old word\" }\n");
    board_write(board, "lua/handlers/t.lua",
                "local words = require \"words\"\nlocal t = {}\n"
                "function t.take() return \"repeat\", words.answer end\nreturn t\n");
    start();
    caller_send(caller, "x\r");
    caller_expect(caller, "old word");
    board_write(board, "lua/words.lua", "return nil .. 1\n");
    board_expect_log(board, &from, "lua/words.lua:1:");
    caller_send(caller, "x\r");
    caller_expect(caller, "old word");
    board_write(board, "lua/words.lua", "return { answer = \"new word\" }\n");
    board_expect_log(board, &from, "event=lua");
    caller_send(caller, "x\r");
    caller_expect(caller, "new word");
}

static void what_is_kept_survives(void **state)
{
    static const char *const counter =
        "local kept = require \"bbs.keep\" \"count\"\nlocal t = {}\n"
        "function t.take()\n"
        "  kept.n = (kept.n or 0) + 1\n  return \"repeat\", \"%s \" .. kept.n\nend\nreturn t\n";
    char text[400];
    size_t from = 0;

    (void)state;
    snprintf(text, sizeof(text), counter, "before");
    board_write(board, "lua/handlers/t.lua", text);
    start();
    caller_send(caller, "x\r");
    caller_expect(caller, "before 1");
    snprintf(text, sizeof(text), counter, "after");
    board_write(board, "lua/handlers/t.lua", text);
    board_expect_log(board, &from, "event=lua");
    caller_send(caller, "x\r");
    caller_expect(caller, "after 2");
}

static void wrong_settings_are_refused(void **state)
{
    size_t from = 0;

    (void)state;
    start();
    board_write(board, "lua/settings.lua", "return { limits = { idle_minutes = 5 } }\n");
    board_expect_log(board, &from, "there is no setting 'limits.idle_minutes'");
    board_write(board, "lua/settings.lua", "return { listen = { \"127.0.0.1:1\" } }\n");
    board_expect_log(board, &from, "takes effect at the next start");
}

static void a_login_that_fails_for_all_gives_way(void **state)
{
    size_t from = 0;

    (void)state;
    start();
    board_write(board, "lua/handlers/t.lua",
                "local t = {}\nfunction t.take() error 'for everybody' end\nreturn t\n");
    board_expect_log(board, &from, "event=lua");
    caller_send(caller, "x\r");
    caller_expect(caller, "incident 1");
    caller_send(caller, "x\r");
    caller_expect(caller, "incident 2");
    board_expect_log(board, &from, "event=reverted handler=t.take");
    caller_send(caller, "x\r");
    caller_expect(caller, "one");
}

static void a_start_with_a_broken_file_uses_the_last_good(void **state)
{
    size_t from = 0;

    (void)state;
    start();
    caller_send(caller, "x\r");
    caller_expect(caller, "one");
    caller_free(caller);
    caller = NULL;
    assert_int_equal(board_stop(board), 0);
    board_write(board, "lua/handlers/t.lua", "this is no Lua\n");
    board_write(board, "screens/root.txt", "<% broken\n");
    start();
    board_expect_log(board, &from, "its last good version is used");
    caller_send(caller, "x\r");
    caller_expect(caller, "one");
}

/* It compiles, and does not link: a block without its end, in a part that the screen includes.
 */
static void a_start_with_an_open_block_uses_the_last_good(void **state)
{
    const char *list[] = {"history", "screens/zoo.txt", "--board", board->folder, NULL};
    char *out = NULL;
    size_t from = 0;

    (void)state;
    board_write(board, "screens/root.txt", "<% include:zoo %>\n" ROOT);
    board_write(board, "screens/zoo.txt", "THE ZOO\n");
    start();
    board_write(board, "screens/zoo.txt", "<% if:t.take %>OPEN\n");
    board_expect_log(board, &from, "screens/zoo.txt:1:4: this if: is not closed");
    board_write(board, "screens/root.txt", "<% include:zoo %>\n" ROOT "<% end; end %>\n");
    board_expect_log(board, &from, "screens/root.txt:4:9: 'end' without an open if:");
    caller_send(caller, "x\r");
    caller_expect(caller, "one");
    caller_free(caller);
    caller = NULL;
    assert_int_equal(board_stop(board), 0);
    assert_int_equal(board_run(list, NULL, &out), 0);
    assert_null(strstr(out, "\n      2  ")); /* of what was good */
    free(out);
    start();
    board_expect_log(board, &from, "screens/zoo.txt why=\"it is broken: its last good");
    board_expect_log(board, &from, "screens/root.txt why=\"it is broken: its last good");
    board_expect_log(board, &from, "screens/zoo.txt:1:4: this if: is not closed");
    assert_true(caller_has(caller, "THE ZOO"));
    board_write(board, "screens/zoo.txt", "A ZOO\n");
    board_write(board, "screens/root.txt", "<% include:zoo %>\n" ROOT);
    caller_expect(caller, "A ZOO");
}

static void a_broken_board_leaves_sysops_a_login(void **state)
{
    char *password;

    (void)state;
    board_remove(board, "screens/root.txt");
    board_start(board, NULL);
    password = board_sysop_password(board);
    caller = caller_dial(board, CALLER_XTERM);
    caller_expect(caller, "Perigee's own login");
    caller_expect(caller, "Handle: ");
    caller_send(caller, "sysop\r");
    caller_expect(caller, "Password: ");
    caller_send(caller, password);
    caller_send(caller, "\r");
    caller_expect(caller, "The password that was given to you");
    free(password);
}

static void reload_and_generations(void **state)
{
    char data[300];
    const char *status[] = {"status", "--json", "--data", data, NULL};
    const char *reload[] = {"reload", "--data", data, NULL};
    char *out = NULL;

    (void)state;
    snprintf(data, sizeof(data), "%s/data", board->folder);
    start();
    assert_int_equal(board_run(status, NULL, &out), 0);
    assert_non_null(strstr(out, "\"generation\":1,"));
    free(out);
    board_write(board, "screens/root.txt", "NEXT\nasks> <% set:t.take %>\n");
    caller_expect(caller, "NEXT");
    assert_int_equal(board_run(reload, NULL, &out), 0);
    free(out);
    assert_int_equal(board_run(status, NULL, &out), 0);
    assert_null(strstr(out, "\"generation\":1,"));
    free(out);
}

/* Type a line; the answer, and the prompt again. */
static void ask(const char *expected)
{
    caller_send(caller, "x\r");
    caller_expect(caller, expected);
    caller_expect(caller, "asks> ");
}

static void move(const char *from, const char *to)
{
    char a[600];
    char b[600];

    snprintf(a, sizeof(a), "%s/%s", board->folder, from);
    snprintf(b, sizeof(b), "%s/%s", board->folder, to);
    assert_int_equal(rename(a, b), 0);
}

/* A library loses a function and its user no longer needs it: only both are a whole. */
static void files_that_need_each_other_change_together(void **state)
{
    size_t from = 0;

    (void)state;
    board_write(board, "lua/words.lua", "return { old = function() return \"old\" end }\n");
    board_write(board, "lua/handlers/t.lua",
                "local old = assert(require \"words\".old, \"no old\")\n"
                "return { take = function() return \"repeat\", old() end }\n");
    start();
    ask("old");
    board_write(board, "lua/words.lua", "return { new = function() return \"new\" end }\n");
    board_expect_log(board, &from, "lua/handlers/t.lua:1: no old");
    ask("old");
    board_write(board, "lua/handlers/t.lua",
                "local new = assert(require \"words\".new, \"no new\")\n"
                "return { take = function() return \"repeat\", new() end }\n");
    board_expect_log(board, &from, "event=lua");
    ask("new");
}

static void a_mistake_does_not_hold_back_the_next_file(void **state)
{
    size_t from = 0;

    (void)state;
    start();
    board_write(board, "lua/handlers/other.lua", "return {\n");
    board_expect_log(board, &from, "lua/handlers/other.lua:");
    board_write(board, "lua/handlers/t.lua", TAKE("two"));
    board_expect_log(board, &from, "event=lua");
    ask("two");
}

/* What takes long is not begun anew, and nobody is dropped. */
static void calls_under_way_finish_in_the_old_code(void **state)
{
    size_t from = 0;

    (void)state;
    board_write(
        board, "lua/handlers/t.lua",
        "local t = {}\nlocal function finish() return \"repeat\", \"old end\" end\n"
        "function t.take(client)\n"
        "  client:read_line { prompt = \"more> \" }\n  return finish()\nend\nreturn t\n");
    start();
    caller_send(caller, "x\r");
    caller_expect(caller, "more> ");
    board_write(board, "lua/handlers/t.lua", TAKE("two"));
    board_expect_log(board, &from, "event=lua");
    caller_send(caller, "y\r");
    caller_expect(caller, "old end");
    caller_expect(caller, "asks> ");
    ask("two");
}

static void what_an_editor_has_not_closed_is_not_read(void **state)
{
    char path[600];
    size_t from = 0;
    FILE *f;

    (void)state;
    start();
    snprintf(path, sizeof(path), "%s/lua/handlers/t.lua", board->folder);
    f = fopen(path, "w");
    assert_non_null(f);
    fputs("local t = {}\nfunction t.ta", f);
    fflush(f);
    board_write(board, "screens/other.txt", "OTHER\n"); /* another save meanwhile */
    board_expect_log(board, &from, "event=screens");
    ask("one");
    fputs("ke() return \"repeat\", \"whole\" end\nreturn t\n", f);
    fclose(f);
    board_expect_log(board, &from, "event=lua");
    ask("whole");
    assert_false(board_log_has(board, "event=refused"));
}

static void an_included_screen_changes_its_users(void **state)
{
    (void)state;
    board_write(board, "screens/parts/head.txt", "HEAD ONE\n");
    board_write(board, "screens/root.txt",
                "<% include:parts/head %>\nasks> <% set:t.take %>\n");
    start();
    caller_expect(caller, "");
    board_write(board, "screens/parts/head.txt", "HEAD TWO\n");
    caller_expect(caller, "HEAD TWO");
    caller_expect(caller, "asks> ");
}

static void redraw_is_for_those_the_setting_names(void **state)
{
    size_t from = 0;

    (void)state;
    board_write(board, "lua/settings.lua", "return {}\n"); /* "sysop" */
    start();
    board_write(board, "screens/root.txt", "SECOND\nasks> <% set:t.take %>\n");
    board_expect_log(board, &from, "event=screens");
    ask("one");
    board_write(board, "lua/settings.lua", "return { reload = { redraw = \"none\" } }\n");
    board_expect_log(board, &from, "settings event=loaded");
    board_write(board, "screens/root.txt", "THIRD\nasks> <% set:t.take %>\n");
    board_expect_log(board, &from, "event=screens");
    ask("one");
    assert_false(caller_has(caller, "SECOND"));
    assert_false(caller_has(caller, "THIRD"));
}

#define GOES                                                                                   \
    "local t = {}\n"                                                                           \
    "function t.take() return \"area/page\" end\n"                                             \
    "return t\n"

static void a_removed_screen_is_gone(void **state)
{
    size_t from = 0;

    (void)state;
    board_write(board, "screens/area/page.txt", "PAGE\n");
    board_write(board, "lua/handlers/t.lua", GOES);
    start();
    board_remove(board, "screens/area/page.txt");
    board_write(board, "screens/new.txt", "NEW\n");
    board_expect_log(board, &from, "event=screens");
    caller_send(caller, "x\r");
    caller_expect(caller, "incident");
    board_expect_log(board, &from, "returned 'area/page', and there is no such screen");
}

/* A whole folder out of the board, in one step: its screens and handlers go with it. */
static void a_folder_that_is_moved_away_is_gone(void **state)
{
    size_t from = 0;

    (void)state;
    board_write(board, "screens/area/page.txt", "PAGE\n");
    board_write(board, "lua/handlers/t.lua", GOES);
    start();
    move("screens/area", "away");
    board_write(board, "screens/new.txt", "NEW\n");
    board_expect_log(board, &from, "event=screens");
    caller_send(caller, "x\r");
    caller_expect(caller, "incident");
    board_expect_log(board, &from, "returned 'area/page', and there is no such screen");
}

static void a_folder_that_is_renamed_is_found_again(void **state)
{
    size_t from = 0;

    (void)state;
    board_write(board, "screens/other/page.txt", "PAGE\n");
    board_write(board, "lua/handlers/t.lua", GOES);
    start();
    move("screens/other", "screens/area");
    board_expect_log(board, &from, "event=screens");
    board_write(board, "screens/area/page.txt", "PAGE TWO\n"); /* it is watched there */
    board_expect_log(board, &from, "event=screens");
    caller_send(caller, "x\r");
    caller_expect(caller, "PAGE TWO");
}

static void a_removed_handler_is_gone(void **state)
{
    size_t from = 0;

    (void)state;
    start();
    board_remove(board, "lua/handlers/t.lua");
    board_expect_log(board, &from, "gone=1");
    ask("There is no handler 't.take'");
}

static void a_file_that_never_ends_to_load_changes_nothing(void **state)
{
    size_t from = 0;

    (void)state;
    start();
    board_write(board, "lua/handlers/t.lua", "local t = {}\nwhile true do pcall(print) end\n");
    board_expect_log(board, &from,
                     "event=refused lua/handlers/t.lua:2: stopped: it ran for too long");
    ask("one");
    board_write(board, "lua/settings.lua", "\n\nwhile true do end\n");
    board_expect_log(board, &from, "event=refused lua/settings.lua:3: stopped");
    board_write(board, "lua/handlers/t.lua", TAKE("two"));
    board_expect_log(board, &from, "event=lua");
    ask("two");
}

/* The timers of the old code stop, those of the new one start. */
static void timers_change_with_their_file(void **state)
{
    static const char *const timer =
        "require \"bbs.time\".every(0.1, function() require \"bbs.log\".info \"%s\" end)\n"
        "return { take = function() end }\n";
    char text[300];
    size_t from = 0;

    (void)state;
    snprintf(text, sizeof(text), timer, "tick-old");
    board_write(board, "lua/handlers/t.lua", text);
    start();
    board_expect_log(board, &from, "tick-old");
    snprintf(text, sizeof(text), timer, "tick-new");
    board_write(board, "lua/handlers/t.lua", text);
    board_expect_log(board, &from, "event=lua");
    for (int i = 0; i < 3; i++)
        board_expect_log(board, &from, "tick-new");
    assert_null(strstr(strstr(board->log, "tick-new"), "tick-old"));
}

/* One that takes longer than its period is called again when it has ended. */
static void a_timer_is_not_called_on_top_of_itself(void **state)
{
    size_t from = 0;

    (void)state;
    board_write(board, "lua/handlers/t.lua",
                "local time, log = require \"bbs.time\", require \"bbs.log\"\n"
                "local running = 0\n"
                "time.every(0.1, function()\n"
                "  running = running + 1\n"
                "  time.sleep(0.25)\n"
                "  log.info(running .. \" at once\")\n"
                "  running = running - 1\n"
                "end)\n"
                "return { take = function() end }\n");
    start();
    for (int i = 0; i < 4; i++)
        board_expect_log(board, &from, "1 at once");
    assert_false(board_log_has(board, "2 at once"));
}

static void the_schema_is_run_when_it_is_saved(void **state)
{
    size_t from = 0;

    (void)state;
    board_write(board, "lua/handlers/t.lua",
                "local db = require \"bbs.db\"\nlocal t = {}\n"
                "function t.take()\n"
                "  return \"repeat\", \"rows \" .. #db.rows \"SELECT * FROM moons\"\nend\n"
                "return t\n");
    start();
    ask("incident 1");
    board_write(board, "lua/schema.sql", "SELECT 1;\nCREATE TABEL moons (name);\n");
    board_expect_log(board, &from, "lua/schema.sql:2:");
    board_write(board, "lua/schema.sql", "CREATE TABLE IF NOT EXISTS moons (name);\n");
    board_expect_log(board, &from, "event=schema");
    ask("rows 0");
}

/* The file behind a link is not watched: the signal makes the server look. */
static void a_signal_reloads_all(void **state)
{
    char target[600];
    char link[600];
    size_t from = 0;

    (void)state;
    board_write(board, "elsewhere.lua", TAKE("linked"));
    board_remove(board, "lua/handlers/t.lua");
    snprintf(target, sizeof(target), "%s/elsewhere.lua", board->folder);
    snprintf(link, sizeof(link), "%s/lua/handlers/t.lua", board->folder);
    assert_int_equal(symlink(target, link), 0);
    start();
    ask("linked");
    board_write(board, "elsewhere.lua", TAKE("signalled"));
    assert_int_equal(kill(board->pid, SIGHUP), 0);
    board_expect_log(board, &from, "event=lua");
    ask("signalled");
}

/* --- a login that is broken --- */

#define RAISES "local t = {}\nfunction t.take() error 'for everybody' end\nreturn t\n"

/* Files that are saved later do not make the bad version the one to go back to. */
static void a_login_gives_way_after_other_saves_too(void **state)
{
    size_t from = 0;

    (void)state;
    board_write(board, "lua/handlers/other.lua", "return { f = function() end }\n");
    start();
    ask("one");
    board_write(board, "lua/handlers/t.lua", RAISES);
    board_expect_log(board, &from, "event=lua");
    board_write(board, "lua/handlers/other.lua", "return { g = function() end }\n");
    board_expect_log(board, &from, "event=lua");
    ask("incident 1");
    ask("incident 2");
    ask("one");
}

static void a_login_that_was_bad_at_the_start_gives_way(void **state)
{
    (void)state;
    start();
    ask("one");
    caller_free(caller);
    caller = NULL;
    assert_int_equal(board_stop(board), 0);
    board_write(board, "lua/handlers/t.lua", RAISES);
    start();
    ask("incident 1");
    ask("incident 2");
    ask("one");
}

static void expect_own_login(const char *password)
{
    caller_expect(caller, "Handle: ");
    caller_send(caller, "sysop\r");
    caller_expect(caller, "Password: ");
    caller_send(caller, password);
    caller_send(caller, "\r");
    caller_expect(caller, "The password that was given to you: ");
    caller_send(caller, password);
    caller_send(caller, "\r");
    caller_expect(caller, "New password: ");
    caller_send(caller, "moonlight9\r");
    caller_expect(caller, "Once more: ");
    caller_send(caller, "moonlight9\r");
    caller_expect(caller, "Changed.");
    caller_expect(caller, "> ");
    caller_send(caller, "status\r");
    caller_expect(caller, "loop lag");
    caller_expect(caller, "> ");
    assert_false(caller_has(caller, password));
    assert_false(caller_has(caller, "moonlight9"));
}

/* Ctrl-O: out of a handler that waits for ever, and out of one that asks. */
static void a_login_that_never_returns_is_left_by_ctrl_o(void **state)
{
    char *password;

    (void)state;
    board_write(board, "lua/handlers/t.lua",
                "local time = require \"bbs.time\"\nlocal t = {}\n"
                "function t.take(client) client:send \"ASLEEP\" time.sleep(1e6) end\n"
                "return t\n");
    start();
    password = board_sysop_password(board);
    caller_send(caller, "x\r");
    caller_expect(caller, "ASLEEP");
    caller_send(caller, "\x0f");
    expect_own_login(password);
    caller_send(caller, "reload\r");
    caller_expect(caller, "> ");
    caller_send(caller, "root\r");
    caller_expect(caller, "asks> ");
    free(password);
}

/* It is looked for in what is typed, not in what telnet says: this window has 15 rows. What was
 * typed before it is gone, what comes after it is for the own login. */
static void ctrl_o_is_found_among_what_is_typed_ahead(void **state)
{
    static const char window[] = "\xFF\xFA\x1F\0\x50\0\x0F\xFF\xF0";

    (void)state;
    board_write(board, "lua/handlers/t.lua",
                "local t = {}\n"
                "function t.take(client)\n"
                "  client:send 'AWAKE '\n"
                "  while client:read_key{} ~= 'w' do end\n"
                "  require 'bbs.time'.sleep(1e6)\n"
                "end\nreturn t\n");
    start();
    caller_send(caller, "x\r");
    caller_expect(caller, "AWAKE ");
    caller_send_bytes(caller, window, sizeof(window) - 1);
    caller_send(caller, "w");
    caller_send_bytes(caller, window, sizeof(window) - 1);
    caller_send(caller, "a\rb\rc\r");
    caller_send(caller, "d\re\x0Fluna\rwrong\r");
    caller_expect(caller, "Handle: luna");
    caller_expect(caller, "Password: ");
    caller_expect(caller, "Handle: ");
    assert_false(board_log_has(board, "event=failed"));
}

/* Whatever is typed at it, the server lives. */
static void keys_without_sense_harm_nothing(void **state)
{
    char keys[3000];
    unsigned seed = 1;

    (void)state;
    start();
    for (int round = 0; round < 40; round++) {
        for (size_t i = 0; i < sizeof(keys); i++) {
            seed = seed * 1103515245u + 12345u;
            keys[i] = (char)(seed >> 16 & 1 ? seed >> 17 & 0x1F : seed >> 17 & 0x7F);
        }
        caller_send_bytes(caller, keys, sizeof(keys));
        caller_free(caller);
        caller = caller_dial(board, CALLER_XTERM);
    }
    caller_expect(caller, "asks> ");
}

static void ctrl_o_leads_out_of_a_field_and_back(void **state)
{
    char *password;

    (void)state;
    start();
    password = board_sysop_password(board);
    caller_send(caller, "half\x0f");
    expect_own_login(password);
    caller_send(caller, "bye\r");
    caller_expect_end(caller);
    free(password);
}

/* Others are not let in by it. */
static void the_own_login_is_for_sysops(void **state)
{
    const char *add[] = {"user",    "add",         "luna", "--password-stdin",
                         "--board", board->folder, NULL};

    (void)state;
    assert_int_equal(board_run(add, "moonlight9\n", NULL), 0);
    start();
    caller_send(caller, "\x0f");
    caller_expect(caller, "Handle: ");
    caller_send(caller, "luna\r");
    caller_expect(caller, "Password: ");
    caller_send(caller, "moonlight9\r");
    caller_expect(caller, "This login is for level 100 and above.");
    caller_expect(caller, "Handle: ");
    caller_send(caller, "\r");
    caller_expect(caller, "asks> ");
}

static void sysops_on_line_are_told(void **state)
{
    char *password;

    (void)state;
    start();
    password = board_sysop_password(board);
    caller_send(caller, "\x0f");
    expect_own_login(password);
    caller_send(caller, "root\r");
    caller_expect(caller, "asks> ");
    board_write(board, "screens/root.txt", "BROKEN\n<% nope:t.take %>\n");
    caller_expect(caller, "screens/root.txt:2:4: found 'nope'");
    board_write(board, "lua/handlers/t.lua", "return {\n");
    caller_expect(caller, "lua/handlers/t.lua:2:");
    board_write(board, "screens/OTHER.TXT", "x\n");
    caller_expect(caller, "screens/OTHER.TXT:1:1: the file's name is in capitals");
    free(password);
}

/* What screens name and is not there, because it went or has not come yet. */
static void sysops_are_told_what_is_missing(void **state)
{
    char *password;
    size_t from = 0;

    (void)state;
    board_write(board, "screens/other.txt", "other\n");
    board_write(board, "screens/root.txt", ROOT "<% go:other(\"escape\") %>");
    start();
    password = board_sysop_password(board);
    caller_send(caller, "\x0f");
    expect_own_login(password);
    caller_send(caller, "root\r");
    caller_expect(caller, "asks> ");
    board_remove(board, "screens/other.txt");
    caller_expect(caller, "there is no screen 'other', expected screens/other.txt");
    board_expect_log(board, &from, "event=missing screens/root.txt:3:4:");
    board_remove(board, "lua/handlers/t.lua");
    caller_expect(caller, "there is no handler 't.take', expected it in\nlua/handlers/t.lua\n");
    board_write(board, "screens/deep.txt",
                "<% get:c.a; get:c.b; get:c.c; get:c.d; get:c.e; get:c.f; "
                "get:c.g %>\n");
    caller_expect(caller, "and 2 more: perigee check lists them");
    free(password);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_screen_is_seen_however_it_is_saved),
        TEST(who_has_typed_is_not_redrawn),
        TEST(a_broken_screen_changes_nothing),
        TEST(a_new_folder_is_watched),
        TEST(a_broken_handler_changes_nothing),
        TEST(a_library_takes_its_users_with_it),
        TEST(what_is_kept_survives),
        TEST(wrong_settings_are_refused),
        TEST(a_login_that_fails_for_all_gives_way),
        TEST(a_start_with_a_broken_file_uses_the_last_good),
        TEST(a_start_with_an_open_block_uses_the_last_good),
        TEST(a_broken_board_leaves_sysops_a_login),
        TEST(reload_and_generations),
        TEST(files_that_need_each_other_change_together),
        TEST(a_mistake_does_not_hold_back_the_next_file),
        TEST(calls_under_way_finish_in_the_old_code),
        TEST(what_an_editor_has_not_closed_is_not_read),
        TEST(an_included_screen_changes_its_users),
        TEST(redraw_is_for_those_the_setting_names),
        TEST(a_removed_screen_is_gone),
        TEST(a_folder_that_is_moved_away_is_gone),
        TEST(a_folder_that_is_renamed_is_found_again),
        TEST(a_removed_handler_is_gone),
        TEST(a_file_that_never_ends_to_load_changes_nothing),
        TEST(timers_change_with_their_file),
        TEST(a_timer_is_not_called_on_top_of_itself),
        TEST(the_schema_is_run_when_it_is_saved),
        TEST(a_signal_reloads_all),
        TEST(a_login_gives_way_after_other_saves_too),
        TEST(a_login_that_was_bad_at_the_start_gives_way),
        TEST(a_login_that_never_returns_is_left_by_ctrl_o),
        TEST(ctrl_o_is_found_among_what_is_typed_ahead),
        TEST(keys_without_sense_harm_nothing),
        TEST(ctrl_o_leads_out_of_a_field_and_back),
        TEST(the_own_login_is_for_sysops),
        TEST(sysops_on_line_are_told),
        TEST(sysops_are_told_what_is_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
