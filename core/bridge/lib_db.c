/* lib_db.c -- bbs.db: the board's own tables. Parameters are bound, never pasted. */
#include "bridge/internal.h"

enum { BATCH_MAX = 1000, PARAMS_MAX = 100, BYTES_MAX = 16 << 20 };

struct statement {
    struct span sql;
    struct value values[PARAMS_MAX];
    unsigned count;
};

enum want { WANT_ROWS, WANT_ROW, WANT_RUN, WANT_BATCH };

struct query {
    struct store_work work;
    struct task *task; /* NULL: its handler does not wait any more */
    struct arena arena;
    enum want want;
    struct statement **statements;
    unsigned count;
    struct rows *rows;
    int64_t changes;
    int64_t last_id;
};

static void free_query(struct query *q)
{
    rows_free(q->rows);
    arena_clear(&q->arena);
    mem_free(q);
}

static int run_statement(struct query *q, struct statement *s, struct db *db)
{
    bool wants_rows = q->want == WANT_ROWS || q->want == WANT_ROW;

    if (!q->work.writes && !db_is_reading(db, s->sql))
        return STORE_TRY_AS_WRITER;
    if (db_run(db, s->sql, s->values, s->count, wants_rows ? &q->rows : NULL, &q->work.error) <
        0)
        return -1;
    q->changes += db_changes(db);
    q->last_id = db_last_id(db);
    return 0;
}

static int run_query(struct store_work *w, struct db *db)
{
    struct query *q = (struct query *)w;
    int rc = 0;

    q->changes = 0;
    rows_free(q->rows); /* it may run again */
    q->rows = NULL;
    for (unsigned i = 0; i < q->count && rc == 0; i++)
        rc = run_statement(q, q->statements[i], db);
    return rc;
}

static void query_finished(struct store_work *w)
{
    struct query *q = (struct query *)w;

    if (q->task)
        task_wake(q->task, q);
    free_query(q);
}

static void cancel(void *wait)
{
    ((struct query *)wait)->task = NULL;
}

static void push_result(lua_State *L, const struct query *q)
{
    switch (q->want) {
    case WANT_ROWS:
        rows_push(L, q->rows, true);
        break;
    case WANT_ROW:
        rows_push(L, q->rows, true);
        lua_rawgeti(L, -1, 1);
        break;
    case WANT_RUN:
    case WANT_BATCH:
        lua_createtable(L, 0, 2);
        lua_pushinteger(L, (lua_Integer)q->changes);
        lua_setfield(L, -2, "changes");
        lua_pushinteger(L, (lua_Integer)q->last_id);
        lua_setfield(L, -2, "last_id");
        break;
    }
}

static int finished(lua_State *L, int status, lua_KContext at)
{
    const struct query *q = lua_touserdata(L, (int)at + 1);

    (void)status;
    if (task_is_cancelled(L, (int)at + 1))
        return task_raise(L);
    if (q->work.result < 0)
        return luaL_error(L, "db: %s", q->work.error.text);
    push_result(L, q);
    return 1;
}

/* The SQL at `first`, its values behind it. Everything is checked before anything is kept.
 * `bytes` counts what the text takes. */
static void check_statement(lua_State *L, int first, int last, size_t *bytes)
{
    luaL_argexpected(L, lua_type(L, first) == LUA_TSTRING, first, "text of SQL");
    if (last - first > PARAMS_MAX)
        luaL_error(L, "db: more than %d values", PARAMS_MAX);
    for (int i = first + 1; i <= last; i++) {
        int type = lua_type(L, i);

        if (type != LUA_TNIL && type != LUA_TBOOLEAN && type != LUA_TNUMBER &&
            type != LUA_TSTRING)
            luaL_error(L, "db: value %d is a %s, expected text, number, boolean or nil",
                       i - first, luaL_typename(L, i));
        if (type == LUA_TSTRING)
            *bytes += lua_rawlen(L, i);
    }
    if (*bytes > BYTES_MAX)
        luaL_error(L, "db: the values are more than 16 MiB");
}

static struct statement *take_statement(lua_State *L, struct query *q, int first, int last)
{
    struct statement *s = arena_alloc(&q->arena, sizeof(*s));
    struct value sql = value_to(L, first);

    s->sql = arena_copy(&q->arena, sql.text);
    for (int i = first + 1; i <= last; i++) {
        struct value v = value_to(L, i);

        if (v.type == VALUE_TEXT)
            v.text = arena_copy(&q->arena, v.text);
        s->values[s->count++] = v;
    }
    return s;
}

static struct query *new_query(enum want want, unsigned count)
{
    struct query *q = mem_zalloc(sizeof(*q));

    q->work.work = run_query;
    q->work.finished = query_finished;
    q->work.guarded = true;
    q->work.writes = want == WANT_RUN || want == WANT_BATCH;
    q->want = want;
    q->statements = arena_alloc(&q->arena, (count ? count : 1) * sizeof(struct statement *));
    return q;
}

static int submit(lua_State *L, struct query *q)
{
    struct bridge *b = bridge_of(L);

    q->task = b->current;
    store_add(b->config.store, &q->work);
    lua_settop(L, 0);
    return task_wait(L, cancel, q, finished);
}

static int start(lua_State *L, enum want want)
{
    struct query *q;
    int last = lua_gettop(L);
    size_t bytes = 0;

    task_current(L);
    check_statement(L, 1, last, &bytes);
    q = new_query(want, 1);
    q->statements[q->count++] = take_statement(L, q, 1, last);
    return submit(L, q);
}

/* db.rows(sql, ...) -> list of rows.  Waits. */
static int l_rows(lua_State *L)
{
    return start(L, WANT_ROWS);
}

/* db.row(sql, ...) -> the first row, or nil.  Waits. */
static int l_row(lua_State *L)
{
    return start(L, WANT_ROW);
}

/* db.run(sql, ...) -> {changes=, last_id=}, when the data is safe.  Waits. */
static int l_run(lua_State *L)
{
    return start(L, WANT_RUN);
}

/* Unpack item `i` of the list at 1 onto the stack; the index of its first value. */
static int unpack_item(lua_State *L, lua_Integer i, size_t *bytes)
{
    int first;
    lua_Integer n;

    if (lua_rawgeti(L, 1, i) != LUA_TTABLE)
        luaL_error(L, "db.batch: item %d is a %s, expected {sql, ...}", (int)i,
                   luaL_typename(L, -1));
    lua_pushliteral(L, "n");
    lua_rawget(L, -2); /* no metamethod: it would run while a query is being built */
    n = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : (lua_Integer)lua_rawlen(L, -2);
    lua_pop(L, 1);
    if (n < 1 || n > PARAMS_MAX)
        luaL_error(L, "db.batch: item %d has %d parts", (int)i, (int)n);
    first = lua_gettop(L) + 1;
    luaL_checkstack(L, (int)n + 4, "values");
    for (lua_Integer k = 1; k <= n; k++)
        lua_rawgeti(L, first - 1, k);
    check_statement(L, first, first + (int)n - 1, bytes);
    return first;
}

/* db.batch{ {sql, ...}, ... } -> {changes=, last_id=}: all or nothing.  Waits. */
static int l_batch(lua_State *L)
{
    struct query *q;
    lua_Integer n;
    size_t bytes = 0;

    task_current(L);
    luaL_checktype(L, 1, LUA_TTABLE);
    n = (lua_Integer)lua_rawlen(L, 1);
    luaL_argcheck(L, n >= 1 && n <= BATCH_MAX, 1, "1 to 1000 statements expected");
    for (lua_Integer i = 1; i <= n; i++) {
        unpack_item(L, i, &bytes);
        lua_settop(L, 1);
    }
    bytes = 0;
    q = new_query(WANT_BATCH, (unsigned)n);
    for (lua_Integer i = 1; i <= n; i++) {
        int first = unpack_item(L, i, &bytes);

        q->statements[q->count++] = take_statement(L, q, first, lua_gettop(L));
        lua_settop(L, 1);
    }
    return submit(L, q);
}

int luaopen_bbs_db(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"rows", l_rows}, {"row", l_row}, {"run", l_run}, {"batch", l_batch}, {NULL, NULL}};

    luaL_newlib(L, functions);
    return 1;
}
