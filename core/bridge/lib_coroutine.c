/* lib_coroutine.c -- coroutine.resume and wrap that let the engine's waits through: a handler
 * may wait inside a coroutine of its own making, and its budget holds there too. */
#include "bridge/internal.h"

static int go_on(lua_State *L, lua_State *co, int args);

/* --- whose they are: a weak set of coroutines that nobody but the engine resumes --- */

static const char engines_key;

static void push_engines(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &engines_key);
}

void lib_coroutine_mark(lua_State *L, int index, bool is_engines)
{
    index = lua_absindex(L, index);
    luaL_checkstack(L, 3, "coroutines");
    push_engines(L);
    lua_pushvalue(L, index);
    if (is_engines)
        lua_pushboolean(L, 1);
    else
        lua_pushnil(L);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

/* The coroutine at 1. */
static bool is_engines(lua_State *L)
{
    bool is;

    luaL_checkstack(L, 2, "coroutines");
    push_engines(L);
    lua_pushvalue(L, 1);
    is = lua_rawget(L, -2) != LUA_TNIL;
    lua_pop(L, 2);
    return is;
}

/* --- resume --- */

/* The engine has answered: its values stand above the coroutine; they are what it waited for.
 */
static int answered(lua_State *L, int status, lua_KContext at)
{
    lua_State *co = lua_tothread(L, 1);

    (void)status;
    return go_on(L, co, lua_gettop(L) - (int)at);
}

/* Close what a dead or suspended coroutine has to close, under this run's budget. -> status */
static int close_coroutine(lua_State *L, lua_State *co)
{
    int status;

    budget_switch(co);
    status = lua_resetthread(co);
    budget_switch(L);
    return status;
}

static int failed(lua_State *L, lua_State *co)
{
    lua_pushboolean(L, 0);
    lua_xmove(co, L, 1);
    return 2;
}

/* Nothing can wait in `L`: the coroutine that does has begun what nobody will finish. */
static int give_up_wait(lua_State *L, lua_State *co)
{
    task_forget_wait(bridge_of(L)->current);
    lua_pop(co, 1);
    lib_coroutine_mark(L, 1, false);
    close_coroutine(L, co);
    lua_settop(co, 0);
    lua_pushboolean(L, 0);
    lua_pushstring(L, "this waits, and nothing can wait here: not in a sort, a gsub or a "
                      "metamethod");
    return 2;
}

/* Resume with the topmost `args` values; -> true, results or false, error. */
static int go_on(lua_State *L, lua_State *co, int args)
{
    int results = 0;
    int rc;

    if (!lua_checkstack(co, args + 1))
        return luaL_error(L, "too many arguments to resume");
    lib_coroutine_mark(L, 1, true);
    lua_xmove(L, co, args);
    budget_switch(co);
    rc = lua_resume(co, L, args, &results);
    budget_switch(L);
    if (rc == LUA_YIELD && results == 1 && task_is_wait(co, -1)) {
        if (!lua_isyieldable(L))
            return give_up_wait(L, co);
        /* It stays marked: whoever else went on in it would be taken for the engine. */
        lua_xmove(co, L, 1);
        return lua_yieldk(L, 1, lua_gettop(L) - 1, answered);
    }
    lib_coroutine_mark(L, 1, false);
    if (rc != LUA_OK && rc != LUA_YIELD)
        return failed(L, co);
    if (!lua_checkstack(L, results + 2))
        return luaL_error(L, "too many results to resume");
    lua_pushboolean(L, 1);
    lua_xmove(co, L, results);
    return results + 1;
}

static int co_resume(lua_State *L)
{
    lua_State *co;

    luaL_checktype(L, 1, LUA_TTHREAD);
    co = lua_tothread(L, 1);
    if (co == L || is_engines(L)) {
        lua_pushboolean(L, 0);
        lua_pushstring(L, "cannot resume non-suspended coroutine");
        return 2;
    }
    if (lua_status(co) != LUA_YIELD && !(lua_status(co) == LUA_OK && lua_gettop(co) > 0)) {
        lua_pushboolean(L, 0);
        lua_pushstring(L, "cannot resume dead coroutine");
        return 2;
    }
    return go_on(L, co, lua_gettop(L) - 1);
}

/* Results of a wrapped coroutine: without the `true`, and errors are raised. */
static int unwrap(lua_State *L, int status, lua_KContext at)
{
    lua_State *co = lua_tothread(L, lua_upvalueindex(1));
    int first = (int)at + 1;

    (void)status;
    if (lua_toboolean(L, first))
        return lua_gettop(L) - first;
    lua_settop(L, first + 1);
    /* One that was stopped has its hooks off (see handler_entry): nothing more runs in it. */
    if (!budget_is_over() && lua_status(co) != LUA_OK && lua_status(co) != LUA_YIELD &&
        close_coroutine(L, co) != LUA_OK)
        lua_xmove(co, L, 1); /* the error of a __close takes the other's place */
    return lua_error(L);
}

static bool is_dead_or_suspended(lua_State *L, lua_State *co)
{
    lua_Debug ar;

    if (L == co)
        return false;
    return lua_status(co) != LUA_OK || !lua_getstack(co, 0, &ar);
}

static int co_close(lua_State *L)
{
    lua_State *co;

    luaL_checktype(L, 1, LUA_TTHREAD);
    co = lua_tothread(L, 1);
    if (is_engines(L))
        return luaL_error(L, "cannot close a coroutine that runs or waits");
    if (!is_dead_or_suspended(L, co))
        return luaL_error(L, "cannot close a running coroutine");
    if (close_coroutine(L, co) == LUA_OK) {
        lua_pushboolean(L, 1);
        return 1;
    }
    return failed(L, co);
}

/* What a handler itself yields would reach the engine: only its own coroutines may. */
static int co_yield (lua_State *L)
{
    const struct task *t = bridge_of(L)->current;

    if (t && t->co == L)
        return luaL_error(L, "attempt to yield from outside a coroutine");
    return lua_yield(L, lua_gettop(L));
}

static int co_wrapped(lua_State *L)
{
    int args = lua_gettop(L);

    lua_pushcfunction(L, co_resume);
    lua_insert(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 2);
    lua_callk(L, args + 1, LUA_MULTRET, 0, unwrap);
    return unwrap(L, LUA_OK, 0);
}

static int co_wrap(lua_State *L)
{
    lua_State *co;

    luaL_checktype(L, 1, LUA_TFUNCTION);
    co = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    lua_pushcclosure(L, co_wrapped, 1);
    return 1;
}

void lib_coroutine_open(lua_State *L)
{
    static const luaL_Reg ours[] = {{"resume", co_resume},
                                    {"wrap", co_wrap},
                                    {"close", co_close},
                                    {"yield", co_yield },
                                    {NULL, NULL}};

    lua_newtable(L);
    lua_newtable(L);
    lua_pushstring(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &engines_key);
    lua_getglobal(L, "coroutine");
    luaL_setfuncs(L, ours, 0);
    lua_pop(L, 1);
}
