/* remote.h -- other systems that callers may be connected to, as a sysop names them in the
 * setting dial.hosts: [NAME=]PROTOCOL://HOST[:PORT] [CHARSET]. */
#ifndef PERIGEE_BASE_REMOTE_H
#define PERIGEE_BASE_REMOTE_H

#include <stdbool.h>

#include "base/address.h"
#include "base/err.h"
#include "base/span.h"

enum { REMOTE_NAME = 61, REMOTE_PORT = 6, REMOTE_CHARSET = 6 };

struct remote {
    char name[REMOTE_NAME]; /* as callers see it; its host's where it has none */
    char host[ADDRESS_HOST];
    char port[REMOTE_PORT];
    bool is_rlogin;               /* else telnet */
    char charset[REMOTE_CHARSET]; /* "cp437", "utf-8"; "": the caller's */
};

const char *remote_protocol(const struct remote *r);

/* -1 and `e`: what was expected. */
int remote_parse(const char *item, struct remote *r, struct err *e);
int remote_check(const char *item, struct err *e); /* of a setting's item */

/* Is it meant by this name, or address, in any letter case? */
bool remote_is(const struct remote *r, struct span name);

#endif
