#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/tty.h"
#include "server/ask.h"

enum { SECOND_MS = 1000 };

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH};

/* --- the terminal --- */

static void begin_window(void)
{
    tty_keys_begin();
    fputs("\033[?1049h\033[?25l\033[2J", stdout);
}

static void end_window(void)
{
    fputs("\033[?25h\033[?1049l", stdout);
    fflush(stdout);
    tty_keys_end();
}

/* Over what stands there: nothing is cleared that is to be drawn again. */
static void draw(struct span text)
{
    fputs("\033[H", stdout);
    while (text.len > 0) {
        const char *end = memchr(text.data, '\n', text.len);
        struct span line = span_take(&text, end ? (size_t)(end - text.data) : text.len);

        span_take(&text, 1);
        printf("%.*s\033[K%s", SPAN_ARG(line), text.len > 0 ? "\r\n" : "");
    }
    fputs("\033[J", stdout);
    fflush(stdout);
}

/* As ask_server. */
static int ask(const char *data, struct buf *answer, struct err *e)
{
    struct winsize window = {.ws_row = 24, .ws_col = 80};
    char request[64];

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) < 0 || window.ws_row == 0 ||
        window.ws_col == 0)
        window = (struct winsize){.ws_row = 24, .ws_col = 80};
    /* Behind a full row \033[K would take its last character away. */
    snprintf(request, sizeof(request), "top %u %u", window.ws_col - 1u, window.ws_row);
    buf_reset(answer);
    return ask_server(data, request, answer, e);
}

/* --- keys and signals --- */

static void block(sigset_t *set)
{
    sigemptyset(set);
    for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaddset(set, signals[i]);
    sigprocmask(SIG_BLOCK, set, NULL);
}

/* It is taken as it would have been, with the terminal as it was. */
static void take_signal(int number)
{
    sigset_t one;

    end_window();
    sigemptyset(&one);
    sigaddset(&one, number);
    raise(number);
    sigprocmask(SIG_UNBLOCK, &one, NULL); /* here it ends, or stops until it is continued */
    sigprocmask(SIG_BLOCK, &one, NULL);
    begin_window();
}

/* False: it is to end. */
static bool take_key(void)
{
    char key;

    return read(STDIN_FILENO, &key, 1) == 1 && key != 'q' && key != 'Q' && key != 3;
}

/* For a second, or until the window has another size. False: it is to end. */
static bool rest(int signal_file)
{
    struct pollfd files[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                             {.fd = signal_file, .events = POLLIN}};
    struct signalfd_siginfo info;

    if (poll(files, 2, SECOND_MS) <= 0)
        return true;
    if (files[0].revents && !take_key())
        return false;
    if (files[1].revents && read(signal_file, &info, sizeof(info)) == sizeof(info) &&
        info.ssi_signo != SIGWINCH)
        take_signal((int)info.ssi_signo);
    return true;
}

/* Until q: 0; or until there is no answer, as ask_server. */
static int show(const char *data, struct buf *answer, struct err *e)
{
    sigset_t set;
    int signal_file;
    int rc = 0;

    block(&set);
    signal_file = signalfd(-1, &set, SFD_CLOEXEC);
    begin_window();
    do
        draw(buf_span(answer));
    while (rest(signal_file) && (rc = ask(data, answer, e)) == 0);
    end_window();
    close(signal_file);
    return rc;
}

int top_run(const struct command *self, int argc, char **argv)
{
    const char *board = ".";
    const char *data = NULL;
    char folder[PATH_MAX];
    const struct option options[] = {
        {.name = "board", .values = &board}, {.name = "data", .values = &data}, {.name = NULL}};
    int status = cli_take(self, options, &argc, argv, 0, 0);
    struct buf answer;
    struct err e;

    if (status >= 0)
        return status;
    if (cli_data_folder(self, board, data, folder) < 0)
        return CLI_FAILED;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return cli_say(self, CLI_FAILED, "this is no terminal: use perigee status");
    buf_init(&answer, BUF_LARGE);
    status = ask(folder, &answer, &e);
    if (status == 0)
        status = show(folder, &answer, &e);
    buf_clear(&answer);
    return status == 0 ? CLI_DONE : cli_unanswered(self, status, folder, &e);
}
