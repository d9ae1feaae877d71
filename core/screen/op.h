/* op.h -- what a screen is compiled to: a flat list of operations. Plain values. */
#ifndef PERIGEE_SCREEN_OP_H
#define PERIGEE_SCREEN_OP_H

#include <stdint.h>

#include "base/value.h"
#include "screen/text.h"
#include "term/edit.h"

enum op_code {
    OP_TEXT,
    OP_GET,   /* send what the handler returns */
    OP_FIELD, /* send a field of the row */
    OP_SET,
    OP_KEY,
    OP_GO,
    OP_ITEM,     /* OP_GO, and shown */
    OP_IF,       /* go on, or to `target` if the value is not true */
    OP_IF_FIELD, /* the same, of a field of the row */
    OP_JUMP,     /* to `target` */
    OP_EACH,     /* begin with the first row, or to `target` if there is none */
    OP_NEXT,     /* to `target` with the next row, or go on after the last */
    /* These do not run: linking takes them out. */
    OP_ELSE,
    OP_END,
    OP_INCLUDE,
    OP_POST,
    OP_ENTER,
    OP_LEAVE,
    OP_TICK,
    OP_PAGE,
    OP_COUNT
};

/* One argument of a macro: a value, or the name of a field of the row. */
struct op_arg {
    const char *name; /* NULL: by its place */
    bool is_field;    /* value.text names a field; `column` is where it stands */
    uint16_t column;
    uint16_t level; /* of the `each` whose row it is: 0 is the outermost */
    struct value value;
};

enum { RECALL_MAX = 50 }; /* of `history` */

enum format_kind { FORMAT_NONE, FORMAT_LEFT, FORMAT_RIGHT, FORMAT_RAW };

/* The columns that an `each` needs of its rows. */
struct op_columns {
    const char **names;
    struct op_columns **inner; /* for a column that is itself listed; else NULL */
    unsigned count;
};

struct op {
    enum op_code code;
    uint8_t format; /* enum format_kind */
    uint8_t least;  /* OP_ITEM: the level of those it is for */
    uint16_t width;
    uint32_t line;
    uint32_t column;
    const char *file;
    const char *name; /* the handler, the keyword, the field, the page option */
    const struct op_arg *args;
    uint16_t arg_count;
    uint16_t index;  /* OP_GO, OP_ITEM: which bit of the live keys; OP_FIELD, OP_IF_FIELD: the
                      * column */
    uint32_t target; /* OP_IF, OP_JUMP, OP_EACH, OP_NEXT */
    uint16_t level;  /* how many `each` are round it */
    bool is_flat;    /* OP_EACH: texts and formatted fields alone, and a line end, up to NEXT */
    bool in_table;   /* of an each: whose rows can be read as sentences */
    bool is_dim;     /* OP_ITEM: shown to others too, who can not choose it */
    struct text *text;
    struct edit_options edit;   /* OP_SET */
    uint8_t history;            /* OP_SET: how many lines the arrows bring back */
    const char *standard;       /* OP_SET: the default, or NULL; OP_ITEM: what is shown; in
                                 * a table: what its column is called */
    struct op_columns *columns; /* OP_EACH */
};

#endif
