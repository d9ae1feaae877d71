/* schedule.c -- handlers that are called at times, as the setting `schedule` says, and
 * bbs.schedule to look at them. Of each it is kept what became of its last run; the store has a
 * copy, from which a start takes it up. */
#include "base/log.h"
#include "bridge/internal.h"
#include "client/timer.h"

/* The clock may be set while nothing else happens: it is looked at so often. */
static const double LOOK_SECONDS = 20;
enum { DAY_SECONDS = 86400 };

struct plan {
    struct plan *next;
    struct task *task; /* its run, while it lasts */
    bool is_scheduled; /* else it was, and may be again */
    char *text;        /* what the setting says */
    struct when times[JOB_TIMES_MAX];
    unsigned count;
    int64_t due;      /* of times of day */
    double due_at;    /* of an "every", by timer_now */
    unsigned skipped; /* while it runs */
    struct schedule_run run;
    char handler[];
};

struct schedule {
    struct bridge *bridge;
    struct plan *jobs;
    struct timer *timer;
    int64_t looked_at; /* the clock, when it was last looked at */
    bool has_begun;
};

static bool is_every(const struct plan *j)
{
    return j->times[0].is_every;
}

static double wall_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* --- keeping --- */

struct run_work {
    struct store_work work;
    struct schedule_run run;
    char handler[];
};

static int put_run(struct store_work *w, struct db *db)
{
    struct run_work *r = (struct run_work *)w;

    return runs_put(db, r->handler, &r->run, &w->error);
}

static void run_put(struct store_work *w)
{
    if (w->result < 0)
        log_error("store event=failed what=schedule why=%s", log_quote(span_of(w->error.text)));
    mem_free(w);
}

static void keep(struct schedule *s, const struct plan *j)
{
    size_t n = strlen(j->handler) + 1;
    struct run_work *r;

    if (!s->bridge->config.store)
        return;
    r = mem_zalloc(sizeof(*r) + n);
    r->work.work = put_run;
    r->work.finished = run_put;
    r->work.writes = true;
    r->run = j->run;
    memcpy(r->handler, j->handler, n);
    store_add(s->bridge->config.store, &r->work);
}

static struct plan *find(const struct schedule *s, const char *handler)
{
    struct plan *j = s->jobs;

    while (j && strcmp(j->handler, handler) != 0)
        j = j->next;
    return j;
}

static struct plan *find_or_make(struct schedule *s, const char *handler)
{
    struct plan *j = find(s, handler);
    size_t n = strlen(handler) + 1;

    if (j)
        return j;
    j = mem_zalloc(sizeof(*j) + n);
    memcpy(j->handler, handler, n);
    j->text = mem_strdup("");
    j->next = s->jobs;
    s->jobs = j;
    return j;
}

/* --- running --- */

static void log_start(const struct plan *j, int64_t due)
{
    const char *format = "schedule event=started handler=%s due=%lld";

    if (is_every(j))
        log_debug(format, j->handler, (long long)due);
    else
        log_info(format, j->handler, (long long)due);
}

static void log_end(const struct plan *j)
{
    const char *format = "schedule event=ended handler=%s seconds=%lld skipped=%u";
    long long seconds = (long long)(j->run.ended - j->run.started);

    if (is_every(j) && j->skipped == 0)
        log_debug(format, j->handler, seconds, j->skipped);
    else
        log_info(format, j->handler, seconds, j->skipped);
}

/* NULL: it runs; else why it does not. */
static const char *start(struct schedule *s, struct plan *j, int64_t due)
{
    struct job_call call = {true, due, j->run.started};
    const char *why = NULL;
    struct task *t;

    if (j->task)
        return "it still runs";
    t = handler_job(s->bridge, j->handler, &call, &why);
    if (!t)
        return why;
    log_start(j, due);
    j->skipped = 0;
    j->run.started = (int64_t)wall_now();
    j->run.ended = j->run.incident = 0;
    keep(s, j);
    t->held_by = &j->task;
    j->task = t;
    task_start(t);
    return NULL;
}

/* Told once for each run that is in the way of others. */
static void start_due(struct schedule *s, struct plan *j, int64_t due)
{
    const char *why = start(s, j, due);

    if (why && j->skipped++ == 0)
        log_warn("schedule event=skipped handler=%s why=%s", j->handler,
                 log_quote(span_of(why)));
    if (why && !is_every(j))
        keep(s, j);
}

void schedule_ended(struct bridge *b, const char *handler, bool ok)
{
    struct plan *j = find(b->schedule, handler);

    if (!j)
        return;
    j->run.ended = (int64_t)wall_now();
    j->run.incident = ok ? 0 : b->incidents;
    log_end(j);
    j->skipped = 0;
    keep(b->schedule, j);
}

/* --- when --- */

/* Later than the last one that is done with, also where the clock was set back behind it a
 * little; where by more, it was wrong before. */
static int64_t next_due(const struct plan *j, int64_t now)
{
    bool is_behind = j->run.due > now && j->run.due - now < DAY_SECONDS;

    return when_next(j->times, j->count, is_behind ? j->run.due : now);
}

static void look_at_every(struct schedule *s, struct plan *j)
{
    double now = timer_now();

    if (now < j->due_at)
        return;
    j->due_at += (double)j->times[0].seconds;
    if (j->due_at <= now) /* the machine slept: once is enough */
        j->due_at = now + (double)j->times[0].seconds;
    start_due(s, j, (int64_t)wall_now());
}

static void look_at_clock(struct schedule *s, struct plan *j, int64_t now)
{
    int64_t due = j->due;

    if (now < s->looked_at)
        j->due = due = next_due(j, now);
    if (now < due)
        return;
    j->run.due = due;
    j->due = next_due(j, now);
    start_due(s, j, due);
}

static void arm(struct schedule *s);

static void look(void *arg)
{
    struct schedule *s = arg;
    int64_t now = (int64_t)wall_now();

    for (struct plan *j = s->jobs; j; j = j->next) {
        if (j->is_scheduled && is_every(j))
            look_at_every(s, j);
        else if (j->is_scheduled)
            look_at_clock(s, j, now);
    }
    s->looked_at = now;
    arm(s);
}

static double seconds_to(const struct plan *j)
{
    double seconds = is_every(j) ? j->due_at - timer_now() : (double)j->due - wall_now();

    if (!is_every(j) && seconds > LOOK_SECONDS)
        seconds = LOOK_SECONDS;
    return seconds > 0 ? seconds : 0;
}

static void arm(struct schedule *s)
{
    double soonest = -1;

    timer_free(s->timer);
    s->timer = NULL;
    for (const struct plan *j = s->jobs; j; j = j->next) {
        if (j->is_scheduled && (soonest < 0 || seconds_to(j) < soonest))
            soonest = seconds_to(j);
    }
    if (soonest >= 0)
        s->timer = timer_new(s->bridge->config.loop, soonest, look, s);
}

/* --- the setting --- */

static void set_up(struct schedule *s, struct plan *j, const struct setting_job *from)
{
    int64_t now = (int64_t)wall_now();
    bool is_known = j->run.due > 0 && !s->has_begun;

    mem_free(j->text);
    j->text = mem_strdup(from->text);
    memcpy(j->times, from->times, sizeof(j->times));
    j->count = from->count;
    j->due_at = timer_now() + (double)j->times[0].seconds;
    if (is_every(j))
        return;
    j->due = is_known ? when_missed(j->times, j->count, j->run.due, now) : 0;
    if (j->due == 0)
        j->due = next_due(j, now);
    if (!is_known) {
        j->run.due = now; /* nothing before this is missed */
        keep(s, j);
    }
}

void bridge_schedule(struct bridge *b)
{
    const struct settings *settings = b->config.settings;
    struct schedule *s = b->schedule;

    for (struct plan *j = s->jobs; j; j = j->next) {
        bool stays = false;

        for (unsigned i = 0; i < settings->job_count; i++)
            stays |= strcmp(settings->jobs[i].handler, j->handler) == 0;
        j->is_scheduled &= stays;
    }
    for (unsigned i = 0; i < settings->job_count; i++) {
        const struct setting_job *from = &settings->jobs[i];
        struct plan *j = find_or_make(s, from->handler);

        if (!j->is_scheduled || strcmp(j->text, from->text) != 0)
            set_up(s, j, from);
        j->is_scheduled = true;
    }
    if (!s->has_begun)
        s->looked_at = (int64_t)wall_now();
    s->has_begun = true;
    arm(s);
}

void bridge_take_run(struct bridge *b, const char *handler, const struct schedule_run *run)
{
    find_or_make(b->schedule, handler)->run = *run;
}

void schedule_open(struct bridge *b)
{
    b->schedule = mem_zalloc(sizeof(*b->schedule));
    b->schedule->bridge = b;
}

/* Nobody's run ends after this. */
void schedule_stop(struct bridge *b)
{
    if (!b->schedule)
        return;
    timer_free(b->schedule->timer);
    b->schedule->timer = NULL;
}

void schedule_close(struct bridge *b)
{
    struct schedule *s = b->schedule;

    if (!s)
        return;
    schedule_stop(b);
    while (s->jobs) {
        struct plan *j = s->jobs;

        s->jobs = j->next;
        mem_free(j->text);
        mem_free(j);
    }
    mem_free(s);
    b->schedule = NULL;
}

/* --- looking at it --- */

static struct job_figures figures_of(struct bridge *b, const struct plan *j)
{
    double every = is_every(j) ? wall_now() + j->due_at - timer_now() : 0;

    return (struct job_figures){.handler = j->handler,
                                .times = j->text,
                                .run = j->run,
                                .next = is_every(j) ? (int64_t)(every + 0.5) : j->due,
                                .is_running = j->task != NULL,
                                .is_missing = !bridge_has_handler(b, j->handler, false)};
}

static int by_handler(const void *a, const void *b)
{
    return strcmp(((const struct job_figures *)a)->handler,
                  ((const struct job_figures *)b)->handler);
}

unsigned bridge_jobs(struct bridge *b, struct job_figures out[JOBS_MAX])
{
    unsigned n = 0;

    for (const struct plan *j = b->schedule->jobs; j && n < JOBS_MAX; j = j->next) {
        if (j->is_scheduled)
            out[n++] = figures_of(b, j);
    }
    qsort(out, n, sizeof(out[0]), by_handler);
    return n;
}

const char *job_ending(const struct job_figures *f, char *room, size_t size)
{
    if (f->is_missing)
        return "no handler";
    if (f->is_running)
        return "running";
    if (f->run.started == 0)
        return "";
    if (f->run.ended < f->run.started)
        return "cut off";
    if (f->run.incident == 0)
        return "ok";
    snprintf(room, size, "incident %lld", (long long)f->run.incident);
    return room;
}

static void set_time(lua_State *L, const char *name, int64_t time)
{
    if (time == 0)
        return;
    lua_pushinteger(L, (lua_Integer)time);
    lua_setfield(L, -2, name);
}

static void push_job(lua_State *L, const struct job_figures *f)
{
    char room[40];

    lua_createtable(L, 0, 6);
    lua_pushstring(L, f->handler);
    lua_setfield(L, -2, "handler");
    lua_pushstring(L, f->times);
    lua_setfield(L, -2, "times");
    lua_pushstring(L, job_ending(f, room, sizeof(room)));
    lua_setfield(L, -2, "ending");
    set_time(L, "started", f->run.started);
    set_time(L, "ended", f->run.ended);
    set_time(L, "next", f->next);
}

/* schedule.list() -> { {handler=, times=, next=, started=, ended=, ending=}, ... }: all of the
 * setting `schedule`, by name; times are Unix seconds, started and ended those of the last run,
 * which is "ok", "incident N", "running", "cut off" (by the server's end), "" (never) or
 * "no handler". */
static int l_list(lua_State *L)
{
    struct job_figures *jobs = lua_newuserdatauv(L, JOBS_MAX * sizeof(*jobs), 0);
    unsigned n = bridge_jobs(bridge_of(L), jobs);

    lua_createtable(L, (int)n, 0);
    for (unsigned i = 0; i < n; i++) {
        push_job(L, &jobs[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* schedule.run(handler) -> true; or nil, why: call it now, besides its times. It begins when
 * the handler that says so waits. */
static int l_run(lua_State *L)
{
    struct schedule *s = bridge_of(L)->schedule;
    struct plan *j = find(s, luaL_checkstring(L, 1));
    const char *why = "it is not in the schedule";

    if (j && j->is_scheduled)
        why = start(s, j, (int64_t)wall_now());
    if (!why) {
        lua_pushboolean(L, 1);
        return 1;
    }
    lua_pushnil(L);
    lua_pushstring(L, why);
    return 2;
}

int luaopen_bbs_schedule(lua_State *L)
{
    static const luaL_Reg functions[] = {{"list", l_list}, {"run", l_run}, {NULL, NULL}};

    luaL_newlib(L, functions);
    return 1;
}
