#include "tests/board/command.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "tests/board/stage.h"

char *said;

void run_command(int status, const char *const *args, const char *input)
{
    int got;

    free(said);
    said = NULL;
    got = board_run(args, input, &said);
    if (got != status)
        fail_msg("perigee %s %s: exit status %d, expected %d; it said:\n%s", args[0],
                 args[1] ? args[1] : "", got, status, said);
}

void expect_said(const char *text)
{
    if (!strstr(said, text))
        fail_msg("there is no \"%s\" in: %s", text, said);
}

const char *below(const char *path)
{
    static char whole[8][PATH_MAX];
    static unsigned turn;
    char *out = whole[turn++ % 8];

    snprintf(out, PATH_MAX, "%s/%s", board->folder, path);
    return out;
}

_Bool is_there(const char *path)
{
    struct stat st;

    return lstat(below(path), &st) == 0;
}
