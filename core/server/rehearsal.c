#include "server/rehearsal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/self.h"
#include "server/check.h"
#include "server/contents.h"
#include "store/db.h"

enum { TEST_MS = 600000, MODE = 0700 };

static int make_folder(struct rehearsal *r, struct err *e)
{
    const char *temp = getenv("TMPDIR");

    if (staging_begin_inside(&r->scratch, temp && temp[0] ? temp : "/tmp", e) < 0)
        return err_prefix(e, "name another folder with TMPDIR: ");
    if (path_join(r->board, r->scratch.folder, "board") < 0 ||
        path_join(r->data, r->board, "data") < 0 || mkdir(r->board, MODE) < 0)
        return err_set(e, "make %s: %s", r->board, strerror(errno));
    return 0;
}

enum restore_answer rehearsal_begin(struct rehearsal *r, const char *file,
                                    bool (*go_on)(void *arg, uint64_t bytes,
                                                  uint64_t all_bytes),
                                    void *arg, struct err *e)
{
    *r = (struct rehearsal){0};
    if (make_folder(r, e) < 0)
        return RESTORE_FAILED;
    return restore_unpack(
        &(struct restore){.file = file, .folder = r->board, .go_on = go_on, .arg = arg},
        &r->found, e);
}

void rehearsal_end(struct rehearsal *r)
{
    staging_drop(&r->scratch);
}

/* A server brings it up to date, and runs the board's own schema. */
int rehearsal_check(struct rehearsal *r, struct buf *report, struct err *e)
{
    char path[PATH_MAX];
    struct db *db;

    if (path_join(path, r->data, "perigee.db") < 0)
        return err_set(e, "%s: %s", r->data, strerror(errno));
    db = db_open(path, true, e);
    if (!db)
        return -1;
    db_close(db);
    return board_check(r->board, NULL, report, e);
}

bool rehearsal_has_tests(const struct rehearsal *r)
{
    char path[PATH_MAX];

    return path_join(path, r->board, "lua/tests") == 0 && access(path, F_OK) == 0;
}

int rehearsal_test(struct rehearsal *r, struct buf *out, struct err *e)
{
    const char *const args[] = {"test", "--board", r->board, "--data", r->data, NULL};
    struct self_run run = {.args = args, .with_errors = true, .ms = TEST_MS};
    int status;

    run.input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (run.input < 0)
        return err_set(e, "/dev/null: %s", strerror(errno));
    status = self_run(&run, out, e);
    close(run.input);
    return status;
}
