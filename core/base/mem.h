/* mem.h -- memory that is there or ends the program.
 *
 * Everything a peer can make grow has a maximum from its birth, so running out of memory is
 * the machine's trouble, not a caller's: say so and stop. The only place that calls malloc. */
#ifndef PERIGEE_BASE_MEM_H
#define PERIGEE_BASE_MEM_H

#include <stddef.h>

void *mem_alloc(size_t size);              /* never NULL; not cleared */
void *mem_zalloc(size_t size);             /* never NULL; all zero */
void *mem_realloc(void *old, size_t size); /* never NULL for size > 0 */
char *mem_strdup(const char *text);
char *mem_strndup(const char *data, size_t len); /* copies `len` bytes and adds a NUL */
void mem_free(void *old);                        /* NULL is allowed */

/* For a program that serves for long: what is freed is kept for what comes next, 32 MiB of it
 * at most, as a page that the system gives anew costs more than what is done with it. */
void mem_keep_freed(void);

/* Bytes that are in use now, by this module's callers: what `status` shows. */
size_t mem_used(void);

#endif
