/* Rooms: the order of lines, who gets them, what they look like on the wire. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "room/room.h"

enum { MEMBERS = 5, HISTORY = 500 };

static struct line *said(const char *nick, int64_t user, const char *text)
{
    return line_new(LINE_SAY, 0, user, span_of(nick), span_of(text));
}

/* --- who gets what --- */

static char got[MEMBERS][4000];
static struct member *leaves; /* when a line comes to somebody */

static void take(struct member *m, struct batch *b)
{
    char *to = got[(intptr_t)m->who];

    for (unsigned i = 0; i < b->count; i++)
        snprintf(to + strlen(to), sizeof(got[0]) - strlen(to), "%s.", b->lines[i]->text);
    if (leaves) {
        room_leave(leaves);
        leaves = NULL;
    }
}

static void everybody_gets_all_lines_in_order(void **state)
{
    struct rooms *all = rooms_new(HISTORY);
    struct err e;
    struct room *r = room_open(all, SPAN_LIT("Lobby"), &e);

    (void)state;
    memset(got, 0, sizeof(got));
    assert_ptr_equal(room_find(all, SPAN_LIT("lOBBY")), r);
    for (intptr_t i = 0; i < MEMBERS; i++)
        room_join(r, (void *)i);
    room_add(r, said("a", 1, "one"), false);
    assert_true(rooms_due_at(all) <= 1);
    rooms_deliver(all, 1, take); /* quiet: at once */
    room_add(r, said("b", 2, "two"), false);
    room_add(r, said("a", 1, "three"), false);
    rooms_deliver(all, 1.00001, take); /* busy: gathered */
    for (unsigned i = 0; i < MEMBERS; i++)
        assert_string_equal(got[i], "one.");
    assert_true(rooms_due_at(all) > 1.00001 && rooms_due_at(all) <= 1.001);
    rooms_deliver(all, rooms_due_at(all), take);
    for (unsigned i = 0; i < MEMBERS; i++)
        assert_string_equal(got[i], "one.two.three.");
    assert_true(rooms_due_at(all) == 0);
    room_add(r, said("b", 2, "four"), false);
    rooms_deliver(all, 0.5, take); /* the clock was set back: at once all the same */
    for (unsigned i = 0; i < MEMBERS; i++)
        assert_string_equal(got[i], "one.two.three.four.");
    rooms_free(all);
}

static void ignore(struct member *m, struct batch *b)
{
    (void)m;
    (void)b;
}

/* Brings so many lines to 1,000 members at `from`, in 10 ms; when the next is due after that.
 */
static double gathered_after(unsigned lines, double from)
{
    struct rooms *all = rooms_new(HISTORY);
    struct err e;
    struct room *r = room_open(all, SPAN_LIT("Lobby"), &e);
    double due;

    for (unsigned i = 0; i < 1000; i++)
        room_join(r, NULL);
    for (unsigned i = 0; i < lines; i++)
        room_add(r, said("a", 1, "one"), false);
    assert_true(rooms_deliver(all, from, ignore));
    rooms_delivered(all, from + 0.01);
    assert_false(rooms_deliver(all, from + 0.011, ignore)); /* a turn without any */
    room_add(r, said("a", 1, "two"), false);
    due = rooms_due_at(all) - (from + 0.01);
    rooms_free(all);
    return due;
}

static void lines_are_gathered_when_the_last_have_been_brought(void **state)
{
    (void)state;
    assert_true(gathered_after(1, 5) > 0.001 && gathered_after(1, 5) < 0.01);
    assert_true(gathered_after(2, 5) > 1.5 * gathered_after(1, 5));
    assert_true(gathered_after(100, 5) > 0.0199 && gathered_after(100, 5) < 0.0201);
}

/* The one who is next leaves while the lines are brought. */
static void who_leaves_meanwhile_gets_none(void **state)
{
    struct rooms *all = rooms_new(HISTORY);
    struct err e;
    struct room *r = room_open(all, SPAN_LIT("Lobby"), &e);

    (void)state;
    memset(got, 0, sizeof(got));
    room_join(r, (void *)0);
    leaves = room_join(r, (void *)1);
    room_join(r, (void *)2);
    room_add(r, said("a", 1, "one"), false);
    rooms_deliver(all, 1, take);
    assert_string_equal(got[0], "one.");
    assert_string_equal(got[1], "");
    assert_string_equal(got[2], "one.");
    assert_int_equal(room_count(r), 2);
    rooms_free(all);
}

static void so_many_lines_are_kept(void **state)
{
    struct rooms *all = rooms_new(HISTORY);
    struct err e;
    struct room *r = room_open(all, SPAN_LIT("Lobby"), &e);
    struct line *last[HISTORY];
    struct member *m = room_join(r, NULL);
    char text[20];

    (void)state;
    for (unsigned i = 0; i < HISTORY + 3; i++) {
        snprintf(text, sizeof(text), "%u", i);
        room_add(r, said("a", 1, text), true);
    }
    assert_true(rooms_due_at(all) == 0); /* what is old is not delivered */
    assert_int_equal(room_last(r, HISTORY, last), HISTORY);
    assert_string_equal(last[0]->text, "3");
    assert_int_equal(room_last(r, 2, last), 2);
    assert_string_equal(last[1]->text, "502");
    for (unsigned i = 0; i < MEMBER_HELD_MOST + 7; i++)
        member_hold(m, last[0]);
    assert_int_equal(m->held_count, MEMBER_HELD_MOST);
    assert_int_equal(m->missed, 7);
    rooms_free(all);
}

/* Who keeps none delivers them all the same. */
static void no_line_need_be_kept(void **state)
{
    struct rooms *all = rooms_new(0);
    struct err e;
    struct room *r = room_open(all, SPAN_LIT("Lobby"), &e);
    struct line *last[2];

    (void)state;
    memset(got, 0, sizeof(got));
    room_join(r, (void *)0);
    room_add(r, said("a", 1, "old"), true);
    room_add(r, said("a", 1, "one"), false);
    assert_int_equal(room_fresh(r), 0);
    assert_int_equal(room_last(r, 2, last), 0);
    rooms_deliver(all, 1, take);
    assert_string_equal(got[0], "one.");
    rooms_free(all);
}

static void names_are_checked(void **state)
{
    static const char *const bad[] = {"",
                                      " a",
                                      "a ",
                                      "a  b",
                                      "a\xC2\xA0",
                                      "|\xC2\xAD|",
                                      "a\tb",
                                      "a\nb",
                                      "a\033b",
                                      "a\xE2\x80\x8B"
                                      "b",
                                      "\xFF",
                                      "a name of more than thirty letters"};
    struct rooms *all = rooms_new(HISTORY);
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_null(room_open(all, span_of(bad[i]), &e));
    for (unsigned i = 0; i < ROOMS_MOST; i++) {
        char name[20];

        snprintf(name, sizeof(name), "r%u", i);
        assert_non_null(room_open(all, span_of(name), &e));
    }
    assert_null(room_open(all, SPAN_LIT("one more"), &e));
    assert_string_equal(e.text, "there are 10000 rooms already");
    room_forget(room_find(all, SPAN_LIT("r5")));
    assert_non_null(room_open(all, SPAN_LIT("one more"), &e));
    rooms_free(all);
}

/* --- on the wire --- */

static void expect_wire(struct line *l, const struct line_view *v, const char *name,
                        const char *expected)
{
    struct buf wire;

    buf_init(&wire, 10000);
    line_add(l, v, span_of(name), &wire);
    buf_add_byte(&wire, '\0');
    assert_string_equal(wire.data, expected);
    buf_clear(&wire);
    line_unref(l);
}

static void lines_are_wrapped_and_coloured(void **state)
{
    const struct line_view plain = {.look = LOOK_PLAIN_UTF8, .width = 40};
    const struct line_view ansi = {.look = LOOK_ANSI_UTF8, .width = 40};
    const struct line_view cp437 = {.look = LOOK_PLAIN_CP437, .width = 40};
    struct line *l = said("Luna", 1, "one two three four five six seven eight nine ten");

    (void)state;
    expect_wire(l, &plain, "",
                "<Luna> one two three four five six\r\n  seven eight nine ten\r\n");
    expect_wire(said("L\xC3\xBC", 1, "gr\xC3\xBC\xC3\x9F"), &cp437, "",
                "<L\x81> gr\x81\xE1\r\n");
    l = line_new(LINE_EMOTE, 0, 1, SPAN_LIT("Luna"), SPAN_LIT("waves"));
    expect_wire(l, &plain, "", "* Luna waves\r\n");
    l = line_new(LINE_NOTE, 0, 0, SPAN_LIT(""), SPAN_LIT("Luna has come"));
    expect_wire(l, &ansi, "", "\033[0;36m-- Luna has come\033[0m\r\n");
    l = said("sol", 1, "hey luna, LUNA! lunatic");
    assert_true(line_calls(l, 2, SPAN_LIT("Luna")));
    assert_false(line_calls(l, 1, SPAN_LIT("Luna"))); /* one's own */
    assert_false(line_calls(l, 2, SPAN_LIT("lun")));
    expect_wire(l, &plain, "Luna", "<sol> hey luna, LUNA! lunatic\r\n");
}

/* No line paints anything, or begins a download. */
static void what_is_said_is_text(void **state)
{
    const struct line_view plain = {.look = LOOK_PLAIN_UTF8, .width = 80};

    (void)state;
    expect_wire(said("lu\033[2Jna", 1,
                     "a\033[31mb\x18"
                     "B00\r\nc\a"),
                &plain, "", "<luna> abB00c\r\n");
}

static void what_is_the_same_is_made_once(void **state)
{
    struct line *lines[] = {said("a", 1, "one"), said("b", 2, "two")};
    struct batch b;
    struct line_view v = {.look = LOOK_ANSI_UTF8, .width = 80};
    struct blob *first;
    struct blob *second;

    (void)state;
    batch_init(&b, lines, 2);
    first = batch_wire(&b, &v);
    second = batch_wire(&b, &v);
    assert_ptr_equal(first, second);
    blob_unref(second);
    v.is_plain = true; /* without colours of their own the names look otherwise */
    second = batch_wire(&b, &v);
    assert_ptr_not_equal(first, second);
    assert_non_null(memmem(second->data, second->len, "\033[0;1;37ma", 10));
    assert_null(memmem(first->data, first->len, "\033[0;1;37ma", 10));
    blob_unref(second);
    v.is_plain = false;
    for (unsigned i = 0; i < 3 * BATCH_VIEWS; i++) {
        v.width = (uint8_t)(30 + i);
        second = batch_wire(&b, &v);
        assert_ptr_not_equal(first, second);
        blob_unref(second);
    }
    blob_unref(first);
    batch_clear(&b);
    line_unref(lines[0]);
    line_unref(lines[1]);
}

/* So many characters of few, so that names often stand in lines. */
static struct span some_text(char *to, unsigned most)
{
    static const char characters[] = "abAB -\xC3";
    unsigned len = (unsigned)rand() % (most + 1);

    for (unsigned i = 0; i < len; i++)
        to[i] = characters[(unsigned)rand() % (sizeof(characters) - 1)];
    to[len] = '\0';
    return span_of(to);
}

static void lines_together_call_whom_one_of_them_does(void **state)
{
    unsigned called = 0;

    (void)state;
    srand(1);
    for (unsigned round = 0; round < 20000; round++) {
        struct line *lines[3];
        struct batch b;
        char text[20];
        bool calls = false;

        for (unsigned i = 0; i < 3; i++) {
            some_text(text, sizeof(text) - 1);
            lines[i] = said("x", (int64_t)i, text);
        }
        batch_init(&b, lines, 3);
        for (unsigned who = 0; who < 4; who++) {
            struct span name = some_text(text, 4);

            calls = false;
            for (unsigned i = 0; i < 3; i++)
                calls = calls || line_calls(lines[i], who, name);
            assert_int_equal(batch_calls(&b, who, name), calls);
            called += calls;
        }
        batch_clear(&b);
        for (unsigned i = 0; i < 3; i++)
            line_unref(lines[i]);
    }
    assert_true(called > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everybody_gets_all_lines_in_order),
        cmocka_unit_test(lines_are_gathered_when_the_last_have_been_brought),
        cmocka_unit_test(who_leaves_meanwhile_gets_none),
        cmocka_unit_test(so_many_lines_are_kept),
        cmocka_unit_test(no_line_need_be_kept),
        cmocka_unit_test(names_are_checked),
        cmocka_unit_test(lines_are_wrapped_and_coloured),
        cmocka_unit_test(what_is_said_is_text),
        cmocka_unit_test(what_is_the_same_is_made_once),
        cmocka_unit_test(lines_together_call_whom_one_of_them_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
