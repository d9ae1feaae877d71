#include "base/blob.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

struct blob *blob_new(struct span s)
{
    struct blob *b = mem_alloc(sizeof(*b) + s.len);

    assert(s.len <= UINT32_MAX);
    b->refs = 1;
    b->len = (uint32_t)s.len;
    if (s.len)
        memcpy(b->data, s.data, s.len);
    return b;
}

struct blob *blob_ref(struct blob *b)
{
    b->refs++;
    return b;
}

void blob_unref(struct blob *b)
{
    if (b && --b->refs == 0)
        mem_free(b);
}
