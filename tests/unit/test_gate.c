/* gate.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>

#include "server/gate.h"

struct fixture {
    struct gate *gate;
    struct settings settings;
};

/* One at a time. */
static const struct sockaddr *at(const char *text)
{
    static struct sockaddr_in four;
    static struct sockaddr_in6 six;

    four = (struct sockaddr_in){.sin_family = AF_INET};
    six = (struct sockaddr_in6){.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
        return (const struct sockaddr *)&four;
    assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
    return (const struct sockaddr *)&six;
}

/* A different /64 for each number. */
static const struct sockaddr *numbered(unsigned n)
{
    char text[64];

    snprintf(text, sizeof(text), "2001:db8:%x:%x::1", n >> 16, n & 0xFFFF);
    return at(text);
}

static int set_up(void **state)
{
    static struct fixture f;

    settings_init(&f.settings);
    f.settings.callers_per_address = 3;
    f.settings.calls_per_minute = 6;
    f.settings.login_failures = 2;
    f.settings.ban_seconds = 100;
    f.gate = gate_new();
    *state = &f;
    gate_set(f.gate, &f.settings);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    gate_free(f->gate);
    gate_free(NULL);
    settings_clear(&f->settings);
    return 0;
}

static void set(struct fixture *f)
{
    gate_set(f->gate, &f->settings);
}

static int allow(struct fixture *f, const char *item, struct err *e)
{
    const struct setting *t = settings_find(SPAN_LIT("limits.allow"));

    assert_int_equal(settings_begin_list(&f->settings, t, e), 0);
    if (settings_add_item(&f->settings, t, span_of(item), e) < 0)
        return -1;
    gate_set(f->gate, &f->settings);
    return 0;
}

static void ban(struct fixture *f, const struct sockaddr *a, double now)
{
    assert_false(gate_login_failed(f->gate, a, now));
    assert_true(gate_login_failed(f->gate, a, now));
}

/* Come and go at once. */
static enum gate_answer call(struct fixture *f, const struct sockaddr *a, double now)
{
    enum gate_answer answer = gate_enter(f->gate, a, now);

    if (answer == GATE_OPEN)
        gate_leave(f->gate, a, now);
    return answer;
}

/* --- callers and calls --- */

static void an_address_has_so_many_callers(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 3; i++)
        assert_int_equal(gate_enter(f->gate, at("192.0.2.1"), 10), GATE_OPEN);
    assert_int_equal(gate_enter(f->gate, at("192.0.2.1"), 10), GATE_TOO_MANY_CALLERS);
    assert_int_equal(gate_enter(f->gate, at("192.0.2.2"), 10), GATE_OPEN);
    gate_leave(f->gate, at("192.0.2.1"), 11);
    assert_int_equal(gate_enter(f->gate, at("192.0.2.1"), 11), GATE_OPEN);
    assert_int_equal(gate_enter(f->gate, at("192.0.2.1"), 11), GATE_TOO_MANY_CALLERS);
}

static void a_call_that_was_not_counted_is_not_taken_off(void **state)
{
    struct fixture *f = *state;

    gate_leave(f->gate, at("192.0.2.1"), 10);
    for (int i = 0; i < 3; i++)
        assert_int_equal(gate_enter(f->gate, at("192.0.2.1"), 10), GATE_OPEN);
    assert_int_equal(gate_enter(f->gate, at("192.0.2.1"), 10), GATE_TOO_MANY_CALLERS);
}

static void calls_a_minute_are_a_bucket(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 6; i++)
        assert_int_equal(call(f, at("192.0.2.1"), 100), GATE_OPEN);
    assert_int_equal(call(f, at("192.0.2.1"), 100), GATE_TOO_MANY_CALLS);
    assert_int_equal(call(f, at("192.0.2.1"), 109.5), GATE_TOO_MANY_CALLS);
    assert_int_equal(call(f, at("192.0.2.1"), 110.5), GATE_OPEN); /* one in ten seconds */
    assert_int_equal(call(f, at("192.0.2.1"), 110.5), GATE_TOO_MANY_CALLS);
    for (int i = 0; i < 6; i++) /* it does not grow past its size */
        assert_int_equal(call(f, at("192.0.2.1"), 10000), GATE_OPEN);
    assert_int_equal(call(f, at("192.0.2.1"), 10000), GATE_TOO_MANY_CALLS);
}

static void a_clock_set_back_shuts_nobody_out(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(call(f, at("192.0.2.1"), 100000), GATE_OPEN);
    for (int i = 0; i < 5; i++)
        assert_int_equal(call(f, at("192.0.2.1"), 10), GATE_OPEN);
    assert_int_equal(call(f, at("192.0.2.1"), 10), GATE_TOO_MANY_CALLS);
    assert_int_equal(call(f, at("192.0.2.1"), 21), GATE_OPEN);
}

static void new_limits_hold_for_known_addresses(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(gate_enter(f->gate, at("192.0.2.1"), 10), GATE_OPEN);
    f->settings.callers_per_address = 1;
    set(f);
    assert_int_equal(gate_enter(f->gate, at("192.0.2.1"), 10), GATE_TOO_MANY_CALLERS);
    f->settings.callers_per_address = 100;
    f->settings.calls_per_minute = 1;
    set(f);
    assert_int_equal(gate_enter(f->gate, at("192.0.2.1"), 10), GATE_OPEN);
    assert_int_equal(gate_enter(f->gate, at("192.0.2.1"), 10), GATE_TOO_MANY_CALLS);
}

static void ipv6_counts_by_64_bits(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(gate_enter(f->gate, at("2001:db8:1:2::1"), 10), GATE_OPEN);
    assert_int_equal(gate_enter(f->gate, at("2001:db8:1:2:ffff::9"), 10), GATE_OPEN);
    assert_int_equal(gate_enter(f->gate, at("2001:db8:1:2::3"), 10), GATE_OPEN);
    assert_int_equal(gate_enter(f->gate, at("2001:db8:1:2:8::"), 10), GATE_TOO_MANY_CALLERS);
    assert_int_equal(gate_enter(f->gate, at("2001:db8:1:3::1"), 10), GATE_OPEN);
}

static void mapped_addresses_count_as_ipv4(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(gate_enter(f->gate, at("192.0.2.1"), 10), GATE_OPEN);
    assert_int_equal(gate_enter(f->gate, at("::ffff:192.0.2.1"), 10), GATE_OPEN);
    assert_int_equal(gate_enter(f->gate, at("::ffff:192.0.2.1"), 10), GATE_OPEN);
    assert_int_equal(gate_enter(f->gate, at("192.0.2.1"), 10), GATE_TOO_MANY_CALLERS);
    assert_int_equal(gate_enter(f->gate, at("::ffff:192.0.2.2"), 10), GATE_OPEN);
}

/* --- the allow list --- */

static void networks_are_matched_to_the_bit(void **state)
{
    static const struct {
        const char *item;
        const char *address;
        bool allowed;
    } rows[] = {
        {"10.0.0.0/8", "10.255.1.2", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"10.1.2.3/8", "10.9.9.9", true},
        {"192.0.2.128/25", "192.0.2.128", true},
        {"192.0.2.128/25", "192.0.2.127", false},
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.0", false},
        {"192.0.2.1/32", "192.0.2.1", true},
        {"192.0.2.0/31", "192.0.2.1", true},
        {"192.0.2.0/31", "192.0.2.2", false},
        {"0.0.0.0/0", "203.0.113.9", true},
        {"0.0.0.0/0", "::1", false},
        {"::/0", "2001:db8::1", true},
        {"::/0", "192.0.2.1", false},
        {"::/0", "::ffff:192.0.2.1", false},
        {"2001:db8::/32", "2001:db8:ffff::1", true},
        {"2001:db8::/32", "2001:db9::1", false},
        {"2001:db8::/33", "2001:db8:7fff::", true},
        {"2001:db8::/33", "2001:db8:8000::", false},
        {"::1", "::1", true},
        {"::1", "::2", false},
        {"::1/128", "::3", false},
        {"10.0.0.0/8", "::ffff:10.1.1.1", true},
        {"::ffff:10.0.0.0/104", "10.1.1.1", true},
        {"::ffff:10.0.0.0/104", "11.1.1.1", false},
        {"::ffff:192.0.2.1", "192.0.2.1", true},
    };
    struct fixture *f = *state;
    struct err e;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(allow(f, rows[i].item, &e), 0);
        if (gate_is_allowed(f->gate, at(rows[i].address)) != rows[i].allowed)
            fail_msg("%s, %s", rows[i].item, rows[i].address);
    }
}

static void what_is_no_address_changes_nothing(void **state)
{
    static const char *const wrong[] = {
        "localhost",
        "10.0.0",
        "10.0.0.0/33",
        "10.0.0.0/",
        "10.0.0.0/x",
        "::1/129",
        "10.0.0.0/8 ",
        "10.0.0.0/-1",
        "10.0.0.0/+8",
        "/8",
        "::g",
        "1.2.3.4/8/8",
        "10.0.0.256",
        "10.0.0.0/ 8",
        "1.2.3.4:23",
        "[::1]",
        "2001:db8::/0x20",
        "10.0.0.0/18446744073709551624",
        "1111111111111111111111111111111111111111111111111111111111111111111111111111",
    };
    struct fixture *f = *state;
    struct err e;

    assert_int_equal(allow(f, "192.0.2.1", &e), 0);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        f->settings.callers_per_address = 1;
        e.text[0] = '\0';
        if (allow(f, wrong[i], &e) != -1)
            fail_msg("%s was taken", wrong[i]);
        assert_non_null(strstr(e.text, wrong[i]));
    }
    assert_true(gate_is_allowed(f->gate, at("192.0.2.1")));
    assert_int_equal(gate_enter(f->gate, at("192.0.2.9"), 10), GATE_OPEN);
    assert_int_equal(gate_enter(f->gate, at("192.0.2.9"), 10), GATE_OPEN);
}

static void no_limit_holds_for_the_allowed(void **state)
{
    struct fixture *f = *state;
    struct err e;

    assert_int_equal(allow(f, "192.0.2.0/24", &e), 0);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(gate_enter(f->gate, at("192.0.2.1"), 10), GATE_OPEN);
        assert_false(gate_login_failed(f->gate, at("192.0.2.1"), 10));
    }
    assert_int_equal(allow(f, "::1", &e), 0); /* and they were not counted */
    assert_int_equal(gate_enter(f->gate, at("192.0.2.1"), 10), GATE_OPEN);
}

static void a_call_from_before_it_was_allowed_is_taken_off(void **state)
{
    struct fixture *f = *state;
    struct err e;

    for (int i = 0; i < 3; i++)
        assert_int_equal(gate_enter(f->gate, at("192.0.2.1"), 10), GATE_OPEN);
    assert_int_equal(allow(f, "192.0.2.0/24", &e), 0);
    for (int i = 0; i < 3; i++)
        gate_leave(f->gate, at("192.0.2.1"), 20);
    assert_int_equal(allow(f, "::1", &e), 0);
    assert_int_equal(gate_enter(f->gate, at("192.0.2.1"), 20), GATE_OPEN);
}

/* --- bans --- */

static void too_many_failures_ban_for_a_while(void **state)
{
    struct fixture *f = *state;

    ban(f, at("192.0.2.1"), 1000);
    assert_int_equal(gate_banned(f->gate, 1000), 1);
    assert_int_equal(call(f, at("192.0.2.1"), 1099), GATE_BANNED);
    assert_int_equal(call(f, at("::ffff:192.0.2.1"), 1099), GATE_BANNED);
    assert_int_equal(call(f, at("192.0.2.2"), 1099), GATE_OPEN);
    assert_int_equal(gate_banned(f->gate, 1101), 0);
    assert_int_equal(call(f, at("192.0.2.1"), 1101), GATE_OPEN);
}

static void a_ban_covers_the_whole_64(void **state)
{
    struct fixture *f = *state;

    assert_false(gate_login_failed(f->gate, at("2001:db8::1"), 1000));
    assert_true(gate_login_failed(f->gate, at("2001:db8::2"), 1000));
    assert_int_equal(call(f, at("2001:db8::3"), 1001), GATE_BANNED);
}

static void failures_are_forgotten(void **state)
{
    struct fixture *f = *state;

    assert_false(gate_login_failed(f->gate, at("192.0.2.1"), 1000));
    assert_false(gate_login_failed(f->gate, at("192.0.2.1"), 1601)); /* ten minutes on */
    assert_true(gate_login_failed(f->gate, at("192.0.2.1"), 2200));  /* not quite */
    assert_false(gate_login_failed(f->gate, at("192.0.2.2"), 1000));
    gate_login_right(f->gate, at("192.0.2.2"));
    assert_false(gate_login_failed(f->gate, at("192.0.2.2"), 1001));
    gate_login_right(f->gate, at("192.0.2.3")); /* never seen */
}

static void bans_double_within_a_day(void **state)
{
    struct fixture *f = *state;
    double now = 1000;

    for (double seconds = 100; seconds < 86400; seconds *= 2) {
        ban(f, at("192.0.2.1"), now);
        assert_int_equal(gate_banned(f->gate, now + seconds - 1), 1);
        assert_int_equal(gate_banned(f->gate, now + seconds + 1), 0);
        now += seconds + 1;
    }
    for (int i = 0; i < 100; i++) { /* at most a day */
        ban(f, at("192.0.2.1"), now);
        assert_int_equal(gate_banned(f->gate, now + 86399), 1);
        assert_int_equal(gate_banned(f->gate, now + 86401), 0);
    }
    now += 86400 + 86402; /* a day after its end */
    ban(f, at("192.0.2.1"), now);
    assert_int_equal(gate_banned(f->gate, now + 101), 0);
}

/* Whoever was on line before from the same network may still fail to log in. */
static void failures_do_not_shorten_a_sysops_ban(void **state)
{
    struct fixture *f = *state;

    assert_true(gate_ban(f->gate, at("192.0.2.1"), 1000, 5000));
    ban(f, at("192.0.2.1"), 1010);
    assert_int_equal(gate_enter(f->gate, at("192.0.2.1"), 5999), GATE_BANNED);
    assert_int_equal(gate_enter(f->gate, at("192.0.2.1"), 6001), GATE_OPEN);
}

static void the_own_machine_is_never_banned(void **state)
{
    static const char *const own[] = {"127.0.0.1", "::1", "::ffff:127.0.0.1"};
    struct fixture *f = *state;
    struct err e;

    assert_int_equal(
        settings_begin_list(&f->settings, settings_find(SPAN_LIT("limits.allow")), &e), 0);
    set(f);
    for (int i = 0; i < 60; i++)
        assert_false(gate_login_failed(f->gate, at(own[i % 3]), 10));
    assert_int_equal(gate_banned(f->gate, 10), 0);
}

static void refusals_are_told_in_bulk(void **state)
{
    struct fixture *f = *state;
    uint64_t count;
    int told = 0;

    assert_true(gate_tell_refusal(f->gate, &count));
    assert_int_equal(count, 1);
    for (int i = 0; i < 300; i++)
        told += gate_tell_refusal(f->gate, &count);
    assert_int_equal(count, 301);
    assert_int_equal(told, 3);
}

/* --- the maximum --- */

static void the_longest_unused_address_goes_first(void **state)
{
    struct fixture *f = *state;

    f->settings.calls_per_minute = 1;
    set(f);
    for (unsigned i = 0; i < GATE_ADDRESSES; i++)
        assert_int_equal(call(f, numbered(i), 10), GATE_OPEN);
    assert_int_equal(call(f, numbered(0), 10), GATE_TOO_MANY_CALLS); /* used again */
    assert_int_equal(call(f, numbered(GATE_ADDRESSES), 10), GATE_OPEN);
    assert_int_equal(call(f, numbered(0), 10), GATE_TOO_MANY_CALLS); /* still known */
    assert_int_equal(call(f, numbered(2), 10), GATE_TOO_MANY_CALLS);
    assert_int_equal(call(f, numbered(1), 10), GATE_OPEN); /* forgotten */
}

static void bans_outlive_a_flood_of_addresses(void **state)
{
    enum { BANS = 500 };
    struct fixture *f = *state;

    for (unsigned i = 0; i < BANS; i++)
        ban(f, numbered(i), 10);
    for (unsigned i = BANS; i < 3 * GATE_ADDRESSES; i++)
        assert_int_equal(gate_enter(f->gate, numbered(i), 11), GATE_OPEN);
    assert_int_equal(gate_banned(f->gate, 12), BANS);
    for (unsigned i = 0; i < BANS; i++)
        assert_int_equal(gate_enter(f->gate, numbered(i), 12), GATE_BANNED);
}

static void callers_on_line_outlive_a_flood_of_addresses(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 3; i++)
        assert_int_equal(gate_enter(f->gate, at("192.0.2.1"), 10), GATE_OPEN);
    for (unsigned i = 0; i < 2 * GATE_ADDRESSES; i++)
        assert_int_equal(call(f, numbered(i), 11), GATE_OPEN);
    assert_int_equal(gate_enter(f->gate, at("192.0.2.1"), 12), GATE_TOO_MANY_CALLERS);
}

static void a_table_full_of_bans_lets_new_addresses_in(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < GATE_ADDRESSES; i++)
        ban(f, numbered(i), 10);
    assert_int_equal(gate_banned(f->gate, 11), GATE_ADDRESSES);
    assert_int_equal(gate_enter(f->gate, at("192.0.2.1"), 11), GATE_OPEN);
    assert_int_equal(gate_banned(f->gate, 11), GATE_ADDRESSES - 1);
    for (unsigned i = 0; i < 1000; i++) /* the bans are over: they go, a caller stays */
        assert_int_equal(call(f, numbered(GATE_ADDRESSES + i), 500), GATE_OPEN);
    for (int i = 0; i < 2; i++)
        assert_int_equal(gate_enter(f->gate, at("192.0.2.1"), 500), GATE_OPEN);
    assert_int_equal(gate_enter(f->gate, at("192.0.2.1"), 500), GATE_TOO_MANY_CALLERS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_address_has_so_many_callers),
        TEST(a_call_that_was_not_counted_is_not_taken_off),
        TEST(calls_a_minute_are_a_bucket),
        TEST(a_clock_set_back_shuts_nobody_out),
        TEST(new_limits_hold_for_known_addresses),
        TEST(ipv6_counts_by_64_bits),
        TEST(mapped_addresses_count_as_ipv4),
        TEST(networks_are_matched_to_the_bit),
        TEST(what_is_no_address_changes_nothing),
        TEST(no_limit_holds_for_the_allowed),
        TEST(a_call_from_before_it_was_allowed_is_taken_off),
        TEST(too_many_failures_ban_for_a_while),
        TEST(a_ban_covers_the_whole_64),
        TEST(failures_are_forgotten),
        TEST(bans_double_within_a_day),
        TEST(failures_do_not_shorten_a_sysops_ban),
        TEST(the_own_machine_is_never_banned),
        TEST(refusals_are_told_in_bulk),
        TEST(the_longest_unused_address_goes_first),
        TEST(bans_outlive_a_flood_of_addresses),
        TEST(callers_on_line_outlive_a_flood_of_addresses),
        TEST(a_table_full_of_bans_lets_new_addresses_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
