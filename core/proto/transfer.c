#include "proto/transfer.h"

#include <strings.h>

static const char *const names[TRANSFER_PROTOCOLS] = {"ZModem", "YModem", "YModem-G", "XModem"};

const char *transfer_protocol_name(enum transfer_protocol protocol)
{
    return names[protocol];
}

enum transfer_protocol transfer_protocol_find(struct span name)
{
    int i = 0;

    while (i < TRANSFER_PROTOCOLS &&
           (strlen(names[i]) != name.len || strncasecmp(names[i], name.data, name.len) != 0))
        i++;
    return (enum transfer_protocol)i;
}

void transfer_info_add(struct buf *out, const struct transfer_file *f)
{
    buf_add(out, f->name);
    buf_add_byte(out, '\0');
    buf_printf(out, "%lld %llo 100644 0 %u %lld", (long long)f->size,
               (unsigned long long)(f->modified > 0 ? f->modified : 0), (unsigned)f->files_left,
               (long long)f->bytes_left);
    buf_add_byte(out, '\0');
}

static struct span take_word(struct span *rest, char end)
{
    const char *p = rest->len ? memchr(rest->data, end, rest->len) : NULL;
    struct span word = span_take(rest, p ? (size_t)(p - rest->data) : rest->len);

    span_take(rest, 1);
    return word;
}

/* A number of the info, or `standard`: too long, or none. */
static int64_t take_number(struct span *rest, unsigned base, int64_t standard)
{
    struct span word = take_word(rest, ' ');
    int64_t n = 0;

    if (word.len == 0)
        return standard;
    for (size_t i = 0; i < word.len; i++) {
        unsigned digit = (unsigned)(unsigned char)word.data[i] - '0';

        if (digit >= base || n > INT64_MAX / 16)
            return standard;
        n = n * base + digit;
    }
    return n;
}

void transfer_info_read(struct span info, struct transfer_file *f)
{
    struct span rest = info;
    struct span numbers;

    f->name = take_word(&rest, '\0');
    numbers = take_word(&rest, '\0');
    f->size = take_number(&numbers, 10, -1);
    f->modified = take_number(&numbers, 8, 0);
    take_word(&numbers, ' ');
    take_word(&numbers, ' ');
    f->files_left = (uint32_t)take_number(&numbers, 10, 0);
    f->bytes_left = take_number(&numbers, 10, 0);
}

void transfer_count_error(const struct transfer_options *options)
{
    if (options->errors)
        ++*options->errors;
}
