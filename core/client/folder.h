/* folder.h -- what stands in a folder of files: names, sizes, digests. On a worker's threads:
 * everything here blocks. Part of client/. */
#ifndef PERIGEE_CLIENT_FOLDER_H
#define PERIGEE_CLIENT_FOLDER_H

#include <stdint.h>

#include "client/place.h"

enum { FILE_LIST_MOST = 100000 };

struct file_entry {
    char *name;
    int64_t size;
    int64_t modified; /* Unix nanoseconds */
    int64_t changed;  /* the same: written, or given its name or its time; 0: not known */
};

struct file_list {
    struct file_entry *entries;
    unsigned count;
    unsigned left_out; /* links, folders, names that can't be shown, and what was too many */
};

/* `name` is copied. False: there are FILE_LIST_MOST already. */
bool file_list_add(struct file_list *list, struct span name, int64_t size, int64_t modified);
void file_list_clear(struct file_list *list);

/* The files of a folder, in the order of their names' bytes: no links, no folders, nothing that
 * begins with a dot, no names that can't be shown. -1 and `e`. */
int folder_read(const struct place *p, struct file_list *out, struct err *e);
int folder_read_folders(const struct place *p, struct file_list *out, struct err *e); /* its */

int folder_make(const struct place *p, struct err *e); /* where it is missing. -1 and `e` */

/* When a name was last added to a folder or taken away; of a file, as `changed` above. Unix
 * nanoseconds; -1 and `e`. */
int64_t folder_changed(const struct place *p, struct err *e);

/* Remove what was last changed before `before` (Unix nanoseconds) from the folders in a folder:
 * files, hidden ones too, and folders that are empty then. How many files; -1 and `e`. */
int64_t folder_clean(const struct place *p, int64_t before, struct err *e);

#define FOLDER_PART ".part-" /* begins the name of what has come of an upload */

/* Remove the parts of uploads that nothing was written to since `before` (Unix nanoseconds). */
void folder_clean_parts(int folder, int64_t before);

enum { DIGEST_TEXT = 65 };

/* SHA-256 of an open file, from its beginning, as hexadecimal digits. -1 and `e`. */
int file_digest(int fd, char text[DIGEST_TEXT], struct err *e);
void file_digests_end(void); /* those that are being made fail: the program ends */

#endif
