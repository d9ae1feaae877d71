#include "cli/complete.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "screen/library.h"
#include "server/files.h"
#include "store/db.h"

enum { ROWS_MOST = 2000 };

struct completion {
    const struct command *command;
    char **words; /* behind the command's name, the one that is being typed last */
    int count;
    const char *board;
    const char *data;
    struct span wanted; /* of find_value: an option, */
    struct span found;  /* and its value's placeholder */
};

/* --- the commands' texts: "show KEYWORD [--as USER]", "  --as USER   the caller" --- */

static struct span take_token(struct span *text)
{
    struct span token;

    while (text->len > 0 && (text->data[0] == ' ' || text->data[0] == '\n'))
        span_take(text, 1);
    token = span_from(text->data, 0);
    while (token.len < text->len && text->data[token.len] != ' ' &&
           text->data[token.len] != '\n')
        token.len++;
    span_take(text, token.len);
    return token;
}

/* "[REASON]", "FILE...]": what stands between the brackets. */
static struct span bare(struct span token)
{
    while (token.len > 0 && (token.data[0] == '[' || token.data[0] == '('))
        span_take(&token, 1);
    while (token.len > 0 && strchr("])|.,;:", token.data[token.len - 1]))
        token.len--;
    return token;
}

static bool is_option(struct span token)
{
    return token.len > 2 && span_starts_with(token, "--") &&
           islower((unsigned char)token.data[2]);
}

/* In capitals, or with a digit as 80x25: to be replaced by a value. */
static bool is_placeholder(struct span token)
{
    return token.len > 0 && !span_starts_with(token, "-") &&
           (isupper((unsigned char)token.data[0]) || isdigit((unsigned char)token.data[0]));
}

/* Call `see` with each option of a text, and with its value's placeholder, or nothing. */
static void each_option(struct completion *c, const char *text,
                        void (*see)(struct completion *c, struct span option,
                                    struct span value))
{
    struct span rest = span_of(text);

    while (rest.len > 0) {
        struct span token = take_token(&rest);
        bool is_closed = token.len > 0 && memchr(token.data, ']', token.len);
        struct span ahead = rest;
        struct span next = bare(take_token(&ahead));
        bool has_value = !is_closed && rest.len > 0 && rest.data[0] == ' ' &&
                         !span_starts_with(rest, "   ") && is_placeholder(next);

        if (is_option(bare(token)))
            see(c, bare(token), has_value ? next : SPAN_LIT(""));
    }
}

static void print_option(struct completion *c, struct span option, struct span value)
{
    (void)c;
    (void)value;
    printf("%.*s\n", SPAN_ARG(option));
}

/* --- what stands in the place of a placeholder --- */

static void print_keywords(struct completion *c)
{
    struct file_list list;
    struct buf ignored;
    struct err e;

    buf_init(&ignored, 65536);
    if (files_find(c->board, &list, &ignored, &e) == 0) {
        for (unsigned i = 0; i < list.count; i++) {
            struct span keyword = library_keyword(span_of(list.files[i].name));

            if (list.files[i].kind == FILE_SCREEN)
                printf("%.*s\n", SPAN_ARG(keyword));
        }
        files_clear(&list);
    }
    buf_clear(&ignored);
}

static void print_query(struct completion *c, const char *sql)
{
    char path[PATH_MAX + 16];
    struct rows *rows = NULL;
    struct err e;
    struct db *db;

    if (c->data)
        snprintf(path, sizeof(path), "%s/perigee.db", c->data);
    else
        snprintf(path, sizeof(path), "%s/data/perigee.db", c->board);
    db = db_open(path, false, &e);
    if (db && db_run(db, span_of(sql), NULL, 0, &rows, &e) == 0) {
        for (unsigned i = 0; rows && i < rows->count && i < ROWS_MOST; i++) {
            struct span text = rows_at(rows, i, 0).text;

            printf("%.*s\n", SPAN_ARG(text));
        }
    }
    rows_free(rows);
    db_close(db);
}

static void print_handles(struct completion *c)
{
    print_query(c, "SELECT handle FROM users ORDER BY handle");
}

static void print_callers(struct completion *c)
{
    printf("guest\n");
    print_handles(c);
}

static void print_filed(struct completion *c)
{
    print_query(c, "SELECT area || '/' || name FROM files ORDER BY 1");
}

/* As they are written in lua/areas.lua, which is not run for that: name = "art". */
static void print_area_names(struct completion *c, const char *before)
{
    struct buf text;
    struct err e;
    const char *at;

    buf_init(&text, SOURCE_MAX);
    if (file_read(c->board, "lua/areas.lua", &text, &e) != 0) {
        buf_clear(&text);
        return;
    }
    for (at = buf_text(&text); (at = strstr(at, "name")); at += 4) {
        const char *value = at + 4 + strspn(at + 4, " \t");
        size_t len;

        if (*value != '=')
            continue;
        value += 1 + strspn(value + 1, " \t");
        len = strspn(value + 1, "abcdefghijklmnopqrstuvwxyz0123456789_-");
        if ((*value == '"' || *value == '\'') && value[1 + len] == *value)
            printf("%s%.*s\n", before, (int)len, value + 1);
    }
    buf_clear(&text);
}

static void print_areas(struct completion *c)
{
    print_area_names(c, "");
}

static void print_area_keywords(struct completion *c)
{
    print_area_names(c, "files/");
}

static void print_commands(struct completion *c)
{
    (void)c;
    for (const struct command *command = cli_commands(); command->name; command++)
        printf("%s\n", command->name);
}

static const struct {
    const char *placeholder;
    void (*print)(struct completion *c);
    const char *words; /* or these */
} kinds[] = {
    {"KEYWORD", print_keywords, NULL},
    {"files/AREA", print_area_keywords, NULL},
    {"AREA/NAME", print_filed, NULL},
    {"AREA", print_areas, NULL},
    {"HANDLE", print_handles, NULL},
    {"INTO", print_handles, NULL},
    {"USER", print_callers, NULL},
    {"COMMAND", print_commands, NULL},
    {"FILE", NULL, COMPLETE_FILES},
    {"PATH", NULL, COMPLETE_FILES},
    {"DIR", NULL, COMPLETE_FOLDERS},
    {"NAME", NULL, "cp437\nutf-8\nascii"},
    {"LEVEL", NULL, "error\nwarn\ninfo\ndebug"},
    {"80x25", NULL, "80x25\n80x50\n132x50\n40x25"},
};

static void print_kind(struct completion *c, struct span placeholder)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!span_is(placeholder, kinds[i].placeholder))
            continue;
        if (kinds[i].print)
            kinds[i].print(c);
        else
            printf("%s\n", kinds[i].words);
        return;
    }
}

/* --- the value of an option --- */

static void match_option(struct completion *c, struct span option, struct span value)
{
    if (span_equals(option, c->wanted) && value.len > 0)
        c->found = value;
}

/* What is to stand behind `option`; empty: nothing. */
static struct span find_value(struct completion *c, const char *option)
{
    c->wanted = span_of(option);
    c->found = SPAN_LIT("");
    each_option(c, c->command->usage, match_option);
    each_option(c, c->command->more, match_option);
    return c->found;
}

/* Keeps --board and --data, and moves what are no options to the front, the last word too. */
static void take_options(struct completion *c)
{
    int words = 0;

    for (int i = 0; i < c->count; i++) {
        bool is_last = i == c->count - 1;
        bool has_value = !is_last && find_value(c, c->words[i]).len > 0;

        if (has_value && i + 1 < c->count - 1 && strcmp(c->words[i], "--board") == 0)
            c->board = c->words[i + 1];
        if (has_value && i + 1 < c->count - 1 && strcmp(c->words[i], "--data") == 0)
            c->data = c->words[i + 1];
        if (has_value)
            i++;
        else if (is_last || c->words[i][0] != '-')
            c->words[words++] = c->words[i];
    }
    c->count = words;
}

/* --- a word that is none --- */

/* The next token of a usage that is no option, nor an option's value. */
static struct span take_place(struct span *usage)
{
    for (;;) {
        struct span token = take_token(usage);
        struct span ahead = *usage;
        struct span next = take_token(&ahead);

        if (token.len == 0 || !is_option(bare(token)))
            return token;
        if (!memchr(token.data, ']', token.len) && is_placeholder(bare(next)))
            *usage = ahead;
    }
}

static bool is_repeated(struct span token)
{
    return memmem(token.data, token.len, "...", 3) != NULL;
}

/* Literal words have to be those that were typed. */
static bool fits(struct span place, const char *word)
{
    return is_placeholder(bare(place)) || memchr(bare(place).data, '/', bare(place).len) ||
           span_is(bare(place), word);
}

static void offer(struct completion *c, struct span place)
{
    if (is_placeholder(bare(place)) || memchr(place.data, '/', place.len))
        print_kind(c, bare(place));
    else
        printf("%.*s\n", SPAN_ARG(bare(place)));
}

/* One line of the usage: what it has where the last word stands. */
static void complete_by(struct completion *c, struct span usage)
{
    struct span place = take_token(&usage); /* the command's name */

    for (int i = 0; i < c->count; i++) {
        struct span next = is_repeated(place) ? place : take_place(&usage);

        place = next;
        if (place.len == 0 || (i < c->count - 1 && !fits(place, c->words[i])))
            return;
    }
    offer(c, place);
}

static void complete_place(struct completion *c)
{
    struct span rest = span_of(c->command->usage);

    while (rest.len > 0) {
        const char *end = memchr(rest.data, '\n', rest.len);
        struct span line = span_take(&rest, end ? (size_t)(end - rest.data) : rest.len);

        span_take(&rest, 1);
        complete_by(c, line);
    }
}

static void complete_command(struct completion *c)
{
    const char *last = c->words[c->count - 1];
    const char *before = c->count > 1 ? c->words[c->count - 2] : "";
    struct span value = find_value(c, before);

    take_options(c);
    if (value.len > 0) {
        print_kind(c, value);
    } else if (last[0] == '-') {
        each_option(c, c->command->usage, print_option);
        each_option(c, c->command->more, print_option);
        printf("--help\n");
    } else {
        complete_place(c);
    }
}

int complete_words(int count, char **words)
{
    struct completion c = {.words = words + 1, .count = count - 1, .board = "."};

    if (count <= 1) {
        print_commands(&c);
        return CLI_DONE;
    }
    for (c.command = cli_commands(); c.command->name; c.command++) {
        if (strcmp(c.command->name, words[0]) == 0) {
            complete_command(&c);
            return CLI_DONE;
        }
    }
    return CLI_NO;
}
