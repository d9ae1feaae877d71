#include "base/remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static const char telnet[] = "telnet://";
static const char rlogin[] = "rlogin://";

/* Texts of a fixed size; false: it does not fit, or there is nothing. */
static bool copy(char *to, size_t size, struct span from)
{
    if (from.len == 0 || from.len >= size)
        return false;
    memcpy(to, from.data, from.len);
    to[from.len] = '\0';
    return true;
}

static bool is_clean(struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if ((unsigned char)s.data[i] < ' ' || s.data[i] == 0x7F)
            return false;
    }
    return true;
}

static struct span take_name(struct span *rest)
{
    const char *scheme = memmem(rest->data, rest->len, "://", 3);
    const char *equals =
        scheme ? memrchr(rest->data, '=', (size_t)(scheme - rest->data)) : NULL;
    struct span name = {rest->data, 0};

    if (equals) {
        name = span_take(rest, (size_t)(equals - rest->data));
        span_take(rest, 1);
    }
    return name;
}

static bool take_protocol(struct span *rest, struct remote *r)
{
    r->is_rlogin = span_starts_with(*rest, rlogin);
    if (!r->is_rlogin && !span_starts_with(*rest, telnet))
        return false;
    span_take(rest, sizeof(telnet) - 1);
    return true;
}

/* "host", "[::1]": what is in the brackets. */
static struct span take_host(struct span *rest)
{
    bool is_six = span_starts_with(*rest, "[");
    const char *chars = is_six ? "0123456789abcdefABCDEF:."
                               : "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "0123456789-._";
    struct span host;
    size_t n = 0;

    span_take(rest, is_six);
    while (n < rest->len && strchr(chars, rest->data[n]))
        n++;
    host = span_take(rest, n);
    if (is_six && !span_starts_with(*rest, "]"))
        host.len = 0;
    span_take(rest, is_six);
    return host;
}

static bool take_port(struct span *rest, struct remote *r)
{
    size_t n = 0;

    if (!span_starts_with(*rest, ":"))
        return copy(r->port, sizeof(r->port), span_of(r->is_rlogin ? "513" : "23"));
    span_take(rest, 1);
    while (n < rest->len && rest->data[n] >= '0' && rest->data[n] <= '9')
        n++;
    if (!copy(r->port, sizeof(r->port), span_take(rest, n)))
        return false;
    return strtoul(r->port, NULL, 10) >= 1 && strtoul(r->port, NULL, 10) <= 65535;
}

static bool take_charset(struct span rest, struct remote *r)
{
    r->charset[0] = '\0';
    if (rest.len == 0)
        return true;
    return (span_is(rest, " cp437") || span_is(rest, " utf-8")) &&
           copy(r->charset, sizeof(r->charset), span_from(rest.data + 1, rest.len - 1));
}

static int wrong(struct err *e, const char *item, const char *what)
{
    return err_set(e,
                   "dial.hosts: '%s' %s, expected one like \"The Void=telnet://bbs.example.net"
                   ":2323 cp437\" or \"rlogin://door.example.net\"",
                   item, what);
}

int remote_parse(const char *item, struct remote *r, struct err *e)
{
    struct span rest = span_of(item);
    struct span name = take_name(&rest);
    bool is_named = rest.data != item;
    struct span host;

    if (!take_protocol(&rest, r))
        return wrong(e, item, "has no telnet:// or rlogin://");
    host = take_host(&rest);
    if (!copy(r->host, sizeof(r->host), host))
        return wrong(e, item, "has no host behind the '//'");
    if (!is_clean(name) || !copy(r->name, sizeof(r->name), is_named ? name : host))
        return wrong(e, item, "has a name that is empty or longer than 60 bytes");
    if (!take_port(&rest, r))
        return wrong(e, item, "has no port from 1 to 65535");
    if (!take_charset(rest, r))
        return wrong(e, item, "does not end with the port, or cp437 or utf-8 behind it");
    return 0;
}

int remote_check(const char *item, struct err *e)
{
    struct remote ignored;

    return remote_parse(item, &ignored, e);
}

const char *remote_protocol(const struct remote *r)
{
    return r->is_rlogin ? "rlogin" : "telnet";
}

static bool is_same(const char *text, struct span s)
{
    return strlen(text) == s.len && strncasecmp(text, s.data, s.len) == 0;
}

bool remote_is(const struct remote *r, struct span name)
{
    return is_same(r->name, name) || is_same(r->host, name);
}
