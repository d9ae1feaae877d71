/* tty.h -- lines from standard input, and questions to whoever sits at the terminal.
 * Questions go to standard error, so that what a command prints can be piped. Blocks. */
#ifndef PERIGEE_CLI_TTY_H
#define PERIGEE_CLI_TTY_H

#include <stdbool.h>
#include <stddef.h>

bool tty_is_possible(void); /* standard input is a terminal */

/* One line of standard input, without its end, and with a NUL behind it: its length, -1 if
 * there is none. Of a longer line the first `size` - 1 bytes are kept. */
int tty_line(char *out, size_t size);

/* Ask, and read a line that the terminal does not show. A signal that would end the program
 * does so after the terminal is as it was. */
int tty_hidden(const char *question, char *out, size_t size);

/* Standard input comes key by key, and is not shown; nothing where it is no terminal, or not
 * ours. */
void tty_keys_begin(void);
void tty_keys_end(void); /* as it was */

bool tty_yes(const char *question); /* "yes" was typed, in full */

#endif
