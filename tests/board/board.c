#include "tests/board/board.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { WAIT_SECONDS = 20, PATH_LEN = 1024, BOARDS_MAX = 16, ARGS_MAX = 32, SHOWN_MAX = 1200 };

double now_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double caller_patience(void)
{
    return now_seconds() + WAIT_SECONDS;
}

static void sleep_a_little(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

static void *must(void *p)
{
    if (!p)
        abort();
    return p;
}

/* The last of a long text: what there was instead of what was waited for. */
static const char *tail(const char *text)
{
    size_t len = text ? strlen(text) : 0;

    return len > SHOWN_MAX ? text + len - SHOWN_MAX : text ? text : "";
}

/* --- folders --- */

static void make_folders(const char *path)
{
    char part[PATH_LEN];

    snprintf(part, sizeof(part), "%s", path);
    for (char *p = strchr(part + 1, '/'); p; p = strchr(p + 1, '/')) {
        *p = '\0';
        if (mkdir(part, 0755) < 0 && errno != EEXIST)
            fail_msg("mkdir %s: %s", part, strerror(errno));
        *p = '/';
    }
}

static char *read_file(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    char *text = NULL;
    FILE *to;
    int ch;

    if (!f)
        return NULL;
    to = must(open_memstream(&text, len));
    while ((ch = getc(f)) != EOF)
        putc(ch, to);
    fclose(to);
    fclose(f);
    return text;
}

static void write_file(const char *path, const char *data, size_t len)
{
    FILE *f;

    make_folders(path);
    f = fopen(path, "wb");
    if (!f || fwrite(data, 1, len, f) != len || fclose(f) != 0)
        fail_msg("write %s: %s", path, strerror(errno));
}

static void copy_tree(const char *from, const char *to);

static void copy_entry(const char *from, const char *to)
{
    struct stat st;
    size_t len = 0;
    char *text;

    if (stat(from, &st) < 0)
        fail_msg("stat %s: %s", from, strerror(errno));
    if (S_ISDIR(st.st_mode)) {
        copy_tree(from, to);
        return;
    }
    text = read_file(from, &len);
    assert_non_null(text);
    write_file(to, text, len);
    free(text);
}

static void copy_tree(const char *from, const char *to)
{
    DIR *d = opendir(from);

    if (!d) {
        fail_msg("open %s: %s (tests run from the repository's top)", from, strerror(errno));
        return;
    }
    for (struct dirent *e = readdir(d); e; e = readdir(d)) {
        char source[PATH_LEN];
        char target[PATH_LEN];

        if (e->d_name[0] == '.')
            continue;
        snprintf(source, sizeof(source), "%s/%s", from, e->d_name);
        snprintf(target, sizeof(target), "%s/%s", to, e->d_name);
        copy_entry(source, target);
    }
    closedir(d);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void path_of(const struct board *b, const char *path, char out[PATH_LEN])
{
    snprintf(out, PATH_LEN, "%s/%s", b->folder, path);
}

void board_write_bytes(struct board *b, const char *path, const void *bytes, size_t len)
{
    char whole[PATH_LEN];

    path_of(b, path, whole);
    write_file(whole, bytes, len);
}

void board_write(struct board *b, const char *path, const char *text)
{
    board_write_bytes(b, path, text, strlen(text));
}

void board_remove(struct board *b, const char *path)
{
    char whole[PATH_LEN];

    path_of(b, path, whole);
    if (remove(whole) < 0)
        fail_msg("remove %s: %s", whole, strerror(errno));
}

char *board_read(struct board *b, const char *path)
{
    char whole[PATH_LEN];
    size_t len;

    path_of(b, path, whole);
    return read_file(whole, &len);
}

/* --- boards that a failed test has left behind --- */

static struct board *boards[BOARDS_MAX];
static pid_t owner;

static void free_boards(void)
{
    for (int i = 0; getpid() == owner && i < BOARDS_MAX; i++)
        board_free(boards[i]);
}

static void remember(struct board *b)
{
    int i = 0;

    if (!owner) {
        owner = getpid();
        signal(SIGPIPE, SIG_IGN);
        atexit(free_boards);
    }
    while (i < BOARDS_MAX && boards[i])
        i++;
    if (i == BOARDS_MAX)
        fail_msg("more than %d boards at once", BOARDS_MAX);
    boards[i] = b;
}

static void forget(const struct board *b)
{
    for (int i = 0; i < BOARDS_MAX; i++) {
        if (boards[i] == b)
            boards[i] = NULL;
    }
}

struct board *board_new(bool starter)
{
    struct board *b = must(calloc(1, sizeof(*b)));
    const char *temp = getenv("TMPDIR");

    snprintf(b->folder, sizeof(b->folder), "%s/perigee-test-XXXXXX", temp ? temp : "/tmp");
    if (!mkdtemp(b->folder))
        fail_msg("mkdtemp %s: %s", b->folder, strerror(errno));
    b->log_fd = -1;
    remember(b);
    board_write(b, "screens/.keep", "");
    board_write(b, "lua/handlers/.keep", "");
    board_remove(b, "screens/.keep");
    board_remove(b, "lua/handlers/.keep");
    if (starter) {
        char to[PATH_LEN];

        path_of(b, "screens", to);
        copy_tree("screens", to);
        path_of(b, "lua", to);
        copy_tree("lua", to);
        path_of(b, "doors", to);
        copy_tree("doors", to);
    }
    return b;
}

void board_free(struct board *b)
{
    if (!b)
        return;
    if (b->pid)
        board_kill(b, SIGKILL);
    forget(b);
    if (b->log_fd >= 0)
        close(b->log_fd);
    nftw(b->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(b->log);
    free(b);
}

/* --- the log --- */

static void board_read_log(struct board *b)
{
    struct stat st;
    size_t size;

    if (b->log_fd < 0 || fstat(b->log_fd, &st) < 0)
        return;
    size = (size_t)st.st_size;
    b->log = must(realloc(b->log, size + 1));
    while (b->log_len < size) {
        ssize_t n = pread(b->log_fd, b->log + b->log_len, size - b->log_len, (off_t)b->log_len);

        if (n <= 0)
            break;
        b->log_len += (size_t)n;
    }
    b->log[b->log_len] = '\0';
}

const char *board_log_end(struct board *b)
{
    board_read_log(b);
    return tail(b->log);
}

/* Where the text behind `from` ends in the log; 0: it is not there. */
static size_t find_in_log(struct board *b, size_t from, const char *text)
{
    const char *at;

    board_read_log(b);
    at = from <= b->log_len && b->log ? strstr(b->log + from, text) : NULL;
    return at ? (size_t)(at - b->log) + strlen(text) : 0;
}

static bool has_ended(struct board *b)
{
    int status;

    return b->pid && waitpid(b->pid, &status, WNOHANG) == b->pid && (b->pid = 0, true);
}

/* The end of the server is the end of waiting, after one more look. */
static size_t wait_for_log(struct board *b, size_t from, const char *text)
{
    double until = caller_patience();
    size_t end = find_in_log(b, from, text);

    while (!end && now_seconds() < until) {
        bool last = has_ended(b);

        sleep_a_little();
        end = find_in_log(b, from, text);
        if (last)
            break;
    }
    return end;
}

void board_expect_log(struct board *b, size_t *from, const char *text)
{
    size_t end = wait_for_log(b, from ? *from : 0, text);

    if (!end)
        fail_msg("the log has no \"%s\"%s; it ends with:\n%s", text,
                 b->pid ? "" : " and the server is gone", tail(b->log));
    if (from)
        *from = end;
}

bool board_log_has(struct board *b, const char *text)
{
    return find_in_log(b, 0, text) > 0;
}

char *board_sysop_password(struct board *b)
{
    size_t from = 0;
    const char *start;

    board_expect_log(b, &from, "    password  ");
    board_expect_log(b, &(size_t){from}, "\n");
    start = b->log + from;
    return must(strndup(start, strcspn(start, " \r\n")));
}

/* --- the program --- */

static const char *program(void)
{
    static char path[PATH_LEN];
    const char *own = getenv("PERIGEE");
    const char *build = getenv("BUILD");

    snprintf(path, sizeof(path), "%s%s",
             own     ? own
             : build ? build
                     : "build",
             own ? "" : "/perigee");
    return path;
}

/* In the child: become the program. Whatever happens to the test ends it. */
static _Noreturn void become(const char *const *args, int in, int out)
{
    char *argv[ARGS_MAX] = {(char *)(uintptr_t)program()};

    for (int i = 0; args[i] && i < ARGS_MAX - 2; i++)
        argv[i + 1] = (char *)(uintptr_t)args[i];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_DFL);
    unsetenv("JOURNAL_STREAM");
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execv(argv[0], argv);
    dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

static pid_t start_program(const char *const *args, int in, int out)
{
    pid_t pid = fork();

    if (pid < 0)
        fail_msg("fork: %s", strerror(errno));
    if (pid == 0)
        become(args, in, out);
    return pid;
}

static void start_server(struct board *b, const char *const *args)
{
    char path[PATH_LEN];
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int log;

    path_of(b, "server.log", path);
    log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (b->log_fd < 0)
        b->log_fd = open(path, O_RDONLY | O_CLOEXEC);
    if (nothing < 0 || log < 0 || b->log_fd < 0)
        fail_msg("open %s: %s", path, strerror(errno));
    b->pid = start_program(args, nothing, log);
    close(nothing);
    close(log);
}

void board_start(struct board *b, const char *const *more)
{
    const char *args[ARGS_MAX] = {"serve", "--board", b->folder, "--listen", "127.0.0.1:0"};
    size_t from;
    int n = 5;

    while (more && *more && n < ARGS_MAX - 1)
        args[n++] = *more++;
    board_read_log(b);
    from = b->log_len;
    start_server(b, args);
    board_expect_log(b, &from, "listening telnet 127.0.0.1:");
    board_expect_log(b, &(size_t){from}, "\n");
    b->port = atoi(b->log + from);
}

static int wait_status(struct board *b)
{
    double until = caller_patience();
    pid_t pid = b->pid;
    int status;

    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (now_seconds() > until) {
            kill(pid, SIGKILL);
            waitpid(pid, &status, 0);
            b->pid = 0;
            fail_msg("the server did not end; its log ends with:\n%s", tail(b->log));
        }
        sleep_a_little();
    }
    b->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void board_kill(struct board *b, int signal)
{
    if (!b->pid)
        return;
    kill(b->pid, signal);
    wait_status(b);
}

int board_stop(struct board *b)
{
    assert_int_not_equal(b->pid, 0);
    kill(b->pid, SIGTERM);
    return wait_status(b);
}

/* What the program says; ended by its end, or by the time limit. */
static void collect(int fd, pid_t pid, FILE *to)
{
    double until = now_seconds() + 3 * WAIT_SECONDS;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char part[4096];
    ssize_t n = 1;

    while (n > 0) {
        if (poll(&p, 1, 100) == 0) {
            if (now_seconds() > until)
                kill(pid, SIGKILL);
            continue;
        }
        n = read(fd, part, sizeof(part));
        if (n > 0)
            fwrite(part, 1, (size_t)n, to);
    }
}

int board_run(const char *const *args, const char *input, char **out)
{
    char *text = NULL;
    size_t len = 0;
    FILE *to = must(open_memstream(&text, &len));
    int in[2];
    int from[2];
    int status;
    pid_t pid;

    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0) {
        fail_msg("pipe: %s", strerror(errno));
        return -1;
    }
    pid = start_program(args, in[0], from[1]);
    close(in[0]);
    close(from[1]);
    if (input && write(in[1], input, strlen(input)) < 0)
        fprintf(to, "(it did not read its input: %s)\n", strerror(errno));
    close(in[1]);
    collect(from[0], pid, to);
    close(from[0]);
    fclose(to);
    waitpid(pid, &status, 0);
    if (out)
        *out = text;
    else
        free(text);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

pid_t board_spawn(const char *const *args, int *to, int *from)
{
    int in[2];
    int out[2];
    pid_t pid;

    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0) {
        fail_msg("pipe: %s", strerror(errno));
        return -1;
    }
    pid = start_program(args, in[0], out[1]);
    close(in[0]);
    close(out[1]);
    *to = in[1];
    *from = out[0];
    return pid;
}

pid_t board_spawn_in_terminal(const char *const *args, int *terminal)
{
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    pid_t pid = forkpty(terminal, NULL, NULL, &size);

    if (pid < 0)
        fail_msg("forkpty: %s", strerror(errno));
    if (pid == 0)
        become(args, STDIN_FILENO, STDOUT_FILENO);
    return pid;
}

/* --- a caller's machine: telnet, the terminal's answers, and where its cursor is --- */

enum telnet_byte {
    SE = 240,
    SB = 250,
    WILL = 251,
    WONT = 252,
    DO = 253,
    DONT = 254,
    IAC = 255,
};

enum option { BINARY = 0, ECHO_OPTION = 1, SGA = 3, TTYPE = 24, NAWS = 31 };

enum machine_state { IN_TEXT, AFTER_IAC, IN_OPTION, IN_SB, SB_IAC, AFTER_ESC, IN_CSI };

struct machine {
    enum machine_state state;
    unsigned char command;
    bool us[256];
    bool him[256];
    char sb[64];
    size_t sb_len;
    char csi[32];
    size_t csi_len;
    unsigned column;
    unsigned types; /* told so far */
};

/* The name that it tells after `told` others: most have one. */
static const char *terminal_name(enum caller_kind kind, unsigned told)
{
    static const char *const names[] = {"xterm", "syncterm", "dumb", "mudlet", "raw"};
    static const char *const more[] = {"ANSI", "MTTS 69"};

    return kind == CALLER_READER && told > 0 ? more[told > 1] : names[kind];
}

static void reply(struct caller *c, const char *bytes, size_t len)
{
    if (c->kind != CALLER_RAW)
        caller_send_bytes(c, bytes, len);
}

static void reply_option(struct caller *c, int verb, int option)
{
    reply(c, (char[]){(char)IAC, (char)verb, (char)option}, 3);
}

static void send_window(struct caller *c)
{
    reply(c,
          (char[]){(char)IAC, (char)SB, NAWS, 0, (char)c->columns, 0, (char)c->rows, (char)IAC,
                   (char)SE},
          9);
}

void caller_resize(struct caller *c, unsigned columns, unsigned rows)
{
    c->columns = columns;
    c->rows = rows;
    send_window(c);
}

static bool takes_binary(const struct caller *c, int option)
{
    return option == BINARY && !c->refuses_binary;
}

static bool is_ours(const struct caller *c, int option)
{
    return option == TTYPE || option == NAWS || option == SGA || takes_binary(c, option);
}

static bool is_his(const struct caller *c, int option)
{
    return option == ECHO_OPTION || option == SGA || takes_binary(c, option);
}

bool caller_is_binary(const struct caller *c)
{
    return c->machine->us[BINARY] && c->machine->him[BINARY];
}

/* RFC 854: only changes are answered, and what is not known is refused. */
static void take_option(struct caller *c, unsigned char option)
{
    struct machine *m = c->machine;
    bool wants = m->command == DO || m->command == WILL;
    bool about_us = m->command == DO || m->command == DONT;
    bool *state = about_us ? &m->us[option] : &m->him[option];
    bool yes = wants && (about_us ? is_ours(c, option) : is_his(c, option));

    if (yes != *state || wants != yes) {
        *state = yes;
        reply_option(c, about_us ? (yes ? WILL : WONT) : (yes ? DO : DONT), option);
    }
    if (about_us && yes && option == NAWS)
        send_window(c);
}

void caller_take_option(struct caller *c, unsigned char verb, unsigned char option)
{
    c->machine->command = verb;
    take_option(c, option);
}

static void take_sb(struct caller *c)
{
    struct machine *m = c->machine;
    char is[64] = {(char)IAC, (char)SB, TTYPE, 0};
    size_t n;

    if (m->sb_len != 2 || m->sb[0] != TTYPE || m->sb[1] != 1)
        return;
    n = 4 + (size_t)snprintf(is + 4, sizeof(is) - 6, "%s", terminal_name(c->kind, m->types++));
    is[n++] = (char)IAC;
    is[n++] = (char)SE;
    reply(c, is, n);
}

static void take_csi(struct caller *c, char final)
{
    struct machine *m = c->machine;
    char report[32];
    int n;

    m->csi[m->csi_len] = '\0';
    if (final == 'H')
        m->column = strchr(m->csi, ';') ? (unsigned)atoi(strchr(m->csi, ';') + 1) : 1;
    if (final != 'n' || strcmp(m->csi, "6") != 0 || c->kind == CALLER_DUMB)
        return;
    n = snprintf(report, sizeof(report), "\033[1;%uR", m->column);
    reply(c, report, (size_t)n);
}

static void move_cursor(struct caller *c, unsigned char byte)
{
    struct machine *m = c->machine;

    if (byte == '\r')
        m->column = 1;
    else if (byte == '\b' && m->column > 1)
        m->column--;
    else if (byte >= 0x20 &&
             (c->kind == CALLER_SYNCTERM || c->kind == CALLER_DUMB || (byte & 0xC0) != 0x80))
        m->column++;
}

static void add_byte(char **text, size_t *len, size_t *cap, char byte)
{
    if (*len + 2 > *cap) {
        *cap = *cap ? 2 * *cap : 4096;
        *text = must(realloc(*text, *cap));
    }
    (*text)[(*len)++] = byte;
    (*text)[*len] = '\0';
}

static void take_text(struct caller *c, unsigned char byte)
{
    move_cursor(c, byte);
    if (byte == 27)
        c->machine->state = AFTER_ESC;
    else if (byte == IAC)
        c->machine->state = AFTER_IAC;
    else if (byte != '\r' && byte != '\0')
        add_byte(&c->seen, &c->len, &c->cap, (char)byte);
    if (byte != IAC)
        add_byte(&c->shown, &c->shown_len, &c->shown_cap, (char)byte);
}

static void take_after_iac(struct caller *c, unsigned char byte)
{
    struct machine *m = c->machine;

    m->state = IN_TEXT;
    m->command = byte;
    if (byte == IAC) {
        add_byte(&c->seen, &c->len, &c->cap, (char)byte);
        add_byte(&c->shown, &c->shown_len, &c->shown_cap, (char)byte);
    } else if (byte == SB)
        m->state = IN_SB, m->sb_len = 0;
    else if (byte >= WILL)
        m->state = IN_OPTION;
}

static void take_in_sb(struct caller *c, unsigned char byte)
{
    struct machine *m = c->machine;

    if (m->state == IN_SB && byte == IAC) {
        m->state = SB_IAC;
        return;
    }
    if (m->state == SB_IAC && byte == SE) {
        m->state = IN_TEXT;
        take_sb(c);
        return;
    }
    m->state = IN_SB;
    if (m->sb_len < sizeof(m->sb))
        m->sb[m->sb_len++] = (char)byte;
}

static void take_sequence(struct caller *c, unsigned char byte)
{
    struct machine *m = c->machine;

    add_byte(&c->shown, &c->shown_len, &c->shown_cap, (char)byte);
    if (m->state == AFTER_ESC) {
        m->state = byte == '[' ? IN_CSI : IN_TEXT;
        m->csi_len = 0;
    } else if (byte >= 0x40) {
        m->state = IN_TEXT;
        take_csi(c, (char)byte);
    } else if (m->csi_len < sizeof(m->csi) - 1) {
        m->csi[m->csi_len++] = (char)byte;
    }
}

static void take_byte(struct caller *c, unsigned char byte)
{
    switch (c->machine->state) {
    case IN_TEXT:
        take_text(c, byte);
        break;
    case AFTER_IAC:
        take_after_iac(c, byte);
        break;
    case IN_OPTION:
        c->machine->state = IN_TEXT;
        take_option(c, byte);
        break;
    case IN_SB:
    case SB_IAC:
        take_in_sb(c, byte);
        break;
    case AFTER_ESC:
    case IN_CSI:
        take_sequence(c, byte);
        break;
    }
}

/* --- a caller's line --- */

struct caller *caller_dial(struct board *b, enum caller_kind kind)
{
    return caller_dial_from(b, kind, "127.0.0.1");
}

struct caller *caller_dial_from(struct board *b, enum caller_kind kind, const char *address)
{
    struct caller *c = must(calloc(1, sizeof(*c)));
    struct sockaddr_in from = {.sin_family = AF_INET};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)b->port)};

    c->kind = kind;
    c->columns = 80;
    c->rows = 24;
    c->machine = must(calloc(1, sizeof(*c->machine)));
    c->machine->column = 1;
    c->seen = must(calloc(1, c->cap = 4096));
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    inet_pton(AF_INET, address, &from.sin_addr);
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    if (c->fd < 0 || bind(c->fd, (struct sockaddr *)&from, sizeof(from)) < 0 ||
        connect(c->fd, (struct sockaddr *)&to, sizeof(to)) < 0)
        fail_msg("dial port %d from %s: %s", b->port, address, strerror(errno));
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    return c;
}

void caller_free(struct caller *c)
{
    if (!c)
        return;
    if (c->fd >= 0)
        close(c->fd);
    free(c->seen);
    free(c->wire);
    free(c->shown);
    free(c->machine);
    free(c);
}

void caller_reset(struct caller *c)
{
    const struct linger now = {.l_onoff = 1, .l_linger = 0};

    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close(c->fd);
    c->fd = -1;
    c->closed = true;
}

static void keep_wire(struct caller *c, const char *bytes, size_t len)
{
    c->wire = must(realloc(c->wire, c->wire_len + len + 1));
    memcpy(c->wire + c->wire_len, bytes, len);
    c->wire_len += len;
    c->wire[c->wire_len] = '\0';
}

void caller_read_for_now(struct caller *c)
{
    char part[65536];
    ssize_t n;

    while (!c->closed && (n = recv(c->fd, part, sizeof(part), MSG_DONTWAIT)) != 0) {
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n < 0)
            break;
        keep_wire(c, part, (size_t)n);
        for (ssize_t i = 0; i < n; i++)
            take_byte(c, (unsigned char)part[i]);
    }
    c->closed = true;
}

/* Waits for room, at most a second at a time. */
static bool wait_for_room(struct caller *c, double until)
{
    struct pollfd p = {.fd = c->fd, .events = POLLIN | POLLOUT};

    if (now_seconds() > until)
        fail_msg("the server does not read; it has sent:\n%s", tail(c->seen));
    poll(&p, 1, 1000);
    if (p.revents & POLLOUT)
        return true;
    if (p.revents & POLLIN)
        caller_read_for_now(c);
    return !c->closed;
}

void caller_send_bytes(struct caller *c, const void *bytes, size_t len)
{
    double until = caller_patience();
    const char *p = bytes;

    while (len > 0 && !c->closed) {
        ssize_t n = send(c->fd, p, len, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n > 0) {
            p += n;
            len -= (size_t)n;
        } else if (errno != EAGAIN || !wait_for_room(c, until)) {
            return; /* the server has closed; what it said is still to be read */
        }
    }
}

void caller_send(struct caller *c, const char *keys)
{
    caller_send_bytes(c, keys, strlen(keys));
}

bool caller_has(struct caller *c, const char *text)
{
    caller_read_for_now(c);
    return strstr(c->seen, text) != NULL;
}

void caller_wait(struct caller *c, double until, const char *text)
{
    struct pollfd p = {.fd = c->fd, .events = POLLIN};

    if (c->closed || now_seconds() > until)
        fail_msg("a caller (%s) did not see \"%s\"%s; instead:\n%s", terminal_name(c->kind, 0),
                 text, c->closed ? " before the end" : "", tail(c->seen + c->from));
    poll(&p, 1, 200);
    caller_read_for_now(c);
}

/* As strstr, which under the sanitizers measures all that was ever seen, at each call. */
static const char *find(const char *from, const char *end, const char *text)
{
    size_t n = strlen(text);

    if (n == 0)
        return from;
    while (from && (size_t)(end - from) >= n) {
        if (memcmp(from, text, n) == 0)
            return from;
        from = memchr(from + 1, text[0], (size_t)(end - from) - 1);
    }
    return NULL;
}

void caller_expect(struct caller *c, const char *text)
{
    double until = caller_patience();
    const char *at;

    caller_read_for_now(c);
    while (!(at = find(c->seen + c->from, c->seen + c->len, text)))
        caller_wait(c, until, text);
    c->from = (size_t)(at - c->seen) + strlen(text);
}

void caller_expect_end(struct caller *c)
{
    double until = caller_patience();

    while (!c->closed)
        caller_wait(c, until, "the end");
}

/* --- on the starter board --- */

static void answer(struct caller *c, const char *question, const char *text)
{
    caller_expect(c, question);
    caller_send(c, text);
    caller_send(c, "\r");
}

void caller_sign_up(struct caller *c, const char *handle, const char *password)
{
    answer(c, "Handle: ", "new");
    answer(c, "Handle: ", handle);
    answer(c, "Nick name: ", "");
    answer(c, "Password: ", password);
    answer(c, "same again: ", password);
    caller_expect(c, "Your account is made.");
    caller_expect(c, "which key?");
}

void caller_log_in(struct caller *c, const char *handle, const char *password)
{
    answer(c, "Handle: ", handle);
    answer(c, "Password: ", password);
    caller_expect(c, "which key?");
}
