/* How callers come to be connected: through a proxy that says who they are, and by sockets that
 * a service manager has opened. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/span.h"
#include "tests/board/stage.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up, stage_tear_down)

static const char who_lua[] = "local who = {}\n"
                              "function who.address(client) return client.address end\n"
                              "return who\n";

static void write_board(const char *settings)
{
    char text[500];

    board_write(board, "lua/handlers/who.lua", who_lua);
    board_write(board, "screens/root.txt",
                "you are at <% get:who.address %>. Name? <% set:menu.name %>");
    board_write(board, "lua/handlers/menu.lua",
                "local m = {}\nfunction m.name(client, text) client:send('hello ' .. text)\n"
                "  return 'repeat' end\nreturn m\n");
    snprintf(text, sizeof(text), "return { %s }\n", settings);
    board_write(board, "lua/settings.lua", text);
}

/* The port that the log names behind 127.0.0.1, with `mark` behind it. */
static int port_of(const char *mark)
{
    size_t from = 0;

    for (;;) {
        const char *end;

        board_expect_log(board, &from, "listening telnet 127.0.0.1:");
        board_expect_log(board, &(size_t){from}, "\n");
        end = strchr(board->log + from, '\n');
        if ((size_t)(end - board->log) - from > strlen(mark) &&
            memcmp(end - strlen(mark), mark, strlen(mark)) == 0)
            return atoi(board->log + from);
    }
}

static struct caller *dial_port(int port)
{
    int other = board->port;
    struct caller *c;

    board->port = port;
    c = dial_as(CALLER_RAW);
    board->port = other;
    return c;
}

/* Behind a proxy that sends this. */
static struct caller *dial_through(struct span header)
{
    struct caller *c = dial_port(port_of(" proxy"));

    caller_send_bytes(c, header.data, header.len);
    return c;
}

#define THROUGH(bytes) dial_through(SPAN_LIT(bytes))

static const char *const with_proxy[] = {"--listen", "127.0.0.1:0 proxy", NULL};

static void the_proxy_says_who_calls(void **state)
{
    static const char version2[] =
        "\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x07"
        "\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x01\xDB\xA6\x09\x13";
    struct caller *c;

    (void)state;
    write_board("");
    board_start(board, with_proxy);
    c = THROUGH("PROXY TCP4 192.0.2.7 127.0.0.1 56230 2323\r\nluna\r");
    caller_expect(c, "you are at 192.0.2.7.");
    caller_expect(c, "hello luna"); /* nothing behind the header is lost */
    c = dial_through(SPAN_LIT(version2));
    caller_expect(c, "you are at 2001:db8::7.");
    c = THROUGH("PROXY TCP6 ::ffff:192.0.2.6 ::1 56230 2323\r\n");
    caller_expect(c, "you are at 192.0.2.6.");
    c = THROUGH("PROXY UNKNOWN\r\n");
    caller_expect(c, "you are at 127.0.0.1.");
    c = THROUGH("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"); /* LOCAL */
    caller_expect(c, "you are at 127.0.0.1.");
    c = THROUGH("PROXY TCP4 192.0.2.8 127.0");
    caller_send(dial_port(board->port), "x");
    caller_send(c, ".0.1 56230 2323\r\n");
    caller_expect(c, "you are at 192.0.2.8.");
    c = dial_port(board->port); /* a listener like others takes a header for typing */
    caller_send(c, "PROXY UNKNOWN\r");
    caller_expect(c, "hello PROXY UNKNOWN");
}

static void who_shows_the_whole_address(void **state)
{
    const char *const args[] = {"who", "--board", board->folder, NULL};
    struct caller *c;
    char *out;

    (void)state;
    write_board("");
    board_start(board, with_proxy);
    c = THROUGH("PROXY TCP6 2001:db8:85a3:1234:5678:8a2e:370:7334 ::1 56230 2323\r\nluna\r");
    caller_expect(c, "hello luna");
    assert_int_equal(board_run(args, NULL, &out), 0);
    assert_non_null(strstr(out, "  2001:db8:85a3:1234:5678:8a2e:370:7334  "));
    free(out);
}

static void without_a_header_nobody_comes_in(void **state)
{
    size_t from = 0;

    (void)state;
    write_board("");
    board_start(board, with_proxy);
    caller_expect_end(THROUGH("hello\r\n"));
    board_expect_log(board, &from,
                     "proxy event=refused address=127.0.0.1 why=\"no header\" refusals=1");
    caller_expect_end(THROUGH("PROXY TCP4 192.0.2.7 127.0.0.1 x 2323\r\n"));
    caller_expect_end(THROUGH("\xFF\xFB\x1F"));
    assert_false(board_log_has(board, "makes no sense")); /* one line each ten seconds */
    hang_up(THROUGH("PROXY TCP4"));
    caller_expect(dial_port(board->port), "you are at 127.0.0.1.");
    caller_expect_end(THROUGH("PROXY TCP4 192.0.2.7 ")); /* after five seconds */
    assert_int_equal(board_stop(board), 0);              /* with one that waits */
}

static void limits_hold_for_who_calls(void **state)
{
    struct caller *one, *two, *other;

    (void)state;
    write_board("limits = { callers_per_address = 1 }");
    board_start(board, with_proxy);
    one = THROUGH("PROXY TCP4 192.0.2.7 127.0.0.1 56230 2323\r\n");
    caller_expect(one, "you are at 192.0.2.7.");
    two = THROUGH("PROXY TCP4 192.0.2.7 127.0.0.1 56231 2323\r\n");
    caller_expect(two, "There are too many callers from your address.");
    caller_expect_end(two);
    other = THROUGH("PROXY TCP4 192.0.2.9 127.0.0.1 56230 2323\r\n");
    caller_expect(other, "you are at 192.0.2.9.");
}

static void only_proxies_say_who_calls(void **state)
{
    struct caller *c;

    (void)state;
    write_board("proxy = { from = { '127.0.0.2' } }, "
                "listen = { '127.0.0.1:0  proxy' }");
    board_start(board, with_proxy);
    c = THROUGH("PROXY UNKNOWN\r\n");
    caller_expect_end(c);
    board_expect_log(board, NULL, "why=\"it is not in proxy.from\"");
    write_board("proxy = { from = { '127.0.0.0/8' } }");
    board_expect_log(board, NULL, "settings event=loaded");
    c = THROUGH("PROXY UNKNOWN\r\n");
    caller_expect(c, "you are at 127.0.0.1.");
}

/* --- a service manager --- */

static int listen_at(int type)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    if (type == SOCK_STREAM)
        assert_int_equal(listen(fd, 10), 0);
    return fd;
}

static int port_at(int fd)
{
    struct sockaddr_in6 a; /* its port is where IPv4's is */
    socklen_t len = sizeof(a);

    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
    return ntohs(a.sin6_port);
}

struct manager {
    int sockets[2];
    int count;
    const char *names;
    const char *listen; /* for --listen; NULL: not given */
    char notify[108];   /* NOTIFY_SOCKET */
    int words;          /* its other end */
    bool is_journal;    /* standard error is, and the environment says so */
};

static void open_words(struct manager *m)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};

    snprintf(m->notify, sizeof(m->notify), "%.90s/notify", board->folder);
    memcpy(a.sun_path, m->notify, sizeof(m->notify));
    m->words = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(m->words, (struct sockaddr *)&a, sizeof(a)), 0);
    setsockopt(m->words, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){.tv_sec = 20},
               sizeof(struct timeval));
}

static void expect_word(const struct manager *m, const char *word)
{
    char text[200] = "";
    ssize_t n = recv(m->words, text, sizeof(text) - 1, 0);

    assert_true(n > 0);
    if (strncmp(text, word, strlen(word)) != 0)
        fail_msg("it said %s", text);
}

static void set_number(const char *name, const char *format, unsigned long a, unsigned long b)
{
    char text[60];

    snprintf(text, sizeof(text), format, a, b);
    setenv(name, text, 1);
}

static _Noreturn void become_service(const struct manager *m, int log)
{
    const char *build = getenv("BUILD");
    char path[300];
    struct stat st;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(log, STDERR_FILENO);
    for (int i = 0; i < m->count; i++) /* out of the way of one another */
        fcntl(m->sockets[i], F_DUPFD, 50 + i);
    for (int i = 0; i < m->count; i++)
        dup2(50 + i, 3 + i);
    set_number("LISTEN_PID", "%lu", (unsigned long)getpid(), 0);
    set_number("LISTEN_FDS", "%lu", (unsigned long)m->count, 0);
    if (m->names)
        setenv("LISTEN_FDNAMES", m->names, 1);
    if (m->notify[0])
        setenv("NOTIFY_SOCKET", m->notify, 1);
    fstat(log, &st);
    set_number("JOURNAL_STREAM", "%lu:%lu", st.st_dev, st.st_ino + !m->is_journal);
    snprintf(path, sizeof(path), "%s/perigee", build ? build : "build");
    execl(path, path, "serve", "--board", board->folder, m->listen ? "--listen" : NULL,
          m->listen, NULL);
    _exit(127);
}

static void start_service(const struct manager *m)
{
    char path[300];
    int log;

    snprintf(path, sizeof(path), "%s/server.log", board->folder);
    log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    board->log_fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(log >= 0 && board->log_fd >= 0);
    board->pid = fork();
    if (board->pid == 0)
        become_service(m, log);
    close(log);
}

static void sockets_are_taken_over(void **state)
{
    struct manager m = {.sockets = {listen_at(SOCK_STREAM), listen_at(SOCK_STREAM)},
                        .count = 2,
                        .names = "telnet:telnet-proxy"};
    struct caller *early, *c;
    char text[80];

    (void)state;
    write_board("listen = { '127.0.0.1:1' }"); /* which is not tried */
    early = dial_port(port_at(m.sockets[0]));  /* before the server is there */
    start_service(&m);
    caller_expect(early, "you are at 127.0.0.1.");
    snprintf(text, sizeof(text), "listening telnet 127.0.0.1:%d\n", port_at(m.sockets[0]));
    board_expect_log(board, NULL, text);
    snprintf(text, sizeof(text), "listening telnet 127.0.0.1:%d proxy\n",
             port_at(m.sockets[1]));
    board_expect_log(board, NULL, text);
    c = THROUGH("PROXY TCP4 192.0.2.7 127.0.0.1 56230 2323\r\n");
    caller_expect(c, "you are at 192.0.2.7.");
    assert_int_equal(board_stop(board), 0);
    c = dial_port(port_at(m.sockets[0])); /* waits for the next server */
    start_service(&m);
    caller_expect(c, "you are at 127.0.0.1.");
    close(m.sockets[0]);
    close(m.sockets[1]);
}

/* One that takes IPv4 and IPv6, as systemd's do. */
static void callers_of_both_kinds_are_told_apart(void **state)
{
    struct sockaddr_in6 a = {.sin6_family = AF_INET6};
    struct manager m = {.sockets = {socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)},
                        .count = 1};

    (void)state;
    if (m.sockets[0] < 0 || bind(m.sockets[0], (struct sockaddr *)&a, sizeof(a)) < 0)
        skip(); /* the machine has no IPv6 */
    assert_int_equal(listen(m.sockets[0], 10), 0);
    write_board("");
    start_service(&m);
    caller_expect(dial_port(port_at(m.sockets[0])), "you are at 127.0.0.1.");
    close(m.sockets[0]);
}

static void listeners_of_the_command_line_stay(void **state)
{
    struct manager m = {
        .sockets = {listen_at(SOCK_STREAM)}, .count = 1, .listen = "127.0.0.1:0"};
    char text[80];

    (void)state;
    write_board("");
    start_service(&m);
    snprintf(text, sizeof(text), "listening telnet 127.0.0.1:%d\n", port_at(m.sockets[0]));
    board_expect_log(board, NULL, text);
    board_expect_log(board, &(size_t){(size_t)(strstr(board->log, text) + 1 - board->log)},
                     "listening telnet 127.0.0.1:");
    close(m.sockets[0]);
}

static void what_is_no_listener_is_told(void **state)
{
    struct manager m = {.sockets = {listen_at(SOCK_DGRAM)}, .count = 1};
    int status;

    (void)state;
    write_board("");
    start_service(&m);
    board_expect_log(board, NULL,
                     "LISTEN_FDS: file 3 is no TCP socket that listens, expected "
                     "ListenStream=PORT");
    assert_int_equal(waitpid(board->pid, &status, 0), board->pid);
    board->pid = 0;
    assert_int_equal(WEXITSTATUS(status), 3);
    close(m.sockets[0]);
}

static void says_how_it_is(void **state)
{
    const char *const reload[] = {"reload", "--board", board->folder, NULL};
    struct manager m = {.sockets = {listen_at(SOCK_STREAM)}, .count = 1, .is_journal = true};

    (void)state;
    write_board("");
    open_words(&m);
    start_service(&m);
    expect_word(&m, "READY=1");
    board_expect_log(board, NULL, "\n<6>board event=loaded"); /* as the journal wants it */
    kill(board->pid, SIGHUP);
    expect_word(&m, "RELOADING=1\nMONOTONIC_USEC=");
    expect_word(&m, "READY=1");
    assert_int_equal(board_run(reload, NULL, NULL), 0);
    expect_word(&m, "RELOADING=1\n");
    expect_word(&m, "READY=1");
    kill(board->pid, SIGTERM);
    expect_word(&m, "STOPPING=1");
    assert_int_equal(board_stop(board), 0);
    m.is_journal = false; /* the variable is there, of another file */
    start_service(&m);
    board_expect_log(board, NULL, " info  board event=loaded");
    close(m.sockets[0]);
    close(m.words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_proxy_says_who_calls),
        TEST(who_shows_the_whole_address),
        TEST(without_a_header_nobody_comes_in),
        TEST(limits_hold_for_who_calls),
        TEST(only_proxies_say_who_calls),
        TEST(sockets_are_taken_over),
        TEST(callers_of_both_kinds_are_told_apart),
        TEST(listeners_of_the_command_line_stay),
        TEST(what_is_no_listener_is_told),
        TEST(says_how_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
