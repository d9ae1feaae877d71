#include "base/mem.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *or_die(void *p, size_t size)
{
    if (p)
        return p;
    fprintf(stderr, "perigee: out of memory: %zu bytes were not to be had\n", size);
    abort();
}

void *mem_alloc(size_t size)
{
    size = size ? size : 1;
    return or_die(malloc(size), size);
}

void *mem_zalloc(size_t size)
{
    size = size ? size : 1;
    return or_die(calloc(1, size), size);
}

void *mem_realloc(void *old, size_t size)
{
    size = size ? size : 1;
    return or_die(realloc(old, size), size);
}

char *mem_strdup(const char *text)
{
    return mem_strndup(text, strlen(text));
}

char *mem_strndup(const char *data, size_t len)
{
    char *copy = mem_alloc(len + 1);

    if (len)
        memcpy(copy, data, len);
    copy[len] = '\0';
    return copy;
}

void mem_free(void *old)
{
    free(old);
}

void mem_keep_freed(void)
{
    mallopt(M_MMAP_THRESHOLD, 4 << 20);
    mallopt(M_TRIM_THRESHOLD, 32 << 20);
}

size_t mem_used(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}
