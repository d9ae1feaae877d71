#include "store/store.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/mem.h"

enum { CHANGED_MAX = 65536, LATER_MS = 100 };

struct store {
    struct store_config config;
    struct worker *writer;
    struct worker *reader;
    struct db *write_db;
    struct db *read_db;
    atomic_long sql_ms;
    atomic_long sql_rows;
    atomic_ullong reads;
    atomic_ullong writes;
    atomic_ullong commits;
    pthread_mutex_t lock; /* for what follows: from the writer's thread to the loop's */
    struct buf changed;   /* ids of accounts, int64_t each */
};

static struct store_work *work_of(struct job *job)
{
    return (struct store_work *)job; /* `job` is its first member */
}

static int run_work(struct store *s, struct store_work *w, struct db *db)
{
    struct db_limits limits = {s->sql_ms, s->sql_rows};
    int rc;

    if (w->guarded)
        db_guard(db, &limits);
    rc = w->work(w, db);
    db_unguard(db);
    return rc;
}

static void read_one(struct job *job, void *context)
{
    struct store *s = context;
    struct store_work *w = work_of(job);

    w->result = run_work(s, w, s->read_db);
    s->reads++;
}

/* False: the work has ended the batch's transaction, and is out. */
static bool write_one(struct store *s, struct store_work *w)
{
    struct err e;

    if (db_exec(s->write_db, "SAVEPOINT work", &w->error) < 0) {
        w->result = -1;
        return true;
    }
    w->result = run_work(s, w, s->write_db);
    if (!db_in_transaction(s->write_db)) {
        w->is_out = true;
        return false;
    }
    if (w->result < 0)
        db_exec(s->write_db, "ROLLBACK TO work", &e);
    db_exec(s->write_db, "RELEASE work", &e);
    s->writes++;
    return true;
}

/* Nothing of the batch is on the disk: all of it has failed, whatever it had come to. */
static void fail_all(struct job *first, const struct err *e)
{
    for (struct job *job = first; job; job = job->next) {
        if (work_of(job)->is_out)
            continue;
        work_of(job)->result = -1;
        err_set(&work_of(job)->error, "%s", e->text);
    }
}

/* 0 committed; 1 one was put out, the others are to be done again; -1 and `e`. */
static int write_together(struct store *s, struct job *first, struct err *e)
{
    struct err ignored;

    if (db_exec(s->write_db, "BEGIN IMMEDIATE", e) < 0)
        return -1;
    for (struct job *job = first; job; job = job->next) {
        if (!work_of(job)->is_out && !write_one(s, work_of(job)))
            return 1;
    }
    if (db_exec(s->write_db, "COMMIT", e) == 0)
        return 0;
    db_exec(s->write_db, "ROLLBACK", &ignored);
    return -1;
}

static void write_batch(struct job *first, struct store *s)
{
    struct err e;
    int rc;

    do {
        rc = write_together(s, first, &e);
    } while (rc > 0);
    if (rc < 0) {
        err_prefix(&e, "the database cannot be written: ");
        fail_all(first, &e);
    }
    s->commits++;
}

static void note_changed(void *arg, int64_t id)
{
    struct store *s = arg;

    pthread_mutex_lock(&s->lock);
    buf_add(&s->changed, span_from(&id, sizeof(id)));
    pthread_mutex_unlock(&s->lock);
}

static void write_and_note(struct job *first, void *context)
{
    struct store *s = context;

    write_batch(first, s);
    db_take_changed_users(s->write_db, note_changed, s);
}

static void tell_changed(struct store *s)
{
    struct buf ids;

    pthread_mutex_lock(&s->lock);
    ids = s->changed;
    buf_init(&s->changed, CHANGED_MAX * sizeof(int64_t));
    pthread_mutex_unlock(&s->lock);
    for (size_t at = 0; at < ids.len; at += sizeof(int64_t)) {
        int64_t id;

        memcpy(&id, ids.data + at, sizeof(id));
        s->config.user_changed(s->config.user_changed_arg, id);
    }
    buf_clear(&ids);
}

static void finish(struct job *job)
{
    struct store_work *w = work_of(job);

    if (w->result == STORE_TRY_AS_WRITER) {
        w->writes = true;
        store_add(w->store, w);
        return;
    }
    w->finished(w);
}

static int start(struct store *s, struct err *e)
{
    struct worker_config reader = {.name = "store-read",
                                   .threads = 1,
                                   .context = s,
                                   .notify = s->config.notify,
                                   .notify_arg = s->config.notify_arg};
    struct worker_config writer = reader;

    writer.name = "store-write";
    writer.run_batch = write_and_note;
    writer.later_ms = LATER_MS;
    if (!(s->write_db = db_open(s->config.path, true, e)) ||
        !(s->read_db = db_open(s->config.path, false, e)) ||
        !(s->writer = worker_new(&writer, e)) || !(s->reader = worker_new(&reader, e)))
        return -1;
    return 0;
}

struct store *store_open(const struct store_config *config, struct err *e)
{
    struct store *s = mem_zalloc(sizeof(*s));

    s->config = *config;
    store_set_limits(s, &config->limits);
    pthread_mutex_init(&s->lock, NULL);
    buf_init(&s->changed, CHANGED_MAX * sizeof(int64_t));
    if (start(s, e) == 0)
        return s;
    store_close(s);
    return NULL;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    worker_free(s->reader);
    worker_free(s->writer);
    db_close(s->read_db);
    db_close(s->write_db);
    buf_clear(&s->changed);
    pthread_mutex_destroy(&s->lock);
    mem_free(s);
}

void store_set_limits(struct store *s, const struct db_limits *limits)
{
    s->sql_ms = limits->sql_ms;
    s->sql_rows = limits->sql_rows;
}

void store_add(struct store *s, struct store_work *w)
{
    w->store = s;
    w->job.run = read_one;
    w->job.done = finish;
    if (w->can_wait)
        worker_add_later(s->writer, &w->job);
    else
        worker_add(w->writes ? s->writer : s->reader, &w->job);
}

void store_reap(struct store *s)
{
    tell_changed(s);
    worker_reap(s->reader);
    worker_reap(s->writer);
}

void store_figures(struct store *s, struct store_figures *out)
{
    out->waiting = worker_waiting(s->reader) + worker_waiting(s->writer);
    out->reads = s->reads;
    out->writes = s->writes;
    out->commits = s->commits;
}
