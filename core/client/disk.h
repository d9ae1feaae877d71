/* disk.h -- the files of a transfer, opened, read and written on a worker's threads: a slow
 * disk slows that one transfer. Part of client/. */
#ifndef PERIGEE_CLIENT_DISK_H
#define PERIGEE_CLIENT_DISK_H

#include <stdint.h>
#include <sys/types.h>

#include "base/worker.h"
#include "client/place.h"

/* Open, and counted: by its transfer, and by each job that uses it. */
struct disk_file {
    int fd;
    unsigned refs;
};

struct disk_file *disk_file_new(int fd);
struct disk_file *disk_file_ref(struct disk_file *f);
void disk_file_unref(struct disk_file *f); /* NULL is allowed */

struct transfer;

/* What is done on a thread, and then. A job belongs to its transfer until it is done. */
struct disk_job {
    struct job job;
    struct transfer *transfer;
    void (*work)(struct disk_job *j);                     /* on a thread */
    void (*then)(struct transfer *t, struct disk_job *j); /* back, if the caller is there */
    struct disk_file *file;                               /* referred to; may be NULL */
    struct disk_file *folder;                             /* the same */
    char *part; /* what a file is called in the folder until it is whole */
    char *name;
    bool overwrites;
    bool exists;
    struct place place;
    int fd; /* that was opened; -1 */
    int64_t offset;
    int64_t size;
    int64_t modified;
    char *data;       /* that was read */
    const char *from; /* to be written: the transfer's */
    size_t len;
    uint32_t crc;
    bool has_failed; /* `error` says why */
    struct err error;
};

struct disk_job *disk_job_new(struct transfer *t, void (*work)(struct disk_job *j),
                              void (*then)(struct transfer *t, struct disk_job *j));
void disk_job_free(struct disk_job *j);

/* --- work --- */
void disk_open(struct disk_job *j); /* place, to read -> fd, size, modified */
void disk_read(struct disk_job *j); /* file, offset, len -> data, len: less at its end */
void disk_sum(struct disk_job *j);  /* file, size -> crc of its first `size` bytes */

/* place -> fd, size: bytes that are free. Parts that are older than `modified` go. */
void disk_open_folder(struct disk_job *j);
/* folder, name, part, overwrites -> fd and size of the part, which nobody else is writing;
 * `exists`: there is a file of that name, and no fd. */
void disk_open_part(struct disk_job *j);
void disk_write(struct disk_job *j); /* file, from, len, offset */
/* folder, file, `size` bytes of it, part: it gets its name, at once and whole. */
void disk_end_part(struct disk_job *j);
void disk_remove_part(struct disk_job *j); /* folder, part */

/* On the loop's thread: what is in memory already. -1: it is not, or can't be known. */
ssize_t disk_read_now(const struct disk_file *f, void *to, size_t len, int64_t offset);

#endif
