#include "client/archive.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/self.h"

enum { OUTPUT_MOST = 16 << 20, WAIT_MS = 2000 * ARCHIVE_SECONDS };

bool archive_is_name(struct span name)
{
    static const char *const ends[] = {".zip", ".tar", ".tgz", ".gz",  ".bz2", ".xz",  ".7z",
                                       ".lha", ".lzh", ".rar", ".cab", ".iso", ".zst", ".cpio"};

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        size_t n = strlen(ends[i]);

        if (name.len > n && strncasecmp(name.data + name.len - n, ends[i], n) == 0)
            return true;
    }
    return false;
}

/* --- the program that looks inside --- */

static int run(int fd, const char *what, struct buf *out, struct err *e)
{
    const char *const args[] = {ARCHIVE_COMMAND, what, NULL};
    const struct self_run run = {.args = args, .input = fd, .ms = WAIT_MS};

    return self_run(&run, out, e) == 0
               ? 0
               : err_set(e, "it can't be looked into: it takes too much time or memory");
}

/* --- what it has said --- */

static int64_t take_number(struct span *s)
{
    char digits[24] = "";
    size_t n = 0;

    while (s->len > 0 && *s->data != ' ' && n + 1 < sizeof(digits))
        digits[n++] = *span_take(s, 1).data;
    span_take(s, s->len > 0 ? 1 : 0);
    return strtoll(digits, NULL, 10);
}

static int take_entry(struct file_list *out, struct span line, struct err *e)
{
    char kind = *span_take(&line, 1).data;
    int64_t size, time;

    if (kind == ARCHIVE_SAYS_NO)
        return err_set(e, "%.*s", SPAN_ARG(line));
    size = take_number(&line);
    time = take_number(&line);
    file_list_add(out, line, size, time * 1000000000);
    return 0;
}

int archive_read(int fd, struct file_list *out, struct err *e)
{
    struct buf said;
    struct span s;
    int rc;

    *out = (struct file_list){0};
    buf_init(&said, OUTPUT_MOST);
    rc = run(fd, ARCHIVE_LIST, &said, e);
    s = buf_span(&said);
    while (rc == 0 && s.len > 0)
        rc = take_entry(out, span_take_line(&s), e);
    buf_clear(&said);
    return rc;
}

int archive_description(int fd, struct buf *out, struct err *e)
{
    struct buf said;
    struct span s;
    int rc;

    buf_init(&said, OUTPUT_MOST);
    rc = run(fd, ARCHIVE_DESCRIBE, &said, e);
    s = buf_span(&said);
    if (rc == 0 && s.len > 0 && *s.data == ARCHIVE_SAYS_NO)
        rc = take_entry(NULL, span_take_line(&s), e);
    else if (rc == 0)
        buf_add(out, s);
    buf_clear(&said);
    return rc;
}
