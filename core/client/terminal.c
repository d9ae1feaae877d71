/* terminal.c -- with what a caller is served: what has been found out about the terminal, and
 * what the caller has chosen instead. Linear is for screen readers and braille lines: nothing
 * is drawn and the cursor never goes back. */
#include "client/internal.h"

void terminal_settle(struct client *c)
{
    const struct terminal *t = &c->chosen;
    bool ansi = t->ansi == TERMINAL_FOUND ? c->found_ansi : t->ansi;

    c->charset = t->charset == TERMINAL_FOUND ? c->found_charset : (uint8_t)t->charset;
    c->linear = t->linear == TERMINAL_FOUND ? c->found_linear : t->linear;
    c->ansi = ansi && !c->linear;
}

struct screen *client_find_screen(const struct client *c, struct span keyword)
{
    enum audience who = c->linear ? FOR_LINEAR : c->ansi ? FOR_ANSI : FOR_PLAIN;

    return library_find(c->all->config.library, keyword, who, c->width);
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

bool client_is_linear(const struct client *c)
{
    return c->linear;
}
