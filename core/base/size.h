/* size.h -- sizes as people read them: "1.4 MiB". */
#ifndef PERIGEE_BASE_SIZE_H
#define PERIGEE_BASE_SIZE_H

#include "base/buf.h"

void size_add(struct buf *out, double bytes);

#endif
