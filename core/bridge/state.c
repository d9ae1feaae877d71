/* state.c -- the Lua state: its allocator, the engine's own Lua, its beginning and end. */
#include <string.h>

#include "bridge/internal.h"
#include "client/timer.h"

enum {
    TEXT_MAX = 1 << 20,
    COLLECT_BITS = 10, /* garbage is collected after each 2^10 bytes that are new: with Lua's
                        * 2^13 one step frees up to 50,000 strings, and takes 20 ms */
};

static const char loader_lua[] = {
#include "loader.lua.h"
};

static const char users_lua[] = {
#include "users.lua.h"
};

static const char client_lua[] = {
#include "client.lua.h"
};

static const char choose_lua[] = {
#include "choose.lua.h"
};

static const char pager_lua[] = {
#include "pager.lua.h"
};

static const char editor_lua[] = {
#include "editor.lua.h"
};

static const char list_lua[] = {
#include "list.lua.h"
};

static const char descriptions_lua[] = {
#include "descriptions.lua.h"
};

static const char files_lua[] = {
#include "files.lua.h"
};

static const char zmodem_lua[] = {
#include "zmodem.lua.h"
};

static const char rooms_lua[] = {
#include "rooms.lua.h"
};

static const char clients_lua[] = {
#include "clients.lua.h"
};

static const char friends_lua[] = {
#include "friends.lua.h"
};

static const char talk_lua[] = {
#include "talk.lua.h"
};

static const char audit_lua[] = {
#include "audit.lua.h"
};

static const char sysop_lua[] = {
#include "sysop.lua.h"
};

static const char bans_lua[] = {
#include "bans.lua.h"
};

static const char board_lua[] = {
#include "board.lua.h"
};

static const char explain_lua[] = {
#include "explain.lua.h"
};

static const char shoulder_lua[] = {
#include "shoulder.lua.h"
};

static const char doors_lua[] = {
#include "doors.lua.h"
};

static const char door_settings_lua[] = {
#include "door_settings.lua.h"
};

static const char dropfiles_lua[] = {
#include "dropfiles.lua.h"
};

static const char rescue_lua[] = {
#include "rescue.lua.h"
};

/* All of Lua's memory. NULL makes Lua collect garbage, and then ends the handler that asked. */
static void *allocate(void *arg, void *old, size_t old_size, size_t size)
{
    struct bridge *b = arg;
    size_t had = old ? old_size : 0;

    if (size == 0) {
        b->used -= had;
        mem_free(old);
        return NULL;
    }
    if (size > had && b->is_limited) {
        size_t used = b->used + (size - had);

        if (used > (size_t)b->config.settings->lua_mb << 20 ||
            (used > b->base && used - b->base > b->run_limit))
            return NULL;
    }
    b->used += size - had;
    return mem_realloc(old, size);
}

static int free_buf(lua_State *L)
{
    buf_clear(lua_touserdata(L, 1));
    return 0;
}

struct buf *buf_push(lua_State *L, uint32_t max)
{
    struct buf *b = lua_newuserdatauv(L, sizeof(*b), 0);

    buf_init(b, max);
    if (luaL_newmetatable(L, "perigee.buf")) {
        lua_pushcfunction(L, free_buf);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    return b;
}

void buf_push_text(lua_State *L, struct buf *b)
{
    lua_pushlstring(L, b->len ? b->data : "", b->len);
    buf_clear(b);
}

struct bridge *bridge_of(lua_State *L)
{
    struct bridge *b;

    memcpy(&b, lua_getextraspace(L), sizeof(b));
    return b;
}

/* The modules that are written in C, as loader.lua knows them. */
static const luaL_Reg c_modules[] = {
    {"bbs.db", luaopen_bbs_db},
    {"bbs.time", luaopen_bbs_time},
    {"bbs.text", luaopen_bbs_text},
    {"bbs.ansi", luaopen_bbs_ansi},
    {"bbs.log", luaopen_bbs_log},
    {"bbs.settings", luaopen_bbs_settings},
    {"bbs.sys", luaopen_bbs_sys},
    {"bbs.command", luaopen_bbs_command},
    {"bbs.schedule", luaopen_bbs_schedule},
    {"bbs.dial", luaopen_bbs_dial},
    {"core.accounts", luaopen_core_accounts},
    {"core.board", luaopen_core_board},
    {"core.doors", luaopen_core_doors},
    {"core.clients", luaopen_core_clients},
    {"core.files", luaopen_core_files},
    {"core.lines", luaopen_core_lines},
    {"core.rooms", luaopen_core_rooms},
    {"core.shoulder", luaopen_core_shoulder},
    {NULL, NULL},
};

static const struct {
    const char *name;
    const char *text;
} own_files[] = {
    {"users", users_lua},
    {"client", client_lua},
    {"choose", choose_lua},
    {"pager", pager_lua},
    {"editor", editor_lua},
    {"list", list_lua},
    {"rescue", rescue_lua},
    {"files", files_lua},
    {"zmodem", zmodem_lua},
    {"rooms", rooms_lua},
    {"clients", clients_lua},
    {"friends", friends_lua},
    {"talk", talk_lua},
    {"descriptions", descriptions_lua},
    {"audit", audit_lua},
    {"sysop", sysop_lua},
    {"bans", bans_lua},
    {"shoulder", shoulder_lua},
    {"doors", doors_lua},
    {"dropfiles", dropfiles_lua},
    {"door_settings", door_settings_lua},
    {"board", board_lua},
    {"explain", explain_lua},
};

static void add_own_files(lua_State *L)
{
    lua_newtable(L);
    for (size_t i = 0; i < sizeof(own_files) / sizeof(own_files[0]); i++) {
        lua_pushstring(L, own_files[i].text);
        lua_setfield(L, -2, own_files[i].name);
    }
    lua_setfield(L, -2, "own");
}

static void add_c_modules(lua_State *L)
{
    lua_newtable(L);
    for (const luaL_Reg *m = c_modules; m->name; m++) {
        lua_pushcfunction(L, m->func);
        lua_call(L, 0, 1); /* in the protected call of open_all */
        lua_setfield(L, -2, m->name);
    }
    lua_setfield(L, -2, "modules");
}

/* Runs in the protected door: whatever may allocate does. -> the loader's table. */
static int open_all(lua_State *L)
{
    luaL_openlibs(L);
    lib_string_open(L);
    lib_coroutine_open(L);
    lib_client_open(L);
    if (luaL_loadbufferx(L, loader_lua, strlen(loader_lua), "=loader.lua", "t") != LUA_OK)
        return lua_error(L);
    lua_newtable(L);
    add_c_modules(L);
    add_own_files(L);
    modules_add_host(L);
    luaL_getmetatable(L, "perigee.client");
    lua_getfield(L, -1, "methods");
    lua_setfield(L, -3, "client_methods");
    lua_pop(L, 1);
    lua_call(L, 1, 1); /* in the protected call */
    return 1;
}

static int panic(lua_State *L)
{
    fprintf(stderr, "perigee: Lua failed outside of a protected call: %s\n",
            lua_tostring(L, -1));
    return 0; /* and Lua aborts: our mistake */
}

static int open_state(struct bridge *b, struct err *e)
{
    struct buf why;

    b->L = lua_newstate(allocate, b);
    if (!b->L)
        return err_set(e, "make a Lua state: out of memory");
    memcpy(lua_getextraspace(b->L), &b, sizeof(b));
    lua_atpanic(b->L, panic);
    lua_gc(b->L, LUA_GCINC, 0, 0, COLLECT_BITS);
    lua_pushcfunction(b->L, open_all);
    buf_init(&why, 4000);
    if (!bridge_call(b, 0, 1, &why)) {
        err_set(e, "start Lua: %s", buf_text(&why));
        buf_clear(&why);
        return -1;
    }
    b->loader = luaL_ref(b->L, LUA_REGISTRYINDEX);
    return 0;
}

struct bridge *bridge_new(const struct bridge_config *config, struct err *e)
{
    struct bridge *b = mem_zalloc(sizeof(*b));

    b->config = *config;
    b->since = time(NULL);
    b->loader = LUA_NOREF;
    schedule_open(b);
    buf_init(&b->text, TEXT_MAX);
    buf_init(&b->notice, 4096);
    buf_init(&b->keyword, 256);
    if (budget_open(e) < 0 || open_state(b, e) < 0) {
        bridge_free(b);
        return NULL;
    }
    return b;
}

static void free_handlers(struct handler **all)
{
    struct handler *h;
    struct handler *next;

    HASH_ITER(hh, *all, h, next)
    {
        HASH_DEL(*all, h);
        mem_free(h);
    }
}

/* Handlers that wait for the store or a timer are forgotten: nobody is there to be answered. */
static void end_tasks(struct bridge *b)
{
    while (b->tasks) {
        struct task *t = b->tasks;

        if (t->cancel)
            t->cancel(t->wait);
        t->client = NULL;
        task_free(t);
    }
}

void bridge_stop(struct bridge *b)
{
    if (!b)
        return;
    schedule_stop(b);
    end_tasks(b);
    b->all = NULL;
}

void bridge_free(struct bridge *b)
{
    if (!b)
        return;
    end_tasks(b);
    schedule_close(b);
    timer_free(b->deferred_soon);
    lib_board_forget(b);
    modules_close(b);
    budget_close();
    if (b->L)
        lua_close(b->L);
    free_handlers(&b->handlers[0]);
    free_handlers(&b->handlers[1]);
    buf_clear(&b->text);
    buf_clear(&b->notice);
    buf_clear(&b->keyword);
    mem_free(b);
}

void bridge_set_workers(struct bridge *b, struct store *store, struct worker *hashers,
                        struct worker *readers)
{
    b->config.store = store;
    b->config.hashers = hashers;
    b->config.readers = readers;
}

void bridge_set_clients(struct bridge *b, struct clients *all)
{
    b->all = all;
}

unsigned bridge_generation(const struct bridge *b)
{
    return b->generations[0];
}

size_t bridge_memory(const struct bridge *b)
{
    return b->used;
}

unsigned bridge_tasks(const struct bridge *b)
{
    return b->task_count;
}
