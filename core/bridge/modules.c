/* modules.c -- loader.lua's C half: files come in, generations are swapped, functions found. */
#include <ctype.h>

#include "base/log.h"
#include "bridge/internal.h"
#include "client/timer.h"

/* A function that a file wants to be called every so often. */
struct every {
    struct every *next;
    struct bridge *bridge;
    struct timer *timer;
    struct task *task; /* its run, while it lasts */
    double seconds;
    int function; /* refs */
    int key;
};

static void start_every(struct every *e);

static void run_every(void *arg)
{
    struct every *e = arg;
    struct task *t;

    start_every(e);
    if (e->task)
        return; /* the last one still runs: it is not called on top of itself */
    t = task_new(e->bridge, NULL, handler_find(e->bridge, "time.every", false));
    lua_rawgeti(e->bridge->L, LUA_REGISTRYINDEX, e->function);
    t->function = luaL_ref(e->bridge->L, LUA_REGISTRYINDEX);
    t->is_async = true;
    t->held_by = &e->task;
    e->task = t;
    task_start(t);
}

static void start_every(struct every *e)
{
    timer_free(e->timer);
    e->timer = timer_new(e->bridge->config.loop, e->seconds, run_every, e);
}

/* host.start_timer(key, seconds, function) */
static int l_start_timer(lua_State *L)
{
    struct bridge *b = bridge_of(L);
    struct every *e;

    if (!b->config.loop)
        return 0; /* perigee check: nothing runs */
    e = mem_zalloc(sizeof(*e));
    e->bridge = b;
    e->seconds = luaL_checknumber(L, 2);
    lua_pushvalue(L, 3);
    e->function = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_pushvalue(L, 1);
    e->key = luaL_ref(L, LUA_REGISTRYINDEX);
    e->next = b->every;
    b->every = e;
    start_every(e);
    return 0;
}

static void free_every(struct every *e)
{
    timer_free(e->timer);
    if (e->task)
        e->task->held_by = NULL;
    luaL_unref(e->bridge->L, LUA_REGISTRYINDEX, e->function);
    luaL_unref(e->bridge->L, LUA_REGISTRYINDEX, e->key);
    mem_free(e);
}

/* host.stop_timer(key) */
static int l_stop_timer(lua_State *L)
{
    struct bridge *b = bridge_of(L);

    for (struct every **at = &b->every; *at; at = &(*at)->next) {
        struct every *e = *at;
        bool found;

        lua_rawgeti(L, LUA_REGISTRYINDEX, e->key);
        found = lua_rawequal(L, 1, -1);
        lua_pop(L, 1);
        if (found) {
            *at = e->next;
            free_every(e);
            break;
        }
    }
    return 0;
}

/* host.read(name, is_trial) -> text, path, or nothing */
static int l_read(lua_State *L)
{
    struct bridge *b = bridge_of(L);
    const char *name = luaL_checkstring(L, 1);
    bool is_trial = lua_toboolean(L, 2);
    struct buf *text = buf_push(L, SOURCE_MAX);
    struct buf *path = buf_push(L, 4096);

    if (!b->config.read || !b->config.read(b->config.arg, name, is_trial, text, path))
        return 0;
    buf_push_text(L, text);
    buf_push_text(L, path);
    return 2;
}

/* host.read_version(path, age) -> text, or nothing: the kept version, 0 the newest */
static int l_read_version(lua_State *L)
{
    struct bridge *b = bridge_of(L);
    const char *path = luaL_checkstring(L, 1);
    unsigned age = (unsigned)luaL_checkinteger(L, 2);
    struct buf *text = buf_push(L, SOURCE_MAX);

    if (!b->config.read_version || !b->config.read_version(b->config.arg, path, age, text))
        return 0;
    buf_push_text(L, text);
    return 1;
}

/* host.is_over() -> is the running handler being stopped? */
static int l_is_over(lua_State *L)
{
    lua_pushboolean(L, budget_is_over());
    return 1;
}

/* host.is_on_trial() -> does what runs now run what is on trial? */
static int l_is_on_trial(lua_State *L)
{
    const struct bridge *b = bridge_of(L);

    lua_pushboolean(L, b->current && b->current->is_trial);
    return 1;
}

void modules_add_host(lua_State *L)
{
    static const luaL_Reg host[] = {{"read", l_read},
                                    {"read_version", l_read_version},
                                    {"is_over", l_is_over},
                                    {"is_on_trial", l_is_on_trial},
                                    {"start_timer", l_start_timer},
                                    {"stop_timer", l_stop_timer},
                                    {NULL, NULL}};

    luaL_setfuncs(L, host, 0);
}

void modules_close(struct bridge *b)
{
    while (b->every) {
        struct every *e = b->every;

        b->every = e->next;
        free_every(e);
    }
}

/* --- loading --- */

struct load {
    const struct bridge_files *what;
    struct buf *errors;
    unsigned generation; /* 0: it failed */
};

static void push_sources(lua_State *L, const struct bridge_files *what)
{
    lua_createtable(L, 0, (int)what->count);
    for (unsigned i = 0; i < what->count; i++) {
        const struct bridge_file *f = &what->files[i];

        lua_createtable(L, 0, 2);
        lua_pushstring(L, f->path);
        lua_setfield(L, -2, "path");
        lua_pushlstring(L, f->text.data ? f->text.data : "", f->text.len);
        lua_setfield(L, -2, "text");
        lua_setfield(L, -2, f->name);
    }
    lua_createtable(L, 0, (int)what->gone_count);
    for (unsigned i = 0; i < what->gone_count; i++) {
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, what->gone[i]);
    }
}

static void take_messages(lua_State *L, int index, struct buf *errors)
{
    lua_Unsigned n = lua_rawlen(L, index);

    for (lua_Unsigned i = 1; i <= n; i++) {
        lua_rawgeti(L, index, (lua_Integer)i);
        buf_add_text(errors, lua_tostring(L, -1));
        buf_add_byte(errors, '\n');
        lua_pop(L, 1);
    }
}

/* (load, loader) */
static int load_files(lua_State *L)
{
    struct load *load = lua_touserdata(L, 1);

    lua_getfield(L, 2, "load");
    push_sources(L, load->what);
    lua_pushboolean(L, load->what->is_trial);
    lua_call(L, 3, 2); /* in the protected call of bridge_load */
    if (lua_isnil(L, -2))
        take_messages(L, lua_gettop(L), load->errors);
    else
        load->generation = (unsigned)lua_tointeger(L, -2);
    return 0;
}

bool modules_call_loader(struct bridge *b, lua_CFunction f, void *arg, int results,
                         struct buf *why)
{
    lua_pushcfunction(b->L, f);
    lua_pushlightuserdata(b->L, arg);
    lua_rawgeti(b->L, LUA_REGISTRYINDEX, b->loader);
    return bridge_call(b, 2, results, why);
}

/* A message without its traceback. */
static struct span first_line(struct buf *why)
{
    return span_from(buf_text(why), strcspn(buf_text(why), "\n"));
}

int bridge_load(struct bridge *b, const struct bridge_files *files, struct buf *errors)
{
    struct load load = {files, errors, 0};
    struct buf why;

    buf_init(&why, 8000);
    if (!modules_call_loader(b, load_files, &load, 0, &why))
        buf_printf(errors, "%.*s\n", SPAN_ARG(first_line(&why)));
    else if (load.generation > 0)
        b->generations[files->is_trial] = load.generation;
    buf_clear(&why);
    return load.generation > 0 ? 0 : -1;
}

/* (whether it is promoted, loader) */
static int end_trial(lua_State *L)
{
    const bool *is_promoted = lua_touserdata(L, 1);

    lua_getfield(L, 2, *is_promoted ? "promote" : "end_trial");
    lua_call(L, 0, 1); /* in the protected call of bridge_end_trial */
    return 1;
}

void bridge_end_trial(struct bridge *b, bool is_promoted)
{
    struct buf why;

    if (b->generations[1] == 0)
        return;
    buf_init(&why, 8000);
    if (modules_call_loader(b, end_trial, &is_promoted, 1, &why))
        lua_pop(b->L, 1);
    else
        log_error("reload event=failed what=trial why=%s", log_quote(first_line(&why)));
    buf_clear(&why);
    if (is_promoted)
        b->generations[0] = b->generations[1];
    b->generations[1] = 0;
    handlers_forget_trial(b);
}

/* (name, loader) */
static int revert(lua_State *L)
{
    lua_getfield(L, 2, "revert");
    lua_pushstring(L, lua_touserdata(L, 1));
    lua_call(L, 1, 1); /* in the protected call of modules_revert */
    return 1;
}

bool modules_revert(struct bridge *b, const char *handler)
{
    unsigned number;

    if (!modules_call_loader(b, revert, (void *)(uintptr_t)handler, 1, NULL))
        return false;
    number = (unsigned)lua_tointeger(b->L, -1);
    lua_pop(b->L, 1);
    if (number == 0)
        return false;
    b->generations[0] = number;
    return true;
}

/* --- finding --- */

struct name {
    const char *name;
    bool is_trial;
};

static int find(lua_State *L)
{
    const struct name *n = lua_touserdata(L, 1);

    lua_getfield(L, 2, "find");
    lua_pushstring(L, n->name);
    lua_pushboolean(L, n->is_trial);
    lua_call(L, 2, 1); /* in the protected call of modules_push_handler */
    return 1;
}

bool modules_push_handler(struct bridge *b, const char *name, bool is_trial)
{
    struct name n = {name, is_trial};

    if (!modules_call_loader(b, find, &n, 1, NULL))
        return false;
    if (lua_isfunction(b->L, -1))
        return true;
    lua_pop(b->L, 1);
    return false;
}

static int rescue(lua_State *L)
{
    lua_getfield(L, 2, "rescue");
    return 1;
}

bool modules_push_rescue(struct bridge *b)
{
    return modules_call_loader(b, rescue, NULL, 1, NULL);
}

static int listeners(lua_State *L)
{
    lua_getfield(L, 2, "listeners");
    lua_call(L, 0, 1); /* in the protected call of modules_push_listeners */
    return 1;
}

bool modules_push_listeners(struct bridge *b)
{
    return modules_call_loader(b, listeners, NULL, 1, NULL);
}

struct each {
    bool is_trial;
    void (*see_handler)(void *arg, const char *name);
    void (*see_file)(void *arg, const char *path, struct span text);
    void *arg;
};

static int each_handler(lua_State *L)
{
    struct each *e = lua_touserdata(L, 1);
    lua_Unsigned n;

    lua_getfield(L, 2, "handlers");
    lua_pushboolean(L, e->is_trial);
    lua_call(L, 1, 1); /* in the protected call of bridge_each_handler */
    n = lua_rawlen(L, -1);
    for (lua_Unsigned i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i);
        e->see_handler(e->arg, lua_tostring(L, -1));
        lua_pop(L, 1);
    }
    return 0;
}

void bridge_each_handler(struct bridge *b, bool is_trial,
                         void (*see)(void *arg, const char *name), void *arg)
{
    struct each e = {.is_trial = is_trial, .see_handler = see, .arg = arg};

    modules_call_loader(b, each_handler, &e, 0, NULL);
}

static int each_file(lua_State *L)
{
    struct each *e = lua_touserdata(L, 1);
    lua_Unsigned n;

    lua_getfield(L, 2, "files");
    lua_pushboolean(L, e->is_trial);
    lua_call(L, 1, 2); /* in the protected call of bridge_each_file */
    n = lua_rawlen(L, -1);
    for (lua_Unsigned i = 1; i <= n; i++) {
        struct span text;

        lua_rawgeti(L, -2, (lua_Integer)i);
        lua_rawgeti(L, -2, (lua_Integer)i);
        text.data = lua_tolstring(L, -1, &text.len);
        e->see_file(e->arg, lua_tostring(L, -2), text);
        lua_pop(L, 2);
    }
    return 0;
}

void bridge_each_file(struct bridge *b, bool is_trial,
                      void (*see)(void *arg, const char *path, struct span text), void *arg)
{
    struct each e = {.is_trial = is_trial, .see_file = see, .arg = arg};

    modules_call_loader(b, each_file, &e, 0, NULL);
}

static int text_of(lua_State *L)
{
    const struct name *n = lua_touserdata(L, 1);

    lua_getfield(L, 2, "text");
    lua_pushstring(L, n->name);
    lua_pushboolean(L, n->is_trial);
    lua_call(L, 2, 1); /* in the protected call of bridge_has_text */
    return 1;
}

bool bridge_has_text(struct bridge *b, const char *name, bool is_trial, struct span text)
{
    struct name n = {name, is_trial};
    struct span has;
    bool same;

    if (!modules_call_loader(b, text_of, &n, 1, NULL))
        return false;
    has.data = lua_tolstring(b->L, -1, &has.len);
    same = has.data && span_equals(has, text);
    lua_pop(b->L, 1);
    return same;
}

/* --- settings --- */

struct read_settings {
    const struct bridge_file *file;
    struct settings *settings;
    struct buf *errors;
    int rc;
};

/* Where `word` stands before a '=', from `p` on: word = or ["word"] =. NULL: nowhere. */
static const char *find_word(struct span text, const char *p, struct span word)
{
    const char *end = text.data + text.len;

    for (; p < end; p++) {
        struct span rest = span_from(p, (size_t)(end - p));
        bool begins = p == text.data || !(isalnum((unsigned char)p[-1]) || p[-1] == '_');

        if (!begins || rest.len < word.len || memcmp(p, word.data, word.len) != 0)
            continue;
        span_take(&rest, word.len);
        while (rest.len > 0 && strchr("\"'] \t\r\n", rest.data[0]))
            span_take(&rest, 1);
        if (rest.len > 0 && rest.data[0] == '=')
            return p;
    }
    return NULL;
}

/* The line on which a setting is given a value: of its words the last that stands behind the
 * ones before it; 1 where that can't be seen. */
static unsigned line_of(struct span text, const char *name)
{
    const char *at = text.data;
    unsigned line = 1;

    while (*name) {
        struct span word = span_from(name, strcspn(name, "."));
        const char *found = find_word(text, at, word);

        at = found ? found : at;
        name += word.len + (name[word.len] == '.');
    }
    for (const char *p = text.data; p < at; p++)
        line += *p == '\n';
    return line;
}

static int take_list(lua_State *L, struct settings *s, const struct setting *t, struct err *e)
{
    lua_Unsigned n = lua_rawlen(L, -1);

    if (settings_begin_list(s, t, e) < 0)
        return -1;
    for (lua_Unsigned i = 1; i <= n; i++) {
        size_t len;
        const char *item;
        int rc;

        lua_rawgeti(L, -1, (lua_Integer)i);
        item = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;
        rc = item ? settings_add_item(s, t, span_from(item, len), e)
                  : err_set(e, "%s: item %u is no text", t->name, (unsigned)i);
        lua_pop(L, 1);
        if (rc < 0)
            return -1;
    }
    return 0;
}

static int no_setting(const char *name, struct err *e)
{
    size_t n = strlen(name);

    for (const struct setting *t = settings_table; t->name; t++) {
        if (strncmp(t->name, name, n) == 0 && t->name[n] == '.')
            return err_set(e, "%s is a group of settings, expected %s = { %s = ... }", name,
                           name, t->name + n + 1);
    }
    return err_set(e, "there is no setting '%s'", name);
}

/* A name and a value are on top of the stack. */
static int take_setting(lua_State *L, struct settings *s, struct err *e)
{
    const char *name = lua_tostring(L, -2);
    const struct setting *t = settings_find(span_of(name));
    int isint = 0;
    long number = (long)lua_tointegerx(L, -1, &isint);
    size_t len;
    const char *text;

    if (!t)
        return no_setting(name, e);
    switch (lua_type(L, -1)) {
    case LUA_TNUMBER:
        if (!isint)
            return err_set(e, "%s is no whole number", name);
        return settings_set_number(s, t, number, e);
    case LUA_TSTRING:
        text = lua_tolstring(L, -1, &len);
        return settings_set_text(s, t, span_from(text, len), e);
    case LUA_TTABLE:
        return take_list(L, s, t, e);
    default:
        return err_set(e, "%s is a %s, expected a %s", name, luaL_typename(L, -1),
                       t->type == SETTING_NUMBER ? "number"
                       : t->type == SETTING_TEXT ? "text"
                                                 : "list of texts");
    }
}

static int no_schedule(const char *type, struct err *e)
{
    return err_set(
        e, "schedule is a %s, expected a table { [\"maintenance.nightly\"] = \"03:30\" }",
        type);
}

static int take_time(lua_State *L, struct settings *s, struct err *e)
{
    struct span text = {"", 0};

    if (lua_type(L, -1) != LUA_TSTRING)
        return err_set(e, "schedule: %s: a time is a %s, expected a text like \"03:30\"",
                       s->jobs[s->job_count - 1].handler, luaL_typename(L, -1));
    text.data = lua_tolstring(L, -1, &text.len);
    return settings_add_time(s, text, e);
}

/* "schedule.HANDLER" and its time, or times, are on top of the stack. */
static int take_job(lua_State *L, struct settings *s, unsigned line, struct err *e)
{
    const char *name = lua_tostring(L, -2);
    lua_Unsigned n = lua_istable(L, -1) ? lua_rawlen(L, -1) : 0;
    int rc = 0;

    if (strcmp(name, "schedule") == 0)
        return lua_istable(L, -1) && n == 0 ? 0
                                            : no_schedule(n ? "list" : luaL_typename(L, -1), e);
    if (settings_add_job(s, span_of(name + strlen("schedule.")), line, e) < 0)
        return -1;
    if (!lua_istable(L, -1))
        return take_time(L, s, e);
    if (n == 0)
        return err_set(e, "schedule: %s has no times, expected one like \"03:30\"",
                       name + strlen("schedule."));
    for (lua_Unsigned i = 1; i <= n && rc == 0; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i);
        rc = take_time(L, s, e);
        lua_pop(L, 1);
    }
    return rc;
}

static bool is_job(const char *name)
{
    return strcmp(name, "schedule") == 0 || strncmp(name, "schedule.", 9) == 0;
}

static void add_problem(struct read_settings *r, const char *name, const char *problem)
{
    buf_printf(r->errors, "%s:%u: %s\n", r->file->path, line_of(r->file->text, name), problem);
    r->rc = -1;
}

/* { { name, problem }, ... } is on top of the stack, which is taken. */
static void take_problems(lua_State *L, struct read_settings *r)
{
    lua_Unsigned n = lua_rawlen(L, -1);

    for (lua_Unsigned i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i);
        lua_rawgeti(L, -1, 1);
        lua_rawgeti(L, -2, 2);
        add_problem(r, lua_tostring(L, -2), lua_tostring(L, -1));
        lua_pop(L, 3);
    }
    lua_pop(L, 1);
}

static int read_settings(lua_State *L)
{
    struct read_settings *r = lua_touserdata(L, 1);
    lua_Unsigned n;
    struct err e;

    lua_getfield(L, 2, "settings");
    lua_pushstring(L, r->file->path);
    lua_pushlstring(L, r->file->text.data ? r->file->text.data : "", r->file->text.len);
    lua_call(L, 2, 2); /* in the protected call of bridge_read_settings */
    take_problems(L, r);
    n = lua_rawlen(L, -1);
    for (lua_Unsigned i = 1; i <= n; i++) {
        const char *name;

        lua_rawgeti(L, -1, (lua_Integer)i);
        lua_rawgeti(L, -1, 1);
        lua_rawgeti(L, -2, 2);
        name = lua_tostring(L, -2);
        if ((is_job(name) ? take_job(L, r->settings, line_of(r->file->text, name), &e)
                          : take_setting(L, r->settings, &e)) < 0)
            add_problem(r, name, e.text);
        lua_pop(L, 3);
    }
    if (r->rc == 0) {
        lua_getfield(L, 2, "take_doors");
        lua_call(L, 0, 0); /* in the same */
    }
    return 0;
}

int bridge_read_settings(struct bridge *b, const struct bridge_file *file, struct settings *s,
                         struct buf *errors)
{
    struct read_settings r = {file, s, errors, 0};
    struct buf why;

    buf_init(&why, 8000);
    if (!modules_call_loader(b, read_settings, &r, 0, &why)) {
        buf_printf(errors, "%.*s\n", SPAN_ARG(first_line(&why)));
        r.rc = -1;
    }
    buf_clear(&why);
    return r.rc;
}
