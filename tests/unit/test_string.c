/* The string functions that look at the budget do what Lua's own do: the same random patterns
 * over the same random texts, the same answers and the same errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/internal.h"

/* (stock, ours): tables of string functions. */
static const char COMPARE[] =
    "local stock, ours = ...\n"
    "local tries = 0\n"
    "local function show(t)\n"
    "  local out = {}\n"
    "  for i = 1, t.n do\n"
    "    local v = t[i]\n"
    "    out[i] = math.type(v) == 'integer' and tostring(v) or ('%q'):format(v)\n"
    "  end\n"
    "  return table.concat(out, ', ')\n"
    "end\n"
    "local function same(name, ...)\n"
    "  local a = show(table.pack(pcall(stock[name], ...)))\n"
    "  local b = show(table.pack(pcall(ours[name], ...)))\n"
    "  tries = tries + 1\n"
    "  if a ~= b then\n"
    "    error(('%s(%s): stock %s, ours %s'):format(name, show(table.pack(...)), a, b), 0)\n"
    "  end\n"
    "end\n"
    "local function all(lib, s, p, init)\n"
    "  local out = {}\n"
    "  for a, b, c in lib.gmatch(s, p, init) do\n"
    "    out[#out + 1] = tostring(a) .. '|' .. tostring(b) .. '|' .. tostring(c)\n"
    "  end\n"
    "  return table.concat(out, ';')\n"
    "end\n"
    "stock.all = function(...) return all(stock, ...) end\n"
    "ours.all = function(...) return all(ours, ...) end\n"
    "local function with(lib, s, p, how, most)\n"
    "  local seen = {}\n"
    "  local ways = {\n"
    "    call = function(...) seen[#seen + 1] = select('#', ...) return select(2, ...) end,\n"
    "    upper = string.upper, table = { a = 'x', ['1'] = 2, b = false },\n"
    "    wrong = function() return {} end,\n"
    "  }\n"
    "  local s2, n = lib.gsub(s, p, ways[how] or how, most)\n"
    "  return s2, n, table.concat(seen, ',')\n"
    "end\n"
    "stock.with = function(...) return with(stock, ...) end\n"
    "ours.with = function(...) return with(ours, ...) end\n"
    "local function compare(s, p, init)\n"
    "  same('find', s, p, init)\n"
    "  same('find', s, p, init, true)\n"
    "  same('match', s, p, init)\n"
    "  same('all', s, p, init)\n"
    "  for _, how in ipairs { 'call', 'upper', 'table', 'wrong', '<%0>', '%1-%2', '%', '%%', "
    "'',\n"
    "                         '%x', '%9' } do\n"
    "    same('with', s, p, how)\n"
    "    same('with', s, p, how, init)\n"
    "  end\n"
    "end\n"
    "-- what is known to be hard\n"
    "for _, p in ipairs {\n"
    "  '', '^', '$', '^$', '$$', '^^', 'a$b', '%', '[', '[^', '[]', '[]]', '[^]]', '[%', "
    "'[%]',\n"
    "  '[a-', '[a-]', '[a-c]', '[-a]', '[^a-]', '[%a-z]', '[a-%%]', '%f', '%f[', '%f[%w]%w+',\n"
    "  '%f[^%w]', '%b', '%bx', '%b()', '%b((', '%baa', '()', '(', ')', '(()', '(a', 'a)',\n"
    "  '((a)(b))', '(a*(.)%w(%s*))', '%1', '(a)%1', '(%1)', '()%1', '(a)%2', '%0', '.-', "
    "'.-b',\n"
    "  '(.-)%s*$', '^%s*(.-)%s*$', 'a?', 'a?a?a', 'a-', 'a-$', 'a+', 'a*', '[ab]+', '%w*%d',\n"
    "  '%S+', '%D', '%z', '%g+', '%p', '%c', '%x+', '%u', '%l', '%U', '\\0', '[\\0-\\255]',\n"
    "  '%\\0', 'x*', '*', '+', '?', '-', '**', '(.)(.)(.)', ('a?'):rep(12) .. ('a'):rep(12),\n"
    "  ('(a)'):rep(32), ('(a)'):rep(33), ('()'):rep(40), '%f[\\0]', '%f[%z]', '[[:alpha:]]',\n"
    "} do\n"
    "  for _, s in ipairs { '', 'a', 'aab', 'hello world', ' a b ', '(a(b)c)', 'a\\0b', 'xx11 "
    "2',\n"
    "                       ('a'):rep(40), 'THE (quick) fox', '\\255\\128', '[]^-%' } do\n"
    "    for init = -3, 5 do compare(s, p, init) end\n"
    "    compare(s, p, nil)\n"
    "    compare(s, p, 100)\n"
    "    compare(s, p, math.mininteger)\n"
    "    compare(s, p, math.maxinteger)\n"
    "  end\n"
    "end\n"
    "-- and what nobody thought of\n"
    "local atoms = { 'a', 'b', '1', ' ', '.', '%a', '%d', '%s', '%W', '[ab]', '[^a]', "
    "'[a-1]',\n"
    "                '%', '[', ']', '^', '$', '(', ')', '()', '%1', '%2', '%b', '%bab', "
    "'%f[a]',\n"
    "                '%f', '*', '+', '-', '?', '%%', '[%a1]', '[]a]' }\n"
    "local letters = { 'a', 'b', '1', ' ', 'a', 'b', '(', ')', '%', '\\0' }\n"
    "local function some(of, most)\n"
    "  local out = {}\n"
    "  for i = 1, math.random(0, most) do out[i] = of[math.random(#of)] end\n"
    "  return table.concat(out)\n"
    "end\n"
    "math.randomseed(2026)\n"
    "for _ = 1, 2000 do\n"
    "  compare(some(letters, 12), some(atoms, 8), math.random(3) == 1 and math.random(-5, 9) "
    "or nil)\n"
    "end\n"
    "return tries\n";

static void push_string_functions(lua_State *L)
{
    lua_getglobal(L, "string");
    lua_newtable(L);
    for (lua_pushnil(L); lua_next(L, -3);) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_settable(L, -4);
    }
    lua_remove(L, -2);
}

static void test_as_the_stock_library(void **state)
{
    lua_State *L = luaL_newstate();

    (void)state;
    luaL_openlibs(L);
    assert_int_equal(luaL_loadstring(L, COMPARE), LUA_OK);
    push_string_functions(L);
    lib_string_open(L);
    push_string_functions(L);
    if (lua_pcall(L, 2, 1, 0) != LUA_OK)
        fail_msg("%s", lua_tostring(L, -1));
    assert_true(lua_tointeger(L, -1) > 100000);
    lua_close(L);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_the_stock_library),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
