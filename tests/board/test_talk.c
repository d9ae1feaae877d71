/* Talks between two callers of the starter board in a split screen; the sysop breaks in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/board/cast.h"
#include "tests/board/window.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up_starter, stage_tear_down)

enum { THEIRS = 1, MIDDLE = 11, OWN = 12, REMARK = 23 }; /* rows of a window of 24 */

static struct caller *newcomer_as(const char *handle, enum caller_kind kind)
{
    struct caller *c = dial_as(kind);

    caller_sign_up(c, handle, "sunshine7");
    return c;
}

static bool row_is(struct caller *c, unsigned row, const char *text)
{
    struct window *w = window_of(c);
    bool is = strcmp(window_row(w, row), text) == 0;

    window_free(w);
    return is;
}

static void expect_row(struct caller *c, unsigned row, const char *text)
{
    double until = caller_patience();

    caller_read_for_now(c);
    while (!row_is(c, row, text))
        caller_wait(c, until, text);
}

static void expect_cursor(struct caller *c, unsigned row, unsigned column)
{
    struct window *w = window_of(c);
    unsigned at_row, at_column;

    window_cursor(w, &at_row, &at_column);
    window_free(w);
    assert_int_equal(at_row, row);
    assert_int_equal(at_column, column);
}

static void expect_menu(struct caller *c)
{
    window_expect_prompt(c, "which key?");
}

/* --- */

static void both_see_each_other_type(void **state)
{
    struct caller *luna, *sol;

    (void)state;
    board_start(board, NULL);
    luna = newcomer("luna");
    sol = newcomer("sol");
    say(luna, "/talk sol");
    caller_expect(sol, "luna asks you for a talk: /talk luna");
    expect_row(luna, REMARK, "Waiting for sol.");
    say(sol, "/talk luna");
    expect_row(luna, REMARK, "");
    caller_send(luna, "hello, so");
    expect_row(sol, THEIRS, "hello, so"); /* before any Enter */
    caller_send(luna, "\b\bSol\r\xc3\xa9t\xc3\xa9 |04 | and");
    expect_row(sol, THEIRS, "hello, Sol");
    expect_row(sol, THEIRS + 1, "\xc3\xa9t\xc3\xa9 |04 | and");
    expect_row(luna, OWN + 1, "\xc3\xa9t\xc3\xa9 |04 | and");
    expect_cursor(luna, OWN + 1, 13);
    caller_send(sol, "a line that is so long that it can not stand in one row of a window of "
                     "eighty columns");
    expect_row(luna, THEIRS,
               "a line that is so long that it can not stand in one row of a "
               "window of eighty");
    expect_row(luna, THEIRS + 1, "columns");
    expect_row(luna, 0, " sol");
    for (int i = 0; i < 12; i++)
        caller_send(sol, "\r");
    caller_send(sol, "the last");
    expect_row(luna, MIDDLE - 1, "the last");
    expect_row(luna, MIDDLE,
               " luna (you)"
               "                                                 "
               " Esc ends the talk");
    caller_send(luna, "\033");
    expect_menu(luna);
    caller_expect(sol, "luna has ended the talk.");
    expect_menu(sol);
}

static void talks_are_refused_with_a_reason(void **state)
{
    struct caller *luna, *sol, *rio;

    (void)state;
    board_start(board, NULL);
    luna = newcomer("luna");
    sol = newcomer("sol");
    rio = newcomer("rio");
    say(luna, "/talk");
    caller_expect(luna, "Type /talk HANDLE");
    say(luna, "/talk nobody");
    caller_expect(luna, "nobody is not on line");
    say(luna, "/talk luna");
    caller_expect(luna, "That is you");
    say(luna, "/break sol");
    caller_expect(luna, "Only a sysop can");
    say(sol, "/dnd");
    caller_expect(sol, "Pages wait");
    say(luna, "/talk sol");
    caller_expect(luna, "sol is not to be disturbed");
    say(sol, "/dnd");
    caller_expect(sol, "Pages reach you again");
    say(luna, "/talk sol");
    caller_expect(sol, "luna asks you for a talk");
    say(rio, "/talk luna");
    caller_expect(rio, "luna is in a talk already");
    hang_up(luna);
    say(sol, "/who");
    caller_expect(sol, "sol, rio");
    say(sol, "/talk luna");
    caller_expect(sol, "luna is not on line");
}

static bool has_asked(struct caller *sol)
{
    double until = caller_patience();

    say(sol, "/talk luna");
    caller_read_for_now(sol);
    while (!row_is(sol, REMARK, "Waiting for luna.")) {
        if (caller_has(sol, "Not so fast: it was not sent"))
            return false;
        caller_wait(sol, until, "Waiting, or not so fast");
    }
    return true;
}

/* Who asks again and again, and takes it back, is not let through each time. */
static void who_asks_without_end_is_held_back(void **state)
{
    struct caller *luna, *sol;
    unsigned n = 0;

    (void)state;
    board_start(board, NULL);
    luna = newcomer("luna");
    sol = newcomer("sol");
    while (has_asked(sol)) {
        assert_true(n++ < 100);
        caller_send(sol, "\033");
        expect_menu(sol);
    }
    assert_in_range(n, 1, 99);
    say(sol, "/who");
    caller_expect(sol, "luna");
    caller_expect(luna, "sol asks you for a talk");
}

static void the_other_is_told_when_one_hangs_up(void **state)
{
    struct caller *luna, *sol;

    (void)state;
    board_start(board, NULL);
    luna = newcomer("luna");
    sol = newcomer("sol");
    say(luna, "/talk sol");
    caller_expect(sol, "luna asks you for a talk");
    say(sol, "/talk luna");
    caller_send(luna, "bye");
    expect_row(sol, THEIRS, "bye");
    hang_up(luna);
    caller_expect(sol, "luna has ended the talk.");
    expect_menu(sol);
}

static void who_has_no_cursor_talks_in_lines(void **state)
{
    static const enum caller_kind kinds[] = {CALLER_READER, CALLER_DUMB};

    (void)state;
    board_start(board, NULL);
    for (int i = 0; i < 2; i++) {
        struct caller *luna = newcomer(i ? "luna" : "lena");
        struct caller *sol = newcomer_as(i ? "sol" : "sun", kinds[i]);

        say(luna, i ? "/talk sol" : "/talk sun");
        caller_expect(sol, "asks you for a talk");
        say(sol, i ? "/talk luna" : "/talk lena");
        caller_expect(sol, "A line with a point alone ends it.");
        say(luna, "hello there");
        caller_expect(sol, i ? "<luna> hello there" : "<lena> hello there");
        say(sol, "good evening");
        expect_row(luna, THEIRS, "good evening");
        if (i) {
            caller_send(luna, "\033");
            caller_expect(sol, "luna has ended the talk: press Enter.");
            say(sol, "");
        } else {
            say(sol, ".");
            caller_expect(luna, "sun has ended the talk.");
        }
        expect_menu(luna);
        caller_expect(sol, "which key?");
    }
}

/* --- the sysop breaks in --- */

/* Wherever somebody is, what was being typed is there afterwards. */
static void a_sysop_breaks_in_anywhere(void **state)
{
    struct caller *luna, *moon;

    (void)state;
    make_sysop();
    board_start(board, NULL);
    moon = sysop();
    luna = newcomer("luna");
    caller_send(luna, "y"); /* a form */
    caller_expect(luna, "Calls from");
    caller_send(luna, "f");
    window_expect_prompt(luna, "From:");
    caller_send(luna, "Mare Imb");
    caller_expect(luna, "Mare Imb");
    say(moon, "/break luna");
    expect_row(luna, 0, " moon");
    caller_send(moon, "one moment");
    expect_row(luna, THEIRS, "one moment");
    caller_send(luna, "yes");
    expect_row(moon, THEIRS, "yes");
    caller_send(moon, "\033");
    caller_expect(luna, "moon has ended the talk.");
    window_expect_prompt(luna, "From:  Mare Imb");
    say(luna, "rium");
    caller_expect(luna, "You call from Mare Imbrium.");
    expect_menu(moon);

    caller_send(luna, "q"); /* a line of a room */
    expect_menu(luna);
    caller_send(luna, "r");
    caller_expect(luna, "Which room?");
    caller_send(luna, "m"); /* which its handler asks */
    window_expect_prompt(luna, "The new room is called:");
    caller_send(luna, "Craters of");
    caller_expect(luna, "Craters of");
    say(moon, "/break luna");
    expect_row(luna, 0, " moon");
    expect_row(moon, 0, " luna");
    expect_row(moon, REMARK, "");
    caller_send(luna, "\033");
    caller_expect(luna, "The new room is called: Craters of");
    say(luna, " Note");
    caller_expect(luna, "[Craters of Note] ");
    expect_menu(moon);
}

static void a_handlers_window_is_there_again(void **state)
{
    struct caller *luna, *moon;

    (void)state;
    make_sysop();
    board_write(board, "lua/handlers/note.lua",
                "local note = {}\n"
                "function note.write(client)\n"
                "  local text = client:edit('first line', { title = 'A note' })\n"
                "  return 'menu', { notice = 'You wrote: ' .. tostring(text) }\n"
                "end\n"
                "return note\n");
    board_write(board, "screens/note.txt", "<% key:note.write %>");
    board_write(board, "screens/menu.txt",
                "<% go:note(\"N\") %><% leave:menu.leave %><% get:menu.notice %> which key?");
    board_start(board, NULL);
    moon = sysop();
    luna = newcomer("luna");
    caller_send(luna, "n");
    caller_send(luna, "x");
    caller_expect(luna, "first line");
    caller_send(luna, "And the ");
    expect_row(luna, 1, "And the first line");
    say(moon, "/break luna");
    expect_row(luna, 0, " moon");
    caller_send(moon, "lines");
    expect_row(luna, THEIRS, "lines");
    caller_send(luna, "\033");
    expect_row(luna, 1, "And the first line");
    caller_send(luna, "very ");
    expect_row(luna, 1, "And the very first line");
    caller_send(luna, "\x1a"); /* Ctrl-Z saves */
    caller_expect(luna, "You wrote: And the very first line");
}

/* One who is hidden can; who is not to be disturbed, is. */
static void a_hidden_sysop_breaks_in(void **state)
{
    struct caller *luna, *moon;

    (void)state;
    make_sysop();
    board_start(board, NULL);
    moon = sysop();
    luna = newcomer("luna");
    say(moon, "/invisible");
    caller_expect(moon, "Only sysops see you now");
    say(luna, "/dnd");
    caller_expect(luna, "Pages wait");
    say(luna, "/talk moon");
    caller_expect(luna, "moon is not on line");
    say(moon, "/break luna");
    expect_row(luna, 0, " moon");
    caller_send(moon, "it is me");
    expect_row(luna, THEIRS, "it is me");
    caller_send(luna, "\033");
    expect_menu(luna);
    expect_menu(moon);
}

/* Somebody reads what a command shows: the talk begins when that is over; not if it has been
 * given up by then. */
static void a_sysop_waits_for_a_prompt(void **state)
{
    struct caller *luna, *moon;

    (void)state;
    make_sysop();
    board_start(board, NULL);
    moon = sysop();
    luna = newcomer("luna");
    for (int i = 0; i < 2; i++) {
        say(luna, "/help");
        caller_expect(luna, "Q leave");
        say(moon, "/break luna");
        expect_row(moon, REMARK, "Waiting for luna: until there is a prompt.");
        if (i == 0) {
            caller_send(moon, "\033");
            expect_menu(moon);
            caller_send(luna, "q");
            caller_expect(luna, "which key?");
            say(luna, "/who");
            caller_expect(luna, "2 on line: moon, luna");
            say(luna, "/who");
            caller_expect(luna, "2 on line: moon, luna");
        } else {
            caller_send(luna, "q");
            expect_row(luna, 0, " moon");
            expect_row(moon, REMARK, "");
        }
    }
    assert_false(caller_has(luna, "moon is not on line"));
    assert_false(caller_has(moon, "asks you for a talk"));
}

/* A command that is half typed stays so, and the screen is there again behind it. */
static void a_half_typed_command_stays(void **state)
{
    struct caller *luna, *moon;

    (void)state;
    make_sysop();
    board_start(board, NULL);
    moon = sysop();
    luna = newcomer("luna");
    caller_send(luna, "/wh");
    caller_expect(luna, "/wh");
    say(moon, "/break luna");
    expect_row(luna, 0, " moon");
    caller_send(moon, "\033");
    window_expect_prompt(luna, "/wh");
    say(luna, "o");
    caller_expect(luna, "on line");
    caller_expect(luna, "PEOPLE"); /* the menu */
    caller_expect(luna, "2 on line: moon, luna");
}

static void what_is_pasted_stays_whole(void **state)
{
    struct caller *luna, *sol;
    char paste[300];
    size_t n = 0;

    (void)state;
    board_start(board, NULL);
    luna = newcomer("luna");
    sol = newcomer("sol");
    say(luna, "/talk sol");
    caller_expect(sol, "luna asks you for a talk");
    say(sol, "/talk luna");
    expect_row(sol, 0, " luna");
    n = (size_t)snprintf(paste, sizeof(paste), "\033[200~");
    memset(paste + n, 'a', 199);
    snprintf(paste + n + 199, sizeof(paste) - n - 199,
             "\xc3\xa9"
             "bc\033[201~");
    caller_send(luna, paste);
    expect_row(sol, THEIRS + 2,
               "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\xa9"
               "bc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(both_see_each_other_type),          TEST(talks_are_refused_with_a_reason),
        TEST(who_asks_without_end_is_held_back), TEST(the_other_is_told_when_one_hangs_up),
        TEST(who_has_no_cursor_talks_in_lines),  TEST(a_sysop_breaks_in_anywhere),
        TEST(a_handlers_window_is_there_again),  TEST(a_hidden_sysop_breaks_in),
        TEST(a_sysop_waits_for_a_prompt),        TEST(a_half_typed_command_stays),
        TEST(what_is_pasted_stays_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
