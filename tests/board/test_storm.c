/* Rooms in a storm of lines: two hundred callers who type, a member who reads nothing, and a
 * server that is killed in the middle of it. */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/board/cast.h"
#include "tests/board/window.h"
#include "tests/bench/meter.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up_starter, stage_tear_down)

/* storm.speak: so many lines, each of so many bytes, so long after another; storm.dump: all
 * that is kept. */
static const char storm_lua[] =
    "local rooms = require 'bbs.rooms'\n"
    "local time = require 'bbs.time'\n"
    "local storm = {}\n"
    "function storm.speak(client, what)\n"
    "  local lines, bytes, ms = what:match '^(%d+) (%d+) (%d+)$'\n"
    "  local room = rooms.find 'Lobby'\n"
    "  for i = 1, tonumber(lines) do\n"
    "    room:announce(client.nick_name, ('line %d; '):format(i) .. "
    "('x'):rep(tonumber(bytes)))\n"
    "    if ms ~= '0' then time.sleep(ms / 1000) end\n"
    "  end\n"
    "  return 'menu'\n"
    "end\n"
    "function storm.dump(client)\n"
    "  for _, line in ipairs(rooms.find 'Lobby':history(5000)) do\n"
    "    client:send(('<%s> %s\\n'):format(line.nick_name, line.text))\n"
    "  end\n"
    "  client:send 'That is all.'\n"
    "end\n"
    "return storm\n";

static void begin(const char *settings)
{
    board_write(board, "lua/settings.lua", settings);
    board_write(board, "lua/handlers/storm.lua", storm_lua);
    board_write(board, "screens/storm.txt", "How many? <% set:storm.speak %>");
    board_write(board, "screens/dump.txt", "<% get:storm.dump %> <% key:list.turn %>");
    board_write(board, "screens/menu.txt",
                "<% go:storm(\"S\"); go:dump(\"D\"); go:chat(\"R\") %><% get:menu.notice %>"
                " which key?");
    board_start(board, NULL);
}

static void speak(struct caller *c, unsigned lines, unsigned bytes, unsigned ms)
{
    char text[40];

    caller_send(c, "s");
    caller_expect(c, "How many?");
    snprintf(text, sizeof(text), "%u %u %u\r", lines, bytes, ms);
    caller_send(c, text);
}

/* All lines, each once, in their order. */
static void expect_lines(struct caller *c, const char *who, unsigned lines)
{
    char text[60];

    for (unsigned i = 1; i <= lines; i++) {
        snprintf(text, sizeof(text), "<%s> line %u;", who, i);
        caller_expect(c, text);
    }
}

static unsigned count_text(const char *s, const char *text)
{
    unsigned n = 0;

    while ((s = strstr(s, text)))
        n++, s += strlen(text);
    return n;
}

/* --- two hundred who type --- */

enum {
    MEMBERS = 200,
    SPEAKERS_FROM = 100,
    SAID = 300,
    PER_SECOND = 50,
    TURNS = 25,
    HEADER = 3
};

/* Half of them write on one line from the storm's begin to its end, with mistakes that they
 * take back, while the others say their lines. */
static void type(struct caller *c, unsigned n, unsigned beat)
{
    char text[20];

    snprintf(text, sizeof(text), "%c%uq\010\033[D\033[C", 'a' + (int)(beat % 26), n % 10);
    caller_send(c, text);
}

static void say_line(struct caller *c, unsigned n, unsigned line)
{
    char text[80];

    snprintf(text, sizeof(text), "s%u-%u %.*s.\r", n, line, (int)(5 + line % 40),
             "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    caller_send(c, text);
}

/* What has come for any of them within `seconds`. */
static void read_all(struct caller *const *members, double until)
{
    struct pollfd polls[MEMBERS];

    do {
        for (unsigned i = 0; i < MEMBERS; i++)
            polls[i] = (struct pollfd){.fd = members[i]->fd, .events = POLLIN};
        if (poll(polls, MEMBERS, 1) <= 0)
            continue;
        for (unsigned i = 0; i < MEMBERS; i++) {
            if (polls[i].revents)
                caller_read_for_now(members[i]);
        }
    } while (now_seconds() < until);
}

static void storm_of_all(struct caller *const *members)
{
    double began = now_seconds();

    for (unsigned line = 0; line < SAID; line++) {
        unsigned who = SPEAKERS_FROM + line % (MEMBERS - SPEAKERS_FROM);

        say_line(members[who], who, line);
        for (unsigned i = line % TURNS; i < SPEAKERS_FROM; i += TURNS)
            type(members[i], i, line / TURNS);
        read_all(members, began + (double)(line + 1) / PER_SECOND);
    }
}

/* --- what they saw --- */

/* "<m150> s150-50 xxx." */
static bool is_said(const char *row)
{
    const char *at = strstr(row, "> s");

    if (strncmp(row, "<m", 2) != 0 || !at)
        return false;
    at += 3 + strspn(at + 3, "0123456789-");
    return *at == ' ' && strcmp(at + 1 + strspn(at + 1, "x"), ".") == 0;
}

/* Who has come is gathered in one line, which may take more than a row. */
static bool is_whole(const char *row)
{
    return is_said(row) || strstr(row, "come") || strstr(row, "more");
}

static void make_draft(char *to, unsigned n, unsigned pairs)
{
    for (unsigned i = 0; i < pairs; i++) {
        *to++ = (char)('a' + i % 26);
        *to++ = (char)('0' + n % 10);
    }
    *to = '\0';
}

/* What member `n` may have on its line at some time: so much of its draft, and perhaps the
 * mistake; or so much of what it is to say. */
static bool is_typed(const char *text, unsigned n)
{
    char draft[2 * SAID];
    size_t same = 0;

    if (n >= SPEAKERS_FROM)
        return *text == '\0' || (*text == 's' && (unsigned)atoi(text + 1) == n);
    make_draft(draft, n, SAID / TURNS);
    while (text[same] && text[same] == draft[same])
        same++;
    return strcmp(text + same, "") == 0 || strcmp(text + same, "q") == 0;
}

static void expect_whole_window(struct window *w, unsigned n)
{
    const char *row = window_row(w, 23);
    size_t len = strlen(PROMPT);

    if (strncmp(row, PROMPT, len - 1) != 0 || (row[len - 1] && !is_typed(row + len, n)))
        fail_msg("what member %u types is torn: %s", n, row);
    if (!strstr(window_row(w, 0), "Lobby"))
        fail_msg("the header of member %u is torn: %s", n, window_row(w, 0));
    for (unsigned i = HEADER; i < 23; i++) {
        row = window_row(w, i);
        if (!is_whole(row))
            fail_msg("row %u of member %u is torn: %s", i, n, row);
    }
}

/* Play what came a line at a time: its prompt is taken away with a CR, and there again behind
 * what was said. */
static void expect_whole_windows(const struct caller *c, unsigned n)
{
    struct window *w = window_begin(c);
    const char *first = strstr(c->shown, "ms100-0 "); /* behind a colour */
    size_t played = 0;
    unsigned lines = 0;

    assert_non_null(first);

    for (size_t i = 0; i + 1 < c->shown_len; i++) {
        if (c->shown[i] == '\n' && c->shown + i > first)
            lines++;
        if (c->shown[i] != '\r' || c->shown[i + 1] == '\n')
            continue;
        window_play(w, c, played, i);
        played = i;
        if (lines > c->rows)
            expect_whole_window(w, n);
    }
    window_play(w, c, played, c->shown_len);
    expect_whole_window(w, n);
    window_free(w);
}

static unsigned count_said(const struct caller *c)
{
    return count_text(c->seen, "> s");
}

/* Everybody has all lines, once, in the order in which the first has them. */
static void expect_one_order(struct caller *const *members)
{
    double until = caller_patience();
    const char *s;

    while (count_said(members[0]) < SAID)
        caller_wait(members[0], until, "all lines");
    s = members[0]->seen;
    while ((s = strstr(s, "> s"))) {
        char line[80];

        s += 2;
        snprintf(line, sizeof(line), "> %.*s", (int)strcspn(s, "\n"), s);
        for (unsigned i = 1; i < MEMBERS; i++)
            caller_expect(members[i], line);
    }
    for (unsigned i = 0; i < MEMBERS; i++)
        assert_int_equal(count_said(members[i]), SAID);
}

static void storms_tear_nobodys_line(void **state)
{
    static struct caller *members[MEMBERS];
    char text[2 * SAID] = PROMPT;

    (void)state;
    begin("return {}\n");
    for (unsigned i = 0; i < MEMBERS; i++) {
        snprintf(text, sizeof(text), "m%u", i);
        members[i] = go_in(newcomer(text));
    }
    storm_of_all(members);
    expect_one_order(members);
    for (unsigned i = 0; i < MEMBERS; i++) {
        snprintf(text, sizeof(text), "%s", PROMPT);
        if (i < SPEAKERS_FROM)
            make_draft(text + strlen(PROMPT), i, SAID / TURNS);
        window_expect_prompt(members[i], text);
        expect_whole_windows(members[i], i);
    }
}

/* --- a member who reads nothing --- */

enum { PIECES = 160, PIECE_LINES = 50, LINE_BYTES = 900 }; /* more than sockets take */

/* KiB that the server may take more at the storm's end than when it was warm: what waits for
 * the sleeper (limits.output_kb) and the room's last lines, and not all that was said, 7 MiB.
 */
enum { WARM = 10, GROWN_KIB = 2048 };

#ifdef __SANITIZE_ADDRESS__
enum { IS_MEASURED = 0 }; /* freed memory is kept to be watched */
#else
enum { IS_MEASURED = 1 };
#endif

/* While the sleeper reads nothing, luna gets all that sol says. */
static void storm(struct caller *luna, struct caller *sol)
{
    long kib = 0;

    for (unsigned i = 0; i < PIECES; i++) {
        if (i == WARM)
            kib = meter_anon_kib(board->pid);
        speak(sol, PIECE_LINES, LINE_BYTES, 0);
        expect_lines(luna, "sol", PIECE_LINES);
        caller_expect(sol, "which key?");
    }
    kib = meter_anon_kib(board->pid) - kib;
    if (IS_MEASURED && kib > GROWN_KIB)
        fail_msg("for who reads nothing the server has taken %ld KiB", kib);
}

static void who_sleeps_is_told_what_was_missed(void **state)
{
    static const char told[] = " more than your line takes: /history has them";
    struct caller *luna, *sleeper;
    unsigned said = PIECES * PIECE_LINES;
    unsigned missed;
    char text[80];

    (void)state;
    begin("return {}\n");
    luna = go_in(newcomer("luna"));
    sleeper = go_in(newcomer("sleeper"));
    storm(luna, newcomer("sol"));
    caller_expect(sleeper, told);
    missed = said - count_text(sleeper->seen, "<sol> line ");
    snprintf(text, sizeof(text), "-- %u lines%s", missed, told);
    assert_non_null(strstr(sleeper->seen, text));
    caller_send(luna, "/me wakes you\r");
    caller_expect(sleeper, "* luna wakes you");
    caller_expect(sleeper, PROMPT);
    hang_up(sleeper);
    board_expect_log(board, NULL, "user=\"sleeper\" seconds=");
    snprintf(text, sizeof(text), "missed=%u\n", missed);
    assert_true(board_log_has(board, text));
}

static void who_sleeps_for_long_is_ended(void **state)
{
    struct caller *luna;

    (void)state;
    begin("return { limits = { stalled_seconds = 1 } }\n");
    luna = go_in(newcomer("luna"));
    go_in(newcomer("sleeper"));
    storm(luna, newcomer("sol"));
    board_expect_log(board, NULL, "event=stalled");
    caller_send(luna, "/who\r");
    caller_expect(luna, "2 on line: luna, sol");
}

/* --- a server that is killed --- */

enum { SPEAKERS = 5, LINES = 1000, ENOUGH = 100, MARKS_MOST = 100000 };
static const double KEPT_AFTER = 0.5; /* seconds: what was shown so long before is kept */

/* How much somebody had been shown at the time `until`. */
struct mark {
    double at;
    size_t len;
};

static size_t shown_at(const struct mark *marks, unsigned count, double until)
{
    size_t len = 0;

    for (unsigned i = 0; i < count && marks[i].at <= until; i++)
        len = marks[i].len;
    return len;
}

/* Each "<who> line N;" of the text is in the history. */
static unsigned expect_kept(const char *text, const char *history)
{
    unsigned count = 0;
    char line[60];

    for (const char *s = text; (s = strstr(s, "> line ")); s++) {
        const char *end = strchr(s, ';');
        const char *begin = s;

        while (begin > text && *begin != '<')
            begin--;
        if (!end || end - begin >= (ptrdiff_t)sizeof(line))
            continue;
        snprintf(line, sizeof(line), "%.*s", (int)(end + 1 - begin), begin);
        if (!strstr(history, line))
            fail_msg("%s was shown, and is lost", line);
        count++;
    }
    return count;
}

/* What is lost is the end: behind the first line of those shown that is lost none is kept. */
static void expect_no_gap(const char *shown, const char *history)
{
    bool has_ended = false;
    char line[60];

    for (const char *s = shown; (s = strstr(s, "<bot")); s++) {
        const char *end = strchr(s, ';');
        bool is_kept;

        if (!end || end - s >= (ptrdiff_t)sizeof(line) || !strstr(s, "> line "))
            continue;
        snprintf(line, sizeof(line), "%.*s;", (int)(end - s), s);
        is_kept = strstr(history, line) != NULL;
        if (is_kept && has_ended)
            fail_msg("%s is kept, and one that was said before it is lost", line);
        has_ended = !is_kept;
    }
}

static void what_was_shown_is_kept_when_the_server_is_killed(void **state)
{
    struct mark *marks = calloc(MARKS_MOST, sizeof(*marks));
    double patience, killed, kill_at = 0;
    struct caller *bots[SPEAKERS];
    struct caller *luna, *sol;
    unsigned count = 0;
    char handle[20];
    char *shown;

    (void)state;
    begin("return { rooms = { history = 5000 } }\n");
    luna = go_in(newcomer("luna"));
    for (int i = 0; i < SPEAKERS; i++) {
        snprintf(handle, sizeof(handle), "bot%d", i);
        bots[i] = newcomer(handle);
    }
    for (int i = 0; i < SPEAKERS; i++)
        speak(bots[i], LINES, 10, 1);
    patience = caller_patience();
    while ((kill_at == 0 || now_seconds() < kill_at) && count < MARKS_MOST) {
        caller_wait(luna, patience, "a storm");
        marks[count++] = (struct mark){now_seconds(), luna->len};
        if (kill_at == 0 && count_text(luna->seen, "> line ") > ENOUGH)
            kill_at = now_seconds() + KEPT_AFTER;
    }
    killed = now_seconds();
    board_kill(board, SIGKILL);
    assert_null(strstr(luna->seen, "line 1000;")); /* it was in the middle of the storm */
    shown = strndup(luna->seen, shown_at(marks, count, killed - KEPT_AFTER));
    board_start(board, NULL);
    sol = dial();
    caller_sign_up(sol, "sol", "sunshine7");
    caller_send(sol, "d");
    caller_expect(sol, "That is all.");
    assert_true(expect_kept(shown, sol->seen) > ENOUGH);
    expect_no_gap(luna->seen, sol->seen);
    free(shown);
    free(marks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(storms_tear_nobodys_line),
        TEST(who_sleeps_is_told_what_was_missed),
        TEST(who_sleeps_for_long_is_ended),
        TEST(what_was_shown_is_kept_when_the_server_is_killed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
