/* Doors: external programs for callers, as the settings name them: what they are told, who may
 * run them and for how long, and that nothing is left of them. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/board/stage.h"
#include "tests/board/window.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up, stage_tear_down)
#define STARTER(f) cmocka_unit_test_setup_teardown(f, stage_set_up_starter, stage_tear_down)

/* --- a board on which a key runs the door `probe` --- */

static void write_settings(const char *doors)
{
    char text[4000];

    snprintf(text, sizeof(text),
             "return {\n  board = { name = 'Moon' },\n  doors = {\n%s\n  },\n}\n", doors);
    board_write(board, "lua/settings.lua", text);
}

/* The key x runs `probe`, y the door `other`; how it went stands between arrows. */
static void write_board(void)
{
    board_write(
        board, "lua/handlers/t.lua",
        "local doors, clients = require 'bbs.doors', require 'bbs.clients'\n"
        "local users = require 'bbs.users'\n"
        "local t = {}\n"
        "function t.login(client, text)\n"
        "  users.set('luna', { location = 'M\\u{e4}re\\27[31m\\r\\nX', "
        "nick_name = 'L\\u{fc}na' })\n"
        "  users.login(client, text, 'moonmoon')\n"
        "  return 'desk'\n"
        "end\n"
        "function t.go(client, key)\n"
        "  local seconds, why = doors.run(client, key == 'y' and 'other' or 'probe')\n"
        "  client.data.got = seconds and 'done' or why\n"
        "  return 'refresh'\n"
        "end\n"
        "function t.got(client) return client.data.got or 'nothing' end\n"
        "function t.where()\n"
        "  local where = {}\n"
        "  for c in clients.each(true) do where[#where + 1] = c.status or c.keyword end\n"
        "  return table.concat(where, ', ')\n"
        "end\n"
        "function t.list(client)\n"
        "  local names = {}\n"
        "  for i, door in ipairs(doors.list(client)) do\n"
        "    names[i] = door.name .. (door.why_not and '!' or '')\n"
        "  end\n"
        "  return table.concat(names, ' ')\n"
        "end\n"
        "return t\n");
    board_write(board, "screens/root.txt", "Name: <% set:t.login %>");
    board_write(board, "screens/desk.txt",
                "<% go:where(\"w\") %>got >><% get:t.got:raw %><< doors [<% get:t.list %>] "
                "A key: <% key:t.go %>");
    board_write(board, "screens/where.txt",
                "<% go:desk(\"q\") %>they are [<% get:t.where %>] q? ");
}

static void add_account(const char *handle)
{
    char data[400];
    const char *const args[] = {
        "user",   "add", handle,    "--level",     "20", "--password-stdin",
        "--data", data,  "--board", board->folder, NULL};

    snprintf(data, sizeof(data), "%s/data", board->folder);
    assert_int_equal(board_run(args, "moonmoon\n", NULL), 0);
}

static void start(const char *doors)
{
    write_settings(doors);
    write_board();
    add_account("luna");
    add_account("sol");
    board_start(board, NULL);
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

/* The door `probe` is a shell's script; luna has gone in. */
static struct caller *enter_as(enum caller_kind kind, const char *script, const char *more)
{
    char doors[3000];
    struct caller *c;

    snprintf(doors, sizeof(doors),
             "    probe = { title = 'The Probe', user = 'self', %s\n"
             "      argv = { 'sh', '-c', [==[%s]==], 'sh', '%%DROP%%', '%%KEEP%%' } },",
             more, script);
    start(doors);
    c = log_in(kind, "luna");
    caller_send(c, "x");
    return c;
}

static struct caller *enter(const char *script, const char *more)
{
    return enter_as(CALLER_XTERM, script, more);
}

/* Where the folders of single runs stand. */
static char *read_link(void)
{
    static char target[PATH_MAX];
    char link[PATH_MAX];
    ssize_t n;

    snprintf(link, sizeof(link), "%s/data/doors/.drop", board->folder);
    n = readlink(link, target, sizeof(target) - 1);
    assert_true(n > 0);
    target[n] = '\0';
    return target;
}

static unsigned count_folders(const char *path)
{
    DIR *d = opendir(path);
    unsigned n = 0;

    assert_non_null(d);
    for (struct dirent *e = readdir(d); e; e = readdir(d))
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(d);
    return n;
}

static void expect_no_folders(void)
{
    double until = caller_patience();
    const char *path = read_link();

    while (count_folders(path) > 0) {
        if (now_seconds() > until)
            fail_msg("something is left in %s", path);
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
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

/* A number that is printed behind `name` and ended by a dot. */
static pid_t expect_pid(struct caller *c, const char *name)
{
    size_t from;

    caller_expect(c, name);
    from = c->from;
    caller_expect(c, ".");
    return (pid_t)strtol(c->seen + from, NULL, 10);
}

/* --- drop files, byte for byte --- */

struct facts {
    time_t since; /* the call */
    time_t now;   /* the door began */
    const char *drop;
};

static const char *format_time(const char *format, time_t t)
{
    static char texts[4][20];
    static unsigned next;
    char *text = texts[next++ % 4];
    struct tm local;

    localtime_r(&t, &local);
    strftime(text, sizeof(texts[0]), format, &local);
    return text;
}

static void door_sys(const struct facts *f, char *out, size_t room)
{
    const char *day = format_time("%m/%d/%y", f->since);
    const char *clock = format_time("%H:%M", f->since);

    snprintf(out, room,
             "COM0:\n0\n8\n1\n38400\nY\nN\nN\nN\nluna\n"                 /* 1 */
             "M\204reX\n000-000-0000\n000-000-0000\n\n20\n1\n%s\n1800\n" /* 11 */
             "30\nGR\n24\nN\n\n1\n12/31/99\n1\nZ\n0\n0\n0\n"             /* 19 */
             "999999\n00/00/00\n\n\nSysop\nL\201na\n00:00\nY\nN\nY\n"    /* 31 */
             "7\n0\n%s\n%s\n%s\n999\n0\n0\n0\n\n0\n0\n",                 /* 41 */
             day, day, clock, clock);
}

static void door32_sys(const struct facts *f, char *out, size_t room)
{
    (void)f;
    snprintf(out, room, "0\n0\n38400\nPerigee\n1\nluna\nL\201na\n20\n30\n1\n1\n");
}

static void chain_txt(const struct facts *f, char *out, size_t room)
{
    struct tm t;

    localtime_r(&f->since, &t);
    snprintf(out, room,
             "1\nL\201na\nluna\n\n0\n?\n0.00\n%s\n80\n24\n20\n0\n0\n1\n0\n" /* 1 */
             "1800.00\n%s/\n%s/\nperigee.log\nKB\n0\nMoon\nSysop\n"         /* 16 */
             "%d\n%ld\n0\n0\n0\n0\n8N1\n0\n0\n",                            /* 24 */
             format_time("%m/%d/%y", f->since), f->drop, f->drop,
             t.tm_hour * 3600 + t.tm_min * 60 + t.tm_sec, (long)(f->now - f->since));
}

static void dorinfo1_def(const struct facts *f, char *out, size_t room)
{
    (void)f;
    snprintf(out, room,
             "Moon\nSysop\n\nCOM0\n0 BAUD,N,8,1\n0\nluna\n\nM\204reX\n1\n20\n30\n-1\n");
}

/* Without the CR of each line end; fails where one has none. */
static char *take_crs(char *text)
{
    char *to = text;

    for (const char *p = text; *p; p++) {
        if (*p == '\n' && (p == text || p[-1] != '\r'))
            fail_msg("a line ends without CR: %s", text);
        if (*p != '\r')
            *to++ = *p;
    }
    *to = '\0';
    return text;
}

static unsigned count_lines(const char *text)
{
    unsigned n = 0;

    for (; *text; text++)
        n += *text == '\n';
    return n;
}

/* The same, of any second of the call in which it may have been written. */
static bool is_as(const char *got, void (*make)(const struct facts *, char *, size_t),
                  const char *drop, time_t from, time_t to)
{
    char want[4000];

    for (time_t since = from; since <= to; since++) {
        for (time_t now = since; now <= to; now++) {
            make(&(struct facts){since, now, drop}, want, sizeof(want));
            if (strcmp(got, want) == 0)
                return true;
        }
    }
    return false;
}

static void check_format(const char *name, unsigned lines,
                         void (*make)(const struct facts *, char *, size_t))
{
    char more[100];
    char drop[PATH_MAX];
    char *got;
    struct caller *c;
    time_t from = time(NULL) - 1;

    snprintf(more, sizeof(more), "dropfile = '%s', minutes = 30,", name);
    c = enter("cp \"$1\"/* \"$2\"/copy && ls \"$1\" && ls -ld \"$1\" | cut -c1-10", more);
    caller_expect(c, name);
    caller_expect(c, "drwx------");
    caller_expect(c, "got >>done<<");
    snprintf(drop, sizeof(drop), "%s/1-1", read_link());
    got = board_read(board, "data/doors/probe/copy");
    assert_non_null(got);
    assert_int_equal(count_lines(got), lines);
    if (!is_as(take_crs(got), make, drop, from, time(NULL) + 1))
        fail_msg("%s is not as it should be:\n%s", name, got);
    free(got);
    expect_no_folders();
}

static void door_sys_is_as_gap_has_it(void **state)
{
    (void)state;
    check_format("DOOR.SYS", 52, door_sys);
}

static void door32_sys_is_as_its_specification_has_it(void **state)
{
    (void)state;
    check_format("door32.sys", 11, door32_sys);
}

static void chain_txt_is_as_wwiv_has_it(void **state)
{
    (void)state;
    check_format("CHAIN.TXT", 32, chain_txt);
}

static void dorinfo1_def_is_as_rbbs_has_it(void **state)
{
    (void)state;
    check_format("DORINFO1.DEF", 13, dorinfo1_def);
}

static void a_call_has_less_time_than_the_door(void **state)
{
    struct caller *c;
    char *got;
    long seconds;

    (void)state;
    write_board();
    add_account("luna");
    board_write(board, "lua/settings.lua",
                "return { limits = { call_minutes = 10 }, doors = { probe = { user = 'self',\n"
                "  dropfile = 'DOOR.SYS', minutes = 30,\n"
                "  argv = { 'sh', '-c', 'sed -n 18,19p $1/DOOR.SYS > $2/left', 'sh',\n"
                "    '%DROP%', '%KEEP%' } } } }\n");
    board_start(board, NULL);
    c = log_in(CALLER_XTERM, "luna");
    caller_send(c, "x");
    caller_expect(c, "got >>done<<");
    got = board_read(board, "data/doors/probe/left");
    assert_non_null(got);
    seconds = strtol(got, NULL, 10);
    assert_in_range(seconds, 500, 600);
    assert_int_equal(strtol(strchr(got, '\n'), NULL, 10), seconds / 60);
    free(got);
}

/* The words are the program's own, whatever stands in them. */
static void places_are_filled_in(void **state)
{
    struct caller *c;

    (void)state;
    start("probe = { user = 'self', minutes = 5, env = { WHO = 'it is %HANDLE%' },\n"
          "  argv = { 'sh', '-c', 'echo \"<$WHO|$1|$2|$3>\"', 'sh', '%NODE%', '%MINUTES%',\n"
          "    '$(id) 100% %HANDLE%;' } }");
    c = log_in(CALLER_XTERM, "luna");
    caller_send(c, "x");
    caller_expect(c, "<it is luna|1|5|$(id) 100% luna;>");
}

/* --- who may, and who is in it --- */

static void a_door_is_for_its_level(void **state)
{
    struct caller *c;

    (void)state;
    start("probe = { user = 'self', level = 21, argv = { 'true' } },\n"
          "other = { user = 'self', level = 20, argv = { 'true' } },");
    c = log_in(CALLER_XTERM, "luna");
    assert_true(caller_has(c, "doors [other]"));
    caller_send(c, "x");
    caller_expect(c, "got >>There is no door probe for you<<");
    caller_expect(c, "A key: ");
    caller_send(c, "y");
    caller_expect(c, "got >>done<<");
}

static void without_a_user_doors_are_off_and_say_so(void **state)
{
    struct caller *c;

    (void)state;
    start("probe = { argv = { 'true' } }");
    c = log_in(CALLER_XTERM, "luna");
    assert_true(caller_has(c, "doors [probe!]"));
    caller_send(c, "x");
    caller_expect(c, "got >>probe can't run: neither the setting doors.probe.user, nor "
                     "command.user names whom it runs as<<");
}

static void a_door_is_nobody_who_is_root(void **state)
{
    struct caller *c = enter("id -u; echo uid $(($(id -u) > 0)).; cat /proc/self/status", "");

    (void)state;
    if (geteuid() == 0)
        caller_expect(c, "uid 1.");
    caller_expect(c, "NoNewPrivs:\t1");
}

static void one_at_a_time(void **state)
{
    struct caller *luna = enter("echo ready; read x; echo bye", "one = true,");
    struct caller *sol;

    (void)state;
    caller_expect(luna, "ready");
    sol = log_in(CALLER_XTERM, "sol");
    caller_send(sol, "w");
    caller_expect(sol, "they are [in The Probe, where] q?");
    caller_send(sol, "q");
    caller_expect(sol, "A key: ");
    caller_send(sol, "x");
    caller_expect(sol, "got >>L\303\274na plays The Probe since ");
    caller_expect(sol, ":");
    caller_expect(sol, "and it is for one at a time<<");
    caller_expect(sol, "A key: ");
    caller_send(luna, "\r");
    caller_expect(luna, "got >>done<<");
    caller_send(sol, "x");
    caller_expect(sol, "ready");
}

/* What it has started ends, too; its folder is gone, and the door is free again. */
static void who_hangs_up_leaves_nothing_behind(void **state)
{
    struct caller *luna =
        enter("sleep 1000 & echo pid $!.; echo more > $1/more; read x", "one = true,");
    struct caller *sol = log_in(CALLER_XTERM, "sol");
    pid_t pid = expect_pid(luna, "pid ");
    double until = caller_patience();

    (void)state;
    assert_int_equal(count_folders(read_link()), 1);
    hang_up(luna);
    expect_gone(pid);
    expect_no_folders();
    do {
        caller_send(sol, "x");
        caller_expect(sol, "p");
        caller_read_for_now(sol);
        assert_true(now_seconds() < until);
    } while (!caller_has(sol, "pid ") && (caller_expect(sol, "A key: "), true));
}

static void the_time_is_over(void **state)
{
    struct caller *c =
        enter("trap '' HUP TERM; echo pid $$.; while :; do sleep 0.1; done", "minutes = 0.01,");
    pid_t pid = expect_pid(c, "pid ");

    (void)state;
    caller_expect(c, "got >>Your time in The Probe is over<<");
    expect_gone(pid);
    expect_no_folders();
}

/* A bell, which tears nothing. */
static void a_minute_before_the_end_a_bell_rings(void **state)
{
    struct caller *c = enter("echo ready; read x", "minutes = 1.03,");
    double until = caller_patience();

    (void)state;
    caller_expect(c, "ready");
    while (!memchr(c->shown, '\a', c->shown_len))
        caller_wait(c, until, "a bell");
    caller_send(c, "\r");
    caller_expect(c, "got >>done<<");
}

/* --- what goes wrong --- */

static void a_missing_program_is_told(void **state)
{
    struct caller *c;

    (void)state;
    start("probe = { user = 'self', dropfile = 'DOOR.SYS', argv = { 'no-such-program' } },\n"
          "other = { user = 'self', folder = 'doors/none', argv = { 'true' } },");
    c = log_in(CALLER_XTERM, "luna");
    caller_send(c, "x");
    caller_expect(c, "got >>probe can't run: no-such-program: No such file or directory<<");
    caller_expect(c, "A key: ");
    caller_send(c, "y");
    caller_expect(c, "doors/none: No such file or directory<<");
    expect_no_folders();
}

static void a_bad_end_is_told(void **state)
{
    struct caller *c = enter("exit 3", "");

    (void)state;
    caller_expect(c, "got >>The Probe has ended with code 3<<");
    caller_expect(c, "A key: ");
    write_settings("probe = { title = 'It', user = 'self', argv = { 'sh', '-c', 'kill -9 $$' "
                   "} }");
    board_expect_log(board, NULL, "settings event=loaded");
    caller_send(c, "x");
    caller_expect(c, "got >>It has crashed (SIGKILL)<<");
}

static void a_full_disk_starts_nothing(void **state)
{
    struct caller *c;

    (void)state;
    preload_full_disk("DOOR.SYS", "100");
    c = enter("echo it runs", "dropfile = 'DOOR.SYS',");
    unsetenv("LD_PRELOAD");
    caller_expect(c, "got >>The Probe can't run: write DOOR.SYS: No space left on device<<");
    assert_false(caller_has(c, "it runs"));
    board_expect_log(board, NULL, "command event=failed");
    expect_no_folders();
}

static void broken_settings_are_told(void **state)
{
    static const struct {
        const char *doors;
        const char *says;
    } cases[] = {
        {"a = 1", "lua/settings.lua:4: doors.a: expected a table { argv = { ... } }"},
        {"a = { title = 'A' }", "doors.a: there is no argv, expected argv = { \"program\""},
        {"a = { argv = 'a' }", "doors.a.argv: expected a list of 1 to 100 words"},
        {"a = { argv = { 'a', 1 } }", "doors.a.argv: word 2: expected a text"},
        {"a = { argv = { 'a', '%NAME%' } }", "doors.a.argv: there is no %NAME%, expected one"},
        {"a = { argv = { '%DROP%/a' } }", "doors.a.argv: expected a program's name first"},
        {"\n\na = {\nargv = { 'a' },\nminutes = 0 }",
         "lua/settings.lua:8: doors.a.minutes: "
         "expected a number of minutes up to 1440"},
        {"b = { argv = { 'b' }, level = 5 },\na = { argv = { 'a' },\nlevel = 'x' }",
         "lua/settings.lua:6: doors.a.level: expected a number from 1 to 255"},
        {"a = { argv = { 'a' }, one = 1 }", "doors.a.one: expected true or false"},
        {"a = { argv = { 'a' }, env = { ['x y'] = '' } }", "doors.a.env: expected a table"},
        {"a = { argv = { 'a' }, folder = 'x/../..' }", "doors.a.folder: expected a folder"},
        {"a = { argv = { 'a' }, charset = 'ebcdic' }", "doors.a.charset: expected \"utf-8\""},
        {"a = { argv = { 'a' }, dropfile = 'x' }", "doors.a.dropfile: expected \"DOOR.SYS\""},
        {"a = { argv = { 'a' }, socket = true }", "doors.a.socket: only DOOR32.SYS names it"},
        {"a = { argv = { 'a' }, user = 'root' }", "doors.a.user: root is not allowed"},
        {"a = { argv = { 'a' }, tile = 'A' }",
         "doors.a.tile: there is no such field, expected"},
        {"['a.b'] = { argv = { 'a' } }", "doors: 'a.b': expected a name of letters"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *const args[] = {"serve",    "--board",     board->folder,
                                    "--listen", "127.0.0.1:0", NULL};
        char *out;

        write_settings(cases[i].doors);
        assert_int_equal(board_run(args, NULL, &out), 3);
        if (!strstr(out, cases[i].says))
            fail_msg("no \"%s\" in: %s", cases[i].says, out);
        free(out);
    }
}

static void the_last_good_settings_hold(void **state)
{
    struct caller *c;
    size_t from = 0;

    (void)state;
    start("probe = { user = 'self', argv = { 'echo', 'one' } }");
    c = log_in(CALLER_XTERM, "luna");
    write_settings("probe = { user = 'self', argv = { 'echo', 'two' }, minutes = 'x' }");
    board_expect_log(board, &from, "doors.probe.minutes: expected");
    caller_send(c, "x");
    caller_expect(c, "one");
    caller_expect(c, "A key: ");
    write_settings("probe = { user = 'self', argv = { 'echo', 'three' } }");
    board_expect_log(board, &from, "settings event=loaded");
    caller_send(c, "x");
    caller_expect(c, "three");
    caller_expect(c, "A key: ");
    board_remove(board, "lua/settings.lua");
    board_expect_log(board, &from, "settings event=loaded");
    caller_send(c, "x");
    caller_expect(c, "There is no door probe for you");
}

/* A door that has been killed with its keeper, and the server. */
static void what_a_crash_has_left_is_removed_at_the_start(void **state)
{
    char parent[] = "/tmp/perigee-doors-XXXXXX";
    char path[PATH_MAX];
    char *stays;

    (void)state;
    assert_non_null(mkdtemp(parent));
    snprintf(path, sizeof(path), "%s/1-1", parent);
    assert_int_equal(mkdir(path, 0700), 0);
    board_write(board, "data/doors/probe/scores", "stays");
    snprintf(path, sizeof(path), "%s/data/doors/.drop", board->folder);
    assert_int_equal(symlink(parent, path), 0);
    write_board();
    board_start(board, NULL);
    assert_int_equal(access(parent, F_OK), -1);
    assert_int_equal(readlink(path, parent, 1), -1);
    stays = board_read(board, "data/doors/probe/scores");
    assert_string_equal(stays, "stays");
    free(stays);
}

/* Deeper than a path can be, and closed. */
static void whatever_is_in_the_folder_goes(void **state)
{
    struct caller *c = enter("cd $1; i=0; while [ $i -lt 400 ]; do d=aaaaaaaaaaaaaaaaaaaa; "
                             "mkdir $d b; echo x > f; ln -s / l; chmod 0 b; cd -P $d; "
                             "i=$((i + 1)); done; chmod 0 $1; echo made",
                             "");

    (void)state;
    caller_expect(c, "made");
    caller_expect(c, "got >>done<<");
    expect_no_folders();
}

static void a_server_that_is_killed_leaves_no_folder(void **state)
{
    struct caller *c = enter("echo pid $$.; read x", "dropfile = 'DOOR.SYS',");
    pid_t pid = expect_pid(c, "pid ");
    char path[PATH_MAX];
    double until = caller_patience();

    (void)state;
    snprintf(path, sizeof(path), "%s", read_link());
    board_kill(board, SIGKILL);
    expect_gone(pid);
    while (access(path, F_OK) == 0) {
        assert_true(now_seconds() < until);
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
}

/* --- the line --- */

static void the_screen_is_as_it_was_before(void **state)
{
    struct caller *c = enter("printf '\\033[?1049h\\033[5;10r\\033[31mgame'; stty raw -echo; "
                             "dd bs=1 count=1 2>/dev/null; exit 0",
                             "");

    (void)state;
    caller_expect(c, "game");
    caller_send(c, "k");
    caller_expect(c, "got >>done<<");
    window_expect_prompt(c, "A key:");
    assert_false(window_has(c, "game"));
    caller_send(c, "w");
    caller_expect(c, "they are [where] q?");
}

static bool wire_has(const struct caller *c, const char *bytes, size_t len)
{
    return memmem(c->wire, c->wire_len, bytes, len) != NULL;
}

/* All that is not ASCII, both ways, of a door and a terminal that have the same. */
static void bytes_stay_as_they_are(void **state)
{
    struct caller *c =
        enter_as(CALLER_SYNCTERM,
                 "stty raw -echo; printf 'ready'; i=128; while [ $i -lt 256 ]; do "
                 "printf \"\\\\$(printf %o $i)\"; i=$((i + 1)); done; printf 'end'; "
                 "dd bs=1 count=127 of=$2/typed 2>/dev/null",
                 "charset = 'cp437',");
    char bytes[129];
    char typed[128];
    char *got;

    (void)state;
    for (int i = 0; i < 128; i++)
        bytes[i] = (char)(128 + i);
    bytes[128] = '\377'; /* telnet's: twice */
    caller_expect(c, "end");
    assert_true(wire_has(c, bytes, 129));
    memcpy(typed, bytes, 127);
    typed[127] = '\0';
    caller_send_bytes(c, typed, 127);
    caller_expect(c, "got >>done<<");
    got = board_read(board, "data/doors/probe/typed");
    assert_string_equal(got, typed);
    free(got);
}

/* Its caller is a socket, of which it is told the number; there is no terminal. */
static void door32_sys_names_a_socket(void **state)
{
    struct caller *c =
        enter("head -n 2 $1/door32.sys > $2/head; read y || echo nothing >&4; "
              "printf 'hello\\r\\n' >&4; read x <&4; printf 'got %s\\377.' \"$x\" >&4; "
              "tty && printf terminal >&4; exit 0",
              "dropfile = 'door32.sys', socket = true,");
    char *got;

    (void)state;
    caller_expect(c, "nothing");
    caller_expect(c, "hello");
    caller_send(c, "moon\n");
    caller_expect(c, "got moon");
    caller_expect(c, "got >>done<<");
    assert_false(caller_has(c, "terminal"));
    assert_true(wire_has(c, "got moon\357\277\275.", 12) || wire_has(c, "moon\377\377.", 7));
    got = board_read(board, "data/doors/probe/head");
    assert_string_equal(got, "2\r\n4\r\n");
    free(got);
    expect_no_folders();
}

static void who_hangs_up_ends_a_door_with_a_socket(void **state)
{
    struct caller *c =
        enter("printf \"pid $$.\" >&4; sleep 1000", "dropfile = 'door32.sys', socket = true,");
    pid_t pid = expect_pid(c, "pid ");

    (void)state;
    hang_up(c);
    expect_gone(pid);
    expect_no_folders();
}

/* --- real ones --- */

/* Down to the ground, softly: what is burnt each second is known, and typed ahead. */
static void land(struct caller *c)
{
    caller_expect(c, "Where to, luna?");
    caller_send(c, "10000646346645446");
    caller_expect(c, "The Eagle has landed");
    caller_expect(c, "Any key goes on.");
    caller_send(c, " ");
}

static struct caller *enter_lander(enum caller_kind kind, unsigned columns)
{
    struct caller *c;

    board_start(board, NULL);
    c = dial_as(kind);
    c->columns = columns;
    caller_sign_up(c, "luna", "sunshine7");
    caller_send(c, "d");
    caller_expect(c, "Moon Lander");
    caller_expect(c, "Which door?");
    caller_send(c, "1");
    caller_expect(c, "Nobody has landed yet");
    return c;
}

static void the_starter_boards_game_is_played_to_its_end(void **state)
{
    struct caller *c = enter_lander(CALLER_XTERM, 80);
    char *scores;

    (void)state;
    land(c);
    caller_expect(c, "The best landings");
    caller_expect(c, "luna");
    caller_expect(c, "Where to, luna?");
    caller_send(c, "q");
    caller_expect(c, "Which door?");
    window_expect_prompt(c, "Which door?");
    assert_true(window_has(c, "Set down softly"));
    scores = board_read(board, "data/doors/lander/scores");
    assert_non_null(scores);
    assert_non_null(strstr(scores, "|luna|"));
    free(scores);
    caller_send(c, "q");
    caller_expect(c, "which key?");
}

static void the_game_needs_no_ansi(void **state)
{
    struct caller *c = enter_lander(CALLER_DUMB, 80);
    size_t from = c->shown_len;

    (void)state;
    land(c);
    assert_null(memchr(c->shown + from, '\033', c->shown_len - from));
    caller_expect(c, "Where to, luna?");
    caller_send(c, "\003"); /* Ctrl-C */
    caller_expect(c, "Which door?");
    caller_read_for_now(c);
    assert_false(caller_has(c, "crashed"));
}

/* As the window is when a flight begins. */
static void the_game_fits_into_a_narrow_window(void **state)
{
    struct caller *c = enter_lander(CALLER_XTERM, 40);

    (void)state;
    caller_expect(c, "Where to, luna?");
    caller_send(c, "1");
    caller_expect(c, "200 m high, 10 m/s, fuel 70. Burn?");
    caller_resize(c, 80, 24);
    caller_send(c, "q");
    caller_expect(c, "Where to, luna?");
    caller_send(c, "1");
    caller_expect(c, "Burn how much?");
    assert_true(window_has(c, "Altitude      200 m"));
}

/* A board that is shown, and not served, runs nothing. */
static void perigee_show_runs_no_door(void **state)
{
    const char *const args[] = {"show", "doors", "--board", board->folder, "--plain", NULL};
    char *out;

    (void)state;
    assert_int_equal(board_run(args, NULL, &out), 0);
    assert_non_null(strstr(out, "Set down softly"));
    free(out);
}

/* One of Debian's games, with curses. */
static void a_program_of_the_systems_packages_is_a_door(void **state)
{
    struct caller *c;

    (void)state;
    if (access("/usr/games/robotfindskitten", X_OK) < 0)
        fail_msg("robotfindskitten is not installed: scripts/setup test installs it");
    start("probe = { user = 'self', title = 'Robot Finds Kitten',\n"
          "  argv = { '/usr/games/robotfindskitten' } }");
    c = log_in(CALLER_XTERM, "luna");
    caller_send(c, "x");
    caller_expect(c, "robotfindskitten");
    caller_expect(c, "Press any key to start");
    caller_send(c, " ");
    caller_expect(c, "#"); /* the robot */
    caller_send(c, "q");
    caller_expect(c, "got >>done<<");
    window_expect_prompt(c, "A key:");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(door_sys_is_as_gap_has_it),
        TEST(door32_sys_is_as_its_specification_has_it),
        TEST(chain_txt_is_as_wwiv_has_it),
        TEST(dorinfo1_def_is_as_rbbs_has_it),
        TEST(a_call_has_less_time_than_the_door),
        TEST(places_are_filled_in),
        TEST(a_door_is_for_its_level),
        TEST(without_a_user_doors_are_off_and_say_so),
        TEST(a_door_is_nobody_who_is_root),
        TEST(one_at_a_time),
        TEST(who_hangs_up_leaves_nothing_behind),
        TEST(the_time_is_over),
        TEST(a_minute_before_the_end_a_bell_rings),
        TEST(a_missing_program_is_told),
        TEST(a_bad_end_is_told),
        TEST(a_full_disk_starts_nothing),
        TEST(broken_settings_are_told),
        TEST(the_last_good_settings_hold),
        TEST(what_a_crash_has_left_is_removed_at_the_start),
        TEST(whatever_is_in_the_folder_goes),
        TEST(a_server_that_is_killed_leaves_no_folder),
        TEST(the_screen_is_as_it_was_before),
        TEST(bytes_stay_as_they_are),
        TEST(door32_sys_names_a_socket),
        TEST(who_hangs_up_ends_a_door_with_a_socket),
        STARTER(the_starter_boards_game_is_played_to_its_end),
        STARTER(the_game_needs_no_ansi),
        STARTER(the_game_fits_into_a_narrow_window),
        STARTER(perigee_show_runs_no_door),
        TEST(a_program_of_the_systems_packages_is_a_door),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
