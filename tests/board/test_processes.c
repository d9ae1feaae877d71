/* Programs that callers run: who may, as whom and within which limits; on a caller's terminal;
 * and that nothing is left of them, whatever they do. */
#include <errno.h>
#include <pwd.h>
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
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/board/stage.h"
#include "tests/board/window.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static char folder[] = "/tmp/perigee-programs-XXXXXX";

/* Whom programs run as: somebody else where the tests are root's. */
static const char *user(void)
{
    return geteuid() == 0 ? "nobody" : getpwuid(geteuid())->pw_name;
}

static int set_up(void **state)
{
    memcpy(strrchr(folder, '-'), "-XXXXXX", 8);
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chmod(folder, 0777), 0);
    return stage_set_up(state);
}

static int tear_down(void **state)
{
    int status = stage_tear_down(state);
    char path[100];

    snprintf(path, sizeof(path), "%s/file", folder);
    unlink(path);
    rmdir(folder);
    return status;
}

/* --- a board on which a key runs a program --- */

static void set_command(const char *settings)
{
    char text[1000];

    snprintf(text, sizeof(text), "return { command = { %s } }\n", settings);
    board_write(board, "lua/settings.lua", text);
}

/* As it should be, and more. */
static void allow(const char *more)
{
    char text[800];

    snprintf(text, sizeof(text), "user = '%s', level = 20, folder = '%s', processes = 5000, %s",
             user(), folder, more);
    set_command(text);
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

/* The key x runs `body`, a function's; what it returns is shown between arrows. The key b is
 * answered at once. */
static void write_board(const char *body)
{
    char lua[6000];

    snprintf(
        lua, sizeof(lua),
        "local command, clients = require 'bbs.command', require 'bbs.clients'\n"
        "local users = require 'bbs.users'\n"
        "local t = {}\n"
        "local function how(e)\n"
        "  return ('ok %%s code %%s signal %%s reason %%s'):format(e.ok, e.code, e.signal,\n"
        "    e.reason)\n"
        "end\n"
        "local function body(client)\n%s\nend\n"
        "function t.login(client, text)\n"
        "  users.login(client, text, 'moonmoon') return 'desk' end\n"
        "function t.go(client, key)\n"
        "  client.data.got = key == 'b' and 'busy' or body(client)\n"
        "  return 'refresh'\n"
        "end\n"
        "function t.got(client) local got = client.data.got\n"
        "  return got == nil and 'nothing' or tostring(got):gsub('\\r?\\n', '/') end\n"
        "return t\n",
        body);
    board_write(board, "screens/root.txt", "Name: <% set:t.login %>");
    board_write(board, "screens/desk.txt", "got >><% get:t.got:raw %><< A key: <% key:t.go %>");
    board_write(board, "lua/handlers/t.lua", lua);
}

static struct caller *log_in(enum caller_kind kind, const char *handle)
{
    struct caller *c = dial_as(kind);

    caller_expect(c, "Name: ");
    caller_send(c, handle);
    caller_send(c, "\r");
    caller_expect(c, "A key: ");
    return c;
}

static void start(const char *body)
{
    write_board(body);
    add_account("luna", "20");
    board_start(board, NULL);
}

/* A caller for whom `body` runs. */
static struct caller *run_as(enum caller_kind kind, const char *body)
{
    struct caller *c;

    start(body);
    c = log_in(kind, "luna");
    caller_send(c, "x");
    return c;
}

static struct caller *run(const char *body)
{
    allow("");
    return run_as(CALLER_XTERM, body);
}

/* A shell's script, on the caller's terminal. */
static struct caller *attach_as(enum caller_kind kind, const char *script)
{
    char body[3000];

    snprintf(body, sizeof(body),
             "  local p, why = command.run { argv = { 'sh', '-c', [==[%s]==] } }\n"
             "  local e, why = client:attach(p, why)\n"
             "  assert(client.command == nil)\n"
             "  return e and how(e) or why",
             script);
    allow("");
    return run_as(kind, body);
}

static struct caller *attach(const char *script)
{
    return attach_as(CALLER_XTERM, script);
}

/* A number that is printed behind `name` and ended by a dot. */
static pid_t expect_pid(struct caller *c, const char *name)
{
    size_t from;

    caller_expect(c, name);
    from = c->from;
    caller_expect(c, ".");
    return (pid_t)strtol(c->seen + from, NULL, 10);
}

static void expect_gone(pid_t pid)
{
    double until = caller_patience();

    assert_true(pid > 1);
    while (kill(pid, 0) == 0 || errno != ESRCH) {
        if (now_seconds() > until)
            fail_msg("process %d is still there", (int)pid);
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
}

static void expect_there(pid_t pid)
{
    assert_true(pid > 1);
    assert_int_equal(kill(pid, 0), 0);
}

/* --- who may --- */

static void programs_are_off_by_default(void **state)
{
    struct caller *c;

    (void)state;
    c = run_as(CALLER_XTERM,
               "  local p, why = command.run { argv = { 'true' } }\n"
               "  local e, again = client:attach(command.run { argv = { 'true' } })\n"
               "  return tostring(p) .. tostring(e) .. why .. (why == again and '!' or '?')");
    caller_expect(c, "got >>nilnilno programs are run here: the setting command.user names "
                     "nobody!<<");
}

/* Each is refused with the reason; a reload is enough. */
static void settings_say_who_may(void **state)
{
    static const struct {
        const char *settings;
        const char *says;
    } cases[] = {
        {"user = 'root', level = 20", "command.user is 'root', who is root"},
        {"user = 'no-such-user', level = 20", "whom this system does not know"},
        {"user = 'nobody', level = 21", "programs are for level 21 and above"},
        {"user = 'nobody'", "programs are for level 255 and above"},
        {"user = 'nobody', level = 20, accounts = { 'sol' }", "does not name this account"},
    };
    struct caller *c;
    size_t from = 0;

    (void)state;
    start("  local p, why = command.run { argv = { 'true' } } return p and 'runs' or why");
    c = log_in(CALLER_XTERM, "luna");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        set_command(cases[i].settings);
        board_expect_log(board, &from, "settings event=loaded");
        caller_send(c, "x");
        caller_expect(c, cases[i].says);
        caller_expect(c, "A key: ");
    }
    allow("accounts = { 'sol', 'Luna' }");
    board_expect_log(board, &from, "settings event=loaded");
    caller_send(c, "x");
    caller_expect(c, "got >>runs<<");
}

static void another_user_takes_a_server_of_root(void **state)
{
    struct caller *c;

    (void)state;
    if (geteuid() == 0)
        skip();
    set_command("user = 'daemon', level = 20");
    c = run_as(CALLER_XTERM,
               "  local p, why = command.run { argv = { 'true' } } return p and 'runs' or why");
    caller_expect(c, "command.user is 'daemon', but the server is neither root's, nor");
}

static void wrong_settings_are_told(void **state)
{
    static const struct {
        const char *settings;
        const char *says;
    } cases[] = {
        {"user = ''", "command.user is empty"},
        {"folder = 'here'", "'here': expected a folder's whole path"},
        {"environment = { 'x' }", "'x': expected NAME=value"},
        {"seconds = 0", "command.seconds is 0"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *const args[] = {"serve",    "--board",     board->folder,
                                    "--listen", "127.0.0.1:0", NULL};
        char *out;

        set_command(cases[i].settings);
        assert_int_equal(board_run(args, NULL, &out), 3);
        if (!strstr(out, cases[i].says))
            fail_msg("no \"%s\" in: %s", cases[i].says, out);
        free(out);
    }
}

/* --- without a terminal --- */

static void a_result_has_output_and_end(void **state)
{
    struct caller *c =
        run("  local p = command.run { argv = { 'sh', '-c', 'echo one; read x; echo $x; exit "
            "3' } }\n"
            "  local first = ''\n"
            "  while not first:find 'one\\n' do first = first .. p:result(0.1) end\n"
            "  local running = p:running()\n"
            "  p:send 'two\\n'\n"
            "  local text, e = p:result()\n"
            "  return ('%s%s%s%s %s'):format(first, running, text, p:running(), how(e))");

    (void)state;
    caller_expect(c, "got >>one/truetwo/false ok false code 3 signal nil reason nil<<");
    board_expect_log(board, NULL, "program=\"sh -c echo one");
    board_expect_log(board, NULL, "code=3 signal=0");
}

/* What does not fit waits in the program. */
static void a_long_result_comes_in_pieces(void **state)
{
    struct caller *c =
        run("  local p = command.run { argv = { 'head', '-c', '1000000', '/dev/zero' } }\n"
            "  local n, most = 0, 0\n"
            "  repeat\n"
            "    local text, e = p:result()\n"
            "    n, most = n + #text, math.max(most, #text)\n"
            "  until e\n"
            "  return n .. (most <= 70000 and ' bounded' or ' unbounded')");

    (void)state;
    caller_expect(c, "got >>1000000 bounded<<");
}

static void a_missing_program_is_told(void **state)
{
    struct caller *c =
        run("  local p, why = command.run { argv = { 'no-such-program', 'x' } }\n"
            "  local q, no = command.run { argv = { 'true' }, folder = 'nowhere' }\n"
            "  return tostring(p) .. ' ' .. why .. '; ' .. tostring(q) .. ' ' .. no");

    (void)state;
    caller_expect(c, "got >>nil no-such-program: No such file or directory; nil nowhere: No "
                     "such file or directory<<");
}

/* As many as the settings may name, and a handler besides. */
static void every_variable_is_there(void **state)
{
    struct caller *c;

    (void)state;
    allow("environment = (function() local e = {} for i = 1, 64 do e[i] = 'V' .. i .. '=x' "
          "end return e end)()");
    c = run_as(CALLER_XTERM, "  local e = {}\n"
                             "  for i = 1, 60 do e['W' .. i] = 'x' end\n"
                             "  local p = command.run { argv = { 'sh', '-c',\n"
                             "    'env | grep -c \"^[VW][0-9]\"' }, env = e }\n"
                             "  return (p:result())");
    caller_expect(c, "got >>124");
}

static void programs_are_as_the_settings_say(void **state)
{
    char expected[300];
    struct caller *c;

    (void)state;
    allow("environment = { 'MOON=full', 'STAR=far' }");
    c = run_as(CALLER_XTERM,
               "  local p = command.run { argv = { 'sh', '-c', 'pwd; id -un; id -Gn | wc -w;'\n"
               "    .. 'echo $TERM $MOON $STAR; ls /proc/self/fd | wc -l; umask;'\n"
               "    .. 'grep NoNewPrivs /proc/self/status' }, env = { STAR = 'near' } }\n"
               "  local text = p:result() return text");
    snprintf(expected, sizeof(expected),
             "got >>%s/%s/1/xterm full near/4/0077/NoNewPrivs:\t1/<<", folder, user());
    if (geteuid() != 0) { /* it keeps the groups that it has */
        caller_expect(c, "xterm full near/4/0077/");
        return;
    }
    caller_expect(c, expected);
}

static void limits_are_seen_from_inside(void **state)
{
    struct caller *c;

    (void)state;
    allow("cpu_seconds = 7, memory_mb = 100, file_mb = 2");
    c = run_as(
        CALLER_XTERM,
        "  local p = command.run { argv = { 'sh', '-c', 'for i in t v f c n p; do ulimit "
        "-$i; done' } }\n"
        "  local text = p:result() return text");
    caller_expect(c, "got >>7/102400/4096/0/256/5000/<<");
}

static void the_cpu_limit_ends_a_program(void **state)
{
    struct caller *c;

    (void)state;
    allow("cpu_seconds = 1");
    c = run_as(CALLER_XTERM, "  local p = command.run { argv = { 'sh', '-c', 'while :; do :; "
                             "done' } }\n"
                             "  local _, e = p:result() return how(e)");
    caller_expect(c, "got >>ok false code nil signal KILL reason nil<<");
}

/* --- on the caller's terminal --- */

static void a_shell_is_attached(void **state)
{
    struct caller *c = attach("PS1='moon> '; export PS1; exec sh -i");

    (void)state;
    caller_expect(c, "moon> ");
    caller_send(c, "echo $((6*7)) $TERM; tty\r\n");
    caller_expect(c, "42 xterm\n/dev/pts/");
    caller_expect(c, "moon> ");
    caller_send(c, "exit 5\r");
    caller_expect(c, "got >>ok false code 5 signal nil reason nil<< A key: ");
    caller_send(c, "b");
    caller_expect(c, "got >>busy<<");
}

static void the_window_is_followed(void **state)
{
    struct caller *c = attach("PS1='moon> '; export PS1; exec sh -i");

    (void)state;
    caller_expect(c, "moon> ");
    caller_send(c, "stty size\r");
    caller_expect(c, "24 80\n");
    caller_resize(c, 100, 30);
    caller_send(c, "stty size\r");
    caller_expect(c, "30 100\n");
    caller_send(c, "exit\r");
    caller_expect(c, "got >>ok true code 0");
}

static void keys_of_control_go_to_the_program(void **state)
{
    struct caller *c = attach("echo ready; exec sleep 1000");

    (void)state;
    caller_expect(c, "ready");
    caller_send(c, "\003");
    caller_expect(c, "got >>ok false code nil signal INT reason nil<<");
}

static void telnet_interrupts_too(void **state)
{
    struct caller *c = attach("echo ready; exec sleep 1000");

    (void)state;
    caller_expect(c, "ready");
    caller_send_bytes(c, "\377\364", 2); /* IAC IP */
    caller_expect(c, "got >>ok false code nil signal INT reason nil<<");
}

static void bytes_are_as_they_are(void **state)
{
    struct caller *c = attach("printf 'A\\377\\200\\302B\\n'; stty raw -echo; echo ready;"
                              "head -c 5 | od -An -tx1; echo over");

    (void)state;
    caller_expect(c, "A\377\200\302B\n");
    caller_expect(c, "ready");
    caller_send_bytes(c, "\377\377\200\001\r\nz", 7); /* telnet's IAC doubled */
    caller_expect(c, "ff 80 01 0d 7a");
    caller_expect(c, "got >>ok true");
}

static void character_sets_are_translated(void **state)
{
    struct caller *c =
        attach_as(CALLER_SYNCTERM, "printf 'A\\303'; sleep 0.1; printf '\\251═B '; echo $TERM;"
                                   "stty raw -echo; echo ready; head -c 3 | od -An -tx1");

    (void)state;
    caller_expect(c, "A\202\315B ansi");
    caller_expect(c, "ready");
    caller_send_bytes(c, "\202x", 2);
    caller_expect(c, "c3 a9 78");
    caller_expect(c, "got >>ok true");
}

static void programs_of_the_pc_are_translated(void **state)
{
    struct caller *c;

    (void)state;
    allow("");
    c = run_as(CALLER_XTERM,
               "  local p = command.run { charset = 'cp437', argv = { 'sh', '-c',\n"
               "    [[printf 'A\\202\\315B\\n'; stty raw -echo; echo ready;"
               "      head -c 2 | od -An -tx1]] } }\n"
               "  return how(client:attach(p))");
    caller_expect(c, "Aé═B");
    caller_expect(c, "ready");
    caller_send(c, "éx");
    caller_expect(c, "82 78");
    caller_expect(c, "got >>ok true");
}

static void plain_terminals_are_dumb(void **state)
{
    struct caller *c = attach_as(CALLER_DUMB, "echo it is $TERM.");

    (void)state;
    caller_expect(c, "it is dumb.");
    caller_expect(c, "got >>ok true");
}

/* Nothing is returned but that: the screen is as it was all the same. */
static void the_screen_is_shown_again(void **state)
{
    struct caller *c;

    (void)state;
    allow("");
    write_board("");
    board_write(board, "screens/desk.txt", "The desk. A key: <% key:u.go %>");
    board_write(board, "lua/handlers/u.lua",
                "local command = require 'bbs.command'\n"
                "return { go = function(client)\n"
                "  client:attach(command.run { argv = { 'echo', 'hello there' } }) end }\n");
    add_account("luna", "20");
    board_start(board, NULL);
    c = log_in(CALLER_XTERM, "luna");
    caller_send(c, "x");
    caller_expect(c, "hello there");
    caller_expect(c, "The desk. A key: ");
}

static void an_editor_edits(void **state)
{
    struct caller *c;
    char path[100];
    char text[20] = "";
    FILE *f;

    (void)state;
    if (access("/usr/bin/vi", X_OK) < 0)
        skip();
    c = attach("exec vi file");
    caller_expect(c, "~");
    caller_send(c, "ihello\033:wq\r");
    caller_expect(c, "got >>ok true");
    snprintf(path, sizeof(path), "%s/file", folder);
    f = fopen(path, "r");
    assert_non_null(f);
    assert_non_null(fgets(text, sizeof(text), f));
    fclose(f);
    assert_string_equal(text, "hello\n");
}

/* Another caller sees what is attached, and stops it. */
static void the_client_has_the_command(void **state)
{
    struct caller *c;
    struct caller *other;

    (void)state;
    allow("");
    c = run_as(CALLER_XTERM,
               "  if client.user_id == 'sol' then\n"
               "    local luna = clients.find('luna')\n"
               "    local running = luna.command:running() luna.command:stop() return running\n"
               "  end\n"
               "  return how(client:attach(command.run { argv = { 'sh', '-c',\n"
               "    'echo ready; exec sleep 1000' } }))");
    caller_expect(c, "ready");
    add_account("sol", "20");
    other = log_in(CALLER_XTERM, "sol");
    caller_send(other, "x");
    caller_expect(other, "got >>true<<");
    caller_expect(c, "signal HUP reason it was stopped<<");
}

/* --- the end --- */

static const char stubborn[] = "trap '' TERM HUP INT; echo pid $$.; while :; do sleep 1; done";

static void a_stubborn_program_is_killed(void **state)
{
    char body[600];
    struct caller *c;
    pid_t pid;

    (void)state;
    snprintf(body, sizeof(body),
             "  local p = command.run { argv = { 'sh', '-c', [[%s]] }, seconds = 1 }\n"
             "  return how(client:attach(p))",
             stubborn);
    c = run(body);
    pid = expect_pid(c, "pid ");
    caller_expect(c, "got >>ok false code nil signal KILL reason its time was over<<");
    expect_gone(pid);
}

static void who_hangs_up_ends_the_group(void **state)
{
    char script[300];
    struct caller *c;
    pid_t shell;
    pid_t below;

    (void)state;
    snprintf(script, sizeof(script), "echo shell $$.; sh -c \"%s\" & wait",
             "trap '' TERM HUP; "
             "echo below \\$\\$.; while :; do sleep 1; done");
    c = attach(script);
    shell = expect_pid(c, "shell ");
    below = expect_pid(c, "below ");
    expect_there(shell);
    hang_up(c);
    expect_gone(shell);
    expect_gone(below);
    board_expect_log(board, NULL, "why=\"the caller has left\"");
}

/* In a session of its own, its parent gone, deaf. */
static const char runaway[] =
    "(setsid sh -c \"trap '' TERM HUP; echo away \\$\\$.; while :; do sleep 1; done\" &);"
    "echo shell $$.; read line";

static void a_runaway_is_found(void **state)
{
    struct caller *c = attach(runaway);
    pid_t pid;

    (void)state;
    pid = expect_pid(c, "away ");
    expect_there(pid);
    caller_send(c, "\r");
    caller_expect(c, "got >>ok true code 0");
    expect_gone(pid);
}

static void a_runaway_ends_with_the_call(void **state)
{
    struct caller *c = attach(runaway);
    pid_t pid;

    (void)state;
    pid = expect_pid(c, "away ");
    hang_up(c);
    expect_gone(pid);
}

static void programs_end_with_the_server(void **state)
{
    struct caller *c = attach(runaway);
    pid_t pid;

    (void)state;
    pid = expect_pid(c, "away ");
    assert_int_equal(board_stop(board), 0);
    expect_gone(pid);
}

static void programs_end_with_a_killed_server(void **state)
{
    struct caller *c = attach(runaway);
    pid_t pid;

    (void)state;
    pid = expect_pid(c, "away ");
    board_kill(board, SIGKILL);
    expect_gone(pid);
}

/* --- who does not read --- */

static long server_kb(void)
{
    char path[60];
    char line[200];
    long kb = 0;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)board->pid);
    f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof(line), f)) {
        if (strncmp(line, "VmHWM:", 6) == 0)
            kb = strtol(line + 6, NULL, 10);
    }
    fclose(f);
    assert_true(kb > 0);
    return kb;
}

static void expect_key_answered(struct caller *c)
{
    caller_send(c, "b");
    caller_expect(c, "got >>busy<< A key: ");
}

/* A piece of what has come. All of it would be more than is to be kept here. */
static void read_some(struct caller *c)
{
    char piece[65536];

    for (int i = 0; i < 16; i++) {
        if (recv(c->fd, piece, sizeof(piece), MSG_DONTWAIT) <= 0)
            return;
    }
}

/* A gigabyte, to who reads and who does not; Ctrl-C ends both. */
static void a_gigabyte_harms_nobody(void **state)
{
    struct caller *c = attach("echo pid $$.; yes | head -c 1G");
    struct caller *other;
    pid_t pid;
    long before;

    (void)state;
    pid = expect_pid(c, "pid ");
    other = log_in(CALLER_XTERM, "luna");
    before = server_kb();
    for (int i = 0; i < 20; i++) {
        expect_key_answered(other);
        if (i < 10)
            read_some(c);
    }
    assert_true(server_kb() - before < 4096);
    expect_there(pid);
    caller_send(c, "\003");
    caller_expect(c, "got >>ok false code nil signal INT");
    expect_gone(pid);
}

static void who_reads_nothing_is_ended(void **state)
{
    struct caller *c;
    char text[600];
    pid_t pid;

    (void)state;
    snprintf(text, sizeof(text),
             "return { limits = { stalled_seconds = 1 }, command = {\n"
             "  user = '%s', level = 20, folder = '/tmp', processes = 5000 } }\n",
             user());
    board_write(board, "lua/settings.lua", text);
    c = run_as(CALLER_XTERM, "  return how(client:attach(command.run { argv = { 'sh', '-c',\n"
                             "    'echo pid $$.; exec yes' } }))");
    pid = expect_pid(c, "pid ");
    board_expect_log(board, NULL, "call event=stalled");
    expect_gone(pid);
}

/* A caller floods it with what it never reads: that waits in the caller's own system. */
static void what_is_not_read_is_not_kept(void **state)
{
    static const char flood[65536];
    struct caller *c = attach("stty raw -echo; echo pid $$.; exec sleep 1000");
    struct caller *other;
    size_t taken = 0;
    pid_t pid;
    long before;

    (void)state;
    pid = expect_pid(c, "pid ");
    other = log_in(CALLER_XTERM, "luna");
    before = server_kb();
    for (int i = 0; i < 200; i++) {
        ssize_t n = send(c->fd, flood, sizeof(flood), MSG_DONTWAIT | MSG_NOSIGNAL);

        taken += n > 0 ? (size_t)n : 0;
        if (i % 10 == 0)
            expect_key_answered(other);
    }
    assert_true(taken < 200 * sizeof(flood));
    assert_true(server_kb() - before < 4096);
    hang_up(c);
    expect_gone(pid);
}

/* The folder that the log names; the program is in one below it, whose limits are the
 * settings', as far as the machine counts these, and which goes with it, and with the server.
 */
static void has_a_control_group_where_there_is_one(void **state)
{
    static const char line[] = "event=limits cgroup=\"";
    char group[400];
    char own[500];
    const char *at;
    struct caller *c;

    (void)state;
    allow("memory_mb = 300");
    start("local p = command.run { argv = { 'sh', '-c',\n"
          "  'sed -n s/^0::.*perigee-/in-/p /proc/self/cgroup; cat; echo ended' } }\n"
          "local said = p:result(5)\n"
          "while not said:find 'in%-' and p:running() do said = said .. p:result(5) end\n"
          "client:send('said ' .. said .. ' .')\n"
          "client:read_key()\n"
          "p:stop()\n"
          "repeat local _, e = p:result(5) until e\n"
          "return 'gone'");
    c = log_in(CALLER_XTERM, "luna");
    caller_send(c, "x");
    board_expect_log(board, NULL, "event=limits cgroup=");
    if (board_log_has(board, "event=limits cgroup=none"))
        skip();
    caller_expect(c, "said in-");
    caller_expect(c, "/program-");
    at = strstr(board->log, line) + strlen(line);
    snprintf(group, sizeof(group), "%.*s", (int)strcspn(at, "\""), at);
    assert_non_null(strstr(group, "/perigee-"));
    snprintf(own, sizeof(own), "%s/cgroup.procs", group);
    assert_int_equal(access(own, F_OK), 0);
    caller_send(c, "k");
    caller_expect(c, "got >>gone<<");
    assert_int_equal(board_stop(board), 0);
    for (double until = caller_patience(); access(group, F_OK) == 0;) {
        assert_true(now_seconds() < until);
        usleep(10000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(programs_are_off_by_default),
        TEST(settings_say_who_may),
        TEST(another_user_takes_a_server_of_root),
        TEST(wrong_settings_are_told),
        TEST(a_result_has_output_and_end),
        TEST(a_long_result_comes_in_pieces),
        TEST(a_missing_program_is_told),
        TEST(every_variable_is_there),
        TEST(programs_are_as_the_settings_say),
        TEST(limits_are_seen_from_inside),
        TEST(the_cpu_limit_ends_a_program),
        TEST(a_shell_is_attached),
        TEST(the_window_is_followed),
        TEST(keys_of_control_go_to_the_program),
        TEST(telnet_interrupts_too),
        TEST(bytes_are_as_they_are),
        TEST(character_sets_are_translated),
        TEST(programs_of_the_pc_are_translated),
        TEST(plain_terminals_are_dumb),
        TEST(the_screen_is_shown_again),
        TEST(an_editor_edits),
        TEST(the_client_has_the_command),
        TEST(a_stubborn_program_is_killed),
        TEST(who_hangs_up_ends_the_group),
        TEST(a_runaway_is_found),
        TEST(a_runaway_ends_with_the_call),
        TEST(programs_end_with_the_server),
        TEST(programs_end_with_a_killed_server),
        TEST(a_gigabyte_harms_nobody),
        TEST(who_reads_nothing_is_ended),
        TEST(what_is_not_read_is_not_kept),
        TEST(has_a_control_group_where_there_is_one),
    };

    return cmocka_run_group_tests_name("processes", tests, NULL, NULL);
}
