#include "term/keys.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "term/ansi.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { CAN = 0x18, ESC = 0x1B, DEL = 0x7F };
enum { SEQUENCE_MOST = 32, NUMBERS_MOST = 16, STRING_MOST = 256, MOUSE_BYTES = 3 };

enum state {
    STATE_TEXT,
    STATE_UTF8,          /* seq: the bytes of a character so far */
    STATE_ESCAPE,        /* behind an ESC */
    STATE_SEQUENCE,      /* seq: a CSI or SS3 sequence so far, without its ESC */
    STATE_MOUSE,         /* behind ESC[M: `skip` bytes are still to be dropped */
    STATE_STRING,        /* inside a DCS, SOS, OSC, PM or APC string */
    STATE_STRING_ESCAPE, /* behind an ESC in it */
};

/* What follows the ESC. `ESC[M` is not here: it is F1 on the SCO console only if nothing
 * follows. Sequences with modifiers are looked up without them. */
static const struct {
    const char *seq;
    enum key_code code;
} sequences[] = {
    /* SyncTERM; ANSI.SYS */
    {"[A", KEY_UP},
    {"[B", KEY_DOWN},
    {"[C", KEY_RIGHT},
    {"[D", KEY_LEFT},
    {"[H", KEY_HOME},
    {"[K", KEY_END},
    {"[V", KEY_PAGE_UP},
    {"[U", KEY_PAGE_DOWN},
    {"[@", KEY_INSERT},
    {"[Z", KEY_BACKTAB},
    /* xterm, tmux, PuTTY */
    {"[F", KEY_END},
    {"[1~", KEY_HOME},
    {"[2~", KEY_INSERT},
    {"[3~", KEY_DELETE},
    {"[4~", KEY_END},
    {"[5~", KEY_PAGE_UP},
    {"[6~", KEY_PAGE_DOWN},
    {"[7~", KEY_HOME},
    {"[8~", KEY_END},
    {"[11~", KEY_F1},
    {"[12~", KEY_F1 + 1},
    {"[13~", KEY_F1 + 2},
    {"[14~", KEY_F1 + 3},
    {"[15~", KEY_F1 + 4},
    {"[17~", KEY_F1 + 5},
    {"[18~", KEY_F1 + 6},
    {"[19~", KEY_F1 + 7},
    {"[20~", KEY_F1 + 8},
    {"[21~", KEY_F1 + 9},
    {"[23~", KEY_F1 + 10},
    {"[24~", KEY_F12},
    {"[200~", KEY_PASTE_BEGIN},
    {"[201~", KEY_PASTE_END},
    /* application mode; fTelnet's F5 */
    {"OA", KEY_UP},
    {"OB", KEY_DOWN},
    {"OC", KEY_RIGHT},
    {"OD", KEY_LEFT},
    {"OH", KEY_HOME},
    {"OF", KEY_END},
    {"OM", KEY_ENTER},
    {"OP", KEY_F1},
    {"OQ", KEY_F1 + 1},
    {"OR", KEY_F1 + 2},
    {"OS", KEY_F1 + 3},
    {"Ot", KEY_F1 + 4},
    /* VT52; fTelnet's Insert */
    {"A", KEY_UP},
    {"B", KEY_DOWN},
    {"C", KEY_RIGHT},
    {"D", KEY_LEFT},
    {"@", KEY_INSERT},
    /* the Linux console */
    {"[[A", KEY_F1},
    {"[[B", KEY_F1 + 1},
    {"[[C", KEY_F1 + 2},
    {"[[D", KEY_F1 + 3},
    {"[[E", KEY_F1 + 4},
    /* the SCO console; SyncTERM has [U and [V */
    {"[I", KEY_PAGE_UP},
    {"[G", KEY_PAGE_DOWN},
    {"[L", KEY_INSERT},
    {"[N", KEY_F1 + 1},
    {"[O", KEY_F1 + 2},
    {"[P", KEY_F1 + 3},
    {"[Q", KEY_F1 + 4},
    {"[R", KEY_F1 + 5},
    {"[S", KEY_F1 + 6},
    {"[T", KEY_F1 + 7},
    {"[W", KEY_F1 + 10},
    {"[X", KEY_F12},
};

/* What has become of a byte. */
enum { STAY = 0, TAKE = 1, EMIT = 2 };

void keys_init(struct keys *k)
{
    static_assert(sizeof(*k) <= 48, "one in each client");
    *k = (struct keys){0};
}

static void set_state(struct keys *k, enum state state)
{
    k->state = (uint8_t)state;
    k->len = 0;
}

static unsigned emit(struct key *key, enum key_code code, uint32_t ch)
{
    *key = (struct key){.code = code, .ch = ch};
    return TAKE | EMIT;
}

static unsigned take_enter(struct keys *k, unsigned char byte, struct key *key)
{
    if (byte != '\r' && k->after_cr) { /* the second half of CR LF or CR NUL */
        k->after_cr = false;
        return TAKE;
    }
    k->after_cr = byte == '\r';
    if (byte == '\0')
        return k->in_paste ? TAKE : emit(key, KEY_CTRL, '@');
    return emit(key, KEY_ENTER, 0);
}

/* A byte below 0x20, or DEL. */
static unsigned take_control(struct keys *k, unsigned char byte, struct key *key)
{
    if (byte == '\r' || byte == '\n' || byte == '\0')
        return take_enter(k, byte, key);
    k->after_cr = false;
    if (byte == ESC) {
        set_state(k, STATE_ESCAPE);
        return TAKE;
    }
    if (byte == '\t')
        return emit(key, KEY_TAB, 0);
    if (k->in_paste)
        return TAKE;
    if (byte == '\b')
        return emit(key, KEY_BACKSPACE, 0);
    if (byte == DEL)
        return emit(key, k->del_is_delete ? KEY_DELETE : KEY_BACKSPACE, 0);
    return emit(key, KEY_CTRL, byte + '@');
}

static unsigned in_text(struct keys *k, unsigned char byte, enum charset charset,
                        struct key *key)
{
    if (byte < ' ' || byte == DEL)
        return take_control(k, byte, key);
    k->after_cr = false;
    if (byte < 0x80)
        return emit(key, KEY_CHAR, byte);
    if (charset == CHARSET_CP437)
        return emit(key, KEY_CHAR, charset_from_cp437(byte));
    if (charset == CHARSET_ASCII)
        return TAKE;
    if (utf8_length(byte) == 0)
        return emit(key, KEY_CHAR, '?');
    set_state(k, STATE_UTF8);
    k->seq[k->len++] = (char)byte;
    return TAKE;
}

static unsigned in_utf8(struct keys *k, unsigned char byte, enum charset charset,
                        struct key *key)
{
    unsigned length = utf8_length((unsigned char)k->seq[0]);
    struct span all = {k->seq, length};
    uint32_t cp;
    bool ok;

    (void)charset;
    if ((byte & 0xC0) != 0x80) { /* cut short: this byte is not part of it */
        set_state(k, STATE_TEXT);
        emit(key, KEY_CHAR, '?');
        return EMIT;
    }
    k->seq[k->len++] = (char)byte;
    if (k->len < length)
        return TAKE;
    set_state(k, STATE_TEXT);
    cp = utf8_next(&all, &ok);
    return emit(key, KEY_CHAR, ok && cp > 0x9F ? cp : '?');
}

static enum key_code find_sequence(struct span seq)
{
    for (size_t i = 0; i < COUNT(sequences); i++) {
        if (span_is(seq, sequences[i].seq))
            return sequences[i].code;
    }
    return KEY_NONE;
}

static unsigned in_escape(struct keys *k, unsigned char byte, enum charset charset,
                          struct key *key)
{
    enum key_code code = find_sequence(span_from(&byte, 1));

    (void)charset;
    set_state(k, STATE_TEXT);
    if (byte == '[' || byte == 'O') {
        set_state(k, STATE_SEQUENCE);
        k->seq[k->len++] = (char)byte;
        return TAKE;
    }
    if (memchr("PX]^_", byte, 5)) {
        set_state(k, STATE_STRING);
        k->dropped = 0;
        return TAKE;
    }
    if (k->in_paste)
        return STAY;
    if (code != KEY_NONE)
        return emit(key, code, 0);
    emit(key, KEY_ESCAPE, 0);
    return EMIT;
}

/* `ESC[1;5A` is `ESCOA` with Ctrl, `ESC[5;5~` is `ESC[5~` with it; old xterms send `ESCO5A`. */
static enum key_code find_modified(struct span seq)
{
    uint16_t numbers[NUMBERS_MOST];
    char final = seq.data[seq.len - 1];
    unsigned count =
        ansi_numbers(span_from(seq.data + 1, seq.len - 2), numbers, COUNT(numbers));
    char plain[12];

    if (count == 2 && final == '~' && numbers[0] < 100) /* pastes have no modifiers */
        snprintf(plain, sizeof(plain), "[%u~", (unsigned)numbers[0]);
    else if (seq.data[0] == 'O' && count > 0)
        snprintf(plain, sizeof(plain), "O%c", final);
    else if (count == 2 && numbers[0] == 1 && memchr("ABCDFHPQS", final, 9))
        snprintf(plain, sizeof(plain), "O%c", final);
    else
        return KEY_NONE;
    return find_sequence(span_of(plain));
}

/* Answers to our questions: cursor and device status, attributes, modes, window sizes. */
static unsigned take_reply(struct span seq, struct key *key)
{
    struct span params = span_from(seq.data + 1, seq.len - 2);
    char final = seq.data[seq.len - 1];
    bool is_private = params.len > 0 && strchr("<=>?", params.data[0]);
    uint16_t numbers[2] = {0, 0};
    unsigned count;

    if (seq.data[0] != '[' || !memchr("Rcnty", final, 5))
        return TAKE;
    if (is_private)
        span_take(&params, 1);
    while (params.len > 0 && params.data[params.len - 1] < '0')
        params.len--; /* the '$' of mode reports */
    count = ansi_numbers(params, numbers, 2);
    emit(key, final == 'R' && !is_private && count == 2 ? KEY_CURSOR_REPORT : KEY_REPLY,
         (uint32_t) final);
    key->row = count > 0 ? numbers[0] : 0;
    key->column = count > 1 ? numbers[1] : 0;
    return TAKE | EMIT;
}

static unsigned take_paste(struct keys *k, enum key_code code, struct key *key)
{
    bool begins = code == KEY_PASTE_BEGIN;

    if (k->in_paste == begins)
        return TAKE;
    k->in_paste = begins;
    return emit(key, code, 0);
}

/* A CSI or SS3 sequence is complete. */
static unsigned finish_sequence(struct keys *k, struct key *key)
{
    struct span seq = {k->seq, k->len};
    enum key_code code = find_sequence(seq);
    unsigned verdict;

    set_state(k, STATE_TEXT);
    if (code == KEY_PASTE_BEGIN || code == KEY_PASTE_END)
        return take_paste(k, code, key);
    if (k->in_paste)
        return TAKE;
    if (span_is(seq, "[M")) {
        set_state(k, STATE_MOUSE);
        k->skip = MOUSE_BYTES;
        return TAKE;
    }
    if (code != KEY_NONE)
        return emit(key, code, 0);
    verdict = take_reply(seq, key);
    if (verdict & EMIT)
        return verdict;
    code = find_modified(seq);
    return code == KEY_NONE ? TAKE : emit(key, code, 0);
}

static unsigned in_sequence(struct keys *k, unsigned char byte, enum charset charset,
                            struct key *key)
{
    bool is_linux = k->len == 1 && k->seq[0] == '[' && byte == '[';

    (void)charset;
    if (byte < ' ' || byte > '~' || k->len == SEQUENCE_MOST) {
        set_state(k, STATE_TEXT); /* broken off, or too long to be one: text again */
        return STAY;
    }
    k->seq[k->len++] = (char)byte;
    return byte < '@' || is_linux ? TAKE : finish_sequence(k, key);
}

static unsigned in_mouse(struct keys *k, unsigned char byte, enum charset charset,
                         struct key *key)
{
    (void)byte, (void)charset, (void)key;
    if (--k->skip == 0)
        set_state(k, STATE_TEXT);
    return TAKE;
}

static unsigned in_string(struct keys *k, unsigned char byte, enum charset charset,
                          struct key *key)
{
    (void)charset, (void)key;
    if (byte == ESC) {
        set_state(k, STATE_STRING_ESCAPE);
        return TAKE;
    }
    if (byte == '\a' || byte == CAN) {
        set_state(k, STATE_TEXT);
        return TAKE;
    }
    if (k->dropped == STRING_MOST) {
        set_state(k, STATE_TEXT);
        return STAY;
    }
    k->dropped++;
    return TAKE;
}

/* ESC \ ends the string; any other ESC ends it too, and begins something of its own. */
static unsigned in_string_escape(struct keys *k, unsigned char byte, enum charset charset,
                                 struct key *key)
{
    (void)charset, (void)key;
    set_state(k, byte == '\\' ? STATE_TEXT : STATE_ESCAPE);
    return byte == '\\' ? TAKE : STAY;
}

bool keys_next(struct keys *k, struct span *in, enum charset charset, struct key *key)
{
    static unsigned (*const states[])(struct keys *, unsigned char, enum charset,
                                      struct key *) = {
        [STATE_TEXT] = in_text,
        [STATE_UTF8] = in_utf8,
        [STATE_ESCAPE] = in_escape,
        [STATE_SEQUENCE] = in_sequence,
        [STATE_MOUSE] = in_mouse,
        [STATE_STRING] = in_string,
        [STATE_STRING_ESCAPE] = in_string_escape,
    };

    while (in->len > 0) {
        unsigned char byte = (unsigned char)in->data[0];
        unsigned verdict;

        if (k->state == STATE_TEXT && byte >= ' ' && byte < DEL) { /* nearly always */
            k->after_cr = false;
            *key = (struct key){.code = KEY_CHAR, .ch = byte};
            span_take(in, 1);
            return true;
        }
        verdict = states[k->state](k, byte, charset, key);
        if (verdict & TAKE)
            span_take(in, 1);
        if (verdict & EMIT)
            return true;
    }
    return false;
}

/* A character that is cut short is not waited for: it may be slow, and nothing else can
 * begin with those bytes. */
bool keys_is_waiting(const struct keys *k)
{
    return k->state != STATE_TEXT && k->state != STATE_UTF8;
}

bool keys_timeout(struct keys *k, struct key *key)
{
    enum key_code code = KEY_NONE;

    if (!keys_is_waiting(k))
        return false;
    if (k->state == STATE_ESCAPE && !k->in_paste)
        code = KEY_ESCAPE;
    else if (k->state == STATE_MOUSE && k->skip == MOUSE_BYTES)
        code = KEY_F1; /* of the SCO console */
    set_state(k, STATE_TEXT);
    return code != KEY_NONE && emit(key, code, 0);
}

bool keys_end_paste(struct keys *k, struct key *key)
{
    if (!k->in_paste)
        return false;
    k->in_paste = false;
    set_state(k, STATE_TEXT);
    return emit(key, KEY_PASTE_END, 0);
}

static void name_char(uint32_t cp, char *out)
{
    struct buf utf8;

    buf_init(&utf8, 4);
    utf8_add(&utf8, cp);
    memcpy(out, buf_text(&utf8), utf8.len + 1);
    buf_clear(&utf8);
}

const char *key_name(const struct key *key, char *out)
{
    static const char *const names[] = {
        [KEY_NONE] = "none",
        [KEY_ENTER] = "enter",
        [KEY_TAB] = "tab",
        [KEY_BACKTAB] = "backtab",
        [KEY_BACKSPACE] = "backspace",
        [KEY_DELETE] = "delete",
        [KEY_INSERT] = "insert",
        [KEY_ESCAPE] = "escape",
        [KEY_UP] = "up",
        [KEY_DOWN] = "down",
        [KEY_LEFT] = "left",
        [KEY_RIGHT] = "right",
        [KEY_HOME] = "home",
        [KEY_END] = "end",
        [KEY_PAGE_UP] = "page_up",
        [KEY_PAGE_DOWN] = "page_down",
        [KEY_PASTE_BEGIN] = "paste_begin",
        [KEY_PASTE_END] = "paste_end",
        [KEY_CURSOR_REPORT] = "cursor_report",
        [KEY_REPLY] = "reply",
    };

    if (key->code == KEY_CHAR && key->ch == ' ')
        snprintf(out, KEY_NAME_SIZE, "space");
    else if (key->code == KEY_CHAR)
        name_char(key->ch, out);
    else if (key->code == KEY_CTRL)
        snprintf(out, KEY_NAME_SIZE, "ctrl_%c", tolower((int)key->ch));
    else if (key->code >= KEY_F1 && key->code <= KEY_F12)
        snprintf(out, KEY_NAME_SIZE, "f%d", (int)(key->code - KEY_F1) + 1);
    else
        snprintf(out, KEY_NAME_SIZE, "%s", names[key->code]);
    return out;
}
