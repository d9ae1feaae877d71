#include "cli/options.h"

#include <string.h>

#include "base/span.h"

static const struct option *find(const struct option *table, struct span name)
{
    for (const struct option *o = table; o->name; o++) {
        if (span_is(name, o->name))
            return o;
    }
    return NULL;
}

static int keep_value(const struct option *o, const char *value, struct err *e)
{
    if (value[0] == '\0') /* an unset variable in a script; no option means anything by it */
        return err_set(e, "--%s: the value is empty", o->name);
    if (o->max == 0) {
        *o->values = value;
        return 0;
    }
    if (*o->count == o->max)
        return err_set(e, "--%s: at most %u of them", o->name, o->max);
    o->values[(*o->count)++] = value;
    return 0;
}

/* Take the option at argv[*at]; *at is moved to the last word that belongs to it. */
static int take_one(const struct option *table, int argc, char **argv, int *at, struct err *e)
{
    const char *text = argv[*at];
    const char *equals = strchr(text, '=');
    struct span name = {text, equals ? (size_t)(equals - text) : strlen(text)};
    const struct option *o = NULL;

    if (span_starts_with(name, "--"))
        o = find(table, span_from(name.data + 2, name.len - 2));
    if (!o)
        return err_set(e, "unknown option %.*s", SPAN_ARG(name));
    if (o->flag && equals)
        return err_set(e, "--%s takes no value", o->name);
    if (o->flag) {
        *o->flag = true;
        return 0;
    }
    if (equals)
        return keep_value(o, equals + 1, e);
    if (*at + 1 >= argc)
        return err_set(e, "--%s: a value is missing", o->name);
    return keep_value(o, argv[++*at], e);
}

static bool is_help(const char *text)
{
    return strcmp(text, "-h") == 0 || strcmp(text, "--help") == 0;
}

enum options_answer options_take(const struct option *table, int *argc, char **argv,
                                 struct err *e)
{
    int words = 0;
    bool ended = false;

    for (int i = 0; i < *argc; i++) {
        if (ended || argv[i][0] != '-' || argv[i][1] == '\0')
            argv[words++] = argv[i];
        else if (strcmp(argv[i], "--") == 0)
            ended = true;
        else if (is_help(argv[i]))
            return OPTIONS_HELP;
        else if (take_one(table, *argc, argv, &i, e) < 0)
            return OPTIONS_WRONG;
    }
    *argc = words;
    return OPTIONS_DONE;
}
