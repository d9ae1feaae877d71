/* The sysop's user editor: finding accounts, editing their fields, locking, deleting, merging.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/board/cast.h"
#include "tests/board/window.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up_starter, stage_tear_down)

static void user_add(const char *handle, const char *level)
{
    char folder[400];
    const char *const args[] = {
        "user",   "add",  handle,    "--level",     level, "--password-stdin",
        "--data", folder, "--board", board->folder, NULL};

    snprintf(folder, sizeof(folder), "%s/data", board->folder);
    assert_int_equal(board_run(args, "sunshine7\n", NULL), 0);
}

/* `perigee user WHAT ...` with a server or without: its exit status, and what it says. */
static void user_run(int status, const char *expected, const char *what, const char *one,
                     const char *two, const char *three)
{
    char folder[400];
    const char *const args[] = {"user", what, "--board", board->folder, "--data",
                                folder, one,  two,       three,         NULL};
    char *out = NULL;

    snprintf(folder, sizeof(folder), "%s/data", board->folder);
    assert_int_equal(board_run(args, NULL, &out), status);
    if (!strstr(out, expected))
        fail_msg("no '%s' in: %s", expected, out);
    free(out);
}

/* From the menu to the list of accounts. */
static struct caller *go_to_list(struct caller *c)
{
    caller_send(c, "x");
    caller_expect(c, "The sysop's desk");
    caller_send(c, "u");
    caller_expect(c, "by handle, page 1");
    return c;
}

static struct caller *begin(void)
{
    make_sysop();
    user_add("luna", "10");
    user_add("sol", "10");
    board_start(board, NULL);
    return go_to_list(sysop());
}

/* From the list to one of them. */
static void open_user(struct caller *c, const char *name)
{
    say(c, "");
    caller_expect(c, "Number or handle");
    say(c, name);
    caller_expect(c, "merge into another");
    caller_expect(c, "Which key?");
}

static void back_to_list(struct caller *c)
{
    caller_send(c, "q");
    caller_expect(c, "page 1");
}

/* In place of what stands in the field. */
static void change(struct caller *c, const char *key, const char *prompt, const char *value,
                   const char *answer)
{
    caller_send(c, key);
    caller_expect(c, prompt);
    caller_send(c, "\025"); /* Ctrl-U */
    say(c, value);
    caller_expect(c, answer);
}

static void press(struct caller *c, const char *key, const char *answer)
{
    caller_send(c, key);
    caller_expect(c, answer);
}

/* On the sysop's screen of an account, there is this now. */
static void expect_record(struct caller *c, const char *text)
{
    window_expect_prompt(c, "Which key?");
    if (!window_has(c, text)) {
        struct window *w = window_of(c);

        for (unsigned i = 0; i < c->rows; i++)
            fprintf(stderr, "%s\n", window_row(w, i));
        window_free(w);
        fail_msg("the record has no '%s'", text);
    }
}

/* The audit table in full, at the desk; back at the list. */
static void expect_audit(struct caller *c, const char *line)
{
    press(c, "q", "page 1");
    press(c, "q", "The sysop's desk");
    press(c, "a", "What sysops did");
    caller_send(c, "v");
    caller_expect(c, line);
    press(c, "q", "What sysops did");
    press(c, "q", "The sysop's desk");
    press(c, "u", "page 1");
}

static void at_wall(struct caller *c)
{
    press(c, "o", "press Enter alone");
    caller_expect(c, "> ");
}

/* --- editing --- */

static void each_field_is_edited(void **state)
{
    struct caller *moon = begin();

    (void)state;
    open_user(moon, "luna");
    change(moon, "n", "Nick name: ", "Luna \xe6\x9c\x88", "It is changed.");
    change(moon, "v", "Level, up to 100: ", "50", "It is changed.");
    change(moon, "f", "From", "Mare Imbrium |12 on the far s", "It is changed.");
    change(moon, "b", "Bits a second", "2400", "It is changed.");
    change(moon, "t", "Calls: ", "77", "It is changed.");
    change(moon, "m", "Minutes: ", "88", "It is changed.");
    press(moon, "i", "It is changed.");
    press(moon, "c", "UTF-8");
    press(moon, "c", "CP437");
    press(moon, "a", "It is changed.");
    press(moon, "r", "It is changed.");
    change(moon, "h", "Handle: ", "Selene", "It is changed.");
    expect_record(moon, "H  Handle      Selene                     C  Characters  CP437");
    expect_record(moon,
                  "N  Nick name   Luna \xe6\x9c\x88                    A  Colours     yes");
    expect_record(moon, "V  Level       50                         R  Read aloud  yes");
    expect_record(moon, "I  Hidden      yes                        B  Pace        2400 baud");
    expect_record(moon, "L  Locked      no                         T  Calls       77");
    expect_record(moon, "F  Calls from  Mare Imbrium |12 on the far s");
    expect_record(moon, "M  Minutes     88");
    change(moon, "f", "From", "-", "nobody is told");
    change(moon, "b", "Bits a second", "auto", "the board's");
    user_run(1, "nobody has the handle luna", "show", "luna", NULL, NULL);
}

static void what_was_edited_is_in_the_audit(void **state)
{
    struct caller *moon = begin();

    (void)state;
    open_user(moon, "luna");
    change(moon, "v", "Level, up to 100: ", "50", "It is changed.");
    expect_audit(moon, "edit account luna level: 10 -> 50");
    open_user(moon, "luna");
    change(moon, "h", "Handle: ", "selene", "It is changed.");
    expect_audit(moon, "edit account luna handle: luna -> selene");
    user_run(0, "50", "show", "selene", NULL, NULL);
}

/* What a caller writes while on line, and what the sysop writes meanwhile, are both there. */
static void who_is_on_line_goes_on_with_the_new_record(void **state)
{
    struct caller *moon = begin();
    struct caller *luna = come_back("luna");
    size_t from = 0;

    (void)state;
    press(luna, "y", "nobody is told");
    open_user(moon, "luna");
    expect_record(moon, "On line     node 2");
    change(moon, "v", "Level, up to 100: ", "50", "It is changed.");
    change(moon, "n", "Nick name: ", "Prima Luna", "It is changed.");
    change(moon, "h", "Handle: ", "selene", "It is changed.");
    change(moon, "b", "Bits a second", "115200", "It is changed.");
    press(luna, "f", "From:");
    say(luna, "Mare Crisium");
    caller_expect(luna, "You call from Mare Crisium.");
    assert_true(window_has(luna, "Handle        selene"));
    assert_true(window_has(luna, "Nick name     Prima Luna"));
    press(luna, "t", "115200 baud, as you have chosen");
    press(luna, "c", "UTF-8, as you have chosen"); /* writes what is chosen of the terminal */
    hang_up(luna);
    board_expect_log(board, &from, "call event=end");
    back_to_list(moon);
    open_user(moon, "selene");
    expect_record(moon, "N  Nick name   Prima Luna");
    expect_record(moon, "V  Level       50");
    expect_record(moon, "F  Calls from  Mare Crisium");
    expect_record(moon, "B  Pace        115200 baud");
    expect_record(moon, "C  Characters  UTF-8");
    expect_record(moon, "On line     no");
}

static void what_may_not_be_is_refused(void **state)
{
    struct caller *moon = begin();

    (void)state;
    open_user(moon, "luna");
    change(moon, "h", "Handle: ", "sol", "The handle sol is taken.");
    change(moon, "h", "Handle: ", "s0l", "looks like one that is taken");
    change(moon, "h", "Handle: ", "7luna", "begins with a letter");
    change(moon, "n", "Nick name: ", "moon", "The nick name moon is taken.");
    change(moon, "n", "Nick name: ", "m00n", "looks like one that is taken");
    change(moon, "n", "Nick name: ", "s\xd0\xbel", "letters of one script");
    change(moon, "v", "Level, up to 100: ", "101", "above the own one");
    change(moon, "v", "Level, up to 100: ", "0", "a number from 1 to 255");
    change(moon, "v", "Level, up to 100: ", "1.5", "1.5 is no whole number");
    change(moon, "b", "Bits a second", "fast", "fast is no number of bits");
    change(moon, "b", "Bits a second", "9999999", "from 0 to 1000000");
    change(moon, "t", "Calls: ", "-1", "from 0 to");
    change(moon, "n", "Nick name: ", "", "Which key?"); /* as it is */
    press(moon, "n", "Nick name: ");
    press(moon, "zz\033", "Which key?");
    expect_record(moon, "N  Nick name   luna  ");
    expect_record(moon, "V  Level       10");
    user_run(0, "luna", "show", "luna", NULL, NULL);
}

/* Not by mistake, and not while nobody else could help. */
static void the_own_account_stays(void **state)
{
    struct caller *moon = begin();

    (void)state;
    open_user(moon, "moon");
    press(moon, "l", "That is your own account.");
    press(moon, "d", "That is your own account.");
    press(moon, "g", "That is your own account.");
    press(moon, "p", "your profile has a key for it");
    change(moon, "v", "Level, up to 100: ", "10", "another sysop has to change it");
    change(moon, "h", "Handle: ", "Moonlight", "It is changed."); /* and is still the own one */
    press(moon, "d", "That is your own account.");
    change(moon, "v", "Level, up to 100: ", "10", "another sysop has to change it");
}

static void who_is_above_stays(void **state)
{
    struct caller *moon;

    (void)state;
    user_add("mars", "200");
    moon = begin();
    open_user(moon, "mars");
    press(moon, "n", "mars has a level above yours.");
    press(moon, "l", "mars has a level above yours.");
    press(moon, "d", "mars has a level above yours.");
    back_to_list(moon);
    open_user(moon, "luna");
    caller_send(moon, "g");
    caller_expect(moon, "Whose is all of luna's to be");
    say(moon, "mars");
    caller_expect(moon, "mars has a level above yours.");
}

/* --- the account as a whole --- */

static void an_account_is_locked(void **state)
{
    struct caller *moon = begin();
    struct caller *luna = come_back("luna");

    (void)state;
    open_user(moon, "luna");
    press(moon, "l", "Lock luna, and end a call under way?");
    press(moon, "n", "Which key?");
    press(moon, "l", "Lock luna");
    press(moon, "y", "luna is locked.");
    caller_expect(luna, "Your account has been locked. Ask the sysop.");
    caller_expect_end(luna);
    expect_audit(moon, "lock account luna");
    press(moon, "l", "the locked ones");
    assert_true(window_has(moon, "  luna "));
    assert_false(window_has(moon, "  sol "));
    open_user(moon, "1");
    press(moon, "l", "luna may log in again.");
    come_back("luna");
}

static void a_new_password_is_shown_once(void **state)
{
    struct caller *moon = begin();
    struct caller *luna = dial();
    char password[32];
    const char *at;

    (void)state;
    open_user(moon, "luna");
    press(moon, "p", "Give luna a new password?");
    caller_send(moon, "y");
    caller_expect(moon, "The password of luna is ");
    at = moon->seen + moon->from;
    caller_expect(moon, "Press a key.");
    snprintf(password, sizeof(password), "%.19s", at);
    caller_send(moon, " ");
    caller_expect(moon, "Which key?");
    assert_false(window_has(moon, password));
    caller_expect(luna, "Handle:");
    say(luna, "luna");
    caller_expect(luna, "Password:");
    say(luna, "sunshine7");
    caller_expect(luna, "That is not the password");
    say(luna, password);
    caller_expect(luna, "This password was given to you.");
    expect_audit(moon, "new password luna");
    assert_false(board_log_has(board, password));
}

/* Luna has said something wherever one can. */
static struct caller *luna_says(void)
{
    struct caller *luna = come_back("luna");

    at_wall(luna);
    say(luna, "luna's on the wall");
    caller_expect(luna, "luna's on the wall");
    say(luna, "");
    caller_expect(luna, "which key?");
    command(luna, "/msg sol luna's page", "sol is not on line");
    go_in(luna);
    command(luna, "luna's in the room", "luna's in the room");
    return luna;
}

/* On the wall, in the room, and among the pages. */
static struct caller *sol_comes(void)
{
    struct caller *sol = dial();

    caller_log_in(sol, "sol", "sunshine7");
    at_wall(sol);
    say(sol, "");
    caller_expect(sol, "which key?");
    return go_in(sol);
}

static void delete_luna(struct caller *moon, const char *how)
{
    open_user(moon, "luna");
    press(moon, "d", "with all that was said");
    caller_send(moon, how);
    caller_expect(moon, "Type the handle to delete it");
    say(moon, "lunatic");
    caller_expect(moon, "luna is not deleted.");
    press(moon, "d", "with all that was said");
    caller_send(moon, how);
    caller_expect(moon, "Type the handle to delete it");
    say(moon, "LUNA");
    caller_expect(moon, "page 1");
    caller_expect(moon, "luna is deleted.");
}

static void an_account_goes_with_all_traces(void **state)
{
    struct caller *moon = begin();
    struct caller *luna = luna_says();
    struct caller *sol;

    (void)state;
    delete_luna(moon, "\r");
    caller_expect(luna, "Your account has been removed.");
    caller_expect_end(luna);
    sol = sol_comes();
    assert_false(caller_has(sol, "luna"));
    open_user(moon, "sol");
    expect_audit(moon, "delete account luna with all traces");
}

static void an_account_is_anonymised(void **state)
{
    struct caller *moon = begin();
    struct caller *luna = luna_says();
    struct caller *sol;

    (void)state;
    delete_luna(moon, "\033[B\r");
    caller_expect_end(luna);
    sol = sol_comes();
    assert_true(caller_has(sol, "somebody, "));
    assert_true(caller_has(sol, "luna's page"));
    assert_true(caller_has(sol, "somebody  luna's on the wall"));
    assert_true(caller_has(sol, "<somebody> luna's in the room"));
    assert_false(caller_has(sol, "<luna>"));
    assert_false(caller_has(sol, "luna has"));
    open_user(moon, "sol");
    expect_audit(moon, "delete account luna anonymised");
}

/* Also in the memory of the server that runs. */
static void an_account_is_merged(void **state)
{
    struct caller *moon = begin();
    struct caller *luna = luna_says();
    struct caller *rio, *sol;

    (void)state;
    command(luna, "/join Den", "[Den] ");
    command(luna, "/topic Hers", "The topic is now: Hers");
    rio = newcomer("rio");
    command(rio, "/ignore luna", "luna");
    sol = come_back("sol");
    command(sol, "/join Den", "[Den] ");
    command(sol, "/topic Mine", "Only an operator of Den");
    command(rio, "/join Lobby", PROMPT);
    open_user(moon, "luna");
    press(moon, "g", "Whose is all of luna's to be");
    say(moon, "luna");
    caller_expect(moon, "That is the same account.");
    press(moon, "g", "Whose is all of luna's to be");
    say(moon, "sol");
    caller_expect(moon, "delete luna for good?");
    press(moon, "y", "luna is sol now.");
    caller_expect_end(luna);
    expect_record(moon, "H  Handle      sol");
    expect_record(moon, "T  Calls       2");
    command(sol, "/topic Mine", "The topic is now: Mine");
    command(sol, "/join Lobby", PROMPT);
    command(sol, "psst", "<sol> psst");
    command(moon, "/msg rio still there?", "Sent to rio.");
    caller_expect(rio, "still there?");
    assert_false(caller_has(rio, "psst")); /* who ignores luna ignores who luna is now */
    command(sol, "/join Den", "[Den] ");
    rio = newcomer("mare");
    at_wall(rio);
    assert_true(caller_has(rio, "sol  luna's on the wall"));
    say(rio, "");
    caller_expect(rio, "which key?");
    command(rio, "/join Lobby", PROMPT);
    assert_true(caller_has(rio, "<sol> luna's in the room"));
    expect_audit(moon, "merge account luna into sol");
    user_run(1, "nobody has the handle luna", "show", "luna", NULL, NULL);
}

static void a_draft_is_kept_under_a_new_handle(void **state)
{
    struct caller *moon, *luna;
    size_t from = 0;

    (void)state;
    board_write(board, "lua/handlers/letter.lua",
                "local letter = {}\n"
                "function letter.write(client)\n"
                "  client:edit('', { title = 'A letter', draft = 'letter' })\n"
                "  return 'menu'\n"
                "end\n"
                "return letter\n");
    board_write(board, "screens/wall.txt", "LETTER <% key:letter.write %>");
    moon = begin();
    luna = come_back("luna");
    press(luna, "o", "LETTER");
    press(luna, "x", "A letter");
    caller_send(luna, "half a letter");
    caller_expect(luna, "letter");
    open_user(moon, "luna");
    change(moon, "h", "Handle: ", "selene", "It is changed.");
    hang_up(luna);
    board_expect_log(board, &from, "call event=end");
    luna = come_back("selene");
    press(luna, "o", "LETTER");
    press(luna, "x", "You were writing this");
}

/* --- the list --- */

static void a_long_list_is_searched_and_turned(void **state)
{
    struct caller *moon;

    (void)state;
    for (const char *c = "ABCDEFGHJKMNPRT"; *c; c++) { /* no two of them are alike */
        char handle[16];

        snprintf(handle, sizeof(handle), "Moss %c", *c);
        user_add(handle, *c == 'H' ? "90" : "10");
    }
    moon = begin();
    assert_true(window_has(moon, "18 by handle, page 1 of 2"));
    press(moon, "n", "page 2 of 2");
    open_user(moon, "6");
    expect_record(moon, "H  Handle      sol");
    press(moon, "q", "page 2 of 2"); /* where it was left */
    press(moon, "s", "Search for");
    say(moon, "moss");
    caller_expect(moon, "15 by handle, page 1 of 2, those with \"moss\"");
    for (const char *order = "last call\0calls\0level\0"; *order; order += strlen(order) + 1)
        press(moon, "o", order);
    assert_true(window_has(moon, "  1  Moss H"));
    press(moon, "s", "Search for");
    say(moon, "100%");
    caller_expect(moon, "Nobody is like that.");
    press(moon, "s", "Search for");
    say(moon, "");
    caller_expect(moon, "18 by level");
    say(moon, "");
    caller_expect(moon, "Number or handle");
    say(moon, "99");
    caller_expect(moon, "There is nobody called 99.");
    press(moon, "1", "Number or handle: 1");
    say(moon, "");
    caller_expect(moon, "Which key?");
    expect_record(moon, "H  Handle      moon");
}

static void it_is_all_there_in_40_columns(void **state)
{
    struct caller *moon;

    (void)state;
    make_sysop();
    user_add("luna", "10");
    board_start(board, NULL);
    moon = dial();
    caller_resize(moon, 40, 24);
    caller_log_in(moon, "moon", "moonmoon9");
    go_to_list(moon);
    assert_true(window_has(moon, "  1 luna                    10"));
    say(moon, "");
    caller_expect(moon, "Number or handle");
    say(moon, "1");
    window_expect_prompt(moon, "Which key?");
    change(moon, "n", "Nick name: ",
           "\xe6\x9c\x88\xe6\x9c\x88\xe6\x9c\x88\xe6\x9c\x88\xe6\x9c\x88"
           "\xe6\x9c\x88\xe6\x9c\x88\xe6\x9c\x88\xe6\x9c\x88\xe6\x9c\x88",
           "It is changed.");
    window_expect_prompt(moon, "Which key?");
    assert_true(window_has(moon, "N Nick     \xe6\x9c\x88"));
    assert_true(window_has(moon, "H Handle   luna"));
    assert_true(window_has(moon, "  On line  no"));
    press(moon, "d", "with all that was said");
    caller_send(moon, "\033");
    window_expect_prompt(moon, "Which key?");
}

static void it_is_read_without_ansi(void **state)
{
    struct caller *moon;

    (void)state;
    make_sysop();
    user_add("luna", "10");
    board_start(board, NULL);
    moon = dial_as(CALLER_DUMB);
    caller_log_in(moon, "moon", "moonmoon9");
    go_to_list(moon);
    open_user(moon, "1");
    change(moon, "v", "Level, up to 100: ", "20", "Level       20");
    caller_expect(moon, "Which key?");
    press(moon, "d", "1");
    caller_expect(moon, "nobody knows who it was");
    say(moon, "2");
    caller_expect(moon, "Type the handle");
    say(moon, "luna");
    caller_expect(moon, "luna is deleted.");
}

static void it_is_read_aloud(void **state)
{
    struct caller *moon;

    (void)state;
    make_sysop();
    user_add("luna", "10");
    board_start(board, NULL);
    moon = dial_as(CALLER_READER);
    caller_log_in(moon, "moon", "moonmoon9");
    caller_send(moon, "x");
    caller_expect(moon, "The sysop's desk");
    caller_send(moon, "u");
    caller_expect(moon,
                  "No 1, Handle luna, Nick name luna, Level 10, Calls 0, Last call never.");
    open_user(moon, "1");
    change(moon, "f", "From", "Rome", "Calls from Rome");
}

static void an_account_that_is_gone_leads_back(void **state)
{
    struct caller *moon = begin();

    (void)state;
    open_user(moon, "luna");
    user_run(0, "luna was deleted", "delete", "luna", "--yes", NULL);
    press(moon, "n", "page 1");
    caller_expect(moon, "That account is gone.");
}

/* --- at the command line --- */

static void accounts_end_at_the_command_line(void **state)
{
    struct caller *moon = begin();
    struct caller *luna = luna_says();
    struct caller *rio;

    (void)state;
    user_run(1, "moon is the only sysop", "merge", "moon", "sol", "--yes");
    user_run(2, "are the same account", "merge", "luna", "LUNA", "--yes");
    user_run(1, "nobody has the handle nobody", "merge", "luna", "nobody", "--yes");
    user_run(2, "unknown option --anonymise", "merge", "luna", "sol", "--anonymise");
    user_run(2, "use --yes", "merge", "luna", "sol", NULL);
    user_run(0, "luna was merged into sol", "merge", "luna", "sol", "--yes");
    caller_expect_end(luna);
    rio = newcomer("rio");
    at_wall(rio);
    assert_true(caller_has(rio, "sol  luna's on the wall"));
    say(rio, "");
    caller_expect(rio, "which key?");
    go_in(rio); /* what the server has in memory */
    assert_true(caller_has(rio, "<sol> luna's in the room"));
    say(rio, "/leave");
    caller_expect(rio, "page 1 of 1");
    press(rio, "q", "which key?");
    user_run(0, "sol was deleted", "delete", "sol", "--anonymise", "--yes");
    at_wall(rio);
    assert_true(window_has(rio, "somebody  luna's on the wall"));
    say(rio, "");
    caller_expect(rio, "which key?");
    go_in(rio);
    assert_true(caller_has(rio, "<somebody> luna's in the room"));
    user_run(0, "", "level", "rio", "50", NULL);
    open_user(moon, "rio");
    expect_audit(moon, "edit account rio level: 10 -> 50");
    assert_true(caller_has(moon, "delete account sol anonymised"));
    assert_true(caller_has(moon, "merge account luna into sol"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_field_is_edited),
        TEST(what_was_edited_is_in_the_audit),
        TEST(who_is_on_line_goes_on_with_the_new_record),
        TEST(what_may_not_be_is_refused),
        TEST(the_own_account_stays),
        TEST(who_is_above_stays),
        TEST(an_account_is_locked),
        TEST(a_new_password_is_shown_once),
        TEST(an_account_goes_with_all_traces),
        TEST(an_account_is_anonymised),
        TEST(an_account_is_merged),
        TEST(a_draft_is_kept_under_a_new_handle),
        TEST(a_long_list_is_searched_and_turned),
        TEST(it_is_all_there_in_40_columns),
        TEST(it_is_read_without_ansi),
        TEST(it_is_read_aloud),
        TEST(an_account_that_is_gone_leads_back),
        TEST(accounts_end_at_the_command_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
