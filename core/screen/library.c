#include "screen/library.h"

#include <stdlib.h>

#define uthash_malloc(size) mem_alloc(size)
#define uthash_free(p, size) mem_free(p)
#include <uthash.h>

#include "base/mem.h"

enum { SLOTS = 2 * SOURCE_KINDS };

#define NARROW_END ".40"

/* What a set has of a keyword. */
struct part {
    struct source *sources[SLOTS]; /* first those for all windows, then those for narrow ones */
    struct screen *screens[SLOTS];
};

/* Never freed while the library lives: screens and clients keep the keyword's address. */
struct entry {
    UT_hash_handle hh;
    struct part parts[2]; /* for everybody, and on trial */
    char keyword[];
};

struct shelf;

struct library {
    struct shelf *shelf;
    bool is_trial;
};

/* What the two sets have in common. */
struct shelf {
    struct library sets[2];
    struct entry *entries;
    bool has_trial;
    bool takes_broken;
};

static const enum source_kind orders[][SOURCE_KINDS] = {
    [FOR_ANSI] = {SOURCE_ANS, SOURCE_TXT, SOURCE_ASC},
    [FOR_PLAIN] = {SOURCE_ASC, SOURCE_TXT, SOURCE_ANS},
    [FOR_LINEAR] = {SOURCE_TXT, SOURCE_ASC, SOURCE_ANS}, /* text is drawn with signs least */
};

static bool is_narrow(struct span name)
{
    size_t n = strlen(NARROW_END);

    return name.len > n && memcmp(name.data + name.len - n, NARROW_END, n) == 0;
}

struct span library_keyword(struct span name)
{
    name.len -= is_narrow(name) ? strlen(NARROW_END) : 0;
    return name;
}

static unsigned slot_of(struct span name, enum source_kind kind)
{
    return (unsigned)kind + (is_narrow(name) ? SOURCE_KINDS : 0);
}

bool library_is_name(struct span name)
{
    return source_is_keyword(library_keyword(name));
}

struct library *library_new(void)
{
    struct shelf *shelf = mem_zalloc(sizeof(*shelf));

    shelf->sets[0] = (struct library){shelf, false};
    shelf->sets[1] = (struct library){shelf, true};
    return &shelf->sets[0];
}

void library_take_broken(struct library *l)
{
    l->shelf->takes_broken = true;
}

static void clear_part(struct part *p)
{
    for (int k = 0; k < SLOTS; k++) {
        source_unref(p->sources[k]);
        screen_unref(p->screens[k]);
    }
    *p = (struct part){0};
}

void library_free(struct library *l)
{
    struct entry *next;

    if (!l)
        return;
    next = l->shelf->entries;
    HASH_CLEAR(hh, l->shelf->entries); /* the table: the entries are still there */
    while (next) {
        struct entry *e = next;

        next = e->hh.next;
        clear_part(&e->parts[0]);
        clear_part(&e->parts[1]);
        mem_free(e);
    }
    mem_free(l->shelf);
}

/* --- the set on trial --- */

struct library *library_trial(struct library *l)
{
    return &l->shelf->sets[1];
}

static struct part copy_part(const struct part *from)
{
    struct part copy = *from;

    for (int k = 0; k < SLOTS; k++) {
        if (copy.sources[k])
            source_ref(copy.sources[k]);
        if (copy.screens[k])
            screen_ref(copy.screens[k]);
    }
    return copy;
}

void library_begin_trial(struct library *l)
{
    if (l->shelf->has_trial)
        return;
    l->shelf->has_trial = true;
    for (struct entry *e = l->shelf->entries; e; e = e->hh.next)
        e->parts[1] = copy_part(&e->parts[0]);
}

void library_end_trial(struct library *l, bool is_promoted)
{
    if (!l->shelf->has_trial)
        return;
    l->shelf->has_trial = false;
    for (struct entry *e = l->shelf->entries; e; e = e->hh.next) {
        clear_part(&e->parts[is_promoted ? 0 : 1]);
        if (is_promoted)
            e->parts[0] = e->parts[1];
        e->parts[1] = (struct part){0};
    }
}

static struct part *part_of(const struct library *l, struct entry *e)
{
    return &e->parts[l->is_trial && l->shelf->has_trial ? 1 : 0];
}

static const struct part *look_at(const struct library *l, const struct entry *e)
{
    return &e->parts[l->is_trial && l->shelf->has_trial ? 1 : 0];
}

static struct entry *find(const struct library *l, struct span keyword)
{
    struct entry *e;

    HASH_FIND(hh, l->shelf->entries, keyword.data, keyword.len, e);
    return e;
}

static struct entry *find_or_add(struct library *l, struct span keyword)
{
    struct entry *e = find(l, keyword);

    if (!e) {
        e = mem_zalloc(sizeof(*e) + keyword.len + 1);
        memcpy(e->keyword, keyword.data, keyword.len);
        HASH_ADD_KEYPTR(hh, l->shelf->entries, e->keyword, keyword.len, e);
    }
    return e;
}

int library_set(struct library *l, const char *name, enum source_kind kind, const char *file,
                struct span text, struct buf *errors)
{
    unsigned slot = slot_of(span_of(name), kind);
    struct source *s = source_compile(file, kind, text, errors);
    int result = s->is_broken ? -1 : 0;
    struct part *p;

    if (s->is_broken && !l->shelf->takes_broken) {
        source_unref(s);
        return -1;
    }
    s->text = blob_new(text);
    p = part_of(l, find_or_add(l, library_keyword(span_of(name))));
    source_unref(p->sources[slot]);
    p->sources[slot] = s;
    return result;
}

void library_remove(struct library *l, const char *name, enum source_kind kind)
{
    struct entry *e = find(l, library_keyword(span_of(name)));
    struct part *p = e ? part_of(l, e) : NULL;
    unsigned slot = slot_of(span_of(name), kind);

    if (!p)
        return;
    source_unref(p->sources[slot]);
    screen_unref(p->screens[slot]);
    p->sources[slot] = NULL;
    p->screens[slot] = NULL;
}

struct including {
    const struct library *library;
    bool is_narrow;
};

static struct source *find_source(const struct part *p, enum source_kind kind, unsigned from)
{
    if (p->sources[from + kind])
        return p->sources[from + kind];
    for (int i = 0; i < SOURCE_KINDS; i++) {
        if (p->sources[from + orders[FOR_ANSI][i]])
            return p->sources[from + orders[FOR_ANSI][i]];
    }
    return NULL;
}

/* An included file: for the same windows and of the same kind where there is one. */
static struct source *find_included(void *arg, const char *keyword, enum source_kind kind)
{
    const struct including *in = arg;
    const struct entry *e = find(in->library, span_of(keyword));
    const struct part *p = e ? look_at(in->library, e) : NULL;
    struct source *narrow = p && in->is_narrow ? find_source(p, kind, SOURCE_KINDS) : NULL;

    return narrow || !p ? narrow : find_source(p, kind, 0);
}

static bool same_sources(const struct screen *a, const struct screen *b)
{
    return a && a->source_count == b->source_count &&
           memcmp(a->sources, b->sources, a->source_count * sizeof(struct source *)) == 0;
}

static bool link_one(struct library *l, struct entry *e, unsigned slot, struct buf *errors)
{
    struct part *p = part_of(l, e);
    struct including in = {l, slot >= SOURCE_KINDS};
    struct screen_sources sources = {find_included, &in};
    struct screen *s = screen_link(e->keyword, p->sources[slot], &sources, errors);

    if ((s->is_broken && !l->shelf->takes_broken) || same_sources(p->screens[slot], s)) {
        screen_unref(s);
        return false;
    }
    screen_unref(p->screens[slot]);
    p->screens[slot] = s;
    return true;
}

unsigned library_link(struct library *l, struct buf *errors)
{
    unsigned swapped = 0;

    for (struct entry *e = l->shelf->entries; e; e = e->hh.next) {
        for (unsigned k = 0; k < SLOTS; k++) {
            if (part_of(l, e)->sources[k])
                swapped += link_one(l, e, k, errors);
        }
    }
    return swapped;
}

static struct screen *find_screen(const struct part *p, enum audience who, unsigned from)
{
    for (int i = 0; i < SOURCE_KINDS; i++) {
        if (p->screens[from + orders[who][i]])
            return p->screens[from + orders[who][i]];
    }
    return NULL;
}

struct screen *library_find(const struct library *l, struct span keyword, enum audience who,
                            unsigned columns)
{
    const struct entry *e = find(l, keyword);
    const struct part *p = e ? look_at(l, e) : NULL;
    struct screen *s = NULL;

    if (p && columns < NARROW)
        s = find_screen(p, who, SOURCE_KINDS);
    if (p && !s)
        s = find_screen(p, who, 0);
    return s;
}

bool library_has(const struct library *l, struct span name)
{
    return library_find(l, library_keyword(name), FOR_ANSI, 1) != NULL;
}

void library_each(const struct library *l,
                  void (*see)(void *arg, const struct screen *s, enum source_kind kind),
                  void *arg)
{
    for (const struct entry *e = l->shelf->entries; e; e = e->hh.next) {
        const struct part *p = look_at(l, e);

        for (int k = 0; k < SLOTS; k++) {
            if (p->screens[k])
                see(arg, p->screens[k], (enum source_kind)(k % SOURCE_KINDS));
        }
    }
}

bool library_is_linked(const struct library *l, const char *name, enum source_kind kind)
{
    const struct entry *e = find(l, library_keyword(span_of(name)));
    const struct part *p = e ? look_at(l, e) : NULL;
    unsigned slot = slot_of(span_of(name), kind);

    return p && p->screens[slot] && p->screens[slot]->sources[0] == p->sources[slot];
}

struct span library_text(const struct library *l, const char *name, enum source_kind kind)
{
    const struct entry *e = find(l, library_keyword(span_of(name)));
    const struct source *s = e ? look_at(l, e)->sources[slot_of(span_of(name), kind)] : NULL;

    return s ? blob_span(s->text) : (struct span){NULL, 0};
}

void library_each_text(const struct library *l,
                       void (*see)(void *arg, const char *file, struct span text), void *arg)
{
    for (const struct entry *e = l->shelf->entries; e; e = e->hh.next) {
        const struct part *p = look_at(l, e);

        for (int k = 0; k < SLOTS; k++) {
            const struct source *s = p->screens[k] ? p->screens[k]->sources[0] : p->sources[k];

            if (s)
                see(arg, s->file, blob_span(s->text));
        }
    }
}

struct each_file {
    void (*see)(void *arg, const char *file);
    void *arg;
};

static void see_file(void *arg, const char *file, struct span text)
{
    struct each_file *each = arg;

    (void)text;
    each->see(each->arg, file);
}

void library_each_file(const struct library *l, void (*see)(void *arg, const char *file),
                       void *arg)
{
    struct each_file each = {see, arg};

    library_each_text(l, see_file, &each);
}

unsigned library_count(const struct library *l)
{
    unsigned n = 0;

    for (const struct entry *e = l->shelf->entries; e; e = e->hh.next)
        n += library_has(l, span_of(e->keyword));
    return n;
}
