/* manual.h -- the manual's pages, made from the tables of commands and settings, so that they
 * say what this very program does. */
#ifndef PERIGEE_CLI_MANUAL_H
#define PERIGEE_CLI_MANUAL_H

#include <stdio.h>

/* perigee(1) and perigee-settings(5), for man(1): man(7) macros. */
void manual_print_commands(FILE *to);
void manual_print_settings(FILE *to);

/* The settings as a list for people: `perigee help settings`. */
void manual_list_settings(FILE *to);

#endif
