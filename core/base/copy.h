/* copy.h -- what is in one file, into another. Blocks. */
#ifndef PERIGEE_BASE_COPY_H
#define PERIGEE_BASE_COPY_H

#include <stddef.h>

/* Write all of it. -1: errno. */
int copy_out(int to, const char *bytes, size_t len);

/* From where both stand, to the end; by the kernel where it can do that. -1: errno. */
int copy_bytes(int from, int to);

#endif
