/* complete.h -- what a shell may offer for the word that is being typed: commands, options, and
 * the board's keywords, areas, files and handles, as the commands' usage says where each
 * stands. */
#ifndef PERIGEE_CLI_COMPLETE_H
#define PERIGEE_CLI_COMPLETE_H

#define COMPLETE_COMMAND "complete-words" /* a command that no help lists */
#define COMPLETE_FILES ":files"           /* said instead of words: the shell's own are meant */
#define COMPLETE_FOLDERS ":folders"

/* `words` are those behind "perigee"; the last is the one that is being typed, and may be
 * empty. Prints a word a line, those that do not begin so too. The exit status. */
int complete_words(int count, char **words);

#endif
