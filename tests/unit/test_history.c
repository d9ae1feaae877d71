/* history.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/history.h"

struct fixture {
    char folder[64];
    struct worker *worker;
    struct history *history;
};

/* Nobody waits: freeing the worker reaps all. */
static void notify(void *arg)
{
    (void)arg;
}

static void begin(struct fixture *f)
{
    struct worker_config config = {.name = "history", .threads = 1, .notify = notify};
    struct err e;

    f->worker = worker_new(&config, &e);
    assert_non_null(f->worker);
    f->history = history_new(f->folder, f->worker);
}

/* All that was added is on the disk. */
static void end(struct fixture *f)
{
    worker_free(f->worker);
    history_free(f->history);
}

static int set_up(void **state)
{
    static struct fixture f;

    snprintf(f.folder, sizeof(f.folder), "/tmp/perigee-history-XXXXXX");
    if (!mkdtemp(f.folder))
        return -1;
    begin(&f);
    *state = &f;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    end(f);
    return nftw(f->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void add(struct fixture *f, const char *path, const char *text)
{
    history_add(f->history, path, span_of(text));
}

static void settle(struct fixture *f)
{
    end(f);
    begin(f);
}

static void expect(struct fixture *f, const char *path, unsigned age, const char *text)
{
    struct buf out;

    buf_init(&out, BUF_LARGE);
    assert_true(history_read(f->history, path, age, &out));
    assert_string_equal(buf_text(&out), text);
    buf_clear(&out);
}

static void expect_none(struct fixture *f, const char *path, unsigned age)
{
    struct buf out;

    buf_init(&out, BUF_LARGE);
    assert_false(history_read(f->history, path, age, &out));
    assert_int_equal(out.len, 0);
    buf_clear(&out);
}

static void versions_come_back_newest_first(void **state)
{
    struct fixture *f = *state;

    expect_none(f, "screens/menu.txt", 0);
    add(f, "screens/menu.txt", "one");
    add(f, "screens/menu.txt", "two");
    add(f, "lua/handlers/menu.lua", "");
    settle(f);
    expect(f, "screens/menu.txt", 0, "two");
    expect(f, "screens/menu.txt", 1, "one");
    expect_none(f, "screens/menu.txt", 2);
    expect(f, "lua/handlers/menu.lua", 0, "");
}

static void versions_are_listed_and_found_by_their_names(void **state)
{
    struct fixture *f = *state;
    struct buf list;
    struct buf text;
    char name[40];
    intmax_t at, size;

    buf_init(&list, BUF_LARGE);
    buf_init(&text, BUF_LARGE);
    history_list(f->history, "screens/menu.txt", &list);
    assert_int_equal(list.len, 0);
    add(f, "screens/menu.txt", "one");
    add(f, "screens/menu.txt", "number two");
    settle(f);
    history_list(f->history, "screens/menu.txt", &list);
    assert_int_equal(sscanf(buf_text(&list), "%39s %jd %jd\n", name, &at, &size), 3);
    assert_int_equal(size, 10);
    assert_true(at > 1600000000);
    assert_non_null(strstr(buf_text(&list), " 3\n"));
    assert_true(history_read_named(f->history, "screens/menu.txt", name, &text));
    assert_string_equal(buf_text(&text), "number two");
    assert_false(history_read_named(f->history, "screens/other.txt", name, &text));
    assert_false(history_read_named(f->history, "screens/menu.txt", "../menu.txt", &text));
    buf_clear(&list);
    buf_clear(&text);
}

static void the_same_again_is_not_kept_twice(void **state)
{
    struct fixture *f = *state;

    add(f, "a.txt", "one");
    add(f, "a.txt", "one");
    settle(f);
    add(f, "a.txt", "one");
    add(f, "a.txt", "one more");
    add(f, "a.txt", "one");
    settle(f);
    expect(f, "a.txt", 0, "one");
    expect(f, "a.txt", 1, "one more");
    expect(f, "a.txt", 2, "one");
    expect_none(f, "a.txt", 3);
}

static void the_last_twenty_are_kept(void **state)
{
    struct fixture *f = *state;
    char text[16];

    for (int i = 0; i < HISTORY_KEPT + 7; i++) {
        snprintf(text, sizeof(text), "%d", i);
        add(f, "a.txt", text);
    }
    settle(f);
    expect(f, "a.txt", 0, "26");
    expect(f, "a.txt", HISTORY_KEPT - 1, "7");
    expect_none(f, "a.txt", HISTORY_KEPT);
}

static void touch(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void a_clock_set_back_does_not_hide_the_newest(void **state)
{
    struct fixture *f = *state;
    char path[128];

    snprintf(path, sizeof(path), "%s/a.txt", f->folder);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/a.txt/29991231T235959.999999", f->folder);
    touch(path, "of the future");
    add(f, "a.txt", "now");
    settle(f);
    expect(f, "a.txt", 0, "now");
    expect(f, "a.txt", 1, "of the future");
}

static void what_is_no_version_is_left_alone(void **state)
{
    struct fixture *f = *state;
    char path[128];

    add(f, "a.txt", "one");
    settle(f);
    snprintf(path, sizeof(path), "%s/a.txt/part", f->folder);
    touch(path, "half of a ver");
    snprintf(path, sizeof(path), "%s/a.txt/99999999T999999.999999x", f->folder);
    touch(path, "a note of the sysop's");
    for (int i = 0; i < HISTORY_KEPT + 1; i++)
        add(f, "a.txt", i % 2 ? "one" : "two");
    settle(f);
    expect(f, "a.txt", 0, "two");
    assert_int_equal(access(path, F_OK), 0);
}

static void what_cannot_be_kept_does_no_harm(void **state)
{
    struct fixture *f = *state;
    char path[2000];

    snprintf(path, sizeof(path), "%s/a.txt", f->folder);
    touch(path, "a file where the folder should be");
    add(f, "a.txt", "one");
    memset(path, 'x', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    add(f, path, "one");
    settle(f);
    expect_none(f, "a.txt", 0);
    expect_none(f, path, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(versions_come_back_newest_first),
        TEST(versions_are_listed_and_found_by_their_names),
        TEST(the_same_again_is_not_kept_twice),
        TEST(the_last_twenty_are_kept),
        TEST(a_clock_set_back_does_not_hide_the_newest),
        TEST(what_is_no_version_is_left_alone),
        TEST(what_cannot_be_kept_does_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
