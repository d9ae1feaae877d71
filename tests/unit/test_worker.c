/* Work on other threads that can wait for more of its kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <stdatomic.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/worker.h"

enum { MOST = 100, LONG_MS = 3600000 };

struct numbered {
    struct job job;
    unsigned number;
};

static struct worker *worker;
static int told[2]; /* a pipe: there is something to reap */
static atomic_uint batches;
static unsigned done[MOST];
static unsigned done_count;

static void run(struct job *first, void *context)
{
    (void)first;
    (void)context;
    batches++;
}

static void tell(void *arg)
{
    (void)arg;
    assert_int_equal(write(told[1], "", 1), 1);
}

static void note_done(struct job *job)
{
    done[done_count++] = ((struct numbered *)job)->number;
    mem_free(job);
}

static struct job *numbered(unsigned number)
{
    struct numbered *n = mem_zalloc(sizeof(*n));

    n->job.done = note_done;
    n->number = number;
    return &n->job;
}

static void start(unsigned later_ms)
{
    struct worker_config config = {
        .name = "test", .threads = 1, .run_batch = run, .later_ms = later_ms, .notify = tell};
    struct err e;

    assert_int_equal(pipe(told), 0);
    batches = done_count = 0;
    worker = worker_new(&config, &e);
    assert_non_null(worker);
}

static void stop(void)
{
    worker_free(worker);
    close(told[0]);
    close(told[1]);
}

static void wait_for(unsigned count)
{
    struct pollfd p = {.fd = told[0], .events = POLLIN};
    char byte;

    while (done_count < count) {
        assert_int_equal(poll(&p, 1, 60000), 1);
        assert_int_equal(read(told[0], &byte, 1), 1);
        worker_reap(worker);
    }
}

static void where_little_is_to_be_done_it_is_done_at_once(void **state)
{
    (void)state;
    start(LONG_MS);
    worker_add_later(worker, numbered(1));
    wait_for(1);
    stop();
}

static void what_can_wait_is_done_with_what_cannot(void **state)
{
    (void)state;
    start(LONG_MS);
    worker_add(worker, numbered(0));
    wait_for(1);
    for (unsigned i = 1; i < MOST - 1; i++)
        worker_add_later(worker, numbered(i));
    assert_int_equal(worker_waiting(worker), MOST - 2);
    worker_add(worker, numbered(MOST - 1));
    wait_for(MOST);
    for (unsigned i = 0; i < MOST; i++)
        assert_int_equal(done[i], i);
    assert_int_equal(batches, 2);
    stop();
}

/* Nor where a test of a board has moved the clocks on. */
static void it_does_not_wait_for_ever(void **state)
{
    (void)state;
    clock_move(3600);
    start(1);
    for (unsigned i = 0; i < 20; i++) {
        worker_add_later(worker, numbered(i));
        wait_for(i + 1);
    }
    stop();
}

static void nothing_is_left_at_the_end(void **state)
{
    (void)state;
    start(LONG_MS);
    worker_add(worker, numbered(0));
    wait_for(1);
    worker_add_later(worker, numbered(1));
    worker_add_later(worker, numbered(2));
    stop();
    assert_int_equal(done_count, 3);
    assert_int_equal(batches, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_little_is_to_be_done_it_is_done_at_once),
        cmocka_unit_test(what_can_wait_is_done_with_what_cannot),
        cmocka_unit_test(it_does_not_wait_for_ever),
        cmocka_unit_test(nothing_is_left_at_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
