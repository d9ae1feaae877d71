/* options.h -- long options of a command line: --name, --name VALUE and --name=VALUE, before,
 * between and behind the other words; "--" ends them. Names are written out in full, so that a
 * new option never changes what an old script means. */
#ifndef PERIGEE_CLI_OPTIONS_H
#define PERIGEE_CLI_OPTIONS_H

#include <stdbool.h>

#include "base/err.h"

/* Takes a value where `values` is set, none where `flag` is. A table ends with a NULL name. */
struct option {
    const char *name; /* without the dashes */
    bool *flag;
    const char **values; /* borrowed from argv */
    unsigned max;        /* of a list: how many values it holds; 0: one, the last given */
    unsigned *count;     /* of a list */
};

enum options_answer { OPTIONS_WRONG = -1, OPTIONS_DONE, OPTIONS_HELP };

/* Take the options out of `argv`; *argc words, in their order, are left at its front.
 * OPTIONS_HELP: -h or --help was given. OPTIONS_WRONG: `e` says what is. */
enum options_answer options_take(const struct option *table, int *argc, char **argv,
                                 struct err *e);

#endif
