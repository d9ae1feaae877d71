/* transfer_receive.c -- an upload: what comes is written under a name of its own, which the
 * next try goes on with, and gets the name that it is to have when it is whole. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/size.h"
#include "client/folder.h"
#include "client/internal.h"
#include "client/name.h"
#include "client/transfer.h"
#include "proto/crc.h"

enum {
    KEEP_FREE = 16 << 20,   /* bytes of the disk that no upload takes */
    REFUSALS_MOST = 100,    /* files in a row that are not wanted */
    FILES_MOST = 10000,     /* of one upload */
    SPARE = 16384,          /* what may come in the turn in which a piece is full */
    PIECE = 262143 - SPARE, /* bytes that are written at once, so that a buffer is of 256 KiB */
};

static struct disk_job *new_job(struct transfer *t, void (*work)(struct disk_job *j),
                                void (*then)(struct transfer *t, struct disk_job *j))
{
    struct disk_job *j = disk_job_new(t, work, then);

    if (t->folder)
        j->folder = disk_file_ref(t->folder);
    if (t->file)
        j->file = disk_file_ref(t->file);
    j->part = mem_strdup(t->part);
    j->overwrites = t->receive.overwrites;
    return j;
}

static void nothing(struct transfer *t, struct disk_job *j)
{
    (void)t;
    (void)j;
}

/* --- the folder, before anything comes --- */

static void tell_what_to_do(struct transfer *t)
{
    struct buf text;

    buf_init(&text, 1000);
    buf_printf(&text,
               "|07Begin the upload in your terminal now,\nby %s. |08" TRANSFER_WAYS_BACK,
               transfer_protocol_name(t->protocol));
    output_piped(t->c, buf_span(&text));
    buf_clear(&text);
}

static void has_folder(struct transfer *t, struct disk_job *j)
{
    if (j->has_failed) {
        transfer_fail(t, j->error.text);
        transfer_ready(t);
        return;
    }
    t->folder = disk_file_new(j->fd);
    j->fd = -1;
    t->free_bytes = j->size > KEEP_FREE ? j->size - KEEP_FREE : 0;
    tell_what_to_do(t);
    t->is_prepared = true;
    transfer_ready(t);
}

void transfer_receive_begin(struct transfer *t)
{
    struct disk_job *j = disk_job_new(t, disk_open_folder, has_folder);
    int64_t days = t->all->config.settings->part_days;

    buf_init(&t->fill, PIECE + SPARE);
    buf_init(&t->writing, PIECE + SPARE);
    place_copy(&j->place, &t->receive.folder);
    j->modified = ((int64_t)time(NULL) - days * 86400) * 1000000000;
    transfer_job(t, j);
}

void transfer_receive_open(struct transfer *t)
{
    struct transfer_options options = transfer_options(t);

    options.escapes_all = !options.is_clean;
    options.free_bytes = t->free_bytes;
    t->receiver = receiver_new(&options, transfer_now(t));
}

/* --- a file is offered --- */

static void add_item(struct transfer *t, const char *name, const struct transfer_file *f)
{
    struct transfer_item *item;

    t->items = mem_realloc(t->items, (t->count + 1) * sizeof(*t->items));
    t->at = t->count++;
    item = transfer_item(t);
    *item = (struct transfer_item){.size = f->size, .modified = f->modified};
    item->result.name = mem_strdup(name);
    t->has_item = true;
}

static void refuse(struct transfer *t, const char *why)
{
    if (++t->refused < REFUSALS_MOST && t->count < FILES_MOST)
        receiver_skip(t->receiver, "a file was not wanted", transfer_now(t));
    else
        receiver_abort(t->receiver, "too many files are offered that are not wanted");
    transfer_end_item(t, false, why);
}

/* What has come of it goes, too. A peer that has sent all of it waits for an answer. */
static void drop(struct transfer *t, const char *why)
{
    struct disk_job *j = new_job(t, disk_remove_part, nothing);

    buf_reset(&t->fill);
    transfer_job(t, j);
    if (t->is_ending) {
        receiver_stored(t->receiver, false, transfer_now(t));
        transfer_end_item(t, false, why);
    } else {
        refuse(t, why);
    }
    t->is_ending = false;
}

static void take_file(struct transfer *t, int64_t from)
{
    struct transfer_item *item = transfer_item(t);

    item->began = clients_now(t->c->all);
    item->result.resumed = item->result.bytes = from;
    t->accepted++;
    t->refused = 0;
    t->is_ending = false;
    buf_reset(&t->fill);
    t->fill_offset = from;
    receiver_accept(t->receiver, from, transfer_now(t));
}

static void summed(struct transfer *t, struct disk_job *j)
{
    t->is_waiting = false;
    t->sum = j->crc;
    t->resume = j->size;
    if (j->has_failed)
        take_file(t, 0);
    else
        receiver_check(t->receiver, j->size, transfer_now(t));
    transfer_ready(t);
}

static void sum(struct transfer *t, int64_t size)
{
    struct disk_job *j = new_job(t, disk_sum, summed);

    j->size = size;
    t->is_waiting = true;
    transfer_job(t, j);
}

static void has_part(struct transfer *t, struct disk_job *j)
{
    struct transfer_item *item = transfer_item(t);

    t->is_waiting = false;
    transfer_ready(t);
    if (j->has_failed || j->exists) {
        refuse(t, j->exists ? "there is a file of that name already" : j->error.text);
        return;
    }
    t->file = disk_file_new(j->fd);
    j->fd = -1;
    if (j->size > 1 && j->size == item->size)
        sum(t, j->size - 1); /* all is there: of its last byte the peer sends what ends it */
    else if (j->size > 0 && j->size < item->size)
        sum(t, j->size);
    else
        take_file(t, 0);
}

static const char *why_not(const struct transfer *t, const struct transfer_file *f)
{
    if (t->receive.max_files > 0 && t->accepted >= t->receive.max_files)
        return "no more files are taken";
    if (t->receive.max_total > 0 && f->size > t->receive.max_total - t->taken)
        return "there is no more room for it";
    if (t->receive.max_bytes > 0 && f->size > t->receive.max_bytes)
        return "it is larger than what is taken";
    if (f->size >= TRANSFER_SIZE_MAX)
        return "it has 4 GiB or more, which no protocol can send";
    if (f->size > t->free_bytes)
        return "there is not enough room on the disk";
    return NULL;
}

/* Only the same caller goes on with it. */
static void name_part(struct transfer *t, const char *name)
{
    if (t->user > 0)
        snprintf(t->part, sizeof(t->part), FOLDER_PART "%lld-%s", (long long)t->user, name);
    else
        snprintf(t->part, sizeof(t->part), FOLDER_PART "0-%u-%s", client_id(t->c), name);
}

static void offered(struct transfer *t, const struct transfer_file *f)
{
    char name[NAME_MAX_BYTES + 1];
    struct span told = f->name.len == 0 && t->receive.name ? span_of(t->receive.name) : f->name;
    bool is_safe = name_make_safe(told, name);
    const char *why = is_safe ? why_not(t, f) : "it has no name that can be used";
    struct disk_job *j;

    add_item(t, is_safe ? name : "?", f);
    if (why) {
        refuse(t, why);
        return;
    }
    name_part(t, name);
    j = new_job(t, disk_open_part, has_part);
    j->name = mem_strdup(name);
    t->is_waiting = true;
    transfer_job(t, j);
}

static void checked(struct transfer *t, const struct transfer_event *ev)
{
    take_file(t, ev->has_crc && ev->crc == t->sum ? t->resume : 0);
}

/* --- its bytes --- */

static void flush(struct transfer *t);

static void written(struct transfer *t, struct disk_job *j)
{
    t->is_writing = false;
    buf_clear(&t->writing);
    transfer_ready(t);
    if (j->has_failed && j->file == t->file) {
        drop(t, j->error.text);
        return;
    }
    if (t->fill.len >= PIECE || t->is_ending)
        flush(t);
}

static void write_fill(struct transfer *t)
{
    struct disk_job *j = new_job(t, disk_write, written);

    t->writing = t->fill;
    buf_init(&t->fill, PIECE + SPARE);
    j->from = t->writing.data;
    j->len = t->writing.len;
    j->offset = t->fill_offset;
    t->fill_offset += (int64_t)j->len;
    t->is_writing = true;
    transfer_job(t, j);
}

static void stored(struct transfer *t, struct disk_job *j)
{
    struct transfer_item *item = transfer_item(t);

    t->is_waiting = false;
    transfer_ready(t);
    if (j->has_failed)
        transfer_job(t, new_job(t, disk_remove_part, nothing));
    else
        log_info("transfer event=received node=%u name=%s bytes=%lld", client_id(t->c),
                 log_quote(span_of(item->result.name)), (long long)j->size);
    *t->part = '\0';
    item->result.bytes = j->has_failed ? 0 : j->size;
    t->free_bytes -= item->result.bytes;
    t->taken += item->result.bytes;
    receiver_stored(t->receiver, !j->has_failed, transfer_now(t));
    transfer_end_item(t, !j->has_failed, j->has_failed ? j->error.text : "");
}

static void end_part(struct transfer *t)
{
    struct disk_job *j = new_job(t, disk_end_part, stored);

    j->name = mem_strdup(transfer_item(t)->result.name);
    j->size = t->fill_offset;
    j->modified = transfer_item(t)->modified;
    t->is_waiting = true;
    transfer_job(t, j);
}

static void flush(struct transfer *t)
{
    if (t->is_writing)
        return;
    if (t->fill.len > 0)
        write_fill(t);
    else if (t->is_ending)
        end_part(t);
}

static void take_data(struct transfer *t, const struct transfer_event *ev)
{
    struct transfer_item *item = transfer_item(t);

    if (!t->has_item)
        return;
    item->result.bytes = ev->offset + (int64_t)ev->data.len;
    if (t->receive.max_bytes > 0 && item->result.bytes > t->receive.max_bytes) {
        drop(t, "it is larger than what is taken");
        return;
    }
    if (t->receive.max_total > 0 && item->result.bytes > t->receive.max_total - t->taken) {
        drop(t, "there is no more room for it");
        return;
    }
    if (item->result.bytes - item->result.resumed > t->free_bytes) {
        drop(t, "there is not enough room on the disk");
        return;
    }
    buf_room(&t->fill, PIECE + SPARE); /* not made larger again and again */
    buf_add(&t->fill, ev->data);
    transfer_count(t, ev->data.len);
    if (t->fill.len >= PIECE)
        flush(t);
}

/* --- what the protocol says --- */

static void take_event(struct transfer *t, const struct transfer_event *ev)
{
    switch (ev->type) {
    case TRANSFER_OFFER:
        offered(t, &ev->file);
        break;
    case TRANSFER_CHECKED:
        checked(t, ev);
        break;
    case TRANSFER_DATA:
        take_data(t, ev);
        break;
    case TRANSFER_RECEIVED:
        t->is_ending = true;
        flush(t);
        break;
    case TRANSFER_GIVEN_UP:
        transfer_receive_keep(t);
        transfer_end_item(t, false, "the other side has given it up");
        break;
    case TRANSFER_FAILED:
        transfer_receive_keep(t);
        snprintf(t->why, sizeof(t->why), "%.*s", SPAN_ARG(ev->data));
        t->is_over = true;
        break;
    default:
        t->is_over = true;
    }
}

/* The disk is behind: what comes waits on the line. */
static bool is_held_back(struct transfer *t)
{
    return t->is_waiting || (t->is_writing && t->fill.len >= PIECE) || transfer_is_ahead(t);
}

void transfer_receive_run(struct transfer *t, struct span *in)
{
    int64_t now = transfer_now(t);
    struct transfer_event ev;

    while (!t->is_over && !is_held_back(t) && receiver_next(t->receiver, in, now, &ev))
        take_event(t, &ev);
}

/* --- the end --- */

/* A guest's is nobody's afterwards. */
void transfer_receive_keep(struct transfer *t)
{
    if (!t->has_item || !t->file || t->is_ending)
        return;
    if (t->user == 0)
        transfer_job(t, new_job(t, disk_remove_part, nothing));
    else if (t->fill.len > 0 && !t->is_writing)
        write_fill(t);
}

bool transfer_receive_sweep(struct transfer *t)
{
    if (!t->folder || *t->part == '\0' || t->user > 0)
        return false;
    transfer_job(t, new_job(t, disk_remove_part, nothing));
    *t->part = '\0';
    return true;
}

void transfer_receive_clear(struct transfer *t)
{
    buf_clear(&t->fill);
    buf_clear(&t->writing);
    disk_file_unref(t->folder);
    place_clear(&t->receive.folder);
    mem_free(t->receive.name);
}
