/* show.c -- a screen being shown: its operations run until the caller is asked something, and
 * go on with the answer. What handlers return decides where it goes next. */
#include <assert.h>
#include <stdio.h>
#include <strings.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "client/internal.h"
#include "term/ansi.h"

enum {
    GATHER_BYTES = 4096, /* rows that are sent in one piece */
    WINDOW_ROWS = 24,    /* that screens are drawn for */
};

/* --- calling handlers --- */

static struct value field_value(const struct client *c, unsigned level, unsigned column)
{
    const struct show *s = c->show;

    return rows_at(s->each[level - 1].rows, s->each[level - 1].row, column);
}

/* The arguments of a macro, with the fields of rows looked up. */
static void set_args(struct client *c, struct call *call, const struct op_arg *args,
                     unsigned count, struct call_arg *to)
{
    for (unsigned i = 0; i < count; i++) {
        to[i].name = args[i].name;
        to[i].value =
            args[i].is_field ? field_value(c, args[i].level, args[i].column) : args[i].value;
    }
    call->args = to;
    call->arg_count = count;
}

/* Of a page of a list. One that grows has so many in the window that screens are drawn for, and
 * as many more, or fewer, as the caller's has. */
static int64_t rows_in_window(const struct client *c, const struct op *each, int64_t rows)
{
    for (unsigned i = 0; i < each->arg_count; i++) {
        const struct op_arg *arg = &each->args[i];

        if (arg->name && strcmp(arg->name, "grows") == 0 && arg->value.type == VALUE_BOOLEAN &&
            arg->value.boolean)
            rows += c->height - WINDOW_ROWS;
    }
    return rows > 0 ? rows : 1;
}

static bool is_rows(const char *name, const struct value *value)
{
    return name && strcmp(name, "rows") == 0 && value->type == VALUE_INTEGER &&
           value->integer > 0 && value->integer < 10000;
}

static void set_rows_arg(const struct client *c, const struct op *each, struct call_arg *args)
{
    for (unsigned i = 0; i < each->arg_count; i++) {
        if (is_rows(args[i].name, &args[i].value))
            args[i].value.integer = rows_in_window(c, each, args[i].value.integer);
    }
}

static bool start_call(struct client *c, struct call *call, struct outcome *out)
{
    struct client_hooks *h = &c->all->config.hooks;

    *out = (struct outcome){0};
    c->call = (uint8_t)call->kind;
    c->is_calling = true;
    if (!h->call(h->arg, c, call, out))
        return false;
    c->is_calling = false;
    return true;
}

static bool call_op(struct client *c, enum call_kind kind, const struct op *op,
                    struct span text, struct outcome *out)
{
    struct call call = {.kind = kind,
                        .name = op->name,
                        .file = op->file,
                        .line = op->line,
                        .text = text,
                        .columns = op->columns};

    set_args(c, &call, op->args, op->arg_count, c->show ? c->show->args : NULL);
    if (kind == CALL_EACH)
        set_rows_arg(c, op, c->show->args);
    return start_call(c, &call, out);
}

static bool call_occasion(struct client *c, enum screen_occasion occasion, enum call_kind kind,
                          struct outcome *out)
{
    const struct screen_call *sc = &c->screen->calls[occasion];
    struct call_arg args[16];
    struct call call = {.kind = kind,
                        .name = sc->name,
                        .file = sc->op ? sc->op->file : NULL,
                        .line = sc->op ? sc->op->line : 0};

    set_args(c, &call, sc->args, sc->arg_count, args);
    return start_call(c, &call, out);
}

/* --- sending --- */

/* `s` in the columns of the format: cut, or filled up. */
static void add_padded(struct buf *out, const struct op *op, struct span s, unsigned columns)
{
    size_t fill = op->width > columns ? op->width - columns : 0;

    if (op->format == FORMAT_RIGHT)
        buf_add_blanks(out, fill);
    buf_add(out, s);
    if (op->format == FORMAT_LEFT)
        buf_add_blanks(out, fill);
}

static bool is_plain(struct span s)
{
    bool is_other = false;

    for (size_t i = 0; i < s.len; i++)
        is_other |= (unsigned char)(s.data[i] - 0x20) > 0x7E - 0x20;
    return !is_other;
}

/* What a handler returned is text: it can't move anybody's cursor. */
static void add_text(const struct client *c, struct buf *wire, const struct op *op,
                     struct span s)
{
    struct buf clean;
    struct buf padded;

    buf_init(&clean, BUF_LARGE);
    buf_init(&padded, BUF_LARGE);
    ansi_strip(&clean, s, op->format == FORMAT_NONE);
    s = buf_span(&clean);
    if (op->format != FORMAT_NONE)
        s.len = utf8_fit(s, op->width);
    add_padded(&padded, op, s, utf8_columns(s));
    buf_reset(&clean);
    for (size_t i = 0; i < padded.len; i++) {
        if (padded.data[i] == '\n')
            buf_add_byte(&clean, '\r');
        buf_add_byte(&clean, padded.data[i]);
    }
    text_encode(wire, buf_span(&clean), client_look(c));
    buf_clear(&clean);
    buf_clear(&padded);
}

/* There are no columns for those who have the screen read to them. */
static void add_unformatted(const struct client *c, struct buf *wire, const struct op *op,
                            struct span s)
{
    struct op unformatted = *op;

    unformatted.format = FORMAT_NONE;
    add_text(c, wire, &unformatted, s);
}

/* A value as its format wants it, for the wire. Most are printable ASCII: nothing to take out,
 * nothing to translate. */
static void add_value(const struct client *c, struct buf *wire, const struct op *op,
                      struct span s)
{
    if (c->linear) {
        add_unformatted(c, wire, op, s);
        return;
    }
    if (!is_plain(s)) {
        add_text(c, wire, op, s);
        return;
    }
    if (op->format != FORMAT_NONE && s.len > op->width)
        s.len = op->width;
    add_padded(wire, op, s, (unsigned)s.len);
}

static void send_text(struct client *c, const struct op *op, struct span s)
{
    struct buf *wire = &c->all->wire;

    buf_reset(wire);
    add_value(c, wire, op, s);
    output_line(c, buf_span(wire));
}

/* A value in a row that is read: "Handle luna, Calls 5". */
static void send_called(struct client *c, const struct op *op, struct span s)
{
    struct buf called;

    buf_init(&called, BUF_LARGE);
    if (s.len > 0) {
        buf_add_text(&called, c->show->row_begun ? ", " : "");
        buf_add_text(&called, op->standard);
        buf_add_byte(&called, ' ');
        buf_add(&called, s);
        c->show->row_begun = true;
    }
    send_text(c, op, buf_span(&called));
    buf_clear(&called);
}

/* ... unless `:raw` was asked for. */
static void send_value(struct client *c, const struct op *op, struct span s)
{
    if (op->format == FORMAT_RAW)
        output_piped(c, s);
    else if (c->linear && op->in_table)
        send_called(c, op, s);
    else
        send_text(c, op, s);
}

static void end_row(struct client *c)
{
    if (c->show->row_begun)
        output_line(c, SPAN_LIT(".\r\n"));
    c->show->row_begun = false;
}

static void send_field(struct client *c, const struct op *op)
{
    char digits[VALUE_DIGITS];

    send_value(c, op, value_text(field_value(c, op->level, op->index), digits));
}

static void add_flat_row(const struct client *c, struct buf *wire, const struct op *each,
                         const struct value *row)
{
    enum look look = client_look(c);
    char digits[VALUE_DIGITS];

    for (const struct op *op = each + 1; op->code != OP_NEXT; op++) {
        if (op->code == OP_TEXT)
            buf_add(wire, text_wire_span(text_wire(op->text, look, c->width)));
        else
            add_value(c, wire, op, value_text(row[op->index], digits));
    }
}

/* All rows but the last of a list in which nobody is called or asked, gathered. The last goes
 * the way of all others: the prompt may come to stand behind it. */
static void send_flat_rows(struct client *c, const struct op *each)
{
    struct rows *rows = c->show->each[each->level].rows;
    unsigned *row = &c->show->each[each->level].row;
    struct buf *wire = &c->all->wire;

    while (*row + 1 < rows->count && !c->after_field && !client_is_full(c)) {
        buf_reset(wire);
        while (*row + 1 < rows->count && wire->len < GATHER_BYTES)
            add_flat_row(c, wire, each, rows_row(rows, (*row)++));
        output_beside(c, buf_span(wire));
    }
}

/* --- where to go --- */

static void begin_show(struct client *c)
{
    if (!c->show)
        c->show = mem_zalloc(sizeof(*c->show));
}

static void set_rows(struct show *s, unsigned level, struct rows *rows, bool is_borrowed)
{
    if (!s->each[level].is_borrowed)
        rows_free(s->each[level].rows);
    s->each[level].rows = rows;
    s->each[level].row = 0;
    s->each[level].is_borrowed = is_borrowed;
}

static void end_show(struct client *c)
{
    if (!c->show)
        return;
    for (unsigned i = 0; i < SCREEN_EACH_DEPTH; i++)
        set_rows(c->show, i, NULL, false);
    for (unsigned i = 0; i < 2; i++) {
        if (c->show->is_kept[i])
            buf_clear(&c->show->kept[i]);
    }
    mem_free(c->show);
    c->show = NULL;
}

void show_end(struct client *c)
{
    end_show(c);
    form_end(c);
    lightbar_end(c);
    repaint_forget(c);
    screen_unref(c->screen);
    c->screen = NULL;
}

/* From the first operation. */
static void begin_screen(struct client *c)
{
    end_show(c);
    begin_show(c);
    prompt_end(c);
    c->pc = 0;
    c->live = 0;
    c->post_done = c->at_end = false;
    c->is_stale = c->is_bare = c->is_left = false;
    c->asker = ASKER_SCREEN;
    c->generation = c->all->generation;
    c->last_tick = clients_now(c->all);
    c->next_tick = c->screen->tick_seconds ? c->last_tick + c->screen->tick_seconds : 0;
    if (c->screen->keep)
        form_before(c);
    form_begin(c);
    if (c->form)
        output_free_line(c);
    lightbar_end(c);
    if (!c->screen->keep && !(c->is_ticking && repaint_begin(c)))
        client_clear_screen(c);
    c->is_ticking = false;
    if (!c->form && !c->screen->keep)
        terminal_set_header(c, c->screen->header);
    terminal_show_art(c);
}

/* From the line of the first field. */
static void begin_fields(struct client *c)
{
    end_show(c);
    begin_show(c);
    prompt_end(c);
    c->post_done = c->at_end = false;
    c->asker = ASKER_SCREEN;
    if (c->form) {
        form_restart(c);
        return;
    }
    c->pc = c->screen->first_field;
    if (c->pc < c->screen->count && c->screen->ops[c->pc].code == OP_TEXT) {
        if (c->after_field)
            output_beside(c, SPAN_LIT("\r\n"));
        c->after_field = false;
        output_wire(c, text_wire(c->screen->ops[c->pc].text, client_look(c), c->width), true);
        c->pc++;
    }
}

static void push_back(struct client *c)
{
    if (c->back_count == BACK_MAX) {
        memmove(c->back, c->back + 1, (BACK_MAX - 1) * sizeof(c->back[0]));
        c->back_count--;
    }
    c->back[c->back_count++] = c->screen->keyword;
}

void show_leave(struct client *c)
{
    struct outcome ignored;
    struct outcome *out = &ignored;
    bool calling = c->is_calling;
    uint8_t call = c->call;

    mem_free(c->begun);
    c->begun = NULL;
    if (!c->screen || !c->screen->calls[OCCASION_LEAVE].name)
        return;
    call_occasion(c, OCCASION_LEAVE, CALL_LEAVE, out);
    c->is_calling = calling; /* nobody waits for it */
    c->call = call;
}

/* The screen is not shown: there is none, or it is for others. */
static void refuse(struct client *c, const char *format, struct span keyword)
{
    char text[200];

    snprintf(text, sizeof(text), format, SPAN_ARG(keyword));
    log_warn("screen event=refused node=%u keyword=%s", c->id, log_quote(keyword));
    client_tell(c, span_of(text));
    if (c->screen && c->at_end)
        begin_fields(c);
    else if (c->screen)
        form_ask_again(c);
    else
        show_rescue(c);
}

static bool is_circle(struct client *c, struct span keyword)
{
    if (c->hops++ < HOPS_MAX)
        return false;
    log_error("screen event=circle node=%u keyword=%s", c->id, log_quote(keyword));
    c->hops = 0;
    client_hang_up(c, SPAN_LIT("The screens of this board lead in a circle. Goodbye."));
    return true;
}

static void enter_screen(struct client *c, struct screen *s, bool is_back)
{
    const char *from = c->screen ? c->screen->keyword : "";
    struct outcome out;

    if (c->screen) {
        show_leave(c);
        if (!is_back && !c->is_passing && c->screen->keyword != s->keyword)
            push_back(c);
        c->is_passing = false;
        screen_unref(c->screen);
    }
    if (c->back_count > 0 && c->back[c->back_count - 1] == s->keyword)
        c->back_count--; /* it is where one would come back to */
    c->screen = screen_ref(s);
    c->bar_index = (uint8_t)lightbar_find(c, from);
    c->page_count = 0;
    if (!is_back)
        c->page_index = 1;
    begin_screen(c);
    if (s->calls[OCCASION_ENTER].name && call_occasion(c, OCCASION_ENTER, CALL_ENTER, &out))
        client_finish(c, &out);
}

static void go_to(struct client *c, struct span keyword, bool is_back)
{
    struct screen *s = client_find_screen(c, keyword);

    if (is_circle(c, keyword))
        return;
    if (!s)
        refuse(c, "There is no screen '%.*s'.", keyword);
    else if (c->level < s->level)
        refuse(c, "'%.*s' is not open to you.", keyword);
    else
        enter_screen(c, s, is_back);
}

static void go_back(struct client *c)
{
    const char *keyword = c->back_count ? c->back[--c->back_count] : "root";

    if (c->user && c->back_count == 0 && strcmp(keyword, "root") == 0 &&
        library_has(c->all->config.library, SPAN_LIT("menu")))
        keyword = "menu"; /* who is logged in does not go back to the login */
    go_to(c, span_of(keyword), true);
}

static void hang_up(struct client *c)
{
    struct screen *s = client_find_screen(c, SPAN_LIT("goodbye"));

    c->wants_hangup = true;
    if (s && c->screen && strcmp(c->screen->keyword, "goodbye") != 0)
        enter_screen(c, s, false);
    else
        client_drain(c);
}

void show_go(struct client *c, struct span keyword)
{
    go_to(c, keyword, false);
}

void client_enter(struct client *c, struct span keyword)
{
    client_typed(c);
    show_go(c, keyword);
}

void show_refresh(struct client *c)
{
    struct screen *s = client_find_screen(c, span_of(client_keyword(c)));

    if (c->state != CLIENT_OPEN || !c->screen)
        return;
    if (s) {
        screen_ref(s);
        screen_unref(c->screen);
        c->screen = s;
    }
    if (c->screen->header > 0)
        chat_show_again(c); /* below it is empty now */
    begin_screen(c);
    show_run(c);
}

/* The screen is shown anew, and the line that is being typed is in it. */
static void refresh_with_line(struct client *c)
{
    struct span text = c->edit ? buf_span(&c->edit->text) : SPAN_LIT("");

    if (text.len > 0 && (c->screen->fields != 1 || c->edit->options.mask))
        return;
    mem_free(c->begun);
    c->begun = text.len > 0 ? mem_strndup(text.data, text.len) : NULL;
    show_refresh(c);
}

/* Only what waits for the caller is shown again, and nothing that has been typed is lost. A
 * screen that did not clear has others' text above it: it stays as it is. */
static void paint_resized(struct client *c)
{
    bool rests = c->mode != MODE_BUSY && c->asker == ASKER_SCREEN && !c->is_resting;
    bool is_same;

    c->is_bare = c->mode == MODE_SLASH; /* when it has been typed */
    if (!c->screen || !rests || c->is_bare)
        return;
    if (c->form && !c->ansi) {
        show_refresh(c); /* a command has chosen so */
        return;
    }
    if (c->linear)
        return;
    if (c->screen->keep) {
        if (form_is_hidden(c))
            show_paint_anew(c);
        return;
    }
    is_same = client_find_screen(c, span_of(client_keyword(c))) == c->screen;
    if (form_has_prompt(c) && (is_same || form_is_touched(c)))
        show_paint_anew(c);
    else if (!c->edit || c->edit->text.len == 0 || c->screen->header > 0)
        refresh_with_line(c);
}

void show_resized(struct client *c)
{
    c->resized_at = 0;
    c->is_stale = false;
    prompt_resized(c);
    paint_resized(c);
    prompt_flush_tells(c);
}

/* --- what a handler has returned --- */

static void apply(struct client *c, const struct outcome *out)
{
    bool stays = out->action <= ACTION_REMAIN;

    if (out->notice.len && stays)
        prompt_notice(c, out->notice);
    else if (out->notice.len)
        client_tell(c, out->notice); /* at the next prompt: the screen is about to be cleared */
    switch (out->action) {
    case ACTION_NONE:
        break;
    case ACTION_REPEAT:
    case ACTION_REMAIN:
        begin_fields(c);
        break;
    case ACTION_REFRESH:
        show_refresh(c);
        break;
    case ACTION_ROOT:
        go_to(c, SPAN_LIT("root"), false);
        break;
    case ACTION_BACK:
        go_back(c);
        break;
    case ACTION_HANGUP:
        hang_up(c);
        break;
    case ACTION_GO:
        go_to(c, out->keyword, false);
        break;
    }
}

void show_paint_anew(struct client *c)
{
    form_paint_anew(c);
    lightbar_end(c);
    begin_show(c);
    prompt_end(c);
    c->pc = 0;
    c->live = 0;
    c->at_end = false;
    client_clear_screen(c);
    if (!c->is_showing)
        show_run(c);
}

void show_paint_soon(struct client *c)
{
    c->resized_at = clients_now(c->all) - RESIZED_MS / 1000.0;
    client_rearm(c);
}

/* A handler has ended, and the prompt's line is as it was before. True: something else stands
 * on the screen by now. */
static bool come_back(struct client *c, struct span notice)
{
    bool in_form = form_has_prompt(c) || (c->is_resting && c->form);
    bool kept;

    if (notice.len)
        prompt_notice(c, notice);
    else if (c->show->is_kept[c->is_resting] && c->line.len && !c->after_field && !in_form)
        output_beside(c, SPAN_LIT("\r\n"));
    kept = prompt_take_line(c);
    return kept || notice.len;
}

/* Ask the same field again, on a line of its own. */
static void repeat(struct client *c, const struct outcome *out)
{
    bool is_disturbed = come_back(c, out->notice);

    if (c->form)
        form_repeat(c);
    else if (is_disturbed || c->call != CALL_KEY)
        prompt_show_again(c);
}

static void field_returned(struct client *c, const struct outcome *out)
{
    if (out->action == ACTION_NONE) {
        if (c->form)
            form_accept(c);
        else
            c->pc++;
        if (out->notice.len)
            prompt_notice(c, out->notice);
    } else if (out->action == ACTION_REPEAT) {
        repeat(c, out);
    } else {
        apply(c, out);
    }
}

/* The screen is at rest: a tick or a command has ended, and it is as before. */
static void rest_again(struct client *c, const struct outcome *out)
{
    bool is_disturbed = come_back(c, c->is_wiped ? SPAN_LIT("") : out->notice);

    c->is_resting = c->is_imposed = false;
    prompt_take_back(c);
    c->is_stale = c->is_wiped;
    if (c->is_stale) {
        show_paint_soon(c);
        if (out->notice.len > 0)
            client_tell(c, out->notice);
    }
    if (is_disturbed || c->call == CALL_SLASH)
        prompt_show_again(c);
    if (c->asker == ASKER_SCREEN)
        end_show(c);
    prompt_flush_tells(c);
    if (c->imposed || c->typed.len > 0 || c->input.len > 0)
        client_mark_ready(c);
    client_rearm(c);
}

/* An answer of a tick or a command moves the caller only away from a screen's own prompt. */
static void rest_returned(struct client *c, const struct outcome *out)
{
    bool is_redraw = c->linear && c->call == CALL_TICK && out->action == ACTION_REFRESH;
    bool may_move = c->rest_asker == ASKER_SCREEN && !is_redraw;

    if (out->action == ACTION_NONE || out->action == ACTION_REPEAT || !may_move) {
        rest_again(c, out);
    } else {
        c->is_resting = c->is_imposed = false;
        c->asker = ASKER_SCREEN;
        prompt_drop_aside(c);
        c->is_ticking = c->call == CALL_TICK && out->action == ACTION_REFRESH;
        apply(c, out);
        c->is_ticking = false;
    }
    if (c->rest_asker == ASKER_HANDLER) {
        c->is_calling = true; /* the handler that asks goes on waiting */
        c->call = c->rest_call;
    }
}

/* How many rows a page of a list has: as its handler has been told. */
static unsigned rows_of_page(const struct client *c, const struct op *each)
{
    for (unsigned i = 0; i < each->arg_count; i++) {
        const struct op_arg *arg = &each->args[i];

        if (is_rows(arg->name, &arg->value))
            return (unsigned)rows_in_window(c, each, arg->value.integer);
    }
    return ROWS_OF_PAGE;
}

static void count_pages(struct client *c, const struct op *each, const struct rows *rows)
{
    unsigned page = rows_of_page(c, each);

    c->page_count = 0;
    if (rows && rows->total >= 0 && rows->total < INT32_MAX)
        c->page_count = rows->total ? (unsigned)((rows->total + page - 1) / page) : 1;
}

static void each_returned(struct client *c, const struct op *op, struct outcome *out)
{
    if (out->notice.len)
        client_tell(c, out->notice);
    count_pages(c, op, out->rows);
    if (out->rows && out->rows->count == 0 && c->page_index > c->page_count && c->page_count) {
        c->page_index = c->page_count; /* the list has become shorter: its last page */
        return;
    }
    set_rows(c->show, op->level, out->rows, false);
    c->pc = out->rows && out->rows->count > 0 ? c->pc + 1 : op->target;
    if (op->is_flat && out->rows && !output_flows(c))
        send_flat_rows(c, op);
    out->rows = NULL;
}

static void text_returned(struct client *c, const struct op *op, struct outcome *out)
{
    if (out->notice.len)
        client_tell(c, out->notice);
    send_value(c, op, out->text);
    c->pc++;
}

static void if_returned(struct client *c, const struct op *op, const struct outcome *out)
{
    if (out->notice.len)
        client_tell(c, out->notice);
    c->pc = out->is_true ? c->pc + 1 : op->target;
}

static void enter_returned(struct client *c, const struct outcome *out)
{
    if (out->action == ACTION_NONE || out->action == ACTION_REMAIN ||
        out->action == ACTION_REPEAT || out->action == ACTION_REFRESH) {
        if (out->notice.len)
            client_tell(c, out->notice);
        return;
    }
    c->is_passing = true; /* a screen that sends on is not on the way back */
    apply(c, out);
    c->is_passing = false;
}

/* A value for the operation at which the screen stands: nothing else runs meanwhile. */
static void value_returned(struct client *c, struct outcome *out)
{
    const struct op *op;

    assert(c->screen && c->pc < c->screen->count);
    op = &c->screen->ops[c->pc];
    if (c->call == CALL_GET)
        text_returned(c, op, out);
    else if (c->call == CALL_IF)
        if_returned(c, op, out);
    else if (c->call == CALL_EACH)
        each_returned(c, op, out);
    else
        field_returned(c, out);
}

static void take_outcome(struct client *c, struct outcome *out)
{
    switch ((enum call_kind)c->call) {
    case CALL_GET:
    case CALL_IF:
    case CALL_EACH:
    case CALL_SET:
    case CALL_KEY:
        value_returned(c, out);
        break;
    case CALL_POST:
        apply(c, out);
        break;
    case CALL_ENTER:
        enter_returned(c, out);
        break;
    case CALL_TICK:
    case CALL_SLASH:
        rest_returned(c, out);
        break;
    case CALL_RESCUE:
        if (out->action == ACTION_NONE)
            hang_up(c);
        else
            apply(c, out);
        break;
    case CALL_LEAVE:
        break;
    }
}

void client_finish(struct client *c, struct outcome *out)
{
    c->is_calling = false;
    if (c->state != CLIENT_OPEN) {
        rows_free(out->rows);
        return;
    }
    take_outcome(c, out);
    rows_free(out->rows);
    if (c->is_left)
        show_paint_soon(c);
    c->is_left = false;
    if (!c->is_showing)
        show_run(c);
}

/* --- running --- */

static void ask_field(struct client *c, const struct op *op)
{
    char *begun = c->begun;

    c->begun = NULL;
    end_show(c);
    c->asker = ASKER_SCREEN;
    prompt_line(c, &op->edit, span_of(begun ? begun : op->standard ? op->standard : ""));
    mem_free(begun);
}

static void ask_in_form(struct client *c)
{
    if (!c->ansi) { /* the caller has chosen so meanwhile */
        show_refresh(c);
        return;
    }
    end_show(c);
    c->asker = ASKER_SCREEN;
    form_ask(c);
}

static void ask_key(struct client *c)
{
    end_show(c);
    c->asker = ASKER_SCREEN;
    prompt_key(c);
}

static void next_row(struct client *c, const struct op *op)
{
    unsigned level = op->level;

    if (c->linear && op->in_table)
        end_row(c);
    if (++c->show->each[level].row < c->show->each[level].rows->count) {
        c->pc = op->target;
        return;
    }
    set_rows(c->show, level, NULL, false);
    c->pc++;
}

/* each:.field lists rows that stand in the row. */
static void each_field(struct client *c, const struct op *op)
{
    struct value v = field_value(c, op->level, op->index);

    if (v.type != VALUE_ROWS || v.rows->count == 0) {
        c->pc = op->target;
        return;
    }
    set_rows(c->show, op->level, v.rows, true);
    c->pc++;
}

static void run_call(struct client *c, enum call_kind kind, const struct op *op)
{
    struct outcome out;

    if (call_op(c, kind, op, SPAN_LIT(""), &out)) {
        take_outcome(c, &out);
        rows_free(out.rows);
    }
}

static void run_op(struct client *c, const struct op *op)
{
    if (c->form && (op->code == OP_SET || op->code == OP_KEY)) {
        form_add_field(c, op);
        c->pc++;
        return;
    }
    switch (op->code) {
    case OP_TEXT:
        if (!(c->linear && op->in_table))
            output_wire(c, text_wire(op->text, client_look(c), c->width), false);
        c->pc++;
        break;
    case OP_GET:
        run_call(c, CALL_GET, op);
        break;
    case OP_FIELD:
        send_field(c, op);
        c->pc++;
        break;
    case OP_IF:
        run_call(c, CALL_IF, op);
        break;
    case OP_IF_FIELD:
        c->pc = value_is_true(field_value(c, op->level, op->index)) ? c->pc + 1 : op->target;
        break;
    case OP_JUMP:
        c->pc = op->target;
        break;
    case OP_EACH:
        if (op->name[0] == '.')
            each_field(c, op);
        else
            run_call(c, CALL_EACH, op);
        break;
    case OP_NEXT:
        next_row(c, op);
        break;
    case OP_SET:
        ask_field(c, op);
        break;
    case OP_KEY:
        ask_key(c);
        break;
    case OP_ITEM:
        lightbar_add(c, op);
        c->pc++;
        break;
    case OP_GO:
        c->live |= (uint64_t)1 << op->index;
        c->pc++;
        break;
    default:
        c->pc++;
    }
}

/* All has run. What is asked now is a key, or the fields anew. */
static void run_end(struct client *c)
{
    const struct screen *s = c->screen;
    struct outcome out;

    c->at_end = true;
    if (c->wants_hangup) {
        client_drain(c);
        return;
    }
    if (!c->post_done && s->calls[OCCASION_POST].name && s->fields + s->keys > 0) {
        c->post_done = true;
        if (call_occasion(c, OCCASION_POST, CALL_POST, &out))
            client_finish(c, &out);
    } else if (c->live == 0 && s->fields + s->keys > 0) {
        begin_fields(c);
    } else if (c->bar) {
        form_add_end(c);
    } else {
        ask_key(c);
    }
}

/* This has taken long: the others come first. */
static void yield(struct client *c)
{
    c->has_yielded = true;
    client_mark_ready(c);
}

static bool is_running(const struct client *c)
{
    return c->state == CLIENT_OPEN && !c->is_calling && c->mode == MODE_BUSY && c->screen &&
           !c->has_yielded && !client_is_full(c);
}

/* It calls a handler, or a large text may have to be made. */
static bool may_take_long(const struct op *op)
{
    return op->code == OP_GET || op->code == OP_IF || op->code == OP_EACH ||
           (op->code == OP_TEXT && text_utf8(op->text).len > TEXT_PIECE / 2);
}

void show_run(struct client *c)
{
    c->is_showing = true;
    while (is_running(c)) {
        const struct op *op = c->pc < c->screen->count ? &c->screen->ops[c->pc] : NULL;
        bool is_slow = op && may_take_long(op);

        c->is_first_screen = false;
        if (form_asks(c, op))
            ask_in_form(c);
        else if (op)
            run_op(c, op);
        else
            run_end(c);
        if (is_slow && clients_turn_is_long(c->all))
            yield(c);
    }
    c->is_showing = false;
    if (c->state == CLIENT_OPEN && c->mode != MODE_BUSY)
        client_rearm(c);
}

void show_go_on(struct client *c)
{
    c->has_yielded = false;
    show_run(c);
}

/* --- what the caller does --- */

void show_line_typed(struct client *c, struct span text)
{
    const struct op *op = &c->screen->ops[c->pc];
    struct outcome out;

    begin_show(c);
    if (call_op(c, CALL_SET, op, text, &out))
        client_finish(c, &out);
}

static bool op_has_key(const struct op *op, const struct key *key)
{
    char name[16];

    key_name(key, name);
    if (key->code == KEY_CHAR && key->ch == ' ')
        snprintf(name, sizeof(name), "space");
    for (unsigned i = 0; i < op->arg_count; i++) {
        if (strcasecmp(op->args[i].value.text.data, name) == 0)
            return true;
    }
    return false;
}

/* The live go: or item: of a key, or NULL. */
static const struct op *find_go(const struct client *c, const struct key *key)
{
    for (unsigned i = 0; c->live && i < c->screen->count; i++) {
        const struct op *op = &c->screen->ops[i];

        bool is_go = op->code == OP_GO || op->code == OP_ITEM;

        if (is_go && (c->live >> op->index & 1) && op_has_key(op, key))
            return op;
    }
    return NULL;
}

bool show_takes_slash(struct client *c)
{
    struct key slash = {.code = KEY_CHAR, .ch = '/'};

    return find_go(c, &slash) != NULL;
}

static void follow(struct client *c, struct span keyword)
{
    static const struct {
        const char *word;
        enum action action;
    } words[] = {{"back", ACTION_BACK},       {"root", ACTION_ROOT},
                 {"refresh", ACTION_REFRESH}, {"hangup", ACTION_HANGUP},
                 {"remain", ACTION_REMAIN},   {"repeat", ACTION_REPEAT}};
    struct outcome out = {.action = ACTION_GO, .keyword = keyword};

    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (span_is(keyword, words[i].word))
            out.action = words[i].action;
    }
    c->mode = MODE_BUSY;
    apply(c, &out);
    show_run(c);
}

bool show_takes_number(struct client *c, const struct key *digit)
{
    return c->linear && lightbar_count(c) > 0 && !find_go(c, digit);
}

bool show_number_typed(struct client *c, unsigned number)
{
    const struct op *item = lightbar_at(c, number);

    if (!item)
        return false;
    follow(c, span_of(item->name));
    return true;
}

static void key_to_handler(struct client *c, const struct key *key)
{
    const struct op *op = &c->screen->ops[c->pc];
    char name[16];
    struct outcome out;

    begin_show(c);
    c->mode = MODE_BUSY;
    if (call_op(c, CALL_KEY, op, span_of(key_name(key, name)), &out))
        client_finish(c, &out);
}

void show_key_pressed(struct client *c, const struct key *key)
{
    const struct op *item = key->code == KEY_ENTER ? lightbar_chosen(c) : NULL;
    const struct op *go = item ? item : find_go(c, key);
    bool at_key = c->pc < c->screen->count && c->screen->ops[c->pc].code == OP_KEY;

    if (go)
        follow(c, span_of(go->name));
    else if (lightbar_key(c, key))
        return;
    else if (key->code == KEY_ESCAPE && c->screen->escape)
        follow(c, span_of(c->screen->escape));
    else if (at_key)
        key_to_handler(c, key);
    else if (c->live == 0)
        follow(c, SPAN_LIT("back")); /* a page of text: any key */
    else if (key->code == KEY_ESCAPE && c->back_count > 0)
        follow(c, SPAN_LIT("back"));
}

static bool any_field_before(const struct client *c)
{
    for (unsigned i = 0; i < c->pc && i < c->screen->count; i++) {
        if (c->screen->ops[i].code == OP_SET)
            return true;
    }
    return false;
}

bool show_has_escape(const struct client *c)
{
    return c->screen->escape || any_field_before(c) || c->back_count > 0;
}

/* Esc in a field: where the screen says, else to its first field, else back. */
void show_escape(struct client *c)
{
    if (c->screen->escape)
        follow(c, span_of(c->screen->escape));
    else if (any_field_before(c))
        follow(c, SPAN_LIT("remain"));
    else
        follow(c, SPAN_LIT("back"));
}

void show_timeout(struct client *c)
{
    if (c->back_count > 0 && c->user)
        follow(c, SPAN_LIT("back"));
    else
        client_hang_up(c, SPAN_LIT("You have been idle for too long."));
}

/* --- ticks and commands: the screen rests meanwhile --- */

static void begin_rest(struct client *c)
{
    prompt_set_aside(c);
    c->rest_call = c->call;
    c->is_resting = true;
    c->is_wiped = c->is_stale; /* what is to be painted anew already, still is */
    begin_show(c);
}

void show_tick(struct client *c)
{
    struct outcome out;

    c->last_tick = clients_now(c->all);
    c->next_tick = c->last_tick + c->screen->tick_seconds;
    c->hops =
        0; /* screens that show one another in turn are no circle: there is time between */
    if (c->asker == ASKER_HANDLER || (c->edit && c->edit->text.len > 0))
        return;
    begin_rest(c);
    if (call_occasion(c, OCCASION_TICK, CALL_TICK, &out))
        client_finish(c, &out);
}

/* The handler's name for "/word rest": "slash.word". False: it is no such line. */
static bool slash_name(struct span line, char *name, size_t size)
{
    size_t n = 1;

    if (line.len < 2 || line.data[0] != '/')
        return false;
    while (n < line.len && ((line.data[n] | 32) >= 'a' && (line.data[n] | 32) <= 'z'))
        n++;
    if (n == 1 || n > 20 || (n < line.len && line.data[n] != ' '))
        return false;
    snprintf(name, size, "slash.%.*s", (int)(n - 1), line.data + 1);
    for (char *p = name; *p; p++)
        *p = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
    return true;
}

bool show_is_slash(struct client *c, struct span line)
{
    char name[64];

    return !c->is_resting && slash_name(line, name, sizeof(name)) &&
           c->all->config.hooks.has_handler(c->all->config.hooks.arg, name);
}

void show_slash(struct client *c, struct span line)
{
    char name[64];
    struct call call = {.kind = CALL_SLASH, .name = name, .text = SPAN_LIT("")};
    struct outcome out;
    const char *rest = memchr(line.data, ' ', line.len);

    slash_name(line, name, sizeof(name));
    if (rest)
        call.text = span_from(rest + 1, line.len - (size_t)(rest + 1 - line.data));
    begin_rest(c);
    if (start_call(c, &call, &out))
        client_finish(c, &out);
}

void client_take_back_imposed(struct client *c)
{
    mem_free(c->imposed);
    c->imposed = NULL;
}

bool client_impose(struct client *c, struct span line)
{
    char name[64];

    if (!client_is_open(c) || c->imposed || !slash_name(line, name, sizeof(name)) ||
        !c->all->config.hooks.has_handler(c->all->config.hooks.arg, name))
        return false;
    c->imposed = mem_strndup(line.data, line.len);
    client_mark_ready(c); /* another handler may be running now */
    return true;
}

int client_move(struct client *c, struct span keyword, struct err *e)
{
    const struct screen *s = client_find_screen(c, keyword);

    if (!client_is_open(c))
        return err_set(e, "That caller has left");
    if (!s)
        return err_set(e, "There is no screen '%.*s'", SPAN_ARG(keyword));
    if (c->level < s->level)
        return err_set(e, "'%.*s' is for level %u and above", SPAN_ARG(keyword), s->level);
    if (c->imposed)
        return err_set(e, "Something else waits to be done there");
    c->imposed = mem_strndup(keyword.data, keyword.len);
    client_mark_ready(c);
    return 0;
}

/* Whatever runs for the caller ends. */
static void end_all(struct client *c)
{
    c->all->config.hooks.gone(c->all->config.hooks.arg, c);
    client_typed(c);
    c->is_calling = c->is_resting = c->is_imposed = false;
    prompt_end(c);
    prompt_drop_aside(c);
    end_show(c);
}

static void move(struct client *c, const char *keyword)
{
    struct outcome out = {.action = ACTION_GO, .keyword = span_of(keyword)};

    end_all(c);
    c->asker = ASKER_SCREEN;
    apply(c, &out);
    show_run(c);
}

void show_impose(struct client *c)
{
    char *line = c->imposed;
    bool is_asked = c->mode != MODE_BUSY || c->process;

    if (!line || c->state != CLIENT_OPEN || !is_asked || c->is_resting || c->transfer ||
        c->keys.in_paste || c->paste || (c->process && line[0] == '/'))
        return;
    c->imposed = NULL;
    if (line[0] != '/') {
        move(c, line);
    } else if (show_is_slash(c, span_of(line))) { /* it was when it was told to */
        c->is_imposed = true;
        show_slash(c, span_of(line));
    }
    mem_free(line);
}

/* --- the engine's own login --- */

void show_rescue(struct client *c)
{
    struct call call = {.kind = CALL_RESCUE, .name = "rescue"};
    struct outcome out;

    end_all(c);
    client_clear_screen(c);
    if (start_call(c, &call, &out))
        client_finish(c, &out);
}
