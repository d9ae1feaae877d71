#include "client/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

enum { REMOVE_TRIES = 50, REMOVE_US = 10000 };

static char programs[CGROUP_PATH]; /* "": there is none */
static bool is_looked_for;

/* --- files --- */

static bool write_to(const char *folder, const char *file, const char *text)
{
    char path[CGROUP_PATH + 64];
    ssize_t n;
    int fd;

    snprintf(path, sizeof(path), "%s/%s", folder, file);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    n = write(fd, text, strlen(text));
    close(fd);
    return n == (ssize_t)strlen(text);
}

static bool read_from(const char *folder, const char *file, char *text, size_t size)
{
    char path[CGROUP_PATH + 64];
    ssize_t n;
    int fd;

    snprintf(path, sizeof(path), "%s/%s", folder, file);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    n = read(fd, text, size - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n >= 0;
}

/* --- where the server is --- */

/* Of a line of mountinfo: proc_pid_mountinfo(5), fields 4 and 5, and the type behind " - ". */
static bool take_mount(char *line, const char **root, const char **mount)
{
    char *rest = line;
    char *field = NULL;

    if (!strstr(line, " - cgroup2 "))
        return false;
    for (int i = 1; i <= 5; i++) {
        field = strsep(&rest, " ");
        if (!field)
            return false;
        if (i == 4)
            *root = field;
    }
    *mount = field;
    return true;
}

/* "0::/path" of /proc/self/cgroup. */
static bool find_own(char *out, size_t size)
{
    char line[CGROUP_PATH];
    FILE *f = fopen("/proc/self/cgroup", "re");
    bool found = false;

    while (f && !found && fgets(line, sizeof(line), f)) {
        found = strncmp(line, "0::/", 4) == 0;
        line[strcspn(line, "\n")] = '\0';
        snprintf(out, size, "%s", line + 3);
    }
    if (f)
        fclose(f);
    return found;
}

/* The folder of the server's own group. */
static bool find_base(char *out, size_t size)
{
    char own[CGROUP_PATH];
    char line[4096];
    const char *root;
    const char *mount;
    FILE *f = find_own(own, sizeof(own)) ? fopen("/proc/self/mountinfo", "re") : NULL;
    bool found = false;

    while (f && !found && fgets(line, sizeof(line), f)) {
        size_t skip;
        int n;

        if (!take_mount(line, &root, &mount))
            continue;
        skip = strcmp(root, "/") == 0 ? 0 : strlen(root);
        if (strncmp(own, root, skip) != 0)
            skip = 0;
        n = snprintf(out, size, "%s%s", mount, strcmp(own + skip, "/") == 0 ? "" : own + skip);
        found = (size_t)n < size && access(out, W_OK) == 0;
    }
    if (f)
        fclose(f);
    return found;
}

/* --- the server's --- */

static bool enable(const char *folder)
{
    bool memory = write_to(folder, "cgroup.subtree_control", "+memory");

    return write_to(folder, "cgroup.subtree_control", "+pids") && memory;
}

/* A group that hands controllers on has no processes itself, but the root: the server moves
 * into one of its own, if nobody else is there. */
static void hand_on(const char *base, const char *own)
{
    char server[CGROUP_PATH + 16];
    char there[64];
    char self[32];

    if (enable(base))
        return;
    snprintf(self, sizeof(self), "%ld\n", (long)getpid());
    if (!read_from(base, "cgroup.procs", there, sizeof(there)) || strcmp(there, self) != 0)
        return;
    snprintf(server, sizeof(server), "%s/server", own);
    if (mkdir(server, 0755) == 0 && write_to(server, "cgroup.procs", "0"))
        enable(base);
}

static void look_for_parent(void)
{
    char base[CGROUP_PATH - 32];
    char controllers[256];

    if (!find_base(base, sizeof(base))) {
        log_info(
            "command event=limits cgroup=none why=\"there is none that the server may make "
            "groups in: limits are of each process\"");
        return;
    }
    snprintf(programs, sizeof(programs), "%s/perigee-%ld", base, (long)getpid());
    if (mkdir(programs, 0755) < 0 && errno != EEXIST) {
        log_info("command event=limits cgroup=none why=%s",
                 log_quote(span_of(strerror(errno))));
        programs[0] = '\0';
        return;
    }
    hand_on(base, programs);
    enable(programs);
    if (!read_from(programs, "cgroup.subtree_control", controllers, sizeof(controllers)))
        controllers[0] = '\0';
    controllers[strcspn(controllers, "\n")] = '\0';
    log_info("command event=limits cgroup=%s controllers=%s", log_quote(span_of(programs)),
             log_quote(span_of(controllers)));
}

const char *cgroup_parent(void)
{
    if (!is_looked_for)
        look_for_parent();
    is_looked_for = true;
    return programs;
}

/* Where the server has moved into a group of its own it stays there, and so does the folder. */
void cgroup_end(void)
{
    if (programs[0] != '\0')
        rmdir(programs);
    programs[0] = '\0';
    is_looked_for = false;
}

/* --- a keeper's --- */

static void set_number(const char *path, const char *file, unsigned long number)
{
    char text[32];

    snprintf(text, sizeof(text), "%lu", number);
    write_to(path, file, text);
}

bool cgroup_make(const char *parent, unsigned long memory_mb, unsigned long processes,
                 char out[CGROUP_PATH])
{
    out[0] = '\0';
    if (*parent == '\0')
        return false;
    snprintf(out, CGROUP_PATH, "%.*s/program-%ld", CGROUP_PATH - 32, parent, (long)getpid());
    if (mkdir(out, 0755) < 0) {
        out[0] = '\0';
        return false;
    }
    set_number(out, "memory.max", memory_mb << 20);
    write_to(out, "memory.swap.max", "0");
    set_number(out, "pids.max", processes);
    return true;
}

void cgroup_enter(const char *path)
{
    if (*path)
        write_to(path, "cgroup.procs", "0");
}

void cgroup_kill(const char *path)
{
    if (*path)
        write_to(path, "cgroup.kill", "1");
}

/* What has been killed may be in it for a moment. */
void cgroup_remove(const char *path)
{
    for (int i = 0; *path && rmdir(path) < 0 && errno == EBUSY && i < REMOVE_TRIES; i++)
        usleep(REMOVE_US);
}
