#include "server/starter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/self.h"
#include "server/staging.h"

enum { FOLDER_MODE = 0777 };

static const char *const folders[] = {"screens", "lua", "doors"};
enum { FOLDERS = sizeof(folders) / sizeof(folders[0]) };

/* --- where it is --- */

static bool has_folder(const char *root, const char *name)
{
    char path[PATH_MAX];
    struct stat st;

    return path_join(path, root, name) == 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_board(const char *root)
{
    return has_folder(root, "screens") && has_folder(root, "lua");
}

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s);
    size_t m = strlen(end);

    return n >= m && strcmp(s + n - m, end) == 0;
}

/* From the folder that the program is in. */
static const struct {
    const char *program;
    const char *board;
} near[] = {{"/bin", "../share/perigee"}, {"/build", ".."}, {"/build/san", "../.."}};

bool starter_find(char out[PATH_MAX])
{
    char own[PATH_MAX];
    char path[PATH_MAX];

    for (unsigned i = 0; self_folder(own) && i < sizeof(near) / sizeof(near[0]); i++) {
        if (ends_with(own, near[i].program) && path_join(path, own, near[i].board) == 0 &&
            is_board(path) && realpath(path, out))
            return true;
    }
    snprintf(out, PATH_MAX, "%s/share/perigee", PERIGEE_PREFIX);
    return is_board(out);
}

int starter_must_find(char out[PATH_MAX], struct err *e)
{
    if (starter_find(out))
        return 0;
    return err_set(
        e,
        "the starter board is not where it was installed, %s: 'make install' puts it "
        "there",
        out);
}

bool starter_find_manual(const char *starter, char out[PATH_MAX])
{
    static const char *const names[] = {"README.md", "../doc/perigee/README.md"};
    char path[PATH_MAX];

    for (int i = 0; i < 2; i++) {
        if (path_join(path, starter, names[i]) == 0 && realpath(path, out))
            return true;
    }
    return false;
}

/* --- what it has --- */

static bool is_hidden(void *arg, const char *path, bool is_folder)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;

    (void)arg;
    (void)is_folder;
    return name[0] == '.' || name[0] == '#' || ends_with(name, "~");
}

struct look {
    struct err *error;
    int rc;
};

static void note_problem(void *arg, const char *path, const char *why, bool is_error)
{
    struct look *l = arg;

    (void)is_error;
    l->rc = err_set(l->error, "%s: %s", path, why);
}

int starter_look(const char *root, struct contents *out, struct err *e)
{
    struct look look = {e, 0};
    const struct contents_rules rules = {
        .follows_links = true, .skips = is_hidden, .left_out = note_problem, .arg = &look};

    *out = (struct contents){0};
    for (int i = 0; i < FOLDERS; i++)
        contents_add(out, root, folders[i], &rules);
    contents_sort(out);
    if (look.rc < 0)
        contents_clear(out);
    return look.rc;
}

/* --- copying --- */

static int write_version(const char *root, struct err *e)
{
    char path[PATH_MAX];
    FILE *f = path_join(path, root, STARTER_VERSION) == 0 ? fopen(path, "wxe") : NULL;
    bool ok = f && fprintf(f, "%s\n", PERIGEE_VERSION) > 0;

    if (f && fclose(f) != 0)
        ok = false;
    return ok ? 0 : err_set(e, "write %s: %s", path, strerror(errno));
}

int starter_keep(const char *starter, const struct contents *files, const char *root,
                 bool (*go_on)(void *arg), void *arg, struct err *e)
{
    char path[PATH_MAX];

    if (path_join(path, root, STARTER_FOLDER) < 0 || mkdir(path, FOLDER_MODE) < 0)
        return err_set(e, "make %s/" STARTER_FOLDER ": %s", root, strerror(errno));
    return contents_copy(files, starter, path, go_on, arg, e) < 0 ? -1 : write_version(root, e);
}

static unsigned count_files(const struct contents *files)
{
    unsigned n = 0;

    for (unsigned i = 0; i < files->count; i++)
        n += !files->files[i].is_folder;
    return n;
}

int starter_copy(const char *folder, bool (*go_on)(void *arg), void *arg, unsigned *count,
                 struct err *e)
{
    char starter[PATH_MAX];
    struct staging s = {0};
    struct contents files = {0};
    int rc = -1;

    if (starter_must_find(starter, e) == 0 && starter_look(starter, &files, e) == 0 &&
        staging_begin(&s, folder, FOLDER_MODE, e) == 0 &&
        contents_copy(&files, starter, s.folder, go_on, arg, e) == 0 &&
        starter_keep(starter, &files, s.folder, go_on, arg, e) == 0)
        rc = staging_finish(&s, e);
    *count = count_files(&files);
    staging_drop(&s);
    contents_clear(&files);
    return rc;
}
