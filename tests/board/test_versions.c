/* perigee history and perigee undo: what they list, bring back, and refuse, beside a running
 * server and without one. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "tests/board/stage.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up, stage_tear_down)
#define ROOT "screens/root.txt"
#define ONE "The first text\n"
#define TWO "The second text\n"
#define WRONG "<% if:never.closed\n"

/* `perigee WORDS... --board BOARD`: its status; what it says is in `said` until the next. */
static char said[8192];

static int run(const char *command, const char *file, const char *option, const char *value)
{
    const char *args[8] = {command, "--board", board->folder, file};
    char *out;
    int status;

    if (file && option) {
        args[4] = option;
        args[5] = value;
    }
    status = board_run(args, NULL, &out);
    snprintf(said, sizeof(said), "%s", out);
    free(out);
    return status;
}

static void expect_said(const char *text)
{
    if (!strstr(said, text))
        fail_msg("expected '%s' in: %s", text, said);
}

/* The audit table's last line is of the command line's undo. */
static void expect_audit(const char *subject)
{
    char path[400];
    sqlite3 *db;
    sqlite3_stmt *s;

    snprintf(path, sizeof(path), "%s/data/perigee.db", board->folder);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    sqlite3_prepare_v2(db, "SELECT what, subject FROM audit ORDER BY id DESC LIMIT 1", -1, &s,
                       NULL);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(s, 0), "undo");
    assert_string_equal((const char *)sqlite3_column_text(s, 1), subject);
    sqlite3_finalize(s);
    sqlite3_close(db);
}

static void expect_file(const char *path, const char *text)
{
    char *has = board_read(board, path);

    assert_non_null(has);
    assert_string_equal(has, text);
    free(has);
}

/* A version is kept a moment after its file is loaded. */
static void expect_versions(const char *file, const char *count)
{
    char line[300];

    for (int tries = 0; tries < 400; tries++) {
        char *at;

        run("history", NULL, NULL, NULL);
        snprintf(line, sizeof(line), "  %s\n", file);
        at = strstr(said, line);
        if (at) {
            while (at > said && at[-1] != '\n')
                at--;
            if (strncmp(at + strspn(at, " "), count, strlen(count)) == 0)
                return;
        }
        usleep(20000);
    }
    fail_msg("%s has not %s versions: %s", file, count, said);
}

/* A board with two versions of its root. */
static size_t begin(void)
{
    size_t from = 0;

    board_write(board, ROOT, ONE);
    board_write(board, "lua/settings.lua", "return {}\n");
    board_start(board, NULL);
    expect_versions(ROOT, "1 ");
    board_write(board, ROOT, TWO);
    board_expect_log(board, &from, "reload event=screens generation=2");
    expect_versions(ROOT, "2 ");
    return from;
}

static void an_undo_reaches_a_running_server_and_is_undone(void **state)
{
    struct caller *c;
    size_t from = begin();
    struct stat st;
    char path[400];

    (void)state;
    snprintf(path, sizeof(path), "%s/" ROOT, board->folder);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(run("undo", ROOT, NULL, NULL), 0);
    expect_said(ROOT " is as it was 20");
    expect_audit(ROOT);
    expect_said("What it had is kept");
    expect_file(ROOT, ONE);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    board_expect_log(board, &from, "reload event=screens generation=3");
    c = dial();
    caller_expect(c, "The first text");
    expect_versions(ROOT, "3 ");
    assert_int_equal(run("undo", ROOT, NULL, NULL), 0);
    expect_file(ROOT, TWO);
    board_expect_log(board, &from, "reload event=screens generation=4");
    expect_versions(ROOT, "4 ");
    assert_int_equal(run("history", ROOT, NULL, NULL), 0);
    expect_said(ROOT "\nversion  kept");
    expect_said("         16  in use\n      2  20");
}

static void what_was_wrong_or_gone_is_kept_as_well(void **state)
{
    size_t from = begin();

    (void)state;
    board_write(board, ROOT, WRONG);
    board_expect_log(board, &from, "reload event=refused " ROOT);
    run("history", ROOT, NULL, NULL);
    expect_said("The file has none of these: what it has is wrong");
    assert_int_equal(run("undo", ROOT, NULL, NULL), 0);
    expect_file(ROOT, TWO);
    assert_int_equal(run("undo", ROOT, NULL, NULL), 0);
    expect_file(ROOT, WRONG);
    assert_int_equal(board_stop(board), 0); /* the rest without a server */
    board_remove(board, ROOT);
    run("history", ROOT, NULL, NULL);
    expect_said("The file is gone: perigee undo " ROOT " brings version 1 back.");
    run("history", NULL, NULL, NULL);
    expect_said(ROOT "  (gone)");
    assert_int_equal(run("undo", ROOT, "--to", "2"), 0);
    expect_file(ROOT, WRONG);
    board_start(board, NULL); /* with the newest that is good, though a wrong one is kept */
    caller_expect(dial(), "The second text");
    assert_int_equal(run("undo", "lua/settings.lua", NULL, NULL), 1);
    expect_said("there is nothing to go back to");
    board_write(board, "lua/settings.lua", "return { board = { name = \"New\" } }\n");
    expect_versions("lua/settings.lua", "2 ");
    assert_int_equal(run("undo", "lua/settings.lua", NULL, NULL), 0);
    expect_file("lua/settings.lua", "return {}\n");
}

static void a_difference_is_shown(void **state)
{
    const char *const args[] = {"history", ROOT, "--diff", "2", "--board", board->folder, NULL};
    char text[4096];
    ssize_t n;
    size_t len = 0;
    int terminal;

    (void)state;
    begin();
    assert_int_equal(run("history", ROOT, "--diff", "2"), 0);
    expect_said("--- " ROOT ", version 2 of 20");
    expect_said("+++ " ROOT "\n@@ -1 +1 @@\n-The first text\n+The second text\n");
    assert_null(strchr(said, '\033'));
    assert_int_equal(run("history", ROOT, "--diff", "1"), 0);
    expect_said(ROOT " has what version 1 has.");
    unsetenv("NO_COLOR");
    board_spawn_in_terminal(args, &terminal);
    while (len < sizeof(text) - 1 &&
           (n = read(terminal, text + len, sizeof(text) - 1 - len)) > 0)
        len += (size_t)n;
    text[len] = '\0';
    close(terminal);
    assert_non_null(strstr(text, "\033[31m-The first text\033[0m"));
    assert_non_null(strstr(text, "\033[32m+The second text\033[0m"));
}

/* A path from the current folder to that of the root: "../../..". */
static void climb(char out[600])
{
    char folder[256];
    size_t len = 0;

    assert_non_null(getcwd(folder, sizeof(folder)));
    out[0] = '\0';
    for (const char *p = folder; *p; p++) {
        if (*p == '/')
            len += (size_t)snprintf(out + len, 600 - len, "%s", len ? "/.." : "..");
    }
}

static void a_file_is_meant_in_several_ways(void **state)
{
    char whole[300];
    char climbed[600];
    char relative[1000];

    (void)state;
    begin();
    snprintf(whole, sizeof(whole), "%s/lua/../" ROOT, board->folder);
    assert_int_equal(run("undo", whole, "--to", "2"), 0);
    expect_file(ROOT, ONE);
    expect_versions(ROOT, "3 "); /* of which the first is what it has now */
    assert_int_equal(run("undo", "./" ROOT, "--to", "2"), 0);
    expect_file(ROOT, TWO);
    climb(climbed);
    snprintf(relative, sizeof(relative), "%s%s/" ROOT, climbed, board->folder);
    assert_int_equal(run("history", relative, NULL, NULL), 0);
    expect_said(ROOT "\nversion");
}

static void what_never_was_is_not_undone(void **state)
{
    static const struct {
        const char *file, *option, *value, *why;
        int status;
    } tries[] = {
        {"screens/none.txt", NULL, NULL, "there is no such file, and no version of one in", 1},
        {"screens/new.txt", NULL, NULL, "no version of it is kept in", 1},
        {"../x.txt", NULL, NULL, "../x.txt: it is no file of the board in", 1},
        {"screens/../../x.txt", NULL, NULL, "it is no file of the board in", 1},
        {"/etc/motd", NULL, NULL, "/etc/motd: it is no file of the board in", 1},
        {"data/perigee.db", NULL, NULL, "expected one as screens/menu.txt or", 1},
        {"", NULL, NULL, "it is no file of the board in", 1},
        {ROOT, "--to", "3", "there is no version 3, expected 1 to 2: perigee history " ROOT, 1},
        {ROOT, "--to", "0", "there is no version 0, expected 1 to 2", 1},
        {ROOT, "--to", "99999999999999999999", "expected 1 to 2", 1},
        {ROOT, "--to", "-1", "-1 is no version's number", 2},
        {ROOT, "--to", "", "the value is empty", 2},
        {ROOT, "--to", "1", "that is what it has: version 1", 1},
        {"screens/only.txt", NULL, NULL, "there is nothing to go back to", 1},
        {"screens/link.txt", NULL, NULL, "screens/link.txt: ", 3},
    };
    const char *const no_data[] = {"history", "--board",  board->folder,
                                   "--data",  "/nowhere", NULL};
    const char *const no_board[] = {"undo", ROOT, "--board", "/nowhere", NULL};
    const char *const no_file[] = {"history", "--diff", "1", "--board", board->folder, NULL};
    char link[300];
    char *out;

    (void)state;
    board_write(board, "screens/only.txt", ONE);
    begin();
    assert_int_equal(board_stop(board), 0);
    board_write(board, "screens/new.txt", ONE);
    snprintf(link, sizeof(link), "%s/screens/link.txt", board->folder);
    assert_int_equal(symlink("/etc/passwd", link), 0);
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        int status = run("undo", tries[i].file, tries[i].option, tries[i].value);

        expect_said("perigee: undo: ");
        expect_said(tries[i].why);
        assert_int_equal(status, tries[i].status);
    }
    expect_file(ROOT, TWO);
    assert_int_equal(board_run(no_data, NULL, &out), 1);
    assert_non_null(strstr(out, "'perigee serve' keeps the versions"));
    free(out);
    assert_int_equal(board_run(no_board, NULL, &out), 3);
    assert_non_null(strstr(out, "/nowhere is no board: it has no folder 'screens'"));
    free(out);
    assert_int_equal(board_run(no_file, NULL, &out), 2);
    assert_non_null(strstr(out, "--diff: of which file?"));
    free(out);
}

/* Nothing is half done: a folder is where the new text would be written first. */
static void what_can_not_be_written_stays_as_it_was(void **state)
{
    (void)state;
    begin();
    board_write(board, "screens/.part-root.txt/x", "");
    assert_int_equal(run("undo", ROOT, NULL, NULL), 3);
    expect_said("perigee: undo: " ROOT ": ");
    expect_file(ROOT, TWO);
}

/* Root's files could not be read or written by the server any more. */
static void root_does_not_undo_what_is_another_users(void **state)
{
    char screens[PATH_MAX];

    (void)state;
    if (geteuid() != 0)
        skip();
    begin();
    snprintf(screens, sizeof(screens), "%s/screens", board->folder);
    assert_int_equal(chown(screens, 65534, (gid_t)-1), 0);
    assert_int_equal(run("undo", ROOT, NULL, NULL), 3);
    expect_said("run it as that user");
    expect_file(ROOT, TWO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_undo_reaches_a_running_server_and_is_undone),
        TEST(what_was_wrong_or_gone_is_kept_as_well),
        TEST(a_difference_is_shown),
        TEST(a_file_is_meant_in_several_ways),
        TEST(what_never_was_is_not_undone),
        TEST(what_can_not_be_written_stays_as_it_was),
        TEST(root_does_not_undo_what_is_another_users),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
