/* full_disk.c -- to be preloaded into a program: there is no room on the disk for files whose
 * paths have FULL_DISK in them, after the first FULL_DISK_ROOM (100) bytes of all of them. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static size_t written;

static bool is_full_for(int fd)
{
    const char *name = getenv("FULL_DISK");
    char link[40];
    char path[1000];
    ssize_t n;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof(path) - 1);
    path[n > 0 ? n : 0] = '\0';
    return name && strstr(path, name);
}

/* How many bytes of `len` there is room for; 0: none. */
static size_t take_room(size_t len)
{
    const char *most = getenv("FULL_DISK_ROOM");
    size_t room = most ? strtoul(most, NULL, 10) : 100;
    size_t left = room > written ? room - written : 0;

    len = len < left ? len : left;
    written += len;
    errno = ENOSPC;
    return len;
}

ssize_t write(int fd, const void *from, size_t len)
{
    if (len > 0 && is_full_for(fd) && (len = take_room(len)) == 0)
        return -1;
    return syscall(SYS_write, fd, from, len);
}

ssize_t pwrite64(int fd, const void *from, size_t len, off64_t at)
{
    if (len > 0 && is_full_for(fd) && (len = take_room(len)) == 0)
        return -1;
    return syscall(SYS_pwrite64, fd, from, len, at);
}

ssize_t copy_file_range(int from, off64_t *at, int to, off64_t *to_at, size_t len,
                        unsigned flags)
{
    if (is_full_for(to)) { /* the caller then writes itself */
        errno = EXDEV;
        return -1;
    }
    return syscall(SYS_copy_file_range, from, at, to, to_at, len, flags);
}
