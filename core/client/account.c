/* account.c -- the account that a caller is logged in to. The record is the store's; what is
 * copied here is only for showing, and brought up to date when the record changes. */
#include <stdio.h>

#include "base/log.h"
#include "base/mem.h"
#include "client/internal.h"
#include "store/accounts.h"

struct over {
    struct store_work work;
    int64_t user;
    int64_t minutes;
};

struct changed {
    struct store_work work;
    struct clients *all;
    int64_t user;
    int found;
    struct account account;
};

static void set_names(struct client *c, const char *handle, const char *nick_name)
{
    mem_free(c->handle);
    mem_free(c->nick_name);
    c->handle = mem_strdup(handle);
    c->nick_name = mem_strdup(nick_name);
}

static void tell_presence(struct client *c, bool comes)
{
    c->all->config.hooks.presence(c->all->config.hooks.arg, c, comes);
}

void client_set_hidden(struct client *c, bool is_hidden)
{
    if (!client_is_open(c) || c->is_hidden == is_hidden)
        return;
    if (is_hidden)
        tell_presence(c, false);
    c->is_hidden = is_hidden;
    chat_hide(c, is_hidden);
    if (!is_hidden)
        tell_presence(c, true);
}

/* A sysop who comes while something is tried. */
static void tell_trial(struct client *c)
{
    char line[100];

    if (c->all->trial == 0 || !client_is_sysop(c))
        return;
    snprintf(line, sizeof(line), CLIENTS_TRIAL_NOTICE, c->all->trial);
    client_tell(c, span_of(line));
}

void client_log_in(struct client *c, int64_t user, const char *handle, const char *nick_name,
                   unsigned level, bool is_hidden)
{
    if (!client_is_open(c))
        return;
    if (c->user)
        account_call_ends(c);
    set_names(c, handle, nick_name);
    c->user = user;
    c->level = (uint8_t)level;
    c->is_hidden = is_hidden && client_is_sysop(c);
    c->account_since = clients_now(c->all);
    c->back_count = 0; /* nobody goes back to the login */
    log_info("call event=login node=%u address=%s user=%s", c->id, client_address(c),
             log_quote(span_of(handle)));
    if (!c->is_hidden)
        tell_presence(c, true);
    tell_trial(c);
}

void client_log_out(struct client *c)
{
    account_call_ends(c);
    c->user = 0;
    c->level = 0;
    c->is_hidden = false;
    c->back_count = 0;
    mem_free(c->handle);
    mem_free(c->nick_name);
    c->handle = c->nick_name = NULL;
}

/* --- the end of a call: minutes are added to the record, nothing is written over --- */

static int add_minutes(struct store_work *w, struct db *db)
{
    struct over *o = (struct over *)w;

    return account_call_over(db, o->user, o->minutes, &w->error);
}

static void minutes_added(struct store_work *w)
{
    if (w->result < 0)
        log_error("store event=failed what=minutes why=%s", log_quote(span_of(w->error.text)));
    mem_free(w);
}

void account_call_ends(struct client *c)
{
    struct over *o;

    if (c->user && !c->is_hidden)
        tell_presence(c, false);
    if (!c->user || !c->all->config.store)
        return;
    o = mem_zalloc(sizeof(*o));
    o->work.work = add_minutes;
    o->work.finished = minutes_added;
    o->work.writes = true;
    o->user = c->user;
    o->minutes = (int64_t)((clients_now(c->all) - c->account_since + 30) / 60);
    store_add(c->all->config.store, &o->work);
}

/* --- the record has changed --- */

static int find_account(struct store_work *w, struct db *db)
{
    struct changed *ch = (struct changed *)w;

    ch->found = account_find_id(db, ch->user, &ch->account, &w->error);
    explicit_bzero(ch->account.hash, sizeof(ch->account.hash));
    return ch->found < 0 ? -1 : 0;
}

static void take_account(struct client *c, const struct changed *ch)
{
    if (ch->found == 0) {
        client_hang_up(c, SPAN_LIT("Your account has been removed."));
    } else if (ch->account.locked) {
        client_hang_up(c, SPAN_LIT("Your account has been locked. Ask the sysop."));
    } else {
        set_names(c, ch->account.handle, ch->account.nick_name);
        c->level = (uint8_t)ch->account.level;
        client_set_hidden(c, ch->account.hidden && client_is_sysop(c));
    }
}

static void account_found(struct store_work *w)
{
    struct changed *ch = (struct changed *)w;

    for (unsigned i = 1; w->result == 0 && i <= clients_last_id(ch->all); i++) {
        struct client *c = clients_at(ch->all, i);

        if (c && c->user == ch->user)
            take_account(c, ch);
    }
    mem_free(ch);
}

static bool is_on_line(struct clients *all, int64_t user)
{
    for (unsigned i = 0; i < all->id_count; i++) {
        if (all->ids[i] && all->ids[i]->user == user)
            return true;
    }
    return false;
}

void clients_user_changed(struct clients *all, int64_t user)
{
    struct changed *ch;

    if (!is_on_line(all, user))
        return;
    ch = mem_zalloc(sizeof(*ch));
    ch->work.work = find_account;
    ch->work.finished = account_found;
    ch->all = all;
    ch->user = user;
    store_add(all->config.store, &ch->work);
}
