#include "client/shoulder.h"

#include "base/log.h"
#include "base/mem.h"
#include "client/internal.h"

enum { IOV_COUNT = 32 };

/* Where in telnet's sequences the bytes are that are sent. */
enum wire { WIRE_TEXT, WIRE_IAC, WIRE_OPTION, WIRE_SUB, WIRE_SUB_IAC };

enum { IAC = 255, WILL = 251, DONT = 254, SB = 250, SE = 240 };

struct shoulder {
    struct shoulder *next;
    struct client *by; /* NULL: has left */
    struct client *of; /* the same */
    struct picture *picture;
    enum wire wire;
};

static void remove_from_list(struct shoulder *s, struct clients *all)
{
    struct shoulder **at = &all->shoulders;

    while (*at && *at != s)
        at = &(*at)->next;
    if (*at)
        *at = s->next;
}

static void see_whether_watched(struct client *of)
{
    of->is_watched = false;
    for (const struct shoulder *s = of->all->shoulders; s; s = s->next)
        of->is_watched = of->is_watched || s->of == of;
}

static struct picture *picture_for(const struct client *of)
{
    return picture_new(of->width, of->height, (enum charset)of->charset);
}

struct shoulder *shoulder_new(struct client *by, struct client *of, struct err *e)
{
    struct shoulder *s;

    if (by == of || !client_is_open(of)) {
        err_set(e, by == of ? "That is you" : "That caller has left");
        return NULL;
    }
    s = mem_zalloc(sizeof(*s));
    s->by = by;
    s->of = of;
    s->picture = picture_for(of);
    s->next = of->all->shoulders;
    of->all->shoulders = s;
    of->is_watched = true;
    log_info("shoulder event=begin node=%u user=%s by=%s", of->id,
             log_quote(span_of(client_user_id(of))), log_quote(span_of(client_user_id(by))));
    show_paint_soon(of);
    process_repaint(of);
    dial_repaint(of);
    return s;
}

static void leave(struct shoulder *s)
{
    struct client *of = s->of;

    log_info("shoulder event=end node=%u", of->id);
    remove_from_list(s, of->all);
    s->of = NULL;
    see_whether_watched(of);
    if (client_is_open(of))
        output_mark_dirty(of); /* what waits has another pace now */
}

void shoulder_free(struct shoulder *s)
{
    if (!s)
        return;
    if (s->of)
        leave(s);
    picture_free(s->picture);
    mem_free(s);
}

const struct picture *shoulder_picture(const struct shoulder *s)
{
    return s->of ? s->picture : NULL;
}

/* --- what the terminal is sent --- */

/* The next state of the wire; true: the byte is for the terminal. */
static bool is_text(enum wire *wire, unsigned char byte)
{
    switch (*wire) {
    case WIRE_TEXT:
        if (byte == IAC)
            *wire = WIRE_IAC;
        return byte != IAC;
    case WIRE_IAC:
        *wire = byte == SB ? WIRE_SUB : byte >= WILL && byte <= DONT ? WIRE_OPTION : WIRE_TEXT;
        return byte == IAC; /* it was doubled */
    case WIRE_OPTION:
        *wire = WIRE_TEXT;
        return false;
    case WIRE_SUB:
        *wire = byte == IAC ? WIRE_SUB_IAC : WIRE_SUB;
        return false;
    case WIRE_SUB_IAC:
        *wire = byte == SE ? WIRE_TEXT : WIRE_SUB;
        return false;
    }
    return false;
}

static void play(struct shoulder *s, struct span wire)
{
    struct buf text;

    buf_init(&text, BUF_LARGE);
    for (size_t i = 0; i < wire.len; i++) {
        if (is_text(&s->wire, (unsigned char)wire.data[i]))
            buf_add_byte(&text, wire.data[i]);
    }
    picture_play(s->picture, buf_span(&text));
    buf_clear(&text);
}

void shoulder_show(struct client *of, size_t bytes)
{
    struct iovec iov[IOV_COUNT];
    int count = outq_iov(&of->out, iov, IOV_COUNT);

    if (of->transfer)
        return; /* a file's bytes are nothing to be seen */
    for (int i = 0; i < count && bytes > 0; i++) {
        size_t n = iov[i].iov_len < bytes ? iov[i].iov_len : bytes;

        for (struct shoulder *s = of->all->shoulders; s; s = s->next) {
            if (s->of == of)
                play(s, span_from(iov[i].iov_base, n));
        }
        bytes -= n;
    }
    for (struct shoulder *s = of->all->shoulders; s; s = s->next) {
        if (s->of == of && s->by)
            client_wake(s->by);
    }
}

void shoulder_resize(struct client *of)
{
    for (struct shoulder *s = of->all->shoulders; s; s = s->next) {
        if (s->of != of)
            continue;
        picture_free(s->picture);
        s->picture = picture_for(of);
    }
}

void shoulder_forget(struct client *c)
{
    struct shoulder *next;

    for (struct shoulder *s = c->all->shoulders; s; s = next) {
        next = s->next;
        if (s->by == c)
            s->by = NULL;
        if (s->of != c)
            continue;
        leave(s);
        if (s->by)
            client_wake(s->by);
    }
}
