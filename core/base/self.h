/* self.h -- this program once more, as a process of its own: for what may take long or much
 * memory, or is hostile, and must not end this one; or one of the system's tools. On a worker's
 * threads: it blocks. */
#ifndef PERIGEE_BASE_SELF_H
#define PERIGEE_BASE_SELF_H

#include <limits.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/* The folder that this program is in. False: that can't be told. */
bool self_folder(char out[PATH_MAX]);

struct self_run {
    const char *tool;        /* another program, looked for in PATH; NULL: this one */
    const char *const *args; /* behind the program's name, NULL at the end */
    int input;               /* its standard input: a file that is open */
    bool with_errors;        /* its standard error is in `out` too; else nobody hears it */
    unsigned ms;             /* that it may take; then it is killed */
};

/* For `input`: a file without a name that holds `text`, to be closed afterwards. -1: errno. */
int self_input(struct span text);

/* What it prints, to `out`. Its exit status. -1 and `e`: it could not be started, had to be
 * killed, has crashed, or has printed more than `out` takes. */
int self_run(const struct self_run *run, struct buf *out, struct err *e);

#endif
