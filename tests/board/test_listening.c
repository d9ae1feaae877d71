/* How callers come to be connected: through a proxy that says who they are. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_proxy_says_who_calls),
        TEST(without_a_header_nobody_comes_in),
        TEST(limits_hold_for_who_calls),
        TEST(only_proxies_say_who_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
