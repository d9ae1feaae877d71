#include "server/links.h"

struct walk {
    void (*see)(void *arg, const struct link *link);
    void *arg;
    const struct screen *screen;
};

static void see(const struct walk *w, enum link_kind kind, const char *name,
                const struct op *op)
{
    const struct link link = {kind, name, w->screen, op};

    if (name[0] != '\0')
        w->see(w->arg, &link);
}

static void walk_op(const struct walk *w, const struct op *op)
{
    switch (op->code) {
    case OP_GET:
    case OP_SET:
    case OP_KEY:
    case OP_IF:
        see(w, LINK_HANDLER, op->name, op);
        break;
    case OP_EACH:
        if (op->name[0] != '.')
            see(w, LINK_HANDLER, op->name, op);
        break;
    case OP_GO:
    case OP_ITEM:
        see(w, LINK_SCREEN, op->name, op);
        break;
    default:
        break;
    }
}

/* What is not among a screen's own operations. */
static void walk_source(const struct walk *w, const struct source *source)
{
    for (unsigned i = 0; i < source->count; i++) {
        const struct op *op = &source->ops[i];

        if (op->code == OP_INCLUDE)
            see(w, LINK_INCLUDE, op->name, op);
        else if (op->code == OP_PAGE && strcmp(op->name, "escape") == 0)
            see(w, LINK_SCREEN, op->args[0].value.text.data, op);
    }
}

static void walk_screen(void *arg, const struct screen *s, enum source_kind kind)
{
    struct walk *w = arg;

    (void)kind;
    w->screen = s;
    for (unsigned i = 0; i < s->count; i++)
        walk_op(w, &s->ops[i]);
    for (int i = 0; i < OCCASIONS; i++) {
        if (s->calls[i].name)
            see(w, LINK_HANDLER, s->calls[i].name, s->calls[i].op);
    }
    for (unsigned i = 0; i < s->source_count; i++)
        walk_source(w, s->sources[i]);
}

void links_each(const struct library *l, void (*see_link)(void *arg, const struct link *link),
                void *arg)
{
    struct walk w = {see_link, arg, NULL};

    library_each(l, walk_screen, &w);
}
