#include "server/terminal.h"

#include <stdio.h>

#include "base/mem.h"

enum { SE = 240, SB = 250, WILL = 251, WONT = 252, DO = 253, DONT = 254, IAC = 255 };
enum { BINARY = 0, ECHO = 1, SGA = 3, TTYPE = 24, NAWS = 31, CHARSET = 42 };
enum { TTYPE_IS = 0, TTYPE_SEND = 1, CHARSET_REQUEST = 1, CHARSET_ACCEPTED = 2 };
enum { SUB_MOST = 128 };

enum state { IN_TEXT, AFTER_IAC, AFTER_VERB, IN_SUB, SUB_IAC };

struct terminal {
    struct terminal_kind kind;
    struct buf *out;
    struct picture *picture;
    struct buf text; /* to be played */
    enum state state;
    unsigned char verb;
    unsigned char sub[SUB_MOST];
    unsigned sub_len;
    unsigned types_told;
    bool has_begun;
    bool ours[256];
    bool theirs[256];
};

/* --- answering --- */

static void add_sub(struct terminal *t, struct span body)
{
    buf_add(t->out, SPAN_LIT("\xff\xfa"));
    for (size_t i = 0; i < body.len; i++) {
        buf_add_byte(t->out, body.data[i]);
        if ((unsigned char)body.data[i] == IAC)
            buf_add_byte(t->out, body.data[i]);
    }
    buf_add(t->out, SPAN_LIT("\xff\xf0"));
}

static void add_option(struct terminal *t, int verb, int option)
{
    buf_add(t->out, span_from((char[]){(char)IAC, (char)verb, (char)option}, 3));
}

/* Who answers no cursor report says by CHARSET what it shows: one with ANSI that shows ASCII
 * alone, and those without ANSI. */
static bool uses_reports(const struct terminal *t)
{
    return t->kind.ansi && t->kind.charset != CHARSET_ASCII;
}

/* The terminal types that are told one after the other; the last again ends the list. One of
 * CP437 is no SyncTERM: that wraps at the last column at once, and libvterm does not. */
static const char *type_name(const struct terminal *t)
{
    if (!uses_reports(t))
        return t->kind.ansi && t->types_told > 0 ? "MTTS 1" : "plain";
    return t->kind.charset == CHARSET_CP437 ? "ansi" : "xterm";
}

static void tell_type(struct terminal *t)
{
    char body[32] = {TTYPE, TTYPE_IS};
    int n = snprintf(body + 2, sizeof(body) - 2, "%s", type_name(t));

    t->types_told++;
    add_sub(t, span_from(body, (size_t)n + 2));
}

static void tell_window(struct terminal *t)
{
    add_sub(t, span_from((char[]){NAWS, 0, (char)t->kind.columns, 0, (char)t->kind.rows}, 5));
}

static void tell_charset(struct terminal *t)
{
    static const char *const names[] = {"US-ASCII", "CP437", "UTF-8"};
    char body[32] = {CHARSET, CHARSET_ACCEPTED};
    int n = snprintf(body + 2, sizeof(body) - 2, "%s", names[t->kind.charset]);

    add_sub(t, span_from(body, (size_t)n + 2));
}

/* --- being asked --- */

static bool will_do(int option)
{
    return option == TTYPE || option == NAWS || option == BINARY || option == SGA ||
           option == CHARSET;
}

static bool may_do(int option)
{
    return option == ECHO || option == SGA || option == BINARY;
}

/* RFC 854: changes alone are answered. */
static void take_option(struct terminal *t, unsigned char option)
{
    bool wants = t->verb == DO || t->verb == WILL;
    bool about_us = t->verb == DO || t->verb == DONT;
    bool *is_on = about_us ? &t->ours[option] : &t->theirs[option];
    bool yes = wants && (about_us ? will_do(option) : may_do(option));

    if (yes != *is_on || wants != yes) {
        *is_on = yes;
        add_option(t, about_us ? (yes ? WILL : WONT) : (yes ? DO : DONT), option);
        if (yes && about_us && option == NAWS)
            tell_window(t);
    }
}

static void take_sub(struct terminal *t)
{
    if (t->sub_len == 2 && t->sub[0] == TTYPE && t->sub[1] == TTYPE_SEND)
        tell_type(t);
    else if (t->sub_len > 2 && t->sub[0] == CHARSET && t->sub[1] == CHARSET_REQUEST)
        tell_charset(t);
}

/* Before anything else, so that it is known when the type is. */
static void begin(struct terminal *t)
{
    t->has_begun = true;
    if (uses_reports(t))
        return;
    t->ours[CHARSET] = true;
    add_option(t, WILL, CHARSET);
}

/* --- bytes --- */

static void play(struct terminal *t)
{
    picture_play(t->picture, buf_span(&t->text));
    buf_reset(&t->text);
}

static void take_answer(void *arg, struct span bytes)
{
    struct terminal *t = arg;

    if (uses_reports(t))
        buf_add(t->out, bytes);
}

static void take_after_iac(struct terminal *t, unsigned char byte)
{
    t->state = IN_TEXT;
    t->verb = byte;
    if (byte == IAC) {
        buf_add_byte(&t->text, (char)byte);
    } else if (byte == SB) {
        t->state = IN_SUB;
        t->sub_len = 0;
    } else if (byte >= WILL) {
        t->state = AFTER_VERB;
    }
}

static void take_in_sub(struct terminal *t, unsigned char byte)
{
    if (t->state == IN_SUB && byte == IAC) {
        t->state = SUB_IAC;
        return;
    }
    if (t->state == SUB_IAC && byte == SE) {
        t->state = IN_TEXT;
        take_sub(t);
        return;
    }
    t->state = IN_SUB;
    if (t->sub_len < SUB_MOST)
        t->sub[t->sub_len++] = byte;
}

static void take_byte(struct terminal *t, unsigned char byte)
{
    switch (t->state) {
    case IN_TEXT:
        if (byte == IAC)
            t->state = AFTER_IAC;
        else
            buf_add_byte(&t->text, (char)byte);
        break;
    case AFTER_IAC:
        take_after_iac(t, byte);
        break;
    case AFTER_VERB:
        t->state = IN_TEXT;
        take_option(t, byte);
        break;
    case IN_SUB:
    case SUB_IAC:
        take_in_sub(t, byte);
        break;
    }
}

void terminal_take(struct terminal *t, struct span bytes)
{
    if (!t->has_begun)
        begin(t);
    for (size_t i = 0; i < bytes.len; i++)
        take_byte(t, (unsigned char)bytes.data[i]);
    play(t);
}

struct terminal *terminal_new(const struct terminal_kind *kind, struct buf *out)
{
    struct terminal *t = mem_zalloc(sizeof(*t));

    t->kind = *kind;
    t->out = out;
    buf_init(&t->text, BUF_LARGE);
    t->picture = picture_new(kind->columns, kind->rows, kind->charset);
    picture_on_answer(t->picture, take_answer, t);
    return t;
}

const struct picture *terminal_picture(const struct terminal *t)
{
    return t->picture;
}

struct picture *terminal_release(struct terminal *t)
{
    struct picture *picture = t->picture;

    picture_on_answer(picture, NULL, NULL);
    buf_clear(&t->text);
    mem_free(t);
    return picture;
}
