/* network.h - judges records of flow logs and DNS query logs over one shared state, bounded per account.
 *
 * The detectors of these sources (detectors/flow*.c, dns*.c) share what is known per network interface, per pair of interface
 * and peer, per instance that asks names, and per domain it asks about; so each record is looked up once. They stand in
 * registry.c like all others, marked `shared`, and are told here. Nothing is allocated per record; an account has room for
 * keys_per_account interfaces and NETWORK_PAIRS times as many pairs (NETWORK_PAIRS_LATER times once there are NETWORK_LARGE
 * accounts), then forgets its own oldest, counted.
 *
 * Time is the records' own. A window that has begun is not reset by records older than it, unless by days: then
 * its beginning was absurd. What goes on is told again after
 * NETWORK_QUIET_SECONDS, not for each record. */
#ifndef YAGURA_DETECT_NETWORK_H
#define YAGURA_DETECT_NETWORK_H

#include "detect/detector.h"

struct interfaces; /* detect/interfaces.h */
struct learn;      /* detect/learn/learn.h */

enum { NETWORK_HITS_MAX = 8, NETWORK_PAIRS = 32, NETWORK_PAIRS_LATER = 4, NETWORK_LARGE = 32, NETWORK_QUIET_SECONDS = 300 };

struct network_options {
    const struct interfaces *interfaces; /* whose they are; NULL: only what records say is known */
    struct learn *learn;                 /* what is usual; must outlive the network */
    size_t keys_per_account, accounts;
};

struct network;
struct network *network_open(const struct network_options *options);
void network_close(struct network *network); /* NULL is allowed */

struct network_hit {
    const struct detector *detector;
    struct verdict verdict; /* texts live in ev->arena */
};
/* A record of SOURCE_FLOW or SOURCE_DNS. intel is the view of its account and region. Returns how many hits were filled in. */
size_t network_inspect(struct network *network, const struct event *ev, const struct intel *intel,
                       struct network_hit hits[NETWORK_HITS_MAX]);
/* The next records will be these: their state is brought into the cache. */
void network_expect(struct network *network, const struct event *events, size_t count);
/* There are other lists: peers are looked up again. */
void network_lists_changed(struct network *network);
/* Other ones from now on; NULL: none. */
void network_use_interfaces(struct network *network, const struct interfaces *interfaces);
uint64_t network_evictions(const struct network *network);

#endif
