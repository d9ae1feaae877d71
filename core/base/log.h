/* log.h -- what happened, one line an event, `key=value`, to standard error; with the
 * journal's priorities where standard error is the journal; and to the file, where one is open
 * (logfile.h). From any thread. */
#ifndef PERIGEE_BASE_LOG_H
#define PERIGEE_BASE_LOG_H

#include <stdbool.h>

#include "base/buf.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

void log_set_level(enum log_level level);
void log_to(int fd); /* instead of standard error; -1: nowhere */
bool log_find_level(const char *name, enum log_level *out); /* "error" "warn" "info" "debug" */

/* The format is ours; text that came from outside goes in through log_quote. Line ends in the
 * result are written as " | ", other control characters as '?'. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* What whoever started the program waits for: written at every level. */
void log_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The last lines, at most `count`, the oldest first: "12:34:56 level text" and a line end. Long
 * ones are cut, and no more than 64 are kept. */
void log_recent(struct buf *out, unsigned count);
unsigned log_errors(void); /* how many in the last hour */

/* `s` in double quotes, with quotes and backslashes escaped and control characters as '?', cut
 * at 200 bytes. Borrowed: good until the eighth next call on this thread. */
const char *log_quote(struct span s);

#endif
