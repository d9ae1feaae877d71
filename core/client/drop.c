#include "client/drop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

/* --- removing --- */

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static DIR *open_folder(int at, const char *name)
{
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;

    if (fd >= 0 && !d)
        close(fd);
    return d;
}

/* All that is in a folder goes up beside it, under a name that nobody has used: however deep it
 * is, two descriptors are enough. */
static void empty_into(int top, const char *name, unsigned *count)
{
    DIR *d;
    char up[32];

    fchmodat(top, name, 0700, AT_SYMLINK_NOFOLLOW);
    d = open_folder(top, name);
    for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
        struct stat st;

        if (is_dots(e->d_name) || unlinkat(dirfd(d), e->d_name, 0) == 0 ||
            unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR) == 0)
            continue;
        if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
            fchmodat(dirfd(d), e->d_name, 0700,
                     AT_SYMLINK_NOFOLLOW); /* else it can't be moved */
        snprintf(up, sizeof(up), ".up-%u", ++*count);
        renameat(dirfd(d), e->d_name, top, up);
    }
    if (d)
        closedir(d);
    unlinkat(top, name, AT_REMOVEDIR);
}

/* False: nothing was in it that went. */
static bool empty_once(DIR *d, unsigned *count)
{
    bool has_gone = false;

    rewinddir(d);
    for (struct dirent *e = readdir(d); e; e = readdir(d)) {
        if (is_dots(e->d_name))
            continue;
        if (unlinkat(dirfd(d), e->d_name, 0) < 0 &&
            unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR) < 0)
            empty_into(dirfd(d), e->d_name, count);
        has_gone |= faccessat(dirfd(d), e->d_name, F_OK, AT_SYMLINK_NOFOLLOW) < 0;
    }
    return has_gone;
}

void drop_remove(const char *folder)
{
    unsigned count = 0;
    DIR *d;

    chmod(folder, 0700);
    d = open_folder(AT_FDCWD, folder);
    while (d && empty_once(d, &count))
        ;
    if (d)
        closedir(d);
    rmdir(folder);
}

void drop_remove_parent(const char *folder)
{
    const char *slash = strrchr(folder, '/');
    char parent[PATH_MAX];

    if (!slash)
        return;
    snprintf(parent, sizeof(parent), "%.*s", (int)(slash - folder), folder);
    rmdir(parent); /* while another is there it can't be */
}

/* --- where they are --- */

static void link_path(const char *doors, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s/" DROP_LINK, doors);
}

void drop_clean(const char *doors)
{
    char link[PATH_MAX];
    char parent[PATH_MAX];
    struct stat st;
    ssize_t n;

    link_path(doors, link);
    n = readlink(link, parent, sizeof(parent) - 1);
    if (n < 0)
        return;
    parent[n] = '\0';
    /* Somebody else's may be there by now under its name. */
    if (lstat(parent, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid()) {
        drop_remove(parent);
        log_info("doors event=cleaned folder=%s", log_quote(span_of(parent)));
    }
    unlink(link);
}

static int link_to(const char *doors, const char *parent, struct err *e)
{
    char link[PATH_MAX];

    link_path(doors, link);
    unlink(link);
    if (symlink(parent, link) < 0)
        return err_set(e, "make %s: %s", link, strerror(errno));
    return 0;
}

/* Others may pass through it, as the doors' user does, and not look into it. */
int drop_make_parent(const char *doors, char **parent, struct err *e)
{
    const char *temp = getenv("TMPDIR");
    char path[PATH_MAX];

    if (!temp || temp[0] != '/')
        temp = "/tmp";
    if (snprintf(path, sizeof(path), "%s/perigee-doors-XXXXXX", temp) >= (int)sizeof(path) ||
        !mkdtemp(path))
        return err_set(e, "make a folder in %s: %s: name another with TMPDIR", temp,
                       strerror(errno));
    if (chmod(path, 0711) < 0 || link_to(doors, path, e) < 0) {
        rmdir(path);
        return -1;
    }
    *parent = mem_strdup(path);
    return 0;
}

void drop_end(const char *doors, const char *parent)
{
    char link[PATH_MAX];

    if (!parent || rmdir(parent) < 0)
        return; /* its keepers do, when their programs have ended; or the next start */
    link_path(doors, link);
    unlink(link);
}
