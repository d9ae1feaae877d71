/* Backups: what is in them, that they come back, and that nothing half done stays, whatever the
 * file is, the disk, or who stops it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
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

enum { WRITERS = 100, BEFORE = 3, BUSY_BYTES = 20 << 20 };

/* --- the program and what it says --- */

static unsigned mode_of(const char *path)
{
    struct stat st;

    assert_int_equal(stat(below(path), &st), 0);
    return st.st_mode & 0777;
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

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void remove_all(const char *path)
{
    assert_int_equal(nftw(below(path), remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static void expect_text(const char *path, const char *text)
{
    char *now = board_read(board, path);

    if (!now || strcmp(now, text) != 0)
        fail_msg("%s: expected \"%s\", it has \"%s\"", path, text, now ? now : "(no file)");
    free(now);
}

/* --- a board with data --- */

static int set_up(void **state)
{
    stage_set_up(state);
    board_write(board, "screens/root.txt", "Key? <% key:root.pick %>\n");
    board_write(board, "screens/saved.txt", "<% get:root.saved %> <% key:root.pick %>\n");
    board_write(board, "lua/schema.sql",
                "CREATE TABLE IF NOT EXISTS notes (caller INTEGER, n INTEGER);\n"
                "CREATE TABLE IF NOT EXISTS pad (bytes BLOB);\n");
    board_write(board, "lua/handlers/root.lua",
                "local db = require 'bbs.db'\n"
                "local root = {}\n"
                "function root.pick(client)\n"
                "  local n = (client.data.n or 0) + 1\n"
                "  db.run('INSERT INTO notes VALUES (?, ?)', client.id, n)\n"
                "  client.data.n = n\n"
                "  return 'saved'\n"
                "end\n"
                "function root.saved(client)\n"
                "  return ('<%d has saved %d>'):format(client.id, client.data.n)\n"
                "end\n"
                "return root\n");
    board_write(board, "doors/game.sh", "#!/bin/sh\n");
    assert_int_equal(chmod(below("doors/game.sh"), 0755), 0);
    board_write(board, "out/none", "");
    board_remove(board, "out/none");
    return 0;
}

static int tear_down(void **state)
{
    unsetenv("LD_PRELOAD");
    unsetenv("TMPDIR");
    free(said);
    said = NULL;
    return stage_tear_down(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

/* A board that has been served before, and is not now. */
static void add_account(void)
{
    int status;
    const char *const args[] = {"user",    "add",         "luna", "--password-stdin",
                                "--board", board->folder, NULL};

    free(said);
    said = NULL;
    status = board_run(args, "sunshine7\n", &said);
    if (status != 0)
        fail_msg("user add: %s", said);
}

static void back_up(const char *file)
{
    EXPECT(0, "packed to", "backup", below(file), "--board", board->folder);
}

/* --- under load --- */

static sqlite3 *open_database(const char *path)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open_v2(below(path), &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    return db;
}

static char *query(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *s = NULL;
    char *out = NULL;

    if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK || sqlite3_step(s) != SQLITE_ROW)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    out = strdup((const char *)sqlite3_column_text(s, 0));
    sqlite3_finalize(s);
    return out;
}

static void expect_query(sqlite3 *db, const char *sql, const char *expected)
{
    char *got = query(db, sql);

    assert_string_equal(got, expected);
    free(got);
}

static void all_save(struct caller *const *all, int n)
{
    char text[40];

    for (int i = 0; i < WRITERS; i++)
        caller_send(all[i], "x");
    snprintf(text, sizeof(text), "has saved %d>", n);
    for (int i = 0; i < WRITERS; i++)
        caller_expect(all[i], text);
}

/* What callers were told is saved before the call is in the backup, and it is of one moment. */
static void a_backup_has_what_a_hundred_callers_were_told(void **state)
{
    struct caller *all[WRITERS];
    const char *const args[] = {"backup", below("out/b"), "--board", board->folder, NULL};
    char sql[200];
    int rounds = BEFORE;
    int to, from, status;
    sqlite3 *db;
    pid_t pid;

    (void)state;
    board_write(board, "lua/settings.lua",
                "return { limits = { callers_per_address = 200 } }\n");
    board_start(board, NULL);
    db = open_database("data/perigee.db"); /* so that copying it takes some time */
    free(query(db, "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < "
                   "4000) INSERT INTO pad SELECT randomblob(2000) FROM c RETURNING 1"));
    sqlite3_close(db);
    for (int i = 0; i < WRITERS; i++)
        all[i] = dial_as(CALLER_RAW);
    for (int n = 1; n <= BEFORE; n++)
        all_save(all, n);
    pid = board_spawn(args, &to, &from);
    while (waitpid(pid, &status, WNOHANG) == 0)
        all_save(all, ++rounds);
    close(to);
    close(from);
    assert_int_equal(status, 0);
    assert_true(rounds > BEFORE);
    EXPECT(0, "It can be relied on", "restore", "--check", below("out/b"));
    EXPECT(0, "account", "restore", below("out/b"), below("back"));
    db = open_database("back/data/perigee.db");
    expect_query(db, "PRAGMA integrity_check", "ok");
    snprintf(sql, sizeof(sql), "SELECT count(*) FROM notes WHERE n <= %d", BEFORE);
    expect_query(db, sql, "300");
    expect_query(db,
                 "SELECT count(*) FROM (SELECT caller FROM notes GROUP BY caller "
                 "HAVING count(*) != max(n))",
                 "0");
    sqlite3_close(db);
}

/* --- what is in it --- */

static void what_callers_and_the_sysop_have_comes_back(void **state)
{
    (void)state;
    board_write(board, "data/files/games/moon.zip", "a game");
    board_write(board, "data/files/.part-7-moon.zip", "half a game");
    board_write(board, "data/files/odd \\ \n name", "odd");
    board_write(board, "data/history/screens/root.txt/20260101T000000.000000", "old");
    board_write(board, "data/log", "of the server");
    board_write(board, "screens/parts/head.txt", "Head\n");
    assert_int_equal(symlink("/etc/passwd", below("data/files/secret")), 0);
    board_write(board, "lua/settings.lua", "return { files = { roots = { '/srv/moon' } } }\n");
    assert_int_equal(chmod(below("data"), 0700), 0);
    add_account();
    back_up("out/b");
    assert_non_null(strstr(said, "files/secret: it is a link"));
    assert_non_null(strstr(said, "/srv/moon: it is one of files.roots, outside of the data"));
    assert_int_equal(mode_of("out/b"), 0600);
    assert_int_equal(count_entries("out"), 1);
    EXPECT(0, "with 1 account", "restore", below("out/b"), below("back"));
    expect_text("back/data/files/games/moon.zip", "a game");
    expect_text("back/data/files/odd \\ \n name", "odd");
    expect_text("back/data/history/screens/root.txt/20260101T000000.000000", "old");
    expect_text("back/screens/parts/head.txt", "Head\n");
    assert_int_equal(mode_of("back/doors/game.sh"), 0755);
    assert_int_equal(mode_of("back/data"), 0700);
    assert_int_equal(mode_of("back/data/perigee.db"), 0600);
    assert_false(is_there("back/data/files/secret"));
    assert_false(is_there("back/data/files/.part-7-moon.zip"));
    assert_false(is_there("back/data/log"));
    assert_int_equal(count_entries("back"), 4); /* data doors lua screens */
    EXPECT(0, "luna", "user", "list", "--board", below("back"));
    EXPECT(0, "account", "restore", below("out/b"), below("other"), "--data", below("deep"));
    expect_text("deep/files/games/moon.zip", "a game");
    assert_int_equal(count_entries("other"), 3);
}

/* What doors keep is their user's; to root's backup alone, as only root gives files away. */
static void files_are_whose_they_were(void **state)
{
    const struct passwd *nobody = getpwnam("nobody");
    struct stat st;

    (void)state;
    add_account();
    board_write(board, "data/doors/lander/scores", "100");
    assert_int_equal(symlink("/tmp", below("data/doors/.drop")), 0);
    if (geteuid() == 0 && nobody) {
        assert_int_equal(chown(below("data/doors/lander"), nobody->pw_uid, (gid_t)-1), 0);
        assert_int_equal(chown(below("data/doors/lander/scores"), nobody->pw_uid, (gid_t)-1),
                         0);
        assert_int_equal(chown(below("data"), nobody->pw_uid, (gid_t)-1), 0);
    }
    back_up("out/b");
    assert_null(strstr(said, ".drop"));
    EXPECT(0, "account", "restore", below("out/b"), below("back"));
    expect_text("back/data/doors/lander/scores", "100");
    assert_false(is_there("back/data/doors/.drop"));
    if (geteuid() != 0 || !nobody)
        return;
    EXPECT(0, "account", "restore", below("out/b"), below("other"), "--data", below("deep"));
    assert_int_equal(stat(below("back/data/doors/lander/scores"), &st), 0);
    assert_int_equal(st.st_uid, nobody->pw_uid);
    assert_int_equal(stat(below("back/data/doors/lander"), &st), 0);
    assert_int_equal(st.st_uid, nobody->pw_uid);
    assert_int_equal(stat(below("back/data"), &st), 0);
    assert_int_equal(st.st_uid, nobody->pw_uid);
    assert_int_equal(stat(below("deep"), &st), 0);
    assert_int_equal(st.st_uid, nobody->pw_uid);
    assert_int_equal(stat(below("back/screens"), &st), 0);
    assert_int_equal(st.st_uid, 0);
}

static void a_name_that_is_taken_is_not_written_over(void **state)
{
    (void)state;
    EXPECT(3, "'perigee serve' makes it", "backup", below("out/b"), "--board", board->folder);
    add_account();
    board_write(board, "out/b", "precious");
    EXPECT(3, "/out/b is there already: name another, or --force replaces it", "backup",
           below("out/b"), "--board", board->folder);
    expect_text("out/b", "precious");
    EXPECT(0, "packed to", "backup", below("out/b"), "--force", "--board", board->folder);
    EXPECT(3, "is in the data folder", "backup", below("data/b"), "--board", board->folder);
    EXPECT(3, "is no file", "backup", below("out"), "--force", "--board", board->folder);
    EXPECT(3, "No such file or directory", "backup", below("no/b"), "--board", board->folder);
    board_write(board, "back/notes", "of the sysop's");
    EXPECT(3, "there is something in it already", "restore", below("out/b"), below("back"));
    assert_int_equal(count_entries("back"), 1);
    EXPECT(3, "there is something in it already", "restore", below("out/b"), below("new"),
           "--data", below("back"));
    assert_false(is_there("new"));
    assert_int_equal(count_entries("back"), 1);
    assert_int_equal(count_entries("out"), 1);
}

static void a_full_disk_leaves_nothing_behind(void **state)
{
    (void)state;
    add_account();
    back_up("out/b");
    board_write(board, "data/files/large", "");
    assert_int_equal(truncate(below("data/files/large"), 1 << 20), 0);
    preload_full_disk("/out/.perigee", "60000"); /* the copy of the database has no room */
    EXPECT(3, "full", "backup", below("out/c"), "--board", board->folder);
    preload_full_disk("/backup", "500");
    EXPECT(3, "/out/b: No space left on device", "backup", below("out/b"), "--force", "--board",
           board->folder);
    unsetenv("LD_PRELOAD");
    assert_int_equal(count_entries("out"), 1);
    EXPECT(0, "It can be relied on", "restore", "--check", below("out/b"));
    preload_full_disk("/back/", "30000");
    EXPECT(3, "No space left on device", "restore", below("out/b"), below("back"));
    assert_false(is_there("back"));
}

/* --- files that change --- */

/* `perigee backup - --board FOLDER` to a pipe, its messages to out/said. */
static pid_t back_up_to_pipe(int *from)
{
    const char *build = getenv("BUILD");
    char program[PATH_MAX];
    int ends[2];
    pid_t pid;

    snprintf(program, sizeof(program), "%s/perigee", build ? build : "build");
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(open(below("out/said"), O_WRONLY | O_CREAT, 0600), STDERR_FILENO);
        execl(program, "perigee", "backup", "-", "--board", board->folder, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    *from = ends[0];
    return pid;
}

static void write_noise(const char *path, size_t len)
{
    uint32_t noise = 1;
    char *bytes = malloc(len);

    assert_non_null(bytes);
    for (size_t i = 0; i < len; i++) {
        noise = noise * 1664525 + 1013904223;
        bytes[i] = (char)(noise >> 24);
    }
    board_write_bytes(board, path, bytes, len);
    free(bytes);
}

/* So much of what comes, at most. False: nothing comes any more. */
static bool keep(int from, FILE *to, size_t most)
{
    static char piece[65536];
    ssize_t n = read(from, piece, most);

    return n > 0 && fwrite(piece, 1, (size_t)n, to) == (size_t)n;
}

static int status_of(pid_t pid)
{
    int status;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* It waits for its reader in the middle of the first. */
static void a_file_that_goes_meanwhile_is_told(void **state)
{
    int from;
    pid_t pid;
    FILE *to;

    (void)state;
    add_account();
    write_noise("data/files/1", 3 << 20);
    board_write(board, "data/files/2", "goes");
    board_write(board, "data/files/3", "stays");
    pid = back_up_to_pipe(&from);
    to = fopen(below("out/b"), "wb");
    assert_non_null(to);
    keep(from, to, 1);
    board_remove(board, "data/files/2");
    while (keep(from, to, 65536))
        ;
    fclose(to);
    close(from);
    assert_int_equal(status_of(pid), 0);
    free(said);
    said = board_read(board, "out/said");
    assert_non_null(strstr(said, "data/files/2: it was removed meanwhile"));
    EXPECT(0, "account", "restore", below("out/b"), below("back"));
    expect_text("back/data/files/3", "stays");
    assert_false(is_there("back/data/files/2"));
}

static void a_file_that_never_rests_is_told(void **state)
{
    pid_t writer;

    (void)state;
    add_account();
    write_noise("data/files/busy", BUSY_BYTES);
    writer = fork();
    assert_true(writer >= 0);
    if (writer == 0) {
        int fd = open(below("data/files/busy"), O_WRONLY);

        for (unsigned i = 0;; i++)
            if (pwrite(fd, &i, sizeof(i), 0) < 0)
                _exit(1);
    }
    back_up("out/b");
    kill(writer, SIGKILL);
    waitpid(writer, NULL, 0);
    assert_non_null(strstr(said, "data/files/busy: it changed while it was read"));
    EXPECT(0, "account", "restore", below("out/b"), below("back"));
    assert_true(is_there("back/data/files/busy"));
}

static void who_stops_it_finds_nothing_of_it(void **state)
{
    char first;
    int from;
    pid_t pid;

    (void)state;
    add_account();
    write_noise("data/files/1", 3 << 20);
    setenv("TMPDIR", below("out"), 1);
    pid = back_up_to_pipe(&from);
    assert_true(read(from, &first, 1) == 1);
    kill(pid, SIGINT);
    assert_int_equal(status_of(pid), 128 + SIGINT);
    unsetenv("TMPDIR");
    close(from);
    expect_text("out/said", "perigee: backup: it was stopped: there is no backup\n");
    assert_int_equal(count_entries("out"), 1);
}

/* --- files that are no good --- */

static char *read_bytes(const char *path, size_t *len)
{
    struct stat st;
    FILE *f = fopen(below(path), "rb");
    char *bytes;

    assert_non_null(f);
    assert_int_equal(fstat(fileno(f), &st), 0);
    bytes = malloc((size_t)st.st_size);
    assert_non_null(bytes);
    *len = fread(bytes, 1, (size_t)st.st_size, f);
    fclose(f);
    return bytes;
}

/* Refused, and nothing of it is left. */
static void expect_bad(const char *why)
{
    EXPECT(1, why, "restore", below("out/bad"), below("back"));
    assert_false(is_there("back"));
}

/* Some bits of the packing mean nothing. */
static bool is_refused_or_whole(void)
{
    const char *const args[] = {"restore", below("out/bad"), below("back"), NULL};

    if (board_run(args, NULL, NULL) == 1) {
        assert_false(is_there("back"));
        return true;
    }
    expect_text("back/screens/root.txt", "Key? <% key:root.pick %>\n");
    EXPECT(0, "luna", "user", "list", "--board", below("back"));
    assert_true(is_there("back/doors/game.sh"));
    remove_all("back");
    return false;
}

static void a_file_that_is_cut_or_damaged_is_refused(void **state)
{
    unsigned refused = 0;
    size_t len;
    char *bytes;

    (void)state;
    add_account();
    back_up("out/b");
    bytes = read_bytes("out/b", &len);
    for (size_t cut = 0; cut < len; cut += len / 16 + 1) {
        board_write_bytes(board, "out/bad", bytes, cut);
        expect_bad(cut == 0 ? "it is no backup of perigee's" : "perigee: restore: ");
    }
    for (size_t at = 0; at < len; at += len / 24 + 1) {
        bytes[at] ^= 4;
        board_write_bytes(board, "out/bad", bytes, len);
        refused += is_refused_or_whole();
        bytes[at] ^= 4;
    }
    assert_true(refused > 12);
    free(bytes);
    EXPECT(1, "perigee: restore: ", "restore", "--check", below("out/bad"));
}

static void a_database_that_is_broken_is_told(void **state)
{
    char zeros[2048] = "";
    size_t len;
    char *bytes;

    (void)state;
    add_account();
    bytes = read_bytes("data/perigee.db", &len);
    memcpy(bytes + 8 * 4096, zeros, sizeof(zeros));
    board_write_bytes(board, "data/perigee.db", bytes, len);
    free(bytes);
    back_up("out/b");
    EXPECT(1, "its database: ", "restore", "--check", below("out/b"));
    EXPECT(1, "its database: ", "restore", below("out/b"), below("back"));
    assert_false(is_there("back"));
}

static void a_board_with_mistakes_is_told(void **state)
{
    (void)state;
    add_account();
    board_write(board, "screens/root.txt", "Key? <% key:root.nothing %>\n");
    back_up("out/b");
    EXPECT(1, "screens/root.txt:1:9: there is no handler 'root.nothing'", "restore", "--check",
           below("out/b"));
    assert_non_null(strstr(said, "It can't be relied on"));
}

/* They are run on a copy of what comes back. */
static void a_board_that_fails_its_tests_is_told(void **state)
{
    (void)state;
    add_account();
    board_write(board, "lua/tests/root.lua",
                "test('the key is asked for', function(t)\n"
                "  t:dial():expect 'Key?'\n"
                "end)\n");
    back_up("out/b");
    EXPECT(0, "yes    the board's tests", "restore", "--check", below("out/b"));
    board_write(board, "lua/tests/other.lua",
                "test('this never works', function(t) error('no') end)\n");
    EXPECT(0, "packed to", "backup", below("out/b"), "--force", "--board", board->folder);
    EXPECT(1, "no     the board's tests", "restore", "--check", below("out/b"));
    assert_non_null(strstr(said, "this never works"));
    assert_non_null(strstr(said, "can be restored and served, but the board's own tests fail"));
}

/* --- tars that are hostile, made by hand --- */

struct member {
    const char *name;
    const char *text;
    char type; /* '0' a file, '1' a link, '2' a symbolic one, '3' a device, '5' a folder */
    uint64_t claims; /* its size; 0: the text's */
};

static void put_octal(char *at, int digits, uint64_t n)
{
    for (int i = digits - 1; i >= 0; i--, n >>= 3)
        at[i] = (char)('0' + (n & 7));
}

static void put_size(char *at, uint64_t n)
{
    if (n < 1ull << 33) {
        put_octal(at, 11, n);
        return;
    }
    at[0] = (char)0x80;
    for (int i = 11; i > 3; i--, n >>= 8)
        at[i] = (char)n;
}

static void put_member(FILE *f, const struct member *m)
{
    char head[512] = "";
    char zeros[512] = "";
    size_t len = strlen(m->text);
    unsigned sum = 0;

    snprintf(head, 100, "%s", m->name);
    put_octal(head + 100, 7, 0644);
    put_octal(head + 108, 7, 0);
    put_octal(head + 116, 7, 0);
    put_size(head + 124, m->claims ? m->claims : m->type == '0' ? len : 0);
    put_octal(head + 136, 11, 0);
    memset(head + 148, ' ', 8);
    head[156] = m->type;
    if (m->type == '1' || m->type == '2')
        snprintf(head + 157, 100, "/etc/passwd");
    memcpy(head + 257, "ustar\00000", 8);
    for (int i = 0; i < 512; i++)
        sum += (unsigned char)head[i];
    put_octal(head + 148, 6, sum);
    head[154] = '\0';
    fwrite(head, 1, 512, f);
    if (m->type == '0') {
        fwrite(m->text, 1, len, f);
        fwrite(zeros, 1, (512 - len % 512) % 512, f);
    }
}

#define MANIFEST "perigee backup\nformat 1\nversion 0.1.0\nschema 1\n"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static void a_hostile_file_is_refused(void **state)
{
    static const struct {
        struct member members[3];
        const char *why;
    } cases[] = {
        {{{"MANIFEST", MANIFEST, '0', 0}, {"../out/x", "x", '0', 0}}, "../out/x in it leads"},
        {{{"MANIFEST", MANIFEST, '0', 0}, {"/tmp/x", "x", '0', 0}}, "/tmp/x in it leads"},
        {{{"MANIFEST", MANIFEST, '0', 0}, {"data/../../x", "x", '0', 0}}, "in it leads"},
        {{{"MANIFEST", MANIFEST, '0', 0}, {"data/./x", "x", '0', 0}}, "in it leads"},
        {{{"MANIFEST", MANIFEST, '0', 0}, {"x", "x", '0', 0}}, "in it leads"},
        {{{"MANIFEST", MANIFEST, '0', 0}, {"lua/x", "", '1', 0}}, "lua/x in it is no file"},
        {{{"MANIFEST", MANIFEST, '0', 0}, {"lua", "", '2', 0}, {"lua/x", "x", '0', 0}},
         "lua in it is no file"},
        {{{"MANIFEST", MANIFEST, '0', 0}, {"lua/x", "", '3', 0}}, "lua/x in it is no file"},
        {{{"MANIFEST", MANIFEST, '0', 0}, {"lua/x", "", '5', 0}, {"lua/x", "x", '0', 0}},
         "lua/x in it is a file and a folder"},
        {{{"MANIFEST", MANIFEST, '0', 0}, {"lua/x.lua", "x", '0', 0}},
         "SHA256SUMS, is missing"},
        {{{"MANIFEST", MANIFEST, '0', 0}, {"SHA256SUMS", "", '0', 0}, {"lua/x", "x", '0', 0}},
         "something follows behind its end"},
        {{{"MANIFEST", MANIFEST, '0', 0}, {"SHA256SUMS", "hello", '0', 0}},
         "SHA256SUMS:1: it is no sum and name"},
        {{{"MANIFEST", MANIFEST, '0', 0},
          {"lua/x", "x", '0', 0},
          {"SHA256SUMS", ZEROS "  lua/x\n", '0', 0}},
         "it is damaged: lua/x is not what was put in"},
        {{{"MANIFEST", MANIFEST, '0', 0}, {"SHA256SUMS", ZEROS "  lua/y\n", '0', 0}},
         "it is damaged: lua/y is missing"},
        {{{"MANIFEST", MANIFEST, '0', 0}, {"SHA256SUMS", "", '0', 0}},
         "it is damaged: MANIFEST was not put in"},
        {{{"MANIFEST", "perigee backup\nformat 9\nversion 8.0\n", '0', 0}},
         "it is of format 9, made by perigee 8.0"},
        {{{"MANIFEST", "hello\n", '0', 0}}, "it is no backup of perigee's"},
        {{{"lua/x.lua", "x", '0', 0}}, "it is no backup of perigee's"},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        FILE *f = fopen(below("out/bad"), "wb");
        char zeros[1024] = "";

        assert_non_null(f);
        for (int k = 0; k < 3 && cases[i].members[k].name; k++)
            put_member(f, &cases[i].members[k]);
        fwrite(zeros, 1, sizeof(zeros), f);
        fclose(f);
        expect_bad(cases[i].why);
    }
    assert_int_equal(count_entries("out"), 1);
}

/* Refused before the disk is full of it. */
static void a_size_that_no_disk_has_is_refused(void **state)
{
    const struct member manifest = {"MANIFEST", MANIFEST, '0', 0};
    const struct member large = {"data/files/x", "x", '0', 1ull << 60};
    FILE *f = fopen(below("out/bad"), "wb");

    (void)state;
    assert_non_null(f);
    put_member(f, &manifest);
    put_member(f, &large);
    fclose(f);
    EXPECT(3, "has room for", "restore", below("out/bad"), below("back"));
    assert_false(is_there("back"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_backup_has_what_a_hundred_callers_were_told),
        TEST(what_callers_and_the_sysop_have_comes_back),
        TEST(files_are_whose_they_were),
        TEST(a_name_that_is_taken_is_not_written_over),
        TEST(a_full_disk_leaves_nothing_behind),
        TEST(a_file_that_goes_meanwhile_is_told),
        TEST(a_file_that_never_rests_is_told),
        TEST(who_stops_it_finds_nothing_of_it),
        TEST(a_file_that_is_cut_or_damaged_is_refused),
        TEST(a_database_that_is_broken_is_told),
        TEST(a_board_with_mistakes_is_told),
        TEST(a_board_that_fails_its_tests_is_told),
        TEST(a_hostile_file_is_refused),
        TEST(a_size_that_no_disk_has_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
