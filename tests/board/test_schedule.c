/* Handlers that the board calls by itself, as the setting `schedule` says: when, what they are
 * told, what becomes of those that fail or last, and what a restart and the clock do to that.
 */
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/board/cast.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up, stage_tear_down)
#define STARTER(f) cmocka_unit_test_setup_teardown(f, stage_set_up_starter, stage_tear_down)

/* A handler that says what it was told, and others that fail, last and wait. */
static const char jobs_lua[] =
    "local log = require 'bbs.log'\n"
    "local time = require 'bbs.time'\n"
    "local jobs = {}\n"
    "function jobs.say(job)\n"
    "  log.info(('ran %s due %d last %s.'):format(job.name, job.due, job.last or 'never'))\n"
    "end\n"
    "function jobs.tick() log.info 'tick' end\n"
    "function jobs.fail() error('it is broken', 0) end\n"
    "function jobs.last()\n"
    "  log.info 'it lasts'\n"
    "  time.sleep(1.2)\n"
    "  log.info 'it has lasted'\n"
    "end\n"
    "function jobs.hang() log.info 'it hangs' time.sleep(1e6) end\n"
    "return jobs\n";

static void write_schedule(const char *items)
{
    char text[600];

    snprintf(text, sizeof(text), "return {\n  schedule = {\n%s\n  },\n}\n", items);
    board_write(board, "lua/settings.lua", text);
}

static unsigned count_log(const char *text)
{
    unsigned n = 0;

    board_log_has(board, text); /* reads it */
    for (const char *at = board->log; at && (at = strstr(at, text)); at++)
        n++;
    return n;
}

static char *run(const char *const *args)
{
    char *out = NULL;

    board_run(args, NULL, &out);
    return out;
}

static char *status(const char *how)
{
    const char *const args[] = {"status", "--board", board->folder, how, NULL};

    return run(args);
}

static void expect_status(const char *how, const char *text)
{
    char *out = status(how);

    if (!strstr(out, text))
        fail_msg("no '%s' in %s", text, out);
    free(out);
}

/* --- every so often --- */

static void calls_handlers_every_so_often(void **state)
{
    size_t from = 0;
    struct caller *moon;

    (void)state;
    make_sysop();
    board_write(board, "lua/handlers/jobs.lua", jobs_lua);
    write_schedule("    ['jobs.say'] = 'every 1s',\n"
                   "    jobs = { fail = 'every 1s', last = { 'every 1s' } },\n");
    board_start(board, NULL);
    board_expect_log(board, &from, "ran jobs.say due ");
    board_expect_log(board, &from, " last never.");
    board_expect_log(board, &from, "ran jobs.say due ");
    assert_true(count_log("last never.") == 1); /* from then on it is told */
    from = 0;
    board_expect_log(board, &from, "incident=1 handler=jobs.fail node=0 error=it is broken");
    board_expect_log(board, &from, "handler=jobs.fail node=0 error=it is broken");
    from = 0;
    board_expect_log(board, &from, "it lasts");
    board_expect_log(board, &from, "event=skipped handler=jobs.last why=\"it still runs\"");
    board_expect_log(board, &from, "it has lasted");
    board_expect_log(board, &from, "event=ended handler=jobs.last");
    board_expect_log(board, &from, "it lasts");
    moon = sysop();
    caller_expect(moon, "in jobs.fail: it is broken");
    expect_status(NULL, "jobs.say                 every 1s ");
    expect_status(NULL, "incident ");
    expect_status("--json", "\"handler\":\"jobs.last\",\"times\":\"every 1s\",");
}

/* --- settings and handlers are saved --- */

static void takes_up_what_is_saved(void **state)
{
    size_t from = 0;

    (void)state;
    board_write(board, "lua/handlers/jobs.lua", jobs_lua);
    board_write(board, "screens/root.txt", "hello");
    board_start(board, NULL);
    write_schedule("    ['jobs.tick'] = 'every 1s',");
    board_expect_log(board, &from, "event=loaded");
    board_expect_log(board, &from, "tick");
    write_schedule("    ['jobs.tick'] = 'every 1s',\n    ['jobs.say'] = '25:00',");
    board_expect_log(
        board, &from,
        "event=refused lua/settings.lua:4: schedule: jobs.say: '25:00' is no time, "
        "expected one like \"03:30\"");
    board_expect_log(board, &from, "tick"); /* the last good one stays */
    write_schedule("    ['jobs.tick'] = 'every 1s',\n    ['night.sweep'] = 'every 1s',");
    board_expect_log(
        board, &from,
        "lua/settings.lua:4: schedule: there is no handler 'night.sweep', expected "
        "it in lua/handlers/night.lua");
    board_expect_log(board, &from,
                     "event=skipped handler=night.sweep why=\"there is no such handler\"");
    expect_status(NULL, "no handler");
    board_write(board, "lua/handlers/night.lua",
                "return { sweep = function() require('bbs.log').info 'swept' end }\n");
    board_expect_log(board, &from, "swept");
    write_schedule("");
    board_expect_log(board, &from, "event=loaded");
}

static void check_tells_what_is_wrong(void **state)
{
    static const struct {
        const char *settings;
        const char *expected;
    } wrong[] = {
        {"{ ['jobs.say'] = 'soon' }",
         ":1: schedule: jobs.say: 'soon' is no time, expected one"},
        {"{ ['jobs.say'] = 'every 0s' }",
         "schedule: jobs.say: 'every 0s': expected 1 second to 366 days"},
        {"{ ['jobs.say'] = { '03:30', 'every 5m' } }", "'every 5m': an \"every\" stands alone"},
        {"{ ['jobs.say'] = 330 }", "schedule: jobs.say: a time is a number, expected a text"},
        {"{ ['jobs.say'] = {} }", "schedule: jobs.say has no times, expected one"},
        {"{ say = '03:30' }", "schedule: 'say' is no handler's name, expected one like"},
        {"{ ['../x.y'] = '03:30' }", "schedule: '../x.y' is no handler's name"},
        {"'03:30'", "schedule is a string, expected a table { [\"maintenance.nightly\"]"},
        {"{ '03:30' }", "schedule is a list, expected a table"},
        {"{ ['jobs.gone'] = '03:30' }",
         "lua/settings.lua:1: schedule: there is no handler 'jobs.gone', expected it in "
         "lua/handlers/jobs.lua"},
    };
    const char *const args[] = {"check", "--board", board->folder, NULL};
    char text[200];
    char *out;

    (void)state;
    board_write(board, "lua/handlers/jobs.lua", jobs_lua);
    board_write(board, "screens/root.txt", "hello");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        snprintf(text, sizeof(text), "return { schedule = %s }\n", wrong[i].settings);
        board_write(board, "lua/settings.lua", text);
        assert_int_equal(board_run(args, NULL, &out), 1);
        if (!strstr(out, wrong[i].expected))
            fail_msg("no '%s' in %s", wrong[i].expected, out);
        free(out);
    }
    write_schedule("    ['jobs.say'] = { '03:30', 'mon 4:00' },");
    assert_int_equal(board_run(args, NULL, &out), 0);
    assert_null(strstr(out, "'jobs.say'")); /* which the schedule names */
    free(out);
}

/* --- the clock --- */

/* May 4, 2026 is a Monday. */
static long at(int day, int hour, int minute, int second)
{
    struct tm t = {.tm_year = 126,
                   .tm_mon = 4,
                   .tm_mday = day,
                   .tm_hour = hour,
                   .tm_min = minute,
                   .tm_sec = second};

    return (long)timegm(&t);
}

static void set_clock(long to)
{
    char off[32];
    char from[300], clock[300];

    snprintf(off, sizeof(off), "%ld", to - (long)time(NULL));
    snprintf(from, sizeof(from), "%s/clock.new", board->folder);
    snprintf(clock, sizeof(clock), "%s/clock", board->folder);
    board_write(board, "clock.new", off);
    assert_int_equal(rename(from, clock), 0); /* never half of it */
}

static void start_at(long when)
{
    char path[PATH_MAX];

    set_clock(when);
    preload("clock.so");
    snprintf(path, sizeof(path), "%s/clock", board->folder);
    setenv("CLOCK_FILE", path, 1);
    setenv("TZ", "UTC0", 1);
    board_start(board, NULL);
    unsetenv("LD_PRELOAD");
}

static void expect_run(size_t *from, long due)
{
    char text[60];

    snprintf(text, sizeof(text), "ran jobs.say due %ld ", due);
    board_expect_log(board, from, text);
}

/* The clock is looked at whenever something is due. What is logged first may be of a look that
 * was under way already. */
static void expect_ticks(unsigned count)
{
    size_t from;

    board_log_has(board, "tick");
    from = board->log_len;
    while (count-- > 0)
        board_expect_log(board, &from, "tick");
}

static void comes_once_however_the_clock_is_set(void **state)
{
    size_t from = 0;

    (void)state;
    board_write(board, "lua/handlers/jobs.lua", jobs_lua);
    write_schedule("    ['jobs.say'] = { '03:30', '12:00' }, ['jobs.tick'] = 'every 1s',");
    start_at(at(4, 3, 0, 0));
    expect_ticks(1);
    set_clock(at(4, 3, 30, 5));
    expect_run(&from, at(4, 3, 30, 0));
    set_clock(at(4, 3, 0, 0)); /* back */
    expect_ticks(2);
    set_clock(at(4, 3, 45, 0)); /* past it once more */
    expect_ticks(2);
    assert_int_equal(count_log("ran jobs.say"), 1);
    expect_status(NULL, "2026-05-04 03:30 ok           2026-05-04 12:00");
    set_clock(at(20, 13, 0, 0)); /* forth, by many */
    expect_run(&from, at(4, 12, 0, 0));
    assert_int_equal(count_log("ran jobs.say"), 2);
    set_clock(at(6, 3, 0, 0)); /* it was wrong */
    expect_ticks(2);
    set_clock(at(6, 3, 30, 5));
    expect_run(&from, at(6, 3, 30, 0));
}

static void does_after_a_start_what_was_missed(void **state)
{
    size_t from = 0;

    (void)state;
    board_write(board, "lua/handlers/jobs.lua", jobs_lua);
    write_schedule("    ['jobs.say'] = 'mon 03:30', ['jobs.tick'] = 'every 1s',");
    start_at(at(4, 2, 0, 0));
    assert_int_equal(board_stop(board), 0);
    start_at(at(4, 2, 30, 0)); /* nothing was */
    expect_ticks(1);
    assert_int_equal(count_log("ran jobs.say"), 0);
    assert_int_equal(board_stop(board), 0);
    start_at(at(21, 5, 0, 0)); /* thrice: the last one is done */
    from = 0;
    expect_run(&from, at(18, 3, 30, 0));
    assert_int_equal(count_log("ran jobs.say"), 1);
    assert_int_equal(board_stop(board), 0);
    start_at(at(21, 6, 0, 0));
    expect_ticks(1);
    assert_int_equal(count_log("ran jobs.say"), 1);
    expect_status(NULL, "2026-05-21 05:00 ok           2026-05-25 03:30");
}

/* --- a sysop --- */

static void sysops_look_at_it_and_run_one(void **state)
{
    struct caller *moon;
    size_t from = 0;

    (void)state;
    make_sysop();
    board_write(board, "lua/handlers/jobs.lua", jobs_lua);
    write_schedule("    ['maintenance.nightly'] = '03:30', ['jobs.hang'] = 'fri 04:00',");
    board_start(board, NULL);
    moon = sysop();
    caller_send(moon, "x");
    caller_expect(moon, "the schedule");
    caller_send(moon, "t");
    caller_expect(moon, "What the board does by itself");
    caller_expect(moon, "jobs.hang");
    caller_expect(moon, "fri 04:00");
    caller_expect(moon, "maintenance.nightly");
    caller_send(moon, "\r");
    caller_expect(moon, "Which number");
    caller_send(moon, "2\r");
    caller_expect(moon, "maintenance.nightly has begun.");
    board_expect_log(board, &from, "audit: moon (127.0.0.1): run now maintenance.nightly");
    board_expect_log(board, NULL, "0 lines of the wall, 0 pages and 0 drafts are gone");
    board_expect_log(board, NULL, "event=ended handler=maintenance.nightly");
    caller_send(moon, "r");
    caller_expect(moon, "ok");
    caller_send(moon, "\r");
    caller_expect(moon, "Which number");
    caller_send(moon, "1\r");
    caller_expect(moon, "jobs.hang has begun.");
    caller_send(moon, "\r");
    caller_expect(moon, "Which number");
    caller_send(moon, "1\r");
    caller_expect(moon, "jobs.hang: it still runs.");
    board_kill(board, SIGKILL); /* in the middle of it */
    board_start(board, NULL);
    expect_status(NULL, "cut off");
    expect_status("--json",
                  "\"handler\":\"maintenance.nightly\",\"times\":\"03:30\",\"ending\":"
                  "\"ok\"");
}

/* What the wall would keep without end goes, and what callers see stays. */
static void the_starter_board_tidies_up(void **state)
{
    struct caller *moon;

    (void)state;
    make_sysop();
    board_write(
        board, "lua/handlers/fill.lua",
        "local db = require 'bbs.db'\n"
        "local fill = {}\n"
        "function fill.all()\n"
        "  db.run(\"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE \"\n"
        "    .. \"i < 1010) INSERT INTO wall_lines (nick_name, text) SELECT 'sol', \"\n"
        "    .. \"'line ' || i FROM n\")\n"
        "  db.run('INSERT INTO pages (user, nick_name, text, at) VALUES (1, ?, ?, 0)', 'sol',\n"
        "    'hello')\n"
        "end\n"
        "return fill\n");
    write_schedule("    ['fill.all'] = 'fri 04:00', ['maintenance.nightly'] = 'fri 04:00',");
    board_start(board, NULL);
    moon = sysop();
    caller_send(moon, "xt");
    caller_expect(moon, "What the board does by itself");
    caller_send(moon, "\r");
    caller_expect(moon, "Which number");
    caller_send(moon, "1\r");
    board_expect_log(board, NULL, "event=ended handler=fill.all");
    caller_expect(moon, "fill.all has begun.");
    caller_send(moon, "\r");
    caller_expect(moon, "Which number");
    caller_send(moon, "2\r");
    board_expect_log(board, NULL, "10 lines of the wall, 1 pages and 0 drafts are gone");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STARTER(calls_handlers_every_so_often),   TEST(takes_up_what_is_saved),
        TEST(check_tells_what_is_wrong),          TEST(comes_once_however_the_clock_is_set),
        TEST(does_after_a_start_what_was_missed), STARTER(sysops_look_at_it_and_run_one),
        STARTER(the_starter_board_tidies_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
