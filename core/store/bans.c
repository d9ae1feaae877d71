#include "store/bans.h"

#include <stdio.h>

static void see_row(const struct rows *rows, unsigned row, int64_t now,
                    void (*see)(void *arg, const char *address, double seconds), void *arg)
{
    struct span text = rows_at(rows, row, 0).text;
    char address[64];

    snprintf(address, sizeof(address), "%.*s", SPAN_ARG(text));
    see(arg, address, (double)(rows_at(rows, row, 1).integer - now));
}

int bans_each(struct db *db, int64_t now,
              void (*see)(void *arg, const char *address, double seconds), void *arg,
              struct err *e)
{
    struct value key = {.type = VALUE_INTEGER, .integer = now};
    struct rows *rows;

    if (db_run(db,
               SPAN_LIT("SELECT address, until FROM bans WHERE address IS NOT NULL AND "
                        "until > ?"),
               &key, 1, &rows, e) < 0)
        return -1;
    for (unsigned row = 0; row < rows->count; row++)
        see_row(rows, row, now, see, arg);
    rows_free(rows);
    return 0;
}
