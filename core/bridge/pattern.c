#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "bridge/internal.h"
#include "bridge/pattern.h"

enum { DEPTH_MAX = 200, STEPS_BETWEEN_LOOKS = 1024 };

static const char *match(struct pattern *p, const char *s, const char *at);

static void step(struct pattern *p)
{
    if (++p->steps < STEPS_BETWEEN_LOOKS)
        return;
    p->steps = 0;
    if (budget_is_over())
        budget_stop(p->L);
}

/* --- one character --- */

/* As Lua does still, though its manual has dropped it. */
static int is_zero(int c)
{
    return c == 0;
}

static bool is_of_class(int c, int class)
{
    static const struct {
        char class;
        int (*is)(int c);
    } classes[] = {
        {'a', isalpha}, {'c', iscntrl},  {'d', isdigit}, {'g', isgraph},
        {'l', islower}, {'p', ispunct},  {'s', isspace}, {'u', isupper},
        {'w', isalnum}, {'x', isxdigit}, {'z', is_zero},
    };

    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        if (classes[i].class == tolower(class))
            return (classes[i].is(c) != 0) == (islower(class) != 0);
    }
    return c == class;
}

/* `at` is behind a '['. -> its ']' */
static const char *find_set_end(struct pattern *p, const char *at)
{
    if (at < p->end && *at == '^')
        at++;
    do { /* a ']' that comes first is an ordinary one */
        if (at == p->end)
            luaL_error(p->L, "malformed pattern (missing ']')");
        if (*at++ == '%') {
            if (at == p->end)
                luaL_error(p->L, "malformed pattern (missing ']')");
            at++;
        }
    } while (at == p->end || *at != ']');
    return at;
}

/* -> behind what stands for one character at `at` */
static const char *skip_single(struct pattern *p, const char *at)
{
    if (*at == '[')
        return find_set_end(p, at + 1) + 1;
    if (*at == '%') {
        if (at + 1 == p->end)
            luaL_error(p->L, "malformed pattern (ends with '%%')");
        return at + 2;
    }
    return at + 1;
}

/* The set from its '[' to its ']'. */
static bool is_in_set(int c, const char *at, const char *end)
{
    bool is_not = at[1] == '^';

    for (at += is_not ? 2 : 1; at < end; at++) {
        if (*at == '%') {
            at++;
            if (is_of_class(c, (unsigned char)*at))
                return !is_not;
        } else if (at[1] == '-' && at + 2 < end) {
            if ((unsigned char)*at <= c && c <= (unsigned char)at[2])
                return !is_not;
            at += 2;
        } else if ((unsigned char)*at == c) {
            return !is_not;
        }
    }
    return is_not;
}

/* Does what stands from `at` to `end` match the character at `s`? */
static bool is_single(struct pattern *p, const char *s, const char *at, const char *end)
{
    int c;

    step(p);
    if (s >= p->text_end)
        return false;
    c = (unsigned char)*s;
    switch (*at) {
    case '.':
        return true;
    case '%':
        return is_of_class(c, (unsigned char)at[1]);
    case '[':
        return is_in_set(c, at, end - 1);
    default:
        return (unsigned char)*at == c;
    }
}

/* --- repetitions --- */

/* As many as there are, then fewer. `next` is behind the '*' or '+'. */
static const char *match_most(struct pattern *p, const char *s, const char *at, const char *end,
                              const char *next)
{
    const char *to = s;

    while (is_single(p, to, at, end))
        to++;
    for (; to >= s; to--) {
        const char *found = match(p, to, next);

        if (found)
            return found;
    }
    return NULL;
}

/* As few as will do. `next` is behind the '-'. */
static const char *match_fewest(struct pattern *p, const char *s, const char *at,
                                const char *end, const char *next)
{
    for (;;) {
        const char *found = match(p, s, next);

        if (found)
            return found;
        if (!is_single(p, s, at, end))
            return NULL;
        s++;
    }
}

/* --- captures --- */

static const char *match_open(struct pattern *p, const char *s, const char *at, ptrdiff_t len)
{
    const char *found;

    if (p->count == PATTERN_CAPTURES_MAX)
        luaL_error(p->L, "too many captures");
    p->captures[p->count++] = (struct pattern_capture){s, len};
    found = match(p, s, at);
    if (!found)
        p->count--;
    return found;
}

static const char *match_close(struct pattern *p, const char *s, const char *at)
{
    int i = p->count - 1;
    const char *found;

    while (i >= 0 && p->captures[i].len != PATTERN_OPEN)
        i--;
    if (i < 0)
        luaL_error(p->L, "invalid pattern capture");
    p->captures[i].len = s - p->captures[i].at;
    found = match(p, s, at);
    if (!found)
        p->captures[i].len = PATTERN_OPEN;
    return found;
}

/* %1 to %9: the same text again. -> behind it, or NULL */
static const char *match_again(struct pattern *p, const char *s, int digit)
{
    int i = digit - '1';
    size_t len;

    if (i < 0 || i >= p->count || p->captures[i].len == PATTERN_OPEN)
        luaL_error(p->L, "invalid capture index %%%d", i + 1);
    len = (size_t)p->captures[i].len;
    if ((size_t)(p->text_end - s) < len || memcmp(p->captures[i].at, s, len) != 0)
        return NULL;
    return s + len;
}

/* --- %bxy and %f[set] --- */

/* `at` is the two delimiters. -> behind the text that they balance, or NULL */
static const char *match_balance(struct pattern *p, const char *s, const char *at)
{
    int depth = 1;

    if (p->end - at < 2)
        luaL_error(p->L, "malformed pattern (missing arguments to '%%b')");
    if (s >= p->text_end || *s != at[0])
        return NULL;
    while (++s < p->text_end) {
        step(p);
        if (*s == at[1]) {
            if (--depth == 0)
                return s + 1;
        } else if (*s == at[0]) {
            depth++;
        }
    }
    return NULL;
}

/* A frontier: `*at` is its set; it is left behind it. */
static bool is_frontier(struct pattern *p, const char *s, const char **at)
{
    const char *set = *at;
    const char *end;
    int before = s == p->text ? 0 : (unsigned char)s[-1];
    int after = s == p->text_end ? 0 : (unsigned char)*s;

    if (set == p->end || *set != '[')
        luaL_error(p->L, "missing '[' after '%%f' in pattern");
    end = find_set_end(p, set + 1);
    *at = end + 1;
    return !is_in_set(before, set, end) && is_in_set(after, set, end);
}

/* --- all of it --- */

/* One character and what is said of how often. True: go on, from *s and *at; else *found. */
static bool match_repeated(struct pattern *p, const char **s, const char **at,
                           const char **found)
{
    const char *end = skip_single(p, *at);
    int how_often = end < p->end ? *end : 0;

    switch (how_often) {
    case '*':
        *found = match_most(p, *s, *at, end, end + 1);
        return false;
    case '+':
        *found = is_single(p, *s, *at, end) ? match_most(p, *s + 1, *at, end, end + 1) : NULL;
        return false;
    case '-':
        *found = match_fewest(p, *s, *at, end, end + 1);
        return false;
    case '?':
        if (is_single(p, *s, *at, end) && (*found = match(p, *s + 1, end + 1)) != NULL)
            return false;
        *at = end + 1;
        return true;
    default:
        *found = NULL;
        if (!is_single(p, *s, *at, end))
            return false;
        *s += 1;
        *at = end;
        return true;
    }
}

/* What begins with '%'. As match_repeated. */
static bool match_escape(struct pattern *p, const char **s, const char **at, const char **found)
{
    int c = *at + 1 < p->end ? (unsigned char)(*at)[1] : 0;

    const char *to;

    *found = NULL;
    if (c == 'f') {
        *at += 2;
        return is_frontier(p, *s, at);
    }
    if (c != 'b' && !isdigit(c))
        return match_repeated(p, s, at, found);
    to = c == 'b' ? match_balance(p, *s, *at + 2) : match_again(p, *s, c);
    if (!to)
        return false;
    *s = to;
    *at += c == 'b' ? 4 : 2;
    return true;
}

static bool match_item(struct pattern *p, const char **s, const char **at, const char **found)
{
    switch (**at) {
    case '(':
        *found = (*at + 1 < p->end && (*at)[1] == ')')
                     ? match_open(p, *s, *at + 2, PATTERN_POSITION)
                     : match_open(p, *s, *at + 1, PATTERN_OPEN);
        return false;
    case ')':
        *found = match_close(p, *s, *at + 1);
        return false;
    case '%':
        return match_escape(p, s, at, found);
    case '$':
        if (*at + 1 == p->end) {
            *found = *s == p->text_end ? *s : NULL;
            return false;
        }
        break;
    default:
        break;
    }
    return match_repeated(p, s, at, found);
}

/* What is left of the pattern from `at` against the text from `s`. -> behind it, or NULL */
static const char *match(struct pattern *p, const char *s, const char *at)
{
    const char *found = NULL;

    assert(s);
    if (++p->depth > DEPTH_MAX)
        luaL_error(p->L, "pattern too complex");
    step(p);
    for (;;) {
        if (at == p->end) {
            found = s;
            break;
        }
        if (!match_item(p, &s, &at, &found))
            break;
    }
    p->depth--;
    return found;
}

const char *pattern_match(struct pattern *p, const char *at)
{
    p->depth = 0;
    p->count = 0;
    return match(p, at, p->start);
}

void pattern_init(struct pattern *p, lua_State *L, const char *text, size_t text_len,
                  const char *pattern, size_t len, int can_anchor)
{
    p->L = L;
    p->text = text;
    p->text_end = text + text_len;
    p->is_anchored = can_anchor && len > 0 && *pattern == '^';
    p->start = pattern + (p->is_anchored ? 1 : 0);
    p->end = pattern + len;
    p->steps = 0;
    p->depth = 0;
    p->count = 0;
}

void pattern_push(struct pattern *p, int i, const char *from, const char *to)
{
    const struct pattern_capture *c = &p->captures[i];

    if (i >= p->count) {
        if (i != 0)
            luaL_error(p->L, "invalid capture index %%%d", i + 1);
        lua_pushlstring(p->L, from, (size_t)(to - from));
    } else if (c->len == PATTERN_POSITION) {
        lua_pushinteger(p->L, c->at - p->text + 1);
    } else {
        if (c->len == PATTERN_OPEN)
            luaL_error(p->L, "unfinished capture");
        lua_pushlstring(p->L, c->at, (size_t)c->len);
    }
}

int pattern_push_all(struct pattern *p, const char *from, const char *to)
{
    int n = p->count == 0 && from ? 1 : p->count;

    luaL_checkstack(p->L, n, "too many captures");
    for (int i = 0; i < n; i++)
        pattern_push(p, i, from, to);
    return n;
}
