/* lib_command.c -- bbs.command: programs that the handler's own caller runs; core.doors: those
 * of them that the settings name, of which doors.lua makes bbs.doors. */
#include <math.h>

#include "bridge/internal.h"
#include "client/timer.h"

#define PROCESS_NAME "perigee.process"

enum { WORDS_MOST = 200, VARIABLES_MOST = 60 };

/* One for each program. */
struct process_box {
    struct process *process; /* NULL: it has not been started */
    struct task *waiting;
    struct timer *timer; /* until which it waits; or NULL */
    bool is_for_start;
};

static struct process_box *check_box(lua_State *L, int index)
{
    return luaL_checkudata(L, index, PROCESS_NAME);
}

struct process *process_box_check(lua_State *L, int index)
{
    return check_box(L, index)->process;
}

/* --- waiting --- */

static void end_wait(struct process_box *box)
{
    timer_free(box->timer);
    box->timer = NULL;
    box->waiting = NULL;
}

static void cancel(void *wait)
{
    end_wait(wait);
}

static void wake(struct process_box *box)
{
    struct task *t = box->waiting;

    end_wait(box);
    task_wake(t, NULL);
}

static void time_over(void *arg)
{
    wake(arg);
}

static bool is_ready(const struct process_box *box)
{
    const struct process *p = box->process;

    return box->is_for_start ? !process_is_starting(p)
                             : process_is_over(p) || process_is_full(p);
}

static void changed(void *arg)
{
    struct process_box *box = arg;

    if (box->waiting && is_ready(box))
        wake(box);
}

/* --- what becomes of it --- */

static void set_field(lua_State *L, const char *name, const char *text)
{
    if (!text)
        return;
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
}

void process_push_ending(lua_State *L, const struct process *p)
{
    struct process_ending e = process_ending(p);

    lua_createtable(L, 0, 4);
    lua_pushboolean(L, e.code == 0);
    lua_setfield(L, -2, "ok");
    if (e.code >= 0) {
        lua_pushinteger(L, e.code);
        lua_setfield(L, -2, "code");
    }
    set_field(L, "signal", e.code < 0 && e.signal > 0 ? sigabbrev_np(e.signal) : NULL);
    set_field(L, "reason", e.why);
}

/* What it has printed since the last time, which is taken; how it has ended, if it has. */
static int give_result(lua_State *L)
{
    struct process *p = process_box_check(L, 1);
    struct span said = process_output(p);

    lua_pushlstring(L, said.len ? said.data : "", said.len);
    process_drop_output(p);
    if (!process_is_over(p))
        return 1;
    process_push_ending(L, p);
    return 2;
}

static int waited(lua_State *L, int status, lua_KContext at)
{
    (void)status;
    if (task_is_cancelled(L, (int)at + 1))
        return task_raise(L);
    return give_result(L);
}

/* process:result([timeout]) -> what it has printed since the last time, and, when it is over,
 * {ok=, code=, signal=, reason=}; else nothing more: the seconds are over, or there is so much
 * to be taken that it is held up.  Waits. */
static int l_result(lua_State *L)
{
    struct process_box *box = check_box(L, 1);
    double seconds = luaL_optnumber(L, 2, HUGE_VAL);
    struct task *t = task_current(L);

    luaL_argcheck(L, seconds >= 0, 2, "0 or more seconds expected");
    if (box->waiting)
        return luaL_error(L, "result: another handler waits for it");
    lua_settop(L, 1);
    box->is_for_start = false;
    if (is_ready(box))
        return give_result(L);
    if (t->is_cancelled)
        return task_raise(L);
    box->waiting = t;
    if (seconds < 1e7)
        box->timer = timer_new(t->bridge->config.loop, seconds, time_over, box);
    return task_wait(L, cancel, box, waited);
}

/* --- what it is told --- */

/* process:send(text) -> true, or nil and why not: as if that had been typed, "\n" for Enter,
 * "\4" for the end. */
static int l_send(lua_State *L)
{
    struct process *p = process_box_check(L, 1);
    struct span text;

    text.data = luaL_checklstring(L, 2, &text.len);
    if (process_send(p, text)) {
        lua_pushboolean(L, 1);
        return 1;
    }
    lua_pushnil(L);
    lua_pushstring(L, "the program does not read");
    return 2;
}

/* process:running() -> is it? */
static int l_running(lua_State *L)
{
    lua_pushboolean(L, !process_is_over(process_box_check(L, 1)));
    return 1;
}

/* process:stop(): it is told to end, and killed a second later. */
static int l_stop(lua_State *L)
{
    process_stop(process_box_check(L, 1), "it was stopped");
    return 0;
}

static int l_free(lua_State *L)
{
    struct process_box *box = check_box(L, 1);

    end_wait(box);
    if (box->process)
        process_release(box->process);
    box->process = NULL;
    return 0;
}

/* --- starting --- */

static const char *check_word(lua_State *L, int index, const char *what)
{
    size_t len;
    const char *word = lua_type(L, index) == LUA_TSTRING ? lua_tolstring(L, index, &len) : NULL;

    if (!word || strlen(word) != len)
        luaL_error(L, "%s: texts without NUL expected", what);
    return word;
}

/* The list stays in the table, so that its words do. */
static const char *const *check_argv(lua_State *L)
{
    const char **argv;
    lua_Unsigned n;

    if (lua_getfield(L, 1, "argv") != LUA_TTABLE || (n = lua_rawlen(L, -1)) == 0 ||
        n > WORDS_MOST) {
        luaL_error(L, "argv: a list of 1 to %d words expected, the program's name first",
                   WORDS_MOST);
        return NULL;
    }
    argv = lua_newuserdatauv(L, (n + 1) * sizeof(*argv), 0);
    for (lua_Unsigned i = 0; i < n; i++) {
        lua_rawgeti(L, -2, (lua_Integer)i + 1);
        argv[i] = check_word(L, -1, "argv");
        lua_pop(L, 1);
    }
    argv[n] = NULL;
    return argv;
}

/* "NAME=value"; they stay on the stack. */
static const char *const *check_env(lua_State *L)
{
    const char **env;
    unsigned n = 0;
    int at;

    luaL_checkstack(L, VARIABLES_MOST + 8, "env");
    env = lua_newuserdatauv(L, (VARIABLES_MOST + 1) * sizeof(*env), 0);
    env[0] = NULL;
    if (lua_getfield(L, 1, "env") == LUA_TNIL)
        return env;
    luaL_argcheck(L, lua_istable(L, -1), 1, "env: a table {NAME = value} expected");
    at = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, at);) {
        const char *name = check_word(L, -2, "env");

        if (n == VARIABLES_MOST || *name == '\0' || strchr(name, '='))
            luaL_error(L, "env: at most %d names without '=' expected", VARIABLES_MOST);
        lua_pushfstring(L, "%s=%s", name, check_word(L, -1, "env"));
        env[n++] = lua_tostring(L, -1);
        lua_insert(L, at++); /* below the table */
        lua_pop(L, 1);
    }
    env[n] = NULL;
    return env;
}

/* Below the setting's folder. */
static const char *check_folder(lua_State *L)
{
    const char *folder = "";

    if (lua_getfield(L, 1, "folder") != LUA_TNIL)
        folder = check_word(L, -1, "folder");
    if (*folder == '/' || strcmp(folder, "..") == 0 || strncmp(folder, "../", 3) == 0 ||
        strstr(folder, "/.."))
        luaL_error(L, "folder: one below the setting command.folder expected");
    return folder;
}

static double check_seconds(lua_State *L)
{
    double seconds = 0;
    int ok = 1;

    if (lua_getfield(L, 1, "seconds") != LUA_TNIL)
        seconds = lua_tonumberx(L, -1, &ok);
    if (!ok || !(seconds >= 0 && seconds <= 1e7))
        luaL_error(L, "seconds: a number expected, 0 for as long as the settings allow");
    return seconds;
}

static enum charset check_charset(lua_State *L)
{
    enum charset charset = CHARSET_UTF8;
    struct span name;

    if (lua_getfield(L, 1, "charset") == LUA_TNIL)
        return charset;
    name = span_of(check_word(L, -1, "charset"));
    if (!charset_find(name, &charset) || charset == CHARSET_ASCII)
        luaL_error(L, "charset: \"utf-8\" or \"cp437\" expected");
    return charset;
}

static int give_failure(lua_State *L, const char *why)
{
    lua_pushnil(L);
    lua_pushstring(L, why);
    return 2;
}

static int started(lua_State *L, int status, lua_KContext at)
{
    const struct process *p = process_box_check(L, 1);

    (void)status;
    if (task_is_cancelled(L, (int)at + 1))
        return task_raise(L);
    if (process_failure(p))
        return give_failure(L, process_failure(p));
    lua_settop(L, 1);
    return 1;
}

/* The table of what is asked for is at 1. */
static int run(lua_State *L, const struct process_door *door, const char *folder)
{
    struct task *t = task_current(L);
    struct process_options o = {.folder = folder, .door = door};
    struct process_box *box;
    struct err e;

    o.argv = check_argv(L);
    o.env = check_env(L);
    o.seconds = check_seconds(L);
    o.charset = check_charset(L);
    box = lua_newuserdatauv(L, sizeof(*box), 0);
    *box = (struct process_box){.waiting = NULL, .is_for_start = true};
    luaL_setmetatable(L, PROCESS_NAME);
    if (!t->client)
        return give_failure(L, "a program is a caller's, and nobody is on line here");
    if (t->is_cancelled)
        return task_raise(L);
    box->process = process_new(t->client, &o, &e);
    if (!box->process)
        return give_failure(L, e.text);
    process_listen(box->process, changed, box);
    box->waiting = t;
    lua_replace(L, 1);
    lua_settop(L, 1);
    return task_wait(L, cancel, box, started);
}

/* command.run{argv={program, ...}, folder=, env={NAME=value}, seconds=, charset=} -> a process,
 * or nil and why not: without a shell, for the handler's own caller, as the settings say.
 * Waits. */
static int l_run(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    return run(L, NULL, check_folder(L));
}

/* command.may(client) -> true, or nil and why not: may this caller run programs? */
static int l_may(lua_State *L)
{
    struct err e;

    if (process_may_run(client_box_check(L, 1), &e) < 0)
        return give_failure(L, e.text);
    lua_pushboolean(L, 1);
    return 1;
}

/* --- core.doors --- */

static const char *text_of(lua_State *L, const char *name)
{
    lua_getfield(L, 1, name);
    return luaL_optstring(L, -1, "");
}

/* The board's own, where its user may not come to; others it enters itself. */
static const char *check_start(lua_State *L, const char *folder)
{
    if (*folder == '\0' || *folder == '/')
        return "";
    return lua_pushfstring(L, "%s/%s", clients_board(bridge_of(L)->all), folder);
}

/* The texts stay on the stack. */
static struct process_door check_door(lua_State *L, const char *folder)
{
    struct process_door door = {.user = text_of(L, "user"), .setting = text_of(L, "setting")};
    const char *doors = clients_doors(bridge_of(L)->all);

    door.folder = check_start(L, folder);
    door.keep = lua_pushfstring(L, "%s/%s", doors ? doors : "", text_of(L, "name"));
    door.drop = text_of(L, "drop");
    door.drop_file = text_of(L, "drop_file");
    door.drop_text = text_of(L, "drop_text");
    lua_getfield(L, 1, "socket");
    door.has_socket = lua_toboolean(L, -1);
    return door;
}

/* doors.run{argv=, env=, seconds=, charset=, name=, user=, setting=, folder=, drop=,
 * drop_file=, drop_text=, socket=} -> a process, or nil and why not.  Waits. */
static int l_run_door(lua_State *L)
{
    const char *folder;
    struct process_door door;

    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checkstack(L, 40, "door");
    folder = text_of(L, "folder");
    door = check_door(L, folder);
    return run(L, &door, *folder == '/' ? folder : "");
}

/* doors.check(client, user, setting) -> true, or nil and why doors of that user can't run */
static int l_check_door(lua_State *L)
{
    const struct client *c = client_box_check(L, 1);
    struct process_door door = {.user = luaL_checkstring(L, 2),
                                .setting = luaL_checkstring(L, 3)};
    struct err e;

    if (process_check_door(c, &door, &e) < 0)
        return give_failure(L, e.text);
    lua_pushboolean(L, 1);
    return 1;
}

/* doors.drop(client) -> the path of a folder for one run, not made yet; or nil and why not */
static int l_drop(lua_State *L)
{
    const struct client *c = client_box_check(L, 1);
    char path[4096];
    struct err e;

    if (clients_name_drop(client_all(c), client_id(c), path, sizeof(path), &e) < 0)
        return give_failure(L, e.text);
    lua_pushstring(L, path);
    return 1;
}

/* doors.call_left(client) -> seconds of its call, math.huge where that has no end */
static int l_call_left(lua_State *L)
{
    lua_pushnumber(L, client_call_left(client_box_check(L, 1)));
    return 1;
}

/* doors.cp437(text) -> its bytes, as door programs have always read them */
static int l_cp437(lua_State *L)
{
    struct span text;
    struct buf *out;

    text.data = luaL_checklstring(L, 1, &text.len);
    out = buf_push(L, BUF_LARGE);
    charset_encode(out, text, CHARSET_CP437);
    buf_push_text(L, out);
    return 1;
}

int luaopen_core_doors(lua_State *L)
{
    static const luaL_Reg functions[] = {{"run", l_run_door},        {"check", l_check_door},
                                         {"drop", l_drop},           {"cp437", l_cp437},
                                         {"call_left", l_call_left}, {NULL, NULL}};

    luaL_newlib(L, functions);
    lua_pushliteral(L, PROCESS_KEEP);
    lua_setfield(L, -2, "KEEP");
    lua_pushinteger(L, PROCESS_SOCKET);
    lua_setfield(L, -2, "SOCKET");
    lua_pushliteral(L, PROCESS_TIME_OVER);
    lua_setfield(L, -2, "TIME_OVER");
    return 1;
}

int luaopen_bbs_command(lua_State *L)
{
    static const luaL_Reg functions[] = {{"run", l_run}, {"may", l_may}, {NULL, NULL}};
    static const luaL_Reg methods[] = {{"send", l_send},
                                       {"result", l_result},
                                       {"running", l_running},
                                       {"stop", l_stop},
                                       {NULL, NULL}};

    luaL_newmetatable(L, PROCESS_NAME);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, l_free);
    lua_setfield(L, -2, "__gc");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
    luaL_newlib(L, functions);
    return 1;
}
