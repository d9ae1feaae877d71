#include "tests/board/window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <vterm.h>

#include "base/utf8.h"
#include "term/charset.h"

struct window {
    VTerm *vterm;
    unsigned columns;
    char row[WINDOW_ROW];
};

/* Such a terminal obeys NUL, BEL to SI, and ESC, and shows the other control codes. */
static void decode_cp437(struct buf *out, struct span bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char byte = (unsigned char)bytes.data[i];
        bool is_glyph = byte == 0x7F || (byte < 0x20 && byte != 0 &&
                                         !(byte >= 7 && byte <= 15) && byte != 0x1B);
        struct span one = span_from(bytes.data + i, 1);

        if (is_glyph)
            charset_decode_art(out, one);
        else
            charset_decode_cp437(out, one);
    }
}

static void play(VTerm *vterm, enum caller_kind kind, struct span bytes)
{
    struct buf utf8;

    buf_init(&utf8, BUF_LARGE);
    if (kind == CALLER_SYNCTERM)
        decode_cp437(&utf8, bytes);
    else
        buf_add(&utf8, bytes);
    vterm_input_write(vterm, utf8.data, utf8.len);
    buf_clear(&utf8);
}

static struct window *window_new(unsigned columns, unsigned rows)
{
    struct window *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    w->columns = columns;
    w->vterm = vterm_new((int)rows, (int)columns);
    vterm_set_utf8(w->vterm, 1);
    vterm_state_set_bold_highbright(vterm_obtain_state(w->vterm), 1); /* as CP437 terminals */
    vterm_screen_reset(vterm_obtain_screen(w->vterm), 1);
    return w;
}

struct window *window_begin(const struct caller *c)
{
    return window_new(c->columns, c->rows);
}

void window_play(struct window *w, const struct caller *c, size_t from, size_t to)
{
    play(w->vterm, c->kind, span_from(c->shown + from, to - from));
}

struct window *window_of(struct caller *c)
{
    struct window *w;

    caller_read_for_now(c);
    w = window_begin(c);
    window_play(w, c, 0, c->shown_len);
    return w;
}

struct window *window_of_lines(const char *text, unsigned columns, unsigned rows)
{
    struct window *w = window_new(columns, rows);

    while (*text) {
        size_t n = strcspn(text, "\n");

        vterm_input_write(w->vterm, text, n);
        text += n;
        if (*text == '\n' && *++text != '\0')
            vterm_input_write(w->vterm, "\r\n", 2);
    }
    return w;
}

void window_free(struct window *w)
{
    vterm_free(w->vterm);
    free(w);
}

static VTermScreenCell cell_at(struct window *w, unsigned row, unsigned column)
{
    VTermScreenCell cell;

    vterm_screen_get_cell(vterm_obtain_screen(w->vterm),
                          (VTermPos){.row = (int)row, .col = (int)column}, &cell);
    return cell;
}

static void add_row(struct window *w, struct buf *out, unsigned row, unsigned columns)
{
    for (unsigned column = 0; column < columns; column++) {
        VTermScreenCell cell = cell_at(w, row, column);

        if (cell.chars[0] != (uint32_t)-1) /* the right half of a wide one */
            utf8_add(out, cell.chars[0] ? cell.chars[0] : ' ');
    }
}

const char *window_row(struct window *w, unsigned row)
{
    struct buf out;

    buf_init(&out, WINDOW_ROW - 1);
    add_row(w, &out, row, w->columns);
    while (out.len > 0 && out.data[out.len - 1] == ' ')
        buf_cut(&out, out.len - 1);
    memcpy(w->row, buf_text(&out), out.len + 1);
    buf_clear(&out);
    return w->row;
}

bool window_is_blank(struct window *w, unsigned row, unsigned column)
{
    uint32_t first = cell_at(w, row, column).chars[0];

    return first == 0 || first == ' ';
}

static unsigned number_of(VTermColor color)
{
    if (VTERM_COLOR_IS_DEFAULT_FG(&color) || VTERM_COLOR_IS_DEFAULT_BG(&color))
        return 16;
    return VTERM_COLOR_IS_INDEXED(&color) ? color.indexed.idx : 17;
}

uint32_t window_glyph(struct window *w, unsigned row, unsigned column)
{
    uint32_t glyph = cell_at(w, row, column).chars[0];

    return glyph ? glyph : ' ';
}

void window_colors(struct window *w, unsigned row, unsigned column, unsigned *fg, unsigned *bg)
{
    VTermScreenCell cell = cell_at(w, row, column);

    *fg = number_of(cell.fg);
    *bg = number_of(cell.bg);
}

void window_cursor(struct window *w, unsigned *row, unsigned *column)
{
    VTermPos at;

    vterm_state_get_cursorpos(vterm_obtain_state(w->vterm), &at);
    *row = (unsigned)at.row;
    *column = (unsigned)at.col;
}

static struct span without_blanks(struct span s)
{
    while (s.len > 0 && s.data[s.len - 1] == ' ')
        s.len--;
    return s;
}

static bool is_behind(struct window *w, const char *question)
{
    struct span end = without_blanks(span_of(question));
    struct span text;
    unsigned row;
    unsigned column;
    struct buf before;
    bool is;

    buf_init(&before, WINDOW_ROW);
    window_cursor(w, &row, &column);
    add_row(w, &before, row, column);
    text = without_blanks(buf_span(&before));
    is = text.len >= end.len && memcmp(text.data + text.len - end.len, end.data, end.len) == 0;
    buf_clear(&before);
    return is;
}

bool window_has(struct caller *c, const char *text)
{
    struct window *w = window_of(c);
    bool has = false;

    for (unsigned row = 0; row < c->rows; row++)
        has |= strstr(window_row(w, row), text) != NULL;
    window_free(w);
    return has;
}

void window_expect_gone(struct caller *c, const char *text)
{
    double until = caller_patience();

    while (window_has(c, text))
        caller_wait(c, until, "something else there");
}

void window_expect_prompt(struct caller *c, const char *question)
{
    double until = caller_patience();

    for (;;) {
        struct window *w = window_of(c);
        bool is = is_behind(w, question);

        window_free(w);
        if (is)
            break;
        caller_wait(c, until, question);
    }
    c->from = c->len;
}

/* Where `text` stands, columns counted in characters. */
static bool find_text(struct window *w, unsigned rows, const char *text, unsigned *row,
                      unsigned *column)
{
    for (*row = 0; *row < rows; ++*row) {
        const char *all = window_row(w, *row);
        const char *at = strstr(all, text);

        if (at) {
            *column = utf8_columns(span_from(all, (size_t)(at - all)));
            return true;
        }
    }
    return false;
}

static bool has_colors(struct window *w, unsigned rows, const char *text, unsigned fg,
                       unsigned bg)
{
    unsigned row;
    unsigned column;
    unsigned is[2];

    if (!find_text(w, rows, text, &row, &column))
        return false;
    window_colors(w, row, column, &is[0], &is[1]);
    return is[0] == fg && is[1] == bg;
}

void window_expect_colors(struct caller *c, const char *text, unsigned fg, unsigned bg)
{
    double until = caller_patience();

    for (;;) {
        struct window *w = window_of(c);
        bool has = has_colors(w, c->rows, text, fg, bg);

        window_free(w);
        if (has)
            break;
        caller_wait(c, until, text);
    }
}
