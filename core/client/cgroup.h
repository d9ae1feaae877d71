/* cgroup.h -- a control group (version 2, the kernel's Documentation/admin-guide/cgroup-v2) for
 * each program that a caller runs, where the server may make one: it bounds what the program
 * and all that it starts hold together, which limits of processes (rlimits) can't, and ends all
 * of it at once. Where there is none the rlimits are what there is. Part of client/. */
#ifndef PERIGEE_CLIENT_CGROUP_H
#define PERIGEE_CLIENT_CGROUP_H

#include <stdbool.h>

enum { CGROUP_PATH = 512 };

/* --- in the server --- */

/* The folder below which programs get groups of their own, made at the first call; "": there
 * can be none. The log says once which. */
const char *cgroup_parent(void);
void cgroup_end(void); /* removes it */

/* --- in a program's keeper --- */

/* Make a group below `parent` ("": none is made), for at most so much memory and so many
 * processes, as far as the machine counts these. False: there is none. */
bool cgroup_make(const char *parent, unsigned long memory_mb, unsigned long processes,
                 char out[CGROUP_PATH]);
void cgroup_enter(const char *path); /* this process, and what it starts; "": nothing */
void cgroup_kill(const char *path);  /* all that is in it */
void cgroup_remove(const char *path);

#endif
