/* stop.h -- Ctrl-C and the like during a command that has to put away what it has begun. */
#ifndef PERIGEE_CLI_STOP_H
#define PERIGEE_CLI_STOP_H

#include <stdbool.h>

void stop_watch(void);       /* from now on SIGINT, SIGTERM and SIGHUP are remembered */
bool stop_go_on(void *arg);  /* none has come; `arg` is for who needs one */
int stop_status(int status); /* the exit status, or 128 and the signal that has come */

#endif
