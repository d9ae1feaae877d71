#include "base/near.h"

enum { LENGTH_MOST = 63 };

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned near_distance(struct span a, struct span b)
{
    unsigned row[LENGTH_MOST + 1];

    if (a.len > LENGTH_MOST || b.len > LENGTH_MOST)
        return NEAR_NEVER;
    for (unsigned j = 0; j <= b.len; j++)
        row[j] = j;
    for (unsigned i = 1; i <= a.len; i++) {
        unsigned diagonal = row[0];

        row[0] = i;
        for (unsigned j = 1; j <= b.len; j++) {
            unsigned changed = diagonal + (a.data[i - 1] != b.data[j - 1]);

            diagonal = row[j];
            row[j] = least(changed, 1 + least(row[j], row[j - 1]));
        }
    }
    return row[b.len];
}
