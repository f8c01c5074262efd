/* syslog.h - listens for syslog on one address, over UDP and TCP, and hands out messages with their envelopes.
 *
 * Over TCP messages end in a line feed or are counted in octets (RFC 6587). Bounded: SYSLOG_PEERS connections, beyond which
 * new ones wait; a peer whose message is longer than SYSLOG_MESSAGE_MAX is cut off. UDP keeps no promise, and neither does
 * this; over TCP a peer waits while nobody calls net_syslog_wait. Syslog knows no authentication: listen on loopback. */
#ifndef YAGURA_NET_SYSLOG_H
#define YAGURA_NET_SYSLOG_H

#include "base/err.h"

enum { SYSLOG_PEERS = 64, SYSLOG_MESSAGE_MAX = 256 * 1024 };

struct net_syslog;

struct err net_syslog_open(struct ctx *ctx, struct str address, struct net_syslog **out);
void net_syslog_close(struct net_syslog *syslog); /* NULL is allowed */
/* Waits up to wait_ms for something to come, and hands out what did; a message is gone when take returns. */
void net_syslog_wait(struct net_syslog *syslog, int64_t wait_ms, void (*take)(void *self, struct str message), void *self);
/* For a descriptor of another kind: true when there is something to read, or its end. */
bool net_readable(int fd, int64_t wait_ms);

#endif
