#include "client/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "term/ansi.h"
#include "term/charset.h"

enum {
    PIECE = 65536,
    SECONDS_MOST = 10,
    ENTRIES_MOST = 10000,
    FILTERS_MOST = 2, /* compressed within compressed within ...: each a thousandfold */
    NAME_BYTES = 1024,
    DESCRIPTION_BYTES = 8192,
};

struct reader {
    struct archive *archive;
    int fd;
    int64_t at;
    double until;
    char piece[PIECE];
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

bool archive_is_name(struct span name)
{
    static const char *const ends[] = {".zip", ".tar", ".tgz", ".gz",  ".bz2",
                                       ".xz",  ".7z",  ".lha", ".lzh", ".rar",
                                       ".cab", ".iso", ".zst", ".arj", ".cpio"};

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        size_t n = strlen(ends[i]);

        if (name.len > n && strncasecmp(name.data + name.len - n, ends[i], n) == 0)
            return true;
    }
    return false;
}

/* --- what libarchive reads --- */

static ssize_t read_piece(struct archive *a, void *arg, const void **data)
{
    struct reader *r = arg;
    ssize_t n;

    if (now() > r->until) {
        archive_set_error(a, -1, "it takes too long to look into");
        return ARCHIVE_FATAL;
    }
    n = pread(r->fd, r->piece, PIECE, r->at);
    if (n > 0)
        r->at += n;
    *data = r->piece;
    return n;
}

static la_int64_t seek_to(struct archive *a, void *arg, la_int64_t offset, int whence)
{
    struct reader *r = arg;
    la_int64_t size = lseek(r->fd, 0, SEEK_END);
    la_int64_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? r->at : size;

    (void)a;
    if (size < 0 || offset + from < 0)
        return ARCHIVE_FATAL;
    r->at = offset + from;
    return r->at;
}

static la_int64_t skip_over(struct archive *a, void *arg, la_int64_t bytes)
{
    struct reader *r = arg;

    (void)a;
    r->at += bytes;
    return bytes;
}

static int failed(const struct reader *r, struct err *e)
{
    const char *why = archive_error_string(r->archive);

    return err_set(e, "%.200s", why ? why : "it is no archive that can be read");
}

static struct reader *open_archive(int fd, struct err *e)
{
    struct reader *r = mem_zalloc(sizeof(*r));

    r->fd = fd;
    r->until = now() + SECONDS_MOST;
    r->archive = archive_read_new();
    archive_read_support_filter_all(r->archive);
    archive_read_support_format_all(r->archive);
    archive_read_set_read_callback(r->archive, read_piece);
    archive_read_set_seek_callback(r->archive, seek_to);
    archive_read_set_skip_callback(r->archive, skip_over);
    archive_read_set_callback_data(r->archive, r);
    if (archive_read_open1(r->archive) == ARCHIVE_OK &&
        archive_filter_count(r->archive) <= FILTERS_MOST + 1)
        return r;
    failed(r, e);
    archive_read_free(r->archive);
    mem_free(r);
    return NULL;
}

static void close_archive(struct reader *r)
{
    archive_read_free(r->archive);
    mem_free(r);
}

/* --- names --- */

static void add_entry(struct file_list *out, struct archive_entry *entry)
{
    const char *name = archive_entry_pathname(entry);
    int64_t size = archive_entry_size_is_set(entry) ? archive_entry_size(entry) : -1;
    struct buf utf8;
    struct buf clean;

    buf_init(&utf8, BUF_LARGE);
    buf_init(&clean, BUF_LARGE);
    charset_decode_unknown(&utf8,
                           name ? span_from(name, strnlen(name, NAME_BYTES)) : SPAN_LIT("?"));
    ansi_strip(&clean, buf_span(&utf8), false);
    file_list_add(out, buf_span(&clean), size,
                  (int64_t)archive_entry_mtime(entry) * 1000000000);
    buf_clear(&utf8);
    buf_clear(&clean);
}

int archive_read(int fd, struct file_list *out, struct err *e)
{
    struct reader *r = open_archive(fd, e);
    struct archive_entry *entry;
    int rc = ARCHIVE_OK;

    *out = (struct file_list){0};
    if (!r)
        return -1;
    while (out->count < ENTRIES_MOST) {
        rc = archive_read_next_header(r->archive, &entry);
        if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
            break;
        add_entry(out, entry);
    }
    rc = rc == ARCHIVE_FATAL || rc == ARCHIVE_RETRY ? failed(r, e) : 0;
    close_archive(r);
    return rc;
}

/* --- the description --- */

static bool is_description(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;

    return path && strcasecmp(slash ? slash + 1 : path, "FILE_ID.DIZ") == 0;
}

static void read_description(struct reader *r, struct buf *out)
{
    char bytes[DESCRIPTION_BYTES];
    la_ssize_t n = archive_read_data(r->archive, bytes, sizeof(bytes));
    const char *end;
    struct buf utf8;

    if (n <= 0)
        return;
    end = memchr(bytes, 0x1A, (size_t)n); /* where DOS ends a text; SAUCE is behind */
    buf_init(&utf8, BUF_LARGE);
    charset_decode_unknown(&utf8, span_from(bytes, end ? (size_t)(end - bytes) : (size_t)n));
    ansi_strip(out, buf_span(&utf8), true);
    buf_clear(&utf8);
}

int archive_description(int fd, struct buf *out, struct err *e)
{
    struct reader *r = open_archive(fd, e);
    struct archive_entry *entry;
    int rc = ARCHIVE_OK;

    if (!r)
        return -1;
    for (unsigned i = 0; i < ENTRIES_MOST; i++) {
        rc = archive_read_next_header(r->archive, &entry);
        if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
            break;
        if (is_description(archive_entry_pathname(entry))) {
            read_description(r, out);
            break;
        }
    }
    rc = rc == ARCHIVE_FATAL || rc == ARCHIVE_RETRY ? failed(r, e) : 0;
    close_archive(r);
    return rc;
}
