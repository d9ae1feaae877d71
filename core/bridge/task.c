/* task.c -- the two doors into Lua: one protected call, one resume. Both with a budget of time
 * and memory, a traceback, and the stack as it was. */
#include <time.h>

#include "bridge/internal.h"
#include "client/timer.h"

enum { WAITS_AFTER_MOST = 100 }; /* of who has left: enough to save what was being done */
static const double PAUSE_SECONDS = 0.2; /* of a caller whose handler had to be stopped */
static const char wait_mark;             /* its address is what a waiting handler yields */

/* --- limits of memory: what one run may add --- */

static void begin_memory(struct bridge *b)
{
    b->base = b->used;
    b->run_limit = (size_t)b->config.settings->handler_mb << 20;
    b->is_limited = true;
}

static size_t end_memory(struct bridge *b)
{
    b->is_limited = false;
    return b->used > b->base ? b->used - b->base : 0;
}

/* --- the first door --- */

static int add_traceback(lua_State *L)
{
    const char *message = luaL_tolstring(L, 1, NULL);

    luaL_traceback(L, L, message, 1);
    return 1;
}

bool bridge_call(struct bridge *b, int args, int results, struct buf *why)
{
    lua_State *L = b->L;
    int at = lua_gettop(L) - args;
    lua_State *outer = budget_running();
    int rc;

    lua_pushcfunction(L, add_traceback);
    lua_insert(L, at);
    if (!outer) {
        budget_begin(L, LOAD_TIMES * b->config.settings->handler_ms);
        begin_memory(b);
    }
    rc = lua_pcall(L, args, results, at);
    if (!outer) {
        end_memory(b);
        budget_end();
    }
    lua_remove(L, at);
    if (rc == LUA_OK)
        return true;
    if (why)
        buf_add_text(why, lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "no message");
    lua_pop(L, 1);
    return false;
}

/* --- coroutines --- */

static int new_thread(lua_State *L)
{
    lua_newthread(L);
    lib_coroutine_mark(L, -1, true);
    return 1;
}

static void take_coroutine(struct bridge *b, struct task *t)
{
    lua_State *L = b->L;

    if (b->pool_count > 0) {
        t->ref = b->pool[--b->pool_count];
        lua_rawgeti(L, LUA_REGISTRYINDEX, t->ref);
        t->co = lua_tothread(L, -1);
        lua_pop(L, 1);
        return;
    }
    lua_pushcfunction(L, new_thread);
    if (!bridge_call(b, 0, 1, NULL))
        return;
    t->co = lua_tothread(L, -1);
    t->ref = luaL_ref(L, LUA_REGISTRYINDEX);
}

static void give_coroutine_back(struct task *t)
{
    struct bridge *b = t->bridge;

    if (!t->co)
        return;
    lua_settop(t->co, 0);
    if (b->pool_count < POOL_MAX && !t->is_spoiled)
        b->pool[b->pool_count++] = t->ref;
    else
        luaL_unref(b->L, LUA_REGISTRYINDEX, t->ref);
    t->co = NULL;
}

struct task *task_new(struct bridge *b, struct client *c, struct handler *h)
{
    struct task *t = mem_zalloc(sizeof(*t));

    t->bridge = b;
    t->handler = h;
    t->client = c;
    t->is_trial = h && h->is_trial;
    t->function = LUA_NOREF;
    buf_init(&t->message, 8000);
    if (c)
        client_hold(c);
    t->next = b->tasks;
    if (t->next)
        t->next->prev = t;
    b->tasks = t;
    b->task_count++;
    take_coroutine(b, t);
    return t;
}

static void undefer(struct task *t);

static void free_task(struct task *t)
{
    struct bridge *b = t->bridge;

    undefer(t);
    if (t->waiter) /* the bridge ends */
        t->waiter->cancel = NULL;
    if (t->held_by)
        *t->held_by = NULL;
    *(t->prev ? &t->prev->next : &b->tasks) = t->next;
    if (t->next)
        t->next->prev = t->prev;
    b->task_count--;
    give_coroutine_back(t);
    luaL_unref(b->L, LUA_REGISTRYINDEX, t->function);
    screen_unref(t->screen);
    if (t->client)
        client_release(t->client);
    buf_clear(&t->message);
    mem_free(t->own_args);
    mem_free(t);
}

/* --- the second door --- */

static uint64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void count(struct task *t, uint64_t us, size_t bytes)
{
    struct handler_figures *f;

    if (!t->handler)
        return;
    f = &t->handler->figures;
    f->total_us += us;
    if (us > f->most_us)
        f->most_us = us;
    if (bytes > f->bytes)
        f->bytes = bytes;
}

/* The message and traceback of a coroutine that has failed. In the protected door, since text
 * is made; no __tostring is called, which would run outside of the handler's budget. */
static int make_traceback(lua_State *L)
{
    struct task *t = lua_touserdata(L, 1);
    const char *message =
        lua_isstring(L, 2) ? lua_tostring(L, 2)
                           : lua_pushfstring(L, "(an error that is a %s)", luaL_typename(L, 2));

    luaL_traceback(L, t->co, message, 0);
    return 1;
}

static void describe_failure(struct task *t)
{
    struct bridge *b = t->bridge;
    struct buf *message = &t->message;
    lua_State *L = b->L;

    t->has_failed = t->is_spoiled = true;
    if (!lua_checkstack(L, 8))
        return;
    lua_pushcfunction(L, make_traceback);
    lua_pushlightuserdata(L, t);
    lua_xmove(t->co, L, 1);
    if (bridge_call(b, 2, 1, message)) {
        buf_add_text(message, lua_tostring(L, -1));
        lua_pop(L, 1);
    }
}

/* Close what is to be closed, under a budget of its own. */
static void reset(struct task *t)
{
    struct bridge *b = t->bridge;

    budget_begin(t->co, b->config.settings->handler_ms);
    begin_memory(b);
    lua_resetthread(t->co);
    end_memory(b);
    budget_end();
}

static int run(struct task *t, int args, bool *overran)
{
    struct bridge *b = t->bridge;
    uint64_t began = now_us();
    int results = 0;
    int rc;

    b->current = t;
    t->is_running = true;
    budget_begin(t->co, b->config.settings->handler_ms);
    begin_memory(b);
    rc = lua_resume(t->co, b->L, args, &results);
    count(t, now_us() - began, end_memory(b));
    *overran = budget_end();
    t->is_running = false;
    b->current = NULL;
    if (rc == LUA_YIELD)
        lua_pop(t->co, results); /* the mark: lib_coroutine.c lets nothing else out */
    return rc;
}

static void note_overrun(struct task *t)
{
    double now = (double)now_us() / 1e6;
    struct handler *h = t->handler;

    if (!h)
        return;
    memmove(h->overruns + 1, h->overruns, (OVERRUNS_MAX - 1) * sizeof(h->overruns[0]));
    h->overruns[0] = now;
    if (h->overruns[OVERRUNS_MAX - 1] > 0 && now - h->overruns[OVERRUNS_MAX - 1] < 60)
        h->refused_until = now + 60;
}

/* So that one caller's endless handlers leave time to the others between two of them. */
static void pause_caller(struct task *t)
{
    if (t->client)
        client_pause(t->client, PAUSE_SECONDS);
}

static void wake_waiter(struct task *t)
{
    struct task *waiter = t->waiter;

    t->waiter = NULL;
    if (waiter)
        task_wake(waiter, t);
}

static void finish(struct task *t)
{
    t->is_over = true;
    task_forget_wait(t);
    handler_ended(t, !t->has_failed, buf_text(&t->message));
    wake_waiter(t);
    if (t->is_async && t->has_call)
        client_finish(t->client, &t->outcome);
    else if (t->is_async)
        rows_free(t->outcome.rows);
    if (t->is_async)
        free_task(t);
}

static unsigned count_deferred(const struct bridge *b)
{
    unsigned n = 0;

    for (const struct task *t = b->deferred; t; t = t->next_deferred)
        n++;
    return n;
}

/* What came up while Lua ran: between two waits a handler runs alone, and what it has returned
 * is used before anything else runs. What comes up meanwhile is for the next turn. */
static void run_deferred(void *arg)
{
    struct bridge *b = arg;
    unsigned left = count_deferred(b);

    timer_free(b->deferred_soon);
    b->deferred_soon = NULL;
    for (; left > 0 && b->deferred; left--) {
        struct task *t = b->deferred;

        b->deferred = t->next_deferred;
        t->is_deferred = false;
        if (t->todo == TODO_START)
            task_start(t);
        else
            task_cancel(t);
    }
}

static void defer(struct task *t, enum task_todo todo)
{
    struct bridge *b = t->bridge;
    struct task **last = &b->deferred;

    t->todo = todo;
    t->is_deferred = true;
    while (*last)
        last = &(*last)->next_deferred;
    *last = t;
    t->next_deferred = NULL;
    if (!b->deferred_soon)
        b->deferred_soon = timer_new(b->config.loop, 0, run_deferred, b);
}

static void undefer(struct task *t)
{
    struct task **at = &t->bridge->deferred;

    if (!t->is_deferred)
        return;
    while (*at != t)
        at = &(*at)->next_deferred;
    *at = t->next_deferred;
}

static bool is_lua_running(const struct bridge *b)
{
    return b->current || budget_running();
}

static void resume(struct task *t, int args)
{
    bool overran;
    int rc = run(t, args, &overran);

    if (rc != LUA_YIELD) {
        if (rc != LUA_OK) {
            describe_failure(t);
            reset(t);
        }
        if (overran) {
            note_overrun(t);
            pause_caller(t);
        }
        finish(t);
    }
}

void task_start(struct task *t)
{
    if (is_lua_running(t->bridge)) {
        t->is_async = true;
        defer(t, TODO_START);
        return;
    }
    if (t->co) {
        lua_pushcfunction(t->co, handler_entry);
        lua_pushlightuserdata(t->co, t);
        resume(t, 1);
        return;
    }
    t->has_failed = true;
    buf_add_text(&t->message, "not enough memory for another handler (limits.lua_mb)");
    finish(t);
}

void task_free(struct task *t)
{
    free_task(t);
}

/* --- waiting --- */

struct task *task_current(lua_State *L)
{
    struct task *t = bridge_of(L)->current;

    if (!t || !lua_isyieldable(L))
        luaL_error(L, "this waits, and nothing can wait here: not while a file loads, nor in a "
                      "sort, a gsub or a metamethod");
    else if (t->is_cancelled && ++t->waits_after > WAITS_AFTER_MOST)
        luaL_error(L, "the client has left");
    return t;
}

int task_wait(lua_State *L, void (*cancel)(void *wait), void *wait, lua_KFunction k)
{
    struct task *t = bridge_of(L)->current;

    t->cancel = cancel;
    t->wait = wait;
    lua_pushlightuserdata(L, (void *)(uintptr_t)&wait_mark);
    return lua_yieldk(L, 1, lua_gettop(L) - 1, k);
}

static void forget_other(void *wait)
{
    struct task *other = wait;

    other->waiter = NULL; /* it goes on */
}

int task_wait_for(lua_State *L, struct task *other, lua_KFunction k)
{
    other->waiter = bridge_of(L)->current;
    return task_wait(L, forget_other, other, k);
}

void task_forget_wait(struct task *t)
{
    if (t->cancel)
        t->cancel(t->wait);
    t->cancel = NULL;
    t->wait = NULL;
}

void task_wake(struct task *t, void *result)
{
    t->cancel = NULL;
    t->wait = NULL;
    lua_pushlightuserdata(t->co, result);
    resume(t, 1);
}

static const char cancel_mark;

void task_cancel(struct task *t)
{
    struct bridge *b = t->bridge;

    t->has_call = false;
    t->is_cancelled = true;
    if (!t->cancel || t->is_running || t->is_deferred)
        return;
    if (is_lua_running(b)) {
        defer(t, TODO_CANCEL);
        return;
    }
    t->cancel(t->wait);
    task_wake(t, (void *)(uintptr_t)&cancel_mark);
}

bool task_is_cancelled(lua_State *L, int index)
{
    return lua_touserdata(L, index) == &cancel_mark;
}

int task_raise(lua_State *L)
{
    return luaL_error(L, "the client has left");
}

bool task_is_wait(lua_State *L, int index)
{
    return lua_touserdata(L, index) == &wait_mark;
}
