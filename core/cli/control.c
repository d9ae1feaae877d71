#include <string.h>

#include "cli/cli.h"
#include "server/ask.h"

enum { WORDS_MOST = 200, TEXT_MOST = 1000, REQUEST_MOST = TEXT_MOST + 16 };

int cli_unanswered(const struct command *self, int rc, const char *data, const struct err *e)
{
    if (rc == 1)
        return cli_say(self, CLI_NO, "no server runs on %s", data);
    return cli_say(self, rc == 2 ? CLI_NO : CLI_FAILED, "%s", e->text);
}

/* The commands of the control socket have the names of the command line. */
static int ask(const struct command *self, const char *data, const char *request)
{
    struct buf answer;
    struct err e;
    int rc;

    buf_init(&answer, BUF_LARGE);
    rc = ask_server(data, request, &answer, &e);
    if (rc == 0)
        cli_print(buf_span(&answer));
    buf_clear(&answer);
    return rc == 0 ? CLI_DONE : cli_unanswered(self, rc, data, &e);
}

/* The words, as one request line. */
static void add_words(struct buf *request, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        buf_add_byte(request, ' ');
        for (const char *p = argv[i]; *p; p++)
            buf_add_byte(request, (unsigned char)*p < 0x20 || *p == 0x7F ? ' ' : *p);
    }
}

static bool is_number(const char *word)
{
    return word[0] != '\0' && word[strspn(word, "0123456789")] == '\0';
}

static bool are_blank(int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        if (argv[i][strspn(argv[i], " \t\r\n")] != '\0')
            return false;
    return true;
}

/* `perigee say TEXT`, `perigee kick ID [REASON]`. */
int callers_run(const struct command *self, int argc, char **argv)
{
    const char *board = ".";
    const char *data = NULL;
    char folder[PATH_MAX];
    const struct option options[] = {
        {.name = "board", .values = &board},
        {.name = "data", .values = &data},
        {.name = NULL},
    };
    int status = cli_take(self, options, &argc, argv, 1, WORDS_MOST);
    struct buf request;

    if (status >= 0)
        return status;
    if (strcmp(self->name, "kick") == 0 && !is_number(argv[0]))
        return cli_wrong(self, "%s is no node number: perigee who lists them", argv[0]);
    if (are_blank(argc, argv))
        return cli_wrong(self, "there is nothing to say");
    if (cli_data_folder(self, board, data, folder) < 0)
        return CLI_FAILED;
    buf_init(&request, REQUEST_MOST);
    buf_add_text(&request, self->name);
    add_words(&request, argc, argv);
    status = request.len < REQUEST_MOST
                 ? ask(self, folder, buf_text(&request))
                 : cli_say(self, CLI_WRONG, "the text is longer than %d bytes", TEXT_MOST);
    buf_clear(&request);
    return status;
}

int control_run(const struct command *self, int argc, char **argv)
{
    const char *board = ".";
    const char *data = NULL;
    char folder[PATH_MAX];
    bool json = false;
    const bool knows_json = strcmp(self->name, "status") == 0;
    const struct option options[] = {
        {.name = "board", .values = &board},
        {.name = "data", .values = &data},
        {.name = knows_json ? "json" : NULL, .flag = &json},
        {.name = NULL},
    };
    int status = cli_take(self, options, &argc, argv, 0, 0);

    if (status >= 0)
        return status;
    if (cli_data_folder(self, board, data, folder) < 0)
        return CLI_FAILED;
    return ask(self, folder, json ? "status --json" : self->name);
}
