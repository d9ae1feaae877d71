#include "tests/board/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PIECE = 65536, IAC = 255, SB = 250, SE = 240, WILL = 251, DONT = 254 };

struct peer {
    struct caller *c;
    const struct peer_options *options;
    pid_t pid;
    int to;              /* its standard input */
    int from;            /* its output */
    unsigned char state; /* telnet's: the byte that has been read: IAC, SB, WILL.. or 0 */
    bool has_cr;         /* the server's last byte was one */
    unsigned seed;
    unsigned faults; /* left */
    size_t carried;
    bool has_cut;
};

static void start(struct peer *p, char *const argv[])
{
    int in[2];
    int out[2];

    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    p->pid = fork();
    assert_true(p->pid >= 0);
    if (p->pid == 0) {
        int null = open("/dev/null", O_WRONLY);

        dup2(in[0], 0);
        dup2(out[1], 1);
        dup2(null, 2);
        if (!p->options->folder || chdir(p->options->folder) == 0)
            execvp(argv[0], argv);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    p->to = in[1];
    p->from = out[0];
}

/* Of what the server has sent: what is not telnet. */
static size_t undo_telnet(struct peer *p, unsigned char *s, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        unsigned char b = s[i];

        if (p->state == 0 && b == IAC) {
            p->state = IAC;
        } else if (p->state == 0) {
            if (b != 0 || !p->has_cr || p->options->nvt != PEER_NVT)
                s[n++] = b;
            p->has_cr = b == '\r';
        } else if (p->state == IAC && b == IAC) {
            s[n++] = b;
            p->state = 0;
        } else if (p->state == IAC) {
            p->state = b == SB || (b >= WILL && b <= DONT) ? b : 0;
        } else if (p->state != SB) {
            caller_take_option(p->c, p->state, b);
            p->state = 0;
        } else if (b == SE) {
            p->state = 0;
        }
    }
    return n;
}

static void write_all(int fd, const void *bytes, size_t len)
{
    const char *s = bytes;

    while (len > 0) {
        ssize_t n = write(fd, s, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return; /* it has ended */
        s += n;
        len -= (size_t)n;
    }
}

static unsigned roll(struct peer *p)
{
    p->seed = p->seed * 1103515245u + 12345u;
    return p->seed >> 16;
}

/* Hurt some of what is on the line; `out` has room for twice as much. */
static size_t hurt(struct peer *p, const unsigned char *s, size_t len, unsigned char *out)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        unsigned what = p->faults > 0 && roll(p) % p->options->fault == 0 ? 1 + roll(p) % 3 : 0;

        p->faults -= what > 0;
        if (what != 2)
            out[n++] = what == 1 ? (unsigned char)(s[i] ^ 1 << roll(p) % 8) : s[i];
        if (what == 3)
            out[n++] = s[i];
    }
    return n;
}

static void to_program(struct peer *p, const void *bytes, size_t len)
{
    static unsigned char hurt_bytes[2 * PIECE];
    unsigned char copy[PIECE];

    while (len > 0) {
        size_t n = len < sizeof(copy) ? len : sizeof(copy);

        size_t data;

        memcpy(copy, bytes, n);
        data = undo_telnet(p, copy, n);
        write_all(p->to, hurt_bytes, hurt(p, copy, data, hurt_bytes));
        bytes = (const char *)bytes + n;
        len -= n;
    }
}

static void to_server(struct peer *p, const unsigned char *s, size_t len)
{
    static unsigned char bytes[2 * PIECE];
    static unsigned char wire[4 * PIECE];
    size_t n = 0;

    len = hurt(p, s, len, bytes);
    for (size_t i = 0; i < len; i++) {
        wire[n++] = bytes[i];
        if (bytes[i] == IAC)
            wire[n++] = IAC;
        else if (bytes[i] == '\r' && p->options->nvt == PEER_NVT)
            wire[n++] = 0;
    }
    for (size_t at = 0; at < n; at += p->options->piece ? p->options->piece : n) {
        size_t piece =
            p->options->piece && n - at > p->options->piece ? p->options->piece : n - at;

        caller_send_bytes(p->c, wire + at, piece);
        p->carried += piece;
    }
}

static unsigned char *find(unsigned char *s, size_t len, const char *what)
{
    return what ? memmem(s, len, what, strlen(what)) : NULL;
}

static bool server_said(struct peer *p)
{
    static unsigned char part[PIECE];
    size_t most = p->options->piece ? p->options->piece : sizeof(part);
    ssize_t n = recv(p->c->fd, part, most, MSG_DONTWAIT);

    if (n < 0)
        return true;
    if (n == 0)
        return false;
    if (find(part, (size_t)n, p->options->never))
        fail_msg("the server has said what it should not");
    p->carried += (size_t)n;
    to_program(p, part, (size_t)n);
    return true;
}

static bool program_said(struct peer *p)
{
    static unsigned char part[PIECE];
    ssize_t n = read(p->from, part, sizeof(part));
    unsigned char *at = n > 0 ? find(part, (size_t)n, p->options->said[0]) : NULL;

    if (at)
        memcpy(at, p->options->said[1], strlen(p->options->said[1]));
    if (n > 0 && find(part, (size_t)n, p->options->cut_at))
        p->has_cut = true;
    else if (n > 0)
        to_server(p, part, (size_t)n);
    return n > 0;
}

static bool is_cut(const struct peer *p)
{
    return p->has_cut || (p->options->cut_after > 0 && p->carried > p->options->cut_after);
}

static void carry(struct peer *p)
{
    double until = caller_patience() + 60;
    bool has_called = false;

    for (;;) {
        struct pollfd fds[] = {{.fd = p->c->fd, .events = POLLIN},
                               {.fd = p->from, .events = POLLIN}};

        if (poll(fds, 2, 1000) < 0 || now_seconds() > until)
            fail_msg("the transfer does not end");
        if (fds[0].revents && !server_said(p))
            return;
        if (fds[1].revents && !program_said(p))
            return;
        if (is_cut(p))
            return;
        if (p->options->after && !has_called && p->carried > p->options->after_bytes) {
            has_called = true;
            p->options->after();
        }
    }
}

/* Where it is on the wire, at `from` or behind it. */
static size_t wait_for(struct caller *c, size_t from, const char *text)
{
    double until = caller_patience();
    const char *at;

    while (
        !(at = c->wire ? memmem(c->wire + from, c->wire_len - from, text, strlen(text)) : NULL))
        caller_wait(c, until, text);
    return (size_t)(at - c->wire);
}

static size_t wait_for_start(struct caller *c, const char *trigger)
{
    size_t at = wait_for(c, 0, trigger);

    return strcmp(trigger, PEER_BY_HAND) == 0 ? wait_for(c, at, "\n") + 1 : at;
}

int peer_run(struct caller *c, const char *trigger, char *const argv[],
             const struct peer_options *options)
{
    struct peer p = {
        .c = c, .options = options, .seed = options->seed, .faults = options->faults};
    size_t at = wait_for_start(c, trigger);
    int status;

    start(&p, argv);
    to_program(&p, c->wire + at, c->wire_len - at);
    c->wire_len = 0; /* the next one waits for another */
    carry(&p);
    if (is_cut(&p)) {
        kill(p.pid, SIGKILL); /* first: at the end of its input rz removes what it has */
        caller_reset(c);
    }
    close(p.to);
    close(p.from);
    waitpid(p.pid, &status, 0);
    if (is_cut(&p))
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
