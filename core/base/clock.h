/* clock.h -- clocks that can be moved on, for tests of a board: an hour of waiting takes no
 * time.
 *
 * clock_gettime, gettimeofday and time are the program's own, in front of the C library's: for
 * the libraries too (libev, SQLite, Lua), so that all of them agree. Until something is moved
 * they say what the system says. */
#ifndef PERIGEE_BASE_CLOCK_H
#define PERIGEE_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

void clock_move(double seconds);   /* all clocks, on */
void clock_set(int64_t unix_time); /* the time of day alone, which goes on from there */

/* CLOCK_MONOTONIC as the system has it: for what the system is to wait until. */
struct timespec clock_unmoved(void);

#endif
