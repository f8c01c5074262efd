/* loop.h - one thread of the server and its own share of the connections.
 *
 * It turns the library's wheel and wakes the connections whose answers came from elsewhere: left to itself, the library would
 * write to an eventfd for each of them; this bell is rung once for all that have come meanwhile. */
#ifndef YAGURA_NET_LOOP_H
#define YAGURA_NET_LOOP_H

#include <microhttpd.h>

#include "base/queue.h"
#include "net/server.h"

struct net_adopted {
    int fd;
    uint16_t tag;
    struct net_adopted *next;
};

struct net_loop {
    struct net_server *server;
    struct MHD_Daemon *daemon;
    struct thread *thread;
    int bell;
    _Atomic(struct net_exchange *) woken;
    _Atomic(struct net_adopted *) adopted;
    _Atomic bool ending;
    struct net_exchange *paused; /* until paused_until_us */
    int64_t paused_until_us;
};

/* The daemon is there, and the loop's from now on. */
MUST_USE struct err net_loop_start(struct ctx *ctx, struct net_loop *loop);
/* Any thread: the connection goes on. The exchange may be gone at any moment after it. */
void net_loop_wake(struct net_loop *loop, struct net_exchange *exchange);
/* On the loop's thread: an answer that has nothing to say now is asked again in a moment. */
void net_loop_pause(struct net_loop *loop, struct net_exchange *exchange);
/* Any thread. */
void net_loop_adopt(struct net_loop *loop, int fd, uint16_t tag);
void net_loop_ring(struct net_loop *loop); /* it looks at the server's state again */
/* Nothing sleeps any more; closes what is still open. */
void net_loop_stop(struct net_loop *loop);

#endif
