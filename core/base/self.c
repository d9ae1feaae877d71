#include "base/self.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/copy.h"

enum { ARGS_MAX = 15 };

extern char **environ;

bool self_folder(char out[PATH_MAX])
{
    ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - 1);
    char *slash;

    if (n <= 0)
        return false;
    out[n] = '\0';
    slash = strrchr(out, '/');
    if (!slash || slash == out)
        return false;
    *slash = '\0';
    return true;
}

int self_input(struct span text)
{
    int fd = memfd_create("perigee-input", MFD_CLOEXEC);

    if (fd >= 0 && (copy_out(fd, text.data, text.len) < 0 || lseek(fd, 0, SEEK_SET) < 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Signals as of a program that somebody has just started: on a worker's thread all are blocked.
 */
static void set_signals(posix_spawnattr_t *attributes)
{
    sigset_t set;

    sigemptyset(&set);
    posix_spawnattr_setsigmask(attributes, &set);
    sigaddset(&set, SIGPIPE);
    posix_spawnattr_setsigdefault(attributes, &set);
    posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

static int spawn(const struct self_run *run, int out, pid_t *pid)
{
    char *argv[ARGS_MAX + 2] = {run->tool ? (char *)(uintptr_t)run->tool : "perigee"};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int rc;

    for (int i = 0; i < ARGS_MAX && run->args[i]; i++)
        argv[i + 1] = (char *)(uintptr_t)run->args[i];
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, run->input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (run->with_errors)
        posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO);
    else
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    posix_spawnattr_init(&attributes);
    set_signals(&attributes);
    rc = run->tool ? posix_spawnp(pid, run->tool, &actions, &attributes, argv, environ)
                   : posix_spawn(pid, "/proc/self/exe", &actions, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
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
static bool read_output(int fd, unsigned ms, struct buf *out)
{
    int64_t until = now_ms() + ms;
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

int self_run(const struct self_run *run, struct buf *out, struct err *e)
{
    int ends[2];
    int status = -1; /* of who has not ended as it should */
    bool is_whole;
    pid_t pid;
    int rc;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_set(e, "start another process: %s", strerror(errno));
    rc = spawn(run, ends[1], &pid);
    close(ends[1]);
    if (rc != 0) {
        close(ends[0]);
        return err_set(e, "start %s: %s", run->tool ? run->tool : "another process",
                       strerror(rc));
    }
    is_whole = read_output(ends[0], run->ms, out);
    close(ends[0]);
    if (!is_whole)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return is_whole && WIFEXITED(status) ? WEXITSTATUS(status)
                                         : err_set(e, "it takes too much time or memory");
}
