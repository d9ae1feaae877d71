/* load.c -- the load generator: thousands of callers in one process and one thread. Each of
 * the modes prints what it has measured as one JSON object in a line:
 *
 *     hold     callers sit there: what do they cost?
 *     echo     callers type: how long from a key to its echo?
 *     screens  callers ask for the next screen as soon as the last has come: how many?
 *     connect  callers dial at one instant: how long to the end of the first screen?
 *     save     a file is written: how long until all callers see the screen's end again?
 *     noise    callers send telnet noise without end, and read nothing
 *
 * A run goes through phases, below; before it dials and before it measures it waits until the
 * server under test has come to rest. With --rounds it measures once for each line on standard
 * input, so that two servers can be measured in turn. Talks to 127.0.0.0/8 only. */
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "tests/bench/meter.h"
#include "tests/bench/options.h"
#include "tests/bench/pattern.h"
#include "tests/bench/samples.h"
#include "tests/bench/script.h"
#include "tests/bench/terminal.h"

enum {
    ADDRESSES = 8,       /* the callers dial from 127.0.0.2 to 127.0.0.9 */
    DIAL_WINDOW = 256,   /* callers on their way in at a time, but for `connect` */
    OUTSTANDING = 8,     /* keys of one caller that wait for their echo */
    BURST = 64,          /* keys typed between two looks at what came back */
    LOST_NS = 1000000000 /* a key without an echo for so long is missed */
};
static const double rest_check = 0.05; /* seconds between looks at the server's CPU clock */
static const double rest_cpu = 0.002;  /* CPU seconds in that time that still count as rest */
static const double rest_most = 10;
static const double nap = 0.0002;
static const double warm_up = 0.3; /* seconds of traffic before the measured span */

enum caller_state { CALLER_OUT, CALLER_DIALING, CALLER_SCRIPT, CALLER_IN, CALLER_LOST };

struct caller {
    ev_io io;
    int64_t since; /* of the dial, or of the key that asked for a screen */
    int64_t typed[OUTSTANDING];
    char letters[OUTSTANDING];
    uint8_t first; /* of the outstanding keys */
    uint8_t outstanding;
    uint8_t state;
    uint8_t step;  /* of the script */
    uint8_t match; /* the state of the pattern that is looked for */
    bool erase;    /* the next key is a Backspace */
    struct terminal terminal;
};

enum phase {
    PHASE_REST,
    PHASE_DIAL,
    PHASE_SETTLE,
    PHASE_WAIT, /* for the next round */
    PHASE_COOL, /* what a server that was too slow has still to do is not the next round's */
    PHASE_WARM_UP,
    PHASE_MEASURE
};

struct load {
    const struct mode *mode;
    struct options options;
    struct ev_loop *loop;
    struct caller *callers;
    unsigned dialed, in, lost;
    enum phase phase;
    ev_timer timer;
    ev_io input;     /* standard input */
    ev_io metronome; /* a timerfd: when the next key is due, to the nanosecond */
    int64_t next_key;
    uint64_t random;
    double phase_began, last_cpu;
    struct samples samples;
    uint64_t ops, missed, bytes;
    char text[65536]; /* of the file that is saved */
    uint64_t saves;
    int64_t saved_at;
    unsigned unseen;              /* callers that have not seen the last save */
    double span_began, seconds;   /* the measured span */
    double cpu, own_cpu;          /* used in it */
    long anon_before, anon_after; /* KiB, with no callers and at the end of the span */
    bool failed;
};

struct mode {
    const char *name;
    const char *help;
    void (*start)(struct load *l);
    void (*text)(struct load *l, struct caller *c, struct span text);
    void (*stop)(struct load *l);
    bool wants_raw; /* the text may keep its ANSI sequences */
    bool times_dial;
};

/* ---- small helpers ---- */

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static double now_seconds(void)
{
    return (double)now_ns() / 1e9;
}

/* xorshift64*: the same keys for the same seed. */
static uint32_t random_next(struct load *l)
{
    l->random ^= l->random >> 12;
    l->random ^= l->random << 25;
    l->random ^= l->random >> 27;
    return (uint32_t)((l->random * 0x2545f4914f6cdd1dULL) >> 32);
}

static unsigned number_of(const struct load *l, const struct caller *c)
{
    return (unsigned)(c - l->callers);
}

static bool is_measured(const struct load *l)
{
    return l->phase == PHASE_MEASURE;
}

/* ---- one caller ---- */

static void dial_more(struct load *l);
static void enter_phase(struct load *l, enum phase phase);

static void caller_lose(struct load *l, struct caller *c)
{
    if (c->state == CALLER_IN)
        l->in--;
    if (c->state != CALLER_OUT) {
        ev_io_stop(l->loop, &c->io);
        close(c->io.fd);
    }
    c->state = CALLER_LOST;
    l->lost++;
}

/* What callers say is short and seldom: a socket that takes less than all of it is a caller
 * whose server has stopped to read. */
static void caller_say(struct load *l, struct caller *c, const char *data, size_t len)
{
    if (c->state == CALLER_LOST || len == 0)
        return;
    if (send(c->io.fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)len)
        caller_lose(l, c);
}

static void caller_is_in(struct load *l, struct caller *c)
{
    c->state = CALLER_IN;
    c->match = 0;
    l->in++;
    if (!l->mode->times_dial)
        return;
    samples_add(&l->samples, now_ns() - c->since);
    l->ops++;
}

/* Go on in the script with what has come. */
static void caller_follow(struct load *l, struct caller *c, struct span text)
{
    const struct script *s = &l->options.script;

    while (c->state == CALLER_SCRIPT && c->step < s->count) {
        const struct script_step *step = &s->steps[c->step];
        char typed[SCRIPT_TEXT + 16];

        if (step->is_send)
            caller_say(l, c, typed, script_text(step, number_of(l, c), typed, sizeof(typed)));
        else if (!pattern_find(&step->pattern, &c->match, &text))
            return;
        c->step++;
    }
    if (c->state == CALLER_SCRIPT)
        caller_is_in(l, c);
}

/* A terminal's view of what has come: the text, with the answers sent. */
static struct span caller_see(struct load *l, struct caller *c, char *data, size_t len)
{
    struct terminal_answers answers = {0};
    bool is_plain = c->terminal.state == TERMINAL_TEXT && !memchr(data, TERMINAL_IAC, len);

    if (l->options.raw || (l->mode->wants_raw && c->state == CALLER_IN && is_plain))
        return span_from(data, len);
    len = terminal_take(&c->terminal, data, len, &answers);
    caller_say(l, c, answers.data, answers.len);
    return span_from(data, len);
}

static void on_data(struct ev_loop *loop, ev_io *w, int events)
{
    struct load *l = ev_userdata(loop);
    struct caller *c = (struct caller *)w;
    char data[16384];
    ssize_t n = recv(w->fd, data, sizeof(data), MSG_DONTWAIT);
    struct span text;

    (void)events;
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0)
        caller_lose(l, c);
    else {
        l->bytes += (uint64_t)n;
        text = caller_see(l, c, data, (size_t)n);
        if (c->state == CALLER_SCRIPT)
            caller_follow(l, c, text);
        else if (c->state == CALLER_IN && l->mode->text && l->phase > PHASE_SETTLE)
            l->mode->text(l, c, text);
    }
    if (l->phase == PHASE_DIAL)
        dial_more(l);
}

static void on_connected(struct ev_loop *loop, ev_io *w, int events)
{
    struct load *l = ev_userdata(loop);
    struct caller *c = (struct caller *)w;
    socklen_t len = sizeof(int);
    int error = 0;

    (void)events;
    getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &error, &len);
    if (error)
        caller_lose(l, c);
    else {
        ev_io_stop(loop, w);
        ev_io_init(w, on_data, w->fd, EV_READ);
        ev_io_start(loop, w);
        c->state = CALLER_SCRIPT;
        caller_follow(l, c, span_from(NULL, 0));
    }
    dial_more(l);
}

/* The system keeps little for who reads nothing, on either side: loopback's segments of 64 KiB
 * would have the server's side take megabytes. */
static void make_small(int fd)
{
    int segment = 536;
    int room = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof(segment));
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
}

/* Source addresses go round, so that ports do not run out; a reset at the end leaves no
 * connection behind in TIME_WAIT. */
static int open_socket(unsigned n, unsigned sleepers)
{
    static const struct linger reset = {.l_onoff = 1};
    struct sockaddr_in from = {.sin_family = AF_INET};
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    if (n < sleepers)
        make_small(fd);
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + n % ADDRESSES);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    if (bind(fd, (struct sockaddr *)&from, sizeof(from)) == 0)
        return fd;
    close(fd);
    return -1;
}

static void caller_dial(struct load *l, struct caller *c)
{
    int fd = open_socket(number_of(l, c), l->options.sleepers);

    terminal_init(&c->terminal);
    if (fd < 0) {
        caller_lose(l, c);
        return;
    }
    ev_io_init(&c->io, on_connected, fd, EV_WRITE);
    c->state = CALLER_DIALING;
    c->since = now_ns();
    if (connect(fd, (struct sockaddr *)&l->options.to, sizeof(l->options.to)) < 0 &&
        errno != EINPROGRESS)
        caller_lose(l, c);
    else
        ev_io_start(l->loop, &c->io);
}

static void dial_more(struct load *l)
{
    while (l->dialed < l->options.callers && l->dialed - l->in - l->lost < l->options.window)
        caller_dial(l, &l->callers[l->dialed++]);
    if (l->phase == PHASE_DIAL && l->in + l->lost == l->options.callers) {
        fprintf(stderr, "ready %u\n", l->in);
        enter_phase(l, PHASE_SETTLE);
    }
}

/* ---- echo ---- */

/* Callers who type independently at a rate are, taken together, one Poisson process of the
 * sum of the rates, whose keys fall to callers at random: nothing is scheduled for each. */
static int64_t next_gap_ns(struct load *l)
{
    double u = ((double)random_next(l) + 1) / 4294967296.0;

    return (int64_t)(-log(u) / (l->options.rate * l->options.callers) * 1e9);
}

static void type_letter(struct load *l, struct caller *c)
{
    unsigned at = (c->first + c->outstanding) % OUTSTANDING;
    char letter = (char)('a' + random_next(l) % 26);

    if (c->outstanding == OUTSTANDING) {
        l->missed++;
        return;
    }
    c->letters[at] = letter;
    c->typed[at] = now_ns();
    c->outstanding++;
    caller_say(l, c, &letter, 1);
}

static void type_key(struct load *l, struct caller *c)
{
    if (c->state != CALLER_IN)
        return;
    if (l->options.backspace && c->erase)
        caller_say(l, c, "\b", 1);
    else
        type_letter(l, c);
    c->erase = !c->erase;
    l->ops += is_measured(l);
}

static void set_metronome(struct load *l)
{
    struct itimerspec at = {.it_value = {l->next_key / 1000000000, l->next_key % 1000000000}};

    timerfd_settime(l->metronome.fd, TFD_TIMER_ABSTIME, &at, NULL);
}

static void on_beat(struct ev_loop *loop, ev_io *w, int events)
{
    struct load *l = ev_userdata(loop);
    uint64_t expirations;
    int64_t now = now_ns();

    (void)events;
    if (read(w->fd, &expirations, sizeof(expirations)) < 0)
        return;
    for (int i = 0; i < BURST && l->next_key <= now; i++) {
        type_key(l, &l->callers[random_next(l) % l->options.callers]);
        l->next_key += next_gap_ns(l);
    }
    set_metronome(l);
}

static void echo_start(struct load *l)
{
    if (!l->metronome.fd) {
        int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

        ev_io_init(&l->metronome, on_beat, fd, EV_READ);
    }
    ev_io_start(l->loop, &l->metronome);
    l->next_key = now_ns();
    set_metronome(l);
}

static void echo_text(struct load *l, struct caller *c, struct span text)
{
    int64_t now = now_ns();

    for (size_t i = 0; i < text.len && c->outstanding > 0; i++) {
        if (text.data[i] != c->letters[c->first])
            continue;
        if (is_measured(l))
            samples_add(&l->samples, now - c->typed[c->first]);
        c->first = (c->first + 1) % OUTSTANDING;
        c->outstanding--;
    }
}

static void echo_stop(struct load *l)
{
    int64_t now = now_ns();

    for (struct caller *c = l->callers; c < l->callers + l->options.callers; c++)
        l->missed += c->outstanding > 0 && now - c->typed[c->first] > LOST_NS;
    ev_io_stop(l->loop, &l->metronome);
}

/* ---- screens ---- */

static void ask_screen(struct load *l, struct caller *c)
{
    c->outstanding = 1;
    c->since = now_ns();
    caller_say(l, c, &l->options.key, 1);
}

static void screens_start(struct load *l)
{
    for (unsigned i = 0; i < l->options.callers; i++) {
        struct caller *c = &l->callers[i];

        if (c->state == CALLER_IN && c->outstanding == 0)
            ask_screen(l, c);
    }
}

static void screens_text(struct load *l, struct caller *c, struct span text)
{
    if (!pattern_find(&l->options.until, &c->match, &text))
        return;
    if (is_measured(l)) {
        samples_add(&l->samples, now_ns() - c->since);
        l->ops++;
    }
    c->outstanding = 0;
    if (l->phase >= PHASE_WARM_UP)
        ask_screen(l, c);
}

static void screens_stop(struct load *l)
{
    int64_t now = now_ns();

    for (struct caller *c = l->callers; c < l->callers + l->options.callers; c++)
        l->missed += c->outstanding > 0 && now - c->since > LOST_NS;
}

/* ---- save ---- */

/* The file as it was, with a line in front of it that counts. */
static void write_file(struct load *l)
{
    FILE *f = fopen(l->options.file, "w");

    if (!f || fprintf(f, "Save %llu\n%s", (unsigned long long)++l->saves, l->text) < 0 ||
        fclose(f) != 0) {
        fprintf(stderr, "load: %s: %s\n", l->options.file, strerror(errno));
        exit(3);
    }
    l->saved_at = now_ns();
    for (unsigned i = 0; i < l->options.callers; i++)
        l->callers[i].outstanding = l->callers[i].state == CALLER_IN;
    l->unseen = l->in;
}

static void save_start(struct load *l)
{
    FILE *f = fopen(l->options.file, "r");

    if (!f) {
        fprintf(stderr, "load: %s: %s\n", l->options.file, strerror(errno));
        exit(3);
    }
    l->text[fread(l->text, 1, sizeof(l->text) - 1, f)] = '\0';
    fclose(f);
    write_file(l);
}

static void save_text(struct load *l, struct caller *c, struct span text)
{
    if (!pattern_find(&l->options.until, &c->match, &text) || c->outstanding == 0)
        return;
    c->outstanding = 0;
    if (is_measured(l)) {
        samples_add(&l->samples, now_ns() - l->saved_at);
        l->ops++;
    }
    if (--l->unseen == 0)
        write_file(l);
}

static void save_stop(struct load *l)
{
    if (now_ns() - l->saved_at > LOST_NS)
        l->missed += l->unseen;
}

/* ---- noise ---- */

static void on_writable(struct ev_loop *loop, ev_io *w, int events)
{
    struct load *l = ev_userdata(loop);
    char noise[4096];
    ssize_t n;

    (void)events;
    for (size_t i = 0; i < sizeof(noise); i++)
        noise[i] = (char)(random_next(l) % 3 ? TERMINAL_IAC - (int)(random_next(l) % 16)
                                             : (int)random_next(l));
    n = send(w->fd, noise, sizeof(noise), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN)
        caller_lose(l, (struct caller *)w);
    else if (n > 0)
        l->ops += (uint64_t)n;
}

static void noise_start(struct load *l)
{
    for (unsigned i = 0; i < l->options.callers; i++) {
        struct caller *c = &l->callers[i];

        if (c->state != CALLER_IN)
            continue;
        ev_io_stop(l->loop, &c->io);
        ev_io_init(&c->io, on_writable, c->io.fd, EV_WRITE);
        ev_io_start(l->loop, &c->io);
    }
}

/* ---- rooms ---- */

enum { STAMP = 16, IN_STAMP = 3, LINE_MOST = 400 };

/* What is said is when: "~" and the time in hexadecimal digits, and what makes the line as long
 * as it is to be. Who sleeps says nothing: it would not read its own typing, either. */
static void say_time(struct load *l, struct caller *c)
{
    char line[LINE_MOST + 40];
    int len;

    if (c->state != CALLER_IN || number_of(l, c) < l->options.sleepers)
        return;
    len = snprintf(line, sizeof(line), "%s~%016llx%*s%s",
                   l->options.irc ? "PRIVMSG #bench :> " : "", (unsigned long long)now_ns(),
                   (int)l->options.bytes - STAMP - 1, l->options.bytes > STAMP + 1 ? "." : "",
                   l->options.irc ? "\r\n" : "\r");
    caller_say(l, c, line, (size_t)len);
}

static void on_room_beat(struct ev_loop *loop, ev_io *w, int events)
{
    struct load *l = ev_userdata(loop);
    uint64_t expirations;
    int64_t now = now_ns();

    (void)events;
    if (read(w->fd, &expirations, sizeof(expirations)) < 0)
        return;
    for (int i = 0; i < BURST && l->next_key <= now; i++) {
        say_time(l, &l->callers[random_next(l) % l->options.callers]);
        l->next_key += (int64_t)(1e9 / l->options.rate);
    }
    set_metronome(l);
}

static void room_start(struct load *l)
{
    if (l->options.naps)
        ev_set_io_collect_interval(l->loop, nap);
    if (!l->metronome.fd)
        ev_io_init(&l->metronome, on_room_beat,
                   timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), EV_READ);
    ev_io_start(l->loop, &l->metronome);
    for (unsigned i = 0; i < l->options.sleepers && i < l->options.callers; i++)
        ev_io_stop(l->loop, &l->callers[i].io);
    l->next_key = now_ns();
    set_metronome(l);
}

static int hex_value(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A line as it is shown, "<name> ~time"; what its speaker types has no "> " before it. */
static void room_text(struct load *l, struct caller *c, struct span text)
{
    static const char mark[] = "> ~";
    int64_t now = now_ns();

    for (size_t i = 0; i < text.len; i++) {
        char byte = text.data[i];

        if (c->match < IN_STAMP) {
            c->match = byte == mark[c->match] ? c->match + 1 : byte == mark[0];
            c->since = 0;
            c->outstanding = 0;
            continue;
        }
        c->since = c->since << 4 | (hex_value(byte) & 15);
        if (hex_value(byte) < 0 || ++c->outstanding == STAMP) {
            if (hex_value(byte) >= 0 && is_measured(l)) {
                samples_add(&l->samples, now - c->since);
                l->ops++;
            }
            c->match = c->outstanding = 0;
        }
    }
}

static void room_stop(struct load *l)
{
    ev_io_stop(l->loop, &l->metronome);
    ev_set_io_collect_interval(l->loop, 0);
}

/* ---- phases ---- */

static const struct mode modes[] = {
    {"hold", "callers get in and sit there", NULL, NULL, NULL, false, false},
    {"echo", "callers type; from a key to its echo", echo_start, echo_text, echo_stop, false,
     false},
    {"screens", "callers ask for screen after screen", screens_start, screens_text,
     screens_stop, true, false},
    {"connect", "callers dial at once; to the end of the first screen", NULL, NULL, NULL, false,
     true},
    {"save", "a file is written; until all callers have seen it", save_start, save_text,
     save_stop, false, false},
    {"noise", "callers send telnet noise and read nothing", noise_start, NULL, NULL, false,
     false},
    {"room", "one of the callers says a line; until each of them has it", room_start, room_text,
     room_stop, false, false},
    {NULL, NULL, NULL, NULL, NULL, false, false},
};

static void span_begin(struct load *l)
{
    l->bytes = 0;
    l->cpu = meter_cpu_seconds((pid_t)l->options.pid);
    l->own_cpu = meter_seconds(CLOCK_PROCESS_CPUTIME_ID);
    l->span_began = now_seconds();
}

static void span_end(struct load *l)
{
    l->cpu = meter_cpu_seconds((pid_t)l->options.pid) - l->cpu;
    l->own_cpu = meter_seconds(CLOCK_PROCESS_CPUTIME_ID) - l->own_cpu;
    l->seconds = now_seconds() - l->span_began;
}

static void print_result(struct load *l);

/* The end of a round, and of the run where there are no more. */
static void finish(struct load *l)
{
    if (!l->mode->times_dial)
        span_end(l);
    if (l->mode->stop)
        l->mode->stop(l);
    l->anon_after = meter_anon_kib((pid_t)l->options.pid);
    if (l->options.rounds) {
        enter_phase(l, PHASE_COOL);
    } else {
        print_result(l);
        ev_break(l->loop, EVBREAK_ALL);
    }
}

static void end_round(struct load *l)
{
    print_result(l);
    enter_phase(l, PHASE_WAIT);
}

/* Standard input begins the next round by a line, and ends all by its own end. */
static void on_input(struct ev_loop *loop, ev_io *w, int events)
{
    struct load *l = ev_userdata(loop);
    char waste[256];
    ssize_t n = read(w->fd, waste, sizeof(waste));

    (void)events;
    if (n > 0 && l->phase == PHASE_WAIT) {
        ev_io_stop(loop, w);
        enter_phase(l, PHASE_WARM_UP);
    } else if (n <= 0 && l->phase == PHASE_WAIT)
        ev_break(loop, EVBREAK_ALL);
    else if (n <= 0)
        finish(l);
}

static void await_input(struct load *l)
{
    ev_io_init(&l->input, on_input, STDIN_FILENO, EV_READ);
    ev_io_start(l->loop, &l->input);
}

static void set_timer(struct load *l, double seconds)
{
    ev_timer_stop(l->loop, &l->timer);
    ev_now_update(l->loop);
    ev_timer_set(&l->timer, seconds, 0);
    ev_timer_start(l->loop, &l->timer);
}

static void begin_measuring(struct load *l)
{
    span_begin(l);
    if (l->options.seconds > 0)
        set_timer(l, l->options.seconds);
    else
        await_input(l);
}

static void begin_dialing(struct load *l)
{
    l->anon_before = meter_anon_kib((pid_t)l->options.pid);
    set_timer(l, l->options.patience);
    if (l->mode->times_dial)
        span_begin(l);
    dial_more(l);
}

static void begin_settling(struct load *l)
{
    if (l->mode->times_dial)
        span_end(l);
    set_timer(l, rest_check);
}

static void begin_waiting(struct load *l)
{
    if (l->mode->times_dial)
        finish(l);
    else if (l->options.rounds)
        await_input(l);
    else
        enter_phase(l, PHASE_WARM_UP);
}

static void begin_warm_up(struct load *l)
{
    l->ops = l->missed = 0;
    l->samples.count = 0;
    if (!l->mode->start)
        enter_phase(l, PHASE_MEASURE);
    else {
        set_timer(l, warm_up);
        l->mode->start(l);
    }
}

static void enter_phase(struct load *l, enum phase phase)
{
    l->phase = phase;
    l->phase_began = now_seconds();
    l->last_cpu = meter_cpu_seconds((pid_t)l->options.pid);
    switch (phase) {
    case PHASE_REST:
        set_timer(l, rest_check);
        break;
    case PHASE_DIAL:
        begin_dialing(l);
        break;
    case PHASE_SETTLE:
        begin_settling(l);
        break;
    case PHASE_WAIT:
        begin_waiting(l);
        break;
    case PHASE_WARM_UP:
        begin_warm_up(l);
        break;
    case PHASE_MEASURE:
        begin_measuring(l);
        break;
    case PHASE_COOL:
        set_timer(l, rest_check);
        break;
    }
}

/* A server that is at rest, or will not come to it, is measured now; else look again. */
static void look_for_rest(struct load *l)
{
    double cpu = meter_cpu_seconds((pid_t)l->options.pid);
    bool is_at_rest = cpu - l->last_cpu < rest_cpu;

    l->last_cpu = cpu;
    if (!is_at_rest && now_seconds() - l->phase_began <= rest_most)
        set_timer(l, rest_check);
    else if (l->phase == PHASE_COOL)
        end_round(l);
    else
        enter_phase(l, l->phase + 1);
}

static void lose_patience(struct load *l)
{
    fprintf(stderr, "load: %u of %u callers are in after %g s, %u were refused\n", l->in,
            l->options.callers, l->options.patience, l->lost);
    l->failed = !l->mode->times_dial;
    if (l->failed) {
        ev_break(l->loop, EVBREAK_ALL);
        return;
    }
    span_end(l);
    finish(l);
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
    struct load *l = ev_userdata(loop);

    (void)w;
    (void)events;
    if (l->phase == PHASE_REST || l->phase == PHASE_SETTLE || l->phase == PHASE_COOL)
        look_for_rest(l);
    else if (l->phase == PHASE_DIAL)
        lose_patience(l);
    else if (l->phase == PHASE_WARM_UP)
        enter_phase(l, PHASE_MEASURE);
    else
        finish(l);
}

/* ---- the result ---- */

static void print_result(struct load *l)
{
    double ops = l->ops ? (double)l->ops : 1;

    samples_sort(&l->samples);
    printf("{\"mode\": \"%s\", \"callers\": %u, \"in\": %u, \"lost\": %u, \"missed\": %llu, ",
           l->mode->name, l->options.callers, l->in, l->lost, (unsigned long long)l->missed);
    printf("\"seconds\": %.3f, \"ops\": %llu, \"per_second\": %.1f, ", l->seconds,
           (unsigned long long)l->ops, l->seconds > 0 ? (double)l->ops / l->seconds : 0);
    printf("\"p50_us\": %.1f, \"p99_us\": %.1f, \"max_us\": %.1f, ",
           samples_us(&l->samples, 0.5), samples_us(&l->samples, 0.99),
           samples_us(&l->samples, 1));
    printf("\"bytes_per_op\": %.1f, ", (double)l->bytes / ops);
    printf("\"cpu_seconds\": %.6f, \"cpu_us_per_op\": %.3f, \"load_cpu_us_per_op\": %.3f, ",
           l->cpu, l->cpu / ops * 1e6, l->own_cpu / ops * 1e6);
    printf("\"anon_before_kib\": %ld, \"anon_kib\": %ld, \"bytes_per_caller\": %.0f}\n",
           l->anon_before, l->anon_after,
           (double)(l->anon_after - l->anon_before) * 1024 / (l->in ? l->in : 1));
    fflush(stdout);
}

/* ---- the command line ---- */

static int usage(void)
{
    fputs("usage: load MODE --to HOST:PORT [options]\n", stderr);
    for (const struct mode *m = modes; m->name; m++)
        fprintf(stderr, "  %-12s%s\n", m->name, m->help);
    fputs("options:\n", stderr);
    option_help(stderr);
    return 2;
}

static const struct mode *find_mode(const char *name)
{
    const struct mode *m = modes;

    while (m->name && strcmp(m->name, name) != 0)
        m++;
    return m->name ? m : NULL;
}

/* What the modes need of their options: screens and connect know a screen by its end, and
 * connect waits for nothing else. */
static bool check_options(const struct mode *m, struct options *o)
{
    struct script_step *first = o->script.steps;
    bool is_hold = strcmp(m->name, "hold") == 0;
    bool is_save = m->start == save_start;
    bool wants_end = m->wants_raw || m->times_dial || is_save;

    if (is_save && !o->file) {
        fprintf(stderr, "load: %s needs --file\n", m->name);
        return false;
    }

    if ((wants_end && o->until.len == 0) || (!is_hold && o->seconds <= 0)) {
        fprintf(stderr, "load: %s needs %s\n", m->name,
                o->seconds > 0 ? "--until" : "--seconds above 0");
        return false;
    }
    if (m->times_dial) {
        o->script.count = 1;
        *first = (struct script_step){.pattern = o->until};
    }
    if (o->window == 0)
        o->window = m->times_dial ? o->callers : DIAL_WINDOW;
    return true;
}

static bool raise_file_limit(unsigned callers)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return false;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max >= callers + 16)
        return true;
    fprintf(stderr, "load: %u callers need more files than the limit of %llu\n", callers,
            (unsigned long long)limit.rlim_max);
    return false;
}

static void run(struct load *l)
{
    l->loop = ev_default_loop(0);
    l->callers = calloc(l->options.callers, sizeof(*l->callers));
    if (!l->loop || !l->callers)
        abort();
    l->random = l->options.seed * 0x9e3779b97f4a7c15ULL | 1;
    ev_set_userdata(l->loop, l);
    ev_init(&l->timer, on_timer);
    enter_phase(l, PHASE_REST);
    ev_run(l->loop, 0);
    if (l->lost > 0 && !l->failed)
        fprintf(stderr, "load: %u of %u callers were refused or dropped\n", l->lost,
                l->options.callers);
    l->failed |= l->lost > 0 && !l->mode->times_dial; /* whose result says how many */
    samples_clear(&l->samples);
    free(l->callers);
}

int main(int argc, char **argv)
{
    static struct load l;

    l.mode = argc > 1 ? find_mode(argv[1]) : NULL;
    if (!l.mode || !options_read(&l.options, argv + 2))
        return usage();
    if (!check_options(l.mode, &l.options))
        return 2;
    if (!raise_file_limit(l.options.callers))
        return 3;
    run(&l);
    return l.failed;
}
