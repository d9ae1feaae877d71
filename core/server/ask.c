#include "server/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { WAIT_SECONDS = 10 };

/* By way of the open folder: paths of sockets are short, those of folders need not be. */
static int connect_to(const char *data)
{
    struct timeval wait = {.tv_sec = WAIT_SECONDS};
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int folder = open(data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fd = folder < 0 ? -1 : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int rc = -1;
    int saved;

    if (fd >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
        snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/control.sock", folder);
        rc = connect(fd, (struct sockaddr *)&a, sizeof(a));
    }
    saved = errno;
    if (folder >= 0)
        close(folder);
    if (rc < 0 && fd >= 0)
        close(fd);
    errno = saved;
    return rc < 0 ? -1 : fd;
}

static int exchange(int fd, const char *request, struct buf *answer, struct err *e)
{
    char piece[4096];
    ssize_t n;

    snprintf(piece, sizeof(piece), "%s\n", request);
    if (send(fd, piece, strlen(piece), MSG_NOSIGNAL) < 0)
        return err_set(e, "ask the server: %s", strerror(errno));
    while ((n = recv(fd, piece, sizeof(piece), 0)) > 0)
        buf_add(answer, span_from(piece, (size_t)n));
    return n < 0 ? err_set(e, "the server did not answer in %d s", WAIT_SECONDS) : 0;
}

/* "ok", a line end and the text; or "error: WHY". */
static int take_answer(struct buf *answer, struct err *e)
{
    struct span all = buf_span(answer);

    if (span_starts_with(all, "ok\n")) {
        buf_consume(answer, 3);
        return 0;
    }
    if (all.len == 0)
        return err_set(e, "the server closed the connection without an answer");
    if (!span_starts_with(all, "error: "))
        return err_set(e, "what listens on control.sock is no perigee of this version: its "
                          "answer is of another kind");
    span_take(&all, 7);
    while (all.len > 0 && all.data[all.len - 1] == '\n')
        all.len--;
    err_set(e, "%.*s", SPAN_ARG(all));
    return 2;
}

int ask_server(const char *data, const char *request, struct buf *answer, struct err *e)
{
    int fd = connect_to(data);
    int rc;

    if (fd < 0 && (errno == EACCES || errno == EPERM))
        return err_set(e, "%s/control.sock: %s: run it as the user whom the server runs as",
                       data, strerror(errno));
    if (fd < 0)
        return 1;
    rc = exchange(fd, request, answer, e);
    close(fd);
    return rc < 0 ? -1 : take_answer(answer, e);
}
