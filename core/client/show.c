/* show.c -- a screen being shown: its operations run until the caller is asked something, and
 * go on with the answer. What handlers return decides where it goes next. */
#include <assert.h>
#include <stdio.h>

#include "base/log.h"
#include "base/mem.h"
#include "client/show_internal.h"

enum { WINDOW_ROWS = 24 }; /* that screens are drawn for */

/* --- calling handlers --- */

/* The arguments of a macro, with the fields of rows looked up. */
static void set_args(struct client *c, struct call *call, const struct op_arg *args,
                     unsigned count, struct call_arg *to)
{
    for (unsigned i = 0; i < count; i++) {
        to[i].name = args[i].name;
        to[i].value = args[i].is_field ? show_field_value(c, args[i].level, args[i].column)
                                       : args[i].value;
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

bool show_call(struct client *c, struct call *call, struct outcome *out)
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

bool show_call_op(struct client *c, enum call_kind kind, const struct op *op, struct span text,
                  struct outcome *out)
{
    struct call call = {.kind = kind,
                        .name = op->name,
                        .file = op->file,
                        .line = op->line,
                        .text = text,
                        .columns = op->columns};

    assert(c->show || op->arg_count == 0);
    set_args(c, &call, op->args, op->arg_count, c->show ? c->show->args : NULL);
    if (kind == CALL_EACH)
        set_rows_arg(c, op, c->show->args);
    return show_call(c, &call, out);
}

bool show_call_occasion(struct client *c, enum screen_occasion occasion, enum call_kind kind,
                        struct outcome *out)
{
    const struct screen_call *sc = &c->screen->calls[occasion];
    struct call_arg args[16];
    struct call call = {.kind = kind,
                        .name = sc->name,
                        .file = sc->op ? sc->op->file : NULL,
                        .line = sc->op ? sc->op->line : 0};

    set_args(c, &call, sc->args, sc->arg_count, args);
    return show_call(c, &call, out);
}

/* --- where to go --- */

void show_begin(struct client *c)
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

void show_drop(struct client *c)
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
    show_drop(c);
    form_end(c);
    lightbar_end(c);
    repaint_forget(c);
    screen_unref(c->screen);
    c->screen = NULL;
}

/* From the first operation. */
static void begin_screen(struct client *c)
{
    show_drop(c);
    show_begin(c);
    prompt_end(c);
    c->pc = 0;
    c->live = 0;
    c->post_done = c->at_end = false;
    c->is_stale = c->is_bare = c->is_left = false;
    c->asker = ASKER_SCREEN;
    c->generation = clients_generation(c->all, c);
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
    if (c->all->config.shows)
        c->all->config.shows(c->all->config.arg, c->screen);
    if (!c->form && !c->screen->keep)
        terminal_set_header(c, c->screen->header);
    terminal_show_art(c);
}

/* From the line of the first field. */
static void begin_fields(struct client *c)
{
    show_drop(c);
    show_begin(c);
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
    show_call_occasion(c, OCCASION_LEAVE, CALL_LEAVE, out);
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
    if (s->calls[OCCASION_ENTER].name &&
        show_call_occasion(c, OCCASION_ENTER, CALL_ENTER, &out))
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
        library_has(client_library(c), SPAN_LIT("menu")))
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

void show_apply(struct client *c, const struct outcome *out)
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
    show_begin(c);
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
bool show_come_back(struct client *c, struct span notice)
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
    bool is_disturbed = show_come_back(c, out->notice);

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
        show_apply(c, out);
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
        show_send_flat_rows(c, op);
    out->rows = NULL;
}

static void text_returned(struct client *c, const struct op *op, struct outcome *out)
{
    if (out->notice.len)
        client_tell(c, out->notice);
    show_send_value(c, op, out->text);
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
    show_apply(c, out);
    c->is_passing = false;
}

static void tell_passed(const struct client *c, const struct op *op, const struct outcome *out)
{
    const struct clients_config *config = &c->all->config;

    if (config->passed)
        config->passed(config->arg, op, out);
}

/* A value for the operation at which the screen stands: nothing else runs meanwhile. */
static void value_returned(struct client *c, struct outcome *out)
{
    const struct op *op;

    assert(c->screen && c->pc < c->screen->count);
    op = &c->screen->ops[c->pc];
    if (op->code == OP_IF || op->code == OP_EACH)
        tell_passed(c, op, out);
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
        show_apply(c, out);
        break;
    case CALL_ENTER:
        enter_returned(c, out);
        break;
    case CALL_TICK:
    case CALL_SLASH:
        show_rest_returned(c, out);
        break;
    case CALL_RESCUE:
        if (out->action == ACTION_NONE)
            hang_up(c);
        else
            show_apply(c, out);
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
    if (c->is_left) {
        show_paint_soon(c);
        c->is_stale = c->ansi && out->notice.len > 0; /* it is told again when that is done */
        if (c->is_stale)
            client_tell(c, out->notice);
    }
    c->is_left = false;
    if (!c->is_showing)
        show_run(c);
}

/* --- running --- */

static void ask_field(struct client *c, const struct op *op)
{
    char *begun = c->begun;

    c->begun = NULL;
    show_drop(c);
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
    show_drop(c);
    c->asker = ASKER_SCREEN;
    form_ask(c);
}

static void ask_key(struct client *c)
{
    show_drop(c);
    c->asker = ASKER_SCREEN;
    prompt_key(c);
}

static void next_row(struct client *c, const struct op *op)
{
    unsigned level = op->level;

    if (c->linear && op->in_table)
        show_end_row(c);
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
    struct value v = show_field_value(c, op->level, op->index);

    if (v.type != VALUE_ROWS || v.rows->count == 0) {
        c->pc = op->target;
        return;
    }
    set_rows(c->show, op->level, v.rows, true);
    c->pc++;
}

static void if_field(struct client *c, const struct op *op)
{
    struct outcome out = {.is_true = value_is_true(show_field_value(c, op->level, op->index))};

    tell_passed(c, op, &out);
    c->pc = out.is_true ? c->pc + 1 : op->target;
}

static void run_call(struct client *c, enum call_kind kind, const struct op *op)
{
    struct outcome out;

    if (show_call_op(c, kind, op, SPAN_LIT(""), &out)) {
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
        show_send_field(c, op);
        c->pc++;
        break;
    case OP_IF:
        run_call(c, CALL_IF, op);
        break;
    case OP_IF_FIELD:
        if_field(c, op);
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
        tell_passed(c, op, NULL);
        lightbar_add(c, op);
        c->pc++;
        break;
    case OP_GO:
        tell_passed(c, op, NULL);
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
        if (show_call_occasion(c, OCCASION_POST, CALL_POST, &out))
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
