/* handlers.c -- a client's calls to the board's functions: arguments in, outcome out, what they
 * cost, and what happens when one fails. */
#include <assert.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "bridge/internal.h"

enum { ROWS_MOST = 1000, OUTCOME_BYTES = 16 << 20, FAILED_FOR_GUESTS = 2 };

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* --- what a handler has cost --- */

bool handler_is_trial(const struct bridge *b, const struct client *c)
{
    return b->generations[1] != 0 && c && client_is_sysop(c);
}

struct handler *handler_find(struct bridge *b, const char *name, bool is_trial)
{
    struct handler *h;
    size_t n = strlen(name);

    HASH_FIND(hh, b->handlers[is_trial], name, n, h);
    if (h)
        return h;
    h = mem_zalloc(sizeof(*h) + n + 1);
    memcpy(h->name, name, n + 1);
    h->figures.name = h->name;
    h->figures.is_trial = is_trial;
    h->is_trial = is_trial;
    h->ref = LUA_NOREF;
    HASH_ADD_KEYPTR(hh, b->handlers[is_trial], h->name, n, h);
    return h;
}

void handlers_forget_trial(struct bridge *b)
{
    for (struct handler *h = b->handlers[1]; h; h = h->hh.next) {
        luaL_unref(b->L, LUA_REGISTRYINDEX, h->ref);
        h->ref = LUA_NOREF;
        h->generation = 0;
    }
}

static int by_time(const void *a, const void *b)
{
    const struct handler_figures *x = a;
    const struct handler_figures *y = b;

    return (x->total_us < y->total_us) - (x->total_us > y->total_us);
}

unsigned bridge_dearest(struct bridge *b, struct handler_figures *out, unsigned count)
{
    unsigned n = 0;
    unsigned total = HASH_COUNT(b->handlers[0]) + HASH_COUNT(b->handlers[1]);
    struct handler_figures *all = mem_alloc(total * sizeof(*all));

    for (int trial = 0; trial < 2; trial++) {
        for (struct handler *h = b->handlers[trial]; h; h = h->hh.next) {
            if (h->figures.calls > 0)
                all[n++] = h->figures;
        }
    }
    qsort(all, n, sizeof(*all), by_time);
    if (n > count)
        n = count;
    memcpy(out, all, n * sizeof(*all));
    mem_free(all);
    return n;
}

/* What it did is forgotten: it may have been mended. */
static void forgive(struct handler *h)
{
    h->worked = false;
    h->failed_for_guests = 0;
    memset(h->overruns, 0, sizeof(h->overruns));
    h->refused_until = 0;
}

/* The function of this generation; its ref is kept, and what is known of it as long as it is
 * the same. False: there is none. */
static bool resolve(struct bridge *b, struct handler *h)
{
    bool same = false;
    int old = h->ref;

    if (h->generation == b->generations[h->is_trial])
        return h->ref != LUA_NOREF;
    h->ref = LUA_NOREF;
    h->generation = b->generations[h->is_trial];
    if (modules_push_handler(b, h->name, h->is_trial)) {
        lua_rawgeti(b->L, LUA_REGISTRYINDEX, old);
        same = lua_rawequal(b->L, -1, -2);
        lua_pop(b->L, 1);
        h->ref = luaL_ref(b->L, LUA_REGISTRYINDEX);
    }
    luaL_unref(b->L, LUA_REGISTRYINDEX, old);
    if (!same)
        forgive(h);
    return h->ref != LUA_NOREF;
}

bool bridge_has_handler(struct bridge *b, const char *name, bool is_trial)
{
    bool on_trial = is_trial && b->generations[1] != 0;
    struct handler *h = NULL;
    bool found;

    HASH_FIND(hh, b->handlers[on_trial], name, strlen(name), h);
    if (h)
        return resolve(b, h);
    found = modules_push_handler(b, name, on_trial);
    if (found)
        lua_pop(b->L, 1);
    return found;
}

/* --- incidents --- */

static void tell(struct bridge *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void tell(struct bridge *b, const char *format, ...)
{
    char text[400];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (b->all)
        clients_tell_sysops(b->all, span_of(text));
}

/* The first line of a message with its traceback. */
static struct span first_line(const char *message)
{
    return span_from(message, strcspn(message, "\n"));
}

/* A handler of the login that fails for all who come, in a file just saved, gives way to the
 * one before. */
static void give_way(struct task *t)
{
    struct bridge *b = t->bridge;
    struct handler *h = t->handler;

    if (!t->client || client_user(t->client) || h->worked || h->is_trial ||
        h->generation != b->generations[0])
        return;
    if (++h->failed_for_guests < FAILED_FOR_GUESTS || !modules_revert(b, h->name))
        return;
    log_error("reload event=reverted handler=%s generation=%u "
              "why=\"it failed for everybody who wants to log in\"",
              h->name, b->generations[0]);
    tell(b, "%s failed for everybody: the version before is used again", h->name);
}

static void note_failure(struct task *t, const char *message)
{
    struct bridge *b = t->bridge;
    unsigned incident = ++b->incidents;
    struct span first = first_line(message);
    const char *name = t->handler ? t->handler->name : "rescue";

    log_error("handler event=failed incident=%u handler=%s node=%u error=%s", incident, name,
              t->client ? client_id(t->client) : 0, message);
    rows_free(t->outcome.rows);
    t->outcome = (struct outcome){.failed = true};
    buf_reset(&b->notice);
    buf_printf(&b->notice, "Something went wrong here (incident %u). The sysop has been told.",
               incident);
    t->outcome.notice = buf_span(&b->notice);
    tell(b, "Incident %u in %s: %.*s", incident, name, SPAN_ARG(first));
    if (t->handler) {
        t->handler->figures.errors++;
        give_way(t);
    }
    if (t->kind == CALL_SET || t->kind == CALL_KEY)
        t->outcome.action = ACTION_REPEAT;
    else if (t->kind == CALL_POST)
        t->outcome.action = ACTION_REMAIN;
    else if (t->kind == CALL_RESCUE)
        t->outcome.action = ACTION_ROOT;
}

void handler_ended(struct task *t, bool ok, const char *message)
{
    bool left = t->is_cancelled || (t->client && !client_is_open(t->client));

    if (t->has_aside)
        client_box_take_back(t->client);
    if (ok && t->handler) {
        t->handler->worked = true;
    } else if (!ok && left && !budget_is_over()) {
        log_debug("handler event=ended handler=%s why=%s", t->handler ? t->handler->name : "-",
                  log_quote(first_line(message)));
    } else if (!ok) {
        note_failure(t, message);
    }
    if (t->job.is_one)
        schedule_ended(t->bridge, t->handler->name, ok);
}

/* --- the body of a task: all that may allocate in Lua happens in it --- */

static void push_args(lua_State *L, const struct call *call)
{
    int place = 0;

    lua_createtable(L, (int)call->arg_count, 0);
    for (unsigned i = 0; i < call->arg_count; i++) {
        value_push(L, call->args[i].value);
        if (call->args[i].name)
            lua_setfield(L, -2, call->args[i].name);
        else
            lua_rawseti(L, -2, ++place);
    }
}

/* client, [text], args */
static int push_call(lua_State *L, struct task *t)
{
    const struct call *call = t->call;
    bool has_text =
        call->kind == CALL_SET || call->kind == CALL_KEY || call->kind == CALL_SLASH;

    client_box_push(L, t->client);
    if (has_text)
        lua_pushlstring(L, call->text.len ? call->text.data : "", call->text.len);
    push_args(L, call);
    if (call->kind == CALL_EACH) {
        lua_getfield(L, -1, "rows");
        if (lua_isnil(L, -1)) {
            lua_pushinteger(L, ROWS_OF_PAGE);
            lua_setfield(L, -3, "rows");
        }
        lua_pop(L, 1);
        lua_pushinteger(L, client_page_index(t->client));
        lua_setfield(L, -2, "page");
    }
    return has_text ? 3 : 2;
}

/* { name =, due =, last = } */
static int push_job(lua_State *L, const struct task *t)
{
    lua_createtable(L, 0, 3);
    lua_pushstring(L, t->handler->name);
    lua_setfield(L, -2, "name");
    lua_pushinteger(L, (lua_Integer)t->job.due);
    lua_setfield(L, -2, "due");
    if (t->job.last > 0) {
        lua_pushinteger(L, (lua_Integer)t->job.last);
        lua_setfield(L, -2, "last");
    }
    return 1;
}

static struct span keep_text(lua_State *L, int index, struct buf *to)
{
    size_t len;
    const char *s = luaL_tolstring(L, index, &len);

    buf_reset(to);
    buf_add(to, span_from(s, len < to->max ? len : to->max));
    lua_pop(L, 1);
    return buf_span(to);
}

/* What rows are copied into; `bytes` are left for it. */
struct taking {
    lua_State *L;
    size_t bytes;
};

static void take_rows(struct taking *to, int index, const struct op_columns *columns,
                      struct rows *rows);

static void take_bytes(struct taking *to, size_t bytes)
{
    if (bytes > to->bytes)
        luaL_error(to->L, "the list is larger than 16 MiB: return the rows of the page");
    to->bytes -= bytes;
}

/* The value on top of the stack becomes a cell; what it owns hangs on the row at once, so that
 * an error of Lua's later on loses nothing. */
static void take_cell(struct taking *to, struct rows *rows, struct value *cell, int type,
                      const struct op_columns *inner)
{
    lua_State *L = to->L;
    struct span text;

    switch (type) {
    case LUA_TTABLE:
        cell->type = VALUE_BOOLEAN; /* it is there: if:.field holds */
        cell->boolean = true;
        if (inner) {
            cell->type = VALUE_ROWS;
            cell->rows = rows_new(inner->count ? inner->count : 1);
            take_rows(to, lua_gettop(L), inner, cell->rows);
        }
        break;
    case LUA_TSTRING:
        text.data = lua_tolstring(L, -1, &text.len);
        take_bytes(to, text.len);
        *cell = rows_text(rows, text);
        break;
    default:
        *cell = value_to(L, -1);
    }
}

/* The columns that the screen names, of each row of a list. */
static void take_rows(struct taking *to, int index, const struct op_columns *columns,
                      struct rows *rows)
{
    lua_State *L = to->L;
    lua_Unsigned n = lua_rawlen(L, index);
    int names = lua_gettop(L) + 1;
    int at = names + (int)columns->count;

    if (n > ROWS_MOST)
        luaL_error(L, "the list has %d rows, expected at most %d: return those of the page",
                   (int)n, ROWS_MOST);
    luaL_checkstack(L, 2 * (int)columns->count + 8, "rows within rows");
    for (unsigned k = 0; k < columns->count; k++)
        lua_pushstring(L, columns->names[k]);
    for (lua_Unsigned i = 1; i <= n; i++) {
        struct value *row;

        take_bytes(to, (columns->count + 1) * sizeof(*row));
        row = rows_add(rows);
        if (lua_rawgeti(L, index, (lua_Integer)i) != LUA_TTABLE)
            luaL_error(L, "row %d is a %s, expected a table", (int)i, luaL_typename(L, -1));
        for (unsigned k = 0; k < columns->count; k++) {
            lua_pushvalue(L, names + (int)k);
            take_cell(to, rows, &row[k], lua_rawget(L, at),
                      columns->inner ? columns->inner[k] : NULL);
        }
        lua_settop(L, at - 1);
    }
    lua_settop(L, names - 1);
}

static void check_rows(lua_State *L, struct task *t, int first)
{
    struct taking to = {L, OUTCOME_BYTES};

    if (lua_isnoneornil(L, first))
        return;
    luaL_argexpected(L, lua_istable(L, first), first, "list of rows");
    t->outcome.rows = rows_new(t->columns->count ? t->columns->count : 1);
    take_rows(&to, first, t->columns, t->outcome.rows);
    if (lua_isinteger(L, first + 1))
        t->outcome.rows->total = (int64_t)lua_tointeger(L, first + 1);
}

static const struct {
    const char *word;
    enum action action;
} words[] = {
    {"", ACTION_NONE},           {"repeat", ACTION_REPEAT}, {"remain", ACTION_REMAIN},
    {"refresh", ACTION_REFRESH}, {"root", ACTION_ROOT},     {"back", ACTION_BACK},
    {"hangup", ACTION_HANGUP},
};

/* Where the function of a failed return stands: "lua/handlers/login.lua:12". */
static void push_place(lua_State *L, struct task *t)
{
    lua_Debug ar = {0};

    if (t->handler && t->handler->ref != LUA_NOREF) {
        lua_rawgeti(L, LUA_REGISTRYINDEX, t->handler->ref);
        lua_getinfo(L, ">S", &ar);
        lua_pushfstring(L, "%s:%d", ar.short_src, ar.linedefined);
    } else {
        lua_pushstring(L, "?");
    }
}

/* The screens that the caller has. */
static const struct library *library_of(const struct task *t)
{
    struct library *l = t->bridge->config.library;

    return t->client && client_is_sysop(t->client) ? library_trial(l) : l;
}

static void take_keyword(lua_State *L, struct task *t, struct span word)
{
    struct bridge *b = t->bridge;

    if (b->config.library && !library_has(library_of(t), word)) {
        push_place(L, t);
        luaL_error(L, "%s: returned '%s', and there is no such screen", lua_tostring(L, -1),
                   word.data);
    }
    buf_reset(&b->keyword);
    buf_add(&b->keyword, word);
    t->outcome.action = ACTION_GO;
    t->outcome.keyword = buf_span(&b->keyword);
}

static void take_action(lua_State *L, struct task *t, int first)
{
    struct span word;

    if (lua_isnoneornil(L, first))
        return;
    if (lua_type(L, first) != LUA_TSTRING) {
        push_place(L, t);
        luaL_error(L, "%s: returned a %s, expected nothing or a text like \"menu\"",
                   lua_tostring(L, -1), luaL_typename(L, first));
    }
    word.data = lua_tolstring(L, first, &word.len);
    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (span_is(word, words[i].word)) {
            t->outcome.action = words[i].action;
            return;
        }
    }
    take_keyword(L, t, word);
}

/* A text behind the action is a notice; a table is the next screen's client.params. */
static void take_second(lua_State *L, struct task *t, int second)
{
    if (lua_type(L, second) == LUA_TSTRING || lua_type(L, second) == LUA_TNUMBER) {
        t->outcome.notice = keep_text(L, second, &t->bridge->notice);
    } else if (t->client &&
               (t->outcome.action == ACTION_GO || t->outcome.action == ACTION_ROOT ||
                t->outcome.action == ACTION_BACK)) {
        client_box_push(L, t->client);
        if (lua_istable(L, second))
            lua_pushvalue(L, second);
        else
            lua_pushnil(L);
        lua_setiuservalue(L, -2, 2);
        lua_pop(L, 1);
    }
}

/* The message of an error, with where it happened: called there. */
static int add_traceback(lua_State *L)
{
    const char *message = luaL_tolstring(L, 1, NULL);

    luaL_traceback(L, L, message, 1);
    return 1;
}

static int take_failure(lua_State *L, struct task *t)
{
    const char *message = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "no message";

    t->has_failed = true;
    buf_add(&t->message, span_from(message, strnlen(message, t->message.max)));
    return 0;
}

static int take_results(lua_State *L, int status, lua_KContext ctx)
{
    struct task *t = (struct task *)ctx;
    int first = 3; /* above the task and add_traceback */

    if (status != LUA_OK && status != LUA_YIELD)
        return take_failure(L, t);
    lua_settop(L, lua_gettop(L) < first + 1 ? first + 1 : lua_gettop(L));
    switch (t->kind) {
    case CALL_GET:
        if (!lua_isnil(L, first) && !(lua_isboolean(L, first) && !lua_toboolean(L, first)))
            t->outcome.text = keep_text(L, first, &t->bridge->text);
        break;
    case CALL_IF:
        t->outcome.is_true = lua_toboolean(L, first);
        break;
    case CALL_EACH:
        check_rows(L, t, first);
        break;
    case CALL_LEAVE:
        break;
    default:
        take_action(L, t, first);
        take_second(L, t, first + 1);
    }
    return 0;
}

static void push_function(lua_State *L, struct task *t)
{
    int ref = t->function;

    if (ref == LUA_NOREF && t->handler)
        ref = t->handler->ref;
    if (ref == LUA_NOREF)
        luaL_error(L, "not enough memory to call it (limits.lua_mb)");
    lua_rawgeti(L, LUA_REGISTRYINDEX, ref);
}

int handler_entry(lua_State *L)
{
    struct task *t = lua_touserdata(L, 1);
    int args = 0;

    if (t->handler)
        t->handler->figures.calls++;
    lua_pushcfunction(L, add_traceback);
    push_function(L, t);
    if (t->kind == CALL_RESCUE) {
        client_box_push(L, t->client);
        args = 1;
    } else if (t->event) {
        lua_pushstring(L, t->event);
        client_box_push(L, t->client);
        args = 2;
    } else if (t->job.is_one) {
        args = push_job(L, t);
    } else if (t->call) {
        args = push_call(L, t);
    }
    t->call = NULL; /* it is the caller's, who goes on when this waits */
    /* Protected here, not by the resume alone: an error that a count hook raises leaves hooks
     * off in its coroutine, and only a pcall turns them on again. */
    return take_results(L, lua_pcallk(L, args, LUA_MULTRET, 2, (lua_KContext)t, take_results),
                        (lua_KContext)t);
}

/* --- the hooks --- */

static bool fail_early(struct bridge *b, const struct call *call, struct outcome *out,
                       const char *format, const char *name)
{
    out->failed = true;
    buf_reset(&b->notice);
    buf_printf(&b->notice, format, name);
    out->notice = buf_span(&b->notice);
    if (call->kind == CALL_SET || call->kind == CALL_KEY)
        out->action = ACTION_REPEAT;
    else if (call->kind == CALL_POST)
        out->action = ACTION_REMAIN;
    return true;
}

/* LEAVE may begin while another handler runs: then it keeps its own copy of the call. */
static void copy_call(struct task *t, const struct call *call)
{
    size_t size = call->arg_count * sizeof(struct call_arg);

    t->own_call = *call;
    t->own_args = mem_alloc(size ? size : 1);
    memcpy(t->own_args, call->args, size);
    t->own_call.args = t->own_args;
    t->own_call.text = SPAN_LIT("");
    t->call = &t->own_call;
}

/* And its function, which may not be on trial any more by then. */
static void keep_function(struct task *t)
{
    lua_State *L = t->bridge->L;

    if (!t->is_trial)
        return;
    lua_rawgeti(L, LUA_REGISTRYINDEX, t->handler->ref);
    t->function = luaL_ref(L, LUA_REGISTRYINDEX);
}

static bool start(struct bridge *b, struct client *c, struct handler *h,
                  const struct call *call, struct outcome *out)
{
    struct task *t = task_new(b, c, h);

    t->kind = call->kind;
    t->call = call;
    t->columns = call->columns;
    t->has_call = call->kind != CALL_LEAVE;
    if (client_screen(c))
        t->screen = screen_ref((struct screen *)(uintptr_t)client_screen(c));
    if (call->kind == CALL_LEAVE) {
        copy_call(t, call);
        t->is_async = true;
        keep_function(t);
    }
    if (call->kind == CALL_RESCUE && modules_push_rescue(b))
        t->function = luaL_ref(b->L, LUA_REGISTRYINDEX);
    t->has_aside = call->kind == CALL_SLASH && client_box_set_aside(c);
    task_start(t);
    if (call->kind == CALL_LEAVE)
        return false;
    if (!t->is_over) {
        assert(!t->call); /* it has begun: only LEAVE may come while another runs */
        t->is_async = true;
        return false;
    }
    *out = t->outcome;
    task_free(t);
    return true;
}

static bool hook_call(void *arg, struct client *c, const struct call *call, struct outcome *out)
{
    struct bridge *b = arg;
    struct handler *h = NULL;

    if (call->kind != CALL_RESCUE) {
        h = handler_find(b, call->name, handler_is_trial(b, c));
        if (!resolve(b, h)) {
            log_error("handler event=unknown handler=%s file=%s line=%u", call->name,
                      call->file ? call->file : "-", call->line);
            return fail_early(b, call, out, "There is no handler '%s' yet.", call->name);
        }
        if (h->refused_until > now())
            return fail_early(b, call, out,
                              "'%s' ran for too long three times: it rests for a minute.",
                              h->name);
    }
    return start(b, c, h, call, out);
}

static void hook_answer(void *arg, struct client *c, const struct answer *answer)
{
    (void)arg;
    client_box_answer(c, answer);
}

static struct task *next_to_cancel(struct bridge *b, const struct client *c)
{
    struct task *t = b->tasks;

    while (t && (t->client != c || t->kind == CALL_LEAVE || t->is_cancelled))
        t = t->next;
    return t;
}

/* All that waits for the caller ends; LEAVE handlers are the ones that may go on. */
static void hook_gone(void *arg, struct client *c)
{
    struct task *t;

    while ((t = next_to_cancel(arg, c)))
        task_cancel(t);
}

struct task *handler_apart(lua_State *L, struct client *c, const char *name)
{
    struct bridge *b = bridge_of(L);
    struct handler *h = handler_find(b, name, false);
    struct task *t;

    if (h->generation != b->generations[0])
        forgive(h);
    h->generation = b->generations[0];
    if (h->refused_until > now()) {
        lua_pop(L, 1);
        return NULL;
    }
    t = task_new(b, c, h);
    t->kind = CALL_LEAVE; /* it goes on when the caller has left */
    t->is_async = true;
    t->function = luaL_ref(L, LUA_REGISTRYINDEX);
    return t;
}

struct task *handler_job(struct bridge *b, const char *name, const struct job_call *call,
                         const char **why)
{
    struct handler *h = handler_find(b, name, false);
    struct task *t;

    *why = "there is no such handler";
    if (!resolve(b, h))
        return NULL;
    *why = "it ran for too long three times: it rests for a minute";
    if (h->refused_until > now())
        return NULL;
    t = task_new(b, NULL, h);
    t->kind = CALL_LEAVE; /* what it returns leads nowhere */
    t->is_async = true;
    t->job = *call;
    return t;
}

/* The listener, { name, function }, on top of the stack runs by itself, and holds the client.
 */
static void start_listener(struct bridge *b, struct client *c, bool comes)
{
    char name[80];
    struct task *t;

    lua_rawgeti(b->L, -1, 1);
    snprintf(name, sizeof(name), "clients.listen:%s", lua_tostring(b->L, -1));
    lua_pop(b->L, 1);
    lua_rawgeti(b->L, -1, 2);
    t = handler_apart(b->L, c, name);
    if (!t)
        return;
    t->event = comes ? "enter" : "leave";
    task_start(t);
}

static void hook_presence(void *arg, struct client *c, bool comes)
{
    struct bridge *b = arg;
    lua_Unsigned n;

    if (!b->all || !modules_push_listeners(b))
        return;
    n = lua_rawlen(b->L, -1);
    for (lua_Unsigned i = 1; i <= n; i++) {
        lua_rawgeti(b->L, -1, (lua_Integer)i);
        start_listener(b, c, comes);
        lua_pop(b->L, 1);
    }
    lua_pop(b->L, 1);
}

static void hook_each_handler(void *arg, const struct client *c,
                              void (*see)(void *see_arg, const char *name), void *see_arg)
{
    bridge_each_handler(arg, handler_is_trial(arg, c), see, see_arg);
}

static bool hook_has_handler(void *arg, const struct client *c, const char *name)
{
    return bridge_has_handler(arg, name, handler_is_trial(arg, c));
}

struct client_hooks bridge_hooks(struct bridge *b)
{
    return (struct client_hooks){.arg = b,
                                 .call = hook_call,
                                 .answer = hook_answer,
                                 .gone = hook_gone,
                                 .presence = hook_presence,
                                 .forget = client_box_forget,
                                 .has_handler = hook_has_handler,
                                 .each_handler = hook_each_handler};
}
