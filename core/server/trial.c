#include "server/trial.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "server/editing.h"

bool trial_is_wanted(const struct board *b)
{
    return b->promoted && strcmp(b->settings.reload_canary, "sysop") == 0;
}

/* --- what everybody has, and what is on trial --- */

/* Modules of the engine's own come from elsewhere. */
static void add_text(void *arg, const char *path, struct span text)
{
    if (strncmp(path, "lua/", 4) == 0 || strncmp(path, "screens/", 8) == 0)
        texts_add(arg, path, text);
}

static void collect(const struct board *b, bool is_trial, struct texts *out)
{
    library_each_text(is_trial ? library_trial(b->library) : b->library, add_text, out);
    bridge_each_file(b->bridge, is_trial, add_text, out);
    texts_sort(out);
}

int trial_load(struct board *b, struct texts *out, struct err *e)
{
    int rc = texts_load(out, b->promoted, e);

    b->is_kept = rc == 0;
    return rc;
}

static int keep(const struct board *b, bool is_trial, struct err *e)
{
    struct texts t = {0};
    int rc;

    collect(b, is_trial, &t);
    rc = texts_save(&t, b->promoted, e);
    texts_clear(&t);
    return rc;
}

static void add_line(void *arg, const char *path)
{
    buf_printf(arg, "%s\n", path);
}

void trial_list(const struct board *b, struct buf *out)
{
    struct texts now = {0};
    struct texts then = {0};

    if (b->trial == 0)
        return;
    collect(b, false, &now);
    collect(b, true, &then);
    texts_compare(&now, &then, add_line, out);
    texts_clear(&now);
    texts_clear(&then);
}

/* --- its beginning and its ends --- */

static void tell(const struct board *b, const char *format, unsigned generation)
{
    char line[200];

    snprintf(line, sizeof(line), format, generation);
    if (b->clients)
        clients_tell_sysops(b->clients, span_of(line));
}

static void end(struct board *b, bool is_promoted)
{
    library_end_trial(b->library, is_promoted);
    bridge_end_trial(b->bridge, is_promoted);
    if (is_promoted)
        b->generation = b->trial;
    b->trial = b->told = 0;
    if (b->clients)
        clients_redraw(b->clients, b->generation, 0);
}

static bool is_same(const struct board *b)
{
    struct texts now = {0};
    struct texts then = {0};
    struct buf lines;
    bool same;

    buf_init(&lines, BUF_LARGE);
    collect(b, false, &now);
    collect(b, true, &then);
    texts_compare(&now, &then, add_line, &lines);
    same = lines.len == 0;
    texts_clear(&now);
    texts_clear(&then);
    buf_clear(&lines);
    return same;
}

/* What everybody has is kept, or the next start would not know it. */
static int begin(struct board *b, struct err *e)
{
    if (keep(b, false, e) == 0) {
        b->is_kept = true;
        return 0;
    }
    log_error("reload event=failed what=trial why=%s", log_quote(span_of(e->text)));
    return -1;
}

void trial_settle(struct board *b)
{
    bool was = b->trial != 0;
    struct err e;

    if (!trial_is_wanted(b))
        return;
    if (!b->is_kept && begin(b, &e) < 0 && b->clients)
        clients_tell_sysops(b->clients, span_of(e.text));
    if (is_same(b)) {
        end(b, false);
        if (!was)
            return;
        log_info("reload event=trial-over generation=%u", b->generation);
        tell(b, "Nothing is on trial any more: all have generation %u.", b->generation);
        return;
    }
    if (!was)
        b->trial = ++b->numbered;
    if (b->told == b->trial)
        return;
    b->told = b->trial;
    log_info("reload event=trial generation=%u promoted=%u", b->trial, b->generation);
    tell(b, CLIENTS_TRIAL_NOTICE, b->trial);
}

int trial_promote(struct board *b, struct err *e)
{
    unsigned generation = b->trial;

    if (!trial_is_wanted(b))
        return err_set(e,
                       "reload.canary is not \"sysop\" in lua/settings.lua: each save is for "
                       "everybody at once");
    if (generation == 0)
        return err_set(e, "nothing is on trial: everybody has generation %u", b->generation);
    if (b->errors.len > 0)
        return err_set(e, "the board has mistakes, mend or undo them first\n%.*s",
                       (int)(b->errors.len < 800 ? b->errors.len : 800), b->errors.data);
    if (keep(b, true, e) < 0)
        return -1;
    end(b, true);
    log_info("reload event=promoted generation=%u", generation);
    tell(b, "Generation %u is promoted: all have it now.", generation);
    return 0;
}

int trial_undo(const char *board, const char *promoted, const struct history *history,
               struct buf *out, struct err *e)
{
    struct texts texts = {0};
    int rc = texts_load(&texts, promoted, e);

    if (rc > 0)
        return err_set(e, "nothing is on trial: no server has kept what all callers have in %s",
                       promoted);
    if (rc == 0)
        rc = editing_undo_all(board, history, &texts, out, e);
    if (rc == 0 && out->len == 0)
        rc = err_set(e, "nothing is on trial: the board's files are as everybody has them");
    texts_clear(&texts);
    return rc;
}

/* --- the setting --- */

/* It is not wanted any more: what is in the board's folder is for everybody. */
static void give_up(struct board *b)
{
    unsigned generation = b->trial;

    end(b, generation != 0);
    b->is_kept = false;
    if (unlink(b->promoted) < 0 && generation == 0)
        return;
    if (generation == 0)
        generation = b->generation;
    log_info("reload event=promoted generation=%u why=\"reload.canary is not set any more\"",
             generation);
    tell(b, "reload.canary is not set any more: all have generation %u now.", generation);
}

int trial_set_up(struct board *b, bool was, struct err *e)
{
    bool is = trial_is_wanted(b);

    if (is && !was)
        return begin(b, e);
    if (!is && was)
        give_up(b);
    return 0;
}
