/* lib_text.c -- bbs.text: text as it stands on a terminal, where a wide character takes two
 * columns and a combining one none. */
#include "base/utf8.h"
#include "base/size.h"
#include "bridge/internal.h"
#include "term/ansi.h"

enum { COLUMNS_MAX = 1000 };

static struct span check_text(lua_State *L, int index)
{
    struct span s;

    s.data = luaL_checklstring(L, index, &s.len);
    return s;
}

static unsigned check_columns(lua_State *L, int index)
{
    lua_Integer n = luaL_checkinteger(L, index);

    luaL_argcheck(L, n >= 0 && n <= COLUMNS_MAX, index, "0 to 1000 columns expected");
    return (unsigned)n;
}

/* text.width(s) -> columns */
static int l_width(lua_State *L)
{
    lua_pushinteger(L, utf8_columns(check_text(L, 1)));
    return 1;
}

/* text.cut(s, columns) -> s, or as much of it as fits */
static int l_cut(lua_State *L)
{
    struct span s = check_text(L, 1);

    lua_pushlstring(L, s.data, utf8_fit(s, check_columns(L, 2)));
    return 1;
}

static void add_blanks(luaL_Buffer *b, unsigned n)
{
    while (n-- > 0)
        luaL_addchar(b, ' ');
}

/* text.pad(s, columns) -> s in exactly so many columns: cut, or with blanks behind it; before
 * it where `columns` is negative. */
static int l_pad(lua_State *L)
{
    struct span s = check_text(L, 1);
    lua_Integer n = luaL_checkinteger(L, 2);
    unsigned columns;
    luaL_Buffer b;
    unsigned blanks;

    luaL_argcheck(L, n >= -COLUMNS_MAX && n <= COLUMNS_MAX, 2, "at most 1000 columns expected");
    columns = (unsigned)(n < 0 ? -n : n);
    s.len = utf8_fit(s, columns);
    blanks = columns - utf8_columns(s);
    luaL_buffinit(L, &b);
    if (n < 0)
        add_blanks(&b, blanks);
    luaL_addlstring(&b, s.data, s.len);
    if (n >= 0)
        add_blanks(&b, blanks);
    luaL_pushresult(&b);
    return 1;
}

/* text.wrap(s, columns) -> list of lines, broken between words */
static int l_wrap(lua_State *L)
{
    struct span s = check_text(L, 1);
    unsigned columns = check_columns(L, 2);
    lua_Integer count = 0;

    luaL_argcheck(L, columns > 0, 2, "at least 1 column expected");
    lua_newtable(L);
    while (s.len > 0) {
        struct span line = utf8_take_line(&s, columns);

        lua_pushlstring(L, line.data, line.len);
        lua_rawseti(L, -2, ++count);
    }
    return 1;
}

/* text.strip(s) -> s without control characters and escape sequences; line ends stay */
static int l_strip(lua_State *L)
{
    struct span s = check_text(L, 1);
    struct buf *out = buf_push(L, BUF_LARGE);

    ansi_strip(out, s, true);
    buf_push_text(L, out);
    return 1;
}

/* text.size(bytes) -> "1.4 MiB" */
static int l_size(lua_State *L)
{
    lua_Number bytes = luaL_checknumber(L, 1);
    struct buf *out = buf_push(L, 100);

    size_add(out, bytes);
    buf_push_text(L, out);
    return 1;
}

int luaopen_bbs_text(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"width", l_width}, {"cut", l_cut},   {"pad", l_pad}, {"wrap", l_wrap},
        {"strip", l_strip}, {"size", l_size}, {NULL, NULL}};

    luaL_newlib(L, functions);
    return 1;
}
