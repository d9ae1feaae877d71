/* crypt.c -- to be preloaded into a server: passwords cost nothing, so that ten thousand
 * callers with accounts are there at once. What is measured of them is what they do then. */
#include <crypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The hash is the setting's two characters, and the password. */
char *crypt_ra(const char *password, const char *setting, void **data, int *size)
{
    char made[200];

    snprintf(made, sizeof(made), "%.2s%s", setting, password);
    *data = strdup(made);
    *size = (int)strlen(made);
    return *data;
}

char *crypt_gensalt_ra(const char *prefix, unsigned long count, const char *random, int len)
{
    (void)prefix;
    (void)count;
    (void)random;
    (void)len;
    return strdup("no");
}
