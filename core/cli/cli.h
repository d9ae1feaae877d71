/* cli.h -- the command line: one table of commands, from which dispatch, usage and help are
 * made; and what the commands, one file each, have in common. Blocks. */
#ifndef PERIGEE_CLI_CLI_H
#define PERIGEE_CLI_CLI_H

#include <limits.h>

#include "base/err.h"
#include "base/span.h"
#include "cli/options.h"

enum cli_status { CLI_DONE = 0, CLI_NO = 1, CLI_WRONG = 2, CLI_FAILED = 3 };

struct command {
    const char *name;
    int (*run)(const struct command *self, int argc, char **argv); /* what follows the name */
    const char *usage; /* lines, each without "perigee" and with its end */
    const char *help;  /* one line, without its end */
    const char *more;  /* lines about the options; may be empty */
};

int cli_main(int argc, char **argv); /* the exit status */

const struct command *cli_commands(void); /* all; the last has no name */

int serve_run(const struct command *self, int argc, char **argv);
int check_run(const struct command *self, int argc, char **argv);
int show_command(const struct command *self, int argc, char **argv); /* show_run is client/'s */
int explain_run(const struct command *self, int argc, char **argv);
int user_run(const struct command *self, int argc, char **argv);
int files_run(const struct command *self, int argc, char **argv);
int control_run(const struct command *self, int argc, char **argv); /* who status reload stop */
int callers_run(const struct command *self, int argc, char **argv); /* say kick */
int test_command(const struct command *self, int argc, char **argv);
int history_run(const struct command *self, int argc, char **argv);
int undo_run(const struct command *self, int argc, char **argv);
int top_run(const struct command *self, int argc, char **argv);
int init_run(const struct command *self, int argc, char **argv);
int backup_run(const struct command *self, int argc, char **argv);
int restore_run(const struct command *self, int argc, char **argv);
int upgrade_run(const struct command *self, int argc, char **argv);

/* Take the options and expect `least` to `most` words, which are left at the front of `argv`.
 * -1: go on; else the exit status: help was asked for, or the use was wrong, and it was said.
 */
int cli_take(const struct command *self, const struct option *options, int *argc, char **argv,
             int least, int most);

/* "perigee: COMMAND: ..." on standard error; cli_wrong adds the usage. Return the status. */
int cli_say(const struct command *self, enum cli_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int cli_wrong(const struct command *self, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void cli_print(
    struct span text); /* on standard output, with a line end behind it if it has none */

/* The data folder: `data`, or where that is NULL the one of the board. -1: it was said. */
int cli_data_folder(const struct command *self, const char *board, const char *data,
                    char out[PATH_MAX]);

/* Where a save is on trial (reload.canary), say what gives it to all. */
void cli_say_trial(const char *board);

/* ask_server has returned `rc`, not 0: say why; the exit status. */
int cli_unanswered(const struct command *self, int rc, const char *data, const struct err *e);

#endif
