#include "server/files.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "screen/library.h"

enum { PATH_LEN = 1024, FILES_MAX = 20000 };

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s);
    size_t m = strlen(end);

    return n > m && strcmp(s + n - m, end) == 0;
}

static bool is_hidden(const char *name)
{
    return name[0] == '.' || name[0] == '#' || ends_with(name, "~");
}

static void set_module_name(struct file *f, const char *inner)
{
    f->name = mem_strndup(inner, strlen(inner) - 4);
    for (char *p = f->name; *p; p++) {
        if (*p == '/')
            *p = '.';
    }
}

static enum file_kind classify_lua(const char *inner, struct file *f)
{
    if (strcmp(inner, "schema.sql") == 0) {
        f->name = mem_strdup(inner);
        return FILE_SCHEMA;
    }
    if (!ends_with(inner, ".lua") || strncmp(inner, "tests/", 6) == 0)
        return FILE_OTHER;
    set_module_name(f, inner);
    return strcmp(inner, "settings.lua") == 0 ? FILE_SETTINGS : FILE_LUA;
}

enum file_kind file_classify(const char *path, struct file *f)
{
    const char *slash = strrchr(path, '/');

    *f = (struct file){0};
    if (is_hidden(slash ? slash + 1 : path))
        return FILE_OTHER;
    if (strncmp(path, "screens/", 8) == 0 && source_find_kind(span_of(path), &f->source)) {
        f->name = mem_strndup(path + 8, strlen(path) - 12);
        f->kind = FILE_SCREEN;
    } else if (strncmp(path, "lua/", 4) == 0) {
        f->kind = classify_lua(path + 4, f);
    }
    if (f->kind != FILE_OTHER)
        f->path = mem_strdup(path);
    return f->kind;
}

void file_clear(struct file *f)
{
    mem_free(f->path);
    mem_free(f->name);
    *f = (struct file){0};
}

/* A line end would be one in each list of files, too. */
static size_t before_control(const char *path)
{
    size_t n = 0;

    while (path[n] && !iscntrl((unsigned char)path[n]))
        n++;
    return n;
}

bool file_is_misnamed(const char *path, struct buf *problems)
{
    struct file f;
    char lower[PATH_LEN];
    enum file_kind kind = file_classify(path, &f);
    bool is_wrong = kind == FILE_SCREEN && !library_is_name(span_of(f.name));

    file_clear(&f);
    if (kind == FILE_LUA && path[before_control(path)]) {
        buf_printf(problems,
                   "%.*s:1:1: a control character follows in the file's name, expected none\n",
                   (int)before_control(path), path);
        return true;
    }
    if (is_wrong)
        buf_printf(problems,
                   "%s:1:1: the file's name makes no keyword, expected lower case letters, "
                   "digits, '_' and '-'\n",
                   path);
    if (kind != FILE_OTHER)
        return is_wrong;
    snprintf(lower, sizeof(lower), "%s", path);
    for (char *p = lower; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    is_wrong = file_classify(lower, &f) != FILE_OTHER;
    file_clear(&f);
    if (is_wrong)
        buf_printf(problems, "%s:1:1: the file's name is in capitals, expected %s\n", path,
                   lower);
    return is_wrong;
}

static void add_file(struct file_list *list, const char *path, struct buf *problems)
{
    struct file f;

    if (file_is_misnamed(path, problems) || list->count == FILES_MAX ||
        file_classify(path, &f) == FILE_OTHER)
        return;
    if (list->count % 64 == 0)
        list->files = mem_realloc(list->files, (list->count + 64) * sizeof(f));
    list->files[list->count++] = f;
}

static void walk(const char *board, const char *folder, struct file_list *list,
                 struct buf *problems, int depth)
{
    char path[PATH_LEN];
    struct dirent *entry;
    struct stat st;
    DIR *dir;

    snprintf(path, sizeof(path), "%s/%s", board, folder);
    dir = depth < FILES_DEPTH ? opendir(path) : NULL;
    while (dir && (entry = readdir(dir))) {
        char inner[PATH_LEN];

        if (is_hidden(entry->d_name) ||
            snprintf(inner, sizeof(inner), "%s/%s", folder, entry->d_name) >= PATH_LEN ||
            snprintf(path, sizeof(path), "%s/%s", board, inner) >= PATH_LEN ||
            stat(path, &st) < 0)
            continue;
        if (S_ISDIR(st.st_mode))
            walk(board, inner, list, problems, depth + 1);
        else if (S_ISREG(st.st_mode))
            add_file(list, inner, problems);
    }
    if (dir)
        closedir(dir);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct file *)a)->path, ((const struct file *)b)->path);
}

static void sort(struct file_list *list)
{
    if (list->count)
        qsort(list->files, list->count, sizeof(*list->files), by_path);
}

int files_find(const char *board, struct file_list *list, struct buf *problems, struct err *e)
{
    char path[PATH_LEN];
    struct stat st;

    *list = (struct file_list){0};
    snprintf(path, sizeof(path), "%s/screens", board);
    if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
        return err_set(e,
                       "%s is no board: it has no folder 'screens': name a board's folder with "
                       "--board",
                       board);
    walk(board, "screens", list, problems, 0);
    walk(board, "lua", list, problems, 0);
    sort(list);
    return 0;
}

void files_add(struct file_list *list, const char *path, struct buf *problems)
{
    for (unsigned i = 0; i < list->count; i++) {
        if (strcmp(list->files[i].path, path) == 0)
            return;
    }
    add_file(list, path, problems);
    sort(list);
}

void files_clear(struct file_list *list)
{
    for (unsigned i = 0; i < list->count; i++)
        file_clear(&list->files[i]);
    mem_free(list->files);
    *list = (struct file_list){0};
}

static int read_all(int fd, struct buf *out)
{
    char piece[65536];
    ssize_t n;

    while ((n = read(fd, piece, sizeof(piece))) > 0) {
        if (!buf_add(out, span_from(piece, (size_t)n))) {
            errno = EFBIG;
            return -1;
        }
    }
    return n < 0 ? -1 : 0;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

int file_read(const char *board, const char *path, struct buf *out, struct err *e)
{
    char whole[PATH_LEN];
    struct stat before = {0};
    struct stat after = {0};
    int fd;
    int rc = 0;

    snprintf(whole, sizeof(whole), "%s/%s", board, path);
    fd = open(whole, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? 1 : err_set(e, "%s: %s", path, strerror(errno));
    for (int tries = 0; tries < 2; tries++) {
        buf_reset(out);
        lseek(fd, 0, SEEK_SET);
        if (fstat(fd, &before) < 0 || read_all(fd, out) < 0 || fstat(fd, &after) < 0)
            rc = err_set(e, "%s: %s", path, strerror(errno));
        if (rc < 0 || is_same(&before, &after))
            break;
    }
    close(fd);
    return rc;
}
