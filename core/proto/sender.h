/* sender.h -- the sending side of a transfer, by whichever protocol. A peer that does not know
 * ZMODEM and asks for YMODEM instead is sent that.
 *
 * Sans-I/O: bytes of the peer go in, events come out, bytes for the peer are appended to the
 * options' `out`. It streams: the owner bounds what is under way by giving data only as fast as
 * it is written. One for a batch of files. */
#ifndef PERIGEE_PROTO_SENDER_H
#define PERIGEE_PROTO_SENDER_H

#include "proto/transfer.h"

struct sender;

/* Invites the peer at once: nothing may be written behind it in the same piece. */
struct sender *sender_new(const struct transfer_options *options, int64_t now);
void sender_free(struct sender *s); /* NULL is allowed */

enum transfer_protocol sender_protocol(const struct sender *s); /* that is used */

/* Take one event, looking at `in` first. False: nothing is to be done before there is more, or
 * an answer, or sender_deadline; call sender_timeout then. What is left in `in` when it is
 * TRANSFER_DONE was not for the protocol. */
bool sender_next(struct sender *s, struct span *in, int64_t now, struct transfer_event *ev);
int64_t sender_deadline(const struct sender *s); /* or TRANSFER_NEVER */
void sender_timeout(struct sender *s, int64_t now);

/* Answers to TRANSFER_WANT_FILE. `file` is as the peer is to see it, of a size that is known
 * and less than TRANSFER_SIZE_MAX; at most 255 bytes of a name, no control characters. XMODEM
 * takes one file. Ignored where all has ended meanwhile. */
void sender_offer(struct sender *s, const struct transfer_file *file, int64_t now);
void sender_finish(struct sender *s, int64_t now); /* there are no more */

/* To TRANSFER_WANT_CRC, and to TRANSFER_WANT_DATA: what is at `offset`, at least a byte, at
 * most what was asked for. What is not wanted any more (the peer has asked for another place)
 * is ignored. */
void sender_give_crc(struct sender *s, uint32_t crc, int64_t now);
void sender_give(struct sender *s, int64_t offset, struct span data, int64_t now);

/* End it, wherever it is; `why` is what TRANSFER_FAILED will say. */
void sender_abort(struct sender *s, const char *why);

#endif
