#include "client/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/mem.h"
#include "client/folder.h"
#include "proto/crc.h"

enum { SUM_BYTES = 262144 };
#define TIME_MOST INT64_C(4102444800) /* the year 2100: what is later is a mistake */

struct disk_file *disk_file_new(int fd)
{
    struct disk_file *f = mem_zalloc(sizeof(*f));

    f->fd = fd;
    f->refs = 1;
    return f;
}

struct disk_file *disk_file_ref(struct disk_file *f)
{
    f->refs++;
    return f;
}

void disk_file_unref(struct disk_file *f)
{
    if (!f || --f->refs > 0)
        return;
    close(f->fd);
    mem_free(f);
}

struct disk_job *disk_job_new(struct transfer *t, void (*work)(struct disk_job *j),
                              void (*then)(struct transfer *t, struct disk_job *j))
{
    struct disk_job *j = mem_zalloc(sizeof(*j));

    j->transfer = t;
    j->work = work;
    j->then = then;
    j->fd = -1;
    return j;
}

void disk_job_free(struct disk_job *j)
{
    if (j->fd >= 0)
        close(j->fd);
    disk_file_unref(j->file);
    disk_file_unref(j->folder);
    mem_free(j->part);
    mem_free(j->name);
    place_clear(&j->place);
    mem_free(j->data);
    mem_free(j);
}

/* Does the name still lead to what has been opened? Another line may have given it its own. */
static bool is_still_there(const struct disk_job *j, const struct stat *st)
{
    struct stat now;

    return fstatat(j->folder->fd, j->part, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
           now.st_ino == st->st_ino && now.st_dev == st->st_dev;
}

static void fail(struct disk_job *j, const char *what)
{
    j->has_failed = true;
    err_set(&j->error, "%s: %s", what, strerror(errno));
}

void disk_open(struct disk_job *j)
{
    struct stat st;

    j->fd = place_open(&j->place, O_RDONLY, &j->error);
    j->has_failed = j->fd < 0;
    if (j->has_failed)
        return;
    if (fstat(j->fd, &st) < 0) {
        fail(j, "stat");
        return;
    }
    j->size = st.st_size;
    j->modified = st.st_mtime;
}

static ssize_t read_at(int fd, char *to, size_t len, int64_t offset)
{
    size_t have = 0;

    while (have < len) {
        ssize_t n = pread(fd, to + have, len - have, offset + (int64_t)have);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        have += (size_t)n;
    }
    return (ssize_t)have;
}

void disk_read(struct disk_job *j)
{
    ssize_t n;

    j->data = mem_alloc(j->len);
    n = read_at(j->file->fd, j->data, j->len, j->offset);
    j->len = n < 0 ? 0 : (size_t)n;
    if (n < 0)
        fail(j, "read");
}

void disk_sum(struct disk_job *j)
{
    char *piece = mem_alloc(SUM_BYTES);
    int64_t at = 0;

    while (at < j->size && !j->has_failed) {
        size_t len = j->size - at < SUM_BYTES ? (size_t)(j->size - at) : SUM_BYTES;
        ssize_t n = read_at(j->file->fd, piece, len, at);

        if (n < (ssize_t)len) {
            fail(j, "read");
            break;
        }
        j->crc = crc_32(j->crc, span_from(piece, len));
        at += n;
    }
    mem_free(piece);
}

/* --- files that come --- */

void disk_open_folder(struct disk_job *j)
{
    struct statvfs st;

    j->fd = place_open_folder(&j->place, true, &j->error);
    j->has_failed = j->fd < 0;
    if (j->has_failed)
        return;
    folder_clean_parts(j->fd, j->modified);
    if (fstatvfs(j->fd, &st) == 0)
        j->size = (int64_t)st.f_bavail * (int64_t)st.f_frsize;
}

void disk_open_part(struct disk_job *j)
{
    struct stat st;
    int folder = j->folder->fd;

    j->exists = fstatat(folder, j->name, &st, AT_SYMLINK_NOFOLLOW) == 0;
    if (j->exists && (!j->overwrites || !S_ISREG(st.st_mode)))
        return;
    j->exists = false;
    j->fd =
        openat(folder, j->part, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    if (j->fd < 0 || fstat(j->fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        fail(j, j->name);
    } else if (flock(j->fd, LOCK_EX | LOCK_NB) < 0 || !is_still_there(j, &st)) {
        j->has_failed = true;
        err_set(&j->error, "it is being sent already, on another line");
    }
    j->size = j->has_failed ? 0 : st.st_size;
}

void disk_write(struct disk_job *j)
{
    size_t done = 0;

    while (done < j->len) {
        ssize_t n =
            pwrite(j->file->fd, j->from + done, j->len - done, j->offset + (int64_t)done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            fail(j, "it can't be stored");
            return;
        }
        done += (size_t)n;
    }
}

/* The peer's time, if it may be one. It is as good without. */
static void set_time(const struct disk_job *j)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = j->modified}};

    if (j->modified > 0 && j->modified < TIME_MOST)
        futimens(j->file->fd, times);
}

void disk_end_part(struct disk_job *j)
{
    int folder = j->folder->fd;
    unsigned flags = j->overwrites ? 0 : RENAME_NOREPLACE;

    if (ftruncate(j->file->fd, j->size) < 0) {
        fail(j, "it can't be stored");
        return;
    }
    set_time(j);
    if (fsync(j->file->fd) < 0 || renameat2(folder, j->part, folder, j->name, flags) < 0)
        fail(j, "it can't be stored");
    else
        fsync(folder);
}

/* Emptied here first: else the last close, on the loop's thread, gives its room back. */
void disk_remove_part(struct disk_job *j)
{
    if (j->file && ftruncate(j->file->fd, 0) < 0)
        fail(j, j->part);
    unlinkat(j->folder->fd, j->part, 0);
}

ssize_t disk_read_now(const struct disk_file *f, void *to, size_t len, int64_t offset)
{
    struct iovec v = {.iov_base = to, .iov_len = len};

    return preadv2(f->fd, &v, 1, offset, RWF_NOWAIT);
}
