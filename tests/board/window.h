/* window.h -- what a caller's window looks like: all that was sent, played into libvterm, a
 * terminal that nobody here wrote. */
#ifndef PERIGEE_TESTS_WINDOW_H
#define PERIGEE_TESTS_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/board/board.h"

enum { WINDOW_ROW = 4 * 256 };

struct window;

/* As the caller's window is now: its size, and CP437 for the kind that speaks it. */
struct window *window_of(struct caller *c);
void window_free(struct window *w);

/* The same in steps: empty, and then from one byte of c->shown to another. */
struct window *window_begin(const struct caller *c);
void window_play(struct window *w, const struct caller *c, size_t from, size_t to);

/* What a program has printed on a terminal of this size. The last line end would scroll. */
struct window *window_of_lines(const char *text, unsigned columns, unsigned rows);

/* A row from 0, as UTF-8, without blanks at its end. Good until the next call. */
const char *window_row(struct window *w, unsigned row);

bool window_is_blank(struct window *w, unsigned row, unsigned column);

uint32_t window_glyph(struct window *w, unsigned row, unsigned column); /* ' ' where none is */

/* The colours of a cell as numbers 0 to 15, and 16 for the terminal's own. */
void window_colors(struct window *w, unsigned row, unsigned column, unsigned *fg, unsigned *bg);

void window_cursor(struct window *w, unsigned *row, unsigned *column);

/* Wait until the cursor stands behind `question`, but for blanks. What comes later is what
 * caller_expect looks for next. */
void window_expect_prompt(struct caller *c, const char *question);

bool window_has(struct caller *c, const char *text); /* does it stand there now? */

/* Wait until it does not. */
void window_expect_gone(struct caller *c, const char *text);

/* Wait until `text` stands in the window, its first cell in these colours (see above). */
void window_expect_colors(struct caller *c, const char *text, unsigned fg, unsigned bg);

#endif
