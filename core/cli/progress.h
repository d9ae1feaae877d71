/* progress.h -- how far a long command has come: one line on standard error, where that is a
 * terminal, drawn anew a few times a second. */
#ifndef PERIGEE_CLI_PROGRESS_H
#define PERIGEE_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool is_shown; /* standard error is a terminal */
    bool has_line; /* that is to be taken away again */
    int64_t drawn; /* ms */
};

void progress_begin(struct progress *p);
/* So much of so much; no files are told where `all_files` is 0. */
void progress_show(struct progress *p, uint64_t bytes, uint64_t all_bytes, uint64_t files,
                   uint64_t all_files);
void progress_say(struct progress *p,
                  const char *what);   /* what takes its time, until the end */
void progress_end(struct progress *p); /* the line goes; something else may be said */

#endif
