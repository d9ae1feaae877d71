/* chat.h -- a caller in a room: lines that are said there appear above what is typed, or wait
 * until there is a prompt. Part of client/; rooms are core/room/'s. */
#ifndef PERIGEE_CLIENT_CHAT_H
#define PERIGEE_CLIENT_CHAT_H

#include "client/client.h"
#include "room/room.h"

/* Leaves the room before. The last `lines` of the room are shown at the next prompt. */
struct member *chat_join(struct client *c, struct room *r, unsigned lines);
void chat_leave(struct client *c);
struct member *chat_member(const struct client *c); /* NULL: in no room */

/* `l` is handed over, and goes to everybody in the room in this turn of the loop, or soon. */
void chat_add(struct clients *all, struct room *r, struct line *l);

struct rooms *chat_rooms(const struct clients *all);

/* --- of client/'s other parts --- */
void chat_deliver(struct clients *all); /* at the end of each turn: see room.h */
void chat_await(struct clients *all);   /* before the loop sleeps: until lines are due */
void chat_hide(struct client *c, bool is_hidden); /* the room is told that it goes, or comes */
void chat_show_again(struct client *c);  /* the screen is empty: the last lines once more */
void chat_end(struct client *c);         /* the call is over: the room is told */
void chat_show_held(struct client *c);   /* there is a prompt */
bool chat_erases_line(struct client *c); /* what was typed will be shown as said, if anything */

#endif
