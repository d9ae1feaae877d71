/* What an account leaves behind: in every table of the schema, and in a board's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/traces.h"

enum { LUNA = 1, SOL, RIO, MOON, SYSOP = 100 };

static char folder[] = "/tmp/perigee-traces-XXXXXX";
static char path[sizeof(folder) + 8];
static struct db *db;

static void sql(const char *text)
{
    struct err e = {""};

    if (db_exec(db, text, &e) < 0)
        fail_msg("%s: %s", text, e.text);
}

static int64_t number(const char *text)
{
    struct rows *rows = NULL;
    struct err e = {""};
    int64_t n;

    if (db_run(db, span_of(text), NULL, 0, &rows, &e) < 0)
        fail_msg("%s: %s", text, e.text);
    n = rows->count > 0 ? rows_at(rows, 0, 0).integer : -1;
    rows_free(rows);
    return n;
}

static void add(const char *handle, int level)
{
    struct err e;

    assert_int_equal(
        account_add(db, span_of(handle), span_of(handle), "hash", level, false, &e), 0);
}

static struct account find(int64_t id)
{
    struct account a;
    struct err e;

    assert_int_equal(account_find_id(db, id, &a, &e), 1);
    return a;
}

static int set_up(void **state)
{
    struct err e;

    (void)state;
    strcpy(folder, "/tmp/perigee-traces-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/db", folder);
    db = db_open(path, true, &e);
    assert_non_null(db);
    add("luna", 10);
    add("sol", 20);
    add("rio", 10);
    add("moon", SYSOP);
    return 0;
}

static int tear_down(void **state)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char name[sizeof(path) + 8];

    (void)state;
    db_close(db);
    for (unsigned i = 0; i < 3; i++) {
        snprintf(name, sizeof(name), "%s%s", path, ends[i]);
        unlink(name);
    }
    return rmdir(folder);
}

static void delete_luna(enum account_end how)
{
    struct account luna = find(LUNA);
    struct err e;

    assert_int_equal(account_delete(db, &luna, how, SYSOP, &e), 0);
}

static void merge_luna_into_sol(void)
{
    struct account luna = find(LUNA);
    struct account sol = find(SOL);
    struct err e;

    assert_int_equal(account_merge(db, &luna, &sol, SYSOP, &e), 0);
}

/* Luna's, in each column of each table that refers to an account: who adds one adds it here. */
static const char luna_everywhere[] =
    "INSERT INTO drafts VALUES (1, 'letter', 'luna wrote', 5);"
    "INSERT INTO files (id, area, name, size, modified, sha256, uploader, added_at) VALUES "
    "(1, 'art', 'moon.ans', 9, 0, 'x', 1, 0);"
    "INSERT INTO file_tags VALUES (1, 1);"
    "INSERT INTO file_totals VALUES (1, 1, 10, 2, 20, 'zmodem', 5, 4);"
    "INSERT INTO rooms (id, name, made_by, made_at) VALUES (1, 'Den', 1, 0);"
    "INSERT INTO room_lines (room, kind, user, nick_name, text, at) VALUES "
    "(1, 'say', 1, 'luna', 'hello', 0), (1, 'say', 2, 'sol', 'hello luna', 0);"
    "INSERT INTO room_rights (room, user, what) VALUES (1, 1, 'op');"
    "INSERT INTO chat_choices (user, away) VALUES (1, 'in Rome');"
    "INSERT INTO ignored VALUES (1, 3), (3, 1);"
    "INSERT INTO friends VALUES (1, 3), (3, 1);"
    "INSERT INTO pages (user, sender, nick_name, text, at) VALUES (1, 3, 'rio', 'to luna', 0), "
    "(3, 1, 'luna', 'from luna', 0);"
    "INSERT INTO bans (user, until, who, at) VALUES (1, 100, 'moon', 0);";

/* Tables of a board's own. */
static const char board_tables[] =
    "CREATE TABLE wall_lines (id INTEGER PRIMARY KEY, user INTEGER REFERENCES users (id) ON "
    "DELETE SET NULL, nick_name TEXT NOT NULL, text TEXT);"
    "CREATE TABLE \"a \"\"vote\"\"\" (\"who it is\" INTEGER PRIMARY KEY REFERENCES Users (id), "
    "what TEXT);"
    "INSERT INTO wall_lines (user, nick_name, text) VALUES (1, 'luna', 'mine');"
    "INSERT INTO \"a \"\"vote\"\"\" VALUES (1, 'yes');";

/* The references to `id`; with `all`, those that a row is missing for are an error, but for
 * those of the table `but`. */
static unsigned references(int64_t id, bool all, const char *but)
{
    struct rows *rows = NULL;
    struct err e = {""};
    unsigned found = 0;

    assert_int_equal(
        db_run(db,
               SPAN_LIT("SELECT m.name, f.\"from\", replace(m.name, '\"', '\"\"') FROM "
                        "sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = "
                        "'table' AND lower(f.\"table\") = 'users'"),
               NULL, 0, &rows, &e),
        0);
    assert_true(rows->count >= 15);
    for (unsigned i = 0; i < rows->count; i++) {
        char count[300];

        snprintf(count, sizeof(count), "SELECT count(*) FROM \"%.*s\" WHERE \"%.*s\" = %d",
                 SPAN_ARG(rows_at(rows, i, 2).text), SPAN_ARG(rows_at(rows, i, 1).text),
                 (int)id);
        if (number(count) > 0)
            found++;
        else if (all && !span_is(rows_at(rows, i, 0).text, but))
            fail_msg("%.*s.%.*s refers to an account: add a row of luna's to this test",
                     SPAN_ARG(rows_at(rows, i, 0).text), SPAN_ARG(rows_at(rows, i, 1).text));
    }
    rows_free(rows);
    return found;
}

static void fill_all(void)
{
    sql(luna_everywhere);
    sql(board_tables);
    references(LUNA, true, "");
}

/* What others had before is theirs after it. */
static void expect_others_untouched(void)
{
    assert_int_equal(number("SELECT count(*) FROM users"), 3);
    assert_int_equal(number("SELECT count(*) FROM passwords"), 3);
    assert_int_equal(number("SELECT count(*) FROM files"), 1);
    assert_int_equal(number("SELECT count(*) FROM rooms"), 1);
    assert_int_equal(number("SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

/* --- deleting --- */

static void nothing_is_left_of_who_is_erased(void **state)
{
    (void)state;
    fill_all();
    delete_luna(ACCOUNT_ERASED);
    assert_int_equal(references(LUNA, false, ""), 0);
    expect_others_untouched();
    assert_int_equal(number("SELECT count(*) FROM room_lines"), 1);
    assert_int_equal(number("SELECT count(*) FROM room_lines WHERE user = 2"), 1);
    assert_int_equal(number("SELECT count(*) FROM wall_lines"), 0);
    assert_int_equal(number("SELECT count(*) FROM \"a \"\"vote\"\"\""), 0);
    assert_int_equal(number("SELECT count(*) FROM pages"), 0);
    assert_int_equal(number("SELECT count(*) FROM files WHERE uploader IS NULL"), 1);
}

static void who_is_anonymised_has_no_name(void **state)
{
    (void)state;
    fill_all();
    delete_luna(ACCOUNT_ANONYMISED);
    assert_int_equal(references(LUNA, false, ""), 0);
    expect_others_untouched();
    assert_int_equal(
        number("SELECT count(*) FROM room_lines WHERE user IS NULL AND nick_name = "
               "'somebody' AND text = 'hello'"),
        1);
    assert_int_equal(number("SELECT count(*) FROM wall_lines WHERE nick_name = 'somebody'"), 1);
    assert_int_equal(number("SELECT count(*) FROM pages WHERE nick_name = 'somebody'"), 1);
    assert_int_equal(number("SELECT count(*) FROM pages"), 1); /* to luna: nobody reads it */
}

/* The number of who is gone is nobody else's, and the name may be taken again. */
static void a_name_is_free_again(void **state)
{
    (void)state;
    delete_luna(ACCOUNT_ANONYMISED);
    add("luna", 10);
    assert_int_equal(number("SELECT id FROM users WHERE handle = 'luna'"), 5);
}

static void the_last_sysop_stays(void **state)
{
    struct account moon = find(MOON);
    struct account sol = find(SOL);
    struct err e;

    (void)state;
    assert_int_equal(account_delete(db, &moon, ACCOUNT_ERASED, SYSOP, &e), 1);
    assert_non_null(strstr(e.text, "moon is the only sysop"));
    assert_int_equal(account_merge(db, &moon, &sol, SYSOP, &e), 1);
    sql("UPDATE users SET level = 100 WHERE id = 2");
    assert_int_equal(account_delete(db, &moon, ACCOUNT_ERASED, SYSOP, &e), 0);
}

/* --- merging --- */

static void all_is_the_others(void **state)
{
    (void)state;
    fill_all();
    merge_luna_into_sol();
    assert_int_equal(references(LUNA, false, ""), 0);
    references(SOL, true, "bans"); /* a ban is of the account that goes */
    expect_others_untouched();
    assert_int_equal(number("SELECT count(*) FROM room_lines WHERE user = 2 AND nick_name = "
                            "'sol'"),
                     2);
    assert_int_equal(number("SELECT count(*) FROM wall_lines WHERE nick_name = 'sol'"), 1);
    assert_int_equal(number("SELECT count(*) FROM pages WHERE sender = 3 AND nick_name = "
                            "'rio'"),
                     1); /* who sends it is not who gets it */
    assert_int_equal(number("SELECT level FROM users WHERE id = 2"), 20);
    add("luna", 10); /* its looks are not sol's */
}

static void what_is_counted_is_added_up(void **state)
{
    (void)state;
    sql("UPDATE users SET calls = 3, minutes = 40, first_call = 100, last_call = 900 WHERE id "
        "= "
        "1; UPDATE users SET calls = 2, minutes = 7, first_call = 200, last_call = 800 WHERE "
        "id "
        "= 2;"
        "INSERT INTO file_totals VALUES (1, 1, 10, 2, 20, 'zmodem', 5, 4), "
        "(2, 3, 30, 4, 40, NULL, 6, 1);");
    merge_luna_into_sol();
    assert_int_equal(number("SELECT calls FROM users WHERE id = 2"), 5);
    assert_int_equal(number("SELECT minutes FROM users WHERE id = 2"), 47);
    assert_int_equal(number("SELECT first_call FROM users WHERE id = 2"), 100);
    assert_int_equal(number("SELECT last_call FROM users WHERE id = 2"), 900);
    assert_int_equal(number("SELECT uploads * 1000000 + uploaded * 10000 + downloads * 100 + "
                            "downloaded FROM file_totals WHERE user = 2"),
                     4400660);
    assert_int_equal(number("SELECT protocol = 'zmodem' FROM file_totals"), 1);
    assert_int_equal(number("SELECT count(*) FROM file_totals"), 1);
}

static void who_has_never_called_still_has_not(void **state)
{
    (void)state;
    merge_luna_into_sol();
    assert_int_equal(number("SELECT last_call IS NULL FROM users WHERE id = 2"), 1);
}

static void what_both_have_is_there_once(void **state)
{
    (void)state;
    sql("INSERT INTO rooms (id, name, made_at) VALUES (1, 'Den', 0), (2, 'Bar', 0);"
        "INSERT INTO room_rights (room, user, what, until) VALUES (1, 1, 'op', NULL), "
        "(1, 2, 'op', NULL), (1, 1, 'muted', NULL), (1, 2, 'muted', 50), (2, 1, 'banned', 90), "
        "(2, 2, 'banned', 60);"
        "INSERT INTO friends VALUES (1, 3), (2, 3), (3, 1), (3, 2), (1, 2), (2, 1);"
        "INSERT INTO ignored VALUES (1, 2), (2, 3), (1, 3);"
        "INSERT INTO chat_choices (user, away) VALUES (1, 'luna'), (2, 'sol');"
        "INSERT INTO files (id, area, name, size, modified, sha256, added_at) VALUES "
        "(1, 'art', 'a', 9, 0, 'x', 0), (2, 'art', 'b', 9, 0, 'y', 0);"
        "INSERT INTO file_tags VALUES (1, 1), (2, 1), (1, 2);"
        "INSERT INTO drafts VALUES (1, 'old', 'luna', 5), (2, 'old', 'sol', 9), "
        "(1, 'new', 'luna', 9), (2, 'new', 'sol', 5);");
    merge_luna_into_sol();
    assert_int_equal(references(LUNA, false, ""), 0);
    assert_int_equal(number("SELECT count(*) FROM room_rights WHERE user = 2"), 3);
    assert_int_equal(number("SELECT until IS NULL FROM room_rights WHERE what = 'muted'"), 1);
    assert_int_equal(number("SELECT until FROM room_rights WHERE what = 'banned'"), 90);
    assert_int_equal(number("SELECT count(*) FROM friends"), 2); /* sol and rio, both ways */
    assert_int_equal(number("SELECT count(*) FROM ignored"), 1);
    assert_int_equal(number("SELECT away = 'sol' FROM chat_choices"), 1);
    assert_int_equal(number("SELECT count(*) FROM file_tags WHERE user = 2"), 2);
    assert_int_equal(number("SELECT text = 'sol' FROM drafts WHERE name = 'old'"), 1);
    assert_int_equal(number("SELECT text = 'luna' FROM drafts WHERE name = 'new'"), 1);
    assert_int_equal(number("SELECT count(*) FROM drafts"), 2);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_left_of_who_is_erased),
        TEST(who_is_anonymised_has_no_name),
        TEST(a_name_is_free_again),
        TEST(the_last_sysop_stays),
        TEST(all_is_the_others),
        TEST(what_is_counted_is_added_up),
        TEST(who_has_never_called_still_has_not),
        TEST(what_both_have_is_there_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
