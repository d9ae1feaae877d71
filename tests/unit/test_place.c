/* Places: folders that are made where they are missing, by several callers at one time. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/place.h"

enum { CALLERS = 4, ROUNDS = 300 };

struct round {
    struct place place;
    pthread_barrier_t ready;
};

static void *open_it(void *arg)
{
    struct round *r = arg;
    struct err e = {0};
    int fd;

    pthread_barrier_wait(&r->ready);
    fd = place_open_folder(&r->place, true, &e);
    if (fd < 0)
        return "refused";
    close(fd);
    return NULL;
}

static void callers_share_a_folder_that_was_missing(void **state)
{
    char root[] = "/tmp/perigee-place-XXXXXX";
    unsigned refused = 0;

    (void)state;
    assert_non_null(mkdtemp(root));
    for (unsigned i = 0; i < ROUNDS; i++) {
        char path[80];
        struct round r = {.place = {.root = root, .path = "up"}};
        pthread_t threads[CALLERS];

        pthread_barrier_init(&r.ready, NULL, CALLERS);
        for (unsigned k = 0; k < CALLERS; k++)
            assert_int_equal(pthread_create(&threads[k], NULL, open_it, &r), 0);
        for (unsigned k = 0; k < CALLERS; k++) {
            void *result;

            pthread_join(threads[k], &result);
            refused += result != NULL;
        }
        pthread_barrier_destroy(&r.ready);
        snprintf(path, sizeof(path), "%s/up", root);
        assert_int_equal(rmdir(path), 0);
    }
    rmdir(root);
    assert_int_equal(refused, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(callers_share_a_folder_that_was_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
