/* control.h -- the control socket in the data folder: one request line, one answer, for the
 * `perigee` commands of whoever may open the folder. ask.h is its other end. */
#ifndef PERIGEE_SERVER_CONTROL_H
#define PERIGEE_SERVER_CONTROL_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

struct ev_loop;
struct control;

/* `answer` gets the request, and the number of the system's user who asks, and appends the
 * text; -1 and `e`: the answer is an error; 1: it is to be asked again by control_retry. */
typedef int control_answer(void *arg, uid_t who, struct span request, struct buf *text,
                           struct err *e);

/* Listen on `data`/control.sock; an old one that nobody listens on is replaced. NULL and `e`.
 */
struct control *control_new(struct ev_loop *loop, const char *data, control_answer *answer,
                            void *arg, struct err *e);
void control_retry(struct control *c);
void control_free(struct control *c); /* removes the socket; NULL is allowed */

#endif
