#include "base/alike.h"

#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"

/* A character grows to at most 11 times its bytes by NFKC, and to 3 times those by folding:
 * with a buffer for that, the library never makes one of its own. */
enum { NAME_MOST = 160, KEY_MOST = NAME_MOST * 11 * 3 };

/* NULL: it is not all ASCII, of which folding is to lower case. */
static char *lower(struct span name)
{
    char *key = mem_strndup(name.data, name.len);

    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)key[i];

        if (c >= 0x80) {
            mem_free(key);
            return NULL;
        }
        key[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    return key;
}

char *alike_key(struct span name)
{
    uint8_t buffer[KEY_MOST];
    size_t len = sizeof(buffer);
    const uint8_t *folded;
    char *key = name.len <= NAME_MOST ? lower(name) : NULL;

    if (key || name.len > NAME_MOST || !utf8_is_valid(name))
        return key;
    folded =
        u8_casefold((const uint8_t *)name.data, name.len, NULL, UNINORM_NFKC, buffer, &len);
    return folded == buffer ? mem_strndup((const char *)buffer, len) : NULL;
}

/* In the order of their numbers; what stands in a key, which has no upper case: so a letter is
 * here if its capital looks like a Latin one, too. */
static const struct look {
    uint32_t cp;
    const char *text;
} looks[] = {
    {'!', "l"},    {'0', "o"},    {'1', "l"},    {'`', "'"},    {'i', "l"},    {'m', "rn"},
    {'|', "l"},    {0x131, "l"},  {0x1C0, "l"},  {0x1C3, "l"},  {0x251, "a"},  {0x261, "g"},
    {0x269, "l"},  {0x26A, "l"},  {0x2B9, "'"},  {0x2BC, "'"},  {0x3B1, "a"},  {0x3B2, "b"},
    {0x3B5, "e"},  {0x3B6, "z"},  {0x3B7, "h"},  {0x3B9, "l"},  {0x3BA, "k"},  {0x3BC, "rn"},
    {0x3BD, "n"},  {0x3BF, "o"},  {0x3C1, "p"},  {0x3C4, "t"},  {0x3C5, "y"},  {0x3C7, "x"},
    {0x430, "a"},  {0x432, "b"},  {0x435, "e"},  {0x43A, "k"},  {0x43C, "rn"}, {0x43D, "h"},
    {0x43E, "o"},  {0x440, "p"},  {0x441, "c"},  {0x442, "t"},  {0x443, "y"},  {0x445, "x"},
    {0x455, "s"},  {0x456, "l"},  {0x458, "j"},  {0x4BB, "h"},  {0x4CF, "l"},  {0x501, "d"},
    {0x51B, "q"},  {0x51D, "w"},  {0x2010, "-"}, {0x2012, "-"}, {0x2013, "-"}, {0x2014, "-"},
    {0x2015, "-"}, {0x2018, "'"}, {0x2019, "'"}, {0x2032, "'"}, {0x2212, "-"},
};

static int by_number(const void *cp, const void *look)
{
    uint32_t a = *(const uint32_t *)cp;
    uint32_t b = ((const struct look *)look)->cp;

    return (a > b) - (a < b);
}

char *alike_look(struct span name)
{
    char *key = alike_key(name);
    struct span rest = span_of(key ? key : "");
    struct buf look;
    char *text;

    if (!key)
        return NULL;
    buf_init(&look, 2 * KEY_MOST); /* "rn" is two bytes for one */
    while (rest.len > 0) {
        const char *at = rest.data;
        uint32_t cp = utf8_next(&rest, NULL);
        const struct look *found =
            bsearch(&cp, looks, sizeof(looks) / sizeof(looks[0]), sizeof(looks[0]), by_number);

        if (found)
            buf_add_text(&look, found->text);
        else
            buf_add(&look, span_from(at, (size_t)(rest.data - at)));
    }
    text = mem_strndup(look.len ? look.data : "", look.len);
    buf_clear(&look);
    mem_free(key);
    return text;
}

bool alike_is_usual(struct span name)
{
    uint8_t buffer[KEY_MOST];
    size_t len = sizeof(buffer);
    const uint8_t *usual;

    if (name.len > NAME_MOST)
        return false;
    usual = u8_normalize(UNINORM_NFKC, (const uint8_t *)name.data, name.len, buffer, &len);
    return usual && len == name.len && memcmp(buffer, name.data, len) == 0;
}

static bool is_seen(uint32_t cp)
{
    const uint32_t unseen = UC_CATEGORY_MASK_Z | UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Cf |
                            UC_CATEGORY_MASK_Cs | UC_CATEGORY_MASK_Co;

    return !uc_is_general_category_withtable(cp, unseen) &&
           !uc_is_property_default_ignorable_code_point(cp) &&
           cp != 0x2800; /* a braille blank */
}

bool alike_is_seen(struct span name)
{
    while (name.len > 0) {
        uint32_t cp = utf8_next(&name, NULL);

        if (cp != ' ' && !is_seen(cp))
            return false;
    }
    return true;
}

enum family { FAMILY_ANY, FAMILY_LATIN, FAMILY_EAST, FAMILY_OTHER };

static enum family family_of(const uc_script_t *script)
{
    static const char *const east[] = {"Han",    "Hiragana", "Katakana",
                                       "Hangul", "Bopomofo", NULL};

    if (!script || strcmp(script->name, "Common") == 0 ||
        strcmp(script->name, "Inherited") == 0)
        return FAMILY_ANY;
    if (strcmp(script->name, "Latin") == 0)
        return FAMILY_LATIN;
    for (unsigned i = 0; east[i]; i++) {
        if (strcmp(script->name, east[i]) == 0)
            return FAMILY_EAST;
    }
    return FAMILY_OTHER;
}

bool alike_is_mixed(struct span name)
{
    const uc_script_t *other = NULL; /* neither Latin nor East Asian */
    bool has_usual = false;

    while (name.len > 0) {
        const uc_script_t *script = uc_script(utf8_next(&name, NULL));
        enum family family = family_of(script);

        if (family == FAMILY_LATIN || family == FAMILY_EAST)
            has_usual = true;
        else if (family == FAMILY_OTHER && other && other != script)
            return true;
        else if (family == FAMILY_OTHER)
            other = script;
    }
    return other && has_usual;
}
