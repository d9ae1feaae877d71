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
    line_end(l);
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

/* --- what is made once --- */

struct made {
    struct wires wires;
    unsigned word_count;
    uint16_t words[]; /* their hashes, see first_word */
};

static void forget_wires(struct wires *w)
{
    for (unsigned i = 0; i < w->count; i++)
        blob_unref(w->blobs[i]);
    w->count = 0;
}

/* One reference, the caller's; NULL: it was not made yet. */
static struct blob *find_wire(const struct wires *w, const struct line_view *v)
{
    for (unsigned i = 0; i < w->count; i++) {
        const struct line_view *x = &w->views[i];

        if (x->look == v->look && x->width == v->width && x->has_time == v->has_time &&
            x->is_plain == v->is_plain)
            return blob_ref(w->blobs[i]);
    }
    return NULL;
}

static void keep_wire(struct wires *w, const struct line_view *v, struct blob *blob)
{
    if (w->count == LINE_VIEWS)
        return;
    w->views[w->count] = *v;
    w->blobs[w->count++] = blob_ref(blob);
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

void line_begin(struct line *l)
{
    struct span text = span_of(l->text);

    if (l->made)
        return;
    l->made = mem_zalloc(sizeof(*l->made) + (text.len / 2 + 1) * sizeof(l->made->words[0]));
    while (text.len > 0) {
        unsigned hash;
        size_t len = first_word(text, &hash);

        if (len > 0)
            l->made->words[l->made->word_count++] = (uint16_t)hash;
        span_take(&text, len > 0 ? len : 1);
    }
}

void line_end(struct line *l)
{
    if (l->made)
        forget_wires(&l->made->wires);
    mem_free(l->made);
    l->made = NULL;
}

/* --- lines that are shown together --- */

void batch_init(struct batch *b, struct line *const *lines, unsigned count)
{
    b->lines = lines;
    b->count = count;
    b->wires.count = 0;
    b->is_indexed = false;
}

void batch_clear(struct batch *b)
{
    forget_wires(&b->wires);
}

static void index_words(struct batch *b)
{
    b->is_indexed = true;
    memset(b->words, 0, sizeof(b->words));
    for (unsigned i = 0; i < b->count; i++) {
        const struct made *made = b->lines[i]->made;

        if (!made) {
            memset(b->words, 0xFF, sizeof(b->words)); /* any word may be among them */
            return;
        }
        for (unsigned w = 0; w < made->word_count; w++)
            b->words[made->words[w] / 64] |= 1ull << made->words[w] % 64;
    }
}

/* False: no line has the word that the name begins with. */
static bool may_call(struct batch *b, struct span name)
{
    unsigned hash;

    if (!b->is_indexed)
        index_words(b);
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

/* Of a line that is being brought to many. One reference, the caller's. */
static struct blob *wire_of(struct line *l, const struct line_view *v)
{
    struct blob *blob = find_wire(&l->made->wires, v);
    struct buf wire;

    if (blob)
        return blob;
    buf_init(&wire, WIRE_MOST);
    line_add(l, v, SPAN_LIT(""), &wire);
    blob = blob_new(buf_span(&wire));
    buf_clear(&wire);
    keep_wire(&l->made->wires, v, blob);
    return blob;
}

static void add_wire(struct line *l, const struct line_view *v, struct buf *wire)
{
    struct blob *blob;

    if (!l->made) {
        line_add(l, v, SPAN_LIT(""), wire);
        return;
    }
    blob = wire_of(l, v);
    buf_add(wire, blob_span(blob));
    blob_unref(blob);
}

static struct blob *make_wire(const struct batch *b, const struct line_view *v)
{
    struct buf wire;
    struct blob *blob;

    buf_init(&wire, BUF_LARGE);
    for (unsigned i = 0; i < b->count; i++)
        add_wire(b->lines[i], v, &wire);
    blob = blob_new(buf_span(&wire));
    buf_clear(&wire);
    return blob;
}

struct blob *batch_wire(struct batch *b, const struct line_view *v)
{
    struct blob *blob = find_wire(&b->wires, v);

    if (!blob) {
        blob = make_wire(b, v);
        keep_wire(&b->wires, v, blob);
    }
    return blob;
}
