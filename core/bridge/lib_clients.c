/* lib_clients.c -- bbs.clients: who is on line. */
#include <strings.h>

#include "bridge/internal.h"

static struct clients *all_of(lua_State *L)
{
    struct clients *all = bridge_of(L)->all;

    if (!all)
        luaL_error(L, "clients: nobody can be on line here");
    return all;
}

/* clients.all() -> list of the callers who are logged in, by node number. */
static int l_all(lua_State *L)
{
    struct clients *all = all_of(L);
    lua_Integer n = 0;

    lua_newtable(L);
    for (unsigned i = 1; i <= clients_last_id(all); i++) {
        struct client *c = clients_at(all, i);

        if (!c || !client_user(c) || !client_is_open(c))
            continue;
        client_box_push(L, c);
        lua_rawseti(L, -2, ++n);
    }
    return 1;
}

/* clients.count() -> how many callers are logged in. */
static int l_count(lua_State *L)
{
    struct clients *all = all_of(L);
    lua_Integer n = 0;

    for (unsigned i = 1; i <= clients_last_id(all); i++) {
        struct client *c = clients_at(all, i);

        n += c && client_user(c) && client_is_open(c);
    }
    lua_pushinteger(L, n);
    return 1;
}

static bool goes_by(const struct client *c, const char *name)
{
    return strcasecmp(client_user_id(c), name) == 0 ||
           strcasecmp(client_nick_name(c), name) == 0;
}

static struct client *find(lua_State *L, int index)
{
    struct clients *all = all_of(L);
    int is_number;
    lua_Integer id = lua_tointegerx(L, index, &is_number);
    const char *name = luaL_checkstring(L, index);
    struct client *c = is_number && id > 0 ? clients_at(all, (unsigned)id) : NULL;

    if (c && client_user(c) && client_is_open(c))
        return c;
    for (unsigned i = 1; i <= clients_last_id(all); i++) {
        c = clients_at(all, i);
        if (c && client_user(c) && client_is_open(c) && goes_by(c, name))
            return c;
    }
    return NULL;
}

/* clients.find(name) -> a client who is logged in, by handle, nick name or node number; or nil.
 */
static int l_find(lua_State *L)
{
    struct client *c = find(L, 1);

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

/* clients.page(from, name, text) -> true, or nil and why not: a line from one caller to
 * another, shown above what that one is typing. */
static int l_page(lua_State *L)
{
    struct client *from = client_box_check(L, 1);
    const char *name = luaL_checkstring(L, 2);
    const char *text = luaL_checkstring(L, 3);
    struct client *to;
    const char *line;

    if (!client_user(from))
        return refuse(L, "Only who is logged in can page%s", "");
    to = find(L, 2);
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

int luaopen_bbs_clients(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"all", l_all}, {"count", l_count}, {"find", l_find}, {"page", l_page}, {NULL, NULL}};

    luaL_newlib(L, functions);
    return 1;
}
