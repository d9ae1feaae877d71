#include "proto/ymodem_send.h"

#include <assert.h>

#include "base/mem.h"
#include "proto/crc.h"
#include "proto/ymodem.h"

enum {
    ANSWER_MS = 20000, /* then it is said again; receivers ask for it themselves after 10 s */
    LAST_MS = 400,     /* the terminal goes back to its screen */
    TRIES = 10,
    LONG_TRIES = 3, /* of the first block; then it is a short one */
};

enum state {
    STARTING, /* the peer's letter is awaited */
    CHOOSING, /* the owner says which file is next */
    OFFERING, /* block 0 has been sent */
    OPENING,  /* ... acknowledged: the letter again, for the data */
    SENDING,  /* the owner is asked for data */
    PAUSING,  /* a block has been sent: ACK is due */
    ENDING,   /* EOT has */
    LEAVING,  /* a block 0 without a name has */
    RESTING,
    OVER,
};

struct ymodem_send {
    struct transfer_options options;
    enum state state;
    bool is_told; /* the event of this state */
    bool has_failed;
    bool has_begun; /* the file: TRANSFER_BEGUN has been told */
    bool is_short;  /* the peer does not take long blocks */
    bool is_sum;    /* ... and no CRC */
    bool is_stream; /* ... and acknowledges nothing */
    unsigned cans;
    unsigned tries;
    uint8_t number; /* of the block that is made */
    int64_t at;     /* in the file: the end of `block` */
    int64_t size;
    int64_t deadline;
    const char *why;
    struct buf block; /* its data, not padded yet */
};

static void become(struct ymodem_send *y, enum state state, int64_t deadline)
{
    y->state = state;
    y->is_told = false;
    y->tries = 0;
    y->deadline = deadline;
}

static void fail(struct ymodem_send *y, const char *why)
{
    if (y->state == OVER)
        return;
    become(y, OVER, TRANSFER_NEVER);
    y->has_failed = true;
    y->why = why;
}

void ymodem_send_abort(struct ymodem_send *y, const char *why)
{
    if (y->state != OVER)
        buf_add(y->options.out, SPAN_LIT(YMODEM_CANCEL));
    fail(y, why);
}

struct ymodem_send *ymodem_send_new(const struct transfer_options *options, int64_t now)
{
    struct ymodem_send *y = mem_zalloc(sizeof(*y));

    y->options = *options;
    buf_init(&y->block, LONG_BLOCK);
    become(y, STARTING, now + options->patience_ms);
    return y;
}

void ymodem_send_free(struct ymodem_send *y)
{
    if (y)
        buf_clear(&y->block);
    mem_free(y);
}

int64_t ymodem_send_deadline(const struct ymodem_send *y)
{
    return y->deadline;
}

static bool is_xmodem(const struct ymodem_send *y)
{
    return y->options.protocol == TRANSFER_XMODEM;
}

/* --- what is sent --- */

static void put(struct ymodem_send *y, const uint8_t *bytes, size_t len)
{
    struct buf *out = y->options.out;

    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == IAC && y->options.is_telnet)
            buf_add_byte(out, (char)IAC);
        buf_add_byte(out, (char)bytes[i]);
    }
}

static size_t add_check(const struct ymodem_send *y, uint8_t *data, size_t size)
{
    uint16_t crc;

    if (y->is_sum) {
        data[size] = 0;
        for (size_t i = 0; i < size; i++)
            data[size] = (uint8_t)(data[size] + data[i]);
        return 1;
    }
    crc = crc_16(span_from(data, size));
    data[size] = (uint8_t)(crc >> 8);
    data[size + 1] = (uint8_t)crc;
    return BLOCK_CRC;
}

/* `data` and what fills it up to `size` bytes. */
static void put_block(struct ymodem_send *y, struct span data, size_t size, int filler)
{
    uint8_t block[BLOCK_HEAD + LONG_BLOCK + BLOCK_CRC];

    block[0] = size == SHORT_BLOCK ? SOH : STX;
    block[1] = y->number;
    block[2] = (uint8_t)~y->number;
    memset(block + BLOCK_HEAD, filler, size);
    if (data.len > 0)
        memcpy(block + BLOCK_HEAD, data.data, data.len);
    put(y, block, BLOCK_HEAD + size + add_check(y, block + BLOCK_HEAD, size));
}

/* Block 0: what the file is, or that there is none. */
static void put_info(struct ymodem_send *y)
{
    put_block(y, buf_span(&y->block), y->block.len <= SHORT_BLOCK ? SHORT_BLOCK : LONG_BLOCK,
              0);
}

/* How many bytes the next block takes: short ones at the end, which fill up less. */
static size_t block_size(const struct ymodem_send *y, int64_t from)
{
    return y->is_short || y->size - from <= LONG_BLOCK - SHORT_BLOCK ? SHORT_BLOCK : LONG_BLOCK;
}

static void put_data(struct ymodem_send *y)
{
    int64_t from = y->at - y->block.len;

    put_block(y, buf_span(&y->block), block_size(y, from), PADDING);
}

static void put_end(struct ymodem_send *y, int64_t now)
{
    buf_add_byte(y->options.out, EOT);
    become(y, ENDING, now + ANSWER_MS);
}

void ymodem_send_offer(struct ymodem_send *y, const struct transfer_file *file, int64_t now)
{
    if (y->state != CHOOSING)
        return;
    assert(file->size >= 0 && file->size < TRANSFER_SIZE_MAX && file->name.len <= 255);
    y->size = file->size;
    y->at = 0;
    y->has_begun = false;
    buf_reset(&y->block);
    if (is_xmodem(y)) {
        y->number = 1;
        become(y, SENDING, TRANSFER_NEVER);
        return;
    }
    transfer_info_add(&y->block, file);
    y->number = 0;
    put_info(y);
    become(y, OFFERING, now + ANSWER_MS);
}

void ymodem_send_finish(struct ymodem_send *y, int64_t now)
{
    if (y->state != CHOOSING)
        return;
    if (is_xmodem(y)) {
        become(y, RESTING, now + LAST_MS);
        return;
    }
    buf_reset(&y->block);
    y->number = 0;
    put_info(y);
    become(y, LEAVING, now + ANSWER_MS);
}

static void send_block(struct ymodem_send *y, int64_t now)
{
    put_data(y);
    if (!y->is_stream) {
        become(y, PAUSING, now + ANSWER_MS);
        return;
    }
    buf_reset(&y->block);
    y->number++;
}

/* The owner may give less than a block. */
void ymodem_send_give(struct ymodem_send *y, int64_t offset, struct span data, int64_t now)
{
    if (y->state != SENDING || offset != y->at)
        return;
    assert(data.len > 0 && (int64_t)data.len <= y->size - y->at);
    y->is_told = false;
    while (data.len > 0 && y->state == SENDING) {
        size_t room = block_size(y, y->at - y->block.len) - y->block.len;
        struct span piece = span_take(&data, room);

        buf_add(&y->block, piece);
        y->at += (int64_t)piece.len;
        if (piece.len == room || y->at == y->size)
            send_block(y, now);
    }
}

/* --- what the peer says --- */

/* The first block is not taken: by old programs, because it is long. */
static void try_short_block(struct ymodem_send *y)
{
    if (y->number != 1 || y->tries < LONG_TRIES || y->block.len <= SHORT_BLOCK)
        return;
    y->is_short = true;
    y->at -= y->block.len - SHORT_BLOCK;
    buf_cut(&y->block, SHORT_BLOCK);
}

static void say_again(struct ymodem_send *y, int64_t now)
{
    transfer_count_error(&y->options);
    if (++y->tries >= TRIES) {
        ymodem_send_abort(y, "the line is too bad: nothing comes through");
        return;
    }
    y->deadline = now + ANSWER_MS;
    switch (y->state) {
    case OFFERING:
    case LEAVING:
        put_info(y);
        break;
    case PAUSING:
        try_short_block(y);
        put_data(y);
        break;
    case ENDING:
        buf_add_byte(y->options.out, EOT);
        break;
    default:
        break;
    }
}

static void start(struct ymodem_send *y, uint8_t c)
{
    y->is_stream = c == 'G';
    y->is_sum = c == NAK;
    y->is_short = is_xmodem(y) && y->is_sum;
    become(y, CHOOSING, TRANSFER_NEVER);
}

static void open_file(struct ymodem_send *y)
{
    buf_reset(&y->block);
    y->number = 1;
    become(y, SENDING, TRANSFER_NEVER);
}

static void block_taken(struct ymodem_send *y)
{
    buf_reset(&y->block);
    y->number++;
    become(y, SENDING, TRANSFER_NEVER);
}

static bool is_letter(uint8_t c)
{
    return c == 'C' || c == 'G' || c == NAK;
}

static bool file_sent(struct ymodem_send *y, int64_t now, struct transfer_event *ev)
{
    ev->type = TRANSFER_SENT;
    if (is_xmodem(y))
        become(y, CHOOSING, TRANSFER_NEVER);
    else
        become(y, STARTING, now + ANSWER_MS); /* for the next one */
    return true;
}

/* One byte. Data that are streaming can't be taken back: NAK there is the end. */
static bool take(struct ymodem_send *y, uint8_t c, int64_t now, struct transfer_event *ev)
{
    switch (y->state) {
    case STARTING:
        if (is_letter(c))
            start(y, c);
        return false;
    case OFFERING:
        if (c == ACK)
            become(y, OPENING, now + ANSWER_MS);
        else if (c == 'G')
            open_file(y);
        else if (c == NAK)
            say_again(y, now);
        return false;
    case OPENING:
        if (is_letter(c))
            open_file(y);
        return false;
    case SENDING:
        if (y->is_stream && c == NAK)
            ymodem_send_abort(y, "the line is too bad for YModem-G");
        return false;
    case PAUSING:
        if (c == ACK)
            block_taken(y);
        else if (c == NAK)
            say_again(y, now);
        return false;
    case ENDING:
        if (c == NAK)
            say_again(y, now);
        return c == ACK && file_sent(y, now, ev);
    case LEAVING:
        if (c == ACK)
            become(y, RESTING, now + LAST_MS);
        else if (c == NAK)
            say_again(y, now);
        return false;
    default:
        return false;
    }
}

static bool is_cancelled(struct ymodem_send *y, uint8_t c)
{
    y->cans = c == CAN ? y->cans + 1 : 0;
    return y->cans >= 2;
}

/* --- what the owner is asked --- */

static bool tell_over(struct ymodem_send *y, struct transfer_event *ev)
{
    if (y->is_told)
        return false;
    y->is_told = true;
    ev->type = y->has_failed ? TRANSFER_FAILED : TRANSFER_DONE;
    if (y->has_failed)
        ev->data = span_of(y->why);
    return true;
}

static bool ask_data(struct ymodem_send *y, int64_t now, struct transfer_event *ev)
{
    int64_t left = y->size - y->at;
    int64_t most = y->is_stream ? TRANSFER_GIVE_MAX : LONG_BLOCK - y->block.len;

    if (!y->has_begun) {
        y->has_begun = true;
        ev->type = TRANSFER_BEGUN;
        return true;
    }
    if (left == 0) {
        put_end(y, now);
        return false;
    }
    ev->type = TRANSFER_WANT_DATA;
    ev->offset = y->at;
    ev->size = left < most ? left : most;
    y->is_told = true;
    return true;
}

static bool ask_owner(struct ymodem_send *y, int64_t now, struct transfer_event *ev)
{
    if (y->state == OVER)
        return tell_over(y, ev);
    if (y->is_told)
        return false;
    if (y->state == SENDING)
        return ask_data(y, now, ev);
    if (y->state != CHOOSING)
        return false;
    ev->type = TRANSFER_WANT_FILE;
    y->is_told = true;
    return true;
}

bool ymodem_send_next(struct ymodem_send *y, struct span *in, int64_t now,
                      struct transfer_event *ev)
{
    *ev = (struct transfer_event){0};
    while (in->len > 0 && y->state < RESTING && y->state != CHOOSING) {
        uint8_t c = (uint8_t)span_take(in, 1).data[0];

        if (is_cancelled(y, c))
            fail(y, "the other side has cancelled it");
        else if (take(y, c, now, ev))
            return true;
    }
    return ask_owner(y, now, ev);
}

void ymodem_send_timeout(struct ymodem_send *y, int64_t now)
{
    if (now < y->deadline)
        return;
    switch (y->state) {
    case STARTING:
    case OPENING:
        ymodem_send_abort(y, "nobody has answered");
        break;
    case RESTING:
        become(y, OVER, TRANSFER_NEVER);
        break;
    default:
        say_again(y, now);
    }
}
