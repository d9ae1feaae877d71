/* versions.c -- `perigee history` and `perigee undo`: the kept versions of a board's files.
 * They read and write files, as an editor does: a running server sees a save. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/board_path.h"
#include "cli/cli.h"
#include "server/difference.h"
#include "server/editing.h"
#include "server/files.h"
#include "server/owner.h"
#include "server/trial.h"
#include "store/audit.h"

enum { NAME_ROOM = 32, TIME_ROOM = 32, PATH_ROOM = PATH_MAX + 64 };

/* Where a command looks. */
struct place_of_versions {
    const struct command *self;
    const char *board;
    char data[PATH_MAX];
    char folder[PATH_ROOM]; /* DATA/history */
    struct history *history;
};

struct kept {
    char name[NAME_ROOM];
    time_t when;
    intmax_t size;
};

/* A file of the board, and what is kept of it. */
struct subject {
    struct place_of_versions *at;
    char path[PATH_MAX];
    bool is_there;
    struct buf text; /* as it is */
    struct kept kept[HISTORY_KEPT];
    unsigned count;
};

/* --- finding --- */

static int open_place(struct place_of_versions *at, const struct command *self,
                      const char *board, const char *data)
{
    char screens[PATH_ROOM];

    *at = (struct place_of_versions){.self = self, .board = board};
    snprintf(screens, sizeof(screens), "%s/screens", board);
    if (access(screens, F_OK) < 0)
        return cli_say(self, CLI_FAILED,
                       "%s is no board: it has no folder 'screens': name one with --board",
                       board);
    if (cli_data_folder(self, board, data, at->data) < 0)
        return CLI_FAILED;
    snprintf(at->folder, sizeof(at->folder), "%s/history", at->data);
    if (access(at->folder, R_OK | X_OK) < 0)
        return cli_say(self, errno == ENOENT ? CLI_NO : CLI_FAILED,
                       "%s: %s: 'perigee serve' keeps the versions; --data names another data "
                       "folder",
                       at->folder, strerror(errno));
    at->history = history_new(at->folder, NULL);
    return CLI_DONE;
}

static int ask(struct subject *s, struct board_edit *edit, struct err *e)
{
    edit->path = s->path;
    edit->is_beside = true;
    buf_init(&edit->out, BUF_LARGE);
    return editing_do(s->at->board, s->at->data, s->at->history, edit, e);
}

static void take_versions(struct subject *s, struct span lines)
{
    char line[128];

    while (lines.len > 0 && s->count < HISTORY_KEPT) {
        struct kept *k = &s->kept[s->count];
        const char *end = memchr(lines.data, '\n', lines.len);
        struct span one = span_take(&lines, (size_t)(end - lines.data));
        intmax_t when;

        span_take(&lines, 1);
        snprintf(line, sizeof(line), "%.*s", SPAN_ARG(one));
        if (sscanf(line, "%31s %jd %jd", k->name, &when, &k->size) != 3)
            continue;
        k->when = (time_t)when;
        s->count++;
    }
}

static int read_subject(struct subject *s, struct err *e)
{
    struct board_edit now = {.wanted = EDIT_READ};
    struct board_edit versions = {.wanted = EDIT_VERSIONS};
    int rc = ask(s, &now, e);

    s->is_there = rc == 0;
    s->text = now.out;
    if (rc < 0)
        return -1;
    rc = ask(s, &versions, e);
    if (rc == 0)
        take_versions(s, buf_span(&versions.out));
    buf_clear(&versions.out);
    return rc;
}

/* CLI_DONE, or it was said why not. */
static int open_subject(struct subject *s, struct place_of_versions *at, const char *file)
{
    struct err e;

    *s = (struct subject){.at = at};
    buf_init(&s->text, BUF_LARGE);
    if (board_path(at->board, file, s->path, &e) < 0)
        return cli_say(at->self, CLI_NO, "%s", e.text);
    if (read_subject(s, &e) < 0)
        return cli_say(at->self, CLI_FAILED, "%s", e.text);
    if (s->count > 0)
        return CLI_DONE;
    return cli_say(at->self, CLI_NO,
                   s->is_there ? "%s: no version of it is kept in %s yet: a running server "
                                 "keeps each that has no mistakes"
                               : "%s: there is no such file, and no version of one in %s: "
                                 "perigee history lists those that have some",
                   s->path, at->folder);
}

static int read_version(struct subject *s, unsigned number, struct buf *out, struct err *e)
{
    struct board_edit edit = {.wanted = EDIT_VERSION, .version = s->kept[number - 1].name};
    int rc = ask(s, &edit, e);

    *out = edit.out;
    return rc > 0
               ? err_set(e, "%s: version %u has just gone: another was kept", s->path, number)
               : rc;
}

static bool has_text(struct subject *s, unsigned number, struct span wanted)
{
    struct buf text;
    struct err ignored;
    bool same;

    if ((uintmax_t)s->kept[number - 1].size != wanted.len)
        return false;
    buf_init(&text, BUF_LARGE);
    same =
        read_version(s, number, &text, &ignored) == 0 && span_equals(buf_span(&text), wanted);
    buf_clear(&text);
    return same;
}

/* Does the file have this version's text? */
static bool is_now(struct subject *s, unsigned number)
{
    return s->is_there && has_text(s, number, buf_span(&s->text));
}

/* The newest version with that text; 0: none. */
static unsigned find_text(struct subject *s, struct span text)
{
    for (unsigned i = 1; i <= s->count; i++) {
        if (has_text(s, i, text))
            return i;
    }
    return 0;
}

/* A version's number as it was typed. 0: it was said what is wrong with it. */
static unsigned take_number(const struct subject *s, const char *word, int *status)
{
    unsigned long n = strtoul(word, NULL, 10);

    if (word[0] == '\0' || word[strspn(word, "0123456789")] != '\0')
        *status = cli_wrong(s->at->self, "%s is no version's number", word);
    else if (n >= 1 && n <= s->count)
        return (unsigned)n;
    else
        *status = cli_say(s->at->self, CLI_NO,
                          "%s: there is no version %s, expected 1 to %u: perigee history %s "
                          "lists them",
                          s->path, word, s->count, s->path);
    return 0;
}

static void print_time(time_t when, char out[TIME_ROOM])
{
    struct tm tm;

    localtime_r(&when, &tm);
    strftime(out, TIME_ROOM, "%Y-%m-%d %H:%M:%S", &tm);
}

/* --- history --- */

static void print_file(const struct place_of_versions *at, const char *path, int count,
                       time_t newest)
{
    char when[TIME_ROOM];
    char whole[2 * PATH_MAX];

    print_time(newest, when);
    snprintf(whole, sizeof(whole), "%s/%s", at->board, path);
    printf("%8d  %s  %s%s\n", count, when, path, access(whole, F_OK) < 0 ? "  (gone)" : "");
}

static int list_files(const struct place_of_versions *at)
{
    struct buf lines;
    unsigned n = 0;

    buf_init(&lines, BUF_LARGE);
    history_list_files(at->history, &lines);
    if (lines.len > 0)
        printf("%8s  %-19s  %s\n", "versions", "newest", "file");
    for (const char *p = buf_text(&lines); *p; p = strchr(p, '\n') + 1) {
        char path[PATH_MAX];
        int count;
        intmax_t newest;

        if (sscanf(p, "%d %jd %4095[^\n]", &count, &newest, path) != 3)
            continue;
        print_file(at, path, count, (time_t)newest);
        n++;
    }
    buf_clear(&lines);
    if (n == 0)
        return cli_say(at->self, CLI_NO, "no version of any file is kept in %s yet",
                       at->folder);
    printf("%u file%s; perigee history FILE lists the versions of one\n", n, n == 1 ? "" : "s");
    return CLI_DONE;
}

/* Which versions are in use, by number; 0: none. */
struct in_use {
    unsigned file;     /* as the file is now */
    unsigned promoted; /* for everybody, where that is something else */
};

static struct in_use find_in_use(struct subject *s)
{
    struct in_use found = {.file = s->is_there ? find_text(s, buf_span(&s->text)) : 0};
    struct texts texts = {0};
    char file[PATH_ROOM];
    struct err ignored;
    const struct text_of *t = NULL;

    snprintf(file, sizeof(file), "%s/promoted", s->at->data);
    if (texts_load(&texts, file, &ignored) == 0)
        t = texts_find(&texts, s->path);
    if (t && !(s->is_there && span_equals(span_from(t->data, t->len), buf_span(&s->text))))
        found.promoted = find_text(s, span_from(t->data, t->len));
    texts_clear(&texts);
    return found;
}

static const char *mark(unsigned number, const struct in_use *used)
{
    if (number == used->promoted)
        return "  in use by all but sysops";
    return number == used->file ? used->promoted ? "  on trial" : "  in use" : "";
}

static int list_versions(struct subject *s)
{
    struct in_use used = find_in_use(s);

    printf("%s\n%7s  %-19s  %9s\n", s->path, "version", "kept", "bytes");
    for (unsigned i = 1; i <= s->count; i++) {
        char when[TIME_ROOM];

        print_time(s->kept[i - 1].when, when);
        printf("%7u  %s  %9jd%s\n", i, when, s->kept[i - 1].size, mark(i, &used));
    }
    if (!s->is_there)
        printf("The file is gone: perigee undo %s brings version 1 back.\n", s->path);
    else if (used.file == 0)
        printf("The file has none of these: what it has is wrong, or was saved while no server "
               "ran.\n");
    return CLI_DONE;
}

static int print_difference(struct subject *s, unsigned number)
{
    char when[TIME_ROOM];
    char old[PATH_ROOM];
    struct difference d = {.old_name = old, .new_name = s->path};
    struct buf text = {.max = BUF_LARGE};
    struct buf lines;
    struct buf drawn;
    struct err e;
    int rc = read_version(s, number, &text, &e);

    print_time(s->kept[number - 1].when, when);
    snprintf(old, sizeof(old), "%s, version %u of %s", s->path, number, when);
    d.old_text = buf_span(&text);
    d.new_text = buf_span(&s->text);
    buf_init(&lines, BUF_LARGE);
    buf_init(&drawn, BUF_LARGE);
    if (rc == 0)
        rc = difference_add(&d, &lines, &e);
    if (rc == 0 && lines.len == 0)
        printf("%s has what version %u has.\n", s->path, number);
    if (rc == 0 && isatty(STDOUT_FILENO))
        difference_draw(buf_span(&lines), s->path, &drawn);
    if (rc == 0)
        cli_print(drawn.len ? buf_span(&drawn) : buf_span(&lines));
    buf_clear(&text);
    buf_clear(&lines);
    buf_clear(&drawn);
    return rc == 0 ? CLI_DONE : cli_say(s->at->self, CLI_FAILED, "%s", e.text);
}

static int show_history(struct place_of_versions *at, const char *file, const char *diff)
{
    struct subject s;
    int status = open_subject(&s, at, file);
    unsigned number = 0;

    if (status == CLI_DONE && diff)
        number = take_number(&s, diff, &status);
    if (status == CLI_DONE)
        status = number ? print_difference(&s, number) : list_versions(&s);
    buf_clear(&s.text);
    return status;
}

int history_run(const struct command *self, int argc, char **argv)
{
    const char *board = ".";
    const char *data = NULL;
    const char *diff = NULL;
    const struct option options[] = {
        {.name = "board", .values = &board},
        {.name = "data", .values = &data},
        {.name = "diff", .values = &diff},
        {.name = NULL},
    };
    struct place_of_versions at;
    int status = cli_take(self, options, &argc, argv, 0, 1);

    if (status >= 0)
        return status;
    if (diff && argc == 0)
        return cli_wrong(self, "--diff: of which file?");
    status = open_place(&at, self, board, data);
    if (status == CLI_DONE)
        status = argc == 0 ? list_files(&at) : show_history(&at, argv[0], diff);
    history_free(at.history);
    return status;
}

/* --- undo --- */

/* The newest that is not what the file has. 0: there is none. */
static unsigned find_before(struct subject *s)
{
    for (unsigned i = 1; i <= s->count; i++) {
        if (!is_now(s, i))
            return i;
    }
    return 0;
}

static int write_back(struct subject *s, unsigned number)
{
    struct board_edit edit = {.wanted = EDIT_UNDO, .is_new = !s->is_there};
    struct buf text = {.max = BUF_LARGE};
    char when[TIME_ROOM];
    struct err e;
    int rc = read_version(s, number, &text, &e);

    edit.text = buf_span(&text);
    edit.before = buf_span(&s->text);
    if (rc == 0)
        rc = ask(s, &edit, &e);
    if (rc > 0)
        rc = err_set(&e, "%s: it has just been saved anew, and stays as it is", s->path);
    print_time(s->kept[number - 1].when, when);
    if (rc == 0) {
        printf("%s is as it was %s, %u bytes.\n", s->path, when, text.len);
        audit_note(s->at->data, "undo", span_of(s->path), span_of(when));
        cli_say_trial(s->at->board);
    }
    if (rc == 0 && s->is_there)
        printf("What it had is kept: the same command once more brings that back.\n");
    buf_clear(&text);
    buf_clear(&edit.out);
    return rc == 0 ? CLI_DONE : cli_say(s->at->self, CLI_FAILED, "%s", e.text);
}

static int undo(struct place_of_versions *at, const char *file, const char *to)
{
    struct subject s;
    int status = open_subject(&s, at, file);
    unsigned number = 0;

    if (status == CLI_DONE && to)
        number = take_number(&s, to, &status);
    else if (status == CLI_DONE)
        number = find_before(&s);
    if (status == CLI_DONE && number == 0)
        status = cli_say(at->self, CLI_NO,
                         "%s: there is nothing to go back to: the one version that is kept is "
                         "what it has",
                         s.path);
    if (status == CLI_DONE && is_now(&s, number))
        status =
            cli_say(at->self, CLI_NO, "%s: that is what it has: version %u", s.path, number);
    if (status == CLI_DONE)
        status = write_back(&s, number);
    buf_clear(&s.text);
    return status;
}

static int undo_trial(struct place_of_versions *at)
{
    char promoted[PATH_ROOM];
    struct buf paths;
    struct err e;
    int rc;

    snprintf(promoted, sizeof(promoted), "%s/promoted", at->data);
    buf_init(&paths, BUF_LARGE);
    rc = trial_undo(at->board, promoted, at->history, &paths, &e);
    cli_print(buf_span(&paths));
    if (rc == 0) {
        printf(
            "These are as everybody has them. What they had is kept: perigee history FILE.\n");
        audit_note(at->data, "undo the trial", SPAN_LIT("the board"), SPAN_LIT(""));
    }
    buf_clear(&paths);
    return rc == 0 ? CLI_DONE : cli_say(at->self, CLI_NO, "%s", e.text);
}

/* What is written has to be the server's to read and to write again. */
static int check_user(const struct place_of_versions *at)
{
    char screens[PATH_ROOM];
    struct err e;

    snprintf(screens, sizeof(screens), "%s/screens", at->board);
    if (owner_check_root(screens, &e) == 0 && owner_check_root(at->data, &e) == 0)
        return CLI_DONE;
    return cli_say(at->self, CLI_FAILED, "%s", e.text);
}

int undo_run(const struct command *self, int argc, char **argv)
{
    const char *board = ".";
    const char *data = NULL;
    const char *to = NULL;
    bool is_trial = false;
    const struct option options[] = {
        {.name = "board", .values = &board},
        {.name = "data", .values = &data},
        {.name = "to", .values = &to},
        {.name = "trial", .flag = &is_trial},
        {.name = NULL},
    };
    struct place_of_versions at;
    int status = cli_take(self, options, &argc, argv, 0, 1);

    if (status >= 0)
        return status;
    if (is_trial ? argc > 0 || to : argc == 0)
        return cli_wrong(self, is_trial ? "--trial: it is of all files" : "of which file?");
    status = open_place(&at, self, board, data);
    if (status == CLI_DONE)
        status = check_user(&at);
    if (status == CLI_DONE)
        status = is_trial ? undo_trial(&at) : undo(&at, argv[0], to);
    history_free(at.history);
    return status;
}
