#include "proto/zmodem_receive.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "proto/zmodem_frame.h"

enum {
    ASK_MS = 10000,        /* without a byte: asked again */
    AGAIN_MS = 1000,       /* between two demands for the same place */
    ANSWER_MS = 2000,      /* a file that is offered again within that is the same offer */
    CHECK_MS = 120000,     /* for a CRC: the peer reads the whole file */
    LAST_MS = 1000,        /* for OO */
    REST_MS = 400,         /* after them: the terminal goes back to its screen */
    SKIP_MS = 5000,        /* a peer that goes on sending what is not wanted */
    SKIP_BYTES = 16 << 20, /* the same: more than TCP has under way */
    TRIES = 10,
    GARBAGE_MAX = 65536, /* in search of a header; then it is asked for again */
};

enum state {
    WAITING,  /* for a file, or the end */
    ARMING,   /* ZSINIT's data come */
    COMMAND,  /* ZCOMMAND's, which is not obeyed */
    NAMING,   /* ZFILE's */
    DECIDING, /* the owner does */
    CHECKING, /* the peer's CRC is awaited */
    SEEKING,  /* ZRPOS has been sent */
    TAKING,   /* subpackets */
    STORING,  /* the owner does */
    LEAVING,  /* ZFIN has been answered: OO */
    RESTING,  /* OO is here */
    OVER,
};

struct zmodem_receive {
    struct transfer_options options;
    struct zframe_writer writer;
    struct zframe_reader reader;
    enum state state;
    bool is_told;
    bool has_failed;
    bool is_unchecked; /* the peer has not answered, which is to be told */
    bool has_asked;    /* for `at`, and no ZDATA has come since */
    bool is_empty;     /* the file is told to be */
    bool is_skipping;  /* what comes of the last file is dropped */
    unsigned tries;
    unsigned echoes;  /* ZRINITs */
    unsigned letters; /* of OO */
    uint32_t file_flags;
    uint32_t at;     /* the next byte of the file */
    int64_t skipped; /* bytes that came of a file that is not wanted */
    int64_t asked_at;
    int64_t deadline;
    int64_t give_up; /* WAITING: no later */
    const char *why;
    struct buf info; /* of the file */
};

static void become(struct zmodem_receive *z, enum state state, int64_t deadline)
{
    z->state = state;
    z->is_told = false;
    z->deadline = deadline;
}

static void fail(struct zmodem_receive *z, const char *why)
{
    if (z->state == OVER)
        return;
    become(z, OVER, TRANSFER_NEVER);
    z->has_failed = true;
    z->why = why;
}

void zmodem_receive_abort(struct zmodem_receive *z, const char *why)
{
    if (z->state != OVER)
        zframe_abort(&z->writer);
    fail(z, why);
}

/* Exactly these flags and no buffer: anything else ends some programs. */
static void invite(struct zmodem_receive *z)
{
    uint32_t flags = ZCANFDX | ZCANOVIO | ZCANFC32;

    zframe_hex(&z->writer, ZRINIT, ZF0(flags | (z->options.escapes_all ? ZESCCTL : 0)));
}

static void wait_for_file(struct zmodem_receive *z, int64_t now)
{
    z->tries = 0;
    z->give_up = now + z->options.patience_ms;
    become(z, WAITING, now + ASK_MS);
}

struct zmodem_receive *zmodem_receive_new(const struct transfer_options *options, int64_t now)
{
    struct zmodem_receive *z = mem_zalloc(sizeof(*z));

    z->options = *options;
    z->writer = (struct zframe_writer){.out = options->out, .doubles_iac = options->is_telnet};
    zframe_reader_init(&z->reader);
    z->reader.drops_controls = options->escapes_all;
    buf_init(&z->info, ZSUBPACKET_MAX);
    buf_add(options->out, SPAN_LIT("rz waiting to receive."));
    invite(z);
    wait_for_file(z, now);
    return z;
}

void zmodem_receive_free(struct zmodem_receive *z)
{
    if (z)
        buf_clear(&z->info);
    mem_free(z);
}

int64_t zmodem_receive_deadline(const struct zmodem_receive *z)
{
    return z->deadline;
}

/* --- answers --- */

static void seek(struct zmodem_receive *z, int64_t now)
{
    zframe_hex(&z->writer, ZRPOS, z->at);
    zframe_hunt(&z->reader);
    z->has_asked = true;
    z->asked_at = now;
    become(z, SEEKING, now + ASK_MS);
}

void zmodem_receive_accept(struct zmodem_receive *z, int64_t offset, int64_t now)
{
    assert(z->state == DECIDING && offset >= 0 && offset < TRANSFER_SIZE_MAX);
    z->at = (uint32_t)offset;
    z->tries = 0;
    z->is_skipping = false;
    if (z->is_empty)
        become(z, STORING, TRANSFER_NEVER);
    else
        seek(z, now);
}

void zmodem_receive_check(struct zmodem_receive *z, int64_t bytes, int64_t now)
{
    assert(z->state == DECIDING && bytes > 0 && bytes < TRANSFER_SIZE_MAX);
    zframe_hex(&z->writer, ZCRC, (uint32_t)bytes);
    become(z, CHECKING, now + CHECK_MS);
}

void zmodem_receive_skip(struct zmodem_receive *z, int64_t now)
{
    if (z->state != DECIDING && z->state != SEEKING && z->state != TAKING)
        return;
    zframe_hex(&z->writer, ZSKIP, 0);
    z->is_skipping = true;
    z->skipped = 0;
    wait_for_file(z, now);
    if (z->reader.len > 0 || z->has_asked)
        z->deadline = now + SKIP_MS;
}

/* Of no bytes there is nothing to send: Synchronet's programs end all where they are to.
 * ZFERR would say that it could not be stored, but there are programs that offer it again for
 * ever then. */
void zmodem_receive_stored(struct zmodem_receive *z, bool ok, int64_t now)
{
    if (z->state != STORING)
        return;
    if (ok && !z->is_empty)
        invite(z);
    else
        zframe_hex(&z->writer, ZSKIP, 0);
    wait_for_file(z, now);
}

/* --- what is offered --- */

static bool offer(struct zmodem_receive *z, const struct zframe_event *f, int64_t now,
                  struct transfer_event *ev)
{
    if (f->end != ZCRCW && f->end != ZCRCE) {
        zframe_hex(&z->writer, ZNAK, 0);
        wait_for_file(z, now);
        return false;
    }
    buf_reset(&z->info);
    buf_add(&z->info, f->data);
    become(z, DECIDING, TRANSFER_NEVER);
    ev->type = TRANSFER_OFFER;
    transfer_info_read(buf_span(&z->info), &ev->file);
    z->is_empty = ev->file.size == 0;
    return true;
}

/* --- what the peer says --- */

static bool give_up_file(struct zmodem_receive *z, struct transfer_event *ev)
{
    ev->type = TRANSFER_GIVEN_UP;
    ev->offset = z->at;
    return true;
}

static void end_session(struct zmodem_receive *z, int64_t now)
{
    zframe_hex(&z->writer, ZFIN, 0);
    become(z, LEAVING, now + LAST_MS);
}

/* What any state but the transfer of a file itself takes. */
static bool take_common(struct zmodem_receive *z, const struct zframe_event *f, int64_t now)
{
    switch (f->frame) {
    case ZRQINIT:
        invite(z);
        break;
    case ZSINIT:
        z->reader.drops_controls = z->options.escapes_all || (f->position >> 24 & ZESCCTL) != 0;
        zframe_expect_data(&z->reader);
        become(z, ARMING, now + ASK_MS);
        return true;
    case ZFREECNT:
        zframe_hex(&z->writer, ZACK,
                   (uint32_t)(z->options.free_bytes < TRANSFER_SIZE_MAX ? z->options.free_bytes
                                                                        : TRANSFER_SIZE_MAX));
        break;
    case ZCOMMAND:
        zframe_expect_data(&z->reader);
        become(z, COMMAND, now + ASK_MS);
        return true;
    case ZFILE:
        z->file_flags = f->position;
        zframe_expect_data(&z->reader);
        become(z, NAMING, now + ASK_MS);
        return true;
    case ZFIN:
        end_session(z, now);
        return true;
    case ZABORT:
    case ZFERR:
        zmodem_receive_abort(z, "the other side has ended it");
        return true;
    case ZRINIT:
        if (++z->echoes > 2)
            zmodem_receive_abort(z, "the other side receives, too");
        return true;
    default:
        return false;
    }
    wait_for_file(z, now);
    return true;
}

static void while_waiting(struct zmodem_receive *z, const struct zframe_event *f, int64_t now)
{
    if (f->frame == ZDATA && z->is_skipping)
        zframe_expect_data(&z->reader); /* of a file that is not wanted, until it has heard */
    else if (take_common(z, f, now))
        z->is_skipping = z->is_skipping && z->state == WAITING;
}

/* Ask again, unless it has just been asked and no answer can be here yet. */
static void ask_again(struct zmodem_receive *z, int64_t now)
{
    transfer_count_error(&z->options);
    if (++z->tries > TRIES * 2) {
        zmodem_receive_abort(z, "the line is too bad: nothing comes through");
        return;
    }
    seek(z, now);
}

static void broken(struct zmodem_receive *z, int64_t now)
{
    if (z->has_asked && now < z->asked_at + AGAIN_MS) {
        become(z, SEEKING, z->asked_at + AGAIN_MS);
        return;
    }
    ask_again(z, now);
}

static void take_data_header(struct zmodem_receive *z, uint32_t position, int64_t now)
{
    if (position != z->at) {
        broken(z, now);
        return;
    }
    z->has_asked = false;
    zframe_expect_data(&z->reader);
    become(z, TAKING, now + ASK_MS);
}

static bool tell_received(struct zmodem_receive *z, struct transfer_event *ev)
{
    become(z, STORING, TRANSFER_NEVER);
    z->is_told = true;
    ev->type = TRANSFER_RECEIVED;
    ev->offset = z->at;
    return true;
}

static bool take_end(struct zmodem_receive *z, uint32_t position, struct transfer_event *ev)
{
    if (position != z->at)
        return false; /* what is missing has been asked for already */
    return tell_received(z, ev);
}

static bool while_seeking(struct zmodem_receive *z, const struct zframe_event *f, int64_t now,
                          struct transfer_event *ev)
{
    switch (f->frame) {
    case ZDATA:
        take_data_header(z, f->position, now);
        return false;
    case ZEOF:
        return take_end(z, f->position, ev);
    case ZFILE: /* the same, again */
        if (now >= z->asked_at + ANSWER_MS)
            seek(z, now);
        return false;
    case ZSKIP:
        invite(z);
        wait_for_file(z, now);
        return give_up_file(z, ev);
    case ZFIN:
        end_session(z, now);
        return give_up_file(z, ev);
    case ZABORT:
    case ZFERR:
        zmodem_receive_abort(z, "the other side has ended it");
        return false;
    default:
        return false;
    }
}

static bool while_checking(struct zmodem_receive *z, const struct zframe_event *f,
                           struct transfer_event *ev)
{
    if (f->frame == ZABORT || f->frame == ZFERR || f->frame == ZFIN)
        zmodem_receive_abort(z, "the other side has ended it");
    if (f->frame != ZCRC)
        return false;
    become(z, DECIDING, TRANSFER_NEVER);
    ev->type = TRANSFER_CHECKED;
    ev->crc = f->position;
    ev->has_crc = true;
    return true;
}

static bool take_header(struct zmodem_receive *z, const struct zframe_event *f, int64_t now,
                        struct transfer_event *ev)
{
    switch (z->state) {
    case SEEKING:
    case TAKING:
        return while_seeking(z, f, now, ev);
    case CHECKING:
        return while_checking(z, f, ev);
    default:
        while_waiting(z, f, now);
        return false;
    }
}

static bool take_file_data(struct zmodem_receive *z, const struct zframe_event *f, int64_t now,
                           struct transfer_event *ev)
{
    if (f->data.len > TRANSFER_SIZE_MAX - 1 - z->at) {
        zmodem_receive_abort(z, "the file is larger than 4 GiB");
        return false;
    }
    ev->type = TRANSFER_DATA;
    ev->offset = z->at;
    ev->data = f->data;
    z->at += (uint32_t)f->data.len;
    z->tries = f->data.len > 0 ? 0 : z->tries;
    if (f->end == ZCRCQ || f->end == ZCRCW)
        zframe_hex(&z->writer, ZACK, z->at);
    become(z, f->end == ZCRCE || f->end == ZCRCW ? SEEKING : TAKING, now + ASK_MS);
    return f->data.len > 0;
}

/* What still comes of a file that is not wanted. */
static void drop_data(struct zmodem_receive *z, const struct zframe_event *f)
{
    z->skipped += (int64_t)f->data.len + 1;
    if (z->skipped > SKIP_BYTES)
        zmodem_receive_abort(z, "the other side goes on with a file that is not wanted");
}

static bool take_data(struct zmodem_receive *z, const struct zframe_event *f, int64_t now,
                      struct transfer_event *ev)
{
    switch (z->state) {
    case NAMING:
        return offer(z, f, now, ev);
    case TAKING:
        return take_file_data(z, f, now, ev);
    case ARMING: /* its Attn string is for senders who listen only then: this one is not told */
        zframe_hex(&z->writer, ZACK, 1);
        wait_for_file(z, now);
        return false;
    case COMMAND:
        zframe_hex(&z->writer, ZCOMPL, 1);
        wait_for_file(z, now);
        return false;
    default:
        drop_data(z, f);
        return false;
    }
}

/* A header or data that are broken. */
static void take_bad(struct zmodem_receive *z, int64_t now)
{
    switch (z->state) {
    case NAMING:
    case ARMING:
        if (++z->tries > TRIES) {
            zmodem_receive_abort(z, "the line is too bad: nothing comes through");
            return;
        }
        zframe_hex(&z->writer, ZNAK, 0);
        become(z, WAITING, now + ASK_MS);
        break;
    case COMMAND:
        become(z, WAITING, now + ASK_MS);
        break;
    case SEEKING:
    case TAKING:
        broken(z, now);
        break;
    default:
        break;
    }
}

/* OO, and the line end of ZFIN before it. What follows is typed. */
static void take_last(struct zmodem_receive *z, struct span *in, int64_t now)
{
    if (z->letters == 0)
        zframe_skip_tail(&z->reader, in);
    while (in->len > 0 && in->data[0] == 'O' && z->letters < 2) {
        span_take(in, 1);
        z->letters++;
    }
    if (z->letters == 2)
        become(z, RESTING, now + REST_MS);
    else if (in->len > 0)
        become(z, OVER, TRANSFER_NEVER);
}

static bool tell_over(struct zmodem_receive *z, struct transfer_event *ev)
{
    if (z->is_told)
        return false;
    z->is_told = true;
    ev->type = z->has_failed ? TRANSFER_FAILED : TRANSFER_DONE;
    if (z->has_failed)
        ev->data = span_of(z->why);
    return true;
}

static bool is_reading(const struct zmodem_receive *z)
{
    return z->state != DECIDING && z->state != STORING && z->state < LEAVING;
}

static bool take_frame(struct zmodem_receive *z, const struct zframe_event *f, int64_t now,
                       struct transfer_event *ev)
{
    switch (f->type) {
    case ZFRAME_HEADER:
        return take_header(z, f, now, ev);
    case ZFRAME_DATA:
        return take_data(z, f, now, ev);
    case ZFRAME_BAD:
        take_bad(z, now);
        return false;
    default:
        fail(z, "the other side has cancelled it");
        return false;
    }
}

bool zmodem_receive_next(struct zmodem_receive *z, struct span *in, int64_t now,
                         struct transfer_event *ev)
{
    struct zframe_event f;

    *ev = (struct transfer_event){0};
    while (is_reading(z) && zframe_next(&z->reader, in, &f)) {
        if (take_frame(z, &f, now, ev))
            return true;
    }
    if (z->state == SEEKING && z->reader.garbage > GARBAGE_MAX) {
        z->reader.garbage = 0;
        broken(z, now);
    }
    if (z->state == LEAVING)
        take_last(z, in, now);
    if (z->is_unchecked) {
        z->is_unchecked = false;
        ev->type = TRANSFER_CHECKED;
        return true;
    }
    if (z->state == STORING && !z->is_told)
        return tell_received(z, ev);
    return z->state == OVER && tell_over(z, ev);
}

/* --- time --- */

static void invite_again(struct zmodem_receive *z, int64_t now)
{
    if (z->is_skipping && z->skipped > 0) {
        zmodem_receive_abort(z, "the other side goes on with a file that is not wanted");
        return;
    }
    if (now >= z->give_up) {
        zmodem_receive_abort(z, "nothing has been sent");
        return;
    }
    invite(z);
    z->deadline = now + ASK_MS;
}

void zmodem_receive_timeout(struct zmodem_receive *z, int64_t now)
{
    if (now < z->deadline)
        return;
    switch (z->state) {
    case WAITING:
        invite_again(z, now);
        break;
    case ARMING:
    case COMMAND:
    case NAMING:
        take_bad(z, now);
        break;
    case SEEKING:
    case TAKING:
        ask_again(z, now);
        break;
    case CHECKING:
        become(z, DECIDING, TRANSFER_NEVER);
        z->is_unchecked = true;
        break;
    case LEAVING:
    case RESTING:
        become(z, OVER, TRANSFER_NEVER);
        break;
    default:
        break;
    }
}
