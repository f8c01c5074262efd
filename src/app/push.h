/* push.h - log records by HTTP: POST /_yagura/push, a body of any form the readers know, compressed or not.
 *
 * The answer comes once the records are judged and what they led to is durable: 200 with counts. 503: too many wait, or the
 * server is stopping; nothing was kept, send it again. Records of CloudTrail sent twice are told by their id. */
#ifndef YAGURA_APP_PUSH_H
#define YAGURA_APP_PUSH_H

#include "app/watch.h"
#include "net/server.h"

struct push {
    struct watch *watch;
    int64_t source; /* its row in the store */
};

/* Answers now or later; the exchange is no longer the caller's. */
void push_take(const struct push *push, struct net_exchange *exchange);
/* An answer in the form of push: {"__type":CODE,"message":REASON}. */
void push_refuse(struct net_exchange *exchange, struct err err, const char *reason);

#endif
