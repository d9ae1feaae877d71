#include "store/traces.h"

#include <inttypes.h>

/* Every column that refers to an account: its table, what becomes of it, and whether there is a
 * name beside it. */
#define REFERENCES                                                                             \
    "WITH refs AS (SELECT m.name AS t, f.\"from\" AS c, f.on_delete = 'SET NULL' AS stays, "   \
    "EXISTS (SELECT 1 FROM pragma_table_info(m.name) i WHERE i.name = 'nick_name') AS named "  \
    "FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table' AND "      \
    "f.\"table\" = 'users' COLLATE NOCASE) "

/* Statements that make the statements: ?1 in those is the account that goes, ?2 the other. */

static const char *const erasing[] = {
    REFERENCES "SELECT printf('DELETE FROM \"%w\" WHERE \"%w\" = ?1', t, c) FROM refs "
               "WHERE NOT stays OR named",
};

static const char *const anonymising[] = {
    REFERENCES "SELECT printf('UPDATE \"%w\" SET nick_name = ''somebody'', \"%w\" = NULL WHERE "
               "\"%w\" = ?1', t, c, c) FROM refs WHERE stays AND named",
    REFERENCES "SELECT printf('DELETE FROM \"%w\" WHERE \"%w\" = ?1', t, c) FROM refs "
               "WHERE NOT stays",
};

/* Nobody is a friend of their own: what lies between the two is nothing any more. */
static const char *const merging[] = {
    REFERENCES "SELECT printf('DELETE FROM \"%w\" WHERE \"%w\" = ?1 AND \"%w\" = ?2 OR \"%w\" "
               "= ?2 AND \"%w\" = ?1', a.t, a.c, b.c, a.c, b.c) FROM refs a JOIN refs b ON "
               "a.t = b.t AND a.c < b.c WHERE NOT a.stays AND NOT b.stays",
    REFERENCES
    "SELECT printf('UPDATE \"%w\" SET nick_name = (SELECT nick_name FROM users WHERE "
    "id = ?2) WHERE \"%w\" = ?1', t, c) FROM refs WHERE stays AND named",
    REFERENCES
    "SELECT printf('UPDATE OR IGNORE \"%w\" SET \"%w\" = ?2 WHERE \"%w\" = ?1', t, c, "
    "c) FROM refs",
};

/* Before that, where both have a row: what becomes of the one that stays. */
static const char *const adding_up[] = {
    ("UPDATE users SET calls = users.calls + f.calls, minutes = users.minutes + f.minutes, "
     "first_call = min(users.first_call, f.first_call), last_call = nullif(max("
     "coalesce(users.last_call, 0), coalesce(f.last_call, 0)), 0) FROM users f WHERE f.id = ?1 "
     "AND users.id = ?2"),
    ("INSERT INTO file_totals (user, uploads, uploaded, downloads, downloaded, protocol, "
     "seen_at, seen_before) SELECT ?2, uploads, uploaded, downloads, downloaded, protocol, "
     "seen_at, seen_before FROM file_totals WHERE user = ?1 ON CONFLICT (user) DO UPDATE SET "
     "uploads = uploads + excluded.uploads, uploaded = uploaded + excluded.uploaded, "
     "downloads = downloads + excluded.downloads, downloaded = downloaded + "
     "excluded.downloaded, protocol = coalesce(protocol, excluded.protocol), seen_at = "
     "max(seen_at, excluded.seen_at), seen_before = max(seen_before, excluded.seen_before)"),
    ("UPDATE room_rights SET until = CASE WHEN room_rights.until IS NULL OR f.until IS NULL "
     "THEN "
     "NULL ELSE max(room_rights.until, f.until) END FROM room_rights f WHERE f.user = ?1 AND "
     "room_rights.user = ?2 AND f.room = room_rights.room AND f.what = room_rights.what"),
    "DELETE FROM bans WHERE user = ?1 AND ?1 <> ?2", /* it was of the one that goes */
    ("DELETE FROM drafts WHERE user = ?2 AND EXISTS (SELECT 1 FROM drafts f WHERE f.user = ?1 "
     "AND f.name = drafts.name AND f.saved_at > drafts.saved_at)"),
};

/* After it: names that nobody has any more look like nobody. */
static const char tidy_looks[] =
    "DELETE FROM looks WHERE user = ?2 AND ?1 <> ?2 AND look NOT IN (SELECT alike_look(handle) "
    "FROM users WHERE id = ?2 UNION SELECT alike_look(nick_name) FROM users WHERE id = ?2)";

/* The two accounts; `count` of them are what statements take. */
struct ids {
    struct value values[2];
    unsigned count;
};

static int run(struct db *db, struct span sql, const struct ids *ids, struct err *e)
{
    return db_run(db, sql, ids->values, ids->count, NULL, e);
}

/* Run each statement that this one makes. */
static int run_made(struct db *db, const char *maker, const struct ids *ids, struct err *e)
{
    struct rows *made;
    int rc = db_run(db, span_of(maker), NULL, 0, &made, e);

    if (rc < 0)
        return -1;
    for (unsigned i = 0; rc == 0 && i < made->count; i++)
        rc = run(db, rows_at(made, i, 0).text, ids, e);
    rows_free(made);
    return rc;
}

static int run_all_made(struct db *db, const char *const *makers, unsigned count,
                        const struct ids *ids, struct err *e)
{
    int rc = 0;

    for (unsigned i = 0; rc == 0 && i < count; i++)
        rc = run_made(db, makers[i], ids, e);
    return rc;
}

#define COUNT(list) ((unsigned)(sizeof(list) / sizeof((list)[0])))

static struct value integer(int64_t i)
{
    return (struct value){.type = VALUE_INTEGER, .integer = i};
}

/* What is left of the account's own goes with its record. */
static int delete_rest(struct db *db, int64_t id, struct err *e)
{
    const struct ids one = {{integer(id)}, 1};
    int rc = run_all_made(db, erasing, COUNT(erasing), &one, e);

    return rc < 0 ? -1 : run(db, SPAN_LIT("DELETE FROM users WHERE id = ?"), &one, e);
}

int account_delete(struct db *db, const struct account *a, enum account_end how, int sysop,
                   struct err *e)
{
    const struct ids one = {{integer(a->id)}, 1};
    int rc = account_is_last(db, a, sysop, e);

    if (rc == 0 && how == ACCOUNT_ANONYMISED)
        rc = run_all_made(db, anonymising, COUNT(anonymising), &one, e);
    return rc == 0 ? delete_rest(db, a->id, e) : rc;
}

int account_merge(struct db *db, const struct account *from, const struct account *into,
                  int sysop, struct err *e)
{
    const struct ids both = {{integer(from->id), integer(into->id)}, 2};
    int rc = account_is_last(db, from, sysop, e);

    for (unsigned i = 0; rc == 0 && i < COUNT(adding_up); i++)
        rc = run(db, span_of(adding_up[i]), &both, e);
    if (rc == 0)
        rc = run_all_made(db, merging, COUNT(merging), &both, e);
    if (rc == 0)
        rc = run(db, SPAN_LIT(tidy_looks), &both, e);
    return rc == 0 ? delete_rest(db, from->id, e) : rc;
}
