#include "term/draw.h"

#include "base/utf8.h"

static bool same_color(struct color a, struct color b)
{
    if (a.kind != b.kind)
        return false;
    if (a.kind == COLOR_RGB)
        return a.red == b.red && a.green == b.green && a.blue == b.blue;
    return a.kind == COLOR_OWN || a.index == b.index;
}

static bool same_look(const struct cell *a, const struct cell *b)
{
    return a->bold == b->bold && a->underline == b->underline && a->italic == b->italic &&
           a->blink == b->blink && a->reverse == b->reverse && same_color(a->fg, b->fg) &&
           same_color(a->bg, b->bg);
}

/* A blank shows its background alone. */
static bool shows_the_same(const struct cell *cell, const struct cell *before)
{
    bool is_blank = cell->chars[0] == ' ' && !cell->reverse && !cell->underline;

    return same_look(cell, before) || (is_blank && !before->reverse && !before->underline &&
                                       same_color(cell->bg, before->bg));
}

/* The parameters of SGR for one colour: ECMA-48 has eight, the bright ones are aixterm's. */
static void add_color(struct buf *out, struct color c, bool is_bg)
{
    unsigned base = is_bg ? 40 : 30;

    if (c.kind == COLOR_RGB)
        buf_printf(out, ";%u;2;%u;%u;%u", base + 8, c.red, c.green, c.blue);
    else if (c.kind == COLOR_INDEX && c.index < 8)
        buf_printf(out, ";%u", base + c.index);
    else if (c.kind == COLOR_INDEX && c.index < 16)
        buf_printf(out, ";%u", base + 60 + c.index - 8);
    else if (c.kind == COLOR_INDEX)
        buf_printf(out, ";%u;5;%u", base + 8, c.index);
}

static void add_look(struct buf *out, const struct cell *cell)
{
    buf_add_text(out, "\033[0");
    buf_add_text(out, cell->bold ? ";1" : "");
    buf_add_text(out, cell->italic ? ";3" : "");
    buf_add_text(out, cell->underline ? ";4" : "");
    buf_add_text(out, cell->blink ? ";5" : "");
    buf_add_text(out, cell->reverse ? ";7" : "");
    add_color(out, cell->fg, false);
    add_color(out, cell->bg, true);
    buf_add_byte(out, 'm');
}

/* Nothing of it would be seen. */
static bool is_empty(const struct cell *cell, bool no_colors)
{
    return cell->chars[0] == ' ' &&
           (no_colors || (cell->bg.kind == COLOR_OWN && !cell->reverse && !cell->underline));
}

static unsigned row_length(const struct picture *p, unsigned row, unsigned columns,
                           bool no_colors)
{
    while (columns > 0) {
        struct cell cell = picture_cell(p, row, columns - 1);

        if (!is_empty(&cell, no_colors))
            return columns - 1 + cell.width;
        columns--;
    }
    return 0;
}

static void add_row(const struct picture *p, unsigned row, unsigned columns, bool no_colors,
                    struct buf *out)
{
    const struct cell plain = {.width = 1};
    struct cell before = plain;

    for (unsigned column = 0; column < columns;) {
        struct cell cell = picture_cell(p, row, column);

        if (column + cell.width > columns)
            break;
        if (!no_colors && !shows_the_same(&cell, &before)) {
            add_look(out, &cell);
            before = cell;
        }
        for (int i = 0; i < CELL_CHARS && cell.chars[i]; i++)
            utf8_add(out, cell.chars[i]);
        column += cell.width;
    }
    if (!no_colors && !same_look(&before, &plain))
        buf_add_text(out, "\033[0m");
}

/* `n`, or the limit where it is lower; 0: there is none. */
static unsigned limited(unsigned n, unsigned limit)
{
    return limit > 0 && limit < n ? limit : n;
}

bool draw_text(const struct picture *p, const struct draw_limits *limits, struct buf *out)
{
    unsigned last = picture_last_row(p);
    unsigned rows = limited(last, limits->rows);
    bool is_whole = rows == last;

    for (unsigned row = 0; row < rows; row++) {
        unsigned length = row_length(p, row, picture_columns(p), limits->no_colors);
        unsigned columns = limited(length, limits->columns);

        add_row(p, row, columns, limits->no_colors, out);
        buf_add_byte(out, '\n');
        is_whole = is_whole && columns == length;
    }
    return is_whole;
}

void draw_row(const struct picture *p, unsigned row, const struct draw_limits *limits,
              struct buf *out)
{
    unsigned length = row_length(p, row, picture_columns(p), limits->no_colors);

    add_row(p, row, limited(length, limits->columns), limits->no_colors, out);
}

/* ANSI's 0 to 15 as the numbers of pipe codes, in which red and blue change places. */
static unsigned pipe_number(struct color c, bool is_bold)
{
    static const uint8_t numbers[] = {0, 4, 2, 6, 1, 5, 3, 7};
    unsigned index = c.kind == COLOR_INDEX ? c.index : 7;

    if (c.kind == COLOR_RGB)
        index = (c.red > 85) | (c.green > 85) << 1 | (c.blue > 85) << 2 |
                (c.red > 212 || c.green > 212 || c.blue > 212) << 3;
    if (index > 15)
        index = 7;
    return numbers[index & 7] + (index > 7 || is_bold ? 8 : 0);
}

static void add_pipe_colors(const struct cell *cell, unsigned now[2], struct buf *out)
{
    unsigned fg = pipe_number(cell->fg, cell->bold);
    unsigned bg = cell->bg.kind == COLOR_OWN ? 0 : pipe_number(cell->bg, false) & 7;
    bool is_blank = cell->chars[0] == ' ';

    if (cell->reverse) {
        unsigned swapped = fg;

        fg = bg;
        bg = swapped & 7;
    }
    if (bg != now[1])
        buf_printf(out, "|%02u", 16 + bg);
    if (fg != now[0] && !is_blank)
        buf_printf(out, "|%02u", fg);
    now[0] = is_blank ? now[0] : fg;
    now[1] = bg;
}

void draw_pipes(const struct picture *p, struct buf *out)
{
    unsigned last = picture_last_row(p);

    for (unsigned row = 0; row < last; row++) {
        unsigned columns = row_length(p, row, picture_columns(p), false);
        unsigned now[2] = {7, 0};

        for (unsigned column = 0; column < columns;) {
            struct cell cell = picture_cell(p, row, column);

            add_pipe_colors(&cell, now, out);
            for (int i = 0; i < CELL_CHARS && cell.chars[i]; i++)
                utf8_add(out, cell.chars[i]);
            column += cell.width;
        }
        buf_add_byte(out, '\n');
    }
}
