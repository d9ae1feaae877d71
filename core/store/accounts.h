/* accounts.h -- what may be done with an account's record: by the board through the store's
 * threads, by `perigee user` directly. Blocks. A handle is matched in any letter case. */
#ifndef PERIGEE_STORE_ACCOUNTS_H
#define PERIGEE_STORE_ACCOUNTS_H

#include "store/db.h"
#include "store/password.h"

enum { ACCOUNT_HANDLE_MAX = 20, ACCOUNT_NICK_MAX = 20 };

struct account {
    int64_t id;
    char handle[ACCOUNT_HANDLE_MAX + 1];
    char nick_name[4 * ACCOUNT_NICK_MAX + 1];
    int level;
    bool locked;
    bool hidden; /* not seen on line by who is no sysop */
    char hash[PASSWORD_HASH_MAX];
    bool must_change;
    int failures;
    int64_t retry_at; /* Unix seconds: no login before it */
};

/* May this be a handle, a nick name, a password? NULL, or why not, for the caller to read. */
const char *account_handle_problem(struct span handle);
const char *account_nick_problem(struct span nick);
const char *account_password_problem(struct span password, struct span handle);

/* 1 found, 0 there is none, -1 and `e`. */
int account_find(struct db *db, struct span handle, struct account *out, struct err *e);
int account_find_id(struct db *db, int64_t id, struct account *out, struct err *e);

/* 0 made; 1 the handle or the nick name is taken: `e` says which; -1 and `e`. */
int account_add(struct db *db, struct span handle, struct span nick, const char *hash,
                int level, bool must_change, struct err *e);
int account_set_hash(struct db *db, int64_t id, const char *hash, bool must_change,
                     struct err *e);
int account_set_level(struct db *db, int64_t id, int level, struct err *e);
int account_set_locked(struct db *db, int64_t id, bool locked, struct err *e);
int account_count(struct db *db, int64_t *out, struct err *e);

/* How many others than `id` have this level or a higher one, and are not locked. */
int account_count_others(struct db *db, int64_t id, int level, int64_t *out, struct err *e);

/* 1, and `e` says it: nobody else is there who could look after the board. 0: it is not so. */
int account_is_last(struct db *db, const struct account *a, int sysop, struct err *e);

/* A login at `now` was right: a call more. Was wrong: *wait is how many seconds the next has to
 * wait; it doubles from the third failure on, up to five minutes. */
int account_login_right(struct db *db, int64_t id, int64_t now, struct err *e);
int account_login_wrong(struct db *db, int64_t id, int64_t now, int64_t *wait, struct err *e);

/* A call of so many minutes is over. */
int account_call_over(struct db *db, int64_t id, int64_t minutes, struct err *e);

#endif
