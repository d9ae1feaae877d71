/* What the peer sends and what we reply, both in words: "WILL SGA" is ff fb 03, "IAC" is ff,
 * two hexadecimal digits are a byte, 'text' is itself, "SB" is ff fa and "SE" ff f0. Events are
 * lines. Every case runs at every cut, flush against unreadable memory, and with every
 * possible end cut off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "proto/telnet.h"
#include "tests/unit/flush.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
    const char *word;
    uint8_t bytes[2];
    uint8_t len;
} words[] = {
    {"IAC", {255}, 1},      {"WILL", {255, 251}, 2}, {"WONT", {255, 252}, 2},
    {"DO", {255, 253}, 2},  {"DONT", {255, 254}, 2}, {"SB", {255, 250}, 2},
    {"SE", {255, 240}, 2},  {"NOP", {255, 241}, 2},  {"DM", {255, 242}, 2},
    {"BRK", {255, 243}, 2}, {"IP", {255, 244}, 2},   {"AO", {255, 245}, 2},
    {"AYT", {255, 246}, 2}, {"EC", {255, 247}, 2},   {"EL", {255, 248}, 2},
    {"GA", {255, 249}, 2},  {"BINARY", {0}, 1},      {"ECHO", {1}, 1},
    {"SGA", {3}, 1},        {"STATUS", {5}, 1},      {"TM", {6}, 1},
    {"TTYPE", {24}, 1},     {"EOR", {25}, 1},        {"NAWS", {31}, 1},
    {"TSPEED", {32}, 1},    {"LFLOW", {33}, 1},      {"LINEMODE", {34}, 1},
    {"AUTH", {37}, 1},      {"ENCRYPT", {38}, 1},    {"NEWENV", {39}, 1},
    {"CHARSET", {42}, 1},   {"CR", {13}, 1},         {"LF", {10}, 1},
    {"NUL", {0}, 1},        {"IS", {0}, 1},          {"SEND", {1}, 1},
    {"REQUEST", {1}, 1},    {"ACCEPTED", {2}, 1},    {"REJECTED", {3}, 1},
};

static void add_word(struct buf *b, struct span word)
{
    char digits[3] = {0}, *end;
    long byte;

    for (size_t i = 0; i < COUNT(words); i++) {
        if (span_is(word, words[i].word)) {
            buf_add(b, span_from(words[i].bytes, words[i].len));
            return;
        }
    }
    if (word.len == 2)
        memcpy(digits, word.data, 2);
    byte = strtol(digits, &end, 16);
    if (end != digits + 2)
        fail_msg("no such word: %.*s", SPAN_ARG(word));
    buf_add_byte(b, (char)byte);
}

/* From words to bytes. */
static void add_words(struct buf *b, const char *text)
{
    while (*text) {
        const char *quoted = *text == '\'' ? text + 1 : NULL;
        size_t len = strcspn(quoted ? quoted : text, quoted ? "'" : " ");

        if (quoted)
            buf_add(b, span_from(quoted, len));
        else if (len > 0)
            add_word(b, span_from(text, len));
        text += len + (quoted ? 2 : 0);
        text += *text == ' ';
    }
}

struct run {
    struct telnet *telnet;
    struct buf replies;
    struct buf events;
    bool in_data; /* the line of a TELNET_DATA is still open: it takes up the next as well */
    bool bad;
    bool quiet; /* telnet_start was not called */
    bool is_outward;
    unsigned count;
    /* what end() compares with; NULL for nothing */
    const char *expected_events;
    struct buf expected_replies;
};

static void begin(void *arg)
{
    struct run *r = arg;

    buf_reset(&r->replies);
    buf_reset(&r->events);
    r->in_data = r->bad = false;
    r->count = 0;
    r->telnet = r->is_outward ? telnet_new_outward(&r->replies) : telnet_new(&r->replies);
    if (!r->quiet)
        telnet_start(r->telnet);
}

static void run_init(struct run *r)
{
    *r = (struct run){.replies = {.max = BUF_LARGE},
                      .events = {.max = BUF_LARGE},
                      .expected_replies = {.max = BUF_LARGE}};
}

static void run_clear(struct run *r)
{
    telnet_free(r->telnet);
    buf_clear(&r->replies);
    buf_clear(&r->events);
    buf_clear(&r->expected_replies);
}

static void add_data(struct run *r, struct span data)
{
    assert_true(data.len > 0);
    if (!r->in_data)
        buf_add_text(&r->events, "data ");
    r->in_data = true;
    for (size_t i = 0; i < data.len; i++) {
        uint8_t c = (uint8_t)data.data[i];

        if (c > ' ' && c <= '~' && c != '<')
            buf_add_byte(&r->events, (char)c);
        else
            buf_printf(&r->events, "<%02x>", c);
    }
}

static void add_option(struct run *r, const struct telnet_event *ev)
{
    const char *name = "?";

    for (size_t i = 0; i < COUNT(words); i++)
        if (words[i].len == 1 && words[i].bytes[0] == ev->number && strcmp(name, "?") == 0)
            name = words[i].word;
    buf_printf(&r->events, "%s %s %s\n", ev->side == TELNET_US ? "us" : "him", name,
               ev->on ? "on" : "off");
}

/* As a caller outward has to. */
static void answer(struct run *r, const struct telnet_event *ev)
{
    if (ev->type == TELNET_TTYPE_WANTED)
        assert_true(telnet_send_terminal(r->telnet, SPAN_LIT("xterm")));
    if (ev->type == TELNET_OPTION && ev->number == TELNET_NAWS && r->is_outward)
        assert_true(telnet_send_window(r->telnet, 255, 25));
}

static void add_event(struct run *r, const struct telnet_event *ev)
{
    static const char *const plain[] = {
        [TELNET_TTYPE_DONE] = "done",       [TELNET_INTERRUPT] = "interrupt",
        [TELNET_ERASE_CHAR] = "erase char", [TELNET_ERASE_LINE] = "erase line",
        [TELNET_TTYPE_WANTED] = "wanted",   [TELNET_BAD] = "bad",
    };

    if (ev->type == TELNET_BAD && r->bad)
        return;
    r->bad = ev->type == TELNET_BAD;
    r->count++;
    answer(r, ev);
    if (ev->type == TELNET_DATA) {
        add_data(r, ev->data);
        return;
    }
    if (r->in_data)
        buf_add_byte(&r->events, '\n');
    r->in_data = false;
    if (ev->type == TELNET_TERMINAL)
        buf_printf(&r->events, "terminal %.*s\n", SPAN_ARG(ev->data));
    else if (ev->type == TELNET_CHARSET_IS)
        buf_printf(&r->events, "charset %.*s\n", SPAN_ARG(ev->data));
    else if (ev->type == TELNET_MTTS)
        buf_printf(&r->events, "mtts %u\n", (unsigned)ev->number);
    else if (ev->type == TELNET_WINDOW)
        buf_printf(&r->events, "window %ux%u\n", ev->width, ev->height);
    else if (ev->type == TELNET_OPTION)
        add_option(r, ev);
    else
        buf_printf(&r->events, "%s\n", plain[ev->type]);
}

static void feed(void *arg, struct span piece)
{
    struct run *r = arg;
    struct telnet_event ev;

    while (telnet_next(r->telnet, &piece, &ev))
        add_event(r, &ev);
    assert_int_equal(piece.len, 0);
}

static void feed_words(struct run *r, const char *text)
{
    struct buf bytes = {.max = BUF_LARGE};

    add_words(&bytes, text);
    feed(r, flush_copy(buf_span(&bytes)));
    buf_clear(&bytes);
}

static void print_bytes(const char *title, struct span s)
{
    print_error("%s:", title);
    for (size_t i = 0; i < s.len; i++)
        print_error(" %02x", (uint8_t)s.data[i]);
    print_error("\n");
}

static void assert_replies(struct run *r, const char *expected)
{
    buf_reset(&r->expected_replies);
    add_words(&r->expected_replies, expected);
    if (!span_equals(buf_span(&r->replies), buf_span(&r->expected_replies))) {
        print_bytes("replies ", buf_span(&r->replies));
        print_bytes("expected", buf_span(&r->expected_replies));
        fail();
    }
    buf_reset(&r->replies);
}

static void assert_events(struct run *r, const char *expected)
{
    if (r->in_data)
        buf_add_byte(&r->events, '\n');
    r->in_data = false;
    assert_string_equal(buf_text(&r->events), expected);
    buf_reset(&r->events);
}

static void end(void *arg)
{
    struct run *r = arg;
    struct span bytes = buf_span(&r->expected_replies);

    assert_events(r, r->expected_events);
    if (!span_equals(buf_span(&r->replies), bytes)) {
        print_bytes("replies ", buf_span(&r->replies));
        print_bytes("expected", bytes);
        fail();
    }
    telnet_free(r->telnet);
    r->telnet = NULL;
}

static void feed_single(struct run *r, struct span s)
{
    while (s.len > 0)
        feed(r, flush_copy(span_take(&s, 1)));
}

/* Cut short, the same comes out as far as it goes. */
static void check_truncated(struct run *r, struct span bytes)
{
    for (size_t n = 0; n < bytes.len; n++) {
        struct span whole = buf_span(&r->expected_replies);

        begin(r);
        feed_single(r, span_from(bytes.data, n));
        assert_true(span_starts_with(span_of(r->expected_events), buf_text(&r->events)));
        assert_true(r->replies.len <= whole.len);
        assert_memory_equal(r->replies.data, whole.data, r->replies.len);
        telnet_free(r->telnet);
        r->telnet = NULL;
    }
}

#define OFFERS "WILL SGA DO SGA WILL ECHO DO TTYPE DO NAWS "
#define BINARY "WILL BINARY DO BINARY "
#define SEND "SB TTYPE SEND SE "
#define TYPE(name) "SB TTYPE IS '" name "' SE "

static void check_as(bool is_outward, const char *in, const char *events, const char *replies)
{
    struct buf bytes = {.max = BUF_LARGE};
    struct run r;

    run_init(&r);
    r.is_outward = is_outward;
    add_words(&bytes, in);
    add_words(&r.expected_replies, is_outward ? "" : OFFERS);
    add_words(&r.expected_replies, replies);
    r.expected_events = events;
    flush_each_split(buf_span(&bytes), begin, feed, end, &r);
    check_truncated(&r, buf_span(&bytes));
    buf_clear(&bytes);
    run_clear(&r);
}

static void check(const char *in, const char *events, const char *replies)
{
    check_as(false, in, events, replies);
}

struct example {
    const char *in;
    const char *events;
    const char *replies;
};

static void check_all(const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check(examples[i].in, examples[i].events, examples[i].replies);
}

/* ---- what servers say, whom we call ---- */

static void check_outward(const char *in, const char *events, const char *replies)
{
    check_as(true, in, events, replies);
}

/* inetutils telnetd: what is not known is refused, each of it once. */
static void test_a_server_is_answered(void **state)
{
    (void)state;
    check_outward(
        "DO AUTH DO TTYPE DO TSPEED ff fd 23 DO NEWENV DO TTYPE WILL ECHO DO SGA "
        "WILL SGA DO NAWS DO TSPEED WILL STATUS SB TTYPE SEND SE 'login: '",
        "us TTYPE on\nhim ECHO on\nus SGA on\nhim SGA on\nus NAWS on\nwanted\n"
        "data login:<20>\n",
        "WONT AUTH WILL TTYPE WONT TSPEED ff fc 23 WONT NEWENV DO ECHO WILL SGA DO SGA "
        "WILL NAWS SB NAWS 00 IAC IAC 00 19 SE DONT STATUS SB TTYPE IS 'xterm' SE");
}

/* Nothing is offered to it, and BINARY not asked for. */
static void test_a_server_that_says_nothing(void **state)
{
    (void)state;
    check_outward("'hello' CR NUL LF", "data hello<0d><0a>\n", "");
    check_outward("WILL ECHO 'x'", "him ECHO on\ndata x\n", "DO ECHO");
}

static void test_a_server_may_ask_for_binary(void **state)
{
    (void)state;
    check_outward("WILL BINARY DO BINARY CR NUL IAC IAC WONT BINARY CR NUL",
                  "him BINARY on\nus BINARY on\ndata <0d><00><ff>\nhim BINARY off\n"
                  "data <0d>\n",
                  "DO BINARY WILL BINARY DONT BINARY");
}

/* Nobody may make us echo, or ask for a window before it is agreed upon. */
static void test_a_server_does_not_turn_us_round(void **state)
{
    (void)state;
    check_outward("DO ECHO DO ECHO WILL TTYPE WILL NAWS DO CHARSET WILL CHARSET "
                  "SB TTYPE SEND SE SB NAWS 00 50 00 19 SE AYT SB CHARSET REQUEST ' UTF-8' SE",
                  "", "WONT ECHO DONT TTYPE DONT NAWS WONT CHARSET DONT CHARSET");
}

static void test_a_terminal_without_a_name(void **state)
{
    struct run r;

    (void)state;
    run_init(&r);
    r.is_outward = true;
    begin(&r);
    feed_words(&r, "DO TTYPE DO NAWS");
    buf_reset(&r.replies);
    assert_true(telnet_send_terminal(r.telnet, SPAN_LIT("")));
    assert_replies(&r, "SB TTYPE IS SE");
    assert_true(telnet_send_terminal(
        r.telnet, SPAN_LIT("a-name-that-is-longer-than-forty-characters-are")));
    assert_replies(&r, "SB TTYPE IS 'a-name-that-is-longer-than-forty-charact' SE");
    r.replies.max = 8;
    assert_false(telnet_send_window(r.telnet, 80, 25));
    assert_replies(&r, "");
    run_clear(&r);
}

/* ---- what clients say: protocols.md, section C.3 ---- */

static void test_syncterm(void **state)
{
    (void)state;
    check("ff fb 03 ff fd 03 ff fb 00 ff fd 00 ff fd 01 "
          "WILL TTYPE " TYPE("syncterm") "WILL NAWS SB NAWS 00 50 00 19 SE " TYPE("syncterm"),
          "him SGA on\nus SGA on\nhim BINARY on\nus BINARY on\nus ECHO on\n"
          "him TTYPE on\nterminal syncterm\nhim NAWS on\nwindow 80x25\ndone\n",
          BINARY SEND SEND);
}

static void test_plink(void **state)
{
    (void)state;
    check("ff fb 1f ff fb 20 ff fb 18 ff fb 27 ff fd 01 ff fb 03 ff fd 03 "
          "SB NAWS 00 50 00 18 SE " TYPE("XTERM") "WILL BINARY DO BINARY " TYPE("XTERM"),
          "him NAWS on\nhim TTYPE on\nus ECHO on\nhim SGA on\nus SGA on\nwindow 80x24\n"
          "terminal xterm\nhim BINARY on\nus BINARY on\ndone\n",
          BINARY "DONT TSPEED " SEND "DONT NEWENV " SEND);
}

static void test_inetutils_port_23(void **state)
{
    (void)state;
    check("ff fd 26 ff fb 26 ff fd 03 ff fb 18 ff fb 1f ff fb 20 ff fb 21 ff fb 22 ff fb 27 "
          "ff fd 05 WILL SGA DO ECHO SB NAWS 00 84 00 2b SE " TYPE(
              "XTERM-256COLOR") "DO BINARY WILL BINARY " TYPE("XTERM-256COLOR"),
          "us SGA on\nhim TTYPE on\nhim NAWS on\nhim SGA on\nus ECHO on\nwindow 132x43\n"
          "terminal xterm-256color\nus BINARY on\nhim BINARY on\ndone\n",
          "WONT ENCRYPT " BINARY "DONT ENCRYPT " SEND
          "DONT TSPEED DONT LFLOW DONT LINEMODE DONT NEWENV WONT STATUS " SEND);
}

static void test_inetutils_other_port(void **state)
{
    (void)state;
    check("DO SGA WILL SGA DO ECHO WILL TTYPE WILL NAWS SB NAWS 00 50 00 18 SE " TYPE("VT220")
              TYPE("VT220") "DO BINARY WILL BINARY 'hi' CR",
          "us SGA on\nhim SGA on\nus ECHO on\nhim TTYPE on\nhim NAWS on\nwindow 80x24\n"
          "terminal vt220\ndone\nus BINARY on\nhim BINARY on\ndata hi<0d>\n",
          BINARY SEND SEND);
}

static void test_ftelnet(void **state)
{
    (void)state;
    check("WONT ECHO DO SGA WILL SGA DO ECHO WILL TTYPE WILL NAWS SB NAWS 00 50 00 19 SE " TYPE(
              "ansi-bbs") TYPE("ansi") TYPE("cp437") TYPE("cp437") "DO BINARY WILL BINARY",
          "us SGA on\nhim SGA on\nus ECHO on\nhim TTYPE on\nhim NAWS on\nwindow 80x25\n"
          "terminal ansi-bbs\nterminal ansi\nterminal cp437\ndone\n"
          "us BINARY on\nhim BINARY on\n",
          BINARY SEND SEND SEND SEND);
}

static void test_windows(void **state)
{
    (void)state;
    check("WILL NAWS SB NAWS 00 78 00 1e SE DO SGA WILL SGA DO ECHO WILL TTYPE " TYPE("ANSI")
              TYPE("VT100") TYPE("VT52") TYPE("VTNT") TYPE("VTNT"),
          "him NAWS on\nwindow 120x30\nus SGA on\nhim SGA on\nus ECHO on\nhim TTYPE on\n"
          "terminal ansi\nterminal vt100\nterminal vt52\nterminal vtnt\ndone\n",
          BINARY SEND SEND SEND SEND SEND);
}

static void test_raw(void **state)
{
    (void)state;
    check("'GET / HTTP/1.0' CR LF LF 'a' 80 fe",
          "data GET<20>/<20>HTTP/1.0<0d><0a><0a>a<80><fe>\n", "");
}

/* ---- negotiation ---- */

static void test_options(void **state)
{
    static const struct example examples[] = {
        /* What we do not know is refused once. */
        {"WILL STATUS WILL STATUS WONT STATUS WILL STATUS DO STATUS DO STATUS WILL ff DO EOR",
         "", "DONT STATUS " BINARY "WONT STATUS DONT ff WONT EOR"},
        /* So is what we know, but not at that side. */
        {"WILL ECHO WILL ECHO DO TTYPE DO NAWS DO TTYPE", "",
         "DONT ECHO " BINARY "WONT TTYPE WONT NAWS"},
        {"WONT STATUS DONT STATUS WONT ECHO DONT NAWS", "", BINARY},
        /* A peer that answers WILL to every DO, and DO to every WILL, for ever. */
        {"WILL SGA WILL SGA DO SGA DO SGA DO ECHO WILL SGA DO ECHO WILL SGA DO SGA",
         "him SGA on\nus SGA on\nus ECHO on\n", BINARY},
        /* Off and on again is the peer's right; each is answered. */
        {"WILL SGA WONT SGA WONT SGA WILL SGA DO ECHO DONT ECHO DONT ECHO DO ECHO",
         "him SGA on\nhim SGA off\nhim SGA on\nus ECHO on\nus ECHO off\nus ECHO on\n",
         BINARY "DONT SGA DO SGA WONT ECHO WILL ECHO"},
        /* A refusal is no reason to answer; what was refused may still be offered. */
        {"WONT SGA WONT SGA DONT ECHO WILL SGA", "him SGA off\nus ECHO off\nhim SGA on\n",
         BINARY "DO SGA"},
        {"WILL BINARY DO BINARY", "him BINARY on\nus BINARY on\n", "DO BINARY WILL BINARY"},
        {"DO BINARY WILL BINARY", "us BINARY on\nhim BINARY on\n", BINARY},
        {"NOP WONT BINARY DONT BINARY", "him BINARY off\nus BINARY off\n", BINARY},
        {"DO TM DO TM WILL TM WILL TM DONT TM WONT TM DO TM", "",
         "WILL TM " BINARY "WILL TM DONT TM WILL TM"},
    };

    (void)state;
    check_all(examples, COUNT(examples));
}

static void test_commands(void **state)
{
    static const struct example examples[] = {
        {"IP BRK AO EC EL", "interrupt\ninterrupt\ninterrupt\nerase char\nerase line\n",
         BINARY},
        {"'a' NOP DM GA 'b'", "data ab\n", BINARY},
        {"'a' IP 'b'", "data a\ninterrupt\ndata b\n", BINARY},
        {"AYT", "", BINARY "CR LF '[Perigee is here]' CR LF"},
        /* Not telnet's, or out of place: nothing, and no sign that telnet is spoken. */
        {"'a' SE 'b' IAC 00 'c' IAC ef", "data abc\n", ""},
    };

    (void)state;
    check_all(examples, COUNT(examples));
}

static void test_text(void **state)
{
    static const struct example examples[] = {
        {"IAC IAC", "data <ff>\n", ""},
        {"'a' IAC IAC IAC IAC 'b' IAC IAC", "data a<ff><ff>b<ff>\n", ""},
        {"CR NUL", "data <0d>\n", ""},
        {"'a' CR NUL 'b' CR LF CR 'c' CR CR NUL NUL 'd' NUL LF NUL",
         "data a<0d>b<0d><0a><0d>c<0d><0d><00>d<00><0a><00>\n", ""},
        {"NUL CR", "data <00><0d>\n", ""},
        {"CR IAC IAC NUL CR NUL NUL", "data <0d><ff><00><0d><00>\n", ""},
        /* A command between the two does not part them. */
        {"CR NOP NUL 'a'", "data <0d>a\n", BINARY},
        {"CR NUL WILL BINARY CR NUL CR WONT BINARY NUL CR NUL 'a'",
         "data <0d>\nhim BINARY on\ndata <0d><00><0d>\nhim BINARY off\ndata <00><0d>a\n",
         "DO BINARY WILL BINARY DONT BINARY"},
        /* Only their side's BINARY counts. */
        {"DO BINARY CR NUL", "us BINARY on\ndata <0d>\n", BINARY},
        {"CR WILL BINARY NUL", "data <0d>\nhim BINARY on\ndata <00>\n",
         "DO BINARY WILL BINARY"},
    };

    (void)state;
    check_all(examples, COUNT(examples));
}

/* ---- subnegotiations ---- */

static void test_ttype(void **state)
{
    static const struct example examples[] = {
        {"WONT TTYPE", "him TTYPE off\ndone\n", BINARY},
        {"WILL TTYPE " TYPE(""), "him TTYPE on\ndone\n", SEND BINARY},
        {"WILL TTYPE " TYPE("TINTIN++") TYPE("xterm") TYPE("MTTS 137") "'x'",
         "him TTYPE on\nterminal tintin++\nterminal xterm\nmtts 137\ndone\ndata x\n",
         SEND BINARY SEND SEND},
        {"WILL TTYPE " TYPE("MTTS 4294967295"), "him TTYPE on\nterminal mtts 4294967295\n",
         SEND BINARY SEND},
        {"WILL TTYPE " TYPE("MTTS 999999999"), "him TTYPE on\nmtts 999999999\ndone\n",
         SEND BINARY},
        {"WILL TTYPE " TYPE("MTTS ") TYPE("MTTS 1x"),
         "him TTYPE on\nterminal mtts \nterminal mtts 1x\n", SEND BINARY SEND SEND},
        /* Back at the first name. */
        {"WILL TTYPE " TYPE("a") TYPE("b") TYPE("A"),
         "him TTYPE on\nterminal a\nterminal b\ndone\n", SEND BINARY SEND SEND},
        {"WILL TTYPE " TYPE("1") TYPE("2") TYPE("3") TYPE("4") TYPE("5") TYPE("6") TYPE("7")
             TYPE("8") TYPE("9"),
         "him TTYPE on\nterminal 1\nterminal 2\nterminal 3\nterminal 4\nterminal 5\n"
         "terminal 6\nterminal 7\nterminal 8\ndone\n",
         SEND BINARY SEND SEND SEND SEND SEND SEND SEND},
        {"WILL TTYPE SB TTYPE IS 'A' 1b '[' 00 e9 IAC IAC 'z' SE",
         "him TTYPE on\nterminal a?[???z\n", SEND BINARY SEND},
        {"WILL TTYPE " TYPE("1234567890123456789012345678901234567890+"),
         "him TTYPE on\nterminal 1234567890123456789012345678901234567890\n", SEND BINARY SEND},
        /* Nobody asked: before the option, without IS, after the end. */
        {TYPE("early") "WILL TTYPE SB TTYPE SEND SE SB TTYPE SE SB SE " TYPE("x") TYPE("x")
             TYPE("late"),
         "him TTYPE on\nterminal x\ndone\n", BINARY SEND SEND},
        /* The end is told once. */
        {"WILL TTYPE " TYPE("") "WONT TTYPE", "him TTYPE on\ndone\nhim TTYPE off\n",
         SEND BINARY "DONT TTYPE"},
        /* Switched off in the middle; its list is not begun again. */
        {"WILL TTYPE " TYPE("x") "WONT TTYPE WILL TTYPE " TYPE("y"),
         "him TTYPE on\nterminal x\nhim TTYPE off\ndone\nhim TTYPE on\n",
         SEND BINARY SEND "DONT TTYPE DO TTYPE"},
    };

    (void)state;
    check_all(examples, COUNT(examples));
}

static void test_naws(void **state)
{
    static const struct example examples[] = {
        {"WILL NAWS SB NAWS 00 IAC IAC 00 IAC IAC SE", "him NAWS on\nwindow 255x100\n", BINARY},
        {"WILL NAWS SB NAWS IAC IAC IAC IAC IAC IAC IAC IAC SE",
         "him NAWS on\nwindow 255x100\n", BINARY},
        {"WILL NAWS SB NAWS 00 13 00 09 SE SB NAWS 00 14 00 0a SE SB NAWS 01 00 00 65 SE",
         "him NAWS on\nwindow 20x10\nwindow 20x10\nwindow 255x100\n", BINARY},
        {"WILL NAWS SB NAWS 00 00 00 18 SE SB NAWS 00 50 00 00 SE SB NAWS 00 00 00 00 SE",
         "him NAWS on\n", BINARY},
        {"WILL NAWS SB NAWS 00 50 00 SE SB NAWS 00 50 00 18 00 SE SB NAWS SE 'a'",
         "him NAWS on\ndata a\n", BINARY},
        {"SB NAWS 00 50 00 18 SE WILL NAWS", "him NAWS on\n", BINARY},
        {"WILL NAWS WONT NAWS SB NAWS 00 50 00 18 SE", "him NAWS on\nhim NAWS off\n",
         BINARY "DONT NAWS"},
        /* The SE is forgotten; the command behind it counts. */
        {"WILL NAWS SB NAWS 00 50 00 18 IP 'a'",
         "him NAWS on\nwindow 80x24\ninterrupt\ndata a\n", BINARY},
        {"WILL NAWS SB NAWS 00 50 00 18 SB NAWS 00 51 00 18 WILL SGA 'a'",
         "him NAWS on\nwindow 80x24\nwindow 81x24\nhim SGA on\ndata a\n", BINARY},
        {"SB IAC IAC 'a' SE SB IP 'b'", "interrupt\ndata b\n", BINARY},
    };

    (void)state;
    check_all(examples, COUNT(examples));
}

#define ASK_CHARSET "SB CHARSET REQUEST ' UTF-8 CP437 US-ASCII' SE "

static void test_charset(void **state)
{
    static const struct example examples[] = {
        {"WILL CHARSET SB CHARSET ACCEPTED 'UTF-8' SE", "him CHARSET on\ncharset UTF-8\n",
         "DO CHARSET " ASK_CHARSET BINARY},
        {"WILL CHARSET SB CHARSET ACCEPTED 'cp437' SE", "him CHARSET on\ncharset CP437\n",
         "DO CHARSET " ASK_CHARSET BINARY},
        {"WILL CHARSET SB CHARSET REJECTED SE SB CHARSET ACCEPTED 'KOI8-R' SE SB CHARSET SE",
         "him CHARSET on\n", "DO CHARSET " ASK_CHARSET BINARY},
        {"DO CHARSET WILL CHARSET SB CHARSET ACCEPTED 'US-ASCII' SE",
         "us CHARSET on\nhim CHARSET on\ncharset US-ASCII\n",
         "WILL CHARSET " ASK_CHARSET BINARY "DO CHARSET "},
        /* The peer requests: UTF-8 wherever it stands, else its first that we know. */
        {"WILL CHARSET SB CHARSET REQUEST ';KOI8-R;ibm437;US-ASCII;utf-8' SE",
         "him CHARSET on\ncharset UTF-8\n",
         "DO CHARSET " ASK_CHARSET BINARY "SB CHARSET ACCEPTED 'utf-8' SE"},
        {"WILL CHARSET SB CHARSET REQUEST ' KOI8-R ibm437 US-ASCII' SE",
         "him CHARSET on\ncharset CP437\n",
         "DO CHARSET " ASK_CHARSET BINARY "SB CHARSET ACCEPTED 'ibm437' SE"},
        {"WILL CHARSET SB CHARSET REQUEST '[TTABLE]' 01 ';US-ASCII' SE "
         "SB CHARSET REQUEST '[TTABLE ]' 01 ';CP437' SE",
         "him CHARSET on\ncharset US-ASCII\ncharset CP437\n",
         "DO CHARSET " ASK_CHARSET BINARY "SB CHARSET ACCEPTED 'US-ASCII' SE "
         "SB CHARSET ACCEPTED 'CP437' SE"},
        {"DO CHARSET SB CHARSET REQUEST ';KOI8-R;;UTF-88' SE SB CHARSET REQUEST SE "
         "SB CHARSET REQUEST ';' SE",
         "us CHARSET on\n",
         "WILL CHARSET " ASK_CHARSET BINARY
         "SB CHARSET REJECTED SE SB CHARSET REJECTED SE SB CHARSET REJECTED SE"},
        {"SB CHARSET REQUEST ' UTF-8' SE SB CHARSET ACCEPTED 'UTF-8' SE", "", BINARY},
    };

    (void)state;
    check_all(examples, COUNT(examples));
}

/* ---- bounds ---- */

static void add_many(struct buf *b, const char *text, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        add_words(b, text);
}

static void feed_many(struct run *r, const char *text, unsigned count)
{
    struct buf bytes = {.max = BUF_LARGE};

    add_many(&bytes, text, count);
    feed(r, flush_copy(buf_span(&bytes)));
    buf_clear(&bytes);
}

static void start(struct run *r)
{
    run_init(r);
    begin(r);
    buf_reset(&r->replies);
}

static void test_ayt_is_limited(void **state)
{
    struct run r;

    (void)state;
    start(&r);
    feed_words(&r, "NOP");
    assert_replies(&r, BINARY);
    feed_many(&r, "AYT ", 100);
    assert_int_equal(r.replies.len, 8 * strlen("\r\n[Perigee is here]\r\n"));
    assert_events(&r, "");
    run_clear(&r);
}

static void test_charset_answers_are_limited(void **state)
{
    struct run r;

    (void)state;
    start(&r);
    feed_words(&r, "WILL CHARSET");
    buf_reset(&r.replies);
    feed_many(&r, "SB CHARSET REQUEST ' x' SE ", 100);
    assert_int_equal(r.replies.len, 8 * 6);
    run_clear(&r);
}

static void test_replies_stop_after_512_commands(void **state)
{
    struct run r;

    (void)state;
    start(&r);
    feed_words(&r, "NOP");
    buf_reset(&r.replies);
    feed_many(&r, "DO TM ", 511);
    assert_int_equal(r.replies.len, 511 * 3);
    feed_words(&r, "WILL STATUS WILL STATUS DO STATUS AYT");
    assert_int_equal(r.replies.len, 512 * 3);
    /* What we can't agree to any more stays off; what we ask for ourselves still goes out. */
    feed_words(&r, "WILL CHARSET WILL SGA");
    assert_events(&r, "him SGA on\n");
    buf_reset(&r.replies);
    telnet_ask(r.telnet, TELNET_HIM, TELNET_SGA, false);
    assert_replies(&r, "DONT SGA");
    run_clear(&r);
}

static void test_4096_commands_are_bad(void **state)
{
    struct run r;

    (void)state;
    start(&r);
    feed_many(&r, "WILL EOR ", 4095);
    feed_words(&r, "'a'");
    assert_events(&r, "data a\n");
    feed_words(&r, "WILL EOR 'b'");
    assert_events(&r, "bad\n");
    r.bad = false;
    feed_words(&r, "'c'");
    assert_events(&r, "bad\n");
    run_clear(&r);
}

static void add_letters(struct buf *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_add_byte(b, 'a');
}

static void check_sub(const char *head, size_t letters, const char *tail, const char *events,
                      const char *replies)
{
    struct buf bytes = {.max = BUF_LARGE};
    struct run r;

    for (int single = 0; single < 2; single++) {
        start(&r);
        buf_reset(&bytes);
        add_words(&bytes, head);
        add_letters(&bytes, letters);
        add_words(&bytes, tail);
        if (single)
            feed_single(&r, buf_span(&bytes));
        else
            feed(&r, flush_copy(buf_span(&bytes)));
        assert_events(&r, events);
        assert_replies(&r, replies);
        run_clear(&r);
    }
    buf_clear(&bytes);
}

static void test_long_subnegotiation(void **state)
{
    const char *type = "WILL TTYPE SB TTYPE IS";
    const char *forty = "him TTYPE on\nterminal aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n";

    (void)state;
    check_sub(type, 510, "SE", forty, SEND BINARY SEND);
    check_sub(type, 511, "SE 'x'", "him TTYPE on\ndone\ndata x\n", SEND BINARY);
    check_sub(type, 9999, "IAC IAC SE", "him TTYPE on\ndone\n", SEND BINARY);
    check_sub("WILL NAWS SB NAWS", 600, "SE 'x'", "him NAWS on\ndata x\n", BINARY);
    check_sub("WILL CHARSET SB CHARSET REQUEST ' UTF-8 '", 600, "SE", "him CHARSET on\n",
              "DO CHARSET " ASK_CHARSET BINARY "SB CHARSET REJECTED SE");
}

static void test_subnegotiation_that_never_ends(void **state)
{
    (void)state;
    check_sub("SB STATUS", 65535, "SE 'x'", "data x\n", BINARY);
    check_sub("SB STATUS", 65536, "SE 'x'", "bad\n", BINARY);
    check_sub("SB STATUS", 65535, "IAC IAC", "bad\n", BINARY);
    check_sub("WILL NAWS SB NAWS", 100000, "", "him NAWS on\nbad\n", BINARY);
    /* Other commands end it, but not the account. */
    check_sub("SB STATUS", 65534, "SB STATUS 'x' 'x'", "bad\n", BINARY);
    check_sub("SB STATUS", 65534, "SE SB STATUS 'xyz' SE", "", BINARY);
}

/* ---- what the owner asks for ---- */

static void test_ask(void **state)
{
    struct run r;

    (void)state;
    start(&r);
    telnet_start(r.telnet); /* all of it is under way */
    assert_replies(&r, "");
    assert_false(telnet_has_answered(r.telnet));
    telnet_ask(r.telnet, TELNET_HIM, TELNET_ECHO, true);
    telnet_ask(r.telnet, TELNET_US, TELNET_TTYPE, true);
    telnet_ask(r.telnet, TELNET_US, 99, true);
    telnet_ask(r.telnet, TELNET_US, TELNET_BINARY, false);
    assert_replies(&r, "");
    feed_words(&r, "DO SGA");
    assert_true(telnet_has_answered(r.telnet));
    assert_true(telnet_is_on(r.telnet, TELNET_US, TELNET_SGA));
    assert_false(telnet_is_on(r.telnet, TELNET_HIM, TELNET_SGA));
    assert_replies(&r, BINARY);
    telnet_ask(r.telnet, TELNET_US, TELNET_SGA, true);
    assert_replies(&r, "");
    telnet_ask(r.telnet, TELNET_US, TELNET_SGA, false);
    telnet_ask(r.telnet, TELNET_US, TELNET_SGA, false);
    assert_replies(&r, "WONT SGA");
    assert_false(telnet_is_on(r.telnet, TELNET_US, TELNET_SGA));
    feed_words(&r, "DONT SGA");
    assert_events(&r, "us SGA on\nus SGA off\n");
    telnet_ask(r.telnet, TELNET_US, TELNET_SGA, true);
    assert_replies(&r, "WILL SGA"); /* it was not refused: we had switched it off */
    run_clear(&r);
}

static void test_refusal_is_final(void **state)
{
    struct run r;

    (void)state;
    start(&r);
    feed_words(&r, "WONT BINARY DONT SGA");
    assert_replies(&r, BINARY);
    assert_events(&r, "us SGA off\n"); /* WONT BINARY came before we had asked */
    feed_words(&r, "WONT BINARY");
    assert_events(&r, "him BINARY off\n");
    telnet_ask(r.telnet, TELNET_HIM, TELNET_BINARY, true);
    telnet_ask(r.telnet, TELNET_US, TELNET_SGA, true);
    assert_replies(&r, "");
    assert_false(telnet_is_asked(r.telnet, TELNET_HIM, TELNET_BINARY));
    telnet_ask_again(r.telnet, TELNET_HIM, TELNET_BINARY);
    telnet_ask_again(r.telnet, TELNET_HIM, TELNET_ECHO);
    telnet_ask_again(r.telnet, TELNET_HIM, 99);
    assert_replies(&r, "DO BINARY");
    assert_true(telnet_is_asked(r.telnet, TELNET_HIM, TELNET_BINARY));
    feed_words(&r, "WONT BINARY");
    assert_events(&r, "him BINARY off\n");
    assert_false(telnet_is_asked(r.telnet, TELNET_HIM, TELNET_BINARY));
    telnet_ask(r.telnet, TELNET_HIM, TELNET_BINARY, true);
    assert_replies(&r, "");
    feed_words(&r, "WILL BINARY");
    assert_replies(&r, "DO BINARY");
    assert_events(&r, "him BINARY on\n");
    /* That takes the refusal back. */
    feed_words(&r, "WONT BINARY");
    telnet_ask(r.telnet, TELNET_HIM, TELNET_BINARY, true);
    assert_replies(&r, "DONT BINARY DO BINARY");
    run_clear(&r);
}

/* RFC 1143 section 7, the queue bit: another mind before the answer is here. */
static void test_ask_while_under_way(void **state)
{
    struct run r;

    (void)state;
    start(&r);
    telnet_ask(r.telnet, TELNET_HIM, TELNET_SGA, false);
    telnet_ask(r.telnet, TELNET_US, TELNET_ECHO, false);
    telnet_ask(r.telnet, TELNET_US, TELNET_ECHO, true);
    assert_replies(&r, "");
    feed_words(&r, "WILL SGA");
    assert_replies(&r, "DONT SGA " BINARY);
    assert_true(telnet_is_on(r.telnet, TELNET_HIM, TELNET_SGA)); /* until WONT */
    telnet_ask(r.telnet, TELNET_HIM, TELNET_SGA, true);
    telnet_ask(r.telnet, TELNET_HIM, TELNET_SGA, true);
    assert_replies(&r, "");
    assert_true(telnet_is_on(r.telnet, TELNET_HIM, TELNET_SGA));
    feed_words(&r, "WONT SGA");
    assert_replies(&r, "DO SGA");
    feed_words(&r, "WILL SGA DO ECHO");
    assert_replies(&r, "");
    assert_events(&r, "him SGA on\nhim SGA off\nhim SGA on\nus ECHO on\n");
    run_clear(&r);
}

static void test_wrong_answers(void **state)
{
    struct run r;

    (void)state;
    start(&r);
    feed_words(&r, "DO ECHO WILL SGA");
    buf_reset(&r.replies);
    telnet_ask(r.telnet, TELNET_US, TELNET_ECHO, false);
    telnet_ask(r.telnet, TELNET_HIM, TELNET_SGA, false);
    telnet_ask(r.telnet, TELNET_HIM, TELNET_SGA, true);
    assert_replies(&r, "WONT ECHO DONT SGA");
    feed_words(&r, "DO ECHO WILL SGA"); /* to WONT and DONT: errors, and the end of it */
    assert_replies(&r, "");
    assert_events(&r, "us ECHO on\nhim SGA on\nus ECHO off\nhim SGA on\n");
    run_clear(&r);
}

static void test_refused_while_taken_back(void **state)
{
    struct run r;

    (void)state;
    start(&r);
    telnet_ask(r.telnet, TELNET_HIM, TELNET_SGA, false);
    feed_words(&r, "WONT SGA");
    assert_replies(&r, BINARY);
    telnet_ask(r.telnet, TELNET_HIM, TELNET_SGA, true);
    assert_replies(&r, "");
    assert_events(&r, "him SGA off\n");
    run_clear(&r);
}

static void test_binary_until_wont(void **state)
{
    struct run r;

    (void)state;
    start(&r);
    feed_words(&r, "WILL BINARY");
    telnet_ask(r.telnet, TELNET_HIM, TELNET_BINARY, false);
    feed_words(&r, "CR NUL WONT BINARY CR NUL");
    assert_events(&r, "him BINARY on\ndata <0d><00>\nhim BINARY off\ndata <0d>\n");
    run_clear(&r);
}

/* ---- a full `out` ---- */

/* Whole messages only, and what could not be said has not happened. */
static void test_full_out(void **state)
{
    const char *in = "WILL SGA DO SGA WILL CHARSET WILL TTYPE DO STATUS AYT "
                     "SB TTYPE IS 'x' SE WILL NAWS 'a'";
    struct run whole, r;

    (void)state;
    run_init(&whole);
    begin(&whole);
    feed_words(&whole, in);
    for (uint32_t max = 0; max <= whole.replies.len; max++) {
        run_init(&r);
        r.replies.max = max;
        begin(&r);
        feed_words(&r, in);
        assert_true(r.replies.len <= max);
        assert_true(r.replies.len == 0 || (uint8_t)r.replies.data[0] == 0xff);
        if (max < 3) {
            assert_events(&r, "data a\n");
            r.replies.max = 100;
            feed_words(&r, "DO STATUS WILL STATUS");
            telnet_start(r.telnet);
            assert_replies(&r, "WONT STATUS DONT STATUS " OFFERS);
        }
        run_clear(&r);
    }
    run_clear(&whole);
}

static void test_full_out_ends_the_types(void **state)
{
    struct run r;

    (void)state;
    start(&r);
    feed_words(&r, "NOP");
    r.replies.max = r.replies.len + 3;
    feed_words(&r, "WILL TTYPE 'x'");
    assert_events(&r, "him TTYPE on\ndone\ndata x\n");
    run_clear(&r);
}

static void test_charset_that_was_not_requested(void **state)
{
    struct run r;

    (void)state;
    start(&r);
    feed_words(&r, "NOP");
    r.replies.max = r.replies.len + 3;
    feed_words(&r, "WILL CHARSET SB CHARSET ACCEPTED 'UTF-8' SE");
    assert_replies(&r, BINARY "DO CHARSET");
    assert_events(&r, "him CHARSET on\n");
    run_clear(&r);
}

/* ---- noise, long runs, what we write ---- */

static void check_noise(struct span noise)
{
    struct run whole, cut;
    struct span rest = noise;

    run_init(&whole);
    begin(&whole);
    feed(&whole, flush_copy(noise));
    run_init(&cut);
    begin(&cut);
    srand(2);
    while (rest.len > 0)
        feed(&cut, flush_copy(span_take(&rest, 1 + (size_t)rand() % 4096)));
    assert_true(span_equals(buf_span(&whole.events), buf_span(&cut.events)));
    assert_true(span_equals(buf_span(&whole.replies), buf_span(&cut.replies)));
    assert_true(whole.replies.len < 512 * 64);
    assert_true(whole.events.len > 0);
    run_clear(&whole);
    run_clear(&cut);
}

static void test_noise(void **state)
{
    static const uint8_t likely[] = {255, 255, 255, 250, 240, 251, 252, 253, 254, 246,
                                     244, 0,   1,   3,   24,  31,  42,  13,  'a', ' '};
    static char noise[1 << 20];

    (void)state;
    srand(1);
    for (size_t i = 0; i < sizeof(noise); i++)
        noise[i] = (char)rand();
    check_noise(span_from(noise, sizeof(noise)));
    for (size_t i = 0; i < sizeof(noise); i++)
        noise[i] = (char)likely[(size_t)rand() % COUNT(likely)];
    check_noise(span_from(noise, sizeof(noise)));
    memset(noise, 255, sizeof(noise));
    check_noise(span_from(noise, sizeof(noise)));
}

/* A transfer's data come in pieces as long as they can be. */
static void test_spans_are_long(void **state)
{
    struct buf bytes = {.max = BUF_LARGE};
    struct run r;

    (void)state;
    add_letters(&bytes, 100000);
    add_words(&bytes, "CR LF NUL IAC IAC");
    add_letters(&bytes, 100000);
    start(&r);
    feed(&r, flush_copy(buf_span(&bytes)));
    assert_int_equal(r.count, 2);
    run_clear(&r);
    buf_clear(&bytes);
}

static void test_escape(void **state)
{
    struct buf wire = {.max = 8};

    (void)state;
    assert_true(telnet_escape(&wire, SPAN_LIT("")));
    assert_true(telnet_escape(&wire, SPAN_LIT("a\xff\xff")));
    assert_true(span_is(buf_span(&wire), "a\xff\xff\xff\xff"));
    assert_false(telnet_escape(&wire, SPAN_LIT("bc\xff"))); /* all or nothing */
    assert_false(telnet_escape(&wire, SPAN_LIT("\xff\xff")));
    assert_int_equal(wire.len, 5);
    assert_true(telnet_escape(&wire, SPAN_LIT("\xff"
                                              "b")));
    assert_true(span_is(buf_span(&wire), "a\xff\xff\xff\xff\xff\xff"
                                         "b"));
    buf_clear(&wire);
}

static void test_without_start(void **state)
{
    struct run r;

    (void)state;
    run_init(&r);
    r.quiet = true;
    begin(&r);
    feed_words(&r, "WILL NAWS SB NAWS 00 50 00 18 SE WILL TTYPE");
    assert_events(&r, "him NAWS on\nwindow 80x24\nhim TTYPE on\n");
    assert_replies(&r, "DO NAWS " BINARY "DO TTYPE " SEND);
    run_clear(&r);
    telnet_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_server_is_answered),
        cmocka_unit_test(test_a_server_that_says_nothing),
        cmocka_unit_test(test_a_server_may_ask_for_binary),
        cmocka_unit_test(test_a_server_does_not_turn_us_round),
        cmocka_unit_test(test_a_terminal_without_a_name),
        cmocka_unit_test(test_syncterm),
        cmocka_unit_test(test_plink),
        cmocka_unit_test(test_inetutils_port_23),
        cmocka_unit_test(test_inetutils_other_port),
        cmocka_unit_test(test_ftelnet),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_raw),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_ttype),
        cmocka_unit_test(test_naws),
        cmocka_unit_test(test_charset),
        cmocka_unit_test(test_ayt_is_limited),
        cmocka_unit_test(test_charset_answers_are_limited),
        cmocka_unit_test(test_replies_stop_after_512_commands),
        cmocka_unit_test(test_4096_commands_are_bad),
        cmocka_unit_test(test_long_subnegotiation),
        cmocka_unit_test(test_subnegotiation_that_never_ends),
        cmocka_unit_test(test_ask),
        cmocka_unit_test(test_refusal_is_final),
        cmocka_unit_test(test_ask_while_under_way),
        cmocka_unit_test(test_wrong_answers),
        cmocka_unit_test(test_refused_while_taken_back),
        cmocka_unit_test(test_binary_until_wont),
        cmocka_unit_test(test_full_out),
        cmocka_unit_test(test_full_out_ends_the_types),
        cmocka_unit_test(test_charset_that_was_not_requested),
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_spans_are_long),
        cmocka_unit_test(test_escape),
        cmocka_unit_test(test_without_start),
    };

    return cmocka_run_group_tests_name("telnet", tests, NULL, NULL);
}
