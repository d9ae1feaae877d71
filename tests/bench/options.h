/* options.h -- the load generator's command line, as a table from which the help is made. */
#ifndef PERIGEE_TESTS_BENCH_OPTIONS_H
#define PERIGEE_TESTS_BENCH_OPTIONS_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/pattern.h"
#include "tests/bench/script.h"

struct options {
    struct sockaddr_in to;
    unsigned callers;
    unsigned window; /* callers on their way in at a time */
    unsigned pid;
    unsigned seed;
    double rate;     /* keys a second of each caller */
    double seconds;  /* 0: until standard input closes */
    double patience; /* seconds for all to get in */
    const char *file;
    unsigned sleepers;
    unsigned bytes; /* of a line in a room, at least */
    bool irc;
    bool naps;
    bool raw;
    bool rounds;
    bool backspace;
    char key;
    struct pattern until;
    struct script script;
};

enum option_type {
    OPTION_FLAG,
    OPTION_WHOLE,
    OPTION_REAL,
    OPTION_CHAR,
    OPTION_ADDRESS,
    OPTION_SCRIPT,
    OPTION_PATTERN,
    OPTION_TEXT,
};

struct option {
    const char *name;
    enum option_type type;
    size_t offset;
    double least, most;
    const char *help;
};

#define OPTION(name, type, member, least, most, help)                                          \
    {                                                                                          \
        "--" name, type, offsetof(struct options, member), least, most, help                   \
    }

static const struct option option_table[] = {
    OPTION("to", OPTION_ADDRESS, to, 0, 0, "HOST:PORT in 127.0.0.0/8; has to be given"),
    OPTION("callers", OPTION_WHOLE, callers, 1, 1000000, "how many (1)"),
    OPTION("script", OPTION_SCRIPT, script, 0, 0,
           "FILE of lines `expect TEXT`, `send TEXT`: what each does to get in"),
    OPTION("seconds", OPTION_REAL, seconds, 0, 3600,
           "the measured span (5); hold with 0: until standard input closes"),
    OPTION("rate", OPTION_REAL, rate, 0.01, 1000,
           "keys a second of each caller (2); room: lines a second in all"),
    OPTION("backspace", OPTION_FLAG, backspace, 0, 0, "echo: every other key is a Backspace"),
    OPTION("key", OPTION_CHAR, key, 0, 0, "screens: the key that asks for one (B)"),
    OPTION("until", OPTION_PATTERN, until, 0, 0, "screens, connect, save: the screen's end"),
    OPTION("file", OPTION_TEXT, file, 0, 0, "save: the file that is written"),
    OPTION("rounds", OPTION_FLAG, rounds, 0, 0,
           "echo, screens: measure once for each line on standard input"),
    OPTION("window", OPTION_WHOLE, window, 1, 1000000,
           "callers on their way in at a time (256; connect: all)"),
    OPTION("patience", OPTION_REAL, patience, 1, 3600, "seconds for all to get in (60)"),
    OPTION("pid", OPTION_WHOLE, pid, 1, 4194304,
           "the server's: its CPU time and memory are reported"),
    OPTION("sleepers", OPTION_WHOLE, sleepers, 0, 1000000,
           "room: how many of them read nothing any more (0)"),
    OPTION("bytes", OPTION_WHOLE, bytes, 0, 400, "room: of a line, at least (17)"),
    OPTION("irc", OPTION_FLAG, irc, 0, 0, "room: lines are said in the channel #bench of IRC"),
    OPTION("naps", OPTION_FLAG, naps, 0, 0,
           "room: looks every 0.2 ms, so that the server does not pay for waking the load"),
    OPTION("raw", OPTION_FLAG, raw, 0, 0, "no telnet, no ANSI"),
    OPTION("seed", OPTION_WHOLE, seed, 1, 4294967295.0, "of the keys (1)"),
    {NULL, OPTION_FLAG, 0, 0, 0, NULL},
};

static inline void option_help(FILE *to)
{
    for (const struct option *o = option_table; o->name; o++)
        fprintf(to, "  %-12s%s\n", o->name, o->help);
}

static inline bool option_address(struct sockaddr_in *to, const char *text)
{
    const char *colon = strrchr(text, ':');
    char host[64];

    snprintf(host, sizeof(host), "%.*s", colon ? (int)(colon - text) : 0, text);
    *to = (struct sockaddr_in){.sin_family = AF_INET};
    if (inet_pton(AF_INET, host, &to->sin_addr) != 1 ||
        ntohl(to->sin_addr.s_addr) >> 24 != IN_LOOPBACKNET) {
        fprintf(stderr, "load: --to %s: expected 127.x.x.x:PORT\n", text);
        return false;
    }
    to->sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    return true;
}

static inline bool option_number(const struct option *o, const char *text, double *to)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end || !(value >= o->least && value <= o->most)) {
        fprintf(stderr, "load: %s %s: expected %.0f to %.0f\n", o->name, text, o->least,
                o->most);
        return false;
    }
    *to = value;
    return true;
}

static inline bool option_script(struct script *to, const char *path)
{
    unsigned line;

    if (script_read(to, path, &line))
        return true;
    fprintf(stderr, "load: %s:%u: %s\n", path, line,
            line ? "expected `expect TEXT` or `send TEXT`" : strerror(errno));
    return false;
}

static inline bool option_pattern(struct pattern *to, const char *text)
{
    char bytes[PATTERN_MOST + 2];

    script_unescape(bytes, sizeof(bytes), text);
    if (pattern_init(to, span_of(bytes)))
        return true;
    fprintf(stderr, "load: --until: expected 1 to %d bytes\n", PATTERN_MOST);
    return false;
}

static inline bool option_set(const struct option *o, const char *text, struct options *all)
{
    void *to = (char *)all + o->offset;
    double number = 0;

    switch (o->type) {
    case OPTION_FLAG:
        *(bool *)to = true;
        return true;
    case OPTION_TEXT:
        *(const char **)to = text;
        return true;
    case OPTION_CHAR:
        *(char *)to = *text;
        return *text != '\0';
    case OPTION_REAL:
        return option_number(o, text, to);
    case OPTION_WHOLE:
        if (!option_number(o, text, &number))
            return false;
        *(unsigned *)to = (unsigned)number;
        return true;
    case OPTION_ADDRESS:
        return option_address(to, text);
    case OPTION_SCRIPT:
        return option_script(to, text);
    case OPTION_PATTERN:
        return option_pattern(to, text);
    }
    return false;
}

static inline const struct option *option_find(const char *name)
{
    for (const struct option *o = option_table; o->name; o++) {
        if (strcmp(o->name, name) == 0)
            return o;
    }
    fprintf(stderr, "load: %s is no option\n", name);
    return NULL;
}

/* Read "--name value" and "--flag" up to the NULL at the end of `args`. */
static inline bool options_read(struct options *all, char **args)
{
    *all = (struct options){
        .callers = 1, .seed = 1, .rate = 2, .seconds = 5, .patience = 60, .key = 'B'};
    while (*args) {
        const struct option *o = option_find(*args++);
        bool wants_value = o && o->type != OPTION_FLAG;

        if (!o || (wants_value && !*args) || !option_set(o, *args, all))
            return false;
        args += wants_value;
    }
    return all->to.sin_port != 0;
}

#endif
