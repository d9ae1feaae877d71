#include "server/status.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/size.h"
#include "server/gate.h"
#include "server/panel.h"

enum { DEAREST = 10 };

static void add_handlers(const struct status_sources *s, struct buf *out)
{
    struct handler_figures h[DEAREST];
    unsigned n = bridge_dearest(s->bridge, h, DEAREST);

    if (n > 0)
        buf_printf(out, "\n%-24s %10s %9s %9s %9s %8s\n", "dearest handlers", "calls",
                   "ms in all", "us each", "most us", "errors");
    for (unsigned i = 0; i < n; i++)
        buf_printf(out, "%-24.40s %10" PRIu64 " %9.1f %9.1f %9" PRIu64 " %8" PRIu64 "%s\n",
                   h[i].name, h[i].calls, (double)h[i].total_us / 1e3,
                   (double)h[i].total_us / (double)h[i].calls, h[i].most_us, h[i].errors,
                   h[i].is_trial ? "  on trial" : "");
}

/* "2026-05-01 03:30", local; 0: "-". */
static const char *time_text(int64_t at, char room[24])
{
    time_t t = (time_t)at;
    struct tm tm;

    if (at == 0 || !localtime_r(&t, &tm) || strftime(room, 24, "%Y-%m-%d %H:%M", &tm) == 0)
        snprintf(room, 24, "-");
    return room;
}

static void add_jobs(const struct status_sources *s, struct buf *out)
{
    struct job_figures *jobs = mem_alloc(JOBS_MAX * sizeof(*jobs));
    unsigned n = bridge_jobs(s->bridge, jobs);
    char last[24], next[24], ending[40];

    if (n > 0)
        buf_printf(out, "\n%-24s %-20s %-16s %-12s %s\n", "schedule", "times", "last", "ended",
                   "next");
    for (unsigned i = 0; i < n; i++)
        buf_printf(out, "%-24.40s %-20.40s %-16s %-12s %s\n", jobs[i].handler, jobs[i].times,
                   time_text(jobs[i].run.started, last),
                   job_ending(&jobs[i], ending, sizeof(ending)), time_text(jobs[i].next, next));
    mem_free(jobs);
}

static void add_callers(const struct status_sources *s, struct buf *out)
{
    unsigned shown = 0;

    for (unsigned i = 1; i <= clients_last_id(s->clients) && shown < 100; i++) {
        const struct client *c = clients_at(s->clients, i);

        if (!c)
            continue;
        if (shown++ == 0)
            buf_printf(out, "\n%4s %-20s %-16s %6s %5s %s\n", "node", "user", "screen", "idle",
                       "gen", "address");
        buf_printf(out, "%4u %-20s %-16s %5.0fs %5u %s\n", client_id(c), client_user_id(c),
                   client_keyword(c), client_idle(c), client_generation(c), client_address(c));
    }
    if (shown < clients_callers(s->clients))
        buf_printf(out, "... and %u more\n", clients_callers(s->clients) - shown);
}

/* --- which generations callers have --- */

struct generations {
    unsigned *all; /* each caller's, the newest first */
    unsigned count;
};

static int newest_first(const void *a, const void *b)
{
    unsigned x = *(const unsigned *)a;
    unsigned y = *(const unsigned *)b;

    return (x < y) - (x > y);
}

static struct generations find_generations(struct clients *all)
{
    unsigned most = clients_last_id(all);
    struct generations g = {.all = mem_alloc((most + 1) * sizeof(unsigned))};

    for (unsigned i = 1; i <= most; i++) {
        const struct client *c = clients_at(all, i);

        if (c && client_is_open(c))
            g.all[g.count++] = client_generation(c);
    }
    qsort(g.all, g.count, sizeof(unsigned), newest_first);
    return g;
}

/* How many have the same, from `at` on. */
static unsigned take_same(const struct generations *g, unsigned at)
{
    unsigned n = 1;

    while (at + n < g->count && g->all[at + n] == g->all[at])
        n++;
    return n;
}

static void add_generations(const struct status_sources *s, struct buf *out)
{
    struct generations g = find_generations(s->clients);
    unsigned n;

    if (s->board->trial)
        buf_printf(out, "on trial    generation %u, for sysops\n", s->board->trial);
    for (unsigned i = 0; i < g.count; i += n) {
        n = take_same(&g, i);
        buf_printf(out, "%s%u with %s%u", i ? ", " : "screens of  ", n, i ? "" : "generation ",
                   g.all[i]);
    }
    if (g.count > 0)
        buf_add_byte(out, '\n');
    mem_free(g.all);
}

static void add_json_generations(const struct status_sources *s, struct buf *out)
{
    struct generations g = find_generations(s->clients);
    unsigned n;

    buf_printf(out, "\"generation\":%u,\"trial\":%u,\"generations\":[", s->board->generation,
               s->board->trial);
    for (unsigned i = 0; i < g.count; i += n) {
        n = take_same(&g, i);
        buf_printf(out, "%s{\"generation\":%u,\"callers\":%u}", i ? "," : "", g.all[i], n);
    }
    buf_add_text(out, "],");
    mem_free(g.all);
}

static void add_part(struct buf *out, const char *before, uint64_t part, uint64_t all)
{
    buf_add_text(out, before);
    size_add(out, (double)part);
    buf_add_text(out, " of ");
    size_add(out, (double)all);
}

static void add_disks(const struct machine *m, struct buf *out)
{
    for (unsigned i = 0; i < m->disk_count; i++) {
        const struct machine_disk *d = &m->disks[i];

        add_part(out, i ? ", " : "disks       ", d->total - d->free, d->total);
        buf_printf(out, " in %s", d->path);
    }
    if (m->disk_count > 0)
        buf_add_byte(out, '\n');
}

static void add_busiest(const struct machine *m, struct buf *out)
{
    for (unsigned i = 0; i < m->busiest_count; i++)
        buf_printf(out, "%s%s %d %.1f %%", i ? ", " : "busiest     ", m->busiest[i].name,
                   (int)m->busiest[i].pid, m->busiest[i].cpu);
    if (m->busiest_count > 0)
        buf_add_byte(out, '\n');
}

static void add_machine(const struct machine *m, struct buf *out)
{
    buf_printf(out,
               "machine     load %.2f %.2f %.2f, %u cores, CPU %.1f %% in the last %.0f s, %u "
               "processes, up ",
               m->load[0], m->load[1], m->load[2], m->cores, m->cpu, m->seconds,
               m->process_count);
    panel_add_seconds(out, m->uptime);
    add_part(out, "\nin use      ", m->memory.total - m->memory.available, m->memory.total);
    buf_add_text(out, " of memory");
    if (m->memory.swap_total > 0)
        add_part(out, ", swap ", m->memory.swap_total - m->memory.swap_free,
                 m->memory.swap_total);
    buf_add_byte(out, '\n');
    add_disks(m, out);
    buf_add_text(out, "network     ");
    size_add(out, m->received);
    buf_add_text(out, "/s in, ");
    size_add(out, m->sent);
    buf_add_text(out, "/s out\n");
    add_busiest(m, out);
}

static void add_work(const struct figures *f, struct buf *out)
{
    buf_printf(out, "now         %u calls today, %u transfers, %u queues with ", f->calls_today,
               f->transfers, f->queues);
    size_add(out, (double)f->queued);
    buf_printf(out, ", %u errors in the last hour\n", f->errors);
    buf_printf(out,
               "in %-6.1f s %.1f reads, %.1f writes, %.1f commits a second, lag p50 %" PRIu64
               " us, p99 %" PRIu64 " us\n",
               f->seconds, f->reads, f->writes, f->commits, f->lag_p50, f->lag_p99);
    for (unsigned i = 0; i < f->listener_count; i++)
        buf_printf(out, "%s%s", i ? ", " : "listening   ", f->listeners[i]);
    if (f->listener_count > 0)
        buf_add_byte(out, '\n');
}

void status_text(const struct status_sources *s, struct buf *out)
{
    const struct lag *lag = clients_lag(s->clients);
    struct store_figures store;

    store_figures(s->store, &store);
    buf_printf(out, "perigee %s, process %d, up ", PERIGEE_VERSION, (int)getpid());
    panel_add_seconds(out, s->now - s->started);
    buf_printf(out, "\ncallers     %u now, %u at most, %" PRIu64 " calls, %u visitors\n",
               clients_callers(s->clients), clients_most(s->clients), clients_calls(s->clients),
               clients_visitors(s->clients));
    buf_printf(out, "loop lag    p50 %" PRIu64 " us, p99 %" PRIu64 " us, most %" PRIu64 " us\n",
               lag_percentile(lag, 0.5), lag_percentile(lag, 0.99), lag->most);
    buf_add_text(out, "memory      Lua ");
    size_add(out, (double)bridge_memory(s->bridge));
    buf_add_text(out, ", all ");
    size_add(out, (double)mem_used());
    buf_printf(out,
               "\nstore       %" PRIu64 " reads, %" PRIu64 " writes in %" PRIu64
               " commits, %u waiting\n",
               store.reads, store.writes, store.commits, store.waiting);
    buf_printf(out,
               "board       generation %u, %u screens, %u handlers running, %u addresses "
               "banned\n",
               s->board->generation, library_count(s->board->library), bridge_tasks(s->bridge),
               gate_banned(s->gate, s->now));
    add_generations(s, out);
    add_work(s->figures, out);
    add_machine(s->machine, out);
    if (s->board->errors.len)
        buf_printf(out, "\nnot in use, because it is wrong:\n%.*s",
                   SPAN_ARG(buf_span(&s->board->errors)));
    add_handlers(s, out);
    add_jobs(s, out);
    add_callers(s, out);
}

/* --- JSON --- */

static void add_string(struct buf *out, const char *s)
{
    buf_add_byte(out, '"');
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            buf_printf(out, "\\%c", *s);
        else if ((unsigned char)*s < 0x20)
            buf_printf(out, "\\u%04x", (unsigned)*s);
        else
            buf_add_byte(out, *s);
    }
    buf_add_byte(out, '"');
}

static void add_json_handlers(const struct status_sources *s, struct buf *out)
{
    struct handler_figures h[DEAREST];
    unsigned n = bridge_dearest(s->bridge, h, DEAREST);

    buf_add_text(out, "\"handlers\":[");
    for (unsigned i = 0; i < n; i++) {
        buf_printf(out, "%s{\"name\":", i ? "," : "");
        add_string(out, h[i].name);
        buf_printf(out,
                   ",\"calls\":%" PRIu64 ",\"errors\":%" PRIu64 ",\"total_us\":%" PRIu64
                   ",\"most_us\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"trial\":%s}",
                   h[i].calls, h[i].errors, h[i].total_us, h[i].most_us, h[i].bytes,
                   h[i].is_trial ? "true" : "false");
    }
    buf_add_text(out, "],");
}

static void add_json_jobs(const struct status_sources *s, struct buf *out)
{
    struct job_figures *jobs = mem_alloc(JOBS_MAX * sizeof(*jobs));
    unsigned n = bridge_jobs(s->bridge, jobs);
    char ending[40];

    buf_add_text(out, "\"schedule\":[");
    for (unsigned i = 0; i < n; i++) {
        const struct job_figures *j = &jobs[i];

        buf_printf(out, "%s{\"handler\":", i ? "," : "");
        add_string(out, j->handler);
        buf_add_text(out, ",\"times\":");
        add_string(out, j->times);
        buf_add_text(out, ",\"ending\":");
        add_string(out, job_ending(j, ending, sizeof(ending)));
        buf_printf(out,
                   ",\"started\":%" PRId64 ",\"ended\":%" PRId64 ",\"incident\":%" PRId64
                   ",\"next\":%" PRId64 "}",
                   j->run.started, j->run.ended, j->run.incident, j->next);
    }
    buf_add_text(out, "],");
    mem_free(jobs);
}

static void add_json_clients(const struct status_sources *s, struct buf *out)
{
    bool first = true;

    buf_add_text(out, "\"clients\":[");
    for (unsigned i = 1; i <= clients_last_id(s->clients) && i <= 1000; i++) {
        const struct client *c = clients_at(s->clients, i);

        if (!c)
            continue;
        buf_printf(out, "%s{\"id\":%u,\"user\":", first ? "" : ",", client_id(c));
        add_string(out, client_user_id(c));
        buf_add_text(out, ",\"keyword\":");
        add_string(out, client_keyword(c));
        buf_printf(out,
                   ",\"level\":%u,\"idle\":%.0f,\"generation\":%u,\"missed\":%u,\"address\":",
                   client_level(c), client_idle(c), client_generation(c), client_missed(c));
        add_string(out, client_address(c));
        buf_add_byte(out, '}');
        first = false;
    }
    buf_add_text(out, "],");
}

static void add_json_machine(const struct machine *m, struct buf *out)
{
    buf_printf(out,
               "\"machine\":{\"seconds\":%.3f,\"uptime\":%.0f,\"load\":[%.2f,%.2f,%.2f],"
               "\"cores\":%u,\"cpu\":%.1f,\"received\":%.0f,\"sent\":%.0f,",
               m->seconds, m->uptime, m->load[0], m->load[1], m->load[2], m->cores, m->cpu,
               m->received, m->sent);
    buf_printf(out,
               "\"memory\":{\"total\":%" PRIu64 ",\"available\":%" PRIu64
               ",\"swap_total\":%" PRIu64 ",\"swap_free\":%" PRIu64 "},\"disks\":[",
               m->memory.total, m->memory.available, m->memory.swap_total, m->memory.swap_free);
    for (unsigned i = 0; i < m->disk_count; i++) {
        buf_printf(out, "%s{\"path\":", i ? "," : "");
        add_string(out, m->disks[i].path);
        buf_printf(out, ",\"total\":%" PRIu64 ",\"free\":%" PRIu64 "}", m->disks[i].total,
                   m->disks[i].free);
    }
    buf_printf(out, "],\"processes\":%u,\"busiest\":[", m->process_count);
    for (unsigned i = 0; i < m->busiest_count; i++) {
        buf_printf(out, "%s{\"pid\":%d,\"name\":", i ? "," : "", (int)m->busiest[i].pid);
        add_string(out, m->busiest[i].name);
        buf_printf(out, ",\"cpu\":%.1f,\"memory\":%" PRIu64 "}", m->busiest[i].cpu,
                   m->busiest[i].memory);
    }
    buf_add_text(out, "]},");
}

static void add_json_figures(const struct figures *f, struct buf *out)
{
    buf_printf(out,
               "\"calls_today\":%u,\"queues\":%u,\"queued_bytes\":%" PRIu64
               ",\"transfers\":%u,\"errors_last_hour\":%u,",
               f->calls_today, f->queues, f->queued, f->transfers, f->errors);
    buf_printf(out,
               "\"last\":{\"seconds\":%.3f,\"lag_p50_us\":%" PRIu64 ",\"lag_p99_us\":%" PRIu64
               ",\"reads\":%.1f,\"writes\":%.1f,\"commits\":%.1f},\"listeners\":[",
               f->seconds, f->lag_p50, f->lag_p99, f->reads, f->writes, f->commits);
    for (unsigned i = 0; i < f->listener_count; i++) {
        buf_add_text(out, i ? "," : "");
        add_string(out, f->listeners[i]);
    }
    buf_add_text(out, "],");
}

void status_json(const struct status_sources *s, struct buf *out)
{
    const struct lag *lag = clients_lag(s->clients);
    struct store_figures store;

    store_figures(s->store, &store);
    buf_printf(out, "{\"version\":\"%s\",\"pid\":%d,\"uptime\":%.0f,", PERIGEE_VERSION,
               (int)getpid(), s->now - s->started);
    buf_printf(out, "\"callers\":%u,\"visitors\":%u,\"most\":%u,\"calls\":%" PRIu64 ",",
               clients_callers(s->clients), clients_visitors(s->clients),
               clients_most(s->clients), clients_calls(s->clients));
    add_json_generations(s, out);
    buf_printf(out,
               "\"lag_us\":{\"p50\":%" PRIu64 ",\"p99\":%" PRIu64 ",\"most\":%" PRIu64
               ",\"turns\":%" PRIu64 "},",
               lag_percentile(lag, 0.5), lag_percentile(lag, 0.99), lag->most, lag->turns);
    buf_printf(out, "\"lua_bytes\":%zu,\"heap_bytes\":%zu,\"tasks\":%u,\"banned\":%u,",
               bridge_memory(s->bridge), mem_used(), bridge_tasks(s->bridge),
               gate_banned(s->gate, s->now));
    buf_printf(out,
               "\"store\":{\"reads\":%" PRIu64 ",\"writes\":%" PRIu64 ",\"commits\":%" PRIu64
               ",\"waiting\":%u},",
               store.reads, store.writes, store.commits, store.waiting);
    add_json_figures(s->figures, out);
    add_json_machine(s->machine, out);
    add_json_handlers(s, out);
    add_json_jobs(s, out);
    add_json_clients(s, out);
    buf_add_text(out, "\"errors\":");
    add_string(out, buf_text(&s->board->errors));
    buf_add_text(out, "}\n");
}
