#include "server/scratch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "server/tree.h"

enum { LEVEL_MOST = 255 };

/* --- the folder --- */

static int make_folder(struct scratch *s, struct err *e)
{
    const char *temp = getenv("TMPDIR");
    char files[SCRATCH_PATH + 16];
    int n;

    if (!temp || !temp[0])
        temp = "/tmp";
    n = snprintf(s->folder, sizeof(s->folder), "%s/perigee-XXXXXX", temp);
    if ((size_t)n >= sizeof(s->folder) || !mkdtemp(s->folder)) {
        s->folder[0] = '\0';
        return err_set(e, "make a folder in %s: %s: name another with TMPDIR", temp,
                       strerror(errno));
    }
    snprintf(s->database, sizeof(s->database), "%s/perigee.db", s->folder);
    snprintf(files, sizeof(files), "%s/files", s->folder);
    if (mkdir(files, 0700) < 0)
        return err_set(e, "make %s: %s", files, strerror(errno));
    return 0;
}

void scratch_remove(struct scratch *s)
{
    if (s->folder[0])
        tree_remove(s->folder);
    s->folder[0] = '\0';
}

/* --- the database --- */

static void run_schema(struct db *db, struct board *board)
{
    struct db_limits limits = {board->settings.sql_ms, board->settings.sql_rows};
    struct buf text;
    struct err e;

    buf_init(&text, SOURCE_MAX);
    if (board_read_schema(board, &text)) {
        db_guard(db, &limits);
        if (db_run_file(db, "lua/schema.sql", buf_span(&text), &e) < 0)
            buf_printf(&board->errors, "%s\n", e.text);
        db_unguard(db);
    }
    buf_clear(&text);
}

/* Nobody logs in to it by a password: its hash is none. */
static int add_account(struct db *db, const char *handle, const char *nick, int level,
                       struct err *e)
{
    return account_add(db, span_of(handle), span_of(nick), PASSWORD_NONE, level, false, e);
}

int scratch_make(struct scratch *s, const char *from, struct board *board,
                 bool (*go_on)(void *arg), void *arg, struct err *e)
{
    struct db *db;
    int rc = 0;

    if (make_folder(s, e) < 0 || (from && db_copy(from, s->database, go_on, arg, e) < 0) ||
        !(db = db_open(s->database, true, e)))
        return -1;
    if (!from)
        rc = add_account(db, "sysop", "Sysop", LEVEL_MOST, e);
    if (rc == 0)
        run_schema(db, board);
    db_close(db);
    return rc;
}

/* --- accounts --- */

static int find(struct db *db, const char *handle, struct account *out, struct err *e)
{
    int found = account_find(db, span_of(handle), out, e);

    explicit_bzero(out->hash, sizeof(out->hash));
    if (found == 1 && account_login_right(db, out->id, (int64_t)time(NULL), e) < 0)
        return -1;
    return found;
}

int scratch_find(const struct scratch *s, const char *handle, struct account *out,
                 struct err *e)
{
    struct db *db = db_open(s->database, true, e);
    int found = db ? find(db, handle, out, e) : -1;

    db_close(db);
    return found;
}

int scratch_example(const struct scratch *s, int level, struct account *out, struct err *e)
{
    struct db *db = db_open(s->database, true, e);
    int found = db ? find(db, "example", out, e) : -1;

    if (found == 0 && add_account(db, "example", "Example", level, e) == 0)
        found = find(db, "example", out, e);
    db_close(db);
    return found == 1 ? 0 : err_prefix(e, "make the account example: ");
}
