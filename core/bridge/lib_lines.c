/* lib_lines.c -- core.lines: what is said in rooms, kept in the store. Who speaks does not wait
 * for the disk: what many say within a tenth of a second is one commit. */
#include <time.h>

#include "base/log.h"
#include "bridge/internal.h"
#include "client/chat.h"
#include "client/timer.h"

enum {
    WAITING_MOST = 250, /* works of the store: with more of them, who speaks waits */
    TELL_SECONDS = 60,  /* between two notes that lines are not kept */
    VALUES = 6,
};

static const char insert[] =
    "INSERT INTO room_lines (room, kind, user, nick_name, text, at) VALUES (?, ?, ?, ?, ?, ?)";

struct keep {
    struct store_work work;
    struct bridge *bridge;
    struct task *task; /* of who waits for it, or NULL */
    struct arena arena;
    const char *name;            /* the room's */
    struct value values[VALUES]; /* of `insert` */
};

static int work(struct store_work *w, struct db *db)
{
    struct keep *k = (struct keep *)w;

    return db_run(db, SPAN_LIT(insert), k->values, VALUES, NULL, &w->error);
}

/* Those who are in the room should know that they will not find it there again. */
static void tell_not_kept(const struct keep *k)
{
    struct bridge *b = k->bridge;
    struct room *r = b->all ? room_find(chat_rooms(b->all), span_of(k->name)) : NULL;
    double now = timer_now();

    if (r && !room_is_to_be_told(r, now, TELL_SECONDS))
        return;
    log_error("room=%s a line is not kept: %s", log_quote(span_of(k->name)),
              k->work.error.text);
    if (r)
        chat_add(b->all, r,
                 line_new(LINE_NOTE, (int64_t)time(NULL), 0, SPAN_LIT(""),
                          SPAN_LIT("What is said here now is not kept: the sysop has been "
                                   "told")));
}

static void finished(struct store_work *w)
{
    struct keep *k = (struct keep *)w;

    if (w->result < 0)
        tell_not_kept(k);
    if (k->task)
        task_wake(k->task, k);
    arena_clear(&k->arena);
    mem_free(k);
}

static void cancel(void *wait)
{
    ((struct keep *)wait)->task = NULL;
}

static int waited(lua_State *L, int status, lua_KContext at)
{
    (void)status;
    return task_is_cancelled(L, (int)at + 1) ? task_raise(L) : 0;
}

static struct value text_at(lua_State *L, int index, struct arena *a)
{
    struct span s;

    s.data = lua_tolstring(L, index, &s.len);
    return (struct value){.type = VALUE_TEXT, .text = arena_copy(a, s)};
}

static struct value integer_at(lua_State *L, int index)
{
    if (lua_isnoneornil(L, index))
        return (struct value){.type = VALUE_NIL};
    return (struct value){.type = VALUE_INTEGER, .integer = lua_tointeger(L, index)};
}

static struct keep *new_keep(lua_State *L)
{
    struct keep *k = mem_zalloc(sizeof(*k));

    k->work = (struct store_work){.work = work,
                                  .finished = finished,
                                  .writes = true,
                                  .guarded = true, /* a trigger of the board's may run */
                                  .can_wait = true};
    k->bridge = bridge_of(L);
    k->values[0] = integer_at(L, 1);
    k->name = arena_text(&k->arena, span_of(lua_tostring(L, 2)));
    k->values[1] = text_at(L, 3, &k->arena);
    k->values[2] = integer_at(L, 4);
    k->values[3] = text_at(L, 5, &k->arena);
    k->values[4] = text_at(L, 6, &k->arena);
    k->values[5] = (struct value){.type = VALUE_INTEGER, .integer = (int64_t)time(NULL)};
    return k;
}

static bool is_busy(struct store *s)
{
    struct store_figures f;

    store_figures(s, &f);
    return f.waiting >= WAITING_MOST;
}

/* lines.keep(room, name, "say" "emote", account or nil, nick_name, text): in the store within a
 * tenth of a second.  Waits where much else does. */
static int l_keep(lua_State *L)
{
    struct bridge *b = bridge_of(L);
    struct keep *k;
    bool busy = is_busy(b->config.store);
    struct task *waits;

    luaL_checkinteger(L, 1);
    for (int i = 2; i <= 6; i++) {
        if (i != 4)
            luaL_checkstring(L, i); /* of a number it makes a text, as the line shown is */
    }
    waits = busy && lua_isyieldable(L) ? task_current(L) : NULL;
    k = new_keep(L);
    k->work.can_wait = !busy;
    k->task = waits;
    store_add(b->config.store, &k->work);
    if (!k->task)
        return 0;
    lua_settop(L, 0);
    return task_wait(L, cancel, k, waited);
}

int luaopen_core_lines(lua_State *L)
{
    static const luaL_Reg functions[] = {{"keep", l_keep}, {NULL, NULL}};

    luaL_newlib(L, functions);
    return 1;
}
