/* internal.h -- what the files of client/ share with nobody else. */
#ifndef PERIGEE_CLIENT_INTERNAL_H
#define PERIGEE_CLIENT_INTERNAL_H

#include <ev.h>
#include <netinet/in.h>

#include "base/outq.h"
#include "client/chat.h"
#include "client/client.h"
#include "client/clients.h"
#include "client/command.h"
#include "client/dial.h"
#include "client/form.h"
#include "client/lightbar.h"
#include "client/process.h"
#include "client/recall.h"
#include "client/repaint.h"
#include "client/shoulder.h"
#include "client/transfer.h"
#include "proto/telnet.h"
#include "term/flow.h"
#include "term/keys.h"

enum {
    READ_BYTES = 4096,    /* that a client is served in one turn */
    READ_MOST = 131072,   /* the same, where it sends a file: an answer to TCP is costly */
    TURN_BYTES = 1 << 20, /* of all that send files: who comes behind is first in the next */
    TURN_LINES = 4,       /* typed lines, or keys that a handler gets, in one turn */
    INPUT_MAX = 16384,    /* held back while a handler runs */
    LINE_MAX_BYTES = 512, /* of the line that the prompt stands in */
    TELLS_MAX = 4096,     /* bytes of notices that wait for a prompt */
    BACK_MAX = 8,
    HOPS_MAX = 20, /* changes of screen without a key between them */
    FIRST_SCREEN_MS = 500,
    ESCAPE_MS = 150,
    PACE_MS = 50,     /* that is written for at once */
    RESIZED_MS = 200, /* without another size: it is being dragged */
    PASTE_MS = 2000,  /* without its end: it has been lost */
    LINGER_SECONDS = 5,
    NOTICE_SECONDS = 10, /* that it can be read */
};

enum client_state {
    CLIENT_DETECTING, /* finding out about the terminal, before the first screen */
    CLIENT_OPEN,
    CLIENT_DRAINING, /* nothing more is read or begun; output is finished */
    CLIENT_SHUT,     /* our side is closed; waiting for the peer's */
    CLIENT_GONE,     /* no socket; waiting for its handlers to end */
};

/* What typed keys go to. */
enum client_mode {
    MODE_BUSY,  /* nothing: they wait */
    MODE_LINE,  /* `edit` */
    MODE_KEY,   /* a key */
    MODE_SLASH, /* `edit`: a command begun with "/" at a key prompt */
};

enum client_asker { ASKER_SCREEN, ASKER_HANDLER };

/* What a screen needs only while it runs. */
struct show {
    struct {
        struct rows *rows;
        unsigned row;
        bool is_borrowed; /* they stand in a row of the list round it */
    } each[SCREEN_EACH_DEPTH];
    struct call_arg args[16];
    bool row_begun;     /* of a table that is read: it has had a value */
    struct buf kept[2]; /* the prompt's line, where a handler writes beside it: of the screen,
                         * and of what a tick or a command interrupts */
    bool is_kept[2];
};

struct detect {
    uint8_t reports; /* cursor reports that have come */
    uint8_t column;  /* of the first */
    bool probed;
    bool types_done;
    bool mtts_known;
    uint32_t mtts;
    struct buf early; /* typed before the first screen, as bytes */
};

/* What a key touches comes first: with thousands of callers each line of it comes from memory.
 */
struct client {
    ev_io reader;
    struct clients *all;
    struct client *next_dirty;
    struct telnet *telnet;
    struct edit *edit;
    uint8_t state;   /* enum client_state */
    uint8_t mode;    /* enum client_mode */
    uint8_t asker;   /* enum client_asker */
    uint8_t call;    /* enum call_kind of the call under way */
    uint8_t charset; /* with these three the caller is served: see terminal.c */
    bool ansi;
    bool linear;
    bool is_visitor;
    bool is_dirty;
    bool is_ready;
    bool is_unread;   /* it was not its turn any more: it is read from first in the next */
    bool is_ticking;  /* the screen is shown anew because its tick says so */
    bool is_calling;  /* a handler runs, client_finish is awaited */
    bool is_showing;  /* show_run is on the stack */
    bool has_yielded; /* show_run goes on in the next turn of the loop, or after a pause */
    bool is_resting;  /* a tick or a command runs; then all is as `rest_...` says */
    bool is_drain_waited;
    bool is_clearing; /* the screen is to be cleared before anything else is sent */
    bool after_key;   /* the last key went to a prompt for one key, from who sends lines */
    bool warned;
    bool is_first_screen;
    uint8_t hops;
    struct buf typed; /* raw bytes, telnet undone, that nobody has taken yet */
    struct buf early; /* typed before the first screen: goes in front of `typed` */
    struct buf input; /* raw bytes not yet looked at */
    struct keys keys;
    struct outq out;
    double last_input; /* a key */
    double last_read;  /* anything at all */
    double last_write; /* that took something, or was the first to wait */
    int64_t user;
    struct screen *screen;
    struct detect *detect; /* until the terminal is known */

    struct client *prev; /* in all->list */
    struct client *next;
    struct client *next_ready;
    ev_io writer;
    ev_timer timer;
    double armed; /* when the timer fires; 0: it does not */

    char *term_name;
    struct show *show;
    struct form *form;         /* NULL: the screen is no painted form */
    struct repaint *repaint;   /* NULL: its tick has not shown the screen anew */
    struct recall *recall;     /* lines that were typed before; NULL: none */
    struct lightbar *bar;      /* NULL: no item has been painted in a form */
    struct buf line;           /* what stands in the prompt's line, as it is on the wire */
    struct transfer *transfer; /* NULL: none is under way */
    struct process *process;   /* attached; NULL: none is */
    struct dial *dial;         /* to another system; NULL: none */
    struct member *member;     /* NULL: in no room */
    struct transfer *ended;    /* the last that was stopped, with its results; NULL */
    struct buf *paste;         /* what is being pasted for a handler, or NULL */
    struct buf tells;          /* notices that wait for a prompt, each ends with LF */
    uint64_t live;             /* go: keys that count now */
    struct edit *rest_edit;
    const char *back[BACK_MAX];
    char *handle;
    char *nick_name;
    char *status;
    void *box;

    double since; /* loop time */
    double account_since;
    double next_tick;
    double last_tick; /* or when the screen was begun */
    double ask_until; /* of a handler's key, 0: none */
    double rest_ask_until;
    double close_at;     /* while draining */
    double paused_until; /* 0: it is not */
    double resized_at;   /* the window, after the screen was shown; 0: not */
    double paced_at;     /* up to when bytes have been written, at a modem's pace */

    uint32_t id;
    uint32_t page_index;
    uint32_t page_count; /* of the list that was shown last; 0: its handler has not told */
    uint32_t pc;
    uint32_t holds;
    uint32_t missed;
    uint32_t generation;
    uint16_t width;
    uint16_t height;
    uint8_t level;
    uint8_t back_count;
    struct flow flow;      /* of what is sent, where it does flow */
    uint8_t found_charset; /* what has been found out about the terminal */
    bool found_ansi;
    bool found_linear; /* it says that it is a screen reader's */
    bool is_cterm;     /* SyncTERM's, which can be told how to show art */
    bool is_pasting;   /* it has been told to mark what is pasted */
    bool ice;          /* it has been told so */
    uint8_t font;
    uint8_t header; /* rows of the window that do not scroll; see terminal.c */
    char *begun; /* text that the screen's line begins with, when it is shown anew; or NULL */
    uint8_t ask_wants; /* of a handler\'s key: ASK_... */
    bool paste_is_cut;
    bool is_hidden;
    bool is_left;    /* a program has had the screen: it is shown again */
    bool is_wiped;   /* the screen is not what it was when a command began */
    bool is_bare;    /* a command is being typed where the screen has been wiped */
    bool is_stale;   /* it is painted anew before anything is told */
    bool is_imposed; /* the command that runs, which may ask whoever asks already */
    char *imposed;   /* a command, or a screen's keyword, that waits for a prompt, or NULL */
    bool is_woken;   /* its handler is to be told */
    bool is_watched; /* somebody looks over its shoulder */
    bool skips_pace; /* a key has been typed: the rest is sent at once */
    struct terminal chosen;
    uint8_t bar_index; /* of the item that the bar is on */
    uint8_t rest_wants;
    uint8_t rest_mode;
    uint8_t rest_asker;
    uint8_t rest_call;
    bool after_field; /* Enter has been typed, the cursor is still in its line */
    bool post_done;
    bool at_end; /* all operations have run */
    bool wants_hangup;
    bool is_passing; /* its enter: handler sends the caller on */
    bool is_ended;   /* the call is over, the connection may not be */
    struct sockaddr_in6 address;
};

struct clients {
    struct clients_config config;
    struct client *list;
    struct client *last;
    struct client *dirty;
    struct client *ready;
    struct client **ready_last; /* where the next is to be linked in */
    size_t turn_bytes;          /* that have been read of files */
    struct client **ids;        /* by node number - 1 */
    unsigned id_count;
    unsigned id_capacity;
    unsigned first_free;
    unsigned count;
    unsigned callers;
    unsigned most;
    uint64_t calls;
    long day; /* of the last of them */
    unsigned calls_today;
    unsigned generation;
    unsigned trial; /* the one that sysops have; 0: none is on trial */
    ev_prepare before_wait;
    ev_check after_wait;
    ev_idle no_wait;
    ev_timer rooms_timer; /* a room's lines are due */
    struct rooms *rooms;
    struct shoulder *shoulders; /* that are looked over */
    struct process *processes;  /* of all callers, and of some who are gone */
    char *drops;                /* where doors' folders of one run are; NULL: not made yet */
    unsigned drop_count;        /* that there have been */
    struct buf replies;         /* telnet's, of the client that is being read */
    struct buf gathered;        /* its transfer's bytes */
    struct buf echo;            /* of the key that is being taken */
    struct buf wire;            /* of the value that is being sent */
    struct buf flown;           /* of the text that is being wrapped */
    struct lag lag;
    double turn_began;
    double stall_told;
    char read_buffer[READ_MOST];
};

/* clients.c */
double clients_now(const struct clients *all);
void clients_count_call(struct clients *all);
bool clients_turn_is_long(const struct clients *all); /* the rest has time until the next */

/* client.c */
void client_free(struct client *c);       /* the second step of its end */
void client_rearm(struct client *c);      /* a deadline may have come nearer */
void client_drain(struct client *c);      /* finish the output, then end */
void client_drop(struct client *c);       /* end at once */
void client_typed(struct client *c);      /* somebody is there */
void client_mark_ready(struct client *c); /* look at its input again next turn */

/* output.c */
enum look client_look(const struct client *c);
void output_bytes(struct client *c, struct span wire); /* of which nobody takes note */
void output_replies(struct client *c); /* telnet's, from the buffer that all clients have */
void output_beside(struct client *c, struct span wire); /* no part of the prompt's line */
void output_made(struct client *c, struct span wire);   /* wrapped already, or taken back */
void output_beside_blob(struct client *c, struct blob *wire);
void output_wire(struct client *c, const struct text_wire *w, bool from_line);
void output_line(struct client *c, struct span wire);  /* the prompt's line may be in it */
void output_piped(struct client *c, struct span utf8); /* with pipe codes, encoded */
bool output_flows(const struct client *c);             /* is text wrapped, or read? */
void output_line_end(struct client *c);   /* to the beginning of a line, if Enter was typed */
void output_fresh_line(struct client *c); /* ... if anything stands in it */
double
output_paced_at(const struct client *c); /* when more is due; 0: nothing waits for that */
void output_skip_pace(struct client *c); /* a key has been typed */
void output_mark_dirty(struct client *c);
/* Where nothing waits: what has been added since can be written at once, while all that it
 * takes is at hand. What can't be is left to output_flush. */
bool output_is_idle(const struct client *c);
void output_write_now(struct client *c);
void output_flush(struct client *c);
void output_free_line(struct client *c);

/* pump.c */
void pump_readable(struct ev_loop *loop, ev_io *w, int events);
void pump_run(struct client *c);     /* what was held back */
void pump_read_on(struct client *c); /* if it came too late to be read in the last turn */
void pump_escape(struct client *c);  /* 150 ms after a lone Esc */

/* terminal.c */
void terminal_settle(struct client *c); /* what is found out or chosen has changed */
void terminal_begin(struct client *c);  /* it is known */
/* At the top, which stays while the rest scrolls (DECSTBM); 0: all does. */
void terminal_set_header(struct client *c, unsigned rows);
void terminal_show_art(struct client *c); /* as c->screen wants it */
void terminal_end(struct client *c);      /* all as it was */
struct screen *client_find_screen(const struct client *c, struct span keyword); /* or NULL */
const struct library *client_library(const struct client *c); /* the screens it is shown */

/* detect.c */
void detect_begin(struct client *c);
void detect_telnet(struct client *c, const struct telnet_event *ev);
bool detect_key(struct client *c, const struct key *key); /* true: it was for detection */
void detect_finish(struct client *c);

/* prompt.c */
void prompt_line(struct client *c, const struct edit_options *options, struct span standard);
void prompt_key(struct client *c);
void prompt_take_key(struct client *c, const struct key *key);
void prompt_end(struct client *c);       /* forget what is typed */
void prompt_set_aside(struct client *c); /* a tick or a command begins, and may ask itself */
void prompt_take_back(struct client *c);
void prompt_drop_aside(struct client *c);
void prompt_erase(struct client *c); /* lines come where it stands */
void prompt_show_again(struct client *c);
void prompt_keep_line(struct client *c); /* a handler is about to write beside the prompt */
bool prompt_take_line(struct client *c); /* the kept one is back; false: nothing was kept */
void prompt_notice(struct client *c, struct span text); /* now, on a line of its own */
void prompt_resized(struct client *c);      /* tells the handler that wants to know */
bool prompt_echoes(const struct client *c); /* what is typed is shown by us */
void prompt_flush_tells(struct client *c);
bool prompt_is_drawn(const struct client *c); /* a handler has drawn the window, and asks */
void prompt_give_tell(struct client *c);      /* to that handler, if there is one */
void prompt_give_wake(struct client *c);
void prompt_give_paste(struct client *c); /* whose end came while nothing was asked */

/* show.c */
void show_go(struct client *c, struct span keyword); /* when what runs has ended */
void show_run(struct client *c);
void show_go_on(struct client *c); /* after it has yielded */
void show_line_typed(struct client *c, struct span text);
void show_key_pressed(struct client *c, const struct key *key);
bool show_has_escape(const struct client *c); /* does Esc in a field lead anywhere? */
void show_escape(struct client *c);
void show_slash(struct client *c, struct span line);
bool show_is_slash(struct client *c, struct span line);
bool show_takes_slash(struct client *c);                           /* "/" is a go: key here */
bool show_takes_number(struct client *c, const struct key *digit); /* of a list of items */
bool show_number_typed(struct client *c, unsigned number);         /* false: there is none */
void show_impose(struct client *c); /* the command that waits for a prompt */
void show_tick(struct client *c);
void show_timeout(struct client *c);
void show_refresh(struct client *c);
void show_resized(struct client *c);    /* the window, a while ago */
void show_paint_anew(struct client *c); /* its form, with what has been typed */
void show_paint_soon(struct client *c); /* the same, in the next turn of the loop */
void show_rescue(struct client *c);
void show_leave(struct client *c);
void show_end(struct client *c);

/* process.c */
void process_detach(struct client *c);        /* its terminal is the caller's again */
void process_caller_leaves(struct client *c); /* its programs end */
void process_end_all(struct clients *all);    /* the server ends */

/* process_line.c -- of the program that is attached: take what has been typed, of which as much
 * is left as it does not read, and go on when it is over; a key by itself; the window's size.
 */
void process_take(struct client *c, struct span *in);
void process_key(struct client *c, const struct key *key);
void process_resized(struct client *c);
void process_repaint(struct client *c); /* the program is to draw its window anew */
void process_drained(struct client *c); /* the caller reads again */

/* dial.c -- the caller's terminal is the caller's again. */
void dial_detach(struct client *c, const char *why);

/* dial_line.c -- as of process_line.c: of another system. */
void dial_take(struct client *c, struct span *in);
void dial_key(struct client *c, const struct key *key);
void dial_resized(struct client *c);
void dial_repaint(struct client *c);
void dial_drained(struct client *c);

/* account.c */
void account_call_ends(struct client *c);

#endif
