#include "proto/proxy.h"

#include <arpa/inet.h>
#include <string.h>

static const unsigned char signature[] = "\r\n\r\n\0\r\nQUIT\n";

enum {
    SIGNATURE = 12,
    LOCAL = 0x20,
    PROXIED = 0x21,
    HEADER = 16,
    TCP4 = 0x11,
    TCP6 = 0x21,
    UNIX_STREAM = 0x31
};
enum { TCP4_BYTES = 12, TCP6_BYTES = 36 };

static enum proxy_answer fail(struct proxy *p, const char *why)
{
    p->why = why;
    return PROXY_WRONG;
}

/* --- version 1: a line --- */

static struct span take_word(struct span *rest)
{
    const char *end = memchr(rest->data, ' ', rest->len);
    struct span word = span_take(rest, end ? (size_t)(end - rest->data) : rest->len);

    span_take(rest, 1);
    return word;
}

static bool read_address(int family, struct span word, void *out)
{
    char text[INET6_ADDRSTRLEN];

    if (word.len >= sizeof(text))
        return false;
    memcpy(text, word.data, word.len);
    text[word.len] = '\0';
    return strlen(text) == word.len && inet_pton(family, text, out) == 1;
}

static bool read_port(struct span word, in_port_t *out)
{
    uint32_t port = 0;

    if (word.len < 1 || word.len > 5)
        return false;
    for (size_t i = 0; i < word.len; i++) {
        if (word.data[i] < '0' || word.data[i] > '9')
            return false;
        port = port * 10 + (uint32_t)(word.data[i] - '0');
    }
    *out = htons((uint16_t)port);
    return port <= 65535;
}

/* SOURCE DESTINATION SOURCE-PORT DESTINATION-PORT, and nothing behind it. */
static bool read_line(struct proxy *p, int family, struct span rest)
{
    struct in6_addr destination;
    in_port_t port;
    bool ok;

    if (family == AF_INET) {
        p->address.four.sin_family = AF_INET;
        ok = read_address(family, take_word(&rest), &p->address.four.sin_addr) &&
             read_address(family, take_word(&rest), &destination) &&
             read_port(take_word(&rest), &p->address.four.sin_port);
    } else {
        p->address.six.sin6_family = AF_INET6;
        ok = read_address(family, take_word(&rest), &p->address.six.sin6_addr) &&
             read_address(family, take_word(&rest), &destination) &&
             read_port(take_word(&rest), &p->address.six.sin6_port);
    }
    p->has_address = ok && read_port(rest, &port);
    return p->has_address;
}

static enum proxy_answer end_line(struct proxy *p)
{
    struct span line = span_from(p->bytes, p->len);
    struct span protocol;

    if (line.len < 2 || line.data[line.len - 2] != '\r')
        return fail(p, "its line ends without a CR");
    line.len -= 2;
    if (!span_starts_with(line, "PROXY "))
        return fail(p, "no header");
    span_take(&line, 6);
    protocol = take_word(&line);
    if (span_is(protocol, "UNKNOWN"))
        return PROXY_DONE; /* what follows says nothing */
    if ((span_is(protocol, "TCP4") && read_line(p, AF_INET, line)) ||
        (span_is(protocol, "TCP6") && read_line(p, AF_INET6, line)))
        return PROXY_DONE;
    return fail(p, "its line makes no sense");
}

static enum proxy_answer take_text(struct proxy *p, unsigned char byte)
{
    static const char begin[] = "PROXY ";

    if (p->len == PROXY_LINE_MOST)
        return fail(p, "its line is too long");
    if (p->len < 6 && byte != (unsigned char)begin[p->len])
        return fail(p, "no header");
    p->bytes[p->len++] = byte;
    return byte == '\n' ? end_line(p) : PROXY_MORE;
}

/* --- version 2: binary --- */

static uint32_t address_bytes(unsigned char family)
{
    return family == TCP4 ? TCP4_BYTES : family == TCP6 ? TCP6_BYTES : 0;
}

static enum proxy_answer end_head(struct proxy *p)
{
    unsigned char command = p->bytes[12];
    unsigned char family = p->bytes[13];
    uint32_t len = (uint32_t)p->bytes[14] << 8 | p->bytes[15];

    if (command != LOCAL && command != PROXIED)
        return fail(p, "an unknown version or command");
    if (command == PROXIED && family != 0 && family != TCP4 && family != TCP6 &&
        family != UNIX_STREAM)
        return fail(p, "neither TCP nor a local connection");
    if (command == PROXIED && len < address_bytes(family))
        return fail(p, "it is too short for its addresses");
    if (HEADER + len > PROXY_MOST)
        return fail(p, "it is too long");
    p->whole = HEADER + len;
    return PROXY_MORE;
}

static void end_binary(struct proxy *p)
{
    const unsigned char *at = p->bytes + HEADER;

    if (p->bytes[12] == LOCAL || address_bytes(p->bytes[13]) == 0)
        return;
    p->has_address = true;
    if (p->bytes[13] == TCP4) {
        p->address.four.sin_family = AF_INET;
        memcpy(&p->address.four.sin_addr, at, 4);
        memcpy(&p->address.four.sin_port, at + 8, 2);
    } else {
        p->address.six.sin6_family = AF_INET6;
        memcpy(&p->address.six.sin6_addr, at, 16);
        memcpy(&p->address.six.sin6_port, at + 32, 2);
    }
}

static enum proxy_answer take_binary(struct proxy *p, unsigned char byte)
{
    if (p->len < SIGNATURE && byte != signature[p->len])
        return fail(p, "no header");
    if (p->len < sizeof(p->bytes))
        p->bytes[p->len] = byte;
    p->len++;
    if (p->len == HEADER && end_head(p) == PROXY_WRONG)
        return PROXY_WRONG;
    if (p->len < HEADER || p->len < p->whole)
        return PROXY_MORE;
    end_binary(p);
    return PROXY_DONE;
}

enum proxy_answer proxy_take(struct proxy *p, struct span *in)
{
    enum proxy_answer answer = p->why ? PROXY_WRONG : PROXY_MORE;

    while (answer == PROXY_MORE && in->len > 0) {
        unsigned char byte = (unsigned char)*span_take(in, 1).data;
        unsigned char first = p->len > 0 ? p->bytes[0] : byte;

        answer = first == signature[0] ? take_binary(p, byte) : take_text(p, byte);
    }
    return answer;
}
