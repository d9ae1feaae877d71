#include "store/runs.h"

#include <stdio.h>

static void see_row(const struct rows *rows, unsigned row,
                    void (*see)(void *arg, const char *handler, const struct schedule_run *run),
                    void *arg)
{
    const struct schedule_run run = {
        rows_at(rows, row, 1).integer, rows_at(rows, row, 2).integer,
        rows_at(rows, row, 3).integer, rows_at(rows, row, 4).integer};
    char handler[128];

    snprintf(handler, sizeof(handler), "%.*s", SPAN_ARG(rows_at(rows, row, 0).text));
    see(arg, handler, &run);
}

int runs_each(struct db *db,
              void (*see)(void *arg, const char *handler, const struct schedule_run *run),
              void *arg, struct err *e)
{
    struct rows *rows;

    if (db_run(db, SPAN_LIT("SELECT handler, due, started, ended, incident FROM schedule_runs"),
               NULL, 0, &rows, e) < 0)
        return -1;
    for (unsigned row = 0; row < rows->count; row++)
        see_row(rows, row, see, arg);
    rows_free(rows);
    return 0;
}

static struct value integer(int64_t i)
{
    return (struct value){.type = VALUE_INTEGER, .integer = i};
}

int runs_put(struct db *db, const char *handler, const struct schedule_run *run, struct err *e)
{
    const struct value values[] = {{.type = VALUE_TEXT, .text = span_of(handler)},
                                   integer(run->due),
                                   integer(run->started),
                                   integer(run->ended),
                                   integer(run->incident)};

    return db_run(
        db,
        SPAN_LIT("INSERT OR REPLACE INTO schedule_runs (handler, due, started, ended, "
                 "incident) VALUES (?, ?, ?, ?, ?)"),
        values, 5, NULL, e);
}
