/* The monitor: the sysop's screen, `perigee status` and `perigee top`; and screens whose ticks
 * show them anew, of which only what has changed is sent. */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/board/cast.h"
#include "tests/board/window.h"

#define STARTER(f) cmocka_unit_test_setup_teardown(f, stage_set_up_starter, stage_tear_down)
#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up, stage_tear_down)

/* --- the screen --- */

static struct caller *at_monitor(enum caller_kind kind)
{
    struct caller *c;

    make_sysop();
    board_start(board, NULL);
    c = dial_as(kind);
    caller_log_in(c, "moon", "moonmoon9");
    assert_true(caller_has(c, "monitor"));
    caller_send(c, "m");
    caller_expect(c, "The machine and the board");
    return c;
}

static void shows_sysops_how_it_is(void **state)
{
    struct caller *c = at_monitor(CALLER_XTERM);

    (void)state;
    caller_expect(c, "load ");
    caller_expect(c, "CPU");
    caller_expect(c, " core");
    caller_expect(c, "Memory");
    caller_expect(c, "GiB");
    caller_expect(c, "Network");
    caller_expect(c, "1 now, 1 at most, 1 today");
    caller_expect(c, "p99");
    caller_expect(c, "0 in the last hour");
    caller_expect(c, "generation 1, on 127.0.0.1:");
    caller_expect(c, "Q back");
    caller_send(c, "q");
    caller_expect(c, "which key?");
}

static unsigned count(const char *all, size_t len, const char *text)
{
    unsigned n = 0;

    for (const char *at = all; (at = memmem(at, len - (size_t)(at - all), text, strlen(text)));
         at++)
        n++;
    return n;
}

/* Somebody comes, and somebody's line breaks: it is there without a key. */
static void lives_on(enum caller_kind kind)
{
    struct caller *c = at_monitor(kind);
    struct caller *luna;

    caller_expect(c, "1 now");
    luna = newcomer("luna");
    caller_expect(c, "2 now, 2 at most, 2 today");
    hang_up(luna);
    caller_expect(c, "1 now, 2 at most, 2 today");
    assert_true(window_has(c, "The machine and the board"));
    assert_true(window_has(c, "Q back"));
    assert_true(count(c->shown, c->shown_len, "The machine and the board") <= 2);
}

static void lives(void **state)
{
    (void)state;
    lives_on(CALLER_XTERM);
}

static void lives_in_cp437(void **state)
{
    (void)state;
    lives_on(CALLER_SYNCTERM);
}

static void is_readable_in_forty_columns(void **state)
{
    struct caller *c;

    (void)state;
    make_sysop();
    board_start(board, NULL);
    c = dial();
    caller_resize(c, 40, 24);
    caller_log_in(c, "moon", "moonmoon9");
    caller_send(c, "m");
    caller_expect(c, "The machine and the board");
    caller_expect(c, "CPU");
    caller_expect(c, "1 now");
    caller_expect(c, "look again");
    newcomer("luna");
    caller_expect(c, "2 now");
    assert_true(window_has(c, "look again"));
    assert_true(window_has(c, "Memory"));
}

/* Without a cursor to move it is shown again by a key, and read without drawings. */
static void is_readable_on(enum caller_kind kind)
{
    struct caller *c;

    make_sysop();
    board_start(board, NULL);
    c = dial_as(kind);
    caller_log_in(c, "moon", "moonmoon9");
    caller_send(c, kind == CALLER_RAW ? "m\r" : "m");
    caller_expect(c, "The machine and the board");
    caller_expect(c, "1 now");
    caller_expect(c, "look again");
    caller_send(c, kind == CALLER_RAW ? "r\r" : "r");
    caller_expect(c, "The machine and the board");
    caller_expect(c, "1 now");
}

static void is_readable_without_ansi(void **state)
{
    (void)state;
    is_readable_on(CALLER_DUMB);
}

static void is_read_without_drawings(void **state)
{
    (void)state;
    is_readable_on(CALLER_READER);
}

static void is_for_sysops_alone(void **state)
{
    struct caller *luna;

    (void)state;
    board_write(board, "screens/help.txt",
                "<% page:level(1); go:sysop/monitor(\"X\") %>A guess\n");
    board_start(board, NULL);
    luna = newcomer("luna");
    assert_false(caller_has(luna, "monitor"));
    caller_send(luna, "m"); /* no key of the menu's for her */
    caller_send(luna, "h");
    caller_expect(luna, "A guess");
    caller_send(luna, "x");
    caller_expect(luna, "'sysop/monitor' is not open to you.");
    assert_false(caller_has(luna, "The machine and the board"));
}

/* --- ticks that show a screen anew --- */

#define TICKS_LUA                                                                              \
    "local t = {}\n"                                                                           \
    "function t.tick(client)\n"                                                                \
    "  client.data.n = (client.data.n or 0) + 1\n"                                             \
    "  return 'refresh'\n"                                                                     \
    "end\n"                                                                                    \
    "function t.n(client) return client.data.n or 0 end\n"                                     \
    "function t.rows(client)\n"                                                                \
    "  local rows = {}\n"                                                                      \
    "  for i = 1, 5 - (client.data.n or 0) do rows[i] = { n = 'row ' .. i } end\n"             \
    "  return rows\n"                                                                          \
    "end\n"                                                                                    \
    "return t\n"

static void only_what_has_changed_is_sent(void **state)
{
    struct caller *c;

    (void)state;
    board_write(board, "lua/handlers/t.lua", TICKS_LUA);
    board_write(board, "screens/root.txt",
                "<% tick:t.tick(1); go:root(\"Q\") %>|11A heading that stays|07\n"
                "ticks <% get:t.n %>\n\nThe end: ");
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "The end: ");
    caller_send(c, "z"); /* somebody is there */
    caller_expect(c, "ticks 1");
    caller_expect(c, "ticks 2");
    caller_expect(c, "ticks 3");
    caller_expect(c, "ticks 4");
    assert_true(window_has(c, "A heading that stays"));
    assert_true(window_has(c, "The end:"));
    assert_int_equal(count(c->shown, c->shown_len, "A heading that stays"), 2);
    assert_int_equal(count(c->shown, c->shown_len, "The end:"), 2);
    window_expect_prompt(c, "The end:");
    /* What has been told in between is wiped out by the next. */
    caller_send(c, "/nothing\r");
    caller_expect(c, "nothing");
    caller_expect(c, "A heading that stays");
    caller_expect(c, "The end: ");
    window_expect_prompt(c, "The end:");
    assert_false(window_has(c, "nothing"));
}

/* No tick draws over what is told before it can be read, or a key is typed. */
static void what_is_told_can_be_read(void **state)
{
    struct caller *c, *other;

    (void)state;
    board_write(board, "lua/handlers/t.lua", TICKS_LUA);
    board_write(board, "screens/root.txt",
                "<% tick:t.tick(1); go:root(\"Q\") %>ticks <% get:t.n %>\n\nThe end: ");
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "The end: ");
    caller_send(c, "/nothing\r");
    caller_expect(c, "nothing");
    caller_expect(c, "The end: ");
    other = dial();
    caller_expect(other, "The end: ");
    caller_send(other, "z");
    caller_expect(other, "ticks 1");
    caller_expect(other, "ticks 2");
    caller_expect(other, "ticks 3");
    caller_read_for_now(c);
    assert_true(window_has(c, "nothing"));
    caller_send(c, "q");
    caller_expect(c, "ticks ");
    caller_expect(c, "The end: ");
    assert_false(window_has(c, "nothing"));
    caller_expect(c, "ticks ");
}

static void what_became_shorter_leaves_nothing(void **state)
{
    struct caller *c;
    struct window *w;

    (void)state;
    board_write(board, "lua/handlers/t.lua", TICKS_LUA);
    board_write(board, "screens/root.txt",
                "<% tick:t.tick(1); go:root(\"Q\") %>A list\n"
                "<% each:t.rows(rows=9) %>\n<% get:.n %>\n<% end %>\nticks <% get:t.n %>: ");
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "row 5");
    caller_send(c, "z");
    caller_expect(c, "ticks 1");
    caller_expect(c, "ticks 2");
    caller_expect(c, "ticks 3");
    window_expect_prompt(c, "ticks 3:");
    w = window_of(c);
    assert_string_equal(window_row(w, 2), "row 2");
    assert_string_equal(window_row(w, 3), "ticks 3:");
    for (unsigned row = 4; row < c->rows; row++)
        assert_string_equal(window_row(w, row), "");
    window_free(w);
}

/* More rows than the window has: cleared and sent, as ever. */
static void what_does_not_fit_is_sent_whole(void **state)
{
    char screen[2000] = "<% tick:t.tick(1); go:root(\"Q\") %>the top\n";
    struct caller *c;

    (void)state;
    for (unsigned i = 0; i < 30; i++)
        snprintf(screen + strlen(screen), 32, "line %u\n", i);
    snprintf(screen + strlen(screen), 64, "ticks <%% get:t.n %%>: ");
    board_write(board, "lua/handlers/t.lua", TICKS_LUA);
    board_write(board, "screens/root.txt", screen);
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "ticks 0");
    caller_send(c, "z");
    caller_expect(c, "the top");
    caller_expect(c, "ticks 1");
    caller_expect(c, "the top");
    caller_expect(c, "ticks 2");
    window_expect_prompt(c, "ticks 2:");
}

/* --- bbs.sys --- */

static void handlers_get_the_figures(void **state)
{
    struct caller *c;

    (void)state;
    board_write(
        board, "lua/handlers/t.lua",
        "local sys = require 'bbs.sys'\n"
        "local early, why = pcall(sys.machine)\n"
        "return { show = function()\n"
        "  local m, s, last = sys.machine(), sys.server(), sys.minute()\n"
        "  assert(m.memory.total >= m.memory.available and m.memory.available > 0)\n"
        "  assert(m.cores > 0 and m.load[3] and m.uptime > 0 and m.processes > 0)\n"
        "  assert(m.cpu >= 0 and m.cpu <= 100 and m.received >= 0 and m.sent >= 0)\n"
        "  assert(m.disks[1].total > 0 and m.disks[1].free >= 0 and #m.disks[1].path > 0)\n"
        "  for _, p in ipairs(m.busiest) do assert(p.pid > 0 and p.cpu > 0 and p.name) end\n"
        "  assert(s.callers >= 0 and s.most >= 0 and s.calls_today >= 0 and s.lag_p99)\n"
        "  assert(s.queues and s.queued and s.lua_bytes > 0 and s.reads and s.commits)\n"
        "  assert(s.transfers == 0 and #s.listeners == 1 and s.errors and s.uptime)\n"
        "  assert(#last.cpu == 60 and #last.callers == 60 and #last.lag == 60)\n"
        "  assert(not early and why)\n"
        "  return 'all is there'\n"
        "end }\n");
    board_write(board, "screens/root.txt", "<% get:t.show %><% go:root(\"Q\") %>\n");
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "all is there");
}

/* --- the commands --- */

static char *status_of(const char *option)
{
    const char *const args[] = {"status", "--board", board->folder, option, NULL};
    char *out;

    assert_int_equal(board_run(args, NULL, &out), 0);
    return out;
}

static void expect_texts(const char *in, const char *const *texts)
{
    for (; *texts; texts++) {
        if (!strstr(in, *texts))
            fail_msg("'%s' is not in:\n%s", *texts, in);
    }
}

static void status_has_the_machine(void **state)
{
    static const char *const fields[] = {"\"callers\":1",
                                         "\"lag_us\":{\"p50\":",
                                         "\"calls_today\":1",
                                         "\"queues\":",
                                         "\"transfers\":0",
                                         "\"errors_last_hour\":0",
                                         "\"last\":{\"seconds\":",
                                         "\"listeners\":[\"127.0.0.1:",
                                         "\"machine\":{\"seconds\":",
                                         "\"load\":[",
                                         "\"cpu\":",
                                         "\"memory\":{\"total\":",
                                         "\"available\":",
                                         "\"disks\":[{\"path\":",
                                         "\"received\":",
                                         "\"busiest\":[",
                                         "\"missed\":",
                                         NULL};
    static const char *const lines[] = {"\nmachine     load ",
                                        "\ndisks       ",
                                        "\nnetwork     ",
                                        "\nlistening   127.0.0.1:",
                                        "1 calls today",
                                        "loop lag    p50 ",
                                        NULL};
    char *out;

    (void)state;
    board_start(board, NULL);
    newcomer("luna");
    out = status_of("--json");
    expect_texts(out, fields);
    free(out);
    out = status_of(NULL);
    expect_texts(out, lines);
    free(out);
}

/* What `perigee top` has shown so far. */
struct top {
    pid_t pid;
    int terminal;
    char shown[65536];
    size_t len;
    struct termios before;
};

static void start_top(struct top *t)
{
    const char *const args[] = {"top", "--board", board->folder, NULL};

    t->len = 0;
    t->pid = board_spawn_in_terminal(args, &t->terminal);
    assert_int_equal(tcgetattr(t->terminal, &t->before), 0);
}

/* False: it has ended. */
static bool read_top(struct top *t)
{
    struct pollfd ready = {.fd = t->terminal, .events = POLLIN};
    double patience = caller_patience() - now_seconds();
    ssize_t n;

    if (t->len > sizeof(t->shown) / 2) {
        memmove(t->shown, t->shown + t->len / 2, t->len - t->len / 2);
        t->len -= t->len / 2;
    }
    if (poll(&ready, 1, (int)(patience * 1000)) <= 0)
        fail_msg("top says nothing more behind:\n%.*s", (int)t->len, t->shown);
    n = read(t->terminal, t->shown + t->len, sizeof(t->shown) - 1 - t->len);
    t->len += n > 0 ? (size_t)n : 0;
    t->shown[t->len] = '\0';
    return n > 0;
}

static void expect_top(struct top *t, const char *text)
{
    char *at;

    while (!(at = t->len ? strstr(t->shown, text) : NULL)) {
        if (!read_top(t))
            fail_msg("top has ended without '%s':\n%s", text, t->shown);
    }
    t->len -= (size_t)(at - t->shown);
    memmove(t->shown, at, t->len + 1);
}

/* Its exit status, as a shell has it; the terminal is as it was. */
static int end_of_top(struct top *t)
{
    struct termios after;
    int status;

    expect_top(t, "\033[?1049l");
    assert_int_equal(waitpid(t->pid, &status, 0), t->pid);
    assert_int_equal(tcgetattr(t->terminal, &after), 0);
    assert_int_equal(after.c_lflag, t->before.c_lflag);
    close(t->terminal);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void top_shows_it_until_q(void **state)
{
    struct top t;

    (void)state;
    board_start(board, NULL);
    start_top(&t);
    expect_top(&t, "machine   load ");
    expect_top(&t, "callers   0 now");
    expect_top(&t, "listening telnet 127.0.0.1:"); /* an event of the log */
    newcomer("luna");
    expect_top(&t, "callers   1 now");
    expect_top(&t, "call event=begin");
    assert_int_equal(write(t.terminal, "q", 1), 1);
    assert_int_equal(end_of_top(&t), 0);
}

static void top_gives_the_terminal_back(void **state)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};

    (void)state;
    board_start(board, NULL);
    for (unsigned i = 0; i < 3; i++) {
        struct top t;

        start_top(&t);
        expect_top(&t, "machine   load ");
        kill(t.pid, numbers[i]);
        assert_int_equal(end_of_top(&t), 128 + numbers[i]);
    }
}

static void top_needs_a_server(void **state)
{
    struct top t;

    (void)state;
    start_top(&t);
    expect_top(&t, "perigee: top: no server runs on ");
    board_start(board, NULL);
    waitpid(t.pid, NULL, 0);
    close(t.terminal);
    start_top(&t);
    expect_top(&t, "machine   load ");
    assert_int_equal(board_stop(board), 0);
    assert_int_equal(end_of_top(&t), 1);
}

static void top_needs_a_terminal(void **state)
{
    const char *const args[] = {"top", "--board", board->folder, NULL};
    char *out;

    (void)state;
    assert_int_equal(board_run(args, NULL, &out), 3);
    assert_non_null(strstr(out, "use perigee status"));
    free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STARTER(shows_sysops_how_it_is),
        STARTER(lives),
        STARTER(lives_in_cp437),
        STARTER(is_readable_in_forty_columns),
        STARTER(is_readable_without_ansi),
        STARTER(is_read_without_drawings),
        STARTER(is_for_sysops_alone),
        TEST(only_what_has_changed_is_sent),
        TEST(what_is_told_can_be_read),
        TEST(what_became_shorter_leaves_nothing),
        TEST(what_does_not_fit_is_sent_whole),
        TEST(handlers_get_the_figures),
        STARTER(status_has_the_machine),
        STARTER(top_shows_it_until_q),
        STARTER(top_gives_the_terminal_back),
        STARTER(top_needs_a_server),
        STARTER(top_needs_a_terminal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
