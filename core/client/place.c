#include "client/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/copy.h"
#include "base/mem.h"

enum { NAME_BYTES = 256 };

/* --- names --- */

bool place_is_name(struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if ((unsigned char)s.data[i] < ' ' || s.data[i] == 0x7F || s.data[i] == '/')
            return false;
    }
    return s.len > 0 && s.len < NAME_BYTES && !span_is(s, ".") && !span_is(s, "..");
}

static struct span take_name(struct span *path)
{
    const char *slash = memchr(path->data, '/', path->len);
    struct span name = span_take(path, slash ? (size_t)(slash - path->data) : path->len);

    span_take(path, slash ? 1 : 0);
    return name;
}

bool place_is_path(struct span path)
{
    if (path.len == 0 || path.data[path.len - 1] == '/')
        return false;
    while (path.len > 0) {
        if (!place_is_name(take_name(&path)))
            return false;
    }
    return true;
}

static char *copy(struct span s)
{
    char *text = mem_alloc(s.len + 1);

    memcpy(text, s.data, s.len);
    text[s.len] = '\0';
    return text;
}

/* The path below a folder that it is written with. */
static bool is_below(struct span *path, const char *root)
{
    size_t len = strlen(root);

    while (len > 1 && root[len - 1] == '/')
        len--;
    if (path->len <= len + 1 || memcmp(path->data, root, len) != 0 || path->data[len] != '/')
        return false;
    span_take(path, len + 1);
    return true;
}

static const char *find_root(const struct settings *s, const char *files, struct span *path)
{
    if (path->len == 0 || path->data[0] != '/')
        return files;
    for (unsigned i = 0; i < s->file_roots.count; i++) {
        if (is_below(path, s->file_roots.items[i]))
            return s->file_roots.items[i];
    }
    return NULL;
}

int place_find(struct place *p, const struct settings *s, const char *files, struct span name,
               struct err *e)
{
    struct span path = name;
    const char *root = find_root(s, files, &path);

    if (!root)
        return err_set(e,
                       "%.*s: expected a path below the data folder's files/, or below one of "
                       "the setting files.roots",
                       SPAN_ARG(name));
    if (!place_is_path(path))
        return err_set(e, "%.*s: expected names with '/' between them, without '..'",
                       SPAN_ARG(name));
    p->root = copy(span_of(root));
    p->path = copy(path);
    return 0;
}

void place_clear(struct place *p)
{
    mem_free(p->root);
    mem_free(p->path);
    *p = (struct place){0};
}

void place_copy(struct place *to, const struct place *from)
{
    to->root = mem_strdup(from->root);
    to->path = mem_strdup(from->path);
}

const char *place_name(const struct place *p)
{
    const char *slash = strrchr(p->path, '/');

    return slash ? slash + 1 : p->path;
}

/* --- opening --- */

static int fail(const struct place *p, int folder, struct err *e)
{
    const char *why =
        errno == ELOOP || errno == ENOTDIR ? "it is a link, or no folder" : strerror(errno);

    if (folder >= 0)
        close(folder);
    return err_set(e, "%s: %s", p->path, why);
}

static int check_regular(const struct place *p, int fd, struct err *e)
{
    struct stat st;

    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        return fd;
    close(fd);
    return err_set(e, "%s: it is no file", p->path);
}

/* The folder that the last name is in, and that name. -1: errno. */
static int open_above(const struct place *p, char last[NAME_BYTES])
{
    struct span rest = span_of(p->path);
    int folder = open(p->root, O_PATH | O_DIRECTORY | O_CLOEXEC);

    while (folder >= 0) {
        struct span name = take_name(&rest);
        int next;

        memcpy(last, name.data, name.len);
        last[name.len] = '\0';
        if (rest.len == 0)
            break;
        next = openat(folder, last, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        close(folder);
        folder = next;
    }
    return folder;
}

int place_open(const struct place *p, int flags, struct err *e)
{
    char name[NAME_BYTES];
    int folder = open_above(p, name);
    int fd = folder < 0
                 ? -1
                 : openat(folder, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);

    if (fd < 0)
        return fail(p, folder, e);
    close(folder);
    return check_regular(p, fd, e);
}

int place_stat(const struct place *p, struct stat *st, struct err *e)
{
    char name[NAME_BYTES];
    int folder = open_above(p, name);

    if (folder < 0 || fstatat(folder, name, st, AT_SYMLINK_NOFOLLOW) < 0)
        return fail(p, folder, e);
    close(folder);
    return 0;
}

int place_open_folder(const struct place *p, bool makes, struct err *e)
{
    char name[NAME_BYTES];
    int folder = open_above(p, name);
    int fd;

    if (folder < 0)
        return fail(p, folder, e);
    fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && makes && errno == ENOENT &&
        (mkdirat(folder, name, 0700) == 0 || errno == EEXIST))
        fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return fail(p, folder, e);
    close(folder);
    return fd;
}

/* With its times. -1: errno. */
static int copy_whole(int from, const struct stat *st, int to)
{
    const struct timespec times[2] = {st->st_atim, st->st_mtim};

    return copy_bytes(from, to) < 0 || futimens(to, times) < 0 || fsync(to) < 0 ? -1 : 0;
}

/* The name is on the disk before the other disk's goes. */
static void keep_name(int folder)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

/* Empty, and nobody else's: a caller who leaves in the middle of a move does not end it, and
 * the file that is still there may be moved again meanwhile. -1: errno. */
static int open_part(int target, const char *part, mode_t mode)
{
    int fd = openat(target, part, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, mode);
    struct stat opened;
    struct stat named;

    if (fd < 0)
        return -1;
    if ((flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) &&
        fstat(fd, &opened) == 0 && fstatat(target, part, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
        opened.st_ino == named.st_ino && ftruncate(fd, 0) == 0)
        return fd;
    close(fd);
    errno = EBUSY;
    return -1;
}

/* A part, which no list of files shows, until it is whole. What is cut short is begun anew by
 * the next try: its part has the same name. -1: errno. */
static int copy_to(int from, int target, const char *new)
{
    char part[NAME_BYTES];
    struct stat st;
    int error;
    int rc;
    int fd;

    if (fstat(from, &st) < 0)
        return -1;
    snprintf(part, sizeof(part), ".part-moves-%ju-%ju", (uintmax_t)st.st_dev,
             (uintmax_t)st.st_ino);
    fd = open_part(target, part, 0600);
    if (fd < 0)
        return -1;
    rc = copy_whole(from, &st, fd);
    if (rc == 0)
        rc = renameat2(target, part, target, new, RENAME_NOREPLACE);
    error = errno;
    if (rc < 0)
        unlinkat(target, part, 0);
    close(fd);
    errno = error;
    return rc;
}

/* Between two disks. -1: errno. */
static int move_by_copy(int source, const char *old, int target, const char *new)
{
    int from = openat(source, old, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    int error;
    int rc;

    if (from < 0)
        return -1;
    rc = copy_to(from, target, new);
    error = errno;
    close(from);
    if (rc == 0) {
        keep_name(target);
        unlinkat(source, old, 0);
    }
    errno = error;
    return rc;
}

int place_rename(const struct place *from, const struct place *to, struct err *e)
{
    char old[NAME_BYTES];
    char new[NAME_BYTES];
    int source = open_above(from, old);
    int target;
    int error;
    int rc;

    if (source < 0)
        return fail(from, -1, e);
    target = open_above(to, new);
    if (target < 0)
        return fail(to, source, e);
    rc = renameat2(source, old, target, new, RENAME_NOREPLACE);
    if (rc < 0 && errno == EXDEV)
        rc = move_by_copy(source, old, target, new);
    error = errno;
    close(target);
    errno = error;
    if (rc < 0)
        return fail(errno == ENOENT ? from : to, source, e);
    close(source);
    return 0;
}

/* --- a new text --- */

/* As far as that is allowed: a file of somebody else's may be ours afterwards. -1: errno. */
static int take_owner_and_mode(int fd, const struct stat *old)
{
    if (fchown(fd, old->st_uid, old->st_gid) < 0 && errno != EPERM)
        return -1;
    return fchmod(fd, old->st_mode & 07777);
}

static int write_all(int fd, struct span text)
{
    while (text.len > 0) {
        ssize_t n = write(fd, text.data, text.len);

        if (n < 0)
            return -1;
        span_take(&text, (size_t)n);
    }
    return fsync(fd);
}

/* -1: errno, and the part is gone. `old`: what it takes the place of; NULL: of nothing. */
static int write_part(int folder, const char *part, const char *name, struct span text,
                      const struct stat *old)
{
    int fd = open_part(folder, part, 0666);
    int rc;

    if (fd < 0)
        return -1;
    rc = write_all(fd, text);
    if (rc == 0 && old)
        rc = take_owner_and_mode(fd, old);
    if (rc == 0)
        rc = renameat2(folder, part, folder, name, old ? 0 : RENAME_NOREPLACE);
    if (rc < 0) {
        int error = errno;

        unlinkat(folder, part, 0);
        errno = error;
    }
    close(fd);
    return rc;
}

int place_write(const struct place *p, struct span text, bool is_new, struct err *e)
{
    char name[NAME_BYTES];
    char part[NAME_BYTES + sizeof(".part-")];
    int folder = open_above(p, name);
    struct stat old;
    int rc;

    if (folder < 0 || (!is_new && fstatat(folder, name, &old, AT_SYMLINK_NOFOLLOW) < 0))
        return fail(p, folder, e);
    if (!is_new && !S_ISREG(old.st_mode)) {
        close(folder);
        return err_set(e, "%s: it is a link, or no file", p->path);
    }
    snprintf(part, sizeof(part), ".part-%s", name);
    rc = write_part(folder, part, name, text, is_new ? NULL : &old);
    if (rc < 0)
        return fail(p, folder, e);
    keep_name(folder);
    close(folder);
    return 0;
}

int place_remove(const struct place *p, struct err *e)
{
    char name[NAME_BYTES];
    int folder = open_above(p, name);

    if (folder < 0 || unlinkat(folder, name, 0) < 0)
        return fail(p, folder, e);
    close(folder);
    return 0;
}
