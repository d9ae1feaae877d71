#include "cli/manual.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/settings.h"
#include "cli/cli.h"

/* --- troff --- */

/* A backslash, and what a line must not begin with, mean something to troff; a dash that is to
 * be typed is no hyphen. */
static void put(FILE *to, struct span s)
{
    if (s.len > 0 && (s.data[0] == '.' || s.data[0] == '\''))
        fputs("\\&", to);
    for (size_t i = 0; i < s.len; i++) {
        if (s.data[i] == '\\')
            fputs("\\e", to);
        else if (s.data[i] == '-')
            fputs("\\-", to);
        else
            putc(s.data[i], to);
    }
}

static void put_line(FILE *to, struct span s)
{
    put(to, s);
    putc('\n', to);
}

static struct span take_line(const char **text)
{
    size_t len = strcspn(*text, "\n");
    struct span line = {*text, len};

    *text += len + ((*text)[len] == '\n');
    return line;
}

static struct span trim(struct span s)
{
    while (s.len > 0 && s.data[0] == ' ')
        span_take(&s, 1);
    return s;
}

static void put_heading(FILE *to, const char *name, const char *section)
{
    fprintf(to, ".TH %s %s \"\" \"Perigee %s\" \"Perigee\"\n", name, section, PERIGEE_VERSION);
    fprintf(to, ".nh\n.ad l\n"); /* words that are to be typed stay whole */
}

/* --- perigee(1) --- */

static void put_usage(FILE *to, const struct command *c)
{
    fprintf(to, ".nf\n");
    for (const char *text = c->usage; *text;) {
        fprintf(to, "\\fBperigee\\fR ");
        put_line(to, take_line(&text));
    }
    fprintf(to, ".fi\n");
}

/* "  --size 80x25         the caller's window": the option, and what it is. */
static void put_option(FILE *to, struct span line)
{
    struct span option = trim(line);
    const char *gap = memmem(option.data, option.len, "  ", 2);
    size_t len = gap ? (size_t)(gap - option.data) : option.len;
    struct span about = span_from(option.data + len, option.len - len);

    fprintf(to, ".TP\n\\fB");
    put(to, span_from(option.data, len));
    fprintf(to, "\\fR\n");
    put_line(to, trim(about));
}

/* What is said of a command below its usage: paragraphs, and then options. */
static void put_more(FILE *to, const char *text)
{
    while (*text) {
        struct span line = take_line(&text);

        if (span_starts_with(line, "  --"))
            put_option(to, line);
        else if (line.len == 0)
            fprintf(to, ".PP\n");
        else
            put_line(to, trim(line));
    }
}

static void put_command(FILE *to, const struct command *c)
{
    fprintf(to, ".SS \"%s\"\n", c->name);
    put_usage(to, c);
    fprintf(to, ".PP\n%c", toupper((unsigned char)c->help[0]));
    put(to, span_of(c->help + 1));
    fprintf(to, ".\n");
    if (c->more[0])
        fprintf(to, ".PP\n");
    put_more(to, c->more);
}

void manual_print_commands(FILE *to)
{
    put_heading(to, "PERIGEE", "1");
    fprintf(to,
            ".SH NAME\nperigee \\- a telnet BBS engine\n"
            ".SH SYNOPSIS\n\\fBperigee\\fR \\fICOMMAND\\fR [...]\n"
            ".SH DESCRIPTION\n"
            "Perigee serves a bulletin board over telnet. A board is a folder with screens,\n"
            "which are texts with macros, and with handlers in Lua that the macros name.\n"
            "What is saved while callers are on line is in use at once.\n"
            ".PP\n"
            "The board is the current folder unless \\fB\\-\\-board\\fR names another.\n"
            "Options may stand before, between and behind the other words; \\fB\\-\\-\\fR\n"
            "ends them.\n"
            ".SH COMMANDS\n");
    for (const struct command *c = cli_commands(); c->name; c++)
        put_command(to, c);
    fprintf(to,
            ".SH EXIT STATUS\n"
            "0: it is done. 1: the answer is no. 2: it was used wrongly. 3: it could not\n"
            "run. Errors go to standard error, with the remedy where there is one.\n"
            ".SH ENVIRONMENT\n"
            ".TP\n\\fBNO_COLOR\\fR\nSet, and not empty: nothing is drawn in colours.\n"
            ".TP\n\\fBTMPDIR\\fR\nWhere copies of a board's data are made; /tmp unless set.\n"
            ".SH FILES\n"
            ".TP\n\\fIBOARD/screens\\fR, \\fIBOARD/lua\\fR, \\fIBOARD/doors\\fR\n"
            "The board.\n"
            ".TP\n\\fIBOARD/lua/settings.lua\\fR\nSee perigee\\-settings(5).\n"
            ".TP\n\\fIBOARD/data\\fR\n"
            "All that must outlive the program, unless \\fB\\-\\-data\\fR names another\n"
            "folder.\n"
            ".TP\n\\fI%s/share/perigee\\fR\nThe starter board.\n"
            ".TP\n\\fI%s/share/doc/perigee/README.md\\fR\n"
            "The manual for those who run a board, or write one.\n"
            ".SH SEE ALSO\nperigee\\-settings(5), telnet(1)\n",
            PERIGEE_PREFIX, PERIGEE_PREFIX);
}

/* --- settings --- */

/* A list's items stand with commas between them. */
static void add_list(struct buf *out, const char *items)
{
    buf_add_text(out, "{");
    while (*items) {
        size_t len = strcspn(items, ",");

        buf_printf(out, "%s\"%.*s\"", out->len > 1 ? ", " : " ", (int)len, items);
        items += len + (items[len] == ',');
    }
    buf_add_text(out, out->len > 1 ? " }" : "}");
}

/* As it is written in Lua. */
static void add_default(struct buf *out, const struct setting *t)
{
    if (t->type == SETTING_NUMBER)
        buf_printf(out, "%ld", t->number);
    else if (t->type == SETTING_TEXT)
        buf_printf(out, "\"%s\"", t->text ? t->text : "");
    else
        add_list(out, t->text ? t->text : "");
}

/* "a number from 1 to 255", "sysop, all or none" */
static void add_range(struct buf *out, const struct setting *t)
{
    struct span rest;

    if (t->type == SETTING_NUMBER)
        buf_printf(out, "a number from %ld to %ld", t->least, t->most);
    else if (t->type == SETTING_LIST)
        buf_printf(out, "a list of at most %d texts", SETTINGS_LIST_MAX);
    else if (!t->choice)
        buf_add_text(out, "a text");
    if (!t->choice)
        return;
    for (rest = span_of(t->choice + 1); rest.len > 0;) {
        size_t len = strcspn(rest.data, "|");
        struct span word = span_take(&rest, len);

        span_take(&rest, 1);
        buf_printf(out, "%s\"%.*s\"", out->len ? " or " : "", SPAN_ARG(word));
    }
}

static void put_setting(FILE *to, const struct setting *t)
{
    struct buf value;
    struct buf range;

    buf_init(&value, 4096);
    buf_init(&range, 4096);
    add_default(&value, t);
    add_range(&range, t);
    fprintf(to, ".TP\n\\fB%s\\fR = ", t->name);
    put_line(to, buf_span(&value));
    fputc(toupper((unsigned char)t->help[0]), to);
    put(to, span_of(t->help + 1));
    fprintf(to, ". Expected: ");
    put(to, buf_span(&range));
    fprintf(to, ".%s\n", t->live ? "" : " It takes effect at the next start.");
    buf_clear(&value);
    buf_clear(&range);
}

void manual_print_settings(FILE *to)
{
    put_heading(to, "PERIGEE-SETTINGS", "5");
    fprintf(
        to,
        ".SH NAME\nperigee\\-settings \\- the settings of a board\n"
        ".SH DESCRIPTION\n"
        "A board's \\fIlua/settings.lua\\fR returns a table with what is to be other than\n"
        "the default. A dot in a name is a table in the table:\n"
        ".PP\n.RS\n.nf\n"
        "return {\n"
        "  board = { name = \"The Moon Base\" },\n"
        "  listen = { \"0.0.0.0:2323\" },\n"
        "  limits = { callers = 5000, idle_seconds = 600 },\n"
        "}\n"
        ".fi\n.RE\n.PP\n"
        "It is read again whenever it is saved. What is wrong in it is told with its\n"
        "line, and the last good settings stay in force; \\fBperigee check\\fR tells it\n"
        "before.\n"
        ".PP\n"
        "Tables of another kind, as \\fBdoors\\fR and \\fBschedule\\fR, are told where the\n"
        "manual (lua/README.md) has what they are for.\n"
        ".SH SETTINGS\n"
        "Each with its default.\n");
    for (const struct setting *t = settings_table; t->name; t++)
        put_setting(to, t);
    fprintf(to, ".SH SEE ALSO\nperigee(1)\n");
}

void manual_list_settings(FILE *to)
{
    struct buf value;

    buf_init(&value, 4096);
    fprintf(to, "The settings that lua/settings.lua may give, and their defaults:\n");
    for (const struct setting *t = settings_table; t->name; t++) {
        buf_reset(&value);
        add_default(&value, t);
        fprintf(to, "\n  %s = %s\n      %s%s\n", t->name, buf_text(&value), t->help,
                t->live ? "" : " (from the next start on)");
    }
    buf_clear(&value);
}
