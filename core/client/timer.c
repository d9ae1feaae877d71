#include "client/timer.h"

#include <ev.h>
#include <time.h>

#include "base/mem.h"

struct timer {
    ev_timer watcher;
    struct ev_loop *loop;
    void (*fire)(void *arg);
    void *arg;
};

static void on_time(struct ev_loop *loop, ev_timer *w, int events)
{
    struct timer *t = w->data;

    (void)loop;
    (void)events;
    t->fire(t->arg);
}

struct timer *timer_new(struct ev_loop *loop, double seconds, void (*fire)(void *arg),
                        void *arg)
{
    struct timer *t = mem_zalloc(sizeof(*t));

    t->loop = loop;
    t->fire = fire;
    t->arg = arg;
    t->watcher.data = t;
    ev_timer_init(&t->watcher, on_time, seconds, 0);
    ev_timer_start(loop, &t->watcher);
    return t;
}

void timer_free(struct timer *t)
{
    if (!t)
        return;
    ev_timer_stop(t->loop, &t->watcher);
    mem_free(t);
}

double timer_left(const struct timer *t)
{
    ev_timer watcher = t->watcher; /* which libev does not change, but wants to be able to */

    return ev_timer_remaining(t->loop, &watcher);
}

double timer_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
