/* The log's file: what is written, how it turns over, and what is found in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/logfile.h"

static char folder[64];
static char path[80];
static char older[96];

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/perigee-log-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof(path), "%s/log", folder);
    snprintf(older, sizeof(older), "%s.1", path);
    log_to(-1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    logfile_close();
    unlink(path);
    unlink(older);
    return rmdir(folder);
}

static void begin(long most)
{
    struct err e;

    assert_int_equal(logfile_open(path, most, &e), 0);
}

static unsigned find(const char *text, const char *level, unsigned skip, unsigned count,
                     struct buf *out)
{
    const struct logfile_wanted wanted = {
        .path = path, .text = text, .level = level, .skip = skip, .count = count};

    buf_init(out, BUF_LARGE);
    return logfile_find(&wanted, out);
}

static void what_is_logged_is_found(void **state)
{
    struct buf out;

    (void)state;
    begin(1 << 20);
    log_info("call event=begin node=%d", 1);
    log_warn("gate event=banned");
    log_error("handler incident=7 error=a\nb");
    log_debug("this is not logged");
    log_info("call event=END node=%d", 1);
    logfile_close();
    assert_int_equal(find("", "", 0, 10, &out), 4);
    assert_non_null(strstr(buf_text(&out), "info  call event=begin node=1\n"));
    assert_non_null(strstr(buf_text(&out), "error handler incident=7 error=a|b\n"));
    buf_clear(&out);
    assert_int_equal(find("event=end", "", 0, 10, &out), 1);
    buf_clear(&out);
    assert_int_equal(find("", "warn", 0, 10, &out), 2);
    assert_null(strstr(buf_text(&out), "info"));
    buf_clear(&out);
    assert_int_equal(find("", "error", 0, 10, &out), 1);
    buf_clear(&out);
    assert_int_equal(find("nothing of the kind", "", 0, 10, &out), 0);
    assert_int_equal(out.len, 0);
}

/* The newest first in pages, each with the oldest of it first. */
static void pages_lead_back(void **state)
{
    struct buf out;

    (void)state;
    begin(1 << 20);
    for (int i = 1; i <= 7; i++)
        log_info("line %d", i);
    logfile_close();
    assert_int_equal(find("line", "", 0, 3, &out), 7);
    assert_true(strstr(buf_text(&out), "line 5\n") < strstr(buf_text(&out), "line 7\n"));
    assert_null(strstr(buf_text(&out), "line 4\n"));
    buf_clear(&out);
    assert_int_equal(find("line", "", 6, 3, &out), 7);
    assert_non_null(strstr(buf_text(&out), "line 1\n"));
    assert_null(strstr(buf_text(&out), "line 2\n"));
    buf_clear(&out);
    assert_int_equal(find("line", "", 9, 3, &out), 7);
    assert_int_equal(out.len, 0);
}

/* It stays within its size, what is newest stays, and both files are one to who looks. */
static void it_turns_over(void **state)
{
    struct buf out;
    unsigned found;

    (void)state;
    for (int i = 0; i < 100; i++) {
        begin(8192);
        for (int k = 0; k < 10; k++)
            log_info("line %d %s", 10 * i + k, "and something more to fill it with");
        logfile_close();
    }
    found = find("line", "", 0, 3, &out);
    assert_true(found >= 50 && found < 120);
    assert_non_null(strstr(buf_text(&out), "line 999 "));
    buf_clear(&out);
    assert_int_equal(access(older, F_OK), 0);
    find("line", "", found - 1, 3, &out);
    assert_null(strstr(buf_text(&out), "line 0 "));
    buf_clear(&out);
}

static void wait_for(const char *name)
{
    struct stat st;

    for (int i = 0; i < 500 && (stat(name, &st) < 0 || st.st_size == 0); i++)
        usleep(10000);
    assert_int_equal(stat(name, &st), 0);
}

/* There is no descriptor at the moment when it turns over. */
static void what_can_not_be_opened_is_tried_again(void **state)
{
    struct rlimit before;
    struct rlimit none;
    struct buf out;

    (void)state;
    begin(8192);
    log_info("line 1");
    wait_for(path);
    getrlimit(RLIMIT_NOFILE, &before);
    none = (struct rlimit){0, before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
    log_info("line 2 %05000d", 0);
    wait_for(older);
    usleep(100000);
    setrlimit(RLIMIT_NOFILE, &before);
    log_info("line 3");
    logfile_close();
    find("line", "", 0, 3, &out);
    assert_non_null(strstr(buf_text(&out), "line 1\n"));
    assert_non_null(strstr(buf_text(&out), "line 3\n"));
    buf_clear(&out);
}

static void a_size_of_none_writes_none(void **state)
{
    struct buf out;

    (void)state;
    begin(1 << 20);
    logfile_set_most(0);
    log_info("line");
    logfile_close();
    assert_int_equal(find("", "", 0, 10, &out), 0);
}

static void a_file_that_cannot_be_is_told(void **state)
{
    struct err e;

    (void)state;
    assert_int_equal(logfile_open("/proc/nothing/log", 1 << 20, &e), -1);
    assert_string_equal(e.text, "/proc/nothing/log: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_logged_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pages_lead_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_turns_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_can_not_be_opened_is_tried_again, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_size_of_none_writes_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_cannot_be_is_told, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
