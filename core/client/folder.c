#include "client/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/utf8.h"

enum { PIECE = 262144 };

bool file_list_add(struct file_list *list, struct span name, int64_t size, int64_t modified)
{
    struct file_entry *entry;

    if (list->count == FILE_LIST_MOST)
        return false;
    if ((list->count & (list->count - 1)) == 0) /* it is full: twice as many */
        list->entries =
            mem_realloc(list->entries, (list->count ? list->count * 2 : 1) * sizeof(*entry));
    entry = &list->entries[list->count++];
    *entry = (struct file_entry){mem_alloc(name.len + 1), size, modified, 0};
    memcpy(entry->name, name.data, name.len);
    entry->name[name.len] = '\0';
    return true;
}

void file_list_clear(struct file_list *list)
{
    for (unsigned i = 0; i < list->count; i++)
        mem_free(list->entries[i].name);
    mem_free(list->entries);
    *list = (struct file_list){0};
}

static int64_t nanoseconds(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Calls `see` with each entry of a folder that is open; closes it. -1 and `e`. */
static int
each_entry(int fd, void (*see)(void *arg, int folder, const char *name, const struct stat *st),
           void *arg, struct err *e)
{
    DIR *dir = fdopendir(fd);
    const struct dirent *entry;
    struct stat st;
    int rc = 0;

    if (!dir) {
        close(fd);
        return err_set(e, "read a folder: %s", strerror(errno));
    }
    while (errno = 0, (entry = readdir(dir))) {
        if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
            see(arg, fd, entry->d_name, &st);
    }
    if (errno)
        rc = err_set(e, "read a folder: %s", strerror(errno));
    closedir(dir);
    return rc;
}

static void add_file(void *arg, int folder, const char *name, const struct stat *st)
{
    struct file_list *list = arg;
    struct span s = span_of(name);
    bool is_told = S_ISREG(st->st_mode) && place_is_name(s) && utf8_is_valid(s);

    (void)folder;
    if (*name == '.')
        return;
    if (is_told && file_list_add(list, s, st->st_size, nanoseconds(st->st_mtim)))
        list->entries[list->count - 1].changed = nanoseconds(st->st_ctim);
    else
        list->left_out++;
}

static void add_folder(void *arg, int folder, const char *name, const struct stat *st)
{
    (void)folder;
    if (*name != '.' && S_ISDIR(st->st_mode))
        file_list_add(arg, span_of(name), 0, nanoseconds(st->st_mtim));
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct file_entry *)a)->name, ((const struct file_entry *)b)->name);
}

int folder_read(const struct place *p, struct file_list *out, struct err *e)
{
    int fd = place_open_folder(p, false, e);

    *out = (struct file_list){0};
    if (fd < 0 || each_entry(fd, add_file, out, e) < 0)
        return -1;
    if (out->count)
        qsort(out->entries, out->count, sizeof(*out->entries), by_name);
    return 0;
}

int folder_read_folders(const struct place *p, struct file_list *out, struct err *e)
{
    int fd = place_open_folder(p, false, e);

    *out = (struct file_list){0};
    return fd < 0 ? -1 : each_entry(fd, add_folder, out, e);
}

int folder_make(const struct place *p, struct err *e)
{
    int fd = place_open_folder(p, true, e);

    if (fd >= 0)
        close(fd);
    return fd < 0 ? -1 : 0;
}

struct cleaning {
    int64_t before;
    int64_t count;
};

static void clean_file(void *arg, int folder, const char *name, const struct stat *st)
{
    struct cleaning *cleaning = arg;

    if (S_ISREG(st->st_mode) && nanoseconds(st->st_ctim) < cleaning->before &&
        unlinkat(folder, name, 0) == 0)
        cleaning->count++;
}

static void clean_folder(void *arg, int folder, const char *name, const struct stat *st)
{
    const struct cleaning *cleaning = arg;
    struct err ignored;
    int fd;

    if (!S_ISDIR(st->st_mode) || *name == '.')
        return;
    fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || each_entry(fd, clean_file, arg, &ignored) < 0)
        return;
    if (nanoseconds(st->st_mtim) < cleaning->before)
        unlinkat(folder, name, AT_REMOVEDIR);
}

int64_t folder_clean(const struct place *p, int64_t before, struct err *e)
{
    struct cleaning cleaning = {.before = before};
    int fd = place_open_folder(p, false, e);

    return fd < 0 || each_entry(fd, clean_folder, &cleaning, e) < 0 ? -1 : cleaning.count;
}

static void clean_part(void *arg, int folder, const char *name, const struct stat *st)
{
    const int64_t *before = arg;

    if (strncmp(name, FOLDER_PART, strlen(FOLDER_PART)) == 0 && S_ISREG(st->st_mode) &&
        nanoseconds(st->st_mtim) < *before)
        unlinkat(folder, name, 0);
}

void folder_clean_parts(int folder, int64_t before)
{
    struct err ignored;
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0)
        each_entry(fd, clean_part, &before, &ignored);
}

int64_t folder_changed(const struct place *p, struct err *e)
{
    struct stat st;

    if (place_stat(p, &st, e) < 0)
        return -1;
    return nanoseconds(S_ISDIR(st.st_mode) ? st.st_mtim : st.st_ctim);
}

static atomic_bool digests_end;

void file_digests_end(void)
{
    atomic_store(&digests_end, true);
}

int file_digest(int fd, char text[DIGEST_TEXT], struct err *e)
{
    uint8_t digest[SHA256_DIGEST_SIZE];
    uint8_t *piece = mem_alloc(PIECE);
    struct sha256_ctx sum;
    int64_t at = 0;
    ssize_t n;

    sha256_init(&sum);
    while ((n = pread(fd, piece, PIECE, at)) > 0 && !atomic_load(&digests_end)) {
        sha256_update(&sum, (size_t)n, piece);
        at += n;
    }
    mem_free(piece);
    if (n != 0)
        return err_set(e, "read: %s", n < 0 ? strerror(errno) : "the server stops");
    sha256_digest(&sum, sizeof(digest), digest);
    for (unsigned i = 0; i < sizeof(digest); i++)
        snprintf(text + 2 * (size_t)i, 3, "%02x", digest[i]);
    return 0;
}
