/* Archives that want more than the process that looks into them has: time, memory, the help of
 * other programs. The board goes on, and the file is in its area. */
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>
#include <cmocka.h>

#include "proto/crc.h"
#include "tests/board/area.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up_starter, stage_tear_down)
#define TOO_MUCH "it can't be looked into: it takes too much time or memory"
#define AREA "data/files/areas/art/"

enum {
    BLOCK = 512, /* of a tar */
    ZEROS = 64 << 20,
    STREAMS = 120, /* together more than 5 s of a processor's time */
    ROOM = 1 << 20,
};

struct bytes {
    char *data;
    size_t len;
};

static void add(struct bytes *b, const void *data, size_t len)
{
    assert_true(b->len + len <= ROOM);
    memcpy(b->data + b->len, data, len);
    b->len += len;
}

static void add_number(struct bytes *b, uint64_t n, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        add(b, &(unsigned char){(unsigned char)(n >> 8 * i)}, 1);
}

/* What the compressor makes of `head` and then `zeros` bytes of 0. */
static void compress(struct bytes *b, int (*filter)(struct archive *a), const void *head,
                     size_t len, size_t zeros)
{
    static const char piece[65536];
    struct archive *a = archive_write_new();
    struct archive_entry *entry = archive_entry_new();
    size_t used = 0;

    filter(a);
    archive_write_set_format_raw(a);
    archive_write_set_bytes_per_block(a, 0);
    assert_int_equal(archive_write_open_memory(a, b->data + b->len, ROOM - b->len, &used),
                     ARCHIVE_OK);
    archive_entry_set_filetype(entry, AE_IFREG);
    assert_int_equal(archive_write_header(a, entry), ARCHIVE_OK);
    archive_write_data(a, head, len);
    for (size_t n; zeros > 0; zeros -= n) {
        n = zeros < sizeof(piece) ? zeros : sizeof(piece);
        archive_write_data(a, piece, n);
    }
    archive_entry_free(entry);
    assert_int_equal(archive_write_close(a), ARCHIVE_OK);
    archive_write_free(a);
    b->len += used;
}

static void put_in_area(const char *name, struct bytes *b)
{
    char path[PATH_BYTES];

    snprintf(path, sizeof(path), AREA "%s", name);
    board_write_bytes(board, path, b->data, b->len);
    free(b->data);
}

/* --- time --- */

static void make_tar_header(char header[BLOCK], const char *name, unsigned long long size)
{
    unsigned sum = 0;

    memset(header, 0, BLOCK);
    snprintf(header, 100, "%s", name);
    snprintf(header + 100, 8, "%07o", 0644);
    snprintf(header + 124, 12, "%011llo", size);
    memset(header + 148, ' ', 8);
    header[156] = '0';
    memcpy(header + 257, "ustar\00000", 8);
    for (int i = 0; i < BLOCK; i++)
        sum += (unsigned char)header[i];
    snprintf(header + 148, 8, "%06o", sum);
}

/* A few hundred bytes for each 64 MiB of zeros, which stand before what is looked for. */
static void write_time_bomb(const char *name)
{
    struct bytes bomb = {.data = malloc(ROOM)};
    struct bytes zeros = {.data = malloc(ROOM)};
    char header[BLOCK];

    make_tar_header(header, "zeros", (unsigned long long)STREAMS * ZEROS);
    compress(&bomb, archive_write_add_filter_bzip2, header, BLOCK, 0);
    compress(&zeros, archive_write_add_filter_bzip2, "", 0, ZEROS);
    for (int i = 0; i < STREAMS; i++)
        add(&bomb, zeros.data, zeros.len);
    make_tar_header(header, "FILE_ID.DIZ", 9);
    compress(&bomb, archive_write_add_filter_bzip2, header, BLOCK, 0);
    compress(&bomb, archive_write_add_filter_bzip2, "Of a bomb", 9, 4 * BLOCK - 9);
    free(zeros.data);
    put_in_area(name, &bomb);
}

/* The process that looks into an archive, a child of the server's; 0: there is none. */
static pid_t find_inside(void)
{
    DIR *dir = opendir("/proc");
    pid_t found = 0;

    for (const struct dirent *e = readdir(dir); e && !found; e = readdir(dir)) {
        char path[300];
        char line[200] = "";
        int parent = 0;
        FILE *f;

        snprintf(path, sizeof(path), "/proc/%s/stat", e->d_name);
        f = *e->d_name >= '1' && *e->d_name <= '9' ? fopen(path, "r") : NULL;
        if (f && fgets(line, sizeof(line), f) &&
            sscanf(line, "%*d (%*[^)]) %*c %d", &parent) == 1 && parent == (int)board->pid)
            found = (pid_t)atoi(e->d_name);
        if (f)
            fclose(f);
    }
    closedir(dir);
    return found;
}

static pid_t wait_for_inside(void)
{
    double until = caller_patience();
    pid_t pid;

    while (!(pid = find_inside()))
        assert_true(now_seconds() < until);
    return pid;
}

/* A limit of the process, as the kernel says, /proc/PID/FILE: "Max processes". */
static bool has_limit(pid_t pid, const char *file, const char *name, const char *value)
{
    char path[64];
    char line[200];
    char soft[32] = "";
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
    f = fopen(path, "r");
    while (f && fgets(line, sizeof(line), f)) {
        if (strncmp(line, name, strlen(name)) == 0)
            sscanf(line + strlen(name), "%31s", soft);
    }
    if (f)
        fclose(f);
    return strcmp(soft, value) == 0;
}

/* It sets them one after the other. */
static void wait_for_limit(pid_t pid, const char *name, const char *value)
{
    const char *file = strncmp(name, "Max", 3) == 0 ? "limits" : "status";
    double until = caller_patience();

    while (!has_limit(pid, file, name, value)) {
        if (now_seconds() > until)
            fail_msg("%s is not %s", name, value);
    }
}

static void what_takes_too_long_is_ended(void **state)
{
    struct caller *c = area_begin();
    struct caller *other;
    pid_t pid;

    (void)state;
    write_time_bomb("bomb.bz2");
    expect_new("art", "bomb.bz2");
    go_to_area(c, "1", "Art");
    caller_expect(c, "bomb.bz2");
    caller_expect(c, "back ");
    caller_send(c, "v");
    pid = wait_for_inside();
    wait_for_limit(pid, "Max cpu time", "5");
    wait_for_limit(pid, "Max file size", "0");
    wait_for_limit(pid, "Max open files", "8");
    wait_for_limit(pid, "Max processes", "0");
    wait_for_limit(pid, "NoNewPrivs:", "1");
    wait_for_limit(pid, "Seccomp:", "2"); /* execve is refused */
#if !defined(__SANITIZE_ADDRESS__)
    wait_for_limit(pid, "Max address space", "268435456");
#endif
    other = sign_up("sol"); /* and nobody waits for it */
    go_to_area(other, "1", "Art");
    caller_expect(other, "bomb.bz2");
    assert_int_equal(find_inside(), pid);
    caller_expect(c, TOO_MUCH);
    assert_int_equal(find_inside(), 0);
    assert_false(caller_has(c, "Of a bomb"));
    caller_send(c, "q");
    caller_expect(c, "Which area, or key? ");
}

/* The server stops meanwhile, and leaves nothing behind. */
static void it_ends_with_the_server(void **state)
{
    pid_t pid;

    (void)state;
    area_begin();
    write_time_bomb("bomb.bz2");
    pid = wait_for_inside();
    wait_for_limit(pid, "Max cpu time", "5");
    assert_int_equal(board_stop(board), 0);
    assert_int_equal(kill(pid, 0), -1);
}

/* --- of every kind --- */

static void write_kind(const char *name, int (*format)(struct archive *a),
                       int (*filter)(struct archive *a), const char *text)
{
    struct bytes b = {.data = malloc(ROOM)};
    struct archive *a = archive_write_new();
    struct archive_entry *entry = archive_entry_new();

    assert_int_equal(format(a), ARCHIVE_OK);
    filter(a);
    assert_int_equal(archive_write_open_memory(a, b.data, ROOM, &b.len), ARCHIVE_OK);
    archive_entry_set_pathname(entry, "FILE_ID.DIZ");
    archive_entry_set_size(entry, (la_int64_t)strlen(text));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    assert_int_equal(archive_write_header(a, entry), ARCHIVE_OK);
    archive_write_data(a, text, strlen(text));
    archive_entry_free(entry);
    assert_int_equal(archive_write_close(a), ARCHIVE_OK);
    archive_write_free(a);
    put_in_area(name, &b);
}

/* Stored in a header of level 0, as the LHA of old did. libarchive reads it alone. */
static void write_lha(const char *name, const char *text)
{
    static const char diz[] = "FILE_ID.DIZ";
    struct bytes b = {.data = malloc(ROOM)};
    unsigned char sum = 0;
    unsigned crc = 0;

    for (const char *s = text; *s; s++) {
        crc ^= (unsigned char)*s;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xA001 : crc >> 1;
    }
    add_number(&b, 22 + strlen(diz), 2); /* and the sum, of what follows */
    add(&b, "-lh0-", 5);
    add_number(&b, strlen(text), 4);
    add_number(&b, strlen(text), 4);
    add_number(&b, 0x21 << 16, 4); /* 1980-01-01 */
    add(&b, "\x20\0\013FILE_ID.DIZ", 3 + strlen(diz));
    add_number(&b, crc, 2);
    for (size_t i = 2; i < b.len; i++)
        sum = (unsigned char)(sum + (unsigned char)b.data[i]);
    b.data[1] = (char)sum;
    add(&b, text, strlen(text));
    add_number(&b, 0, 1);
    put_in_area(name, &b);
}

/* A block of a RAR 4: its CRC, and what that is of. */
static void add_block(struct bytes *b, const struct bytes *block)
{
    add_number(b, crc_32(0, span_from(block->data, block->len)) & 0xFFFF, 2);
    add(b, block->data, block->len);
}

static void write_rar(const char *name, const char *text)
{
    static const char diz[] = "FILE_ID.DIZ";
    struct bytes b = {.data = malloc(ROOM)};
    struct bytes block = {.data = malloc(ROOM)};

    add(&b, "Rar!\x1A\7\0", 7);
    add(&block, "\x73\0\0\x0D\0\0\0\0\0\0\0", 11);
    add_block(&b, &block);
    block.len = 0;
    add(&block, "\x74\0\x80", 3);
    add_number(&block, 32 + strlen(diz), 2);
    add_number(&block, strlen(text), 4);
    add_number(&block, strlen(text), 4);
    add_number(&block, 0, 1);
    add_number(&block, crc_32(0, span_of(text)), 4);
    add_number(&block, 0x21 << 16, 4);
    add(&block, "\x14\x30", 2); /* of version 2.0, stored */
    add_number(&block, strlen(diz), 2);
    add_number(&block, 0x20, 4);
    add(&block, diz, strlen(diz));
    add_block(&b, &block);
    add(&b, text, strlen(text));
    add(&b, "\xC4\x3D\x7B\0\x40\7\0", 7);
    free(block.data);
    put_in_area(name, &b);
}

static void all_kinds_of_archives_describe_themselves(void **state)
{
    static const struct {
        const char *name;
        int (*format)(struct archive *a);
        int (*filter)(struct archive *a);
    } kinds[] = {
        {"a.7z", archive_write_set_format_7zip, archive_write_add_filter_none},
        {"a.cpio", archive_write_set_format_cpio, archive_write_add_filter_none},
        {"a.iso", archive_write_set_format_iso9660, archive_write_add_filter_none},
        {"a.tar", archive_write_set_format_ustar, archive_write_add_filter_none},
        {"a.tar.bz2", archive_write_set_format_ustar, archive_write_add_filter_bzip2},
        {"a.tar.gz", archive_write_set_format_ustar, archive_write_add_filter_gzip},
        {"a.tar.xz", archive_write_set_format_ustar, archive_write_add_filter_xz},
        {"a.tar.zst", archive_write_set_format_ustar, archive_write_add_filter_zstd},
        {"a.tgz", archive_write_set_format_ustar, archive_write_add_filter_gzip},
        {"a.zip", archive_write_set_format_zip, archive_write_add_filter_none},
    };
    enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };
    char text[40];

    (void)state;
    area_begin();
    for (unsigned i = 0; i < KINDS; i++) {
        snprintf(text, sizeof(text), "It is of %s", kinds[i].name);
        write_kind(kinds[i].name, kinds[i].format, kinds[i].filter, text);
    }
    write_lha("a.lzh", "It is of a.lzh");
    write_rar("a.rar", "It is of a.rar");
    for (unsigned i = 0; i < KINDS; i++) {
        expect_new("art", kinds[i].name);
        snprintf(text, sizeof(text), "It is of %s", kinds[i].name);
        run_files("list art", 0, text);
    }
    expect_new("art", "a.lzh");
    run_files("list art", 0, "It is of a.lzh");
    expect_new("art", "a.rar");
    run_files("list art", 0, "It is of a.rar");
}

/* --- memory --- */

/* A 7z whose table of contents, one empty file, is compressed with a dictionary of so much. */
static void write_7z(const char *name, unsigned dictionary)
{
    static const unsigned char table[] = {1,   5, 1,   14, 1,   0x80, 17, 11, 0, 'm', 0,
                                          'o', 0, 'o', 0,  'n', 0,    0,  0,  0, 0};
    struct bytes packed = {.data = malloc(ROOM)};
    struct bytes header = {.data = malloc(ROOM)};
    struct bytes file = {.data = malloc(ROOM)};
    size_t size;

    compress(&packed, archive_write_add_filter_lzma, table, sizeof(table), 0);
    size = packed.len - 13; /* behind what begins an .lzma */
    add(&header, (unsigned char[]){0x17, 6, 0, 1, 9}, 5);
    assert_true(size < 128); /* else it is written otherwise */
    add_number(&header, size, 1);
    add(&header, (unsigned char[]){0, 7, 11, 1, 0, 1, 0x23, 3, 1, 1, 5, 0x5D}, 12);
    add_number(&header, dictionary, 4);
    add(&header, (unsigned char[]){12, sizeof(table), 0, 0}, 4);
    add(&file, "7z\274\257\047\034\0\4", 8);
    add_number(&file, 0, 4); /* the CRC of what follows */
    add_number(&file, size, 8);
    add_number(&file, header.len, 8);
    add_number(&file, crc_32(0, span_from(header.data, header.len)), 4);
    add(&file, packed.data + 13, size);
    add(&file, header.data, header.len);
    for (unsigned i = 0, crc = crc_32(0, span_from(file.data + 12, 20)); i < 4; i++)
        file.data[8 + i] = (char)(crc >> 8 * i);
    free(packed.data);
    free(header.data);
    put_in_area(name, &file);
}

static void what_takes_too_much_memory_is_not_looked_into(void **state)
{
    struct caller *c;

    (void)state;
#if defined(__SANITIZE_ADDRESS__)
    print_message("no bound of memory where the sanitizer needs more\n");
    skip();
#endif
    c = area_begin();
    write_7z("bomb.7z", 1 << 30);
    write_7z("moon.7z", 1 << 20);
    expect_new("art", "bomb.7z");
    expect_new("art", "moon.7z");
    go_to_area(c, "1", "Art");
    caller_expect(c, "bomb.7z");
    caller_expect(c, "back ");
    caller_send(c, "v");
    caller_expect(c, "memory");
    assert_false(caller_has(c, "What is in bomb.7z"));
    caller_send(c, "\033[B"); /* the next one, which is the same but for that */
    caller_send(c, "v");
    caller_expect(c, "What is in moon.7z");
    caller_expect(c, "  moon");
}

/* --- a description without an end --- */

static void a_huge_description_is_cut(void **state)
{
    enum { PIECES = 1024 };
    struct bytes zip = {.data = malloc(ROOM)};
    struct archive *a = archive_write_new();
    struct archive_entry *entry = archive_entry_new();
    static char text[65536];
    struct caller *c = area_begin();

    (void)state;
    memset(text, 'x', sizeof(text));
    memcpy(text, "Of a bomb\r\n", 11);
    archive_write_set_format_zip(a);
    assert_int_equal(archive_write_open_memory(a, zip.data, ROOM, &zip.len), ARCHIVE_OK);
    archive_entry_set_pathname(entry, "FILE_ID.DIZ");
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_size(entry, (la_int64_t)PIECES * (la_int64_t)sizeof(text));
    assert_int_equal(archive_write_header(a, entry), ARCHIVE_OK);
    for (int i = 0; i < PIECES; i++)
        archive_write_data(a, text, sizeof(text));
    archive_entry_free(entry);
    assert_int_equal(archive_write_close(a), ARCHIVE_OK);
    archive_write_free(a);
    put_in_area("bomb.zip", &zip);
    expect_new("art", "bomb.zip");
    go_to_area(c, "1", "Art");
    caller_expect(c, "Of a bomb");
    caller_expect(c, "back ");
    caller_send(c, "v");
    caller_expect(c, "64.0 MiB  FILE_ID.DIZ");
}

/* --- other programs --- */

/* Which libarchive starts for what it does not unpack itself, if it is let. */
static void no_other_program_is_started(void **state)
{
    static const struct {
        const char *program;
        const char *magic;
        size_t len;
    } kinds[] = {
        {"lrzip", "LRZI\0\6\0\0\0\0", 10},
        {"lzop", "\211LZO\0\r\n\032\n", 9},
        {"grzip", "GRZipII\0\002\004:)", 12},
    };
    char name[PATH_BYTES];
    char path[4 * PATH_BYTES];
    char file[BLOCK];
    struct caller *c;

    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        snprintf(name, sizeof(name), "bin/%s", kinds[i].program);
        snprintf(path, sizeof(path), "#!/bin/sh\nexec mkdir %s/started\n", board->folder);
        board_write(board, name, path);
        snprintf(path, sizeof(path), "%s/%s", board->folder, name);
        assert_int_equal(chmod(path, 0700), 0);
    }
    snprintf(path, sizeof(path), "%s/bin:%s", board->folder, getenv("PATH"));
    setenv("PATH", path, 1);
    c = area_begin();
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        memset(file, 0, sizeof(file));
        memcpy(file, kinds[i].magic, kinds[i].len);
        snprintf(name, sizeof(name), AREA "%s.gz", kinds[i].program);
        board_write_bytes(board, name, file, sizeof(file));
        snprintf(name, sizeof(name), "%s.gz", kinds[i].program);
        expect_new("art", name);
    }
    go_to_area(c, "1", "Art");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        caller_expect(c, "back ");
        caller_send(c, "v");
        caller_expect(c, "Unrecognized archive format");
        caller_send(c, "\033[B");
    }
    snprintf(path, sizeof(path), "%s/started", board->folder);
    assert_int_equal(access(path, F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_kinds_of_archives_describe_themselves),
        TEST(what_takes_too_long_is_ended),
        TEST(it_ends_with_the_server),
        TEST(what_takes_too_much_memory_is_not_looked_into),
        TEST(a_huge_description_is_cut),
        TEST(no_other_program_is_started),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
