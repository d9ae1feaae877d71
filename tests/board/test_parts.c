/* What handlers have ready-made: a choice, a pager, an editor; each with a cursor and without.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/board/stage.h"
#include "tests/board/window.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up, stage_tear_down)

enum { WHITE = 15, BLUE = 4 };

/* A key runs `body`, a function's; what it returns is shown between arrows. */
static void write_body(const char *body)
{
    char lua[6000];

    snprintf(lua, sizeof(lua),
             "local t, watched = {}, nil\n"
             "local function body(client)\n%s\nend\n"
             "function t.go(client) client.data.got = body(client) return 'refresh' end\n"
             "function t.got(client) local got = client.data.got\n"
             "  return got == nil and 'nothing' or tostring(got):gsub('\\n', '/') end\n"
             "return t\n",
             body);
    board_write(board, "screens/root.txt", "got >><% get:t.got:raw %><< A key: <% key:t.go %>");
    board_write(board, "lua/handlers/t.lua", lua);
}

static struct caller *run_as(enum caller_kind kind, const char *body)
{
    struct caller *c;

    write_body(body);
    board_start(board, NULL);
    c = dial_as(kind);
    caller_expect(c, "A key: ");
    caller_send(c, "x");
    return c;
}

static void expect_row(struct caller *c, unsigned row, const char *text)
{
    struct window *w = window_of(c);

    assert_string_equal(window_row(w, row), text);
    window_free(w);
}

/* --- a choice --- */

static const char three[] =
    "  local i, item = client:choose({ 'Apples', { text = 'Pears', disabled = true },\n"
    "    { text = 'Plums', key = 'u' }, { text = 'Secret', level = 9 }, 'Cherries' },\n"
    "    { title = 'Fruit' })\n"
    "  return i and i .. ' ' .. (type(item) == 'table' and item.text or item)";

static void a_bar_chooses(void **state)
{
    struct caller *c = run_as(CALLER_XTERM, three);

    (void)state;
    caller_expect(c, "1 of 4");
    window_expect_colors(c, " Apples", WHITE, BLUE);
    expect_row(c, 0, "  Fruit");
    caller_send(c, "\033[B"); /* over what is disabled */
    window_expect_colors(c, " U  Plums", WHITE, BLUE);
    caller_send(c, "\033[F\r");
    caller_expect(c, "got >>5 Cherries<<");
    caller_send(c, "x");
    caller_expect(c, "1 of 4");
    caller_send(c, "u");
    caller_expect(c, "got >>3 Plums<<");
    caller_send(c, "x");
    caller_expect(c, "1 of 4");
    caller_send(c, "p");
    caller_send(c, "c");
    window_expect_colors(c, " Cherries", WHITE, BLUE);
    caller_send(c, "\033");
    caller_expect(c, "got >>nothing<<");
}

static void a_long_list_scrolls(void **state)
{
    struct caller *c =
        run_as(CALLER_SYNCTERM, "  local items = {}\n"
                                "  for i = 1, 100 do items[i] = 'Thing ' .. i end\n"
                                "  return client:choose(items)");

    (void)state;
    caller_expect(c, "1 of 100");
    caller_send(c, "\033[U"); /* Page Down */
    caller_expect(c, "21 of 100");
    window_expect_colors(c, " Thing 21", WHITE, BLUE);
    caller_resize(c, 60, 12);
    window_expect_colors(c, " Thing 21", WHITE, BLUE);
    caller_send(c, "\033[K"); /* End */
    window_expect_colors(c, " Thing 100", WHITE, BLUE);
    caller_send(c, "\033[A\r");
    caller_expect(c, "got >>99<<");
}

static void without_a_cursor_a_choice_is_a_number(void **state)
{
    struct caller *c = run_as(CALLER_DUMB, three);

    (void)state;
    caller_expect(c, "Fruit\n  1. Apples\n  -  Pears\n  3. Plums\n  4. Cherries\n"
                     "Number (Q: leave): ");
    caller_send(c, "2\r");
    caller_expect(c, "There is no such number.");
    caller_send(c, "4\r");
    caller_expect(c, "got >>5 Cherries<<");
    caller_send(c, "x");
    caller_expect(c, "Number");
    caller_send(c, "q\r");
    caller_expect(c, "got >>nothing<<");
}

/* --- a pager --- */

static const char poem[] = "  local lines = {}\n"
                           "  for i = 1, 60 do lines[i] = '|14Line|07 ' .. i end\n"
                           "  lines[2] = 'Two is\\27[2J long: ' .. ('word '):rep(20) .. 'end'\n"
                           "  lines[50] = 'The needle |11shines| here || there'\n"
                           "  client:pager(table.concat(lines, '\\n'))\n"
                           "  return 'read'";

static void a_pager_turns_and_searches(void **state)
{
    struct caller *c = run_as(CALLER_XTERM, poem);

    (void)state;
    caller_expect(c, " 37%");
    expect_row(c, 0, "Line 1");
    window_expect_colors(c, "Line 1", 11, 0);
    expect_row(c, 1,
               "Two is long: word word word word word word word word word word word word word");
    expect_row(c, 2, "word word word word word word word end");
    caller_send(c, " ");
    caller_expect(c, " 75%");
    expect_row(c, 0, "Line 23");
    caller_send(c, "\033[A");
    caller_expect(c, " 73%");
    expect_row(c, 0, "Line 22");
    caller_send(c, "/NEEDLE\r");
    caller_expect(c, "100%");
    expect_row(c, 12, "The needle shines| here | there");
    caller_send(c, "/nowhere\r");
    caller_expect(c, "not found");
    caller_send(c, "\033[H");
    caller_expect(c, " 37%");
    caller_resize(c, 132, 40);
    caller_expect(c, " 65%");
    caller_send(c, "q");
    caller_expect(c, "got >>read<<");
}

static void without_a_cursor_a_pager_stops_at_each_screenful(void **state)
{
    struct caller *c = run_as(CALLER_DUMB, poem);

    (void)state;
    caller_expect(c, "Line 1\nTwo is long");
    caller_expect(c, "-- More: Enter, or Q to leave -- ");
    caller_send(c, " ");
    caller_expect(c, "Line 30");
    caller_expect(c, "-- More");
    caller_send(c, " ");
    caller_expect(c, "The needle shines| here | there");
    caller_expect(c, "-- The end");
    caller_send(c, " ");
    caller_expect(c, "got >>read<<");
}

static void a_large_text_is_paged(void **state)
{
    struct caller *c =
        run_as(CALLER_XTERM, "  client:pager(('a line of a long text\\n'):rep(50000))\n"
                             "  return 'read'");

    (void)state;
    caller_expect(c, " 0%");
    caller_send(c, "\033[F");
    caller_expect(c, "100%");
    caller_send(c, "q");
    caller_expect(c, "got >>read<<");
}

/* --- an editor --- */

static void expect_text(struct caller *c, const char *text)
{
    char expected[4096];

    snprintf(expected, sizeof(expected), "got >>%s<<", text);
    caller_expect(c, expected);
}

#define EDIT(text, options) "  return client:edit(" text ", " options ")"

static void words_wrap_and_join_again(void **state)
{
    struct caller *c = run_as(CALLER_XTERM, EDIT("''", "{ columns = 20 }"));

    (void)state;
    caller_expect(c, "line 1 of 1");
    caller_send(c, "one two three four five six");
    window_expect_prompt(c, "five six");
    expect_row(c, 1, "one two three four");
    expect_row(c, 2, "five six");
    caller_send(c, "\033[H\033[A\033[4~"); /* Home, Up, End */
    window_expect_prompt(c, "three four");
    caller_send(c, "\b\b\b\b\b\b\b\b\b\b\b");
    window_expect_prompt(c, "one two");
    expect_row(c, 1, "one two five six");
    expect_row(c, 2, "");
    caller_send(c, "\r\r\033[3~\033[B>>\032");
    expect_text(c, "one two//>>five six");
}

static void lines_are_cut_and_pasted(void **state)
{
    struct caller *c = run_as(CALLER_SYNCTERM, EDIT("'a\\nb\\nc\\nd'", "{}"));

    (void)state;
    caller_expect(c, "line 1 of 4");
    caller_send(c, "\033[B\013\013"); /* b and c */
    caller_expect(c, "of 2");
    caller_send(c, "\033[A\025");
    caller_expect(c, "of 4");
    caller_send(c, "\031"); /* the line that is here now: a */
    caller_expect(c, "of 3");
    caller_send(c, "\033Ss");
    expect_text(c, "b/c/d");
}

static void what_is_answered_can_be_quoted(void **state)
{
    struct caller *c =
        run_as(CALLER_XTERM, EDIT("''", "{ quote = 'First line\\nand the second\\nthird' }"));

    (void)state;
    caller_expect(c, "line 1 of 1");
    caller_send(c, "\022");
    caller_expect(c, "> third");
    caller_send(c, "\r\033[B\r");
    caller_expect(c, "line 3 of 3");
    caller_send(c, "Yes\032");
    expect_text(c, "> First line/> third/Yes");
}

static void a_word_is_found(void **state)
{
    struct caller *c = run_as(CALLER_XTERM, EDIT("'one\\nTwo three\\nthree'", "{}"));

    (void)state;
    caller_expect(c, "line 1 of 3");
    caller_send(c, "\006THREE\r");
    caller_expect(c, "line 2 of 3");
    caller_send(c, "<\016");
    caller_expect(c, "line 3 of 3");
    caller_send(c, ">\032");
    expect_text(c, "one/Two <three/>three");
}

static void an_abort_is_confirmed(void **state)
{
    struct caller *c = run_as(CALLER_XTERM, EDIT("'old'", "{}"));

    (void)state;
    caller_expect(c, "line 1 of 1");
    caller_send(c, "new");
    window_expect_prompt(c, "new");
    caller_send(c, "\033");
    caller_expect(c, "S saves, A aborts");
    caller_send(c, "a");
    caller_expect(c, "Throw away");
    caller_send(c, "n");
    window_expect_prompt(c, "new");
    caller_send(c, "\033");
    caller_expect(c, "S saves, A aborts");
    caller_send(c, "a");
    caller_expect(c, "Throw away");
    caller_send(c, "y");
    expect_text(c, "nothing");
}

static void limits_are_told_before_they_are_met(void **state)
{
    struct caller *c =
        run_as(CALLER_XTERM, EDIT("'1\\n2'", "{ max_lines = 4, max_bytes = 30 }"));

    (void)state;
    caller_expect(c, "2 lines left");
    caller_send(c, "\033[F\033[B\033[F\ra\rb\rc");
    caller_expect(c, "0 lines left");
    caller_expect(c, "There is no room for more lines.");
    caller_send(c, "\033[200~this is too long to be added here\033[201~");
    caller_expect(c, "There is no room for more.");
    caller_send(c, "\032");
    expect_text(c, "1/2/a/bc");
}

static void a_paste_is_text(void **state)
{
    struct caller *c = run_as(CALLER_XTERM, EDIT("'<>'", "{}"));

    (void)state;
    caller_expect(c, "line 1 of 1");
    caller_send(c, "\033[C\033[200~one\rtwo\032\033 three\033[201~");
    window_expect_prompt(c, "three");
    caller_send(c, "\032");
    expect_text(c, "<one/two three>");
}

static void another_window_shows_the_same_text(void **state)
{
    struct caller *c = run_as(CALLER_XTERM, EDIT("('word '):rep(30)", "{}"));

    (void)state;
    caller_expect(c, "line 1 of 2");
    caller_resize(c, 40, 15);
    caller_expect(c, "line 1 of 4");
    caller_send(c, "\033[F|\032");
    caller_expect(c, "word| word");
}

static void wide_characters_take_two_columns(void **state)
{
    struct caller *c = run_as(CALLER_XTERM, EDIT("'日本語日本語'", "{ columns = 10 }"));

    (void)state;
    caller_expect(c, "line 1 of 2");
    expect_row(c, 1, "日本語日本");
    expect_row(c, 2, "語");
    caller_send(c, "\033[C\033[C\b字ü\032");
    expect_text(c, "日字ü語日本語");
}

/* Random keys, and what they make of a text: the handler gets that, and the window shows it. */

enum { MODEL_MAX = 2000, STEPS = 150 };

struct model {
    char text[MODEL_MAX];
    size_t len;
    size_t at;
};

static void model_insert(struct model *m, const char *s)
{
    size_t n = strlen(s);

    memmove(m->text + m->at + n, m->text + m->at, m->len - m->at + 1);
    memcpy(m->text + m->at, s, n);
    m->len += n;
    m->at += n;
}

static void model_delete(struct model *m)
{
    if (m->at == m->len)
        return;
    memmove(m->text + m->at, m->text + m->at + 1, m->len - m->at);
    m->len--;
}

static void model_back(struct model *m)
{
    m->at -= m->at > 0;
}

static void step(struct model *m, char *keys, unsigned what)
{
    static const char *const words[] = {"a", "lo", "the ", "and", " ", "x", "| ", "\\"};
    const char *word = words[what / 16 % 8];
    char paste[64];

    switch (what % 16) {
    case 0:
    case 1:
        model_back(m);
        strcat(keys, "\033[D");
        break;
    case 2:
        m->at += m->at < m->len;
        strcat(keys, "\033[C");
        break;
    case 3:
        if (m->at > 0) {
            model_back(m);
            model_delete(m);
        }
        strcat(keys, "\177");
        break;
    case 4:
        model_delete(m);
        strcat(keys, "\033[3~");
        break;
    case 5:
        model_insert(m, "\n");
        strcat(keys, "\r");
        break;
    case 6:
        model_insert(m, "pasted\nin two ");
        snprintf(paste, sizeof(paste), "\033[200~pasted\rin two \033[201~");
        strcat(keys, paste);
        break;
    default:
        model_insert(m, word);
        strcat(keys, word);
    }
}

/* Its rows, wrapped or not, with one blank for all that stands between words. */
static void add_words(char *out, const char *s)
{
    for (; *s; s++) {
        bool blank = *s == ' ' || *s == '\n' || *s == '/';
        size_t n = strlen(out);

        if (blank && (n == 0 || out[n - 1] == ' '))
            continue;
        out[n] = blank ? ' ' : *s;
        out[n + 1] = '\0';
    }
}

static void check_window(struct caller *c, const struct model *m)
{
    char shown[2 * MODEL_MAX] = "";
    char expected[2 * MODEL_MAX] = "";
    struct window *w = window_of(c);

    for (unsigned row = 1; row + 1 < c->rows; row++) {
        add_words(shown, window_row(w, row));
        add_words(shown, " ");
    }
    window_free(w);
    add_words(expected, m->text);
    add_words(expected, " ");
    assert_string_equal(shown, expected);
}

static void edit_at_random(unsigned seed)
{
    static char keys[STEPS * 40];
    struct model m = {.len = 0};
    struct caller *c = dial();
    char end[MODEL_MAX + 20];
    char mark[20];

    caller_resize(c, seed % 2 ? 80 : 50, 100);
    caller_expect(c, "A key: ");
    caller_send(c, "x");
    caller_expect(c, "line 1 of 1");
    for (unsigned part = 0; part < 5; part++) {
        keys[0] = '\0';
        for (unsigned i = 0; i < STEPS / 5; i++) {
            seed = seed * 1103515245 + 12345;
            step(&m, keys, seed >> 16 & 0x7FFF);
        }
        snprintf(mark, sizeof(mark), "<%u>", part);
        strcat(keys, mark);
        model_insert(&m, mark);
        caller_send(c, keys);
        window_expect_prompt(c, mark);
        check_window(c, &m);
    }
    caller_resize(c, 80, 100); /* where what the handler got is not wrapped */
    caller_send(c, "\032");
    for (char *p = m.text; *p; p++)
        *p = *p == '\n' ? '/' : *p;
    snprintf(end, sizeof(end), "got >>%s<<", m.text);
    for (char *p = strchr(end, '|'); p; p = strchr(p + 1, '|'))
        *p = '!';
    caller_expect(c, end);
    hang_up(c);
}

static void random_keys_make_the_text_that_is_shown(void **state)
{
    (void)state;
    write_body("  return client:edit('', { columns = 30 }):gsub('|', '!')");
    board_start(board, NULL);
    for (unsigned seed = 1; seed <= 8; seed++)
        edit_at_random(seed);
}

static void without_a_cursor_lines_are_edited(void **state)
{
    struct caller *c =
        run_as(CALLER_DUMB, EDIT("'one\\ntwo'", "{ quote = 'said', max_lines = 7 }"));

    (void)state;
    caller_expect(c, "  1: one\n  2: two\n  3: ");
    caller_send(c, "three\r/e 1\r");
    caller_expect(c, "  1: one\n  1: ");
    caller_send(c, "ONE\r/d 2\r/i 1\rzero\r/q\r");
    caller_expect(c, "  4: > said");
    caller_send(c, "/d 9\r");
    caller_expect(c, "Which line? As in /d 3");
    caller_send(c, "/h\r");
    caller_expect(c, "/e 3");
    caller_send(c, "/l\r");
    caller_expect(c, "  1: zero\n  2: ONE\n  3: three\n  4: > said\n");
    caller_send(c, ".\r");
    expect_text(c, "zero/ONE/three/> said");
    caller_send(c, "x");
    caller_expect(c, "  3: ");
    caller_send(c, "/a\r");
    expect_text(c, "nothing");
}

/* --- drafts --- */

static void begin_draft_board(void)
{
    write_body("  return client:edit('', { draft = 'letter' })");
    board_write(board, "screens/letter.txt",
                "got >><% get:t.got:raw %><< A key: <% key:t.go %>");
    board_remove(board, "screens/root.txt");
    board_write(board, "screens/root.txt",
                "<% go:signup(\"n\"); go:letter(\"x\"); go:in(\"i\") %>Front ");
    board_write(board, "screens/in.txt", "Name? <% set:in.name %>");
    board_write(board, "lua/handlers/in.lua",
                "local users = require 'bbs.users'\n"
                "return { name = function(client, text)\n"
                "  users.create { handle = text, password = 'moonmoon' }\n"
                "  users.login(client, text, 'moonmoon')\n"
                "  return 'letter' end }\n");
    board_start(board, NULL);
}

static struct caller *come_in(void)
{
    struct caller *c = dial();

    caller_expect(c, "Front ");
    caller_send(c, "i");
    caller_expect(c, "Name? ");
    caller_send(c, "luna\r");
    caller_expect(c, "A key: ");
    caller_send(c, "x");
    return c;
}

static void what_was_written_when_the_line_dropped_is_offered(void **state)
{
    struct caller *c;

    (void)state;
    begin_draft_board();
    c = come_in();
    caller_expect(c, "line 1 of 1");
    caller_send(c, "Dear sol,\rhalf a line");
    window_expect_prompt(c, "half a line");
    caller_reset(c);
    hang_up(c);
    c = come_in();
    caller_expect(c, "the line dropped.");
    caller_expect(c, "Go on with it?");
    caller_send(c, "\r");
    caller_expect(c, "line 1 of 2");
    caller_send(c, "\033[B\033[F and the rest\032");
    expect_text(c, "Dear sol,/half a line and the rest");
    caller_send(c, "x");
    caller_expect(c, "line 1 of 1"); /* it is not offered again */
    hang_up(c);
}

/* What takes the text may refuse it, until it is as it should be. */
static const char refusing[] =
    "  return client:edit('one\\ntwo\\nthree', { notice = 'No T.', accept = function(s)\n"
    "    if s:find 'throw' then return nil end\n"
    "    if s:find 'T' then return false, 2, 'There is a T in line 2.' end\n"
    "    return true end })";

static void what_is_refused_is_edited_on(void **state)
{
    struct caller *c = run_as(CALLER_XTERM, refusing);

    (void)state;
    caller_expect(c, "line 1 of 3");
    caller_expect(c, "No T.");
    caller_send(c, "\033[B\033[3~T\033[B\032");
    caller_expect(c, "There is a T in line 2.");
    caller_send(c, "\033[3~t\032");
    expect_text(c, "one/two/three");
    caller_send(c, "x");
    caller_expect(c, "line 1 of 3");
    caller_send(c, "throw \032");
    expect_text(c, "nothing");
}

static void what_is_refused_without_a_cursor_is_edited_on(void **state)
{
    struct caller *c = run_as(CALLER_DUMB, refusing);

    (void)state;
    caller_expect(c, "No T.");
    caller_expect(c, "  4: ");
    caller_send(c, "/e 2\r");
    caller_expect(c, "  2: two\n  2: ");
    caller_send(c, "Two\r/s\r");
    caller_expect(c, "There is a T in line 2.\n  2: Two\n");
    caller_send(c, "/e 2\rtwo\r/s\r");
    expect_text(c, "one/two/three");
}

static void say(struct caller *c)
{
    caller_expect(c, "A key: ");
    caller_send(c, "x");
    caller_expect(c, "got >>said<<");
}

/* What others say stands in a row of the part's own, and harms nothing of it. */
static void what_is_told_leaves_the_window_as_it_is(void **state)
{
    struct caller *c =
        run_as(CALLER_XTERM, "  if watched then watched:tell('hello there') return 'said' end\n"
                             "  watched = client\n"
                             "  client:choose { 'Apples', 'Pears' }\n"
                             "  client:pager('A text of one line')\n"
                             "  return client:edit('', { title = 'To all' })");
    struct caller *other = dial();

    (void)state;
    window_expect_colors(c, "Apples", WHITE, BLUE);
    say(other);
    caller_expect(c, "hello there");
    window_expect_colors(c, "Apples", WHITE, BLUE);
    caller_send(c, "\033[B");
    window_expect_colors(c, "Pears", WHITE, BLUE);
    caller_expect(c, "2 of 2");
    caller_send(c, "\r");
    caller_expect(c, "A text of one line");
    say(other);
    caller_expect(c, "hello there");
    expect_row(c, 0, "A text of one line");
    caller_send(c, "q");
    caller_expect(c, "To all");
    caller_send(c, "mine");
    window_expect_prompt(c, "mine");
    say(other);
    window_expect_colors(c, "hello there", WHITE, BLUE); /* in the bottom row */
    window_expect_prompt(c, "mine");
    expect_row(c, 1, "mine");
    caller_send(c, " too\032");
    caller_expect(c, "got >>mine too<<");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_bar_chooses),
        TEST(a_long_list_scrolls),
        TEST(without_a_cursor_a_choice_is_a_number),
        TEST(a_pager_turns_and_searches),
        TEST(without_a_cursor_a_pager_stops_at_each_screenful),
        TEST(a_large_text_is_paged),
        TEST(words_wrap_and_join_again),
        TEST(lines_are_cut_and_pasted),
        TEST(what_is_answered_can_be_quoted),
        TEST(a_word_is_found),
        TEST(an_abort_is_confirmed),
        TEST(limits_are_told_before_they_are_met),
        TEST(a_paste_is_text),
        TEST(another_window_shows_the_same_text),
        TEST(wide_characters_take_two_columns),
        TEST(random_keys_make_the_text_that_is_shown),
        TEST(without_a_cursor_lines_are_edited),
        TEST(what_was_written_when_the_line_dropped_is_offered),
        TEST(what_is_refused_is_edited_on),
        TEST(what_is_refused_without_a_cursor_is_edited_on),
        TEST(what_is_told_leaves_the_window_as_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
