/* Transfers: ZMODEM's bytes against those of real programs, and both sides of each protocol
 * against each other, over a line that is good, slow, cut or bad. Time is the tests' own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libdeflate.h>

#include "base/mem.h"
#include "proto/receiver.h"
#include "proto/sender.h"
#include "proto/zmodem_frame.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* --- bytes --- */

static void check_hex(const struct buf *out, const char *expected)
{
    char hex[600] = "";

    for (size_t i = 0; i < out->len; i++)
        sprintf(hex + strlen(hex), "%02x", (unsigned char)out->data[i]);
    assert_string_equal(hex, expected);
}

static void headers_are_those_of_other_programs(void **state)
{
    static const struct {
        char style;
        enum zframe_type type;
        uint32_t position;
        const char *bytes;
    } samples[] = {
        {'B', ZRQINIT, 0, "2a2a184230303030303030303030303030300d0a11"},
        {'B', ZRINIT, ZF0(0x23), "2a2a184230313030303030303233626535300d0a11"},
        {'B', ZRINIT, ZF0(0x63), "2a2a184230313030303030303633663639340d0a11"},
        {'B', ZRPOS, 2048, "2a2a184230393030303830303030303164640d0a11"},
        {'B', ZRPOS, 0x12345678, "2a2a184230393738353633343132373838360d0a11"},
        {'B', ZFIN, 0, "2a2a184230383030303030303030303232640d0a"},
        {'B', ZACK, 1024, "2a2a184230333030303430303030333231320d0a"},
        {'B', ZSKIP, 0, "2a2a184230353030303030303030323335370d0a11"},
        {'B', ZNAK, 0, "2a2a184230363030303030303030636438350d0a11"},
        {'B', ZABORT, 0, "2a2a184230373030303030303030363764340d0a11"},
        {'B', ZFERR, 0, "2a2a184230633030303030303030386232620d0a11"},
        {'C', ZFILE, 0, "2a18430400000000dd51a233"},
        {'A', ZFILE, 0, "2a184104000000008906"},
        {'C', ZFILE, ZF0(ZCRECOV), "2a184304000000036700abaa"},
        {'C', ZDATA, 0, "2a18430a00000000bcef928c"},
        {'A', ZDATA, 0, "2a18410a0000000046ae"},
        {'C', ZDATA, 0x18111311, "2a18430a18511853185118582979e23a"},
        {'C', ZEOF, 16,
         "2a18430b1850000000"
         "18d318d1ebe1"},
        {'A', ZEOF, 16, "2a18410b1850000000f758"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(samples); i++) {
        struct buf out = {.max = 100};
        struct zframe_writer w = {.out = &out, .is_32 = samples[i].style == 'C'};
        struct zframe_reader r;
        struct zframe_event ev;
        struct span in;

        if (samples[i].style == 'B')
            zframe_hex(&w, samples[i].type, samples[i].position);
        else
            zframe_bin(&w, samples[i].type, samples[i].position);
        check_hex(&out, samples[i].bytes);
        zframe_reader_init(&r);
        in = buf_span(&out);
        assert_true(zframe_next(&r, &in, &ev));
        assert_int_equal(ev.type, ZFRAME_HEADER);
        assert_int_equal(ev.frame, samples[i].type);
        assert_int_equal(ev.position, samples[i].position);
        assert_false(zframe_next(&r, &in, &ev));
        buf_clear(&out);
    }
}

static void subpackets_are_those_of_other_programs(void **state)
{
    static const struct {
        bool is_32;
        const char *data;
        enum zframe_end end;
        const char *bytes;
    } samples[] = {
        {true, "Hello, ZMODEM!\r\n", ZCRCE, "48656c6c6f2c205a4d4f44454d21184d0a1868b54152b5"},
        {true, "", ZCRCE, "1868e7066b18d1"},
        {false, "", ZCRCE, "1868edae"},
        {true, "123456789", ZCRCG, "3132333435363738391869b547aa34"},
        {false, "123456789", ZCRCG, "31323334353637383918691858fd"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(samples); i++) {
        struct buf out = {.max = 100};
        struct zframe_writer w = {.out = &out, .data_is_32 = samples[i].is_32};

        zframe_data(&w, span_of(samples[i].data), samples[i].end);
        check_hex(&out, samples[i].bytes);
        buf_clear(&out);
    }
}

/* What is escaped: flow control and CR; with ESCCTL all that control. IAC is doubled. */
static void every_byte_comes_through(void **state)
{
    (void)state;
    for (int all = 0; all < 2; all++) {
        struct buf out = {.max = 4000};
        struct zframe_writer w = {.out = &out, .escapes_all = all, .data_is_32 = true};
        struct zframe_reader r;
        struct zframe_event ev;
        struct span in;
        uint8_t bytes[600];
        unsigned escaped = 0;

        for (unsigned i = 0; i < sizeof(bytes); i++)
            bytes[i] = (uint8_t)(i * 7 + i / 256);
        zframe_data(&w, span_from(bytes, sizeof(bytes)), ZCRCG);
        for (unsigned i = 0; i < out.len; i++) {
            uint8_t c = (uint8_t)out.data[i];

            escaped += c == 0x18;
            assert_false(c == 0x11 || c == 0x13 || c == 0x91 || c == 0x93 || c == '\r');
            assert_true(!all || c == 0x18 || (c & 0x60));
        }
        assert_true(escaped > 20);
        zframe_reader_init(&r);
        r.is_32 = true;
        r.drops_controls = all;
        r.style = 'C';
        zframe_expect_data(&r);
        in = buf_span(&out);
        assert_true(zframe_next(&r, &in, &ev));
        assert_int_equal(ev.type, ZFRAME_DATA);
        assert_int_equal(ev.end, ZCRCG);
        assert_int_equal(ev.data.len, sizeof(bytes));
        assert_memory_equal(ev.data.data, bytes, sizeof(bytes));
        buf_clear(&out);
    }
}

/* As Synchronet's programs and zmodem2 have it. */
static void del_and_iac_may_be_escaped(void **state)
{
    struct buf out = {.max = 100};
    struct zframe_writer w = {.out = &out, .data_is_32 = true};
    struct zframe_reader r;
    struct zframe_event ev;
    char wire[100];
    size_t n = 0;
    struct span in;

    (void)state;
    zframe_data(&w, SPAN_LIT("a\x7F\xFFz"), ZCRCG);
    for (size_t i = 0; i < out.len; i++) {
        uint8_t c = (uint8_t)out.data[i];

        if (c == 0x7F || c == 0xFF)
            wire[n++] = 0x18;
        wire[n++] = (char)(c == 0x7F ? 'l' : c == 0xFF ? 'm' : c);
    }
    assert_true(n >= out.len + 2);
    zframe_reader_init(&r);
    r.is_32 = true;
    r.style = 'C';
    zframe_expect_data(&r);
    in = span_from(wire, n);
    assert_true(zframe_next(&r, &in, &ev));
    assert_int_equal(ev.type, ZFRAME_DATA);
    assert_int_equal(ev.data.len, 4);
    assert_memory_equal(ev.data.data, "a\x7F\xFFz", 4);
    buf_clear(&out);
}

/* --- a line between both sides --- */

enum { FILES_MAX = 4, PIPE = 65536 };

struct file {
    char name[40];
    uint8_t *bytes;
    int64_t size;
    uint8_t *got;
    int64_t got_size;
    bool is_whole;
    bool is_refused;
    int64_t resume; /* the receiver has so many bytes already */
};

struct session {
    struct sender *sender;
    struct receiver *receiver;
    struct buf down; /* the sender's out */
    struct buf up;
    struct buf to_receiver; /* what has come over the line */
    struct buf to_sender;
    struct file files[FILES_MAX];
    unsigned count;
    unsigned sending;
    unsigned taking;
    unsigned sent;
    unsigned skipped;
    int64_t now;
    unsigned seed;
    unsigned piece;  /* bytes at a time; 0: at random */
    unsigned fault;  /* one in so many bytes is hurt; 0: none */
    unsigned faults; /* left */
    int64_t cut;     /* after so many bytes nothing comes; 0: never */
    int64_t carried;
    bool is_nameless; /* XMODEM */
    bool sender_over;
    bool receiver_over;
    bool sender_failed;
    bool receiver_failed;
    char why[100];
};

static unsigned roll(struct session *s)
{
    s->seed = s->seed * 1103515245u + 12345u;
    return s->seed >> 16;
}

static void add_file(struct session *s, const char *name, int64_t size, unsigned kind)
{
    struct file *f = &s->files[s->count++];

    snprintf(f->name, sizeof(f->name), "%s", name);
    f->size = size;
    f->bytes = mem_alloc((size_t)size + 1);
    f->got = mem_zalloc((size_t)size + 1);
    for (int64_t i = 0; i < size; i++)
        f->bytes[i] = kind == 0 ? (uint8_t)roll(s) : (uint8_t)kind;
}

static void begin(struct session *s, const struct transfer_options *send,
                  const struct transfer_options *receive)
{
    struct transfer_options so = *send;
    struct transfer_options ro = *receive;

    buf_init(&s->down, 1 << 20);
    buf_init(&s->up, 1 << 20);
    buf_init(&s->to_receiver, 1 << 20);
    buf_init(&s->to_sender, 1 << 20);
    so.out = &s->down;
    ro.out = &s->up;
    so.patience_ms = ro.patience_ms = 60000;
    so.is_clean = ro.is_clean = true;
    s->is_nameless = ro.protocol == TRANSFER_XMODEM;
    s->sender = sender_new(&so, s->now);
    s->receiver = receiver_new(&ro, s->now);
}

static void end(struct session *s)
{
    sender_free(s->sender);
    receiver_free(s->receiver);
    buf_clear(&s->down);
    buf_clear(&s->up);
    buf_clear(&s->to_receiver);
    buf_clear(&s->to_sender);
    for (unsigned i = 0; i < s->count; i++) {
        mem_free(s->files[i].bytes);
        mem_free(s->files[i].got);
    }
}

static void choose(struct session *s)
{
    struct transfer_file f = {0};

    if (s->sending == s->count) {
        sender_finish(s->sender, s->now);
        return;
    }
    f.name = span_of(s->files[s->sending].name);
    f.size = s->files[s->sending].size;
    f.modified = 1704164645;
    f.files_left = s->count - s->sending;
    f.bytes_left = f.size;
    s->sending++;
    sender_offer(s->sender, &f, s->now);
}

static void sender_said(struct session *s, const struct transfer_event *ev)
{
    struct file *f = s->sending ? &s->files[s->sending - 1] : NULL;

    switch (ev->type) {
    case TRANSFER_WANT_FILE:
        choose(s);
        break;
    case TRANSFER_WANT_CRC:
        assert_true(ev->size <= f->size);
        sender_give_crc(s->sender, libdeflate_crc32(0, f->bytes, (size_t)ev->size), s->now);
        break;
    case TRANSFER_WANT_DATA:
        assert_true(ev->offset + ev->size <= f->size);
        sender_give(s->sender, ev->offset, span_from(f->bytes + ev->offset, (size_t)ev->size),
                    s->now);
        break;
    case TRANSFER_SENT:
        s->sent++;
        break;
    case TRANSFER_SKIPPED:
        s->skipped++;
        break;
    case TRANSFER_FAILED:
        s->sender_failed = true;
        snprintf(s->why, sizeof(s->why), "%.*s", SPAN_ARG(ev->data));
        s->sender_over = true;
        break;
    case TRANSFER_DONE:
        s->sender_over = true;
        break;
    default:
        break;
    }
}

static void decide(struct session *s, const struct transfer_file *offered)
{
    s->taking = 0;
    if (s->is_nameless) {
        receiver_accept(s->receiver, 0, s->now);
        return;
    }
    for (; s->taking < s->count; s->taking++) {
        const char *name = s->files[s->taking].name;

        if (offered->name.len == strlen(name) &&
            memcmp(offered->name.data, name, offered->name.len) == 0)
            break;
    }
    assert_true(s->taking < s->count);
    assert_int_equal(offered->size, s->files[s->taking].size);
    assert_int_equal(offered->modified, 1704164645);
    if (s->files[s->taking].is_refused)
        receiver_skip(s->receiver, "it is refused", s->now);
    else if (s->files[s->taking].resume > 0)
        receiver_check(s->receiver, s->files[s->taking].resume, s->now);
    else
        receiver_accept(s->receiver, 0, s->now);
}

static void receiver_said(struct session *s, const struct transfer_event *ev)
{
    struct file *f = &s->files[s->taking];

    switch (ev->type) {
    case TRANSFER_OFFER:
        decide(s, &ev->file);
        break;
    case TRANSFER_CHECKED:
        receiver_accept(s->receiver,
                        ev->has_crc && ev->crc == libdeflate_crc32(0, f->got, (size_t)f->resume)
                            ? f->resume
                            : 0,
                        s->now);
        break;
    case TRANSFER_DATA:
        assert_true(ev->offset + (int64_t)ev->data.len <= f->size);
        memcpy(f->got + ev->offset, ev->data.data, ev->data.len);
        f->got_size = ev->offset + (int64_t)ev->data.len;
        break;
    case TRANSFER_RECEIVED:
        assert_int_equal(ev->offset, f->size);
        assert_memory_equal(f->got, f->bytes, (size_t)f->size);
        f->is_whole = true;
        receiver_stored(s->receiver, true, s->now);
        break;
    case TRANSFER_FAILED:
        s->receiver_failed = true;
        s->receiver_over = true;
        break;
    case TRANSFER_DONE:
        s->receiver_over = true;
        break;
    default:
        break;
    }
}

/* Hurt a byte: changed, lost, or there twice. */
static void carry_byte(struct session *s, struct buf *to, char c)
{
    unsigned what =
        s->fault > 0 && s->faults > 0 && roll(s) % s->fault == 0 ? 1 + roll(s) % 3 : 0;

    s->faults -= what > 0;
    s->carried++;
    if (s->cut > 0 && s->carried > s->cut)
        return;
    if (what == 1)
        c ^= (char)(1 << roll(s) % 8);
    if (what != 2)
        buf_add_byte(to, c);
    if (what == 3)
        buf_add_byte(to, c);
}

/* Some of what waits at one end comes to the other. */
static void carry(struct session *s, struct buf *from, struct buf *to)
{
    size_t n = s->piece ? s->piece : 1 + roll(s) % 3000;

    if (n > from->len)
        n = from->len;
    if (s->fault == 0 && s->cut == 0) {
        buf_add(to, span_from(from->data ? from->data : "", n));
        s->carried += (int64_t)n;
    } else {
        for (size_t i = 0; i < n; i++)
            carry_byte(s, to, from->data[i]);
    }
    buf_consume(from, n);
}

/* The sender is held back when much is under way, as a socket would. */
static void pull_sender(struct session *s)
{
    struct span in = buf_span(&s->to_sender);
    size_t before = in.len;
    struct transfer_event ev;

    while (s->down.len < PIPE && sender_next(s->sender, &in, s->now, &ev))
        sender_said(s, &ev);
    buf_consume(&s->to_sender, before - in.len);
}

static void pull_receiver(struct session *s)
{
    struct span in = buf_span(&s->to_receiver);
    size_t before = in.len;
    struct transfer_event ev;

    while (receiver_next(s->receiver, &in, s->now, &ev))
        receiver_said(s, &ev);
    buf_consume(&s->to_receiver, before - in.len);
}

static bool is_quiet(const struct session *s)
{
    return s->down.len == 0 && s->up.len == 0;
}

static void run(struct session *s)
{
    for (unsigned turn = 0; !(s->sender_over && s->receiver_over); turn++) {
        assert_true(turn < 1000000);
        pull_sender(s);
        pull_receiver(s);
        carry(s, &s->down, &s->to_receiver);
        carry(s, &s->up, &s->to_sender);
        if (is_quiet(s)) {
            int64_t a = sender_deadline(s->sender);
            int64_t b = receiver_deadline(s->receiver);
            int64_t next = a < b ? a : b;

            pull_sender(s);
            pull_receiver(s);
            if (!is_quiet(s) || (s->sender_over && s->receiver_over))
                continue;
            if (next == TRANSFER_NEVER)
                continue;
            s->now = next > s->now ? next : s->now;
            sender_timeout(s->sender, s->now);
            receiver_timeout(s->receiver, s->now);
        }
    }
}

static void expect_all(const struct session *s)
{
    assert_false(s->sender_failed);
    assert_false(s->receiver_failed);
    for (unsigned i = 0; i < s->count; i++)
        assert_int_equal(s->files[i].is_whole, !s->files[i].is_refused);
    assert_int_equal(s->sent + s->skipped, s->count);
}

static const struct transfer_options plain_send;
static const struct transfer_options plain_receive;

static void files_are_exact(void **state)
{
    static const int64_t sizes[] = {0, 1, 1023, 1024, 1025, 8192, 32768, 32769, 200000};
    static const unsigned kinds[] = {0, 0xFF, 0x18, 'x', '\r'};

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        for (size_t k = 0; k < COUNT(kinds); k++) {
            for (unsigned option = 0; option < 4; option++) {
                struct session s = {.seed = (unsigned)(i * 10 + k), .piece = option ? 0 : 1000};
                struct transfer_options send = {.is_large = option == 1,
                                                .escapes_all = option == 2};
                struct transfer_options receive = {.escapes_all = option == 3};

                add_file(&s, "a file", sizes[i], kinds[k]);
                begin(&s, &send, &receive);
                run(&s);
                expect_all(&s);
                end(&s);
            }
        }
    }
}

static void a_batch_comes_one_byte_at_a_time(void **state)
{
    struct session s = {.seed = 3, .piece = 1};

    (void)state;
    add_file(&s, "one", 3000, 0);
    add_file(&s, "two", 0, 0);
    add_file(&s, "three", 10, 0);
    s.files[2].is_refused = true;
    add_file(&s, "four", 2048, 0x18);
    begin(&s, &plain_send, &plain_receive);
    run(&s);
    expect_all(&s);
    assert_int_equal(s.skipped, 2); /* the empty one has nothing to send */
    end(&s);
}

static void resume_with(bool is_right, int64_t from)
{
    struct session s = {.seed = 4};

    add_file(&s, "half", 100000, 0);
    s.files[0].resume = from;
    memcpy(s.files[0].got, s.files[0].bytes, (size_t)from);
    if (!is_right)
        s.files[0].got[from / 2] ^= 1;
    begin(&s, &plain_send, &plain_receive);
    run(&s);
    expect_all(&s);
    if (is_right)
        assert_true(s.carried < 100000 - from + 10000);
    else
        assert_true(s.carried > 100000);
    end(&s);
}

static void what_is_there_is_not_sent_again(void **state)
{
    (void)state;
    resume_with(true, 90000);
    resume_with(true, 99999);
    resume_with(true, 1);
    resume_with(false, 90000);
}

/* 10,000 bad lines: the file is exact, or it has failed, and it ends. */
static void bad_lines_never_make_a_wrong_file(void **state)
{
    unsigned whole = 0;

    (void)state;
    for (unsigned seed = 1; seed <= 10000; seed++) {
        struct session s = {.seed = seed};
        struct transfer_options send = {.is_large = seed % 3 == 0,
                                        .escapes_all = seed % 7 == 0};
        struct transfer_options receive = {.escapes_all = seed % 5 == 0};

        s.fault = 200 + roll(&s) % 4000;
        s.faults = 1 + roll(&s) % 12;
        add_file(&s, "bad", 1 + roll(&s) % 20000, 0);
        begin(&s, &send, &receive);
        run(&s);
        whole += s.files[0].is_whole;
        end(&s);
    }
    assert_true(whole > 9000);
}

/* Cut after every 97th byte of a session: both sides end by themselves. */
static void a_cut_line_ends_both(void **state)
{
    int64_t all;

    (void)state;
    for (all = 1; all < 12000; all += 97) {
        struct session s = {.seed = 9, .cut = all};

        add_file(&s, "cut", 5000, 0);
        begin(&s, &plain_send, &plain_receive);
        run(&s);
        assert_true(s.carried >= all || s.files[0].is_whole);
        end(&s);
    }
}

static void what_is_not_zmodem_ends_soon(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed < 500; seed++) {
        struct session s = {.seed = seed};
        struct transfer_event ev;
        uint8_t noise[2000];
        struct span in = {(char *)noise, sizeof(noise)};

        for (unsigned i = 0; i < sizeof(noise); i++)
            noise[i] = (uint8_t)(roll(&s) % 4 == 0 ? 0x18 : roll(&s) % 3 ? '*' : roll(&s));
        begin(&s, &plain_send, &plain_receive);
        while (receiver_next(s.receiver, &in, 0, &ev))
            assert_true(ev.type == TRANSFER_FAILED || ev.type == TRANSFER_DONE);
        in = span_from(noise, sizeof(noise));
        while (sender_next(s.sender, &in, 0, &ev))
            assert_true(ev.type == TRANSFER_FAILED || ev.type == TRANSFER_DONE);
        end(&s);
    }
}

/* The type and the number of the next header that a machine has written. */
static void expect_header(struct buf *out, enum zframe_type type, uint32_t position)
{
    struct span in = buf_span(out);
    struct zframe_reader r;
    struct zframe_event ev;

    zframe_reader_init(&r);
    assert_true(zframe_next(&r, &in, &ev));
    assert_int_equal(ev.type, ZFRAME_HEADER);
    assert_int_equal(ev.frame, type);
    assert_int_equal(ev.position, position);
    buf_reset(out);
}

/* No command is obeyed; the room and the wish that all be escaped are answered. */
static void what_is_asked_besides_is_answered(void **state)
{
    struct buf out = {.max = 4000};
    struct buf said = {.max = 4000};
    const struct transfer_options options = {.out = &out, .free_bytes = 123456};
    struct receiver *r = receiver_new(&options, 0);
    struct zframe_writer w = {.out = &said, .data_is_32 = true};
    struct transfer_event ev;
    struct span in;

    (void)state;
    buf_reset(&out);
    zframe_hex(&w, ZFREECNT, 0);
    in = buf_span(&said);
    assert_false(receiver_next(r, &in, 0, &ev));
    expect_header(&out, ZACK, 123456);
    buf_reset(&said);
    zframe_bin(&w, ZSINIT, ZF0(ZESCCTL));
    w.data_is_32 = false;
    w.escapes_all = true; /* from here on */
    zframe_data(&w, SPAN_LIT("\003\335"), ZCRCW);
    in = buf_span(&said);
    assert_false(receiver_next(r, &in, 0, &ev));
    expect_header(&out, ZACK, 1);
    buf_reset(&said);
    zframe_bin(&w, ZCOMMAND, 0);
    zframe_data(&w, SPAN_LIT("rm -r /"), ZCRCW);
    in = buf_span(&said);
    assert_false(receiver_next(r, &in, 0, &ev));
    expect_header(&out, ZCOMPL, 1); /* it has failed */
    buf_reset(&said);
    zframe_hex(&w, ZABORT, 0);
    in = buf_span(&said);
    assert_true(receiver_next(r, &in, 0, &ev));
    assert_int_equal(ev.type, TRANSFER_FAILED);
    receiver_free(r);
    buf_clear(&said);
    buf_clear(&out);
}

/* --- YMODEM and XMODEM --- */

static void ymodem_files_are_exact(void **state)
{
    static const int64_t sizes[] = {0, 1, 128, 1024, 1025, 8192, 40001, 300000};

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        for (unsigned p = TRANSFER_YMODEM; p <= TRANSFER_YMODEM_G; p++) {
            struct session s = {.seed = (unsigned)i + p, .piece = i % 2 ? 0 : 1};
            struct transfer_options options = {.protocol = p};

            add_file(&s, "a file", sizes[i], 0);
            add_file(&s, "another", 3000, 0x18);
            add_file(&s, "a third", 5000, 0x04);
            begin(&s, &options, &options);
            run(&s);
            expect_all(&s);
            end(&s);
        }
    }
}

static void xmodem_sends_one_file(void **state)
{
    static const int64_t sizes[] = {128, 1024, 128000};

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct session s = {.seed = (unsigned)i};
        struct transfer_options options = {.protocol = TRANSFER_XMODEM};

        add_file(&s, "", sizes[i], 0);
        begin(&s, &options, &options);
        run(&s);
        expect_all(&s);
        end(&s);
    }
}

static void bad_lines_never_make_a_wrong_file_by_ymodem(void **state)
{
    unsigned whole = 0;

    (void)state;
    for (unsigned seed = 1; seed <= 2000; seed++) {
        struct session s = {.seed = seed};
        struct transfer_options options = {.protocol = seed % 4 == 0 ? TRANSFER_YMODEM_G
                                                                     : TRANSFER_YMODEM};

        s.fault = 200 + roll(&s) % 4000;
        s.faults = 1 + roll(&s) % 6;
        add_file(&s, "bad", 1 + roll(&s) % 20000, 0);
        begin(&s, &options, &options);
        run(&s);
        whole += s.files[0].is_whole;
        end(&s);
    }
    assert_true(whole > 1000);
}

static void a_cut_line_ends_ymodem(void **state)
{
    (void)state;
    for (int64_t all = 1; all < 9000; all += 97) {
        struct session s = {.seed = 9, .cut = all};
        struct transfer_options options = {.protocol = TRANSFER_YMODEM};

        add_file(&s, "cut", 5000, 0);
        begin(&s, &options, &options);
        run(&s);
        end(&s);
    }
}

/* Somebody has begun YMODEM at the other side of a ZMODEM that nobody answers. */
static void who_asks_for_ymodem_is_sent_that(void **state)
{
    static const enum transfer_protocol kinds[] = {TRANSFER_YMODEM, TRANSFER_YMODEM_G};

    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct session s = {.seed = 1};
        struct transfer_options receive = {.protocol = kinds[i]};

        add_file(&s, "a file", 70000, 0);
        begin(&s, &plain_send, &receive);
        run(&s);
        expect_all(&s);
        assert_int_equal(sender_protocol(s.sender), kinds[i]);
        end(&s);
    }
}

/* Programs of before 1985: sums, and no long blocks. */
static void old_programs_are_sent_short_blocks(void **state)
{
    struct buf out = {.max = 100000};
    struct transfer_options options = {.protocol = TRANSFER_XMODEM, .out = &out};
    struct sender *s = sender_new(&options, 0);
    struct transfer_file f = {.name = SPAN_LIT("x"), .size = 2000};
    struct transfer_event ev;
    char bytes[2000];
    struct span in = SPAN_LIT("\025");

    (void)state;
    memset(bytes, 'a', sizeof(bytes));
    assert_true(sender_next(s, &in, 0, &ev));
    assert_int_equal(ev.type, TRANSFER_WANT_FILE);
    sender_offer(s, &f, 0);
    assert_true(sender_next(s, &in, 0, &ev));
    assert_int_equal(ev.type, TRANSFER_BEGUN);
    assert_true(sender_next(s, &in, 0, &ev));
    assert_int_equal(ev.type, TRANSFER_WANT_DATA);
    sender_give(s, 0, span_from(bytes, (size_t)ev.size), 0);
    assert_int_equal(out.len, 3 + 128 + 1);
    assert_memory_equal(out.data, "\001\001\376aaaa", 7);
    assert_int_equal((unsigned char)out.data[131], (unsigned char)(128 * 'a'));
    sender_free(s);
    buf_clear(&out);
}

/* One that takes CRC, but only short blocks, says NAK to the first until it is short. */
static void a_long_block_that_is_refused_becomes_short(void **state)
{
    struct buf out = {.max = 100000};
    struct transfer_options options = {.protocol = TRANSFER_XMODEM, .out = &out};
    struct sender *s = sender_new(&options, 0);
    struct transfer_file f = {.name = SPAN_LIT("x"), .size = 2000};
    struct transfer_event ev;
    char bytes[2000];
    struct span in = SPAN_LIT("C");

    (void)state;
    memset(bytes, 'a', sizeof(bytes));
    while (sender_next(s, &in, 0, &ev)) {
        if (ev.type == TRANSFER_WANT_FILE)
            sender_offer(s, &f, 0);
        if (ev.type == TRANSFER_WANT_DATA)
            sender_give(s, ev.offset, span_from(bytes, (size_t)ev.size), 0);
    }
    assert_int_equal(out.len, 3 + 1024 + 2);
    in = SPAN_LIT("\025\025\025");
    while (sender_next(s, &in, 0, &ev))
        fail();
    assert_int_equal(out.data[3 * 1029], 1);
    assert_int_equal(out.len, 3 * 1029 + 3 + 128 + 2);
    in = SPAN_LIT("\006");
    assert_true(sender_next(s, &in, 0, &ev));
    assert_int_equal(ev.type, TRANSFER_WANT_DATA);
    assert_int_equal(ev.offset, 128);
    sender_free(s);
    buf_clear(&out);
}

static void two_cans_end_ymodem(void **state)
{
    struct session s = {.seed = 1};
    struct transfer_options options = {.protocol = TRANSFER_YMODEM};
    struct transfer_event ev;
    struct span in = SPAN_LIT("\030\030");

    (void)state;
    begin(&s, &options, &options);
    assert_true(sender_next(s.sender, &in, 0, &ev));
    assert_int_equal(ev.type, TRANSFER_FAILED);
    in = SPAN_LIT("\030\030");
    assert_true(receiver_next(s.receiver, &in, 0, &ev));
    assert_int_equal(ev.type, TRANSFER_FAILED);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_those_of_other_programs),
        cmocka_unit_test(subpackets_are_those_of_other_programs),
        cmocka_unit_test(every_byte_comes_through),
        cmocka_unit_test(del_and_iac_may_be_escaped),
        cmocka_unit_test(files_are_exact),
        cmocka_unit_test(a_batch_comes_one_byte_at_a_time),
        cmocka_unit_test(what_is_there_is_not_sent_again),
        cmocka_unit_test(bad_lines_never_make_a_wrong_file),
        cmocka_unit_test(a_cut_line_ends_both),
        cmocka_unit_test(what_is_not_zmodem_ends_soon),
        cmocka_unit_test(what_is_asked_besides_is_answered),
        cmocka_unit_test(ymodem_files_are_exact),
        cmocka_unit_test(xmodem_sends_one_file),
        cmocka_unit_test(bad_lines_never_make_a_wrong_file_by_ymodem),
        cmocka_unit_test(a_cut_line_ends_ymodem),
        cmocka_unit_test(who_asks_for_ymodem_is_sent_that),
        cmocka_unit_test(old_programs_are_sent_short_blocks),
        cmocka_unit_test(a_long_block_that_is_refused_becomes_short),
        cmocka_unit_test(two_cans_end_ymodem),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
