/* Files over a caller's line, with the programs of lrzsz at its other end. What arrives is what
 * was there. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/board/exchange.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_set_up, stage_tear_down)

static void expect_all_received(char *const argv[], const struct peer_options *options)
{
    struct caller *c = exchange_begin();

    make_file("one byte", 1, -1);
    make_file("empty", 0, -1);
    make_file("large.bin", 3000000, -1);
    make_file("iac", 100000, 0xFF);
    make_file("zdle", 100000, 0x18);
    make_file("\u00E9\u4E16.txt", 5000, '\r');
    assert_int_equal(receive_with(c,
                                  "one byte,empty,large.bin,missing,iac,zdle,\u00E9\u4E16.txt",
                                  argv, options),
                     0);
    caller_expect(c, "<one byte 1 0 true ->");
    caller_expect(c, "<empty 0 0 true ->");
    caller_expect(c, "<large.bin 3000000 0 true ->");
    caller_expect(c, "<missing 0 0 false missing: No such file or directory>");
    caller_expect(c, "<zdle 100000 0 true ->");
    caller_expect(c, "Which? ");
    assert_same("one byte");
    assert_same("empty");
    assert_same("large.bin");
    assert_same("iac");
    assert_same("zdle");
    assert_same("\u00E9\u4E16.txt");
}

static void rz_receives_what_is_there(void **state)
{
    static char *const argv[] = {"rz", "-q", NULL};
    static const struct peer_options options = {0};

    (void)state;
    expect_all_received(argv, &options);
}

static void rz_may_want_all_escaped(void **state)
{
    static char *const argv[] = {"rz", "-q", "-e", NULL};
    static const struct peer_options options = {.piece = 777};

    (void)state;
    expect_all_received(argv, &options);
}

/* It can do more; what it says of itself is changed on the way. */
static void rz_may_have_a_short_crc(void **state)
{
    static char *const argv[] = {"rz", "-q", NULL};
    static const struct peer_options options = {.said = {"B0100000023be50", "B01000000039a32"},
                                                .never = "*\030C"};

    (void)state;
    expect_all_received(argv, &options);
}

static void rz_may_have_a_window(void **state)
{
    static char *const argv[] = {"rz", "-q", NULL};
    static const struct peer_options options = {.said = {"B0100000023be50", "B0100100023fd33"}};

    (void)state;
    expect_all_received(argv, &options);
}

/* Each KiB is acknowledged: none is followed by the next at once. */
static void rz_may_not_be_able_to_write_meanwhile(void **state)
{
    static char *const argv[] = {"rz", "-q", NULL};
    static const struct peer_options options = {.said = {"B0100000023be50", "B01000000219e12"},
                                                .never = "\030i"};

    (void)state;
    expect_all_received(argv, &options);
}

static void what_rz_has_is_not_sent_again(void **state)
{
    static char *const first[] = {"rz", "-q", NULL};
    static char *const again[] = {"rz", "-q", "-r", NULL};
    static const struct peer_options cut = {.cut_after = 1500000};
    static const struct peer_options options = {0};
    struct caller *c = exchange_begin();

    (void)state;
    make_file("large.bin", 3000000, -1);
    assert_int_equal(receive_with(c, "large.bin", first, &cut), -1);
    c = dial();
    assert_int_equal(receive_with(c, "large.bin", again, &options), 0);
    caller_expect(c, "<large.bin 3000000 1");
    caller_expect(c, " true ->");
    assert_same("large.bin");
}

static void paths_lead_nowhere_else(void **state)
{
    static const char *const names[] = {"../perigee.db", "/etc/passwd", "a/../../x", "",
                                        "a//b",          "./a"};
    struct caller *c = exchange_begin();
    char path[PATH_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        caller_expect(c, "Which? ");
        caller_send(c, *names[i] ? names[i] : "x/");
        caller_send(c, "\r");
        caller_expect(c, "Something went wrong here");
        caller_send(c, "\033");
        hang_up(c);
        c = dial();
    }
    board_expect_log(board, NULL, "expected a path below the data folder's files/");
    make_file("real", 10, 'x');
    assert_int_equal(symlink("real", folder_of(path, "data/files/link")), 0);
    assert_int_equal(symlink("/etc", folder_of(path, "data/files/etc")), 0);
    assert_int_equal(mkfifo(folder_of(path, "data/files/fifo"), 0600), 0);
    caller_expect(c, "Which? ");
    caller_send(c, "link,etc/passwd,fifo,nothing\r");
    caller_expect(c, "<link 0 0 false link: it is a link, or no folder>");
    caller_expect(c, "<passwd 0 0 false etc/passwd: it is a link, or no folder>");
    caller_expect(c, "<fifo 0 0 false fifo: it is no file>");
    caller_expect(c, "<nothing 0 0 false nothing: No such file or directory>");
    caller_expect(c, "Which? ");
}

/* Of a batch with what can't be sent, the rest goes. Root may read all. */
static void what_can_not_be_read_is_told(void **state)
{
    static char *const argv[] = {"rz", "-q", NULL};
    static const struct peer_options options = {0};
    struct caller *c = exchange_begin();
    char path[PATH_BYTES];

    (void)state;
    make_file("folder/real", 10, 'x');
    make_file("secret", 10, 'x');
    make_file("huge", 1, 'x');
    make_file("real", 10, 'x');
    assert_int_equal(chmod(folder_of(path, "data/files/secret"), 0), 0);
    assert_int_equal(truncate(folder_of(path, "data/files/huge"), INT64_C(1) << 32), 0);
    assert_int_equal(receive_with(c, "folder,secret,huge,real", argv, &options), 0);
    caller_expect(c, "<folder 0 0 false folder: it is no file>");
    caller_expect(c, geteuid() == 0 ? "<secret 10 0 true ->"
                                    : "<secret 0 0 false secret: Permission denied>");
    caller_expect(c, "<huge 0 0 false it has 4 GiB or more, which ZModem can't send>");
    caller_expect(c, "<real 10 0 true ->");
    caller_expect(c, "Which? ");
    assert_same("real");
}

static void five_ctrl_x_lead_back(void **state)
{
    struct caller *c = exchange_begin();

    (void)state;
    make_file("real", 10, 'x');
    caller_expect(c, "Which? ");
    caller_send(c, "real\r");
    caller_expect(c, "five times Ctrl-X");
    caller_expect(c, "B00000000000000");
    caller_send(c, "what\030\030\030\030\030");
    caller_expect(c, "<real 0 0 false the other side has cancelled it>");
    caller_expect(c, "Which? ");
}

/* The peer ends all of it while a thread looks for the file; all in one piece, and an IAC NOP
 * between, so that telnet gives it in two. */
static void it_may_be_cancelled_at_any_moment(void **state)
{
    static const char bytes[] = "**\030B0100000023be50\r\n\021\377\361"
                                "\030\030\030\030\030\030\030\030";
    struct caller *c = exchange_begin();

    (void)state;
    make_file("real", 10, 'x');
    for (int i = 0; i < 5; i++) {
        caller_expect(c, "Which? ");
        caller_send(c, "real\r");
        caller_expect(c, "B00000000000000");
        caller_send_bytes(c, bytes, sizeof(bytes) - 1);
        caller_expect(c, "<real 0 0 false the other side has cancelled it>");
    }
    caller_expect(c, "Which? ");
}

static void ctrl_c_leads_back_before_it_has_begun(void **state)
{
    struct caller *c = exchange_begin();

    (void)state;
    make_file("real", 10, 'x');
    caller_expect(c, "Which? ");
    caller_send(c, "real\r");
    caller_expect(c, "Ctrl-C leads back");
    caller_expect(c, "B00000000000000");
    caller_send(c, "qq\003");
    caller_expect(c, "because the terminal did not begin");
    caller_expect(c, "<real 0 0 false the terminal did not begin>");
    caller_expect(c, "Which? ");
}

/* Before it has said a word. */
static void ctrl_c_may_come_early(void **state)
{
    struct caller *c = exchange_begin();

    (void)state;
    make_file("real", 10, 'x');
    caller_expect(c, "Which? ");
    caller_send(c, "ymodem!real\r");
    caller_expect(c, "Ctrl-C leads back");
    caller_send(c, "\003");
    caller_expect(c, "<real 0 0 false the terminal did not begin>");
    caller_expect(c, "Which? ");
}

/* Each is a whole file to be read. */
static void its_crc_is_not_told_for_ever(void **state)
{
    static const char init[] = "**\030B0100000023be50\r\n\021";
    static const char crc[] = "**\030B0d00000000217a\r\n\021";
    struct caller *c = exchange_begin();

    (void)state;
    make_file("real", 10, 'x');
    caller_expect(c, "Which? ");
    caller_send(c, "real\r");
    caller_expect(c, "B00000000000000");
    caller_send_bytes(c, init, sizeof(init) - 1);
    caller_expect(c, "100644 0 1 10");
    for (int i = 0; i < 3; i++) {
        caller_send_bytes(c, crc, sizeof(crc) - 1);
        caller_expect(c, "B0d");
    }
    caller_send_bytes(c, crc, sizeof(crc) - 1);
    caller_expect(c, "<real 0 0 false the other side asks for the file's CRC again and again>");
    caller_expect(c, "Which? ");
}

static void a_form_is_painted_again(void **state)
{
    static char *const argv[] = {"rz", "-q", NULL};
    static const struct peer_options options = {0};
    struct caller *c;

    (void)state;
    board_write(board, "lua/handlers/t.lua", exchange_send_lua);
    board_write(board, "screens/root.txt",
                "╔══════════════════════════════════╗\n"
                "║ Which? <% set:t.files:20    %> ║\n"
                "╚══ below it ══════════════════════╝\n");
    board_start(board, NULL);
    c = dial();
    make_file("real", 10, 'x');
    assert_int_equal(receive_with(c, "real", argv, &options), 0);
    caller_expect(c, "Which? ");
    caller_expect(c, "below it");
    assert_same("real");
}

/* --- uploads --- */

static void expect_all_come(char *const argv[], const struct peer_options *options)
{
    struct caller *c = exchange_begin_upload();

    make_own("one", 1, -1);
    make_own("empty", 0, -1);
    make_own("large.bin", 3000000, -1);
    make_own("iac", 100000, 0xFF);
    make_own("zdle", 100000, 0x18);
    make_own("cr", 5000, '\r');
    send_with(c, "", argv, options);
    caller_expect(c, "<one 1 0 true ->");
    caller_expect(c, "<empty 0 0 true ->");
    caller_expect(c, "<large.bin 3000000 0 true ->");
    caller_expect(c, "<cr 5000 0 true ->");
    caller_expect(c, "END");
    assert_came("one");
    assert_came("empty");
    assert_came("large.bin");
    assert_came("iac");
    assert_came("zdle");
    assert_came("cr");
}

static void sz_sends_what_it_has(void **state)
{
    static char *const argv[] = {"sz",  "-q",   "one", "empty", "large.bin",
                                 "iac", "zdle", "cr",  NULL};
    static const struct peer_options options = {0};

    (void)state;
    expect_all_come(argv, &options);
}

static void sz_may_escape_and_use_crc_16(void **state)
{
    static char *const argv[] = {"sz",        "-q",  "-e",   "-o", "one", "empty",
                                 "large.bin", "iac", "zdle", "cr", NULL};
    static const struct peer_options options = {.piece = 501};

    (void)state;
    expect_all_come(argv, &options);
}

static void sz_may_wait_for_acknowledgements(void **state)
{
    static char *const argv[] = {"sz",    "-q",        "-w",  "4096", "-k", "one",
                                 "empty", "large.bin", "iac", "zdle", "cr", NULL};
    static const struct peer_options options = {0};

    (void)state;
    expect_all_come(argv, &options);
}

static void what_is_not_wanted_is_refused(void **state)
{
    static char *const argv[] = {"sz", "-q", "a", "large.bin", "b", NULL};
    static const struct peer_options options = {0};
    struct caller *c = exchange_begin_upload();

    (void)state;
    make_own("a", 100, 'a');
    make_own("b", 200, 'b');
    make_own("large.bin", 300000, -1);
    send_with(c, "max=1000", argv, &options);
    caller_expect(c, "<a 100 0 true ->");
    caller_expect(c, "<large.bin 0 0 false it is larger than what is taken>");
    caller_expect(c, "<b 200 0 true ->");
    send_with(c, "n=1", argv, &options);
    caller_expect(c, "<a 0 0 false there is a file of that name already>");
    caller_expect(c, "<large.bin 300000 0 true ->");
    caller_expect(c, "<b 0 0 false no more files are taken>");
    caller_expect(c, "END");
    make_own("a", 120, 'c');
    send_with(c, "over", argv, &options);
    caller_expect(c, "<a 120 0 true ->");
    caller_expect(c, "END");
    assert_came("a");
}

/* It has no bytes, but sz says how many there would be. */
static void four_gib_are_refused_before_they_come(void **state)
{
    static char *const argv[] = {"sz", "-q", "huge", "a", NULL};
    static const struct peer_options options = {0};
    struct caller *c = exchange_begin_upload();
    char path[PATH_BYTES];

    (void)state;
    make_own("huge", 1, 'x');
    make_own("a", 100, 'a');
    assert_int_equal(truncate(folder_of(path, "got/huge"), INT64_C(1) << 32), 0);
    send_with(c, "", argv, &options);
    caller_expect(c, "<huge 0 0 false it has 4 GiB or more, which no protocol can send>");
    caller_expect(c, "<a 100 0 true ->");
    caller_expect(c, "END");
    assert_false(is_there("data/files/up/.part-0-1-huge"));
}

static void names_come_as_they_are(void **state)
{
    static char *const argv[] = {"sz", "-q", "\u00E9 \u4E16 .txt", "two words", NULL};
    static const struct peer_options options = {0};
    struct caller *c = exchange_begin_upload();

    (void)state;
    make_own("\u00E9 \u4E16 .txt", 5000, '\r');
    make_own("two words", 10, 'x');
    send_with(c, "", argv, &options);
    caller_expect(c, "<\u00E9 \u4E16 .txt 5000 0 true ->");
    caller_expect(c, "<two words 10 0 true ->");
    caller_expect(c, "END");
    assert_came("\u00E9 \u4E16 .txt");
    assert_came("two words");
}

static void expect_cut(const char *how)
{
    static char *const argv[] = {"sz", "-q", "large.bin", NULL};
    static const struct peer_options cut = {.cut_after = 1500000};
    struct caller *c = exchange_begin_upload();

    make_own("large.bin", 3000000, -1);
    assert_int_equal(send_with(c, how, argv, &cut), -1);
    board_expect_log(board, NULL, "call event=end");
}

static void an_upload_goes_on_where_it_was_cut(void **state)
{
    static char *const argv[] = {"sz", "-q", "large.bin", NULL};
    static const struct peer_options options = {0};
    struct caller *c;

    (void)state;
    expect_cut("luna");
    assert_true(is_there("data/files/up/.part-2-large.bin"));
    assert_false(is_there("data/files/up/large.bin"));
    c = dial();
    send_with(c, "luna", argv, &options);
    caller_expect(c, "<large.bin 3000000 ");
    assert_true(c->seen[c->from] >= '1' && c->seen[c->from] <= '9'); /* what was there */
    caller_expect(c, " true ->");
    assert_came("large.bin");
    assert_false(is_there("data/files/up/.part-2-large.bin"));
}

/* Changed meanwhile, it is not what the caller has. */
static void another_beginning_is_not_gone_on_with(void **state)
{
    static char *const argv[] = {"sz", "-q", "large.bin", NULL};
    static const struct peer_options options = {0};
    struct caller *c;

    (void)state;
    expect_cut("luna");
    make_own("large.bin", 3000001, -1);
    c = dial();
    send_with(c, "luna", argv, &options);
    caller_expect(c, "<large.bin 3000001 0 true ->");
    assert_came("large.bin");
}

static void make_old(const char *name, int days)
{
    struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = time(NULL) - days * 86400}};
    char below[PATH_BYTES / 2];
    char path[PATH_BYTES];

    make_file(name, 10, 'x');
    snprintf(below, sizeof(below), "data/files/%s", name);
    assert_int_equal(utimensat(AT_FDCWD, folder_of(path, below), times, 0), 0);
}

static void parts_are_kept_for_some_days(void **state)
{
    static char *const argv[] = {"sz", "-q", "a", NULL};
    static const struct peer_options options = {0};
    struct caller *c = exchange_begin_upload(); /* files.part_days is 7 */

    (void)state;
    make_own("a", 100, 'a');
    make_old("up/.part-3-other", 6);
    make_old("up/.part-3-old", 8);
    make_old("up/.hidden", 8);
    send_with(c, "luna", argv, &options);
    caller_expect(c, "<a 100 0 true ->");
    assert_true(is_there("data/files/up/.part-3-other"));
    assert_false(is_there("data/files/up/.part-3-old"));
    assert_true(is_there("data/files/up/.hidden"));
}

static void nothing_is_left_of_a_guests_cut_upload(void **state)
{
    struct caller *c;

    (void)state;
    expect_cut("");
    c = dial();
    caller_expect(c, "How? ");
    board_stop(board);
    assert_false(is_there("data/files/up/large.bin"));
    assert_false(is_there("data/files/up/.part-0-1-large.bin"));
}

/* --- YMODEM and XMODEM --- */

static void rb_receives_what_is_there(void **state)
{
    static char *const argv[] = {"rb", "-q", NULL};
    static const struct peer_options options = {0};
    struct caller *c = exchange_begin();

    (void)state;
    make_file("empty", 0, -1);
    make_file("large.bin", 300001, -1);
    make_file("iac", 10000, 0xFF);
    assert_int_equal(receive_at(c, PEER_BY_HAND, "ymodem!empty,large.bin,iac", argv, &options),
                     0);
    caller_expect(c, "<empty 0 0 true ->");
    caller_expect(c, "<large.bin 300001 0 true ->");
    caller_expect(c, "<iac 10000 0 true ->");
    assert_same("empty");
    assert_same("large.bin");
    assert_same("iac");
}

/* It asks once, and then not again for ten seconds. */
static void who_asks_early_is_answered(void **state)
{
    struct caller *c = exchange_begin();

    (void)state;
    make_file("real", 10, 'x');
    caller_expect(c, "Which? ");
    caller_send(c, "ymodem!real\r");
    caller_expect(c, PEER_BY_HAND);
    caller_send(c, "C");
    caller_expect(c, "\377real");
}

static void rb_may_be_begun_where_zmodem_was_meant(void **state)
{
    static char *const argv[] = {"rb", "-q", NULL};
    static const struct peer_options options = {.piece = 700};
    struct caller *c = exchange_begin();

    (void)state;
    make_file("large.bin", 100000, -1);
    assert_int_equal(receive_with(c, "large.bin", argv, &options), 0);
    caller_expect(c, "<large.bin 100000 0 true ->");
    assert_same("large.bin");
}

static void rx_receives_one_file(void **state)
{
    static char *const argv[] = {"rx", "-q", "-c", "got.bin", NULL};
    static const struct peer_options options = {0};
    struct caller *c = exchange_begin();
    char from[PATH_BYTES];
    char to[PATH_BYTES];

    (void)state;
    make_file("large.bin", 128000, -1);
    assert_int_equal(receive_at(c, PEER_BY_HAND, "xmodem!large.bin,large.bin", argv, &options),
                     0);
    caller_expect(c, "<large.bin 128000 0 true ->");
    caller_expect(c, "<large.bin 0 0 false XModem sends one file at a time>");
    folder_of(from, "got/got.bin");
    assert_int_equal(rename(from, folder_of(to, "got/large.bin")), 0);
    assert_same("large.bin");
}

static void sb_sends_what_it_has(void **state)
{
    static char *const argv[] = {"sb", "-q", "one", "empty", "large.bin", "iac", NULL};
    static const char *const kinds[] = {"by=ymodem", "by=ymodem-g over"};
    static const struct peer_options options = {0};
    struct caller *c = exchange_begin_upload();

    (void)state;
    make_own("one", 1, -1);
    make_own("empty", 0, -1);
    make_own("large.bin", 300000, -1);
    make_own("iac", 10000, 0xFF);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(send_at(c, PEER_BY_HAND, kinds[i], argv, &options), 0);
        caller_expect(c, "<one 1 0 true ->");
        caller_expect(c, "<empty 0 0 true ->");
        caller_expect(c, "<large.bin 300000 0 true ->");
        caller_expect(c, "<iac 10000 0 true ->");
        caller_expect(c, "END");
        assert_came("one");
        assert_came("empty");
        assert_came("large.bin");
        assert_came("iac");
    }
}

static void sx_sends_one_file(void **state)
{
    static char *const argv[] = {"sx", "-q", "large.bin", NULL};
    static const struct peer_options options = {0};
    struct caller *c = exchange_begin_upload();

    (void)state;
    make_own("large.bin", 128000, -1);
    assert_int_equal(send_at(c, PEER_BY_HAND, "by=xmodem as=large.bin", argv, &options), 0);
    caller_expect(c, "<large.bin 128000 0 true ->");
    assert_came("large.bin");
}

/* The disk takes no more, in the middle of a file and at its end. */
static void a_full_disk_ends_that_file(void **state)
{
    static char *const argv[] = {"sz", "-q", "a", "large.bin", "b", NULL};
    static const struct peer_options options = {0};
    const struct rlimit limit = {400000, 400000};
    static const size_t sizes[] = {500000, 3000000};
    struct caller *c = exchange_begin_upload();

    (void)state;
    make_own("a", 100, 'a');
    make_own("b", 200, 'b');
    assert_int_equal(prlimit(board->pid, RLIMIT_FSIZE, &limit, NULL), 0);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        make_own("large.bin", sizes[i], -1);
        send_with(c, "over", argv, &options);
        caller_expect(c, "<a 100 0 true ->");
        caller_expect(c, "<large.bin ");
        caller_expect(c, " 0 false it can't be stored: File too large>");
        caller_expect(c, "<b 200 0 true ->");
        caller_expect(c, "END");
        assert_false(is_there("data/files/up/large.bin"));
        assert_false(is_there("data/files/up/.part-0-1-large.bin"));
    }
}

static void who_offers_for_ever_is_ended(void **state)
{
    static char *argv[204] = {"sz", "-q"};
    static char names[200][8];
    static const struct peer_options options = {0};
    struct caller *c = exchange_begin_upload();

    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        snprintf(names[i], sizeof(names[i]), "n%u", i);
        make_own(names[i], 10, 'x');
        argv[2 + i] = names[i];
    }
    send_with(c, "n=1", argv, &options);
    caller_expect(c, "<n0 10 0 true ->");
    caller_expect(c, "<n100 0 0 false no more files are taken>");
    caller_expect(c, "END too many files are offered that are not wanted");
    assert_false(caller_has(c, "<n101 "));
}

/* A part that was whole when the line was cut is not sent again, and its time is the caller's
 * file's. */
static void a_whole_part_is_gone_on_with(void **state)
{
    static char *const argv[] = {"sz", "-q", "large.bin", NULL};
    static const struct peer_options options = {0};
    const struct timespec times[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
    struct caller *c = exchange_begin_upload();
    char path[PATH_BYTES];
    struct stat st;

    (void)state;
    make_own("large.bin", 300000, -1);
    make_file("up/.part-2-large.bin", 300000, -1);
    assert_int_equal(utimensat(AT_FDCWD, folder_of(path, "got/large.bin"), times, 0), 0);
    send_with(c, "luna", argv, &options);
    caller_expect(c, "<large.bin 300000 299999 true ->");
    assert_came("large.bin");
    assert_int_equal(stat(folder_of(path, "data/files/up/large.bin"), &st), 0);
    assert_int_equal(st.st_mtime, 1000000000);
}

/* At a rate: more than the first second's worth takes its time. */
static void a_rate_is_kept(void **state)
{
    static char *const argv[] = {"sz", "-q", "large.bin", NULL};
    static const struct peer_options options = {0};
    struct caller *c;
    double began;

    (void)state;
    board_write(board, "lua/settings.lua", "return { files = { rate_kb = 100 } }\n");
    c = exchange_begin_upload();
    make_own("large.bin", 300000, -1);
    began = now_seconds();
    send_with(c, "", argv, &options);
    caller_expect(c, "<large.bin 300000 0 true ->");
    assert_true(now_seconds() - began >= 1.9);
    assert_came("large.bin");
}

/* There is no way round a file that is not wanted. */
static void ymodem_ends_where_a_file_is_not_wanted(void **state)
{
    static char *const argv[] = {"sb", "-q", "a", "large.bin", "b", NULL};
    static const struct peer_options options = {0};
    struct caller *c = exchange_begin_upload();

    (void)state;
    make_own("a", 100, 'a');
    make_own("b", 200, 'b');
    make_own("large.bin", 300000, -1);
    send_at(c, PEER_BY_HAND, "by=ymodem max=1000", argv, &options);
    caller_expect(c, "<a 100 0 true ->");
    caller_expect(c, "<large.bin 0 0 false it is larger than what is taken>");
    caller_expect(c, "END");
}

static void a_terminal_that_refuses_binary_is_told(void **state)
{
    struct caller *c = exchange_begin();

    (void)state;
    make_file("real", 10, 'x');
    refuse_binary(c, "Which? ");
    caller_send(c, "ymodem!real\r");
    caller_expect(c, "<real 0 0 false your terminal refuses telnet's binary mode");
    caller_expect(c, "Which? ");
}

/* It agrees to what a transfer asks for, though it has refused it before. */
static void binary_is_given_back(void **state)
{
    static char *const argv[] = {"rb", "-q", NULL};
    static const struct peer_options plain;
    struct caller *c = exchange_begin();

    (void)state;
    make_file("cr", 5000, '\r');
    refuse_binary(c, "Which? ");
    caller_send(c, "none\r");
    caller_expect(c, "<none 0 0 false");
    assert_false(caller_is_binary(c));
    c->refuses_binary = false;
    assert_int_equal(receive_at(c, PEER_BY_HAND, "ymodem!cr", argv, &plain), 0);
    caller_expect(c, "<cr 5000 0 true ->");
    assert_same("cr");
    caller_expect(c, "Which? ");
    assert_false(caller_is_binary(c));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rz_receives_what_is_there),
        TEST(rz_may_want_all_escaped),
        TEST(rz_may_have_a_short_crc),
        TEST(rz_may_have_a_window),
        TEST(rz_may_not_be_able_to_write_meanwhile),
        TEST(what_rz_has_is_not_sent_again),
        TEST(paths_lead_nowhere_else),
        TEST(what_can_not_be_read_is_told),
        TEST(five_ctrl_x_lead_back),
        TEST(it_may_be_cancelled_at_any_moment),
        TEST(ctrl_c_leads_back_before_it_has_begun),
        TEST(ctrl_c_may_come_early),
        TEST(its_crc_is_not_told_for_ever),
        TEST(a_full_disk_ends_that_file),
        TEST(who_offers_for_ever_is_ended),
        TEST(a_whole_part_is_gone_on_with),
        TEST(a_rate_is_kept),
        TEST(a_form_is_painted_again),
        TEST(sz_sends_what_it_has),
        TEST(sz_may_escape_and_use_crc_16),
        TEST(sz_may_wait_for_acknowledgements),
        TEST(what_is_not_wanted_is_refused),
        TEST(four_gib_are_refused_before_they_come),
        TEST(names_come_as_they_are),
        TEST(an_upload_goes_on_where_it_was_cut),
        TEST(another_beginning_is_not_gone_on_with),
        TEST(parts_are_kept_for_some_days),
        TEST(nothing_is_left_of_a_guests_cut_upload),
        TEST(rb_receives_what_is_there),
        TEST(who_asks_early_is_answered),
        TEST(rb_may_be_begun_where_zmodem_was_meant),
        TEST(rx_receives_one_file),
        TEST(sb_sends_what_it_has),
        TEST(sx_sends_one_file),
        TEST(ymodem_ends_where_a_file_is_not_wanted),
        TEST(a_terminal_that_refuses_binary_is_told),
        TEST(binary_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
