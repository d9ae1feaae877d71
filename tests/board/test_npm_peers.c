/* Transfers with the ZMODEM of web terminals, zmodem.js and zmodem2-wasm, run by node: skipped
 * where node or npm is missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/board/exchange.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up, stage_tear_down)

static char scripts[2][PATH_BYTES]; /* their whole paths */

static void find_scripts(void)
{
    static const char *const names[] = {"zmodem_js.js", "zmodem2_wasm.mjs"};
    char here[PATH_BYTES - 100];
    char modules[PATH_BYTES];

    assert_non_null(getcwd(here, sizeof(here)));
    for (unsigned i = 0; i < 2; i++)
        snprintf(scripts[i], PATH_BYTES, "%s/tests/peers/%s", here, names[i]);
    snprintf(modules, sizeof(modules), "%s/build/npm/node_modules", here);
    setenv("NODE_PATH", modules, 1);
}

static bool has_peers(void)
{
    return access("build/npm/node_modules/zmodem.js", F_OK) == 0 &&
           access("build/npm/node_modules/zmodem2-wasm", F_OK) == 0;
}

static void expect_got(char *script, const char *names, const char *const *list)
{
    char *const argv[] = {"node", script, "get", NULL};
    static const struct peer_options options = {0};
    struct caller *c = exchange_begin();

    make_file("one.bin", 1, 'x');
    make_file("large.bin", 300000, -1);
    make_file("iac.bin", 20000, 0xFF);
    make_file("zdle.bin", 20000, 0x18);
    assert_int_equal(receive_with(c, names, argv, &options), 0);
    for (; *list; list++) {
        caller_expect(c, *list);
        caller_expect(c, " true ->");
        assert_same(*list);
    }
    caller_expect(c, "Which? ");
}

static void zmodem_js_receives(void **state)
{
    static const char *const list[] = {"one.bin", "large.bin", "iac.bin", "zdle.bin", NULL};

    (void)state;
    expect_got(scripts[0], "one.bin,large.bin,iac.bin,zdle.bin", list);
}

static void zmodem2_receives(void **state)
{
    static const char *const list[] = {"large.bin", NULL};

    (void)state;
    expect_got(scripts[1], "large.bin", list);
}

static void expect_put(char *const argv[], const char *const *list)
{
    static const struct peer_options options = {0};
    struct caller *c = exchange_begin_upload();

    make_own("large.bin", 300000, -1);
    make_own("iac.bin", 20000, 0xFF);
    make_own("zdle.bin", 20000, 0x18);
    assert_int_equal(send_with(c, "", argv, &options), 0);
    for (; *list; list++) {
        caller_expect(c, *list);
        caller_expect(c, " true ->");
        assert_came(*list);
    }
    caller_expect(c, "END");
}

static void zmodem_js_sends(void **state)
{
    static const char *const list[] = {"large.bin", "iac.bin", "zdle.bin", NULL};
    char *const argv[] = {"node", scripts[0], "put", "large.bin", "iac.bin", "zdle.bin", NULL};

    (void)state;
    expect_put(argv, list);
}

static void zmodem2_sends(void **state)
{
    static const char *const list[] = {"large.bin", NULL};
    char *const argv[] = {"node", scripts[1], "put", "large.bin", NULL};

    (void)state;
    expect_put(argv, list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(zmodem_js_receives),
        TEST(zmodem_js_sends),
        TEST(zmodem2_receives),
        TEST(zmodem2_sends),
    };

    if (!has_peers()) {
        puts("1..0 # SKIP zmodem.js and zmodem2-wasm need node and npm");
        return 0;
    }
    find_scripts();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
