#include "server/manifest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define uthash_malloc(size) mem_alloc(size)
#define uthash_free(p, size) mem_free(p)
#include <uthash.h>

#include "base/mem.h"

enum { HEX = 2 * DIGEST_BYTES };

#define FIRST_LINE "perigee backup\n"
#define NO_BACKUP "it is no backup of perigee's"

struct sum {
    UT_hash_handle hh;
    char hex[HEX + 1];
    char path[];
};

/* --- the manifest --- */

void manifest_add(struct buf *out, const struct manifest *m)
{
    char made[32] = "";
    time_t at = (time_t)m->made;
    struct tm tm;

    if (gmtime_r(&at, &tm))
        strftime(made, sizeof(made), "%Y-%m-%dT%H:%M:%SZ", &tm);
    buf_printf(out,
               FIRST_LINE "format %d\nversion %s\nschema %d\nmade %s\nfiles %" PRIu64
                          "\nbytes %" PRIu64 "\n",
               m->format, m->version, m->schema, made, m->files, m->bytes);
}

static int64_t read_time(const char *text)
{
    struct tm tm = {0};

    return strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm) ? (int64_t)timegm(&tm) : 0;
}

/* Lines that are not known are a newer perigee's, of the same format. */
static void take_fact(struct manifest *m, const char *name, const char *value)
{
    if (strcmp(name, "format") == 0)
        sscanf(value, "%9d", &m->format);
    else if (strcmp(name, "version") == 0)
        snprintf(m->version, sizeof(m->version), "%.31s", value);
    else if (strcmp(name, "schema") == 0)
        sscanf(value, "%9d", &m->schema);
    else if (strcmp(name, "made") == 0)
        m->made = read_time(value);
    else if (strcmp(name, "files") == 0)
        sscanf(value, "%19" SCNu64, &m->files);
    else if (strcmp(name, "bytes") == 0)
        sscanf(value, "%19" SCNu64, &m->bytes);
}

int manifest_read(struct span text, struct manifest *out, struct err *e)
{
    char line[200];
    char name[32];
    char value[100];

    *out = (struct manifest){0};
    if (!span_starts_with(text, FIRST_LINE))
        return err_set(e, NO_BACKUP);
    while (text.len > 0) {
        struct span next = span_take_line(&text);

        snprintf(line, sizeof(line), "%.*s", SPAN_ARG(next));
        if (sscanf(line, "%31s %99s", name, value) == 2)
            take_fact(out, name, value);
    }
    if (out->format > MANIFEST_FORMAT)
        return err_set(e,
                       "it is of format %d, made by perigee %s, and this perigee reads format "
                       "%d: use that perigee, or a newer one",
                       out->format, out->version, MANIFEST_FORMAT);
    return out->format < 1 ? err_set(e, NO_BACKUP) : 0;
}

/* --- sums --- */

static struct sum *find(const struct sums *s, const char *path)
{
    struct sum *found = NULL;

    HASH_FIND_STR(s->first, path, found);
    return found;
}

static void set_hex(struct sums *s, const char *path, const char *hex)
{
    struct sum *sum = find(s, path);

    if (!sum) {
        sum = mem_zalloc(sizeof(*sum) + strlen(path) + 1);
        memcpy(sum->path, path, strlen(path));
        HASH_ADD_STR(s->first, path, sum);
        s->count++;
    }
    memcpy(sum->hex, hex, HEX);
}

void sums_set(struct sums *s, const char *path, const unsigned char digest[DIGEST_BYTES])
{
    char hex[HEX + 1];

    for (int i = 0; i < DIGEST_BYTES; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    set_hex(s, path, hex);
}

/* What would end the line, and what says that of it. */
static char escape_of(char c)
{
    return c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\\' ? '\\' : '\0';
}

static void add_line(struct buf *out, const struct sum *sum)
{
    if (strpbrk(sum->path, "\n\r\\"))
        buf_add_byte(out, '\\');
    buf_printf(out, "%s  ", sum->hex);
    for (const char *p = sum->path; *p; p++) {
        char escape = escape_of(*p);

        if (escape)
            buf_add_byte(out, '\\');
        buf_add_byte(out, escape ? escape : *p);
    }
    buf_add_byte(out, '\n');
}

void sums_add(const struct sums *s, struct buf *out)
{
    for (const struct sum *sum = s->first; sum; sum = sum->hh.next)
        add_line(out, sum);
}

static void unescape(struct buf *path, struct span s)
{
    while (s.len > 0) {
        char c = *span_take(&s, 1).data;

        if (c == '\\' && s.len > 0) {
            c = *span_take(&s, 1).data;
            c = c == 'n' ? '\n' : c == 'r' ? '\r' : c;
        }
        buf_add_byte(path, c);
    }
}

static bool is_hex(struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!strchr("0123456789abcdef", s.data[i]))
            return false;
    }
    return s.len == HEX;
}

static int read_line(struct span line, struct sums *out, struct buf *path)
{
    bool is_escaped = span_starts_with(line, "\\");
    struct span hex;

    span_take(&line, is_escaped);
    hex = span_take(&line, HEX);
    if (!is_hex(hex) || !span_starts_with(line, "  ") || line.len < 3)
        return -1;
    span_take(&line, 2);
    buf_reset(path);
    if (is_escaped)
        unescape(path, line);
    else
        buf_add(path, line);
    set_hex(out, buf_text(path), hex.data);
    return 0;
}

int sums_read(struct span text, struct sums *out, struct err *e)
{
    struct buf path;
    unsigned number = 0;
    int rc = 0;

    buf_init(&path, BUF_LARGE);
    while (rc == 0 && text.len > 0) {
        number++;
        if (read_line(span_take_line(&text), out, &path) < 0)
            rc = err_set(e, SUMS_NAME ":%u: it is no sum and name", number);
    }
    buf_clear(&path);
    return rc;
}

int sums_compare(const struct sums *wanted, const struct sums *found, struct err *e)
{
    for (const struct sum *w = wanted->first; w; w = w->hh.next) {
        const struct sum *f = find(found, w->path);

        if (!f)
            return err_set(e, "%s is missing", w->path);
        if (memcmp(f->hex, w->hex, HEX) != 0)
            return err_set(e, "%s is not what was put in", w->path);
    }
    for (const struct sum *f = found->first; f; f = f->hh.next) {
        if (!find(wanted, f->path))
            return err_set(e, "%s was not put in", f->path);
    }
    return 0;
}

void sums_clear(struct sums *s)
{
    struct sum *sum;
    struct sum *next;

    HASH_ITER(hh, s->first, sum, next)
    {
        HASH_DEL(s->first, sum);
        mem_free(sum);
    }
    *s = (struct sums){0};
}
