#include "cli/preview.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/near.h"
#include "server/files.h"

enum {
    COLUMNS_LEAST = 20,
    COLUMNS_MOST = 255,
    ROWS_LEAST = 10,
};

/* --- the command line --- */

static bool read_number(const char **text, char end, unsigned least, unsigned most,
                        unsigned *out)
{
    char *after;
    unsigned long n;

    if (**text < '0' || **text > '9')
        return false;
    n = strtoul(*text, &after, 10);
    if (*after != end || n < least || n > most)
        return false;
    *text = after + 1;
    *out = (unsigned)n;
    return true;
}

static int take_size(struct preview *p)
{
    struct terminal_kind *kind = &p->visit.terminal;
    const char *text = p->size;

    if (read_number(&text, 'x', COLUMNS_LEAST, COLUMNS_MOST, &kind->columns) &&
        read_number(&text, '\0', ROWS_LEAST, PREVIEW_ROWS_MOST, &kind->rows))
        return CLI_DONE;
    return cli_wrong(p->self,
                     "--size %s: expected COLUMNSxROWS, from %dx%d to %dx%d, as in 80x25",
                     p->size, COLUMNS_LEAST, ROWS_LEAST, COLUMNS_MOST, PREVIEW_ROWS_MOST);
}

static int take_charset(struct preview *p)
{
    if (charset_find(span_of(p->charset), &p->visit.terminal.charset))
        return CLI_DONE;
    return cli_wrong(p->self, "--charset %s: expected cp437, utf-8 or ascii", p->charset);
}

/* "screens/menu.txt" is what a shell completes; so is "screens/menu.40.txt". */
static void take_keyword(struct preview *p, const char *word)
{
    const char *path = strstr(word, "screens/");
    bool is_file = false;
    struct span keyword;
    struct file f;

    if (path)
        is_file = file_classify(path, &f) == FILE_SCREEN;
    keyword = library_keyword(span_of(is_file ? f.name : word));
    p->keyword = mem_strndup(keyword.data, keyword.len);
    if (path)
        file_clear(&f);
}

int preview_take(struct preview *p, const char *word)
{
    int status = take_size(p);

    if (status == CLI_DONE)
        status = take_charset(p);
    if (status != CLI_DONE)
        return status;
    p->visit.terminal.ansi = !p->plain;
    take_keyword(p, word);
    p->visit.keyword = p->keyword;
    return CLI_DONE;
}

bool preview_has_file(const struct preview *p)
{
    struct file_list list;
    struct buf ignored;
    struct err e;
    bool has = false;

    buf_init(&ignored, BUF_LARGE);
    files_find(p->board, &list, &ignored, &e);
    for (unsigned i = 0; i < list.count; i++) {
        const struct file *f = &list.files[i];

        has = has || (f->kind == FILE_SCREEN &&
                      span_is(library_keyword(span_of(f->name)), p->keyword));
    }
    files_clear(&list);
    buf_clear(&ignored);
    return has;
}

int preview_say_unknown(const struct preview *p)
{
    struct buf near;

    buf_init(&near, 4096);
    near_keywords(headless_board(p->headless)->library, span_of(p->keyword), &near);
    cli_say(p->self, CLI_NO, "there is no screen '%s'%s%s", p->keyword,
            near.len ? ": there is " : "", buf_text(&near));
    buf_clear(&near);
    return CLI_NO;
}

/* --- the board and the caller --- */

/* The database that is copied: none where the board has none yet. */
static int find_database(struct preview *p, struct headless_config *config)
{
    char folder[PATH_MAX];

    if (cli_data_folder(p->self, p->board, p->data, folder) < 0)
        return CLI_FAILED;
    snprintf(p->database, sizeof(p->database), "%s/perigee.db", folder);
    snprintf(p->versions, sizeof(p->versions), "%s/history", folder);
    snprintf(p->promoted, sizeof(p->promoted), "%s/promoted", folder);
    if (access(p->database, F_OK) == 0)
        config->database = p->database;
    else if (p->data || errno != ENOENT)
        return cli_say(p->self, CLI_FAILED, "%s: %s", p->database, strerror(errno));
    return CLI_DONE;
}

int preview_find_caller(struct preview *p)
{
    bool is_guest = p->as ? strcasecmp(p->as, "guest") == 0 : strcmp(p->keyword, "root") == 0;
    struct err e;
    int found = 1;

    if (is_guest)
        return CLI_DONE;
    if (p->as)
        found = headless_find(p->headless, p->as, &p->account, &e);
    else if (headless_example(p->headless, &p->account, &e) < 0)
        found = -1;
    p->visit.account = &p->account;
    if (found < 0)
        return cli_say(p->self, CLI_FAILED, "%s", e.text);
    if (found == 0)
        return cli_say(p->self, CLI_NO,
                       "--as %s: nobody has that handle: perigee user list "
                       "shows who there is",
                       p->as);
    return CLI_DONE;
}

int preview_open(struct preview *p, struct headless_config *config)
{
    int status = find_database(p, config);
    struct err e;

    if (status != CLI_DONE)
        return status;
    p->headless = headless_new(config, &e);
    return p->headless ? CLI_DONE : cli_say(p->self, CLI_FAILED, "%s", e.text);
}

int preview_close(struct preview *p)
{
    int ended_by = p->headless ? headless_signal(p->headless) : 0;

    headless_free(p->headless);
    mem_free(p->keyword);
    return ended_by;
}

void preview_raise(int ended_by)
{
    if (!ended_by)
        return;
    signal(ended_by, SIG_DFL);
    raise(ended_by);
}
