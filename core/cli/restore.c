#include <stdio.h>
#include <time.h>

#include "base/size.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/stop.h"
#include "server/rehearsal.h"

static bool show_progress(void *arg, uint64_t bytes, uint64_t all_bytes)
{
    progress_show(arg, bytes, all_bytes, 0, 0);
    return stop_go_on(NULL);
}

/* "made 2026-11-28 17:54 by perigee 0.1.0, 344 files, 714.4 KiB" */
static void print_facts(const struct restored *r)
{
    char made[32] = "";
    time_t at = (time_t)r->manifest.made;
    struct buf size;
    struct tm tm;

    if (localtime_r(&at, &tm))
        strftime(made, sizeof(made), "%Y-%m-%d %H:%M", &tm);
    buf_init(&size, 64);
    size_add(&size, (double)r->bytes);
    if (r->nobody[0])
        printf("there is no user %s here: what was that user's is yours. ", r->nobody);
    printf("made %s by perigee %s, %llu files, %s\n", made, r->manifest.version,
           (unsigned long long)r->files, buf_text(&size));
    buf_clear(&size);
}

static int say_why(const struct command *self, enum restore_answer answer, const struct err *e)
{
    return stop_status(
        cli_say(self, answer == RESTORE_BAD ? CLI_NO : CLI_FAILED, "%s", e->text));
}

/* --- restore FILE DIR --- */

static int restore(const struct command *self, const char *file, const char *folder,
                   const char *data)
{
    struct progress progress;
    struct restored found;
    struct err e;
    enum restore_answer answer;

    progress_begin(&progress);
    answer = restore_make(&(struct restore){.file = file,
                                            .folder = folder,
                                            .data = data,
                                            .go_on = show_progress,
                                            .arg = &progress},
                          &found, &e);
    progress_end(&progress);
    if (answer != RESTORE_DONE)
        return say_why(self, answer, &e);
    printf("%s: ", file);
    print_facts(&found);
    printf("%s has them, with %lld account%s. Serve it with: perigee serve --board %s%s%s\n",
           folder, (long long)found.accounts, found.accounts == 1 ? "" : "s", folder,
           data ? " --data " : "", data ? data : "");
    return CLI_DONE;
}

/* --- restore --check FILE --- */

static bool check_board(struct rehearsal *r)
{
    struct buf report;
    struct err e;
    int findings;

    buf_init(&report, BUF_LARGE);
    findings = rehearsal_check(r, &report, &e);
    if (findings < 0)
        printf("  no     a server would not start on it: %s\n", e.text);
    else if (findings > 0)
        printf("  no     perigee check: %d finding%s\n", findings, findings == 1 ? "" : "s");
    else
        printf("  yes    a server would start on it; perigee check finds nothing\n");
    if (findings > 0)
        cli_print(buf_span(&report));
    buf_clear(&report);
    return findings == 0;
}

static bool test_board(struct rehearsal *r, struct progress *progress)
{
    struct buf said;
    struct err e;
    int status;

    if (!rehearsal_has_tests(r)) {
        printf("  -      the board has no tests of its own\n");
        return true;
    }
    fflush(stdout);
    progress_say(progress, "  ...    the board's tests");
    buf_init(&said, BUF_LARGE);
    status = rehearsal_test(r, &said, &e);
    progress_end(progress);
    if (status < 0)
        printf("  no     the board's tests: %s\n", e.text);
    else if (status > 0)
        printf("  no     the board's tests\n");
    else
        printf("  yes    the board's tests\n");
    if (status > 0)
        cli_print(buf_span(&said));
    buf_clear(&said);
    return status == 0;
}

static int try_out(const struct command *self, const char *file)
{
    struct progress progress;
    struct rehearsal r;
    struct err e;
    enum restore_answer answer;
    bool works;
    bool passes;

    progress_begin(&progress);
    answer = rehearsal_begin(&r, file, show_progress, &progress, &e);
    progress_end(&progress);
    if (answer != RESTORE_DONE) {
        rehearsal_end(&r);
        return say_why(self, answer, &e);
    }
    printf("%s: ", file);
    print_facts(&r.found);
    printf("  yes    all files are as they were put in\n"
           "  yes    the database is sound: schema %d, %lld account%s\n",
           r.found.manifest.schema, (long long)r.found.accounts,
           r.found.accounts == 1 ? "" : "s");
    fflush(stdout);
    works = check_board(&r);
    passes = test_board(&r, &progress);
    rehearsal_end(&r);
    if (!works)
        printf("It can't be relied on as it is.\n");
    else if (!passes)
        printf("All of it can be restored and served, but the board's own tests fail.\n");
    else
        printf("It can be relied on.\n");
    return stop_status(works && passes ? CLI_DONE : CLI_NO);
}

int restore_run(const struct command *self, int argc, char **argv)
{
    const char *data = NULL;
    bool checks = false;
    const struct option options[] = {
        {.name = "data", .values = &data}, {.name = "check", .flag = &checks}, {.name = NULL}};
    int status = cli_take(self, options, &argc, argv, 1, 2);

    if (status >= 0)
        return status;
    if (checks && (argc > 1 || data))
        return cli_wrong(self, "--check puts it nowhere: name the backup alone");
    if (!checks && argc < 2)
        return cli_wrong(self, "name the folder that it is to go to");
    stop_watch();
    return checks ? try_out(self, argv[0]) : restore(self, argv[0], argv[1], data);
}
