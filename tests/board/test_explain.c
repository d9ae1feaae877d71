/* perigee explain: why a caller sees a screen, each of its items, a file area, or does not; a
 * check for each rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "tests/board/cast.h"
#include "tests/board/command.h"

/* --- running it --- */

#define EXPLAIN(status, ...)                                                                   \
    run_command(status,                                                                        \
                (const char *const[]){"explain", "--board", board->folder, __VA_ARGS__, NULL}, \
                NULL)

/* Before all rules; the log may have said something before it. */
static void expect_verdict(const char *text)
{
    expect_said(text);
    assert_true(strstr(said, text) < strstr(said, "\n  "));
}

static void user(const char *what, const char *handle, const char *level)
{
    const char *args[10] = {"user", what, handle, "--board", board->folder};

    if (level) {
        args[5] = "--level";
        args[6] = level;
        args[7] = "--password-stdin";
    }
    assert_int_equal(board_run(args, level ? "sunshine7\n" : NULL, NULL), 0);
}

/* Not changed by the tests, which share it. */
static int set_up(void **state)
{
    stage_set_up(state);
    board_write(board, "lua/handlers/h.lua",
                "local h = {}\n"
                "function h.yes() return true end\n"
                "function h.no() return false end\n"
                "function h.by_level(client) return client.level >= 50 end\n"
                "function h.fails() error 'oh' end\n"
                "function h.rows(_, args) return { { x = true }, { x = false } }, 2 end\n"
                "function h.away() return 'open' end\n"
                "return h\n");
    board_write(board, "screens/root.txt", "Welcome. <% go:menu(\"M\") %>\n");
    board_write(board, "screens/open.txt", "Open to all. <% go:menu(\"M\") %>\n");
    board_write(board, "screens/high.txt", "\n<% page:level(50) %>High up.\n");
    board_write(board, "screens/menu.txt",
                "<% page:level(5) %>The menu\n"
                "<% item:open(\"O\", \"open\") %>\n"
                "<% item:high(\"H\", \"high\") %>\n"
                "<% item:open(\"S\", \"sysops\", level=100) %>\n"
                "<% item:high(\"D\", \"dim\", dim=true) %>\n"
                "<% item:nowhere(\"N\", \"nowhere\") %>\n"
                "<% go:high(\"U\"); go:back(\"Q\") %>\n"
                "<% if:h.by_level %>\n"
                "<% item:open(\"1\", \"for fifty\") %>\n"
                "<% else %>\n"
                "<% item:open(\"2\", \"for others\") %>\n"
                "<% end %>\n"
                "<% if:h.fails %>never<% end %>\n"
                "<% each:h.rows %>\n<% if:.x %>x<% end %>\n<% end %>\n"
                "<% get:h.gone %>\n");
    board_write(board, "screens/away.txt", "<% enter:h.away %>Away.\n");
    user("add", "luna", "10");
    user("add", "sol", "60");
    return 0;
}

static int tear_down(void **state)
{
    free(said);
    said = NULL;
    return stage_tear_down(state);
}

/* --- the screen as a whole --- */

static void the_level_of_a_page_is_compared_with_the_callers(void **state)
{
    (void)state;
    EXPLAIN(1, "high", "--as", "luna");
    expect_verdict(
        "luna (level 10) does not see screens/high.txt: it is for level 50 and above");
    expect_said("  screens/high.txt:2: page:level(50): level 10 is not enough\n");
    EXPLAIN(0, "high", "--as", "SOL");
    expect_verdict("sol (level 60) sees screens/high.txt\n");
    expect_said("page:level(50): level 60 is enough\n");
    EXPLAIN(1, "menu", "--as", "guest");
    expect_verdict("a guest (level 0) does not see screens/menu.txt: it is for level 5");
    EXPLAIN(0, "open", "--as", "guest");
    expect_said("screens/open.txt: it has no page:level: it is open to all\n");
}

static void what_is_not_there_is_told_with_what_is(void **state)
{
    (void)state;
    EXPLAIN(1, "meno", "--as", "luna");
    expect_said("there is no screen 'meno': there is menu\n");
    EXPLAIN(1, "menu", "--as", "nobody");
    expect_said("--as nobody: nobody has that handle");
    EXPLAIN(2, "menu", "--size", "huge");
    expect_said("--size huge: expected COLUMNSxROWS");
}

static void an_enter_handler_that_leads_away_is_named(void **state)
{
    (void)state;
    EXPLAIN(1, "away", "--as", "luna");
    expect_verdict(
        "luna (level 10) does not see screens/away.txt: its handlers lead to 'open'");
    expect_said("screens/away.txt:1: enter:h.away: it leads to 'open'\n");
}

static void a_locked_account_sees_what_a_guest_sees(void **state)
{
    (void)state;
    user("add", "lock", "60");
    user("lock", "lock", NULL);
    EXPLAIN(1, "high", "--as", "lock");
    expect_verdict("lock (level 60) does not see screens/high.txt: the account is locked\n");
    EXPLAIN(0, "open", "--as", "lock");
    expect_said("the account is locked: perigee user unlock");
}

static void a_banned_account_is_told_until_when_and_by_whom(void **state)
{
    char path[400];
    sqlite3 *db;

    (void)state;
    user("add", "ban", "60");
    snprintf(path, sizeof(path), "%s/data/perigee.db", board->folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db,
                     "INSERT INTO bans (user, until, reason, who, at) "
                     "SELECT id, strftime('%s', 'now') + 3600, 'noise', 'moon', 0 FROM users "
                     "WHERE handle = 'ban'",
                     NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    EXPLAIN(1, "high", "--as", "ban");
    expect_verdict("ban (level 60) does not see screens/high.txt: the account is banned until");
    expect_said(" by moon (noise): the sysop's desk lifts it\n");
}

/* --- which file --- */

static void the_file_is_chosen_by_window_and_terminal(void **state)
{
    (void)state;
    board_write(board, "screens/f.txt", "text\n");
    board_write(board, "screens/f.asc", "plain\n");
    board_write(board, "screens/f.40.txt", "narrow\n");
    EXPLAIN(0, "f", "--as", "luna");
    expect_said("sees screens/f.txt\n");
    expect_said(
        "f.txt: this file: the first there is of .ans, .txt, .asc: the terminal has ANSI");
    expect_said("f.40.txt: not this file: it is for windows of fewer than 80 columns, this has "
                "80\n");
    EXPLAIN(0, "f", "--as", "luna", "--plain");
    expect_said("sees screens/f.asc\n");
    expect_said(
        "f.txt: not this file: the order is .asc, .txt, .ans: the terminal has no ANSI");
    EXPLAIN(0, "f", "--as", "luna", "--plain", "--linear");
    expect_said("sees screens/f.txt\n");
    EXPLAIN(0, "f", "--as", "luna", "--size", "40x25");
    expect_said("sees screens/f.40.txt\n");
    expect_said("f.txt: not this file: there is one for narrow windows\n");
}

static void of_a_broken_screen_the_last_good_version_is_named(void **state)
{
    (void)state;
    board_write(board, "screens/b.txt", "Line\n<% get: %>\n");
    EXPLAIN(1, "b", "--as", "luna");
    expect_verdict(
        "luna (level 10) does not see b: it is broken, and there is no good version");
    expect_said("  screens/b.txt:2:");
    board_write(board, "data/history/screens/b.txt/20260102T030405.000000", "It was good.\n");
    EXPLAIN(0, "b", "--as", "luna");
    expect_verdict("luna (level 10) sees screens/b.txt\n");
    expect_said("screens/b.txt: it is broken: its last good version of 2026-01-02");
    expect_said("  screens/b.txt:2:");
    board_remove(board, "screens/b.txt");
}

/* --- items, blocks, handlers --- */

static void each_item_says_why_it_is_hidden(void **state)
{
    (void)state;
    EXPLAIN(0, "menu", "--as", "luna");
    expect_verdict("luna (level 10) sees screens/menu.txt; 3 of its 7 items are hidden\n");
    expect_said("screens/menu.txt:2: item:open: shown\n");
    expect_said("screens/menu.txt:3: item:high: hidden: 'high' is for level 50 and above "
                "(screens/high.txt:2)\n");
    expect_said("screens/menu.txt:4: item:open: hidden: it is for level 100 and above\n");
    expect_said("screens/menu.txt:5: item:high: dimmed, not to be chosen: 'high' is for level");
    expect_said("screens/menu.txt:6: item:nowhere: shown, but leads nowhere");
    expect_said("screens/menu.txt:7: go:high: refused: 'high' is for level 50 and above");
    expect_said("screens/menu.txt:7: go:back: shown\n");
}

static void blocks_have_the_value_that_this_caller_gets(void **state)
{
    (void)state;
    EXPLAIN(0, "menu", "--as", "luna");
    expect_said("screens/menu.txt:8: if:h.by_level: false (lua/handlers/h.lua:4)\n");
    expect_said("screens/menu.txt:9: item:open: hidden: if:h.by_level of line 8 keeps it");
    expect_said("screens/menu.txt:11: item:open: shown\n");
    expect_said("screens/menu.txt:13: if:h.fails: its handler failed (lua/handlers/h.lua:5)\n");
    expect_said("screens/menu.txt:14: each:h.rows: 2 rows (lua/handlers/h.lua:6)\n");
    expect_said("screens/menu.txt:15: if:.x: true 1 of 2 times (a field of the row)\n");
    expect_said("screens/menu.txt:17:4: there is no handler 'h.gone'");
    EXPLAIN(0, "menu", "--as", "sol");
    expect_said("screens/menu.txt:8: if:h.by_level: true");
    expect_said("screens/menu.txt:9: item:open: shown\n");
    expect_said("screens/menu.txt:11: item:open: hidden: if:h.by_level of line 8 keeps it");
}

/* --- settings --- */

static void settings_that_bear_on_a_screen_are_named_with_their_line(void **state)
{
    (void)state;
    board_write(board, "lua/settings.lua",
                "return {\n"
                "  dial = {\n"
                "    level = 20,\n"
                "    hosts = { \"telnet://127.0.0.1:2\" },\n"
                "  },\n"
                "  command = { shell = \"vi\" },\n"
                "  doors = {\n"
                "    chess = { argv = { \"true\" }, title = \"Chess\", level = 30 },\n"
                "  },\n"
                "}\n");
    board_write(board, "lua/areas.lua",
                "local files = require \"bbs.files\"\n"
                "files.define {\n"
                "  { name = \"art\", see = 1, download = 20, upload = 70 },\n"
                "  { name = \"vault\", see = 50, upload = 50, approve = true, space = 1000 },\n"
                "}\n");
    board_write(
        board, "lua/handlers/tools.lua",
        "local _ = { require \"bbs.dial\", require \"bbs.doors\", require \"bbs.files\",\n"
        "  require \"bbs.command\", require \"bbs.sysop\" }\n"
        "local tools = {}\n"
        "function tools.get() return 'x' end\n"
        "return tools\n");
    board_write(board, "screens/tools.txt", "<% get:tools.get %>\n");
    EXPLAIN(0, "tools", "--as", "luna");
    expect_said("lua/settings.lua: dial.level = 20: level 10 is not enough\n");
    expect_said("lua/settings.lua:4: dial.hosts = telnet://127.0.0.1:2: these can be called\n");
    expect_said(
        "lua/settings.lua: command.user = \"\" (the default): it names nobody, so nobody runs");
    expect_said("lua/settings.lua:6: command.shell = vi: the program that");
    expect_said("lua/settings.lua: levels.sysop = 100 (the default): level 10 is not enough\n");
    expect_said("lua/settings.lua:8: doors.chess.level = 30: level 10 is not enough\n");
    expect_said(
        "lua/areas.lua:3: area art: shown; downloads: may not (from 20 on); uploads: may "
        "not (from 70 on)\n");
    expect_said("lua/areas.lua:4: area vault: hidden: it is for level 50 and above\n");
}

/* Of the board that the test before has written. */
static void an_area_says_who_may_do_what(void **state)
{
    (void)state;
    EXPLAIN(1, "files/vault", "--as", "luna");
    expect_verdict(
        "luna (level 10) does not see the area 'vault': it is for level 50 and above\n");
    expect_said("  lua/areas.lua:4: see = 50: level 10 is not enough\n");
    EXPLAIN(0, "files/vault", "--as", "sol");
    expect_verdict("sol (level 60) sees the area 'vault'; downloads: may; uploads: may\n");
    expect_said("lua/areas.lua:4: approve = true: uploads wait");
    expect_said("lua/areas.lua:4: space = 1000: 0 bytes are taken, the rest is free\n");
    EXPLAIN(1, "files/gone", "--as", "sol");
    expect_said("there is no area 'gone': there is art, vault\n");
}

/* --- at the sysop's desk --- */

static void a_sysop_asks_why_at_an_account_and_at_a_caller(void **state)
{
    struct caller *c;

    (void)state;
    make_sysop();
    user("add", "luna", "10");
    board_start(board, NULL);
    c = sysop();
    caller_send(c, "x");
    caller_expect(c, "The sysop's desk");
    caller_send(c, "u");
    caller_expect(c, "by handle, page 1");
    say(c, "");
    caller_expect(c, "Number or handle");
    say(c, "luna");
    caller_expect(c, "why it sees a screen, or does not");
    caller_send(c, "w");
    caller_expect(c, "Why what");
    say(c, "sysop/desk");
    caller_expect(c,
                  "luna (level 10) does not see screens/sysop/desk.txt: it is for level 100");
    caller_send(c, "q");
    caller_expect(c, "Which key?");
    board_expect_log(board, NULL, "explain luna sysop/desk");
    newcomer("stella");
    caller_send(c, "qqc");
    caller_expect(c, "stella");
    say(c, "");
    caller_expect(c, "Node number");
    say(c, "2");
    caller_expect(c, "why it sees a screen, or not");
    caller_send(c, "w");
    caller_expect(c, "Why what");
    caller_send(c, "\025");
    say(c, "files/programs");
    caller_expect(c,
                  "stella (level 10) sees the area 'programs'; downloads: may; uploads: may");
}

int main(void)
{
    const struct CMUnitTest shared[] = {
        cmocka_unit_test(the_level_of_a_page_is_compared_with_the_callers),
        cmocka_unit_test(what_is_not_there_is_told_with_what_is),
        cmocka_unit_test(an_enter_handler_that_leads_away_is_named),
        cmocka_unit_test(a_locked_account_sees_what_a_guest_sees),
        cmocka_unit_test(a_banned_account_is_told_until_when_and_by_whom),
        cmocka_unit_test(the_file_is_chosen_by_window_and_terminal),
        cmocka_unit_test(of_a_broken_screen_the_last_good_version_is_named),
        cmocka_unit_test(each_item_says_why_it_is_hidden),
        cmocka_unit_test(blocks_have_the_value_that_this_caller_gets),
        cmocka_unit_test(settings_that_bear_on_a_screen_are_named_with_their_line),
        cmocka_unit_test(an_area_says_who_may_do_what),
    };
    const struct CMUnitTest desk[] = {
        cmocka_unit_test_setup_teardown(a_sysop_asks_why_at_an_account_and_at_a_caller,
                                        stage_set_up_starter, stage_tear_down),
    };
    int failed = cmocka_run_group_tests(shared, set_up, tear_down);

    return failed + cmocka_run_group_tests(desk, NULL, NULL);
}
