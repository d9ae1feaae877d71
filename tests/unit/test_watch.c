/* watch.c: with a real folder, and the loop run until what is awaited has been told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ev.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/watch.h"

enum { GIVEN_UP_SECONDS = 20 };

struct fixture {
    char folder[64];
    struct ev_loop *loop;
    struct watch *watch;
    char told[65536]; /* "path path ", or "* " for all */
    ev_timer limit;
};

static void changed(void *arg, const struct watch_paths *p)
{
    struct fixture *f = arg;

    for (unsigned i = 0; i < p->count; i++) {
        strncat(f->told, p->paths[i], sizeof(f->told) - strlen(f->told) - 1);
        strncat(f->told, " ", sizeof(f->told) - strlen(f->told) - 1);
    }
    if (p->all)
        strncat(f->told, "* ", sizeof(f->told) - strlen(f->told) - 1);
    ev_break(f->loop, EVBREAK_ALL);
}

static void given_up(struct ev_loop *loop, ev_timer *t, int events)
{
    (void)t;
    (void)events;
    ev_break(loop, EVBREAK_ALL);
}

static void path_of(struct fixture *f, const char *path, char out[512])
{
    snprintf(out, 512, "%s/%s", f->folder, path);
}

static void make_folder(struct fixture *f, const char *path)
{
    char whole[512];

    path_of(f, path, whole);
    assert_int_equal(mkdir(whole, 0700), 0);
}

static void save(struct fixture *f, const char *path, const char *text)
{
    char whole[512];
    FILE *file;

    path_of(f, path, whole);
    file = fopen(whole, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void move(struct fixture *f, const char *from, const char *to)
{
    char a[512];
    char b[512];

    path_of(f, from, a);
    path_of(f, to, b);
    assert_int_equal(rename(a, b), 0);
}

static void erase(struct fixture *f, const char *path)
{
    char whole[512];

    path_of(f, path, whole);
    assert_int_equal(remove(whole), 0);
}

/* Run until `word` is told. */
static void expect(struct fixture *f, const char *word)
{
    ev_timer_init(&f->limit, given_up, GIVEN_UP_SECONDS, 0);
    ev_timer_start(f->loop, &f->limit);
    while (!strstr(f->told, word) && ev_is_active(&f->limit))
        ev_run(f->loop, EVRUN_ONCE);
    ev_timer_stop(f->loop, &f->limit);
    if (!strstr(f->told, word))
        print_error("told: %s\n", f->told);
    assert_non_null(strstr(f->told, word));
}

static int set_up(void **state)
{
    static const char *const folders[] = {"screens", "lua"};
    static struct fixture f;
    struct err e;

    memset(&f, 0, sizeof(f));
    snprintf(f.folder, sizeof(f.folder), "/tmp/perigee-watch-XXXXXX");
    if (!mkdtemp(f.folder))
        return -1;
    f.loop = ev_loop_new(0);
    make_folder(&f, "screens");
    f.watch = watch_new(f.loop, f.folder, folders, 2, changed, &f, &e);
    *state = &f;
    return f.watch ? 0 : -1;
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

    watch_free(f->watch);
    ev_loop_destroy(f->loop);
    return nftw(f->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void every_way_of_saving_is_seen(void **state)
{
    struct fixture *f = *state;

    save(f, "screens/in-place.txt", "1");
    expect(f, "screens/in-place.txt ");
    save(f, "screens/x~", "2");
    move(f, "screens/x~", "screens/over.txt");
    expect(f, "screens/over.txt ");
    f->told[0] = '\0';
    erase(f, "screens/over.txt");
    expect(f, "screens/over.txt ");
    assert_null(strchr(f->told, '~'));
    assert_null(strchr(f->told, '*'));
}

static void none_of_a_save_is_forgotten(void **state)
{
    struct fixture *f = *state;
    char path[64];

    for (int i = 0; i < 100; i++) {
        snprintf(path, sizeof(path), "screens/%d.txt", i);
        save(f, path, "x");
    }
    for (int i = 0; i < 100; i++) {
        snprintf(path, sizeof(path), "screens/%d.txt ", i);
        expect(f, path);
    }
}

static void new_folders_are_watched(void **state)
{
    struct fixture *f = *state;

    make_folder(f, "lua"); /* one that was missing at the start */
    make_folder(f, "lua/handlers");
    make_folder(f, "lua/handlers/deep");
    save(f, "lua/handlers/deep/first.lua", "x");
    expect(f, "lua/handlers/deep/first.lua ");
    save(f, "lua/handlers/deep/second.lua", "x");
    expect(f, "lua/handlers/deep/second.lua ");
}

static void a_folder_that_moves_is_followed(void **state)
{
    struct fixture *f = *state;

    make_folder(f, "screens/one");
    save(f, "screens/one/a.txt", "x");
    expect(f, "screens/one/a.txt ");
    move(f, "screens/one", "screens/two");
    expect(f, "* ");
    save(f, "screens/two/b.txt", "x");
    expect(f, "screens/two/b.txt ");
    assert_null(strstr(f->told, "screens/one/b.txt"));
    f->told[0] = '\0';
    move(f, "screens/two", "elsewhere");
    expect(f, "* ");
    save(f, "elsewhere/c.txt", "x"); /* not one of the board's */
    save(f, "screens/last.txt", "x");
    expect(f, "screens/last.txt ");
    assert_null(strstr(f->told, "c.txt"));
}

static void what_stands_behind_links_is_seen(void **state)
{
    struct fixture *f = *state;
    char from[512];
    char to[512];

    make_folder(f, "away");
    save(f, "away/a.txt", "x");
    path_of(f, "away", from);
    path_of(f, "screens/link", to);
    assert_int_equal(symlink(from, to), 0);
    expect(f, "screens/link/a.txt ");
    save(f, "away/b.txt", "x");
    expect(f, "screens/link/b.txt ");
    path_of(f, "away/a.txt", from);
    path_of(f, "screens/one.txt", to);
    assert_int_equal(symlink(from, to), 0);
    expect(f, "screens/one.txt ");
}

static void other_files_are_not_told(void **state)
{
    struct fixture *f = *state;

    save(f, "README.md", "x");
    save(f, "screens/.menu.txt.swp", "x");
    save(f, "screens/#menu.txt#", "x");
    save(f, "screens/4913", "x");
    save(f, "screens/menu.txt", "x");
    expect(f, "screens/menu.txt ");
    assert_string_equal(f->told, "screens/menu.txt ");
}

static void a_root_that_is_missing_is_told(void **state)
{
    struct fixture *f = *state;
    const char *folder = "screens";
    struct err e;

    assert_null(watch_new(f->loop, "/nonexistent/board", &folder, 1, changed, f, &e));
    assert_non_null(strstr(e.text, "/nonexistent/board"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_way_of_saving_is_seen),      TEST(none_of_a_save_is_forgotten),
        TEST(new_folders_are_watched),          TEST(a_folder_that_moves_is_followed),
        TEST(what_stands_behind_links_is_seen), TEST(other_files_are_not_told),
        TEST(a_root_that_is_missing_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
