/* line.h -- a line that was said in a room, and what terminals are sent of it: made once for
 * each kind of terminal and shared by all who see it. Part of room/. Knows no socket. */
#ifndef PERIGEE_ROOM_LINE_H
#define PERIGEE_ROOM_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/blob.h"
#include "base/buf.h"
#include "screen/text.h"

enum line_kind {
    LINE_SAY,   /* <luna> hello */
    LINE_EMOTE, /* * luna waves */
    LINE_NOTE,  /* -- luna has come; nobody says it */
};

struct line {
    uint32_t refs;
    uint8_t kind; /* enum line_kind */
    int64_t at;   /* Unix seconds */
    int64_t user; /* the account; 0: nobody's */
    char *nick;   /* UTF-8 without control characters, as `text` */
    char *text;
    struct made *made; /* NULL: it is not being brought to many */
};

/* Copies, and leaves out what may not be shown. One reference, the caller's. */
struct line *line_new(enum line_kind kind, int64_t at, int64_t user, struct span nick,
                      struct span text);
struct line *line_ref(struct line *l);
void line_unref(struct line *l); /* NULL is allowed */

/* While it is brought to many: what batches need of it is made once and kept. */
void line_begin(struct line *l);
void line_end(struct line *l);

/* How somebody is shown lines. */
struct line_view {
    uint8_t look; /* enum look */
    uint8_t width;
    bool has_time; /* HH:MM before each */
    bool is_plain; /* all names in the same colour */
};

/* Append the line as it goes on the wire, wrapped, with its end. `name`: where it stands in the
 * text it is marked; "" is nobody's. */
void line_add(const struct line *l, const struct line_view *v, struct span name,
              struct buf *wire);

/* Is it a note that has that name in it, as a word? */
bool line_notes(const struct line *l, struct span name);

/* Does somebody else's line call them by that name? In any case, as a word. */
bool line_calls(const struct line *l, int64_t user, struct span name);

/* --- lines that are shown together --- */

enum { LINE_VIEWS = 16, BATCH_WORDS = 1 << 14 };

/* What is made for each kind of terminal, of so many kinds. */
struct wires {
    unsigned count;
    struct line_view views[LINE_VIEWS];
    struct blob *blobs[LINE_VIEWS];
};

struct batch {
    struct line *const *lines; /* borrowed */
    unsigned count;
    bool is_indexed;
    uint64_t words[BATCH_WORDS / 64]; /* a bit for each word that is said, by its hash */
    struct wires wires;
};

void batch_init(struct batch *b, struct line *const *lines, unsigned count);
void batch_clear(struct batch *b);

/* Does one of them call them by that name? As line_calls, at little cost where not and
 * line_begin was called for all. */
bool batch_calls(struct batch *b, int64_t user, struct span name);

/* All of them, for this view: made at the first call. One reference, the caller's. */
struct blob *batch_wire(struct batch *b, const struct line_view *v);

#endif
