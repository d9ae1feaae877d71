/* shoulder.h -- looking over a caller's shoulder: what that terminal is sent is played into a
 * picture of it, for somebody else to be shown. Costs nothing where nobody looks; who is looked
 * at is sent at most 800 KB a second, so that a flood there is not everybody's. */
#ifndef PERIGEE_CLIENT_SHOULDER_H
#define PERIGEE_CLIENT_SHOULDER_H

#include <stddef.h>

#include "base/err.h"
#include "client/client.h"
#include "term/picture.h"

struct shoulder;

/* `by` looks at `of`, and is woken (client_wake) when something has changed there. The terminal
 * of `of` is painted anew, where what it shows can be: the picture begins empty. NULL and `e`.
 */
struct shoulder *shoulder_new(struct client *by, struct client *of, struct err *e);
void shoulder_free(struct shoulder *s); /* NULL is allowed */

/* NULL: that caller has left. Good until the loop goes on. */
const struct picture *shoulder_picture(const struct shoulder *s);

/* --- of client/'s other parts --- */
void shoulder_show(struct client *of, size_t bytes); /* the first of its queue are sent */
void shoulder_resize(struct client *of);
void shoulder_forget(struct client *c); /* it leaves: whoever looks, or is looked at */

#endif
