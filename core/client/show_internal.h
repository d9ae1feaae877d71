/* show_internal.h -- what the files of show.c share: one screen being shown. */
#ifndef PERIGEE_CLIENT_SHOW_INTERNAL_H
#define PERIGEE_CLIENT_SHOW_INTERNAL_H

#include "client/internal.h"

/* --- show.c --- */
void show_begin(struct client *c); /* what a screen needs while it runs is there */
void show_drop(struct client *c);  /* and is not any more */
bool show_call(struct client *c, struct call *call, struct outcome *out);
bool show_call_op(struct client *c, enum call_kind kind, const struct op *op, struct span text,
                  struct outcome *out);
bool show_call_occasion(struct client *c, enum screen_occasion occasion, enum call_kind kind,
                        struct outcome *out);
void show_apply(struct client *c, const struct outcome *out); /* where a handler sends it */
/* A handler has ended, and the prompt's line is as it was before. True: something else stands
 * on the screen by now. */
bool show_come_back(struct client *c, struct span notice);

/* --- show_send.c --- */
struct value show_field_value(const struct client *c, unsigned level, unsigned column);
void show_send_value(struct client *c, const struct op *op, struct span value);
void show_end_row(struct client *c);
void show_send_field(struct client *c, const struct op *op);
void show_send_flat_rows(struct client *c, const struct op *each);

/* --- show_rest.c --- */
void show_rest_returned(struct client *c, const struct outcome *out); /* of a tick, a command */

#endif
