#include "base/alike.h"

#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>

#include "base/mem.h"
#include "base/utf8.h"

/* A character grows to at most 11 times its bytes by NFKC, and to 3 times those by folding:
 * with a buffer for that, the library never makes one of its own. */
enum { NAME_MOST = 160, KEY_MOST = NAME_MOST * 11 * 3 };

char *alike_key(struct span name)
{
    uint8_t buffer[KEY_MOST];
    size_t len = sizeof(buffer);
    const uint8_t *folded;

    if (name.len > NAME_MOST || !utf8_is_valid(name))
        return NULL;
    folded =
        u8_casefold((const uint8_t *)name.data, name.len, NULL, UNINORM_NFKC, buffer, &len);
    return folded == buffer ? mem_strndup((const char *)buffer, len) : NULL;
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
