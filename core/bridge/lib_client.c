/* lib_client.c -- the client object of handlers: its methods (design section 4). */
#include "bridge/client_box.h"

/* --- asking --- */

/* -> a line, a key's name, or nothing */
static int asked(lua_State *L, int status, lua_KContext at)
{
    const struct answer *a = lua_touserdata(L, (int)at + 1);
    bool has_text = false;

    (void)status;
    if (task_is_cancelled(L, (int)at + 1))
        return task_raise(L);
    has_text = a->kind == ANSWER_PASTE || a->kind == ANSWER_TELL;
    if (has_text)
        lua_pushstring(L, a->kind == ANSWER_PASTE ? "paste" : "tell");
    if (has_text || a->kind == ANSWER_LINE || a->kind == ANSWER_KEY)
        lua_pushlstring(L, a->text.len ? a->text.data : "", a->text.len);
    else
        lua_pushnil(L);
    return has_text ? 2 : 1;
}

static lua_Integer option_number(lua_State *L, const char *name, lua_Integer standard,
                                 lua_Integer least, lua_Integer most)
{
    lua_Integer n = standard;

    if (lua_istable(L, 2) && lua_getfield(L, 2, name) != LUA_TNIL) {
        int ok;

        n = lua_tointegerx(L, -1, &ok);
        if (!ok || n < least || n > most)
            luaL_error(L, "option %s: a number from %I to %I expected", name, least, most);
    }
    return n;
}

static double option_seconds(lua_State *L, const char *name)
{
    lua_Number n = 0;

    if (lua_istable(L, 2) && lua_getfield(L, 2, name) != LUA_TNIL) {
        int ok;

        n = lua_tonumberx(L, -1, &ok);
        if (!ok || !(n >= 0 && n <= 86400))
            luaL_error(L, "option %s: 0 to 86400 seconds expected", name);
    }
    return n;
}

/* Stays on the stack, so that the span does. */
static struct span option_text(lua_State *L, const char *name)
{
    struct span s = SPAN_LIT("");

    if (lua_istable(L, 2) && lua_getfield(L, 2, name) != LUA_TNIL) {
        if (!lua_isstring(L, -1))
            luaL_error(L, "option %s: a text expected, got a %s", name, luaL_typename(L, -1));
        s.data = lua_tolstring(L, -1, &s.len);
    }
    return s;
}

static bool option_flag(lua_State *L, const char *name)
{
    bool on = lua_istable(L, 2) && lua_getfield(L, 2, name) != LUA_TNIL && lua_toboolean(L, -1);

    if (lua_istable(L, 2))
        lua_pop(L, 1);
    return on;
}

static uint32_t option_mask(lua_State *L)
{
    struct span s = option_text(L, "mask");
    bool has = lua_istable(L, 2) && !lua_isnil(L, -1);

    if (has && s.len == 0)
        return 1;
    return s.len ? (uint32_t)(unsigned char)s.data[0] : 0;
}

/* client:read_line{prompt=, max=, mask=, default=, upper=, digits=} -> line, or nil for Esc.
 * Waits. */
static int l_read_line(lua_State *L)
{
    struct client *c = client_box_asks(L, "read_line");
    long most = bridge_of(L)->config.settings->line_length;
    struct edit_options o = {0};
    struct span prompt;
    struct span standard;

    lua_settop(L, 2);
    if (!lua_isnoneornil(L, 2))
        luaL_checktype(L, 2, LUA_TTABLE);
    o.max = (uint16_t)option_number(L, "max", most, 1, 1000);
    o.mask = option_mask(L);
    o.upper = option_flag(L, "upper");
    o.digits = option_flag(L, "digits");
    o.hotkey = option_flag(L, "hotkey");
    prompt = option_text(L, "prompt");
    standard = option_text(L, "default");
    client_ask_line(c, prompt, &o, standard);
    return client_box_wait(L, asked);
}

/* client:read_key{timeout=seconds, paste=, resize=, tells=, wake=} -> the key's name, or nil
 * when the time is over. With `paste` a paste comes whole, as "paste" and its text; else it is
 * no key. With `resize` the name is also "resize", when the window has another size; with
 * `wake` "wake", behind client:wake(); with `tells` it is "tell", and its text, when there is a
 * notice, which then is the handler's to show.  Waits. */
static int l_read_key(lua_State *L)
{
    struct client *c = client_box_asks(L, "read_key");
    unsigned wants = 0;

    lua_settop(L, 2);
    if (!lua_isnoneornil(L, 2))
        luaL_checktype(L, 2, LUA_TTABLE);
    wants |= option_flag(L, "paste") ? ASK_PASTE : 0;
    wants |= option_flag(L, "resize") ? ASK_RESIZE : 0;
    wants |= option_flag(L, "tells") ? ASK_TELL : 0;
    wants |= option_flag(L, "wake") ? ASK_WAKE : 0;
    client_ask_key(c, option_seconds(L, "timeout"), wants);
    return client_box_wait(L, asked);
}

/* --- programs --- */

static void set_command(lua_State *L, int index)
{
    if (index)
        lua_pushvalue(L, index);
    else
        lua_pushnil(L);
    lua_setiuservalue(L, 1, BOX_COMMAND);
}

static int attached(lua_State *L, int status, lua_KContext at)
{
    (void)status;
    set_command(L, 0);
    if (task_is_cancelled(L, (int)at + 1))
        return task_raise(L);
    process_push_ending(L, process_box_check(L, 2));
    return 1;
}

/* client:attach(process) -> {ok=, code=, signal=, reason=}, when it is over, or nil and why it
 * can't be: the terminal is the program's meanwhile. What command.run has said why not, it says
 * again.  Waits. */
static int l_attach(lua_State *L)
{
    struct client *c = client_box_asks(L, "attach");
    struct err e;

    if (lua_isnil(L, 2)) {
        lua_settop(L, 3);
        return 2;
    }
    lua_settop(L, 2);
    if (client_attach(c, process_box_check(L, 2), &e) < 0) {
        lua_pushnil(L);
        lua_pushstring(L, e.text);
        return 2;
    }
    set_command(L, 2);
    return client_box_wait(L, attached);
}

/* --- other systems --- */

static int dialled(lua_State *L, int status, lua_KContext at)
{
    const struct answer *a = lua_touserdata(L, (int)at + 1);

    (void)status;
    if (task_is_cancelled(L, (int)at + 1))
        return task_raise(L);
    return dial_push_ending(L, a->dial);
}

/* client:dial{host=, port=, protocol=, client_user=, server_user=, terminal=} -> {ok=,
 * seconds=, sent=, received=, reason=}, when the caller is back, or nil and why there was no
 * connection: to another system, which the setting dial.hosts names.  Waits. */
static int l_dial(lua_State *L)
{
    struct client *c = client_box_asks(L, "dial");
    struct dial_options o = {0};
    struct err e;

    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    dial_check_options(L, &o);
    if (client_dial(c, &o, &e) < 0) {
        lua_pushnil(L);
        lua_pushstring(L, e.text);
        return 2;
    }
    lua_settop(L, 2);
    return client_box_wait(L, dialled);
}

/* --- what is shown, and where the caller goes --- */

static int l_send(lua_State *L);

static int drained(lua_State *L, int status, lua_KContext at)
{
    (void)status;
    if (task_is_cancelled(L, (int)at + 1))
        return task_raise(L);
    lua_settop(L, 2);
    return l_send(L);
}

/* client:send(text): pipe codes become colours, escape sequences pass.  Waits while too much is
 * still to be written. */
static int l_send(lua_State *L)
{
    struct client *c = client_box_open(L);
    struct span text;

    text.data = luaL_checklstring(L, 2, &text.len);
    lua_settop(L, 2);
    if (client_send(c, text))
        return 0;
    if (task_current(L)->client != c || !task_current(L)->has_call)
        return luaL_error(L, "send: the caller is not reading; use tell for other callers");
    if (((struct box *)lua_touserdata(L, 1))->asking)
        return luaL_error(L, "send: the caller is not reading, and is being asked something");
    client_wait_drained(c);
    return client_box_wait(L, drained);
}

/* client:clear(): the screen is empty, the cursor in its first place. */
static int l_clear(lua_State *L)
{
    client_clear_screen(client_box_open(L));
    return 0;
}

/* client:tell(text) -> true if it is or will be shown: a line above what is being typed. */
static int l_tell(lua_State *L)
{
    struct client *c = client_box_check(L, 1);
    struct span text;

    text.data = luaL_checklstring(L, 2, &text.len);
    lua_pushboolean(L, client_tell(c, text));
    return 1;
}

/* client:run(line) -> true if it is or will be done: the command, "/word rest", as if the
 * caller had typed it at the next prompt, whatever asks there. False: it has left, or one waits
 * already. */
static int l_run(lua_State *L)
{
    struct client *c = client_box_check(L, 1);
    struct span line;

    if (lua_isnil(L, 2)) { /* the one that waits is not done */
        client_take_back_imposed(c);
        return 0;
    }
    line.data = luaL_checklstring(L, 2, &line.len);
    lua_pushboolean(L, client_impose(c, line));
    return 1;
}

/* client:move(keyword) -> true, or nil and why not: to that screen, at the next prompt. What a
 * handler asks there ends, and a program, and a call to another system. */
static int l_move(lua_State *L)
{
    struct client *c = client_box_check(L, 1);
    struct span keyword;
    struct err e;

    keyword.data = luaL_checklstring(L, 2, &keyword.len);
    if (client_move(c, keyword, &e) == 0) {
        lua_pushboolean(L, 1);
        return 1;
    }
    lua_pushnil(L);
    lua_pushstring(L, e.text);
    return 2;
}

/* client:wake(): what it is shown has changed: its screen's tick comes now, or its handler's
 * read_key{wake=true} gives "wake". Nothing where it has left. */
static int l_wake(lua_State *L)
{
    const struct box *box = luaL_checkudata(L, 1, "perigee.client");

    if (box->client)
        client_wake(box->client);
    return 0;
}

/* client:hangup([reason]): the call ends. */
static int l_hangup(lua_State *L)
{
    struct client *c = client_box_check(L, 1);
    struct span reason;

    reason.data = luaL_optlstring(L, 2, "", &reason.len);
    client_hang_up(c, reason);
    return 0;
}

static int l_tostring(lua_State *L)
{
    struct box *box = luaL_checkudata(L, 1, "perigee.client");

    if (box->client)
        lua_pushfstring(L, "client %d (%s)", (int)client_id(box->client),
                        client_user_id(box->client));
    else
        lua_pushstring(L, "client (left)");
    return 1;
}

void lib_client_open(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"send", l_send},
        {"clear", l_clear},
        {"read_line", l_read_line},
        {"send_files", client_files_send},
        {"receive_files", client_files_receive},
        {"attach", l_attach},
        {"dial", l_dial},
        {"tell", l_tell},
        {"wake", l_wake},
        {"run", l_run},
        {"hangup", l_hangup},
        {"move", l_move},
        {"read_key", l_read_key},
        {NULL, NULL},
    };

    luaL_newmetatable(L, "perigee.client");
    luaL_newlib(L, methods);
    client_fields_add(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "methods");
    lua_pushcclosure(L, client_fields_get, 1);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, client_fields_set);
    lua_setfield(L, -2, "__newindex");
    lua_pushcfunction(L, l_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}
