/* lib_board.c -- core.board: what board.lua does with the board's files. Each waits for one of
 * the threads that look through files, but mistakes and decode. */
#include "bridge/internal.h"
#include "client/timer.h"
#include "term/ansi.h"
#include "term/charset.h"

enum { OUT_MOST = 4 << 20 };

/* The texts of `edit` are copies: whoever asked may be gone. */
struct edit_work {
    struct job job;
    struct task *task; /* NULL: its handler does not wait any more */
    struct bridge *bridge;
    struct board_edit edit;
    struct buf text;
    struct buf before;
    char *path;
    char *version;
    int rc;
    struct err error;
};

static void run_edit(struct job *job, void *context)
{
    struct edit_work *w = (struct edit_work *)job;
    const struct bridge_config *config = &w->bridge->config;

    (void)context;
    w->rc = config->edit(config->arg, &w->edit, &w->error);
}

static void edit_done(struct job *job)
{
    struct edit_work *w = (struct edit_work *)job;

    if (w->task)
        task_wake(w->task, w);
    buf_clear(&w->text);
    buf_clear(&w->before);
    buf_clear(&w->edit.out);
    mem_free(w->path);
    mem_free(w->version);
    mem_free(w);
}

static void cancel_edit(void *wait)
{
    ((struct edit_work *)wait)->task = NULL;
}

static int edited(lua_State *L, int status, lua_KContext at)
{
    const struct edit_work *w = lua_touserdata(L, (int)at + 1);
    struct span out;

    (void)status;
    if (task_is_cancelled(L, (int)at + 1))
        return task_raise(L);
    if (w->rc < 0) {
        lua_pushnil(L);
        lua_pushstring(L, w->error.text);
        return 2;
    }
    out = buf_span(&w->edit.out);
    if (w->rc > 0)
        lua_pushboolean(L, 0);
    else
        lua_pushlstring(L, out.len ? out.data : "", out.len);
    return 1;
}

static void take_text(lua_State *L, int index, struct buf *copy, struct span *out)
{
    struct span s = {NULL, 0};

    buf_init(copy, BUF_LARGE);
    if (!lua_isnoneornil(L, index))
        s.data = lua_tolstring(L, index, &s.len);
    buf_add(copy, s);
    *out = buf_span(copy);
}

/* (path, text, before, version), as far as they are wanted */
static int start(lua_State *L, enum edit_wanted wanted)
{
    struct bridge *b = bridge_of(L);
    const char *path = luaL_optstring(L, 1, "");
    const char *version = luaL_optstring(L, 4, "");
    struct edit_work *w;
    struct task *t;

    luaL_optstring(L, 2, NULL);
    luaL_optstring(L, 3, NULL);
    if (!b->config.edit || !b->config.readers)
        return luaL_error(L, "board: no server runs here");
    t = task_current(L);
    if (t->is_cancelled)
        return task_raise(L);
    w = mem_zalloc(sizeof(*w));
    w->job.run = run_edit;
    w->job.done = edit_done;
    w->task = t;
    w->bridge = b;
    w->path = mem_strdup(path);
    w->version = mem_strdup(version);
    w->edit.wanted = wanted;
    w->edit.path = w->path;
    w->edit.version = w->version;
    w->edit.is_new = lua_isnoneornil(L, 3);
    take_text(L, 2, &w->text, &w->edit.text);
    take_text(L, 3, &w->before, &w->edit.before);
    buf_init(&w->edit.out, OUT_MOST);
    worker_add(b->config.readers, &w->job);
    lua_settop(L, 0);
    return task_wait(L, cancel_edit, w, edited);
}

/* Each returns nil and why not where that can't be done. */

/* board.list() -> lines "SIZE SECONDS PATH".  Waits. */
static int l_list(lua_State *L)
{
    lua_settop(L, 0);
    return start(L, EDIT_LIST);
}

/* board.name(path) -> "": there may be a file of that path.  Waits. */
static int l_name(lua_State *L)
{
    lua_settop(L, 1);
    return start(L, EDIT_NAME);
}

/* board.read(path) -> its bytes; false: it is not there.  Waits. */
static int l_read(lua_State *L)
{
    lua_settop(L, 1);
    return start(L, EDIT_READ);
}

/* board.check([path, text]) -> what perigee check says, with that text in that file.  Waits. */
static int l_check(lua_State *L)
{
    lua_settop(L, 2);
    return start(L, EDIT_CHECK);
}

/* board.save(path, text, before) -> ""; false: it is not as it was `before`, nil: it was not
 * there.  Waits. */
static int l_save(lua_State *L)
{
    lua_settop(L, 3);
    return start(L, EDIT_SAVE);
}

/* board.undo(path, text, before) -> the same; what was there is kept as a version.  Waits. */
static int l_undo(lua_State *L)
{
    lua_settop(L, 3);
    return start(L, EDIT_UNDO);
}

/* board.history() -> lines "COUNT SECONDS PATH": the files that have kept versions.  Waits. */
static int l_history(lua_State *L)
{
    lua_settop(L, 0);
    return start(L, EDIT_HISTORY);
}

/* board.versions(path) -> lines "NAME SECONDS SIZE", the newest first.  Waits. */
static int l_versions(lua_State *L)
{
    lua_settop(L, 1);
    return start(L, EDIT_VERSIONS);
}

/* board.version(path, name) -> its bytes; false: it is not there.  Waits. */
static int l_version(lua_State *L)
{
    lua_settop(L, 2);
    lua_pushnil(L);
    lua_insert(L, 2);
    lua_pushnil(L);
    lua_insert(L, 2);
    return start(L, EDIT_VERSION);
}

/* board.explain(keyword, words, handle) -> what perigee explain says; `words` are more of its
 * words, a line each.  Waits. */
static int l_explain(lua_State *L)
{
    lua_settop(L, 3);
    lua_pushnil(L);
    lua_insert(L, 3);
    return start(L, EDIT_EXPLAIN);
}

/* board.mistakes() -> lines "FILE:LINE: WHY": what is saved and not in use, or not there */
static int l_mistakes(lua_State *L)
{
    struct bridge *b = bridge_of(L);
    struct buf *out;

    if (!b->config.get_mistakes)
        return luaL_error(L, "board: no server runs here");
    out = buf_push(L, BUF_LARGE);
    b->config.get_mistakes(b->config.arg, out);
    buf_push_text(L, out);
    return 1;
}

/* board.trial() -> lines "WANTED GENERATION TRIAL", and the path of each file that is on trial
 */
static int l_trial(lua_State *L)
{
    struct bridge *b = bridge_of(L);
    struct buf *out;

    if (!b->config.get_trial)
        return luaL_error(L, "board: no server runs here");
    out = buf_push(L, BUF_LARGE);
    b->config.get_trial(b->config.arg, out);
    buf_push_text(L, out);
    return 1;
}

/* --- promoting, in the next turn of the loop: no handler runs then --- */

struct promotion {
    struct bridge *bridge;
    struct task *task; /* NULL: its handler does not wait any more */
    struct timer *timer;
    int rc;
    struct err error;
};

void lib_board_forget(struct bridge *b)
{
    struct promotion *p = b->promotion;

    if (!p)
        return;
    timer_free(p->timer);
    mem_free(p);
    b->promotion = NULL;
}

static void run_promotion(void *arg)
{
    struct promotion *p = arg;
    struct bridge *b = p->bridge;

    p->rc = b->config.promote(b->config.arg, &p->error);
    if (p->task)
        task_wake(p->task, p);
    lib_board_forget(b);
}

static void cancel_promotion(void *wait)
{
    ((struct promotion *)wait)->task = NULL;
}

static int promoted(lua_State *L, int status, lua_KContext at)
{
    const struct promotion *p = lua_touserdata(L, (int)at + 1);

    (void)status;
    if (task_is_cancelled(L, (int)at + 1))
        return task_raise(L);
    if (p->rc < 0) {
        lua_pushnil(L);
        lua_pushstring(L, p->error.text);
        return 2;
    }
    lua_pushboolean(L, 1);
    return 1;
}

/* board.promote() -> true: what was on trial is for everybody.  Waits. */
static int l_promote(lua_State *L)
{
    struct bridge *b = bridge_of(L);
    struct task *t;

    if (!b->config.promote)
        return luaL_error(L, "board: no server runs here");
    t = task_current(L);
    if (t->is_cancelled)
        return task_raise(L);
    if (b->promotion) {
        lua_pushnil(L);
        lua_pushliteral(L, "another sysop does that just now");
        return 2;
    }
    b->promotion = mem_zalloc(sizeof(*b->promotion));
    b->promotion->bridge = b;
    b->promotion->task = t;
    b->promotion->timer = timer_new(b->config.loop, 0, run_promotion, b->promotion);
    lua_settop(L, 0);
    return task_wait(L, cancel_promotion, b->promotion, promoted);
}

/* board.undo_trial() -> the paths of the files that were written back, lines.  Waits. */
static int l_undo_trial(lua_State *L)
{
    lua_settop(L, 0);
    return start(L, EDIT_UNDO_TRIAL);
}

/* board.decode(bytes) -> the text of art, UTF-8 without colours and sequences */
static int l_decode(lua_State *L)
{
    struct span s;
    struct buf *utf8 = buf_push(L, BUF_LARGE);
    struct buf *out = buf_push(L, BUF_LARGE);

    s.data = luaL_checklstring(L, 1, &s.len);
    charset_decode_art(utf8, s);
    ansi_strip(out, buf_span(utf8), true);
    buf_push_text(L, out);
    return 1;
}

int luaopen_core_board(lua_State *L)
{
    static const luaL_Reg functions[] = {{"list", l_list},
                                         {"name", l_name},
                                         {"read", l_read},
                                         {"check", l_check},
                                         {"save", l_save},
                                         {"versions", l_versions},
                                         {"undo", l_undo},
                                         {"history", l_history},
                                         {"version", l_version},
                                         {"mistakes", l_mistakes},
                                         {"decode", l_decode},
                                         {"explain", l_explain},
                                         {"trial", l_trial},
                                         {"promote", l_promote},
                                         {"undo_trial", l_undo_trial},
                                         {NULL, NULL}};

    luaL_newlib(L, functions);
    return 1;
}
