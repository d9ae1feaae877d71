/* Files over a caller's line, the long and the bad ways: many files, large ones, lines that
 * change, lose and double bytes, that are cut, that are no binary mode's; with the programs of
 * lrzsz at the other end. PERIGEE_LONG=1 does all of it, which takes minutes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/board/exchange.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up, stage_tear_down)

enum { MANY = 500, AT_ONCE = 20, CUT_STEP = 997 };

static char *const rz[] = {"rz", "-q", NULL};
static const struct peer_options plain;

static bool is_long(void)
{
    return getenv("PERIGEE_LONG") != NULL;
}

/* --- many, large, slow --- */

static void five_hundred_files_come(void **state)
{
    struct caller *c = exchange_begin();
    char name[40];

    (void)state;
    for (int i = 1; i <= MANY; i++) {
        snprintf(name, sizeof(name), "n%03d", i);
        make_file(name, (size_t)i, -1);
    }
    assert_int_equal(receive_with(c, "many 500", rz, &plain), 0);
    caller_expect(c, "<n500 500 0 true ->");
    for (int i = 1; i <= MANY; i++) {
        snprintf(name, sizeof(name), "n%03d", i);
        assert_same(name);
    }
}

static void five_hundred_files_go(void **state)
{
    static char names[MANY][8];
    static char *sz[MANY + 3] = {"sz", "-q"};
    struct caller *c = exchange_begin_upload();

    (void)state;
    for (int i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof(names[i]), "n%03d", i);
        sz[i + 2] = names[i];
        make_own(names[i], (size_t)i, -1);
    }
    send_with(c, "", sz, &plain);
    caller_expect(c, "<n499 499 0 true ->");
    caller_expect(c, "END");
    for (int i = 0; i < MANY; i++)
        assert_came(names[i]);
}

static size_t large_size(void)
{
    return is_long() ? (size_t)1 << 30 : (size_t)32 << 20;
}

static void a_large_file_comes(void **state)
{
    struct caller *c = exchange_begin();

    (void)state;
    make_file("large", large_size(), -1);
    assert_int_equal(receive_with(c, "large", rz, &plain), 0);
    assert_same("large");
}

static void a_large_file_goes(void **state)
{
    static char *const sz[] = {"sz", "-q", "large", NULL};
    struct caller *c = exchange_begin_upload();

    (void)state;
    make_own("large", large_size(), -1);
    send_with(c, "", sz, &plain);
    caller_expect(c, "END");
    assert_came("large");
}

static void one_byte_at_a_time_is_enough(void **state)
{
    static const struct peer_options slow = {.piece = 1};
    struct caller *c = exchange_begin();

    (void)state;
    make_file("a file", 20000, -1);
    assert_int_equal(receive_with(c, "a file", rz, &slow), 0);
    assert_same("a file");
}

static void one_byte_at_a_time_is_enough_to_send(void **state)
{
    static char *const sz[] = {"sz", "-q", "a file", NULL};
    static const struct peer_options slow = {.piece = 1};
    struct caller *c = exchange_begin_upload();

    (void)state;
    make_own("a file", 20000, -1);
    send_with(c, "", sz, &slow);
    caller_expect(c, "END");
    assert_came("a file");
}

/* --- how sz and rz may be asked to do it --- */

static void sz_may_send_large_subpackets_and_go_on(void **state)
{
    static char *const options[] = {"-8", "-r", "-y", "-n"};
    struct caller *c = exchange_begin_upload();

    (void)state;
    make_own("a file", 300000, -1);
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        char *sz[] = {"sz", "-q", options[i], "a file", NULL};

        send_with(c, "over", sz, &plain);
        caller_expect(c, "<a file 300000 0 true ->");
        assert_came("a file");
    }
}

/* --- lines that are not binary --- */

static void expect_received_without_binary(enum peer_nvt nvt)
{
    struct peer_options options = {.nvt = nvt};
    struct caller *c = exchange_begin();

    refuse_binary(c, "Which? ");
    make_file("random", 100000, -1);
    make_file("cr", 5000, '\r');
    make_file("null", 5000, 0);
    assert_int_equal(receive_with(c, "random,cr,null", rz, &options), 0);
    assert_same("random");
    assert_same("cr");
    assert_same("null");
}

static void expect_sent_without_binary(enum peer_nvt nvt)
{
    static char *const sz[] = {"sz", "-q", "random", "cr", "null", NULL};
    struct peer_options options = {.nvt = nvt};
    struct caller *c = exchange_begin_upload();

    refuse_binary(c, "How? ");
    make_own("random", 100000, -1);
    make_own("cr", 5000, '\r');
    make_own("null", 5000, 0);
    send_with(c, "", sz, &options);
    caller_expect(c, "END");
    assert_came("random");
    assert_came("cr");
    assert_came("null");
}

static void binary_is_not_needed(void **state)
{
    (void)state;
    expect_received_without_binary(PEER_NVT);
}

static void binary_is_not_needed_to_send(void **state)
{
    (void)state;
    expect_sent_without_binary(PEER_NVT);
}

static void cr_nul_may_be_done_wrongly(void **state)
{
    (void)state;
    expect_received_without_binary(PEER_WRONG_NVT);
}

static void cr_nul_may_be_done_wrongly_by_who_sends(void **state)
{
    (void)state;
    expect_sent_without_binary(PEER_WRONG_NVT);
}

/* --- many lines at once --- */

/* Run `one` for each seed in a process of its own, some at a time; how many have ended with
 * status 0, none in any but 0 or 1. */
static unsigned in_processes(unsigned seeds, void (*one)(unsigned seed))
{
    unsigned good = 0;

    for (unsigned from = 1; from <= seeds; from += AT_ONCE) {
        pid_t pids[AT_ONCE];
        unsigned count = seeds - from + 1 < AT_ONCE ? seeds - from + 1 : AT_ONCE;

        for (unsigned i = 0; i < count; i++) {
            pids[i] = fork();
            assert_true(pids[i] >= 0);
            if (pids[i] == 0) {
                one(from + i);
                _exit(2); /* it exits itself */
            }
        }
        for (unsigned i = 0; i < count; i++) {
            int status;

            assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
            if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
                fail_msg("seed %u: status %x", from + i, status);
            good += WEXITSTATUS(status) == 0;
        }
    }
    return good;
}

/* One that is to be the same as another is: 0, is there and differs: 2, is not there: 1. */
static int compare(const char *one, const char *other)
{
    char path[2][PATH_BYTES];
    FILE *f[2] = {fopen(folder_of(path[0], one), "rb"), fopen(folder_of(path[1], other), "rb")};
    int a;

    if (!f[0] || !f[1])
        return 1;
    do {
        a = getc(f[0]);
        if (a != getc(f[1]))
            return 2;
    } while (a != EOF);
    fclose(f[0]);
    fclose(f[1]);
    return 0;
}

static struct peer_options bad_line(unsigned seed)
{
    return (struct peer_options){
        .seed = seed, .fault = 1000 + seed % 7 * 4000, .faults = seed % 5 + 1};
}

/* What rz says is whole has to be exact; so has what we say was sent. */
static void receive_on_bad_line(unsigned seed)
{
    struct peer_options options = bad_line(seed);
    struct caller *c = dial();
    char name[40];
    char got[PATH_BYTES];
    char own[80];

    snprintf(name, sizeof(name), "got%u", seed);
    mkdir(folder_of(got, name), 0700);
    options.folder = got;
    caller_expect(c, "Which? ");
    caller_send(c, "bad\r");
    if (peer_run(c, RQINIT, rz, &options) != 0)
        _exit(1);
    snprintf(own, sizeof(own), "%s/bad", name);
    _exit(compare(own, "data/files/bad"));
}

static void what_rz_takes_over_a_bad_line_is_exact(void **state)
{
    unsigned seeds = is_long() ? 100 : 20;

    (void)state;
    exchange_begin();
    make_file("bad", 40000, -1);
    assert_true(in_processes(seeds, receive_on_bad_line) > seeds / 2);
}

static void send_on_bad_line(unsigned seed)
{
    struct peer_options options = bad_line(seed);
    struct caller *c = dial();
    char name[40];
    char *sz[] = {"sz", "-q", name, NULL};
    char there[80];
    char own[80];

    snprintf(name, sizeof(name), "bad%u", seed);
    make_own(name, 40000, -1);
    send_with(c, "", sz, &options);
    snprintf(there, sizeof(there), "data/files/up/%s", name);
    snprintf(own, sizeof(own), "got/%s", name);
    _exit(compare(there, own));
}

static void what_sz_sends_over_a_bad_line_is_exact(void **state)
{
    unsigned seeds = is_long() ? 100 : 20;

    (void)state;
    exchange_begin_upload();
    assert_true(in_processes(seeds, send_on_bad_line) > seeds / 2);
}

/* The line is cut; nothing is under the file's name, and the next try makes it whole. */
static void cut_and_go_on(unsigned step)
{
    struct peer_options cut = {.cut_after = (size_t)step * CUT_STEP};
    struct caller *c = dial();
    char name[40];
    char *sz[] = {"sz", "-q", name, NULL};
    char there[80];
    char own[80];

    snprintf(name, sizeof(name), "cut%u", step);
    snprintf(there, sizeof(there), "data/files/up/%s", name);
    snprintf(own, sizeof(own), "got/%s", name);
    make_own(name, 50000, -1);
    if (send_with(c, "luna", sz, &cut) == -1) {
        if (is_there(there) && compare(there, own) != 0)
            _exit(2);
        c = dial();
        send_with(c, "luna", sz, &plain);
    }
    caller_expect(c, "END");
    _exit(compare(there, own));
}

static void a_cut_anywhere_loses_nothing(void **state)
{
    unsigned steps = 50000 / CUT_STEP + 1;

    (void)state;
    exchange_begin_upload();
    assert_int_equal(in_processes(steps, cut_and_go_on), steps);
}

/* --- files that change --- */

static void make_it_shorter(void)
{
    char path[PATH_BYTES];

    assert_int_equal(truncate(folder_of(path, "data/files/shrinks"), 100000), 0);
    assert_int_equal(unlink(folder_of(path, "data/files/vanishes")), 0);
}

static void files_that_shrink_and_vanish_are_told(void **state)
{
    static const struct peer_options options = {
        .piece = 500, .after = make_it_shorter, .after_bytes = 50000};
    struct caller *c = exchange_begin();

    (void)state;
    make_file("shrinks", 3000000, -1);
    make_file("vanishes", 3000, -1);
    receive_with(c, "shrinks,vanishes", rz, &options);
    caller_expect(c, "false the file has become shorter>");
    caller_expect(c, "<vanishes 0 0 false ");
    make_file("vanishes", 3000, -1);
    assert_int_equal(receive_with(c, "vanishes", rz, &plain), 0);
    assert_same("vanishes");
}

/* --- a disk that stands still --- */

static void begin_with_slow_disk(void)
{
    char path[PATH_BYTES];

    preload("slow_disk.so");
    setenv("SLOW_DISK", folder_of(path, "hold"), 1);
    board_write(board, "hold", "");
}

/* In a process of its own: somebody else's keys come back while the file waits for the disk,
 * which goes on then. */
static pid_t type_while_it_waits(const char *keys)
{
    struct caller *c = dial();
    pid_t pid;

    caller_expect(c, "? ");
    pid = fork();
    if (pid == 0) {
        double until = caller_patience();

        while (!is_there("hold.waits") && now_seconds() < until)
            caller_read_for_now(c);
        caller_send(c, keys);
        caller_expect(c, keys);
        if (is_there("data/files/up/slow.bin"))
            _exit(2);
        board_remove(board, "hold");
        _exit(is_there("hold.waits") ? 0 : 3);
    }
    return pid;
}

static void expect_typed(pid_t pid)
{
    int status;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static bool is_sanitized(void)
{
#if defined(__SANITIZE_ADDRESS__)
    print_message("skipped: a sanitizer's library has to be the first\n");
    return true;
#else
    return false;
#endif
}

static void a_disk_that_stands_still_stops_its_download_alone(void **state)
{
    struct caller *c;
    pid_t pid;

    (void)state;
    if (is_sanitized())
        skip();
    begin_with_slow_disk();
    c = exchange_begin();
    unsetenv("LD_PRELOAD");
    make_file("slow.bin", 3000000, -1);
    pid = type_while_it_waits("moon");
    assert_int_equal(receive_with(c, "slow.bin", rz, &plain), 0);
    expect_typed(pid);
    caller_expect(c, "<slow.bin 3000000 0 true ->");
    assert_same("slow.bin");
}

static void a_disk_that_stands_still_stops_its_upload_alone(void **state)
{
    static char *const sz[] = {"sz", "-q", "slow.bin", NULL};
    struct caller *c;
    pid_t pid;

    (void)state;
    if (is_sanitized())
        skip();
    begin_with_slow_disk();
    c = exchange_begin_upload();
    unsetenv("LD_PRELOAD");
    make_own("slow.bin", 3000000, -1);
    pid = type_while_it_waits("moon");
    send_with(c, "", sz, &plain);
    expect_typed(pid);
    caller_expect(c, "<slow.bin 3000000 0 true ->");
    assert_came("slow.bin");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(five_hundred_files_come),
        TEST(five_hundred_files_go),
        TEST(a_large_file_comes),
        TEST(a_large_file_goes),
        TEST(one_byte_at_a_time_is_enough),
        TEST(one_byte_at_a_time_is_enough_to_send),
        TEST(sz_may_send_large_subpackets_and_go_on),
        TEST(binary_is_not_needed),
        TEST(binary_is_not_needed_to_send),
        TEST(cr_nul_may_be_done_wrongly),
        TEST(cr_nul_may_be_done_wrongly_by_who_sends),
        TEST(what_rz_takes_over_a_bad_line_is_exact),
        TEST(what_sz_sends_over_a_bad_line_is_exact),
        TEST(a_cut_anywhere_loses_nothing),
        TEST(files_that_shrink_and_vanish_are_told),
        TEST(a_disk_that_stands_still_stops_its_download_alone),
        TEST(a_disk_that_stands_still_stops_its_upload_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
