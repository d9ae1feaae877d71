#include "server/board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "server/files.h"
#include "server/gate.h"
#include "server/starter.h"
#include "server/trial.h"

enum { TOLD_MAX = 5 }; /* lines of errors that sysops on line are shown at once */

#define SETTINGS "lua/settings.lua"
#define SCHEMA "lua/schema.sql"
#define OLD_VERSION                                                                            \
    "reload event=old file=%s why=\"it is broken: its last good version is used\""

void board_init(struct board *b, const char *folder)
{
    *b = (struct board){.folder = folder};
    settings_init(&b->settings);
    b->library = library_new();
    buf_init(&b->errors, 65536);
    buf_init(&b->missing, 65536);
}

static void paths_clear(struct path_set *s)
{
    for (unsigned i = 0; i < s->count; i++)
        mem_free(s->paths[i]);
    mem_free(s->paths);
    *s = (struct path_set){0};
}

static bool paths_have(const struct path_set *s, const char *path)
{
    for (unsigned i = 0; i < s->count; i++) {
        if (strcmp(s->paths[i], path) == 0)
            return true;
    }
    return false;
}

static void paths_append(void *set, const char *path)
{
    struct path_set *s = set;

    s->paths = mem_realloc(s->paths, (s->count + 1) * sizeof(char *));
    s->paths[s->count++] = mem_strdup(path);
}

static void paths_add(struct path_set *s, const char *path)
{
    if (!paths_have(s, path))
        paths_append(s, path);
}

void board_clear(struct board *b)
{
    settings_clear(&b->settings);
    library_free(b->library);
    buf_clear(&b->errors);
    buf_clear(&b->missing);
    paths_clear(&b->pending);
    paths_clear(&b->broken);
    paths_clear(&b->compiled);
}

/* What is loaded now is for sysops alone. */
static bool is_trial(const struct board *b)
{
    return !b->is_loading && trial_is_wanted(b);
}

/* The screens that saves change. */
static struct library *library_of(const struct board *b)
{
    if (!is_trial(b))
        return b->library;
    library_begin_trial(b->library);
    return library_trial(b->library);
}

static int read_from(const struct texts *from, const char *path, struct buf *out, struct err *e)
{
    const struct text_of *t = texts_find(from, path);

    if (!t)
        return 1;
    return buf_add(out, span_from(t->data, t->len)) ? 0
                                                    : err_set(e, "%s: it is too large", path);
}

int board_read(const struct board *b, const char *path, struct buf *out, struct err *e)
{
    if (b->from)
        return read_from(b->from, path, out, e);
    if (!b->draft || strcmp(b->draft->path, path) != 0)
        return file_read(b->folder, path, out, e);
    return buf_add(out, b->draft->text) ? 0 : err_set(e, "%s: it is too large", path);
}

int board_find(const struct board *b, struct file_list *list, struct buf *problems,
               struct err *e)
{
    if (b->from) {
        *list = (struct file_list){0};
        for (unsigned i = 0; i < b->from->count; i++)
            files_add(list, b->from->items[i].path, problems);
        return 0;
    }
    if (files_find(b->folder, list, problems, e) < 0)
        return -1;
    if (b->draft)
        files_add(list, b->draft->path, problems);
    return 0;
}

/* --- telling what is wrong --- */

static void tell_sysops(struct board *b, struct span line)
{
    if (b->clients)
        clients_tell_sysops(b->clients, line);
}

/* Tell each line once, not again at every save until it is mended: the log all, sysops on line
 * the first of them. */
static void tell_lines(struct board *b, struct span lines, const char *told_before,
                       void (*log)(struct span line))
{
    char more[100];
    unsigned n = 0;

    while (lines.len > 0) {
        struct span line = span_take_line(&lines);

        if (span_has_line(span_of(told_before), line))
            continue;
        log(line);
        if (n++ < TOLD_MAX)
            tell_sysops(b, line);
    }
    snprintf(more, sizeof(more), "and %u more: perigee check lists them", n - TOLD_MAX);
    if (n > TOLD_MAX)
        tell_sysops(b, span_of(more));
}

static void log_refused(struct span line)
{
    log_error("reload event=refused %.*s", SPAN_ARG(line));
}

static void log_missing(struct span line)
{
    log_warn("board event=missing %.*s", SPAN_ARG(line));
}

/* The same, to look at: where nothing is on trial, nothing begins. */
static const struct library *look_library(const struct board *b)
{
    return is_trial(b) ? library_trial(b->library) : b->library;
}

/* Is it missing, and from a file that has not been saved in vain? */
static bool lacks_handler(struct board *b, const char *name, bool on_trial, char *path,
                          size_t size)
{
    if (bridge_has_handler(b->bridge, name, on_trial))
        return false;
    snprintf(path, size, "lua/handlers/%.*s.lua", (int)(strrchr(name, '.') - name), name);
    for (char *p = path + 13; p < path + strlen(path) - 4; p++)
        *p = *p == '.' ? '/' : *p;
    return !paths_have(&b->pending, path);
}

bool board_lacks_job(struct board *b, const struct setting_job *job, struct buf *why)
{
    char path[300];

    if (!lacks_handler(b, job->handler, false, path, sizeof(path)))
        return false;
    buf_printf(why,
               "lua/settings.lua:%u: schedule: there is no handler '%s', expected it in %s\n",
               job->line, job->handler, path);
    return true;
}

bool board_lacks(struct board *b, const struct link *link, struct buf *why)
{
    const struct op *op = link->op;
    struct span name = span_of(link->name);
    char path[300];

    if (link->kind == LINK_HANDLER) {
        if (!lacks_handler(b, link->name, is_trial(b), path, sizeof(path)))
            return false;
        buf_printf(why, "%s:%u:%u: there is no handler '%s', expected it in %s\n", op->file,
                   op->line, op->column, link->name, path);
        return true;
    }
    if (link->kind == LINK_SCREEN && !source_is_return_word(name) &&
        !library_has(look_library(b), name)) {
        buf_printf(why, "%s:%u:%u: there is no screen '%s', expected screens/%s.txt\n",
                   op->file, op->line, op->column, link->name, link->name);
        return true;
    }
    return false;
}

static void add_missing(void *arg, const struct link *link)
{
    struct board *b = arg;
    uint32_t before = b->missing.len;
    struct span line;

    if (!board_lacks(b, link, &b->missing) || b->missing.len == before)
        return;
    line = span_from(b->missing.data + before, b->missing.len - before - 1);
    if (span_has_line(span_from(b->missing.data, before), line))
        buf_cut(&b->missing, before); /* of a file that several screens include */
}

/* Handlers and screens that are named and not there: often the next that is saved, so it is no
 * error yet, but a caller who comes there misses it. */
static void tell_missing(struct board *b)
{
    char *before = mem_strdup(buf_text(&b->missing));

    buf_reset(&b->missing);
    links_each(look_library(b), add_missing, b);
    for (unsigned i = 0; i < b->settings.job_count; i++)
        board_lacks_job(b, &b->settings.jobs[i], &b->missing);
    tell_lines(b, buf_span(&b->missing), before, log_missing);
    mem_free(before);
}

/* --- settings --- */

/* False: b->errors says why. */
static bool read_settings_into(struct board *b, struct settings *s)
{
    struct buf text;
    struct bridge_file file = {.name = "settings", .path = SETTINGS};
    struct err e;
    bool ok = true;
    int rc;

    buf_init(&text, SOURCE_MAX);
    rc = board_read(b, file.path, &text, &e);
    file.text = rc == 0 ? buf_span(&text) : SPAN_LIT("return {}"); /* all as without a file */
    if (rc < 0)
        buf_printf(&b->errors, "%s\n", e.text);
    else
        ok = bridge_read_settings(b->bridge, &file, s, &b->errors) == 0;
    buf_clear(&text);
    return rc >= 0 && ok;
}

int board_read_settings(struct board *b, struct err *e)
{
    struct settings fresh;
    uint32_t errors = b->errors.len;

    settings_init(&fresh);
    if (!read_settings_into(b, &fresh)) {
        struct span lines = span_from(buf_text(&b->errors) + errors, b->errors.len - errors);
        struct span first = span_take_line(&lines);

        settings_clear(&fresh);
        return err_set(e, "%.*s%s", SPAN_ARG(first),
                       lines.len ? " (and more: perigee check lists them)" : "");
    }
    settings_clear(&b->settings);
    b->settings = fresh;
    return 0;
}

/* What cannot change while the server runs says so, and stays. */
static void keep_fixed(struct board *b, const struct settings *fresh)
{
    for (const struct setting *t = settings_table; t->name; t++) {
        if (!t->live && !settings_same(&b->settings, fresh, t))
            log_warn("settings event=later name=%s why=\"it takes effect at the next start\"",
                     t->name);
    }
}

static void keep_version(struct board *b, const char *path, struct span text)
{
    if (b->history && !b->from && !b->keeps_nothing)
        history_add(b->history, path, text);
}

/* As it is now, which has just been found good. */
static void keep_file(struct board *b, const char *path)
{
    struct buf text;
    struct err ignored;

    buf_init(&text, SOURCE_MAX);
    if (b->history && board_read(b, path, &text, &ignored) == 0)
        keep_version(b, path, buf_span(&text));
    buf_clear(&text);
}

static void reload_settings(struct board *b)
{
    struct settings fresh;
    bool tried = trial_is_wanted(b);
    struct err e;

    settings_init(&fresh);
    if (!read_settings_into(b, &fresh)) {
        settings_clear(&fresh);
        return;
    }
    keep_file(b, SETTINGS);
    if (b->gate)
        gate_set(b->gate, &fresh);
    keep_fixed(b, &fresh);
    settings_clear(&b->settings);
    b->settings = fresh;
    log_info("settings event=loaded");
    if (trial_set_up(b, tried, &e) < 0)
        tell_sysops(b, span_of(e.text));
    if (b->settings_changed)
        b->settings_changed(b->arg);
}

/* --- screens --- */

static bool has_text(const struct library *l, const struct file *f, struct span text)
{
    struct span has = library_text(l, f->name, f->source);

    return has.data && span_equals(has, text);
}

/* On trial is what is not as everybody has it: what is the same stays so. */
static void take_screen(struct board *b, const struct file *f, struct span text)
{
    struct library *l = library_of(b);

    if (is_trial(b) && has_text(l, f, text))
        return;
    if (library_set(l, f->name, f->source, f->path, text, &b->errors) == 0)
        paths_add(&b->compiled, f->path);
}

/* Once all is linked: a block without its end is found only then. */
static void keep_linked(struct board *b)
{
    const struct library *l = library_of(b);
    struct file f;

    for (unsigned i = 0; i < b->compiled.count; i++) {
        file_classify(b->compiled.paths[i], &f);
        if (library_is_linked(l, f.name, f.source))
            keep_version(b, f.path, library_text(l, f.name, f.source));
        file_clear(&f);
    }
    paths_clear(&b->compiled);
}

/* The newest kept version that is taken: what an undo took the place of is kept as well, and
 * may be wrong. */
static bool take_old(struct board *b, const struct file *f,
                     bool (*take)(struct board *b, const struct file *f, struct span text))
{
    struct buf old;
    bool taken = false;

    if (!b->history || b->from)
        return false;
    buf_init(&old, SOURCE_MAX);
    for (unsigned age = 0; !taken && history_read(b->history, f->path, age, &old); age++) {
        taken = take(b, f, buf_span(&old));
        buf_reset(&old);
    }
    if (taken)
        log_warn(OLD_VERSION, f->path);
    buf_clear(&old);
    return taken;
}

static bool take_old_screen(struct board *b, const struct file *f, struct span text)
{
    struct buf ignored;
    bool ok;

    buf_init(&ignored, 4096);
    ok = library_set(b->library, f->name, f->source, f->path, text, &ignored) == 0;
    buf_clear(&ignored);
    return ok;
}

static void load_screen(struct board *b, const struct file *f, bool is_start)
{
    struct buf text;
    struct err e;
    uint32_t errors = b->errors.len;
    int rc;

    buf_init(&text, SOURCE_MAX);
    rc = board_read(b, f->path, &text, &e);
    if (rc == 0)
        take_screen(b, f, buf_span(&text));
    else if (rc < 0)
        buf_printf(&b->errors, "%s\n", e.text);
    else
        library_remove(library_of(b), f->name, f->source);
    if (b->errors.len > errors)
        paths_add(&b->broken, f->path);
    /* At the start a broken screen is shown as it last was good. */
    if (is_start && b->errors.len > errors && !library_has(b->library, span_of(f->name)))
        take_old(b, f, take_old_screen);
    buf_clear(&text);
}

/* A swap's. */
static unsigned take_number(struct board *b)
{
    unsigned number = ++b->numbered;

    if (is_trial(b))
        b->trial = number;
    else
        b->generation = number;
    return number;
}

static void redraw(struct board *b)
{
    if (b->clients)
        clients_redraw(b->clients, b->generation, b->trial);
}

static bool link_screens(struct board *b)
{
    unsigned swapped = library_link(library_of(b), &b->errors);
    unsigned generation;

    keep_linked(b);
    if (swapped == 0)
        return false;
    generation = take_number(b);
    log_info("reload event=screens generation=%u screens=%u%s", generation, swapped,
             is_trial(b) ? " trial=yes" : "");
    redraw(b);
    return true;
}

/* --- Lua --- */

struct lua_set {
    struct file *files;
    struct buf *texts;
    struct bridge_file *sources;
    const char **gone;
    unsigned count;
    unsigned gone_count;
    unsigned same_count; /* that are on trial as they are */
};

static void set_init(struct lua_set *s, unsigned most)
{
    *s = (struct lua_set){.files = mem_zalloc((most + 1) * sizeof(struct file)),
                          .texts = mem_zalloc((most + 1) * sizeof(struct buf)),
                          .sources = mem_zalloc((most + 1) * sizeof(struct bridge_file)),
                          .gone = mem_zalloc((most + 1) * sizeof(char *))};
}

static void set_clear(struct lua_set *s)
{
    for (unsigned i = 0; i < s->count; i++) {
        file_clear(&s->files[i]);
        buf_clear(&s->texts[i]);
    }
    for (unsigned i = 0; i < s->gone_count; i++)
        mem_free((char *)(uintptr_t)s->gone[i]);
    mem_free(s->files);
    mem_free(s->texts);
    mem_free(s->sources);
    mem_free(s->gone);
}

static void set_add(struct board *b, struct lua_set *s, const char *path)
{
    struct file f;
    struct buf *text = &s->texts[s->count];
    struct err e;
    int rc;

    if (file_classify(path, &f) != FILE_LUA) {
        file_clear(&f);
        return;
    }
    buf_init(text, SOURCE_MAX);
    rc = board_read(b, path, text, &e);
    if (rc != 0) {
        if (rc > 0)
            s->gone[s->gone_count++] = mem_strdup(f.name);
        else
            buf_printf(&b->errors, "%s\n", e.text);
        file_clear(&f);
        return;
    }
    if (is_trial(b) && bridge_has_text(b->bridge, f.name, true, buf_span(text))) {
        s->same_count++;
        buf_clear(text);
        file_clear(&f);
        return;
    }
    s->files[s->count] = f;
    s->sources[s->count] = (struct bridge_file){f.name, f.path, buf_span(text)};
    s->count++;
}

static bool set_load(struct board *b, struct lua_set *s)
{
    const struct bridge_files files = {.files = s->sources,
                                       .count = s->count,
                                       .gone = s->gone,
                                       .gone_count = s->gone_count,
                                       .is_trial = is_trial(b)};

    if (bridge_load(b->bridge, &files, &b->errors) < 0)
        return false;
    for (unsigned i = 0; i < s->count; i++)
        keep_version(b, s->files[i].path, s->sources[i].text);
    return true;
}

static void paths_remove(struct path_set *s, const char *path)
{
    for (unsigned i = 0; i < s->count; i++) {
        if (strcmp(s->paths[i], path) != 0)
            continue;
        mem_free(s->paths[i]);
        s->paths[i] = s->paths[--s->count];
        return;
    }
}

/* Load some of what was saved, together or not at all. What it loads waits no longer. */
static bool load_paths(struct board *b, const struct path_set *paths)
{
    struct lua_set s;
    unsigned changed;
    bool ok;

    set_init(&s, paths->count);
    for (unsigned i = 0; i < paths->count; i++)
        set_add(b, &s, paths->paths[i]);
    changed = s.count + s.gone_count;
    ok = changed > 0 ? set_load(b, &s) : s.same_count > 0;
    if (ok && changed > 0) {
        unsigned generation = take_number(b);

        log_info("reload event=lua generation=%u files=%u gone=%u%s", generation, s.count,
                 s.gone_count, is_trial(b) ? " trial=yes" : "");
        redraw(b);
    }
    set_clear(&s);
    return ok;
}

/* The files of this save, with those that could not be swapped in before; if that is not to be
 * had, without them: an old mistake in one file does not hold back the next. */
static void load_saved(struct board *b, const struct path_set *saved)
{
    struct path_set all = {0};
    uint32_t errors = b->errors.len;
    bool ok;

    for (unsigned i = 0; i < b->pending.count; i++)
        paths_add(&all, b->pending.paths[i]);
    for (unsigned i = 0; i < saved->count; i++)
        paths_add(&all, saved->paths[i]);
    ok = load_paths(b, &all);
    if (ok) {
        paths_clear(&b->pending);
    } else if (b->pending.count > 0 && saved->count > 0) {
        struct buf why = {.max = b->errors.max};

        buf_add(&why, span_from(b->errors.data + errors, b->errors.len - errors));
        buf_cut(&b->errors, errors);
        ok = load_paths(b, saved);
        buf_cut(&b->errors, errors);
        buf_add(&b->errors, buf_span(&why));
        buf_clear(&why);
    }
    for (unsigned i = 0; i < saved->count; i++) {
        if (ok)
            paths_remove(&b->pending, saved->paths[i]);
        else
            paths_add(&b->pending, saved->paths[i]);
    }
    paths_clear(&all);
}

/* --- the start: what can be loaded is --- */

static bool take_old_lua(struct board *b, const struct file *f, struct span text)
{
    const struct bridge_file source = {f->name, f->path, text};
    const struct bridge_files files = {.files = &source, .count = 1};
    struct buf ignored;
    bool ok;

    buf_init(&ignored, 65536);
    ok = bridge_load(b->bridge, &files, &ignored) == 0;
    buf_clear(&ignored);
    return ok;
}

static void load_alone(struct board *b, const struct file *f)
{
    struct lua_set s;

    set_init(&s, 1);
    set_add(b, &s, f->path);
    if (s.count && !set_load(b, &s)) {
        paths_add(&b->pending, f->path);
        take_old(b, f, take_old_lua);
    }
    set_clear(&s);
}

static bool is_handler(const struct file *f)
{
    return strncmp(f->name, "handlers.", 9) == 0;
}

static void load_each_alone(struct board *b, const struct file_list *list)
{
    for (int handlers = 0; handlers < 2; handlers++) {
        for (unsigned i = 0; i < list->count; i++) {
            if (list->files[i].kind == FILE_LUA && is_handler(&list->files[i]) == handlers)
                load_alone(b, &list->files[i]);
        }
    }
}

static void load_lua(struct board *b, const struct file_list *list)
{
    struct lua_set s;
    uint32_t errors = b->errors.len;
    bool ok;

    set_init(&s, list->count);
    for (unsigned i = 0; i < list->count; i++)
        set_add(b, &s, list->files[i].path);
    ok = set_load(b, &s);
    set_clear(&s);
    if (ok)
        return;
    buf_cut(&b->errors, errors); /* they come again, file by file */
    load_each_alone(b, list);
}

static bool take_old_linked(struct board *b, const struct file *f, struct span text)
{
    struct buf ignored;
    bool ok;

    if (!take_old_screen(b, f, text))
        return false;
    buf_init(&ignored, 65536);
    library_link(b->library, &ignored);
    ok = library_is_linked(b->library, f->name, f->source);
    buf_clear(&ignored);
    return ok;
}

/* Do the lines of errors name this file, rather than one that it includes? */
static bool is_blamed(struct span lines, const char *path)
{
    size_t len = strlen(path);

    while (lines.len > 0) {
        struct span line = span_take_line(&lines);

        if (span_starts_with(line, path) && line.len > len && line.data[len] == ':')
            return true;
    }
    return false;
}

/* Also what compiles and does not link is shown as it last was good. */
static bool mend_screen(struct board *b, const struct file *f, struct span lines)
{
    struct buf text;
    struct err ignored;
    bool taken;

    if (f->kind != FILE_SCREEN || library_is_linked(b->library, f->name, f->source) ||
        !is_blamed(lines, f->path))
        return false;
    paths_add(&b->broken, f->path);
    taken = take_old(b, f, take_old_linked);
    buf_init(&text, SOURCE_MAX);
    if (!taken && board_read(b, f->path, &text, &ignored) == 0)
        take_old_screen(b, f, buf_span(&text)); /* it is as it is */
    buf_clear(&text);
    return taken;
}

static void link_all(struct board *b, const struct file_list *list)
{
    uint32_t errors = b->errors.len;
    struct span lines;
    bool again;

    library_link(b->library, &b->errors);
    keep_linked(b);
    lines = span_from(buf_text(&b->errors) + errors, b->errors.len - errors);
    do { /* a screen may include what is mended after it */
        again = false;
        for (unsigned i = 0; i < list->count; i++)
            again |= mend_screen(b, &list->files[i], lines);
    } while (again);
}

static int load_all(struct board *b, struct err *e)
{
    struct file_list list;

    if (board_find(b, &list, &b->errors, e) < 0)
        return -1;
    load_lua(b, &list);
    for (unsigned i = 0; i < list.count; i++) {
        if (list.files[i].kind == FILE_SCREEN)
            load_screen(b, &list.files[i], true);
    }
    link_all(b, &list);
    files_clear(&list);
    b->generation = b->numbered = 1;
    return 0;
}

int board_load_files(struct board *b, struct err *e)
{
    int rc;

    b->is_loading = true;
    rc = load_all(b, e);
    b->is_loading = false;
    return rc;
}

/* What everybody had when the server ended, whatever the folder has now. 1: nothing is kept. */
static int load_promoted(struct board *b, struct err *e)
{
    struct texts texts = {0};
    int rc = trial_load(b, &texts, e);

    if (rc == 0) {
        b->from = &texts;
        rc = board_load_files(b, e);
        b->from = NULL;
    }
    texts_clear(&texts);
    return rc;
}

/* And what it has besides. */
static void try_folder(struct board *b)
{
    const struct watch_paths all = {.all = true};

    b->is_trying = true;
    board_changed(b, &all);
    b->is_trying = false;
}

int board_load(struct board *b, struct err *e)
{
    int kept = trial_is_wanted(b) ? load_promoted(b, e) : 1;

    if (kept < 0 || (kept > 0 && board_load_files(b, e) < 0))
        return -1;
    /* Nothing was kept yet, or what is kept is not wanted any more. */
    if (kept > 0 && b->promoted && trial_set_up(b, !trial_is_wanted(b), e) < 0)
        return -1;
    keep_file(b, SETTINGS);
    tell_lines(b, buf_span(&b->errors), "", log_refused);
    tell_missing(b);
    log_info("board event=loaded folder=%s screens=%u", log_quote(span_of(b->folder)),
             library_count(b->library));
    if (kept == 0)
        try_folder(b);
    return 0;
}

/* --- saves --- */

struct schema_work {
    struct store_work work;
    struct board *board;
    struct buf text;
};

static int run_schema(struct store_work *w, struct db *db)
{
    struct schema_work *s = (struct schema_work *)w;

    return db_run_file(db, SCHEMA, buf_span(&s->text), &w->error);
}

static void schema_run(struct store_work *w)
{
    struct schema_work *s = (struct schema_work *)w;

    if (w->result < 0) {
        log_error("reload event=refused %s", w->error.text);
        tell_sysops(s->board, span_of(w->error.text));
    } else {
        log_info("reload event=schema");
        keep_version(s->board, SCHEMA, buf_span(&s->text));
    }
    buf_clear(&s->text);
    mem_free(s);
}

bool board_read_schema(const struct board *b, struct buf *out)
{
    struct err ignored;

    return board_read(b, SCHEMA, out, &ignored) == 0;
}

static void reload_schema(struct board *b)
{
    struct schema_work *s;

    if (!b->store)
        return;
    s = mem_zalloc(sizeof(*s));
    s->work.work = run_schema;
    s->work.finished = schema_run;
    s->work.writes = s->work.guarded = true;
    s->board = b;
    buf_init(&s->text, SOURCE_MAX);
    board_read_schema(b, &s->text);
    store_add(b->store, &s->work);
}

static void take_change(struct board *b, const char *path, struct path_set *lua)
{
    struct file f;

    if (file_is_misnamed(path, &b->errors))
        return;
    switch (file_classify(path, &f)) {
    case FILE_SCREEN:
        load_screen(b, &f, false);
        break;
    case FILE_LUA:
        paths_add(lua, path);
        break;
    case FILE_SETTINGS:
        if (!b->is_trying)
            reload_settings(b);
        break;
    case FILE_SCHEMA:
        if (!b->is_trying)
            reload_schema(b);
        break;
    case FILE_OTHER:
        break;
    }
    file_clear(&f);
}

static int by_path(const void *path, const void *file)
{
    return strcmp(path, ((const struct file *)file)->path);
}

static void append_path(void *set, const char *path, struct span text)
{
    (void)text;
    paths_append(set, path);
}

/* What is in use, and is no longer there. */
static void take_gone(struct board *b, const struct file_list *list, struct path_set *lua)
{
    struct path_set used = {0};

    library_each_file(look_library(b), paths_append, &used);
    bridge_each_file(b->bridge, is_trial(b), append_path, &used);
    for (unsigned i = 0; i < used.count; i++) {
        if (!bsearch(used.paths[i], list->files, list->count, sizeof(struct file), by_path))
            take_change(b, used.paths[i], lua);
    }
    paths_clear(&used);
}

static void take_all(struct board *b, struct path_set *lua)
{
    struct file_list list;
    struct err e;

    if (board_find(b, &list, &b->errors, &e) < 0) {
        buf_printf(&b->errors, "%s\n", e.text);
        return;
    }
    for (unsigned i = 0; i < list.count; i++)
        take_change(b, list.files[i].path, lua);
    take_gone(b, &list, lua);
    files_clear(&list);
}

static bool paths_were_saved(const struct watch_paths *saved, const char *path)
{
    for (unsigned i = 0; i < saved->count; i++) {
        if (strcmp(saved->paths[i], path) == 0)
            return true;
    }
    return saved->all;
}

/* Screens that were wrong before are looked at again: where they still are, the status says
 * that they are not in use. */
static void retry_broken(struct board *b, const struct path_set *broken,
                         const struct watch_paths *saved)
{
    struct path_set none = {0};

    for (unsigned i = 0; i < broken->count; i++) {
        if (!paths_were_saved(saved, broken->paths[i]))
            take_change(b, broken->paths[i], &none);
    }
}

void board_changed(struct board *b, const struct watch_paths *saved)
{
    char *before = mem_strdup(buf_text(&b->errors));
    struct path_set broken = b->broken;
    struct path_set lua = {0};

    b->broken = (struct path_set){0};
    buf_reset(&b->errors);
    for (unsigned i = 0; i < saved->count; i++)
        take_change(b, saved->paths[i], &lua);
    if (saved->all)
        take_all(b, &lua);
    retry_broken(b, &broken, saved);
    if (b->pending.count + lua.count > 0)
        load_saved(b, &lua);
    link_screens(b);
    trial_settle(b);
    tell_lines(b, buf_span(&b->errors), before, log_refused);
    tell_missing(b);
    paths_clear(&lua);
    paths_clear(&broken);
    mem_free(before);
}

bool board_read_module(void *board, const char *name, bool is_trial, struct buf *text,
                       struct buf *path)
{
    struct board *b = board;
    char file[512];
    char starter[PATH_MAX];
    struct err ignored;

    if (strchr(name, '/') || strstr(name, "..") || strlen(name) > 200)
        return false;
    snprintf(file, sizeof(file), "lua/%s.lua", name);
    for (char *p = file + 4; p < file + strlen(file) - 4; p++) {
        if (*p == '.')
            *p = '/';
    }
    buf_add_text(path, file);
    /* What everybody has is loaded: what else the folder has is not for them. */
    if ((is_trial || b->is_loading || !trial_is_wanted(b)) &&
        board_read(b, file, text, &ignored) == 0)
        return true;
    if (strncmp(name, "bbs.", 4) != 0 || !starter_find(starter))
        return false;
    buf_reset(path);
    buf_printf(path, "%s/%s", starter, file);
    return file_read(starter, file, text, &ignored) == 0;
}

bool board_read_version(void *board, const char *path, unsigned age, struct buf *text)
{
    struct board *b = board;

    /* While something is tried, what is kept need never have been for everybody. */
    return b->history && !trial_is_wanted(b) && history_read(b->history, path, age, text);
}
