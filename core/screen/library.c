#include "screen/library.h"

#include <stdlib.h>

#define uthash_malloc(size) mem_alloc(size)
#define uthash_free(p, size) mem_free(p)
#include <uthash.h>

#include "base/mem.h"

/* Never freed while the library lives: screens and clients keep the keyword's address. */
struct entry {
    UT_hash_handle hh;
    struct source *sources[SOURCE_KINDS];
    struct screen *screens[SOURCE_KINDS];
    char keyword[];
};

struct library {
    struct entry *entries;
    bool takes_broken;
};

static const enum source_kind ansi_order[] = {SOURCE_ANS, SOURCE_TXT, SOURCE_ASC};
static const enum source_kind plain_order[] = {SOURCE_ASC, SOURCE_TXT, SOURCE_ANS};

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
        for (int k = 0; k < SOURCE_KINDS; k++) {
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

static struct entry *find_or_add(struct library *l, const char *keyword)
{
    struct entry *e = find(l, span_of(keyword));

    if (!e) {
        size_t n = strlen(keyword);

        e = mem_zalloc(sizeof(*e) + n + 1);
        memcpy(e->keyword, keyword, n + 1);
        HASH_ADD_KEYPTR(hh, l->entries, e->keyword, n, e);
    }
    return e;
}

int library_set(struct library *l, const char *keyword, enum source_kind kind, const char *file,
                struct span text, struct buf *errors)
{
    struct source *s = source_compile(file, kind, text, errors);
    int result = s->is_broken ? -1 : 0;
    struct entry *e;

    if (s->is_broken && !l->takes_broken) {
        source_unref(s);
        return -1;
    }
    e = find_or_add(l, keyword);
    source_unref(e->sources[kind]);
    e->sources[kind] = s;
    return result;
}

void library_remove(struct library *l, const char *keyword, enum source_kind kind)
{
    struct entry *e = find(l, span_of(keyword));

    if (!e)
        return;
    source_unref(e->sources[kind]);
    screen_unref(e->screens[kind]);
    e->sources[kind] = NULL;
    e->screens[kind] = NULL;
}

/* An included file: of the same kind where there is one. */
static struct source *find_included(void *arg, const char *keyword, enum source_kind kind)
{
    const struct entry *e = find(arg, span_of(keyword));

    if (!e)
        return NULL;
    if (e->sources[kind])
        return e->sources[kind];
    for (int i = 0; i < SOURCE_KINDS; i++) {
        if (e->sources[ansi_order[i]])
            return e->sources[ansi_order[i]];
    }
    return NULL;
}

static bool same_sources(const struct screen *a, const struct screen *b)
{
    return a && a->source_count == b->source_count &&
           memcmp(a->sources, b->sources, a->source_count * sizeof(struct source *)) == 0;
}

static bool link_one(struct library *l, struct entry *e, enum source_kind kind,
                     struct buf *errors)
{
    struct screen_sources sources = {find_included, l};
    struct screen *s = screen_link(e->keyword, e->sources[kind], &sources, errors);

    if ((s->is_broken && !l->takes_broken) || same_sources(e->screens[kind], s)) {
        screen_unref(s);
        return false;
    }
    screen_unref(e->screens[kind]);
    e->screens[kind] = s;
    return true;
}

unsigned library_link(struct library *l, struct buf *errors)
{
    unsigned swapped = 0;

    for (struct entry *e = l->entries; e; e = e->hh.next) {
        for (int k = 0; k < SOURCE_KINDS; k++) {
            if (e->sources[k])
                swapped += link_one(l, e, (enum source_kind)k, errors);
        }
    }
    return swapped;
}

struct screen *library_find(const struct library *l, struct span keyword, bool ansi)
{
    const enum source_kind *order = ansi ? ansi_order : plain_order;
    const struct entry *e = find(l, keyword);

    for (int i = 0; e && i < SOURCE_KINDS; i++) {
        if (e->screens[order[i]])
            return e->screens[order[i]];
    }
    return NULL;
}

bool library_has(const struct library *l, struct span keyword)
{
    return library_find(l, keyword, true) != NULL;
}

void library_each(const struct library *l,
                  void (*see)(void *arg, const struct screen *s, enum source_kind kind),
                  void *arg)
{
    for (const struct entry *e = l->entries; e; e = e->hh.next) {
        for (int k = 0; k < SOURCE_KINDS; k++) {
            if (e->screens[k])
                see(arg, e->screens[k], (enum source_kind)k);
        }
    }
}

void library_each_file(const struct library *l, void (*see)(void *arg, const char *file),
                       void *arg)
{
    for (const struct entry *e = l->entries; e; e = e->hh.next) {
        for (int k = 0; k < SOURCE_KINDS; k++) {
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
