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

void edit_show(const struct edit *e, struct buf *echo)
{
    show(e, buf_span(&e->text), echo);
}

/* Cut the text at `len`, on the screen too. */
static void erase_from(struct edit *e, size_t len, struct buf *echo)
{
    struct span gone = span_from(e->text.data + len, e->text.len - len);

    for (unsigned n = shown_columns(e, gone); n > 0; n--)
        buf_add_text(echo, "\b \b");
    explicit_bzero(e->text.data + len, gone.len);
    buf_cut(&e->text, len);
}

/* Where the code point begins that ends before `at`. */
static size_t step_back(struct span text, size_t at)
{
    do
        at--;
    while (at > 0 && !begins_character(text.data[at]));
    return at;
}

static uint32_t code_at(struct span text, size_t at)
{
    struct span rest = span_from(text.data + at, text.len - at);

    return utf8_next(&rest, NULL);
}

/* Where the last character begins, with the marks that combine with it. */
static size_t find_character(struct span text)
{
    size_t at = step_back(text, text.len);

    while (at > 0 && utf8_width(code_at(text, at)) == 0)
        at = step_back(text, at);
    return at;
}

/* Where the last word begins; blanks behind it go with it. */
static size_t find_word(struct span text)
{
    size_t at = text.len;

    while (at > 0 && text.data[at - 1] == ' ')
        at--;
    while (at > 0 && text.data[at - 1] != ' ')
        at--;
    return at;
}

static enum edit_result ring(struct edit *e, struct buf *echo)
{
    if (!e->has_rung)
        buf_add_byte(echo, '\a');
    e->has_rung = e->in_paste;
    return EDIT_MORE;
}

/* Does the line, with `cp` typed, begin with one "/"? */
static bool is_command(const struct edit *e, uint32_t cp)
{
    uint32_t first = e->text.len > 0 ? (unsigned char)e->text.data[0] : cp;
    uint32_t second = e->text.len > 1 ? (unsigned char)e->text.data[1] : cp;

    if (e->text.len == 0)
        second = 0;
    return e->options.command_max > 0 && first == '/' && second != '/';
}

bool edit_fits(const struct edit *e)
{
    if (!is_command(e, 0))
        return true;
    return !e->options.digits && !e->options.upper &&
           count_characters(buf_span(&e->text)) <= e->options.max;
}

static enum edit_result insert_command(struct edit *e, uint32_t cp, struct buf *echo)
{
    size_t before = e->text.len;

    if (count_characters(buf_span(&e->text)) >= e->options.command_max)
        return ring(e, echo);
    utf8_add(&e->text, cp);
    show(e, span_from(e->text.data + before, e->text.len - before), echo);
    return EDIT_MORE;
}

static enum edit_result insert(struct edit *e, uint32_t cp, struct buf *echo)
{
    size_t before = e->text.len;
    unsigned count = count_characters(buf_span(&e->text));

    if (is_command(e, cp))
        return insert_command(e, cp, echo);
    if (count >= e->options.max || (e->options.digits && (cp < '0' || cp > '9')))
        return ring(e, echo);
    if (e->options.upper)
        cp = (uint32_t)towupper((wint_t)cp);
    utf8_add(&e->text, cp);
    show(e, span_from(e->text.data + before, e->text.len - before), echo);
    return e->options.hotkey && count + 1 == e->options.max ? EDIT_DONE : EDIT_MORE;
}

static enum edit_result erase(struct edit *e, size_t (*find)(struct span), struct buf *echo)
{
    if (e->text.len > 0)
        erase_from(e, find ? find(buf_span(&e->text)) : 0, echo);
    return EDIT_MORE;
}

static enum edit_result set_paste(struct edit *e, bool on)
{
    e->in_paste = on;
    e->has_rung = false;
    return EDIT_MORE;
}

static enum edit_result control(struct edit *e, uint32_t ch, struct buf *echo)
{
    if (ch == 'U')
        return erase(e, NULL, echo);
    if (ch == 'W')
        return erase(e, find_word, echo);
    return EDIT_OTHER;
}

enum edit_result edit_key(struct edit *e, const struct key *key, struct buf *echo)
{
    switch (key->code) {
    case KEY_CHAR:
        return insert(e, key->ch, echo);
    case KEY_ENTER:
        return e->in_paste ? insert(e, ' ', echo) : EDIT_DONE;
    case KEY_TAB:
        return e->in_paste ? insert(e, ' ', echo) : EDIT_OTHER;
    case KEY_BACKSPACE:
    case KEY_DELETE:
        return erase(e, find_character, echo);
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
