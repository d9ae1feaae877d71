/* script.h -- what each caller types to get in, a file of lines:
 *
 *     expect TEXT     wait until TEXT has come (telnet and ANSI taken out)
 *     send TEXT       type TEXT; {n} is the caller's number, \r \n \e \\ as in C
 *     # remark
 *
 * TEXT runs from the first blank to the line's end. */
#ifndef PERIGEE_TESTS_BENCH_SCRIPT_H
#define PERIGEE_TESTS_BENCH_SCRIPT_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "tests/bench/pattern.h"

enum { SCRIPT_STEPS = 32, SCRIPT_TEXT = 96 };

struct script_step {
    bool is_send;
    char text[SCRIPT_TEXT];
    struct pattern pattern;
};

struct script {
    unsigned count;
    struct script_step steps[SCRIPT_STEPS];
};

static inline char script_escape(char c)
{
    static const char names[] = "rne";
    static const char bytes[] = "\r\n\033";
    const char *at = strchr(names, c);

    return c && at ? bytes[at - names] : c;
}

static inline void script_unescape(char *to, size_t size, const char *from)
{
    size_t n = 0;

    for (; *from && n + 1 < size; from++) {
        if (*from == '\\' && from[1])
            to[n++] = script_escape(*++from);
        else
            to[n++] = *from;
    }
    to[n] = '\0';
}

static inline bool script_add(struct script *s, bool is_send, const char *text)
{
    struct script_step *step = &s->steps[s->count];

    if (s->count == SCRIPT_STEPS)
        return false;
    s->count++;
    step->is_send = is_send;
    script_unescape(step->text, sizeof(step->text), text);
    return is_send || pattern_init(&step->pattern, span_of(step->text));
}

static inline bool script_line(struct script *s, char *line)
{
    char *text = line + strcspn(line, " ");

    line[strcspn(line, "\n")] = '\0';
    if (*line == '\0' || *line == '#')
        return true;
    if (*text == ' ')
        *text++ = '\0';
    if (strcmp(line, "expect") == 0)
        return script_add(s, false, text);
    return strcmp(line, "send") == 0 && script_add(s, true, text);
}

/* False, and the number of the wrong line in *line_number (0: the file does not open). */
static inline bool script_read(struct script *s, const char *path, unsigned *line_number)
{
    FILE *f = fopen(path, "r");
    char line[256];
    bool good = f != NULL;

    *line_number = 0;
    while (good && fgets(line, sizeof(line), f)) {
        ++*line_number;
        good = script_line(s, line);
    }
    if (f)
        fclose(f);
    return good;
}

/* The text of a `send` as caller `n` types it; its length. */
static inline size_t script_text(const struct script_step *step, unsigned n, char *to,
                                 size_t size)
{
    const char *mark = strstr(step->text, "{n}");
    int len =
        mark ? snprintf(to, size, "%.*s%u%s", (int)(mark - step->text), step->text, n, mark + 3)
             : snprintf(to, size, "%s", step->text);

    return len < (int)size ? (size_t)len : size - 1;
}

#endif
