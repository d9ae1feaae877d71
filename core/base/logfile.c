#include "base/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WAITING_MOST = 1 << 20, PATH_LEN = 1100, READ_MOST = 64 << 20, PAGE_MOST = 256 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t more;
    pthread_t thread;
    bool is_open;
    bool is_closing;
    struct buf waiting;
    unsigned dropped;
    long most;
    /* the thread's own */
    int fd;
    long size;
    char path[PATH_LEN];
} file = {.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER, .fd = -1};

/* --- writing --- */

static int open_file(void)
{
    struct stat st;

    file.fd = open(file.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    file.size = file.fd >= 0 && fstat(file.fd, &st) == 0 ? (long)st.st_size : 0;
    return file.fd;
}

/* It has its size: what is written now begins a new one. */
static void turn_over(void)
{
    char older[PATH_LEN + 8];

    snprintf(older, sizeof(older), "%s.1", file.path);
    if (file.fd >= 0)
        close(file.fd);
    rename(file.path, older);
    open_file();
}

/* A disk that is full has nobody to be told to here: standard error has the lines, too. */
static void write_all(struct span s)
{
    while (s.len > 0 && file.fd >= 0) {
        ssize_t n = write(file.fd, s.data, s.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        file.size += n;
        span_take(&s, (size_t)n);
    }
}

static void add_dropped(struct buf *out)
{
    if (file.dropped > 0)
        buf_printf(out, "... %u lines were too many to be written\n", file.dropped);
    file.dropped = 0;
}

static void *run(void *arg)
{
    struct buf lines;
    bool is_last = false;
    long most;

    (void)arg;
    while (!is_last) {
        pthread_mutex_lock(&file.lock);
        while (file.waiting.len == 0 && !file.is_closing)
            pthread_cond_wait(&file.more, &file.lock);
        lines = file.waiting;
        buf_init(&file.waiting, WAITING_MOST);
        lines.max = BUF_LARGE;
        add_dropped(&lines);
        is_last = file.is_closing;
        most = file.most;
        pthread_mutex_unlock(&file.lock);
        if (file.fd < 0)
            open_file(); /* no room on the disk, or no descriptor, may have been for a while */
        if (file.size > 0 && file.size + (long)lines.len > most / 2)
            turn_over();
        write_all(buf_span(&lines));
        buf_clear(&lines);
    }
    return NULL;
}

/* Signals are for the thread that waits for them. */
static int start_thread(void)
{
    sigset_t all;
    sigset_t before;
    int rc;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&file.thread, NULL, run, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

static bool is_standard_error(void)
{
    struct stat a;
    struct stat b;

    return fstat(file.fd, &a) == 0 && fstat(STDERR_FILENO, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

int logfile_open(const char *path, long most, struct err *e)
{
    snprintf(file.path, sizeof(file.path), "%s", path);
    file.most = most;
    file.is_closing = false;
    buf_init(&file.waiting, WAITING_MOST);
    if (open_file() < 0)
        return err_set(e, "%s: %s", path, strerror(errno));
    if (is_standard_error() || start_thread() != 0) {
        close(file.fd);
        file.fd = -1;
        return 0;
    }
    pthread_setname_np(file.thread, "log");
    pthread_mutex_lock(&file.lock);
    file.is_open = true;
    pthread_mutex_unlock(&file.lock);
    return 0;
}

void logfile_set_most(long most)
{
    pthread_mutex_lock(&file.lock);
    file.most = most;
    pthread_mutex_unlock(&file.lock);
}

void logfile_close(void)
{
    bool was_open;

    pthread_mutex_lock(&file.lock);
    was_open = file.is_open;
    file.is_open = false;
    file.is_closing = true;
    pthread_cond_signal(&file.more);
    pthread_mutex_unlock(&file.lock);
    if (!was_open)
        return;
    pthread_join(file.thread, NULL);
    if (file.fd >= 0)
        close(file.fd);
    file.fd = -1;
}

void logfile_add(struct span line)
{
    pthread_mutex_lock(&file.lock);
    if (file.is_open && file.most > 0) {
        if (!buf_add(&file.waiting, line))
            file.dropped++;
        pthread_cond_signal(&file.more);
    }
    pthread_mutex_unlock(&file.lock);
}

/* --- reading --- */

static void read_file(const char *path, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *room;
    ssize_t n;

    while (fd >= 0 && (room = buf_room(out, 65536)) && (n = read(fd, room, 65536)) > 0)
        buf_added(out, (size_t)n);
    if (fd >= 0)
        close(fd);
}

/* "2026-11-28 13:56:05.578 error ..." */
static bool has_level(struct span line, const char *level)
{
    enum { AT = 24 };
    bool is_error = line.len > AT + 5 && memcmp(line.data + AT, "error", 5) == 0;
    bool is_warn = line.len > AT + 5 && memcmp(line.data + AT, "warn ", 5) == 0;

    if (strcmp(level, "error") == 0)
        return is_error;
    return strcmp(level, "warn") == 0 ? is_error || is_warn : true;
}

static bool has_text(struct span line, const char *text)
{
    size_t len = strlen(text);

    for (size_t i = 0; i + len <= line.len; i++) {
        if (strncasecmp(line.data + i, text, len) == 0)
            return true;
    }
    return false;
}

/* The last line of what is left, without its end; false: nothing is. */
static bool take_last(struct span *left, struct span *line)
{
    const char *begin;

    if (left->len > 0 && left->data[left->len - 1] == '\n')
        left->len--;
    if (left->len == 0)
        return false;
    begin = memrchr(left->data, '\n', left->len);
    begin = begin ? begin + 1 : left->data;
    *line = span_from(begin, left->len - (size_t)(begin - left->data));
    left->len -= line->len;
    return true;
}

static unsigned find_in(struct span all, const struct logfile_wanted *w, struct buf *out)
{
    struct span lines[PAGE_MOST];
    unsigned kept = 0;
    unsigned fit = 0;
    struct span line;

    while (take_last(&all, &line)) {
        if (!has_level(line, w->level) || !has_text(line, w->text))
            continue;
        if (fit >= w->skip && kept < w->count && kept < PAGE_MOST)
            lines[kept++] = line;
        fit++;
    }
    while (kept > 0) {
        buf_add(out, lines[--kept]);
        buf_add_byte(out, '\n');
    }
    return fit;
}

unsigned logfile_find(const struct logfile_wanted *wanted, struct buf *out)
{
    char older[PATH_LEN + 8];
    struct buf all;
    unsigned fit;

    buf_init(&all, READ_MOST);
    snprintf(older, sizeof(older), "%s.1", wanted->path);
    read_file(older, &all);
    read_file(wanted->path, &all);
    fit = find_in(buf_span(&all), wanted, out);
    buf_clear(&all);
    return fit;
}
