/* lib_clients.c -- core.clients: who is on line; clients.lua is the rest of bbs.clients. */
#include <strings.h>

#include "bridge/internal.h"

static struct clients *all_of(lua_State *L)
{
    struct clients *all = bridge_of(L)->all;

    if (!all)
        luaL_error(L, "clients: nobody can be on line here");
    return all;
}

bool client_box_sees(lua_State *L, int index, const struct client *c)
{
    if (lua_isnoneornil(L, index))
        return client_is_seen(c, NULL);
    if (lua_isboolean(L, index))
        return client_user(c) && client_is_open(c) &&
               (lua_toboolean(L, index) || !client_is_hidden(c));
    return client_is_seen(c, client_box_check(L, index));
}

/* The next behind node number `id` whom the viewer at `index` may see, or NULL. */
static struct client *next_seen(lua_State *L, int index, lua_Integer id)
{
    struct clients *all = all_of(L);

    for (lua_Integer i = id + 1; i <= clients_last_id(all); i++) {
        struct client *c = clients_at(all, (unsigned)i);

        if (c && client_box_sees(L, index, c))
            return c;
    }
    return NULL;
}

/* clients.all([viewer]) -> list of the callers who are logged in, by node number. Hidden ones
 * are in it where the viewer, a client, may see them; `true` sees all. */
static int l_all(lua_State *L)
{
    struct client *c = NULL;
    lua_Integer n = 0;

    lua_settop(L, 1);
    lua_newtable(L);
    while ((c = next_seen(L, 1, c ? client_id(c) : 0))) {
        client_box_push(L, c);
        lua_rawseti(L, 2, ++n);
    }
    return 1;
}

/* Upvalues: the viewer; the node number of the last. */
static int l_next(lua_State *L)
{
    struct client *c = next_seen(L, lua_upvalueindex(1), lua_tointeger(L, lua_upvalueindex(2)));

    if (!c)
        return 0;
    lua_pushinteger(L, client_id(c));
    lua_replace(L, lua_upvalueindex(2));
    client_box_push(L, c);
    return 1;
}

/* for other in clients.each([viewer]) do: the same, one by one. */
static int l_each(lua_State *L)
{
    lua_settop(L, 1);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, l_next, 2);
    return 1;
}

/* clients.count([viewer]) -> how many callers are logged in. */
static int l_count(lua_State *L)
{
    struct client *c = NULL;
    lua_Integer n = 0;

    lua_settop(L, 1);
    while ((c = next_seen(L, 1, c ? client_id(c) : 0)))
        n++;
    lua_pushinteger(L, n);
    return 1;
}

/* clients.of(account) -> list of the calls of the account of that number, hidden or not. */
static int l_of(lua_State *L)
{
    struct clients *all = all_of(L);
    lua_Integer account = luaL_checkinteger(L, 1);
    lua_Integer n = 0;

    lua_newtable(L);
    for (unsigned i = 1; account > 0 && i <= clients_last_id(all); i++) {
        struct client *c = clients_at(all, i);

        if (!c || client_user(c) != account || !client_is_open(c))
            continue;
        client_box_push(L, c);
        lua_rawseti(L, -2, ++n);
    }
    return 1;
}

/* clients.nodes() -> list of all callers by node number, those who have not logged in too. */
static int l_nodes(lua_State *L)
{
    struct clients *all = all_of(L);
    lua_Integer n = 0;

    lua_newtable(L);
    for (unsigned i = 1; i <= clients_last_id(all); i++) {
        struct client *c = clients_at(all, i);

        if (!c || !client_is_open(c))
            continue;
        client_box_push(L, c);
        lua_rawseti(L, -2, ++n);
    }
    return 1;
}

static bool goes_by(const struct client *c, const char *name)
{
    return strcasecmp(client_user_id(c), name) == 0 ||
           strcasecmp(client_nick_name(c), name) == 0;
}

/* By the name or node number at 1, of whom the viewer at `index` may see. */
static struct client *find(lua_State *L, int name_index, int index)
{
    int is_number;
    lua_Integer id = lua_tointegerx(L, name_index, &is_number);
    const char *name = luaL_checkstring(L, name_index);
    struct client *c =
        is_number && id > 0 && id <= UINT32_MAX ? clients_at(all_of(L), (unsigned)id) : NULL;

    if (c && client_box_sees(L, index, c))
        return c;
    c = NULL;
    while ((c = next_seen(L, index, c ? client_id(c) : 0))) {
        if (goes_by(c, name))
            return c;
    }
    return NULL;
}

/* clients.find(name, [viewer]) -> a client who is logged in, by handle, nick name or node
 * number; or nil. */
static int l_find(lua_State *L)
{
    struct client *c;

    lua_settop(L, 2);
    c = find(L, 1, 2);
    if (!c)
        return 0;
    client_box_push(L, c);
    return 1;
}

static int refuse(lua_State *L, const char *format, const char *name)
{
    lua_pushnil(L);
    lua_pushfstring(L, format, name);
    return 2;
}

/* clients.page(from, name, text, [true]) -> true, or nil and why not: a line from one caller to
 * another, shown above what that one is typing; with `true` to a hidden one, too. */
static int l_page(lua_State *L)
{
    struct client *from = client_box_check(L, 1);
    const char *name = luaL_checkstring(L, 2);
    const char *text = luaL_checkstring(L, 3);
    struct client *to;
    const char *line;

    lua_settop(L, 4);
    if (!client_user(from))
        return refuse(L, "Only who is logged in can page%s", "");
    to = find(L, 2, lua_isboolean(L, 4) ? 4 : 1);
    if (!to)
        return refuse(L, "%s is not on line", name);
    if (to == from)
        return refuse(L, "That is you%s", "");
    if (text[strspn(text, " ")] == '\0')
        return refuse(L, "There is nothing to say to %s", client_nick_name(to));
    line = lua_pushfstring(L, "<%s> %s", client_nick_name(from), text);
    if (!client_tell(to, span_of(line)))
        return refuse(L, "%s has too many messages waiting", client_nick_name(to));
    lua_pushboolean(L, 1);
    return 1;
}

int luaopen_core_clients(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"all", l_all},   {"each", l_each}, {"count", l_count}, {"of", l_of},
        {"find", l_find}, {"page", l_page}, {"nodes", l_nodes}, {NULL, NULL}};

    luaL_newlib(L, functions);
    return 1;
}
