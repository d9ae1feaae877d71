#include "cli/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/size.h"

enum { EVERY_MS = 200 };

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void progress_begin(struct progress *p)
{
    *p = (struct progress){.is_shown = isatty(STDERR_FILENO)};
}

void progress_show(struct progress *p, uint64_t bytes, uint64_t all_bytes, uint64_t files,
                   uint64_t all_files)
{
    int64_t now = p->is_shown ? now_ms() : 0;
    struct buf text;

    if (!p->is_shown || all_bytes == 0 || (p->has_line && now - p->drawn < EVERY_MS))
        return;
    buf_init(&text, 256);
    size_add(&text, (double)bytes);
    buf_add_text(&text, " of ");
    size_add(&text, (double)all_bytes);
    if (all_files > 0)
        buf_printf(&text, ", %llu of %llu files", (unsigned long long)files,
                   (unsigned long long)all_files);
    buf_printf(&text, ", %d %%",
               bytes < all_bytes ? (int)((double)bytes * 100 / (double)all_bytes) : 100);
    fprintf(stderr, "\r%s\033[K", buf_text(&text));
    buf_clear(&text);
    p->has_line = true;
    p->drawn = now;
}

void progress_say(struct progress *p, const char *what)
{
    if (!p->is_shown)
        return;
    fprintf(stderr, "\r%s\033[K", what);
    p->has_line = true;
}

void progress_end(struct progress *p)
{
    if (p->has_line)
        fputs("\r\033[K", stderr);
    p->has_line = false;
}
