#include "server/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "client/drop.h"
#include "client/folder.h"
#include "client/timer.h"
#include "base/log.h"
#include "base/logfile.h"
#include "base/mem.h"
#include "base/worker.h"
#include "server/board.h"
#include "server/callers.h"
#include "server/control.h"
#include "server/editing.h"
#include "server/listener.h"
#include "server/monitor.h"
#include "server/panel.h"
#include "server/service.h"
#include "server/status.h"
#include "server/tested.h"
#include "server/trial.h"
#include "store/accounts.h"
#include "store/bans.h"
#include "store/runs.h"

enum {
    STOP_SECONDS = 5,
    PATH_LEN = 1024,
    HASH_NICE = 19,
    DISK_THREADS = 4,
    READER_THREADS = 2,
    NAME_THREADS = 2
};

struct server {
    const struct server_config *config;
    struct ev_loop *loop;
    struct board board;
    struct bridge *bridge;
    struct clients *clients;
    struct gate *gate;
    struct store *store;
    struct worker *hashers;
    struct worker *files;   /* writes the history */
    struct worker *disks;   /* reads and writes what callers transfer */
    struct worker *readers; /* looks through files: nobody's transfer waits for that */
    struct worker *names;   /* looks up other systems' names */
    struct history *history;
    struct watch *watch;
    struct listeners *listeners;
    struct control *control;
    struct monitor *monitor;
    struct tested *tested; /* NULL: it is not */
    char data[PATH_LEN];
    char files_folder[PATH_LEN + 8]; /* DATA/files */
    char log_path[PATH_LEN + 8];     /* DATA/log */
    char listen_text[512];           /* that the command line, or systemd, gives */
    struct service_socket sockets[SERVICE_SOCKETS_MAX]; /* systemd's */
    unsigned socket_count;
    char doors_folder[PATH_LEN + 8]; /* DATA/doors */
    char promoted[PATH_LEN + 16];    /* DATA/promoted */
    int lock;
    ev_async wake;
    ev_signal signals[3];
    ev_timer stop_poll;
    ev_timer reload_soon;
    double started;
    double stop_at; /* 0: it does not stop */
};

/* --- work that comes back from threads --- */

static void wake_loop(void *arg)
{
    struct server *s = arg;

    ev_async_send(s->loop, &s->wake);
}

static void on_wake(struct ev_loop *loop, ev_async *w, int events)
{
    struct server *s = w->data;

    (void)loop;
    (void)events;
    if (s->store)
        store_reap(s->store);
    if (s->hashers)
        worker_reap(s->hashers);
    if (s->files)
        worker_reap(s->files);
    if (s->disks)
        worker_reap(s->disks);
    if (s->readers)
        worker_reap(s->readers);
    if (s->names)
        worker_reap(s->names);
    if (s->monitor)
        monitor_reap(s->monitor);
}

/* --- stopping --- */

static void on_stop_poll(struct ev_loop *loop, ev_timer *w, int events)
{
    struct server *s = w->data;

    (void)events;
    if (clients_count(s->clients) == 0 || timer_now() >= s->stop_at)
        ev_break(loop, EVBREAK_ALL);
}

static void begin_stop(struct server *s)
{
    if (s->stop_at > 0)
        return;
    log_info("server event=stopping callers=%u", clients_callers(s->clients));
    service_tell("STOPPING=1");
    s->stop_at = timer_now() + STOP_SECONDS;
    listeners_stop(s->listeners);
    clients_close_all(s->clients, "The board is going down. Please call again later.");
    ev_timer_start(s->loop, &s->stop_poll);
}

static void on_stop_signal(struct ev_loop *loop, ev_signal *w, int events)
{
    (void)loop;
    (void)events;
    begin_stop(w->data);
}

/* --- reloading --- */

static void reload_all(struct server *s)
{
    struct watch_paths all = {.all = true};

    service_tell_reloading();
    board_changed(&s->board, &all);
    service_tell("READY=1");
}

static void on_reload_signal(struct ev_loop *loop, ev_signal *w, int events)
{
    (void)loop;
    (void)events;
    reload_all(w->data);
}

static void on_reload_soon(struct ev_loop *loop, ev_timer *w, int events)
{
    (void)loop;
    (void)events;
    reload_all(w->data);
}

static void files_saved(void *arg, const struct watch_paths *paths)
{
    struct server *s = arg;

    board_changed(&s->board, paths);
}

static void settings_changed(void *arg)
{
    struct server *s = arg;
    struct db_limits limits = {s->board.settings.sql_ms, s->board.settings.sql_rows};
    enum log_level level;

    store_set_limits(s->store, &limits);
    logfile_set_most(s->board.settings.log_mb << 20);
    bridge_schedule(s->bridge);
    if (!s->config->log_level && log_find_level(s->board.settings.log_level, &level))
        log_set_level(level);
}

/* --- what the bridge asks of the server --- */

static struct status_sources sources_of(struct server *s)
{
    return (struct status_sources){.board = &s->board,
                                   .clients = s->clients,
                                   .bridge = s->bridge,
                                   .store = s->store,
                                   .gate = s->gate,
                                   .machine = monitor_last_machine(s->monitor),
                                   .figures = monitor_figures(s->monitor),
                                   .started = s->started,
                                   .now = timer_now()};
}

static const struct machine *get_machine(void *arg, bool any)
{
    struct server *s = arg;

    if (!s->monitor)
        return NULL;
    return any ? monitor_last_machine(s->monitor) : monitor_machine(s->monitor);
}

static const struct figures *get_figures(void *arg)
{
    struct server *s = arg;

    return s->monitor ? monitor_figures(s->monitor) : NULL;
}

static void machine_ready(void *arg)
{
    struct server *s = arg;

    bridge_machine_ready(s->bridge);
    if (s->control)
        control_retry(s->control);
}

static void get_status(void *arg, struct buf *out)
{
    struct server *s = arg;
    struct status_sources from;

    if (!s->monitor)
        return;
    from = sources_of(s);
    status_text(&from, out);
}

static const char *get_given(void *arg, const char *setting)
{
    struct server *s = arg;

    if (strcmp(setting, "log.level") == 0)
        return s->config->log_level;
    return strcmp(setting, "listen") == 0 && s->listen_text[0] ? s->listen_text : NULL;
}

/* A handler runs: the files are looked at in the next turn of the loop. */
static void reload_later(void *arg, struct buf *report)
{
    struct server *s = arg;

    ev_timer_start(s->loop, &s->reload_soon);
    buf_add_text(report, "All files are looked at anew; what is wrong is told to sysops.");
}

static bool read_module(void *arg, const char *name, bool is_trial, struct buf *text,
                        struct buf *path)
{
    struct server *s = arg;

    return board_read_module(&s->board, name, is_trial, text, path);
}

static bool read_version(void *arg, const char *path, unsigned age, struct buf *text)
{
    struct server *s = arg;

    return board_read_version(&s->board, path, age, text);
}

static int edit(void *arg, struct board_edit *what, struct err *e)
{
    struct server *s = arg;

    if (what->wanted == EDIT_UNDO_TRIAL)
        return trial_undo(s->config->board, s->promoted, s->history, &what->out, e);
    return editing_do(s->config->board, s->data, s->history, what, e);
}

static void get_trial(void *arg, struct buf *out)
{
    const struct server *s = arg;

    buf_printf(out, "%d %u %u\n", trial_is_wanted(&s->board), s->board.generation,
               s->board.trial);
    trial_list(&s->board, out);
}

static int promote(void *arg, struct err *e)
{
    struct server *s = arg;

    return trial_promote(&s->board, e);
}

static void get_mistakes(void *arg, struct buf *out)
{
    struct server *s = arg;

    buf_add(out, buf_span(&s->board.errors));
    buf_add(out, buf_span(&s->board.missing));
}

static bool login_failed(void *arg, struct client *c)
{
    struct server *s = arg;
    bool banned = gate_login_failed(s->gate, client_sockaddr(c), timer_now());

    if (banned)
        log_warn("gate event=banned address=%s", client_address(c));
    return banned;
}

static void login_right(void *arg, struct client *c)
{
    struct server *s = arg;

    gate_login_right(s->gate, client_sockaddr(c));
}

/* `text` as client_address gives it. */
static bool take_address(const char *text, struct sockaddr_in6 *out)
{
    struct sockaddr_in *four = (struct sockaddr_in *)out;

    *out = (struct sockaddr_in6){.sin6_family = AF_INET6};
    if (inet_pton(AF_INET6, text, &out->sin6_addr) == 1)
        return true;
    *four = (struct sockaddr_in){.sin_family = AF_INET};
    return inet_pton(AF_INET, text, &four->sin_addr) == 1;
}

static const char *ban(void *arg, const char *address, double seconds, const struct client *by)
{
    struct server *s = arg;
    struct sockaddr_in6 a;
    const struct sockaddr *from = (struct sockaddr *)&a;

    if (!take_address(address, &a))
        return "it is no address";
    if (by && gate_is_same(from, client_sockaddr(by)))
        return "you call from there yourself";
    if (!gate_ban(s->gate, from, timer_now(), seconds))
        return "it is this machine's, or limits.allow has it: it is never banned";
    if (seconds > 0 && s->clients)
        clients_hang_up_from(s->clients, from, gate_is_same, "Your address is banned.");
    return NULL;
}

static void ban_still(void *arg, const char *address, double seconds)
{
    const char *why = ban(arg, address, seconds, NULL);

    if (why)
        log_warn("gate event=unbanned address=%s why=%s", log_quote(span_of(address)),
                 log_quote(span_of(why)));
}

static void take_run(void *arg, const char *handler, const struct schedule_run *run)
{
    struct server *s = arg;

    bridge_take_run(s->bridge, handler, run);
}

static void client_left(void *arg, const struct sockaddr *a)
{
    struct server *s = arg;

    gate_leave(s->gate, a, timer_now());
}

static void call_begins(void *arg, struct client *c)
{
    struct server *s = arg;

    if (s->tested)
        tested_begin(s->tested, c);
}

static void screen_is_shown(void *arg, const struct screen *screen)
{
    tested_shows(((struct server *)arg)->tested, screen);
}

static void user_changed(void *arg, int64_t id)
{
    struct server *s = arg;

    if (s->clients)
        clients_user_changed(s->clients, id);
}

/* --- the control socket --- */

static int answer_reload(struct server *s, struct buf *text, struct err *e)
{
    reload_all(s);
    if (s->board.errors.len)
        return err_set(e, "the last good files stay in use\n%.*s",
                       SPAN_ARG(buf_span(&s->board.errors)));
    buf_printf(text, "generation %u\n", s->board.generation);
    if (s->board.trial)
        buf_printf(text, "generation %u is on trial, for sysops: perigee promote\n",
                   s->board.trial);
    return 0;
}

static int answer_promote(struct server *s, uid_t who, struct buf *text, struct err *e)
{
    char generation[32];

    snprintf(generation, sizeof(generation), "generation %u", s->board.trial);
    if (trial_promote(&s->board, e) < 0)
        return -1;
    callers_note(s->store, who, "promote", span_of(generation), SPAN_LIT(""));
    buf_printf(text, "%s is for everybody now\n", generation);
    return 0;
}

/* "status", "status --json", "top COLUMNS ROWS". */
static bool is_about_machine(struct span request)
{
    return span_is(request, "status") || span_is(request, "status --json") ||
           span_starts_with(request, "top ");
}

static void answer_top(struct server *s, struct span request, struct buf *text)
{
    unsigned columns = 80;
    unsigned rows = 24;
    char size[32];
    struct buf log;

    snprintf(size, sizeof(size), "%.*s", SPAN_ARG(request));
    sscanf(size, "top %4u %4u", &columns, &rows);
    buf_init(&log, BUF_LARGE);
    log_recent(&log, rows);
    panel_add(text, monitor_last_machine(s->monitor), monitor_figures(s->monitor),
              buf_span(&log), columns, rows);
    buf_clear(&log);
}

/* What is done to the server as a whole is written down, too. */
static void note(struct server *s, uid_t who, const char *what)
{
    callers_note(s->store, who, what, SPAN_LIT("the server"), SPAN_LIT(""));
}

/* "account-ended ID INTO ANONYMISED NICK NAME": INTO is 0 where it was deleted. */
static void account_ended(struct server *s, struct span request)
{
    char line[256];
    int64_t id, into;
    int is_anonymised;
    int at = 0;

    snprintf(line, sizeof(line), "%.*s", SPAN_ARG(request));
    if (sscanf(line, "account-ended %" SCNd64 " %" SCNd64 " %1d %n", &id, &into, &is_anonymised,
               &at) < 3)
        return;
    bridge_account_ended(s->bridge, id, line + at, into, is_anonymised);
    clients_user_changed(s->clients, id);
}

/* "who", "say TEXT", "kick ID [REASON]"; 1: it is none of these. */
static int answer_callers(struct server *s, uid_t who, struct span request, struct buf *text,
                          struct err *e)
{
    if (span_is(request, "who")) {
        callers_who(s->clients, text);
    } else if (span_starts_with(request, "say ")) {
        span_take(&request, 4);
        return callers_say(s->clients, s->store, who, request, text, e);
    } else if (span_starts_with(request, "kick ")) {
        span_take(&request, 5);
        return callers_kick(s->clients, s->store, who, request, text, e);
    } else {
        return 1;
    }
    return 0;
}

static int answer(void *arg, uid_t who, struct span request, struct buf *text, struct err *e)
{
    struct server *s = arg;
    struct status_sources from;
    int rc = answer_callers(s, who, request, text, e);

    if (rc <= 0)
        return rc;
    if (is_about_machine(request) && !monitor_machine(s->monitor))
        return 1;
    from = sources_of(s);
    if (span_is(request, "status")) {
        status_text(&from, text);
    } else if (span_is(request, "status --json")) {
        status_json(&from, text);
    } else if (span_starts_with(request, "top ")) {
        answer_top(s, request, text);
    } else if (span_is(request, "reload")) {
        note(s, who, "reload");
        return answer_reload(s, text, e);
    } else if (span_is(request, "promote")) {
        return answer_promote(s, who, text, e);
    } else if (span_is(request, "stop")) {
        note(s, who, "stop");
        begin_stop(s);
        buf_add_text(text, "stopping\n");
    } else if (span_starts_with(request, "account-ended ")) {
        account_ended(s, request);
    } else if (span_starts_with(request, "user-changed ")) {
        span_take(&request, 13);
        clients_user_changed(s->clients, strtoll(request.data, NULL, 10));
    } else {
        return err_set(
            e, "unknown request, expected who, say, kick, status, top, reload, promote or "
               "stop");
    }
    return 0;
}

/* --- starting --- */

static int find_data_folder(struct server *s, struct err *e)
{
    int n = s->config->data ? snprintf(s->data, sizeof(s->data), "%s", s->config->data)
                            : snprintf(s->data, sizeof(s->data), "%s/data", s->config->board);

    return (size_t)n < sizeof(s->data) ? 0 : err_set(e, "the data folder's name is too long");
}

static int make_folder(const char *path, struct err *e)
{
    struct stat st;

    if (mkdir(path, 0700) == 0 ||
        (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode)))
        return 0;
    return err_set(e, "data folder %s: %s: name another with --data", path, strerror(errno));
}

/* What the lock of another server says. 0: not who it is. */
static long read_process(int lock)
{
    char text[24] = "";

    return pread(lock, text, sizeof(text) - 1, 0) > 0 ? strtol(text, NULL, 10) : 0;
}

static int fail_locked(struct server *s, struct err *e)
{
    char process[40] = "";
    long pid;

    if (errno != EWOULDBLOCK)
        return err_set(e, "lock data folder %s: %s", s->data, strerror(errno));
    pid = read_process(s->lock);
    if (pid > 0)
        snprintf(process, sizeof(process), ", process %ld", pid);
    return err_set(e,
                   "data folder %s: another perigee serves it%s: stop that one first (perigee "
                   "stop --data %s), or name another folder with --data",
                   s->data, process, s->data);
}

/* One server for each data folder. */
static int lock_data(struct server *s, struct err *e)
{
    char path[PATH_LEN + 16];

    if (access(s->data, W_OK | X_OK) < 0)
        return err_set(e, "data folder %s: %s: make it writable, or name another with --data",
                       s->data, strerror(errno));
    snprintf(path, sizeof(path), "%s/lock", s->data);
    s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->lock < 0)
        return err_set(e, "%s: %s", path, strerror(errno));
    if (flock(s->lock, LOCK_EX | LOCK_NB) < 0)
        return fail_locked(s, e);
    /* For the one who comes next; the lock itself holds without. */
    if (ftruncate(s->lock, 0) < 0 || dprintf(s->lock, "%d\n", (int)getpid()) < 0)
        log_warn("server event=unnamed file=%s why=\"%s\"", path, strerror(errno));
    return 0;
}

static int make_sysop(struct db *db, struct err *e)
{
    char password[32];
    char hash[PASSWORD_HASH_MAX];
    int64_t count;

    if (account_count(db, &count, e) < 0)
        return -1;
    if (count > 0)
        return 0;
    if (password_make(password, e) < 0 || password_hash(password, hash, e) < 0 ||
        account_add(db, SPAN_LIT("sysop"), SPAN_LIT("Sysop"), hash, 255, true, e) < 0)
        return -1;
    fprintf(stderr,
            "\nThe first account has been made. Log in with it and choose a password:\n\n"
            "    handle    sysop\n    password  %s\n\n",
            password);
    explicit_bzero(password, sizeof(password));
    return 0;
}

static void run_first_schema(struct server *s, struct db *db)
{
    struct db_limits limits = {s->board.settings.sql_ms, s->board.settings.sql_rows};
    struct buf text;
    struct err e;

    buf_init(&text, SOURCE_MAX);
    if (board_read_schema(&s->board, &text)) {
        db_guard(db, &limits);
        if (db_run_file(db, "lua/schema.sql", buf_span(&text), &e) < 0)
            log_error("reload event=refused %s", e.text);
        db_unguard(db);
    }
    buf_clear(&text);
}

static int open_store(struct server *s, struct err *e)
{
    char path[PATH_LEN + 16];
    struct store_config config = {
        .path = path,
        .limits = {s->board.settings.sql_ms, s->board.settings.sql_rows},
        .notify = wake_loop,
        .notify_arg = s,
        .user_changed = user_changed,
        .user_changed_arg = s,
    };
    struct db *db;
    int rc;

    snprintf(path, sizeof(path), "%s/perigee.db", s->data);
    if (!(db = db_open(path, true, e)))
        return -1;
    rc = make_sysop(db, e);
    if (rc == 0)
        rc = bans_each(db, (int64_t)time(NULL), ban_still, s, e);
    if (rc == 0)
        rc = runs_each(db, take_run, s, e);
    if (rc == 0)
        run_first_schema(s, db);
    db_close(db);
    if (rc == 0 && !(s->store = store_open(&config, e)))
        rc = -1;
    s->board.store = s->store;
    return rc;
}

static int open_workers(struct server *s, struct err *e)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct worker_config hashers = {.name = "hash",
                                    .threads = cores > 0 && cores < 64 ? (unsigned)cores : 2,
                                    .nice = HASH_NICE,
                                    .notify = wake_loop,
                                    .notify_arg = s};
    struct worker_config files = {
        .name = "files", .threads = 1, .notify = wake_loop, .notify_arg = s};
    struct worker_config disks = {
        .name = "disk", .threads = DISK_THREADS, .notify = wake_loop, .notify_arg = s};
    struct worker_config readers = {.name = "reader",
                                    .threads = READER_THREADS,
                                    .nice = HASH_NICE,
                                    .notify = wake_loop,
                                    .notify_arg = s};
    struct worker_config names = {
        .name = "names", .threads = NAME_THREADS, .notify = wake_loop, .notify_arg = s};
    char folder[PATH_LEN + 16];

    if (!(s->hashers = worker_new(&hashers, e)) || !(s->files = worker_new(&files, e)) ||
        !(s->disks = worker_new(&disks, e)) || !(s->readers = worker_new(&readers, e)) ||
        !(s->names = worker_new(&names, e)))
        return -1;
    snprintf(folder, sizeof(folder), "%s/history", s->data);
    snprintf(s->promoted, sizeof(s->promoted), "%s/promoted", s->data);
    s->board.promoted = s->promoted;
    s->history = history_new(folder, s->files);
    s->board.history = s->history;
    return 0;
}

static struct bridge_config bridge_config_of(struct server *s)
{
    return (struct bridge_config){.loop = s->loop,
                                  .settings = &s->board.settings,
                                  .library = s->board.library,
                                  .store = s->store,
                                  .hashers = s->hashers,
                                  .read = read_module,
                                  .read_version = read_version,
                                  .edit = edit,
                                  .get_mistakes = get_mistakes,
                                  .get_trial = get_trial,
                                  .promote = promote,
                                  .login_failed = login_failed,
                                  .login_right = login_right,
                                  .ban = ban,
                                  .get_status = get_status,
                                  .reload_all = reload_later,
                                  .get_given = get_given,
                                  .log_path = s->log_path,
                                  .get_machine = get_machine,
                                  .get_figures = get_figures,
                                  .arg = s};
}

/* What can be found wrong without touching anything is, first of all. */
static int check_first(struct server *s, struct err *e)
{
    struct bridge_config config = bridge_config_of(s);
    struct stat st;
    char path[PATH_LEN];

    snprintf(path, sizeof(path), "%s/screens", s->config->board);
    if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
        return err_set(e, "%s is no board: it has no folder 'screens': name one with --board",
                       s->config->board);
    s->bridge = bridge_new(&config, e);
    s->board.bridge = s->bridge;
    if (!s->bridge || board_read_settings(&s->board, e) < 0)
        return -1;
    s->gate = gate_new();
    s->board.gate = s->gate;
    gate_set(s->gate, &s->board.settings);
    return 0;
}

static void note_given(struct server *s, const char *before, const char *text)
{
    size_t len = strlen(s->listen_text);

    snprintf(s->listen_text + len, sizeof(s->listen_text) - len, "%s%s%s", len ? ", " : "",
             before, text);
}

/* Sockets that are passed, and --listen, take the place of the setting. */
static int open_listeners(struct server *s, struct err *e)
{
    const struct setting_list *list = &s->board.settings.listen;

    s->listeners = listeners_new();
    for (unsigned i = 0; i < s->socket_count; i++) {
        if (listeners_adopt(s->listeners, s->sockets[i].fd, s->sockets[i].is_proxied, e) < 0)
            return -1;
        note_given(s, "socket ", s->sockets[i].name);
    }
    for (unsigned i = 0; i < s->config->listen_count; i++) {
        if (listeners_add(s->listeners, s->config->listen[i], e) < 0)
            return -1;
        note_given(s, "", s->config->listen[i]);
    }
    for (unsigned i = 0; !s->listen_text[0] && i < list->count; i++) {
        if (listeners_add(s->listeners, list->items[i], e) < 0)
            return -1;
    }
    return 0;
}

static int open_log(struct server *s, struct err *e)
{
    snprintf(s->log_path, sizeof(s->log_path), "%s/log", s->data);
    return logfile_open(s->log_path, s->board.settings.log_mb << 20, e);
}

/* The threads exist only now: the bridge is told of them. */
static int open_data(struct server *s, struct err *e)
{
    if (make_folder(s->data, e) < 0 || lock_data(s, e) < 0 || open_store(s, e) < 0 ||
        open_workers(s, e) < 0)
        return -1;
    snprintf(s->files_folder, sizeof(s->files_folder), "%s/files", s->data);
    snprintf(s->doors_folder, sizeof(s->doors_folder), "%s/doors", s->data);
    if (make_folder(s->files_folder, e) < 0 || make_folder(s->doors_folder, e) < 0)
        return -1;
    drop_clean(s->doors_folder);
    bridge_set_workers(s->bridge, s->store, s->hashers, s->readers);
    return open_log(s, e);
}

static int open_monitor(struct server *s, struct err *e)
{
    struct monitor_config config = {.data = s->data,
                                    .board = &s->board,
                                    .clients = s->clients,
                                    .bridge = s->bridge,
                                    .store = s->store,
                                    .listeners = s->listeners,
                                    .notify = wake_loop,
                                    .ready = machine_ready,
                                    .arg = s};

    s->monitor = monitor_new(&config, e);
    return s->monitor ? 0 : -1;
}

static int reload_tested(void *arg, struct err *e)
{
    struct server *s = arg;

    reload_all(s);
    return s->board.errors.len ? err_set(e, "%.*s", SPAN_ARG(buf_span(&s->board.errors))) : 0;
}

static void open_tested(struct server *s)
{
    struct tested_config config = {.loop = s->loop,
                                   .channel = s->config->channel,
                                   .listeners = s->listeners,
                                   .bridge = s->bridge,
                                   .library = s->board.library,
                                   .reload = reload_tested,
                                   .arg = s};

    s->tested = tested_new(&config);
}

static int open_board(struct server *s, struct err *e)
{
    static const char *const folders[] = {"screens", "lua"};
    struct clients_config config = {
        .loop = s->loop,
        .library = s->board.library,
        .store = s->store,
        .settings = &s->board.settings,
        .disks = s->disks,
        .readers = s->readers,
        .names = s->names,
        .files = s->files_folder,
        .doors = s->doors_folder,
        .board = s->config->board,
        .runs_programs = true,
        .stays_here = s->config->channel != 0,
        .left = client_left,
        .begin = call_begins,
        .shows = s->config->channel ? screen_is_shown : NULL,
        .arg = s,
    };

    s->watch = watch_new(s->loop, s->config->board, folders, 2, files_saved, s, e);
    if (!s->watch || board_load(&s->board, e) < 0)
        return -1;
    config.hooks = bridge_hooks(s->bridge);
    s->clients = clients_new(&config);
    s->board.clients = s->clients;
    clients_redraw(s->clients, s->board.generation, s->board.trial); /* they begin with */
    s->board.settings_changed = settings_changed;
    s->board.arg = s;
    bridge_set_clients(s->bridge, s->clients);
    if (s->config->channel)
        open_tested(s);
    settings_changed(s);
    if (open_monitor(s, e) < 0)
        return -1;
    s->control = control_new(s->loop, s->data, answer, s, e);
    return s->control ? 0 : -1;
}

static void watch_signals(struct server *s)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};

    ev_async_init(&s->wake, on_wake);
    s->wake.data = s;
    ev_async_start(s->loop, &s->wake);
    for (int i = 0; i < 3; i++) {
        ev_signal_init(&s->signals[i], i < 2 ? on_stop_signal : on_reload_signal, numbers[i]);
        s->signals[i].data = s;
        ev_signal_start(s->loop, &s->signals[i]);
    }
    ev_timer_init(&s->stop_poll, on_stop_poll, 0.02, 0.02);
    ev_timer_init(&s->reload_soon, on_reload_soon, 0, 0);
    s->stop_poll.data = s->reload_soon.data = s;
}

static void raise_file_limit(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

static int start(struct server *s, struct err *e)
{
    enum log_level level;

    if (s->config->log_level && log_find_level(s->config->log_level, &level))
        log_set_level(level);
    if (find_data_folder(s, e) < 0 || check_first(s, e) < 0 || open_listeners(s, e) < 0 ||
        open_data(s, e) < 0 || open_board(s, e) < 0)
        return -1;
    s->started = timer_now();
    ev_now_update(s->loop);
    listeners_start(s->listeners, s->loop, s->clients, s->gate, &s->board.settings);
    service_tell("READY=1");
    return 0;
}

/* In the opposite order of the start; each part may be missing. */
static void finish(struct server *s)
{
    file_digests_end();
    control_free(s->control);
    s->control = NULL;
    monitor_free(s->monitor); /* which ends its look at all the others */
    s->monitor = NULL;
    listeners_free(s->listeners);
    watch_free(s->watch);
    tested_free(s->tested);
    s->tested = NULL;
    clients_free(s->clients);
    s->clients = NULL;
    bridge_stop(s->bridge);
    store_close(s->store);
    worker_free(s->hashers);
    worker_free(s->files);
    worker_free(s->disks);
    worker_free(s->readers);
    worker_leave(s->names); /* which may wait for a name's server that does not answer */
    bridge_free(s->bridge);
    history_free(s->history);
    gate_free(s->gate);
    board_clear(&s->board);
    logfile_close();
    if (s->lock >= 0)
        close(s->lock);
}

int server_run(const struct server_config *config, struct err *e)
{
    struct server s = {.config = config, .lock = -1};
    int rc;

    s.socket_count = service_take(s.sockets);
    raise_file_limit();
    mem_keep_freed();
    s.loop = ev_loop_new(EVFLAG_NOSIGMASK); /* not the default one: it reaps all children */
    if (!s.loop)
        return err_set(e, "make an event loop: %s", strerror(errno));
    board_init(&s.board, config->board);
    watch_signals(&s);
    rc = start(&s, e);
    if (rc == 0) {
        ev_run(s.loop, 0);
        log_info("server event=stopped lag_p50_us=%" PRIu64 " lag_p99_us=%" PRIu64
                 " lag_most_us=%" PRIu64,
                 lag_percentile(clients_lag(s.clients), 0.5),
                 lag_percentile(clients_lag(s.clients), 0.99), clients_lag(s.clients)->most);
    }
    finish(&s);
    ev_loop_destroy(s.loop);
    return rc;
}
