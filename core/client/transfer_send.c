/* transfer_send.c -- a download: the protocol is given the files' bytes as fast as the line
 * takes them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/size.h"
#include "client/internal.h"
#include "client/transfer.h"

/* --- the files, before anything is sent --- */

static void tell_what_comes(struct transfer *t)
{
    struct buf text;
    int64_t bytes = 0;
    unsigned count = 0;

    for (unsigned i = 0; i < t->count; i++) {
        if (*t->items[i].result.reason)
            continue;
        bytes += t->items[i].size;
        count++;
    }
    if (count == 0)
        return;
    buf_init(&text, 1000);
    buf_printf(&text, "|07Sending |15%u file%s|07, |15", count, count == 1 ? "" : "s");
    size_add(&text, (double)bytes);
    buf_printf(&text, "|07, by %s. ", transfer_protocol_name(t->protocol));
    if (t->protocol == TRANSFER_ZMODEM)
        buf_add_text(&text, "Your terminal should begin by itself.\n"
                            "|08If it does not, begin a ZModem or YModem\n"
                            "download there. ");
    else
        buf_add_text(&text, "\nBegin the download in your terminal now.\n|08");
    buf_add_text(&text, TRANSFER_WAYS_BACK);
    output_piped(t->c, buf_span(&text));
    buf_clear(&text);
}

static void look_at_next(struct transfer *t);

static void looked_at(struct transfer *t, struct disk_job *j)
{
    struct transfer_item *item = transfer_item(t);

    item->size = j->size;
    item->modified = j->modified;
    if (j->has_failed)
        snprintf(item->result.reason, sizeof(item->result.reason), "%.150s", j->error.text);
    else if (j->size >= TRANSFER_SIZE_MAX)
        snprintf(item->result.reason, sizeof(item->result.reason),
                 "it has 4 GiB or more, which %s can't send",
                 transfer_protocol_name(t->protocol));
    else if (t->protocol == TRANSFER_XMODEM && t->at > 0)
        snprintf(item->result.reason, sizeof(item->result.reason),
                 "XModem sends one file at a time");
    t->at++;
    look_at_next(t);
}

/* One after the other, so that what can't be sent is known before the rest is. */
static void look_at_next(struct transfer *t)
{
    struct disk_job *j;

    if (t->at < t->count) {
        j = disk_job_new(t, disk_open, looked_at);
        place_copy(&j->place, &transfer_item(t)->place);
        transfer_job(t, j);
        return;
    }
    t->at = 0;
    t->is_prepared = true;
    tell_what_comes(t);
    transfer_ready(t);
}

void transfer_send_begin(struct transfer *t)
{
    t->chunk = mem_alloc(TRANSFER_GIVE_MAX);
    look_at_next(t);
}

void transfer_send_open(struct transfer *t)
{
    struct transfer_options options = transfer_options(t);

    options.is_large = t->c->is_cterm;
    for (unsigned i = 0; i < t->count; i++)
        t->left += *t->items[i].result.reason == '\0';
    if (t->left == 0) {
        t->is_over = true;
        return;
    }
    t->sender = sender_new(&options, transfer_now(t));
}

/* --- one file --- */

static void opened(struct transfer *t, struct disk_job *j)
{
    struct transfer_item *item = transfer_item(t);
    struct transfer_file f = {.name = span_of(item->result.name)};

    if (t->is_over)
        return; /* the peer has ended all of it meanwhile */
    if (j->has_failed) {
        transfer_end_item(t, false, j->error.text);
        t->at++;
        t->wants_file = true;
        transfer_ready(t);
        return;
    }
    t->file = disk_file_new(j->fd);
    j->fd = -1;
    item->size = f.size = j->size < TRANSFER_SIZE_MAX ? j->size : item->size;
    f.modified = j->modified;
    f.files_left = t->left;
    for (unsigned i = t->at; i < t->count; i++)
        f.bytes_left += *t->items[i].result.reason ? 0 : t->items[i].size;
    sender_offer(t->sender, &f, transfer_now(t));
    transfer_ready(t);
}

static void offer_next(struct transfer *t)
{
    struct disk_job *j;

    t->wants_file = false;
    while (t->at < t->count && *transfer_item(t)->result.reason)
        t->at++;
    if (t->at == t->count) {
        sender_finish(t->sender, transfer_now(t));
        return;
    }
    t->has_item = true;
    j = disk_job_new(t, disk_open, opened);
    place_copy(&j->place, &transfer_item(t)->place);
    transfer_job(t, j);
}

static void end_file(struct transfer *t, bool ok)
{
    if (t->ahead)
        disk_job_free(t->ahead);
    t->ahead = NULL;
    t->want_size = 0;
    if (ok) {
        transfer_item(t)->result.bytes = transfer_item(t)->size;
        log_info("transfer event=sent node=%u name=%s bytes=%lld", client_id(t->c),
                 log_quote(span_of(transfer_item(t)->result.name)),
                 (long long)transfer_item(t)->size);
    }
    transfer_end_item(t, ok, ok ? "" : "the other side does not want it");
    t->at++;
    t->left--;
}

/* --- its bytes --- */

static void abort_all(struct transfer *t, const char *why)
{
    sender_abort(t->sender, why);
}

static void give(struct transfer *t, struct span data)
{
    int64_t offset = t->want_offset;

    t->want_size = 0;
    transfer_item(t)->result.bytes = offset + (int64_t)data.len;
    transfer_count(t, data.len);
    sender_give(t->sender, offset, data, transfer_now(t));
}

static bool give_from_ahead(struct transfer *t)
{
    const struct disk_job *j = t->ahead;
    int64_t from = j ? t->want_offset - j->offset : 0;
    int64_t n;

    if (!j || from < 0 || from >= (int64_t)j->len)
        return false;
    n = (int64_t)j->len - from;
    give(t, span_from(j->data + from, (size_t)(n < t->want_size ? n : t->want_size)));
    return true;
}

static void has_read(struct transfer *t, struct disk_job *j)
{
    t->is_reading = false;
    if (j->file != t->file)
        return; /* of another file: the peer has skipped it */
    if (j->has_failed)
        abort_all(t, j->error.text);
    else if (j->len == 0)
        abort_all(t, "the file has become shorter");
    if (t->ahead)
        disk_job_free(t->ahead);
    t->ahead = j->len > 0 ? j : NULL;
    transfer_ready(t);
}

static void read_ahead(struct transfer *t)
{
    struct disk_job *j = disk_job_new(t, disk_read, has_read);

    j->file = disk_file_ref(t->file);
    j->offset = t->want_offset;
    j->len = TRANSFER_PIECE;
    t->is_reading = true;
    transfer_job(t, j);
}

static void supply(struct transfer *t)
{
    ssize_t n;

    if (give_from_ahead(t) || t->is_reading)
        return;
    n = disk_read_now(t->file, t->chunk, (size_t)t->want_size, t->want_offset);
    if (n > 0)
        give(t, span_from(t->chunk, (size_t)n));
    else if (n == 0)
        abort_all(t, "the file has become shorter");
    else
        read_ahead(t);
}

static void summed(struct transfer *t, struct disk_job *j)
{
    if (j->has_failed)
        abort_all(t, j->error.text);
    else
        sender_give_crc(t->sender, j->crc, transfer_now(t));
    transfer_ready(t);
}

static void sum(struct transfer *t, int64_t size)
{
    struct disk_job *j = disk_job_new(t, disk_sum, summed);

    j->file = disk_file_ref(t->file);
    j->size = size;
    transfer_job(t, j);
}

/* --- what the protocol says --- */

static void take_event(struct transfer *t, const struct transfer_event *ev)
{
    switch (ev->type) {
    case TRANSFER_WANT_FILE:
        t->wants_file = true;
        break;
    case TRANSFER_WANT_CRC:
        sum(t, ev->size);
        break;
    case TRANSFER_BEGUN:
        transfer_item(t)->began = clients_now(t->c->all);
        transfer_item(t)->result.resumed = transfer_item(t)->result.bytes = ev->offset;
        break;
    case TRANSFER_WANT_DATA:
        t->want_offset = ev->offset;
        t->want_size = ev->size;
        break;
    case TRANSFER_SENT:
    case TRANSFER_SKIPPED:
        end_file(t, ev->type == TRANSFER_SENT);
        break;
    case TRANSFER_FAILED:
        snprintf(t->why, sizeof(t->why), "%.*s", SPAN_ARG(ev->data));
        t->is_over = true;
        break;
    default:
        t->is_over = true;
    }
}

static bool has_room(struct transfer *t)
{
    return !transfer_is_ahead(t) && t->c->out.bytes + t->out.len < TRANSFER_QUEUE;
}

/* Until the line is full, or a thread has to bring something. */
void transfer_send_run(struct transfer *t, struct span *in)
{
    struct transfer_event ev;

    while (!t->is_over) {
        if (t->wants_file)
            offer_next(t);
        if (t->want_size > 0 && has_room(t))
            supply(t);
        if (!sender_next(t->sender, in, transfer_now(t), &ev))
            break;
        take_event(t, &ev);
    }
}
