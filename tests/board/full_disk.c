/* full_disk.c -- to be preloaded into a server: there is no room on the disk for files whose
 * names are FULL_DISK, after the first 100 bytes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ROOM = 100 };

ssize_t write(int fd, const void *from, size_t len)
{
    const char *name = getenv("FULL_DISK");
    char link[40];
    char path[1000];
    ssize_t n;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof(path) - 1);
    path[n > 0 ? n : 0] = '\0';
    if (!name || !strstr(path, name))
        return syscall(SYS_write, fd, from, len);
    if (len > ROOM)
        return syscall(SYS_write, fd, from, ROOM);
    errno = ENOSPC;
    return -1;
}
