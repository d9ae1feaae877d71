#include "term/charset.h"

#include "base/utf8.h"

/* What bytes 0x80 to 0xFF are. */
static const uint16_t cp437_high[128] = {
    0x00C7, 0x00FC, 0x00E9, 0x00E2, 0x00E4, 0x00E0, 0x00E5, 0x00E7, 0x00EA, 0x00EB, 0x00E8,
    0x00EF, 0x00EE, 0x00EC, 0x00C4, 0x00C5, 0x00C9, 0x00E6, 0x00C6, 0x00F4, 0x00F6, 0x00F2,
    0x00FB, 0x00F9, 0x00FF, 0x00D6, 0x00DC, 0x00A2, 0x00A3, 0x00A5, 0x20A7, 0x0192, 0x00E1,
    0x00ED, 0x00F3, 0x00FA, 0x00F1, 0x00D1, 0x00AA, 0x00BA, 0x00BF, 0x2310, 0x00AC, 0x00BD,
    0x00BC, 0x00A1, 0x00AB, 0x00BB, 0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562,
    0x2556, 0x2555, 0x2563, 0x2551, 0x2557, 0x255D, 0x255C, 0x255B, 0x2510, 0x2514, 0x2534,
    0x252C, 0x251C, 0x2500, 0x253C, 0x255E, 0x255F, 0x255A, 0x2554, 0x2569, 0x2566, 0x2560,
    0x2550, 0x256C, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256B,
    0x256A, 0x2518, 0x250C, 0x2588, 0x2584, 0x258C, 0x2590, 0x2580, 0x03B1, 0x00DF, 0x0393,
    0x03C0, 0x03A3, 0x03C3, 0x00B5, 0x03C4, 0x03A6, 0x0398, 0x03A9, 0x03B4, 0x221E, 0x03C6,
    0x03B5, 0x2229, 0x2261, 0x00B1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00F7, 0x2248, 0x00B0,
    0x2219, 0x00B7, 0x221A, 0x207F, 0x00B2, 0x25A0, 0x00A0,
};

/* What bytes 0x00 to 0x1F show in drawings; 0: they are controls there too. */
static const uint16_t cp437_low[32] = {
    ' ',    0x263A, 0x263B, 0x2665, 0x2666, 0x2663, 0x2660, 0x2022, 0x25D8, 0,      0,
    0x2642, 0x2640, 0,      0x266B, 0x263C, 0x25BA, 0x25C4, 0x2195, 0x203C, 0x00B6, 0x00A7,
    0x25AC, 0x21A8, 0x2191, 0x2193, 0,      0,      0x221F, 0x2194, 0x25B2, 0x25BC,
};

enum { HOUSE = 0x2302 }; /* 0x7F */

/* ENQ answers back, BEL rings, BS HT LF VT FF CR move, SO and SI shift, XON and XOFF stop a
 * line, CAN begins a transfer. */
static const uint32_t harmless_low = 0xF2F5005Eu;

/* Look-alikes of code points that follow one another. A '`' says that there is none. */
struct run {
    uint16_t first;
    uint16_t count;
    const char *bytes;
};

#define BYTES(text) sizeof(text) - 1, text
#define NO_BYTE '`'

/* Both tables are sorted; what CP437 has not falls through to ASCII. */
static const struct run cp437_runs[] = {
    {0x00A0, BYTES("\xFF\xAD\x9B\x9C`\x9D````\xA6\xAE\xAA```\xF8\xF1\xFD``\xE6`\xFA``\xA7"
                   "\xAF\xAC\xAB`\xA8````\x8E\x8F\x92\x80`\x90")},
    {0x00D1, BYTES("\xA5````\x99")},
    {0x00DC, BYTES("\x9A``\xE1\x85\xA0\x83`\x84\x86\x91\x87\x8A\x82\x88\x89\x8D\xA1\x8C\x8B`"
                   "\xA4\x95\xA2\x93`\x94\xF6`\x97\xA3\x96\x81``\x98")},
    {0x0192, BYTES("\x9F")},
    {0x0393, BYTES("\xE2````\xE9")},
    {0x03A3, BYTES("\xE4``\xE8``\xEA")},
    {0x03B1, BYTES("\xE0\xE1`\xEB\xEE")},
    {0x03BC, BYTES("\xE6```\xE3``\xE5\xE7`\xED")},
    {0x2022, BYTES("\xF9````\xFA")},
    {0x207F, BYTES("\xFC")},
    {0x20A7, BYTES("\x9E````\xEE")},
    {0x2126, BYTES("\xEA")},
    {0x2205, BYTES("\xED``\xEE")},
    {0x220F, BYTES("\xE3`\xE4")},
    {0x2218, BYTES("\xF8\xF9\xFB```\xEC````\xB3")},
    {0x2229, BYTES("\xEF")},
    {0x2248, BYTES("\xF7")},
    {0x2261, BYTES("\xF0``\xF3\xF2````\xAE\xAF")},
    {0x22C5, BYTES("\xFA")},
    {0x2310, BYTES("\xA9")},
    {0x2320, BYTES("\xF4\xF5")},
    {0x2500, BYTES("\xC4\xC4\xB3\xB3\xC4\xC4\xB3\xB3\xC4\xC4\xB3\xB3\xDA\xDA\xDA\xDA\xBF\xBF"
                   "\xBF\xBF\xC0\xC0\xC0\xC0\xD9\xD9\xD9\xD9\xC3\xC3\xC3\xC3\xC3\xC3\xC3\xC3"
                   "\xB4\xB4\xB4\xB4\xB4\xB4\xB4\xB4\xC2\xC2\xC2\xC2\xC2\xC2\xC2\xC2\xC1\xC1"
                   "\xC1\xC1\xC1\xC1\xC1\xC1\xC5\xC5\xC5\xC5\xC5\xC5\xC5\xC5\xC5\xC5\xC5\xC5"
                   "\xC5\xC5\xC5\xC5\xC4\xC4\xB3\xB3\xCD\xBA\xD5\xD6\xC9\xB8\xB7\xBB\xD4\xD3"
                   "\xC8\xBE\xBD\xBC\xC6\xC7\xCC\xB5\xB6\xB9\xD1\xD2\xCB\xCF\xD0\xCA\xD8\xD7"
                   "\xCE\xDA\xBF\xD9\xC0```\xC4\xB3\xC4\xB3\xC4\xB3\xC4\xB3\xC4\xB3\xC4\xB3"
                   "\xDF\xDC\xDC\xDC\xDC\xDC\xDC\xDB\xDB\xDB\xDB\xDD\xDD\xDD\xDD\xDD\xDE\xB0"
                   "\xB1\xB2\xDF\xDE\xDC\xDC\xDF\xDB\xB1\xDB\xDB\xDF\xB1\xDB\xFE")},
    {0x25AA, BYTES("\xFE`\xDC`\xDB")},
    {0x25CF, BYTES("\xFE")},
    {0x25E6, BYTES("\xF8")},
    {0x25FC, BYTES("\xFE`\xFE")},
    {0x2713, BYTES("\xFB\xFB")},
};

static const struct run ascii_runs[] = {
    {0x00A0, BYTES(" !cL*Y|S\"Ca<--R-o+23'uP.,1o>````AAAAAAACEEEEIIIIDNOOOOOxOUUUUYTsaaaaaaa"
                   "ceeeeiiiidnooooo/ouuuuytyAaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiI"
                   "iIiIiJjKkkLlLlLlLlLlNnNnNnnNnOoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwY"
                   "yYZzZzZzs")},
    {0x0192, BYTES("f")},
    {0x01A0, BYTES("Oo")},
    {0x01AF, BYTES("Uu")},
    {0x01CD, BYTES("AaIiOoUuUuUuUuUu`AaAa````GgKkOoOo``j```Gg``NnAa````AaAaEeEeIiIiOoOoRrRrU"
                   "uUuSsTt``Hh``````AaEeOoOoOoOoYy")},
    {0x02BB, BYTES("''")},
    {0x02C6, BYTES("^v")},
    {0x02DC, BYTES("~")},
    {0x0386, BYTES("A`EHI`O`UWiABGDEZHQIKLMNCOPR`STUFXYWIUaehiuabgdezhqiklmncoprsstufxywiuou"
                   "w")},
    {0x0401, BYTES("E")},
    {0x0410, BYTES("ABVGDEJZIJKLMNOPRSTUFHCCSS'Y'EUAabvgdejzijklmnoprstufhccss'y'eua`e")},
    {0x1E00, BYTES("AaBbBbBbCcDdDdDdDdDdEeEeEeEeEeFfGgHhHhHhHhHhIiIiKkKkKkLlLlLlLlMmMmMmNnNn"
                   "NnNnOoOoOoOoPpPpRrRrRrRrSsSsSsSsSsTtTtTtTtUuUuUuUuUuVvVvWwWwWwWwWwXxXxYy"
                   "ZzZzZzhtwy`s``S`AaAaAaAaAaAaAaAaAaAaAaAaEeEeEeEeEeEeEeEeIiIiOoOoOoOoOoOo"
                   "OoOoOoOoOoOoUuUuUuUuUuUuUuYyYyYyYy")},
    {0x2000, BYTES("           `````------|_'','\"\"\"\"++*>....")},
    {0x202F, BYTES(" %%'\"`'\"`^<>`!`-_``*-/[]")},
    {0x204E, BYTES("*```%")},
    {0x205F, BYTES(" ")},
    {0x2070, BYTES("0i``456789+`=()n0123456789+`=()`aeox`hklmnpst```ECCFLmNPRWSdEKTD`P``HT``"
                   "`RL`PP`B")},
    {0x2102, BYTES("CC`````FgHHHh`IILl`NNP`PQRRR````T`Z`O`Z`KABCeeEF`Mo````i")},
    {0x2145, BYTES("Ddeij")},
    {0x2190, BYTES("<^>v-|\\/\\/")},
    {0x21A8, BYTES("|")},
    {0x21B5, BYTES("<")},
    {0x21D0, BYTES("<^>v=|")},
    {0x2200, BYTES("A`dE`0D`E``````P`S-+`/\\*o.V```8L```|`|`^vnuS")},
    {0x2236, BYTES(":`````~``````~````~")},
    {0x2260, BYTES("#=``<>````<>")},
    {0x22C5, BYTES(".")},
    {0x22EF, BYTES(".")},
    {0x2302, BYTES("^")},
    {0x2310, BYTES("-")},
    {0x2320, BYTES("()")},
    {0x2500, BYTES("--||--||--||++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++"
                   "++++--||=|+++++++++++++++++++++++++++++++/\\X-|-|-|-|-|-|\"___==#####|||"
                   "|||.:#\"|..'#\\##'/##oo")},
    {0x25AA, BYTES("*o--##``^^^^>>>>>>vvvv<<<<<<***o*o`oo*")},
    {0x25D8, BYTES("*o")},
    {0x25E6, BYTES("o")},
    {0x25EF, BYTES("O")},
    {0x25FB, BYTES("o#o#")},
    {0x2605, BYTES("**")},
    {0x2610, BYTES("oxx")},
    {0x263A, BYTES("oo*```o`o")},
    {0x2660, BYTES("**`*`**``***")},
    {0x2713, BYTES("vvxxxx")},
    {0x2764, BYTES("*")},
    {0x2794, BYTES(">")},
    {0x279C, BYTES(">")},
    {0x27A4, BYTES(">")},
    {0x27E8, BYTES("<>")},
    {0x3000, BYTES(" ,.")},
};

/* Names in lower case, without '-', '_' and blanks. */
static const struct {
    const char *name;
    enum charset charset;
} names[] = {
    {"ascii", CHARSET_ASCII},        {"usascii", CHARSET_ASCII},
    {"ansix3.41968", CHARSET_ASCII}, {"cp437", CHARSET_CP437},
    {"ibm437", CHARSET_CP437},       {"437", CHARSET_CP437},
    {"pc437", CHARSET_CP437},        {"cspc8codepage437", CHARSET_CP437},
    {"utf8", CHARSET_UTF8},
};

const char *charset_name(enum charset c)
{
    static const char *const own[CHARSET_COUNT] = {"ascii", "cp437", "utf-8"};

    return own[c];
}

/* `name` in lower case without separators; "" where it is too long for any of ours. */
static void simplify(struct span name, char *out, size_t size)
{
    size_t n = 0;

    for (size_t i = 0; i < name.len && n < size; i++) {
        char c = name.data[i];

        if (c == '-' || c == '_' || c == ' ')
            continue;
        out[n++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    out[n < size ? n : 0] = '\0';
}

bool charset_find(struct span name, enum charset *out)
{
    char simple[20];

    simplify(name, simple, sizeof(simple));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(simple, names[i].name) == 0) {
            *out = names[i].charset;
            return true;
        }
    }
    return false;
}

uint32_t charset_from_cp437(unsigned char byte)
{
    return byte < 0x80 ? byte : cp437_high[byte - 0x80];
}

/* The byte for `cp` in one of the tables, 0 for none. */
static unsigned char find(const struct run *runs, size_t count, uint32_t cp)
{
    size_t low = 0;

    while (low < count) { /* the last run that does not begin after `cp` is before `count` */
        size_t middle = (low + count) / 2;

        if (runs[middle].first <= cp)
            low = middle + 1;
        else
            count = middle;
    }
    if (low == 0 || cp - runs[low - 1].first >= runs[low - 1].count)
        return 0;
    cp -= runs[low - 1].first;
    return runs[low - 1].bytes[cp] == NO_BYTE ? 0 : (unsigned char)runs[low - 1].bytes[cp];
}

#define FIND(runs, cp) find(runs, sizeof(runs) / sizeof((runs)[0]), cp)

unsigned char charset_to_ascii(uint32_t cp)
{
    unsigned char byte;

    if (cp < 0x80)
        return (unsigned char)cp;
    if (cp >= 0xFF01 && cp <= 0xFF5E) /* the full-width forms of ASCII */
        return (unsigned char)(cp - 0xFEE0);
    byte = FIND(ascii_runs, cp);
    if (byte == 0 && utf8_width(cp) > 0)
        byte = '?';
    return byte;
}

unsigned char charset_to_cp437(uint32_t cp)
{
    unsigned char byte = cp < 0x80 ? (unsigned char)cp : FIND(cp437_runs, cp);

    return byte ? byte : charset_to_ascii(cp);
}

/* How many bytes at the front of `s` are ASCII, the same in every set. */
static size_t plain_length(struct span s)
{
    size_t n = 0;

    while (n < s.len && (unsigned char)s.data[n] < 0x80)
        n++;
    return n;
}

/* The control code that shows `cp`; 0 for none. */
static unsigned char low_byte(uint32_t cp)
{
    for (unsigned char byte = 1; byte < 32; byte++) {
        if (cp437_low[byte] == cp)
            return harmless_low >> byte & 1 ? byte : 0;
    }
    return cp == HOUSE ? 0x7F : 0;
}

/* One code point that is not ASCII. */
static bool encode_next(struct buf *out, struct span *text, enum charset to, bool is_art)
{
    bool ok;
    struct span before = *text;
    uint32_t cp = utf8_next(text, &ok);
    unsigned char byte;

    if (!ok)
        return buf_add_byte(out, '?');
    if (to == CHARSET_UTF8)
        return buf_add(out, span_from(before.data, before.len - text->len));
    byte = is_art && to == CHARSET_CP437 ? low_byte(cp) : 0;
    if (byte == 0)
        byte = to == CHARSET_CP437 ? charset_to_cp437(cp) : charset_to_ascii(cp);
    if (byte == 0)
        return true;
    if (!buf_add_byte(out, (char)byte))
        return false;
    /* A wide one keeps its two columns: what stands behind it stays in its place. */
    return utf8_width(cp) < 2 || buf_add_byte(out, byte == '?' ? '?' : ' ');
}

static bool encode(struct buf *out, struct span text, enum charset to, bool is_art)
{
    size_t before = out->len;
    bool fits = true;

    while (fits && text.len > 0) {
        fits = buf_add(out, span_take(&text, plain_length(text)));
        if (fits && text.len > 0)
            fits = encode_next(out, &text, to, is_art);
    }
    if (!fits)
        buf_cut(out, before);
    return fits;
}

bool charset_encode(struct buf *out, struct span text, enum charset to)
{
    return encode(out, text, to, false);
}

bool charset_encode_art(struct buf *out, struct span text, enum charset to)
{
    return encode(out, text, to, true);
}

bool charset_decode_cp437(struct buf *out, struct span bytes)
{
    size_t before = out->len;
    bool fits = true;

    while (fits && bytes.len > 0) {
        fits = buf_add(out, span_take(&bytes, plain_length(bytes)));
        if (fits && bytes.len > 0) {
            struct span one = span_take(&bytes, 1);

            fits = utf8_add(out, charset_from_cp437((unsigned char)one.data[0]));
        }
    }
    if (!fits)
        buf_cut(out, before);
    return fits;
}

static uint32_t glyph(unsigned char byte)
{
    if (byte == 0x7F)
        return HOUSE;
    return byte < 32 && cp437_low[byte] ? cp437_low[byte] : charset_from_cp437(byte);
}

bool charset_decode_unknown(struct buf *out, struct span bytes)
{
    return utf8_is_valid(bytes) ? buf_add(out, bytes) : charset_decode_cp437(out, bytes);
}

bool charset_decode_art(struct buf *out, struct span bytes)
{
    size_t before = out->len;
    bool fits = true;

    for (size_t i = 0; fits && i < bytes.len; i++)
        fits = utf8_add(out, glyph((unsigned char)bytes.data[i]));
    if (!fits)
        buf_cut(out, before);
    return fits;
}
