/* Lists in pages, turned without a line of Lua. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/board/stage.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up, stage_tear_down)

/* Of 8 things; of 4 once the third page has been asked for and `shrinks`. */
static void write_list(const char *rows, const char *shrinks)
{
    char screen[200];

    snprintf(screen, sizeof(screen),
             "<%% each:t.rows(%s) %%>[<%% get:.n %%>]<%% end %%> <%% get:list.place %%>: "
             "<%% key:list.turn %%>",
             rows);
    board_write(board, "screens/root.txt", screen);
    board_write(board, "lua/handlers/t.lua",
                "local t, total = {}, 8\n"
                "function t.rows(client, args)\n"
                "  local rows, last = {}, args.page * args.rows\n"
                "  if args.page == 3 and require 'shrinks' then total = 4 end\n"
                "  for n = last - args.rows + 1, math.min(last, total) do\n"
                "    rows[#rows + 1] = { n = n }\n"
                "  end\n"
                "  return rows, total\nend\n"
                "return t\n");
    board_write(board, "lua/shrinks.lua", shrinks);
}

static struct caller *show(const char *shrinks)
{
    write_list("rows=3", shrinks);
    board_start(board, NULL);
    return dial();
}

static void keys_turn_the_pages(void **state)
{
    struct caller *c = show("return false");

    (void)state;
    caller_expect(c, "[1][2][3] page 1 of 3: ");
    caller_send(c, "p\033[D"); /* there is none before it */
    caller_send(c, "n");
    caller_expect(c, "[4][5][6] page 2 of 3: ");
    caller_send(c, " ");
    caller_expect(c, "[7][8] page 3 of 3: ");
    caller_send(c, "N\033[1~");
    caller_expect(c, "[1][2][3] page 1 of 3: ");
    assert_false(caller_has(c, "page 4"));
}

static void a_list_that_has_become_shorter_shows_its_last_page(void **state)
{
    struct caller *c = show("return true");

    (void)state;
    caller_expect(c, "page 1 of 3: ");
    caller_send(c, "\033[4~");
    caller_expect(c, "[4] page 2 of 2: ");
}

static void a_list_grows_with_the_window(void **state)
{
    struct caller *c;

    (void)state;
    write_list("rows=3, grows=true", "return false");
    board_start(board, NULL);
    c = dial();
    c->rows = 25;
    caller_expect(c, "[1][2][3][4] page 1 of 2: ");
    caller_send(c, "n");
    caller_expect(c, "[5][6][7][8] page 2 of 2: ");
    caller_resize(c, 80, 50); /* and there is no second page */
    caller_expect(c, "[1][2][3][4][5][6][7][8] page 1 of 1: ");
    caller_resize(c, 80, 23);
    caller_expect(c, "[1][2] page 1 of 4: ");
    caller_resize(c, 80, 10); /* there is always one */
    caller_expect(c, "[1] page 1 of 8: ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keys_turn_the_pages),
        TEST(a_list_that_has_become_shorter_shows_its_last_page),
        TEST(a_list_grows_with_the_window),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
