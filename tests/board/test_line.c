/* The line and what may be done to it: line ends, noise, resets, crowds, peers that do not read
 * and peers that call too often. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <cmocka.h>

#include "tests/board/board.h"
#include "tests/board/window.h"

static const char moon[] = "moonlight9";

enum { CROWD = 200, NOISE = 1 << 20, TRIES = 200 };

/* What a terminal says to the server's first offers, all its own bytes. */
#define ANSWERS                                                                                \
    "\xFF\xFD\x01\xFF\xFD\x03\xFF\xFB\x03\xFF\xFB\x18\xFF\xFB\x1F"                             \
    "\xFF\xFA\x1F\x01\x50\x01\x18\xFF\xF0"                                                     \
    "\xFF\xFA\x18\x01xterm\xFF\xF0\xFF\xFA\x18\x01xterm\xFF\xF0"
#define REPORTS "\033[1;1R\033[1;2R"

/* --- around each test --- */

static struct board *start(const char *settings)
{
    struct board *b = board_new(true);

    if (settings)
        board_write(b, "lua/settings.lua", settings);
    board_start(b, NULL);
    return b;
}

static int begin(void **state)
{
    *state = start(NULL);
    return 0;
}

static int end(void **state)
{
    struct board *b = *state;
    int status = b->pid ? board_stop(b) : 0;

    if (status != 0)
        print_error("the server ended with %d\n", status);
    board_free(b);
    return status;
}

static void add_account(struct board *b, const char *handle)
{
    const char *args[] = {"user",    "add",     handle, "--password-stdin",
                          "--board", b->folder, NULL};

    assert_int_equal(board_run(args, moon, NULL), 0);
}

static void pause_ms(unsigned ms)
{
    nanosleep(&(struct timespec){ms / 1000, (long)(ms % 1000) * 1000000}, NULL);
}

/* A number of `perigee status --json`. */
static double figure(struct board *b, const char *name)
{
    const char *args[] = {"status", "--json", "--board", b->folder, NULL};
    char key[64];
    char *out;
    const char *at;
    double value;

    if (board_run(args, NULL, &out) != 0)
        fail_msg("status: %s", out);
    snprintf(key, sizeof(key), "\"%s\":", name);
    at = strstr(out, key);
    if (!at)
        fail_msg("no %s in %s", name, out);
    value = at ? strtod(at + strlen(key), NULL) : -1;
    free(out);
    return value;
}

static void expect_figure(struct board *b, const char *name, double wanted)
{
    double until = now_seconds() + 20;
    double value = figure(b, name);

    while (value != wanted && now_seconds() < until) {
        pause_ms(20);
        value = figure(b, name);
    }
    if (value != wanted)
        fail_msg("%s is %g, not %g", name, value, wanted);
}

static struct caller *greeted(struct board *b, enum caller_kind kind)
{
    struct caller *c = caller_dial(b, kind);

    caller_expect(c, "NEW to join");
    caller_expect(c, "Handle: ");
    return c;
}

static void expect_served(struct board *b)
{
    caller_free(greeted(b, CALLER_XTERM));
}

static unsigned count_bytes(const char *text, char byte)
{
    unsigned n = 0;

    for (; *text; text++)
        n += *text == byte;
    return n;
}

/* --- line ends --- */

struct line_end {
    const char *name;
    const char *bytes;
    size_t len;
};

static void send_line(struct caller *c, const char *text, const struct line_end *e)
{
    caller_send(c, text);
    caller_send_bytes(c, e->bytes, e->len);
}

/* An Enter too many would lead away from the wall, one too few would stay in the field. */
static void write_two_lines(struct board *b, enum caller_kind kind, const struct line_end *e)
{
    struct caller *c = greeted(b, kind);
    char text[64];

    send_line(c, "luna", e);
    caller_expect(c, "Password: ");
    send_line(c, moon, e);
    caller_expect(c, "which key?");
    caller_send(c, "o");
    caller_expect(c, "> ");
    for (int i = 1; i <= 2; i++) {
        snprintf(text, sizeof(text), "%s %d.%d", e->name, (int)kind, i);
        send_line(c, text, e);
        caller_expect(c, "The one-line wall");
        caller_expect(c, text);
        caller_expect(c, "> ");
    }
    send_line(c, "", e);
    caller_expect(c, "which key?");
    caller_free(c);
    expect_figure(b, "callers", 0);
}

static void all_four_line_ends_are_one_enter(void **state)
{
    static const struct line_end ends[] = {
        {"CR LF", "\r\n", 2}, {"CR NUL", "\r\0", 2}, {"CR", "\r", 1}, {"LF", "\n", 1}};

    add_account(*state, "luna");
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        write_two_lines(*state, CALLER_XTERM, &ends[i]);
        write_two_lines(*state, CALLER_RAW, &ends[i]);
    }
}

/* --- how bytes come --- */

static void send_byte_by_byte(struct caller *c, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        caller_send_bytes(c, bytes + i, 1);
        nanosleep(&(struct timespec){.tv_nsec = 300000}, NULL);
    }
}

static struct caller *dial_without_delay(struct board *b)
{
    struct caller *c = caller_dial(b, CALLER_RAW);
    int on = 1;

    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return c;
}

static void bytes_may_come_one_at_a_time(void **state)
{
    static const char answers[] = ANSWERS;
    static const char reports[] = REPORTS;
    static const char log_in[] = "luna\r\nmoonlight9\r\n";
    struct caller *c;

    add_account(*state, "luna");
    c = dial_without_delay(*state);
    send_byte_by_byte(c, answers, sizeof(answers) - 1);
    send_byte_by_byte(c, reports, sizeof(reports) - 1);
    caller_expect(c, "\xE2\x96\x88");
    caller_expect(c, "Handle: ");
    send_byte_by_byte(c, log_in, sizeof(log_in) - 1);
    caller_expect(c, "Good to see you, luna.");
    caller_expect(c, "which key?");
    caller_free(c);
}

static void all_may_come_before_the_first_screen(void **state)
{
    struct caller *c;

    add_account(*state, "luna");
    c = caller_dial(*state, CALLER_RAW);
    caller_send(c, "luna\nmoonlight9\nw\n");
    caller_expect(c, "Who is on line");
    caller_expect(c, "luna");
    caller_free(c);
}

static void a_peer_without_telnet_is_served(void **state)
{
    struct caller *c;

    add_account(*state, "luna");
    c = greeted(*state, CALLER_RAW);
    caller_send(c, "luna\n");
    caller_expect(c, "Password: ");
    caller_send(c, "moonlight9\n");
    caller_expect(c, "which key?");
    caller_free(c);
}

/* --- noise --- */

/* Mostly IAC, so that commands, options and subnegotiations come in all orders. */
static void make_noise(unsigned char *to, size_t len, unsigned seed)
{
    for (size_t i = 0; i < len; i++) {
        unsigned r = (seed = seed * 1103515245u + 12345u) >> 16;

        to[i] = (unsigned char)(r % 3 == 0 ? 255 : r % 3 == 1 ? 240 + r / 3 % 16 : r / 3);
    }
}

static void send_noise(struct board *b, unsigned seed)
{
    unsigned char *noise = malloc(NOISE);
    struct caller *c = caller_dial(b, CALLER_RAW);

    assert_non_null(noise);
    make_noise(noise, NOISE, seed);
    caller_send_bytes(c, noise, NOISE);
    expect_served(b);
    caller_free(c);
    free(noise);
}

static void noise_harms_nobody_else(void **state)
{
    struct board *b = *state;
    struct caller *c;

    add_account(b, "luna");
    c = caller_dial(b, CALLER_XTERM);
    caller_log_in(c, "luna", moon);
    for (unsigned seed = 1; seed <= 8; seed++) {
        send_noise(b, seed);
        caller_send(c, "/who\r");
        caller_expect(c, "1 on line: luna");
        window_expect_prompt(c, "which key?");
    }
    caller_free(c);
    expect_figure(b, "callers", 0);
    expect_figure(b, "visitors", 0);
    assert_true(figure(b, "heap_bytes") < 8e6);
}

static void a_flood_of_text_is_one_callers_own_trouble(void **state)
{
    char *text = malloc(NOISE + 1);
    struct caller *flood = greeted(*state, CALLER_XTERM);

    assert_non_null(text);
    memset(text, 'x', NOISE);
    text[NOISE] = '\0';
    caller_send(flood, text);
    expect_served(*state);
    caller_expect(flood, "xxxxxxxxxxxxxxxxxxxx\a");
    caller_send(flood, "\r");
    caller_expect(flood, "Nobody here has that handle.");
    caller_free(flood);
    free(text);
}

/* --- many at once --- */

static void expect_all_greeted(struct caller **c, unsigned count)
{
    double until = now_seconds() + 20;
    unsigned greeted_count = 0;

    while (greeted_count < count) {
        if (now_seconds() > until)
            fail_msg("%u of %u got the welcome", greeted_count, count);
        greeted_count = 0;
        for (unsigned i = 0; i < count; i++)
            greeted_count += caller_has(c[i], "Handle: ");
        pause_ms(1);
    }
}

static void two_hundred_calls_at_one_instant_are_welcomed(void **state)
{
    struct caller *c[CROWD];

    for (unsigned i = 0; i < CROWD; i++)
        c[i] = caller_dial(*state, (enum caller_kind)(i % 4));
    expect_all_greeted(c, CROWD);
    for (unsigned i = 0; i < CROWD; i++)
        caller_free(c[i]);
    expect_figure(*state, "visitors", 0);
}

/* --- resets --- */

static void expect_no_trace(struct board *b)
{
    expect_figure(b, "callers", 0);
    expect_figure(b, "visitors", 0);
    expect_figure(b, "tasks", 0);
    assert_false(board_log_has(b, "incident"));
    assert_false(board_log_has(b, " error "));
    expect_served(b);
}

static void a_reset_in_a_session_leaves_no_trace(void **state)
{
    static const char session[] = "luna\rmoonlight9\rwqcnpsx\roon the wall\r\rpluna\r\033"
                                  "/msg luna hi\rynLuna\rqhxg";
    struct board *b = *state;

    add_account(b, "luna");
    for (size_t i = 0; i < sizeof(session); i++) {
        struct caller *c = greeted(b, i % 2 ? CALLER_XTERM : CALLER_DUMB);

        caller_send_bytes(c, session, i);
        pause_ms(i * 7 % 23);
        caller_reset(c);
        caller_free(c);
    }
    expect_no_trace(b);
}

static void a_reset_in_the_negotiation_leaves_no_trace(void **state)
{
    static const char session[] = ANSWERS REPORTS "luna\rmoonlight9\r";

    add_account(*state, "luna");
    for (size_t i = 0; i < sizeof(session); i++) {
        struct caller *c = caller_dial(*state, CALLER_RAW);

        caller_send_bytes(c, session, i);
        pause_ms(i % 5);
        caller_reset(c);
        caller_free(c);
    }
    expect_no_trace(*state);
}

/* --- who does not read --- */

static int begin_pouring(void **state)
{
    struct board *b = board_new(false);

    board_write(b, "lua/settings.lua", "return { limits = { stalled_seconds = 1 } }\n");
    board_write(b, "screens/root.txt", "A key pours: <% key:pour.out %>\n");
    board_write(b, "lua/handlers/pour.lua",
                "local pour = {}\n"
                "function pour.out(client)\n"
                "  for i = 1, 1000000 do client:send(('w'):rep(1000) .. i .. '\\n') end\n"
                "end\n"
                "return pour\n");
    board_start(b, NULL);
    *state = b;
    return 0;
}

static void who_never_reads_is_ended_and_holds_little(void **state)
{
    struct board *b = *state;
    struct caller *c = caller_dial(b, CALLER_XTERM);
    double before;
    double most = 0;

    caller_expect(c, "A key pours: ");
    before = figure(b, "heap_bytes");
    caller_send(c, "x");
    for (int i = 0; i < TRIES && !board_log_has(b, "event=stalled"); i++) {
        double now = figure(b, "heap_bytes");

        most = now > most ? now : most;
        pause_ms(20);
    }
    board_expect_log(b, NULL, "event=stalled");
    assert_true(most < before + 1e6);
    expect_figure(b, "callers", 0);
    expect_figure(b, "tasks", 0);
    caller_free(c);
}

static void who_reads_slowly_misses_nothing(void **state)
{
    struct caller *c = caller_dial(*state, CALLER_XTERM);

    caller_expect(c, "A key pours: ");
    caller_send(c, "x");
    for (int i = 1; i <= 5000; i++) {
        char text[16];

        snprintf(text, sizeof(text), "w%d\n", i);
        caller_expect(c, text);
    }
    caller_free(c);
    expect_figure(*state, "tasks", 0);
}

/* Keys are typed and typed, what they echo is left where it is. */
static void type_without_reading(struct board *b, struct caller *c)
{
    char keys[4096];

    for (size_t i = 0; i < sizeof(keys); i++)
        keys[i] = i % 2 ? '\b' : 'x';
    for (int i = 0; i < 20000 && !board_log_has(b, "event=stalled"); i++) {
        if (send(c->fd, keys, sizeof(keys), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
            pause_ms(10);
    }
}

static void an_echo_that_nobody_reads_ends_the_call(void **state)
{
    struct board *b = start("return { limits = { stalled_seconds = 1 } }\n");
    struct caller *c = greeted(b, CALLER_XTERM);

    *state = b;
    type_without_reading(b, c);
    board_expect_log(b, NULL, "event=stalled");
    assert_true(figure(b, "heap_bytes") < 8e6);
    expect_figure(b, "callers", 0);
    caller_free(c);
}

/* --- visitors --- */

static void a_visitor_is_dropped_in_time(void **state)
{
    struct board *b = start("return { limits = { visitor_seconds = 1 } }\n");
    struct caller *visitor = greeted(b, CALLER_XTERM);
    struct caller *scanner = caller_dial(b, CALLER_RAW);
    struct caller *caller = greeted(b, CALLER_XTERM);

    *state = b;
    caller_send(caller, "new\r");
    caller_expect_end(visitor);
    caller_expect_end(scanner);
    caller_expect(caller, "A new caller");
    caller_send(caller, "luna\r");
    caller_expect(caller, "Nick name: ");
    caller_free(visitor);
    caller_free(scanner);
    caller_free(caller);
}

static void visitors_have_no_node_and_are_not_in_who(void **state)
{
    struct board *b = *state;
    struct caller *visitors[3];
    struct caller *c;

    for (int i = 0; i < 3; i++)
        visitors[i] = greeted(b, CALLER_XTERM);
    c = caller_dial(b, CALLER_XTERM);
    caller_sign_up(c, "luna", moon);
    assert_true(caller_has(c, "You are on node 1, the only caller on line."));
    caller_send(c, "/who\r");
    caller_expect(c, "1 on line: luna");
    expect_figure(b, "callers", 1);
    expect_figure(b, "visitors", 3);
    for (int i = 0; i < 3; i++)
        caller_free(visitors[i]);
    caller_free(c);
}

static void visitors_make_room_for_others(void **state)
{
    struct board *b = start("return { limits = { visitors = 2 } }\n");
    struct caller *first = greeted(b, CALLER_XTERM);
    struct caller *second = greeted(b, CALLER_XTERM);
    struct caller *third = greeted(b, CALLER_XTERM);

    *state = b;
    caller_expect_end(first);
    caller_send(second, "new\r");
    caller_expect(second, "A new caller");
    caller_free(first);
    caller_free(second);
    caller_free(third);
}

static void one_caller_too_many_is_told(void **state)
{
    struct board *b = start("return { limits = { callers = 1 } }\n");
    struct caller *first = greeted(b, CALLER_XTERM);
    struct caller *second = greeted(b, CALLER_XTERM);

    *state = b;
    caller_send(first, "new\r");
    caller_expect(first, "A new caller");
    caller_send(second, "n");
    caller_expect(second, "All lines are busy. Please call again later.");
    caller_expect_end(second);
    caller_send(first, "luna\r");
    caller_expect(first, "Nick name: ");
    caller_free(first);
    caller_free(second);
}

/* --- lines that are too long --- */

static void a_line_too_long_rings_the_bell(void **state)
{
    static const char text[] = "123456789.123456789.123456789.123456789.123456789.1234";
    struct caller *c = caller_dial(*state, CALLER_XTERM);
    size_t from;

    caller_sign_up(c, "luna", moon);
    caller_send(c, "o");
    caller_expect(c, "> ");
    from = c->from;
    caller_send(c, text);
    caller_send(c, "abc");
    caller_expect(c, "\a\a\a");
    assert_int_equal(count_bytes(c->seen + from, '\a'), 3);
    caller_send(c, "\b\bYZ\r");
    caller_expect(c, "luna  123456789.123456789.123456789.123456789.123456789.12YZ\n");
    caller_free(c);
}

static void a_command_is_longer_than_its_field(void **state)
{
    struct caller *c = caller_dial(*state, CALLER_XTERM);

    caller_sign_up(c, "luna", moon);
    caller_send(c, "p");
    caller_expect(c, "Whom? ");
    caller_send(c, "/nothing of that name\r");
    caller_expect(c, "There is no such command. Try /help");
    window_expect_prompt(c, "Whom? /nothing of that name");
    caller_send(c, "\025/msg moon a line that is longer than the field\r");
    caller_expect(c, "There is nobody called moon.");
    window_expect_prompt(c, "Whom? ");
    caller_send(c, "123456789.123456789.x");
    caller_expect(c, "123456789.123456789.\a");
    caller_free(c);
}

/* --- limits by address --- */

static unsigned count_in_log(struct board *b, const char *text)
{
    unsigned n = 0;

    board_log_has(b, text);
    for (const char *p = strstr(b->log, text); p; p = strstr(p + 1, text))
        n++;
    return n;
}

static void expect_refusal(struct board *b, const char *text)
{
    struct caller *c = caller_dial_from(b, CALLER_XTERM, "127.0.0.2");

    caller_expect(c, text);
    caller_expect_end(c);
    caller_free(c);
}

/* The first and each hundredth is logged. */
static void too_many_calls_a_minute_are_refused(void **state)
{
    struct board *b = start("return { limits = { allow = {}, calls_per_minute = 3 } }\n");
    struct caller *c;

    *state = b;
    for (int i = 0; i < 3; i++) {
        c = caller_dial_from(b, CALLER_XTERM, "127.0.0.2");
        caller_expect(c, "NEW to join");
        caller_free(c);
    }
    for (int i = 0; i < 150; i++)
        expect_refusal(b, "You are calling too often. Please wait a minute.");
    expect_served(b);
    assert_int_equal(count_in_log(b, "event=refused"), 2);
}

static bool is_admitted(struct board *b, const char *address)
{
    struct caller *c = caller_dial_from(b, CALLER_XTERM, address);
    double until = now_seconds() + 20;
    bool admitted;

    while (!caller_has(c, "NEW to join") && !c->closed && now_seconds() < until)
        pause_ms(5);
    admitted = caller_has(c, "NEW to join");
    caller_free(c);
    return admitted;
}

static void expect_admitted_again(struct board *b, const char *address)
{
    double until = now_seconds() + 20;

    while (!is_admitted(b, address)) {
        if (now_seconds() > until)
            fail_msg("%s is still refused", address);
        pause_ms(50);
    }
}

static void too_many_callers_of_an_address_are_refused(void **state)
{
    struct board *b = start("return { limits = { allow = {}, callers_per_address = 2, "
                            "calls_per_minute = 10000 } }\n");
    struct caller *first = caller_dial_from(b, CALLER_XTERM, "127.0.0.2");
    struct caller *second = caller_dial_from(b, CALLER_XTERM, "127.0.0.2");
    struct caller *third;

    *state = b;
    caller_expect(first, "NEW to join");
    caller_expect(second, "NEW to join");
    third = caller_dial_from(b, CALLER_XTERM, "127.0.0.2");
    caller_expect(third, "There are too many callers from your address.");
    caller_expect_end(third);
    expect_served(b);
    caller_free(second);
    expect_admitted_again(b, "127.0.0.2");
    caller_free(first);
    caller_free(third);
}

static void guess_names(struct caller *c, int count)
{
    for (int i = 0; i < count; i++) {
        window_expect_prompt(c, "Handle: ");
        caller_send(c, "nobody\r");
    }
}

static const char ban_settings[] =
    "return { limits = { allow = {}, login_failures = 3, ban_seconds = 1, "
    "calls_per_minute = 10000 } }\n";

static void who_guesses_is_banned_for_a_while(void **state)
{
    struct board *b = start(ban_settings);
    struct caller *c = caller_dial_from(b, CALLER_XTERM, "127.0.0.2");
    size_t from = 0;

    *state = b;
    guess_names(c, 3);
    caller_expect(c, "Too many failed logins from your address.");
    caller_expect_end(c);
    caller_free(c);
    board_expect_log(b, &from, "gate event=banned address=127.0.0.2");
    c = caller_dial_from(b, CALLER_XTERM, "127.0.0.2");
    caller_expect_end(c);
    assert_string_equal(c->seen, "");
    caller_free(c);
    expect_served(b);
    expect_admitted_again(b, "127.0.0.2");
    board_expect_log(b, &from, "gate event=refused why=banned");
    assert_null(strstr(b->log + from, "event=refused"));
}

static void the_own_machine_is_never_banned(void **state)
{
    struct board *b = start(ban_settings);
    struct caller *c = caller_dial(b, CALLER_XTERM);

    *state = b;
    guess_names(c, 8);
    window_expect_prompt(c, "Handle: ");
    expect_served(b);
    assert_false(board_log_has(b, "event=banned"));
    caller_free(c);
}

/* --- the end --- */

static void end_by(struct board *b, int signal)
{
    struct caller *visitor = greeted(b, CALLER_XTERM);
    struct caller *raw = greeted(b, CALLER_RAW);
    struct caller *caller = caller_dial(b, CALLER_XTERM);

    caller_sign_up(caller, "luna", moon);
    caller_send(raw, "new\n");
    caller_expect(raw, "A new caller");
    kill(b->pid, signal);
    caller_expect(caller, "The board is going down. Please call again later.");
    caller_expect(raw, "The board is going down. Please call again later.");
    caller_expect_end(caller);
    caller_expect_end(raw);
    caller_expect_end(visitor);
    caller_free(caller);
    caller_free(raw);
    caller_free(visitor);
    assert_int_equal(board_stop(b), 0);
}

static void sigterm_tells_the_callers(void **state)
{
    end_by(*state, SIGTERM);
}

static void sigint_tells_the_callers(void **state)
{
    end_by(*state, SIGINT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
#define TEST_WITH_SETTINGS(name) cmocka_unit_test_teardown(name, end)
#define TEST_POURING(name) cmocka_unit_test_setup_teardown(name, begin_pouring, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_four_line_ends_are_one_enter),
        TEST(bytes_may_come_one_at_a_time),
        TEST(all_may_come_before_the_first_screen),
        TEST(a_peer_without_telnet_is_served),
        TEST(noise_harms_nobody_else),
        TEST(a_flood_of_text_is_one_callers_own_trouble),
        TEST(two_hundred_calls_at_one_instant_are_welcomed),
        TEST(a_reset_in_a_session_leaves_no_trace),
        TEST(a_reset_in_the_negotiation_leaves_no_trace),
        TEST_POURING(who_never_reads_is_ended_and_holds_little),
        TEST_POURING(who_reads_slowly_misses_nothing),
        TEST_WITH_SETTINGS(an_echo_that_nobody_reads_ends_the_call),
        TEST_WITH_SETTINGS(a_visitor_is_dropped_in_time),
        TEST(visitors_have_no_node_and_are_not_in_who),
        TEST_WITH_SETTINGS(visitors_make_room_for_others),
        TEST_WITH_SETTINGS(one_caller_too_many_is_told),
        TEST(a_line_too_long_rings_the_bell),
        TEST(a_command_is_longer_than_its_field),
        TEST_WITH_SETTINGS(too_many_calls_a_minute_are_refused),
        TEST_WITH_SETTINGS(too_many_callers_of_an_address_are_refused),
        TEST_WITH_SETTINGS(who_guesses_is_banned_for_a_while),
        TEST_WITH_SETTINGS(the_own_machine_is_never_banned),
        TEST(sigterm_tells_the_callers),
        TEST(sigint_tells_the_callers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
