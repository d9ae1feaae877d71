/* Prompts at odd moments: commands that ask themselves, sequences that come in pieces,
 * terminals that answer late, floods of keys, and callers who do not read. */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/board/stage.h"
#include "tests/board/window.h"

static void type(struct caller *c, const char *keys, const char *answer)
{
    caller_send(c, keys);
    caller_expect(c, answer);
}

static void pause_ms(unsigned ms)
{
    nanosleep(&(struct timespec){ms / 1000, (long)(ms % 1000) * 1000000}, NULL);
}

/* One screen, `root`, with these handlers: t.lua and slash.lua. */
static void start(const char *root, const char *t, const char *slash, const char *settings)
{
    board_write(board, "screens/root.txt", root);
    board_write(board, "lua/handlers/t.lua", t);
    if (slash)
        board_write(board, "lua/handlers/slash.lua", slash);
    if (settings)
        board_write(board, "lua/settings.lua", settings);
    board_start(board, NULL);
}

#define TAKE_LUA                                                                               \
    "local t = {}\n"                                                                           \
    "function t.take(client, text) client:send('got(' .. text .. ')\\n') end\n"                \
    "return t\n"

/* --- commands that ask --- */

#define ASK_LUA                                                                                \
    "local slash = {}\n"                                                                       \
    "function slash.ask(client)\n"                                                             \
    "  return nil, 'you said ' .. tostring(client:read_line{ prompt = 'what? ' })\n"           \
    "end\n"                                                                                    \
    "function slash.wait(client)\n"                                                            \
    "  return nil, 'the key is ' .. tostring(client:read_key{ timeout = 0.2 })\n"              \
    "end\n"                                                                                    \
    "return slash\n"

static void a_command_may_ask_at_a_field(void **state)
{
    struct caller *c;

    (void)state;
    start("line> <% set:t.take %>\n", TAKE_LUA, ASK_LUA, NULL);
    c = dial();
    caller_expect(c, "line> ");
    type(c, "/ask\r", "what? ");
    type(c, "moon\r", "you said moon");
    caller_expect(c, "line> ");
    type(c, "sun\r", "got(sun)");
    type(c, "/ask\r", "what? ");
    type(c, "\033", "you said nil");
    type(c, "stars\r", "got(stars)");
}

static void a_command_may_wait_for_a_time(void **state)
{
    struct caller *c;

    (void)state;
    start("line> <% set:t.take %>\n", TAKE_LUA, ASK_LUA, NULL);
    c = dial();
    caller_expect(c, "line> ");
    type(c, "/wait\r", "the key is nil");
    type(c, "sun\r", "got(sun)");
}

/* How often `text` has been sent since `from`, and before `end`. */
static unsigned count_before(struct caller *c, size_t from, const char *text, const char *end)
{
    const char *at = c->wire + from;
    const char *last = memmem(at, c->wire_len - from, end, strlen(end));
    unsigned n = 0;

    assert_non_null(last);
    while ((at = memmem(at, (size_t)(last - at), text, strlen(text)))) {
        at += strlen(text);
        n++;
    }
    return n;
}

/* Where Esc leads nowhere it empties the line, and the prompt stands there once. */
static void esc_at_the_first_field_empties_it(void **state)
{
    struct caller *c;
    size_t from;

    (void)state;
    start("line> <% set:t.take %>\n", TAKE_LUA, ASK_LUA, NULL);
    c = dial();
    caller_expect(c, "line> ");
    from = c->wire_len;
    type(c, "abc\033", "\b\b\b");
    type(c, "sun\r", "got(sun)");
    assert_int_equal(count_before(c, from, "line> ", "got(sun)"), 0);
}

/* Out of a command that was begun at a key prompt: the prompt stands there once. */
static void a_command_may_be_left(void **state)
{
    struct caller *c;
    size_t from;

    (void)state;
    start("pick> <% key:t.pick %>\n",
          "local t = {}\nfunction t.pick(_, key) return 'remain', 'picked ' .. key end\n"
          "return t\n",
          ASK_LUA, NULL);
    c = dial();
    caller_expect(c, "pick> ");
    from = c->wire_len;
    type(c, "/a\b\b", "\b \b");
    type(c, "x", "picked x");
    assert_int_equal(count_before(c, from, "pick> ", "picked x"), 0);
    caller_expect(c, "pick> ");
    from = c->wire_len;
    type(c, "/as\033", "pick> ");
    assert_non_null(memmem(c->wire + from, c->wire_len - from, "\033[Kpick> ", 9));
}

#define TELL_LUA                                                                               \
    "local slash, all = {}, {}\n"                                                              \
    "function slash.here(client) all[#all + 1] = client return nil, 'noted' end\n"             \
    "function slash.tell() for _, c in ipairs(all) do c:tell 'A NOTICE' end end\n"             \
    "return slash\n"

/* A notice comes while the cursor is inside the line: it stands there afterwards. */
static void a_line_is_mended_beside_notices(void **state)
{
    struct caller *one;
    struct caller *two;

    (void)state;
    start("line> <% set:t.take(max=200) %>\n", TAKE_LUA, TELL_LUA, NULL);
    one = dial();
    two = dial();
    caller_expect(one, "line> ");
    caller_expect(two, "line> ");
    type(one, "/here\r", "noted");
    caller_expect(one, "line> ");
    type(one, "hello wrld\033[D\033[D\033[D", "hello wrld\b\b\b");
    caller_send(two, "/tell\r");
    caller_expect(one, "A NOTICE");
    caller_expect(one, "line> hello wrld\b\b\b");
    type(one, "o", "orld\b\b\b");
    type(one, "\r", "got(hello world)");
}

/* What is longer than its row scrolls in it: nothing comes to stand in the row below. */
static void check_row(const char *root, const char *prompt, unsigned first)
{
    static char line[121];
    char got[160];
    struct caller *c;
    size_t from;
    unsigned column = first;

    memset(line, 'w', sizeof(line) - 1);
    start(root, TAKE_LUA, NULL, NULL);
    c = dial();
    caller_expect(c, prompt);
    from = c->wire_len;
    type(c, line, "www");
    type(c, "\033[Hx", "x");
    type(c, "\033[Fy", "y");
    for (size_t i = from; i < c->wire_len; i++) {
        column = c->wire[i] == '\b' ? column - 1 : column + 1;
        assert_true(column >= first && column < 80);
    }
    snprintf(got, sizeof(got), "got(x%sy)", line);
    type(c, "\r", got);
}

static void a_long_line_stays_in_its_row(void **state)
{
    (void)state;
    check_row("line> <% set:t.take(max=200) %>\n", "line> ", 6);
}

static void a_long_line_stays_in_its_row_wherever_it_begins(void **state)
{
    (void)state;
    check_row("Above\n<% ansi:move(31, 9) %>line> <% set:t.take(max=200) %>\n", "line> ", 36);
}

/* --- time --- */

static void a_page_times_out_only_where_nothing_else_is_asked(void **state)
{
    struct caller *c;

    (void)state;
    start("pick> <% page:timeout(1); key:t.pick %>\n",
          "local t = {}\nfunction t.pick(client)\n"
          "  return 'remain', 'then ' .. tostring(client:read_key{ timeout = 2 })\nend\n"
          "return t\n",
          NULL, NULL);
    c = dial();
    caller_expect(c, "pick> ");
    type(c, "x", "then nil");
    caller_expect(c, "You have been idle for too long.");
    caller_expect_end(c);
}

static void a_short_idle_time_has_no_warning(void **state)
{
    struct caller *c;

    (void)state;
    start("line> <% set:t.take %>\n", TAKE_LUA, NULL,
          "return { limits = { idle_seconds = 30 } }\n");
    c = dial();
    caller_expect(c, "line> ");
    type(c, "moon\r", "got(moon)");
    type(c, "sun\r", "got(sun)");
}

/* Screens that show one another by the clock are no circle. */
static void a_slide_show_goes_on(void **state)
{
    struct caller *c;

    (void)state;
    for (char name = '1'; name <= '9'; name++) {
        char path[32];
        char text[64];

        snprintf(path, sizeof(path), "screens/s%c.txt", name);
        snprintf(text, sizeof(text), "SLIDE %c<%% enter:t.on %%>\n", name);
        board_write(board, path, text);
    }
    start("ROOT<% tick:t.tick(1); key:t.key %>\n",
          "local t = {}\n"
          "function t.tick() return 's1' end\n"
          "function t.on(client)\n"
          "  local n = tonumber(client.keyword:sub(2))\n"
          "  return n < 9 and 's' .. n + 1 or 'root'\n"
          "end\n"
          "function t.key() end\n"
          "return t\n",
          NULL, NULL);
    c = dial();
    for (int i = 0; i < 4; i++)
        caller_expect(c, "ROOT");
}

/* Who has been told something after a long silence has all the time to read it. */
static void a_tick_that_tells_others_drops_nobody(void **state)
{
    struct caller *one;
    struct caller *two;

    (void)state;
    start("line> <% tick:t.tick(2); set:t.take %>\n",
          "local t, all = {}, {}\n"
          "function t.take(client, text) all[#all + 1] = client client:send 'in\\n' end\n"
          "function t.tick() for _, c in ipairs(all) do c:tell 'TICK' end end\n"
          "return t\n",
          NULL, "return { limits = { stalled_seconds = 1 } }\n");
    one = dial();
    two = dial();
    caller_expect(one, "line> ");
    caller_expect(two, "line> ");
    type(one, "x\r", "in\n");
    type(two, "x\r", "in\n");
    caller_expect(one, "TICK");
    caller_expect(two, "TICK");
    caller_expect(two, "TICK");
    assert_false(board_log_has(board, "event=stalled"));
}

/* --- keys and terminals --- */

/* The pieces of a sequence belong together, however long ago the last key was. */
static void a_sequence_may_come_in_pieces(void **state)
{
    struct caller *c;
    bool was_whole = false;

    (void)state;
    start("ROOT <% tick:t.tick(1); key:t.key %>\n",
          "local t = {}\nlocal ticks = 0\n"
          "function t.tick() ticks = ticks + 1 return nil, 'tick ' .. ticks end\n"
          "function t.key(_, key) return 'repeat', 'key ' .. key .. '.' end\n"
          "return t\n",
          NULL, NULL);
    c = dial();
    caller_expect(c, "ROOT ");
    type(c, "a", "key a.");
    for (int i = 0; i < 3 && !was_whole; i++) { /* a busy machine may hold the second up */
        caller_expect(c, "tick");
        caller_send(c, "\033");
        pause_ms(20);
        caller_send(c, "[A");
        caller_expect(c, "key ");
        caller_expect(c, ".");
        was_whole = c->len > 4 && memcmp(c->seen + c->from - 3, "up.", 3) == 0;
    }
    assert_true(was_whole);
}

#define LATE_ANSWERS "\xFF\xFD\x01\xFF\xFD\x03\xFF\xFB\x03"

static void a_terminal_that_answers_late_has_its_echo(void **state)
{
    struct caller *c;

    (void)state;
    start("line> <% set:t.take %>\n", TAKE_LUA, NULL, NULL);
    c = dial_as(CALLER_RAW);
    caller_expect(c, "line> "); /* nothing was answered for half a second */
    caller_send_bytes(c, LATE_ANSWERS, sizeof(LATE_ANSWERS) - 1);
    type(c, "moon", "moon");
    type(c, "\r", "got(moon)");
}

/* Its answers come while the first screen's handler asks something: that question stays. */
static void a_late_answer_disturbs_no_question(void **state)
{
    struct caller *c;

    (void)state;
    start("ROOT <% enter:t.enter; key:t.key %>\n",
          "local t = {}\n"
          "function t.enter(client)\n"
          "  return nil, 'your name is ' .. tostring(client:read_line{ prompt = 'name? ' })\n"
          "end\n"
          "function t.key(_, key) return 'repeat', 'key ' .. key .. '.' end\n"
          "return t\n",
          NULL, NULL);
    c = dial_as(CALLER_RAW);
    caller_expect(c, "name? ");
    caller_send_bytes(c, LATE_ANSWERS, sizeof(LATE_ANSWERS) - 1);
    caller_send(c, "\033[1;1R\033[1;2R");
    type(c, "moon\r", "your name is moon");
    caller_expect(c, "ROOT ");
    type(c, "x", "key x.");
}

/* A paste whose end is lost does not keep the keyboard. */
static void a_paste_without_an_end_is_over_in_time(void **state)
{
    struct caller *c;

    (void)state;
    start("line> <% set:t.take %>\n", TAKE_LUA, NULL, NULL);
    c = dial();
    caller_expect(c, "line> ");
    type(c, "\033[200~moon", "moon");
    pause_ms(2500); /* it is the silence that ends it */
    type(c, "\r", "got(moon)");
}

#define LONG_LINE                                                                              \
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"

static void all_that_is_typed_early_counts(void **state)
{
    static const char answers[] = LATE_ANSWERS "\xFF\xFB\x18"
                                               "\xFF\xFA\x18\x01xterm\xFF\xF0"
                                               "\xFF\xFA\x18\x01xterm\xFF\xF0"
                                               "\033[1;1R\033[1;2R";
    struct caller *c;

    (void)state;
    start("line> <% set:t.take(max=200) %>\n", TAKE_LUA, NULL, NULL);
    c = dial_as(CALLER_RAW);
    caller_send(c, LONG_LINE "\r"
                             "caf\xC3\xA9\r");
    caller_send_bytes(c, answers, sizeof(answers) - 1);
    caller_expect(c, "got(" LONG_LINE ")");
    caller_expect(c, "got(caf\xC3\xA9)");
}

/* --- floods --- */

static double heap_bytes(void)
{
    static const char key[] = "\"heap_bytes\":";
    const char *args[] = {"status", "--json", "--board", board->folder, NULL};
    const char *at;
    double value;
    char *out;

    if (board_run(args, NULL, &out) != 0 || !(at = strstr(out, key)))
        fail_msg("status: %s", out);
    value = strtod(at + sizeof(key) - 1, NULL);
    free(out);
    return value;
}

/* Lines that are answered, from one who does not read the answers: they wait, and so does he.
 */
static void who_does_not_read_is_not_answered(void **state)
{
    static char lines[65536];
    struct caller *c;
    double before;
    size_t sent = 0;

    (void)state;
    start("line> <% set:t.take(max=3) %>\n", TAKE_LUA, ASK_LUA, NULL);
    c = dial();
    caller_expect(c, "line> ");
    before = heap_bytes();
    for (size_t i = 0; i < sizeof(lines); i += 8)
        memcpy(lines + i, "/nobody\r", 8);
    for (int full = 0; full < 50 && sent < ((size_t)64 << 20);) {
        ssize_t n = send(c->fd, lines, sizeof(lines), MSG_DONTWAIT | MSG_NOSIGNAL);

        full = n < 0 ? full + 1 : 0; /* for so long it does not take more */
        sent += n > 0 ? (size_t)n : 0;
        if (n < 0)
            pause_ms(10);
    }
    assert_true(heap_bytes() - before < 1e6);
}

#define COUNT_LUA                                                                              \
    "local t, counts = {}, { a = 0, b = 0 }\n"                                                 \
    "local last, run, longest = nil, 0, 0\n"                                                   \
    "function t.hot(_, key)\n"                                                                 \
    "  counts[key] = counts[key] + 1\n"                                                        \
    "  run = key == last and run + 1 or 1\n"                                                   \
    "  last = key\n"                                                                           \
    "  if counts.a < 4000 and counts.b < 4000 then longest = math.max(longest, run) end\n"     \
    "  return 'repeat'\n"                                                                      \
    "end\n"                                                                                    \
    "function t.spin(client)\n"                                                                \
    "  client:send 'SPINNING'\n"                                                               \
    "  require('bbs.time').sleep(0)\n"                                                         \
    "  local until_then = os.clock() + 0.5\n"                                                  \
    "  while os.clock() < until_then do end\n"                                                 \
    "  return 'repeat', 'SPUN'\n"                                                              \
    "end\n"                                                                                    \
    "function t.seen() return ('%d, %d, at most %d'):format(counts.a, counts.b, longest) "     \
    "end\n"                                                                                    \
    "return t\n"

/* Two callers have typed 4,000 keys each while the engine was busy, each key for a handler:
 * they have their turns. */
static void a_flood_of_hot_keys_leaves_room_for_others(void **state)
{
    static char keys[4000];
    struct caller *one;
    struct caller *two;
    struct caller *busy;

    (void)state;
    board_write(board, "screens/hot.txt", "hot> <% set:t.hot(max=1, hotkey=true) %>\n");
    board_write(board, "screens/seen.txt", "seen: <% get:t.seen %>!<% go:root(\"R\") %>\n");
    start("pick <% go:hot(\"H\"); go:seen(\"S\"); key:t.spin %>\n", COUNT_LUA, NULL,
          "return { limits = { handler_ms = 5000 } }\n");
    one = dial();
    two = dial();
    busy = dial();
    type(one, "h", "hot> ");
    type(two, "h", "hot> ");
    type(busy, "x", "SPINNING");
    memset(keys, 'a', sizeof(keys));
    caller_send_bytes(one, keys, sizeof(keys));
    memset(keys, 'b', sizeof(keys));
    caller_send_bytes(two, keys, sizeof(keys));
    caller_expect(busy, "SPUN");
    for (unsigned i = 0; i < sizeof(keys); i++) {
        caller_expect(one, "hot> ");
        caller_expect(two, "hot> ");
    }
    type(busy, "s", "seen: 4000, 4000, at most ");
    caller_expect(busy, "!");
    assert_true(strtol(strstr(busy->seen, "most ") + 5, NULL, 10) <= 16);
}

/* A process that reads all that comes, as fast as it can. */
static pid_t start_reading(struct caller *c)
{
    static char bytes[1 << 18];
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid > 0)
        return pid;
    for (;;) {
        struct pollfd p = {.fd = c->fd, .events = POLLIN};

        if (recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT) == 0)
            _exit(0);
        poll(&p, 1, 1000);
    }
}

/* A handler that sends without end, to a caller who reads as fast as it can. */
static void a_handler_that_sends_without_end_leaves_room_for_others(void **state)
{
    struct caller *one;
    struct caller *two;
    pid_t reader;

    (void)state;
    start("line> <% set:t.take %>\n",
          "local t = {}\n"
          "function t.take(client, text)\n"
          "  if text == 'pour' then while true do client:send(('w'):rep(60000)) end end\n"
          "  client:send('got(' .. text .. ')\\n')\n"
          "end\n"
          "return t\n",
          NULL, NULL);
    one = dial();
    two = dial();
    caller_expect(one, "line> ");
    caller_expect(two, "line> ");
    caller_send(one, "pour\r");
    reader = start_reading(one);
    for (int i = 0; i < 20; i++) {
        type(two, "moon\r", "got(moon)");
        caller_expect(two, "line> ");
    }
    kill(reader, SIGKILL);
    waitpid(reader, NULL, 0);
}

static void the_arrows_bring_lines_back(void **state)
{
    struct caller *c;

    (void)state;
    board_write(board, "screens/root.txt", "Say: <% set:t.say(history=3) %>");
    board_write(board, "lua/handlers/t.lua",
                "return { say = function(client, text) client:send('said ' .. text .. '\\n')\n"
                "  return 'repeat' end }\n");
    board_start(board, NULL);
    c = dial();
    for (const char *line = "1234"; *line; line++) {
        char text[20];

        snprintf(text, sizeof(text), "line %c\r", *line);
        caller_send(c, text);
        snprintf(text, sizeof(text), "said line %c", *line);
        caller_expect(c, text);
    }
    caller_send(c, "new\033[A");
    window_expect_prompt(c, "Say: line 4");
    caller_send(c, "\033[A\033[A\033[A\033[A");
    window_expect_prompt(c, "Say: line 2"); /* three are kept */
    caller_send(c, "\033[B\033[D!\r");
    caller_expect(c, "said line !3");
    caller_send(c, "half\033[A");
    window_expect_prompt(c, "Say: line !3");
    caller_send(c, "\033[B");
    window_expect_prompt(c, "Say: half"); /* what was typed is not lost */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_set_up, stage_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_command_may_ask_at_a_field),
        TEST(a_command_may_wait_for_a_time),
        TEST(esc_at_the_first_field_empties_it),
        TEST(a_command_may_be_left),
        TEST(a_line_is_mended_beside_notices),
        TEST(a_long_line_stays_in_its_row),
        TEST(a_long_line_stays_in_its_row_wherever_it_begins),
        TEST(a_page_times_out_only_where_nothing_else_is_asked),
        TEST(a_short_idle_time_has_no_warning),
        TEST(a_slide_show_goes_on),
        TEST(a_tick_that_tells_others_drops_nobody),
        TEST(a_sequence_may_come_in_pieces),
        TEST(a_terminal_that_answers_late_has_its_echo),
        TEST(a_late_answer_disturbs_no_question),
        TEST(a_paste_without_an_end_is_over_in_time),
        TEST(all_that_is_typed_early_counts),
        TEST(who_does_not_read_is_not_answered),
        TEST(a_flood_of_hot_keys_leaves_room_for_others),
        TEST(a_handler_that_sends_without_end_leaves_room_for_others),
        TEST(the_arrows_bring_lines_back),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
