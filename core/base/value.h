/* value.h -- the plain values that screens, handlers and the store hand to one another, and
 * tables of them: the rows of an `each:` or of a query. */
#ifndef PERIGEE_BASE_VALUE_H
#define PERIGEE_BASE_VALUE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/span.h"

enum value_type {
    VALUE_NIL,
    VALUE_BOOLEAN,
    VALUE_INTEGER,
    VALUE_NUMBER,
    VALUE_TEXT,
    VALUE_ROWS,
};

enum { VALUE_DIGITS = 32 }; /* room for any number */

struct rows;

struct value {
    enum value_type type;
    union {
        bool boolean;
        int64_t integer;
        double number;
        struct span text;  /* borrowed from whoever holds the value */
        struct rows *rows; /* owned by the rows that it stands in */
    };
};

/* `count` rows of `columns` values each; all that they point to lives in `arena`. */
struct rows {
    struct arena arena;
    struct value *cells;
    const char **names; /* of the columns; NULL where the reader knows them */
    unsigned columns;
    unsigned count;
    unsigned capacity;
    int64_t total; /* how many rows there are in all, -1 if not told */
};

struct rows *rows_new(unsigned columns);
void rows_free(struct rows *r); /* NULL is allowed */

/* Add a row of nils; its `columns` values, to be filled in. Good until the next rows_add. */
struct value *rows_add(struct rows *r);
const struct value *rows_row(const struct rows *r, unsigned row);
struct value rows_at(const struct rows *r, unsigned row, unsigned column);

/* Text to be stored in a cell: copied into the arena. */
struct value rows_text(struct rows *r, struct span s);

bool value_is_true(struct value v); /* all but nil and false, as in Lua */

/* What `get:` sends of it, nil and false nothing. Borrowed from the value, or from `digits`. */
struct span value_text(struct value v, char digits[VALUE_DIGITS]);

#endif
