#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/size.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/stop.h"
#include "server/backup.h"

static const struct command *said_by;

static bool show_progress(void *arg, const struct backup_counts *c)
{
    struct progress *p = arg;

    progress_show(p, c->bytes, c->all_bytes, c->files, c->all_files);
    return stop_go_on(NULL);
}

static void tell(void *arg, const char *path, const char *what)
{
    progress_end(arg);
    cli_say(said_by, CLI_DONE, "%s: %s", path, what);
}

/* On standard error where the backup is on standard output. */
static void sum_up(const char *file, const struct backup_counts *c)
{
    bool is_output = strcmp(file, "-") == 0;
    struct buf text;

    buf_init(&text, 4096);
    buf_printf(&text, "%s: %llu files, ", is_output ? "the backup" : file,
               (unsigned long long)c->files);
    size_add(&text, (double)c->bytes);
    buf_add_text(&text, ", packed to ");
    size_add(&text, (double)c->packed);
    fprintf(is_output ? stderr : stdout, "%s\n", buf_text(&text));
    buf_clear(&text);
}

int backup_run(const struct command *self, int argc, char **argv)
{
    const char *board = ".";
    const char *data = NULL;
    bool force = false;
    char folder[PATH_MAX];
    const struct option options[] = {{.name = "board", .values = &board},
                                     {.name = "data", .values = &data},
                                     {.name = "force", .flag = &force},
                                     {.name = NULL}};
    struct progress progress;
    struct backup_counts counts;
    struct err e;
    int rc;
    int status = cli_take(self, options, &argc, argv, 1, 1);

    if (status >= 0)
        return status;
    if (cli_data_folder(self, board, data, folder) < 0)
        return CLI_FAILED;
    said_by = self;
    umask(0077); /* it has the passwords' hashes */
    stop_watch();
    progress_begin(&progress);
    rc = backup_make(&(struct backup){.board = board,
                                      .data = folder,
                                      .file = argv[0],
                                      .replaces = force,
                                      .go_on = show_progress,
                                      .tell = tell,
                                      .arg = &progress},
                     &counts, &e);
    progress_end(&progress);
    if (rc < 0)
        return stop_status(cli_say(self, CLI_FAILED, "%s", e.text));
    sum_up(argv[0], &counts);
    return CLI_DONE;
}
