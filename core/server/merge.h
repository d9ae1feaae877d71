/* merge.h -- two people's changes of one text, brought together by the system's diff3. Blocks.
 */
#ifndef PERIGEE_SERVER_MERGE_H
#define PERIGEE_SERVER_MERGE_H

#include "base/buf.h"
#include "base/err.h"

/* Can this be merged line by line? Art and programs can't. */
bool merge_is_text(const char *path, struct span text);

/* What both have made of `original`: 0; 1: they have changed the same place; -1 and `e`. */
int merge_texts(const char *mine, const char *original, const char *theirs, struct buf *out,
                struct err *e);

#endif
