/* flush.h -- input that lies flush against unreadable memory, so that a machine that looks
 * one byte too far dies on the spot; and the cut points at which every machine is fed. */
#ifndef PERIGEE_TESTS_FLUSH_H
#define PERIGEE_TESTS_FLUSH_H

#include "base/span.h"

/* A copy of `s` whose last byte is the last readable one. One at a time is alive: good until
 * the next call. At most 1 MiB. */
struct span flush_copy(struct span s);

/* Call `feed` with the pieces of `s`, each flush: whole, byte by byte, cut in two at each
 * point, and in 200 random splits (seeded). `begin` makes a machine ready, `end` checks it;
 * both may be NULL. */
void flush_each_split(struct span s, void (*begin)(void *arg),
                      void (*feed)(void *arg, struct span piece), void (*end)(void *arg),
                      void *arg);

#endif
