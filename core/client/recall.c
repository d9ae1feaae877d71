#include "client/recall.h"

#include <string.h>

#include "base/mem.h"
#include "client/internal.h"

/* The last lines of a call, the newest last; `at` is the one that stands in the field, `count`
 * what was typed there itself. */
struct recall {
    unsigned count;
    unsigned at;
    char *typed;
    char *lines[RECALL_MAX];
};

/* How many lines the field that is asked keeps; 0: it has no history. */
static unsigned most(const struct client *c)
{
    const struct op *op;

    if (!c->screen || c->asker != ASKER_SCREEN || c->pc >= c->screen->count)
        return 0;
    op = &c->screen->ops[c->pc];
    return op->code == OP_SET && !op->edit.mask ? op->history : 0;
}

static void forget_first(struct recall *r)
{
    mem_free(r->lines[0]);
    memmove(r->lines, r->lines + 1, --r->count * sizeof(r->lines[0]));
}

void recall_free(struct client *c)
{
    struct recall *r = c->recall;

    if (!r)
        return;
    while (r->count > 0)
        forget_first(r);
    mem_free(r->typed);
    mem_free(r);
    c->recall = NULL;
}

static bool is_newest(const struct recall *r, struct span line)
{
    return r->count > 0 && span_is(line, r->lines[r->count - 1]);
}

void recall_add(struct client *c, struct span line)
{
    unsigned limit = most(c);

    if (limit == 0 || line.len == 0)
        return;
    if (!c->recall)
        c->recall = mem_zalloc(sizeof(*c->recall));
    if (!is_newest(c->recall, line)) {
        while (c->recall->count >= limit)
            forget_first(c->recall);
        c->recall->lines[c->recall->count++] = mem_strndup(line.data, line.len);
    }
    c->recall->at = c->recall->count;
}

static void keep_typed(struct recall *r, struct span text)
{
    mem_free(r->typed);
    r->typed = mem_strndup(text.len ? text.data : "", text.len);
}

bool recall_key(struct client *c, const struct key *key, struct span *line)
{
    struct recall *r = c->recall;
    bool is_up = key->code == KEY_UP;

    if (!r || most(c) == 0 || (!is_up && key->code != KEY_DOWN))
        return false;
    if (is_up ? r->at == 0 : r->at == r->count)
        return false;
    if (r->at == r->count)
        keep_typed(r, buf_span(&c->edit->text));
    r->at += is_up ? -1u : 1u;
    *line = span_of(r->at == r->count ? r->typed : r->lines[r->at]);
    return true;
}
