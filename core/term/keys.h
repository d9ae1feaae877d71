/* keys.h -- what a caller's terminal sends, as keys: the sequences of SyncTERM, xterm, PuTTY,
 * VT52, the Linux and the SCO console, pasted text and a terminal's answers to our questions.
 *
 * Sans-I/O. A sequence may be split anywhere. Time stays outside: when keys_is_waiting() is
 * true and nothing has come for 150 ms, call keys_timeout(). */
#ifndef PERIGEE_TERM_KEYS_H
#define PERIGEE_TERM_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "term/charset.h"

enum key_code {
    KEY_NONE,
    KEY_CHAR,  /* ch: the code point, never a control character */
    KEY_CTRL,  /* ch: 'A'..'Z', '\\', ']', '^', '_' or '@'; not those below */
    KEY_ENTER, /* CR, CR LF, CR NUL or LF */
    KEY_TAB,
    KEY_BACKTAB,
    KEY_BACKSPACE, /* 0x08, and 0x7F unless `del_is_delete` */
    KEY_DELETE,
    KEY_INSERT,
    KEY_ESCAPE,
    KEY_UP,
    KEY_DOWN,
    KEY_LEFT,
    KEY_RIGHT,
    KEY_HOME,
    KEY_END,
    KEY_PAGE_UP,
    KEY_PAGE_DOWN,
    KEY_F1, /* to KEY_F1 + 11 */
    KEY_F12 = KEY_F1 + 11,
    KEY_PASTE_BEGIN, /* bracketed paste; between are only KEY_CHAR, KEY_ENTER, KEY_TAB */
    KEY_PASTE_END,
    KEY_CURSOR_REPORT, /* row, column: the answer to ESC[6n */
    /* Another answer of the terminal; nobody typed it. ch: its last byte ('c' 'n' 't' 'y' 'R');
     * row, column: its first two numbers. SyncTERM answers ESC[c with 'c', 67, 84. */
    KEY_REPLY,
};

struct key {
    enum key_code code;
    uint32_t ch;
    uint16_t row;
    uint16_t column;
};

/* Open: one in each client, 48 bytes at most. No memory of its own. */
struct keys {
    uint8_t state;
    uint8_t len;
    bool after_cr;
    bool in_paste;
    bool del_is_delete; /* set by the owner: the terminal is SyncTERM */
    uint8_t skip;       /* bytes of an X10 mouse report still to be dropped */
    uint16_t dropped;   /* length so far of a string sequence (OSC, DCS, APC) */
    char seq[36];
};

void keys_init(struct keys *k);

/* Take one key from the front of `in`, whose bytes are in `charset`. False: `in` is used up.
 * Unknown sequences are dropped whole; at most 32 bytes and 16 numbers are looked at, strings
 * of up to 256 bytes are dropped, and after those limits bytes are text again. Shift, Alt and
 * Ctrl with arrows and function keys make no difference. An ESC before a character that begins
 * no sequence (Alt-x) is KEY_ESCAPE, then the character. What is not UTF-8, and C1 controls,
 * come as '?'; in ASCII bytes from 0x80 on are dropped.
 *
 * ESC[1;2R is a cursor report, though some xterms mean Shift-F3 by it. */
bool keys_next(struct keys *k, struct span *in, enum charset charset, struct key *key);

bool keys_is_waiting(const struct keys *k); /* an Esc, or a piece of a sequence, is held back */

/* Nothing followed for 150 ms: a lone Esc becomes KEY_ESCAPE (true), a broken sequence is
 * dropped (false). A lone ESC[M is F1 of the SCO console, not the beginning of a mouse report.
 */
bool keys_timeout(struct keys *k, struct key *key);

/* A paste that has not gone on for two seconds is over, whether its end came or not. False:
 * there was none. */
bool keys_end_paste(struct keys *k, struct key *key);

enum { KEY_NAME_SIZE = 16 };

/* The name handlers get: "up", "page_down", "escape", "f1", "ctrl_c", "space", "é". `out` holds
 * at least KEY_NAME_SIZE bytes; returns `out`. */
const char *key_name(const struct key *key, char *out);

#endif
