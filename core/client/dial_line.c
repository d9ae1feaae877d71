/* dial_line.c -- another system on a caller's line: what it sends goes to the terminal, what is
 * typed to it. Each in the other's character set, but for ZModem, which is left as it is, as
 * are all bytes between two ends of the same character set. */
#include "client/dial_internal.h"
#include "client/internal.h"

enum { ESCAPE = ']' - '@', QUIET_SECONDS = 60 };

/* What a terminal or a system that broke off has left open is over after a while. */
static void hear(const struct dial *d, struct direction *from)
{
    double now = clients_now(d->c->all);

    if (now - from->heard > QUIET_SECONDS)
        from->passing = (struct passing){0};
    from->heard = now;
}

/* --- what it sends --- */

static void add_padded(struct direction *from, struct buf *wire, struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (from->after_cr && s.data[i] != '\n')
            buf_add_byte(wire, '\0'); /* RFC 854: a CR alone */
        from->after_cr = s.data[i] == '\r';
        telnet_escape(wire, span_from(s.data + i, 1));
    }
}

static void show_bytes(struct dial *d, struct span s)
{
    struct client *c = d->c;
    struct buf wire;

    if (!telnet_has_answered(c->telnet)) {
        output_bytes(c, s);
        return;
    }
    buf_init(&wire, BUF_LARGE);
    if (telnet_is_on(c->telnet, TELNET_US, TELNET_BINARY))
        telnet_escape(&wire, s);
    else
        add_padded(&d->theirs, &wire, s);
    output_bytes(c, buf_span(&wire));
    buf_clear(&wire);
}

static void show(struct dial *d, struct span bytes)
{
    struct buf shown;

    buf_init(&shown, BUF_LARGE);
    while (bytes.len > 0) {
        bool is_file;
        struct span run = passing_take(&d->theirs.passing, &bytes, &is_file);

        if (is_file)
            buf_add(&shown, run);
        else
            lent_convert(&shown, &d->theirs.half, run, d->charset, (enum charset)d->c->charset);
    }
    show_bytes(d, buf_span(&shown));
    buf_clear(&shown);
    if (d->typed.passing.is_on)
        client_typed(d->c); /* it gets or sends a file: it is not idle */
}

static void take_event(struct dial *d, const struct telnet_event *ev)
{
    const struct client *c = d->c;

    if (ev->type == TELNET_DATA)
        show(d, ev->data);
    else if (ev->type == TELNET_TTYPE_WANTED)
        telnet_send_terminal(d->telnet, span_of(d->terminal));
    else if (ev->type == TELNET_OPTION && ev->number == TELNET_NAWS && ev->side == TELNET_US)
        telnet_send_window(d->telnet, c->width, c->height);
    else if (ev->type == TELNET_BAD)
        dial_end(d, false, "the other side sends telnet commands without end");
}

void dial_take_theirs(struct dial *d, struct span bytes)
{
    struct telnet_event ev;

    hear(d, &d->theirs);
    if (!d->telnet)
        show(d, rlogin_take(&d->rlogin, bytes));
    while (d->telnet && !d->is_over && telnet_next(d->telnet, &bytes, &ev))
        take_event(d, &ev);
    dial_flush(d);
}

void dial_take_control(struct dial *d, unsigned char byte)
{
    if (rlogin_control(&d->rlogin, byte))
        rlogin_send_window(&d->rlogin, &d->out, d->c->width, d->c->height);
    dial_flush(d);
}

void dial_drained(struct client *c)
{
    if (c->dial)
        dial_read_on(c->dial);
}

/* --- what is typed --- */

/* Enter is CR, whatever the terminal puts behind it; one in binary mode puts nothing. */
static void add_keys(struct dial *d, struct buf *keys, struct span typed)
{
    const struct telnet *line = d->c->telnet;
    bool is_raw = !telnet_has_answered(line);

    if (telnet_is_on(line, TELNET_HIM, TELNET_BINARY)) {
        buf_add(keys, typed);
        return;
    }
    for (size_t i = 0; i < typed.len; i++) {
        char byte = typed.data[i];

        if (!(d->typed.after_cr && (byte == '\n' || byte == '\0')))
            buf_add_byte(keys, is_raw && byte == '\n' ? '\r' : byte);
        d->typed.after_cr = byte == '\r';
    }
}

/* Outside of binary mode a CR alone is CR NUL; to who has said nothing in telnet it is the end
 * of a line, and bytes are as they are. */
static void add_nvt(struct dial *d, struct span s, bool has_telnet)
{
    for (size_t i = 0; i < s.len; i++) {
        if (has_telnet)
            telnet_escape(&d->out, span_from(s.data + i, 1));
        else
            buf_add_byte(&d->out, s.data[i]);
        if (s.data[i] == '\r')
            buf_add_byte(&d->out, has_telnet ? '\0' : '\n');
    }
}

static void add_bytes(struct dial *d, struct span s)
{
    if (!d->telnet)
        buf_add(&d->out, s);
    else if (telnet_is_on(d->telnet, TELNET_US, TELNET_BINARY))
        telnet_escape(&d->out, s);
    else
        add_nvt(d, s, telnet_has_answered(d->telnet));
}

/* A system that speaks telnet, and does not echo, leaves that to the terminal. */
static void echo(struct dial *d, struct span keys)
{
    if (!d->telnet || !telnet_has_answered(d->telnet) || !prompt_echoes(d->c) ||
        telnet_is_on(d->telnet, TELNET_HIM, TELNET_ECHO))
        return;
    for (size_t i = 0; i < keys.len; i++) {
        unsigned char byte = (unsigned char)keys.data[i];

        if (byte == '\r')
            show_bytes(d, SPAN_LIT("\r\n"));
        else if (byte == '\b' || byte == 0x7F)
            show_bytes(d, SPAN_LIT("\b \b"));
        else if (byte >= ' ')
            show_bytes(d, span_from(&byte, 1));
    }
}

static void type(struct dial *d, struct span run)
{
    struct buf keys;
    struct buf bytes;

    buf_init(&keys, BUF_LARGE);
    buf_init(&bytes, BUF_LARGE);
    add_keys(d, &keys, run);
    echo(d, buf_span(&keys));
    lent_convert(&bytes, &d->typed.half, buf_span(&keys), (enum charset)d->c->charset,
                 d->charset);
    add_bytes(d, buf_span(&bytes));
    buf_clear(&keys);
    buf_clear(&bytes);
}

/* Keys: they are taken at once, whatever waits, so that the one that hangs up is seen. */
static void take_keys(struct dial *d, struct span run)
{
    const char *escape = memchr(run.data, ESCAPE, run.len);

    if (escape)
        run.len = (size_t)(escape - run.data);
    if (d->out.len < DIAL_KEYS_MAX)
        type(d, run);
    else
        output_bytes(d->c, SPAN_LIT("\a")); /* not taken, and told so */
    if (!escape)
        return;
    dial_flush(d);
    dial_end(d, true, "you hung up");
}

static void take_piece(struct dial *d, struct span piece)
{
    while (piece.len > 0 && !d->is_over) {
        bool is_file;
        struct span run = passing_take(&d->typed.passing, &piece, &is_file);

        if (is_file)
            add_bytes(d, run);
        else
            take_keys(d, run);
    }
}

/* A file's bytes wait for the other system to read; a header tells that they come. */
void dial_take(struct client *c, struct span *in)
{
    struct dial *d = c->dial;

    if (in->len > 0) {
        client_typed(c);
        hear(d, &d->typed);
    }
    while (in->len > 0 && !d->is_over &&
           !(d->typed.passing.is_on && d->out.len >= DIAL_KEYS_MAX))
        take_piece(d, span_take(in, DIAL_PIECE));
    if (!d->is_over)
        dial_flush(d);
    if (d->is_over)
        dial_tell_end(c);
}

void dial_key(struct client *c, const struct key *key)
{
    char byte = key->code == KEY_CTRL ? (char)(key->ch - '@') : 0x7F;

    take_keys(c->dial, span_from(&byte, 1));
    dial_flush(c->dial);
}

static void tell_window(struct client *c, unsigned height)
{
    struct dial *d = c->dial;

    if (!d || !d->is_there || d->is_over)
        return;
    if (d->telnet)
        telnet_send_window(d->telnet, c->width, height);
    else
        rlogin_send_window(&d->rlogin, &d->out, c->width, height);
    dial_flush(d);
}

void dial_resized(struct client *c)
{
    tell_window(c, c->height);
}

/* What draws there draws anew when its window changes: to another size and back. */
void dial_repaint(struct client *c)
{
    tell_window(c, c->height > 1 ? c->height - 1u : 2);
    tell_window(c, c->height);
}
