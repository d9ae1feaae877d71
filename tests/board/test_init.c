/* Boards of one's own: made by `init`, from wherever the starter board is, and kept up with it
 * by `upgrade`. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
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

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up, stage_tear_down)

/* --- the program and what it says --- */

static unsigned count_entries(const char *path)
{
    DIR *dir = opendir(below(path));
    unsigned n = 0;

    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n - 2;
}

static void expect_text(const char *path, const char *text)
{
    char *now = board_read(board, path);

    if (!now || strcmp(now, text) != 0)
        fail_msg("%s: expected \"%s\", it has \"%s\"", path, text, now ? now : "(no file)");
    free(now);
}

/* --- a program that is installed in a folder of the test's, with a small starter board --- */

static void copy_program(void)
{
    const char *build = getenv("BUILD");
    char from[PATH_MAX];
    char piece[65536];
    size_t n;
    FILE *in;
    FILE *out;

    snprintf(from, sizeof(from), "%s/perigee", build ? build : "build");
    board_write(board, "own/bin/perigee", "");
    in = fopen(from, "rb");
    out = fopen(below("own/bin/perigee"), "wb");
    assert_non_null(in);
    assert_non_null(out);
    while ((n = fread(piece, 1, sizeof(piece), in)) > 0)
        assert_int_equal(fwrite(piece, 1, n, out), n);
    fclose(in);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(below("own/bin/perigee"), 0755), 0);
    setenv("PERIGEE", below("own/bin/perigee"), 1);
}

#define S "own/share/perigee/"

static void write_starter(void)
{
    board_write(board, S "screens/root.txt", "Welcome <% key:root.pick %>\n");
    board_write(board, S "screens/root.ans", "\033[1mWelcome\033[0m <% key:root.pick %>");
    board_write(board, S "lua/handlers/root.lua",
                "local root = {}\n\nfunction root.pick()\n  return 'hangup'\nend\n\n"
                "-- one\n-- two\n-- three\n-- four\n-- five\n\nreturn root\n");
    board_write(
        board, S "lua/settings.lua",
        "return {\n  board = { name = 'Perigee' },\n\n\n\n\n  limits = { callers = 20 },\n}\n");
    board_write(board, S "doors/game.sh", "#!/bin/sh\necho one\n");
    assert_int_equal(chmod(below(S "doors/game.sh"), 0755), 0);
    board_write(board, S "screens/.root.txt.swp", "an editor's");
}

static int set_up_installed(void **state)
{
    stage_set_up(state);
    write_starter();
    copy_program();
    return 0;
}

static int tear_down_installed(void **state)
{
    unsetenv("PERIGEE");
    unsetenv("LD_PRELOAD");
    free(said);
    said = NULL;
    return stage_tear_down(state);
}

#define INSTALLED(f) cmocka_unit_test_setup_teardown(f, set_up_installed, tear_down_installed)

/* --- init --- */

static void a_new_board_is_served(void **state)
{
    char *original = NULL;
    const char *more[] = {"--board", below("mine"), NULL};

    (void)state;
    EXPECT(0, "lua/settings.lua", "init", below("mine"));
    assert_non_null(strstr(said, "serve"));
    assert_non_null(strstr(said, "telnet 127.0.0.1 2323"));
    assert_non_null(strstr(said, "README.md"));
    EXPECT(0, "no findings", "check", "--board", below("mine"));
    board_start(board, more);
    caller_sign_up(dial(), "luna", "sunshine7");
    original = board_read(board, "mine/.starter/lua/settings.lua");
    assert_non_null(original);
    expect_text("mine/lua/settings.lua", original);
    assert_false(is_there("mine/core"));
    free(original);
}

static void what_is_there_is_left_alone(void **state)
{
    (void)state;
    board_write(board, "mine/notes", "of the sysop's");
    EXPECT(3, "there is something in it already: name a folder that is empty or not there yet",
           "init", below("mine"));
    expect_text("mine/notes", "of the sysop's");
    assert_int_equal(count_entries("mine"), 1);
    EXPECT(3, "Not a directory", "init", below("mine/notes"));
    EXPECT(3, "No such file or directory", "init", below("no/such/folder"));
    EXPECT(2, "an argument is missing", "init");
}

static void files_are_as_they_were(void **state)
{
    struct stat st;

    (void)state;
    EXPECT(0, "5 files", "init", below("mine"));
    assert_int_equal(stat(below("mine/doors/game.sh"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0755);
    assert_int_equal(count_entries("mine"), 4); /* .starter doors lua screens */
    assert_int_equal(count_entries("mine/screens"), 2);
    expect_text("mine/.starter/doors/game.sh", "#!/bin/sh\necho one\n");
    EXPECT(0, "5 files", "init", below("mine/empty"));
    assert_int_equal(mkdir(below("bare"), 0700), 0);
    EXPECT(0, "5 files", "init", below("bare"));
    assert_int_equal(stat(below("bare"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
}

static void a_full_disk_leaves_no_half_board(void **state)
{
    (void)state;
    assert_int_equal(mkdir(below("bare"), 0700), 0);
    preload_full_disk("/mine/", "300");
    EXPECT(3, "No space left on device", "init", below("mine"));
    preload_full_disk("/bare/", "300");
    EXPECT(3, "No space left on device", "init", below("bare"));
    unsetenv("LD_PRELOAD");
    assert_false(is_there("mine"));
    assert_int_equal(count_entries("bare"), 0);
    EXPECT(0, "5 files", "init", below("mine"));
}

static void a_starter_board_that_is_gone_is_told(void **state)
{
    (void)state;
    if (access("/usr/local/share/perigee", F_OK) == 0)
        skip(); /* one is installed here, and taken */
    assert_int_equal(rename(below(S "screens"), below("own/screens")), 0);
    EXPECT(3, "the starter board is not where it was installed", "init", below("mine"));
    assert_false(is_there("mine"));
}

/* --- upgrade --- */

/* The board `mine` is made from the starter board, and that is another afterwards. */
static void make_mine(void)
{
    board_write(board, S "screens/two.txt", "Two |15 <% key:root.pick %><% go:two(\"2\") %>\n");
    board_write(board, S "screens/root.txt",
                "Welcome <% key:root.pick %><% go:two(\"2\"); go:old(\"O\") %>\n");
    board_write(board, S "screens/old.txt", "Old <% key:root.pick %>\n");
    EXPECT(0, "7 files", "init", below("mine"));
}

static void expect_plan(const char *act, const char *path)
{
    char line[200];

    snprintf(line, sizeof(line), "\n  %-9s %s ", act, path);
    if (!strstr(said, line))
        fail_msg("no line \"%s\" in:\n%s", line + 1, said);
}

static void upgrade(int status, const char *text)
{
    EXPECT(status, text, "upgrade", "--yes", "--board", below("mine"));
}

static void a_newer_starter_board_comes_in(void **state)
{
    struct stat st;

    (void)state;
    make_mine();
    upgrade(0, "There is nothing to be changed");
    /* The sysop's. */
    board_write(board, "mine/lua/settings.lua",
                "return {\n  board = { name = 'The Moon' },\n\n\n\n\n  limits = { callers = 20 "
                "},\n}\n");
    board_write(board, "mine/screens/own.txt", "Mine <% go:root(\"R\") %>\n");
    board_write(board, "mine/screens/root.ans",
                "\033[1mMoon\033[0m <% key:root.pick %>"
                "<% go:own(\"M\") %>");
    board_write(board, "mine/lua/handlers/root.lua",
                "local root = {}\n\nfunction root.pick()\n  return 'hangup'\nend\n\n"
                "-- one\n-- my two\n-- three\n-- four\n-- five\n\nreturn root\n");
    /* The starter board's. */
    board_write(
        board, S "lua/settings.lua",
        "return {\n  board = { name = 'Perigee' },\n\n\n\n\n  limits = { callers = 50 },\n}\n");
    board_write(board, S "screens/root.txt",
                "Hello <% key:root.pick %><% go:two(\"2\"); go:news(\"N\") %>\n");
    board_write(board, S "screens/root.ans", "\033[1mHello\033[0m <% key:root.pick %>");
    board_write(board, S "screens/news.txt", "News <% key:root.pick %>\n");
    board_write(board, S "lua/handlers/root.lua",
                "local root = {}\n\nfunction root.pick()\n  return 'hangup'\nend\n\n"
                "-- one\n-- their two\n-- three\n-- four\n-- five\n\nreturn root\n");
    board_remove(board, S "screens/old.txt");
    board_write(board, S "doors/game.sh", "#!/bin/sh\necho two\n");
    EXPECT(0, "Nothing was changed: --yes does it", "upgrade", "--diff", "--board",
           below("mine"));
    expect_plan("merge", "lua/settings.lua");
    expect_plan("replace", "screens/root.txt");
    expect_plan("replace", "doors/game.sh");
    expect_plan("add", "screens/news.txt");
    expect_plan("remove", "screens/old.txt");
    expect_plan("conflict", "screens/root.ans");
    expect_plan("conflict", "lua/handlers/root.lua");
    assert_null(strstr(said, "own.txt"));
    assert_non_null(strstr(said, "\n-Welcome "));
    assert_non_null(strstr(said, "\n+Hello "));
    assert_non_null(strstr(said, "--- lua/handlers/root.lua (it stays)\n"
                                 "+++ lua/handlers/root.lua.new (then)\n"));
    assert_true(is_there("mine/screens/old.txt"));

    upgrade(0, "has the starter board");
    expect_text("mine/lua/settings.lua", "return {\n  board = { name = 'The Moon' },\n\n\n\n\n"
                                         "  limits = { callers = 50 },\n}\n");
    expect_text("mine/screens/root.txt",
                "Hello <% key:root.pick %><% go:two(\"2\"); go:news(\"N\") %>\n");
    expect_text("mine/screens/root.ans.new", "\033[1mHello\033[0m <% key:root.pick %>");
    expect_text("mine/screens/news.txt", "News <% key:root.pick %>\n");
    expect_text("mine/doors/game.sh", "#!/bin/sh\necho two\n");
    assert_int_equal(stat(below("mine/doors/game.sh"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0755);
    assert_false(is_there("mine/screens/old.txt"));
    assert_true(is_there("mine/screens/own.txt"));
    assert_true(is_there("mine/lua/handlers/root.lua.new"));
    assert_int_equal(count_entries("mine/data/history/screens/root.txt"), 1);
    assert_int_equal(count_entries("mine/data/history/screens/old.txt"), 1);
    assert_int_equal(count_entries("mine/screens"),
                     6);                        /* root.txt root.ans(.new) two news own */
    assert_int_equal(count_entries("mine"), 5); /* .starter data doors lua screens */
    EXPECT(0, "no findings", "check", "--board", below("mine"));
    upgrade(0, "There is nothing to be changed");
    expect_plan("keep", "screens/root.ans");
}

/* What is wrong with the board already is no reason against it. */
static void an_old_mistake_is_no_reason(void **state)
{
    (void)state;
    make_mine();
    board_write(board, "mine/screens/own.txt", "Mine <% get:own.missing %>\n");
    board_write(board, S "screens/two.txt", "Three <% key:root.pick %>\n");
    board_write(board, "mine/lua/settings.lua", "return { reload = { canary = 'sysop' } }\n");
    upgrade(0, "has the starter board");
    expect_said("It is on trial, for sysops only: perigee promote gives it to all.\n");
    expect_text("mine/screens/two.txt", "Three <% key:root.pick %>\n");
    EXPECT(1, "there is no handler 'own.missing'", "check", "--board", below("mine"));
}

static void a_result_with_mistakes_is_not_put_in_place(void **state)
{
    (void)state;
    make_mine();
    board_remove(board, "mine/screens/old.txt");
    board_write(board, "mine/screens/root.txt",
                "Moon <% key:root.pick %><% go:two(\"2\") %>\n");
    board_write(board, "mine/screens/root.ans", "Moon <% key:root.pick %>");
    upgrade(0, "There is nothing to be changed");
    board_write(board, S "lua/handlers/root.lua",
                "local root = {}\n\nfunction root.choose()\n  return 'hangup'\nend\n\nreturn "
                "root\n");
    board_write(board, S "screens/two.txt", "Two <% key:root.choose %>\n");
    upgrade(1, "there is no handler 'root.pick'");
    assert_non_null(strstr(said, "nothing was changed"));
    expect_text("mine/screens/two.txt", "Two |15 <% key:root.pick %><% go:two(\"2\") %>\n");
    assert_false(is_there("mine/data/history/lua"));
    expect_text("mine/.starter/screens/two.txt",
                "Two |15 <% key:root.pick %><% go:two(\"2\") %>\n");
}

/* The disk is full when the files are written beside the old ones. */
static void an_upgrade_on_a_full_disk_changes_nothing(void **state)
{
    (void)state;
    make_mine();
    board_write(board, S "screens/root.txt",
                "Hello <% key:root.pick %><% go:two(\"2\"); go:old(\"O\") %>\n");
    board_write(board, S "screens/two.txt", "Three <% key:root.pick %>\n");
    preload_full_disk("/history/", "10");
    upgrade(3, "it can't be kept in");
    preload_full_disk(".perigee-new", "20");
    upgrade(3, "nothing was changed: write ");
    assert_non_null(strstr(said, "No space left on device"));
    preload_full_disk("/mine/.perigee-", "300"); /* the new originals */
    upgrade(3, "No space left on device");
    unsetenv("LD_PRELOAD");
    expect_text("mine/screens/root.txt",
                "Welcome <% key:root.pick %><% go:two(\"2\"); go:old(\"O\") %>\n");
    expect_text("mine/screens/two.txt", "Two |15 <% key:root.pick %><% go:two(\"2\") %>\n");
    assert_int_equal(count_entries("mine/screens"), 4);
    assert_int_equal(count_entries("mine"), 5);
    upgrade(0, "has the starter board");
    expect_text("mine/screens/two.txt", "Three <% key:root.pick %>\n");
}

static void a_board_of_another_make_begins_from_now(void **state)
{
    (void)state;
    board_write(board, "mine/screens/root.txt", "Moon <% go:root(\"R\") %>\n");
    EXPECT(3, "so what you have changed can't be told: --adopt begins from now", "upgrade",
           "--board", below("mine"));
    EXPECT(0, "from now on", "upgrade", "--adopt", "--board", below("mine"));
    EXPECT(3, "has its originals already", "upgrade", "--adopt", "--board", below("mine"));
    expect_text("mine/screens/root.txt", "Moon <% go:root(\"R\") %>\n");
    upgrade(0, "There is nothing to be changed");
    expect_plan("keep", "screens/root.txt");
    expect_plan("keep", "doors/game.sh");
    EXPECT(3, "it has no folder 'screens'", "upgrade", "--adopt", "--board", below("own"));
}

/* Root's files could not be written by the server any more. */
static void root_does_not_upgrade_what_is_another_users(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    make_mine();
    board_write(board, S "screens/two.txt", "Three <% key:root.pick %>\n");
    assert_int_equal(chown(below("mine/screens"), 65534, (gid_t)-1), 0);
    upgrade(3, "run it as that user");
    expect_text("mine/screens/two.txt", "Two |15 <% key:root.pick %><% go:two(\"2\") %>\n");
}

/* Callers who are on line have what came in, as with any save. */
static void callers_have_it_at_once(void **state)
{
    const char *more[] = {"--board", below("mine"), NULL};
    struct caller *c;

    (void)state;
    make_mine();
    board_write(board, "mine/lua/settings.lua", "return { reload = { redraw = 'all' } }\n");
    board_start(board, more);
    c = dial_as(CALLER_RAW);
    caller_expect(c, "Welcome ");
    board_write(board, S "screens/root.txt",
                "Hello <% key:root.pick %><% go:two(\"2\"); go:old(\"O\") %>\n");
    upgrade(0, "has the starter board");
    caller_expect(c, "Hello ");
}

static void who_is_asked_says_yes(void **state)
{
    const char *const args[] = {"upgrade", "--board", below("mine"), NULL};
    const char *const answers[] = {"no\n", "yes\n"};
    const char *const texts[] = {"nothing was changed", "has the starter board"};

    (void)state;
    make_mine();
    board_write(board, S "screens/two.txt", "Three <% key:root.pick %>\n");
    for (int i = 0; i < 2; i++) {
        char text[4096] = "";
        size_t len = 0;
        int terminal, status;
        pid_t pid = board_spawn_in_terminal(args, &terminal);
        ssize_t n = 1;

        while (n > 0 && !strstr(text, "Type yes: ") && len < sizeof(text) - 1) {
            n = read(terminal, text + len, sizeof(text) - 1 - len);
            len += n > 0 ? (size_t)n : 0;
        }
        assert_true(write(terminal, answers[i], strlen(answers[i])) > 0);
        while ((n = read(terminal, text + len, sizeof(text) - 1 - len)) > 0)
            len += (size_t)n;
        close(terminal);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_non_null(strstr(text, texts[i]));
        assert_int_equal(WEXITSTATUS(status), i == 0);
    }
    expect_text("mine/screens/two.txt", "Three <% key:root.pick %>\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_board_is_served),
        TEST(what_is_there_is_left_alone),
        INSTALLED(files_are_as_they_were),
        INSTALLED(a_full_disk_leaves_no_half_board),
        INSTALLED(a_starter_board_that_is_gone_is_told),
        INSTALLED(a_newer_starter_board_comes_in),
        INSTALLED(an_old_mistake_is_no_reason),
        INSTALLED(a_result_with_mistakes_is_not_put_in_place),
        INSTALLED(an_upgrade_on_a_full_disk_changes_nothing),
        INSTALLED(a_board_of_another_make_begins_from_now),
        INSTALLED(root_does_not_upgrade_what_is_another_users),
        INSTALLED(callers_have_it_at_once),
        INSTALLED(who_is_asked_says_yes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
