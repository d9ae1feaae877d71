/* picture.h -- what a caller's window shows: the bytes that a terminal is sent, played into
 * libvterm, and read back as cells. No I/O; what the terminal answers (where its cursor stands)
 * goes to a callback. */
#ifndef PERIGEE_TERM_PICTURE_H
#define PERIGEE_TERM_PICTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "term/charset.h"

enum { CELL_CHARS = 6 };

enum color_kind { COLOR_OWN, COLOR_INDEX, COLOR_RGB }; /* COLOR_OWN: the terminal's own */

struct color {
    uint8_t kind; /* enum color_kind */
    uint8_t index;
    uint8_t red; /* of COLOR_INDEX too: what is usual for it; not of COLOR_OWN */
    uint8_t green;
    uint8_t blue;
};

struct cell {
    uint32_t chars[CELL_CHARS]; /* up to a 0: a character and what combines with it; a blank
                                 * is ' ' */
    unsigned width;             /* 2: the next cell belongs to it */
    bool bold;
    bool underline;
    bool italic;
    bool blink;
    bool reverse;
    struct color fg;
    struct color bg;
};

struct picture;

struct picture *picture_new(unsigned columns, unsigned rows, enum charset charset);
void picture_free(struct picture *p); /* NULL is allowed */

/* `answer` gets what the terminal answers, in the middle of picture_play. */
void picture_on_answer(struct picture *p, void (*answer)(void *arg, struct span bytes),
                       void *arg);
void picture_play(struct picture *p, struct span bytes); /* in the terminal's character set */

unsigned picture_columns(const struct picture *p);
unsigned picture_rows(const struct picture *p);
void picture_cursor(const struct picture *p, unsigned *row, unsigned *column);    /* from 0 */
struct cell picture_cell(const struct picture *p, unsigned row, unsigned column); /* from 0 */
unsigned picture_last_row(const struct picture *p); /* the rows less the blank ones below all */
unsigned picture_lost(const struct picture *p);     /* rows that have scrolled out at the top */

#endif
