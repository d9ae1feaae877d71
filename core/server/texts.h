/* texts.h -- the texts of a board's files, as they were at one time: held in memory, compared,
 * and kept in one file, which is there whole or as it was before. Blocks. */
#ifndef PERIGEE_SERVER_TEXTS_H
#define PERIGEE_SERVER_TEXTS_H

#include "base/err.h"
#include "base/span.h"

struct text_of {
    char *path; /* "screens/menu.txt" */
    char *data; /* or NULL */
    size_t len;
};

struct texts {
    struct text_of *items; /* once sorted, by path */
    unsigned count;
    unsigned capacity;
};

void texts_clear(struct texts *t); /* what is all zero is empty */
void texts_add(struct texts *t, const char *path, struct span text);
void texts_sort(struct texts *t); /* after the last add, before all that follows */

const struct text_of *texts_find(const struct texts *t, const char *path); /* or NULL */

/* Call `see` with the path of each file that only one of them has, or with another text. */
void texts_compare(const struct texts *a, const struct texts *b,
                   void (*see)(void *arg, const char *path), void *arg);

/* -1 and `e`: the file is as it was. When it returns the disk has it. */
int texts_save(const struct texts *t, const char *file, struct err *e);

/* To an empty one. 0; 1: there is no such file; -1 and `e`. */
int texts_load(struct texts *t, const char *file, struct err *e);

#endif
