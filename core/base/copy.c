#include "base/copy.h"

#include <errno.h>
#include <unistd.h>

#include "base/mem.h"

enum { PIECE = 1 << 20 };

int copy_out(int to, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(to, bytes, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

/* Between two file systems that can't share what they have, byte by byte. */
static int copy_by_hand(int from, int to)
{
    char *piece = mem_alloc(PIECE);
    int rc = 0;
    ssize_t n;

    while (rc == 0 && (n = read(from, piece, PIECE)) != 0) {
        if (n > 0)
            rc = copy_out(to, piece, (size_t)n);
        else if (errno != EINTR)
            rc = -1;
    }
    mem_free(piece);
    return rc;
}

int copy_bytes(int from, int to)
{
    ssize_t n;

    while ((n = copy_file_range(from, NULL, to, NULL, PIECE, 0)) > 0)
        ;
    if (n < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP))
        return copy_by_hand(from, to); /* from where it has come to */
    return n < 0 ? -1 : 0;
}
