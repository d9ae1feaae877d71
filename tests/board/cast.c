#include "tests/board/cast.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const char password[] = "sunshine7";

void make_sysop(void)
{
    char folder[400];
    const char *const args[] = {
        "user",   "add",  "moon",    "--level",     "100", "--password-stdin",
        "--data", folder, "--board", board->folder, NULL};

    snprintf(folder, sizeof(folder), "%s/data", board->folder);
    assert_int_equal(board_run(args, "moonmoon9\n", NULL), 0);
}

struct caller *sysop(void)
{
    struct caller *c = dial();

    caller_log_in(c, "moon", "moonmoon9");
    return c;
}

struct caller *newcomer(const char *handle)
{
    struct caller *c = dial();

    caller_sign_up(c, handle, password);
    return c;
}

struct caller *come_back(const char *handle)
{
    struct caller *c = dial();

    caller_log_in(c, handle, password);
    return c;
}

struct caller *go_in(struct caller *c)
{
    caller_send(c, "r");
    caller_expect(c, "Which room?");
    caller_send(c, "1");
    caller_expect(c, PROMPT);
    return c;
}

struct caller *in_lobby(const char *handle)
{
    return go_in(newcomer(handle));
}

void say(struct caller *c, const char *line)
{
    caller_send(c, line);
    caller_send(c, "\r");
}

void command(struct caller *c, const char *line, const char *answer)
{
    say(c, line);
    caller_expect(c, answer);
}
