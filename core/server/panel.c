#include "server/panel.h"

#include <inttypes.h>

#include "base/size.h"
#include "base/utf8.h"
#include "term/ansi.h"

enum { BAR = 20, GRAPH_MAX = COURSE_SECONDS, GRAPH_FROM = 46, LINE_MAX_BYTES = 1024 };

/* The picture as it grows. */
struct panel {
    struct buf *out;
    unsigned columns;
    unsigned rows; /* that are left */
    struct buf line;
};

static void end_line(struct panel *p)
{
    struct span line = buf_span(&p->line);

    line.len = utf8_fit(line, p->columns);
    if (p->rows > 0) {
        buf_add(p->out, line);
        buf_add_byte(p->out, '\n');
        p->rows--;
    }
    buf_reset(&p->line);
}

void panel_add_seconds(struct buf *out, double seconds)
{
    unsigned long s = (unsigned long)seconds;

    if (s >= 86400)
        buf_printf(out, "%lu d ", s / 86400);
    if (s >= 3600)
        buf_printf(out, "%lu h ", s / 3600 % 24);
    buf_printf(out, "%lu min %lu s", s / 60 % 60, s % 60);
}

/* --- bars and graphs --- */

static double share(uint64_t part, uint64_t all)
{
    return all > 0 ? 100.0 * (double)part / (double)all : 0;
}

static void add_bar(struct panel *p, const char *name, double per_cent)
{
    unsigned full = (unsigned)(per_cent / 100 * BAR + 0.5);

    buf_printf(&p->line, "%-10s", name);
    for (unsigned i = 0; i < BAR; i++)
        buf_add_text(&p->line, i < full ? "█" : "░");
    buf_printf(&p->line, " %3.0f %%  ", per_cent);
}

static double largest(const struct course *c)
{
    double most = 0;

    for (unsigned i = 0; i < COURSE_SECONDS; i++)
        most = c->values[i] > most ? c->values[i] : most;
    return most;
}

/* The last seconds, as many as there is room for; a blank where nobody looked. */
static void add_graph(struct panel *p, const struct course *c, double most)
{
    static const char *const steps[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    unsigned used = utf8_columns(buf_span(&p->line));
    unsigned room;

    buf_add_blanks(&p->line, used < GRAPH_FROM ? GRAPH_FROM - used : 2);
    used = utf8_columns(buf_span(&p->line));
    room = p->columns > used ? p->columns - used : 0;
    for (unsigned i = room < GRAPH_MAX ? GRAPH_MAX - room : 0; i < GRAPH_MAX; i++) {
        double step = most > 0 ? 7 * c->values[i] / most : 0;

        buf_add_text(&p->line,
                     c->values[i] < 0 ? " " : steps[step < 7 ? (unsigned)(step + 0.5) : 7]);
    }
    end_line(p);
}

/* --- the machine --- */

static void add_machine_line(struct panel *p, const struct machine *m)
{
    buf_printf(&p->line, "%-10sload %.2f %.2f %.2f, %u core%s, %u processes, up ", "machine",
               m->load[0], m->load[1], m->load[2], m->cores, m->cores == 1 ? "" : "s",
               m->process_count);
    panel_add_seconds(&p->line, m->uptime);
    end_line(p);
}

static void add_share(struct panel *p, const char *name, uint64_t used, uint64_t all)
{
    add_bar(p, name, share(used, all));
    size_add(&p->line, (double)used);
    buf_add_text(&p->line, " of ");
    size_add(&p->line, (double)all);
}

static void add_disk(struct panel *p, const struct machine_disk *d)
{
    add_share(p, "disk", d->total - d->free, d->total);
    buf_printf(&p->line, ", %s", d->path);
    end_line(p);
}

static void add_busiest(struct panel *p, const struct machine *m)
{
    buf_printf(&p->line, "%-10s", "busiest");
    for (unsigned i = 0; i < m->busiest_count; i++)
        buf_printf(&p->line, "%s%s %.0f %%", i ? ", " : "", m->busiest[i].name,
                   m->busiest[i].cpu);
    end_line(p);
}

static void add_machine(struct panel *p, const struct machine *m, const struct figures *f)
{
    add_machine_line(p, m);
    add_bar(p, "CPU", m->cpu);
    add_graph(p, &f->cpu, 100);
    add_share(p, "memory", m->memory.total - m->memory.available, m->memory.total);
    if (m->memory.swap_total > 0) {
        buf_add_text(&p->line, ", swap ");
        size_add(&p->line, (double)(m->memory.swap_total - m->memory.swap_free));
    }
    end_line(p);
    for (unsigned i = 0; i < m->disk_count; i++)
        add_disk(p, &m->disks[i]);
    buf_printf(&p->line, "%-10s", "network");
    size_add(&p->line, m->received);
    buf_add_text(&p->line, "/s in, ");
    size_add(&p->line, m->sent);
    buf_add_text(&p->line, "/s out");
    end_line(p);
    add_busiest(p, m);
}

/* --- the server --- */

static void add_heading(struct panel *p, const struct figures *f)
{
    buf_add_text(&p->line, "perigee " PERIGEE_VERSION ", up ");
    panel_add_seconds(&p->line, f->uptime);
    buf_printf(&p->line, ", generation %u", f->generation);
    for (unsigned i = 0; i < f->listener_count; i++)
        buf_printf(&p->line, ", %s", f->listeners[i]);
    end_line(p);
}

static void add_server(struct panel *p, const struct figures *f)
{
    double most = largest(&f->caller_course);

    buf_printf(&p->line, "%-10s%u now, %u at most, %u today", "callers", f->callers, f->most,
               f->calls_today);
    add_graph(p, &f->caller_course, most);
    buf_printf(&p->line, "%-10sp50 %" PRIu64 " us, p99 %" PRIu64 " us", "loop lag", f->lag_p50,
               f->lag_p99);
    add_graph(p, &f->lag, largest(&f->lag));
    buf_printf(&p->line, "%-10s%u with ", "queues", f->queues);
    size_add(&p->line, (double)f->queued);
    buf_printf(&p->line, ", %u transfers, %u handlers, Lua ", f->transfers, f->handlers);
    size_add(&p->line, (double)f->lua_bytes);
    buf_add_text(&p->line, ", all ");
    size_add(&p->line, (double)f->heap_bytes);
    end_line(p);
    buf_printf(&p->line, "%-10s%.0f reads/s, %.0f writes/s, %.0f commits/s, %u waiting",
               "store", f->reads, f->writes, f->commits, f->store_waiting);
    end_line(p);
    buf_printf(&p->line, "%-10s%u in the last hour", "errors", f->errors);
    end_line(p);
}

/* The last of its lines that there is room for. */
static void add_log(struct panel *p, struct span log)
{
    unsigned lines = 0;

    for (size_t i = 0; i < log.len; i++)
        lines += log.data[i] == '\n';
    while (log.len > 0) {
        const char *end = memchr(log.data, '\n', log.len);
        struct span line = span_take(&log, end ? (size_t)(end - log.data) : log.len);

        span_take(&log, 1);
        if (lines-- > p->rows)
            continue;
        ansi_strip(&p->line, line, false);
        end_line(p);
    }
}

void panel_add(struct buf *out, const struct machine *m, const struct figures *f,
               struct span log, unsigned columns, unsigned rows)
{
    struct panel p = {.out = out, .columns = columns, .rows = rows};

    buf_init(&p.line, LINE_MAX_BYTES);
    add_heading(&p, f);
    end_line(&p);
    add_machine(&p, m, f);
    end_line(&p);
    add_server(&p, f);
    end_line(&p);
    add_log(&p, log);
    buf_clear(&p.line);
}
