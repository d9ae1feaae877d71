#include "cli/difference.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/utf8.h"
#include "term/charset.h"

extern char **environ;

enum { OLD_FD = 3, NEW_FD = 4, FREE_FD = 10 }; /* diff's; where none of them is */

#define RED "\033[31m"
#define GREEN "\033[32m"
#define CYAN "\033[36m"
#define BOLD "\033[1m"
#define PLAIN "\033[0m"

/* --- diff --- */

/* A file without a name that holds `text`. -1: errno. */
static int open_text(struct span text)
{
    int made = memfd_create("perigee-diff", MFD_CLOEXEC);
    int fd = made < 0 ? -1 : fcntl(made, F_DUPFD_CLOEXEC, FREE_FD);

    if (made >= 0)
        close(made);
    while (fd >= 0 && text.len > 0) {
        ssize_t n = write(fd, text.data, text.len);

        if (n < 0) {
            close(fd);
            return -1;
        }
        span_take(&text, (size_t)n);
    }
    return fd;
}

static void close_all(const int fds[3])
{
    for (int i = 0; i < 3; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
}

static int spawn(const struct difference *d, const int fds[3], pid_t *pid)
{
    const char *const words[] = {"diff", "-u",        "-a",        "-L",        d->old_name,
                                 "-L",   d->new_name, "/dev/fd/3", "/dev/fd/4", NULL};
    posix_spawn_file_actions_t actions;
    int rc;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fds[0], OLD_FD);
    posix_spawn_file_actions_adddup2(&actions, fds[1], NEW_FD);
    posix_spawn_file_actions_adddup2(&actions, fds[2], STDOUT_FILENO);
    rc = posix_spawnp(pid, words[0], &actions, NULL, (char *const *)words, environ);
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

static int run(const struct difference *d, const int fds[3], struct err *e)
{
    pid_t pid;
    int status = -1;
    int rc = spawn(d, fds, &pid);

    if (rc == ENOENT)
        return err_set(e, "--diff needs diff: apt-get install diffutils");
    if (rc != 0)
        return err_set(e, "start diff: %s", strerror(rc));
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(status) && WEXITSTATUS(status) <= 1)
        return 0;
    return err_set(e, "diff failed");
}

static int read_all(int fd, struct buf *out, struct err *e)
{
    char piece[65536];
    ssize_t n;

    lseek(fd, 0, SEEK_SET);
    while ((n = read(fd, piece, sizeof(piece))) > 0)
        buf_add(out, span_from(piece, (size_t)n));
    return n < 0 ? err_set(e, "read what diff says: %s", strerror(errno)) : 0;
}

int difference_add(const struct difference *d, struct buf *out, struct err *e)
{
    const int fds[3] = {open_text(d->old_text), open_text(d->new_text),
                        open_text(SPAN_LIT(""))};
    int rc = 0;

    if (fds[0] < 0 || fds[1] < 0 || fds[2] < 0)
        rc = err_set(e, "make room for diff: %s", strerror(errno));
    if (rc == 0)
        rc = run(d, fds, e);
    if (rc == 0)
        rc = read_all(fds[2], out, e);
    close_all(fds);
    return rc;
}

/* --- on a terminal --- */

static const char *color_of(struct span line)
{
    if (span_starts_with(line, "---") || span_starts_with(line, "+++"))
        return BOLD;
    if (span_starts_with(line, "@@"))
        return CYAN;
    if (span_starts_with(line, "-"))
        return RED;
    return span_starts_with(line, "+") ? GREEN : "";
}

/* A file's bytes must not move the reader's cursor. */
static void add_visible(struct span utf8, struct buf *out)
{
    while (utf8.len > 0) {
        uint32_t c = utf8_next(&utf8, NULL);

        if (c == '\t' || (c >= ' ' && c != 0x7F && !(c >= 0x80 && c < 0xA0)))
            utf8_add(out, c);
        else if (c < 0x80)
            buf_printf(out, "^%c", (int)c ^ 0x40);
        else
            buf_add_text(out, "?");
    }
}

static void draw_line(struct span line, bool is_art, bool has_colors, struct buf *out)
{
    const char *color = has_colors ? color_of(line) : "";
    struct buf utf8;

    buf_init(&utf8, BUF_LARGE);
    if (is_art)
        charset_decode_cp437(&utf8, line);
    else
        buf_add(&utf8, line);
    buf_add_text(out, color);
    add_visible(buf_span(&utf8), out);
    buf_add_text(out, color[0] ? PLAIN "\n" : "\n");
    buf_clear(&utf8);
}

void difference_draw(struct span text, bool is_art, struct buf *out)
{
    const char *no_color = getenv("NO_COLOR"); /* no-color.org */
    bool has_colors = !no_color || no_color[0] == '\0';

    while (text.len > 0) {
        const char *end = memchr(text.data, '\n', text.len);
        struct span line = span_take(&text, end ? (size_t)(end - text.data) : text.len);

        span_take(&text, 1);
        draw_line(line, is_art, has_colors, out);
    }
}
