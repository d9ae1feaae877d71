/* bridge.h -- the board's Lua: one state, a coroutine for each running handler, budgets of time
 * and memory, and generations of files that are swapped together. All on the loop's thread.
 *
 * What the rest of the engine sees of Lua is this and nothing more. */
#ifndef PERIGEE_BRIDGE_BRIDGE_H
#define PERIGEE_BRIDGE_BRIDGE_H

#include <stdint.h>

#include "base/figures.h"
#include "base/machine.h"
#include "base/settings.h"
#include "base/worker.h"
#include "client/clients.h"
#include "store/runs.h"
#include "store/store.h"

struct bridge;

/* A file of the board's lua/ folder or of the standard library. */
struct bridge_file {
    const char *name; /* as it is required: "handlers.login", "bbs.users" */
    const char *path; /* as messages call it: "lua/handlers/login.lua" */
    struct span text;
};

/* What a sysop on line wants of the board's files. */
enum edit_wanted {
    EDIT_LIST,       /* `out`: a line for each, size, Unix seconds of its change, path */
    EDIT_NAME,       /* may there be a file of that path? -1: no */
    EDIT_READ,       /* `out`: its bytes. 1: it is not there */
    EDIT_CHECK,      /* `out`: what perigee check says of the board, with `text` in that file */
    EDIT_SAVE,       /* 1: it is not as it was `before` */
    EDIT_UNDO,       /* the same with a kept version; what was there is kept as one */
    EDIT_UNDO_TRIAL, /* all files as everybody has them; `out`: the paths of those that were
                      * not so, a line each. What they had is kept as a version */
    EDIT_VERSIONS, /* `out`: a line for each kept one, the newest first: name, seconds, size */
    EDIT_HISTORY,  /* `out`: a line for each file that has some: how many, newest, path */
    EDIT_VERSION,  /* `out`: its bytes. 1: it is not there */
    EDIT_EXPLAIN,  /* `out`: what perigee explain says of the keyword `path` to the caller of
                    * the handle `version`, with more words, a line each, in `text` */
};

struct board_edit {
    enum edit_wanted wanted;
    const char *path; /* "screens/menu.txt"; "": EDIT_CHECK of the board as it is */
    const char *version;
    struct span text;
    struct span before;
    bool is_new;    /* EDIT_SAVE, EDIT_UNDO: there is no such file */
    bool is_beside; /* by who sits at the machine, and may save settings, too */
    struct buf out;
};

struct bridge_config {
    struct ev_loop *loop;
    const struct settings *settings; /* read anew at each use */
    struct library *library;
    struct store *store;    /* NULL: there is none (perigee check) */
    struct worker *hashers; /* likewise */
    struct worker *readers; /* likewise */
    /* Read a file that `require` names and that no generation holds yet, as it is on trial or
     * for everybody. False: there is none. */
    bool (*read)(void *arg, const char *name, bool is_trial, struct buf *text,
                 struct buf *path);
    /* The text of a kept version of a file, 0 the newest. False: there are not so many. */
    bool (*read_version)(void *arg, const char *path, unsigned age, struct buf *text);
    /* Called on a thread of the workers that bridge_set_workers gives: it blocks. -1 and `e`.
     */
    int (*edit)(void *arg, struct board_edit *edit, struct err *e);
    /* What is wrong with the board's files as they are now, a line FILE:LINE: WHY each. */
    void (*get_mistakes)(void *arg, struct buf *out);
    /* What sysops try before everybody has it: "WANTED GENERATION TRIAL", 0 or 1 and two
     * numbers, and a line for each file. */
    void (*get_trial)(void *arg, struct buf *out);
    /* Everybody has it from now on. Called while no handler runs; it blocks. -1 and `e`. */
    int (*promote)(void *arg, struct err *e);
    /* A login from this client failed. True: its address is banned now. */
    bool (*login_failed)(void *arg, struct client *c);
    void (*login_right)(void *arg, struct client *c);
    /* An address is banned for so many seconds, and the calls from there end; 0: no more. NULL,
     * or why not: it is none, never is banned, or `by` calls from there (NULL: nobody). */
    const char *(*ban)(void *arg, const char *address, double seconds, const struct client *by);
    void (*get_status)(void *arg, struct buf *json);
    void (*reload_all)(void *arg, struct buf *report);
    /* What the command line says in the place of a setting; NULL: nothing. */
    const char *(*get_given)(void *arg, const char *setting);
    const char *log_path; /* the log's file; NULL: there is none */
    /* The machine as it was within the last second. NULL: it is being looked at, and
     * bridge_machine_ready comes; not where `any` look will do. */
    const struct machine *(*get_machine)(void *arg, bool any);
    /* Likewise of the server; NULL: it does not serve yet, or no more. */
    const struct figures *(*get_figures)(void *arg);
    void *arg;
};

struct bridge *bridge_new(const struct bridge_config *config, struct err *e); /* NULL and `e` */
/* The clients are gone: end the handlers that still wait. What they gave to the store and to
 * workers is done all the same, and answered to nobody. */
void bridge_stop(struct bridge *b);
void bridge_free(struct bridge *b); /* after the clients; NULL is allowed */

struct client_hooks bridge_hooks(struct bridge *b);
void bridge_set_workers(struct bridge *b, struct store *store, struct worker *hashers,
                        struct worker *readers);
void bridge_set_clients(struct bridge *b, struct clients *all);

void bridge_machine_ready(struct bridge *b); /* who waits for a look goes on */

/* Files that were saved together. */
struct bridge_files {
    const struct bridge_file *files; /* new or changed */
    unsigned count;
    const char *const *gone;
    unsigned gone_count;
    bool is_trial; /* they are for calls of sysops alone, until bridge_end_trial */
};

/* Load `files` and all that requires them, drop `gone`, and swap it in if all of it loads: 0.
 * Else -1, `errors` has a line FILE:LINE: WHY for each, and all stays as it was. */
int bridge_load(struct bridge *b, const struct bridge_files *files, struct buf *errors);

/* What is on trial is for everybody from now on; or is no more. Nothing where nothing is. */
void bridge_end_trial(struct bridge *b, bool is_promoted);

/* Read the settings that a file returns into `s`, which holds the defaults: they are in force
 * from now on, as far as Lua itself needs them (doors). -1: `errors` has a line FILE:LINE: WHY
 * for each mistake, and those before are. */
int bridge_read_settings(struct bridge *b, const struct bridge_file *file, struct settings *s,
                         struct buf *errors);

unsigned bridge_generation(const struct bridge *b); /* of what runs now */
size_t bridge_memory(const struct bridge *b);       /* bytes that Lua holds */
unsigned bridge_tasks(const struct bridge *b);      /* handlers that run or wait */
/* Does a handler of that client's sleep, longer than it takes to go on with long work? */
bool bridge_sleeps(const struct bridge *b, const struct client *c);

/* Is there a function `name` ("login.name")? */
bool bridge_has_handler(struct bridge *b, const char *name, bool is_trial);

/* Call `see` with each function of the handlers, "login.name". */
void bridge_each_handler(struct bridge *b, bool is_trial,
                         void (*see)(void *arg, const char *name), void *arg);

/* Call `see` with the path of each file that is loaded, "lua/handlers/login.lua", and its text.
 */
void bridge_each_file(struct bridge *b, bool is_trial,
                      void (*see)(void *arg, const char *path, struct span text), void *arg);

/* Was the file of that name loaded from this text? */
bool bridge_has_text(struct bridge *b, const char *name, bool is_trial, struct span text);

/* A command of a module, which runs while the loop does: files.command of "files", or that of
 * "explain". Words are copied. `said` gets its lines, and how it ended, unless an error ended
 * it (which is in the log). */
enum bridge_said { BRIDGE_SAID, BRIDGE_DONE, BRIDGE_REFUSED };

struct bridge_command;

struct bridge_command *
bridge_command_new(struct bridge *b, const char *module, const char *const *list,
                   unsigned count,
                   void (*said)(void *arg, enum bridge_said what, struct span text), void *arg);
bool bridge_command_runs(const struct bridge_command *command);
void bridge_command_free(struct bridge_command *command); /* NULL is allowed */

/* The account `id` of that nick name is gone from the store, by the command line: what is in
 * memory of it is the account `into`'s now; or (0) somebody's, or gone. */
void bridge_account_ended(struct bridge *b, int64_t id, const char *nick_name, int64_t into,
                          bool is_anonymised);

/* The handlers that are called at times: `schedule` of the settings, which are read anew.
 * Before that, what became of the last run of each, of which the server's start knows. */
void bridge_take_run(struct bridge *b, const char *handler, const struct schedule_run *run);
void bridge_schedule(struct bridge *b);

struct job_figures {
    const char *handler;
    const char *times;
    struct schedule_run run; /* the last one */
    int64_t next;            /* Unix seconds */
    bool is_running;
    bool is_missing; /* there is no such handler */
};

/* All, by name; how many. */
unsigned bridge_jobs(struct bridge *b, struct job_figures out[JOBS_MAX]);

/* How the last run ended: "ok", "incident 3" (in `room`), "running", "cut off", "" (there was
 * none), "no handler". */
const char *job_ending(const struct job_figures *f, char *room, size_t size);

/* What a handler has cost so far. */
struct handler_figures {
    const char *name;
    uint64_t calls;
    uint64_t errors;
    uint64_t total_us;
    uint64_t most_us;
    uint64_t bytes; /* that its runs allocated, at most in one run */
    bool is_trial;
};

/* The `count` dearest by time, in order; how many there are. */
unsigned bridge_dearest(struct bridge *b, struct handler_figures *out, unsigned count);

#endif
