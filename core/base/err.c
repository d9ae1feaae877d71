#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *e, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(e->text, sizeof(e->text), format, args);
    va_end(args);
    return -1;
}

int err_prefix(struct err *e, const char *format, ...)
{
    char old[sizeof(e->text)];
    va_list args;
    int n;

    memcpy(old, e->text, sizeof(old));
    va_start(args, format);
    n = vsnprintf(e->text, sizeof(e->text), format, args);
    va_end(args);
    if (n >= 0 && (size_t)n < sizeof(e->text))
        snprintf(e->text + n, sizeof(e->text) - (size_t)n, "%s", old);
    return -1;
}
