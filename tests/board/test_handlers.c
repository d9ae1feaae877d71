/* What handlers may return, what macros hand them, what they find in the client and in the
 * standard library, and what happens to those that fail or never end: on boards of the test's
 * own. The Lua of most tests is one handler that runs what the caller types. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/board/stage.h"
#include "tests/board/window.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CLEAR "\033[2J"
#define LINE_END "\n"

static size_t log_end(void)
{
    board_log_has(board, "");
    return board->log_len;
}

/* --- looking at what came since a mark --- */

struct mark {
    size_t seen;
    size_t wire;
};

static struct mark mark_now(struct caller *c)
{
    caller_read_for_now(c);
    c->from = c->len;
    return (struct mark){c->len, c->wire_len};
}

static bool seen_since(struct caller *c, struct mark m, const char *text)
{
    return memmem(c->seen + m.seen, c->len - m.seen, text, strlen(text)) != NULL;
}

static bool wire_since(struct caller *c, struct mark m, const char *bytes)
{
    return memmem(c->wire + m.wire, c->wire_len - m.wire, bytes, strlen(bytes)) != NULL;
}

/* Type, and wait for the answer behind the echo. */
static struct mark type(struct caller *c, const char *keys, const char *answer)
{
    struct mark m = mark_now(c);

    caller_send(c, keys);
    caller_expect(c, answer);
    return m;
}

/* --- a board whose one handler runs what is typed --- */

#define EVAL_ROOT "EVAL BOARD\neval> <% set:t.eval(max=900) %>\n"
#define EVAL_SETTINGS "return { limits = { line_length = 1000 } }\n"
#define EVAL_LUA                                                                               \
    "local t = {}\n"                                                                           \
    "local modules = { db = require 'bbs.db', users = require 'bbs.users',\n"                  \
    "  clients = require 'bbs.clients', time = require 'bbs.time', text = require "            \
    "'bbs.text',\n"                                                                            \
    "  sys = require 'bbs.sys', log = require 'bbs.log', ansi = require 'bbs.ansi',\n"         \
    "  settings = require 'bbs.settings', keep = require 'bbs.keep', require = require }\n"    \
    "local function show(v)\n"                                                                 \
    "  if type(v) ~= 'table' then return tostring(v) end\n"                                    \
    "  local words = {}\n"                                                                     \
    "  for k, x in pairs(v) do words[#words + 1] = tostring(k) .. ':' .. show(x) end\n"        \
    "  table.sort(words)\n"                                                                    \
    "  return '{' .. table.concat(words, ' ') .. '}'\n"                                        \
    "end\n"                                                                                    \
    "function t.eval(client, line)\n"                                                          \
    "  local env = setmetatable({ client = client }, { __index = function(_, name)\n"          \
    "    return modules[name] or _ENV[name] end })\n"                                          \
    "  local f, why = load('return ' .. line, '=typed', 't', env)\n"                           \
    "  if not f then f, why = load(line, '=typed', 't', env) end\n"                            \
    "  local r = f and table.pack(pcall(f)) or { n = 2, false, why }\n"                        \
    "  local words = {}\n"                                                                     \
    "  for i = r[1] and 2 or 1, r.n do words[#words + 1] = show(r[i]) end\n"                   \
    "  client:send('=> ' .. table.concat(words, ', ') .. ' <=\\n')\n"                          \
    "end\n"                                                                                    \
    "return t\n"

static void write_eval_board(void)
{
    board_write(board, "screens/root.txt", EVAL_ROOT);
    board_write(board, "lua/settings.lua", EVAL_SETTINGS);
    board_write(board, "lua/handlers/t.lua", EVAL_LUA);
}

static struct caller *start_eval(void)
{
    struct caller *c;

    write_eval_board();
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "eval> ");
    return c;
}

struct evaluation {
    const char *typed;
    const char *expected; /* a part of what comes between "=> " and " <=" */
};

static void expect_eval(struct caller *c, const char *typed, const char *expected)
{
    char line[1200];
    struct mark m;

    snprintf(line, sizeof(line), "%s\r", typed);
    m = type(c, line, " <=");
    if (!seen_since(c, m, expected))
        fail_msg("%s: expected %s, got %.*s", typed, expected, (int)(c->len - m.seen),
                 c->seen + m.seen);
    caller_expect(c, "eval> ");
}

static void expect_evals(struct caller *c, const struct evaluation *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        expect_eval(c, list[i].typed, list[i].expected);
}

/* --- what a handler returns --- */

#define RETURNS_LUA                                                                            \
    "local t = {}\n"                                                                           \
    "function t.first() end\n"                                                                 \
    "function t.second(client, text)\n"                                                        \
    "  if text == 'params' then return 'other', { from = 'second', n = 7 } end\n"              \
    "  if text == 'noted' then return 'repeat', 'Eight are needed' end\n"                      \
    "  if text == 'number' then return 42 end\n"                                               \
    "  if text == 'table' then return {} end\n"                                                \
    "  if text == 'nothing' then return end\n"                                                 \
    "  if text == 'empty' then return '' end\n"                                                \
    "  return text\n"                                                                          \
    "end\n"                                                                                    \
    "function t.post() return 'other' end\n"                                                   \
    "function t.params(client)\n"                                                              \
    "  return tostring(client.params.from) .. '/' .. tostring(client.params.n)\n"              \
    "end\n"                                                                                    \
    "function t.third(client, text) return text end\n"                                         \
    "return t\n"

static void write_returns_board(void)
{
    board_write(board, "screens/root.txt", "ROOT SCREEN\n<% go:form(\"F\") %>\n");
    board_write(board, "screens/form.txt",
                "FORM SCREEN\n\nfirst> <% set:t.first %>\nsecond> <% set:t.second %>\n"
                "<% post:t.post %>\n");
    board_write(board, "screens/other.txt",
                "OTHER <% get:t.params %>\nthird> <% set:t.third %>\n");
    board_write(board, "lua/handlers/t.lua", RETURNS_LUA);
}

/* At the second field of the form. */
static struct caller *start_returns(void)
{
    struct caller *c;

    write_returns_board();
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "ROOT SCREEN");
    caller_send(c, "f");
    caller_expect(c, "first> ");
    caller_send(c, "a\r");
    caller_expect(c, "second> ");
    return c;
}

static void back_to_second(struct caller *c)
{
    caller_expect(c, "first> ");
    caller_send(c, "a\r");
    caller_expect(c, "second> ");
}

static void test_nothing_goes_on(void **state)
{
    struct caller *c = start_returns();
    const char *const nothings[] = {"nothing\r", "empty\r"};

    (void)state;
    for (size_t i = 0; i < COUNT(nothings); i++) {
        type(c, nothings[i], "OTHER nil/nil");
        caller_expect(c, "third> ");
        type(c, "form\r", "FORM SCREEN");
        back_to_second(c);
    }
}

static void test_repeat_asks_the_field_again(void **state)
{
    struct caller *c = start_returns();
    struct mark m = type(c, "repeat\r", "repeat");

    (void)state;
    window_expect_prompt(c, "second> ");
    assert_false(seen_since(c, m, "first> "));
    assert_false(seen_since(c, m, "FORM SCREEN"));
    m = type(c, "noted\r", "Eight are needed");
    window_expect_prompt(c, "second> ");
    assert_false(seen_since(c, m, "first> "));
    assert_false(wire_since(c, m, CLEAR));
    type(c, "nothing\r", "OTHER");
}

static void test_remain_starts_the_fields_anew(void **state)
{
    struct caller *c = start_returns();
    struct mark m = type(c, "remain\r", "remain");

    (void)state;
    window_expect_prompt(c, "first> ");
    assert_false(seen_since(c, m, "FORM SCREEN"));
    assert_false(wire_since(c, m, CLEAR));
    caller_send(c, "a\r");
    window_expect_prompt(c, "second> ");
}

static void test_refresh_clears_and_shows_again(void **state)
{
    struct caller *c = start_returns();
    struct mark m = type(c, "refresh\r", "FORM SCREEN");

    (void)state;
    assert_true(wire_since(c, m, CLEAR));
    back_to_second(c);
}

static void test_root_and_back(void **state)
{
    struct caller *c = start_returns();

    (void)state;
    type(c, "root\r", "ROOT SCREEN");
    type(c, "f", "FORM SCREEN");
    back_to_second(c);
    type(c, "back\r", "ROOT SCREEN");
    type(c, "f", "FORM SCREEN");
    back_to_second(c);
    type(c, "other\r", "third> ");
    type(c, "back\r", "FORM SCREEN");
    back_to_second(c);
    type(c, "back\r", "ROOT SCREEN");
}

static void test_hangup_says_goodbye(void **state)
{
    struct caller *c;

    (void)state;
    board_write(board, "screens/goodbye.txt", "SEE YOU SOON\n");
    c = start_returns();
    type(c, "hangup\r", "SEE YOU SOON");
    caller_expect_end(c);
    board_expect_log(board, NULL, "call event=end");
}

static void test_hangup_without_a_goodbye_screen(void **state)
{
    struct caller *c = start_returns();

    (void)state;
    caller_send(c, "hangup\r");
    caller_expect_end(c);
}

static void test_keyword_takes_params_along(void **state)
{
    struct caller *c = start_returns();

    (void)state;
    type(c, "params\r", "OTHER second/7");
    caller_expect(c, "third> ");
    type(c, "form\r", "FORM SCREEN");
    back_to_second(c);
    type(c, "other\r", "OTHER nil/nil"); /* not those of the last time */
}

/* A screen that is not there, a value that is no text: an error with file and line. */
static void test_wrong_returns_are_errors_with_a_place(void **state)
{
    struct caller *c = start_returns();
    size_t from = 0;

    (void)state;
    type(c, "nowhere\r", "incident 1");
    window_expect_prompt(c, "second> ");
    board_expect_log(board, &from, "incident=1");
    board_expect_log(board, &from, "lua/handlers/t.lua:3");
    board_expect_log(board, &from, "returned 'nowhere', and there is no such screen");
    type(c, "number\r", "incident 2");
    window_expect_prompt(c, "second> ");
    board_expect_log(board, &from, "lua/handlers/t.lua:3");
    type(c, "table\r", "incident 3");
    window_expect_prompt(c, "second> ");
    board_expect_log(board, &from, "lua/handlers/t.lua:3");
    type(c, "nothing\r", "OTHER"); /* and the caller is served on */
}

static void test_unknown_handler(void **state)
{
    struct caller *c;

    (void)state;
    board_write(board, "screens/root.txt", "ROOT\nask> <% set:no.body %>\n");
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "ask> ");
    type(c, "x\r", "There is no handler 'no.body'");
    caller_expect(c, "ask> ");
    board_expect_log(board, NULL, "event=unknown handler=no.body file=screens/root.txt line=2");
}

/* --- macros --- */

#define GET_LUA                                                                                \
    "local t = {}\n"                                                                           \
    "function t.name() return 'moon' end\n"                                                    \
    "function t.wide() return '\\u{6708}\\u{6708}\\u{6708}' end\n"                             \
    "function t.number() return 42 end\n"                                                      \
    "function t.float() return 1.5 end\n"                                                      \
    "function t.none() return nil end\n"                                                       \
    "function t.no() return false end\n"                                                       \
    "function t.red() return '\\27[31mred\\27[0m\\7bell' end\n"                                \
    "function t.args(client, args)\n"                                                          \
    "function t.long() return '1234567890123456789.123' end\n"                                 \
    "  return table.concat({ args[1], args[2], args[3], args.by, tostring(args.on),\n"         \
    "    tostring(args.off), math.type(args[1]), math.type(args[2]) }, ',')\n"                 \
    "end\n"                                                                                    \
    "return t\n"

static void test_rows_of_a_row_can_be_listed_twice(void **state)
{
    struct caller *c;

    (void)state;
    board_write(board, "screens/root.txt",
                "<% each:t.rows; each:.kids %>[<% get:.n %>]<% end %>="
                "<% each:.kids %>(<% get:.n %>)<% end; end %>END\n");
    board_write(board, "lua/handlers/t.lua",
                "local t = {}\nfunction t.rows()\n"
                "  return { { kids = { { n = 1 }, { n = 2 } } }, { kids = { { n = 3 } } } }\n"
                "end\nreturn t\n");
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "END");
    assert_true(caller_has(c, "[1][2]=(1)(2)[3]=(3)END"));
}

/* One text, a thousand times: what the list would take is more than a client may. */
static void test_huge_lists_are_refused(void **state)
{
    struct caller *c;

    (void)state;
    board_write(board, "screens/root.txt",
                "<% each:t.list %><% get:.name %><% end %>line> <% set:t.line %>\n");
    board_write(board, "lua/handlers/t.lua",
                "local t = {}\n"
                "function t.list()\n"
                "  local rows, name = {}, ('x'):rep(32768)\n"
                "  for i = 1, 1000 do rows[i] = { name = name } end\n"
                "  return rows\n"
                "end\n"
                "function t.line() return nil, 'still here' end\n"
                "return t\n");
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "line> ");
    board_expect_log(board, NULL, "the list is larger than 16 MiB");
    type(c, "\r", "still here");
}

static void test_get_formats(void **state)
{
    struct caller *c;
    struct mark m = {0};

    (void)state;
    board_write(
        board, "screens/root.txt",
        "a[<% get:t.name:10 %>]b[<% get:t.name:-10 %>]c[<% get:t.name:-2 %>]"
        "d[<% get:t.name:2 %>]\n"
        "e[<% get:t.number %>]f[<% get:t.float %>]g[<% get:t.none %>]h[<% get:t.no %>]"
        "i[<% get:t.number:5 %>]\n"
        "j[<% get:t.wide:-5 %>]k[<% get:t.wide:8 %>]\n"
        "l[<% get:t.args(10, -2.5, word, by=\"calls\", on=true, off=false) %>]\n"
        "m[<% get:t.red %>]\nn <%% m\n"
        "<% -- a comment\n get:t.name; get:t.number %>o\n"
        "+--------------------+\n|<% get:t.name:fit %>|\n|<% get:t.long:fit %>|\nEND\n");
    board_write(board, "lua/handlers/t.lua", GET_LUA);
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "END");
    assert_true(caller_has(c, "a[      moon]b[moon      ]c[mo]d[mo]"));
    assert_true(caller_has(c, "e[42]f[1.5]g[]h[]i[   42]"));
    assert_true(caller_has(c, "j[\xE6\x9C\x88\xE6\x9C\x88 ]k[  \xE6\x9C\x88"));
    assert_true(caller_has(c, "l[10,-2.5,word,calls,true,false,integer,float]"));
    assert_true(caller_has(c, "m[redbell]"));
    assert_false(wire_since(c, m, "\033[31m"));
    assert_true(caller_has(c, "n <% m"));
    assert_true(caller_has(c, "moon42o"));
    assert_true(caller_has(c, "+--------------------+\n|moon                |\n"
                              "|1234567890123456789.|\n"));
}

/* Rows that only show fields are gathered, the last goes out by itself: all look alike. */
static void test_rows_look_alike(void **state)
{
    static const char *const row =
        "[moon      ][       1.5][true][-9223372036854775808][\xE6\x9C\x88\xE6\x9C\x88 ]"
        "[redbell  ][]\n";
    struct caller *c;
    struct mark m = {0};
    char expected[1000];

    (void)state;
    board_write(board, "screens/root.txt",
                "LIST\n<% each:t.list %>\n"
                "[<% get:.text:-10 %>][<% get:.float:10 %>][<% get:.yes %>][<% get:.least %>]"
                "[<% get:.wide:-5 %>][<% get:.red:-9 %>][<% get:.none %>]\n"
                "<% end %>\nEND\n");
    board_write(
        board, "lua/handlers/t.lua",
        "local t = {}\n"
        "function t.list()\n"
        "  local r = { text = 'moon', float = 1.5, yes = true, least = math.mininteger,\n"
        "    wide = '\\u{6708}\\u{6708}\\u{6708}', red = '\\27[31mred\\abell' }\n"
        "  return { r, r, r, r }\n"
        "end\n"
        "return t\n");
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "END");
    snprintf(expected, sizeof(expected), "LIST\n%s%s%s%sEND", row, row, row, row);
    if (!caller_has(c, expected))
        fail_msg("seen: %s", c->seen);
    assert_false(wire_since(c, m, "\033[31m"));
}

static void test_get_raw(void **state)
{
    struct caller *c;
    struct mark m = {0};

    (void)state;
    board_write(board, "screens/root.txt", "[<% get:t.red:raw %>]\nEND\n");
    board_write(board, "lua/handlers/t.lua", GET_LUA);
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "END");
    assert_true(wire_since(c, m, "[\033[31mred"));
}

#define ECHO_LUA                                                                               \
    "local t = {}\n"                                                                           \
    "function t.take(client, text, args)\n"                                                    \
    "  client:send('got(' .. text .. ')' .. tostring(args.extra) .. '\\n')\n"                  \
    "end\n"                                                                                    \
    "return t\n"

/* One screen with one field of these options; a caller at it. */
static struct caller *start_field(const char *options)
{
    char text[200];
    struct caller *c;

    snprintf(text, sizeof(text), "FIELD\nfield> <%% set:t.take(%s) %%>\n", options);
    board_write(board, "screens/root.txt", text);
    board_write(board, "lua/handlers/t.lua", ECHO_LUA);
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "field> ");
    return c;
}

static void test_field_max(void **state)
{
    struct caller *c = start_field("max=5, extra=\"more\"");
    struct mark m = type(c, "abcdefg", "abcde");

    (void)state;
    caller_send(c, "\r");
    caller_expect(c, "got(abcde)more");
    assert_true(wire_since(c, m, "\a"));
    assert_false(seen_since(c, m, "abcdef"));
}

static void test_field_mask(void **state)
{
    struct caller *c = start_field("mask=\"*\"");
    struct mark m = type(c, "secret", "******");

    (void)state;
    assert_false(seen_since(c, m, "s"));
    caller_send(c, "\r");
    caller_expect(c, "got(secret)nil");
}

static void test_field_mask_of_nothing(void **state)
{
    struct caller *c = start_field("mask=\"\"");
    struct mark m = type(c, "sesame\r", "got(");

    (void)state;
    assert_memory_equal(c->seen + m.seen, LINE_END "got(", 5);
    caller_expect(c, "sesame)");
}

static void test_field_default(void **state)
{
    struct caller *c = start_field("default=\"blue\"");

    (void)state;
    caller_expect(c, "blue");
    type(c, "\r", "got(blue)");
    caller_expect(c, "blue");
    type(c,
         "\b\b\b\b"
         "back\r",
         "got(back)");
}

static void test_field_upper_and_digits(void **state)
{
    struct caller *c = start_field("upper"); /* is upper=true */

    (void)state;
    type(c, "ab\xC3\xA4z1\r", "got(AB\xC3\x84Z1)");
}

static void test_field_digits(void **state)
{
    struct caller *c = start_field("digits=true");
    struct mark m = type(c, "a1b2\r", "got(12)");

    (void)state;
    assert_true(wire_since(c, m, "\a"));
}

static void test_field_hotkey(void **state)
{
    struct caller *c = start_field("hotkey=true, max=2");

    (void)state;
    type(c, "yz", "got(yz)"); /* without Enter */
}

#define KEY_LUA                                                                                \
    "local t = {}\n"                                                                           \
    "function t.key(client, key, args)\n"                                                      \
    "  if key == '!' then return 'repeat', 'Not that one' end\n"                               \
    "  client:send('(' .. key .. ':' .. tostring(args.by) .. ')\\n')\n"                        \
    "  return 'refresh'\n"                                                                     \
    "end\n"                                                                                    \
    "return t\n"

static const struct {
    const char *keys;
    const char *expected;
} named_keys[] = {
    {"a", "(a:me)"},
    {"A", "(A:me)"},
    {" ", "(space:me)"},
    {"\r", "(enter:me)"},
    {"\t", "(tab:me)"},
    {"\b", "(backspace:me)"},
    {"\xC3\xA9", "(\xC3\xA9:me)"},
    {"\033[A", "(up:me)"},
    {"\033[6~", "(page_down:me)"},
    {"\033OP", "(f1:me)"},
    {"\033[24~", "(f12:me)"},
    {"\033[3~", "(delete:me)"},
    {"\x01", "(ctrl_a:me)"},
};

static void test_key_macro(void **state)
{
    struct caller *c;
    struct mark m;

    (void)state;
    board_write(board, "screens/root.txt", "KEYS <% key:t.key(by=\"me\") %>\n");
    board_write(board, "lua/handlers/t.lua", KEY_LUA);
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "KEYS ");
    for (size_t i = 0; i < COUNT(named_keys); i++) {
        m = type(c, named_keys[i].keys, named_keys[i].expected);
        assert_memory_equal(c->seen + m.seen, named_keys[i].expected, 1); /* no echo */
        caller_expect(c, "KEYS ");
    }
    type(c, "!", "Not that one");
    caller_expect(c, "KEYS ");
    type(c, "\033", "(escape:me)");
}

static void test_go_macro(void **state)
{
    struct caller *c;

    (void)state;
    board_write(board, "screens/root.txt",
                "ROOT\n<% go:area/one(\"O\", \"up\", \"space\") %><% go:hangup(\"X\") %>\n");
    board_write(board, "screens/area/one.txt",
                "ONE\n<% go:back(\"B\"); go:root(\"r\") %>\n"
                "<% go:refresh(\"F\") %>\n");
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "ROOT");
    type(c, "o", "ONE");
    type(c, "b", "ROOT");
    type(c, "\033[A", "ONE");
    type(c, "f", "ONE");
    type(c, "R", "ROOT");
    type(c, "q ", "ONE"); /* q leads nowhere */
    type(c, "b", "ROOT");
    caller_send(c, "x");
    caller_expect_end(c);
}

/* A page of text: any key leads back. */
static void test_screen_without_macros(void **state)
{
    struct caller *c;

    (void)state;
    board_write(board, "screens/root.txt", "ROOT\n<% go:page(\"P\") %>\n");
    board_write(board, "screens/page.txt", "PAGE\n");
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "ROOT");
    type(c, "p", "PAGE");
    type(c, "z", "ROOT");
}

#define BLOCKS_LUA                                                                             \
    "local t = {}\n"                                                                           \
    "function t.yes(client, args) return args[1] ~= false end\n"                               \
    "function t.no() return nil end\n"                                                         \
    "function t.rows(client, args)\n"                                                          \
    "  return { { name = 'luna', moons = { { n = 'a' }, { n = 'b' } }, big = true },\n"        \
    "    { name = 'phobos', moons = {}, big = false, note = '\\27[31mx' },\n"                  \
    "    { name = 'deimos' } }, 7\n"                                                           \
    "end\n"                                                                                    \
    "function t.size(client, args)\n"                                                          \
    "  client.data.total = 'rows=' .. args.rows .. ' page=' .. args.page\n"                    \
    "  return {}\n"                                                                            \
    "end\n"                                                                                    \
    "function t.total(client) return client.data.total end\n"                                  \
    "function t.about(client, args) return '<' .. tostring(args.who) .. '>' end\n"             \
    "function t.long() local l = {} for i = 1, 1001 do l[i] = {} end return l end\n"           \
    "return t\n"

static void test_if_and_each_nest(void **state)
{
    struct caller *c;

    (void)state;
    board_write(board, "screens/root.txt",
                "a<% if:t.yes %>1<% if:t.no %>2<% else %>3<% end %><% else %>4<% end %>b\n"
                "<% each:t.rows %>\n"
                "row <% get:.name:-8 %>|<% if:.big %>big<% else %>small<% end %>"
                "[<% each:.moons %><% get:.n %>,<% end %>]"
                "<% get:t.about(who=.name) %><% get:.note %><% get:.missing %>.\n"
                "<% end %>\n"
                "c<% if:t.yes(false) %>5<% end %>d\n"
                "<% each:t.size(rows=4) %>never<% end %>"
                "<% get:t.total %><% each:t.size %><% end %> <% get:t.total %>\nEND\n");
    board_write(board, "lua/handlers/t.lua", BLOCKS_LUA);
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "END");
    assert_true(caller_has(c, "a13b\nrow luna    |big[a,b,]<luna>.\n"
                              "row phobos  |small[]<phobos>x.\n"
                              "row deimos  |small[]<deimos>.\ncd"));
    assert_true(caller_has(c, "rows=4 page=1 rows=15 page=1"));
    assert_false(caller_has(c, "never"));
}

static void test_each_takes_a_page_at_most(void **state)
{
    struct caller *c;

    (void)state;
    board_write(board, "screens/root.txt", "<% each:t.long %>x<% end %>END\n");
    board_write(board, "lua/handlers/t.lua", BLOCKS_LUA);
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "END");
    board_expect_log(board, NULL, "the list has 1001 rows, expected at most 1000");
}

static void expect_refused_within(const char *rows, const char *error)
{
    struct caller *c;

    board_write(board, "screens/root.txt",
                "<% each:t.list %><% each:.rows %><% get:.n %><% end %><% end %>END\n");
    board_write(board, "lua/handlers/t.lua", rows);
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "END");
    board_expect_log(board, NULL, error);
    board_stop(board);
}

static void test_rows_within_rows_are_checked_too(void **state)
{
    (void)state;
    expect_refused_within("return { list = function() return { { rows = { 'x' } } } end }",
                          "row 1 is a string, expected a table");
    expect_refused_within("return { list = function()\n"
                          "  local rows = {}\n"
                          "  for i = 1, 1001 do rows[i] = { n = i } end\n"
                          "  return { { rows = rows } }\n"
                          "end }",
                          "the list has 1001 rows, expected at most 1000");
}

#define OCCASIONS_LUA                                                                          \
    "local log = require 'bbs.log'\n"                                                          \
    "local time = require 'bbs.time'\n"                                                        \
    "local t = {}\n"                                                                           \
    "function t.enter(client, args) log.info('enter ' .. client.keyword .. args[1]) end\n"     \
    "function t.leave(client, args)\n"                                                         \
    "  time.sleep(0)\n"                                                                        \
    "  log.info('leave ' .. client.keyword .. ' ' .. args.why)\n"                              \
    "end\n"                                                                                    \
    "function t.away() return 'other' end\n"                                                   \
    "function t.tick(client)\n"                                                                \
    "  client.data.ticks = (client.data.ticks or 0) + 1\n"                                     \
    "  if client.data.ticks == 1 then return 'refresh' end\n"                                  \
    "end\n"                                                                                    \
    "function t.ticks(client) return client.data.ticks or 0 end\n"                             \
    "function t.line() end\n"                                                                  \
    "function t.post(client, args) return 'repeat', 'posted ' .. args[1] end\n"                \
    "return t\n"

static void test_enter_and_leave(void **state)
{
    struct caller *c;
    size_t from = 0;

    (void)state;
    board_write(board, "screens/root.txt",
                "ROOT<% enter:t.enter(1); leave:t.leave(why=\"gone\"); go:other(\"O\") %>\n");
    board_write(board, "screens/other.txt", "OTHER<% go:sent(\"S\"); go:back(\"B\") %>\n");
    board_write(board, "screens/sent.txt", "SENT<% enter:t.away %>\n");
    board_write(board, "lua/handlers/t.lua", OCCASIONS_LUA);
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "ROOT");
    board_expect_log(board, &from, "enter root1");
    type(c, "o", "OTHER");
    board_expect_log(board, &from, "gone");
    type(c, "s", "OTHER"); /* enter: sends the caller on */
    type(c, "b", "ROOT");  /* ... and is not on the way back */
    hang_up(c);
}

/* leave: is called too when the caller is gone. */
static void test_leave_at_the_end_of_a_call(void **state)
{
    struct caller *c;
    size_t from = 0;

    (void)state;
    board_write(board, "screens/root.txt",
                "ROOT<% leave:t.leave(why=\"gone\"); go:root(\"O\") %>\n");
    board_write(board, "lua/handlers/t.lua", OCCASIONS_LUA);
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "ROOT");
    caller_send(c, "z");
    board_expect_log(board, &from, "call event=begin");
    hang_up(c);
    board_expect_log(board, &from, "leave root gone");
}

static void test_tick(void **state)
{
    struct caller *c;

    (void)state;
    board_write(board, "screens/root.txt",
                "ticks=<% get:t.ticks %><% tick:t.tick(1); go:root(\"R\") %>\n");
    board_write(board, "lua/handlers/t.lua", OCCASIONS_LUA);
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "ticks=0");
    caller_expect(c, "ticks=1"); /* by itself: nothing is typed */
}

static void test_post_with_a_notice(void **state)
{
    struct caller *c;

    (void)state;
    board_write(board, "screens/root.txt",
                "line> <% set:t.line %><% post:t.post(\"now\") %>\n");
    board_write(board, "lua/handlers/t.lua", OCCASIONS_LUA);
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "line> ");
    type(c, "x\r", "posted now");
    caller_expect(c, "line> ");
}

static void test_include(void **state)
{
    struct caller *c;

    (void)state;
    board_write(board, "screens/root.txt", "<% include:parts/head %>body<% go:two(\"T\") %>\n");
    board_write(board, "screens/two.txt", "<% include:parts/head %>second\n");
    board_write(board, "screens/parts/head.txt",
                "HEAD <% get:t.name %>\n<% go:hangup(\"Q\") %>\n");
    board_write(board, "lua/handlers/t.lua", GET_LUA);
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "HEAD moon");
    caller_expect(c, "body");
    type(c, "t", "HEAD moon");
    caller_expect(c, "second");
    caller_send(c, "q"); /* the included go: is live too */
    caller_expect_end(c);
}

static void test_page_level(void **state)
{
    struct caller *c;

    (void)state;
    board_write(board, "screens/root.txt", "ROOT\n<% go:staff(\"S\"); go:open(\"O\") %>\n");
    board_write(board, "screens/staff.txt", "<% page:level(50) %>\nSTAFF\n");
    board_write(board, "screens/open.txt", "<% page:level(0) %>\nOPEN\n");
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "ROOT");
    type(c, "s", "'staff' is not open to you");
    assert_false(caller_has(c, "STAFF"));
    type(c, "o", "OPEN");
}

static void test_page_keep_and_escape(void **state)
{
    struct caller *c;
    struct mark m;

    (void)state;
    board_write(board, "screens/root.txt", "ROOT\n<% go:kept(\"K\") %>\n");
    board_write(board, "screens/kept.txt",
                "<% page:keep; page:escape(away) %>\nKEPT <% set:t.take %>\n");
    board_write(board, "screens/away.txt", "AWAY\n");
    board_write(board, "lua/handlers/t.lua", ECHO_LUA);
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "ROOT");
    m = type(c, "k", "KEPT ");
    assert_false(wire_since(c, m, CLEAR));
    type(c, "abc\033", "AWAY");
}

static void test_page_timeout_ends_a_guest(void **state)
{
    struct caller *c;

    (void)state;
    board_write(board, "screens/root.txt",
                "<% page:timeout(1) %>\nROOT\n<% go:root(\"R\") %>\n");
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "ROOT");
    caller_expect(c, "idle");
    caller_expect_end(c);
}

/* --- the client --- */

static void test_client_fields(void **state)
{
    static const struct evaluation list[] = {
        {"client.id", "=> 1 <="},
        {"client.user_id", "=> GUEST <="},
        {"client.nick_name", "=>  <="},
        {"client.level", "=> 0 <="},
        {"client.keyword", "=> root <="},
        {"client.status", "=> nil <="},
        {"client.page_index", "=> 1 <="},
        {"client.data", "=> {} <="},
        {"client.params", "=> {} <="},
        {"client.zmodem, client.command", "=> nil, nil <="},
        {"client.address", "=> 127.0.0.1 <="},
        {"math.abs(client.since - os.time()) < 60", "=> true <="},
        {"client.idle >= 0", "=> true <="},
        {"client.term.ansi, client.term.charset", "=> true, utf-8 <="},
        {"client.term.name:lower():match 'xterm'", "=> xterm <="},
        {"client.term.width >= 20 and client.term.height >= 5", "=> true <="},
        {"client.set_commands[1], client.set_post", "=> t.eval, nil <="},
        {"client.page_index = 4; return client.page_index", "=> 4 <="},
        {"client.status = 'reading'; return client.status", "=> reading <="},
        {"client.status = nil; return client.status", "=> nil <="},
        {"client.data.word = 'kept'", "=>  <="},
        {"client.data.word", "=> kept <="},
        {"client.data = { new = 1 }; return client.data", "=> {new:1} <="},
        {"client.level = 255", "client.level cannot be set"},
        {"client.user_id = 'sysop'", "client.user_id cannot be set"},
        {"client.password", "a client has no field 'password'"},
        {"getmetatable(client)", "=> false <="},
        {"tostring(client)", "=> client 1 (GUEST) <="},
        {"clients.count(), #clients.all()", "=> 0, 0 <="},
        {"clients.find 'GUEST'", "=>  <="},
        {"sys.info().callers", "=> 1 <="},
        {"sys.info().generation >= 1", "=> true <="},
        {"settings.board.name, settings.limits.line_length", "=> Perigee, 1000 <="},
        {"settings.board.name = 'x'", "=> false, "},
    };
    struct caller *c = start_eval();

    (void)state;
    expect_evals(c, list, COUNT(list));
}

/* The password takes its time: more where many log in. */
static void test_an_account_that_is_locked_meanwhile_is_not_logged_in(void **state)
{
    struct caller *luna, *moon;

    (void)state;
    moon = start_eval();
    expect_eval(moon, "users.create{handle='luna', password='tranquility'}.level", "=> 10 <=");
    luna = dial();
    caller_expect(luna, "eval> ");
    caller_send(luna, "users.login(client, 'luna', 'tranquility')\r");
    expect_eval(moon, "users.lock 'luna'", "=> true <=");
    caller_expect(luna, "=> nil, This account is locked");
    caller_expect(luna, "eval> ");
    expect_eval(luna, "client.user_id", "=> GUEST <=");
}

/* A record of the store, as soon as the caller is known. */
static void test_client_fields_follow_the_account(void **state)
{
    static const struct evaluation list[] = {
        {"users.valid_handle 'a'", "=> nil, "},
        {"users.create{handle='Luna', nick_name='Luna M', password='tranquility'}.level",
         "=> 10 <="},
        {"users.create{handle='luna', password='tranquility'}", "=> nil, "},
        {"users.login(client, 'luna', 'wrong')", "=> nil, That is not the password <="},
        {"client.user_id", "=> GUEST <="},
        {"users.login(client, 'luna', 'tranquility').handle", "=> Luna <="},
        {"client.user_id, client.nick_name, client.level", "=> Luna, Luna M, 10 <="},
        {"clients.count(), clients.find('luna m').id", "=> 1, 1 <="},
        {"users.set('luna', { level = 60 }); time.sleep(0.05); return client.level",
         "=> 60 <="},
        {"users.find('LUNA').password, users.find('LUNA').hash", "=> nil, nil <="},
        {"users.set_password('luna', 'tranquility', 'short')", "=> nil, "},
        {"users.set_password('luna', 'tranquility', 'serenity5')", "=> true <="},
        {"select(2, users.list{ search = 'lun' })", "=> 1 <="},
        {"users.logout(client); return client.user_id, client.level", "=> GUEST, 0 <="},
    };
    struct caller *c = start_eval();

    (void)state;
    expect_evals(c, list, COUNT(list));
}

static void test_read_line(void **state)
{
    struct caller *c = start_eval();

    (void)state;
    type(c, "client:read_line{ prompt = 'Name? ', max = 4, upper = true }\r", "Name? ");
    type(c, "abcdef\r", "=> ABCD <=");
    caller_expect(c, "eval> ");
    type(c, "client:read_line{ prompt = 'Code: ', mask = '*', digits = true }\r", "Code: ");
    type(c, "12", "**");
    type(c, "x3", "\a*"); /* no digit: the bell */
    type(c, "\r", "=> 123 <=");
    caller_expect(c, "eval> ");
    type(c, "client:read_line{ default = 'red', prompt = 'Now: ' }\r", "Now: red");
    type(c, "\r", "=> red <=");
    caller_expect(c, "eval> ");
    type(c, "client:read_line{ prompt = 'Again: ' }\r", "Again: ");
    type(c, "abc\033", "=> nil <="); /* Esc */
    caller_expect(c, "eval> ");
    expect_eval(c, "client:read_line{ max = 'x' }", "option max: a number");
}

static void test_keys_and_confirm(void **state)
{
    struct caller *c = start_eval();

    (void)state;
    type(c, "client:send('K' .. 'EY? '); return client:read_key()\r", "KEY? ");
    type(c, "\033[5~", "=> page_up <=");
    caller_expect(c, "eval> ");
    expect_eval(c, "client:read_key{ timeout = 1 }", "=> nil <=");
    type(c, "client:confirm('Sure' .. '?')\r", "Sure? (y/n) ");
    type(c, "xy", "=> true <=");
    caller_expect(c, "eval> ");
    type(c, "client:confirm('Sure' .. '?', true)\r", "Sure? (Y/n) ");
    type(c, "\r", "=> true <=");
    caller_expect(c, "eval> ");
    type(c, "client:confirm('Sure' .. '?', false)\r", "Sure? (y/N) ");
    type(c, "\r", "=> false <=");
    caller_expect(c, "eval> ");
}

static void test_send_tell_and_clear(void **state)
{
    struct caller *c = start_eval();
    struct mark m = type(c, "client:send '|12r|07ed \\27[1mbold\\27[0m ||'\r", " <=");

    (void)state;
    assert_true(seen_since(c, m, "red bold |"));
    assert_true(wire_since(c, m, "\033[1mbold"));
    caller_expect(c, "eval> ");
    m = type(c, "client:tell '\\27[31mnews\\7'\r", "=> true <=");
    caller_expect(c, "news" LINE_END);
    assert_false(wire_since(c, m, "\033[31m"));
    caller_expect(c, "eval> ");
    m = type(c, "client:clear()\r", " <=");
    assert_true(wire_since(c, m, CLEAR));
    type(c, "client:hangup('Time ' .. 'is up')\r", "Time is up");
    caller_expect_end(c);
}

/* A line from elsewhere appears above what is being typed, and that comes back. */
static void test_tell_keeps_what_is_typed(void **state)
{
    struct caller *c = start_eval();
    struct caller *other;

    (void)state;
    expect_eval(c, "keep 'all'.first = client; return 1", "=> 1 <=");
    type(c, "half a li", "half a li");
    other = dial();
    caller_expect(other, "eval> ");
    expect_eval(other, "keep('all').first:tell 'dinner'", "=> true <=");
    caller_expect(c, "dinner");
    caller_expect(c, "eval> half a li");
    expect_eval(other, "keep('all').first:read_line()", "only the client's own handler");
    hang_up(c);
    board_expect_log(board, NULL, "call event=end node=1");
    expect_eval(other, "keep('all').first:send 'x'", "the client has left");
}

/* --- what is kept from handlers, and the modules --- */

static void test_sandbox(void **state)
{
    static const struct evaluation list[] = {
        {"io, os.execute, os.remove, os.getenv, os.exit, debug", "=> nil, nil, nil, nil, nil"},
        {"dofile, loadfile, package, string.dump, ('x').dump", "=> nil, nil, nil, nil, nil"},
        {"_G, newproxy, os.tmpname, os.rename, os.setlocale", "=> nil, nil, nil, nil, nil"},
        {"load('\\27Lua')", "attempt to load a binary chunk"},
        {"load('return 1', 'x', 'b')()", "=> 1 <="},
        {"load('return io')()", "=> nil <="},
        {"load('x = 1')()", "=>  <="}, /* in an environment of its own */
        {"require 'core.accounts'", "there is no module 'core.accounts'"},
        {"require 'io'", "there is no module 'io', expected lua/io.lua"},
        {"require '../settings'", "there is no module"},
        {"getmetatable('').__index.x", "attempt to index a boolean"},
        {"collectgarbage 'stop'", "only \"count\" is allowed here"},
        {"collectgarbage() > 1", "=> true <="},
        {"setmetatable(client, {})", "=> false, "},
        {"type(os.time()), type(os.date()), type(os.clock())", "=> number, string, number"},
        {"('%d'):format(3), utf8.len '\\u{e9}', #table.pack(1, 2)", "=> 3, 1, 2 <="},
        {"text.pad('ab', 4) .. '|' .. text.pad('ab', -4) .. text.cut('abc', 2)",
         "=> ab  |  abab <="},
        {"text.width '\\u{6708}', text.wrap('a bb ccc', 4), text.strip '\\27[1mx'",
         "=> 2, {1:a bb 2:ccc}, x <="},
        {"time.now() > 1e9, time.ago(os.time() - 7200)", "=> true, 2 h"},
        {"#ansi.move(3, 4), pcall(ansi.move)", "=> 6, false, "},
    };
    struct caller *c = start_eval();

    (void)state;
    expect_evals(c, list, COUNT(list));
}

/* What one file does to a library would be done to all, and to the engine's own login. */
static void test_libraries_are_shared_and_kept(void **state)
{
    static const struct evaluation list[] = {
        {"string.find = 1", "string.find: all files share string, expected a local function"},
        {"function string.trim() end", "string.trim: all files share string"},
        {"rawset(table, 'concat', 1)", "all files share this table"},
        {"text.pad = nil", "text.pad: all files share text"},
        {"getmetatable(string), getmetatable(''), getmetatable(users)",
         "=> false, false, false <="},
        {"getmetatable(load('return _ENV')())", "=> false <="},
        {"select(2, pairs(string)) == string", "=> true <="}, /* not the library itself */
        {"('x'):upper(), string.upper 'x', (' a '):match '%a'", "=> X, X, a <="},
        {"local n = 0; for name, f in pairs(string) do n = n + 1 end; return n > 10",
         "=> true <="},
    };
    struct caller *c = start_eval();

    (void)state;
    expect_evals(c, list, COUNT(list));
}

/* What would keep a loop inside of C going, or be outside of what C can say. */
static void test_odd_arguments_are_refused(void **state)
{
    static const struct evaluation list[] = {
        {"table.insert(setmetatable({}, { __len = function() return 1 << 40 end }), 1, 1)",
         "table.insert: not with a table that has a __len"},
        {"table.sort(setmetatable({}, { __len = function() return 1 << 30 end }))",
         "table.sort: not with a table that has a __len"},
        {"table.concat(setmetatable({}, { __index = table.concat }), '', 1, 1e9 // 1 | 0)",
         "more than a million at once"},
        {"local t = setmetatable({}, { __index = {} }); table.insert(t, 'x'); return #t",
         "=> 1 <="},
        {"load(function() end)", "load: a text expected"},
        {"text.pad('x', math.mininteger)", "at most 1000 columns expected"},
        {"time.ago(0/0)", "a time in Unix seconds expected"},
        {"time.ago(-math.huge)", "a time in Unix seconds expected"},
        {"db.batch{ setmetatable({}, { __index = function() error 'ran' end }) }",
         "item 1 has 0 parts"},
        {"local s, t = ('x'):rep(200000), {}; for i = 1, 99 do t[i] = s end; "
         "return db.row('SELECT 1', table.unpack(t))",
         "the values are more than 16 MiB"},
        {"coroutine.resume(coroutine.running())", "cannot resume non-suspended coroutine"},
        {"table.sort({ 2, 1 }, function() coroutine.wrap(function() time.sleep(0) end)() end)",
         "nothing can wait here"},
    };
    struct caller *c = start_eval();

    (void)state;
    expect_evals(c, list, COUNT(list));
}

/* Assigning a global names the mistake and its remedy. */
static void test_globals_are_refused(void **state)
{
    struct caller *c;

    (void)state;
    board_write(board, "screens/root.txt", "line> <% set:t.line %>\n");
    board_write(board, "lua/handlers/t.lua",
                "local t = {}\n"
                "function t.line(client, text)\n"
                "  counter = 1\n"
                "end\n"
                "return t\n");
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "line> ");
    type(c, "x\r", "incident 1");
    board_expect_log(board, NULL,
                     "lua/handlers/t.lua:3: 'counter' would be a global, expected 'local "
                     "counter' before it");
}

#define THINGS                                                                                 \
    "CREATE TABLE IF NOT EXISTS things (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, "   \
    "n REAL);\n"

static void test_db(void **state)
{
    static const struct evaluation list[] = {
        {"db.run('INSERT INTO things (name, n) VALUES (?, ?)', 'a', 1.5)",
         "=> {changes:1 last_id:1} <="},
        {"db.run('INSERT INTO things (name) VALUES (?)', \"b'); DROP TABLE things; --\")",
         "=> {changes:1 last_id:2} <="},
        {"db.row('SELECT name, n FROM things WHERE id = ?', 1)", "=> {n:1.5 name:a} <="},
        {"db.row('SELECT name FROM things WHERE id = ?', 99)", "=> nil <="},
        {"#db.rows('SELECT * FROM things'), db.rows('SELECT name FROM things WHERE id = 9')",
         "=> 2, {} <="},
        {"db.row('SELECT ? AS x, ? AS y', true, nil)", "=> {x:1} <="},
        {"db.run('INSERT INTO things (name) VALUES (?)', 'a')", "UNIQUE"},
        {"db.batch{ {'INSERT INTO things (name) VALUES (?)', 'c'}, {'INSERT INTO things "
         "(name) VALUES (?)', 'a'} }",
         "UNIQUE"},
        {"db.row('SELECT count(*) AS n FROM things').n", "=> 2 <="}, /* all or nothing */
        {"db.batch{ {'INSERT INTO things (name) VALUES (?)', 'c'}, {'UPDATE things SET n = "
         "2'} }",
         "=> {changes:4 last_id:3} <="},
        {"db.rows 'SELECT hash FROM passwords'", "=> false, "},
        {"db.rows 'SELECT * FROM (SELECT * FROM passwords)'", "=> false, "},
        {"db.run 'UPDATE passwords SET hash = 1'", "=> false, "},
        {"db.run 'CREATE TRIGGER x AFTER INSERT ON passwords BEGIN SELECT 1; END'",
         "=> false, "},
        {"db.run 'CREATE VIEW v AS SELECT * FROM passwords'; return db.rows 'SELECT * FROM v'",
         "=> false, "},
        {"db.run \"ATTACH '/tmp/x.db' AS x\"", "not authorized"},
        {"db.run 'PRAGMA synchronous = OFF'", "not authorized"},
        {"db.rows 'PRAGMA table_info(passwords)'", "not authorized"},
        {"db.run 'BEGIN'", "not authorized"},
        {"db.run 'COMMIT'", "not authorized"},
        {"db.run 'SAVEPOINT x'", "not authorized"},
        {"db.run 'SELECT 1; SELECT 2'", "more than one statement"},
        {"db.run('SELECT ?')", "the SQL has 1 parameters, 0 values were given"},
        {"db.run('SELECT ?', {})", "value 1 is a table"},
        {"db.run 'nonsense'", "syntax error"},
        {"db.run ''", "the SQL is empty"},
        {"db.batch{}", "1 to 1000 statements expected"},
        {"db.batch{ {} }", "item 1 has 0 parts"},
    };
    struct caller *c;

    (void)state;
    board_write(board, "lua/schema.sql", THINGS);
    c = start_eval();
    expect_evals(c, list, COUNT(list));
}

#define ROW "INSERT INTO audit (id, at, who, address, what) VALUES "

/* Neither by a key of its own, nor by a trigger that the engine's own statements set off, nor
 * by another table in front of it. */
static void test_what_is_written_down_stays(void **state)
{
    static const struct evaluation list[] = {
        {"db.run \"" ROW "(1, 1, 'moon', '', 'lock account')\"", "=> {changes:1 last_id:1} <="},
        {"db.run 'DELETE FROM audit'", "=> false, "},
        {"db.run 'UPDATE audit SET who = 1'", "=> false, "},
        {"db.run 'DROP TABLE audit'", "=> false, "},
        {"db.run 'CREATE UNIQUE INDEX x ON audit (1) WHERE id = 1 OR id = 9'", "=> false, "},
        {"db.run 'CREATE TEMP TABLE audit (at, who, address, what, subject, detail)'",
         "=> false, "},
        {"db.run 'CREATE TEMP VIEW audit AS SELECT 1'", "=> false, "},
        {"db.run 'CREATE TEMP TRIGGER x AFTER UPDATE ON passwords BEGIN SELECT 1; END'",
         "=> false, "},
        {"#db.rows 'SELECT * FROM audit'", "=> 1 <="},
    };

    (void)state;
    board_write(board, "lua/schema.sql", THINGS);
    expect_evals(start_eval(), list, COUNT(list));
}

#define TRAP(name, what)                                                                       \
    "db.run 'CREATE TRIGGER " name " AFTER INSERT ON users BEGIN " what "; END'"

/* The engine's statements are not guarded; what a handler has tied to them is. */
static void test_triggers_get_no_further_than_handlers(void **state)
{
    static const struct evaluation list[] = {
        {"db.run \"" ROW "(1, 1, 'moon', '', 'lock account')\"", "=> {changes:1 last_id:1} <="},
        {TRAP("a", "DELETE FROM audit"), "=> "},
        {"users.create{ handle = 'luna', password = 'lunaluna9' }", "=> false, "},
        {"db.run 'DROP TRIGGER a'", "=> "},
        {TRAP("b", "INSERT INTO things (name) SELECT hash FROM passwords"), "=> "},
        {"users.create{ handle = 'luna', password = 'lunaluna9' }", "=> false, "},
        {"db.run 'DROP TRIGGER b'", "=> "},
        {"users.create{ handle = 'luna', password = 'lunaluna9' }.handle", "=> luna <="},
        {"#db.rows 'SELECT * FROM audit', #db.rows 'SELECT * FROM things'", "=> 1, 0 <="},
    };

    (void)state;
    board_write(board, "lua/schema.sql", THINGS);
    expect_evals(start_eval(), list, COUNT(list));
}

#define ENDLESS                                                                                \
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r"

/* Stopped, and others' queries are answered: the reader and the writer. */
static void test_endless_sql_is_stopped(void **state)
{
    struct caller *c;

    (void)state;
    write_eval_board();
    board_write(board, "lua/settings.lua",
                "return { limits = { line_length = 1000, sql_ms = 100, sql_rows = 10 } }\n");
    board_write(board, "lua/schema.sql", THINGS);
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "eval> ");
    expect_eval(c, "db.rows [[" ENDLESS "]]", "the SQL ran for more than 100 ms");
    expect_eval(c, "db.run [[INSERT INTO things (name) " ENDLESS "]]", "100 ms");
    expect_eval(c,
                "db.rows [[WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) "
                "SELECT n FROM r]]",
                "more than 10 rows: add a LIMIT");
    expect_eval(c, "db.row('SELECT 1 AS x').x", "=> 1 <=");
}

static void test_sleep_lets_others_run(void **state)
{
    struct caller *c = start_eval();
    struct caller *other = dial();

    (void)state;
    caller_expect(other, "eval> ");
    type(c, "for i = 1, 1e9 do time.sleep(0) end\r", "sleep(0) end");
    expect_eval(other, "1 + 1", "=> 2 <=");
    expect_eval(other, "time.sleep(-1)", "0 or more seconds expected");
    expect_eval(other, "time.sleep(0.01)", "=>  <=");
}

#define EVERY_LUA                                                                              \
    "local time, log = require 'bbs.time', require 'bbs.log'\n"                                \
    "local n = 0\n"                                                                            \
    "time.every(0.1, function() n = n + 1; time.sleep(0); log.info('beat ' .. n) end)\n"       \
    "local t = {}\n"                                                                           \
    "function t.late() time.every(1, function() end) end\n"                                    \
    "return t\n"

static void test_every(void **state)
{
    struct caller *c;
    size_t from = 0;

    (void)state;
    board_write(board, "screens/root.txt", "line> <% set:t.late %>\n");
    board_write(board, "lua/handlers/t.lua", EVERY_LUA);
    board_start(board, NULL);
    board_expect_log(board, &from, "beat 1");
    board_expect_log(board, &from, "beat 2");
    c = dial();
    caller_expect(c, "line> ");
    type(c, "x\r", "incident");
    board_expect_log(board, &from, "time.every: only while a file loads");
}

/* --- coroutines of the handler's own --- */

static void test_wait_inside_own_coroutine(void **state)
{
    struct caller *c = start_eval();

    (void)state;
    type(c,
         "coroutine.wrap(function() return client:read_line{ prompt = 'In' .. '? ' } end)()\r",
         "In? ");
    type(c, "deep\r", "=> deep <=");
    caller_expect(c, "eval> ");
    expect_eval(c,
                "local f = coroutine.wrap(function(a) local b = coroutine.yield(a + 1); "
                "time.sleep(0); return b * 2 end); return f(1), f(21)",
                "=> 2, 42 <=");
    expect_eval(c,
                "coroutine.wrap(function() return coroutine.wrap(function() return "
                "db.row('SELECT 5 AS x').x end)() end)()",
                "=> 5 <=");
    expect_eval(c, "coroutine.resume(coroutine.create(function() error 'inner' end))",
                "=> false, ");
    expect_eval(c, "coroutine.yield(1)", "=> ");
    expect_eval(c, "table.sort({ 2, 1 }, function(a, b) time.sleep(0) return a < b end)",
                "nothing can wait here");
}

/* As Lua's own wrap does: a coroutine that fails closes what it had open. */
static void test_failed_coroutine_closes_its_variables(void **state)
{
    struct caller *c = start_eval();

    (void)state;
    expect_eval(c,
                "local closed; pcall(coroutine.wrap(function() local x <close> = "
                "setmetatable({}, { __close = function() closed = 'shut' end }) error 'x' "
                "end)); return closed",
                "=> shut <=");
}

/* --- a caller who leaves --- */

#define GONE_LUA                                                                               \
    "local log, db, time = require 'bbs.log', require 'bbs.db', require 'bbs.time'\n"          \
    "local t = {}\n"                                                                           \
    "local function note(what)\n"                                                              \
    "  return setmetatable({}, { __close = function() log.info('closed ' .. what) end })\n"    \
    "end\n"                                                                                    \
    "function t.line(client, text)\n"                                                          \
    "  local open <close> = note(text)\n"                                                      \
    "  client:send 'WAITING\\n'\n"                                                             \
    "  local ok, why = pcall(function()\n"                                                     \
    "    if text == 'key' then client:read_key() end\n"                                        \
    "    if text == 'line' then client:read_line() end\n"                                      \
    "    if text == 'sleep' then time.sleep(1000) end\n"                                       \
    "    if text == 'own' then coroutine.wrap(function()\n"                                    \
    "      local inner <close> = note 'inner'\n"                                               \
    "      client:read_line()\n"                                                               \
    "    end)() end\n"                                                                         \
    "  end)\n"                                                                                 \
    "  log.info('raised ' .. text .. ' ' .. tostring(ok) .. ' ' .. tostring(why))\n"           \
    "  log.info('saved ' .. db.row('SELECT 3 AS x').x)\n"                                      \
    "  client:read_line()\n"                                                                   \
    "  log.info 'never'\n"                                                                     \
    "end\n"                                                                                    \
    "return t\n"

static void leave_while_waiting(const char *what)
{
    struct caller *c = dial();
    char text[64];
    size_t from;

    from = log_end();
    caller_expect(c, "line> ");
    snprintf(text, sizeof(text), "%s\r", what);
    type(c, text, "WAITING");
    hang_up(c);
    snprintf(text, sizeof(text), "raised %s false", what);
    board_expect_log(board, &from, text);
    board_expect_log(board, &from, "the client has left");
    board_expect_log(board, &from, "saved 3"); /* what is left to be done may wait */
    snprintf(text, sizeof(text), "closed %s", what);
    board_expect_log(board, &from, text);
}

static void start_gone(void)
{
    board_write(board, "screens/root.txt", "line> <% set:t.line %>\n");
    board_write(board, "lua/handlers/t.lua", GONE_LUA);
    board_start(board, NULL);
}

static void test_waits_raise_when_the_caller_is_gone(void **state)
{
    (void)state;
    start_gone();
    leave_while_waiting("key");
    leave_while_waiting("line");
    leave_while_waiting("sleep");
    assert_false(board_log_has(board, "never"));
    assert_false(board_log_has(board, "incident")); /* leaving is no mistake of the board's */
}

static void test_gone_inside_own_coroutine_closes_too(void **state)
{
    (void)state;
    start_gone();
    leave_while_waiting("own");
    assert_true(board_log_has(board, "closed inner"));
}

/* One that does not take leaving for an answer is stopped. */
static void test_gone_cannot_wait_for_ever(void **state)
{
    static const char *const words[] = {"sleep", "row"};

    (void)state;
    board_write(board, "screens/root.txt", "line> <% set:t.line %>\n");
    board_write(board, "lua/handlers/t.lua",
                "local t = {}\n"
                "local wait = { sleep = function() require('bbs.time').sleep(0.01) end,\n"
                "  row = function() require('bbs.db').row 'SELECT 1' end }\n"
                "function t.line(client, text)\n"
                "  client:send 'WAITING'\n"
                "  while true do pcall(wait[text]) end\n"
                "end\n"
                "return t\n");
    board_start(board, NULL);
    for (size_t i = 0; i < COUNT(words); i++) {
        struct caller *c = dial();
        size_t from = log_end();
        char text[16];

        caller_expect(c, "line> ");
        snprintf(text, sizeof(text), "%s\r", words[i]);
        type(c, text, "WAITING");
        hang_up(c);
        board_expect_log(board, &from, "ran for too long");
    }
}

/* --- two callers in the same handlers --- */

#define SHARED_LUA                                                                             \
    "local time = require 'bbs.time'\n"                                                        \
    "local slash, first = {}, nil\n"                                                           \
    "local co = coroutine.create(function()\n"                                                 \
    "  time.sleep(1000)\n"                                                                     \
    "end)\n"                                                                                   \
    "function slash.wait(client) client:send 'WAITING' coroutine.resume(co) end\n"             \
    "function slash.resume() return nil, tostring(select(2, coroutine.resume(co))) end\n"      \
    "function slash.close() return nil, select(2, pcall(coroutine.close, co)) end\n"           \
    "function slash.hello() return nil, 'still here' end\n"                                    \
    "function slash.first(client)\n"                                                           \
    "  first = client\n"                                                                       \
    "  client:send 'I am first'\n"                                                             \
    "  pcall(client.read_key, client)\n"                                                       \
    "  return 'evil'\n"                                                                        \
    "end\n"                                                                                    \
    "function slash.finish() first:hangup() return 'other' end\n"                              \
    "return slash\n"

static void start_shared(struct caller **one, struct caller **two)
{
    board_write(board, "screens/root.txt", "line> <% set:t.take %>\n");
    board_write(board, "screens/other.txt", "THE OTHER<% go:root(\"R\") %>\n");
    board_write(board, "screens/evil.txt", "NOT ASKED FOR<% go:root(\"R\") %>\n");
    board_write(board, "lua/handlers/t.lua", ECHO_LUA);
    board_write(board, "lua/handlers/slash.lua", SHARED_LUA);
    board_start(board, NULL);
    *one = dial();
    caller_expect(*one, "line> ");
    *two = dial();
    caller_expect(*two, "line> ");
}

/* The engine alone goes on in a coroutine that waits for it. */
static void test_nobody_resumes_what_the_engine_waits_in(void **state)
{
    struct caller *one;
    struct caller *two;

    (void)state;
    start_shared(&one, &two);
    type(one, "/wait\r", "WAITING");
    type(two, "/resume\r", "cannot resume non-suspended coroutine");
    type(two, "/close\r", "cannot close a coroutine that runs or waits");
    hang_up(one);
    type(two, "/hello\r", "still here");
}

/* A handler that goes on because of another's does not get in between with what it returns. */
static void test_outcomes_are_not_mixed_up(void **state)
{
    struct caller *one;
    struct caller *two;

    (void)state;
    start_shared(&one, &two);
    type(one, "/first\r", "I am first");
    type(two, "/finish\r", "THE OTHER");
}

/* --- handlers that never end --- */

#define RUNAWAYS_LUA                                                                           \
    "local slash = {}\n"                                                                       \
    "local log = require 'bbs.log'\n"                                                          \
    "local function forever() while true do end end\n"                                         \
    "local function closing(f) return setmetatable({}, { __close = f }) end\n"                 \
    "function slash.loop() while true do end end\n"                                            \
    "function slash.pcall() while true do pcall(forever) end end\n"                            \
    "function slash.nested() while true do pcall(function() while true do\n"                   \
    "  pcall(forever) end end) end end\n"                                                      \
    "function slash.xpcall() while true do xpcall(forever, forever) end end\n"                 \
    "function slash.inside() while true do coroutine.wrap(forever)() end end\n"                \
    "function slash.resumes() while true do\n"                                                 \
    "  coroutine.resume(coroutine.create(forever)) end end\n"                                  \
    "function slash.closing() local x <close> = closing(forever) error 'x' end\n"              \
    "function slash.ends() local x <close> = closing(forever) end\n"                           \
    "function slash.both() local x <close> = closing(forever) while true do end end\n"         \
    "function slash.sorting() while true do table.sort({ 3, 2, 1, 5 }, function(a, b)\n"       \
    "  return a < b end) end end\n"                                                            \
    "function slash.meta() return setmetatable({}, { __index = forever }).x end\n"             \
    "function slash.text() error(setmetatable({}, { __tostring = forever })) end\n"            \
    "function slash.gsub() while true do (('x'):rep(99)):gsub('x', function() end) end end\n"  \
    "function slash.closeown()\n"                                                              \
    "  local co = coroutine.create(function()\n"                                               \
    "    local x <close> = closing(forever) coroutine.yield() end)\n"                          \
    "  coroutine.resume(co) coroutine.close(co) end\n"                                         \
    "function slash.final()\n"                                                                 \
    "  setmetatable({}, { __gc = forever })\n"                                                 \
    "  for i = 1, 1e6 do local t = { {} } end end\n"                                           \
    "function slash.move() table.move({}, 1, math.maxinteger - 1, 2) end\n"                    \
    "function slash.concat() return table.concat(setmetatable({}, { __index = function()\n"    \
    "  return '' end }), '', 1, math.maxinteger) end\n"                                        \
    "function slash.huge() return #(('x'):rep(1 << 30)) end\n"                                 \
    "function slash.grow() local t = {} while true do t[#t + 1] = { 1, 2, 3 } end end\n"       \
    "function slash.chain() local s = 'x' while true do s = s .. s end end\n"                  \
    "function slash.caught() local t = {}\n"                                                   \
    "  while true do pcall(function() t[#t + 1] = ('x'):rep(1 << 20) .. #t end) end end\n"     \
    "local page = (' '):rep(1 << 16)\n"                                                        \
    "function slash.matching() page:match '^%s*(.-)%s*(.-)%s*x' end\n"                         \
    "function slash.finding() while true do pcall(page.find, page, '.-.-.-x') end end\n"       \
    "function slash.gmatching() for a in page:gmatch '.-.-.-x' do end end\n"                   \
    "function slash.replacing() page:gsub('%s*%s*%s*x', '') end\n"                             \
    "function slash.hello() return nil, 'still here' end\n"                                    \
    "return slash\n"

/* The caller and a neighbour at their prompts. */
static void start_runaways(const char *settings, struct caller **one, struct caller **two)
{
    board_write(board, "screens/root.txt", "line> <% set:t.take %>\n");
    board_write(board, "lua/handlers/t.lua", ECHO_LUA);
    board_write(board, "lua/handlers/slash.lua", RUNAWAYS_LUA);
    board_write(board, "lua/settings.lua", settings);
    board_start(board, NULL);
    *one = dial();
    caller_expect(*one, "line> ");
    *two = dial();
    caller_expect(*two, "line> ");
}

/* `word` is stopped: its caller gets a notice and is served on, the neighbour is echoed. */
static void expect_stopped(struct caller *c, struct caller *neighbour, const char *word,
                           const char *why)
{
    char text[64];
    size_t from;

    from = log_end();
    snprintf(text, sizeof(text), "/%s\r", word);
    caller_send(c, text);
    type(neighbour, "z", "z");
    caller_expect(c, "Something went wrong here (incident");
    caller_expect(c, "line> ");
    type(c, "/hello\r", "still here");
    caller_expect(c, "line> ");
    snprintf(text, sizeof(text), "handler=slash.%s", word);
    board_expect_log(board, &from, text);
    board_expect_log(board, &from, why);
    type(neighbour, "\b", "\b");
}

static void expect_all_stopped(const char *settings, const char *const *words, size_t count,
                               const char *why)
{
    struct caller *c;
    struct caller *neighbour;

    start_runaways(settings, &c, &neighbour);
    for (size_t i = 0; i < count; i++)
        expect_stopped(c, neighbour, words[i], why);
}

static void test_endless_loops_are_stopped(void **state)
{
    static const char *const words[] = {"loop",    "pcall",   "nested", "xpcall", "inside",
                                        "resumes", "closing", "ends",   "both",   "sorting",
                                        "meta",    "gsub",    "concat"};

    (void)state;
    expect_all_stopped("return {}", words, COUNT(words), "");
}

/* A pattern that would take years, over a page of blanks. */
static void test_endless_patterns_are_stopped(void **state)
{
    static const char *const words[] = {"matching", "finding", "gmatching", "replacing"};

    (void)state;
    expect_all_stopped("return {}", words, COUNT(words), "ran for too long");
}

static void test_endless_tostring_of_an_error(void **state)
{
    static const char *const words[] = {"text"};

    (void)state;
    expect_all_stopped("return {}", words, COUNT(words), "");
}

static void test_endless_close_of_own_coroutine(void **state)
{
    static const char *const words[] = {"closeown"};

    (void)state;
    expect_all_stopped("return {}", words, COUNT(words), "ran for too long");
}

/* Lua calls finalizers with hooks off: they have to be refused. */
static void test_endless_finalizer(void **state)
{
    static const char *const words[] = {"final"};

    (void)state;
    expect_all_stopped("return {}", words, COUNT(words), "__gc");
}

/* A loop inside of C, where no hook reaches. */
static void test_endless_table_move(void **state)
{
    static const char *const words[] = {"move"};

    (void)state;
    expect_all_stopped("return {}", words, COUNT(words), "");
}

static void test_memory_is_bounded(void **state)
{
    static const char *const words[] = {"huge", "grow", "chain"};

    (void)state;
    expect_all_stopped("return { limits = { handler_ms = 5000 } }", words, COUNT(words),
                       "not enough memory");
}

/* Memory errors that are caught go on until the time is over. */
static void test_caught_memory_errors_end_too(void **state)
{
    static const char *const words[] = {"caught"};

    (void)state;
    expect_all_stopped("return { limits = { handler_ms = 200 } }", words, COUNT(words), "");
}

static void test_three_overruns_are_refused(void **state)
{
    struct caller *c;
    struct caller *neighbour;

    (void)state;
    start_runaways("return {}", &c, &neighbour);
    for (int i = 0; i < 3; i++)
        expect_stopped(c, neighbour, "loop", "ran for too long");
    type(c, "/loop\r", "'slash.loop' ran for too long three times: it rests for a minute.");
    caller_expect(c, "line> ");
    type(neighbour, "/loop\r", "it rests for a minute"); /* for everybody */
    caller_expect(neighbour, "line> ");
    type(neighbour, "/hello\r", "still here"); /* the others go on */
    board_write(board, "lua/handlers/slash.lua",
                "local slash = {}\nfunction slash.loop() return nil, 'mended' end\n"
                "return slash\n");
    board_expect_log(board, NULL, "generation=2");
    type(c, "/loop\r", "mended");
}

/* --- incidents --- */

#define INCIDENT_LUA                                                                           \
    "local users = require 'bbs.users'\n"                                                      \
    "local t = {}\n"                                                                           \
    "local function deep(x) return x.field.more end\n"                                         \
    "function t.line(client, text)\n"                                                          \
    "  if text == 'boss' then\n"                                                               \
    "    local user, why = users.login(client, 'boss', 'moonlight9')\n"                        \
    "    return 'repeat', user and 'Hello boss' or why\n"                                      \
    "  end\n"                                                                                  \
    "  if text == 'value' then error { code = 5 } end\n"                                       \
    "  if text == 'nil' then error() end\n"                                                    \
    "  local x = deep({})\n"                                                                   \
    "  return x\n"                                                                             \
    "end\n"                                                                                    \
    "return t\n"

static void add_boss(void)
{
    const char *const add[] = {"user",    "add",         "boss",
                               "--level", "200",         "--password-stdin",
                               "--board", board->folder, NULL};

    assert_int_equal(board_run(add, "moonlight9\n", NULL), 0);
}

static void test_incidents(void **state)
{
    struct caller *boss;
    struct caller *c;
    size_t from = 0;

    (void)state;
    board_write(board, "screens/root.txt", "line> <% set:t.line %>\n");
    board_write(board, "lua/handlers/t.lua", INCIDENT_LUA);
    add_boss();
    board_start(board, NULL);
    boss = dial();
    caller_expect(boss, "line> ");
    type(boss, "boss\r", "Hello boss");
    caller_expect(boss, "line> ");
    c = dial();
    caller_expect(c, "line> ");
    type(c, "x\r", "Something went wrong here (incident 1). The sysop has been told.");
    caller_expect(c, "line> ");
    caller_expect(boss, "Incident 1 in t.line: lua/handlers/t.lua:3:");
    board_expect_log(board, &from, "incident=1 handler=t.line node=2");
    board_expect_log(board, &from, "lua/handlers/t.lua:3:");
    board_expect_log(board, &from, "stack traceback");
    board_expect_log(board, &from, "lua/handlers/t.lua:11:");
    type(c, "value\r", "incident 2");
    type(c, "nil\r", "incident 3");
    caller_expect(c, "line> ");
    assert_false(caller_has(c, "lua/handlers")); /* callers see no places */
}

/* In a get:, an if: or an each: nothing is sent, and the screen goes on. */
static void test_incidents_inside_a_screen(void **state)
{
    struct caller *c;

    (void)state;
    board_write(board, "screens/root.txt",
                "a[<% get:t.bad %>]<% if:t.bad %>yes<% else %>no<% end %>"
                "<% each:t.bad %>row<% end %>\nEND <% set:t.bad %>\n");
    board_write(board, "lua/handlers/t.lua",
                "return { bad = function() error 'broken' end }\n");
    board_start(board, NULL);
    c = dial();
    caller_expect(c, "END ");
    assert_true(caller_has(c, "a[]no" LINE_END));
    caller_expect(c, "incident");
    type(c, "x\r", "END ");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_set_up, stage_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_goes_on),
        TEST(test_repeat_asks_the_field_again),
        TEST(test_remain_starts_the_fields_anew),
        TEST(test_refresh_clears_and_shows_again),
        TEST(test_root_and_back),
        TEST(test_hangup_says_goodbye),
        TEST(test_hangup_without_a_goodbye_screen),
        TEST(test_keyword_takes_params_along),
        TEST(test_wrong_returns_are_errors_with_a_place),
        TEST(test_unknown_handler),
        TEST(test_rows_of_a_row_can_be_listed_twice),
        TEST(test_huge_lists_are_refused),
        TEST(test_get_formats),
        TEST(test_rows_look_alike),
        TEST(test_get_raw),
        TEST(test_field_max),
        TEST(test_field_mask),
        TEST(test_field_mask_of_nothing),
        TEST(test_field_default),
        TEST(test_field_upper_and_digits),
        TEST(test_field_digits),
        TEST(test_field_hotkey),
        TEST(test_key_macro),
        TEST(test_go_macro),
        TEST(test_screen_without_macros),
        TEST(test_if_and_each_nest),
        TEST(test_each_takes_a_page_at_most),
        TEST(test_rows_within_rows_are_checked_too),
        TEST(test_enter_and_leave),
        TEST(test_leave_at_the_end_of_a_call),
        TEST(test_tick),
        TEST(test_post_with_a_notice),
        TEST(test_include),
        TEST(test_page_level),
        TEST(test_page_keep_and_escape),
        TEST(test_page_timeout_ends_a_guest),
        TEST(test_client_fields),
        TEST(test_an_account_that_is_locked_meanwhile_is_not_logged_in),
        TEST(test_client_fields_follow_the_account),
        TEST(test_read_line),
        TEST(test_keys_and_confirm),
        TEST(test_send_tell_and_clear),
        TEST(test_tell_keeps_what_is_typed),
        TEST(test_sandbox),
        TEST(test_libraries_are_shared_and_kept),
        TEST(test_odd_arguments_are_refused),
        TEST(test_globals_are_refused),
        TEST(test_db),
        TEST(test_what_is_written_down_stays),
        TEST(test_triggers_get_no_further_than_handlers),
        TEST(test_endless_sql_is_stopped),
        TEST(test_sleep_lets_others_run),
        TEST(test_every),
        TEST(test_wait_inside_own_coroutine),
        TEST(test_failed_coroutine_closes_its_variables),
        TEST(test_waits_raise_when_the_caller_is_gone),
        TEST(test_gone_inside_own_coroutine_closes_too),
        TEST(test_gone_cannot_wait_for_ever),
        TEST(test_nobody_resumes_what_the_engine_waits_in),
        TEST(test_outcomes_are_not_mixed_up),
        TEST(test_endless_loops_are_stopped),
        TEST(test_endless_patterns_are_stopped),
        TEST(test_endless_tostring_of_an_error),
        TEST(test_endless_close_of_own_coroutine),
        TEST(test_endless_finalizer),
        TEST(test_endless_table_move),
        TEST(test_memory_is_bounded),
        TEST(test_caught_memory_errors_end_too),
        TEST(test_three_overruns_are_refused),
        TEST(test_incidents),
        TEST(test_incidents_inside_a_screen),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
