/* pattern.h -- Lua's patterns (reference manual 5.4, section 6.4.1), matched under the budget.
 *
 * A pattern with several repetitions can take years over a page of text, and the watchdog stops
 * only what runs Lua's instructions. So this matcher looks itself whether its time is over. */
#ifndef PERIGEE_BRIDGE_PATTERN_H
#define PERIGEE_BRIDGE_PATTERN_H

#include <stddef.h>

#include <lua.h>

enum { PATTERN_CAPTURES_MAX = 32 };
enum { PATTERN_OPEN = -1, PATTERN_POSITION = -2 }; /* lengths of captures that are no text */

struct pattern_capture {
    const char *at;
    ptrdiff_t len;
};

/* All of it borrows; it owns nothing, so that an error may pass through at any time. */
struct pattern {
    lua_State *L; /* where errors are raised */
    const char *text;
    const char *text_end;
    const char *start; /* without its anchor */
    const char *end;
    int is_anchored;
    int depth;
    unsigned steps;
    int count;
    struct pattern_capture captures[PATTERN_CAPTURES_MAX];
};

/* `can_anchor`: a '^' at its beginning is one. */
void pattern_init(struct pattern *p, lua_State *L, const char *text, size_t text_len,
                  const char *pattern, size_t len, int can_anchor);

/* Match from `at`, a place in the text. -> behind the match, or NULL. Raises an error when the
 * pattern is wrong or too complex, and when the running handler's time is over. */
const char *pattern_match(struct pattern *p, const char *at);

/* Push capture `i`; the whole match, `from` to `to`, as the first where there is none. */
void pattern_push(struct pattern *p, int i, const char *from, const char *to);

/* Push all captures; the whole match where there is none and `from` is not NULL. -> how many */
int pattern_push_all(struct pattern *p, const char *from, const char *to);

#endif
