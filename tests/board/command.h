/* command.h -- for board tests of the command line: `perigee ...` run to its end, and what it
 * has said. */
#ifndef PERIGEE_TESTS_COMMAND_H
#define PERIGEE_TESTS_COMMAND_H

extern char *said; /* by the last run: output and errors; freed by the next */

/* Run `perigee ARGS...` (NULL-terminated) with `input` (NULL: none): it must end so. */
void run_command(int status, const char *const *args, const char *input);
void expect_said(const char *text);

/* Both, in one: EXPECT(0, "3 files", "backup", "x"). */
#define EXPECT(status, text, ...)                                                              \
    do {                                                                                       \
        run_command(status, (const char *const[]){__VA_ARGS__, NULL}, NULL);                   \
        expect_said(text);                                                                     \
    } while (0)

/* A path in the board's folder; good until eight calls later. */
const char *below(const char *path);
_Bool is_there(const char *path); /* below the board */

#endif
