/* rlogin.h -- client side of RLOGIN, RFC 1282. Sans-I/O. What the server sends out of band it
 * is told by rlogin_control: the caller knows where the urgent byte stands. */
#ifndef PERIGEE_PROTO_RLOGIN_H
#define PERIGEE_PROTO_RLOGIN_H

#include <stdint.h>

#include "base/buf.h"

struct rlogin {
    bool has_begun;    /* the server's first byte is here */
    bool wants_window; /* it has asked for the size, and is told of each change */
};

/* The four strings that begin it, section 2: who calls, as whom there, what terminal. As
 * buf_add, but what is in a text behind a NUL is left out. */
bool rlogin_start(struct buf *out, const char *here, const char *there, const char *terminal);

/* What of `in` is to be shown: all but the zero that says that the connection is accepted. One
 * that is refused begins with words. */
struct span rlogin_take(struct rlogin *r, struct span in);

/* An urgent byte; only 0x80, "what size has the window?", matters to us: the others are about
 * buffers that we have not and XON and XOFF that we leave alone. True: rlogin_send_window. */
bool rlogin_control(struct rlogin *r, uint8_t byte);

/* As buf_add; nothing is sent to a server that has not asked. */
bool rlogin_send_window(const struct rlogin *r, struct buf *out, unsigned width,
                        unsigned height);

#endif
