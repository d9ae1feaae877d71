/* A sysop edits the board's files on line: what is looked at before it is saved, what others
 * see then, and what must not be lost, overwritten or got at. */
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

#include "tests/board/cast.h"
#include "tests/board/window.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up_starter, stage_tear_down)
#define WALL "screens/wall.txt"
#define SAVE "\032"

#define DOWN "\033[B"
#define DELETE_LINE "\031"
#define QUESTION "E edit on  S save all the same  V all of it  T throw away"

static const char wall_lua[] = "local wall = {}\nfunction wall.key() return 'menu' end\n"
                               "return wall\n";

/* A wall of few lines, that a key leads away from. */
static void begin_with(const char *screen)
{
    board_write(board, WALL, screen);
    board_write(board, "lua/handlers/wall.lua", wall_lua);
    board_remove(board, "screens/wall.40.txt");
    make_sysop();
    board_start(board, NULL);
}

static void begin(void)
{
    begin_with("THE WALL\n<% key:wall.key %>\n");
}

static struct caller *at_files(struct caller *c)
{
    caller_send(c, "x");
    caller_expect(c, "The sysop's desk");
    caller_send(c, "w");
    caller_expect(c, "Screens and Lua");
    caller_expect(c, "desk");
    return c;
}

static struct caller *sysop_at_files(void)
{
    return at_files(sysop());
}

/* One file is left in the list. */
static void find(struct caller *c, const char *path)
{
    char found[300];

    caller_send(c, "s");
    caller_expect(c, "Search for");
    say(c, path);
    snprintf(found, sizeof(found), "those with \"%s\"", path);
    caller_expect(c, found);
    caller_expect(c, "desk");
}

static void open_file(struct caller *c, const char *path)
{
    find(c, path);
    caller_send(c, "e");
    caller_expect(c, "line 1 of");
}

static void expect_file(const char *path, const char *text)
{
    char *has = board_read(board, path);

    assert_non_null(has);
    assert_string_equal(has, text);
    free(has);
}

static void see_wall(struct caller *c, const char *text)
{
    caller_send(c, "o");
    caller_expect(c, text);
    caller_send(c, "q");
    caller_expect(c, "which key?");
}

static void expect_audit(const char *line)
{
    char logged[300];

    snprintf(logged, sizeof(logged), "audit: moon (127.0.0.1): %s", line);
    board_expect_log(board, NULL, logged);
}

/* --- saving --- */

static void a_screen_is_edited_and_the_others_see_it(void **state)
{
    struct caller *luna, *moon;
    char path[400];
    struct stat st;
    size_t from = 0;

    (void)state;
    begin();
    snprintf(path, sizeof(path), "%s/" WALL, board->folder);
    assert_int_equal(chmod(path, 0640), 0);
    luna = newcomer("luna");
    see_wall(luna, "THE WALL");
    moon = sysop_at_files();
    open_file(moon, WALL);
    caller_send(moon, DELETE_LINE "Good evening \xC3\xA9\r" SAVE);
    caller_expect(moon, WALL " is saved, 35 bytes.");
    board_expect_log(board, &from, "reload event=screens generation=2");
    see_wall(luna, "Good evening \xC3\xA9");
    expect_file(WALL, "Good evening \xC3\xA9\n<% key:wall.key %>\n");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    expect_audit("edit file " WALL " 28 to 35 bytes");
    assert_false(board_log_has(board, " error "));
}

static void what_is_as_it_was_is_not_saved(void **state)
{
    struct caller *moon;

    (void)state;
    begin();
    moon = sysop_at_files();
    open_file(moon, WALL);
    caller_send(moon, "x\b" SAVE);
    caller_expect(moon, "Nothing has changed.");
    assert_false(board_log_has(board, "audit: moon"));
}

static void a_mistake_is_shown_before_it_is_saved(void **state)
{
    struct caller *moon;

    (void)state;
    begin();
    moon = sysop_at_files();
    open_file(moon, WALL);
    caller_send(moon, DOWN "<% get:no.such; go:nowhere(\"N\") %>\r" SAVE);
    caller_expect(moon, "screens/wall.txt:2:4: there is no handler 'no.such'");
    caller_expect(moon, "screens/wall.txt:2:17: there is no screen 'nowhere'");
    caller_expect(moon, QUESTION);
    caller_send(moon, "v");
    caller_expect(moon, "there is no screen 'nowhere'");
    caller_send(moon, "q");
    caller_expect(moon, QUESTION);
    caller_send(moon, "e");
    caller_expect(moon, "line 2 of 3");
    assert_true(window_has(moon, "screens/wall.txt:2:4: there is no handler"));
    caller_send(moon, DELETE_LINE "mended" SAVE);
    caller_expect(moon, WALL " is saved");
    expect_file(WALL, "THE WALL\nmended<% key:wall.key %>\n");
}

static void what_is_thrown_away_leaves_the_file(void **state)
{
    struct caller *moon;

    (void)state;
    begin();
    moon = sysop_at_files();
    open_file(moon, WALL);
    caller_send(moon, "<% if:x" SAVE);
    caller_expect(moon, QUESTION);
    caller_send(moon, "t");
    caller_expect(moon, "It is thrown away.");
    expect_file(WALL, "THE WALL\n<% key:wall.key %>\n");
    open_file(moon, WALL); /* and is not offered */
    assert_true(window_has(moon, "THE WALL"));
    assert_false(window_has(moon, "<% if:x"));
}

/* The last good one stays in use, as at any save, and the list says which file is wrong. */
static void what_is_wrong_is_saved_all_the_same(void **state)
{
    struct caller *luna, *moon;

    (void)state;
    begin();
    luna = newcomer("luna");
    moon = sysop_at_files();
    open_file(moon, WALL);
    caller_send(moon, "<% if:wall.key %>\r" SAVE);
    caller_expect(moon, QUESTION);
    caller_send(moon, "s");
    caller_expect(moon, WALL " is saved");
    caller_expect(moon, "screens/wall.txt:1:4: this if: is not closed"); /* it is told */
    see_wall(luna, "THE WALL");
    expect_file(WALL, "<% if:wall.key %>\nTHE WALL\n<% key:wall.key %>\n");
    expect_audit("edit file " WALL " 28 to 46 bytes, findings: 1");
    find(moon, WALL);
    assert_true(window_has(moon, "1 with mistakes (!)"));
    assert_true(window_has(moon, "! " WALL));
    open_file(moon, WALL);
    caller_send(moon, DELETE_LINE SAVE);
    caller_expect(moon, WALL " is saved");
    board_expect_log(board, NULL, "reload event=screens");
    find(moon, WALL);
    assert_false(window_has(moon, "with mistakes"));
}

static void a_mistake_of_a_handler_is_found(void **state)
{
    struct caller *luna, *moon;

    (void)state;
    begin();
    luna = newcomer("luna");
    moon = sysop_at_files();
    open_file(moon, "lua/handlers/wall.lua");
    caller_send(moon, DOWN "local x = = 1\r" SAVE);
    caller_expect(moon, "lua/handlers/wall.lua:2: unexpected symbol near '='");
    caller_expect(moon, QUESTION);
    caller_send(moon, "e");
    caller_expect(moon, "line 2 of 4");
    caller_send(moon, DELETE_LINE DELETE_LINE SAVE); /* the function that the wall calls */
    caller_expect(moon, "screens/wall.txt:2:4: there is no handler 'wall.key'");
    caller_send(moon, "e");
    caller_expect(moon, "line 2 of 2");
    caller_send(moon, "function wall.key()\rreturn 'goodbye'\rend\r" SAVE);
    caller_expect(moon, "lua/handlers/wall.lua is saved");
    board_expect_log(board, NULL, "reload event=lua generation=2");
    caller_send(luna, "o");
    caller_expect(luna, "THE WALL");
    caller_send(luna, "x");
    caller_expect(luna, "Thank you for calling");
}

/* An endless loop in a draft ends in the process that looks at it: nobody else waits. */
static void a_draft_that_never_ends_holds_nobody_up(void **state)
{
    struct caller *moon;

    (void)state;
    begin();
    moon = sysop_at_files();
    open_file(moon, "lua/handlers/wall.lua");
    caller_send(moon, "while true do end\r" SAVE);
    caller_expect(moon, "lua/handlers/wall.lua:1: stopped: it ran for too long");
    caller_send(moon, "t");
    caller_expect(moon, "It is thrown away.");
    assert_false(board_log_has(board, "stopped: it ran"));
}

/* --- new files --- */

static void a_new_screen_is_written(void **state)
{
    struct caller *luna, *moon;
    struct stat st;
    char path[400];

    (void)state;
    begin_with("THE WALL\n<% go:shop/list(\"s\"); key:wall.key %>\n");
    moon = sysop_at_files();
    caller_send(moon, "n");
    caller_expect(moon, "A keyword, or a path");
    say(moon, "shop/list");
    caller_expect(moon, "line 1 of");
    caller_expect(moon, "Your text.");
    caller_send(moon, "Pears and plums\r" SAVE);
    caller_expect(moon, "screens/shop/list.txt is saved");
    expect_audit("new file screens/shop/list.txt new, to ");
    snprintf(path, sizeof(path), "%s/screens/shop/list.txt", board->folder);
    assert_int_equal(stat(path, &st), 0);
    luna = newcomer("luna");
    caller_send(luna, "o");
    caller_expect(luna, "THE WALL");
    caller_send(luna, "s");
    caller_expect(luna, "Pears and plums");
    caller_send(luna, "q");
    caller_expect(luna, "which key?");
    caller_send(moon, "n"); /* again: it is there */
    caller_expect(moon, "A keyword, or a path");
    say(moon, "shop/list");
    caller_expect(moon, "line 1 of");
    caller_expect(moon, "Pears and plums");
}

static void new_lua_is_written(void **state)
{
    struct caller *moon;
    char *text;

    (void)state;
    begin();
    moon = sysop_at_files();
    caller_send(moon, "n");
    caller_expect(moon, "A keyword, or a path");
    say(moon, "lua/handlers/shop/till.lua");
    caller_expect(moon, "<% get:shop.till.hello %>");
    caller_send(moon, SAVE);
    caller_expect(moon, "lua/handlers/shop/till.lua is saved");
    board_expect_log(board, NULL, "reload event=lua generation=2");
    text = board_read(board, "lua/handlers/shop/till.lua");
    assert_non_null(strstr(text, "local till = {}\n"));
    assert_non_null(strstr(text, "\nreturn till\n"));
    free(text);
}

static void what_no_file_can_be_called_is_refused(void **state)
{
    static const struct {
        const char *name, *why;
    } names[] = {
        {"Shop", "the file's name makes no keyword"},
        {"../../etc/motd", "screens/../../etc/motd.txt"},
        {"screens/../lua/x.lua", "expected a file of the board"},
        {"lua/../../x.lua", "expected a file of the board"},
        {"lua/settings.lua", "says what callers may do to the machine"},
        {"lua/schema.sql", "expected a file of the board"},
        {"lua/a b.lua", "expected letters, digits and '_'"},
        {"a/b/c/d/e/f/g/h/i/j", "expected at most 8 folders"},
        {"data/perigee.db", "makes no keyword"},
    };
    struct caller *moon;

    (void)state;
    begin();
    moon = sysop_at_files();
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        caller_send(moon, "n");
        caller_expect(moon, "A keyword, or a path");
        say(moon, names[i].name);
        caller_expect(moon, names[i].why);
    }
    assert_false(board_log_has(board, "audit: moon"));
}

/* --- what is kept --- */

/* A version is kept a moment after its file is loaded. */
static void see_versions(struct caller *c, const char *text)
{
    for (int tries = 0; tries < 200; tries++) {
        caller_send(c, "h");
        caller_expect(c, "back to the files");
        if (window_has(c, text))
            return;
        caller_send(c, "q");
        caller_expect(c, "back to the desk");
    }
    fail_msg("no version has %s", text);
}

static void an_old_version_is_brought_back(void **state)
{
    struct caller *luna, *moon;

    (void)state;
    begin();
    moon = sysop_at_files();
    open_file(moon, WALL);
    caller_send(moon, "Worse than " SAVE);
    caller_expect(moon, WALL " is saved");
    board_expect_log(board, NULL, "reload event=screens generation=2");
    see_versions(moon, "39 bytes");
    assert_true(window_has(moon, "28 bytes"));
    caller_send(moon, "v");
    caller_expect(moon, "Which number");
    say(moon, "2");
    caller_expect(moon, "THE WALL");
    caller_send(moon, "q");
    caller_expect(moon, "back to the files");
    caller_send(moon, "b");
    caller_expect(moon, "Which number");
    say(moon, "3");
    caller_expect(moon, "There is no such number.");
    caller_send(moon, "b");
    caller_expect(moon, "Which number");
    say(moon, "1");
    caller_expect(moon, "That is what the file has now.");
    caller_send(moon, "b");
    caller_expect(moon, "Which number");
    say(moon, "2");
    caller_expect(moon, WALL " is saved, 28 bytes.");
    expect_audit("undo " WALL " 39 to 28 bytes, as of 20");
    expect_file(WALL, "THE WALL\n<% key:wall.key %>\n");
    board_expect_log(board, NULL, "reload event=screens generation=3");
    luna = newcomer("luna");
    see_wall(luna, "THE WALL");
    assert_false(caller_has(luna, "Worse"));
    caller_send(moon, "q");
    caller_expect(moon, "Screens and Lua of this board");
}

/* A file that is wrong is kept by its undo, which can be undone; and one that is gone is found
 * among all that have versions. */
static void an_undo_is_undone(void **state)
{
    struct caller *moon;

    (void)state;
    begin();
    moon = sysop_at_files();
    board_write(board, WALL, "<% if:wrong");
    board_expect_log(board, NULL, "reload event=refused");
    find(moon, WALL);
    see_versions(moon, "28 bytes");
    caller_send(moon, "u");
    caller_expect(moon, WALL " is saved, 28 bytes.");
    expect_audit("undo " WALL " 11 to 28 bytes, as of 20");
    expect_file(WALL, "THE WALL\n<% key:wall.key %>\n");
    caller_send(moon, "u");
    caller_expect(moon, "It has mistakes:");
    caller_send(moon, "s");
    caller_expect(moon, WALL " is saved, 11 bytes.");
    expect_file(WALL, "<% if:wrong");
    board_remove(board, WALL);
    caller_send(moon, "q");
    caller_expect(moon, "Screens and Lua of this board");
    caller_send(moon, "a");
    caller_expect(moon, "Kept versions of this board's files");
    caller_send(moon, "s");
    caller_expect(moon, "Search for");
    say(moon, WALL);
    caller_expect(moon, "those with \"" WALL "\"");
    caller_expect(moon, "back to the files");
    caller_send(moon, "\r");
    caller_expect(moon, "Which number");
    say(moon, "1");
    caller_expect(moon, "Good versions of " WALL);
    caller_send(moon, "b");
    caller_expect(moon, "Which number");
    say(moon, "1");
    caller_expect(moon, WALL " is saved, 28 bytes.");
    expect_file(WALL, "THE WALL\n<% key:wall.key %>\n");
}

static void line_ends_tabs_and_marks_are_kept(void **state)
{
    struct caller *moon;

    (void)state;
    begin_with("\xEF\xBB\xBFTHE\tWALL\r\n\xC2\xBBtwo\xE2\x86\x92<% key:wall.key %>");
    moon = sysop_at_files();
    open_file(moon, WALL);
    caller_expect(moon, "Each \xC2\xAC is a tab.");
    caller_send(moon, "NOW \r" SAVE);
    caller_expect(moon, WALL " is saved");
    expect_file(WALL,
                "\xEF\xBB\xBFNOW \r\nTHE\tWALL\r\n\xC2\xBBtwo\xE2\x86\x92<% key:wall.key %>");
}

static void what_the_editor_would_change_is_not_edited(void **state)
{
    static char large[200000];
    struct caller *moon;

    (void)state;
    memset(large, 'x', sizeof(large) - 1);
    board_write(board, "screens/large.txt", large);
    board_write(board, "screens/latin.txt", "good\nm\xFCnz\n");
    board_write(board, "screens/escape.txt", "good\nfine\n\033[31mred\n");
    begin();
    moon = sysop_at_files();
    find(moon, "screens/large.txt");
    caller_send(moon, "e");
    caller_expect(moon, "the editor takes 4000 and 128.0 KiB");
    find(moon, "screens/latin.txt");
    caller_send(moon, "e");
    caller_expect(moon, "screens/latin.txt:2: the line is not UTF-8");
    find(moon, "screens/escape.txt");
    caller_send(moon, "e");
    caller_expect(moon, "screens/escape.txt:3: the line has control characters");
}

/* The text beside it is for callers without ANSI. */
static void art_is_seen_and_not_edited(void **state)
{
    struct caller *moon;

    (void)state;
    board_write_bytes(board, "screens/wall.ans", "\033[31m\xDB\xDB sun\032SAUCE", 16);
    begin();
    moon = sysop_at_files();
    find(moon, "screens/wall.ans");
    caller_send(moon, "v");
    caller_expect(moon, "   1 \xE2\x96\x88\xE2\x96\x88 sun");
    assert_false(window_has(moon, "SAUCE"));
    caller_send(moon, "q");
    caller_expect(moon, "back to the desk");
    caller_send(moon, "e");
    caller_expect(moon, "screens/wall.ans: art in CP437");
    caller_expect(moon, "Edit screens/wall.txt, which callers without ANSI get?");
    caller_send(moon, "n");
    caller_expect(moon, "back to the desk");
    caller_send(moon, "e");
    caller_expect(moon, "Edit screens/wall.txt");
    caller_send(moon, "y");
    caller_expect(moon, "line 1 of");
    caller_send(moon, "Plain " SAVE);
    caller_expect(moon, WALL " is saved");
    expect_file(WALL, "Plain THE WALL\n<% key:wall.key %>\n");
}

/* --- what must not be lost --- */

static void what_somebody_else_has_saved_is_not_overwritten_unasked(void **state)
{
    struct caller *moon;

    (void)state;
    begin();
    moon = sysop_at_files();
    open_file(moon, WALL);
    caller_send(moon, "MINE " SAVE);
    caller_expect(moon, WALL " is saved");
    open_file(moon, WALL);
    caller_send(moon, "ALSO ");
    window_expect_prompt(moon, "ALSO");
    board_write(board, WALL, "THEIRS\n<% key:wall.key %>\n");
    caller_send(moon, SAVE);
    caller_expect(moon, "it has changed on the disk");
    caller_expect(moon, QUESTION);
    caller_send(moon, "v");
    caller_expect(moon, "THEIRS");
    caller_send(moon, "q");
    caller_expect(moon, QUESTION);
    expect_file(WALL, "THEIRS\n<% key:wall.key %>\n");
    caller_send(moon, "e");
    caller_expect(moon, "line 1 of");
    caller_send(moon, SAVE);
    caller_expect(moon, QUESTION);
    caller_send(moon, "s");
    caller_expect(moon, WALL " is saved");
    expect_file(WALL, "ALSO MINE THE WALL\n<% key:wall.key %>\n");
}

static void what_can_not_be_written_is_told_and_kept(void **state)
{
    struct caller *moon;
    char part[400];

    (void)state;
    begin();
    snprintf(part, sizeof(part), "%s/screens/.part-wall.txt", board->folder);
    assert_int_equal(mkdir(part, 0700), 0);
    moon = sysop_at_files();
    open_file(moon, WALL);
    caller_send(moon, "MORE " SAVE);
    caller_expect(moon, "It can't be saved.");
    caller_expect(moon, WALL ": Is a directory");
    caller_expect(moon, QUESTION);
    expect_file(WALL, "THE WALL\n<% key:wall.key %>\n");
    expect_audit("not saved " WALL " " WALL ": Is a directory");
    assert_int_equal(rmdir(part), 0);
    caller_send(moon, "s");
    caller_expect(moon, WALL " is saved");
    expect_file(WALL, "MORE THE WALL\n<% key:wall.key %>\n");
}

/* No folder is left of a new file that could not be written. */
static void a_new_file_that_can_not_be_written_leaves_nothing(void **state)
{
    struct caller *moon;
    char path[400];
    struct stat st;

    (void)state;
    begin();
    board_write(board, "screens/shop", "in the way");
    moon = sysop_at_files();
    caller_send(moon, "n");
    caller_expect(moon, "A keyword, or a path");
    say(moon, "shop/new/list");
    caller_expect(moon, "it is a link, or no folder");
    board_remove(board, "screens/shop");
    snprintf(path, sizeof(path), "%s/outside", board->folder);
    assert_int_equal(mkdir(path, 0700), 0);
    caller_send(moon, "n");
    caller_expect(moon, "A keyword, or a path");
    say(moon, "shop/new/list");
    caller_expect(moon, "line 1 of");
    snprintf(path, sizeof(path), "%s/screens/shop", board->folder);
    assert_int_equal(symlink("../outside", path), 0);
    caller_send(moon, SAVE);
    caller_expect(moon, "it is a link, or no folder");
    caller_send(moon, "t");
    caller_expect(moon, "It is thrown away.");
    snprintf(path, sizeof(path), "%s/outside/new", board->folder);
    assert_int_equal(stat(path, &st), -1);
}

static void links_lead_nowhere(void **state)
{
    struct caller *moon;
    char path[400];

    (void)state;
    begin();
    board_write(board, "secret.txt", "not of the board's screens");
    snprintf(path, sizeof(path), "%s/screens/link.txt", board->folder);
    assert_int_equal(symlink("../secret.txt", path), 0);
    moon = sysop_at_files();
    find(moon, "screens/link.txt");
    caller_send(moon, "v");
    caller_expect(moon, "screens/link.txt: it is a link, or no folder");
    caller_send(moon, "e");
    caller_expect(moon, "screens/link.txt: it is a link, or no folder");
    assert_false(caller_has(moon, "not of the board's"));
}

static struct caller *back_in_the_editor(void)
{
    struct caller *moon = sysop_at_files();

    find(moon, WALL);
    caller_send(moon, "e");
    caller_expect(moon, "the line dropped.");
    caller_expect(moon, "Go on with it?");
    caller_send(moon, "y");
    caller_expect(moon, "line 1 of");
    return moon;
}

/* In the editor, and at the question after it. */
static void a_line_that_drops_loses_nothing(void **state)
{
    struct caller *moon;

    (void)state;
    begin();
    moon = sysop_at_files();
    open_file(moon, WALL);
    caller_send(moon, "<% get:no.such %>");
    window_expect_prompt(moon, "no.such %>");
    caller_reset(moon);
    hang_up(moon);
    moon = back_in_the_editor();
    caller_expect(moon, "no.such");
    caller_send(moon, SAVE);
    caller_expect(moon, QUESTION);
    caller_reset(moon);
    hang_up(moon);
    moon = back_in_the_editor();
    caller_expect(moon, "no.such");
    caller_send(moon, SAVE);
    caller_expect(moon, QUESTION);
    caller_send(moon, "s");
    caller_expect(moon, WALL " is saved");
    expect_file(WALL, "<% get:no.such %>THE WALL\n<% key:wall.key %>\n");
    open_file(moon, WALL); /* and is not offered again */
}

/* A draft was begun from the file as it was then. */
static void a_draft_does_not_overwrite_what_came_after_it(void **state)
{
    struct caller *moon;

    (void)state;
    begin();
    moon = sysop_at_files();
    open_file(moon, WALL);
    caller_send(moon, "MINE ");
    window_expect_prompt(moon, "MINE");
    board_write(board, WALL, "THEIRS\n<% key:wall.key %>\n");
    caller_reset(moon);
    hang_up(moon);
    moon = back_in_the_editor();
    caller_send(moon, SAVE);
    caller_expect(moon, "it has changed on the disk");
    caller_send(moon, "t");
    caller_expect(moon, "It is thrown away.");
    expect_file(WALL, "THEIRS\n<% key:wall.key %>\n");
}

/* --- other eyes, other windows --- */

static void nobody_else_gets_at_the_files(void **state)
{
    static const char *const tries[] = {
        "board.files(client)",
        "board.name(client, 'screens/menu.txt')",
        "board.read(client, 'screens/menu.txt')",
        "board.check(client, 'screens/menu.txt', '')",
        "board.check_all(client)",
        "board.save(client, 'screens/menu.txt', 'gone', nil)",
        "board.undo(client, 'screens/menu.txt', 'gone', nil)",
        "board.history(client)",
        "board.trial(client)",
        "board.promote(client)",
        "board.undo_trial(client)",
        "board.versions(client, 'screens/menu.txt')",
        "board.version(client, 'screens/menu.txt', '')",
        "board.begin(client, 'screens/menu.txt', '')",
        "board.finish(client, 'screens/menu.txt')",
        "require 'core.board'",
    };
    struct caller *luna;

    (void)state;
    begin();
    luna = newcomer("luna");
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        char lua[600];
        size_t from = strlen(board_log_end(board)) ? board->log_len : 0;

        snprintf(lua, sizeof(lua),
                 "local board = require 'bbs.board'\nlocal wall = {}\n"
                 "function wall.key(client)\n"
                 "  local ok, why = pcall(function() return %s end)\n"
                 "  client:send((ok and 'DONE' or why) .. ' %zu.\\n') return 'menu'\nend\n"
                 "return wall\n",
                 tries[i], i);
        board_write(board, "lua/handlers/wall.lua", lua);
        board_expect_log(board, &from, "reload event=lua");
        caller_send(luna, "o");
        caller_expect(luna, "THE WALL");
        caller_send(luna, "x");
        caller_expect(luna, i < 15 ? "board: for sysops, and the caller has level 10"
                                   : "there is no module 'core.board'");
        caller_expect(luna, "which key?");
    }
    assert_false(caller_has(luna, "DONE"));
}

static void all_is_checked_and_viewed(void **state)
{
    struct caller *moon;

    (void)state;
    begin();
    board_write(board, "screens/lonely.txt", "<% get:no.such:10 %>|12\n");
    moon = sysop_at_files();
    caller_send(moon, "c");
    caller_expect(moon, "screens/lonely.txt:1:4: there is no handler 'no.such'");
    caller_expect(moon, "screens/lonely.txt:1:1: nothing leads to the screen 'lonely'");
    caller_expect(moon, "2 findings, 0 hints");
    caller_send(moon, "q");
    caller_expect(moon, "back to the desk");
    find(moon, "screens/lonely.txt");
    caller_send(moon, "v");
    caller_expect(moon, "   1 <% get:no.such:10 %>|12");
}

static void forty_columns_are_enough(void **state)
{
    struct caller *moon;

    (void)state;
    begin();
    moon = sysop();
    caller_resize(moon, 40, 25);
    at_files(moon);
    open_file(moon, "wall.t");
    caller_send(moon, "<% if:wall.key %>\r" SAVE);
    caller_expect(moon, "1:4: this if: is");
    caller_expect(moon, "T throw away");
    caller_send(moon, "e");
    caller_expect(moon, "line 1 of");
    caller_send(moon, DELETE_LINE "NARROW\r" SAVE);
    caller_expect(moon, "is saved");
    expect_file(WALL, "NARROW\nTHE WALL\n<% key:wall.key %>\n");
    caller_send(moon, "h");
    caller_expect(moon, "Good versions of");
    caller_expect(moon, "28 bytes");
}

static void without_ansi_lines_are_edited(void **state)
{
    struct caller *moon = NULL;

    (void)state;
    begin();
    moon = dial_as(CALLER_DUMB);
    caller_log_in(moon, "moon", "moonmoon9");
    at_files(moon);
    find(moon, WALL);
    caller_send(moon, "e");
    caller_expect(moon, "  1: THE WALL\n  2: <% key:wall.key %>\n  3: ");
    say(moon, "<% get:no.such %>");
    say(moon, "/s");
    caller_expect(moon, "screens/wall.txt:3:4: there is no handler 'no.such'");
    caller_expect(moon, "T throw away");
    caller_send(moon, "e");
    caller_expect(moon, "  3: <% get:no.such %>\n");
    say(moon, "/d 3");
    say(moon, "plain");
    say(moon, "/s");
    caller_expect(moon, WALL " is saved");
    expect_file(WALL, "THE WALL\n<% key:wall.key %>\nplain\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_screen_is_edited_and_the_others_see_it),
        TEST(what_is_as_it_was_is_not_saved),
        TEST(a_mistake_is_shown_before_it_is_saved),
        TEST(what_is_thrown_away_leaves_the_file),
        TEST(what_is_wrong_is_saved_all_the_same),
        TEST(a_mistake_of_a_handler_is_found),
        TEST(a_draft_that_never_ends_holds_nobody_up),
        TEST(a_new_screen_is_written),
        TEST(new_lua_is_written),
        TEST(what_no_file_can_be_called_is_refused),
        TEST(an_old_version_is_brought_back),
        TEST(an_undo_is_undone),
        TEST(line_ends_tabs_and_marks_are_kept),
        TEST(what_the_editor_would_change_is_not_edited),
        TEST(art_is_seen_and_not_edited),
        TEST(what_somebody_else_has_saved_is_not_overwritten_unasked),
        TEST(what_can_not_be_written_is_told_and_kept),
        TEST(a_new_file_that_can_not_be_written_leaves_nothing),
        TEST(links_lead_nowhere),
        TEST(a_line_that_drops_loses_nothing),
        TEST(a_draft_does_not_overwrite_what_came_after_it),
        TEST(nobody_else_gets_at_the_files),
        TEST(all_is_checked_and_viewed),
        TEST(forty_columns_are_enough),
        TEST(without_ansi_lines_are_edited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
