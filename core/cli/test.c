/* test.c -- `perigee test`: the board's own tests. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "server/test_run.h"

enum { NAMES_MOST = 12 }; /* of what was never visited, unless all are wanted */

struct test {
    const struct command *self;
    const char *board;
    const char *data;
    const char *only;
    const char *seed;
    bool updates;
    bool tap;
    bool all;
    unsigned number; /* of the tests so far, for TAP */
    char database[PATH_MAX + 16];
    struct progress progress;
    struct test_run run;
};

/* --- what is said --- */

/* The Test Anything Protocol: "ok N - NAME", and comments. */
static void print_tap(struct test *t, struct span line)
{
    bool is_ok = span_starts_with(line, "  ok    ");

    if (!is_ok && !span_starts_with(line, "  FAIL  ")) {
        while (line.len > 0) {
            const char *end = memchr(line.data, '\n', line.len);
            struct span one = span_take(&line, end ? (size_t)(end - line.data) : line.len);

            printf("# %.*s\n", SPAN_ARG(one));
            span_take(&line, 1);
        }
        return;
    }
    span_take(&line, 8);
    printf("%s %u - %.*s\n", is_ok ? "ok" : "not ok", ++t->number, SPAN_ARG(line));
}

static void print_line(void *arg, struct span line)
{
    struct test *t = arg;

    progress_end(&t->progress);
    if (t->tap)
        print_tap(t, line);
    else
        cli_print(line);
    fflush(stdout);
}

static void show_progress(void *arg, const char *what)
{
    struct test *t = arg;

    progress_say(&t->progress, what);
}

/* A list of lines on one line, cut unless all of it is wanted. */
static unsigned print_names(struct test *t, const char *what, struct span lines)
{
    struct span rest = lines;
    unsigned count = 0;

    for (size_t i = 0; i < lines.len; i++)
        count += lines.data[i] == '\n';
    if (count == 0)
        return 0;
    printf("%s%u %s%s never visited:", t->tap ? "# " : "", count, what, count == 1 ? "" : "s");
    for (unsigned i = 0; rest.len > 0 && (t->all || i < NAMES_MOST); i++) {
        const char *end = memchr(rest.data, '\n', rest.len);

        printf(" %.*s", (int)(end - rest.data), rest.data);
        span_take(&rest, (size_t)(end - rest.data) + 1);
    }
    printf("%s\n", rest.len > 0 ? " ... (--all lists them)" : "");
    return count;
}

/* What some of the tests do not visit, others may. */
static int sum_up(struct test *t, bool is_whole)
{
    unsigned missed = 0;

    if (is_whole || t->all) {
        missed += print_names(t, "screen", buf_span(&t->run.screens));
        missed += print_names(t, "handler", buf_span(&t->run.handlers));
    }
    if (t->tap && t->all)
        printf("%s %u - every screen and handler is visited\n", missed ? "not ok" : "ok",
               ++t->number);
    if (t->tap)
        printf("1..%u\n", t->number);
    else
        printf("%u passed, %u failed\n", t->run.totals.passed, t->run.totals.failed);
    if (t->run.totals.passed + t->run.totals.failed == 0)
        return cli_say(t->self, CLI_NO, "no test has run%s",
                       t->only ? ": no name has what --only says" : "");
    return t->run.totals.failed || (t->all && missed) ? CLI_NO : CLI_DONE;
}

/* --- the command line --- */

/* As below the board: "lua/tests/login.lua", wherever the user stands. */
static char *test_path(struct test *t, const char *word)
{
    const char *at = strstr(word, "lua/tests/");
    char path[PATH_MAX];

    if (at)
        return mem_strdup(at);
    snprintf(path, sizeof(path), "lua/tests/%s%s", word, strchr(word, '.') ? "" : ".lua");
    if (access(word, R_OK) == 0 && strchr(word, '/'))
        cli_say(t->self, CLI_WRONG, "%s is not below lua/tests/", word);
    return mem_strdup(path);
}

static bool is_there(const struct test *t, const char *path)
{
    char whole[2 * PATH_MAX];

    snprintf(whole, sizeof(whole), "%s/%s", t->board, path);
    if (access(whole, R_OK) == 0)
        return true;
    cli_say(t->self, CLI_WRONG, "%s: %s", whole, strerror(errno));
    return false;
}

static int take_seed(struct test *t)
{
    char *end;

    t->run.seed = t->seed ? strtoll(t->seed, &end, 10) : 0;
    if (t->seed && (*end || end == t->seed || t->run.seed < 1))
        return cli_wrong(t->self, "--seed %s: a number from 1 expected", t->seed);
    return -1;
}

/* NULL where there is none yet. */
static int take_database(struct test *t)
{
    char folder[PATH_MAX];

    if (cli_data_folder(t->self, t->board, t->data, folder) < 0)
        return CLI_FAILED;
    snprintf(t->database, sizeof(t->database), "%s/perigee.db", folder);
    if (access(t->database, R_OK) == 0)
        t->run.database = t->database;
    else if (errno != ENOENT)
        return cli_say(t->self, CLI_FAILED, "%s: %s", t->database, strerror(errno));
    return -1;
}

static int run(struct test *t, int count, char **words)
{
    char **files = mem_zalloc(((size_t)count + 1) * sizeof(char *));
    bool are_there = true;
    struct err e;
    int rc = -1;

    for (int i = 0; i < count; i++) {
        files[i] = test_path(t, words[i]);
        are_there = is_there(t, files[i]) && are_there;
    }
    if (are_there)
        rc = test_run(&t->run, (const char *const *)files, (unsigned)count, &e);
    for (int i = 0; i < count; i++)
        mem_free(files[i]);
    mem_free(files);
    if (!are_there)
        return CLI_WRONG;
    if (rc != 0)
        return cli_say(t->self, CLI_FAILED, "%s", rc > 0 ? "stopped" : e.text);
    return sum_up(t, count == 0 && !t->only);
}

int test_command(const struct command *self, int argc, char **argv)
{
    struct test t = {.self = self, .board = "."};
    const struct option options[] = {
        {.name = "board", .values = &t.board},  {.name = "data", .values = &t.data},
        {.name = "only", .values = &t.only},    {.name = "seed", .values = &t.seed},
        {.name = "update", .flag = &t.updates}, {.name = "tap", .flag = &t.tap},
        {.name = "all", .flag = &t.all},        {.name = NULL},
    };
    int status = cli_take(self, options, &argc, argv, 0, 1000);

    if (status < 0)
        status = take_seed(&t);
    if (status < 0)
        status = take_database(&t);
    if (status >= 0)
        return status;
    t.run.board = t.board;
    t.run.only = t.only;
    t.run.updates = t.updates;
    t.run.is_plain = t.tap || !isatty(STDOUT_FILENO) || getenv("NO_COLOR");
    t.run.print = print_line;
    t.run.progress = show_progress;
    progress_begin(&t.progress);
    t.run.arg = &t;
    status = run(&t, argc, argv);
    test_run_clear(&t.run);
    return status;
}
