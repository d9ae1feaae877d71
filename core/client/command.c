#include "client/command.h"

#include <string.h>
#include <strings.h>

#include "base/near.h"
#include "client/internal.h"

enum { FAR = 2, OTHERS_MOST = 20 };

static const char prefix[] = "slash.";

/* --- the nearest command --- */

struct nearest {
    struct span wanted;
    unsigned distance;
    char name[32];
};

static void look_at(void *arg, const char *name)
{
    struct nearest *n = arg;
    unsigned distance;

    if (strncmp(name, prefix, sizeof(prefix) - 1) != 0)
        return;
    name += sizeof(prefix) - 1;
    distance = near_distance(n->wanted, span_of(name));
    if (distance >= n->distance || strlen(name) >= sizeof(n->name))
        return;
    n->distance = distance;
    memcpy(n->name, name, strlen(name) + 1);
}

static struct span command_word(struct span line)
{
    const char *end;

    span_take(&line, line.len > 0 ? 1 : 0);
    end = memchr(line.data, ' ', line.len);
    return end ? span_from(line.data, (size_t)(end - line.data)) : line;
}

void command_refuse(struct client *c, struct span line, struct buf *out)
{
    const struct client_hooks *hooks = &c->all->config.hooks;
    struct nearest n = {.wanted = command_word(line), .distance = FAR + 1};

    hooks->each_handler(hooks->arg, c, look_at, &n);
    if (n.distance <= FAR)
        buf_printf(out, "There is no such command. Did you mean /%s?", n.name);
    else
        buf_printf(out, "There is no such command.%s",
                   show_is_slash(c, SPAN_LIT("/help")) ? " Try /help" : "");
}

/* --- Tab --- */

struct completion {
    struct span begun;
    unsigned count;
    size_t common; /* bytes of `first` that all of them have */
    char first[100];
    struct buf *others;
};

static bool begins(const char *name, struct span begun)
{
    return strlen(name) >= begun.len && strncasecmp(name, begun.data, begun.len) == 0;
}

static void add_name(struct completion *t, const char *name, const char *before)
{
    if (!begins(name, t->begun) || strlen(name) >= sizeof(t->first))
        return;
    if (t->count++ == 0) {
        memcpy(t->first, name, strlen(name) + 1);
        t->common = strlen(name);
    }
    while (strncasecmp(t->first, name, t->common) != 0)
        t->common--;
    while (t->common > 0 && ((unsigned char)t->first[t->common] & 0xC0) == 0x80)
        t->common--; /* no part of a character */
    if (t->count <= OTHERS_MOST)
        buf_printf(t->others, "%s%s%s", t->count > 1 ? "  " : "", before, name);
}

static void add_command(void *arg, const char *name)
{
    if (strncmp(name, prefix, sizeof(prefix) - 1) == 0)
        add_name(arg, name + sizeof(prefix) - 1, "/");
}

/* Those in the room first and alone, if the caller is in one. */
static void add_nick_names(struct client *c, struct completion *t)
{
    if (c->member) {
        for (const struct member *m = room_first(c->member->room); m; m = m->next) {
            if (client_is_seen(m->who, c))
                add_name(t, client_nick_name(m->who), "");
        }
    }
    for (unsigned i = 0; t->count == 0 && c->user > 0 && i < c->all->id_count; i++) {
        if (c->all->ids[i] && client_is_seen(c->all->ids[i], c))
            add_name(t, client_nick_name(c->all->ids[i]), "");
    }
}

static struct span last_word(struct span text)
{
    const char *blank = text.len ? memrchr(text.data, ' ', text.len) : NULL;

    span_take(&text, blank ? (size_t)(blank + 1 - text.data) : 0);
    return text;
}

void command_complete(struct client *c, struct span text, struct buf *add, struct buf *others)
{
    const struct client_hooks *hooks = &c->all->config.hooks;
    struct completion t = {.begun = last_word(text), .others = others};
    bool is_command = text.len > 0 && *text.data == '/' && t.begun.len == text.len;

    if (is_command) {
        span_take(&t.begun, 1);
        hooks->each_handler(hooks->arg, c, add_command, &t);
    } else if (t.begun.len > 0) {
        add_nick_names(c, &t);
    }
    if (t.count > 0 && t.common > t.begun.len)
        buf_add(add, span_from(t.first + t.begun.len, t.common - t.begun.len));
    if (t.count == 1)
        buf_add_byte(add, ' ');
    if (t.count < 2 || add->len > 0)
        buf_reset(others);
}
