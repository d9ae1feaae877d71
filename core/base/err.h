/* err.h -- why the surroundings failed, in words. Filled at the bottom, prefixed on the way
 * up: `return err_set(e, "open %s: %s", path, strerror(errno));` */
#ifndef PERIGEE_BASE_ERR_H
#define PERIGEE_BASE_ERR_H

struct err {
    char text[1024];
};

/* Both return -1, so that a function can fail in one statement. */
int err_set(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
int err_prefix(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
