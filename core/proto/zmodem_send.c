#include "proto/zmodem_send.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "proto/zmodem_frame.h"

enum {
    ASK_MS = 10000,  /* between two invitations, and before anything is said again */
    STALE_MS = 5000, /* a ZRINIT was an answer to an older invitation, unless nothing follows */
    SILENCE_MS = 60000, /* of a peer that owes an answer */
    LAST_MS = 400,      /* after OO: the peer may take what follows for its own */
    INVITATIONS = 5,
    TRIES = 6,
    SEEKS = 20, /* of the peer's, with less than a KiB between them */
    SUMS = 3,   /* of a file that is offered: each is all of it to be read */
    SMALL = 1024,
    INFO_MAX = 1024,
};

enum state {
    INVITING,  /* ZRQINIT has been sent */
    ARMING,    /* ZSINIT: the peer is to drop control characters */
    CHOOSING,  /* the owner says which file is next */
    OFFERING,  /* ZFILE has been sent */
    SUMMING,   /* the owner is asked for a CRC */
    SENDING,   /* the owner is asked for data */
    PAUSING,   /* ZCRCW has been sent: ZACK is due */
    ENDING,    /* ZEOF has been sent */
    FINISHING, /* ZFIN has been sent */
    RESTING,   /* OO has */
    OVER,
};

struct zmodem_send {
    struct transfer_options options;
    struct zframe_writer writer;
    struct zframe_reader reader;
    enum state state;
    bool is_told;   /* the event of this state */
    bool is_open;   /* a ZDATA frame */
    bool is_wary;   /* the peer has sought: the next subpacket is to be acknowledged */
    bool has_begun; /* the file: TRANSFER_BEGUN has been told */
    bool has_failed;
    unsigned tries;
    unsigned echoes; /* ZRQINITs */
    unsigned seeks;
    unsigned sums;
    uint32_t window; /* bytes that the peer takes before it has to answer; 0: any */
    uint32_t unacknowledged;
    uint32_t at;     /* in the file */
    uint32_t sought; /* where the last seek went */
    uint32_t size;
    uint32_t crc_of;
    int64_t deadline;
    int64_t give_up; /* INVITING: no later */
    const char *why;
    struct buf info; /* of the file that is offered */
};

static void become(struct zmodem_send *z, enum state state, int64_t deadline)
{
    z->state = state;
    z->is_told = false;
    z->tries = 0;
    z->deadline = deadline;
}

static void fail(struct zmodem_send *z, const char *why)
{
    if (z->state == OVER)
        return;
    become(z, OVER, TRANSFER_NEVER);
    z->has_failed = true;
    z->why = why;
}

void zmodem_send_abort(struct zmodem_send *z, const char *why)
{
    if (z->state != OVER)
        zframe_abort(&z->writer);
    fail(z, why);
}

static void invite(struct zmodem_send *z)
{
    zframe_hex(&z->writer, ZRQINIT, 0);
}

struct zmodem_send *zmodem_send_new(const struct transfer_options *options, int64_t now)
{
    struct zmodem_send *z = mem_zalloc(sizeof(*z));

    z->options = *options;
    z->writer = (struct zframe_writer){.out = options->out, .doubles_iac = options->is_telnet};
    zframe_reader_init(&z->reader);
    buf_init(&z->info, INFO_MAX);
    buf_add(options->out, SPAN_LIT("rz\r"));
    invite(z);
    become(z, INVITING, now + ASK_MS);
    z->give_up = now + options->patience_ms;
    return z;
}

void zmodem_send_free(struct zmodem_send *z)
{
    if (z)
        buf_clear(&z->info);
    mem_free(z);
}

int64_t zmodem_send_deadline(const struct zmodem_send *z)
{
    return z->deadline;
}

/* --- what is sent --- */

static void send_info(struct zmodem_send *z)
{
    zframe_bin(&z->writer, ZFILE, 0);
    zframe_data(&z->writer, buf_span(&z->info), ZCRCW);
}

void zmodem_send_offer(struct zmodem_send *z, const struct transfer_file *file, int64_t now)
{
    if (z->state != CHOOSING)
        return;
    assert(file->size >= 0 && file->size < TRANSFER_SIZE_MAX && file->name.len <= 255);
    buf_reset(&z->info);
    transfer_info_add(&z->info, file);
    z->size = (uint32_t)file->size;
    z->has_begun = z->is_wary = z->is_open = false;
    z->seeks = z->sums = 0;
    become(z, OFFERING, now + ASK_MS);
    send_info(z);
}

void zmodem_send_finish(struct zmodem_send *z, int64_t now)
{
    if (z->state != CHOOSING)
        return;
    zframe_hex(&z->writer, ZFIN, 0);
    become(z, FINISHING, now + ASK_MS);
}

void zmodem_send_give_crc(struct zmodem_send *z, uint32_t crc, int64_t now)
{
    if (z->state != SUMMING)
        return;
    zframe_hex(&z->writer, ZCRC, crc);
    become(z, OFFERING, now + ASK_MS);
}

static void send_end(struct zmodem_send *z, int64_t now)
{
    zframe_bin(&z->writer, ZEOF, z->size);
    become(z, ENDING, now + ASK_MS);
}

static void open_frame(struct zmodem_send *z)
{
    if (!z->is_open)
        zframe_bin(&z->writer, ZDATA, z->at);
    z->is_open = true;
}

/* What the next subpacket ends with. */
static enum zframe_end end_of(const struct zmodem_send *z, uint32_t len)
{
    if (z->at + len == z->size)
        return ZCRCE;
    if (z->is_wary || (z->window > 0 && z->unacknowledged + len >= z->window))
        return ZCRCW;
    return ZCRCG;
}

static uint32_t subpacket_size(const struct zmodem_send *z)
{
    uint32_t size = z->options.is_large ? ZSUBPACKET_MAX : SMALL;

    return z->window > 0 && z->window < size ? z->window : size;
}

static void send_subpacket(struct zmodem_send *z, struct span data, int64_t now)
{
    uint32_t len = (uint32_t)data.len;
    enum zframe_end end = end_of(z, len);

    open_frame(z);
    zframe_data(&z->writer, data, end);
    z->at += len;
    z->unacknowledged += len;
    z->is_open = end == ZCRCG;
    if (end == ZCRCW) {
        z->is_wary = false;
        become(z, PAUSING, now + SILENCE_MS);
    } else if (end == ZCRCE) {
        send_end(z, now);
    }
}

void zmodem_send_give(struct zmodem_send *z, int64_t offset, struct span data, int64_t now)
{
    if (z->state != SENDING || offset != z->at)
        return;
    assert(data.len > 0 && data.len <= z->size - z->at);
    z->is_told = false;
    while (data.len > 0 && z->state == SENDING)
        send_subpacket(z, span_take(&data, subpacket_size(z)), now);
}

/* --- what the peer says --- */

/* Go on from there; what is being sent elsewhere ends. */
static void seek(struct zmodem_send *z, uint32_t position, int64_t now)
{
    if (position > z->size) {
        zmodem_send_abort(z, "the other side asks for what is behind the file's end");
        return;
    }
    if (z->has_begun) {
        transfer_count_error(&z->options);
        z->seeks = position >= z->sought + SMALL ? 0 : z->seeks + 1;
        z->is_wary = true;
    }
    if (z->seeks > SEEKS) {
        zmodem_send_abort(z, "the line is too bad: nothing comes through");
        return;
    }
    z->sought = z->at = position;
    z->is_open = false;
    z->unacknowledged = 0;
    become(z, SENDING, TRANSFER_NEVER);
    if (position == z->size && z->has_begun) {
        send_end(z, now);
    }
}

/* A file that has nothing more to send still has a frame. */
static void send_nothing(struct zmodem_send *z, int64_t now)
{
    open_frame(z);
    zframe_data(&z->writer, SPAN_LIT(""), ZCRCE);
    z->is_open = false;
    send_end(z, now);
}

static void take_abilities(struct zmodem_send *z, uint32_t flags, int64_t now)
{
    uint32_t zf0 = flags >> 24;

    z->writer.is_32 = zf0 & ZCANFC32;
    z->writer.escapes_all = (zf0 & ZESCCTL) || z->options.escapes_all;
    z->window = flags & 0xFFFF;
    if (z->window == 0 && !(zf0 & ZCANOVIO))
        z->window = SMALL;
    if (z->writer.escapes_all && !(zf0 & ZESCCTL)) {
        zframe_hex(&z->writer, ZSINIT, ZF0(ZESCCTL));
        zframe_data(&z->writer, span_from("", 1), ZCRCW);
        become(z, ARMING, now + ASK_MS);
        return;
    }
    become(z, CHOOSING, TRANSFER_NEVER);
}

static bool tell_file(struct zmodem_send *z, struct transfer_event *ev,
                      enum transfer_event_type type)
{
    ev->type = type;
    ev->offset = z->at;
    become(z, CHOOSING, TRANSFER_NEVER);
    return true;
}

static bool skip(struct zmodem_send *z, struct transfer_event *ev)
{
    if (z->is_open)
        zframe_data(&z->writer, SPAN_LIT(""), ZCRCE);
    z->is_open = false;
    return tell_file(z, ev, TRANSFER_SKIPPED);
}

static void while_inviting(struct zmodem_send *z, const struct zframe_event *f, int64_t now)
{
    switch (f->frame) {
    case ZRINIT:
        take_abilities(z, f->position, now);
        break;
    case ZCHALLENGE:
        zframe_hex(&z->writer, ZACK, f->position);
        break;
    case ZRQINIT:
        if (++z->echoes > 3)
            zmodem_send_abort(z, "the other side sends, too");
        break;
    default:
        break;
    }
}

static bool while_offering(struct zmodem_send *z, const struct zframe_event *f, int64_t now,
                           struct transfer_event *ev)
{
    switch (f->frame) {
    case ZRPOS:
        seek(z, f->position, now);
        return false;
    case ZSKIP:
        return skip(z, ev);
    case ZCRC:
        if (++z->sums > SUMS) {
            zmodem_send_abort(z, "the other side asks for the file's CRC again and again");
            return false;
        }
        become(z, SUMMING, TRANSFER_NEVER);
        z->crc_of = f->position == 0 || f->position > z->size ? z->size : f->position;
        return false;
    case ZRINIT: /* an answer to an older invitation */
        if (z->deadline > now + STALE_MS)
            z->deadline = now + STALE_MS;
        return false;
    case ZNAK:
        if (++z->tries < TRIES)
            send_info(z);
        return false;
    default:
        return false;
    }
}

static bool while_sending(struct zmodem_send *z, const struct zframe_event *f, int64_t now,
                          struct transfer_event *ev)
{
    switch (f->frame) {
    case ZRPOS:
        seek(z, f->position, now);
        return false;
    case ZACK:
        if (z->state == PAUSING && f->position == z->at) {
            z->unacknowledged = 0;
            become(z, SENDING, TRANSFER_NEVER);
        }
        return false;
    case ZRINIT:
    case ZSKIP:
        return skip(z, ev);
    default:
        return false;
    }
}

static bool while_ending(struct zmodem_send *z, const struct zframe_event *f, int64_t now,
                         struct transfer_event *ev)
{
    switch (f->frame) {
    case ZRINIT:
        return tell_file(z, ev, TRANSFER_SENT);
    case ZSKIP:
        return tell_file(z, ev, TRANSFER_SKIPPED);
    case ZRPOS:
        seek(z, f->position, now);
        return false;
    case ZNAK:
        if (++z->tries < TRIES)
            zframe_bin(&z->writer, ZEOF, z->size);
        return false;
    default:
        return false;
    }
}

/* The peer ends all of it, in whatever state. */
static bool ends_all(struct zmodem_send *z, const struct zframe_event *f)
{
    if (z->state == FINISHING)
        return false;
    if (f->frame != ZABORT && f->frame != ZFERR && f->frame != ZFIN)
        return false;
    if (f->frame == ZFIN)
        fail(z, "the other side has ended it");
    else
        zmodem_send_abort(z, f->frame == ZFERR ? "the other side can't store the file"
                                               : "the other side has ended it");
    return true;
}

static bool take_header(struct zmodem_send *z, const struct zframe_event *f, int64_t now,
                        struct transfer_event *ev)
{
    if (ends_all(z, f))
        return false;
    switch (z->state) {
    case INVITING:
        while_inviting(z, f, now);
        return false;
    case ARMING:
        if (f->frame == ZACK)
            become(z, CHOOSING, TRANSFER_NEVER);
        return false;
    case OFFERING:
        return while_offering(z, f, now, ev);
    case SENDING:
    case PAUSING:
        return while_sending(z, f, now, ev);
    case ENDING:
        return while_ending(z, f, now, ev);
    case FINISHING:
        if (f->frame != ZFIN)
            return false;
        buf_add(z->writer.out, SPAN_LIT("OO"));
        become(z, RESTING, now + LAST_MS);
        return false;
    default:
        return false;
    }
}

/* --- what the owner is asked --- */

static bool tell_over(struct zmodem_send *z, struct transfer_event *ev)
{
    if (z->is_told)
        return false;
    z->is_told = true;
    ev->type = z->has_failed ? TRANSFER_FAILED : TRANSFER_DONE;
    if (z->has_failed)
        ev->data = span_of(z->why);
    return true;
}

static bool ask(struct zmodem_send *z, enum transfer_event_type type, int64_t offset,
                uint32_t size, struct transfer_event *ev)
{
    ev->type = type;
    ev->offset = offset;
    ev->size = size;
    z->is_told = true;
    return true;
}

static bool ask_data(struct zmodem_send *z, int64_t now, struct transfer_event *ev)
{
    uint32_t left = z->size - z->at;

    if (!z->has_begun) {
        z->has_begun = true;
        ev->type = TRANSFER_BEGUN;
        ev->offset = z->at;
        return true;
    }
    if (left == 0) {
        send_nothing(z, now);
        return false;
    }
    return ask(z, TRANSFER_WANT_DATA, z->at,
               left < TRANSFER_GIVE_MAX ? left : TRANSFER_GIVE_MAX, ev);
}

static bool ask_owner(struct zmodem_send *z, int64_t now, struct transfer_event *ev)
{
    if (z->is_told)
        return false;
    switch (z->state) {
    case CHOOSING:
        return ask(z, TRANSFER_WANT_FILE, 0, 0, ev);
    case SUMMING:
        return ask(z, TRANSFER_WANT_CRC, 0, z->crc_of, ev);
    case SENDING:
        return ask_data(z, now, ev);
    default:
        return false;
    }
}

static void cancelled(struct zmodem_send *z)
{
    if (z->state == FINISHING) /* the files are there */
        become(z, OVER, TRANSFER_NEVER);
    else
        fail(z, "the other side has cancelled it");
}

bool zmodem_send_next(struct zmodem_send *z, struct span *in, int64_t now,
                      struct transfer_event *ev)
{
    struct zframe_event f;

    *ev = (struct transfer_event){0};
    while (z->state < RESTING && zframe_next(&z->reader, in, &f)) {
        if (f.type == ZFRAME_CANCEL)
            cancelled(z);
        else if (f.type == ZFRAME_HEADER && take_header(z, &f, now, ev))
            return true;
    }
    if (z->state == RESTING)
        zframe_skip_tail(&z->reader, in);
    if (z->state == OVER)
        return tell_over(z, ev);
    return ask_owner(z, now, ev);
}

/* --- time --- */

static void invite_again(struct zmodem_send *z, int64_t now)
{
    if (now >= z->give_up) {
        zmodem_send_abort(z, "nobody has answered");
        return;
    }
    if (++z->tries < INVITATIONS)
        invite(z);
    z->deadline = now + ASK_MS < z->give_up ? now + ASK_MS : z->give_up;
}

static void say_again(struct zmodem_send *z, int64_t now)
{
    if (++z->tries >= TRIES) {
        zmodem_send_abort(z, "the other side does not answer");
        return;
    }
    z->deadline = now + ASK_MS;
    if (z->state == OFFERING)
        send_info(z);
    else if (z->state == ENDING)
        zframe_bin(&z->writer, ZEOF, z->size);
}

void zmodem_send_timeout(struct zmodem_send *z, int64_t now)
{
    if (now < z->deadline)
        return;
    switch (z->state) {
    case INVITING:
        invite_again(z, now);
        break;
    case ARMING: /* it does not know how: it is sent what it would have dropped, too */
        become(z, CHOOSING, TRANSFER_NEVER);
        break;
    case OFFERING:
    case ENDING:
        say_again(z, now);
        break;
    case PAUSING:
        zmodem_send_abort(z, "the other side does not answer");
        break;
    case FINISHING: /* all files are there: it may have left already */
        if (++z->tries < 3) {
            zframe_hex(&z->writer, ZFIN, 0);
            z->deadline = now + ASK_MS;
            break;
        }
        become(z, OVER, TRANSFER_NEVER);
        break;
    case RESTING:
        become(z, OVER, TRANSFER_NEVER);
        break;
    default:
        break;
    }
}
