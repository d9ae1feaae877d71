#include "server/editing.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/self.h"
#include "client/place.h"
#include "server/files.h"

enum { PATH_LEN = 1024, CHECK_MS = 15000, EXPLAIN_MS = 30000, EXPLAIN_WORDS = 16 };

/* --- where a file is --- */

static const char *below_folder(const char *path)
{
    return strchr(path, '/') + 1;
}

static bool has_depth(const char *path)
{
    unsigned folders = 0;

    for (const char *p = path; *p; p++)
        folders += *p == '/';
    return folders <= FILES_DEPTH;
}

static bool is_module_path(const char *path)
{
    size_t len = strlen(path) - strlen(".lua");

    for (size_t i = 0; i < len; i++) {
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-/",
                    path[i]))
            return false;
    }
    return true;
}

static int check_kind(const char *path, const struct file *f, struct err *e)
{
    if (f->kind == FILE_SETTINGS)
        return err_set(e, "%s says what callers may do to the machine: it is edited there",
                       path);
    if ((f->kind != FILE_SCREEN && f->kind != FILE_LUA) || !place_is_path(span_of(path)))
        return err_set(e,
                       "%s: expected a file of the board, as screens/menu.txt or "
                       "lua/handlers/menu.lua",
                       path);
    if (f->kind == FILE_LUA && !is_module_path(path))
        return err_set(e, "%s: expected letters, digits and '_' in the names of Lua files",
                       path);
    if (!has_depth(path))
        return err_set(e, "%s: expected at most %d folders", path, FILES_DEPTH);
    return 0;
}

/* May there be such a file, and be edited? -1 and `e`. */
static int check_path(const char *path, struct err *e)
{
    struct buf problems;
    struct file f;
    int rc = 0;

    buf_init(&problems, 4096);
    file_classify(path, &f);
    if (file_is_misnamed(path, &problems))
        rc = err_set(e, "%.*s", (int)strcspn(buf_text(&problems), "\n"), buf_text(&problems));
    else
        rc = check_kind(path, &f, e);
    file_clear(&f);
    buf_clear(&problems);
    return rc;
}

static bool is_of_board(const char *path)
{
    struct file f;
    bool is = file_classify(path, &f) != FILE_OTHER;

    file_clear(&f);
    return is && place_is_path(span_of(path));
}

/* Links lead nowhere below screens/ and lua/, which may be links themselves. */
static int find_place(const char *board, const char *path, struct place *p, struct err *e)
{
    char root[PATH_LEN];
    int folder;

    *p = (struct place){0};
    if (!is_of_board(path)) {
        err_set(e, "%s: expected a file of the board, as screens/menu.txt", path);
        return -1;
    }
    folder = (int)(below_folder(path) - path) - 1;
    if (snprintf(root, sizeof(root), "%s/%.*s", board, folder, path) >= (int)sizeof(root)) {
        err_set(e, "%s: the board's path is too long", path);
        return -1;
    }
    p->root = mem_strdup(root);
    p->path = mem_strdup(below_folder(path));
    return 0;
}

/* A place says its path as it is below its root. */
static int fail_at(const char *path, struct err *e)
{
    return err_prefix(e, "%.*s", (int)(below_folder(path) - path), path);
}

/* --- reading --- */

static int list(const char *board, struct buf *out, struct err *e)
{
    struct file_list list;
    struct buf ignored;

    buf_init(&ignored, 65536);
    if (files_find(board, &list, &ignored, e) < 0) {
        buf_clear(&ignored);
        return -1;
    }
    for (unsigned i = 0; i < list.count; i++) {
        const struct file *f = &list.files[i];
        char path[PATH_LEN];
        struct stat st;

        snprintf(path, sizeof(path), "%s/%s", board, f->path);
        if (f->kind != FILE_SCHEMA && place_is_path(span_of(f->path)) && stat(path, &st) == 0)
            buf_printf(out, "%jd %jd %s\n", (intmax_t)st.st_size, (intmax_t)st.st_mtime,
                       f->path);
    }
    files_clear(&list);
    buf_clear(&ignored);
    return 0;
}

static int read_open(int fd, struct buf *out)
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

static bool is_missing(const char *board, const char *path)
{
    char whole[PATH_LEN];
    struct stat st;

    return snprintf(whole, sizeof(whole), "%s/%s", board, path) < (int)sizeof(whole) &&
           lstat(whole, &st) < 0 && errno == ENOENT;
}

static int read_place(const struct place *p, const char *path, struct buf *out, struct err *e)
{
    int fd = place_open(p, O_RDONLY, e);
    int rc;

    if (fd < 0)
        return fail_at(path, e);
    rc = read_open(fd, out);
    if (rc < 0)
        err_set(e, "%s: %s", path, strerror(errno));
    close(fd);
    return rc;
}

/* 1: it is not there. */
static int read_file(const char *board, const char *path, struct buf *out, struct err *e)
{
    struct place p;
    int rc;

    if (find_place(board, path, &p, e) < 0)
        return -1;
    rc = is_missing(board, path) ? 1 : read_place(&p, path, out, e);
    place_clear(&p);
    return rc;
}

/* --- looking for mistakes --- */

/* In a process of its own: a draft's Lua runs while it loads, and must not in this one. */
static int check(const char *board, const struct board_edit *edit, struct buf *out,
                 struct err *e)
{
    const bool has_draft = edit->path[0] != '\0';
    const char *const args[] = {"check",    "--board", board, has_draft ? "--with" : NULL,
                                edit->path, NULL};
    struct self_run run = {.args = args, .with_errors = true, .ms = CHECK_MS};
    int status;

    run.input = self_input(edit->text);
    if (run.input < 0)
        return err_set(e, "check the board: %s", strerror(errno));
    status = self_run(&run, out, e);
    close(run.input);
    if (status < 0)
        return err_prefix(e, "check the board: ");
    if (status > 1)
        return err_set(e, "check the board: %s", buf_text(out));
    return 0;
}

/* --- why a caller sees a screen --- */

static struct span take_word(struct span *rest)
{
    const char *end = memchr(rest->data, '\n', rest->len);
    struct span word = span_take(rest, end ? (size_t)(end - rest->data) : rest->len);

    span_take(rest, 1);
    return word;
}

/* In a process of its own, on a copy of the data: the board's handlers run. What it answers is
 * no failure of it: exit 1 says that the screen is not seen. */
static int explain(const char *board, const char *data, const struct board_edit *edit,
                   struct buf *out, struct err *e)
{
    const char *args[10 + EXPLAIN_WORDS] = {"explain", "--board", board,        "--data",
                                            data,      "--as",    edit->version};
    char *words[EXPLAIN_WORDS];
    struct self_run run = {.args = args, .with_errors = true, .ms = EXPLAIN_MS};
    struct span rest = edit->text;
    unsigned count = 0;
    int status = -1;

    while (rest.len > 0 && count < EXPLAIN_WORDS) {
        struct span word = take_word(&rest);

        words[count] = mem_strndup(word.data, word.len);
        args[7 + count] = words[count];
        count++;
    }
    args[7 + count] = "--";
    args[8 + count] = edit->path;
    run.input = self_input(SPAN_LIT(""));
    if (run.input >= 0)
        status = self_run(&run, out, e);
    else
        err_set(e, "%s", strerror(errno));
    close(run.input);
    for (unsigned i = 0; i < count; i++)
        mem_free(words[i]);
    if (status < 0)
        return err_prefix(e, "explain %s: ", edit->path);
    return status > 1 ? err_set(e, "%s", buf_text(out)) : 0;
}

/* --- saving --- */

/* 0 it is as it was, 1 it is not, -1 and `e`. */
static int compare(const char *board, const struct board_edit *edit, struct err *e)
{
    struct buf now;
    int rc;

    buf_init(&now, SOURCE_MAX);
    rc = read_file(board, edit->path, &now, e);
    if (rc >= 0 && edit->is_new)
        rc = rc != 1;
    else if (rc == 0)
        rc = !span_equals(buf_span(&now), edit->before);
    buf_clear(&now);
    return rc;
}

/* What was made for a file that could not be written. */
static void remove_folders(const char *root, char *below, size_t kept)
{
    char path[PATH_LEN];
    char *slash;

    while ((slash = strrchr(below, '/')) && (size_t)(slash - below) > kept) {
        *slash = '\0';
        snprintf(path, sizeof(path), "%s/%s", root, below);
        rmdir(path);
    }
}

/* The folders of a new file. How long the path of those is that were there: `kept`. */
static int make_folders(const struct place *p, size_t *kept, struct err *e)
{
    char whole[PATH_LEN];
    const char *slash = p->path;

    *kept = 0;
    while ((slash = strchr(slash + 1, '/'))) {
        size_t len = (size_t)(slash - p->path);
        char *part = mem_strndup(p->path, len);
        struct place folder = {p->root, part};
        int fd = place_open_folder(&folder, false, e);

        snprintf(whole, sizeof(whole), "%s/%s", p->root, part);
        mem_free(part);
        if (fd >= 0) {
            close(fd);
            *kept = len;
        } else if (mkdir(whole, 0777) < 0) {
            return -1;
        }
    }
    return 0;
}

static int write_new(const struct place *p, struct span text, struct err *e)
{
    size_t kept;
    int rc = make_folders(p, &kept, e);

    if (rc == 0)
        rc = place_write(p, text, true, e);
    if (rc < 0) {
        char *below = mem_strdup(p->path);

        remove_folders(p->root, below, kept);
        mem_free(below);
    }
    return rc;
}

static int save(const char *board, const struct history *history, const struct board_edit *edit,
                struct err *e)
{
    struct place p;
    int rc = edit->is_beside ? 0 : check_path(edit->path, e);

    if (rc == 0)
        rc = compare(board, edit, e);
    if (rc == 0 && edit->wanted == EDIT_UNDO && !edit->is_new)
        rc = history_keep(history, edit->path, edit->before, e);
    if (rc != 0)
        return rc;
    if (find_place(board, edit->path, &p, e) < 0)
        return -1;
    rc = edit->is_new ? write_new(&p, edit->text, e) : place_write(&p, edit->text, false, e);
    place_clear(&p);
    return rc < 0 ? fail_at(edit->path, e) : 0;
}

/* --- kept versions --- */

static int look_back(const struct history *history, struct board_edit *edit, struct err *e)
{
    if (!is_of_board(edit->path))
        return err_set(e, "%s: expected a file of the board", edit->path);
    if (edit->wanted == EDIT_VERSION)
        return history_read_named(history, edit->path, edit->version, &edit->out) ? 0 : 1;
    history_list(history, edit->path, &edit->out);
    return 0;
}

/* --- all files as they were --- */

struct undo_all {
    const char *board;
    const struct history *history;
    struct buf *out;
};

static int write_back(const struct undo_all *u, const char *path, struct span text,
                      struct err *e)
{
    struct board_edit edit = {.wanted = EDIT_UNDO, .path = path, .text = text};
    struct buf now;
    int rc;

    buf_init(&now, SOURCE_MAX);
    rc = file_read(u->board, path, &now, e);
    edit.is_new = rc == 1;
    edit.before = buf_span(&now);
    if (rc == 1 || (rc == 0 && !span_equals(edit.before, text))) {
        rc = save(u->board, u->history, &edit, e);
        if (rc == 0)
            buf_printf(u->out, "%s\n", path);
        else if (rc > 0)
            rc = err_set(e, "%s: it is being saved just now: once more", path);
    }
    buf_clear(&now);
    return rc;
}

static int take_away(const struct undo_all *u, const char *path, struct err *e)
{
    struct place p;
    struct buf now;
    int rc;

    buf_init(&now, SOURCE_MAX);
    rc = file_read(u->board, path, &now, e);
    if (rc == 0)
        rc = history_keep(u->history, path, buf_span(&now), e);
    buf_clear(&now);
    if (rc == 0 && (rc = find_place(u->board, path, &p, e)) == 0) {
        rc = place_remove(&p, e);
        place_clear(&p);
    }
    if (rc == 0)
        buf_printf(u->out, "%s\n", path);
    return rc < 0 ? -1 : 0;
}

static int take_away_others(const struct undo_all *u, const struct texts *texts, struct err *e)
{
    struct file_list list;
    struct buf ignored;
    int rc;

    buf_init(&ignored, 65536);
    rc = files_find(u->board, &list, &ignored, e);
    buf_clear(&ignored);
    if (rc < 0)
        return -1;
    for (unsigned i = 0; rc == 0 && i < list.count; i++) {
        const struct file *f = &list.files[i];

        if ((f->kind == FILE_SCREEN || f->kind == FILE_LUA) && !texts_find(texts, f->path))
            rc = take_away(u, f->path, e);
    }
    files_clear(&list);
    return rc;
}

int editing_undo_all(const char *board, const struct history *history,
                     const struct texts *texts, struct buf *out, struct err *e)
{
    const struct undo_all u = {board, history, out};
    int rc = 0;

    for (unsigned i = 0; rc == 0 && i < texts->count; i++) {
        const struct text_of *t = &texts->items[i];

        rc = write_back(&u, t->path, span_from(t->data, t->len), e);
    }
    return rc < 0 ? -1 : take_away_others(&u, texts, e);
}

int editing_do(const char *board, const char *data, const struct history *history,
               struct board_edit *edit, struct err *e)
{
    switch (edit->wanted) {
    case EDIT_LIST:
        return list(board, &edit->out, e);
    case EDIT_NAME:
        return check_path(edit->path, e);
    case EDIT_READ:
        return read_file(board, edit->path, &edit->out, e);
    case EDIT_CHECK:
        return check(board, edit, &edit->out, e);
    case EDIT_SAVE:
    case EDIT_UNDO:
        return save(board, history, edit, e);
    case EDIT_HISTORY:
        history_list_files(history, &edit->out);
        return 0;
    case EDIT_VERSIONS:
    case EDIT_VERSION:
        return look_back(history, edit, e);
    case EDIT_EXPLAIN:
        return explain(board, data, edit, &edit->out, e);
    case EDIT_UNDO_TRIAL:
        return err_set(e, "nothing is ever on trial here");
    }
    return -1;
}
