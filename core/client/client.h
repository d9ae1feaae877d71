/* client.h -- one caller, as handlers and the server see it. All on the loop's thread. Text is
 * UTF-8 and borrowed unless it says otherwise. */
#ifndef PERIGEE_CLIENT_CLIENT_H
#define PERIGEE_CLIENT_CLIENT_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "client/hooks.h"
#include "client/place.h"
#include "proto/transfer.h"
#include "screen/screen.h"
#include "term/edit.h"

struct client;
struct clients;
struct sockaddr;

/* What a caller has chosen about the terminal; TERMINAL_FOUND: as it was found out. */
struct terminal {
    int8_t charset; /* enum charset */
    int8_t ansi;    /* 0 or 1 */
    int8_t linear;  /* 0 or 1: for screen readers and braille lines */
    int32_t baud;   /* bits a second, at the pace of a modem; 0: no such pace */
};

enum { TERMINAL_FOUND = -1 };

/* --- what it is --- */
unsigned client_id(const struct client *c);         /* node number; 0: a visitor */
int64_t client_user(const struct client *c);        /* the account; 0: none */
const char *client_user_id(const struct client *c); /* the handle, or "GUEST" */
const char *client_nick_name(const struct client *c);
unsigned client_level(const struct client *c);
const char *client_keyword(const struct client *c);
const char *client_title(const struct client *c);           /* its screen's, or the keyword */
const struct screen *client_screen(const struct client *c); /* may be NULL */
bool client_field_is_open(const struct client *c, const struct op *op); /* still to be asked */
bool client_post_is_open(const struct client *c);
const char *client_status(const struct client *c);
void client_set_status(struct client *c, struct span status); /* cut at 60 bytes */
unsigned client_page_index(const struct client *c);
unsigned client_page_count(const struct client *c); /* 0: not known */
void client_set_page_index(struct client *c, unsigned page);
const char *client_address(const struct client *c); /* good until the next call */
const struct sockaddr *client_sockaddr(const struct client *c);
double client_since(const struct client *c);     /* Unix seconds */
double client_idle(const struct client *c);      /* seconds */
double client_call_left(const struct client *c); /* seconds of its call; HUGE_VAL: no end */
unsigned client_width(const struct client *c);
unsigned client_height(const struct client *c);
bool client_has_ansi(const struct client *c);
enum charset client_charset(const struct client *c);
long client_baud(const struct client *c); /* 0: sent as fast as it goes */
const char *client_term_name(const struct client *c);
bool client_is_linear(const struct client *c);
const struct terminal *client_terminal(const struct client *c);
void client_set_terminal(struct client *c, const struct terminal *chosen); /* for this call */
bool client_is_open(const struct client *c); /* false: the caller has left or is leaving */
bool client_is_sysop(const struct client *c);
bool client_is_hidden(const struct client *c); /* it is logged in, and nobody is to see it */
bool client_is_seen(const struct client *c, const struct client *viewer); /* by the viewer;
                                                                           * NULL: anybody */
unsigned client_missed(const struct client *c);     /* notices, lines: that were dropped */
unsigned client_generation(const struct client *c); /* when its screen was begun */
struct clients *client_all(const struct client *c);

void *client_box(const struct client *c); /* the bridge's own */
void client_set_box(struct client *c, void *box);

/* It lives until as many unref follow; handlers hold it while they run. */
void client_hold(struct client *c);
void client_release(struct client *c);

/* --- what may be done with it --- */

/* Send text: pipe codes become colours, escape sequences pass. False: too much waits to be
 * written; nothing was taken: client_wait_drained first. */
bool client_send(struct client *c, struct span text);
bool client_is_full(const struct client *c);
void client_clear_screen(struct client *c);

/* What answers a question for a key besides keys: a paste as a whole; the key "resize". */
/* ASK_TELL is for who has drawn the window: it shows what is told itself. */
/* ASK_WAKE: the key "wake", after a client_wake. */
enum { ASK_PASTE = 1, ASK_RESIZE = 2, ASK_TELL = 4, ASK_WAKE = 8, PASTE_MAX = 65536 };

/* The running handler waits; the answer comes through hooks.answer. One at a time. */
void client_ask_line(struct client *c, struct span prompt, const struct edit_options *options,
                     struct span standard);
void client_ask_key(struct client *c, double timeout_seconds, /* 0: no limit */
                    unsigned wants);                          /* of ASK_... */
void client_wait_drained(struct client *c);

/* A download: the handler waits for ANSWER_TRANSFER. What the files' places and names own is
 * the client's afterwards. */
struct send_file {
    struct place place;
    char *name; /* as the peer is to see it */
};
void client_send_files(struct client *c, const struct send_file *files, unsigned count,
                       enum transfer_protocol protocol);

/* An upload: the same. The folder's place and `name` are the client's afterwards. */
struct receive_options {
    struct place folder;
    int64_t max_bytes; /* of a file; 0: as many as there can be */
    int64_t max_total; /* of all; the same */
    unsigned max_files;
    bool overwrites;
    enum transfer_protocol protocol;
    char *name; /* of what comes without one; NULL: nothing may */
};
void client_receive_files(struct client *c, const struct receive_options *options);

struct transfer_progress {
    const char *protocol; /* its name */
    bool is_sending;
    unsigned at; /* which file, from 1 */
    unsigned count;
    unsigned errors;  /* of the line */
    const char *name; /* NULL: between two files; borrowed */
    int64_t bytes;
    int64_t size;
    double rate; /* bytes a second */
};

/* What became of a file of the transfer that was stopped last; NULL: it had no more. */
const struct transfer_result *client_ended_result(const struct client *c, unsigned i);

/* False: no transfer is under way. */
bool client_transfer_progress(const struct client *c, struct transfer_progress *out);

/* Where handlers' files are: see place.h. */
const char *client_files(const struct client *c);
void client_stop_waiting(struct client *c);  /* its handler is gone */
bool client_may_ask(const struct client *c); /* false: another handler is asking */

/* Show a line above whatever is being typed, now or as soon as there is a prompt. Control
 * characters are removed, pipe codes shown. False: too much waits already; it is counted. */
bool client_tell(struct client *c, struct span text);

/* The command `line`, "/word rest", is done as if the caller had typed it: at the next prompt,
 * whatever asks there, which is as it was afterwards. False: it has left, such a command waits
 * already, or there is none of that name. */
bool client_impose(struct client *c, struct span line);
/* It is moved to the screen `keyword`, at the next prompt; what a handler asks there, or a
 * program that runs, ends. -1 and `e`: it has left, something waits to be done there already,
 * or there is no such screen for its level. */
int client_move(struct client *c, struct span keyword, struct err *e);
void client_take_back_imposed(struct client *c); /* what waits still is not to be done */

/* Something that it is shown has changed: its screen's tick comes now (twice a second at most),
 * or its handler, which asks for that by ASK_WAKE, is told. */
void client_wake(struct client *c);

/* Log in to an account whose password was right. */
void client_log_in(struct client *c, int64_t user, const char *handle, const char *nick_name,
                   unsigned level, bool is_hidden);

void client_set_hidden(struct client *c, bool is_hidden); /* a sysop's, who is on line */
void client_log_out(struct client *c);

/* Serve the others only, for so long: what it types waits, and its screen. */
void client_pause(struct client *c, double seconds);

void client_hang_up(struct client *c, struct span reason); /* says it, then ends the call */

/* Its call begins at this screen, as if somebody had typed and a handler had said so. */
void client_enter(struct client *c, struct span keyword);

/* It asks for a key or a line, and all that was sent before has been written. */
bool client_is_waiting(const struct client *c);

/* Likewise, or its terminal is lent to a transfer or a program; and nothing that it has typed
 * is still to be looked at. */
bool client_is_settled(const struct client *c);

/* The end of a call that returned false. Takes outcome->rows. */
void client_finish(struct client *c, struct outcome *out);

#endif
