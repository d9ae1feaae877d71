/* explain.c -- `perigee explain`: why a caller sees a screen or a file area, or does not. */
#include "cli/preview.h"
#include "server/explain.h"

static int take_words(struct preview *p, int argc, char **argv)
{
    const struct option options[] = {
        {.name = "board", .values = &p->board},
        {.name = "data", .values = &p->data},
        {.name = "as", .values = &p->as},
        {.name = "size", .values = &p->size},
        {.name = "charset", .values = &p->charset},
        {.name = "plain", .flag = &p->plain},
        {.name = "linear", .flag = &p->visit.is_linear},
        {.name = NULL},
    };
    int status = cli_take(p->self, options, &argc, argv, 1, 1);

    if (status >= 0)
        return status;
    status = preview_take(p, argv[0]);
    return status == CLI_DONE ? -1 : status;
}

static int say_unknown(struct preview *p, const struct err *area)
{
    if (area->text[0])
        return cli_say(p->self, CLI_NO, "%s", area->text);
    return preview_say_unknown(p);
}

static int explain_board(struct preview *p)
{
    struct headless_config config = {
        .board = p->board, .versions = p->versions, .promoted = p->promoted};
    int status = preview_open(p, &config);
    enum explained answer;
    struct buf out;
    struct err e;

    if (status == CLI_DONE)
        status = preview_find_caller(p);
    if (status != CLI_DONE)
        return status;
    buf_init(&out, BUF_LARGE);
    answer = explain(p->headless, &p->visit, &out, &e);
    cli_print(buf_span(&out));
    buf_clear(&out);
    if (answer == EXPLAINED_FAILED)
        return cli_say(p->self, CLI_FAILED, "%s", e.text);
    if (answer == EXPLAINED_UNKNOWN)
        return say_unknown(p, &e);
    return answer == EXPLAINED_YES ? CLI_DONE : CLI_NO;
}

int explain_run(const struct command *self, int argc, char **argv)
{
    struct preview p = {.self = self, .board = ".", .size = "80x25", .charset = "utf-8"};
    int status = take_words(&p, argc, argv);

    if (status < 0)
        status = explain_board(&p);
    preview_raise(preview_close(&p));
    return status;
}
