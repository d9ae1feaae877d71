/* lib_small.c -- the small modules: bbs.ansi, bbs.log, bbs.settings. */
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "bridge/internal.h"
#include "term/ansi.h"

/* --- bbs.ansi: the sequences of the ansi: macro, as text for client:send --- */

static struct ansi_arg ansi_arg_at(lua_State *L, int index)
{
    struct ansi_arg a = {.is_number = lua_isinteger(L, index)};

    if (a.is_number)
        a.number = (long)lua_tointeger(L, index);
    else
        a.word.data = luaL_checklstring(L, index, &a.word.len);
    return a;
}

/* ansi.move(x, y), ansi.color(fg, bg), ansi.bold() ...: the macro's sequence */
static int l_ansi(lua_State *L)
{
    const char *name = lua_tostring(L, lua_upvalueindex(1));
    struct ansi_arg args[4];
    unsigned n = 0;
    char room[64];
    struct buf out = {.data = room, .cap = sizeof(room), .max = sizeof(room) - 1};
    struct err why;

    for (; n < 4 && !lua_isnone(L, (int)n + 1); n++)
        args[n] = ansi_arg_at(L, (int)n + 1);
    if (ansi_macro(&out, span_of(name), args, n, &why) < 0)
        return luaL_error(L, "ansi: %s", why.text);
    lua_pushlstring(L, out.data, out.len);
    return 1;
}

int luaopen_bbs_ansi(lua_State *L)
{
    static const char *const names[] = {
        "move",       "up",          "down", "left",  "right",   "home", "clear",
        "clear_line", "color",       "bold", "blink", "normal",  "save", "reverse",
        "hide",       "clear_below", "show", "bell",  "restore", NULL};

    lua_newtable(L);
    for (const char *const *name = names; *name; name++) {
        lua_pushstring(L, *name);
        lua_pushcclosure(L, l_ansi, 1);
        lua_setfield(L, -2, *name);
    }
    return 1;
}

/* --- bbs.log --- */

static struct span log_text(lua_State *L)
{
    struct span s;

    s.data = luaL_tolstring(L, 1, &s.len);
    return s;
}

/* log.error(text), log.warn(text), log.info(text), log.debug(text) */
static int l_log_error(lua_State *L)
{
    log_error("board text=%s", log_quote(log_text(L)));
    return 0;
}

static int l_log_warn(lua_State *L)
{
    log_warn("board text=%s", log_quote(log_text(L)));
    return 0;
}

static int l_log_info(lua_State *L)
{
    log_info("board text=%s", log_quote(log_text(L)));
    return 0;
}

static int l_log_debug(lua_State *L)
{
    log_debug("board text=%s", log_quote(log_text(L)));
    return 0;
}

int luaopen_bbs_log(lua_State *L)
{
    static const luaL_Reg functions[] = {{"error", l_log_error},
                                         {"warn", l_log_warn},
                                         {"info", l_log_info},
                                         {"debug", l_log_debug},
                                         {NULL, NULL}};

    luaL_newlib(L, functions);
    return 1;
}

/* --- bbs.settings: the values in force, read only: settings.board.name --- */

static void push_settings(lua_State *L, const char *prefix);

static void push_setting(lua_State *L, const struct settings *s, const struct setting *t)
{
    const struct setting_list *list;

    switch (t->type) {
    case SETTING_NUMBER:
        lua_pushinteger(L, settings_number(s, t));
        break;
    case SETTING_TEXT:
        lua_pushstring(L, settings_text(s, t));
        break;
    case SETTING_LIST:
        list = settings_list(s, t);
        lua_createtable(L, (int)list->count, 0);
        for (unsigned i = 0; i < list->count; i++) {
            lua_pushstring(L, list->items[i]);
            lua_rawseti(L, -2, (lua_Integer)i + 1);
        }
        break;
    }
}

static int l_settings_index(lua_State *L)
{
    const struct settings *s = bridge_of(L)->config.settings;
    const char *name = lua_pushfstring(L, "%s%s", lua_tostring(L, lua_upvalueindex(1)),
                                       luaL_checkstring(L, 2));
    const struct setting *t = settings_find(span_of(name));
    const char *prefix = lua_pushfstring(L, "%s.", name);

    if (t) {
        push_setting(L, s, t);
        return 1;
    }
    for (t = settings_table; t->name; t++) {
        if (strncmp(t->name, prefix, strlen(prefix)) == 0) {
            push_settings(L, prefix);
            return 1;
        }
    }
    return luaL_error(L, "there is no setting '%s'", name);
}

static int l_settings_newindex(lua_State *L)
{
    return luaL_error(L, "settings are changed in lua/settings.lua");
}

static void push_settings(lua_State *L, const char *prefix)
{
    lua_newtable(L);
    lua_createtable(L, 0, 3);
    lua_pushstring(L, prefix);
    lua_pushcclosure(L, l_settings_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, l_settings_newindex);
    lua_setfield(L, -2, "__newindex");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
}

int luaopen_bbs_settings(lua_State *L)
{
    push_settings(L, "");
    return 1;
}
