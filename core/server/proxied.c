#include "server/proxied.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ev.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/log.h"
#include "base/mem.h"
#include "client/timer.h"
#include "proto/proxy.h"

/* Beyond as many the longest waiting one ends. */
enum { WAITING_MOST = 1024, PIECE = 512 };
static const double HEADER_SECONDS = 5;
static const double TOLD_SECONDS = 10;

struct waiting {
    struct proxied *all;
    struct waiting *prev; /* came before */
    struct waiting *next;
    ev_io input;
    ev_timer late;
    struct proxy proxy;
    struct sockaddr_storage peer;
};

struct proxied {
    struct ev_loop *loop;
    const struct settings *settings;
    void (*admit)(void *arg, int fd, const struct sockaddr *a);
    void *arg;
    struct waiting *first;
    struct waiting *last;
    unsigned count;
    double told_at; /* 0: never */
    unsigned untold;
};

struct proxied *proxied_new(struct ev_loop *loop, const struct settings *settings,
                            void (*admit)(void *arg, int fd, const struct sockaddr *a),
                            void *arg)
{
    struct proxied *all = mem_zalloc(sizeof(*all));

    *all = (struct proxied){.loop = loop, .settings = settings, .admit = admit, .arg = arg};
    return all;
}

static void tell(struct proxied *all, const struct sockaddr *peer, const char *why)
{
    char host[NI_MAXHOST] = "?";
    double now = timer_now();

    all->untold++;
    if (all->told_at > 0 && now - all->told_at < TOLD_SECONDS)
        return;
    getnameinfo(peer,
                peer->sa_family == AF_INET ? sizeof(struct sockaddr_in)
                                           : sizeof(struct sockaddr_in6),
                host, sizeof(host), NULL, 0, NI_NUMERICHOST);
    log_warn("proxy event=refused address=%s why=%s refusals=%u", host, log_quote(span_of(why)),
             all->untold);
    all->told_at = now;
    all->untold = 0;
}

/* It waits no more; the socket is the caller's. */
static int take_out(struct waiting *w)
{
    struct proxied *all = w->all;
    int fd = w->input.fd;

    ev_io_stop(all->loop, &w->input);
    ev_timer_stop(all->loop, &w->late);
    *(w->prev ? &w->prev->next : &all->first) = w->next;
    *(w->next ? &w->next->prev : &all->last) = w->prev;
    all->count--;
    mem_free(w);
    return fd;
}

static void end(struct waiting *w, const char *why)
{
    tell(w->all, (struct sockaddr *)&w->peer, why);
    close(take_out(w));
}

static void admit(struct waiting *w)
{
    struct proxied *all = w->all;
    struct proxy p = w->proxy;
    struct sockaddr_storage peer = w->peer;
    int fd = take_out(w);

    if (p.has_address)
        memcpy(&peer, &p.address, sizeof(p.address));
    address_unmap(&peer);
    all->admit(all->arg, fd, (struct sockaddr *)&peer);
}

/* What is behind the header is the caller's: no more than the header is read. */
static void read_header(struct waiting *w)
{
    char room[PIECE];
    ssize_t n = recv(w->input.fd, room, sizeof(room), MSG_PEEK);
    struct span in = span_from(room, n > 0 ? (size_t)n : 0);
    enum proxy_answer answer;

    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    if (n <= 0) {
        end(w, "it has closed before its header was whole");
        return;
    }
    answer = proxy_take(&w->proxy, &in);
    if (recv(w->input.fd, room, (size_t)n - in.len, 0) != (ssize_t)((size_t)n - in.len))
        end(w, "it has closed");
    else if (answer == PROXY_WRONG)
        end(w, w->proxy.why);
    else if (answer == PROXY_DONE)
        admit(w);
}

static void on_input(struct ev_loop *loop, ev_io *watcher, int events)
{
    (void)loop;
    (void)events;
    read_header(watcher->data);
}

static void on_late(struct ev_loop *loop, ev_timer *watcher, int events)
{
    (void)loop;
    (void)events;
    end(watcher->data, "no header for 5 seconds");
}

static bool is_proxy(const struct settings *s, const struct sockaddr *peer)
{
    struct network n;
    struct err impossible; /* the items of a setting have been checked */

    for (unsigned i = 0; i < s->proxy_from.count; i++) {
        if (network_parse(s->proxy_from.items[i], &n, &impossible) == 0 &&
            network_has(&n, peer))
            return true;
    }
    return false;
}

void proxied_add(struct proxied *all, int fd, const struct sockaddr *peer)
{
    struct waiting *w;

    if (!is_proxy(all->settings, peer)) {
        tell(all, peer, "it is not in proxy.from");
        close(fd);
        return;
    }
    if (all->count == WAITING_MOST)
        end(all->first, "too many wait for a header");
    w = mem_zalloc(sizeof(*w));
    w->all = all;
    memcpy(&w->peer, peer,
           peer->sa_family == AF_INET ? sizeof(struct sockaddr_in)
                                      : sizeof(struct sockaddr_in6));
    w->prev = all->last;
    *(w->prev ? &w->prev->next : &all->first) = w;
    all->last = w;
    all->count++;
    ev_io_init(&w->input, on_input, fd, EV_READ);
    ev_timer_init(&w->late, on_late, HEADER_SECONDS, 0);
    w->input.data = w->late.data = w;
    ev_io_start(all->loop, &w->input);
    ev_timer_start(all->loop, &w->late);
    read_header(w); /* mostly it is there already */
}

unsigned proxied_count(const struct proxied *all)
{
    return all->count;
}

void proxied_free(struct proxied *all)
{
    if (!all)
        return;
    while (all->first)
        close(take_out(all->first));
    mem_free(all);
}
