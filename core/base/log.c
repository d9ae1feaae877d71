#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const level_names[] = {"error", "warn", "info", "debug"};
static const char journal_priorities[] = {'3', '4', '6', '7'};

static enum log_level wanted = LOG_LEVEL_INFO;
static int target = STDERR_FILENO;

void log_set_level(enum log_level level)
{
    wanted = level;
}

void log_to(int fd)
{
    target = fd;
}

bool log_find_level(const char *name, enum log_level *out)
{
    for (unsigned i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *out = (enum log_level)i;
            return true;
        }
    }
    return false;
}

/* The beginning of a line: a priority for the journal, the time for everybody else. */
static int print_prefix(char *line, size_t size, enum log_level level)
{
    struct timespec now;
    struct tm tm;
    size_t n;

    if (getenv("JOURNAL_STREAM"))
        return snprintf(line, size, "<%c>", journal_priorities[level]);
    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &tm);
    n = strftime(line, size, "%Y-%m-%d %H:%M:%S", &tm);
    return (int)n + snprintf(line + n, size - n, ".%03ld %-5s ", now.tv_nsec / 1000000,
                             level_names[level]);
}

static void make_one_line(char *text)
{
    for (char *p = text; *p; p++) {
        if (*p == '\n')
            *p = '|';
        else if ((unsigned char)*p < 0x20 || *p == 0x7F)
            *p = *p == '\t' ? ' ' : '?';
    }
}

__attribute__((format(printf, 2, 0))) static void write_event(enum log_level level,
                                                              const char *format, va_list args)
{
    char line[8192];
    int n;
    int more;

    n = print_prefix(line, sizeof(line), level);
    more = vsnprintf(line + n, sizeof(line) - (size_t)n - 1, format, args);
    if (more < 0)
        return;
    make_one_line(line + n);
    n = (int)strlen(line);
    line[n++] = '\n';
    while (write(target, line, (size_t)n) < 0) {
        /* A log that cannot be written has nobody to be told to; a signal is no reason. */
        if (errno != EINTR)
            break;
    }
}

void log_error(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (wanted >= LOG_LEVEL_ERROR)
        write_event(LOG_LEVEL_ERROR, format, args);
    va_end(args);
}

void log_warn(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (wanted >= LOG_LEVEL_WARN)
        write_event(LOG_LEVEL_WARN, format, args);
    va_end(args);
}

void log_note(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_event(LOG_LEVEL_INFO, format, args);
    va_end(args);
}

void log_info(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (wanted >= LOG_LEVEL_INFO)
        write_event(LOG_LEVEL_INFO, format, args);
    va_end(args);
}

void log_debug(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (wanted >= LOG_LEVEL_DEBUG)
        write_event(LOG_LEVEL_DEBUG, format, args);
    va_end(args);
}

const char *log_quote(struct span s)
{
    static _Thread_local char ring[8][512];
    static _Thread_local unsigned turn;
    char *out = ring[turn++ % 8];
    char *p = out;

    *p++ = '"';
    for (size_t i = 0; i < s.len && i < 200; i++) {
        unsigned char c = (unsigned char)s.data[i];

        if (c == '"' || c == '\\')
            *p++ = '\\';
        *p++ = (char)(c < 0x20 || c == 0x7F ? '?' : c);
    }
    *p++ = '"';
    *p = '\0';
    return out;
}
