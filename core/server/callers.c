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

static void add_column(struct buf *out, const char *text, unsigned columns)
{
    struct span s = span_of(text);
    unsigned width = utf8_columns(s);

    while (width > columns) {
        s.len--;
        while (s.len > 0 && ((unsigned char)s.data[s.len] & 0xC0) == 0x80)
            s.len--;
        width = utf8_columns(s);
    }
    buf_add(out, s);
    for (; width < columns + 2; width++)
        buf_add_byte(out, ' ');
}

static void add_idle(struct buf *out, double seconds)
{
    char text[24];

    if (seconds < 3600)
        snprintf(text, sizeof(text), "%u:%02u", (unsigned)seconds / 60, (unsigned)seconds % 60);
    else
        snprintf(text, sizeof(text), "%.0f h", seconds / 3600);
    add_column(out, text, 6);
}

/* Of all who are on line: whom a sysop bans has to be seen whole. */
static unsigned address_columns(struct clients *all)
{
    size_t most = sizeof("255.255.255.255") - 1;

    for (unsigned i = 1; i <= clients_last_id(all); i++) {
        const struct client *c = clients_at(all, i);
        size_t len = c && client_is_open(c) ? strlen(client_address(c)) : 0;

        most = len > most ? len : most;
    }
    return (unsigned)most;
}

static void add_caller(struct buf *out, const struct client *c, unsigned address)
{
    char terminal[64];

    snprintf(terminal, sizeof(terminal), "%.20s %ux%u", client_term_name(c), client_width(c),
             client_height(c));
    buf_printf(out, "%4u  ", client_id(c));
    add_column(out, client_user_id(c), 16);
    buf_printf(out, "%5u  ", client_level(c));
    add_column(out, client_keyword(c), 18);
    add_idle(out, client_idle(c));
    add_column(out, client_address(c), address);
    add_column(out, terminal, 24);
    buf_printf(out, "%10u%s\n", client_generation(c),
               client_generation(c) == clients_trial(client_all(c)) ? "  on trial" : "");
}

void callers_who(struct clients *all, struct buf *out)
{
    unsigned address = address_columns(all);
    unsigned count = 0;

    buf_printf(out, "%4s  %-16s  %5s  %-18s  %-6s  %-*s  %-24s  %10s\n", "node", "handle",
               "level", "where", "idle", (int)address, "address", "terminal", "generation");
    for (unsigned i = 1; i <= clients_last_id(all); i++) {
        const struct client *c = clients_at(all, i);

        if (!c || !client_is_open(c))
            continue;
        add_caller(out, c, address);
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
