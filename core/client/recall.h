/* recall.h -- lines that were typed before in a field with `history`: the arrows up and down
 * bring them back. Part of client/: prompt.c uses it. */
#ifndef PERIGEE_CLIENT_RECALL_H
#define PERIGEE_CLIENT_RECALL_H

#include <stdbool.h>

#include "base/span.h"
#include "term/keys.h"

struct client;

void recall_add(struct client *c, struct span line); /* if the field that is asked has one */
void recall_free(struct client *c);

/* Up and down in such a field: what is to stand there instead, good until the next call.
 * False: not such a key, or there is no line further on. */
bool recall_key(struct client *c, const struct key *key, struct span *line);

#endif
