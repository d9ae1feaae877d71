/* gate.h -- who may connect: limits by address (IPv6: by /64), login failures, bans that end,
 * and networks that none of this holds for. Pure: addresses and times in, answers out; no
 * sockets, no clock. Holds at most GATE_ADDRESSES addresses; beyond, the longest unused goes:
 * first those without callers, then those with, the banned last. IPv4 addresses mapped into
 * IPv6 count as IPv4. */
#ifndef PERIGEE_SERVER_GATE_H
#define PERIGEE_SERVER_GATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/settings.h"

enum { GATE_ADDRESSES = 65536 };

enum gate_answer { GATE_OPEN, GATE_TOO_MANY_CALLS, GATE_TOO_MANY_CALLERS, GATE_BANNED };

struct gate;

struct gate *gate_new(void);
void gate_free(struct gate *g); /* NULL is allowed */

/* Take the limits and the allow list of `s`; all is copied. */
void gate_set(struct gate *g, const struct settings *s);

/* A connection from `a` at `now` (seconds, monotonic). GATE_OPEN counts it: pair it with
 * gate_leave. Others are counted as refusals. */
enum gate_answer gate_enter(struct gate *g, const struct sockaddr *a, double now);
void gate_leave(struct gate *g, const struct sockaddr *a, double now);

/* A login (or an unknown name) from `a` failed. True: that was one too many, the address is
 * banned now: for ban_seconds, twice as long each time it happens again within a day (at most
 * a day). Failures are forgotten ten minutes after the last. 127.0.0.1 and ::1 are never
 * banned; addresses on the allow list neither. */
bool gate_login_failed(struct gate *g, const struct sockaddr *a, double now);
/* Are they one address here? */
bool gate_is_same(const struct sockaddr *a, const struct sockaddr *b);

/* A sysop says so: for `seconds`; 0: it is banned no more. False: it can't be, it is the
 * machine's own or on the allow list. */
bool gate_ban(struct gate *g, const struct sockaddr *a, double now, double seconds);
void gate_login_right(struct gate *g, const struct sockaddr *a); /* forgets its failures */

bool gate_is_allowed(const struct gate *g, const struct sockaddr *a); /* on the allow list */

/* Refusals are told in bulk: the first, then each hundredth. True: write a line, *count is how
 * many there have been in all. Call it once for each refusal. */
bool gate_tell_refusal(struct gate *g, uint64_t *count);

unsigned gate_banned(const struct gate *g, double now); /* addresses that are banned now */

#endif
