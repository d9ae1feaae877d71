/* Callers who have the board read to them, callers with 40 columns, and what a caller chooses
 * about the terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/board/stage.h"
#include "tests/board/window.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up, stage_tear_down)

#define STARTER_TEST(f)                                                                        \
    cmocka_unit_test_setup_teardown(f, stage_set_up_starter, stage_tear_down)

static const char lua[] =
    "local t = {}\n"
    "function t.rows() return {\n"
    "  { name = 'luna', last_call = 'today', calls = 5 },\n"
    "  { name = 'sol', last_call = '', calls = 12 } }, 2 end\n"
    "function t.enter(client) client.data.n = 0 end\n"
    "function t.tick(client)\n"
    "  client.data.n = client.data.n + 1\n"
    "  if client.data.n == 2 then client:tell('tock') end\n"
    "  return 'refresh'\nend\n"
    "function t.count(client) return client.data.n end\n"
    "function t.choose(client, text)\n"
    "  if text == 'linear' then client:set_terminal { linear = true }\n"
    "  else client:set_terminal { charset = text } end\n"
    "  return 'refresh'\nend\n"
    "function t.name(client, text) client.data.name = text end\n"
    "function t.long() return 'what a handler has to say about it' end\n"
    "function t.done() return 'done' end\n"
    "function t.term(client) local term = client.term\n"
    "  return term.charset .. ' ' .. tostring(term.ansi) .. ' ' .. tostring(term.linear) ..\n"
    "    ' ' .. tostring(term.chosen.charset) end\n"
    "return t\n";

static void begin(const char *root)
{
    board_write(board, "screens/root.txt", root);
    board_write(board, "screens/done.txt", "DONE\n<% key:t.done %>\n");
    board_write(board, "lua/handlers/t.lua", lua);
    board_start(board, NULL);
}

/* To whom it is read. */
static struct caller *listen(const char *root)
{
    struct caller *c;
    char all[4000];

    snprintf(all, sizeof(all),
             "<%% if:linear.is_not %%>Linear? <%% set:t.choose %%><%% else %%>%s"
             "<%% end %%>\n",
             root);
    board_write(board, "lua/handlers/linear.lua",
                "return { is_not = function(client) return not client.term.linear end }\n");
    begin(all);
    c = dial();
    window_expect_prompt(c, "Linear?");
    caller_send(c, "linear\r");
    return c;
}

/* What is sent from now on moves no cursor and has no colours. */
static void expect_plain(struct caller *c, const char *text)
{
    caller_expect(c, text);
    assert_null(strstr(c->shown + c->shown_len - 20, "\033"));
}

static void a_menu_is_a_list_with_numbers(void **state)
{
    struct caller *c = listen("\n╔════╦═════╗\n║Menu║     ║\n"
                              "║ <% item:one(\"O\", \"Number one\"):20 %> ║ "
                              "<% item:done(\"D\", \"Done\"):20 %> ║\n╚════╝\n"
                              "<% item:vip(\"V\", \"Secret\", level=9) %>\n"
                              "<% item:desk(\"S\", \"Desk\", level=9, dim=true) %>\nWhich? ");

    (void)state;
    expect_plain(
        c, "\n\nMenu\n1. Number one (O) \n2. Done (D)\n\nDesk (not open to you)\nWhich? ");
    caller_send(c, "3");
    caller_expect(c, "no item of that number");
    caller_expect(c, "Which? ");
    caller_send(c, "2");
    caller_expect(c, "DONE");
}

static void more_than_nine_items_take_enter(void **state)
{
    char menu[2000] = "";
    struct caller *c;

    (void)state;
    for (unsigned i = 0; i < 12; i++)
        sprintf(menu + strlen(menu), "<%% item:%s(\"%c\", \"Item %u\") %%>\n",
                i == 0 || i == 11 ? "done" : "other", 'A' + i, i + 1);
    strcat(menu, "Which? ");
    c = listen(menu);
    caller_expect(c, "12. Item 12 (L)\nWhich? ");
    caller_send(c, "13\r");
    caller_expect(c, "no item of that number");
    caller_send(c, "12\r");
    caller_expect(c, "DONE");
}

static void a_table_is_sentences(void **state)
{
    struct caller *c = listen("\n  Caller       Last    Times on line\n"
                              "<% each:t.rows(rows=9) %>  <% get:.name:-10 %>  "
                              "<% get:.last_call:-8 %>  <% get:.calls:5 %>\n<% end %>End ");

    (void)state;
    expect_plain(c, "Caller luna, Last today, Times on line 5.\nCaller sol, Times on line 12.\n"
                    "End ");
}

static void a_form_is_a_dialogue_when_it_is_read(void **state)
{
    struct caller *c = listen("\n╔══════════════════════════════╗\n"
                              "║ Name <% set:t.name:fit   %> ║\n"
                              "║ Town <% set:t.name:fit   %> ║\n"
                              "╚══════════════════════════════╝<% post:t.done %>\n");

    (void)state;
    expect_plain(c, "Name ");
    caller_send(c, "luna\r");
    expect_plain(c, "\nTown ");
    caller_send(c, "Kiel\r");
    expect_plain(c, "DONE");
}

static void what_is_read_is_not_drawn_again(void **state)
{
    struct caller *c = listen("<% enter:t.enter; tick:t.tick(1) %>Ticks: <% get:t.count %>. "
                              "Name? <% set:t.name %>\n");

    (void)state;
    caller_expect(c, "Ticks: 0. Name? ");
    caller_resize(c, 100, 40);
    caller_expect(c, "tock");
    caller_expect(c, "Name? ");
    assert_false(caller_has(c, "Ticks: 1"));
    assert_false(caller_has(c, "Ticks: 2"));
}

static void a_screen_reader_is_known(void **state)
{
    struct caller *c;

    (void)state;
    begin("<% get:t.term %>. Go? <% key:t.done %>");
    c = dial_as(CALLER_READER);
    caller_expect(c, "utf-8 false true nil. Go? ");
}

static void what_is_chosen_is_kept_with_the_account(void **state)
{
    struct caller *c;

    (void)state;
    board_start(board, NULL);
    c = dial();
    caller_sign_up(c, "luna", "moonmoon");
    caller_send(c, "yt");
    caller_expect(c, "Characters");
    caller_expect(c, "UTF-8, as found out");
    caller_send(c, "cc"); /* UTF-8, CP437 */
    caller_expect(c, "CP437, as you have chosen");
    caller_expect(c, "a box \xDA\xC4\xBF");
    caller_send(c, "l");
    caller_expect(c, "Read to you yes, as you have chosen");
    caller_send(c, "ppppppp"); /* none, 300, 1200, ... */
    caller_expect(c, "a modem of 28800 baud, as you have chosen");
    hang_up(c);
    c = dial();
    caller_log_in(c, "luna", "moonmoon");
    caller_send(c, "yt");
    caller_expect(c, "Characters CP437, as you have chosen");
    caller_expect(c, "Read to you yes, as you have chosen");
    caller_expect(c, "Pace a modem of 28800 baud, as you have chosen");
}

static struct caller *dial_narrow(const char *root)
{
    struct caller *c;

    begin(root);
    c = dial_as(CALLER_SYNCTERM);
    c->columns = 40;
    return c;
}

static void text_wraps_between_words_at_40_columns(void **state)
{
    struct caller *c = dial_narrow("|14This is a line that is longer than forty columns, "
                                   "as all are.\nAnd so is <% get:t.long %>!\nGo? ");
    struct window *w;

    (void)state;
    caller_expect(c, "Go? ");
    w = window_of(c);
    assert_string_equal(window_row(w, 0), "This is a line that is longer than");
    assert_string_equal(window_row(w, 1), "forty columns, as all are.");
    assert_string_equal(window_row(w, 2), "And so is what a handler has to say");
    assert_string_equal(window_row(w, 3), "about it!");
    assert_string_equal(window_row(w, 4), "Go?");
    window_free(w);
}

static void a_narrow_window_has_its_own_file(void **state)
{
    struct caller *c;

    (void)state;
    board_write(board, "screens/root.40.txt", "For few columns, <% include:part %>: ");
    board_write(board, "screens/part.40.txt", "in forty");
    board_write(board, "screens/part.txt", "in eighty");
    c = dial_narrow("For many columns, <% include:part %>: ");
    caller_expect(c, "For few columns, in forty: ");
    caller_resize(c, 80, 25);
    caller_expect(c, "For many columns, in eighty: ");
    caller_resize(c, 40, 25);
    caller_expect(c, "For few columns, in forty: ");
    board_write(board, "screens/root.40.txt", "For fewer columns: ");
    hang_up(c);
    c = dial_as(CALLER_SYNCTERM);
    c->columns = 40;
    caller_expect(c, "columns");
}

static void a_form_wider_than_the_window_is_a_dialogue(void **state)
{
    struct caller *c = dial_narrow("╔══════════════════════════════════════════════════════╗\n"
                                   "║ Name <% set:t.name:fit                            %> ║\n"
                                   "║ Town <% set:t.name:fit                            %> ║\n"
                                   "╚══════════════════════════════════════════════════════╝\n"
                                   "<% post:t.done %>\n");

    (void)state;
    window_expect_prompt(c, "Name");
    caller_send(c, "luna\r");
    window_expect_prompt(c, "Town");
    caller_send(c, "Kiel\r");
    caller_expect(c, "DONE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_menu_is_a_list_with_numbers),
        TEST(more_than_nine_items_take_enter),
        TEST(a_table_is_sentences),
        TEST(a_form_is_a_dialogue_when_it_is_read),
        TEST(what_is_read_is_not_drawn_again),
        TEST(a_screen_reader_is_known),
        STARTER_TEST(what_is_chosen_is_kept_with_the_account),
        TEST(text_wraps_between_words_at_40_columns),
        TEST(a_narrow_window_has_its_own_file),
        TEST(a_form_wider_than_the_window_is_a_dialogue),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
