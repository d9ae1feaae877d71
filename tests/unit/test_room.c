/* Rooms: the order of lines, who gets them, what they look like on the wire. */
#include <math.h>
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
    assert_true(isinf(rooms_due_at(all)));
    room_add(r, said("b", 2, "four"), false);
    rooms_deliver(all, 0.5, take); /* the clock was set back: at once all the same */
    for (unsigned i = 0; i < MEMBERS; i++)
        assert_string_equal(got[i], "one.two.three.four.");
    rooms_free(all);
}

/* --- a crowd: what each has been brought, in a time that passes in steps --- */

enum { CROWD = 1000, CROWD_LINES = 4000 };

static unsigned next_of[CROWD]; /* the number of the line that they are to have next */
static double said_at[CROWD_LINES];
static double now, longest;
static unsigned brought; /* members, since it was set to 0 */

static void number(struct member *m, struct batch *b)
{
    unsigned *next = &next_of[(intptr_t)m->who];

    for (unsigned i = 0; i < b->count; i++) {
        assert_int_equal(strtoul(b->lines[i]->text, NULL, 10), *next);
        longest = now - said_at[*next] > longest ? now - said_at[*next] : longest;
        ++*next;
    }
    brought++;
}

static void say_number(struct room *r, unsigned n)
{
    char text[20];

    snprintf(text, sizeof(text), "%u", n);
    said_at[n] = now;
    room_add(r, said("a", 1, text), false);
}

static struct room *crowded(struct rooms *all, struct member *crowd[CROWD])
{
    struct err e;
    struct room *r = room_open(all, SPAN_LIT("Lobby"), &e);

    for (intptr_t i = 0; i < CROWD; i++) {
        next_of[i] = 0;
        crowd[i] = room_join(r, (void *)i);
    }
    longest = 0;
    return r;
}

/* Turns at this time, until nothing is due any more; how many. */
static unsigned take_turns(struct rooms *all)
{
    unsigned turns = 0;

    for (; rooms_due_at(all) <= now; turns++)
        rooms_deliver(all, now, number);
    return turns;
}

/* As time passes until all has been brought. */
static void wait_for_all(struct rooms *all)
{
    for (double due; !isinf(due = rooms_due_at(all)); rooms_deliver(all, now, number))
        now = fmax(due, now);
}

/* A line for a large and quiet room does not wait, but for who is served between its parts. */
static void a_quiet_crowd_is_brought_a_line_at_once(void **state)
{
    struct rooms *all = rooms_new(HISTORY);
    struct member *crowd[CROWD];
    struct room *r = crowded(all, crowd);

    (void)state;
    now = 5;
    brought = 0;
    say_number(r, 0);
    rooms_deliver(all, now, number);
    assert_int_equal(brought, CROWD / 8);
    assert_int_equal(take_turns(all), 7);
    assert_int_equal(brought, CROWD);
    assert_true(isinf(rooms_due_at(all)));
    rooms_free(all);
}

/* 1,000 lines a second: they are gathered for each, and for nobody longer than a round. */
static void a_busy_crowd_has_its_turns_one_after_the_other(void **state)
{
    struct rooms *all = rooms_new(HISTORY);
    struct member *crowd[CROWD];
    struct room *r = crowded(all, crowd);
    unsigned most = 0;

    (void)state;
    now = 5;
    brought = 0;
    for (unsigned i = 0; i < 2 * CROWD_LINES; i++, now += 0.0005) {
        unsigned before = brought;

        if (i % 2 == 0)
            say_number(r, i / 2);
        take_turns(all);
        if (i < 200) /* it has just become busy */
            longest = 0;
        else if (brought - before > most)
            most = brought - before;
    }
    assert_int_equal(most, CROWD / 8);
    assert_true(longest > 0.03 && longest < 0.037);
    /* 4 s, and one turn for each in 36 ms */
    assert_true(brought > 105 * CROWD && brought < 120 * CROWD);
    wait_for_all(all);
    for (unsigned i = 0; i < CROWD; i++)
        assert_int_equal(next_of[i], CROWD_LINES);
    rooms_free(all);
}

/* Where other work makes each turn of the loop long, nobody waits for a turn for each part. */
static void long_turns_lose_no_lines(void **state)
{
    struct rooms *all = rooms_new(HISTORY);
    struct member *crowd[CROWD];
    struct room *r = crowded(all, crowd);
    unsigned lines = 0;

    (void)state;
    for (now = 5; lines < CROWD_LINES; now += 0.1) {
        for (unsigned i = 0; i < 100; i++)
            say_number(r, lines++);
        rooms_deliver(all, now, number);
    }
    wait_for_all(all);
    for (unsigned i = 0; i < CROWD; i++) {
        assert_int_equal(next_of[i], CROWD_LINES);
        assert_int_equal(crowd[i]->missed, 0);
    }
    assert_true(longest < 0.25);
    rooms_free(all);
}

/* What is too much for a round is missed, and that is counted. */
static void so_many_lines_come_in_a_round(void **state)
{
    struct rooms *all = rooms_new(HISTORY);
    struct member *crowd[CROWD];
    struct room *r = crowded(all, crowd);

    (void)state;
    now = 5;
    for (unsigned i = 0; i < ROOM_FRESH_MOST + 7; i++)
        say_number(r, i);
    rooms_deliver(all, now, number);
    for (unsigned i = 0; i < ROOM_FRESH_MOST + 5; i++)
        say_number(r, ROOM_FRESH_MOST + i);
    wait_for_all(all);
    for (unsigned i = 0; i < CROWD; i++) {
        assert_int_equal(next_of[i], 2 * ROOM_FRESH_MOST);
        assert_int_equal(crowd[i]->missed, 12);
    }
    rooms_free(all);
}

/* Somebody comes or goes at any time, and lines of which nobody loses any. */
static void who_comes_into_a_crowd_has_all_from_then_on(void **state)
{
    struct rooms *all = rooms_new(HISTORY);
    struct member *crowd[CROWD];
    struct room *r = crowded(all, crowd);
    unsigned lines = 0;

    (void)state;
    now = 5;
    srand(5);
    while (lines < CROWD_LINES) {
        int i = rand() % CROWD;

        now += 0.0001 * (rand() % 20);
        if (rand() % 3 == 0)
            say_number(r, lines++);
        if (crowd[i]) {
            room_leave(crowd[i]);
            crowd[i] = NULL;
        } else {
            crowd[i] = room_join(r, (void *)(intptr_t)i);
            assert_int_equal(member_fresh(crowd[i]), 0);
            next_of[i] = lines;
        }
        if (rand() % 2 == 0)
            rooms_deliver(all, now, number);
        i = rand() % CROWD;
        if (crowd[i])
            assert_int_equal(member_fresh(crowd[i]), lines - next_of[i]);
    }
    wait_for_all(all);
    for (unsigned i = 0; i < CROWD; i++)
        assert_int_equal(crowd[i] ? next_of[i] : CROWD_LINES, CROWD_LINES);
    rooms_free(all);
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
    assert_true(isinf(rooms_due_at(all))); /* what is old is not delivered */
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
    struct member *m;

    (void)state;
    memset(got, 0, sizeof(got));
    m = room_join(r, (void *)0);
    room_add(r, said("a", 1, "old"), true);
    room_add(r, said("a", 1, "one"), false);
    assert_int_equal(member_fresh(m), 0);
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
    for (unsigned i = 0; i < 3 * LINE_VIEWS; i++) {
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

/* In the batches of a round and out of them, on more kinds of terminal than are kept. */
static void what_is_kept_of_a_line_is_what_it_is(void **state)
{
    struct line *lines[] = {said("a", 1, "one two"), said("b", 2, "three")};

    (void)state;
    line_begin(lines[0]);
    line_begin(lines[1]);
    for (unsigned i = 0; i < 6 * LINE_VIEWS; i++) {
        struct line_view v = {.look = (uint8_t)(i % 2 ? LOOK_ANSI_UTF8 : LOOK_PLAIN_CP437),
                              .width = (uint8_t)(20 + i / 2 % (2 * LINE_VIEWS))};
        struct batch b;
        struct blob *wire;
        struct buf made;

        if (i == 5 * LINE_VIEWS)
            line_end(lines[0]);
        buf_init(&made, BUF_LARGE);
        line_add(lines[0], &v, SPAN_LIT(""), &made);
        line_add(lines[1], &v, SPAN_LIT(""), &made);
        batch_init(&b, lines, 2);
        wire = batch_wire(&b, &v);
        assert_int_equal(wire->len, made.len);
        assert_memory_equal(wire->data, made.data, made.len);
        blob_unref(wire);
        batch_clear(&b);
        buf_clear(&made);
    }
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
            if (round % 3 > i % 2) /* all, one of two, none */
                line_begin(lines[i]);
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
        cmocka_unit_test(a_quiet_crowd_is_brought_a_line_at_once),
        cmocka_unit_test(a_busy_crowd_has_its_turns_one_after_the_other),
        cmocka_unit_test(long_turns_lose_no_lines),
        cmocka_unit_test(so_many_lines_come_in_a_round),
        cmocka_unit_test(who_comes_into_a_crowd_has_all_from_then_on),
        cmocka_unit_test(who_leaves_meanwhile_gets_none),
        cmocka_unit_test(so_many_lines_are_kept),
        cmocka_unit_test(no_line_need_be_kept),
        cmocka_unit_test(names_are_checked),
        cmocka_unit_test(lines_are_wrapped_and_coloured),
        cmocka_unit_test(what_is_said_is_text),
        cmocka_unit_test(what_is_the_same_is_made_once),
        cmocka_unit_test(what_is_kept_of_a_line_is_what_it_is),
        cmocka_unit_test(lines_together_call_whom_one_of_them_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
