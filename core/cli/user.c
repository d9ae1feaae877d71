#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/settings.h"
#include "base/utf8.h"
#include "cli/cli.h"
#include "cli/tty.h"
#include "server/ask.h"
#include "server/check.h"
#include "store/audit.h"
#include "store/traces.h"

enum { LEVEL_MOST = 255 };

/* What a call of `perigee user` is about. */
struct call {
    const struct command *self;
    const char *board;
    const char *data; /* as given, or NULL */
    const char *nick;
    const char *level;
    bool password_stdin;
    bool yes;
    bool anonymise;
    char folder[PATH_MAX]; /* the data folder */
    char **words;          /* behind the action's name */
    int count;
    char detail[64]; /* of what was done, for the audit table */
    int64_t into;    /* the account that it was merged into; 0: none */
    struct db *db;
};

/* What an action needs done around it, and which options it knows. */
enum {
    FINDS = 1,   /* the account of the first word, before it runs */
    CHANGES = 2, /* that account: a running server is told */
    MAKES = 4,   /* the data folder and the database, where they are missing */
    NICK = 8,
    LEVEL = 16,
    PASSWORD = 32,
    YES = 64,
    ANONYMISE = 128,
    ENDS = 256, /* the account is gone afterwards */
};

struct action {
    const char *name;
    int (*run)(struct call *c, struct account *a); /* the exit status, or CLI_DONE */
    int least;                                     /* words */
    int most;
    unsigned flags;
    const char *audit; /* what it is called in the audit table; NULL: nothing is changed */
};

static int failed(const struct call *c, const struct err *e)
{
    return cli_say(c->self, CLI_FAILED, "%s", e->text);
}

/* --- words to values --- */

static bool read_level(const char *text, int *level)
{
    char *end;
    long n;

    errno = 0;
    n = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || n < 1 || n > LEVEL_MOST)
        return false;
    *level = (int)n;
    return true;
}

static int take_level(const struct call *c, const char *text, int *level)
{
    if (read_level(text, level))
        return CLI_DONE;
    return cli_say(c->self, CLI_WRONG, "level %s: expected a number from 1 to %d", text,
                   LEVEL_MOST);
}

/* Levels as the board has them; wrong settings are worth a word, and the defaults hold. */
static void read_levels(const struct call *c, int *new_account, int *sysop)
{
    struct settings s;
    struct err e;

    if (board_settings(c->board, &s, &e) < 0)
        cli_say(c->self, CLI_DONE, "%s: the default settings are used", e.text);
    *new_account = (int)s.level_new;
    *sysop = (int)s.level_sysop;
    settings_clear(&s);
}

/* What the store says to a change of the only one who can look after the board. */
static int last_sysop(const struct call *c, int rc, int sysop, const struct err *e)
{
    if (rc > 0)
        return cli_say(c->self, CLI_NO, "%s, with perigee user level HANDLE %d", e->text,
                       sysop);
    return rc < 0 ? failed(c, e) : CLI_DONE;
}

/* Is `a` the only one who can look after the board, and will not be? */
static int check_is_not_last(const struct call *c, const struct account *a, int new_level)
{
    int standard;
    int sysop;
    struct err e;

    read_levels(c, &standard, &sysop);
    if (new_level >= sysop)
        return CLI_DONE;
    return last_sysop(c, account_is_last(c->db, a, sysop, &e), sysop, &e);
}

/* --- passwords --- */

enum { PASSWORD_BUF = PASSWORD_MOST + 2 }; /* one more than may be, to see what is too long */

static int ask_password(const struct call *c, char *out)
{
    char again[PASSWORD_BUF];
    bool same;

    if (!tty_is_possible())
        return cli_say(c->self, CLI_WRONG,
                       "there is no terminal to type the password on: use --password-stdin");
    if (tty_hidden("Password: ", out, PASSWORD_BUF) < 0 ||
        tty_hidden("The same again: ", again, sizeof(again)) < 0)
        return cli_say(c->self, CLI_NO, "no password was given, nothing was changed");
    same = strcmp(out, again) == 0;
    explicit_bzero(again, sizeof(again));
    if (!same)
        return cli_say(c->self, CLI_NO, "the two are not the same, nothing was changed");
    return CLI_DONE;
}

static int take_password(const struct call *c, char *out, size_t *len)
{
    int status = CLI_DONE;
    int n;

    if (!c->password_stdin) {
        status = ask_password(c, out);
        *len = strlen(out);
        return status;
    }
    n = tty_line(out, PASSWORD_BUF);
    if (n < 0)
        return cli_say(c->self, CLI_WRONG, "--password-stdin: standard input is empty");
    *len = (size_t)n;
    return CLI_DONE;
}

/* Get a password that is fit for `handle`, and its hash. */
static int take_hash(const struct call *c, struct span handle, char hash[PASSWORD_HASH_MAX])
{
    char password[PASSWORD_BUF] = "";
    size_t len = 0;
    int status = take_password(c, password, &len);
    const char *problem;
    struct err e;

    if (status == CLI_DONE) {
        problem = account_password_problem(span_from(password, len), handle);
        if (problem)
            status = cli_say(c->self, CLI_WRONG, "%s", problem);
        else if (password_hash(password, hash, &e) < 0)
            status = failed(c, &e);
    }
    explicit_bzero(password, sizeof(password));
    return status;
}

/* --- printing --- */

/* What is in the database may have been written by handlers: no control characters to the
 * sysop's terminal. Cut and filled up to `columns`. */
static void print_text(struct span s, unsigned columns)
{
    unsigned used = 0;

    while (s.len > 0) {
        struct span rest = s;
        uint32_t cp = utf8_next(&rest, NULL);
        bool is_control = cp < 0x20 || (cp >= 0x7F && cp < 0xA0);
        unsigned width = is_control ? 1 : utf8_width(cp);

        if (used + width > columns)
            break;
        if (is_control)
            putchar('?');
        else
            fwrite(s.data, 1, s.len - rest.len, stdout);
        used += width;
        s = rest;
    }
    printf("%*s", (int)(columns - used), "");
}

static void format_time(char *out, size_t size, struct value v)
{
    time_t t = v.type == VALUE_INTEGER ? (time_t)v.integer : 0;
    struct tm tm;

    if (t <= 0 || !localtime_r(&t, &tm) || strftime(out, size, "%Y-%m-%d %H:%M", &tm) == 0)
        snprintf(out, size, "never");
}

enum { HANDLE_AT, NICK_AT, LEVEL_AT, CALLS_AT, LAST_CALL_AT, LOCKED_AT };

static void print_row(const struct rows *rows, unsigned row)
{
    char last[32];

    format_time(last, sizeof(last), rows_at(rows, row, LAST_CALL_AT));
    print_text(rows_at(rows, row, HANDLE_AT).text, ACCOUNT_HANDLE_MAX);
    printf("  ");
    print_text(rows_at(rows, row, NICK_AT).text, ACCOUNT_NICK_MAX);
    printf("  %5" PRId64 "  %6" PRId64 "  %-16s  %s\n", rows_at(rows, row, LEVEL_AT).integer,
           rows_at(rows, row, CALLS_AT).integer, last,
           rows_at(rows, row, LOCKED_AT).integer ? "yes" : "no");
}

static int list(struct call *c, struct account *a)
{
    const char *search = c->count > 0 ? c->words[0] : "";
    const struct value key = {.type = VALUE_TEXT, .text = span_of(search)};
    struct rows *rows;
    struct err e;
    unsigned count;

    (void)a;
    if (db_run(c->db,
               SPAN_LIT("SELECT handle, nick_name, level, calls, last_call, locked FROM users "
                        "WHERE instr(lower(handle || char(10) || nick_name), lower(?)) "
                        "ORDER BY handle"),
               &key, 1, &rows, &e) < 0)
        return failed(c, &e);
    count = rows->count;
    if (count > 0 || c->count == 0)
        printf("%-20s  %-20s  level   calls  %-16s  locked\n", "handle", "nick name",
               "last call");
    for (unsigned i = 0; i < count; i++)
        print_row(rows, i);
    rows_free(rows);
    if (count == 0 && c->count > 0)
        return cli_say(c->self, CLI_NO, "nobody has %s in a name", search);
    return CLI_DONE;
}

/* How a column of `show` is to be read. */
enum show_as { AS_IT_IS, AS_TIME, AS_WAIT, AS_QUESTION };

static const struct {
    const char *title;
    enum show_as as;
} shown[] = {
    {"handle", AS_IT_IS},        {"nick name", AS_IT_IS}, {"id", AS_IT_IS},
    {"level", AS_IT_IS},         {"locked", AS_QUESTION}, {"calls", AS_IT_IS},
    {"minutes", AS_IT_IS},       {"first call", AS_TIME}, {"last call", AS_TIME},
    {"failed logins", AS_IT_IS}, {"next login", AS_WAIT}, {"must change password", AS_QUESTION},
};

static void print_field(const char *title, enum show_as as, struct value v)
{
    char time_text[32];

    printf("%-20s  ", title);
    if (as == AS_TIME) {
        format_time(time_text, sizeof(time_text), v);
        printf("%s", time_text);
    } else if (as == AS_WAIT && v.integer <= time(NULL)) {
        printf("at any time");
    } else if (as == AS_WAIT) {
        printf("in %d s", (int)(v.integer - time(NULL)));
    } else if (as == AS_QUESTION) {
        printf("%s", v.integer ? "yes" : "no");
    } else if (v.type == VALUE_TEXT) {
        print_text(v.text, utf8_columns(v.text));
    } else {
        printf("%" PRId64, v.integer);
    }
    putchar('\n');
}

static int show(struct call *c, struct account *a)
{
    const struct value key = {.type = VALUE_INTEGER, .integer = a->id};
    struct rows *rows;
    struct err e;

    if (db_run(c->db,
               SPAN_LIT("SELECT u.handle, u.nick_name, u.id, u.level, u.locked, u.calls, "
                        "u.minutes, u.first_call, u.last_call, p.failures, p.retry_at, "
                        "p.must_change FROM users u JOIN passwords p ON p.user = u.id "
                        "WHERE u.id = ?"),
               &key, 1, &rows, &e) < 0)
        return failed(c, &e);
    for (unsigned i = 0; rows->count > 0 && i < rows->columns; i++)
        print_field(shown[i].title, shown[i].as, rows_at(rows, 0, i));
    rows_free(rows);
    return CLI_DONE;
}

/* --- changing --- */

static int check_names(struct call *c, struct span handle, struct span nick)
{
    const char *problem = account_handle_problem(handle);

    if (!problem)
        problem = account_nick_problem(nick);
    return problem ? cli_say(c->self, CLI_WRONG, "%s", problem) : CLI_DONE;
}

/* Said before a password is typed in vain. */
static int check_is_free(struct call *c, struct span handle)
{
    struct account a;
    struct err e;

    switch (account_find(c->db, handle, &a, &e)) {
    case 0:
        return CLI_DONE;
    case 1:
        return cli_say(c->self, CLI_NO, "The handle %s is taken", a.handle);
    default:
        return failed(c, &e);
    }
}

/* The record and its password together or not at all. */
static int insert(struct call *c, struct span handle, struct span nick, const char *hash,
                  int level)
{
    struct err e;
    struct err ignored;
    int rc = db_exec(c->db, "BEGIN IMMEDIATE", &e);

    if (rc < 0)
        return failed(c, &e);
    rc = account_add(c->db, handle, nick, hash, level, false, &e);
    if (rc == 0)
        rc = db_exec(c->db, "COMMIT", &e);
    if (rc == 0)
        return CLI_DONE;
    db_exec(c->db, "ROLLBACK", &ignored);
    return cli_say(c->self, rc > 0 ? CLI_NO : CLI_FAILED, "%s", e.text);
}

static int add(struct call *c, struct account *a)
{
    struct span handle = span_of(c->words[0]);
    struct span nick = c->nick ? span_of(c->nick) : handle;
    int level;
    int sysop;
    char hash[PASSWORD_HASH_MAX];
    struct err e;
    int status = check_names(c, handle, nick);

    read_levels(c, &level, &sysop);
    if (status == CLI_DONE && c->level)
        status = take_level(c, c->level, &level);
    if (status == CLI_DONE)
        status = check_is_free(c, handle);
    if (status == CLI_DONE)
        status = take_hash(c, handle, hash);
    if (status == CLI_DONE)
        status = insert(c, handle, nick, hash, level);
    if (status != CLI_DONE)
        return status;
    if (account_find(c->db, handle, a, &e) < 0)
        return failed(c, &e);
    printf("%s was added, level %d\n", c->words[0], level);
    return CLI_DONE;
}

static int passwd(struct call *c, struct account *a)
{
    char hash[PASSWORD_HASH_MAX];
    struct err e;
    int status = take_hash(c, span_of(a->handle), hash);

    if (status != CLI_DONE)
        return status;
    if (account_set_hash(c->db, a->id, hash, false, &e) < 0)
        return failed(c, &e);
    printf("%s has a new password\n", a->handle);
    return CLI_DONE;
}

static int set_level(struct call *c, struct account *a)
{
    struct err e;
    int level = 0;
    int status = take_level(c, c->words[1], &level);

    if (status == CLI_DONE)
        status = check_is_not_last(c, a, level);
    if (status != CLI_DONE)
        return status;
    if (account_set_level(c->db, a->id, level, &e) < 0)
        return failed(c, &e);
    snprintf(c->detail, sizeof(c->detail), "level: %d -> %d", a->level, level);
    printf("%s has level %d, and had %d\n", a->handle, level, a->level);
    return CLI_DONE;
}

static int set_locked(struct call *c, struct account *a, bool locked)
{
    struct err e;
    int status = locked ? check_is_not_last(c, a, 0) : CLI_DONE;

    if (status != CLI_DONE)
        return status;
    if (account_set_locked(c->db, a->id, locked, &e) < 0)
        return failed(c, &e);
    printf("%s %s\n", a->handle, locked ? "is locked" : "is not locked");
    return CLI_DONE;
}

static int lock(struct call *c, struct account *a)
{
    return set_locked(c, a, true);
}

static int unlock(struct call *c, struct account *a)
{
    return set_locked(c, a, false);
}

static int ask(const struct call *c, const struct account *a, const char *question,
               const char *what)
{
    if (!c->yes && !tty_is_possible())
        return cli_say(c->self, CLI_WRONG, "there is no terminal to ask on: use --yes");
    if (!c->yes && !tty_yes(question))
        return cli_say(c->self, CLI_NO, "%s was not %s", a->handle, what);
    return CLI_DONE;
}

/* Delete it, or merge it into another: all of that, or nothing. */
static int end_account(const struct call *c, const struct account *a,
                       const struct account *into)
{
    enum account_end how = c->anonymise ? ACCOUNT_ANONYMISED : ACCOUNT_ERASED;
    int standard;
    int sysop;
    struct err e;
    struct err ignored;
    int rc = db_exec(c->db, "BEGIN IMMEDIATE", &e);

    if (rc < 0)
        return failed(c, &e);
    read_levels(c, &standard, &sysop);
    rc = into ? account_merge(c->db, a, into, sysop, &e)
              : account_delete(c->db, a, how, sysop, &e);
    if (rc == 0)
        rc = db_exec(c->db, "COMMIT", &e);
    if (rc != 0)
        db_exec(c->db, "ROLLBACK", &ignored);
    return last_sysop(c, rc, sysop, &e);
}

static int erase(struct call *c, struct account *a)
{
    char question[160];
    int status = check_is_not_last(c, a, 0);

    snprintf(question, sizeof(question), "Delete the account of %s for good%s? (yes/no) ",
             a->handle,
             c->anonymise ? ", and leave what was said without a name"
                          : ", with all that was said there");
    if (status == CLI_DONE)
        status = ask(c, a, question, "deleted");
    if (status == CLI_DONE)
        status = end_account(c, a, NULL);
    if (status == CLI_DONE)
        printf("%s was deleted\n", a->handle);
    snprintf(c->detail, sizeof(c->detail), "%s",
             c->anonymise ? "anonymised" : "with all traces");
    return status;
}

static int find(const struct call *c, const char *handle, struct account *a)
{
    struct err e;

    switch (account_find(c->db, span_of(handle), a, &e)) {
    case 1:
        return CLI_DONE;
    case 0:
        return cli_say(c->self, CLI_NO, "nobody has the handle %s", handle);
    default:
        return failed(c, &e);
    }
}

static int merge(struct call *c, struct account *a)
{
    struct account into;
    char question[160];
    int status = find(c, c->words[1], &into);

    if (status == CLI_DONE && into.id == a->id)
        status = cli_say(c->self, CLI_WRONG, "%s and %s are the same account", c->words[0],
                         c->words[1]);
    if (status != CLI_DONE)
        return status;
    snprintf(question, sizeof(question),
             "Give all of %s's to %s, and delete %s for good? (yes/no) ", a->handle,
             into.handle, a->handle);
    status = ask(c, a, question, "merged");
    if (status == CLI_DONE)
        status = end_account(c, a, &into);
    if (status == CLI_DONE)
        printf("%s was merged into %s\n", a->handle, into.handle);
    snprintf(c->detail, sizeof(c->detail), "into %s", into.handle);
    c->into = into.id;
    explicit_bzero(&into, sizeof(into));
    return status;
}

/* --- around the actions --- */

static const struct action actions[] = {
    {"add", add, 1, 1, MAKES | CHANGES | NICK | LEVEL | PASSWORD, "add account"},
    {"list", list, 0, 1, 0, NULL},
    {"show", show, 1, 1, FINDS, NULL},
    {"passwd", passwd, 1, 1, FINDS | CHANGES | PASSWORD, "new password"},
    {"level", set_level, 2, 2, FINDS | CHANGES, "edit account"},
    {"lock", lock, 1, 1, FINDS | CHANGES, "lock account"},
    {"unlock", unlock, 1, 1, FINDS | CHANGES, "unlock account"},
    {"delete", erase, 1, 1, FINDS | CHANGES | YES | ANONYMISE | ENDS, "delete account"},
    {"merge", merge, 2, 2, FINDS | CHANGES | YES | ENDS, "merge account"},
};

static const struct action *find_action(const char *name)
{
    for (unsigned i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    }
    return NULL;
}

/* An option that an action would ignore is a mistake of the sysop's. */
static const char *option_too_many(const struct call *c, unsigned flags)
{
    const struct {
        unsigned flag;
        bool given;
        const char *name;
    } options[] = {
        {NICK, c->nick != NULL, "--nick"},
        {LEVEL, c->level != NULL, "--level"},
        {PASSWORD, c->password_stdin, "--password-stdin"},
        {YES, c->yes, "--yes"},
        {ANONYMISE, c->anonymise, "--anonymise"},
    };

    for (unsigned i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (options[i].given && !(flags & options[i].flag))
            return options[i].name;
    }
    return NULL;
}

static int check_use(struct call *c, const struct action *action)
{
    const char *option = option_too_many(c, action->flags);

    if (option)
        return cli_wrong(c->self, "%s: unknown option %s", action->name, option);
    if (c->count < action->least)
        return cli_wrong(c->self, "%s: an argument is missing", action->name);
    if (c->count > action->most)
        return cli_wrong(c->self, "%s: one argument too many: %s", action->name,
                         c->words[action->most]);
    return CLI_DONE;
}

static int open_database(struct call *c, bool makes)
{
    char path[PATH_MAX + 16];
    struct err e;

    umask(0077); /* the file has the passwords' hashes */
    if (makes && mkdir(c->folder, 0700) < 0 && errno != EEXIST)
        return cli_say(c->self, CLI_FAILED, "make %s: %s", c->folder, strerror(errno));
    snprintf(path, sizeof(path), "%s/perigee.db", c->folder);
    if (!makes && access(path, F_OK) < 0)
        return cli_say(c->self, CLI_FAILED,
                       "open %s: %s; `user add` or `serve` makes it, --board or --data says "
                       "where it is",
                       path, strerror(errno));
    c->db = db_open(path, true, &e);
    return c->db ? CLI_DONE : failed(c, &e);
}

/* The change is done, heard of or not: a server that cannot be told is worth a word only. */
static void tell_server(const struct call *c, const struct account *a, bool has_ended)
{
    char request[256];
    struct buf answer;
    struct err e;
    int rc;

    if (has_ended)
        snprintf(request, sizeof(request), "account-ended %" PRId64 " %" PRId64 " %d %s", a->id,
                 c->into, c->anonymise, a->nick_name);
    else
        snprintf(request, sizeof(request), "user-changed %" PRId64, a->id);
    buf_init(&answer, BUF_LARGE);
    rc = ask_server(c->folder, request, &answer, &e);
    if (rc < 0 || rc == 2)
        cli_say(c->self, CLI_DONE, "done, but the running server could not be told: %s",
                e.text);
    buf_clear(&answer);
}

/* By whom: the user of the system. */
static void write_down(const struct call *c, const char *what, const struct account *a)
{
    struct err e;

    if (audit_add(c->db, getuid(), what, span_of(a->handle), span_of(c->detail), &e) < 0)
        cli_say(c->self, CLI_DONE, "done, but it could not be written down: %s", e.text);
}

static int run_action(struct call *c, const struct action *action)
{
    struct account a = {0};
    int status = open_database(c, action->flags & MAKES);

    if (status == CLI_DONE && (action->flags & FINDS))
        status = find(c, c->words[0], &a);
    if (status == CLI_DONE)
        status = action->run(c, &a);
    if (status == CLI_DONE && action->audit)
        write_down(c, action->audit, &a);
    db_close(c->db);
    if (status == CLI_DONE && (action->flags & CHANGES))
        tell_server(c, &a, action->flags & ENDS);
    explicit_bzero(&a, sizeof(a));
    return status;
}

int user_run(const struct command *self, int argc, char **argv)
{
    struct call c = {.self = self, .board = "."};
    const struct option options[] = {
        {.name = "board", .values = &c.board},
        {.name = "data", .values = &c.data},
        {.name = "nick", .values = &c.nick},
        {.name = "level", .values = &c.level},
        {.name = "password-stdin", .flag = &c.password_stdin},
        {.name = "yes", .flag = &c.yes},
        {.name = "anonymise", .flag = &c.anonymise},
        {.name = NULL},
    };
    int status = cli_take(self, options, &argc, argv, 1, INT_MAX);
    const struct action *action;

    if (status >= 0)
        return status;
    action = find_action(argv[0]);
    if (!action)
        return cli_wrong(self, "unknown action %s", argv[0]);
    c.words = argv + 1;
    c.count = argc - 1;
    status = check_use(&c, action);
    if (status != CLI_DONE)
        return status;
    if (cli_data_folder(self, c.board, c.data, c.folder) < 0)
        return CLI_FAILED;
    return run_action(&c, action);
}
