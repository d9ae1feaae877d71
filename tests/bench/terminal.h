/* terminal.h -- the far end of a call, as far as a benchmark needs it: an xterm of 80 by 25
 * behind a telnet client. Takes telnet commands (RFC 854) and ANSI sequences out of what comes
 * and answers those that want an answer: ECHO, SGA, BINARY, TTYPE, NAWS and the cursor report.
 * Sans-I/O; one per caller. */
#ifndef PERIGEE_TESTS_BENCH_TERMINAL_H
#define PERIGEE_TESTS_BENCH_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/span.h"

enum { TERMINAL_IAC = 255, TERMINAL_ESC = 27, TERMINAL_COLUMNS = 80, TERMINAL_ROWS = 25 };
enum { TERMINAL_SB = 250, TERMINAL_SE = 240, TERMINAL_WILL = 251, TERMINAL_DONT = 254 };
enum { TERMINAL_BINARY = 0, TERMINAL_ECHO = 1, TERMINAL_SGA = 3 };
enum { TERMINAL_TTYPE = 24, TERMINAL_NAWS = 31 };

enum terminal_state {
    TERMINAL_TEXT,
    TERMINAL_COMMAND, /* behind IAC */
    TERMINAL_OPTION,  /* behind IAC and a verb */
    TERMINAL_SUB,     /* in a subnegotiation */
    TERMINAL_SUB_IAC,
    TERMINAL_ESCAPE,
    TERMINAL_CSI,
};

struct terminal {
    uint8_t state;
    uint8_t verb;
    uint8_t len;    /* of `seen`: the beginning of a subnegotiation or of a CSI sequence */
    uint8_t column; /* of the cursor, from 1 */
    char seen[4];
};

/* What the terminal says back; a flood of questions is not answered to its end. */
struct terminal_answers {
    size_t len;
    char data[512];
};

static inline void terminal_init(struct terminal *t)
{
    *t = (struct terminal){.column = 1};
}

static inline void terminal_say(struct terminal_answers *out, const void *data, size_t len)
{
    if (len > sizeof(out->data) - out->len)
        return;
    memcpy(out->data + out->len, data, len);
    out->len += len;
}

static inline void terminal_begin(struct terminal *t, enum terminal_state state)
{
    t->state = (uint8_t)state;
    t->len = 0;
}

static inline void terminal_remember(struct terminal *t, uint8_t c)
{
    if (t->len < sizeof(t->seen))
        t->seen[t->len++] = (char)c;
}

/* WILL is answered by DO or DONT, DO by WILL or WONT; WONT and DONT need no answer from one
 * who never asks first. */
static inline void terminal_agree(uint8_t verb, uint8_t option, struct terminal_answers *out)
{
    static const char size[] = {(char)255, (char)250, 31,        0,        TERMINAL_COLUMNS,
                                0,         25,        (char)255, (char)240};
    bool is_do = verb == 253;
    bool yes =
        is_do ? option == TERMINAL_TTYPE || option == TERMINAL_NAWS ||
                    option == TERMINAL_BINARY || option == TERMINAL_SGA
              : option == TERMINAL_ECHO || option == TERMINAL_BINARY || option == TERMINAL_SGA;
    uint8_t reply[3] = {TERMINAL_IAC, (uint8_t)((is_do ? 251 : 253) + !yes), option};

    if (verb != 251 && verb != 253)
        return;
    terminal_say(out, reply, sizeof(reply));
    if (is_do && option == TERMINAL_NAWS)
        terminal_say(out, size, sizeof(size));
}

static inline void terminal_end_sub(const struct terminal *t, struct terminal_answers *out)
{
    static const char name[] = "\xff\xfa\x18\0xterm\xff\xf0";

    if (t->len == 2 && t->seen[0] == TERMINAL_TTYPE && t->seen[1] == 1)
        terminal_say(out, name, sizeof(name) - 1);
}

static inline void terminal_end_csi(struct terminal *t, struct terminal_answers *out)
{
    char report[16];
    int n;

    if (t->len == 2 && memcmp(t->seen, "6n", 2) == 0) {
        n = snprintf(report, sizeof(report), "\033[1;%uR", t->column);
        terminal_say(out, report, (size_t)n);
    }
    if (t->seen[t->len - 1] == 'H')
        t->column = 1;
}

/* A character of the text: moves the cursor. Bytes inside a UTF-8 character take no column. */
static inline void terminal_print(struct terminal *t, uint8_t c)
{
    if (c == '\r')
        t->column = 1;
    else if (c == '\b')
        t->column -= t->column > 1;
    else if (c >= ' ' && (c & 0xc0) != 0x80)
        t->column += t->column < TERMINAL_COLUMNS;
}

static inline bool terminal_text(struct terminal *t, uint8_t c)
{
    if (c == TERMINAL_IAC)
        terminal_begin(t, TERMINAL_COMMAND);
    else if (c == TERMINAL_ESC)
        terminal_begin(t, TERMINAL_ESCAPE);
    else
        terminal_print(t, c);
    return t->state == TERMINAL_TEXT;
}

static inline bool terminal_command(struct terminal *t, uint8_t c)
{
    t->verb = c;
    if (c == TERMINAL_SB)
        terminal_begin(t, TERMINAL_SUB);
    else if (c >= TERMINAL_WILL && c <= TERMINAL_DONT)
        terminal_begin(t, TERMINAL_OPTION);
    else
        terminal_begin(t, TERMINAL_TEXT);
    return c == TERMINAL_IAC; /* IAC IAC is a byte 255 of the text */
}

static inline void terminal_sub_iac(struct terminal *t, uint8_t c, struct terminal_answers *out)
{
    t->state = TERMINAL_SUB;
    if (c == TERMINAL_SE) {
        terminal_end_sub(t, out);
        terminal_begin(t, TERMINAL_TEXT);
    }
}

static inline void terminal_csi(struct terminal *t, uint8_t c, struct terminal_answers *out)
{
    bool is_final = c >= '@' && c <= '~';

    if (is_final && t->len == sizeof(t->seen))
        t->len--; /* the final byte is always kept */
    terminal_remember(t, c);
    if (!is_final)
        return;
    terminal_end_csi(t, out);
    terminal_begin(t, TERMINAL_TEXT);
}

/* Take one byte; true if it is text. */
static inline bool terminal_byte(struct terminal *t, uint8_t c, struct terminal_answers *out)
{
    switch ((enum terminal_state)t->state) {
    case TERMINAL_TEXT:
        return terminal_text(t, c);
    case TERMINAL_COMMAND:
        return terminal_command(t, c);
    case TERMINAL_OPTION:
        terminal_agree(t->verb, c, out);
        terminal_begin(t, TERMINAL_TEXT);
        break;
    case TERMINAL_SUB:
        if (c == TERMINAL_IAC)
            t->state = TERMINAL_SUB_IAC;
        else
            terminal_remember(t, c);
        break;
    case TERMINAL_SUB_IAC:
        terminal_sub_iac(t, c, out);
        break;
    case TERMINAL_ESCAPE:
        terminal_begin(t, c == '[' ? TERMINAL_CSI : TERMINAL_TEXT);
        break;
    case TERMINAL_CSI:
        terminal_csi(t, c, out);
        break;
    }
    return false;
}

/* Take `len` bytes; the text among them is moved to the front of `data`. Returns its length. */
static inline size_t terminal_take(struct terminal *t, char *data, size_t len,
                                   struct terminal_answers *out)
{
    size_t kept = 0;

    for (size_t i = 0; i < len; i++) {
        if (terminal_byte(t, (uint8_t)data[i], out))
            data[kept++] = data[i];
    }
    return kept;
}

#endif
