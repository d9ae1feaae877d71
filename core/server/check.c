#include "server/check.h"

#include <ctype.h>

#include "server/board.h"
#include "server/files.h"
#include "store/db.h"

#define uthash_malloc(size) mem_alloc(size)
#define uthash_free(p, size) mem_free(p)
#include <uthash.h>

#include "base/mem.h"

enum { ROWS_USUAL = 24, SAUCE_LEN = 128, LARGE_FILE = 1 << 20 };

/* A set of words. */
struct word {
    UT_hash_handle hh;
    char text[];
};

struct check {
    struct board board;
    struct bridge *bridge;
    struct buf *report;
    int findings;
    struct word *seen;  /* lines of the report */
    struct word *led;   /* keywords that something leads to */
    struct word *named; /* handlers that a macro names */
};

static bool has_word(struct word *set, struct span s)
{
    struct word *w;

    HASH_FIND(hh, set, s.data, s.len, w);
    return w != NULL;
}

static bool add_word(struct word **set, struct span s)
{
    struct word *w;

    if (has_word(*set, s))
        return false;
    w = mem_zalloc(sizeof(*w) + s.len + 1);
    memcpy(w->text, s.data, s.len);
    HASH_ADD_KEYPTR(hh, *set, w->text, s.len, w);
    return true;
}

static void clear_words(struct word **set)
{
    struct word *w;
    struct word *next;

    HASH_ITER(hh, *set, w, next)
    {
        HASH_DEL(*set, w);
        mem_free(w);
    }
}

/* A line of the report, once: an included file is seen through every screen that has it. */
__attribute__((format(printf, 3, 4))) static void report(struct check *c, bool is_finding,
                                                         const char *format, ...)
{
    struct buf line;
    va_list args;

    buf_init(&line, 4096);
    va_start(args, format);
    buf_vprintf(&line, format, args);
    va_end(args);
    if (line.len && add_word(&c->seen, buf_span(&line))) {
        buf_add(c->report, buf_span(&line));
        buf_add_byte(c->report, '\n');
        c->findings += is_finding;
    }
    buf_clear(&line);
}

static void report_lines(struct check *c, struct span lines)
{
    while (lines.len > 0) {
        const char *end = memchr(lines.data, '\n', lines.len);
        struct span line = span_take(&lines, end ? (size_t)(end - lines.data) : lines.len);

        span_take(&lines, 1);
        report(c, true, "%.*s", SPAN_ARG(line));
    }
}

/* --- screens --- */

static void check_link(void *arg, const struct link *link)
{
    struct check *c = arg;
    struct buf why;

    if (link->kind == LINK_HANDLER)
        add_word(&c->named, span_of(link->name));
    else if (link->kind == LINK_INCLUDE || strcmp(link->name, link->from->keyword) != 0)
        add_word(&c->led, span_of(link->name));
    buf_init(&why, 4096);
    board_lacks(&c->board, link, &why);
    report_lines(c, buf_span(&why));
    buf_clear(&why);
}

/* In the window that it was written for: 24 rows of 80 columns, or 40. */
static void check_room(struct check *c, const struct screen *s)
{
    const char *file = s->sources[0]->file;
    unsigned columns = strstr(file, ".40.") ? 40 : 80;

    if (s->columns > columns && s->is_form)
        report(c, true, "%s:1:1: the form takes up %u columns, expected at most %u", file,
               s->columns, columns);
    else if (s->columns > columns)
        report(c, false, "hint: %s: a line takes up %u columns, more than %u", file, s->columns,
               columns);
    if (s->is_form && s->fields > 0 && s->rows > ROWS_USUAL)
        report(c, false,
               "hint: %s: the form has %u rows, it is asked in parts where there are %d", file,
               s->rows, ROWS_USUAL);
}

/* What stands behind the art: Ctrl-Z, comments, and a record of 128 bytes that ends the file.
 */
static void check_sauce(struct check *c, const char *path, struct span text)
{
    const char *end = text.len ? memchr(text.data, 0x1A, text.len) : NULL;
    size_t behind = end ? text.len - (size_t)(end - text.data) - 1 : 0;
    bool is_sauce =
        behind >= SAUCE_LEN && memcmp(text.data + text.len - SAUCE_LEN, "SAUCE", 5) == 0;

    if (behind > 0 && !is_sauce)
        report(c, false,
               "hint: %s: %zu bytes behind the art are no SAUCE record: they are not sent, and "
               "it is shown as of 80 columns",
               path, behind);
}

/* What is left out of a file, since a terminal would take what follows for its end. */
static void check_sequences(struct check *c, const struct screen *s)
{
    for (unsigned i = 0; i < s->source_count; i++) {
        const struct source *source = s->sources[i];

        if (source->cut_line > 0)
            report(c, true,
                   "%s:%u:%u: an escape sequence is cut off here, expected a letter at its end",
                   source->file, source->cut_line, source->cut_column);
    }
}

/* At 115,200 bits a second, as fast as lines of modems were. */
static void check_size(struct check *c, const char *path, size_t size)
{
    if (size > LARGE_FILE)
        report(
            c, true,
            "%s:1:1: the file has %.1f MiB, a modem's line of 115,200 baud takes %zu minutes "
            "for it; expected at most %d MiB",
            path, (double)size / 1048576, size / 11520 / 60, LARGE_FILE >> 20);
}

static void check_led(void *arg, const struct screen *s, enum source_kind kind)
{
    struct check *c = arg;

    (void)kind;
    check_room(c, s);
    check_sequences(c, s);
    if (!has_word(c->led, span_of(s->keyword)))
        report(c, true, "%s:1:1: nothing leads to the screen '%s'", s->sources[0]->file,
               s->keyword);
}

/* --- handlers --- */

static void check_jobs(struct check *c)
{
    const struct settings *s = &c->board.settings;
    struct buf why;

    buf_init(&why, 16384);
    for (unsigned i = 0; i < s->job_count; i++) {
        add_word(&c->named, span_of(s->jobs[i].handler));
        board_lacks_job(&c->board, &s->jobs[i], &why);
    }
    report_lines(c, buf_span(&why));
    buf_clear(&why);
}

static void check_named(void *arg, const char *name)
{
    struct check *c = arg;

    if (!has_word(c->named, span_of(name)) && strncmp(name, "slash.", 6) != 0)
        report(c, false, "hint: no macro names the handler '%s'", name);
}

/* Every text in quotes may be a keyword that a handler returns. */
static void take_strings(struct check *c, struct span lua)
{
    for (size_t i = 0; i < lua.len; i++) {
        char quote = lua.data[i];
        size_t begin = i + 1;

        if (quote != '"' && quote != '\'')
            continue;
        for (i++; i < lua.len && lua.data[i] != quote && lua.data[i] != '\n'; i++)
            ;
        if (i < lua.len && i > begin && lua.data[i] == quote)
            add_word(&c->led, span_from(lua.data + begin, i - begin));
        else
            i = begin - 1; /* an apostrophe: no text */
    }
}

/* A screen that could not be read whole may lead wherever it says so. */
static void take_targets(struct check *c, struct span screen)
{
    static const char *const marks[] = {"go:", "item:", "include:", "escape("};

    for (; screen.len > 0; span_take(&screen, 1)) {
        for (int i = 0; i < 4; i++) {
            struct span name = screen;

            if (!span_starts_with(screen, marks[i]))
                continue;
            span_take(&name, strlen(marks[i]));
            name.len = strspn(name.data, "abcdefghijklmnopqrstuvwxyz0123456789_-/");
            add_word(&c->led, name);
        }
    }
}

static bool is_broken(const struct check *c, const char *path)
{
    for (unsigned i = 0; i < c->board.broken.count; i++) {
        if (strcmp(c->board.broken.paths[i], path) == 0)
            return true;
    }
    return false;
}

static void check_files(struct check *c, const struct file_list *list)
{
    struct buf text;
    struct err e;

    buf_init(&text, SOURCE_MAX);
    for (unsigned i = 0; i < list->count; i++) {
        const struct file *f = &list->files[i];

        if (f->kind == FILE_SCREEN && strcmp(f->name, "root") != 0 &&
            source_is_return_word(span_of(f->name)))
            report(c, true,
                   "%s:1:1: '%s' is a word that handlers return, expected another name",
                   f->path, f->name);
        if (board_read(&c->board, f->path, &text, &e) < 0)
            continue; /* said already */
        if (f->kind == FILE_SCREEN)
            check_size(c, f->path, text.len);
        if (f->kind == FILE_SCREEN && f->source == SOURCE_ANS)
            check_sauce(c, f->path, buf_span(&text));
        if (f->kind == FILE_LUA)
            take_strings(c, buf_span(&text));
        else if (is_broken(c, f->path))
            take_targets(c, span_of(buf_text(&text)));
        buf_reset(&text);
    }
    buf_clear(&text);
}

static void check_schema(struct check *c)
{
    struct db_limits limits = {10000, 10000};
    struct buf text;
    struct err e;
    struct db *db;

    buf_init(&text, SOURCE_MAX);
    if (board_read_schema(&c->board, &text) && (db = db_open(":memory:", true, &e))) {
        db_guard(db, &limits);
        if (db_run_file(db, "lua/schema.sql", buf_span(&text), &e) < 0)
            report(c, true, "%s", e.text);
        db_close(db);
    }
    buf_clear(&text);
}

/* --- the board --- */

static bool read_module(void *arg, const char *name, bool is_trial, struct buf *text,
                        struct buf *path)
{
    struct check *c = arg;

    return board_read_module(&c->board, name, is_trial, text, path);
}

static void check_all(struct check *c, const struct file_list *list)
{
    struct err e;

    board_read_settings(&c->board, &e); /* what is wrong is among the board's errors */
    report_lines(c, buf_span(&c->board.errors));
    check_schema(c);
    check_files(c, list);
    add_word(&c->led, SPAN_LIT("root"));
    add_word(&c->led, SPAN_LIT("goodbye"));
    if (!library_has(c->board.library, SPAN_LIT("root")))
        report(c, true, "screens/root.txt:1:1: there is no screen 'root', where a call begins");
    links_each(c->board.library, check_link, c);
    library_each(c->board.library, check_led, c);
    check_jobs(c);
    bridge_each_handler(c->bridge, false, check_named, c);
}

int board_check(const char *folder, const struct file_draft *draft, struct buf *out,
                struct err *e)
{
    struct check c = {.report = out};
    struct file_list list = {0};
    struct buf ignored;
    int rc = -1;

    buf_init(&ignored, 65536);
    board_init(&c.board, folder);
    c.board.draft = draft;
    library_take_broken(c.board.library);
    c.bridge = bridge_new(&(struct bridge_config){.settings = &c.board.settings,
                                                  .library = c.board.library,
                                                  .read = read_module,
                                                  .arg = &c},
                          e);
    c.board.bridge = c.bridge;
    if (c.bridge && board_load_files(&c.board, e) == 0 &&
        board_find(&c.board, &list, &ignored, e) == 0) {
        check_all(&c, &list);
        rc = c.findings;
    }
    files_clear(&list);
    bridge_free(c.bridge);
    board_clear(&c.board);
    clear_words(&c.seen);
    clear_words(&c.led);
    clear_words(&c.named);
    buf_clear(&ignored);
    return rc;
}

int board_settings(const char *folder, struct settings *out, struct err *e)
{
    struct board b;
    int rc = -1;

    board_init(&b, folder);
    b.bridge =
        bridge_new(&(struct bridge_config){.settings = &b.settings, .library = b.library}, e);
    if (b.bridge)
        rc = board_read_settings(&b, e);
    bridge_free(b.bridge);
    *out = b.settings;
    settings_init(&b.settings);
    board_clear(&b);
    return rc;
}
