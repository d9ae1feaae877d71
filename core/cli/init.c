#include <stdio.h>

#include "cli/cli.h"
#include "cli/stop.h"
#include "server/starter.h"

static void tell_next(const char *folder, unsigned count)
{
    char starter[PATH_MAX];
    char manual[PATH_MAX];

    printf("%s is a board of your own now, %u files. What comes next:\n\n"
           "  edit   %s/lua/settings.lua       its name, where it listens\n"
           "  serve  perigee serve --board %s  prints the sysop's password, once\n"
           "  dial   telnet 127.0.0.1 2323\n",
           folder, count, folder, folder);
    if (starter_find(starter) && starter_find_manual(starter, manual))
        printf("  read   %s\n", manual);
}

int init_run(const struct command *self, int argc, char **argv)
{
    const struct option options[] = {{.name = NULL}};
    unsigned count;
    struct err e;
    int status = cli_take(self, options, &argc, argv, 1, 1);

    if (status >= 0)
        return status;
    stop_watch();
    if (starter_copy(argv[0], stop_go_on, NULL, &count, &e) < 0)
        return stop_status(cli_say(self, CLI_FAILED, "%s", e.text));
    tell_next(argv[0], count);
    return CLI_DONE;
}
