/* lib_dial.c -- bbs.dial: the other systems that callers may be connected to; what client:dial
 * takes and gives. */
#include "bridge/internal.h"

#include "base/remote.h"

enum { TEXT_MOST = 200 };

/* A text or a number, as text; NULL: it is not there. */
static const char *option(lua_State *L, const char *name)
{
    size_t len;
    const char *text;

    if (lua_getfield(L, 2, name) == LUA_TNIL)
        return NULL;
    text = lua_tolstring(L, -1, &len);
    if (!text || len == 0 || len > TEXT_MOST || strlen(text) != len)
        luaL_error(L, "dial: option %s: a text of 1 to %d bytes without NUL expected", name,
                   TEXT_MOST);
    return text;
}

static void check_names(lua_State *L)
{
    static const char known[] = "|host|port|protocol|client_user|server_user|terminal|";

    for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1)) {
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
        const char *between = lua_pushfstring(L, "|%s|", name);

        if (!strstr(known, between))
            luaL_error(L,
                       "dial: no option %s, expected host, port, protocol, client_user, "
                       "server_user or terminal",
                       name);
        lua_pop(L, 1);
    }
}

void dial_check_options(lua_State *L, struct dial_options *o)
{
    const char *host;

    check_names(L);
    host = option(L, "host");
    if (!host)
        luaL_error(L, "dial: option host: a name expected that the setting dial.hosts has");
    o->host = span_of(host);
    o->protocol = option(L, "protocol");
    if (o->protocol && strcmp(o->protocol, "telnet") != 0 && strcmp(o->protocol, "rlogin") != 0)
        luaL_error(L, "dial: option protocol: \"telnet\" or \"rlogin\" expected");
    o->port = option(L, "port");
    o->client_user = option(L, "client_user");
    o->server_user = option(L, "server_user");
    o->terminal = option(L, "terminal");
}

int dial_push_ending(lua_State *L, const struct dial_ending *e)
{
    if (!e->was_there) {
        lua_pushnil(L);
        lua_pushstring(L, e->why);
        return 2;
    }
    lua_createtable(L, 0, 5);
    lua_pushboolean(L, e->is_good);
    lua_setfield(L, -2, "ok");
    lua_pushstring(L, e->why);
    lua_setfield(L, -2, "reason");
    lua_pushnumber(L, e->seconds);
    lua_setfield(L, -2, "seconds");
    lua_pushinteger(L, (lua_Integer)e->sent);
    lua_setfield(L, -2, "sent");
    lua_pushinteger(L, (lua_Integer)e->received);
    lua_setfield(L, -2, "received");
    return 1;
}

static void push_remote(lua_State *L, const struct remote *r)
{
    const char *const fields[][2] = {
        {"name", r->name},
        {"protocol", remote_protocol(r)},
        {"host", r->host},
        {"port", r->port},
        {"charset", *r->charset ? r->charset : NULL},
    };

    lua_createtable(L, 0, 5);
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        lua_pushstring(L, fields[i][1]);
        lua_setfield(L, -2, fields[i][0]);
    }
}

/* dial.hosts(client) -> a list of {name=, protocol=, host=, port=, charset=}: to which the
 * caller may be connected, none if to none, and then why. */
static int l_hosts(lua_State *L)
{
    const struct setting_list *hosts = &bridge_of(L)->config.settings->dial_hosts;
    struct client *c = client_box_check(L, 1);
    struct remote r;
    struct err e;

    lua_newtable(L);
    if (client_may_dial(c, &e) < 0) {
        lua_pushstring(L, e.text);
        return 2;
    }
    for (unsigned i = 0; i < hosts->count; i++) {
        if (remote_parse(hosts->items[i], &r, &e) < 0)
            continue; /* it was checked when it was read */
        push_remote(L, &r);
        lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    }
    return 1;
}

int luaopen_bbs_dial(lua_State *L)
{
    static const luaL_Reg functions[] = {{"hosts", l_hosts}, {NULL, NULL}};

    luaL_newlib(L, functions);
    return 1;
}
