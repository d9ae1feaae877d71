/* receiver.h -- the receiving side of a transfer, by whichever protocol.
 *
 * Sans-I/O: bytes of the peer go in, events come out, bytes for the peer are appended to the
 * options' `out`. The owner holds the peer back by not pulling. The peer's wishes about names,
 * overwriting and conversion are its own: the owner decides. One for a batch. */
#ifndef PERIGEE_PROTO_RECEIVER_H
#define PERIGEE_PROTO_RECEIVER_H

#include "proto/transfer.h"

struct receiver;

/* Invites the peer at once: nothing may be written behind it in the same piece. */
struct receiver *receiver_new(const struct transfer_options *options, int64_t now);
void receiver_free(struct receiver *r); /* NULL is allowed */

/* As sender_next. */
bool receiver_next(struct receiver *r, struct span *in, int64_t now, struct transfer_event *ev);
int64_t receiver_deadline(const struct receiver *r); /* or TRANSFER_NEVER */
void receiver_timeout(struct receiver *r, int64_t now);

/* Answers to TRANSFER_OFFER. Until there is one, nothing is read. Also after a check:
 * TRANSFER_CHECKED comes, with the CRC-32 of the peer's first `bytes` bytes (more than 0, and
 * fewer than it offers), or without. A file is accepted from an offset only when ZMODEM has
 * told a CRC. */
void receiver_accept(struct receiver *r, int64_t offset, int64_t now);
void receiver_check(struct receiver *r, int64_t bytes, int64_t now);

/* The file is not wanted: instead of accepting it, or while it comes. YMODEM and XMODEM can't
 * leave one out: all ends, and `why` is what TRANSFER_FAILED says. */
void receiver_skip(struct receiver *r, const char *why, int64_t now);

/* The answer to TRANSFER_RECEIVED: it is stored, or could not be. */
void receiver_stored(struct receiver *r, bool ok, int64_t now);

/* End it, wherever it is; `why` is what TRANSFER_FAILED will say. */
void receiver_abort(struct receiver *r, const char *why);

#endif
