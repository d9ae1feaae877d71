/* perigee show: what it draws is what a caller's window shows, and nothing else happens. */
#include <dirent.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
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
#include "tests/board/window.h"

enum { ROW_BYTES = 2048 };

static char data[300];
static char temp[300];

static int set_up(void **state)
{
    stage_set_up(state);
    snprintf(data, sizeof(data), "%s/data", board->folder);
    snprintf(temp, sizeof(temp), "%s/temp", board->folder);
    mkdir(temp, 0700);
    setenv("TMPDIR", temp, 1);
    unsetenv("NO_COLOR");
    return 0;
}

static unsigned count_files(const char *folder)
{
    DIR *d = opendir(folder);
    unsigned n = 0;

    assert_non_null(d);
    for (struct dirent *e = readdir(d); e; e = readdir(d))
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

static int tear_down(void **state)
{
    unsigned left = count_files(temp);

    unsetenv("TMPDIR");
    if (left > 0)
        print_error("%u files are left in the temporary folder\n", left);
    return stage_tear_down(state) || left > 0;
}

/* --- running it --- */

#define SHOW(status, ...)                                                                      \
    run_command(status,                                                                        \
                (const char *const[]){"show", "--board", board->folder, __VA_ARGS__, NULL},    \
                NULL)

/* A row of what was said, from 0, without colours. */
static const char *row(unsigned n)
{
    static char out[ROW_BYTES];
    const char *p = said;
    size_t len = 0;

    for (; n > 0 && *p; p++)
        n -= *p == '\n';
    for (; *p && *p != '\n' && len < sizeof(out) - 1; p++) {
        if (*p == '\033')
            p = strchr(p, 'm');
        else
            out[len++] = *p;
    }
    while (len > 0 && out[len - 1] == ' ')
        len--;
    out[len] = '\0';
    return out;
}

#define EXPECT_ROW(n, text) assert_string_equal(row(n), text)

/* --- what is drawn --- */

static void write_form(void)
{
    board_write(board, "screens/form.txt",
                "╔═ Who goes there? ═══════════════╗\n"
                "║ Name  <% set:f.name:fit      %> ║\n"
                "║ Moon  <% get:f.moon:fit      %> ║\n"
                "╚═════════════════════════════════╝\n"
                "|11<% get:f.caller %>|07 <% get:f.size %>\n");
    board_write(
        board, "lua/handlers/f.lua",
        "local f = {}\n"
        "function f.name() end\n"
        "function f.moon() return 'clear, no wind' end\n"
        "function f.caller(c)\n"
        "  return c.nick_name .. ' ' .. c.user_id .. ' ' .. c.level .. ' node ' .. c.id\n"
        "end\n"
        "function f.size(c)\n"
        "  return c.term.width .. 'x' .. c.term.height .. ' ' .. c.term.charset\n"
        "end\n"
        "return f\n");
}

static void a_form_is_painted_with_what_its_handlers_return(void **state)
{
    (void)state;
    write_form();
    SHOW(0, "form");
    EXPECT_ROW(0, "╔═ Who goes there? ═══════════════╗");
    EXPECT_ROW(1, "║ Name                            ║");
    EXPECT_ROW(2, "║ Moon  clear, no wind            ║");
    EXPECT_ROW(3, "╚═════════════════════════════════╝");
    EXPECT_ROW(4, "Example example 10 node 1 80x25 utf-8");
    EXPECT_ROW(5, "");
    expect_said("\033[0;1;36;40mExample");
    setenv("NO_COLOR", "1", 1);
    SHOW(0, "form");
    unsetenv("NO_COLOR");
    EXPECT_ROW(4, "Example example 10 node 1 80x25 utf-8");
    assert_null(strchr(said, '\033'));
}

static void expect_same_row(struct window *drawn, struct window *seen, unsigned r,
                            unsigned columns)
{
    char text[WINDOW_ROW];

    snprintf(text, sizeof(text), "%s", window_row(drawn, r));
    assert_string_equal(text, window_row(seen, r));
    for (unsigned column = 0; column < columns; column++) {
        unsigned is[2];
        unsigned was[2];

        window_colors(drawn, r, column, &is[0], &is[1]);
        window_colors(seen, r, column, &was[0], &was[1]);
        if (is[1] != was[1] && !(is[1] == 16 && was[1] == 0)) /* black: not drawn at an end */
            fail_msg("row %u, column %u: background %u, not %u", r, column, is[1], was[1]);
        if (!window_is_blank(drawn, r, column) && is[0] != was[0])
            fail_msg("row %u, column %u: colour %u, not %u", r, column, is[0], was[0]);
    }
}

/* Cell by cell, it is what a real caller's window shows. */
static void expect_same(struct caller *c)
{
    struct window *seen = window_of(c);
    struct window *drawn = window_of_lines(said, c->columns, c->rows);

    for (unsigned r = 0; r < c->rows; r++)
        expect_same_row(drawn, seen, r, c->columns);
    window_free(drawn);
    window_free(seen);
}

static void write_moves(void)
{
    board_write(board, "screens/root.txt",
                "|09at the top|07 |23|00on grey|07|16\n"
                "<% ansi:move(30, 12) %>|14in the middle<% ansi:move(60, 3) %>|12éßλ ░▒▓█"
                "<% ansi:home; ansi:down(20) %>|02<% get:t.wide %>|07\n"
                "<% ansi:move(5, 24) %>last> <% set:t.take %>");
    board_write(board, "lua/handlers/t.lua",
                "local t = {}\nfunction t.wide() return '日本 wide' end\n"
                "function t.take() end\nreturn t\n");
}

static void it_is_what_a_caller_sees(void **state)
{
    struct caller *c;

    (void)state;
    write_moves();
    board_start(board, NULL);
    c = dial();
    window_expect_prompt(c, "last> ");
    SHOW(0, "root", "--size", "80x24");
    expect_same(c);
    hang_up(c);
    c = dial_as(CALLER_SYNCTERM);
    window_expect_prompt(c, "last> ");
    SHOW(0, "root", "--size", "80x24", "--charset", "cp437");
    expect_same(c);
}

static void each_character_set_has_its_glyphs(void **state)
{
    (void)state;
    board_write(board, "screens/glyphs.txt", "|15é ║ █ ♥ — λ 日|07");
    SHOW(0, "glyphs");
    EXPECT_ROW(0, "é ║ █ ♥ — λ 日");
    assert_non_null(strchr(said, '\033'));
    SHOW(0, "glyphs", "--charset", "cp437");
    EXPECT_ROW(0, "é ║ █ * - l ??");
    SHOW(0, "glyphs", "--charset", "ascii");
    assert_non_null(strchr(said, '\033'));
    assert_ptr_equal(strstr(row(0), "e | # "), row(0));
}

/* Without ANSI a screen is cleared by a line end. */
static void a_plain_terminal_has_its_glyphs_too(void **state)
{
    (void)state;
    board_write(board, "screens/glyphs.txt", "|15é ║ █ ♥ — λ 日|07");
    SHOW(0, "glyphs", "--charset", "ascii", "--plain");
    assert_null(strchr(said, '\033'));
    assert_ptr_equal(strstr(row(1), "e | # "), row(1));
    SHOW(0, "glyphs", "--plain");
    assert_null(strchr(said, '\033'));
    EXPECT_ROW(1, "é ║ █ ♥ — λ 日");
    SHOW(0, "glyphs", "--plain", "--charset", "cp437");
    assert_null(strchr(said, '\033'));
    EXPECT_ROW(1, "é ║ █ * - l ??");
}

static void a_screen_for_plain_terminals_is_shown_for_them(void **state)
{
    (void)state;
    board_write(board, "screens/two.txt", "with ANSI");
    board_write(board, "screens/two.asc", "without");
    SHOW(0, "two");
    EXPECT_ROW(0, "with ANSI");
    SHOW(0, "two", "--plain");
    EXPECT_ROW(1, "without");
}

/* Three rows of 80 columns without a line end, of a letter each, and '>' at their ends. */
static void art_keeps_its_rows_at_every_size(void **state)
{
    char art[3 * 80];
    char expected[81];

    (void)state;
    for (unsigned i = 0; i < sizeof(art); i++)
        art[i] = i % 80 == 79 ? '>' : (char)('a' + i / 80);
    board_write_bytes(board, "screens/art.ans", art, sizeof(art));
    for (unsigned r = 0; r < 3; r++) {
        memcpy(expected, art + (size_t)80 * r, 80);
        expected[80] = '\0';
        SHOW(0, "art");
        EXPECT_ROW(r, expected);
        SHOW(0, "art", "--size", "132x50");
        EXPECT_ROW(r, expected);
        SHOW(0, "art", "--size", "255x100", "--charset", "cp437");
        EXPECT_ROW(r, expected);
        expected[39] = '\0';
        SHOW(0, "art", "--size", "40x25");
        EXPECT_ROW(r, expected);
    }
}

static void what_has_scrolled_away_is_told(void **state)
{
    (void)state;
    board_write(board, "screens/long.txt",
                "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\nlast");
    SHOW(0, "long", "--size", "80x12");
    EXPECT_ROW(0, "4");
    EXPECT_ROW(11, "last");
    expect_said("3 rows have scrolled out of the window at its top: --size 80x15 shows all");
    SHOW(0, "long", "--size", "80x15");
    EXPECT_ROW(0, "1");
    EXPECT_ROW(14, "last");
    EXPECT_ROW(15, "");
}

/* --- who sees it --- */

static void the_caller_is_who_is_named(void **state)
{
    (void)state;
    write_form();
    assert_int_equal(
        board_run((const char *const[]){"user", "add", "luna", "--nick", "Luna L", "--level",
                                        "77", "--password-stdin", "--data", data, NULL},
                  "moonlight\n", NULL),
        0);
    SHOW(0, "form", "--as", "LUNA");
    EXPECT_ROW(4, "Luna L luna 77 node 1 80x25 utf-8");
    SHOW(0, "form", "--data", data);
    EXPECT_ROW(4, "Example example 10 node 1 80x25 utf-8");
    SHOW(0, "form", "--as", "guest", "--size", "40x12");
    EXPECT_ROW(4, " GUEST 0 node 1 40x12 utf-8");
    SHOW(1, "form", "--as", "sol");
    expect_said("perigee: show: --as sol: nobody has that handle");
}

static void a_screen_that_is_not_open_is_refused(void **state)
{
    (void)state;
    board_write(board, "screens/vault.txt", "<% page:level(50) %>\nthe vault");
    board_write(board, "screens/open.txt", "<% page:level(1) %>\nthe yard");
    SHOW(1, "vault");
    expect_said("'vault' is not open to level 10 (example), but from level 50 on: try --as");
    SHOW(0, "vault", "--as", "sysop");
    EXPECT_ROW(0, "the vault");
    SHOW(1, "open", "--as", "guest");
    expect_said("not open to level 0 (a guest)");
}

static void the_front_door_is_seen_by_a_guest(void **state)
{
    (void)state;
    board_write(board, "screens/root.txt", "<% get:r.who %> of <% get:r.node %>\n");
    board_write(board, "lua/handlers/r.lua",
                "local r = {}\nfunction r.who(c) return c.user_id end\n"
                "function r.node(c) return c.id end\nreturn r\n");
    SHOW(0, "root");
    EXPECT_ROW(0, "GUEST of 0");
    SHOW(0, "root", "--as", "sysop");
    EXPECT_ROW(0, "sysop of 1");
}

static void where_a_screen_leads_is_told(void **state)
{
    (void)state;
    board_write(board, "screens/gate.txt", "<% enter:e.away %>\nthe gate");
    board_write(board, "screens/yard.txt", "the yard");
    board_write(board, "screens/end.txt", "<% enter:e.bye %>\nthe end");
    board_write(board, "screens/goodbye.txt", "See you");
    board_write(board, "lua/handlers/e.lua",
                "local e = {}\nfunction e.away() return 'yard' end\n"
                "function e.bye() return 'hangup' end\nreturn e\n");
    SHOW(0, "gate");
    EXPECT_ROW(0, "the yard");
    expect_said("perigee: show: 'gate' led to 'yard'");
    SHOW(0, "end");
    EXPECT_ROW(0, "See you");
    expect_said("perigee: show: the call has ended there");
}

static void a_file_name_is_a_keyword_too(void **state)
{
    (void)state;
    board_write(board, "screens/parts/top.txt", "the top");
    SHOW(0, "parts/top");
    EXPECT_ROW(0, "the top");
    SHOW(0, "screens/parts/top.txt");
    EXPECT_ROW(0, "the top");
    board_write(board, "screens/parts/top.40.txt", "top");
    SHOW(0, "screens/parts/top.40.txt", "--size", "40x24");
    EXPECT_ROW(0, "top");
    board_write(board, "screens/parts/low.40.txt", "a\nb <% get:moon %>\n");
    SHOW(1, "parts/low");
    expect_said("the screen 'parts/low' is broken");
}

/* A handler that waits, for the store or for time, is waited for; one that asks has asked. */
static void handlers_that_wait_are_waited_for(void **state)
{
    (void)state;
    board_write(board, "screens/slow.txt", "<% enter:s.begin %>\nslow <% get:s.count %>");
    board_write(board, "screens/asks.txt", "<% enter:s.ask %>\nnot yet");
    board_write(board, "lua/handlers/s.lua",
                "local time = require 'bbs.time'\nlocal users = require 'bbs.users'\n"
                "local s = {}\nfunction s.begin() time.sleep(0.3) end\n"
                "function s.count() return users.count() .. ' accounts' end\n"
                "function s.ask(c) c:read_line { prompt = 'Your wish? ' } end\nreturn s\n");
    SHOW(0, "slow");
    EXPECT_ROW(0, "slow 2 accounts");
    SHOW(0, "asks");
    EXPECT_ROW(0, "Your wish?");
}

/* --- nothing else happens --- */

static void write_wall(void)
{
    board_write(board, "lua/schema.sql", "CREATE TABLE IF NOT EXISTS wall (text TEXT);\n");
    board_write(board, "screens/wall.txt", "<% enter:w.add %>\nlines: <% get:w.count %>");
    board_write(board, "lua/handlers/w.lua",
                "local db = require 'bbs.db'\nlocal w = {}\n"
                "function w.add() db.run(\"INSERT INTO wall VALUES ('was here')\") end\n"
                "function w.count() return db.row('SELECT count(*) AS n FROM wall').n end\n"
                "return w\n");
}

static void the_data_of_the_board_stays_as_it_is(void **state)
{
    char *before;
    char *after;

    (void)state;
    write_wall();
    SHOW(0, "wall");
    EXPECT_ROW(0, "lines: 1");
    assert_int_not_equal(access(data, F_OK), 0); /* nor is any made */
    board_start(board, NULL);
    SHOW(0, "wall"); /* while a server has it */
    EXPECT_ROW(0, "lines: 1");
    SHOW(0, "wall");
    EXPECT_ROW(0, "lines: 1");
    assert_int_equal(board_stop(board), 0);
    before = board_read(board, "data/perigee.db");
    SHOW(0, "wall");
    EXPECT_ROW(0, "lines: 1");
    after = board_read(board, "data/perigee.db");
    assert_string_equal(before, after);
    free(before);
    free(after);
}

static void what_the_board_has_stored_is_shown(void **state)
{
    (void)state;
    write_wall();
    board_write(board, "screens/root.txt", "<% enter:w.add %>\nlines: <% get:w.count %>");
    board_start(board, NULL);
    caller_expect(dial(), "lines: 1");
    caller_expect(dial(), "lines: 2");
    SHOW(0, "wall");
    EXPECT_ROW(0, "lines: 3");
}

/* --- what is wrong --- */

static void what_cannot_be_shown_is_told(void **state)
{
    (void)state;
    board_write(board, "screens/menu.txt", "the menu");
    board_write(board, "screens/memory.txt", "remember");
    board_write(board, "screens/broken.txt", "a\nb <% get:moon %>\n");
    SHOW(1, "menus");
    expect_said("perigee: show: there is no screen 'menus': there is menu");
    SHOW(1, "zzzzzzzz");
    expect_said("there is no screen 'zzzzzzzz': there is memory, menu");
    SHOW(1, "broken");
    expect_said("the screen 'broken' is broken");
    expect_said("perigee: show: screens/broken.txt:2:");
    SHOW(0, "menu");
    EXPECT_ROW(0, "the menu"); /* what is wrong elsewhere is said behind it */
    run_command(3, (const char *const[]){"show", "menu", "--board", "/nowhere", NULL}, NULL);
    expect_said("/nowhere is no board");
    SHOW(3, "menu", "--data", "/nowhere");
    expect_said("/nowhere/perigee.db: No such file");
    board_write(board, "lua/settings.lua", "return { color = 1 }\n");
    SHOW(3, "menu");
    expect_said("lua/settings.lua:1: there is no setting 'color'");
}

static void wrong_use_is_told(void **state)
{
    static const char *const sizes[] = {"19x25", "256x25", "80x9",   "80x101", "80",
                                        "80x",   "x25",    "+80x25", "80x25x1"};

    (void)state;
    board_write(board, "screens/menu.txt", "the menu");
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        SHOW(2, "menu", "--size", sizes[i]);
        expect_said("expected COLUMNSxROWS, from 20x10 to 255x100");
    }
    SHOW(2, "menu", "--charset", "latin1");
    expect_said("expected cp437, utf-8 or ascii");
    SHOW(2, "menu", "--watch", "--png", "x.png");
    expect_said("one of them at a time");
    run_command(2, (const char *const[]){"show", NULL}, NULL);
    expect_said("usage: perigee show KEYWORD");
    run_command(0, (const char *const[]){"help", "show", NULL}, NULL);
    expect_said("--watch");
}

static void a_handler_that_fails_is_told(void **state)
{
    (void)state;
    board_write(board, "screens/bad.txt", "before <% get:b.bad %> behind");
    board_write(board, "lua/handlers/b.lua",
                "local b = {}\nfunction b.bad() error 'no moon tonight' end\nreturn b\n");
    SHOW(0, "bad");
    expect_said("incident 1");
    expect_said("lua/handlers/b.lua:2: no moon tonight");
}

static void write_never(void)
{
    board_write(board, "screens/never.txt", "<% enter:n.never %>\nnever seen");
    board_write(board, "lua/handlers/n.lua",
                "local time = require 'bbs.time'\nlocal n = {}\n"
                "function n.never(c) c:send 'so far' time.sleep(1000) end\nreturn n\n");
}

static void a_handler_that_never_ends_is_not_waited_for(void **state)
{
    (void)state;
    write_never();
    SHOW(1, "never");
    EXPECT_ROW(0, "so far");
    expect_said("perigee: show: 'never' asks the caller nothing: a handler has not ended");
}

/* --- while it runs --- */

struct run {
    pid_t pid;
    int to;
    int from;
    char text[65536];
    size_t len;
};

static void start(struct run *r, const char *const *args)
{
    *r = (struct run){0};
    r->pid = board_spawn(args, &r->to, &r->from);
}

/* Wait for `text`, and take all up to it. */
static void expect_text(struct run *r, const char *text)
{
    double until = caller_patience();
    struct pollfd p = {.fd = r->from, .events = POLLIN};
    char *at;

    while (!(at = strstr(r->text, text)) && now_seconds() < until) {
        ssize_t n = 0;

        if (poll(&p, 1, 100) > 0)
            n = read(r->from, r->text + r->len, sizeof(r->text) - 1 - r->len);
        else
            continue;
        if (n <= 0)
            break;
        r->len += (size_t)n;
        r->text[r->len] = '\0';
    }
    if (!at) {
        kill(r->pid, SIGKILL);
        fail_msg("there is no \"%s\" in: %s", text, r->text);
        return;
    }
    at += strlen(text);
    r->len -= (size_t)(at - r->text);
    memmove(r->text, at, r->len + 1);
}

/* How it ended: its exit status, or 128 and the signal. */
static int wait_end(struct run *r)
{
    int status = 0;

    close(r->from);
    close(r->to);
    waitpid(r->pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#define WATCH(r, keyword)                                                                      \
    start(r, (const char *const[]){"show", "--board", board->folder, keyword, "--watch", NULL})

static void a_save_is_drawn_at_once(void **state)
{
    struct run r;

    (void)state;
    board_write(board, "screens/menu.txt", "the first <% get:m.x %>");
    board_write(board, "lua/handlers/m.lua",
                "local m = {}\nfunction m.x() return 'moon' end\nreturn m\n");
    WATCH(&r, "menu");
    expect_text(&r, "\033[H\033[2J");
    expect_text(&r, "the first moon\n");
    board_write(board, "screens/menu.txt", "the second <% get:m.x %>");
    expect_text(&r, "\033[H\033[2J");
    expect_text(&r, "the second moon\n");
    board_write(board, "lua/handlers/m.lua",
                "local m = {}\nfunction m.x() return 'sun' end\nreturn m\n");
    expect_text(&r, "the second sun\n");
    assert_int_equal(write(r.to, "q", 1), 1);
    assert_int_equal(wait_end(&r), 0);
}

/* The last good one stays, with what is wrong below it, until all is good again. */
static void a_broken_save_is_told_below_the_picture(void **state)
{
    struct run r;

    (void)state;
    board_write(board, "screens/menu.txt", "the first");
    WATCH(&r, "menu");
    expect_text(&r, "the first\n");
    board_write(board, "screens/menu.txt", "the <% get:moon %>");
    expect_text(&r, "\033[H\033[2Jthe first\nperigee: show: screens/menu.txt:1:");
    board_write(board, "lua/handlers/m.lua", "return {");
    expect_text(&r, "\033[H\033[2Jthe first\n");
    expect_text(&r, "lua/handlers/m.lua:1: ");
    board_write(board, "screens/menu.txt", "the third");
    expect_text(&r, "\033[H\033[2Jthe third\nperigee: show: lua/handlers/m.lua:1: ");
    board_write(board, "lua/handlers/m.lua",
                "local m = {}\n"
                "function m.x() error 'no moon' end\nreturn m\n");
    expect_text(&r, "\033[H\033[2Jthe third\n");
    board_write(board, "screens/menu.txt", "the fourth <% get:m.x %>");
    expect_text(&r, "the fourth");
    expect_text(&r, "lua/handlers/m.lua:2: no moon");
    board_remove(board, "screens/menu.txt");
    expect_text(&r, "there is no screen 'menu'");
    kill(r.pid, SIGINT);
    assert_int_equal(wait_end(&r), 0);
}

static void a_table_of_the_same_save_is_there(void **state)
{
    struct run r;

    (void)state;
    board_write(board, "screens/wall.txt", "nothing yet");
    WATCH(&r, "wall");
    expect_text(&r, "nothing yet\n");
    write_wall();
    expect_text(&r, "lines: 1\n");
    assert_int_equal(write(r.to, "q", 1), 1);
    assert_int_equal(wait_end(&r), 0);
}

static void watching_begins_with_a_broken_screen_too(void **state)
{
    struct run r;

    (void)state;
    board_write(board, "screens/menu.txt", "the <% get:moon %>");
    WATCH(&r, "menu");
    expect_text(&r, "screens/menu.txt:1:");
    board_write(board, "screens/menu.txt", "the menu");
    expect_text(&r, "\033[H\033[2Jthe menu\n");
    assert_int_equal(write(r.to, "q", 1), 1);
    assert_int_equal(wait_end(&r), 0);
}

static void wait_for_temporary_folder(void)
{
    double until = caller_patience();

    while (count_files(temp) == 0 && now_seconds() < until)
        poll(NULL, 0, 5);
    assert_int_equal(count_files(temp), 1);
}

/* tear_down looks into the temporary folder. */
static void a_signal_leaves_nothing_behind(void **state)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct run r;

    (void)state;
    write_never();
    for (int i = 0; i < 3; i++) {
        start(&r, (const char *const[]){"show", "--board", board->folder, "never", NULL});
        wait_for_temporary_folder();
        kill(r.pid, signals[i]);
        assert_int_equal(wait_end(&r), 128 + signals[i]);
        assert_int_equal(count_files(temp), 0);
    }
}

/* --- images --- */

static unsigned number_at(const unsigned char *p)
{
    return (unsigned)p[0] << 24 | (unsigned)p[1] << 16 | (unsigned)p[2] << 8 | p[3];
}

static void expect_image(const char *path, unsigned width, unsigned height)
{
    unsigned char head[24] = {0};
    FILE *f = fopen(path, "rb");

    assert_non_null(f);
    assert_int_equal(fread(head, 1, sizeof(head), f), sizeof(head));
    fclose(f);
    assert_memory_equal(head, "\x89PNG\r\n\x1a\n", 8);
    assert_int_equal(number_at(head + 16), width);
    assert_int_equal(number_at(head + 20), height);
}

static void an_image_has_8_by_16_pixels_a_cell(void **state)
{
    char png[400];

    (void)state;
    write_form();
    snprintf(png, sizeof(png), "%s/form.png", board->folder);
    SHOW(0, "form", "--png", png);
    expect_image(png, 640, 400);
    assert_string_equal(said, "");
    SHOW(0, "form", "--png", png, "--size", "132x50", "--charset", "utf-8");
    expect_image(png, 1056, 800);
    SHOW(0, "form", "--png", png, "--size", "255x100", "--plain");
    expect_image(png, 2040, 1600);
}

static void an_image_that_cannot_be_made_is_told(void **state)
{
    char *path = strdup(getenv("PATH"));
    char png[400];

    (void)state;
    write_form();
    SHOW(3, "form", "--png", "/nowhere/form.png");
    expect_said("perigee: show: /nowhere/form.png: No such file or directory");
    snprintf(png, sizeof(png), "%s/form.png", board->folder);
    setenv("PATH", temp, 1);
    SHOW(3, "form", "--png", png);
    setenv("PATH", path, 1);
    free(path);
    expect_said("perigee: show: --png needs ansilove: apt-get install ansilove");
    assert_int_not_equal(access(png, F_OK), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_form_is_painted_with_what_its_handlers_return),
        TEST(it_is_what_a_caller_sees),
        TEST(each_character_set_has_its_glyphs),
        TEST(a_plain_terminal_has_its_glyphs_too),
        TEST(a_screen_for_plain_terminals_is_shown_for_them),
        TEST(art_keeps_its_rows_at_every_size),
        TEST(what_has_scrolled_away_is_told),
        TEST(the_caller_is_who_is_named),
        TEST(a_screen_that_is_not_open_is_refused),
        TEST(the_front_door_is_seen_by_a_guest),
        TEST(where_a_screen_leads_is_told),
        TEST(a_file_name_is_a_keyword_too),
        TEST(handlers_that_wait_are_waited_for),
        TEST(the_data_of_the_board_stays_as_it_is),
        TEST(what_the_board_has_stored_is_shown),
        TEST(what_cannot_be_shown_is_told),
        TEST(wrong_use_is_told),
        TEST(a_handler_that_fails_is_told),
        TEST(a_handler_that_never_ends_is_not_waited_for),
        TEST(a_save_is_drawn_at_once),
        TEST(a_broken_save_is_told_below_the_picture),
        TEST(a_table_of_the_same_save_is_there),
        TEST(watching_begins_with_a_broken_screen_too),
        TEST(a_signal_leaves_nothing_behind),
        TEST(an_image_has_8_by_16_pixels_a_cell),
        TEST(an_image_that_cannot_be_made_is_told),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    free(said);
    return failed;
}
