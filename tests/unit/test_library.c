/* All screens of a board: what is saved, what stays, what is swapped, what a terminal gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "screen/library.h"

struct board {
    struct library *library;
    struct buf errors;
};

static int setup(void **state)
{
    struct board *b = calloc(1, sizeof(*b));

    b->library = library_new();
    buf_init(&b->errors, BUF_LARGE);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct board *b = *state;

    library_free(b->library);
    buf_clear(&b->errors);
    free(b);
    return 0;
}

/* Save "a/b.txt"; what was reported is `errors`. */
static void save(struct board *b, const char *file, const char *text, const char *errors)
{
    enum source_kind kind;
    char keyword[64];
    int result;

    assert_true(source_find_kind(span_of(file), &kind));
    snprintf(keyword, sizeof(keyword), "%.*s", (int)strlen(file) - 4, file);
    buf_reset(&b->errors);
    result = library_set(b->library, keyword, kind, file, span_of(text), &b->errors);
    assert_int_equal(result, errors[0] ? -1 : 0);
    assert_string_equal(buf_text(&b->errors), errors);
}

static void remove_file(struct board *b, const char *file)
{
    enum source_kind kind;
    char keyword[64];

    assert_true(source_find_kind(span_of(file), &kind));
    snprintf(keyword, sizeof(keyword), "%.*s", (int)strlen(file) - 4, file);
    library_remove(b->library, keyword, kind);
}

static void link_all(struct board *b, unsigned swapped, const char *errors)
{
    buf_reset(&b->errors);
    assert_int_equal(library_link(b->library, &b->errors), swapped);
    assert_string_equal(buf_text(&b->errors), errors);
}

static struct screen *get(struct board *b, const char *keyword)
{
    return library_find(b->library, span_of(keyword), FOR_ANSI, 80);
}

static void check_text(const struct screen *s, const char *text)
{
    struct buf all;

    assert_non_null(s);
    buf_init(&all, BUF_LARGE);
    for (unsigned i = 0; i < s->count; i++) {
        if (s->ops[i].code == OP_TEXT)
            buf_add(&all, text_utf8(s->ops[i].text));
    }
    assert_string_equal(buf_text(&all), text);
    buf_clear(&all);
}

static void test_a_screen_is_there_once_it_is_linked(void **state)
{
    struct board *b = *state;

    save(b, "chat/lobby.txt", "hello", "");
    assert_null(get(b, "chat/lobby"));
    assert_false(library_has(b->library, SPAN_LIT("chat/lobby")));
    assert_int_equal(library_count(b->library), 0);
    link_all(b, 1, "");
    check_text(get(b, "chat/lobby"), "hello");
    assert_string_equal(get(b, "chat/lobby")->keyword, "chat/lobby");
    assert_true(library_has(b->library, SPAN_LIT("chat/lobby")));
    assert_null(get(b, "chat"));
    assert_null(get(b, "chat/lobbyx"));
    assert_null(get(b, ""));
    assert_int_equal(library_count(b->library), 1);
}

static void test_the_last_good_one_stays(void **state)
{
    struct board *b = *state;
    struct screen *s;

    save(b, "a.txt", "good", "");
    link_all(b, 1, "");
    s = get(b, "a");
    save(b, "a.txt", "x<% get:b %>",
         "a.txt:1:9: 'b' is no handler, expected a name like users.online or a row's .field\n");
    link_all(b, 0, "");
    assert_ptr_equal(get(b, "a"), s);
    save(b, "a.txt", "x<% end %>", ""); /* compiles, does not link */
    link_all(b, 0, "a.txt:1:5: 'end' without an open if: or each:\n");
    assert_ptr_equal(get(b, "a"), s);
    check_text(s, "good");
    save(b, "a.txt", "better", "");
    link_all(b, 1, "");
    check_text(get(b, "a"), "better");
    save(b, "new.txt", "<% end %>", "");
    link_all(b, 0, "new.txt:1:4: 'end' without an open if: or each:\n");
    assert_null(get(b, "new"));
}

static void test_what_has_not_changed_is_not_swapped(void **state)
{
    struct board *b = *state;
    struct screen *one;
    struct screen *two;

    save(b, "one.txt", "1", "");
    save(b, "two.txt", "2", "");
    link_all(b, 2, "");
    one = get(b, "one");
    two = get(b, "two");
    link_all(b, 0, "");
    save(b, "two.txt", "2", "");
    link_all(b, 1, "");
    assert_ptr_equal(get(b, "one"), one);
    assert_ptr_not_equal(get(b, "two"), two);
}

static void test_a_change_reaches_those_who_include_it(void **state)
{
    struct board *b = *state;
    struct screen *other;
    struct screen *user;

    save(b, "user.txt", "<% include:part %>!", "");
    save(b, "user2.txt", "<% include:user %>?", "");
    save(b, "other.txt", "x", "");
    link_all(b, 1,
             "user.txt:1:4: there is no screen 'part' to include\n"
             "user.txt:1:4: there is no screen 'part' to include\n");
    save(b, "part.txt", "one", "");
    link_all(b, 3, "");
    check_text(get(b, "user2"), "one!?");
    other = get(b, "other");
    save(b, "part.txt", "two", "");
    link_all(b, 3, "");
    check_text(get(b, "part"), "two");
    check_text(get(b, "user"), "two!");
    check_text(get(b, "user2"), "two!?");
    assert_ptr_equal(get(b, "other"), other);
    user = get(b, "user");
    save(b, "part.txt", "<% include:user2 %>", "");
    link_all(b, 0,
             "user2.txt:1:4: 'user' includes itself, expected no circle\n"
             "part.txt:1:4: 'user2' includes itself, expected no circle\n"
             "user.txt:1:4: 'part' includes itself, expected no circle\n");
    assert_ptr_equal(get(b, "user"), user);
    remove_file(b, "part.txt");
    link_all(b, 0,
             "user.txt:1:4: there is no screen 'part' to include\n"
             "user.txt:1:4: there is no screen 'part' to include\n");
    assert_null(get(b, "part"));
    check_text(get(b, "user"), "two!"); /* what it was made from lives on in it */
}

static void test_an_include_is_of_the_same_kind(void **state)
{
    struct board *b = *state;

    save(b, "part.ans", "art", "");
    save(b, "part.txt", "text", "");
    save(b, "user.txt", "<% include:part %>", "");
    save(b, "user.asc", "<% include:part %>", "");
    link_all(b, 4, "");
    check_text(library_find(b->library, SPAN_LIT("user"), FOR_ANSI, 80), "text");
    check_text(library_find(b->library, SPAN_LIT("user"), FOR_PLAIN, 80),
               "art"); /* no .asc of it */
    save(b, "part.asc", "ascii", "");
    link_all(b, 2, "");
    check_text(library_find(b->library, SPAN_LIT("user"), FOR_PLAIN, 80), "ascii");
}

static void test_each_terminal_has_its_file(void **state)
{
    struct board *b = *state;

    save(b, "a.asc", "asc", "");
    link_all(b, 1, "");
    check_text(library_find(b->library, SPAN_LIT("a"), FOR_ANSI, 80), "asc");
    check_text(library_find(b->library, SPAN_LIT("a"), FOR_PLAIN, 80), "asc");
    save(b, "a.ans", "ans", "");
    link_all(b, 1, "");
    check_text(library_find(b->library, SPAN_LIT("a"), FOR_ANSI, 80), "ans");
    check_text(library_find(b->library, SPAN_LIT("a"), FOR_PLAIN, 80), "asc");
    save(b, "a.txt", "txt", "");
    link_all(b, 1, "");
    check_text(library_find(b->library, SPAN_LIT("a"), FOR_ANSI, 80), "ans");
    check_text(library_find(b->library, SPAN_LIT("a"), FOR_PLAIN, 80), "asc");
    remove_file(b, "a.asc");
    check_text(library_find(b->library, SPAN_LIT("a"), FOR_PLAIN, 80), "txt");
    remove_file(b, "a.ans");
    check_text(library_find(b->library, SPAN_LIT("a"), FOR_ANSI, 80), "txt");
    save(b, "a.ans", "ans", "");
    remove_file(b, "a.txt");
    link_all(b, 1, "");
    check_text(library_find(b->library, SPAN_LIT("a"), FOR_PLAIN, 80), "ans");
    assert_int_equal(library_count(b->library), 1);
}

static void test_removal(void **state)
{
    struct board *b = *state;
    struct screen *held;
    const char *keyword;

    save(b, "a.txt", "one", "");
    link_all(b, 1, "");
    held = screen_ref(get(b, "a"));
    keyword = held->keyword;
    remove_file(b, "a.txt");
    remove_file(b, "a.txt");
    remove_file(b, "a.ans");
    remove_file(b, "never.txt");
    assert_null(get(b, "a"));
    assert_int_equal(library_count(b->library), 0);
    link_all(b, 0, "");
    check_text(held, "one"); /* a client that is on it keeps it */
    assert_string_equal(held->keyword, "a");
    save(b, "a.txt", "two", "");
    link_all(b, 1, "");
    assert_ptr_equal(get(b, "a")->keyword, keyword);
    screen_unref(held);
}

static void add_keyword(void *arg, const struct screen *s, enum source_kind kind)
{
    buf_printf(arg, "%s %d\n", s->keyword, kind);
}

static void test_each_screen_is_seen(void **state)
{
    struct board *b = *state;
    struct buf seen;

    save(b, "b.txt", "1", "");
    save(b, "a.asc", "2", "");
    save(b, "a.ans", "3", "");
    save(b, "c.txt", "<% end %>", "");
    buf_init(&seen, 1000);
    library_each(b->library, add_keyword, &seen);
    assert_string_equal(buf_text(&seen), "");
    link_all(b, 3, "c.txt:1:4: 'end' without an open if: or each:\n");
    library_each(b->library, add_keyword, &seen);
    assert_string_equal(buf_text(&seen), "b 1\na 0\na 2\n");
    buf_clear(&seen);
}

/* As perigee check reads a board: one mistake hides no other, and makes none elsewhere. */
static void test_what_is_broken_can_be_taken(void **state)
{
    struct board *b = *state;
    struct buf seen;

    library_take_broken(b->library);
    save(b, "a.txt", "<% if:x.y; get:moon; if:moon %><% end %>",
         "a.txt:1:16: 'moon' is no handler, expected a name like users.online or a row's "
         ".field\n"
         "a.txt:1:25: 'moon' is no handler, expected a name like users.online or a row's "
         ".field\n");
    save(b, "b.txt", "<% include:a %>", "");
    save(b, "c.txt", "<% end; iff:x.y; end %>",
         "c.txt:1:9: found 'iff', expected one of ansi get set key post go item if else end "
         "each "
         "include enter leave tick page\n");
    save(b, "d.txt", "<% if:x.y %>\n<% end; end\n",
         "d.txt:2:1: the macro is not closed, expected '%>', not in a text or a comment\n");
    link_all(b, 4,
             "a.txt:1:4: this if: is not closed, expected 'end'\n"
             "a.txt:1:4: this if: is not closed, expected 'end'\n");
    buf_init(&seen, 1000);
    library_each(b->library, add_keyword, &seen);
    assert_string_equal(buf_text(&seen), "a 1\nb 1\nc 1\nd 1\n");
    buf_clear(&seen);
}

static void test_nothing_to_free(void **state)
{
    (void)state;
    library_free(NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* A set on trial has the changes, and what includes what has changed; the other stays whole. */
static void test_a_trial_stands_beside(void **state)
{
    struct board *b = *state;
    struct library *all = b->library;
    struct library *trial = library_trial(all);
    struct screen *first;

    save(b, "part.txt", "old", "");
    save(b, "menu.txt", "<% include:part %> menu", "");
    save(b, "gone.txt", "gone", "");
    link_all(b, 3, "");
    first = get(b, "menu");
    assert_ptr_equal(library_find(trial, SPAN_LIT("menu"), FOR_ANSI, 80), first);
    library_begin_trial(all);
    library_begin_trial(all);
    b->library = trial;
    save(b, "part.txt", "new", "");
    save(b, "more.txt", "more", "");
    remove_file(b, "gone.txt");
    link_all(b, 3, "");
    check_text(get(b, "menu"), "new menu");
    assert_false(library_has(trial, SPAN_LIT("gone")));
    assert_true(span_is(library_text(trial, "part", SOURCE_TXT), "new"));
    b->library = all;
    assert_ptr_equal(get(b, "menu"), first);
    assert_null(get(b, "more"));
    assert_true(library_has(all, SPAN_LIT("gone")));
    assert_true(span_is(library_text(all, "part", SOURCE_TXT), "old"));
    assert_null(library_text(all, "more", SOURCE_TXT).data);
    link_all(b, 0, "");
}

static void test_a_trial_is_promoted_or_ends(void **state)
{
    struct board *b = *state;
    struct library *all = b->library;

    save(b, "menu.txt", "one", "");
    link_all(b, 1, "");
    for (int promoted = 0; promoted < 2; promoted++) {
        library_begin_trial(all);
        b->library = library_trial(all);
        save(b, "menu.txt", "two", "");
        save(b, "more.txt", "more", "");
        link_all(b, 2, "");
        b->library = all;
        library_end_trial(all, promoted);
        library_end_trial(all, promoted);
        check_text(get(b, "menu"), promoted ? "two" : "one");
        assert_int_equal(library_has(all, SPAN_LIT("more")), promoted);
        assert_ptr_equal(library_find(library_trial(all), SPAN_LIT("menu"), FOR_ANSI, 80),
                         get(b, "menu"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_screen_is_there_once_it_is_linked),
        TEST(test_the_last_good_one_stays),
        TEST(test_what_has_not_changed_is_not_swapped),
        TEST(test_a_change_reaches_those_who_include_it),
        TEST(test_an_include_is_of_the_same_kind),
        TEST(test_each_terminal_has_its_file),
        TEST(test_removal),
        TEST(test_each_screen_is_seen),
        TEST(test_what_is_broken_can_be_taken),
        TEST(test_a_trial_stands_beside),
        TEST(test_a_trial_is_promoted_or_ends),
        cmocka_unit_test(test_nothing_to_free),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
