#include "cli/stop.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t caught;

static void note_signal(int number)
{
    caught = number;
}

/* One that is ignored, as under nohup, stays so. */
void stop_watch(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction old;

    for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(signals[i], &(struct sigaction){.sa_handler = note_signal}, NULL);
    }
}

bool stop_go_on(void *arg)
{
    (void)arg;
    return caught == 0;
}

int stop_status(int status)
{
    return caught ? 128 + (int)caught : status;
}
