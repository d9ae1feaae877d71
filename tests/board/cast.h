/* cast.h -- who plays in tests on the starter board: callers with accounts of their own, and
 * the sysop moon; what they do there. */
#ifndef PERIGEE_TESTS_CAST_H
#define PERIGEE_TESTS_CAST_H

#include "tests/board/stage.h"

#define PROMPT "[Lobby] "

void make_sysop(void);      /* moon's account; before the server starts */
struct caller *sysop(void); /* moon, at the menu */

struct caller *newcomer(const char *handle);  /* with a new account, at the menu */
struct caller *come_back(const char *handle); /* the same account's next call */
struct caller *go_in(struct caller *c);       /* from the menu into the room that comes first */
struct caller *in_lobby(const char *handle);  /* a newcomer who has */

void say(struct caller *c, const char *line);                         /* and Enter */
void command(struct caller *c, const char *line, const char *answer); /* which is waited for */

#endif
