#include "server/upgrade.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "server/check.h"
#include "server/history.h"
#include "server/difference.h"
#include "server/merge.h"
#include "server/owner.h"
#include "server/staging.h"
#include "server/starter.h"
#include "server/tree.h"
#include "server/contents.h"
#include "store/audit.h"

enum { FILE_MODE = 0644, MODE = 0777 };

#define BESIDE ".new" /* behind the name of a file that is put beside another */

/* --- three versions of a file --- */

enum { ORIGINAL, MINE, THEIRS, VERSIONS };

struct version {
    char path[PATH_MAX];
    bool is_there;
    unsigned mode;
    struct buf text;
};

static int read_version(struct version *v, const char *root, const char *path, struct err *e)
{
    struct stat st;

    if (path_join(v->path, root, path) < 0)
        return err_set(e, "%s: %s", path, strerror(errno));
    if (stat(v->path, &st) < 0)
        return errno == ENOENT || errno == ENOTDIR
                   ? 0
                   : err_set(e, "%s: %s", v->path, strerror(errno));
    v->is_there = true;
    v->mode = st.st_mode & MODE;
    return path_read(v->path, &v->text, e);
}

static bool are_same(const struct version *a, const struct version *b)
{
    if (!a->is_there || !b->is_there)
        return a->is_there == b->is_there;
    return span_equals(buf_span(&a->text), buf_span(&b->text));
}

/* --- what is to be done with one --- */

static void set(struct upgrade_file *f, enum upgrade_act act, const char *why)
{
    f->act = act;
    f->why = why;
}

static int merge(struct upgrade_file *f, struct version v[VERSIONS], struct err *e)
{
    int rc = 1;

    for (int i = 0; i < VERSIONS; i++) {
        if (!v[i].is_there || !merge_is_text(f->path, buf_span(&v[i].text)))
            goto conflict;
    }
    rc = merge_texts(v[MINE].path, v[ORIGINAL].path, v[THEIRS].path, &f->then, e);
    if (rc == 0)
        set(f, UPGRADE_MERGE, "both have changed it");
    if (rc <= 0)
        return rc;
conflict:
    set(f, UPGRADE_CONFLICT,
        rc > 0 && v[ORIGINAL].is_there ? "both have changed it: yours stays, see FILE.new"
                                       : "both have it: yours stays, see FILE.new");
    buf_reset(&f->then);
    buf_add(&f->then, buf_span(&v[THEIRS].text));
    return 0;
}

static int decide(struct upgrade_file *f, struct version v[VERSIONS], struct err *e)
{
    bool mine_changed = !are_same(&v[MINE], &v[ORIGINAL]);
    bool theirs_changed = !are_same(&v[THEIRS], &v[ORIGINAL]);

    if (!theirs_changed && mine_changed)
        set(f, UPGRADE_KEEP, v[MINE].is_there ? "you have changed it" : "you have removed it");
    else if (!mine_changed && !v[ORIGINAL].is_there)
        set(f, UPGRADE_ADD, "it is new");
    else if (!mine_changed && !v[THEIRS].is_there)
        set(f, UPGRADE_REMOVE, "the starter board has it no more");
    else if (!mine_changed)
        set(f, UPGRADE_REPLACE, "you have not changed it");
    else if (!v[THEIRS].is_there)
        set(f, UPGRADE_KEEP, "you have changed it; the starter board has it no more");
    else if (!v[MINE].is_there)
        set(f, UPGRADE_KEEP, "you have removed it; the starter board has changed it");
    else
        return merge(f, v, e);
    if (v[THEIRS].is_there)
        buf_add(&f->then, buf_span(&v[THEIRS].text));
    return 0;
}

/* Who may read and write it is the sysop's to say, whether it is a program the starter board's.
 */
static unsigned mode_of(const struct version *mine, const struct version *theirs)
{
    if (!mine->is_there)
        return theirs->mode;
    return (mine->mode & ~0111u) | (theirs->mode & 0100 ? (mine->mode & 0444) >> 2 : 0);
}

static void file_clear_all(struct upgrade_file *f)
{
    mem_free(f->path);
    buf_clear(&f->now);
    buf_clear(&f->then);
}

static int plan_file(struct upgrade *u, const char *path, struct err *e)
{
    struct version v[VERSIONS] = {0};
    struct upgrade_file f = {0};
    char originals[PATH_MAX];
    int rc = -1;

    for (int i = 0; i < VERSIONS; i++)
        buf_init(&v[i].text, BUF_LARGE);
    buf_init(&f.now, BUF_LARGE);
    buf_init(&f.then, BUF_LARGE);
    f.path = mem_strdup(path);
    if (path_join(originals, u->board, STARTER_FOLDER) == 0 &&
        read_version(&v[ORIGINAL], originals, path, e) == 0 &&
        read_version(&v[MINE], u->board, path, e) == 0 &&
        read_version(&v[THEIRS], u->starter, path, e) == 0)
        rc = are_same(&v[MINE], &v[THEIRS]) ? 1 : decide(&f, v, e);
    f.is_there = v[MINE].is_there;
    f.mode = mode_of(&v[MINE], &v[THEIRS]);
    buf_add(&f.now, buf_span(&v[MINE].text));
    for (int i = 0; i < VERSIONS; i++)
        buf_clear(&v[i].text);
    if (rc != 0) {
        file_clear_all(&f);
        return rc < 0 ? -1 : 0; /* as it should be already */
    }
    if (u->count % 64 == 0)
        u->files = mem_realloc(u->files, (u->count + 64) * sizeof(f));
    u->files[u->count++] = f;
    u->changes += f.act != UPGRADE_KEEP;
    return 0;
}

/* --- all of them --- */

static int read_from(struct upgrade *u, struct err *e)
{
    char path[PATH_MAX];
    struct buf text;

    if (path_join(path, u->board, STARTER_VERSION) < 0 || access(path, F_OK) < 0)
        return err_set(e,
                       "%s has no " STARTER_FOLDER
                       "/ with the originals that it was made from, "
                       "so what you have changed can't be told: --adopt begins from now, with "
                       "this perigee's",
                       u->board);
    buf_init(&text, sizeof(u->from));
    if (path_read(path, &text, e) < 0) {
        buf_clear(&text);
        return -1;
    }
    snprintf(u->from, sizeof(u->from), "%.*s", (int)strcspn(buf_text(&text), "\n"),
             buf_text(&text));
    buf_clear(&text);
    return 0;
}

static int plan_all(struct upgrade *u, const struct contents *theirs,
                    const struct contents *originals, struct err *e)
{
    for (unsigned i = 0; i < theirs->count; i++) {
        if (!theirs->files[i].is_folder && plan_file(u, theirs->files[i].path, e) < 0)
            return -1;
    }
    for (unsigned i = 0; i < originals->count; i++) {
        const struct contents_file *f = &originals->files[i];

        if (!f->is_folder && !contents_find(theirs, f->path) && plan_file(u, f->path, e) < 0)
            return -1;
    }
    return 0;
}

int upgrade_plan(struct upgrade *u, const char *board, struct err *e)
{
    struct contents theirs = {0};
    struct contents originals = {0};
    char path[PATH_MAX];
    int rc = -1;

    *u = (struct upgrade){.board = board};
    if (path_join(path, board, STARTER_FOLDER) < 0)
        return err_set(e, "%s: %s", board, strerror(errno));
    if (read_from(u, e) == 0 && starter_must_find(u->starter, e) == 0 &&
        starter_look(u->starter, &theirs, e) == 0 && starter_look(path, &originals, e) == 0)
        rc = plan_all(u, &theirs, &originals, e);
    contents_clear(&theirs);
    contents_clear(&originals);
    return rc;
}

void upgrade_clear(struct upgrade *u)
{
    for (unsigned i = 0; i < u->count; i++)
        file_clear_all(&u->files[i]);
    mem_free(u->files);
    *u = (struct upgrade){0};
}

int upgrade_diff(const struct upgrade_file *f, struct buf *out, struct err *e)
{
    bool stays = f->act == UPGRADE_CONFLICT;
    char old[PATH_MAX + 16];
    char new[PATH_MAX + 16];
    const struct difference d = {old, new, buf_span(&f->now), buf_span(&f->then)};

    snprintf(old, sizeof(old), "%s (%s)", f->path, stays ? "it stays" : "now");
    snprintf(new, sizeof(new), "%s%s (then)", f->path, stays ? BESIDE : "");
    return difference_add(&d, out, e);
}

/* --- writing --- */

static int write_text(const char *path, struct span text, unsigned mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
    int rc = fd < 0 ? -1 : 0;

    while (rc == 0 && text.len > 0) {
        ssize_t n = write(fd, text.data, text.len);

        if (n > 0)
            span_take(&text, (size_t)n);
        else if (errno != EINTR)
            rc = -1;
    }
    if (rc == 0 && (fchmod(fd, mode) < 0 || fsync(fd) < 0))
        rc = -1;
    if (fd >= 0 && close(fd) < 0)
        rc = -1;
    return rc;
}

static bool writes(const struct upgrade_file *f)
{
    return f->act != UPGRADE_KEEP && f->act != UPGRADE_REMOVE;
}

/* Where it is written to, below `root`. */
static int find_target(const struct upgrade_file *f, const char *root, char out[PATH_MAX])
{
    char name[PATH_MAX];
    int n =
        snprintf(name, sizeof(name), "%s%s", f->path, f->act == UPGRADE_CONFLICT ? BESIDE : "");

    return n < PATH_MAX ? path_join(out, root, name) : -1;
}

/* --- does the board that comes out have mistakes? --- */

static int change_copy(const struct upgrade *u, const char *to, struct err *e)
{
    for (unsigned i = 0; i < u->count; i++) {
        const struct upgrade_file *f = &u->files[i];
        char path[PATH_MAX];

        if (find_target(f, to, path) < 0)
            return err_set(e, "%s: %s", f->path, strerror(errno));
        if (path_make_folders(to, f->path, e) < 0)
            return -1;
        if (writes(f) && write_text(path, buf_span(&f->then), f->mode | 0600) < 0)
            return err_set(e, "write %s: %s", path, strerror(errno));
        if (f->act == UPGRADE_REMOVE)
            unlink(path);
    }
    return 0;
}

/* FILE:LINE:COLUMN: WHAT as FILE and WHAT: in a file that has changed, lines have moved. */
static struct span finding_text(struct span line, struct span *file)
{
    const char *what = memmem(line.data, line.len, ": ", 2);
    const char *colon = memchr(line.data, ':', line.len);
    size_t at = what ? (size_t)(what - line.data) : line.len;

    *file = span_take(&line, colon ? (size_t)(colon - line.data) : line.len);
    span_take(&line, at - file->len);
    return line;
}

static bool is_among(struct span line, struct span rest)
{
    struct span file, other;
    struct span what = finding_text(line, &file);

    while (rest.len > 0) {
        struct span is = finding_text(span_take_line(&rest), &other);

        if (span_equals(is, what) && span_equals(other, file))
            return true;
    }
    return false;
}

/* What the board has of mistakes already is no reason; hints never are. How many stay. */
static int keep_new(struct buf *report, struct span before)
{
    struct buf all = *report;
    struct span rest = buf_span(&all);
    int count = 0;

    buf_init(report, all.max);
    while (rest.len > 0) {
        struct span line = span_take_line(&rest);

        if (span_starts_with(line, "hint: ") || is_among(line, before))
            continue;
        buf_add(report, line);
        buf_add_byte(report, '\n');
        count++;
    }
    buf_clear(&all);
    return count;
}

/* What would be wrong that is not wrong now: how many findings, -1 and `e`. */
static int rehearse(const struct upgrade *u, struct buf *report, struct err *e)
{
    const char *temp = getenv("TMPDIR");
    struct staging s = {0};
    struct buf before;
    int rc = -1;

    if (staging_begin_inside(&s, temp && temp[0] ? temp : "/tmp", e) < 0)
        return err_prefix(e, "name another folder with TMPDIR: ");
    buf_init(&before, BUF_LARGE);
    if (tree_copy_board(u->board, s.folder, e) == 0 && change_copy(u, s.folder, e) == 0)
        rc = board_check(s.folder, NULL, report, e);
    if (rc > 0 && (rc = board_check(u->board, NULL, &before, e)) >= 0)
        rc = keep_new(report, buf_span(&before));
    buf_clear(&before);
    staging_drop(&s);
    return rc;
}

/* --- keeping what was there --- */

static bool loses(const struct upgrade_file *f)
{
    return f->act == UPGRADE_REPLACE || f->act == UPGRADE_MERGE || f->act == UPGRADE_REMOVE;
}

static bool is_kept(struct history *h, const struct upgrade_file *f)
{
    struct buf kept;
    bool is;

    buf_init(&kept, BUF_LARGE);
    is = history_read(h, f->path, 0, &kept) && span_equals(buf_span(&kept), buf_span(&f->now));
    buf_clear(&kept);
    return is;
}

/* There is no loop to wake: worker_free reaps. */
static void wake_nobody(void *arg)
{
    (void)arg;
}

static int keep_all(const struct upgrade *u, const char *data, struct err *e)
{
    const struct worker_config config = {
        .name = "history", .threads = 1, .notify = wake_nobody};
    char folder[PATH_MAX];
    struct worker *w;
    struct history *h;
    int rc = 0;

    if (path_join(folder, data, "history") < 0)
        return err_set(e, "%s: %s", data, strerror(errno));
    w = worker_new(&config, e);
    if (!w)
        return -1;
    h = history_new(folder, w);
    for (unsigned i = 0; i < u->count; i++) {
        if (loses(&u->files[i]))
            history_add(h, u->files[i].path, buf_span(&u->files[i].now));
    }
    worker_free(w);
    for (unsigned i = 0; rc == 0 && i < u->count; i++) {
        if (loses(&u->files[i]) && !is_kept(h, &u->files[i]))
            rc = err_set(e, "%s: it can't be kept in %s", u->files[i].path, folder);
    }
    history_free(h);
    return rc;
}

/* --- putting in place --- */

struct change {
    const struct upgrade_file *file;
    char path[PATH_MAX];
    char part[PATH_MAX]; /* what comes, under a name that nobody looks at */
    char old[PATH_MAX];  /* what was there, in case that it has to come back */
    bool had;
    bool is_done;
};

static int name_beside(const char *path, const char *end, char out[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    int n = snprintf(out, PATH_MAX, "%.*s/.%s%s", (int)(slash - path), path, slash + 1, end);

    if (n < PATH_MAX)
        return 0;
    errno = ENAMETOOLONG;
    return -1;
}

static int keep_old(struct change *c)
{
    struct err ignored;

    unlink(c->old);
    if (access(c->path, F_OK) < 0)
        return 0;
    c->had = true;
    return link(c->path, c->old) == 0 ? 0 : path_copy(c->path, c->old, &ignored);
}

/* Nothing of it is to be seen yet. A link to a file stays one. */
static int prepare(const struct upgrade *u, const struct upgrade_file *f, struct change *c,
                   struct err *e)
{
    char real[PATH_MAX];

    *c = (struct change){.file = f};
    if (find_target(f, u->board, c->path) < 0)
        return err_set(e, "%s: %s", f->path, strerror(errno));
    if (path_make_folders(u->board, f->path, e) < 0)
        return -1;
    if (writes(f) && realpath(c->path, real))
        memcpy(c->path, real, sizeof(real));
    if (name_beside(c->path, ".perigee-new", c->part) < 0 ||
        name_beside(c->path, ".perigee-old", c->old) < 0 || keep_old(c) < 0 ||
        (writes(f) && write_text(c->part, buf_span(&f->then), f->mode) < 0))
        return err_set(e, "write %s: %s", c->path, strerror(errno));
    return 0;
}

static int check_is_unchanged(const struct upgrade *u, const struct upgrade_file *f,
                              struct err *e)
{
    struct version now = {0};
    bool same;

    buf_init(&now.text, BUF_LARGE);
    if (read_version(&now, u->board, f->path, e) < 0) {
        buf_clear(&now.text);
        return -1;
    }
    same = now.is_there == f->is_there && span_equals(buf_span(&now.text), buf_span(&f->now));
    buf_clear(&now.text);
    return same ? 0 : err_set(e, "%s was saved meanwhile: begin anew", f->path);
}

static int put(struct change *c, struct err *e)
{
    int rc = writes(c->file) ? rename(c->part, c->path) : unlink(c->path);

    c->is_done = rc == 0;
    return rc == 0 ? 0 : err_set(e, "%s: %s", c->path, strerror(errno));
}

static void put_back(const struct change *c)
{
    if (c->is_done && c->had)
        rename(c->old, c->path);
    else if (c->is_done)
        unlink(c->path);
}

static int put_all(const struct upgrade *u, struct change *changes, unsigned *count,
                   struct err *e)
{
    for (unsigned i = 0; i < u->count; i++) {
        if (u->files[i].act == UPGRADE_KEEP)
            continue;
        if (prepare(u, &u->files[i], &changes[(*count)++], e) < 0)
            return -1;
    }
    for (unsigned i = 0; i < *count; i++) {
        if (check_is_unchanged(u, changes[i].file, e) < 0)
            return -1;
    }
    for (unsigned i = 0; i < *count; i++) {
        if (put(&changes[i], e) < 0)
            return -1;
    }
    return 0;
}

/* What has been put there is the new originals' from now on. */
static int renew_originals(const struct upgrade *u, struct err *e)
{
    char old[PATH_MAX];
    char new[PATH_MAX];
    struct contents files = {0};
    struct staging s = {0};
    int rc = -1;

    if (starter_look(u->starter, &files, e) == 0 &&
        staging_begin_inside(&s, u->board, e) == 0 &&
        starter_keep(u->starter, &files, s.folder, NULL, NULL, e) == 0 &&
        path_join(old, u->board, STARTER_FOLDER) == 0 &&
        path_join(new, s.folder, STARTER_FOLDER) == 0) {
        rc = renameat2(AT_FDCWD, new, AT_FDCWD, old, RENAME_EXCHANGE);
        if (rc < 0 && errno == ENOENT) /* there is none yet */
            rc = rename(new, old);
        if (rc < 0)
            err_set(e, "%s: %s", old, strerror(errno));
    }
    staging_drop(&s);
    contents_clear(&files);
    return rc;
}

static int put_in_place(const struct upgrade *u, struct err *e)
{
    struct change *changes = mem_zalloc((u->changes + 1) * sizeof(*changes));
    unsigned count = 0;
    int rc = put_all(u, changes, &count, e);

    if (rc == 0)
        rc = renew_originals(u, e);
    for (unsigned i = 0; rc < 0 && i < count; i++)
        put_back(&changes[i]);
    for (unsigned i = 0; i < count; i++) {
        unlink(changes[i].part);
        unlink(changes[i].old);
    }
    mem_free(changes);
    return rc;
}

/* --- as a whole --- */

static void write_down(const struct upgrade *u, const char *data)
{
    char detail[100];

    snprintf(detail, sizeof(detail), "%s -> %s, %u files", u->from, PERIGEE_VERSION,
             u->changes);
    audit_note(data, "upgrade", SPAN_LIT("the board"), span_of(detail));
}

int upgrade_do(const struct upgrade *u, const char *data, struct buf *report, struct err *e)
{
    char screens[PATH_MAX];
    int findings;

    if (path_join(screens, u->board, "screens") < 0)
        return err_set(e, "%s: %s", u->board, strerror(errno));
    if (owner_check_root(screens, e) < 0 || owner_check_root(data, e) < 0)
        return -1;
    if (u->changes == 0)
        return renew_originals(u, e);
    findings = rehearse(u, report, e);
    if (findings != 0)
        return findings < 0 ? -1 : 1;
    if (keep_all(u, data, e) < 0 || put_in_place(u, e) < 0)
        return -1;
    write_down(u, data);
    return 0;
}

int upgrade_adopt(const char *board, struct err *e)
{
    struct upgrade u = {.board = board};
    char path[PATH_MAX];

    if (path_join(path, board, "screens") < 0 || access(path, F_OK) < 0)
        return err_set(e, "%s is no board: it has no folder 'screens': name one with --board",
                       board);
    if (path_join(path, board, STARTER_FOLDER) < 0 || access(path, F_OK) == 0)
        return err_set(e, "%s has its originals already: upgrade without --adopt", board);
    return starter_must_find(u.starter, e) < 0 ? -1 : renew_originals(&u, e);
}
