/* lib_time.c -- bbs.time: waiting and the clock. time.every is loader.lua's. */
#include <time.h>

#include "bridge/internal.h"
#include "client/timer.h"

static const double LONGEST_SECONDS = 1e10; /* 317 years */
static const double LONG_SLEEP = 0.2;       /* seconds */

struct sleep {
    struct timer *timer;
    struct task *task;
};

static void free_sleep(struct sleep *s)
{
    timer_free(s->timer);
    mem_free(s);
}

static void wake(void *arg)
{
    struct sleep *s = arg;
    struct task *t = s->task;

    free_sleep(s);
    task_wake(t, NULL);
}

static void cancel(void *wait)
{
    free_sleep(wait);
}

bool bridge_sleeps(const struct bridge *b, const struct client *c)
{
    for (const struct task *t = b->tasks; t; t = t->next) {
        const struct sleep *s = t->wait;

        if (t->client == c && s && t->cancel == cancel && timer_left(s->timer) > LONG_SLEEP)
            return true;
    }
    return false;
}

static int slept(lua_State *L, int status, lua_KContext at)
{
    (void)status;
    return task_is_cancelled(L, (int)at + 1) ? task_raise(L) : 0;
}

/* time.sleep(seconds): 0 lets everybody else run once.  Waits. */
static int l_sleep(lua_State *L)
{
    struct task *t = task_current(L);
    lua_Number seconds = luaL_checknumber(L, 1);
    struct sleep *s;

    luaL_argcheck(L, seconds >= 0 && seconds <= 1e7, 1, "0 or more seconds expected");
    if (t->is_cancelled)
        return task_raise(L);
    s = mem_zalloc(sizeof(*s));
    s->task = t;
    s->timer = timer_new(t->bridge->config.loop, seconds, wake, s);
    lua_settop(L, 0);
    return task_wait(L, cancel, s, slept);
}

/* time.now() -> Unix seconds, with their fraction. */
static int l_now(lua_State *L)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    lua_pushnumber(L, (lua_Number)now.tv_sec + (lua_Number)now.tv_nsec / 1e9);
    return 1;
}

static const struct {
    double seconds;
    const char *one;
    const char *many;
} units[] = {
    {86400 * 365.0, "1 year", "%d years"},
    {86400, "1 day", "%d days"},
    {3600, "1 hour", "%d hours"},
    {60, "1 min", "%d min"},
    {1, "1 sec", "%d sec"},
};

/* time.ago(unix) -> how long that is past, as one says it: "3 min", "2 hours", "5 days". */
static int l_ago(lua_State *L)
{
    double seconds = (double)time(NULL) - luaL_checknumber(L, 1);

    luaL_argcheck(L, seconds >= -LONGEST_SECONDS && seconds <= LONGEST_SECONDS, 1,
                  "a time in Unix seconds expected");
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        int n = (int)(seconds / units[i].seconds);

        if (n < 1)
            continue;
        if (n == 1)
            lua_pushstring(L, units[i].one);
        else
            lua_pushfstring(L, units[i].many, n);
        return 1;
    }
    lua_pushstring(L, "a moment");
    return 1;
}

int luaopen_bbs_time(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"sleep", l_sleep}, {"now", l_now}, {"ago", l_ago}, {NULL, NULL}};

    luaL_newlib(L, functions);
    return 1;
}
