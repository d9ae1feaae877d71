#include "tests/board/area.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <archive.h>
#include <archive_entry.h>
#include <cmocka.h>

struct caller *sign_up(const char *handle)
{
    struct caller *c = dial();

    caller_sign_up(c, handle, "sunshine7");
    return c;
}

struct caller *area_begin(void)
{
    board_start(board, NULL);
    return sign_up("luna");
}

void go_to_area(struct caller *c, const char *number, const char *title)
{
    caller_send(c, "f");
    caller_expect(c, "What is there");
    caller_expect(c, "Which area, or key? ");
    caller_send(c, number);
    caller_expect(c, title);
    caller_expect(c, "What it is");
}

struct peer_options in_got(void)
{
    static char got[PATH_BYTES];

    snprintf(got, sizeof(got), "%s/got", board->folder);
    mkdir(got, 0700);
    return (struct peer_options){.folder = got};
}

void write_own(const char *name, const char *text)
{
    char path[PATH_BYTES];

    in_got();
    snprintf(path, sizeof(path), "got/%s", name);
    board_write(board, path, text);
}

int upload(struct caller *c, char *const argv[], const struct peer_options *more)
{
    struct peer_options options = *more;

    options.folder = in_got().folder;
    caller_send(c, "u");
    return peer_run(c, RINIT, argv, &options);
}

void expect_new(const char *area, const char *name)
{
    char line[PATH_BYTES];

    snprintf(line, sizeof(line), "files: %s in %s is new", name, area);
    board_expect_log(board, NULL, line);
}

void assert_text(const char *path, const char *expected)
{
    char *text = board_read(board, path);

    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
}

void run_files(const char *words, int status, const char *expected)
{
    static char copy[PATH_BYTES];
    const char *args[16] = {"files", "--board", board->folder};
    unsigned count = 3;
    char *out;

    snprintf(copy, sizeof(copy), "%s", words);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        args[count++] = word;
    if (board_run(args, NULL, &out) != status || !strstr(out, expected))
        fail_msg("%s", out);
    free(out);
}

void add_to_archive(struct archive *a, const char *name, const char *text)
{
    struct archive_entry *entry = archive_entry_new();

    archive_entry_set_pathname(entry, name);
    archive_entry_set_size(entry, (la_int64_t)strlen(text));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    assert_int_equal(archive_write_header(a, entry), ARCHIVE_OK);
    archive_write_data(a, text, strlen(text));
    archive_entry_free(entry);
}

void write_zip(const char *path, const char *description)
{
    static char bytes[ARCHIVE_BYTES];
    struct archive *a = archive_write_new();
    size_t used;

    archive_write_set_format_zip(a);
    assert_int_equal(archive_write_open_memory(a, bytes, sizeof(bytes), &used), ARCHIVE_OK);
    add_to_archive(a, "read.me", "hello");
    add_to_archive(a, "FILE_ID.DIZ", description);
    archive_write_close(a);
    archive_write_free(a);
    board_write_bytes(board, path, bytes, used);
}

void drop_in(const char *area, const char *name, const char *text)
{
    char path[PATH_BYTES];

    snprintf(path, sizeof(path), "data/files/areas/%s/%s", area, name);
    if (strstr(name, ".zip"))
        write_zip(path, text);
    else
        board_write(board, path, text);
    expect_new(area, name);
}
