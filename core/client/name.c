#include "client/name.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "term/ansi.h"
#include "term/charset.h"

/* What stands behind the last separator of any system. */
static struct span without_path(struct span s)
{
    size_t from = s.len;

    while (from > 0 && s.data[from - 1] != '/' && s.data[from - 1] != '\\' &&
           s.data[from - 1] != ':')
        from--;
    return span_from(s.data + from, s.len - from);
}

static bool is_device(struct span name)
{
    static const char *const devices[] = {"CON", "PRN", "AUX", "NUL", "COM", "LPT"};
    const char *dot = memchr(name.data, '.', name.len);
    size_t len = dot ? (size_t)(dot - name.data) : name.len;

    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
        bool has_number = i >= 4;

        if (len == 3u + has_number && strncasecmp(name.data, devices[i], 3) == 0 &&
            (!has_number || (name.data[3] >= '0' && name.data[3] <= '9')))
            return true;
    }
    return false;
}

static bool is_dot(char c)
{
    return c == '.' || c == ' ';
}

static struct span trim(struct span s)
{
    while (s.len > 0 && (is_dot(s.data[0]) || s.data[0] == '-'))
        span_take(&s, 1);
    while (s.len > 0 && is_dot(s.data[s.len - 1]))
        s.len--;
    return s;
}

/* As many whole characters as fit. */
static size_t cut_at(struct span s, size_t most)
{
    size_t len = s.len < most ? s.len : most;

    while (len > 0 && len < s.len && (s.data[len] & 0xC0) == 0x80)
        len--;
    return len;
}

/* What is too long keeps its extension. */
static void shorten(struct span s, char name[NAME_MAX_BYTES + 1])
{
    const char *dot = memrchr(s.data, '.', s.len);
    struct span end = SPAN_LIT("");
    size_t len;

    if (s.len > NAME_MAX_BYTES && dot && s.data + s.len - dot <= 16)
        end = span_from(dot, (size_t)(s.data + s.len - dot));
    len = cut_at(s, NAME_MAX_BYTES - end.len);
    if (len == s.len)
        end.len = 0;
    snprintf(name, NAME_MAX_BYTES + 1, "%.*s%.*s", (int)len, s.data, SPAN_ARG(end));
}

static void replace(struct buf *b, const char *what, char by)
{
    for (uint32_t i = 0; i < b->len; i++) {
        if (strchr(what, b->data[i]))
            b->data[i] = by;
    }
}

bool name_make_safe(struct span said, char name[NAME_MAX_BYTES + 1])
{
    struct buf utf8;
    struct buf clean;
    struct span left;

    buf_init(&utf8, BUF_LARGE);
    buf_init(&clean, BUF_LARGE);
    said = without_path(said);
    charset_decode_unknown(&utf8, said);
    ansi_strip(&clean, buf_span(&utf8), false);
    replace(&clean, "/\\:*?\"<>|", '_');
    left = trim(buf_span(&clean));
    *name = '\0';
    if (left.len > 0 && is_device(left))
        snprintf(name, NAME_MAX_BYTES + 1, "_%.*s", (int)cut_at(left, NAME_MAX_BYTES - 1),
                 left.data);
    else if (left.len > 0)
        shorten(left, name);
    buf_clear(&utf8);
    buf_clear(&clean);
    return *name != '\0';
}
