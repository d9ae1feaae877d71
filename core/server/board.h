/* board.h -- a board's files as the server uses them: settings, screens and Lua, loaded at the
 * start and again as they are saved; what is wrong is told, and the last good stays in use. */
#ifndef PERIGEE_SERVER_BOARD_H
#define PERIGEE_SERVER_BOARD_H

#include "base/settings.h"
#include "bridge/bridge.h"
#include "server/history.h"
#include "server/links.h"
#include "server/texts.h"
#include "server/watch.h"

struct file_draft;
struct file_list;

struct path_set {
    char **paths;
    unsigned count;
};

struct board {
    const char *folder;
    const struct file_draft *draft; /* or NULL */
    struct settings settings;
    struct library *library;
    struct bridge *bridge;
    struct history *history; /* or NULL */
    bool keeps_nothing;      /* the history is only read */
    struct clients *clients; /* or NULL */
    struct store *store;     /* or NULL */
    struct gate *gate;       /* or NULL */
    unsigned generation;     /* that everybody has */
    unsigned trial;          /* that sysops have, see trial.h; 0: the same */
    unsigned told;           /* of which sysops know */
    unsigned numbered;       /* counts each swap, of screens or of Lua */
    const char *promoted;    /* the file with what everybody has; NULL: nothing is ever tried */
    const struct texts *from; /* what is loaded instead of the folder's files; or NULL */
    bool is_kept;             /* that file has it */
    bool is_loading;          /* it starts: what is loaded is for everybody */
    bool is_trying;           /* it starts: what the folder has besides is on trial */
    struct buf errors;        /* what is saved and not in use, because it is wrong */
    struct buf missing;       /* what screens name and is not there */
    struct path_set pending;  /* Lua files that were saved and could not be swapped in yet */
    struct path_set broken;   /* screens that were saved and are wrong */
    struct path_set compiled; /* and that are not: kept as versions if they link as well */
    void (*settings_changed)(void *arg);
    void *arg;
};

void board_init(struct board *b, const char *folder);
void board_clear(struct board *b);

/* Settings alone: the defaults where there is no file. -1: b->errors says all that is wrong,
 * `e` the first of it. */
int board_read_settings(struct board *b, struct err *e);

/* All files. What does not load is replaced by its last good version, if there is one, or left
 * out; b->errors says so. -1 and `e` only where there is no board at all. */
int board_load(struct board *b, struct err *e);
int board_load_files(struct board *b, struct err *e); /* the same, and the log hears nothing */

/* What file_read and files_find find, and the draft. */
int board_read(const struct board *b, const char *path, struct buf *out, struct err *e);
int board_find(const struct board *b, struct file_list *list, struct buf *problems,
               struct err *e);

/* These files have been saved. */
void board_changed(struct board *b, const struct watch_paths *paths);

/* What a screen names is not there, nor in a file that could not be loaded: `why` gets a line
 * that says so. */
bool board_lacks(struct board *b, const struct link *link, struct buf *why);

/* The same of what `schedule` of the settings names. */
bool board_lacks_job(struct board *b, const struct setting_job *job, struct buf *why);

/* For bridge_config.read and .read_version. */
bool board_read_module(void *board, const char *name, bool is_trial, struct buf *text,
                       struct buf *path);
bool board_read_version(void *board, const char *path, unsigned age, struct buf *text);

/* The text of lua/schema.sql; false: there is none. */
bool board_read_schema(const struct board *b, struct buf *out);

#endif
