#include "cli/board_path.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/files.h"

/* `path` without ".", ".." and "//", by its words alone: what it names may be gone. */
static void tidy(const char *path, char out[PATH_MAX])
{
    size_t len = 0;

    for (const char *p = path; *p;) {
        size_t n = strcspn(p, "/");

        if (n == 2 && p[0] == '.' && p[1] == '.') {
            while (len > 0 && out[--len] != '/')
                ;
        } else if (n > 0 && !(n == 1 && p[0] == '.')) {
            if (len > 0 || path[0] == '/')
                out[len++] = '/';
            memcpy(out + len, p, n);
            len += n;
        }
        p += n + (p[n] == '/');
    }
    out[len] = '\0';
}

/* From the current folder. False: it is too long. */
static bool make_whole(const char *path, char out[PATH_MAX])
{
    char folder[PATH_MAX];
    char whole[2 * PATH_MAX];

    if (path[0] == '/')
        folder[0] = '\0';
    else if (!getcwd(folder, sizeof(folder)))
        return false;
    snprintf(whole, sizeof(whole), "%s/%s", folder, path);
    if (strlen(whole) >= PATH_MAX)
        return false;
    tidy(whole, out);
    return true;
}

/* As it is when links are followed; of a file that is gone, the folders that are left. */
static bool make_real(const char *whole, char out[PATH_MAX])
{
    char front[PATH_MAX];
    char real[PATH_MAX];
    char *slash;

    snprintf(front, sizeof(front), "%s", whole);
    while ((slash = strrchr(front, '/')) && slash > front) {
        size_t n = (size_t)(slash - front);

        *slash = '\0';
        if (realpath(front, real))
            return snprintf(out, PATH_MAX, "%s%s", real, whole + n) < PATH_MAX;
    }
    return false;
}

/* What a path is below a folder; NULL: it is elsewhere. */
static const char *below(const char *path, const char *folder)
{
    size_t n = strlen(folder);

    return strncmp(path, folder, n) == 0 && path[n] == '/' ? path + n + 1 : NULL;
}

static bool is_of_board(const char *path)
{
    struct file f;
    bool is = path && file_classify(path, &f) != FILE_OTHER;

    if (is)
        file_clear(&f);
    return is;
}

/* Take what `whole` is below the board, by its words or by where links lead. */
static bool take_below(const char *board, const char *whole, char out[PATH_MAX])
{
    char folder[PATH_MAX];
    char real[PATH_MAX];
    const char *path = NULL;

    if (make_whole(board, folder))
        path = below(whole, folder);
    if (!is_of_board(path) && make_real(whole, real) && realpath(board, folder))
        path = below(real, folder);
    if (!is_of_board(path))
        return false;
    snprintf(out, PATH_MAX, "%s", path);
    return true;
}

/* Take a name that is written as in the board: "screens/menu.txt". */
static bool take_inside(const char *name, char out[PATH_MAX])
{
    if (name[0] == '/')
        return false;
    tidy(name, out);
    return is_of_board(out);
}

int board_path(const char *board, const char *name, char out[PATH_MAX], struct err *e)
{
    char whole[PATH_MAX];

    if (strlen(name) >= PATH_MAX || !make_whole(name, whole))
        return err_set(e, "%.100s...: the path is too long", name);
    if (access(whole, F_OK) < 0 && take_inside(name, out))
        return 0;
    if (take_below(board, whole, out) || take_inside(name, out))
        return 0;
    return err_set(e,
                   "%s: it is no file of the board in %s, expected one as screens/menu.txt or "
                   "lua/handlers/menu.lua",
                   name, board);
}
