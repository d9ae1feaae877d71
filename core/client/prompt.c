/* prompt.c -- what is being typed: lines, keys, commands begun with "/"; and notices, which
 * appear above it without harming it. */
#include "base/mem.h"
#include "base/utf8.h"
#include "client/internal.h"
#include "term/ansi.h"

enum { ROOM_LEAST = 8 };

bool prompt_echoes(const struct client *c)
{
    return telnet_has_answered(c->telnet) && telnet_is_on(c->telnet, TELNET_US, TELNET_ECHO);
}

/* Bytes beside the screen's own text: not part of the prompt's line. */
static void send_beside(struct client *c, struct span utf8)
{
    struct buf wire;

    buf_init(&wire, BUF_LARGE);
    text_encode(&wire, utf8, client_look(c));
    output_beside(c, buf_span(&wire));
    buf_clear(&wire);
}

static void send_echo(struct client *c, struct span utf8)
{
    struct buf wire;

    if (!prompt_echoes(c) || utf8.len == 0)
        return;
    if (utf8.len == 1 && (unsigned char)utf8.data[0] < 0x80) {
        output_bytes(c, utf8); /* the same in every character set */
        return;
    }
    buf_init(&wire, BUF_LARGE);
    text_encode(&wire, utf8, client_look(c));
    output_bytes(c, buf_span(&wire));
    buf_clear(&wire);
}

/* Enter: what is sent next begins a line, but in a form, where it goes below. */
static void enter_typed(struct client *c)
{
    c->after_field = prompt_echoes(c) && !form_has_prompt(c);
}

/* --- notices --- */

static bool is_at_prompt(const struct client *c)
{
    return c->state == CLIENT_OPEN && c->mode != MODE_BUSY;
}

/* The column in which the prompt ends, from 0; what is on the wire moves the cursor too. */
static unsigned prompt_columns(const struct client *c)
{
    struct buf utf8;
    struct buf plain;
    const char *row;
    unsigned columns;

    buf_init(&utf8, BUF_LARGE);
    buf_init(&plain, BUF_LARGE);
    if (c->charset == CHARSET_CP437)
        charset_decode_cp437(&utf8, buf_span(&c->line));
    else
        buf_add(&utf8, buf_span(&c->line));
    ansi_flatten(&plain, buf_span(&utf8));
    row = plain.len ? memrchr(plain.data, '\n', plain.len) : NULL;
    row = row ? row + 1 : plain.data;
    columns = utf8_columns(span_from(row, plain.len - (size_t)(row - plain.data)));
    buf_clear(&utf8);
    buf_clear(&plain);
    return columns;
}

/* What is left of the row for what is typed, less the cursor's own place at its end; 0 where it
 * is too little to work with, and the line may as well go over the edge. */
static uint16_t room_columns(const struct client *c)
{
    unsigned used = prompt_columns(c) + 1;

    if (form_has_prompt(c))
        return (uint16_t)form_room(c);
    if (c->linear)
        return 0; /* the cursor never goes back: it goes over the edge */
    return used + ROOM_LEAST <= c->width ? (uint16_t)(c->width - used) : 0;
}

/* Make room for a notice where the prompt stands. */
static void erase_prompt(struct client *c)
{
    unsigned typed = c->edit ? edit_columns(c->edit) : 0;
    bool one_row = prompt_columns(c) + typed < c->width;

    if (form_has_prompt(c)) {
        form_erase_prompt(c);
        return;
    }
    if (c->ansi && one_row && !c->after_field)
        output_made(c, SPAN_LIT("\r\033[0m\033[K"));
    else
        output_beside(c, SPAN_LIT("\r\n"));
}

void prompt_erase(struct client *c)
{
    erase_prompt(c);
    c->after_field = false;
}

/* The screen's tick, which would draw over it, waits until it has been read. */
static void hold_tick(struct client *c)
{
    if (c->next_tick > 0)
        c->next_tick = c->last_tick = clients_now(c->all) + NOTICE_SECONDS;
}

static void send_notice(struct client *c, struct span text)
{
    struct buf clean;
    struct buf out;
    struct span rest;

    buf_init(&clean, BUF_LARGE);
    buf_init(&out, BUF_LARGE);
    ansi_strip(&clean, text, false);
    rest = buf_span(&clean);
    if (c->ansi)
        buf_add_text(&out, "\033[0;1;33;40m");
    while (rest.len > 0) {
        buf_add(&out, utf8_take_line(&rest, c->width - 1u));
        buf_add_text(&out, rest.len > 0 ? "\r\n" : "");
    }
    if (c->ansi)
        buf_add_text(&out, "\033[0m");
    buf_add_text(&out, "\r\n");
    send_beside(c, buf_span(&out));
    hold_tick(c);
    buf_clear(&clean);
    buf_clear(&out);
}

void prompt_notice(struct client *c, struct span text)
{
    if (c->state >= CLIENT_DRAINING)
        return;
    if (form_is_away(c)) {
        form_remark(c, text);
        return;
    }
    erase_prompt(c);
    send_notice(c, text);
    c->after_field = false;
}

void prompt_show_again(struct client *c)
{
    struct buf shown;

    if (form_has_prompt(c)) {
        form_show_prompt(c);
    } else {
        if (c->after_field)
            output_beside(c, SPAN_LIT("\r\n"));
        c->after_field = false;
        output_beside(c, buf_span(&c->line));
    }
    if (!c->edit)
        return;
    buf_init(&shown, BUF_LARGE);
    edit_show(c->edit, &shown);
    send_echo(c, buf_span(&shown));
    buf_clear(&shown);
}

void prompt_keep_line(struct client *c)
{
    struct show *s = c->show;
    unsigned which = c->is_resting;

    if (!s || !c->is_calling || s->is_kept[which])
        return;
    s->is_kept[which] = true;
    buf_init(&s->kept[which], LINE_MAX_BYTES);
    buf_add(&s->kept[which], buf_span(&c->line));
}

bool prompt_take_line(struct client *c)
{
    struct show *s = c->show;
    unsigned which = c->is_resting;

    if (!s || !s->is_kept[which])
        return false;
    s->is_kept[which] = false;
    buf_clear(&c->line);
    c->line = s->kept[which];
    return true;
}

bool prompt_is_drawn(const struct client *c)
{
    return c->mode == MODE_KEY && c->asker == ASKER_HANDLER && (c->ask_wants & ASK_TELL);
}

static void flush_tells(struct client *c)
{
    struct span rest = buf_span(&c->tells);
    bool in_form;

    if (rest.len == 0 || !is_at_prompt(c) || c->is_stale)
        return;
    if (prompt_is_drawn(c)) {
        client_mark_ready(c); /* another handler may be running now: in the next turn */
        return;
    }
    in_form = form_has_prompt(c);
    if (!in_form) {
        erase_prompt(c);
        c->after_field = false;
    }
    while (rest.len > 0) {
        const char *end = memchr(rest.data, '\n', rest.len);
        struct span line = span_take(&rest, (size_t)(end - rest.data));

        if (in_form)
            form_notice(c, line);
        else
            send_notice(c, line);
        span_take(&rest, 1);
    }
    buf_clear(&c->tells);
    prompt_show_again(c);
}

void prompt_flush_tells(struct client *c)
{
    flush_tells(c);
    chat_show_held(c);
}

bool client_tell(struct client *c, struct span text)
{
    struct buf clean;
    bool ok;

    if (!client_is_open(c))
        return false;
    buf_init(&clean, TELLS_MAX);
    ansi_strip(&clean, span_from(text.data, text.len < 2000 ? text.len : 2000), false);
    buf_add_byte(&clean, '\n');
    ok = !client_is_full(c) && buf_add(&c->tells, buf_span(&clean));
    buf_clear(&clean);
    if (!ok)
        c->missed++;
    prompt_flush_tells(c);
    return ok;
}

/* --- asking --- */

static void free_edit(struct edit **edit)
{
    if (!*edit)
        return;
    edit_clear(*edit);
    mem_free(*edit);
    *edit = NULL;
}

void prompt_end(struct client *c)
{
    free_edit(&c->edit);
    c->mode = MODE_BUSY;
}

void prompt_set_aside(struct client *c)
{
    c->rest_edit = c->edit;
    c->rest_mode = c->mode;
    c->rest_asker = c->asker;
    c->rest_ask_until = c->ask_until;
    c->rest_wants = c->ask_wants;
    c->edit = NULL;
    c->mode = MODE_BUSY;
    c->ask_until = 0;
}

void prompt_take_back(struct client *c)
{
    free_edit(&c->edit);
    c->edit = c->rest_edit;
    c->mode = c->rest_mode;
    c->asker = c->rest_asker;
    c->ask_until = c->rest_ask_until;
    c->ask_wants = c->rest_wants;
    c->rest_edit = NULL;
}

void prompt_drop_aside(struct client *c)
{
    free_edit(&c->rest_edit);
}

static void begin_edit(struct client *c, const struct edit_options *options)
{
    struct edit_options in_row = *options;

    in_row.width = room_columns(c);
    prompt_end(c);
    c->edit = mem_alloc(sizeof(*c->edit));
    edit_init(c->edit, &in_row);
    c->edit->in_paste = c->keys.in_paste;
}

static void type_ahead(struct client *c)
{
    prompt_flush_tells(c);
    if (c->imposed || c->typed.len > 0 || c->input.len > 0)
        client_mark_ready(c);
    client_rearm(c);
}

/* What a field holds to begin with is typed for the caller. */
static void type_text(struct client *c, struct span utf8)
{
    struct buf echo;

    buf_init(&echo, BUF_LARGE);
    while (utf8.len > 0) {
        struct key key = {.code = KEY_CHAR};

        key.ch = utf8_next(&utf8, NULL);
        edit_key(c->edit, &key, &echo);
    }
    send_echo(c, buf_span(&echo));
    buf_clear(&echo);
}

/* Of whom nobody wants it any more: the handler that did has ended, or asks for something
 * else. */
static void drop_paste(struct client *c)
{
    if (!c->paste)
        return;
    buf_clear(c->paste);
    mem_free(c->paste);
    c->paste = NULL;
}

void prompt_line(struct client *c, const struct edit_options *options, struct span standard)
{
    struct edit_options with_commands = *options;

    if (!options->mask && !options->hotkey)
        with_commands.command_max = (uint16_t)c->all->config.settings->line_length;
    drop_paste(c);
    repaint_end(c);
    begin_edit(c, &with_commands);
    c->mode = MODE_LINE;
    type_text(c, standard);
    type_ahead(c);
}

static bool wants_paste(const struct client *c)
{
    return c->asker == ASKER_HANDLER && (c->ask_wants & ASK_PASTE);
}

void prompt_key(struct client *c)
{
    repaint_end(c);
    prompt_end(c);
    c->mode = MODE_KEY;
    if (!wants_paste(c))
        drop_paste(c);
    else if (c->paste && !c->keys.in_paste)
        client_mark_ready(c); /* it has ended meanwhile */
    type_ahead(c);
}

/* --- commands that begin with "/" --- */

static void refuse_command(struct client *c, struct span line)
{
    struct buf text;

    buf_init(&text, 1000);
    command_refuse(c, line, &text);
    prompt_notice(c, buf_span(&text));
    buf_clear(&text);
}

static void begin_slash(struct client *c, char first)
{
    struct edit_options options = {
        .max = (uint16_t)c->all->config.settings->line_length,
        .digits = first != '/',
    };

    begin_edit(c, &options);
    c->mode = MODE_SLASH;
    type_text(c, span_from(&first, 1));
}

/* It was shown over an empty screen, or in a window that has another size now. */
static void paint_bare(struct client *c)
{
    if (c->is_bare && !c->is_resting)
        show_paint_soon(c);
    c->is_bare = false;
}

static void end_slash(struct client *c)
{
    bool stands_there = c->edit->text.len > 0;

    if (stands_there)
        erase_prompt(c);
    prompt_end(c);
    c->mode = MODE_KEY;
    if (stands_there)
        prompt_show_again(c);
    paint_bare(c);
}

/* The number of an item, where they are a list. */
static void take_number(struct client *c, struct span digits)
{
    unsigned number = 0;

    for (size_t i = 0; i < digits.len && number < 1000; i++)
        number = number * 10 + (unsigned)(digits.data[i] - '0');
    if (show_number_typed(c, number))
        return;
    prompt_notice(c, SPAN_LIT("There is no item of that number."));
    prompt_show_again(c);
}

static bool is_digit(const struct key *key)
{
    return key->code == KEY_CHAR && key->ch >= '0' && key->ch <= '9';
}

/* A digit chooses at once where no second one can follow it. */
static void digit_pressed(struct client *c, char digit)
{
    if (lightbar_at(c, (unsigned)(digit - '0') * 10))
        begin_slash(c, digit);
    else
        take_number(c, span_from(&digit, 1));
}

static void take_slash(struct client *c)
{
    struct buf text;
    struct span line;

    c->is_stale = c->is_stale || c->is_bare; /* the command ends with a painted screen */
    if (form_has_prompt(c))
        form_erase_prompt(c);
    text = edit_take(c->edit);
    line = buf_span(&text);

    prompt_end(c);
    c->mode = MODE_KEY;
    enter_typed(c);
    if (line.len > 0 && line.data[0] != '/') {
        take_number(c, line);
    } else if (show_is_slash(c, line)) {
        show_slash(c, line);
    } else {
        if (line.len > 1)
            refuse_command(c, line);
        prompt_show_again(c);
    }
    paint_bare(c);
    buf_clear(&text);
}

/* --- keys --- */

static void answer(struct client *c, enum answer_kind kind, struct span text)
{
    struct answer a = {.kind = kind, .text = text};

    c->ask_until = 0;
    c->all->config.hooks.answer(c->all->config.hooks.arg, c, &a);
}

static void line_done(struct client *c)
{
    struct span line = buf_span(&c->edit->text);
    bool masked = c->edit->options.mask != 0;
    bool slash = !masked && show_is_slash(c, line);
    struct buf text;

    if (!masked)
        recall_add(c, line);
    if (form_has_prompt(c) && slash)
        form_erase_prompt(c);
    else if (form_has_prompt(c))
        form_take_text(c);
    text = edit_take(c->edit);
    line = buf_span(&text);
    if (masked || !chat_erases_line(c))
        enter_typed(c);
    if (slash) {
        show_slash(c, line); /* `edit` is set aside, empty: it is shown again afterwards */
    } else {
        prompt_end(c);
        if (!masked && span_starts_with(line, "//"))
            span_take(&line, 1);
        if (c->asker == ASKER_HANDLER)
            answer(c, ANSWER_LINE, line);
        else
            show_line_typed(c, line);
    }
    if (masked && text.data)
        explicit_bzero(text.data, text.cap);
    buf_clear(&text);
}

/* In a room a "/" begins a command, if not another follows: a slip is not said to everybody. */
static bool is_for_room(const struct client *c)
{
    struct span text = buf_span(&c->edit->text);

    return c->member && c->asker == ASKER_SCREEN && span_starts_with(text, "/") &&
           !span_starts_with(text, "//");
}

/* Begun with "/", longer than the field or for a room, and no command: the caller may mend it.
 */
static bool is_no_answer(struct client *c)
{
    if ((edit_fits(c->edit) && !is_for_room(c)) || show_is_slash(c, buf_span(&c->edit->text)))
        return false;
    enter_typed(c);
    refuse_command(c, buf_span(&c->edit->text));
    prompt_show_again(c);
    return true;
}

static void line_cancelled(struct client *c)
{
    if (form_has_prompt(c))
        form_erase_prompt(c);
    prompt_end(c);
    enter_typed(c);
    if (c->asker == ASKER_HANDLER)
        answer(c, ANSWER_CANCEL, SPAN_LIT(""));
    else
        show_escape(c);
}

/* There is nothing that Esc could lead back to: it empties the line. */
static void empty_line(struct client *c)
{
    const struct key all = {.code = KEY_CTRL, .ch = 'U'};

    buf_reset(&c->all->echo);
    edit_key(c->edit, &all, &c->all->echo);
    send_echo(c, buf_span(&c->all->echo));
}

static void move_in_form(struct client *c, const struct key *key)
{
    enum form_step step = form_key(c, key);

    if (step == FORM_ENTER && !is_no_answer(c)) {
        line_done(c);
    } else if (step == FORM_MOVE) {
        prompt_end(c);
        show_run(c);
    } else if (step == FORM_STAY) {
        output_bytes(c, SPAN_LIT("\a"));
    }
}

/* A line that was typed before takes the place of what stands there. */
static void bring_back(struct client *c, struct span line)
{
    empty_line(c);
    type_text(c, line);
}

/* Tab at the end of a line that is a command's, or a room's. */
static bool completes(const struct client *c, const struct key *key)
{
    struct span text = buf_span(&c->edit->text);

    return key->code == KEY_TAB && !form_has_prompt(c) && c->edit->cursor == text.len &&
           !c->edit->options.mask && text.len > 0 && (*text.data == '/' || c->member);
}

static void complete(struct client *c)
{
    struct buf add, others;

    buf_init(&add, 1000);
    buf_init(&others, 4000);
    command_complete(c, buf_span(&c->edit->text), &add, &others);
    if (others.len > 0) {
        prompt_notice(c, buf_span(&others));
        prompt_show_again(c);
    } else if (add.len > 0) {
        type_text(c, buf_span(&add));
    } else {
        output_bytes(c, SPAN_LIT("\a"));
    }
    buf_clear(&add);
    buf_clear(&others);
}

/* Page Up in a room shows what was said there, with what is typed as it is. */
static bool looks_back(struct client *c, const struct key *key)
{
    return key->code == KEY_PAGE_UP && c->member && c->asker == ASKER_SCREEN &&
           !form_has_prompt(c) && show_is_slash(c, SPAN_LIT("/history"));
}

static void edit_take_other(struct client *c, const struct key *key)
{
    struct span before;

    if (completes(c, key))
        complete(c);
    else if (c->mode == MODE_SLASH)
        return;
    else if (recall_key(c, key, &before))
        bring_back(c, before);
    else if (looks_back(c, key))
        show_slash(c, SPAN_LIT("/history"));
    else
        move_in_form(c, key);
}

static void edit_take_key(struct client *c, const struct key *key)
{
    struct buf *echo = &c->all->echo;
    bool slash = c->mode == MODE_SLASH;
    enum edit_result result;

    buf_reset(echo);
    result = edit_key(c->edit, key, echo);
    send_echo(c, buf_span(echo));
    if (slash && (result == EDIT_CANCEL || c->edit->text.len == 0))
        end_slash(c);
    else if (slash && result == EDIT_DONE)
        take_slash(c);
    else if (result == EDIT_DONE && !is_no_answer(c))
        line_done(c);
    else if (result == EDIT_CANCEL && c->asker == ASKER_SCREEN && !show_has_escape(c))
        empty_line(c);
    else if (result == EDIT_CANCEL)
        line_cancelled(c);
    else if (result == EDIT_OTHER)
        edit_take_other(c, key);
}

/* --- what is pasted, for a handler that wants it --- */

static void end_paste(struct client *c)
{
    struct buf *paste = c->paste;

    c->paste = NULL;
    c->mode = MODE_BUSY;
    answer(c, ANSWER_PASTE, buf_span(paste));
    buf_clear(paste);
    mem_free(paste);
}

static void add_pasted(struct client *c, const struct key *key)
{
    uint32_t cp = key->code == KEY_ENTER ? '\n' : key->code == KEY_TAB ? '\t' : key->ch;

    if (key->code != KEY_CHAR && key->code != KEY_ENTER && key->code != KEY_TAB)
        return;
    if (!utf8_add(c->paste, cp) && !c->paste_is_cut)
        output_bytes(c, SPAN_LIT("\a")); /* once */
    c->paste_is_cut = c->paste->len + 4 > PASTE_MAX;
}

/* False: it is no part of a paste, or nobody wants that. */
static bool take_paste(struct client *c, const struct key *key)
{
    bool wants = wants_paste(c);

    if (wants && !c->paste && (c->keys.in_paste || key->code == KEY_PASTE_BEGIN)) {
        c->paste = mem_alloc(sizeof(*c->paste));
        c->paste_is_cut = false;
        buf_init(c->paste, PASTE_MAX);
    }
    if (!wants || !c->paste)
        return false;
    if (key->code == KEY_PASTE_END)
        end_paste(c);
    else
        add_pasted(c, key);
    return true;
}

void prompt_give_paste(struct client *c)
{
    if (c->paste && !c->keys.in_paste && c->mode == MODE_KEY && wants_paste(c))
        end_paste(c);
}

void prompt_give_tell(struct client *c)
{
    struct span rest = buf_span(&c->tells);
    const char *end = rest.len ? memchr(rest.data, '\n', rest.len) : NULL;
    struct buf line;

    if (!end || !prompt_is_drawn(c))
        return;
    buf_init(&line, TELLS_MAX);
    buf_add(&line, span_take(&rest, (size_t)(end - rest.data)));
    buf_consume(&c->tells, line.len + 1);
    c->mode = MODE_BUSY;
    answer(c, ANSWER_TELL, buf_span(&line));
    buf_clear(&line);
}

void prompt_give_wake(struct client *c)
{
    bool wants = c->asker == ASKER_HANDLER && c->mode == MODE_KEY && (c->ask_wants & ASK_WAKE);

    if (!c->is_woken || !wants)
        return;
    c->is_woken = false;
    c->mode = MODE_BUSY;
    answer(c, ANSWER_KEY, SPAN_LIT("wake"));
}

void prompt_resized(struct client *c)
{
    bool wants =
        c->asker == ASKER_HANDLER && c->mode == MODE_KEY && (c->ask_wants & ASK_RESIZE);

    if (!wants)
        return;
    c->mode = MODE_BUSY;
    answer(c, ANSWER_KEY, SPAN_LIT("resize"));
}

static void key_pressed(struct client *c, const struct key *key)
{
    char name[16];

    if (take_paste(c, key))
        return;
    if (c->keys.in_paste || key->code == KEY_PASTE_BEGIN || key->code == KEY_PASTE_END)
        return; /* what is pasted is text, never commands */
    if (c->asker == ASKER_HANDLER) {
        c->mode = MODE_BUSY;
        answer(c, ANSWER_KEY, span_of(key_name(key, name)));
    } else if (key->code == KEY_CHAR && key->ch == '/' && !show_takes_slash(c)) {
        begin_slash(c, '/');
    } else if (is_digit(key) && show_takes_number(c, key)) {
        digit_pressed(c, (char)key->ch);
    } else {
        show_key_pressed(c, key);
    }
}

/* Who has no telnet sends lines: the Enter behind a single key only sent that key. */
static bool is_sending_enter(struct client *c, const struct key *key)
{
    bool after_key = c->after_key;

    c->after_key = c->mode == MODE_KEY && key->code == KEY_CHAR && !prompt_echoes(c);
    return after_key && key->code == KEY_ENTER;
}

void prompt_take_key(struct client *c, const struct key *key)
{
    if (is_sending_enter(c, key))
        return;
    if (c->mode == MODE_KEY)
        key_pressed(c, key);
    else if (c->edit)
        edit_take_key(c, key);
}

/* --- what a handler asks --- */

bool client_may_ask(const struct client *c)
{
    return c->mode == MODE_BUSY &&
           !(c->is_resting && c->rest_asker == ASKER_HANDLER && !c->is_imposed);
}

void client_ask_line(struct client *c, struct span prompt, const struct edit_options *options,
                     struct span standard)
{
    prompt_keep_line(c);
    output_line_end(c);
    output_piped(c, prompt);
    c->asker = ASKER_HANDLER;
    prompt_line(c, options, standard);
}

void client_ask_key(struct client *c, double timeout_seconds, unsigned wants)
{
    prompt_keep_line(c);
    c->asker = ASKER_HANDLER;
    c->ask_wants = (uint8_t)wants;
    c->ask_until = timeout_seconds > 0 ? clients_now(c->all) + timeout_seconds : 0;
    if (c->is_woken && (wants & ASK_WAKE))
        client_mark_ready(c); /* it was while the handler ran */
    prompt_key(c);
}

void client_wait_drained(struct client *c)
{
    c->is_drain_waited = true;
    output_mark_dirty(c);
}

void client_stop_waiting(struct client *c)
{
    c->is_drain_waited = false;
    c->ask_until = 0;
    transfer_stop(c, client_is_open(c) ? "its handler has ended" : "the caller has left");
    if (c->process)
        process_stop(c->process,
                     client_is_open(c) ? "its handler has ended" : "the caller has left");
    process_detach(c);
    dial_detach(c, client_is_open(c) ? "its handler has ended" : "the caller has left");
    if (c->asker == ASKER_HANDLER)
        prompt_end(c);
}
