#include "base/log.h"
#include "cli/cli.h"
#include "server/server.h"

int serve_run(const struct command *self, int argc, char **argv)
{
    struct server_config config = {.board = "."};
    const struct option options[] = {
        {.name = "board", .values = &config.board},
        {.name = "data", .values = &config.data},
        {.name = "listen",
         .values = config.listen,
         .max = SERVER_LISTEN_MAX,
         .count = &config.listen_count},
        {.name = "log-level", .values = &config.log_level},
        {.name = NULL},
    };
    int status = cli_take(self, options, &argc, argv, 0, 0);
    enum log_level level;
    struct err e;

    if (status >= 0)
        return status;
    if (config.log_level && !log_find_level(config.log_level, &level))
        return cli_wrong(self, "--log-level %s: expected error, warn, info or debug",
                         config.log_level);
    if (server_run(&config, &e) < 0)
        return cli_say(self, CLI_FAILED, "%s", e.text);
    return CLI_DONE;
}
