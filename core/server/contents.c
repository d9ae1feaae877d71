#include "server/contents.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/copy.h"
#include "base/mem.h"

enum { MODE = 0777 };

/* The folders that lead to where the walk is: a link that leads back to one goes in a circle.
 */
struct above {
    const struct above *next;
    dev_t device;
    ino_t inode;
};

struct walk {
    struct contents *contents;
    const char *root;
    const struct contents_rules *rules;
};

int path_join(char out[PATH_MAX], const char *folder, const char *name)
{
    int n = name[0] ? snprintf(out, PATH_MAX, "%s/%s", folder, name)
                    : snprintf(out, PATH_MAX, "%s", folder);

    if (n < PATH_MAX)
        return 0;
    errno = ENAMETOOLONG;
    return -1;
}

/* --- looking --- */

static void leave_out(const struct walk *w, const char *path, const char *why)
{
    if (w->rules->left_out)
        w->rules->left_out(w->rules->arg, path, why, false);
}

static void fail_at(const struct walk *w, const char *path)
{
    if (w->rules->left_out)
        w->rules->left_out(w->rules->arg, path, strerror(errno), true);
}

static void add(struct contents *t, const char *path, const struct stat *st)
{
    if (t->count % 64 == 0)
        t->files = mem_realloc(t->files, (t->count + 64) * sizeof(*t->files));
    t->files[t->count++] = (struct contents_file){.path = mem_strdup(path),
                                                  .size = st->st_size,
                                                  .mtime = st->st_mtime,
                                                  .mode = st->st_mode & MODE,
                                                  .is_folder = S_ISDIR(st->st_mode)};
}

static bool is_above(const struct above *a, const struct stat *st)
{
    for (; a; a = a->next) {
        if (a->device == st->st_dev && a->inode == st->st_ino)
            return true;
    }
    return false;
}

/* 0 it was found, 1 it is none of those that are wanted. */
static int look_at(const struct walk *w, const char *path, struct stat *st)
{
    char whole[PATH_MAX];
    int rc = path_join(whole, w->root, path);

    if (rc == 0)
        rc = w->rules->follows_links || !path[0] ? stat(whole, st) : lstat(whole, st);
    if (rc < 0) {
        if (errno != ENOENT)
            fail_at(w, path);
        else if (lstat(whole, st) == 0)
            leave_out(w, path, "the link leads nowhere");
        return 1;
    }
    if (S_ISREG(st->st_mode) || S_ISDIR(st->st_mode))
        return 0;
    leave_out(w, path, S_ISLNK(st->st_mode) ? "it is a link" : "it is no file");
    return 1;
}

static void walk_folder(const struct walk *w, const char *path, const struct above *above);

static void walk_entry(const struct walk *w, const char *path, const struct above *above)
{
    struct stat st;

    if (w->rules->skips && w->rules->skips(w->rules->arg, path, false))
        return;
    if (look_at(w, path, &st) != 0)
        return;
    if (w->rules->skips && S_ISDIR(st.st_mode) && w->rules->skips(w->rules->arg, path, true))
        return;
    if (S_ISDIR(st.st_mode) && is_above(above, &st)) {
        leave_out(w, path, "the link leads in a circle");
        return;
    }
    if (path[0])
        add(w->contents, path, &st);
    if (S_ISDIR(st.st_mode)) {
        struct above here = {above, st.st_dev, st.st_ino};

        walk_folder(w, path, &here);
    }
}

static void walk_folder(const struct walk *w, const char *path, const struct above *above)
{
    char whole[PATH_MAX];
    char inner[PATH_MAX];
    struct dirent *entry;
    DIR *dir = path_join(whole, w->root, path) == 0 ? opendir(whole) : NULL;

    if (!dir && errno != ENOENT)
        fail_at(w, path);
    while (dir && (entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (path[0] ? path_join(inner, path, entry->d_name) < 0
                    : path_join(inner, entry->d_name, "") < 0)
            fail_at(w, path);
        else
            walk_entry(w, inner, above);
    }
    if (dir)
        closedir(dir);
}

void contents_add(struct contents *t, const char *root, const char *folder,
                  const struct contents_rules *rules)
{
    const struct walk w = {t, root, rules};

    walk_entry(&w, folder, NULL);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct contents_file *)a)->path,
                  ((const struct contents_file *)b)->path);
}

void contents_sort(struct contents *t)
{
    if (t->count)
        qsort(t->files, t->count, sizeof(*t->files), by_path);
}

const struct contents_file *contents_find(const struct contents *t, const char *path)
{
    const struct contents_file key = {.path = (char *)(uintptr_t)path};

    return t->count ? bsearch(&key, t->files, t->count, sizeof(key), by_path) : NULL;
}

void contents_clear(struct contents *t)
{
    for (unsigned i = 0; i < t->count; i++)
        mem_free(t->files[i].path);
    mem_free(t->files);
    *t = (struct contents){0};
}

/* --- making, copying, removing --- */

int path_make_folders(const char *root, const char *path, struct err *e)
{
    char part[PATH_MAX];

    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        if (snprintf(part, sizeof(part), "%s/%.*s", root, (int)(slash - path), path) >=
            (int)sizeof(part))
            return err_set(e, "%s: %s", path, strerror(ENAMETOOLONG));
        if (mkdir(part, MODE) < 0 && errno != EEXIST)
            return err_set(e, "make %s: %s", part, strerror(errno));
    }
    return 0;
}

static int copy_open(int from, const char *to)
{
    struct stat st;
    int rc = -1;
    int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd >= 0 && fstat(from, &st) == 0 && copy_bytes(from, fd) == 0 &&
        fchmod(fd, (st.st_mode & MODE) | S_IRUSR | S_IWUSR) == 0 &&
        futimens(fd, (struct timespec[]){st.st_mtim, st.st_mtim}) == 0)
        rc = 0;
    if (fd >= 0 && close(fd) < 0)
        rc = -1;
    return rc;
}

int path_copy(const char *from, const char *to, struct err *e)
{
    int fd = open(from, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int rc;

    if (fd < 0)
        return err_set(e, "%s: %s", from, strerror(errno));
    rc = copy_open(fd, to);
    if (rc < 0)
        err_set(e, "write %s: %s", to, strerror(errno));
    close(fd);
    return rc;
}

static int copy_one(const char *from, const char *to, const struct contents_file *f,
                    struct err *e)
{
    char source[PATH_MAX];
    char target[PATH_MAX];

    if (path_join(source, from, f->path) < 0 || path_join(target, to, f->path) < 0)
        return err_set(e, "%s: %s", f->path, strerror(errno));
    if (!f->is_folder)
        return path_copy(source, target, e);
    return mkdir(target, MODE) == 0 ? 0 : err_set(e, "make %s: %s", target, strerror(errno));
}

int contents_copy(const struct contents *t, const char *from, const char *to,
                  bool (*go_on)(void *arg), void *arg, struct err *e)
{
    for (unsigned i = 0; i < t->count; i++) {
        if (go_on && !go_on(arg))
            return err_set(e, "it was stopped");
        if (copy_one(from, to, &t->files[i], e) < 0)
            return -1;
    }
    return 0;
}

int path_read(const char *path, struct buf *out, struct err *e)
{
    char piece[65536];
    ssize_t n = -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    errno = fd < 0 ? errno : 0;
    while (fd >= 0 && (n = read(fd, piece, sizeof(piece))) > 0) {
        if (!buf_add(out, span_from(piece, (size_t)n))) {
            errno = EFBIG;
            n = -1;
            break;
        }
    }
    if (n < 0)
        err_set(e, "%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return n < 0 ? -1 : 0;
}
