#include "client/form.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "client/internal.h"
#include "term/ansi.h"
#include "term/cursor.h"

enum { NO_FIELD = UINT16_MAX, NOTICES_MAX = 4096, LINES_MAX = 8, SCROLL_MAX = 2 };

struct field {
    char *text; /* what has been typed; NULL: nothing, or it is masked */
    uint32_t pc;
    int32_t row;
    uint16_t column;
    uint16_t width;
    uint16_t shown; /* columns of what stands there now */
    bool is_accepted;
    bool is_key;
    bool follows; /* it begins where the cursor was left in the one before */
    struct pen pen;
};

/* What stands below the painting. */
struct told {
    struct buf notices;
    struct buf remark; /* about the field that is asked */
};

struct form {
    struct cursor cursor; /* behind all that was sent but for what stands in fields */
    int32_t at;           /* the row in which the cursor really is */
    uint32_t resume;      /* the operation from which the painting is to go on */
    struct field *fields;
    struct field *kept; /* those of before it was painted anew */
    uint16_t count;
    uint16_t kept_count;
    uint16_t current; /* the field that is asked, or whose handler runs */
    uint16_t wanted;  /* the field that is to be asked */
    uint16_t watched; /* the field whose end is not known yet */
    uint16_t told;    /* rows of notices below the painting */
    bool is_painting;
    bool is_away; /* the cursor is in a field, or among the notices */
    bool is_gone;
    bool goes_back;    /* once the field is accepted */
    bool is_anew;      /* it has been painted again, so that the field can be seen */
    struct told *said; /* NULL: nothing has been told yet */
};

/* --- its life --- */

static struct form *form_new(void)
{
    struct form *f = mem_zalloc(sizeof(*f));

    f->current = f->wanted = f->watched = NO_FIELD;
    f->is_painting = true;
    return f;
}

static void forget_told(struct form *f)
{
    if (!f->said)
        return;
    buf_clear(&f->said->notices);
    buf_clear(&f->said->remark);
    mem_free(f->said);
    f->said = NULL;
}

static struct told *told_of(struct form *f)
{
    if (f->said)
        return f->said;
    f->said = mem_alloc(sizeof(*f->said));
    buf_init(&f->said->notices, NOTICES_MAX);
    buf_init(&f->said->remark, NOTICES_MAX);
    return f->said;
}

static bool has_told(const struct form *f)
{
    return f->said && f->said->notices.len + f->said->remark.len > 0;
}

static void forget_text(struct field *f)
{
    if (f->text)
        explicit_bzero(f->text, strlen(f->text));
    mem_free(f->text);
    f->text = NULL;
}

static void free_fields(struct field *fields, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        forget_text(&fields[i]);
    mem_free(fields);
}

void form_end(struct client *c)
{
    struct form *f = c->form;

    if (!f)
        return;
    free_fields(f->fields, f->count);
    free_fields(f->kept, f->kept_count);
    forget_told(f);
    mem_free(f);
    c->form = NULL;
}

static void begin_cursor(struct client *c)
{
    struct form *f = c->form;
    bool at_once = c->term_name && strcmp(c->term_name, "syncterm") == 0;

    f->cursor = cursor_begin(c->width, c->height, at_once);
    f->at = 0;
    f->told = 0;
    f->is_away = f->is_gone = false;
}

/* Where it is not cleared, the cursor is somewhere: as if in the last row. */
void form_begin(struct client *c)
{
    form_end(c);
    if (!c->ansi || !c->screen->is_form || !prompt_echoes(c) || c->screen->columns > c->width)
        return; /* what does not fit into the window is a dialogue */
    c->form = form_new();
    begin_cursor(c);
    if (c->screen->keep)
        c->form->at = c->form->cursor.row = c->height - 1;
}

void form_cleared(struct client *c)
{
    if (!c->form)
        return;
    begin_cursor(c);
    c->form->is_gone = c->form->count > 0;
}

/* --- where the cursor goes --- */

static void put(struct client *c, struct buf *out)
{
    output_bytes(c, buf_span(out));
    buf_clear(out);
}

static void go_to(struct client *c, const struct field *field)
{
    struct buf out;

    buf_init(&out, BUF_LARGE);
    cursor_move(&out, c->form->at, field->row, field->column);
    pen_add(&field->pen, &out);
    put(c, &out);
    c->form->at = field->row;
    c->form->is_away = true;
}

const struct cursor *form_cursor(const struct client *c)
{
    return c->form ? &c->form->cursor : NULL;
}

bool form_sees(const struct client *c, int32_t row)
{
    return c->form && !c->form->is_gone && cursor_sees(&c->form->cursor, row);
}

void form_draw(struct client *c, int32_t row, unsigned column, struct span wire)
{
    struct buf out;

    if (!form_sees(c, row))
        return;
    buf_init(&out, BUF_LARGE);
    cursor_move(&out, c->form->at, row, column);
    buf_add(&out, wire);
    put(c, &out);
    c->form->at = row;
    c->form->is_away = true;
}

/* The row below which there is room for what is told. */
static int32_t last_row(const struct form *f)
{
    int32_t last = f->cursor.lowest;

    for (unsigned i = 0; i < f->count; i++)
        last = f->fields[i].row > last ? f->fields[i].row : last;
    return last > f->cursor.top ? last : f->cursor.top;
}

/* On with the painting. */
static void go_on(struct client *c)
{
    struct form *f = c->form;
    struct buf out;

    buf_init(&out, BUF_LARGE);
    cursor_move(&out, f->at, f->cursor.row, f->cursor.column);
    if (f->told > 0)
        buf_add_text(&out, "\033[0m\033[J");
    f->told = 0;
    pen_add(&f->cursor.pen, &out);
    put(c, &out);
}

/* To a row of its own, below the painting and what has been told. */
static void go_below(struct client *c)
{
    struct form *f = c->form;
    struct buf out;
    struct buf lines;

    buf_init(&out, BUF_LARGE);
    buf_init(&lines, BUF_LARGE);
    for (int i = 0; i <= f->told; i++)
        buf_add_text(&lines, "\r\n");
    buf_add_text(&lines, "\033[0m");
    f->cursor.row = last_row(f);
    cursor_move(&out, f->at, f->cursor.row, 0);
    cursor_follow(&f->cursor, buf_span(&lines), CHARSET_ASCII);
    f->cursor.lowest = f->cursor.row - 1;
    f->told = 0;
    forget_told(f);
    buf_add(&out, buf_span(&lines));
    buf_clear(&lines);
    put(c, &out);
}

void form_before(struct client *c)
{
    struct form *f = c->form;

    if (!f || !f->is_away)
        return;
    f->is_away = false;
    if (f->is_painting)
        go_on(c);
    else
        go_below(c);
    f->at = f->cursor.row;
}

void form_follow(struct client *c, struct span wire)
{
    struct form *f = c->form;

    if (!f)
        return;
    cursor_follow(&f->cursor, wire, (enum charset)c->charset);
    f->at = f->cursor.row;
}

bool form_is_painting(const struct client *c)
{
    return c->form && c->form->is_painting;
}

bool form_is_away(const struct client *c)
{
    return c->form && c->form->is_away;
}

/* --- what is told --- */

/* The last lines of `text` that fit, each a row; how many. */
static unsigned last_lines(const struct client *c, struct span text, struct span *lines)
{
    unsigned count = 0;

    while (text.len > 0) {
        const char *end = memchr(text.data, '\n', text.len);
        struct span line = span_take(&text, end ? (size_t)(end - text.data) : text.len);

        span_take(&text, text.len > 0);
        while (line.len > 0) {
            if (count == LINES_MAX)
                memmove(lines, lines + 1, --count * sizeof(*lines));
            lines[count++] = utf8_take_line(&line, c->width - 1u);
        }
    }
    return count;
}

/* Rows below the painting: those that are left of the window, and at least so many that it
 * scrolls for. */
static unsigned rows_below(const struct form *f)
{
    int32_t room = f->cursor.top + f->cursor.height - 1 - last_row(f);

    return room > SCROLL_MAX ? (unsigned)room : SCROLL_MAX;
}

static void add_told(const struct client *c, struct buf *out, const struct span *lines,
                     unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        buf_add_text(out, "\r\n\033[0;1;33;40m");
        text_encode(out, lines[i], client_look(c));
        buf_add_text(out, "\033[0m\033[K");
    }
}

/* What has been told stands there anew; the oldest of it goes where there is no room. */
static void draw_told(struct client *c)
{
    struct form *f = c->form;
    struct span lines[LINES_MAX];
    unsigned count;
    unsigned room = rows_below(f);
    struct buf all;
    struct buf out;

    buf_init(&all, BUF_LARGE);
    buf_init(&out, BUF_LARGE);
    buf_add(&all, buf_span(&told_of(f)->notices));
    buf_add(&all, buf_span(&f->said->remark));
    count = last_lines(c, buf_span(&all), lines);
    room = count < room ? count : room;
    cursor_move(&out, f->at, last_row(f), 0);
    f->at = last_row(f);
    add_told(c, &out, lines + count - room, room);
    for (unsigned i = room; i < f->told; i++)
        buf_add_text(&out, "\r\n\033[0m\033[K");
    f->at += (int32_t)(room > f->told ? room : f->told);
    f->told = (uint16_t)room;
    if (f->at - f->cursor.top >= f->cursor.height)
        f->cursor.top = f->at - f->cursor.height + 1;
    f->is_away = true;
    buf_clear(&all);
    put(c, &out);
}

/* --- fields, as they are painted --- */

/* Of the key at the screen's end there is none. */
static const struct op *op_of(const struct client *c, const struct field *field)
{
    assert(field->pc < c->screen->count);
    return &c->screen->ops[field->pc];
}

/* A field without `fit` ends before what the screen shows next in its row. */
static void set_end(struct form *f)
{
    struct field *field = f->watched == NO_FIELD ? NULL : &f->fields[f->watched];

    if (field && f->cursor.watch_end > field->column + 1)
        field->width = (uint16_t)(f->cursor.watch_end - field->column - 1);
    f->watched = NO_FIELD;
    f->cursor.watch_row = -1;
}

static void watch(struct form *f)
{
    const struct field *field = &f->fields[f->count - 1];

    f->watched = (uint16_t)(f->count - 1);
    f->cursor.watch_row = field->row;
    f->cursor.watch_column = field->column;
    f->cursor.watch_end = 0;
}

static void add_blanks(struct buf *out, unsigned n)
{
    while (n-- > 0)
        buf_add_byte(out, ' ');
}

static void paint_blanks(struct client *c, unsigned n)
{
    struct buf out;

    buf_init(&out, BUF_LARGE);
    add_blanks(&out, n);
    form_follow(c, buf_span(&out));
    put(c, &out);
}

/* What was typed there before all was painted anew. */
static void take_kept(struct form *f, struct field *field)
{
    for (unsigned i = 0; i < f->kept_count; i++) {
        struct field *kept = &f->kept[i];

        if (kept->pc != field->pc)
            continue;
        field->text = kept->text;
        field->is_accepted = kept->is_accepted;
        kept->text = NULL;
    }
}

/* Behind what was painted, up to the edge. */
static struct field *add_field(struct client *c, bool is_key)
{
    struct form *f = c->form;
    struct field *field;
    unsigned room;

    set_end(f);
    f->fields = mem_realloc(f->fields, (f->count + 1u) * sizeof(*f->fields));
    field = &f->fields[f->count++];
    room = f->cursor.width - f->cursor.column;
    *field = (struct field){.pc = c->pc,
                            .row = f->cursor.row,
                            .column = f->cursor.column,
                            .width = (uint16_t)(room > 1 ? room - 1 : 1),
                            .is_key = is_key,
                            .pen = f->cursor.pen};
    return field;
}

void form_add_end(struct client *c)
{
    add_field(c, true);
}

void form_add_field(struct client *c, const struct op *op)
{
    struct form *f = c->form;
    struct field *field;
    unsigned room;

    form_before(c);
    room = f->cursor.width - f->cursor.column;
    field = add_field(c, op->code == OP_KEY);
    field->follows = f->count > 1 && field[-1].pc + 1 == field->pc && op[-1].width == 0;
    take_kept(f, field);
    if (op->width > 0) {
        field->width = op->width < field->width ? op->width : field->width;
        paint_blanks(c, op->width < room ? op->width : room);
    } else {
        watch(f);
    }
}

/* --- what stands in a field --- */

static struct span value_of(const struct client *c, const struct field *field)
{
    const struct op *op = op_of(c, field);

    if (field->text)
        return span_of(field->text);
    return op->standard && !field->is_accepted ? span_of(op->standard) : SPAN_LIT("");
}

static void blank(struct client *c, struct field *field)
{
    struct buf out;

    if (field->shown == 0)
        return;
    go_to(c, field);
    buf_init(&out, BUF_LARGE);
    add_blanks(&out, field->shown);
    cursor_move(&out, field->row, field->row, field->column);
    put(c, &out);
    field->shown = 0;
}

static void show_value(struct client *c, struct field *field)
{
    struct span value;
    struct buf out;

    if (field->is_key || field->shown > 0 || op_of(c, field)->edit.mask)
        return;
    value = value_of(c, field);
    if (value.len == 0)
        return;
    value.len = utf8_fit(value, field->width);
    field->shown = (uint16_t)utf8_columns(value);
    go_to(c, field);
    buf_init(&out, BUF_LARGE);
    text_encode(&out, value, client_look(c));
    put(c, &out);
}

/* The screen has been painted as far as it is to be, and shows what its fields hold. */
static void end_painting(struct client *c)
{
    struct form *f = c->form;

    if (!f->is_painting)
        return;
    f->is_painting = false;
    f->resume = c->pc;
    set_end(f);
    free_fields(f->kept, f->kept_count);
    f->kept = NULL;
    f->kept_count = 0;
    for (unsigned i = 0; i < f->count; i++)
        show_value(c, &f->fields[i]);
    if (has_told(f))
        draw_told(c);
}

/* --- whose turn it is --- */

static unsigned first_open(const struct form *f)
{
    unsigned i = 0;

    while (i < f->count && f->fields[i].is_accepted)
        i++;
    return i;
}

/* Would this text move a row out of the window? Most can't: they have too few lines. */
static bool scrolls_out(const struct client *c, const struct op *op, int32_t row)
{
    struct cursor at = c->form->cursor;
    struct span wire = text_wire_span(text_wire(op->text, client_look(c), c->width));
    size_t lines = wire.len / c->width + 1;

    for (size_t i = 0; i < wire.len; i++)
        lines += wire.data[i] == '\n';
    if ((size_t)(at.row - at.top) + lines < c->height)
        return false;
    cursor_follow(&at, wire, (enum charset)c->charset);
    return at.top > row;
}

bool form_asks(const struct client *c, const struct op *op)
{
    const struct form *f = c->form;
    unsigned open;

    if (!f)
        return false;
    if (f->wanted != NO_FIELD && !f->is_painting)
        return true;
    open = first_open(f);
    if (open == f->count)
        return false;
    return !op || (op->code == OP_TEXT && scrolls_out(c, op, f->fields[open].row));
}

/* Two fields with nothing between them: the second begins where the first has ended. */
static void place_behind(struct field *field)
{
    const struct field *before = field - 1;
    unsigned end = before->column + before->width;

    field->row = before->row;
    field->column = (uint16_t)(before->column + before->shown);
    field->width = (uint16_t)(field->column < end ? end - field->column : 1);
}

static bool is_seen(const struct form *f, const struct field *field)
{
    return !f->is_gone && cursor_sees(&f->cursor, field->row);
}

/* Has the window another size than what was painted? What did not clear it stays as it is. */
static bool is_stale(const struct client *c)
{
    const struct cursor *at = &c->form->cursor;

    return !c->screen->keep && (at->width != c->width || at->height != c->height);
}

/* So much follows it on its screen that it can't be seen: it is asked at the end. */
static void place_below(struct client *c, struct field *field)
{
    struct form *f = c->form;

    go_below(c);
    f->at = field->row = f->cursor.row;
    field->column = field->shown = 0;
    field->width = (uint16_t)(c->width - 1);
}

static void begin_prompt(struct client *c, struct field *field)
{
    struct buf value;

    blank(c, field);
    if (field->is_key)
        lightbar_draw(c);
    go_to(c, field);
    if (field->is_key) {
        prompt_key(c);
        return;
    }
    buf_init(&value, BUF_LARGE);
    buf_add(&value, value_of(c, field));
    prompt_line(c, &op_of(c, field)->edit, buf_span(&value));
    buf_clear(&value);
}

void form_ask(struct client *c)
{
    struct form *f = c->form;
    unsigned index = f->wanted;
    struct field *field;

    end_painting(c);
    if (index >= f->count)
        index = first_open(f);
    field = &f->fields[index];
    if (field->follows)
        place_behind(field);
    f->current = (uint16_t)index;
    if ((!is_seen(f, field) || is_stale(c)) && !f->is_anew) {
        show_paint_anew(c);
        return;
    }
    if (!is_seen(f, field))
        place_below(c, field);
    f->is_anew = false;
    f->wanted = NO_FIELD;
    c->pc = field->pc;
    begin_prompt(c, field);
}

static unsigned before_current(const struct form *f)
{
    unsigned i = f->current;

    while (i > 0 && f->fields[i - 1].is_key)
        i--;
    return i > 0 ? i - 1 : NO_FIELD;
}

void form_accept(struct client *c)
{
    struct form *f = c->form;
    unsigned next = f->goes_back ? before_current(f) : f->current + 1u;

    f->goes_back = false;
    f->fields[f->current].is_accepted = true;
    if (f->said && f->said->remark.len > 0)
        form_remark(c, SPAN_LIT(""));
    if (next >= f->count)
        next = first_open(f);
    if (next < f->count) {
        f->wanted = (uint16_t)next;
        return;
    }
    f->current = f->wanted = NO_FIELD;
    c->pc = f->resume;
    f->is_painting = c->pc < c->screen->count;
}

void form_repeat(struct client *c)
{
    struct form *f = c->form;

    f->goes_back = false;
    forget_text(&f->fields[f->current]);
    f->fields[f->current].is_accepted = false;
    f->wanted = f->current;
}

void form_ask_again(struct client *c)
{
    struct form *f = c->form;

    if (!f || f->current == NO_FIELD)
        return;
    f->goes_back = false;
    f->wanted = f->current;
}

/* The screen's end comes again once its fields are accepted. */
static void drop_end(struct client *c)
{
    struct form *f = c->form;

    if (f->count > 0 && f->fields[f->count - 1].pc == c->screen->count)
        f->count--;
}

void form_restart(struct client *c)
{
    struct form *f = c->form;

    end_painting(c);
    drop_end(c);
    f->goes_back = false;
    for (unsigned i = 0; i < f->count; i++) {
        forget_text(&f->fields[i]);
        f->fields[i].is_accepted = false;
        if (!is_seen(f, &f->fields[i]))
            continue;
        blank(c, &f->fields[i]);
        show_value(c, &f->fields[i]);
    }
    f->wanted = f->count > 0 ? 0 : NO_FIELD;
    f->current = NO_FIELD;
    c->pc = f->resume;
}

bool form_is_open(const struct client *c, uint32_t pc)
{
    const struct form *f = c->form;

    for (unsigned i = 0; i < f->count; i++) {
        if (f->fields[i].pc == pc)
            return !f->fields[i].is_accepted;
    }
    return true;
}

void form_paint_anew(struct client *c)
{
    struct form *f = c->form;

    if (form_has_prompt(c) && c->edit)
        form_take_text(c);
    f->wanted = f->current;
    f->current = f->watched = NO_FIELD;
    free_fields(f->kept, f->kept_count);
    f->kept = f->fields;
    f->kept_count = f->count;
    f->fields = NULL;
    f->count = 0;
    f->is_painting = f->is_anew = true;
}

/* --- the field that is asked --- */

bool form_has_prompt(const struct client *c)
{
    return c->form && c->form->current != NO_FIELD && c->asker == ASKER_SCREEN;
}

unsigned form_room(const struct client *c)
{
    return c->form->fields[c->form->current].width;
}

void form_take_text(struct client *c)
{
    struct field *field = &c->form->fields[c->form->current];

    forget_text(field);
    field->shown = (uint16_t)edit_columns(c->edit);
    if (!c->edit->options.mask)
        field->text =
            mem_strndup(c->edit->text.len ? c->edit->text.data : "", c->edit->text.len);
}

bool form_is_hidden(const struct client *c)
{
    const struct form *f = c->form;

    return form_has_prompt(c) &&
           (!c->ansi || is_stale(c) || !is_seen(f, &f->fields[f->current]));
}

/* What can't be seen is painted anew, in the next turn of the loop: now somebody else's handler
 * may be running, or the screen's own come to its end. */
void form_show_prompt(struct client *c)
{
    struct form *f = c->form;

    f->goes_back = false;
    if (form_is_hidden(c))
        show_paint_soon(c);
    if (c->ansi && is_seen(f, &f->fields[f->current]))
        go_to(c, &f->fields[f->current]);
}

void form_erase_prompt(struct client *c)
{
    struct field *field = &c->form->fields[c->form->current];

    field->shown = (uint16_t)(c->edit ? edit_columns(c->edit) : 0);
    blank(c, field);
    go_to(c, field);
}

bool form_is_touched(const struct client *c)
{
    for (unsigned i = 0; c->form && i < c->form->count; i++) {
        if (c->form->fields[i].is_accepted)
            return true;
    }
    return false;
}

/* Has something been typed that its handler has not seen? */
static bool is_changed(const struct client *c, const struct field *field)
{
    struct span typed = buf_span(&c->edit->text);

    if (c->edit->options.mask || !field->text)
        return typed.len > 0;
    return typed.len != strlen(field->text) || memcmp(typed.data, field->text, typed.len) != 0;
}

enum form_step form_key(struct client *c, const struct key *key)
{
    struct form *f = c->form;
    bool back = key->code == KEY_UP || key->code == KEY_BACKTAB;
    struct field *field;
    unsigned to;

    if (!form_has_prompt(c) || !c->edit ||
        (!back && key->code != KEY_DOWN && key->code != KEY_TAB))
        return FORM_OTHER;
    field = &f->fields[f->current];
    to = back ? before_current(f) : f->current + 1u;
    if (to >= f->count)
        return FORM_STAY; /* the last one ends with Enter */
    if (field->is_accepted ? is_changed(c, field) : !back) {
        f->goes_back = back;
        return FORM_ENTER;
    }
    form_take_text(c);
    if (c->edit->options.mask)
        blank(c, field);
    f->wanted = (uint16_t)to;
    return FORM_MOVE;
}

/* --- what is told, from outside --- */

void form_remark(struct client *c, struct span text)
{
    struct form *f = c->form;

    buf_reset(&told_of(f)->remark);
    ansi_strip(&f->said->remark, text, false);
    draw_told(c);
}

void form_notice(struct client *c, struct span text)
{
    struct form *f = c->form;
    struct buf clean;

    buf_init(&clean, NOTICES_MAX / 2);
    ansi_strip(&clean, text, false);
    buf_add_byte(&clean, '\n');
    if (told_of(f)->notices.len + clean.len > NOTICES_MAX)
        buf_reset(&f->said->notices); /* what stood there long ago */
    buf_add(&f->said->notices, buf_span(&clean));
    buf_clear(&clean);
    draw_told(c);
}
