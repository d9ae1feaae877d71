#include "server/watch.h"

#include <dirent.h>
#include <errno.h>
#include <ev.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define uthash_malloc(size) mem_alloc(size)
#define uthash_free(p, size) mem_free(p)
#include <uthash.h>

#include "base/log.h"
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
    bool aliased; /* by a link: it has other paths, too */
    char path[];  /* relative to the root; "" is the root */
};

struct path {
    UT_hash_handle hh;
    char text[];
};

struct watch {
    struct ev_loop *loop;
    ev_io io;
    ev_timer quiet; /* since the last event */
    ev_timer most;  /* since the first; active: something has been gathered */
    char *root;
    char **tops; /* the folders that count, of the root's */
    unsigned top_count;
    struct folder *folders;
    struct path *paths;
    bool all;
    bool lost; /* events, or folders: what is watched is no longer what there is */
    bool complained;
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

/* The loop's time may be old by now: what came before this in its turn may have been long. */
static void arm(struct watch *w)
{
    ev_now_update(w->loop);
    ev_timer_stop(w->loop, &w->quiet);
    ev_timer_set(&w->quiet, QUIET_SECONDS, 0);
    ev_timer_start(w->loop, &w->quiet);
    if (ev_is_active(&w->most))
        return;
    ev_timer_set(&w->most, MOST_SECONDS, 0);
    ev_timer_start(w->loop, &w->most);
}

static void add_all(struct watch *w)
{
    w->all = true;
    arm(w);
}

static void add_path(struct watch *w, const char *path)
{
    size_t n = strlen(path);
    struct path *p;

    arm(w);
    HASH_FIND(hh, w->paths, path, n, p);
    if (p)
        return;
    if (HASH_COUNT(w->paths) >= PATHS_MAX) {
        w->all = true;
        return;
    }
    p = mem_zalloc(sizeof(*p) + n + 1);
    memcpy(p->text, path, n + 1);
    HASH_ADD_KEYPTR(hh, w->paths, p->text, n, p);
}

static void free_paths(struct path *paths)
{
    struct path *p;
    struct path *next;

    HASH_ITER(hh, paths, p, next)
    {
        HASH_DEL(paths, p);
        mem_free(p);
    }
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Taken out first, so that `changed` may do what it likes: free the watch, too. */
static void tell(struct watch *w)
{
    struct path *paths = w->paths;
    struct watch_paths p = {.count = HASH_COUNT(paths), .all = w->all};
    const char **list = mem_alloc((p.count + 1) * sizeof(char *));
    unsigned n = 0;

    w->paths = NULL;
    w->all = false;
    ev_timer_stop(w->loop, &w->quiet);
    ev_timer_stop(w->loop, &w->most);
    for (struct path *at = paths; at; at = at->hh.next)
        list[n++] = at->text;
    qsort(list, n, sizeof(char *), by_text);
    p.paths = list;
    w->changed(w->arg, &p);
    mem_free(list);
    free_paths(paths);
}

static void on_time(struct ev_loop *loop, ev_timer *t, int events)
{
    (void)loop;
    (void)events;
    tell(t->data);
}

/* --- folders --- */

static void forget_folder(struct watch *w, struct folder *f)
{
    HASH_DEL(w->folders, f);
    mem_free(f);
}

/* A folder that went while we came to it is no trouble; one that the system will not watch is
 * the sysop's to know, once. */
static void complain(struct watch *w, const char *path)
{
    const char *remedy = errno == ENOSPC ? " (raise fs.inotify.max_user_watches)" : "";

    if (w->complained || errno == ENOENT || errno == ENOTDIR)
        return;
    w->complained = true;
    log_warn("watch event=failed folder=%s why=\"%s%s\"", log_quote(span_of(path)),
             strerror(errno), remedy);
}

static void add_folder(struct watch *w, const char *path, int number)
{
    size_t n = strlen(path);
    struct folder *f;

    HASH_FIND_INT(w->folders, &number, f);
    if (f) {
        f->aliased = f->aliased || strcmp(f->path, path) != 0;
        return;
    }
    f = mem_zalloc(sizeof(*f) + n + 1);
    f->number = number;
    memcpy(f->path, path, n + 1);
    HASH_ADD_INT(w->folders, number, f);
}

static bool watch_folder(struct watch *w, const char *path)
{
    char whole[PATH_LEN];
    int number = -1;

    errno = ENAMETOOLONG;
    if (snprintf(whole, sizeof(whole), "%s%s%s", w->root, *path ? "/" : "", path) < PATH_LEN)
        number = inotify_add_watch(w->io.fd, whole, EVENTS);
    if (number < 0)
        complain(w, path);
    else
        add_folder(w, path, number);
    return number >= 0;
}

static bool is_too_deep(const char *path)
{
    int depth = 1;

    for (; *path; path++)
        depth += *path == '/';
    return depth > DEPTH_MAX;
}

/* Watch a folder and all below it. `report`: it is new, and what it holds was saved just now,
 * maybe before it was watched: so it is watched first, and read after. */
static void add_tree(struct watch *w, const char *path, bool report)
{
    char whole[PATH_LEN];
    struct dirent *entry;
    struct stat st;
    DIR *dir;

    if (is_too_deep(path) || !watch_folder(w, path))
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
            add_tree(w, inner, report);
        else if (report)
            add_path(w, inner);
    }
    if (dir)
        closedir(dir);
}

/* Folders have gone, been renamed, or come unheard of. What is watched is made anew from what
 * there is: no path of old stays behind, and what came meanwhile is covered by `all`. */
static void watch_anew(struct watch *w)
{
    struct folder *f;
    struct folder *next;

    HASH_ITER(hh, w->folders, f, next)
    {
        if (f->path[0]) {
            inotify_rm_watch(w->io.fd, f->number);
            forget_folder(w, f);
        }
    }
    for (unsigned i = 0; i < w->top_count; i++)
        add_tree(w, w->tops[i], false);
    w->lost = false;
    add_all(w);
}

/* --- events --- */

static bool is_watched(const struct watch *w, const char *path)
{
    for (const struct folder *f = w->folders; f; f = f->hh.next) {
        if (strcmp(f->path, path) == 0)
            return true;
    }
    return false;
}

/* A name appeared. The closing of a file that is being written will be told; of a link to a
 * file or a folder, symbolic or hard, nothing more will be. */
static void take_new(struct watch *w, const char *path, bool is_folder)
{
    char whole[PATH_LEN];
    struct stat st;
    struct stat target;

    if (is_folder) {
        add_tree(w, path, true);
        return;
    }
    if (snprintf(whole, sizeof(whole), "%s/%s", w->root, path) >= PATH_LEN ||
        lstat(whole, &st) < 0)
        return;
    if (S_ISLNK(st.st_mode) && stat(whole, &target) == 0 && S_ISDIR(target.st_mode))
        add_tree(w, path, true);
    else if (S_ISLNK(st.st_mode) || st.st_nlink > 1)
        add_path(w, path);
}

static void take_name(struct watch *w, const struct folder *f, uint32_t mask, const char *name)
{
    char path[PATH_LEN];
    bool is_folder = mask & IN_ISDIR;

    if (is_editors(name) || (!f->path[0] && !is_top(w, name)) ||
        snprintf(path, sizeof(path), "%s%s%s", f->path, f->path[0] ? "/" : "", name) >=
            PATH_LEN)
        return;
    if (f->aliased)
        add_all(w);
    if (is_folder ? mask & (IN_DELETE | IN_MOVED_FROM) : is_watched(w, path))
        w->lost = true; /* a folder has gone, or a link to one leads elsewhere */
    if (mask & (IN_CREATE | IN_MOVED_TO))
        take_new(w, path, is_folder);
    if (!is_folder && !(mask & IN_CREATE))
        add_path(w, path);
}

static void take_event(struct watch *w, const struct inotify_event *event)
{
    struct folder *f = NULL;

    if (event->mask & IN_Q_OVERFLOW)
        w->lost = true;
    HASH_FIND_INT(w->folders, &event->wd, f);
    if (!f)
        return;
    if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT) && f->path[0])
        w->lost = true;
    if (event->mask & IN_IGNORED)
        forget_folder(w, f);
    else if (event->len > 0)
        take_name(w, f, event->mask, event->name);
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
    if (w->lost)
        watch_anew(w);
}

/* --- the watch --- */

static struct watch *make(struct ev_loop *loop, const char *root, const char *const *folders,
                          unsigned count, int fd)
{
    struct watch *w = mem_zalloc(sizeof(*w));

    w->loop = loop;
    w->root = mem_strdup(root);
    w->tops = mem_zalloc((count + 1) * sizeof(char *));
    for (; w->top_count < count; w->top_count++)
        w->tops[w->top_count] = mem_strdup(folders[w->top_count]);
    ev_io_init(&w->io, on_events, fd, EV_READ);
    ev_timer_init(&w->quiet, on_time, 0, 0);
    ev_timer_init(&w->most, on_time, 0, 0);
    w->io.data = w->quiet.data = w->most.data = w;
    return w;
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
    w = make(loop, root, folders, count, fd);
    w->changed = changed;
    w->arg = arg;
    if (!watch_folder(w, "")) {
        err_set(e, "watch %s: %s", root, strerror(errno));
        watch_free(w);
        return NULL;
    }
    for (unsigned i = 0; i < count; i++)
        add_tree(w, folders[i], false);
    ev_io_start(loop, &w->io);
    return w;
}

void watch_free(struct watch *w)
{
    if (!w)
        return;
    ev_io_stop(w->loop, &w->io);
    ev_timer_stop(w->loop, &w->quiet);
    ev_timer_stop(w->loop, &w->most);
    close(w->io.fd);
    free_paths(w->paths);
    while (w->folders)
        forget_folder(w, w->folders);
    for (unsigned i = 0; i < w->top_count; i++)
        mem_free(w->tops[i]);
    mem_free(w->tops);
    mem_free(w->root);
    mem_free(w);
}
