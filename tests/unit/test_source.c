/* One file of a screen: its text goes in, a listing of its operations comes out, or what is
 * wrong with it. Each sample is fed whole, byte by byte, at each cut and in random splits, and
 * is cut off at each of its bytes. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "screen/lexer.h"
#include "screen/source.h"
#include "tests/unit/dump_ops.h"
#include "tests/unit/flush.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct sample {
    const char *text;
    const char *expected;
};

struct run {
    enum source_kind kind;
    struct source_compiler *compiler;
    struct span text;
    const char *expected;
};

/* The operations, or the findings. */
static void add_result(struct buf *out, struct source_compiler *c)
{
    struct source *s;

    s = source_compiler_finish(c, out);
    assert_int_equal(s->is_broken, out->len > 0);
    if (!s->is_broken)
        dump_ops(out, s->ops, s->count, false);
    source_unref(s);
    source_compiler_free(c);
}

static void begin(void *arg)
{
    struct run *r = arg;

    r->compiler = source_compiler_new("f", r->kind);
}

static void feed(void *arg, struct span piece)
{
    struct run *r = arg;

    source_compiler_feed(r->compiler, piece);
}

static void end(void *arg)
{
    struct run *r = arg;
    struct buf out;

    buf_init(&out, BUF_LARGE);
    add_result(&out, r->compiler);
    if (strcmp(buf_text(&out), r->expected) != 0)
        print_error("of: %.*s\n", SPAN_ARG(r->text));
    assert_string_equal(buf_text(&out), r->expected);
    buf_clear(&out);
}

/* Whatever is cut off: it compiles, or says why not. */
static void check_cut_off(const struct run *r)
{
    for (size_t n = 0; n < r->text.len; n++) {
        struct lexer l = {flush_copy(span_from(r->text.data, n)), 1, 1, false};
        struct buf errors;
        struct source *s;

        while (lexer_next(&l).type != TOKEN_END)
            ;
        buf_init(&errors, BUF_LARGE);
        s = source_compile("f", r->kind, span_from(r->text.data, n), &errors);
        assert_int_equal(s->is_broken, errors.len > 0);
        source_unref(s);
        buf_clear(&errors);
    }
}

static void check_span(enum source_kind kind, struct span text, const char *expected)
{
    struct run r = {.kind = kind, .text = text, .expected = expected};

    if (text.len == 0) {
        begin(&r);
        end(&r);
    }
    flush_each_split(text, begin, feed, end, &r);
    check_cut_off(&r);
}

static void check(enum source_kind kind, const char *text, const char *expected)
{
    check_span(kind, span_of(text), expected);
}

static void check_all(const struct sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check(SOURCE_TXT, samples[i].text, samples[i].expected);
}

/* --- names --- */

static void test_a_file_name_tells_the_kind(void **state)
{
    enum source_kind kind = SOURCE_KINDS;

    (void)state;
    assert_true(source_find_kind(SPAN_LIT("a.ans"), &kind));
    assert_int_equal(kind, SOURCE_ANS);
    assert_true(source_find_kind(SPAN_LIT("a/b.txt"), &kind));
    assert_int_equal(kind, SOURCE_TXT);
    assert_true(source_find_kind(SPAN_LIT("a.asc"), &kind));
    assert_int_equal(kind, SOURCE_ASC);
    assert_false(source_find_kind(SPAN_LIT(".txt"), &kind));
    assert_false(source_find_kind(SPAN_LIT("a.txt~"), &kind));
    assert_false(source_find_kind(SPAN_LIT("a.TXT"), &kind));
    assert_false(source_find_kind(SPAN_LIT(""), &kind));
}

static void test_keywords(void **state)
{
    static const char *const good[] = {"root",  "a",    "a-b_c9", "chat/lobby",
                                       "a/b/c", "80-x", "-"};
    static const char *const bad[] = {"", "A", "a/", "/a", "a//b", "a.b", "a b", "é", "../a"};
    char longest[130];

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(source_is_keyword(flush_copy(span_of(good[i]))));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(source_is_keyword(flush_copy(span_of(bad[i]))));
    memset(longest, 'a', sizeof(longest));
    assert_true(source_is_keyword(span_from(longest, 128)));
    assert_false(source_is_keyword(span_from(longest, 129)));
    assert_true(source_is_return_word(SPAN_LIT("back")));
    assert_true(source_is_return_word(SPAN_LIT("hangup")));
    assert_false(source_is_return_word(SPAN_LIT("menu")));
}

/* --- text --- */

static void test_text(void **state)
{
    static const struct sample samples[] = {
        {"", ""},
        {"Hello", "text \"Hello\"\n"},
        {"a\nb\r\nc", "text \"a\\r\\nb\\r\\nc\"\n"},
        {"a\n\n", "text \"a\\r\\n\"\n"}, /* the last line end is not sent */
        {"a\r\n", "text \"a\"\n"},
        {"a\r", "text \"a\\r\"\n"},
        {"\n", ""},
        {"┌ é", "text \"┌ é\"\n"},
        {"\xEF\xBB\xBF"
         "a",
         "text \"a\"\n"}, /* a BOM */
        {"a\xEF\xBB\xBF", "text \"a\xEF\xBB\xBF\"\n"},
        {"a\x1A"
         "b",
         "text \"a\\x1Ab\"\n"},
        {"a < b % c %> <", "text \"a < b % c %> <\"\n"},
    };

    (void)state;
    check_all(samples, COUNT(samples));
    check_span(SOURCE_TXT, span_from("a\0b", 3), "text \"a\\x00b\"\n");
}

static void test_art(void **state)
{
    (void)state;
    check(SOURCE_ANS, "\xC9\xCD|15\x1B[1mé\n", "text \"╔═|15\\e[1m├⌐\\r\\n\"\n");
    check(SOURCE_ANS, "art\x1ASAUCE00Title \xFF<% bad", "text \"art\"\n");
    check(SOURCE_ANS, "\x1A", "");
    check(SOURCE_ANS, "\xEF\xBB\xBF", "text \"∩╗┐\"\n"); /* three characters, no BOM */
    check(SOURCE_ANS, "\xB3\xBA<% get:x %>",             /* and so columns count bytes */
          "f:1:10: 'x' is no handler, expected a name like users.online or a row's .field\n");
    check(SOURCE_ASC, "a|15\nb\n\x1ASAUCE", "text \"a|15\\r\\nb\"\n");
}

static void test_colors(void **state)
{
    static const struct sample samples[] = {
        {"|14a|17b", "text \"\\e[0;1;33;40ma\\e[0;1;33;44mb\"\n"},
        {"|14a<% get:x.y %>|17b",
         "text \"\\e[0;1;33;40ma\"\nget x.y\ntext \"\\e[0;1;33;44mb\"\n"},
        {"|14<% ansi:normal %>|17b", "text \"\\e[0;1;33;40m\\e[0m\\e[0;37;44mb\"\n"},
        {"|0<% get:x.y %>7", "text \"|0\"\nget x.y\ntext \"7\"\n"}, /* no code across a macro */
        {"|<% get:x.y %>|", "text \"|\"\nget x.y\ntext \"|\"\n"},
        {"||07 |99 |<%%", "text \"|07 |99 |<%\"\n"},
    };

    (void)state;
    check_all(samples, COUNT(samples));
}

static void test_an_escaped_block_is_text(void **state)
{
    static const struct sample samples[] = {
        {"a <%% b", "text \"a <% b\"\n"},
        {"<%%<%%", "text \"<%<%\"\n"},
        {"<%% get:a.b %>\n.", "text \"<% get:a.b %>\\r\\n.\"\n"},
        {"<%%%", "text \"<%%\"\n"},
        {"<<%%", "text \"<<%\"\n"},
        {"<%%>a", "text \"a\"\n"}, /* an empty block */
        {"<%%><%% <% get:a.b %>", "text \"<% \"\nget a.b\n"},
        {"<%%\n<% go:x(\"a\") %>\nb", "text \"<%\\r\\n\"\ngo x(\"a\")\ntext \"b\"\n"},
        {"<%% <% go:x(\"a\") %>\nb", "text \"<% \"\ngo x(\"a\")\ntext \"\\r\\nb\"\n"},
    };

    (void)state;
    check_all(samples, COUNT(samples));
}

static void test_what_is_not_utf8(void **state)
{
    static const char what[] = "is not UTF-8, expected a file that is saved as UTF-8";
    char expected[256];

    (void)state;
    snprintf(expected, sizeof(expected), "f:2:3: byte 0xFF %s\n", what);
    check(SOURCE_TXT, "é\né \xFF\xFE", expected);
    check(SOURCE_ASC, "é\né \xFF\xFE", expected);
    snprintf(expected, sizeof(expected), "f:1:2: byte 0xC3 %s\nf:1:19: byte 0xE2 %s\n", what,
             what);
    check(SOURCE_TXT, "a\xC3<% get:abc.de %>\xE2\x94", expected);
    snprintf(expected, sizeof(expected), "f:1:18: byte 0xC0 %s\n", what);
    check(SOURCE_TXT, "<% get:a.b(\"é\", \"\xC0\x80\") %>", expected);
}

/* --- blocks --- */

static void test_comments_and_lines(void **state)
{
    static const struct sample samples[] = {
        {"<% -- nothing\n%>a", "text \"a\"\n"},
        {"<%--%>\n%>a", "text \"a\"\n"}, /* up to the end of the line, whatever is in it */
        {"<% get:a.b -- the \"name\n  ;; get:c.d;\n\n--\n%>.",
         "get a.b\nget c.d\ntext \".\"\n"},
        {"<%get:a.b%><%;%>", "get a.b\n"},
        {"<%\tget\n:\na.b\n(\n1\n,\nx\n=\n2\n)\n:\n5\n%>", "get a.b(1, x=2) right 5\n"},
        {"<% get:a.b(1 -- one\n, 2) %>", "get a.b(1, 2)\n"},
        {"<% get:a.b\r\n; get:c.d\r\n%>", "get a.b\nget c.d\n"},
    };

    (void)state;
    check_all(samples, COUNT(samples));
}

static void test_strings(void **state)
{
    static const char unclosed[] =
        "the text is not closed, expected a quote before the end of the line\n";
    static const struct sample samples[] = {
        {"<% get:a.b(\"\", 'it\"s', \"it's\", \"%>\", \"--\") %>",
         "get a.b(\"\", \"it\\\"s\", \"it's\", \"%>\", \"--\")\n"},
        {"<% get:a.b(\"\\\"\\\\\\n\\t\\q\", '\\'') %>",
         "get a.b(\"\\\"\\\\\\n\\x09q\", \"'\")\n"},
        {"<% get:a.b(\"é║\") %>", "get a.b(\"é║\")\n"},
    };
    char expected[200];

    (void)state;
    check_all(samples, COUNT(samples));
    snprintf(expected, sizeof(expected), "f:1:12: %s", unclosed);
    check(SOURCE_TXT, "<% get:a.b(\"abc) %>\n%>", expected);
    snprintf(expected, sizeof(expected),
             "f:1:12: %sf:1:1: the macro is not closed, expected '%%>', not in a text or a "
             "comment\n",
             unclosed);
    check(SOURCE_TXT, "<% get:a.b(\"abc\\", expected);
    check(SOURCE_TXT, "<% get:a.b(\"abc\\\n", expected); /* a line end can't be escaped */
    check(SOURCE_TXT, "<% get:a.b(\"abc\\\n\") %>", expected);
    check(SOURCE_ANS, "<% go:x(\"\x81\") %>", "go x(\"ü\")\n"); /* strings are CP437 there */
}

static void test_numbers_and_names(void **state)
{
    static const struct sample samples[] = {
        {"<% get:a.b(0, -7, 007, 1.5, -0.25, 9223372036854775807, 99999999999999999999) %>",
         "get a.b(0, -7, 7, 1.5, -0.25, 9223372036854775807, 9223372036854775807)\n"},
        {"<% get:a.b(true, false, truer, x/y, x.y, 3d, 1.2.3) %>",
         "get a.b(true, false, \"truer\", \"x/y\", \"x.y\", \"3d\", \"1.2.3\")\n"},
        {"<% get:a.b(.id, x=.name, true=1) %>", "get a.b(.id, x=.name, true=1)\n"},
        {"<% get:Lua_5.a.b9 %>", "get Lua_5.a.b9\n"},
        {"<% go:404(\"a\"); go:80-columns/x(\"b\"); go:2024-01(\"c\") %>",
         "go 404(\"a\")\ngo 80-columns/x(\"b\")\ngo 2024-01(\"c\")\n"},
        {"<% go:a--b(\"a\") -- c\n%>", "go a--b(\"a\")\n"}, /* no comment inside a name */
        {"<% go:a-b/c_d(\"x\")--comment\n%>", "go a-b/c_d(\"x\")\n"},
        {"<% get:a.b-- comment\n%>", "get a.b\n"},
        {"<% get:a. %>", "f:1:8: 'a' is no handler, expected a name like users.online or a "
                         "row's .field\nf:1:9: this character has no meaning in a macro\n"},
        {"<% get:.a.b %>", "f:1:8: '.a.b' is no handler, expected a name like users.online or "
                           "a row's .field\n"},
        {"<% get:a.b(.x.y) %>", "f:1:12: found '.x.y', expected a number, a \"text\", true, "
                                "false, a name or a row's .field\n"},
        {"<% get:a.b(x.y=1) %>", "f:1:12: found 'x.y', expected one word before '='\n"},
    };

    (void)state;
    check_all(samples, COUNT(samples));
}

static void test_lines_of_macros_alone_are_not_sent(void **state)
{
    static const struct sample samples[] = {
        {"a\n<% go:x(\"a\") %>\nb", "text \"a\\r\\n\"\ngo x(\"a\")\ntext \"b\"\n"},
        {"<% each:a.b %>\n  row\n<% end %>\n", "each a.b\ntext \"  row\\r\\n\"\nend\n"},
        {"a\n \t<% go:x(\"a\") %> \t\r\nb", "text \"a\\r\\n\"\ngo x(\"a\")\ntext \"b\"\n"},
        {"  <% go:x(\"a\") %> <% page:keep %>\t<%-- c\n%>\n b",
         "go x(\"a\")\npage keep\ntext \" b\"\n"},
        {"<% go:x(\"a\");\n page:keep\n%>\nb", "go x(\"a\")\npage keep\ntext \"b\"\n"},
        {"<% tick:a.b(5); enter:a.b; leave:a.b; post:a.b %>\nb",
         "tick a.b(5)\nenter a.b\nleave a.b\npost a.b\ntext \"b\"\n"},
        {"<% ansi:bold %>\n  <% ansi:home %>\n b", "text \"\\e[1m\\e[H b\"\n"},
        {"<% if:a.b %>\nx\n<% else %>\ny\n<% end %>",
         "if a.b\ntext \"x\\r\\n\"\nelse\ntext \"y\\r\\n\"\nend\n"},
        {"a\n\n<% page:keep %>\n\nb", "text \"a\\r\\n\\r\\n\"\npage keep\ntext \"\\r\\nb\"\n"},
        {"<% page:keep %>\n<% page:keep %>\nb", "page keep\npage keep\ntext \"b\"\n"},
        {"a\n  <% page:keep %>  ", "text \"a\"\npage keep\n"},
        /* Lines that are. */
        {"<% go:x(\"a\") %>.\nb", "go x(\"a\")\ntext \".\\r\\nb\"\n"},
        {".<% go:x(\"a\") %>\nb", "text \".\"\ngo x(\"a\")\ntext \"\\r\\nb\"\n"},
        {"  <% get:a.b %>\nb", "text \"  \"\nget a.b\ntext \"\\r\\nb\"\n"},
        {"a\033[3\nb\033[1;é \033", "text \"a\\r\\nbé \"\n"}, /* sequences that are cut off */
        {"\033[1;5Hx\033M", "text \"\\e[1;5Hx\\eM\"\n"},
        {"<% set:a.b %>\nb", "set a.b max 250\ntext \"\\r\\nb\"\n"},
        {"<% key:a.b %>\nb", "key a.b\ntext \"\\r\\nb\"\n"},
        {"<% include:x %>\nb", "include x\ntext \"\\r\\nb\"\n"},
        {"  <% if:a.b %> <% get:c.d %> <% end %>\nb",
         "text \"  \"\nif a.b\ntext \" \"\nget c.d\ntext \" \"\nend\ntext \"\\r\\nb\"\n"},
        {"<% page:keep; get:c.d %>\nb", "page keep\nget c.d\ntext \"\\r\\nb\"\n"},
        {" <% page:keep %> x <% page:keep %>\nb",
         "text \" \"\npage keep\ntext \" x \"\npage keep\ntext \"\\r\\nb\"\n"},
        {"<% go:get(\"a\", s) %>\nb", "go get(\"a\", \"s\")\ntext \"b\"\n"},
        {"<% page:keep -- get:\n%>\nb", "page keep\ntext \"b\"\n"},
    };

    (void)state;
    check_all(samples, COUNT(samples));
}

static void test_the_last_line_end_is_not_sent(void **state)
{
    static const struct sample samples[] = {
        {"> <% set:a.b %>\n", "text \"> \"\nset a.b max 250\n"},
        {"> <% set:a.b %>\n\n", "text \"> \"\nset a.b max 250\ntext \"\\r\\n\"\n"},
        {"Key?\n<% go:x(\"a\"); post:a.b %>\n", "text \"Key?\"\ngo x(\"a\")\npost a.b\n"},
        {"Key?\n<% go:x(\"a\") %>\n\n", "text \"Key?\\r\\n\"\ngo x(\"a\")\n"},
        {"a\n<% if:a.b %>\nb\n<% end %>\n",
         "text \"a\\r\\n\"\nif a.b\ntext \"b\\r\\n\"\nend\n"},
    };

    (void)state;
    check_all(samples, COUNT(samples));
}

/* --- kinds --- */

static void test_get(void **state)
{
    static const char format[] =
        ", expected a format: a number of columns (1 to 255), -number, fit or raw\n";
    static const char *const bad[] = {"0", "256", "-256", "1.5", "wide", "-0"};
    static const struct sample samples[] = {
        {"<% get:a.b; get:a.b():1; get:a.b:-255; get:a.b(1):raw; get:.x:20 %>",
         "get a.b\nget a.b right 1\nget a.b left 255\nget a.b(1) raw\nget .x right 20\n"},
        {"x<% get:a.b:fit %>x", "text \"x\"\nget a.b left 17\ntext \"x\"\n"},
        {"<% -- \u6F22\u6F22\u6F22",
         "f:1:1: the macro is not closed, expected '%>', not in a text or a comment\n"},
        {"<% get:a.b('\u6F22e'):fit; go:c('\u00FC') %>",
         "get a.b(\"\u6F22e\") left 35\ngo c(\"\u00FC\")\n"},
        {"<% get:a.b:fit; get:c.d:fit %>", "f:1:25: a second 'fit', expected one in a macro\n"},
        {"x\n <% get:a.b:fit;\n %>",
         "f:2:2: 'fit' in a macro of several lines or more than 255 columns\n"},
        {"<% get:a.b: %>", "f:1:13: found '%>', expected a format: a number of columns (1 to "
                           "255), -number, fit or raw\n"},
        {"<% get:a.b:5:6 %>", "f:1:13: found ':', expected ';' or '%>'\n"},
        {"<% get:name %>",
         "f:1:8: 'name' is no handler, expected a name like users.online or a "
         "row's .field\n"},
        {"<% get:1.5 %>", "f:1:8: '1.5' is no handler, expected a name like users.online or a "
                          "row's .field\n"},
        {"<% get:a/b.c %>",
         "f:1:8: 'a/b.c' is no handler, expected a name like users.online or "
         "a row's .field\n"},
        {"<% get:a-b.c %>",
         "f:1:8: 'a-b.c' is no handler, expected a name like users.online or "
         "a row's .field\n"},
    };
    char text[64];
    char expected[200];

    (void)state;
    check_all(samples, COUNT(samples));
    for (size_t i = 0; i < COUNT(bad); i++) {
        snprintf(text, sizeof(text), "<%% get:a.b:%s %%>", bad[i]);
        snprintf(expected, sizeof(expected), "f:1:12: found '%s'%s", bad[i], format);
        check(SOURCE_TXT, text, expected);
    }
}

static void test_set(void **state)
{
    static const struct sample samples[] = {
        {"<% set:a.b %>", "set a.b max 250\n"},
        {"<% set:a.b(max=5, mask=\"*\", default=\"x\", upper=true, digits=true, hotkey=true) "
         "%>",
         "set a.b(max=5, mask=\"*\", default=\"x\", upper=true, digits=true, hotkey=true) max "
         "5 "
         "mask * upper digits hotkey default \"x\"\n"},
        {"<% set:a.b(mask=\"█\", upper=false) %>",
         "set a.b(mask=\"█\", upper=false) max 250 mask █\n"},
        {"<% set:a.b(mask=\"\") %>", "set a.b(mask=\"\") max 250 hidden\n"},
        {"<% set:a.b(hotkey=true) %>", "set a.b(hotkey=true) max 1 hotkey\n"},
        {"<% set:a.b:20 %>", "set a.b max 250 left 20\n"},
        {"<% set:a.b:-20 %>", "set a.b max 250 left 20\n"},
        {"<% set:a.b(max=1000) %>", "set a.b(max=1000) max 1000\n"},
        {"<% set:a.b(7, own=8) %>", "set a.b(7, own=8) max 250\n"}, /* the handler's own */
        {"<% set:a.b(max=0) %>", "f:1:12: found 'max', expected max=1 to max=1000\n"},
        {"<% set:a.b(max=1001) %>", "f:1:12: found 'max', expected max=1 to max=1000\n"},
        {"<% set:a.b(max=\"5\") %>", "f:1:12: found 'max', expected max=1 to max=1000\n"},
        {"<% set:a.b(1, mask=\"**\") %>", "f:1:15: found 'mask', expected mask=\"*\", one "
                                          "character, or \"\" to show nothing\n"},
        {"<% set:a.b(mask=1) %>",
         "f:1:12: found 'mask', expected mask=\"*\", one character, or "
         "\"\" to show nothing\n"},
        {"<% set:a.b(mask='\\n') %>",
         "f:1:12: found 'mask', expected mask=\"*\", one character, "
         "or \"\" to show nothing\n"},
        {"<% set:a.b(default=5) %>", "f:1:12: found 'default', expected default=\"text\"\n"},
        {"<% set:a.b(upper=1) %>", "f:1:12: found 'upper', expected true or false for this "
                                   "option\n"},
        {"<% set:a.b(digits=x, hotkey='') %>",
         "f:1:12: found 'digits', expected true or false for this option\n"
         "f:1:22: found 'hotkey', expected true or false for this option\n"},
        {"<% set:a.b:raw %>",
         "f:1:12: found 'raw', expected a format: a number of columns, or fit\n"},
        {"<% set:a.b:0 %>", "f:1:12: found '0', expected a format: a number of columns (1 to "
                            "255), -number, fit or raw\n"},
        {"<% set:.x %>", "f:1:8: '.x' is no handler, expected a name like users.online\n"},
    };

    (void)state;
    check_all(samples, COUNT(samples));
}

static void test_items(void **state)
{
    static const struct sample samples[] = {
        {"<% item:menu(\"M\", \"Menu\") %>", "item menu(\"M\") \"Menu\"\n"},
        {"<% item:a/b(\"B\", escape, \"To b\", level=50, dim=true):-20 %>",
         "item a/b(\"B\", \"escape\") \"To b\" level 50 dim left 20\n"},
        {"<% item:m(\"M\", \"M\"):fit %>|", "item m(\"M\") \"M\" left 26\ntext \"|\"\n"},
        {"a\n<% item:m(\"M\", \"M\") %>\nb",
         "text \"a\\r\\n\"\nitem m(\"M\") \"M\"\ntext \"\\r\\nb\"\n"},
        {"<% item:menu(\"Menu\") %>",
         "f:1:9: found 'menu', expected a key and a text behind it, "
         "as in item:files(\"F\", \"File areas\")\n"},
        {"<% item:m(\"Mm\", \"Menu\") %>",
         "f:1:11: found 'Mm', expected a key: one character, or enter, escape, space, up, "
         "page_down, f1 ...\n"},
        {"<% item:m(\"M\", \"Menu\", level=256) %>",
         "f:1:24: found 'level', expected level=0 to level=255\n"},
        {"<% item:m(\"M\", \"Menu\", color=1) %>",
         "f:1:24: found 'color', expected level=N or dim=true\n"},
        {"<% item:m(\"M\", \"Menu\", 5) %>",
         "f:1:24: found '5', expected level=N or dim=true behind the text\n"},
        {"<% item:m(\"M\", \"Menu\"):raw %>",
         "f:1:24: found 'raw', expected a format: a number of columns, or fit\n"},
        {"<% item:M(\"M\", \"Menu\") %>",
         "f:1:9: 'M' is no keyword, expected lower case letters, digits, '_' and '-', joined "
         "by '/'\n"},
    };

    (void)state;
    check_all(samples, COUNT(samples));
}

static void test_go(void **state)
{
    static const char key[] =
        "expected a key: one character, or enter, escape, space, up, page_down, f1 ...\n";
    static const char *const bad[] = {"\"\"",    "\"ab\"",  "\" \"", "5",          ".q",
                                      "x=\"Q\"", "\"\\n\"", "true",  "\"Escape\"", "\"\x7F\""};
    static const char *const shown[] = {"",  "ab",  " ",    "5",      ".q",
                                        "x", "\\n", "true", "Escape", "?"};
    static const struct sample samples[] = {
        {"<% go:menu(\"Q\", 'é', \"|\", escape, page_down, \"f12\", q) %>",
         "go menu(\"Q\", \"é\", \"|\", \"escape\", \"page_down\", \"f12\", \"q\")\n"},
        {"<% go:back(\"Q\"); go:chat/lobby(\"1\") %>",
         "go back(\"Q\")\ngo chat/lobby(\"1\")\n"},
        {"<% go:menu %>",
         "f:1:7: found 'menu', expected a key behind it, as in go:menu(\"M\")\n"},
        {"<% go:menu() %>", "f:1:7: found 'menu', expected a key behind it, as in "
                            "go:menu(\"M\")\n"},
        {"<% go:Menu(\"a\") %>", "f:1:7: 'Menu' is no keyword, expected lower case letters, "
                                 "digits, '_' and '-', joined by '/'\n"},
        {"<% go:a.b(\"a\") %>", "f:1:7: 'a.b' is no keyword, expected lower case letters, "
                                "digits, '_' and '-', joined by '/'\n"},
    };
    char text[64];
    char expected[200];

    (void)state;
    check_all(samples, COUNT(samples));
    for (size_t i = 0; i < COUNT(bad); i++) {
        snprintf(text, sizeof(text), "<%% go:x(%s) %%>", bad[i]);
        snprintf(expected, sizeof(expected), "f:1:9: found '%s', %s", shown[i], key);
        check(SOURCE_TXT, text, expected);
    }
}

static void test_blocks_and_calls(void **state)
{
    static const struct sample samples[] = {
        {"<% if:a.b(1); else; end; each:a.b(rows=5); end; if:.x; end; each:.items; end %>.",
         "if a.b(1)\nelse\nend\neach a.b(rows=5)\nend\nif .x\nend\neach .items\nend\ntext "
         "\".\"\n"},
        {"<% key:a.b(1); post:a.b(x=2); enter:a.b; leave:a.b(\"s\") %>",
         "key a.b(1)\npost a.b(x=2)\nenter a.b\nleave a.b(\"s\")\n"},
        {"<% include:parts/header %>", "include parts/header\n"},
        {"<% include:a.b %>",
         "f:1:12: 'a.b' is no keyword, expected lower case letters, digits, "
         "'_' and '-', joined by '/'\n"},
        {"<% include:a(1) %>", "f:1:14: 'a' takes no arguments\n"},
        {"<% end() %>", "f:1:7: found '(', expected ';' or '%>'\n"},
        {"<% else:x %>", "f:1:8: found ':', expected ';' or '%>'\n"},
        {"<% post:.x; key:y; enter:5; each:x; if:x %>",
         "f:1:9: '.x' is no handler, expected a name like users.online\n"
         "f:1:17: 'y' is no handler, expected a name like users.online\n"
         "f:1:26: '5' is no handler, expected a name like users.online\n"
         "f:1:34: 'x' is no handler, expected a name like users.online or a row's .field\n"
         "f:1:40: 'x' is no handler, expected a name like users.online or a row's .field\n"},
        {"<% if:a.b:5 %>",
         "f:1:11: found '5', expected no format: only get:, set: and item: take one\n"},
    };

    (void)state;
    check_all(samples, COUNT(samples));
}

static void test_tick_and_page(void **state)
{
    static const char seconds[] =
        "f:1:9: found 'a.b', expected seconds behind it, tick:h(5), from 1 to 86400\n";
    static const char number[] = "expected a number behind it: level(0 to 255), timeout(0 to "
                                 "86400)\n";
    static const char *const bad_ticks[] = {"",      "(0)",     "(86401)", "(x)",
                                            "(x=5)", "(\"5\")", "(1.5)"};
    static const char *const bad_levels[] = {"", "(256)", "(-1)", "(x)", "(x=5)", "(1, 2)"};
    static const struct sample samples[] = {
        {"<% tick:a.b(5, x=1) %>", "tick a.b(5, x=1)\n"},
        {"<% page:level(255); page:keep; page:escape(a/b); page:escape(\"x\"); "
         "page:timeout(86400); page:title(\"The moon\"); page:header(3) %>",
         "page level(255)\npage keep\npage escape(\"a/b\")\npage escape(\"x\")\n"
         "page timeout(86400)\npage title(\"The moon\")\npage header(3)\n"},
        {"<% page:header(21) %>", "f:1:9: found 'header', expected rows behind it, as in "
                                  "page:header(3), from 1 to 20\n"},
        {"<% page:title %>", "f:1:9: found 'title', expected a text behind it, as in "
                             "page:title(\"The main menu\")\n"},
        {"<% page:title(.a) %>", "f:1:9: found 'title', expected a text behind it, as in "
                                 "page:title(\"The main menu\")\n"},
        {"<% page:keep(1) %>", "f:1:14: 'keep' takes no arguments\n"},
        {"<% page:timeout(86401) %>", "f:1:9: found 'timeout', expected a number behind it: "
                                      "level(0 to 255), timeout(0 to 86400)\n"},
        {"<% page:escape %>", "f:1:9: found 'escape', expected a keyword behind it, as in "
                              "page:escape(menu)\n"},
        {"<% page:escape(.a) %>", "f:1:9: found 'escape', expected a keyword behind it, as in "
                                  "page:escape(menu)\n"},
        {"<% page:escape(a.b) %>", "f:1:16: 'a.b' is no keyword, expected lower case letters, "
                                   "digits, '_' and '-', joined by '/'\n"},
        {"<% page:x %>", "f:1:9: found 'x', expected one of level(N), keep, escape(KEYWORD), "
                         "timeout(SECONDS), title(TEXT), header(ROWS)\n"},
    };
    char text[64];
    char expected[200];

    (void)state;
    check_all(samples, COUNT(samples));
    for (size_t i = 0; i < COUNT(bad_ticks); i++) {
        snprintf(text, sizeof(text), "<%% tick:a.b%s %%>", bad_ticks[i]);
        check(SOURCE_TXT, text, seconds);
    }
    for (size_t i = 0; i < COUNT(bad_levels); i++) {
        snprintf(text, sizeof(text), "<%% page:level%s %%>", bad_levels[i]);
        snprintf(expected, sizeof(expected), "f:1:9: found 'level', %s", number);
        check(SOURCE_TXT, text, expected);
    }
}

static void test_ansi(void **state)
{
    static const struct sample samples[] = {
        {"a<% ansi:Move(12,14); ansi:bell %>b", "text \"a\\e[14;12H\\x07b\"\n"},
        {"<% ansi:color(white, 1) %>b", "text \"\\e[0;1;37;44mb\"\n"},
        {"<% ansi:up; ansi:up(3) %>b", "text \"\\e[1A\\e[3Ab\"\n"},
        {"<% ansi:move(0, 1) %>", "f:1:9: move takes 2 numbers from 1 to 255\n"},
        {"<% ansi:up(true) %>", "f:1:9: up takes 1 number from 1 to 255\n"},
        {"<% ansi:up(1.5) %>", "f:1:9: up takes 1 number from 1 to 255\n"},
        {"<% ansi:home(1) %>", "f:1:9: home takes no arguments\n"},
        {"<% ansi:move(y=1, x=2) %>", "f:1:14: found 'y', expected a number or a name\n"},
        {"<% ansi:color(.red, 1) %>", "f:1:15: found '.red', expected a number or a name\n"},
        {"<% ansi:home:5 %>",
         "f:1:14: found '5', expected no format: only get:, set: and item: take one\n"},
        {"<% ansi:jump %>",
         "f:1:9: unknown ansi macro 'jump', expected one of: move, up, down, left, right, "
         "home, "
         "clear, clear_line, clear_below, color, bold, blink, reverse, normal, save, restore, "
         "hide, show, bell\n"},
    };

    (void)state;
    check_all(samples, COUNT(samples));
}

/* --- findings --- */

static void test_what_is_wrong_in_a_statement(void **state)
{
    static const char kinds[] =
        "expected one of ansi get set key post go item if else end each "
        "include enter leave tick page\n";
    static const struct sample samples[] = {
        {"<% get %>", "f:1:8: found '%>', expected ':' and a name\n"},
        {"<% get: %>", "f:1:9: found '%>', expected a name\n"},
        {"<% get:; get:a.b %>", "f:1:8: found ';', expected a name\n"},
        {"<% get:\"a\" %>", "f:1:8: found 'a', expected a name\n"},
        {"<% get:a.b( %>. ; get:x", "f:1:13: found '%>', expected a number, a \"text\", true, "
                                    "false, a name or a row's .field\n"},
        {"<% get:a.b(; get:x %>",
         "f:1:12: found ';', expected a number, a \"text\", true, "
         "false, a name or a row's .field\n"
         "f:1:18: 'x' is no handler, expected a name like users.online "
         "or a row's .field\n"},
        {"<% get:a.b(1 %>. ; get:x", "f:1:14: found '%>', expected ',' or ')'\n"},
        {"<% get:a.b(1,) %>",
         "f:1:14: found ')', expected a number, a \"text\", true, false, a "
         "name or a row's .field\n"},
        {"<% get:a.b(x=) %>",
         "f:1:14: found ')', expected a number, a \"text\", true, false, a "
         "name or a row's .field\n"},
        {"<% get:a.b(1 2) %>", "f:1:14: found '2', expected ',' or ')'\n"},
        {"<% get:a.b get:c.d %>", "f:1:12: found 'get', expected ';' or '%>'\n"},
        {"<% get:a.b?x %>", "f:1:11: this character has no meaning in a macro\n"},
        {"<% \"x\" %>", "f:1:4: found 'x', expected a macro like get:users.online\n"},
        {"<% get:a.b <% get:c.d %>", "f:1:12: a macro begins inside a macro, expected '%>' "
                                     "before it\n"},
        {"é<% get:a.b", "f:1:2: the macro is not closed, expected '%>', not in a text or a "
                        "comment\n"},
        {"a\n b<% get:", "f:2:3: the macro is not closed, expected '%>', not in a text or a "
                         "comment\n"},
        {"<% get:a.b -- %>\n",
         "f:1:1: the macro is not closed, expected '%>', not in a text or "
         "a comment\n"},
        {"<%", "f:1:1: the macro is not closed, expected '%>', not in a text or a comment\n"},
        {"<% get:a\033[2J %>",
         "f:1:8: 'a' is no handler, expected a name like users.online or a row's .field\n"
         "f:1:9: this character has no meaning in a macro\n"},
        {"<% get:'\033[2J' %>", "f:1:8: found '?[2J', expected a name\n"},
        {"<% get:aaaaaaaaaabbbbbbbbbbccccccccccddddddddddE %>",
         "f:1:8: 'aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd...' is no handler, expected a name "
         "like users.online or a row's .field\n"},
    };
    char expected[200];

    (void)state;
    check_all(samples, COUNT(samples));
    snprintf(expected, sizeof(expected), "f:1:4: found 'itemize', %s", kinds);
    check(SOURCE_TXT, "<% itemize:files(\"F\", \"Files\") %>", expected);
    snprintf(expected, sizeof(expected), "f:2:1: found 'GET', %s", kinds);
    check(SOURCE_TXT, "<%\nGET:a.b %>", expected);
}

static void test_arguments_have_a_maximum(void **state)
{
    (void)state;
    check(SOURCE_TXT, "<% get:a.b(1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16) %>",
          "get a.b(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)\n");
    check(SOURCE_TXT, "<% get:a.b(1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17) %>",
          "f:1:4: more than 16 arguments\n");
}

static void test_fifty_findings_are_told(void **state)
{
    struct buf text;
    struct buf errors;
    struct source *s;
    unsigned lines = 0;

    (void)state;
    buf_init(&text, BUF_LARGE);
    buf_init(&errors, BUF_LARGE);
    for (int i = 0; i < 60; i++)
        buf_add_text(&text, "<% get:x %>\n");
    s = source_compile("f", SOURCE_TXT, buf_span(&text), &errors);
    assert_true(s->is_broken);
    source_unref(s);
    for (const char *p = buf_text(&errors); (p = strchr(p, '\n')); p++)
        lines++;
    assert_int_equal(lines, 51);
    assert_non_null(strstr(buf_text(&errors), "\nf: and 10 more\n"));
    buf_clear(&text);
    buf_clear(&errors);
}

/* --- large and hostile --- */

static void compile_many(const char *piece, size_t bytes, const char *expected)
{
    struct source_compiler *c = source_compiler_new("f", SOURCE_TXT);
    struct span s = span_of(piece);
    struct buf out;

    for (size_t n = 0; n + s.len <= bytes; n += s.len)
        source_compiler_feed(c, s);
    buf_init(&out, BUF_LARGE);
    add_result(&out, c);
    if (expected)
        assert_string_equal(buf_text(&out), expected);
    buf_clear(&out);
}

static void test_a_file_has_a_maximum(void **state)
{
    struct source_compiler *c = source_compiler_new("f", SOURCE_TXT);
    struct buf out;

    (void)state;
    compile_many("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", SOURCE_MAX + 32,
                 "f:1:1: the file is too long, expected at most 8 MiB\n");
    compile_many("<% get:a.b %>", 20001 * 13,
                 "f:1:260011: the file has more than 20000 parts\n");
    compile_many("<%else;%>", 20000 * 9, NULL);
    buf_init(&out, BUF_LARGE);
    source_compiler_feed(c, span_from("\n", 1));
    add_result(&out, c);
    assert_string_equal(buf_text(&out), "");
    buf_clear(&out);
}

/* Cut where something begins: the pieces are the text, each of them UTF-8. */
static void check_pieces(const char *part)
{
    struct buf whole;
    struct buf errors;
    struct source *s;
    size_t at = 0;

    buf_init(&whole, BUF_LARGE);
    buf_init(&errors, BUF_LARGE);
    while (whole.len < 3 * TEXT_PIECE)
        buf_add_text(&whole, part);
    s = source_compile("f", SOURCE_TXT, buf_span(&whole), &errors);
    assert_true(s->count >= 3);
    for (unsigned i = 0; i < s->count; i++) {
        struct span piece = text_utf8(s->ops[i].text);

        assert_true(piece.len <= TEXT_PIECE);
        assert_true(utf8_is_valid(piece));
        assert_memory_equal(piece.data, whole.data + at, piece.len);
        at += piece.len;
    }
    assert_int_equal(at, whole.len);
    source_unref(s);
    buf_clear(&whole);
    buf_clear(&errors);
}

static void test_a_large_text_is_in_pieces(void **state)
{
    (void)state;
    check_pieces("é");
    check_pieces("a wide 世");
    check_pieces("a line\r\nand more of another");
    check_pieces("red \033[31mand \033[32mgreen");
}

/* Each in time that grows with the file, not with its square. */
static void test_hostile_files_are_done_soon(void **state)
{
    static const char *const pieces[] = {
        "<%",
        "<%%>",
        "<%%",
        "<%;",
        "<% %>",
        "<% %>\n",
        "<% \"",
        "<% --",
        "%>",
        "a",
        "\n",
        " ",
        "<",
        "-",
        "<%\n",
        "<% x;",
        ";<",
        "<%x:x(",
        "<% x %>",
        "<%else;",
        "<%else%>",
        "|07",
        "<% get:x.y(1,",
        "\"\\",
        "\xFF",
        "<% go:x(\"a\") %>\n",
        "<%--\n%>",
        "<% ansi:bold %>",
        "<%a-",
        "<%1.",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(pieces); i++) {
        alarm(30); /* a tenth of a second each, or hours */
        compile_many(pieces[i], SOURCE_MAX / 4, NULL);
    }
    alarm(0);
}

static void test_what_is_not_finished_is_freed(void **state)
{
    struct source_compiler *c = source_compiler_new("f", SOURCE_TXT);

    (void)state;
    source_compiler_feed(c, SPAN_LIT("text <% get:a.b %>"));
    source_compiler_free(c); /* not finished */
    source_compiler_free(NULL);
    source_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_name_tells_the_kind),
        cmocka_unit_test(test_keywords),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_art),
        cmocka_unit_test(test_colors),
        cmocka_unit_test(test_an_escaped_block_is_text),
        cmocka_unit_test(test_items),
        cmocka_unit_test(test_what_is_not_utf8),
        cmocka_unit_test(test_comments_and_lines),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_numbers_and_names),
        cmocka_unit_test(test_lines_of_macros_alone_are_not_sent),
        cmocka_unit_test(test_the_last_line_end_is_not_sent),
        cmocka_unit_test(test_get),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_go),
        cmocka_unit_test(test_blocks_and_calls),
        cmocka_unit_test(test_tick_and_page),
        cmocka_unit_test(test_ansi),
        cmocka_unit_test(test_what_is_wrong_in_a_statement),
        cmocka_unit_test(test_arguments_have_a_maximum),
        cmocka_unit_test(test_fifty_findings_are_told),
        cmocka_unit_test(test_a_file_has_a_maximum),
        cmocka_unit_test(test_a_large_text_is_in_pieces),
        cmocka_unit_test(test_hostile_files_are_done_soon),
        cmocka_unit_test(test_what_is_not_finished_is_freed),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
