#include "store/audit.h"

#include <pwd.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static struct value text(struct span s)
{
    return (struct value){.type = VALUE_TEXT, .text = s};
}

static void find_name(uid_t uid, char *out, size_t size)
{
    char room[4096];
    struct passwd user;
    struct passwd *found = NULL;

    if (getpwuid_r(uid, &user, room, sizeof(room), &found) == 0 && found)
        snprintf(out, size, "%s", found->pw_name);
    else
        snprintf(out, size, "user %u", (unsigned)uid);
}

int audit_add(struct db *db, uid_t who, const char *what, struct span subject,
              struct span detail, struct err *e)
{
    struct value values[] = {{.type = VALUE_INTEGER, .integer = (int64_t)time(NULL)},
                             {.type = VALUE_NIL},
                             text(span_of(what)),
                             text(subject),
                             text(detail)};
    char name[64];

    find_name(who, name, sizeof(name));
    values[1] = text(span_of(name));
    return db_run(db,
                  SPAN_LIT("INSERT INTO audit (at, who, address, what, subject, detail) "
                           "VALUES (?, ?, '', ?, ?, ?)"),
                  values, 5, NULL, e);
}

void audit_note(const char *data, const char *what, struct span subject, struct span detail)
{
    char path[4096];
    struct err ignored;
    struct db *db;
    bool is_current;

    if (snprintf(path, sizeof(path), "%s/perigee.db", data) >= (int)sizeof(path) ||
        access(path, F_OK) < 0 || !(db = db_open(path, false, &ignored)))
        return;
    is_current = db_is_current(db); /* else a writer would bring it up to date */
    db_close(db);
    if (is_current && (db = db_open(path, true, &ignored))) {
        audit_add(db, getuid(), what, subject, detail, &ignored);
        db_close(db);
    }
}
