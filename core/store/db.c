#include "store/db.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define uthash_malloc(size) mem_alloc(size)
#define uthash_free(p, size) mem_free(p)
#include <uthash.h>

#include "base/alike.h"
#include "base/mem.h"

enum { KEPT_MAX = 200, BUSY_MS = 5000, CHANGED_MAX = 4096, PROGRESS_STEPS = 10000 };
enum { COPY_PAGES = 1000, COPY_WAIT_MS = 10 };

static const unsigned char schema_001[] = {
#include "001.sql.h"
};

static const unsigned char schema_002[] = {
#include "002.sql.h"
};

static const unsigned char schema_003[] = {
#include "003.sql.h"
};

static const unsigned char schema_004[] = {
#include "004.sql.h"
};

static const unsigned char schema_005[] = {
#include "005.sql.h"
};

static const unsigned char schema_006[] = {
#include "006.sql.h"
};

static const unsigned char schema_007[] = {
#include "007.sql.h"
};

static const unsigned char schema_008[] = {
#include "008.sql.h"
};

static const unsigned char schema_009[] = {
#include "009.sql.h"
};

static const unsigned char schema_010[] = {
#include "010.sql.h"
};

static const unsigned char schema_011[] = {
#include "011.sql.h"
};

static const unsigned char schema_012[] = {
#include "012.sql.h"
};

static const unsigned char schema_013[] = {
#include "013.sql.h"
};

static const unsigned char schema_014[] = {
#include "014.sql.h"
};

static const unsigned char *const schemas[] = {
    schema_001, schema_002, schema_003, schema_004, schema_005, schema_006, schema_007,
    schema_008, schema_009, schema_010, schema_011, schema_012, schema_013, schema_014};
enum { SCHEMA_VERSION = sizeof(schemas) / sizeof(schemas[0]) };

/* A statement that is kept prepared. */
struct kept {
    UT_hash_handle hh;
    sqlite3_stmt *stmt;
    bool guarded;
    size_t len;
    char sql[]; /* one byte for `guarded`, then the text: together the key */
};

struct db {
    sqlite3 *sqlite;
    struct kept *kept; /* in the order of their use, the oldest first */
    bool guarded;
    struct db_limits limits;
    int64_t deadline; /* of the guarded statement, in ms */
    int64_t changes;
    int64_t *changed_users;
    unsigned changed_count;
};

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int fail(struct db *db, struct err *e)
{
    return err_set(e, "%s", sqlite3_errmsg(db->sqlite));
}

/* --- the guard --- */

static bool is_private(const char *table)
{
    return table && sqlite3_stricmp(table, "passwords") == 0;
}

/* What stands there is read and added to, not changed. */
static bool is_lasting(const char *table)
{
    return table && sqlite3_stricmp(table, "audit") == 0;
}

static int authorize(void *arg, int action, const char *one, const char *two, const char *base,
                     const char *trigger)
{
    const struct db *db = arg;

    (void)base;
    if (!db->guarded && !trigger) /* a trigger may be a handler's, whoever sets it off */
        return SQLITE_OK;
    switch (action) {
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
    case SQLITE_CREATE_TEMP_TABLE: /* it would stand before the table of that name */
    case SQLITE_CREATE_TEMP_VIEW:
    case SQLITE_CREATE_TEMP_TRIGGER:
    case SQLITE_CREATE_TEMP_INDEX:
        return SQLITE_DENY;
    case SQLITE_PRAGMA: /* full-text search asks for that one */
        return sqlite3_stricmp(one, "data_version") == 0 ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_READ:
    case SQLITE_INSERT:
        return is_private(one) ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
    case SQLITE_DROP_TABLE:
        return is_private(one) || is_lasting(one) ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_ALTER_TABLE:
    case SQLITE_CREATE_TRIGGER:
    case SQLITE_DROP_TRIGGER:
    case SQLITE_CREATE_INDEX: /* INSERT OR REPLACE removes what has the same key */
        return is_private(two) || is_lasting(two) ? SQLITE_DENY : SQLITE_OK;
    default:
        return SQLITE_OK;
    }
}

static int stop_when_late(void *arg)
{
    const struct db *db = arg;

    return db->guarded && now_ms() > db->deadline;
}

void db_guard(struct db *db, const struct db_limits *limits)
{
    db->guarded = true;
    db->limits = *limits;
    db->deadline = now_ms() + limits->sql_ms;
}

void db_unguard(struct db *db)
{
    db->guarded = false;
}

/* --- opening --- */

int db_version(struct db *db, int *version, struct err *e)
{
    sqlite3_stmt *stmt;

    if (sqlite3_prepare_v2(db->sqlite, "PRAGMA user_version", -1, &stmt, NULL) != SQLITE_OK)
        return fail(db, e);
    *version = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int(stmt, 0) : 0;
    sqlite3_finalize(stmt);
    return 0;
}

bool db_is_current(struct db *db)
{
    struct err ignored;
    int version = 0;

    return db_version(db, &version, &ignored) == 0 && version == SCHEMA_VERSION;
}

static int apply_schema(struct db *db, int version, struct err *e)
{
    char set[64];

    snprintf(set, sizeof(set), "PRAGMA user_version = %d", version);
    if (db_exec(db, (const char *)schemas[version - 1], e) < 0 || db_exec(db, set, e) < 0)
        return err_prefix(e, "schema %03d: ", version);
    return 0;
}

static int upgrade(struct db *db, struct err *e)
{
    int version = 0;

    if (db_exec(db, "BEGIN IMMEDIATE", e) < 0 || db_version(db, &version, e) < 0)
        return -1;
    while (version < SCHEMA_VERSION) {
        if (apply_schema(db, ++version, e) < 0) {
            sqlite3_exec(db->sqlite, "ROLLBACK", NULL, NULL, NULL);
            return -1;
        }
    }
    return db_exec(db, "COMMIT", e);
}

static int check_version(struct db *db, bool writer, struct err *e)
{
    int version = 0;

    if (db_version(db, &version, e) < 0)
        return -1;
    if (version > SCHEMA_VERSION)
        return err_set(e,
                       "the database is of version %d, this perigee knows up to %d: use the "
                       "perigee that made it, or a newer one",
                       version, SCHEMA_VERSION);
    return writer && version < SCHEMA_VERSION ? upgrade(db, e) : 0;
}

static void note_changed_user(void *arg, int action, const char *base, const char *table,
                              sqlite3_int64 id)
{
    struct db *db = arg;

    (void)action;
    (void)base;
    if (strcmp(table, "users") != 0 || db->changed_count == CHANGED_MAX)
        return;
    if (!db->changed_users)
        db->changed_users = mem_alloc(CHANGED_MAX * sizeof(int64_t));
    db->changed_users[db->changed_count++] = id;
}

void db_take_changed_users(struct db *db, void (*see)(void *arg, int64_t id), void *arg)
{
    for (unsigned i = 0; i < db->changed_count; i++)
        see(arg, db->changed_users[i]);
    db->changed_count = 0;
}

/* alike_look(name), for SQL. */
static void sql_look(sqlite3_context *call, int count, sqlite3_value **values)
{
    const char *name = (const char *)sqlite3_value_text(values[0]);
    char *look = name ? alike_look(span_of(name)) : NULL;

    (void)count;
    if (look)
        sqlite3_result_text(call, look, -1, SQLITE_TRANSIENT);
    else
        sqlite3_result_value(call, values[0]); /* it is like nothing else */
    mem_free(look);
}

static int set_up(struct db *db, bool writer, struct err *e)
{
    sqlite3_busy_timeout(db->sqlite, BUSY_MS);
    sqlite3_create_function(db->sqlite, "alike_look", 1,
                            SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, NULL,
                            sql_look, NULL, NULL);
    if (check_version(db, writer, e) < 0)
        return -1;
    if (writer && db_exec(db, "PRAGMA journal_mode = WAL", e) < 0)
        return -1;
    if (db_exec(db, "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;", e) < 0)
        return -1;
    if (!writer && db_exec(db, "PRAGMA query_only = ON", e) < 0)
        return -1;
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_set_authorizer(db->sqlite, authorize, db);
    sqlite3_progress_handler(db->sqlite, PROGRESS_STEPS, stop_when_late, db);
    if (writer)
        sqlite3_update_hook(db->sqlite, note_changed_user, db);
    return 0;
}

struct db *db_open(const char *path, bool writer, struct err *e)
{
    struct db *db = mem_zalloc(sizeof(*db));
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (writer ? SQLITE_OPEN_CREATE : 0);

    if (sqlite3_open_v2(path, &db->sqlite, flags, NULL) != SQLITE_OK)
        fail(db, e);
    else if (set_up(db, writer, e) == 0)
        return db;
    err_prefix(e, "open %s: ", path);
    db_close(db);
    return NULL;
}

static void forget(struct db *db, struct kept *k)
{
    HASH_DEL(db->kept, k);
    sqlite3_finalize(k->stmt);
    mem_free(k);
}

void db_close(struct db *db)
{
    if (!db)
        return;
    while (db->kept)
        forget(db, db->kept);
    sqlite3_close(db->sqlite);
    mem_free(db->changed_users);
    mem_free(db);
}

/* --- copying --- */

static int copy_parts(sqlite3_backup *b, bool (*go_on)(void *arg), void *arg, struct err *e)
{
    int rc;

    do {
        if (go_on && !go_on(arg))
            return err_set(e, "it was stopped");
        rc = sqlite3_backup_step(b, COPY_PAGES);
        if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
            sqlite3_sleep(COPY_WAIT_MS);
    } while (rc == SQLITE_OK || rc == SQLITE_BUSY || rc == SQLITE_LOCKED);
    return rc == SQLITE_DONE ? 0 : err_set(e, "%s", sqlite3_errstr(rc));
}

static int copy_into(sqlite3 *to, struct db *from, bool (*go_on)(void *arg), void *arg,
                     struct err *e)
{
    sqlite3_backup *b = sqlite3_backup_init(to, "main", from->sqlite, "main");
    int rc;

    if (!b)
        return err_set(e, "%s", sqlite3_errmsg(to));
    rc = copy_parts(b, go_on, arg, e);
    sqlite3_backup_finish(b);
    return rc;
}

/* In a transaction: what others write meanwhile does not make it begin anew. */
int db_copy(const char *from, const char *to, bool (*go_on)(void *arg), void *arg,
            struct err *e)
{
    struct db *db = db_open(from, false, e);
    sqlite3 *copy = NULL;
    int rc = -1;

    if (!db)
        return -1;
    if (db_exec(db, "BEGIN; SELECT 1 FROM sqlite_master", e) < 0)
        err_prefix(e, "read %s: ", from);
    else if (sqlite3_open(to, &copy) != SQLITE_OK)
        err_set(e, "open %s: %s", to, sqlite3_errmsg(copy));
    else if ((rc = copy_into(copy, db, go_on, arg, e)) < 0)
        err_prefix(e, "copy %s to %s: ", from, to);
    sqlite3_close(copy);
    db_close(db);
    return rc;
}

int db_check(struct db *db, struct err *e)
{
    struct rows *rows = NULL;
    struct span first;
    int rc = db_run(db, SPAN_LIT("PRAGMA integrity_check(1)"), NULL, 0, &rows, e);

    if (rc < 0 || !rows)
        return -1;
    first = rows->count ? rows_at(rows, 0, 0).text : SPAN_LIT("it can't be looked through");
    if (!span_is(first, "ok"))
        rc = err_set(e, "%.*s", SPAN_ARG(first));
    rows_free(rows);
    return rc;
}

bool db_in_transaction(struct db *db)
{
    return !sqlite3_get_autocommit(db->sqlite);
}

int db_exec(struct db *db, const char *sql, struct err *e)
{
    return sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(db, e);
}

/* --- statements --- */

static struct kept *kept_new(struct db *db, struct span sql, struct err *e)
{
    struct kept *k = mem_zalloc(sizeof(*k) + sql.len + 2);
    const char *rest = NULL;

    k->sql[0] = db->guarded ? 'g' : 'o';
    memcpy(k->sql + 1, sql.data, sql.len);
    k->len = sql.len + 1;
    if (sqlite3_prepare_v3(db->sqlite, k->sql + 1, (int)sql.len, SQLITE_PREPARE_PERSISTENT,
                           &k->stmt, &rest) != SQLITE_OK)
        fail(db, e);
    else if (!k->stmt)
        err_set(e, "the SQL is empty, expected a statement");
    else if (rest[strspn(rest, " \t\r\n;")] != '\0')
        err_set(e, "more than one statement, expected one at a time: use db.batch");
    else
        return k;
    sqlite3_finalize(k->stmt);
    mem_free(k);
    return NULL;
}

static struct kept *find_kept(struct db *db, struct span sql, struct err *e)
{
    char key[4096];
    struct kept *k = NULL;
    size_t len = sql.len + 1;

    if (len > sizeof(key)) {
        err_set(e, "the SQL is longer than %zu bytes", sizeof(key) - 1);
        return NULL;
    }
    key[0] = db->guarded ? 'g' : 'o';
    memcpy(key + 1, sql.data, sql.len);
    HASH_FIND(hh, db->kept, key, len, k);
    if (k) {
        HASH_DEL(db->kept, k); /* to the end: the last used */
    } else if (!(k = kept_new(db, sql, e))) {
        return NULL;
    }
    HASH_ADD_KEYPTR(hh, db->kept, k->sql, k->len, k);
    if (HASH_COUNT(db->kept) > KEPT_MAX)
        forget(db, db->kept);
    sqlite3_reset(k->stmt);
    sqlite3_clear_bindings(k->stmt);
    return k;
}

struct sqlite3_stmt *db_prepare(struct db *db, struct span sql, struct err *e)
{
    struct kept *k = find_kept(db, sql, e);

    return k ? k->stmt : NULL;
}

static int bind_one(sqlite3_stmt *stmt, int at, struct value v)
{
    switch (v.type) {
    case VALUE_BOOLEAN:
        return sqlite3_bind_int(stmt, at, v.boolean);
    case VALUE_INTEGER:
        return sqlite3_bind_int64(stmt, at, v.integer);
    case VALUE_NUMBER:
        return sqlite3_bind_double(stmt, at, v.number);
    case VALUE_TEXT:
        return sqlite3_bind_text(stmt, at, v.text.len ? v.text.data : "", (int)v.text.len,
                                 SQLITE_STATIC);
    default:
        return sqlite3_bind_null(stmt, at);
    }
}

static int bind_all(struct db *db, sqlite3_stmt *stmt, const struct value *values,
                    unsigned count, struct err *e)
{
    unsigned wanted = (unsigned)sqlite3_bind_parameter_count(stmt);

    if (wanted != count)
        return err_set(e, "the SQL has %u parameters, %u values were given", wanted, count);
    for (unsigned i = 0; i < count; i++) {
        if (bind_one(stmt, (int)i + 1, values[i]) != SQLITE_OK)
            return fail(db, e);
    }
    return 0;
}

static struct value column_value(struct rows *rows, sqlite3_stmt *stmt, int i)
{
    struct span text;

    switch (sqlite3_column_type(stmt, i)) {
    case SQLITE_INTEGER:
        return (struct value){.type = VALUE_INTEGER, .integer = sqlite3_column_int64(stmt, i)};
    case SQLITE_FLOAT:
        return (struct value){.type = VALUE_NUMBER, .number = sqlite3_column_double(stmt, i)};
    case SQLITE_NULL:
        return (struct value){.type = VALUE_NIL};
    default:
        text.data = sqlite3_column_blob(stmt, i);
        text.len = (size_t)sqlite3_column_bytes(stmt, i);
        return rows_text(rows, text);
    }
}

static struct rows *rows_of(sqlite3_stmt *stmt)
{
    int n = sqlite3_column_count(stmt);
    struct rows *rows = rows_new((unsigned)n);

    rows->names = arena_alloc(&rows->arena, ((size_t)n + 1) * sizeof(char *));
    for (int i = 0; i < n; i++)
        rows->names[i] = arena_text(&rows->arena, span_of(sqlite3_column_name(stmt, i)));
    return rows;
}

static int too_much(const struct db *db, const struct rows *rows, struct err *e)
{
    if (!db->guarded)
        return 0;
    if (rows->count >= (unsigned long)db->limits.sql_rows)
        return err_set(e, "more than %ld rows: add a LIMIT", db->limits.sql_rows);
    if (rows->arena.bytes > (16u << 20))
        return err_set(e, "the result is larger than 16 MiB: add a LIMIT");
    return 0;
}

static int step_all(struct db *db, sqlite3_stmt *stmt, struct rows *rows, struct err *e)
{
    int rc;

    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        struct value *row;

        if (!rows)
            continue;
        if (too_much(db, rows, e) < 0)
            return -1;
        row = rows_add(rows);
        for (int i = 0; i < (int)rows->columns; i++)
            row[i] = column_value(rows, stmt, i);
    }
    if (rc == SQLITE_INTERRUPT)
        return err_set(e, "the SQL ran for more than %ld ms and was stopped",
                       db->limits.sql_ms);
    return rc == SQLITE_DONE ? 0 : fail(db, e);
}

int db_run(struct db *db, struct span sql, const struct value *values, unsigned count,
           struct rows **rows, struct err *e)
{
    sqlite3_stmt *stmt = db_prepare(db, sql, e);
    struct rows *result = NULL;
    int64_t before = sqlite3_total_changes64(db->sqlite);
    int rc;

    if (!stmt)
        return -1;
    if (rows)
        result = rows_of(stmt);
    rc = bind_all(db, stmt, values, count, e);
    if (rc == 0)
        rc = step_all(db, stmt, result, e);
    db->changes = sqlite3_total_changes64(db->sqlite) - before;
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    if (rc == 0 && rows)
        *rows = result;
    else
        rows_free(result);
    return rc;
}

int64_t db_changes(struct db *db)
{
    return db->changes;
}

int64_t db_last_id(struct db *db)
{
    return sqlite3_last_insert_rowid(db->sqlite);
}

bool db_is_reading(struct db *db, struct span sql)
{
    struct err ignored;
    sqlite3_stmt *stmt = db_prepare(db, sql, &ignored);

    return stmt && sqlite3_stmt_readonly(stmt);
}

static unsigned line_of(const char *text, const char *at)
{
    unsigned line = 1;

    for (; text < at; text++)
        line += *text == '\n';
    return line;
}

/* Where in the statement the error is, -1: SQLite does not tell (before 3.38). */
static int error_offset(struct db *db)
{
#if SQLITE_VERSION_NUMBER >= 3038000
    return sqlite3_error_offset(db->sqlite);
#else
    (void)db;
    return -1;
#endif
}

static int run_next(struct db *db, const char *at, const char **rest)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db->sqlite, at, -1, &stmt, rest);

    while (rc == SQLITE_OK && stmt && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
        rc = SQLITE_OK;
    sqlite3_finalize(stmt);
    return rc == SQLITE_OK || rc == SQLITE_DONE ? 0 : -1;
}

int db_run_file(struct db *db, const char *name, struct span sql, struct err *e)
{
    char *text = mem_strndup(sql.data, sql.len);
    const char *at = text;
    const char *rest = NULL;
    int rc = 0;

    while (rc == 0 && *(at += strspn(at, " \t\r\n;")) != '\0') {
        rc = run_next(db, at, &rest);
        if (rc < 0) {
            int offset = error_offset(db);

            err_set(e, "%s:%u: %s", name, line_of(text, at + (offset > 0 ? offset : 0)),
                    sqlite3_errmsg(db->sqlite));
        }
        at = rest;
    }
    mem_free(text);
    return rc;
}
