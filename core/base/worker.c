#include "base/worker.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

struct queue {
    struct job *first;
    struct job **last;
};

struct worker {
    struct worker_config config;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct queue waiting;
    struct queue finished;
    unsigned waiting_count;
    bool is_urgent;        /* some of it */
    struct timespec until; /* what is not may wait, on the system's clock */
    bool stopping;
    bool is_left;  /* nobody is there to be told any more */
    unsigned busy; /* threads that have work */
    unsigned started;
    pthread_t threads[];
};

static void queue_init(struct queue *q)
{
    *q = (struct queue){NULL, &q->first};
}

static void queue_add(struct queue *q, struct job *first)
{
    *q->last = first;
    while (*q->last)
        q->last = &(*q->last)->next;
}

static struct job *queue_take_all(struct queue *q)
{
    struct job *first = q->first;

    queue_init(q);
    return first;
}

static struct job *queue_take_one(struct queue *q)
{
    struct job *job = q->first;

    q->first = job->next;
    if (!q->first)
        queue_init(q);
    job->next = NULL;
    return job;
}

/* With the lock: until there is something to be done now, or the worker stops. */
static void wait_for_work(struct worker *w)
{
    while (!w->waiting.first && !w->stopping)
        pthread_cond_wait(&w->wake, &w->lock);
    while (!w->is_urgent && !w->stopping &&
           pthread_cond_timedwait(&w->wake, &w->lock, &w->until) == 0)
        continue;
}

static struct job *take_batch(struct worker *w)
{
    long ns = (long)w->config.later_ms * 1000000;

    w->waiting_count = 0;
    w->is_urgent = false;
    w->until = clock_unmoved();
    w->until.tv_sec += (w->until.tv_nsec + ns) / 1000000000;
    w->until.tv_nsec = (w->until.tv_nsec + ns) % 1000000000;
    return queue_take_all(&w->waiting);
}

/* Wait for work and take it; NULL when the worker stops. */
static struct job *next_work(struct worker *w)
{
    struct job *job = NULL;

    pthread_mutex_lock(&w->lock);
    wait_for_work(w);
    if (w->waiting.first && w->config.run_batch) {
        job = take_batch(w);
    } else if (w->waiting.first) {
        job = queue_take_one(&w->waiting);
        w->waiting_count--;
    }
    w->busy += job != NULL;
    pthread_mutex_unlock(&w->lock);
    return job;
}

/* Told under the lock, so that who is told is there: see worker_leave. */
static void hand_back(struct worker *w, struct job *job)
{
    bool first;

    pthread_mutex_lock(&w->lock);
    first = !w->finished.first;
    queue_add(&w->finished, job);
    w->busy--;
    if (first && !w->is_left)
        w->config.notify(w->config.notify_arg);
    pthread_mutex_unlock(&w->lock);
}

static void *work(void *arg)
{
    struct worker *w = arg;
    struct job *job;

    if (w->config.nice)
        setpriority(PRIO_PROCESS, (id_t)gettid(), w->config.nice);
    while ((job = next_work(w))) {
        if (w->config.run_batch)
            w->config.run_batch(job, w->config.context);
        else
            job->run(job, w->config.context);
        hand_back(w, job);
    }
    return NULL;
}

/* Signals are the loop thread's: ours start with all of them blocked. */
static int start_threads(struct worker *w, struct err *e)
{
    sigset_t all;
    sigset_t old;
    int rc = 0;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    while (rc == 0 && w->started < w->config.threads) {
        rc = pthread_create(&w->threads[w->started], NULL, work, w);
        if (rc == 0)
            pthread_setname_np(w->threads[w->started++], w->config.name);
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return rc ? err_set(e, "start thread %s: %s", w->config.name, strerror(rc)) : 0;
}

static void init_wake(pthread_cond_t *wake)
{
    pthread_condattr_t a;

    pthread_condattr_init(&a);
    pthread_condattr_setclock(&a, CLOCK_MONOTONIC); /* which nobody sets */
    pthread_cond_init(wake, &a);
    pthread_condattr_destroy(&a);
}

struct worker *worker_new(const struct worker_config *config, struct err *e)
{
    struct worker *w = mem_zalloc(sizeof(*w) + config->threads * sizeof(pthread_t));

    w->config = *config;
    pthread_mutex_init(&w->lock, NULL);
    init_wake(&w->wake);
    queue_init(&w->waiting);
    queue_init(&w->finished);
    if (start_threads(w, e) < 0) {
        worker_free(w);
        return NULL;
    }
    return w;
}

static void reap(struct job *job)
{
    while (job) {
        struct job *next = job->next;

        job->done(job);
        job = next;
    }
}

void worker_free(struct worker *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_broadcast(&w->wake);
    pthread_mutex_unlock(&w->lock);
    for (unsigned i = 0; i < w->started; i++)
        pthread_join(w->threads[i], NULL);
    worker_reap(w);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    mem_free(w);
}

void worker_leave(struct worker *w)
{
    struct job *job;
    bool is_busy;

    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    job = queue_take_all(&w->waiting);
    is_busy = w->is_left = w->stopping = w->busy > 0;
    pthread_mutex_unlock(&w->lock);
    reap(job);
    if (!is_busy) {
        worker_free(w);
        return;
    }
    for (unsigned i = 0; i < w->started; i++)
        pthread_detach(w->threads[i]);
}

static void add(struct worker *w, struct job *job, bool is_urgent)
{
    bool wakes;

    assert(job->done && (job->run || w->config.run_batch));
    job->next = NULL;
    pthread_mutex_lock(&w->lock);
    wakes = is_urgent || !w->waiting.first;
    queue_add(&w->waiting, job);
    w->waiting_count++;
    w->is_urgent = w->is_urgent || is_urgent;
    pthread_mutex_unlock(&w->lock);
    if (wakes)
        pthread_cond_signal(&w->wake); /* who wakes does not have to wait for the lock first */
}

void worker_add(struct worker *w, struct job *job)
{
    add(w, job, true);
}

void worker_add_later(struct worker *w, struct job *job)
{
    assert(w->config.run_batch && w->config.threads == 1);
    add(w, job, false);
}

void worker_reap(struct worker *w)
{
    struct job *job;

    pthread_mutex_lock(&w->lock);
    job = queue_take_all(&w->finished);
    pthread_mutex_unlock(&w->lock);
    reap(job);
}

unsigned worker_waiting(struct worker *w)
{
    unsigned n;

    pthread_mutex_lock(&w->lock);
    n = w->waiting_count;
    pthread_mutex_unlock(&w->lock);
    return n;
}
