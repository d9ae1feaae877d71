/* budget.c -- the watchdog over running Lua.
 *
 * A timer that counts this thread's CPU time ticks every 5 ms while the thread works; its
 * signal handler sees whether the same run is still going on, and arms the count hook on the
 * coroutine that runs once the run has had its time. So a handler that ends in time pays
 * nothing, and an idle server gets no signals. */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bridge/internal.h"

/* A sanitizer makes each work several times slower: what a handler may do stays the same. */
#if defined(__SANITIZE_ADDRESS__)
enum { SLOWER = 3 };
#else
enum { SLOWER = 1 };
#endif

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static struct {
    lua_State *volatile running;
    volatile sig_atomic_t serial; /* of the run */
    volatile sig_atomic_t ticks_allowed;
    volatile sig_atomic_t over;
    sig_atomic_t seen; /* the signal handler's own */
    sig_atomic_t ticks;
    timer_t timer;
    bool has_timer;
    char why[400]; /* with the place where the run was first stopped; "" until then */
} watch;

/* The innermost place in a board's file; what went wrong in it is not the engine's to show. */
static void note_place(lua_State *L)
{
    lua_Debug ar;
    size_t n = 0;

    for (int level = 0; n == 0 && lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.source[0] == '@')
            n = (size_t)snprintf(watch.why, sizeof(watch.why), "%.250s:%d: ", ar.source + 1,
                                 ar.currentline);
    }
    snprintf(watch.why + n, sizeof(watch.why) - n, "%s",
             "stopped: it ran for too long without waiting (limits.handler_ms)");
}

int budget_stop(lua_State *L)
{
    if (!watch.why[0])
        note_place(L);
    lua_pushstring(L, watch.why);
    return lua_error(L);
}

/* Raises at every instruction from now on, so that no pcall swallows it. */
static void stop(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    budget_stop(L);
}

static void arm(lua_State *L)
{
    lua_sethook(L, stop, LUA_MASKCOUNT, 1);
}

static void on_tick(int signal)
{
    lua_State *L = watch.running;

    (void)signal;
    if (!L)
        return;
    if (watch.seen != watch.serial) {
        watch.seen = watch.serial;
        watch.ticks = 0;
        return;
    }
    if (++watch.ticks < watch.ticks_allowed)
        return;
    watch.over = 1;
    arm(L); /* lua_sethook may be called from a signal handler: lua.c does */
}

int budget_open(struct err *e)
{
    struct sigaction action = {.sa_handler = on_tick, .sa_flags = SA_RESTART};
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGPROF};
    struct timespec tick = {0, SLOWER * TICK_MS * 1000000L};
    struct itimerspec every = {tick, tick};

    event.sigev_notify_thread_id = gettid();
    if (sigaction(SIGPROF, &action, NULL) < 0 ||
        timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &watch.timer) < 0)
        return err_set(e, "make a timer for the handlers' budget: %s", strerror(errno));
    watch.has_timer = true;
    if (timer_settime(watch.timer, 0, &every, NULL) < 0)
        return err_set(e, "start the timer for the handlers' budget: %s", strerror(errno));
    return 0;
}

void budget_close(void)
{
    if (watch.has_timer)
        timer_delete(watch.timer);
    watch.has_timer = false;
}

void budget_begin(lua_State *L, long ms)
{
    watch.running = NULL;
    watch.over = 0;
    watch.why[0] = '\0';
    watch.ticks_allowed = (sig_atomic_t)(ms / TICK_MS > 0 ? ms / TICK_MS : 1);
    watch.serial++;
    lua_sethook(L, NULL, 0, 0);
    watch.running = L;
}

void budget_switch(lua_State *L)
{
    if (!watch.running)
        return;
    lua_sethook(L, NULL, 0, 0);
    watch.running = L;
    if (watch.over)
        arm(L);
}

bool budget_is_over(void)
{
    return watch.over;
}

lua_State *budget_running(void)
{
    return watch.running;
}

bool budget_end(void)
{
    lua_State *L = watch.running;

    watch.running = NULL;
    if (L)
        lua_sethook(L, NULL, 0, 0);
    return watch.over;
}
