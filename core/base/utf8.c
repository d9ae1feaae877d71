#include "base/utf8.h"

#include <wchar.h>

unsigned utf8_length(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first <= 0xDF)
        return 2;
    if (first >= 0xE0 && first <= 0xEF)
        return 3;
    if (first >= 0xF0 && first <= 0xF4)
        return 4;
    return 0;
}

static uint32_t decode(const unsigned char *p, unsigned n)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t cp = p[0] & (0xFFu >> (n + 1));

    for (unsigned i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return UTF8_BAD;
        cp = cp << 6 | (p[i] & 0x3F);
    }
    if (cp < least[n] || cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
        return UTF8_BAD;
    return cp;
}

uint32_t utf8_next(struct span *s, bool *ok)
{
    const unsigned char *p = (const unsigned char *)s->data;
    unsigned n = utf8_length(p[0]);
    uint32_t cp = UTF8_BAD;
    bool good;

    if (n == 1)
        cp = p[0];
    else if (n > 1 && n <= s->len)
        cp = decode(p, n);
    good = cp != UTF8_BAD || (n == 3 && s->len >= 3 && memcmp(p, "\xEF\xBF\xBD", 3) == 0);
    if (ok)
        *ok = good;
    span_take(s, good ? n : 1);
    return cp;
}

bool utf8_add(struct buf *b, uint32_t cp)
{
    char out[4];
    size_t n;

    if (cp < 0x80) {
        out[0] = (char)cp;
        n = 1;
    } else if (cp < 0x800) {
        out[0] = (char)(0xC0 | cp >> 6);
        out[1] = (char)(0x80 | (cp & 0x3F));
        n = 2;
    } else if (cp < 0x10000) {
        out[0] = (char)(0xE0 | cp >> 12);
        out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
        out[2] = (char)(0x80 | (cp & 0x3F));
        n = 3;
    } else {
        out[0] = (char)(0xF0 | cp >> 18);
        out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
        out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
        out[3] = (char)(0x80 | (cp & 0x3F));
        n = 4;
    }
    return buf_add(b, span_from(out, n));
}

bool utf8_is_valid(struct span s)
{
    bool ok = true;

    while (s.len > 0 && ok)
        utf8_next(&s, &ok);
    return ok;
}

unsigned utf8_width(uint32_t cp)
{
    int w;

    if (cp < 0x7F)
        return cp >= 0x20;
    if (cp >= 0x2500 && cp < 0x25FD)
        return 1;             /* what art is made of */
    w = wcwidth((wchar_t)cp); /* the program runs in the C.UTF-8 locale */
    return w > 0 ? (unsigned)w : 0;
}

unsigned utf8_columns(struct span s)
{
    unsigned columns = 0;

    while (s.len > 0)
        columns += utf8_width(utf8_next(&s, NULL));
    return columns;
}

size_t utf8_fit(struct span s, unsigned columns)
{
    struct span rest = s;

    while (rest.len > 0) {
        struct span before = rest;
        unsigned w = utf8_width(utf8_next(&rest, NULL));

        if (w > columns)
            return s.len - before.len;
        columns -= w;
    }
    return s.len;
}

/* What fits of one long word: a character at least. */
static struct span take_part(struct span *s, size_t fits)
{
    struct span rest = *s;

    utf8_next(&rest, NULL);
    return span_take(s, fits > 0 ? fits : s->len - rest.len);
}

struct span utf8_take_line(struct span *s, unsigned columns)
{
    const char *end = memchr(s->data, '\n', s->len);
    size_t whole = end ? (size_t)(end - s->data) : s->len;
    size_t fits = utf8_fit(span_from(s->data, whole), columns);
    size_t n = fits;
    struct span line;

    while (fits < whole && n > 0 && s->data[n] != ' ')
        n--;
    if (n == 0 && whole > 0)
        return take_part(s, fits);
    line = span_take(s, n);
    if (s->len > 0)
        span_take(s, 1); /* the line end, or the blank */
    return line;
}
