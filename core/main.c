#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>

#include "cli/cli.h"

/* A descriptor that the parent has closed would be taken by the first file or caller that is
 * opened, and messages for standard error would go there. */
static void keep_standard_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
            exit(CLI_FAILED);
    }
}

int main(int argc, char **argv)
{
    keep_standard_descriptors();
    setlocale(LC_ALL, "C.UTF-8");
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a limit of file size is that write's error, not our end */
    return cli_main(argc, argv);
}
