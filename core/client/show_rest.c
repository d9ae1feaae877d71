/* show_rest.c -- what runs while the screen rests: its tick, commands, and what somebody else
 * makes the caller do. */
#include <stdio.h>

#include "base/mem.h"
#include "client/show_internal.h"

/* The screen is at rest: a tick or a command has ended, and it is as before. */
static void rest_again(struct client *c, const struct outcome *out)
{
    bool is_disturbed = show_come_back(c, c->is_wiped ? SPAN_LIT("") : out->notice);

    c->is_resting = c->is_imposed = false;
    prompt_take_back(c);
    c->is_stale = c->is_wiped;
    if (c->is_stale) {
        show_paint_soon(c);
        if (out->notice.len > 0)
            client_tell(c, out->notice);
    }
    if (is_disturbed || c->call == CALL_SLASH)
        prompt_show_again(c);
    if (c->asker == ASKER_SCREEN)
        show_drop(c);
    prompt_flush_tells(c);
    if (c->imposed || c->typed.len > 0 || c->input.len > 0)
        client_mark_ready(c);
    client_rearm(c);
}

/* An answer of a tick or a command moves the caller only away from a screen's own prompt. */
void show_rest_returned(struct client *c, const struct outcome *out)
{
    bool is_redraw = c->linear && c->call == CALL_TICK && out->action == ACTION_REFRESH;
    bool may_move = c->rest_asker == ASKER_SCREEN && !is_redraw;

    if (out->action == ACTION_NONE || out->action == ACTION_REPEAT || !may_move) {
        rest_again(c, out);
    } else {
        c->is_resting = c->is_imposed = false;
        c->asker = ASKER_SCREEN;
        prompt_drop_aside(c);
        c->is_ticking = c->call == CALL_TICK && out->action == ACTION_REFRESH;
        show_apply(c, out);
        c->is_ticking = false;
    }
    if (c->rest_asker == ASKER_HANDLER) {
        c->is_calling = true; /* the handler that asks goes on waiting */
        c->call = c->rest_call;
    }
}

static void begin_rest(struct client *c)
{
    prompt_set_aside(c);
    c->rest_call = c->call;
    c->is_resting = true;
    c->is_wiped = c->is_stale; /* what is to be painted anew already, still is */
    show_begin(c);
}

void show_tick(struct client *c)
{
    struct outcome out;

    c->last_tick = clients_now(c->all);
    c->next_tick = c->last_tick + c->screen->tick_seconds;
    c->hops =
        0; /* screens that show one another in turn are no circle: there is time between */
    if (c->asker == ASKER_HANDLER || (c->edit && c->edit->text.len > 0))
        return;
    begin_rest(c);
    if (show_call_occasion(c, OCCASION_TICK, CALL_TICK, &out))
        client_finish(c, &out);
}

/* The handler's name for "/word rest": "slash.word". False: it is no such line. */
static bool slash_name(struct span line, char *name, size_t size)
{
    size_t n = 1;

    if (line.len < 2 || line.data[0] != '/')
        return false;
    while (n < line.len && ((line.data[n] | 32) >= 'a' && (line.data[n] | 32) <= 'z'))
        n++;
    if (n == 1 || n > 20 || (n < line.len && line.data[n] != ' '))
        return false;
    snprintf(name, size, "slash.%.*s", (int)(n - 1), line.data + 1);
    for (char *p = name; *p; p++)
        *p = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
    return true;
}

bool show_is_slash(struct client *c, struct span line)
{
    char name[64];

    return !c->is_resting && slash_name(line, name, sizeof(name)) &&
           c->all->config.hooks.has_handler(c->all->config.hooks.arg, c, name);
}

void show_slash(struct client *c, struct span line)
{
    char name[64];
    struct call call = {.kind = CALL_SLASH, .name = name, .text = SPAN_LIT("")};
    struct outcome out;
    const char *rest = memchr(line.data, ' ', line.len);

    slash_name(line, name, sizeof(name));
    if (rest)
        call.text = span_from(rest + 1, line.len - (size_t)(rest + 1 - line.data));
    begin_rest(c);
    if (show_call(c, &call, &out))
        client_finish(c, &out);
}

void client_take_back_imposed(struct client *c)
{
    mem_free(c->imposed);
    c->imposed = NULL;
}

bool client_impose(struct client *c, struct span line)
{
    char name[64];

    if (!client_is_open(c) || c->imposed || !slash_name(line, name, sizeof(name)) ||
        !c->all->config.hooks.has_handler(c->all->config.hooks.arg, c, name))
        return false;
    c->imposed = mem_strndup(line.data, line.len);
    client_mark_ready(c); /* another handler may be running now */
    return true;
}

int client_move(struct client *c, struct span keyword, struct err *e)
{
    const struct screen *s = client_find_screen(c, keyword);

    if (!client_is_open(c))
        return err_set(e, "That caller has left");
    if (!s)
        return err_set(e, "There is no screen '%.*s'", SPAN_ARG(keyword));
    if (c->level < s->level)
        return err_set(e, "'%.*s' is for level %u and above", SPAN_ARG(keyword), s->level);
    if (c->imposed)
        return err_set(e, "Something else waits to be done there");
    c->imposed = mem_strndup(keyword.data, keyword.len);
    client_mark_ready(c);
    return 0;
}

/* Whatever runs for the caller ends. */
static void end_all(struct client *c)
{
    c->all->config.hooks.gone(c->all->config.hooks.arg, c);
    client_typed(c);
    c->is_calling = c->is_resting = c->is_imposed = false;
    prompt_end(c);
    prompt_drop_aside(c);
    show_drop(c);
}

static void move(struct client *c, const char *keyword)
{
    struct outcome out = {.action = ACTION_GO, .keyword = span_of(keyword)};

    end_all(c);
    c->asker = ASKER_SCREEN;
    show_apply(c, &out);
    show_run(c);
}

void show_impose(struct client *c)
{
    char *line = c->imposed;
    bool is_lent = c->process || c->dial;
    bool is_asked = c->mode != MODE_BUSY || is_lent;

    if (!line || c->state != CLIENT_OPEN || !is_asked || c->is_resting || c->transfer ||
        c->keys.in_paste || c->paste || (is_lent && line[0] == '/'))
        return;
    c->imposed = NULL;
    if (line[0] != '/') {
        move(c, line);
    } else if (show_is_slash(c, span_of(line))) { /* it was when it was told to */
        c->is_imposed = true;
        show_slash(c, span_of(line));
    }
    mem_free(line);
}

/* --- the engine's own login --- */

void show_rescue(struct client *c)
{
    struct call call = {.kind = CALL_RESCUE, .name = "rescue"};
    struct outcome out;

    end_all(c);
    client_clear_screen(c);
    if (show_call(c, &call, &out))
        client_finish(c, &out);
}
