/* The lists in an area's folder that describe its files: FILES.BBS and DESCRIPT.ION. */
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

#include "tests/board/area.h"
#include "tests/board/cast.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up_starter, stage_tear_down)
#define ART "data/files/areas/art/"

enum { LIST_MOST = 1 << 20 };

struct described {
    const char *name;
    const char *text; /* the first line */
};

/* As most editors save: in its place. */
static void save_list(const char *name, const char *text)
{
    char path[PATH_BYTES];

    snprintf(path, sizeof(path), ART "%s", name);
    board_write(board, path, text);
}

static void expect_described_anew(size_t *from, const char *name)
{
    char line[PATH_BYTES];

    snprintf(line, sizeof(line), "files: %s in art is described anew", name);
    board_expect_log(board, from, line);
}

static void assert_described(const char *name, const char *text)
{
    char words[PATH_BYTES];
    char line[PATH_BYTES];

    snprintf(words, sizeof(words), "list art %s", name);
    snprintf(line, sizeof(line), "  %s\n", text);
    run_files(words, 0, line);
}

static void drop_in_described(const struct described *files, size_t count)
{
    for (size_t i = 0; i < count; i++)
        drop_in("art", files[i].name, "x");
    for (size_t i = 0; i < count; i++)
        assert_described(files[i].name, files[i].text);
}

#define DROP_IN_DESCRIBED(files) drop_in_described(files, sizeof(files) / sizeof((files)[0]))

/* Shows the file at the bar in the area. */
static void show_file(struct caller *c)
{
    caller_expect(c, "back ");
    caller_send(c, "\r");
}

static void a_list_counts_over_what_is_in_the_archive(void **state)
{
    struct caller *c = area_begin();

    (void)state;
    save_list("files.bbs", "MOON.ZIP  Silver\r\n");
    save_list("Descript.ion", "moon.zip Gold\r\nsun.zip Gold\r\n");
    drop_in("art", "moon.zip", "Of itself");
    drop_in("art", "sun.zip", "Of itself");
    drop_in("art", "venus.zip", "Of itself");
    assert_described("moon.zip", "Silver");
    assert_described("sun.zip", "Gold");
    assert_described("venus.zip", "Of itself");
    go_to_area(c, "1", "Art");
    caller_expect(c, "3 files, ");
    assert_false(caller_has(c, "files.bbs"));
    assert_false(caller_has(c, "Descript.ion"));
    assert_false(board_log_has(board, "files: files.bbs in art"));
}

static void files_bbs_has_columns_and_headings(void **state)
{
    static const struct described files[] = {
        {"a.txt", "Alone"},
        {"b.txt", "With a size"},
        {"c.txt", "With a date"},
        {"d.txt", "With both"},
        {"e.txt", "3 games"},
        {"f.txt", "64k intro"},
        {"g.txt", "Counted"},
        {"h.txt", "First"},
        {"i.txt", "Of ╔═╗"},
        {"j.txt", "1.2.3 is out"},
        {"k.txt", "Counted, of size"},
        {"l.txt", "Large"},
        {"BÄR.txt", "A bear"},
        {"m n.txt", "Of two words"},
        {"o.txt", "From 1994"},
    };
    struct caller *c = area_begin();

    (void)state;
    save_list("FILES.BBS", "   Of everything\r\n"
                           "---------- A to Z\r\n"
                           "   Art of the moon\r\n"
                           "; b.txt is no more\r\n"
                           "\r\n"
                           "A.TXT Alone  \r\n"
                           "  and more\r\n"
                           "  | of it\r\n"
                           "  + and\tof that\r\n"
                           "\r\n"
                           "  A heading\r\n"
                           "B.TXT      123  With a size\r\n"
                           "C.TXT 24.12.1994 With a date\r\n"
                           "D.TXT  1,234 12-24-94  With both\r\n"
                           "E.TXT 3 games\r\n"
                           "F.TXT 64k intro\r\n"
                           "G.TXT [ 12] Counted\r\n"
                           "H.TXT First\r\n"
                           "H.TXT Second\r\n"
                           "I.TXT Of \311\315\273\r\n"
                           "J.TXT 1.2.3 is out\r\n"
                           "K.TXT 123456 1994-12-24 [3] Counted, of size\r\n"
                           "L.TXT 1048576 Large\r\n"
                           "b\204r.txt A bear\r\n"
                           "\"M N.TXT\" Of two words\r\n"
                           "O.TXT 12/24/94 From 1994\r\n"
                           "\032P.TXT SAUCE\r\n");
    DROP_IN_DESCRIBED(files);
    go_to_area(c, "1", "Art");
    caller_expect(c, "back ");
    caller_send(c, "\r");
    caller_expect(c, "Alone");
    caller_expect(c, "and more");
    caller_expect(c, "of it");
    caller_expect(c, "and of that");
    caller_expect(c, "Which key? ");
    assert_false(caller_has(c, "A heading"));
}

/* With the marks of Total Commander, which are no UTF-8. */
static void descript_ion_has_names_in_quotes_and_marks(void **state)
{
    static const struct described files[] = {
        {"a b.txt", "Two words, ═ and ü"},
        {"c.txt", "12345 is a number here"},
        {"d.txt", "No mark"},
    };
    struct caller *c = area_begin();

    (void)state;
    save_list("DESCRIPT.ION", "\"A b.txt\" Two words, ═ and ü\\n second\004\302\r\n"
                              "C.txt 12345 is a number here\004\302\r\n"
                              "D.txt No mark\r\n");
    DROP_IN_DESCRIBED(files);
    go_to_area(c, "1", "Art");
    show_file(c);
    caller_expect(c, "Two words");
    caller_expect(c, "second");
}

static void edit_as_sysop(const char *text)
{
    struct caller *c = sysop();

    go_to_area(c, "1", "Art");
    show_file(c);
    caller_expect(c, "Which key? ");
    caller_send(c, "e");
    caller_expect(c, "Ctrl-Z save");
    caller_send(c, text);
    caller_send(c, "\032");
    caller_expect(c, "Which key? ");
    hang_up(c);
}

static void a_list_that_is_saved_later_describes_again(void **state)
{
    size_t from = 0;

    (void)state;
    make_sysop();
    area_begin();
    drop_in("art", "moon.zip", "Of itself");
    drop_in("art", "sun.zip", "Of itself");
    save_list("FILES.BBS", "MOON.ZIP Silver\nSUN.ZIP Gold\nVENUS.ZIP Copper\n");
    expect_described_anew(&from, "moon.zip");
    expect_described_anew(&from, "sun.zip");
    assert_described("moon.zip", "Silver");
    drop_in("art", "venus.zip", "Of itself");
    assert_described("venus.zip", "Copper");
    edit_as_sysop("Bright ");
    assert_described("moon.zip", "Bright Silver");
    save_list("FILES.BBS", "MOON.ZIP Silver\nSUN.ZIP Yellow\nVENUS.ZIP Copper\n");
    expect_described_anew(&from, "sun.zip");
    assert_described("moon.zip", "Bright Silver");
    assert_int_equal(board_stop(board), 0);
    board_start(board, NULL);
    save_list("FILES.BBS", "MOON.ZIP White\n");
    expect_described_anew(&from, "moon.zip");
    assert_described("moon.zip", "White");
    assert_described("sun.zip", "Yellow");
    board_remove(board, ART "FILES.BBS");
    board_write(board, ART "new.txt", "x");
    expect_new("art", "new.txt");
    assert_described("moon.zip", "White");
}

static void a_list_describes_what_comes_from_elsewhere(void **state)
{
    static char *const sz[] = {"sz", "-q", "sun.txt", NULL};
    static const struct peer_options options = {0};
    struct caller *c = area_begin();

    (void)state;
    drop_in("texts", "moon.txt", "x");
    save_list("FILES.BBS", "MOON.TXT Silver\nSUN.TXT Gold\n");
    drop_in("art", "venus.txt", "The scan has seen the list");
    run_files("move texts/moon.txt art", 0, "is in art now");
    assert_described("moon.txt", "Silver");
    write_own("sun.txt", "y");
    go_to_area(c, "1", "Art");
    caller_expect(c, "back ");
    upload(c, sz, &options);
    caller_expect(c, "Any key goes on."); /* and no question what it is */
    assert_false(caller_has(c, "What is sun.txt?"));
    assert_described("sun.txt", "Gold");
}

static void an_upload_is_no_list(void **state)
{
    static char *const sz[] = {"sz", "-q", "Files.bbs", "a.txt", NULL};
    static const struct peer_options options = {0};
    char words[PATH_BYTES];
    struct caller *c = area_begin();

    (void)state;
    write_own("Files.bbs", "a.txt Mine\n");
    write_own("a.txt", "x");
    go_to_area(c, "1", "Art");
    caller_expect(c, "back ");
    upload(c, sz, &options);
    caller_expect(c, "Files.bbs  that is what a sysop's list of descriptions is called");
    caller_expect(c, "What is a.txt?");
    snprintf(words, sizeof(words), "add art %s/got/Files.bbs", board->folder);
    run_files(words, 1, "Files.bbs: that is what a sysop's list of descriptions is called");
    assert_null(board_read(board, ART "Files.bbs"));
}

/* --- mistakes --- */

static unsigned count_logged(const char *text)
{
    size_t n = 0;
    unsigned count = 0;

    board_log_has(board, text); /* reads on */
    for (const char *at = board->log; (at = strstr(at, text)) != NULL; at += n) {
        n = strlen(text);
        count++;
    }
    return count;
}

static void a_list_that_is_too_large_is_not_read(void **state)
{
    char *text = malloc(LIST_MOST + 2);
    size_t from = 0;

    (void)state;
    area_begin();
    memset(text, 'x', LIST_MOST + 1);
    memcpy(text, "a.txt Large\n", 12);
    text[LIST_MOST + 1] = '\0';
    save_list("FILES.BBS", text);
    drop_in("art", "a.txt", "x");
    drop_in("art", "b.txt", "x");
    board_expect_log(board, NULL,
                     "files: art/FILES.BBS: it is not read: it has more than 1 MiB");
    assert_int_equal(count_logged("it is not read"), 1);
    save_list("FILES.BBS", "a.txt Small\n");
    expect_described_anew(&from, "a.txt");
    assert_described("a.txt", "Small");
    free(text);
}

static void a_list_that_cannot_be_read_is_told_once(void **state)
{
    char path[PATH_BYTES];
    size_t from = 0;

    (void)state;
    if (geteuid() == 0)
        skip(); /* who reads everything */
    area_begin();
    save_list("FILES.BBS", "a.txt Read\n");
    snprintf(path, sizeof(path), "%s/" ART "FILES.BBS", board->folder);
    assert_int_equal(chmod(path, 0), 0);
    drop_in("art", "a.txt", "x");
    drop_in("art", "b.txt", "x");
    board_expect_log(board, NULL, "files: art/FILES.BBS: it is not read: ");
    assert_int_equal(count_logged("it is not read"), 1);
    assert_int_equal(chmod(path, 0600), 0);
    expect_described_anew(&from, "a.txt");
    assert_described("a.txt", "Read");
}

static void a_link_is_no_list(void **state)
{
    char target[PATH_BYTES];
    char path[PATH_BYTES];

    (void)state;
    area_begin();
    drop_in("art", "a.txt", "x");
    board_write(board, "data/secret", "a.txt The secret\n");
    snprintf(target, sizeof(target), "%s/data/secret", board->folder);
    snprintf(path, sizeof(path), "%s/" ART "FILES.BBS", board->folder);
    assert_int_equal(symlink(target, path), 0);
    board_expect_log(board, NULL, "files: art: 1 left out: links");
    drop_in("art", "b.txt", "x");
    run_files("list art secret", 1, "no file has all these words");
}

/* Sequences, one without an end; a line without an end, and nothing but lines of one byte. */
static void strange_lists_do_no_harm(void **state)
{
    static const struct described files[] = {
        {"a.txt", "Red and blue"}, {"b.txt", "Before"}, {"c.txt", "Behind"}};
    char *text = malloc(LIST_MOST + 1);
    size_t from = 0;
    size_t len;

    (void)state;
    area_begin();
    save_list("FILES.BBS", "a.txt \033[31mRed\a and\177 \033[44mblue\n"
                           "b.txt Before\033]0;title\n"
                           "c.txt Behind\n"
                           "\"\n\"\"\n[\n%\n");
    DROP_IN_DESCRIBED(files);
    memset(text, ' ', LIST_MOST);
    memcpy(text, "a.txt Long", 10);
    memcpy(text + LIST_MOST - 5, " end\n", 6);
    save_list("FILES.BBS", text);
    expect_described_anew(&from, "a.txt");
    assert_described("a.txt", "Long");
    memset(text, 'y', LIST_MOST);
    memcpy(text, "b.txt ", 6);
    save_list("FILES.BBS", text);
    expect_described_anew(&from, "b.txt");
    len = (size_t)sprintf(text, "c.txt Many\n");
    for (unsigned i = 0; len < LIST_MOST - 20; i++)
        len += (size_t)sprintf(text + len, "%x b\n", i);
    save_list("FILES.BBS", text);
    expect_described_anew(&from, "c.txt");
    board_expect_log(board, NULL, "it describes more than 20000 files");
    memset(text, '\n', LIST_MOST);
    memcpy(text, "c.txt One\n |", 12);
    memcpy(text + LIST_MOST - 11, "a.txt Last\n", 12);
    save_list("FILES.BBS", text);
    expect_described_anew(&from, "a.txt");
    assert_false(board_log_has(board, "ran for too long"));
    assert_false(board_log_has(board, "memory"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_list_counts_over_what_is_in_the_archive),
        TEST(files_bbs_has_columns_and_headings),
        TEST(descript_ion_has_names_in_quotes_and_marks),
        TEST(a_list_that_is_saved_later_describes_again),
        TEST(a_list_describes_what_comes_from_elsewhere),
        TEST(an_upload_is_no_list),
        TEST(a_list_that_is_too_large_is_not_read),
        TEST(a_list_that_cannot_be_read_is_told_once),
        TEST(a_link_is_no_list),
        TEST(strange_lists_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
