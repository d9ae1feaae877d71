/* texts.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "server/texts.h"

static char folder[64];
static char file[80];

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/perigee-texts-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(file, sizeof(file), "%s/kept", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(file);
    return rmdir(folder); /* nothing else is left */
}

static void fill(struct texts *t)
{
    texts_add(t, "screens/z.txt", SPAN_LIT("end\n"));
    texts_add(t, "lua/a b.lua", SPAN_LIT("1 x\n\0\n"));
    texts_add(t, "screens/empty.txt", SPAN_LIT(""));
    texts_sort(t);
}

static void expect_text(const struct texts *t, const char *path, struct span text)
{
    const struct text_of *item = texts_find(t, path);

    assert_non_null(item);
    assert_true(span_equals(span_from(item->data, item->len), text));
}

static void add_line(void *arg, const char *path)
{
    buf_printf(arg, "%s\n", path);
}

static void expect_differing(const struct texts *a, const struct texts *b, const char *lines)
{
    struct buf out;

    buf_init(&out, 4096);
    texts_compare(a, b, add_line, &out);
    assert_string_equal(buf_text(&out), lines);
    buf_clear(&out);
}

static void what_was_saved_is_loaded(void **state)
{
    struct texts t = {0};
    struct texts loaded = {0};
    struct err e;

    (void)state;
    fill(&t);
    assert_int_equal(texts_load(&loaded, file, &e), 1);
    assert_int_equal(texts_save(&t, file, &e), 0);
    assert_int_equal(texts_load(&loaded, file, &e), 0);
    assert_int_equal(loaded.count, 3);
    expect_text(&loaded, "screens/z.txt", SPAN_LIT("end\n"));
    expect_text(&loaded, "lua/a b.lua", SPAN_LIT("1 x\n\0\n"));
    expect_text(&loaded, "screens/empty.txt", SPAN_LIT(""));
    assert_null(texts_find(&loaded, "screens/none.txt"));
    expect_differing(&t, &loaded, "");
    texts_clear(&t);
    texts_clear(&loaded);
    expect_differing(&t, &loaded, "");
}

static void what_differs_is_seen(void **state)
{
    struct texts a = {0};
    struct texts b = {0};

    (void)state;
    fill(&a);
    texts_add(&b, "screens/z.txt", SPAN_LIT("end"));
    texts_add(&b, "lua/c.lua", SPAN_LIT(""));
    texts_add(&b, "screens/empty.txt", SPAN_LIT(""));
    texts_sort(&b);
    expect_differing(&a, &b, "lua/a b.lua\nlua/c.lua\nscreens/z.txt\n");
    expect_differing(&b, &a, "lua/a b.lua\nlua/c.lua\nscreens/z.txt\n");
    texts_clear(&a);
    texts_clear(&b);
}

static void what_is_cut_is_nothing(void **state)
{
    struct texts t = {0};
    struct texts loaded = {0};
    char whole[4096];
    struct err e;
    size_t len;
    FILE *f;

    (void)state;
    fill(&t);
    assert_int_equal(texts_save(&t, file, &e), 0);
    f = fopen(file, "rb");
    len = fread(whole, 1, sizeof(whole), f);
    fclose(f);
    for (size_t cut = 0; cut < len; cut++) {
        f = fopen(file, "wb");
        assert_int_equal(fwrite(whole, 1, cut, f), cut);
        fclose(f);
        assert_int_equal(texts_load(&loaded, file, &e), -1);
        assert_non_null(strstr(e.text, "it is cut or no file of Perigee's"));
        assert_int_equal(loaded.count, 0);
    }
    texts_clear(&t);
}

static void what_can_not_be_saved_stays(void **state)
{
    struct texts t = {0};
    struct err e;

    (void)state;
    fill(&t);
    assert_int_equal(texts_save(&t, "/nowhere/kept", &e), -1);
    assert_string_equal(e.text, "/nowhere/kept: No such file or directory");
    texts_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_saved_is_loaded, set_up, tear_down),
        cmocka_unit_test(what_differs_is_seen),
        cmocka_unit_test_setup_teardown(what_is_cut_is_nothing, set_up, tear_down),
        cmocka_unit_test(what_can_not_be_saved_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
