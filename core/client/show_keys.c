/* show_keys.c -- what the caller types at a screen. */
#include <stdio.h>
#include <strings.h>

#include "client/show_internal.h"

void show_line_typed(struct client *c, struct span text)
{
    const struct op *op = &c->screen->ops[c->pc];
    struct outcome out;

    show_begin(c);
    if (show_call_op(c, CALL_SET, op, text, &out))
        client_finish(c, &out);
}

static bool op_has_key(const struct op *op, const struct key *key)
{
    char name[16];

    key_name(key, name);
    if (key->code == KEY_CHAR && key->ch == ' ')
        snprintf(name, sizeof(name), "space");
    for (unsigned i = 0; i < op->arg_count; i++) {
        if (strcasecmp(op->args[i].value.text.data, name) == 0)
            return true;
    }
    return false;
}

/* The live go: or item: of a key, or NULL. */
static const struct op *find_go(const struct client *c, const struct key *key)
{
    for (unsigned i = 0; c->live && i < c->screen->count; i++) {
        const struct op *op = &c->screen->ops[i];

        bool is_go = op->code == OP_GO || op->code == OP_ITEM;

        if (is_go && (c->live >> op->index & 1) && op_has_key(op, key))
            return op;
    }
    return NULL;
}

bool show_takes_slash(struct client *c)
{
    struct key slash = {.code = KEY_CHAR, .ch = '/'};

    return find_go(c, &slash) != NULL;
}

static void follow(struct client *c, struct span keyword)
{
    static const struct {
        const char *word;
        enum action action;
    } words[] = {{"back", ACTION_BACK},       {"root", ACTION_ROOT},
                 {"refresh", ACTION_REFRESH}, {"hangup", ACTION_HANGUP},
                 {"remain", ACTION_REMAIN},   {"repeat", ACTION_REPEAT}};
    struct outcome out = {.action = ACTION_GO, .keyword = keyword};

    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (span_is(keyword, words[i].word))
            out.action = words[i].action;
    }
    c->mode = MODE_BUSY;
    show_apply(c, &out);
    show_run(c);
}

bool show_takes_number(struct client *c, const struct key *digit)
{
    return c->linear && lightbar_count(c) > 0 && !find_go(c, digit);
}

bool show_number_typed(struct client *c, unsigned number)
{
    const struct op *item = lightbar_at(c, number);

    if (!item)
        return false;
    follow(c, span_of(item->name));
    return true;
}

static void key_to_handler(struct client *c, const struct key *key)
{
    const struct op *op = &c->screen->ops[c->pc];
    char name[16];
    struct outcome out;

    show_begin(c);
    c->mode = MODE_BUSY;
    if (show_call_op(c, CALL_KEY, op, span_of(key_name(key, name)), &out))
        client_finish(c, &out);
}

void show_key_pressed(struct client *c, const struct key *key)
{
    const struct op *item = key->code == KEY_ENTER ? lightbar_chosen(c) : NULL;
    const struct op *go = item ? item : find_go(c, key);
    bool at_key = c->pc < c->screen->count && c->screen->ops[c->pc].code == OP_KEY;

    if (go)
        follow(c, span_of(go->name));
    else if (lightbar_key(c, key))
        return;
    else if (key->code == KEY_ESCAPE && c->screen->escape)
        follow(c, span_of(c->screen->escape));
    else if (at_key)
        key_to_handler(c, key);
    else if (c->live == 0)
        follow(c, SPAN_LIT("back")); /* a page of text: any key */
    else if (key->code == KEY_ESCAPE && c->back_count > 0)
        follow(c, SPAN_LIT("back"));
}

static bool any_field_before(const struct client *c)
{
    for (unsigned i = 0; i < c->pc && i < c->screen->count; i++) {
        if (c->screen->ops[i].code == OP_SET)
            return true;
    }
    return false;
}

bool show_has_escape(const struct client *c)
{
    return c->screen->escape || any_field_before(c) || c->back_count > 0;
}

/* Esc in a field: where the screen says, else to its first field, else back. */
void show_escape(struct client *c)
{
    if (c->screen->escape)
        follow(c, span_of(c->screen->escape));
    else if (any_field_before(c))
        follow(c, SPAN_LIT("remain"));
    else
        follow(c, SPAN_LIT("back"));
}

void show_timeout(struct client *c)
{
    if (c->back_count > 0 && c->user)
        follow(c, SPAN_LIT("back"));
    else
        client_hang_up(c, SPAN_LIT("You have been idle for too long."));
}
