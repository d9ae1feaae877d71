/* archive_inside.c -- the program that looks into one archive and ends: libarchive is given
 * what strangers have sent, so it has a process of its own, with little memory and time, no
 * files but that one and no way to start others. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "client/archive.h"
#include "term/ansi.h"
#include "term/charset.h"

enum {
    PIECE = 65536,
    MEMORY_MOST = 256 << 20,
    FILES_MOST = 8,
    ENTRIES_MOST = 10000,
    FILTERS_MOST = 1, /* compressed within compressed is a thousandfold of a thousandfold */
    NAME_BYTES = 1024,
    DESCRIPTION_BYTES = 8192,
};
#define TIME_MOST INT64_C(4102444800) /* the year 2100: what is later is a mistake */

struct reader {
    struct archive *archive;
    int fd;
    int64_t at;
    char piece[PIECE];
};

/* --- what libarchive reads --- */

static ssize_t read_piece(struct archive *a, void *arg, const void **data)
{
    struct reader *r = arg;
    ssize_t n = pread(r->fd, r->piece, PIECE, r->at);

    (void)a;
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

/* Those that are read without other programs, of which some would be started. */
static void support(struct archive *a)
{
    archive_read_support_filter_gzip(a);
    archive_read_support_filter_bzip2(a);
    archive_read_support_filter_compress(a);
    archive_read_support_filter_xz(a);
    archive_read_support_filter_lzma(a);
    archive_read_support_filter_lzip(a);
    archive_read_support_filter_lz4(a);
    archive_read_support_filter_zstd(a);
    archive_read_support_format_zip(a);
    archive_read_support_format_tar(a);
    archive_read_support_format_7zip(a);
    archive_read_support_format_lha(a);
    archive_read_support_format_rar(a);
    archive_read_support_format_rar5(a);
    archive_read_support_format_cab(a);
    archive_read_support_format_cpio(a);
    archive_read_support_format_ar(a);
    archive_read_support_format_iso9660(a);
}

static struct reader *open_archive(int fd)
{
    struct reader *r = mem_zalloc(sizeof(*r));

    r->fd = fd;
    r->archive = archive_read_new();
    support(r->archive);
    archive_read_set_read_callback(r->archive, read_piece);
    archive_read_set_seek_callback(r->archive, seek_to);
    archive_read_set_skip_callback(r->archive, skip_over);
    archive_read_set_callback_data(r->archive, r);
    return r;
}

static void close_archive(struct reader *r)
{
    archive_read_free(r->archive);
    mem_free(r);
}

/* --- what is said --- */

static void say_entry(struct archive_entry *entry)
{
    const char *name = archive_entry_pathname(entry);
    int64_t size = archive_entry_size_is_set(entry) ? archive_entry_size(entry) : -1;
    int64_t time = archive_entry_mtime(entry);
    struct buf utf8;
    struct buf clean;

    buf_init(&utf8, BUF_LARGE);
    buf_init(&clean, BUF_LARGE);
    charset_decode_unknown(&utf8,
                           name ? span_from(name, strnlen(name, NAME_BYTES)) : SPAN_LIT("?"));
    ansi_strip(&clean, buf_span(&utf8), false);
    printf("%c%" PRId64 " %" PRId64 " %.*s\n", ARCHIVE_SAYS_ENTRY, size,
           time > 0 && time < TIME_MOST ? time : 0, SPAN_ARG(buf_span(&clean)));
    buf_clear(&utf8);
    buf_clear(&clean);
}

static bool is_description(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;

    return path && strcasecmp(slash ? slash + 1 : path, "FILE_ID.DIZ") == 0;
}

static void say_description(struct reader *r)
{
    char bytes[DESCRIPTION_BYTES];
    la_ssize_t n = archive_read_data(r->archive, bytes, sizeof(bytes));
    const char *end = n > 0 ? memchr(bytes, 0x1A, (size_t)n) : NULL; /* SAUCE is behind */
    struct buf utf8;
    struct buf clean;

    buf_init(&utf8, BUF_LARGE);
    buf_init(&clean, BUF_LARGE);
    charset_decode_unknown(&utf8, span_from(bytes, end     ? (size_t)(end - bytes)
                                                   : n > 0 ? (size_t)n
                                                           : 0));
    ansi_strip(&clean, buf_span(&utf8), true);
    printf("%.*s", SPAN_ARG(buf_span(&clean)));
    buf_clear(&utf8);
    buf_clear(&clean);
}

static int read_all(struct reader *r, bool describes)
{
    struct archive_entry *entry;
    int rc = archive_read_open1(r->archive);

    if (rc != ARCHIVE_OK || archive_filter_count(r->archive) > FILTERS_MOST + 1)
        return ARCHIVE_FATAL;
    for (unsigned i = 0; i < ENTRIES_MOST; i++) {
        rc = archive_read_next_header(r->archive, &entry);
        if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
            break;
        if (!describes) {
            say_entry(entry);
        } else if (is_description(archive_entry_pathname(entry))) {
            say_description(r);
            break;
        }
    }
    return rc == ARCHIVE_EOF ? ARCHIVE_OK : rc;
}

/* Root's processes are not counted: execve itself is refused, where the kernel can do that. */
static void start_nothing(void)
{
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execve, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execveat, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
    };
    const struct sock_fprog program = {.len = sizeof(rules) / sizeof(rules[0]),
                                       .filter = rules};

    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

/* A sanitizer needs more memory than any limit. */
static void limit_myself(void)
{
#if !defined(__SANITIZE_ADDRESS__)
    setrlimit(RLIMIT_AS, &(struct rlimit){MEMORY_MOST, MEMORY_MOST});
#endif
    setrlimit(RLIMIT_CPU, &(struct rlimit){ARCHIVE_SECONDS, ARCHIVE_SECONDS});
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){FILES_MOST, FILES_MOST});
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){0, 0});
    setrlimit(RLIMIT_NPROC, &(struct rlimit){0, 0});
    start_nothing();
}

int archive_inside(const char *what)
{
    struct reader *r;
    const char *why;
    int rc;

    limit_myself();
    r = open_archive(STDIN_FILENO);
    rc = read_all(r, strcmp(what, ARCHIVE_DESCRIBE) == 0);
    why = archive_error_string(r->archive);
    if (rc == ARCHIVE_FATAL || rc == ARCHIVE_RETRY)
        printf("%c%.200s\n", ARCHIVE_SAYS_NO, why ? why : "it is no archive that can be read");
    close_archive(r);
    return fflush(stdout) == 0 ? 0 : 1;
}
