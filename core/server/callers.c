#include "server/callers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "store/audit.h"

enum { TEXT_MOST = 250 };

/* --- what is done is written down --- */

struct note {
    struct store_work work;
    uid_t who;
    const char *what;
    struct buf subject;
    struct buf detail;
};

static int add_note(struct store_work *w, struct db *db)
{
    struct note *n = (struct note *)w;

    return audit_add(db, n->who, n->what, buf_span(&n->subject), buf_span(&n->detail),
                     &w->error);
}

static void note_added(struct store_work *w)
{
    struct note *n = (struct note *)w;

    if (w->result < 0)
        log_error("store event=failed what=audit why=%s", log_quote(span_of(w->error.text)));
    buf_clear(&n->subject);
    buf_clear(&n->detail);
    mem_free(n);
}

void callers_note(struct store *store, uid_t who, const char *what, struct span subject,
                  struct span detail)
{
    struct note *n = mem_zalloc(sizeof(*n));

    n->work.work = add_note;
    n->work.finished = note_added;
    n->work.writes = true;
    n->what = what;
    n->who = who;
    buf_init(&n->subject, BUF_LARGE);
    buf_init(&n->detail, BUF_LARGE);
    buf_add(&n->subject, subject);
    buf_add(&n->detail, detail);
    log_info("control what=%s subject=%s detail=%s uid=%u", log_quote(span_of(what)),
             log_quote(subject), log_quote(detail), (unsigned)who);
    store_add(store, &n->work);
}

/* --- who --- */

enum column { NODE, HANDLE, LEVEL, WHERE, IDLE, ADDRESS, TERMINAL, GENERATION, COLUMNS };

static const char *const titles[COLUMNS] = {"node", "handle",  "level",    "where",
                                            "idle", "address", "terminal", "generation"};

enum { CELL = 160 };

struct row {
    char text[COLUMNS][CELL];
};

static void write_idle(char *text, size_t size, double seconds)
{
    if (seconds < 3600)
        snprintf(text, size, "%u:%02u", (unsigned)seconds / 60, (unsigned)seconds % 60);
    else
        snprintf(text, size, "%.0f h", seconds / 3600);
}

/* False: nobody is there. Whom a sysop bans has to be seen whole: nothing is cut that callers
 * are told by; a terminal may call itself anything. */
static bool describe(struct row *row, const struct client *c)
{
    char(*text)[CELL] = row->text;

    if (!c || !client_is_open(c))
        return false;
    snprintf(text[NODE], CELL, "%u", client_id(c));
    snprintf(text[HANDLE], CELL, "%s", client_user_id(c));
    snprintf(text[LEVEL], CELL, "%u", client_level(c));
    snprintf(text[WHERE], CELL, "%s", client_keyword(c));
    write_idle(text[IDLE], CELL, client_idle(c));
    snprintf(text[ADDRESS], CELL, "%s", client_address(c));
    snprintf(text[TERMINAL], CELL, "%.20s %ux%u", client_term_name(c), client_width(c),
             client_height(c));
    snprintf(text[GENERATION], CELL, "%u", client_generation(c));
    return true;
}

/* Each column is as wide as what stands in it. */
static void find_widths(struct clients *all, unsigned widths[COLUMNS])
{
    struct row row;

    for (unsigned k = 0; k < COLUMNS; k++)
        widths[k] = (unsigned)strlen(titles[k]);
    for (unsigned i = 1; i <= clients_last_id(all); i++) {
        bool is_there = describe(&row, clients_at(all, i));

        for (unsigned k = 0; is_there && k < COLUMNS; k++) {
            unsigned columns = utf8_columns(span_of(row.text[k]));

            widths[k] = columns > widths[k] ? columns : widths[k];
        }
    }
}

/* Numbers stand at the right of their column. */
static void add_cell(struct buf *out, enum column k, const char *text, const unsigned *widths)
{
    int room = (int)(widths[k] - utf8_columns(span_of(text)));
    bool is_number = k == NODE || k == LEVEL || k == GENERATION;

    buf_printf(out, "%s%*s%s%*s", k > 0 ? "  " : "", is_number ? room : 0, "", text,
               is_number || k == COLUMNS - 1 ? 0 : room, "");
}

static void add_caller(struct buf *out, const struct row *row, bool is_on_trial,
                       const unsigned *widths)
{
    for (unsigned k = 0; k < COLUMNS; k++)
        add_cell(out, k, row->text[k], widths);
    buf_add_text(out, is_on_trial ? "  on trial\n" : "\n");
}

void callers_who(struct clients *all, struct buf *out)
{
    unsigned widths[COLUMNS];
    unsigned count = 0;
    struct row row;

    find_widths(all, widths);
    for (unsigned k = 0; k < COLUMNS; k++)
        add_cell(out, k, titles[k], widths);
    buf_add_byte(out, '\n');
    for (unsigned i = 1; i <= clients_last_id(all); i++) {
        const struct client *c = clients_at(all, i);

        if (!describe(&row, c))
            continue;
        add_caller(out, &row, client_generation(c) == clients_trial(all), widths);
        count++;
    }
    buf_printf(out, "%u on line, and %u who have typed nothing yet\n", count,
               clients_visitors(all));
}

/* --- say, kick --- */

static int fail_long(struct err *e)
{
    return err_set(e, "the text is longer than %d bytes", TEXT_MOST);
}

int callers_say(struct clients *all, struct store *store, uid_t who, struct span text,
                struct buf *out, struct err *e)
{
    char line[TEXT_MOST + 32];
    char subject[32];
    unsigned told = 0;

    if (text.len > TEXT_MOST)
        return fail_long(e);
    snprintf(line, sizeof(line), "The sysop says to all: %.*s", SPAN_ARG(text));
    for (unsigned i = 1; i <= clients_last_id(all); i++) {
        struct client *c = clients_at(all, i);

        if (c && client_is_open(c))
            told += client_tell(c, span_of(line));
    }
    snprintf(subject, sizeof(subject), "%u callers", told);
    callers_note(store, who, "speak to all", span_of(subject), text);
    buf_printf(out, "said to %u\n", told);
    return 0;
}

int callers_kick(struct clients *all, struct store *store, uid_t who, struct span words,
                 struct buf *out, struct err *e)
{
    char text[TEXT_MOST + 1];
    char handle[64];
    char *reason;
    unsigned long id;
    struct client *c;

    if (words.len > TEXT_MOST)
        return fail_long(e);
    snprintf(text, sizeof(text), "%.*s", SPAN_ARG(words));
    id = strtoul(text, &reason, 10);
    reason += strspn(reason, " ");
    c = id > 0 && id <= clients_last_id(all) ? clients_at(all, (unsigned)id) : NULL;
    if (!c || !client_is_open(c))
        return err_set(e, "no caller has node number %lu: perigee who lists them", id);
    snprintf(handle, sizeof(handle), "%s", client_user_id(c));
    client_hang_up(c, *reason ? span_of(reason) : SPAN_LIT("The sysop has ended the call."));
    callers_note(store, who, "end call", span_of(handle), span_of(reason));
    buf_printf(out, "node %lu, %s: the call is ended\n", id, handle);
    return 0;
}
