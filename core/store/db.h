/* db.h -- one connection to the database, for one thread: opening, the schema, statements that
 * are kept prepared, and the bounds on what handlers' SQL may do. Blocks. */
#ifndef PERIGEE_STORE_DB_H
#define PERIGEE_STORE_DB_H

#include <stdint.h>

#include "base/err.h"
#include "base/value.h"

struct sqlite3_stmt;
struct db;

struct db_limits {
    long sql_ms;   /* running time of a guarded statement */
    long sql_rows; /* rows of its result */
};

/* Open `path`. A writer makes the file and brings the schema up to date, and syncs fully at
 * each commit; a reader cannot write. NULL and `e`: also for a file of a newer version. */
struct db *db_open(const char *path, bool writer, struct err *e);
void db_close(struct db *db); /* NULL is allowed */

/* A consistent copy of a database that may be in use, as of now. `go_on` (NULL is allowed) is
 * asked between its parts; -1 and `e`: also where it says no. */
int db_copy(const char *from, const char *to, bool (*go_on)(void *arg), void *arg,
            struct err *e);

/* Which version of the schema it is of, and whether that is this perigee's. */
int db_version(struct db *db, int *version, struct err *e);
bool db_is_current(struct db *db);

/* Looks through all of it (SQLite's integrity_check). -1 and `e`: the first that is wrong. */
int db_check(struct db *db, struct err *e);

/* Prepared and kept; reset before the next use. NULL and `e`. */
struct sqlite3_stmt *db_prepare(struct db *db, struct span sql, struct err *e);

/* Guarded: what handlers run. It sees no passwords, opens no files, changes no transaction,
 * and ends when its time is over. */
void db_guard(struct db *db, const struct db_limits *limits);
void db_unguard(struct db *db);

/* Is a transaction open? Some errors (a statement that is stopped, a full disk) end it. */
bool db_in_transaction(struct db *db);

int db_exec(struct db *db, const char *sql, struct err *e); /* without a result */

/* Run one statement with its values bound. `rows` (its result) and `changes` may be NULL. */
int db_run(struct db *db, struct span sql, const struct value *values, unsigned count,
           struct rows **rows, struct err *e);
int64_t db_changes(struct db *db); /* of the last db_run */
int64_t db_last_id(struct db *db);
bool db_is_reading(struct db *db, struct span sql); /* the statement changes nothing */

/* Run a file of statements, guarded; an error names the line: "schema.sql:3: ...". */
int db_run_file(struct db *db, const char *name, struct span sql, struct err *e);

/* Accounts whose record has changed since the last call: calls `see` with each id. */
void db_take_changed_users(struct db *db, void (*see)(void *arg, int64_t id), void *arg);

#endif
