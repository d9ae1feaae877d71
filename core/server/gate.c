#include "server/gate.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define uthash_malloc(size) mem_alloc(size)
#define uthash_free(p, size) mem_free(p)
#include <uthash.h>

#include "base/mem.h"

enum {
    FORGET_FAILURES = 600, /* seconds after the last */
    BAN_MOST = 86400,
    BAN_MEMORY = 86400, /* seconds after a ban in which the next one is twice as long */
    TELL_EACH = 100,
    EVICT_LOOK = 64, /* addresses that are looked at to find one without a ban */
};

/* IPv4 as it is, IPv6 by its /64. */
struct key {
    unsigned char bytes[8];
    unsigned char family;
};

/* One address; in the order of use, the longest unused first. */
struct address {
    UT_hash_handle hh;
    struct key key;
    unsigned callers;
    unsigned failures;
    unsigned bans;
    double calls_left; /* of the token bucket */
    double filled_at;
    double failed_at;
    double banned_until;
};

struct network {
    int family;
    unsigned char bytes[16];
    unsigned bits;
};

struct gate {
    struct address *addresses;
    struct network allow[SETTINGS_LIST_MAX];
    unsigned allow_count;
    long callers_per_address;
    long calls_per_minute;
    long login_failures;
    long ban_seconds;
    uint64_t refusals;
};

struct gate *gate_new(void)
{
    return mem_zalloc(sizeof(struct gate));
}

void gate_free(struct gate *g)
{
    struct address *a;
    struct address *next;

    if (!g)
        return;
    HASH_ITER(hh, g->addresses, a, next)
    {
        HASH_DEL(g->addresses, a);
        mem_free(a);
    }
    mem_free(g);
}

/* --- addresses and networks --- */

/* The bytes of an address, IPv4 for one that is mapped into IPv6; the family. */
static int address_bytes(const struct sockaddr *a, unsigned char out[16])
{
    static const unsigned char mapped[12] = {[10] = 0xFF, [11] = 0xFF};

    if (a->sa_family == AF_INET) {
        memcpy(out, &((const struct sockaddr_in *)a)->sin_addr, 4);
        return AF_INET;
    }
    memcpy(out, &((const struct sockaddr_in6 *)a)->sin6_addr, 16);
    if (memcmp(out, mapped, 12) != 0)
        return AF_INET6;
    memmove(out, out + 12, 4);
    return AF_INET;
}

static struct key key_of(const struct sockaddr *a)
{
    unsigned char bytes[16];
    struct key key = {.family = 4};

    if (address_bytes(a, bytes) == AF_INET6)
        key.family = 6;
    memcpy(key.bytes, bytes, key.family == 4 ? 4 : 8);
    return key;
}

static int parse_network(const char *text, struct network *n, struct err *e)
{
    char address[64];
    const char *slash = strchr(text, '/');
    size_t len = slash ? (size_t)(slash - text) : strlen(text);
    char *end = NULL;
    unsigned long bits;

    *n = (struct network){.family = strchr(text, ':') ? AF_INET6 : AF_INET};
    n->bits = n->family == AF_INET ? 32 : 128;
    if (len >= sizeof(address))
        return err_set(e, "limits.allow: '%s' is no address", text);
    memcpy(address, text, len);
    address[len] = '\0';
    if (inet_pton(n->family, address, n->bytes) != 1)
        return err_set(e,
                       "limits.allow: '%s' is no address, expected one like 192.0.2.1, "
                       "10.0.0.0/8 or 2001:db8::/32",
                       text);
    if (!slash)
        return 0;
    bits = strtoul(slash + 1, &end, 10);
    if (slash[1] < '0' || slash[1] > '9' || *end || bits > n->bits)
        return err_set(e, "limits.allow: '%s' has no length from 0 to %u behind the '/'", text,
                       n->bits);
    n->bits = (unsigned)bits;
    return 0;
}

int gate_set(struct gate *g, const struct settings *s, struct err *e)
{
    struct network allow[SETTINGS_LIST_MAX];

    for (unsigned i = 0; i < s->allow.count; i++) {
        if (parse_network(s->allow.items[i], &allow[i], e) < 0)
            return -1;
    }
    memcpy(g->allow, allow, s->allow.count * sizeof(allow[0]));
    g->allow_count = s->allow.count;
    g->callers_per_address = s->callers_per_address;
    g->calls_per_minute = s->calls_per_minute;
    g->login_failures = s->login_failures;
    g->ban_seconds = s->ban_seconds;
    return 0;
}

static bool is_in(const struct network *n, int family, const unsigned char *bytes)
{
    unsigned whole = n->bits / 8;
    unsigned mask = 0xFF00u >> (n->bits % 8) & 0xFF;

    if (n->family != family || memcmp(n->bytes, bytes, whole) != 0)
        return false;
    return mask == 0 || ((n->bytes[whole] ^ bytes[whole]) & mask) == 0;
}

bool gate_is_allowed(const struct gate *g, const struct sockaddr *a)
{
    unsigned char bytes[16];
    int family = address_bytes(a, bytes);

    for (unsigned i = 0; i < g->allow_count; i++) {
        if (is_in(&g->allow[i], family, bytes))
            return true;
    }
    return false;
}

static bool is_own_machine(const struct sockaddr *a)
{
    static const unsigned char four[4] = {127, 0, 0, 1};
    static const unsigned char six[16] = {[15] = 1};
    unsigned char bytes[16];

    if (address_bytes(a, bytes) == AF_INET)
        return memcmp(bytes, four, 4) == 0;
    return memcmp(bytes, six, 16) == 0;
}

/* --- the table --- */

/* Room for one more: the longest unused goes that is neither banned nor has callers. */
static void evict(struct gate *g, double now)
{
    struct address *a = g->addresses;

    for (int i = 0; a && i < EVICT_LOOK && (a->callers > 0 || a->banned_until > now); i++)
        a = a->hh.next;
    if (!a)
        a = g->addresses;
    HASH_DEL(g->addresses, a);
    mem_free(a);
}

static struct address *find(const struct gate *g, const struct sockaddr *from)
{
    struct key key = key_of(from);
    struct address *a;

    HASH_FIND(hh, g->addresses, &key, sizeof(key), a);
    return a;
}

/* Found or made, and now the last used. */
static struct address *use(struct gate *g, const struct sockaddr *from, double now)
{
    struct address *a = find(g, from);

    if (a) {
        HASH_DEL(g->addresses, a);
    } else {
        if (HASH_COUNT(g->addresses) >= GATE_ADDRESSES)
            evict(g, now);
        a = mem_zalloc(sizeof(*a));
        a->key = key_of(from);
        a->calls_left = (double)g->calls_per_minute;
        a->filled_at = now;
    }
    HASH_ADD(hh, g->addresses, key, sizeof(a->key), a);
    return a;
}

/* --- the answers --- */

static bool take_call(const struct gate *g, struct address *a, double now)
{
    double most = (double)g->calls_per_minute;

    a->calls_left += (now - a->filled_at) * most / 60;
    a->filled_at = now;
    if (a->calls_left > most)
        a->calls_left = most;
    if (a->calls_left < 1)
        return false;
    a->calls_left -= 1;
    return true;
}

enum gate_answer gate_enter(struct gate *g, const struct sockaddr *from, double now)
{
    struct address *a;

    if (gate_is_allowed(g, from))
        return GATE_OPEN;
    a = use(g, from, now);
    if (a->banned_until > now)
        return GATE_BANNED;
    if (!take_call(g, a, now))
        return GATE_TOO_MANY_CALLS;
    if (a->callers >= (unsigned long)g->callers_per_address)
        return GATE_TOO_MANY_CALLERS;
    a->callers++;
    return GATE_OPEN;
}

void gate_leave(struct gate *g, const struct sockaddr *from, double now)
{
    struct address *a = gate_is_allowed(g, from) ? NULL : find(g, from);

    (void)now;
    if (a && a->callers > 0)
        a->callers--;
}

static void ban(const struct gate *g, struct address *a, double now)
{
    double seconds = (double)g->ban_seconds;

    if (a->bans > 0 && now - a->banned_until > BAN_MEMORY)
        a->bans = 0;
    for (unsigned i = 0; i < a->bans && seconds < BAN_MOST; i++)
        seconds *= 2;
    a->bans++;
    a->failures = 0;
    a->banned_until = now + (seconds < BAN_MOST ? seconds : BAN_MOST);
}

bool gate_login_failed(struct gate *g, const struct sockaddr *from, double now)
{
    struct address *a;

    if (is_own_machine(from) || gate_is_allowed(g, from))
        return false;
    a = use(g, from, now);
    if (now - a->failed_at > FORGET_FAILURES)
        a->failures = 0;
    a->failed_at = now;
    if (++a->failures < (unsigned long)g->login_failures)
        return false;
    ban(g, a, now);
    return true;
}

void gate_login_right(struct gate *g, const struct sockaddr *from)
{
    struct address *a = find(g, from);

    if (a)
        a->failures = 0;
}

bool gate_tell_refusal(struct gate *g, uint64_t *count)
{
    *count = ++g->refusals;
    return *count % TELL_EACH == 1;
}

unsigned gate_banned(const struct gate *g, double now)
{
    unsigned n = 0;

    for (const struct address *a = g->addresses; a; a = a->hh.next)
        n += a->banned_until > now;
    return n;
}
