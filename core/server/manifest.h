/* manifest.h -- what a backup says of itself. It is a tar, compressed: first the member
 * MANIFEST (what it is, of when, what was found to be put in), then screens/, lua/, doors/,
 * .starter/ and data/, last SHA256SUMS, in the format of sha256sum(1): what is in it, and that
 * it is whole. A member that changed while it was read may come again: the last one counts. No
 * I/O. */
#ifndef PERIGEE_SERVER_MANIFEST_H
#define PERIGEE_SERVER_MANIFEST_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define MANIFEST_NAME "MANIFEST"
#define SUMS_NAME "SHA256SUMS"

enum { MANIFEST_FORMAT = 1, MANIFEST_MOST = 4096, SUMS_MOST = 512 << 20, DIGEST_BYTES = 32 };

struct manifest {
    int format;
    char version[32]; /* of the perigee that made it */
    int schema;
    int64_t made; /* Unix seconds */
    uint64_t files;
    uint64_t bytes;
};

void manifest_add(struct buf *out, const struct manifest *m);
int manifest_read(struct span text, struct manifest *out, struct err *e);

/* The sums of all members, by their names. */
struct sum;
struct sums {
    struct sum *first;
    unsigned count;
};

void sums_set(struct sums *s, const char *path, const unsigned char digest[DIGEST_BYTES]);
void sums_add(const struct sums *s, struct buf *out);
int sums_read(struct span text, struct sums *out, struct err *e);
/* Are they of the same files, with the same in them? -1 and `e`: the first that is not. */
int sums_compare(const struct sums *wanted, const struct sums *found, struct err *e);
void sums_clear(struct sums *s);

#endif
