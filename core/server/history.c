#include "server/history.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "server/files.h"

enum { PATH_LEN = 1024, STAMP_LEN = 32, STAMP_CHARS = 22, COMPLAIN_SECONDS = 3600 };

#define TOO_LONG "a file's path or text is too long to be kept"

struct history {
    char *folder;
    struct worker *worker;
    time_t complained_at; /* monotonic seconds */
    bool has_complained;
};

/* One version on its way to the disk. */
struct version {
    struct job job;
    struct history *history;
    char folder[PATH_LEN]; /* of the file's versions */
    char stamp[STAMP_LEN];
    struct buf text;
    struct err error;
    int rc;
};

struct history *history_new(const char *folder, struct worker *worker)
{
    struct history *h = mem_zalloc(sizeof(*h));

    h->folder = mem_strdup(folder);
    h->worker = worker;
    return h;
}

void history_free(struct history *h)
{
    if (!h)
        return;
    mem_free(h->folder);
    mem_free(h);
}

/* --- versions of one file --- */

static bool is_version_name(const char *name)
{
    return strlen(name) == STAMP_CHARS && strspn(name, "0123456789T.") == STAMP_CHARS &&
           name[8] == 'T' && name[15] == '.';
}

static int is_version(const struct dirent *entry)
{
    return is_version_name(entry->d_name);
}

/* Their names, the oldest first; freed by free_versions. */
static int list_versions(const char *folder, struct dirent ***list)
{
    return scandir(folder, list, is_version, alphasort);
}

/* What scandir allocated by malloc, which mem_free knows. */
static void free_versions(struct dirent **list, int n)
{
    for (int i = 0; i < n; i++)
        mem_free(list[i]);
    if (n >= 0)
        mem_free(list);
}

/* Added whole, or not at all. */
static bool read_version(const char *folder, const char *name, struct buf *out)
{
    char path[PATH_LEN + 300];
    char piece[65536];
    uint32_t before = out->len;
    ssize_t n;
    int fd;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    while ((n = read(fd, piece, sizeof(piece))) > 0) {
        if (!buf_add(out, span_from(piece, (size_t)n)))
            break;
    }
    close(fd);
    if (n != 0)
        buf_cut(out, before);
    return n == 0;
}

/* False: `path` is too long for us. */
static bool set_folder(const struct history *h, const char *path, char out[PATH_LEN])
{
    return snprintf(out, PATH_LEN, "%s/%s", h->folder, path) < PATH_LEN;
}

bool history_read(struct history *h, const char *path, unsigned age, struct buf *out)
{
    char folder[PATH_LEN];
    struct dirent **list = NULL;
    bool found = false;
    int n = set_folder(h, path, folder) ? list_versions(folder, &list) : -1;

    if (n > 0 && age < (unsigned)n)
        found = read_version(folder, list[(unsigned)n - 1 - age]->d_name, out);
    free_versions(list, n);
    return found;
}

/* --- the time of a version, in UTC: 20261123T065512.123456 --- */

static void print_stamp(time_t seconds, long micros, char out[STAMP_LEN])
{
    struct tm tm;
    size_t n;

    gmtime_r(&seconds, &tm);
    n = strftime(out, STAMP_LEN, "%Y%m%dT%H%M%S", &tm);
    snprintf(out + n, STAMP_LEN - n, ".%06ld", micros);
}

static void make_stamp(char out[STAMP_LEN])
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    print_stamp(now.tv_sec, now.tv_nsec / 1000, out);
}

/* False: it is none. */
static bool read_stamp(const char *stamp, time_t *seconds, long *micros)
{
    struct tm tm = {0};
    const char *dot = strptime(stamp, "%Y%m%dT%H%M%S", &tm);

    if (!dot)
        return false;
    *seconds = timegm(&tm);
    *micros = strtol(dot + 1, NULL, 10);
    return true;
}

/* The newest version sorts last even if the clock was set back: then it is dated just after the
 * one before it, or it would be the first to be removed. */
static void make_later(char stamp[STAMP_LEN], const char *last)
{
    time_t seconds;
    long micros;

    if (strcmp(stamp, last) > 0 || !read_stamp(last, &seconds, &micros))
        return;
    micros++;
    print_stamp(seconds + micros / 1000000, micros % 1000000, stamp);
}

/* --- looking at them --- */

static void list_one(const char *folder, const char *name, struct buf *out)
{
    char path[PATH_LEN + 300];
    struct stat st;
    time_t seconds;
    long micros;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (stat(path, &st) == 0 && read_stamp(name, &seconds, &micros))
        buf_printf(out, "%s %jd %jd\n", name, (intmax_t)seconds, (intmax_t)st.st_size);
}

void history_list(const struct history *h, const char *path, struct buf *out)
{
    char folder[PATH_LEN];
    struct dirent **list = NULL;
    int n = set_folder(h, path, folder) ? list_versions(folder, &list) : -1;

    for (int i = n - 1; i >= 0; i--)
        list_one(folder, list[i]->d_name, out);
    free_versions(list, n);
}

/* Of which the names are sorted as the paths they make. */
static int is_below(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && !is_version_name(entry->d_name) &&
           strcmp(entry->d_name, HISTORY_PART) != 0;
}

static void list_file(const struct history *h, const char *path, struct buf *out)
{
    char folder[PATH_LEN];
    struct dirent **list = NULL;
    int n = set_folder(h, path, folder) ? list_versions(folder, &list) : -1;
    time_t seconds;
    long micros;

    if (n > 0 && read_stamp(list[n - 1]->d_name, &seconds, &micros))
        buf_printf(out, "%d %jd %s\n", n, (intmax_t)seconds, path);
    free_versions(list, n);
}

/* Each file's versions are in a folder of its name, among those of the board. */
static void list_below(const struct history *h, const char *path, unsigned depth,
                       struct buf *out)
{
    char folder[PATH_LEN];
    char below[PATH_LEN];
    struct dirent **list = NULL;
    int n = set_folder(h, path, folder) ? scandir(folder, &list, is_below, alphasort) : -1;

    for (int i = 0; i < n; i++) {
        if (snprintf(below, sizeof(below), "%s%s%s", path, path[0] ? "/" : "",
                     list[i]->d_name) >= (int)sizeof(below))
            continue;
        list_file(h, below, out);
        if (depth > 0)
            list_below(h, below, depth - 1, out);
    }
    free_versions(list, n);
}

void history_list_files(const struct history *h, struct buf *out)
{
    list_below(h, "", FILES_DEPTH + 2, out);
}

bool history_read_named(const struct history *h, const char *path, const char *name,
                        struct buf *out)
{
    char folder[PATH_LEN];

    return is_version_name(name) && set_folder(h, path, folder) &&
           read_version(folder, name, out);
}

/* --- writing, on the worker's thread --- */

static int make_folders(const char *path, struct err *e)
{
    char part[PATH_LEN];

    for (const char *p = path + 1;; p++) {
        if (*p != '/' && *p != '\0')
            continue;
        snprintf(part, sizeof(part), "%.*s", (int)(p - path), path);
        if (mkdir(part, 0700) < 0 && errno != EEXIST)
            return err_set(e, "%s: %s", part, strerror(errno));
        if (*p == '\0')
            return 0;
    }
}

static int write_all(int fd, struct span text)
{
    while (text.len > 0) {
        ssize_t n = write(fd, text.data, text.len);

        if (n < 0)
            return -1;
        span_take(&text, (size_t)n);
    }
    return fdatasync(fd); /* or the name may outlive a power loss, and the text not */
}

static int write_file(const char *path, struct span text, struct err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int rc = fd < 0 ? -1 : write_all(fd, text);

    if (rc < 0)
        err_set(e, "%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return rc;
}

/* Under a temporary name first: a version is there whole, or it is not there. */
static int write_version(const char *folder, const char *stamp, struct span text, struct err *e)
{
    char part[PATH_LEN + 8];
    char whole[PATH_LEN + STAMP_LEN];
    int rc;

    snprintf(part, sizeof(part), "%s/" HISTORY_PART, folder);
    snprintf(whole, sizeof(whole), "%s/%s", folder, stamp);
    rc = write_file(part, text, e);
    if (rc == 0 && rename(part, whole) < 0)
        rc = err_set(e, "%s: %s", whole, strerror(errno));
    if (rc < 0)
        unlink(part);
    return rc;
}

static void remove_oldest(const char *folder, struct dirent *const *list, int count)
{
    char path[PATH_LEN + 300];

    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, list[i]->d_name);
        unlink(path);
    }
}

static bool is_same(const struct version *v, const char *name)
{
    struct buf kept;
    bool same;

    buf_init(&kept, v->text.len); /* what is longer is not the same, and not read */
    same = read_version(v->folder, name, &kept) &&
           span_equals(buf_span(&kept), buf_span(&v->text));
    buf_clear(&kept);
    return same;
}

/* A command keeps versions, too: one at a time, or both would write the same part. Freed by
 * close. -1 and `e`. */
static int lock_folder(const char *folder, struct err *e)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0 && flock(fd, LOCK_EX) == 0)
        return fd;
    err_set(e, "%s: %s", folder, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

static int keep_in_folder(struct version *v)
{
    struct dirent **list = NULL;
    int n = list_versions(v->folder, &list);
    const char *newest = n > 0 ? list[n - 1]->d_name : NULL;
    int rc = 0;

    if (newest && is_same(v, newest))
        goto done;
    if (newest)
        make_later(v->stamp, newest);
    rc = write_version(v->folder, v->stamp, buf_span(&v->text), &v->error);
    if (rc == 0)
        remove_oldest(v->folder, list, n + 1 - HISTORY_KEPT);
done:
    free_versions(list, n);
    return rc;
}

static int keep(struct version *v)
{
    int lock = make_folders(v->folder, &v->error);
    int rc;

    if (lock == 0)
        lock = lock_folder(v->folder, &v->error);
    if (lock < 0)
        return -1;
    rc = keep_in_folder(v);
    close(lock);
    return rc;
}

static void run_keep(struct job *job, void *context)
{
    struct version *v = (struct version *)job;

    (void)context;
    v->rc = keep(v);
}

static void complain(struct history *h, const char *why)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    if (h->has_complained && now.tv_sec - h->complained_at < COMPLAIN_SECONDS)
        return;
    h->has_complained = true;
    h->complained_at = now.tv_sec;
    log_warn("history event=failed why=%s", log_quote(span_of(why)));
}

static void kept(struct job *job)
{
    struct version *v = (struct version *)job;

    if (v->rc < 0)
        complain(v->history, v->error.text);
    buf_clear(&v->text);
    mem_free(v);
}

/* NULL: its path or text is too long. */
static struct version *make_version(const struct history *h, const char *path, struct span text)
{
    struct version *v = mem_zalloc(sizeof(*v));

    buf_init(&v->text, BUF_LARGE);
    if (!set_folder(h, path, v->folder) || !buf_add(&v->text, text)) {
        mem_free(v);
        return NULL;
    }
    make_stamp(v->stamp);
    return v;
}

void history_add(struct history *h, const char *path, struct span text)
{
    struct version *v = make_version(h, path, text);

    if (!v) {
        complain(h, TOO_LONG);
        return;
    }
    v->job.run = run_keep;
    v->job.done = kept;
    v->history = h;
    worker_add(h->worker, &v->job);
}

int history_keep(const struct history *h, const char *path, struct span text, struct err *e)
{
    struct version *v = make_version(h, path, text);
    int rc;

    if (!v)
        return err_set(e, "%s: %s", path, TOO_LONG);
    rc = keep(v);
    if (rc < 0)
        *e = v->error;
    buf_clear(&v->text);
    mem_free(v);
    return rc;
}
