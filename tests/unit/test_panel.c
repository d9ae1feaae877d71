/* What `perigee top` shows: in every size, with nothing and with the most of everything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/utf8.h"
#include "server/panel.h"

static const struct machine busy = {
    .seconds = 1,
    .uptime = 1e9,
    .load = {999, 1, 0},
    .cores = 1024,
    .cpu = 100,
    .memory = {UINT64_MAX, 0, UINT64_MAX, 0},
    .received = 1e15,
    .disks = {{"/a/rather/long/name", UINT64_MAX, 0}, {"/", 0, 0}},
    .disk_count = 2,
    .busiest = {{.name = "first", .cpu = 800}, {.name = "second", .cpu = 1}},
    .busiest_count = 2,
};

static void check_size(const struct machine *m, const struct figures *f, unsigned columns,
                       unsigned rows)
{
    struct buf out;
    struct span rest;
    unsigned lines = 0;

    buf_init(&out, BUF_LARGE);
    panel_add(&out, m, f, SPAN_LIT("an event\nanother with \033[2Jred\nthe last\n"), columns,
              rows);
    rest = buf_span(&out);
    assert_null(memchr(out.data ? out.data : "", '\033', out.len));
    while (rest.len > 0) {
        const char *end = memchr(rest.data, '\n', rest.len);
        struct span line = span_take(&rest, (size_t)(end - rest.data));

        assert_true(utf8_columns(line) <= columns);
        span_take(&rest, 1);
        lines++;
    }
    assert_true(lines <= rows);
    buf_clear(&out);
}

static void fits_every_size(void **state)
{
    static const struct machine no_machine;
    static const struct figures nothing;
    struct figures full = {.callers = 1000, .listeners = {"127.0.0.1:23"}, .listener_count = 1};

    (void)state;
    for (unsigned i = 0; i < COURSE_SECONDS; i++) {
        full.cpu.values[i] = (float)i * 2; /* more than there can be, too */
        full.caller_course.values[i] = -1;
        full.lag.values[i] = 1e9f;
    }
    for (unsigned columns = 1; columns < 140; columns++) {
        for (unsigned rows = 0; rows < 40; rows += 3) {
            check_size(&busy, &full, columns, rows);
            check_size(&no_machine, &nothing, columns, rows);
        }
    }
}

static void the_last_events_fill_the_rest(void **state)
{
    struct figures f = {.callers = 3};
    struct buf out;

    (void)state;
    buf_init(&out, BUF_LARGE);
    panel_add(&out, &busy, &f, SPAN_LIT("one\ntwo\nthree\n"), 80, 18);
    assert_non_null(strstr(buf_text(&out), "\ntwo\nthree\n"));
    assert_null(strstr(buf_text(&out), "\none\n"));
    assert_non_null(strstr(buf_text(&out), "callers   3 now"));
    buf_clear(&out);
}

static void the_log_keeps_its_last_lines(void **state)
{
    struct buf out;

    (void)state;
    log_to(-1);
    for (int i = 0; i < 200; i++)
        log_error("number %d", i);
    log_info("the end\nof it");
    assert_int_equal(log_errors(), 200);
    buf_init(&out, BUF_LARGE);
    log_recent(&out, 2);
    assert_non_null(strstr(buf_text(&out), "error number 199\n"));
    assert_non_null(strstr(buf_text(&out), "info  the end|of it\n"));
    assert_null(strstr(buf_text(&out), "number 198"));
    buf_reset(&out);
    log_recent(&out, 1000);
    assert_null(strstr(buf_text(&out), "number 136\n"));
    assert_non_null(strstr(buf_text(&out), "number 137\n"));
    buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fits_every_size),
        cmocka_unit_test(the_last_events_fill_the_rest),
        cmocka_unit_test(the_log_keeps_its_last_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
