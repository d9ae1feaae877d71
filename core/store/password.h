/* password.h -- passwords as yescrypt hashes, by libxcrypt's crypt_ra. Slow by design (13 ms,
 * 16 MiB): never on the loop thread. */
#ifndef PERIGEE_STORE_PASSWORD_H
#define PERIGEE_STORE_PASSWORD_H

#include "base/err.h"

enum { PASSWORD_HASH_MAX = 384, PASSWORD_LEAST = 8, PASSWORD_MOST = 128 };

#define PASSWORD_NONE "*" /* in the place of a hash: no password is right */

int password_hash(const char *password, char out[PASSWORD_HASH_MAX], struct err *e);
int password_check(const char *password, const char *hash, struct err *e); /* 1, 0; -1: `e` */

/* A random one, easy to read out: "mavi-koru-teso-bani". `out` holds at least 20 bytes. */
int password_make(char *out, struct err *e);

#endif
