#include "term/edit.h"

#include <assert.h>
#include <string.h>
#include <wctype.h>

#include "base/utf8.h"

enum { MASK_NOTHING = 1, UTF8_MOST = 4, MAX_MOST = 1000 };

/* A buffer that grows leaves a copy of its text in freed memory, so that of a password is made
 * as large as it can become at once. */
static void reserve(struct buf *text)
{
    while (text->len < text->max)
        buf_add(text, SPAN_LIT("\0\0\0\0"));
    buf_reset(text);
}

void edit_init(struct edit *e, const struct edit_options *options)
{
    uint32_t most = options->max > options->command_max ? options->max : options->command_max;

    assert(options->max >= 1 && most <= MAX_MOST);
    assert(!options->command_max || (!options->mask && !options->hotkey));
    *e = (struct edit){.options = *options};
    buf_init(&e->text, most * (uint32_t)UTF8_MOST);
    if (options->mask)
        reserve(&e->text);
}

void edit_clear(struct edit *e)
{
    if (e->text.data)
        explicit_bzero(e->text.data, e->text.cap);
    buf_clear(&e->text);
}

static bool begins_character(char byte)
{
    return ((unsigned char)byte & 0xC0) != 0x80;
}

static unsigned count_characters(struct span s)
{
    unsigned count = 0;

    for (size_t i = 0; i < s.len; i++)
        count += begins_character(s.data[i]);
    return count;
}

/* Columns that `s`, a piece of the text, takes as it is shown. */
static unsigned shown_columns(const struct edit *e, struct span s)
{
    if (e->options.mask == 0)
        return utf8_columns(s);
    if (e->options.mask == MASK_NOTHING)
        return 0;
    return count_characters(s) * utf8_width(e->options.mask);
}

static void show(const struct edit *e, struct span s, struct buf *echo)
{
    if (e->options.mask == 0) {
        buf_add(echo, s);
    } else if (e->options.mask != MASK_NOTHING) {
        for (unsigned n = count_characters(s); n > 0; n--)
            utf8_add(echo, e->options.mask);
    }
}

static struct span text_between(const struct edit *e, size_t from, size_t to)
{
    return span_from(e->text.len ? e->text.data + from : "", to - from);
}

static unsigned columns_between(const struct edit *e, size_t from, size_t to)
{
    return shown_columns(e, text_between(e, from, to));
}

/* --- characters, each with the marks that combine with it --- */

static size_t step_back(struct span text, size_t at)
{
    do
        at--;
    while (at > 0 && !begins_character(text.data[at]));
    return at;
}

static bool is_mark(struct span text, size_t at)
{
    struct span rest = span_from(text.data + at, text.len - at);

    return utf8_width(utf8_next(&rest, NULL)) == 0;
}

/* Where the character begins that ends at `at`. */
static size_t character_before(const struct edit *e, size_t at)
{
    struct span text = buf_span(&e->text);

    if (at > 0)
        at = step_back(text, at);
    while (at > 0 && is_mark(text, at))
        at = step_back(text, at);
    return at;
}

/* Where the character ends that begins at `at`. */
static size_t character_after(const struct edit *e, size_t at)
{
    struct span text = buf_span(&e->text);

    if (at < text.len)
        at++;
    while (at < text.len && (!begins_character(text.data[at]) || is_mark(text, at)))
        at++;
    return at;
}

/* Where the word before `at` begins; blanks behind it go with it. */
static size_t word_before(const struct edit *e, size_t at)
{
    while (at > 0 && e->text.data[at - 1] == ' ')
        at--;
    while (at > 0 && e->text.data[at - 1] != ' ')
        at--;
    return at;
}

/* --- what of it is shown: from `left` on, as much as fits --- */

static size_t shown_end(const struct edit *e)
{
    unsigned columns = 0;
    size_t at = e->left;

    if (e->options.width == 0)
        return e->text.len;
    while (at < e->text.len) {
        size_t next = character_after(e, at);

        columns += columns_between(e, at, next);
        if (columns > e->options.width)
            break;
        at = next;
    }
    return at;
}

/* Would the window have to move for the cursor to be at `to`? */
static bool is_outside(const struct edit *e, size_t to)
{
    if (to <= e->left)
        return e->left > 0;
    return e->options.width > 0 && columns_between(e, e->left, to) > e->options.width;
}

/* Let the window be where the cursor is in it, and a quarter of it beyond. True: it moved. */
static bool scroll(struct edit *e)
{
    unsigned room = e->options.width;
    uint16_t before = e->left;

    if (e->left > 0 && e->cursor <= e->left) {
        e->left = e->cursor;
        while (e->left > 0 && columns_between(e, e->left, e->cursor) < room / 4)
            e->left = (uint16_t)character_before(e, e->left);
    } else if (is_outside(e, e->cursor)) {
        while (columns_between(e, e->left, e->cursor) > room - room / 4)
            e->left = (uint16_t)character_after(e, e->left);
    }
    return e->left != before;
}

static void add_times(struct buf *echo, char byte, unsigned times)
{
    while (times-- > 0)
        buf_add_byte(echo, byte);
}

/* The text has changed from `from` on, where the cursor was or before it; now the cursor is
 * where it shall be. Nothing but characters and backspaces: every terminal knows them. */
static void repaint(struct edit *e, size_t from, struct buf *echo)
{
    unsigned at;
    unsigned columns;
    size_t end;

    if (scroll(e))
        from = e->left;
    end = shown_end(e);
    at = columns_between(e, e->left, from);
    columns = at + columns_between(e, from, end);
    add_times(echo, '\b', e->column - at);
    show(e, text_between(e, from, end), echo);
    if (e->painted > columns)
        add_times(echo, ' ', e->painted - columns);
    e->column = (uint16_t)columns_between(e, e->left, e->cursor);
    add_times(echo, '\b', (e->painted > columns ? e->painted : columns) - e->column);
    e->painted = (uint16_t)columns;
}

void edit_show(const struct edit *e, struct buf *echo)
{
    show(e, text_between(e, e->left, shown_end(e)), echo);
    add_times(echo, '\b', e->painted - e->column);
}

unsigned edit_columns(const struct edit *e)
{
    return e->painted;
}

static enum edit_result go_to(struct edit *e, size_t to, struct buf *echo)
{
    size_t from = e->cursor;
    unsigned column = e->column;

    e->cursor = (uint16_t)to;
    if (is_outside(e, to)) {
        repaint(e, e->left, echo);
        return EDIT_MORE;
    }
    e->column = (uint16_t)columns_between(e, e->left, to);
    if (to < from)
        add_times(echo, '\b', column - e->column);
    else
        show(e, text_between(e, from, to), echo);
    return EDIT_MORE;
}

/* --- what is not allowed --- */

static enum edit_result ring(struct edit *e, struct buf *echo)
{
    if (!e->has_rung)
        buf_add_byte(echo, '\a');
    e->has_rung = e->in_paste;
    return EDIT_MORE;
}

/* Does a line that begins with these two begin with one "/"? */
static bool is_command_line(const struct edit *e, uint32_t first, uint32_t second)
{
    return e->options.command_max > 0 && first == '/' && second != '/';
}

static bool is_command(const struct edit *e)
{
    return is_command_line(e, e->text.len > 0 ? (unsigned char)e->text.data[0] : 0,
                           e->text.len > 1 ? (unsigned char)e->text.data[1] : 0);
}

/* Will it, with `cp` typed where the cursor is? */
static bool becomes_command(const struct edit *e, uint32_t cp)
{
    uint32_t first = e->text.len > 0 ? (unsigned char)e->text.data[0] : 0;
    uint32_t second = e->text.len > 1 ? (unsigned char)e->text.data[1] : 0;

    if (e->cursor == 0)
        return is_command_line(e, cp, first);
    return is_command_line(e, first, e->cursor == 1 ? cp : second);
}

static bool is_allowed(const struct edit *e, uint32_t cp)
{
    return !e->options.digits || (cp >= '0' && cp <= '9');
}

bool edit_fits(const struct edit *e)
{
    if (!is_command(e))
        return true;
    return !e->options.digits && !e->options.upper &&
           count_characters(buf_span(&e->text)) <= e->options.max;
}

/* --- changes --- */

static void cut(struct edit *e, size_t from, size_t to)
{
    size_t behind = e->text.len - to;

    memmove(e->text.data + from, e->text.data + to, behind);
    explicit_bzero(e->text.data + from + behind, to - from);
    buf_cut(&e->text, from + behind);
}

/* A line that was a command no longer is one: the field's own rules hold again. -> was all of
 * it allowed? */
static bool conform(struct edit *e)
{
    struct buf old = e->text;
    struct span rest = buf_span(&old);
    bool all = true;

    buf_init(&e->text, old.max);
    while (rest.len > 0) {
        uint32_t cp = utf8_next(&rest, NULL);

        if (is_allowed(e, cp) && count_characters(buf_span(&e->text)) < e->options.max)
            utf8_add(&e->text, e->options.upper ? (uint32_t)towupper((wint_t)cp) : cp);
        else
            all = false;
    }
    if (e->text.len != old.len)
        e->cursor = (uint16_t)e->text.len;
    buf_clear(&old);
    return all;
}

/* Take out what stands between; the cursor goes there. */
static enum edit_result erase(struct edit *e, size_t from, size_t to, struct buf *echo)
{
    bool was_command = is_command(e);

    if (from == to)
        return EDIT_MORE;
    cut(e, from, to);
    e->cursor = (uint16_t)from;
    if (was_command && !is_command(e)) {
        bool all = conform(e);

        e->left = 0;
        repaint(e, 0, echo);
        return all ? EDIT_MORE : ring(e, echo);
    }
    repaint(e, from, echo);
    return EDIT_MORE;
}

/* Put `cp` where the cursor is. */
static void put(struct edit *e, uint32_t cp, struct buf *echo)
{
    size_t at = e->cursor;
    size_t before = e->text.len;
    char bytes[UTF8_MOST];
    size_t len;

    utf8_add(&e->text, cp);
    len = e->text.len - before;
    e->cursor = (uint16_t)(at + len);
    if (at == before) {
        unsigned columns = columns_between(e, at, e->cursor);

        if (e->options.width == 0 || e->column + columns <= e->options.width) {
            show(e, text_between(e, at, e->cursor), echo);
            e->column = e->painted = (uint16_t)(e->column + columns);
            return;
        }
    } else { /* in its place; a password is nowhere else meanwhile */
        memcpy(bytes, e->text.data + before, len);
        memmove(e->text.data + at + len, e->text.data + at, before - at);
        memcpy(e->text.data + at, bytes, len);
        explicit_bzero(bytes, sizeof(bytes));
    }
    repaint(e, at, echo);
}

static enum edit_result insert(struct edit *e, uint32_t cp, struct buf *echo)
{
    unsigned count = count_characters(buf_span(&e->text));
    bool command = becomes_command(e, cp);
    unsigned most = command ? e->options.command_max : e->options.max;

    if (count >= most || (!command && !is_allowed(e, cp)))
        return ring(e, echo);
    if (e->options.upper && !command)
        cp = (uint32_t)towupper((wint_t)cp);
    put(e, cp, echo);
    return e->options.hotkey && count + 1 == e->options.max ? EDIT_DONE : EDIT_MORE;
}

/* Over what stands there, where Insert says so. */
static enum edit_result type(struct edit *e, uint32_t cp, struct buf *echo)
{
    bool is_over = e->is_over && e->cursor < e->text.len && utf8_width(cp) > 0;

    if (is_over && (is_allowed(e, cp) || becomes_command(e, cp)))
        erase(e, e->cursor, character_after(e, e->cursor), echo);
    return insert(e, cp, echo);
}

static enum edit_result set_paste(struct edit *e, bool on)
{
    e->in_paste = on;
    e->has_rung = false;
    return EDIT_MORE;
}

static enum edit_result control(struct edit *e, uint32_t ch, struct buf *echo)
{
    switch (ch) {
    case 'A':
        return go_to(e, 0, echo);
    case 'E':
        return go_to(e, e->text.len, echo);
    case 'K':
        return erase(e, e->cursor, e->text.len, echo);
    case 'U':
        return erase(e, 0, e->text.len, echo);
    case 'W':
        return erase(e, word_before(e, e->cursor), e->cursor, echo);
    default:
        return EDIT_OTHER;
    }
}

enum edit_result edit_key(struct edit *e, const struct key *key, struct buf *echo)
{
    switch (key->code) {
    case KEY_CHAR:
        return type(e, key->ch, echo);
    case KEY_ENTER:
        return e->in_paste ? type(e, ' ', echo) : EDIT_DONE;
    case KEY_TAB:
        return e->in_paste ? type(e, ' ', echo) : EDIT_OTHER;
    case KEY_BACKSPACE:
        return erase(e, character_before(e, e->cursor), e->cursor, echo);
    case KEY_DELETE:
        return erase(e, e->cursor, character_after(e, e->cursor), echo);
    case KEY_LEFT:
        return go_to(e, character_before(e, e->cursor), echo);
    case KEY_RIGHT:
        return go_to(e, character_after(e, e->cursor), echo);
    case KEY_HOME:
        return go_to(e, 0, echo);
    case KEY_END:
        return go_to(e, e->text.len, echo);
    case KEY_INSERT:
        e->is_over = !e->is_over;
        return EDIT_MORE;
    case KEY_CTRL:
        return control(e, key->ch, echo);
    case KEY_ESCAPE:
        return EDIT_CANCEL;
    case KEY_PASTE_BEGIN:
    case KEY_PASTE_END:
        return set_paste(e, key->code == KEY_PASTE_BEGIN);
    default:
        return EDIT_OTHER;
    }
}

struct buf edit_take(struct edit *e)
{
    struct buf text = e->text;

    buf_init(&e->text, text.max);
    e->cursor = e->left = e->column = e->painted = 0;
    return text;
}
