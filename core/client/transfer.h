/* transfer.h -- files that go over a caller's line. While a transfer is under way the line is
 * its protocol's: what comes is not typed, and nothing else is written. Part of client/;
 * transfer_send.c and transfer_receive.c have the two sides. */
#ifndef PERIGEE_CLIENT_TRANSFER_H
#define PERIGEE_CLIENT_TRANSFER_H

#include "base/buf.h"
#include "client/client.h"
#include "client/disk.h"
#include "proto/receiver.h"
#include "proto/sender.h"

enum {
    TRANSFER_QUEUE = 65536,    /* bytes under way at most: more are stale after an error */
    TRANSFER_PIECE = 262144,   /* bytes that are read or written on a thread at once */
    TRANSFER_QUIET_MS = 200,   /* before the invitation: terminals look for it after a pause */
    TRANSFER_BINARY_MS = 1000, /* for an answer to binary mode */
    TRANSFER_PATIENCE_MS = 180000,
    TRANSFER_SILENCE_MS = 700, /* behind one that has failed: what is under way is no typing */
    TRANSFER_SILENCE_MAX_MS = 5000,
    TRANSFER_PART = 300,
};

struct transfer_item {
    struct transfer_result result;
    struct place place;
    int64_t size;
    int64_t modified;
    double began;
};

#define TRANSFER_WAYS_BACK "Ctrl-C leads back;\nonce it has begun, five times Ctrl-X does.|07\n"

/* What the two sides have in common. */
struct transfer {
    struct client *c; /* NULL: the caller is gone, or goes on; jobs are still to come back */
    struct clients *all;
    int64_t user;    /* 0: a guest */
    unsigned errors; /* of the line */
    unsigned jobs;   /* on the worker's threads */
    bool is_sending;
    bool is_prepared; /* the protocol can begin */
    bool is_over;
    bool is_met;        /* the other side has said something in a protocol */
    bool asked[2];      /* by enum telnet_side: binary mode is on for the transfer alone */
    int64_t begin_at;   /* ms; 0: the protocol has begun, or what is written is not out yet */
    int64_t begin_most; /* ms; no later, whether telnet's answers are there or not */
    int64_t end_at;     /* ms; the line has been silent by then; 0: it has not failed */
    int64_t end_most;   /* ms; no later */
    int64_t rate;       /* bytes a second at most; 0: any */
    int64_t moved;      /* bytes of files, since then */
    int64_t moving_since;
    int64_t go_on_at; /* ms; 0: it is not ahead of its rate */
    struct buf out;
    enum transfer_protocol protocol; /* that was asked for */
    struct sender *sender;
    struct receiver *receiver;
    struct disk_file *file;
    struct transfer_item *items;
    unsigned count;
    unsigned at; /* the item under way; of files that come, the last */
    bool has_item;
    char why[160]; /* it has ended before its end; "": it has not */

    /* sending */
    bool wants_file; /* the protocol asks for the next */
    bool is_reading;
    unsigned left;          /* files, with the one under way */
    int64_t want_offset;    /* of data the protocol has asked for */
    int64_t want_size;      /* 0: none */
    struct disk_job *ahead; /* what has been read on a thread, and is not given yet */
    char *chunk;            /* read from memory */

    /* receiving */
    struct receive_options receive; /* of which it owns the place */
    struct disk_file *folder;
    struct buf fill;    /* has come, and is to be written at fill_offset */
    struct buf writing; /* the piece before it */
    int64_t fill_offset;
    int64_t resume;           /* how many bytes that are */
    int64_t free_bytes;       /* of the disk */
    int64_t taken;            /* bytes of files that are whole */
    uint32_t sum;             /* of what is there of it */
    unsigned accepted;        /* files */
    unsigned refused;         /* in a row */
    char part[TRANSFER_PART]; /* what the file is called until it is whole */
    bool is_writing;
    bool is_waiting; /* for a thread, with what the peer has been answered last */
    bool is_ending;  /* the peer has sent all of it */
};

/* --- transfer.c --- */
int64_t transfer_now(const struct transfer *t); /* ms */
struct transfer_options transfer_options(struct transfer *t);
enum transfer_protocol transfer_protocol(const struct transfer *t); /* that is used */
void transfer_count(struct transfer *t, size_t bytes); /* of files, that have come or gone */
bool transfer_is_ahead(struct transfer *t); /* of its rate: it goes on by itself later */
void transfer_job(struct transfer *t, struct disk_job *j);
struct transfer_item *transfer_item(struct transfer *t); /* under way */
void transfer_end_item(struct transfer *t, bool ok, const char *reason);
void transfer_fail(struct transfer *t, const char *why); /* all of it */
void transfer_ready(struct transfer *t);                 /* it can go on: in the next turn */

/* Of the client's other parts: take what has come; go on in the next turn's time; the deadline
 * in loop seconds or 0; its time has come; end it at once, with the peer told. */
void transfer_take(struct client *c, struct span *in);
void transfer_option(struct client *c); /* telnet has an answer */
double transfer_due_at(const struct client *c);
void transfer_timeout(struct client *c);
void transfer_stop(struct client *c, const char *why);
void transfer_forget(
    struct client *c); /* nobody asks for the results of what has been stopped */

/* --- transfer_send.c --- */
void transfer_send_begin(struct transfer *t); /* looks at the files */
void transfer_send_open(struct transfer *t);  /* the protocol */
void transfer_send_run(struct transfer *t, struct span *in);

/* --- transfer_receive.c --- */
void transfer_receive_begin(struct transfer *t); /* looks at the folder */
void transfer_receive_open(struct transfer *t);  /* the protocol */
void transfer_receive_run(struct transfer *t, struct span *in);
void transfer_receive_keep(struct transfer *t); /* the line has been cut: what is there stays */
/* Nobody is on the line any more, and no job under way: a guest's part is nobody's. True: a job
 * is under way again. */
bool transfer_receive_sweep(struct transfer *t);
void transfer_receive_clear(struct transfer *t);

#endif
