/* The time of day is set while callers are on line. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/board/stage.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up_starter, stage_tear_down)

/* The server's clock goes by a file of the board's: so many seconds off. */
static void start_with_clock(void)
{
    char path[PATH_MAX];

    board_write(board, "clock", "0");
    preload("clock.so");
    snprintf(path, sizeof(path), "%s/clock", board->folder);
    setenv("CLOCK_FILE", path, 1);
    board_start(board, NULL);
    unsetenv("LD_PRELOAD");
}

static void say(struct caller *c, struct caller *other, const char *line)
{
    char said[40];

    snprintf(said, sizeof(said), "<luna> %s", line);
    caller_send(c, line);
    caller_send(c, "\r");
    caller_expect(other, said);
}

/* A day back, then two years forth: nobody's call ends, nobody has to wait, and what is said is
 * there at once. */
static void nobody_notices_that_the_clock_is_set(void **state)
{
    struct caller *luna, *sol, *rio;

    (void)state;
    board_write(board, "lua/handlers/slow.lua",
                "local rooms = require 'bbs.rooms'\n"
                "local slow = {}\n"
                "function slow.make(client)\n"
                "  local room = rooms.open('Slow', { by = client })\n"
                "  room:set(client, { slow = 1 })\n"
                "  return 'menu'\n"
                "end\n"
                "return slow\n");
    board_write(board, "screens/slow.txt", "Ready? <% key:slow.make %>");
    board_write(board, "screens/menu.txt",
                "<% go:slow(\"S\"); go:chat(\"R\") %><% get:menu.notice %> which key?");
    start_with_clock();
    sol = dial();
    caller_sign_up(sol, "sol", "sunshine7");
    caller_send(sol, "s");
    caller_expect(sol, "Ready?");
    caller_send(sol, "x");
    caller_expect(sol, "which key?");
    caller_send(sol, "/join slow\r");
    caller_expect(sol, "[Slow] ");
    luna = dial();
    caller_sign_up(luna, "luna", "sunshine7");
    caller_send(luna, "/join slow\r");
    caller_expect(luna, "[Slow] ");
    rio = dial();
    caller_sign_up(rio, "rio", "sunshine7");
    caller_send(rio, "r"); /* a list that a tick looks at */
    caller_expect(rio, "Which room?");
    say(luna, sol, "one");
    board_write(board, "clock", "-86400");
    caller_send(luna, "two\r");
    caller_expect(luna, "One line in 1 s here: wait 1 s");
    caller_expect(luna, "[Slow] ");
    while (!caller_has(sol, "<luna> three")) { /* a second later it is let through */
        caller_send(luna, "three\r");
        caller_expect(luna, "[Slow] ");
        caller_read_for_now(sol);
    }
    board_write(board, "clock", "63072000");
    caller_send(sol, "/op luna\r");
    caller_expect(luna, "luna is an operator");
    say(luna, sol, "four");
    say(luna, sol, "five");
    caller_send(luna, "/topic New\r");
    caller_expect(rio, "New");
    caller_expect(rio, "Which room?");
    assert_false(caller_has(rio, "still there"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nobody_notices_that_the_clock_is_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
