#include "server/check.h"

#include <ctype.h>

#include "server/board.h"
#include "server/files.h"
#include "store/db.h"

#define uthash_malloc(size) mem_alloc(size)
#define uthash_free(p, size) mem_free(p)
#include <uthash.h>

#include "base/mem.h"

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

static void check_handler(struct check *c, const struct op *op)
{
    add_word(&c->named, span_of(op->name));
    if (!bridge_has_handler(c->bridge, op->name))
        report(c, true, "%s:%u:%u: there is no handler '%s', expected it in lua/handlers/",
               op->file, op->line, op->column, op->name);
}

static void check_target(struct check *c, const struct screen *s, const struct op *op,
                         const char *keyword)
{
    if (strcmp(keyword, s->keyword) != 0)
        add_word(&c->led, span_of(keyword));
    if (!source_is_return_word(span_of(keyword)) &&
        !library_has(c->board.library, span_of(keyword)))
        report(c, true, "%s:%u:%u: there is no screen '%s'", op->file, op->line, op->column,
               keyword);
}

static void check_op(struct check *c, const struct screen *s, const struct op *op)
{
    switch (op->code) {
    case OP_GET:
    case OP_SET:
    case OP_KEY:
    case OP_IF:
        check_handler(c, op);
        break;
    case OP_EACH:
        if (op->name[0] != '.')
            check_handler(c, op);
        break;
    case OP_GO:
        check_target(c, s, op, op->name);
        break;
    default:
        break;
    }
}

/* What a source includes has been led to, and its page:escape leads somewhere. */
static void check_source(struct check *c, const struct screen *s, const struct source *source)
{
    for (unsigned i = 0; i < source->count; i++) {
        const struct op *op = &source->ops[i];

        if (op->code == OP_INCLUDE)
            add_word(&c->led, span_of(op->name));
        else if (op->code == OP_PAGE && strcmp(op->name, "escape") == 0)
            check_target(c, s, op, op->args[0].value.text.data);
    }
}

static void check_screen(void *arg, const struct screen *s, enum source_kind kind)
{
    struct check *c = arg;

    (void)kind;
    for (unsigned i = 0; i < s->count; i++)
        check_op(c, s, &s->ops[i]);
    for (int i = 0; i < OCCASIONS; i++) {
        if (s->calls[i].name)
            check_handler(c, s->calls[i].op);
    }
    for (unsigned i = 0; i < s->source_count; i++)
        check_source(c, s, s->sources[i]);
}

static void check_led(void *arg, const struct screen *s, enum source_kind kind)
{
    struct check *c = arg;

    (void)kind;
    if (!has_word(c->led, span_of(s->keyword)))
        report(c, true, "%s:1:1: nothing leads to the screen '%s'", s->sources[0]->file,
               s->keyword);
}

/* --- handlers --- */

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
        if (f->kind == FILE_LUA && file_read(c->board.folder, f->path, &text, &e) == 0)
            take_strings(c, buf_span(&text));
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

static bool read_module(void *arg, const char *name, struct buf *text, struct buf *path)
{
    struct check *c = arg;

    return board_read_module(&c->board, name, text, path);
}

static void check_all(struct check *c, const struct file_list *list)
{
    struct err e;

    if (board_read_settings(&c->board, &e) < 0)
        report(c, true, "%s", e.text);
    report_lines(c, buf_span(&c->board.errors));
    check_schema(c);
    check_files(c, list);
    add_word(&c->led, SPAN_LIT("root"));
    add_word(&c->led, SPAN_LIT("goodbye"));
    if (!library_has(c->board.library, SPAN_LIT("root")))
        report(c, true, "screens/root.txt:1:1: there is no screen 'root', where a call begins");
    library_each(c->board.library, check_screen, c);
    library_each(c->board.library, check_led, c);
    bridge_each_handler(c->bridge, check_named, c);
}

int board_check(const char *folder, struct buf *out, struct err *e)
{
    struct check c = {.report = out};
    struct file_list list = {0};
    struct buf ignored;
    int rc = -1;

    buf_init(&ignored, 65536);
    board_init(&c.board, folder);
    c.bridge = bridge_new(&(struct bridge_config){.settings = &c.board.settings,
                                                  .library = c.board.library,
                                                  .read = read_module,
                                                  .arg = &c},
                          e);
    c.board.bridge = c.bridge;
    if (c.bridge && board_load_files(&c.board, e) == 0 &&
        files_find(folder, &list, &ignored, e) == 0) {
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
