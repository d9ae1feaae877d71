/* files.h -- the files of a board's folder: finding, naming and reading them. Blocks, briefly.
 */
#ifndef PERIGEE_SERVER_FILES_H
#define PERIGEE_SERVER_FILES_H

#include "base/buf.h"
#include "base/err.h"
#include "screen/source.h"

enum { FILES_DEPTH = 8 }; /* folders below one another that are looked into */

enum file_kind { FILE_OTHER, FILE_SCREEN, FILE_LUA, FILE_SETTINGS, FILE_SCHEMA };

struct file {
    char *path; /* relative to the board: "screens/menu.txt" */
    char *name; /* its keyword "menu", or its module "handlers.login" */
    enum file_kind kind;
    enum source_kind source; /* FILE_SCREEN */
};

struct file_list {
    struct file *files; /* sorted by path */
    unsigned count;
};

/* A file that is looked at as if it held this text. */
struct file_draft {
    const char *path;
    struct span text;
};

/* What a path is. FILE_OTHER: none of the board's, or of its tests; `f` holds nothing then. */
enum file_kind file_classify(const char *path, struct file *f);
void file_clear(struct file *f);

/* Is this the name of a screen or of Lua, but for its spelling? `problems` gets a line then. */
bool file_is_misnamed(const char *path, struct buf *problems);

/* All of screens/ and lua/ below `board`. Names that are misspelt are told in `problems`. */
int files_find(const char *board, struct file_list *list, struct buf *problems, struct err *e);
/* One more, if it is not there yet. */
void files_add(struct file_list *list, const char *path, struct buf *problems);
void files_clear(struct file_list *list);

/* Read `board`/`path` whole, twice if it changes meanwhile. 0; 1 it is not there; -1 and `e`.
 */
int file_read(const char *board, const char *path, struct buf *out, struct err *e);

#endif
