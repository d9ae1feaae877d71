/* show.c -- `perigee show`: a screen as a caller would see it. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/draw_png.h"
#include "cli/preview.h"
#include "cli/tty.h"
#include "term/draw.h"

enum {
    ERRORS_MOST = 5, /* lines of what is wrong with other files */
    LOG_MOST = 65536,
};

#define CLEAR_SCREEN "\033[H\033[2J"

struct show {
    struct preview p;
    const char *png;
    bool watches;
    int log; /* what is logged while a screen is watched; -1: standard error has it */
    off_t log_read;
};

/* --- the command line --- */

static int take_words(struct show *s, int argc, char **argv)
{
    const struct option options[] = {
        {.name = "board", .values = &s->p.board},
        {.name = "data", .values = &s->p.data},
        {.name = "as", .values = &s->p.as},
        {.name = "size", .values = &s->p.size},
        {.name = "charset", .values = &s->p.charset},
        {.name = "png", .values = &s->png},
        {.name = "plain", .flag = &s->p.plain},
        {.name = "watch", .flag = &s->watches},
        {.name = NULL},
    };
    int status = cli_take(s->p.self, options, &argc, argv, 1, 1);

    if (status >= 0)
        return status;
    if (s->png && s->watches)
        return cli_wrong(s->p.self, "--watch and --png: one of them at a time");
    if (!s->p.charset)
        s->p.charset = s->png ? "cp437" : "utf-8"; /* what an image's font has */
    status = preview_take(&s->p, argv[0]);
    return status == CLI_DONE ? -1 : status;
}

/* --- what is wrong --- */

static void say_errors(struct show *s)
{
    struct span rest = buf_span(&headless_board(s->p.headless)->errors);
    unsigned n = 0;

    while (rest.len > 0) {
        struct span line = span_take_line(&rest);

        if (n++ < ERRORS_MOST)
            cli_say(s->p.self, CLI_DONE, "%.*s", SPAN_ARG(line));
    }
    if (n > ERRORS_MOST)
        cli_say(s->p.self, CLI_DONE, "and %u more: perigee check lists them", n - ERRORS_MOST);
}

static const struct screen *find_screen(struct show *s)
{
    const struct terminal_kind *kind = &s->p.visit.terminal;

    return library_find(headless_board(s->p.headless)->library, span_of(s->p.keyword),
                        kind->ansi ? FOR_ANSI : FOR_PLAIN, kind->columns);
}

/* Is there such a screen, and is it open to the caller? What is wrong with files is said by
 * say_errors. */
static int check_screen(struct show *s)
{
    const struct screen *screen = find_screen(s);
    unsigned level = s->p.visit.account ? (unsigned)s->p.account.level : 0;
    const char *who = s->p.visit.account ? s->p.account.handle : "a guest";

    if (!screen && !preview_has_file(&s->p))
        return preview_say_unknown(&s->p);
    if (!screen)
        return cli_say(s->p.self, CLI_NO, "the screen '%s' is broken, it cannot be shown",
                       s->p.keyword);
    if (screen->level > level)
        return cli_say(s->p.self, CLI_NO,
                       "'%s' is not open to level %u (%s), but from level %u on: try --as",
                       s->p.keyword, level, who, screen->level);
    return CLI_DONE;
}

/* What the sysop might miss in the picture, or take for another. */
static void say_notes(struct show *s, const struct visited *v)
{
    unsigned lost = picture_lost(v->picture);
    unsigned rows = picture_rows(v->picture);

    if (strcmp(v->keyword, s->p.keyword) != 0)
        cli_say(s->p.self, CLI_DONE, "'%s' led to '%s'", s->p.keyword, v->keyword);
    if (v->end == VISIT_HUNG_UP)
        cli_say(s->p.self, CLI_DONE, "the call has ended there");
    if (lost > 0 && rows + lost <= PREVIEW_ROWS_MOST)
        cli_say(s->p.self, CLI_DONE,
                "%u row%s scrolled out of the window at its top: --size %ux%u shows all", lost,
                lost == 1 ? " has" : "s have", s->p.visit.terminal.columns, rows + lost);
    else if (lost > 0)
        cli_say(s->p.self, CLI_DONE, "%u rows have scrolled out of the window at its top",
                lost);
}

static int say_late(struct show *s, const struct visited *v)
{
    return cli_say(s->p.self, CLI_NO,
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
        cli_say(s->p.self, CLI_DONE,
                "this terminal is too small: what is beyond %ux%u is cut off", limits.columns,
                limits.rows ? limits.rows : picture_rows(p));
}

static int draw_once(struct show *s, const struct visited *v)
{
    struct err e;

    if (!s->png)
        draw(s, v->picture);
    else if (draw_png(v->picture, s->png, headless_folder(s->p.headless), &e) < 0)
        return cli_say(s->p.self, CLI_FAILED, "%s", e.text);
    say_notes(s, v);
    return v->end == VISIT_LATE ? say_late(s, v) : CLI_DONE;
}

static int show_once(struct show *s)
{
    struct visited v;
    struct err e;
    int status = check_screen(s);

    if (status == CLI_DONE && headless_visit(s->p.headless, &s->p.visit, &v, &e) < 0)
        return cli_say(s->p.self, CLI_FAILED, "%s", e.text);
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
        if (headless_visit(s->p.headless, &s->p.visit, &v, &e) < 0)
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
    int status = preview_has_file(&s->p) ? CLI_DONE : preview_say_unknown(&s->p);

    if (status != CLI_DONE)
        return status;
    s->log = memfd_create("log", MFD_CLOEXEC);
    log_to(-1); /* what is wrong with files is said by say_errors, as long as it is */
    tty_keys_begin();
    do
        draw_anew(s, &last);
    while (!ferror(stdout) && headless_wait(s->p.headless, STDIN_FILENO));
    tty_keys_end();
    log_to(STDERR_FILENO);
    if (s->log >= 0)
        close(s->log);
    picture_free(last);
    return CLI_DONE;
}

/* --- the board --- */

static int show_board(struct show *s)
{
    struct headless_config config = {.board = s->p.board, .watches = s->watches};
    int status = preview_open(&s->p, &config);

    if (status == CLI_DONE)
        status = preview_find_caller(&s->p);
    if (status == CLI_DONE)
        status = s->watches ? show_watching(s) : show_once(s);
    return status;
}

int show_command(const struct command *self, int argc, char **argv)
{
    struct show s = {.p = {.self = self, .board = ".", .size = "80x25"}, .log = -1};
    int status = take_words(&s, argc, argv);
    int ended_by;

    if (status < 0)
        status = show_board(&s);
    ended_by = preview_close(&s.p);
    if (!s.watches) /* all is put away: it may end the program as it would have */
        preview_raise(ended_by);
    return status;
}
