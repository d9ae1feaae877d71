#include "room/line.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "term/ansi.h"

enum { TEXT_MOST = 4000, WIRE_MOST = 65536, INDENT = 2, ROOM_LEAST = 12 };

/* --- lines --- */

static char *clean(struct span s)
{
    struct buf b;
    char *text;

    buf_init(&b, TEXT_MOST);
    ansi_strip(&b, span_from(s.data, s.len < TEXT_MOST / 4 ? s.len : TEXT_MOST / 4), false);
    text = mem_strndup(b.len ? b.data : "", b.len);
    buf_clear(&b);
    return text;
}

struct line *line_new(enum line_kind kind, int64_t at, int64_t user, struct span nick,
                      struct span text)
{
    struct line *l = mem_zalloc(sizeof(*l));

    *l = (struct line){.refs = 1, .kind = (uint8_t)kind, .at = at, .user = user};
    l->nick = clean(nick);
    l->text = clean(text);
    return l;
}

struct line *line_ref(struct line *l)
{
    l->refs++;
    return l;
}

void line_unref(struct line *l)
{
    if (!l || --l->refs > 0)
        return;
    mem_free(l->nick);
    mem_free(l->text);
    mem_free(l);
}

/* --- names --- */

static bool is_word(unsigned char c)
{
    return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z');
}

/* Where `name` stands in the text as a word, from `from` on; NULL: nowhere. */
static const char *find_name(const char *from, const char *begin, struct span name)
{
    if (name.len == 0)
        return NULL;
    for (; *from; from++) {
        if (strncasecmp(from, name.data, name.len) == 0 &&
            (from == begin || !is_word((unsigned char)from[-1])) &&
            !is_word((unsigned char)from[name.len]))
            return from;
    }
    return NULL;
}

bool line_calls(const struct line *l, int64_t user, struct span name)
{
    return l->kind != LINE_NOTE && l->user != user && find_name(l->text, l->text, name);
}

bool line_notes(const struct line *l, struct span name)
{
    return l->kind == LINE_NOTE && find_name(l->text, l->text, name);
}

/* The same name has the same colour, today and tomorrow: none of the dark ones. */
static const char *color_of(const char *nick)
{
    static const char *const colors[] = {"\033[0;1;31m", "\033[0;1;32m", "\033[0;1;33m",
                                         "\033[0;1;34m", "\033[0;1;35m", "\033[0;1;36m",
                                         "\033[0;31m",   "\033[0;32m",   "\033[0;33m",
                                         "\033[0;35m",   "\033[0;36m"};
    uint32_t hash = 2166136261u;

    for (; *nick; nick++)
        hash = (hash ^ (unsigned char)*nick) * 16777619u;
    return colors[hash % (sizeof(colors) / sizeof(colors[0]))];
}

/* --- on the wire --- */

/* What stands before the text; returns its columns. */
static unsigned add_head(const struct line *l, const struct line_view *v, struct buf *out)
{
    const char *color = v->is_plain ? "\033[0;1;37m" : color_of(l->nick);
    unsigned columns = 0;
    char time[8];
    struct tm tm;
    time_t at = (time_t)l->at;

    if (v->has_time && localtime_r(&at, &tm) && strftime(time, sizeof(time), "%H:%M ", &tm)) {
        buf_printf(out, "\033[0;1;30m%s", time);
        columns += 6;
    }
    if (l->kind == LINE_NOTE) {
        buf_add_text(out, "\033[0;36m-- ");
        return columns + 3;
    }
    if (l->kind == LINE_SAY)
        buf_printf(out, "\033[0;1;30m<%s%s\033[0;1;30m> \033[0m", color, l->nick);
    else
        buf_printf(out, "\033[0;1;30m* %s%s \033[0m", color, l->nick);
    return columns + utf8_columns(span_of(l->nick)) + 3;
}

/* One row of the text, with the name marked where it stands. */
static void add_row(const struct line *l, struct span row, struct span name, struct buf *out)
{
    const char *end = row.data + row.len;

    while (row.len > 0) {
        const char *at = find_name(row.data, l->text, name);

        if (!at || at + name.len > end) {
            buf_add(out, row);
            return;
        }
        buf_add(out, span_take(&row, (size_t)(at - row.data)));
        buf_add_text(out, "\033[0;1;33m");
        buf_add(out, span_take(&row, name.len));
        buf_add_text(out, "\033[0m");
    }
}

/* Rows behind the first are indented, so that a line is seen to go on. */
static void compose(const struct line *l, const struct line_view *v, struct span name,
                    struct buf *out)
{
    struct span rest = span_of(l->text);
    unsigned used = add_head(l, v, out);
    unsigned width = v->width - 1u;

    if (used + ROOM_LEAST > width) {
        buf_add_text(out, "\r\n  ");
        used = INDENT;
    }
    while (rest.len > 0) {
        add_row(l, utf8_take_line(&rest, width - used), name, out);
        if (rest.len > 0)
            buf_add_text(out, "\r\n  ");
        used = INDENT;
    }
    buf_add_text(out, "\033[0m\r\n");
}

void line_add(const struct line *l, const struct line_view *v, struct span name,
              struct buf *wire)
{
    struct buf utf8;

    buf_init(&utf8, WIRE_MOST);
    compose(l, v, name, &utf8);
    text_encode(wire, buf_span(&utf8), (enum look)v->look);
    buf_clear(&utf8);
}

/* --- lines that are shown together --- */

void batch_init(struct batch *b, struct line *const *lines, unsigned count)
{
    b->lines = lines;
    b->count = count;
    b->view_count = 0;
    b->is_indexed = false;
}

/* The word at the beginning of `text`, and a hash of it that letter case does not change. */
static size_t first_word(struct span text, unsigned *hash)
{
    uint32_t h = 2166136261u;
    size_t len = 0;

    for (; len < text.len && is_word((unsigned char)text.data[len]); len++) {
        unsigned char c = (unsigned char)text.data[len];

        h = (h ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) * 16777619u;
    }
    *hash = (h ^ h >> 15) % BATCH_WORDS;
    return len;
}

static void index_words(struct batch *b, struct span text)
{
    while (text.len > 0) {
        unsigned hash;
        size_t len = first_word(text, &hash);

        if (len > 0)
            b->words[hash / 64] |= 1ull << hash % 64;
        span_take(&text, len > 0 ? len : 1);
    }
}

/* False: no line has the word that the name begins with. */
static bool may_call(struct batch *b, struct span name)
{
    unsigned hash;

    if (!b->is_indexed) {
        memset(b->words, 0, sizeof(b->words));
        for (unsigned i = 0; i < b->count; i++)
            index_words(b, span_of(b->lines[i]->text));
        b->is_indexed = true;
    }
    return first_word(name, &hash) == 0 || b->words[hash / 64] >> hash % 64 & 1;
}

bool batch_calls(struct batch *b, int64_t user, struct span name)
{
    if (name.len == 0 || !may_call(b, name))
        return false;
    for (unsigned i = 0; i < b->count; i++) {
        if (line_calls(b->lines[i], user, name))
            return true;
    }
    return false;
}

void batch_clear(struct batch *b)
{
    for (unsigned i = 0; i < b->view_count; i++)
        blob_unref(b->blobs[i]);
    b->view_count = 0;
}

static struct blob *make_wire(const struct batch *b, const struct line_view *v)
{
    struct buf wire;
    struct blob *blob;

    buf_init(&wire, BUF_LARGE);
    for (unsigned i = 0; i < b->count; i++)
        line_add(b->lines[i], v, SPAN_LIT(""), &wire);
    blob = blob_new(buf_span(&wire));
    buf_clear(&wire);
    return blob;
}

struct blob *batch_wire(struct batch *b, const struct line_view *v)
{
    struct blob *blob;

    for (unsigned i = 0; i < b->view_count; i++) {
        const struct line_view *w = &b->views[i];

        if (w->look == v->look && w->width == v->width && w->has_time == v->has_time &&
            w->is_plain == v->is_plain)
            return blob_ref(b->blobs[i]);
    }
    blob = make_wire(b, v);
    if (b->view_count < BATCH_VIEWS) {
        b->views[b->view_count] = *v;
        b->blobs[b->view_count++] = blob_ref(blob);
    }
    return blob;
}
