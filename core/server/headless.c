#include "server/headless.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ev.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "server/monitor.h"
#include "server/scratch.h"

enum { PATH_LEN = 1024, SIGNALS = 3, FAREWELL_TURNS = 100 };

struct headless {
    const struct headless_config *config;
    struct ev_loop *loop;
    struct board board;
    struct bridge *bridge;
    struct clients *clients;
    struct store *store;
    struct worker *hashers;
    struct watch *watch;
    struct monitor *monitor;
    struct scratch scratch;
    char files[PATH_LEN];
    ev_async wake;
    ev_signal signals[SIGNALS];
    int signal;
    bool is_saved;
    bool wants_end;

    /* The visit under way. */
    const struct visit *visit;
    struct client *client; /* held; NULL until its terminal is known */
    struct terminal *terminal;
    struct buf answers;
    ev_io line;
    ev_timer limit;
    ev_prepare look;
    bool is_over;
    enum visit_end end;
};

static void leave_loop(struct headless *h)
{
    ev_break(h->loop, EVBREAK_ALL);
}

/* --- signals and threads --- */

static void on_signal(struct ev_loop *loop, ev_signal *w, int events)
{
    struct headless *h = w->data;

    (void)loop;
    (void)events;
    h->signal = w->signum;
    leave_loop(h);
}

/* One that is ignored, as under nohup, stays so. */
static void watch_signals(struct headless *h)
{
    static const int numbers[SIGNALS] = {SIGINT, SIGTERM, SIGHUP};

    for (int i = 0; i < SIGNALS; i++) {
        struct sigaction old;

        ev_signal_init(&h->signals[i], on_signal, numbers[i]);
        h->signals[i].data = h;
        if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            ev_signal_start(h->loop, &h->signals[i]);
    }
}

static void wake_loop(void *arg)
{
    struct headless *h = arg;

    ev_async_send(h->loop, &h->wake);
}

static void on_wake(struct ev_loop *loop, ev_async *w, int events)
{
    struct headless *h = w->data;

    (void)loop;
    (void)events;
    if (h->store)
        store_reap(h->store);
    if (h->hashers)
        worker_reap(h->hashers);
}

/* --- what the bridge and the store ask --- */

static bool read_module(void *arg, const char *name, bool is_trial, struct buf *text,
                        struct buf *path)
{
    struct headless *h = arg;

    return board_read_module(&h->board, name, is_trial, text, path);
}

static bool read_version(void *arg, const char *path, unsigned age, struct buf *text)
{
    struct headless *h = arg;

    return board_read_version(&h->board, path, age, text);
}

static void say_no_server(void *arg, struct buf *out)
{
    (void)arg;
    buf_add_text(out, "No server runs here: this is a preview of the board.");
}

static void user_changed(void *arg, int64_t id)
{
    struct headless *h = arg;

    if (h->clients)
        clients_user_changed(h->clients, id);
}

static void settings_changed(void *arg)
{
    struct headless *h = arg;
    struct db_limits limits = {h->board.settings.sql_ms, h->board.settings.sql_rows};

    store_set_limits(h->store, &limits);
}

static void files_saved(void *arg, const struct watch_paths *paths)
{
    struct headless *h = arg;

    board_changed(&h->board, paths);
    h->is_saved = true;
    leave_loop(h);
}

/* --- accounts --- */

int headless_find(struct headless *h, const char *handle, struct account *out, struct err *e)
{
    return scratch_find(&h->scratch, handle, out, e);
}

int headless_example(struct headless *h, struct account *out, struct err *e)
{
    return scratch_example(&h->scratch, (int)h->board.settings.level_new, out, e);
}

/* --- what is still being written --- */

struct barrier {
    struct store_work work;
    bool is_over;
};

static int write_nothing(struct store_work *w, struct db *db)
{
    (void)w;
    (void)db;
    return 0;
}

static void barrier_is_over(struct store_work *w)
{
    ((struct barrier *)w)->is_over = true;
}

/* A schema that has been saved is in force, and what the last caller did is done. */
static void wait_for_writes(struct headless *h)
{
    struct barrier b = {
        .work = {.work = write_nothing, .finished = barrier_is_over, .writes = true}};

    store_add(h->store, &b.work);
    while (!b.is_over)
        ev_run(h->loop, EVRUN_ONCE);
}

/* --- the call --- */

static void on_begin(void *arg, struct client *c)
{
    struct headless *h = arg;
    const struct visit *v = h->visit;
    const struct terminal is_read = {TERMINAL_FOUND, TERMINAL_FOUND, 1, TERMINAL_FOUND};

    h->client = c;
    client_hold(c);
    if (v->is_linear)
        client_set_terminal(c, &is_read);
    if (v->account)
        client_log_in(c, v->account->id, v->account->handle, v->account->nick_name,
                      (unsigned)v->account->level, v->account->hidden);
    if (v->account || strcmp(v->keyword, "root") != 0)
        client_enter(c, span_of(v->keyword));
}

static void on_passed(void *arg, const struct op *op, const struct outcome *out)
{
    const struct headless *h = arg;

    if (h->visit->passed)
        h->visit->passed(h->visit->arg, op, out);
}

static void end_visit(struct headless *h, enum visit_end end)
{
    h->is_over = true;
    h->end = end;
    leave_loop(h);
}

static void on_look(struct ev_loop *loop, ev_prepare *w, int events)
{
    struct headless *h = w->data;

    (void)loop;
    (void)events;
    if (h->client && client_is_waiting(h->client))
        end_visit(h, VISIT_WAITS);
}

static void on_limit(struct ev_loop *loop, ev_timer *w, int events)
{
    (void)loop;
    (void)events;
    end_visit(w->data, VISIT_LATE);
}

/* Answers are short, and the line takes far more. False: there is nothing to read now. */
static bool read_line(struct headless *h)
{
    char bytes[16384];
    ssize_t n = recv(h->line.fd, bytes, sizeof(bytes), 0);

    if (n == 0)
        end_visit(h, VISIT_HUNG_UP);
    if (n <= 0)
        return n < 0 && errno == EINTR;
    terminal_take(h->terminal, span_from(bytes, (size_t)n));
    if (h->answers.len > 0)
        send(h->line.fd, h->answers.data, h->answers.len, MSG_NOSIGNAL);
    buf_reset(&h->answers);
    return true;
}

static void on_line(struct ev_loop *loop, ev_io *w, int events)
{
    (void)loop;
    (void)events;
    read_line(w->data);
}

static void start_visit(struct headless *h, const struct visit *visit, const int line[2])
{
    struct sockaddr_in address = {.sin_family = AF_INET};

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    h->visit = visit;
    h->is_over = false;
    h->terminal = terminal_new(&visit->terminal, &h->answers);
    ev_now_update(h->loop);
    ev_io_init(&h->line, on_line, line[1], EV_READ);
    ev_timer_init(&h->limit, on_limit, VISIT_SECONDS, 0);
    ev_prepare_init(&h->look, on_look);
    h->line.data = h->limit.data = h->look.data = h;
    ev_io_start(h->loop, &h->line);
    ev_timer_start(h->loop, &h->limit);
    ev_prepare_start(h->loop, &h->look);
    clients_accept(h->clients, line[0], (const struct sockaddr *)&address);
}

/* The caller hangs up, and is gone before the next one comes. */
static void finish_visit(struct headless *h)
{
    ev_io_stop(h->loop, &h->line);
    ev_timer_stop(h->loop, &h->limit);
    ev_prepare_stop(h->loop, &h->look);
    close(h->line.fd);
    if (h->client)
        client_release(h->client);
    h->client = NULL;
    for (int i = 0; i < FAREWELL_TURNS && clients_count(h->clients) > 0; i++)
        ev_run(h->loop, EVRUN_NOWAIT);
}

int headless_visit(struct headless *h, const struct visit *visit, struct visited *out,
                   struct err *e)
{
    int line[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, line) < 0)
        return err_set(e, "make a caller's line: %s", strerror(errno));
    wait_for_writes(h);
    start_visit(h, visit, line);
    while (!h->is_over && h->signal == 0)
        ev_run(h->loop, 0);
    while (h->is_over && h->end != VISIT_HUNG_UP && read_line(h))
        ;
    out->end = h->signal ? VISIT_STOPPED : h->end;
    out->keyword = h->client ? client_keyword(h->client) : visit->keyword;
    finish_visit(h);
    out->picture = terminal_release(h->terminal);
    h->terminal = NULL;
    return 0;
}

/* --- waiting for a save --- */

static void on_key(struct ev_loop *loop, ev_io *w, int events)
{
    struct headless *h = w->data;
    char keys[64];
    ssize_t n = read(w->fd, keys, sizeof(keys));

    (void)events;
    if (n <= 0 && !(n < 0 && (errno == EINTR || errno == EAGAIN)))
        ev_io_stop(loop, w);
    if (n > 0 && (memchr(keys, 'q', (size_t)n) || memchr(keys, 'Q', (size_t)n))) {
        h->wants_end = true;
        leave_loop(h);
    }
}

bool headless_wait(struct headless *h, int keys)
{
    ev_io keyboard;

    ev_io_init(&keyboard, on_key, keys, EV_READ);
    keyboard.data = h;
    ev_io_start(h->loop, &keyboard);
    while (!h->is_saved && !h->wants_end && h->signal == 0)
        ev_run(h->loop, 0);
    ev_io_stop(h->loop, &keyboard);
    h->is_saved = false;
    return !h->wants_end && h->signal == 0;
}

/* --- the board --- */

static const struct machine *get_machine(void *arg, bool any)
{
    struct headless *h = arg;

    (void)any;
    return h->monitor ? monitor_machine(h->monitor) : NULL;
}

static const struct figures *get_figures(void *arg)
{
    struct headless *h = arg;

    return h->monitor ? monitor_figures(h->monitor) : NULL;
}

static int open_settings(struct headless *h, struct err *e)
{
    struct bridge_config config = {.loop = h->loop,
                                   .settings = &h->board.settings,
                                   .library = h->board.library,
                                   .read = read_module,
                                   .read_version = read_version,
                                   .get_status = say_no_server,
                                   .reload_all = say_no_server,
                                   .get_machine = get_machine,
                                   .get_figures = get_figures,
                                   .arg = h};
    struct stat st;
    char path[PATH_LEN];

    snprintf(path, sizeof(path), "%s/screens", h->config->board);
    if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
        return err_set(e, "%s is no board: it has no folder 'screens': name one with --board",
                       h->config->board);
    h->bridge = bridge_new(&config, e);
    h->board.bridge = h->bridge;
    return h->bridge ? board_read_settings(&h->board, e) : -1;
}

/* While the database is copied. */
static bool goes_on(void *arg)
{
    struct headless *h = arg;

    ev_run(h->loop, EVRUN_NOWAIT);
    return h->signal == 0;
}

static int open_data(struct headless *h, struct err *e)
{
    struct worker_config hashers = {
        .name = "hash", .threads = 1, .notify = wake_loop, .notify_arg = h};
    char own[PATH_LEN];
    struct store_config config = {
        .path = h->config->data ? own : h->scratch.database,
        .limits = {h->board.settings.sql_ms, h->board.settings.sql_rows},
        .notify = wake_loop,
        .notify_arg = h,
        .user_changed = user_changed,
        .user_changed_arg = h,
    };

    snprintf(own, sizeof(own), "%s/perigee.db", h->config->data ? h->config->data : "");
    snprintf(h->files, sizeof(h->files), "%s/files", h->config->data ? h->config->data : "");
    if ((!h->config->data &&
         scratch_make(&h->scratch, h->config->database, &h->board, goes_on, h, e) < 0) ||
        !(h->store = store_open(&config, e)) || !(h->hashers = worker_new(&hashers, e)))
        return -1;
    h->board.store = h->store;
    bridge_set_workers(h->bridge, h->store, h->hashers, NULL);
    return 0;
}

static int open_monitor(struct headless *h, struct err *e)
{
    struct monitor_config config = {.data = headless_folder(h),
                                    .board = &h->board,
                                    .clients = h->clients,
                                    .bridge = h->bridge,
                                    .store = h->store};

    h->monitor = monitor_new(&config, e);
    return h->monitor ? 0 : -1;
}

static int open_board(struct headless *h, struct err *e)
{
    static const char *const folders[] = {"screens", "lua"};
    struct clients_config config = {
        .loop = h->loop,
        .library = h->board.library,
        .store = h->store,
        .settings = &h->board.settings,
        .disks = h->hashers,
        .readers = h->hashers,
        .files = h->config->data ? h->files : h->scratch.folder,
        .begin = on_begin,
        .passed = on_passed,
        .arg = h,
    };

    if (h->config->watches &&
        !(h->watch = watch_new(h->loop, h->config->board, folders, 2, files_saved, h, e)))
        return -1;
    if (board_load_files(&h->board, e) < 0)
        return -1;
    config.hooks = bridge_hooks(h->bridge);
    h->clients = clients_new(&config);
    h->board.clients = h->clients;
    h->board.settings_changed = settings_changed;
    h->board.arg = h;
    bridge_set_clients(h->bridge, h->clients);
    return open_monitor(h, e);
}

/* --- commands --- */

struct answer_of {
    const struct headless_words *words;
    bool is_done;
    bool is_refused;
    struct err *error;
};

static void command_said(void *arg, enum bridge_said what, struct span text)
{
    struct answer_of *answer = arg;

    if (what == BRIDGE_SAID)
        answer->words->print(answer->words->arg, text);
    answer->is_done = what == BRIDGE_DONE;
    answer->is_refused = what == BRIDGE_REFUSED;
    if (answer->is_refused)
        err_set(answer->error, "%.*s", SPAN_ARG(text));
}

int headless_command(struct headless *h, const struct headless_words *words, struct err *e)
{
    struct answer_of answer = {.words = words, .error = e};
    struct bridge_command *command = bridge_command_new(h->bridge, words->module, words->list,
                                                        words->count, command_said, &answer);

    while (bridge_command_runs(command) && h->signal == 0)
        ev_run(h->loop, EVRUN_ONCE);
    bridge_command_free(command);
    if (answer.is_done)
        return 0;
    if (answer.is_refused)
        return 1;
    return err_set(e, h->signal ? "it was stopped" : "it has ended with an error");
}

struct headless *headless_new(const struct headless_config *config, struct err *e)
{
    struct headless *h = mem_zalloc(sizeof(*h));

    log_set_level(LOG_LEVEL_ERROR);
    h->config = config;
    buf_init(&h->answers, BUF_LARGE);
    board_init(&h->board, config->board);
    if (config->versions) {
        h->board.history = history_new(config->versions, NULL);
        h->board.keeps_nothing = true;
    }
    h->loop = ev_loop_new(EVFLAG_NOSIGMASK); /* not the default one: it reaps all children */
    if (!h->loop) {
        err_set(e, "make an event loop: %s", strerror(errno));
        headless_free(h);
        return NULL;
    }
    watch_signals(h);
    ev_async_init(&h->wake, on_wake);
    h->wake.data = h;
    ev_async_start(h->loop, &h->wake);
    if (open_settings(h, e) == 0 && open_data(h, e) == 0 && open_board(h, e) == 0)
        return h;
    headless_free(h);
    return NULL;
}

/* In the opposite order of the start; each part may be missing. */
void headless_free(struct headless *h)
{
    if (!h)
        return;
    watch_free(h->watch);
    monitor_free(h->monitor);
    h->monitor = NULL;
    clients_free(h->clients);
    h->clients = NULL;
    bridge_stop(h->bridge);
    store_close(h->store);
    worker_free(h->hashers);
    bridge_free(h->bridge);
    history_free(h->board.history);
    board_clear(&h->board);
    buf_clear(&h->answers);
    scratch_remove(&h->scratch);
    if (h->loop)
        ev_loop_destroy(h->loop);
    mem_free(h);
}

struct board *headless_board(struct headless *h)
{
    return &h->board;
}

const char *headless_promoted(const struct headless *h)
{
    return h->config->promoted;
}

const char *headless_folder(const struct headless *h)
{
    return h->scratch.folder;
}

int headless_signal(const struct headless *h)
{
    return h->signal;
}
