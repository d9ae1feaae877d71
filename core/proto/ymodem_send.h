/* ymodem_send.h -- the sending side of YMODEM, YMODEM-g and XMODEM, for peers without ZMODEM.
 * ("XMODEM/YMODEM Protocol Reference", Forsberg 1988.) The peer's first letter says how it is
 * done: C with CRC, G without acknowledgements, NAK with sums of a byte.
 *
 * Sans-I/O, in the shape of zmodem_send.h. The way has to carry every byte as it is. */
#ifndef PERIGEE_PROTO_YMODEM_SEND_H
#define PERIGEE_PROTO_YMODEM_SEND_H

#include "proto/transfer.h"

struct ymodem_send;

/* Says nothing: the peer begins. XMODEM if that is the options' protocol. */
struct ymodem_send *ymodem_send_new(const struct transfer_options *options, int64_t now);
void ymodem_send_free(struct ymodem_send *y); /* NULL is allowed */

bool ymodem_send_next(struct ymodem_send *y, struct span *in, int64_t now,
                      struct transfer_event *ev);
int64_t ymodem_send_deadline(const struct ymodem_send *y); /* or TRANSFER_NEVER */
void ymodem_send_timeout(struct ymodem_send *y, int64_t now);

/* As zmodem_send.h's. XMODEM takes one file. */
void ymodem_send_offer(struct ymodem_send *y, const struct transfer_file *file, int64_t now);
void ymodem_send_finish(struct ymodem_send *y, int64_t now);
void ymodem_send_give(struct ymodem_send *y, int64_t offset, struct span data, int64_t now);
void ymodem_send_abort(struct ymodem_send *y, const char *why);

#endif
