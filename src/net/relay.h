/* relay.h - carries bytes between an accepted connection and a destination, until one of them ends. */
#ifndef YAGURA_NET_RELAY_H
#define YAGURA_NET_RELAY_H

#include "base/err.h"

/* Connects to destination ("host:port") and carries; returns when it is over. fd is closed in any case. A connection on
 * which nothing comes for idle_ms is over. stopped is asked about once a second. */
void net_relay(int fd, struct str destination, int64_t idle_ms, bool (*stopped)(void *self), void *self);

#endif
