/* transfer.h -- what the protocols that transfer files have in common: what they ask for and
 * tell. The disk and the clock are outside: a protocol asks for bytes of a file, and is given
 * them when they are there; time is an argument, in milliseconds of any clock that only goes
 * forward. */
#ifndef PERIGEE_PROTO_TRANSFER_H
#define PERIGEE_PROTO_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

/* Positions in a file have 32 bits; one of this many bytes, or more, can't be transferred. */
#define TRANSFER_SIZE_MAX 0xFFFFFFFFu

#define TRANSFER_NEVER INT64_MAX /* of a deadline */

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

#endif
