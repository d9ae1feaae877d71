/* The command line: what is asked wrongly, what cannot be done, and what each says. */
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

static struct board *board;
static char data[300];

static int set_up(void **state)
{
    (void)state;
    board = board_new(true);
    snprintf(data, sizeof(data), "%s/data", board->folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    board_free(board);
    return 0;
}

/* Run it, and see its exit status and a piece of what it says. */
static void expect_run(const char *const *args, const char *input, int status, const char *says)
{
    char *out = NULL;
    int got = board_run(args, input, &out);

    if (got != status || !strstr(out, says))
        print_error("%s: exit %d, said: %s\n", args[0], got, out);
    assert_int_equal(got, status);
    assert_non_null(strstr(out, says));
    free(out);
}

#define RUN(status, says, ...)                                                                 \
    expect_run((const char *const[]){__VA_ARGS__, NULL}, NULL, status, says)
#define RUN_WITH(input, status, says, ...)                                                     \
    expect_run((const char *const[]){__VA_ARGS__, NULL}, input, status, says)

static void wrong_use_is_told_with_the_usage(void **state)
{
    (void)state;
    RUN(2, "usage", "nonsense");
    RUN(2, "usage", "serve", "--nonsense");
    RUN(2, "usage", "serve", "--board");
    RUN(2, "usage", "user");
    RUN(0, "perigee", "version");
    RUN(0, "serve", "help");
}

static void what_cannot_be_served_is_told(void **state)
{
    char taken[64];

    (void)state;
    RUN(3, "is no board", "serve", "--board", "/nowhere");
    RUN(3, "data folder", "serve", "--board", board->folder, "--data", "/proc/nothing",
        "--listen", "127.0.0.1:0");
    board_start(board, NULL);
    snprintf(taken, sizeof(taken), "127.0.0.1:%d", board->port);
    RUN(3, "Address already in use", "serve", "--board", board->folder, "--data",
        "/tmp/perigee-never", "--listen", taken);
    assert_int_not_equal(access("/tmp/perigee-never", F_OK), 0); /* nothing was written */
    RUN(3, "another perigee serves it", "serve", "--board", board->folder, "--listen",
        "127.0.0.1:0");
}

static void wrong_settings_stop_the_start(void **state)
{
    static const struct {
        const char *text;
        const char *says;
    } wrong[] = {
        {"return { color = 1 }\n", "lua/settings.lua: there is no setting 'color'"},
        {"return { limits = { callers = \"x\" } }\n", "limits.callers is a number, not a text"},
        {"return { limits = { callers = 0 } }\n", "limits.callers is 0, expected 1 to"},
        {"return { limits = { allow = { \"moon\" } } }\n", "'moon' is no address"},
        {"return {\n", "lua/settings.lua:"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        board_write(board, "lua/settings.lua", wrong[i].text);
        RUN(3, wrong[i].says, "serve", "--board", board->folder, "--listen", "127.0.0.1:0");
        assert_int_not_equal(access(data, F_OK), 0);
    }
}

static void accounts_are_kept_from_the_shell(void **state)
{
    (void)state;
    RUN(3, "perigee.db", "user", "list", "--data", data);
    RUN_WITH("moonlight\n", 0, "", "user", "add", "luna", "--nick", "Luna L", "--level", "20",
             "--password-stdin", "--data", data);
    RUN_WITH("moonlight\n", 1, "taken", "user", "add", "LUNA", "--password-stdin", "--data",
             data);
    RUN_WITH("short\n", 2, "at least 8", "user", "add", "bob", "--password-stdin", "--data",
             data);
    RUN(0, "Luna L", "user", "list", "--data", data);
    RUN(0, "Luna L", "user", "show", "luna", "--data", data);
    RUN(0, "", "user", "level", "luna", "30", "--data", data);
    RUN(0, "30", "user", "show", "luna", "--data", data);
    RUN(0, "", "user", "lock", "luna", "--data", data);
    RUN(0, "", "user", "unlock", "luna", "--data", data);
    RUN_WITH("moonshine\n", 0, "", "user", "passwd", "luna", "--password-stdin", "--data",
             data);
    RUN(1, "nobody has the handle", "user", "show", "nobody", "--data", data);
    RUN(2, "--yes", "user", "delete", "luna", "--data", data);
    RUN(0, "", "user", "delete", "luna", "--yes", "--data", data);
    RUN(1, "nobody has the handle", "user", "show", "luna", "--data", data);
}

static void check_tells_all_mistakes_at_once(void **state)
{
    char *out = NULL;
    const char *args[] = {"check", "--board", board->folder, NULL};
    static const char *const says[] = {
        "screens/bad.txt:1:",
        "there is no handler 'no.such'",
        "there is no screen 'nowhere'",
        "nothing leads to the screen 'lonely'",
        "lua/handlers/bad.lua:1:",
        "'back' is a word that handlers return",
        "lua/schema.sql:1:",
        "hint: no macro names the handler 'extra.unused'",
    };

    (void)state;
    RUN(0, "no findings", "check", "--board", board->folder);
    board_write(board, "screens/bad.txt", "<% get:moon %>\n");
    board_write(board, "screens/lonely.txt", "<% get:no.such; go:nowhere(\"N\") %>\n");
    board_write(board, "screens/back.txt", "x\n");
    board_write(board, "lua/handlers/bad.lua", "x x\n");
    board_write(board, "lua/handlers/extra.lua", "return { unused = function() end }\n");
    board_write(board, "lua/schema.sql", "CREATE TABEL x (y);\n");
    assert_int_equal(board_run(args, NULL, &out), 1);
    for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++) {
        if (!strstr(out, says[i]))
            print_error("check did not say %s but: %s\n", says[i], out);
        assert_non_null(strstr(out, says[i]));
    }
    free(out);
}

static void the_server_answers_and_stops(void **state)
{
    (void)state;
    RUN(1, "no server", "status", "--data", data);
    board_start(board, NULL);
    RUN(0, "loop lag", "status", "--data", data);
    RUN(0, "\"lag_us\":{\"p50\":", "status", "--json", "--data", data);
    RUN(0, "generation", "reload", "--data", data);
    RUN(0, "stopping", "stop", "--data", data);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(wrong_use_is_told_with_the_usage), TEST(what_cannot_be_served_is_told),
        TEST(wrong_settings_stop_the_start),    TEST(accounts_are_kept_from_the_shell),
        TEST(check_tells_all_mistakes_at_once), TEST(the_server_answers_and_stops),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
