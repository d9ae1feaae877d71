#include "base/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool address_is_mapped(const unsigned char bytes[16])
{
    static const unsigned char prefix[12] = {[10] = 0xFF, [11] = 0xFF};

    return memcmp(bytes, prefix, sizeof(prefix)) == 0;
}

static int parse_address(const char *text, size_t len, struct network *n, struct err *e)
{
    char address[64];

    *n = (struct network){.family = strchr(text, ':') ? AF_INET6 : AF_INET};
    n->bits = n->family == AF_INET ? 32 : 128;
    if (len < sizeof(address)) {
        memcpy(address, text, len);
        address[len] = '\0';
        if (inet_pton(n->family, address, n->bytes) == 1)
            return 0;
    }
    return err_set(e,
                   "limits.allow: '%s' is no address, expected one like 192.0.2.1, 10.0.0.0/8 "
                   "or 2001:db8::/32",
                   text);
}

int network_parse(const char *text, struct network *n, struct err *e)
{
    const char *slash = strchr(text, '/');
    char *end = NULL;
    unsigned long bits;

    if (parse_address(text, slash ? (size_t)(slash - text) : strlen(text), n, e) < 0)
        return -1;
    bits = slash ? strtoul(slash + 1, &end, 10) : n->bits;
    if (slash && (slash[1] < '0' || slash[1] > '9' || *end || bits > n->bits))
        return err_set(e, "limits.allow: '%s' has no length from 0 to %u behind the '/'", text,
                       n->bits);
    n->bits = (unsigned)bits;
    if (n->family == AF_INET6 && bits >= 96 && address_is_mapped(n->bytes)) {
        n->family = AF_INET; /* as the callers from there are counted */
        n->bits -= 96;
        memmove(n->bytes, n->bytes + 12, 4);
    }
    return 0;
}

int network_check(const char *text, struct err *e)
{
    struct network ignored;

    return network_parse(text, &ignored, e);
}

int address_split(const char *host_port, char host[ADDRESS_HOST], const char **port,
                  struct err *e)
{
    const char *colon = strrchr(host_port, ':');
    size_t n = colon ? (size_t)(colon - host_port) : 0;

    if (!colon || n == 0 || n >= ADDRESS_HOST || colon[1] == '\0' ||
        colon[1 + strspn(colon + 1, "0123456789")] != '\0')
        return err_set(e, "listen '%s': expected HOST:PORT, as 127.0.0.1:2323 or [::1]:2323",
                       host_port);
    if (strlen(colon + 1) > 5 || strtoul(colon + 1, NULL, 10) > 65535)
        return err_set(e, "listen '%s': expected a port from 0 to 65535", host_port);
    if (host_port[0] == '[' && colon[-1] == ']') {
        host_port++;
        n -= 2;
    }
    snprintf(host, ADDRESS_HOST, "%.*s", (int)n, host_port);
    *port = colon + 1;
    return 0;
}

int address_check(const char *host_port, struct err *e)
{
    char host[ADDRESS_HOST];
    const char *port;

    return address_split(host_port, host, &port, e);
}
