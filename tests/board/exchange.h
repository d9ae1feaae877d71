/* exchange.h -- for board tests that send files over a caller's line: a board whose only screen
 * sends what is asked for, or takes what comes; and the caller's own folder, `got` in the
 * board's, where a program such as rz or sz works. */
#ifndef PERIGEE_TESTS_EXCHANGE_H
#define PERIGEE_TESTS_EXCHANGE_H

#include "tests/board/command.h"
#include "tests/board/peer.h"
#include "tests/board/stage.h"

#define RQINIT "**\030B00"
#define RINIT "**\030B01"

enum { PATH_BYTES = 600 };

extern const char exchange_send_lua[]; /* the handler t.files of the first */

/* Write the board, start it, dial. It asks "Which? " for what to send: names with commas
 * between, and a protocol and '!' before them; it shows "<NAME BYTES RESUMED OK REASON>" of
 * each. */
struct caller *exchange_begin(void);

/* It asks "How? " for what to take: words such as max=1000, n=5, over, by=ymodem, as=NAME, and
 * luna, who has an account. What comes is in files/up; behind the results is "END". */
struct caller *exchange_begin_upload(void);

/* The caller's terminal has no binary mode of telnet, from this question on. */
void refuse_binary(struct caller *c, const char *question);

/* A file in the board's files/, or in the caller's folder: bytes that are random (`byte` -1),
 * or all the same. */
void make_file(const char *name, size_t size, int byte);
void make_own(const char *name, size_t size, int byte);

char *folder_of(char *path, const char *name); /* below the board's folder; PATH_BYTES */

/* files/NAME is the same as got/NAME; files/up/NAME is. */
void assert_same(const char *name);
void assert_came(const char *name);

/* Ask, and run the program at the caller's end when `trigger`, or ZModem's, has come. Its exit
 * status, as peer_run. */
int receive_at(struct caller *c, const char *trigger, const char *names, char *const argv[],
               const struct peer_options *more);
int receive_with(struct caller *c, const char *names, char *const argv[],
                 const struct peer_options *more);
int send_at(struct caller *c, const char *trigger, const char *how, char *const argv[],
            const struct peer_options *more);
int send_with(struct caller *c, const char *how, char *const argv[],
              const struct peer_options *more);

#endif
