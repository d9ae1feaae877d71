#include "screen/library.h"

#include <stdlib.h>

#define uthash_malloc(size) mem_alloc(size)
#define uthash_free(p, size) mem_free(p)
#include <uthash.h>

#include "base/mem.h"

enum { SLOTS = 2 * SOURCE_KINDS };

#define NARROW_END ".40"

/* Never freed while the library lives: screens and clients keep the keyword's address. */
struct entry {
    UT_hash_handle hh;
    struct source *sources[SLOTS]; /* first those for all windows, then those for narrow ones */
    struct screen *screens[SLOTS];
    char keyword[];
};

struct library {
    struct entry *entries;
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
    return mem_zalloc(sizeof(struct library));
}

void library_take_broken(struct library *l)
{
    l->takes_broken = true;
}

void library_free(struct library *l)
{
    struct entry *e;
    struct entry *next;

    if (!l)
        return;
    HASH_ITER(hh, l->entries, e, next)
    {
        for (int k = 0; k < SLOTS; k++) {
            source_unref(e->sources[k]);
            screen_unref(e->screens[k]);
        }
        HASH_DEL(l->entries, e);
        mem_free(e);
    }
    mem_free(l);
}

static struct entry *find(const struct library *l, struct span keyword)
{
    struct entry *e;

    HASH_FIND(hh, l->entries, keyword.data, keyword.len, e);
    return e;
}

static struct entry *find_or_add(struct library *l, struct span keyword)
{
    struct entry *e = find(l, keyword);

    if (!e) {
        e = mem_zalloc(sizeof(*e) + keyword.len + 1);
        memcpy(e->keyword, keyword.data, keyword.len);
        HASH_ADD_KEYPTR(hh, l->entries, e->keyword, keyword.len, e);
    }
    return e;
}

int library_set(struct library *l, const char *name, enum source_kind kind, const char *file,
                struct span text, struct buf *errors)
{
    unsigned slot = slot_of(span_of(name), kind);
    struct source *s = source_compile(file, kind, text, errors);
    int result = s->is_broken ? -1 : 0;
    struct entry *e;

    if (s->is_broken && !l->takes_broken) {
        source_unref(s);
        return -1;
    }
    e = find_or_add(l, library_keyword(span_of(name)));
    source_unref(e->sources[slot]);
    e->sources[slot] = s;
    return result;
}

void library_remove(struct library *l, const char *name, enum source_kind kind)
{
    struct entry *e = find(l, library_keyword(span_of(name)));
    unsigned slot = slot_of(span_of(name), kind);

    if (!e)
        return;
    source_unref(e->sources[slot]);
    screen_unref(e->screens[slot]);
    e->sources[slot] = NULL;
    e->screens[slot] = NULL;
}

struct including {
    const struct library *library;
    bool is_narrow;
};

static struct source *find_source(const struct entry *e, enum source_kind kind, unsigned from)
{
    if (e->sources[from + kind])
        return e->sources[from + kind];
    for (int i = 0; i < SOURCE_KINDS; i++) {
        if (e->sources[from + orders[FOR_ANSI][i]])
            return e->sources[from + orders[FOR_ANSI][i]];
    }
    return NULL;
}

/* An included file: for the same windows and of the same kind where there is one. */
static struct source *find_included(void *arg, const char *keyword, enum source_kind kind)
{
    const struct including *in = arg;
    const struct entry *e = find(in->library, span_of(keyword));
    struct source *narrow = e && in->is_narrow ? find_source(e, kind, SOURCE_KINDS) : NULL;

    return narrow || !e ? narrow : find_source(e, kind, 0);
}

static bool same_sources(const struct screen *a, const struct screen *b)
{
    return a && a->source_count == b->source_count &&
           memcmp(a->sources, b->sources, a->source_count * sizeof(struct source *)) == 0;
}

static bool link_one(struct library *l, struct entry *e, unsigned slot, struct buf *errors)
{
    struct including in = {l, slot >= SOURCE_KINDS};
    struct screen_sources sources = {find_included, &in};
    struct screen *s = screen_link(e->keyword, e->sources[slot], &sources, errors);

    if ((s->is_broken && !l->takes_broken) || same_sources(e->screens[slot], s)) {
        screen_unref(s);
        return false;
    }
    screen_unref(e->screens[slot]);
    e->screens[slot] = s;
    return true;
}

unsigned library_link(struct library *l, struct buf *errors)
{
    unsigned swapped = 0;

    for (struct entry *e = l->entries; e; e = e->hh.next) {
        for (unsigned k = 0; k < SLOTS; k++) {
            if (e->sources[k])
                swapped += link_one(l, e, k, errors);
        }
    }
    return swapped;
}

static struct screen *find_screen(const struct entry *e, enum audience who, unsigned from)
{
    for (int i = 0; i < SOURCE_KINDS; i++) {
        if (e->screens[from + orders[who][i]])
            return e->screens[from + orders[who][i]];
    }
    return NULL;
}

struct screen *library_find(const struct library *l, struct span keyword, enum audience who,
                            unsigned columns)
{
    const struct entry *e = find(l, keyword);
    struct screen *s = NULL;

    if (e && columns < NARROW)
        s = find_screen(e, who, SOURCE_KINDS);
    if (e && !s)
        s = find_screen(e, who, 0);
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
    for (const struct entry *e = l->entries; e; e = e->hh.next) {
        for (int k = 0; k < SLOTS; k++) {
            if (e->screens[k])
                see(arg, e->screens[k], (enum source_kind)(k % SOURCE_KINDS));
        }
    }
}

void library_each_file(const struct library *l, void (*see)(void *arg, const char *file),
                       void *arg)
{
    for (const struct entry *e = l->entries; e; e = e->hh.next) {
        for (int k = 0; k < SLOTS; k++) {
            if (e->sources[k])
                see(arg, e->sources[k]->file);
        }
    }
}

unsigned library_count(const struct library *l)
{
    unsigned n = 0;

    for (const struct entry *e = l->entries; e; e = e->hh.next)
        n += library_has(l, span_of(e->keyword));
    return n;
}
