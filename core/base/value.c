#include "base/value.h"

#include <assert.h>
#include <stdio.h>

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

const struct value *rows_row(const struct rows *r, unsigned row)
{
    assert(row < r->count);
    return r->cells + (size_t)row * r->columns;
}

struct value rows_at(const struct rows *r, unsigned row, unsigned column)
{
    assert(column < r->columns);
    return rows_row(r, row)[column];
}

struct value rows_text(struct rows *r, struct span s)
{
    return (struct value){.type = VALUE_TEXT, .text = arena_copy(&r->arena, s)};
}

bool value_is_true(struct value v)
{
    return v.type != VALUE_NIL && !(v.type == VALUE_BOOLEAN && !v.boolean);
}

/* As printf("%lld") does, in a sixth of the time: lists are full of numbers. */
static struct span print_integer(int64_t i, char digits[VALUE_DIGITS])
{
    uint64_t rest = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
    char *at = digits + VALUE_DIGITS;

    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (i < 0)
        *--at = '-';
    return span_from(at, (size_t)(digits + VALUE_DIGITS - at));
}

struct span value_text(struct value v, char digits[VALUE_DIGITS])
{
    switch (v.type) {
    case VALUE_TEXT:
        return v.text;
    case VALUE_INTEGER:
        return print_integer(v.integer, digits);
    case VALUE_NUMBER:
        snprintf(digits, VALUE_DIGITS, "%.14g", v.number);
        return span_of(digits);
    case VALUE_BOOLEAN:
        return v.boolean ? SPAN_LIT("true") : SPAN_LIT("");
    case VALUE_NIL:
    case VALUE_ROWS:
        break;
    }
    return SPAN_LIT("");
}
