#include "server/stand.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "client/timer.h"
#include "server/scratch.h"
#include "server/server.h"
#include "server/tested.h"
#include "server/tree.h"

enum {
    ASK_SECONDS = 20,  /* for a request's answer, and for a server to come up */
    STOP_SECONDS = 10, /* for a server to go down in order */
    LOG_MOST = 4 << 20
};

struct dialled {
    int line;                  /* -1: the call is over */
    struct terminal *terminal; /* NULL: it is nobody's */
    struct buf answers;
    enum charset charset;
};

struct stand {
    const char *board;      /* the sysop's own */
    struct scratch scratch; /* what tests begin with a copy of */
    struct scratch empty;   /* or of this, where they want nothing; made when first wanted */
    char served[SCRATCH_PATH + 16]; /* the copy */
    char data[SCRATCH_PATH + 32];
    pid_t server; /* 0: none */
    int channel;
    int log;
    struct buf log_line;
    struct buf errors;
    struct dialled callers[TESTED_CALLS];
    unsigned count;
};

/* --- what the server says --- */

static bool is_error(struct span line)
{
    /* "2030-01-31 12:00:00.000 error ...", or what the sanitizers and the loader print. */
    return line.len > 24 && (line.data[4] != '-' || memcmp(line.data + 24, "error", 5) == 0);
}

static void take_log_line(struct stand *s)
{
    struct span line = buf_span(&s->log_line);

    if (is_error(line)) {
        if (line.data[4] == '-')
            span_take(&line, 30);
        buf_add(&s->errors, line);
        buf_add_byte(&s->errors, '\n');
    }
    buf_reset(&s->log_line);
}

/* False: nothing is there now. */
static bool read_log(struct stand *s)
{
    char piece[4096];
    ssize_t n = s->log < 0 ? 0 : read(s->log, piece, sizeof(piece));

    for (ssize_t i = 0; i < n; i++) {
        if (piece[i] == '\n')
            take_log_line(s);
        else
            buf_add_byte(&s->log_line, piece[i]);
    }
    return n > 0;
}

void stand_errors(struct stand *s, struct buf *out)
{
    while (read_log(s))
        ;
    buf_add(out, buf_span(&s->errors));
    buf_reset(&s->errors);
}

/* --- callers' lines --- */

static void end_line(struct dialled *d)
{
    if (d->line >= 0)
        close(d->line);
    d->line = -1;
}

/* False: nothing has come. */
static bool read_line(struct dialled *d)
{
    char piece[16384];
    ssize_t n = d->line < 0 ? -1 : recv(d->line, piece, sizeof(piece), MSG_DONTWAIT);

    if (n == 0)
        end_line(d);
    if (n <= 0)
        return n == 0;
    terminal_take(d->terminal, span_from(piece, (size_t)n));
    if (d->answers.len > 0)
        send(d->line, d->answers.data, d->answers.len, MSG_NOSIGNAL);
    buf_reset(&d->answers);
    return true;
}

static bool read_lines(struct stand *s)
{
    bool has_come = false;

    while (read_log(s))
        ;
    for (unsigned i = 0; i < s->count; i++) {
        while (s->callers[i].terminal && read_line(&s->callers[i]))
            has_come = true;
    }
    return has_come;
}

void stand_wait(struct stand *s, double seconds)
{
    struct pollfd fds[TESTED_CALLS + 1];
    unsigned n = 0;

    if (read_lines(s))
        return;
    fds[n++] = (struct pollfd){.fd = s->log, .events = POLLIN};
    for (unsigned i = 0; i < s->count; i++) {
        if (s->callers[i].terminal && s->callers[i].line >= 0)
            fds[n++] = (struct pollfd){.fd = s->callers[i].line, .events = POLLIN};
    }
    poll(fds, n, (int)(seconds * 1000));
    read_lines(s);
}

void stand_release(struct stand *s, unsigned caller)
{
    struct dialled *d = &s->callers[caller];

    if (!d->terminal)
        return;
    end_line(d);
    picture_free(terminal_release(d->terminal));
    buf_clear(&d->answers);
    d->terminal = NULL;
}

static void free_callers(struct stand *s)
{
    for (unsigned i = 0; i < s->count; i++)
        stand_release(s, i);
    s->count = 0;
}

/* --- asking --- */

static int why_gone(struct stand *s, struct err *e)
{
    struct span last;

    while (read_log(s))
        ;
    last = buf_span(&s->errors);
    return err_set(e, "the server has ended%s%.*s", last.len ? ": " : "", SPAN_ARG(last));
}

static int send_request(struct stand *s, const char *request, int line, struct err *e)
{
    char rights[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec iov = {(char *)(uintptr_t)request, strlen(request)};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
    struct cmsghdr *c;

    if (line >= 0) {
        message.msg_control = rights;
        message.msg_controllen = sizeof(rights);
        c = CMSG_FIRSTHDR(&message);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &line, sizeof(line));
    }
    return sendmsg(s->channel, &message, MSG_NOSIGNAL) < 0 ? why_gone(s, e) : 0;
}

/* Meanwhile the log and the callers' lines are read: nobody may have to wait for us. */
static int take_answer(struct stand *s, struct buf *answer, struct err *e)
{
    double until = timer_now() + ASK_SECONDS;
    char *packet = buf_room(answer, TESTED_PACKET);
    ssize_t n;

    while ((n = recv(s->channel, packet, TESTED_PACKET, MSG_DONTWAIT)) < 0) {
        struct pollfd fds[] = {{.fd = s->channel, .events = POLLIN},
                               {.fd = s->log, .events = POLLIN}};

        if (timer_now() > until)
            return err_set(e, "the server has not answered for %d s", ASK_SECONDS);
        if (errno != EAGAIN && errno != EINTR)
            return why_gone(s, e);
        poll(fds, 2, 100);
        read_lines(s);
    }
    if (n == 0)
        return why_gone(s, e);
    buf_added(answer, (size_t)n);
    return 0;
}

static int ask(struct stand *s, const char *request, int line, struct buf *answer,
               struct err *e)
{
    buf_reset(answer);
    if (send_request(s, request, line, e) < 0 || take_answer(s, answer, e) < 0)
        return -1;
    if (!span_starts_with(buf_span(answer), "ok"))
        return err_set(e, "%s", buf_text(answer) + 3); /* "no WHY" */
    buf_consume(answer, answer->len > 2 ? 3 : 2);
    return 0;
}

int stand_ask(struct stand *s, const char *request, struct buf *answer, struct err *e)
{
    return ask(s, request, -1, answer, e);
}

/* --- the server's process --- */

static _Noreturn void serve(const struct stand *s, int channel, int log)
{
    struct server_config config = {
        .board = s->served, .data = s->data, .listen = {"127.0.0.1:0"}, .listen_count = 1};
    struct err e;
    int null = open("/dev/null", O_RDWR);
    int status;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    dup2(null, 0);
    dup2(null, 1);
    dup2(log, 2);
    config.channel = dup2(channel, 3);
    close_range(4, ~0u, 0);
    status = server_run(&config, &e) < 0 ? 1 : 0;
    if (status)
        dprintf(2, "perigee: %s\n", e.text);
    _exit(status);
}

/* It is up when it answers. */
static int wait_until_up(struct stand *s, struct err *e)
{
    struct buf answer;
    int rc;

    buf_init(&answer, 2 * TESTED_PACKET);
    rc = stand_ask(s, "state 0", &answer, e);
    buf_clear(&answer);
    return rc;
}

static int begin_server(struct stand *s, struct err *e)
{
    int channel[2] = {-1, -1};
    int log[2];
    int size = 2 * TESTED_PACKET;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) < 0 ||
        pipe2(log, O_CLOEXEC) < 0)
        return err_set(e, "start the server: %s", strerror(errno));
    setsockopt(channel[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    fflush(NULL); /* what is there would be printed twice */
    s->server = fork();
    if (s->server == 0)
        serve(s, channel[1], log[1]);
    close(channel[1]);
    close(log[1]);
    s->channel = channel[0];
    s->log = log[0];
    fcntl(s->log, F_SETFL, O_NONBLOCK);
    if (s->server < 0) {
        s->server = 0;
        return err_set(e, "start the server: %s", strerror(errno));
    }
    return wait_until_up(s, e);
}

/* With `signal`; it may take a while over it, and must not wait for us to read its log. */
static void end_server(struct stand *s, int signal)
{
    double until = timer_now() + STOP_SECONDS;

    if (s->server == 0)
        return;
    kill(s->server, signal);
    while (waitpid(s->server, NULL, WNOHANG) == 0) {
        if (timer_now() > until)
            kill(s->server, SIGKILL);
        stand_wait(s, 0.01);
    }
    read_lines(s);
    s->server = 0;
    close(s->channel);
    close(s->log);
    s->log = -1;
}

/* --- a fresh copy --- */

/* The board's own schema is run by the server. */
static int make_scratch(const struct stand *s, struct scratch *out, const char *database,
                        struct err *e)
{
    struct board board;
    int rc;

    board_init(&board, s->board);
    rc = scratch_make(out, database, &board, NULL, NULL, e);
    board_clear(&board);
    return rc;
}

static int copy_data(struct stand *s, bool is_empty, struct err *e)
{
    char to[SCRATCH_PATH + 64];

    if (is_empty && !s->empty.folder[0] && make_scratch(s, &s->empty, NULL, e) < 0)
        return -1;
    snprintf(to, sizeof(to), "%s/perigee.db", s->data);
    return tree_copy_file(is_empty ? s->empty.database : s->scratch.database, to, 0600, e);
}

static int copy_fresh(struct stand *s, bool is_empty, struct err *e)
{
    tree_remove(s->served);
    snprintf(s->data, sizeof(s->data), "%s/data", s->served);
    if (mkdir(s->served, 0700) < 0 || mkdir(s->data, 0700) < 0)
        return err_set(e, "make %s: %s", s->data, strerror(errno));
    return tree_copy_board(s->board, s->served, e) < 0 || copy_data(s, is_empty, e) < 0 ? -1
                                                                                        : 0;
}

int stand_start(struct stand *s, bool is_empty, struct err *e)
{
    stand_stop(s);
    buf_reset(&s->errors);
    if (copy_fresh(s, is_empty, e) < 0)
        return -1;
    return begin_server(s, e);
}

int stand_restart(struct stand *s, struct err *e)
{
    end_server(s, SIGTERM);
    free_callers(s);
    return begin_server(s, e);
}

void stand_stop(struct stand *s)
{
    end_server(s, SIGKILL);
    free_callers(s);
}

struct stand *stand_new(const char *board, const char *database, struct err *e)
{
    struct stand *s = mem_zalloc(sizeof(*s));

    s->board = board;
    s->log = -1;
    buf_init(&s->log_line, LOG_MOST);
    buf_init(&s->errors, LOG_MOST);
    if (make_scratch(s, &s->scratch, database, e) < 0) {
        stand_free(s);
        return NULL;
    }
    snprintf(s->served, sizeof(s->served), "%s/board", s->scratch.folder);
    return s;
}

void stand_free(struct stand *s)
{
    if (!s)
        return;
    stand_stop(s);
    scratch_remove(&s->scratch);
    scratch_remove(&s->empty);
    buf_clear(&s->log_line);
    buf_clear(&s->errors);
    mem_free(s);
}

const char *stand_board(const struct stand *s)
{
    return s->served;
}

const char *stand_data(const struct stand *s)
{
    return s->data;
}

/* --- accounts --- */

static struct db *open_store(const struct stand *s, struct err *e)
{
    char path[SCRATCH_PATH + 64];

    snprintf(path, sizeof(path), "%s/perigee.db", s->data);
    return db_open(path, true, e);
}

static int change(struct db *db, const struct account *a, const char *password, int level,
                  struct err *e)
{
    char hash[PASSWORD_HASH_MAX];

    if (level > 0 && account_set_level(db, a->id, level, e) < 0)
        return -1;
    if (!password)
        return 0;
    return password_hash(password, hash, e) < 0 ? -1
                                                : account_set_hash(db, a->id, hash, false, e);
}

static int make_account(struct db *db, const char *handle, const char *nick,
                        const char *password, int level, struct err *e)
{
    const char *problem = account_handle_problem(span_of(handle));
    struct account a;
    int found;

    if (problem)
        return err_set(e, "the handle '%s': %s", handle, problem);
    found = account_find(db, span_of(handle), &a, e);
    if (found == 0) {
        if (account_add(db, span_of(handle), span_of(nick ? nick : handle), PASSWORD_NONE,
                        level > 0 ? level : 10, false, e) != 0)
            return -1;
        found = account_find(db, span_of(handle), &a, e);
    }
    return found == 1 ? change(db, &a, password, level, e) : -1;
}

int stand_account(struct stand *s, const char *handle, const char *nick, const char *password,
                  int level, struct err *e)
{
    struct db *db = open_store(s, e);
    int rc = db ? make_account(db, handle, nick, password, level, e) : -1;

    db_close(db);
    return rc;
}

/* --- calls --- */

static int find_account(const struct stand *s, const char *handle, struct account *out,
                        struct err *e)
{
    struct db *db = open_store(s, e);
    int found = db ? account_find(db, span_of(handle), out, e) : -1;

    db_close(db);
    if (found == 0)
        err_set(e, "there is no account '%s': t:user(\"%s\") makes it", handle, handle);
    return found == 1 ? 0 : -1;
}

/* What the server is told of the call; see tested.c. */
static int write_call(const struct stand *s, const struct stand_call *call, unsigned number,
                      struct buf *out, struct err *e)
{
    struct account a = {.handle = "-", .nick_name = "-"};

    if (call->handle && find_account(s, call->handle, &a, e) < 0)
        return -1;
    buf_printf(out, "call %u %s %s %" PRId64 " %d %d %s\t%s", number, call->address,
               call->keyword ? call->keyword : "-", a.id, a.level, a.hidden, a.handle,
               a.nick_name);
    return 0;
}

static int place_call(struct stand *s, const struct stand_call *call, unsigned number, int line,
                      struct err *e)
{
    struct buf request, answer;
    int rc;

    buf_init(&request, 4096);
    buf_init(&answer, 2 * TESTED_PACKET);
    rc = write_call(s, call, number, &request, e);
    if (rc == 0)
        rc = ask(s, buf_text(&request), line, &answer, e);
    buf_clear(&request);
    buf_clear(&answer);
    return rc;
}

static unsigned free_number(const struct stand *s)
{
    unsigned n = 0;

    while (n < s->count && s->callers[n].terminal)
        n++;
    return n;
}

int stand_dial(struct stand *s, const struct stand_call *call, struct err *e)
{
    unsigned number = free_number(s);
    struct dialled *d = &s->callers[number];
    int line[2];
    int rc;

    if (s->server == 0)
        return err_set(e, "no server runs");
    if (number == TESTED_CALLS)
        return err_set(e, "more than %d callers at once in a test", TESTED_CALLS);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, line) < 0)
        return err_set(e, "make a caller's line: %s", strerror(errno));
    rc = place_call(s, call, number, line[0], e);
    close(line[0]);
    if (rc < 0) {
        close(line[1]);
        return -1;
    }
    d->line = line[1];
    d->charset = call->terminal.charset;
    buf_init(&d->answers, BUF_LARGE);
    d->terminal = terminal_new(&call->terminal, &d->answers);
    if (number == s->count)
        s->count++;
    return (int)number;
}

void stand_type(struct stand *s, unsigned caller, struct span text)
{
    struct dialled *d = &s->callers[caller];
    struct buf bytes, wire;

    buf_init(&bytes, BUF_LARGE);
    buf_init(&wire, BUF_LARGE);
    charset_encode(&bytes, text, d->charset);
    for (uint32_t i = 0; i < bytes.len; i++) {
        buf_add_byte(&wire, bytes.data[i]);
        if (bytes.data[i] == '\xff')
            buf_add_byte(&wire, '\xff'); /* IAC */
    }
    while (d->line >= 0 && wire.len > 0) {
        ssize_t n = send(d->line, wire.data, wire.len, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n > 0)
            buf_consume(&wire, (size_t)n);
        else if (errno == EAGAIN)
            stand_wait(s, 0.01);
        else if (errno != EINTR)
            break;
    }
    buf_clear(&bytes);
    buf_clear(&wire);
}

static void read_state(struct buf *answer, struct stand_state *out)
{
    char word[16] = "";

    *out = (struct stand_state){0};
    sscanf(buf_text(answer), "%15s %u %u %255s", word, &out->node, &out->level, out->keyword);
    out->is_over = strcmp(word, "gone") == 0;
    out->is_settled = strcmp(word, "settled") == 0;
}

/* Settled is who is so, and was not sent anything that has not been looked at. */
int stand_settle(struct stand *s, unsigned caller, double seconds, struct stand_state *out,
                 struct err *e)
{
    double until = timer_now() + seconds;
    char request[32];
    struct buf answer;
    int rc;
    int asked = 0;
    bool has_come;

    snprintf(request, sizeof(request), "state %u", caller);
    buf_init(&answer, 2 * TESTED_PACKET);
    do {
        has_come = read_lines(s);
        rc = stand_ask(s, request, &answer, e);
        read_state(&answer, out);
        has_come = read_lines(s) || has_come;
        if (rc < 0 || out->is_over || (out->is_settled && !has_come))
            break;
        if (!out->is_settled && ++asked > 2)
            stand_wait(s, 0.001); /* what it has typed just now takes two turns of its loop */
    } while (timer_now() < until);
    buf_clear(&answer);
    return rc;
}

void stand_hang_up(struct stand *s, unsigned caller)
{
    end_line(&s->callers[caller]);
}

const struct picture *stand_picture(const struct stand *s, unsigned caller)
{
    return terminal_picture(s->callers[caller].terminal);
}
