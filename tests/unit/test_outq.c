/* What goes into a caller's queue comes out as it went in, however it is split and gathered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/outq.h"
#include "tests/unit/flush.h"

#define LINE "................................................................"
#define SCREENFUL LINE LINE LINE LINE LINE LINE LINE LINE LINE LINE LINE LINE

enum { IOV_MAX_USED = 32 };

static struct blob *blob_with(const char *text, size_t len)
{
    struct blob *b = blob_new(span_from(text, len));

    assert_non_null(b);
    return b;
}

/* Take the first `n` bytes, as a socket would, and compare them with the front of `expected`.
 */
static void take(struct outq *q, struct buf *expected, size_t *taken, size_t n)
{
    struct iovec iov[IOV_MAX_USED];
    int count = outq_iov(q, iov, IOV_MAX_USED);
    size_t done = 0;

    for (int i = 0; i < count && done < n; i++) {
        size_t len = iov[i].iov_len < n - done ? iov[i].iov_len : n - done;

        assert_true(iov[i].iov_len > 0);
        assert_memory_equal(iov[i].iov_base, expected->data + *taken + done, len);
        done += len;
    }
    outq_consume(q, done);
    *taken += done;
}

static void test_random_traffic_keeps_its_order(void **state)
{
    struct blob *b;
    char text[2048];
    struct outq q;
    struct buf expected;
    size_t taken = 0;

    (void)state;
    srand(2026);
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)('!' + rand() % 90);
    b = blob_with(text, sizeof(text));
    outq_init(&q);
    buf_init(&expected, BUF_LARGE);
    for (int turn = 0; turn < 20000; turn++) {
        size_t most = rand() % 8 == 0 ? sizeof(text) : 40;
        size_t len = (size_t)rand() % most;
        size_t from = (size_t)rand() % (sizeof(text) - len);

        if (rand() % 3 == 0) {
            take(&q, &expected, &taken, (size_t)rand() % 3000);
            continue;
        }
        assert_true(buf_add(&expected, span_from(text + from, len)));
        if (rand() % 2 == 0)
            outq_add(&q, flush_copy(span_from(text + from, len)));
        else
            outq_add_blob(&q, b, (uint32_t)from, (uint32_t)len);
        assert_int_equal(q.bytes, expected.len - taken);
    }
    while (!outq_is_empty(&q))
        take(&q, &expected, &taken, SIZE_MAX);
    assert_int_equal(taken, expected.len);
    assert_null(q.chunks); /* who waits for nothing holds nothing */
    outq_clear(&q);
    buf_clear(&expected);
    blob_unref(b);
}

static int pieces(const struct outq *q)
{
    struct iovec iov[IOV_MAX_USED];

    return outq_iov(q, iov, IOV_MAX_USED);
}

/* A list's rows are names between bits of the screen's text: not a system's piece for each. */
static void test_short_pieces_are_gathered(void **state)
{
    struct blob *row = blob_with("\033[1m", 4);
    struct blob *page = blob_with(SCREENFUL, sizeof(SCREENFUL) - 1);
    struct outq q;

    (void)state;
    outq_init(&q);
    outq_add_blob(&q, page, 0, page->len); /* shared as it is */
    for (int i = 0; i < 100; i++) {
        outq_add(&q, SPAN_LIT("a caller's name"));
        outq_add_blob(&q, row, 0, row->len);
    }
    assert_true(pieces(&q) < 10);
    assert_int_equal(page->refs, 2);
    outq_clear(&q);
    assert_int_equal(page->refs, 1);
    blob_unref(row);
    blob_unref(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_traffic_keeps_its_order),
        cmocka_unit_test(test_short_pieces_are_gathered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
