/* values.c -- plain values between C and Lua. What pushes may raise a memory error: call it
 * inside Lua only. */
#include "bridge/internal.h"

void value_push(lua_State *L, struct value v)
{
    switch (v.type) {
    case VALUE_BOOLEAN:
        lua_pushboolean(L, v.boolean);
        break;
    case VALUE_INTEGER:
        lua_pushinteger(L, (lua_Integer)v.integer);
        break;
    case VALUE_NUMBER:
        lua_pushnumber(L, v.number);
        break;
    case VALUE_TEXT:
        lua_pushlstring(L, v.text.data, v.text.len);
        break;
    case VALUE_ROWS:
        rows_push(L, v.rows, true);
        break;
    case VALUE_NIL:
        lua_pushnil(L);
        break;
    }
}

struct value value_to(lua_State *L, int index)
{
    struct value v = {.type = VALUE_NIL};

    switch (lua_type(L, index)) {
    case LUA_TBOOLEAN:
        v.type = VALUE_BOOLEAN;
        v.boolean = lua_toboolean(L, index);
        break;
    case LUA_TNUMBER:
        v.type = lua_isinteger(L, index) ? VALUE_INTEGER : VALUE_NUMBER;
        if (v.type == VALUE_INTEGER)
            v.integer = (int64_t)lua_tointeger(L, index);
        else
            v.number = lua_tonumber(L, index);
        break;
    case LUA_TSTRING:
        v.type = VALUE_TEXT;
        v.text.data = lua_tolstring(L, index, &v.text.len);
        break;
    default:
        break;
    }
    return v;
}

void rows_push(lua_State *L, const struct rows *r, bool names)
{
    lua_createtable(L, (int)r->count, 0);
    for (unsigned i = 0; i < r->count; i++) {
        lua_createtable(L, 0, (int)r->columns);
        for (unsigned k = 0; names && k < r->columns; k++) {
            value_push(L, rows_at(r, i, k));
            lua_setfield(L, -2, r->names[k]);
        }
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}
