/* The file areas of the starter board: what a sysop drops in, lists, marks, downloads by rz,
 * uploads by sz, descriptions, duplicates, approval. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <archive.h>
#include <cmocka.h>

#include "tests/board/area.h"
#include "tests/board/cast.h"
#include "tests/board/window.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up_starter, stage_tear_down)

static void what_is_dropped_in_is_there(void **state)
{
    struct caller *c = area_begin();

    (void)state;
    drop_in("art", "moon.zip", "Moon and stars\r\nby luna, \311\315\273\r\n\032SAUCE");
    go_to_area(c, "1", "Art");
    caller_expect(c, "moon.zip");
    caller_expect(c, "Moon and stars");
    caller_expect(c, "1 file, ");
    caller_send(c, "\r");
    caller_expect(c, "by the sysop");
    caller_expect(c, "by luna, ╔═╗");
    caller_expect(c, "Which key? ");
    caller_send(c, "v");
    caller_expect(c, "What is in moon.zip");
    caller_expect(c, "5 bytes  read.me");
    caller_send(c, "q");
    caller_expect(c, "Which key? ");
    board_remove(board, "data/files/areas/art/moon.zip");
    board_expect_log(board, NULL, "moon.zip in art is gone");
    caller_send(c, "q");
    caller_expect(c, "no files");
}

/* Also by a name that an area has in the store, and nobody may see. */
static void areas_are_for_levels(void **state)
{
    struct caller *c = area_begin();

    (void)state;
    drop_in("art", "moon.txt", "The moon");
    board_write(board, "lua/areas.lua",
                "require('bbs.files').define { { name = 'art', title = 'Art', see = 50 },\n"
                "  { name = 'texts', title = 'Writings', download = 50, upload = 50 } }\n");
    board_expect_log(board, NULL, "reload event=lua");
    drop_in("texts", "sun.txt", "The sun");
    caller_send(c, "f");
    caller_expect(c, "1  Writings");
    caller_expect(c, "Which area, or key? ");
    assert_false(caller_has(c, "Art   "));
    caller_send(c, "s");
    caller_expect(c, "Search all areas for: ");
    caller_send(c, "moon\r");
    caller_expect(c, "no files");
    caller_send(c, "q");
    caller_expect(c, "Which area, or key? ");
    caller_send(c, "1");
    caller_expect(c, "sun.txt");
    caller_expect(c, "back ");
    caller_send(c, "g");
    caller_expect(c, "sun.txt: it is for level 50 and above");
    caller_expect(c, "back ");
    caller_send(c, "u");
    caller_expect(c, "Uploads here are for level 50 and above");
}

static void lists_are_searched_filtered_and_sorted(void **state)
{
    struct caller *c = area_begin();

    (void)state;
    drop_in("art", "moon.zip", "Silver, and far away");
    drop_in("art", "sun.zip", "Gold, and near");
    drop_in("texts", "a b.txt", "Neither");
    caller_send(c, "f");
    caller_expect(c, "Which area, or key? ");
    caller_send(c, "s");
    caller_expect(c, "Search all areas for: ");
    caller_send(c, "silv awa\r");
    caller_expect(c, "moon.zip");
    caller_expect(c, "1 file, ");
    caller_send(c, "q");
    caller_expect(c, "Which area, or key? ");
    caller_send(c, "n");
    caller_expect(c, "New since your last call");
    caller_expect(c, "3 files, ");
    caller_send(c, "f");
    caller_expect(c, "with: _");
    caller_send(c, "g");
    caller_expect(c, "with: g_");
    caller_send(c, "o");
    caller_expect(c, "sun.zip");
    caller_expect(c, "1 file, ");
    caller_send(c, "\033");
    caller_expect(c, "3 files, ");
    caller_send(c, "s");
    caller_expect(c, "by size");
}

static void marked_files_come_in_one_download(void **state)
{
    static char *const rz[] = {"rz", "-q", NULL};
    struct peer_options options = in_got();
    struct caller *c = area_begin();

    (void)state;
    drop_in("art", "a.txt", "one");
    drop_in("art", "b.txt", "two");
    drop_in("texts", "c.txt", "three");
    go_to_area(c, "1", "Art");
    caller_expect(c, "2 files, ");
    caller_expect(c, "back ");
    caller_send(c, "t"); /* and the bar goes on */
    caller_send(c, "q");
    caller_expect(c, "1 file, 3 bytes marked");
    caller_expect(c, "Which area, or key? ");
    caller_send(c, "2");
    caller_expect(c, "c.txt");
    caller_expect(c, "back ");
    caller_send(c, "t");
    caller_send(c, "d");
    assert_int_equal(peer_run(c, RQINIT, rz, &options), 0);
    caller_expect(c, "a.txt");
    caller_expect(c, "3 bytes");
    caller_expect(c, "c.txt");
    caller_expect(c, "Any key goes on.");
    assert_text("got/a.txt", "one");
    assert_text("got/c.txt", "three");
    caller_send(c, " ");
    caller_expect(c, "back ");
    caller_send(c, "q");
    caller_expect(c, "nothing is marked");
}

static void expect_uploaded(struct caller *c, char *const argv[])
{
    static const struct peer_options options = {0};

    upload(c, argv, &options);
}

static void uploads_are_described_and_kept_once(void **state)
{
    static char *const sz[] = {"sz", "-q", "a.txt", "b.zip", NULL};
    static char *const again[] = {"sz", "-q", "c.txt", "a.txt", NULL};
    struct caller *c = area_begin();

    (void)state;
    write_own("a.txt", "one");
    write_own("c.txt", "one");
    write_zip("got/b.zip", "Of itself");
    go_to_area(c, "1", "Art");
    caller_expect(c, "back ");
    expect_uploaded(c, sz);
    caller_expect(c, "a.txt");
    caller_expect(c, "b.zip");
    caller_expect(c, "What is a.txt?");
    caller_send(c, "The first of all\r");
    caller_expect(c, "Any key goes on.");
    caller_send(c, " ");
    caller_expect(c, "a.txt");
    caller_expect(c, "The first of all");
    caller_expect(c, "Of itself");
    caller_expect(c, "back ");
    assert_text("data/files/areas/art/a.txt", "one");
    write_own("a.txt", "another");
    expect_uploaded(c, again);
    caller_expect(c, "it is here already, as a.txt in Art");
    caller_expect(c, "What is a-2.txt?");
    caller_send(c, "\r");
    caller_expect(c, "Any key goes on.");
    caller_send(c, " ");
    caller_expect(c, "a-2.txt");
    caller_expect(c, "3 files, ");
    assert_text("data/files/areas/art/a-2.txt", "another");
    caller_expect(c, "back ");
    caller_send(c, "\r");
    caller_expect(c, "by luna");
}

static void a_sysop_approves(void **state)
{
    static char *const sz[] = {"sz", "-q", "a.exe", NULL};
    struct caller *c;
    struct caller *other;
    struct caller *sysop;

    (void)state;
    make_sysop();
    c = area_begin();
    write_own("a.exe", "one");
    go_to_area(c, "3", "Programs");
    caller_expect(c, "back ");
    expect_uploaded(c, sz);
    caller_expect(c, "What is a.exe?");
    caller_send(c, "A game\r");
    caller_expect(c, "A sysop looks at it");
    caller_send(c, " ");
    caller_expect(c, "(waiting) ");
    other = sign_up("sol");
    go_to_area(other, "3", "Programs");
    caller_expect(other, "no files");
    sysop = dial();
    caller_log_in(sysop, "moon", "moonmoon9");
    caller_send(sysop, "f");
    caller_expect(sysop, "Which area, or key? ");
    caller_send(sysop, "a");
    caller_expect(sysop, "a.exe");
    caller_expect(sysop, "back ");
    caller_send(sysop, "\r");
    caller_expect(sysop, "It waits for a sysop.");
    caller_expect(sysop, "Which key? ");
    caller_send(sysop, "a");
    caller_expect(sysop, "Which key? ");
    caller_send(other, "s");
    caller_expect(other, "A game");
    caller_send(sysop, "x");
    caller_expect(sysop, "Remove a.exe for good?");
    caller_send(sysop, "y");
    caller_expect(sysop, "no files");
    caller_send(other, "s");
    caller_expect(other, "no files");
    board_expect_log(board, NULL, "audit: moon (127.0.0.1): approve file programs/a.exe");
    board_expect_log(board, NULL, "audit: moon (127.0.0.1): remove file programs/a.exe");
}

/* The line drops when all has come, and before it was described. */
static void what_has_come_whole_is_not_lost(void **state)
{
    static char *const sz[] = {"sz", "-q", "a.txt", NULL};
    struct caller *c = area_begin();

    (void)state;
    write_own("a.txt", "one");
    go_to_area(c, "1", "Art");
    caller_expect(c, "back ");
    expect_uploaded(c, sz);
    caller_expect(c, "What is a.txt?");
    hang_up(c);
    c = sign_up("sol");
    go_to_area(c, "1", "Art");
    caller_expect(c, "a.txt");
}

/* The line drops when all has gone, before that was said; it counts all the same. */
static void a_download_counts_where_the_line_drops_behind_it(void **state)
{
    static char *const rz[] = {"rz", "-q", NULL};
    struct peer_options options = in_got();
    struct caller *c = area_begin();

    (void)state;
    drop_in("art", "a.txt", "one");
    drop_in("art", "b.txt", "two");
    go_to_area(c, "1", "Art");
    caller_expect(c, "back ");
    caller_send(c, "t");
    caller_send(c, "t");
    caller_send(c, "d");
    caller_expect(c, "2 files");
    options.cut_at = "**\030B08"; /* ZFIN: both have been taken */
    assert_int_equal(peer_run(c, RQINIT, rz, &options), -1);
    c = dial();
    caller_log_in(c, "luna", "sunshine7");
    caller_send(c, "f");
    caller_expect(c, "nothing is marked");
    caller_expect(c, "Which area, or key? ");
    caller_send(c, "1");
    caller_expect(c, "     1  ");
    assert_text("got/b.txt", "two");
}

static void upload_is_refused(struct caller *c, char *const argv[], const char *why)
{
    expect_uploaded(c, argv);
    caller_expect(c, why);
    caller_expect(c, "Any key goes on.");
    caller_send(c, " ");
    caller_expect(c, "back ");
}

static void an_area_has_room_for_so_much(void **state)
{
    static char *const sz[] = {"sz", "-q", "a.txt", "b.txt", "c.txt", NULL};
    static char *const one[] = {"sz", "-q", "c.txt", NULL};
    struct caller *c = area_begin();

    (void)state;
    board_write(board, "lua/areas.lua",
                "require('bbs.files').define {\n"
                "  { name = 'art', title = 'Art', space = 25, upload = 1, files = 2 } }\n");
    board_expect_log(board, NULL, "reload event=lua");
    write_own("a.txt", "ten bytes.");
    write_own("b.txt", "ten bytes!");
    write_own("c.txt", "ten bytes?");
    go_to_area(c, "1", "Art");
    caller_expect(c, "back ");
    expect_uploaded(c, sz);
    caller_expect(c, "c.txt  no more files are taken");
    caller_expect(c, "What is a.txt?");
    caller_send(c, "\033");
    caller_expect(c, "Any key goes on.");
    caller_send(c, " ");
    caller_expect(c, "20 bytes");
    caller_expect(c, "back ");
    upload_is_refused(c, one, "c.txt  there is no more room for it");
}

/* A ratio: a file up for each one down. */
static void a_policy_says_who_may(void **state)
{
    static char *const rz[] = {"rz", "-q", NULL};
    static char *const sz[] = {"sz", "-q", "mine.txt", NULL};
    struct peer_options options = in_got();
    struct caller *c = area_begin();

    (void)state;
    board_write(board, "lua/areas.lua",
                "local files = require 'bbs.files'\n"
                "files.define { { name = 'art', title = 'Art' },\n"
                "  { name = 'texts', title = 'Texts' },\n"
                "  policy = function(client, what, about)\n"
                "    local t = files.totals(client)\n"
                "    if what == 'download' and t.downloads >= t.uploads + 1 then\n"
                "      return ('Send us one before %s'):format(about[1].name)\n"
                "    elseif what == 'upload' and about.name == 'texts' then\n"
                "      return 'No more texts'\n"
                "    end\n"
                "  end }\n");
    board_expect_log(board, NULL, "reload event=lua");
    drop_in("art", "a.txt", "one");
    drop_in("texts", "b.txt", "two");
    write_own("mine.txt", "mine");
    go_to_area(c, "2", "Texts");
    caller_expect(c, "back ");
    caller_send(c, "u");
    caller_expect(c, "No more texts");
    caller_expect(c, "back ");
    caller_send(c, "g");
    assert_int_equal(peer_run(c, RQINIT, rz, &options), 0);
    caller_expect(c, "Any key goes on.");
    caller_send(c, "q");
    caller_expect(c, "back ");
    caller_send(c, "q");
    caller_expect(c, "Which area, or key? ");
    caller_send(c, "1");
    caller_expect(c, "a.txt");
    caller_expect(c, "back ");
    caller_send(c, "g");
    caller_expect(c, "Send us one before a.txt");
    caller_expect(c, "back ");
    expect_uploaded(c, sz);
    caller_expect(c, "What is mine.txt?");
    caller_send(c, "\r");
    caller_expect(c, "Any key goes on.");
    caller_send(c, "q");
    caller_expect(c, "back ");
    caller_send(c, "g");
    assert_int_equal(peer_run(c, RQINIT, rz, &options), 0);
    caller_expect(c, "Any key goes on.");
    assert_text("got/a.txt", "one");
}

/* The second call: what was there at the first one is not new any more. And the protocol that
 * was chosen then is still that. */
static void what_is_new_and_chosen_is_kept_between_calls(void **state)
{
    static char *const rb[] = {"rb", "-q", NULL};
    struct peer_options options = in_got();
    struct caller *c = area_begin();
    time_t began;

    (void)state;
    drop_in("art", "old.txt", "old");
    caller_send(c, "f");
    caller_expect(c, "Which area, or key? ");
    caller_send(c, "n");
    caller_expect(c, "old.txt");
    caller_expect(c, "back ");
    caller_send(c, "q");
    caller_expect(c, "Which area, or key? ");
    caller_send(c, "p");
    caller_expect(c, "Which protocol does your terminal have?");
    caller_send(c, "\033[B\r");
    caller_expect(c, "Which area, or key? ");
    began = time(NULL);
    while (time(NULL) == began) /* calls and files are told apart by the second */
        usleep(10000);
    hang_up(c);
    drop_in("texts", "new.txt", "new");
    c = dial();
    caller_log_in(c, "luna", "sunshine7");
    caller_send(c, "f");
    caller_expect(c, "Which area, or key? ");
    caller_send(c, "n");
    caller_expect(c, "new.txt");
    caller_expect(c, "1 file, ");
    caller_expect(c, "back ");
    caller_send(c, "g");
    assert_int_equal(peer_run(c, PEER_BY_HAND, rb, &options), 0);
    caller_expect(c, "Any key goes on.");
    assert_text("got/new.txt", "new");
}

static void nobody_is_told_of_what_they_may_not_see(void **state)
{
    static char *const sz[] = {"sz", "-q", "mine.txt", NULL};
    struct caller *c = area_begin();

    (void)state;
    board_write(board, "lua/areas.lua",
                "require('bbs.files').define {\n"
                "  { name = 'art', title = 'Art', upload = 1, download = 50 },\n"
                "  { name = 'elite', title = 'Elite', see = 60 } }\n");
    board_expect_log(board, NULL, "reload event=lua");
    drop_in("elite", "plan.txt", "the plan");
    drop_in("art", "note.txt", "a note");
    write_own("mine.txt", "the plan");
    go_to_area(c, "1", "Art");
    caller_expect(c, "back ");
    upload_is_refused(c, sz, "mine.txt  it is here already");
    caller_send(c, "v"); /* to read it is to have it */
    caller_expect(c, "note.txt: it is for level 50 and above");
    assert_false(caller_has(c, "plan.txt"));
}

/* A disk that is not there has no files that are gone. */
static void an_area_whose_folder_is_away_keeps_what_is_known(void **state)
{
    char from[PATH_BYTES];
    char to[PATH_BYTES];
    struct caller *c = area_begin();

    (void)state;
    drop_in("art", "moon.zip", "Silver");
    snprintf(from, sizeof(from), "%s/data/files/areas/art", board->folder);
    snprintf(to, sizeof(to), "%s/data/away", board->folder);
    assert_int_equal(rename(from, to), 0);
    board_expect_log(board, NULL, "what is known of its files stays");
    go_to_area(c, "1", "Art");
    caller_expect(c, "Silver");
    assert_int_equal(rename(to, from), 0);
    drop_in("art", "sun.txt", "Gold");
    assert_false(board_log_has(board, "moon.zip in art is gone"));
}

static void mistakes_in_the_areas_are_told(void **state)
{
    static const struct {
        const char *text;
        const char *why;
    } mistakes[] = {
        {"{ name = 'art', see = 'all' }", "lua/areas.lua:1: area art: see: a number expected"},
        {"{ name = 'art', levle = 5 }", "lua/areas.lua:1: area art: there is no 'levle'"},
        {"{ name = 'art', approve = 'yes' }", "area art: approve: a boolean expected"},
        {"{ name = 'art', folder = '/etc' }", "area art: folder: /etc/x"},
        {"{ title = 'Art' }", "area 1: a name of a-z"},
        {"{ name = 'art' }, { name = 'art' }", "area art: there are two"},
        {"policy = 'none'", "lua/areas.lua:1: policy: a function expected"},
        {"polcy = print", "there is no 'polcy' beside the areas"},
    };
    struct caller *c = area_begin();
    char text[PATH_BYTES];
    size_t from = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        snprintf(text, sizeof(text), "require('bbs.files').define { %s }\n", mistakes[i].text);
        board_write(board, "lua/areas.lua", text);
        board_expect_log(board, &from, mistakes[i].why);
    }
    go_to_area(c, "1", "Art");
}

/* The sysop sees who gets what, and how far it is; the others that somebody does. */
static void transfers_under_way_are_shown(void **state)
{
    struct caller *c;
    static char big[3 << 20];
    struct caller *sysop;

    (void)state;
    make_sysop();
    c = area_begin();
    board_write_bytes(board, "data/files/areas/art/big.bin", big, sizeof(big));
    board_expect_log(board, NULL, "big.bin in art is new");
    go_to_area(c, "1", "Art");
    caller_expect(c, "3.0 MiB");
    caller_expect(c, "back ");
    sysop = dial();
    caller_log_in(sysop, "moon", "moonmoon9");
    caller_send(sysop, "f");
    caller_expect(sysop, "Which area, or key? ");
    caller_send(sysop, "w");
    caller_expect(sysop, "Nobody gets or sends a file now.");
    caller_send(c, "g");
    caller_expect(c, RQINIT);
    /* ZRINIT, and that it wants the file from its middle on */
    caller_send_bytes(c, "**\030B0100000023be50\r\n\021", 22);
    caller_expect(c, "big.bin");
    caller_send_bytes(c, "**\030B090000180022a6\r\n\021", 22);
    caller_expect(sysop, "luna");
    caller_expect(sysop, "gets");
    caller_expect(sysop, "big.bin");
    caller_expect(sysop, " %");
    caller_send(sysop, "q");
    caller_expect(sysop, "Which area, or key? ");
    caller_send(sysop, "q");
    caller_expect(sysop, "all callers");
    caller_send(sysop, "w");
    caller_expect(sysop, "gets a file");
    caller_send(c, "\030\030\030\030\030");
    caller_expect(c, "Any key goes on.");
}

/* More than a handler's time and memory would hold at once; and it goes on to look. */
static void an_area_may_have_many_files(void **state)
{
    enum { MANY = 12000 };
    struct caller *c;
    char path[PATH_BYTES];
    char count[40];

    (void)state;
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(path, sizeof(path), "data/files/areas/art/n%05u", i);
        board_write(board, path, "x");
    }
    board_start(board, NULL);
    c = sign_up("luna");
    snprintf(count, sizeof(count), "n%05u in art is new", MANY - 1);
    board_expect_log(board, NULL, count);
    for (unsigned i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "later%u.txt", i);
        drop_in("art", path, "later");
    }
    assert_false(board_log_has(board, "ran for too long"));
    go_to_area(c, "1", "Art");
    caller_expect(c, "12003 files, ");
}

/* In a window of 50 rows; the keys stand below the list. */
static void a_tall_window_shows_more_files(void **state)
{
    struct window *w;
    struct caller *c;
    char path[PATH_BYTES];

    (void)state;
    for (unsigned i = 1; i <= 38; i++) {
        snprintf(path, sizeof(path), "data/files/areas/art/n%02u", i);
        board_write(board, path, "x");
    }
    board_start(board, NULL);
    c = dial();
    c->rows = 50;
    caller_sign_up(c, "luna", "sunshine7");
    board_expect_log(board, NULL, "n38 in art is new");
    go_to_area(c, "1", "Art");
    caller_expect(c, "page 1 of 1");
    caller_expect(c, "back ");
    w = window_of(c);
    assert_non_null(strstr(window_row(w, 6), "n01"));
    assert_non_null(strstr(window_row(w, 43), "n38"));
    assert_non_null(strstr(window_row(w, 47), "Q back"));
    window_free(w);
    caller_resize(c, 80, 24);
    caller_expect(c, "page 1 of 4");
}

static void write_gz_of_gz(const char *path)
{
    static char bytes[ARCHIVE_BYTES];
    struct archive *a = archive_write_new();
    size_t used;

    archive_write_add_filter_gzip(a);
    archive_write_add_filter_gzip(a);
    archive_write_set_format_ustar(a);
    archive_write_set_bytes_per_block(a, 0);
    assert_int_equal(archive_write_open_memory(a, bytes, sizeof(bytes), &used), ARCHIVE_OK);
    add_to_archive(a, "FILE_ID.DIZ", "Of a bomb");
    archive_write_close(a);
    archive_write_free(a);
    board_write_bytes(board, path, bytes, used);
}

/* A thousandfold of a thousandfold. */
static void what_is_compressed_twice_is_not_looked_into(void **state)
{
    struct caller *c = area_begin();

    (void)state;
    write_gz_of_gz("data/files/areas/art/bomb.gz");
    board_expect_log(board, NULL, "bomb.gz in art is new");
    go_to_area(c, "1", "Art");
    caller_expect(c, "bomb.gz");
    caller_expect(c, "back ");
    caller_send(c, "v");
    caller_expect(c, "it is no archive that can be read");
    assert_false(caller_has(c, "Of a bomb"));
}

static void guests_of_dumb_terminals_type_numbers(void **state)
{
    struct caller *c;

    (void)state;
    board_start(board, NULL);
    c = dial_as(CALLER_DUMB);
    caller_sign_up(c, "luna", "sunshine7");
    drop_in("art", "a.txt", "one");
    drop_in("art", "b.txt", "two");
    go_to_area(c, "1", "Art");
    caller_expect(c, "back ");
    caller_send(c, "t");
    caller_expect(c, "Mark which? ");
    caller_send(c, "1-2\r");
    caller_expect(c, "1 * a.txt");
    caller_expect(c, "2 * b.txt");
    caller_expect(c, "back ");
    caller_send(c, "v");
    caller_expect(c, "View which? ");
    caller_send(c, "2\r");
    caller_expect(c, "two");
}

/* --- perigee files --- */

static void a_sysop_works_on_the_areas_from_the_shell(void **state)
{
    char words[PATH_BYTES];
    struct caller *c = area_begin();

    (void)state;
    drop_in("art", "moon.zip", "Silver");
    write_own("sun.txt", "Gold");
    write_own("moon2.zip", "x");
    run_files("list", 0, "Silver");
    snprintf(words, sizeof(words), "add texts %s/got/sun.txt %s/data/files/areas/art/moon.zip",
             board->folder, board->folder);
    run_files(words, 1, "moon.zip: it is here already, as moon.zip in Art");
    assert_text("data/files/areas/texts/sun.txt", "Gold");
    go_to_area(c, "2", "Texts");
    caller_expect(c, "sun.txt");
    run_files("move texts/sun.txt art", 0, "texts/sun.txt is in art now");
    assert_text("data/files/areas/art/sun.txt", "Gold");
    run_files("remove art/moon.zip", 0, "art/moon.zip was removed");
    assert_null(board_read(board, "data/files/areas/art/moon.zip"));
    snprintf(words, sizeof(words), "add nowhere %s/got/sun.txt", board->folder);
    run_files(words, 1, "there are art, texts, programs");
    assert_null(board_read(board, "data/files/incoming/sun.txt"));
    run_files("remove art/moon.zip", 1, "there is no file 'art/moon.zip'");
    board_stop(board);
    board_write(board, "data/files/areas/art/new.txt", "New");
    run_files("scan", 0, "1 new or changed, 0 gone");
    run_files("list art", 0, "sun.txt");
    run_files("list art new", 0, "new.txt");
    run_files("dig", 2, "there is no action 'dig'");
}

/* Has the server opened a file whose path ends so? */
static bool is_open(const char *end)
{
    char link[64];
    char target[PATH_BYTES];

    for (int fd = 0; fd < 100; fd++) {
        ssize_t n;

        snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)board->pid, fd);
        n = readlink(link, target, sizeof(target) - 1);
        target[n > 0 ? n : 0] = '\0';
        if (strlen(target) > strlen(end) && strcmp(target + n - strlen(end), end) == 0)
            return true;
    }
    return false;
}

static void it_stops_while_a_file_is_looked_at(void **state)
{
    char path[PATH_BYTES];
    double until;

    (void)state;
    area_begin();
    drop_in("art", "moon.zip", "Silver");
    board_write(board, "data/files/areas/art/big.tmp", "x");
    snprintf(path, sizeof(path), "%s/data/files/areas/art/big.tmp", board->folder);
    assert_int_equal(truncate(path, 64 << 20), 0);
    until = caller_patience();
    while (!is_open("/art/big.tmp"))
        assert_true(now_seconds() < until);
    assert_int_equal(board_stop(board), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_dropped_in_is_there),
        TEST(areas_are_for_levels),
        TEST(lists_are_searched_filtered_and_sorted),
        TEST(marked_files_come_in_one_download),
        TEST(uploads_are_described_and_kept_once),
        TEST(a_sysop_approves),
        TEST(what_has_come_whole_is_not_lost),
        TEST(a_download_counts_where_the_line_drops_behind_it),
        TEST(an_area_has_room_for_so_much),
        TEST(a_policy_says_who_may),
        TEST(what_is_new_and_chosen_is_kept_between_calls),
        TEST(nobody_is_told_of_what_they_may_not_see),
        TEST(an_area_whose_folder_is_away_keeps_what_is_known),
        TEST(mistakes_in_the_areas_are_told),
        TEST(transfers_under_way_are_shown),
        TEST(an_area_may_have_many_files),
        TEST(a_tall_window_shows_more_files),
        TEST(what_is_compressed_twice_is_not_looked_into),
        TEST(guests_of_dumb_terminals_type_numbers),
        TEST(a_sysop_works_on_the_areas_from_the_shell),
        TEST(it_stops_while_a_file_is_looked_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
