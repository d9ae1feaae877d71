/* command.c -- commands of the command line that are Lua: perigee files, and a part of perigee
 * explain. */
#include <stdio.h>

#include "bridge/internal.h"

struct bridge_command {
    struct task *task; /* NULL: it has ended */
    void (*said)(void *arg, enum bridge_said what, struct span text);
    void *arg;
};

/* say(what, text) */
static int l_say(lua_State *L)
{
    const struct bridge_command *command = lua_touserdata(L, lua_upvalueindex(1));
    struct span text;

    text.data = luaL_checklstring(L, 2, &text.len);
    command->said(command->arg, (enum bridge_said)luaL_checkinteger(L, 1), text);
    return 0;
}

struct words {
    struct bridge_command *command;
    const char *module;
    const char *const *list;
    unsigned count;
};

/* (struct words, loader) -> a function that does it */
static int make_function(lua_State *L)
{
    const struct words *words = lua_touserdata(L, 1);

    lua_getfield(L, 2, "command");
    lua_pushstring(L, words->module);
    lua_createtable(L, (int)words->count, 0);
    for (unsigned i = 0; i < words->count; i++) {
        lua_pushstring(L, words->list[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_pushlightuserdata(L, words->command);
    lua_pushcclosure(L, l_say, 1);
    lua_call(L, 3, 1); /* in the protected call */
    return 1;
}

struct bridge_command *
bridge_command_new(struct bridge *b, const char *module, const char *const *list,
                   unsigned count,
                   void (*said)(void *arg, enum bridge_said what, struct span text), void *arg)
{
    struct bridge_command *command = mem_zalloc(sizeof(*command));
    struct words words = {command, module, list, count};
    char name[40];
    struct task *t;

    command->said = said;
    command->arg = arg;
    if (!modules_call_loader(b, make_function, &words, 1, NULL))
        return command;
    snprintf(name, sizeof(name), "%s.command", module);
    t = task_new(b, NULL, handler_find(b, name, false));
    t->function = luaL_ref(b->L, LUA_REGISTRYINDEX);
    t->is_async = true;
    t->held_by = &command->task;
    command->task = t;
    task_start(t);
    return command;
}

bool bridge_command_runs(const struct bridge_command *command)
{
    return command->task != NULL;
}

void bridge_command_free(struct bridge_command *command)
{
    if (command && command->task)
        command->task->held_by = NULL;
    mem_free(command);
}

struct ended {
    int64_t id;
    const char *nick_name;
    int64_t into;
    bool is_anonymised;
};

/* (struct ended, loader) -> the function that forgets it */
static int make_forget(lua_State *L)
{
    const struct ended *e = lua_touserdata(L, 1);

    lua_getfield(L, 2, "forget");
    lua_pushinteger(L, (lua_Integer)e->id);
    lua_pushstring(L, e->nick_name);
    lua_pushinteger(L, (lua_Integer)e->into);
    lua_pushboolean(L, e->is_anonymised);
    lua_call(L, 4, 1); /* in the protected call of bridge_account_ended */
    return 1;
}

void bridge_account_ended(struct bridge *b, int64_t id, const char *nick_name, int64_t into,
                          bool is_anonymised)
{
    struct ended ended = {id, nick_name, into, is_anonymised};
    struct task *t;

    if (!modules_call_loader(b, make_forget, &ended, 1, NULL))
        return;
    t = task_new(b, NULL, handler_find(b, "accounts.forget", false));
    t->function = luaL_ref(b->L, LUA_REGISTRYINDEX);
    t->is_async = true;
    task_start(t);
}
