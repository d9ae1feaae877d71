/* zmodem_receive.h -- the receiving side of ZMODEM: an upload to the board. ("The ZMODEM Inter
 * Application File Transfer Protocol", Forsberg 1988, and what its programs do.)
 *
 * Sans-I/O: bytes of the peer go in, events come out, bytes for the peer are appended to `out`,
 * telnet's IAC doubled. The owner holds the peer back by not pulling. The peer's wishes about
 * names, overwriting and conversion are its own: the owner decides. One for a batch. */
#ifndef PERIGEE_PROTO_ZMODEM_RECEIVE_H
#define PERIGEE_PROTO_ZMODEM_RECEIVE_H

#include "base/buf.h"
#include "proto/transfer.h"

struct zmodem_receive;

/* Invites the peer at once: nothing may be written behind it in the same piece. */
struct zmodem_receive *zmodem_receive_new(const struct transfer_options *options, int64_t now);
void zmodem_receive_free(struct zmodem_receive *z); /* NULL is allowed */

/* As zmodem_send_next. */
bool zmodem_receive_next(struct zmodem_receive *z, struct span *in, int64_t now,
                         struct transfer_event *ev);
int64_t zmodem_receive_deadline(const struct zmodem_receive *z); /* or TRANSFER_NEVER */
void zmodem_receive_timeout(struct zmodem_receive *z, int64_t now);

/* Answers to TRANSFER_OFFER. Until there is one, nothing is read. Also after a
 * check: TRANSFER_CHECKED comes, with the CRC-32 of the peer's first `bytes` bytes (more than
 * 0, and fewer than it offers). */
void zmodem_receive_accept(struct zmodem_receive *z, int64_t offset, int64_t now);
void zmodem_receive_check(struct zmodem_receive *z, int64_t bytes, int64_t now);

/* The file is not wanted: instead of accepting it, or while it comes. */
void zmodem_receive_skip(struct zmodem_receive *z, int64_t now);

/* The answer to TRANSFER_RECEIVED: it is stored, or could not be. */
void zmodem_receive_stored(struct zmodem_receive *z, bool ok, int64_t now);

/* End it, wherever it is; `why` is what TRANSFER_FAILED will say. */
void zmodem_receive_abort(struct zmodem_receive *z, const char *why);

#endif
