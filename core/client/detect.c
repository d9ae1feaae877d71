/* detect.c -- finding out what terminal a caller has, without asking the caller: terminal type
 * and MTTS, the character set option, and where the cursor stands after one character of UTF-8
 * (one column on a UTF-8 terminal, three on others). */
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "client/internal.h"

enum { MTTS_ANSI = 1, MTTS_UTF8 = 4, MTTS_SCREEN_READER = 64 };

/* Begins of terminal names (lower case) that tell something. */
static const struct {
    const char *name;
    bool ansi;
    enum charset charset;
} terminals[] = {
    {"dumb", false, CHARSET_ASCII},    {"unknown", false, CHARSET_ASCII},
    {"network", false, CHARSET_ASCII}, {"tty", false, CHARSET_ASCII},
    {"syncterm", true, CHARSET_CP437}, {"ansi", true, CHARSET_CP437},
    {"pcansi", true, CHARSET_CP437},   {"pc-ansi", true, CHARSET_CP437},
    {"qansi", true, CHARSET_CP437},    {"scoansi", true, CHARSET_CP437},
    {"cp437", true, CHARSET_CP437},    {"avatar", true, CHARSET_CP437},
    {"xterm", true, CHARSET_UTF8},     {"linux", true, CHARSET_UTF8},
    {"screen", true, CHARSET_UTF8},    {"tmux", true, CHARSET_UTF8},
    {"rxvt", true, CHARSET_UTF8},      {"konsole", true, CHARSET_UTF8},
    {"gnome", true, CHARSET_UTF8},     {"kitty", true, CHARSET_UTF8},
    {"alacritty", true, CHARSET_UTF8}, {"putty", true, CHARSET_UTF8},
    {"vt", true, CHARSET_UTF8},
};

static bool is_dumb(const struct client *c)
{
    return c->detect->types_done && !c->found_ansi && c->term_name;
}

/* Two cursor reports with one character of UTF-8 between them; wiped out again, on a terminal
 * that shows it all with spaces. */
static void probe(struct client *c)
{
    if (c->detect->probed)
        return;
    c->detect->probed = true;
    output_bytes(c, SPAN_LIT("\r\033[6n\xE2\x94\x80\033[6n\r            \r\033[K"));
}

/* What is found out; after the first screen it corrects that, as long as nothing has been
 * typed. */
static void find(struct client *c, bool ansi, enum charset charset, bool linear)
{
    bool old_ansi = c->ansi;
    bool old_linear = c->linear;
    uint8_t old_charset = c->charset;

    c->found_ansi = ansi;
    c->found_charset = (uint8_t)charset;
    c->found_linear = linear;
    terminal_settle(c);
    if (c->ansi == old_ansi && c->charset == old_charset && c->linear == old_linear)
        return;
    if (c->state == CLIENT_OPEN && c->is_visitor && c->mode != MODE_BUSY &&
        c->asker == ASKER_SCREEN && !c->is_resting)
        show_refresh(c);
}

static void find_charset(struct client *c, bool ansi, enum charset charset)
{
    find(c, ansi, charset, c->found_linear);
}

static void take_terminal(struct client *c, struct span name)
{
    if (!c->term_name || c->is_first_screen) {
        mem_free(c->term_name);
        c->term_name = mem_strndup(name.data, name.len);
    }
    for (size_t i = 0; i < sizeof(terminals) / sizeof(terminals[0]); i++) {
        if (span_starts_with(name, terminals[i].name)) {
            c->keys.del_is_delete = span_starts_with(name, "syncterm");
            find_charset(c, terminals[i].ansi, terminals[i].charset);
            return;
        }
    }
}

static void take_window(struct client *c, const struct telnet_event *ev)
{
    bool differs = c->width != ev->width || c->height != ev->height;

    c->width = ev->width;
    c->height = ev->height;
    process_resized(c);
    if (c->is_watched && differs)
        shoulder_resize(c);
    dial_resized(c);
    if (c->state != CLIENT_OPEN || !differs)
        return;
    c->resized_at = clients_now(c->all);
    client_rearm(c);
}

static void types_done(struct client *c)
{
    if (!c->detect)
        return;
    c->detect->types_done = true;
    if (is_dumb(c))
        detect_finish(c);
    else
        probe(c);
}

static void take_mtts(struct client *c, uint32_t bits)
{
    enum charset charset = bits & MTTS_UTF8 ? CHARSET_UTF8 : (enum charset)c->found_charset;

    find(c, c->found_ansi || (bits & MTTS_ANSI), charset,
         c->found_linear || (bits & MTTS_SCREEN_READER));
}

void detect_telnet(struct client *c, const struct telnet_event *ev)
{
    enum charset charset;

    switch (ev->type) {
    case TELNET_WINDOW:
        take_window(c, ev);
        break;
    case TELNET_TERMINAL:
        take_terminal(c, ev->data);
        break;
    case TELNET_MTTS:
        take_mtts(c, ev->number);
        break;
    case TELNET_TTYPE_DONE:
        types_done(c);
        break;
    case TELNET_CHARSET_IS:
        if (charset_find(ev->data, &charset))
            find_charset(c, c->found_ansi, charset);
        break;
    default:
        break;
    }
}

static void take_report(struct client *c, const struct key *key)
{
    struct detect *d = c->detect;

    if (d->reports++ == 0) {
        d->column = (uint8_t)(key->column < 200 ? key->column : 200);
        find_charset(c, true, (enum charset)c->found_charset);
        return;
    }
    find_charset(c, true, key->column <= d->column + 2u ? CHARSET_UTF8 : CHARSET_CP437);
    detect_finish(c);
}

/* Reports that come after the first screen has been drawn. */
static void take_late_report(struct client *c, const struct key *key)
{
    if (key->column == 2 || key->column == 4)
        find_charset(c, true, key->column == 2 ? CHARSET_UTF8 : CHARSET_CP437);
}

/* The byte that a key was, to be decoded anew once the character set is known; 0: none. */
static unsigned char early_byte(const struct client *c, const struct key *key)
{
    switch (key->code) {
    case KEY_CHAR:
        return charset_to_cp437(key->ch); /* as pump.c has decoded it */
    case KEY_CTRL:
        return key->ch & 0x1F;
    case KEY_ENTER:
        return c->keys.after_cr ? '\r' : '\n';
    case KEY_TAB:
        return '\t';
    case KEY_BACKSPACE:
        return '\b';
    default:
        return 0;
    }
}

static void keep_early(struct client *c, const struct key *key)
{
    struct buf *early = &c->detect->early;
    unsigned char byte = early_byte(c, key);

    if (byte && early->len == INPUT_MAX)
        output_bytes(c, SPAN_LIT("\a"));
    else if (byte)
        buf_add_byte(early, (char)byte);
}

bool detect_key(struct client *c, const struct key *key)
{
    if (key->code == KEY_CURSOR_REPORT) {
        if (c->detect)
            take_report(c, key);
        else
            take_late_report(c, key);
        return true;
    }
    if (!c->detect)
        return false;
    keep_early(c, key);
    return true;
}

void detect_begin(struct client *c)
{
    c->detect = mem_zalloc(sizeof(*c->detect));
    buf_init(&c->detect->early, 2 * INPUT_MAX); /* what is typed later is put behind it */
    c->state = CLIENT_DETECTING;
    c->found_charset = CHARSET_ASCII;
    c->chosen =
        (struct terminal){TERMINAL_FOUND, TERMINAL_FOUND, TERMINAL_FOUND, TERMINAL_FOUND};
    terminal_settle(c);
    c->width = 80;
    c->height = 24;
    telnet_start(c->telnet);
}

static void begin_call(struct client *c)
{
    const struct clients_config *config = &c->all->config;

    if (config->begin)
        config->begin(config->arg, c);
    if (!c->screen)
        show_go(c, SPAN_LIT("root"));
}

void detect_finish(struct client *c)
{
    struct detect *d = c->detect;

    if (!d)
        return;
    c->detect = NULL;
    c->state = CLIENT_OPEN;
    c->early = d->early;
    mem_free(d);
    client_mark_ready(c);
    c->armed = 0; /* for the end of detection: it shall not fire for nothing */
    terminal_begin(c);
    begin_call(c);
    show_run(c);
    client_rearm(c);
}
