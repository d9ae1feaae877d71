#include "proto/ymodem_receive.h"

#include <assert.h>

#include "base/mem.h"
#include "proto/crc.h"
#include "proto/ymodem.h"

enum {
    INVITE_MS = 3000,
    ASK_MS = 10000,   /* without a byte: asked again */
    SILENCE_MS = 500, /* behind a broken block: what is left of it has passed */
    REST_MS = 400,    /* the terminal goes back to its screen */
    TRIES = 10,
    LETTERS = 10,          /* of XMODEM, one is for senders without CRC */
    GARBAGE_MAX = 1 << 20, /* bytes that belong to nothing, one after the other */
};

enum state {
    STARTING, /* our letter has been sent: a file's first block is due, or the end */
    DECIDING, /* the owner does */
    TAKING,   /* blocks */
    PURGING,  /* one was broken: asked again when the line is silent */
    STORING,  /* the owner does */
    RESTING,
    OVER,
};

struct ymodem_receive {
    struct transfer_options options;
    enum state state;
    enum state purged; /* PURGING: what was before */
    bool is_told;
    bool has_failed;
    bool has_block; /* XMODEM's first, which waits for the owner's decision */
    bool is_sum;    /* the letter was NAK: a block has a sum, no CRC */
    unsigned cans;
    unsigned letters;
    unsigned tries;
    unsigned garbage;
    uint8_t number; /* of the block that is due */
    int64_t at;
    int64_t size; /* of the file; -1: not told */
    int64_t deadline;
    int64_t give_up; /* STARTING: no later */
    const char *why;
    uint8_t block[BLOCK_HEAD + LONG_BLOCK + BLOCK_CRC];
    size_t len; /* of what is here of it */
};

static void become(struct ymodem_receive *y, enum state state, int64_t deadline)
{
    y->state = state;
    y->deadline = deadline;
}

static void fail(struct ymodem_receive *y, const char *why)
{
    if (y->state == OVER)
        return;
    become(y, OVER, TRANSFER_NEVER);
    y->has_failed = true;
    y->why = why;
}

void ymodem_receive_abort(struct ymodem_receive *y, const char *why)
{
    if (y->state != OVER)
        buf_add(y->options.out, SPAN_LIT(YMODEM_CANCEL));
    fail(y, why);
}

static void say(struct ymodem_receive *y, uint8_t c)
{
    buf_add_byte(y->options.out, (char)c);
}

static bool is_xmodem(const struct ymodem_receive *y)
{
    return y->options.protocol == TRANSFER_XMODEM;
}

static bool is_stream(const struct ymodem_receive *y)
{
    return y->options.protocol == TRANSFER_YMODEM_G;
}

/* The letter that begins, and says how. */
static void invite(struct ymodem_receive *y, int64_t now)
{
    y->is_sum = is_xmodem(y) && ++y->letters % LETTERS == 0;
    say(y, y->is_sum ? NAK : is_stream(y) ? 'G' : 'C');
    y->deadline = now + INVITE_MS;
}

static void wait_for_file(struct ymodem_receive *y, int64_t now)
{
    y->state = STARTING;
    y->len = 0;
    y->tries = 0;
    y->give_up = now + y->options.patience_ms;
    invite(y, now);
}

struct ymodem_receive *ymodem_receive_new(const struct transfer_options *options, int64_t now)
{
    struct ymodem_receive *y = mem_zalloc(sizeof(*y));

    y->options = *options;
    wait_for_file(y, now);
    return y;
}

void ymodem_receive_free(struct ymodem_receive *y)
{
    mem_free(y);
}

int64_t ymodem_receive_deadline(const struct ymodem_receive *y)
{
    return y->deadline;
}

/* --- answers --- */

static void take_file(struct ymodem_receive *y, int64_t now)
{
    say(y, ACK);
    invite(y, now);
    become(y, TAKING, now + ASK_MS);
}

void ymodem_receive_accept(struct ymodem_receive *y, int64_t now)
{
    assert(y->state == DECIDING);
    y->at = 0;
    y->number = 1;
    y->tries = 0;
    if (is_xmodem(y))
        become(y, TAKING, now + ASK_MS);
    else
        take_file(y, now);
}

void ymodem_receive_stored(struct ymodem_receive *y, bool ok, int64_t now)
{
    if (y->state != STORING)
        return;
    if (!ok) {
        ymodem_receive_abort(y, "it could not be stored");
        return;
    }
    say(y, ACK);
    if (is_xmodem(y))
        become(y, RESTING, now + REST_MS);
    else
        wait_for_file(y, now);
}

/* --- blocks --- */

/* Ask for the same again, when what still comes has passed. */
static void broken(struct ymodem_receive *y, int64_t now)
{
    y->len = 0;
    if (is_stream(y) && y->state == TAKING) {
        ymodem_receive_abort(y, "the line is too bad for YModem-G");
        return;
    }
    y->purged = y->state;
    become(y, PURGING, now + SILENCE_MS);
}

static void ask_again(struct ymodem_receive *y, int64_t now)
{
    y->len = 0;
    y->garbage = 0;
    if (++y->tries > TRIES) {
        ymodem_receive_abort(y, "the line is too bad: nothing comes through");
        return;
    }
    if (y->state == TAKING) {
        transfer_count_error(&y->options);
        say(y, NAK);
        y->deadline = now + ASK_MS;
    } else {
        invite(y, now);
    }
}

static size_t data_size(const struct ymodem_receive *y)
{
    return y->block[0] == SOH ? SHORT_BLOCK : LONG_BLOCK;
}

static size_t block_size(const struct ymodem_receive *y)
{
    return BLOCK_HEAD + data_size(y) + (y->is_sum ? 1 : BLOCK_CRC);
}

static bool is_right(const struct ymodem_receive *y)
{
    const uint8_t *data = y->block + BLOCK_HEAD;
    size_t size = data_size(y);
    uint8_t sum = 0;

    if ((uint8_t)(y->block[1] ^ y->block[2]) != 0xFF)
        return false;
    if (!y->is_sum)
        return crc_16(span_from(data, size)) == (data[size] << 8 | data[size + 1]);
    for (size_t i = 0; i < size; i++)
        sum = (uint8_t)(sum + data[i]);
    return sum == data[size];
}

static bool offer(struct ymodem_receive *y, int64_t now, struct transfer_event *ev)
{
    struct span info = span_from(y->block + BLOCK_HEAD, data_size(y));

    y->size = -1;
    if (is_xmodem(y) ? y->block[1] != 1 : y->block[1] != 0) {
        broken(y, now);
        return false;
    }
    if (!is_xmodem(y) && info.data[0] == '\0') {
        say(y, ACK);
        become(y, RESTING, now + REST_MS);
        return false;
    }
    ev->type = TRANSFER_OFFER;
    ev->file.size = -1;
    if (!is_xmodem(y))
        transfer_info_read(info, &ev->file);
    y->size = ev->file.size;
    y->has_block = is_xmodem(y);
    become(y, DECIDING, TRANSFER_NEVER);
    return true;
}

static bool take_data(struct ymodem_receive *y, int64_t now, struct transfer_event *ev)
{
    int64_t left = (y->size < 0 ? TRANSFER_SIZE_MAX - 1 : y->size) - y->at;
    int64_t n = (int64_t)data_size(y);

    if (y->size < 0 && n > left) {
        ymodem_receive_abort(y, "the file is larger than 4 GiB");
        return false;
    }
    y->number++;
    y->tries = 0;
    y->deadline = now + ASK_MS;
    if (!is_stream(y))
        say(y, ACK);
    n = n < left ? n : left;
    ev->type = TRANSFER_DATA;
    ev->offset = y->at;
    ev->data = span_from(y->block + BLOCK_HEAD, (size_t)n);
    y->at += n;
    return n > 0;
}

/* A block that has come whole. Our answer to it may have been lost: then it comes again. */
static bool take_block(struct ymodem_receive *y, int64_t now, struct transfer_event *ev)
{
    y->len = 0;
    y->has_block = false;
    if (!is_right(y)) {
        broken(y, now);
        return false;
    }
    if (y->state == STARTING)
        return offer(y, now, ev);
    if (y->block[1] == y->number)
        return take_data(y, now, ev);
    if (y->block[1] == 0 && y->number == 1 && !is_xmodem(y))
        take_file(y, now);
    else if (y->block[1] == (uint8_t)(y->number - 1))
        say(y, ACK);
    else
        ymodem_receive_abort(y, "the other side has lost its place");
    return false;
}

static bool take_end(struct ymodem_receive *y, int64_t now, struct transfer_event *ev)
{
    if (y->state ==
        STARTING) { /* of the file before: our answer was lost; or of an empty one */
        say(y, ACK);
        if (is_xmodem(y))
            become(y, RESTING, now + REST_MS);
        else
            invite(y, now);
        return false;
    }
    if (y->at < y->size) {
        broken(y, now);
        return false;
    }
    become(y, STORING, TRANSFER_NEVER);
    ev->type = TRANSFER_RECEIVED;
    ev->offset = y->at;
    return true;
}

static void take_garbage(struct ymodem_receive *y, uint8_t c)
{
    y->cans = c == CAN ? y->cans + 1 : 0;
    if (y->cans >= 2)
        fail(y, "the other side has cancelled it");
    else if (++y->garbage > GARBAGE_MAX)
        ymodem_receive_abort(y, "what comes is no YModem");
}

/* The first byte of what is to come. */
static bool take_first(struct ymodem_receive *y, uint8_t c, int64_t now,
                       struct transfer_event *ev)
{
    if (c == EOT)
        return take_end(y, now, ev);
    if (c == SOH || c == STX) {
        y->block[0] = c;
        y->len = 1;
        y->garbage = y->cans = 0;
    } else {
        take_garbage(y, c);
    }
    return false;
}

static void purge(struct ymodem_receive *y, uint8_t c, int64_t now)
{
    y->deadline = now + SILENCE_MS;
    take_garbage(y, c);
}

static bool take(struct ymodem_receive *y, struct span *in, int64_t now,
                 struct transfer_event *ev)
{
    struct span piece;

    if (y->state == PURGING) {
        purge(y, (uint8_t)span_take(in, 1).data[0], now);
        return false;
    }
    if (y->len == 0)
        return take_first(y, (uint8_t)span_take(in, 1).data[0], now, ev);
    piece = span_take(in, block_size(y) - y->len);
    memcpy(y->block + y->len, piece.data, piece.len);
    y->len += piece.len;
    y->deadline = now + ASK_MS;
    return y->len == block_size(y) && take_block(y, now, ev);
}

static bool tell_over(struct ymodem_receive *y, struct transfer_event *ev)
{
    if (y->is_told)
        return false;
    y->is_told = true;
    ev->type = y->has_failed ? TRANSFER_FAILED : TRANSFER_DONE;
    if (y->has_failed)
        ev->data = span_of(y->why);
    return true;
}

static bool is_reading(const struct ymodem_receive *y)
{
    return y->state == STARTING || y->state == TAKING || y->state == PURGING;
}

bool ymodem_receive_next(struct ymodem_receive *y, struct span *in, int64_t now,
                         struct transfer_event *ev)
{
    *ev = (struct transfer_event){0};
    if (y->has_block && y->state == TAKING && take_block(y, now, ev))
        return true;
    while (in->len > 0 && is_reading(y)) {
        if (take(y, in, now, ev))
            return true;
    }
    return y->state == OVER && tell_over(y, ev);
}

/* --- time --- */

static void invite_again(struct ymodem_receive *y, int64_t now)
{
    y->len = 0;
    if (now >= y->give_up)
        ymodem_receive_abort(y, "nothing has been sent");
    else
        invite(y, now);
}

void ymodem_receive_timeout(struct ymodem_receive *y, int64_t now)
{
    if (now < y->deadline)
        return;
    switch (y->state) {
    case STARTING:
        invite_again(y, now);
        break;
    case PURGING:
        y->state = y->purged;
        ask_again(y, now);
        break;
    case TAKING:
        ask_again(y, now);
        break;
    case RESTING:
        become(y, OVER, TRANSFER_NEVER);
        break;
    default:
        break;
    }
}
