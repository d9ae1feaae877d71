/* ansi.h -- ANSI sequences that we send: by name for the `ansi:` macro, by number for pipe
 * codes; and the filters that keep everybody else's out. UTF-8 in, UTF-8 out; no state. */
#ifndef PERIGEE_TERM_ANSI_H
#define PERIGEE_TERM_ANSI_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

/* One argument of an `ansi:` macro: a number or a word. */
struct ansi_arg {
    bool is_number;
    long number;
    struct span word;
};

/* Append the sequence of macro `name` (any letter case): move(x, y) up down left right(n) home
 * clear clear_line clear_below (both from the cursor on) color(fg, bg) bold blink reverse
 * normal save restore hide show bell. `x` is the column, `y` the row, from 1; an `n` left out
 * is 1. Colours are 0 to 15 or their names (black blue green cyan red magenta brown gray
 * dark_gray bright_blue bright_green bright_cyan bright_red bright_magenta yellow white: the
 * DOS order that pipe codes have); bright backgrounds are not sent. -1 and `why` says what was
 * expected: an unknown name lists the known ones, a number out of range says its range (1 to
 * 255). */
int ansi_macro(struct buf *out, struct span name, const struct ansi_arg *args, unsigned count,
               struct err *why);

/* Append `text` with its pipe codes |00..|15 (foreground) and |16..|23 (background) as whole
 * SGR sequences where `ansi`, left out where not. Each code sets one colour and leaves the
 * other as it was: *colors (fg | bg << 4, at the beginning 0x07) is read and updated. "||" is
 * a '|'. A '|' before anything else stays. Everything but pipe codes passes as it is. */
bool ansi_pipe(struct buf *out, struct span text, bool ansi, unsigned *colors);

/* Append `text` without its escape sequences (CSI, OSC and the like, whole), without C0 and C1
 * control characters and DEL, and without characters that nobody sees (zero-width, turning the
 * direction, U+FEFF); a tab becomes a space, what is not UTF-8 a '?'; LF is kept only if
 * `lines`. */
bool ansi_strip(struct buf *out, struct span text, bool lines);

/* As ansi_strip with `lines`, but CR and LF and bells stay, for terminals without ANSI; cursor
 * movement to a later column of the same line becomes spaces (a tab too), to another row a line
 * end. An earlier column can't be had: what is shown there follows what stands. */
bool ansi_flatten(struct buf *out, struct span text);

/* The numbers of a control sequence's parameters, "12;40": at most `max`, clamped to 65,535,
 * one left out is 0. How many; 0 where there is anything but digits and ';', and then
 * `out` is undefined. */
unsigned ansi_numbers(struct span params, uint16_t *out, unsigned max);

/* Where a control sequence (ESC [ ...) begins that is cut off: what can't be in one follows, or
 * nothing. s.len: none is. `len` is how much of it there is. A terminal would take it for the
 * beginning of one that the next text ends. */
size_t ansi_find_cut(struct span s, size_t *len);

#endif
