/* What comes into the areas from elsewhere: from another disk, or to one, from two lines at
 * once, and after a server that was killed. */
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/board/area.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up_starter, stage_tear_down)
#define AREAS "data/files/areas/"
#define INCOMING "data/files/incoming/"

enum { LARGE = 3000000, MANY = 12 /* all of them are shown */ };

/* --- another file system --- */

static char elsewhere[64]; /* a folder there, or empty */

/* False, and says so: there is none. */
static bool find_elsewhere(void)
{
    struct stat here;
    struct stat there;

    snprintf(elsewhere, sizeof(elsewhere), "/dev/shm/perigee-test-XXXXXX");
    if (stat(board->folder, &here) == 0 && mkdtemp(elsewhere) && stat(elsewhere, &there) == 0 &&
        here.st_dev != there.st_dev)
        return true;
    print_message("/dev/shm is no other file system than that of the test's folder\n");
    rmdir(elsewhere);
    elsewhere[0] = '\0';
    return false;
}

static void clean_folder(const char *path)
{
    DIR *dir = opendir(path);

    for (const struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir))
        unlinkat(dirfd(dir), e->d_name, 0);
    if (dir)
        closedir(dir);
    rmdir(path);
}

static int clean_elsewhere(void **state)
{
    char path[PATH_BYTES];

    if (elsewhere[0]) {
        snprintf(path, sizeof(path), "%s/art", elsewhere);
        clean_folder(path);
        clean_folder(elsewhere);
    }
    elsewhere[0] = '\0';
    return stage_tear_down(state);
}

static char *make_bytes(size_t len, unsigned seed)
{
    char *bytes = malloc(len);

    for (size_t i = 0; i < len; i++) {
        seed = seed * 1103515245u + 12345u;
        bytes[i] = (char)(seed >> 16);
    }
    return bytes;
}

static void write_bytes(const char *path, size_t len, unsigned seed)
{
    char *bytes = make_bytes(len, seed);
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    fclose(f);
    free(bytes);
}

static bool has_bytes(const char *path, size_t len, unsigned seed)
{
    char *expected = make_bytes(len, seed);
    char *bytes = malloc(len + 1);
    FILE *f = fopen(path, "rb");
    bool same = f && fread(bytes, 1, len + 1, f) == len && memcmp(bytes, expected, len) == 0;

    if (f)
        fclose(f);
    free(bytes);
    free(expected);
    return same;
}

static const char *in_board(const char *name)
{
    static char path[PATH_BYTES];

    snprintf(path, sizeof(path), "%s/%s", board->folder, name);
    return path;
}

/* How many files are in a folder, hidden ones too. */
static unsigned count_files(const char *path)
{
    DIR *dir = opendir(path);
    unsigned n = 0;

    for (const struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir))
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    if (dir)
        closedir(dir);
    return n;
}

static void files_are_added_from_another_disk(void **state)
{
    char path[PATH_BYTES];
    char words[2 * PATH_BYTES];

    (void)state;
    if (!find_elsewhere())
        skip();
    board_start(board, NULL);
    snprintf(path, sizeof(path), "%s/big.bin", elsewhere);
    write_bytes(path, LARGE, 1);
    snprintf(words, sizeof(words), "add art %s", path);
    run_files(words, 0, "big.bin was added to art");
    assert_true(has_bytes(in_board(AREAS "art/big.bin"), LARGE, 1));
    assert_true(has_bytes(path, LARGE, 1));
    run_files(words, 1, "big.bin: it is here already, as big.bin in Art");
    snprintf(words, sizeof(words), "add art %s", elsewhere);
    run_files(words, 1, "Is a directory");
    assert_int_equal(count_files(in_board(INCOMING)), 0);
}

/* The area `art` is on the other disk, `texts` is not. */
static void put_art_elsewhere(void)
{
    char text[4 * PATH_BYTES];

    snprintf(text, sizeof(text), "return { files = { roots = { '%s' } } }\n", elsewhere);
    board_write(board, "lua/settings.lua", text);
    snprintf(text, sizeof(text),
             "require('bbs.files').define {\n"
             "  { name = 'art', title = 'Art', folder = '%s/art' },\n"
             "  { name = 'texts', title = 'Texts' } }\n",
             elsewhere);
    board_write(board, "lua/areas.lua", text);
}

static void an_area_may_be_on_another_disk(void **state)
{
    static char *const sz[] = {"sz", "-q", "big.bin", NULL};
    static const struct peer_options options = {0};
    char path[PATH_BYTES];
    struct caller *c;

    (void)state;
    if (!find_elsewhere())
        skip();
    put_art_elsewhere();
    c = area_begin();
    in_got();
    write_bytes(in_board("got/big.bin"), LARGE, 2);
    go_to_area(c, "1", "Art");
    caller_expect(c, "back ");
    upload(c, sz, &options);
    caller_expect(c, "What is big.bin?");
    snprintf(path, sizeof(path), "%s/art/big.bin", elsewhere);
    assert_true(has_bytes(path, LARGE, 2));
    snprintf(path, sizeof(path), "%s/art", elsewhere);
    assert_int_equal(count_files(path), 1);
    assert_int_equal(count_files(in_board(INCOMING "art-2")), 0);
    run_files("move art/big.bin texts", 0, "art/big.bin is in texts now");
    assert_true(has_bytes(in_board(AREAS "texts/big.bin"), LARGE, 2));
    assert_int_equal(count_files(path), 0);
    run_files("scan", 0, "0 new or changed, 0 gone");
}

/* --- two lines --- */

static struct caller *second;
static char *batch[MANY + 3] = {"sz", "-q"};

static void write_batch(void)
{
    static char names[MANY][16];
    char text[32];

    for (unsigned i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof(names[i]), "n%02u.txt", i);
        snprintf(text, sizeof(text), "text number %u", i);
        write_own(names[i], text);
        batch[2 + i] = names[i];
    }
}

/* In the middle of the first one's. */
static void send_the_second(void)
{
    static const struct peer_options options = {0};

    upload(second, batch, &options);
}

static unsigned count_told(const struct caller *c, const char *text)
{
    unsigned n = 0;

    for (const char *at = c->seen; at && (at = strstr(at, text)); at++)
        n++;
    return n;
}

/* Each file has one place, and the line that was second is told of each where it is. */
static void two_lines_send_the_same_to_two_areas(void **state)
{
    static const struct peer_options options = {.after = send_the_second, .after_bytes = 200};
    struct caller *first;
    unsigned art;
    unsigned texts;

    (void)state;
    first = area_begin();
    second = sign_up("sol");
    write_batch();
    go_to_area(first, "1", "Art");
    caller_expect(first, "back ");
    go_to_area(second, "2", "Texts");
    caller_expect(second, "back ");
    upload(first, batch, &options);
    caller_expect(first, "n11.txt");
    caller_expect(second, "n11.txt");
    art = count_files(in_board(AREAS "art"));
    texts = count_files(in_board(AREAS "texts"));
    assert_int_equal(art + texts, MANY);
    assert_int_equal(count_told(first, " in Texts"), texts);
    assert_int_equal(count_told(second, " in Art"), art);
    assert_int_equal(count_files(in_board(INCOMING "art-2")), 0);
    assert_int_equal(count_files(in_board(INCOMING "texts-3")), 0);
    run_files("scan", 0, "0 new or changed, 0 gone");
}

/* --- a server that was killed --- */

static void kill_the_server(void)
{
    board_kill(board, SIGKILL);
}

/* Whole files are taken, once, and parts are gone on with. */
static void nothing_is_lost_by_a_kill(void **state)
{
    static char *const sz[] = {"sz", "-q", "a.txt", "big.bin", NULL};
    static const struct peer_options killed = {.after = kill_the_server,
                                               .after_bytes = LARGE / 2};
    static const struct peer_options options = {0};
    struct caller *c = area_begin();

    (void)state;
    write_own("a.txt", "one");
    write_bytes(in_board("got/big.bin"), LARGE, 3);
    go_to_area(c, "1", "Art");
    caller_expect(c, "back ");
    upload(c, sz, &killed);
    assert_text(INCOMING "art-2/a.txt", "one");
    assert_int_equal(access(in_board(INCOMING "art-2/.part-2-big.bin"), F_OK), 0);
    board_start(board, NULL);
    board_expect_log(board, NULL, "files: a.txt in art: its caller has hung up; it is taken");
    assert_text(AREAS "art/a.txt", "one");
    assert_int_equal(access(in_board(INCOMING "art-2/a.txt"), F_OK), -1);
    c = dial();
    caller_log_in(c, "luna", "sunshine7");
    go_to_area(c, "1", "Art");
    caller_expect(c, "a.txt");
    caller_expect(c, "back ");
    upload(c, sz, &options);
    caller_expect(c, "a.txt  it is here already, as a.txt in Art");
    caller_expect(c, "big.bin");
    caller_expect(c, "were there");
    caller_expect(c, "What is big.bin?");
    assert_true(has_bytes(in_board(AREAS "art/big.bin"), LARGE, 3));
    assert_int_equal(count_files(in_board(INCOMING "art-2")), 0);
}

/* Killed between two steps of taking a file: its row is there, or it is in both places. */
static void what_was_half_taken_is_taken_once(void **state)
{
    static char *const sz[] = {"sz", "-q", "a.txt", "b.txt", NULL};
    static const struct peer_options options = {0};
    struct caller *c = area_begin();

    (void)state;
    write_own("a.txt", "one");
    write_own("b.txt", "two");
    go_to_area(c, "1", "Art");
    caller_expect(c, "back ");
    upload(c, sz, &options);
    caller_expect(c, "What is a.txt?");
    board_kill(board, SIGKILL);
    board_remove(board, AREAS "art/a.txt"); /* not moved yet */
    board_write(board, INCOMING "art-2/a.txt", "one");
    board_write(board, INCOMING "art-2/b.txt", "two"); /* the other disk's not removed yet */
    board_start(board, NULL);
    board_expect_log(board, NULL, "files: a.txt in art: its caller has hung up; it is taken");
    board_expect_log(board, NULL, "files: b.txt in art: it is here already");
    assert_text(AREAS "art/a.txt", "one");
    assert_text(AREAS "art/b.txt", "two");
    assert_int_equal(count_files(in_board(INCOMING "art-2")), 0);
    assert_int_equal(count_files(in_board(AREAS "art")), 2);
    run_files("scan", 0, "0 new or changed, 0 gone");
    run_files("list art", 0, "b.txt");
    assert_false(board_log_has(board, "is gone"));
}

/* Where it can't be put, it stays for another time. */
static void what_was_left_waits_for_its_disk(void **state)
{
    size_t from = 0;

    (void)state;
    board_write(board, INCOMING "art-2/a.txt", "one");
    board_write(board, "data/files/areas/art", "in the place of the folder");
    area_begin();
    board_expect_log(board, &from, "files: a.txt in art: ");
    assert_int_equal(board_stop(board), 0);
    assert_text(INCOMING "art-2/a.txt", "one");
    board_remove(board, "data/files/areas/art");
    board_start(board, NULL);
    board_expect_log(board, &from, "files: a.txt in art: its caller has hung up; it is taken");
    assert_text(AREAS "art/a.txt", "one");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_are_added_from_another_disk, stage_set_up_starter,
                                        clean_elsewhere),
        cmocka_unit_test_setup_teardown(an_area_may_be_on_another_disk, stage_set_up_starter,
                                        clean_elsewhere),
        TEST(two_lines_send_the_same_to_two_areas),
        TEST(nothing_is_lost_by_a_kill),
        TEST(what_was_half_taken_is_taken_once),
        TEST(what_was_left_waits_for_its_disk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
