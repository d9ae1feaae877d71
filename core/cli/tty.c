#include "cli/tty.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
enum { SIGNALS = sizeof(signals) / sizeof(signals[0]) };

static volatile sig_atomic_t caught;

bool tty_is_possible(void)
{
    return isatty(STDIN_FILENO);
}

/* Byte by byte and without stdio: no copy of a password stays behind in a buffer, and nothing
 * is read that the next prompt is to have. */
int tty_line(char *out, size_t size)
{
    size_t len = 0;
    ssize_t n;
    char c = '\0';

    while ((n = read(STDIN_FILENO, &c, 1)) == 1 && c != '\n') {
        if (len + 1 < size)
            out[len++] = c;
    }
    out[len] = '\0';
    return n < 0 || (n == 0 && len == 0) ? -1 : (int)len;
}

static void note_signal(int number)
{
    caught = number;
}

/* One that is ignored, as under nohup, stays so. */
static void watch_signal(int number, const struct sigaction *action, struct sigaction *old)
{
    sigaction(number, action, old);
    if (old->sa_handler == SIG_IGN)
        sigaction(number, old, NULL);
}

/* The question comes when nothing is shown any more: who answers at once is safe too. Signals
 * come through during the wait alone, so none is missed between a look at `caught` and it. */
static int read_hidden(const char *question, char *out, size_t size, const sigset_t *waiting)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    struct termios before;
    struct termios hidden;
    int len = -1;

    if (tcgetattr(STDIN_FILENO, &before) < 0)
        return -1;
    hidden = before;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) < 0)
        return -1;
    fputs(question, stderr);
    if (ppoll(&input, 1, NULL, waiting) > 0) /* a whole line is there */
        len = tty_line(out, size);
    fputc('\n', stderr); /* the one that was typed is not shown either */
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    return len;
}

int tty_hidden(const char *question, char *out, size_t size)
{
    struct sigaction old[SIGNALS];
    struct sigaction action = {.sa_handler = note_signal};
    sigset_t blocked;
    sigset_t before;
    int len;

    caught = 0;
    sigemptyset(&blocked);
    for (unsigned i = 0; i < SIGNALS; i++)
        sigaddset(&blocked, signals[i]);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    for (unsigned i = 0; i < SIGNALS; i++)
        watch_signal(signals[i], &action, &old[i]);
    len = read_hidden(question, out, size, &before);
    for (unsigned i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &old[i], NULL);
    if (caught)
        raise(caught); /* it is taken when the mask is as it was */
    sigprocmask(SIG_SETMASK, &before, NULL);
    return caught ? -1 : len;
}

static struct termios before_keys;
static bool takes_keys;

void tty_keys_begin(void)
{
    struct termios keys;

    if (tcgetpgrp(STDIN_FILENO) != getpgrp() || tcgetattr(STDIN_FILENO, &before_keys) < 0)
        return;
    keys = before_keys;
    keys.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
    takes_keys = tcsetattr(STDIN_FILENO, TCSANOW, &keys) == 0;
}

void tty_keys_end(void)
{
    if (takes_keys)
        tcsetattr(STDIN_FILENO, TCSANOW, &before_keys);
    takes_keys = false;
}

bool tty_yes(const char *question)
{
    char answer[8];

    fputs(question, stderr);
    return tty_line(answer, sizeof(answer)) >= 0 && strcmp(answer, "yes") == 0;
}
