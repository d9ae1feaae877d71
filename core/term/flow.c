#include "term/flow.h"

#include <ctype.h>
#include <string.h>

#include "base/utf8.h"
#include "term/ansi.h"

enum { ROW_OF_SIGNS = 3 };

/* --- lines --- */

static void end_line(struct flow *f, struct buf *out, bool linear)
{
    f->column = f->blanks = 0;
    f->after_blank = false;
    if (linear && f->line_ends >= 2)
        return;
    buf_add_text(out, "\r\n");
    f->line_ends += f->line_ends < 2;
}

static void add_blank(struct flow *f, bool linear)
{
    if (linear && (f->column == 0 || f->blanks > 0 || f->after_blank))
        return;
    f->blanks += f->blanks < UINT16_MAX;
}

/* What is held back, if the row has room for it: else the next word goes to the next line. */
static void send_blanks(struct flow *f, struct buf *out, unsigned room)
{
    if (f->blanks == 0 || f->column + f->blanks > room)
        return;
    f->after_blank = true;
    f->column = (uint16_t)(f->column + f->blanks);
    for (; f->blanks > 0; f->blanks--)
        buf_add_byte(out, ' ');
}

/* --- words --- */

/* The control sequence at the front of `s`; 0: none. */
static size_t sequence_length(struct span s)
{
    size_t n = 2;

    if (s.len < 2 || s.data[0] != '\033')
        return 0;
    if (s.data[1] != '[')
        return 2;
    while (n < s.len && s.data[n] >= ' ' && s.data[n] <= '?')
        n++;
    return n < s.len ? n + 1 : n;
}

static unsigned take_character(struct span *s, enum charset charset)
{
    uint32_t cp;

    if (charset == CHARSET_UTF8) {
        cp = utf8_next(s, NULL);
        return utf8_width(cp);
    }
    if (span_starts_with(*s, "\xFF\xFF"))
        span_take(s, 1); /* as telnet doubles it */
    span_take(s, 1);
    return 1;
}

/* The bytes of the word at the front of `s`, sequences in it too, and its columns. */
static size_t word_length(struct span s, enum charset charset, unsigned *columns)
{
    struct span rest = s;

    *columns = 0;
    while (rest.len > 0 && rest.data[0] != ' ' && rest.data[0] != '\r' &&
           rest.data[0] != '\n') {
        size_t n = sequence_length(rest);

        if (n > 0 && rest.data[n - 1] != 'm')
            break; /* it may move the cursor */
        if (n > 0)
            span_take(&rest, n);
        else
            *columns += take_character(&rest, charset);
    }
    return s.len - rest.len;
}

/* Where a sequence puts the cursor. */
static void follow_sequence(struct flow *f, struct span sequence)
{
    uint16_t n[4] = {0};

    if (sequence.len < 3)
        return;
    ansi_numbers(span_from(sequence.data + 2, sequence.len - 3), n, 4);
    if (sequence.data[sequence.len - 1] == 'H' || sequence.data[sequence.len - 1] == 'f') {
        f->column = n[1] > 0 ? n[1] - 1 : 0;
        f->blanks = 0;
    } else if (sequence.data[sequence.len - 1] == 'C')
        f->column = (uint16_t)(f->column + (n[0] > 0 ? n[0] : 1));
}

static void add_word(struct flow *f, struct buf *out, struct span word, unsigned columns,
                     unsigned room)
{
    if (f->column > 0 && f->column + f->blanks + columns > room) {
        buf_add_text(out, "\r\n");
        f->column = f->blanks = 0;
    }
    send_blanks(f, out, room);
    buf_add(out, word);
    f->column = (uint16_t)((f->column + columns) % (room + 1));
    if (columns == 0)
        return;
    f->line_ends = 0;
    f->after_blank = false;
}

/* The last column stays free: some terminals wrap behind it at once. */
void flow_add(struct flow *f, struct buf *out, struct span wire, enum charset charset,
              unsigned width, bool linear)
{
    unsigned room = width > 1 ? width - 1 : 1;

    while (wire.len > 0) {
        size_t sequence = sequence_length(wire);
        unsigned columns;

        if (wire.data[0] == '\n') {
            end_line(f, out, linear);
            span_take(&wire, 1);
        } else if (wire.data[0] == '\r') {
            span_take(&wire, 1); /* with its line end; alone it would only harm */
        } else if (wire.data[0] == ' ') {
            add_blank(f, linear);
            span_take(&wire, 1);
        } else if (sequence > 0) {
            send_blanks(f, out, room);
            follow_sequence(f, span_from(wire.data, sequence));
            buf_add(out, span_take(&wire, sequence));
        } else {
            size_t n = word_length(wire, charset, &columns);

            add_word(f, out, span_take(&wire, n), columns, room);
        }
    }
    send_blanks(f, out, room);
}

/* --- drawings --- */

static bool is_drawn(uint32_t cp)
{
    return cp == '|' || (cp >= 0x2500 && cp < 0x2600) || cp == 0x2219 || cp == 0xB7;
}

static bool is_word(uint32_t cp)
{
    return cp < 0x80 ? isalnum((int)cp) != 0 : !is_drawn(cp) && cp != 0xA0;
}

/* How often the ASCII sign at the front is repeated. */
static size_t row_of_signs(struct span s)
{
    size_t n = 1;

    if (!ispunct((unsigned char)s.data[0]) || s.data[0] == '.')
        return 0;
    while (n < s.len && s.data[n] == s.data[0])
        n++;
    return n >= ROW_OF_SIGNS ? n : 0;
}

static bool has_word(struct span line)
{
    while (line.len > 0) {
        if (is_word(utf8_next(&line, NULL)))
            return true;
    }
    return false;
}

static void undraw_line(struct buf *out, struct span line)
{
    while (line.len > 0) {
        size_t signs = row_of_signs(line);
        struct span rest = line;

        if (signs > 0) {
            span_take(&line, signs);
            buf_add_byte(out, ' ');
        } else if (is_drawn(utf8_next(&rest, NULL))) {
            line = rest;
            buf_add_byte(out, ' ');
        } else {
            buf_add(out, span_take(&line, line.len - rest.len));
        }
    }
}

/* What is a part of a line only (the first and the last) may end a word of its neighbour. */
void flow_undraw(struct buf *out, struct span utf8)
{
    bool is_whole = false;

    while (utf8.len > 0) {
        const char *end = memchr(utf8.data, '\n', utf8.len);
        struct span line = span_take(&utf8, end ? (size_t)(end - utf8.data) : utf8.len);

        if (!is_whole || !end || has_word(line))
            undraw_line(out, line);
        if (end) {
            buf_add_text(out, "\r\n");
            span_take(&utf8, 1);
        }
        is_whole = true;
    }
}
