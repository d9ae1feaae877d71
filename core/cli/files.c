#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/copy.h"
#include "cli/cli.h"
#include "client/name.h"
#include "server/headless.h"

enum {
    WORDS_MOST = 1000,
    PATH_ROOM = PATH_MAX + 100,
    NAME_ROOM = PATH_ROOM + NAME_MAX_BYTES + 2
};

static const struct files_action {
    const char *name;
    int least; /* words behind it */
    int most;
} actions[] = {
    {"list", 0, 100},          {"scan", 0, 1}, {"add", 2, WORDS_MOST}, {"move", 2, 2},
    {"remove", 1, WORDS_MOST},
};

static const struct files_action *find_action(const char *name)
{
    for (unsigned i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    }
    return NULL;
}

static void print_line(void *arg, struct span line)
{
    (void)arg;
    printf("%.*s\n", SPAN_ARG(line));
    fflush(stdout);
}

/* --- add --- */

/* To a folder of the folder that files come into, where the areas' side takes it. */
static int copy_in(const char *path, const char folder[PATH_ROOM],
                   const char name[NAME_MAX_BYTES + 1], struct err *e)
{
    char target[NAME_ROOM];
    int from = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    int to = -1;
    int rc = -1;

    snprintf(target, sizeof(target), "%s/%s", folder, name);
    if (from >= 0 && fstat(from, &st) == 0 && !S_ISREG(st.st_mode))
        errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
    else if (from >= 0)
        to = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (to >= 0)
        rc = copy_bytes(from, to);
    if (to >= 0 && close(to) < 0)
        rc = -1;
    if (rc < 0)
        err_set(e, "%s: %s", path,
                errno == EEXIST ? "another of these files has the same name" : strerror(errno));
    if (from >= 0)
        close(from);
    return rc;
}

/* Make the words of `add`, behind the area and the folder, the names that the files have there.
 */
static int copy_all(const struct command *self, const char *folder, char **words, int count,
                    char names[][NAME_MAX_BYTES + 1])
{
    struct err e;

    for (int i = 3; i < count; i++) {
        if (!name_make_safe(span_of(words[i]), names[i]))
            return cli_say(self, CLI_NO, "%s: it has no name that can be used", words[i]);
        if (copy_in(words[i], folder, names[i], &e) < 0)
            return cli_say(self, CLI_NO, "%s", e.text);
        words[i] = names[i];
    }
    return CLI_DONE;
}

/* What was refused stays nowhere; what was taken is not there any more. */
static void remove_copies(const char folder[PATH_ROOM], char names[][NAME_MAX_BYTES + 1],
                          int count)
{
    char path[NAME_ROOM];

    for (int i = 3; i < count; i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        if (names[i][0])
            unlink(path);
    }
    rmdir(folder);
}

/* --- the board --- */

static int run_on_board(const struct command *self, const struct headless_config *config,
                        const char *const *words, unsigned count)
{
    struct err e;
    struct headless *h = headless_new(config, &e);
    int rc;

    if (!h)
        return cli_say(self, CLI_FAILED, "%s", e.text);
    rc = headless_command(h, &(struct headless_words){"files", words, count, print_line, NULL},
                          &e);
    headless_free(h);
    if (rc == 0)
        return CLI_DONE;
    return cli_say(self, rc > 0 ? CLI_NO : CLI_FAILED, "%s", e.text);
}

/* add AREA FILE...: the files are copied to a folder of their own, which is one word more. */
static int add(const struct command *self, const struct headless_config *config, char **words,
               int count)
{
    static char names[WORDS_MOST + 3][NAME_MAX_BYTES + 1];
    static char *all[WORDS_MOST + 3];
    char folder[PATH_ROOM];
    char *name;
    int status;

    snprintf(folder, sizeof(folder), "%s/files", config->data);
    mkdir(folder, 0700);
    snprintf(folder, sizeof(folder), "%s/files/incoming", config->data);
    mkdir(folder, 0700);
    snprintf(folder, sizeof(folder), "%s/files/incoming/add.XXXXXX", config->data);
    if (!mkdtemp(folder))
        return cli_say(self, CLI_FAILED, "%s: %s", folder, strerror(errno));
    name = strrchr(folder, '/') + 1;
    memcpy(all, (char *[]){words[0], words[1], name}, 3 * sizeof(*all));
    memcpy(all + 3, words + 2, (size_t)(count - 2) * sizeof(*all));
    status = copy_all(self, folder, all, count + 1, names);
    if (status == CLI_DONE)
        status = run_on_board(self, config, (const char *const *)all, (unsigned)count + 1);
    remove_copies(folder, names, count + 1);
    return status;
}

static int run_action(const struct command *self, const char *board,
                      const char folder[PATH_MAX], char **words, int count)
{
    struct headless_config config = {.board = board, .data = folder};
    char database[PATH_ROOM];

    snprintf(database, sizeof(database), "%s/perigee.db", folder);
    if (access(database, F_OK) < 0)
        return cli_say(self, CLI_NO, "%s: %s: 'perigee serve' makes it", database,
                       strerror(errno));
    if (strcmp(words[0], "add") == 0)
        return add(self, &config, words, count);
    return run_on_board(self, &config, (const char *const *)words, (unsigned)count);
}

int files_run(const struct command *self, int argc, char **argv)
{
    const char *board = ".";
    const char *data = NULL;
    char folder[PATH_MAX];
    const struct option options[] = {
        {.name = "board", .values = &board},
        {.name = "data", .values = &data},
        {.name = NULL},
    };
    const struct files_action *action;
    int status = cli_take(self, options, &argc, argv, 1, WORDS_MOST + 1);

    if (status >= 0)
        return status;
    action = find_action(argv[0]);
    if (!action)
        return cli_wrong(self, "there is no action '%s'", argv[0]);
    if (argc - 1 < action->least || argc - 1 > action->most)
        return cli_wrong(self, "%s: %s words", argv[0],
                         argc - 1 < action->least ? "too few" : "too many");
    if (cli_data_folder(self, board, data, folder) < 0)
        return CLI_FAILED;
    return run_action(self, board, folder, argv, argc);
}
