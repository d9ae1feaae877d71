/* dial_internal.h -- what the files about calls to other systems share with nobody else. */
#ifndef PERIGEE_CLIENT_DIAL_INTERNAL_H
#define PERIGEE_CLIENT_DIAL_INTERNAL_H

#include <ev.h>
#include <netdb.h>

#include "base/remote.h"
#include "client/dial.h"
#include "client/lent.h"
#include "proto/passing.h"
#include "proto/rlogin.h"
#include "proto/telnet.h"

enum {
    DIAL_KEYS_MAX = 65536, /* bytes that wait for the other system to read them */
    DIAL_PIECE = 4096,     /* that are taken from the caller at once */
    DIAL_READ = 16384,     /* that are read of the other system in one turn */
};

/* What comes from one of the two ends. */
struct direction {
    struct passing passing;
    struct half half;
    double heard; /* when, last */
    bool after_cr;
};

struct dial {
    struct client *c;
    struct remote remote;
    struct lookup *lookup;      /* under way; NULL: it is not */
    struct addrinfo *addresses; /* all of them */
    struct addrinfo *at;        /* the next to be tried */
    int fd;                     /* -1: none */
    ev_io reader;
    ev_io writer;
    ev_timer timer;        /* to connect; then, until it reads what waits */
    bool is_there;         /* connected */
    bool is_over;          /* `ending` says how; the caller has not been told */
    struct telnet *telnet; /* NULL: it is rlogin */
    struct rlogin rlogin;
    struct buf out; /* to it */
    struct direction theirs;
    struct direction typed;
    enum charset charset;
    double began; /* or when it was connected */
    char *terminal;
    char why[300];
    struct dial_ending ending;
};

/* dial.c -- `why` is copied. */
void dial_end(struct dial *d, bool is_good, const char *why);
void dial_flush(struct dial *d);      /* write what waits for it */
void dial_tell_end(struct client *c); /* its handler goes on */
void dial_read_on(struct dial *d);    /* it may be read again */

/* dial_line.c */
void dial_take_theirs(struct dial *d, struct span bytes);
void dial_take_control(struct dial *d, unsigned char byte); /* rlogin's, out of band */

#endif
