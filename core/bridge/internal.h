/* internal.h -- what the files of bridge/ share with nobody else. */
#ifndef PERIGEE_BRIDGE_INTERNAL_H
#define PERIGEE_BRIDGE_INTERNAL_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <signal.h>
#include <time.h>

#include "bridge/bridge.h"

#define uthash_malloc(size) mem_alloc(size)
#define uthash_free(p, size) mem_free(p)
#include <uthash.h>

#include "base/mem.h"
#include "client/dial.h"
#include "client/process.h"

enum {
    POOL_MAX = 64,    /* coroutines kept for the next call */
    OVERRUNS_MAX = 3, /* in a minute; then a handler is refused for a minute */
    LOAD_TIMES = 10,  /* as long as a handler may run, files may load */
    TICK_MS = 5,      /* of the watchdog */
};

/* A handler's function, and what it has cost. Lives as long as the bridge. */
struct handler {
    UT_hash_handle hh;
    struct handler_figures figures;
    int ref; /* of the function, of `generation` */
    unsigned generation;
    double overruns[OVERRUNS_MAX];
    double refused_until;
    unsigned failed_for_guests; /* in this version, without a success */
    bool worked;                /* in this version */
    bool is_trial;
    char name[];
};

/* A run of the schedule: what its handler is told. */
struct job_call {
    bool is_one;
    int64_t due;
    int64_t last; /* when it last began; 0: never */
};

enum task_todo { TODO_NOTHING, TODO_START, TODO_CANCEL };

/* A handler's run, from its call to its end. */
struct task {
    struct bridge *bridge;
    struct task *prev;
    struct task *next;
    lua_State *co;
    int ref;                 /* of the coroutine */
    struct handler *handler; /* NULL: the engine's own */
    struct client *client;   /* held; NULL: none */
    struct task **held_by;   /* to be NULL when this is freed; NULL: nobody */
    struct task *waiter;     /* waits for this one's end; NULL: nobody */
    const struct call *call; /* while it begins */
    enum call_kind kind;
    const char *event; /* the function is a listener's: "enter", "leave"; NULL */
    struct job_call job;
    bool has_call;  /* client_finish is awaited */
    bool has_aside; /* another handler waits for the caller until this one has ended */
    bool is_trial;  /* it runs what is on trial */
    bool is_async;  /* the call has returned already */
    bool is_running;
    bool is_over;
    bool has_failed; /* `message` says why */
    bool is_spoiled; /* the coroutine is not to be used again */
    struct buf message;
    bool is_cancelled;
    unsigned waits_after; /* it was cancelled */
    enum task_todo todo;  /* when the handler that runs now has stopped */
    bool is_deferred;
    struct task *next_deferred;
    struct call own_call; /* a copy, of one that begins later */
    struct call_arg *own_args;
    int function;                     /* ref of a function to run instead of a handler */
    const struct op_columns *columns; /* CALL_EACH; the screen is held by the client */
    struct screen *screen;
    struct outcome outcome;
    /* What it waits for. `cancel` forgets it; the owner of `wait` frees it. */
    void (*cancel)(void *wait);
    void *wait;
};

struct bridge {
    struct bridge_config config;
    lua_State *L;
    struct clients *all;
    struct task *tasks;
    struct task *current;
    struct task *deferred;
    struct timer *deferred_soon; /* or NULL */
    struct promotion *promotion; /* of what is on trial; NULL: none is under way */
    struct every *every;         /* functions that files want called every so often */
    struct schedule *schedule;
    unsigned task_count;
    int pool[POOL_MAX];
    unsigned pool_count;
    struct handler *handlers[2]; /* those for everybody, and those on trial */
    unsigned generations[2];     /* likewise; the second 0: nothing is on trial */
    unsigned incidents;
    time_t since;
    struct sys_wait *sys_waits; /* handlers that wait for a look at the machine */
    int loader;                 /* ref of the table that loader.lua returns */
    /* memory */
    size_t used;
    size_t base; /* `used` when the running handler began */
    size_t run_limit;
    bool is_limited;
    /* the text of outcomes, until the next call */
    struct buf text;
    struct buf notice;
    struct buf keyword;
    struct buf key; /* scratch */
};

/* state.c */
/* A buffer on top of the stack, which Lua frees, whatever raises an error meanwhile. */
struct buf *buf_push(lua_State *L, uint32_t max);
/* What it holds, as a string on top; it is empty then. */
void buf_push_text(lua_State *L, struct buf *b);
struct bridge *bridge_of(lua_State *L);

/* budget.c -- the watchdog over what runs now. */
/* One process has one bridge that is watched. */
int budget_open(struct err *e);
void budget_close(void);
void budget_begin(lua_State *L, long ms); /* `L` runs from now on */
void budget_switch(lua_State *L);         /* inside the same run, another coroutine does */
bool budget_end(void);                    /* true: it ran too long and was stopped */
bool budget_is_over(void);
int budget_stop(lua_State *L); /* raises the error of a run that is over: FILE:LINE: ... */
lua_State *budget_running(void);

/* task.c -- the two doors into Lua, and waiting. */
struct task *task_new(struct bridge *b, struct client *c, struct handler *h);
void task_start(struct task *t);  /* runs bridge_entry */
void task_cancel(struct task *t); /* its wait raises an error */

/* One protected call, with the budget of loading files: the function and `args` values are on
 * top of b->L's stack; `results` are in their place. False: `why` has the message and the
 * traceback. */
bool bridge_call(struct bridge *b, int args, int results, struct buf *why);

/* In a Lua function, as its last statement: wait until `other`, which has not ended, has. `k`
 * finds that task above the stack. */
int task_wait_for(lua_State *L, struct task *other, lua_KFunction k);

/* In a Lua function, as its last statement: wait. `k` finds the stack as it is now, and above
 * it what task_wake gave: a light userdata. */
int task_wait(lua_State *L, void (*cancel)(void *wait), void *wait, lua_KFunction k);
struct task *task_current(lua_State *L); /* raises an error where nothing can wait */
void task_wake(struct task *t, void *result);
void task_forget_wait(struct task *t);           /* nobody will be there for the answer */
bool task_is_cancelled(lua_State *L, int index); /* in `k`: the value is no result */
bool task_is_wait(lua_State *L, int index); /* the value is what a waiting handler yields */
void task_free(struct task *t);
int task_raise(lua_State *L); /* in `k`, when it is: raise the error */

/* modules.c */
void modules_add_host(lua_State *L);
void modules_close(struct bridge *b);
bool modules_push_handler(struct bridge *b, const char *name,
                          bool is_trial); /* a function, on b->L */
bool modules_push_rescue(struct bridge *b);
/* Pushes a list of { name, function }: who listens to callers that come and go. */
bool modules_push_listeners(struct bridge *b);

/* Call f(arg, loader), protected; results and `why` as bridge_call's. */
bool modules_call_loader(struct bridge *b, lua_CFunction f, void *arg, int results,
                         struct buf *why);
bool modules_revert(struct bridge *b, const char *handler); /* to the version before */

/* handlers.c */
struct handler *handler_find(struct bridge *b, const char *name,
                             bool is_trial);                           /* made if need be */
bool handler_is_trial(const struct bridge *b, const struct client *c); /* for this caller? */
void handlers_forget_trial(struct bridge *b);                          /* their functions */
int handler_entry(lua_State *L); /* the body of each task: light userdata of the task */
/* A task for the function on top of L's stack, which it pops: to be started, and freed by
 * itself. It has the budget, and the figures, of the handler `name`. NULL: that rests. */
struct task *handler_apart(lua_State *L, struct client *c, const char *name);
/* Likewise for the handler `name`, as a job of the schedule. NULL and `why`: there is none, or
 * it rests. */
struct task *handler_job(struct bridge *b, const char *name, const struct job_call *call,
                         const char **why);
void handler_ended(struct task *t, bool ok, const char *message);

/* schedule.c */
void schedule_open(struct bridge *b);
void schedule_stop(struct bridge *b);  /* calls nobody any more */
void schedule_close(struct bridge *b); /* after the tasks */
void schedule_ended(struct bridge *b, const char *handler, bool ok);

/* client_box.c: see client_box.h, too */
void client_box_answer(struct client *c, const struct answer *answer);
/* Whoever waits for the caller waits on while a command runs. False: nobody does. */
bool client_box_set_aside(struct client *c);
void client_box_take_back(struct client *c);
void client_box_forget(void *bridge, struct client *c);
void client_box_push(lua_State *L, struct client *c);
struct client *client_box_check(lua_State *L, int index); /* raises: the client has left */

/* lib_*.c */
void lib_client_open(lua_State *L);
int luaopen_bbs_db(lua_State *L);
/* May the viewer at `index` see a client? A client; nothing: anybody; true: the board itself.
 */
bool client_box_sees(lua_State *L, int index, const struct client *c);
int luaopen_core_clients(lua_State *L);
int luaopen_core_shoulder(lua_State *L);
int luaopen_bbs_time(lua_State *L);
int luaopen_bbs_text(lua_State *L);
int luaopen_bbs_ansi(lua_State *L);
int luaopen_bbs_log(lua_State *L);
int luaopen_bbs_settings(lua_State *L);
int lib_settings_list(lua_State *L); /* sys.settings */
int luaopen_bbs_sys(lua_State *L);
int luaopen_bbs_command(lua_State *L);
int luaopen_bbs_schedule(lua_State *L);
int luaopen_core_doors(lua_State *L);
int luaopen_bbs_dial(lua_State *L);
struct process *process_box_check(lua_State *L, int index);      /* a process of bbs.command */
void process_push_ending(lua_State *L, const struct process *p); /* how it has ended */
/* The options of client:dial, from the table at 2, on whose stack they stay; how it ended. */
void dial_check_options(lua_State *L, struct dial_options *o);
int dial_push_ending(lua_State *L, const struct dial_ending *e);
int luaopen_core_accounts(lua_State *L);
int luaopen_core_board(lua_State *L);
void lib_board_forget(struct bridge *b); /* a promotion that has not begun */
int luaopen_core_files(lua_State *L);
int luaopen_core_lines(lua_State *L);
int luaopen_core_rooms(lua_State *L);
void lib_string_open(lua_State *L);    /* what does patterns */
void lib_coroutine_open(lua_State *L); /* replaces what must know the engine's waits */
/* The coroutine at `index`: nobody but the engine may resume or close it. */
void lib_coroutine_mark(lua_State *L, int index, bool is_engines);

/* values.c -- between C's values and Lua's */
void value_push(lua_State *L, struct value v);
struct value value_to(lua_State *L, int index); /* text borrows from Lua */
void rows_push(lua_State *L, const struct rows *r, bool names);

#endif
