/* screen.h -- a screen ready to be shown: its file and the files it includes, linked to one
 * flat list of operations. Immutable and counted: the clients that are on it keep it. */
#ifndef PERIGEE_SCREEN_SCREEN_H
#define PERIGEE_SCREEN_SCREEN_H

#include "screen/op.h"
#include "screen/source.h"

enum {
    SCREEN_EACH_DEPTH = 4,
    SCREEN_GO_MAX = 64,
    SCREEN_INCLUDE_DEPTH = 8,
    SCREEN_OPS = 20000
};

/* A handler that is called at an occasion rather than in a place. */
struct screen_call {
    const struct op *op;
    const char *name;
    const struct op_arg *args;
    uint16_t arg_count;
};

enum screen_occasion {
    OCCASION_ENTER,
    OCCASION_LEAVE,
    OCCASION_TICK,
    OCCASION_POST,
    OCCASIONS
};

struct screen {
    unsigned refs;
    const char *keyword; /* lives as long as the library */
    const struct op *ops;
    unsigned count;
    unsigned first_field; /* where the line of the first set: or key: begins; count if none */
    unsigned fields;      /* set: */
    unsigned keys;        /* key: */
    unsigned gos;         /* go: and item: */
    struct screen_call calls[OCCASIONS]; /* name NULL: none; a later one replaces an earlier */
    unsigned tick_seconds;
    unsigned level;     /* who may see it */
    unsigned header;    /* rows at its top that stay while the rest scrolls; 0: none */
    bool keep;          /* do not clear before it */
    bool is_form;       /* more is shown behind its first set:, or it is to fit; or
                         * it has items */
    const char *escape; /* where Esc leads, or NULL */
    const char *title;  /* for people, or NULL */
    unsigned columns;   /* that it takes up, and rows */
    unsigned rows;
    bool is_ice; /* of its art: see art.h */
    uint8_t font;
    unsigned timeout;        /* seconds, 0: none */
    struct source **sources; /* what it was made from, itself first */
    unsigned source_count;
    bool is_broken; /* it has findings: not to be shown */
    struct op *own_ops;
    struct arena arena;
};

/* Where linking finds included screens: the source to take for `keyword` from within a file of
 * `kind`, or NULL. */
struct screen_sources {
    struct source *(*find)(void *arg, const char *keyword, enum source_kind kind);
    void *arg;
};

/* One reference; `errors` has a line for each finding, if it is broken. `keyword` is borrowed.
 */
struct screen *screen_link(const char *keyword, struct source *source,
                           const struct screen_sources *sources, struct buf *errors);
struct screen *screen_ref(struct screen *s);
void screen_unref(struct screen *s); /* NULL is allowed */

#endif
