#include "store/audit.h"

#include <time.h>

static struct value text(struct span s)
{
    return (struct value){.type = VALUE_TEXT, .text = s};
}

int audit_add(struct db *db, const char *who, const char *what, struct span subject,
              struct span detail, struct err *e)
{
    const struct value values[] = {{.type = VALUE_INTEGER, .integer = (int64_t)time(NULL)},
                                   text(span_of(who)),
                                   text(span_of(what)),
                                   text(subject),
                                   text(detail)};

    return db_run(db,
                  SPAN_LIT("INSERT INTO audit (at, who, address, what, subject, detail) "
                           "VALUES (?, ?, '', ?, ?, ?)"),
                  values, 5, NULL, e);
}
