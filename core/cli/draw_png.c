/* draw_png.c -- a picture as an image: it is written as an XBin file, the characters and
 * attributes of a VGA's text memory, and ansilove draws that. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/utf8.h"
#include "cli/draw_png.h"

extern char **environ;

enum { FONT_ROWS = 16, FLAG_NO_BLINK = 8, OWN_FG = 7, OWN_BG = 0, PNG_MAX = 64 << 20 };

#define PNG_SIGNATURE "\x89PNG\r\n\x1a\n"

/* --- XBin --- */

/* The first 16 colours by their number in ECMA-48. */
static const unsigned char vga[16][3] = {
    {0, 0, 0},     {170, 0, 0},    {0, 170, 0},    {170, 85, 0},
    {0, 0, 170},   {170, 0, 170},  {0, 170, 170},  {170, 170, 170},
    {85, 85, 85},  {255, 85, 85},  {85, 255, 85},  {255, 255, 85},
    {85, 85, 255}, {255, 85, 255}, {85, 255, 255}, {255, 255, 255},
};

static unsigned nearest(struct color c)
{
    unsigned best = 0;
    int least = INT_MAX;

    for (unsigned i = 0; i < 16; i++) {
        int red = c.red - vga[i][0];
        int green = c.green - vga[i][1];
        int blue = c.blue - vga[i][2];
        int distance = red * red + green * green + blue * blue;

        if (distance < least) {
            least = distance;
            best = i;
        }
    }
    return best;
}

static unsigned number_of(struct color c, unsigned own)
{
    if (c.kind == COLOR_OWN)
        return own;
    return c.kind == COLOR_INDEX && c.index < 16 ? c.index : nearest(c);
}

/* VGA counts blue as 1 and red as 4. */
static unsigned vga_number(unsigned n)
{
    return (n & 10) | (n & 1) << 2 | (n & 4) >> 2;
}

static unsigned char attribute(const struct cell *cell)
{
    unsigned fg = number_of(cell->fg, OWN_FG) | (cell->bold ? 8 : 0);
    unsigned bg = number_of(cell->bg, OWN_BG);
    unsigned swapped = cell->reverse ? fg << 4 | bg : bg << 4 | fg;

    return (unsigned char)(vga_number(swapped >> 4) << 4 | vga_number(swapped & 15));
}

/* Its byte of CP437, or a look-alike. */
static char glyph(const struct cell *cell)
{
    struct buf utf8;
    struct buf byte;
    char out;

    buf_init(&utf8, 8);
    buf_init(&byte, 8);
    utf8_add(&utf8, cell->chars[0]);
    charset_encode_art(&byte, buf_span(&utf8), CHARSET_CP437);
    out = byte.len > 0 ? byte.data[0] : ' ';
    buf_clear(&utf8);
    buf_clear(&byte);
    return out;
}

static void add_cell(struct buf *out, const struct cell *cell)
{
    buf_add_byte(out, glyph(cell));
    buf_add_byte(out, (char)attribute(cell));
}

static void add_number(struct buf *out, unsigned n)
{
    buf_add_byte(out, (char)(n & 0xFF));
    buf_add_byte(out, (char)(n >> 8));
}

static void add_xbin(struct buf *out, const struct picture *p)
{
    buf_add_text(out, "XBIN\x1a");
    add_number(out, picture_columns(p));
    add_number(out, picture_rows(p));
    buf_add_byte(out, FONT_ROWS);
    buf_add_byte(out, FLAG_NO_BLINK);
    for (unsigned row = 0; row < picture_rows(p); row++) {
        for (unsigned column = 0; column < picture_columns(p); column++) {
            struct cell cell = picture_cell(p, row, column);

            add_cell(out, &cell);
        }
    }
}

/* --- files --- */

static int write_file(const char *path, struct span s, struct err *e)
{
    FILE *f = fopen(path, "wbe");
    bool ok = f && fwrite(s.data, 1, s.len, f) == s.len;
    int why = errno;

    if (f && fclose(f) != 0 && ok) {
        ok = false;
        why = errno;
    }
    return ok ? 0 : err_set(e, "%s: %s", path, strerror(why));
}

static int read_file(const char *path, struct buf *out, struct err *e)
{
    FILE *f = fopen(path, "rbe");
    char part[65536];
    size_t n = 0;

    if (!f)
        return err_set(e, "%s: %s", path, strerror(errno));
    while ((n = fread(part, 1, sizeof(part), f)) > 0 && buf_add(out, span_from(part, n)))
        ;
    fclose(f);
    return 0;
}

/* --- ansilove --- */

struct paths {
    char xbin[PATH_MAX];
    char png[PATH_MAX];
    char said[PATH_MAX]; /* what ansilove says */
};

static int spawn(const struct paths *paths, pid_t *pid)
{
    const char *const words[] = {"ansilove", "-q",       "-t",        "xb",
                                 "-o",       paths->png, paths->xbin, NULL};
    posix_spawn_file_actions_t actions;
    int rc;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, paths->said,
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    rc = posix_spawnp(pid, words[0], &actions, NULL, (char *const *)words, environ);
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

static int fail_with_what_it_said(const struct paths *paths, struct err *e)
{
    struct buf said;
    struct err ignored;

    buf_init(&said, 4096);
    read_file(paths->said, &said, &ignored);
    err_set(e, "ansilove failed: %.*s", (int)strcspn(buf_text(&said), "\n"), buf_text(&said));
    buf_clear(&said);
    return -1;
}

static int run_ansilove(const struct paths *paths, struct err *e)
{
    pid_t pid;
    int status = -1;
    int rc = spawn(paths, &pid);

    if (rc == ENOENT)
        return err_set(e, "--png needs ansilove: apt-get install ansilove");
    if (rc != 0)
        return err_set(e, "start ansilove: %s", strerror(rc));
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    return fail_with_what_it_said(paths, e);
}

static int take_png(const struct paths *paths, const char *file, struct err *e)
{
    struct buf png;
    int rc;

    buf_init(&png, PNG_MAX);
    rc = read_file(paths->png, &png, e);
    if (rc == 0 && !span_starts_with(buf_span(&png), PNG_SIGNATURE))
        rc = fail_with_what_it_said(paths, e);
    if (rc == 0)
        rc = write_file(file, buf_span(&png), e);
    buf_clear(&png);
    return rc;
}

int draw_png(const struct picture *p, const char *file, const char *folder, struct err *e)
{
    struct paths paths;
    struct buf xbin;
    int rc;

    snprintf(paths.xbin, sizeof(paths.xbin), "%s/picture.xb", folder);
    snprintf(paths.png, sizeof(paths.png), "%s/picture.png", folder);
    snprintf(paths.said, sizeof(paths.said), "%s/ansilove", folder);
    buf_init(&xbin, BUF_LARGE);
    add_xbin(&xbin, p);
    rc = write_file(paths.xbin, buf_span(&xbin), e);
    if (rc == 0)
        rc = run_ansilove(&paths, e);
    if (rc == 0)
        rc = take_png(&paths, file, e);
    buf_clear(&xbin);
    return rc;
}
