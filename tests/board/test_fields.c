/* Random keys and pastes in a field, and what they make of its text: the window shows what a
 * model of it has, and the handler gets that. */
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

enum { MAX = 45, WIDTH = 20, CALLS = 40, PARTS = 25, KEYS = 12 };
enum { ROW = 2, COLUMN = 9 }; /* of the field in the form */

/* A line of characters, each a text of its own, with a cursor before one of them. */
struct model {
    const char *text[MAX];
    unsigned count;
    unsigned at;
    bool is_over;
};

static unsigned columns_of(const char *character)
{
    return strcmp(character, "世") == 0 ? 2 : 1;
}

static void erase(struct model *m, unsigned from, unsigned to)
{
    memmove(&m->text[from], &m->text[to], (m->count - to) * sizeof(m->text[0]));
    m->count -= to - from;
    m->at = from;
}

static void type(struct model *m, const char *character)
{
    if (m->is_over && m->at < m->count)
        erase(m, m->at, m->at + 1);
    if (m->count == MAX)
        return; /* a bell */
    memmove(&m->text[m->at + 1], &m->text[m->at], (m->count - m->at) * sizeof(m->text[0]));
    m->text[m->at++] = character;
    m->count++;
}

static unsigned word_before(const struct model *m)
{
    unsigned at = m->at;

    while (at > 0 && strcmp(m->text[at - 1], " ") == 0)
        at--;
    while (at > 0 && strcmp(m->text[at - 1], " ") != 0)
        at--;
    return at;
}

static void paste(struct model *m)
{
    static const char *const characters[] = {"p", "a", " ", "世", "é", " ", "t"};

    for (size_t i = 0; i < sizeof(characters) / sizeof(characters[0]); i++)
        type(m, characters[i]);
}

/* One key, to the model and to the caller's line. */
static void press(struct model *m, char *keys, unsigned what)
{
    static const char *const typed[] = {"a", "b", " ", "é", "世", "|", "<", "Z"};
    static const char *const homes[] = {"\033[H", "\033[1~", "\001", "\033OH"};
    static const char *const ends[] = {"\033[F", "\033[4~", "\005", "\033OF"};
    unsigned which = what / 32;

    switch (what % 32) {
    case 0:
        m->at = 0;
        strcat(keys, homes[which % 4]);
        break;
    case 1:
        m->at = m->count;
        strcat(keys, ends[which % 4]);
        break;
    case 2:
    case 3:
    case 4:
        m->at -= m->at > 0;
        strcat(keys, which % 2 ? "\033[D" : "\033OD");
        break;
    case 5:
    case 6:
        m->at += m->at < m->count;
        strcat(keys, which % 2 ? "\033[C" : "\033OC");
        break;
    case 7:
    case 8:
        if (m->at > 0)
            erase(m, m->at - 1, m->at);
        strcat(keys, which % 2 ? "\b" : "\177");
        break;
    case 9:
        if (m->at < m->count)
            erase(m, m->at, m->at + 1);
        strcat(keys, "\033[3~");
        break;
    case 10:
        m->is_over = !m->is_over;
        strcat(keys, "\033[2~");
        break;
    case 11:
        erase(m, word_before(m), m->at);
        strcat(keys, "\027");
        break;
    case 12:
        if (which % 8 == 0) {
            erase(m, 0, m->count);
            strcat(keys, "\025");
        } else if (which % 8 == 1) {
            erase(m, m->at, m->count);
            strcat(keys, "\013");
        }
        break;
    case 13:
    case 14:
        paste(m);
        strcat(keys, "\033[200~pa\r世é\tt\033[201~");
        break;
    default:
        type(m, typed[which % 8]);
        strcat(keys, typed[which % 8]);
    }
}

/* From which character on the field shows the line, if its cursor is `columns` from its left.
 */
static unsigned shown_from(const struct model *m, unsigned columns)
{
    unsigned from = m->at;

    while (from > 0 && columns > 0)
        columns -= columns_of(m->text[--from]);
    assert_int_equal(columns, 0);
    return from;
}

static void check_field(struct caller *c, const struct model *m)
{
    char expected[400] = "  ║ Name ";
    struct window *w = window_of(c);
    unsigned row;
    unsigned column;
    unsigned used = 0;

    window_cursor(w, &row, &column);
    assert_int_equal(row, ROW);
    assert_in_range(column, COLUMN, COLUMN + WIDTH);
    for (unsigned i = shown_from(m, column - COLUMN); i < m->count; i++) {
        unsigned columns = columns_of(m->text[i]);

        if (used + columns > WIDTH)
            break;
        strcat(expected, m->text[i]);
        used += columns;
    }
    sprintf(expected + strlen(expected), "%*s ║", (int)(WIDTH - used), "");
    assert_string_equal(window_row(w, ROW), expected);
    window_free(w);
}

/* Something that has not been there before, so that the window is looked at behind it. */
static void mark(struct model *m, char *keys, unsigned part)
{
    static const char *const digits[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};

    if (m->is_over || m->count + 3 > MAX) {
        erase(m, 0, m->count);
        strcat(keys, "\025");
    }
    type(m, "#");
    type(m, digits[part / 10]);
    type(m, digits[part % 10]);
    sprintf(keys + strlen(keys), "#%02u", part);
}

static void fill_at_random(struct caller *c, unsigned seed)
{
    struct model m = {.count = 0};
    char text[20 + MAX * 4] = "got >>";
    char label[10];

    caller_expect(c, "Name");
    for (unsigned part = 0; part < PARTS; part++) {
        char keys[KEYS * 40] = "";

        for (unsigned i = 0; i < KEYS; i++) {
            seed = seed * 1103515245 + 12345;
            press(&m, keys, seed >> 16 & 0x7FFF);
        }
        mark(&m, keys, part);
        caller_send(c, keys);
        snprintf(label, sizeof(label), "#%02u", part);
        window_expect_prompt(c, label);
        check_field(c, &m);
    }
    caller_send(c, "\r");
    for (unsigned i = 0; i < m.count; i++)
        strcat(text, m.text[i]);
    strcat(text, "<<");
    caller_expect(c, text);
}

static void random_keys_make_the_text_that_is_shown(void **state)
{
    struct caller *c;

    (void)state;
    board_write(board, "screens/root.txt",
                "\n  ╔═════════════════════════╗\n"
                "  ║ Name <% set:f.name(max=45):-20 %> ║\n"
                "  ╚═════════════════════════╝\n<% post:f.done %>\n");
    board_write(board, "screens/got.txt", "got >><% get:f.text:raw %><<\n<% key:f.again %>\n");
    board_write(board, "lua/handlers/f.lua",
                "local f = {}\n"
                "function f.name(client, text) client.data.text = text end\n"
                "function f.done() return 'got' end\n"
                "function f.text(client) return (client.data.text:gsub('|', '||')) end\n"
                "function f.again() return 'root' end\n"
                "return f\n");
    board_start(board, NULL);
    for (unsigned seed = 1; seed <= CALLS; seed++) {
        c = dial();
        fill_at_random(c, seed);
        hang_up(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(random_keys_make_the_text_that_is_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
