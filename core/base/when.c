#include "base/when.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/span.h"

enum { EACH_DAY = 0x7F, DAYS_LOOKED_AT = 9, DAY_SECONDS = 86400 };

static const char *const day_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

/* --- reading --- */

static int fail(const char *text, struct err *e)
{
    return err_set(e,
                   "'%s' is no time, expected one like \"03:30\", \"mon 04:00\", \"sat sun "
                   "12:15\" or \"every 15m\" (s, m, h)",
                   text);
}

static struct span take_word(struct span *rest)
{
    struct span word;

    while (rest->len > 0 && rest->data[0] == ' ')
        span_take(rest, 1);
    word = span_from(rest->data, 0);
    while (word.len < rest->len && word.data[word.len] != ' ')
        word.len++;
    span_take(rest, word.len);
    return word;
}

/* Digits at the front; more than `most`: that and one. False: there are none. */
static bool take_number(struct span *s, long most, long *out)
{
    size_t before = s->len;

    *out = 0;
    while (s->len > 0 && s->data[0] >= '0' && s->data[0] <= '9') {
        if (*out <= most)
            *out = *out * 10 + (s->data[0] - '0');
        span_take(s, 1);
    }
    if (*out > most)
        *out = most + 1;
    return s->len < before;
}

static bool take_day(struct span word, unsigned *days)
{
    for (unsigned i = 0; i < 7; i++) {
        if (word.len == 3 && strncasecmp(word.data, day_names[i], 3) == 0) {
            *days |= 1U << i;
            return true;
        }
    }
    return false;
}

static bool take_clock(struct span word, unsigned *minute)
{
    struct span rest = word;
    long hours, minutes;

    if (!take_number(&rest, 23, &hours) || word.len - rest.len > 2 || rest.len != 3 ||
        rest.data[0] != ':')
        return false;
    span_take(&rest, 1);
    if (!take_number(&rest, 59, &minutes) || rest.len > 0 || hours > 23 || minutes > 59)
        return false;
    *minute = (unsigned)(hours * 60 + minutes);
    return true;
}

static int parse_every(const char *text, struct span rest, struct when *w, struct err *e)
{
    struct span word = take_word(&rest);
    long unit;

    if (!take_number(&word, WHEN_MOST, &w->seconds) || word.len != 1 ||
        take_word(&rest).len > 0)
        return fail(text, e);
    unit = word.data[0] == 's' ? 1 : word.data[0] == 'm' ? 60 : word.data[0] == 'h' ? 3600 : 0;
    if (unit == 0)
        return fail(text, e);
    if (w->seconds < 1 || w->seconds > WHEN_MOST / unit)
        return err_set(e, "'%s': expected 1 second to 366 days", text);
    w->is_every = true;
    w->seconds *= unit;
    return 0;
}

int when_parse(const char *text, struct when *w, struct err *e)
{
    struct span rest = span_of(text);
    struct span word = take_word(&rest);

    *w = (struct when){0};
    if (span_is(word, "every"))
        return parse_every(text, rest, w, e);
    while (take_day(word, &w->days))
        word = take_word(&rest);
    if (!take_clock(word, &w->minute) || take_word(&rest).len > 0)
        return fail(text, e);
    if (w->days == 0)
        w->days = EACH_DAY;
    return 0;
}

/* --- when it is --- */

/* -1: it can't be, or there is no such hour of summer time. */
static int64_t local_time(struct tm day, int hour, int minute, int is_summer)
{
    int64_t at;

    day.tm_hour = hour;
    day.tm_min = minute;
    day.tm_isdst = is_summer;
    at = (int64_t)mktime(&day);
    return is_summer && (day.tm_hour != hour || day.tm_min != minute) ? -1 : at;
}

/* That time on the day `ahead` days after that of `from`; -1: not on this day. Whether it is
 * summer time is not left to mktime, which says now this, now that of an hour that comes
 * twice: it is the first. An hour that is left out is the one after it. */
static int64_t on_day(const struct when *w, const struct tm *from, int ahead)
{
    struct tm day = {.tm_year = from->tm_year,
                     .tm_mon = from->tm_mon,
                     .tm_mday = from->tm_mday + ahead,
                     .tm_hour = 12,
                     .tm_isdst = -1};
    int64_t at;

    if (mktime(&day) == -1 || !(w->days >> day.tm_wday & 1))
        return -1;
    at = local_time(day, (int)w->minute / 60, (int)w->minute % 60, 1);
    return at != -1 ? at : local_time(day, (int)w->minute / 60, (int)w->minute % 60, 0);
}

static int64_t next_of(const struct when *w, int64_t after)
{
    time_t at = (time_t)after;
    struct tm from;

    if (!localtime_r(&at, &from))
        return after + DAY_SECONDS; /* no calendar has this year */
    for (int ahead = 0; ahead < DAYS_LOOKED_AT; ahead++) {
        int64_t next = on_day(w, &from, ahead);

        if (next > after)
            return next;
    }
    return after + DAY_SECONDS;
}

int64_t when_next(const struct when *times, unsigned count, int64_t after)
{
    int64_t first = 0;

    for (unsigned i = 0; i < count; i++) {
        int64_t next = next_of(&times[i], after);

        if (i == 0 || next < first)
            first = next;
    }
    return first;
}

int64_t when_missed(const struct when *times, unsigned count, int64_t after, int64_t now)
{
    int64_t missed = 0;
    int64_t next;

    if (after < now - (int64_t)DAYS_LOOKED_AT * DAY_SECONDS)
        after = now - (int64_t)DAYS_LOOKED_AT * DAY_SECONDS; /* each comes once in that time */
    while ((next = when_next(times, count, after)) <= now)
        missed = after = next;
    return missed;
}
