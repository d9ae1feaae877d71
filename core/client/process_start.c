/* process_start.c -- who may run programs and as whom, and a program's keeper with its pseudo
 * terminal. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "client/cgroup.h"
#include "client/internal.h"
#include "client/process_internal.h"

enum { ENVIRONMENT_MOST = PROCESS_SPEC_WORDS };

/* --- who may --- */

static bool is_named(const struct setting_list *accounts, const char *handle)
{
    for (unsigned i = 0; i < accounts->count; i++) {
        if (strcasecmp(accounts->items[i], handle) == 0)
            return true;
    }
    return accounts->count == 0;
}

int process_may_run(const struct client *c, struct err *e)
{
    const struct settings *s = c->all->config.settings;

    if (!c->all->config.runs_programs)
        return err_set(e, "no programs are run here: only a server does that");
    if (*s->command_user == '\0')
        return err_set(e, "no programs are run here: the setting command.user names nobody");
    if (!client_is_open(c))
        return err_set(e, "the caller has left");
    if (c->user == 0 || c->level < s->command_level)
        return err_set(e, "programs are for level %ld and above", s->command_level);
    if (!is_named(&s->command_accounts, client_user_id(c)))
        return err_set(e, "the setting command.accounts does not name this account");
    return 0;
}

static const struct passwd *find_name(const char *name)
{
    if (strcmp(name, PROCESS_SELF) != 0)
        return getpwnam(name);
    return geteuid() == 0 ? getpwnam("nobody") : getpwuid(geteuid());
}

/* The user that programs run as: never root, and never another than `setting` says. */
static const struct passwd *find_user(const char *name, const char *setting, struct err *e)
{
    const struct passwd *user = find_name(name);

    if (!user)
        err_set(e, "%s is '%s', whom this system does not know", setting, name);
    else if (user->pw_uid == 0 || user->pw_gid == 0)
        err_set(e, "%s is '%s', who is root: name an unprivileged user", setting, name);
    else if (geteuid() != 0 && geteuid() != user->pw_uid)
        err_set(e,
                "%s is '%s', but the server is neither root's, nor that user's: it can't "
                "become another",
                setting, name);
    else
        return user;
    return NULL;
}

static const struct passwd *user_of(const struct client *c, const struct process_door *door,
                                    struct err *e)
{
    const char *name = c->all->config.settings->command_user;

    if (door && *door->user)
        return find_user(door->user, door->setting, e);
    return find_user(name, "command.user", e);
}

int process_check_door(const struct client *c, const struct process_door *door, struct err *e)
{
    if (*door->user == '\0' && *c->all->config.settings->command_user == '\0')
        return err_set(e, "neither the setting %s, nor command.user names whom it runs as",
                       door->setting);
    return user_of(c, door, e) ? 0 : -1;
}

/* --- what it finds --- */

/* Terminals by the beginnings of their names, and what programs call them, of what every
 * terminfo has. */
static const struct {
    const char *begins;
    const char *term;
} terms[] = {
    {"xterm-256color", "xterm-256color"},
    {"xterm", "xterm"},
    {"screen", "screen"},
    {"tmux", "screen"},
    {"rxvt", "rxvt"},
    {"linux", "linux"},
    {"vt220", "vt220"},
    {"vt100", "vt100"},
    {"vt102", "vt102"},
    {"syncterm", "ansi"},
    {"ansi", "ansi"},
    {"pcansi", "ansi"},
    {"putty", "xterm"},
    {"konsole", "xterm"},
};

static const char *terminal_name(const struct client *c)
{
    if (!c->ansi)
        return "dumb";
    for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
        if (strncmp(client_term_name(c), terms[i].begins, strlen(terms[i].begins)) == 0)
            return terms[i].term;
    }
    return c->charset == CHARSET_UTF8 ? "xterm" : "ansi";
}

/* Variables; the last of a name is the one. */
struct environment {
    char *items[ENVIRONMENT_MOST];
    unsigned count;
};

static void set(struct environment *env, const char *variable)
{
    size_t name = strcspn(variable, "=") + 1;
    unsigned i = 0;

    while (i < env->count && strncmp(env->items[i], variable, name) != 0)
        i++;
    if (i == ENVIRONMENT_MOST)
        return;
    if (i < env->count)
        mem_free(env->items[i]);
    env->items[i] = mem_strdup(variable);
    env->count += i == env->count;
}

static void set_to(struct environment *env, const char *name, const char *value)
{
    struct buf variable;

    buf_init(&variable, PROCESS_SPEC_MAX);
    buf_printf(&variable, "%s=%s", name, value);
    set(env, buf_text(&variable));
    buf_clear(&variable);
}

static void fill_environment(struct environment *env, const struct process *p,
                             const struct passwd *user, const char *const *own)
{
    const struct setting_list *more = &p->all->config.settings->command_environment;

    set(env, "PATH=/usr/local/bin:/usr/bin:/bin");
    set_to(env, "HOME", user->pw_dir);
    set_to(env, "USER", user->pw_name);
    set_to(env, "LOGNAME", user->pw_name);
    set(env, "SHELL=/bin/sh");
    set(env, p->charset == CHARSET_UTF8 ? "LANG=C.UTF-8" : "LANG=C");
    set_to(env, "TERM", terminal_name(p->c));
    for (unsigned i = 0; i < more->count; i++)
        set(env, more->items[i]);
    for (; *own; own++)
        set(env, *own);
}

static void clear_environment(struct environment *env)
{
    for (unsigned i = 0; i < env->count; i++)
        mem_free(env->items[i]);
}

/* --- what its keeper is told --- */

static bool add_word(struct buf *spec, const char *word)
{
    return buf_add(spec, span_from(word, strlen(word) + 1));
}

static void add_number(struct buf *spec, long number)
{
    buf_printf(spec, "%ld", number);
    buf_add_byte(spec, '\0');
}

/* The number of processes is one of the user's in all: no use where that is the server's own,
 * and whoever else works there. */
static void add_limits(struct buf *spec, const struct settings *s,
                       const struct process_door *door)
{
    bool is_own = door && strcmp(door->user, PROCESS_SELF) == 0 && geteuid() != 0;

    add_number(spec, s->command_cpu_seconds);
    add_number(spec, s->command_memory_mb);
    add_number(spec, is_own ? LONG_MAX : s->command_processes);
    add_number(spec, s->command_file_mb);
    add_word(spec, cgroup_parent());
}

static bool add_door(struct buf *spec, const struct process_door *door)
{
    static const struct process_door none = {
        .folder = "", .keep = "", .drop = "", .drop_file = "", .drop_text = ""};
    const struct process_door *d = door ? door : &none;

    return add_word(spec, d->folder) && add_word(spec, d->keep) && add_word(spec, d->drop) &&
           add_word(spec, d->drop_file) && add_word(spec, d->drop_text) &&
           add_word(spec, d->has_socket ? "1" : "");
}

/* Where it runs, entered as its user. */
static bool add_folders(struct buf *spec, const struct settings *s,
                        const struct process_options *o, const struct passwd *user)
{
    if (o->door)
        return add_word(spec, o->folder) && add_word(spec, "");
    return add_word(spec, *s->command_folder ? s->command_folder : user->pw_dir) &&
           add_word(spec, o->folder);
}

static bool add_words(struct buf *spec, const char *const *words, unsigned count)
{
    bool fits = true;

    for (unsigned i = 0; i < count; i++)
        fits = fits && add_word(spec, words[i]);
    return fits;
}

/* As enum process_word has it. False: it is too long. */
static bool make_spec(struct buf *spec, const struct process *p,
                      const struct process_options *o, const struct passwd *user)
{
    const struct settings *s = p->all->config.settings;
    struct environment env = {.count = 0};
    unsigned argc = 0;
    bool fits;

    if (geteuid() == 0)
        add_number(spec, user->pw_uid);
    else
        add_word(spec, "");
    add_number(spec, user->pw_gid);
    fits = add_folders(spec, s, o, user);
    add_limits(spec, s, o->door);
    fits = fits && add_door(spec, o->door);
    while (o->argv[argc])
        argc++;
    add_number(spec, argc);
    fits = fits && add_words(spec, o->argv, argc);
    fill_environment(&env, p, user, o->env);
    fits = fits && add_words(spec, (const char *const *)env.items, env.count) &&
           WORDS + argc + env.count < PROCESS_SPEC_WORDS;
    clear_environment(&env);
    return fits;
}

static int send_spec(int to, const struct process *p, const struct process_options *o,
                     const struct passwd *user, struct err *e)
{
    struct buf spec;
    uint32_t len;
    int rc = 0;

    buf_init(&spec, PROCESS_SPEC_MAX);
    if (!make_spec(&spec, p, o, user)) {
        rc = err_set(e, "the program's words and its environment are too long");
    } else {
        len = spec.len;
        if (send(to, &len, sizeof(len), MSG_NOSIGNAL) != sizeof(len) ||
            send(to, spec.data, len, MSG_NOSIGNAL) != (ssize_t)len)
            rc = err_set(e, "start a program: %s", strerror(errno));
    }
    buf_clear(&spec);
    return rc;
}

/* --- its terminal --- */

/* Until a caller is attached it prints as into a pipe: nothing is echoed, lines end with LF. */
static void set_up_terminal(struct process *p)
{
    struct winsize size = {.ws_row = p->c->height, .ws_col = p->c->width};

    if (tcgetattr(p->terminal, &p->first) == 0) {
        p->first.c_lflag &= ~(tcflag_t)ECHO;
        p->first.c_oflag &= ~(tcflag_t)ONLCR;
        p->first.c_iflag |= p->charset == CHARSET_UTF8 ? IUTF8 : 0;
        p->first.c_cc[VERASE] = p->c->keys.del_is_delete ? '\b' : 0x7F;
        tcsetattr(p->terminal, TCSANOW, &p->first);
    }
    ioctl(p->terminal, TIOCSWINSZ, &size);
}

/* The program's side; -1. */
static int open_terminal(struct process *p, const struct passwd *user, struct err *e)
{
    int other = -1;

    p->terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (p->terminal >= 0 && unlockpt(p->terminal) == 0)
        other = ioctl(p->terminal, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (other < 0)
        return err_set(e, "make a terminal for a program: %s", strerror(errno));
    if (geteuid() == 0 && fchown(other, user->pw_uid, (gid_t)-1) < 0)
        err_set(e, "ignored: programs that open it by its name can't");
    set_up_terminal(p);
    return other;
}

/* The same of a door that has a socket instead. */
static int open_socket(struct process *p, struct err *e)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return err_set(e, "make a socket for a program: %s", strerror(errno));
    p->terminal = ends[0];
    fcntl(p->terminal, F_SETFL, O_NONBLOCK);
    return ends[1];
}

/* --- its keeper --- */

static int spawn_keeper(struct process *p, int link, int terminal)
{
    char *argv[] = {"perigee", PROCESS_COMMAND, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t signals;
    int rc;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, link, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, terminal, STDOUT_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETSIGMASK);
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    rc = posix_spawn(&p->keeper, "/proc/self/exe", &actions, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

/* Its number is nobody else's until it is waited for. */
static int start_keeper(struct process *p, int link, int terminal, struct err *e)
{
    int rc = spawn_keeper(p, link, terminal);

    if (rc != 0)
        return err_set(e, "start a program: %s", strerror(rc));
    p->is_kept = true;
    p->keeper_fd = pidfd_open(p->keeper, 0);
    if (p->keeper_fd < 0)
        return err_set(e, "start a program: %s", strerror(errno));
    return 0;
}

int process_start(struct process *p, const struct process_options *options, struct err *e)
{
    const struct passwd *user = user_of(p->c, options->door, e);
    int ends[2] = {-1, -1};
    int terminal = -1;
    int rc = -1;

    if (user)
        terminal = p->has_socket ? open_socket(p, e) : open_terminal(p, user, e);
    if (terminal < 0)
        goto done;
    p->as = mem_strdup(user->pw_name);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
        err_set(e, "start a program: %s", strerror(errno));
        goto done;
    }
    p->link = ends[0];
    rc = send_spec(p->link, p, options, user, e);
    if (rc == 0)
        rc = start_keeper(p, ends[1], terminal, e);
done:
    if (terminal >= 0)
        close(terminal);
    if (ends[1] >= 0)
        close(ends[1]);
    return rc;
}
