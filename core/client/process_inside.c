/* process_inside.c -- the keeper of one program: this program once more. It makes what has been
 * asked of it out of itself (another user, limits, a session of its own), starts the program,
 * and stays until all that comes of that has ended. It is told to end it by a byte, or by the
 * end of the server, whose socket closes then. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "client/cgroup.h"
#include "client/drop.h"
#include "client/process_internal.h"

enum {
    LINK = STDIN_FILENO,
    TERMINAL = STDOUT_FILENO,
    FAILURE = 3,      /* where the program's process says why it can't begin */
    GRACE_MS = 1000,  /* between being told and being killed */
    AGAIN_MS = 20,    /* between two looks for what has to be killed */
    FILES_MOST = 256, /* open at once */
    KEEP = 5,         /* a door's folder that stays: PROCESS_KEEP */
    ABOVE = 10,       /* no number that a program is given is from here on */
    ROOM = 240,
};

struct keeper {
    char spec[PROCESS_SPEC_MAX];
    char *words[PROCESS_SPEC_WORDS + 1]; /* ends with NULL */
    pid_t program;                       /* 0: it has ended */
    int signals;
    int keep;                /* a door's folder that stays; -1: it is no door */
    bool has_drop;           /* a folder was made for it */
    char group[CGROUP_PATH]; /* its control group; "": it has none */
    bool is_alone;           /* the server is gone */
    bool is_ending;
    int64_t kill_at;
};

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void say(const char *what, const char *text, long number)
{
    char line[ROOM];
    int n = text ? snprintf(line, sizeof(line), "%s %s\n", what, text)
                 : snprintf(line, sizeof(line), "%s %ld\n", what, number);

    if (n >= (int)sizeof(line))
        n = (int)sizeof(line) - 1;
    send(LINK, line, (size_t)n, MSG_NOSIGNAL);
}

/* --- what is asked for --- */

static bool read_whole(void *to, size_t len)
{
    return recv(LINK, to, len, MSG_WAITALL) == (ssize_t)len;
}

static bool read_spec(struct keeper *k)
{
    uint32_t len;
    unsigned n = 0;

    if (!read_whole(&len, sizeof(len)) || len == 0 || len > sizeof(k->spec) ||
        !read_whole(k->spec, len) || k->spec[len - 1] != '\0')
        return false;
    for (char *p = k->spec; p < k->spec + len && n < PROCESS_SPEC_WORDS; p += strlen(p) + 1)
        k->words[n++] = p;
    return n > WORDS;
}

static unsigned long number(const struct keeper *k, enum process_word word)
{
    return strtoul(k->words[word], NULL, 10);
}

/* --- in the program's process, before it is the program --- */

static _Noreturn void give_up(const char *what)
{
    int why = errno;
    char text[ROOM];
    int n = snprintf(text, sizeof(text) / 2, "%s", what);

    snprintf(text + n, sizeof(text) - (size_t)n, ": %s", strerror(why));
    if (write(FAILURE, text, strlen(text)) < 0)
        _exit(126);
    _exit(127);
}

/* A door that has a socket has nothing else. */
static void take_socket(void)
{
    int nothing;

    dup2(TERMINAL, PROCESS_SOCKET);
    nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        dup2(nothing, fd);
}

static void take_terminal(const struct keeper *k, int failure)
{
    bool has_socket = *k->words[WORD_SOCKET] != '\0';

    if (setsid() < 0 || (!has_socket && ioctl(TERMINAL, TIOCSCTTY, 0) < 0))
        _exit(126);
    if (failure != FAILURE)
        dup3(failure, FAILURE, O_CLOEXEC);
    close_range(FAILURE + 1, ABOVE - 1, 0);
    if (k->keep >= 0)
        dup2(k->keep, KEEP);
    if (has_socket) {
        take_socket();
    } else {
        dup2(TERMINAL, STDIN_FILENO);
        dup2(TERMINAL, STDERR_FILENO);
    }
    close_range(KEEP + 1, ~0U, 0);
}

static void limit(int what, unsigned long most)
{
    struct rlimit now;

    if (getrlimit(what, &now) < 0)
        give_up("its limits");
    if (now.rlim_max < most) /* the server's own, which only root may pass */
        most = now.rlim_max;
    if (setrlimit(what, &(struct rlimit){most, most}) < 0)
        give_up("its limits");
}

/* But for files, which come last. */
static void limit_all(const struct keeper *k)
{
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_NOFILE, FILES_MOST);
    limit(RLIMIT_CPU, number(k, WORD_CPU_SECONDS));
    limit(RLIMIT_NPROC, number(k, WORD_PROCESSES));
    limit(RLIMIT_AS, number(k, WORD_MEMORY_MB) << 20);
}

/* For good: neither a second setuid nor a setuid program leads back. */
static void become_user(const struct keeper *k)
{
    gid_t group = (gid_t)number(k, WORD_GID);
    uid_t user = (uid_t)number(k, WORD_UID);

    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (*k->words[WORD_UID] == '\0')
        return;
    if (setgroups(1, &group) < 0 || setgid(group) < 0 || setuid(user) < 0)
        give_up("become its user");
    errno = EPERM;
    if (user == 0 || getuid() != user || geteuid() != user || getegid() != group ||
        setuid(0) == 0)
        give_up("become its user");
}

static void enter(const char *folder)
{
    if (*folder && chdir(folder) < 0)
        give_up(folder);
}

/* A door's own folders are where its user may not come to by their names. */
static void enter_start(const struct keeper *k)
{
    if (k->keep < 0)
        return;
    if (*k->words[WORD_START])
        enter(k->words[WORD_START]);
    else if (fchdir(KEEP) < 0)
        give_up(k->words[WORD_KEEP]);
}

/* As the door's user, and before files have a limit. Whole: where it is not, nothing is
 * started. */
static void write_drop(const struct keeper *k)
{
    const char *text = k->words[WORD_DROP_TEXT];
    size_t len = strlen(text);
    char path[PATH_MAX];
    char what[ROOM / 2];
    int fd;

    if (*k->words[WORD_DROP_FILE] == '\0')
        return;
    snprintf(path, sizeof(path), "%s/%s", k->words[WORD_DROP], k->words[WORD_DROP_FILE]);
    snprintf(what, sizeof(what), "write %s", k->words[WORD_DROP_FILE]);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    errno = fd < 0 ? errno : ENOSPC;
    if (fd < 0 || write(fd, text, len) != (ssize_t)len || close(fd) < 0)
        give_up(what);
}

static _Noreturn void become(const struct keeper *k, int failure, pid_t keeper)
{
    char **argv = (char **)(uintptr_t)k->words + WORDS;
    sigset_t none;

    take_terminal(k, failure);
    umask(077);
    enter_start(k);
    cgroup_enter(k->group);
    limit_all(k);
    become_user(k);
    write_drop(k);
    limit(RLIMIT_FSIZE, number(k, WORD_FILE_MB) << 20);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* another user forgets it */
    if (getppid() != keeper)
        _exit(126);
    enter(k->words[WORD_FOLDER]);
    enter(k->words[WORD_BELOW]);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    environ = argv + number(k, WORD_ARGC) + 1;
    execvp(argv[0], argv);
    give_up(argv[0]);
}

/* --- a door's folders --- */

static bool is_door(const struct keeper *k)
{
    return *k->words[WORD_KEEP] != '\0';
}

static bool fail_with(const char *what)
{
    char text[ROOM];

    snprintf(text, sizeof(text), "%s: %s", what, strerror(errno));
    say("failed", text, 0);
    return false;
}

static bool give_away(const struct keeper *k, int folder)
{
    struct stat st;
    uid_t user = (uid_t)number(k, WORD_UID);

    if (*k->words[WORD_UID] == '\0' || (fstat(folder, &st) == 0 && st.st_uid == user))
        return true;
    return fchown(folder, user, (gid_t)number(k, WORD_GID)) == 0;
}

/* A folder that is its user's; its descriptor, or -1. */
static int make_folder(const struct keeper *k, const char *path, bool may_be_there)
{
    int fd;

    if (mkdir(path, 0700) < 0 && !(may_be_there && errno == EEXIST))
        return -1;
    fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && !give_away(k, fd)) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool make_folders(struct keeper *k)
{
    const char *drop = k->words[WORD_DROP];
    int fd;

    k->keep = -1;
    if (!is_door(k))
        return true;
    fd = make_folder(k, k->words[WORD_KEEP], true);
    if (fd < 0)
        return fail_with(k->words[WORD_KEEP]);
    k->keep = fcntl(fd, F_DUPFD_CLOEXEC, ABOVE);
    close(fd);
    if (*drop == '\0')
        return true;
    k->has_drop = true;
    fd = make_folder(k, drop, false);
    if (fd < 0)
        return fail_with(drop);
    close(fd);
    return true;
}

static bool server_is_gone(void)
{
    char byte;
    ssize_t n;

    while ((n = recv(LINK, &byte, 1, MSG_DONTWAIT)) > 0)
        ;
    return n == 0;
}

/* A server that has gone before could not remove what that stood in. */
static void remove_drop(const struct keeper *k)
{
    if (!k->has_drop)
        return;
    drop_remove(k->words[WORD_DROP]);
    if (server_is_gone())
        drop_remove_parent(k->words[WORD_DROP]);
}

/* --- the keeper --- */

/* The environment stands behind the program's words: a NULL goes between. */
static void part_words(struct keeper *k)
{
    unsigned end = WORDS + (unsigned)number(k, WORD_ARGC);

    memmove(&k->words[end + 1], &k->words[end],
            (PROCESS_SPEC_WORDS - end) * sizeof(k->words[0]));
    k->words[end] = NULL;
}

/* Why it could not begin, until its process has become the program. */
static bool has_begun(int from)
{
    char why[ROOM];
    ssize_t n;

    while ((n = read(from, why, sizeof(why) - 1)) < 0 && errno == EINTR)
        ;
    if (n <= 0)
        return n == 0;
    why[n] = '\0';
    say("failed", why, 0);
    return false;
}

static bool start(struct keeper *k)
{
    pid_t keeper = getpid();
    bool begun;
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0 || (k->program = fork()) < 0) {
        say("failed", strerror(errno), 0);
        return false;
    }
    if (k->program == 0)
        become(k, ends[1], keeper);
    close(ends[1]);
    begun = has_begun(ends[0]);
    close(ends[0]);
    close(TERMINAL);
    if (begun)
        say("started", NULL, k->program);
    return begun;
}

/* Ours: what it has started and left comes to us. Field 4 of its stat; its name, which may be
 * anything, is in brackets. */
static bool is_child(const char *pid)
{
    char path[64];
    char stat[512];
    const char *end;
    ssize_t n;
    int fd;

    snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    n = read(fd, stat, sizeof(stat) - 1);
    close(fd);
    if (n <= 0)
        return false;
    stat[n] = '\0';
    end = strrchr(stat, ')');
    return end && strlen(end) > 4 && strtol(end + 4, NULL, 10) == getpid();
}

/* Children alone: nobody else gets their numbers before they have been waited for. What is
 * below them comes to us when they are gone. */
static void signal_children(const int *signals)
{
    DIR *all = opendir("/proc");

    for (struct dirent *e = all ? readdir(all) : NULL; e; e = readdir(all)) {
        pid_t pid = isdigit((unsigned char)e->d_name[0]) && is_child(e->d_name)
                        ? (pid_t)strtol(e->d_name, NULL, 10)
                        : 0;

        for (const int *s = signals; pid > 0 && *s; s++) {
            kill(-pid, *s); /* its group, where it leads one */
            kill(pid, *s);
        }
    }
    if (all)
        closedir(all);
}

static void begin_end(struct keeper *k)
{
    static const int kindly[] = {SIGHUP, SIGTERM, SIGCONT, 0};

    if (k->is_ending)
        return;
    k->is_ending = true;
    k->kill_at = now_ms() + GRACE_MS;
    signal_children(kindly);
}

static void program_ended(struct keeper *k, int status)
{
    k->program = 0;
    if (WIFEXITED(status))
        say("code", NULL, WEXITSTATUS(status));
    else
        say("signal", NULL, WTERMSIG(status));
    begin_end(k); /* all that it has left behind ends, too */
}

/* False: nobody is left. */
static bool reap(struct keeper *k)
{
    struct signalfd_siginfo info;
    int status;
    pid_t pid;

    while (read(k->signals, &info, sizeof(info)) > 0)
        ;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == k->program)
            program_ended(k, status);
    }
    return pid == 0;
}

static void hear(struct keeper *k)
{
    char byte;
    ssize_t n = recv(LINK, &byte, 1, MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    k->is_alone = n <= 0;
    begin_end(k);
}

static void keep(struct keeper *k)
{
    static const int at_once[] = {SIGKILL, 0};

    do {
        struct pollfd fds[] = {{.fd = k->signals, .events = POLLIN},
                               {.fd = k->is_alone ? -1 : LINK, .events = POLLIN}};
        int64_t left = k->is_ending ? k->kill_at - now_ms() : -1;

        if (k->is_ending && left <= 0) {
            cgroup_kill(k->group);
            signal_children(at_once);
            left = AGAIN_MS;
        }
        poll(fds, 2, (int)left);
        if (fds[1].revents)
            hear(k);
    } while (reap(k));
}

static int watch_children(void)
{
    sigset_t child;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    return signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC);
}

int process_inside(void)
{
    struct keeper *k = mem_zalloc(sizeof(*k));
    bool ok = read_spec(k);

    if (ok) {
        part_words(k);
        k->signals = watch_children();
        cgroup_make(k->words[WORD_GROUP], number(k, WORD_MEMORY_MB), number(k, WORD_PROCESSES),
                    k->group);
        ok = prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 && k->signals >= 0 &&
             make_folders(k) && start(k);
    }
    if (ok)
        keep(k);
    remove_drop(k);
    cgroup_remove(k->group);
    if (k->is_alone)
        rmdir(k->words[WORD_GROUP]); /* nobody else does */
    mem_free(k);
    return ok ? 0 : 1;
}
