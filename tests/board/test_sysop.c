/* The sysop's desk: callers on line and what is done to them, bans, and the audit table. */
#include <dirent.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/board/cast.h"
#include "tests/board/window.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up_starter, stage_tear_down)
#define CALLER_SCREEN "ban the address for a time"

/* There is one more sysop, who reads what the other has done. */
static void begin(void)
{
    char folder[400];
    const char *const args[] = {
        "user",   "add",  "mars",    "--level",     "100", "--password-stdin",
        "--data", folder, "--board", board->folder, NULL};

    make_sysop();
    snprintf(folder, sizeof(folder), "%s/data", board->folder);
    assert_int_equal(board_run(args, "marsmars9\n", NULL), 0);
    board_start(board, NULL);
}

static struct caller *sysop_as(enum caller_kind kind)
{
    struct caller *c = dial_as(kind);

    caller_log_in(c, "moon", "moonmoon9");
    return c;
}

/* The sysop, at the screen of one caller. */
static struct caller *looks_at(struct caller *c, const char *name)
{
    caller_send(c, "x");
    caller_expect(c, "The sysop's desk");
    caller_send(c, "c");
    caller_expect(c, "Callers on line");
    caller_expect(c, "back to the desk");
    say(c, "");
    caller_expect(c, "Node number or handle");
    say(c, name);
    caller_expect(c, CALLER_SCREEN);
    return c;
}

static void expect_audit(const char *what, const char *subject)
{
    struct caller *c = dial();

    caller_log_in(c, "mars", "marsmars9");
    caller_send(c, "x");
    caller_expect(c, "The sysop's desk");
    caller_send(c, "a");
    caller_expect(c, "What sysops did");
    caller_expect(c, what);
    caller_expect(c, subject);
    hang_up(c);
}

/* --- what a caller can be done to --- */

static void callers_are_shown_with_where_and_from_where(void **state)
{
    struct caller *moon, *guest;

    (void)state;
    begin();
    newcomer("luna");
    guest = dial();
    caller_expect(guest, "Handle:");
    caller_send(guest, "x"); /* has no account, and is a caller by that key */
    caller_expect(guest, "x");
    moon = sysop_as(CALLER_XTERM);
    looks_at(moon, "luna");
    assert_true(caller_has(moon, "GUEST"));
    caller_expect(moon, "back to the list");
    assert_true(window_has(moon, "menu, The main menu"));
    assert_true(window_has(moon, "127.0.0.1"));
    assert_true(window_has(moon, "xterm, 80 by 24, utf-8, ANSI"));
}

static void one_and_all_are_spoken_to(void **state)
{
    struct caller *luna, *sol, *moon;

    (void)state;
    begin();
    luna = newcomer("luna");
    sol = newcomer("sol");
    moon = sysop_as(CALLER_XTERM);
    looks_at(moon, "luna");
    caller_send(moon, "s");
    caller_expect(moon, "What to say");
    say(moon, "good |12evening");
    caller_expect(moon, "Said.");
    caller_expect(luna, "moon (sysop): good |12evening");
    caller_send(moon, "q");
    caller_expect(moon, "Callers on line");
    caller_send(moon, "s");
    caller_expect(moon, "What to say to all");
    say(moon, "we stop at ten");
    caller_expect(moon, "Said to 2.");
    caller_expect(luna, "moon says to all: we stop at ten");
    caller_expect(sol, "moon says to all: we stop at ten");
    assert_false(caller_has(sol, "evening"));
    expect_audit("speak to all", "2 callers");
}

static void a_caller_is_moved(void **state)
{
    struct caller *luna, *moon;

    (void)state;
    begin();
    luna = newcomer("luna");
    moon = sysop_as(CALLER_XTERM);
    looks_at(moon, "luna");
    caller_send(moon, "m");
    caller_expect(moon, "To which screen");
    say(moon, "files");
    caller_expect(luna, "File areas");
    caller_expect(moon, "files, ");
    caller_send(luna, "n"); /* keys work there */
    caller_expect(luna, "New since");
    caller_send(moon, "m");
    say(moon, "nowhere");
    caller_expect(moon, "There is no screen 'nowhere'");
    caller_send(moon, "m");
    say(moon, "sysop/monitor");
    caller_expect(moon, "'sysop/monitor' is for level 100 and above");
    expect_audit("move", "luna");
}

/* A handler that asks ends, and what it would have done is not. */
static void a_caller_is_moved_out_of_a_question(void **state)
{
    struct caller *luna, *moon;

    (void)state;
    begin();
    luna = newcomer("luna");
    caller_send(luna, "c");
    caller_expect(luna, "The callers of this board");
    caller_send(luna, "s");
    caller_expect(luna, "Search for");
    caller_send(luna, "half a word");
    moon = sysop_as(CALLER_XTERM);
    looks_at(moon, "luna");
    caller_send(moon, "m");
    say(moon, "menu");
    caller_expect(luna, "which key?");
    caller_send(luna, "o");
    caller_expect(luna, "one-line wall");
    assert_false(board_log_has(board, " error "));
}

static void a_call_is_ended(void **state)
{
    struct caller *luna, *moon;

    (void)state;
    begin();
    luna = newcomer("luna");
    moon = sysop_as(CALLER_XTERM);
    looks_at(moon, "luna");
    caller_send(moon, "e");
    caller_expect(moon, "Why");
    say(moon, "the line is needed");
    caller_expect(moon, "End the call of luna?");
    caller_send(moon, "y");
    caller_expect(luna, "the line is needed");
    caller_expect_end(luna);
    caller_expect(moon, "Callers on line"); /* the list, without luna */
    expect_audit("end call", "luna");
}

/* A sysop who thinks better of it. */
static void escape_leads_back_from_questions(void **state)
{
    static const struct {
        const char *keys;
        const char *question;
    } asks[] = {{"s", "What to say"},
                {"m", "To which screen"},
                {"a", "For how many minutes"},
                {"b", "For how many minutes"}};
    struct caller *moon;

    (void)state;
    begin();
    newcomer("luna");
    moon = sysop_as(CALLER_XTERM);
    looks_at(moon, "luna");
    for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
        caller_send(moon, asks[i].keys);
        caller_expect(moon, asks[i].question);
        caller_send(moon, "\033");
        caller_expect(moon, "Which key?");
    }
    caller_send(moon, "q");
    caller_expect(moon, "back to the desk");
    caller_send(moon, "s");
    caller_expect(moon, "What to say to all");
    caller_send(moon, "\033");
    caller_expect(moon, "back to the desk");
    caller_send(moon, "\r");
    caller_expect(moon, "Node number or handle");
    caller_send(moon, "\033");
    caller_expect(moon, "back to the desk");
    assert_false(board_log_has(board, " error "));
}

/* Accounts of a higher level are not edited either. */
static void a_sysop_of_a_higher_level_is_left_alone(void **state)
{
    static const char *const keys[] = {"l", "m", "e", "a", "b"};
    const char *const args[] = {"user", "level", "--board", board->folder, "moon", "101", NULL};
    struct caller *mars, *moon;

    (void)state;
    begin();
    assert_int_equal(board_run(args, NULL, NULL), 0);
    moon = sysop_as(CALLER_XTERM);
    mars = dial();
    caller_log_in(mars, "mars", "marsmars9");
    looks_at(mars, "moon");
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        caller_send(mars, keys[i]);
        caller_expect(mars, "moon has a level above yours.");
    }
    caller_send(mars, "s");
    caller_expect(mars, "What to say");
    say(mars, "good evening");
    caller_expect(moon, "mars (sysop): good evening");
}

/* --- from the machine's command line --- */

static int run(const char *command, const char *word, const char *more, char **out)
{
    const char *const args[] = {command, "--board", board->folder, word, more, NULL};

    return board_run(args, NULL, out);
}

static void the_command_line_does_it_too(void **state)
{
    struct caller *luna;
    char text[252];
    char *out;

    (void)state;
    begin();
    luna = newcomer("luna");
    assert_int_equal(run("who", NULL, NULL, &out), 0);
    assert_non_null(
        strstr(out, "node  handle  level  where  idle  address    terminal     generation\n"));
    assert_non_null(strstr(out, "   1  luna       10  menu   "));
    assert_non_null(strstr(out, "  127.0.0.1  xterm 80x24           1\n"));
    assert_non_null(strstr(out, "1 on line"));
    free(out);
    assert_int_equal(run("say", "we stop", "at ten", &out), 0);
    assert_string_equal(out, "said to 1\n");
    free(out);
    caller_expect(luna, "The sysop says to all: we stop at ten");
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(run("say", text, NULL, &out), 1);
    assert_non_null(strstr(out, "the text is longer than 250 bytes"));
    free(out);
    assert_int_equal(run("kick", "2", NULL, &out), 1);
    assert_non_null(strstr(out, "no caller has node number 2"));
    free(out);
    assert_int_equal(run("kick", "luna", NULL, &out), 2);
    assert_non_null(strstr(out, "luna is no node number"));
    free(out);
    assert_int_equal(run("kick", "1", "sleep well", NULL), 0);
    caller_expect(luna, "sleep well");
    caller_expect_end(luna);
    expect_audit("end call", "luna");
    expect_audit("speak to all", "1 callers");
}

/* Something else listens where the server should. */
static void a_strangers_socket_is_told(void **state)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char path[400];
    const char *const args[] = {"who", "--board", board->folder, NULL};
    pid_t child;
    int to;
    int from;
    int peer;
    char said[400] = "";

    (void)state;
    snprintf(path, sizeof(path), "%s/data", board->folder);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_true((size_t)snprintf(a.sun_path, sizeof(a.sun_path), "%.80s/data/control.sock",
                                 board->folder) < sizeof(a.sun_path));
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(fd, 1), 0);
    child = board_spawn(args, &to, &from);
    peer = accept(fd, NULL, NULL);
    assert_true(peer >= 0);
    assert_true(recv(peer, said, sizeof(said) - 1, 0) > 0);
    assert_string_equal(said, "who\n");
    assert_true(send(peer, "HTTP/1.1 400\n", 13, MSG_NOSIGNAL) == 13);
    close(peer);
    memset(said, 0, sizeof(said));
    for (size_t n = 0; n < sizeof(said) - 1;) {
        ssize_t got = read(from, said + n, sizeof(said) - 1 - n);

        if (got <= 0)
            break;
        n += (size_t)got;
    }
    assert_non_null(strstr(said, "is no perigee of this version"));
    waitpid(child, NULL, 0);
    close(from);
    close(to);
    close(fd);
}

/* Who is at another system, here this board itself, is there for the sysop, too. */
static void who_calls_elsewhere_is_shown(void **state)
{
    char text[200];
    size_t from = 0;
    struct caller *luna, *moon;

    (void)state;
    begin();
    snprintf(
        text, sizeof(text),
        "return { dial = { level = 1, hosts = { 'The Far Side=telnet://127.0.0.1:%d' } } }",
        board->port);
    board_write(board, "lua/settings.lua", text);
    board_expect_log(board, &from, "settings event=loaded");
    luna = newcomer("luna");
    caller_send(luna, "s");
    caller_expect(luna, "The Far Side");
    caller_send(luna, "1");
    caller_expect(luna, "Handle:"); /* there */
    moon = sysop_as(CALLER_XTERM);
    looks_at(moon, "luna");
    assert_true(window_has(moon, "dial, calls The Far Side"));
    caller_send(luna, "\035");
    caller_expect(luna, "you hung up");
}

/* --- bans --- */

static struct caller *dial_from_second(void)
{
    return caller_dial_from(board, CALLER_XTERM, "127.0.0.2");
}

static void expect_refused(void)
{
    struct caller *c = dial_from_second();

    caller_expect_end(c);
    assert_false(caller_has(c, "Handle:"));
    caller_free(c);
}

/* Who is on line from there goes, nobody comes, also not after a restart, until it is lifted.
 */
static void an_address_is_banned(void **state)
{
    struct caller *luna, *visitor, *moon;

    (void)state;
    board_write(board, "lua/settings.lua", "return { limits = { allow = {} } }");
    begin();
    visitor = dial_from_second();
    caller_expect(visitor, "Handle:");
    luna = dial_from_second();
    caller_sign_up(luna, "luna", "sunshine7");
    moon = sysop_as(CALLER_XTERM);
    looks_at(moon, "luna");
    caller_send(moon, "a");
    caller_expect(moon, "For how many minutes");
    say(moon, "60");
    caller_expect(moon, "Why");
    say(moon, "noise");
    caller_expect(moon, "Callers on line"); /* the list, without luna */
    caller_expect(moon, "is banned");
    caller_expect(luna, "Your address is banned.");
    caller_expect_end(luna);
    caller_free(luna);
    caller_expect_end(visitor); /* who has typed nothing, too */
    caller_free(visitor);
    expect_refused();
    assert_int_equal(board_stop(board), 0);
    board_start(board, NULL);
    expect_refused();
    moon = sysop_as(CALLER_XTERM);
    caller_send(moon, "x");
    caller_expect(moon, "The sysop's desk");
    caller_send(moon, "b");
    caller_expect(moon, "127.0.0.2");
    caller_expect(moon, "noise");
    say(moon, "");
    caller_expect(moon, "Which number");
    say(moon, "1");
    caller_expect(moon, "127.0.0.2 may call again.");
    luna = dial_from_second();
    caller_expect(luna, "Handle:");
    caller_free(luna);
    expect_audit("lift ban", "127.0.0.2");
}

static void an_account_is_banned(void **state)
{
    struct caller *luna, *moon;

    (void)state;
    begin();
    luna = newcomer("luna");
    moon = sysop_as(CALLER_XTERM);
    looks_at(moon, "luna");
    caller_send(moon, "b");
    say(moon, "ten");
    caller_expect(moon, "Minutes are a whole number");
    caller_send(moon, "b");
    caller_expect(moon, "For how many minutes");
    say(moon, "10");
    caller_expect(moon, "Why");
    say(moon, "");
    caller_expect(luna, "Your account is banned.");
    caller_expect_end(luna);
    luna = dial();
    caller_expect(luna, "Handle:");
    say(luna, "luna");
    caller_expect(luna, "Password:");
    say(luna, "sunshine7");
    caller_expect(luna, "This account is banned until 20");
    expect_audit("ban", "luna");
}

static void nobody_bans_himself_or_this_machine(void **state)
{
    struct caller *moon;

    (void)state;
    begin();
    newcomer("luna");
    moon = sysop_as(CALLER_XTERM);
    looks_at(moon, "luna");
    caller_send(moon, "a");
    caller_expect(moon, "For how many minutes");
    say(moon, "5");
    caller_expect(moon, "Why");
    say(moon, "");
    caller_expect(moon, "127.0.0.1: you call from there yourself");
    caller_send(moon, "q");
    caller_expect(moon, "Callers on line");
    say(moon, "");
    caller_expect(moon, "Node number");
    say(moon, "moon");
    caller_expect(moon, CALLER_SCREEN);
    caller_send(moon, "b");
    caller_expect(moon, "That is you.");
}

/* --- over the shoulder --- */

static void a_shoulder_is_looked_over(enum caller_kind kind)
{
    struct caller *luna, *moon;

    begin();
    luna = dial_as(kind);
    caller_sign_up(luna, "luna", "sunshine7");
    moon = sysop_as(CALLER_XTERM);
    looks_at(moon, "luna");
    caller_send(moon, "l");
    caller_expect(moon, "luna, node ");
    caller_expect(moon, "PEOPLE"); /* as it is now */
    caller_expect(moon, "luna, which key?");
    caller_send(luna, "r");
    caller_expect(moon, "Which room?"); /* and then live */
    caller_send(luna, "1");
    caller_expect(luna, PROMPT);
    caller_send(luna, "half a |12line \xe2\x96\x92");
    caller_expect(moon, "half a |12line");
    board_expect_log(board, NULL, "shoulder event=begin node=1 user=\"luna\" by=\"moon\"");
    caller_send(moon, "\033");
    caller_expect(moon, CALLER_SCREEN);
    board_expect_log(board, NULL, "shoulder event=end node=1");
    say(luna, "is sent whole");
    caller_expect(luna, "half a |12line");
    caller_expect(luna, "is sent whole");
    expect_audit("look over", "luna");
}

static void looks_over_a_shoulder(void **state)
{
    (void)state;
    a_shoulder_is_looked_over(CALLER_XTERM);
}

static void looks_over_a_shoulder_in_cp437(void **state)
{
    (void)state;
    a_shoulder_is_looked_over(CALLER_SYNCTERM);
}

static void the_one_who_is_looked_at_leaves(void **state)
{
    struct caller *luna, *moon;

    (void)state;
    begin();
    luna = newcomer("luna");
    moon = sysop_as(CALLER_XTERM);
    looks_at(moon, "luna");
    caller_send(moon, "l");
    caller_expect(moon, "luna, which key?");
    hang_up(luna);
    caller_expect(moon, "That caller has left.");
    assert_true(window_has(moon, "Callers on line"));
}

static void the_one_who_looks_leaves(void **state)
{
    struct caller *luna, *moon;

    (void)state;
    begin();
    luna = newcomer("luna");
    moon = sysop_as(CALLER_XTERM);
    looks_at(moon, "luna");
    caller_send(moon, "l");
    caller_expect(moon, "luna, which key?");
    hang_up(moon);
    board_expect_log(board, NULL, "shoulder event=end node=1");
    caller_send(luna, "o");
    caller_expect(luna, "one-line wall");
}

static void a_shoulder_is_read_without_ansi(void **state)
{
    struct caller *luna, *moon;

    (void)state;
    begin();
    luna = newcomer("luna");
    moon = sysop_as(CALLER_DUMB);
    looks_at(moon, "luna");
    caller_send(moon, "l");
    caller_expect(moon, "luna, which key?");
    caller_expect(moon, "Q ends");
    caller_send(luna, "o");
    caller_expect(luna, "one-line wall");
    caller_send(moon, "\r");
    caller_expect(moon, "Q ends");
    caller_send(moon, "q");
    caller_expect(moon, CALLER_SCREEN);
}

/* --- the shell --- */

static struct caller *at_shell(void)
{
    struct caller *moon = sysop_as(CALLER_XTERM);

    caller_send(moon, "x");
    caller_expect(moon, "The sysop's desk");
    caller_send(moon, "x");
    caller_expect(moon, "A shell on this machine");
    return moon;
}

static void a_new_board_has_no_shell(void **state)
{
    struct caller *moon;

    (void)state;
    begin();
    moon = at_shell();
    caller_expect(moon, "There is none for you:");
    caller_expect(moon, "the setting command.user names nobody.");
    caller_send(moon, "q");
    caller_expect(moon, "The sysop's desk");
}

/* Who is no user of the system that the server can become. */
static const char *own_user(void)
{
    return geteuid() == 0 ? "nobody" : getpwuid(geteuid())->pw_name;
}

static void allow_shells(void)
{
    char text[300];

    snprintf(
        text, sizeof(text),
        "return { command = { user = '%s', level = 100, folder = '/tmp', processes = 5000, "
        "environment = { 'PS1=ready> ', 'ENV=' } } }",
        own_user());
    board_write(board, "lua/settings.lua", text);
}

static void a_shell_asks_for_the_password_again(void **state)
{
    char expected[100];
    struct caller *moon;

    (void)state;
    allow_shells();
    begin();
    moon = at_shell();
    snprintf(expected, sizeof(expected), "%s", own_user());
    caller_expect(moon, expected);
    caller_expect(moon, "Your password:");
    say(moon, "sunshine7");
    caller_expect(moon, "That is not the password");
    say(moon, "moonmoon9");
    caller_expect(moon, "ready> ");
    say(moon, "echo at $PWD as $(id -un)");
    snprintf(expected, sizeof(expected), "at /tmp as %s", own_user());
    caller_expect(moon, expected);
    say(moon, "exit 3");
    caller_expect(moon, "The sysop's desk");
    caller_expect(moon, "The shell has ended: exit status 3, after ");
    expect_audit("shell refused", "sh");
    expect_audit("shell ", "as ");
}

/* Enter alone leads back, and so does Esc. */
static void a_shell_may_be_left_alone(void **state)
{
    struct caller *moon;

    (void)state;
    allow_shells();
    begin();
    moon = at_shell();
    caller_expect(moon, "Your password:");
    say(moon, "");
    caller_expect(moon, "The sysop's desk");
    assert_false(board_log_has(board, "shell"));
}

/* The sysop moon, in a shell, and over that shoulder another. */
static struct caller *in_watched_shell(struct caller **mars)
{
    struct caller *moon = at_shell();

    caller_expect(moon, "Your password:");
    say(moon, "moonmoon9");
    caller_expect(moon, "ready> ");
    *mars = dial();
    caller_log_in(*mars, "mars", "marsmars9");
    looks_at(*mars, "moon");
    caller_send(*mars, "l");
    caller_expect(*mars, "moon, node ");
    return moon;
}

/* A sysop who looks over the shoulder of who is in a program sees what it prints, and moves
 * that caller out of it. */
static void a_program_is_looked_at_and_left(void **state)
{
    struct caller *moon, *mars;

    (void)state;
    allow_shells();
    begin();
    moon = in_watched_shell(&mars);
    say(moon, "echo one $((1 + 1)) three");
    caller_expect(mars, "one 2 three");
    caller_send(mars, "\033");
    caller_expect(mars, CALLER_SCREEN);
    caller_send(mars, "m");
    caller_expect(mars, "To which screen");
    say(mars, "menu");
    caller_expect(moon, "which key?");
    caller_send(moon, "o");
    caller_expect(moon, "one-line wall");
}

/* A flood is sent at a pace while somebody looks, and the rest of it when nobody does any more.
 */
static void a_flood_is_looked_at(void **state)
{
    struct caller *moon, *mars;

    (void)state;
    allow_shells();
    begin();
    moon = in_watched_shell(&mars);
    say(moon, "seq 100001 300000; echo this is $((40 + 2))");
    caller_expect(moon, "100500");
    caller_send(mars, "\033");
    caller_expect(mars, CALLER_SCREEN);
    caller_expect(moon, "299999");
    caller_expect(moon, "this is 42");
}

/* --- the log and the settings --- */

static struct caller *at_log(void)
{
    struct caller *moon = sysop_as(CALLER_XTERM);

    caller_send(moon, "x");
    caller_expect(moon, "The sysop's desk");
    caller_send(moon, "l");
    caller_expect(moon, "in full");
    return moon;
}

/* The number that a caller was told leads to where it happened, also after a restart. */
static void an_incident_leads_to_its_traceback(void **state)
{
    struct caller *luna, *moon;

    (void)state;
    board_write(board, "lua/handlers/wall.lua",
                "local wall = {}\n"
                "local function deep() return nil + 1 end\n"
                "function wall.lines() return { deep() } end\n"
                "function wall.add() end\n"
                "return wall\n");
    begin();
    luna = newcomer("luna");
    caller_send(luna, "o");
    caller_expect(luna, "incident 1");
    assert_int_equal(board_stop(board), 0);
    board_start(board, NULL);
    moon = at_log();
    caller_send(moon, "i");
    caller_expect(moon, "Number of the incident");
    say(moon, "1");
    caller_expect(moon, "handler=wall.lines");
    caller_expect(moon, "lua/handlers/wall.lua:2:");
    caller_expect(moon, "    stack traceback:");
    assert_true(window_has(moon, "lua/handlers/wall.lua:3:"));
    caller_send(moon, "q");
    caller_expect(moon, "in full");
    caller_send(moon, "i");
    say(moon, "99");
    caller_expect(moon, "The log has no incident 99.");
}

static void the_log_is_live_and_searched(void **state)
{
    struct caller *moon;

    (void)state;
    begin();
    moon = at_log();
    newcomer("luna");
    caller_expect(moon, "user=\"luna\""); /* by itself */
    caller_send(moon, "s");
    caller_expect(moon, "Search for");
    say(moon, "LISTENING");
    caller_expect(moon, "those with \"LISTENING\"");
    assert_true(window_has(moon, "listening telnet 127.0.0.1:"));
    assert_false(window_has(moon, "luna"));
    caller_send(moon, "w");
    caller_expect(moon, "There is no such line.");
}

static void settings_are_shown_with_their_source(void **state)
{
    struct caller *moon;

    (void)state;
    board_write(board, "lua/settings.lua", "return { board = { name = 'Moon Base' } }");
    begin();
    moon = sysop_as(CALLER_XTERM);
    caller_send(moon, "x");
    caller_expect(moon, "The sysop's desk");
    caller_send(moon, "s");
    caller_expect(moon, "The settings");
    caller_expect(moon, "reload.redraw               sysop                       the default");
    assert_true(window_has(moon, "board.name                  Moon Base                   "
                                 "lua/settings.lua"));
    assert_true(window_has(moon, "127.0.0.1:0                 the command line"));
    caller_send(moon, "s");
    caller_expect(moon, "Search for");
    say(moon, "first ban");
    caller_expect(moon, "limits.ban_seconds");
    caller_send(moon, "v");
    caller_expect(moon, "limits.ban_seconds: length of the first ban, from the default");
}

/* --- who may not --- */

/* Calls `see` with the names of the files in a folder of the starter board. */
static void each_file(const char *folder, void (*see)(const char *name))
{
    char path[400];
    const struct dirent *entry;
    DIR *dir;

    snprintf(path, sizeof(path), "%s/%s", board->folder, folder);
    dir = opendir(path);
    assert_non_null(dir);
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] != '.')
            see(entry->d_name);
    }
    closedir(dir);
}

static char walked[16384]; /* what is found, a word a line */
static unsigned walked_count;

static void add_walked(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void add_walked(const char *format, ...)
{
    size_t len = strlen(walked);
    va_list args;

    va_start(args, format);
    vsnprintf(walked + len, sizeof(walked) - len, format, args);
    va_end(args);
    walked_count++;
}

static void add_keyword(const char *name)
{
    if (!strstr(name, ".40."))
        add_walked("  \"sysop/%.*s\",\n", (int)strcspn(name, "."), name);
}

/* "function NAME.FUNC(" in a file that ends with "return sysop.only(NAME)": get:sysop.FILE.FUNC
 */
static void add_functions(const char *name)
{
    char path[400];
    char begun[100];
    char *text;

    snprintf(path, sizeof(path), "lua/handlers/sysop/%s", name);
    text = board_read(board, path);
    assert_non_null(text);
    assert_non_null(strstr(text, "return sysop.only("));
    snprintf(begun, sizeof(begun), "\nfunction %.*s.",
             (int)strcspn(strstr(text, "return sysop.only(") + 18, ")"),
             strstr(text, "return sysop.only(") + 18);
    for (const char *at = text; (at = strstr(at, begun)); at++) {
        const char *dot = at + strlen(begun) - 1;

        add_walked("<%% get:sysop.%.*s.%.*s %%>\n", (int)strcspn(name, "."), name,
                   (int)strcspn(dot + 1, "("), dot + 1);
    }
    free(text);
}

static void nobody_else_gets_at_a_screen(void **state)
{
    char lua[20000];
    struct caller *luna;

    (void)state;
    walked[0] = '\0';
    walked_count = 0;
    each_file("screens/sysop", add_keyword);
    assert_true(walked_count >= 5);
    snprintf(lua, sizeof(lua),
             "local walk, all, n = {}, {\n%s}, 0\n"
             "function walk.key(client)\n"
             "  n = n + 1\n"
             "  return all[n] or 'menu'\n"
             "end\n"
             "return walk\n",
             walked);
    board_write(board, "lua/handlers/walk.lua", lua);
    board_write(board, "screens/wall.txt", "WALK <% key:walk.key %>");
    begin();
    luna = newcomer("luna");
    assert_false(caller_has(luna, "desk"));
    assert_false(caller_has(luna, "monitor"));
    caller_send(luna, "o");
    caller_expect(luna, "WALK");
    for (unsigned i = 0; i < walked_count; i++) {
        caller_send(luna, "k");
        caller_expect(luna, "is not open to you");
    }
    caller_send(luna, "k");
    caller_expect(luna, "which key?");
}

/* A screen of everybody's that names a handler of the sysop's by mistake gives nothing away. */
static void nobody_else_gets_at_a_handler(void **state)
{
    char screen[20000];
    size_t from = 0;

    (void)state;
    walked[0] = '\0';
    walked_count = 0;
    each_file("lua/handlers/sysop", add_functions);
    assert_true(walked_count >= 10);
    snprintf(screen, sizeof(screen),
             "%s<%% get:monitor.line(\"machine\") %%>ALL <%% key:wall.x %%>", walked);
    board_write(board, "screens/wall.txt", screen);
    begin();
    newcomer("luna");
    caller_send(newcomer("sol"), "o");
    for (unsigned i = 0; i < walked_count + 1; i++)
        board_expect_log(board, &from, "is for sysops, and the caller has level 10");
}

/* --- the audit table --- */

static void what_was_done_stays(void **state)
{
    struct caller *moon;

    (void)state;
    board_write(board, "lua/handlers/wall.lua",
                "local db, wall = require 'bbs.db', {}\n"
                "local tries <const> = {\n"
                "  'DELETE FROM audit', \"UPDATE audit SET who = 'nobody'\",\n"
                "  'DROP TABLE audit', 'DROP TRIGGER audit_stays',\n"
                "  'ALTER TABLE audit RENAME TO old',\n"
                "  'INSERT OR REPLACE INTO audit (id, at, who, address, what) '\n"
                "    .. \"VALUES (1, 1, 'a', 'b', 'c')\",\n"
                "}\n"
                "function wall.lines()\n"
                "  local rows = {}\n"
                "  for i, sql in ipairs(tries) do\n"
                "    local ok, why = pcall(db.run, sql)\n"
                "    rows[i] = { nick_name = 'try ' .. i, text = ok and 'DONE' or why }\n"
                "  end\n"
                "  return rows\n"
                "end\n"
                "function wall.add() end\n"
                "return wall\n");
    begin();
    moon = sysop_as(CALLER_XTERM);
    caller_send(moon, "x");
    caller_expect(moon, "The sysop's desk");
    caller_send(moon, "r");
    caller_expect(moon, "looked at anew");
    caller_send(moon, "q");
    caller_expect(moon, "which key?");
    caller_send(moon, "o");
    for (int i = 0; i < 5; i++)
        caller_expect(moon, "not authorized");
    caller_expect(moon, "what is in the audit table stays");
    assert_false(caller_has(moon, "DONE"));
    expect_audit("reload", "all files");
}

static void the_audit_is_searched(void **state)
{
    struct caller *moon;

    (void)state;
    begin();
    newcomer("luna");
    moon = sysop_as(CALLER_XTERM);
    looks_at(moon, "luna");
    caller_send(moon, "s");
    say(moon, "good evening");
    caller_expect(moon, "Said.");
    caller_send(moon, "q");
    caller_expect(moon, "Callers on line");
    caller_send(moon, "q");
    caller_expect(moon, "The sysop's desk");
    caller_send(moon, "r");
    caller_send(moon, "a");
    caller_expect(moon, "reload");
    caller_expect(moon, "speak");
    caller_send(moon, "s");
    caller_expect(moon, "Search for");
    say(moon, "evening");
    caller_expect(moon, "those with \"evening\"");
    assert_false(window_has(moon, "reload"));
    caller_send(moon, "v");
    caller_expect(moon, "moon (127.0.0.1): speak luna good evening");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(callers_are_shown_with_where_and_from_where),
        TEST(one_and_all_are_spoken_to),
        TEST(a_caller_is_moved),
        TEST(a_caller_is_moved_out_of_a_question),
        TEST(a_sysop_of_a_higher_level_is_left_alone),
        TEST(a_call_is_ended),
        TEST(escape_leads_back_from_questions),
        TEST(the_command_line_does_it_too),
        TEST(a_strangers_socket_is_told),
        TEST(who_calls_elsewhere_is_shown),
        TEST(an_address_is_banned),
        TEST(an_account_is_banned),
        TEST(nobody_bans_himself_or_this_machine),
        TEST(looks_over_a_shoulder),
        TEST(looks_over_a_shoulder_in_cp437),
        TEST(the_one_who_is_looked_at_leaves),
        TEST(the_one_who_looks_leaves),
        TEST(a_shoulder_is_read_without_ansi),
        TEST(a_new_board_has_no_shell),
        TEST(a_shell_asks_for_the_password_again),
        TEST(a_shell_may_be_left_alone),
        TEST(a_program_is_looked_at_and_left),
        TEST(a_flood_is_looked_at),
        TEST(an_incident_leads_to_its_traceback),
        TEST(the_log_is_live_and_searched),
        TEST(settings_are_shown_with_their_source),
        TEST(nobody_else_gets_at_a_screen),
        TEST(nobody_else_gets_at_a_handler),
        TEST(what_was_done_stays),
        TEST(the_audit_is_searched),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
