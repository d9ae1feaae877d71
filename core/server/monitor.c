#include "server/monitor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/worker.h"
#include "client/timer.h"

enum { TEXT_MAX = 65536, PROCESSES_MAX = 65536, GAP_SECONDS = 3, LISTING_REST = 200 };

static const double FRESH_SECONDS = 0.9; /* less than a tick of a second */

/* What a process had run at the look before. */
struct seen {
    int32_t pid;
    uint64_t start;
    uint64_t ticks;
};

struct process_list {
    struct seen *items; /* by pid */
    unsigned count;
    unsigned capacity;
};

/* The thread's, from worker_add to done. */
struct machine_look {
    struct job job;
    struct monitor *monitor;
    const char *data;
    struct machine machine;
    double at;
    struct machine_ticks ticks;
    struct machine_net net;
    struct process_list processes;
    double listed_at; /* 0: never */
    double listing_took;
};

struct monitor {
    struct monitor_config config;
    struct worker *worker; /* NULL: there is none */
    struct machine_look look;
    bool is_looking;
    double looked_at;
    struct machine machine;
    double started;
    double figures_at;
    struct figures figures;
    struct store_figures store; /* at the look before */
    struct lag lag;
    double course_at;
};

/* --- the machine --- */

/* Of one that is longer, the whole lines. */
static struct span read_text(int folder, const char *path, char text[TEXT_MAX])
{
    int fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
    const char *end;
    size_t len = 0;
    ssize_t n;

    if (fd < 0)
        return SPAN_LIT("");
    while (len < TEXT_MAX && (n = read(fd, text + len, TEXT_MAX - len)) != 0) {
        if (n < 0 && errno != EINTR)
            break;
        len += n > 0 ? (size_t)n : 0;
    }
    close(fd);
    if (len == TEXT_MAX && (end = memrchr(text, '\n', len)))
        len = (size_t)(end - text) + 1;
    return span_from(text, len);
}

static double rate(uint64_t before, uint64_t now, double seconds)
{
    return seconds > 0 && now > before ? (double)(now - before) / seconds : 0;
}

static void look_at_cpu(struct machine_look *l, int proc, char *text)
{
    struct machine_ticks ticks;

    if (!machine_take_stat(read_text(proc, "stat", text), &ticks))
        return;
    if (l->machine.seconds > 0)
        l->machine.cpu = machine_cpu(&l->ticks, &ticks);
    l->ticks = ticks;
}

static void look_at_net(struct machine_look *l, int proc, char *text)
{
    struct machine_net net;

    if (!machine_take_net(read_text(proc, "net/dev", text), &net))
        return;
    l->machine.received = rate(l->net.received, net.received, l->machine.seconds);
    l->machine.sent = rate(l->net.sent, net.sent, l->machine.seconds);
    l->net = net;
}

static void add_disk(struct machine *m, const char *path)
{
    struct machine_disk *d = &m->disks[m->disk_count];
    struct statvfs st;

    if (statvfs(path, &st) < 0)
        return;
    snprintf(d->path, sizeof(d->path), "%s", path);
    d->total = (uint64_t)st.f_blocks * st.f_frsize;
    d->free = (uint64_t)st.f_bavail * st.f_frsize;
    m->disk_count++;
}

/* The data folder's, and the root's where that is another. */
static void look_at_disks(struct machine_look *l)
{
    struct stat data, root;

    l->machine.disk_count = 0;
    add_disk(&l->machine, l->data);
    if (stat(l->data, &data) < 0 || stat("/", &root) < 0 || data.st_dev != root.st_dev)
        add_disk(&l->machine, "/");
}

static void note_seen(struct process_list *list, const struct machine_process *p)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? 2 * list->capacity : 256;
        list->items = mem_realloc(list->items, list->capacity * sizeof(*list->items));
    }
    list->items[list->count++] = (struct seen){p->pid, p->start, p->ticks};
}

/* What it has run since the look before; all that it has, if it was not there then. */
static uint64_t ticks_since(const struct process_list *before, unsigned *at,
                            const struct machine_process *p)
{
    const struct seen *s;

    while (*at < before->count && before->items[*at].pid < p->pid)
        (*at)++;
    s = *at < before->count ? &before->items[*at] : NULL;
    if (!s || s->pid != p->pid || s->start != p->start || s->ticks > p->ticks)
        return p->ticks;
    return p->ticks - s->ticks;
}

/* The kernel lists them by their numbers. */
static void list_processes(struct machine_look *l, DIR *proc, char *text)
{
    double seconds = l->listed_at > 0 ? l->at - l->listed_at : 0;
    double per_cent = seconds > 0 ? 100 / ((double)sysconf(_SC_CLK_TCK) * seconds) : 0;
    unsigned page = (unsigned)sysconf(_SC_PAGESIZE);
    struct process_list now = {0};
    struct dirent *entry;
    unsigned at = 0;

    l->machine.busiest_count = 0;
    while (now.count < PROCESSES_MAX && (entry = readdir(proc))) {
        struct machine_process p;
        char path[64];

        if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
            continue;
        snprintf(path, sizeof(path), "%.20s/stat", entry->d_name);
        if (!machine_take_process(read_text(dirfd(proc), path, text), page, &p))
            continue; /* it has ended */
        p.cpu = (double)ticks_since(&l->processes, &at, &p) * per_cent;
        machine_note_process(&l->machine, &p);
        note_seen(&now, &p);
    }
    l->machine.process_count = now.count;
    mem_free(l->processes.items);
    l->processes = now;
}

/* Of thousands it takes a while: they are listed as often as costs half a per cent of a core.
 * In between, the busiest are those of the list before. */
static void look_at_processes(struct machine_look *l, DIR *proc, char *text)
{
    if (l->listed_at > 0 && l->at - l->listed_at < LISTING_REST * l->listing_took)
        return;
    list_processes(l, proc, text);
    l->listing_took = timer_now() - l->at;
    l->listed_at = l->at;
}

static void look_at_proc(struct machine_look *l, DIR *proc)
{
    char text[TEXT_MAX];
    int folder = dirfd(proc);

    machine_take_load(read_text(folder, "loadavg", text), l->machine.load);
    machine_take_uptime(read_text(folder, "uptime", text), &l->machine.uptime);
    machine_take_memory(read_text(folder, "meminfo", text), &l->machine.memory);
    look_at_cpu(l, folder, text);
    look_at_net(l, folder, text);
    look_at_processes(l, proc, text);
}

static void look(struct job *job, void *context)
{
    struct machine_look *l = (struct machine_look *)job;
    double now = timer_now();
    DIR *proc = opendir("/proc");

    (void)context;
    l->machine.seconds = l->at > 0 ? now - l->at : 0;
    l->at = now;
    l->machine.cores = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    if (proc) {
        look_at_proc(l, proc);
        closedir(proc);
    }
    look_at_disks(l);
}

/* --- the last minute --- */

static void add_value(struct course *c, unsigned steps, double value)
{
    memmove(c->values, c->values + steps, (COURSE_SECONDS - steps) * sizeof(c->values[0]));
    for (unsigned i = COURSE_SECONDS - steps; i < COURSE_SECONDS; i++)
        c->values[i] = steps <= GAP_SECONDS ? (float)value : -1;
    c->values[COURSE_SECONDS - 1] = (float)value;
}

static void note_course(struct monitor *m)
{
    struct figures *f = &m->figures;
    double steps = floor(m->looked_at - m->course_at + 0.5);
    unsigned n = steps < COURSE_SECONDS ? (unsigned)steps : COURSE_SECONDS;

    if (n == 0)
        return;
    m->course_at = m->looked_at;
    add_value(&f->cpu, n, m->machine.cpu);
    add_value(&f->caller_course, n, f->callers);
    add_value(&f->lag, n, (double)f->lag_p99);
}

static void looked(struct job *job)
{
    struct monitor *m = ((struct machine_look *)job)->monitor;

    m->is_looking = false;
    m->machine = m->look.machine;
    m->looked_at = timer_now();
    monitor_figures(m);
    note_course(m);
    if (m->config.ready)
        m->config.ready(m->config.arg);
}

static void begin_look(struct monitor *m)
{
    m->is_looking = true;
    if (m->worker) {
        worker_add(m->worker, &m->look.job);
        return;
    }
    look(&m->look.job, NULL);
    looked(&m->look.job);
}

const struct machine *monitor_last_machine(const struct monitor *m)
{
    return &m->machine;
}

const struct machine *monitor_machine(struct monitor *m)
{
    if (m->looked_at > 0 && timer_now() - m->looked_at < FRESH_SECONDS)
        return &m->machine;
    if (!m->is_looking)
        begin_look(m);
    return m->is_looking ? NULL : &m->machine;
}

/* --- the server --- */

static void look_at_store(struct monitor *m, struct figures *f)
{
    struct store_figures now;

    store_figures(m->config.store, &now);
    f->reads = rate(m->store.reads, now.reads, f->seconds);
    f->writes = rate(m->store.writes, now.writes, f->seconds);
    f->commits = rate(m->store.commits, now.commits, f->seconds);
    f->store_waiting = now.waiting;
    m->store = now;
}

static void look_at_loop(struct monitor *m, struct figures *f)
{
    const struct lag *now = clients_lag(m->config.clients);
    struct lag since = lag_since(now, &m->lag);

    f->lag_p50 = lag_percentile(&since, 0.5);
    f->lag_p99 = lag_percentile(&since, 0.99);
    f->turns = since.turns;
    m->lag = *now;
}

static void look_at_work(const struct clients *all, struct figures *f)
{
    struct clients_work work = clients_work(all);

    f->queues = work.queues;
    f->queued = work.queued;
    f->transfers = work.transfers;
}

static void count(struct monitor *m, struct figures *f)
{
    const struct clients *all = m->config.clients;

    f->callers = clients_callers(all);
    f->visitors = clients_visitors(all);
    f->most = clients_most(all);
    f->calls = clients_calls(all);
    f->calls_today = clients_calls_today(all);
    f->generation = m->config.board->generation;
    f->lua_bytes = bridge_memory(m->config.bridge);
    f->heap_bytes = mem_used();
    f->handlers = bridge_tasks(m->config.bridge);
    f->errors = log_errors();
    f->uptime = timer_now() - m->started;
}

/* What is a number is as it is now; what is a rate, or takes a look at each client, is from the
 * last second. */
const struct figures *monitor_figures(struct monitor *m)
{
    struct figures *f = &m->figures;
    double now = timer_now();

    count(m, f);
    if (m->figures_at > 0 && now - m->figures_at < FRESH_SECONDS)
        return f;
    f->seconds = now - (m->figures_at > 0 ? m->figures_at : m->started);
    f->listener_count = m->config.listeners ? listeners_names(m->config.listeners, f) : 0;
    look_at_work(m->config.clients, f);
    look_at_loop(m, f);
    look_at_store(m, f);
    m->figures_at = now;
    return f;
}

/* --- its life --- */

struct monitor *monitor_new(const struct monitor_config *config, struct err *e)
{
    struct monitor *m = mem_zalloc(sizeof(*m));
    struct worker_config worker = {
        .name = "monitor", .threads = 1, .notify = config->notify, .notify_arg = config->arg};

    m->config = *config;
    m->started = timer_now();
    m->look = (struct machine_look){
        .job = {.run = look, .done = looked}, .monitor = m, .data = config->data};
    if (config->notify && !(m->worker = worker_new(&worker, e))) {
        monitor_free(m);
        return NULL;
    }
    begin_look(m); /* what the first who asks is told is since now */
    return m;
}

void monitor_free(struct monitor *m)
{
    if (!m)
        return;
    worker_free(m->worker);
    mem_free(m->look.processes.items);
    mem_free(m);
}

void monitor_reap(struct monitor *m)
{
    if (m->worker)
        worker_reap(m->worker);
}
