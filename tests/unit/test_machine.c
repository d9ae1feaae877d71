/* The texts of /proc: as they are, cut off at every byte, odd and empty. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/machine.h"
#include "base/mem.h"
#include "tests/unit/flush.h"

static struct span fixture(const char *name, char room[8192])
{
    char path[128];
    FILE *f;
    size_t n;

    snprintf(path, sizeof(path), "tests/unit/proc/%s", name);
    f = fopen(path, "r");
    assert_non_null(f);
    n = fread(room, 1, 8192, f);
    fclose(f);
    return span_from(room, n);
}

static void reads_the_files(void **state)
{
    char room[8192];
    struct machine_ticks ticks;
    struct machine_memory memory;
    struct machine_net net;
    double load[3], uptime;

    (void)state;
    assert_true(machine_take_stat(fixture("stat", room), &ticks));
    assert_int_equal(ticks.busy, 1000 + 20 + 300 + 4 + 5 + 6);
    assert_int_equal(ticks.all, 1000 + 20 + 300 + 40000 + 500 + 4 + 5 + 6);
    assert_true(machine_take_memory(fixture("meminfo", room), &memory));
    assert_int_equal(memory.total, 16316412ull * 1024);
    assert_int_equal(memory.available, 9000000ull * 1024);
    assert_int_equal(memory.swap_total, 2097148ull * 1024);
    assert_int_equal(memory.swap_free, 2097148ull * 1024);
    assert_true(machine_take_load(fixture("loadavg", room), load));
    assert_true(load[0] > 0.419 && load[0] < 0.421 && load[2] > 11.04 && load[2] < 11.06);
    assert_true(machine_take_uptime(fixture("uptime", room), &uptime));
    assert_true(uptime > 350735.46 && uptime < 350735.48);
    assert_true(machine_take_net(fixture("net_dev", room), &net));
    assert_int_equal(net.received, 5000000000ull + 77); /* loopback is nobody's traffic */
    assert_int_equal(net.sent, 123456ull + 88);
}

static void reads_processes_of_any_name(void **state)
{
    char room[8192];
    struct machine_process p;

    (void)state;
    assert_true(machine_take_process(fixture("process", room), 4096, &p));
    assert_int_equal(p.pid, 4242);
    assert_string_equal(p.name, "a) R 1 (b");
    assert_int_equal(p.ticks, 111 + 22);
    assert_int_equal(p.start, 98765);
    assert_int_equal(p.memory, 300 * 4096);
    assert_true(machine_take_process(
        SPAN_LIT("7 (\x1b[2J\xff) S 1 1 1 0 -1 0 0 0 0 0 5 6 0 0 20 0 1 0 9 0 3"), 4096, &p));
    assert_string_equal(p.name, "?[2J?"); /* it paints nobody's screen */
}

/* Of a text that is cut off anywhere, each either makes sense or is refused; nothing reads
 * behind its end. */
static void each_cut(struct span text)
{
    struct machine_process p;
    struct machine_memory memory;
    struct machine_ticks ticks;
    struct machine_net net;
    double load[3];

    for (size_t n = 0; n <= text.len; n++) {
        struct span cut = flush_copy(span_from(text.data, n));

        machine_take_stat(cut, &ticks);
        machine_take_memory(cut, &memory);
        machine_take_load(cut, load);
        machine_take_uptime(cut, load);
        machine_take_net(cut, &net);
        machine_take_process(cut, 4096, &p);
    }
}

static void cut_texts_harm_nobody(void **state)
{
    static const char *const names[] = {"stat",   "meminfo", "loadavg",
                                        "uptime", "net_dev", "process"};
    char room[8192];

    (void)state;
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        each_cut(fixture(names[i], room));
}

static void refuses_what_makes_no_sense(void **state)
{
    struct machine_process p = {.pid = 1};
    struct machine_memory memory = {.total = 1};
    struct machine_ticks ticks = {.all = 1};
    struct machine_net net = {.sent = 1};
    double load[3] = {1, 1, 1};

    (void)state;
    assert_false(machine_take_stat(SPAN_LIT(""), &ticks));
    assert_false(machine_take_stat(SPAN_LIT("cpu 1 2 3"), &ticks));
    assert_false(machine_take_stat(SPAN_LIT("cpu 1 2 x 4"), &ticks));
    assert_false(machine_take_stat(SPAN_LIT("cpu0 1 2 3 4"), &ticks));
    assert_false(machine_take_memory(SPAN_LIT(""), &memory));
    assert_false(machine_take_memory(SPAN_LIT("MemTotal: many kB\n"), &memory));
    assert_false(
        machine_take_memory(SPAN_LIT("MemTotal: 5 kB\nMemAvailable: 6 kB\n"), &memory));
    assert_false(machine_take_load(SPAN_LIT("0.1 0.2"), load));
    assert_false(machine_take_load(SPAN_LIT("0.1 -0.2 0.3"), load));
    assert_false(machine_take_load(SPAN_LIT("0,1 0,2 0,3"), load));
    assert_false(machine_take_net(SPAN_LIT("Inter-|   Receive\n face |bytes\n"), &net));
    assert_false(machine_take_net(SPAN_LIT("eth0: 1 2 3\n"), &net));
    assert_false(machine_take_process(SPAN_LIT("12 no brackets S 1"), 4096, &p));
    assert_false(machine_take_process(SPAN_LIT("0 (x) S 1"), 4096, &p));
    assert_int_equal(ticks.all, 1);
    assert_int_equal(memory.total, 1);
    assert_int_equal(net.sent, 1);
    assert_int_equal(p.pid, 1);
    assert_true(load[0] > 0.99 && load[0] < 1.01);
}

static void older_kernels_have_fewer_columns(void **state)
{
    struct machine_ticks ticks;
    struct machine_net net;

    (void)state;
    assert_true(machine_take_stat(SPAN_LIT("cpu 1 2 3 4\n"), &ticks));
    assert_int_equal(ticks.all, 10);
    assert_true(machine_take_net(SPAN_LIT("eth0:99 1 1 1 1 1 1 1 55 1\n"), &net));
    assert_int_equal(net.received, 99);
    assert_int_equal(net.sent, 55);
}

static void large_numbers_stay_the_largest(void **state)
{
    struct machine_ticks ticks;
    struct machine_memory memory;

    (void)state;
    assert_true(machine_take_stat(SPAN_LIT("cpu 99999999999999999999999 1 1 1"), &ticks));
    assert_true(ticks.busy == UINT64_MAX);
    assert_true(machine_take_memory(SPAN_LIT("MemTotal: 18446744073709551615 kB"), &memory));
    assert_true(memory.total == UINT64_MAX);
}

static bool is_about(double value, double expected)
{
    return value > expected - 0.001 && value < expected + 0.001;
}

static void cpu_is_between_two_looks(void **state)
{
    struct machine_ticks before = {100, 1000};
    struct machine_ticks now = {150, 1200};

    (void)state;
    assert_true(is_about(machine_cpu(&before, &now), 25));
    assert_true(is_about(machine_cpu(&now, &now), 0));
    assert_true(is_about(machine_cpu(&now, &before), 0)); /* a counter that went back */
}

static void the_busiest_come_first(void **state)
{
    static const double cpu[] = {3, 0, 9, 1, 5, 7, 2, 8};
    struct machine m = {0};

    (void)state;
    for (int i = 0; i < 8; i++)
        machine_note_process(&m, &(struct machine_process){.pid = i + 1, .cpu = cpu[i]});
    assert_int_equal(m.busiest_count, MACHINE_BUSIEST);
    assert_int_equal(m.busiest[0].pid, 3);
    assert_int_equal(m.busiest[1].pid, 8);
    assert_int_equal(m.busiest[4].pid, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_files),
        cmocka_unit_test(reads_processes_of_any_name),
        cmocka_unit_test(cut_texts_harm_nobody),
        cmocka_unit_test(refuses_what_makes_no_sense),
        cmocka_unit_test(older_kernels_have_fewer_columns),
        cmocka_unit_test(large_numbers_stay_the_largest),
        cmocka_unit_test(cpu_is_between_two_looks),
        cmocka_unit_test(the_busiest_come_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
