/* timer.h -- something to be done later, on the loop. For the floors above, which know no
 * event library. */
#ifndef PERIGEE_CLIENT_TIMER_H
#define PERIGEE_CLIENT_TIMER_H

struct ev_loop;
struct timer;

/* Call `fire` once, after `seconds`. Free it before or after that, or in `fire`. */
struct timer *timer_new(struct ev_loop *loop, double seconds, void (*fire)(void *arg),
                        void *arg);
void timer_free(struct timer *t);         /* NULL is allowed */
double timer_left(const struct timer *t); /* seconds */

/* Seconds, of a clock that nobody sets: what takes its time, or ends by it, goes by this one.
 * On a machine without a clock of its own the time of day jumps by years once it is known. */
double timer_now(void);

#endif
