/* lib_files.c -- core.files: what files.lua does with the disk. Each waits for one of the
 * threads that transfers read and write on. */
#include <fcntl.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bridge/internal.h"
#include "client/archive.h"
#include "client/folder.h"
#include "term/ansi.h"
#include "term/charset.h"

enum { TEXT_MOST = 1 << 20, LARGE = 1 << 14, END_OF_FILE = 0x1A, MARK = 0x04 };

struct file_work {
    struct job job;
    struct task *task; /* NULL: its handler does not wait any more */
    int (*run)(struct file_work *w, struct err *e);
    int (*push)(lua_State *L, struct file_work *w);
    struct place place;
    struct place target;
    struct file_list list;
    struct buf text;
    char digest[DIGEST_TEXT];
    int64_t size;
    int64_t number;
    int rc;
    struct err error;
};

/* --- on a thread --- */

static void run_work(struct job *job, void *context)
{
    struct file_work *w = (struct file_work *)job;

    (void)context;
    w->rc = w->run(w, &w->error);
}

static int run_list(struct file_work *w, struct err *e)
{
    return folder_read(&w->place, &w->list, e);
}

static int run_folders(struct file_work *w, struct err *e)
{
    return folder_read_folders(&w->place, &w->list, e);
}

static int run_make(struct file_work *w, struct err *e)
{
    return folder_make(&w->place, e);
}

static int run_changed(struct file_work *w, struct err *e)
{
    w->number = folder_changed(&w->place, e);
    return w->number < 0 ? -1 : 0;
}

static int look_into(struct file_work *w, int fd, struct err *e)
{
    struct err ignored; /* a broken archive has no description, and is a file all the same */
    struct stat st;

    if (fstat(fd, &st) < 0)
        return err_set(e, "stat failed");
    w->size = st.st_size;
    w->number = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    if (archive_is_name(span_of(w->place.path)))
        archive_description(fd, &w->text, &ignored);
    return file_digest(fd, w->digest, e);
}

static int run_examine(struct file_work *w, struct err *e)
{
    int fd = place_open(&w->place, O_RDONLY, e);
    int rc;

    if (fd < 0)
        return -1;
    rc = look_into(w, fd, e);
    close(fd);
    return rc;
}

static int run_contents(struct file_work *w, struct err *e)
{
    int fd = place_open(&w->place, O_RDONLY, e);
    int rc;

    if (fd < 0)
        return -1;
    rc = archive_read(fd, &w->list, e);
    close(fd);
    return rc;
}

/* The first TEXT_MOST bytes; `bytes` is the caller's to clear. */
static int read_bytes(struct file_work *w, struct buf *bytes, struct err *e)
{
    int fd = place_open(&w->place, O_RDONLY, e);
    ssize_t n;

    buf_init(bytes, TEXT_MOST);
    if (fd < 0)
        return -1;
    n = pread(fd, buf_room(bytes, TEXT_MOST), TEXT_MOST, 0);
    close(fd);
    if (n < 0)
        return err_set(e, "%s: it can't be read", w->place.path);
    buf_added(bytes, (size_t)n);
    return 0;
}

static int run_read(struct file_work *w, struct err *e)
{
    struct buf bytes;
    int rc = read_bytes(w, &bytes, e);

    if (rc == 0)
        charset_decode_unknown(&w->text, buf_span(&bytes));
    buf_clear(&bytes);
    return rc;
}

static struct span take_until(struct span *s, char end)
{
    const char *at = s->len > 0 ? memchr(s->data, end, s->len) : NULL;
    struct span part = span_take(s, at ? (size_t)(at - s->data) : s->len);

    span_take(s, at ? 1 : 0);
    return part;
}

/* A mark is no text, and would make CP437 of what is UTF-8. */
static void add_unmarked(struct buf *out, struct span lines)
{
    while (lines.len > 0) {
        struct span line = take_until(&lines, '\n');

        buf_add(out, take_until(&line, MARK));
        buf_add_byte(out, '\n');
    }
}

/* Line by line: a sequence that has no end takes no more than its line. */
static void add_clean(struct buf *out, struct span lines)
{
    while (lines.len > 0) {
        ansi_strip(out, take_until(&lines, '\n'), false);
        buf_add_byte(out, '\n');
    }
}

static int run_read_list(struct file_work *w, struct err *e)
{
    struct buf bytes;
    struct buf unmarked;
    struct buf utf8;
    int rc = read_bytes(w, &bytes, e);
    struct span s = buf_span(&bytes);
    struct span text = rc == 0 ? take_until(&s, END_OF_FILE) : SPAN_LIT("");

    buf_init(&unmarked, TEXT_MOST + 1);
    buf_init(&utf8, 4 * TEXT_MOST);
    if (w->number) {
        add_unmarked(&unmarked, text);
        text = buf_span(&unmarked);
    }
    charset_decode_unknown(&utf8, text);
    add_clean(&w->text, buf_span(&utf8));
    buf_clear(&bytes);
    buf_clear(&unmarked);
    buf_clear(&utf8);
    return rc;
}

static int run_clean(struct file_work *w, struct err *e)
{
    w->number = folder_clean(&w->place, w->number, e);
    return w->number < 0 ? -1 : 0;
}

static int run_move(struct file_work *w, struct err *e)
{
    return place_rename(&w->place, &w->target, e);
}

static int run_remove(struct file_work *w, struct err *e)
{
    return place_remove(&w->place, e);
}

/* --- and back --- */

static void free_work(struct file_work *w)
{
    place_clear(&w->place);
    place_clear(&w->target);
    file_list_clear(&w->list);
    buf_clear(&w->text);
    mem_free(w);
}

static void done(struct job *job)
{
    struct file_work *w = (struct file_work *)job;

    if (w->task)
        task_wake(w->task, w);
    free_work(w);
}

static void cancel(void *wait)
{
    ((struct file_work *)wait)->task = NULL;
}

static int worked(lua_State *L, int status, lua_KContext at)
{
    struct file_work *w = lua_touserdata(L, (int)at + 1);

    (void)status;
    if (task_is_cancelled(L, (int)at + 1))
        return task_raise(L);
    if (w->rc < 0) {
        lua_pushnil(L);
        lua_pushstring(L, w->error.text);
        return 2;
    }
    return w->push(L, w);
}

static int push_true(lua_State *L, struct file_work *w)
{
    (void)w;
    lua_pushboolean(L, 1);
    return 1;
}

static int push_number(lua_State *L, struct file_work *w)
{
    lua_pushinteger(L, (lua_Integer)w->number);
    return 1;
}

/* For a whole file Lua would collect all garbage there is at once, within this handler's time.
 * Some is collected now, the rest step by step as ever. */
static void push_large(lua_State *L, struct span s)
{
    lua_gc(L, LUA_GCSTOP);
    lua_pushlstring(L, s.data, s.len);
    lua_gc(L, LUA_GCRESTART);
    lua_gc(L, LUA_GCSTEP, 1);
}

static int push_text(lua_State *L, struct file_work *w)
{
    struct span s = buf_span(&w->text);

    if (s.len > LARGE)
        push_large(L, s);
    else
        lua_pushlstring(L, s.len ? s.data : "", s.len);
    return 1;
}

static void push_entry(lua_State *L, const struct file_entry *f)
{
    lua_createtable(L, 0, 4);
    lua_pushstring(L, f->name);
    lua_setfield(L, -2, "name");
    lua_pushinteger(L, (lua_Integer)f->size);
    lua_setfield(L, -2, "size");
    lua_pushinteger(L, (lua_Integer)f->modified);
    lua_setfield(L, -2, "modified");
    lua_pushinteger(L, (lua_Integer)f->changed);
    lua_setfield(L, -2, "changed");
}

static void push_entries(lua_State *L, const struct file_entry *first, unsigned count)
{
    lua_createtable(L, (int)count, 0);
    for (unsigned i = 0; i < count; i++) {
        push_entry(L, &first[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

static int push_all(lua_State *L, struct file_work *w)
{
    push_entries(L, w->list.entries, w->list.count);
    return 1;
}

/* --- long lists, which Lua takes in pieces --- */

#define LIST_NAME "core.files.list"

struct list_box {
    struct file_list list;
    unsigned at;
};

static int push_list(lua_State *L, struct file_work *w)
{
    struct list_box *box = lua_newuserdatauv(L, sizeof(*box), 0);

    *box = (struct list_box){.list = w->list};
    w->list = (struct file_list){0};
    luaL_setmetatable(L, LIST_NAME);
    return 1;
}

/* list:next(n) -> the next n entries at most, { {name=, size=, modified=, changed=Unix
 * nanoseconds}, ... }, or nil: there are no more. */
static int l_list_next(lua_State *L)
{
    struct list_box *box = luaL_checkudata(L, 1, LIST_NAME);
    lua_Integer most = luaL_checkinteger(L, 2);
    unsigned left = box->list.count - box->at;
    unsigned n = most < 0 ? 0 : most < (lua_Integer)left ? (unsigned)most : left;

    if (left == 0)
        return 0;
    push_entries(L, box->list.entries + box->at, n);
    box->at += n;
    return 1;
}

/* list:find(name) -> the first entry that is called so, in whatever letter case, or nil; next
 * gives it all the same. */
static int l_list_find(lua_State *L)
{
    const struct list_box *box = luaL_checkudata(L, 1, LIST_NAME);
    const char *name = luaL_checkstring(L, 2);

    for (unsigned i = 0; i < box->list.count; i++) {
        if (strcasecmp(box->list.entries[i].name, name) == 0) {
            push_entry(L, &box->list.entries[i]);
            return 1;
        }
    }
    return 0;
}

/* list:left_out() -> how many are not in it, for what they are or are called, or too many */
static int l_list_left_out(lua_State *L)
{
    const struct list_box *box = luaL_checkudata(L, 1, LIST_NAME);

    lua_pushinteger(L, box->list.left_out);
    return 1;
}

/* list:is_cut() -> there are more than it can have */
static int l_list_is_cut(lua_State *L)
{
    const struct list_box *box = luaL_checkudata(L, 1, LIST_NAME);

    lua_pushboolean(L, box->list.count == FILE_LIST_MOST);
    return 1;
}

static int l_list_gc(lua_State *L)
{
    struct list_box *box = luaL_checkudata(L, 1, LIST_NAME);

    file_list_clear(&box->list);
    return 0;
}

static void make_list_type(lua_State *L)
{
    static const luaL_Reg methods[] = {{"next", l_list_next},
                                       {"find", l_list_find},
                                       {"left_out", l_list_left_out},
                                       {"is_cut", l_list_is_cut},
                                       {NULL, NULL}};

    luaL_newmetatable(L, LIST_NAME);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, l_list_gc);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 1);
}

/* --- turns --- */

/* What has a turn's name in its user value, and is in the table of turns while it lasts. Its
 * end is C: a handler that is stopped for running too long has no Lua that runs. */
static int end_turn(lua_State *L)
{
    lua_getiuservalue(L, 1, 1);
    lua_pushvalue(L, -1);
    if (lua_gettable(L, lua_upvalueindex(1)) != LUA_TNIL && lua_rawequal(L, -1, 1)) {
        lua_pop(L, 1);
        lua_pushnil(L);
        lua_settable(L, lua_upvalueindex(1));
    }
    return 0;
}

/* files.turn(name) -> something to be closed, or nil: somebody has that turn */
static int l_turn(lua_State *L)
{
    luaL_checkstring(L, 1);
    lua_settop(L, 1);
    lua_pushvalue(L, 1);
    if (lua_gettable(L, lua_upvalueindex(1)) != LUA_TNIL)
        return 0;
    lua_newuserdatauv(L, 0, 1);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_setmetatable(L, -2);
    lua_pushvalue(L, 1);
    lua_pushvalue(L, -2);
    lua_settable(L, lua_upvalueindex(1));
    return 1;
}

/* The function, on the stack. A turn that nobody refers to has ended. */
static void push_turn_function(lua_State *L)
{
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "v");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_createtable(L, 0, 1);
    lua_pushvalue(L, -2);
    lua_pushcclosure(L, end_turn, 1);
    lua_setfield(L, -2, "__close");
    lua_pushcclosure(L, l_turn, 2);
}

static int push_examined(lua_State *L, struct file_work *w)
{
    lua_createtable(L, 0, 4);
    lua_pushinteger(L, (lua_Integer)w->size);
    lua_setfield(L, -2, "size");
    lua_pushinteger(L, (lua_Integer)w->number);
    lua_setfield(L, -2, "modified");
    lua_pushstring(L, w->digest);
    lua_setfield(L, -2, "sha256");
    push_text(L, w);
    lua_setfield(L, -2, "description");
    return 1;
}

/* --- the functions --- */

static int find_place(const struct bridge *b, struct span path, struct place *out,
                      struct err *e)
{
    return place_find(out, b->config.settings, clients_files(b->all), path, e);
}

/* It reads a whole file, as a move to another disk does, or what a stranger has packed: nobody
 * waits behind that. */
static bool is_long(int (*run)(struct file_work *w, struct err *e))
{
    return run == run_examine || run == run_contents || run == run_move;
}

static int submit(lua_State *L, int (*run)(struct file_work *w, struct err *e),
                  int (*push)(lua_State *L, struct file_work *w), bool has_target,
                  int64_t number)
{
    struct bridge *b = bridge_of(L);
    struct place target = {0};
    struct place place;
    struct file_work *w;
    struct span path;
    struct err e;

    task_current(L);
    if (!b->all)
        return luaL_error(L, "files: there is no server here");
    if (has_target) {
        path.data = luaL_checklstring(L, 2, &path.len);
        luaL_checkstring(L, 1);
        if (find_place(b, path, &target, &e) < 0)
            return luaL_error(L, "%s", e.text);
    }
    path.data = luaL_checklstring(L, 1, &path.len);
    if (find_place(b, path, &place, &e) < 0) {
        place_clear(&target);
        return luaL_error(L, "%s", e.text);
    }
    w = mem_zalloc(sizeof(*w));
    w->job = (struct job){.run = run_work, .done = done};
    w->run = run;
    w->number = number;
    w->push = push;
    w->place = place;
    w->target = target;
    buf_init(&w->text, 4 * TEXT_MOST);
    w->task = b->current;
    worker_add(is_long(run) ? clients_readers(b->all) : clients_disks(b->all), &w->job);
    lua_settop(L, 0);
    return task_wait(L, cancel, w, worked);
}

/* Each gives nil and why not where it fails, and waits.
 * files.list(folder) -> a list of its files: list:next(n), list:find(name), list:left_out(),
 * list:is_cut() */
static int l_list(lua_State *L)
{
    return submit(L, run_list, push_list, false, 0);
}

/* files.folders(folder) -> a list of its folders, the same */
static int l_folders(lua_State *L)
{
    return submit(L, run_folders, push_list, false, 0);
}

/* files.make(folder) -> true: it is there */
static int l_make(lua_State *L)
{
    return submit(L, run_make, push_true, false, 0);
}

/* files.changed(path) -> when a name was last added to a folder or taken away, or a file was
 * last written, Unix nanoseconds */
static int l_changed(lua_State *L)
{
    return submit(L, run_changed, push_number, false, 0);
}

/* files.examine(path) -> {size=, modified=, sha256=, description=text of its FILE_ID.DIZ} */
static int l_examine(lua_State *L)
{
    return submit(L, run_examine, push_examined, false, 0);
}

/* files.contents(path) -> { {name=, size=}, ... } of an archive; sizes of -1 are not known */
static int l_contents(lua_State *L)
{
    return submit(L, run_contents, push_all, false, 0);
}

/* files.clean(folder, nanoseconds) -> how many files were older than that, and are gone */
static int l_clean(lua_State *L)
{
    lua_Integer before = luaL_checkinteger(L, 2);

    return submit(L, run_clean, push_number, false, (int64_t)before);
}

/* files.read(path) -> its text, the first MiB, as UTF-8 */
static int l_read(lua_State *L)
{
    return submit(L, run_read, push_text, false, 0);
}

/* files.read_list(path, has_marks) -> the same, of the lines in which a sysop describes files:
 * as far as a 0x1A, without control characters, and each without what is behind its mark, 0x04
 */
static int l_read_list(lua_State *L)
{
    return submit(L, run_read_list, push_text, false, lua_toboolean(L, 2));
}

/* files.move(from, to) -> true; never over another file */
static int l_move(lua_State *L)
{
    return submit(L, run_move, push_true, true, 0);
}

/* files.remove(path) -> true */
static int l_remove(lua_State *L)
{
    return submit(L, run_remove, push_true, false, 0);
}

/* files.is_archive(name) -> does it end like one? */
static int l_is_archive(lua_State *L)
{
    struct span name;

    name.data = luaL_checklstring(L, 1, &name.len);
    lua_pushboolean(L, archive_is_name(name));
    return 1;
}

/* files.why_no_place(path) -> why a file can't be there, or nil. Does not look at the disk. */
static int l_why_no_place(lua_State *L)
{
    struct bridge *b = bridge_of(L);
    struct place place = {0};
    struct span path;
    struct err e;

    path.data = luaL_checklstring(L, 1, &path.len);
    if (!b->all || find_place(b, path, &place, &e) == 0) {
        place_clear(&place);
        return 0;
    }
    lua_pushstring(L, e.text);
    return 1;
}

/* files.account(client) -> the number of the account, or nil for a guest */
static int l_account(lua_State *L)
{
    int64_t user = client_user(client_box_check(L, 1));

    if (user > 0)
        lua_pushinteger(L, (lua_Integer)user);
    else
        lua_pushnil(L);
    return 1;
}

int luaopen_core_files(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"list", l_list},
        {"folders", l_folders},
        {"make", l_make},
        {"why_no_place", l_why_no_place},
        {"changed", l_changed},
        {"examine", l_examine},
        {"contents", l_contents},
        {"clean", l_clean},
        {"read", l_read},
        {"read_list", l_read_list},
        {"move", l_move},
        {"remove", l_remove},
        {"account", l_account},
        {"is_archive", l_is_archive},
        {NULL, NULL},
    };

    make_list_type(L);
    luaL_newlib(L, functions);
    push_turn_function(L);
    lua_setfield(L, -2, "turn");
    return 1;
}
