/* client_box.c -- the client object, and who waits for its caller. */
#include "bridge/client_box.h"

void client_box_push(lua_State *L, struct client *c)
{
    struct box *box = client_box(c);

    if (box) {
        lua_rawgeti(L, LUA_REGISTRYINDEX, box->ref);
        return;
    }
    box = lua_newuserdatauv(L, sizeof(*box), BOX_COMMAND);
    *box = (struct box){.client = c, .ref = LUA_NOREF};
    luaL_setmetatable(L, "perigee.client");
    lua_pushvalue(L, -1);
    box->ref = luaL_ref(L, LUA_REGISTRYINDEX);
    client_set_box(c, box);
}

void client_box_forget(void *arg, struct client *c)
{
    struct bridge *b = arg;
    struct box *box = client_box(c);

    if (!box)
        return;
    box->client = NULL;
    luaL_unref(b->L, LUA_REGISTRYINDEX, box->ref);
    client_set_box(c, NULL);
}

struct client *client_box_check(lua_State *L, int index)
{
    struct box *box = luaL_checkudata(L, index, "perigee.client");

    if (!box->client)
        luaL_error(L, "the client has left");
    return box->client;
}

/* A caller who is still there, for what needs one. */
struct client *client_box_open(lua_State *L)
{
    struct client *c = client_box_check(L, 1);

    if (!client_is_open(c))
        luaL_error(L, "the client has left");
    return c;
}

/* --- waiting for the caller --- */

static void cancel(void *wait)
{
    struct box *box = wait;

    if (box->client)
        client_stop_waiting(box->client);
    box->asking = box->aside = NULL; /* all that wait for a caller end together */
}

bool client_box_set_aside(struct client *c)
{
    struct box *box = client_box(c);

    if (!box || !box->asking || box->aside)
        return false;
    box->aside = box->asking;
    box->asking = NULL;
    return true;
}

void client_box_take_back(struct client *c)
{
    struct box *box = client_box(c);

    if (!box || !box->aside)
        return;
    box->asking = box->aside;
    box->aside = NULL;
}

void client_box_answer(struct client *c, const struct answer *answer)
{
    struct box *box = client_box(c);
    struct task *t = box ? box->asking : NULL;

    if (!t)
        return;
    box->asking = NULL;
    task_wake(t, (void *)(uintptr_t)answer);
}

int client_box_wait(lua_State *L, lua_KFunction k)
{
    struct box *box = lua_touserdata(L, 1);

    box->asking = bridge_of(L)->current;
    return task_wait(L, cancel, box, k);
}

/* The handler's own client, which nobody else is asking. */
struct client *client_box_asks(lua_State *L, const char *what)
{
    struct client *c = client_box_open(L);
    struct task *t = task_current(L);

    if (t->client != c)
        luaL_error(L, "%s: only the client's own handler may ask it", what);
    if (!client_may_ask(c) || !t->has_call)
        luaL_error(L, "%s: the caller is being asked something else", what);
    return c;
}
