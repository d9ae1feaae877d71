/* client_files.c -- client:send_files and client:receive_files. */
#include "bridge/client_box.h"

enum { FILES_MOST = 10000 };

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
int client_files_send(lua_State *L)
{
    struct client *c = client_box_asks(L, "send_files");
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
    return client_box_wait(L, transferred);
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
int client_files_receive(lua_State *L)
{
    struct client *c = client_box_asks(L, "receive_files");
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
    return client_box_wait(L, transferred);
}
