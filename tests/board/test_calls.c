/* Whole calls on the starter board: an account is made, used, paged, locked out; what the
 * callers and the sysop see of it. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/board/board.h"
#include "tests/board/window.h"

static const char moon[] = "moonlight9";

enum { CROWD = 200, TWINS = 8, HANDLE_SIZE = 24 };

/* --- around each test --- */

static int begin(void **state)
{
    const char *const more[] = {"--log-level", "debug", NULL};
    struct board *b = board_new(true);

    board_start(b, more);
    *state = b;
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

/* --- what callers do --- */

static struct caller *dial(struct board *b)
{
    return caller_dial(b, CALLER_XTERM);
}

static struct caller *newcomer(struct board *b, const char *handle)
{
    struct caller *c = dial(b);

    caller_sign_up(c, handle, moon);
    return c;
}

/* `question` appears, `text` and Enter are typed. */
static void fill(struct caller *c, const char *question, const char *text)
{
    if (c->kind == CALLER_XTERM || c->kind == CALLER_SYNCTERM)
        window_expect_prompt(c, question);
    else
        caller_expect(c, question);
    caller_send(c, text);
    caller_send(c, c->kind == CALLER_RAW ? "\n" : "\r");
}

/* One key; who types without telnet has to press Enter to send it. */
static void press(struct caller *c, const char *key)
{
    caller_send(c, key);
    if (c->kind == CALLER_RAW)
        caller_send(c, "\n");
}

static void hang_up(struct caller *c)
{
    press(c, "g");
    caller_expect(c, "back to the menu");
    press(c, "g");
    caller_expect_end(c);
    caller_free(c);
}

static void make_account(struct board *b, const char *handle)
{
    hang_up(newcomer(b, handle));
}

static bool holds(const char *bytes, size_t len, const char *text)
{
    return memmem(bytes, len, text, strlen(text)) != NULL;
}

/* `perigee user ...` on the board's store; what it says is freed by the caller. */
static int run_user(struct board *b, const char *what, const char *handle, const char *value,
                    const char *input, char **out)
{
    const char *args[8] = {"user", what, "--board", b->folder, handle, value};

    return board_run(args, input, out);
}

static void change_user(struct board *b, const char *what, const char *handle,
                        const char *value)
{
    char *out;

    if (run_user(b, what, handle, value, NULL, &out) != 0)
        fail_msg("user %s %s: %s", what, handle, out);
    free(out);
}

static void expect_account(struct board *b, const char *handle, const char *text)
{
    char *out;
    int status = run_user(b, "show", handle, NULL, NULL, &out);

    if (status != 0 || !strstr(out, text))
        fail_msg("user show %s: no \"%s\" in: %s", handle, text, out);
    free(out);
}

static unsigned count_accounts(struct board *b, const char *part)
{
    unsigned n = 0;
    char *out;

    run_user(b, "list", part, NULL, NULL, &out);
    for (const char *p = strchr(out, '\n'); p; p = strchr(p + 1, '\n'))
        n += strncmp(p + 1, part, strlen(part)) == 0;
    free(out);
    return n;
}

/* --- a call, and another --- */

static void sign_up_log_off_and_log_in_again(void **state)
{
    struct board *b = *state;
    struct caller *c = newcomer(b, "luna");

    assert_true(caller_has(c, "Good to see you, luna. You are on node 1, the only caller"));
    hang_up(c);
    c = dial(b);
    caller_log_in(c, "LUNA", moon);
    press(c, "w");
    caller_expect(c, "Who is on line");
    caller_expect(c, "   1  luna              Who is on line");
    press(c, "q");
    caller_expect(c, "which key?");
    press(c, "y");
    caller_expect(c, "Calls         2");
    press(c, "q");
    caller_expect(c, "which key?");
    hang_up(c);
    expect_account(b, "luna", "calls                 2");
}

static void who_shows_the_others_and_is_kept_up_to_date(void **state)
{
    struct caller *luna = newcomer(*state, "luna");
    struct caller *sol;

    press(luna, "w");
    caller_expect(luna, "Who is on line");
    sol = newcomer(*state, "sol");
    caller_expect(luna, "   2  sol               The main menu");
    hang_up(sol);
    window_expect_gone(luna, "2  sol");
    assert_true(window_has(luna, "Who is on line"));
    press(luna, "q");
    caller_expect(luna, "which key?");
    hang_up(luna);
}

/* --- every screen, on every terminal --- */

static void walk_lists(struct caller *c)
{
    press(c, "w");
    caller_expect(c, "Who is on line");
    caller_expect(c, "walker");
    press(c, "q");
    caller_expect(c, "which key?");
    press(c, "l");
    caller_expect(c, "Last callers");
    caller_expect(c, "walker");
    press(c, "c");
    caller_expect(c, "The callers of this board");
    caller_expect(c, "page 1 of 1");
    press(c, "s");
    fill(c, "Search for: ", "zzz");
    caller_expect(c, "those with \"zzz\"");
    press(c, "q");
    caller_expect(c, "which key?");
}

static void walk_texts(struct caller *c)
{
    press(c, "o");
    fill(c, "> ", "the moon is out");
    caller_expect(c, "The one-line wall");
    caller_expect(c, "walker  the moon is out");
    fill(c, "> ", "");
    caller_expect(c, "which key?");
    press(c, "p");
    caller_expect(c, "Page a caller");
    fill(c, "Whom? ", "");
    caller_expect(c, "which key?");
    press(c, "h");
    caller_expect(c, "FROM EVERY PROMPT");
    caller_expect(c, "Press any key");
    press(c, "x");
    caller_expect(c, "which key?");
}

static void walk_profile(struct caller *c)
{
    press(c, "y");
    caller_expect(c, "Level         10");
    press(c, "n");
    fill(c, "New nick name: ", "sys0p");
    caller_expect(c, "The nick name sys0p looks like one that is taken");
    fill(c, "New nick name: ", "WaIker"); /* only the caller's own is like it */
    caller_expect(c, "From now on you are WaIker.");
    press(c, "n");
    fill(c, "New nick name: ", "Walking Wanda");
    caller_expect(c, "From now on you are Walking Wanda.");
    press(c, "p");
    fill(c, "Password now: ", moon);
    fill(c, "New password: ", "sunlight10");
    fill(c, "same again: ", "sunlight10");
    caller_expect(c, "Your password is changed.");
    press(c, "q");
    caller_expect(c, "Good to see you, Walking Wanda.");
    caller_expect(c, "which key?");
}

static bool is_plain(const char *text)
{
    while (*text && (unsigned char)*text < 0x80)
        text++;
    return *text == '\0';
}

/* The full block of the welcome, in the terminal's own character set. */
static void check_character_set(const struct caller *c)
{
    if (c->kind == CALLER_XTERM)
        assert_non_null(strstr(c->seen, "\xE2\x96\x88"));
    else if (c->kind == CALLER_SYNCTERM)
        assert_true(strstr(c->seen, "\xDB\xDB") && !strstr(c->seen, "\xE2\x96"));
    else
        assert_true(is_plain(c->seen));
    if (c->kind == CALLER_DUMB)
        assert_null(memchr(c->wire, 27, c->wire_len));
}

static void walk(struct board *b, enum caller_kind kind)
{
    struct caller *c = caller_dial(b, kind);

    fill(c, "Handle: ", "new");
    fill(c, "Handle: ", "walker");
    fill(c, "Nick name: ", "");
    fill(c, "Password: ", moon);
    fill(c, "same again: ", moon);
    caller_expect(c, "which key?");
    walk_lists(c);
    walk_texts(c);
    walk_profile(c);
    press(c, "g");
    caller_expect(c, "back to the menu");
    press(c, "b");
    caller_expect(c, "which key?");
    check_character_set(c);
    hang_up(c);
    assert_false(board_log_has(b, "error"));
    assert_false(board_log_has(b, "incident"));
}

static void an_xterm_walks_the_board(void **state)
{
    walk(*state, CALLER_XTERM);
}

static void a_syncterm_walks_the_board(void **state)
{
    walk(*state, CALLER_SYNCTERM);
}

static void a_dumb_terminal_walks_the_board(void **state)
{
    walk(*state, CALLER_DUMB);
}

static void a_netcat_walks_the_board(void **state)
{
    walk(*state, CALLER_RAW);
}

/* --- names --- */

static void a_mistyped_name_leads_back(void **state)
{
    struct caller *c;

    make_account(*state, "luna");
    make_account(*state, "lena");
    c = dial(*state);
    fill(c, "Handle: ", "lnua");
    caller_expect(c, "Nobody here has that handle.");
    fill(c, "Handle: ", "lena");
    fill(c, "Password: ", "");
    fill(c, "Handle: ", "lena");
    window_expect_prompt(c, "Password: ");
    caller_send(c, "half\033");
    fill(c, "Handle: ", "luna");
    fill(c, "Password: ", moon);
    caller_expect(c, "Good to see you, luna.");
    caller_expect(c, "which key?");
    hang_up(c);
}

static void a_sign_up_can_be_left(void **state)
{
    struct board *b = *state;
    struct caller *c = dial(b);

    fill(c, "Handle: ", "new");
    fill(c, "Handle: ", "");
    caller_expect(c, "NEW to join");
    fill(c, "Handle: ", "NEW");
    fill(c, "Handle: ", "luna");
    window_expect_prompt(c, "Nick name: ");
    caller_send(c, "moo\033");
    caller_expect(c, "NEW to join");
    fill(c, "Handle: ", "new");
    fill(c, "Handle: ", "luna");
    fill(c, "Nick name: ", "");
    fill(c, "Password: ", moon);
    window_expect_prompt(c, "same again: ");
    caller_free(c);
    c = dial(b);
    fill(c, "Handle: ", "luna");
    caller_expect(c, "Nobody here has that handle.");
    caller_free(c);
}

static void add_account(struct board *b, const char *handle)
{
    const char *args[] = {"user",    "add",     handle, "--password-stdin",
                          "--board", b->folder, NULL};
    char *out;

    if (board_run(args, moon, &out) != 0)
        fail_msg("user add %s: %s", handle, out);
    free(out);
}

static void handles_follow_rules(void **state)
{
    static const char *const cases[][2] = {
        {"x", "A handle has 2 to 20 characters"},
        {"9lives", "A handle begins with a letter"},
        {" luna", "A handle begins with a letter"},
        {"luna ", "does not end with a space"},
        {"lu  na", "one space at a time"},
        {"lu/na", "letters from a to z, digits, spaces and . _ - only"},
        {"l\xC3\xBCna", "letters from a to z, digits, spaces and . _ - only"},
        {"a%s%n", "letters from a to z, digits, spaces and . _ - only"},
        {"a' OR 1=1", "letters from a to z, digits, spaces and . _ - only"},
        {"GUEST", "This handle is reserved"},
        {"New", "This handle is reserved"},
        {"SOL", "The handle SOL is taken"},
        {"s0I", "The handle s0I looks like one that is taken"},
    };
    struct caller *c;

    add_account(*state, "sol");
    c = dial(*state);
    fill(c, "Handle: ", "new");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fill(c, "Handle: ", cases[i][0]);
        caller_expect(c, cases[i][1]);
    }
    fill(c, "Handle: ", "Lu.na_9 - X");
    window_expect_prompt(c, "Nick name: ");
    caller_free(c);
}

static void nick_names_follow_rules(void **state)
{
    static const char *const cases[][2] = {
        {"x", "A nick name has 2 to 20 characters"},
        {" moon", "does not begin or end with a space"},
        {"moon ", "does not begin or end with a space"},
        {"mo  on", "A nick name has one space at a time"},
        {"mo\xC2\xADon", "A nick name has characters that can be seen"},
        {"System", "This nick name is reserved"},
        {"sol", "The nick name sol is taken"},
        {"SYSOP", "The nick name SYSOP is taken"},
        {"so1", "The nick name so1 looks like one that is taken"},
    };
    struct caller *c;

    add_account(*state, "sol");
    c = dial(*state);
    fill(c, "Handle: ", "new");
    fill(c, "Handle: ", "luna");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fill(c, "Nick name: ", cases[i][0]);
        caller_expect(c, cases[i][1]);
    }
    fill(c, "Nick name: ", "%s |12 M\xC3\xB6\xC3\xB6n");
    fill(c, "Password: ", moon);
    fill(c, "same again: ", moon);
    caller_expect(c, "Good to see you, %s |12 M\xC3\xB6\xC3\xB6n.");
    caller_expect(c, "which key?");
    hang_up(c);
}

/* --- passwords --- */

/* Whole files: what a new board's store has is small. */
static bool file_holds(struct board *b, const char *name, const char *text)
{
    static char bytes[1 << 22];
    char path[512];
    FILE *f;
    size_t n;

    snprintf(path, sizeof(path), "%s/%s", b->folder, name);
    f = fopen(path, "rb");
    if (!f)
        return false;
    n = fread(bytes, 1, sizeof(bytes), f);
    fclose(f);
    assert_true(n < sizeof(bytes));
    return holds(bytes, n, text);
}

static void expect_nowhere(struct board *b, const char *secret)
{
    assert_false(board_log_has(b, secret));
    assert_true(file_holds(b, "data/perigee.db", "SQLite format 3"));
    assert_false(file_holds(b, "data/perigee.db", secret));
    assert_false(file_holds(b, "data/perigee.db-wal", secret));
}

static void expect_masked(struct caller *c, const char *secret, const char *stars)
{
    assert_true(caller_has(c, stars));
    assert_false(holds(c->wire, c->wire_len, secret));
}

/* Signed up, in and out with mistakes, on each terminal that does not echo by itself. */
static void use_passwords(struct board *b, enum caller_kind kind, const char *handle)
{
    struct caller *c = caller_dial(b, kind);

    caller_sign_up(c, handle, "cheese-and-moon");
    expect_masked(c, "cheese", "***************");
    hang_up(c);
    c = caller_dial(b, kind);
    fill(c, "Handle: ", handle);
    fill(c, "Password: ", "crackers-in-it");
    caller_expect(c, "That is not the password");
    fill(c, "Password: ", "/msg luna crackers-in-it");
    caller_expect(c, "That is not the password");
    caller_send(c, "cheese-and-moon");
    caller_expect(c, "***************");
    caller_send(c, "\b\b\b\b\r");
    caller_expect(c, "next try is in 2 seconds");
    expect_masked(c, "cheese", "**************");
    assert_false(holds(c->wire, c->wire_len, "crackers"));
    caller_free(c);
}

static void a_password_is_never_shown(void **state)
{
    struct board *b = *state;

    use_passwords(b, CALLER_XTERM, "xenia");
    use_passwords(b, CALLER_SYNCTERM, "sylvia");
    use_passwords(b, CALLER_DUMB, "dora");
    expect_nowhere(b, "cheese");
    expect_nowhere(b, "crackers");
}

static void passwords_follow_rules(void **state)
{
    struct caller *c = dial(*state);

    fill(c, "Handle: ", "new");
    fill(c, "Handle: ", "lunaluna");
    fill(c, "Nick name: ", "");
    fill(c, "Password: ", "short77");
    caller_expect(c, "A password has at least 8 characters");
    fill(c, "Password: ", "LunaLuna");
    caller_expect(c, "The password is the same as the handle");
    fill(c, "Password: ", moon);
    fill(c, "same again: ", "moonlight8");
    caller_expect(c, "The two are not the same");
    fill(c, "same again: ", moon);
    caller_expect(c, "which key?");
    hang_up(c);
}

/* Try until the engine takes the try; what it says to it is waited for. */
static void try_until(struct caller *c, const char *password, const char *text)
{
    const struct timespec pause = {.tv_nsec = 100000000};
    double until = now_seconds() + 20;

    for (;;) {
        fill(c, "Password: ", password);
        caller_expect(c, ")");
        if (caller_has(c, text))
            return;
        if (now_seconds() > until)
            fail_msg("no \"%s\" in: %s", text, c->seen);
        nanosleep(&pause, NULL);
    }
}

static void wrong_passwords_are_delayed_more_and_more(void **state)
{
    struct caller *c;

    add_account(*state, "luna");
    c = dial(*state);
    fill(c, "Handle: ", "luna");
    fill(c, "Password: ", "one");
    caller_expect(c, "That is not the password (Enter alone: another handle)");
    fill(c, "Password: ", "two");
    caller_expect(c, "That is not the password (Enter alone: another handle)");
    fill(c, "Password: ", "three");
    caller_expect(c, "The next try is in 2 seconds");
    fill(c, "Password: ", moon);
    caller_expect(c, "Too many wrong passwords. Try again in ");
    try_until(c, "four", "The next try is in 4 seconds");
    fill(c, "Password: ", moon);
    caller_expect(c, "Too many wrong passwords. Try again in ");
    caller_free(c);
    expect_account(*state, "luna", "failed logins         4");
    change_user(*state, "unlock", "luna", NULL);
}

/* --- the sysop --- */

static void the_sysop_must_change_the_first_password(void **state)
{
    struct board *b = *state;
    char *first = board_sysop_password(b);
    struct caller *c = dial(b);

    fill(c, "Handle: ", "sysop");
    fill(c, "Password: ", first);
    caller_expect(c, "Choose your own before you go on.");
    caller_expect(c, "Enter alone leads back to the front door.");
    fill(c, "Password now: ", "");
    fill(c, "Handle: ", "sysop");
    fill(c, "Password: ", first);
    fill(c, "Password now: ", first);
    window_expect_prompt(c, "New password: ");
    caller_send(c, "\033");
    window_expect_prompt(c, "Password now: ");
    caller_send(c, "\033"); /* there is no way round it */
    caller_send(c, first);
    caller_send(c, "\r");
    fill(c, "New password: ", moon);
    fill(c, "same again: ", moon);
    caller_expect(c, "Your password is changed. Welcome!");
    caller_expect(c, "which key?");
    hang_up(c);
    c = dial(b);
    caller_log_in(c, "sysop", moon);
    hang_up(c);
    free(first);
}

static void the_engines_own_login_leads_in(void **state)
{
    char *first = board_sysop_password(*state);
    struct caller *c = dial(*state);

    window_expect_prompt(c, "Handle: ");
    caller_send(c, "\017");
    caller_expect(c, "Perigee's own login, for sysops.");
    fill(c, "Handle: ", "sysop");
    fill(c, "Password: ", first);
    fill(c, "The password that was given to you: ", first);
    fill(c, "New password: ", moon);
    fill(c, "Once more: ", moon);
    caller_expect(c, "Changed.");
    fill(c, "> ", "board");
    caller_expect(c, "Good to see you, Sysop.");
    caller_expect(c, "which key?");
    assert_false(holds(c->wire, c->wire_len, first));
    assert_false(holds(c->wire, c->wire_len, moon));
    hang_up(c);
    free(first);
}

static void an_error_is_told_to_the_caller_the_log_and_the_sysop(void **state)
{
    struct board *b = *state;
    char *first = board_sysop_password(b);
    struct caller *sysop = dial(b);
    struct caller *luna = newcomer(b, "luna");

    fill(sysop, "Handle: ", "sysop");
    fill(sysop, "Password: ", first);
    caller_expect(sysop, "Password now: ");
    press(luna, "o");
    fill(luna, "> ", "/boom");
    caller_expect(luna, "incident");
    caller_expect(luna, "> ");
    caller_expect(sysop, "Incident");
    board_expect_log(b, NULL, "slash.lua");
    board_expect_log(b, NULL, "moonquake");
    assert_false(caller_has(luna, "moonquake"));
    caller_free(sysop);
    caller_free(luna);
    free(first);
}

static int begin_with_error(void **state)
{
    struct board *b = board_new(true);
    char *slash = board_read(b, "lua/handlers/slash.lua");
    char *end_of_it = slash ? strstr(slash, "\nreturn slash\n") : NULL;
    char text[16384];

    assert_non_null(end_of_it);
    snprintf(text, sizeof(text), "%.*s\nfunction slash.boom() error('moonquake') end\n%s",
             (int)(end_of_it - slash), slash, end_of_it);
    board_write(b, "lua/handlers/slash.lua", text);
    free(slash);
    board_start(b, NULL);
    *state = b;
    return 0;
}

static void what_the_sysop_changes_is_true_at_once(void **state)
{
    struct board *b = *state;
    struct caller *c = newcomer(b, "luna");

    press(c, "y");
    caller_expect(c, "Level         10");
    press(c, "q");
    caller_expect(c, "which key?");
    change_user(b, "level", "luna", "50");
    press(c, "y");
    caller_expect(c, "Level         50");
    press(c, "q");
    caller_expect(c, "which key?");
    hang_up(c);
    expect_account(b, "luna", "level                 50");
}

static void who_is_locked_leaves_and_stays_out(void **state)
{
    struct board *b = *state;
    struct caller *c = newcomer(b, "luna");

    change_user(b, "lock", "luna", NULL);
    caller_expect(c, "Your account has been locked. Ask the sysop.");
    caller_expect_end(c);
    caller_free(c);
    expect_account(b, "luna", "locked                yes");
    c = dial(b);
    fill(c, "Handle: ", "luna");
    fill(c, "Password: ", moon);
    caller_expect(c, "This account is locked.");
    change_user(b, "unlock", "luna", NULL);
    fill(c, "Password: ", moon);
    caller_expect(c, "which key?");
    hang_up(c);
}

static void who_is_deleted_leaves_and_is_gone(void **state)
{
    struct board *b = *state;
    struct caller *c = newcomer(b, "luna");

    change_user(b, "delete", "luna", "--yes");
    caller_expect(c, "Your account has been removed.");
    caller_expect_end(c);
    caller_free(c);
    c = dial(b);
    fill(c, "Handle: ", "luna");
    caller_expect(c, "Nobody here has that handle.");
    caller_free(c);
    make_account(b, "luna");
}

static void a_password_from_the_shell_counts_at_once(void **state)
{
    struct board *b = *state;
    const char *args[] = {"user",    "passwd",  "luna", "--password-stdin",
                          "--board", b->folder, NULL};
    struct caller *c;

    add_account(b, "luna");
    assert_int_equal(board_run(args, "sunlight10\n", NULL), 0);
    c = dial(b);
    fill(c, "Handle: ", "luna");
    fill(c, "Password: ", moon);
    caller_expect(c, "That is not the password");
    fill(c, "Password: ", "sunlight10");
    caller_expect(c, "which key?");
    hang_up(c);
}

/* --- the same account twice --- */

static void a_ghost_is_ended(void **state)
{
    struct caller *first = newcomer(*state, "luna");
    struct caller *second = dial(*state);

    fill(second, "Handle: ", "luna");
    fill(second, "Password: ", moon);
    caller_expect(second, "Another call is on line under your name");
    caller_expect(second, "node 1, since");
    press(second, "e");
    caller_expect(first, "You have called again, on node 2.");
    caller_expect_end(first);
    caller_expect(second, "the only caller on line");
    caller_expect(second, "which key?");
    caller_free(first);
    hang_up(second);
}

static void the_second_call_goes_back_instead(void **state)
{
    struct caller *first = newcomer(*state, "luna");
    struct caller *second = dial(*state);

    fill(second, "Handle: ", "luna");
    fill(second, "Password: ", moon);
    caller_expect(second, "Another call is on line under your name");
    press(second, "b");
    caller_expect(second, "NEW to join");
    caller_expect(second, "Handle: ");
    press(first, "/who\r");
    caller_expect(first, "1 on line: luna");
    hang_up(first);
    caller_free(second);
}

/* --- messages --- */

static void a_message_harms_nothing_that_is_typed(void **state)
{
    struct caller *anna = newcomer(*state, "anna");
    struct caller *bob = newcomer(*state, "bob");

    press(bob, "o");
    caller_expect(bob, "> ");
    caller_send(bob, "half a li");
    caller_expect(bob, "half a li");
    caller_send(anna, "/msg bob\r");
    caller_expect(anna, "Type /msg HANDLE text");
    caller_send(anna, "/msg nobody hello\r");
    caller_expect(anna, "There is nobody called nobody.");
    assert_false(board_log_has(*state, "incident"));
    caller_send(anna, "/msg bob hello there\r");
    caller_expect(anna, "Sent to bob.");
    window_expect_prompt(anna, "which key?");
    caller_expect(bob, "<anna> hello there");
    caller_expect(bob, "half a li");
    caller_send(bob, "ne\r");
    caller_expect(bob, "bob  half a line");
    fill(bob, "> ", "/MSG ANNA back at you");
    caller_expect(bob, "Sent to anna.");
    caller_expect(bob, "> ");
    caller_expect(anna, "<bob> back at you");
    window_expect_prompt(anna, "which key?");
    hang_up(anna);
    caller_free(bob);
}

static void the_page_screen_sends_a_message(void **state)
{
    struct caller *anna = newcomer(*state, "anna");
    struct caller *bob = newcomer(*state, "bob");

    press(anna, "p");
    caller_expect(anna, "On line now");
    caller_expect(anna, "bob");
    fill(anna, "Whom? ", "nobody");
    caller_expect(anna, "There is nobody called nobody.");
    fill(anna, "Whom? ", "anna");
    caller_expect(anna, "That is you.");
    fill(anna, "Whom? ", "/msg bob from the field");
    caller_expect(bob, "<anna> from the field");
    fill(anna, "Whom? ", "bob");
    fill(anna, "Text: ", "from the screen");
    caller_expect(bob, "<anna> from the screen");
    window_expect_prompt(bob, "which key?");
    caller_expect(anna, "Sent to bob.");
    caller_expect(anna, "which key?");
    hang_up(anna);
    hang_up(bob);
}

static void a_message_reaches_every_terminal(void **state)
{
    struct caller *anna = newcomer(*state, "anna");

    for (int kind = CALLER_XTERM; kind <= CALLER_RAW; kind++) {
        struct caller *bob = caller_dial(*state, (enum caller_kind)kind);

        if (kind == CALLER_XTERM)
            caller_sign_up(bob, "bob smith", moon);
        else
            caller_log_in(bob, "bob smith", moon);
        caller_send(anna, "/msg bob smith are you there?\r");
        caller_expect(bob, "<anna> are you there?");
        window_expect_prompt(bob, "which key?");
        caller_send(bob, "/msg anna I am\r");
        caller_expect(anna, "<bob smith> I am");
        hang_up(bob);
    }
    hang_up(anna);
}

static void what_is_typed_is_only_text(void **state)
{
    struct caller *anna = newcomer(*state, "anna");
    struct caller *bob = newcomer(*state, "bob");

    caller_send(anna, "/msg bob %s%n %1 |04 <% get:menu.node %> '\r");
    caller_expect(bob, "<anna> %s%n %1 |04 <% get:menu.node %> '");
    press(bob, "o");
    fill(bob, "> ", "'; DROP TABLE users; -- %s |04 <% x %>");
    caller_expect(bob, "bob  '; DROP TABLE users; -- %s |04 <% x %>");
    fill(bob, "> ", "//twice");
    caller_expect(bob, "bob  /twice");
    press(anna, "c");
    press(anna, "s");
    fill(anna, "Search for: ", "%");
    caller_expect(anna, "Last call\n  Nobody has that in a handle or a nick name.\n\n"
                        "  page 1 of 1, those with \"%\"");
    press(anna, "s");
    fill(anna, "Search for: ", "nn");
    caller_expect(anna, "anna");
    caller_expect(anna, "page 1 of 1, those with \"nn\"");
    assert_false(board_log_has(*state, "incident"));
    caller_free(anna);
    caller_free(bob);
}

static void a_guest_may_not_send_messages(void **state)
{
    struct caller *anna = newcomer(*state, "anna");
    struct caller *guest = dial(*state);

    fill(guest, "Handle: ", "/msg anna hello");
    caller_expect(guest, "Log in first.");
    fill(guest, "Handle: ", "/who");
    caller_expect(guest, "Log in first.");
    window_expect_prompt(guest, "Handle: ");
    assert_false(caller_has(anna, "hello"));
    caller_free(guest);
    hang_up(anna);
}

/* --- the server dies --- */

static void an_account_that_was_made_survives(void **state)
{
    struct board *b = *state;
    struct caller *c = dial(b);

    fill(c, "Handle: ", "new");
    fill(c, "Handle: ", "luna");
    fill(c, "Nick name: ", "");
    fill(c, "Password: ", moon);
    fill(c, "same again: ", moon);
    caller_expect(c, "Your account is made.");
    board_kill(b, SIGKILL);
    caller_free(c);
    board_start(b, NULL);
    expect_account(b, "luna", "handle                luna");
    c = dial(b);
    caller_log_in(c, "luna", moon);
    hang_up(c);
}

/* --- a crowd: each caller is a script that goes on whenever its question has come --- */

struct step {
    const char *question;
    const char *text; /* NULL: the handle */
};

static const struct step sign_up_steps[] = {
    {"Handle: ", "new"},  {"Handle: ", NULL},     {"Nick name: ", ""},
    {"Password: ", moon}, {"same again: ", moon},
};

enum { STEPS = sizeof(sign_up_steps) / sizeof(sign_up_steps[0]) };

struct actor {
    struct caller *caller;
    char handle[HANDLE_SIZE];
    unsigned step;
    bool is_in;
};

static bool has_come(struct caller *c, const char *text)
{
    const char *at = strstr(c->seen + c->from, text);

    if (at)
        c->from = (size_t)(at - c->seen) + strlen(text);
    return at != NULL;
}

static bool is_over(const struct actor *a)
{
    return a->is_in || a->caller->closed || strstr(a->caller->seen, " is taken") != NULL;
}

static void act(struct actor *a)
{
    const struct step *s = &sign_up_steps[a->step];

    caller_read_for_now(a->caller);
    if (a->step == STEPS) {
        a->is_in = has_come(a->caller, "Your account is made.");
    } else if (has_come(a->caller, s->question)) {
        caller_send(a->caller, s->text ? s->text : a->handle);
        caller_send(a->caller, "\r");
        a->step++;
    }
}

static unsigned count_over(const struct actor *actors, unsigned count)
{
    unsigned n = 0;

    for (unsigned i = 0; i < count; i++)
        n += is_over(&actors[i]);
    return n;
}

static void act_all(struct actor *actors, unsigned count, double seconds)
{
    const struct timespec pause = {.tv_nsec = 2000000};
    double until = now_seconds() + seconds;

    while (count_over(actors, count) < count) {
        if (now_seconds() > until)
            fail_msg("%u of %u are still signing up", count - count_over(actors, count), count);
        for (unsigned i = 0; i < count; i++) {
            if (!is_over(&actors[i]))
                act(&actors[i]);
        }
        nanosleep(&pause, NULL);
    }
}

static void free_actors(struct actor *actors, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        caller_free(actors[i].caller);
}

static void two_hundred_sign_up_at_once(void **state)
{
    struct actor actors[CROWD] = {0};
    struct board *b = *state;
    unsigned in = 0;

    for (unsigned i = 0; i < CROWD; i++) {
        actors[i].caller = caller_dial(b, i % 3 ? CALLER_XTERM : CALLER_SYNCTERM);
        snprintf(actors[i].handle, HANDLE_SIZE, "crowd%u", i);
    }
    act_all(actors, CROWD, 150);
    for (unsigned i = 0; i < CROWD; i++) {
        in += actors[i].is_in;
        assert_true(actors[i].is_in || strlen(actors[i].caller->seen) > 10);
    }
    assert_int_equal(count_accounts(b, "crowd"), in);
    assert_int_equal(in, CROWD);
    free_actors(actors, CROWD);
}

static void one_handle_is_given_once(void **state)
{
    struct actor actors[TWINS] = {0};
    struct board *b = *state;
    unsigned in = 0;

    for (unsigned i = 0; i < TWINS; i++) {
        actors[i].caller = dial(b);
        snprintf(actors[i].handle, HANDLE_SIZE, "luna");
    }
    act_all(actors, TWINS, 60);
    for (unsigned i = 0; i < TWINS; i++)
        in += actors[i].is_in;
    assert_int_equal(in, 1);
    assert_int_equal(count_accounts(b, "luna"), 1);
    free_actors(actors, TWINS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sign_up_log_off_and_log_in_again),
        TEST(who_shows_the_others_and_is_kept_up_to_date),
        TEST(an_xterm_walks_the_board),
        TEST(a_syncterm_walks_the_board),
        TEST(a_dumb_terminal_walks_the_board),
        TEST(a_netcat_walks_the_board),
        TEST(a_mistyped_name_leads_back),
        TEST(a_sign_up_can_be_left),
        TEST(handles_follow_rules),
        TEST(nick_names_follow_rules),
        TEST(a_password_is_never_shown),
        TEST(passwords_follow_rules),
        TEST(wrong_passwords_are_delayed_more_and_more),
        TEST(the_sysop_must_change_the_first_password),
        TEST(the_engines_own_login_leads_in),
        cmocka_unit_test_setup_teardown(an_error_is_told_to_the_caller_the_log_and_the_sysop,
                                        begin_with_error, end),
        TEST(what_the_sysop_changes_is_true_at_once),
        TEST(who_is_locked_leaves_and_stays_out),
        TEST(who_is_deleted_leaves_and_is_gone),
        TEST(a_password_from_the_shell_counts_at_once),
        TEST(a_ghost_is_ended),
        TEST(the_second_call_goes_back_instead),
        TEST(a_message_harms_nothing_that_is_typed),
        TEST(the_page_screen_sends_a_message),
        TEST(a_message_reaches_every_terminal),
        TEST(what_is_typed_is_only_text),
        TEST(a_guest_may_not_send_messages),
        TEST(an_account_that_was_made_survives),
        TEST(two_hundred_sign_up_at_once),
        TEST(one_handle_is_given_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
