#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"

enum { CHUNK = 1024 };

struct arena_chunk {
    struct arena_chunk *next;
    size_t used;
    size_t size;
    alignas(max_align_t) char data[];
};

void arena_init(struct arena *a)
{
    *a = (struct arena){0};
}

void arena_clear(struct arena *a)
{
    while (a->chunks) {
        struct arena_chunk *next = a->chunks->next;

        mem_free(a->chunks);
        a->chunks = next;
    }
    a->bytes = 0;
}

static void *take(struct arena *a, size_t size, size_t align)
{
    struct arena_chunk *c = a->chunks;
    size_t at = c ? (c->used + align - 1) / align * align : 0;

    if (!c || at + size > c->size) {
        size_t room = a->bytes < CHUNK ? CHUNK : a->bytes; /* doubles as it grows */

        if (room > 65536)
            room = 65536;
        if (room < size)
            room = size;
        c = mem_alloc(sizeof(*c) + room);
        *c = (struct arena_chunk){.next = a->chunks, .size = room};
        a->chunks = c;
        at = 0;
    }
    c->used = at + size;
    a->bytes += size;
    return c->data + at;
}

void *arena_alloc(struct arena *a, size_t size)
{
    return memset(take(a, size, alignof(max_align_t)), 0, size);
}

struct span arena_copy(struct arena *a, struct span s)
{
    char *to = take(a, s.len + 1, 1);

    if (s.len)
        memcpy(to, s.data, s.len);
    to[s.len] = '\0';
    return span_from(to, s.len);
}

const char *arena_text(struct arena *a, struct span s)
{
    return arena_copy(a, s).data;
}
