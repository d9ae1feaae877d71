#include "server/tested.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ev.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "server/listener.h"
#include "store/accounts.h"

enum { HANDLERS_MOST = 10000, LINE_ROOM = 1024 }; /* no line of a list is longer */

/* A call that was begun here. */
struct tested_call {
    struct client *client; /* held; NULL: it is over */
    char *keyword;         /* where it begins; "": at root, as any call */
    struct account account;
};

struct tested {
    struct tested_config config;
    ev_io io;
    struct tested_call calls[TESTED_CALLS]; /* by their numbers, which the tester chooses */
    struct buf shown;                       /* paths of the screens' files, a line each */
};

/* --- calls --- */

static void end_call(struct tested_call *call)
{
    if (call->client)
        client_release(call->client);
    call->client = NULL;
    mem_free(call->keyword);
    call->keyword = NULL;
}

/* "call NUMBER ADDRESS KEYWORD ID LEVEL HIDDEN HANDLE<TAB>NICK NAME"; ID 0: a guest's; KEYWORD
 * "-": root. */
static struct tested_call *read_call(struct tested *t, struct span request,
                                     struct sockaddr_in *address)
{
    char line[512], from[64], keyword[256];
    struct account a = {0};
    struct tested_call *call;
    unsigned number;
    int hidden;
    int at = 0;

    snprintf(line, sizeof(line), "%.*s", SPAN_ARG(request));
    *address = (struct sockaddr_in){.sin_family = AF_INET};
    if (sscanf(line, "call %u %63s %255s %" SCNd64 " %d %d %20[^\t]\t%n", &number, from,
               keyword, &a.id, &a.level, &hidden, a.handle, &at) < 7 ||
        number >= TESTED_CALLS || inet_pton(AF_INET, from, &address->sin_addr) != 1)
        return NULL;
    a.hidden = hidden;
    snprintf(a.nick_name, sizeof(a.nick_name), "%s", line + at);
    call = &t->calls[number];
    end_call(call);
    call->account = a;
    call->keyword = mem_strdup(strcmp(keyword, "-") == 0 ? "" : keyword);
    return call;
}

/* Whom the screen would refuse is at no screen yet to be told so. */
static bool may_begin(const struct tested *t, const struct tested_call *call,
                      struct buf *answer)
{
    const struct screen *s = NULL;

    if (!call) {
        buf_add_text(answer, "no dial: a wrong address");
        return false;
    }
    if (call->keyword[0])
        s = library_find(t->config.library, span_of(call->keyword), FOR_ANSI, 80);
    if (call->keyword[0] && !s)
        buf_printf(answer, "no dial: there is no screen '%s'", call->keyword);
    else if (s && (unsigned)call->account.level < s->level)
        buf_printf(answer, "no dial: '%s' is for level %u and above, and %s has %d",
                   call->keyword, s->level, call->account.handle, call->account.level);
    return answer->len == 0;
}

static void begin_call(struct tested *t, struct span request, int line, struct buf *answer)
{
    struct sockaddr_in address;
    struct tested_call *call = line < 0 ? NULL : read_call(t, request, &address);

    if (!may_begin(t, call, answer)) {
        if (line >= 0)
            close(line);
        return;
    }
    call->client = listeners_admit(t->config.listeners, line, (struct sockaddr *)&address);
    if (call->client)
        client_hold(call->client); /* else its address is refused, and the call is over */
    buf_add_text(answer, "ok");
}

void tested_begin(struct tested *t, struct client *c)
{
    const struct tested_call *call = NULL;
    const struct account *a;

    for (unsigned i = 0; i < TESTED_CALLS; i++) {
        if (t->calls[i].client == c)
            call = &t->calls[i];
    }
    if (!call)
        return;
    a = &call->account;
    if (a->id)
        client_log_in(c, a->id, a->handle, a->nick_name, (unsigned)a->level, a->hidden);
    if (call->keyword[0])
        client_enter(c, span_of(call->keyword));
    else if (a->id && library_has(t->config.library, SPAN_LIT("menu")))
        client_enter(c, SPAN_LIT("menu")); /* where logging in leads, on most boards */
}

static struct tested_call *find_call(struct tested *t, struct span number)
{
    unsigned long n = strtoul(number.data, NULL, 10);
    struct tested_call *call = n < TESTED_CALLS ? &t->calls[n] : NULL;

    if (call && call->client && !client_is_open(call->client))
        end_call(call);
    return call && call->client ? call : NULL;
}

/* --- what is asked --- */

static void tell_state(struct tested *t, struct span number, struct buf *answer)
{
    struct tested_call *call = find_call(t, number);
    const struct client *c = call ? call->client : NULL;

    if (!c)
        buf_add_text(answer, "ok gone");
    else
        buf_printf(answer, "ok %s %u %u %s",
                   client_is_settled(c) || bridge_sleeps(t->config.bridge, c) ? "settled"
                                                                              : "busy",
                   client_id(c), client_level(c), client_keyword(c));
}

static void add_keys(const struct op *op, struct buf *answer)
{
    if (op->code != OP_GO && op->code != OP_ITEM)
        return;
    for (unsigned i = 0; i < op->arg_count; i++) {
        if (op->args[i].value.type == VALUE_TEXT)
            buf_printf(answer, "%.*s\n", SPAN_ARG(op->args[i].value.text));
    }
}

/* Keys that lead somewhere from the screen a caller is at, a line each. */
static void tell_keys(struct tested *t, struct span number, struct buf *answer)
{
    struct tested_call *call = find_call(t, number);
    const struct screen *s = call ? client_screen(call->client) : NULL;

    buf_add_text(answer, "ok ");
    for (unsigned i = 0; s && i < s->count; i++)
        add_keys(&s->ops[i], answer);
}

void tested_shows(struct tested *t, const struct screen *s)
{
    for (unsigned i = 0; i < s->source_count; i++) {
        if (!span_has_line(buf_span(&t->shown), span_of(s->sources[i]->file)))
            buf_printf(&t->shown, "%s\n", s->sources[i]->file);
    }
}

struct listing {
    struct tested *tested;
    struct buf *answer;
};

static void add_screen(void *arg, const char *file)
{
    const struct listing *l = arg;

    buf_printf(l->answer, "%c %s\n",
               span_has_line(buf_span(&l->tested->shown), span_of(file)) ? '+' : '-', file);
}

static void add_handler(void *arg, const char *name)
{
    buf_printf(((const struct listing *)arg)->answer, "- %s\n", name);
}

/* All that there is, and once more, with a '+', all that has been used. */
static void tell_visited(struct tested *t, struct buf *answer)
{
    struct listing listing = {t, answer};
    struct handler_figures *used = mem_alloc(HANDLERS_MOST * sizeof(*used));
    unsigned n = bridge_dearest(t->config.bridge, used, HANDLERS_MOST);

    buf_add_text(answer, "ok ");
    library_each_file(t->config.library, add_screen, &listing);
    bridge_each_handler(t->config.bridge, false, add_handler, &listing);
    for (unsigned i = 0; i < n; i++)
        buf_printf(answer, "+ %s\n", used[i].name);
    mem_free(used);
}

static void reload(struct tested *t, struct buf *answer)
{
    struct err e;

    if (t->config.reload(t->config.arg, &e) < 0)
        buf_printf(answer, "no %s", e.text);
    else
        buf_add_text(answer, "ok");
}

static void answer_request(struct tested *t, struct span request, int line, struct buf *answer)
{
    if (span_starts_with(request, "call ")) {
        begin_call(t, request, line, answer);
        return;
    }
    if (line >= 0)
        close(line);
    if (span_starts_with(request, "state ")) {
        span_take(&request, 6);
        tell_state(t, request, answer);
    } else if (span_starts_with(request, "keys ")) {
        span_take(&request, 5);
        tell_keys(t, request, answer);
    } else if (span_starts_with(request, "pass ")) {
        clock_move(strtod(request.data + 5, NULL));
        ev_now_update(t->config.loop);
        buf_add_text(answer, "ok");
    } else if (span_starts_with(request, "clock ")) {
        clock_set(strtoll(request.data + 6, NULL, 10));
        ev_now_update(t->config.loop);
        buf_add_text(answer, "ok");
    } else if (span_is(request, "reload")) {
        reload(t, answer);
    } else if (span_is(request, "visited")) {
        tell_visited(t, answer);
    } else {
        buf_printf(answer, "no there is no request '%.*s'", SPAN_ARG(request));
    }
}

/* --- the channel --- */

/* The descriptor that came with it; -1: none. */
static int take_line(const struct msghdr *message)
{
    struct cmsghdr *c = CMSG_FIRSTHDR(message);
    int line = -1;

    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
        memcpy(&line, CMSG_DATA(c), sizeof(line));
    return line;
}

static void on_request(struct ev_loop *loop, ev_io *w, int events)
{
    struct tested *t = w->data;
    char packet[4096];
    char rights[CMSG_SPACE(sizeof(int))];
    struct iovec iov = {packet, sizeof(packet) - 1};
    struct msghdr message = {.msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_control = rights,
                             .msg_controllen = sizeof(rights)};
    ssize_t n = recvmsg(w->fd, &message, MSG_CMSG_CLOEXEC);
    struct buf answer;

    (void)events;
    if (n <= 0) {
        if (n == 0 || (errno != EAGAIN && errno != EINTR))
            ev_io_stop(loop, w); /* who tested is gone */
        return;
    }
    packet[n] = '\0';
    buf_init(&answer, TESTED_PACKET);
    answer_request(t, span_from(packet, (size_t)n), take_line(&message), &answer);
    if (answer.len > TESTED_PACKET - LINE_ROOM) {
        buf_reset(&answer);
        buf_printf(&answer, "no the answer is longer than %d bytes", TESTED_PACKET);
    }
    send(w->fd, answer.data, answer.len, MSG_NOSIGNAL);
    buf_clear(&answer);
}

struct tested *tested_new(const struct tested_config *config)
{
    struct tested *t = mem_zalloc(sizeof(*t));

    t->config = *config;
    buf_init(&t->shown, BUF_LARGE);
    ev_io_init(&t->io, on_request, config->channel, EV_READ);
    t->io.data = t;
    ev_io_start(config->loop, &t->io);
    return t;
}

void tested_free(struct tested *t)
{
    if (!t)
        return;
    for (unsigned i = 0; i < TESTED_CALLS; i++)
        end_call(&t->calls[i]);
    ev_io_stop(t->config.loop, &t->io);
    close(t->config.channel);
    buf_clear(&t->shown);
    mem_free(t);
}
