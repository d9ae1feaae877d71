/* ymodem_receive.h -- the receiving side of YMODEM, YMODEM-g and XMODEM, for peers without
 * ZMODEM. ("XMODEM/YMODEM Protocol Reference", Forsberg 1988.)
 *
 * Sans-I/O, in the shape of zmodem_receive.h. The way has to carry every byte as it is. A file
 * that comes by XMODEM has no name, no size (-1), and up to 127 or 1,023 bytes of 0x1A at its
 * end. */
#ifndef PERIGEE_PROTO_YMODEM_RECEIVE_H
#define PERIGEE_PROTO_YMODEM_RECEIVE_H

#include "proto/transfer.h"

struct ymodem_receive;

/* Invites the peer at once, and every 3 s, in the way of the options' protocol. */
struct ymodem_receive *ymodem_receive_new(const struct transfer_options *options, int64_t now);
void ymodem_receive_free(struct ymodem_receive *y); /* NULL is allowed */

bool ymodem_receive_next(struct ymodem_receive *y, struct span *in, int64_t now,
                         struct transfer_event *ev);
int64_t ymodem_receive_deadline(const struct ymodem_receive *y); /* or TRANSFER_NEVER */
void ymodem_receive_timeout(struct ymodem_receive *y, int64_t now);

/* The answers to TRANSFER_OFFER: take it, from its beginning, or end all: these protocols can't
 * leave out one file. */
void ymodem_receive_accept(struct ymodem_receive *y, int64_t now);
void ymodem_receive_stored(struct ymodem_receive *y, bool ok, int64_t now);
void ymodem_receive_abort(struct ymodem_receive *y, const char *why);

#endif
