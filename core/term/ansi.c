#include "term/ansi.h"

#include <stdint.h>
#include <strings.h>

#include "base/utf8.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { NUMBER_MOST = 255, COLOR_MOST = 15, ARGS_MOST = 2, PIPE_MOST = 23 };

/* In `sequence` %1 and %2 stand for the arguments; NULL is an SGR sequence of two colours. */
static const struct macro {
    const char *name;
    const char *sequence;
    unsigned least; /* arguments; a number that is left out is 1 */
    unsigned most;
} macros[] = {
    {"move", "\033[%2;%1H", 2, 2},
    {"up", "\033[%1A", 0, 1},
    {"down", "\033[%1B", 0, 1},
    {"left", "\033[%1D", 0, 1},
    {"right", "\033[%1C", 0, 1},
    {"home", "\033[H", 0, 0},
    {"clear", "\033[2J\033[H", 0, 0}, /* ANSI.SYS homes the cursor by itself, VT100 does not */
    {"clear_line", "\033[K", 0, 0},
    {"clear_below", "\033[J", 0, 0},
    {"color", NULL, 2, 2},
    {"bold", "\033[1m", 0, 0},
    {"blink", "\033[5m", 0, 0},
    {"reverse", "\033[7m", 0, 0},
    {"normal", "\033[0m", 0, 0},
    {"save", "\033[s", 0, 0},
    {"restore", "\033[u", 0, 0},
    {"hide", "\033[?25l", 0, 0},
    {"show", "\033[?25h", 0, 0},
    {"bell", "\a", 0, 0},
};

static const char *const color_names[COLOR_MOST + 1] = {
    "black",      "blue",           "green",     "cyan",        "red",          "magenta",
    "brown",      "gray",           "dark_gray", "bright_blue", "bright_green", "bright_cyan",
    "bright_red", "bright_magenta", "yellow",    "white",
};

static bool is_word(struct span s, const char *word)
{
    return s.len == strlen(word) && strncasecmp(s.data, word, s.len) == 0;
}

static const struct macro *find_macro(struct span name)
{
    for (size_t i = 0; i < COUNT(macros); i++) {
        if (is_word(name, macros[i].name))
            return &macros[i];
    }
    return NULL;
}

/* "NAME, NAME, NAME" of all macros; borrowed from `list`. */
static const char *list_macros(struct buf *list)
{
    for (size_t i = 0; i < COUNT(macros); i++)
        buf_printf(list, "%s%s", i ? ", " : "", macros[i].name);
    return buf_text(list);
}

static const char *list_colors(struct buf *list)
{
    for (size_t i = 0; i < COUNT(color_names); i++)
        buf_printf(list, "%s%s", i ? ", " : "", color_names[i]);
    return buf_text(list);
}

static int fail_unknown(struct span name, struct err *why)
{
    struct buf list;

    buf_init(&list, sizeof(why->text));
    err_set(why, "unknown ansi macro '%.*s', expected one of: %s",
            name.len > 40 ? 40 : (int)name.len, name.data, list_macros(&list));
    buf_clear(&list);
    return -1;
}

/* Say which arguments `m` takes. */
static int fail_args(const struct macro *m, struct err *why)
{
    struct buf list;

    if (m->most == 0)
        return err_set(why, "%s takes no arguments", m->name);
    if (m->sequence)
        return err_set(why, "%s takes %u number%s from 1 to %d", m->name, m->most,
                       m->most == 1 ? "" : "s", NUMBER_MOST);
    buf_init(&list, sizeof(why->text));
    err_set(why, "%s takes %u colors, each a number from 0 to %d or one of: %s", m->name,
            m->most, COLOR_MOST, list_colors(&list));
    buf_clear(&list);
    return -1;
}

static bool take_number(const struct ansi_arg *arg, unsigned *out)
{
    if (!arg->is_number || arg->number < 1 || arg->number > NUMBER_MOST)
        return false;
    *out = (unsigned)arg->number;
    return true;
}

static bool take_color(const struct ansi_arg *arg, unsigned *out)
{
    if (arg->is_number) {
        *out = (unsigned)arg->number;
        return arg->number >= 0 && arg->number <= COLOR_MOST;
    }
    for (unsigned i = 0; i < COUNT(color_names); i++) {
        if (is_word(arg->word, color_names[i])) {
            *out = i;
            return true;
        }
    }
    return false;
}

/* One whole state: a terminal shows the same whatever it showed before. Bright is bold, which
 * every terminal knows; the background is without its brightness, which few agree about. */
static bool add_colors(struct buf *out, unsigned colors)
{
    static const char sgr[] = "04261537"; /* DOS counts blue 1 and red 4, ANSI the reverse */

    return buf_printf(out, "\033[0;%s3%c;4%cm", colors & 8 ? "1;" : "", sgr[colors & 7],
                      sgr[colors >> 4 & 7]);
}

static bool add_sequence(struct buf *out, const char *sequence, const unsigned *values)
{
    size_t before = out->len;
    bool fits = true;

    for (const char *p = sequence; *p && fits; p++) {
        if (*p == '%')
            fits = buf_printf(out, "%u", values[*++p - '1']);
        else
            fits = buf_add_byte(out, *p);
    }
    if (!fits)
        buf_cut(out, before);
    return fits;
}

int ansi_macro(struct buf *out, struct span name, const struct ansi_arg *args, unsigned count,
               struct err *why)
{
    const struct macro *m = find_macro(name);
    unsigned values[ARGS_MOST] = {1, 1};
    bool fits;

    if (!m)
        return fail_unknown(name, why);
    if (count < m->least || count > m->most)
        return fail_args(m, why);
    for (unsigned i = 0; i < count; i++) {
        if (m->sequence ? !take_number(&args[i], &values[i])
                        : !take_color(&args[i], &values[i]))
            return fail_args(m, why);
    }
    if (m->sequence)
        fits = add_sequence(out, m->sequence, values);
    else
        fits = add_colors(out, values[0] | values[1] << 4);
    return fits ? 0 : err_set(why, "no room for the sequence of %s", m->name);
}

/* The number of the pipe code at the front of `s`, -1 for none. */
static int pipe_code(struct span s)
{
    int code;

    if (s.len < 3 || s.data[1] < '0' || s.data[1] > '9' || s.data[2] < '0' || s.data[2] > '9')
        return -1;
    code = (s.data[1] - '0') * 10 + s.data[2] - '0';
    return code <= PIPE_MOST ? code : -1;
}

/* What begins with a '|'. */
static bool add_pipe(struct buf *out, struct span *text, bool ansi, unsigned *colors)
{
    int code = pipe_code(*text);

    if (code < 0) {
        span_take(text, text->len > 1 && text->data[1] == '|' ? 2 : 1);
        return buf_add_byte(out, '|');
    }
    span_take(text, 3);
    if (code < 16)
        *colors = (*colors & 0xF0) | (unsigned)code;
    else
        *colors = (*colors & 0x0F) | (unsigned)(code - 16) << 4;
    return !ansi || add_colors(out, *colors);
}

bool ansi_pipe(struct buf *out, struct span text, bool ansi, unsigned *colors)
{
    size_t before = out->len;
    unsigned now = *colors;
    bool fits = true;

    while (text.len > 0 && fits) {
        const char *bar = memchr(text.data, '|', text.len);

        fits = buf_add(out, span_take(&text, bar ? (size_t)(bar - text.data) : text.len));
        if (fits && text.len > 0)
            fits = add_pipe(out, &text, ansi, &now);
    }
    if (fits)
        *colors = now;
    else
        buf_cut(out, before);
    return fits;
}

unsigned ansi_numbers(struct span params, uint16_t *out, unsigned max)
{
    unsigned count = 0;
    uint32_t number = 0;

    for (size_t i = 0; i <= params.len; i++) {
        if (i == params.len || params.data[i] == ';') {
            if (params.len > 0 && count < max)
                out[count++] = (uint16_t)number;
            number = 0;
        } else if (params.data[i] >= '0' && params.data[i] <= '9') {
            number = number * 10 + (uint32_t)(params.data[i] - '0');
            number = number > UINT16_MAX ? UINT16_MAX : number;
        } else {
            return 0;
        }
    }
    return count;
}

/* Taking text apart. ECMA-48 section 5: ESC and 0x40 to 0x5F is the same as the control
 * character 0x80 to 0x9F; both spellings come out of here as one. */

enum { BEL = 0x07, CAN = 0x18, SUB = 0x1A, ESC = 0x1B, DEL = 0x7F };
enum { DCS = 0x90, SOS = 0x98, CSI = 0x9B, ST = 0x9C, OSC = 0x9D, PM = 0x9E, APC = 0x9F };

struct piece {
    enum { PIECE_CHAR, PIECE_CONTROL, PIECE_SEQUENCE } kind;
    uint32_t cp;        /* of a PIECE_CHAR or PIECE_CONTROL */
    struct span params; /* of a CSI sequence, borrowed from the text */
    char final;         /* of a CSI sequence; 0: another one, or one without an end */
};

static bool is_c1(uint32_t cp)
{
    return cp >= 0x80 && cp <= 0x9F;
}

/* A code point; a lone byte that an 8-bit terminal takes for a C1 control comes as that. */
static uint32_t next_code(struct span *s)
{
    unsigned char byte = (unsigned char)s->data[0];
    bool ok;
    uint32_t cp = utf8_next(s, &ok);

    if (ok)
        return cp;
    return is_c1(byte) ? byte : '?';
}

static struct span take_class(struct span *s, char first, char last)
{
    size_t n = 0;

    while (n < s->len && s->data[n] >= first && s->data[n] <= last)
        n++;
    return span_take(s, n);
}

/* Behind the CSI. What breaks the sequence off stays, to be looked at for itself. */
static void take_csi(struct span *s, struct piece *p)
{
    struct span params = take_class(s, ' ', '?');

    if (s->len == 0 || s->data[0] < '@' || s->data[0] > '~')
        return;
    p->params = params;
    p->final = span_take(s, 1).data[0];
}

/* A control string, up to its ST (or BEL, as xterm allows). One that does not end goes up to
 * the line's end or to the next sequence, so that a stray byte does not eat a whole screen. */
static void take_string(struct span *s)
{
    while (s->len > 0) {
        struct span before = *s;
        uint32_t cp = next_code(s);

        if (cp == BEL || cp == ST || cp == CAN || cp == SUB)
            return;
        if (cp == ESC && s->len > 0 && s->data[0] == '\\') {
            span_take(s, 1);
            return;
        }
        if (cp == ESC || cp == '\n' || is_c1(cp)) {
            *s = before;
            return;
        }
    }
}

static void take_sequence(struct span *s, uint32_t c1, struct piece *p)
{
    p->kind = PIECE_SEQUENCE;
    if (c1 == CSI)
        take_csi(s, p);
    else if (c1 == DCS || c1 == SOS || c1 == OSC || c1 == PM || c1 == APC)
        take_string(s);
}

static void take_escape(struct span *s, struct piece *p)
{
    p->kind = PIECE_SEQUENCE;
    if (s->len > 0 && s->data[0] >= '@' && s->data[0] <= '_') {
        take_sequence(s, (uint32_t)span_take(s, 1).data[0] + 0x40, p);
        return;
    }
    take_class(s, ' ', '/');
    if (s->len > 0 && s->data[0] >= '0' && s->data[0] <= '~')
        span_take(s, 1);
}

static struct piece next_piece(struct span *s)
{
    struct piece p = {.cp = next_code(s)};

    if (p.cp == ESC)
        take_escape(s, &p);
    else if (is_c1(p.cp))
        take_sequence(s, p.cp, &p);
    else if (p.cp < ' ' || p.cp == DEL)
        p.kind = PIECE_CONTROL;
    return p;
}

/* What is not seen but turns text round, or makes two names look the same. */
static bool is_hidden(uint32_t cp)
{
    static const struct {
        uint32_t first, last;
    } hidden[] = {
        {0x061C, 0x061C}, {0x200B, 0x200F}, {0x2028, 0x202E},   {0x2060, 0x206F},
        {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE007F},
    };

    for (size_t i = 0; i < COUNT(hidden); i++) {
        if (cp >= hidden[i].first && cp <= hidden[i].last)
            return true;
    }
    return false;
}

static bool add_safe(struct buf *out, const struct piece *p, bool lines)
{
    if (p->kind == PIECE_CHAR)
        return is_hidden(p->cp) || utf8_add(out, p->cp);
    if (p->kind == PIECE_CONTROL && p->cp == '\t')
        return buf_add_byte(out, ' ');
    if (p->kind == PIECE_CONTROL && p->cp == '\n' && lines)
        return buf_add_byte(out, '\n');
    return true;
}

bool ansi_strip(struct buf *out, struct span text, bool lines)
{
    size_t before = out->len;
    bool fits = true;

    while (fits && text.len > 0) {
        fits = buf_add(out, take_class(&text, ' ', '~'));
        if (fits && text.len > 0) {
            struct piece p = next_piece(&text);

            fits = add_safe(out, &p, lines);
        }
    }
    if (!fits)
        buf_cut(out, before);
    return fits;
}

/* Flattening. The place where the text wants the cursor is followed; the output goes there
 * when something is to be shown, so that moves that cancel out leave nothing. */

struct place {
    unsigned row; /* from 1 */
    unsigned column;
};

struct flat {
    struct buf *out;
    bool fits;
    struct place want;
    struct place have;
    struct place saved;
};

static void put(struct flat *f, struct span s)
{
    f->fits = f->fits && buf_add(f->out, s);
}

static void go_to_row(struct flat *f)
{
    if (f->want.row == f->have.row)
        return;
    put(f, SPAN_LIT("\r\n"));
    f->have = (struct place){f->want.row, 1};
}

static void go_to_place(struct flat *f)
{
    go_to_row(f);
    for (; f->have.column < f->want.column; f->have.column++)
        put(f, SPAN_LIT(" "));
    f->want.column = f->have.column; /* there is no way back in a line */
}

/* `from` moved by `by` and kept between 1 and 255, or where it is if it is beyond already. */
static unsigned moved(unsigned from, int by)
{
    int to = (int)from + by;
    int most = from > NUMBER_MOST ? (int)from : NUMBER_MOST;

    return (unsigned)(to < 1 ? 1 : to > most ? most : to);
}

static bool move_relative(struct flat *f, char final, int n)
{
    static const struct {
        char final;
        int rows, columns;
        bool to_first_column;
    } moves[] = {
        {'A', -1, 0, false}, {'B', 1, 0, false}, {'C', 0, 1, false},
        {'D', 0, -1, false}, {'E', 1, 0, true},  {'F', -1, 0, true},
    };

    for (size_t i = 0; i < COUNT(moves); i++) {
        if (moves[i].final != final)
            continue;
        f->want.row = moved(f->want.row, moves[i].rows * n);
        f->want.column = moved(f->want.column, moves[i].columns * n);
        if (moves[i].to_first_column)
            f->want.column = 1;
        return true;
    }
    return false;
}

static void clear_page(struct flat *f)
{
    if (f->have.column > 1)
        put(f, SPAN_LIT("\r\n"));
    f->want = f->have = (struct place){1, 1};
}

static void flatten_sequence(struct flat *f, const struct piece *p)
{
    uint16_t numbers[2] = {0, 0};
    int n[2];

    if (ansi_numbers(p->params, numbers, 2) == 0 && p->params.len > 0)
        return;
    for (int i = 0; i < 2; i++)
        n[i] = numbers[i] < 1 ? 1 : numbers[i] > NUMBER_MOST ? NUMBER_MOST : numbers[i];
    if (move_relative(f, p->final, n[0]))
        return;
    if (p->final == 'H' || p->final == 'f')
        f->want = (struct place){(unsigned)n[0], (unsigned)n[1]};
    else if (p->final == 'G')
        f->want.column = (unsigned)n[0];
    else if (p->final == 'd')
        f->want.row = (unsigned)n[0];
    else if (p->final == 's')
        f->saved = f->want;
    else if (p->final == 'u')
        f->want = f->saved;
    else if (p->final == 'J' && numbers[0] == 2)
        clear_page(f);
}

static void flatten_control(struct flat *f, char c)
{
    if (c == '\t') {
        f->want.column = moved(f->want.column, 8 - (int)((f->want.column - 1) % 8));
    } else if (c == '\b') {
        f->want.column = moved(f->want.column, -1);
    } else if (c == BEL) {
        put(f, span_from(&c, 1));
    } else if (c == '\r' || c == '\n') {
        go_to_row(f);
        put(f, span_from(&c, 1));
        f->have.row += c == '\n';
        f->have.column = 1;
        f->want = f->have;
    }
}

static void flatten_char(struct flat *f, uint32_t cp)
{
    if (is_hidden(cp))
        return;
    go_to_place(f);
    f->fits = f->fits && utf8_add(f->out, cp);
    f->want.column += utf8_width(cp);
    f->have = f->want;
}

bool ansi_flatten(struct buf *out, struct span text)
{
    struct flat f = {out, true, {1, 1}, {1, 1}, {1, 1}};
    size_t before = out->len;

    while (f.fits && text.len > 0) {
        struct piece p = next_piece(&text);

        if (p.kind == PIECE_CHAR)
            flatten_char(&f, p.cp);
        else if (p.kind == PIECE_CONTROL)
            flatten_control(&f, (char)p.cp);
        else
            flatten_sequence(&f, &p);
    }
    go_to_place(&f);
    if (!f.fits)
        buf_cut(out, before);
    return f.fits;
}

size_t ansi_find_cut(struct span s, size_t *len)
{
    size_t at = 0;

    while (at < s.len) {
        const char *esc = memchr(s.data + at, '\033', s.len - at);
        size_t end;

        if (!esc)
            return s.len;
        at = (size_t)(esc - s.data);
        end = at + 1;
        if (end < s.len && s.data[end] == '[') {
            do
                end++;
            while (end < s.len && s.data[end] >= ' ' && s.data[end] <= '?');
        }
        if (end == s.len || (end > at + 1 && (s.data[end] < '@' || s.data[end] > '~'))) {
            *len = end - at;
            return at;
        }
        at = end;
    }
    return s.len;
}
