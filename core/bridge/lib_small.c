/* lib_small.c -- the small modules: bbs.ansi, bbs.settings. */
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

/* What that name stands for, on the stack: a setting, as a light userdata, or the table of
 * those whose names go on after it. */
static void find_setting(lua_State *L)
{
    const char *name = lua_pushfstring(L, "%s%s", lua_tostring(L, lua_upvalueindex(1)),
                                       luaL_checkstring(L, 2));
    const struct setting *t = settings_find(span_of(name));
    const char *prefix = lua_pushfstring(L, "%s.", name);

    if (t) {
        lua_pushlightuserdata(L, (void *)t);
        return;
    }
    for (t = settings_table; t->name; t++) {
        if (strncmp(t->name, prefix, strlen(prefix)) == 0) {
            push_settings(L, prefix);
            return;
        }
    }
    luaL_error(L, "there is no setting '%s'", name);
}

/* What was found is kept: handlers ask for the same again and again. */
static int l_settings_index(lua_State *L)
{
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(2)) == LUA_TNIL) {
        find_setting(L);
        lua_pushvalue(L, 2);
        lua_pushvalue(L, -2);
        lua_rawset(L, lua_upvalueindex(2));
    }
    if (lua_islightuserdata(L, -1))
        push_setting(L, bridge_of(L)->config.settings, lua_touserdata(L, -1));
    return 1;
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
    lua_newtable(L);
    lua_pushcclosure(L, l_settings_index, 2);
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

static void push_list(lua_State *L, const struct setting_list *list)
{
    luaL_Buffer out;

    luaL_buffinit(L, &out);
    for (unsigned i = 0; i < list->count; i++) {
        if (i > 0)
            luaL_addstring(&out, ", ");
        luaL_addstring(&out, list->items[i]);
    }
    luaL_pushresult(&out);
}

static void push_value(lua_State *L, const struct settings *s, const struct setting *t)
{
    if (t->type == SETTING_LIST)
        push_list(L, settings_list(s, t));
    else if (t->type == SETTING_TEXT)
        lua_pushstring(L, settings_text(s, t));
    else
        lua_pushfstring(L, "%I", (LUAI_UACINT)settings_number(s, t));
}

static const char *source_of(struct bridge *b, const struct setting *t, const char **given)
{
    *given = b->config.get_given ? b->config.get_given(b->config.arg, t->name) : NULL;
    if (*given)
        return "the command line";
    return settings_is_given(b->config.settings, t) ? "lua/settings.lua" : "the default";
}

/* sys.settings() -> { {name=, value=, source=, help=, live=}, ... }: all of them, values as
 * text; source is "the default", "lua/settings.lua" or "the command line" */
int lib_settings_list(lua_State *L)
{
    struct bridge *b = bridge_of(L);
    lua_Integer n = 0;

    lua_newtable(L);
    for (const struct setting *t = settings_table; t->name; t++) {
        const char *given;

        lua_createtable(L, 0, 5);
        lua_pushstring(L, source_of(b, t, &given));
        lua_setfield(L, -2, "source");
        if (given)
            lua_pushstring(L, given);
        else
            push_value(L, b->config.settings, t);
        lua_setfield(L, -2, "value");
        lua_pushstring(L, t->name);
        lua_setfield(L, -2, "name");
        lua_pushstring(L, t->help);
        lua_setfield(L, -2, "help");
        lua_pushboolean(L, t->live);
        lua_setfield(L, -2, "live");
        lua_rawseti(L, -2, ++n);
    }
    return 1;
}
