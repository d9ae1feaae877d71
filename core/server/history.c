#include "server/history.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

enum { PATH_LEN = 1024, STAMP_LEN = 32, VERSION_MAX = 8 << 20 };

struct history {
    char *folder;
    struct worker *worker;
    struct timespec complained;
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

static int is_version(const struct dirent *entry)
{
    return entry->d_name[0] >= '0' && entry->d_name[0] <= '9' &&
           strspn(entry->d_name, "0123456789T.") == strlen(entry->d_name);
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

static bool read_version(const char *folder, const char *name, struct buf *out)
{
    char path[PATH_LEN + 300];
    char piece[65536];
    ssize_t n;
    int fd;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    while ((n = read(fd, piece, sizeof(piece))) > 0)
        buf_add(out, span_from(piece, (size_t)n));
    close(fd);
    return n == 0;
}

static bool newest_in(const char *folder, struct buf *out)
{
    struct dirent **list = NULL;
    int n = list_versions(folder, &list);
    bool ok = n > 0 && read_version(folder, list[n - 1]->d_name, out);

    free_versions(list, n);
    return ok;
}

bool history_newest(struct history *h, const char *path, struct buf *out)
{
    char folder[PATH_LEN];

    snprintf(folder, sizeof(folder), "%s/%s", h->folder, path);
    return newest_in(folder, out);
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

static int write_file(const char *path, struct span text, struct err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0)
        return err_set(e, "%s: %s", path, strerror(errno));
    while (text.len > 0) {
        ssize_t n = write(fd, text.data, text.len);

        if (n < 0) {
            err_set(e, "%s: %s", path, strerror(errno));
            close(fd);
            return -1;
        }
        span_take(&text, (size_t)n);
    }
    return close(fd) < 0 ? err_set(e, "%s: %s", path, strerror(errno)) : 0;
}

static void remove_oldest(const char *folder)
{
    struct dirent **list = NULL;
    char path[PATH_LEN + 300];
    int n = list_versions(folder, &list);

    for (int i = 0; i < n - HISTORY_KEPT; i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, list[i]->d_name);
        unlink(path);
    }
    free_versions(list, n);
}

static bool is_kept_already(const struct version *v)
{
    struct buf newest;
    bool same;

    buf_init(&newest, VERSION_MAX);
    same = newest_in(v->folder, &newest) && span_equals(buf_span(&newest), buf_span(&v->text));
    buf_clear(&newest);
    return same;
}

static int keep(struct version *v)
{
    char part[PATH_LEN + 64];
    char whole[PATH_LEN + 64];

    if (is_kept_already(v))
        return 0;
    if (make_folders(v->folder, &v->error) < 0)
        return -1;
    snprintf(part, sizeof(part), "%s/part", v->folder);
    snprintf(whole, sizeof(whole), "%s/%s", v->folder, v->stamp);
    if (write_file(part, buf_span(&v->text), &v->error) < 0)
        return -1;
    if (rename(part, whole) < 0)
        return err_set(&v->error, "%s: %s", whole, strerror(errno));
    remove_oldest(v->folder);
    return 0;
}

static void run_keep(struct job *job, void *context)
{
    struct version *v = (struct version *)job;

    (void)context;
    v->rc = keep(v);
}

static void kept(struct job *job)
{
    struct version *v = (struct version *)job;
    struct history *h = v->history;
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    if (v->rc < 0 && (h->complained.tv_sec == 0 || now.tv_sec - h->complained.tv_sec > 3600)) {
        h->complained = now;
        log_warn("history event=failed why=%s", log_quote(span_of(v->error.text)));
    }
    buf_clear(&v->text);
    mem_free(v);
}

/* 20261123T065512.123456, in UTC: sorts by time. */
static void make_stamp(char out[STAMP_LEN])
{
    struct timespec now;
    struct tm tm;
    size_t n;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    n = strftime(out, STAMP_LEN, "%Y%m%dT%H%M%S", &tm);
    snprintf(out + n, STAMP_LEN - n, ".%06ld", now.tv_nsec / 1000);
}

void history_add(struct history *h, const char *path, struct span text)
{
    struct version *v = mem_zalloc(sizeof(*v));

    v->job.run = run_keep;
    v->job.done = kept;
    v->history = h;
    snprintf(v->folder, sizeof(v->folder), "%s/%s", h->folder, path);
    make_stamp(v->stamp);
    buf_init(&v->text, VERSION_MAX);
    buf_add(&v->text, text);
    worker_add(h->worker, &v->job);
}
