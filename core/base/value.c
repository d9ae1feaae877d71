#include "base/value.h"

#include <assert.h>
#include <inttypes.h>

#include "base/mem.h"

struct rows *rows_new(unsigned columns)
{
    struct rows *r = mem_zalloc(sizeof(*r));

    r->columns = columns;
    r->total = -1;
    return r;
}

void rows_free(struct rows *r)
{
    if (!r)
        return;
    for (unsigned i = 0; i < r->count * r->columns; i++) {
        if (r->cells[i].type == VALUE_ROWS)
            rows_free(r->cells[i].rows);
    }
    arena_clear(&r->arena);
    mem_free(r->cells);
    mem_free(r);
}

struct value *rows_add(struct rows *r)
{
    struct value *row;

    if (r->count == r->capacity) {
        r->capacity = r->capacity ? r->capacity * 2 : 16;
        r->cells =
            mem_realloc(r->cells, (size_t)r->capacity * r->columns * sizeof(struct value));
    }
    row = r->cells + (size_t)r->count * r->columns;
    for (unsigned i = 0; i < r->columns; i++)
        row[i] = (struct value){.type = VALUE_NIL};
    r->count++;
    return row;
}

struct value rows_at(const struct rows *r, unsigned row, unsigned column)
{
    assert(row < r->count && column < r->columns);
    return r->cells[(size_t)row * r->columns + column];
}

struct value rows_text(struct rows *r, struct span s)
{
    return (struct value){.type = VALUE_TEXT, .text = arena_copy(&r->arena, s)};
}

bool value_is_true(struct value v)
{
    return v.type != VALUE_NIL && !(v.type == VALUE_BOOLEAN && !v.boolean);
}

bool value_print(struct buf *out, struct value v)
{
    switch (v.type) {
    case VALUE_TEXT:
        return buf_add(out, v.text);
    case VALUE_INTEGER:
        return buf_printf(out, "%" PRId64, v.integer);
    case VALUE_NUMBER:
        return buf_printf(out, "%.14g", v.number);
    case VALUE_BOOLEAN:
        return !v.boolean || buf_add_text(out, "true");
    case VALUE_NIL:
    case VALUE_ROWS:
        break;
    }
    return true;
}
