/* Times at which something is to be done: how a sysop writes them, and when that is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/when.h"

static struct when read_one(const char *text)
{
    struct when w;
    struct err e;

    if (when_parse(text, &w, &e) < 0)
        fail_msg("%s", e.text);
    return w;
}

static void expect_wrong(const char *text, const char *why)
{
    struct when w;
    struct err e;

    assert_int_equal(when_parse(text, &w, &e), -1);
    if (!strstr(e.text, why) || !strstr(e.text, text))
        fail_msg("%s: %s", text, e.text);
}

static void reads_what_sysops_write(void **state)
{
    struct when w = read_one("03:30");

    (void)state;
    assert_false(w.is_every);
    assert_int_equal(w.minute, 210);
    assert_int_equal(w.days, 0x7F);
    w = read_one("Mon 4:05");
    assert_int_equal(w.minute, 245);
    assert_int_equal(w.days, 0x02);
    w = read_one("  sat  sun 23:59 ");
    assert_int_equal(w.minute, 1439);
    assert_int_equal(w.days, 0x41);
    w = read_one("every 15m");
    assert_true(w.is_every);
    assert_int_equal(w.seconds, 900);
    assert_int_equal(read_one("every 1s").seconds, 1);
    assert_int_equal(read_one("every 8784h").seconds, WHEN_MOST);
}

static void says_what_is_right_of_what_is_wrong(void **state)
{
    static const char *const no_times[] = {"",
                                           " ",
                                           "24:00",
                                           "03:60",
                                           "3",
                                           "3:",
                                           ":30",
                                           "003:30",
                                           "3:3",
                                           "03:300",
                                           "03:30 mon",
                                           "mon",
                                           "mond 03:00",
                                           "montag 03:00",
                                           "03:30pm",
                                           "every",
                                           "every m",
                                           "every 15",
                                           "every 15d",
                                           "every 15 m",
                                           "every 15mm",
                                           "every 15m mon",
                                           "every -5m",
                                           "-3:30",
                                           "99999999999999999999:00",
                                           "03:30 04:30",
                                           "mon, tue 03:00",
                                           "every 5.5m"};

    (void)state;
    for (size_t i = 0; i < sizeof(no_times) / sizeof(no_times[0]); i++)
        expect_wrong(no_times[i], "expected one like \"03:30\"");
    expect_wrong("every 0s", "expected 1 second to 366 days");
    expect_wrong("every 8785h", "expected 1 second to 366 days");
    expect_wrong("every 99999999999999999999h", "expected 1 second to 366 days");
}

/* --- when that is --- */

static void set_zone(const char *name)
{
    setenv("TZ", name, 1);
    tzset();
}

/* In UTC. */
static int64_t at(int year, int month, int day, int hour, int minute)
{
    struct tm t = {.tm_year = year - 1900,
                   .tm_mon = month - 1,
                   .tm_mday = day,
                   .tm_hour = hour,
                   .tm_min = minute};

    return (int64_t)timegm(&t);
}

static void expect_at(int64_t is, int64_t expected)
{
    if (is != expected)
        fail_msg("it is %+lld min off", (long long)(is - expected) / 60);
}

static void is_later_than_now(void **state)
{
    struct when w = read_one("03:30");

    (void)state;
    set_zone("UTC0");
    expect_at(when_next(&w, 1, at(2026, 5, 1, 3, 29)), at(2026, 5, 1, 3, 30));
    expect_at(when_next(&w, 1, at(2026, 5, 1, 3, 30)), at(2026, 5, 2, 3, 30));
    expect_at(when_next(&w, 1, at(2026, 12, 31, 4, 0)), at(2027, 1, 1, 3, 30));
    expect_at(when_next(&w, 1, at(2028, 2, 28, 4, 0)), at(2028, 2, 29, 3, 30));
    expect_at(when_next(&w, 1, 0), at(1970, 1, 1, 3, 30));
}

static void knows_the_days_of_the_week(void **state)
{
    struct when w = read_one("mon 04:00"); /* May 4, 2026 is one */

    (void)state;
    set_zone("UTC0");
    expect_at(when_next(&w, 1, at(2026, 5, 1, 0, 0)), at(2026, 5, 4, 4, 0));
    expect_at(when_next(&w, 1, at(2026, 5, 4, 3, 59)), at(2026, 5, 4, 4, 0));
    expect_at(when_next(&w, 1, at(2026, 5, 4, 4, 0)), at(2026, 5, 11, 4, 0));
    w = read_one("sat sun 12:15");
    expect_at(when_next(&w, 1, at(2026, 5, 1, 0, 0)), at(2026, 5, 2, 12, 15));
    expect_at(when_next(&w, 1, at(2026, 5, 2, 12, 15)), at(2026, 5, 3, 12, 15));
}

static void is_the_first_of_several(void **state)
{
    struct when w[] = {read_one("12:00"), read_one("06:00"), read_one("fri 18:00")};

    (void)state;
    set_zone("UTC0");
    expect_at(when_next(w, 3, at(2026, 5, 1, 0, 0)), at(2026, 5, 1, 6, 0));
    expect_at(when_next(w, 3, at(2026, 5, 1, 6, 0)), at(2026, 5, 1, 12, 0));
    expect_at(when_next(w, 3, at(2026, 5, 1, 12, 0)), at(2026, 5, 1, 18, 0)); /* a Friday */
    expect_at(when_next(w, 3, at(2026, 5, 1, 18, 0)), at(2026, 5, 2, 6, 0));
}

/* From one to the next, over a year: as many as there are days, none twice. */
static void expect_one_a_day(const char *zone, const char *text)
{
    struct when w = read_one(text);
    int64_t now = at(2026, 1, 1, 12, 0);
    int last_day = -1;

    set_zone(zone);
    for (int i = 0; i < 365; i++) {
        int64_t next = when_next(&w, 1, now);
        time_t t = (time_t)next;
        struct tm local;

        assert_non_null(localtime_r(&t, &local));
        if (next <= now || local.tm_yday == last_day || (i > 0 && next - now > 25 * 3600))
            fail_msg("%s in %s: %+lld min, day %d behind %d", text, zone,
                     (long long)(next - now) / 60, local.tm_yday, last_day);
        last_day = local.tm_yday;
        now = next;
    }
}

static void is_once_a_day_when_the_hour_changes(void **state)
{
    static const char *const zones[] = {"CET-1CEST,M3.5.0,M10.5.0/3", "EST5EDT,M3.2.0,M11.1.0",
                                        "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "UTC0",
                                        "IST-1GMT0,M10.5.0,M3.5.0/1"};
    static const char *const times[] = {"00:00", "01:00", "01:30", "01:45", "02:00",
                                        "02:30", "02:59", "03:00", "03:30"};

    (void)state;
    for (size_t z = 0; z < sizeof(zones) / sizeof(zones[0]); z++) {
        for (size_t t = 0; t < sizeof(times) / sizeof(times[0]); t++)
            expect_one_a_day(zones[z], times[t]);
    }
}

static void takes_the_first_of_an_hour_that_comes_twice(void **state)
{
    struct when w = read_one("02:30");

    (void)state;
    set_zone("CET-1CEST,M3.5.0,M10.5.0/3");
    expect_at(when_next(&w, 1, at(2026, 10, 24, 12, 0)), at(2026, 10, 25, 0, 30));
    expect_at(when_next(&w, 1, at(2026, 10, 25, 0, 30)), at(2026, 10, 26, 1, 30));
    /* and the hour after one that is left out */
    expect_at(when_next(&w, 1, at(2026, 3, 28, 12, 0)), at(2026, 3, 29, 1, 30));
    expect_at(when_next(&w, 1, at(2026, 3, 29, 1, 30)), at(2026, 3, 30, 0, 30));
}

static void tells_what_was_missed(void **state)
{
    struct when w = read_one("03:30");
    struct when monday = read_one("mon 04:00");

    (void)state;
    set_zone("UTC0");
    expect_at(when_missed(&w, 1, at(2026, 5, 1, 3, 30), at(2026, 5, 2, 3, 29)), 0);
    expect_at(when_missed(&w, 1, at(2026, 5, 1, 3, 30), at(2026, 5, 2, 3, 30)),
              at(2026, 5, 2, 3, 30));
    expect_at(when_missed(&w, 1, at(2026, 5, 1, 3, 30), at(2026, 5, 9, 12, 0)),
              at(2026, 5, 9, 3, 30)); /* the last one, once */
    expect_at(when_missed(&w, 1, 0, at(2026, 5, 9, 12, 0)), at(2026, 5, 9, 3, 30));
    expect_at(when_missed(&monday, 1, 0, at(2026, 5, 9, 12, 0)), at(2026, 5, 4, 4, 0));
    expect_at(when_missed(&w, 1, at(2026, 5, 9, 0, 0), at(2026, 5, 1, 0, 0)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_sysops_write),
        cmocka_unit_test(says_what_is_right_of_what_is_wrong),
        cmocka_unit_test(is_later_than_now),
        cmocka_unit_test(knows_the_days_of_the_week),
        cmocka_unit_test(is_the_first_of_several),
        cmocka_unit_test(is_once_a_day_when_the_hour_changes),
        cmocka_unit_test(takes_the_first_of_an_hour_that_comes_twice),
        cmocka_unit_test(tells_what_was_missed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
