#include "server/explain.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "server/files.h"
#include "server/links.h"
#include "server/texts.h"

enum { NUMBER_BYTES = 24, NAME_BYTES = 64 };

/* What became of one macro, of all the times that it was passed. */
struct passing {
    unsigned times;
    unsigned true_times; /* of an if: */
    unsigned failures;
    unsigned rows; /* of an each: */
};

struct explaining {
    struct headless *headless;
    const struct visit *visit;
    const char *keyword;
    const char *who; /* "luna", "a guest" */
    unsigned level;
    struct board *board;
    const struct screen *screen; /* that the caller is to see; NULL: none can be shown */
    struct file_list files;      /* of the whole board */
    struct passing *passings;    /* of each of the screen's macros */
    struct visited visited;
    bool was_shown;      /* it has been visited */
    char stays_out[300]; /* why the caller does not see it; empty: sees it */
    unsigned items;
    unsigned hidden;
    struct buf rules;
    struct err *error;
    bool has_failed;
};

/* --- lines --- */

__attribute__((format(printf, 4, 5))) static void say(struct explaining *x, const char *file,
                                                      uint32_t line, const char *format, ...)
{
    va_list args;

    if (line > 0)
        buf_printf(&x->rules, "  %s:%u: ", file, line);
    else
        buf_printf(&x->rules, "  %s: ", file);
    va_start(args, format);
    buf_vprintf(&x->rules, format, args);
    va_end(args);
    buf_add_byte(&x->rules, '\n');
}

/* The first reason is the verdict's. */
__attribute__((format(printf, 2, 3))) static void keep_out(struct explaining *x,
                                                           const char *format, ...)
{
    va_list args;

    if (x->stays_out[0])
        return;
    va_start(args, format);
    vsnprintf(x->stays_out, sizeof(x->stays_out), format, args);
    va_end(args);
}

/* --- what the engine's Lua knows (core/bridge/explain.lua) --- */

static void add_line(void *arg, struct span line)
{
    buf_add(arg, line);
    buf_add_byte(arg, '\n');
}

/* 0; 1: it was refused, `out` says why; -1. */
static int ask(struct explaining *x, const char *const *words, unsigned count, struct buf *out)
{
    struct headless_words command = {"explain", words, count, add_line, out};
    struct err e;
    int rc = headless_command(x->headless, &command, &e);

    if (rc == 0)
        return 0;
    buf_reset(out);
    buf_add_text(out, e.text);
    if (rc < 0) {
        x->has_failed = true;
        err_set(x->error, "%s", e.text);
    }
    return rc;
}

static void add_rules(struct explaining *x, struct span lines)
{
    while (lines.len > 0) {
        struct span line = span_take_line(&lines);

        buf_printf(&x->rules, "  %.*s\n", SPAN_ARG(line));
    }
}

/* Where the function of a handler begins. */
static void find_handler(struct explaining *x, const char *name, struct buf *out)
{
    const char *const words[] = {"where", name};

    if (ask(x, words, 2, out) == 0 && out->len > 0)
        buf_cut(out, out->len - 1); /* its line end */
}

/* --- the account --- */

/* Who can't log in sees what a guest sees. */
static void rule_account(struct explaining *x)
{
    const char *const words[] = {"account", x->visit->account ? x->visit->account->handle : ""};
    struct buf out;
    struct span lines;

    buf_init(&out, BUF_LARGE);
    if (x->visit->account && ask(x, words, 2, &out) == 0) {
        lines = buf_span(&out);
        add_rules(x, lines);
        if (lines.len > 0 && (!x->screen || x->screen->level > 0)) {
            struct span first = span_take_line(&lines);

            keep_out(x, "%.*s", (int)strcspn(first.data, ":\n"), first.data);
        }
    }
    buf_clear(&out);
}

/* --- which file --- */

static bool is_of_screen(const struct explaining *x, const struct file *f)
{
    return f->kind == FILE_SCREEN && span_is(library_keyword(span_of(f->name)), x->keyword);
}

static bool is_narrow(const char *path)
{
    return strstr(path, ".40.") != NULL;
}

static const char *order_of(const struct explaining *x)
{
    if (x->visit->is_linear)
        return ".txt, .asc, .ans: it is read to the caller";
    return x->visit->terminal.ansi ? ".ans, .txt, .asc: the terminal has ANSI"
                                   : ".asc, .txt, .ans: the terminal has no ANSI";
}

static bool is_broken(const struct explaining *x, const char *path)
{
    for (unsigned i = 0; i < x->board->broken.count; i++) {
        if (strcmp(x->board->broken.paths[i], path) == 0)
            return true;
    }
    return false;
}

static void say_chosen(struct explaining *x, const char *path)
{
    if (is_narrow(path))
        say(x, path, 0, "this file: it is for windows of fewer than %d columns, this has %u",
            NARROW, x->visit->terminal.columns);
    else
        say(x, path, 0, "this file: the first there is of %s", order_of(x));
}

static void say_other(struct explaining *x, const char *path, const char *chosen)
{
    unsigned columns = x->visit->terminal.columns;

    if (is_narrow(path) && columns >= NARROW)
        say(x, path, 0,
            "not this file: it is for windows of fewer than %d columns, this has %u", NARROW,
            columns);
    else if (chosen && is_narrow(chosen) && !is_narrow(path))
        say(x, path, 0, "not this file: there is one for narrow windows");
    else if (is_broken(x, path))
        say(x, path, 0, "not this file: it is broken");
    else
        say(x, path, 0, "not this file: the order is %s", order_of(x));
}

static void rule_file(struct explaining *x)
{
    const char *chosen = x->screen ? x->screen->sources[0]->file : NULL;

    for (unsigned i = 0; i < x->files.count; i++) {
        const struct file *f = &x->files.files[i];

        if (!is_of_screen(x, f))
            continue;
        if (chosen && strcmp(f->path, chosen) == 0)
            say_chosen(x, f->path);
        else
            say_other(x, f->path, chosen);
    }
}

/* --- broken files --- */

static void say_errors_of(struct explaining *x, const char *path)
{
    struct span lines = buf_span(&x->board->errors);
    size_t len = strlen(path);

    while (lines.len > 0) {
        struct span line = span_take_line(&lines);

        if (span_starts_with(line, path) && line.len > len && line.data[len] == ':')
            buf_printf(&x->rules, "  %.*s\n", SPAN_ARG(line));
    }
}

/* Its newest version that was good, which the server has in use. */
static void say_last_good(struct explaining *x, const char *path)
{
    struct buf versions;
    char at[40] = "";
    time_t kept;

    buf_init(&versions, BUF_LARGE);
    if (x->board->history)
        history_list(x->board->history, path, &versions);
    if (versions.len > 0 && strchr(buf_text(&versions), ' ')) {
        kept = (time_t)strtoll(strchr(buf_text(&versions), ' ') + 1, NULL, 10);
        strftime(at, sizeof(at), " of %Y-%m-%d %H:%M:%S", localtime(&kept));
    }
    say(x, path, 0, "it is broken: its last good version%s is in use, lines are that one's",
        at);
    buf_clear(&versions);
}

/* Something that it includes, or that includes are wrong about, is not among its own lines. */
static void rule_broken(struct explaining *x)
{
    const char *chosen = x->screen ? x->screen->sources[0]->file : NULL;
    uint32_t before = x->rules.len;

    for (unsigned i = 0; i < x->files.count; i++) {
        const struct file *f = &x->files.files[i];

        if (!is_of_screen(x, f))
            continue;
        if (chosen && strcmp(chosen, f->path) == 0 && is_broken(x, f->path))
            say_last_good(x, f->path);
        say_errors_of(x, f->path);
    }
    if (x->screen)
        return;
    if (x->rules.len == before)
        add_rules(x, buf_span(&x->board->errors));
    keep_out(x, "it is broken, and there is no good version of it");
}

/* --- the level --- */

/* Where page:level(N) stands; the file's name alone where it does not. */
static const struct op *find_level(const struct screen *s)
{
    for (unsigned i = 0; i < s->source_count; i++) {
        for (unsigned k = 0; k < s->sources[i]->count; k++) {
            const struct op *op = &s->sources[i]->ops[k];

            if (op->code == OP_PAGE && strcmp(op->name, "level") == 0)
                return op;
        }
    }
    return NULL;
}

static void rule_level(struct explaining *x)
{
    const struct op *op = x->screen ? find_level(x->screen) : NULL;
    unsigned wanted = x->screen ? x->screen->level : 0;

    if (op)
        say(x, op->file, op->line, "page:level(%u): level %u is %s", wanted, x->level,
            x->level >= wanted ? "enough" : "not enough");
    else if (x->screen)
        say(x, x->screen->sources[0]->file, 0, "it has no page:level: it is open to all");
    if (x->level < wanted)
        keep_out(x, "it is for level %u and above", wanted);
}

/* --- the trial --- */

struct on_trial {
    struct explaining *x;
    const struct texts *promoted;
    bool is_sysop;
    bool is_new; /* the screen is in no file that everybody has */
    unsigned lua;
};

static void say_trial(struct on_trial *t, const struct file *f)
{
    const char *which = t->is_sysop ? "as here" : "as it was promoted last, not as here";
    bool is_new = !texts_find(t->promoted, f->path);

    if (f->kind == FILE_LUA)
        t->lua++;
    else if (f->kind == FILE_SCREEN && is_of_screen(t->x, f) && is_new)
        say(t->x, f->path, 0, "it is new and on trial (reload.canary): sysops alone have it");
    else if (f->kind == FILE_SCREEN && is_of_screen(t->x, f))
        say(t->x, f->path, 0, "it is on trial (reload.canary): level %u has it %s", t->x->level,
            which);
    if (f->kind == FILE_SCREEN && is_of_screen(t->x, f) && !is_new)
        t->is_new = false;
}

/* Does the folder have something else than everybody has? */
static bool is_on_trial(struct on_trial *t, const struct file *f)
{
    const struct text_of *has = texts_find(t->promoted, f->path);
    struct buf now;
    struct err ignored;
    bool same;

    buf_init(&now, SOURCE_MAX);
    same = has && file_read(t->x->board->folder, f->path, &now, &ignored) == 0 &&
           span_equals(buf_span(&now), span_from(has->data, has->len));
    buf_clear(&now);
    return !same;
}

static void look_for_trial(struct on_trial *t)
{
    for (unsigned i = 0; i < t->x->files.count; i++) {
        const struct file *f = &t->x->files.files[i];

        if (is_on_trial(t, f))
            say_trial(t, f);
        else if (f->kind == FILE_SCREEN && is_of_screen(t->x, f))
            t->is_new = false;
    }
    if (t->lua > 0 && !t->is_sysop)
        say(t->x, "lua/", 0, "on trial: %u; level %u has them as they were promoted last",
            t->lua, t->x->level);
}

/* What has not been promoted is held back from all but sysops. */
static void rule_trial(struct explaining *x)
{
    const struct settings *s = &x->board->settings;
    const char *file = headless_promoted(x->headless);
    struct texts promoted = {0};
    struct err ignored;
    struct on_trial t = {.x = x, .promoted = &promoted, .is_new = true};

    t.is_sysop = x->level >= (unsigned)s->level_sysop;
    if (!file || strcmp(s->reload_canary, "sysop") != 0 ||
        texts_load(&promoted, file, &ignored) != 0)
        return;
    look_for_trial(&t);
    if (t.is_new && !t.is_sysop)
        keep_out(x, "it is on trial for sysops, and not promoted yet");
    texts_clear(&promoted);
}

/* What decides whether a caller sees the screen at all, in this order; each says what it finds,
 * and keep_out where that is the reason. */
static void (*const screen_rules[])(struct explaining *x) = {
    rule_account, rule_file, rule_broken, rule_trial, rule_level,
};

/* --- the visit --- */

static void on_passed(void *arg, const struct op *op, const struct outcome *out)
{
    struct explaining *x = arg;
    uintptr_t at = (uintptr_t)op;
    uintptr_t first = (uintptr_t)x->screen->ops;
    struct passing *p;

    if (at < first || at >= (uintptr_t)(x->screen->ops + x->screen->count))
        return; /* of a screen that it has led to */
    p = &x->passings[op - x->screen->ops];
    p->times++;
    if (!out)
        return;
    p->true_times += out->is_true;
    p->failures += out->failed;
    p->rows += out->rows ? out->rows->count : 0;
}

static void look(struct explaining *x)
{
    struct visit visit = *x->visit;

    visit.passed = on_passed;
    visit.arg = x;
    x->passings = mem_zalloc((x->screen->count + 1) * sizeof(*x->passings));
    if (headless_visit(x->headless, &visit, &x->visited, x->error) < 0) {
        x->has_failed = true;
        return;
    }
    picture_free(x->visited.picture);
    x->was_shown = true;
    if (x->visited.end == VISIT_STOPPED) {
        x->has_failed = true;
        err_set(x->error, "it was stopped");
    }
}

static void say_where_it_led(struct explaining *x)
{
    const struct screen_call *enter = &x->screen->calls[OCCASION_ENTER];
    bool has_left = strcmp(x->visited.keyword, x->keyword) != 0;

    if (has_left && enter->name)
        say(x, enter->op->file, enter->op->line, "enter:%s: it leads to '%s'", enter->name,
            x->visited.keyword);
    if (has_left)
        keep_out(x, "its handlers lead to '%s'", x->visited.keyword);
    else if (x->visited.end == VISIT_HUNG_UP)
        keep_out(x, "the call has ended there");
    else if (x->visited.end == VISIT_LATE)
        keep_out(x, "a handler has not ended after %d seconds", VISIT_SECONDS);
}

/* --- items and blocks --- */

static bool is_block(const struct op *op)
{
    return op->code == OP_IF || op->code == OP_IF_FIELD || op->code == OP_EACH;
}

static const char *kind_of(const struct op *op)
{
    switch (op->code) {
    case OP_ITEM:
        return "item";
    case OP_GO:
        return "go";
    case OP_EACH:
        return "each";
    default:
        return "if";
    }
}

/* Where the other part of an if: ends, if it has one; else where it begins. */
static uint32_t end_of_else(const struct screen *s, const struct op *op)
{
    const struct op *jump = &s->ops[op->target - 1];

    return op->code != OP_EACH && jump->code == OP_JUMP ? jump->target : op->target;
}

/* Has this block kept the caller from what stands at `at`, in it or in its else? */
static bool keeps_from(const struct explaining *x, unsigned block, unsigned at)
{
    const struct op *op = &x->screen->ops[block];
    const struct passing *p = &x->passings[block];

    if (!is_block(op) || at <= block || at >= end_of_else(x->screen, op))
        return false;
    if (op->code == OP_EACH)
        return p->rows == 0;
    return at < op->target ? p->true_times == 0 : p->true_times > 0;
}

/* The outermost block that does; NULL: none. */
static const struct op *find_keeper(const struct explaining *x, unsigned at)
{
    for (unsigned i = 0; i < at; i++) {
        if (keeps_from(x, i, at))
            return &x->screen->ops[i];
    }
    return NULL;
}

static void say_not_passed(struct explaining *x, unsigned at)
{
    const struct op *op = &x->screen->ops[at];
    const struct op *keeper = find_keeper(x, at);

    if (keeper)
        say(x, op->file, op->line, "%s:%s: hidden: %s:%s of line %u keeps it from the caller",
            kind_of(op), op->name, kind_of(keeper), keeper->name, keeper->line);
    else
        say(x, op->file, op->line, "%s:%s: hidden: it was not come to", kind_of(op), op->name);
}

static struct screen *find_target(const struct explaining *x, const char *keyword)
{
    const struct terminal_kind *t = &x->visit->terminal;
    enum audience who = x->visit->is_linear ? FOR_LINEAR : t->ansi ? FOR_ANSI : FOR_PLAIN;

    return library_find(x->board->library, span_of(keyword), who, t->columns);
}

/* "of screens/sysop/desk.txt:1" */
static void add_place_of_level(const struct screen *s, char *out, size_t room)
{
    const struct op *op = find_level(s);

    snprintf(out, room, "%s:%u", op ? op->file : s->sources[0]->file, op ? op->line : 1);
}

static bool say_level_of_item(struct explaining *x, const struct op *op)
{
    const struct screen *target = find_target(x, op->name);
    const char *effect = op->code == OP_GO ? "refused"
                         : op->is_dim      ? "dimmed, not to be chosen"
                                           : "hidden";
    char place[300];

    if (op->code == OP_ITEM && x->level < op->least) {
        say(x, op->file, op->line, "item:%s: %s: it is for level %u and above", op->name,
            effect, op->least);
        return false;
    }
    if (!target || x->level >= target->level)
        return true;
    add_place_of_level(target, place, sizeof(place));
    say(x, op->file, op->line, "%s:%s: %s: '%s' is for level %u and above (%s)", kind_of(op),
        op->name, effect, op->name, target->level, place);
    return false;
}

/* Is it to be seen? What leads nowhere is, until it is chosen. */
static bool explain_item(struct explaining *x, unsigned at)
{
    const struct op *op = &x->screen->ops[at];

    if (x->passings[at].times == 0) {
        say_not_passed(x, at);
        return false;
    }
    if (!say_level_of_item(x, op))
        return op->code == OP_GO || op->is_dim;
    if (!source_is_return_word(span_of(op->name)) && !find_target(x, op->name))
        say(x, op->file, op->line, "%s:%s: shown, but leads nowhere: there is no such screen",
            kind_of(op), op->name);
    else
        say(x, op->file, op->line, "%s:%s: shown", kind_of(op), op->name);
    return true;
}

/* "lua/handlers/dial.lua:7", or of a field of the row nothing. */
static void add_handler_of(struct explaining *x, const struct op *op, struct buf *out)
{
    buf_init(out, 4096);
    if (op->name[0] != '.')
        find_handler(x, op->name, out);
    else
        buf_add_text(out, "a field of the row");
}

static void explain_block(struct explaining *x, unsigned at)
{
    const struct op *op = &x->screen->ops[at];
    const struct passing *p = &x->passings[at];
    struct buf place;

    if (p->times == 0)
        return; /* it stands in one that is said */
    add_handler_of(x, op, &place);
    if (p->failures > 0)
        say(x, op->file, op->line, "%s:%s: its handler failed (%s)", kind_of(op), op->name,
            buf_text(&place));
    else if (op->code == OP_EACH)
        say(x, op->file, op->line, "each:%s: %u row%s (%s)", op->name, p->rows,
            p->rows == 1 ? "" : "s", buf_text(&place));
    else if (p->times > 1)
        say(x, op->file, op->line, "if:%s: true %u of %u times (%s)", op->name, p->true_times,
            p->times, buf_text(&place));
    else
        say(x, op->file, op->line, "if:%s: %s (%s)", op->name, p->true_times ? "true" : "false",
            buf_text(&place));
    buf_clear(&place);
}

static void explain_macros(struct explaining *x)
{
    for (unsigned i = 0; i < x->screen->count; i++) {
        const struct op *op = &x->screen->ops[i];

        if (is_block(op))
            explain_block(x, i);
        if (op->code == OP_GO)
            explain_item(x, i);
        if (op->code != OP_ITEM)
            continue;
        x->items++;
        x->hidden += !explain_item(x, i);
    }
}

/* --- what it names --- */

static void see_link(void *arg, const struct link *link)
{
    struct explaining *x = arg;
    struct buf why;

    if (link->from != x->screen || link->kind != LINK_HANDLER)
        return;
    buf_init(&why, 4096);
    if (board_lacks(x->board, link, &why))
        add_rules(x, buf_span(&why));
    buf_clear(&why);
}

struct handler_list {
    const struct screen *screen;
    const char **words;
    unsigned count;
};

static void add_word(struct handler_list *list, const char *word)
{
    list->words = mem_realloc(list->words, (list->count + 1) * sizeof(*list->words));
    list->words[list->count++] = word;
}

static void take_handler(void *arg, const struct link *link)
{
    struct handler_list *list = arg;

    if (link->from == list->screen && link->kind == LINK_HANDLER)
        add_word(list, link->name);
}

static void rule_settings(struct explaining *x)
{
    struct handler_list list = {.screen = x->screen};
    char level[NUMBER_BYTES];
    struct buf out;

    snprintf(level, sizeof(level), "%u", x->level);
    add_word(&list, "settings");
    add_word(&list, level);
    add_word(&list, x->visit->account ? x->visit->account->handle : "");
    links_each(x->board->library, take_handler, &list);
    buf_init(&out, BUF_LARGE);
    if (ask(x, list.words, list.count, &out) == 0)
        add_rules(x, buf_span(&out));
    buf_clear(&out);
    mem_free(list.words);
}

/* --- a screen --- */

static void add_verdict(struct explaining *x, struct buf *out)
{
    const char *file = x->screen ? x->screen->sources[0]->file : x->keyword;

    buf_printf(out, "%s (level %u) %s %s", x->who, x->level,
               x->stays_out[0] ? "does not see" : "sees", file);
    if (x->stays_out[0])
        buf_printf(out, ": %s", x->stays_out);
    else if (x->hidden > 0)
        buf_printf(out, "; %u of its %u items %s hidden", x->hidden, x->items,
                   x->hidden == 1 ? "is" : "are");
    else if (x->items > 0)
        buf_printf(out, "; all of its %u items are shown", x->items);
    buf_add_byte(out, '\n');
}

static enum explained explain_screen(struct explaining *x, struct buf *out)
{
    for (size_t i = 0; i < sizeof(screen_rules) / sizeof(screen_rules[0]); i++)
        screen_rules[i](x);
    if (!x->stays_out[0])
        look(x);
    if (x->was_shown && !x->has_failed) {
        say_where_it_led(x);
        explain_macros(x);
    }
    if (x->screen) {
        links_each(x->board->library, see_link, x);
        rule_settings(x);
    }
    if (x->has_failed)
        return EXPLAINED_FAILED;
    add_verdict(x, out);
    buf_add(out, buf_span(&x->rules));
    return x->stays_out[0] ? EXPLAINED_NO : EXPLAINED_YES;
}

static bool has_screen(const struct explaining *x)
{
    for (unsigned i = 0; i < x->files.count; i++) {
        if (is_of_screen(x, &x->files.files[i]))
            return true;
    }
    return x->screen != NULL;
}

/* --- an area --- */

static enum explained explain_area(struct explaining *x, struct buf *out)
{
    const char *handle = x->visit->account ? x->visit->account->handle : "";
    char level[NUMBER_BYTES];
    char who[NAME_BYTES];
    const char *const words[] = {"area", x->keyword + strlen("files/"), level, handle, who};
    struct span lines;
    bool sees;
    int rc;

    buf_reset(&x->rules);
    snprintf(level, sizeof(level), "%u", x->level);
    snprintf(who, sizeof(who), "%s (level %u)", x->who, x->level);
    rc = ask(x, words, 5, &x->rules);
    if (rc > 0)
        err_set(x->error, "%s", buf_text(&x->rules));
    if (rc != 0)
        return rc > 0 ? EXPLAINED_UNKNOWN : EXPLAINED_FAILED;
    lines = buf_span(&x->rules);
    sees = span_is(span_take_line(&lines), "yes");
    add_line(out, span_take_line(&lines));
    while (lines.len > 0) {
        struct span line = span_take_line(&lines);

        buf_printf(out, "  %.*s\n", SPAN_ARG(line));
    }
    return sees ? EXPLAINED_YES : EXPLAINED_NO;
}

/* An area may have the name of a screen: the answer is the screen's then. */
static enum explained explain_all(struct explaining *x, struct buf *out)
{
    bool may_be_area = span_starts_with(span_of(x->keyword), "files/");
    enum explained result;

    err_set(x->error, "%s", "");
    if (!has_screen(x))
        return may_be_area ? explain_area(x, out) : EXPLAINED_UNKNOWN;
    result = explain_screen(x, out);
    if (result != EXPLAINED_FAILED && may_be_area && explain_area(x, out) == EXPLAINED_FAILED)
        result = EXPLAINED_FAILED;
    return result;
}

enum explained explain(struct headless *h, const struct visit *visit, struct buf *out,
                       struct err *e)
{
    struct explaining x = {.headless = h,
                           .visit = visit,
                           .keyword = visit->keyword,
                           .who = visit->account ? visit->account->handle : "a guest",
                           .level = visit->account ? (unsigned)visit->account->level : 0,
                           .board = headless_board(h),
                           .error = e};
    enum explained result = EXPLAINED_UNKNOWN;
    struct buf ignored;

    buf_init(&ignored, 65536);
    buf_init(&x.rules, BUF_LARGE);
    if (board_find(x.board, &x.files, &ignored, e) < 0)
        result = EXPLAINED_FAILED;
    x.screen = find_target(&x, x.keyword);
    if (result != EXPLAINED_FAILED)
        result = explain_all(&x, out);
    files_clear(&x.files);
    mem_free(x.passings);
    buf_clear(&x.rules);
    buf_clear(&ignored);
    return result;
}
