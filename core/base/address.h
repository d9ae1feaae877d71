/* address.h -- addresses as a sysop writes them: networks, and where to listen. */
#ifndef PERIGEE_BASE_ADDRESS_H
#define PERIGEE_BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/err.h"

enum { ADDRESS_HOST = 256, ADDRESS_PORT = 6 }; /* room for a host's name, and a port */

/* Where to listen. */
struct listen_at {
    char host[ADDRESS_HOST];
    char port[ADDRESS_PORT];
    bool is_proxied; /* a proxy says who calls: see proto/proxy.h */
};

struct network {
    int family; /* AF_INET, AF_INET6 */
    unsigned char bytes[16];
    unsigned bits;
};

/* "10.0.0.0/8", "2001:db8::/32", "::1". Networks of mapped addresses are IPv4's. -1 and `e`. */
int network_parse(const char *text, struct network *n, struct err *e);

/* An IPv4 address written as an IPv6 one, RFC 4291 section 2.5.5.2? */
bool address_is_mapped(const unsigned char bytes[16]);

/* The bytes of an IPv4 or IPv6 address, of one that is mapped the four of IPv4; the family. */
int address_bytes(const struct sockaddr *a, unsigned char out[16]);
/* Of an address that is mapped, IPv4's own; any other stays. */
void address_unmap(struct sockaddr_storage *a);
bool network_has(const struct network *n, const struct sockaddr *a);

/* HOST:PORT or [HOST]:PORT, and " proxy" behind it or not. -1 and `e`. */
int address_read(const char *text, struct listen_at *out, struct err *e);

/* The same two as checks of a setting's item. */
int network_check(const char *text, struct err *e);
int address_check(const char *host_port, struct err *e);

#endif
