/* The PROXY protocol: what proxies send, and what nobody should. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "proto/proxy.h"
#include "tests/unit/flush.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define ADDRESSES4 "\xC0\x00\x02\x07\x0A\x00\x00\x01\xDB\xA6\x09\x13"
#define ADDRESSES6                                                                             \
    "\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x07\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x01"     \
    "\xDB\xA6\x09\x13"

struct feeding {
    struct proxy p;
    enum proxy_answer answer;
    size_t left; /* behind the header */
    const char *expected;
};

static void begin(void *arg)
{
    struct feeding *f = arg;

    f->p = (struct proxy){0};
    f->answer = PROXY_MORE;
    f->left = 0;
}

static void feed(void *arg, struct span piece)
{
    struct feeding *f = arg;

    if (f->answer == PROXY_MORE)
        f->answer = proxy_take(&f->p, &piece);
    f->left += piece.len;
}

static const char *describe(const struct feeding *f, char *out, size_t size)
{
    char host[INET6_ADDRSTRLEN] = "";
    const struct sockaddr *a = &f->p.address.any;

    if (f->answer == PROXY_WRONG)
        return f->p.why;
    if (f->answer == PROXY_MORE)
        return "more";
    if (!f->p.has_address) {
        snprintf(out, size, "own, %zu left", f->left);
        return out;
    }
    inet_ntop(a->sa_family,
              a->sa_family == AF_INET ? (const void *)&f->p.address.four.sin_addr
                                      : (const void *)&f->p.address.six.sin6_addr,
              host, sizeof(host));
    snprintf(out, size, "%s %u, %zu left", host,
             ntohs(a->sa_family == AF_INET ? f->p.address.four.sin_port
                                           : f->p.address.six.sin6_port),
             f->left);
    return out;
}

static void end(void *arg)
{
    struct feeding *f = arg;
    char room[100];

    assert_string_equal(describe(f, room, sizeof(room)), f->expected);
}

/* However it comes. */
static void expect(struct span bytes, const char *expected)
{
    struct feeding f = {.expected = expected};

    flush_each_split(bytes, begin, feed, end, &f);
}

#define EXPECT(bytes, expected) expect(SPAN_LIT(bytes), expected)

static void reads_a_line(void **state)
{
    (void)state;
    EXPECT("PROXY TCP4 192.0.2.7 10.0.0.1 56230 2323\r\n", "192.0.2.7 56230, 0 left");
    EXPECT("PROXY TCP4 192.0.2.7 10.0.0.1 0 65535\r\nhello", "192.0.2.7 0, 5 left");
    EXPECT("PROXY TCP6 2001:db8::7 2001:db8::1 56230 2323\r\n\xFF\xFB",
           "2001:db8::7 56230, 2 left");
    EXPECT("PROXY UNKNOWN\r\n", "own, 0 left");
    EXPECT("PROXY UNKNOWN ffff:f::f ffff::f 65535 65535\r\nx", "own, 1 left");
    EXPECT("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
           "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
           "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535, 0 left");
}

static void refuses_a_line_that_makes_no_sense(void **state)
{
    static const char *const lines[] = {
        "PROXY \r\n",
        "PROXY TCP4\r\n",
        "PROXY TCP5 192.0.2.7 10.0.0.1 1 2\r\n",
        "PROXY tcp4 192.0.2.7 10.0.0.1 1 2\r\n",
        "PROXY TCP4 192.0.2.7 10.0.0.1 1\r\n",
        "PROXY TCP4 192.0.2.7 10.0.0.1 1 2 3\r\n",
        "PROXY TCP4 192.0.2.7 10.0.0.1 1 2 \r\n",
        "PROXY TCP4  192.0.2.7 10.0.0.1 1 2\r\n",
        "PROXY TCP4 192.0.2 10.0.0.1 1 2\r\n",
        "PROXY TCP4 192.0.2.256 10.0.0.1 1 2\r\n",
        "PROXY TCP4 2001:db8::7 2001:db8::1 1 2\r\n",
        "PROXY TCP6 192.0.2.7 10.0.0.1 1 2\r\n",
        "PROXY TCP4 192.0.2.7 10.0.0.1 65536 2\r\n",
        "PROXY TCP4 192.0.2.7 10.0.0.1 1 99999999999\r\n",
        "PROXY TCP4 192.0.2.7 10.0.0.1 -1 2\r\n",
        "PROXY TCP4 192.0.2.7 10.0.0.1 1 2\t\r\n",
        "PROXY UNKNOWNS\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        expect(span_of(lines[i]), "its line makes no sense");
    EXPECT("PROXY TCP4 192.0.2.7\0 10.0.0.1 1 2\r\n", "its line makes no sense");
    EXPECT("PROXY TCP4 192.0.2.7 10.0.0.1 1 2\n", "its line ends without a CR");
    EXPECT("PROXY UNKNOWN\n", "its line ends without a CR");
    EXPECT("PROXY UNKNOWN 01234567890123456789012345678901234567890123456789012345678901234567"
           "890123456789012345678901234\r\n",
           "its line is too long");
}

static void refuses_what_is_no_header(void **state)
{
    (void)state;
    EXPECT("hello", "no header");
    EXPECT("\xFF\xFB\x1F", "no header");
    EXPECT("\n", "no header");
    EXPECT("PROXX", "no header");
    EXPECT("PROXY\r\n", "no header");
    EXPECT("\r\n\r\n\r\n", "no header");
    EXPECT("\r\n\r\n\0\r\nQUIT\r", "no header");
    EXPECT("PROXY TCP4 192.0.2.7", "more");
    EXPECT(SIGNATURE, "more");
}

static void reads_binary(void **state)
{
    (void)state;
    EXPECT(SIGNATURE "\x21\x11\0\x0C" ADDRESSES4, "192.0.2.7 56230, 0 left");
    EXPECT(SIGNATURE "\x21\x11\0\x0C" ADDRESSES4 "\r\n", "192.0.2.7 56230, 2 left");
    EXPECT(SIGNATURE "\x21\x11\0\x10" ADDRESSES4 "\x04\0\x01\0hello",
           "192.0.2.7 56230, 5 left"); /* a TLV */
    EXPECT(SIGNATURE "\x21\x21\0\x24" ADDRESSES6 "x", "2001:db8::7 56230, 1 left");
    EXPECT(SIGNATURE "\x20\x11\0\x0C" ADDRESSES4 "x", "own, 1 left"); /* LOCAL */
    EXPECT(SIGNATURE "\x20\0\0\0", "own, 0 left");
    EXPECT(SIGNATURE "\x20\x77\0\x02..", "own, 0 left");
    EXPECT(SIGNATURE "\x21\0\0\x03...x", "own, 1 left"); /* UNSPEC */
    EXPECT(SIGNATURE "\x21\x31\0\x04....", "own, 0 left");
    EXPECT(SIGNATURE "\x21\x11\0\x0C"
                     "\xC0\x00\x02",
           "more");
}

static void refuses_binary_that_makes_no_sense(void **state)
{
    (void)state;
    EXPECT(SIGNATURE "\x11\x11\0\x0C" ADDRESSES4, "an unknown version or command");
    EXPECT(SIGNATURE "\x22\x11\0\x0C" ADDRESSES4, "an unknown version or command");
    EXPECT(SIGNATURE "\x21\x12\0\x0C" ADDRESSES4, "neither TCP nor a local connection");
    EXPECT(SIGNATURE "\x21\x41\0\x0C" ADDRESSES4, "neither TCP nor a local connection");
    EXPECT(SIGNATURE "\x21\x11\0\x0B" ADDRESSES4, "it is too short for its addresses");
    EXPECT(SIGNATURE "\x21\x21\0\x0C" ADDRESSES4, "it is too short for its addresses");
    EXPECT(SIGNATURE "\x21\x11\xFF\xFF" ADDRESSES4, "it is too long");
    EXPECT(SIGNATURE "\x20\0\x0F\xF1", "it is too long"); /* 4,097 bytes */
}

/* As long as may be, and nothing behind it is taken. */
static void takes_the_longest(void **state)
{
    static char bytes[PROXY_MOST + 3] = SIGNATURE "\x21\x11\x0F\xF0" ADDRESSES4;
    struct span in = span_from(bytes, sizeof(bytes));
    struct proxy p = {0};

    (void)state;
    assert_int_equal(proxy_take(&p, &in), PROXY_DONE);
    assert_int_equal(in.len, 3);
    assert_true(p.has_address);
}

/* Any byte changed anywhere: it never takes more, and says something. */
static void survives_noise(void **state)
{
    static const char line[] = "PROXY TCP4 192.0.2.7 10.0.0.1 56230 2323\r\n";
    static const char binary[] = SIGNATURE "\x21\x11\0\x0C" ADDRESSES4;
    const struct span headers[] = {SPAN_LIT(line), SPAN_LIT(binary)};
    char bytes[64];

    (void)state;
    for (size_t h = 0; h < 2; h++) {
        for (size_t i = 0; i < headers[h].len * 256; i++) {
            struct proxy p = {0};
            struct span in;
            enum proxy_answer answer;

            memcpy(bytes, headers[h].data, headers[h].len);
            bytes[i / 256] = (char)i;
            in = flush_copy(span_from(bytes, headers[h].len));
            answer = proxy_take(&p, &in);
            assert_int_equal(answer == PROXY_WRONG, p.why != NULL);
            assert_true(answer != PROXY_MORE || in.len == 0);
            assert_int_equal(proxy_take(&p, &in) == PROXY_WRONG && !p.why, 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_line),
        cmocka_unit_test(refuses_a_line_that_makes_no_sense),
        cmocka_unit_test(refuses_what_is_no_header),
        cmocka_unit_test(reads_binary),
        cmocka_unit_test(refuses_binary_that_makes_no_sense),
        cmocka_unit_test(takes_the_longest),
        cmocka_unit_test(survives_noise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
