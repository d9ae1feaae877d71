#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/logfile.h"

static const char *const level_names[] = {"error", "warn", "info", "debug"};
static const char journal_priorities[] = {'3', '4', '6', '7'};

enum { KEPT_LINES = 64, KEPT_BYTES = 256, MINUTES = 60 };

/* What the monitor shows of it. */
static struct {
    pthread_mutex_t lock;
    char lines[KEPT_LINES][KEPT_BYTES];
    unsigned count; /* of lines that have ever been kept */
    struct {
        time_t minute;
        unsigned count;
    } errors[MINUTES];
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

static enum log_level wanted = LOG_LEVEL_INFO;
static int target = STDERR_FILENO;

void log_set_level(enum log_level level)
{
    wanted = level;
}

void log_to(int fd)
{
    target = fd;
}

bool log_find_level(const char *name, enum log_level *out)
{
    for (unsigned i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *out = (enum log_level)i;
            return true;
        }
    }
    return false;
}

static void count_error(time_t now)
{
    time_t minute = now / 60;
    unsigned at = (unsigned)(minute % MINUTES);

    if (kept.errors[at].minute != minute)
        kept.errors[at].count = 0;
    kept.errors[at].minute = minute;
    kept.errors[at].count++;
}

static void keep(enum log_level level, const char *text)
{
    time_t now = time(NULL);
    struct tm tm;
    char *line;
    size_t n;

    localtime_r(&now, &tm);
    pthread_mutex_lock(&kept.lock);
    line = kept.lines[kept.count++ % KEPT_LINES];
    n = strftime(line, KEPT_BYTES, "%H:%M:%S", &tm);
    snprintf(line + n, KEPT_BYTES - n, " %-5s %s", level_names[level], text);
    if (level == LOG_LEVEL_ERROR)
        count_error(now);
    pthread_mutex_unlock(&kept.lock);
}

void log_recent(struct buf *out, unsigned count)
{
    unsigned there;

    pthread_mutex_lock(&kept.lock);
    there = kept.count < KEPT_LINES ? kept.count : KEPT_LINES;
    for (unsigned i = count < there ? count : there; i > 0; i--) {
        buf_add_text(out, kept.lines[(kept.count - i) % KEPT_LINES]);
        buf_add_byte(out, '\n');
    }
    pthread_mutex_unlock(&kept.lock);
}

unsigned log_errors(void)
{
    time_t minute = time(NULL) / 60;
    unsigned sum = 0;

    pthread_mutex_lock(&kept.lock);
    for (unsigned i = 0; i < MINUTES; i++) {
        if (kept.errors[i].minute > minute - MINUTES)
            sum += kept.errors[i].count;
    }
    pthread_mutex_unlock(&kept.lock);
    return sum;
}

/* The beginning of a line in the file, and on standard error where that is not the journal. */
static int print_time(char *line, size_t size, enum log_level level)
{
    struct timespec now;
    struct tm tm;
    size_t n;

    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &tm);
    n = strftime(line, size, "%Y-%m-%d %H:%M:%S", &tm);
    return (int)n + snprintf(line + n, size - n, ".%03ld %-5s ", now.tv_nsec / 1000000,
                             level_names[level]);
}

/* The variable is inherited, also by who has sent standard error elsewhere: it names the file.
 */
static bool is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat st;

    return stream && sscanf(stream, "%20llu:%20llu", &device, &inode) == 2 &&
           fstat(target, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

/* On standard error: to the journal a priority. */
static void print_line(const char *line, int text_at, enum log_level level)
{
    char priority[4] = {'<', journal_priorities[level], '>', '\0'};
    bool to_journal = is_journal();
    struct iovec iov[2] = {{priority, to_journal ? 3 : 0},
                           {(char *)(uintptr_t)(to_journal ? line + text_at : line), 0}};

    iov[1].iov_len = strlen(iov[1].iov_base);
    while (writev(target, iov, 2) < 0) {
        /* A log that cannot be written has nobody to be told to; a signal is no reason. */
        if (errno != EINTR)
            break;
    }
}

static void make_one_line(char *text)
{
    for (char *p = text; *p; p++) {
        if (*p == '\n')
            *p = '|';
        else if ((unsigned char)*p < 0x20 || *p == 0x7F)
            *p = *p == '\t' ? ' ' : '?';
    }
}

__attribute__((format(printf, 2, 0))) static void write_event(enum log_level level,
                                                              const char *format, va_list args)
{
    char line[8192]; /* with a line end and a NUL */
    int n;
    int more;

    n = print_time(line, sizeof(line), level);
    more = vsnprintf(line + n, sizeof(line) - (size_t)n - 2, format, args);
    if (more < 0)
        return;
    make_one_line(line + n);
    keep(level, line + n);
    memcpy(line + strlen(line), "\n", 2);
    print_line(line, n, level);
    logfile_add(span_of(line));
}

void log_error(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (wanted >= LOG_LEVEL_ERROR)
        write_event(LOG_LEVEL_ERROR, format, args);
    va_end(args);
}

void log_warn(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (wanted >= LOG_LEVEL_WARN)
        write_event(LOG_LEVEL_WARN, format, args);
    va_end(args);
}

void log_note(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_event(LOG_LEVEL_INFO, format, args);
    va_end(args);
}

void log_info(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (wanted >= LOG_LEVEL_INFO)
        write_event(LOG_LEVEL_INFO, format, args);
    va_end(args);
}

void log_debug(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (wanted >= LOG_LEVEL_DEBUG)
        write_event(LOG_LEVEL_DEBUG, format, args);
    va_end(args);
}

const char *log_quote(struct span s)
{
    static _Thread_local char ring[8][512];
    static _Thread_local unsigned turn;
    char *out = ring[turn++ % 8];
    char *p = out;

    *p++ = '"';
    for (size_t i = 0; i < s.len && i < 200; i++) {
        unsigned char c = (unsigned char)s.data[i];

        if (c == '"' || c == '\\')
            *p++ = '\\';
        *p++ = (char)(c < 0x20 || c == 0x7F ? '?' : c);
    }
    *p++ = '"';
    *p = '\0';
    return out;
}
