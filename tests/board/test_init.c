/* Boards of one's own: made by `init`, from wherever the starter board is. */
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
#include <unistd.h>

#include <cmocka.h>

#include "tests/board/stage.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up, stage_tear_down)

/* --- the program and what it says --- */

static char *said;

/* `perigee ARGS...` must end with `status`, and have said `text`. */
#define EXPECT(status, text, ...)                                                              \
    expect_run((const char *[]){__VA_ARGS__, NULL}, NULL, status, text)

static void expect_run(const char *const *args, const char *input, int status, const char *text)
{
    int got;

    free(said);
    said = NULL;
    got = board_run(args, input, &said);
    if (got != status || !strstr(said, text))
        fail_msg("perigee %s %s: status %d, expected %d, and \"%s\" in:\n%s", args[0],
                 args[1] ? args[1] : "", got, status, text, said);
}

static const char *below(const char *path)
{
    static char whole[4][PATH_MAX];
    static unsigned turn;
    char *out = whole[turn++ % 4];

    snprintf(out, PATH_MAX, "%s/%s", board->folder, path);
    return out;
}

static bool is_there(const char *path)
{
    struct stat st;

    return lstat(below(path), &st) == 0;
}

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
        "return {\n  board = { name = 'Perigee' },\n\n\n\n\n  chat = { history = 20 },\n}\n");
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

static void preload_full_disk(const char *name, const char *room)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 20);

    assert_true(n > 0);
    path[n] = '\0';
    memcpy(strrchr(path, '/'), "/full_disk.so", sizeof("/full_disk.so"));
    setenv("LD_PRELOAD", path, 1);
    setenv("FULL_DISK", name, 1);
    setenv("FULL_DISK_ROOM", room, 1);
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_board_is_served),
        TEST(what_is_there_is_left_alone),
        INSTALLED(files_are_as_they_were),
        INSTALLED(a_full_disk_leaves_no_half_board),
        INSTALLED(a_starter_board_that_is_gone_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
