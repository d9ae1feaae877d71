#include "cli/near.h"

#include <stdlib.h>

#include "base/mem.h"

enum { SHOWN_MOST = 8, LENGTH_MOST = 63, FAR = 1000 };

struct candidate {
    const char *keyword;
    unsigned distance;
};

struct search {
    struct span wanted;
    struct candidate *found;
    unsigned count;
};

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* How many letters have to be changed, added or left out to make `b` of `a` (Levenshtein). */
static unsigned distance(struct span a, struct span b)
{
    unsigned row[LENGTH_MOST + 1];

    if (a.len > LENGTH_MOST || b.len > LENGTH_MOST)
        return FAR;
    for (unsigned j = 0; j <= b.len; j++)
        row[j] = j;
    for (unsigned i = 1; i <= a.len; i++) {
        unsigned diagonal = row[0];

        row[0] = i;
        for (unsigned j = 1; j <= b.len; j++) {
            unsigned changed = diagonal + (a.data[i - 1] != b.data[j - 1]);

            diagonal = row[j];
            row[j] = least(changed, 1 + least(row[j], row[j - 1]));
        }
    }
    return row[b.len];
}

static bool has_part(struct span whole, struct span part)
{
    return part.len > 0 && memmem(whole.data, whole.len, part.data, part.len) != NULL;
}

static void add_candidate(void *arg, const struct screen *screen, enum source_kind kind)
{
    struct search *s = arg;
    struct span keyword = span_of(screen->keyword);
    struct candidate *c;

    (void)kind;
    if (s->count > 0 && s->found[s->count - 1].keyword == screen->keyword)
        return; /* in another of its files */
    if (s->count % 64 == 0)
        s->found = mem_realloc(s->found, (s->count + 64) * sizeof(*c));
    c = &s->found[s->count++];
    c->keyword = screen->keyword;
    c->distance = has_part(keyword, s->wanted) || has_part(s->wanted, keyword)
                      ? 1
                      : distance(keyword, s->wanted);
}

static int by_distance(const void *one, const void *two)
{
    const struct candidate *a = one;
    const struct candidate *b = two;

    if (a->distance != b->distance)
        return a->distance < b->distance ? -1 : 1;
    return strcmp(a->keyword, b->keyword);
}

void near_keywords(const struct library *l, struct span wanted, struct buf *out)
{
    struct search s = {.wanted = wanted};
    unsigned most = 1 + (unsigned)wanted.len / 3;
    bool any_near;

    library_each(l, add_candidate, &s);
    if (s.count > 0)
        qsort(s.found, s.count, sizeof(*s.found), by_distance);
    any_near = s.count > 0 && s.found[0].distance <= most;
    for (unsigned i = 0; i < s.count && i < SHOWN_MOST; i++) {
        if (any_near && s.found[i].distance > most)
            break;
        buf_printf(out, "%s%s", i ? ", " : "", s.found[i].keyword);
    }
    mem_free(s.found);
}
