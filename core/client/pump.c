/* pump.c -- the one place where layers of input meet: socket, telnet, keys, and what the keys
 * go to, looked at anew for each. What is not consumed stays where it is. */
#include <errno.h>
#include <sys/socket.h>

#include "client/internal.h"
#include "client/transfer.h"

/* What port scanners and browsers say first. */
static bool is_other_protocol(struct span s)
{
    return span_starts_with(s, "GET ") || span_starts_with(s, "POST ") ||
           span_starts_with(s, "HEAD ") || span_starts_with(s, "SSH-") ||
           span_starts_with(s, "\x16\x03");
}

/* Ctrl-O before logging in leads to the engine's own login, whatever the board does. */
static bool is_rescue(const struct client *c, const struct key *key)
{
    return key->code == KEY_CTRL && key->ch == 'O' && c->user == 0;
}

static void take_key(struct client *c, const struct key *key)
{
    if (key->code == KEY_REPLY || detect_key(c, key))
        return;
    client_typed(c);
    c->hops = 0;
    if (is_rescue(c, key))
        show_rescue(c);
    else
        prompt_take_key(c, key);
}

/* A key that does more than to appear in a line: a turn has few of them. */
static bool is_work(const struct client *c, const struct key *key)
{
    bool in_line = c->mode == MODE_LINE || c->mode == MODE_SLASH;

    if (c->paste)
        return false; /* it is only kept */
    return !(in_line && key->code == KEY_CHAR && !c->edit->options.hotkey);
}

static void count_work(const struct client *c, int *lines)
{
    *lines = clients_turn_is_long(c->all) ? 0 : *lines - 1;
}

static bool takes_keys(const struct client *c)
{
    if (c->early.len > 0 || c->has_yielded)
        return false; /* what was typed earlier comes first; its screen has to go on */
    if (client_is_full(c))
        return false; /* who does not read is not answered */
    return c->state == CLIENT_DETECTING || (c->state == CLIENT_OPEN && c->mode != MODE_BUSY);
}

/* Before it is known, bytes are kept as they are: CP437 has a character for each. */
static enum charset charset_of(const struct client *c)
{
    return c->state == CLIENT_DETECTING ? CHARSET_CP437 : (enum charset)c->charset;
}

/* Decode keys while somebody wants them; the rest stays in `s`. */
static void run_keys(struct client *c, struct span *s, int *lines)
{
    struct key key;

    if (c->transfer)
        transfer_take(c, s);
    if (c->process)
        process_take(c, s);
    if (c->dial)
        dial_take(c, s);
    while (takes_keys(c) && *lines > 0 && keys_next(&c->keys, s, charset_of(c), &key)) {
        bool work = is_work(c, &key);

        take_key(c, &key);
        if (work)
            count_work(c, lines);
    }
}

static void take_interrupt(struct client *c, enum key_code code, uint32_t ch, int *lines)
{
    struct key key = {.code = code, .ch = ch};

    if (c->process)
        process_key(c, &key);
    else if (c->dial)
        dial_key(c, &key);
    else if (takes_keys(c))
        take_key(c, &key);
    count_work(c, lines);
}

/* A handler of the login that never ends: Ctrl-O is seen although nobody takes keys. */
static bool is_held_guest(const struct client *c)
{
    return c->user == 0 && c->mode == MODE_BUSY && c->state == CLIENT_OPEN && !c->transfer;
}

static void look_for_rescue(struct client *c, struct span *data)
{
    const char *at = is_held_guest(c) ? memchr(data->data, 'O' - '@', data->len) : NULL;

    if (!at)
        return;
    span_take(data, (size_t)(at - data->data) + 1);
    buf_clear(&c->typed);
    show_rescue(c);
}

/* Nobody wants it now. A transfer's is bounded by what is read. */
static bool keep_typed(struct client *c, struct span data)
{
    bool fits = c->transfer || c->typed.len + data.len <= INPUT_MAX;

    return fits && buf_add(&c->typed, data);
}

static void take_data(struct client *c, struct span data, int *lines)
{
    if (c->is_visitor && c->is_first_screen && is_other_protocol(data)) {
        client_drop(c);
        return;
    }
    output_skip_pace(c);
    look_for_rescue(c, &data);
    run_keys(c, &data, lines);
    if (data.len > 0 && !keep_typed(c, data))
        output_bytes(c, SPAN_LIT("\a")); /* far ahead of us: not taken, and told so */
}

static void take_event(struct client *c, const struct telnet_event *ev, int *lines)
{
    switch (ev->type) {
    case TELNET_DATA:
        take_data(c, ev->data, lines);
        break;
    case TELNET_INTERRUPT:
        take_interrupt(c, KEY_CTRL, 'C', lines);
        break;
    case TELNET_ERASE_CHAR:
        take_interrupt(c, KEY_BACKSPACE, 0, lines);
        break;
    case TELNET_ERASE_LINE:
        take_interrupt(c, KEY_CTRL, 'U', lines);
        break;
    case TELNET_BAD:
        client_drop(c);
        break;
    default:
        detect_telnet(c, ev);
        transfer_option(c);
    }
}

/* Where keys wait, what comes after them waits untouched, but for the key that ends the wait.
 */
static bool takes_data(const struct client *c)
{
    return c->typed.len == 0 || (is_held_guest(c) && c->typed.len < INPUT_MAX / 2);
}

static void gather(struct client *c, struct span *in)
{
    struct buf *gathered = &c->all->gathered;
    char *to = c->transfer ? buf_room(gathered, in->len) : NULL;

    if (to)
        buf_added(gathered, telnet_gather(c->telnet, in, to));
}

static void take_gathered(struct client *c, int *lines)
{
    struct buf *gathered = &c->all->gathered;

    if (gathered->len > 0)
        take_data(c, buf_span(gathered), lines);
    buf_reset(gathered);
}

/* A transfer's bytes come out of telnet in many small pieces, one for each IAC: they are put
 * together again. */
static void run_telnet(struct client *c, struct span *in, int *lines)
{
    struct telnet_event ev;

    while (c->state <= CLIENT_OPEN && takes_data(c) && *lines > 0 && !client_is_full(c)) {
        gather(c, in);
        if (!telnet_next(c->telnet, in, &ev))
            break;
        if (c->transfer && ev.type == TELNET_DATA) {
            buf_add(&c->all->gathered, ev.data);
            continue;
        }
        take_gathered(c, lines);
        take_event(c, &ev, lines);
        output_replies(c);
    }
    take_gathered(c, lines);
    output_replies(c);
}

static void run_typed(struct client *c, int *lines)
{
    struct span s = buf_span(&c->typed);
    size_t before = s.len;

    run_keys(c, &s, lines);
    buf_consume(&c->typed, before - s.len);
    if (c->typed.len == 0 && c->typed.cap > 0)
        buf_clear(&c->typed);
}

/* Is there input that somebody waits for, or that may be read on? */
static void after_run(struct client *c)
{
    bool held = c->typed.len > 0 || c->input.len > 0;

    if (c->state > CLIENT_OPEN)
        return;
    if (c->early.len > 0 || (held && takes_keys(c)))
        client_mark_ready(c);
    if (c->input.len >= INPUT_MAX / 2)
        ev_io_stop(c->all->config.loop, &c->reader);
    else if (!ev_is_active(&c->reader))
        ev_io_start(c->all->config.loop, &c->reader);
    if (keys_is_waiting(&c->keys) || c->keys.in_paste)
        client_rearm(c);
}

/* What was typed before the first screen comes in front of all. */
static void take_early(struct client *c)
{
    if (c->early.len == 0)
        return;
    buf_add(&c->early, buf_span(&c->typed));
    buf_clear(&c->typed);
    c->typed = c->early;
    buf_init(&c->early, INPUT_MAX);
}

void pump_run(struct client *c)
{
    int lines = TURN_LINES;
    struct span in;
    size_t before;

    if (c->state > CLIENT_OPEN)
        return;
    take_early(c);
    prompt_give_tell(c);
    prompt_give_paste(c);
    prompt_give_wake(c);
    show_impose(c);
    run_typed(c, &lines);
    in = buf_span(&c->input);
    before = in.len;
    run_telnet(c, &in, &lines);
    if (c->state > CLIENT_OPEN)
        return;
    buf_consume(&c->input, before - in.len);
    if (c->input.len == 0 && c->input.cap > 0)
        buf_clear(&c->input);
    after_run(c);
}

/* Nothing is held back: straight from the read buffer. */
static void run_fresh(struct client *c, struct span in)
{
    int lines = TURN_LINES;

    run_telnet(c, &in, &lines);
    if (c->state > CLIENT_OPEN)
        return;
    buf_add(&c->input, in);
    after_run(c);
}

static void take_input(struct client *c, struct span in)
{
    c->last_read = clients_now(c->all);
    if (c->input.len == 0 && c->typed.len == 0) {
        run_fresh(c, in);
        return;
    }
    buf_add(&c->input, in); /* reading stops long before it is full */
    pump_run(c);
}

static void read_some(struct client *c)
{
    char *to = c->all->read_buffer;
    ssize_t n = recv(c->reader.fd, to, c->transfer ? READ_MOST : READ_BYTES, 0);

    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    if (n > 0 && c->transfer)
        c->all->turn_bytes += (size_t)n;
    if (n <= 0)
        client_drop(c);
    else if (c->state <= CLIENT_OPEN)
        take_input(c, span_from(to, (size_t)n));
}

static void read_in_turn(struct client *c)
{
    c->is_unread = c->transfer && c->all->turn_bytes >= TURN_BYTES;
    if (c->is_unread)
        client_mark_ready(c);
    else
        read_some(c);
}

void pump_readable(struct ev_loop *loop, ev_io *w, int events)
{
    (void)loop;
    (void)events;
    read_in_turn(w->data);
}

void pump_read_on(struct client *c)
{
    if (c->is_unread && ev_is_active(&c->reader))
        read_in_turn(c);
}

void pump_escape(struct client *c)
{
    struct key key;

    bool is_key = keys_is_waiting(&c->keys) ? keys_timeout(&c->keys, &key)
                                            : keys_end_paste(&c->keys, &key);

    if (is_key && takes_keys(c))
        take_key(c, &key);
}
