#include "server/test_run.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "client/timer.h"
#include "server/files.h"
#include "server/stand.h"
#include "server/tested.h"
#include "term/draw.h"

enum { PATH_LEN = 2048, FILES_MOST = 1000 };

#define TESTS "lua/tests/"

struct runner {
    struct test_run *run;
    struct stand *stand;
    struct buf visited; /* lines "- NAME" of all there is, "+ NAME" of what was used */
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    stopped = number;
}

/* --- answers --- */

static void give(struct tests_answer *out, struct value v)
{
    out->values[out->count++] = v;
}

static void give_integer(struct tests_answer *out, int64_t n)
{
    give(out, (struct value){.type = VALUE_INTEGER, .integer = n});
}

/* All that is in out->text. */
static void give_text(struct tests_answer *out)
{
    give(out, (struct value){.type = VALUE_TEXT, .text = buf_span(&out->text)});
}

/* --- arguments: tests.lua has looked at their types --- */

struct arguments {
    const struct value *values;
    unsigned count;
};

static struct span text_at(const struct arguments *a, unsigned i)
{
    bool is = i < a->count && a->values[i].type == VALUE_TEXT;

    return is ? a->values[i].text : SPAN_LIT("");
}

/* NULL where it is no text. Lua's texts end with a NUL. */
static const char *name_at(const struct arguments *a, unsigned i)
{
    return i < a->count && a->values[i].type == VALUE_TEXT ? a->values[i].text.data : NULL;
}

static double number_at(const struct arguments *a, unsigned i)
{
    struct value v = i < a->count ? a->values[i] : (struct value){0};

    if (v.type == VALUE_NUMBER)
        return v.number;
    return v.type == VALUE_INTEGER ? (double)v.integer : 0;
}

/* --- what tests do --- */

typedef int act(struct runner *r, const struct arguments *a, struct tests_answer *out,
                struct err *e);

static int act_print(struct runner *r, const struct arguments *a, struct tests_answer *out,
                     struct err *e)
{
    (void)out;
    (void)e;
    if (!stopped)
        r->run->print(r->run->arg, text_at(a, 0));
    return 0;
}

static int act_progress(struct runner *r, const struct arguments *a, struct tests_answer *out,
                        struct err *e)
{
    (void)out;
    (void)e;
    r->run->progress(r->run->arg, text_at(a, 0).data);
    return 0;
}

static int act_now(struct runner *r, const struct arguments *a, struct tests_answer *out,
                   struct err *e)
{
    (void)r;
    (void)a;
    (void)e;
    give(out, (struct value){.type = VALUE_NUMBER, .number = timer_now()});
    return 0;
}

static int act_random(struct runner *r, const struct arguments *a, struct tests_answer *out,
                      struct err *e)
{
    uint32_t n = 1;

    (void)r;
    (void)a;
    (void)e;
    getrandom(&n, sizeof(n), 0);
    give_integer(out, n % 1000000 + 1);
    return 0;
}

static int act_start(struct runner *r, const struct arguments *a, struct tests_answer *out,
                     struct err *e)
{
    (void)out;
    return stand_start(r->stand, value_is_true(a->values[0]), e);
}

static int act_restart(struct runner *r, const struct arguments *a, struct tests_answer *out,
                       struct err *e)
{
    (void)a;
    (void)out;
    return stand_restart(r->stand, e);
}

static int act_account(struct runner *r, const struct arguments *a, struct tests_answer *out,
                       struct err *e)
{
    (void)out;
    return stand_account(r->stand, name_at(a, 0), name_at(a, 1), name_at(a, 2),
                         (int)number_at(a, 3), e);
}

static int act_dial(struct runner *r, const struct arguments *a, struct tests_answer *out,
                    struct err *e)
{
    struct stand_call call = {.terminal = {.columns = (unsigned)number_at(a, 0),
                                           .rows = (unsigned)number_at(a, 1),
                                           .ansi = value_is_true(a->values[3])},
                              .handle = name_at(a, 4),
                              .keyword = name_at(a, 5),
                              .address = name_at(a, 6)};
    int number;

    if (!charset_find(text_at(a, 2), &call.terminal.charset))
        return err_set(e, "charset \"%.*s\": cp437, utf-8 or ascii expected",
                       SPAN_ARG(text_at(a, 2)));
    number = stand_dial(r->stand, &call, e);
    give_integer(out, number);
    return number < 0 ? -1 : 0;
}

static int act_settle(struct runner *r, const struct arguments *a, struct tests_answer *out,
                      struct err *e)
{
    struct stand_state state;

    if (stand_settle(r->stand, (unsigned)number_at(a, 0), number_at(a, 1), &state, e) < 0)
        return -1;
    if (state.is_over)
        return 0;
    buf_add_text(&out->text, state.keyword);
    give_text(out);
    give(out, (struct value){.type = VALUE_BOOLEAN, .boolean = state.is_settled});
    give_integer(out, state.node);
    give_integer(out, state.level);
    return 0;
}

static int act_wait(struct runner *r, const struct arguments *a, struct tests_answer *out,
                    struct err *e)
{
    (void)out;
    (void)e;
    stand_wait(r->stand, number_at(a, 0));
    return 0;
}

static int act_type(struct runner *r, const struct arguments *a, struct tests_answer *out,
                    struct err *e)
{
    (void)out;
    (void)e;
    stand_type(r->stand, (unsigned)number_at(a, 0), text_at(a, 1));
    return 0;
}

static int act_hang_up(struct runner *r, const struct arguments *a, struct tests_answer *out,
                       struct err *e)
{
    (void)out;
    (void)e;
    stand_hang_up(r->stand, (unsigned)number_at(a, 0));
    return 0;
}

static int act_release(struct runner *r, const struct arguments *a, struct tests_answer *out,
                       struct err *e)
{
    (void)out;
    (void)e;
    stand_release(r->stand, (unsigned)number_at(a, 0));
    return 0;
}

static const struct picture *picture_at(struct runner *r, const struct arguments *a)
{
    return stand_picture(r->stand, (unsigned)number_at(a, 0));
}

static int act_rows(struct runner *r, const struct arguments *a, struct tests_answer *out,
                    struct err *e)
{
    const struct picture *p = picture_at(r, a);
    const struct draw_limits plain = {.no_colors = true};

    (void)e;
    for (unsigned row = 0; row < picture_rows(p); row++) {
        draw_row(p, row, &plain, &out->text);
        buf_add_byte(&out->text, '\n');
    }
    give_text(out);
    return 0;
}

static int act_look(struct runner *r, const struct arguments *a, struct tests_answer *out,
                    struct err *e)
{
    (void)e;
    draw_pipes(picture_at(r, a), &out->text);
    give_text(out);
    return 0;
}

static int act_drawn(struct runner *r, const struct arguments *a, struct tests_answer *out,
                     struct err *e)
{
    const struct draw_limits limits = {.no_colors = r->run->is_plain};

    (void)e;
    draw_text(picture_at(r, a), &limits, &out->text);
    give_text(out);
    return 0;
}

static int act_ask(struct runner *r, const struct arguments *a, struct tests_answer *out,
                   struct err *e)
{
    if (stand_ask(r->stand, name_at(a, 0), &out->text, e) < 0)
        return -1;
    give_text(out);
    return 0;
}

static int act_errors(struct runner *r, const struct arguments *a, struct tests_answer *out,
                      struct err *e)
{
    (void)a;
    (void)e;
    stand_errors(r->stand, &out->text);
    give_text(out);
    return 0;
}

/* What this test has used, of what there is. */
static int act_visited(struct runner *r, const struct arguments *a, struct tests_answer *out,
                       struct err *e)
{
    (void)a;
    if (stand_ask(r->stand, "visited", &out->text, e) < 0)
        return -1;
    buf_add(&r->visited, buf_span(&out->text));
    return 0;
}

/* --- files --- */

static int make_folders(char *path, struct err *e)
{
    for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
        *p = '\0';
        if (mkdir(path, 0777) < 0 && errno != EEXIST)
            return err_set(e, "make %s: %s", path, strerror(errno));
        *p = '/';
    }
    return 0;
}

static int write_whole(char *path, struct span text, struct err *e)
{
    int fd;
    ssize_t n;

    if (make_folders(path, e) < 0)
        return -1;
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    n = fd < 0 ? -1 : write(fd, text.data, text.len);
    if (fd >= 0 && close(fd) < 0)
        n = -1;
    if (n != (ssize_t)text.len)
        return err_set(e, "write %s: %s", path, n < 0 ? strerror(errno) : "the disk is full");
    return 0;
}

static bool is_inside(const char *path)
{
    return path[0] && path[0] != '/' && !strstr(path, "..");
}

static int act_put(struct runner *r, const struct arguments *a, struct tests_answer *out,
                   struct err *e)
{
    const char *name = name_at(a, 0);
    char path[PATH_LEN];

    (void)out;
    if (!is_inside(name))
        return err_set(e, "file '%s': a path below the data folder's files/ expected", name);
    snprintf(path, sizeof(path), "%s/files/%s", stand_data(r->stand), name);
    return write_whole(path, text_at(a, 1), e);
}

/* Into the copy of the board that is tested; in use when this is over. */
static int act_change(struct runner *r, const struct arguments *a, struct tests_answer *out,
                      struct err *e)
{
    const char *name = name_at(a, 0);
    char path[PATH_LEN];
    bool is_board = span_starts_with(text_at(a, 0), "screens/") ||
                    span_starts_with(text_at(a, 0), "lua/") ||
                    span_starts_with(text_at(a, 0), "doors/");

    if (!is_board || !is_inside(name))
        return err_set(e, "write '%s': a path below screens/, lua/ or doors/ expected", name);
    snprintf(path, sizeof(path), "%s/%s", stand_board(r->stand), name);
    return write_whole(path, text_at(a, 1), e) < 0
               ? -1
               : stand_ask(r->stand, "reload", &out->text, e);
}

/* A snapshot, beside its test: in the sysop's own board. */
static int act_write(struct runner *r, const struct arguments *a, struct tests_answer *out,
                     struct err *e)
{
    char path[PATH_LEN];

    (void)out;
    snprintf(path, sizeof(path), "%s/%s", r->run->board, name_at(a, 0));
    return write_whole(path, text_at(a, 1), e);
}

static bool read_text(void *arg, const char *path, struct buf *text)
{
    struct runner *r = arg;
    struct err ignored;

    return is_inside(path) && file_read(r->run->board, path, text, &ignored) == 0;
}

static const struct {
    const char *what;
    act *act;
} acts[] = {
    {"account", act_account}, {"ask", act_ask},           {"change", act_change},
    {"dial", act_dial},       {"drawn", act_drawn},       {"errors", act_errors},
    {"hang_up", act_hang_up}, {"look", act_look},         {"now", act_now},
    {"print", act_print},     {"progress", act_progress}, {"put", act_put},
    {"random", act_random},   {"release", act_release},   {"restart", act_restart},
    {"rows", act_rows},       {"settle", act_settle},     {"start", act_start},
    {"type", act_type},       {"visited", act_visited},   {"wait", act_wait},
    {"write", act_write},
};

static int do_act(void *arg, const char *what, const struct value *args, unsigned count,
                  struct tests_answer *out, struct err *e)
{
    const struct arguments a = {args, count};

    if (stopped && strcmp(what, "print") != 0)
        return err_set(e, "stopped");
    for (unsigned i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
        if (strcmp(acts[i].what, what) == 0)
            return acts[i].act(arg, &a, out, e);
    }
    return err_set(e, "there is no '%s'", what);
}

static bool goes_on(void *arg)
{
    (void)arg;
    return !stopped;
}

/* --- what was never visited --- */

/* "screens/chat/room.40.txt" is of the keyword "chat/room"; a handler is its own name. */
static struct span unit_of(struct span name, bool *is_screen)
{
    *is_screen = span_starts_with(name, "screens/");
    if (!*is_screen)
        return name;
    span_take(&name, 8);
    name.len -= 4;
    return library_keyword(name);
}

static void add_line(struct buf *list, struct span line)
{
    if (span_has_line(buf_span(list), line))
        return;
    buf_add(list, line);
    buf_add_byte(list, '\n');
}

static void sum_up(struct runner *r)
{
    struct buf used;

    buf_init(&used, BUF_LARGE);
    for (int pass = 0; pass < 2; pass++) {
        struct span rest = buf_span(&r->visited);

        while (rest.len > 2) {
            struct span line = span_take_line(&rest);
            bool is_used = line.data[0] == '+';
            bool is_screen;
            struct span unit;

            span_take(&line, 2);
            unit = unit_of(line, &is_screen);
            if (pass == 0 && is_used)
                add_line(&used, unit);
            else if (pass == 1 && !span_has_line(buf_span(&used), unit))
                add_line(is_screen ? &r->run->screens : &r->run->handlers, unit);
        }
    }
    buf_clear(&used);
}

/* --- the run --- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static unsigned find_files(const char *board, char **out)
{
    char path[PATH_LEN];
    struct dirent *entry;
    unsigned count = 0;
    DIR *dir;

    snprintf(path, sizeof(path), "%s/" TESTS, board);
    dir = opendir(path);
    while (dir && count < FILES_MOST && (entry = readdir(dir))) {
        size_t len = strlen(entry->d_name);

        if (entry->d_name[0] == '.' || len < 5 || strcmp(entry->d_name + len - 4, ".lua") != 0)
            continue;
        snprintf(path, sizeof(path), TESTS "%s", entry->d_name);
        out[count++] = mem_strdup(path);
    }
    if (dir)
        closedir(dir);
    qsort(out, count, sizeof(*out), by_name);
    return count;
}

/* Root becomes nobody; others stay who they are. */
static const char *programs_user(void)
{
    const struct passwd *own = geteuid() == 0 ? NULL : getpwuid(geteuid());

    return own ? own->pw_name : "nobody";
}

static int run_files(struct runner *r, const char *const *files, unsigned count, struct err *e)
{
    const struct tests_config config = {.act = do_act,
                                        .read = read_text,
                                        .goes_on = goes_on,
                                        .arg = r,
                                        .only = r->run->only,
                                        .updates = r->run->updates,
                                        .seed = r->run->seed,
                                        .user = programs_user()};
    int rc;

    r->stand = stand_new(r->run->board, r->run->database, e);
    if (!r->stand)
        return -1;
    rc = tests_run(&config, files, count, &r->run->totals, e);
    stand_free(r->stand);
    sum_up(r);
    return stopped ? 1 : rc;
}

static int run_found(struct runner *r, struct err *e)
{
    char *files[FILES_MOST];
    unsigned count = find_files(r->run->board, files);
    int rc;

    if (count == 0)
        return err_set(
            e,
            "%s has no tests: a file lua/tests/NAME.lua has some, as the manual says "
            "(lua/README.md)",
            r->run->board);
    rc = run_files(r, (const char *const *)files, count, e);
    for (unsigned i = 0; i < count; i++)
        mem_free(files[i]);
    return rc;
}

int test_run(struct test_run *run, const char *const *files, unsigned count, struct err *e)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal,
                               .sa_flags = SA_RESETHAND}; /* the second ends it hard */
    struct runner r = {.run = run};
    int rc;

    buf_init(&r.visited, BUF_LARGE);
    buf_init(&run->screens, BUF_LARGE);
    buf_init(&run->handlers, BUF_LARGE);
    stopped = 0;
    for (unsigned i = 0; i < 3; i++)
        sigaction(numbers[i], &action, NULL);
    setenv("TZ", "UTC0", 1); /* snapshots with times in them are the same anywhere */
    rc = count > 0 ? run_files(&r, files, count, e) : run_found(&r, e);
    buf_clear(&r.visited);
    return rc;
}

void test_run_clear(struct test_run *run)
{
    buf_clear(&run->screens);
    buf_clear(&run->handlers);
}
