#include "base/machine.h"

#include <string.h>

enum { CPU_FIELDS = 8, IDLE = 3, IOWAIT = 4, NET_SENT = 8 };

/* --- words and numbers --- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct span take_word(struct span *line)
{
    size_t n = 0;

    while (line->len > 0 && is_blank(line->data[0]))
        span_take(line, 1);
    while (n < line->len && !is_blank(line->data[n]) && line->data[n] != '\n')
        n++;
    return span_take(line, n);
}

/* The digits at the front of `s`; false: there are none. */
static bool take_digits(struct span *s, uint64_t *out)
{
    size_t before = s->len;

    *out = 0;
    while (s->len > 0 && s->data[0] >= '0' && s->data[0] <= '9') {
        uint64_t digit = (uint64_t)(span_take(s, 1).data[0] - '0');

        *out = *out > (UINT64_MAX - digit) / 10 ? UINT64_MAX : *out * 10 + digit;
    }
    return s->len < before;
}

static bool take_number(struct span *line, uint64_t *out)
{
    struct span word = take_word(line);

    return take_digits(&word, out) && word.len == 0;
}

/* "0.42", in whatever language the program runs. */
static bool take_decimal(struct span *line, double *out)
{
    struct span word = take_word(line);
    double scale = 1;
    uint64_t whole;

    if (!take_digits(&word, &whole))
        return false;
    *out = (double)whole;
    if (word.len > 0 && span_take(&word, 1).data[0] != '.')
        return false;
    while (word.len > 0 && word.data[0] >= '0' && word.data[0] <= '9')
        *out += (scale /= 10) * (span_take(&word, 1).data[0] - '0');
    return word.len == 0;
}

static uint64_t add(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* --- the files --- */

/* The first line: "cpu  USER NICE SYSTEM IDLE IOWAIT IRQ SOFTIRQ STEAL ...". What guests have
 * used is in the others already. */
bool machine_take_stat(struct span text, struct machine_ticks *out)
{
    struct span line = span_take_line(&text);
    struct machine_ticks ticks = {0};

    if (!span_is(take_word(&line), "cpu"))
        return false;
    for (unsigned i = 0; i < CPU_FIELDS; i++) {
        uint64_t n;

        if (!take_number(&line, &n)) {
            if (i <= IDLE)
                return false;
            break;
        }
        ticks.all = add(ticks.all, n);
        if (i != IDLE && i != IOWAIT)
            ticks.busy = add(ticks.busy, n);
    }
    *out = ticks;
    return true;
}

double machine_cpu(const struct machine_ticks *before, const struct machine_ticks *now)
{
    double all = (double)now->all - (double)before->all;
    double busy = (double)now->busy - (double)before->busy;

    if (all <= 0 || busy <= 0)
        return 0;
    return busy < all ? 100 * busy / all : 100;
}

/* "MemTotal:       16316412 kB" */
bool machine_take_memory(struct span text, struct machine_memory *out)
{
    struct machine_memory m = {0};
    const struct {
        const char *name;
        uint64_t *to;
    } wanted[] = {{"MemTotal:", &m.total},
                  {"MemAvailable:", &m.available},
                  {"SwapTotal:", &m.swap_total},
                  {"SwapFree:", &m.swap_free}};

    while (text.len > 0) {
        struct span line = span_take_line(&text);
        struct span name = take_word(&line);
        uint64_t n;

        for (unsigned i = 0; i < 4; i++) {
            if (span_is(name, wanted[i].name) && take_number(&line, &n))
                *wanted[i].to = n > UINT64_MAX / 1024 ? UINT64_MAX : n * 1024;
        }
    }
    if (m.total == 0 || m.available > m.total)
        return false;
    *out = m;
    return true;
}

bool machine_take_load(struct span text, double out[3])
{
    double load[3];

    for (unsigned i = 0; i < 3; i++) {
        if (!take_decimal(&text, &load[i]))
            return false;
    }
    memcpy(out, load, sizeof(load));
    return true;
}

bool machine_take_uptime(struct span text, double *out)
{
    double seconds;

    if (!take_decimal(&text, &seconds))
        return false;
    *out = seconds;
    return true;
}

/* "  eth0: RECEIVED packets errs drop fifo frame compressed multicast SENT ...", with or
 * without a blank behind the colon. False: it is no such line, as are the two headings. */
static bool take_interface(struct span line, struct span *name, struct machine_net *out)
{
    const char *colon = line.len ? memchr(line.data, ':', line.len) : NULL;
    uint64_t skipped;

    if (!colon)
        return false;
    *name = span_take(&line, (size_t)(colon - line.data));
    *name = take_word(name);
    span_take(&line, 1);
    if (!take_number(&line, &out->received))
        return false;
    for (unsigned i = 1; i < NET_SENT; i++) {
        if (!take_number(&line, &skipped))
            return false;
    }
    return take_number(&line, &out->sent);
}

bool machine_take_net(struct span text, struct machine_net *out)
{
    struct machine_net net = {0};
    bool any = false;

    while (text.len > 0) {
        struct machine_net one;
        struct span name;

        if (!take_interface(span_take_line(&text), &name, &one))
            continue;
        any = true;
        if (span_is(name, "lo"))
            continue;
        net.received = add(net.received, one.received);
        net.sent = add(net.sent, one.sent);
    }
    if (any)
        *out = net;
    return any;
}

/* A process may be called anything, ") R 1" too: the name ends at the last bracket. */
static bool take_name(struct span *text, char name[PROCESS_NAME_MAX])
{
    const char *open = text->len ? memchr(text->data, '(', text->len) : NULL;
    const char *close = text->len ? memrchr(text->data, ')', text->len) : NULL;
    size_t n;

    if (!open || !close || close < open)
        return false;
    n = (size_t)(close - open) - 1;
    n = n < PROCESS_NAME_MAX ? n : PROCESS_NAME_MAX - 1;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)open[1 + i];

        name[i] = (char)(c < 0x20 || c > 0x7E ? '?' : c);
    }
    name[n] = '\0';
    span_take(text, (size_t)(close - text->data) + 1);
    return true;
}

static bool skip_words(struct span *line, unsigned count)
{
    while (count-- > 0) {
        if (take_word(line).len == 0)
            return false;
    }
    return true;
}

/* Fields 1 pid, 2 (name), 14 utime, 15 stime, 22 starttime, 24 rss in pages. */
bool machine_take_process(struct span text, unsigned page_bytes, struct machine_process *out)
{
    struct machine_process p = {0};
    uint64_t pid, user, system, pages;

    if (!take_number(&text, &pid) || pid == 0 || pid > INT32_MAX || !take_name(&text, p.name))
        return false;
    if (!skip_words(&text, 11) || !take_number(&text, &user) || !take_number(&text, &system) ||
        !skip_words(&text, 6) || !take_number(&text, &p.start) || !skip_words(&text, 1) ||
        !take_number(&text, &pages))
        return false;
    p.pid = (int32_t)pid;
    p.ticks = add(user, system);
    p.memory = pages > UINT64_MAX / page_bytes ? UINT64_MAX : pages * page_bytes;
    *out = p;
    return true;
}

void machine_note_process(struct machine *m, const struct machine_process *p)
{
    unsigned at = m->busiest_count;

    while (at > 0 && m->busiest[at - 1].cpu < p->cpu)
        at--;
    if (p->cpu <= 0 || at == MACHINE_BUSIEST)
        return;
    if (m->busiest_count < MACHINE_BUSIEST)
        m->busiest_count++;
    memmove(&m->busiest[at + 1], &m->busiest[at],
            (m->busiest_count - 1 - at) * sizeof(m->busiest[0]));
    m->busiest[at] = *p;
}
