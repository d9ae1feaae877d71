/* arena.h -- many small pieces of memory that live and die together, and never move. */
#ifndef PERIGEE_BASE_ARENA_H
#define PERIGEE_BASE_ARENA_H

#include <stddef.h>

#include "base/span.h"

struct arena_chunk;

struct arena {
    struct arena_chunk *chunks;
    size_t bytes; /* handed out so far */
};

void arena_init(struct arena *a);
void arena_clear(struct arena *a); /* frees all that came from it; ready for use again */
void *arena_alloc(struct arena *a, size_t size);        /* zeroed, aligned for anything */
struct span arena_copy(struct arena *a, struct span s); /* with a NUL behind it */
const char *arena_text(struct arena *a, struct span s); /* the same, as a C string */

#endif
