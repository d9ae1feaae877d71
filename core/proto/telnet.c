#include "proto/telnet.h"

#include <strings.h>

#include "base/mem.h"
#include "proto/undo.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum command {
    SE = 240,
    NOP = 241,
    BRK = 243,
    IP = 244,
    AO = 245,
    AYT = 246,
    EC = 247,
    EL = 248,
    SB = 250,
    WILL = 251,
    WONT = 252,
    DO = 253,
    DONT = 254,
    IAC = 255,
};

enum { TTYPE_IS = 0, TTYPE_SEND = 1 };
enum { CHARSET_REQUEST = 1, CHARSET_ACCEPTED = 2, CHARSET_REJECTED = 3 };

enum {
    SUB_MOST = 512,          /* bytes kept of one subnegotiation, its option included */
    SUB_RUN_MOST = 64 << 10, /* bytes inside subnegotiations without one SE */
    COMMANDS_ANSWERED = 512, /* WILL, WONT, DO and DONT in one connection */
    COMMANDS_MOST = 4096,
    ANSWERS_MOST = 8, /* to AYT, and to requests for a character set */
    TTYPES_MOST = 8,
    TTYPE_MOST = 40, /* characters of a terminal type: RFC 1091 section 4 */
};

enum state {
    STATE_TEXT,
    STATE_IAC,
    STATE_VERB,       /* `verb` waits for its option */
    STATE_SUB_OPTION, /* behind IAC SB */
    STATE_SUB,        /* inside; `sub` is NULL where the content does not matter */
    STATE_SUB_IAC,
    STATE_BAD,
};

/* The Q method's states; a queue bit that is set is a state of its own. */
enum q { NO, YES, WANT_NO, WANT_NO_BUT_YES, WANT_YES, WANT_YES_BUT_NO, Q_STATES };

enum ttype_state {
    TTYPE_IDLE,
    TTYPE_ASKED,  /* SEND went out, IS has not come */
    TTYPE_ENDING, /* TELNET_TTYPE_DONE is still to be told */
    TTYPE_OVER,
};

enum { SIDES = 2, ROLES = 2 };

/* What may be on; by position in `q`. A caller's ECHO is never on: it would echo our screens
 * back, and fTelnet takes DO ECHO for local echo. */
static const struct {
    uint8_t option;
    bool may[ROLES][SIDES]; /* by is_outward and enum telnet_side */
} options[] = {
    {TELNET_BINARY, {{true, true}, {true, true}}}, /* first: see his_binary() */
    {TELNET_ECHO, {{true, false}, {false, true}}},
    {TELNET_SGA, {{true, true}, {true, true}}},
    {TELNET_TTYPE, {{false, true}, {true, false}}},
    {TELNET_NAWS, {{false, true}, {true, false}}},
    {TELNET_CHARSET, {{true, true}, {false, false}}},
};

/* The subnegotiation that is being read, or that an event borrows from. */
struct sub {
    uint16_t len;
    bool too_long;
    char data[SUB_MOST];
};

struct telnet {
    struct buf *out;
    struct sub *sub;
    uint8_t q[SIDES][COUNT(options)];
    uint8_t declined[SIDES];     /* bits by position in `options`: the peer refused */
    uint32_t first_name;         /* hashes of terminal types: the first, ... */
    uint32_t last_name;          /* ... and the one before this */
    uint32_t sub_run;            /* bytes inside subnegotiations since the last SE */
    uint16_t commands;           /* WILL, WONT, DO and DONT so far */
    uint8_t state;               /* enum state */
    uint8_t verb;                /* in STATE_VERB */
    uint8_t ttype_state;         /* enum ttype_state */
    uint8_t ttypes;              /* SENDs so far */
    uint8_t ayts;                /* answered so far */
    uint8_t charset_answers : 4; /* requests answered so far */
    uint8_t charset_asked : 1;   /* our request went out */
    uint8_t answered : 1;
    uint8_t after_cr : 1;            /* the last byte of data was a CR outside BINARY */
    uint8_t sub_lent : 1;            /* `sub` is over, but the last event borrows from it */
    uint8_t is_outward : 1;          /* the peer is the server */
    uint8_t refused[SIDES][256 / 8]; /* options that got their one DONT or WONT */
};

_Static_assert(sizeof(struct telnet) <= 120, "each caller has one");
_Static_assert(COUNT(options) <= 8, "`declined` has a bit for each");

struct telnet *telnet_new(struct buf *out)
{
    struct telnet *t = mem_zalloc(sizeof(*t));

    t->out = out;
    return t;
}

struct telnet *telnet_new_outward(struct buf *out)
{
    struct telnet *t = telnet_new(out);

    t->is_outward = true;
    return t;
}

void telnet_free(struct telnet *t)
{
    if (!t)
        return;
    mem_free(t->sub);
    mem_free(t);
}

static void free_sub(struct telnet *t)
{
    mem_free(t->sub);
    t->sub = NULL;
    t->sub_lent = false;
}

static bool emit(struct telnet_event *ev, enum telnet_event_type type)
{
    *ev = (struct telnet_event){.type = type};
    return true;
}

/* Also at each later call: whoever does not hang up at once reads no more data. */
static bool give_up(struct telnet *t, struct span *in, struct telnet_event *ev)
{
    t->state = STATE_BAD;
    span_take(in, in->len);
    return emit(ev, TELNET_BAD);
}

/* ---- what we say; each message is written whole or not at all ---- */

static bool is_mute(const struct telnet *t)
{
    return t->commands > COMMANDS_ANSWERED;
}

static bool reply(const struct telnet *t, struct span message)
{
    return !is_mute(t) && buf_add(t->out, message);
}

static bool send_verb(const struct telnet *t, enum telnet_side side, uint8_t option, bool yes)
{
    uint8_t verb = side == TELNET_US ? (yes ? WILL : WONT) : (yes ? DO : DONT);
    uint8_t message[] = {IAC, verb, option};

    return buf_add(t->out, span_from(message, sizeof(message)));
}

static bool reply_verb(const struct telnet *t, enum telnet_side side, uint8_t option, bool yes)
{
    return !is_mute(t) && send_verb(t, side, option, yes);
}

/* Once for each option and side: a peer that offers it again has heard us, and one that
 * answers every refusal by a new offer makes no loop. */
static void refuse(struct telnet *t, enum telnet_side side, uint8_t option)
{
    uint8_t *byte = &t->refused[side][option / 8];
    uint8_t bit = (uint8_t)(1u << (option % 8));

    if (!(*byte & bit) && reply_verb(t, side, option, false))
        *byte |= bit;
}

static bool may(const struct telnet *t, enum telnet_side side, int i)
{
    return options[i].may[t->is_outward][side];
}

/* To a server it would be typed. */
static void answer_ayt(struct telnet *t)
{
    if (!t->is_outward && t->ayts < ANSWERS_MOST &&
        reply(t, SPAN_LIT("\r\n[Perigee is here]\r\n")))
        t->ayts++;
}

/* ---- options: RFC 1143 section 7 ---- */

static int find_option(uint8_t option)
{
    for (int i = 0; i < (int)COUNT(options); i++)
        if (options[i].option == option)
            return i;
    return -1;
}

/* Theirs stays in force until their WONT is here; ours ends with our own WONT. */
static bool is_in_force(const struct telnet *t, enum telnet_side side, int i)
{
    uint8_t q = t->q[side][i];

    return q == YES || (side == TELNET_HIM && (q == WANT_NO || q == WANT_NO_BUT_YES));
}

static bool his_binary(const struct telnet *t)
{
    return is_in_force(t, TELNET_HIM, 0);
}

bool telnet_is_on(const struct telnet *t, enum telnet_side side, uint8_t option)
{
    int i = find_option(option);

    return i >= 0 && is_in_force(t, side, i);
}

/* Nothing changes where the request can't be written, so that it can be made again. */
static void ask(struct telnet *t, enum telnet_side side, int i, bool on)
{
    static const uint8_t next[Q_STATES][2] = {
        [NO] = {NO, WANT_YES},
        [YES] = {WANT_NO, YES},
        [WANT_NO] = {WANT_NO, WANT_NO_BUT_YES},
        [WANT_NO_BUT_YES] = {WANT_NO, WANT_NO_BUT_YES},
        [WANT_YES] = {WANT_YES_BUT_NO, WANT_YES},
        [WANT_YES_BUT_NO] = {WANT_YES_BUT_NO, WANT_YES},
    };
    uint8_t was = t->q[side][i], now = next[was][on];

    if (now == was || (on && (t->declined[side] & 1u << i)))
        return;
    if ((was == NO || was == YES) && !send_verb(t, side, options[i].option, on))
        return;
    t->q[side][i] = now;
}

void telnet_ask(struct telnet *t, enum telnet_side side, uint8_t option, bool on)
{
    int i = find_option(option);

    if (i >= 0 && may(t, side, i))
        ask(t, side, i, on);
}

static void note_refusal(struct telnet *t, enum telnet_side side, int i, bool refused)
{
    uint8_t bit = (uint8_t)(1u << i), others = t->declined[side] & (uint8_t)~bit;

    t->declined[side] = refused ? others | bit : others;
}

void telnet_ask_again(struct telnet *t, enum telnet_side side, uint8_t option)
{
    int i = find_option(option);

    if (i >= 0)
        note_refusal(t, side, i, false);
    telnet_ask(t, side, option, true);
}

bool telnet_is_asked(const struct telnet *t, enum telnet_side side, uint8_t option)
{
    int i = find_option(option);

    return i >= 0 && t->q[side][i] == WANT_YES;
}

void telnet_start(struct telnet *t)
{
    if (t->is_outward)
        return; /* who calls waits for what the server offers */
    telnet_ask(t, TELNET_US, TELNET_SGA, true);
    telnet_ask(t, TELNET_HIM, TELNET_SGA, true);
    telnet_ask(t, TELNET_US, TELNET_ECHO, true);
    telnet_ask(t, TELNET_HIM, TELNET_TTYPE, true);
    telnet_ask(t, TELNET_HIM, TELNET_NAWS, true);
}

bool telnet_has_answered(const struct telnet *t)
{
    return t->answered;
}

/* BINARY is left out of the first offers: SyncTERM and qodem ask for it themselves, and a
 * peer that knows no telnet sees less junk. A server is never asked: Unix's then ends its lines
 * with LF alone. */
static void note_answer(struct telnet *t)
{
    bool asks = !t->answered && !t->is_outward;

    t->answered = true;
    if (!asks)
        return;
    telnet_ask(t, TELNET_US, TELNET_BINARY, true);
    telnet_ask(t, TELNET_HIM, TELNET_BINARY, true);
}

static void ask_ttype(struct telnet *t)
{
    const uint8_t message[] = {IAC, SB, TELNET_TTYPE, TTYPE_SEND, IAC, SE};

    if (t->ttypes < TTYPES_MOST && reply(t, span_from(message, sizeof(message)))) {
        t->ttypes++;
        t->ttype_state = TTYPE_ASKED;
    } else {
        t->ttype_state = TTYPE_ENDING;
    }
}

/* RFC 2066 section 2 lets that side request which said WILL. We request behind their WILL as
 * well: who volunteers it answers, and it is one message less than offering WILL ourselves. */
static void ask_charset(struct telnet *t)
{
    if (!t->charset_asked && reply(t, SPAN_LIT("\xff\xfa*\x01 UTF-8 CP437 US-ASCII\xff\xf0")))
        t->charset_asked = true;
}

/* What an option's new state begins or ends. */
static void follow_change(struct telnet *t, enum telnet_side side, int i)
{
    uint8_t option = options[i].option;
    bool on = t->q[side][i] == YES;

    if (t->is_outward)
        return;
    if (option == TELNET_TTYPE && on && t->ttype_state == TTYPE_IDLE)
        ask_ttype(t);
    else if (option == TELNET_TTYPE && !on && t->ttype_state != TTYPE_OVER)
        t->ttype_state = TTYPE_ENDING;
    else if (option == TELNET_CHARSET && on)
        ask_charset(t);
}

/* Their WILL or DO for an option that is off. An agreement that can't be written is none. */
static bool agree(struct telnet *t, enum telnet_side side, int i)
{
    if (may(t, side, i))
        return reply_verb(t, side, options[i].option, true);
    refuse(t, side, options[i].option);
    return false;
}

/* The option in place `i` is what the peer says it is: `yes` for WILL and DO. */
static bool settle(struct telnet *t, enum telnet_side side, int i, bool yes,
                   struct telnet_event *ev)
{
    uint8_t was = t->q[side][i];
    bool now = was == WANT_NO ? false : yes; /* RFC 1143: DONT answered by WILL means off */

    if ((was == NO && !yes) || (was == YES && yes))
        return false;
    if (was == NO && !agree(t, side, i))
        return false;
    if (was == YES)
        reply_verb(t, side, options[i].option, false);
    note_refusal(t, side, i, !yes && (was == WANT_YES || was == WANT_YES_BUT_NO));
    t->q[side][i] = now ? YES : NO;
    if (was == WANT_NO_BUT_YES || was == WANT_YES_BUT_NO)
        ask(t, side, i, was == WANT_NO_BUT_YES);
    follow_change(t, side, i);
    emit(ev, TELNET_OPTION);
    ev->number = options[i].option;
    ev->side = side;
    ev->on = is_in_force(t, side, i);
    return true;
}

static bool on_verb(struct telnet *t, struct span *in, struct telnet_event *ev)
{
    uint8_t option = (uint8_t)*span_take(in, 1).data;
    bool yes = t->verb == WILL || t->verb == DO;
    enum telnet_side side = t->verb == WILL || t->verb == WONT ? TELNET_HIM : TELNET_US;
    int i = find_option(option);
    bool changed = false;

    t->state = STATE_TEXT;
    if (++t->commands >= COMMANDS_MOST)
        return give_up(t, in, ev);
    if (i >= 0)
        changed = settle(t, side, i, yes, ev);
    else if (option == TELNET_TIMING_MARK && t->verb == DO)
        reply_verb(t, TELNET_US, option, true); /* RFC 860: a question, not a state */
    else if (yes)
        refuse(t, side, option);
    note_answer(t);
    return changed;
}

/* ---- subnegotiations: each handler gets what stands behind the option ---- */

/* RFC 1073. A 0 means that the peer does not know. */
static bool on_naws(struct span body, struct telnet_event *ev)
{
    const uint8_t *b = (const uint8_t *)body.data;
    unsigned width, height;

    if (body.len != 4)
        return false;
    width = (unsigned)b[0] << 8 | b[1];
    height = (unsigned)b[2] << 8 | b[3];
    if (width == 0 || height == 0)
        return false;
    emit(ev, TELNET_WINDOW);
    ev->width = (uint16_t)(width < 20 ? 20 : width > 255 ? 255 : width);
    ev->height = (uint16_t)(height < 10 ? 10 : height > 100 ? 100 : height);
    return true;
}

static char clean_char(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return c >= ' ' && c <= '~' ? c : '?';
}

/* In place. */
static struct span clean_name(char *name, size_t len)
{
    len = len < TTYPE_MOST ? len : TTYPE_MOST;
    for (size_t i = 0; i < len; i++)
        name[i] = clean_char(name[i]);
    return span_from(name, len);
}

/* FNV-1a: instead of eight names in each caller's memory. */
static uint32_t hash(struct span s)
{
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < s.len; i++)
        h = (h ^ (uint8_t)s.data[i]) * 16777619u;
    return h;
}

/* "mtts 137": what a MUD client says about itself at the end of its list. */
static bool parse_mtts(struct span name, uint32_t *bits)
{
    if (!span_starts_with(name, "mtts ") || name.len < 6 || name.len > 14)
        return false;
    *bits = 0;
    for (size_t i = 5; i < name.len; i++) {
        if (name.data[i] < '0' || name.data[i] > '9')
            return false;
        *bits = *bits * 10 + (uint32_t)(name.data[i] - '0');
    }
    return true;
}

/* RFC 1091 section 6: the peer repeats the last name at the end of its list, or begins anew. */
static bool is_end_of_names(const struct telnet *t, struct span name)
{
    uint32_t h = hash(name);

    return name.len == 0 || (t->ttypes > 1 && (h == t->first_name || h == t->last_name));
}

static bool end_ttypes(struct telnet *t, struct telnet_event *ev)
{
    t->ttype_state = TTYPE_OVER;
    return emit(ev, TELNET_TTYPE_DONE);
}

static bool on_ttype(struct telnet *t, char *body, size_t len, struct telnet_event *ev)
{
    struct span name;

    if (t->ttype_state != TTYPE_ASKED || len == 0 || body[0] != TTYPE_IS)
        return false;
    name = clean_name(body + 1, len - 1);
    if (is_end_of_names(t, name))
        return end_ttypes(t, ev);
    emit(ev, TELNET_MTTS);
    if (parse_mtts(name, &ev->number)) {
        t->ttype_state = TTYPE_ENDING;
        return true;
    }
    t->last_name = hash(name);
    if (t->ttypes == 1)
        t->first_name = t->last_name;
    ask_ttype(t);
    ev->type = TELNET_TERMINAL;
    ev->data = name;
    return true;
}

/* Our name for a character set that we can speak, or NULL. */
static const char *find_charset(struct span name)
{
    static const char *const names[][2] = {
        {"UTF-8", "UTF-8"},
        {"CP437", "CP437"},
        {"IBM437", "CP437"},
        {"US-ASCII", "US-ASCII"},
    };

    for (size_t i = 0; i < COUNT(names); i++)
        if (name.len == strlen(names[i][0]) &&
            strncasecmp(name.data, names[i][0], name.len) == 0)
            return names[i][1];
    return NULL;
}

static struct span take_name(struct span *list, char separator)
{
    const char *end = list->len ? memchr(list->data, separator, list->len) : NULL;
    struct span name = span_take(list, end ? (size_t)(end - list->data) : list->len);

    span_take(list, 1);
    return name;
}

/* UTF-8 where it is in the list, else the first that we know; empty for none. */
static struct span choose_charset(struct span list)
{
    struct span best = {NULL, 0};
    char separator;

    if (list.len == 0)
        return best;
    separator = *span_take(&list, 1).data;
    while (list.len > 0) {
        struct span name = take_name(&list, separator);
        const char *known = find_charset(name);

        if (known && strcmp(known, "UTF-8") == 0)
            return name;
        if (known && best.len == 0)
            best = name;
    }
    return best;
}

/* A translation table may be offered before the list, with the octet of a version. RFC 2066
 * section 2 spells the mark in two ways. */
static struct span skip_ttable(struct span list)
{
    if (span_starts_with(list, "[TTABLE]"))
        span_take(&list, 9);
    else if (span_starts_with(list, "[TTABLE ]"))
        span_take(&list, 10);
    return list;
}

static bool emit_charset(struct telnet_event *ev, const char *name)
{
    emit(ev, TELNET_CHARSET_IS);
    ev->data = span_of(name);
    return true;
}

/* Also while a request of ours is under way, where RFC 2066 lets the server's win: both sides'
 * answers prefer UTF-8, and a peer that does not answer ours gets its own. */
static bool on_charset_request(struct telnet *t, struct span list, struct telnet_event *ev)
{
    struct span name = choose_charset(skip_ttable(list));

    if (t->charset_answers >= ANSWERS_MOST || is_mute(t))
        return false;
    t->charset_answers++;
    if (name.len == 0) {
        reply(t, SPAN_LIT("\xff\xfa*\x03\xff\xf0"));
        return false;
    }
    if (!buf_printf(t->out, "\xff\xfa*\x02%.*s\xff\xf0", SPAN_ARG(name)))
        return false;
    return emit_charset(ev, find_charset(name));
}

static bool on_charset(struct telnet *t, struct span body, struct telnet_event *ev)
{
    const char *known;

    if (body.len == 0)
        return false;
    switch (*span_take(&body, 1).data) {
    case CHARSET_REQUEST:
        return on_charset_request(t, body, ev);
    case CHARSET_ACCEPTED:
        known = t->charset_asked ? find_charset(body) : NULL;
        return known && emit_charset(ev, known);
    default:
        return false; /* CHARSET_REJECTED: what it was before it stays */
    }
}

/* Is content for this option worth keeping? Not before it was agreed to. */
static bool wants_sub(const struct telnet *t, uint8_t option)
{
    if (t->is_outward)
        return option == TELNET_TTYPE && telnet_is_on(t, TELNET_US, option);
    switch (option) {
    case TELNET_NAWS:
    case TELNET_TTYPE:
        return telnet_is_on(t, TELNET_HIM, option);
    case TELNET_CHARSET:
        return telnet_is_on(t, TELNET_HIM, option) || telnet_is_on(t, TELNET_US, option);
    default:
        return false;
    }
}

static bool on_sub(struct telnet *t, struct sub *s, struct telnet_event *ev)
{
    struct span body = span_from(s->data + 1, s->len - 1u);

    if (t->is_outward)
        return body.len == 1 && *body.data == TTYPE_SEND && emit(ev, TELNET_TTYPE_WANTED);
    switch ((uint8_t)s->data[0]) {
    case TELNET_NAWS:
        return on_naws(body, ev);
    case TELNET_TTYPE:
        return on_ttype(t, s->data + 1, body.len, ev);
    default:
        return on_charset(t, body, ev);
    }
}

/* Of what was too long only the first byte behind the option is believed: a terminal type
 * becomes empty and ends the list, a request for a character set is rejected. */
static bool end_sub(struct telnet *t, struct telnet_event *ev)
{
    if (!t->sub)
        return false;
    if (t->sub->too_long)
        t->sub->len = 2;
    t->sub_lent = on_sub(t, t->sub, ev);
    if (!t->sub_lent)
        free_sub(t);
    return t->sub_lent;
}

static void add_to_sub(struct sub *s, const char *data, size_t len)
{
    if (!s)
        return;
    if (len > SUB_MOST - (size_t)s->len) {
        s->too_long = true;
        len = SUB_MOST - (size_t)s->len;
    }
    memcpy(s->data + s->len, data, len);
    s->len += (uint16_t)len;
}

static bool read_sub(struct telnet *t, struct span *in, size_t len, struct telnet_event *ev)
{
    struct span piece = span_take(in, len);

    t->sub_run += (uint32_t)piece.len;
    if (t->sub_run > SUB_RUN_MOST)
        return give_up(t, in, ev);
    t->state = STATE_SUB;
    add_to_sub(t->sub, piece.data, piece.len);
    return false;
}

static bool on_sub_option(struct telnet *t, struct span *in, struct telnet_event *ev)
{
    uint8_t option = (uint8_t)*in->data;

    if (option == IAC) {
        span_take(in, 1);
        t->state = STATE_SUB_IAC;
        return false;
    }
    if (wants_sub(t, option)) {
        t->sub = mem_alloc(sizeof(*t->sub));
        t->sub->len = 0;
        t->sub->too_long = false;
    }
    return read_sub(t, in, 1, ev);
}

static bool on_sub_byte(struct telnet *t, struct span *in, struct telnet_event *ev)
{
    const char *iac;
    size_t most = SUB_RUN_MOST + 1 - (size_t)t->sub_run; /* one too many is enough to know */

    most = in->len < most ? in->len : most;
    iac = memchr(in->data, IAC, most);
    if (iac != in->data)
        return read_sub(t, in, iac ? (size_t)(iac - in->data) : most, ev);
    span_take(in, 1);
    t->state = STATE_SUB_IAC;
    return false;
}

/* Some clients forget the SE: any other command ends it as well, and is obeyed. */
static bool on_sub_iac(struct telnet *t, struct span *in, struct telnet_event *ev)
{
    uint8_t c = (uint8_t)*in->data;

    if (c == IAC)
        return read_sub(t, in, 1, ev);
    if (c == SE) {
        span_take(in, 1);
        t->sub_run = 0;
        t->state = STATE_TEXT;
    } else {
        t->state = STATE_IAC;
    }
    return end_sub(t, ev);
}

/* ---- text and commands ---- */

/* How many bytes stand before a NUL that only pads a CR (RFC 854, "the NVT printer"). */
static size_t find_padding(const struct telnet *t, struct span s)
{
    const char *from = s.data, *end = s.data + s.len, *nul;

    while (from < end && (nul = memchr(from, '\0', (size_t)(end - from)))) {
        if (nul == s.data ? t->after_cr : nul[-1] == '\r')
            return (size_t)(nul - s.data);
        from = nul + 1;
    }
    return s.len;
}

/* Everything up to the next command, or to a NUL behind a CR; at `literal` 1, the first byte
 * is the second of IAC IAC. A CR is given at once; whether NUL follows is seen later. */
static bool read_text(struct telnet *t, struct span *in, size_t literal,
                      struct telnet_event *ev)
{
    const char *iac =
        in->len > literal ? memchr(in->data + literal, IAC, in->len - literal) : NULL;
    struct span text = {in->data, iac ? (size_t)(iac - in->data) : in->len};
    bool binary = his_binary(t);

    if (text.len == 0) {
        span_take(in, 1);
        t->state = STATE_IAC;
        return false;
    }
    if (!binary)
        text.len = find_padding(t, text);
    span_take(in, text.len ? text.len : 1);
    t->after_cr = !binary && text.len > 0 && text.data[text.len - 1] == '\r';
    if (text.len == 0)
        return false;
    emit(ev, TELNET_DATA);
    ev->data = text;
    return true;
}

/* Commands without an option. Those below SE mean nothing to us, and need not be telnet. */
static bool on_command(struct telnet *t, uint8_t command, struct telnet_event *ev)
{
    if (command >= NOP)
        note_answer(t);
    switch (command) {
    case IP:
    case BRK:
    case AO:
        return emit(ev, TELNET_INTERRUPT);
    case EC:
        return emit(ev, TELNET_ERASE_CHAR);
    case EL:
        return emit(ev, TELNET_ERASE_LINE);
    case AYT:
        answer_ayt(t);
        return false;
    default:
        return false;
    }
}

static bool on_iac(struct telnet *t, struct span *in, struct telnet_event *ev)
{
    uint8_t c = (uint8_t)*in->data;

    t->state = STATE_TEXT;
    if (c == IAC)
        return read_text(t, in, 1, ev);
    span_take(in, 1);
    if (c >= WILL) {
        t->verb = c;
        t->state = STATE_VERB;
        return false;
    }
    if (c == SB)
        t->state = STATE_SUB_OPTION;
    return on_command(t, c, ev);
}

/* At least one byte is there; false: it was used up and there is nothing to tell. */
static bool step(struct telnet *t, struct span *in, struct telnet_event *ev)
{
    switch ((enum state)t->state) {
    case STATE_TEXT:
        return read_text(t, in, 0, ev);
    case STATE_IAC:
        return on_iac(t, in, ev);
    case STATE_VERB:
        return on_verb(t, in, ev);
    case STATE_SUB_OPTION:
        return on_sub_option(t, in, ev);
    case STATE_SUB:
        return on_sub_byte(t, in, ev);
    case STATE_SUB_IAC:
        return on_sub_iac(t, in, ev);
    case STATE_BAD:
        break;
    }
    return give_up(t, in, ev);
}

bool telnet_next(struct telnet *t, struct span *in, struct telnet_event *ev)
{
    if (t->sub_lent)
        free_sub(t);
    if (t->ttype_state == TTYPE_ENDING)
        return end_ttypes(t, ev);
    while (in->len > 0)
        if (step(t, in, ev))
            return true;
    return false;
}

size_t telnet_gather(struct telnet *t, struct span *in, char *to)
{
    size_t n = 0;

    if (t->state == STATE_TEXT && his_binary(t))
        n = undo_iac(in, (uint8_t *)to);
    if (n > 0)
        t->after_cr = 0;
    return n;
}

/* Whole or not at all. */
static bool send_sub(const struct telnet *t, uint8_t option, struct span body)
{
    uint32_t before = t->out->len;
    const uint8_t begin[] = {IAC, SB, option};
    const uint8_t end[] = {IAC, SE};

    if (buf_add(t->out, span_from(begin, sizeof(begin))) && telnet_escape(t->out, body) &&
        buf_add(t->out, span_from(end, sizeof(end))))
        return true;
    buf_cut(t->out, before);
    return false;
}

bool telnet_send_terminal(struct telnet *t, struct span name)
{
    char body[TTYPE_MOST + 1] = {TTYPE_IS};
    size_t len = name.len < TTYPE_MOST ? name.len : TTYPE_MOST;

    if (!telnet_is_on(t, TELNET_US, TELNET_TTYPE))
        return true;
    if (len > 0)
        memcpy(body + 1, name.data, len);
    return send_sub(t, TELNET_TTYPE, span_from(body, len + 1));
}

bool telnet_send_window(struct telnet *t, unsigned width, unsigned height)
{
    const uint8_t body[] = {(uint8_t)(width >> 8), (uint8_t)width, (uint8_t)(height >> 8),
                            (uint8_t)height};

    if (!telnet_is_on(t, TELNET_US, TELNET_NAWS))
        return true;
    return send_sub(t, TELNET_NAWS, span_from(body, sizeof(body)));
}

bool telnet_escape(struct buf *wire, struct span text)
{
    uint32_t before = wire->len;

    while (text.len > 0) {
        const char *iac = memchr(text.data, IAC, text.len);
        struct span run = span_take(&text, iac ? (size_t)(iac - text.data) + 1 : text.len);

        if (!buf_add(wire, run) || (iac && !buf_add(wire, SPAN_LIT("\xff")))) {
            buf_cut(wire, before);
            return false;
        }
    }
    return true;
}
