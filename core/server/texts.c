#include "server/texts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

enum { PATH_LEN = 1024, HEAD_LEN = PATH_LEN + 32 };

#define FIRST_LINE "perigee texts 1\n"
#define LAST_LINE "end\n"

void texts_clear(struct texts *t)
{
    for (unsigned i = 0; i < t->count; i++) {
        mem_free(t->items[i].path);
        mem_free(t->items[i].data);
    }
    mem_free(t->items);
    *t = (struct texts){0};
}

void texts_add(struct texts *t, const char *path, struct span text)
{
    struct text_of *item;

    if (t->count == t->capacity) {
        t->capacity = t->capacity ? 2 * t->capacity : 64;
        t->items = mem_realloc(t->items, t->capacity * sizeof(*t->items));
    }
    item = &t->items[t->count++];
    *item = (struct text_of){.path = mem_strdup(path), .len = text.len};
    item->data = text.len > 0 ? mem_strndup(text.data, text.len) : NULL;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct text_of *)a)->path, ((const struct text_of *)b)->path);
}

void texts_sort(struct texts *t)
{
    if (t->count > 0)
        qsort(t->items, t->count, sizeof(*t->items), by_path);
}

const struct text_of *texts_find(const struct texts *t, const char *path)
{
    const struct text_of wanted = {.path = (char *)(uintptr_t)path};

    if (t->count == 0)
        return NULL;
    return bsearch(&wanted, t->items, t->count, sizeof(*t->items), by_path);
}

static bool are_same(const struct text_of *a, const struct text_of *b)
{
    return span_equals(span_from(a->data, a->len), span_from(b->data, b->len));
}

void texts_compare(const struct texts *a, const struct texts *b,
                   void (*see)(void *arg, const char *path), void *arg)
{
    unsigned i = 0;
    unsigned k = 0;

    while (i < a->count || k < b->count) {
        int order = i == a->count   ? 1
                    : k == b->count ? -1
                                    : strcmp(a->items[i].path, b->items[k].path);

        if (order != 0 || !are_same(&a->items[i], &b->items[k]))
            see(arg, order <= 0 ? a->items[i].path : b->items[k].path);
        i += order <= 0;
        k += order >= 0;
    }
}

/* --- the file --- */

static int write_all(int fd, struct span text)
{
    while (text.len > 0) {
        ssize_t n = write(fd, text.data, text.len);

        if (n < 0)
            return -1;
        span_take(&text, (size_t)n);
    }
    return 0;
}

/* A line "BYTES PATH", the text, and a line's end, for each. -1: errno. */
static int write_items(const struct texts *t, int fd)
{
    struct buf all;
    int rc;

    buf_init(&all, BUF_LARGE);
    buf_add_text(&all, FIRST_LINE);
    for (unsigned i = 0; i < t->count; i++) {
        const struct text_of *item = &t->items[i];

        buf_printf(&all, "%zu %s\n", item->len, item->path);
        buf_add(&all, span_from(item->data, item->len));
        buf_add_byte(&all, '\n');
    }
    buf_add_text(&all, LAST_LINE);
    rc = write_all(fd, buf_span(&all));
    buf_clear(&all);
    return rc < 0 ? -1 : fsync(fd);
}

/* The name may have to outlive a power loss, too. */
static void keep_name(const char *file)
{
    char folder[PATH_LEN];
    char *slash;
    int fd;

    snprintf(folder, sizeof(folder), "%s", file);
    slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

int texts_save(const struct texts *t, const char *file, struct err *e)
{
    char part[PATH_LEN + 8];
    int fd;
    int rc;

    snprintf(part, sizeof(part), "%s.part", file);
    fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    rc = fd < 0 ? -1 : write_items(t, fd);
    if (fd >= 0 && close(fd) < 0)
        rc = -1;
    if (rc == 0)
        rc = rename(part, file);
    if (rc < 0) {
        err_set(e, "%s: %s", file, strerror(errno));
        unlink(part);
        return -1;
    }
    keep_name(file);
    return 0;
}

/* The next item's from the front of `rest`. False: it is none. */
static bool take_item(struct texts *t, struct span *rest)
{
    const char *end = rest->len ? memchr(rest->data, '\n', rest->len) : NULL;
    size_t line = end ? (size_t)(end - rest->data) : 0;
    char head[HEAD_LEN];
    char *path;
    unsigned long len;

    if (line == 0 || line >= sizeof(head))
        return false;
    snprintf(head, sizeof(head), "%.*s", (int)line, rest->data);
    len = strtoul(head, &path, 10);
    if (path == head || *path != ' ' || len >= rest->len - line - 1)
        return false;
    span_take(rest, line + 1);
    texts_add(t, path + 1, span_take(rest, len));
    return span_is(span_take(rest, 1), "\n");
}

static int take_items(struct texts *t, struct span all, const char *file, struct err *e)
{
    bool ok = span_starts_with(all, FIRST_LINE);

    if (ok)
        span_take(&all, strlen(FIRST_LINE));
    while (ok && !span_is(all, LAST_LINE))
        ok = take_item(t, &all);
    if (ok) {
        texts_sort(t);
        return 0;
    }
    texts_clear(t);
    return err_set(e,
                   "%s: it is cut or no file of Perigee's: it says what all callers have while "
                   "something is on trial; without it they have what is in the board's folder",
                   file);
}

static int read_all(int fd, struct buf *out)
{
    char piece[65536];
    ssize_t n;

    while ((n = read(fd, piece, sizeof(piece))) > 0)
        buf_add(out, span_from(piece, (size_t)n));
    return (int)n;
}

int texts_load(struct texts *t, const char *file, struct err *e)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    struct buf all;
    int rc;

    if (fd < 0 && errno == ENOENT)
        return 1;
    buf_init(&all, BUF_LARGE);
    rc = fd < 0 ? -1 : read_all(fd, &all);
    if (rc < 0)
        err_set(e, "%s: %s", file, strerror(errno));
    else
        rc = take_items(t, buf_span(&all), file, e);
    if (fd >= 0)
        close(fd);
    buf_clear(&all);
    return rc;
}
