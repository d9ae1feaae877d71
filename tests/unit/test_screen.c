/* Files linked to a screen: a listing of its operations, what is wrong with them, and what a
 * caller would see, by an interpreter of few lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "screen/screen.h"
#include "tests/unit/dump_ops.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { FILES_MAX = 16 };

/* A board of a few files; the first is the one that is linked. */
struct board {
    struct {
        const char *keyword;
        struct source *source;
    } files[FILES_MAX];
    unsigned count;
    struct buf errors;
};

struct sample {
    const char *text;
    const char *expected;
};

static struct source *find_source(void *arg, const char *keyword, enum source_kind kind)
{
    struct board *b = arg;
    struct source *other = NULL;

    for (unsigned i = 0; i < b->count; i++) {
        if (strcmp(b->files[i].keyword, keyword) != 0)
            continue;
        if (b->files[i].source->kind == kind)
            return b->files[i].source;
        other = b->files[i].source;
    }
    return other;
}

static void board_add(struct board *b, const char *keyword, const char *text)
{
    struct source *s = source_compile(keyword, SOURCE_TXT, span_of(text), &b->errors);

    assert_string_equal(buf_text(&b->errors), "");
    assert_non_null(s);
    b->files[b->count].keyword = keyword;
    b->files[b->count++].source = s;
}

static struct screen *board_link(struct board *b)
{
    struct screen_sources sources = {find_source, b};

    return screen_link("main", b->files[0].source, &sources, &b->errors);
}

static void board_clear(struct board *b)
{
    for (unsigned i = 0; i < b->count; i++)
        source_unref(b->files[i].source);
    buf_clear(&b->errors);
}

/* "main" with these files, as keyword, text, keyword, text, NULL. */
static struct board board_of(const char *text, const char *const *others)
{
    struct board b = {.count = 0};

    buf_init(&b.errors, BUF_LARGE);
    board_add(&b, "main", text);
    for (; others && others[0]; others += 2)
        board_add(&b, others[0], others[1]);
    return b;
}

static struct screen *link_text(const char *text)
{
    struct board b = board_of(text, NULL);
    struct screen *s = board_link(&b);

    assert_string_equal(buf_text(&b.errors), "");
    assert_non_null(s);
    board_clear(&b); /* the screen keeps what it needs */
    return s;
}

static void check_with(const char *text, const char *const *others, const char *expected)
{
    struct board b = board_of(text, others);
    struct screen *s = board_link(&b);

    assert_int_equal(s->is_broken, b.errors.len > 0);
    if (!s->is_broken)
        dump_ops(&b.errors, s->ops, s->count, true);
    if (strcmp(buf_text(&b.errors), expected) != 0)
        print_error("of: %s\n", text);
    assert_string_equal(buf_text(&b.errors), expected);
    screen_unref(s);
    board_clear(&b);
}

static void check_all(const struct sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_with(samples[i].text, NULL, samples[i].expected);
}

/* --- what a caller would see --- */

/* `if:` is true if the handler's name ends in "yes"; `each:` has as many rows as its argument
 * says, 2 without one. A field shows as its name and the row's number; `.odd` is true in the
 * rows 1, 3 and so on. */
struct show {
    const struct screen *screen;
    struct buf *out;
    const struct op_columns *columns[SCREEN_EACH_DEPTH + 1];
    unsigned rows[SCREEN_EACH_DEPTH + 1];
    unsigned row[SCREEN_EACH_DEPTH + 1];
};

static void show_field(struct show *v, unsigned level, unsigned column)
{
    assert_in_range(level, 1, SCREEN_EACH_DEPTH);
    assert_true(column < v->columns[level]->count);
    buf_printf(v->out, "%s%u", v->columns[level]->names[column], v->row[level]);
}

static void show_handler(struct show *v, const struct op *op)
{
    buf_printf(v->out, "[%s", op->name);
    for (unsigned i = 0; i < op->arg_count; i++) {
        if (!op->args[i].is_field)
            continue;
        buf_add_byte(v->out, ' ');
        show_field(v, op->args[i].level, op->args[i].column);
    }
    buf_add_byte(v->out, ']');
}

static unsigned show_each(struct show *v, unsigned pc, const struct op *op)
{
    unsigned level = op->level + 1u;

    assert_in_range(level, 1, SCREEN_EACH_DEPTH);
    if (op->name[0] == '.')
        assert_ptr_equal(v->columns[level - 1]->inner[op->index], op->columns);
    v->columns[level] = op->columns;
    v->rows[level] = op->arg_count ? (unsigned)op->args[0].value.integer : 2;
    v->row[level] = 1;
    return v->rows[level] ? pc + 1 : op->target;
}

static bool is_row_true(struct show *v, const struct op *op)
{
    assert_string_equal(v->columns[op->level]->names[op->index], op->name + 1);
    return strcmp(op->name, ".odd") != 0 || v->row[op->level] % 2;
}

static unsigned show_op(struct show *v, unsigned pc)
{
    const struct op *op = &v->screen->ops[pc];
    const char *end = op->name ? strrchr(op->name, '.') : NULL;

    switch (op->code) {
    case OP_TEXT:
        buf_add(v->out, text_utf8(op->text));
        return pc + 1;
    case OP_FIELD:
        assert_string_equal(v->columns[op->level]->names[op->index], op->name + 1);
        show_field(v, op->level, op->index);
        return pc + 1;
    case OP_IF:
        return strcmp(end, ".yes") == 0 ? pc + 1 : op->target;
    case OP_IF_FIELD:
        return is_row_true(v, op) ? pc + 1 : op->target;
    case OP_JUMP:
        return op->target;
    case OP_EACH:
        return show_each(v, pc, op);
    case OP_NEXT:
        return v->row[op->level + 1]++ < v->rows[op->level + 1] ? op->target : pc + 1;
    case OP_GO:
    case OP_ITEM:
        return pc + 1;
    default:
        show_handler(v, op);
        return pc + 1;
    }
}

static void show_from(const struct screen *s, unsigned pc, struct buf *out)
{
    struct show v = {.screen = s, .out = out};

    for (unsigned steps = 0; pc < s->count; steps++) {
        assert_in_range(steps, 0, 10000);
        pc = show_op(&v, pc);
        assert_in_range(pc, 0, s->count);
    }
}

static void check_show(const char *text, const char *expected)
{
    struct screen *s = link_text(text);
    struct buf out;

    buf_init(&out, BUF_LARGE);
    show_from(s, 0, &out);
    if (strcmp(buf_text(&out), expected) != 0)
        print_error("of: %s\n", text);
    assert_string_equal(buf_text(&out), expected);
    buf_clear(&out);
    screen_unref(s);
}

/* What "remain" shows: the last line of the text that it begins with, and on. */
static void check_remain(const char *text, const char *expected)
{
    struct screen *s = link_text(text);
    const struct op *first = s->first_field < s->count ? &s->ops[s->first_field] : NULL;
    bool is_text = first && first->code == OP_TEXT;
    struct buf out;

    buf_init(&out, BUF_LARGE);
    if (is_text) {
        const struct text_wire *w = text_wire(first->text, LOOK_ANSI_UTF8, 80);

        buf_add(&out, span_from(w->blob->data + w->line, w->blob->len - w->line));
    }
    show_from(s, s->first_field + is_text, &out);
    if (strcmp(buf_text(&out), expected) != 0)
        print_error("of: %s\n", text);
    assert_string_equal(buf_text(&out), expected);
    buf_clear(&out);
    screen_unref(s);
}

static void test_jumps_lead_to_the_right_place(void **state)
{
    static const struct sample shown[] = {
        {"a<%if:t.yes%>b<%end%>c", "abc"},
        {"a<%if:t.no%>b<%end%>c", "ac"},
        {"a<%if:t.yes%>b<%else%>c<%end%>d", "abd"},
        {"a<%if:t.no%>b<%else%>c<%end%>d", "acd"},
        {"<%if:t.no%>b<%end%>", ""},
        {"<%if:t.no; else; end; if:t.yes; else; end%>a", "a"},
        {"<%if:t.yes%>1<%if:t.no%>2<%else%>3<%end%>4<%else%>5<%if:t.yes%>6<%end%>7<%end%>8",
         "1348"},
        {"<%if:t.no%>1<%if:t.no%>2<%else%>3<%end%>4<%else%>5<%if:t.yes%>6<%end%>7<%end%>8",
         "5678"},
        {"<%each:t.e%>x<%end%>.", "xx."},
        {"<%each:t.e(0)%>x<%end%>.", "."},
        {"<%each:t.e(1)%>x<%end%>.", "x."},
        {"<%each:t.e(3)%><%get:.a%><%if:.odd%>+<%else%>-<%end%><%end%>.", "a1+a2-a3+."},
        {"<%each:t.e(3)%><%if:.odd%><%each:.in(2)%><%get:.b%><%end%>,<%end%><%end%>.",
         "b1b2,b1b2,."},
        {"<%if:t.yes%><%each:t.e%><%get:.a%><%end%><%else%>x<%end%>.", "a1a2."},
        {"<%if:t.no%><%each:t.e%><%get:.a%><%end%><%else%>x<%end%>.", "x."},
        {"<%each:t.e; each:t.e(0); end; end%>.", "."},
        {"<%each:t.a%>(<%each:t.b%>{<%each:t.c%><%each:t.d%><%get:.x%><%end%>;<%end%>}<%end%>)"
         "<%end%>",
         "({x1x2;x1x2;}{x1x2;x1x2;})({x1x2;x1x2;}{x1x2;x1x2;})"},
        {"<%get:a.b; key:c.d; set:e.f%>", "[a.b][c.d][e.f]"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(shown); i++)
        check_show(shown[i].text, shown[i].expected);
}

static void test_columns_of_what_is_sent_in_some_cases(void **state)
{
    static const struct {
        const char *text;
        unsigned columns;
    } samples[] = {
        {"12345<% if:a.b %>678<% else %>6<% end %>", 8},
        {"<% if:a.b %>123<% if:a.c %>456<% else %>45<% end %><% else %>12345<% end %>", 6},
        {"<% if:a.b %>123<% if:a.c %>4<% end %><% else %>12345<% end %>", 5},
        {"1<% if:a.b %><% end %><% if:a.b %>2<% else %>234<% end %>", 4},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        struct screen *s = link_text(samples[i].text);

        assert_int_equal(s->columns, samples[i].columns);
        screen_unref(s);
    }
}

static void test_rows_and_their_columns(void **state)
{
    static const struct sample samples[] = {
        {"<%each:t.e(rows=5)%><%get:.a:-3%><%get:.b%><%get:.a:raw%><%if:.b%><%end%><%end%>",
         "0: each t.e(rows=5) -> 6 {a, b}\n"
         "1: get .a#0 left 3 [1]\n"
         "2: get .b#1 [1]\n"
         "3: get .a#0 raw [1]\n"
         "4: if .b#1 -> 5 [1]\n"
         "5: next -> 1\n"},
        {"<%each:t.e%><%get:.id; each:.items%><%get:.id; get:.name%><%end%><%get:.z%><%end%>",
         "0: each t.e -> 8 {id, items{id, name}, z}\n"
         "1: get .id#0 [1]\n"
         "2: each .items#1 -> 6 {id, name} [1]\n"
         "3: get .id#0 [2]\n"
         "4: get .name#1 [2]\n"
         "5: next -> 3 [1]\n"
         "6: get .z#2 [1]\n"
         "7: next -> 1\n"},
        /* What is listed twice has the columns of both. */
        {"<%each:t.e; each:.in; get:.a; end; each:.in; get:.b; get:.a; end; end%>",
         "0: each t.e -> 9 {in{a, b}}\n"
         "1: each .in#0 -> 4 {a, b} [1]\n"
         "2: get .a#0 [2]\n"
         "3: next -> 2 [1]\n"
         "4: each .in#0 -> 8 {a, b} [1]\n"
         "5: get .b#1 [2]\n"
         "6: get .a#0 [2]\n"
         "7: next -> 5 [1]\n"
         "8: next -> 1\n"},
        /* Arguments are of the row that is round the macro. */
        {"<%each:t.e; get:a.b(.x, 1, k=.y); each:t.f(.y, rows=3); if:t.g(.z); get:c.d(.y)%>"
         "<%end; end; each:.in(.x); end; end%>",
         "0: each t.e -> 9 {x, y, in{}}\n"
         "1: get a.b(.x@1#0, 1, k=.y@1#1) [1]\n"
         "2: each t.f(.y@1#1, rows=3) -> 6 {z, y} [1]\n"
         "3: if t.g(.z@2#0) -> 5 [2]\n"
         "4: get c.d(.y@2#1) [2]\n"
         "5: next -> 3 [1]\n"
         "6: each .in#2(.x@1#0) -> 8 {} [1]\n"
         "7: next -> 7 [1]\n"
         "8: next -> 1\n"},
        {"<%each:t.e%>\n<%get:.a;get:.b;get:.c;get:.d;get:.e;get:.f;get:.g;get:.h;get:.i;"
         "get:.a;get:.i%>\n<%end%>\n",
         "0: each t.e -> 14 {a, b, c, d, e, f, g, h, i}\n"
         "1: get .a#0 [1]\n2: get .b#1 [1]\n3: get .c#2 [1]\n4: get .d#3 [1]\n"
         "5: get .e#4 [1]\n6: get .f#5 [1]\n7: get .g#6 [1]\n8: get .h#7 [1]\n"
         "9: get .i#8 [1]\n10: get .a#0 [1]\n11: get .i#8 [1]\n12: text \"\\r\\n\" [1]\n"
         "13: next -> 1\n"},
    };

    (void)state;
    check_all(samples, COUNT(samples));
}

static void test_blocks_that_do_not_fit(void **state)
{
    static const struct sample samples[] = {
        {"<%if:a.b%>", "main:1:3: this if: is not closed, expected 'end'\n"},
        {"<%if:a.b; else%>", "main:1:3: this if: is not closed, expected 'end'\n"},
        {"<%each:a.b%>\n<%if:.x%>", "main:1:3: this each: is not closed, expected 'end'\n"
                                    "main:2:3: this if: is not closed, expected 'end'\n"},
        {"a<%end%>", "main:1:4: 'end' without an open if: or each:\n"},
        {"<%if:a.b; end; end%>", "main:1:16: 'end' without an open if: or each:\n"},
        {"<%else%>", "main:1:3: 'else' without an open if:\n"},
        {"<%each:a.b; else; end%>", "main:1:13: 'else' without an open if:\n"},
        {"<%if:a.b; each:c.d; else; end; end%>", "main:1:21: 'else' without an open if:\n"},
        {"<%if:a.b; else; else; end%>", "main:1:17: a second 'else', expected 'end'\n"},
        {"<%each:a.b;each:a.b;each:a.b;each:a.b;each:a.b;else;end;end;end;end;end%>",
         "main:1:39: each: stands more than 4 deep\n"},
    };

    (void)state;
    check_all(samples, COUNT(samples));
}

static void add_times(struct buf *out, const char *text, int times)
{
    while (times-- > 0)
        buf_add_text(out, text);
}

static void check_many(const char *text, int times, const char *more, int more_times,
                       const char *expected)
{
    struct buf all;

    buf_init(&all, BUF_LARGE);
    add_times(&all, text, times);
    add_times(&all, more, more_times);
    if (expected)
        check_with(buf_text(&all), NULL, expected);
    else
        screen_unref(link_text(buf_text(&all)));
    buf_clear(&all);
}

static void test_blocks_have_a_depth(void **state)
{
    (void)state;
    check_many("<%if:a.b%>", 32, "<%end%>", 32, NULL);
    check_many("<%if:a.b%>", 33, "<%end%>", 33,
               "main:1:323: if: and each: stand more than 32 deep\n");
    check_many("<%if:a.b%>", 40, "<%else;end%>", 40,
               "main:1:323: if: and each: stand more than 32 deep\n");
    check_many("<%if:a.b%>", 33, "<%end%>", 34,
               "main:1:323: if: and each: stand more than 32 deep\n"
               "main:1:564: 'end' without an open if: or each:\n");
}

static void test_what_an_each_may_not_repeat(void **state)
{
    static const char *const kinds[] = {"set:x.y",   "key:x.y",   "go:x(\"a\")", "post:x.y",
                                        "enter:x.y", "leave:x.y", "tick:x.y(5)", "page:keep"};
    char text[80];
    char expected[120];

    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        int n = (int)strcspn(kinds[i], ":") + 1;

        snprintf(text, sizeof(text), "<%%each:a.b; if:.c; %s; end; end%%>", kinds[i]);
        snprintf(expected, sizeof(expected),
                 "main:1:20: %.*s cannot stand inside each: ... end, which repeats it\n", n,
                 kinds[i]);
        check_with(text, NULL, expected);
        snprintf(text, sizeof(text), "<%%each:a.b; end; if:a.c; %s; end%%>", kinds[i]);
        screen_unref(link_text(text));
    }
}

static void test_fields_of_no_row(void **state)
{
    static const struct sample samples[] = {
        {"<%get:.x%>", "main:1:3: '.x' is a row's field, expected inside each: ... end\n"},
        {"<%if:.x; end%>", "main:1:3: '.x' is a row's field, expected inside each: ... end\n"},
        {"<%each:.x; get:.y; end%>",
         "main:1:3: '.x' is a row's field, expected inside each: ... end\n"},
        {"<%get:a.b(1, .x)%>",
         "main:1:3: '.x' is a row's field, expected inside each: ... end\n"},
        {"<%set:a.b(default=.x)%>",
         "main:1:3: '.x' is a row's field, expected inside each: ... end\n"},
        {"<%each:a.b(.x); end; get:.y%>",
         "main:1:3: '.x' is a row's field, expected inside each: ... end\n"
         "main:1:22: '.y' is a row's field, expected inside each: ... end\n"},
        {"<%post:a.b(.x); enter:a.b(k=.y); tick:a.b(5, .z)%>",
         "main:1:3: '.x' is a row's field, expected inside each: ... end\n"
         "main:1:17: '.y' is a row's field, expected inside each: ... end\n"
         "main:1:34: '.z' is a row's field, expected inside each: ... end\n"},
    };

    (void)state;
    check_all(samples, COUNT(samples));
}

static void test_a_row_has_a_maximum_of_fields(void **state)
{
    struct buf text;

    (void)state;
    buf_init(&text, BUF_LARGE);
    buf_add_text(&text, "<%each:a.b%>");
    for (int i = 0; i < 250; i++)
        buf_printf(&text, "<%%get:.f%d%%>", i);
    screen_unref(link_text((buf_add_text(&text, "<%end%>"), buf_text(&text))));
    buf_cut(&text, text.len - 7);
    buf_add_text(&text, "\n<%get:.f0; get:.more%><%end%>");
    check_with(buf_text(&text), NULL,
               "main:2:12: the rows of an each: have more than 250 fields\n");
    buf_clear(&text);
}

static void test_go_keys_have_bits(void **state)
{
    (void)state;
    check_with("<%go:a(\"A\"); go:back(\"Q\", escape)%>x<%if:t.u; go:b(\"b\"); end%>", NULL,
               "0: go a#0(\"A\")\n1: go back#1(\"Q\", \"escape\")\n2: text \"x\"\n"
               "3: if t.u -> 5\n4: go b#2(\"b\")\n");
    check_many("<%go:a(\"A\")%>", 64, "", 0, NULL);
    check_many("<%go:a(\"A\")%>", 66, "", 0,
               "main:1:835: the screen has more than 64 go: and item:\n"
               "main:1:848: the screen has more than 64 go: and item:\n");
}

static void test_counts_and_what_the_page_says(void **state)
{
    struct screen *s = link_text("<%page:level(50); page:keep; page:escape(menu); "
                                 "page:timeout(60); enter:a.in(1); leave:a.out; tick:a.t(5); "
                                 "post:a.p; tick:a.u(7, x=2)%><%set:a.b; set:a.c; key:a.d; "
                                 "go:x(\"a\")%>");
    struct screen *bare = link_text("text");

    (void)state;
    assert_string_equal(s->keyword, "main");
    assert_int_equal(s->level, 50);
    assert_true(s->keep);
    assert_string_equal(s->escape, "menu");
    assert_int_equal(s->timeout, 60);
    assert_string_equal(s->calls[OCCASION_ENTER].name, "a.in");
    assert_int_equal(s->calls[OCCASION_ENTER].args[0].value.integer, 1);
    assert_int_equal(s->calls[OCCASION_ENTER].op->line, 1);
    assert_string_equal(s->calls[OCCASION_LEAVE].name, "a.out");
    assert_string_equal(s->calls[OCCASION_POST].name, "a.p");
    assert_string_equal(s->calls[OCCASION_TICK].name, "a.u"); /* the later one */
    assert_int_equal(s->calls[OCCASION_TICK].arg_count, 2);
    assert_int_equal(s->tick_seconds, 7);
    assert_int_equal(s->fields, 2);
    assert_int_equal(s->keys, 1);
    assert_int_equal(s->gos, 1);
    assert_int_equal(bare->level + bare->keep + bare->timeout + bare->tick_seconds, 0);
    assert_null(bare->escape);
    assert_null(bare->calls[OCCASION_POST].name);
    assert_int_equal(bare->first_field, bare->count);
    screen_unref(screen_ref(s));
    screen_unref(s);
    screen_unref(bare);
    screen_unref(NULL);
}

/* --- where "remain" begins --- */

static void test_remain_begins_at_the_line_of_the_first_field(void **state)
{
    static const struct sample shown[] = {
        {"Title\nName: <%set:a.b%>\nPass: <%set:a.c%>.", "Name: [a.b]\r\nPass: [a.c]."},
        {"Name: <%set:a.b%>.", "Name: [a.b]."},
        {"<%set:a.b%>", "[a.b]"},
        {"Title\n<%key:a.b%>", "[a.b]"},
        {"T\nHi <%get:a.g%>, name: <%set:a.b%>", "Hi [a.g], name: [a.b]"},
        {"<%get:a.g%>, name: <%set:a.b%>", "[a.g], name: [a.b]"},
        {"A\nB <%get:a.x%>\nName: <%set:a.b%>", "Name: [a.b]"},
        {"T\nA <%go:x(\"a\")%> B <%set:a.b%>", "A  B [a.b]"},
        /* A cursor that is put to a place begins a line; a colour does not. */
        {"T\n<%get:a.g%><%ansi:move(1,5)%>Name: <%set:a.b%>", "\033[5;1HName: [a.b]"},
        {"T\n<%get:a.g%><%ansi:bold%>Name: <%set:a.b%>", "[a.g]\033[1mName: [a.b]"},
        {"A\n<%get:a.g%>\033[5;1HName: <%set:a.b%>", "\033[5;1HName: [a.b]"},
        /* Not into a block that stands before it, whose text may not be for this caller. */
        {"T\n<%if:t.no%>secret <%end%>Name: <%set:a.b%>", "Name: [a.b]"},
        {"T\n<%if:t.no%>secret <%end%><%set:a.b%>", "[a.b]"},
        {"T\n<%if:t.yes%>x<%else%>secret <%end%><%set:a.b%>", "[a.b]"},
        {"T\n<%each:a.e%>row <%end%>Name: <%set:a.b%>", "Name: [a.b]"},
        {"T\n<%each:a.e%><%get:.row%><%end%><%set:a.b%>", "[a.b]"},
        /* A field inside a block: the question is asked again. */
        {"T\nL <%if:t.no%>Name: <%set:a.b%><%end%> Pass: <%set:a.c%>", "L  Pass: [a.c]"},
        {"T\nL <%if:t.yes%>Name: <%set:a.b%><%end%>.", "L Name: [a.b]."},
        {"T\nL <%if:t.no%>x<%else%>y<%if:t.yes%><%set:a.b%><%end%><%end%>.", "L y[a.b]."},
        {"T\nL <%if:t.yes%>x\ny<%else%><%set:a.b%><%end%>.", "L x\r\ny."},
        {"T\n<%if:t.no%>x<%end%>L <%if:t.yes%><%set:a.b%><%end%>.", "L [a.b]."},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(shown); i++)
        check_remain(shown[i].text, shown[i].expected);
}

/* --- includes --- */

static void test_includes(void **state)
{
    static const char *const parts[] = {"h",   "<%get:a.h%>-\n", "r",   "<%get:.x%>",
                                        "if",  "<%if:t.u%>",     "end", "<%end%>",
                                        "set", "<%set:a.b%>",    NULL};

    (void)state;
    check_with("<%include:h%>.<%include:h%>", parts,
               "0: get a.h\n1: text \"-\"\n2: text \".\"\n3: get a.h\n4: text \"-\"\n");
    check_with("<%each:t.e; include:r; end%>", parts,
               "0: each t.e -> 3 {x}\n1: get .x#0 [1]\n2: next -> 1\n");
    check_with("<%include:if%>x<%include:end%>", parts, "0: if t.u -> 2\n1: text \"x\"\n");
    check_with("<%include:r%>", parts,
               "r:1:3: '.x' is a row's field, expected inside each: ... end\n");
    check_with("<%include:if%>", parts, "if:1:3: this if: is not closed, expected 'end'\n");
    check_with("<%each:t.e; include:set; end%>", parts,
               "set:1:3: set: cannot stand inside each: ... end, which repeats it\n");
    check_with("a <%include:x/y%>", parts, "main:1:5: there is no screen 'x/y' to include\n");
}

static void test_circles_of_includes(void **state)
{
    static const char *const circle[] = {"a", "<%include:b%>", "b", "<%include:a%>", NULL};

    (void)state;
    check_with("<%include:main%>", NULL,
               "main:1:3: 'main' includes itself, expected no circle\n");
    check_with(".<%include:a%>", circle, "b:1:3: 'a' includes itself, expected no circle\n");
}

static void test_includes_have_a_depth(void **state)
{
    static const char *const deep[] = {"1", "<%include:2%>",
                                       "2", "<%include:3%>",
                                       "3", "<%include:4%>",
                                       "4", "<%include:5%>",
                                       "5", "<%include:6%>",
                                       "6", "<%include:7%>",
                                       "7", "x",
                                       NULL};
    const char *deeper[COUNT(deep) + 2];

    (void)state;
    check_with("<%include:1%>", deep, "0: text \"x\"\n"); /* itself and seven others */
    memcpy(deeper, deep, sizeof(deep));
    deeper[13] = "<%include:8%>";
    deeper[14] = "8";
    deeper[15] = "x";
    deeper[16] = NULL;
    check_with("<%include:1%>", deeper,
               "7:1:3: screens include one another more than 8 deep\n");
}

/* Two to the power of eleven files would not fit; nor would their operations. */
static void test_includes_have_a_maximum(void **state)
{
    static const char four[] =
        "<%include:2;include:2;include:2;include:2;include:2;include:2%>";
    static const char *const many[] = {"1",
                                       four,
                                       "2",
                                       "<%include:3;include:3;include:3;"
                                       "include:3;include:3;include:3%>",
                                       "3",
                                       "<%include:4;include:4;include:4;include:4%>",
                                       "4",
                                       "<%include:5;include:5;include:5;include:5%>",
                                       "5",
                                       "<%post:a.b%>",
                                       NULL};
    struct buf big;
    const char *parts[] = {"p", NULL, NULL};

    (void)state;
    check_with("\n<%include:1;include:1%>", many,
               "4:1:3: the screen includes more than 1000 files\n");
    buf_init(&big, BUF_LARGE);
    add_times(&big, "<%page:keep%>", 10000); /* they leave no operation, but take time */
    parts[1] = buf_text(&big);
    check_with("<%include:p%>.", parts, "0: text \".\"\n");
    check_with("<%include:p;include:p%>", parts,
               "main:1:13: the screen has more than 20000 parts\n");
    buf_clear(&big);
}

static void test_fifty_findings_are_told(void **state)
{
    struct buf expected;

    (void)state;
    buf_init(&expected, BUF_LARGE);
    for (int i = 0; i < 50; i++)
        buf_printf(&expected, "main:%d:3: 'end' without an open if: or each:\n", i + 1);
    buf_add_text(&expected, "main: and 7 more\n");
    check_many("<%end%>\n", 57, "", 0, buf_text(&expected));
    buf_clear(&expected);
}

/* Many fields with many arguments each: not the product of all. */
static void test_hostile_files_are_done_soon(void **state)
{
    struct board b = {.count = 0};
    struct buf text;
    struct screen *s;

    (void)state;
    buf_init(&b.errors, BUF_LARGE);
    buf_init(&text, BUF_LARGE);
    buf_add_text(&text, "<%each:a.b%>");
    for (int i = 0; i < 15000; i++)
        buf_printf(&text, "<%%get:a.b(.f%d,.g%d,.h%d,.i%d,.j%d,.k%d)%%>", i, i, i, i, i, i);
    alarm(60);
    board_add(&b, "main", buf_text(&text));
    s = board_link(&b);
    assert_true(s->is_broken);
    screen_unref(s);
    alarm(0);
    buf_clear(&text);
    board_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jumps_lead_to_the_right_place),
        cmocka_unit_test(test_columns_of_what_is_sent_in_some_cases),
        cmocka_unit_test(test_rows_and_their_columns),
        cmocka_unit_test(test_blocks_that_do_not_fit),
        cmocka_unit_test(test_blocks_have_a_depth),
        cmocka_unit_test(test_what_an_each_may_not_repeat),
        cmocka_unit_test(test_fields_of_no_row),
        cmocka_unit_test(test_a_row_has_a_maximum_of_fields),
        cmocka_unit_test(test_go_keys_have_bits),
        cmocka_unit_test(test_counts_and_what_the_page_says),
        cmocka_unit_test(test_remain_begins_at_the_line_of_the_first_field),
        cmocka_unit_test(test_includes),
        cmocka_unit_test(test_circles_of_includes),
        cmocka_unit_test(test_includes_have_a_depth),
        cmocka_unit_test(test_includes_have_a_maximum),
        cmocka_unit_test(test_fifty_findings_are_told),
        cmocka_unit_test(test_hostile_files_are_done_soon),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
