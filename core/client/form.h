/* form.h -- a screen with fields on a terminal whose cursor can be put anywhere: it is painted
 * whole, each field has the place where its macro stands, and the cursor goes there when its
 * turn comes. What is told meanwhile stands below the painting. Part of client/: show.c,
 * prompt.c and output.c use it.
 *
 * Places are relative to where the painting has begun, so that a form that has scrolled still
 * works. Where there is no form (the terminal can't, or the screen has no fields) the functions
 * do nothing, and say no. */
#ifndef PERIGEE_CLIENT_FORM_H
#define PERIGEE_CLIENT_FORM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "screen/op.h"
#include "term/cursor.h"
#include "term/keys.h"

struct client;

void form_begin(struct client *c); /* its screen is about to be painted, from the beginning */
void form_end(struct client *c);   /* what was typed is forgotten */

/* --- what is sent --- */

void form_before(struct client *c); /* to where it goes: on with the painting, or below it */
void form_follow(struct client *c, struct span wire); /* it has been sent */
void form_cleared(struct client *c);                  /* nothing of the painting is left */
void form_add_field(struct client *c, const struct op *op); /* here; `op` is at c->pc */
void form_add_end(
    struct client *c); /* the screen's end: a key is asked there, after all fields */
const struct cursor *form_cursor(const struct client *c); /* where it goes on; NULL: no form */
bool form_is_painting(const struct client *c);
bool form_sees(const struct client *c, int32_t row); /* is it still in the window? */

/* Draw over what stands there; the cursor is away afterwards. */
void form_draw(struct client *c, int32_t row, unsigned column, struct span wire);

/* --- whose turn it is --- */

/* Is a field to be asked before `op` (NULL: the end of the screen) is run? */
bool form_asks(const struct client *c, const struct op *op);
void form_ask(struct client *c);
void form_accept(struct client *c);    /* it is right: the next field, or on with the screen */
void form_repeat(struct client *c);    /* the same field again */
void form_ask_again(struct client *c); /* the same field, with what was typed */
void form_restart(struct client *c);   /* all of them anew */
bool form_is_open(const struct client *c, uint32_t pc); /* is that field still to be asked? */
void form_paint_anew(struct client *c); /* from c->pc 0 on; what was typed is kept */

enum form_step {
    FORM_OTHER, /* not a key of the form's */
    FORM_STAY,
    FORM_ENTER, /* as if Enter were typed */
    FORM_MOVE,  /* to another field: show_run goes there */
};

/* Tab, Shift-Tab and the arrows go from field to field. */
enum form_step form_key(struct client *c, const struct key *key);

/* --- the field that is asked --- */

bool form_has_prompt(const struct client *c); /* the prompt is a field of the form's */
unsigned form_room(const struct client *c);   /* columns of its place */
void form_take_text(struct client *c);        /* Enter: what has been typed is its text */
void form_show_prompt(
    struct client *c); /* the cursor goes to its place, after something else */
void form_erase_prompt(struct client *c);     /* what is typed, from the screen alone */
bool form_is_hidden(const struct client *c);  /* it can't be shown in its place any more */
bool form_is_touched(const struct client *c); /* a field has been accepted */
bool form_is_away(
    const struct client *c); /* the cursor is in a field, not behind what was sent */

/* Below the painting. A remark is about the field: it goes when the field is right. */
void form_remark(struct client *c, struct span text);
void form_notice(struct client *c, struct span text);

#endif
