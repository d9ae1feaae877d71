/* tested.h -- a server's side of `perigee test` (stand.h is the other): over a socket that
 * whoever started the server holds, calls are begun, as an account's if that is wanted; what a
 * caller is being asked, and which screens and handlers have been used, is told; time is moved
 * on, and what was written into the board is put into use. A server that is not tested has none
 * of it.
 *
 * The socket is a SOCK_SEQPACKET: a request is a packet, and so is its answer, "ok" and a text
 * or "no" and why. */
#ifndef PERIGEE_SERVER_TESTED_H
#define PERIGEE_SERVER_TESTED_H

#include "bridge/bridge.h"
#include "client/clients.h"

struct ev_loop;
struct listeners;
struct tested;

enum {
    TESTED_PACKET = 200000, /* bytes of an answer at most */
    TESTED_CALLS = 256      /* at once */
};

struct tested_config {
    struct ev_loop *loop;
    int channel; /* the server's end; closed by tested_free */
    struct listeners *listeners;
    struct bridge *bridge;
    const struct library *library;
    /* Read the board's files anew. -1: one is wrong, and its last good version stays. */
    int (*reload)(void *arg, struct err *e);
    void *arg;
};

struct tested *tested_new(const struct tested_config *config);
void tested_free(struct tested *t); /* before the clients; NULL is allowed */

/* For clients_config. */
void tested_begin(struct tested *t, struct client *c);
void tested_shows(struct tested *t, const struct screen *s);

#endif
