/* slow_disk.c -- a disk that stands still, for a server that is started with this in
 * LD_PRELOAD: while the file that SLOW_DISK names is there, nothing is read from or written to
 * files that have "slow" in their names, and none of them is in memory. Who waits for it makes
 * another file, with ".waits" behind its name. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static int stands_still(int fd)
{
    const char *hold = getenv("SLOW_DISK");
    char link[40];
    char path[1000];
    ssize_t n;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof(path) - 1);
    path[n > 0 ? n : 0] = '\0';
    return hold && strstr(path, "slow") && access(hold, F_OK) == 0;
}

static void tell_who_waits(void)
{
    char path[1000];

    snprintf(path, sizeof(path), "%s.waits", getenv("SLOW_DISK"));
    close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static void wait_for_disk(int fd)
{
    if (stands_still(fd))
        tell_who_waits();
    while (stands_still(fd))
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

ssize_t pread(int fd, void *to, size_t len, off_t offset)
{
    wait_for_disk(fd);
    return syscall(SYS_pread64, fd, to, len, offset);
}

ssize_t pwrite(int fd, const void *from, size_t len, off_t offset)
{
    wait_for_disk(fd);
    return syscall(SYS_pwrite64, fd, from, len, offset);
}

int fsync(int fd)
{
    wait_for_disk(fd);
    return (int)syscall(SYS_fsync, fd);
}

/* What does not wait. */
ssize_t preadv2(int fd, const struct iovec *to, int count, off_t offset, int flags)
{
    if (stands_still(fd)) {
        errno = EAGAIN;
        return -1;
    }
    return syscall(SYS_preadv2, fd, to, count, offset, 0, flags);
}
