/* transfer.h -- what the protocols that transfer files have in common: what they ask for and
 * tell. The disk and the clock are outside: a protocol asks for bytes of a file, and is given
 * them when they are there; time is an argument, in milliseconds of any clock that only goes
 * forward. */
#ifndef PERIGEE_PROTO_TRANSFER_H
#define PERIGEE_PROTO_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* Positions in a file have 32 bits; one of this many bytes, or more, can't be transferred. */
#define TRANSFER_SIZE_MAX 0xFFFFFFFFu

#define TRANSFER_NEVER INT64_MAX /* of a deadline */

enum { TRANSFER_GIVE_MAX = 32768 }; /* bytes that are asked for at once */

enum transfer_protocol {
    TRANSFER_ZMODEM,
    TRANSFER_YMODEM,
    TRANSFER_YMODEM_G, /* nothing is acknowledged within a file */
    TRANSFER_XMODEM,   /* one file, without a name or a size; blocks of 1 KiB where it may */
    TRANSFER_PROTOCOLS,
};

struct transfer_options {
    enum transfer_protocol protocol;
    struct buf *out;     /* borrowed, outlives the machine; emptied by the owner */
    bool is_telnet;      /* IAC is doubled */
    bool is_large;       /* ZMODEM sends 8 KiB at once, to peers that are known to take them */
    bool escapes_all;    /* ZMODEM's control characters are escaped: a way that changes them */
    bool is_clean;       /* the way changes no byte, which all but ZMODEM need */
    int64_t patience_ms; /* until the peer has begun; somebody may have to start it by hand */
    int64_t free_bytes;  /* of a receiver; 0: not known */
    unsigned *errors;    /* borrowed: counts what had to be said again; NULL: nobody asks */
};

struct transfer_file {
    struct span name;    /* as the peer calls it: hostile until checked */
    int64_t size;        /* bytes; -1: not told */
    int64_t modified;    /* Unix seconds; 0: not told */
    uint32_t files_left; /* of the batch, with this one; 0: not told */
    int64_t bytes_left;
};

enum transfer_event_type {
    /* The sending side. */
    TRANSFER_WANT_FILE, /* the next one, or that there is none */
    TRANSFER_WANT_CRC,  /* CRC-32 of the first `size` bytes of the file */
    TRANSFER_BEGUN,     /* the peer takes the file, from `offset` on */
    TRANSFER_WANT_DATA, /* from `offset` on, at most `size` bytes; again at once when given */
    TRANSFER_SENT,      /* the peer has the file, whole */
    TRANSFER_SKIPPED,   /* the peer does not want it */

    /* The receiving side. */
    TRANSFER_OFFER,    /* `file`: accept, skip, or check what is there of it */
    TRANSFER_CHECKED,  /* `crc`, of the peer's bytes that were asked for; !has_crc: no answer */
    TRANSFER_DATA,     /* `data`, to be stored at `offset` */
    TRANSFER_RECEIVED, /* whole, `offset` bytes: say whether it could be stored */
    TRANSFER_GIVEN_UP, /* the peer goes on without the rest of it */

    /* Both. */
    TRANSFER_DONE,   /* all is over; bytes that come now are the keyboard's */
    TRANSFER_FAILED, /* so it is, and `data` says why */
};

/* What is borrowed is good until the next call. */
struct transfer_event {
    enum transfer_event_type type;
    int64_t offset;
    int64_t size;
    uint32_t crc;
    bool has_crc;
    struct span data;
    struct transfer_file file;
};

const char *transfer_protocol_name(enum transfer_protocol protocol); /* "ZModem" ... */

/* By its name in any case ("zmodem", "YModem-G"); TRANSFER_PROTOCOLS: there is none of it. */
enum transfer_protocol transfer_protocol_find(struct span name);

/* What ZMODEM and YMODEM tell of a file: "name NUL size modified mode serial files bytes NUL",
 * of which all but the name may be missing. The name borrows from `info`. */
void transfer_info_add(struct buf *out, const struct transfer_file *f);
void transfer_info_read(struct span info, struct transfer_file *f);

void transfer_count_error(const struct transfer_options *options);

#endif
