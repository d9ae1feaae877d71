/* Callers who are connected to other systems, and come back: to the system's own telnet server,
 * with ZModem through it, and to far sides that the test plays, the bad ones above all. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
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
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/board/cast.h"
#include "tests/board/exchange.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
#define TEST_STARTER(f) cmocka_unit_test_setup_teardown(f, set_up_starter, tear_down)

#define ESCAPE "\035"

/* --- the far side --- */

static int listener = -1; /* of the far side; its port is in `far_port` */
static int far_port;
static int far = -1;    /* connected to it */
static pid_t far_pid;   /* what serves it, if it is no test's part */
static char got[65536]; /* what it has got */
static size_t got_len;

static void listen_far(int backlog)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(a);

    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(listener, backlog), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&a, &len), 0);
    far_port = ntohs(a.sin_port);
}

static void begin_far(void)
{
    far = -1;
    far_pid = 0;
    got_len = 0;
    listen_far(10);
}

static int set_up(void **state)
{
    begin_far();
    return stage_set_up(state);
}

static int set_up_starter(void **state)
{
    begin_far();
    return stage_set_up_starter(state);
}

static void hang_up_far(void)
{
    if (far >= 0)
        close(far);
    far = -1;
}

static int tear_down(void **state)
{
    hang_up_far();
    if (listener >= 0)
        close(listener);
    if (far_pid > 0) {
        kill(far_pid, SIGKILL);
        waitpid(far_pid, NULL, 0);
    }
    return stage_tear_down(state);
}

static void wait_for(int fd, const char *what)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    if (poll(&p, 1, 20000) != 1)
        fail_msg("the far side waits for %s; it has %zu bytes: %.*s", what, got_len,
                 (int)got_len, got);
}

static void answer_far(void)
{
    wait_for(listener, "a call");
    far = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    assert_true(far >= 0);
}

static void far_sends(const void *bytes, size_t len)
{
    assert_int_equal(send(far, bytes, len, MSG_NOSIGNAL), len);
}

static void far_says(const char *text)
{
    far_sends(text, strlen(text));
}

static bool far_reads(void)
{
    ssize_t n;

    wait_for(far, "bytes");
    n = recv(far, got + got_len, sizeof(got) - got_len, 0);
    got_len += n > 0 ? (size_t)n : 0;
    return n > 0;
}

/* All that has come until now, and nothing else. */
static void far_expects(const void *bytes, size_t len)
{
    while (got_len < len && far_reads())
        ;
    assert_int_equal(got_len, len);
    assert_memory_equal(got, bytes, len);
    got_len = 0;
}

static void far_expects_text(const char *text)
{
    far_expects(text, strlen(text));
}

static void far_expects_end(void)
{
    while (far_reads())
        ;
}

/* --- a board on which a key dials --- */

/* The key x runs client:dial{...}; the key w tells who is connected to what; l looks over the
 * shoulder of one who is. */
static void write_board(const char *options)
{
    char lua[3000];

    snprintf(lua, sizeof(lua),
             "local users, clients = require 'bbs.users', require 'bbs.clients'\n"
             "local dialler = require 'bbs.dial'\n"
             "local t = {}\n"
             "function t.login(client, text)\n"
             "  users.login(client, text, 'moonmoon') return 'desk' end\n"
             "local function call(client)\n"
             "  local e, why = client:dial { %s }\n"
             "  assert(client.calling == nil)\n"
             "  if not e then return 'no: ' .. why end\n"
             "  assert(e.seconds >= 0 and e.seconds < 1000)\n"
             "  return ('ok %%s %%s sent %%d received %%d.'):format(e.ok, e.reason, e.sent,\n"
             "    e.received)\n"
             "end\n"
             "local function look(viewer)\n"
             "  local list = {}\n"
             "  for other in clients.each(viewer) do list[#list + 1] = other.calling end\n"
             "  local hosts, why = dialler.hosts(viewer)\n"
             "  return ('%%s. %%d hosts %%s %%s'):format(table.concat(list, ','), #hosts,\n"
             "    hosts[1] and hosts[1].name or '', why or '')\n"
             "end\n"
             "local function watch(client)\n"
             "  for other in clients.each(client) do\n"
             "    if other.calling then require('bbs.shoulder').look(client, other) end\n"
             "  end\n"
             "end\n"
             "local function fetch(client)\n"
             "  for other in clients.each(client) do\n"
             "    if other.calling then assert(other:move 'desk') end\n"
             "  end\n"
             "end\n"
             "function t.go(client, key)\n"
             "  if key == 'l' then watch(client) return 'refresh' end\n"
             "  if key == 'm' then fetch(client) return 'repeat' end\n"
             "  client.data.got = key == 'w' and look(client) or call(client)\n"
             "  return 'refresh'\n"
             "end\n"
             "function t.got(client) return client.data.got or 'nothing' end\n"
             "return t\n",
             options);
    board_write(board, "screens/root.txt", "Name: <% set:t.login %>");
    board_write(board, "screens/desk.txt", "got >><% get:t.got:raw %><< A key: <% key:t.go %>");
    board_write(board, "lua/handlers/t.lua", lua);
}

static void write_settings(const char *settings)
{
    char text[1500];

    snprintf(text, sizeof(text), "return { %s }\n", settings);
    board_write(board, "lua/settings.lua", text);
}

static void add_account(const char *handle, const char *level)
{
    char data[400];
    const char *const args[] = {
        "user",   "add", handle,    "--level",     level, "--password-stdin",
        "--data", data,  "--board", board->folder, NULL};

    snprintf(data, sizeof(data), "%s/data", board->folder);
    assert_int_equal(board_run(args, "moonmoon\n", NULL), 0);
}

static struct caller *log_in_as(enum caller_kind kind, const char *handle)
{
    struct caller *c = dial_as(kind);

    caller_expect(c, "Name: ");
    caller_send(c, handle);
    caller_send(c, "\r");
    caller_expect(c, "A key: ");
    return c;
}

/* The host "Far" is the far side, by `protocol`, with `more` behind its port. */
static void start(const char *protocol, const char *more, const char *settings)
{
    char text[600];

    snprintf(text, sizeof(text), "dial = { hosts = { 'Far=%s://127.0.0.1:%d%s' }, %s }",
             protocol, far_port, more, settings);
    write_settings(text);
    add_account("luna", "20");
    board_start(board, NULL);
}

static struct caller *call_as(enum caller_kind kind, const char *protocol, const char *more)
{
    struct caller *c;

    write_board("host = 'far'");
    start(protocol, more, "");
    c = log_in_as(kind, "luna");
    caller_send(c, "x");
    caller_expect(c, "Calling Far. Ctrl-] hangs up.");
    answer_far();
    return c;
}

static struct caller *call(const char *protocol)
{
    return call_as(CALLER_XTERM, protocol, "");
}

/* It is a server that echoes, from now on. */
static void far_echoes(void)
{
    far_says("\377\373\001"); /* WILL ECHO */
    far_expects_text("\377\375\001");
}

static void expect_back(struct caller *c, const char *how)
{
    caller_expect(c, "got >>");
    caller_expect(c, how);
    caller_expect(c, "A key: ");
}

static void expect_escape(struct caller *c)
{
    caller_send(c, ESCAPE);
    expect_back(c, "ok true you hung up");
}

/* --- who may, and to what --- */

static void nobody_is_called_by_default(void **state)
{
    struct caller *c;

    (void)state;
    write_board("host = '127.0.0.1'");
    add_account("luna", "20");
    board_start(board, NULL);
    c = log_in_as(CALLER_XTERM, "luna");
    caller_send(c, "x");
    expect_back(c, "no: no other systems are called: the setting dial.hosts names none");
    caller_send(c, "w");
    expect_back(c, ". 0 hosts  no other systems are called");
}

static void only_named_systems_are_called(void **state)
{
    static const struct {
        const char *options;
        const char *says;
    } cases[] = {
        {"host = '127.0.0.2'", "no: the setting dial.hosts does not name 127.0.0.2<"},
        {"host = 'Far', port = 23", "no: the setting dial.hosts does not name Far on port 23"},
        {"host = 'Far', protocol = 'rlogin'",
         "no: the setting dial.hosts does not name Far by rlogin"},
        {"host = '127.0.0.1', protocol = 'telnet'", "no: 127.0.0.1 port"},
    };
    struct caller *c = NULL;
    size_t from = 0;

    (void)state;
    close(listener);
    listener = -1;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        write_board(cases[i].options);
        if (i == 0) {
            start("telnet", "", "");
            c = log_in_as(CALLER_XTERM, "luna");
        } else {
            board_expect_log(board, &from, "reload event=lua");
        }
        caller_send(c, "x");
        expect_back(c, cases[i].says);
    }
}

static void a_level_may_be_needed(void **state)
{
    struct caller *c;

    (void)state;
    write_board("host = 'far'");
    start("telnet", "", "level = 21");
    c = log_in_as(CALLER_XTERM, "luna");
    caller_send(c, "x");
    expect_back(c, "no: other systems are for level 21 and above");
    caller_send(c, "w");
    expect_back(c, "0 hosts  other systems are for level 21 and above");
}

static void wrong_settings_are_told(void **state)
{
    const char *const args[] = {"check", "--board", board->folder, NULL};
    char *out;

    (void)state;
    write_board("");
    write_settings("\n\n dial = { hosts = { 'bbs.example.net' } }");
    assert_int_equal(board_run(args, NULL, &out), 1);
    assert_non_null(strstr(out, "lua/settings.lua"));
    assert_non_null(
        strstr(out, "'bbs.example.net' has no telnet:// or rlogin://, expected one"));
    free(out);
}

static void wrong_options_are_told(void **state)
{
    struct caller *c;
    size_t from = 0;

    (void)state;
    write_board("host = 'far', user = 'luna'");
    start("telnet", "", "");
    c = log_in_as(CALLER_XTERM, "luna");
    caller_send(c, "x");
    board_expect_log(board, &from, "dial: no option user, expected host, port, protocol,");
}

/* --- no connection --- */

static void nobody_answers(void **state)
{
    struct caller *c;
    int calls[8];

    (void)state;
    close(listener);
    listen_far(0); /* its queue is full: it does not even refuse */
    for (int i = 0; i < 8; i++) {
        struct sockaddr_in a = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)far_port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

        calls[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        connect(calls[i], (struct sockaddr *)&a, sizeof(a));
    }
    write_board("host = 'far'");
    start("telnet", "", "seconds = 1");
    c = log_in_as(CALLER_XTERM, "luna");
    caller_send(c, "x");
    expect_back(c, "no: nobody answers at 127.0.0.1 port");
    caller_send(c, "x");
    caller_expect(c, "Ctrl-] hangs up.");
    caller_send(c, ESCAPE);
    expect_back(c, "no: you hung up");
    for (int i = 0; i < 8; i++)
        close(calls[i]);
}

static void it_refuses(void **state)
{
    struct caller *c;

    (void)state;
    close(listener);
    listener = -1;
    write_board("host = 'far'");
    start("telnet", "", "");
    c = log_in_as(CALLER_XTERM, "luna");
    caller_send(c, "x");
    expect_back(c, "refuses the call");
    assert_true(board_log_has(board, "dial event=failed node=1 user=\"luna\" name=\"Far\""));
}

/* Or the names can't be looked up here. */
static void there_is_no_such_host(void **state)
{
    struct caller *c;

    (void)state;
    write_board("host = 'no-such-host.invalid'");
    write_settings("dial = { hosts = { 'telnet://no-such-host.invalid' }, seconds = 5 }");
    add_account("luna", "20");
    board_start(board, NULL);
    c = log_in_as(CALLER_XTERM, "luna");
    caller_send(c, "x");
    caller_expect(c, "got >>no: ");
    caller_expect(c, "no-such-host.invalid");
}

/* --- telnet --- */

static void keys_go_there_and_back(void **state)
{
    struct caller *c = call("telnet");

    (void)state;
    far_echoes();
    far_says("\377\375\030\377\372\030\001\377\360"); /* DO TTYPE, SEND */
    far_expects("\377\373\030\377\372\030\0xterm\377\360", 14);
    far_says("\377\375\037");
    far_expects("\377\373\037\377\372\037\0\120\0\030\377\360", 12);
    far_says("login: ");
    caller_expect(c, "login: ");
    caller_send(c, "luna\r");
    far_expects("luna\r\0", 6);
    caller_resize(c, 100, 40);
    far_expects("\377\372\037\0\144\0\050\377\360", 9);
    assert_true(board_log_has(board, "dial event=start node=1 user=\"luna\" name=\"Far\" "
                                     "protocol=telnet host=127.0.0.1 port="));
    far_says("Bye.");
    hang_up_far();
    caller_expect(c, "Bye.");
    expect_back(c, "ok true the other side hung up sent");
    assert_true(board_log_has(board, "dial event=end node=1 user=\"luna\" name=\"Far\" "));
    caller_send(c, "x"); /* and once more */
    answer_far();
    expect_escape(c);
    far_expects_end();
}

static void enter_is_what_the_far_side_takes_for_it(void **state)
{
    struct caller *c = call("telnet");

    (void)state;
    caller_send(c, "a\r");
    far_expects_text("a\r\n"); /* it has said nothing in telnet */
    far_echoes();
    caller_send(c, "b\r");
    far_expects("b\r\0", 3);
    far_sends("\377\375\0", 3); /* DO BINARY */
    far_expects("\377\373\0", 3);
    caller_send(c, "c\r");
    far_expects("c\r", 2);
}

/* Of a terminal that ends its lines with CR LF, or with LF. */
static void enter_is_one_key(void **state)
{
    struct caller *c = call_as(CALLER_RAW, "telnet", "");

    (void)state;
    far_echoes();
    caller_send(c, "a\r\nb\nc\r");
    far_expects("a\r\0b\r\0c\r\0", 9);
}

static void who_does_not_echo_has_it_done(void **state)
{
    struct caller *c = call("telnet");

    (void)state;
    far_says("\377\375\003Name: "); /* DO SGA: it speaks telnet */
    far_expects_text("\377\373\003");
    caller_expect(c, "Name: ");
    caller_send(c, "luna");
    caller_expect(c, "luna");
    far_expects_text("luna");
    far_echoes();
    caller_send(c, "secret");
    far_expects_text("secret");
    far_says("Go.");
    caller_expect(c, "Go.");
    assert_false(caller_has(c, "secret"));
}

static void a_flood_of_commands_ends_it(void **state)
{
    static char flood[3 * 5000];
    struct caller *c = call("telnet");

    (void)state;
    for (size_t i = 0; i < sizeof(flood); i += 3)
        memcpy(flood + i, "\377\373\045", 3);
    far_sends(flood, sizeof(flood));
    expect_back(c, "ok false the other side sends telnet commands without end");
}

static void another_caller_sees_who_calls_where(void **state)
{
    struct caller *c = call("telnet");
    struct caller *other;

    (void)state;
    add_account("sol", "20");
    other = log_in_as(CALLER_XTERM, "sol");
    caller_send(other, "w");
    expect_back(other, "Far. 1 hosts Far");
    expect_escape(c);
    caller_send(other, "w");
    expect_back(other, ". 1 hosts Far");
}

/* What is there draws anew for who looks over the caller's shoulder. */
static void who_is_watched_there_is_painted_anew(void **state)
{
    struct caller *c = call("telnet");
    struct caller *moon;

    (void)state;
    far_says("\377\375\037");
    far_expects("\377\373\037\377\372\037\0\120\0\030\377\360", 12);
    add_account("moon", "100");
    moon = log_in_as(CALLER_XTERM, "moon");
    caller_send(moon, "l");
    far_expects("\377\372\037\0\120\0\027\377\360\377\372\037\0\120\0\030\377\360", 18);
    far_says("A picture.");
    caller_expect(moon, "A picture.");
    caller_expect(c, "A picture.");
}

/* --- rlogin --- */

static void rlogin_begins_as_its_document_says(void **state)
{
    struct caller *c = call("rlogin");

    (void)state;
    far_expects("\0luna\0luna\0xterm/38400\0", 23);
    far_sends("\0", 1);
    assert_int_equal(send(far, "\200", 1, MSG_OOB), 1); /* what size has the window? */
    far_expects("\377\377ss\0\030\0\120\0\0\0\0", 12);
    far_says("Welcome.");
    caller_expect(c, "Welcome.");
    caller_send(c, "ls\r");
    far_expects_text("ls\r");
    caller_resize(c, 132, 50);
    far_expects("\377\377ss\0\062\0\204\0\0\0\0", 12);
    hang_up_far();
    expect_back(c, "ok true the other side hung up sent 50 received 9.");
}

static void rlogin_may_be_told_other_names(void **state)
{
    struct caller *c;

    (void)state;
    write_board("host = 'far', client_user = 'secret', server_user = 'moon', "
                "terminal = 'xtrn=lord'");
    start("rlogin", "", "");
    c = log_in_as(CALLER_XTERM, "luna");
    caller_send(c, "x");
    answer_far();
    far_expects("\0secret\0moon\0xtrn=lord\0", 23);
    far_says("Permission denied.\r\n");
    hang_up_far();
    caller_expect(c, "Permission denied.");
    expect_back(c, "ok true the other side hung up");
}

/* --- bytes and characters --- */

/* But the one that hangs up. */
static void all_bytes_pass(void **state)
{
    struct caller *c = call("rlogin");
    char bytes[256];
    char wire[300];
    size_t n = 0;
    size_t w = 0;
    double until = caller_patience();

    (void)state;
    far_expects("\0luna\0luna\0xterm/38400\0", 23);
    far_sends("\0", 1);
    for (int i = 0; i < 256; i++) {
        if (i == ESCAPE[0])
            continue;
        bytes[n++] = (char)i;
        wire[w++] = (char)i;
        if (i == 255)
            wire[w++] = (char)i;
    }
    assert_true(caller_is_binary(c));
    caller_send_bytes(c, wire, w);
    far_expects(bytes, n);
    far_sends(bytes, n);
    while (!memmem(c->wire, c->wire_len, wire, w))
        caller_wait(c, until, "all bytes");
}

static void characters_are_translated(void **state)
{
    struct caller *c = call_as(CALLER_SYNCTERM, "rlogin", " utf-8");
    double until = caller_patience();

    (void)state;
    far_expects("\0luna\0luna\0syncterm/38400\0", 26);
    far_sends("\0gr\303", 4); /* half a character */
    caller_expect(c, "gr");
    far_sends("\274n \342\224\200.", 7);
    while (!memmem(c->wire, c->wire_len, "gr\201n \304.", 7))
        caller_wait(c, until, "CP437");
    caller_send(c, "\201");
    far_expects_text("\303\274");
}

static void and_the_other_way_round(void **state)
{
    struct caller *c = call_as(CALLER_XTERM, "rlogin", " cp437");

    (void)state;
    far_expects("\0luna\0luna\0xterm/38400\0", 23);
    far_sends("\0gr\201n", 5);
    caller_expect(c, "gr\303\274n");
    caller_send(c, "\303");
    caller_send(c, "\274");
    far_expects_text("\201");
}

static void a_caller_is_moved_back(void **state)
{
    struct caller *luna = call("telnet");
    struct caller *moon;

    (void)state;
    far_says("You stay here.");
    caller_expect(luna, "You stay here.");
    add_account("moon", "200");
    moon = log_in_as(CALLER_XTERM, "moon");
    caller_send(moon, "m");
    caller_expect(luna, "got >>");
    caller_expect(luna, "A key: ");
    far_expects_end();
    assert_false(board_log_has(board, "incident"));
    caller_send(luna, "x"); /* and once more */
    answer_far();
    expect_escape(luna);
}

/* --- far sides that are no good --- */

static void who_never_hangs_up_is_left(void **state)
{
    struct caller *c = call("telnet");

    (void)state;
    far_says("You stay here.");
    caller_expect(c, "You stay here.");
    caller_send(c, "quit\r");
    expect_escape(c);
    far_expects_end();
    assert_memory_equal(got, "quit\r\n", 6);
}

static void who_never_reads_is_left_at_once(void **state)
{
    static char keys[2 << 20];
    struct caller *c = call("telnet");

    (void)state;
    memset(keys, 'k', sizeof(keys));
    caller_send_bytes(c, keys, sizeof(keys));
    expect_escape(c);
}

/* A file's bytes wait for it; but not for ever. */
static void who_never_reads_a_file_is_given_up(void **state)
{
    static char file[1 << 20] = "*\030C";
    struct caller *c;

    (void)state;
    write_board("host = 'far'");
    write_settings("");
    start("telnet", "", "}, limits = { stalled_seconds = 1");
    c = log_in_as(CALLER_XTERM, "luna");
    caller_send(c, "x");
    answer_far();
    memset(file + 3, 'k', sizeof(file) - 3);
    for (int i = 0; i < 12; i++)
        caller_send_bytes(c, file, sizeof(file));
    expect_back(c, "ok false the other side has read nothing for 1 seconds");
}

/* In a child, as the caller is to be heard meanwhile. */
static void far_floods(void)
{
    far_pid = fork();
    if (far_pid == 0) {
        static char flood[65536];

        memset(flood, '~', sizeof(flood));
        while (send(far, flood, sizeof(flood), MSG_NOSIGNAL) > 0)
            ;
        _exit(0);
    }
    hang_up_far();
}

static void a_flood_is_left_at_once(void **state)
{
    struct caller *c = call("telnet");

    (void)state;
    far_floods();
    wait_for(c->fd, "the flood"); /* who reads it all would never come to an end */
    expect_escape(c);
}

/* It is held up: the server's memory is not the far side's to fill. */
static void a_caller_who_does_not_read_is_ended(void **state)
{
    struct caller *c;
    size_t from = 0;

    (void)state;
    write_board("host = 'far'");
    start("telnet", "", "}, limits = { stalled_seconds = 1");
    c = log_in_as(CALLER_XTERM, "luna");
    caller_send(c, "x");
    caller_expect(c, "Calling Far.");
    answer_far();
    far_floods();
    board_expect_log(board, &from, "call event=stalled");
    board_expect_log(board, &from, "dial event=end");
    board_expect_log(board, &from, "why=\"the caller has left\"");
}

static void a_caller_leaves_in_the_middle(void **state)
{
    struct caller *c = call("telnet");
    size_t from = 0;

    (void)state;
    far_says("Hello.");
    caller_expect(c, "Hello.");
    hang_up(c);
    far_expects_end();
    board_expect_log(board, &from, "why=\"the caller has left\"");
}

static void the_server_stops_in_the_middle(void **state)
{
    struct caller *c = call("telnet");

    (void)state;
    far_says("Hello.");
    caller_expect(c, "Hello.");
    kill(board->pid, SIGTERM);
    far_expects_end();
    caller_expect_end(c);
}

static void an_idle_caller_is_ended(void **state)
{
    struct caller *c;

    (void)state;
    write_board("host = 'far'");
    start("telnet", "", "}, limits = { idle_seconds = 5");
    c = log_in_as(CALLER_XTERM, "luna");
    caller_send(c, "x");
    answer_far();
    far_says("All that is said here does not count.");
    caller_expect(c, "You have been idle for too long.");
    far_expects_end();
}

/* --- a real server --- */

static const char telnetd[] = "/usr/sbin/telnetd";

/* Serve what has been accepted; instead of a login there is this script of the shell. */
static void serve_far(const char *script)
{
    char path[PATH_BYTES];
    char text[2000];

    snprintf(text, sizeof(text), "#!/bin/sh\ncd '%s'\n%s\n", board->folder, script);
    board_write(board, "login.sh", text);
    folder_of(path, "login.sh");
    assert_int_equal(chmod(path, 0755), 0);
    far_pid = fork();
    if (far_pid == 0) {
        dup2(far, 0);
        dup2(far, 1);
        execl(telnetd, "telnetd", "-h", "-E", path, (char *)NULL);
        _exit(127);
    }
    hang_up_far();
}

static bool has_telnetd(void)
{
    if (access(telnetd, X_OK) == 0)
        return true;
    print_message("no %s: apt-get install inetutils-telnetd\n", telnetd);
    return false;
}

static void a_real_server_has_a_terminal(void **state)
{
    struct caller *c;

    (void)state;
    if (!has_telnetd())
        skip();
    c = call("telnet");
    serve_far("echo term $TERM; while read line; do stty size; echo \"you said $line\"; done");
    caller_expect(c, "term xterm");
    caller_send(c, "hello\r");
    caller_expect(c, "24 80");
    caller_expect(c, "you said hello");
    caller_resize(c, 100, 40);
    caller_send(c, "again\r");
    caller_expect(c, "40 100");
    caller_expect(c, "you said again");
    caller_send(c, "\004");
    expect_back(c, "ok true the other side hung up");
}

/* That of the far side's program, from a file: what it says behind a transfer may be lost, as
 * rz reads ahead. */
static void expect_status(const char *status)
{
    double until = caller_patience();
    char *found = NULL;

    while (!found || *found == '\0') {
        free(found);
        if (now_seconds() > until)
            fail_msg("the far side's program does not end");
        poll(NULL, 0, 5);
        found = board_read(board, "status");
    }
    assert_string_equal(found, status);
    free(found);
}

/* A file of the far side's to the caller, and compared. */
static void expect_download(enum caller_kind kind, const char *charset, bool is_binary)
{
    static char *const rz[] = {"rz", "-q", NULL};
    struct peer_options options = {.nvt = is_binary ? PEER_BINARY : PEER_NVT};
    char path[PATH_BYTES];
    struct caller *c;

    make_file("a file", 300000, -1);
    mkdir(folder_of(path, "got"), 0700);
    options.folder = path;
    c = call_as(kind, "telnet", charset);
    if (!is_binary) {
        c->refuses_binary = true;
        caller_send_bytes(c, "\377\376\0\377\374\0", 6);
    }
    /* What sz says last, "OO", it takes back itself when it sets its terminal. */
    serve_far("sz -q 'data/files/a file'; said=$?; printf OO; echo $said > status; "
              "exec sleep 100");
    assert_int_equal(peer_run(c, RQINIT, rz, &options), 0);
    expect_status("0\n");
    assert_same("a file");
    caller_send(c, ESCAPE);
    expect_back(c, "ok true");
}

static void a_file_comes_through(void **state)
{
    (void)state;
    if (!has_telnetd())
        skip();
    expect_download(CALLER_XTERM, "", true);
}

static void a_file_comes_through_without_binary(void **state)
{
    (void)state;
    if (!has_telnetd())
        skip();
    expect_download(CALLER_XTERM, "", false);
}

static void a_file_comes_through_untranslated(void **state)
{
    (void)state;
    if (!has_telnetd())
        skip();
    expect_download(CALLER_SYNCTERM, " utf-8", true);
}

static void expect_upload(enum caller_kind kind, const char *charset, bool is_binary)
{
    static char *const sz[] = {"sz", "-q", "a file", NULL};
    struct peer_options options = {.nvt = is_binary ? PEER_BINARY : PEER_NVT};
    char path[PATH_BYTES];
    struct caller *c;

    mkdir(folder_of(path, "got"), 0700);
    options.folder = path;
    make_own("a file", 300000, -1);
    c = call_as(kind, "telnet", charset);
    if (!is_binary) {
        c->refuses_binary = true;
        caller_send_bytes(c, "\377\376\0\377\374\0", 6);
    }
    serve_far("cd data/files; rz -q -y; echo $? > ../../status; exec sleep 100");
    assert_int_equal(peer_run(c, RINIT, sz, &options), 0);
    expect_status("0\n");
    assert_same("a file");
    caller_send(c, ESCAPE);
    expect_back(c, "ok true");
}

static void a_file_goes_through(void **state)
{
    (void)state;
    if (!has_telnetd())
        skip();
    expect_upload(CALLER_XTERM, "", true);
}

static void a_file_goes_through_without_binary(void **state)
{
    (void)state;
    if (!has_telnetd())
        skip();
    expect_upload(CALLER_XTERM, "", false);
}

static void a_file_goes_through_untranslated(void **state)
{
    (void)state;
    if (!has_telnetd())
        skip();
    expect_upload(CALLER_SYNCTERM, " utf-8", true);
}

/* Five Ctrl-X end a transfer that the caller's terminal has begun, and the key counts again. */
static void a_transfer_that_is_cut_off_holds_nobody(void **state)
{
    struct caller *c = call("telnet");

    (void)state;
    far_says(RINIT "00000023be50\r\n");
    caller_expect(c, "23be50");
    caller_send(c, "*\030Cdata" ESCAPE "\030\030\030\030\030");
    far_expects_text("*\030Cdata" ESCAPE "\030\030\030\030\030");
    expect_escape(c);
}

/* --- the starter board --- */

static void the_menu_leads_to_them(void **state)
{
    char text[300];
    struct caller *c;

    (void)state;
    snprintf(
        text, sizeof(text),
        "dial = { hosts = { 'Nobody=telnet://127.0.0.1:1', 'Far=telnet://127.0.0.1:%d' } }",
        far_port);
    write_settings(text);
    board_start(board, NULL);
    c = newcomer("luna");
    assert_true(caller_has(c, "other systems"));
    caller_send(c, "s");
    caller_expect(c, "Which number?");
    caller_send(c, "3");
    caller_expect(c, "There is no such number");
    caller_send(c, "1");
    caller_expect(c, "127.0.0.1 port 1 refuses the call");
    caller_send(c, "2");
    answer_far();
    far_says("Hello.");
    caller_expect(c, "Hello.");
    hang_up_far();
    caller_expect(c, "the other side hung up");
    caller_send(c, "q");
    caller_expect(c, "which key?");
}

static void the_menu_says_nothing_of_none(void **state)
{
    struct caller *c;

    (void)state;
    board_start(board, NULL);
    c = newcomer("luna");
    assert_false(caller_has(c, "other systems"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nobody_is_called_by_default),
        TEST(only_named_systems_are_called),
        TEST(a_level_may_be_needed),
        TEST(wrong_settings_are_told),
        TEST(wrong_options_are_told),
        TEST(nobody_answers),
        TEST(it_refuses),
        TEST(there_is_no_such_host),
        TEST(keys_go_there_and_back),
        TEST(enter_is_what_the_far_side_takes_for_it),
        TEST(enter_is_one_key),
        TEST(who_does_not_echo_has_it_done),
        TEST(a_flood_of_commands_ends_it),
        TEST(another_caller_sees_who_calls_where),
        TEST(who_is_watched_there_is_painted_anew),
        TEST(rlogin_begins_as_its_document_says),
        TEST(rlogin_may_be_told_other_names),
        TEST(all_bytes_pass),
        TEST(characters_are_translated),
        TEST(and_the_other_way_round),
        TEST(a_caller_is_moved_back),
        TEST(who_never_hangs_up_is_left),
        TEST(who_never_reads_is_left_at_once),
        TEST(who_never_reads_a_file_is_given_up),
        TEST(a_flood_is_left_at_once),
        TEST(a_caller_who_does_not_read_is_ended),
        TEST(a_caller_leaves_in_the_middle),
        TEST(the_server_stops_in_the_middle),
        TEST(an_idle_caller_is_ended),
        TEST(a_real_server_has_a_terminal),
        TEST(a_file_comes_through),
        TEST(a_file_comes_through_without_binary),
        TEST(a_file_comes_through_untranslated),
        TEST(a_file_goes_through),
        TEST(a_file_goes_through_without_binary),
        TEST(a_file_goes_through_untranslated),
        TEST(a_transfer_that_is_cut_off_holds_nobody),
        TEST_STARTER(the_menu_leads_to_them),
        TEST_STARTER(the_menu_says_nothing_of_none),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
