#include "server/check.h"

#include <stdio.h>

#include "cli/cli.h"

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

int check_run(const struct command *self, int argc, char **argv)
{
    const char *board = ".";
    const struct option options[] = {{.name = "board", .values = &board}, {.name = NULL}};
    int status = cli_take(self, options, &argc, argv, 0, 0);
    int findings;
    struct buf report;
    struct err e;

    if (status >= 0)
        return status;
    buf_init(&report, BUF_LARGE);
    findings = board_check(board, &report, &e);
    status = findings < 0 ? cli_say(self, CLI_FAILED, "%s", e.text)
                          : print_report(buf_span(&report), findings);
    buf_clear(&report);
    return status;
}
