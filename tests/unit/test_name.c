/* What is left of the names that files are sent under. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "client/name.h"

static void expect(const char *said, const char *name)
{
    char safe[NAME_MAX_BYTES + 1];

    assert_int_equal(name_make_safe(span_of(said), safe), name != NULL);
    assert_string_equal(safe, name ? name : "");
}

static void names_are_names_alone(void **state)
{
    (void)state;
    expect("moon.zip", "moon.zip");
    expect("two words.txt", "two words.txt");
    expect("../../etc/passwd", "passwd");
    expect("/etc/passwd", "passwd");
    expect("C:\\DOS\\AUTOEXEC.BAT", "AUTOEXEC.BAT");
    expect("C:moon.zip", "moon.zip");
    expect("a/b\\c", "c");
    expect("..", NULL);
    expect(".", NULL);
    expect("", NULL);
    expect("folder/", NULL);
    expect("...", NULL);
    expect("   ", NULL);
}

static void nothing_is_hidden_or_special(void **state)
{
    (void)state;
    expect(".bashrc", "bashrc");
    expect("-rf", "rf");
    expect(" moon.zip. ", "moon.zip");
    expect("nul", "_nul");
    expect("CON.txt", "_CON.txt");
    expect("com1", "_com1");
    expect("LPT9.zip", "_LPT9.zip");
    expect("console.txt", "console.txt");
    expect("com", "com");
    expect("what?*<>|\".txt", "what______.txt");
}

static void no_terminal_takes_one_for_a_sequence(void **state)
{
    (void)state;
    expect("\033[2Jmoon\a.zip", "moon.zip");
    expect("moon\r\n.zip", "moon.zip");
    expect("\u202Egpj.exe", "gpj.exe");
    expect("zero\u200Bwidth", "zerowidth");
    expect("\x18"
           "B00moon",
           "B00moon");
    expect("\u00E9t\u00E9.txt", "\u00E9t\u00E9.txt");
    expect("\x82t\x82.txt", "\u00E9t\u00E9.txt"); /* CP437 */
}

static void what_is_too_long_keeps_its_extension(void **state)
{
    char said[400];
    char safe[NAME_MAX_BYTES + 1];

    (void)state;
    memset(said, 'x', sizeof(said));
    strcpy(said + 300, ".zip");
    assert_true(name_make_safe(span_of(said), safe));
    assert_int_equal(strlen(safe), NAME_MAX_BYTES);
    assert_string_equal(safe + NAME_MAX_BYTES - 5, "x.zip");
    for (size_t i = 0; i + 3 < sizeof(said); i += 3)
        memcpy(said + i, "\u4E16", 4);
    assert_true(name_make_safe(span_of(said), safe));
    assert_int_equal(strlen(safe), NAME_MAX_BYTES / 3 * 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_names_alone),
        cmocka_unit_test(nothing_is_hidden_or_special),
        cmocka_unit_test(no_terminal_takes_one_for_a_sequence),
        cmocka_unit_test(what_is_too_long_keeps_its_extension),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
