#include "net/loop.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/exchange.h"

enum { PAUSE_MS = 50 };

void net_loop_ring(struct net_loop *loop)
{
    eventfd_write(loop->bell, 1);
}

void net_loop_wake(struct net_loop *loop, struct net_exchange *exchange)
{
    struct net_exchange *before = atomic_load(&loop->woken);
    do {
        exchange->next_woken = before;
    } while (!atomic_compare_exchange_weak(&loop->woken, &before, exchange));
    if (before == NULL) {
        net_loop_ring(loop);
    }
}

void net_loop_adopt(struct net_loop *loop, int fd, uint16_t tag)
{
    struct net_adopted *adopted = memory_new(sizeof(*adopted));
    struct net_adopted *before = atomic_load(&loop->adopted);
    *adopted = (struct net_adopted){ .fd = fd, .tag = tag };
    do {
        adopted->next = before;
    } while (!atomic_compare_exchange_weak(&loop->adopted, &before, adopted));
    net_loop_ring(loop);
}

/* What net_continue left to be done, the connection being asleep. False: it isn't answered yet. */
static bool go_on(struct net_exchange *exchange)
{
    void (*then)(void *self) = exchange->then;
    int expected = EXCHANGE_HANDED;
    if (then == NULL) {
        return true;
    }
    exchange->then = NULL;
    atomic_store(&exchange->state, EXCHANGE_HANDED);
    then(exchange->then_self);
    return !atomic_compare_exchange_strong(&exchange->state, &expected, EXCHANGE_WAITING);
}

/* First come, first served. */
static void wake_connections(struct net_loop *loop)
{
    struct net_exchange *newest = atomic_exchange(&loop->woken, NULL);
    struct net_exchange *first = NULL;
    while (newest) {
        struct net_exchange *next = newest->next_woken;
        newest->next_woken = first;
        first = newest;
        newest = next;
    }
    while (first) {
        struct net_exchange *next = first->next_woken;
        if (go_on(first)) {
            MHD_resume_connection(first->connection);
        }
        first = next;
    }
}

/* An adopted connection carries its tag as port. */
static void add_connections(struct net_loop *loop)
{
    struct net_adopted *adopted = atomic_exchange(&loop->adopted, NULL);
    while (adopted) {
        struct net_adopted *next = adopted->next;
        const struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(adopted->tag),
                                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        MHD_add_connection(loop->daemon, adopted->fd, (const struct sockaddr *)&address, sizeof(address));
        memory_free(adopted);
        adopted = next;
    }
}

/* All that are paused go on together: a moment more or less is nothing to them. */
void net_loop_pause(struct net_loop *loop, struct net_exchange *exchange)
{
    loop->paused_until_us = loop->paused ? loop->paused_until_us : clock_monotonic_us() + (int64_t)PAUSE_MS * 1000;
    exchange->next_paused = loop->paused;
    loop->paused = exchange;
    MHD_suspend_connection(exchange->connection);
}

static void resume_paused(struct net_loop *loop, bool all)
{
    if (loop->paused == NULL || (!all && clock_monotonic_us() < loop->paused_until_us)) {
        return;
    }
    struct net_exchange *first = loop->paused;
    loop->paused = NULL;
    while (first) {
        struct net_exchange *next = first->next_paused;
        MHD_resume_connection(first->connection);
        first = next;
    }
}

static int patience_ms(struct net_loop *loop)
{
    MHD_UNSIGNED_LONG_LONG ms = INT32_MAX;
    const bool waits = MHD_get_timeout(loop->daemon, &ms) == MHD_YES;
    if (loop->paused && (!waits || ms > PAUSE_MS)) {
        return PAUSE_MS;
    }
    return !waits ? -1 : ms < INT32_MAX ? (int)ms : INT32_MAX;
}

static void sleep_until_something_happens(struct net_loop *loop, int library_fd)
{
    struct pollfd fds[] = { { .fd = loop->bell, .events = POLLIN }, { .fd = library_fd, .events = POLLIN } };
    eventfd_t rings = 0;
    if (poll(fds, COUNT_OF(fds), patience_ms(loop)) > 0 && fds[0].revents) {
        eventfd_read(loop->bell, &rings);
    }
}

static void run(void *argument)
{
    struct net_loop *loop = argument;
    const struct net_options *options = &loop->server->options;
    const int library_fd = MHD_get_daemon_info(loop->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    bool listening = true;
    while (!atomic_load(&loop->ending)) {
        if (listening && atomic_load(&loop->server->stopping)) {
            listening = false;
            MHD_quiesce_daemon(loop->daemon);
        }
        add_connections(loop);
        wake_connections(loop);
        resume_paused(loop, atomic_load(&loop->server->stopping));
        MHD_run(loop->daemon);
        if (options->rest) {
            options->rest(options->context);
        }
        sleep_until_something_happens(loop, library_fd);
    }
    add_connections(loop);
    wake_connections(loop);
    resume_paused(loop, true);
}

struct err net_loop_start(struct ctx *ctx, struct net_loop *loop)
{
    loop->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->bell < 0) {
        return fail(ctx, &FAULT_IO, "the HTTP server cannot start: %s", strerror(errno));
    }
    loop->thread = thread_start("net", run, loop);
    return ERR_OK;
}

void net_loop_stop(struct net_loop *loop)
{
    atomic_store(&loop->ending, true);
    if (loop->thread) {
        net_loop_ring(loop);
        thread_join(loop->thread);
    }
    if (loop->daemon) {
        MHD_quiesce_daemon(loop->daemon); /* else it would close the listener, which isn't its own */
        MHD_stop_daemon(loop->daemon);
    }
    if (loop->bell >= 0) {
        close(loop->bell);
    }
}
