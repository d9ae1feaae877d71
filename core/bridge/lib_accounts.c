/* lib_accounts.c -- core.accounts: what users.lua alone may do. Each waits for the store's
 * threads or for the hashers'. */
#include <time.h>

#include "bridge/internal.h"
#include "store/traces.h"

enum wanted { FIND, ADD, SET_HASH, RIGHT, WRONG, DELETE, ANONYMISE, MERGE };

struct account_work {
    struct store_work work;
    struct task *task; /* NULL: its handler does not wait any more */
    enum wanted wanted;
    int64_t id;
    int64_t into;
    int64_t wait;
    int level; /* of a new account; of sysops */
    bool must_change;
    int rc;
    struct account account;
    char handle[64];
    char nick_name[128];
    char hash[PASSWORD_HASH_MAX];
};

static int find_id(struct db *db, int64_t id, struct account *out, struct err *e)
{
    int found = account_find_id(db, id, out, e);

    if (found == 0)
        err_set(e, "That account is gone");
    return found == 0 ? 1 : found < 0 ? -1 : 0;
}

static int end_account(const struct account_work *a, struct db *db, struct err *e)
{
    struct account from, into;
    int rc = find_id(db, a->id, &from, e);

    if (rc == 0 && a->wanted == MERGE) {
        rc = find_id(db, a->into, &into, e);
        return rc == 0 ? account_merge(db, &from, &into, a->level, e) : rc;
    }
    if (rc == 0)
        rc = account_delete(
            db, &from, a->wanted == DELETE ? ACCOUNT_ERASED : ACCOUNT_ANONYMISED, a->level, e);
    return rc;
}

static int run_wanted(struct account_work *a, struct db *db)
{
    struct err *e = &a->work.error;

    switch (a->wanted) {
    case FIND:
        return account_find(db, span_of(a->handle), &a->account, e);
    case ADD:
        return account_add(db, span_of(a->handle), span_of(a->nick_name), a->hash, a->level,
                           false, e);
    case SET_HASH:
        return account_set_hash(db, a->id, a->hash, a->must_change, e);
    case RIGHT:
        return account_login_right(db, a->id, (int64_t)time(NULL), e);
    case WRONG:
        return account_login_wrong(db, a->id, (int64_t)time(NULL), &a->wait, e);
    case DELETE:
    case ANONYMISE:
    case MERGE:
        return end_account(a, db, e);
    }
    return -1;
}

static int work(struct store_work *w, struct db *db)
{
    struct account_work *a = (struct account_work *)w;

    a->rc = run_wanted(a, db);
    return a->rc < 0 ? -1 : 0;
}

static void finished(struct store_work *w)
{
    struct account_work *a = (struct account_work *)w;

    if (a->task)
        task_wake(a->task, a);
    explicit_bzero(a, sizeof(*a));
    mem_free(a);
}

static void cancel(void *wait)
{
    ((struct account_work *)wait)->task = NULL;
}

static void set_boolean(lua_State *L, const char *name, bool value)
{
    lua_pushboolean(L, value);
    lua_setfield(L, -2, name);
}

static void set_integer(lua_State *L, const char *name, int64_t value)
{
    lua_pushinteger(L, (lua_Integer)value);
    lua_setfield(L, -2, name);
}

static void set_text(lua_State *L, const char *name, const char *value)
{
    lua_pushstring(L, value);
    lua_setfield(L, -2, name);
}

static int push_account(lua_State *L, const struct account *a)
{
    lua_createtable(L, 0, 8);
    set_integer(L, "id", a->id);
    set_text(L, "handle", a->handle);
    set_text(L, "nick_name", a->nick_name);
    set_integer(L, "level", a->level);
    set_boolean(L, "locked", a->locked);
    set_boolean(L, "hidden", a->hidden);
    set_text(L, "hash", a->hash);
    set_boolean(L, "must_change", a->must_change);
    set_integer(L, "retry_at", a->retry_at);
    return 1;
}

static int worked(lua_State *L, int status, lua_KContext at)
{
    const struct account_work *a = lua_touserdata(L, (int)at + 1);

    (void)status;
    if (task_is_cancelled(L, (int)at + 1))
        return task_raise(L);
    if (a->work.result < 0)
        return luaL_error(L, "accounts: %s", a->work.error.text);
    if (a->wanted == FIND)
        return a->rc ? push_account(L, &a->account) : 0;
    if (a->wanted == WRONG) {
        lua_pushinteger(L, (lua_Integer)a->wait);
        return 1;
    }
    if (a->rc > 0 && a->wanted != FIND) {
        lua_pushnil(L);
        lua_pushstring(L, a->work.error.text);
        return 2;
    }
    lua_pushboolean(L, 1);
    return 1;
}

static struct account_work *new_work(lua_State *L, enum wanted wanted)
{
    struct account_work *a;

    task_current(L);
    a = mem_zalloc(sizeof(*a));
    a->wanted = wanted;
    a->work.work = work;
    a->work.finished = finished;
    a->work.writes = wanted != FIND;
    return a;
}

static int submit(lua_State *L, struct account_work *a)
{
    struct bridge *b = bridge_of(L);

    a->task = b->current;
    store_add(b->config.store, &a->work);
    lua_settop(L, 0);
    return task_wait(L, cancel, a, worked);
}

static void copy(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from);
}

/* accounts.find(handle) -> {id=, handle=, ... hash=} or nil.  Waits. */
static int l_find(lua_State *L)
{
    const char *handle = luaL_checkstring(L, 1);
    struct account_work *a = new_work(L, FIND);

    copy(a->handle, sizeof(a->handle), handle);
    return submit(L, a);
}

/* accounts.add(handle, nick_name, hash) -> true, or nil and why not.  Waits. */
static int l_add(lua_State *L)
{
    const char *handle = luaL_checkstring(L, 1);
    const char *nick_name = luaL_checkstring(L, 2);
    const char *hash = luaL_checkstring(L, 3);
    struct account_work *a = new_work(L, ADD);

    copy(a->handle, sizeof(a->handle), handle);
    copy(a->nick_name, sizeof(a->nick_name), nick_name);
    copy(a->hash, sizeof(a->hash), hash);
    a->level = (int)bridge_of(L)->config.settings->level_new;
    return submit(L, a);
}

/* accounts.set_hash(id, hash, [must_change]).  Waits. */
static int l_set_hash(lua_State *L)
{
    lua_Integer id = luaL_checkinteger(L, 1);
    const char *hash = luaL_checkstring(L, 2);
    bool must_change = lua_toboolean(L, 3);
    struct account_work *a = new_work(L, SET_HASH);

    a->id = id;
    a->must_change = must_change;
    copy(a->hash, sizeof(a->hash), hash);
    return submit(L, a);
}

static int start_with_id(lua_State *L, enum wanted wanted)
{
    lua_Integer id = luaL_checkinteger(L, 1);
    struct account_work *a = new_work(L, wanted);

    a->id = id;
    return submit(L, a);
}

/* accounts.login_right(id).  Waits. */
static int l_login_right(lua_State *L)
{
    return start_with_id(L, RIGHT);
}

/* accounts.login_wrong(id) -> seconds until the next try.  Waits. */
static int l_login_wrong(lua_State *L)
{
    return start_with_id(L, WRONG);
}

/* accounts.delete(id, anonymise) -> true, or nil and why not.  Waits. */
static int l_delete(lua_State *L)
{
    lua_Integer id = luaL_checkinteger(L, 1);
    struct account_work *a = new_work(L, lua_toboolean(L, 2) ? ANONYMISE : DELETE);

    a->id = id;
    a->level = (int)bridge_of(L)->config.settings->level_sysop;
    return submit(L, a);
}

/* accounts.merge(from, into) -> true, or nil and why not.  Waits. */
static int l_merge(lua_State *L)
{
    lua_Integer from = luaL_checkinteger(L, 1);
    lua_Integer into = luaL_checkinteger(L, 2);
    struct account_work *a;

    luaL_argcheck(L, from != into, 2, "another account expected");
    a = new_work(L, MERGE);
    a->id = from;
    a->into = into;
    a->level = (int)bridge_of(L)->config.settings->level_sysop;
    return submit(L, a);
}

/* --- hashing, on the hashers' threads --- */

struct hashing {
    struct job job;
    struct task *task;
    bool checks; /* else it makes one */
    int rc;
    struct err error;
    char password[PASSWORD_MOST + 1];
    char hash[PASSWORD_HASH_MAX];
};

static void run_hashing(struct job *job, void *context)
{
    struct hashing *h = (struct hashing *)job;

    (void)context;
    h->rc = h->checks ? password_check(h->password, h->hash, &h->error)
                      : password_hash(h->password, h->hash, &h->error);
}

static void hashing_done(struct job *job)
{
    struct hashing *h = (struct hashing *)job;

    if (h->task)
        task_wake(h->task, h);
    explicit_bzero(h, sizeof(*h));
    mem_free(h);
}

static void cancel_hashing(void *wait)
{
    ((struct hashing *)wait)->task = NULL;
}

static int hashed(lua_State *L, int status, lua_KContext at)
{
    const struct hashing *h = lua_touserdata(L, (int)at + 1);

    (void)status;
    if (task_is_cancelled(L, (int)at + 1))
        return task_raise(L);
    if (h->rc < 0)
        return luaL_error(L, "accounts: %s", h->error.text);
    if (h->checks)
        lua_pushboolean(L, h->rc);
    else
        lua_pushstring(L, h->hash);
    return 1;
}

static int start_hashing(lua_State *L, const char *hash)
{
    size_t len;
    const char *password = luaL_checklstring(L, 1, &len);
    struct bridge *b = bridge_of(L);
    struct hashing *h;

    task_current(L);
    h = mem_zalloc(sizeof(*h));
    h->job.run = run_hashing;
    h->job.done = hashing_done;
    h->task = b->current;
    h->checks = hash != NULL;
    copy(h->password, sizeof(h->password), len <= PASSWORD_MOST ? password : "");
    if (hash)
        copy(h->hash, sizeof(h->hash), hash);
    worker_add(b->config.hashers, &h->job);
    lua_settop(L, 0);
    return task_wait(L, cancel_hashing, h, hashed);
}

/* accounts.hash(password) -> hash.  Waits. */
static int l_hash(lua_State *L)
{
    return start_hashing(L, NULL);
}

/* accounts.check(password, hash) -> boolean.  Waits. */
static int l_check(lua_State *L)
{
    return start_hashing(L, luaL_checkstring(L, 2));
}

/* --- without waiting --- */

static int push_problem(lua_State *L, const char *problem)
{
    lua_pushstring(L, problem); /* NULL is pushed as nil */
    return 1;
}

static struct span check_text(lua_State *L, int index)
{
    struct span s;

    s.data = luaL_checklstring(L, index, &s.len);
    return s;
}

/* accounts.handle_problem(text), nick_problem(text), password_problem(text, handle) -> why it
 * may not be one, or nil */
static int l_handle_problem(lua_State *L)
{
    return push_problem(L, account_handle_problem(check_text(L, 1)));
}

static int l_nick_problem(lua_State *L)
{
    return push_problem(L, account_nick_problem(check_text(L, 1)));
}

static int l_password_problem(lua_State *L)
{
    return push_problem(L, account_password_problem(check_text(L, 1), check_text(L, 2)));
}

/* accounts.make_password() -> one that nobody can guess, and that can be read aloud */
static int l_make_password(lua_State *L)
{
    char password[32];
    struct err e;

    if (password_make(password, &e) < 0)
        return luaL_error(L, "accounts: %s", e.text);
    lua_pushstring(L, password);
    explicit_bzero(password, sizeof(password));
    return 1;
}

/* accounts.log_in(client, id, handle, nick_name, level, hidden) */
static int l_log_in(lua_State *L)
{
    struct bridge *b = bridge_of(L);
    struct client *c = client_box_check(L, 1);

    client_log_in(c, luaL_checkinteger(L, 2), luaL_checkstring(L, 3), luaL_checkstring(L, 4),
                  (unsigned)luaL_checkinteger(L, 5), lua_toboolean(L, 6));
    if (b->config.login_right)
        b->config.login_right(b->config.arg, c);
    return 0;
}

static int8_t chosen_switch(lua_State *L, const char *name)
{
    return lua_getfield(L, 2, name) == LUA_TNIL ? TERMINAL_FOUND : (int8_t)lua_toboolean(L, -1);
}

/* accounts.set_terminal(client, {charset=, ansi=, linear=, baud=}): what is nil is as it is
 * found out, and the pace the board's. */
static int l_set_terminal(lua_State *L)
{
    struct client *c = client_box_check(L, 1);
    struct terminal t = {.charset = TERMINAL_FOUND, .baud = TERMINAL_FOUND};
    enum charset charset;

    luaL_checktype(L, 2, LUA_TTABLE);
    t.ansi = chosen_switch(L, "ansi");
    t.linear = chosen_switch(L, "linear");
    if (lua_getfield(L, 2, "charset") == LUA_TSTRING &&
        charset_find(span_of(lua_tostring(L, -1)), &charset))
        t.charset = (int8_t)charset;
    if (lua_getfield(L, 2, "baud") == LUA_TNUMBER)
        t.baud = (int32_t)lua_tointeger(L, -1);
    client_set_terminal(c, &t);
    return 0;
}

/* accounts.set_hidden(client, on): at once, where it is a sysop's */
static int l_set_hidden(lua_State *L)
{
    struct client *c = client_box_check(L, 1);

    client_set_hidden(c, lua_toboolean(L, 2) && client_is_sysop(c));
    return 0;
}

static int l_log_out(lua_State *L)
{
    client_log_out(client_box_check(L, 1));
    return 0;
}

/* accounts.failed(client): counts; a banned address is hung up on. */
static int l_failed(lua_State *L)
{
    struct bridge *b = bridge_of(L);
    struct client *c = client_box_check(L, 1);

    if (b->config.login_failed && b->config.login_failed(b->config.arg, c))
        client_hang_up(c,
                       SPAN_LIT("Too many failed logins from your address. Call again later."));
    return 0;
}

/* accounts.ban(address, seconds, [client]) -> true, or nil and why not: the client calls from
 * there, or it is no address that can be. 0 seconds: it is banned no more. */
static int l_ban(lua_State *L)
{
    struct bridge *b = bridge_of(L);
    const char *address = luaL_checkstring(L, 1);
    double seconds = luaL_checknumber(L, 2);
    const struct client *by = lua_isnoneornil(L, 3) ? NULL : client_box_check(L, 3);
    const char *why = "no server runs here";

    if (b->config.ban)
        why = b->config.ban(b->config.arg, address, seconds, by);
    if (!why) {
        lua_pushboolean(L, 1);
        return 1;
    }
    lua_pushnil(L);
    lua_pushstring(L, why);
    return 2;
}

int luaopen_core_accounts(lua_State *L)
{
    static const luaL_Reg functions[] = {{"find", l_find},
                                         {"add", l_add},
                                         {"set_hash", l_set_hash},
                                         {"login_right", l_login_right},
                                         {"login_wrong", l_login_wrong},
                                         {"hash", l_hash},
                                         {"check", l_check},
                                         {"handle_problem", l_handle_problem},
                                         {"nick_problem", l_nick_problem},
                                         {"password_problem", l_password_problem},
                                         {"log_in", l_log_in},
                                         {"log_out", l_log_out},
                                         {"set_hidden", l_set_hidden},
                                         {"failed", l_failed},
                                         {"ban", l_ban},
                                         {"delete", l_delete},
                                         {"merge", l_merge},
                                         {"make_password", l_make_password},
                                         {"set_terminal", l_set_terminal},
                                         {NULL, NULL}};

    luaL_newlib(L, functions);
    return 1;
}
