#include "server/watch.h"

#include <dirent.h>
#include <errno.h>
#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define uthash_malloc(size) mem_alloc(size)
#define uthash_free(p, size) mem_free(p)
#include <uthash.h>

#include "base/mem.h"

enum {
    PATH_LEN = 1024,
    DEPTH_MAX = 8,
    PATHS_MAX = 4096, /* saved at once; beyond it all are looked at */
    EVENTS = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE |
             IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR,
};

static const double QUIET_SECONDS = 0.04; /* after the last event of a save */
static const double MOST_SECONDS = 0.15;  /* after the first */

/* A watched folder, by inotify's number. */
struct folder {
    UT_hash_handle hh;
    int number;
    char path[]; /* relative to the root; "" is the root */
};

struct path {
    UT_hash_handle hh;
    char text[];
};

struct watch {
    struct ev_loop *loop;
    ev_io io;
    ev_timer quiet;
    char *root;
    const char **tops; /* the folders that count, of the root's */
    unsigned top_count;
    struct folder *folders;
    struct path *paths;
    bool all;
    double first; /* event of this save, 0: none */
    void (*changed)(void *arg, const struct watch_paths *p);
    void *arg;
};

/* --- what counts --- */

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s);
    size_t m = strlen(end);

    return n >= m && strcmp(s + n - m, end) == 0;
}

/* Files that editors make for themselves. */
static bool is_editors(const char *name)
{
    return name[0] == '.' || name[0] == '#' || strcmp(name, "4913") == 0 ||
           ends_with(name, "~") || ends_with(name, ".swp") || ends_with(name, ".tmp");
}

static bool is_top(const struct watch *w, const char *name)
{
    for (unsigned i = 0; i < w->top_count; i++) {
        if (strcmp(w->tops[i], name) == 0)
            return true;
    }
    return false;
}

/* --- gathering --- */

static void arm(struct watch *w)
{
    double now = ev_time();
    double wait = QUIET_SECONDS;

    if (w->first == 0)
        w->first = now;
    if (w->first + MOST_SECONDS < now + wait)
        wait = w->first + MOST_SECONDS - now;
    ev_now_update(w->loop);
    ev_timer_stop(w->loop, &w->quiet);
    ev_timer_set(&w->quiet, wait > 0 ? wait : 0, 0);
    ev_timer_start(w->loop, &w->quiet);
}

static void add_path(struct watch *w, const char *path)
{
    size_t n = strlen(path);
    struct path *p;

    arm(w);
    HASH_FIND(hh, w->paths, path, n, p);
    if (p || w->all)
        return;
    if (HASH_COUNT(w->paths) >= PATHS_MAX) {
        w->all = true;
        return;
    }
    p = mem_zalloc(sizeof(*p) + n + 1);
    memcpy(p->text, path, n + 1);
    HASH_ADD_KEYPTR(hh, w->paths, p->text, n, p);
}

static void clear_paths(struct watch *w)
{
    struct path *p;
    struct path *next;

    HASH_ITER(hh, w->paths, p, next)
    {
        HASH_DEL(w->paths, p);
        mem_free(p);
    }
    w->all = false;
    w->first = 0;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void on_quiet(struct ev_loop *loop, ev_timer *t, int events)
{
    struct watch *w = t->data;
    struct watch_paths p = {.count = HASH_COUNT(w->paths), .all = w->all};
    const char **list = mem_alloc((p.count + 1) * sizeof(char *));
    unsigned n = 0;

    (void)loop;
    (void)events;
    for (struct path *at = w->paths; at; at = at->hh.next)
        list[n++] = at->text;
    qsort(list, n, sizeof(char *), by_text);
    p.paths = list;
    w->changed(w->arg, &p);
    mem_free(list);
    clear_paths(w);
}

/* --- folders --- */

static void forget_folder(struct watch *w, struct folder *f)
{
    HASH_DEL(w->folders, f);
    mem_free(f);
}

static bool watch_folder(struct watch *w, const char *path)
{
    char whole[PATH_LEN];
    struct folder *f;
    struct folder *old;
    size_t n = strlen(path);
    int number;

    snprintf(whole, sizeof(whole), "%s%s%s", w->root, n ? "/" : "", path);
    number = inotify_add_watch(w->io.fd, whole, EVENTS);
    if (number < 0)
        return false;
    HASH_FIND_INT(w->folders, &number, old);
    if (old)
        forget_folder(w, old); /* it may have been renamed */
    f = mem_zalloc(sizeof(*f) + n + 1);
    f->number = number;
    memcpy(f->path, path, n + 1);
    HASH_ADD_INT(w->folders, number, f);
    return true;
}

/* Watch a folder and all below it. `report`: it is new, and what it holds was saved just now,
 * maybe before it was watched. */
static void add_tree(struct watch *w, const char *path, bool report, int depth)
{
    char whole[PATH_LEN];
    struct dirent *entry;
    struct stat st;
    DIR *dir;

    if (depth > DEPTH_MAX || !watch_folder(w, path))
        return;
    snprintf(whole, sizeof(whole), "%s/%s", w->root, path);
    dir = opendir(whole);
    while (dir && (entry = readdir(dir))) {
        char inner[PATH_LEN];

        if (is_editors(entry->d_name) ||
            snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name) >= PATH_LEN ||
            snprintf(whole, sizeof(whole), "%s/%s", w->root, inner) >= PATH_LEN ||
            stat(whole, &st) < 0)
            continue;
        if (S_ISDIR(st.st_mode))
            add_tree(w, inner, report, depth + 1);
        else if (report)
            add_path(w, inner);
    }
    if (dir)
        closedir(dir);
}

/* A folder has gone or been renamed away: what was in it is looked at anew. */
static void folder_gone(struct watch *w)
{
    arm(w);
    w->all = true;
}

/* --- events --- */

static void take_event(struct watch *w, const struct inotify_event *event)
{
    struct folder *f = NULL;
    char path[PATH_LEN];
    bool is_folder = event->mask & IN_ISDIR;

    if (event->mask & IN_Q_OVERFLOW) {
        folder_gone(w);
        return;
    }
    HASH_FIND_INT(w->folders, &event->wd, f);
    if (!f || event->mask & (IN_DELETE_SELF | IN_MOVE_SELF)) {
        if (f && f->path[0])
            folder_gone(w);
        return;
    }
    if (event->mask & IN_IGNORED) {
        forget_folder(w, f);
        return;
    }
    if (event->len == 0 || is_editors(event->name) || (!f->path[0] && !is_top(w, event->name)))
        return;
    if (snprintf(path, sizeof(path), "%s%s%s", f->path, f->path[0] ? "/" : "", event->name) >=
        PATH_LEN)
        return;
    if (is_folder && event->mask & (IN_CREATE | IN_MOVED_TO))
        add_tree(w, path, true, 1);
    else if (is_folder)
        folder_gone(w);
    else if (!(event->mask & IN_CREATE)) /* its closing will be told */
        add_path(w, path);
}

static void on_events(struct ev_loop *loop, ev_io *io, int events)
{
    struct watch *w = io->data;
    _Alignas(struct inotify_event) char buffer[65536];
    ssize_t n = read(io->fd, buffer, sizeof(buffer));

    (void)loop;
    (void)events;
    for (char *p = buffer; n > 0 && p < buffer + n;) {
        const struct inotify_event *event = (const struct inotify_event *)p;

        take_event(w, event);
        p += sizeof(*event) + event->len;
    }
}

struct watch *watch_new(struct ev_loop *loop, const char *root, const char *const *folders,
                        unsigned count, void (*changed)(void *arg, const struct watch_paths *p),
                        void *arg, struct err *e)
{
    struct watch *w;
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

    if (fd < 0) {
        err_set(e, "watch %s: %s", root, strerror(errno));
        return NULL;
    }
    w = mem_zalloc(sizeof(*w));
    w->loop = loop;
    w->root = mem_strdup(root);
    w->tops = mem_zalloc((count + 1) * sizeof(char *));
    memcpy(w->tops, folders, count * sizeof(char *));
    w->top_count = count;
    w->changed = changed;
    w->arg = arg;
    ev_io_init(&w->io, on_events, fd, EV_READ);
    ev_timer_init(&w->quiet, on_quiet, 0, 0);
    w->io.data = w->quiet.data = w;
    if (!watch_folder(w, "")) {
        err_set(e, "watch %s: %s", root, strerror(errno));
        watch_free(w);
        return NULL;
    }
    for (unsigned i = 0; i < count; i++)
        add_tree(w, folders[i], false, 1);
    ev_io_start(loop, &w->io);
    return w;
}

void watch_free(struct watch *w)
{
    if (!w)
        return;
    ev_io_stop(w->loop, &w->io);
    ev_timer_stop(w->loop, &w->quiet);
    close(w->io.fd);
    clear_paths(w);
    while (w->folders)
        forget_folder(w, w->folders);
    mem_free(w->tops);
    mem_free(w->root);
    mem_free(w);
}
