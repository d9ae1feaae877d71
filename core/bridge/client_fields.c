/* client_fields.c -- the fields of the client object. */
#include "bridge/client_box.h"

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
int client_fields_get(lua_State *L)
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

int client_fields_set(lua_State *L)
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

void client_fields_add(lua_State *L)
{
    for (lua_Integer i = 0; i < FIELDS; i++) {
        lua_pushinteger(L, i);
        lua_setfield(L, -2, fields[i].name);
    }
}
