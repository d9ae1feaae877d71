#include "server/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/copy.h"

enum { PATH_LEN = 4096, DEPTH_MOST = 32 };

int tree_copy_file(const char *from, const char *to, mode_t mode, struct err *e)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    int rc = 0;

    if (in < 0 || out < 0 || copy_bytes(in, out) < 0)
        rc = err_set(e, "copy %s to %s: %s", from, to, strerror(errno));
    if (in >= 0)
        close(in);
    if (out >= 0 && close(out) < 0 && rc == 0)
        rc = err_set(e, "copy %s to %s: %s", from, to, strerror(errno));
    return rc;
}

static int copy_entry(const char *from, const char *to, const char *less, int depth,
                      struct err *e);

static int copy_folder(const char *from, const char *to, const char *less, int depth,
                       struct err *e)
{
    DIR *dir = opendir(from);
    struct dirent *entry;
    int rc = 0;

    if (!dir || (mkdir(to, 0777) < 0 && errno != EEXIST)) {
        rc = err_set(e, "copy %s to %s: %s", from, to, strerror(errno));
        if (dir)
            closedir(dir);
        return rc;
    }
    while (rc == 0 && (entry = readdir(dir))) {
        char a[PATH_LEN], b[PATH_LEN];

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (snprintf(a, sizeof(a), "%s/%s", from, entry->d_name) >= PATH_LEN ||
            snprintf(b, sizeof(b), "%s/%s", to, entry->d_name) >= PATH_LEN)
            rc = err_set(e, "copy %s: the path is too long", from);
        else
            rc = copy_entry(a, b, less, depth + 1, e);
    }
    closedir(dir);
    return rc;
}

static int copy_entry(const char *from, const char *to, const char *less, int depth,
                      struct err *e)
{
    struct stat st;

    if (less && strcmp(from, less) == 0)
        return 0;
    if (stat(from, &st) < 0)
        return errno == ENOENT ? 0 : err_set(e, "copy %s: %s", from, strerror(errno));
    if (S_ISREG(st.st_mode))
        return tree_copy_file(from, to, st.st_mode & 0777, e);
    if (!S_ISDIR(st.st_mode))
        return 0;
    if (depth > DEPTH_MOST)
        return err_set(e, "copy %s: more than %d folders below one another", from, DEPTH_MOST);
    return copy_folder(from, to, less, depth, e);
}

int tree_copy(const char *from, const char *to, struct err *e)
{
    return copy_entry(from, to, NULL, 0, e);
}

int tree_copy_board(const char *board, const char *to, struct err *e)
{
    static const char *const folders[] = {"screens", "lua", "doors"};
    char from[PATH_LEN], copy[PATH_LEN], tests[PATH_LEN];
    int rc = 0;

    if (snprintf(tests, sizeof(tests), "%s/lua/tests", board) >= PATH_LEN)
        return err_set(e, "copy %s: the path is too long", board);
    for (int i = 0; rc == 0 && i < 3; i++) {
        snprintf(from, sizeof(from), "%s/%s", board, folders[i]);
        if (snprintf(copy, sizeof(copy), "%s/%s", to, folders[i]) >= PATH_LEN)
            rc = err_set(e, "copy %s: the path is too long", board);
        else
            rc = copy_entry(from, copy, tests, 0, e);
    }
    return rc;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void tree_remove(const char *folder)
{
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
