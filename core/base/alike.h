/* alike.h -- names that people would take for one another: the same but for letter case, width
 * or another compatibility form, and names that mix scripts to look like somebody else's. */
#ifndef PERIGEE_BASE_ALIKE_H
#define PERIGEE_BASE_ALIKE_H

#include <stdbool.h>

#include "base/span.h"

/* What all names that are the same have in common (Unicode NFKC and full case folding): text
 * that ends with NUL, the caller's to mem_free. NULL: the name is no UTF-8, or has more than
 * 160 bytes. */
char *alike_key(struct span name);

/* The same of names that only look alike: 0 for O, 1 or I for l, "rn" for m, and letters of
 * Greek and Cyrillic that are drawn as Latin ones are. Rough: not for finding, but for refusing
 * what looks like a name that is there. */
char *alike_look(struct span name);

/* Is it, of at most 160 bytes of UTF-8, written in its usual form (NFKC) already? */
bool alike_is_usual(struct span name);

/* Can all of it be seen? No controls, nothing invisible, and no blank but the plain space. The
 * name is UTF-8. */
bool alike_is_seen(struct span name);

/* Are its letters of several scripts that have no business together, as Latin and Cyrillic?
 * Chinese, Japanese and Korean ones may be with Latin. The name is UTF-8. */
bool alike_is_mixed(struct span name);

#endif
