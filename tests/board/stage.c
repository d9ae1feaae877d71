#include "tests/board/stage.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { CALLERS_MAX = 256 };

struct board *board;
static struct caller *callers[CALLERS_MAX];
static unsigned caller_count;

static int set_up(bool starter)
{
    board = board_new(starter);
    caller_count = 0;
    return 0;
}

int stage_set_up(void **state)
{
    (void)state;
    return set_up(false);
}

int stage_set_up_starter(void **state)
{
    (void)state;
    return set_up(true);
}

int stage_tear_down(void **state)
{
    int status;

    (void)state;
    for (unsigned i = 0; i < caller_count; i++)
        caller_free(callers[i]);
    caller_count = 0;
    status = board->pid ? board_stop(board) : 0;
    if (status != 0)
        fprintf(stderr, "the server ended with %d; its log ends with:\n%s\n", status,
                board_log_end(board));
    board_free(board);
    board = NULL;
    return status;
}

struct caller *dial_as(enum caller_kind kind)
{
    struct caller *c = caller_dial(board, kind);
    int on = 1;

    assert_true(caller_count < CALLERS_MAX);
    callers[caller_count++] = c;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return c;
}

struct caller *dial(void)
{
    return dial_as(CALLER_XTERM);
}

void hang_up(struct caller *c)
{
    for (unsigned i = 0; i < caller_count; i++) {
        if (callers[i] == c)
            callers[i] = callers[--caller_count];
    }
    caller_free(c);
}

void preload(const char *library)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 20);

    assert_true(n > 0);
    path[n] = '\0';
    strcpy(strrchr(path, '/') + 1, library);
    setenv("LD_PRELOAD", path, 1);
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
}

void preload_full_disk(const char *name, const char *room)
{
    preload("full_disk.so");
    setenv("FULL_DISK", name, 1);
    setenv("FULL_DISK_ROOM", room, 1);
}
