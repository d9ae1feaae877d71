#include "term/picture.h"

#include <vterm.h>

#include "base/mem.h"
#include "base/utf8.h"

struct picture {
    VTerm *vterm;
    VTermScreen *screen;
    unsigned columns;
    unsigned rows;
    unsigned lost;
    enum charset charset;
    void (*answer)(void *arg, struct span bytes);
    void *arg;
};

/* --- what libvterm tells --- */

static int row_is_lost(int columns, const VTermScreenCell *cells, void *arg)
{
    struct picture *p = arg;

    (void)columns;
    (void)cells;
    p->lost++;
    return 0;
}

/* All of it at once is what clears the screen: text comes cell by cell, and what scrolls leaves
 * a row out. */
static int cells_have_changed(VTermRect rect, void *arg)
{
    struct picture *p = arg;

    if (rect.start_row == 0 && rect.end_row == (int)p->rows && rect.start_col == 0 &&
        rect.end_col == (int)p->columns)
        p->lost = 0;
    return 0;
}

static void take_answer(const char *bytes, size_t len, void *arg)
{
    struct picture *p = arg;

    if (p->answer)
        p->answer(p->arg, span_from(bytes, len));
}

static const VTermScreenCallbacks callbacks = {.damage = cells_have_changed,
                                               .sb_pushline = row_is_lost};

/* --- the picture --- */

struct picture *picture_new(unsigned columns, unsigned rows, enum charset charset)
{
    struct picture *p = mem_zalloc(sizeof(*p));

    p->columns = columns;
    p->rows = rows;
    p->charset = charset;
    p->vterm = vterm_new((int)rows, (int)columns);
    vterm_set_utf8(p->vterm, 1);
    vterm_output_set_callback(p->vterm, take_answer, p);
    p->screen = vterm_obtain_screen(p->vterm);
    vterm_screen_set_callbacks(p->screen, &callbacks, p);
    vterm_screen_reset(p->screen, 1);
    return p;
}

void picture_free(struct picture *p)
{
    if (!p)
        return;
    vterm_free(p->vterm);
    mem_free(p);
}

void picture_on_answer(struct picture *p, void (*answer)(void *arg, struct span bytes),
                       void *arg)
{
    p->answer = answer;
    p->arg = arg;
}

/* Terminals of CP437 show what is a control code elsewhere, but for those that they obey: NUL,
 * BEL to SI, and ESC. */
static bool is_control(unsigned char byte)
{
    return byte == 0 || (byte >= 0x07 && byte <= 0x0F) || byte == 0x1B;
}

static void decode(struct buf *utf8, struct span cp437)
{
    for (size_t i = 0; i < cp437.len; i++) {
        if (is_control((unsigned char)cp437.data[i]))
            buf_add_byte(utf8, cp437.data[i]);
        else
            charset_decode_art(utf8, span_from(cp437.data + i, 1));
    }
}

void picture_play(struct picture *p, struct span bytes)
{
    struct buf utf8;

    buf_init(&utf8, BUF_LARGE);
    if (p->charset == CHARSET_CP437) {
        decode(&utf8, bytes);
        bytes = buf_span(&utf8);
    }
    if (bytes.len > 0)
        vterm_input_write(p->vterm, bytes.data, bytes.len);
    buf_clear(&utf8);
}

unsigned picture_columns(const struct picture *p)
{
    return p->columns;
}

unsigned picture_rows(const struct picture *p)
{
    return p->rows;
}

unsigned picture_lost(const struct picture *p)
{
    return p->lost;
}

void picture_cursor(const struct picture *p, unsigned *row, unsigned *column)
{
    VTermPos at;

    vterm_state_get_cursorpos(vterm_obtain_state(p->vterm), &at);
    *row = (unsigned)at.row;
    *column = (unsigned)at.col;
}

/* --- cells --- */

static struct color color_of(const struct picture *p, VTermColor c)
{
    struct color out = {.kind = COLOR_RGB};

    if (VTERM_COLOR_IS_DEFAULT_FG(&c) || VTERM_COLOR_IS_DEFAULT_BG(&c))
        return (struct color){.kind = COLOR_OWN};
    if (VTERM_COLOR_IS_INDEXED(&c)) {
        out.kind = COLOR_INDEX;
        out.index = c.indexed.idx;
    }
    vterm_screen_convert_color_to_rgb(p->screen, &c);
    out.red = c.rgb.red;
    out.green = c.rgb.green;
    out.blue = c.rgb.blue;
    return out;
}

struct cell picture_cell(const struct picture *p, unsigned row, unsigned column)
{
    VTermScreenCell from = {0};
    struct cell cell;

    vterm_screen_get_cell(p->screen, (VTermPos){.row = (int)row, .col = (int)column}, &from);
    cell = (struct cell){.width = from.width == 2 ? 2 : 1,
                         .bold = from.attrs.bold,
                         .underline = from.attrs.underline != 0,
                         .italic = from.attrs.italic,
                         .blink = from.attrs.blink,
                         .reverse = from.attrs.reverse,
                         .fg = color_of(p, from.fg),
                         .bg = color_of(p, from.bg)};
    for (int i = 0; i < CELL_CHARS && i < VTERM_MAX_CHARS_PER_CELL; i++)
        cell.chars[i] = from.chars[i];
    if (cell.chars[0] == 0 || cell.chars[0] == (uint32_t)-1) /* never written; of a wide one */
        cell.chars[0] = ' ';
    return cell;
}

static bool is_black(const struct color *c)
{
    return c->kind == COLOR_OWN || (c->red == 0 && c->green == 0 && c->blue == 0);
}

static bool is_blank(const struct cell *cell)
{
    return cell->chars[0] == ' ' && is_black(&cell->bg) && !cell->reverse && !cell->underline;
}

static bool row_is_blank(const struct picture *p, unsigned row)
{
    for (unsigned column = 0; column < p->columns; column++) {
        struct cell cell = picture_cell(p, row, column);

        if (!is_blank(&cell))
            return false;
    }
    return true;
}

unsigned picture_last_row(const struct picture *p)
{
    unsigned rows = p->rows;

    while (rows > 0 && row_is_blank(p, rows - 1))
        rows--;
    return rows;
}
