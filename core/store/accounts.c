#include "store/accounts.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

#include "base/alike.h"
#include "base/utf8.h"

enum { FREE_FAILURES = 3, WAIT_MOST = 300 };

static struct value integer(int64_t i)
{
    return (struct value){.type = VALUE_INTEGER, .integer = i};
}

static struct value text(struct span s)
{
    return (struct value){.type = VALUE_TEXT, .text = s};
}

static int run(struct db *db, const char *sql, const struct value *values, unsigned count,
               struct err *e)
{
    return db_run(db, span_of(sql), values, count, NULL, e);
}

/* --- rules --- */

static bool is_reserved(struct span handle)
{
    static const char *const words[] = {"guest",     "new",    "all",
                                        "everybody", "system", "perigee"};

    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (handle.len == strlen(words[i]) &&
            strncasecmp(handle.data, words[i], handle.len) == 0)
            return true;
    }
    return false;
}

const char *account_handle_problem(struct span handle)
{
    if (handle.len < 2 || handle.len > ACCOUNT_HANDLE_MAX)
        return "A handle has 2 to 20 characters";
    if (!isalpha((unsigned char)handle.data[0]))
        return "A handle begins with a letter from a to z";
    if (handle.data[handle.len - 1] == ' ')
        return "A handle does not end with a space";
    for (size_t i = 0; i < handle.len; i++) {
        unsigned char c = (unsigned char)handle.data[i];

        if (!(c < 0x80 && (isalnum(c) || strchr(" ._-", c))))
            return "A handle has letters from a to z, digits, spaces and . _ - only";
        if (c == ' ' && handle.data[i - 1] == ' ')
            return "A handle has one space at a time";
    }
    return is_reserved(handle) ? "This handle is reserved" : NULL;
}

const char *account_nick_problem(struct span nick)
{
    unsigned columns = 0;
    struct span rest = nick;

    while (rest.len > 0) {
        bool ok;
        uint32_t cp = utf8_next(&rest, &ok);

        if (!ok || (cp != ' ' && utf8_width(cp) == 0))
            return "A nick name has printable characters only";
        columns += utf8_width(cp);
    }
    if (!alike_is_seen(nick))
        return "A nick name has characters that can be seen";
    if (columns < 2 || columns > ACCOUNT_NICK_MAX || nick.len > 4 * ACCOUNT_NICK_MAX)
        return "A nick name has 2 to 20 characters";
    if (!alike_is_usual(nick))
        return "A nick name has letters in their usual form";
    if (alike_is_mixed(nick))
        return "A nick name has letters of one script: others would be taken for them";
    if (nick.data[0] == ' ' || nick.data[nick.len - 1] == ' ')
        return "A nick name does not begin or end with a space";
    if (memmem(nick.data, nick.len, "  ", 2))
        return "A nick name has one space at a time";
    return is_reserved(nick) ? "This nick name is reserved" : NULL;
}

const char *account_password_problem(struct span password, struct span handle)
{
    if (password.len < PASSWORD_LEAST)
        return "A password has at least 8 characters";
    if (password.len > PASSWORD_MOST)
        return "A password has at most 128 bytes";
    if (memchr(password.data, '\0', password.len))
        return "A password has printable characters only";
    if (password.len == handle.len && strncasecmp(password.data, handle.data, handle.len) == 0)
        return "The password is the same as the handle";
    return NULL;
}

/* --- finding --- */

#define FIND                                                                                   \
    "SELECT u.id, u.handle, u.nick_name, u.level, u.locked, p.hash, p.must_change, "           \
    "p.failures, p.retry_at, u.hidden FROM users u JOIN passwords p ON p.user = u.id WHERE "

static void copy_text(char *to, size_t size, struct value v)
{
    snprintf(to, size, "%.*s", v.type == VALUE_TEXT ? (int)v.text.len : 0,
             v.type == VALUE_TEXT ? v.text.data : "");
}

static int find(struct db *db, const char *sql, struct value key, struct account *out,
                struct err *e)
{
    struct rows *rows;

    if (db_run(db, span_of(sql), &key, 1, &rows, e) < 0)
        return -1;
    if (rows->count == 0) {
        rows_free(rows);
        return 0;
    }
    *out = (struct account){.id = rows_at(rows, 0, 0).integer,
                            .level = (int)rows_at(rows, 0, 3).integer,
                            .locked = rows_at(rows, 0, 4).integer != 0,
                            .must_change = rows_at(rows, 0, 6).integer != 0,
                            .failures = (int)rows_at(rows, 0, 7).integer,
                            .retry_at = rows_at(rows, 0, 8).integer,
                            .hidden = rows_at(rows, 0, 9).integer != 0};
    copy_text(out->handle, sizeof(out->handle), rows_at(rows, 0, 1));
    copy_text(out->nick_name, sizeof(out->nick_name), rows_at(rows, 0, 2));
    copy_text(out->hash, sizeof(out->hash), rows_at(rows, 0, 5));
    rows_free(rows);
    return 1;
}

int account_find(struct db *db, struct span handle, struct account *out, struct err *e)
{
    return find(db, FIND "u.handle = ?", text(handle), out, e);
}

int account_find_id(struct db *db, int64_t id, struct account *out, struct err *e)
{
    return find(db, FIND "u.id = ?", integer(id), out, e);
}

/* --- changing --- */

static int find_any(struct db *db, const char *sql, struct span name, struct err *e)
{
    struct value key = text(name);
    struct rows *rows;
    int found;

    if (db_run(db, span_of(sql), &key, 1, &rows, e) < 0)
        return -1;
    found = rows->count > 0;
    rows_free(rows);
    return found;
}

/* Neither name may be another's handle or nick name, or look like it: nobody is to be taken for
 * another. 0: it is free; 1: it is not, and `e` says so. */
static int is_taken(struct db *db, const char *what, struct span name, struct err *e)
{
    int taken = find_any(
        db, "SELECT 1 FROM users WHERE handle = ?1 OR nick_name = ?1 COLLATE NOCASE", name, e);

    if (taken > 0)
        err_set(e, "The %s %.*s is taken", what, SPAN_ARG(name));
    if (taken != 0)
        return taken;
    taken = find_any(db, "SELECT 1 FROM looks WHERE look = alike_look(?)", name, e);
    if (taken > 0)
        err_set(e, "The %s %.*s looks like one that is taken", what, SPAN_ARG(name));
    return taken;
}

static int add_look(struct db *db, int64_t id, struct span name, struct err *e)
{
    struct value values[] = {text(name), integer(id)};

    return run(db, "INSERT OR IGNORE INTO looks VALUES (alike_look(?), ?)", values, 2, e);
}

int account_add(struct db *db, struct span handle, struct span nick, const char *hash,
                int level, bool must_change, struct err *e)
{
    struct value user[] = {text(handle), text(nick), integer(level)};
    struct value secret[] = {integer(0), text(span_of(hash)), integer(must_change)};
    int taken = is_taken(db, "handle", handle, e);
    int64_t id;

    if (taken == 0)
        taken = is_taken(db, "nick name", nick, e);
    if (taken != 0)
        return taken;
    if (run(db,
            "INSERT INTO users (id, handle, nick_name, level, first_call) "
            "VALUES ((SELECT last + 1 FROM account_numbers), ?, ?, ?, CAST(strftime('%s', "
            "'now') AS INTEGER))",
            user, 3, e) < 0)
        return -1;
    id = secret[0].integer = db_last_id(db);
    if (add_look(db, id, handle, e) < 0 || add_look(db, id, nick, e) < 0)
        return -1;
    return run(db, "INSERT INTO passwords (user, hash, must_change) VALUES (?, ?, ?)", secret,
               3, e);
}

int account_set_hash(struct db *db, int64_t id, const char *hash, bool must_change,
                     struct err *e)
{
    struct value values[] = {text(span_of(hash)), integer(must_change), integer(id)};

    return run(db,
               "UPDATE passwords SET hash = ?, must_change = ?, failures = 0, retry_at = 0 "
               "WHERE user = ?",
               values, 3, e);
}

int account_set_level(struct db *db, int64_t id, int level, struct err *e)
{
    struct value values[] = {integer(level), integer(id)};

    return run(db, "UPDATE users SET level = ? WHERE id = ?", values, 2, e);
}

int account_set_locked(struct db *db, int64_t id, bool locked, struct err *e)
{
    struct value values[] = {integer(locked), integer(id)};

    return run(db, "UPDATE users SET locked = ? WHERE id = ?", values, 2, e);
}

static int count(struct db *db, struct span sql, const struct value *keys, unsigned n,
                 int64_t *out, struct err *e)
{
    struct rows *rows;

    if (db_run(db, sql, keys, n, &rows, e) < 0)
        return -1;
    *out = rows_at(rows, 0, 0).integer;
    rows_free(rows);
    return 0;
}

int account_count(struct db *db, int64_t *out, struct err *e)
{
    return count(db, SPAN_LIT("SELECT count(*) FROM users"), NULL, 0, out, e);
}

int account_count_others(struct db *db, int64_t id, int level, int64_t *out, struct err *e)
{
    struct value keys[] = {integer(id), integer(level)};

    return count(
        db, SPAN_LIT("SELECT count(*) FROM users WHERE id <> ? AND level >= ? AND NOT locked"),
        keys, 2, out, e);
}

int account_is_last(struct db *db, const struct account *a, int sysop, struct err *e)
{
    int64_t others;

    if (a->level < sysop || a->locked)
        return 0;
    if (account_count_others(db, a->id, sysop, &others, e) < 0)
        return -1;
    if (others > 0)
        return 0;
    err_set(e, "%s is the only sysop: make another one first", a->handle);
    return 1;
}

/* --- logging in --- */

int account_login_right(struct db *db, int64_t id, int64_t now, struct err *e)
{
    struct value key = integer(id);
    struct value call[] = {integer(now), integer(id)};

    if (run(db, "UPDATE passwords SET failures = 0, retry_at = 0 WHERE user = ?", &key, 1, e) <
        0)
        return -1;
    return run(db, "UPDATE users SET last_call = ?, calls = calls + 1 WHERE id = ?", call, 2,
               e);
}

static int64_t wait_after(int64_t failures)
{
    int64_t wait = 2;

    if (failures < FREE_FAILURES)
        return 0;
    while (failures-- > FREE_FAILURES && wait < WAIT_MOST)
        wait *= 2;
    return wait < WAIT_MOST ? wait : WAIT_MOST;
}

int account_login_wrong(struct db *db, int64_t id, int64_t now, int64_t *wait, struct err *e)
{
    struct account a;
    struct value values[3] = {integer(0), integer(0), integer(id)};
    int found = account_find_id(db, id, &a, e);

    *wait = 0;
    if (found <= 0)
        return found;
    *wait = wait_after(a.failures + 1);
    values[0] = integer(a.failures + 1);
    values[1] = integer(now + *wait);
    return run(db, "UPDATE passwords SET failures = ?, retry_at = ? WHERE user = ?", values, 3,
               e);
}

int account_call_over(struct db *db, int64_t id, int64_t minutes, struct err *e)
{
    struct value values[] = {integer(minutes), integer(id)};

    return run(db, "UPDATE users SET minutes = minutes + ? WHERE id = ?", values, 2, e);
}
