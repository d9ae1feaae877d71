#include "store/password.h"

#include <crypt.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* The scratch memory of crypt_ra is libcrypt's to allocate, so free() is the one to use. */
static int crypt_into(const char *password, const char *setting, char *out, size_t size,
                      struct err *e)
{
    void *scratch = NULL;
    int scratch_size = 0;
    const char *made = crypt_ra(password, setting, &scratch, &scratch_size);
    int rc = -1;

    if (!made || made[0] == '*')
        err_set(e, "hash a password: %s", strerror(errno));
    else if (strlen(made) >= size)
        err_set(e, "hash a password: the hash has %zu bytes", strlen(made));
    else {
        memcpy(out, made, strlen(made) + 1);
        rc = 0;
    }
    if (scratch)
        explicit_bzero(scratch, (size_t)scratch_size);
    free(scratch);
    return rc;
}

int password_hash(const char *password, char out[PASSWORD_HASH_MAX], struct err *e)
{
    void *setting = crypt_gensalt_ra("$y$", 0, NULL, 0);
    int rc;

    if (!setting)
        return err_set(e, "make a salt: %s", strerror(errno));
    rc = crypt_into(password, setting, out, PASSWORD_HASH_MAX, e);
    free(setting);
    return rc;
}

static int same(const char *a, const char *b)
{
    size_t n = strlen(a);
    unsigned char difference = 0;

    if (strlen(b) != n)
        return 0;
    for (size_t i = 0; i < n; i++)
        difference |= (unsigned char)(a[i] ^ b[i]);
    return difference == 0;
}

int password_check(const char *password, const char *hash, struct err *e)
{
    char made[PASSWORD_HASH_MAX];

    if (strcmp(hash, PASSWORD_NONE) == 0)
        return 0;
    if (crypt_into(password, hash, made, sizeof(made), e) < 0)
        return -1;
    return same(made, hash);
}

int password_make(char *out, struct err *e)
{
    static const char consonants[] = "bdfghklmnprstvwz"; /* 16 */
    static const char vowels[] = "aeio";                 /* 4 */
    unsigned char random[16];
    char *p = out;

    if (getrandom(random, sizeof(random), 0) != sizeof(random))
        return err_set(e, "random bytes: %s", strerror(errno));
    for (unsigned i = 0; i < 16; i++) {
        if (i > 0 && i % 4 == 0)
            *p++ = '-';
        *p++ = i % 2 ? vowels[random[i] % 4] : consonants[random[i] % 16];
    }
    *p = '\0';
    return 0;
}
