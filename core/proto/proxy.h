/* proxy.h -- the PROXY protocol, receiving side: the header by which HAProxy and others say
 * from where the connection that they pass on came. Versions 1 and 2 of its document,
 * proxy-protocol.txt, sections 2.1 and 2.2.
 *
 * Sans-I/O. At most PROXY_MOST bytes are taken, and none behind the header. What version 2 adds
 * in TLVs (section 2.2) is left out. */
#ifndef PERIGEE_PROTO_PROXY_H
#define PERIGEE_PROTO_PROXY_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

/* The document allows 65,551; what proxies send has some hundreds. */
enum { PROXY_LINE_MOST = 107, PROXY_MOST = 4096 };

enum proxy_answer {
    PROXY_MORE,  /* all of `in` is taken, and there is more to come */
    PROXY_DONE,  /* the header is whole */
    PROXY_WRONG, /* `why` says what is wrong; nothing behind it is looked at */
};

struct proxy {
    unsigned char bytes[PROXY_LINE_MOST + 1]; /* as far as they matter */
    uint32_t len;                             /* taken so far */
    uint32_t whole;                           /* of version 2, once it is known */
    const char *why;
    /* Of the caller. False: it is the proxy's own connection, or it does not know. */
    bool has_address;
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } address;
};

/* A machine begins as `struct proxy p = {0}`. Takes what belongs to the header off `in`. */
enum proxy_answer proxy_take(struct proxy *p, struct span *in);

#endif
