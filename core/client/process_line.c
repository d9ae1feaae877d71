/* process_line.c -- a program on a caller's line: what it prints goes to the terminal, what is
 * typed to it, both in the other's character set, and otherwise as it is. */
#include <sys/ioctl.h>

#include "client/internal.h"
#include "client/lent.h"
#include "client/process_internal.h"

enum { DEAF_LOOKS = 5 }; /* seconds; a program that has read nothing for so long */

/* --- what it prints --- */

bool process_is_held_up(const struct process *p)
{
    return lent_is_held_up(p->c);
}

void process_show(struct process *p, struct span bytes)
{
    struct client *c = p->c;
    struct buf shown;
    struct buf wire;

    buf_init(&shown, BUF_LARGE);
    buf_init(&wire, BUF_LARGE);
    lent_convert(&shown, &p->out_half, bytes, p->charset, (enum charset)c->charset);
    if (telnet_has_answered(c->telnet)) {
        telnet_escape(&wire, buf_span(&shown));
        output_bytes(c, buf_span(&wire));
    } else {
        output_bytes(c, buf_span(&shown));
    }
    buf_clear(&shown);
    buf_clear(&wire);
}

void process_drained(struct client *c)
{
    if (c->process)
        process_read_on(c->process);
}

/* --- what is typed --- */

/* Enter is CR, whatever the terminal puts behind it. */
static void add_keys(struct process *p, struct buf *keys, struct span typed)
{
    for (size_t i = 0; i < typed.len; i++) {
        char byte = typed.data[i];

        if (!(p->after_cr && (byte == '\n' || byte == '\0')))
            buf_add_byte(keys, byte);
        p->after_cr = byte == '\r';
    }
}

static void type(struct process *p, struct span typed)
{
    struct buf keys;
    struct buf in;

    buf_init(&keys, BUF_LARGE);
    buf_init(&in, BUF_LARGE);
    add_keys(p, &keys, typed);
    lent_convert(&in, &p->key_half, buf_span(&keys), (enum charset)p->c->charset, p->charset);
    process_send(p, buf_span(&in));
    buf_clear(&keys);
    buf_clear(&in);
}

void process_key(struct client *c, const struct key *key)
{
    struct termios now;
    char byte = key->code == KEY_CTRL ? (char)(key->ch - '@') : 0x7F;

    if (key->code == KEY_BACKSPACE && c->process->has_socket)
        byte = '\b'; /* what doors have always been sent */
    else if (key->code == KEY_BACKSPACE && tcgetattr(c->process->terminal, &now) == 0)
        byte = (char)now.c_cc[VERASE];
    process_send(c->process, span_from(&byte, 1));
}

void process_resized(struct client *c)
{
    struct winsize size = {.ws_row = c->height, .ws_col = c->width};

    if (c->process && c->process->terminal >= 0)
        ioctl(c->process->terminal, TIOCSWINSZ, &size);
}

/* A program draws anew when its window changes: to another size and back. */
void process_repaint(struct client *c)
{
    struct winsize size = {.ws_row = c->height > 1 ? (unsigned short)(c->height - 1) : 2,
                           .ws_col = c->width};

    if (!c->process || c->process->terminal < 0)
        return;
    ioctl(c->process->terminal, TIOCSWINSZ, &size);
    process_resized(c);
}

/* --- the caller's terminal --- */

static bool is_first(const struct process *p, const struct termios *now)
{
    return now->c_lflag == p->first.c_lflag && now->c_oflag == p->first.c_oflag &&
           now->c_iflag == p->first.c_iflag;
}

/* What the program has changed already is its own affair. */
static void begin_terminal(struct process *p)
{
    struct termios now;

    process_resized(p->c);
    if (p->terminal < 0 || tcgetattr(p->terminal, &now) < 0 || !is_first(p, &now))
        return;
    now.c_oflag |= ONLCR;
    now.c_lflag |= prompt_echoes(p->c) ? ECHO : 0;
    tcsetattr(p->terminal, TCSANOW, &now);
}

static void show_first_output(struct process *p)
{
    if (p->out.len > 0)
        process_show(p, buf_span(&p->out));
    buf_clear(&p->out);
}

/* Keys wait for a program that does not read, and their line with them, whose end is behind
 * them: not for ever. */
void process_look(struct ev_loop *loop, ev_timer *w, int events)
{
    struct process *p = w->data;

    (void)events;
    if (!p->is_attached)
        ev_timer_stop(loop, w);
    else if (p->in.len >= PROCESS_KEYS_MAX && ++p->looked == DEAF_LOOKS)
        client_mark_ready(p->c);
}

int client_attach(struct client *c, struct process *p, struct err *e)
{
    if (!p->is_door && process_may_run(c, e) < 0)
        return -1;
    if (p->c != c && !p->is_over)
        return err_set(e, "it is another caller's program");
    lent_begin(c);
    c->process = p;
    p->is_attached = true;
    p->c = c;
    if (!p->is_over)
        ev_timer_again(c->all->config.loop, &p->looks);
    begin_terminal(p);
    show_first_output(p);
    if (!p->is_over)
        process_read_on(p);
    client_mark_ready(c); /* what was typed before; it may be over already */
    return 0;
}

bool client_has_process(const struct client *c)
{
    return c->process != NULL;
}

void process_detach(struct client *c)
{
    struct process *p = c->process;

    if (!p)
        return;
    c->process = NULL;
    p->is_attached = false;
    if (p->is_over)
        p->c = NULL;
    lent_end(c);
}

static void end_attached(struct client *c)
{
    struct answer answer = {.kind = ANSWER_PROCESS};

    process_detach(c);
    client_typed(c);
    c->all->config.hooks.answer(c->all->config.hooks.arg, c, &answer);
}

/* A byte may become three. */
void process_take(struct client *c, struct span *in)
{
    struct process *p = c->process;

    if (in->len > 0)
        client_typed(c);
    while (in->len > 0 && !p->is_over && p->in.len < PROCESS_KEYS_MAX)
        type(p, span_take(in, PROCESS_KEYS_MAX));
    if (in->len > 0 && p->looked >= DEAF_LOOKS) {
        *in = SPAN_LIT("");
        output_bytes(c, SPAN_LIT("\a")); /* not taken, and told so */
    }
    if (p->is_over)
        end_attached(c);
}
