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
        TEST(a_broken_board_leaves_sysops_a_login),
        TEST(reload_and_generations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
