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
                   "'%s' is no address, expected one like 192.0.2.1, 10.0.0.0/8 "
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
        return err_set(e, "'%s' has no length from 0 to %u behind the '/'", text, n->bits);
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

int address_bytes(const struct sockaddr *a, unsigned char out[16])
{
    if (a->sa_family == AF_INET) {
        memcpy(out, &((const struct sockaddr_in *)a)->sin_addr, 4);
        return AF_INET;
    }
    memcpy(out, &((const struct sockaddr_in6 *)a)->sin6_addr, 16);
    if (!address_is_mapped(out))
        return AF_INET6;
    memmove(out, out + 12, 4);
    return AF_INET;
}

void address_unmap(struct sockaddr_storage *a)
{
    struct sockaddr_in6 six;
    struct sockaddr_in four = {.sin_family = AF_INET};

    memcpy(&six, a, sizeof(six));
    if (six.sin6_family != AF_INET6 || !address_is_mapped(six.sin6_addr.s6_addr))
        return;
    memcpy(&four.sin_addr, six.sin6_addr.s6_addr + 12, 4);
    four.sin_port = six.sin6_port;
    memcpy(a, &four, sizeof(four));
}

bool network_has(const struct network *n, const struct sockaddr *a)
{
    unsigned char bytes[16];
    unsigned whole = n->bits / 8;
    unsigned mask = 0xFF00u >> (n->bits % 8) & 0xFF;

    if (address_bytes(a, bytes) != n->family || memcmp(n->bytes, bytes, whole) != 0)
        return false;
    return mask == 0 || ((n->bytes[whole] ^ bytes[whole]) & mask) == 0;
}

static bool take_proxy(const char *text, size_t *len)
{
    static const char mark[] = " proxy";
    size_t n = strlen(mark);

    if (*len < n || memcmp(text + *len - n, mark, n) != 0)
        return false;
    *len -= n;
    while (*len > 0 && text[*len - 1] == ' ')
        (*len)--;
    return true;
}

int address_read(const char *text, struct listen_at *out, struct err *e)
{
    size_t len = strlen(text);
    const char *colon;
    const char *port;
    size_t n, digits;

    out->is_proxied = take_proxy(text, &len);
    colon = memrchr(text, ':', len);
    n = colon ? (size_t)(colon - text) : 0;
    port = colon ? colon + 1 : text;
    digits = len - (size_t)(port - text);
    if (!colon || n == 0 || n >= ADDRESS_HOST || digits == 0 ||
        strspn(port, "0123456789") != digits)
        return err_set(e,
                       "listen '%s': expected HOST:PORT, as 127.0.0.1:2323 or [::1]:2323, or "
                       "HOST:PORT proxy",
                       text);
    if (digits >= ADDRESS_PORT || strtoul(port, NULL, 10) > 65535)
        return err_set(e, "listen '%s': expected a port from 0 to 65535", text);
    snprintf(out->port, sizeof(out->port), "%.*s", (int)digits, port);
    if (text[0] == '[' && colon[-1] == ']') {
        text++;
        n -= 2;
    }
    snprintf(out->host, sizeof(out->host), "%.*s", (int)n, text);
    return 0;
}

int address_check(const char *text, struct err *e)
{
    struct listen_at ignored;

    return address_read(text, &ignored, e);
}
