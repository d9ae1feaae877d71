/* zmodem_frame.h -- what ZMODEM's two sides are made of: headers and data subpackets, as bytes.
 * ("The ZMODEM Inter Application File Transfer Protocol", Forsberg 1988, sections 7 and 8.)
 * Part of proto/: zmodem_send.c and zmodem_receive.c use it. Sans-I/O. */
#ifndef PERIGEE_PROTO_ZMODEM_FRAME_H
#define PERIGEE_PROTO_ZMODEM_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "proto/undo.h"

enum zframe_type {
    ZRQINIT,
    ZRINIT,
    ZSINIT,
    ZACK,
    ZFILE,
    ZSKIP,
    ZNAK,
    ZABORT,
    ZFIN,
    ZRPOS,
    ZDATA,
    ZEOF,
    ZFERR,
    ZCRC,
    ZCHALLENGE,
    ZCOMPL,
    ZCAN,
    ZFREECNT,
    ZCOMMAND,
};

/* How a subpacket ends, and what follows. */
enum zframe_end {
    ZCRCE = 'h', /* a header; no answer */
    ZCRCG = 'i', /* another subpacket; no answer */
    ZCRCQ = 'j', /* another subpacket; ZACK */
    ZCRCW = 'k', /* a header; ZACK, for which the sender waits */
};

/* Flags are a position's bytes: ZF0 is the last of it. */
#define ZF0(flags) ((uint32_t)(flags) << 24)
#define ZF1(flags) ((uint32_t)(flags) << 16)

enum {
    ZCANFDX = 0x01, /* ZRINIT's ZF0: both ways at once */
    ZCANOVIO = 0x02,
    ZCANFC32 = 0x20,
    ZESCCTL = 0x40, /* and ZSINIT's */
    ZCRECOV = 3,    /* ZFILE's ZF0 */
    ZMSKNOLOC = 0x80,
};

enum { ZSUBPACKET_MAX = 8192 };

/* --- writing --- */

struct zframe_writer {
    struct buf *out;  /* borrowed */
    bool doubles_iac; /* for telnet, which is below */
    bool escapes_all; /* control characters too: the peer's ESCCTL */
    bool is_32;       /* with CRC-32 where it may be */
    bool data_is_32;  /* the subpackets that follow the last header */
};

void zframe_hex(struct zframe_writer *w, enum zframe_type type, uint32_t position);
void zframe_bin(struct zframe_writer *w, enum zframe_type type, uint32_t position);
void zframe_data(struct zframe_writer *w, struct span data, enum zframe_end end);
void zframe_abort(struct zframe_writer *w); /* what ends every ZMODEM, in any state */

/* --- reading --- */

enum zframe_event_type {
    ZFRAME_HEADER, /* type, position */
    ZFRAME_DATA,   /* data, end */
    ZFRAME_BAD,    /* a header or a subpacket that is broken; what follows is looked through */
    ZFRAME_CANCEL, /* five CAN in a row */
};

struct zframe_event {
    enum zframe_event_type type;
    enum zframe_type frame; /* may be any number that fits into a byte */
    uint32_t position;
    struct span data; /* borrowed until the next call */
    enum zframe_end end;
};

struct zframe_reader {
    uint8_t state;
    uint8_t style; /* of the header: 'A', 'B' or 'C' */
    uint8_t count; /* of its bytes that are here */
    uint8_t bytes[9];
    uint8_t cans;        /* CAN in a row */
    uint8_t digit;       /* of a hex header: the first of two; 0xFF: none */
    bool is_32;          /* the last header was: so is the data behind it */
    bool is_escaped;     /* ZDLE has been read */
    bool drops_controls; /* those that are not escaped: ESCCTL is in force */
    uint8_t end;         /* of a subpacket whose CRC is being read */
    uint32_t garbage;    /* bytes since the last event that belong to nothing */
    uint32_t len;
    uint8_t data[ZSUBPACKET_MAX + UNDO_BLOCK];
};

void zframe_reader_init(struct zframe_reader *r);

/* A subpacket is what comes next, not a header. */
void zframe_expect_data(struct zframe_reader *r);

/* A header is what comes next, whatever was being read. */
void zframe_hunt(struct zframe_reader *r);

/* Take one event from the front of `in`. False: `in` is used up. */
bool zframe_next(struct zframe_reader *r, struct span *in, struct zframe_event *ev);

/* Take the line end of the hex header that was read last, as far as it is there. */
void zframe_skip_tail(struct zframe_reader *r, struct span *in);

#endif
