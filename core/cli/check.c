#include "server/check.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/cli.h"
#include "server/files.h"

static unsigned count_hints(struct span report)
{
    unsigned hints = 0;

    while (report.len > 0) {
        const char *end = memchr(report.data, '\n', report.len);

        hints += span_starts_with(report, "hint: ");
        span_take(&report, end ? (size_t)(end - report.data) + 1 : report.len);
    }
    return hints;
}

static int print_report(struct span report, int findings)
{
    unsigned hints = count_hints(report);

    cli_print(report);
    if (findings == 0 && hints == 0)
        printf("no findings\n");
    else
        printf("%d finding%s, %u hint%s\n", findings, findings == 1 ? "" : "s", hints,
               hints == 1 ? "" : "s");
    return findings > 0 ? CLI_NO : CLI_DONE;
}

/* The draft's text, from standard input. -1 and `e`. */
static int read_draft(struct buf *text, struct err *e)
{
    char piece[65536];
    ssize_t n;

    while ((n = read(STDIN_FILENO, piece, sizeof(piece))) > 0) {
        if (!buf_add(text, span_from(piece, (size_t)n)))
            return err_set(e, "standard input is more than a file of a board may have");
    }
    return n < 0 ? err_set(e, "read standard input: %s", strerror(errno)) : 0;
}

static bool is_of_a_board(const char *path)
{
    struct file f;
    bool is = file_classify(path, &f) != FILE_OTHER;

    file_clear(&f);
    return is;
}

static int check(const struct command *self, const char *folder, const struct file_draft *draft)
{
    struct buf report;
    struct err e;
    int findings;
    int status;

    buf_init(&report, BUF_LARGE);
    findings = board_check(folder, draft, &report, &e);
    status = findings < 0 ? cli_say(self, CLI_FAILED, "%s", e.text)
                          : print_report(buf_span(&report), findings);
    buf_clear(&report);
    return status;
}

static int check_with(const struct command *self, const char *folder, const char *path)
{
    struct file_draft draft = {.path = path};
    struct buf text;
    struct err e;
    int status;

    if (!is_of_a_board(path))
        return cli_wrong(self, "--with %s: expected a board's file, as screens/menu.txt", path);
    buf_init(&text, SOURCE_MAX);
    if (read_draft(&text, &e) < 0) {
        status = cli_say(self, CLI_FAILED, "%s", e.text);
    } else {
        draft.text = buf_span(&text);
        status = check(self, folder, &draft);
    }
    buf_clear(&text);
    return status;
}

int check_run(const struct command *self, int argc, char **argv)
{
    const char *board = ".";
    const char *with = NULL;
    const struct option options[] = {
        {.name = "board", .values = &board}, {.name = "with", .values = &with}, {.name = NULL}};
    int status = cli_take(self, options, &argc, argv, 0, 0);

    if (status >= 0)
        return status;
    return with ? check_with(self, board, with) : check(self, board, NULL);
}
