/* Files over a caller's line, with the programs of lrzsz at its other end. What arrives is what
 * was there. */
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

#include "tests/board/peer.h"
#include "tests/board/stage.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up, stage_tear_down)
#define RQINIT "**\030B00"

enum { PATH_BYTES = 600 };

static const char send_lua[] =
    "local t = {}\n"
    "function t.files(client, names)\n"
    "  local list = {}\n"
    "  for name in names:gmatch('[^,]+') do list[#list + 1] = name end\n"
    "  local results = client:send_files(list)\n"
    "  for _, r in ipairs(results) do\n"
    "    client:send(('<%s %d %d %s %s>\\n'):format(r.name, r.bytes, r.resumed,\n"
    "      tostring(r.ok), r.reason or '-'))\n"
    "  end\n"
    "  return 'repeat'\n"
    "end\n"
    "return t\n";

static struct caller *begin(void)
{
    board_write(board, "screens/root.txt", "Which? <% set:t.files %>\n");
    board_write(board, "lua/handlers/t.lua", send_lua);
    board_start(board, NULL);
    return dial();
}

/* A file in the board's files/, of bytes that are random, or all the same. */
static void make_file(const char *name, size_t size, int byte)
{
    char path[PATH_BYTES];
    char *bytes = malloc(size + 1);
    unsigned seed = (unsigned)size + 1;

    for (size_t i = 0; i < size; i++) {
        seed = seed * 1103515245u + 12345u;
        bytes[i] = (char)(byte < 0 ? seed >> 16 : (unsigned)byte);
    }
    snprintf(path, sizeof(path), "data/files/%s", name);
    board_write_bytes(board, path, bytes, size);
    free(bytes);
}

static char *folder_of(char *path, const char *name)
{
    snprintf(path, PATH_BYTES, "%s/%s", board->folder, name);
    return path;
}

static void assert_same(const char *name)
{
    char path[PATH_BYTES];
    size_t len[2];
    char *bytes[2];
    static const char *const folders[] = {"data/files", "got"};

    for (int i = 0; i < 2; i++) {
        struct stat st;
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s/%s", board->folder, folders[i], name);
        assert_int_equal(stat(path, &st), 0);
        len[i] = (size_t)st.st_size;
        bytes[i] = malloc(len[i] + 1);
        f = fopen(path, "rb");
        assert_non_null(f);
        assert_int_equal(fread(bytes[i], 1, len[i], f), len[i]);
        fclose(f);
    }
    assert_int_equal(len[0], len[1]);
    assert_memory_equal(bytes[0], bytes[1], len[0]);
    free(bytes[0]);
    free(bytes[1]);
}

static int receive_with(struct caller *c, const char *names, char *const argv[],
                        const struct peer_options *more)
{
    char got[PATH_BYTES];
    struct peer_options options = *more;

    options.folder = folder_of(got, "got");
    mkdir(got, 0700);
    caller_expect(c, "Which? ");
    caller_send(c, names);
    caller_send(c, "\r");
    return peer_run(c, RQINIT, argv, &options);
}

static void expect_all_received(char *const argv[], const struct peer_options *options)
{
    struct caller *c = begin();

    make_file("one byte", 1, -1);
    make_file("empty", 0, -1);
    make_file("large.bin", 3000000, -1);
    make_file("iac", 100000, 0xFF);
    make_file("zdle", 100000, 0x18);
    make_file("\u00E9\u4E16.txt", 5000, '\r');
    assert_int_equal(receive_with(c,
                                  "one byte,empty,large.bin,missing,iac,zdle,\u00E9\u4E16.txt",
                                  argv, options),
                     0);
    caller_expect(c, "<one byte 1 0 true ->");
    caller_expect(c, "<empty 0 0 true ->");
    caller_expect(c, "<large.bin 3000000 0 true ->");
    caller_expect(c, "<missing 0 0 false missing: No such file or directory>");
    caller_expect(c, "<zdle 100000 0 true ->");
    caller_expect(c, "Which? ");
    assert_same("one byte");
    assert_same("empty");
    assert_same("large.bin");
    assert_same("iac");
    assert_same("zdle");
    assert_same("\u00E9\u4E16.txt");
}

static void rz_receives_what_is_there(void **state)
{
    static char *const argv[] = {"rz", "-q", NULL};
    static const struct peer_options options = {0};

    (void)state;
    expect_all_received(argv, &options);
}

static void rz_may_want_all_escaped(void **state)
{
    static char *const argv[] = {"rz", "-q", "-e", NULL};
    static const struct peer_options options = {.piece = 777};

    (void)state;
    expect_all_received(argv, &options);
}

static void what_rz_has_is_not_sent_again(void **state)
{
    static char *const first[] = {"rz", "-q", NULL};
    static char *const again[] = {"rz", "-q", "-r", NULL};
    static const struct peer_options cut = {.cut_after = 1500000};
    static const struct peer_options options = {0};
    struct caller *c = begin();

    (void)state;
    make_file("large.bin", 3000000, -1);
    assert_int_equal(receive_with(c, "large.bin", first, &cut), -1);
    c = dial();
    assert_int_equal(receive_with(c, "large.bin", again, &options), 0);
    caller_expect(c, "<large.bin 3000000 1");
    caller_expect(c, " true ->");
    assert_same("large.bin");
}

static void paths_lead_nowhere_else(void **state)
{
    static const char *const names[] = {"../perigee.db", "/etc/passwd", "a/../../x", "",
                                        "a//b",          "./a"};
    struct caller *c = begin();
    char path[PATH_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        caller_expect(c, "Which? ");
        caller_send(c, *names[i] ? names[i] : "x/");
        caller_send(c, "\r");
        caller_expect(c, "Something went wrong here");
        caller_send(c, "\033");
        hang_up(c);
        c = dial();
    }
    board_expect_log(board, NULL, "expected a path below the data folder's files/");
    make_file("real", 10, 'x');
    assert_int_equal(symlink("real", folder_of(path, "data/files/link")), 0);
    assert_int_equal(symlink("/etc", folder_of(path, "data/files/etc")), 0);
    assert_int_equal(mkfifo(folder_of(path, "data/files/fifo"), 0600), 0);
    caller_expect(c, "Which? ");
    caller_send(c, "link,etc/passwd,fifo,nothing\r");
    caller_expect(c, "<link 0 0 false link: it is a link, or no folder>");
    caller_expect(c, "<passwd 0 0 false etc/passwd: it is a link, or no folder>");
    caller_expect(c, "<fifo 0 0 false fifo: it is no file>");
    caller_expect(c, "<nothing 0 0 false nothing: No such file or directory>");
    caller_expect(c, "Which? ");
}

static void five_ctrl_x_lead_back(void **state)
{
    struct caller *c = begin();

    (void)state;
    make_file("real", 10, 'x');
    caller_expect(c, "Which? ");
    caller_send(c, "real\r");
    caller_expect(c, "Ctrl-X five times");
    caller_expect(c, "B00000000000000");
    caller_send(c, "what\030\030\030\030\030");
    caller_expect(c, "<real 0 0 false the other side has cancelled it>");
    caller_expect(c, "Which? ");
}

static void a_form_is_painted_again(void **state)
{
    static char *const argv[] = {"rz", "-q", NULL};
    static const struct peer_options options = {0};
    struct caller *c;

    (void)state;
    board_write(board, "lua/handlers/t.lua", send_lua);
    board_write(board, "screens/root.txt",
                "╔══════════════════════════════════╗\n"
                "║ Which? <% set:t.files:20    %> ║\n"
                "╚══ below it ══════════════════════╝\n");
    board_start(board, NULL);
    c = dial();
    make_file("real", 10, 'x');
    assert_int_equal(receive_with(c, "real", argv, &options), 0);
    caller_expect(c, "Which? ");
    caller_expect(c, "below it");
    assert_same("real");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rz_receives_what_is_there),     TEST(rz_may_want_all_escaped),
        TEST(what_rz_has_is_not_sent_again), TEST(paths_lead_nowhere_else),
        TEST(five_ctrl_x_lead_back),         TEST(a_form_is_painted_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
