/* lib_log.c -- bbs.log: lines for the log, and what stands in its file. */
#include "base/log.h"
#include "base/logfile.h"
#include "bridge/internal.h"

enum { ROWS_MOST = 256, PATH_LEN = 1100, TEXT_MOST = 128 };

/* --- lines for it --- */

static struct span log_text(lua_State *L)
{
    struct span s;

    s.data = luaL_tolstring(L, 1, &s.len);
    return s;
}

/* log.error(text), log.warn(text), log.info(text), log.debug(text) */
static int l_log_error(lua_State *L)
{
    log_error("board text=%s", log_quote(log_text(L)));
    return 0;
}

static int l_log_warn(lua_State *L)
{
    log_warn("board text=%s", log_quote(log_text(L)));
    return 0;
}

static int l_log_info(lua_State *L)
{
    log_info("board text=%s", log_quote(log_text(L)));
    return 0;
}

static int l_log_debug(lua_State *L)
{
    log_debug("board text=%s", log_quote(log_text(L)));
    return 0;
}

/* --- what stands there --- */

struct log_look {
    struct job job;
    struct task *task; /* NULL: its handler does not wait any more */
    struct logfile_wanted wanted;
    struct buf lines;
    unsigned fit;
    char path[PATH_LEN];
    char text[TEXT_MOST];
    char level[8];
};

static void run_look(struct job *job, void *context)
{
    struct log_look *l = (struct log_look *)job;

    (void)context;
    l->fit = logfile_find(&l->wanted, &l->lines);
}

static void free_look(struct log_look *l)
{
    buf_clear(&l->lines);
    mem_free(l);
}

static void look_done(struct job *job)
{
    struct log_look *l = (struct log_look *)job;

    if (l->task)
        task_wake(l->task, l);
    free_look(l);
}

static void cancel_look(void *wait)
{
    ((struct log_look *)wait)->task = NULL;
}

/* "2026-11-28 13:56:05.578 error text" */
static void push_line(lua_State *L, struct span line)
{
    enum { TIME = 19, LEVEL = 24, TEXT = 30 };
    bool is_whole = line.len >= TEXT;
    unsigned level = is_whole && line.data[LEVEL + 4] == ' ' ? 4 : 5;

    lua_createtable(L, 0, 3);
    lua_pushlstring(L, line.data, is_whole ? TIME : 0);
    lua_setfield(L, -2, "at");
    lua_pushlstring(L, line.data + (is_whole ? LEVEL : 0), is_whole ? level : 0);
    lua_setfield(L, -2, "level");
    lua_pushlstring(L, line.data + (is_whole ? TEXT : 0), line.len - (is_whole ? TEXT : 0));
    lua_setfield(L, -2, "text");
}

static int looked(lua_State *L, int status, lua_KContext at)
{
    const struct log_look *l = lua_touserdata(L, (int)at + 1);
    struct span left;
    lua_Integer n = 0;

    (void)status;
    if (task_is_cancelled(L, (int)at + 1))
        return task_raise(L);
    lua_newtable(L);
    for (left = buf_span(&l->lines); left.len > 0;) {
        const char *end = memchr(left.data, '\n', left.len);

        push_line(L, span_take(&left, (size_t)(end - left.data)));
        span_take(&left, 1);
        lua_rawseti(L, -2, ++n);
    }
    lua_pushinteger(L, (lua_Integer)l->fit);
    return 2;
}

static const char *text_option(lua_State *L, const char *name)
{
    const char *text;

    lua_getfield(L, 1, name);
    text = luaL_optstring(L, -1, "");
    return text; /* it stays in the table */
}

static unsigned number_option(lua_State *L, const char *name, lua_Integer standard)
{
    lua_Integer n;

    lua_getfield(L, 1, name);
    n = luaL_optinteger(L, -1, standard);
    return n < 1 ? 1 : n > 1000000 ? 1000000 : (unsigned)n;
}

/* log.find{text=, level="warn", rows=15, page=1} -> { {at=, level=, text=}, ... }, how many
 * there are in all: of the lines in the log's file with that text, at least as bad, the newest
 * page, the oldest of them first.  Waits. */
static int l_log_find(lua_State *L)
{
    struct bridge *b = bridge_of(L);
    struct log_look *l;
    const char *text;
    const char *level;
    unsigned rows;
    unsigned page;

    luaL_checktype(L, 1, LUA_TTABLE);
    if (!b->config.log_path) { /* no server runs, `perigee show` does */
        lua_newtable(L);
        lua_pushinteger(L, 0);
        return 2;
    }
    task_current(L);
    rows = number_option(L, "rows", 15);
    page = number_option(L, "page", 1);
    text = text_option(L, "text");
    level = text_option(L, "level");
    luaL_argcheck(L, strlen(text) < TEXT_MOST, 1, "text: at most 127 bytes expected");
    l = mem_zalloc(sizeof(*l));
    l->job = (struct job){.run = run_look, .done = look_done};
    buf_init(&l->lines, BUF_LARGE);
    snprintf(l->path, sizeof(l->path), "%s", b->config.log_path);
    snprintf(l->text, sizeof(l->text), "%s", text);
    snprintf(l->level, sizeof(l->level), "%s", level);
    l->wanted = (struct logfile_wanted){.path = l->path,
                                        .text = l->text,
                                        .level = l->level,
                                        .count = rows < ROWS_MOST ? rows : ROWS_MOST,
                                        .skip = (page - 1) * rows};
    l->task = b->current;
    worker_add(clients_readers(b->all), &l->job);
    lua_settop(L, 0);
    return task_wait(L, cancel_look, l, looked);
}

int luaopen_bbs_log(lua_State *L)
{
    static const luaL_Reg functions[] = {{"error", l_log_error}, {"warn", l_log_warn},
                                         {"info", l_log_info},   {"debug", l_log_debug},
                                         {"find", l_log_find},   {NULL, NULL}};

    luaL_newlib(L, functions);
    return 1;
}
