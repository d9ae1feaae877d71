#include "bridge/tests.h"

#include <stdio.h>

#include "bridge/internal.h"

enum {
    TEXT_MOST = 8 << 20,
    HOOK_STEPS = 1000000,
    HOOKS_MOST = 200,     /* of a test that waits for nothing: an endless loop */
    LUA_MOST = 256 << 20, /* bytes, of a test that fills the memory */
    HOOKS_DEAF = 20       /* more: it has caught the error, and goes on */
};

static const char tests_lua[] = {
#include "tests.lua.h"
};

struct run {
    const struct tests_config *config;
    unsigned hooks; /* since something was done */
    unsigned deaf;  /* of these, when the error that they raised has been caught */
    size_t used;    /* bytes, by Lua */
    char why[400];  /* that error; empty: none */
};

static void *allocate(void *arg, void *old, size_t old_size, size_t size)
{
    struct run *r = arg;
    size_t had = old ? old_size : 0;

    if (size > had && r->used + (size - had) > LUA_MOST)
        return NULL;
    r->used = r->used + size - had;
    if (size > 0)
        return mem_realloc(old, size);
    mem_free(old);
    return NULL;
}

static struct run *run_of(lua_State *L)
{
    return *(struct run **)lua_getextraspace(L);
}

static void set_why(struct run *r, lua_State *L, lua_Debug *at, bool is_stopped)
{
    lua_getinfo(L, "Sl", at);
    if (is_stopped)
        snprintf(r->why, sizeof(r->why), "stopped");
    else
        snprintf(r->why, sizeof(r->why),
                 "%s:%d: it runs on and on, and waits for nothing: an endless loop?",
                 at->short_src, at->currentline);
}

/* What has caught the error once, by pcall, gets it at each instruction from then on: nothing
 * runs any more, and tests_run ends. */
static void on_hook(lua_State *L, lua_Debug *at)
{
    struct run *r = run_of(L);
    bool is_stopped = !r->config->goes_on(r->config->arg);

    r->hooks++;
    if (!is_stopped && r->hooks <= HOOKS_MOST)
        return;
    if (!r->why[0]) {
        r->deaf = r->hooks + HOOKS_DEAF;
        set_why(r, L, at, is_stopped);
    } else if (r->hooks < r->deaf) {
        return;
    } else {
        lua_sethook(L, on_hook, LUA_MASKCOUNT, 1);
    }
    lua_pushstring(L, r->why);
    lua_error(L);
}

static struct tests_answer *push_answer(lua_State *L)
{
    struct tests_answer *a = lua_newuserdatauv(L, sizeof(*a), 0);

    *a = (struct tests_answer){0};
    buf_init(&a->text, TEXT_MOST);
    luaL_setmetatable(L, "answer");
    return a;
}

static int free_answer(lua_State *L)
{
    struct tests_answer *a = lua_touserdata(L, 1);

    buf_clear(&a->text);
    return 0;
}

/* act(what, ...) -> what came of it; nil and why where it can't be. */
static int l_act(lua_State *L)
{
    struct run *r = run_of(L);
    const char *what = luaL_checkstring(L, 1);
    struct value args[16];
    int count = lua_gettop(L) - 1;
    struct tests_answer *a;
    struct err e;

    luaL_argcheck(L, count <= 16, 2, "too many");
    a = push_answer(L);
    for (int i = 0; i < count; i++)
        args[i] = value_to(L, i + 2);
    if (r->config->goes_on(r->config->arg)) {
        r->hooks = 0;
        r->why[0] = '\0';
    }
    if (r->config->act(r->config->arg, what, args, (unsigned)count, a, &e) < 0) {
        lua_pushnil(L);
        lua_pushstring(L, e.text);
        return 2;
    }
    for (unsigned i = 0; i < a->count; i++)
        value_push(L, a->values[i]);
    return (int)a->count;
}

/* read(path) -> its text, or nil */
static int l_read(lua_State *L)
{
    struct run *r = run_of(L);
    struct tests_answer *a = push_answer(L);

    if (!r->config->read(r->config->arg, luaL_checkstring(L, 1), &a->text))
        return 0;
    lua_pushlstring(L, a->text.data ? a->text.data : "", a->text.len);
    return 1;
}

static void open_libraries(lua_State *L)
{
    static const luaL_Reg libraries[] = {
        {LUA_GNAME, luaopen_base},          {LUA_TABLIBNAME, luaopen_table},
        {LUA_STRLIBNAME, luaopen_string},   {LUA_MATHLIBNAME, luaopen_math},
        {LUA_UTF8LIBNAME, luaopen_utf8},    {LUA_OSLIBNAME, luaopen_os},
        {LUA_COLIBNAME, luaopen_coroutine}, {LUA_DBLIBNAME, luaopen_debug}};

    for (unsigned i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
        luaL_requiref(L, libraries[i].name, libraries[i].func, 1);
        lua_pop(L, 1);
    }
}

static void push_options(lua_State *L, const struct tests_config *config)
{
    lua_newtable(L);
    lua_pushstring(L, config->only);
    lua_setfield(L, -2, "only");
    lua_pushboolean(L, config->updates);
    lua_setfield(L, -2, "updates");
    lua_pushinteger(L, (lua_Integer)config->seed);
    lua_setfield(L, -2, "seed");
    lua_pushstring(L, config->user);
    lua_setfield(L, -2, "user");
    lua_pushcfunction(L, l_act);
    lua_setfield(L, -2, "act");
    lua_pushcfunction(L, l_read);
    lua_setfield(L, -2, "read");
}

struct files {
    const char *const *names;
    unsigned count;
    struct tests_totals totals;
};

/* tests.lua gets the options and the files' names, and returns how many passed and failed. */
static int body(lua_State *L)
{
    struct run *r = lua_touserdata(L, 1);
    struct files *f = lua_touserdata(L, 2);

    open_libraries(L);
    luaL_newmetatable(L, "answer");
    lua_pushcfunction(L, free_answer);
    lua_setfield(L, -2, "__gc");
    if (luaL_loadbufferx(L, tests_lua, strlen(tests_lua), "=tests.lua", "t") != LUA_OK)
        return lua_error(L);
    push_options(L, r->config);
    lua_newtable(L);
    for (unsigned i = 0; i < f->count; i++) {
        lua_pushstring(L, f->names[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_sethook(L, on_hook, LUA_MASKCOUNT, HOOK_STEPS);
    lua_call(L, 2, 2);
    f->totals.passed = (unsigned)lua_tointeger(L, -2);
    f->totals.failed = (unsigned)lua_tointeger(L, -1);
    return 0;
}

int tests_run(const struct tests_config *config, const char *const *files, unsigned count,
              struct tests_totals *out, struct err *e)
{
    struct run r = {.config = config};
    struct files f = {.names = files, .count = count};
    lua_State *L = lua_newstate(allocate, &r);
    int rc = 0;

    if (!L)
        return err_set(e, "there is no memory for Lua");
    *(struct run **)lua_getextraspace(L) = &r;
    lua_pushcfunction(L, body);
    lua_pushlightuserdata(L, &r);
    lua_pushlightuserdata(L, &f);
    if (lua_pcall(L, 2, 0, 0) != LUA_OK)
        rc = err_set(e, "%s", lua_tostring(L, -1));
    lua_close(L);
    *out = f.totals;
    return rc;
}
