/* telnet.h -- TELNET: RFC 854/855, options by the Q method of RFC 1143; ECHO (857), SGA (858),
 * BINARY (856), NAWS (1073), TTYPE (1091) with MTTS, CHARSET (2066) when the peer offers it.
 * Every other option is refused, and refused once. Both sides of it: we are a caller's server,
 * or call a server ourselves, outward, and then offer nothing and accept what it asks for.
 *
 * Sans-I/O. Bytes go in, events come out, replies are appended to `out`. Nothing here blocks,
 * calls back, reads a clock or knows what a socket is. One per connection. */
#ifndef PERIGEE_PROTO_TELNET_H
#define PERIGEE_PROTO_TELNET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum telnet_option {
    TELNET_BINARY = 0,
    TELNET_ECHO = 1,
    TELNET_SGA = 3,
    TELNET_TIMING_MARK = 6,
    TELNET_TTYPE = 24,
    TELNET_NAWS = 31,
    TELNET_CHARSET = 42,
};

enum telnet_side { TELNET_US, TELNET_HIM }; /* WILL/WONT of ours; of theirs (our DO/DONT) */

enum telnet_event_type {
    TELNET_DATA,       /* data: what the peer typed, IAC undone, CR NUL as CR outside BINARY */
    TELNET_TERMINAL,   /* data: a terminal type, lower case, printable, at most 40 bytes */
    TELNET_MTTS,       /* number: the bits of "MTTS n" */
    TELNET_TTYPE_DONE, /* no more types will come: the list has ended or was refused */
    TELNET_WINDOW,     /* width, height: clamped to 20..255 and 10..100; never 0 */
    TELNET_CHARSET_IS, /* data: the character set both sides agreed to ("UTF-8", "CP437") */
    TELNET_OPTION,     /* number, side, on: an option has changed, or was refused (off) */
    TELNET_INTERRUPT,  /* IP, BRK or AO: as Ctrl-C */
    TELNET_ERASE_CHAR, /* EC */
    TELNET_ERASE_LINE, /* EL */
    TELNET_TTYPE_WANTED, /* outward: telnet_send_terminal is due */
    TELNET_BAD,          /* the peer floods commands or never ends a subnegotiation: hang up */
};

struct telnet_event {
    enum telnet_event_type type;
    struct span data;
    uint32_t number;
    uint16_t width;
    uint16_t height;
    enum telnet_side side;
    bool on;
};

struct telnet;

struct telnet *telnet_new(struct buf *out); /* `out` is borrowed, outlives the result */
void telnet_free(struct telnet *t);         /* NULL is allowed */

/* The peer is a server that we call: its ECHO, our TTYPE and NAWS, SGA and BINARY both ways are
 * accepted; no CHARSET. When TELNET_OPTION says that our NAWS is on, telnet_send_window is due.
 */
struct telnet *telnet_new_outward(struct buf *out);

/* A server's first offers, in one segment: WILL SGA, DO SGA, WILL ECHO, DO TTYPE, DO NAWS. */
void telnet_start(struct telnet *t);

/* Ask for an option to be on or off (RFC 1143 section 7). Nothing is sent for a state that is
 * already so, under way, or was refused before; nor for what we never do (a caller's ECHO,
 * TTYPE to one). Where `out` is full nothing changes, and it may be asked again. */
void telnet_ask(struct telnet *t, enum telnet_side side, uint8_t option, bool on);

/* The same for on, and a refusal of before does not count: the peer may have changed. */
void telnet_ask_again(struct telnet *t, enum telnet_side side, uint8_t option);

/* Is a request of ours for it to be on still without an answer? */
bool telnet_is_asked(const struct telnet *t, enum telnet_side side, uint8_t option);

/* Is it in force? Ours ends when we send WONT, theirs when their WONT is here. */
bool telnet_is_on(const struct telnet *t, enum telnet_side side, uint8_t option);

/* Has the peer sent any telnet command? One that has not is taken for a raw connection:
 * IAC is not doubled to it, and it echoes what is typed itself. */
bool telnet_has_answered(const struct telnet *t);

/* Take one event from the front of `in`. False: `in` is used up, read more.
 * ev->data borrows from `in` or `t`: good until the next call on either. The first event
 * after the peer's first command comes with BINARY asked for in both directions.
 * Replies stop (silently) when `out` is full or after 512 option commands; 4,096 of them, or
 * 64 KiB inside subnegotiations that do not end, are TELNET_BAD, again at each call with input,
 * which is dropped. */
bool telnet_next(struct telnet *t, struct span *in, struct telnet_event *ev);

/* Put together what comes of the peer's binary data, many bytes at a time: whatever else there
 * is, the last bytes of `in`, and all without BINARY, is left to telnet_next. Returns how many
 * bytes were written to `to`, which has room for `in` as it is. */
size_t telnet_gather(struct telnet *t, struct span *in, char *to);

/* Outward: our terminal's name, at most 40 bytes of it; our window's size, where its options
 * are on. False: `out` is full, nothing was written. */
bool telnet_send_terminal(struct telnet *t, struct span name);
bool telnet_send_window(struct telnet *t, unsigned width, unsigned height);

/* Append `text` as it must stand on the wire: IAC doubled. As buf_add. */
bool telnet_escape(struct buf *wire, struct span text);

#endif
