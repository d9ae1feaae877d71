/* settings.h -- the values that a sysop may change, with their names, ranges and defaults: one
 * table, from which the checks, the messages and the help are made. Plain values; where they
 * come from (lua/settings.lua) is not known here. */
#ifndef PERIGEE_BASE_SETTINGS_H
#define PERIGEE_BASE_SETTINGS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/span.h"
#include "base/when.h"

enum { SETTINGS_LIST_MAX = 64, SETTINGS_MOST = 128, JOBS_MAX = 100, JOB_TIMES_MAX = 16 };

struct setting_list {
    char *items[SETTINGS_LIST_MAX];
    unsigned count;
};

/* A handler that is called at times: an item of the table `schedule`. */
struct setting_job {
    char *handler; /* "maintenance.nightly" */
    char *text;    /* its times as they were written, "03:30, 15:30" */
    struct when times[JOB_TIMES_MAX];
    unsigned count; /* an "every" stands alone */
    unsigned line;  /* of the file, for messages */
};

struct settings {
    char *board_name;
    struct setting_list listen; /* HOST:PORT */
    char *log_level;
    long log_mb;
    char *reload_redraw; /* "sysop", "all", "none" */
    char *reload_canary; /* "none", "sysop" */
    long level_new;
    long level_sysop;

    long max_callers;
    long max_visitors;
    long callers_per_address;
    long calls_per_minute; /* from one address */
    long visitor_seconds;
    long idle_seconds;
    long call_minutes;
    long line_length;
    long login_failures; /* of one address, before it is banned */
    long ban_seconds;
    long output_kb;
    long baud;
    long stalled_seconds;
    long handler_ms;
    long handler_mb;
    long lua_mb;
    long sql_ms;
    long sql_rows;
    long room_history;
    long rooms_own;                 /* that a caller may have made */
    long part_days;                 /* what has come of an upload is kept so long */
    long file_rate_kb;              /* KiB a second of a transfer; 0: any */
    struct setting_list file_roots; /* folders that handlers may name files in */
    char *command_user; /* of the system, whom programs run as; "": there are none */
    char *command_shell;
    long command_level;
    struct setting_list command_accounts; /* that may run them; none: all of that level */
    char *command_folder;                 /* "": the user's home */
    struct setting_list command_environment;
    long command_seconds;
    long command_cpu_seconds;
    long command_memory_mb;
    long command_processes;
    long command_file_mb;
    struct setting_list dial_hosts; /* other systems, as base/remote.h reads them */
    long dial_level;
    long dial_seconds;
    bool given[SETTINGS_MOST];      /* by the table's order: it is set, and no default */
    struct setting_list proxy_from; /* addresses and networks that a proxy may be at */
    struct setting_list allow; /* addresses and networks that no limit by address holds for */
    struct setting_job *jobs;  /* in no table: their names are the board's own */
    unsigned job_count;
};

enum setting_type { SETTING_NUMBER, SETTING_TEXT, SETTING_LIST };

struct setting {
    const char *name; /* "limits.callers" */
    enum setting_type type;
    unsigned offset;
    long least;
    long most;
    long number;      /* the default of a number */
    const char *text; /* the default of a text; of a list, its only or comma-separated items */
    int (*check)(const char *item, struct err *e); /* of a text, or each of a list; or NULL */
    const char *choice; /* "|a|b|": what a text may be; NULL: anything */
    bool live;          /* may change while the server runs */
    const char *help;
};

/* All settings; ends with a NULL name. */
extern const struct setting settings_table[];

void settings_init(struct settings *s); /* the defaults */
void settings_clear(struct settings *s);
const struct setting *settings_find(struct span name); /* NULL: unknown */

/* Set one value, checked. -1 and `e`: what was expected. */
int settings_set_number(struct settings *s, const struct setting *t, long value, struct err *e);
int settings_set_text(struct settings *s, const struct setting *t, struct span value,
                      struct err *e);
int settings_begin_list(struct settings *s, const struct setting *t, struct err *e); /* empty */
int settings_add_item(struct settings *s, const struct setting *t, struct span item,
                      struct err *e);

/* One more job, and one more time of the last one. */
int settings_add_job(struct settings *s, struct span handler, unsigned line, struct err *e);
int settings_add_time(struct settings *s, struct span text, struct err *e);

bool settings_is_given(const struct settings *s, const struct setting *t);
bool settings_same(const struct settings *a, const struct settings *b, const struct setting *t);
long settings_number(const struct settings *s, const struct setting *t);
const char *settings_text(const struct settings *s, const struct setting *t);
const struct setting_list *settings_list(const struct settings *s, const struct setting *t);

#endif
