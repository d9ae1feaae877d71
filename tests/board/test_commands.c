/* The command line: what is asked wrongly, what cannot be done, and what each says. */
#include <setjmp.h>
#include <signal.h>
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
    RUN(2, "unknown command: did you mean 'upgrade'? perigee help lists all", "upgade");
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
        {"return { color = 1 }\n", "lua/settings.lua:1: there is no setting 'color'"},
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
    RUN(0, "next login            at any time", "user", "show", "luna", "--data", data);
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

/* The last who can look after the board can't be lost by a slip; levels are the board's own. */
static void the_last_sysop_stays(void **state)
{
    (void)state;
    board_write(board, "lua/settings.lua", "return { levels = { new = 5, sysop = 50 } }\n");
    RUN_WITH("moonlight\n", 0, "level 5\n", "user", "add", "luna", "--password-stdin",
             "--board", board->folder);
    RUN_WITH("moonlight\n", 0, "level 50\n", "user", "add", "boss", "--level", "50",
             "--password-stdin", "--board", board->folder);
    RUN(1, "boss is the only sysop", "user", "level", "boss", "49", "--board", board->folder);
    RUN(1, "boss is the only sysop", "user", "lock", "boss", "--board", board->folder);
    RUN(1, "perigee user level HANDLE 50", "user", "delete", "boss", "--yes", "--board",
        board->folder);
    RUN(0, "level 51", "user", "level", "boss", "51", "--board", board->folder);
    RUN(0, "", "user", "level", "luna", "50", "--board", board->folder);
    RUN(0, "is locked", "user", "lock", "boss", "--board", board->folder);
    RUN(1, "luna is the only sysop", "user", "lock", "luna", "--board", board->folder);
    RUN(0, "was deleted", "user", "delete", "boss", "--yes", "--board", board->folder);
    board_write(board, "lua/settings.lua", "return { levels = { new = 0 } }\n");
    RUN(0, "lua/settings.lua:1: levels.new is 0, expected 1 to 255: the default settings",
        "user", "level", "luna", "100", "--board", board->folder);
}

static void check_tells_all_mistakes_at_once(void **state)
{
    char *out = NULL;
    const char *args[] = {"check", "--board", board->folder, NULL};
    static const char *const says[] = {
        "screens/bad.txt:1:",
        "there is no handler 'no.such'",
        "there is no screen 'nowhere', expected screens/nowhere.txt",
        "screens/bad.txt:1:14: this if: is not closed",
        "there is no handler 'x.y'",
        "there is no screen 'sky' to include",
        "screens/UPPER.TXT:1:1: the file's name is in capitals, expected screens/upper.txt",
        "lua/settings.lua:3: limits.callers is 0",
        "lua/settings.lua:4: limits.allow: 'x.y' is no address",
        "lua/settings.lua:1: listen 'nonsense': expected HOST:PORT",
        "nothing leads to the screen 'lonely'",
        "lua/handlers/bad.lua:1:",
        "'back' is a word that handlers return",
        "lua/schema.sql:1:",
        "hint: no macro names the handler 'extra.unused'",
    };

    (void)state;
    RUN(0, "no findings", "check", "--board", board->folder);
    board_write(board, "screens/bad.txt", "<% get:moon; if:x.y; include:sky %>\n");
    board_write(board, "screens/UPPER.TXT", "x\n");
    board_write(board, "lua/settings.lua",
                "return { listen = { \"nonsense\" },\n limits = {\n"
                "  callers = 0,\n  allow = { \"x.y\" } } }\n");
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

static void check_tells_what_does_not_fit(void **state)
{
    static const char art[] = "\033[31mart\x1ASAUCE00 broken off";
    char tall[800] = "<% set:login.name:fit %>";

    (void)state;
    for (unsigned i = 0; i < 30; i++)
        strcat(tall, "\nrow");
    board_write(
        board, "screens/wide.txt",
        "          |15How do you want to be called by all the others, for as long as you "
        "are here? <% set:login.name:fit %>|\n");
    board_write(board, "screens/wide.40.txt", "012345678901234567890123456789012345678901\n");
    board_write(board, "screens/tall.txt", tall);
    board_write_bytes(board, "screens/art.ans", art, sizeof(art) - 1);
    RUN(1, "screens/wide.txt:1:1: the form takes up 112 columns, expected at most 80", "check",
        "--board", board->folder);
    RUN(1, "hint: screens/wide.40.txt: a line takes up 42 columns, more than 40", "check",
        "--board", board->folder);
    RUN(1, "hint: screens/tall.txt: the form has 31 rows, it is asked in parts", "check",
        "--board", board->folder);
    RUN(1, "hint: screens/art.ans: 18 bytes behind the art are no SAUCE record", "check",
        "--board", board->folder);
}

static void check_tells_what_is_too_much_or_cut_off(void **state)
{
    static char art[5 << 20];

    (void)state;
    memset(art, 'x', sizeof(art));
    board_write_bytes(board, "screens/large.ans", art, sizeof(art));
    board_write(board, "screens/cut.ans", "\nred \033[31\nplain\n");
    RUN(1,
        "screens/large.ans:1:1: the file has 5.0 MiB, a modem's line of 115,200 baud takes 7 ",
        "check", "--board", board->folder);
    RUN(1, "screens/cut.ans:2:5: an escape sequence is cut off here", "check", "--board",
        board->folder);
}

/* What is broken is said once, not again by all that use it. */
static void check_makes_no_mistake_of_its_own(void **state)
{
    char *menu = board_read(board, "screens/menu.txt");
    char *bad;

    (void)state;
    assert_non_null(menu);
    bad = calloc(1, strlen(menu) + 100);
    snprintf(bad, strlen(menu) + 100, "<%% go:who(\"W\" %%>%s", menu);
    board_write(board, "screens/menu.txt", bad);
    RUN(1, "1 finding, 0 hints", "check", "--board", board->folder);
    board_write(board, "screens/menu.txt", menu);
    board_write(board, "lua/handlers/wall.lua", "x x\n");
    RUN(1, "1 finding, 0 hints", "check", "--board", board->folder);
    free(menu);
    free(bad);
}

/* What an editor has and the disk has not. */
static void check_looks_at_a_draft(void **state)
{
    static const char lua[] = "return { f = function() end }\nlocal x = \n";

    (void)state;
    RUN_WITH("<% get:no.such %>", 1, "screens/menu.txt:1:4: there is no handler 'no.such'",
             "check", "--board", board->folder, "--with", "screens/menu.txt");
    RUN_WITH("new <% go:nowhere(\"N\") %>", 1, "screens/new/one.txt:1:8: there is no screen",
             "check", "--board", board->folder, "--with", "screens/new/one.txt");
    RUN_WITH("return { board = { name = 1 } }", 1, "lua/settings.lua:1: board.name", "check",
             "--board", board->folder, "--with", "lua/settings.lua");
    RUN_WITH("local wall = {}\nreturn wall\n", 1, "there is no handler 'wall.lines'", "check",
             "--board", board->folder, "--with", "lua/handlers/wall.lua");
    RUN_WITH(lua, 1, "lua/handlers/wall.lua:2: ", "check", "--board", board->folder, "--with",
             "lua/handlers/wall.lua");
    RUN_WITH("x", 2, "--with menu.txt: expected a board's file", "check", "--board",
             board->folder, "--with", "menu.txt");
    RUN(0, "no findings", "check", "--board", board->folder); /* it was only looked at */
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

static void help_and_version(void **state)
{
    (void)state;
    RUN(2, "usage: perigee COMMAND", "--nonsense");
    expect_run((const char *const[]){NULL}, NULL, 2, "usage: perigee COMMAND");
    RUN(2, "unknown option --json", "reload", "--json");
    RUN(2, "takes no value", "status", "--json=1");
    RUN(2, "the value is empty", "serve", "--board=");
    RUN(2, "one argument too many: x", "serve", "x");
    RUN(2, "--log-level loud: expected error, warn, info or debug", "serve", "--log-level",
        "loud");
    RUN(2, "unknown action fly", "user", "fly");
    RUN(2, "unknown option --level", "user", "lock", "luna", "--level", "3");
    RUN(2, "there is no command moon", "help", "moon");
    RUN(0, "usage: perigee serve", "help", "serve");
    RUN(0, "usage: perigee serve", "serve", "--help");
    RUN(0, "usage: perigee user add", "help", "user");
    RUN(0, "usage: perigee top", "help", "top");
    RUN(0, "perigee 0.", "--version");
}

static void a_data_folder_that_cannot_be_one_is_told(void **state)
{
    char file[400];

    (void)state;
    snprintf(file, sizeof(file), "%s/afile", board->folder);
    board_write(board, "afile", "x");
    RUN(3, "afile: ", "serve", "--board", board->folder, "--data", file, "--listen",
        "127.0.0.1:0");
    RUN(3, "--data", "serve", "--board", board->folder, "--data", "/proc/1/nothing/deep",
        "--listen", "127.0.0.1:0");
    RUN(3, "", "user", "add", "luna", "--password-stdin", "--data", file);
    if (geteuid() != 0) {
        assert_int_equal(mkdir(data, 0500), 0);
        RUN(3, "make it writable", "serve", "--board", board->folder, "--listen",
            "127.0.0.1:0");
    }
}

static void addresses_that_cannot_be_listened_on_are_told(void **state)
{
    static const char *const wrong[] = {
        "nonsense",        "127.0.0.1",      "127.0.0.1:", "127.0.0.1:x",
        "127.0.0.1:99999", "192.0.2.1:2323", ":"};

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        RUN(3, wrong[i], "serve", "--board", board->folder, "--listen", wrong[i]);
        assert_int_not_equal(access(data, F_OK), 0); /* nothing was written */
    }
}

/* -> the version that the database had */
static int set_version(const char *path, int version)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *s = NULL;
    char sql[60];
    int before;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    before = sqlite3_column_int(s, 0);
    sqlite3_finalize(s);
    snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", version);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    return before;
}

/* Made by a newer perigee: it is left as it is. */
static void a_newer_database_is_not_touched(void **state)
{
    struct stat before;
    struct stat after;
    char path[400];
    int version;

    (void)state;
    RUN_WITH("moonlight\n", 0, "", "user", "add", "luna", "--password-stdin", "--data", data);
    snprintf(path, sizeof(path), "%s/perigee.db", data);
    version = set_version(path, 99);
    assert_int_equal(stat(path, &before), 0);
    RUN(3, "the database is of version 99", "serve", "--board", board->folder, "--listen",
        "127.0.0.1:0");
    RUN(3, "the database is of version 99", "user", "list", "--data", data);
    RUN(3, "the database is of version 99", "user", "lock", "luna", "--data", data);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_size, after.st_size);
    assert_memory_equal(&before.st_mtim, &after.st_mtim, sizeof(before.st_mtim));
    set_version(path, version);
    RUN(0, "luna", "user", "show", "luna", "--data", data);
}

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* Of version 6 there are stores with the numbers of accounts, and without. */
static void an_older_database_is_brought_up_to_date(void **state)
{
    static const char later[] =
        "ALTER TABLE users DROP COLUMN hidden; ALTER TABLE users DROP COLUMN location;"
        "ALTER TABLE files DROP COLUMN listed;"
        "ALTER TABLE chat_choices DROP COLUMN dnd;"
        "ALTER TABLE chat_choices DROP COLUMN colors; DROP TABLE friends; DROP TABLE looks;"
        "DROP TABLE audit; DROP TABLE bans; DROP TABLE schedule_runs;"
        "DROP INDEX pages_by_sender; ALTER TABLE pages DROP COLUMN sender;"
        "PRAGMA user_version = 6";
    static const char *const older[] = {
        "", "DROP TRIGGER users_number; DROP TABLE account_numbers"};
    static const char *const names[] = {"sol", "moon"};
    char path[400];

    (void)state;
    RUN_WITH("moonlight\n", 0, "", "user", "add", "luna", "--password-stdin", "--data", data);
    snprintf(path, sizeof(path), "%s/perigee.db", data);
    for (int i = 0; i < 2; i++) {
        run_sql(path, later);
        run_sql(path, older[i]);
        RUN_WITH("moonlight\n", 0, "", "user", "add", names[i], "--password-stdin", "--data",
                 data);
        RUN(0, names[i], "user", "list", "--data", data);
        RUN(0, "luna", "user", "list", "--data", data);
    }
    RUN_WITH("moonlight\n", 1, "The handle Iuna looks like one that is taken", "user", "add",
             "Iuna", "--password-stdin", "--data", data);
}

static void a_file_that_is_no_database_is_told(void **state)
{
    (void)state;
    board_write(board, "data/perigee.db",
                "this is not a database, but long enough to be read "
                "as the header of one, which has 100 bytes ........");
    RUN(3, "not a database", "serve", "--board", board->folder, "--listen", "127.0.0.1:0");
}

/* What the shell changes is true at once for who is on line, and stays so when they leave. */
static void accounts_change_under_callers_on_line(void **state)
{
    struct caller *c;
    size_t from = 0;

    (void)state;
    RUN_WITH("moonlight\n", 0, "", "user", "add", "luna", "--password-stdin", "--data", data);
    board_write(board, "screens/root.txt", "ROOT\nasks> <% set:t.take %>\n");
    board_write(board, "lua/handlers/t.lua",
                "local users = require 'bbs.users'\nlocal t = {}\n"
                "function t.take(client, text)\n"
                "  if text ~= '' then users.login(client, 'luna', text) end\n"
                "  return 'repeat', 'level=' .. client.level .. ' of ' .. client.user_id\n"
                "end\nreturn t\n");
    board_start(board, NULL);
    c = caller_dial(board, CALLER_XTERM);
    caller_expect(c, "asks> ");
    caller_send(c, "moonlight\r");
    caller_expect(c, "level=10 of luna");
    RUN(0, "level 77", "user", "level", "luna", "77", "--data", data);
    for (int i = 0; i < 100 && !caller_has(c, "level=77 of luna"); i++) {
        caller_send(c, "\r"); /* the server reads the account again, beside its callers */
        caller_expect(c, "asks> ");
    }
    caller_expect(c, "asks> ");
    assert_true(caller_has(c, "level=77 of luna"));
    caller_free(c);
    board_expect_log(board, &from, "call event=end");
    RUN(0, "77", "user", "show", "luna", "--data", data);
    RUN(0, "locked", "user", "lock", "luna", "--data", data);
    c = caller_dial(board, CALLER_XTERM);
    caller_expect(c, "asks> ");
    caller_send(c, "moonlight\r");
    caller_expect(c, "level=0 of GUEST");
    RUN(0, "", "user", "unlock", "luna", "--data", data);
    RUN_WITH("newmoon99\n", 0, "", "user", "passwd", "luna", "--password-stdin", "--data",
             data);
    caller_send(c, "moonlight\r");
    caller_expect(c, "level=0 of GUEST");
    caller_send(c, "newmoon99\r");
    caller_expect(c, "level=77 of luna");
    RUN(0, "deleted", "user", "delete", "luna", "--yes", "--data", data);
    caller_read_for_now(c);
    caller_free(c);
}

static void wrong_accounts_are_refused(void **state)
{
    (void)state;
    RUN_WITH("moonlight\n", 2, "", "user", "add", "x", "--password-stdin", "--data", data);
    RUN_WITH("moonlight\n", 2, "", "user", "add", "luna", "--level", "256", "--password-stdin",
             "--data", data);
    RUN_WITH("moonlight\n", 2, "", "user", "add", "luna", "--level", "ten", "--password-stdin",
             "--data", data);
    RUN_WITH("", 2, "standard input is empty", "user", "add", "luna", "--password-stdin",
             "--data", data);
    RUN_WITH("lunaluna\n", 2, "", "user", "add", "lunaluna", "--password-stdin", "--data",
             data);
    RUN_WITH("moonlight\n", 0, "", "user", "add", "luna", "--password-stdin", "--data", data);
    RUN(2, "", "user", "level", "luna", "0", "--data", data);
    RUN(2, "an argument is missing", "user", "level", "luna", "--data", data);
    RUN(1, "nobody has zz in a name", "user", "list", "zz", "--data", data);
    RUN(0, "luna", "user", "list", "UN", "--data", data);
}

static void stop_ends_the_server(void **state)
{
    size_t from = 0;
    struct caller *c;

    (void)state;
    board_start(board, NULL);
    c = caller_dial(board, CALLER_XTERM);
    caller_expect(c, "Handle: ");
    RUN(0, "stopping", "stop", "--board", board->folder);
    caller_expect(c, "The board is going down");
    caller_expect_end(c);
    caller_free(c);
    board_expect_log(board, &from, "server event=stopped");
    RUN(1, "no server runs", "stop", "--board", board->folder);
    RUN(1, "no server runs", "reload", "--board", board->folder);
}

static void reload_tells_what_is_wrong(void **state)
{
    (void)state;
    board_start(board, NULL);
    board_write(board, "screens/bad.txt", "x\n  <% get:moon %>\n");
    RUN(1, "screens/bad.txt:2:10:", "reload", "--board", board->folder);
    board_remove(board, "screens/bad.txt");
    RUN(0, "generation", "reload", "--board", board->folder);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(wrong_use_is_told_with_the_usage),
        TEST(what_cannot_be_served_is_told),
        TEST(wrong_settings_stop_the_start),
        TEST(accounts_are_kept_from_the_shell),
        TEST(the_last_sysop_stays),
        TEST(check_tells_all_mistakes_at_once),
        TEST(check_tells_what_does_not_fit),
        TEST(check_tells_what_is_too_much_or_cut_off),
        TEST(check_makes_no_mistake_of_its_own),
        TEST(check_looks_at_a_draft),
        TEST(the_server_answers_and_stops),
        TEST(help_and_version),
        TEST(a_data_folder_that_cannot_be_one_is_told),
        TEST(addresses_that_cannot_be_listened_on_are_told),
        TEST(a_newer_database_is_not_touched),
        TEST(an_older_database_is_brought_up_to_date),
        TEST(a_file_that_is_no_database_is_told),
        TEST(accounts_change_under_callers_on_line),
        TEST(wrong_accounts_are_refused),
        TEST(stop_ends_the_server),
        TEST(reload_tells_what_is_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
