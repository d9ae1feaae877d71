/* terminal.c -- with what a caller is served: what has been found out about the terminal, and
 * what the caller has chosen instead. Linear is for screen readers and braille lines: nothing
 * is drawn and the cursor never goes back. */
#include <stdio.h>
#include <string.h>

#include "client/internal.h"

enum { HEADER_BELOW = 4 }; /* rows below a header that there have to be */

void terminal_settle(struct client *c)
{
    const struct terminal *t = &c->chosen;
    bool ansi = t->ansi == TERMINAL_FOUND ? c->found_ansi : t->ansi;

    c->charset = t->charset == TERMINAL_FOUND ? c->found_charset : (uint8_t)t->charset;
    c->linear = t->linear == TERMINAL_FOUND ? c->found_linear : t->linear;
    c->ansi = ansi && !c->linear;
    if (c->is_watched)
        shoulder_resize(c);
}

/* Terminals of xterm's kind, as far as their names tell. Others may show junk. */
static bool marks_pastes(const char *name)
{
    static const char *const names[] = {"xterm", "screen",  "tmux",   "rxvt",      "konsole",
                                        "gnome", "kitty",   "foot",   "alacritty", "putty",
                                        "vte",   "wezterm", "ghostty"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strncmp(name, names[i], strlen(names[i])) == 0)
            return true;
    }
    return false;
}

void terminal_begin(struct client *c)
{
    c->is_cterm = c->term_name && strcmp(c->term_name, "syncterm") == 0;
    c->is_pasting = c->found_ansi && c->term_name && marks_pastes(c->term_name);
    if (c->is_pasting)
        output_bytes(c, SPAN_LIT("\033[?2004h"));
}

static void set_ice(struct client *c, bool on)
{
    if (on != c->ice)
        output_bytes(c, on ? SPAN_LIT("\033[?33h") : SPAN_LIT("\033[?33l"));
    c->ice = on;
}

static void set_font(struct client *c, unsigned font)
{
    char sequence[16];

    snprintf(sequence, sizeof(sequence), "\033[0;%u D", font);
    if (font != c->font)
        output_bytes(c, span_of(sequence));
    c->font = (uint8_t)font;
}

void terminal_show_art(struct client *c)
{
    if (!c->is_cterm || !c->ansi)
        return;
    set_ice(c, c->screen->is_ice);
    set_font(c, c->screen->font);
}

void terminal_set_header(struct client *c, unsigned rows)
{
    char sequence[24];

    if (rows > 0 && (!c->ansi || rows + HEADER_BELOW > c->height))
        rows = 0;
    if (rows == c->header)
        return;
    if (rows > 0)
        snprintf(sequence, sizeof(sequence), "\033[%u;%ur\033[H", rows + 1,
                 (unsigned)c->height);
    output_bytes(c, rows > 0 ? span_of(sequence) : SPAN_LIT("\0337\033[r\0338"));
    c->header = (uint8_t)rows;
}

void terminal_end(struct client *c)
{
    terminal_set_header(c, 0);
    set_ice(c, false);
    set_font(c, 0);
    if (c->is_pasting)
        output_bytes(c, SPAN_LIT("\033[?2004l"));
    c->is_pasting = false;
}

const struct library *client_library(const struct client *c)
{
    struct library *l = c->all->config.library;

    return client_is_sysop(c) ? library_trial(l) : l;
}

struct screen *client_find_screen(const struct client *c, struct span keyword)
{
    enum audience who = c->linear ? FOR_LINEAR : c->ansi ? FOR_ANSI : FOR_PLAIN;

    return library_find(client_library(c), keyword, who, c->width);
}

void client_set_terminal(struct client *c, const struct terminal *chosen)
{
    c->chosen = *chosen;
    terminal_settle(c);
}

const struct terminal *client_terminal(const struct client *c)
{
    return &c->chosen;
}

long client_baud(const struct client *c)
{
    return c->chosen.baud == TERMINAL_FOUND ? c->all->config.settings->baud : c->chosen.baud;
}

bool client_is_linear(const struct client *c)
{
    return c->linear;
}
