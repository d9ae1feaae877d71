#include "server/staging.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "server/contents.h"
#include "server/tree.h"

/* 1 it is, 0 it has something in it, -1: errno. */
static int is_empty(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    int found = 0;

    if (!dir)
        return -1;
    while (!found && (entry = readdir(dir)))
        found = strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(dir);
    return !found;
}

static int make_target(struct staging *s, unsigned mode, struct err *e)
{
    int empty;

    s->made_target = mkdir(s->target, mode) == 0;
    if (s->made_target)
        return 0;
    if (errno != EEXIST)
        return err_set(e, "make %s: %s", s->target, strerror(errno));
    empty = is_empty(s->target);
    if (empty < 0)
        return err_set(e, "%s: %s", s->target, strerror(errno));
    return empty ? 0
                 : err_set(e,
                           "%s: there is something in it already: name a folder that is empty "
                           "or not there yet",
                           s->target);
}

int staging_begin_inside(struct staging *s, const char *folder, struct err *e)
{
    *s = (struct staging){0};
    if (path_join(s->target, folder, "") < 0 ||
        path_join(s->folder, folder, ".perigee-XXXXXX") < 0 || !mkdtemp(s->folder)) {
        s->folder[0] = '\0';
        return err_set(e, "make a folder in %s: %s", folder, strerror(errno));
    }
    return 0;
}

int staging_begin(struct staging *s, const char *target, unsigned mode, struct err *e)
{
    bool made;
    int rc;

    *s = (struct staging){0};
    if (path_join(s->target, target, "") < 0)
        return err_set(e, "%s: %s", target, strerror(errno));
    if (make_target(s, mode, e) < 0)
        return -1;
    made = s->made_target;
    rc = staging_begin_inside(s, target, e);
    s->made_target = made;
    if (rc < 0 && made)
        rmdir(target);
    return rc;
}

static int move(const char *from, const char *to, const char *name)
{
    char old[PATH_MAX];
    char new[PATH_MAX];

    if (path_join(old, from, name) < 0 || path_join(new, to, name) < 0)
        return -1;
    return rename(old, new);
}

/* A folder without screens/ is no board yet: that comes last. */
static int put_screens_last(const struct dirent **a, const struct dirent **b)
{
    return (strcmp((*a)->d_name, "screens") == 0) - (strcmp((*b)->d_name, "screens") == 0);
}

static int is_name(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* All or nothing. -1: errno. */
static int move_all(const struct staging *s, struct dirent *const *list, int count)
{
    for (int i = 0; i < count; i++) {
        int why;

        if (move(s->folder, s->target, list[i]->d_name) == 0)
            continue;
        why = errno;
        while (i-- > 0)
            move(s->target, s->folder, list[i]->d_name);
        errno = why;
        return -1;
    }
    return 0;
}

static int sync_disk(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 ? -1 : syncfs(fd);

    if (fd >= 0)
        close(fd);
    return rc;
}

/* Whose it is, where that was said of what it was made from. */
static void take_owner(const struct staging *s)
{
    struct stat st;

    if (s->made_target && geteuid() == 0 && stat(s->folder, &st) == 0)
        (void)!chown(s->target, st.st_uid, st.st_gid);
}

int staging_finish(struct staging *s, struct err *e)
{
    struct dirent **list = NULL;
    int count =
        sync_disk(s->folder) < 0 ? -1 : scandir(s->folder, &list, is_name, put_screens_last);
    int rc = count < 0 ? -1 : move_all(s, list, count);

    if (rc < 0)
        err_set(e, "%s: %s", s->target, strerror(errno));
    for (int i = 0; i < count; i++)
        mem_free(list[i]); /* from scandir, by malloc, which mem_free knows */
    mem_free(list);
    if (rc < 0)
        return -1;
    take_owner(s);
    rmdir(s->folder);
    s->folder[0] = '\0';
    sync_disk(s->target);
    return 0;
}

void staging_undo(const struct staging *s)
{
    struct stat st;
    bool is_there = stat(s->target, &st) == 0;

    tree_remove(s->target);
    if (is_there && !s->made_target)
        mkdir(s->target, st.st_mode & 0777);
}

void staging_drop(struct staging *s)
{
    if (s->folder[0])
        tree_remove(s->folder);
    if (s->made_target && s->folder[0])
        rmdir(s->target);
    s->folder[0] = '\0';
}
