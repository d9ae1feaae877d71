/* lib_sys.c -- bbs.sys: how the machine and the server are doing. */
#include "bridge/internal.h"

static void set_integer(lua_State *L, const char *name, lua_Integer value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, name);
}

static void set_number(lua_State *L, const char *name, double value)
{
    lua_pushnumber(L, value);
    lua_setfield(L, -2, name);
}

static void set_text(lua_State *L, const char *name, const char *value)
{
    lua_pushstring(L, value);
    lua_setfield(L, -2, name);
}

/* sys.info() -> {version=, uptime=, callers=, most=, calls=, generation=, lua_bytes=,
 * lag_us=} */
static int l_info(lua_State *L)
{
    struct bridge *b = bridge_of(L);

    lua_createtable(L, 0, 10);
    lua_pushstring(L, PERIGEE_VERSION);
    lua_setfield(L, -2, "version");
    set_integer(L, "generation", b->generations[0]);
    set_integer(L, "lua_bytes", (lua_Integer)b->used);
    set_integer(L, "uptime", (lua_Integer)(time(NULL) - b->since));
    if (b->all) {
        set_integer(L, "callers", clients_callers(b->all));
        set_integer(L, "visitors", clients_visitors(b->all));
        set_integer(L, "most", clients_most(b->all));
        set_integer(L, "calls", (lua_Integer)clients_calls(b->all));
        set_integer(L, "lag_us", (lua_Integer)lag_percentile(clients_lag(b->all), 0.99));
    }
    return 1;
}

static int call_report(lua_State *L, void (*report)(void *arg, struct buf *out))
{
    struct bridge *b = bridge_of(L);
    struct buf *out;

    if (!report)
        return luaL_error(L, "sys: no server runs here");
    out = buf_push(L, 65536);
    report(b->config.arg, out);
    buf_push_text(L, out);
    return 1;
}

/* sys.status() -> what `perigee status` prints */
static int l_status(lua_State *L)
{
    return call_report(L, bridge_of(L)->config.get_status);
}

/* sys.reload() -> what `perigee reload` prints; the files are looked at when this handler waits
 */
static int l_reload(lua_State *L)
{
    return call_report(L, bridge_of(L)->config.reload_all);
}

/* --- sys.machine --- */

struct sys_wait {
    struct sys_wait *next;
    struct bridge *bridge;
    struct task *task;
};

static void cancel_wait(void *wait)
{
    struct sys_wait *w = wait;
    struct sys_wait **at = &w->bridge->sys_waits;

    while (*at != w)
        at = &(*at)->next;
    *at = w->next;
    mem_free(w);
}

void bridge_machine_ready(struct bridge *b)
{
    while (b->sys_waits) { /* one at a time: what goes on may end another's wait */
        struct task *t = b->sys_waits->task;

        cancel_wait(b->sys_waits);
        task_wake(t, NULL);
    }
}

static void push_memory(lua_State *L, const struct machine_memory *m)
{
    lua_createtable(L, 0, 4);
    set_integer(L, "total", (lua_Integer)m->total);
    set_integer(L, "available", (lua_Integer)m->available);
    set_integer(L, "swap_total", (lua_Integer)m->swap_total);
    set_integer(L, "swap_free", (lua_Integer)m->swap_free);
}

static void push_disks(lua_State *L, const struct machine *m)
{
    lua_createtable(L, (int)m->disk_count, 0);
    for (unsigned i = 0; i < m->disk_count; i++) {
        lua_createtable(L, 0, 3);
        set_text(L, "path", m->disks[i].path);
        set_integer(L, "total", (lua_Integer)m->disks[i].total);
        set_integer(L, "free", (lua_Integer)m->disks[i].free);
        lua_rawseti(L, -2, i + 1);
    }
}

static void push_processes(lua_State *L, const struct machine *m)
{
    lua_createtable(L, (int)m->busiest_count, 0);
    for (unsigned i = 0; i < m->busiest_count; i++) {
        lua_createtable(L, 0, 4);
        set_integer(L, "pid", m->busiest[i].pid);
        set_text(L, "name", m->busiest[i].name);
        set_number(L, "cpu", m->busiest[i].cpu);
        set_integer(L, "memory", (lua_Integer)m->busiest[i].memory);
        lua_rawseti(L, -2, i + 1);
    }
}

static void push_load(lua_State *L, const struct machine *m)
{
    lua_createtable(L, 3, 0);
    for (int i = 0; i < 3; i++) {
        lua_pushnumber(L, m->load[i]);
        lua_rawseti(L, -2, i + 1);
    }
}

static int push_machine(lua_State *L, const struct machine *m)
{
    lua_createtable(L, 0, 12);
    set_number(L, "seconds", m->seconds);
    set_number(L, "uptime", m->uptime);
    set_number(L, "cpu", m->cpu);
    set_integer(L, "cores", m->cores);
    set_number(L, "received", m->received);
    set_number(L, "sent", m->sent);
    set_integer(L, "processes", m->process_count);
    push_load(L, m);
    lua_setfield(L, -2, "load");
    push_memory(L, &m->memory);
    lua_setfield(L, -2, "memory");
    push_disks(L, m);
    lua_setfield(L, -2, "disks");
    push_processes(L, m);
    lua_setfield(L, -2, "busiest");
    return 1;
}

static const struct figures *check_figures(lua_State *L)
{
    struct bridge *b = bridge_of(L);
    const struct figures *f =
        b->config.get_figures ? b->config.get_figures(b->config.arg) : NULL;

    if (!f)
        luaL_error(L, "sys: no server runs here");
    return f;
}

static int machine_k(lua_State *L, int status, lua_KContext at)
{
    struct bridge *b = bridge_of(L);
    const struct machine *m;

    (void)status;
    if (task_is_cancelled(L, (int)at + 1))
        return task_raise(L);
    m = b->config.get_machine(b->config.arg, true);
    return m ? push_machine(L, m) : luaL_error(L, "sys: no server runs here");
}

/* sys.machine() -> {load={1, 5, 15 minutes}, cpu=, cores=, memory={total=, available=,
 * swap_total=, swap_free=}, disks={{path=, total=, free=}, ...}, received=, sent=, uptime=,
 * processes=, busiest={{pid=, name=, cpu=, memory=}, ...}, seconds=}: the machine within the
 * last second. cpu is in per cent, of a process in per cent of one core, received and sent are
 * bytes a second: since the look before, `seconds` ago.  Waits. */
static int l_machine(lua_State *L)
{
    struct bridge *b = bridge_of(L);
    const struct machine *m;
    struct sys_wait *w;
    struct task *t;

    if (!b->config.get_machine)
        return luaL_error(L, "sys: no server runs here");
    m = b->config.get_machine(b->config.arg, false);
    if (m)
        return push_machine(L, m);
    t = task_current(L);
    if (t->is_cancelled)
        return task_raise(L);
    w = mem_zalloc(sizeof(*w));
    *w = (struct sys_wait){b->sys_waits, b, t};
    b->sys_waits = w;
    lua_settop(L, 0);
    return task_wait(L, cancel_wait, w, machine_k);
}

/* --- sys.server --- */

static void push_course(lua_State *L, const struct course *c)
{
    lua_createtable(L, COURSE_SECONDS, 0);
    for (int i = 0; i < COURSE_SECONDS; i++) {
        lua_pushnumber(L, (lua_Number)c->values[i]);
        lua_rawseti(L, -2, i + 1);
    }
}

static void push_listeners(lua_State *L, const struct figures *f)
{
    lua_createtable(L, (int)f->listener_count, 0);
    for (unsigned i = 0; i < f->listener_count; i++) {
        lua_pushstring(L, f->listeners[i]);
        lua_rawseti(L, -2, i + 1);
    }
}

static void set_counts(lua_State *L, const struct figures *f)
{
    const struct {
        const char *name;
        uint64_t value;
    } counts[] = {
        {"generation", f->generation}, {"callers", f->callers},
        {"visitors", f->visitors},     {"most", f->most},
        {"calls", f->calls},           {"calls_today", f->calls_today},
        {"lag_p50", f->lag_p50},       {"lag_p99", f->lag_p99},
        {"queues", f->queues},         {"queued", f->queued},
        {"lua_bytes", f->lua_bytes},   {"heap_bytes", f->heap_bytes},
        {"handlers", f->handlers},     {"waiting", f->store_waiting},
        {"transfers", f->transfers},   {"errors", f->errors},
    };

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        set_integer(L, counts[i].name, (lua_Integer)counts[i].value);
}

/* sys.server() -> {callers=, visitors=, most=, calls=, calls_today=, lag_p50=, lag_p99=,
 * queues=, queued=, lua_bytes=, heap_bytes=, handlers=, reads=, writes=, commits=, waiting=,
 * transfers=, listeners={...}, errors=, uptime=, generation=, seconds=}: the server within the
 * last second. The lag is in microseconds; reads, writes and commits are the store's in a
 * second; errors are those of the last hour in the log. */
static int l_server(lua_State *L)
{
    const struct figures *f = check_figures(L);

    lua_createtable(L, 0, 24);
    set_counts(L, f);
    set_number(L, "seconds", f->seconds);
    set_number(L, "uptime", f->uptime);
    set_number(L, "reads", f->reads);
    set_number(L, "writes", f->writes);
    set_number(L, "commits", f->commits);
    push_listeners(L, f);
    lua_setfield(L, -2, "listeners");
    return 1;
}

/* sys.minute() -> {cpu={...}, callers={...}, lag={...}}: each of the last sixty seconds, the
 * newest last; below 0 where nobody looked. */
static int l_minute(lua_State *L)
{
    const struct figures *f = check_figures(L);

    lua_createtable(L, 0, 3);
    push_course(L, &f->cpu);
    lua_setfield(L, -2, "cpu");
    push_course(L, &f->caller_course);
    lua_setfield(L, -2, "callers");
    push_course(L, &f->lag);
    lua_setfield(L, -2, "lag");
    return 1;
}

int luaopen_bbs_sys(lua_State *L)
{
    static const luaL_Reg functions[] = {{"info", l_info},
                                         {"machine", l_machine},
                                         {"server", l_server},
                                         {"minute", l_minute},
                                         {"status", l_status},
                                         {"reload", l_reload},
                                         {"settings", lib_settings_list},
                                         {NULL, NULL}};

    luaL_newlib(L, functions);
    return 1;
}
