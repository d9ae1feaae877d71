/* zmodem_send.h -- the sending side of ZMODEM: a download from the board. ("The ZMODEM Inter
 * Application File Transfer Protocol", Forsberg 1988, and what its programs do.)
 *
 * Sans-I/O: bytes of the peer go in, events come out, bytes for the peer are appended to `out`,
 * telnet's IAC doubled. It streams: the owner bounds what is under way by giving data only as
 * fast as it is written. One for a batch of files. */
#ifndef PERIGEE_PROTO_ZMODEM_SEND_H
#define PERIGEE_PROTO_ZMODEM_SEND_H

#include "base/buf.h"
#include "proto/transfer.h"

struct zmodem_send;

/* Invites the peer at once: nothing may be written behind it in the same piece. */
struct zmodem_send *zmodem_send_new(const struct transfer_options *options, int64_t now);
void zmodem_send_free(struct zmodem_send *z); /* NULL is allowed */

/* Take one event, looking at `in` first. False: nothing is to be done before there is more, or
 * an answer, or zmodem_send_deadline; call zmodem_send_timeout then. What is left in `in` when
 * it is TRANSFER_DONE was not for ZMODEM. */
bool zmodem_send_next(struct zmodem_send *z, struct span *in, int64_t now,
                      struct transfer_event *ev);
int64_t zmodem_send_deadline(const struct zmodem_send *z); /* or TRANSFER_NEVER */
void zmodem_send_timeout(struct zmodem_send *z, int64_t now);

/* Answers to TRANSFER_WANT_FILE. `file` is as the peer is to see it, of a size that is known
 * and less than TRANSFER_SIZE_MAX; at most 255 bytes of a name, no control characters. */
void zmodem_send_offer(struct zmodem_send *z, const struct transfer_file *file, int64_t now);
void zmodem_send_finish(struct zmodem_send *z, int64_t now); /* there are no more */

/* To TRANSFER_WANT_CRC, and to TRANSFER_WANT_DATA: what is at `offset`, at least a byte, at
 * most what was asked for. What is not wanted any more (the peer has asked for another place)
 * is ignored. */
void zmodem_send_give_crc(struct zmodem_send *z, uint32_t crc, int64_t now);
void zmodem_send_give(struct zmodem_send *z, int64_t offset, struct span data, int64_t now);

/* End it, wherever it is; `why` is what TRANSFER_FAILED will say. */
void zmodem_send_abort(struct zmodem_send *z, const char *why);

#endif
