#include "server/backup.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "client/drop.h"
#include "client/folder.h"
#include "server/check.h"
#include "server/history.h"
#include "server/manifest.h"
#include "server/owner.h"
#include "server/staging.h"
#include "server/starter.h"
#include "server/contents.h"
#include "store/audit.h"
#include "store/db.h"

enum { PIECE = 1 << 18, TRIES = 3, OWN_MODE = 0600, WAIT_MS = 200 };

#define DATA "data/"
#define DATABASE "perigee.db"

static const char *const board_folders[] = {"screens", "lua", "doors", STARTER_FOLDER};
enum { BOARD_FOLDERS = sizeof(board_folders) / sizeof(board_folders[0]) };

struct making {
    const struct backup *config;
    struct backup_counts *counts;
    struct err *error;
    struct staging scratch;
    char database[PATH_MAX]; /* the copy */
    char part[PATH_MAX];     /* the backup, until it has its name */
    struct contents board;
    struct contents data;
    struct sums sums;
    struct owner owner;
    struct stat live; /* the database that was copied: the copy is of whoever makes it */
    struct archive *archive;
    int fd;        /* what the archive goes to */
    bool is_over;  /* nothing is written any more */
    int write_why; /* errno of a write that failed; 0: none has */
    int look_rc;   /* -1: a folder could not be looked at */
    char *piece;
};

static bool goes_on(struct making *m)
{
    return m->config->go_on(m->config->arg, m->counts);
}

static bool copy_goes_on(void *arg)
{
    return goes_on(arg);
}

static int stopped(struct err *e)
{
    return err_set(e, "it was stopped: there is no backup");
}

/* --- where it goes --- */

static bool is_below(const char *folder, const char *root)
{
    char real[PATH_MAX];
    size_t n;

    if (!realpath(root, real))
        return false;
    n = strlen(real);
    return strncmp(folder, real, n) == 0 && (folder[n] == '/' || folder[n] == '\0');
}

/* Each backup would hold the one before. */
static int check_is_outside(const struct backup *b, const char *folder, struct err *e)
{
    char real[PATH_MAX];
    char part[PATH_MAX];

    if (!realpath(folder, real))
        return err_set(e, "%s: %s", folder, strerror(errno));
    if (is_below(real, b->data))
        return err_set(e,
                       "%s is in the data folder, which is what is put in: name another place",
                       b->file);
    for (int i = 0; i < BOARD_FOLDERS; i++) {
        if (path_join(part, b->board, board_folders[i]) == 0 && is_below(real, part))
            return err_set(e,
                           "%s is in the board's %s/, which is what is put in: name elsewhere",
                           b->file, board_folders[i]);
    }
    return 0;
}

static int check_name(const struct backup *b, struct err *e)
{
    struct stat st;

    if (lstat(b->file, &st) < 0)
        return errno == ENOENT ? 0 : err_set(e, "%s: %s", b->file, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return err_set(e, "%s is no file: name one, or - for standard output", b->file);
    return b->replaces ? 0
                       : err_set(e, "%s is there already: name another, or --force replaces it",
                                 b->file);
}

static void folder_of(const char *file, char out[PATH_MAX])
{
    const char *slash = strrchr(file, '/');

    snprintf(out, PATH_MAX, "%.*s", slash ? (int)(slash - file) : 1, slash ? file : ".");
    if (slash == file)
        snprintf(out, PATH_MAX, "/");
}

static int begin_file(struct making *m, struct err *e)
{
    char folder[PATH_MAX];

    folder_of(m->config->file, folder);
    if (check_name(m->config, e) < 0 || check_is_outside(m->config, folder, e) < 0 ||
        staging_begin_inside(&m->scratch, folder, e) < 0)
        return -1;
    if (path_join(m->part, m->scratch.folder, "backup") < 0)
        return err_set(e, "%s: %s", folder, strerror(errno));
    m->fd = open(m->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, OWN_MODE);
    return m->fd < 0 ? err_set(e, "%s: %s", m->part, strerror(errno)) : 0;
}

static int begin_output(struct making *m, struct err *e)
{
    const char *temp = getenv("TMPDIR");

    if (isatty(STDOUT_FILENO))
        return err_set(e, "standard output is a terminal: name a file, or lead it elsewhere");
    if (staging_begin_inside(&m->scratch, temp && temp[0] ? temp : "/tmp", e) < 0)
        return err_prefix(e, "name another folder with TMPDIR: ");
    m->fd = dup(STDOUT_FILENO);
    return m->fd < 0 ? err_set(e, "standard output: %s", strerror(errno)) : 0;
}

static bool is_output(const struct making *m)
{
    return strcmp(m->config->file, "-") == 0;
}

/* --- what is put in --- */

static bool is_passing(void *arg, const char *path, bool is_folder)
{
    static const char *const names[] = {"control.sock", "lock", "log", "log.1", DATABASE};
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;

    (void)arg;
    (void)is_folder;
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(path, names[i]) == 0)
            return true;
    }
    return strcmp(path, "doors/" DROP_LINK) == 0 ||
           (strncmp(path, "history/", 8) == 0 && strcmp(name, HISTORY_PART) == 0) ||
           strncmp(name, FOLDER_PART, strlen(FOLDER_PART)) == 0 || /* half an upload */
           strncmp(name, ".perigee-", 9) == 0 ||                   /* another command's */
           strncmp(path, DATABASE "-", strlen(DATABASE "-")) == 0; /* -wal, -shm, -journal */
}

static void leave_out(void *arg, const char *path, const char *why, bool is_error)
{
    struct making *m = arg;

    if (is_error)
        m->look_rc = err_set(m->error, "%s: %s", path[0] ? path : m->config->data, why);
    else
        m->config->tell(m->config->arg, path, why);
}

static void count(struct making *m, const struct contents *t)
{
    for (unsigned i = 0; i < t->count; i++) {
        m->counts->all_files += !t->files[i].is_folder;
        m->counts->all_bytes += t->files[i].is_folder ? 0 : (uint64_t)t->files[i].size;
    }
}

static int look(struct making *m)
{
    struct contents_rules rules = {.follows_links = true, .left_out = leave_out, .arg = m};
    struct stat st;

    for (int i = 0; i < BOARD_FOLDERS; i++)
        contents_add(&m->board, m->config->board, board_folders[i], &rules);
    rules.follows_links = false;
    rules.skips = is_passing;
    contents_add(&m->data, m->config->data, "", &rules);
    contents_sort(&m->board);
    contents_sort(&m->data);
    count(m, &m->board);
    count(m, &m->data);
    m->counts->all_files++;
    if (stat(m->database, &st) == 0)
        m->counts->all_bytes += (uint64_t)st.st_size;
    return m->look_rc;
}

/* --- the archive --- */

/* A pipe that nobody reads is waited for, and who stops us does not wait for it. */
static bool wait_for_room(struct making *m)
{
    struct pollfd p = {.fd = m->fd, .events = POLLOUT};

    while (goes_on(m)) {
        if (poll(&p, 1, WAIT_MS) > 0)
            return true;
    }
    errno = EINTR;
    return false;
}

static la_ssize_t write_some(struct archive *a, void *arg, const void *bytes, size_t len)
{
    struct making *m = arg;
    ssize_t n = -1;

    if (m->is_over)
        return -1;
    if (wait_for_room(m))
        n = write(m->fd, bytes, len < PIPE_BUF ? len : PIPE_BUF);
    if (n < 0) {
        m->write_why = errno;
        archive_set_error(a, errno, "%s", strerror(errno));
        return -1;
    }
    m->counts->packed += (uint64_t)n;
    return n;
}

static int fail(struct making *m, struct err *e)
{
    const char *to = is_output(m) ? "standard output" : m->config->file;

    return m->write_why ? err_set(e, "write %s: %s", to, strerror(m->write_why))
                        : err_set(e, "write %s: %s", to, archive_error_string(m->archive));
}

/* Zstandard where libarchive was built with it. */
static int open_archive(struct making *m, struct err *e)
{
    m->archive = archive_write_new();
    if (archive_write_add_filter_zstd(m->archive) != ARCHIVE_OK)
        archive_write_add_filter_gzip(m->archive);
    archive_write_set_format_pax_restricted(m->archive);
    archive_write_set_bytes_in_last_block(m->archive, 1);
    if (archive_write_open(m->archive, m, NULL, write_some, NULL) != ARCHIVE_OK)
        return fail(m, e);
    return 0;
}

static int begin_member(struct making *m, const char *name, const struct stat *st,
                        struct err *e)
{
    const struct stat *owner = strcmp(name, DATA DATABASE) == 0 ? &m->live : st;
    struct archive_entry *entry = archive_entry_new();
    int rc;

    owner_find_names(&m->owner, owner->st_uid, owner->st_gid);
    archive_entry_set_uid(entry, owner->st_uid);
    archive_entry_set_gid(entry, owner->st_gid);
    archive_entry_set_uname(entry, m->owner.user);
    archive_entry_set_gname(entry, m->owner.group);
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, S_ISDIR(st->st_mode) ? AE_IFDIR : AE_IFREG);
    archive_entry_set_perm(entry, st->st_mode & 0777);
    archive_entry_set_mtime(entry, st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
    if (!S_ISDIR(st->st_mode))
        archive_entry_set_size(entry, st->st_size);
    rc = archive_write_header(m->archive, entry) < ARCHIVE_WARN ? fail(m, e) : 0;
    archive_entry_free(entry);
    return rc;
}

static int put(struct making *m, struct sha256_ctx *sum, const char *bytes, size_t len,
               struct err *e)
{
    while (len > 0) {
        la_ssize_t n = archive_write_data(m->archive, bytes, len);

        if (n <= 0)
            return fail(m, e);
        sha256_update(sum, (size_t)n, (const uint8_t *)bytes);
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

static void end_member(struct making *m, const char *name, struct sha256_ctx *sum)
{
    unsigned char digest[SHA256_DIGEST_SIZE];

    sha256_digest(sum, sizeof(digest), digest);
    sums_set(&m->sums, name, digest);
}

static int put_text(struct making *m, const char *name, struct span text, struct err *e)
{
    const struct stat st = {.st_mode = S_IFREG | OWN_MODE,
                            .st_size = (off_t)text.len,
                            .st_mtim.tv_sec = time(NULL)};
    struct sha256_ctx sum;

    sha256_init(&sum);
    if (begin_member(m, name, &st, e) < 0 || put(m, &sum, text.data, text.len, e) < 0)
        return -1;
    end_member(m, name, &sum);
    return 0;
}

/* --- files --- */

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* As many bytes as its size was at the beginning: what it has grown by is left out, what it has
 * lost is zeros. 1: that was so, or it has changed otherwise. */
static int put_bytes(struct making *m, int fd, const char *path, const struct stat *st,
                     struct sha256_ctx *sum, struct err *e)
{
    struct stat after;
    off_t left = st->st_size;
    bool is_short = false;

    while (left > 0) {
        size_t want = left < PIECE ? (size_t)left : PIECE;
        ssize_t n = is_short ? 0 : read(fd, m->piece, want);

        if (!goes_on(m))
            return stopped(e);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(e, "read %s: %s", path, strerror(errno));
        if (n == 0) {
            is_short = true;
            memset(m->piece, 0, want);
            n = (ssize_t)want;
        }
        if (put(m, sum, m->piece, (size_t)n, e) < 0)
            return -1;
        m->counts->bytes += (uint64_t)n;
        left -= n;
    }
    return is_short || fstat(fd, &after) < 0 || !is_same(st, &after);
}

/* 0 it is in, 1 it changed meanwhile, 2 it is gone, -1 and `e`. */
static int try_file(struct making *m, const char *path, const char *name, struct err *e)
{
    struct sha256_ctx sum;
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int rc = -1;

    if (fd < 0)
        return errno == ENOENT ? 2 : err_set(e, "%s: %s", path, strerror(errno));
    sha256_init(&sum);
    if (fstat(fd, &st) < 0)
        err_set(e, "%s: %s", path, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        rc = 2;
    else if (begin_member(m, name, &st, e) == 0)
        rc = put_bytes(m, fd, path, &st, &sum, e);
    close(fd);
    if (rc == 0 || rc == 1)
        end_member(m, name, &sum);
    return rc;
}

static int put_file(struct making *m, const char *path, const char *name, struct err *e)
{
    uint64_t before = m->counts->bytes;
    int rc = 1;

    for (int i = 0; i < TRIES && rc == 1; i++) {
        m->counts->bytes = before;
        rc = try_file(m, path, name, e);
    }
    if (rc < 0)
        return -1;
    if (rc > 0)
        m->config->tell(m->config->arg, name,
                        rc == 1 ? "it changed while it was read" : "it was removed meanwhile");
    m->counts->files += rc < 2;
    return 0;
}

static int put_folder(struct making *m, const char *path, const char *name, struct err *e)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return errno == ENOENT ? 0 : err_set(e, "%s: %s", path, strerror(errno));
    return S_ISDIR(st.st_mode) ? begin_member(m, name, &st, e) : 0;
}

static int put_tree(struct making *m, const struct contents *t, const char *root,
                    const char *before, struct err *e)
{
    char path[PATH_MAX];
    char name[PATH_MAX];

    for (unsigned i = 0; i < t->count; i++) {
        const struct contents_file *f = &t->files[i];
        int rc;

        if (!goes_on(m))
            return stopped(e);
        if (path_join(path, root, f->path) < 0 ||
            snprintf(name, sizeof(name), "%s%s", before, f->path) >= PATH_MAX)
            return err_set(e, "%s: %s", f->path, strerror(ENAMETOOLONG));
        rc = f->is_folder ? put_folder(m, path, name, e) : put_file(m, path, name, e);
        if (rc < 0)
            return -1;
    }
    return 0;
}

/* --- its parts --- */

/* Of now: what callers were told is saved before is in it. */
static int copy_database(struct making *m, int *schema, struct err *e)
{
    char path[PATH_MAX];
    struct db *db;
    int rc;

    if (path_join(path, m->config->data, DATABASE) < 0 ||
        path_join(m->database, m->scratch.folder, DATABASE) < 0)
        return err_set(e, "%s: %s", m->config->data, strerror(errno));
    if (stat(path, &m->live) < 0)
        return err_set(e,
                       "%s: %s: 'perigee serve' makes it; --board or --data says where it is",
                       path, strerror(errno));
    if (db_copy(path, m->database, copy_goes_on, m, e) < 0)
        return goes_on(m) ? -1 : stopped(e);
    db = db_open(m->database, false, e);
    rc = db ? db_version(db, schema, e) : -1;
    db_close(db);
    return rc;
}

static int put_manifest(struct making *m, int schema, struct err *e)
{
    struct manifest manifest = {.format = MANIFEST_FORMAT,
                                .version = PERIGEE_VERSION,
                                .schema = schema,
                                .made = (int64_t)time(NULL),
                                .files = m->counts->all_files,
                                .bytes = m->counts->all_bytes};
    struct buf text;
    int rc;

    buf_init(&text, MANIFEST_MOST);
    manifest_add(&text, &manifest);
    rc = put_text(m, MANIFEST_NAME, buf_span(&text), e);
    buf_clear(&text);
    return rc;
}

static int put_sums(struct making *m, struct err *e)
{
    struct buf text;
    int rc;

    buf_init(&text, SUMS_MOST);
    sums_add(&m->sums, &text);
    rc = put_text(m, SUMS_NAME, buf_span(&text), e);
    buf_clear(&text);
    if (rc == 0 && archive_write_close(m->archive) != ARCHIVE_OK)
        rc = fail(m, e);
    return rc;
}

static int put_all(struct making *m, int schema, struct err *e)
{
    if (open_archive(m, e) < 0 || put_manifest(m, schema, e) < 0 ||
        put_file(m, m->database, DATA DATABASE, e) < 0 ||
        put_tree(m, &m->board, m->config->board, "", e) < 0 ||
        put_folder(m, m->config->data, DATA, e) < 0 ||
        put_tree(m, &m->data, m->config->data, DATA, e) < 0)
        return -1;
    return put_sums(m, e);
}

/* --- its name --- */

/* Where the file system can't refuse to replace, we have looked before. */
static int give_name(const struct making *m)
{
    const struct backup *b = m->config;

    if (b->replaces)
        return rename(m->part, b->file);
    if (renameat2(AT_FDCWD, m->part, AT_FDCWD, b->file, RENAME_NOREPLACE) == 0)
        return 0;
    return errno == EINVAL ? rename(m->part, b->file) : -1;
}

static int finish(struct making *m, struct err *e)
{
    char folder[PATH_MAX];
    int fd;

    if (is_output(m))
        return 0;
    if (fsync(m->fd) < 0 || give_name(m) < 0)
        return err_set(e, "write %s: %s", m->config->file, strerror(errno));
    folder_of(m->config->file, folder);
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd); /* the name, too */
        close(fd);
    }
    return 0;
}

/* Areas may be anywhere on the machine, and as large as that. */
static void tell_roots(const struct making *m)
{
    struct settings s;
    struct err e;

    if (board_settings(m->config->board, &s, &e) < 0)
        m->config->tell(m->config->arg, "files.roots is not known", e.text);
    for (unsigned i = 0; i < s.file_roots.count; i++) {
        if (!is_below(s.file_roots.items[i], m->config->data))
            m->config->tell(m->config->arg, s.file_roots.items[i],
                            "it is one of files.roots, outside of the data folder, and not in "
                            "the backup");
    }
    settings_clear(&s);
}

static void write_down(const struct making *m)
{
    char path[PATH_MAX];
    struct err e;
    struct db *db = NULL;

    if (path_join(path, m->config->data, DATABASE) < 0 || !(db = db_open(path, false, &e)))
        return;
    if (db_is_current(db)) { /* else a writer would bring it up to date */
        db_close(db);
        db = db_open(path, true, &e);
        if (!db ||
            audit_add(db, getuid(), "backup", span_of(m->config->file), SPAN_LIT(""), &e) < 0)
            m->config->tell(m->config->arg, "the audit table", e.text);
    }
    db_close(db);
}

static void clear(struct making *m)
{
    if (m->archive) {
        m->is_over = true; /* what it has not written yet is not wanted */
        archive_write_free(m->archive);
    }
    if (m->fd >= 0)
        close(m->fd);
    staging_drop(&m->scratch);
    contents_clear(&m->board);
    contents_clear(&m->data);
    sums_clear(&m->sums);
    mem_free(m->piece);
}

int backup_make(const struct backup *b, struct backup_counts *counts, struct err *e)
{
    struct making m = {.config = b, .counts = counts, .error = e, .fd = -1};
    char screens[PATH_MAX];
    int schema = 0;
    int rc;

    *counts = (struct backup_counts){0};
    if (path_join(screens, b->board, "screens") < 0 || access(screens, F_OK) < 0)
        return err_set(e, "%s is no board: it has no folder 'screens': name one with --board",
                       b->board);
    m.piece = mem_alloc(PIECE);
    rc = is_output(&m) ? begin_output(&m, e) : begin_file(&m, e);
    if (rc == 0)
        rc = copy_database(&m, &schema, e);
    if (rc == 0)
        rc = look(&m);
    if (rc == 0)
        rc = put_all(&m, schema, e);
    if (rc < 0 && !goes_on(&m))
        stopped(e);
    if (rc == 0)
        rc = finish(&m, e);
    clear(&m);
    if (rc == 0) {
        tell_roots(&m);
        write_down(&m);
    }
    return rc;
}
