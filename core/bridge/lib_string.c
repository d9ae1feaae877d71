/* lib_string.c -- what Lua's string library does with patterns, stopped by the budget as any
 * other loop is. The reference manual (5.4, section 6.4) says what these do. */
#include <string.h>

#include "bridge/internal.h"
#include "bridge/pattern.h"

/* Where the search begins, from 0: `init` as the manual has it. */
static size_t check_init(lua_State *L, int index, size_t len)
{
    lua_Integer init = luaL_optinteger(L, index, 1);

    if (init > 0)
        return (size_t)init - 1;
    if (init == 0 || init < -(lua_Integer)len)
        return 0;
    return len + (size_t)init;
}

/* -> the first match from `at` on, or NULL; *to is its end. */
static const char *search(struct pattern *p, const char *at, const char **to)
{
    for (; at <= p->text_end; at++) {
        *to = pattern_match(p, at);
        if (*to)
            return at;
        if (p->is_anchored)
            break;
    }
    return NULL;
}

static bool has_specials(const char *pattern, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (pattern[i] && strchr("^$*+?.([%-", pattern[i]))
            return true;
    return false;
}

static int find_plain(lua_State *L, const char *text, size_t len, size_t init)
{
    size_t wanted_len;
    const char *wanted = lua_tolstring(L, 2, &wanted_len);
    const char *found = memmem(text + init, len - init, wanted, wanted_len);

    if (!found) {
        luaL_pushfail(L);
        return 1;
    }
    lua_pushinteger(L, found - text + 1);
    lua_pushinteger(L, found - text + (lua_Integer)wanted_len);
    return 2;
}

static int find_or_match(lua_State *L, bool is_find)
{
    size_t len;
    size_t pattern_len;
    const char *text = luaL_checklstring(L, 1, &len);
    const char *pattern = luaL_checklstring(L, 2, &pattern_len);
    size_t init = check_init(L, 3, len);
    struct pattern p;
    const char *from;
    const char *to;

    if (init > len) {
        luaL_pushfail(L);
        return 1;
    }
    if (is_find && (lua_toboolean(L, 4) || !has_specials(pattern, pattern_len)))
        return find_plain(L, text, len, init);
    pattern_init(&p, L, text, len, pattern, pattern_len, true);
    from = search(&p, text + init, &to);
    if (!from) {
        luaL_pushfail(L);
        return 1;
    }
    if (!is_find)
        return pattern_push_all(&p, from, to);
    lua_pushinteger(L, from - text + 1);
    lua_pushinteger(L, to - text);
    return 2 + pattern_push_all(&p, NULL, NULL);
}

/* string.find(s, pattern [, init [, plain]]) -> first, last, captures... or nil */
static int l_find(lua_State *L)
{
    return find_or_match(L, true);
}

/* string.match(s, pattern [, init]) -> captures... or nil */
static int l_match(lua_State *L)
{
    return find_or_match(L, false);
}

/* --- gmatch --- */

enum { GMATCH_TEXT = 1, GMATCH_PATTERN, GMATCH_AT, GMATCH_LAST };

static void set_place(lua_State *L, int upvalue, lua_Integer place)
{
    lua_pushinteger(L, place);
    lua_replace(L, lua_upvalueindex(upvalue));
}

static int gmatch_next(lua_State *L)
{
    size_t len;
    size_t pattern_len;
    const char *text = lua_tolstring(L, lua_upvalueindex(GMATCH_TEXT), &len);
    const char *pattern = lua_tolstring(L, lua_upvalueindex(GMATCH_PATTERN), &pattern_len);
    lua_Integer at = lua_tointeger(L, lua_upvalueindex(GMATCH_AT));
    lua_Integer last = lua_tointeger(L, lua_upvalueindex(GMATCH_LAST));
    struct pattern p;

    pattern_init(&p, L, text, len, pattern, pattern_len, false);
    for (; at <= (lua_Integer)len; at++) {
        const char *to = pattern_match(&p, text + at);

        if (!to || to - text == last) /* nothing, right behind the last match */
            continue;
        set_place(L, GMATCH_AT, to - text);
        set_place(L, GMATCH_LAST, to - text);
        return pattern_push_all(&p, text + at, to);
    }
    set_place(L, GMATCH_AT, (lua_Integer)len + 1);
    return 0;
}

/* string.gmatch(s, pattern [, init]) -> an iterator over the captures of each match */
static int l_gmatch(lua_State *L)
{
    size_t len;
    size_t init;

    luaL_checklstring(L, 1, &len);
    luaL_checkstring(L, 2);
    init = check_init(L, 3, len);
    lua_settop(L, 2);
    lua_pushinteger(L, (lua_Integer)(init > len ? len + 1 : init));
    lua_pushinteger(L, -1);
    lua_pushcclosure(L, gmatch_next, 4);
    return 1;
}

/* --- gsub --- */

/* The text at 3, with its %0 to %9. */
static void add_template(struct pattern *p, luaL_Buffer *out, const char *from, const char *to)
{
    size_t len;
    const char *text = lua_tolstring(p->L, 3, &len);

    for (const char *end = text + len; text < end; text++) {
        if (*text != '%') {
            luaL_addchar(out, *text);
            continue;
        }
        text++;
        if (text < end && *text == '%') {
            luaL_addchar(out, '%');
        } else if (text < end && *text == '0') {
            luaL_addlstring(out, from, (size_t)(to - from));
        } else if (text < end && *text >= '1' && *text <= '9') {
            pattern_push(p, *text - '1', from, to);
            luaL_tolstring(p->L, -1, NULL);
            lua_remove(p->L, -2);
            luaL_addvalue(out);
        } else {
            luaL_error(p->L, "invalid use of '%%' in replacement string");
        }
    }
}

/* What the table or function at 3 has for this match. */
static void push_replacement(struct pattern *p, const char *from, const char *to)
{
    lua_State *L = p->L;

    if (lua_istable(L, 3)) {
        pattern_push(p, 0, from, to);
        lua_gettable(L, 3);
    } else {
        int n;

        lua_pushvalue(L, 3);
        n = pattern_push_all(p, from, to);
        lua_call(L, n, 1);
    }
}

static void add_replacement(struct pattern *p, luaL_Buffer *out, const char *from,
                            const char *to)
{
    lua_State *L = p->L;

    if (lua_type(L, 3) == LUA_TSTRING || lua_type(L, 3) == LUA_TNUMBER) {
        add_template(p, out, from, to);
        return;
    }
    push_replacement(p, from, to);
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        luaL_addlstring(out, from, (size_t)(to - from));
        return;
    }
    if (!lua_isstring(L, -1))
        luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
    luaL_addvalue(out);
}

static lua_Integer replace_all(struct pattern *p, luaL_Buffer *out, lua_Integer most)
{
    const char *at = p->text;
    const char *last = NULL;
    lua_Integer count = 0;

    while (count < most) {
        const char *to = pattern_match(p, at);

        if (to && to != last) {
            count++;
            add_replacement(p, out, at, to);
            at = last = to;
        } else if (at < p->text_end) {
            luaL_addchar(out, *at++);
        } else {
            break;
        }
        if (p->is_anchored)
            break;
    }
    luaL_addlstring(out, at, (size_t)(p->text_end - at));
    return count;
}

/* string.gsub(s, pattern, text, table or function [, most]) -> text, how many were found */
static int l_gsub(lua_State *L)
{
    size_t len;
    size_t pattern_len;
    const char *text = luaL_checklstring(L, 1, &len);
    const char *pattern = luaL_checklstring(L, 2, &pattern_len);
    int type = lua_type(L, 3);
    lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)len + 1);
    lua_Integer count;
    struct pattern p;
    luaL_Buffer out;

    luaL_argexpected(L,
                     type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TTABLE ||
                         type == LUA_TFUNCTION,
                     3, "string/function/table");
    pattern_init(&p, L, text, len, pattern, pattern_len, true);
    luaL_buffinit(L, &out);
    count = replace_all(&p, &out, most);
    luaL_pushresult(&out);
    lua_pushinteger(L, count);
    return 2;
}

void lib_string_open(lua_State *L)
{
    static const luaL_Reg ours[] = {{"find", l_find},
                                    {"match", l_match},
                                    {"gmatch", l_gmatch},
                                    {"gsub", l_gsub},
                                    {NULL, NULL}};

    lua_getglobal(L, "string");
    luaL_setfuncs(L, ours, 0);
    lua_pop(L, 1);
}
