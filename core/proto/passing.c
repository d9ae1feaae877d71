#include "proto/passing.h"

enum { CAN = 0x18, CANS = 5 };

enum state {
    STATE_ANY,
    STATE_PAD,    /* '*' */
    STATE_STYLE,  /* ZDLE behind it */
    STATE_TYPE,   /* of a hexadecimal header: its first digit */
    STATE_TYPE_0, /* its second */
    STATE_END,    /* of a ZFIN */
};

static uint8_t next_state(const struct passing *p, unsigned char c)
{
    switch ((enum state)p->state) {
    case STATE_PAD:
        if (c == CAN)
            return STATE_STYLE;
        break;
    case STATE_STYLE:
        if (c == 'B')
            return STATE_TYPE;
        break;
    case STATE_TYPE:
        if (c == '0')
            return STATE_TYPE_0;
        break;
    case STATE_TYPE_0:
        if (c == '8')
            return STATE_END;
        break;
    case STATE_END:
        if (c != '\n' && c != 0x8A && p->cans < CANS)
            return STATE_END;
        break;
    default:
        break;
    }
    return c == '*' ? STATE_PAD : STATE_ANY;
}

static bool begins(const struct passing *p, unsigned char c)
{
    return p->state == STATE_STYLE && c >= 'A' && c <= 'C';
}

/* The state behind one more byte; the byte that ends a transfer still is its. */
static void take_byte(struct passing *p, unsigned char c)
{
    bool was_end = p->state == STATE_END;

    p->is_on = p->is_on || begins(p, c);
    p->cans = c != CAN ? 0 : p->cans < CANS ? p->cans + 1 : CANS;
    p->state = next_state(p, c);
    if (p->cans == CANS || (was_end && p->state != STATE_END))
        p->is_on = false;
}

struct span passing_take(struct passing *p, struct span *in, bool *is_on)
{
    size_t n = 0;
    bool was_on = p->is_on;

    while (n < in->len && p->is_on == was_on)
        take_byte(p, (unsigned char)in->data[n++]);
    *is_on = was_on;
    return span_take(in, n);
}
