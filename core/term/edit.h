/* edit.h -- one line being typed: a field, a chat line, a command. Keys in, text and what to
 * echo out, both UTF-8. A line that is longer than its place scrolls inside it. The echo is
 * characters, blanks and backspaces alone, which every terminal knows. Sans-I/O; knows neither
 * the screen nor the client. */
#ifndef PERIGEE_TERM_EDIT_H
#define PERIGEE_TERM_EDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "term/keys.h"

struct edit_options {
    uint16_t max;  /* characters; 1 to 1,000 */
    uint32_t mask; /* shown instead of each character; 0 shows what is typed, 1 shows nothing */
    bool upper;    /* letters become upper case */
    bool digits;   /* nothing but 0 to 9 */
    bool hotkey;   /* done as soon as `max` characters are typed */
    /* A line that begins with one "/" is a command: so many characters, and none of the rules
     * above. 0: there are none; not with `mask` or `hotkey`. The owner looks at what was typed:
     * see edit_fits. */
    uint16_t command_max;
    uint16_t width; /* columns of its place, behind which one more is free; 0: no end */
};

enum edit_result {
    EDIT_MORE,   /* go on */
    EDIT_DONE,   /* Enter, or a hotkey field is full */
    EDIT_CANCEL, /* Esc */
    EDIT_OTHER,  /* not a key of the editor's (Tab, arrows up and down, F1 ...): the owner's */
};

struct edit {
    struct buf text; /* UTF-8; a default is typed there before the first key */
    struct edit_options options;
    uint16_t cursor;  /* bytes of the text before it */
    uint16_t left;    /* bytes that have been scrolled out */
    uint16_t column;  /* where the cursor stands, from the line's place on */
    uint16_t painted; /* columns of what is shown */
    bool is_over;     /* typed characters replace what stands there */
    bool in_paste;    /* to be set by the owner where the line begins inside a paste */
    bool has_rung;    /* in this paste */
};

void edit_init(struct edit *e, const struct edit_options *options);
void edit_clear(struct edit *e); /* wipes and frees */

/* Handle one key; append what the terminal should show to `echo` (a bell where the line is
 * full or the character is not allowed, one for a whole paste; no character is dropped
 * silently). Left, Right, Home, End (Ctrl-A, Ctrl-E) move; Backspace and Delete take a
 * character with its combining marks, Ctrl-W a word, Ctrl-K what is behind the cursor, Ctrl-U
 * all; Insert changes between inserting and typing over. Enter and Tab inside a paste become
 * spaces. `echo` has room for 12 bytes a character of `max`. */
enum edit_result edit_key(struct edit *e, const struct key *key, struct buf *echo);

/* Is the text one that the options allow? False only for commands. */
bool edit_fits(const struct edit *e);

/* Append the line as it is shown, the text or its mask, and put the cursor where it is. */
void edit_show(const struct edit *e, struct buf *echo);
unsigned edit_columns(const struct edit *e); /* that it takes as it is shown */

/* The text, handed over: it is the caller's. An empty line stays. */
struct buf edit_take(struct edit *e);

#endif
