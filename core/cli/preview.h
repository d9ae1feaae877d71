/* preview.h -- what `perigee show` and `perigee explain` have in common: a board that runs on a
 * copy of its data, and the caller who is to see one of its screens. Blocks. */
#ifndef PERIGEE_CLI_PREVIEW_H
#define PERIGEE_CLI_PREVIEW_H

#include "cli/cli.h"
#include "server/headless.h"

enum { PREVIEW_ROWS_MOST = 100 };

struct preview {
    const struct command *self;
    const char *board;
    const char *data; /* as given, or NULL */
    const char *as;
    const char *size;
    const char *charset;
    bool plain;
    char *keyword; /* to be freed */
    char database[PATH_MAX + 16];
    char versions[PATH_MAX + 16];
    char promoted[PATH_MAX + 16]; /* DATA/promoted */
    struct headless *headless;
    struct account account;
    struct visit visit;
};

/* What the options say of the terminal, and which screen `word` means. CLI_DONE, or it was
 * said. */
int preview_take(struct preview *p, const char *word);

/* Start the board, and find who `as` is. CLI_DONE, or it was said; preview_close follows. */
int preview_open(struct preview *p, struct headless_config *config);
int preview_find_caller(struct preview *p);

/* The signal that has ended it; 0: none. */
int preview_close(struct preview *p);

/* Do as if the signal had ended the program at once; 0: go on. */
void preview_raise(int signal);

int preview_say_unknown(const struct preview *p); /* there is no such screen; CLI_NO */
bool preview_has_file(const struct preview *p);   /* of that keyword, be it broken or not */

#endif
