/* lib_shoulder.c -- core.shoulder: what shoulder.lua is made of. */
#include "bridge/internal.h"
#include "client/shoulder.h"
#include "term/draw.h"

#define SHOULDER_NAME "perigee.shoulder"

static struct shoulder *check(lua_State *L)
{
    struct shoulder **box = luaL_checkudata(L, 1, SHOULDER_NAME);

    luaL_argcheck(L, *box, 1, "it has been closed");
    return *box;
}

/* shoulder.new(client, other) -> a look at what the other's terminal shows, or nil and why not
 */
static int l_new(lua_State *L)
{
    struct client *by = client_box_check(L, 1);
    struct client *of = client_box_check(L, 2);
    struct shoulder **box = lua_newuserdatauv(L, sizeof(struct shoulder *), 0);
    struct err e;

    *box = NULL;
    luaL_setmetatable(L, SHOULDER_NAME);
    *box = shoulder_new(by, of, &e);
    if (*box)
        return 1;
    lua_pushnil(L);
    lua_pushstring(L, e.text);
    return 2;
}

/* look:size() -> columns, rows, the cursor's column and row, from 1; nothing: the other has
 * left
 */
static int l_size(lua_State *L)
{
    const struct picture *p = shoulder_picture(check(L));
    unsigned row;
    unsigned column;

    if (!p)
        return 0;
    picture_cursor(p, &row, &column);
    lua_pushinteger(L, picture_columns(p));
    lua_pushinteger(L, picture_rows(p));
    lua_pushinteger(L, (lua_Integer)column + 1);
    lua_pushinteger(L, (lua_Integer)row + 1);
    return 4;
}

static void push_piped(lua_State *L, struct span s)
{
    luaL_Buffer out;

    luaL_buffinit(L, &out);
    for (size_t i = 0; i < s.len; i++) {
        if (s.data[i] == '|')
            luaL_addchar(&out, '|');
        luaL_addchar(&out, s.data[i]);
    }
    luaL_pushresult(&out);
}

/* look:row(n, columns, plain) -> row n from 1, for client:send, at most so many columns; plain:
 * without colours */
static int l_row(lua_State *L)
{
    const struct picture *p = shoulder_picture(check(L));
    lua_Integer row = luaL_checkinteger(L, 2);
    struct draw_limits limits = {.columns = (unsigned)luaL_checkinteger(L, 3),
                                 .no_colors = lua_toboolean(L, 4)};
    struct buf *out;

    luaL_argcheck(L, p && row >= 1 && row <= picture_rows(p), 2, "there is no such row");
    out = buf_push(L, 65536);
    draw_row(p, (unsigned)row - 1, &limits, out);
    push_piped(L, buf_span(out));
    return 1;
}

static int l_close(lua_State *L)
{
    struct shoulder **box = luaL_checkudata(L, 1, SHOULDER_NAME);

    shoulder_free(*box);
    *box = NULL;
    return 0;
}

int luaopen_core_shoulder(lua_State *L)
{
    static const luaL_Reg functions[] = {{"new", l_new}, {NULL, NULL}};
    static const luaL_Reg methods[] = {{"size", l_size}, {"row", l_row}, {NULL, NULL}};

    luaL_newmetatable(L, SHOULDER_NAME);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, l_close);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, l_close);
    lua_setfield(L, -2, "__close");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
    luaL_newlib(L, functions);
    return 1;
}
