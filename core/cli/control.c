#include <string.h>

#include "cli/cli.h"
#include "server/ask.h"

int cli_unanswered(const struct command *self, int rc, const char *data, const struct err *e)
{
    if (rc == 1)
        return cli_say(self, CLI_NO, "no server runs on %s", data);
    return cli_say(self, rc == 2 ? CLI_NO : CLI_FAILED, "%s", e->text);
}

/* The commands of the control socket have the names of the command line. */
static int ask(const struct command *self, const char *data, const char *request)
{
    struct buf answer;
    struct err e;
    int rc;

    buf_init(&answer, BUF_LARGE);
    rc = ask_server(data, request, &answer, &e);
    if (rc == 0)
        cli_print(buf_span(&answer));
    buf_clear(&answer);
    return rc == 0 ? CLI_DONE : cli_unanswered(self, rc, data, &e);
}

int control_run(const struct command *self, int argc, char **argv)
{
    const char *board = ".";
    const char *data = NULL;
    char folder[PATH_MAX];
    bool json = false;
    const bool knows_json = strcmp(self->name, "status") == 0;
    const struct option options[] = {
        {.name = "board", .values = &board},
        {.name = "data", .values = &data},
        {.name = knows_json ? "json" : NULL, .flag = &json},
        {.name = NULL},
    };
    int status = cli_take(self, options, &argc, argv, 0, 0);

    if (status >= 0)
        return status;
    if (cli_data_folder(self, board, data, folder) < 0)
        return CLI_FAILED;
    return ask(self, folder, json ? "status --json" : self->name);
}
