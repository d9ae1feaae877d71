#include "server/gate.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define uthash_malloc(size) mem_alloc(size)
#define uthash_free(p, size) mem_free(p)
#include <uthash.h>
#include <utlist.h>

#include "base/address.h"
#include "base/mem.h"

enum {
    FORGET_FAILURES = 600, /* seconds after the last */
    BAN_MOST = 86400,
    BAN_MEMORY = 86400, /* seconds after a ban in which the next one is twice as long */
    TELL_EACH = 100,
    EVICT_LOOK = 64, /* banned addresses that are looked at to find one whose ban is over */
};

/* IPv4 as it is, IPv6 by its /64. */
struct key {
    unsigned char bytes[8];
    unsigned char family;
};

/* In the order in which addresses are given up. */
enum standing { IDLE, CALLING, BANNED, STANDINGS };

struct address {
    UT_hash_handle hh;
    struct address *prev; /* of the same standing, the longest unused first */
    struct address *next;
    enum standing standing; /* as of the last use: a ban may have ended since */
    struct key key;
    unsigned callers;
    unsigned failures;
    unsigned bans;
    double calls_left; /* of the token bucket */
    double filled_at;
    double failed_at;
    double banned_until;
};

struct gate {
    struct address *addresses;
    struct address *lists[STANDINGS];
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

static struct key key_of(const struct sockaddr *a)
{
    unsigned char bytes[16];
    struct key key = {.family = 4};

    if (address_bytes(a, bytes) == AF_INET6)
        key.family = 6;
    memcpy(key.bytes, bytes, key.family == 4 ? 4 : 8);
    return key;
}

void gate_set(struct gate *g, const struct settings *s)
{
    struct err impossible; /* the items of a setting have been checked */

    for (unsigned i = 0; i < s->allow.count; i++)
        network_parse(s->allow.items[i], &g->allow[i], &impossible);
    g->allow_count = s->allow.count;
    g->callers_per_address = s->callers_per_address;
    g->calls_per_minute = s->calls_per_minute;
    g->login_failures = s->login_failures;
    g->ban_seconds = s->ban_seconds;
}

bool gate_is_allowed(const struct gate *g, const struct sockaddr *a)
{
    for (unsigned i = 0; i < g->allow_count; i++) {
        if (network_has(&g->allow[i], a))
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

/* Put it where it now belongs, as the last used. */
static void settle(struct gate *g, struct address *a, double now)
{
    DL_DELETE(g->lists[a->standing], a);
    a->standing = a->banned_until > now ? BANNED : a->callers > 0 ? CALLING : IDLE;
    DL_APPEND(g->lists[a->standing], a);
}

/* Only a few are looked at, so that a table full of bans costs no caller a walk through it. */
static void settle_ended_bans(struct gate *g, double now)
{
    for (int i = 0; i < EVICT_LOOK && g->lists[BANNED]; i++)
        settle(g, g->lists[BANNED], now);
}

/* Room for one more. A live call whose address goes is no longer counted, nothing worse. */
static void evict(struct gate *g, double now)
{
    struct address *a;
    int standing = IDLE;

    if (!g->lists[IDLE])
        settle_ended_bans(g, now);
    while (!g->lists[standing])
        standing++;
    a = g->lists[standing];
    DL_DELETE(g->lists[standing], a);
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

static struct address *add(struct gate *g, const struct sockaddr *from, double now)
{
    struct address *a;

    if (HASH_COUNT(g->addresses) >= GATE_ADDRESSES)
        evict(g, now);
    a = mem_zalloc(sizeof(*a));
    a->key = key_of(from);
    a->calls_left = (double)g->calls_per_minute;
    a->filled_at = now;
    HASH_ADD(hh, g->addresses, key, sizeof(a->key), a);
    DL_APPEND(g->lists[IDLE], a);
    return a;
}

static struct address *find_or_add(struct gate *g, const struct sockaddr *from, double now)
{
    struct address *a = find(g, from);

    return a ? a : add(g, from, now);
}

/* --- the answers --- */

/* A clock that is set back fills no bucket, and empties none. */
static bool take_call(const struct gate *g, struct address *a, double now)
{
    double most = (double)g->calls_per_minute;

    if (now > a->filled_at)
        a->calls_left += (now - a->filled_at) * most / 60;
    a->filled_at = now;
    if (a->calls_left > most)
        a->calls_left = most;
    if (a->calls_left < 1)
        return false;
    a->calls_left -= 1;
    return true;
}

static enum gate_answer judge(const struct gate *g, struct address *a, double now)
{
    if (a->banned_until > now)
        return GATE_BANNED;
    if (!take_call(g, a, now))
        return GATE_TOO_MANY_CALLS;
    if (a->callers >= (unsigned long)g->callers_per_address)
        return GATE_TOO_MANY_CALLERS;
    a->callers++;
    return GATE_OPEN;
}

enum gate_answer gate_enter(struct gate *g, const struct sockaddr *from, double now)
{
    enum gate_answer answer;
    struct address *a;

    if (gate_is_allowed(g, from))
        return GATE_OPEN;
    a = find_or_add(g, from, now);
    answer = judge(g, a, now);
    settle(g, a, now);
    return answer;
}

/* Whether it is allowed now is not asked: it may have been counted before the list changed, and
 * a call that is never taken off would shut its address out for good. */
void gate_leave(struct gate *g, const struct sockaddr *from, double now)
{
    struct address *a = find(g, from);

    if (!a || a->callers == 0)
        return;
    a->callers--;
    settle(g, a, now);
}

static void ban(const struct gate *g, struct address *a, double now)
{
    double seconds = (double)g->ban_seconds;
    double until;

    if (a->bans > 0 && now - a->banned_until > BAN_MEMORY)
        a->bans = 0;
    for (unsigned i = 0; i < a->bans && seconds < BAN_MOST; i++)
        seconds *= 2;
    a->bans++;
    a->failures = 0;
    until = now + (seconds < BAN_MOST ? seconds : BAN_MOST);
    if (a->banned_until < until)
        a->banned_until = until; /* a sysop's ban is longer, as a rule */
}

bool gate_login_failed(struct gate *g, const struct sockaddr *from, double now)
{
    struct address *a;
    bool too_many;

    if (is_own_machine(from) || gate_is_allowed(g, from))
        return false;
    a = find_or_add(g, from, now);
    if (now - a->failed_at > FORGET_FAILURES)
        a->failures = 0;
    a->failed_at = now;
    too_many = ++a->failures >= (unsigned long)g->login_failures;
    if (too_many)
        ban(g, a, now);
    settle(g, a, now);
    return too_many;
}

bool gate_is_same(const struct sockaddr *a, const struct sockaddr *b)
{
    struct key one = key_of(a);
    struct key other = key_of(b);

    return memcmp(&one, &other, sizeof(one)) == 0;
}

bool gate_ban(struct gate *g, const struct sockaddr *from, double now, double seconds)
{
    struct address *a;

    if (is_own_machine(from) || gate_is_allowed(g, from))
        return false;
    a = find_or_add(g, from, now);
    a->banned_until = now + seconds;
    a->failures = 0;
    settle(g, a, now);
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

    for (const struct address *a = g->lists[BANNED]; a; a = a->next)
        n += a->banned_until > now;
    return n;
}
