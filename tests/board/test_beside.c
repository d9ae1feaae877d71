/* What runs beside a server on the same data folder: another server, which may not, and
 * commands that open the store. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "tests/board/cast.h"

#define STARTER(f) cmocka_unit_test_setup_teardown(f, stage_set_up_starter, stage_tear_down)

static void expect_run(const char *const *args, const char *input, int status, const char *says)
{
    char *out = NULL;
    int got = board_run(args, input, &out);

    if (got != status || !strstr(out, says))
        fail_msg("%s: exit %d, said: %s", args[0], got, out);
    free(out);
}

#define RUN(status, says, ...)                                                                 \
    expect_run((const char *const[]){__VA_ARGS__, "--board", board->folder, NULL}, NULL,       \
               status, says)

static void a_second_server_is_told_whose_the_folder_is(void **state)
{
    char says[100];
    struct caller *c;

    (void)state;
    board_start(board, NULL);
    c = newcomer("luna");
    snprintf(says, sizeof(says), "another perigee serves it, process %d: stop that one first",
             (int)board->pid);
    RUN(3, says, "serve", "--listen", "127.0.0.1:0");
    RUN(3, "(perigee stop --data ", "serve", "--listen", "127.0.0.1:0");
    RUN(0, "luna", "who"); /* the first one has noticed nothing */
    caller_send(c, "?");
    caller_expect(c, "GETTING ABOUT");
    board_kill(board, SIGKILL); /* whose lock goes with it */
    board_start(board, NULL);
    snprintf(says, sizeof(says), "process %d:", (int)board->pid);
    RUN(3, says, "serve", "--listen", "127.0.0.1:0");
}

/* While the server writes as fast as it can. */
static void commands_work_beside_a_busy_server(void **state)
{
    char path[400];
    char says[20];

    (void)state;
    make_sysop();
    board_write(
        board, "lua/handlers/busy.lua",
        "local db = require 'bbs.db'\n"
        "local busy = {}\n"
        "function busy.write()\n"
        "  for _ = 1, 1e6 do\n"
        "    db.run(\"INSERT INTO wall_lines (nick_name, text) VALUES ('sol', 'busy')\")\n"
        "  end\n"
        "end\n"
        "return busy\n");
    board_write(board, "lua/settings.lua",
                "return { schedule = { ['busy.write'] = 'every 1s' } }\n");
    board_write(board, "more.txt", "more\n");
    board_start(board, (const char *const[]){"--log-level", "debug", NULL});
    board_expect_log(board, NULL, "event=started handler=busy.write");
    for (int i = 0; i < 5; i++) {
        snprintf(says, sizeof(says), "luna%d", i);
        expect_run((const char *const[]){"user", "add", says, "--password-stdin", "--board",
                                         board->folder, NULL},
                   "moonlight\n", 0, "");
        RUN(0, says, "user", "list");
        RUN(0, "", "user", "level", says, "20");
    }
    snprintf(path, sizeof(path), "%s/more.txt", board->folder);
    RUN(0, "", "files", "add", "texts", path);
    RUN(0, "more.txt", "files", "list", "texts");
    RUN(0, "Last callers", "show", "last", "--plain");
    RUN(0, "busy.write", "status");
    assert_false(board_log_has(board, "event=failed"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STARTER(a_second_server_is_told_whose_the_folder_is),
        STARTER(commands_work_beside_a_busy_server),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
