/* lib_client.c -- the client object of handlers: fields and methods (design section 4). */
#include <stdlib.h>

#include "bridge/internal.h"

/* One for each client; `client` is NULL once it is gone. Its user values are client.data,
 * client.params and client.command. */
struct box {
    struct client *client;
    struct task *asking; /* the handler that waits for the caller */
    struct task *aside;  /* the one that did, and will again when a command has ended */
    int ref;
};

enum { BOX_DATA = 1, BOX_PARAMS = 2, BOX_COMMAND = 3, FILES_MOST = 10000 };

void client_box_push(lua_State *L, struct client *c)
{
    struct box *box = client_box(c);

    if (box) {
        lua_rawgeti(L, LUA_REGISTRYINDEX, box->ref);
        return;
    }
    box = lua_newuserdatauv(L, sizeof(*box), BOX_COMMAND);
    *box = (struct box){.client = c, .ref = LUA_NOREF};
    luaL_setmetatable(L, "perigee.client");
    lua_pushvalue(L, -1);
    box->ref = luaL_ref(L, LUA_REGISTRYINDEX);
    client_set_box(c, box);
}

void lib_client_forget(void *arg, struct client *c)
{
    struct bridge *b = arg;
    struct box *box = client_box(c);

    if (!box)
        return;
    box->client = NULL;
    luaL_unref(b->L, LUA_REGISTRYINDEX, box->ref);
    client_set_box(c, NULL);
}

struct client *client_box_check(lua_State *L, int index)
{
    struct box *box = luaL_checkudata(L, index, "perigee.client");

    if (!box->client)
        luaL_error(L, "the client has left");
    return box->client;
}

/* A caller who is still there, for what needs one. */
static struct client *check_open(lua_State *L)
{
    struct client *c = client_box_check(L, 1);

    if (!client_is_open(c))
        luaL_error(L, "the client has left");
    return c;
}

/* --- waiting for the caller --- */

static void cancel(void *wait)
{
    struct box *box = wait;

    if (box->client)
        client_stop_waiting(box->client);
    box->asking = box->aside = NULL; /* all that wait for a caller end together */
}

bool lib_client_set_aside(struct client *c)
{
    struct box *box = client_box(c);

    if (!box || !box->asking || box->aside)
        return false;
    box->aside = box->asking;
    box->asking = NULL;
    return true;
}

void lib_client_take_back(struct client *c)
{
    struct box *box = client_box(c);

    if (!box || !box->aside)
        return;
    box->asking = box->aside;
    box->aside = NULL;
}

void lib_client_answer(struct client *c, const struct answer *answer)
{
    struct box *box = client_box(c);
    struct task *t = box ? box->asking : NULL;

    if (!t)
        return;
    box->asking = NULL;
    task_wake(t, (void *)(uintptr_t)answer);
}

static int wait_for_caller(lua_State *L, lua_KFunction k)
{
    struct box *box = lua_touserdata(L, 1);

    box->asking = bridge_of(L)->current;
    return task_wait(L, cancel, box, k);
}

/* The handler's own client, which nobody else is asking. */
static struct client *check_askable(lua_State *L, const char *what)
{
    struct client *c = check_open(L);
    struct task *t = task_current(L);

    if (t->client != c)
        luaL_error(L, "%s: only the client's own handler may ask it", what);
    if (!client_may_ask(c) || !t->has_call)
        luaL_error(L, "%s: the caller is being asked something else", what);
    return c;
}

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
    struct client *c = check_askable(L, "read_line");
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
    return wait_for_caller(L, asked);
}

/* client:read_key{timeout=seconds, paste=, resize=, tells=, wake=} -> the key's name, or nil
 * when the time is over. With `paste` a paste comes whole, as "paste" and its text; else it is
 * no key. With `resize` the name is also "resize", when the window has another size; with
 * `wake` "wake", behind client:wake(); with `tells` it is "tell", and its text, when there is a
 * notice, which then is the handler's to show.  Waits. */
static int l_read_key(lua_State *L)
{
    struct client *c = check_askable(L, "read_key");
    unsigned wants = 0;

    lua_settop(L, 2);
    if (!lua_isnoneornil(L, 2))
        luaL_checktype(L, 2, LUA_TTABLE);
    wants |= option_flag(L, "paste") ? ASK_PASTE : 0;
    wants |= option_flag(L, "resize") ? ASK_RESIZE : 0;
    wants |= option_flag(L, "tells") ? ASK_TELL : 0;
    wants |= option_flag(L, "wake") ? ASK_WAKE : 0;
    client_ask_key(c, option_seconds(L, "timeout"), wants);
    return wait_for_caller(L, asked);
}

/* --- transfers --- */

static void push_result(lua_State *L, const struct transfer_result *r)
{
    lua_createtable(L, 0, 6);
    lua_pushstring(L, r->name);
    lua_setfield(L, -2, "name");
    lua_pushinteger(L, (lua_Integer)r->bytes);
    lua_setfield(L, -2, "bytes");
    lua_pushinteger(L, (lua_Integer)r->resumed);
    lua_setfield(L, -2, "resumed");
    lua_pushnumber(L, r->seconds);
    lua_setfield(L, -2, "seconds");
    lua_pushboolean(L, r->ok);
    lua_setfield(L, -2, "ok");
    if (!r->ok) {
        lua_pushstring(L, r->reason);
        lua_setfield(L, -2, "reason");
    }
}

/* The caller has left: what has been sent until then is the list's `results`. */
static int interrupted(lua_State *L)
{
    const struct client *c = bridge_of(L)->current->client;
    const struct transfer_result *r;

    lua_newtable(L);
    for (unsigned i = 0; (r = client_ended_result(c, i)); i++) {
        push_result(L, r);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    if (lua_istable(L, 2))
        lua_setfield(L, 2, "results");
    return task_raise(L);
}

/* -> a list of what became of each file */
static int transferred(lua_State *L, int status, lua_KContext at)
{
    const struct answer *a = lua_touserdata(L, (int)at + 1);

    (void)status;
    if (task_is_cancelled(L, (int)at + 1))
        return interrupted(L);
    lua_createtable(L, (int)a->result_count, 0);
    for (unsigned i = 0; i < a->result_count; i++) {
        push_result(L, a->results[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    if (a->text.len > 0) {
        lua_pushlstring(L, a->text.data, a->text.len);
        lua_setfield(L, -2, "reason");
    }
    return 1;
}

/* A file as the handler names it; the strings are those of its table. */
struct named_file {
    struct span path;
    struct span name; /* empty: the path's last */
};

static struct span file_text(lua_State *L, int index, const char *field, bool is_needed)
{
    struct span s = SPAN_LIT("");
    int type = lua_getfield(L, index, field);

    if (type == LUA_TSTRING)
        s.data = lua_tolstring(L, -1, &s.len);
    else if (is_needed || type != LUA_TNIL)
        luaL_error(L, "%s: a text expected, got a %s", field, luaL_typename(L, -1));
    lua_pop(L, 1);
    return s;
}

static void check_file(lua_State *L, lua_Integer i, struct named_file *f)
{
    *f = (struct named_file){0};
    if (lua_geti(L, 2, i) == LUA_TSTRING)
        f->path.data = lua_tolstring(L, -1, &f->path.len);
    else if (lua_istable(L, -1))
        *f = (struct named_file){file_text(L, -1, "path", true),
                                 file_text(L, -1, "name", false)};
    else
        luaL_error(L, "file %d: a path or {path=, name=} expected, got a %s", (int)i,
                   luaL_typename(L, -1));
    if (f->name.len > 0 && !place_is_name(f->name))
        luaL_error(L, "file %d: expected a name without '/' of at most 255 bytes", (int)i);
    lua_pop(L, 1);
}

static char *copy_name(struct span s)
{
    char *name = mem_alloc(s.len + 1);

    memcpy(name, s.data, s.len);
    name[s.len] = '\0';
    return name;
}

static void find_place(struct bridge *b, const struct client *c, const struct named_file *from,
                       struct send_file *to, struct err *e)
{
    if (place_find(&to->place, b->config.settings, client_files(c), from->path, e) < 0)
        return;
    to->name = copy_name(from->name.len ? from->name : span_of(place_name(&to->place)));
}

/* No Lua runs in here: nothing is lost by an error of it. */
static bool begin_sending(struct bridge *b, struct client *c, const struct named_file *named,
                          unsigned count, enum transfer_protocol protocol, struct err *e)
{
    struct send_file *files = mem_zalloc((count + 1) * sizeof(*files));
    unsigned i = 0;

    while (i < count) {
        find_place(b, c, &named[i], &files[i], e);
        if (!files[i].name)
            break;
        i++;
    }
    if (i == count)
        client_send_files(c, files, count, protocol);
    for (unsigned k = 0; i < count && k < i; k++) {
        place_clear(&files[k].place);
        mem_free(files[k].name);
    }
    mem_free(files);
    return i == count;
}

/* The options' "protocol"; ZModem. */
static enum transfer_protocol file_protocol(lua_State *L, int index)
{
    enum transfer_protocol protocol = TRANSFER_ZMODEM;
    struct span name = {0};

    if (!lua_istable(L, index))
        return protocol;
    if (lua_getfield(L, index, "protocol") != LUA_TNIL) {
        name.data = lua_tolstring(L, -1, &name.len);
        protocol = name.data ? transfer_protocol_find(name) : TRANSFER_PROTOCOLS;
    }
    if (protocol == TRANSFER_PROTOCOLS)
        luaL_error(L, "protocol: \"zmodem\", \"ymodem\", \"ymodem-g\" or \"xmodem\" expected");
    lua_pop(L, 1);
    return protocol;
}

/* client:send_files{ path or {path=, name=}, ... } -> { {name=, bytes=, seconds=, resumed=,
 * ok=, reason=}, ... }; the table may have protocol=. Where the caller leaves meanwhile it has
 * that list as `results`. The list has a `reason` if all of it has failed.  Waits. */
static int l_send_files(lua_State *L)
{
    struct client *c = check_askable(L, "send_files");
    struct named_file *named;
    lua_Integer n;
    struct err e;

    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    n = luaL_len(L, 2);
    luaL_argcheck(L, n >= 1 && n <= FILES_MOST, 2, "1 to 10,000 files expected");
    named = lua_newuserdatauv(L, (size_t)n * sizeof(*named), 0);
    for (lua_Integer i = 1; i <= n; i++)
        check_file(L, i, &named[i - 1]);
    if (!begin_sending(bridge_of(L), c, named, (unsigned)n, file_protocol(L, 2), &e))
        return luaL_error(L, "%s", e.text);
    return wait_for_caller(L, transferred);
}

static lua_Integer receive_number(lua_State *L, const char *name, lua_Integer most)
{
    lua_Integer n = 0;
    int ok = 1;

    if (lua_istable(L, 3) && lua_getfield(L, 3, name) != LUA_TNIL)
        n = lua_tointegerx(L, -1, &ok);
    if (!ok || n < 0 || n > most)
        luaL_error(L, "%s: a number from 0 to %I expected, 0 for no limit", name, most);
    return n;
}

/* client:receive_files(folder, [{max=bytes of a file, space=bytes of all, files=how many,
 * overwrite=, protocol=, name=of what comes by XModem}]) -> as send_files, of what has come.
 * Waits. */
static int l_receive_files(lua_State *L)
{
    struct client *c = check_askable(L, "receive_files");
    struct receive_options o = {0};
    struct span name = SPAN_LIT("");
    struct span folder;
    struct err e;

    folder.data = luaL_checklstring(L, 2, &folder.len);
    lua_settop(L, 3);
    if (!lua_isnil(L, 3))
        luaL_checktype(L, 3, LUA_TTABLE);
    o.max_bytes = (int64_t)receive_number(L, "max", LUA_MAXINTEGER);
    o.max_total = (int64_t)receive_number(L, "space", LUA_MAXINTEGER);
    o.max_files = (unsigned)receive_number(L, "files", FILES_MOST);
    o.overwrites = lua_istable(L, 3) && lua_getfield(L, 3, "overwrite") != LUA_TNIL &&
                   lua_toboolean(L, -1);
    o.protocol = file_protocol(L, 3);
    if (lua_istable(L, 3))
        name = file_text(L, 3, "name", o.protocol == TRANSFER_XMODEM);
    lua_settop(L, 3);
    if (place_find(&o.folder, bridge_of(L)->config.settings, client_files(c), folder, &e) < 0)
        return luaL_error(L, "%s", e.text);
    o.name = name.len > 0 ? copy_name(name) : NULL;
    client_receive_files(c, &o);
    return wait_for_caller(L, transferred);
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
    struct client *c = check_askable(L, "attach");
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
    return wait_for_caller(L, attached);
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
    struct client *c = check_askable(L, "dial");
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
    return wait_for_caller(L, dialled);
}

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
    struct client *c = check_open(L);
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
    return wait_for_caller(L, drained);
}

/* client:clear(): the screen is empty, the cursor in its first place. */
static int l_clear(lua_State *L)
{
    client_clear_screen(check_open(L));
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

/* --- fields --- */

static void push_id(lua_State *L, struct client *c)
{
    lua_pushinteger(L, client_id(c));
}

static void push_user_id(lua_State *L, struct client *c)
{
    lua_pushstring(L, client_user_id(c));
}

static void push_nick_name(lua_State *L, struct client *c)
{
    lua_pushstring(L, client_nick_name(c));
}

static void push_level(lua_State *L, struct client *c)
{
    lua_pushinteger(L, client_level(c));
}

static void push_keyword(lua_State *L, struct client *c)
{
    lua_pushstring(L, client_keyword(c));
}

static void push_title(lua_State *L, struct client *c)
{
    lua_pushstring(L, client_title(c));
}

static void push_status(lua_State *L, struct client *c)
{
    if (*client_status(c))
        lua_pushstring(L, client_status(c));
    else
        lua_pushnil(L);
}

static void push_page_index(lua_State *L, struct client *c)
{
    lua_pushinteger(L, client_page_index(c));
}

static void push_page_count(lua_State *L, struct client *c)
{
    if (client_page_count(c) > 0)
        lua_pushinteger(L, client_page_count(c));
    else
        lua_pushnil(L);
}

static void push_address(lua_State *L, struct client *c)
{
    lua_pushstring(L, client_address(c));
}

static void push_since(lua_State *L, struct client *c)
{
    lua_pushinteger(L, (lua_Integer)client_since(c));
}

static void push_idle(lua_State *L, struct client *c)
{
    lua_pushinteger(L, (lua_Integer)client_idle(c));
}

static void push_hidden(lua_State *L, struct client *c)
{
    lua_pushboolean(L, client_is_hidden(c));
}

static void push_generation(lua_State *L, struct client *c)
{
    lua_pushinteger(L, client_generation(c));
}

static void set_choice(lua_State *L, const char *name, int8_t choice)
{
    if (choice == TERMINAL_FOUND)
        return;
    lua_pushboolean(L, choice);
    lua_setfield(L, -2, name);
}

/* What the caller has chosen; what is found out is nil. */
static void push_chosen(lua_State *L, const struct terminal *t)
{
    lua_createtable(L, 0, 4);
    if (t->charset != TERMINAL_FOUND) {
        lua_pushstring(L, charset_name((enum charset)t->charset));
        lua_setfield(L, -2, "charset");
    }
    set_choice(L, "ansi", t->ansi);
    set_choice(L, "linear", t->linear);
    if (t->baud != TERMINAL_FOUND) {
        lua_pushinteger(L, t->baud);
        lua_setfield(L, -2, "baud");
    }
}

static void push_term(lua_State *L, struct client *c)
{
    lua_createtable(L, 0, 8);
    lua_pushinteger(L, client_width(c));
    lua_setfield(L, -2, "width");
    lua_pushinteger(L, client_height(c));
    lua_setfield(L, -2, "height");
    lua_pushboolean(L, client_has_ansi(c));
    lua_setfield(L, -2, "ansi");
    lua_pushstring(L, charset_name(client_charset(c)));
    lua_setfield(L, -2, "charset");
    lua_pushstring(L, client_term_name(c));
    lua_setfield(L, -2, "name");
    lua_pushboolean(L, client_is_linear(c));
    lua_setfield(L, -2, "linear");
    lua_pushinteger(L, client_baud(c));
    lua_setfield(L, -2, "baud");
    push_chosen(L, client_terminal(c));
    lua_setfield(L, -2, "chosen");
}

static void push_data(lua_State *L, struct client *c)
{
    (void)c;
    if (lua_getiuservalue(L, 1, BOX_DATA) != LUA_TNIL)
        return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, 1, BOX_DATA);
}

static void push_params(lua_State *L, struct client *c)
{
    (void)c;
    if (lua_getiuservalue(L, 1, BOX_PARAMS) != LUA_TNIL)
        return;
    lua_pop(L, 1);
    lua_newtable(L);
}

/* What is still to be asked: names of handlers. */
static void push_set_commands(lua_State *L, struct client *c)
{
    const struct screen *s = client_screen(c);
    lua_Integer n = 0;

    lua_newtable(L);
    for (unsigned i = 0; s && i < s->count; i++) {
        if (s->ops[i].code == OP_SET && client_field_is_open(c, &s->ops[i])) {
            lua_pushstring(L, s->ops[i].name);
            lua_rawseti(L, -2, ++n);
        }
    }
}

static void push_set_post(lua_State *L, struct client *c)
{
    const struct screen *s = client_screen(c);

    if (s && s->calls[OCCASION_POST].name && client_post_is_open(c))
        lua_pushstring(L, s->calls[OCCASION_POST].name);
    else
        lua_pushnil(L);
}

/* The transfer under way. */
static void push_zmodem(lua_State *L, struct client *c)
{
    struct transfer_progress p;

    if (!client_transfer_progress(c, &p)) {
        lua_pushnil(L);
        return;
    }
    lua_createtable(L, 0, 9);
    lua_pushstring(L, p.protocol);
    lua_setfield(L, -2, "protocol");
    lua_pushboolean(L, p.is_sending);
    lua_setfield(L, -2, "sending");
    lua_pushinteger(L, p.at);
    lua_setfield(L, -2, "file");
    lua_pushinteger(L, p.count);
    lua_setfield(L, -2, "files");
    lua_pushinteger(L, p.errors);
    lua_setfield(L, -2, "errors");
    if (!p.name)
        return;
    lua_pushstring(L, p.name);
    lua_setfield(L, -2, "name");
    lua_pushinteger(L, (lua_Integer)p.bytes);
    lua_setfield(L, -2, "bytes");
    lua_pushinteger(L, (lua_Integer)p.size);
    lua_setfield(L, -2, "size");
    lua_pushinteger(L, (lua_Integer)p.rate);
    lua_setfield(L, -2, "rate");
    if (p.rate < 1)
        return;
    lua_pushinteger(L, (lua_Integer)((double)(p.size - p.bytes) / p.rate));
    lua_setfield(L, -2, "left");
}

/* The program that is attached. */
static void push_command(lua_State *L, struct client *c)
{
    if (client_has_process(c))
        lua_getiuservalue(L, 1, BOX_COMMAND);
    else
        lua_pushnil(L);
}

/* The other system that the caller is connected to. */
static void push_calling(lua_State *L, struct client *c)
{
    lua_pushstring(L, client_calling(c));
}

static const struct field {
    const char *name;
    void (*push)(lua_State *L, struct client *c);
} fields[] = {
    {"id", push_id},
    {"user_id", push_user_id},
    {"nick_name", push_nick_name},
    {"level", push_level},
    {"keyword", push_keyword},
    {"title", push_title},
    {"status", push_status},
    {"page_index", push_page_index},
    {"page_count", push_page_count},
    {"data", push_data},
    {"params", push_params},
    {"set_commands", push_set_commands},
    {"set_post", push_set_post},
    {"zmodem", push_zmodem},
    {"command", push_command},
    {"calling", push_calling},
    {"address", push_address},
    {"since", push_since},
    {"idle", push_idle},
    {"term", push_term},
    {"hidden", push_hidden},
    {"generation", push_generation},
};

enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

/* Upvalue 1: names to methods (functions) and fields (their index). */
static int l_index(lua_State *L)
{
    luaL_checkudata(L, 1, "perigee.client");
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNUMBER) {
        if (!lua_isnil(L, -1))
            return 1; /* a method, which says itself what it needs */
        return luaL_error(L, "a client has no field '%s'", luaL_tolstring(L, 2, NULL));
    }
    fields[lua_tointeger(L, -1)].push(L, client_box_check(L, 1));
    return 1;
}

static int l_newindex(lua_State *L)
{
    struct client *c = client_box_check(L, 1);
    const char *name = luaL_checkstring(L, 2);

    if (strcmp(name, "page_index") == 0) {
        lua_Integer page = luaL_checkinteger(L, 3);

        client_set_page_index(c, page > 0 && page < 1000000 ? (unsigned)page : 1);
    } else if (strcmp(name, "status") == 0) {
        struct span s = SPAN_LIT("");

        if (!lua_isnil(L, 3))
            s.data = luaL_checklstring(L, 3, &s.len);
        client_set_status(c, s);
    } else if (strcmp(name, "data") == 0) {
        luaL_checktype(L, 3, LUA_TTABLE);
        lua_setiuservalue(L, 1, BOX_DATA);
    } else {
        return luaL_error(L, "client.%s cannot be set, only page_index, status and data can",
                          name);
    }
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
        {"send_files", l_send_files},
        {"receive_files", l_receive_files},
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
    for (lua_Integer i = 0; i < FIELDS; i++) {
        lua_pushinteger(L, i);
        lua_setfield(L, -2, fields[i].name);
    }
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "methods");
    lua_pushcclosure(L, l_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, l_newindex);
    lua_setfield(L, -2, "__newindex");
    lua_pushcfunction(L, l_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}
