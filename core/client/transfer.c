#include "client/transfer.h"

#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "client/internal.h"

/* --- work on threads --- */

int64_t transfer_now(const struct transfer *t)
{
    return (int64_t)(clients_now(t->c->all) * 1000);
}

static void free_transfer(struct transfer *t)
{
    if (t->ahead)
        disk_job_free(t->ahead);
    sender_free(t->sender);
    receiver_free(t->receiver);
    disk_file_unref(t->file);
    transfer_receive_clear(t);
    for (unsigned i = 0; i < t->count; i++) {
        place_clear(&t->items[i].place);
        mem_free(t->items[i].result.name);
    }
    mem_free(t->items);
    mem_free(t->chunk);
    buf_clear(&t->out);
    mem_free(t);
}

/* The caller goes on, or is gone, and no job is under way. */
static void end_unseen(struct transfer *t)
{
    if (t->is_sending || !transfer_receive_sweep(t))
        free_transfer(t);
}

static void work(struct job *job, void *context)
{
    struct disk_job *j = (struct disk_job *)job;

    (void)context;
    j->work(j);
}

static void done(struct job *job)
{
    struct disk_job *j = (struct disk_job *)job;
    struct transfer *t = j->transfer;

    t->jobs--;
    if (t->c) {
        j->then(t, j);
        if (t->ahead != j)
            disk_job_free(j);
        return;
    }
    disk_job_free(j);
    if (t->jobs == 0)
        end_unseen(t);
}

void transfer_job(struct transfer *t, struct disk_job *j)
{
    t->jobs++;
    j->job.run = work;
    j->job.done = done;
    worker_add(t->all->config.disks, &j->job);
}

/* --- items --- */

struct transfer_item *transfer_item(struct transfer *t)
{
    return &t->items[t->at];
}

void transfer_end_item(struct transfer *t, bool ok, const char *reason)
{
    struct transfer_item *item = transfer_item(t);

    item->result.ok = ok;
    snprintf(item->result.reason, sizeof(item->result.reason), "%s", reason);
    if (item->began > 0)
        item->result.seconds = clients_now(t->all) - item->began;
    t->has_item = false;
    disk_file_unref(t->file);
    t->file = NULL;
}

void transfer_fail(struct transfer *t, const char *why)
{
    if (*t->why == '\0')
        snprintf(t->why, sizeof(t->why), "%s", why);
    t->is_over = true;
}

void transfer_ready(struct transfer *t)
{
    client_mark_ready(t->c);
}

/* --- the line --- */

/* Where telnet may change control characters on their way, they are escaped. */
struct transfer_options transfer_options(struct transfer *t)
{
    const struct telnet *telnet = t->c->telnet;
    bool is_telnet = telnet_has_answered(telnet);
    bool is_clean = !is_telnet ||
                    telnet_is_on(telnet, t->is_sending ? TELNET_US : TELNET_HIM, TELNET_BINARY);

    return (struct transfer_options){.protocol = t->protocol,
                                     .out = &t->out,
                                     .is_telnet = is_telnet,
                                     .is_clean = is_clean,
                                     .errors = &t->errors,
                                     .patience_ms = TRANSFER_PATIENCE_MS};
}

void transfer_count(struct transfer *t, size_t bytes)
{
    if (t->moved == 0)
        t->moving_since = transfer_now(t);
    t->moved += (int64_t)bytes;
}

/* A rate holds from the first byte on; a second's worth may come at once. */
bool transfer_is_ahead(struct transfer *t)
{
    int64_t due;

    t->go_on_at = 0;
    if (t->rate == 0 || t->moved <= t->rate)
        return false;
    due = t->moving_since + (t->moved - t->rate) * 1000 / t->rate;
    t->go_on_at = due > transfer_now(t) ? due : 0;
    return t->go_on_at > 0;
}

enum transfer_protocol transfer_protocol(const struct transfer *t)
{
    return t->sender ? sender_protocol(t->sender) : t->protocol;
}

/* What waits unsent in the kernel is stale after an error, too: half of the queue may. */
static void bound_socket(const struct client *c)
{
    int bytes = TRANSFER_QUEUE / 2;

    setsockopt(c->writer.fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof(bytes));
}

static struct transfer *transfer_new(struct client *c, unsigned count,
                                     enum transfer_protocol protocol)
{
    struct transfer *t = mem_zalloc(sizeof(*t));

    t->c = c;
    t->all = c->all;
    t->user = client_user(c);
    t->items = mem_zalloc((count + 1) * sizeof(*t->items));
    t->count = count;
    t->protocol = protocol;
    buf_init(&t->out, 8 * TRANSFER_QUEUE);
    t->rate = (int64_t)c->all->config.settings->file_rate_kb * 1024;
    c->transfer = t;
    bound_socket(c);
    return t;
}

static void write_out(struct transfer *t)
{
    if (t->out.len > 0)
        output_bytes(t->c, buf_span(&t->out));
    buf_reset(&t->out);
}

/* It has no caller any more; jobs that are under way, and what asks for its results, keep it a
 * while. */
static void let_go(struct transfer *t)
{
    t->c->transfer = NULL;
    t->c->ended = t;
    t->c = NULL;
    t->jobs++;
}

void transfer_forget(struct client *c)
{
    struct transfer *t = c->ended;

    c->ended = NULL;
    if (t && --t->jobs == 0)
        end_unseen(t);
}

/* The terminal may have left something of the protocol, or a window of its own. */
static void end_line(struct client *c)
{
    output_bytes(c, c->ansi ? SPAN_LIT("\r\033[K") : SPAN_LIT("\r\n"));
    if (c->form)
        form_cleared(c);
}

/* Binary mode is asked for where it is off, though it may have been refused before. */
static void ask_binary(struct transfer *t)
{
    struct telnet *telnet = t->c->telnet;

    for (enum telnet_side side = TELNET_US; side <= TELNET_HIM; side++) {
        t->asked[side] =
            telnet_has_answered(telnet) && !telnet_is_on(telnet, side, TELNET_BINARY);
        if (t->asked[side])
            telnet_ask_again(telnet, side, TELNET_BINARY);
    }
    output_replies(t->c);
}

static void give_binary_back(struct transfer *t)
{
    for (enum telnet_side side = TELNET_US; side <= TELNET_HIM; side++)
        if (t->asked[side])
            telnet_ask(t->c->telnet, side, TELNET_BINARY, false);
    output_replies(t->c);
}

static void finish(struct transfer *t)
{
    struct client *c = t->c;
    struct answer answer = {.kind = ANSWER_TRANSFER};

    if (t->has_item)
        transfer_end_item(t, false, *t->why ? t->why : "it was not finished");
    for (unsigned i = 0; *t->why && i < t->count; i++) {
        struct transfer_result *r = &t->items[i].result;

        if (!r->ok && *r->reason == '\0')
            snprintf(r->reason, sizeof(r->reason), "%s", t->why);
    }
    answer.text = span_of(t->why);
    answer.results = mem_zalloc((t->count + 1) * sizeof(*answer.results));
    answer.result_count = t->count;
    for (unsigned i = 0; i < t->count; i++)
        answer.results[i] = &t->items[i].result;
    t->jobs++; /* it is there until the answer has been taken */
    c->transfer = NULL;
    c->last_input = clients_now(c->all);
    end_line(c); /* its CR goes out as it is */
    give_binary_back(t);
    log_info("transfer event=end node=%u files=%u why=%s", client_id(c), t->count,
             log_quote(span_of(t->why)));
    c->all->config.hooks.answer(c->all->config.hooks.arg, c, &answer);
    mem_free(answer.results);
    t->c = NULL;
    if (--t->jobs == 0)
        end_unseen(t);
}

static int64_t begin_due(const struct transfer *t)
{
    const struct telnet *telnet = t->c->telnet;
    bool is_asked = telnet_is_asked(telnet, TELNET_US, TELNET_BINARY) ||
                    telnet_is_asked(telnet, TELNET_HIM, TELNET_BINARY);

    return is_asked ? t->begin_most : t->begin_at;
}

/* All that is written is out, it has been quiet for a moment, and telnet is asked. */
static void begin_protocol(struct transfer *t)
{
    if (t->begin_at == 0 && outq_is_empty(&t->c->out)) {
        t->begin_at = transfer_now(t) + TRANSFER_QUIET_MS;
        t->begin_most = transfer_now(t) + TRANSFER_BINARY_MS;
        ask_binary(t);
        client_rearm(t->c);
    }
    if (t->begin_at == 0 || transfer_now(t) < begin_due(t))
        return;
    t->begin_at = 0;
    if (t->protocol != TRANSFER_ZMODEM && !transfer_options(t).is_clean) {
        transfer_fail(t,
                      "your terminal refuses telnet's binary mode, which this protocol needs");
        return;
    }
    if (t->is_sending)
        transfer_send_open(t);
    else
        transfer_receive_open(t);
}

/* The other side of a transfer that has failed may still be sending, and its terminal takes a
 * while to show its screen again. */
static bool is_silent(struct transfer *t, struct span *in)
{
    int64_t now = transfer_now(t);

    if (*t->why == '\0' || (!t->sender && !t->receiver))
        return true;
    if (t->end_at == 0)
        t->end_most = now + TRANSFER_SILENCE_MAX_MS;
    if (t->end_at == 0 || in->len > 0)
        t->end_at = now + TRANSFER_SILENCE_MS;
    *in = SPAN_LIT("");
    return now >= t->end_at || now >= t->end_most;
}

/* Ctrl-C, by somebody whose terminal does not begin. Protocols begin with others. */
static bool is_way_back(struct transfer *t, struct span in)
{
    for (size_t i = 0; i < in.len && !t->is_met; i++) {
        if (in.data[i] == 'C' - '@')
            return t->sender || t->receiver;
        t->is_met = in.data[i] == '*' || (uint8_t)in.data[i] < ' ';
    }
    return false;
}

static void go_back(struct transfer *t)
{
    if (t->sender)
        sender_abort(t->sender, "the terminal did not begin");
    else
        receiver_abort(t->receiver, "the terminal did not begin");
}

void transfer_take(struct client *c, struct span *in)
{
    struct transfer *t = c->transfer;

    if (!t->sender && !t->receiver && t->is_prepared && !t->is_over)
        begin_protocol(t);
    if (is_way_back(t, *in))
        go_back(t);
    if (t->sender && !t->is_over) /* what the peer has said too early, too */
        transfer_send_run(t, in);
    else if (t->receiver && !t->is_over)
        transfer_receive_run(t, in);
    write_out(t);
    if (t->is_over && is_silent(t, in))
        finish(t);
    else
        client_rearm(c);
}

double transfer_due_at(const struct client *c)
{
    const struct transfer *t = c->transfer;
    int64_t at = TRANSFER_NEVER;

    if (!t)
        return 0;
    if (t->end_at > 0)
        at = t->end_at < t->end_most ? t->end_at : t->end_most;
    else if (t->begin_at > 0)
        at = begin_due(t);
    else if (t->sender)
        at = sender_deadline(t->sender);
    else if (t->receiver)
        at = receiver_deadline(t->receiver);
    if (t->go_on_at > 0 && t->end_at == 0)
        at = t->go_on_at;
    return at == TRANSFER_NEVER ? 0 : (double)at / 1000;
}

void transfer_option(struct client *c)
{
    if (c->transfer)
        client_rearm(c);
}

void transfer_timeout(struct client *c)
{
    struct transfer *t = c->transfer;

    if (t->sender && !transfer_is_ahead(t))
        sender_timeout(t->sender, transfer_now(t));
    if (t->receiver && !transfer_is_ahead(t))
        receiver_timeout(t->receiver, transfer_now(t));
    transfer_ready(t);
}

void transfer_stop(struct client *c, const char *why)
{
    struct transfer *t = c->transfer;

    if (!t)
        return;
    if (t->sender)
        sender_abort(t->sender, why);
    if (t->receiver) {
        receiver_abort(t->receiver, why);
        transfer_receive_keep(t);
    }
    if (client_is_open(c)) {
        write_out(t);
        give_binary_back(t);
    }
    if (t->has_item)
        transfer_end_item(t, false, why);
    transfer_forget(c);
    log_info("transfer event=stop node=%u why=%s", client_id(c), log_quote(span_of(why)));
    let_go(t);
}

/* --- what handlers begin --- */

void client_send_files(struct client *c, const struct send_file *files, unsigned count,
                       enum transfer_protocol protocol)
{
    struct transfer *t = transfer_new(c, count, protocol);

    prompt_keep_line(c);
    output_fresh_line(c);
    t->is_sending = true;
    for (unsigned i = 0; i < count; i++) {
        t->items[i].place = files[i].place;
        t->items[i].result.name = files[i].name;
    }
    transfer_send_begin(t);
}

void client_receive_files(struct client *c, const struct receive_options *options)
{
    struct transfer *t = transfer_new(c, 0, options->protocol);

    prompt_keep_line(c);
    output_fresh_line(c);
    t->receive = *options;
    transfer_receive_begin(t);
}

const struct transfer_result *client_ended_result(const struct client *c, unsigned i)
{
    return c->ended && i < c->ended->count ? &c->ended->items[i].result : NULL;
}

const char *client_files(const struct client *c)
{
    return c->all->config.files;
}

bool client_transfer_progress(const struct client *c, struct transfer_progress *out)
{
    const struct transfer *t = c->transfer;

    if (!t)
        return false;
    *out = (struct transfer_progress){.is_sending = t->is_sending,
                                      .count = t->count,
                                      .errors = t->errors,
                                      .protocol = transfer_protocol_name(transfer_protocol(t))};
    out->at = t->at < t->count ? t->at + 1 : t->count;
    if (t->has_item) {
        const struct transfer_item *item = &t->items[t->at];
        double seconds = clients_now(c->all) - item->began;

        out->name = item->result.name;
        out->size = item->size;
        out->bytes = item->result.bytes;
        out->rate = item->began > 0 && seconds > 0
                        ? (double)(item->result.bytes - item->result.resumed) / seconds
                        : 0;
    }
    return true;
}
