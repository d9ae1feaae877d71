/* transfer.c -- files over the line: what does a byte cost a server, or lrzsz? One process
 * plays the far end of all the lines with our own protocol machines, which keep nothing of a
 * file; so both that are measured have the same peer. Prints one JSON object in a line.
 *
 *     transfer get HOST:PORT PID LINES BYTES    the server sends bench.bin, of BYTES
 *     transfer put HOST:PORT PID LINES BYTES    it takes a file of BYTES from each line
 *     transfer get|put PROGRAM - LINES BYTES    so do copies of sz or rz, over calls to
 *                                               themselves, in the folder that this runs in
 *
 * Talks to 127.0.0.0/8 only. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "proto/receiver.h"
#include "proto/sender.h"
#include "tests/bench/meter.h"
#include "tests/bench/options.h"

enum { BINARY = 0, SGA = 3, IAC = 255, DO = 253, WILL = 251, DONT = 254, SB = 250, SE = 240 };
enum { PIECE = 65536, OUT_FULL = 131072, OUT_MOST = 1 << 20, BLOCK = 1 << 20, TEXT = 4096 };
enum { PATIENCE = 600000 }; /* milliseconds for everything */

enum state { STATE_PROMPTS, STATE_TRIGGER, STATE_TRANSFER, STATE_OVER };

struct line {
    int fd;
    pid_t pid; /* of a program; 0: it is a call */
    enum state state;
    unsigned prompt; /* of those that are answered, the next */
    unsigned char telnet;
    char text[TEXT]; /* what has come before the transfer */
    size_t text_len;
    char name[32];
    struct receiver *receiver; /* one of both */
    struct sender *sender;
    struct buf out;
    bool is_offered;
    bool is_exact;
};

struct run {
    bool gets;
    int64_t bytes; /* of each file */
    unsigned lines;
    unsigned over;
    unsigned exact;
    struct line *all;
};

static const struct {
    const char *text;
    const char *answer;
} prompts[] = {{"Name: ", "bench\r"}, {"~end~", "X"}, {"Transfer: ", NULL}};

static char block[BLOCK]; /* a file is this, again and again */

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "transfer: %s: %s\n", what, strerror(errno));
    exit(3);
}

static int64_t now_ms(void)
{
    return (int64_t)(meter_seconds(CLOCK_MONOTONIC) * 1000);
}

/* --- the far ends --- */

static int dial(const struct sockaddr_in *to)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || connect(fd, (const struct sockaddr *)to, sizeof(*to)) < 0)
        fail("dial");
    return fd;
}

/* Two ends of a call to this machine: programs are to have what the engine has. */
static void make_call(int ends[2])
{
    struct sockaddr_in here = {.sin_family = AF_INET};
    socklen_t len = sizeof(here);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (listener < 0 || bind(listener, (struct sockaddr *)&here, len) < 0 ||
        listen(listener, 1) < 0 || getsockname(listener, (struct sockaddr *)&here, &len) < 0)
        fail("listen");
    ends[0] = dial(&here);
    ends[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (ends[1] < 0)
        fail("accept");
    close(listener);
}

static int start_program(struct line *l, const char *program)
{
    int ends[2];

    make_call(ends);
    l->pid = fork();
    if (l->pid == 0) {
        dup2(ends[1], 0);
        dup2(ends[1], 1);
        dup2(open("/dev/null", O_WRONLY), 2);
        if (strcmp(program, "sz") == 0)
            execlp("sz", "sz", "-q", "-b", "bench.bin", (char *)NULL);
        else
            execlp("rz", "rz", "-q", "-b", "-y", (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    return ends[0];
}

/* --- telnet: SGA and BINARY are agreed to both ways, all else is left unanswered --- */

static void agree(struct line *l, unsigned char verb, unsigned char option)
{
    char answer[3] = {(char)IAC, (char)(verb == WILL ? DO : WILL), (char)option};

    if ((option == BINARY || option == SGA) && (verb == WILL || verb == DO))
        buf_add(&l->out, span_from(answer, 3));
}

static size_t undo_telnet(struct line *l, unsigned char *s, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        if (l->telnet == 0) {
            const unsigned char *next = memchr(s + i, IAC, len - i);
            size_t plain = next ? (size_t)(next - (s + i)) : len - i;

            memmove(s + n, s + i, plain);
            n += plain;
            i += plain;
            l->telnet = next ? IAC : 0;
        } else if (l->telnet == IAC) {
            l->telnet = s[i] == SB || (s[i] >= WILL && s[i] <= DONT) ? s[i] : 0;
            if (s[i] == IAC)
                s[n++] = IAC;
        } else if (l->telnet != SB || s[i] == SE) {
            agree(l, l->telnet, s[i]);
            l->telnet = 0;
        }
    }
    return n;
}

/* --- the transfer --- */

static void say_why(const struct transfer_event *ev)
{
    if (ev->type == TRANSFER_FAILED)
        fprintf(stderr, "transfer: %.*s\n", SPAN_ARG(ev->data));
}

static void end_line(struct run *r, struct line *l, bool is_exact)
{
    l->state = STATE_OVER;
    l->is_exact = is_exact;
    r->exact += is_exact;
    r->over++;
}

static void receive(struct run *r, struct line *l, struct span in)
{
    struct transfer_event ev;
    int64_t now = now_ms();

    while (l->state == STATE_TRANSFER && receiver_next(l->receiver, &in, now, &ev)) {
        if (ev.type == TRANSFER_OFFER)
            receiver_accept(l->receiver, 0, now);
        else if (ev.type == TRANSFER_RECEIVED)
            receiver_stored(l->receiver, l->is_exact = ev.offset == r->bytes, now);
        else if (ev.type == TRANSFER_DONE || ev.type == TRANSFER_FAILED) {
            say_why(&ev);
            end_line(r, l, l->is_exact && ev.type == TRANSFER_DONE);
        }
    }
}

static void offer(const struct run *r, struct line *l, int64_t now)
{
    struct transfer_file f = {.name = span_of(l->name), .size = r->bytes, .files_left = 1};

    if (l->is_offered)
        sender_finish(l->sender, now);
    else
        sender_offer(l->sender, &f, now);
    l->is_offered = true;
}

static void give(const struct line *l, const struct transfer_event *ev, int64_t now)
{
    size_t at = (size_t)(ev->offset % BLOCK);
    size_t len = (size_t)ev->size < BLOCK - at ? (size_t)ev->size : BLOCK - at;

    sender_give(l->sender, ev->offset, span_from(block + at, len), now);
}

/* As much as the line takes; `in` is used up at once. */
static void send_on(struct run *r, struct line *l, struct span in)
{
    struct transfer_event ev;
    int64_t now = now_ms();

    while (l->state == STATE_TRANSFER && (in.len > 0 || l->out.len < OUT_FULL) &&
           sender_next(l->sender, &in, now, &ev)) {
        if (ev.type == TRANSFER_WANT_FILE)
            offer(r, l, now);
        else if (ev.type == TRANSFER_WANT_DATA)
            give(l, &ev, now);
        else if (ev.type == TRANSFER_SENT)
            l->is_exact = true;
        else if (ev.type == TRANSFER_DONE || ev.type == TRANSFER_FAILED) {
            say_why(&ev);
            end_line(r, l, l->is_exact && ev.type == TRANSFER_DONE);
        }
    }
}

static void pass(struct run *r, struct line *l, struct span in)
{
    if (l->receiver)
        receive(r, l, in);
    else
        send_on(r, l, in);
}

static void begin(struct run *r, struct line *l)
{
    struct transfer_options options = {
        .out = &l->out, .is_telnet = l->pid == 0, .patience_ms = PATIENCE};

    if (r->gets)
        l->receiver = receiver_new(&options, now_ms());
    else
        l->sender = sender_new(&options, now_ms());
    l->state = STATE_TRANSFER;
}

/* --- what stands before it: text --- */

static size_t behind(const struct line *l, const char *text)
{
    const char *at = memmem(l->text, l->text_len, text, strlen(text));

    return at ? (size_t)(at - l->text) + strlen(text) : 0;
}

static void drop(struct line *l, size_t len)
{
    memmove(l->text, l->text + len, l->text_len - len);
    l->text_len -= len;
}

static void answer_prompts(const struct run *r, struct line *l)
{
    size_t end;

    while (l->state == STATE_PROMPTS && (end = behind(l, prompts[l->prompt].text)) > 0) {
        const char *answer = prompts[l->prompt++].answer;

        buf_add_text(&l->out, answer ? answer : r->gets ? "get\r" : "put\r");
        drop(l, end);
        if (!answer)
            l->state = STATE_TRIGGER;
    }
}

static void read_text(struct run *r, struct line *l, struct span in)
{
    const char *trigger = r->gets ? "**\030B00" : "**\030B01";
    size_t end;

    if (l->text_len + in.len > TEXT)
        drop(l, l->text_len < TEXT / 2 ? l->text_len : l->text_len - 16);
    if (in.len > TEXT - l->text_len)
        span_take(&in, in.len - (TEXT - l->text_len));
    memcpy(l->text + l->text_len, in.data, in.len);
    l->text_len += in.len;
    answer_prompts(r, l);
    if (l->state == STATE_TRIGGER && (end = behind(l, trigger)) > 0) {
        begin(r, l);
        end -= strlen(trigger);
        pass(r, l, span_from(l->text + end, l->text_len - end));
    }
}

/* --- the loop --- */

static void read_line(struct run *r, struct line *l)
{
    static unsigned char piece[PIECE];
    ssize_t n = recv(l->fd, piece, sizeof(piece), MSG_DONTWAIT);
    struct span in;

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        end_line(r, l, l->is_exact); /* a program ends before it is quiet */
        return;
    }
    in = span_from(piece, l->pid ? (size_t)n : undo_telnet(l, piece, (size_t)n));
    if (l->state == STATE_TRANSFER)
        pass(r, l, in);
    else
        read_text(r, l, in);
}

/* All that the line takes now; returns whether it may take more. */
static bool write_line(struct line *l)
{
    while (l->out.len > 0) {
        struct span s = buf_span(&l->out);
        ssize_t n = send(l->fd, s.data, s.len, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n <= 0)
            return false;
        buf_consume(&l->out, (size_t)n);
    }
    return true;
}

static void check_time(struct line *l)
{
    int64_t now = now_ms();

    if (l->receiver && receiver_deadline(l->receiver) <= now)
        receiver_timeout(l->receiver, now);
    if (l->sender && sender_deadline(l->sender) <= now)
        sender_timeout(l->sender, now);
}

static void go_on(struct run *r, struct line *l)
{
    if (l->state == STATE_TRANSFER)
        check_time(l);
    do {
        if (l->state == STATE_TRANSFER)
            pass(r, l, SPAN_LIT(""));
    } while (l->out.len > 0 && write_line(l));
}

static void carry(struct run *r, struct pollfd *fds)
{
    int64_t until = now_ms() + PATIENCE;

    while (r->over < r->lines && now_ms() < until) {
        for (unsigned i = 0; i < r->lines; i++) {
            struct line *l = &r->all[i];

            go_on(r, l);
            fds[i] = (struct pollfd){.fd = l->state == STATE_OVER ? -1 : l->fd,
                                     .events = l->out.len ? POLLIN | POLLOUT : POLLIN};
        }
        poll(fds, r->lines, 100);
        for (unsigned i = 0; i < r->lines; i++) {
            if (fds[i].revents & (POLLIN | POLLHUP | POLLERR))
                read_line(r, &r->all[i]);
        }
    }
    for (unsigned i = 0; i < r->lines; i++)
        write_line(&r->all[i]); /* the last words */
}

static double programs_end(struct run *r)
{
    struct rusage used;

    for (unsigned i = 0; i < r->lines; i++) {
        shutdown(r->all[i].fd, SHUT_WR);
        waitpid(r->all[i].pid, NULL, 0);
    }
    getrusage(RUSAGE_CHILDREN, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void clear(struct run *r)
{
    for (unsigned i = 0; i < r->lines; i++) {
        struct line *l = &r->all[i];

        receiver_free(l->receiver);
        sender_free(l->sender);
        buf_clear(&l->out);
        close(l->fd);
    }
    mem_free(r->all);
}

static void measure(struct run *r, const char *to, pid_t pid)
{
    struct pollfd *fds = mem_zalloc(r->lines * sizeof(*fds));
    bool is_call = strchr(to, ':');
    struct sockaddr_in address;
    double began = meter_seconds(CLOCK_MONOTONIC);
    double cpu = meter_cpu_seconds(pid);

    if (is_call && !option_address(&address, to))
        exit(2);
    for (unsigned i = 0; i < r->lines; i++) {
        struct line *l = &r->all[i];

        buf_init(&l->out, OUT_MOST);
        snprintf(l->name, sizeof(l->name), "bench%u.bin", i);
        l->fd = is_call ? dial(&address) : start_program(l, to);
        l->state = is_call ? STATE_PROMPTS : STATE_TRIGGER;
    }
    carry(r, fds);
    cpu = is_call ? meter_cpu_seconds(pid) - cpu : programs_end(r);
    printf("{\"exact\": %u, \"bytes\": %" PRId64 ", \"seconds\": %.4f, \"cpu_seconds\": %.4f, "
           "\"mb_per_cpu_second\": %.2f, \"mb_per_second\": %.2f}\n",
           r->exact, r->bytes * r->exact, meter_seconds(CLOCK_MONOTONIC) - began, cpu,
           (double)(r->bytes * r->exact) / 1e6 / cpu,
           (double)(r->bytes * r->exact) / 1e6 / (meter_seconds(CLOCK_MONOTONIC) - began));
    clear(r);
    mem_free(fds);
}

static void fill_block(void)
{
    uint32_t random = 1;

    for (size_t i = 0; i < BLOCK; i++) {
        random = random * 1103515245u + 12345u;
        block[i] = (char)(random >> 16);
    }
}

int main(int argc, char **argv)
{
    struct run r = {0};

    if (argc != 6 || (strcmp(argv[1], "get") != 0 && strcmp(argv[1], "put") != 0)) {
        fprintf(stderr, "usage: transfer get|put HOST:PORT|sz|rz PID|- LINES BYTES\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    r.gets = strcmp(argv[1], "get") == 0;
    r.lines = (unsigned)strtoul(argv[4], NULL, 10);
    r.bytes = strtoll(argv[5], NULL, 10);
    r.all = mem_zalloc((r.lines ? r.lines : 1) * sizeof(*r.all));
    fill_block();
    measure(&r, argv[2], (pid_t)strtol(argv[3], NULL, 10));
    return r.exact == r.lines ? 0 : 3;
}
