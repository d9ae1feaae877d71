#include "cli/near.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/near.h"

enum { SHOWN_MOST = 8 };

struct candidate {
    const char *keyword;
    unsigned distance;
};

struct search {
    struct span wanted;
    struct candidate *found;
    unsigned count;
};

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
                      : near_distance(keyword, s->wanted);
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
