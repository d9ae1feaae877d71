/* How a sysop names other systems. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/remote.h"

static void expect(const char *item, const char *read)
{
    struct remote r;
    struct err e;
    char text[600];

    if (remote_parse(item, &r, &e) < 0)
        fail_msg("%s", e.text);
    snprintf(text, sizeof(text), "%s|%s|%s|%s|%s", r.name, remote_protocol(&r), r.host, r.port,
             r.charset);
    assert_string_equal(text, read);
}

static void expect_wrong(const char *item, const char *why)
{
    struct remote r;
    struct err e;

    assert_int_equal(remote_parse(item, &r, &e), -1);
    if (!strstr(e.text, why) || !strstr(e.text, "expected one like"))
        fail_msg("%s: %s", item, e.text);
}

static void all_but_the_host_may_be_missing(void **state)
{
    (void)state;
    expect("telnet://bbs.example.net", "bbs.example.net|telnet|bbs.example.net|23|");
    expect("rlogin://door.example.net", "door.example.net|rlogin|door.example.net|513|");
    expect("The Void=telnet://bbs.example.net:2323 cp437",
           "The Void|telnet|bbs.example.net|2323|cp437");
    expect("a=b=telnet://192.0.2.1:65535 utf-8", "a=b|telnet|192.0.2.1|65535|utf-8");
    expect("Six=telnet://[2001:db8::1]:23", "Six|telnet|2001:db8::1|23|");
    expect("telnet://[::1]", "::1|telnet|::1|23|");
}

static void what_is_wrong_is_said(void **state)
{
    char name[80];

    (void)state;
    expect_wrong("", "no telnet://");
    expect_wrong("bbs.example.net", "no telnet://");
    expect_wrong("ssh://bbs.example.net", "no telnet://");
    expect_wrong("telnet://", "no host");
    expect_wrong("telnet://:23", "no host");
    expect_wrong("telnet://[::1", "no host");
    expect_wrong("=telnet://bbs.example.net", "name that is empty");
    expect_wrong("a\nb=telnet://bbs.example.net", "name that is empty");
    expect_wrong("telnet://bbs.example.net:", "no port");
    expect_wrong("telnet://bbs.example.net:0", "no port");
    expect_wrong("telnet://bbs.example.net:65536", "no port");
    expect_wrong("telnet://bbs.example.net:123456789", "no port");
    expect_wrong("telnet://bbs.example.net:23x", "does not end");
    expect_wrong("telnet://bbs.example.net/path", "does not end");
    expect_wrong("telnet://bbs.example.net latin1", "does not end");
    snprintf(name, sizeof(name), "%061d=telnet://a", 1);
    expect_wrong(name, "longer than 60");
    expect(name + 1,
           "000000000000000000000000000000000000000000000000000000000001|telnet|a|23|");
}

static void names_are_found_in_any_case(void **state)
{
    struct remote r;
    struct err e;

    (void)state;
    assert_int_equal(remote_parse("The Void=telnet://bbs.example.net", &r, &e), 0);
    assert_true(remote_is(&r, SPAN_LIT("the void")));
    assert_true(remote_is(&r, SPAN_LIT("BBS.example.net")));
    assert_false(remote_is(&r, SPAN_LIT("the voi")));
    assert_false(remote_is(&r, SPAN_LIT("example.net")));
    assert_false(remote_is(&r, SPAN_LIT("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_but_the_host_may_be_missing),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(names_are_found_in_any_case),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
