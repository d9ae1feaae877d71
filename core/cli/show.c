/* show.c -- `perigee show`: a screen as a caller would see it. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/draw_png.h"
#include "cli/near.h"
#include "cli/tty.h"
#include "server/files.h"
#include "server/headless.h"
#include "term/draw.h"

enum {
    COLUMNS_LEAST = 20,
    COLUMNS_MOST = 255,
    ROWS_LEAST = 10,
    ROWS_MOST = 100,
    ERRORS_MOST = 5, /* lines of what is wrong with other files */
    LOG_MOST = 65536,
};

#define CLEAR_SCREEN "\033[H\033[2J"

struct show {
    const struct command *self;
    const char *board;
    const char *data; /* as given, or NULL */
    const char *as;
    const char *size;
    const char *charset;
    const char *png;
    bool plain;
    bool watches;
    const char *keyword;
    char *own_keyword; /* the same, to be freed */
    char database[PATH_MAX + 16];
    struct headless *headless;
    struct account account;
    struct visit visit;
    int log; /* what is logged while a screen is watched; -1: standard error has it */
    off_t log_read;
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

static int take_size(struct show *s)
{
    struct terminal_kind *kind = &s->visit.terminal;
    const char *text = s->size;

    if (read_number(&text, 'x', COLUMNS_LEAST, COLUMNS_MOST, &kind->columns) &&
        read_number(&text, '\0', ROWS_LEAST, ROWS_MOST, &kind->rows))
        return CLI_DONE;
    return cli_wrong(s->self,
                     "--size %s: expected COLUMNSxROWS, from %dx%d to %dx%d, as in 80x25",
                     s->size, COLUMNS_LEAST, ROWS_LEAST, COLUMNS_MOST, ROWS_MOST);
}

static int take_charset(struct show *s)
{
    if (!s->charset)
        s->charset = s->png ? "cp437" : "utf-8"; /* what an image's font has */
    if (charset_find(span_of(s->charset), &s->visit.terminal.charset))
        return CLI_DONE;
    return cli_wrong(s->self, "--charset %s: expected cp437, utf-8 or ascii", s->charset);
}

/* "screens/menu.txt" is what a shell completes; so is "screens/menu.40.txt". */
static void take_keyword(struct show *s, const char *word)
{
    const char *path = strstr(word, "screens/");
    bool is_file = false;
    struct span keyword;
    struct file f;

    if (path)
        is_file = file_classify(path, &f) == FILE_SCREEN;
    keyword = library_keyword(span_of(is_file ? f.name : word));
    s->keyword = s->own_keyword = mem_strndup(keyword.data, keyword.len);
    if (path)
        file_clear(&f);
}

static int take_words(struct show *s, int argc, char **argv)
{
    const struct option options[] = {
        {.name = "board", .values = &s->board},
        {.name = "data", .values = &s->data},
        {.name = "as", .values = &s->as},
        {.name = "size", .values = &s->size},
        {.name = "charset", .values = &s->charset},
        {.name = "png", .values = &s->png},
        {.name = "plain", .flag = &s->plain},
        {.name = "watch", .flag = &s->watches},
        {.name = NULL},
    };
    int status = cli_take(s->self, options, &argc, argv, 1, 1);

    if (status >= 0)
        return status;
    if (s->png && s->watches)
        return cli_wrong(s->self, "--watch and --png: one of them at a time");
    status = take_size(s);
    if (status == CLI_DONE)
        status = take_charset(s);
    if (status != CLI_DONE)
        return status;
    s->visit.terminal.ansi = !s->plain;
    take_keyword(s, argv[0]);
    s->visit.keyword = s->keyword;
    return -1;
}

/* --- what is wrong --- */

static struct span take_line(struct span *rest)
{
    const char *end = memchr(rest->data, '\n', rest->len);
    struct span line = span_take(rest, end ? (size_t)(end - rest->data) : rest->len);

    span_take(rest, 1);
    return line;
}

static void say_errors(struct show *s)
{
    struct span rest = buf_span(&headless_board(s->headless)->errors);
    unsigned n = 0;

    while (rest.len > 0) {
        struct span line = take_line(&rest);

        if (n++ < ERRORS_MOST)
            cli_say(s->self, CLI_DONE, "%.*s", SPAN_ARG(line));
    }
    if (n > ERRORS_MOST)
        cli_say(s->self, CLI_DONE, "and %u more: perigee check lists them", n - ERRORS_MOST);
}

static bool has_file(struct show *s)
{
    struct file_list list;
    struct buf ignored;
    struct err e;
    bool has = false;

    buf_init(&ignored, BUF_LARGE);
    files_find(s->board, &list, &ignored, &e);
    for (unsigned i = 0; i < list.count; i++) {
        const struct file *f = &list.files[i];

        has = has || (f->kind == FILE_SCREEN &&
                      span_is(library_keyword(span_of(f->name)), s->keyword));
    }
    files_clear(&list);
    buf_clear(&ignored);
    return has;
}

static int say_unknown(struct show *s)
{
    struct buf near;

    buf_init(&near, 4096);
    near_keywords(headless_board(s->headless)->library, span_of(s->keyword), &near);
    cli_say(s->self, CLI_NO, "there is no screen '%s'%s%s", s->keyword,
            near.len ? ": there is " : "", buf_text(&near));
    buf_clear(&near);
    return CLI_NO;
}

static const struct screen *find_screen(struct show *s)
{
    const struct terminal_kind *kind = &s->visit.terminal;

    return library_find(headless_board(s->headless)->library, span_of(s->keyword),
                        kind->ansi ? FOR_ANSI : FOR_PLAIN, kind->columns);
}

/* Is there such a screen, and is it open to the caller? What is wrong with files is said by
 * say_errors. */
static int check_screen(struct show *s)
{
    const struct screen *screen = find_screen(s);
    unsigned level = s->visit.account ? (unsigned)s->account.level : 0;
    const char *who = s->visit.account ? s->account.handle : "a guest";

    if (!screen && !has_file(s))
        return say_unknown(s);
    if (!screen)
        return cli_say(s->self, CLI_NO, "the screen '%s' is broken, it cannot be shown",
                       s->keyword);
    if (screen->level > level)
        return cli_say(s->self, CLI_NO,
                       "'%s' is not open to level %u (%s), but from level %u on: try --as",
                       s->keyword, level, who, screen->level);
    return CLI_DONE;
}

/* What the sysop might miss in the picture, or take for another. */
static void say_notes(struct show *s, const struct visited *v)
{
    unsigned lost = picture_lost(v->picture);
    unsigned rows = picture_rows(v->picture);

    if (strcmp(v->keyword, s->keyword) != 0)
        cli_say(s->self, CLI_DONE, "'%s' led to '%s'", s->keyword, v->keyword);
    if (v->end == VISIT_HUNG_UP)
        cli_say(s->self, CLI_DONE, "the call has ended there");
    if (lost > 0 && rows + lost <= ROWS_MOST)
        cli_say(s->self, CLI_DONE,
                "%u row%s scrolled out of the window at its top: --size %ux%u shows all", lost,
                lost == 1 ? " has" : "s have", s->visit.terminal.columns, rows + lost);
    else if (lost > 0)
        cli_say(s->self, CLI_DONE, "%u rows have scrolled out of the window at its top", lost);
}

static int say_late(struct show *s, const struct visited *v)
{
    return cli_say(s->self, CLI_NO,
                   "'%s' asks the caller nothing: a handler has not ended after %d seconds",
                   v->keyword, VISIT_SECONDS);
}

/* --- drawing --- */

static bool wants_colors(void)
{
    const char *no_color = getenv("NO_COLOR"); /* no-color.org */

    return !no_color || !no_color[0];
}

/* Of the terminal that is drawn on: what is wider would wrap, and while watching what is higher
 * would scroll. */
static struct draw_limits limits_here(const struct show *s)
{
    struct draw_limits limits = {.no_colors = !wants_colors()};
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
        return limits;
    limits.columns = size.ws_col;
    if (s->watches && size.ws_row > 2)
        limits.rows = size.ws_row - 2;
    return limits;
}

static void draw(const struct show *s, const struct picture *p)
{
    struct draw_limits limits = limits_here(s);
    struct buf text;
    bool is_whole;

    buf_init(&text, BUF_LARGE);
    is_whole = draw_text(p, &limits, &text);
    fputs(buf_text(&text), stdout); /* it has no NUL */
    fflush(stdout);
    buf_clear(&text);
    if (!is_whole)
        cli_say(s->self, CLI_DONE,
                "this terminal is too small: what is beyond %ux%u is cut off", limits.columns,
                limits.rows ? limits.rows : picture_rows(p));
}

static int draw_once(struct show *s, const struct visited *v)
{
    struct err e;

    if (!s->png)
        draw(s, v->picture);
    else if (draw_png(v->picture, s->png, headless_folder(s->headless), &e) < 0)
        return cli_say(s->self, CLI_FAILED, "%s", e.text);
    say_notes(s, v);
    return v->end == VISIT_LATE ? say_late(s, v) : CLI_DONE;
}

static int show_once(struct show *s)
{
    struct visited v;
    struct err e;
    int status = check_screen(s);

    if (status == CLI_DONE && headless_visit(s->headless, &s->visit, &v, &e) < 0)
        return cli_say(s->self, CLI_FAILED, "%s", e.text);
    if (status == CLI_DONE) {
        status = v.end == VISIT_STOPPED ? CLI_FAILED : draw_once(s, &v);
        picture_free(v.picture);
    }
    say_errors(s);
    return status;
}

/* --- watching --- */

/* What has been logged meanwhile goes below the picture. */
static void say_logged(struct show *s)
{
    struct buf text;
    char part[4096];
    ssize_t n;

    buf_init(&text, LOG_MOST);
    while ((n = pread(s->log, part, sizeof(part), s->log_read)) > 0) {
        buf_add(&text, span_from(part, (size_t)n));
        s->log_read += n;
    }
    fputs(buf_text(&text), stderr);
    buf_clear(&text);
}

static void say_end(struct show *s, const struct visited *v)
{
    say_notes(s, v);
    if (v->end == VISIT_LATE)
        say_late(s, v);
}

/* A broken screen is still in the library as it last was good, a removed one is not. */
static void draw_anew(struct show *s, struct picture **last)
{
    struct visited v = {.end = VISIT_STOPPED};
    struct err e;

    if (find_screen(s)) {
        log_to(s->log);
        if (headless_visit(s->headless, &s->visit, &v, &e) < 0)
            v.end = VISIT_STOPPED;
        log_to(-1);
    }
    if (v.end != VISIT_STOPPED) {
        picture_free(*last);
        *last = v.picture;
    } else {
        picture_free(v.picture);
    }
    fputs(CLEAR_SCREEN, stdout);
    if (*last)
        draw(s, *last);
    fflush(stdout);
    if (v.end != VISIT_STOPPED)
        say_end(s, &v);
    else
        check_screen(s);
    say_errors(s);
    say_logged(s);
}

static int show_watching(struct show *s)
{
    struct picture *last = NULL;
    int status = has_file(s) ? CLI_DONE : say_unknown(s);

    if (status != CLI_DONE)
        return status;
    s->log = memfd_create("log", MFD_CLOEXEC);
    log_to(-1); /* what is wrong with files is said by say_errors, as long as it is */
    tty_keys_begin();
    do
        draw_anew(s, &last);
    while (!ferror(stdout) && headless_wait(s->headless, STDIN_FILENO));
    tty_keys_end();
    log_to(STDERR_FILENO);
    if (s->log >= 0)
        close(s->log);
    picture_free(last);
    return CLI_DONE;
}

/* --- the board and the caller --- */

/* The database that is copied: none where the board has none yet. */
static int find_database(struct show *s, struct headless_config *config)
{
    char folder[PATH_MAX];

    if (cli_data_folder(s->self, s->board, s->data, folder) < 0)
        return CLI_FAILED;
    snprintf(s->database, sizeof(s->database), "%s/perigee.db", folder);
    if (access(s->database, F_OK) == 0)
        config->database = s->database;
    else if (s->data || errno != ENOENT)
        return cli_say(s->self, CLI_FAILED, "%s: %s", s->database, strerror(errno));
    return CLI_DONE;
}

static int find_caller(struct show *s)
{
    bool is_guest = s->as ? strcasecmp(s->as, "guest") == 0 : strcmp(s->keyword, "root") == 0;
    struct err e;
    int found = 1;

    if (is_guest)
        return CLI_DONE;
    if (s->as)
        found = headless_find(s->headless, s->as, &s->account, &e);
    else if (headless_example(s->headless, &s->account, &e) < 0)
        found = -1;
    s->visit.account = &s->account;
    if (found < 0)
        return cli_say(s->self, CLI_FAILED, "%s", e.text);
    if (found == 0)
        return cli_say(s->self, CLI_NO,
                       "--as %s: nobody has that handle: perigee user list "
                       "shows who there is",
                       s->as);
    return CLI_DONE;
}

static int show_board(struct show *s)
{
    struct headless_config config = {.board = s->board, .watches = s->watches};
    int status = find_database(s, &config);
    int ended_by;
    struct err e;

    if (status != CLI_DONE)
        return status;
    s->headless = headless_new(&config, &e);
    if (!s->headless)
        return cli_say(s->self, CLI_FAILED, "%s", e.text);
    status = find_caller(s);
    if (status == CLI_DONE)
        status = s->watches ? show_watching(s) : show_once(s);
    ended_by = headless_signal(s->headless);
    headless_free(s->headless);
    if (ended_by &&
        !s->watches) { /* all is put away: it may end the program as it would have */
        signal(ended_by, SIG_DFL);
        raise(ended_by);
    }
    return status;
}

int show_command(const struct command *self, int argc, char **argv)
{
    struct show s = {.self = self, .board = ".", .size = "80x25", .log = -1};
    int status = take_words(&s, argc, argv);

    if (status < 0)
        status = show_board(&s);
    mem_free(s.own_keyword);
    return status;
}
