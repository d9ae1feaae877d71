/* hooks.h -- how a client reaches the board's handlers: a table that the bridge fills in. */
#ifndef PERIGEE_CLIENT_HOOKS_H
#define PERIGEE_CLIENT_HOOKS_H

#include "base/value.h"
#include "screen/op.h"

struct client;
struct dial_ending;

enum call_kind {
    CALL_GET,
    CALL_IF,
    CALL_EACH,
    CALL_SET,
    CALL_KEY,
    CALL_POST,
    CALL_ENTER,
    CALL_LEAVE, /* nobody waits for its end */
    CALL_TICK,
    CALL_SLASH,
    CALL_RESCUE, /* the engine's own login, which no board can break */
};

struct call_arg {
    const char *name; /* NULL: by its place */
    struct value value;
};

enum { ROWS_OF_PAGE = 15 }; /* of an each: that does not say */

/* All borrowed, for the time of the call. */
struct call {
    enum call_kind kind;
    const char *name; /* of the handler */
    const char *file; /* where the macro stands; NULL: not in a screen */
    unsigned line;
    const struct call_arg *args;
    unsigned arg_count;
    struct span text;                 /* CALL_SET, CALL_KEY, CALL_SLASH: what was typed */
    const struct op_columns *columns; /* CALL_EACH: what is wanted of each row */
};

enum action {
    ACTION_NONE,
    ACTION_REPEAT,
    ACTION_REMAIN,
    ACTION_REFRESH,
    ACTION_ROOT,
    ACTION_BACK,
    ACTION_HANGUP,
    ACTION_GO,
};

struct outcome {
    bool failed;       /* the log has the traceback; `notice` tells the caller */
    bool is_true;      /* CALL_IF */
    struct span text;  /* CALL_GET; borrowed until the next call */
    struct rows *rows; /* CALL_EACH; the receiver's to free */
    enum action action;
    struct span keyword; /* ACTION_GO: it has a screen */
    struct span notice;
};

enum answer_kind {
    ANSWER_LINE,
    ANSWER_KEY,
    ANSWER_PASTE,
    ANSWER_TELL,
    ANSWER_CANCEL,
    ANSWER_TIMEOUT,
    ANSWER_DRAINED,
    ANSWER_TRANSFER,
    ANSWER_PROCESS, /* it is over */
    ANSWER_DIAL,    /* another system's call is */
};

/* What became of one file. */
struct transfer_result {
    char *name;
    int64_t bytes;   /* that are there now */
    int64_t resumed; /* of which so many were there before */
    double seconds;
    bool ok;
    char reason[160]; /* why not */
};

/* What a waiting handler waited for. */
struct answer {
    enum answer_kind kind;
    struct span text; /* the line, the key's name, or why a transfer has failed as a whole */
    const struct transfer_result **results; /* of an ANSWER_TRANSFER */
    unsigned result_count;
    const struct dial_ending *dial; /* of an ANSWER_DIAL */
};

struct client_hooks {
    void *arg;
    /* True: `out` is filled. False: the handler waits; client_finish comes later, but not for
     * CALL_LEAVE. */
    bool (*call)(void *arg, struct client *c, const struct call *call, struct outcome *out);
    void (*answer)(void *arg, struct client *c, const struct answer *answer);
    /* The caller is gone: what waits for it ends with an error. */
    void (*gone)(void *arg, struct client *c);
    /* Somebody who is logged in and not hidden has come, or goes. */
    void (*presence)(void *arg, struct client *c, bool comes);
    /* The client is about to be freed. */
    void (*forget)(void *arg, struct client *c);
    /* Of those that this caller's calls run. */
    bool (*has_handler)(void *arg, const struct client *c, const char *name);
    void (*each_handler)(void *arg, const struct client *c,
                         void (*see)(void *see_arg, const char *name), void *see_arg);
};

#endif
