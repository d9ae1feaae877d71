#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/near.h"
#include "client/archive.h"
#include "client/process.h"
#include "cli/complete.h"
#include "cli/manual.h"
#include "server/check.h"

#define BOARD_OPTION "  --board DIR          the board's folder; default: the current one\n"
#define DATA_OPTION                                                                            \
    "  --data DIR           the data folder; default: data in the board's folder\n"

static int version_run(const struct command *self, int argc, char **argv);
static int help_run(const struct command *self, int argc, char **argv);

static const struct command commands[] = {
    {"serve", serve_run,
     "serve [--board DIR] [--data DIR] [--listen HOST:PORT]... [--log-level LEVEL]\n",
     "serve a board to callers, in the foreground, until it is stopped",
     BOARD_OPTION DATA_OPTION
     "  --listen HOST:PORT   where callers are taken, up to 16 times; port 0: a free one;\n"
     "                       default: the setting `listen`, 127.0.0.1:2323;\n"
     "                       \"HOST:PORT proxy\": behind a proxy, which says who calls by the\n"
     "                       PROXY protocol\n"
     "  --log-level LEVEL    error, warn, info or debug; default: the setting `log.level`\n"},
    {"check", check_run, "check [--board DIR] [--with PATH]\n",
     "look for mistakes in every screen and handler; exit 1 if there are any",
     "  --with PATH          as if that file of the board (screens/menu.txt) had the text "
     "that\n"
     "                       is on standard input: for editors, before they "
     "save\n" BOARD_OPTION},
    {"test", test_command, "test [--only TEXT] [--seed N] [--update] [--all] [FILE...]\n",
     "run the board's own tests, lua/tests/*.lua, with callers who see what a terminal shows",
     "Each test has a server of its own, on a copy of the board and of its database: what it\n"
     "does has no effect. lua/README.md says how tests are written.\n\n"
     "  --only TEXT          tests whose name has it\n"
     "  --seed N             of callers who wander, to have them go the same way again\n"
     "  --update             write the snapshots of windows, instead of comparing them\n"
     "  --all                list all screens and handlers that no test visits; exit 1 if "
     "there\n"
     "                       are any\n"
     "  --tap                for programs: the Test Anything Protocol\n" BOARD_OPTION
         DATA_OPTION},
    {"show", show_command,
     "show KEYWORD [--as USER] [--size COLUMNSxROWS] [--charset NAME] [--plain]\n"
     "show KEYWORD ... --watch\n"
     "show KEYWORD ... --png FILE\n",
     "a screen as a caller would see it, drawn in this terminal",
     "The board's handlers run, on a copy of its data: what they do has no effect. The caller\n"
     "is the account `example`, with the level of new accounts where there is none; the "
     "screen\n"
     "`root` is seen by a guest. What is drawn is UTF-8, with colours unless NO_COLOR is "
     "set.\n\n"
     "  --as USER            the caller: a handle, or guest\n"
     "  --size 80x25         the caller's window, from 20x10 to 255x100\n"
     "  --charset NAME       what the caller's terminal shows: utf-8 (the default), cp437 "
     "(the\n"
     "                       default for --png) or ascii\n"
     "  --plain              a terminal without ANSI: no colours, nothing moves\n"
     "  --watch              draw it anew at each save of the board, until q or Ctrl-C; what\n"
     "                       is wrong stands below the picture\n"
     "  --png FILE           draw it to an image, with the 8x16 letters of a VGA card; needs\n"
     "                       the program ansilove (apt-get install ansilove)\n" BOARD_OPTION
         DATA_OPTION},
    {"explain", explain_run,
     "explain KEYWORD [--as USER] [--size COLUMNSxROWS] [--charset NAME] [--plain] [--linear]\n"
     "explain files/AREA [--as USER]\n",
     "why a caller sees a screen, and each of its items, or does not",
     "A verdict, and then a line for each rule with the file and line that it stands in: the\n"
     "account's state, which of the screen's files is chosen, its level, its items, if: and\n"
     "each: with what their handlers answer this caller, the settings that bear on it. Exit "
     "0:\n"
     "it is seen; 1: it is not. The board's handlers run, on a copy of its data. Without --as\n"
     "the caller is whom perigee show takes.\n\n"
     "  --as USER            the caller: a handle, or guest\n"
     "  --size 80x25         the caller's window, from 20x10 to 255x100\n"
     "  --charset NAME       what the caller's terminal shows: utf-8 (the default), cp437 or\n"
     "                       ascii\n"
     "  --plain              a terminal without ANSI\n"
     "  --linear             it is read to the caller, by a screen reader\n" BOARD_OPTION
         DATA_OPTION},
    {"user", user_run,
     "user add HANDLE [--nick NAME] [--level N] [--password-stdin]\n"
     "user list [SEARCH]\n"
     "user show HANDLE\n"
     "user passwd HANDLE [--password-stdin]\n"
     "user level HANDLE N\n"
     "user lock HANDLE\n"
     "user unlock HANDLE\n"
     "user delete HANDLE [--anonymise] [--yes]\n"
     "user merge HANDLE INTO [--yes]\n",
     "the accounts, whether the board is being served or not",
     "  --nick NAME          how the others see the user; default: the handle\n"
     "  --level N            1 to 255; default: 10\n"
     "  --password-stdin     the password is the first line of standard input, not asked for\n"
     "  --anonymise          what was said stays, without a name; default: it is deleted\n"
     "  --yes                delete or merge without asking\n" BOARD_OPTION DATA_OPTION},
    {"files", files_run,
     "files list [AREA] [WORDS...]\n"
     "files scan [AREA]\n"
     "files add AREA FILE...\n"
     "files move AREA/NAME AREA\n"
     "files remove AREA/NAME...\n",
     "the file areas, whether the board is being served or not",
     "The areas are those of the board's lua/areas.lua. list shows those with all the words "
     "in\n"
     "their names or descriptions; add copies files, and leaves out what is there already.\n"
     "A board that is being served scans its areas by itself.\n\n" BOARD_OPTION DATA_OPTION},
    {"history", history_run,
     "history [--board DIR] [--data DIR]\n"
     "history FILE [--diff N] [--board DIR] [--data DIR]\n",
     "the kept versions of the board's files, whether it is being served or not",
     "The last 20 good versions of each file are kept in the data folder. FILE is a path in "
     "the\n"
     "board (screens/menu.txt), or from the current folder. Version 1 is the newest.\n\n"
     "  --diff N             what has changed in FILE since its version N, by diff "
     "-u\n" BOARD_OPTION DATA_OPTION},
    {"undo", undo_run,
     "undo FILE [--to N] [--board DIR] [--data DIR]\n"
     "undo --trial [--board DIR] [--data DIR]\n",
     "write a file back as it was, whether the board is being served or not",
     "FILE gets the newest of its kept versions that is not what it has now. What it has\n"
     "now is kept as a version, so that the same once more takes the undo back. A running\n"
     "server loads it like any save.\n\n"
     "  --to N               that version instead; perigee history FILE has their numbers\n"
     "  --trial              all screens and Lua as everybody has them: what is on trial for\n"
     "                       sysops (reload.canary in lua/settings.lua) is kept as "
     "versions\n" BOARD_OPTION DATA_OPTION},
    {"who", control_run, "who [--board DIR] [--data DIR]\n",
     "who is on line, where, from where", BOARD_OPTION DATA_OPTION},
    {"say", callers_run, "say TEXT [--board DIR] [--data DIR]\n",
     "show a line to everybody who is on line", BOARD_OPTION DATA_OPTION},
    {"kick", callers_run, "kick ID [REASON] [--board DIR] [--data DIR]\n",
     "end the call on that node; its caller is told why",
     "perigee who lists the node numbers.\n\n" BOARD_OPTION DATA_OPTION},
    {"status", control_run, "status [--json] [--board DIR] [--data DIR]\n",
     "how the running server is",
     "  --json               for programs\n" BOARD_OPTION DATA_OPTION},
    {"top", top_run, "top [--board DIR] [--data DIR]\n",
     "the machine, the running server and its log, once a second",
     "In this terminal, until q or Ctrl-C: bars and the last minute as graphs, and as many of "
     "the\n"
     "last events of the log as there are rows for. Its text is UTF-8.\n\n" BOARD_OPTION
         DATA_OPTION},
    {"reload", control_run, "reload [--board DIR] [--data DIR]\n",
     "have the running server read all screens, handlers and settings again",
     BOARD_OPTION DATA_OPTION},
    {"promote", control_run, "promote [--board DIR] [--data DIR]\n",
     "give what is on trial for sysops to all callers",
     "With the setting reload.canary = \"sysop\" each save of a screen or of Lua is used by\n"
     "sysops' calls alone, until this; perigee undo --trial takes it back "
     "instead.\n\n" BOARD_OPTION DATA_OPTION},
    {"stop", control_run, "stop [--board DIR] [--data DIR]\n",
     "stop the running server; its callers are told", BOARD_OPTION DATA_OPTION},
    {"init", init_run, "init DIR\n", "make a new board in DIR, a copy of the starter board",
     "DIR is a folder that is empty, or not there yet. The originals are kept in "
     "DIR/.starter,\n"
     "so that perigee upgrade can tell what you have changed.\n"},
    {"backup", backup_run, "backup FILE [--board DIR] [--data DIR] [--force]\n",
     "put the board and its data in one file, whether it is being served or not",
     "What callers were told is saved before the call is in it. FILE is a tar, compressed; -\n"
     "is standard output. Logs and half uploads are left out.\n\n"
     "  --force              replace FILE where it is there\n" BOARD_OPTION DATA_OPTION},
    {"restore", restore_run,
     "restore FILE DIR [--data DIR]\n"
     "restore --check FILE\n",
     "make a backup a board again, in a folder of its own",
     "DIR, and the data folder, are empty, or not there yet. What is cut, damaged or foreign "
     "is\n"
     "refused, and nothing of it stays. - is standard input.\n\n"
     "  --data DIR           where the data folder is to be; default: data in DIR\n"
     "  --check              try it out in a temporary folder: is it whole, is the database\n"
     "                       sound, would a server start, does perigee check find nothing,\n"
     "                       do the board's tests pass; exit 1 if not\n"},
    {"upgrade", upgrade_run, "upgrade [--yes] [--diff] [--adopt] [--board DIR] [--data DIR]\n",
     "bring in what this perigee's starter board has new, and keep what you have changed",
     "The files of the board, the originals that it was made from and the new ones are "
     "compared.\n"
     "What you have not changed is replaced; what both have changed is merged, or where that "
     "is not\n"
     "possible yours stays and the new one is put beside, as FILE.new. It is shown first. A\n"
     "board that would have mistakes is left as it is.\n\n"
     "  --yes                do it without asking\n"
     "  --diff               show what changes, line by line\n"
     "  --adopt              for a board that init has not made: begin from now\n" BOARD_OPTION
         DATA_OPTION},
    {"version", version_run, "version\n", "which version this is", ""},
    {"help", help_run, "help [COMMAND]\nhelp settings\nhelp --man [settings]\n",
     "this list, how a command is used, or the settings",
     "  --man                the manual's page perigee(1), or perigee-settings(5), for man "
     "-l\n"},
    {.name = NULL},
};

const struct command *cli_commands(void)
{
    return commands;
}

static const struct option no_options[] = {{.name = NULL}};

static const struct command *find_command(const char *name)
{
    for (const struct command *c = commands; c->name; c++) {
        if (strcmp(c->name, name) == 0)
            return c;
    }
    return NULL;
}

/* --- help --- */

static void print_usage(FILE *to, const struct command *c)
{
    const char *before = "usage: ";

    for (const char *line = c->usage; *line;) {
        const char *end = strchr(line, '\n') + 1;

        fprintf(to, "%sperigee %.*s", before, (int)(end - line), line);
        before = "       ";
        line = end;
    }
}

static int print_help(const struct command *c)
{
    print_usage(stdout, c);
    printf("\n%s: %s.\n", c->name, c->help);
    if (c->more[0])
        printf("\n%s", c->more);
    return CLI_DONE;
}

static void print_commands(FILE *to)
{
    fprintf(to, "usage: perigee COMMAND [...]\n\n");
    for (const struct command *c = commands; c->name; c++)
        fprintf(to, "  %-9s%s\n", c->name, c->help);
    fprintf(to, "\nperigee help COMMAND tells how one is used.\n");
}

/* `about`: a word, or NULL. */
static int print_manual(const struct command *self, const char *about)
{
    if (about && strcmp(about, "settings") != 0)
        return cli_wrong(self, "--man %s: expected settings, or nothing", about);
    if (about)
        manual_print_settings(stdout);
    else
        manual_print_commands(stdout);
    return CLI_DONE;
}

static int help_run(const struct command *self, int argc, char **argv)
{
    const struct command *about;
    bool is_man = false;
    const struct option options[] = {{.name = "man", .flag = &is_man}, {.name = NULL}};
    int status = cli_take(self, options, &argc, argv, 0, 1);

    if (status >= 0)
        return status;
    if (is_man)
        return print_manual(self, argc > 0 ? argv[0] : NULL);
    if (argc == 0) {
        print_commands(stdout);
        return CLI_DONE;
    }
    if (strcmp(argv[0], "settings") == 0) {
        manual_list_settings(stdout);
        return CLI_DONE;
    }
    about = find_command(argv[0]);
    if (!about)
        return cli_wrong(self, "there is no command %s", argv[0]);
    return print_help(about);
}

static int version_run(const struct command *self, int argc, char **argv)
{
    int status = cli_take(self, no_options, &argc, argv, 0, 0);

    if (status >= 0)
        return status;
    printf("perigee %s\n", PERIGEE_VERSION);
    return CLI_DONE;
}

/* --- what the commands have in common --- */

__attribute__((format(printf, 2, 0))) static void complain(const struct command *self,
                                                           const char *format, va_list args)
{
    fprintf(stderr, "perigee: %s: ", self->name);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
}

int cli_say(const struct command *self, enum cli_status status, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    complain(self, format, args);
    va_end(args);
    return (int)status;
}

int cli_wrong(const struct command *self, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    complain(self, format, args);
    va_end(args);
    print_usage(stderr, self);
    return CLI_WRONG;
}

int cli_take(const struct command *self, const struct option *options, int *argc, char **argv,
             int least, int most)
{
    struct err e;

    switch (options_take(options, argc, argv, &e)) {
    case OPTIONS_HELP:
        return print_help(self);
    case OPTIONS_WRONG:
        return cli_wrong(self, "%s", e.text);
    case OPTIONS_DONE:
        break;
    }
    if (*argc < least)
        return cli_wrong(self, "an argument is missing");
    if (*argc > most)
        return cli_wrong(self, "one argument too many: %s", argv[most]);
    return -1;
}

void cli_print(struct span text)
{
    if (text.len == 0)
        return;
    fwrite(text.data, 1, text.len, stdout);
    if (text.data[text.len - 1] != '\n')
        putchar('\n');
}

int cli_data_folder(const struct command *self, const char *board, const char *data,
                    char out[PATH_MAX])
{
    int n =
        data ? snprintf(out, PATH_MAX, "%s", data) : snprintf(out, PATH_MAX, "%s/data", board);

    if (n < PATH_MAX)
        return 0;
    cli_say(self, CLI_FAILED, "the data folder's name is longer than %d bytes", PATH_MAX - 1);
    return -1;
}

void cli_say_trial(const char *board)
{
    struct settings settings;
    struct err ignored;

    if (board_settings(board, &settings, &ignored) == 0 &&
        strcmp(settings.reload_canary, "sysop") == 0)
        printf("It is on trial, for sysops only: perigee promote gives it to all.\n");
    settings_clear(&settings);
}

/* --- dispatch --- */

/* What was to be printed must have arrived: a full disk is no success. A reader that has gone,
 * as `head` does, had what it wanted. */
static int finish(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    if (errno == EPIPE)
        return status;
    fprintf(stderr, "perigee: standard output: %s\n", strerror(errno));
    return CLI_FAILED;
}

/* How other programs call some of the commands. */
static const char *common_name(const char *name)
{
    if (strcmp(name, "-h") == 0 || strcmp(name, "--help") == 0)
        return "help";
    return strcmp(name, "--version") == 0 ? "version" : name;
}

/* The one that may have been meant, or NULL. */
static const struct command *find_near(const char *name)
{
    const struct command *nearest = NULL;
    unsigned least = 3; /* letters */

    for (const struct command *c = commands; c->name; c++) {
        unsigned far = near_distance(span_of(name), span_of(c->name));

        if (far < least && far < strlen(name)) {
            least = far;
            nearest = c;
        }
    }
    return nearest;
}

static int say_unknown(const char *name)
{
    const struct command *near = find_near(name);

    fprintf(stderr, "perigee: %s: unknown command", name);
    if (near) {
        fprintf(stderr, ": did you mean '%s'? perigee help lists all\n", near->name);
    } else {
        fputc('\n', stderr);
        print_commands(stderr);
    }
    return CLI_WRONG;
}

int cli_main(int argc, char **argv)
{
    const struct command *c;

    if (argc == 3 && strcmp(argv[1], ARCHIVE_COMMAND) == 0)
        return archive_inside(argv[2]);
    if (argc == 2 && strcmp(argv[1], PROCESS_COMMAND) == 0)
        return process_inside();
    if (argc >= 2 && strcmp(argv[1], COMPLETE_COMMAND) == 0)
        return finish(complete_words(argc - 2, argv + 2));
    if (argc < 2) {
        print_commands(stderr);
        return CLI_WRONG;
    }
    c = find_command(common_name(argv[1]));
    if (!c)
        return say_unknown(argv[1]);
    return finish(c->run(c, argc - 2, argv + 2));
}
