#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/stop.h"
#include "cli/tty.h"
#include "server/difference.h"
#include "server/upgrade.h"

static const char *const acts[] = {
    [UPGRADE_KEEP] = "keep",   [UPGRADE_ADD] = "add",           [UPGRADE_REPLACE] = "replace",
    [UPGRADE_MERGE] = "merge", [UPGRADE_CONFLICT] = "conflict", [UPGRADE_REMOVE] = "remove",
};

static void print_plan(const struct upgrade *u)
{
    printf("The starter board of perigee %s, where %s has that of %s:\n\n", PERIGEE_VERSION,
           u->board, u->from);
    for (unsigned i = 0; i < u->count; i++)
        printf("  %-9s %-34s %s\n", acts[u->files[i].act], u->files[i].path, u->files[i].why);
    if (u->count > 0)
        putchar('\n');
}

static int print_differences(const struct command *self, const struct upgrade *u)
{
    for (unsigned i = 0; i < u->count; i++) {
        struct buf text, drawn;
        struct err e;
        int rc;

        if (u->files[i].act == UPGRADE_KEEP)
            continue;
        buf_init(&text, BUF_LARGE);
        buf_init(&drawn, BUF_LARGE);
        rc = upgrade_diff(&u->files[i], &text, &e);
        if (isatty(STDOUT_FILENO))
            difference_draw(buf_span(&text), u->files[i].path, &drawn);
        cli_print(drawn.len ? buf_span(&drawn) : buf_span(&text));
        buf_clear(&text);
        buf_clear(&drawn);
        if (rc < 0)
            return cli_say(self, CLI_FAILED, "%s", e.text);
    }
    return CLI_DONE;
}

static int upgrade(const struct command *self, const struct upgrade *u, const char *data)
{
    struct buf report;
    struct err e;
    int rc;

    buf_init(&report, BUF_LARGE);
    rc = upgrade_do(u, data, &report, &e);
    if (rc == 1)
        cli_print(buf_span(&report));
    buf_clear(&report);
    if (rc < 0)
        return cli_say(self, CLI_FAILED, "nothing was changed: %s", e.text);
    if (rc == 1)
        return cli_say(self, CLI_NO,
                       "nothing was changed: the board would have these mistakes that it has "
                       "not now; mend them first");
    if (u->changes == 0)
        return CLI_DONE;
    printf("%s has the starter board of perigee %s. What was there before is in %s/history.\n",
           u->board, PERIGEE_VERSION, data);
    cli_say_trial(u->board);
    return CLI_DONE;
}

/* Nothing without a yes, from the command line or the terminal. */
static int ask_and_do(const struct command *self, const struct upgrade *u, const char *data,
                      bool yes)
{
    if (u->changes == 0) {
        printf("There is nothing to be changed.\n");
        return upgrade(self, u, data);
    }
    if (!yes && !tty_is_possible()) {
        printf("Nothing was changed: --yes does it.\n");
        return CLI_DONE;
    }
    fflush(stdout);
    if (!yes && !tty_yes("Do this? Type yes: "))
        return cli_say(self, CLI_NO, "nothing was changed");
    return upgrade(self, u, data);
}

static int plan(const struct command *self, const char *board, const char *data, bool yes,
                bool diff)
{
    struct upgrade u;
    struct err e;
    int status;

    if (upgrade_plan(&u, board, &e) < 0) {
        upgrade_clear(&u);
        return cli_say(self, CLI_FAILED, "%s", e.text);
    }
    print_plan(&u);
    status = diff ? print_differences(self, &u) : CLI_DONE;
    if (status == CLI_DONE)
        status = ask_and_do(self, &u, data, yes);
    upgrade_clear(&u);
    return status;
}

static int adopt(const struct command *self, const char *board)
{
    struct err e;

    if (upgrade_adopt(board, &e) < 0)
        return cli_say(self, CLI_FAILED, "%s", e.text);
    printf("%s goes with the starter board of perigee %s from now on: what is different in it\n"
           "counts as changed by you, and what is missing as removed by you.\n",
           board, PERIGEE_VERSION);
    return CLI_DONE;
}

int upgrade_run(const struct command *self, int argc, char **argv)
{
    const char *board = ".";
    const char *data = NULL;
    bool yes = false;
    bool diff = false;
    bool adopts = false;
    char folder[PATH_MAX];
    const struct option options[] = {
        {.name = "board", .values = &board}, {.name = "data", .values = &data},
        {.name = "yes", .flag = &yes},       {.name = "diff", .flag = &diff},
        {.name = "adopt", .flag = &adopts},  {.name = NULL}};
    int status = cli_take(self, options, &argc, argv, 0, 0);

    if (status >= 0)
        return status;
    if (cli_data_folder(self, board, data, folder) < 0)
        return CLI_FAILED;
    return adopts ? adopt(self, board) : plan(self, board, folder, yes, diff);
}
