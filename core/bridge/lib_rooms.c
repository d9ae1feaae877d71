/* lib_rooms.c -- core.rooms: what rooms.lua does with rooms. A room goes by its name. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bridge/internal.h"
#include "base/alike.h"
#include "client/chat.h"
#include "client/timer.h"

static struct rooms *rooms_of(lua_State *L)
{
    struct clients *all = bridge_of(L)->all;

    if (!all)
        luaL_error(L, "rooms: nobody can be on line here");
    return chat_rooms(all);
}

static struct span text_at(lua_State *L, int index)
{
    struct span s;

    s.data = luaL_checklstring(L, index, &s.len);
    return s;
}

static struct room *check_room(lua_State *L, int index)
{
    struct room *r = room_find(rooms_of(L), text_at(L, index));

    if (!r)
        luaL_error(L, "rooms: there is no room %s", lua_tostring(L, index));
    return r;
}

/* rooms.open(name) -> its name as it was first written, or nil and why not */
static int l_open(lua_State *L)
{
    struct err e;
    struct room *r = room_open(rooms_of(L), text_at(L, 1), &e);

    if (r) {
        lua_pushstring(L, room_name(r));
        return 1;
    }
    lua_pushnil(L);
    lua_pushstring(L, e.text);
    return 2;
}

/* rooms.forget(name): where nobody is in it, its lines go from memory */
static int l_forget(lua_State *L)
{
    struct room *r = room_find(rooms_of(L), text_at(L, 1));

    if (r)
        room_forget(r);
    return 0;
}

/* rooms.join(name, client, lines): leaves the room before; that many of the last lines are
 * shown at the next prompt */
static int l_join(lua_State *L)
{
    struct room *r = check_room(L, 1);
    struct client *c = client_box_check(L, 2);
    lua_Integer lines = luaL_optinteger(L, 3, 0);

    chat_join(c, r, lines > 0 ? (unsigned)lines : 0);
    return 0;
}

/* rooms.leave(client) */
static int l_leave(lua_State *L)
{
    chat_leave(client_box_check(L, 1));
    return 0;
}

/* rooms.of(client) -> the name of the room that the client is in, or nil */
static int l_of(lua_State *L)
{
    const struct member *m = chat_member(client_box_check(L, 1));

    if (!m)
        return 0;
    lua_pushstring(L, room_name(m->room));
    return 1;
}

static const char *const kinds[] = {"say", "emote", "note", NULL};

static struct line *line_at(lua_State *L, int index)
{
    int kind = luaL_checkoption(L, index, NULL, kinds);
    struct span nick = text_at(L, index + 1);
    struct span text = text_at(L, index + 2);
    lua_Integer user = luaL_optinteger(L, index + 3, 0);
    lua_Integer at = luaL_optinteger(L, index + 4, (lua_Integer)time(NULL));

    return line_new((enum line_kind)kind, (int64_t)at, (int64_t)user, nick, text);
}

/* rooms.add(name, "say" "emote" "note", nick_name, text, [account, time]): everybody there sees
 * it */
static int l_add(lua_State *L)
{
    struct room *r = check_room(L, 1);

    chat_add(bridge_of(L)->all, r, line_at(L, 2));
    return 0;
}

/* rooms.remember(the same): it was said before, and is part of the history alone */
static int l_remember(lua_State *L)
{
    struct room *r = check_room(L, 1);

    room_add(r, line_at(L, 2), true);
    return 0;
}

/* rooms.rename(name, account, nick_name, [into, other_name]): what the account has said there,
 * and is remembered, is the account `into`'s and said under the other name; without a name it
 * is gone. So are the notes about that nick name, where it is nobody's any more. */
static int l_rename(lua_State *L)
{
    struct room *r = room_find(rooms_of(L), text_at(L, 1));
    lua_Integer user = luaL_checkinteger(L, 2);
    lua_Integer into = luaL_optinteger(L, 4, 0);
    struct span name = lua_isnoneornil(L, 5) ? SPAN_LIT("") : text_at(L, 5);

    if (r)
        room_rename(r, (int64_t)user, text_at(L, 3), (int64_t)into, name);
    return 0;
}

/* rooms.key(name) -> what all names have in common that are taken for it; nil: it is no text */
static int l_key(lua_State *L)
{
    char *key = alike_key(text_at(L, 1));

    lua_pushstring(L, key); /* nil for NULL */
    mem_free(key);
    return 1;
}

static int by_members(const void *a, const void *b)
{
    const struct room *const *x = a;
    const struct room *const *y = b;
    unsigned m = room_seen(*x);
    unsigned n = room_seen(*y);

    return m != n ? (m < n) - (m > n) : strcmp(room_key(*x), room_key(*y));
}

/* rooms.look(name) -> what all names have in common that look like it; nil: it is no text */
static int l_look(lua_State *L)
{
    char *look = alike_look(text_at(L, 1));

    lua_pushstring(L, look);
    mem_free(look);
    return 1;
}

/* rooms.busy() -> the keys of the rooms that somebody is seen in, those with the most members
 * first; { key = members, ... } */
static int l_busy(lua_State *L)
{
    const struct rooms *all = rooms_of(L);
    const struct room **busy = lua_newuserdatauv(L, ROOMS_MOST * sizeof(struct room *), 0);
    unsigned n = 0;

    for (const struct room *r = room_next(all, NULL); r; r = room_next(all, r)) {
        if (room_seen(r) > 0)
            busy[n++] = r;
    }
    qsort(busy, n, sizeof(struct room *), by_members);
    lua_createtable(L, (int)n, 0);
    lua_createtable(L, 0, (int)n);
    for (unsigned i = 0; i < n; i++) {
        lua_pushstring(L, room_key(busy[i]));
        lua_pushvalue(L, -1);
        lua_rawseti(L, -4, (lua_Integer)i + 1);
        lua_pushinteger(L, room_seen(busy[i]));
        lua_rawset(L, -3);
    }
    return 2;
}

/* rooms.count(name) -> how many are seen in it; 0 where there is no such room */
static int l_count(lua_State *L)
{
    const struct room *r = room_find(rooms_of(L), text_at(L, 1));

    lua_pushinteger(L, r ? room_seen(r) : 0);
    return 1;
}

/* rooms.members(name, [viewer]) -> the clients in it that the viewer may see (see clients.all),
 * in the order in which they came */
static int l_members(lua_State *L)
{
    struct room *r = check_room(L, 1);
    lua_Integer n = 0;

    lua_settop(L, 2);
    lua_newtable(L);
    for (const struct member *m = room_first(r); m; m = m->next) {
        if (client_is_hidden(m->who) && !client_box_sees(L, 2, m->who))
            continue;
        client_box_push(L, m->who);
        lua_rawseti(L, -2, ++n);
    }
    return 1;
}

static void push_line(lua_State *L, const struct line *l)
{
    lua_createtable(L, 0, 4);
    lua_pushstring(L, kinds[l->kind]);
    lua_setfield(L, -2, "kind");
    lua_pushinteger(L, (lua_Integer)l->at);
    lua_setfield(L, -2, "at");
    lua_pushstring(L, l->nick);
    lua_setfield(L, -2, "nick_name");
    lua_pushstring(L, l->text);
    lua_setfield(L, -2, "text");
}

/* rooms.last(name, n) -> the last n lines, { {kind=, at=Unix seconds, nick_name=, text=}, ... }
 */
static int l_last(lua_State *L)
{
    struct room *r = check_room(L, 1);
    lua_Integer n = luaL_checkinteger(L, 2);
    struct line *lines[ROOM_HISTORY_MOST];
    unsigned most = n < 0 ? 0 : n < ROOM_HISTORY_MOST ? (unsigned)n : ROOM_HISTORY_MOST;
    unsigned count = room_last(r, most, lines);

    lua_createtable(L, (int)count, 0);
    for (unsigned i = 0; i < count; i++) {
        push_line(L, lines[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static void take_ignored(lua_State *L, int index, struct member *m)
{
    lua_Integer n = luaL_len(L, index);

    mem_free(m->ignored);
    m->ignored = n > 0 ? mem_zalloc((size_t)n * sizeof(*m->ignored)) : NULL;
    m->ignored_count = (uint32_t)n;
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, index, i);
        m->ignored[i - 1] = (int64_t)lua_tointeger(L, -1);
        lua_pop(L, 1);
    }
}

/* rooms.choose(client, time, bell, { account, ... }, colors): how the client in a room is shown
 * lines: with the time before them, with a bell at the own name, without those of these
 * accounts, with names in colours of their own */
static int l_choose(lua_State *L)
{
    struct member *m = chat_member(client_box_check(L, 1));

    luaL_checktype(L, 4, LUA_TTABLE);
    luaL_argcheck(L, luaL_len(L, 4) <= 1000, 4, "at most 1000 accounts expected");
    if (!m)
        return 0;
    m->has_time = lua_toboolean(L, 2);
    m->is_quiet = !lua_toboolean(L, 3);
    m->is_plain = !lua_toboolean(L, 5);
    take_ignored(L, 4, m);
    return 0;
}

/* rooms.may_ask(client) -> may a handler ask the client something now? */
static int l_may_ask(lua_State *L)
{
    lua_pushboolean(L, client_may_ask(client_box_check(L, 1)));
    return 1;
}

/* rooms.clock() -> seconds, of a clock that nobody sets */
static int l_clock(lua_State *L)
{
    lua_pushnumber(L, timer_now());
    return 1;
}

static int apart_ended(lua_State *L, int status, lua_KContext at)
{
    const struct task *t = lua_touserdata(L, (int)at + 1);

    (void)status;
    if (task_is_cancelled(L, (int)at + 1))
        return task_raise(L);
    lua_pushboolean(L, !t->has_failed);
    return 1;
}

/* rooms.apart(name, f, [waits]) -> did it end well? f() runs by itself, with the budget of the
 * handler `name`: when that is over, what has called this goes on. Without `waits` it does so
 * at once. Where the handler rests f is not called: false.  Waits. */
static int l_apart(lua_State *L)
{
    char name[80];
    bool waits = lua_toboolean(L, 3);
    struct task *t;

    snprintf(name, sizeof(name), "%s", luaL_checkstring(L, 1));
    luaL_checktype(L, 2, LUA_TFUNCTION);
    if (waits)
        task_current(L); /* or this raises an error */
    lua_settop(L, 2);
    t = handler_apart(L, NULL, name);
    if (t)
        task_start(t); /* when this has stopped */
    if (t && waits)
        return task_wait_for(L, t, apart_ended);
    lua_pushboolean(L, t != NULL);
    return 1;
}

int luaopen_core_rooms(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"may_ask", l_may_ask}, {"open", l_open},   {"forget", l_forget},
        {"join", l_join},       {"leave", l_leave}, {"of", l_of},
        {"add", l_add},         {"count", l_count}, {"remember", l_remember},
        {"members", l_members}, {"last", l_last},   {"choose", l_choose},
        {"key", l_key},         {"busy", l_busy},   {"apart", l_apart},
        {"clock", l_clock},     {"look", l_look},   {"rename", l_rename},
        {NULL, NULL},
    };

    luaL_newlib(L, functions);
    return 1;
}
