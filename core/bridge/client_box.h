/* client_box.h -- the client object of handlers, which stays when the client has gone, and the
 * handler that waits for its caller. Part of bridge/. Lua's errors are raised. */
#ifndef PERIGEE_BRIDGE_CLIENT_BOX_H
#define PERIGEE_BRIDGE_CLIENT_BOX_H

#include "bridge/internal.h"

/* One for each client; `client` is NULL once it is gone. Its user values are client.data,
 * client.params and client.command. */
struct box {
    struct client *client;
    struct task *asking; /* the handler that waits for the caller */
    struct task *aside;  /* the one that did, and will again when a command has ended */
    int ref;
};

enum { BOX_DATA = 1, BOX_PARAMS = 2, BOX_COMMAND = 3 };

/* The object at index 1 is that of a caller who is still there. */
struct client *client_box_open(lua_State *L);

/* It is the handler's own, too, and nobody else is asking it; `what` wants to. */
struct client *client_box_asks(lua_State *L, const char *what);

/* The handler goes on with `k` when the caller has answered, see task_wait: the answer is a
 * struct answer. */
int client_box_wait(lua_State *L, lua_KFunction k);

/* client_fields.c: __index, whose upvalue 1 is the table of methods that client_fields_add has
 * put the fields into, and __newindex. */
int client_fields_get(lua_State *L);
int client_fields_set(lua_State *L);
void client_fields_add(lua_State *L); /* to the table on the stack */

/* client_files.c: methods. */
int client_files_send(lua_State *L);
int client_files_receive(lua_State *L);

#endif
