#include "base/settings.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/mem.h"
#include "base/remote.h"

#define NUMBER(name, member, least, most, standard, live, help)                                \
    {                                                                                          \
        name, SETTING_NUMBER, offsetof(struct settings, member), least, most, standard, NULL,  \
            NULL, NULL, live, help                                                             \
    }
#define TEXT(name, member, standard, choice, live, help)                                       \
    {                                                                                          \
        name, SETTING_TEXT, offsetof(struct settings, member), 0, 0, 0, standard, NULL,        \
            choice, live, help                                                                 \
    }
#define CHECKED(name, member, standard, check, live, help)                                     \
    {                                                                                          \
        name, SETTING_TEXT, offsetof(struct settings, member), 0, 0, 0, standard, check, NULL, \
            live, help                                                                         \
    }
#define LIST(name, member, standard, check, live, help)                                        \
    {                                                                                          \
        name, SETTING_LIST, offsetof(struct settings, member), 0, 0, 0, standard, check, NULL, \
            live, help                                                                         \
    }

static int folder_check(const char *item, struct err *e)
{
    if (item[0] != '/' || strstr(item, "/../") || strcmp(item, "/") == 0)
        return err_set(e, "'%s': expected a folder's whole path, as /srv/files", item);
    return 0;
}

static int environment_check(const char *item, struct err *e)
{
    size_t name = strspn(item, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                               "0123456789_");

    if (name == 0 || item[name] != '=')
        return err_set(e, "'%s': expected NAME=value", item);
    return 0;
}

static int allow_check(const char *item, struct err *e)
{
    return network_check(item, e) < 0 ? err_prefix(e, "limits.allow: ") : 0;
}

static int proxy_check(const char *item, struct err *e)
{
    return network_check(item, e) < 0 ? err_prefix(e, "proxy.from: ") : 0;
}

const struct setting settings_table[] = {
    TEXT("board.name", board_name, "Perigee", NULL, true, "what the board is called"),
    LIST("listen", listen, "127.0.0.1:2323", address_check, false,
         "HOST:PORT of each telnet listener, or HOST:PORT proxy behind a proxy"),
    LIST("proxy.from", proxy_from, "127.0.0.0/8,::1", proxy_check, true,
         "addresses and networks of proxies that say by the PROXY protocol who calls"),
    TEXT("log.level", log_level, "info", "|error|warn|info|debug|", true, "what is logged"),
    NUMBER("log.file_mb", log_mb, 0, 64, 8, true,
           "MiB of the log in the data folder, half of them an older one; 0: none"),
    TEXT("reload.redraw", reload_redraw, "sysop", "|sysop|all|none|", true,
         "whose screen is redrawn when it is saved"),
    TEXT("reload.canary", reload_canary, "none", "|none|sysop|", true,
         "whose calls have a save before it is promoted; none: it is for all at once"),
    NUMBER("levels.new", level_new, 1, 255, 10, true, "level of a new account"),
    NUMBER("levels.sysop", level_sysop, 2, 255, 100, true, "level from which one is a sysop"),
    NUMBER("limits.callers", max_callers, 1, 1000000, 10000, true, "callers at once"),
    NUMBER("limits.visitors", max_visitors, 1, 1000000, 1000, true,
           "connections at once that have typed nothing"),
    NUMBER("limits.callers_per_address", callers_per_address, 1, 1000000, 10, true,
           "callers at once from one address (or IPv6 /64)"),
    NUMBER("limits.calls_per_minute", calls_per_minute, 1, 1000000, 30, true,
           "calls a minute from one address"),
    NUMBER("limits.visitor_seconds", visitor_seconds, 1, 86400, 60, true,
           "time to type the first key"),
    NUMBER("limits.idle_seconds", idle_seconds, 5, 604800, 900, true,
           "time without a key before a call ends"),
    NUMBER("limits.call_minutes", call_minutes, 1, 10080, 240, true, "length of a call"),
    NUMBER("limits.line_length", line_length, 10, 1000, 250, true,
           "characters in a typed line"),
    NUMBER("limits.login_failures", login_failures, 1, 1000, 10, true,
           "failed logins of an address before it is banned"),
    NUMBER("limits.ban_seconds", ban_seconds, 1, 604800, 900, true, "length of the first ban"),
    NUMBER("limits.output_kb", output_kb, 16, 16384, 64, true,
           "output that may wait for one caller"),
    NUMBER("limits.stalled_seconds", stalled_seconds, 1, 3600, 60, true,
           "a caller who reads nothing for so long is ended"),
    NUMBER("limits.handler_ms", handler_ms, 5, 10000, 20, true,
           "running time of a handler between two waits"),
    NUMBER("limits.handler_mb", handler_mb, 1, 65536, 64, true,
           "memory that a handler may take between two waits"),
    NUMBER("limits.lua_mb", lua_mb, 16, 65536, 256, true, "memory of all Lua"),
    NUMBER("limits.sql_ms", sql_ms, 10, 60000, 2000, true, "running time of a query"),
    NUMBER("limits.sql_rows", sql_rows, 10, 1000000, 10000, true, "rows of a query's result"),
    NUMBER("terminal.baud", baud, 0, 1000000, 0, true,
           "pace of what is sent, as a modem's; any key skips it; 0: none"),
    NUMBER("rooms.history", room_history, 0, 5000, 500, false,
           "lines that are kept of what was said in a room; 0: none"),
    NUMBER("rooms.own", rooms_own, 0, 10000, 5, true, "rooms that a caller may have made"),
    NUMBER("files.part_days", part_days, 1, 3650, 7, true,
           "how long what has come of an upload is kept"),
    NUMBER("files.rate_kb", file_rate_kb, 0, 10000000, 0, true,
           "KiB a second that a file comes or goes at, at most; 0: no limit"),
    LIST("files.roots", file_roots, "", folder_check, true,
         "folders, with their whole path, that handlers may name files in"),
    TEXT("command.user", command_user, "", NULL, true,
         "the system's user whom programs run as; nobody: there are none"),
    TEXT("command.shell", command_shell, "sh", NULL, true,
         "the program that the sysop's desk has as its shell"),
    NUMBER("command.level", command_level, 1, 255, 255, true,
           "level from which callers may run programs"),
    LIST("command.accounts", command_accounts, "", NULL, true,
         "handles of those who may, of that level; none: all of it"),
    CHECKED("command.folder", command_folder, "", folder_check, true,
            "where programs run, its whole path; else in the home of their user"),
    LIST("command.environment", command_environment, "", environment_check, true,
         "NAME=value: what programs find in their environment besides"),
    NUMBER("command.seconds", command_seconds, 1, 604800, 3600, true,
           "how long a program may run"),
    NUMBER("command.cpu_seconds", command_cpu_seconds, 1, 604800, 60, true,
           "processor time of each of its processes"),
    NUMBER("command.memory_mb", command_memory_mb, 1, 1048576, 512, true,
           "memory of each of its processes"),
    NUMBER("command.processes", command_processes, 1, 100000, 64, true,
           "processes that its user may have, all programs together"),
    NUMBER("command.file_mb", command_file_mb, 0, 1048576, 64, true,
           "size of a file that it writes"),
    LIST("dial.hosts", dial_hosts, "", remote_check, true,
         "other systems that callers may be connected to: [NAME=]telnet://HOST[:PORT] "
         "[CHARSET], "
         "or rlogin://"),
    NUMBER("dial.level", dial_level, 1, 255, 10, true,
           "level from which callers may be connected to them"),
    NUMBER("dial.seconds", dial_seconds, 1, 300, 15, true,
           "how long an address of theirs may take to answer"),
    LIST("limits.allow", allow, "127.0.0.0/8,::1", allow_check, true,
         "addresses and networks that no limit by address holds for"),
    {NULL, SETTING_NUMBER, 0, 0, 0, 0, NULL, NULL, NULL, false, NULL},
};

_Static_assert(sizeof(settings_table) / sizeof(settings_table[0]) <= SETTINGS_MOST,
               "more settings than are kept");

bool settings_is_given(const struct settings *s, const struct setting *t)
{
    return s->given[t - settings_table];
}

static void *member(const struct settings *s, const struct setting *t)
{
    return (char *)(uintptr_t)s + t->offset;
}

static void clear_list(struct setting_list *list)
{
    for (unsigned i = 0; i < list->count; i++)
        mem_free(list->items[i]);
    list->count = 0;
}

static void set_default(struct settings *s, const struct setting *t)
{
    struct err ignored;
    const char *rest = t->text;

    if (t->type == SETTING_NUMBER)
        *(long *)member(s, t) = t->number;
    else if (t->type == SETTING_TEXT)
        *(char **)member(s, t) = mem_strdup(t->text);
    while (t->type == SETTING_LIST && *rest) {
        size_t n = strcspn(rest, ",");

        settings_add_item(s, t, span_from(rest, n), &ignored);
        rest += n + (rest[n] == ',');
    }
}

void settings_init(struct settings *s)
{
    *s = (struct settings){0};
    for (const struct setting *t = settings_table; t->name; t++)
        set_default(s, t);
}

static void clear_jobs(struct settings *s)
{
    for (unsigned i = 0; i < s->job_count; i++) {
        mem_free(s->jobs[i].handler);
        mem_free(s->jobs[i].text);
    }
    mem_free(s->jobs);
}

void settings_clear(struct settings *s)
{
    clear_jobs(s);
    for (const struct setting *t = settings_table; t->name; t++) {
        if (t->type == SETTING_TEXT)
            mem_free(*(char **)member(s, t));
        else if (t->type == SETTING_LIST)
            clear_list(member(s, t));
    }
    *s = (struct settings){0};
}

const struct setting *settings_find(struct span name)
{
    for (const struct setting *t = settings_table; t->name; t++) {
        if (span_is(name, t->name))
            return t;
    }
    return NULL;
}

int settings_set_number(struct settings *s, const struct setting *t, long value, struct err *e)
{
    if (t->type != SETTING_NUMBER)
        return err_set(e, "%s is a %s, not a number", t->name,
                       t->type == SETTING_TEXT ? "text" : "list of texts");
    if (value < t->least || value > t->most)
        return err_set(e, "%s is %ld, expected %ld to %ld", t->name, value, t->least, t->most);
    *(long *)member(s, t) = value;
    s->given[t - settings_table] = true;
    return 0;
}

int settings_set_text(struct settings *s, const struct setting *t, struct span value,
                      struct err *e)
{
    char wanted[128];
    char **to = member(s, t);
    char *text;

    if (t->type != SETTING_TEXT)
        return err_set(e, "%s is a %s, not a text", t->name,
                       t->type == SETTING_NUMBER ? "number" : "list of texts");
    snprintf(wanted, sizeof(wanted), "|%.*s|", SPAN_ARG(value));
    if (t->choice && !strstr(t->choice, wanted))
        return err_set(e, "%s is \"%.*s\", expected one of %s", t->name, SPAN_ARG(value),
                       t->choice);
    if (value.len == 0 || value.len > 1000)
        return err_set(e, "%s is empty or too long, expected 1 to 1000 bytes", t->name);
    text = mem_strndup(value.data, value.len);
    if (t->check && t->check(text, e) < 0) {
        mem_free(text);
        return -1;
    }
    mem_free(*to);
    *to = text;
    s->given[t - settings_table] = true;
    return 0;
}

int settings_begin_list(struct settings *s, const struct setting *t, struct err *e)
{
    if (t->type != SETTING_LIST)
        return err_set(e, "%s is a %s, not a list", t->name,
                       t->type == SETTING_NUMBER ? "number" : "text");
    clear_list(member(s, t));
    s->given[t - settings_table] = true;
    return 0;
}

int settings_add_item(struct settings *s, const struct setting *t, struct span item,
                      struct err *e)
{
    struct setting_list *list = member(s, t);
    char *text;

    if (list->count == SETTINGS_LIST_MAX)
        return err_set(e, "%s has more than %d items", t->name, SETTINGS_LIST_MAX);
    if (item.len == 0 || item.len > 255)
        return err_set(e, "%s: item %u is empty or too long", t->name, list->count + 1);
    text = mem_strndup(item.data, item.len);
    if (t->check && t->check(text, e) < 0) {
        mem_free(text);
        return -1;
    }
    list->items[list->count++] = text;
    return 0;
}

static bool is_handler_name(struct span name)
{
    bool has_dot = false;

    for (size_t i = 0; i < name.len; i++) {
        bool is_edge = i == 0 || i + 1 == name.len || name.data[i - 1] == '.';

        if (name.data[i] == '.' && is_edge)
            return false;
        has_dot |= name.data[i] == '.';
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.",
                    name.data[i]))
            return false;
    }
    return has_dot && name.len <= 100;
}

int settings_add_job(struct settings *s, struct span handler, unsigned line, struct err *e)
{
    if (!is_handler_name(handler))
        return err_set(e,
                       "schedule: '%.*s' is no handler's name, expected one like "
                       "\"maintenance.nightly\"",
                       SPAN_ARG(handler));
    if (s->job_count == JOBS_MAX)
        return err_set(e, "schedule has more than %d handlers", JOBS_MAX);
    s->jobs = mem_realloc(s->jobs, (s->job_count + 1) * sizeof(*s->jobs));
    s->jobs[s->job_count++] =
        (struct setting_job){.handler = mem_strndup(handler.data, handler.len),
                             .text = mem_strdup(""),
                             .line = line};
    return 0;
}

static char *join(char *before, const char *text)
{
    char both[JOB_TIMES_MAX * 64];

    snprintf(both, sizeof(both), "%s%s%s", before, before[0] ? ", " : "", text);
    mem_free(before);
    return mem_strdup(both);
}

int settings_add_time(struct settings *s, struct span text, struct err *e)
{
    struct setting_job *j = &s->jobs[s->job_count - 1];
    char one[60];
    struct when *w = &j->times[j->count];

    if (j->count == JOB_TIMES_MAX)
        return err_set(e, "schedule: %s has more than %d times", j->handler, JOB_TIMES_MAX);
    snprintf(one, sizeof(one), "%.*s", SPAN_ARG(text));
    if (when_parse(one, w, e) < 0)
        return err_prefix(e, "schedule: %s: ", j->handler);
    if (j->count > 0 && (w->is_every || j->times[0].is_every))
        return err_set(e,
                       "schedule: %s: '%s': an \"every\" stands alone, expected one of them "
                       "or times of day",
                       j->handler, one);
    j->count++;
    j->text = join(j->text, one);
    return 0;
}

long settings_number(const struct settings *s, const struct setting *t)
{
    return *(long *)member(s, t);
}

const char *settings_text(const struct settings *s, const struct setting *t)
{
    return *(char **)member(s, t);
}

const struct setting_list *settings_list(const struct settings *s, const struct setting *t)
{
    return member(s, t);
}

bool settings_same(const struct settings *a, const struct settings *b, const struct setting *t)
{
    const struct setting_list *la = member(a, t);
    const struct setting_list *lb = member(b, t);

    if (t->type == SETTING_NUMBER)
        return settings_number(a, t) == settings_number(b, t);
    if (t->type == SETTING_TEXT)
        return strcmp(settings_text(a, t), settings_text(b, t)) == 0;
    if (la->count != lb->count)
        return false;
    for (unsigned i = 0; i < la->count; i++) {
        if (strcmp(la->items[i], lb->items[i]) != 0)
            return false;
    }
    return true;
}
