#include "server/restore.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <nettle/sha2.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/copy.h"
#include "base/mem.h"
#include "base/size.h"
#include "server/owner.h"
#include "server/staging.h"
#include "server/starter.h"
#include "server/contents.h"
#include "store/accounts.h"
#include "store/audit.h"
#include "store/db.h"

enum {
    PIECE = 1 << 18,
    NAME_MOST = 2048,
    FILTERS_MOST = 2, /* the one it is compressed by, and none */
    MODE = 0777,
    OWNER = 0600,
    DATA_MODE = 0700,
    WAIT_MS = 200
};

#define DATA "data/"
#define DATABASE "perigee.db"

struct unpacking {
    const struct restore *config;
    const char *data; /* folder that what is below data/ goes to */
    struct restored *out;
    struct archive *archive;
    int fd;
    uint64_t size; /* of the backup; 0: not known */
    struct owner owner;
    struct sums found;
    struct sums wanted;
    bool is_complete; /* SUMS_NAME has been read */
    char *piece;
};

__attribute__((format(printf, 2, 3))) static enum restore_answer bad(struct err *e,
                                                                     const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(e->text, sizeof(e->text), format, args);
    va_end(args);
    return RESTORE_BAD;
}

static bool goes_on(const struct unpacking *u)
{
    uint64_t at = u->archive ? (uint64_t)archive_filter_bytes(u->archive, -1) : 0;

    return u->config->go_on(u->config->arg, at, u->size);
}

static int stopped(struct err *e)
{
    return err_set(e, "it was stopped: nothing was restored");
}

/* --- reading the archive --- */

static la_ssize_t read_some(struct archive *a, void *arg, const void **bytes)
{
    struct unpacking *u = arg;
    struct pollfd p = {.fd = u->fd, .events = POLLIN};
    ssize_t n = -1;

    errno = EINTR;
    while (goes_on(u)) { /* a pipe may have nothing for a while */
        if (poll(&p, 1, WAIT_MS) <= 0)
            continue;
        n = read(u->fd, u->piece, PIECE);
        break;
    }
    *bytes = u->piece;
    if (n < 0)
        archive_set_error(a, errno, "%s", strerror(errno));
    return n;
}

/* Both kinds that a backup may be compressed by, and nothing else that is to be understood. */
static enum restore_answer open_archive(struct unpacking *u, struct err *e)
{
    struct stat st;

    u->fd = strcmp(u->config->file, "-") == 0
                ? dup(STDIN_FILENO)
                : open(u->config->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (u->fd < 0 || fstat(u->fd, &st) < 0)
        return err_set(e, "%s: %s", u->config->file, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return err_set(e, "%s: %s", u->config->file, strerror(EISDIR));
    u->size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
    u->archive = archive_read_new();
    archive_read_support_filter_zstd(u->archive);
    archive_read_support_filter_gzip(u->archive);
    archive_read_support_format_tar(u->archive);
    if (archive_read_open(u->archive, u, NULL, read_some, NULL) != ARCHIVE_OK ||
        archive_filter_count(u->archive) > FILTERS_MOST)
        return bad(e, "it is no backup of perigee's");
    return RESTORE_DONE;
}

static enum restore_answer damaged(struct unpacking *u, struct err *e)
{
    const char *why = archive_error_string(u->archive);

    return bad(e, "it is cut off or damaged: %s", why ? why : "it can't be read on");
}

/* --- names --- */

static bool has_good_parts(const char *name)
{
    for (const char *part = name;; part++) {
        size_t n = strcspn(part, "/");

        if (n == 0 || (n == 1 && part[0] == '.') || (n == 2 && strncmp(part, "..", 2) == 0))
            return false;
        part += n;
        if (*part == '\0')
            return true;
    }
}

/* Relative, below a folder that backups have, and nowhere else. */
static bool is_good_name(const char *name)
{
    static const char *const folders[] = {"screens", "lua", "doors", STARTER_FOLDER, "data"};
    size_t first = strcspn(name, "/");

    for (unsigned i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        if (strlen(folders[i]) == first && strncmp(name, folders[i], first) == 0)
            return strlen(name) < NAME_MOST && has_good_parts(name);
    }
    return false;
}

/* A folder's name ends with a slash in a tar. */
static enum restore_answer take_name(struct archive_entry *entry, char name[NAME_MOST],
                                     struct err *e)
{
    const char *given = archive_entry_pathname(entry);
    int n = snprintf(name, NAME_MOST, "%s", given ? given : "");

    if (archive_entry_filetype(entry) == AE_IFDIR && n > 0 && n < NAME_MOST &&
        name[n - 1] == '/')
        name[n - 1] = '\0';
    if (n >= NAME_MOST || !is_good_name(name))
        return bad(e, "the name %.200s in it leads elsewhere: it is no backup of perigee's",
                   given && given[0] ? given : "(none)");
    if (archive_entry_hardlink(entry) || archive_entry_symlink(entry) ||
        (archive_entry_filetype(entry) != AE_IFREG &&
         archive_entry_filetype(entry) != AE_IFDIR))
        return bad(e, "%.200s in it is no file: it is no backup of perigee's", name);
    return RESTORE_DONE;
}

static int find_place(const struct unpacking *u, const char *name, const char **root,
                      const char **inner, char path[PATH_MAX], struct err *e)
{
    size_t n = strlen(DATA) - 1;
    bool is_data = strncmp(name, DATA, n) == 0 && (name[n] == '/' || name[n] == '\0');

    *root = is_data ? u->data : u->config->folder;
    *inner = !is_data ? name : name[n] ? name + n + 1 : "";
    return path_join(path, *root, *inner) == 0
               ? 0
               : err_set(e, "%s: %s", name, strerror(ENAMETOOLONG));
}

/* --- members --- */

static enum restore_answer check_room(const struct unpacking *u, const char *root,
                                      uint64_t bytes, const char *what, struct err *e)
{
    struct statvfs disk;
    struct buf wanted;
    struct buf there;
    uint64_t room;

    (void)u;
    if (statvfs(root, &disk) < 0)
        return RESTORE_DONE;
    room = (uint64_t)disk.f_bavail * disk.f_frsize;
    if (bytes <= room)
        return RESTORE_DONE;
    buf_init(&wanted, 64);
    buf_init(&there, 64);
    size_add(&wanted, (double)bytes);
    size_add(&there, (double)room);
    err_set(e, "%s has %s, and the disk of %s has room for %s", what, buf_text(&wanted), root,
            buf_text(&there));
    buf_clear(&wanted);
    buf_clear(&there);
    return RESTORE_FAILED;
}

static enum restore_answer copy_member(struct unpacking *u, int fd, const char *path,
                                       const char *name, struct err *e)
{
    char *piece = mem_alloc(PIECE);
    unsigned char digest[SHA256_DIGEST_SIZE];
    struct sha256_ctx sum;
    la_ssize_t n;
    enum restore_answer rc = RESTORE_DONE;

    sha256_init(&sum);
    while (rc == RESTORE_DONE && (n = archive_read_data(u->archive, piece, PIECE)) != 0) {
        if (n < 0)
            rc = damaged(u, e);
        else if (!goes_on(u))
            rc = stopped(e);
        else if (copy_out(fd, piece, (size_t)n) < 0)
            rc = err_set(e, "write %s: %s", path, strerror(errno));
        else
            sha256_update(&sum, (size_t)n, (const uint8_t *)piece);
        u->out->bytes += n > 0 ? (uint64_t)n : 0;
    }
    sha256_digest(&sum, sizeof(digest), digest);
    if (rc == RESTORE_DONE)
        sums_set(&u->found, name, digest);
    mem_free(piece);
    return rc;
}

/* Only root gives files away: to who had them where the backup was made. */
static int give_back(struct unpacking *u, struct archive_entry *entry, int fd)
{
    const char *user = archive_entry_uname(entry);
    const char *group = archive_entry_gname(entry);

    if (geteuid() != 0 || !user || !user[0])
        return 0;
    if (owner_find(&u->owner, user, group ? group : ""))
        return fchown(fd, u->owner.uid, u->owner.gid);
    snprintf(u->out->nobody, sizeof(u->out->nobody), "%.63s", user);
    return 0;
}

static enum restore_answer take_file(struct unpacking *u, struct archive_entry *entry,
                                     const char *name, struct err *e)
{
    char path[PATH_MAX];
    const char *root, *inner;
    mode_t mode = (archive_entry_perm(entry) & MODE) | OWNER;
    struct timespec time = {.tv_sec = archive_entry_mtime(entry),
                            .tv_nsec = archive_entry_mtime_nsec(entry)};
    int64_t size = archive_entry_size(entry);
    enum restore_answer rc;
    int fd;

    if (find_place(u, name, &root, &inner, path, e) < 0 ||
        path_make_folders(root, inner, e) < 0)
        return RESTORE_FAILED;
    if (size < 0 || !archive_entry_size_is_set(entry))
        return bad(e, "%s in it has no size", name);
    rc = check_room(u, root, (uint64_t)size, name, e);
    if (rc != RESTORE_DONE)
        return rc;
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, OWNER);
    if (fd < 0)
        return errno == EISDIR ? bad(e, "%s in it is a file and a folder", name)
                               : err_set(e, "write %s: %s", path, strerror(errno));
    rc = copy_member(u, fd, path, name, e);
    if (rc == RESTORE_DONE && (give_back(u, entry, fd) < 0 || fchmod(fd, mode) < 0 ||
                               futimens(fd, (struct timespec[]){time, time}) < 0))
        rc = err_set(e, "%s: %s", path, strerror(errno));
    if (close(fd) < 0 && rc == RESTORE_DONE)
        rc = err_set(e, "write %s: %s", path, strerror(errno));
    return rc;
}

static enum restore_answer take_folder(struct unpacking *u, struct archive_entry *entry,
                                       const char *name, struct err *e)
{
    char path[PATH_MAX];
    const char *root, *inner;
    mode_t mode = (archive_entry_perm(entry) & MODE) | DATA_MODE;
    enum restore_answer rc = RESTORE_DONE;
    int fd;

    if (find_place(u, name, &root, &inner, path, e) < 0 ||
        path_make_folders(root, inner, e) < 0)
        return RESTORE_FAILED;
    if (mkdir(path, mode) < 0 && errno != EEXIST)
        return err_set(e, "make %s: %s", path, strerror(errno));
    fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || give_back(u, entry, fd) < 0 || fchmod(fd, mode) < 0)
        rc = err_set(e, "%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return rc;
}

/* What a backup says of itself; its sum counts, but for the sums' own. */
static enum restore_answer read_text(struct unpacking *u, const char *name, uint32_t most,
                                     struct buf *out, struct err *e)
{
    char piece[4096];
    la_ssize_t n;
    struct sha256_ctx sum;
    unsigned char digest[SHA256_DIGEST_SIZE];

    while ((n = archive_read_data(u->archive, piece, sizeof(piece))) > 0) {
        if (!buf_add(out, span_from(piece, (size_t)n)))
            return bad(e, "%s in it is larger than %" PRIu32 " bytes", name, most);
    }
    if (n < 0)
        return damaged(u, e);
    sha256_init(&sum);
    sha256_update(&sum, out->len, (const uint8_t *)buf_text(out));
    sha256_digest(&sum, sizeof(digest), digest);
    if (strcmp(name, SUMS_NAME) != 0)
        sums_set(&u->found, name, digest);
    return RESTORE_DONE;
}

static enum restore_answer take_manifest(struct unpacking *u, struct err *e)
{
    struct archive_entry *entry;
    struct buf text;
    enum restore_answer rc;
    int got = archive_read_next_header(u->archive, &entry);

    if (got != ARCHIVE_OK || strcmp(archive_entry_pathname(entry), MANIFEST_NAME) != 0)
        return bad(e, "it is no backup of perigee's");
    buf_init(&text, MANIFEST_MOST);
    rc = read_text(u, MANIFEST_NAME, MANIFEST_MOST, &text, e);
    if (rc == RESTORE_DONE && manifest_read(buf_span(&text), &u->out->manifest, e) < 0)
        rc = RESTORE_BAD;
    buf_clear(&text);
    if (rc == RESTORE_DONE)
        rc = check_room(u, u->config->folder, u->out->manifest.bytes, "what was put in it", e);
    return rc;
}

static enum restore_answer take_sums(struct unpacking *u, struct err *e)
{
    struct buf text;
    enum restore_answer rc;

    buf_init(&text, SUMS_MOST);
    rc = read_text(u, SUMS_NAME, SUMS_MOST, &text, e);
    if (rc == RESTORE_DONE && sums_read(buf_span(&text), &u->wanted, e) < 0)
        rc = RESTORE_BAD;
    u->is_complete = true;
    buf_clear(&text);
    return rc;
}

static enum restore_answer take_member(struct unpacking *u, struct archive_entry *entry,
                                       struct err *e)
{
    char name[NAME_MOST];
    const char *given = archive_entry_pathname(entry);
    enum restore_answer rc;

    if (u->is_complete)
        return bad(e, "something follows behind its end");
    if (given && strcmp(given, SUMS_NAME) == 0)
        return take_sums(u, e);
    rc = take_name(entry, name, e);
    if (rc != RESTORE_DONE)
        return rc;
    return archive_entry_filetype(entry) == AE_IFDIR ? take_folder(u, entry, name, e)
                                                     : take_file(u, entry, name, e);
}

static enum restore_answer take_all(struct unpacking *u, struct err *e)
{
    struct archive_entry *entry;
    enum restore_answer rc = take_manifest(u, e);
    int got = ARCHIVE_OK;

    while (rc == RESTORE_DONE &&
           (got = archive_read_next_header(u->archive, &entry)) == ARCHIVE_OK)
        rc = goes_on(u) ? take_member(u, entry, e) : (enum restore_answer)stopped(e);
    if (rc != RESTORE_DONE)
        return rc;
    if (got != ARCHIVE_EOF)
        return damaged(u, e);
    if (!u->is_complete)
        return bad(e, "it is cut off: its end, %s, is missing", SUMS_NAME);
    if (sums_compare(&u->wanted, &u->found, e) < 0) {
        err_prefix(e, "it is damaged: ");
        return RESTORE_BAD;
    }
    u->out->files = u->found.count - 1; /* all but the manifest */
    return RESTORE_DONE;
}

/* --- the database --- */

static enum restore_answer check_database(struct unpacking *u, struct err *e)
{
    char path[PATH_MAX];
    struct db *db;
    int rc;

    if (path_join(path, u->data, DATABASE) < 0 || access(path, F_OK) < 0)
        return bad(e, "it has no database");
    db = db_open(path, false, e);
    rc = db ? db_check(db, e) : -1;
    if (rc == 0)
        rc = account_count(db, &u->out->accounts, e);
    db_close(db);
    if (rc < 0)
        err_prefix(e, "its database: ");
    return rc < 0 ? RESTORE_BAD : RESTORE_DONE;
}

static void clear(struct unpacking *u)
{
    if (u->archive)
        archive_read_free(u->archive);
    if (u->fd >= 0)
        close(u->fd);
    sums_clear(&u->found);
    sums_clear(&u->wanted);
    mem_free(u->piece);
}

enum restore_answer restore_unpack(const struct restore *r, struct restored *out, struct err *e)
{
    struct unpacking u = {.config = r, .out = out, .fd = -1};
    char data[PATH_MAX];
    enum restore_answer rc;

    *out = (struct restored){0};
    u.data = r->data ? r->data : data;
    if (path_join(data, r->folder, "data") < 0)
        return err_set(e, "%s: %s", r->folder, strerror(errno));
    if (mkdir(u.data, DATA_MODE) < 0 && errno != EEXIST)
        return err_set(e, "make %s: %s", u.data, strerror(errno));
    u.piece = mem_alloc(PIECE);
    rc = open_archive(&u, e);
    if (rc == RESTORE_DONE)
        rc = take_all(&u, e);
    if (rc == RESTORE_DONE)
        rc = check_database(&u, e);
    if (rc != RESTORE_DONE && !goes_on(&u))
        rc = stopped(e);
    clear(&u);
    if (rc == RESTORE_BAD)
        err_prefix(e, "%s: ", r->file);
    return rc;
}

/* --- in place --- */

/* In the database that comes back: by whom. */
static void write_down(const char *data, const struct restore *r)
{
    char path[PATH_MAX];
    struct err ignored;
    struct db *db = NULL;

    if (path_join(path, data, DATABASE) < 0 || !(db = db_open(path, false, &ignored)))
        return;
    if (db_is_current(db)) { /* else a writer would bring it up to date */
        db_close(db);
        db = db_open(path, true, &ignored);
        if (db)
            audit_add(db, getuid(), "restore", span_of(r->file), SPAN_LIT(""), &ignored);
    }
    db_close(db);
}

/* A backup does not say whose the board's folder itself is. */
static void own_as_screens(const char *folder)
{
    char path[PATH_MAX];
    struct stat st;

    if (geteuid() == 0 && path_join(path, folder, "screens") == 0 && stat(path, &st) == 0)
        (void)!chown(folder, st.st_uid, st.st_gid);
}

enum restore_answer restore_make(const struct restore *r, struct restored *out, struct err *e)
{
    struct staging board = {0};
    struct staging data = {0};
    struct restore inside = *r;
    char below[PATH_MAX];
    enum restore_answer rc = RESTORE_FAILED;

    if (staging_begin(&board, r->folder, MODE, e) < 0 ||
        (r->data && staging_begin(&data, r->data, DATA_MODE, e) < 0) ||
        path_join(below, board.folder, "data") < 0)
        goto done;
    inside.folder = board.folder;
    inside.data = r->data ? data.folder : NULL;
    rc = restore_unpack(&inside, out, e);
    if (rc != RESTORE_DONE)
        goto done;
    write_down(r->data ? data.folder : below, r);
    own_as_screens(board.folder);
    if (r->data && staging_finish(&data, e) < 0) {
        rc = RESTORE_FAILED;
    } else if (staging_finish(&board, e) < 0) {
        rc = RESTORE_FAILED;
        if (r->data)
            staging_undo(&data);
    }
done:
    staging_drop(&data);
    staging_drop(&board);
    return rc;
}
