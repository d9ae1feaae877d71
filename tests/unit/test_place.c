/* Places: folders that are made where they are missing, and files that are moved to another
 * disk, by several callers at one time; files that get a new text. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/place.h"

enum { CALLERS = 4, ROUNDS = 300, MOVES = 20, MOVED = 8 << 20 };

struct round {
    struct place place;
    pthread_barrier_t ready;
};

static void *open_it(void *arg)
{
    struct round *r = arg;
    struct err e = {0};
    int fd;

    pthread_barrier_wait(&r->ready);
    fd = place_open_folder(&r->place, true, &e);
    if (fd < 0)
        return "refused";
    close(fd);
    return NULL;
}

static void callers_share_a_folder_that_was_missing(void **state)
{
    char root[] = "/tmp/perigee-place-XXXXXX";
    unsigned refused = 0;

    (void)state;
    assert_non_null(mkdtemp(root));
    for (unsigned i = 0; i < ROUNDS; i++) {
        char path[80];
        struct round r = {.place = {.root = root, .path = "up"}};
        pthread_t threads[CALLERS];

        pthread_barrier_init(&r.ready, NULL, CALLERS);
        for (unsigned k = 0; k < CALLERS; k++)
            assert_int_equal(pthread_create(&threads[k], NULL, open_it, &r), 0);
        for (unsigned k = 0; k < CALLERS; k++) {
            void *result;

            pthread_join(threads[k], &result);
            refused += result != NULL;
        }
        pthread_barrier_destroy(&r.ready);
        snprintf(path, sizeof(path), "%s/up", root);
        assert_int_equal(rmdir(path), 0);
    }
    rmdir(root);
    assert_int_equal(refused, 0);
}

/* --- to another disk --- */

struct move {
    struct place from;
    struct place to;
    pthread_barrier_t ready;
};

/* "": it is somewhere else already, or on its way. NULL: it is here, as it was. */
static void *move_it(void *arg)
{
    struct move *m = arg;
    char *there = malloc(MOVED);
    struct err e = {0};
    char *result = "";
    int fd;

    pthread_barrier_wait(&m->ready);
    if (place_rename(&m->from, &m->to, &e) == 0) {
        fd = place_open(&m->to, O_RDONLY, &e);
        result = fd >= 0 && read(fd, there, MOVED) == MOVED ? NULL : "it is not whole";
        for (size_t i = 0; i < MOVED && !result; i++)
            result = there[i] == 'x' ? NULL : "it has a hole";
        close(fd);
    }
    free(there);
    return result;
}

static bool is_another_disk(const char *one, const char *other)
{
    struct stat st[2];

    return stat(one, &st[0]) == 0 && stat(other, &st[1]) == 0 && st[0].st_dev != st[1].st_dev;
}

static void write_file(const char *folder, const char *name)
{
    static char bytes[MOVED];
    char path[80];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    f = fopen(path, "wb");
    assert_non_null(f);
    memset(bytes, 'x', sizeof(bytes));
    assert_int_equal(fwrite(bytes, 1, sizeof(bytes), f), sizeof(bytes));
    fclose(f);
}

/* As when a caller leaves while a file is moved, and it is found again. */
static void what_is_moved_twice_at_once_is_whole(void **state)
{
    char here[] = "/tmp/perigee-place-XXXXXX";
    char there[] = "/dev/shm/perigee-place-XXXXXX";

    (void)state;
    assert_non_null(mkdtemp(here));
    if (!mkdtemp(there) || !is_another_disk(here, there)) {
        rmdir(there);
        rmdir(here);
        print_message("skipped: there is no other file system at /dev/shm\n");
        skip();
    }
    for (unsigned i = 0; i < MOVES; i++) {
        struct move m = {.from = {there, "a"}, .to = {here, "a"}};
        pthread_t threads[CALLERS];
        struct err e;

        write_file(there, "a");
        pthread_barrier_init(&m.ready, NULL, CALLERS);
        for (unsigned k = 0; k < CALLERS; k++)
            assert_int_equal(pthread_create(&threads[k], NULL, move_it, &m), 0);
        for (unsigned k = 0; k < CALLERS; k++) {
            void *result;

            pthread_join(threads[k], &result);
            if (result && *(char *)result)
                fail_msg("%s", (char *)result);
        }
        pthread_barrier_destroy(&m.ready);
        assert_int_equal(place_remove(&m.to, &e), 0);
        assert_int_equal(place_remove(&m.from, &e), -1);
    }
    assert_int_equal(rmdir(here), 0); /* no part is left */
    rmdir(there);
}

static void write_text(const struct place *p, const char *text, bool is_new, const char *why)
{
    struct err e = {""};
    int rc = place_write(p, span_of(text), is_new, &e);

    assert_string_equal(e.text, why);
    assert_int_equal(rc, why[0] ? -1 : 0);
}

static void expect_text(const char *path, const char *text)
{
    char found[100] = "";
    FILE *f = fopen(path, "rb");

    assert_non_null(f);
    found[fread(found, 1, sizeof(found) - 1, f)] = '\0';
    fclose(f);
    assert_string_equal(found, text);
}

static void a_text_is_written_whole_or_not_at_all(void **state)
{
    char root[] = "/tmp/perigee-place-XXXXXX";
    char path[80], other[80], part[80];
    const struct place p = {root, "a.txt"};
    const struct place link = {root, "link.txt"};
    struct stat st;

    (void)state;
    assert_non_null(mkdtemp(root));
    snprintf(path, sizeof(path), "%s/a.txt", root);
    snprintf(other, sizeof(other), "%s/link.txt", root);
    snprintf(part, sizeof(part), "%s/.part-a.txt", root);
    write_text(&p, "x", false, "a.txt: No such file or directory");
    write_text(&p, "one", true, "");
    write_text(&p, "two", true, "a.txt: File exists");
    assert_int_equal(chmod(path, 0640), 0);
    write_text(&p, "two", false, "");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_int_equal(mkdir(part, 0700), 0); /* in its way: it can't be written */
    write_text(&p, "three", false, "a.txt: Is a directory");
    expect_text(path, "two");
    assert_int_equal(rmdir(part), 0);
    assert_int_equal(symlink("a.txt", other), 0);
    write_text(&link, "three", false, "link.txt: it is a link, or no file");
    expect_text(path, "two");
    unlink(other);
    unlink(path);
    assert_int_equal(rmdir(root), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(callers_share_a_folder_that_was_missing),
        cmocka_unit_test(what_is_moved_twice_at_once_is_whole),
        cmocka_unit_test(a_text_is_written_whole_or_not_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
