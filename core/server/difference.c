#include "server/difference.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/self.h"
#include "base/utf8.h"
#include "term/charset.h"

enum { DIFF_MS = 30000 };

#define RED "\033[31m"
#define GREEN "\033[32m"
#define CYAN "\033[36m"
#define BOLD "\033[1m"
#define PLAIN "\033[0m"

/* --- diff --- */

/* diff reads the one text from its standard input, and the other from our descriptor. */
static int run(const struct difference *d, int old, int new, struct buf *out, struct err *e)
{
    char path[64];
    const char *const args[] = {"-u",        "-a", "-L", d->old_name, "-L",
                                d->new_name, path, "-",  NULL};
    const struct self_run tool = {.tool = "diff", .args = args, .input = new, .ms = DIFF_MS};
    int status;

    snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)getpid(), old);
    status = self_run(&tool, out, e);
    if (status > 1)
        return err_set(e, "diff failed%s",
                       status == 127 ? ": is it there? apt-get install diffutils" : "");
    return status < 0 ? -1 : 0;
}

int difference_add(const struct difference *d, struct buf *out, struct err *e)
{
    int old = self_input(d->old_text);
    int new = self_input(d->new_text);
    int rc = old < 0 || new < 0 ? err_set(e, "make room for diff: %s", strerror(errno))
                                : run(d, old, new, out, e);

    if (old >= 0)
        close(old);
    if (new >= 0)
        close(new);
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

void difference_draw(struct span text, const char *path, struct buf *out)
{
    size_t len = strlen(path);
    bool is_art = len > 4 && strcmp(path + len - 4, ".ans") == 0;
    const char *no_color = getenv("NO_COLOR"); /* no-color.org */
    bool has_colors = !no_color || no_color[0] == '\0';

    while (text.len > 0) {
        const char *end = memchr(text.data, '\n', text.len);
        struct span line = span_take(&text, end ? (size_t)(end - text.data) : text.len);

        span_take(&text, 1);
        draw_line(line, is_art, has_colors, out);
    }
}
