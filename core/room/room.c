#include "room/room.h"

#include <math.h>
#include <string.h>

#include "base/alike.h"
#include "base/mem.h"
#include "base/utf8.h"

#define uthash_malloc(size) mem_alloc(size)
#define uthash_free(p, size) mem_free(p)
#include <uthash.h>

static const double ROUND_MOST = 0.036;    /* seconds */
static const double ROUND_EACH = 0.000015; /* for each member and line */

/* Of the members, how many have their turn together; and how many parts in one turn of the
 * loop, where turns are so long that a round would take longer than ROUND_MOST. */
enum { PARTS = 8, PART_LEAST = 32, PART_MOST = 250, PARTS_A_TURN = 4 };

struct room {
    struct rooms *all;
    char *name;
    char *key; /* see alike.h */
    struct member *first;
    struct member *last;
    struct member *next_due; /* in a round: who comes next */
    unsigned count;
    unsigned hidden;    /* of them */
    struct line **ring; /* the last lines, all->history of them */
    unsigned ring_begin;
    unsigned ring_count;
    struct line **fresh; /* those that not everybody has */
    unsigned fresh_count;
    unsigned fresh_room;
    uint64_t added;       /* how many ever were fresh */
    uint64_t round_added; /* when the round began: everybody has those at its end */
    double round_at;
    double period; /* seconds, from its beginning to the next one's */
    double pause;  /* from one part to the next */
    unsigned part; /* how many had their turn */
    unsigned part_size;
    bool is_in_round;
    double told_at; /* that lines are not kept; 0: never */
    struct room *next_fresh;
    UT_hash_handle hh;
};

struct rooms {
    unsigned history;
    struct room *by_key;
    struct room *fresh; /* those with lines that not everybody has */
};

/* --- names --- */

/* Why it can't be one, or NULL. */
static const char *name_problem(struct span name)
{
    unsigned n = 0;

    if (name.len == 0 || name.len > 4 * ROOM_NAME_MAX || !utf8_is_valid(name) ||
        !alike_is_seen(name))
        return "has 1 to 30 characters that can be seen";
    for (struct span s = name; s.len > 0; n++) {
        uint32_t cp = utf8_next(&s, NULL);

        if ((cp >= 0x80 && utf8_width(cp) == 0) || n == ROOM_NAME_MAX)
            return "has 1 to 30 characters that can be seen";
    }
    if (name.data[0] == ' ' || name.data[name.len - 1] == ' ' ||
        memmem(name.data, name.len, "  ", 2))
        return "has single spaces, and none at its ends";
    return alike_is_mixed(name) ? "has letters of one script: others would be taken for them"
                                : NULL;
}

/* --- rooms --- */

struct rooms *rooms_new(unsigned history)
{
    struct rooms *all = mem_zalloc(sizeof(*all));

    all->history = history < ROOM_HISTORY_MOST ? history : ROOM_HISTORY_MOST;
    return all;
}

static void free_room(struct room *r)
{
    for (unsigned i = 0; i < r->ring_count; i++)
        line_unref(r->ring[(r->ring_begin + i) % r->all->history]);
    for (unsigned i = 0; i < r->fresh_count; i++)
        line_unref(r->fresh[i]);
    mem_free(r->ring);
    mem_free(r->fresh);
    mem_free(r->name);
    mem_free(r->key);
    mem_free(r);
}

void rooms_free(struct rooms *all)
{
    struct room *r, *next;

    if (!all)
        return;
    HASH_ITER(hh, all->by_key, r, next)
    {
        HASH_DEL(all->by_key, r);
        while (r->first)
            room_leave(r->first);
        free_room(r);
    }
    mem_free(all);
}

unsigned rooms_count(const struct rooms *all)
{
    return HASH_COUNT(all->by_key);
}

struct room *room_find(struct rooms *all, struct span name)
{
    char *key = name.len <= 4 * ROOM_NAME_MAX ? alike_key(name) : NULL;
    struct room *r = NULL;

    if (key)
        HASH_FIND_STR(all->by_key, key, r);
    mem_free(key);
    return r;
}

struct room *room_open(struct rooms *all, struct span name, struct err *e)
{
    struct room *r = room_find(all, name);
    const char *problem = name_problem(name);

    if (r)
        return r;
    if (problem) {
        err_set(e, "a room's name %s", problem);
        return NULL;
    }
    if (rooms_count(all) >= ROOMS_MOST) {
        err_set(e, "there are %d rooms already", ROOMS_MOST);
        return NULL;
    }
    r = mem_zalloc(sizeof(*r));
    r->all = all;
    r->name = mem_strndup(name.data, name.len);
    r->key = alike_key(name);
    HASH_ADD_KEYPTR(hh, all->by_key, r->key, strlen(r->key), r);
    return r;
}

static void take_off_fresh(struct room *r)
{
    struct room **at = &r->all->fresh;

    while (*at && *at != r)
        at = &(*at)->next_fresh;
    if (*at)
        *at = r->next_fresh;
}

void room_forget(struct room *r)
{
    if (r->count > 0)
        return;
    take_off_fresh(r);
    HASH_DEL(r->all->by_key, r);
    free_room(r);
}

const char *room_name(const struct room *r)
{
    return r->name;
}

const char *room_key(const struct room *r)
{
    return r->key;
}

unsigned room_count(const struct room *r)
{
    return r->count;
}

unsigned room_seen(const struct room *r)
{
    return r->count - r->hidden;
}

struct room *room_next(const struct rooms *all, const struct room *r)
{
    return r ? r->hh.next : all->by_key;
}

struct member *room_first(const struct room *r)
{
    return r->first;
}

/* --- members --- */

struct member *room_join(struct room *r, void *who)
{
    struct member *m = mem_zalloc(sizeof(*m));

    m->room = r;
    m->who = who;
    m->has = r->added;
    m->prev = r->last;
    *(r->last ? &r->last->next : &r->first) = m;
    r->last = m;
    r->count++;
    return m;
}

void room_leave(struct member *m)
{
    struct room *r = m->room;

    if (r->next_due == m)
        r->next_due = m->next;
    *(m->prev ? &m->prev->next : &r->first) = m->next;
    *(m->next ? &m->next->prev : &r->last) = m->prev;
    r->count--;
    r->hidden -= m->is_hidden;
    member_drop_held(m);
    mem_free(m->ignored);
    mem_free(m);
}

void member_hide(struct member *m, bool is_hidden)
{
    m->room->hidden += (unsigned)is_hidden - (unsigned)m->is_hidden;
    m->is_hidden = is_hidden;
}

void member_hold(struct member *m, struct line *l)
{
    if (m->held_count == MEMBER_HELD_MOST) {
        m->missed++;
        return;
    }
    if (!m->held)
        m->held = mem_alloc(MEMBER_HELD_MOST * sizeof(struct line *));
    m->held[m->held_count++] = line_ref(l);
}

void member_drop_held(struct member *m)
{
    for (unsigned i = 0; i < m->held_count; i++)
        line_unref(m->held[i]);
    mem_free(m->held);
    m->held = NULL;
    m->held_count = 0;
}

bool member_ignores(const struct member *m, int64_t user)
{
    for (unsigned i = 0; user > 0 && i < m->ignored_count; i++) {
        if (m->ignored[i] == user)
            return true;
    }
    return false;
}

/* --- lines --- */

static void add_to_ring(struct room *r, struct line *l)
{
    if (r->all->history == 0) {
        line_unref(l);
        return;
    }
    if (!r->ring)
        r->ring = mem_zalloc(r->all->history * sizeof(struct line *));
    if (r->ring_count == r->all->history) {
        line_unref(r->ring[r->ring_begin]);
        r->ring[r->ring_begin] = l;
        r->ring_begin = (r->ring_begin + 1) % r->all->history;
    } else {
        r->ring[(r->ring_begin + r->ring_count++) % r->all->history] = l;
    }
}

/* Nobody says so much in a round: what is over it is in the history alone. */
static void add_fresh(struct room *r, struct line *l)
{
    uint64_t in_round = r->is_in_round ? r->added - r->round_added : r->fresh_count;

    if (in_round >= ROOM_FRESH_MOST) {
        for (struct member *m = r->first; m; m = m->next)
            m->missed++;
        return;
    }
    if (r->fresh_count == r->fresh_room) {
        r->fresh_room = r->fresh_room ? 2 * r->fresh_room : 4;
        r->fresh = mem_realloc(r->fresh, r->fresh_room * sizeof(struct line *));
    }
    if (r->fresh_count == 0) {
        r->next_fresh = r->all->fresh;
        r->all->fresh = r;
    }
    r->fresh[r->fresh_count++] = line_ref(l);
    line_begin(l);
    r->added++;
}

void room_add(struct room *r, struct line *l, bool is_old)
{
    if (!is_old && r->count > 0)
        add_fresh(r, l);
    add_to_ring(r, l);
}

unsigned room_last(struct room *r, unsigned n, struct line **out)
{
    unsigned have = r->ring_count < n ? r->ring_count : n;

    for (unsigned i = 0; i < have; i++)
        out[i] = r->ring[(r->ring_begin + r->ring_count - have + i) % r->all->history];
    return have;
}

/* What stands for this line; NULL: nothing. */
static struct line *renamed(struct line *l, int64_t user, struct span nick, int64_t into,
                            struct span other)
{
    bool is_theirs = user > 0 && l->user == user;

    if (is_theirs && other.len > 0)
        return line_new((enum line_kind)l->kind, l->at, into, other, span_of(l->text));
    return is_theirs || (into == 0 && line_notes(l, nick)) ? NULL : line_ref(l);
}

void room_rename(struct room *r, int64_t user, struct span nick, int64_t into,
                 struct span other)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < r->ring_count; i++) {
        struct line *before = r->ring[(r->ring_begin + i) % r->all->history];
        struct line *l = renamed(before, user, nick, into, other);

        line_unref(before);
        if (l)
            r->ring[(r->ring_begin + kept++) % r->all->history] = l;
    }
    r->ring_count = kept;
}

bool room_is_to_be_told(struct room *r, double now, double seconds)
{
    if (r->told_at > 0 && now < r->told_at + seconds)
        return false;
    r->told_at = now;
    return true;
}

unsigned member_fresh(const struct member *m)
{
    uint64_t fresh = m->room->added - m->has;

    return fresh < m->room->ring_count ? (unsigned)fresh : m->room->ring_count;
}

/* --- delivering --- */

static double due_at(const struct room *r)
{
    return r->round_at + (r->is_in_round ? r->part * r->pause : r->period);
}

double rooms_due_at(const struct rooms *all)
{
    double at = INFINITY;

    for (const struct room *r = all->fresh; r; r = r->next_fresh)
        at = fmin(at, due_at(r));
    return at;
}

static unsigned part_size(unsigned count)
{
    unsigned size = (count + PARTS - 1) / PARTS;

    if (size < PART_LEAST)
        return PART_LEAST;
    return size < PART_MOST ? size : PART_MOST;
}

/* The more lines there are for the more members, the longer it takes until the next round:
 * bringing many at once costs little more than bringing one. In a busy room, where lines had to
 * wait for this one, the parts have their turns all over that time: nobody waits for others to
 * be written to. */
static void begin_round(struct room *r, double now)
{
    bool is_busy = r->fresh_count > 1 && now < r->round_at + 2 * r->period;
    r->is_in_round = true;
    r->round_at = now;
    r->round_added = r->added;
    r->period = fmin(ROUND_EACH * r->count * r->fresh_count, ROUND_MOST);
    r->next_due = r->first;
    r->part = 0;
    r->part_size = part_size(r->count);
    r->pause = is_busy && r->count > 0 ? r->period * r->part_size / r->count : 0;
}

static void end_round(struct room *r)
{
    unsigned kept = (unsigned)(r->added - r->round_added);
    unsigned done = r->fresh_count - kept;

    for (unsigned i = 0; i < done; i++) {
        line_end(r->fresh[i]);
        line_unref(r->fresh[i]);
    }
    memmove(r->fresh, r->fresh + done, kept * sizeof(*r->fresh));
    r->fresh_count = kept;
    r->is_in_round = false;
}

/* Lines that are brought: r->fresh may change meanwhile. */
struct load {
    struct line **lines;
    unsigned count;
    uint64_t added; /* the room's, then */
    struct batch batch;
};

static void take_lines(struct room *r, struct load *load)
{
    load->count = r->fresh_count;
    load->added = r->added;
    load->lines = mem_alloc(load->count * sizeof(*load->lines));
    for (unsigned i = 0; i < load->count; i++)
        load->lines[i] = line_ref(r->fresh[i]);
    batch_init(&load->batch, load->lines, load->count);
}

static void drop_lines(struct load *load)
{
    batch_clear(&load->batch);
    for (unsigned i = 0; i < load->count; i++)
        line_unref(load->lines[i]);
    mem_free(load->lines);
}

/* All of a part have the same lines, but for those who have just come. */
static struct batch *batch_for(struct load *load, const struct member *m)
{
    unsigned fresh = (unsigned)(load->added - m->has);

    if (load->batch.count != fresh) {
        batch_clear(&load->batch);
        batch_init(&load->batch, load->lines + load->count - fresh, fresh);
    }
    return &load->batch;
}

static void deliver_part(struct room *r, void (*deliver)(struct member *m, struct batch *lines))
{
    struct load load;

    take_lines(r, &load);
    for (unsigned i = 0; i < r->part_size && r->next_due; i++) {
        struct member *m = r->next_due;
        struct batch *lines = m->has < load.added ? batch_for(&load, m) : NULL;

        r->next_due = m->next;
        if (!lines)
            continue;
        m->has = load.added;
        deliver(m, lines);
    }
    drop_lines(&load);
    r->part++;
}

/* Some of those that are left would have had their turn in the longest round. */
static bool is_late(const struct room *r, double now)
{
    return r->next_due && now >= r->round_at + ROUND_MOST * r->part * r->part_size / r->count;
}

static void take_turn(struct room *r, double now,
                      void (*deliver)(struct member *m, struct batch *lines))
{
    unsigned parts = 0;

    if (!r->is_in_round)
        begin_round(r, now);
    do
        deliver_part(r, deliver);
    while (++parts < PARTS_A_TURN && is_late(r, now));
    if (!r->next_due)
        end_round(r);
}

static bool is_due(struct room *r, double now)
{
    if (r->round_at > now) /* the clock was set back */
        r->round_at = now - r->period;
    return due_at(r) <= now;
}

void rooms_deliver(struct rooms *all, double now,
                   void (*deliver)(struct member *m, struct batch *lines))
{
    struct room *r = all->fresh;
    struct room *left = NULL;
    struct room **end = &left;

    all->fresh = NULL;
    for (struct room *next; r; r = next) {
        next = r->next_fresh;
        if (is_due(r, now))
            take_turn(r, now, deliver);
        if (r->fresh_count > 0) {
            *end = r;
            end = &r->next_fresh;
        }
    }
    *end = all->fresh; /* to which lines have come meanwhile */
    all->fresh = left;
}
