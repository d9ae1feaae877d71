#include "client/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { OUTPUT_MOST = 16 << 20, WAIT_MS = 2000 * ARCHIVE_SECONDS };

bool archive_is_name(struct span name)
{
    static const char *const ends[] = {".zip", ".tar", ".tgz", ".gz",  ".bz2", ".xz",  ".7z",
                                       ".lha", ".lzh", ".rar", ".cab", ".iso", ".zst", ".cpio"};

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        size_t n = strlen(ends[i]);

        if (name.len > n && strncasecmp(name.data + name.len - n, ends[i], n) == 0)
            return true;
    }
    return false;
}

/* --- the program that looks inside --- */

extern char **environ;

static int spawn(int fd, int out, const char *what, pid_t *pid)
{
    char *argv[] = {"perigee", ARCHIVE_COMMAND, (char *)(uintptr_t)what, NULL};
    posix_spawn_file_actions_t actions;
    int rc;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    rc = posix_spawn(pid, "/proc/self/exe", &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* All that it says. False: it says too much, or for too long. */
static bool read_output(int fd, struct buf *out)
{
    int64_t until = now_ms() + WAIT_MS;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char piece[65536];

    for (;;) {
        int64_t left = until - now_ms();
        ssize_t n;

        if (left <= 0 || poll(&p, 1, (int)left) == 0)
            return false;
        n = read(fd, piece, sizeof(piece));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0;
        if (!buf_add(out, span_from(piece, (size_t)n)))
            return false;
    }
}

static int run(int fd, const char *what, struct buf *out, struct err *e)
{
    int ends[2];
    int status = -1; /* of who has not ended as it should */
    bool is_whole;
    pid_t pid;
    int rc;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_set(e, "look into an archive: %s", strerror(errno));
    rc = spawn(fd, ends[1], what, &pid);
    close(ends[1]);
    if (rc != 0) {
        close(ends[0]);
        return err_set(e, "look into an archive: %s", strerror(rc));
    }
    is_whole = read_output(ends[0], out);
    close(ends[0]);
    if (!is_whole)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return is_whole && WIFEXITED(status) && WEXITSTATUS(status) == 0
               ? 0
               : err_set(e, "it can't be looked into: it takes too much time or memory");
}

/* --- what it has said --- */

static struct span take_line(struct span *s)
{
    const char *end = memchr(s->data, '\n', s->len);
    struct span line = span_take(s, end ? (size_t)(end - s->data) : s->len);

    span_take(s, end ? 1 : 0);
    return line;
}

static int64_t take_number(struct span *s)
{
    char digits[24] = "";
    size_t n = 0;

    while (s->len > 0 && *s->data != ' ' && n + 1 < sizeof(digits))
        digits[n++] = *span_take(s, 1).data;
    span_take(s, s->len > 0 ? 1 : 0);
    return strtoll(digits, NULL, 10);
}

static int take_entry(struct file_list *out, struct span line, struct err *e)
{
    char kind = *span_take(&line, 1).data;
    int64_t size, time;

    if (kind == ARCHIVE_SAYS_NO)
        return err_set(e, "%.*s", SPAN_ARG(line));
    size = take_number(&line);
    time = take_number(&line);
    file_list_add(out, line, size, time * 1000000000);
    return 0;
}

int archive_read(int fd, struct file_list *out, struct err *e)
{
    struct buf said;
    struct span s;
    int rc;

    *out = (struct file_list){0};
    buf_init(&said, OUTPUT_MOST);
    rc = run(fd, ARCHIVE_LIST, &said, e);
    s = buf_span(&said);
    while (rc == 0 && s.len > 0)
        rc = take_entry(out, take_line(&s), e);
    buf_clear(&said);
    return rc;
}

int archive_description(int fd, struct buf *out, struct err *e)
{
    struct buf said;
    struct span s;
    int rc;

    buf_init(&said, OUTPUT_MOST);
    rc = run(fd, ARCHIVE_DESCRIBE, &said, e);
    s = buf_span(&said);
    if (rc == 0 && s.len > 0 && *s.data == ARCHIVE_SAYS_NO)
        rc = take_entry(NULL, take_line(&s), e);
    else if (rc == 0)
        buf_add(out, s);
    buf_clear(&said);
    return rc;
}
